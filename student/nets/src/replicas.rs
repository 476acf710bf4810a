use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Worker threads that each run one part of a batch.
///
/// burn's CPU kernels hardly gain from a second thread on small networks, so every replica gets a
/// rayon pool of one thread: its kernels stay on that thread, which also makes the result depend
/// on the number of replicas only, not on how rayon steals work.
pub(crate) struct Replicas {
    pools: Vec<ThreadPool>,
}

impl Replicas {
    pub(crate) fn new(count: usize) -> Self {
        let pool = |index| {
            ThreadPoolBuilder::new()
                .num_threads(1)
                .thread_name(move |_| format!("replica-{index}"))
                .build()
                .expect("the system can start a thread")
        };
        Self {
            pools: (0..count.max(1)).map(pool).collect(),
        }
    }

    /// Cuts `items` into contiguous parts, runs `job` on each at the same time and returns the
    /// results in order.
    pub(crate) fn run<I: Sync, T: Send>(
        &self,
        items: &[I],
        job: impl Fn(&[I]) -> T + Sync,
    ) -> Vec<T> {
        let part_len = items.len().div_ceil(self.pools.len()).max(1);
        let job = &job;
        thread::scope(|scope| {
            let running: Vec<_> = items
                .chunks(part_len)
                .zip(&self.pools)
                .map(|(part, pool)| scope.spawn(move || pool.install(|| job(part))))
                .collect();
            running
                .into_iter()
                .map(|handle| {
                    handle
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Replicas;

    #[test]
    fn parts_come_back_in_order() {
        let items: Vec<usize> = (0..7).collect();
        let parts = Replicas::new(3).run(&items, <[usize]>::to_vec);
        assert_eq!(parts, [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
        assert!(Replicas::new(2).run(&items[..0], <[usize]>::len).is_empty());
    }
}

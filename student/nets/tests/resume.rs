//! A killed training run goes on to the same weights as one that was never killed.

use std::ops::ControlFlow;

use cadet_data::{Dataset, SyntheticConfig, SyntheticTask, hold_out};
use cadet_nets::{
    Architecture, CnnConfig, Head, Loss, MlpConfig, NetsError, Progress, Task, TrainConfig, train,
};

fn data() -> (Dataset, Dataset) {
    let config = SyntheticConfig {
        task: SyntheticTask::Gestures,
        rows: 400,
        test_rows: 1,
        seed: 9,
    };
    hold_out(&config.generate("gestures"), 80).unwrap()
}

fn task<'a>(rows: &'a Dataset, select: &'a Dataset) -> Task<'a> {
    let architecture = Architecture::Cnn(CnnConfig {
        kernel: [5, 1],
        channels: vec![8, 8],
        strides: vec![2, 2],
        head: Head::Average,
    });
    Task {
        layers: architecture.layers(rows.item_shape(), 5).unwrap(),
        loss: Loss::Labels,
        train: rows.for_training().unwrap(),
        select,
        train_teacher: None,
        select_teacher: None,
        seed: 1,
    }
}

fn go_on(_: &Progress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn config() -> TrainConfig {
    TrainConfig {
        epochs: 4,
        batch: 32,
        learning_rate: 0.01,
        weight_decay: 0.01,
        warmup: 0.1,
        shift: [4, 0],
        patience: None,
        threads: 2,
    }
}

#[test]
fn a_killed_run_ends_in_the_same_weights() {
    let (rows, select) = data();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.bin");
    let task = task(&rows, &select);

    let straight = train(&task, &config(), None, &mut go_on).unwrap();
    for (epoch, step) in [(1, 3), (3, 7)] {
        let stopped = train(&task, &config(), Some(&path), &mut |progress| {
            if (progress.epoch, progress.step) == (epoch, step) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        assert!(matches!(stopped, Err(NetsError::Interrupted)));
    }
    let mut epochs_seen = Vec::new();
    let resumed = train(&task, &config(), Some(&path), &mut |progress| {
        epochs_seen.push(progress.epoch);
        ControlFlow::Continue(())
    })
    .unwrap();

    epochs_seen.dedup();
    assert_eq!(epochs_seen, [3, 4]);
    assert_eq!(resumed.history, straight.history);
    assert_eq!(
        resumed.model.predict(select.inputs(), 1),
        straight.model.predict(select.inputs(), 1)
    );
    // Finished: no step is taken again.
    let again = train(&task, &config(), Some(&path), &mut |_| {
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(again.history, straight.history);
}

#[test]
fn the_seed_and_the_number_of_threads_decide_everything() {
    let (rows, select) = data();
    let task = task(&rows, &select);
    let run = |threads| {
        let config = TrainConfig {
            epochs: 2,
            threads,
            ..config()
        };
        let trained = train(&task, &config, None, &mut go_on).unwrap();
        trained.model.predict(select.inputs(), threads)
    };
    let three = run(3);
    assert_eq!(three, run(3));
    assert_ne!(three, run(1));
}

#[test]
fn a_checkpoint_of_another_task_is_refused() {
    let (rows, select) = data();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.bin");
    let mut short = config();
    short.epochs = 1;
    train(&task(&rows, &select), &short, Some(&path), &mut go_on).unwrap();
    let mut other = task(&rows, &select);
    other.seed = 2;
    let error = train(&other, &short, Some(&path), &mut go_on).unwrap_err();
    assert!(error.to_string().contains("other settings"), "{error}");
}

#[test]
fn a_convolution_learns_what_a_linear_model_cannot() {
    let config = SyntheticConfig {
        task: SyntheticTask::Gestures,
        rows: 2_000,
        test_rows: 1,
        seed: 9,
    };
    let (rows, select) = hold_out(&config.generate("gestures"), 400).unwrap();
    let accuracy = |architecture: Architecture| {
        let mut task = task(&rows, &select);
        task.layers = architecture.layers(rows.item_shape(), 5).unwrap();
        let config = TrainConfig {
            epochs: 10,
            ..self::config()
        };
        let trained = train(&task, &config, None, &mut go_on).unwrap();
        trained.history[trained.best].select_score
    };
    let linear = accuracy(Architecture::Mlp(MlpConfig { hidden: vec![] }));
    let convolution = accuracy(Architecture::Cnn(CnnConfig {
        kernel: [7, 1],
        channels: vec![12, 16],
        strides: vec![2, 2],
        head: Head::Average,
    }));
    println!("linear {linear}, convolution {convolution}");
    assert!(convolution > linear + 0.2, "{convolution} against {linear}");
}

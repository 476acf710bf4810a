//! Instructions beyond those that every processor of a target has.

/// The instructions that kernels may use. Results in integers are the same with any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// What every processor of the target has: the scalar files.
    #[default]
    Baseline,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

/// Proof that the processor has AVX2 and FMA: there is none but from [`Avx2::detect`].
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<Avx2> {
        let has = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
        has.then_some(Avx2(()))
    }
}

impl Isa {
    /// The best that the processor has.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Isa {
        Isa::all().last().unwrap_or_default()
    }

    /// All that the processor has, the best last.
    #[cfg(any(test, feature = "std"))]
    pub fn all() -> impl Iterator<Item = Isa> {
        [
            Some(Isa::Baseline),
            #[cfg(target_arch = "x86_64")]
            Avx2::detect().map(Isa::Avx2),
        ]
        .into_iter()
        .flatten()
    }

    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Isa::Baseline => "scalar",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => "avx2",
        }
    }
}

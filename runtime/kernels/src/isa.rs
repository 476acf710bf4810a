//! Instructions beyond those that every processor of a target has.

/// The instructions that kernels may use. Results in integers are the same with any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// What every processor of the target has: the scalar files.
    #[default]
    Baseline,
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// AVX2, FMA and F16C with dot products of int8 (AVX-VNNI).
    #[cfg(target_arch = "x86_64")]
    AvxVnni(AvxVnni),
    /// For tests of the files for AVX-VNNI: with dot products as AVX-512 encodes them.
    #[cfg(all(test, target_arch = "x86_64"))]
    EvexVnni(EvexVnni),
    /// For tests of the files for AVX-VNNI: with dot products made of AVX2.
    #[cfg(all(test, target_arch = "x86_64"))]
    MadeVnni(MadeVnni),
    /// AVX-512: its foundation, and vectors of bytes and of any length.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// AVX-512 with dot products of int8.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni(Avx512Vnni),
    /// NEON, as every AArch64 processor of a hosted target has it.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// NEON with dot products of int8.
    #[cfg(target_arch = "aarch64")]
    NeonDot(NeonDot),
    /// NEON with dot products and matrix products of int8.
    #[cfg(target_arch = "aarch64")]
    NeonI8mm(NeonI8mm),
}

/// Proof that the processor has AVX2, FMA and F16C: there is none but from [`Avx2::detect`].
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<Avx2> {
        let has = std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma")
            && std::is_x86_feature_detected!("f16c");
        has.then_some(Avx2(()))
    }
}

/// Proof that the processor has AVX2 with dot products of int8 (AVX-VNNI).
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvxVnni(Avx2);

/// Proof that the processor has the dot products of AVX-VNNI as AVX-512 encodes them.
#[cfg(all(test, target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvexVnni(Avx2);

/// Proof that the processor has what dot products can be made of.
#[cfg(all(test, target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeVnni(Avx2);

#[cfg(target_arch = "x86_64")]
impl AvxVnni {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<AvxVnni> {
        let has = std::is_x86_feature_detected!("avxvnni");
        Avx2::detect().filter(|_| has).map(AvxVnni)
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
impl EvexVnni {
    /// Asks the processor.
    pub fn detect() -> Option<EvexVnni> {
        // AVX-512 as its token has it includes vectors of 256 bits.
        Avx512Vnni::detect().map(|Avx512Vnni(Avx512(avx2))| EvexVnni(avx2))
    }
}

/// Proof that the processor has AVX-512, and AVX2 and FMA too.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx512(Avx2);

/// Proof that the processor has AVX-512 with dot products of int8.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx512Vnni(Avx512);

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<Avx512> {
        let has = std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512vl");
        Avx2::detect().filter(|_| has).map(Avx512)
    }
}

#[cfg(target_arch = "x86_64")]
impl Avx512Vnni {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<Avx512Vnni> {
        let has = std::is_x86_feature_detected!("avx512vnni");
        Avx512::detect().filter(|_| has).map(Avx512Vnni)
    }
}

/// Proof that the processor has NEON: there is none but from [`Neon::detect`].
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neon(());

/// Proof that the processor has NEON with dot products.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeonDot(Neon);

/// Proof that the processor has NEON with dot products and matrix products of int8.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeonI8mm(NeonDot);

#[cfg(target_arch = "aarch64")]
impl Neon {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<Neon> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Neon(()))
    }
}

#[cfg(target_arch = "aarch64")]
impl NeonDot {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<NeonDot> {
        let has = std::arch::is_aarch64_feature_detected!("dotprod");
        Neon::detect().filter(|_| has).map(NeonDot)
    }
}

#[cfg(target_arch = "aarch64")]
impl NeonI8mm {
    /// Asks the processor.
    #[cfg(any(test, feature = "std"))]
    pub fn detect() -> Option<NeonI8mm> {
        let has = std::arch::is_aarch64_feature_detected!("i8mm");
        NeonDot::detect().filter(|_| has).map(NeonI8mm)
    }
}

#[cfg(target_arch = "aarch64")]
impl NeonI8mm {
    /// Dot products, which the processor has too.
    pub(crate) fn dot(self) -> NeonDot {
        self.0
    }
}

impl Isa {
    /// AVX2, alone or with more: for kernels that have no file for what is more.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn avx2(self) -> Option<Avx2> {
        match self {
            Isa::Avx2(avx2) | Isa::AvxVnni(AvxVnni(avx2)) => Some(avx2),
            #[cfg(test)]
            Isa::EvexVnni(EvexVnni(avx2)) | Isa::MadeVnni(MadeVnni(avx2)) => Some(avx2),
            _ => self.avx512().map(|Avx512(avx2)| avx2),
        }
    }

    /// AVX-512, alone or with dot products.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn avx512(self) -> Option<Avx512> {
        match self {
            Isa::Avx512(avx512) | Isa::Avx512Vnni(Avx512Vnni(avx512)) => Some(avx512),
            Isa::Baseline | Isa::Avx2(_) | Isa::AvxVnni(_) => None,
            #[cfg(test)]
            Isa::EvexVnni(_) | Isa::MadeVnni(_) => None,
        }
    }

    /// NEON, alone or with more: for kernels that have one file for all of them.
    #[cfg(target_arch = "aarch64")]
    pub(crate) fn neon(self) -> Option<Neon> {
        match self {
            Isa::Baseline => None,
            Isa::Neon(neon) | Isa::NeonDot(NeonDot(neon)) => Some(neon),
            Isa::NeonI8mm(NeonI8mm(NeonDot(neon))) => Some(neon),
        }
    }

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
            #[cfg(all(test, target_arch = "x86_64"))]
            Avx2::detect().map(|avx2| Isa::MadeVnni(MadeVnni(avx2))),
            #[cfg(all(test, target_arch = "x86_64"))]
            EvexVnni::detect().map(Isa::EvexVnni),
            #[cfg(target_arch = "x86_64")]
            Avx2::detect().map(Isa::Avx2),
            #[cfg(target_arch = "x86_64")]
            AvxVnni::detect().map(Isa::AvxVnni),
            #[cfg(target_arch = "x86_64")]
            Avx512::detect().map(Isa::Avx512),
            #[cfg(target_arch = "x86_64")]
            Avx512Vnni::detect().map(Isa::Avx512Vnni),
            #[cfg(target_arch = "aarch64")]
            Neon::detect().map(Isa::Neon),
            #[cfg(target_arch = "aarch64")]
            NeonDot::detect().map(Isa::NeonDot),
            #[cfg(target_arch = "aarch64")]
            NeonI8mm::detect().map(Isa::NeonI8mm),
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
            #[cfg(target_arch = "x86_64")]
            Isa::AvxVnni(_) => "avxvnni",
            #[cfg(all(test, target_arch = "x86_64"))]
            Isa::EvexVnni(_) => "avxvnni as AVX-512 encodes it",
            #[cfg(all(test, target_arch = "x86_64"))]
            Isa::MadeVnni(_) => "avxvnni made of AVX2",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni(_) => "avx512vnni",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(_) => "neon",
            #[cfg(target_arch = "aarch64")]
            Isa::NeonDot(_) => "neondot",
            #[cfg(target_arch = "aarch64")]
            Isa::NeonI8mm(_) => "i8mm",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever runs the tests on a processor may say what its best is, so that nothing goes untested for want of
    /// detection.
    #[test]
    fn the_best_is_what_is_asked_for() {
        if let Ok(name) = std::env::var("CADET_REQUIRE_ISA") {
            assert_eq!(Isa::detect().name(), name);
        }
    }
}

use cadet_format::{Layout, TargetId};

/// Hosts whose processors have at least some instructions: what a package can be laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostTarget {
    /// As users name it.
    pub name: &'static str,
    /// The processor family.
    pub id: TargetId,
    /// Name of the instruction set whose kernels run there.
    pub isa: &'static str,
    /// The layout of int8 weights that these read.
    pub layout: Layout,
}

const fn target(name: &'static str, id: TargetId, isa: &'static str, layout: Layout) -> HostTarget {
    HostTarget {
        name,
        id,
        isa,
        layout,
    }
}

impl HostTarget {
    /// Every one.
    pub const ALL: &[HostTarget] = &[
        target("x86-64", TargetId::X86_64, "scalar", Layout::Canonical),
        target("x86-64-v3", TargetId::X86_64, "avx2", Layout::BlockedPairs),
        target(
            "x86-64-v3-vnni",
            TargetId::X86_64,
            "avxvnni",
            Layout::Blocked,
        ),
        target(
            "x86-64-v4",
            TargetId::X86_64,
            "avx512",
            Layout::BlockedPairs,
        ),
        target(
            "x86-64-v4-vnni",
            TargetId::X86_64,
            "avx512vnni",
            Layout::Blocked,
        ),
        target("aarch64", TargetId::Aarch64, "neon", Layout::Blocked),
        target(
            "aarch64-dotprod",
            TargetId::Aarch64,
            "neondot",
            Layout::Blocked,
        ),
        target("aarch64-i8mm", TargetId::Aarch64, "i8mm", Layout::Blocked),
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<HostTarget> {
        HostTarget::ALL.iter().find(|it| it.name == name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadet_kernels::Isa;

    #[test]
    fn packages_are_laid_out_as_kernels_read_them() {
        for isa in Isa::all().filter(|isa| *isa != Isa::Baseline) {
            let target = HostTarget::ALL.iter().find(|it| it.isa == isa.name());
            let target = target.unwrap_or_else(|| panic!("no target for {}", isa.name()));
            assert_eq!(target.layout, crate::layout(isa), "{}", target.name);
            assert_eq!(HostTarget::named(target.name), Some(*target));
        }
    }
}

//! The dependency rules, as data. ARCHITECTURE.md explains the map they keep.

/// A rule of the workspace; crates are named by package name, folders from the workspace root.
pub(super) enum Rule {
    /// Nothing under `folder` may depend on anything under `on`, however indirectly.
    FolderNeverOn {
        folder: &'static str,
        on: &'static [&'static str],
        because: &'static str,
    },
    /// Only `owners` may depend directly on third-party crates with one of these names or prefixes
    /// (a prefix ends in `*`).
    OnlyFor {
        crates: &'static [&'static str],
        owners: &'static [&'static str],
        because: &'static str,
    },
    /// `package` may depend directly on these crates and no others.
    Allowed {
        package: &'static str,
        crates: &'static [&'static str],
        because: &'static str,
    },
    /// The crate root of `package` must hold these attributes.
    RootAttributes {
        package: &'static str,
        attributes: &'static [&'static str],
        because: &'static str,
    },
    /// No source file of `package` may declare one of these crates outside tests.
    NeverExtern {
        package: &'static str,
        crates: &'static [&'static str],
        because: &'static str,
    },
    /// No source file of `package` may name one of these paths.
    NeverNames {
        package: &'static str,
        paths: &'static [&'static str],
        because: &'static str,
    },
    /// The only folders at the top, besides those that git ignores or whose names start with a dot.
    TopFolders {
        folders: &'static [&'static str],
        because: &'static str,
    },
}

pub(super) const RULES: &[Rule] = &[
    Rule::TopFolders {
        folders: &["runtime", "student", "tools", "benches", "targets"],
        because: "the layout has five folders; recipes and documents live in the crate they serve",
    },
    Rule::FolderNeverOn {
        folder: "runtime",
        on: &["student", "tools"],
        because: "what ships in firmware knows nothing of training or of the compiler",
    },
    Rule::OnlyFor {
        crates: &["tract*"],
        owners: &["cadet-host", "cadet-compiler"],
        because: "tract is the front end and the fallback, and takes minutes to build",
    },
    Rule::OnlyFor {
        crates: &["burn*"],
        owners: &["cadet-nets"],
        because: "burn trains, takes minutes to build and breaks its API each release",
    },
    Rule::OnlyFor {
        crates: &[
            "reqwest",
            "ureq",
            "hyper",
            "curl",
            "tokio",
            "isahc",
            "attohttpc",
        ],
        owners: &[],
        because: "the network belongs to the teacher clients alone, and there is none yet",
    },
    Rule::OnlyFor {
        crates: &[
            "probe-rs*",
            "serialport",
            "tokio-serial",
            "nusb",
            "rusb",
            "hidapi",
            "espflash",
        ],
        owners: &["cadet-flash"],
        because: "hardware belongs to flash and targets",
    },
    Rule::Allowed {
        package: "cadet-format",
        crates: &[
            "bytemuck",
            "crc",
            "ed25519-dalek",
            "half",
            "heapless",
            "postcard",
            "serde",
        ],
        because: "the package reader runs on every device",
    },
    Rule::Allowed {
        package: "cadet-kernels",
        crates: &["bytemuck", "half"],
        because: "kernels know slices and nothing of packages",
    },
    Rule::Allowed {
        package: "cadet-runtime",
        crates: &[
            "cadet-format",
            "cadet-kernels",
            "bytemuck",
            "crc",
            "half",
            "heapless",
        ],
        because: "the engine is the package's format, the kernels and a loop",
    },
    Rule::Allowed {
        package: "cadet-capi",
        crates: &["cadet-format", "cadet-runtime", "bytemuck"],
        because: "the C API only translates",
    },
    Rule::Allowed {
        package: "cadet-text",
        crates: &["bytemuck"],
        because: "the tokenizer runs on every device, and knows nothing of packages",
    },
    Rule::Allowed {
        package: "cadet-language",
        crates: &[
            "cadet-format",
            "cadet-kernels",
            "cadet-runtime",
            "cadet-text",
            "bytemuck",
            "heapless",
        ],
        because: "language models run on every device; of the kernels only the mathematics",
    },
    Rule::RootAttributes {
        package: "cadet-format",
        attributes: &["#![no_std]", "#![forbid(unsafe_code)]"],
        because: "package bytes come from outside",
    },
    Rule::RootAttributes {
        package: "cadet-kernels",
        attributes: &["#![no_std]"],
        because: "kernels run on devices",
    },
    Rule::RootAttributes {
        package: "cadet-runtime",
        attributes: &["#![no_std]", "#![forbid(unsafe_code)]"],
        because: "the engine runs on devices, over bytes from outside",
    },
    Rule::RootAttributes {
        package: "cadet-capi",
        attributes: &["#![no_std]"],
        because: "the C API runs on devices",
    },
    Rule::RootAttributes {
        package: "cadet-text",
        attributes: &["#![no_std]", "#![forbid(unsafe_code)]"],
        because: "the tokenizer runs on devices, over bytes from outside",
    },
    Rule::RootAttributes {
        package: "cadet-language",
        attributes: &["#![no_std]", "#![forbid(unsafe_code)]"],
        because: "language models run on devices, over bytes from outside",
    },
    Rule::NeverExtern {
        package: "cadet-format",
        crates: &["std", "alloc"],
        because: "no allocation on devices",
    },
    Rule::NeverExtern {
        package: "cadet-kernels",
        crates: &["alloc"],
        because: "no allocation on devices",
    },
    Rule::NeverExtern {
        package: "cadet-runtime",
        crates: &["std", "alloc"],
        because: "no allocation on devices",
    },
    Rule::NeverExtern {
        package: "cadet-capi",
        crates: &["alloc"],
        because: "no allocation on devices",
    },
    Rule::NeverExtern {
        package: "cadet-text",
        crates: &["std", "alloc"],
        because: "no allocation on devices",
    },
    Rule::NeverExtern {
        package: "cadet-language",
        crates: &["std", "alloc"],
        because: "no allocation on devices",
    },
    Rule::NeverNames {
        package: "cadet-format",
        paths: &["core::sync"],
        because: "nothing waits for another thread while a model runs",
    },
    Rule::NeverNames {
        package: "cadet-kernels",
        paths: &["core::sync"],
        because: "nothing waits for another thread while a model runs",
    },
    Rule::NeverNames {
        package: "cadet-runtime",
        paths: &["core::sync"],
        because: "nothing waits for another thread while a model runs",
    },
    Rule::NeverNames {
        package: "cadet-text",
        paths: &["core::sync"],
        because: "nothing waits for another thread while a model runs",
    },
    Rule::NeverNames {
        package: "cadet-language",
        paths: &["core::sync"],
        because: "nothing waits for another thread while a model runs",
    },
];

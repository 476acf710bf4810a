//! Each rule fails on a made-up workspace that breaks it, and on nothing else.

use super::check::violations;
use super::rules::{RULES, Rule};
use super::workspace::{Package, Workspace};

fn package(folder: &str, name: &str, dependencies: &[&str]) -> Package {
    Package {
        name: name.into(),
        folder: folder.into(),
        dependencies: dependencies.iter().map(|it| (*it).to_string()).collect(),
        sources: vec![(
            format!("{folder}/src/lib.rs"),
            "//! Doc.\n#![no_std]\n#![forbid(unsafe_code)]\n#[cfg(test)]\nextern crate std;\n"
                .into(),
        )],
    }
}

/// A small workspace that keeps every rule.
fn good() -> Workspace {
    Workspace {
        packages: vec![
            package("runtime/format", "cadet-format", &["bytemuck", "crc"]),
            package("runtime/kernels", "cadet-kernels", &["half"]),
            package(
                "runtime/engine",
                "cadet-runtime",
                &["cadet-format", "cadet-kernels"],
            ),
            package("runtime/capi", "cadet-capi", &["cadet-runtime"]),
            package("runtime/text", "cadet-text", &["bytemuck"]),
            package(
                "runtime/language",
                "cadet-language",
                &["cadet-runtime", "cadet-text"],
            ),
            package(
                "runtime/host",
                "cadet-host",
                &["tract-onnx", "cadet-runtime"],
            ),
            package("student/nets", "cadet-nets", &["burn"]),
            package(
                "tools/compiler",
                "cadet-compiler",
                &["tract-onnx", "cadet-format"],
            ),
            package("tools/flash", "cadet-flash", &["cadet-format", "probe-rs"]),
            package(
                "tools/cli",
                "cadet",
                &["cadet-compiler", "cadet-nets", "cadet-flash"],
            ),
        ],
        top_folders: ["benches", "runtime", "student", "targets", "tools"]
            .map(Into::into)
            .into(),
    }
}

fn all_violations(workspace: &Workspace) -> Vec<String> {
    RULES
        .iter()
        .flat_map(|rule| violations(rule, workspace))
        .collect()
}

/// The violations after `change` to the good workspace.
fn after(change: impl FnOnce(&mut Workspace)) -> Vec<String> {
    let mut workspace = good();
    change(&mut workspace);
    all_violations(&workspace)
}

fn find<'a>(workspace: &'a mut Workspace, name: &str) -> &'a mut Package {
    workspace
        .packages
        .iter_mut()
        .find(|package| package.name == name)
        .unwrap()
}

fn add_dependency(workspace: &mut Workspace, name: &str, dependency: &str) {
    find(workspace, name).dependencies.push(dependency.into());
}

#[track_caller]
fn assert_only(found: &[String], expected: &str) {
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(expected), "{found:#?}");
}

#[test]
fn a_good_workspace_has_no_violation() {
    assert_eq!(all_violations(&good()), Vec::<String>::new());
}

#[test]
fn the_runtime_never_reaches_tools_or_student_even_indirectly() {
    let found = after(|it| {
        // cadet-host -> helper -> cadet-nets
        it.packages
            .push(package("benches", "helper", &["cadet-nets"]));
        add_dependency(it, "cadet-host", "helper");
    });
    assert_only(
        &found,
        "cadet-host (runtime/host) depends on cadet-nets (student/nets)",
    );
    let found = after(|it| add_dependency(it, "cadet-host", "cadet-flash"));
    assert_only(
        &found,
        "cadet-host (runtime/host) depends on cadet-flash (tools/flash)",
    );
}

#[test]
fn heavy_crates_stay_with_their_owners() {
    for (name, dependency, owners) in [
        ("cadet", "tract-core", "cadet-host, cadet-compiler"),
        ("cadet", "burn-flex", "cadet-nets"),
        ("cadet-flash", "reqwest", "no crate"),
        ("cadet", "probe-rs", "cadet-flash"),
        ("cadet-host", "serialport", "cadet-flash"),
    ] {
        let found = after(|it| add_dependency(it, name, dependency));
        let expected = format!("{name} depends on {dependency}, which is for {owners} only");
        assert_only(&found, &expected);
    }
}

#[test]
fn device_crates_depend_on_nothing_unlisted() {
    for name in [
        "cadet-format",
        "cadet-kernels",
        "cadet-runtime",
        "cadet-capi",
        "cadet-text",
        "cadet-language",
    ] {
        let found = after(|it| add_dependency(it, name, "anyhow"));
        assert_only(&found, &format!("{name} may not depend on anyhow"));
    }
}

#[test]
fn crate_roots_keep_their_attributes() {
    for (name, attribute) in [
        ("cadet-format", "#![no_std]"),
        ("cadet-format", "#![forbid(unsafe_code)]"),
        ("cadet-kernels", "#![no_std]"),
        ("cadet-runtime", "#![forbid(unsafe_code)]"),
        ("cadet-capi", "#![no_std]"),
        ("cadet-text", "#![no_std]"),
        ("cadet-text", "#![forbid(unsafe_code)]"),
        ("cadet-language", "#![no_std]"),
        ("cadet-language", "#![forbid(unsafe_code)]"),
    ] {
        let found = after(|it| {
            let text = &mut find(it, name).sources[0].1;
            *text = text.replace(attribute, "");
        });
        assert!(
            found
                .iter()
                .any(|it| it.contains(&format!("lacks {attribute}"))),
            "{found:?}"
        );
        assert_eq!(found.len(), 1);
    }
}

#[test]
fn std_and_alloc_stay_out_of_device_crates() {
    for (name, line) in [
        ("cadet-format", "extern crate alloc;"),
        ("cadet-kernels", "extern crate alloc as a;"),
        ("cadet-runtime", "extern crate std;"),
        ("cadet-capi", "extern crate alloc;"),
        ("cadet-text", "extern crate alloc;"),
        ("cadet-language", "extern crate std;"),
    ] {
        let found = after(|it| {
            find(it, name)
                .sources
                .push(("some/src/file.rs".into(), format!("\n{line}\n")));
        });
        assert_only(&found, "some/src/file.rs declares");
    }
}

#[test]
fn locks_stay_out_of_what_runs() {
    for name in [
        "cadet-format",
        "cadet-kernels",
        "cadet-runtime",
        "cadet-text",
        "cadet-language",
    ] {
        let line = "use core::sync::atomic::AtomicBool;\n";
        let found = after(|it| {
            let source = ("some/src/file.rs".into(), line.into());
            find(it, name).sources.push(source);
        });
        assert_only(&found, "some/src/file.rs names core::sync");
    }
}

#[test]
fn the_top_level_has_five_folders() {
    let found = after(|it| it.top_folders.push("docs".into()));
    assert_only(&found, "the top level holds docs/");
}

#[test]
fn a_renamed_crate_takes_no_rule_with_it() {
    let found = after(|it| find(it, "cadet-kernels").name = "kernels".into());
    assert!(
        found
            .iter()
            .all(|it| it.contains("a rule names cadet-kernels")),
        "{found:?}"
    );
    assert!(!found.is_empty());
}

#[test]
fn every_rule_gives_a_reason() {
    for rule in RULES {
        let (Rule::FolderNeverOn { because, .. }
        | Rule::OnlyFor { because, .. }
        | Rule::Allowed { because, .. }
        | Rule::RootAttributes { because, .. }
        | Rule::NeverExtern { because, .. }
        | Rule::NeverNames { because, .. }
        | Rule::TopFolders { because, .. }) = rule;
        assert!(!because.is_empty());
    }
}

//! The dependency rules of `kernel/ARCHITECTURE.md`, read from `cargo metadata`.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::BTreeSet;

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

/// Names a package depends on in code that ships (normal and build dependencies).
fn edges(package: &Package) -> BTreeSet<&str> {
    let shipped = |kind| matches!(kind, DependencyKind::Normal | DependencyKind::Build);
    package.dependencies.iter().filter(|edge| shipped(edge.kind)).map(|edge| edge.name.as_str()).collect()
}

/// What each of our crates may use of our other crates.
fn allowed(name: &str) -> &'static [&'static str] {
    const LINE: &[&str] = &["pos-money", "pos-domain", "pos-api"];
    match name {
        "pos-money" => &[],
        "pos-domain" => &["pos-money"],
        "pos-api" => &["pos-money", "pos-domain"],
        "pos-storage" | "pos-devices" | "pos-rhai" | "pos-wasm" | "pos-kernel" => LINE,
        "pos-register" => &["pos-api", "pos-money"],
        // What checks the journal believes nothing that wrote it.
        "pos-verify" => &[],
        "pos-plugin-sdk" => &["pos-money"],
        "pos-plugin-build" => &[],
        "bundle" => &["pos-plugin-build"],
        "tax-table" | "promotions" => &["pos-plugin-sdk"],
        // Cases for `pos price`; the reference it is compared with shares no code with the core.
        "pos-case" => &["pos-money", "pos-domain"],
        "pos-reference" => &[],
        "pos-pricing-lab" => &["pos-money", "pos-domain", "pos-case", "pos-reference"],
        "pos-cli" => &[
            "pos-money",
            "pos-domain",
            "pos-api",
            "pos-kernel",
            "pos-storage",
            "pos-devices",
            "pos-rhai",
            "pos-wasm",
            "pos-case",
            "pos-plugin-build",
            "bundle",
            // Natively, for their checks and starter tables; at the till they run as components.
            "tax-table",
            "promotions",
        ],
        "pos-app" => &["pos-money", "pos-domain", "pos-api", "pos-kernel", "pos-cli", "pos-register"],
        "pos-tests" => &[
            "pos-money",
            "pos-domain",
            "pos-api",
            "pos-kernel",
            "pos-storage",
            "pos-devices",
            "pos-rhai",
            "pos-wasm",
            "pos-cli",
            "pos-case",
            "pos-register",
            "pos-reference",
            "pos-pricing-lab",
            "pos-verify",
            "bundle",
        ],
        other => panic!("crate {other} is not in the architecture: name its place in kernel/ARCHITECTURE.md and here"),
    }
}

/// Heavy or delicate crates, and the only ones of ours that may name them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("wasmtime", &["pos-wasm"]),
    ("wasmtime-wizer", &["pos-wasm"]),
    ("rusqlite", &["pos-storage", "pos-tests"]),
    ("rhai", &["pos-rhai"]),
    ("eframe", &["pos-app"]),
    ("egui", &["pos-register", "pos-app"]),
    ("tokio", &[]),
];

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let allowed = allowed(&package.name);
        for edge in edges(package).into_iter().filter(|edge| ours.contains(edge)) {
            if !allowed.contains(&edge) {
                wrong.push(format!("{} -> {edge}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that kernel/ARCHITECTURE.md forbids: {wrong:?}");
}

#[test]
fn heavy_crates_are_leaves() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        for (heavy, homes) in ONLY_IN {
            if edges(package).contains(heavy) && !homes.contains(&package.name.as_str()) {
                wrong.push(format!("{} -> {heavy}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "heavy crates outside their home: {wrong:?}");
}

#[test]
fn versions_stand_in_one_place_and_lints_in_every_crate() {
    for package in &metadata().packages {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}: no workspace lints", package.name);
        let version = manifest.lines().find(|line| line.contains("version = \""));
        assert_eq!(version, None, "{}: a version outside the root Cargo.toml", package.name);
        let folder = package.manifest_path.parent().unwrap().file_name().unwrap();
        let expected = match package.name.as_str() {
            "pos-tests" => "tests",
            "pos-reference" => "reference",
            "pos-pricing-lab" => "pricing-lab",
            name => name,
        };
        assert_eq!(folder, expected, "the folder of crate {}", package.name);
    }
}

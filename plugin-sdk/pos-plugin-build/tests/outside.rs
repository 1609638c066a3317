//! A plugin crate outside the workspace, as an author has it: made by `new`, tested natively, built, and looked into.
//!
//! It shares the folder in which `plugins/bundle` builds its guests, so that their common dependencies are compiled
//! once (a minute or so on two cores) for both.

#![allow(clippy::unwrap_used, reason = "a helper that fails should end its test right there")]

use pos_plugin_build::{BuildOptions, Kind, build, new};
use std::fs;
use std::path::{Path, PathBuf};

/// `target/guests` of the target folder that this test was built in.
fn guests_dir() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.expect("cargo marks its target folder").join("guests")
}

fn options() -> BuildOptions {
    BuildOptions { target_dir: Some(guests_dir()), quiet: true, ..BuildOptions::default() }
}

fn outside(name: &str, kind: Kind) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join(name);
    new(&dir, name, kind).unwrap();
    (folder, dir)
}

fn replace_in(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{old} is not in {}", file.display());
    fs::write(file, text.replace(old, new)).unwrap();
}

#[test]
fn a_promotion_built_outside_the_workspace_imports_nothing_but_the_contract() {
    let (folder, dir) = outside("happy-hour", Kind::Promotion);
    let built = build(&dir, &options()).unwrap();
    assert_eq!(built.exports, ["pos:plugin/discount@0.1.0", "pos:plugin/lifecycle@0.1.0"]);
    assert_eq!(built.imports, ["pos:plugin/explain@0.1.0", "pos:plugin/types@0.1.0"]);
    assert!(built.component.starts_with(b"\0asm\x0d\0\x01\0"), "not a component");
    assert_eq!((built.id.as_str(), built.version.as_str()), ("com.example.happy-hour", "0.1.0"));
    assert!(built.describe().contains("imports  pos:plugin/explain@0.1.0\n"), "{}", built.describe());

    let shop = folder.path().join("shop/plugins/happy-hour");
    built.write_to(&shop).unwrap();
    assert_eq!(fs::read(shop.join("plugin.wasm")).unwrap(), built.component);
    for file in ["plugin.toml", "configuration.schema.json", "configuration.default.json"] {
        assert_eq!(fs::read_to_string(shop.join(file)).unwrap(), fs::read_to_string(dir.join(file)).unwrap(), "{file}");
    }
}

#[test]
fn a_tax_plugin_exports_tax_and_no_discount() {
    let (_folder, dir) = outside("one-rate", Kind::Tax);
    let built = build(&dir, &options()).unwrap();
    assert_eq!(built.exports, ["pos:plugin/lifecycle@0.1.0", "pos:plugin/tax@0.1.0"]);
    // Where dependencies lie on this machine is in their panic messages, unless it is taken out.
    let dependencies =
        std::env::var_os("CARGO_HOME").map_or_else(|| std::env::home_dir().unwrap().join(".cargo"), PathBuf::from);
    let text = String::from_utf8_lossy(&built.component);
    assert!(!text.contains(dependencies.to_str().unwrap()), "the component tells in whose home it was built");
}

#[test]
fn a_hook_that_the_manifest_does_not_declare_is_refused() {
    let (_folder, dir) = outside("undeclared", Kind::Tax);
    replace_in(&dir.join("plugin.toml"), "[hooks.tax]", "[hooks.discount]\nstages = [\"line\"]");
    let error = format!("{:#}", build(&dir, &options()).unwrap_err());
    assert!(error.contains("the crate exports tax, but [hooks.tax] is missing"), "{error}");
}

#[test]
fn an_import_of_the_authors_own_is_refused_by_name() {
    let (_folder, dir) = outside("peeking", Kind::Tax);
    let lib = dir.join("src/lib.rs");
    replace_in(
        &lib,
        "impl Plugin for OneRate {\n    fn configure(config_json: &str) -> Result<Self, HookError> {\n",
        "#[link(wasm_import_module = \"wasi_snapshot_preview1\")]\nunsafe extern \"C\" {\n    fn clock_time_get(id: i32, precision: i64, time: i32) -> i32;\n}\n\n\
         impl Plugin for OneRate {\n    fn configure(config_json: &str) -> Result<Self, HookError> {\n        unsafe { clock_time_get(0, 0, 0) };\n",
    );
    let error = format!("{:#}", build(&dir, &options()).unwrap_err());
    assert!(error.contains("imports wasi_snapshot_preview1 (clock_time_get)"), "{error}");
}

#[test]
fn a_crate_that_does_not_compile_is_named() {
    let (_folder, dir) = outside("broken", Kind::Tax);
    fs::write(dir.join("src/lib.rs"), "this is not Rust").unwrap();
    let error = format!("{:#}", build(&dir, &options()).unwrap_err());
    assert!(error.contains("broken does not build; the compiler's words are above"), "{error}");
}

#[test]
fn a_folder_that_is_no_plugin_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = format!("{:#}", build(folder.path(), &options()).unwrap_err());
    assert!(error.contains("plugin.toml cannot be read"), "{error}");
    let error = format!("{:#}", build(&folder.path().join("nowhere"), &options()).unwrap_err());
    assert!(error.starts_with("There is no folder"), "{error}");
}

//! Builds the first-party plugins through the library that `pos plugin build` uses, and hands them to the crate.
//!
//! The guests' target folder is `guests` in the workspace's own: apart, because the cargo that waits for this script
//! holds the lock of its folder, and inside, so that `cargo clean` takes it along.

use anyhow::{Context, Result, ensure};
use pos_plugin_build::{BuildOptions, build};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

/// Folders of the plugins, beside this crate.
const PLUGINS: [&str; 2] = ["promotions", "tax-table"];

/// What a plugin's code is made of besides its own folder, from the workspace's root.
const SHARED_SOURCES: [&str; 5] =
    ["plugin-sdk/pos-plugin-sdk", "plugin-sdk/wit", "kernel/pos-money", "Cargo.toml", "Cargo.lock"];

fn main() -> ExitCode {
    match embed_plugins() {
        Ok(()) => ExitCode::SUCCESS,
        // In words alone: a backtrace of this script would bury what the compiler said about the plugin.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn embed_plugins() -> Result<()> {
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").context("OUT_DIR: run by cargo")?);
    let plugins_dir = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("plugins/ holds this crate")?;
    let workspace = plugins_dir.parent().context("the workspace holds plugins/")?;
    for source in SHARED_SOURCES {
        println!("cargo:rerun-if-changed={}", workspace.join(source).display());
    }
    println!("cargo:rerun-if-env-changed=POS_WASM_FORCE_FALLBACK");

    let options = BuildOptions { target_dir: Some(guests_dir(&out_dir)?), locked: true, quiet: false };
    let mut table = String::from("&[\n");
    for name in PLUGINS {
        let plugin_dir = plugins_dir.join(name);
        println!("cargo:rerun-if-changed={}", plugin_dir.display());
        let built = build(&plugin_dir, &options)?;
        built.write_to(&out_dir.join(name))?;
        let file = |file: &str| format!("concat!(env!(\"OUT_DIR\"), \"/{name}/{file}\")");
        let text = |configuration: &Option<(String, String)>, absent: &str| {
            configuration.as_ref().map_or(format!("{absent:?}"), |(name, _)| format!("include_str!({})", file(name)))
        };
        writeln!(
            table,
            "    BundledPlugin {{\n        id: {:?},\n        manifest: include_str!({}),\n        component: include_bytes!({}),\n        \
             default_configuration: {},\n        schema: {},\n    }},",
            built.id,
            file("plugin.toml"),
            file("plugin.wasm"),
            text(&built.default_configuration, "{}"),
            text(&built.schema, "{}"),
        )?;
    }
    table.push(']');
    fs::write(out_dir.join("plugins.rs"), table)?;
    Ok(())
}

/// `guests` in the target folder that holds `OUT_DIR`, whatever profile and target it is for.
fn guests_dir(out_dir: &Path) -> Result<PathBuf> {
    let target = out_dir
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        // Cargo marks its target folder; where it did not: <target>/<profile>/build/<package>/out.
        .or_else(|| out_dir.ancestors().nth(4));
    let target = target.context("OUT_DIR lies in no target folder")?;
    ensure!(target.is_dir(), "{} is not a folder", target.display());
    Ok(target.join("guests"))
}

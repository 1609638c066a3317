//! Runs cargo on a plugin crate, apart from whatever cargo may be running this.
//!
//! Called from a build script, the environment is full of the outer build: its compiler wrapper (clippy!), its flags,
//! its package's variables. None of that concerns the guest, and a shared target folder would wait for itself. So the
//! guest gets a cleaned environment, a folder of its own, and a profile given on the command line.

use crate::build::BuildOptions;
use crate::toolchain::{self, TARGET};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Fast, and checked: a component that wrapped around would answer nonsense with confidence. Against the smallest code a
/// call takes a third less fuel; the code is half as large again, which the first start after a change compiles once.
const PROFILE: [&str; 7] = [
    "profile.release.opt-level=2",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    r#"profile.release.panic="abort""#,
    "profile.release.strip=true",
    "profile.release.debug=false",
    "profile.release.overflow-checks=true",
];

/// Compiles the crate to a core module and answers its path.
pub(crate) fn compile(plugin_dir: &Path, target_dir: &Path, options: &BuildOptions) -> Result<PathBuf> {
    let toolchain = toolchain::prepare(plugin_dir)?;
    let mut cargo = cargo(plugin_dir);
    cargo.args(["rustc", "--lib", "--crate-type", "cdylib", "--release", "--target", TARGET]);
    cargo.args(["--message-format", "json-render-diagnostics"]).arg("--target-dir").arg(target_dir);
    PROFILE.iter().for_each(|setting| {
        cargo.args(["--config", setting]);
    });
    if let Some(setting) = hide_home() {
        cargo.arg("--config").arg(setting);
    }
    if options.locked {
        cargo.arg("--locked");
    }
    if options.quiet {
        cargo.arg("--quiet");
    }
    cargo.envs(toolchain.variables);
    let output = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo does not start. Install Rust with rustup (https://rustup.rs)")?;
    if !output.status.success() {
        bail!("The plugin in {} does not build; the compiler's words are above.", plugin_dir.display());
    }
    module_of(&output.stdout, plugin_dir)
}

/// A cargo (the one that runs us, if one does) in the plugin's folder, with nothing of an outer build around it.
fn cargo(plugin_dir: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    clean(&mut command);
    command.current_dir(plugin_dir);
    command
}

/// Takes the outer build's variables away from a command.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_outer_build(name)) {
        command.env_remove(name);
    }
}

fn is_of_outer_build(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    // Settings of the person or the machine: where things are, how to download, how to print, how many jobs.
    let kept = [
        "CARGO_HOME",
        "CARGO_MAKEFLAGS",
        "CARGO_BUILD_JOBS",
        "CARGO_NET_",
        "CARGO_HTTP_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
    ];
    if kept.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    let of_cargo = ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS", "CLIPPY_", "DEP_", "__CARGO"];
    let of_build_scripts = ["TARGET", "HOST", "OUT_DIR", "PROFILE", "OPT_LEVEL", "DEBUG", "NUM_JOBS"];
    of_cargo.iter().any(|prefix| name.starts_with(prefix)) || of_build_scripts.contains(&name)
}

/// Panic messages carry the paths of sources; a component should not tell in whose home folder it was built, and
/// should come out the same in everybody's.
fn hide_home() -> Option<OsString> {
    let home = env::var_os("CARGO_HOME").or_else(|| {
        let home = env::home_dir()?.join(".cargo");
        Some(home.into_os_string())
    })?;
    let flag = format!("--remap-path-prefix={}=/cargo", home.to_str()?);
    // A JSON string is a TOML string.
    let flag = serde_json::to_string(&flag).ok()?;
    Some(format!("target.{TARGET}.rustflags=[{flag}]").into())
}

/// What cargo says on stdout, as far as it matters here.
#[derive(Deserialize)]
struct Artifact {
    reason: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The one module that cargo reports as built.
fn module_of(messages: &[u8], plugin_dir: &Path) -> Result<PathBuf> {
    let messages = String::from_utf8_lossy(messages);
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    artifacts
        .filter(|artifact| artifact.reason == "compiler-artifact")
        .flat_map(|artifact| artifact.filenames)
        .rfind(|file| file.extension() == Some(OsStr::new("wasm")))
        .with_context(|| format!("cargo built no module from {}; is it a library crate?", plugin_dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_build_stays_outside() {
        for name in [
            "CARGO",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_CFG_TARGET_ARCH",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTFLAGS",
            "RUSTDOCFLAGS",
            "CLIPPY_ARGS",
            "OUT_DIR",
            "TARGET",
            "HOST",
            "PROFILE",
            "DEP_SQLITE3_ROOT",
        ] {
            assert!(is_of_outer_build(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_machines_settings_stay() {
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "CARGO_NET_OFFLINE",
            "CARGO_MAKEFLAGS",
            "TARGETS",
        ] {
            assert!(!is_of_outer_build(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_last_module_reported_is_the_plugins() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","filenames":["/t/libserde.rlib"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","filenames":["/t/happy_hour.wasm"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let folder = Path::new("happy-hour");
        assert_eq!(module_of(messages.as_bytes(), folder).unwrap(), Path::new("/t/happy_hour.wasm"));
        assert!(module_of(b"", folder).unwrap_err().to_string().contains("is it a library crate?"));
    }
}

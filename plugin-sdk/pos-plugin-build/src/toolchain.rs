//! A compiler that can build for `wasm32-unknown-unknown`.
//!
//! In this order: the target as it is installed; `rustup target add`; and on Debian, where rustup has nothing to
//! download from, Debian's own compiler for the web (`fallback.sh` says how). `POS_WASM_FORCE_FALLBACK=1` goes straight
//! to the last.

use crate::guest_cargo::clean;
use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What pure plugins are compiled for: no system interface at all.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const FORCE_FALLBACK: &str = "POS_WASM_FORCE_FALLBACK";
const FALLBACK_SCRIPT: &str = include_str!("fallback.sh");

/// Variables for the guest's cargo, and for nothing else.
#[derive(Debug, Default)]
pub(crate) struct Toolchain {
    pub(crate) variables: Vec<(String, String)>,
}

/// Finds or fetches a compiler for the target.
pub(crate) fn prepare(plugin_dir: &Path) -> Result<Toolchain> {
    if env::var_os(FORCE_FALLBACK).is_some_and(|value| value == "1") {
        say(&format!("{FORCE_FALLBACK}=1: using Debian's compiler"));
        return debian(plugin_dir);
    }
    if target_is_installed(plugin_dir)? {
        return Ok(Toolchain::default());
    }
    say(&format!("the target {TARGET} is missing; running `rustup target add {TARGET}`"));
    match command("rustup", plugin_dir).args(["target", "add", TARGET]).stdout(Stdio::null()).status() {
        Ok(status) if status.success() && target_is_installed(plugin_dir)? => return Ok(Toolchain::default()),
        Ok(_) => say("rustup cannot add the target"),
        Err(error) => say(&format!("rustup does not start ({error})")),
    }
    ensure!(
        on_debian(),
        "The Rust target {TARGET} is missing and could not be downloaded. Run `rustup target add {TARGET}` where there is a network, then build again."
    );
    say("trying Debian's compiler instead");
    debian(plugin_dir)
}

/// Whether the compiler has the target's standard library, however it came there.
fn target_is_installed(plugin_dir: &Path) -> Result<bool> {
    let output = command("rustc", plugin_dir)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stderr(Stdio::inherit())
        .output()
        .context("rustc does not start. Install Rust with rustup (https://rustup.rs)")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let Ok(files) = folder.read_dir() else { return Ok(false) };
    Ok(files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn on_debian() -> bool {
    let on_path = |program: &str| {
        env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
    };
    ["apt-get", "apt-cache", "dpkg", "bash"].iter().all(|program| on_path(program))
}

fn debian(plugin_dir: &Path) -> Result<Toolchain> {
    let output = command("bash", plugin_dir)
        .args(["-c", FALLBACK_SCRIPT, "pos-wasm-toolchain"])
        .stderr(Stdio::inherit())
        .output()
        .context("bash does not start")?;
    if !output.status.success() {
        bail!(
            "No compiler for {TARGET}: rustup could not add the target and Debian's could not be set up (see above). \
             Run `rustup target add {TARGET}` where there is a network, then build again."
        );
    }
    let variables = variables_of(&String::from_utf8_lossy(&output.stdout));
    ensure!(
        variables.iter().any(|(name, _)| name == "RUSTC"),
        "Debian's compiler was set up, but does not say where it is"
    );
    Ok(Toolchain { variables })
}

/// `NAME=value` lines.
fn variables_of(text: &str) -> Vec<(String, String)> {
    text.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    clean(&mut command);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn say(words: &str) {
    eprintln!("pos-plugin-build: {words}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_answers_in_variables() {
        assert_eq!(
            variables_of("RUSTC=/c/usr/bin/rustc\nLD_LIBRARY_PATH=/c/lib=x\nnoise\n"),
            [("RUSTC".into(), "/c/usr/bin/rustc".into()), ("LD_LIBRARY_PATH".into(), "/c/lib=x".into())]
        );
    }

    #[test]
    fn the_script_is_bash() {
        let status = Command::new("bash").args(["-n", "-c", FALLBACK_SCRIPT]).status().unwrap();
        assert!(status.success());
    }
}

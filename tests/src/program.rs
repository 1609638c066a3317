//! The `pos` program as built beside this one.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where cargo put `pos` for the profile that runs now.
///
/// An integration test of `pos-app` makes `cargo test --workspace` build it; a release program finds the release one.
pub fn pos_path() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let name = format!("pos{}", std::env::consts::EXE_SUFFIX);
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        anyhow::anyhow!(
            "{name} is not beside {}; build it with `cargo build --workspace` in the same profile",
            own.display()
        )
    })
}

/// A command that runs `pos` with nothing of this process's streams.
pub fn pos() -> anyhow::Result<Command> {
    let mut command = Command::new(pos_path()?);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    Ok(command)
}

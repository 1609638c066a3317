//! `pos plugin`: for authors.

use super::{print, print_json};
use crate::args::{PluginBuildArgs, PluginNewArgs};
use anyhow::Context;
use std::process::ExitCode;

/// Builds a plugin crate and says what its component imports.
pub(crate) fn build(args: &PluginBuildArgs) -> anyhow::Result<ExitCode> {
    let built = pos_plugin_build::build(&args.dir, &pos_plugin_build::BuildOptions::default())
        .with_context(|| format!("{} was not built", args.dir.display()))?;
    let out = args.out.clone().unwrap_or_else(|| args.dir.join("target").join("plugin"));
    let written = built.write_to(&out)?;
    if args.json {
        print_json(&serde_json::json!({
            "id": built.id,
            "version": built.version,
            "imports": built.imports,
            "exports": built.exports,
            "bytes": built.component.len(),
            "folder": out,
        }))?;
    } else {
        print(&built.describe())?;
        for file in written {
            print(&format!("wrote {}\n", file.display()))?;
        }
        print("Copy that folder into a shop's plugins/ folder: the next basket uses it.\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the beginning of a plugin crate.
pub(crate) fn new(args: &PluginNewArgs) -> anyhow::Result<ExitCode> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => {
            args.dir.file_name().map(|name| name.to_string_lossy().into_owned()).context("The folder needs a name")?
        }
    };
    pos_plugin_build::new(&args.dir, &name, args.kind.parse()?)?;
    print(&format!("Wrote {0}. Build it with: pos plugin build {0}\n", args.dir.display()))?;
    Ok(ExitCode::SUCCESS)
}

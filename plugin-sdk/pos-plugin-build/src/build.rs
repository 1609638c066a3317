//! From a plugin's folder to its component and the files that go with it.

use crate::component::{self, Component};
use crate::guest_cargo;
use crate::manifest::Manifest;
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Where cargo puts its files; none: `target/pos-plugin` in the plugin's folder. Plugins that share one compile
    /// their common dependencies once. It must not be the target folder of a cargo that is waiting for this build.
    pub target_dir: Option<PathBuf>,
    /// Refuse to change `Cargo.lock`.
    pub locked: bool,
    /// Say nothing on stderr but warnings and errors.
    pub quiet: bool,
}

/// A plugin, built and checked.
#[derive(Clone, Debug)]
pub struct Built {
    /// The component's bytes.
    pub component: Vec<u8>,
    /// The manifest's id.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// Interfaces the component imports: of the contract, and harmless.
    pub imports: Vec<String>,
    /// Interfaces the component exports: `pos:plugin/lifecycle@0.1.0` and its hooks.
    pub exports: Vec<String>,
    /// The text of `plugin.toml`.
    pub manifest: String,
    /// JSON Schema of the configuration: file name and text.
    pub schema: Option<(String, String)>,
    /// Configuration to start with: file name and text.
    pub default_configuration: Option<(String, String)>,
    /// Where the component was written, under the target folder.
    pub path: PathBuf,
}

/// Builds the plugin crate in `plugin_dir`, whose `plugin.toml` must agree with what it exports.
pub fn build(plugin_dir: &Path, options: &BuildOptions) -> Result<Built> {
    let plugin_dir = &plugin_dir
        .canonicalize()
        .with_context(|| format!("There is no folder {}. Name the folder of a plugin crate.", plugin_dir.display()))?;
    // The manifest first: a mistake in it should not cost a minute of compiling.
    let manifest_text = read(plugin_dir, "plugin.toml")?;
    let manifest = Manifest::parse(&manifest_text).with_context(|| in_file(plugin_dir, "plugin.toml"))?;
    let beside = |name: &Option<String>| name.as_ref().map(|name| json_file(plugin_dir, name)).transpose();
    let schema = beside(&manifest.configuration.schema)?;
    let default_configuration = beside(&manifest.configuration.default)?;

    let target_dir = options.target_dir.clone().unwrap_or_else(|| plugin_dir.join("target").join("pos-plugin"));
    let module = guest_cargo::compile(plugin_dir, &target_dir, options)?;
    let bytes = fs::read(&module).with_context(|| format!("reading {}", module.display()))?;
    let Component { bytes: component, imports, exports } =
        component::componentise(&bytes).with_context(|| format!("The plugin in {}", plugin_dir.display()))?;
    manifest.check_exports(&exports).with_context(|| in_file(plugin_dir, "plugin.toml"))?;

    let folder = target_dir.join("components");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.join(module.file_name().unwrap_or_default());
    fs::write(&path, &component).with_context(|| format!("writing {}", path.display()))?;
    let Manifest { id, version, .. } = manifest;
    Ok(Built { component, id, version, imports, exports, manifest: manifest_text, schema, default_configuration, path })
}

impl Built {
    /// Writes `plugin.toml`, `plugin.wasm`, and the schema and default configuration under the names that the manifest
    /// gives them: the layout of a shop's `plugins/<name>/` folder. Answers the files written.
    pub fn write_to(&self, out_dir: &Path) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(out_dir).with_context(|| format!("creating {}", out_dir.display()))?;
        let configuration = self.schema.iter().chain(&self.default_configuration);
        let texts = configuration.map(|(name, text)| (name.as_str(), text.as_bytes()));
        let own = [("plugin.toml", self.manifest.as_bytes()), ("plugin.wasm", self.component.as_slice())];
        let write = |(name, bytes): (&str, &[u8])| {
            let path = out_dir.join(name);
            fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
            Ok(path)
        };
        own.into_iter().chain(texts).map(write).collect()
    }

    /// What it offers and what it can reach, ready to print.
    pub fn describe(&self) -> String {
        let mut text = format!("{} {} ({} KiB)\n", self.id, self.version, self.component.len().div_ceil(1024));
        let mut list = |title: &str, interfaces: &[String]| {
            for (index, interface) in interfaces.iter().enumerate() {
                let title = if index == 0 { title } else { "" };
                let note = if interface.starts_with(component::TYPES_INTERFACE) { " (types only)" } else { "" };
                // Writing to a String cannot fail.
                writeln!(text, "  {title:<8} {interface}{note}").unwrap_or_default();
            }
        };
        list("exports", &self.exports);
        list("imports", &self.imports);
        text.push_str("  Nothing else: no files, no network, no clock, no randomness.\n");
        text
    }
}

fn read(folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(name);
    fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

fn in_file(folder: &Path, name: &str) -> String {
    format!("{} is not right", folder.join(name).display())
}

fn json_file(folder: &Path, name: &str) -> Result<(String, String)> {
    let text = read(folder, name)?;
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&text) {
        bail!("{} is not JSON: {error}", folder.join(name).display());
    }
    Ok((name.to_owned(), text))
}

//! The first-party plugins, as a shipped `pos` carries them.
//!
//! Their components are built from `plugins/*` by this crate's build script, through the same library as
//! `pos plugin build`: a fresh clone needs no extra step, and no binary is ever committed.

/// A plugin inside the program: the contents of its folder in a shop's `plugins/`.
#[derive(Clone, Copy, Debug)]
pub struct BundledPlugin {
    /// Its manifest's id: `org.pos-kernel.tax-table`.
    pub id: &'static str,
    /// The text of `plugin.toml`.
    pub manifest: &'static str,
    /// The component's bytes, `plugin.wasm`.
    pub component: &'static [u8],
    /// Configuration to start with, as JSON.
    pub default_configuration: &'static str,
    /// JSON Schema of the configuration.
    pub schema: &'static str,
}

/// All of them.
pub const PLUGINS: &[BundledPlugin] = include!(concat!(env!("OUT_DIR"), "/plugins.rs"));

/// The plugin of an id.
pub fn plugin(id: &str) -> Option<&'static BundledPlugin> {
    PLUGINS.iter().find(|plugin| plugin.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tax_table_is_on_board_and_complete() {
        let BundledPlugin { id, manifest, component, default_configuration, schema } =
            plugin("org.pos-kernel.tax-table").expect("bundled");
        assert!(manifest.contains(&format!("id = \"{id}\"")));
        // A component, not a core module: version 13 of layer 1.
        assert!(component.starts_with(b"\0asm\x0d\0\x01\0"));
        assert!(default_configuration.contains("\"standard\""));
        assert!(schema.contains("\"$schema\""));
        assert!(plugin("org.pos-kernel.nothing").is_none());
    }

    #[test]
    fn every_plugin_has_its_own_id() {
        for (index, plugin) in PLUGINS.iter().enumerate() {
            assert!(PLUGINS[..index].iter().all(|other| other.id != plugin.id), "{}", plugin.id);
        }
    }
}

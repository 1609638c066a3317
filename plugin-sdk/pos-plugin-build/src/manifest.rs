//! `plugin.toml`: who a plugin is, which hooks it offers, what it asks for.
//!
//! ```toml
//! id = "org.example.happy-hour"       # reverse DNS
//! name = "Happy hour"
//! version = "0.1.0"
//! publisher = "Example Ltd"
//! runtime = "component"
//! api = "0.1"                         # of the contract
//!
//! [hooks.discount]
//! stages = ["line"]                   # line, shop, order: asked once for each
//! priority = 0                        # higher first, where an order is needed
//!
//! [wants]                             # fields of the basket that are not filled unless asked for
//! names = false
//!
//! [limits]                            # may only lower the defaults
//! fuel = 5000000
//!
//! [configuration]
//! schema = "configuration.schema.json"
//! default = "configuration.default.json"
//! ```
//!
//! What is absent is denied, and a key nobody knows is an error: a misspelled limit must not be a missing one.

use anyhow::{Result, bail, ensure};
use serde::Deserialize;

/// The contract that [`Manifest::api`] must name.
pub const API: &str = "0.1";
/// Most fuel a call of a pure plugin may use, for baskets of up to 200 lines.
pub const FUEL_MAX: u64 = 20_000_000;
/// Most memory a pure plugin may have.
pub const MEMORY_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The contents of `plugin.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Reverse DNS name: `org.example.happy-hour`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Three numbers: `0.1.0`.
    pub version: String,
    /// Who answers for it.
    pub publisher: String,
    /// What runs it.
    pub runtime: Runtime,
    /// Version of the contract it was written for.
    pub api: String,
    /// The hooks it offers; at least one.
    pub hooks: Hooks,
    /// Fields of the basket it wants filled.
    #[serde(default)]
    pub wants: Wants,
    /// Limits lower than the defaults.
    #[serde(default)]
    pub limits: Limits,
    /// Files that describe its configuration.
    #[serde(default)]
    pub configuration: Configuration,
}

/// What runs a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// A WebAssembly component.
    Component,
}

/// The hooks a plugin offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// It assesses tax.
    pub tax: Option<TaxHook>,
    /// It proposes discounts.
    pub discount: Option<DiscountHook>,
}

/// Terms of the tax hook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxHook {
    /// Higher first.
    #[serde(default)]
    pub priority: i32,
}

/// Terms of the discount hook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscountHook {
    /// When it is asked.
    pub stages: Vec<Stage>,
    /// Higher first.
    #[serde(default)]
    pub priority: i32,
}

/// A stage of pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Item deals.
    Line,
    /// Deals that favour the shop.
    Shop,
    /// The whole order.
    Order,
}

/// Fields of the basket that are filled only on request: texts cost time, identities defeat caching.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wants {
    /// Names of the articles.
    pub names: bool,
    /// The register's id.
    pub register: bool,
    /// The cashier's id.
    pub cashier: bool,
    /// The basket's id.
    pub basket_id: bool,
}

/// Limits lower than the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Fuel a call; at most [`FUEL_MAX`].
    pub fuel: Option<u64>,
    /// Memory; at most [`MEMORY_BYTES_MAX`].
    pub memory_bytes: Option<u64>,
}

/// Files beside the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// JSON Schema; the back office draws its form from it.
    pub schema: Option<String>,
    /// What a shop starts with; absent: `{}`.
    pub default: Option<String>,
}

impl Manifest {
    /// Reads and checks the text of `plugin.toml`.
    pub fn parse(text: &str) -> Result<Manifest> {
        let manifest: Manifest = toml::from_str(text)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        let Manifest {
            id,
            name,
            version,
            publisher,
            runtime: Runtime::Component,
            api,
            hooks,
            wants: _,
            limits,
            configuration,
        } = self;
        ensure!(
            is_reverse_dns(id),
            "id = \"{id}\" is not a reverse DNS name; write it like \"org.example.happy-hour\""
        );
        for (key, value) in [("name", name), ("publisher", publisher)] {
            ensure!(!value.trim().is_empty(), "{key} is empty");
        }
        ensure!(is_version(version), "version = \"{version}\" is not a version; write it like \"0.1.0\"");
        ensure!(api == API, "api = \"{api}\" is not the contract of these tools, which is \"{API}\"");
        let Hooks { tax, discount } = hooks;
        ensure!(tax.is_some() || discount.is_some(), "it offers no hook; write [hooks.tax] or [hooks.discount]");
        if let Some(DiscountHook { stages, .. }) = discount {
            ensure!(!stages.is_empty(), "hooks.discount: stages is empty; name at least one of line, shop, order");
            let twice = stages.iter().enumerate().any(|(index, stage)| stages[..index].contains(stage));
            ensure!(!twice, "hooks.discount: stages names one of them twice");
        }
        let Limits { fuel, memory_bytes } = limits;
        for (key, value, max) in [("fuel", fuel, FUEL_MAX), ("memory_bytes", memory_bytes, MEMORY_BYTES_MAX)] {
            if let Some(value) = value {
                ensure!((1..=max).contains(value), "limits: {key} = {value} is not between 1 and the default, {max}");
            }
        }
        let Configuration { schema, default } = configuration;
        for (key, name) in [("schema", schema), ("default", default)] {
            let plain = name.as_ref().is_none_or(|name| is_plain_file_name(name));
            ensure!(plain, "configuration: {key} must be the name of a JSON file beside plugin.toml");
        }
        Ok(())
    }

    /// Whether the component exports exactly the hooks declared here.
    pub(crate) fn check_exports(&self, exports: &[String]) -> Result<()> {
        for (hook, declared) in [("tax", self.hooks.tax.is_some()), ("discount", self.hooks.discount.is_some())] {
            let exported = exports.iter().any(|export| export.starts_with(&format!("pos:plugin/{hook}@")));
            match (declared, exported) {
                (true, false) => {
                    bail!("it declares [hooks.{hook}], but the crate does not export it: add {hook} to export!(…)")
                }
                (false, true) => {
                    bail!("the crate exports {hook}, but [hooks.{hook}] is missing; what is absent is denied")
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_reverse_dns(id: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    id.contains('.') && id.split('.').all(is_label)
}

fn is_version(version: &str) -> bool {
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    version.split('.').count() == 3 && version.split('.').all(is_number)
}

fn is_plain_file_name(name: &str) -> bool {
    name.ends_with(".json") && !name.starts_with('.') && !name.contains(['/', '\\', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
id = "org.example.happy-hour"
name = "Happy hour"
version = "0.1.0"
publisher = "Example Ltd"
runtime = "component"
api = "0.1"
[hooks.discount]
stages = ["line", "order"]
"#;

    fn check(old: &str, new: &str, expected: &str) {
        assert!(MINIMAL.contains(old), "{old}");
        let error = Manifest::parse(&MINIMAL.replace(old, new)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn what_is_absent_is_denied() {
        let manifest = Manifest::parse(MINIMAL).unwrap();
        assert_eq!(manifest.wants, Wants { names: false, register: false, cashier: false, basket_id: false });
        assert_eq!(manifest.hooks.tax, None);
        assert_eq!(
            manifest.hooks.discount.unwrap(),
            DiscountHook { stages: vec![Stage::Line, Stage::Order], priority: 0 }
        );
    }

    #[test]
    fn mistakes_are_named() {
        check("api", "colour = \"red\"\napi", "unknown field `colour`");
        check("org.example.", "", "id = \"happy-hour\" is not a reverse DNS name");
        check("org.example.", "Org.", "is not a reverse DNS name");
        check("org.example.", "org..", "is not a reverse DNS name");
        check("0.1.0", "0.1", "version = \"0.1\" is not a version");
        check("0.1.0", "0.01.0", "is not a version");
        check("Example Ltd", " ", "publisher is empty");
        check("api = \"0.1\"", "api = \"0.2\"", "api = \"0.2\" is not the contract of these tools");
        check("component", "rhai", "unknown variant `rhai`");
        check("[\"line\", \"order\"]", "[]", "stages is empty");
        check("\"order\"", "\"line\"", "twice");
        check("\"order\"", "\"tender\"", "unknown variant `tender`");
        check("[hooks.discount]\nstages = [\"line\", \"order\"]", "[hooks]", "offers no hook");
        check("[hooks.discount]", "[hooks.colour]\n[hooks.discount]", "unknown field `colour`");
        check(
            "[hooks",
            "[limits]\nfuel = 20000001\n[hooks",
            "limits: fuel = 20000001 is not between 1 and the default, 20000000",
        );
        check("[hooks", "[limits]\nmemory_bytes = 0\n[hooks", "limits: memory_bytes = 0");
        check("[hooks", "[limits]\nfule = 1\n[hooks", "unknown field `fule`");
        check("[hooks", "[wants]\nname = true\n[hooks", "unknown field `name`");
        check("[hooks", "[configuration]\nschema = \"../a.json\"\n[hooks", "configuration: schema must be the name");
    }

    #[test]
    fn hooks_declared_and_hooks_exported_must_agree() {
        let manifest = Manifest::parse(MINIMAL).unwrap();
        let exports = |names: &[&str]| names.iter().map(|name| format!("pos:plugin/{name}@0.1.0")).collect::<Vec<_>>();
        assert!(manifest.check_exports(&exports(&["lifecycle", "discount"])).is_ok());
        let error = manifest.check_exports(&exports(&["lifecycle"])).unwrap_err().to_string();
        assert!(error.contains("declares [hooks.discount]"), "{error}");
        let error = manifest.check_exports(&exports(&["lifecycle", "discount", "tax"])).unwrap_err().to_string();
        assert!(error.contains("[hooks.tax] is missing"), "{error}");
    }
}

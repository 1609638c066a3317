//! `plugin.toml`: what a plugin says of itself, which hooks it implements, and what it asks for.
//!
//! Absent means denied; an unknown key is an error, so that a misspelt wish is not silently a refused one.

use crate::contract;
use crate::diagnose::Subject;
use crate::limits::Limits;
use pos_api::diagnostic::Diagnostic;
use pos_domain::pricing::proposal::Stage;
use serde::Deserialize;
use std::path::{Component, Path};

/// A manifest that holds together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Reverse-DNS name, unique: `org.pos-kernel.tax-table`.
    pub(crate) id: String,
    /// Name for people.
    pub(crate) name: String,
    /// The plugin's own version.
    pub(crate) version: String,
    /// Who answers for it.
    pub(crate) publisher: String,
    /// What runs it; always `component` here.
    pub(crate) runtime: ManifestRuntime,
    /// Version of the contract it is written for.
    pub(crate) api: String,
    /// What it implements.
    pub(crate) hooks: Hooks,
    /// Optional fields of the basket it wants filled.
    #[serde(default)]
    pub(crate) wants: Wants,
    /// Lower limits than the default.
    #[serde(default)]
    pub(crate) limits: LowerLimits,
    /// Files of its configuration.
    #[serde(default)]
    pub(crate) configuration: ConfigurationFiles,
}

/// What runs a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ManifestRuntime {
    /// A WebAssembly component.
    Component,
}

/// The hooks this version of the program calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hooks {
    pub(crate) discount: Option<DiscountHook>,
    pub(crate) tax: Option<TaxHook>,
}

/// Offers, in the stages it declares.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscountHook {
    pub(crate) stages: Vec<Stage>,
    #[serde(default)]
    pub(crate) priority: i32,
}

/// Tax rates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaxHook {
    #[serde(default)]
    pub(crate) priority: i32,
}

/// Optional fields of the basket. What is not wanted is not filled: texts are what a call costs, and an input without
/// register, cashier and id is the same for the same basket anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wants {
    pub(crate) names: bool,
    pub(crate) register: bool,
    pub(crate) cashier: bool,
    pub(crate) basket_id: bool,
}

/// Limits a plugin sets itself, below the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LowerLimits {
    pub(crate) fuel: Option<u64>,
    pub(crate) memory_bytes: Option<usize>,
}

/// Files beside the manifest that describe the configuration; whoever installs the plugin reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigurationFiles {
    pub(crate) schema: Option<String>,
    pub(crate) default: Option<String>,
}

impl Manifest {
    /// Reads and checks a manifest.
    pub(crate) fn parse(text: &str, subject: &Subject) -> Result<Manifest, Box<Diagnostic>> {
        let subject = subject.manifest();
        if text.trim().is_empty() {
            return Err(subject.problem("the plugin has no manifest", "put a plugin.toml beside the component"));
        }
        let manifest: Manifest = toml::from_str(text).map_err(|error| {
            let action = "mend this line of plugin.toml; the guide for plugin authors lists the keys";
            match error.span() {
                Some(span) => subject.problem_at(text, span, one_line(error.message()), action),
                None => subject.problem(one_line(error.message()), action),
            }
        })?;
        let subject = subject.named(&manifest.name);
        match manifest.fault() {
            Some((problem, action)) => Err(subject.problem(problem, action)),
            None => Ok(manifest),
        }
    }

    /// The first thing that does not hold together: problem and action.
    fn fault(&self) -> Option<(String, String)> {
        let Manifest { id, name, version, publisher, runtime: _, api, hooks, wants: _, limits: _, configuration } =
            self;
        if !is_reverse_dns(id) {
            let action =
                "write it like org.example.happy-hour: lower-case letters, digits and hyphens, at least two parts";
            return Some((format!("the id \"{id}\" is not a reverse domain name"), action.to_owned()));
        }
        for (key, text) in [("name", name), ("version", version), ("publisher", publisher)] {
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                return Some((
                    format!("`{key}` is empty or has control characters"),
                    format!("give `{key}` a text on one line"),
                ));
            }
        }
        if api != contract::API {
            let problem =
                format!("the plugin is written for version {api} of the contract, this program has {}", contract::API);
            return Some((problem, format!("build the plugin against version {} of the contract", contract::API)));
        }
        if hooks.discount.is_none() && hooks.tax.is_none() {
            let action = "add [hooks.discount] or [hooks.tax], whichever the plugin implements";
            return Some(("the manifest declares no hook".to_owned(), action.to_owned()));
        }
        if let Some(DiscountHook { stages, priority: _ }) = &hooks.discount
            && (stages.is_empty() || stages.iter().enumerate().any(|(index, stage)| stages[..index].contains(stage)))
        {
            let action = "list each of \"line\", \"shop\", \"order\" at most once, and at least one";
            return Some(("the stages of the discount hook are empty or repeated".to_owned(), action.to_owned()));
        }
        let ConfigurationFiles { schema, default } = configuration;
        for file in [schema, default].into_iter().flatten() {
            if !is_beside(file) {
                let problem = format!("the configuration file \"{file}\" is not inside the plugin's folder");
                return Some((problem, "name a file beside plugin.toml".to_owned()));
            }
        }
        None
    }

    /// The limits of the host, lowered to what the manifest says.
    pub(crate) fn lower(&self, limits: &Limits, subject: &Subject) -> Result<Limits, Box<Diagnostic>> {
        let LowerLimits { fuel, memory_bytes } = self.limits;
        let refused = |key: &str, asked: String, most: String| {
            let problem = format!("the limit `{key}` = {asked} is above what this program allows, {most}");
            subject.manifest().problem(problem, format!("lower `{key}` to {most} or leave it out"))
        };
        let fuel = fuel.unwrap_or(limits.fuel);
        if fuel > limits.fuel {
            return Err(refused("fuel", fuel.to_string(), limits.fuel.to_string()));
        }
        let memory_bytes = memory_bytes.unwrap_or(limits.memory_bytes);
        if memory_bytes > limits.memory_bytes {
            return Err(refused("memory_bytes", memory_bytes.to_string(), limits.memory_bytes.to_string()));
        }
        Ok(Limits { fuel, memory_bytes, ..limits.clone() })
    }

    /// Stages in which the discount hook wants to be asked.
    pub(crate) fn discount_stages(&self) -> &[Stage] {
        self.hooks.discount.as_ref().map_or(&[], |hook| &hook.stages)
    }

    /// The priority of its offers, or of its tax if it has no offers.
    pub(crate) fn priority(&self) -> i32 {
        let discount = self.hooks.discount.as_ref().map(|hook| hook.priority);
        discount.or(self.hooks.tax.as_ref().map(|hook| hook.priority)).unwrap_or_default()
    }
}

/// `org.pos-kernel.tax-table`: at least two labels of lower-case letters, digits and inner hyphens.
fn is_reverse_dns(id: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    id.len() <= 200 && id.contains('.') && id.split('.').all(label)
}

fn is_beside(file: &str) -> bool {
    let mut parts = Path::new(file).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "org.pos-kernel.tax-table"
name = "Tax table"
version = "0.1.0"
publisher = "The POS kernel authors"
runtime = "component"
api = "0.1"
[hooks.tax]
priority = 3
[hooks.discount]
stages = ["line", "order"]
[wants]
names = true
[limits]
fuel = 1000000
[configuration]
schema = "configuration.schema.json"
default = "configuration.default.json"
"#;

    fn parse(text: &str) -> Result<Manifest, Box<Diagnostic>> {
        Manifest::parse(text, &Subject::of_file(Path::new("tax-table/plugin.toml")))
    }

    #[test]
    fn a_whole_manifest_is_read() {
        let manifest = parse(GOOD).unwrap();
        assert_eq!(manifest.discount_stages(), [Stage::Line, Stage::Order]);
        assert_eq!(manifest.priority(), 0, "the discount hook's own");
        assert_eq!(manifest.wants, Wants { names: true, ..Wants::default() });
        assert_eq!(manifest.hooks.tax, Some(TaxHook { priority: 3 }));
        let limits = manifest.lower(&Limits::default(), &Subject::of_file(Path::new("x"))).unwrap();
        assert_eq!((limits.fuel, limits.memory_bytes), (1_000_000, 16 << 20));
    }

    #[test]
    fn what_does_not_hold_is_named() {
        let table = [
            ("name = \"Tax table\"\n", "nmae = \"Tax table\"\n", "nmae"),
            ("names = true", "netwrok = true", "netwrok"),
            ("[hooks.tax]", "[hooks.taxes]", "taxes"),
            ("\"order\"", "\"oder\"", "oder"),
            ("\"order\"", "\"line\"", "repeated"),
            ("runtime = \"component\"", "runtime = \"native\"", "native"),
            ("api = \"0.1\"", "api = \"2.0\"", "version 2.0 of the contract"),
            ("org.pos-kernel.tax-table", "Tax table", "reverse domain name"),
            ("name = \"Tax table\"", "name = \"\"", "`name` is empty"),
            ("configuration.schema.json", "../../etc/passwd", "not inside the plugin's folder"),
            ("configuration.schema.json", "/etc/passwd", "not inside the plugin's folder"),
            ("fuel = 1000000", "fuel = -1", "-1"),
        ];
        for (from, to, said) in table {
            let diagnostic = parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(diagnostic.problem.contains(said), "{to}: {}", diagnostic.problem);
            assert!(!diagnostic.action.is_empty());
        }
        let diagnostic = parse(&GOOD.replace("names = true", "netwrok = true")).unwrap_err();
        assert_eq!((diagnostic.line, diagnostic.column, diagnostic.length), (13, 1, 7));
        assert!(parse("").unwrap_err().problem.contains("no manifest"));
        let hookless =
            GOOD.replace("[hooks.tax]\npriority = 3\n[hooks.discount]\nstages = [\"line\", \"order\"]", "[hooks]");
        assert!(parse(&hookless).unwrap_err().problem.contains("no hook"));
    }

    #[test]
    fn limits_are_only_lowered() {
        let manifest = parse(&GOOD.replace("fuel = 1000000", "fuel = 20000001")).unwrap();
        let diagnostic = manifest.lower(&Limits::default(), &Subject::of_file(Path::new("x"))).unwrap_err();
        assert!(diagnostic.problem.contains("`fuel` = 20000001 is above"), "{diagnostic}");
        let manifest = parse(&GOOD.replace("fuel = 1000000", "memory_bytes = 33554432")).unwrap();
        assert!(manifest.lower(&Limits::default(), &Subject::of_file(Path::new("x"))).is_err());
    }
}

//! From a core module to a component of exactly the world it implements.
//!
//! The SDK's bindings describe every hook it knows; a plugin implements some. So the description that the bindings
//! leave in the module is dropped, and the world is written anew from what the module exports:
//! `pos:plugin/tax@0.1.0#assess` means that it exports `pos:plugin/tax@0.1.0`. Its imports are read the same way, and
//! any that a pure plugin may not have is refused by name before a component exists.

use crate::CONTRACT_WIT;
use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldKey};

/// What a pure plugin may import: words for the trace, nothing that can differ between two runs.
const EXPLAIN: &str = "pos:plugin/explain@0.1.0";
const LIFECYCLE: &str = "pos:plugin/lifecycle@0.1.0";
/// Data types alone; imported by every component, callable by none.
pub(crate) const TYPES_INTERFACE: &str = "pos:plugin/types@";
/// Interfaces of the contract that only effectful components may import.
const EFFECTS: [&str; 3] = ["pos:plugin/kv@", "pos:plugin/http@", "pos:plugin/transport@"];
/// Hooks of the contract that a pure component may export. The host calls discount and tax today.
const PURE_HOOKS: [&str; 10] =
    ["price", "discount", "tax", "tax-relief", "loyalty", "validate", "receipt", "ui", "tender", "scan"];

/// A component and what it says of itself.
pub(crate) struct Component {
    pub(crate) bytes: Vec<u8>,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// Wraps a core module; fails by name on an import or export that a pure plugin may not have.
pub(crate) fn componentise(module: &[u8]) -> Result<Component> {
    let Outline { imports, exports, plain } = Outline::of(module)?;
    for (interface, functions) in &imports {
        check_import(interface, functions)?;
    }
    ensure!(!exports.is_empty(), "exports no hook. Does its lib.rs end with pos_plugin_sdk::export!(MyPlugin: …)?");
    ensure!(exports.contains(LIFECYCLE), "does not export {LIFECYCLE}, which every plugin must");
    for interface in exports.iter().filter(|interface| *interface != LIFECYCLE) {
        let known = PURE_HOOKS.iter().any(|hook| *interface == format!("pos:plugin/{hook}@0.1.0"));
        ensure!(
            known,
            "exports {interface}, which is not a pure hook of this contract; effectful hooks belong in a component of their own"
        );
    }

    let mut module = plain;
    let (resolve, world) = world_of(imports.keys(), &exports)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    let bytes = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .context("cannot be made a component of this contract; was it built with another version of the SDK?")?;
    let (imports, exports) = interfaces_of(&bytes)?;
    // Once more on the finished component, since it is what will be loaded.
    for interface in imports.iter().filter(|interface| !interface.starts_with(TYPES_INTERFACE)) {
        check_import(interface, &BTreeSet::new())?;
    }
    Ok(Component { bytes, imports, exports })
}

fn check_import(interface: &str, functions: &BTreeSet<String>) -> Result<()> {
    if interface == EXPLAIN {
        return Ok(());
    }
    let which = match functions.first() {
        Some(function) => format!("{interface} ({function}{})", if functions.len() > 1 { ", …" } else { "" }),
        None => interface.to_owned(),
    };
    if EFFECTS.iter().any(|effect| interface.starts_with(effect)) {
        bail!(
            "imports {which}. A pure plugin may not; effects belong in a component of their own, and a mix is refused"
        );
    }
    bail!(
        "imports {which}. A pure plugin may import only {EXPLAIN}: no clock, no randomness, no files, no network. \
         A dependency brings this in; `cargo tree` shows which, and often it can do without (default-features = false)"
    );
}

/// What a core module says of itself, and the module without what others wrote into it.
struct Outline {
    /// Functions by the interface they are imported from.
    imports: BTreeMap<String, BTreeSet<String>>,
    /// Interfaces whose functions are exported.
    exports: BTreeSet<String>,
    /// The module without custom sections: those of the bindings describe too large a world, and names of the machine
    /// it was built on are nobody's business.
    plain: Vec<u8>,
}

impl Outline {
    fn of(module: &[u8]) -> Result<Outline> {
        let mut outline = Outline {
            imports: BTreeMap::new(),
            exports: BTreeSet::new(),
            plain: module.get(..8).unwrap_or_default().to_vec(),
        };
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.context("is not a WebAssembly module")?;
            match &payload {
                Payload::ImportSection(section) => {
                    for import in section.clone().into_imports() {
                        let import = import?;
                        outline.imports.entry(import.module.to_owned()).or_default().insert(import.name.to_owned());
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section.clone() {
                        // `pos:plugin/tax@0.1.0#assess`; `cabi_post_…` belongs to a function that is listed itself.
                        if let Some((interface, _)) = export?.name.split_once('#')
                            && !interface.starts_with("cabi_post_")
                        {
                            outline.exports.insert(interface.to_owned());
                        }
                    }
                }
                _ => {}
            }
            if let Some((id, range)) = payload.as_section()
                && !matches!(payload, Payload::CustomSection(_))
            {
                let content = module.get(usize::try_from(range.start)?..usize::try_from(range.end)?);
                let content = content.context("is not a WebAssembly module")?;
                outline.plain.push(id);
                push_leb128(&mut outline.plain, content.len());
                outline.plain.extend_from_slice(content);
            }
        }
        Ok(outline)
    }
}

fn push_leb128(bytes: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The world with exactly these imports and exports.
fn world_of<'a>(
    imports: impl Iterator<Item = &'a String>,
    exports: &BTreeSet<String>,
) -> Result<(Resolve, wit_parser::WorldId)> {
    let mut wit = String::from("package pos:built;\nworld component {\n");
    imports.for_each(|interface| wit.push_str(&format!("  import {interface};\n")));
    exports.iter().for_each(|interface| wit.push_str(&format!("  export {interface};\n")));
    wit.push('}');
    let mut resolve = Resolve::default();
    resolve.push_str("plugin.wit", CONTRACT_WIT).context("the contract does not parse")?;
    let package = resolve.push_str("component.wit", &wit)?;
    let world = resolve.select_world(&[package], Some("component"))?;
    Ok((resolve, world))
}

/// Imports and exports of a component, by name.
fn interfaces_of(component: &[u8]) -> Result<(Vec<String>, Vec<String>)> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("is not a component");
    };
    let world = &resolve.worlds[world];
    let names = |keys: &mut dyn Iterator<Item = &WorldKey>| {
        let mut names: Vec<String> = keys.map(|key| resolve.name_world_key(key)).collect();
        names.sort();
        names
    };
    Ok((names(&mut world.imports.keys()), names(&mut world.exports.keys())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wit_component::dummy_module;
    use wit_parser::ManglingAndAbi;

    fn module(imports: &[&str], exports: &[&str]) -> Vec<u8> {
        let name = |interface: &&str| format!("pos:plugin/{interface}@0.1.0");
        let (imports, exports): (Vec<_>, BTreeSet<_>) =
            (imports.iter().map(name).collect(), exports.iter().map(name).collect());
        let (resolve, world) = world_of(imports.iter(), &exports).unwrap();
        dummy_module(&resolve, world, ManglingAndAbi::Legacy(wit_parser::LiftLowerAbi::Sync))
    }

    fn check_refused(imports: &[&str], exports: &[&str], expected: &str) {
        let error = componentise(&module(imports, exports)).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_component_exports_only_the_hooks_it_implements() {
        for hooks in [vec!["tax"], vec!["discount"], vec!["discount", "tax"]] {
            let exports: Vec<_> = hooks.iter().copied().chain(["lifecycle"]).collect();
            let component = componentise(&module(&["explain"], &exports)).unwrap();
            let mut expected: Vec<_> = exports.iter().map(|hook| format!("pos:plugin/{hook}@0.1.0")).collect();
            expected.sort();
            assert_eq!(component.exports, expected);
            assert_eq!(component.imports, ["pos:plugin/explain@0.1.0", "pos:plugin/types@0.1.0"]);
        }
    }

    #[test]
    fn an_import_beyond_the_contract_is_refused_by_name() {
        check_refused(&["kv"], &["lifecycle", "tax"], "imports pos:plugin/kv@0.1.0 (");
        check_refused(
            &["http"],
            &["lifecycle", "tax"],
            "imports pos:plugin/http@0.1.0 (send). A pure plugin may not; effects",
        );
        check_refused(&["explain"], &["tax"], "does not export pos:plugin/lifecycle@0.1.0");
        check_refused(
            &["explain"],
            &["lifecycle", "events"],
            "exports pos:plugin/events@0.1.0, which is not a pure hook",
        );
    }

    #[test]
    fn a_foreign_import_is_refused_by_name() {
        // (module (import "wasi_snapshot_preview1" "clock_time_get" (func)))
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x29\x01\x16".to_vec();
        module.extend_from_slice(b"wasi_snapshot_preview1\x0eclock_time_get\0\0");
        let error = componentise(&module).err().unwrap().to_string();
        assert!(
            error.starts_with("imports wasi_snapshot_preview1 (clock_time_get). A pure plugin may import only"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_plugin_is_refused() {
        let error = componentise(b"\0asm\x01\0\0\0").err().unwrap().to_string();
        assert!(error.starts_with("exports no hook"), "{error}");
        assert!(componentise(b"MZ").is_err());
        assert!(componentise(b"").is_err());
    }
}

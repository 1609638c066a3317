//! What is loaded and what is refused, with which words.

use crate::guest::{Guest, MANIFEST, componentise, source};
use crate::wire::Contract;
use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource, Runtime};
use pos_domain::pricing::proposal::Stage;
use pos_wasm::{ComponentLoader, HostOptions};
use std::sync::Arc;

pub(crate) fn loader() -> ComponentLoader {
    ComponentLoader::new(HostOptions::default()).unwrap()
}

pub(crate) fn load(guest: &Guest) -> Arc<dyn Extension> {
    loader().load(&guest.source()).unwrap()
}

fn refused(source: &ExtensionSource) -> Box<Diagnostic> {
    loader().load(source).err().unwrap()
}

/// Loading it is refused with a problem that says each of these words.
fn check_refused(source: &ExtensionSource, words: &[&str]) {
    let diagnostic = refused(source);
    for word in words {
        assert!(diagnostic.to_string().contains(word), "no \"{word}\" in:\n{diagnostic}");
    }
    assert!(!diagnostic.action.is_empty() && !diagnostic.consequence.is_empty(), "{diagnostic}");
}

#[test]
fn a_plugin_says_who_it_is() {
    let guest = Guest::new();
    let source = guest.source();
    let plugin = loader().load(&source).unwrap();
    let about = plugin.about();
    assert_eq!((&*about.id, &*about.name, &*about.version), ("org.example.test", "Test plugin", "1.2.3"));
    assert_eq!(about.runtime, Runtime::Component);
    assert_eq!(about.discount_stages, [Stage::Line, Stage::Order]);
    assert!(about.assesses_tax);
    assert_eq!(about.priority, 7);
    assert_eq!(about.content_hash.len(), 64);

    let other = ExtensionSource { configuration: "{ }".to_owned(), ..source };
    assert_ne!(loader().load(&other).unwrap().about().content_hash, about.content_hash);
}

#[test]
fn imports_beyond_the_contract_are_refused_by_name() {
    let mut guest = Guest::new();
    guest.imports(
        "import wasi:cli/environment@0.2.6;",
        "package wasi:cli@0.2.6; interface environment { initial-cwd: func() -> u32; }",
        r#"(import "wasi:cli/environment@0.2.6" "initial-cwd" (func $cwd (result i32)))"#,
    );
    guest.before_propose("(drop (call $cwd))");
    check_refused(
        &guest.source(),
        &["wasi:cli/environment@0.2.6", "Test plugin", "plugins/test.wasm", "wasm32-unknown-unknown"],
    );

    let mut guest = Guest::new();
    guest.imports(
        "import pos:plugin/kv@0.1.0;",
        "",
        r#"(import "pos:plugin/kv@0.1.0" "get" (func $get (param i32 i32 i32)))"#,
    );
    guest.before_propose("(call $get (i32.const 0) (i32.const 0) (i32.const 0))");
    check_refused(&guest.source(), &["pos:plugin/kv@0.1.0", "pos:plugin/explain@0.1.0 only"]);

    let mut guest = Guest::new();
    guest.imports("import clock: func() -> u64;", "", r#"(import "$root" "clock" (func $clock (result i64)))"#);
    guest.before_propose("(drop (call $clock))");
    check_refused(&guest.source(), &["asks for clock"]);
}

#[test]
fn a_declared_hook_has_to_be_there_in_its_version() {
    let contract = Contract::new();
    let module = Guest::new().module();
    let taxless = componentise(module.clone(), &contract, "", "", "export discount;");
    check_refused(&source(taxless.clone()), &["does not export pos:plugin/tax@0.1.0", "[hooks.tax]"]);
    let manifest = MANIFEST.replace("[hooks.tax]\npriority = 5\n", "");
    let plugin = loader().load(&ExtensionSource { manifest, ..source(taxless) }).unwrap();
    assert!(!plugin.about().assesses_tax);

    let other = "package pos:plugin@0.9.0; interface tax { assess: func(x: u32) -> u32; }";
    let mut module = wat::parse_str(
        r#"(module (memory (export "memory") 1)
          (func (export "pos:plugin/lifecycle@0.1.0#configure") (param i32 i32) (result i32) unreachable)
          (func (export "pos:plugin/discount@0.1.0#propose") (param i32) (result i32) unreachable)
          (func (export "pos:plugin/tax@0.9.0#assess") (param i32) (result i32) unreachable)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#,
    )
    .unwrap();
    let later =
        componentise(std::mem::take(&mut module), &contract, "export pos:plugin/tax@0.9.0;", other, "export discount;");
    check_refused(&source(later), &["does not export pos:plugin/tax@0.1.0", "it exports pos:plugin/tax@0.9.0 instead"]);
}

#[test]
fn types_that_are_not_the_contracts_are_refused() {
    // The same names, another answer: what an older contract's plugin looks like.
    let mut contract = Contract::new();
    contract.resolve = wit_parser::Resolve::default();
    let wit = "package pos:plugin@0.1.0; interface explain { enum level { debug, info, warn } note: func(level: level, text: string); } \
         interface lifecycle { configure: func(config-json: string) -> result<_, string>; } \
         interface tax { assess: func(x: u32) -> u32; } interface discount { propose: func(x: u32) -> u32; }";
    contract.resolve.push_str("plugin.wit", wit).unwrap();
    let guest = Guest::new();
    let component = componentise(guest.module(), &contract, "", "", "export discount; export tax;");
    check_refused(&source(component), &["interface is not that of the contract"]);
}

#[test]
fn what_is_no_whole_component_is_refused() {
    let guest = Guest::new();
    check_refused(&source(guest.module()), &["core WebAssembly module", "pos plugin build"]);
    check_refused(&source(Vec::new()), &["empty"]);
    check_refused(&source(b"#!/bin/sh".to_vec()), &["not a WebAssembly component"]);
    let component = guest.component();
    for share in [9, 50, 90, 99] {
        let cut = component.len() * share / 100;
        check_refused(&source(component[..cut].to_vec()), &["damaged or cut short"]);
    }
}

/// However a component is damaged, loading it ends with a diagnostic or a plugin, never with a panic.
#[test]
fn damaged_components_never_panic() {
    let component = Guest::new().component();
    let loader = loader();
    let (mut refused, step) = (0, component.len() / 60);
    for index in (8..component.len()).step_by(step) {
        let mut damaged = component.clone();
        damaged[index] ^= 0x55;
        refused += usize::from(loader.load(&source(damaged)).is_err());
    }
    assert!(refused > 10, "{refused} were refused");
}

#[test]
fn one_memory_and_not_too_much_of_it() {
    let mut guest = Guest::new();
    guest.with_items("(memory $second 1)");
    check_refused(&guest.source(), &["2 memories, one is allowed"]);

    let guest = Guest::new();
    let manifest = format!("{MANIFEST}\n[limits]\nmemory_bytes = 65536\n");
    check_refused(&ExtensionSource { manifest, ..guest.source() }, &["131072 bytes of memory, 65536 are allowed"]);
}

#[test]
fn a_wrong_configuration_is_said_in_the_plugins_words() {
    let mut guest = Guest::new();
    guest.refuses_configuration(1, "rate \"standrad\" of class food is not defined");
    check_refused(
        &guest.source(),
        &["rate \"standrad\" of class food is not defined", "(configuration)", "mend the configuration"],
    );
    let mut guest = Guest::new();
    guest.refuses_configuration(3, "no rates for this year");
    check_refused(&guest.source(), &["no rates for this year"]);

    let configuration = "{\n  \"rates\": [1,]\n}".to_owned();
    let diagnostic = refused(&ExtensionSource { configuration, ..Guest::new().source() });
    assert_eq!((diagnostic.line, diagnostic.column), (2, 15), "{diagnostic}");
    assert!(diagnostic.problem.contains("not JSON"), "{diagnostic}");
    let configuration = format!("\"{}\"", "x".repeat(2 << 20));
    check_refused(&ExtensionSource { configuration, ..Guest::new().source() }, &["2097154 bytes, 1048576 are allowed"]);
}

#[test]
fn the_manifest_is_checked_first() {
    let manifest = MANIFEST.replace("[hooks.tax]", "[hooks.tacks]");
    let diagnostic = refused(&ExtensionSource { manifest, ..source(Vec::new()) });
    assert!(diagnostic.problem.contains("unknown field `tacks`"), "{diagnostic}");
    assert_eq!(diagnostic.file, "plugins/test.wasm (plugin.toml)");
    assert_eq!(diagnostic.line, 8);
}

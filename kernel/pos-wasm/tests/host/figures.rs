//! What a call and a load cost. `cargo test --release -p pos-wasm figures -- --nocapture` prints it; a test holds no
//! threshold, since it runs on machines that do other things.

use crate::basket::{snapshot, tax_input};
use crate::guest::Guest;
use crate::wire::{Value, Value::Flag, Value::Int, case, case_of, list, none, ok, record, text};
use pos_api::port::{ExtensionLoader, ExtensionSource};
use pos_domain::pricing::proposal::Stage;
use pos_wasm::{ComponentLoader, HostOptions, Limits};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A tax assessment of so many lines.
fn assessment(lines: u32) -> Value {
    let rate = || record([Int(81), Int(3)]);
    let component = |line: u32| {
        let levy = case_of(0, rate());
        let flags = [Flag(true), Flag(false), Flag(false)];
        let rest = [case(0), none(), none(), list([])];
        record([Int(i64::from(line)), text("CH"), text("A"), levy].into_iter().chain(flags).chain(rest))
    };
    let rounding = record([none(), case(2), case(0), Int(1), case(0)]);
    ok(record([list((1..=lines).map(component)), list([rounding]), list([]), list([])]))
}

fn measure(what: &str, times: usize, mut work: impl FnMut()) {
    let mut took: Vec<Duration> = (0..times)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    println!("{what:44} p50 {:>9.1?}  p99 {:>9.1?}", took[times / 2], took[times * 99 / 100]);
}

#[test]
fn figures() {
    let folder = tempfile::tempdir().unwrap();
    let loader = || {
        let cache_dir = Some(folder.path().to_owned());
        ComponentLoader::new(HostOptions { cache_dir, limits: Limits::default() }).unwrap()
    };
    let times = if cfg!(debug_assertions) { 20 } else { 3000 };
    for lines in [0, 10, 100] {
        let mut guest = Guest::new();
        guest.answers_assessment(&assessment(lines));
        let plugin = loader().load(&guest.source()).unwrap();
        let input = tax_input(lines);
        assert_eq!(plugin.assess(&input).unwrap().components.len(), lines as usize);
        measure(&format!("tax.assess, {lines} lines, fresh instance"), times, || drop(plugin.assess(&input)));
        let basket = Arc::new(snapshot(lines));
        measure(&format!("discount.propose, {lines} lines, no candidates"), times, || {
            drop(plugin.propose(Stage::Line, &basket));
        });
    }
    let source = Guest::new().source();
    let fresh = loader();
    let mut configurations = (0..).map(|number| format!("[{number}]"));
    measure("load: configure and compile", 5, || {
        let configuration = configurations.next().unwrap();
        drop(fresh.load(&ExtensionSource { configuration, ..source.clone() }));
    });
    measure("load: from the compiled-code cache", 20, || {
        drop(fresh.load(&ExtensionSource { configuration: "[0]".to_owned(), ..source.clone() }));
    });
    measure("engine, linker and pool", 5, || drop(loader()));
}

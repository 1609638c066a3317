//! Guests that loop, grow, break down and lie.

use crate::basket::{snapshot, tax_input};
use crate::guest::{Guest, MANIFEST, hook_error};
use crate::loading::{load, loader};
use crate::wire::err;
use pos_api::port::{Extension, ExtensionFailure, ExtensionLoader, ExtensionSource, FailureKind};
use pos_domain::pricing::proposal::{Proposal, Stage};
use pos_wasm::{ComponentLoader, HostOptions, Limits};
use std::sync::Arc;
use std::time::Instant;

const LOOP: &str = "(loop $again (br $again))";

fn propose(plugin: &dyn Extension) -> Result<Proposal, ExtensionFailure> {
    plugin.propose(Stage::Line, &Arc::new(snapshot(10)))
}

fn check_fails(plugin: &dyn Extension, kind: FailureKind, words: &[&str]) {
    let failure = propose(plugin).unwrap_err();
    assert_eq!(failure.kind, kind, "{failure}");
    for word in words {
        assert!(failure.message.contains(word), "no \"{word}\" in: {failure}");
    }
}

#[test]
fn a_loop_is_stopped_by_its_fuel() {
    let mut guest = Guest::new();
    guest.before_propose(LOOP);
    let plugin = load(&guest);
    check_fails(&*plugin, FailureKind::OutOfFuel, &["Test plugin used up its fuel (20000000)"]);
    // The other hook and the next call are none the worse for it.
    assert!(plugin.assess(&tax_input(3)).is_ok());
    check_fails(&*plugin, FailureKind::OutOfFuel, &["it loops"]);
}

#[test]
fn a_manifest_may_lower_the_fuel() {
    let mut guest = Guest::new();
    guest.before_propose(LOOP);
    let manifest = format!("{MANIFEST}\n[limits]\nfuel = 5000\n");
    let plugin = loader().load(&ExtensionSource { manifest, ..guest.source() }).unwrap();
    check_fails(&*plugin, FailureKind::OutOfFuel, &["(5000)"]);
}

#[test]
fn a_loop_with_fuel_without_end_is_stopped_by_the_clock() {
    let limits = Limits { fuel: u64::MAX, deadline_ms: 100, ..Limits::default() };
    let loader = ComponentLoader::new(HostOptions { cache_dir: None, limits }).unwrap();
    let mut guest = Guest::new();
    guest.before_propose(LOOP);
    let plugin = loader.load(&guest.source()).unwrap();
    let begun = Instant::now();
    check_fails(&*plugin, FailureKind::Deadline, &["longer than 100 ms"]);
    assert!(begun.elapsed().as_millis() >= 100, "stopped after {:?}", begun.elapsed());
    assert!(begun.elapsed().as_secs() < 20, "stopped after {:?}", begun.elapsed());
}

#[test]
fn a_breakdown_costs_its_own_call() {
    let mut guest = Guest::new();
    guest.before_propose("(call $note (i32.const 2) (i32.const 8) (i32.const 7)) unreachable");
    guest.with_items(r#"(data (i32.const 8) "no rate")"#);
    let plugin = load(&guest);
    check_fails(&*plugin, FailureKind::Trap, &["Test plugin broke down", "unreachable", "it said: no rate"]);

    let mut guest = Guest::new();
    guest.with_items("(func $deeper (param i32) (call $deeper (local.get 0)) (call $deeper (local.get 0)))");
    guest.before_propose("(call $deeper (i32.const 1))");
    check_fails(&*load(&guest), FailureKind::Trap, &["stack"]);
}

#[test]
fn memory_is_limited_without_a_word_from_the_guest() {
    let mut guest = Guest::new();
    guest.before_propose("(loop $again (drop (memory.grow (i32.const 16))) (br $again))");
    check_fails(&*load(&guest), FailureKind::OutOfMemory, &["16.1 MiB of memory, 16.0 MiB are allowed"]);
}

#[test]
fn configure_and_start_functions_are_limited_too() {
    let check = |guest: &mut Guest, words: &[&str]| {
        // A machine that is busy enough meets the deadline first, now and then.
        let load = |_| loader().load(&guest.source()).err().unwrap();
        let diagnostic = (0..20).map(load).find(|found| !found.problem.contains("longer than")).unwrap();
        for word in words {
            assert!(diagnostic.problem.contains(word), "no \"{word}\" in:\n{diagnostic}");
        }
    };
    check(Guest::new().before_configure(LOOP), &["The configuring of \"Test plugin\" used up its fuel"]);
    check(Guest::new().before_configure("unreachable"), &["The configuring of \"Test plugin\" broke down"]);
    check(
        Guest::new().before_configure("(loop $again (drop (memory.grow (i32.const 16))) (br $again))"),
        &["memory, 16.0 MiB are allowed"],
    );
    check(Guest::new().with_items("(func $go unreachable) (start $go)"), &["The start of \"Test plugin\" broke down"]);
    check(
        Guest::new().with_items(&format!("(func $go {LOOP}) (start $go)")),
        &["The start of \"Test plugin\" used up its fuel"],
    );
}

#[test]
fn modules_of_unusual_shape_are_refused() {
    let check = |guest: &mut Guest, word: &str| {
        let diagnostic = loader().load(&guest.source()).err().unwrap();
        assert!(diagnostic.problem.contains(word), "{diagnostic}");
    };
    check(
        Guest::new().with_items("(global $v (mut v128) (v128.const i64x2 0 0))"),
        "it keeps a vector or a reference in a variable",
    );
    check(
        Guest::new().with_items("(table $t 4 funcref)").before_propose("(table.set $t (i32.const 0) (ref.null func))"),
        "table.set",
    );
}

#[test]
fn an_answer_that_cannot_be_read_is_no_answer() {
    // An address outside the memory; and one to more text than the host would copy.
    let mut guest = Guest::new();
    guest.before_propose("(return (i32.const 0x7ffffff0))");
    check_fails(&*load(&guest), FailureKind::InvalidOutput, &["cannot be read"]);

    let mut guest = Guest::new();
    guest.answers_proposal(&err(hook_error(3, "PLACEHOLDER")));
    let huge = guest.store_number("(i64.const 0x0050000000000000)", guest.text_pair("PLACEHOLDER"));
    guest.before_propose(&huge).before_propose("(drop (memory.grow (i32.const 200)))");
    check_fails(&*load(&guest), FailureKind::InvalidOutput, &["too much data"]);

    let mut guest = Guest::new();
    guest.answers_proposal(&err(hook_error(3, "PLACEHOLDER")));
    let not_utf8 = guest.store_number("(i64.const 0x0000000100000008)", guest.text_pair("PLACEHOLDER"));
    guest.before_propose(&not_utf8).with_items(r#"(data (i32.const 8) "\ff")"#);
    check_fails(&*load(&guest), FailureKind::InvalidOutput, &["utf-8"]);
}

#[test]
fn a_plugins_own_no_is_passed_on() {
    for (case, said) in [(0, "line 3 has no tax class"), (1, "no rates"), (2, "later"), (3, "not on Sundays")] {
        let mut guest = Guest::new();
        guest.answers_proposal(&err(hook_error(case, said))).answers_assessment(&err(hook_error(case, said)));
        let plugin = load(&guest);
        check_fails(&*plugin, FailureKind::Refused, &["Test plugin: ", said]);
        assert_eq!(plugin.assess(&tax_input(1)).unwrap_err().kind, FailureKind::Refused);
    }
}

#[test]
fn notes_without_end_are_cut_and_cost_nothing() {
    let mut guest = Guest::new();
    guest.before_propose(
        "(local $count i32) (loop $again (call $note (i32.const 1) (i32.const 0) (i32.const 4096)) \
         (br_if $again (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 100000))))",
    );
    assert_eq!(propose(&*load(&guest)), Ok(Proposal::default()));
}

#[test]
fn many_threads_at_once_do_not_disturb_each_other() {
    let plugin = load(&Guest::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(propose(&*plugin), Ok(Proposal::default()));
                }
            });
        }
    });
}

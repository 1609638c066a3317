//! What plugins see: the basket, exactly; what the manifest wants, and no more; nothing of an earlier call.

use crate::basket::{snapshot, tax_input};
use crate::guest::{Guest, MANIFEST, hook_error, message};
use crate::loading::{load, loader};
use crate::wire::{Value, Value::Int, case, case_of, err, list, none, ok, record, text};
use pos_api::port::{ExtensionLoader, ExtensionSource, FailureKind};
use pos_domain::pricing::proposal::{Effect, Proposal, Shape, Snapshot, Stage};
use pos_money::Decimal;
use std::sync::Arc;

const PLACEHOLDER: &str = "PLACEHOLDER";
const NUMBER: i64 = 0x0102_0304_0506_0708;

/// A guest that says the text at `path` of its input as its refusal.
fn says_text(path: &[&str]) -> Guest {
    let mut guest = Guest::new();
    guest.answers_proposal(&err(hook_error(3, PLACEHOLDER)));
    let copy = guest.copy_text("discount", "propose", path, PLACEHOLDER);
    guest.before_propose(&copy);
    guest
}

fn check_text(path: &[&str], expected: &str) {
    let failure = load(&says_text(path)).propose(Stage::Line, &Arc::new(snapshot(3))).unwrap_err();
    assert_eq!(failure.message, format!("Test plugin: {expected}"), "{path:?}");
}

/// A proposal that takes an amount off the whole order.
fn amount_off(amount: i64) -> Value {
    let fields = [
        text("amount"),
        case_of(2, case_of(0, Int(amount))),
        case(0),
        none(),
        Int(0),
        case(0),
        case(0),
        none(),
        none(),
        none(),
        list([]),
        message("Amount"),
        list([]),
    ];
    record([list([record(fields)]), list([]), list([]), list([]), list([])])
}

fn amount_of(proposal: &Proposal) -> i64 {
    match &proposal.candidates[0].shape {
        Shape::WholeOrder(Effect::AmountOff(amount)) => amount.minor(),
        other => panic!("{other:?}"),
    }
}

fn check_number(path: &[&str], load_instruction: &str, expected: i64) {
    let mut guest = Guest::new();
    guest.answers_proposal(&ok(amount_off(NUMBER)));
    let copy = guest.copy_number("discount", "propose", path, load_instruction, NUMBER);
    guest.before_propose(&copy);
    let proposal = load(&guest).propose(Stage::Order, &Arc::new(snapshot(3))).unwrap();
    assert_eq!(amount_of(&proposal), expected, "{path:?}");
}

#[test]
fn every_text_of_the_basket_arrives() {
    for (path, expected) in [
        (&["basket", "currency", "code"][..], "CHF"),
        (&["basket", "store"], "main-street"),
        (&["basket", "now", "date"], "2026-03-02"),
        (&["basket", "now", "tz"], "Europe/Zurich"),
        (&["basket", "business-date"], "2026-03-02"),
        (&["basket", "customer", "some", "id"], "c-1"),
        (&["basket", "customer", "some", "groups", "1"], "trade"),
        (&["basket", "customer", "some", "tier", "some"], "gold"),
        (&["basket", "customer", "some", "attrs", "0", "key"], "visits"),
        (&["basket", "codes", "0"], "SPRING"),
        (&["basket", "lines", "1", "item"], "SKU-2"),
        (&["basket", "lines", "2", "departments", "1"], "Fresh"),
        (&["basket", "lines", "2", "tags", "0"], "organic"),
        (&["basket", "lines", "0", "tax-class"], "reduced"),
        (&["basket", "lines", "2", "attrs", "0", "key"], "shelf"),
        (&["basket", "attrs", "0", "key"], "channel"),
    ] {
        check_text(path, expected);
    }
}

#[test]
fn every_number_of_the_basket_arrives() {
    let (wide, int, short, byte) = ("i64.load", "i64.load32_u", "i64.load16_u", "i64.load8_u");
    for (path, load_instruction, expected) in [
        (&["stage"][..], byte, 2),
        (&["basket", "currency", "exponent"], byte, 2),
        (&["basket", "prices-include-tax"], byte, 1),
        (&["basket", "register"], byte, 0),
        (&["basket", "now", "minute-of-day"], short, 600),
        (&["basket", "now", "weekday"], byte, 1),
        (&["basket", "customer"], byte, 1),
        (&["basket", "customer", "some", "age", "some"], byte, 41),
        (&["basket", "customer", "some", "birthday-in-days"], byte, 0),
        (&["basket", "customer", "some", "points"], wide, 120),
        (&["basket", "lines", "2", "id"], int, 3),
        (&["basket", "lines", "0", "kind"], byte, 0),
        (&["basket", "lines", "0", "name"], byte, 0),
        (&["basket", "lines", "0", "qty", "value", "coefficient"], wide, 482),
        (&["basket", "lines", "0", "qty", "value", "scale"], byte, 3),
        (&["basket", "lines", "0", "qty", "uom"], byte, 1),
        (&["basket", "lines", "0", "price", "value", "coefficient"], wide, 299),
        (&["basket", "lines", "0", "price", "per", "uom"], byte, 1),
        (&["basket", "lines", "1", "gross"], wide, 1180),
        (&["basket", "lines", "1", "net"], wide, 1180),
        (&["basket", "lines", "1", "price-locked"], byte, 0),
        (&["basket", "lines", "1", "attrs", "0", "value"], byte, 0),
    ] {
        check_number(path, load_instruction, expected);
    }
}

#[test]
fn optional_fields_are_filled_only_if_the_manifest_wants_them() {
    for (field, path, expected) in [
        ("names", &["basket", "lines", "1", "name", "some"][..], "Pale ale"),
        ("register", &["basket", "register", "some"], "r1"),
        ("cashier", &["basket", "cashier", "some"], "Maya"),
        ("basket_id", &["basket", "id", "some"], "basket-7"),
    ] {
        let guest = says_text(path);
        let said = |manifest: String| {
            let plugin = loader().load(&ExtensionSource { manifest, ..guest.source() }).unwrap();
            plugin.propose(Stage::Line, &Arc::new(snapshot(3))).unwrap_err().message
        };
        assert_eq!(said(format!("{MANIFEST}\n[wants]\n{field} = true\n")), format!("Test plugin: {expected}"));
        assert_ne!(said(MANIFEST.to_owned()), format!("Test plugin: {expected}"), "{field} is not wanted");
    }
}

#[test]
fn the_tax_assessor_sees_the_taxable_lines() {
    let mut guest = Guest::new();
    guest.answers_assessment(&err(hook_error(3, PLACEHOLDER)));
    let copy = guest.copy_text("tax", "assess", &["input", "taxables", "1", "tax-class"], PLACEHOLDER);
    guest.before_assess(&copy);
    let mut input = tax_input(2);
    input.taxables[1].tax_class = "beer".into();
    assert_eq!(load(&guest).assess(&input).unwrap_err().message, "Test plugin: beer");
}

/// A guest that counts its calls in memory and in a variable, and answers with both counts added.
fn counts() -> Guest {
    let mut guest = Guest::new();
    guest.with_items("(global $calls (mut i32) (i32.const 0))");
    guest.answers_proposal(&ok(amount_off(NUMBER)));
    let count = "(global.set $calls (i32.add (global.get $calls) (i32.const 1))) \
         (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 100)))";
    let store =
        guest.store_number("(i64.extend_i32_u (i32.add (global.get $calls) (i32.load (i32.const 16))))", NUMBER);
    guest.before_propose(&format!("{count} {store}"));
    guest
}

#[test]
fn no_call_sees_what_an_earlier_one_left() {
    let plugin = load(&counts());
    for _ in 0..50 {
        assert_eq!(amount_of(&plugin.propose(Stage::Line, &Arc::new(snapshot(1))).unwrap()), 101);
    }
}

#[test]
fn every_call_begins_with_what_configure_left() {
    // `configure` counts 40,000 in memory and 7 in a variable, and grows the memory; the length of the configuration is
    // added.
    let mut guest = counts();
    guest.before_configure(
        "(global.set $calls (i32.const 7)) (drop (memory.grow (i32.const 3))) \
         (i32.store (i32.const 16) (i32.add (local.get 1) (i32.add (i32.load (i32.const 16)) (i32.const 40000))))",
    );
    let configuration = r#"{"a": 1}"#.to_owned();
    let plugin = loader().load(&ExtensionSource { configuration, ..guest.source() }).unwrap();
    for _ in 0..3 {
        assert_eq!(amount_of(&plugin.propose(Stage::Line, &Arc::new(snapshot(1))).unwrap()), 40_000 + 8 + 100 + 7 + 1);
    }
}

#[test]
fn a_basket_the_contract_cannot_carry_is_not_handed_over() {
    let plugin = load(&Guest::new());
    let check = |change: fn(&mut Snapshot), word: &str| {
        let mut basket = snapshot(3);
        change(&mut basket);
        let failure = plugin.propose(Stage::Line, &Arc::new(basket)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidOutput, "{failure}");
        assert!(failure.message.contains(word), "{failure}");
    };
    check(
        |basket| basket.lines[1].quantity.value = Decimal::new(1, 12),
        "line 2: quantity 0.000000000001 is too precise",
    );
    check(
        |basket| basket.lines[2].price.value = Decimal::MAX,
        "line 3: price 79228162514264337593543950335 is too precise",
    );
    check(|basket| basket.codes = vec!["x".repeat(2 << 20).into()], "a plugin takes 1048576 at most");
}

#[test]
fn a_large_basket_is_carried_whole() {
    let mut guest = Guest::new();
    guest.answers_proposal(&ok(amount_off(NUMBER)));
    let copy = guest.copy_number("discount", "propose", &["basket", "lines", "1999", "id"], "i64.load32_u", NUMBER);
    guest.before_propose(&copy);
    let proposal = load(&guest).propose(Stage::Line, &Arc::new(snapshot(2000))).unwrap();
    assert_eq!(amount_of(&proposal), 2000);
}

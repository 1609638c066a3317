//! Quantities, voids, undo, weights, reasons and refusals.

use crate::till::Till;
use egui::{Key, Modifiers};

const COFFEE: &str = "4000417025005";

#[test]
fn three_by_chip_and_three_by_keys_cost_the_same() {
    let mut by_chip = Till::open();
    by_chip.scan("2004");
    by_chip.presses = 0;
    by_chip.tap("Quantity 3");
    assert_eq!(by_chip.presses, 1, "tap budget");

    let mut by_keys = Till::open();
    by_keys.type_by_hand("3*");
    assert_eq!(by_keys.presses, 2, "tap budget");
    by_keys.scan("2004");
    assert_eq!(by_keys.lines(), by_chip.lines());
    assert_eq!(by_keys.lines(), ["Line 1, Lemon, 3 × 0.45, 1.35"]);
    assert_eq!(by_keys.entry(), "");
}

#[test]
fn the_keypad_types_a_quantity_before_a_quick_key() {
    let mut till = Till::open();
    till.tap("Key 4");
    till.tap("Times");
    assert_eq!(till.entry(), "4×");
    till.tap("Pale ale 0.5 l");
    assert_eq!(till.lines(), ["Line 1, Pale ale 0.5 l, 4 × 5.90, 23.60, Happy hour −20 % −4.72"]);
    till.tap("Key 00");
    till.tap("Backspace");
    assert_eq!(till.entry(), "0");
}

#[test]
fn a_quantity_after_the_article_is_for_the_selected_line() {
    let mut till = Till::open();
    till.scan("2004");
    till.type_by_hand("5*");
    till.press(Key::Enter);
    assert_eq!(till.lines(), ["Line 1, Lemon, 5 × 0.45, 2.25"]);
    till.type_by_hand("+");
    till.tap("One less");
    till.type_by_hand("-");
    assert_eq!(till.lines(), ["Line 1, Lemon, 4 × 0.45, 1.80"]);
}

#[test]
fn void_asks_nothing_and_undo_brings_back() {
    let mut till = Till::open();
    till.scan("2004");
    till.scan(COFFEE);
    till.presses = 0;
    till.tap("Void line");
    assert!(till.lines()[1].ends_with("voided"));
    assert!(till.sees("Total 0.45"));
    till.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(till.presses, 2, "tap budget");
    assert!(!till.lines()[1].contains("voided"));
    till.tap("Undo");
    assert!(till.lines()[1].ends_with("voided"), "the scan itself is undone: {:?}", till.lines());
    till.press(Key::Delete);
    assert!(till.lines()[0].ends_with("voided"));
}

#[test]
fn arrows_select_and_keys_mean_the_selected_line() {
    let mut till = Till::open();
    for code in ["2004", "3001", "3002"] {
        till.scan(code);
    }
    till.press(Key::ArrowUp);
    till.press(Key::ArrowUp);
    till.type_by_hand("+");
    assert_eq!(till.lines()[0], "Line 1, Lemon, 2 × 0.45, 0.90");
}

#[test]
fn a_weighed_article_asks_for_its_weight() {
    let mut till = Till::open();
    till.tap("Tomatoes, vine");
    assert!(till.sees("Weight of Tomatoes, vine, like 0.482"));
    till.type_by_hand("0.482");
    till.press(Key::Enter);
    assert_eq!(till.lines(), ["Line 1, Tomatoes, vine, 0.482 kg × 2.99, 1.44"]);
    // Or the weight first, then the key.
    till.type_by_hand("1,5");
    till.tap("Banana");
    assert_eq!(till.lines()[1], "Line 2, Banana, 1.5 kg × 1.79, 2.68");
    // Or its number; a scan meanwhile is a scan.
    till.scan("2001");
    assert!(till.sees_part("Weight of 2001"));
    till.scan("2004");
    assert!(!till.sees_part("Weight of"));
    assert_eq!(till.lines().len(), 3);
}

#[test]
fn why_this_price_lists_every_reason() {
    let mut till = Till::open();
    till.type_by_hand("4*");
    till.scan("4003");
    till.tap("Why this price");
    for part in [
        "Why this price — Pale ale 0.5 l",
        "Regular price, price list “Summer” v12 23.60",
        "Happy hour −20 % −4.72 script happy_hour.rhai, line 5",
        "Staff discount −25 % — not used: customer is not in group “staff”",
        "Tax 21 % included on 18.88 3.28",
        "To pay for this line 18.88",
    ] {
        assert!(till.sees_part(part), "{part}");
    }
    till.press(Key::Escape);
    assert!(!till.sees_part("To pay for this line"));
    // The next article closes it, too.
    till.tap("Why this price");
    till.scan("2004");
    assert!(!till.sees_part("To pay for this line"));
}

#[test]
fn refusals_say_what_to_do_and_stay_until_tapped() {
    let mut till = Till::open();
    till.scan("2004");
    till.scan("9999999999994");
    let toast = "9999999999994 is not on file. Search by name, or call a supervisor to create the item.";
    assert!(till.sees(toast));
    assert_eq!(till.lines().len(), 1);
    for _ in 0..3 {
        till.scan("2004");
    }
    assert_eq!(till.lines().len(), 4);
    till.wait_ms(6000);
    assert!(till.sees(toast), "errors stay");
    till.tap(toast);
    assert!(!till.sees(toast));
}

#[test]
fn absurd_entries_are_refused_not_obeyed() {
    let mut till = Till::open();
    till.type_by_hand("4006381333931*2004");
    till.press(Key::Enter);
    assert!(till.sees_part("is too large"));
    till.type_by_hand("0*2004");
    till.press(Key::Enter);
    assert!(till.sees_part("above zero"));
    assert!(!till.has_lines());
}

#[test]
fn cancelling_asks_once() {
    let mut till = Till::open();
    till.scan("2004");
    till.tap("Cancel sale");
    till.tap("Keep the sale");
    assert_eq!(till.lines().len(), 1);
    till.tap("Cancel sale");
    till.scan("2004");
    assert!(!till.sees("Yes, cancel the sale"), "going on is an answer");
    till.tap("Cancel sale");
    till.tap("Yes, cancel the sale");
    assert!(!till.has_lines());
    assert!(till.sees("Scan an article to begin"));
}

#[test]
fn a_line_chosen_with_the_arrows_comes_into_view() {
    let mut till = Till::open();
    till.shop.ring_up("2004", 40);
    till.scan("3001");
    assert!(!till.lines()[0].starts_with("Line 1,"));
    for _ in 0..40 {
        till.press(Key::ArrowUp);
    }
    assert!(till.lines()[0].starts_with("Line 1,"), "{:?}", till.lines());
    till.press(Key::Delete);
    assert!(till.lines()[0].ends_with("voided"));
}

#[test]
fn the_list_follows_its_end_until_the_cashier_looks_back() {
    let mut till = Till::open();
    for _ in 0..30 {
        till.scan("2004");
    }
    assert!(till.lines().last().is_some_and(|line| line.starts_with("Line 30")), "{:?}", till.lines());
    till.harness.hover_at(egui::pos2(400.0, 400.0));
    for _ in 0..8 {
        till.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, 200.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        });
    }
    till.wait_ms(400);
    till.scan("3001");
    till.scan("3001");
    assert!(!till.lines().last().is_some_and(|line| line.starts_with("Line 32")));
    till.tap("Go to the last line");
    assert!(till.lines().last().is_some_and(|line| line.starts_with("Line 32")), "{:?}", till.lines());
}

//! Scans land in the basket, whatever has the focus; hands type where they mean to.

use crate::till::Till;
use egui::{Key, Role};
use egui_kittest::kittest::Queryable;
use pos_api::Command;

const HIGHLIGHTER: &str = "4006381333931";
const COFFEE: &str = "4000417025005";

#[test]
fn a_scan_lands_in_the_basket() {
    let mut till = Till::open();
    till.scan(HIGHLIGHTER);
    assert_eq!(till.lines(), ["Line 1, Highlighter, yellow, 1 × 1.49, 1.49"]);
    assert!(till.sees("Total 1.49"));
    assert_eq!(till.entry(), "");
}

#[test]
fn a_scan_in_a_focused_text_field_leaves_it_empty() {
    let mut till = Till::open();
    till.harness.get_by_role_and_label(Role::TextInput, "Entry").click();
    till.harness.run();
    assert!(till.harness.get_by_role_and_label(Role::TextInput, "Entry").is_focused());
    till.scan(HIGHLIGHTER);
    assert_eq!(till.lines().len(), 1);
    assert_eq!(till.entry(), "");
    till.type_by_hand("250");
    assert_eq!(till.entry(), "250");
    assert!(till.harness.get_by_role_and_label(Role::TextInput, "Entry").is_focused());
    assert_eq!(till.commands().len(), 1);
}

#[test]
fn a_scan_that_comes_in_one_frame_is_one_scan() {
    let mut till = Till::open();
    for character in HIGHLIGHTER.chars() {
        till.harness.input_mut().events.push(egui::Event::Text(character.to_string()));
    }
    till.scan("");
    assert_eq!(till.lines().len(), 1);
}

#[test]
fn hands_type_into_the_entry_without_any_focus() {
    let mut till = Till::open();
    till.type_by_hand("2004");
    assert_eq!(till.entry(), "2004");
    till.press(Key::Enter);
    assert_eq!(till.lines(), ["Line 1, Lemon, 1 × 0.45, 0.45"]);
    assert_eq!(till.entry(), "");
}

#[test]
fn the_enter_of_a_scan_presses_no_focused_button() {
    let mut till = Till::open();
    till.scan(COFFEE);
    till.button("Void line").focus();
    till.harness.run();
    assert!(till.button("Void line").is_focused());
    till.scan(HIGHLIGHTER);
    assert_eq!(till.lines().len(), 2);
    assert!(till.commands().iter().all(|command| matches!(command, Command::SellItem { .. })));
    // A hand at the same button does press it.
    till.button("Void line").focus();
    till.harness.run();
    till.press(Key::Enter);
    assert!(till.lines()[1].ends_with("voided"), "{:?}", till.lines());
}

#[test]
fn whoever_types_has_left_the_button() {
    let mut till = Till::open();
    till.scan(COFFEE);
    till.button("Void line").focus();
    till.harness.run();
    till.type_by_hand("2004");
    till.press(Key::Enter);
    assert_eq!(till.lines().len(), 2);
    assert!(!till.lines().iter().any(|line| line.contains("voided")));
}

#[test]
fn an_article_is_on_the_screen_before_the_kernel_has_answered() {
    let mut till = Till::open();
    till.shop.hold_replies(true);
    till.scan(HIGHLIGHTER);
    till.scan("2004");
    assert!(till.sees(HIGHLIGHTER) && till.sees("2004"));
    till.shop.hold_replies(false);
    till.harness.run();
    assert_eq!(till.lines().len(), 2);
    assert!(!till.sees(HIGHLIGHTER));
}

#[test]
fn no_scan_is_lost_while_the_queue_is_full() {
    let mut till = Till::open();
    till.shop.be_busy(true);
    for _ in 0..20 {
        till.scan("2004");
    }
    assert!(!till.has_lines());
    till.shop.be_busy(false);
    till.wait_ms(40);
    till.harness.run();
    assert!(till.sees("Basket, 20 lines"));
    let ids = till.shop.command_ids();
    let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
}

#[test]
fn words_search_and_enter_sells_what_is_chosen() {
    let mut till = Till::open();
    till.type_by_hand("ap");
    assert!(till.sees("Apple, Gala, 2.49 / kg"));
    assert!(till.sees("Apple juice 1 l, 1.99"));
    till.press(Key::ArrowDown);
    till.press(Key::Enter);
    assert_eq!(till.lines(), ["Line 1, Apple juice 1 l, 1 × 1.99, 1.99"]);
    assert!(till.sees("Banana"), "the quick keys are back");
}

#[test]
fn a_price_check_sells_nothing() {
    let mut till = Till::open();
    till.press(Key::F5);
    till.scan(COFFEE);
    assert!(till.sees("6.49"));
    assert!(!till.has_lines());
    till.scan(COFFEE);
    assert_eq!(till.lines().len(), 1);
    assert!(!till.sees("Not sold. Scan it again to sell it."));
}

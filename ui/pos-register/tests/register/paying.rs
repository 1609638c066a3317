//! Cash: once, and only what was on the key.

use crate::till::Till;
use egui::{Key, Modifiers};
use pos_api::Command;
use pos_register::{Indicator, Message, Severity};

const COFFEE: &str = "4000417025005";

fn five_items() -> Till {
    let mut till = Till::open();
    for code in [COFFEE, "2004", "3001", "3002", "7001"] {
        till.scan(code);
    }
    till.presses = 0;
    till
}

#[test]
fn exact_cash_is_one_tap_or_one_key() {
    let mut by_tap = five_items();
    by_tap.tap("Exact cash");
    let mut by_key = five_items();
    by_key.press(Key::F12);
    for till in [&by_tap, &by_key] {
        assert_eq!(till.presses, 1, "tap budget");
        assert_eq!(till.shop.sales(), 1);
        assert!(till.sees("Change 0.00") && till.sees("Receipt 1"));
    }
}

#[test]
fn a_double_press_sells_once() {
    let mut till = five_items();
    till.shop.hold_replies(true);
    for _ in 0..3 {
        till.press(Key::F12);
    }
    till.button("Exact cash").click();
    till.harness.run();
    till.shop.hold_replies(false);
    till.harness.run();
    till.press(Key::F12);
    assert_eq!(till.shop.sales(), 1);
    let completes = till.commands().iter().filter(|command| matches!(command, Command::Complete { .. })).count();
    assert_eq!(completes, 1);
    assert!(till.sees("Change 0.00"));
}

#[test]
fn a_note_is_one_tap_one_key_or_its_digits() {
    // 6.49 less 10 %, 0.45, 1.20, 0.65, 19.90: 28.04.
    let mut till = five_items();
    assert!(till.sees("Total 28.04"));
    till.tap("Cash 50");
    assert_eq!(till.presses, 1, "tap budget");
    assert!(till.sees("Change 21.96"));

    let mut till = five_items();
    till.press_with(Modifiers::ALT, Key::Num1);
    assert!(till.sees("Change 1.96"), "30 is the least round amount");

    let mut till = five_items();
    till.type_by_hand("50");
    till.press(Key::F12);
    assert_eq!(till.presses, 3, "tap budget");
    assert!(till.sees("Change 21.96"));

    let mut till = five_items();
    till.type_by_hand("50.00");
    till.press(Key::Enter);
    assert!(till.sees("Change 21.96"), "an amount with a point is confirmed by Enter");
}

#[test]
fn alt_and_a_digit_type_nothing() {
    let mut till = Till::open();
    let key = egui::Event::Key {
        key: Key::Num2,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::ALT,
    };
    till.harness.input_mut().events.extend([key, egui::Event::Text("2".into())]);
    till.harness.run();
    till.wait_ms(60);
    assert_eq!(till.entry(), "");
    till.type_by_hand("2");
    assert_eq!(till.entry(), "2");
}

#[test]
fn the_next_article_dismisses_the_change() {
    let mut till = five_items();
    till.tap("Exact cash");
    assert!(till.sees("Change 0.00"));
    till.tap("Reprint");
    assert!(till.commands().contains(&Command::GetReceipt { number: 1 }));
    assert!(till.sees("Receipt 1 is printing again: copy 1."));
    till.scan("2004");
    assert!(!till.sees("Change 0.00"));
    assert_eq!(till.lines(), ["Line 1, Lemon, 1 × 0.45, 0.45"]);
}

#[test]
fn scans_during_completing_begin_the_next_sale() {
    let mut till = five_items();
    till.shop.hold_replies(true);
    till.press(Key::F12);
    till.scan("2004");
    till.scan("3001");
    till.shop.hold_replies(false);
    till.harness.run();
    assert_eq!(till.shop.sales(), 1);
    assert_eq!(till.lines().len(), 2);
}

#[test]
fn an_article_on_its_way_stops_the_payment() {
    let mut till = five_items();
    till.shop.hold_replies(true);
    till.scan("2004");
    till.press(Key::F12);
    till.shop.hold_replies(false);
    till.harness.run();
    assert_eq!(till.shop.sales(), 0);
    assert!(till.sees_part("The total changed to 28.49 while you pressed."));
    till.press(Key::F12);
    assert_eq!(till.shop.sales(), 1);
}

#[test]
fn part_in_cash_leaves_the_rest_due_and_can_be_given_back() {
    let mut till = five_items();
    till.type_by_hand("10");
    assert!(till.sees("Part in cash"));
    till.press(Key::F12);
    assert!(till.sees("Still due 18.04"));
    till.tap("Give the money back");
    assert!(till.sees("Total 28.04"));
    till.type_by_hand("10");
    till.press(Key::F12);
    till.tap("Exact cash");
    assert_eq!(till.shop.sales(), 1);
    assert!(till.sees("Change 0.00"));
}

#[test]
fn a_sale_that_could_not_be_stored_is_kept_and_completed_later() {
    let mut till = five_items();
    till.shop.fail_completing(true);
    till.tap("Exact cash");
    assert!(till.sees_part("The sale could not be stored: disk full"));
    assert_eq!(till.lines().len(), 5);
    till.shop.fail_completing(false);
    till.tap("Complete sale");
    assert_eq!(till.shop.sales(), 1);
    let tenders = till.commands().iter().filter(|command| matches!(command, Command::TenderCash { .. })).count();
    assert_eq!(tenders, 1, "the money was taken once");
}

#[test]
fn a_failed_rule_is_accepted_before_money_is_taken() {
    let mut till = Till::open();
    till.shop.fail_rules(&["Happy hour"]);
    till.scan("4003");
    till.tap("Accept and go on");
    assert_eq!(till.shop.sales(), 0);
    till.tap("Exact cash");
    assert_eq!(till.shop.sales(), 1);
}

#[test]
fn nothing_to_sell_is_nothing_to_pay() {
    let mut till = Till::open();
    till.press(Key::F12);
    till.press_with(Modifiers::ALT, Key::Num1);
    assert!(till.commands().is_empty());
}

#[test]
fn the_window_stays_open_while_a_sale_is() {
    let mut till = five_items();
    let close = |till: &mut Till| {
        let root = till.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        root.events.push(egui::ViewportEvent::Close);
        till.harness.step();
        till.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.clear();
        let output = till.harness.output().viewport_output.get(&egui::ViewportId::ROOT).cloned();
        output.is_some_and(|output| output.commands.contains(&egui::ViewportCommand::CancelClose))
    };
    assert!(close(&mut till), "closing is cancelled");
    till.harness.run();
    assert!(till.sees_part("A sale is open, so the register stays open."));
    till.press_with(Modifiers::COMMAND, Key::Q);
    assert_eq!(till.lines().len(), 5);
    till.tap("Exact cash");
    assert!(!close(&mut till), "now it may close");
}

#[test]
fn news_from_behind_the_screen_are_shown_and_go() {
    let mut till = Till::open();
    till.shop.set_indicators(vec![Indicator { label: "Printer offline".into(), health: pos_register::Health::Bad }]);
    till.shop.say(Message { severity: Severity::Info, text: "Happy hour was reloaded.".into(), next: String::new() });
    till.harness.run();
    assert!(till.sees("Printer offline"));
    assert!(till.sees("Happy hour was reloaded."));
    till.wait_ms(4100);
    assert!(!till.sees("Happy hour was reloaded."));
}

//! Everything can be hit, nothing overlaps, nothing is cut off, and the screen comes to rest.

use crate::till::Till;
use egui::{Rect, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use pos_register::Theme;

/// Smallest target of a finger, in points.
const TARGET_MIN: f32 = 48.0;

fn targets(till: &Till) -> Vec<(String, Rect)> {
    [Role::Button, Role::TextInput, Role::ListItem]
        .into_iter()
        .flat_map(|role| till.harness.query_all_by_role(role))
        .map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect()))
        .collect()
}

fn check(till: &Till, width: f32, height: f32, what: &str) {
    let window = Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
    let targets = targets(till);
    assert!(targets.len() > 25, "{what}: {}", targets.len());
    for (index, (label, rect)) in targets.iter().enumerate() {
        assert!(!label.is_empty(), "{what}: a target without a name at {rect:?}");
        assert!(window.expand(0.5).contains_rect(*rect), "{what}: {label} is cut off: {rect:?}");
        assert!(
            rect.width() >= TARGET_MIN && rect.height() >= TARGET_MIN,
            "{what}: {label} is too small: {:?}",
            rect.size()
        );
        for (other, other_rect) in &targets[index + 1..] {
            let shared = rect.shrink(0.5).intersect(other_rect.shrink(0.5));
            assert!(!shared.is_positive(), "{what}: {label} and {other} overlap");
            assert_ne!(label, other, "{what}: two targets of one name");
        }
    }
}

#[test]
fn every_target_fits_a_finger_and_its_place() {
    for (width, height) in [(1920.0, 1080.0), (1366.0, 768.0), (1280.0, 1024.0), (1024.0, 768.0)] {
        for theme in [Theme::Dark, Theme::Light] {
            let what = format!("{width} × {height}, {theme:?}");
            let mut till = Till::with(width, height, theme);
            check(&till, width, height, &format!("{what}, empty"));
            for code in ["4000417025005", "7001", "4003"] {
                till.scan(code);
            }
            check(&till, width, height, &format!("{what}, three lines"));
            till.tap("Cancel sale");
            check(&till, width, height, &format!("{what}, asked about cancelling"));
            till.tap("Keep the sale");
            till.tap("Exact cash");
            check(&till, width, height, &format!("{what}, change"));
        }
    }
}

#[test]
fn keys_that_do_not_fit_are_a_page_further() {
    let mut till = Till::with(1024.0, 768.0, Theme::Dark);
    assert!(till.sees("Apple, Gala") && !till.sees("Greeting card"));
    for _ in 0..3 {
        if !till.sees("Greeting card") {
            till.tap("More keys");
        }
    }
    assert!(till.sees("Greeting card"));
    till.tap("More departments");
    till.tap("Books");
    assert!(till.sees("Stamps 10"));
}

#[test]
fn the_screen_comes_to_rest() {
    let mut till = Till::open();
    till.scan("2004");
    // `run` fails if frames are asked for without end; afterwards the next one is due when the minute ends.
    assert!(till.harness.run() <= 2);
    let root = till.harness.output().viewport_output.get(&egui::ViewportId::ROOT).cloned();
    let delay = root.map(|root| root.repaint_delay).unwrap_or_default();
    assert!(delay >= std::time::Duration::from_secs(30), "{delay:?}");
}

#[test]
fn five_thousand_lines_draw_only_what_is_seen() {
    let mut till = Till::open();
    till.shop.ring_up("2004", 5_000);
    till.scan("3001");
    assert!(till.sees("Basket, 5001 lines"));
    assert!(till.lines().len() < 20, "{}", till.lines().len());
    assert!(till.lines().last().is_some_and(|line| line.starts_with("Line 5001, Baguette")));
}

#[test]
fn help_and_themes() {
    let mut till = Till::open();
    till.press(egui::Key::F1);
    assert!(till.sees_part("F12: Cash: the typed amount"));
    till.tap("Close");
    assert!(!till.sees_part("F12: Cash: the typed amount"));
    till.tap("Light screen");
    assert!(till.sees("Dark screen"));
    till.tap("Shift report");
    assert!(till.sees_part("X REPORT"));
}

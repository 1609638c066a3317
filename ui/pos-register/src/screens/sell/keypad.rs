//! The keypad with 1-2-3 on top (faster and more accurate than a calculator's), and the function keys beside it.

use super::{Scene, Wish};
use crate::kit::{Fill, Icon, TouchKey, split_left, table};
use crate::model::Intent;
use crate::theme::Theme;
use egui::{Rect, Ui};

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>, wishes: &mut Vec<Wish>) {
    let look = scene.look;
    let share = if look.compact { 0.5 } else { 0.44 };
    let (pad, functions) = split_left(rect, (rect.width() * share).round(), look.size.gap);
    pad_ui(ui, scene, pad, out);
    functions_ui(ui, scene, functions, out, wishes);
}

fn pad_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let cells: Vec<Rect> = table(rect, 4, 4, 8.0).collect();
    let mut key = |place: usize, key: TouchKey<'_>, typed: &str| {
        if let Some(cell) = cells.get(place)
            && key.size(look.font.pad).show_acting_on_press(ui, look, *cell)
        {
            out.extend(typed.chars().map(Intent::Type));
        }
    };
    for (place, digit, name) in [
        (0, "1", "Key 1"),
        (1, "2", "Key 2"),
        (2, "3", "Key 3"),
        (4, "4", "Key 4"),
        (5, "5", "Key 5"),
        (6, "6", "Key 6"),
        (8, "7", "Key 7"),
        (9, "8", "Key 8"),
        (10, "9", "Key 9"),
        (12, "00", "Key 00"),
        (13, "0", "Key 0"),
        (14, ".", "Key point"),
    ] {
        key(place, TouchKey::new(digit).name(name), digit);
    }
    key(7, TouchKey::new("×").name("Times"), "*");
    let (Some(erase), Some(above), Some(below)) = (cells.get(3), cells.get(11), cells.get(15)) else { return };
    if TouchKey::new("Backspace").icon(Icon::Backspace).size(look.font.pad).show_acting_on_press(ui, look, *erase) {
        out.push(Intent::Backspace);
    }
    let enter = TouchKey::new("Enter").icon(Icon::Enter).fill(Fill::Accent).size(look.font.pad);
    if enter.show(ui, look, above.union(*below)) {
        out.push(Intent::Confirm);
    }
}

fn functions_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>, wishes: &mut Vec<Wish>) {
    let look = scene.look;
    let model = scene.model;
    let cells: Vec<Rect> = table(rect, 2, 4, 8.0).collect();
    let size = if look.compact { look.font.small } else { look.font.small + 2.0 };
    let key = |place: usize, key: TouchKey<'_>| {
        cells.get(place).is_some_and(|cell| key.fill(Fill::Surface).size(size).show(ui, look, *cell))
    };
    if key(0, TouchKey::new("Search").detail_beside("F2").name("Search")) {
        wishes.push(Wish::FocusEntry);
    }
    let check = TouchKey::new("Price check").detail_beside("F5");
    let check = if model.price_check() { check.ink(look.colour.accent) } else { check };
    if key(1, check) {
        out.push(Intent::PriceCheck);
    }
    if key(2, TouchKey::new("Reprint").name("Reprint last receipt").enabled(model.can_reprint())) {
        out.push(Intent::Reprint);
    }
    if key(3, TouchKey::new("Shift report")) {
        out.push(Intent::Report);
    }
    let theme = match scene.config.theme {
        Theme::Dark => "Light screen",
        Theme::Light => "Dark screen",
    };
    if key(4, TouchKey::new(theme)) {
        wishes.push(Wish::SwitchTheme);
    }
    if key(5, TouchKey::new("All keys").detail_beside("F1")) {
        out.push(Intent::ToggleKeys);
    }
    let can_undo = model.basket().is_some_and(|basket| basket.can_undo);
    if key(6, TouchKey::new("Undo").detail_beside("Ctrl Z").enabled(can_undo)) {
        out.push(Intent::Undo);
    }
    let clear = TouchKey::new("Clear").detail_beside("Esc").name("Clear entry");
    if key(7, clear.enabled(!model.entry.is_empty() || model.price_check())) {
        out.push(Intent::Back);
    }
}

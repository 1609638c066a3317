//! Who is at the register, and who approves: names and a keypad over the screen, which waits below.

use super::{Scene, SellState};
use crate::kit::{Fill, Icon, Line, TouchKey, overlay, page_of, split_left, table};
use crate::model::{Ask, Intent};
use crate::theme::{EdgeColour, Weight};
use egui::{Align2, Color32, Rect, Stroke, Ui, pos2, vec2};
use pos_api::view::PersonView;

/// People shown at once; the last place leads to the others.
const PEOPLE_SHOWN: usize = 12;
/// Places for digits.
const DIGITS: usize = 6;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, state: &mut SellState, window: Rect, out: &mut Vec<Intent>) {
    let Some(ask) = scene.model.ask() else { return };
    let look = scene.look;
    ui.painter().rect_filled(window, 0.0, Color32::from(look.colour.background).gamma_multiply(0.82));
    let size = vec2((window.width() - 80.0).min(880.0), (window.height() - 80.0).min(600.0));
    let rect = Rect::from_center_size(window.center().round(), size);
    overlay(ui.ctx(), look, "people", ask.title(), rect, |ui| {
        let inner = rect.shrink(24.0);
        let heading = Line::new(ask.title(), look.font.title, look.colour.text).weight(Weight::SemiBold);
        let heading = heading.label(ui, inner.left_top(), Align2::LEFT_TOP);
        let reason = Line::new(ask.reason(), look.font.body, look.colour.muted).within(inner.width() - 64.0).rows(2);
        let reason = reason.label(ui, pos2(inner.left(), heading.bottom() + 4.0), Align2::LEFT_TOP);
        if scene.model.can_leave_ask() {
            let close = Rect::from_min_size(pos2(rect.right() - 60.0, rect.top() + 12.0), vec2(48.0, 48.0));
            if TouchKey::new("Close").icon(Icon::Close).show(ui, look, close) {
                out.push(Intent::ClosePanel);
            }
        }
        let below = Rect::from_min_max(pos2(inner.left(), (reason.bottom() + 18.0).round()), inner.max);
        let (names, pad) = split_left(below, (below.width() * 0.56).round(), 24.0);
        names_ui(ui, scene, state, names, ask, out);
        pad_ui(ui, scene, pad, ask, out);
    });
}

fn names_ui(ui: &Ui, scene: &Scene<'_>, state: &mut SellState, rect: Rect, ask: &Ask, out: &mut Vec<Intent>) {
    let look = scene.look;
    let mut cells = table(rect, 2, PEOPLE_SHOWN / 2, 8.0);
    let people: Vec<&PersonView> = scene.model.people_to_choose().collect();
    let (shown, more) = page_of(people.len(), PEOPLE_SHOWN, state.people_part);
    for (person, cell) in people[shown].iter().zip(cells.by_ref()) {
        let key = TouchKey::new(&person.name).detail(&person.role).size(look.font.key).edge(EdgeColour::Grey);
        if key.selected(ask.chosen() == Some(&person.id)).show(ui, look, cell) {
            out.push(Intent::ChoosePerson(person.id.clone()));
        }
    }
    if let Some(cell) = cells.last().filter(|_| more)
        && TouchKey::new("More…").name("More people").ink(look.colour.accent).show(ui, look, cell)
    {
        state.people_part += 1;
    }
}

fn pad_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, ask: &Ask, out: &mut Vec<Intent>) {
    let look = scene.look;
    // As many dots as digits were entered; nobody behind the cashier reads them.
    let top = rect.top() + 16.0;
    for place in 0..DIGITS {
        let at = pos2(rect.center().x + (place as f32 - (DIGITS as f32 - 1.0) / 2.0) * 30.0, top);
        if place < ask.digits() {
            ui.painter().circle_filled(at, 8.0, Color32::from(look.colour.accent));
        } else {
            ui.painter().circle_stroke(at, 8.0, Stroke::new(1.5, look.colour.line));
        }
    }
    let told = match (ask.problem(), ask.chosen()) {
        ("", None) => "Choose a name first.",
        ("", Some(_)) => "",
        (problem, _) => problem,
    };
    let ink = if ask.problem().is_empty() { look.colour.muted } else { look.colour.bad };
    let words = Line::new(told, look.font.small, ink).within(rect.width()).rows(3);
    if !told.is_empty() {
        words.label(ui, pos2(rect.center().x, top + 22.0), Align2::CENTER_TOP);
    }
    let keys = Rect::from_min_max(pos2(rect.left(), top + 84.0), rect.max);
    let enabled = ask.chosen().is_some();
    let digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let names = ["PIN 1", "PIN 2", "PIN 3", "PIN 4", "PIN 5", "PIN 6", "PIN 7", "PIN 8", "PIN 9"];
    let cells: Vec<Rect> = table(keys, 3, 4, 8.0).collect();
    let digit = |label: &'static str, name: &'static str, cell: Rect, out: &mut Vec<Intent>| {
        let key = TouchKey::new(label).name(name).size(look.font.pad).enabled(enabled);
        if key.show_acting_on_press(ui, look, cell) && enabled {
            out.extend(label.chars().map(Intent::Type));
        }
    };
    for ((label, name), cell) in digits.into_iter().zip(names).zip(&cells) {
        digit(label, name, *cell, out);
    }
    let [.., erase, zero, enter] = cells.as_slice() else { return };
    let back = TouchKey::new("Take a digit back").icon(Icon::Backspace).size(look.font.pad);
    if back.enabled(ask.digits() > 0).show(ui, look, *erase) {
        out.push(Intent::Backspace);
    }
    digit("0", "PIN 0", *zero, out);
    let key = TouchKey::new("Enter PIN").icon(Icon::Enter).fill(Fill::Accent).size(look.font.pad);
    if key.enabled(ask.can_enter()).show(ui, look, *enter) {
        out.push(Intent::Confirm);
    }
}

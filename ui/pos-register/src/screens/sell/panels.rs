//! Panels over the screen: why this price, all keys, a report, a price check. The sale goes on below them.

use super::Scene;
use crate::kit::{Icon, Line, TouchKey, announce, overlay, paragraph_height};
use crate::model::{Intent, Panel};
use crate::theme::{Colour, Look, Weight};
use egui::{Align2, FontFamily, FontId, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};
use pos_api::view::{ItemView, LineView, ReasonView};

/// Keys and what they do, as shown under F1 and listed in the guide.
pub(super) const KEYS: [(&str, &str); 16] = [
    ("0–9 . Enter", "Article number, amount or weight"),
    ("3 × …", "Quantity, before the article or for the selected line"),
    ("3 × \u{2212} …", "Empties: so many of a deposit are paid back"),
    ("A–Z", "Search by name; \u{2191} \u{2193} choose, Enter sells"),
    ("F11", "Card: the typed part, or what is due"),
    ("F12", "Cash: the typed amount, or exactly what is due"),
    ("Alt 1–5", "Cash: a round amount"),
    ("\u{2191} \u{2193}", "Select a line"),
    ("+ \u{2212}", "One more, one less of it"),
    ("Del", "Void it"),
    ("Ctrl Z", "Undo the last step"),
    ("F2", "Type into the entry as a text field"),
    ("F5", "Price check: the next article is not sold"),
    ("Backspace", "Take the last character back"),
    ("Esc", "Close a panel, clear the entry"),
    ("F1", "These keys"),
];

const HEADER: f32 = 64.0;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, wanted: Rect, right: Rect, out: &mut Vec<Intent>) {
    let Some(panel) = scene.model.panel() else { return };
    let look = scene.look;
    let width = (right.width() * 0.62).clamp(520.0, 660.0);
    let room = Room { wanted, largest: right, width };
    match panel {
        Panel::Why(number) => {
            let line = scene.model.basket().and_then(|basket| basket.lines.iter().find(|line| line.number == *number));
            if let Some(line) = line {
                why_ui(ui, scene, room, line, out);
            }
        }
        Panel::Keys => {
            let height = HEADER + 38.0 * KEYS.len() as f32 + 16.0;
            let rect = room.place(height);
            framed(ui, look, rect, "All keys", out, |ui, content| {
                for (index, (key, meaning)) in KEYS.iter().enumerate() {
                    let middle = content.top() + 38.0 * (index as f32 + 0.5);
                    let key_line = Line::new(key, look.font.body, look.colour.text).weight(Weight::SemiBold);
                    key_line.paint(ui.painter(), pos2(content.left(), middle), Align2::LEFT_CENTER);
                    let at = pos2(content.left() + 140.0, middle);
                    let meaning_line = Line::new(meaning, look.font.small + 1.0, look.colour.text);
                    meaning_line.within(content.right() - at.x).paint(ui.painter(), at, Align2::LEFT_CENTER);
                    let row = Rect::from_min_size(pos2(content.left(), middle - 18.0), vec2(content.width(), 36.0));
                    announce(ui, row, &format!("{key}: {meaning}"));
                }
            });
        }
        Panel::Report(text) => report_ui(ui, look, room, text, out),
        Panel::Price(item) => price_ui(ui, scene, room, item, out),
    }
}

/// Where a panel may lie.
#[derive(Clone, Copy)]
struct Room {
    wanted: Rect,
    largest: Rect,
    width: f32,
}

impl Room {
    /// In the middle of the wanted place, reaching into the basket a little, as a note laid beside the line.
    fn place(self, height: f32) -> Rect {
        let Room { wanted, largest, width } = self;
        let left = (largest.left() - 6.0).min(largest.right() - width);
        let height = height.min(largest.height());
        let top = (wanted.center().y - height / 2.0).max(wanted.top());
        Rect::from_min_size(pos2(left.round(), top.round()), vec2(width, height))
    }
}

fn framed(ui: &Ui, look: &Look, rect: Rect, title: &str, out: &mut Vec<Intent>, content: impl FnOnce(&mut Ui, Rect)) {
    overlay(ui.ctx(), look, "panel", title, rect, |ui| {
        let close = Rect::from_min_size(pos2(rect.right() - 56.0, rect.top() + 8.0), vec2(48.0, 48.0));
        let heading = Line::new(title, look.font.title, look.colour.text).weight(Weight::SemiBold);
        let at = pos2(rect.left() + 22.0, rect.top() + 32.0);
        heading.within(close.left() - at.x - 8.0).label(ui, at, Align2::LEFT_CENTER);
        if TouchKey::new("Close").icon(Icon::Close).show(ui, look, close) {
            out.push(Intent::ClosePanel);
        }
        let inner = Rect::from_min_max(
            pos2(rect.left() + 22.0, rect.top() + HEADER),
            pos2(rect.right() - 22.0, rect.bottom() - 12.0),
        );
        content(ui, inner);
    });
}

fn why_ui(ui: &Ui, scene: &Scene<'_>, place: Room, line: &LineView, out: &mut Vec<Intent>) {
    let look = scene.look;
    let room = place.width - 44.0 - 110.0;
    let heights: Vec<f32> = line.reasons.iter().map(|reason| reason_height(ui, look, reason, room)).collect();
    let rect = place.place(HEADER + heights.iter().sum::<f32>() + 20.0);
    let title = format!("Why this price — {}", line.name);
    framed(ui, look, rect, &title, out, |ui, content| {
        let mut child = ui.new_child(UiBuilder::new().id_salt("reasons").max_rect(content));
        ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
            let mut top = ui.max_rect().top();
            ui.set_height(heights.iter().sum());
            for (index, (reason, height)) in line.reasons.iter().zip(&heights).enumerate() {
                let row = Rect::from_min_size(pos2(content.left(), top), vec2(content.width(), *height));
                reason_ui(ui, scene, row, reason, room);
                if index + 1 < line.reasons.len() {
                    ui.painter().hline(row.x_range(), row.bottom() - 0.5, look.hairline());
                }
                top += height;
            }
        });
    });
}

fn reason_height(ui: &Ui, look: &Look, reason: &ReasonView, room: f32) -> f32 {
    let title = paragraph_height(ui, &reason.title, look.font.body, look.colour.text, room);
    if reason.detail.is_empty() {
        return (title + 22.0).max(44.0);
    }
    title + paragraph_height(ui, &reason.detail, look.font.small, look.colour.muted, room) + 20.0
}

fn reason_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, reason: &ReasonView, room: f32) {
    let look = scene.look;
    let (ink, weight): (Colour, Weight) = match reason.kind.as_str() {
        "modifier" => (look.colour.save, Weight::Regular),
        "lost" | "near-miss" => (look.colour.muted, Weight::Regular),
        "total" => (look.colour.text, Weight::SemiBold),
        _ => (look.colour.text, Weight::Regular),
    };
    let amount = reason.amount.map_or("—".to_owned(), |amount| scene.model.money.amount(amount));
    let painter = ui.painter();
    let top = rect.top() + if reason.detail.is_empty() { 11.0 } else { 9.0 };
    let title = Line::new(&reason.title, look.font.body, ink).weight(weight).within(room).rows(usize::MAX);
    let place = title.paint(painter, pos2(rect.left(), top), Align2::LEFT_TOP);
    let figure = Line::new(&amount, look.font.body, ink).weight(Weight::SemiBold);
    figure.paint(painter, pos2(rect.right() - 4.0, top), Align2::RIGHT_TOP);
    let detail = Line::new(&reason.detail, look.font.small, look.colour.muted).within(room).rows(usize::MAX);
    detail.paint(painter, pos2(rect.left(), place.bottom() + 1.0), Align2::LEFT_TOP);
    announce(ui, rect, format!("{} {amount} {}", reason.title, reason.detail).trim());
}

fn report_ui(ui: &Ui, look: &Look, room: Room, text: &str, out: &mut Vec<Intent>) {
    let lines = text.lines().count().max(1) as f32;
    let rect = room.place(HEADER + lines * 20.0 + 32.0);
    framed(ui, look, rect, "Shift report", out, |ui, content| {
        let mut child = ui.new_child(UiBuilder::new().id_salt("report").max_rect(content));
        ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
            let font = FontId::new(look.font.small, FontFamily::Monospace);
            ui.label(egui::RichText::new(text).font(font));
        });
    });
}

fn price_ui(ui: &Ui, scene: &Scene<'_>, room: Room, item: &ItemView, out: &mut Vec<Intent>) {
    let look = scene.look;
    let rect = room.place(HEADER + 170.0);
    framed(ui, look, rect, &item.name, out, |ui, content| {
        let price = scene.model.money.shelf_price(item.price, &item.price_per);
        let figure = Line::new(&price, look.font.total, look.colour.text).weight(Weight::Bold);
        let place = figure.label(ui, content.left_top(), Align2::LEFT_TOP);
        let facts = format!("{} · {}", item.department, item.code);
        let at = pos2(content.left(), place.bottom() + 8.0);
        let line = Line::new(&facts, look.font.small + 1.0, look.colour.muted).within(content.width());
        let below = line.label(ui, at, Align2::LEFT_TOP).bottom() + 8.0;
        let hint = "Not sold. Scan it again to sell it.";
        Line::new(hint, look.font.small, look.colour.muted).label(ui, pos2(content.left(), below), Align2::LEFT_TOP);
    });
}

//! The basket's lines, newest at the bottom.
//!
//! Only the lines in view are drawn, so 5,000 cost what 50 do. The list follows its end until the cashier scrolls away;
//! then a chip counts what has arrived since.

use super::{Scene, SellState};
use crate::kit::{Line, TouchKey, announce};
use crate::model::Intent;
use crate::model::text::counted;
use crate::theme::{Look, Weight};
use egui::scroll_area::ScrollSource;
use egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use pos_api::view::LineView;
use pos_money::Decimal;

/// Where things stand in a line.
struct Columns {
    number: f32,
    name: f32,
    sum_right: f32,
    amount_right: f32,
}

impl Columns {
    fn of(rect: Rect, compact: bool) -> Columns {
        let (inset, name, amount) = if compact { (12.0, 40.0, 92.0) } else { (16.0, 56.0, 120.0) };
        Columns {
            number: rect.left() + inset,
            name: rect.left() + name,
            sum_right: rect.right() - inset - amount,
            amount_right: rect.right() - inset,
        }
    }
}

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut SellState, rect: Rect, out: &mut Vec<Intent>) {
    let model = scene.model;
    let lines = model.basket().map(|basket| basket.lines.as_slice()).unwrap_or_default();
    let pending: Vec<&str> = model.pending_sales().collect();
    if lines.is_empty() && pending.is_empty() {
        state.lines_seen = None;
        invite(ui, scene, rect);
        return;
    }
    let selected = model.selected_line().map(|line| line.number);
    // A line chosen with the arrows comes into view; a new one does only if the list is followed.
    let last = lines.iter().rev().find(|line| !line.voided).map(|line| line.number);
    let moved = std::mem::replace(&mut state.selected_seen, selected) != selected && selected != last;
    let heights: Vec<f32> = lines.iter().map(|line| height(scene.look, line, Some(line.number) == selected)).collect();
    let total_height = heights.iter().sum::<f32>() + pending.len() as f32 * scene.look.size.line;

    let mut child = ui.new_child(UiBuilder::new().id_salt("basket").max_rect(rect.shrink2(vec2(1.0, 1.0))));
    announce(&child, rect, &format!("Basket, {}", counted(lines.len() as u64, "line", "lines")));
    let mut area = ScrollArea::vertical()
        .id_salt("lines")
        .auto_shrink(false)
        .stick_to_bottom(true)
        .scroll_source(ScrollSource::ALL);
    if std::mem::take(&mut state.follow) {
        area = area.vertical_scroll_offset((total_height - rect.height() + 2.0).max(0.0));
    }
    let output = area.show_viewport(&mut child, |ui, viewport| {
        ui.set_height(total_height);
        let origin = ui.max_rect().min;
        let width = ui.max_rect().width();
        let mut top = 0.0;
        for (line, height) in lines.iter().zip(&heights) {
            let row = Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, *height));
            let is_selected = Some(line.number) == selected;
            if top + height >= viewport.top() && top <= viewport.bottom() {
                line_ui(ui, scene, row, line, is_selected, out);
            }
            if is_selected && moved {
                ui.scroll_to_rect(row, None);
            }
            top += height;
        }
        for label in &pending {
            let row = Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, scene.look.size.line));
            pending_ui(ui, scene.look, row, label);
            top += scene.look.size.line;
        }
    });
    let hidden_below = total_height - output.state.clamped_offset().y - output.inner_rect.height();
    if hidden_below < scene.look.size.line / 2.0 {
        state.lines_seen = None;
        return;
    }
    let new = lines.len().saturating_sub(*state.lines_seen.get_or_insert(lines.len()));
    let words = if new > 0 { format!("\u{2193} {new} new") } else { "\u{2193} Last line".to_owned() };
    let chip = Rect::from_center_size(pos2(rect.center().x, rect.bottom() - 36.0), vec2(150.0, 48.0));
    if TouchKey::new(&words).name("Go to the last line").selected(true).show(ui, scene.look, chip) {
        state.follow = true;
    }
}

fn invite(ui: &Ui, scene: &Scene<'_>, rect: Rect) {
    let look = scene.look;
    let at = rect.center() - vec2(0.0, 16.0);
    Line::new("Scan an article to begin", look.font.entry, look.colour.muted).label(ui, at, Align2::CENTER_BOTTOM);
    Line::new("or press a key, or type its number or name", look.font.small, look.colour.muted).label(
        ui,
        at + vec2(0.0, 8.0),
        Align2::CENTER_TOP,
    );
}

fn height(look: &Look, line: &LineView, selected: bool) -> f32 {
    let modifiers = if line.voided { 0 } else { line.modifiers.len() };
    let words = if modifiers == 0 { look.size.line } else { 36.0 + look.size.modifier * modifiers as f32 };
    words + if selected { look.size.actions } else { 0.0 }
}

fn line_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, line: &LineView, selected: bool, out: &mut Vec<Intent>) {
    let look = scene.look;
    let money = scene.model.money;
    let painter = ui.painter();
    let columns = Columns::of(rect, look.compact);

    let target = Rect::from_min_max(
        rect.min,
        pos2(rect.right(), rect.bottom() - if selected { look.size.actions } else { 0.0 }),
    );
    let response = ui.interact(target, ui.scope_id().with(("line", line.number)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, !line.voided, selected, spoken(scene, line)));
    if response.clicked() && !line.voided {
        out.push(Intent::SelectLine(line.number));
    }
    if selected {
        painter.rect_filled(rect, 0.0, look.colour.selected);
        let bar = Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
        painter.rect_filled(bar, 0.0, look.colour.accent);
    } else if response.hovered() && !line.voided {
        painter.rect_filled(rect, 0.0, look.colour.surface.mixed(look.colour.text, 0.03));
    }
    if response.has_focus() {
        let stroke = Stroke::new(3.0, look.colour.accent);
        painter.rect_stroke(target.shrink(2.0), 4.0, stroke, egui::StrokeKind::Inside);
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, look.hairline());

    let ink = if line.voided { look.colour.muted } else { look.colour.text };
    let modifiers = if line.voided { &[] } else { line.modifiers.as_slice() };
    let middle = if modifiers.is_empty() { rect.top() + look.size.line / 2.0 } else { rect.top() + 19.0 };
    let tied = line.deposit_of.is_some();
    let number = if tied { String::new() } else { line.number.to_string() };
    let (caption, body) = (look.font.caption, look.font.body);
    Line::new(&number, caption, look.colour.muted).paint(painter, pos2(columns.number, middle), Align2::LEFT_CENTER);
    let sum = money.line_sum(line);
    let sum = Line::new(&sum, look.font.small + 1.0, look.colour.muted);
    let sum_place = sum.paint(painter, pos2(columns.sum_right, middle), Align2::RIGHT_CENTER);
    let words = if tied { format!("+ {}", line.name) } else { line.name.clone() };
    let (body, ink) = if tied { (look.font.small + 1.0, look.colour.muted) } else { (body, ink) };
    let name = Line::new(&words, body, ink).within(sum_place.left() - 12.0 - columns.name);
    let name_place = name.paint(painter, pos2(columns.name, middle), Align2::LEFT_CENTER);
    let amount = money.amount(line.gross);
    let amount = Line::new(&amount, look.font.amount, ink).weight(Weight::SemiBold);
    let amount_place = amount.paint(painter, pos2(columns.amount_right, middle), Align2::RIGHT_CENTER);
    if line.voided {
        let stroke = Stroke::new(1.5, look.colour.muted);
        for place in [name_place, amount_place] {
            painter.hline(place.x_range(), place.center().y + 1.0, stroke);
        }
    }
    for (index, modifier) in modifiers.iter().enumerate() {
        let middle = middle + 23.0 + look.size.modifier * index as f32;
        let colour = if modifier.amount > Decimal::ZERO { look.colour.warn } else { look.colour.save };
        let amount = money.amount(modifier.amount);
        let place = Line::new(&amount, look.font.small + 1.0, colour).paint(
            painter,
            pos2(columns.amount_right, middle),
            Align2::RIGHT_CENTER,
        );
        let label = Line::new(&modifier.label, look.font.small, colour).within(place.left() - 12.0 - columns.name);
        label.paint(painter, pos2(columns.name, middle), Align2::LEFT_CENTER);
    }
    if selected {
        actions_ui(ui, scene, line, pos2(columns.name, target.bottom()), columns.amount_right, out);
    }
}

/// What can be done with the selected line.
fn actions_ui(ui: &Ui, scene: &Scene<'_>, line: &LineView, at: egui::Pos2, right_end: f32, out: &mut Vec<Intent>) {
    let look = scene.look;
    let high = look.size.action_key;
    let counted = line.unit.is_empty();
    let three = Decimal::from(3);
    let why = if look.compact { "Why" } else { "Why this price" };
    let mut left = if look.compact { at.x - 28.0 } else { at.x };
    let mut key = |key: TouchKey<'_>, width: f32, intent: Intent| {
        let rect = Rect::from_min_size(pos2(left, at.y), vec2(width.min(right_end - left), high));
        left += width + 8.0;
        if key.show(ui, look, rect) {
            out.push(intent);
        }
    };
    let wide = if look.compact { 54.0 } else { 64.0 };
    let more_than_one = counted && line.quantity.abs() > Decimal::ONE;
    key(TouchKey::new("\u{2212}").name("One less").enabled(more_than_one), wide, Intent::Less);
    key(TouchKey::new("+").name("One more").enabled(counted), wide, Intent::More);
    key(TouchKey::new("× 3").name("Quantity 3").enabled(counted), wide + 8.0, Intent::SetQuantity(three));
    let why_key = TouchKey::new(why).name("Why this price").ink(look.colour.accent).size(look.font.small + 1.0);
    key(why_key, if look.compact { 72.0 } else { 150.0 }, Intent::ToggleWhy);
    let void = TouchKey::new("Void").detail("Del").name("Void line").ink(look.colour.bad).size(look.font.small + 1.0);
    key(void, if look.compact { 64.0 } else { 76.0 }, Intent::Void);
}

fn pending_ui(ui: &Ui, look: &Look, rect: Rect, label: &str) {
    let columns = Columns::of(rect, look.compact);
    let middle = rect.center().y;
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.bottom() - 0.5, look.hairline());
    let name = Line::new(label, look.font.body, look.colour.muted).within(columns.sum_right - columns.name);
    name.label(ui, pos2(columns.name, middle), Align2::LEFT_CENTER);
    Line::new("…", look.font.amount, look.colour.muted).paint(
        painter,
        pos2(columns.amount_right, middle),
        Align2::RIGHT_CENTER,
    );
}

/// The line as it is read aloud.
fn spoken(scene: &Scene<'_>, line: &LineView) -> String {
    let money = scene.model.money;
    let mut words =
        format!("Line {}, {}, {}, {}", line.number, line.name, money.line_sum(line), money.amount(line.gross));
    if let Some(article) = line.deposit_of {
        words.push_str(&format!(", deposit of line {article}"));
    }
    if line.voided {
        words.push_str(", voided");
        return words;
    }
    for modifier in &line.modifiers {
        words.push_str(&format!(", {} {}", modifier.label, money.amount(modifier.amount)));
    }
    words
}

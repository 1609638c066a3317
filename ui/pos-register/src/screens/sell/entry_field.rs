//! The entry: shows what is being typed, with or without the focus.

use super::Scene;
use crate::kit::{Icon, Line, announce};
use crate::model::Intent;
use crate::theme::Weight;
use egui::{Align2, Context, CornerRadius, Frame, Id, Key, Rect, Stroke, StrokeKind, TextEdit, Ui, pos2};

/// The text field's id: the same wherever it is drawn.
fn id() -> Id {
    Id::unique("register entry")
}

/// Makes the entry an ordinary text field until it is left.
pub fn focus(ctx: &Context) {
    ctx.memory_mut(|memory| memory.request_focus(id()));
}

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let model = scene.model;
    let focused = ui.memory(|memory| memory.has_focus(id()));
    let radius = CornerRadius::same(look.size.radius);
    let (edge, prompt) = if let Some(weighing) = &model.entry.weighing {
        (look.colour.accent, format!("Weight of {}, like 0.482", weighing.label))
    } else if model.price_check() {
        (look.colour.accent, "Price check: scan or type an article".to_owned())
    } else {
        (look.colour.line, "Scan, or type a number or a name…".to_owned())
    };
    let edge = if focused { look.colour.accent } else { edge };
    let width = if focused || edge == look.colour.accent { 2.0 } else { 1.0 };
    ui.painter().rect(rect, radius, look.colour.surface, Stroke::new(width, edge), StrokeKind::Inside);
    let middle = rect.center().y;
    Icon::Search.paint(ui.painter(), pos2(rect.left() + 28.0, middle), 18.0, look.colour.muted);

    // What a typed amount would do, at the right end.
    let mut right = rect.right() - 16.0;
    if let Some(weighing) = model.entry.weighing.as_ref().filter(|_| !model.entry.text().is_empty()) {
        let hint = format!("{} · Enter", weighing.label);
        let hint = Line::new(&hint, look.font.small, look.colour.accent).within(rect.width() * 0.4);
        right = hint.label(ui, pos2(right, middle), Align2::RIGHT_CENTER).left() - 8.0;
    }

    let mut text = model.entry.text().to_owned();
    let field = Rect::from_min_max(pos2(rect.left() + 52.0, rect.top() + 4.0), pos2(right, rect.bottom() - 4.0));
    let mut child = ui.new_child(egui::UiBuilder::new().id_salt("entry").max_rect(field));
    let output = TextEdit::singleline(&mut text)
        .id(id())
        .font(Weight::Regular.at(look.font.entry))
        .text_color(look.colour.text.into())
        .frame(Frame::NONE)
        .margin(egui::Margin::ZERO)
        .align(Align2::LEFT_CENTER)
        .min_size(field.size())
        .desired_width(field.width())
        .show(&mut child);
    ui.ctx().accesskit_node_builder(id(), |node| node.set_label("Entry"));
    let response = &output.response.response;
    if response.changed() {
        out.push(Intent::SetEntry(text.clone()));
    }
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        out.push(Intent::Confirm);
    }
    let empty = text.is_empty();
    let end = if empty { field.left() } else { output.galley_pos.x + output.galley.size().x + 2.0 };
    if !focused {
        let caret = egui::Rangef::new(middle - 13.0, middle + 13.0);
        ui.painter().vline(end.min(field.right()), caret, Stroke::new(2.0, look.colour.accent));
    }
    if empty {
        let hint = Line::new(&prompt, look.font.entry, look.colour.muted).within(field.width() - 14.0);
        hint.paint(ui.painter(), pos2(field.left() + 14.0, middle), Align2::LEFT_CENTER);
        announce(ui, Rect::from_min_size(field.min, egui::vec2(1.0, field.height())), &prompt);
    }
}

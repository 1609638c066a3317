//! Cards on the background, and panels over the screen that do not stop it.

use crate::theme::Look;
use egui::{Area, Color32, Context, CornerRadius, Id, Order, Painter, Rect, Role, Shadow, Stroke, StrokeKind, Ui};

/// A card.
pub fn card(painter: &Painter, look: &Look, rect: Rect) {
    let radius = CornerRadius::same(look.size.radius_card);
    painter.rect(rect, radius, look.colour.surface, look.hairline(), StrokeKind::Inside);
}

/// A panel over everything else, in a fixed place; the screen below stays usable.
pub fn overlay<R>(
    ctx: &Context,
    look: &Look,
    id: &str,
    name: &str,
    rect: Rect,
    content: impl FnOnce(&mut Ui) -> R,
) -> R {
    let area = Area::new(Id::unique(id))
        .order(Order::Foreground)
        .fixed_pos(rect.min)
        .default_size(rect.size())
        .constrain(false)
        .fade_in(false)
        .role(Role::Dialog)
        .accessible_name(name);
    area.show(ctx, |ui| {
        ui.set_clip_rect(ctx.content_rect());
        ui.expand_to_include_rect(rect);
        let radius = CornerRadius::same(look.size.radius_card);
        let shadow = Shadow { offset: [0, 8], blur: 28, spread: 2, color: Color32::BLACK.gamma_multiply(0.45) };
        ui.painter().add(shadow.as_shape(rect, radius));
        let stroke = Stroke::new(1.5, look.colour.accent);
        ui.painter().rect(rect, radius, look.colour.surface, stroke, StrokeKind::Inside);
        content(ui)
    })
    .inner
}

//! Messages at the foot of the basket.

use super::Scene;
use crate::kit::{Icon, Line, paragraph_height};
use crate::model::Intent;
use crate::model::toast::Severity;
use crate::theme::Weight;
use egui::{Align2, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2};

/// Widest message in points.
const WIDTH_MAX: f32 = 560.0;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, basket: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let width = (basket.width() - 24.0).min(WIDTH_MAX);
    let left = basket.left() + 12.0;
    let room = width - 52.0 - 48.0;
    let mut bottom = basket.bottom() - 12.0;
    for toast in scene.model.toasts.iter().rev() {
        let (icon, colour) = match toast.severity {
            Severity::Info => (Icon::Good, look.colour.accent),
            Severity::Warning => (Icon::Warning, look.colour.warn),
            Severity::Error => (Icon::Bad, look.colour.bad),
        };
        let text_high = paragraph_height(ui, &toast.text, look.font.small + 1.0, look.colour.text, room);
        let next_high = if toast.next.is_empty() {
            0.0
        } else {
            paragraph_height(ui, &toast.next, look.font.small, look.colour.muted, room) + 2.0
        };
        let height = (text_high + next_high + 24.0).max(56.0);
        let rect = Rect::from_min_max(pos2(left, bottom - height), pos2(left + width, bottom));
        bottom = rect.top() - 8.0;

        let response = ui.interact(rect, ui.scope_id().with(("toast", toast.id)), Sense::click());
        let spoken = format!("{} {}", toast.text, toast.next);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken.trim()));
        let painter = ui.painter();
        let radius = CornerRadius::same(look.size.radius);
        painter.rect(rect, radius, look.colour.raised, Stroke::new(1.5, colour), StrokeKind::Inside);
        icon.paint(painter, pos2(rect.left() + 28.0, rect.top() + 27.0), 13.0, colour);
        Icon::Close.paint(painter, pos2(rect.right() - 26.0, rect.center().y), 14.0, look.colour.muted);
        let top = rect.center().y - (text_high + next_high) / 2.0;
        let text = Line::new(&toast.text, look.font.small + 1.0, look.colour.text).weight(Weight::Medium);
        let at = pos2(rect.left() + 52.0, top);
        text.within(room).rows(usize::MAX).paint(painter, at, Align2::LEFT_TOP);
        Line::new(&toast.next, look.font.small, look.colour.muted).within(room).rows(usize::MAX).paint(
            painter,
            pos2(at.x, top + text_high + 2.0),
            Align2::LEFT_TOP,
        );
        if response.clicked() {
            out.push(Intent::DismissToast(toast.id));
        }
    }
}

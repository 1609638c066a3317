//! Who, where, and how the devices are: icon, colour and word.

use super::Scene;
use crate::backend::Health;
use crate::kit::{Icon, Line, TouchKey, announce};
use crate::model::Intent;
use crate::theme::Weight;
use egui::{Align2, CornerRadius, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, look.colour.surface);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, look.hairline());
    let middle = rect.center().y;
    let margin = look.size.margin + 4.0;

    // Right to left, so that what matters most keeps its place when the window is small.
    let mut right = rect.right() - margin;
    let clock = Line::new(scene.clock, look.font.body, look.colour.text).weight(Weight::Medium);
    right = clock.label(ui, pos2(right, middle), Align2::RIGHT_CENTER).left() - 18.0;
    let left_end = rect.left() + rect.width() * if look.compact { 0.36 } else { 0.42 };
    if !scene.status.rules.is_empty() {
        let rules = Line::new(&scene.status.rules, look.font.small, look.colour.muted);
        right = rules.label(ui, pos2(right, middle), Align2::RIGHT_CENTER).left() - 18.0;
    }
    for indicator in scene.status.indicators.iter().rev() {
        let (icon, colour, ink) = match indicator.health {
            Health::Good => (Icon::Good, look.colour.pay, look.colour.muted),
            Health::Warning => (Icon::Warning, look.colour.warn, look.colour.warn),
            Health::Bad => (Icon::Bad, look.colour.bad, look.colour.bad),
        };
        let word = Line::new(&indicator.label, look.font.small, ink);
        if right - word.width(painter) - 20.0 < left_end {
            break;
        }
        let place = word.label(ui, pos2(right, middle), Align2::RIGHT_CENTER);
        icon.paint(painter, pos2(place.left() - 12.0, middle), 9.0, colour);
        right = place.left() - 12.0 - 22.0;
    }

    let mut left = rect.left() + margin;
    let register = Line::new(&scene.config.register, look.font.body, look.colour.text).weight(Weight::Bold);
    left = register.label(ui, pos2(left, middle), Align2::LEFT_CENTER).right() + 12.0;
    if scene.model.people_log_on() {
        // Whoever comes next taps the name.
        let name = scene.model.operator().map_or("Log on", |operator| operator.name.as_str());
        let key = Rect::from_min_size(pos2(left, rect.top() + 8.0), vec2(150.0, rect.height() - 16.0));
        if TouchKey::new(name).name("Switch user").size(look.font.small + 1.0).show(ui, look, key) {
            out.push(Intent::SwitchUser);
        }
        left = key.right() + 14.0;
    } else {
        let cashier = Line::new(&scene.config.cashier, look.font.small, look.colour.muted).within(140.0);
        left = cashier.label(ui, pos2(left, middle + 1.0), Align2::LEFT_CENTER).right() + 14.0;
    }

    let tab = Rect::from_min_size(pos2(left, rect.top() + 8.0), vec2(84.0, rect.height() - 16.0));
    let radius = CornerRadius::same(look.size.radius);
    let stroke = Stroke::new(1.0, look.colour.line);
    painter.rect(tab, radius, look.colour.selected, stroke, StrokeKind::Inside);
    painter.hline(tab.shrink(9.0).x_range(), tab.bottom() - 1.0, Stroke::new(2.0, look.colour.accent));
    Line::new("Sale", look.font.small + 1.0, look.colour.text).weight(Weight::Medium).paint(
        painter,
        tab.center(),
        Align2::CENTER_CENTER,
    );
    announce(ui, tab, "Sale");
    let shop_left = tab.right() + 16.0;
    let shop = Line::new(&scene.config.shop, look.font.small, look.colour.muted).within(right - shop_left - 12.0);
    if right - shop_left > 120.0 {
        shop.label(ui, pos2(shop_left, middle + 1.0), Align2::LEFT_CENTER);
    }
}

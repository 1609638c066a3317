//! After the sale: what goes back, large enough to be read across the counter. The next article takes its place.

use super::Scene;
use crate::kit::{Icon, Line, TouchKey, announce};
use crate::model::{ChangeCard, Intent};
use crate::theme::Weight;
use egui::{Align2, Rect, Ui, pos2, vec2};
use pos_money::Decimal;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, rect: Rect, change: &ChangeCard, out: &mut Vec<Intent>) {
    let look = scene.look;
    let money = scene.model.money;
    let painter = ui.painter();
    let centre = rect.center().x;
    let inset = if look.compact { 24.0 } else { 40.0 };
    let width = rect.width() - inset * 2.0;

    let tick = pos2(centre, rect.top() + rect.height() * 0.1);
    painter.circle_filled(tick, 30.0, look.colour.pay);
    Icon::Tick.paint(painter, tick, 30.0, look.colour.on_pay);
    let mut top = tick.y + 48.0;
    let (word, amount) = match change.in_cash {
        true => ("Change", money.amount(change.change)),
        false => ("Paid", money.amount(change.total)),
    };
    let spoken = format!("{word} {amount}");
    let word = Line::new(word, look.font.total_word, look.colour.muted);
    let word_place = word.paint(painter, pos2(centre, top), Align2::CENTER_TOP);
    top = word_place.bottom() - 4.0;
    let size = if look.compact { look.font.change * 0.75 } else { look.font.change };
    let figure = Line::new(&amount, size, look.colour.text).weight(Weight::Bold).within(width);
    let place = figure.paint(painter, pos2(centre, top), Align2::CENTER_TOP);
    announce(ui, word_place.union(place), &spoken);
    top = place.bottom() + 20.0;

    let row = |top: f32, word: &str, amount: Decimal, colour| {
        let amount = money.amount(amount);
        Line::new(word, look.font.body, colour).paint(painter, pos2(rect.left() + inset, top), Align2::LEFT_CENTER);
        let figure = Line::new(&amount, look.font.amount, colour).weight(Weight::SemiBold);
        figure.paint(painter, pos2(rect.right() - inset, top), Align2::RIGHT_CENTER);
        let place = Rect::from_min_size(pos2(rect.left() + inset, top - 18.0), vec2(width, 36.0));
        announce(ui, place, &format!("{word} {amount}"));
        painter.hline(place.x_range(), place.bottom() + 4.0, look.hairline());
    };
    let received = if change.in_cash { "Cash received" } else { "Without cash" };
    let mut facts = vec![("Total", change.total, look.colour.text), (received, change.tendered, look.colour.text)];
    if change.saved > Decimal::ZERO {
        facts.push(("Saved", change.saved, look.colour.save));
    }
    for (word, amount, colour) in facts {
        top += 44.0;
        row(top - 22.0, word, amount, colour);
    }
    top += 24.0;
    let receipt = format!("Receipt {}", change.number);
    let place = Line::new(&receipt, look.font.body, look.colour.muted).label(ui, pos2(centre, top), Align2::CENTER_TOP);
    top = place.bottom() + 12.0;
    let key = Rect::from_min_size(pos2(centre - 110.0, top), vec2(220.0, 56.0));
    if TouchKey::new("Reprint").show(ui, look, key) {
        out.push(Intent::Reprint);
    }
    // The foot of the card is left free for messages.
    let next = "The next article begins the next sale";
    let next_line = Line::new(next, look.font.small, look.colour.muted).within(width);
    next_line.label(ui, pos2(centre, key.bottom() + 14.0), Align2::CENTER_TOP);
}

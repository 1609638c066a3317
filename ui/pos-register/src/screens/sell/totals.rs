//! What it comes to.

use super::Scene;
use crate::kit::{Line, announce};
use crate::model::text::counted;
use crate::theme::Weight;
use egui::{Align2, Rect, Ui, pos2};
use pos_api::view::BasketState;
use pos_money::Decimal;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, rect: Rect) {
    let look = scene.look;
    let money = scene.model.money;
    let painter = ui.painter();
    painter.hline(rect.shrink(1.0).x_range(), rect.top(), look.hairline());
    let inset = if look.compact { 12.0 } else { 16.0 };
    let (left, right) = (rect.left() + inset, rect.right() - inset);
    let top = rect.top() + 24.0;

    let basket = scene.model.basket();
    let mut word = "Total";
    let mut amount = Decimal::ZERO;
    if let Some(basket) = basket {
        let live = basket.lines.iter().filter(|line| !line.voided).count() as u64;
        let mut facts = format!("{} · {}", counted(live, "line", "lines"), counted(basket.pieces, "piece", "pieces"));
        if !basket.tax.is_zero() {
            let tax = match (basket.prices_include_tax, look.compact) {
                (true, false) => "   Tax included",
                (true, true) => " · incl. tax",
                (false, _) => " · Tax",
            };
            facts.push_str(&format!("{tax} {}", money.amount(basket.tax)));
        }
        amount = basket.total;
        if basket.state == BasketState::Tendering {
            (word, amount) = ("Still due", basket.due);
            facts = format!("Total {} · received {}", money.amount(basket.total), money.amount(basket.tendered));
        }
        let mut facts_end = right;
        if basket.discount > Decimal::ZERO {
            let saved = format!("You save {}", money.amount(basket.discount));
            let saved = Line::new(&saved, look.font.body, look.colour.save).weight(Weight::Medium);
            facts_end = saved.label(ui, pos2(right, top), Align2::RIGHT_CENTER).left() - 12.0;
        }
        let size = if look.compact { look.font.caption } else { look.font.small + 1.0 };
        Line::new(&facts, size, look.colour.muted).within(facts_end - left).label(
            ui,
            pos2(left, top),
            Align2::LEFT_CENTER,
        );
    }
    let baseline = rect.bottom() - if look.compact { 36.0 } else { 38.0 };
    let word_line = Line::new(word, look.font.total_word, look.colour.text).weight(Weight::SemiBold);
    let word_place = word_line.paint(painter, pos2(left, baseline + 6.0), Align2::LEFT_CENTER);
    let text = money.amount(amount);
    let ink = if basket.is_some() { look.colour.text } else { look.colour.muted };
    let total = Line::new(&text, look.font.total, ink).weight(Weight::Bold).within(right - word_place.right() - 12.0);
    let place = total.paint(painter, pos2(right, baseline), Align2::RIGHT_CENTER);
    announce(ui, place.union(word_place), &format!("{word} {text}"));
}

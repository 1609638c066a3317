//! Taking money: one press for exact cash or a round amount; cancelling asks once, in its own place.

use super::Scene;
use crate::kit::{Fill, Line, TouchKey, columns};
use crate::model::Intent;
use crate::model::cash::QUICK_CASH_MAX;
use crate::model::text::counted;
use crate::theme::Weight;
use egui::{Align2, Rect, Ui, pos2, vec2};
use pos_api::view::BasketState;
use pos_money::Decimal;

/// Width of the cash key and of the cancel key, in widths of a round amount's.
const CASH_WIDTHS: f32 = 2.7;
const CANCEL_WIDTHS: f32 = 1.5;
/// Width of the card key, where there is a terminal.
const CARD_WIDTHS: f32 = 1.6;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, bar: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    ui.painter().rect_filled(bar, 0.0, look.colour.surface);
    ui.painter().hline(bar.x_range(), bar.top() + 0.5, look.hairline());
    let margin = look.size.margin;
    let rect = Rect::from_min_max(
        pos2(bar.left() + margin, bar.top() + margin),
        pos2(bar.right() - margin, bar.bottom() - margin),
    );
    let gap = look.size.gap;
    if scene.model.awaited_payment().is_some() {
        payment_ui(ui, scene, rect, out);
        return;
    }
    let by_card = if scene.model.has_terminal { (CARD_WIDTHS, gap) } else { (0.0, 0.0) };
    let units = CASH_WIDTHS + by_card.0 + CANCEL_WIDTHS + QUICK_CASH_MAX as f32;
    let unit = (rect.width() - gap * (QUICK_CASH_MAX + 1) as f32 - by_card.1) / units;
    let cash = Rect::from_min_max(rect.min, pos2((rect.left() + unit * CASH_WIDTHS).round(), rect.bottom()));
    let cancel = Rect::from_min_max(pos2((rect.right() - unit * CANCEL_WIDTHS).round(), rect.top()), rect.max);
    let card = Rect::from_min_max(
        pos2(cash.right() + by_card.1, rect.top()),
        pos2((cash.right() + by_card.1 + unit * by_card.0).round(), rect.bottom()),
    );
    let amounts = Rect::from_min_max(pos2(card.right() + gap, rect.top()), pos2(cancel.left() - gap, rect.bottom()));
    if scene.model.has_terminal {
        card_ui(ui, scene, card, out);
    }

    cash_ui(ui, scene, cash, out);
    let ready = !scene.model.is_paying();
    let size = if look.compact { look.font.amount } else { look.font.entry };
    let offered = scene.model.quick_amounts();
    for (index, (amount, cell)) in offered.iter().zip(columns(amounts, QUICK_CASH_MAX, gap)).enumerate() {
        let (label, name) = (amount.to_string(), format!("Cash {amount}"));
        let shortcut = format!("Alt {}", index + 1);
        let key = TouchKey::new(&label).name(&name).detail(&shortcut).weight(Weight::SemiBold).size(size);
        if key.enabled(ready).show(ui, look, cell) {
            out.push(Intent::QuickCash(*amount));
        }
    }
    cancel_ui(ui, scene, cancel, out);
}

fn cash_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let model = scene.model;
    let money = model.money;
    let failures = model.unaccepted_failures();
    let due = model.due();
    let (label, name, detail) = match due {
        _ if model.is_paying() => ("Completing…".to_owned(), "Exact cash", String::new()),
        None => ("Exact cash".to_owned(), "Exact cash", "F12".to_owned()),
        Some(_) if !failures.is_empty() => {
            (format!("{} unavailable", failures.join(", ")), "Accept and go on", "Press to sell without it".to_owned())
        }
        Some(due) if due <= Decimal::ZERO => ("Complete sale".to_owned(), "Complete sale", "F12".to_owned()),
        Some(due) => match model.typed_cash() {
            Some(typed) if typed >= due => {
                let change = money.amount(typed.checked_sub(due).unwrap_or_default());
                (format!("Cash {}", money.amount(typed)), "Cash as typed", format!("Change {change} · F12"))
            }
            Some(typed) => {
                let rest = money.amount(due.checked_sub(typed).unwrap_or_default());
                (format!("Part {}", money.amount(typed)), "Part in cash", format!("{rest} stays due · F12"))
            }
            None => (format!("Exact cash {}", money.amount(due)), "Exact cash", "F12".to_owned()),
        },
    };
    let warn = due.is_some() && !failures.is_empty();
    let fill = if warn { Fill::Warning } else { Fill::Pay };
    let size = match (look.compact, warn) {
        (true, true) => look.font.body,
        (true, false) => look.font.entry,
        (false, true) => look.font.entry,
        (false, false) => look.font.tender,
    };
    let key = TouchKey::new(&label).name(name).detail(&detail).fill(fill).weight(Weight::SemiBold).size(size);
    if key.enabled(due.is_some() && !model.is_paying()).show(ui, look, rect) {
        out.push(Intent::Cash);
    }
}

fn card_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let model = scene.model;
    let part = model.typed_cash().filter(|typed| model.due().is_some_and(|due| *typed < due));
    let detail = match part {
        Some(part) => format!("{} · F11", model.money.amount(part)),
        None => "F11".to_owned(),
    };
    let size = if look.compact { look.font.entry } else { look.font.tender };
    let key = TouchKey::new("Card").name("Pay by card").detail(&detail).weight(Weight::SemiBold).size(size);
    if key.enabled(model.can_pay_by_card() && !model.is_paying()).show(ui, look, rect) {
        out.push(Intent::Card);
    }
}

/// Where a payment stands that the basket waits for, and what can be done about it.
fn payment_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let Some(payment) = scene.model.awaited_payment() else { return };
    let amount = scene.model.money.amount(payment.amount);
    let asked = payment.state == "asked";
    let (text, next, colour) = match payment.state.as_str() {
        "asked" if payment.direction == "refund" => {
            (format!("{amount} goes back to the card"), "Follow the terminal.", look.colour.text)
        }
        "asked" => (format!("Card {amount}"), "Follow the terminal.", look.colour.text),
        "unknown" => (
            "The terminal gave no answer".to_owned(),
            "The card may have been charged. It is not charged again.",
            look.colour.warn,
        ),
        _ => (format!("{amount} is being given back"), "The terminal has not confirmed it yet.", look.colour.warn),
    };
    let keys: &[(&str, &str, Intent)] = if asked {
        &[("Give up", "Give the payment up", Intent::GiveUpPayment)]
    } else {
        &[
            ("Ask again", "Ask the terminal again", Intent::AskTerminal),
            ("Give up", "Give the payment up", Intent::GiveUpPayment),
            ("Go on", "Go on without the payment", Intent::LeavePayment),
        ]
    };
    let size = if look.compact { look.font.body } else { look.font.entry };
    let (key_width, gap) = ((rect.width() * 0.17).round(), look.size.gap);
    let words = rect.width() - (key_width + gap) * keys.len() as f32 - gap;
    let middle = rect.center().y;
    let line = Line::new(&text, size, colour).weight(Weight::SemiBold).within(words);
    line.label(ui, pos2(rect.left() + gap, middle - 2.0), Align2::LEFT_BOTTOM);
    let line = Line::new(next, look.font.small, look.colour.muted).within(words);
    line.label(ui, pos2(rect.left() + gap, middle + 4.0), Align2::LEFT_TOP);
    let mut left = rect.right() - (key_width + gap) * keys.len() as f32 + gap;
    for (label, name, intent) in keys {
        let cell = Rect::from_min_size(pos2(left.round(), rect.top()), vec2(key_width, rect.height()));
        if TouchKey::new(label).name(name).size(look.font.body).show(ui, look, cell) {
            out.push(intent.clone());
        }
        left += key_width + gap;
    }
}

fn cancel_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let model = scene.model;
    let Some(basket) = model.basket() else { return };
    let size = if look.compact { look.font.small } else { look.font.body };
    if model.cancel_asked() {
        let lines = basket.lines.iter().filter(|line| !line.voided).count() as u64;
        let what = counted(lines, "line", "lines");
        let mut cells = columns(rect, 2, 8.0);
        let (Some(keep), Some(cancel)) = (cells.next(), cells.next()) else { return };
        if TouchKey::new("Keep").name("Keep the sale").size(size).show(ui, look, keep) {
            out.push(Intent::KeepBasket);
        }
        let key = TouchKey::new("Cancel").name("Yes, cancel the sale").detail(&what).fill(Fill::Danger).size(size);
        if key.show(ui, look, cancel) {
            out.push(Intent::CancelBasket);
        }
        return;
    }
    // While money is in, the first thing to offer is giving it back.
    let ready = !model.is_paying();
    if basket.state == BasketState::Tendering {
        let amount = model.money.amount(basket.tenders.last().map(|tender| tender.amount).unwrap_or_default());
        let key = TouchKey::new("Give back").name("Give the money back").detail(&amount).size(size);
        if key.enabled(ready).show(ui, look, rect) {
            out.push(Intent::TakeBackTender);
        }
    } else if TouchKey::new("Cancel sale").ink(look.colour.bad).size(size).enabled(ready).show(ui, look, rect) {
        out.push(Intent::AskCancel);
    }
}

//! What makes a candidate unusable whatever else is proposed.

use super::super::engine::WorkLine;
use super::super::proposal::{Basis, Candidate, Chosen, Deal, Effect, Portion, Shape, Slot};
use super::assign::place_of;
use pos_money::{Decimal, Money, Quantity, Unit};

/// The problem, if there is one.
pub(super) fn problem(candidate: &Candidate, lines: &[WorkLine]) -> Option<String> {
    if candidate.basis == Basis::Payable
        && !matches!(candidate.shape, Shape::WholeOrder(Effect::RateOff(_) | Effect::AmountOff(_)))
    {
        return Some("only a rate or an amount off the whole order can be meant on what is to be paid".to_owned());
    }
    if candidate.cap.is_some_and(Money::is_negative) {
        return Some("its cap is below zero".to_owned());
    }
    match &candidate.shape {
        Shape::WholeOrder(Effect::FixedPrice(_)) => Some("a unit price does not fit a whole order".to_owned()),
        Shape::WholeOrder(effect) => of_effect(effect),
        Shape::Portions(Chosen { portions, effect, qualifies_on }) => {
            let all = || portions.iter().chain(qualifies_on);
            unknown(all().map(|portion| portion.line), lines)
                .or_else(|| {
                    all()
                        .any(|Portion { qty, .. }| qty.value < Decimal::ZERO)
                        .then(|| "a quantity is below zero".to_owned())
                })
                .or_else(|| of_effect(effect))
                .or_else(|| of_units(effect, portions.iter().map(|portion| portion.line), lines))
        }
        Shape::Deal(Deal { slots, together, .. }) => {
            unknown(slots.iter().flat_map(|slot| slot.pool.iter().copied()), lines)
                .or_else(|| {
                    slots
                        .iter()
                        .find(|slot| pieces(slot) < 1)
                        .map(|slot| format!("a slot asks for {} pieces", slot.count))
                })
                .or_else(|| slots.is_empty().then(|| "a deal has no slots".to_owned()))
                .or_else(|| slots.iter().filter_map(|slot| slot.effect.as_ref()).chain(together).find_map(of_effect))
                .or_else(|| {
                    let of_slot = |slot: &Slot| {
                        let effects = slot.effect.iter().chain(together);
                        effects.into_iter().find_map(|effect| of_units(effect, slot.pool.iter().copied(), lines))
                    };
                    slots.iter().find_map(of_slot)
                })
        }
    }
}

fn unknown(named: impl Iterator<Item = u32>, lines: &[WorkLine]) -> Option<String> {
    let known = |line: &u32| place_of(lines, *line).is_some();
    named.into_iter().find(|line| !known(line)).map(|line| format!("it names line {line}, which is not there"))
}

fn of_effect(effect: &Effect) -> Option<String> {
    match effect {
        Effect::AmountOff(amount) if amount.is_negative() => Some("an amount off is below zero".to_owned()),
        Effect::BundlePrice(amount) if amount.is_negative() => Some("a bundle price is below zero".to_owned()),
        Effect::RateOff(rate) if rate.fraction() < Decimal::ZERO || rate.fraction() > Decimal::ONE => {
            Some(format!("a rate off of {} % is not between 0 and 100", rate.percent_text()))
        }
        Effect::FixedPrice(price) if price.value < Decimal::ZERO || price.per.value <= Decimal::ZERO => {
            Some("a fixed price is below zero".to_owned())
        }
        _ => None,
    }
}

/// A price of a kilogram says nothing about pieces.
fn of_units(effect: &Effect, mut named: impl Iterator<Item = u32>, lines: &[WorkLine]) -> Option<String> {
    let Effect::FixedPrice(price) = effect else { return None };
    named.find_map(|number| {
        let unit = lines[place_of(lines, number)?].quantity.unit;
        let fits = Quantity::new(Decimal::ONE, unit).in_unit(price.per.unit).is_ok();
        let name = |unit: Unit| if unit == Unit::Each { "piece" } else { unit.symbol() };
        let (per, sold) = (name(price.per.unit), name(unit));
        (!fits).then(|| format!("its price is for one {per}, and line {number} is sold by the {sold}"))
    })
}

/// Pieces a slot asks for; 0 where that is not a whole number.
pub(super) fn pieces(Slot { count: Quantity { value, .. }, .. }: &Slot) -> i64 {
    let value = value.normalize();
    if value.scale() == 0 { i64::try_from(value).unwrap_or(0) } else { 0 }
}

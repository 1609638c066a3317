//! Reading candidates: portions, deals and whole orders, as in the contract's `discount` interface.

use super::read::{line_number, quantity, unit_price};
use super::settings::OFFER_MODES;
use super::{Case, line, offer};
use crate::json::{Fields, money_at, number_at, text_at, variant_at};
use crate::problem::Problem;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::proposal::{
    Basis, Candidate, Chosen, Deal, Effect, Limits, Pick, Portion, Requirement, RequirementBasis, Shape, Slot, Spread,
    Stage,
};
use pos_money::{Decimal, Quantity, Rate, Unit};
use serde_json::Value;

/// Keys of a candidate.
pub(crate) const KEYS: [&str; 14] = [
    "id",
    "stage",
    "shape",
    "mode",
    "group",
    "priority",
    "basis",
    "spread",
    "requires",
    "cap",
    "limits",
    "consumes_codes",
    "label",
    "attrs",
];
pub(crate) const STAGES: [(&str, Stage); 3] = [("line", Stage::Line), ("shop", Stage::Shop), ("order", Stage::Order)];
const BASES: [(&str, Basis); 2] = [("price", Basis::Price), ("payable", Basis::Payable)];
const SPREADS: [(&str, Spread); 3] =
    [("across", Spread::Across), ("each-line", Spread::EachLine), ("each-unit", Spread::EachUnit)];
const PICKS: [(&str, Pick); 3] =
    [("best-for-customer", Pick::BestForCustomer), ("cheapest", Pick::Cheapest), ("dearest", Pick::Dearest)];
const REQUIREMENT_BASES: [(&str, RequirementBasis); 3] = [
    ("price", RequirementBasis::Price),
    ("net-of-tax", RequirementBasis::NetOfTax),
    ("payable", RequirementBasis::Payable),
];

/// Reads a candidate and the stage it is looked at: the order for whole orders, else the line.
pub(super) fn candidate(value: &Value, place: &str, case: &Case) -> Result<(Stage, Candidate), Problem> {
    let fields = Fields::of(value, place, &KEYS)?;
    let id = text_at(fields.need("id")?, &fields.at("id"))?;
    let shape = shape(fields.need("shape")?, &fields.at("shape"), case)?;
    let usual = if matches!(shape, Shape::WholeOrder(_)) { Stage::Order } else { Stage::Line };
    let mut label = offer::message(fields.get("label"), &fields.at("label"))?;
    if label.text.is_empty() {
        label.text = id.clone();
    }
    let candidate = Candidate {
        id,
        shape,
        mode: fields.choice("mode", &OFFER_MODES, case.policy.default_mode)?,
        group: fields.text("group")?,
        priority: fields.whole("priority", "a whole number of 32 bits")?.unwrap_or(0),
        basis: fields.choice("basis", &BASES, Basis::Price)?,
        spread: fields.choice("spread", &SPREADS, Spread::Across)?,
        requires: fields.get("requires").map(|value| requirement(value, &fields.at("requires"), case)).transpose()?,
        cap: fields.money("cap", case.currency)?,
        limits: fields.get("limits").map(|value| limits(value, &fields.at("limits"), case)).transpose()?,
        consumes_codes: fields.texts("consumes_codes")?,
        label,
        attrs: offer::attrs(fields.get("attrs"), &fields.at("attrs"))?,
    };
    if candidate.cap.is_some_and(pos_money::Money::is_negative) {
        return Err(Problem::wrong(&fields.at("cap"), "0 or more"));
    }
    Ok((fields.choice("stage", &STAGES, usual)?, candidate))
}

fn requirement(value: &Value, place: &str, case: &Case) -> Result<Requirement, Problem> {
    let fields = Fields::of(value, place, &["min", "basis", "left"])?;
    Ok(Requirement {
        min: money_at(fields.need("min")?, &fields.at("min"), case.currency)?,
        basis: fields.choice("basis", &REQUIREMENT_BASES, RequirementBasis::Price)?,
        left: fields.flag("left", false)?,
    })
}

fn limits(value: &Value, place: &str, case: &Case) -> Result<Limits, Problem> {
    let fields = Fields::of(value, place, &["uses", "uses_per_customer", "money"])?;
    let count = "a whole number that is not negative";
    Ok(Limits {
        uses: fields.whole("uses", count)?,
        uses_per_customer: fields.whole("uses_per_customer", count)?,
        money: fields.money("money", case.currency)?,
    })
}

fn shape(value: &Value, place: &str, case: &Case) -> Result<Shape, Problem> {
    let (name, value) = variant_at(value, place, &["portions", "deal", "whole-order"])?;
    let place = format!("{place}.{name}");
    match name {
        "whole-order" => Ok(Shape::WholeOrder(effect(value, &place, Unit::Each, case)?)),
        "portions" => {
            let fields = Fields::of(value, place, &["portions", "effect", "qualifies_on"])?;
            let portions = |key: &str| -> Result<Vec<Portion>, Problem> {
                fields.list(key)?.into_iter().map(|(place, value)| portion(value, &place, case)).collect()
            };
            let chosen = portions("portions")?;
            let unit = unit_of(chosen.first().map(|portion| portion.line), case);
            let effect = effect(fields.need("effect")?, &fields.at("effect"), unit, case)?;
            Ok(Shape::Portions(Chosen { portions: chosen, effect, qualifies_on: portions("qualifies_on")? }))
        }
        _ => {
            let fields = Fields::of(value, place, &["slots", "together", "repeat_max"])?;
            let mut slots = Vec::new();
            for (place, value) in fields.list("slots")? {
                slots.push(slot(value, &place, case)?);
            }
            let pieces: Vec<Decimal> = slots.iter().map(|slot| slot.count.value).collect();
            if pieces.iter().all(Decimal::is_zero) {
                return Err(Problem::wrong(&fields.at("slots"), "a list of slots with pieces in them"));
            }
            let unit = unit_of(slots.iter().flat_map(|slot| &slot.pool).next().copied(), case);
            let together = fields.get("together").map(|value| effect(value, &fields.at("together"), unit, case));
            let repeat_max = fields.whole("repeat_max", "a whole number that is not negative")?;
            Ok(Shape::Deal(Deal { slots, together: together.transpose()?, repeat_max }))
        }
    }
}

/// The unit in which a price of one unit is meant: that of the first line it is for.
fn unit_of(line: Option<LineNumber>, case: &Case) -> Unit {
    line.and_then(|number| case.numbered(number)).map_or(Unit::Each, |line| line.quantity.unit)
}

fn slot(value: &Value, place: &str, case: &Case) -> Result<Slot, Problem> {
    let fields = Fields::of(value, place, &["pool", "count", "pick", "effect"])?;
    let pool = line::pool(fields.need("pool")?, &fields.at("pool"), case)?;
    let count = match fields.get("count") {
        Some(value) => quantity(value, &fields.at("count"), Unit::Each)?,
        None => Quantity::ONE,
    };
    if !count.value.fract().is_zero() || count.value.is_sign_negative() {
        return Err(Problem::wrong(&fields.at("count"), "a whole number of pieces"));
    }
    let unit = unit_of(pool.first().copied(), case);
    let effect = fields.get("effect").map(|value| effect(value, &fields.at("effect"), unit, case)).transpose()?;
    Ok(Slot { pool, count, pick: fields.choice("pick", &PICKS, Pick::BestForCustomer)?, effect })
}

fn portion(value: &Value, place: &str, case: &Case) -> Result<Portion, Problem> {
    let fields = Fields::of(value, place, &["line", "qty"])?;
    let line = line_number(fields.need("line")?, &fields.at("line"), case)?;
    let unit = unit_of(Some(line), case);
    let qty = match fields.get("qty") {
        Some(value) => quantity(value, &fields.at("qty"), unit)?,
        None => Quantity::new(Decimal::ONE, unit),
    };
    if qty.value <= Decimal::ZERO {
        return Err(Problem::wrong(&fields.at("qty"), "more than 0"));
    }
    Ok(Portion { line, qty })
}

/// What happens to prices; `unit` is that of a price of one unit.
pub(super) fn effect(value: &Value, place: &str, unit: Unit, case: &Case) -> Result<Effect, Problem> {
    let (name, value) = variant_at(value, place, &["amount-off", "rate-off", "fixed-price", "bundle-price"])?;
    let place = format!("{place}.{name}");
    let amount = || {
        let amount = money_at(value, &place, case.currency)?;
        if amount.is_negative() { Err(Problem::wrong(&place, "0 or more")) } else { Ok(amount) }
    };
    match name {
        "amount-off" => Ok(Effect::AmountOff(amount()?)),
        "bundle-price" => Ok(Effect::BundlePrice(amount()?)),
        "fixed-price" => {
            let price = unit_price(value, &place, unit)?;
            if price.value < Decimal::ZERO {
                Err(Problem::wrong(&place, "0 or more"))
            } else {
                Ok(Effect::FixedPrice(price))
            }
        }
        _ => {
            let rate = number_at(value, &place)?;
            if rate < Decimal::ZERO || rate > Decimal::ONE {
                return Err(Problem::wrong(&place, "a fraction from 0 to 1: 0.1 is 10 %"));
            }
            Ok(Effect::RateOff(Rate::from_fraction(rate)))
        }
    }
}

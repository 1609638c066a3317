//! Reading candidates: portions, deals and whole orders, as in the contract's `discount` interface.

use super::fields::{Fields, number_at, text_at};
use super::{
    Basis, Candidate, Case, Effect, OfferMode, Pick, Portion, Requirement, RequirementBasis, Shape, Slot, Spread, Stage,
};
use crate::number::{Rational, one, zero};
use crate::refusal::Refusal;
use serde_json::Value;

pub(super) const MODES: [(&str, OfferMode); 3] =
    [("exclusive", OfferMode::Exclusive), ("best-price", OfferMode::BestPrice), ("compound", OfferMode::Compound)];
pub(super) const BASES: [(&str, Basis); 2] = [("price", Basis::Price), ("payable", Basis::Payable)];
const STAGES: [(&str, Stage); 3] = [("line", Stage::Line), ("shop", Stage::Shop), ("order", Stage::Order)];
const SPREADS: [(&str, Spread); 3] =
    [("across", Spread::Across), ("each-line", Spread::EachLine), ("each-unit", Spread::EachUnit)];
const PICKS: [(&str, Pick); 3] =
    [("best-for-customer", Pick::BestForCustomer), ("cheapest", Pick::Cheapest), ("dearest", Pick::Dearest)];
const REQUIREMENT_BASES: [(&str, RequirementBasis); 3] = [
    ("price", RequirementBasis::Price),
    ("net-of-tax", RequirementBasis::NetOfTax),
    ("payable", RequirementBasis::Payable),
];

/// Reads one candidate; its lines must be in the case.
pub(super) fn read_candidate(value: &Value, place: String, case: &Case) -> Result<Candidate, Refusal> {
    let known = [
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
    let fields = Fields::of(value, place, &known)?;
    fields.need("id")?;
    let priority = fields.number_or("priority", zero())?;
    let priority = i32::try_from(priority.to_integer()).ok().filter(|_| priority.is_integer());
    let priority = priority.ok_or_else(|| Refusal::wrong(fields.at("priority"), "a whole number of 32 bits"))?;
    let mut cap = fields.number("cap")?;
    let mut uses = None;
    if let Some(limits) = fields.get("limits") {
        let limits = Fields::of(limits, fields.at("limits"), &["uses", "uses_per_customer", "money"])?;
        uses = [limits.count("uses")?, limits.count("uses_per_customer")?].into_iter().flatten().min();
        cap = [cap, limits.number("money")?].into_iter().flatten().min();
    }
    if cap.as_ref().is_some_and(|cap| *cap < zero()) {
        return Err(Refusal::wrong(fields.at("cap"), "0 or more"));
    }
    let requires = fields.get("requires").map(|value| read_requirement(value, fields.at("requires"))).transpose()?;
    Ok(Candidate {
        id: fields.text("id")?.unwrap_or_default(),
        stage: fields.choice("stage", &STAGES, Stage::Line)?,
        shape: read_shape(fields.need("shape")?, fields.at("shape"), case)?,
        mode: fields.choice("mode", &MODES, case.policy.default_mode)?,
        group: fields.text("group")?.unwrap_or_else(|| "default".to_owned()),
        priority: priority.into(),
        basis: fields.choice("basis", &BASES, Basis::Price)?,
        spread: fields.choice("spread", &SPREADS, Spread::Across)?,
        requires,
        cap,
        uses,
        skip_above: None,
    })
}

fn read_requirement(value: &Value, place: String) -> Result<Requirement, Refusal> {
    let fields = Fields::of(value, place, &["min", "basis", "left"])?;
    fields.need("min")?;
    Ok(Requirement {
        min: fields.number_or("min", zero())?,
        basis: fields.choice("basis", &REQUIREMENT_BASES, RequirementBasis::Price)?,
        left: fields.flag("left", false)?,
    })
}

/// The one key of a variant and its value.
fn variant<'a>(value: &'a Value, place: &str) -> Result<(&'a str, &'a Value), Refusal> {
    let one_key = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    one_key.map(|(key, value)| (key.as_str(), value)).ok_or_else(|| Refusal::wrong(place, "an object with one key"))
}

fn read_shape(value: &Value, place: String, case: &Case) -> Result<Shape, Refusal> {
    let (name, value) = variant(value, &place)?;
    let place = format!("{place}.{name}");
    match name {
        "whole-order" => Ok(Shape::WholeOrder(read_effect(value, place)?)),
        "portions" => {
            let fields = Fields::of(value, place, &["portions", "effect", "qualifies_on"])?;
            let portions = |key: &str| -> Result<Vec<Portion>, Refusal> {
                fields.list(key)?.into_iter().map(|(place, portion)| read_portion(portion, place, case)).collect()
            };
            let effect = read_effect(fields.need("effect")?, fields.at("effect"))?;
            Ok(Shape::Portions { targets: portions("portions")?, qualifiers: portions("qualifies_on")?, effect })
        }
        "deal" => {
            let fields = Fields::of(value, place, &["slots", "together", "repeat_max"])?;
            let slots: Result<Vec<Slot>, Refusal> =
                fields.list("slots")?.into_iter().map(|(place, slot)| read_slot(slot, place, case)).collect();
            let slots = slots?;
            if slots.iter().all(|slot| slot.count == 0) {
                return Err(Refusal::wrong(fields.at("slots"), "slots with pieces in them"));
            }
            let together = fields.get("together").map(|value| read_effect(value, fields.at("together"))).transpose()?;
            Ok(Shape::Deal { slots, together, repeat_max: fields.count("repeat_max")? })
        }
        _ => Err(Refusal::UnknownKey { place, key: name.to_owned() }),
    }
}

fn read_slot(value: &Value, place: String, case: &Case) -> Result<Slot, Refusal> {
    let fields = Fields::of(value, place, &["pool", "count", "pick", "effect"])?;
    let mut pool = Vec::new();
    for (place, id) in fields.list("pool")? {
        let line = line_index(&text_at(id, place.clone())?, place, case)?;
        if !pool.contains(&line) {
            pool.push(line);
        }
    }
    let effect = fields.get("effect").map(|value| read_effect(value, fields.at("effect"))).transpose()?;
    let pick = fields.choice("pick", &PICKS, Pick::BestForCustomer)?;
    Ok(Slot { pool, count: fields.count("count")?.unwrap_or(1), pick, effect })
}

fn read_portion(value: &Value, place: String, case: &Case) -> Result<Portion, Refusal> {
    let fields = Fields::of(value, place, &["line", "qty"])?;
    fields.need("line")?;
    let line = line_index(&fields.text("line")?.unwrap_or_default(), fields.at("line"), case)?;
    let quantity = fields.number_or("qty", one())?;
    if quantity <= zero() {
        return Err(Refusal::wrong(fields.at("qty"), "more than 0"));
    }
    Ok(Portion { line, quantity })
}

fn line_index(id: &str, place: String, case: &Case) -> Result<usize, Refusal> {
    case.line(id).ok_or_else(|| Refusal::wrong(place, "the id of a line of this basket"))
}

fn read_effect(value: &Value, place: String) -> Result<Effect, Refusal> {
    let (name, value) = variant(value, &place)?;
    let place = format!("{place}.{name}");
    let at_least_zero = |number: Rational| {
        if number < zero() { Err(Refusal::wrong(place.clone(), "0 or more")) } else { Ok(number) }
    };
    match name {
        "amount-off" => Ok(Effect::AmountOff(at_least_zero(number_at(value, place.clone())?)?)),
        "bundle-price" => Ok(Effect::BundlePrice(at_least_zero(number_at(value, place.clone())?)?)),
        "fixed-price" => Ok(Effect::FixedPrice(at_least_zero(read_unit_price(value, place.clone())?)?)),
        "rate-off" => {
            let rate = at_least_zero(number_at(value, place.clone())?)?;
            if rate > one() { Err(Refusal::wrong(place, "a fraction of at most 1")) } else { Ok(Effect::RateOff(rate)) }
        }
        _ => Err(Refusal::UnknownKey { place, key: name.to_owned() }),
    }
}

/// The price of one unit: a number, or `{value, per}`.
fn read_unit_price(value: &Value, place: String) -> Result<Rational, Refusal> {
    if !value.is_object() {
        return number_at(value, place);
    }
    let fields = Fields::of(value, place, &["value", "per"])?;
    fields.need("value")?;
    let per = fields.number_or("per", one())?;
    if per <= zero() {
        return Err(Refusal::wrong(fields.at("per"), "more than 0"));
    }
    Ok(fields.number_or("value", zero())? / per)
}

//! Reading a case, key by key.

use super::{Case, PriceFrom, candidate, line, manual, offer, settings};
use crate::json::{Fields, text_at};
use crate::problem::Problem;
use pos_money::{Currency, Decimal, Quantity, UnitPrice};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keys of a case.
pub(crate) const KEYS: [&str; 17] = [
    "currency",
    "rounding",
    "prices_include_tax",
    "now",
    "customer",
    "codes",
    "policy",
    "lines",
    "price_proposals",
    "candidates",
    "grants",
    "offers",
    "scripts",
    "manual",
    "rewards",
    "tenders",
    "budgets",
];

/// Reads a case whose numbers are text; `written` is the same with its numbers as they were, for the plugin's configuration.
pub(super) fn read(value: &Value, written: &Value) -> Result<Case, Problem> {
    let fields = Fields::of(value, "", &KEYS)?;
    let code = text_at(fields.need("currency")?, "currency")?;
    let currency = Currency::from_code(&code)
        .map_err(|_| Problem::wrong("currency", "a code of ISO 4217 with a smallest amount, like EUR"))?;
    let prices_include_tax = fields.flag("prices_include_tax", false)?;
    let mut case = Case {
        currency,
        rounding: settings::rounding(fields.get("rounding"), currency)?,
        prices_include_tax,
        now: settings::now(fields.get("now"))?,
        customer: fields.get("customer").map(settings::customer).transpose()?.map(Arc::new),
        codes: fields.texts("codes")?,
        policy: settings::policy(fields.get("policy"))?,
        lines: Vec::new(),
        places: BTreeMap::new(),
        candidates: Vec::new(),
        grants: Vec::new(),
        offers: written.get("offers").filter(|offers| !offers.is_null()).map(Value::to_string),
        scripts: fields.texts("scripts")?,
        manual: super::Manual::default(),
        rewards: Vec::new(),
        tenders: Vec::new(),
        budgets: Vec::new(),
    };
    for (index, (place, value)) in fields.list("lines")?.into_iter().enumerate() {
        let line = line::line(value, &place, index, currency, prices_include_tax)?;
        if case.line(&line.id).is_some() {
            return Err(Problem::wrong(&format!("{place}.id"), "different from those of the lines before"));
        }
        case.add_line(line);
    }
    for (place, value) in fields.list("price_proposals")? {
        price_proposal(value, &place, &mut case)?;
    }
    if let Some(value) = fields.get("manual") {
        case.manual = manual::manual(value, &mut case)?;
    }
    for (place, value) in fields.list("candidates")? {
        let read = candidate::candidate(value, &place, &case)?;
        if case.candidates.iter().any(|(_, known)| known.id == read.1.id) {
            return Err(Problem::wrong(&format!("{place}.id"), "different from those of the candidates before"));
        }
        case.candidates.push(read);
    }
    for (place, value) in fields.list("grants")? {
        case.grants.push(offer::grant(value, &place, &case)?);
    }
    for (place, value) in fields.list("budgets")? {
        case.budgets.push(offer::budget(value, &place)?);
    }
    for (place, value) in fields.list("rewards")? {
        let reward = manual::reward(value, &place, currency)?;
        if case.rewards.iter().any(|known| known.id == reward.id) {
            return Err(Problem::wrong(&format!("{place}.id"), "different from those of the rewards before"));
        }
        case.rewards.push(reward);
    }
    let is_told = fields.get("customer").is_some_and(|customer| customer.get("points").is_some());
    if let Some(customer) = case.customer.as_ref().filter(|_| is_told) {
        let costs: i64 = case.rewards.iter().fold(0, |sum, reward| sum.saturating_add(reward.points));
        if costs > customer.points {
            let held = customer.points;
            return Err(Problem::wrong("rewards", &format!("for at most the {held} points that the customer has")));
        }
    }
    for (place, value) in fields.list("tenders")? {
        case.tenders.push(settings::tender(value, &place, currency)?);
    }
    Ok(case)
}

/// A line's price from a `price` extension; at most one for a line.
fn price_proposal(value: &Value, place: &str, case: &mut Case) -> Result<(), Problem> {
    let fields = Fields::of(value, place, &["line", "price", "reason"])?;
    let number = line_number(fields.need("line")?, &fields.at("line"), case)?;
    let unit = case.numbered(number).map_or(Quantity::ONE.unit, |line| line.quantity.unit);
    let price = unit_price(fields.need("price")?, &fields.at("price"), unit)?;
    offer::message(fields.get("reason"), &fields.at("reason"))?;
    for line in case.lines.iter_mut().filter(|line| line.number == number) {
        if line.price_from != PriceFrom::Case {
            return Err(Problem::wrong(place, "the only price proposal for its line"));
        }
        (line.price, line.price_from) = (price, PriceFrom::Proposal);
    }
    Ok(())
}

/// The number of a line that is named by its id.
pub(super) fn line_number(value: &Value, place: &str, case: &Case) -> Result<u32, Problem> {
    let id = text_at(value, place)?;
    case.line(&id).map(|line| line.number).ok_or_else(|| {
        let known: Vec<&str> = case.lines.iter().map(|line| &*line.id).collect();
        Problem::unknown_choice(place, &id, &known)
    })
}

/// The price of one `unit`, or of `{value, per}`.
pub(super) fn unit_price(value: &Value, place: &str, unit: pos_money::Unit) -> Result<UnitPrice, Problem> {
    if !value.is_object() {
        return Ok(UnitPrice { value: crate::json::number_at(value, place)?, per: Quantity::new(Decimal::ONE, unit) });
    }
    let fields = Fields::of(value, place, &["value", "per"])?;
    fields.need("value")?;
    let per = match fields.get("per") {
        Some(per) => quantity(per, &fields.at("per"), unit)?,
        None => Quantity::new(Decimal::ONE, unit),
    };
    if per.value <= Decimal::ZERO {
        return Err(Problem::wrong(&fields.at("per"), "more than 0"));
    }
    Ok(UnitPrice { value: fields.number_or("value", Decimal::ZERO)?, per })
}

/// A number of `unit`, or `{value, uom}`.
pub(crate) fn quantity(value: &Value, place: &str, unit: pos_money::Unit) -> Result<Quantity, Problem> {
    if !value.is_object() {
        return Ok(Quantity::new(crate::json::number_at(value, place)?, unit));
    }
    let fields = Fields::of(value, place, &["value", "uom"])?;
    fields.need("value")?;
    Ok(Quantity::new(fields.number_or("value", Decimal::ZERO)?, line::unit(&fields)?.unwrap_or(unit)))
}

//! Random sales with a random split of their return.

use super::{Random, offers, tax};
use crate::number::{Rational, from_json, one, text, whole, zero};
use serde_json::{Map, Value, json};

/// `{case, parts}`: a sale and the quantities of each line that come back in each part, all of it in the end.
pub(super) fn return_case(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let taxed = tax::tax_case(seed);
    let mut case = offers::offer_case(seed, false);
    for key in ["currency", "rounding", "prices_include_tax"] {
        case[key] = taxed[key].clone();
    }
    // A sale is posted, so it is rounded; unrounded figures are for comparisons only.
    if case["rounding"]["increment"].is_null() {
        case["rounding"].as_object_mut().map(|rounding| rounding.remove("increment"));
    }
    let lists: Vec<Value> = taxed["lines"].as_array().into_iter().flatten().map(|line| line["taxes"].clone()).collect();
    for (index, line) in case["lines"].as_array_mut().into_iter().flatten().enumerate() {
        line["taxes"] = lists[index % lists.len()].clone();
    }
    if case["currency"] == "JPY" {
        in_whole_units(&mut case);
    }
    let (weighed, empties) = (random.chance(30), random.chance(20));
    if let Some(lines) = case["lines"].as_array_mut() {
        if weighed {
            let quantity = text(&(whole(random.between(1, 3_000)) / whole(1_000)), 0);
            // What is levied on a kilogram is another tax than what is levied on a piece.
            let taxes = lists[0].as_array().into_iter().flatten().filter(|tax| tax["kind"] != "fixed-per-unit");
            let taxes: Vec<&Value> = taxes.collect();
            lines.push(json!({ "sku": "W", "uom": "kg", "qty": quantity, "unit_price": "7", "taxes": taxes }));
        }
        if empties {
            let quantity = (-random.between(1, 6)).to_string();
            lines.push(json!({ "sku": "E", "kind": "deposit", "qty": quantity, "unit_price": "1" }));
        }
    }
    let parts = split(&case, seed);
    json!({ "case": case, "parts": parts })
}

/// Quantities by line that come back together, part by part, at random, until all of a case has come back.
pub fn split(case: &Value, seed: u64) -> Vec<Value> {
    let mut random = Random::new(seed);
    let mut left: Vec<(String, Rational)> = Vec::new();
    for (index, line) in case["lines"].as_array().into_iter().flatten().enumerate() {
        let id = line["id"].as_str().map_or_else(|| (index + 1).to_string(), str::to_owned);
        left.push((id, from_json(&line["qty"]).unwrap_or_else(one)));
    }
    let mut parts = Vec::new();
    while left.iter().any(|(_, quantity)| *quantity != zero()) {
        let mut part = Map::new();
        for (id, quantity) in &mut left {
            // Pieces one by one, what is measured by the thousandth.
            let grain = if quantity.is_integer() { one() } else { one() / whole(1_000) };
            let grain = if *quantity < zero() { -grain } else { grain };
            let steps = i64::try_from((&*quantity / &grain).ceil().to_integer()).unwrap_or(1);
            let back = (whole(random.between(0, steps)) * grain)
                .max(quantity.clone().min(zero()))
                .min(quantity.clone().max(zero()));
            *quantity -= &back;
            if back != zero() {
                part.insert(id.clone(), json!(text(&back, 0)));
            }
        }
        if !part.is_empty() {
            parts.push(Value::Object(part));
        }
    }
    parts
}

/// Drops the decimal point of every amount, so that a basket of euros and cents is one of yen.
fn in_whole_units(value: &mut Value) {
    const RATES: [&str; 5] = ["rate", "rate-off", "share", "qty", "count"];
    match value {
        Value::Object(map) => {
            map.iter_mut()
                .filter(|(key, _)| !RATES.contains(&key.as_str()))
                .for_each(|(_, value)| in_whole_units(value));
        }
        Value::Array(list) => list.iter_mut().for_each(in_whole_units),
        Value::String(text) if crate::number::parse(text).is_some() => {
            let digits = text.replace('.', "");
            let trimmed = digits.trim_start_matches('0');
            *text = if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() };
        }
        _ => {}
    }
}

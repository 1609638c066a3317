//! Random sales with a random split of their return.

use super::{Random, offers, tax};
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
    let mut left = Vec::new();
    for (index, line) in case["lines"].as_array_mut().into_iter().flatten().enumerate() {
        line["taxes"] = lists[index % lists.len()].clone();
        left.push(line["qty"].as_str().and_then(|text| text.parse::<i64>().ok()).unwrap_or(1));
    }
    if case["currency"] == "JPY" {
        in_whole_units(&mut case);
    }
    let mut parts = Vec::new();
    while left.iter().any(|quantity| *quantity > 0) {
        let mut part = Map::new();
        for (index, quantity) in left.iter_mut().enumerate() {
            let back = random.between(0, *quantity);
            *quantity -= back;
            if back > 0 {
                part.insert((index + 1).to_string(), json!(back.to_string()));
            }
        }
        if !part.is_empty() {
            parts.push(Value::Object(part));
        }
    }
    json!({ "case": case, "parts": parts })
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

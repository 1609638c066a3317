//! Assignment instances with their published optima, and the three readings of `cheapest`.

use super::PeerCase;
use super::adapt::{cases, decimal, list, number, word};
use crate::number::{Rational, from_json, whole};
use serde_json::{Value, json};

/// Figures of an instance that hold for other picks than the customer's best: the expectation's key, and the pick of each slot.
const READINGS: [(&str, [&str; 2]); 2] = [
    ("saving_pick_cheapest_per_set_grouped_dearest_first", ["dearest", "dearest"]),
    ("saving_pick_cheapest_overall", ["dearest", "cheapest"]),
];

/// The instances of `deals.json`, one case for each published figure.
pub fn deals() -> Vec<PeerCase> {
    let mut all = Vec::new();
    for given in cases(include_str!("../../vectors/deals.json")) {
        let id = word(&given, "name");
        all.push(instance(&given, id.to_owned(), "optimal_saving", &[]));
        for (key, picks) in READINGS {
            if !given["expect"][key].is_null() {
                all.push(instance(&given, format!("{id}/{key}"), key, &picks));
            }
        }
    }
    all
}

fn instance(given: &Value, id: String, figure: &str, picks: &[&str]) -> PeerCase {
    let major = |value: &Value| decimal(&(from_json(value).unwrap_or_default() / whole(100)));
    let lines: Vec<Value> = list(given, "lines")
        .iter()
        .map(|line| {
            json!({ "id": line["id"], "sku": line["id"], "qty": decimal(&number(line, "qty")), "unit_price": major(&line["price"]) })
        })
        .collect();
    let slot = |(index, slot): (usize, &Value)| {
        let mut written = json!({ "pool": slot["pool"], "count": decimal(&number(slot, "count")) });
        if let [numerator, denominator] = list(slot, "rate") {
            let part = |value: &Value| -> Rational { from_json(value).unwrap_or_default() };
            written["effect"] = json!({ "rate-off": decimal(&(part(numerator) / part(denominator))) });
        } else if !slot["fixed"].is_null() {
            written["effect"] = json!({ "fixed-price": major(&slot["fixed"]) });
        }
        if let Some(pick) = picks.get(index) {
            written["pick"] = json!(pick);
        }
        written
    };
    let candidates: Vec<Value> = list(given, "deals")
        .iter()
        .map(|deal| {
            let mut written = json!({ "slots": list(deal, "slots").iter().enumerate().map(slot).collect::<Vec<_>>() });
            if !deal["bundle"].is_null() {
                written["together"] = json!({ "bundle-price": major(&deal["bundle"]) });
            }
            if !deal["repeat_max"].is_null() {
                written["repeat_max"] = deal["repeat_max"].clone();
            }
            json!({ "id": deal["id"], "stage": "line", "group": given["exclusive_group"], "shape": { "deal": written } })
        })
        .collect();
    PeerCase {
        id,
        case: json!({ "currency": given["currency"], "lines": lines, "candidates": candidates }),
        expect: vec![("saving".to_owned(), major(&given["expect"][figure]))],
        tolerance: "0".to_owned(),
    }
}

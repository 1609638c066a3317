//! django-oscar's offers: a condition on count or value, a benefit, discounts rounded down.

use super::PeerCase;
use super::adapt::{cases, decimal, list, number, percent, policy, same_names, word};
use crate::number::{Rational, whole, zero};
use serde_json::{Value, json};

pub(super) fn oscar() -> Vec<PeerCase> {
    cases(include_str!("../../vectors/oscar_offers.json")).iter().map(case).collect()
}

fn case(given: &Value) -> PeerCase {
    let lines: Vec<Value> = list(given, "lines")
        .iter()
        .map(|line| {
            json!({
                "sku": line["sku"],
                "qty": decimal(&number(line, "qty")),
                "unit_price": decimal(&number(line, "unit_price")),
            })
        })
        .collect();
    let pieces: Rational = list(given, "lines").iter().map(|line| number(line, "qty")).sum();
    let promotions = list(given, "promotions").iter().enumerate();
    let candidates: Vec<Value> =
        promotions.filter_map(|(index, promotion)| candidate(promotion, index, lines.len(), &pieces)).collect();
    PeerCase {
        id: word(given, "id").to_owned(),
        case: json!({
            "currency": given["currency"],
            "prices_include_tax": given["prices_include_tax"],
            "policy": policy("oscar_offers"),
            "lines": lines,
            "candidates": candidates,
        }),
        expect: same_names(
            &given["expect"],
            &[("total_discount", "discount"), ("num_items_with_discount", "candidates.*.used.*.qty")],
        ),
        tolerance: "0".to_owned(),
    }
}

/// What an extension would propose: nothing where the count is not there; a value is left to the kernel as a requirement.
fn candidate(promotion: &Value, index: usize, lines: usize, pieces: &Rational) -> Option<Value> {
    let (condition, benefit) = (&promotion["condition"], &promotion["benefit"]);
    let counts = word(condition, "type") == "COUNT";
    let wanted = number(condition, "value");
    if lines == 0 || counts && *pieces < wanted {
        return None;
    }
    let value = decimal(&number(benefit, "value"));
    let pool: Vec<String> = (1..=lines).map(|line| line.to_string()).collect();
    let (effect, spread) = match word(benefit, "type") {
        "FIXED" => (json!({ "amount-off": value }), "across"),
        "FIXED_UNIT" => (json!({ "amount-off": value }), "each-unit"),
        "PERCENTAGE" => (json!({ "rate-off": percent(&number(benefit, "value")) }), "across"),
        "FIXED_PRICE" => (json!({ "bundle-price": value }), "across"),
        _ => (json!({ "rate-off": "1" }), "across"),
    };
    let slot = |count: &Rational, pick: &str| json!({ "pool": pool, "count": decimal(count), "pick": pick });
    let affected = number(benefit, "max_affected_items");
    let shape = match word(benefit, "type") {
        "MULTIBUY" => {
            let mut free = slot(&whole(1), "cheapest");
            free["effect"] = effect;
            let paid = &wanted - whole(1);
            let slots = if counts && paid > zero() { vec![slot(&paid, "dearest"), free] } else { vec![free] };
            json!({ "deal": { "slots": slots, "repeat_max": 1 } })
        }
        "FIXED_PRICE" => {
            json!({ "deal": { "slots": [slot(&wanted, "best-for-customer")], "together": effect, "repeat_max": 1 } })
        }
        _ if affected > zero() => {
            json!({ "deal": { "slots": [slot(&affected, "cheapest")], "together": effect, "repeat_max": 1 } })
        }
        _ => json!({ "whole-order": effect }),
    };
    let mut candidate =
        json!({ "id": format!("offer-{}", index + 1), "stage": "line", "spread": spread, "shape": shape });
    if !counts {
        candidate["requires"] = json!({ "min": decimal(&wanted), "basis": "price", "left": false });
    }
    Some(candidate)
}

//! Vendure's order calculator: figures in minor units, everything rounded per line, order discounts shared on what is to be paid.

use super::PeerCase;
use super::adapt::{Codes, cases, decimal, list, number, percent, policy, word};
use crate::number::{Rational, from_json, whole};
use serde_json::{Value, json};

pub(super) fn vendure() -> Vec<PeerCase> {
    cases(include_str!("../../vectors/vendure_order_calc.json")).iter().map(case).collect()
}

fn major(minor: &Rational) -> String {
    decimal(&(minor / whole(100)))
}

fn case(given: &Value) -> PeerCase {
    let mut codes = Codes::default();
    let included = given["prices_include_tax"].as_bool().unwrap_or_default();
    let sold = list(given, "lines").len();
    let mut lines: Vec<Value> = list(given, "lines")
        .iter()
        .map(|line| {
            json!({
                "sku": line["sku"],
                "qty": decimal(&number(line, "qty")),
                "unit_price": major(&number(line, "unit_price")),
                "taxes": codes.taxes(line, included),
            })
        })
        .collect();
    // Surcharges and shipping are fees: no offer touches them.
    for (key, sku) in [("surcharges", "surcharge"), ("shipping_lines", "shipping")] {
        for fee in list(given, key) {
            let own = fee["includes_tax"].as_bool().unwrap_or(included);
            lines.push(json!({
                "sku": sku,
                "kind": "fee",
                "qty": "1",
                "unit_price": major(&number(fee, "price")),
                "taxes": codes.taxes(&json!({ "tax_rates": [fee["tax"]] }), own),
            }));
        }
    }
    let promotions = list(given, "promotions").iter().enumerate();
    let candidates: Vec<Value> =
        promotions.filter_map(|(index, promotion)| candidate(given, promotion, index, sold)).collect();
    PeerCase {
        id: word(given, "id").to_owned(),
        case: json!({
            "currency": "USD",
            "prices_include_tax": included,
            "rounding": { "mode": "half-up", "level": "per-line" },
            "policy": policy("vendure_order_calc"),
            "lines": lines,
            "candidates": candidates,
        }),
        expect: expected(&given["expect"], &lines),
        tolerance: "0".to_owned(),
    }
}

/// What an extension would propose; a minimum is left to the kernel, on what remains at the candidate's turn.
fn candidate(given: &Value, promotion: &Value, index: usize, sold: usize) -> Option<Value> {
    let value = number(promotion, "value");
    if let Some(least) = from_json(&promotion["if_any_line_qty_at_least"]) {
        list(given, "lines").iter().find(|line| number(line, "qty") >= least)?;
    }
    let effect = match word(promotion, "effect") {
        "percent" => json!({ "rate-off": percent(&value) }),
        "fixed_price" => json!({ "bundle-price": major(&value) }),
        _ => json!({ "amount-off": major(&value) }),
    };
    let per_unit = word(promotion, "effect") == "fixed_per_unit";
    let only = from_json(&promotion["only_list_price"]);
    let chosen =
        (0..sold).filter(|line| only.as_ref().is_none_or(|only| number(&given["lines"][*line], "unit_price") == *only));
    let portions: Vec<Value> = chosen
        .map(|line| json!({ "line": (line + 1).to_string(), "qty": decimal(&number(&given["lines"][line], "qty")) }))
        .collect();
    let order = word(promotion, "scope") == "order";
    let shape = if order {
        json!({ "whole-order": effect })
    } else {
        json!({ "portions": { "portions": portions, "effect": effect } })
    };
    let mut candidate = json!({
        "id": format!("promotion-{}", index + 1),
        "stage": if order { "order" } else { "line" },
        "priority": -(i64::try_from(index).unwrap_or_default()),
        "spread": if per_unit { "each-unit" } else { "across" },
        "shape": shape,
    });
    if let Some(least) = from_json(&promotion["min_order"]) {
        candidate["requires"] = json!({ "min": major(&least), "basis": "price", "left": true });
    }
    Some(candidate)
}

/// Vendure's sub-total leaves shipping out; with shipping it is looked up line by line.
fn expected(expect: &Value, lines: &[Value]) -> Vec<(String, String)> {
    let shipping = lines.iter().position(|line| line["sku"] == "shipping");
    let mut figures = Vec::new();
    for (key, value) in expect.as_object().into_iter().flatten() {
        let path = match (key.as_str(), shipping) {
            ("sub_total", None) => "total_excluded".to_owned(),
            ("sub_total", Some(_)) => "lines.0.taxes.0.base".to_owned(),
            ("total_with_tax", _) => "total_included".to_owned(),
            ("shipping", Some(line)) => format!("lines.{line}.taxes.0.base"),
            ("shipping_with_tax", Some(line)) => format!("lines.{line}.paid"),
            ("prorated_lines_with_tax", _) => {
                let paid = value.as_array().into_iter().flatten().filter_map(from_json).enumerate();
                figures.extend(paid.map(|(line, paid)| (format!("lines.{line}.paid"), major(&paid))));
                continue;
            }
            // How many discounts there are is not a figure of a result.
            _ => continue,
        };
        figures.extend(from_json(value).map(|value| (path, major(&value))));
    }
    figures
}

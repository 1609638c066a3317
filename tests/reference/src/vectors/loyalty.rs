//! Odoo's loyalty programmes, and the one case of ERPNext.

use super::PeerCase;
use super::adapt::{Codes, cases, decimal, list, number, percent, policy, same_names, word};
use crate::number::{Rational, from_json, one, whole, zero};
use serde_json::{Value, json};

pub(super) fn odoo_loyalty() -> Vec<PeerCase> {
    cases(include_str!("../../vectors/odoo_loyalty.json")).iter().map(odoo).collect()
}

fn odoo(given: &Value) -> PeerCase {
    let mut codes = Codes::default();
    let lines: Vec<Value> = list(given, "lines")
        .iter()
        .map(|line| {
            json!({
                "sku": line["sku"],
                "qty": decimal(&number(line, "qty")),
                "unit_price": decimal(&number(line, "unit_price")),
                "taxes": codes.taxes(line, false),
            })
        })
        .collect();
    let promotions = list(given, "promotions").iter().enumerate();
    let candidates: Vec<Value> =
        promotions.filter_map(|(index, promotion)| candidate(promotion, index, &lines)).collect();
    PeerCase {
        id: word(given, "id").to_owned(),
        case: json!({
            "currency": given["currency"],
            "rounding": { "mode": "half-up", "level": "per-line", "included": "from-base" },
            "policy": policy("odoo_loyalty"),
            "lines": lines,
            "candidates": candidates,
            "grants": list(given, "promotions").iter().filter_map(|promotion| grant(promotion, given)).collect::<Vec<_>>(),
        }),
        expect: same_names(
            &given["expect"],
            &[
                ("total_included", "total_included"),
                ("total_excluded", "total_excluded"),
                ("total_tax", "total_tax"),
                ("free_units", "grants.*.qty"),
            ],
        ),
        tolerance: "0".to_owned(),
    }
}

/// Free items are extra lines at no price: an extension grants them for what was bought.
fn grant(promotion: &Value, given: &Value) -> Option<Value> {
    let (buy, free) = (&promotion["buy"], &promotion["free"]);
    if word(promotion, "effect") != "free_item" || number(buy, "qty") <= zero() {
        return None;
    }
    let bought = list(given, "lines").iter().filter(|line| line["sku"] == buy["sku"]);
    let bought: Rational = bought.map(|line| number(line, "qty")).sum();
    let earned = (bought / number(buy, "qty")).floor() * number(free, "qty");
    (earned > zero()).then(|| {
        json!({
            "offer": promotion["id"],
            "items": [free["sku"]],
            "qty": decimal(&earned),
            "effect": { "fixed-price": "0" },
            "automatic": true,
        })
    })
}

fn candidate(promotion: &Value, index: usize, lines: &[Value]) -> Option<Value> {
    let value = number(promotion, "value");
    let (effect, basis) = match word(promotion, "effect") {
        "percent" => (json!({ "rate-off": percent(&value) }), "price"),
        "fixed" => (json!({ "amount-off": decimal(&value) }), "payable"),
        _ => return None,
    };
    let of_sku = word(promotion, "scope") == "sku";
    let chosen = (0..lines.len()).filter(|line| lines[*line]["sku"] == promotion["sku"]);
    let portions: Vec<Value> =
        chosen.map(|line| json!({ "line": (line + 1).to_string(), "qty": lines[line]["qty"] })).collect();
    let shape = if of_sku {
        json!({ "portions": { "portions": portions, "effect": effect } })
    } else {
        json!({ "whole-order": effect })
    };
    let mut candidate = json!({
        "id": format!("programme-{}", index + 1),
        "stage": if of_sku { "line" } else { "order" },
        "priority": -(i64::try_from(index).unwrap_or_default()),
        "basis": basis,
        "shape": shape,
    });
    if let Some(least) = from_json(&promotion["min_order"]) {
        candidate["requires"] = json!({ "min": decimal(&least), "basis": "payable", "left": true });
    }
    Some(candidate)
}

/// A margin is a price, not a discount: the price stage has raised the price before offers see it.
pub(super) fn erpnext() -> Vec<PeerCase> {
    cases(include_str!("../../vectors/erpnext_pricing.json")).iter().map(margin_then_discount).collect()
}

fn margin_then_discount(given: &Value) -> PeerCase {
    let line = &given["lines"][0];
    let (mut price, mut candidates) = (number(line, "unit_price"), Vec::new());
    for (index, promotion) in list(given, "promotions").iter().enumerate() {
        let value = number(promotion, "value");
        match word(promotion, "effect") {
            "margin_percent" => price *= one() + value / whole(100),
            _ => candidates.push(json!({
                "id": format!("rule-{}", index + 1),
                "stage": "line",
                "mode": "compound",
                "shape": { "portions": { "portions": [{ "line": "1", "qty": decimal(&number(line, "qty")) }], "effect": { "rate-off": percent(&value) } } },
            })),
        }
    }
    PeerCase {
        id: word(given, "id").to_owned(),
        case: json!({
            "currency": given["currency"],
            "prices_include_tax": given["prices_include_tax"],
            "lines": [{ "sku": line["sku"], "qty": decimal(&number(line, "qty")), "unit_price": decimal(&price) }],
            "candidates": candidates,
        }),
        expect: same_names(
            &given["expect"],
            &[("rate_with_margin", "lines.0.gross"), ("discount_amount", "discount"), ("unit_price", "lines.0.net")],
        ),
        tolerance: "0".to_owned(),
    }
}

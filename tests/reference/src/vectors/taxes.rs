//! Odoo's and Solidus' tax figures.

use super::PeerCase;
use super::adapt::{Codes, cases, decimal, list, number, percent, same_names, word};
use serde_json::{Value, json};

/// Odoo's tax computations, under `from-base`; global discounts are whole-order candidates on what is to be paid.
pub fn odoo_tax() -> Vec<PeerCase> {
    cases(include_str!("../../vectors/odoo_tax.json")).iter().map(odoo).collect()
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
    let increment = &given["rounding"]["increment"];
    let level = if word(&given["rounding"], "method") == "round_per_line" { "per-line" } else { "per-receipt" };
    let candidates: Vec<Value> = list(given, "promotions")
        .iter()
        .enumerate()
        .map(|(index, promotion)| {
            json!({
                "id": format!("global-{}", index + 1),
                "stage": "order",
                "basis": "payable",
                "shape": { "whole-order": { "rate-off": percent(&number(promotion, "value")) } },
            })
        })
        .collect();
    let expect = &given["expect"];
    let mut figures = same_names(
        expect,
        &[("total_included", "total_included"), ("total_excluded", "total_excluded"), ("total_tax", "total_tax")],
    );
    for (index, tax) in list(expect, "taxes").iter().enumerate() {
        for key in ["base", "amount"] {
            figures.push((format!("taxes.{index}.{key}"), decimal(&number(tax, key))));
        }
    }
    let mut rounding = json!({ "mode": "half-up", "level": level, "included": "from-base", "increment": null });
    if !increment.is_null() {
        rounding["increment"] = json!(decimal(&number(&given["rounding"], "increment")));
    }
    PeerCase {
        id: word(given, "id").to_owned(),
        case: json!({
            "currency": given["currency"],
            "rounding": rounding,
            "lines": lines,
            "candidates": candidates,
        }),
        expect: figures,
        tolerance: if increment.is_null() { "0.0000005" } else { "0" }.to_owned(),
    }
}

/// Solidus' included value added tax.
pub fn solidus_tax() -> Vec<PeerCase> {
    cases(include_str!("../../vectors/solidus_tax.json")).iter().map(solidus).collect()
}

fn solidus(given: &Value) -> PeerCase {
    let included = given["prices_include_tax"].as_bool().unwrap_or_default();
    let mut codes = Codes::default();
    let lines: Vec<Value> = list(given, "lines")
        .iter()
        .map(|line| {
            json!({
                "sku": line["sku"],
                "qty": decimal(&number(line, "qty")),
                "unit_price": decimal(&number(line, "unit_price")),
                "taxes": codes.taxes(line, included),
            })
        })
        .collect();
    let rounding = json!({ "mode": "half-up", "level": "per-line" });
    PeerCase {
        id: word(given, "id").to_owned(),
        case: json!({
            "currency": given["currency"],
            "prices_include_tax": included,
            "rounding": rounding,
            "lines": lines,
        }),
        expect: same_names(&given["expect"], &[("included_tax", "total_tax"), ("total_included", "total_included")]),
        tolerance: "0".to_owned(),
    }
}

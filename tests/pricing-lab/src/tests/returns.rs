//! Returns: what a result gives back, in any split, over all kinds of lines and tenders.

use super::format::{check_valid, validator};
use crate::price;
use pos_case::{NoExtensions, refund};
use pos_reference::number::{Rational, from_json, zero};
use serde_json::{Value, json};

/// Takes parts back one after the other; each names those before by their results.
fn take_back(sale: &Value, parts: &[Value], policy: &str) -> Vec<Value> {
    let (returns, results) = (validator("return"), validator("result"));
    let mut before: Vec<Value> = Vec::new();
    for part in parts {
        let request = json!({ "of": sale, "lines": part, "policy": policy, "before": before });
        check_valid(&returns, &request, "return");
        let result = refund(&request.to_string(), &mut NoExtensions);
        assert!(!pos_case::is_refused(&result), "{result}");
        check_valid(&results, &result, "refund");
        before.push(result);
    }
    before
}

fn amounts(results: &[Value], key: &str) -> Vec<String> {
    results.iter().map(|result| result[key].as_str().unwrap_or("-").to_owned()).collect()
}

fn number(value: &Value) -> Rational {
    from_json(value).unwrap_or_default()
}

/// Every figure of a result by a name that says what it is.
fn figures(result: &Value) -> Vec<(String, Rational)> {
    let mut all = Vec::new();
    for key in ["discount", "total_excluded", "total_tax", "total_included", "cash_rounding"] {
        all.push((key.to_owned(), number(&result[key])));
    }
    all.push(("kept".to_owned(), -number(&result["change"])));
    for tender in result["tenders"].as_array().into_iter().flatten() {
        all.push(("kept".to_owned(), number(&tender["amount"])));
        all.push((format!("points {}", tender["kind"]), number(&tender["points"])));
    }
    for tax in result["taxes"].as_array().into_iter().flatten() {
        for key in ["base", "amount"] {
            all.push((format!("tax {} {key}", tax["code"]), number(&tax[key])));
        }
    }
    for line in result["lines"].as_array().into_iter().flatten() {
        let id = &line["id"];
        for key in ["qty", "gross", "net", "paid"] {
            all.push((format!("line {id} {key}"), number(&line[key])));
        }
        for modifier in line["modifiers"].as_array().into_iter().flatten() {
            for key in ["qty", "amount", "points"] {
                all.push((format!("line {id} {} {key}", modifier["id"]), number(&modifier[key])));
            }
        }
        for tax in line["taxes"].as_array().into_iter().flatten() {
            for key in ["base", "amount"] {
                all.push((format!("line {id} {} {key}", tax["code"]), number(&tax[key])));
            }
        }
    }
    all
}

/// After its returns nothing is left of a sale.
fn check_nothing_left(sale: &Value, refunds: &[Value]) {
    let mut sums: std::collections::BTreeMap<String, Rational> = Default::default();
    for (name, value) in figures(sale).into_iter().chain(refunds.iter().flat_map(figures)) {
        *sums.entry(name).or_insert_with(zero) += value;
    }
    let left: Vec<_> = sums.iter().filter(|(_, value)| **value != zero()).collect();
    assert!(left.is_empty(), "{left:?} left of {sale}");
}

fn line(id: &str, qty: &str) -> Value {
    json!({ "id": id, "qty": qty })
}

/// CHF 10.01 is paid with 10.00 in coins, so 10.00 goes back, in whatever parts.
#[test]
fn ten_francs_and_a_centime_come_back_as_ten_francs() {
    let pieces = |count: i64| {
        price(&json!({
            "currency": "CHF",
            "lines": [{ "qty": count, "unit_price": { "value": "10.01", "per": count } }],
            "tenders": [{ "kind": "cash", "amount": "10.00", "cash_rounding": "0.05" }],
        }))
    };
    for (count, paid) in
        [(3, ["-3.35", "-3.30", "-3.35", "", "", ""]), (6, ["-1.65", "-1.70", "-1.65", "-1.65", "-1.70", "-1.65"])]
    {
        let sale = pieces(count);
        assert_eq!((&sale["total_included"], &sale["cash_rounding"]), (&json!("10.01"), &json!("-0.01")));
        let parts: Vec<Value> = (0..count).map(|_| json!([line("1", "1")])).collect();
        let refunds = take_back(&sale, &parts, "keep-shares");
        let coins: Vec<&str> =
            refunds.iter().map(|one| one["tenders"][0]["amount"].as_str().unwrap_or_default()).collect();
        assert_eq!(coins, paid[..refunds.len()]);
        let back: Rational = refunds.iter().map(|one| number(&one["tenders"][0]["amount"])).sum();
        assert_eq!(back, number(&json!("-10")));
        check_nothing_left(&sale, &refunds);
    }
}

/// Three lines with an order offer, two taxes (in the price and added), a weighed line, a deposit, points and two tenders.
fn everything() -> Value {
    json!({
        "currency": "CHF",
        "lines": [
            { "id": "shirt", "qty": 3, "unit_price": "33.35", "taxes": [{ "code": "VAT", "rate": "0.081", "included": true }] },
            { "id": "cheese", "qty": "0.482", "uom": "kg", "unit_price": "24.90", "taxes": [{ "code": "VAT", "rate": "0.081", "included": true }, { "code": "ECO", "kind": "fixed-per-unit", "amount": "0.35", "included": false }] },
            { "id": "empties", "kind": "deposit", "qty": "-4", "unit_price": "0.30" },
        ],
        "candidates": [{ "id": "ten", "shape": { "whole-order": { "amount-off": "10.00" } } }],
        "rewards": [
            { "id": "birthday", "kind": "discount", "value": "5.00", "points": 500 },
            { "id": "points", "kind": "tender", "value": "7.00", "points": 701 },
        ],
        "tenders": [
            { "kind": "cash", "amount": "20.00", "cash_rounding": { "increment": "0.05" } },
            { "kind": "card", "amount": "60.00" },
            { "kind": "cash", "amount": "50.00", "cash_rounding": { "increment": "0.05" } },
        ],
    })
}

#[test]
fn everything_goes_back_to_zero_in_any_order() {
    let sale = price(&everything());
    assert!(!pos_case::is_refused(&sale), "{sale}");
    let splits = [
        vec![json!([line("shirt", "3"), line("cheese", "0.482"), line("empties", "-4")])],
        vec![
            json!([line("shirt", "1"), line("empties", "-1")]),
            json!([line("cheese", "0.2"), line("shirt", "1")]),
            json!([line("cheese", "0.282"), line("empties", "-3"), line("shirt", "1")]),
        ],
        vec![
            json!([line("empties", "-4")]),
            json!([line("cheese", "0.001")]),
            json!([line("cheese", "0.481")]),
            json!([line("shirt", "2")]),
            json!([line("shirt", "1")]),
        ],
    ];
    for parts in splits {
        let refunds = take_back(&sale, &parts, "keep-shares");
        check_nothing_left(&sale, &refunds);
        // Named by what came back instead of by their results, the earlier returns are the same.
        let before: Vec<Value> = parts[..parts.len() - 1].iter().map(|lines| json!({ "lines": lines })).collect();
        let last = json!({ "of": sale, "lines": parts[parts.len() - 1], "before": before });
        assert_eq!(Some(&refund(&last.to_string(), &mut NoExtensions)), refunds.last());
    }
}

#[test]
fn the_last_tender_is_paid_back_first() {
    let sale = price(&everything());
    let refunds = take_back(&sale, &[json!([line("shirt", "2")]), json!([line("shirt", "1")])], "keep-shares");
    let kinds = |index: usize| -> Vec<&str> {
        refunds[index]["tenders"].as_array().unwrap().iter().map(|tender| tender["kind"].as_str().unwrap()).collect()
    };
    // All cash is one tender at the place of the last; then the card, then the points that were spent first.
    assert_eq!((kinds(0), kinds(1)), (vec!["cash", "card"], vec!["card"]));
    assert_eq!(sale["tenders"][0], json!({ "kind": "points", "amount": "7.00", "points": 701 }));
}

#[test]
fn policies_decide_about_broken_offers() {
    let case = json!({
        "currency": "EUR",
        "lines": [{ "id": "soap", "qty": 7, "unit_price": "2.00" }, { "id": "tie", "qty": 1, "unit_price": "9.00" }],
        "candidates": [
            { "id": "3-for-2", "label": "3 for 2", "shape": { "deal": { "slots": [{ "pool": ["soap"], "count": 3 }], "together": { "bundle-price": "4.00" } } } },
        ],
    });
    let sale = price(&case);
    assert_eq!(sale["total_included"], "19.00");
    let ask = |policy: &str, lines: Value, case: Option<&Value>| {
        let mut request = json!({ "of": sale, "policy": policy, "lines": lines });
        if let Some(case) = case {
            request["case"] = case.clone();
        }
        refund(&request.to_string(), &mut NoExtensions)
    };
    let total = |result: Value| result["total_included"].clone();
    assert_eq!(total(ask("keep-shares", json!([line("soap", "1")]), None)), "-1.43");
    // One soap was in no set; two more are part of one.
    assert_eq!(total(ask("whole-deal", json!([line("soap", "4")]), None)), "-5.71");
    assert_eq!(ask("whole-deal", json!([line("soap", "2")]), None)["refused"]["code"], "return_breaks_deal");
    // Five soaps are one set and two at full price: 8.00. They were sold for 10.00 in all.
    assert_eq!(total(ask("re-rate", json!([line("soap", "2")]), Some(&case))), "-2.00");
    let missing = ask("re-rate", json!([line("soap", "2")]), None);
    assert_eq!((&missing["refused"]["code"], &missing["refused"]["place"]), (&json!("case_missing"), &json!("case")));
    let mut other = case.clone();
    other["lines"][1]["unit_price"] = json!("8.00");
    assert_eq!(ask("re-rate", json!([line("soap", "2")]), Some(&other))["refused"]["code"], "case_differs");
}

/// "Buy a shirt, get a tie": the shirt alone only qualified, and does not come back alone either.
#[test]
fn what_only_qualified_belongs_to_its_deal() {
    let sale = price(&json!({
        "currency": "EUR",
        "lines": [{ "id": "shirt", "unit_price": "40.00" }, { "id": "tie", "unit_price": "20.00" }],
        "candidates": [{ "id": "gift", "shape": { "deal": { "slots": [
            { "pool": ["shirt"], "count": 1 }, { "pool": ["tie"], "count": 1, "effect": { "rate-off": "1" } },
        ] } } }],
    }));
    for alone in ["shirt", "tie"] {
        let request = json!({ "of": sale, "policy": "whole-deal", "lines": [line(alone, "1")] });
        assert_eq!(refund(&request.to_string(), &mut NoExtensions)["refused"]["code"], "return_breaks_deal", "{alone}");
    }
    let both = json!({ "of": sale, "policy": "whole-deal", "lines": [line("shirt", "1"), line("tie", "1")] });
    assert_eq!(refund(&both.to_string(), &mut NoExtensions)["total_included"], "-40.00");
}

#[test]
fn mistakes_are_named() {
    let sale = price(&json!({ "currency": "EUR", "lines": [{ "id": "a", "qty": 2, "unit_price": "1.00" }] }));
    let refused = |request: Value, code: &str, place: &str| {
        let result = refund(&request.to_string(), &mut NoExtensions);
        let found = &result["refused"];
        assert_eq!((&found["code"], &found["place"]), (&json!(code), &json!(place)), "{result}");
        check_valid(&validator("refused"), &result, place);
    };
    let with = |lines: Value, before: Value| json!({ "of": sale, "lines": lines, "before": before });
    let changed = |key: &str, value: Value| {
        let mut of = sale.clone();
        of[key] = value;
        json!({ "of": of, "lines": [line("a", "1")] })
    };
    refused(json!({ "of": sale, "lnes": [] }), "unknown_key", "");
    refused(json!({ "of": sale }), "missing_key", "lines");
    refused(json!({ "lines": [line("a", "1")] }), "missing_key", "of");
    refused(with(json!([]), json!([])), "wrong_value", "lines");
    refused(with(json!([line("b", "1")]), json!([])), "wrong_value", "lines[0].id");
    refused(with(json!([line("a", "3")]), json!([])), "return_exceeds_sold", "lines");
    refused(with(json!([line("a", "2")]), json!([{ "lines": [line("a", "1")] }])), "return_exceeds_sold", "lines");
    refused(
        with(json!([line("a", "1")]), json!([{ "lines": [line("a", "3")] }])),
        "return_exceeds_sold",
        "before[0].lines",
    );
    refused(with(json!([line("a", "0")]), json!([])), "quantity_must_be_positive", "lines");
    refused(with(json!([line("a", "-1")]), json!([])), "return_exceeds_sold", "lines");
    refused(with(json!([{ "id": "a", "qty": "1", "why": 1 }]), json!([])), "unknown_key", "lines[0]");
    refused(changed("colour", json!("red")), "unknown_key", "of");
    refused(changed("total_included", json!("3.00")), "result_does_not_add_up", "of.total_included");
    refused(changed("due", json!("2.00")), "sale_not_paid", "of.due");
    refused(changed("refused", json!({})), "sale_refused", "of");
    refused(json!({ "of": sale, "lines": [line("a", "1")], "policy": "rerate" }), "wrong_value", "policy");
    let back = refund(&json!({ "of": sale, "lines": [line("a", "2")] }).to_string(), &mut NoExtensions);
    refused(json!({ "of": back, "lines": [line("a", "1")] }), "not_a_sale", "of");
    let mut other = back.clone();
    other["total_included"] = json!("-1.99");
    refused(with(json!([line("a", "1")]), json!([other])), "return_differs", "before[0]");
    assert_eq!(amounts(&[back], "total_included"), ["-2.00"]);
    let both = refund(&json!([with(json!([line("a", "1")]), json!([])), 7]).to_string(), &mut NoExtensions);
    assert_eq!((&both[0]["total_included"], &both[1]["refused"]["code"]), (&json!("-1.00"), &json!("wrong_value")));
}

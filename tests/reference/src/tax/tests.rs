//! Properties of taxes over random baskets, and the cases that no published vector covers.

use super::assess;
use crate::case::{Case, read};
use crate::number::{Rational, one, parse, whole};
use serde_json::{Value, json};

fn case(rounding: Value, lines: Value) -> Case {
    read(&json!({ "currency": "EUR", "rounding": rounding, "lines": lines })).unwrap()
}

fn assessed(case: &Case) -> super::Assessed {
    let nets: Vec<Rational> = case.lines.iter().map(crate::case::Line::gross_exact).collect();
    let assessed = assess(case, &nets, &vec![one(); nets.len()]).unwrap();
    assert_eq!(assessed.flaw(), None);
    assessed
}

fn percent(code: &str, rate: &str, included: bool) -> Value {
    json!({ "code": code, "kind": "percent", "rate": rate, "included": included })
}

fn thirds(level: &str, mode: &str, tax: &Value) -> Case {
    let line = json!({ "unit_price": "0.33", "taxes": [tax] });
    case(json!({ "level": level, "mode": mode }), json!([line, line, line]))
}

#[test]
fn three_times_thirty_three_cents() {
    let vat = percent("vat", "0.19", false);
    assert_eq!(assessed(&thirds("per-line", "half-up", &vat)).total_tax(), parse("0.18").unwrap());
    let receipt = assessed(&thirds("per-receipt", "half-up", &vat));
    assert_eq!(receipt.total_tax(), parse("0.19").unwrap());
    // The cent beyond 3 x 0.06 goes to the first of three equal remainders.
    let shares: Vec<Rational> = receipt.lines.iter().map(|line| line.taxes[0].amount.clone()).collect();
    assert_eq!(shares, ["0.07", "0.06", "0.06"].map(|share| parse(share).unwrap()));
}

/// 0.10 at 5 % twice is 0.01 exactly on the receipt and a tie of 0.005 on each line.
#[test]
fn ties_follow_the_mode_per_line_and_per_receipt() {
    let line = json!({ "unit_price": "0.10", "taxes": [percent("t", "0.05", false)] });
    for (mode, per_line, one_alone) in [
        ("half-up", "0.02", "0.01"),
        ("half-even", "0", "0"),
        ("half-down", "0", "0"),
        ("up", "0.02", "0.01"),
        ("down", "0", "0"),
    ] {
        let tax =
            |level: &str, lines: Value| assessed(&case(json!({ "mode": mode, "level": level }), lines)).total_tax();
        assert_eq!(tax("per-line", json!([line, line])), parse(per_line).unwrap(), "{mode}");
        assert_eq!(tax("per-receipt", json!([line, line])), parse("0.01").unwrap(), "{mode}");
        assert_eq!(tax("per-receipt", json!([line])), parse(one_alone).unwrap(), "{mode}");
    }
}

/// State 4 % and city 1.5 % of 0.50: 0.02 + 0.0075, together 0.0275 = 0.03, the cent to the larger remainder.
#[test]
fn a_jurisdiction_is_rounded_once_and_shared_to_its_codes() {
    let tax = |code: &str, rate: &str, place: &str| json!({ "code": code, "rate": rate, "jurisdiction": place, "included": false });
    let line = json!({ "unit_price": "0.50", "taxes": [tax("state", "0.04", "here"), tax("city", "0.015", "here"), tax("bag", "0.015", "there")] });
    let result = assessed(&case(json!({ "level": "per-jurisdiction" }), json!([line])));
    let amounts: Vec<Rational> = result.codes.iter().map(|code| code.amount.clone()).collect();
    assert_eq!(amounts, ["0.02", "0.01", "0.01"].map(|amount| parse(amount).unwrap()));
}

/// Two taxes whose halves of a cent both round up: one of base and shelf price has to give way.
#[test]
fn keep_price_keeps_the_shelf_sum_and_from_base_need_not() {
    let line = json!({ "unit_price": "0.05", "taxes": [percent("a", "0.5", true), percent("b", "0.5", true)] });
    let total = |policy: &str| {
        let result = assessed(&case(json!({ "level": "per-receipt", "included": policy }), json!([line])));
        (result.total_included.clone(), result.total_excluded)
    };
    // 0.05 = 0.025 + 0.0125 + 0.0125: taxes 0.01 + 0.01; kept: base 0.03; from base: 0.03 + 0.02.
    assert_eq!(total("keep-price"), (parse("0.05").unwrap(), parse("0.03").unwrap()));
    let line = json!({ "unit_price": "0.06", "taxes": [percent("a", "0.5", true), percent("b", "0.5", true)] });
    let both = |policy: &str| {
        assessed(&case(json!({ "level": "per-receipt", "included": policy }), json!([line]))).total_included
    };
    // 0.06 = 0.03 + 0.015 + 0.015: taxes 0.02 + 0.02; from base the total is a cent above the shelf.
    assert_eq!((both("keep-price"), both("from-base")), (parse("0.06").unwrap(), parse("0.07").unwrap()));
}

#[test]
fn figures_are_multiples_of_the_increment_or_exact_without_one() {
    let lines = json!([{ "unit_price": "1.99", "qty": 3, "taxes": [percent("t", "0.081", false)] }]);
    let coins = assessed(&case(json!({ "increment": "0.05" }), lines.clone()));
    assert_eq!(coins.total_tax(), parse("0.50").unwrap());
    let exact = assessed(&case(json!({ "increment": null }), lines));
    assert_eq!(exact.total_tax(), parse("0.48357").unwrap());
}

/// Step 18: everything mirrored, to the posted cent of each line.
#[test]
fn a_negative_basket_is_the_mirror_image() {
    for seed in 0..400 {
        let given = crate::generate::tax_case(seed);
        let mut mirrored = given.clone();
        for line in mirrored["lines"].as_array_mut().unwrap() {
            line["qty"] = json!(crate::number::text(&-crate::number::from_json(&line["qty"]).unwrap(), 0));
        }
        let (one, other) = (read(&given).unwrap(), read(&mirrored).unwrap());
        let (one, other) = (
            crate::price::price(&given).unwrap().tax,
            (other.lines.len() == one.lines.len()).then(|| crate::price::price(&mirrored).unwrap().tax).unwrap(),
        );
        assert_eq!(one.total_included, -other.total_included.clone(), "seed {seed}");
        let negate = |assessed: &super::Assessed| -> Vec<(Rational, Vec<Rational>)> {
            assessed
                .lines
                .iter()
                .map(|line| (-&line.paid, line.taxes.iter().map(|tax| -&tax.amount).collect()))
                .collect()
        };
        let plain: Vec<(Rational, Vec<Rational>)> = one
            .lines
            .iter()
            .map(|line| (line.paid.clone(), line.taxes.iter().map(|tax| tax.amount.clone()).collect()))
            .collect();
        assert_eq!(plain, negate(&other), "seed {seed}");
    }
}

/// Sums close for every level, mode, currency and kind of tax.
#[test]
fn random_baskets_close() {
    for seed in 0..1_500 {
        let given = crate::generate::tax_case(seed);
        let priced = crate::price::price(&given).unwrap_or_else(|refusal| panic!("seed {seed}: {refusal}"));
        assert_eq!(priced.tax.flaw(), None, "seed {seed}");
    }
}

/// A 100 % coupon makes the price part exactly 0, whatever the rounding; taxes per unit that are added stay.
#[test]
fn all_off_is_zero_for_every_currency_and_mode() {
    for seed in 0..400 {
        let mut given = crate::generate::tax_case(seed);
        for line in given["lines"].as_array_mut().unwrap() {
            line["taxes"].as_array_mut().unwrap().retain(|tax| tax["kind"] != "fixed-per-unit");
            line["qty"] = json!("2");
            let price = line["unit_price"].as_str().unwrap().trim_start_matches('-').to_owned();
            line["unit_price"] = json!(price);
        }
        for basis in ["price", "payable"] {
            given["candidates"] = json!([{ "id": "all", "stage": "order", "basis": basis, "shape": { "whole-order": { "rate-off": "1" } } }]);
            let priced = crate::price::price(&given).unwrap();
            assert_eq!(priced.tax.total_included, whole(0), "seed {seed} {basis}");
            assert!(priced.tax.codes.iter().all(|code| code.amount == whole(0)), "seed {seed} {basis}");
        }
    }
}

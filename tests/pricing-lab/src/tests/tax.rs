//! Every tax figure of thousands of random baskets is the reference's.

use crate::price;
use pos_reference::compare::{differences, is_disputed};
use pos_reference::generate::{Shape, generate};
use pos_reference::number::{Rational, from_json, parse};
use pos_reference::price::price_json;
use serde_json::{Value, json};

/// Compares every figure of many cases with the reference's.
fn check_all(cases: impl Iterator<Item = Value>, at_least: usize) {
    let (mut compared, mut failures) = (0, Vec::new());
    for case in cases.filter(|case| !is_disputed(case)) {
        let ours = price(&case);
        match price_json(&case) {
            Ok(theirs) => {
                compared += 1;
                let wrong = differences(&case, &ours, &theirs);
                if !wrong.is_empty() {
                    failures.push((wrong, case));
                }
            }
            Err(refusal) => assert!(pos_case::is_refused(&ours), "only the reference refuses, {refusal}: {case}"),
        }
    }
    let smallest = failures.iter().min_by_key(|(_, case)| case.to_string().len());
    assert!(failures.is_empty(), "{} of {compared} differ; the smallest: {smallest:#?}", failures.len());
    assert!(compared >= at_least, "{compared} compared");
}

#[test]
fn thousands_of_baskets_are_taxed_as_the_reference_does() {
    check_all((0..3_000).map(|seed| generate(seed, Shape::Tax)), 2_700);
}

/// A discount on what is to be paid lowers the total and every tax alike (step 19).
#[test]
fn discounts_on_what_is_paid_are_the_references() {
    let discounted = |seed: u64| {
        let mut case = generate(seed, Shape::Tax);
        // A rest to pay below zero is no place for a discount.
        for line in case["lines"].as_array_mut().into_iter().flatten() {
            for key in ["qty", "unit_price"] {
                let magnitude = line[key].as_str().unwrap_or_default().trim_start_matches('-');
                // A discount worth nothing on the price alone is not given here, whatever tax stands on it.
                let is_small = from_json(&magnitude.into()).is_some_and(|value| value < parse("10").unwrap());
                line[key] = if is_small { "10" } else { magnitude }.into();
            }
        }
        let mut candidates = Vec::new();
        for (id, effect) in [("a", json!({ "amount-off": "5" })), ("b", json!({ "rate-off": "0.02" }))] {
            let shape = json!({ "whole-order": effect });
            candidates
                .push(json!({ "id": id, "stage": "order", "mode": "compound", "basis": "payable", "shape": shape }));
        }
        let wanted = usize::try_from(seed % 3).unwrap_or(0);
        case["candidates"] = if wanted < 2 { json!([candidates[wanted]]) } else { json!(candidates) };
        case
    };
    check_all((0..1_500).map(discounted), 1_200);
}

/// What is posted on the lines adds up to what is posted for the receipt.
#[test]
fn lines_add_up_to_the_receipt() {
    let sum = |figures: &mut dyn Iterator<Item = &Value>| -> Rational { figures.filter_map(from_json).sum() };
    for seed in 0..1_000 {
        let case = generate(seed, Shape::Tax);
        if case["rounding"]["increment"].is_null() {
            continue;
        }
        let result = price(&case);
        let lines = || result["lines"].as_array().into_iter().flatten();
        let number = |value: &Value| from_json(value).unwrap();
        assert_eq!(sum(&mut lines().map(|line| &line["paid"])), number(&result["total_included"]), "seed {seed}");
        for tax in result["taxes"].as_array().into_iter().flatten() {
            for key in ["base", "amount"] {
                let posted = lines().flat_map(|line| line["taxes"].as_array().into_iter().flatten());
                let of_code = &mut posted.filter(|posted| posted["code"] == tax["code"]).map(|posted| &posted[key]);
                assert_eq!(sum(of_code), number(&tax[key]), "seed {seed}, {key} of {}", tax["code"]);
            }
        }
    }
}

//! Every tax figure of thousands of random baskets is the reference's.

use crate::price;
use pos_reference::generate::{Shape, generate};
use pos_reference::number::{Rational, from_json, parse};
use pos_reference::price::price_json;
use serde_json::Value;

const CASES: u64 = 3_000;

/// The reference lets an exempt added division tax weigh on the others of its batch, though it says of one that it is simply
/// not there. Such baskets are left out.
fn is_disputed(case: &Value) -> bool {
    let taxes = |line: &Value| line["taxes"].as_array().cloned().unwrap_or_default();
    let included = &case["prices_include_tax"];
    case["lines"].as_array().into_iter().flatten().flat_map(taxes).any(|tax| {
        let added = tax.get("included").unwrap_or(included) == false;
        added && tax["kind"] == "division" && tax.get("exempt").is_some()
    })
}

/// Where two results differ, in words. Unrounded figures may differ in what a division leaves over.
fn differences(ours: &Value, theirs: &Value, exact: bool) -> Vec<String> {
    let tolerance: Rational = parse(if exact { "0.0000000001" } else { "0" }).unwrap();
    let mut wrong = Vec::new();
    let mut compare = |what: String, ours: &Value, theirs: &Value, is_exact: bool| {
        let (Some(left), Some(right)) = (from_json(ours), from_json(theirs)) else {
            wrong.push(format!("{what}: {ours}, the reference says {theirs}"));
            return;
        };
        let difference = if left > right { left - right } else { right - left };
        let tolerance = if is_exact { parse("0.0000000001").unwrap() } else { tolerance.clone() };
        if difference > tolerance {
            wrong.push(format!("{what}: {ours}, the reference says {theirs}"));
        }
    };
    for key in ["total_included", "total_excluded", "total_tax", "discount"] {
        compare(key.to_owned(), &ours[key], &theirs[key], false);
    }
    for (index, tax) in theirs["taxes"].as_array().into_iter().flatten().enumerate() {
        for key in ["base", "amount", "exact_base", "exact_amount"] {
            compare(format!("taxes.{index}.{key}"), &ours["taxes"][index][key], &tax[key], key.starts_with("exact"));
        }
    }
    for (index, line) in theirs["lines"].as_array().into_iter().flatten().enumerate() {
        let own = &ours["lines"][index];
        for key in ["gross", "net", "paid"] {
            compare(format!("lines.{index}.{key}"), &own[key], &line[key], false);
        }
        for (position, tax) in line["taxes"].as_array().into_iter().flatten().enumerate() {
            for key in ["base", "amount"] {
                let what = format!("lines.{index}.taxes.{position}.{key}");
                compare(what, &own["taxes"][position][key], &tax[key], false);
            }
        }
    }
    wrong
}

#[test]
fn thousands_of_baskets_are_taxed_as_the_reference_does() {
    let (mut compared, mut failures) = (0, Vec::new());
    for seed in 0..CASES {
        let case = generate(seed, Shape::Tax);
        if is_disputed(&case) {
            continue;
        }
        let ours = price(&case);
        match price_json(&case) {
            Ok(theirs) => {
                compared += 1;
                let exact = case["rounding"]["increment"].is_null();
                let wrong = if pos_case::is_refused(&ours) {
                    vec![ours["refused"].to_string()]
                } else {
                    differences(&ours, &theirs, exact)
                };
                if !wrong.is_empty() {
                    failures.push((seed, wrong, case));
                }
            }
            Err(refusal) => assert!(pos_case::is_refused(&ours), "seed {seed}: only the reference refuses: {refusal}"),
        }
    }
    let first = failures.iter().min_by_key(|(_, _, case)| case.to_string().len());
    assert!(failures.is_empty(), "{} of {compared} differ; the smallest: {:#?}", failures.len(), first);
    assert!(compared > CASES * 9 / 10, "{compared} compared");
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

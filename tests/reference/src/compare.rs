//! Two results of one case, figure by figure: where they differ, in words.

use crate::number::{Rational, from_json, one, power_of_ten, zero};
use num_traits::Signed;
use serde_json::Value;

/// Figures that are not posted may differ in what a division of 28 digits leaves over: a ten-thousand-millionth.
const LEFT_OVER_DECIMALS: u32 = 10;

/// Compares the totals, taxes and lines of `ours` with `theirs`: posted figures to the minor unit, exact ones to what a division leaves over.
pub fn differences(case: &Value, ours: &Value, theirs: &Value) -> Vec<String> {
    if let Some(refused) = ours.get("refused") {
        return vec![refused.to_string()];
    }
    let left_over = one() / power_of_ten(LEFT_OVER_DECIMALS);
    let unrounded = case["rounding"].get("increment").is_some_and(Value::is_null);
    let mut wrong = Vec::new();
    let mut compare = |what: String, ours: &Value, theirs: &Value| {
        let tolerance: Rational = if unrounded || what.contains("exact") { left_over.clone() } else { zero() };
        let same =
            from_json(ours).zip(from_json(theirs)).is_some_and(|(ours, theirs)| (ours - theirs).abs() <= tolerance);
        if !same {
            wrong.push(format!("{what}: {ours}, the reference says {theirs}"));
        }
    };
    // The reference keeps a discount on what is to be paid out of the net, here it is a modifier like the others; and here one that rounds to
    // nothing is not given, which only exact figures show.
    let on_payable =
        case["candidates"].as_array().into_iter().flatten().any(|candidate| candidate["basis"] == "payable");
    for key in ["total_included", "total_excluded", "total_tax"] {
        compare(key.to_owned(), &ours[key], &theirs[key]);
    }
    for (index, tax) in theirs["taxes"].as_array().into_iter().flatten().enumerate() {
        let keys = ["base", "amount", "exact_base", "exact_amount"].into_iter();
        for key in keys.filter(|key| !on_payable || !key.starts_with("exact")) {
            compare(format!("taxes.{index}.{key}"), &ours["taxes"][index][key], &tax[key]);
        }
    }
    for (index, line) in theirs["lines"].as_array().into_iter().flatten().enumerate() {
        let own = &ours["lines"][index];
        for key in ["gross", "net", "paid"].into_iter().filter(|key| *key != "net" || !on_payable) {
            compare(format!("lines.{index}.{key}"), &own[key], &line[key]);
        }
        for (position, tax) in line["taxes"].as_array().into_iter().flatten().enumerate() {
            for key in ["base", "amount"] {
                let what = format!("lines.{index}.taxes.{position}.{key}");
                compare(what, &own["taxes"][position][key], &tax[key]);
            }
        }
    }
    wrong
}

/// The reference lets an exempt added division tax weigh on the others of its batch, though it says of one that it is simply not there; baskets
/// with such a line are not compared.
pub fn is_disputed(case: &Value) -> bool {
    let included = &case["prices_include_tax"];
    case["lines"].as_array().into_iter().flatten().any(|line| {
        let taxes = line["taxes"].as_array().into_iter().flatten();
        let added = taxes.filter(|tax| tax["kind"] == "division" && tax.get("included").unwrap_or(included) == false);
        let added: Vec<&Value> = added.collect();
        added.len() > 1 && added.iter().any(|tax| tax.get("exempt").is_some())
    })
}

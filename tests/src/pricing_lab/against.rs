//! Held against the reference: taxes figure by figure, savings of offers as fractions.

use super::Seen;
use pos_reference::compare::{differences, is_disputed};
use pos_reference::number::{Rational, from_json, one, power_of_ten};
use pos_reference::price;
use serde_json::Value;

/// A decimal of 28 digits cannot hold a third: what a few divisions leave over, in major units, is 10^-15 at most.
const LEFT_OVER_DECIMALS: u32 = 15;

/// Every figure of a basket without offers.
pub(super) fn taxes(case: &Value, result: &Value, seen: &mut Seen) {
    if is_disputed(case) {
        return seen.count("disputed");
    }
    match price::price_json(case) {
        Err(_) if pos_case::is_refused(result) => seen.count("refused_by_both"),
        Err(_) => seen.count("refused_by_reference"),
        Ok(theirs) => match differences(case, result, &theirs).into_iter().next() {
            None => seen.count("agree"),
            Some(wrong) => seen.wrong(format!("tax: {wrong}")),
        },
    }
}

/// What the offers save, and the certificate; every figure where the same pieces went to the same offers.
pub(super) fn offers(case: &Value, result: &Value, seen: &mut Seen) {
    let Ok(theirs) = price::price(case) else { return seen.count("refused_by_reference") };
    if pos_case::is_refused(result) {
        return seen.wrong(format!("refused: {}", result["refused"]["message"]));
    }
    let certificate = &result["certificate"];
    let (Some(saving), Some(bound)) = (from_json(&certificate["saving"]), from_json(&certificate["bound"])) else {
        return seen.wrong(format!("certificate: {certificate} holds no numbers"));
    };
    let left_over = one() / power_of_ten(LEFT_OVER_DECIMALS);
    let best: &Rational = &theirs.offers.saving;
    let is_optimal = certificate["kind"] == "optimal";
    if bound < &saving - &left_over || bound < best - &left_over {
        return seen.wrong(format!("bound: {bound} is below {saving} or {best}"));
    }
    seen.count(if is_optimal { "optimal" } else { "bounded" });
    if saving < best - &left_over {
        if is_optimal {
            return seen.wrong(format!("saving: {saving} is certified optimal, all assignments tried save {best}"));
        }
        return seen.count("bounded_below_reference");
    }
    if saving > best + &left_over {
        // The reference takes portions whole or not at all, so it may save less where there are any.
        if !has_portions(case) {
            return seen.wrong(format!("saving: {saving} is more than all assignments tried, {best}"));
        }
        return seen.count("above_reference");
    }
    seen.count("agree");
    let theirs = match serde_json::to_value(theirs.result()) {
        Ok(theirs) => theirs,
        Err(error) => return seen.wrong(format!("reference: its result cannot be written: {error}")),
    };
    if used(result) == used(&theirs) {
        seen.count("figures_compared");
        match differences(case, result, &theirs).into_iter().next() {
            None => {}
            // Alike sets are posted together: the same is taken off, but shared over all their lines by what those cost.
            Some(_) if net(result) == net(&theirs) => seen.count("shared_otherwise"),
            Some(wrong) => seen.wrong(format!("figures: {wrong}")),
        }
    }
}

fn net(result: &Value) -> Rational {
    result["lines"].as_array().into_iter().flatten().filter_map(|line| from_json(&line["net"])).sum()
}

fn has_portions(case: &Value) -> bool {
    let candidates = case["candidates"].as_array();
    candidates.into_iter().flatten().any(|candidate| candidate["shape"].get("portions").is_some())
}

/// What each candidate used, in the order of the case.
fn used(result: &Value) -> Vec<(&Value, Vec<(&Value, Option<Rational>)>)> {
    let candidates = result["candidates"].as_array().into_iter().flatten();
    candidates
        .map(|candidate| {
            let parts = candidate["used"].as_array().into_iter().flatten();
            (&candidate["id"], parts.map(|part| (&part["line"], from_json(&part["qty"]))).collect())
        })
        .collect()
}

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

/// What the offers save, and the certificate; every figure where the same is taken off the same lines.
///
/// A certificate speaks of one group after the other. Which of equally good choices a group takes, and how it shares an
/// amount over its lines, decides what is left to the next: with several groups a sum below or above the reference's is no
/// broken promise, and no agreement either. It is counted on its own.
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
    let is_one_group = groups(case) < 2;
    if bound < &saving - &left_over || (is_one_group && bound < best - &left_over) {
        return seen.wrong(format!("bound: {bound} is below {saving} or {best}"));
    }
    seen.count(if is_optimal { "optimal" } else { "bounded" });
    if saving < best - &left_over {
        if !is_one_group {
            return seen.count("below_reference");
        }
        if is_optimal {
            return seen.wrong(format!("saving: {saving} is certified optimal, all assignments tried save {best}"));
        }
        return seen.count("bounded_below_reference");
    }
    if saving > best + &left_over {
        if is_one_group && !is_read_strictly(case) {
            return seen.wrong(format!("saving: {saving} is more than all assignments tried, {best}"));
        }
        return seen.count("above_reference");
    }
    seen.count("agree");
    let theirs = match serde_json::to_value(theirs.result()) {
        Ok(theirs) => theirs,
        Err(error) => return seen.wrong(format!("reference: its result cannot be written: {error}")),
    };
    if nets(result) != nets(&theirs) {
        // The same is saved in all, but it lies on the lines in another way: of equally good assignments another one, a cap on
        // other pieces, or an amount shared over the pieces of all sets instead of set by set.
        return seen.count("other_lines");
    }
    seen.count("same_lines");
    if let Some(wrong) = differences(case, result, &theirs).into_iter().next() {
        seen.wrong(format!("figures: {wrong}"));
    }
}

fn nets(result: &Value) -> Vec<Option<Rational>> {
    result["lines"].as_array().into_iter().flatten().map(|line| from_json(&line["net"])).collect()
}

fn deals(case: &Value) -> impl Iterator<Item = &Value> {
    let candidates = case["candidates"].as_array().into_iter().flatten();
    candidates.filter_map(|candidate| candidate["shape"].get("deal"))
}

/// Groups that the candidates name.
fn groups(case: &Value) -> usize {
    let candidates = case["candidates"].as_array().into_iter().flatten();
    let mut names: Vec<&str> = candidates.map(|candidate| candidate["group"].as_str().unwrap_or("default")).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

/// Whether the reference reads the case more strictly than it must be read: it takes portions whole or not at all, and
/// breaks ties between equally cheap pieces by article even where another piece is better for the customer.
fn is_read_strictly(case: &Value) -> bool {
    let mut candidates = case["candidates"].as_array().into_iter().flatten();
    let mut slots = deals(case).flat_map(|deal| deal["slots"].as_array().into_iter().flatten());
    let is_forced = |slot: &Value| slot.get("pick").is_some_and(|pick| pick != "best-for-customer");
    candidates.any(|candidate| candidate["shape"].get("portions").is_some()) || slots.any(is_forced)
}

//! Sales that come back: in parts against the reference, and at once as the mirror of the sale.

use super::{Seen, price};
use pos_case::NoExtensions;
use pos_reference::cash::TenderRefunds;
use pos_reference::generate::{Random, split};
use pos_reference::number::{Rational, from_json, one, power_of_ten, text, whole, zero};
use pos_reference::returns::Returns;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Decimals to which modifiers' quantities are shared: they are for information, never for money.
const QUANTITY_DECIMALS: u32 = 6;

/// The case paid in some way: nothing, coins that round, a card and coins, points and a card.
fn paid(case: &Value, total: &Rational, seed: u64) -> Value {
    let mut case = case.clone();
    let mut random = Random::new(seed);
    let coins = random.of(["1", "5", "10", "50", "100"]);
    let decimals = case["currency"].as_str().and_then(pos_reference::currency::Currency::of);
    let decimals = decimals.map_or(2, |currency| currency.exponent);
    let increment = text(&(whole(coins.parse().unwrap_or(1)) / power_of_ten(decimals)), decimals);
    let mode = random.of(["half-up", "half-even", "half-down", "up", "down"]);
    let cash = json!({ "kind": "cash", "cash_rounding": { "increment": increment, "mode": mode } });
    // A part that a card or points can hold: whole minor units.
    let part =
        (total * whole(random.between(1, 49)) / whole(100) * power_of_ten(decimals)).trunc() / power_of_ten(decimals);
    let part = text(&part.max(zero()), decimals);
    case["tenders"] = match random.below(4) {
        0 => json!([]),
        // No card pays out what a sale of empties owes.
        _ if *total <= zero() => json!([cash]),
        1 => json!([cash]),
        2 => json!([{ "kind": "card", "amount": part }, cash]),
        _ => json!([cash, { "kind": "card" }]),
    };
    if random.chance(30) && *total > zero() {
        case["rewards"] =
            json!([{ "id": "points", "kind": "tender", "value": part, "points": random.between(1, 2_000) }]);
    }
    case
}

/// The returns of a case in the parts of a seed, as `pos price --return` reads them: each names those before it.
pub(super) fn requests(case: &Value, seed: u64) -> Value {
    let total = from_json(&price(case)["total_included"]).unwrap_or_default();
    let sale = price(&paid(case, &total, seed));
    let mut before: Vec<Value> = Vec::new();
    let mut requests = Vec::new();
    for part in split(case, seed) {
        let lines = lines_of(&part);
        requests.push(json!({ "of": sale, "before": before, "lines": lines }));
        before.push(json!({ "lines": lines }));
    }
    Value::Array(requests)
}

fn lines_of(part: &Value) -> Vec<Value> {
    part.as_object().into_iter().flatten().map(|(id, qty)| json!({ "id": id, "qty": qty })).collect()
}

/// Every part is refunded as the reference does, and after the last nothing is left.
pub(super) fn in_parts(case: &Value, unpaid: &Value, seed: u64, seen: &mut Seen) {
    let total = from_json(&unpaid["total_included"]).unwrap_or_default();
    let sale = price(&paid(case, &total, seed));
    if pos_case::is_refused(&sale) {
        return seen.wrong(format!("refused: {}", sale["refused"]["message"]));
    }
    if sale.get("due").is_some() {
        // Points alone that do not pay it all, or coins that are too coarse.
        return seen.count("not_settled");
    }
    let Ok(mut reference) = Returns::of_result(&sale) else {
        return seen.wrong("reference: it cannot take this result back".to_owned());
    };
    let mut tenders = TenderRefunds::of_result(&sale);
    let (mut refunds, mut before): (Vec<Value>, Vec<Value>) = Default::default();
    for part in split(case, seed) {
        let request = json!({ "of": sale, "before": before, "lines": lines_of(&part) });
        let refund = pos_case::refund(&request.to_string(), &mut NoExtensions);
        let asked: Vec<(String, Rational)> = part
            .as_object()
            .into_iter()
            .flatten()
            .map(|(id, qty)| (id.clone(), from_json(qty).unwrap_or_default()))
            .collect();
        let theirs = match reference.take(&asked) {
            Ok(theirs) => theirs,
            Err(refusal) => return seen.wrong(format!("reference: {refusal}")),
        };
        if let Some(wrong) = differs(&refund, &theirs.result) {
            return seen.wrong(format!("refund: {wrong}"));
        }
        if sale.get("tenders").is_some() {
            let theirs: Vec<(String, Rational, Rational)> =
                tenders.refund(&theirs.total).into_iter().map(|step| (step.kind, -step.amount, -step.points)).collect();
            let ours: Vec<(String, Rational, Rational)> =
                refund["tenders"].as_array().into_iter().flatten().map(step).collect();
            if ours != theirs {
                return seen.wrong(format!("tenders: {} instead of {theirs:?}", refund["tenders"]));
            }
        }
        // Earlier returns are named by their results or by what came back: both say the same.
        before.push(if seed.is_multiple_of(2) { refund.clone() } else { json!({ "lines": lines_of(&part) }) });
        refunds.push(refund);
        seen.count("refunds");
    }
    seen.count("agree");
    let left = left(&sale, &refunds);
    seen.property("sale_and_returns_are_zero", left);
}

fn step(tender: &Value) -> (String, Rational, Rational) {
    let number = |key: &str| from_json(&tender[key]).unwrap_or_default();
    (tender["kind"].as_str().unwrap_or_default().to_owned(), number("amount"), number("points"))
}

/// Where a refund is not the reference's.
fn differs(ours: &Value, theirs: &Value) -> Option<String> {
    if pos_case::is_refused(ours) {
        return Some(ours["refused"]["message"].to_string());
    }
    if ours["total_included"] != theirs["total_included"] {
        return Some(format!("{} instead of {}", ours["total_included"], theirs["total_included"]));
    }
    for line in theirs["lines"].as_array().into_iter().flatten() {
        let own = ours["lines"].as_array().into_iter().flatten().find(|own| own["id"] == line["id"])?;
        for key in ["qty", "gross", "net", "paid"] {
            if own[key] != line[key] {
                return Some(format!("line {} {key} {} instead of {}", line["id"], own[key], line[key]));
            }
        }
        for (list, keys) in [("modifiers", ["id", "amount"]), ("taxes", ["base", "amount"])] {
            let figures = |line: &Value| -> Vec<Value> {
                line[list].as_array().into_iter().flatten().flat_map(|one| keys.map(|key| one[key].clone())).collect()
            };
            if figures(own) != figures(line) {
                return Some(format!("line {} {list} {} instead of {}", line["id"], own[list], line[list]));
            }
        }
        let touched = |line: &Value| -> Vec<Rational> {
            let modifiers = line["modifiers"].as_array().into_iter().flatten();
            modifiers.filter_map(|modifier| from_json(&modifier["qty"])).collect()
        };
        let near = |(one, other): (&Rational, &Rational)| {
            let distance = if one > other { one - other } else { other - one };
            distance <= one_of(QUANTITY_DECIMALS)
        };
        let (own, their) = (touched(own), touched(line));
        if own.len() != their.len() || !own.iter().zip(&their).all(near) {
            return Some(format!("line {} touched {own:?} instead of {their:?}", line["id"]));
        }
    }
    None
}

fn one_of(decimals: u32) -> Rational {
    one() / power_of_ten(decimals)
}

/// A full return is the sale with every sign turned.
pub(super) fn at_once(case: &Value, sale: &Value, seen: &mut Seen) {
    if case["rounding"].get("increment").is_some_and(Value::is_null) || sale.get("due").is_some() {
        return;
    }
    let lines = sale["lines"].as_array().into_iter().flatten();
    let comes_back = lines.filter(|line| from_json(&line["qty"]).is_some_and(|quantity| quantity != zero()));
    let lines: Vec<Value> = comes_back.map(|line| json!({ "id": line["id"], "qty": line["qty"] })).collect();
    if lines.is_empty() {
        return;
    }
    let request = json!({ "of": sale, "lines": lines });
    let refund = pos_case::refund(&request.to_string(), &mut NoExtensions);
    let wrong = if pos_case::is_refused(&refund) {
        Some(refund["refused"]["message"].to_string())
    } else {
        left(sale, std::slice::from_ref(&refund))
    };
    seen.property("full_return_is_the_inverse", wrong);
}

/// The first figure of a sale that its refunds leave.
fn left(sale: &Value, refunds: &[Value]) -> Option<String> {
    let mut sums: BTreeMap<String, Rational> = BTreeMap::new();
    for result in std::iter::once(sale).chain(refunds) {
        collect(result, &mut |name, value| *sums.entry(name).or_insert_with(zero) += value);
    }
    sums.into_iter().find(|(_, value)| *value != zero()).map(|(name, value)| format!("{value} left of {name}"))
}

/// Every figure of a result, by what it is about.
fn collect(result: &Value, add: &mut dyn FnMut(String, Rational)) {
    let number = |value: &Value| from_json(value).unwrap_or_default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for key in ["discount", "total_excluded", "total_tax", "total_included", "cash_rounding"] {
        add(key.to_owned(), number(&result[key]));
    }
    add("till".to_owned(), -number(&result["change"]));
    for tender in list(&result["tenders"]) {
        let is_cash = tender["kind"] == "cash";
        add(if is_cash { "till".to_owned() } else { tender["kind"].to_string() }, number(&tender["amount"]));
        add(format!("points of {}", tender["kind"]), number(&tender["points"]));
    }
    for tax in list(&result["taxes"]) {
        add(format!("base of {}", tax["code"]), number(&tax["base"]));
        add(format!("tax {}", tax["code"]), number(&tax["amount"]));
    }
    for line in list(&result["lines"]) {
        let id = &line["id"];
        for key in ["qty", "gross", "net", "paid"] {
            add(format!("{key} of line {id}"), number(&line[key]));
        }
        for modifier in list(&line["modifiers"]) {
            for key in ["qty", "amount", "points"] {
                add(format!("{key} of {} on line {id}", modifier["id"]), number(&modifier[key]));
            }
        }
        for tax in list(&line["taxes"]) {
            for key in ["base", "amount"] {
                add(format!("{key} of {} on line {id}", tax["code"]), number(&tax[key]));
            }
        }
    }
}

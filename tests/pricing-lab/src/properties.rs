//! Properties that need no reference: sums, signs, order, and what must be zero.

use super::{Seen, price};
use pos_case::{Case, Extensions};
use pos_domain::pricing::proposal::{Candidate, Proposal, Snapshot, Stage};
use pos_money::Currency;
use pos_reference::currency;
use pos_reference::generate::Random;
use pos_reference::number::{Rational, from_json, one, power_of_ten, text, whole, zero};
use pos_reference::round::Mode;
use serde_json::{Value, json};

/// Every property by the name it is counted under.
#[cfg(test)]
pub(super) const NAMES: [&str; 9] = [
    "sums",
    "no_minus_zero",
    "given_away_is_zero",
    "tax_in_and_added_agree",
    "order_of_candidates",
    "order_of_extensions",
    "order_of_scans",
    "full_return_is_the_inverse",
    "sale_and_returns_are_zero",
];

/// Rates as shops have them.
const RATES: [&str; 8] = ["0.19", "0.07", "0.2", "0.081", "0.026", "0.08875", "0.05", "0.0625"];

fn number(value: &Value) -> Rational {
    from_json(value).unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn distance(one: &Rational, other: &Rational) -> Rational {
    if one > other { one - other } else { other - one }
}

/// `-0`, `-0.00` are never printed.
pub(super) fn no_minus_zero(result: &Value, seen: &mut Seen) {
    fn find(value: &Value) -> Option<&str> {
        match value {
            Value::String(text) => {
                let digits = text.strip_prefix('-')?;
                let zero = !digits.is_empty() && digits.chars().all(|letter| matches!(letter, '0' | '.'));
                zero.then_some(text)
            }
            Value::Array(list) => list.iter().find_map(find),
            Value::Object(map) => map.values().find_map(find),
            _ => None,
        }
    }
    let wrong = find(result).map(|text| format!("{text} is printed"));
    seen.property("no_minus_zero", wrong);
}

/// Lines add up to the totals, shares to what was shared.
pub(super) fn sums(case: &Value, result: &Value, seen: &mut Seen) {
    if case["rounding"].get("increment").is_some_and(Value::is_null) {
        return;
    }
    seen.property("sums", wrong_sum(result));
}

fn wrong_sum(result: &Value) -> Option<String> {
    let lines = list(&result["lines"]);
    let over = |key: &str| -> Rational { lines.iter().map(|line| number(&line[key])).sum() };
    let differs = |what: &str, sum: Rational, of: &Value| {
        (sum != number(of)).then(|| format!("{what} add up to {sum}, not to {of}"))
    };
    let mut wrong = differs("what is paid for the lines", over("paid"), &result["total_included"]);
    let excluded = number(&result["total_included"]) - number(&result["total_tax"]);
    wrong = wrong.or_else(|| differs("total less tax", excluded, &result["total_excluded"]));
    wrong = wrong.or_else(|| differs("gross less net", over("gross") - over("net"), &result["discount"]));
    let amounts = list(&result["taxes"]).iter().map(|tax| number(&tax["amount"]));
    wrong = wrong.or_else(|| differs("taxes", amounts.sum(), &result["total_tax"]));
    for tax in list(&result["taxes"]) {
        for key in ["base", "amount"] {
            let shares = lines.iter().flat_map(|line| list(&line["taxes"])).filter(|own| own["code"] == tax["code"]);
            let sum = shares.map(|share| number(&share[key])).sum();
            wrong = wrong.or_else(|| differs(&format!("shares of {} {key}", tax["code"]), sum, &tax[key]));
        }
    }
    for candidate in list(&result["candidates"]) {
        let modifiers = lines.iter().flat_map(|line| list(&line["modifiers"]));
        let own = modifiers.filter(|own| own["id"] == candidate["id"] && own["source"] == candidate["source"]);
        let sum: Rational = own.map(|modifier| -number(&modifier["amount"])).sum();
        wrong = wrong.or_else(|| differs(&format!("shares of {}", candidate["id"]), sum, &candidate["saving"]));
    }
    for line in lines {
        let modifiers: Rational = list(&line["modifiers"]).iter().map(|modifier| number(&modifier["amount"])).sum();
        let net = number(&line["gross"]) + modifiers;
        wrong = wrong.or_else(|| differs(&format!("gross and modifiers of line {}", line["id"]), net, &line["net"]));
        let lowered = list(&line["modifiers"]).iter().any(|modifier| number(&modifier["amount"]) < zero());
        if lowered && number(&line["net"]) < zero() {
            wrong = wrong.or_else(|| Some(format!("line {} is lowered below zero: {}", line["id"], line["net"])));
        }
    }
    wrong
}

/// A basket in any currency, rounded in any way, with everything taken off. The amount is shared on prices: shared on what
/// is paid, a line may be given more than it costs, and what is over is not shared again yet.
pub(super) fn given_away(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let currencies: Vec<Currency> = Currency::all().collect();
    let currency = currencies[random.below(currencies.len())];
    let decimals = u32::from(currency.exponent());
    let amount = |minor: i64| text(&(whole(minor) / power_of_ten(decimals)), decimals);
    let mut lines = Vec::new();
    for index in 1..=random.between(1, 5) {
        let mut taxes = Vec::new();
        for code in 1..=random.between(0, 3) {
            let kind = if random.chance(20) { "division" } else { "percent" };
            // One code means one thing, so the rate belongs to the code.
            let rate = RATES[(usize::try_from(code).unwrap_or(0) + usize::from(kind == "division")) % RATES.len()];
            let included = (seed >> code) & 1 == 0;
            taxes.push(json!({ "code": format!("{kind}{code}"), "kind": kind, "rate": rate, "included": included }));
        }
        let price = amount(random.between(0, 30_000));
        let sku = format!("A{index}");
        lines.push(json!({ "sku": sku, "qty": random.between(1, 9).to_string(), "unit_price": price, "taxes": taxes }));
    }
    let effect = if random.chance(50) { json!({ "rate-off": "1" }) } else { json!({ "bundle-price": "0" }) };
    json!({
        "currency": currency.code(),
        "rounding": {
            "mode": random.of(Mode::ALL).name(),
            "increment": amount([1, 5, 10][random.below(3)]),
            "level": random.of(["per-line", "per-jurisdiction", "per-receipt"]),
            "included": random.of(["keep-price", "from-base"]),
        },
        "policy": {
            "discount_rounding": { "mode": random.of(Mode::ALL).name(), "at": random.of(["line", "candidate"]) },
            "share_on": random.of(["price", "payable"]),
        },
        "lines": lines,
        "candidates": [{ "id": "free", "stage": "order", "shape": { "whole-order": effect } }],
    })
}

pub(super) fn is_free(case: &Value, result: &Value, seen: &mut Seen) {
    // Shrinking may take away what gives it away.
    let free = [json!({ "rate-off": "1" }), json!({ "bundle-price": "0" })];
    if !free.contains(&case["candidates"][0]["shape"]["whole-order"]) {
        return;
    }
    let totals = ["total_included", "total_excluded", "total_tax"].map(|key| &result[key]);
    let of_lines = list(&result["lines"]).iter().flat_map(|line| [&line["net"], &line["paid"]]);
    let left = totals.into_iter().chain(of_lines).find(|figure| number(figure) != zero());
    seen.property("given_away_is_zero", left.map(|left| format!("{left} is left to pay")));
}

/// A basket with one tax that is added to its prices.
pub(super) fn added(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let (currency, decimals) = random.of([("JPY", 0_u32), ("EUR", 2), ("KWD", 3), ("CHF", 2)]);
    let amount = |minor: i64| text(&(whole(minor) / power_of_ten(decimals)), decimals);
    let tax = json!({ "code": "V", "rate": random.of(RATES), "included": false });
    // Of such prices any rate is a whole number of minor units: then nothing may differ at all.
    let grain = if random.chance(30) { 100_000 } else { 1 };
    let mut lines = Vec::new();
    for index in 1..=random.between(1, 5) {
        let price = amount(random.between(1, 30_000) * grain);
        let (sku, qty) = (format!("A{index}"), random.between(1, 6).to_string());
        lines.push(json!({ "sku": sku, "qty": qty, "unit_price": price, "taxes": [tax] }));
    }
    json!({
        "currency": currency,
        "rounding": {
            "mode": random.of(Mode::ALL).name(),
            "increment": amount(if random.chance(30) { 5 } else { 1 }),
            "level": random.of(["per-line", "per-jurisdiction", "per-receipt"]),
            "included": "keep-price",
        },
        "lines": lines,
    })
}

/// The same basket with the tax in its prices: tax and total are the same, but for what rounding moves.
///
/// A shelf price moves less than a unit when it takes the tax in, and each rounding less than an increment.
pub(super) fn agrees_both_ways(case: &Value, added: &Value, seen: &mut Seen) {
    let mut included = case.clone();
    let mut exact = true;
    let code = case["currency"].as_str().unwrap_or_default();
    let unit = currency::Currency::of(code).map_or_else(one, |currency| currency.minor_unit());
    for line in included["lines"].as_array_mut().into_iter().flatten() {
        let taxed = one() + list(&line["taxes"]).iter().map(|tax| number(&tax["rate"])).sum::<Rational>();
        let price = number(&line["unit_price"]) * taxed;
        exact &= (&price / &unit).is_integer();
        line["unit_price"] = json!(text(&price, 0));
        for tax in line["taxes"].as_array_mut().into_iter().flatten() {
            tax["included"] = json!(true);
        }
    }
    let increment = case["rounding"].get("increment").map_or_else(|| unit.clone(), number);
    let within = price(&included);
    let count = list(&case["lines"]).len();
    let lines = whole(i64::try_from(count).unwrap_or(i64::MAX));
    let roundings = if case["rounding"]["level"] == "per-line" { lines.clone() } else { one() };
    let shelf = if exact { zero() } else { &lines * &unit };
    let tax_moves = if exact { zero() } else { &shelf + whole(2) * &increment * &roundings };
    let total_moves = shelf + if exact && increment == unit { zero() } else { &increment * &roundings };
    let wrong = [("total_tax", tax_moves), ("total_included", total_moves)].into_iter().find_map(|(key, most)| {
        let (one, other) = (number(&added[key]), number(&within[key]));
        (distance(&one, &other) > most)
            .then(|| format!("{key} is {one} added and {other} included, more than {most} apart"))
    });
    seen.count(if exact { "exact" } else { "rounded" });
    seen.property("tax_in_and_added_agree", wrong);
}

/// Figures that no order may change.
fn same_figures(one: &Value, other: &Value) -> Option<String> {
    let keys = ["lines", "taxes", "discount", "total_excluded", "total_tax", "total_included", "certificate"];
    let key = keys.into_iter().find(|key| one[*key] != other[*key])?;
    Some(format!("{key}: {} becomes {}", one[key], other[key]))
}

fn shuffled<T: Clone>(list: &[T], random: &mut Random) -> Vec<T> {
    let mut list = list.to_vec();
    for index in (1..list.len()).rev() {
        list.swap(index, random.below(index + 1));
    }
    list
}

/// The order of candidates, extensions and scans.
pub(super) fn order(case: &Value, result: &Value, seed: u64, seen: &mut Seen) {
    let mut random = Random::new(seed);
    let candidates = list(&case["candidates"]);
    if candidates.len() > 1 {
        let mut other = case.clone();
        other["candidates"] = Value::Array(shuffled(candidates, &mut random));
        seen.property("order_of_candidates", same_figures(result, &price(&other)));
        seen.property("order_of_extensions", apart(case, &mut random));
    }
    let mut other = case.clone();
    for (index, line) in other["lines"].as_array_mut().into_iter().flatten().enumerate() {
        if let Some(line) = line.as_object_mut() {
            line.entry("id").or_insert_with(|| json!((index + 1).to_string()));
        }
    }
    other["lines"] = Value::Array(shuffled(list(&other["lines"]), &mut random));
    seen.property("order_of_scans", scans(case, result, &price(&other)));
}

/// What the offers save does not depend on the order of scans. Where there are none, nothing does but who gets which
/// cent of a tax.
fn scans(case: &Value, one: &Value, other: &Value) -> Option<String> {
    for pointer in ["/certificate/saving", "/certificate/kind"] {
        let (one, other) = (one.pointer(pointer), other.pointer(pointer));
        if one != other {
            return Some(format!("{pointer}: {one:?} becomes {other:?}"));
        }
    }
    if !list(&case["candidates"]).is_empty() {
        return None;
    }
    if one["total_included"] != other["total_included"] {
        return Some(format!("the total {} becomes {}", one["total_included"], other["total_included"]));
    }
    let by_code =
        |result: &Value, code: &Value| list(&result["taxes"]).iter().find(|tax| tax["code"] == *code).cloned();
    let changed = list(&one["taxes"]).iter().find(|tax| by_code(other, &tax["code"]).as_ref() != Some(*tax));
    changed.map(|tax| format!("tax {tax} becomes {:?}", by_code(other, &tax["code"])))
}

/// Candidates told by two extensions.
struct Apart(Vec<(&'static str, Vec<(Stage, Candidate)>)>);

impl Extensions for Apart {
    fn offers(&mut self, _config_json: &str, _stage: Stage, _basket: &Snapshot) -> Result<Proposal, String> {
        Err("the case names no offers".to_owned())
    }

    fn script(&mut self, path: &str, stage: Stage, _basket: &Snapshot) -> Result<Proposal, String> {
        let own = self.0.iter().filter(|(name, _)| *name == path).flat_map(|(_, candidates)| candidates);
        let candidates = own.filter(|(at, _)| *at == stage).map(|(_, candidate)| candidate.clone()).collect();
        Ok(Proposal { candidates, ..Proposal::default() })
    }
}

/// The candidates in two extensions, asked in both orders.
fn apart(case: &Value, random: &mut Random) -> Option<String> {
    let mut case = match Case::from_text(&case.to_string()) {
        Ok(case) => case,
        Err(problem) => return Some(problem.message),
    };
    let mut told: [Vec<(Stage, Candidate)>; 2] = Default::default();
    for candidate in std::mem::take(&mut case.candidates) {
        told[random.below(2)].push(candidate);
    }
    let [one, other] = told;
    let mut extensions = Apart(vec![("one", one), ("other", other)]);
    let mut results = Vec::new();
    for order in [["one", "other"], ["other", "one"]] {
        case.scripts = order.map(Into::into).to_vec();
        match pos_case::price_case(&case, &mut extensions) {
            Ok(result) => results.push(result),
            Err(problem) => return Some(problem.message),
        }
    }
    same_figures(&results[0], &results[1])
}

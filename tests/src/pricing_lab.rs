//! Random baskets against the independent reference: `lab pricing`.
//!
//! Every basket is a case in the format of `pos price --case`, made from a seed. Taxes must agree to the minor unit;
//! what the offers save is held against all assignments there are (brute force, exact fractions): never less, and never
//! more than the certificate's bound. A return in any split must leave nothing. What fails is shrunk to a small case
//! and printed, so that `pos price` shows it.

use pos_case::NoExtensions;
use pos_reference::generate::{Shape, generate};
use pos_reference::{price, shrink};
use serde::Serialize;
use serde_json::Value;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Baskets tried.
    pub count: u64,
    /// Where it began.
    pub seed: u64,
    /// Tax baskets that agreed.
    pub taxes: u64,
    /// Offer baskets that were held against brute force.
    pub offers: u64,
    /// Those whose certificate says that nothing better exists.
    pub optimal: u64,
    /// Those that save more than the reference: it takes portions whole or not at all.
    pub better: u64,
    /// Baskets the reference itself does not price.
    pub skipped: u64,
    /// What went wrong, each with a small case that shows it.
    pub violations: Vec<Violation>,
}

/// Something that must not be.
#[derive(Debug, Serialize)]
pub struct Violation {
    /// What.
    pub what: String,
    /// The smallest case found that shows it.
    pub case: Value,
}

/// Tries `count` baskets from `seed` on: of four, one about taxes, two about offers, one with forced picks.
pub fn run(count: u64, seed: u64, progress: impl Fn(u64)) -> Report {
    let mut report = Report { count, seed, ..Report::default() };
    for index in 0..count {
        let of = seed.wrapping_mul(1_000_003).wrapping_add(index);
        let shape = match index % 4 {
            0 => Shape::Tax,
            1 | 2 => Shape::Offers,
            _ => Shape::ForcedPicks,
        };
        let case = generate(of, shape);
        match held(&case) {
            Held::Agrees { optimal, better, has_offers } => {
                if has_offers {
                    report.offers += 1;
                    report.optimal += u64::from(optimal);
                    report.better += u64::from(better);
                } else {
                    report.taxes += 1;
                }
            }
            Held::Skipped => report.skipped += 1,
            Held::Differs(what) => {
                // The same failure, told by its first word.
                let kind = |what: &str| what.split(' ').next().map(str::to_owned);
                let wanted = kind(&what);
                let still = |smaller: &Value| matches!(held(smaller), Held::Differs(now) if kind(&now) == wanted);
                report.violations.push(Violation { what, case: shrink::shrink(&case, &still) });
            }
        }
        progress(index + 1);
    }
    report
}

enum Held {
    Agrees { optimal: bool, better: bool, has_offers: bool },
    Skipped,
    Differs(String),
}

/// One case against the reference.
fn held(case: &Value) -> Held {
    let Ok(expected) = price::price(case) else { return Held::Skipped };
    let found = pos_case::price(&case.to_string(), &mut NoExtensions);
    if let Some(refused) = found.get("refused") {
        return Held::Differs(format!("refused: {}", refused["message"]));
    }
    let has_offers = case["candidates"].as_array().is_some_and(|candidates| !candidates.is_empty());
    if !has_offers {
        let Ok(expected) = price::price_json(case) else { return Held::Skipped };
        for key in ["total_excluded", "total_tax", "total_included", "discount"] {
            if !same(&found[key], &expected[key], case) {
                return Held::Differs(format!("{key} is {} instead of {}", found[key], expected[key]));
            }
        }
        return Held::Agrees { optimal: true, better: false, has_offers };
    }
    // Compared to a millionth of a minor unit.
    let reference = expected.offers.saving.to_string();
    let certificate = &found["certificate"];
    let (saving, bound) = (number(&certificate["saving"]), number(&certificate["bound"]));
    let Some(reference) = fraction(&reference) else { return Held::Skipped };
    let near = 1e-8;
    if saving < reference - near && groups(case) > 1 {
        // One group after the other: which of equally good pieces the first one takes decides what is left to the next.
        return Held::Agrees { optimal: false, better: false, has_offers };
    }
    if saving < reference - near {
        return Held::Differs(format!("saves {saving}, all assignments tried save {reference}"));
    }
    if bound < saving - near || bound < reference - near {
        return Held::Differs(format!("the bound {bound} is below {saving} or {reference}"));
    }
    let optimal = certificate["kind"] == "optimal";
    Held::Agrees { optimal, better: saving > reference + near, has_offers }
}

fn number(value: &Value) -> f64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

/// The same text; where the case rounds nothing, the same number as far as both write it out.
fn same(found: &Value, expected: &Value, case: &Value) -> bool {
    let is_exact = case["rounding"].get("increment").is_some_and(Value::is_null);
    found == expected || (is_exact && (number(found) - number(expected)).abs() < 1e-9)
}

/// Groups that the candidates name.
fn groups(case: &Value) -> usize {
    let candidates = case["candidates"].as_array().into_iter().flatten();
    let mut names: Vec<&str> = candidates.map(|candidate| candidate["group"].as_str().unwrap_or("default")).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

/// A fraction as the reference writes it: `12345/7`.
fn fraction(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    Some(above.parse::<f64>().ok()? / below.parse::<f64>().ok()?)
}

//! Pricing as a pure function of a JSON case: what a basket costs and why, no shop needed.
//!
//! Why: a price that can be asked for in one document can be tested, compared with other systems, put into a bug report
//! and found again in ten years. `pos price --case FILE` is this crate with files around it; it prices with the very
//! engine of the register and invents nothing of its own.
//!
//! Three soaps for the price of two and a beer, value added tax in the prices; the candidate saves 2.00:
//!
//! ```
//! let case = r#"{
//!     "currency": "EUR",
//!     "prices_include_tax": true,
//!     "lines": [
//!         { "sku": "SOAP", "qty": 3, "unit_price": "2.00", "taxes": [{ "code": "V19", "rate": "0.19" }] },
//!         { "sku": "BEER", "unit_price": 4.50, "taxes": [{ "code": "V19", "rate": "0.19" }] }
//!     ],
//!     "candidates": [{
//!         "id": "3-for-2",
//!         "shape": { "deal": { "slots": [{ "pool": [1], "count": 3 }], "together": { "bundle-price": "4.00" } } }
//!     }],
//!     "tenders": [{ "kind": "cash", "amount": "10.00" }]
//! }"#;
//! let result = pos_case::price(case, &mut pos_case::NoExtensions);
//! assert_eq!(result["lines"][0]["modifiers"][0]["amount"], "-2.00");
//! assert_eq!(result["lines"][0]["paid"], "4.00");
//! assert_eq!(result["taxes"][0]["base"], "7.14");
//! assert_eq!(result["taxes"][0]["amount"], "1.36");
//! assert_eq!(result["total_included"], "8.50");
//! assert_eq!(result["change"], "1.50");
//!
//! let mistaken = pos_case::price(r#"{ "currency": "EUR", "linse": [] }"#, &mut pos_case::NoExtensions);
//! assert_eq!(mistaken["refused"]["code"], "unknown_key");
//! assert_eq!(mistaken["refused"]["next"], "Did you mean \"lines\"?");
//! assert!(pos_case::is_refused(&mistaken));
//! ```
//!
//! # The case
//!
//! Amounts and numbers are decimal text or JSON numbers, in major units; rates are fractions; variants are objects with one
//! key (`{"rate-off": "0.1"}`); choices are kebab-case words. An unknown key is refused by name. [`schema`] is the whole of
//! it as a JSON Schema. What the schema cannot say:
//!
//! - A candidate without a `stage` is looked at with the order if it is on the whole order, else with the lines.
//! - Stages follow each other: an order offer works on what item and shop deals left of every line, and `exclusive` means
//!   alone among the offers of its stage. What an exclusive deal took, no later offer touches.
//! - A portion without `qty`, and a slot without `count`, mean one piece.
//! - `attrs` of a candidate may hold `{"except-lines": {"texts": ["2"]}}`: lines that an offer on the whole order leaves alone
//!   and that do not count to what it requires.
//! - `price_proposals` set a line's price. `manual.overrides` set it and close the line to offers. `manual.lines` come after
//!   item deals and close their line to everything later; `final-price` is what the line costs in the end, all of it.
//!   `manual.basket`, then `rewards` of kind `discount`, come after order offers; rewards of kind `tender` pay first.
//! - `increment` absent is the currency's smallest amount, `null` leaves every tax figure unrounded; then nothing is posted,
//!   paid or explained.
//! - A gross is rounded to the smallest amount by the case's mode.
//! - An exempt tax that is in the price comes out of it, unless its `keep_price` is true.
//! - `base_affected_by_previous` is true unless it says otherwise; it matters only after a tax that affects the next base.
//! - Without `now` it is Thursday, 1 January 2026, noon. No clock is read.
//! - Cash gives change and is rounded by its `cash_rounding`; other tenders cannot exceed what is due. A tender without an
//!   amount pays what is due.
//!
//! # The result
//!
//! Amounts are decimal text with the currency's decimals; `-0.00` is never written. [`schema`] names every key. What it
//! cannot say:
//!
//! - `lines[].net` is what is left of `gross` after `modifiers`; `paid` is what the customer pays, every tax in.
//! - `taxes` come in the order of first appearance; `exact_base` and `exact_amount` are as they were before `rounding`.
//! - `candidates` come in the case's order, then what extensions and people proposed. `reason` names the winner or the
//!   condition that does not hold. `near_misses` says what is missing ("1 more of SOAP").
//! - `certificate`: no choice of the offers saves more than `bound`. It speaks of one group after the other.
//! - `explain` is the chain of each line, in words: price, rounding, modifiers, offers not given and why, tax workings.
//! - `change` is there once everything is paid, else `due`.
//!
//! # A return
//!
//! [`refund`] takes back a part of a result. It reads `{"of": a result, "lines": [{"id", "qty"}]}` and answers in the keys of
//! a result, every sign turned: `qty` "-1", `gross` "-2.00", `modifiers` "0.67", `tenders` "-1.33". Further keys:
//!
//! - `policy`: `keep-shares` (refund what was paid for the piece), `whole-deal` (pieces of one deal come back together or
//!   not at all), `re-rate` (price what is kept again; needs the sale's `case`, and refuses without it).
//! - `before`: what was returned of the sale earlier, in its order: the results of those returns, or `{"lines", "policy"}`.
//!   So any split adds up to the sale: 10.01 paid with 10.00 in coins goes back as 3.35, 3.30 and 3.35.
//! - A quantity has the sign it was sold with: four empties taken in come back with -4.
//! - Money goes over the tenders in reverse order; what none of them had paid says `needs_right`. A result without tenders
//!   is refunded without saying how.
//! - Nothing is decided in a return, so it lists no candidates and no grants.
//!
//! Start reading at [`price`]; [`case`] reads, `drive` runs the stages, `result` computes tax and writes, `explain` finds the
//! words, `returns` takes back.

pub mod case;
mod drive;
mod explain;
mod json;
mod problem;
mod result;
mod returns;
mod schema;
mod settle;
mod unrounded;

pub use case::Case;
pub use drive::{Extensions, NoExtensions};
pub use problem::Problem;
pub use schema::schema;

use serde_json::Value;

/// Prices a case, or an array of cases: an array in gives an array out, a refused case `{"refused": …}` in its place.
pub fn price(case_json: &str, extensions: &mut dyn Extensions) -> Value {
    each(case_json, |quoted, written| Case::from_values(quoted, written).and_then(|case| price_case(&case, extensions)))
}

/// Takes back a part of a priced case, or of each of an array of them: see [A return](crate#a-return).
///
/// `{"of": a result, "lines": [{"id", "qty"}], "policy", "before": [earlier returns], "case"}` gives a result with every
/// sign turned.
pub fn refund(return_json: &str, extensions: &mut dyn Extensions) -> Value {
    each(return_json, |quoted, written| returns::refund(quoted, written, extensions))
}

/// One document, or an array of them.
fn each(text: &str, mut one: impl FnMut(&Value, &Value) -> Result<Value, Problem>) -> Value {
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (quoted, written) = match (json::parse(text), serde_json::from_str::<Value>(text)) {
        (Ok(quoted), Ok(written)) => (quoted, written),
        (Err(problem), _) => return problem.to_json(),
        (_, Err(error)) => {
            let message = format!("This is not JSON: {error}.");
            return Problem::new("malformed", "", message, "Correct the text.").to_json();
        }
    };
    let mut answer = |quoted: &Value, written: &Value| one(quoted, written).unwrap_or_else(|problem| problem.to_json());
    match (quoted, written) {
        (Value::Array(quoted), Value::Array(written)) => {
            quoted.iter().zip(&written).map(|(quoted, written)| answer(quoted, written)).collect()
        }
        (quoted, written) => answer(&quoted, &written),
    }
}

/// Prices a case that was read before.
pub fn price_case(case: &Case, extensions: &mut dyn Extensions) -> Result<Value, Problem> {
    result::price(case, extensions)
}

/// Whether a result, or any of an array of results, is a refusal: exit status 1.
pub fn is_refused(result: &Value) -> bool {
    match result {
        Value::Array(results) => results.iter().any(is_refused),
        result => result.get("refused").is_some(),
    }
}

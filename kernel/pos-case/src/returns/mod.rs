//! Returns of a priced case: what of it goes back, to the cent, in any split and order.
//!
//! A result of `pos price` holds everything that was posted for its lines, so it can be taken back without its case:
//! every figure goes back in cumulative shares, and the money over the tenders in reverse order
//! ([`pos_domain::returns`]). The refund has the shape of a result with every sign turned: after the last piece each
//! figure of the sale and its refunds add up to zero.
//!
//! Three soaps for the price of two; one comes back, then the other two:
//!
//! ```
//! let sale = pos_case::price(r#"{
//!     "currency": "EUR",
//!     "lines": [{ "sku": "SOAP", "qty": 3, "unit_price": "2.00" }],
//!     "candidates": [{
//!         "id": "3-for-2",
//!         "shape": { "deal": { "slots": [{ "pool": [1], "count": 3 }], "together": { "bundle-price": "4.00" } } }
//!     }],
//!     "tenders": [{ "kind": "cash", "amount": "5.00" }]
//! }"#, &mut pos_case::NoExtensions);
//!
//! let one = serde_json::json!({ "of": sale, "lines": [{ "id": "1", "qty": "1" }] });
//! let one = pos_case::refund(&one.to_string(), &mut pos_case::NoExtensions);
//! assert_eq!(one["lines"][0]["gross"], "-2.00");
//! assert_eq!(one["lines"][0]["modifiers"][0]["amount"], "0.67");
//! assert_eq!(one["total_included"], "-1.33");
//! assert_eq!(one["tenders"][0]["amount"], "-1.33");
//!
//! let rest = serde_json::json!({ "of": sale, "before": [one], "lines": [{ "id": "1", "qty": "2" }] });
//! let rest = pos_case::refund(&rest.to_string(), &mut pos_case::NoExtensions);
//! assert_eq!(rest["total_included"], "-2.67");
//!
//! // In one deal, all or nothing.
//! let broken = serde_json::json!({ "of": sale, "policy": "whole-deal", "lines": [{ "id": "1", "qty": "1" }] });
//! let broken = pos_case::refund(&broken.to_string(), &mut pos_case::NoExtensions);
//! assert_eq!(broken["refused"]["code"], "return_breaks_deal");
//! ```

mod read;
mod sold;
mod write;

use crate::case::Case;
use crate::drive::{Extensions, drive};
use crate::problem::Problem;
use pos_domain::Refusal;
use pos_domain::pricing::PricedBasket;
use pos_domain::returns::{Kept, Policy, Refund, RefundPlan, ReturnPolicy, Returned, TakeBack};
use pos_money::Decimal;
use read::{Asked, Request};
use serde_json::Value;
use sold::Sale;
use std::cell::RefCell;

/// Refunds what a file asks for: `quoted` has its numbers as text, `written` is the same as it stands.
pub(crate) fn refund(quoted: &Value, written: &Value, extensions: &mut dyn Extensions) -> Result<Value, Problem> {
    let Request { sale, before, asked, case } = read::request(quoted, written)?;
    if let Some(case) = &case {
        sale.check_case(case, &crate::price_case(case, extensions)?)?;
    }
    let mut desk = Desk { sale: &sale, case: case.as_ref(), returned: Returned::default(), extensions };
    for earlier in &before {
        let (refund, _) = desk.accept(&earlier.asked)?;
        if earlier.paid.is_some_and(|paid| paid != refund.total) {
            let message = format!(
                "{} refunds another amount than this sale gives for its pieces at that place: {}.",
                earlier.asked.place,
                sale.currency.format(refund.total)
            );
            let next = "Name all returns of the sale before this one, in their order.";
            return Err(Problem::new("return_differs", earlier.asked.place.as_str(), message, next));
        }
    }
    let taken = desk.returned.clone();
    let (refund, plan) = desk.accept(&asked)?;
    write::refund(&sale, &taken, &refund, &plan, asked.policy)
}

/// Takes back one return after the other.
struct Desk<'a> {
    sale: &'a Sale,
    case: Option<&'a Case>,
    returned: Returned,
    extensions: &'a mut dyn Extensions,
}

impl Desk<'_> {
    fn accept(&mut self, asked: &Asked) -> Result<(Refund, RefundPlan), Problem> {
        let Desk { sale, case, returned, extensions } = self;
        let take: Vec<TakeBack> =
            asked.lines.iter().map(|(number, quantity)| TakeBack::to_stock(*number, *quantity)).collect();
        let refused = |refusal: Refusal| sale.named(refusal, &asked.place);
        // Pricing again may fail in ways that only a case can; what went wrong there is what is told.
        let failed: RefCell<Option<Problem>> = RefCell::new(None);
        let extensions = RefCell::new(&mut **extensions);
        let reprice = |kept: &[Kept]| -> Result<PricedBasket, Refusal> {
            let priced = case.map_or_else(
                || Err(case_missing(&asked.place)),
                |case| drive(&only(case, kept), &mut **extensions.borrow_mut()).map(|driven| driven.basket),
            );
            priced.map_err(|problem| {
                let named = Refusal::CheckFailed { problem: problem.message.clone() };
                failed.replace(Some(problem));
                named
            })
        };
        let policy = match asked.policy {
            ReturnPolicy::KeepShares => Policy::KeepShares,
            ReturnPolicy::WholeDeal => Policy::WholeDeal,
            ReturnPolicy::Rerate if case.is_none() => return Err(case_missing(&asked.place)),
            ReturnPolicy::Rerate => Policy::Rerate(&reprice),
        };
        let refund = sale.sold.refund(returned, &take, policy);
        let refund = refund.map_err(|refusal| failed.take().unwrap_or_else(|| refused(refusal)))?;
        let plan = if sale.tenders.is_empty() {
            RefundPlan { payout: refund.total, ..RefundPlan::default() }
        } else {
            sale.sold.plan(returned, refund.total, None).map_err(refused)?
        };
        returned.add(&refund, &plan).map_err(refused)?;
        Ok((refund, plan))
    }
}

fn case_missing(place: &str) -> Problem {
    let message = "To re-rate is to price what is kept under the rules of the sale; a result does not hold them.";
    let at = if place.is_empty() { "case".to_owned() } else { format!("{place}.policy") };
    Problem::new("case_missing", at, message, "Add the case of the sale under the key \"case\".")
}

/// The case as if nothing but `kept` had been sold; lines without anything kept stay, at no quantity.
fn only(case: &Case, kept: &[Kept]) -> Case {
    let mut case = case.clone();
    for line in &mut case.lines {
        let left = kept.iter().find(|kept| kept.line == line.number);
        line.quantity.value = left.map_or(Decimal::ZERO, |kept| kept.quantity.value);
    }
    case
}

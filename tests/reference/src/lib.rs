//! An independent reference for prices, taxes, offers and returns.
//!
//! Why: the kernel's pricing is fast and clever. This crate is neither. It is written from the specification alone, in rationals and by brute
//! force, and shares no code with the core, so that a figure on which both agree is probably the right one. It depends on no other crate of
//! the workspace.
//!
//! Example: 3 x 0.33 with 19 % added is 0.18 of tax rounded per line and 0.19 per receipt:
//!
//! ```
//! let line = serde_json::json!({ "unit_price": "0.33", "taxes": [{ "code": "vat", "rate": "0.19", "included": false }] });
//! let case = serde_json::json!({
//!     "currency": "EUR",
//!     "rounding": { "level": "per-receipt" },
//!     "lines": [line, line, line],
//! });
//! let result = pos_reference::price::price_json(&case)?;
//! assert_eq!(result["total_tax"], "0.19");
//! assert_eq!(result["lines"][0]["paid"], "0.40");
//! # Ok::<(), pos_reference::refusal::Refusal>(())
//! ```
//!
//! Start reading at [`price::price`]; [`tax`] holds the numbered algorithm, [`offers`] the brute force, [`vectors`] other projects' figures.
//! [`generate`] makes random cases, [`shrink`] makes a failing one small.
//!
//! # Where the text left a choice
//!
//! The specification is prose. Where two readings were possible, this is the one taken here.
//!
//! Money and rounding
//! - A line's gross is `qty x unit_price / per`, rounded to the *minor unit* by the case's rounding mode; the tax increment does not apply to it.
//!   A piece of it costs gross / pieces, so that 100 % off is exactly the gross.
//! - Without a `rounding` key: half-up, minor unit, per receipt, keep-price. Without `discount_rounding`: half-up at the candidate.
//! - Posting by largest remainder of exact figures whose sum was rounded: the difference is spread by magnitude first, then whole minor units are
//!   cut and the leftover ones go to the largest remainders. With figures of one sign this is the plain rule on scaled figures; with
//!   figures of both signs scaling would be meaningless. A negative sum is shared as the mirror image of the positive one.
//!
//! Tax
//! - A `share` multiplies the rate of percent and division taxes, in their batch's sum too; the reported base stays the whole base of
//!   step 13. It does not touch taxes per unit.
//! - An exempt added tax has amount 0 and feeds nothing. An exempt included tax is computed as if it were levied, everything else follows from
//!   that, and then its amount comes out of the price; it is reported with its base and amount 0. Per receipt, what comes out is rounded per code.
//! - Step 12's room is |raw|, shared by all included per-unit taxes of the line, the last one first, counted by magnitude.
//! - One code means one kind, rate, amount, jurisdiction and set of flags; share and exemption may differ by line.
//! - Per jurisdiction: amounts are summed, rounded and shared to the codes; bases are rounded per code, since one base stands under several
//!   codes. `from-base` applies there as it does per receipt, and nowhere else.
//! - Under `from-base` the rounded excluded total is shared over the lines, and a line's `paid` is its part of it plus its posted taxes.
//! - Step 19 by code: base' is the discounted total of the code's lines less the discounted taxes that do not stand in its base.
//!   Amount off the payable total counts as the rate amount / total.
//!
//! Offers
//! - `portions` are taken as they are, all or nothing, its qualifying portions are used up; a portion of a line that is not discountable drops
//!   out. A portion of a weighed line is the whole line or it cannot be used.
//! - `together` works on every piece of a set, those of slots without effect too. `fixed-price` is the price of a unit (of a kilogram on a
//!   weighed line), `each-unit` is once for each piece, `each-line` once for each line *within a set*.
//! - An amount across pieces, and a bundle price, lower each piece in proportion to what it still costs.
//! - A `cap` bounds the candidate over all its sets; a money limit is a cap; `uses` bounds its sets. A budget
//!   with `skip` drops a candidate whose best saving exceeds it and solves its group again.
//! - `cheapest` and `dearest` choose among the pieces that remain after earlier slots and sets *and after the other candidates of the group*
//!   (several deals with forced picks go in whatever order is best for the customer); equal prices by article, then by line. How many
//!   sets there are is always the customer's best. So 3 for 2 over 10, 9, 8, 3, 2, 1 saves 19 (free choice), 9 (dearest,
//!   dearest) or 3 (dearest, cheapest).
//! - Exclusive candidates of all groups come before any best-price one, even if they save less; of equally good ones the choice that
//!   leaves more to the rest of the group. Their pieces are closed to everything after, in later stages too.
//! - Groups are solved by their highest priority, then by name. Under `priority` the tiers are maximised one after another in one search,
//!   under `list-order` each candidate is a tier.
//! - A whole order in a best-price group wins all open pieces or nothing; it has lost once part of its group has won at an earlier tier or stage.
//! - Compound candidates come after the groups of their stage, one by one, on all pieces that are not closed; they compete with nobody.
//! - Stage `shop` sees only pieces that no exclusive or best-price item deal used. Stage `order` sees every open piece again.
//! - Within a stage everything is exact; at its end each candidate's saving is rounded and posted, and the next stage works on the posted
//!   nets. A requirement sums the discountable lines; with `left` it is looked at when its group or its compound turn comes.
//! - Payable discounts come last, on whole orders only, and do not compete. `saving` is on prices; `discount` counts both.
//!
//! Returns
//! - What has gone back after k of m units is the whole times k / m, rounded half up to the minor unit; a return gives what of that has not gone
//!   back yet. Gross, modifiers and taxes are shared on their own and what is paid is their sum. Payable discounts, exemptions and the
//!   cent of `from-base` are shared as one figure beside them. Quantities of modifiers are shared exactly.
//! - Refunds go over the tenders in reverse order, all cash as one at the place of the last cash, each up to what it settled; beyond that in cash.
//!
//! Not computed, and refused by name: price proposals, gifts, scripts, plugin configurations, manual discounts, rewards,
//! thresholds and maxima of taxes, `keep_price` for exemptions.

pub mod allocate;
pub mod case;
pub mod cash;
pub mod compare;
pub mod currency;
pub mod generate;
pub mod ledger;
pub mod number;
pub mod offers;
pub mod price;
pub mod refusal;
pub mod returns;
pub mod round;
pub mod shrink;
pub mod tax;
pub mod vectors;

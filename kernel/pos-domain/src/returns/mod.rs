//! Returns and exchanges: the exact inverse of a sale, in any split and order.
//!
//! Every figure a sale stored on a line (gross, each modifier, each tax base and amount, points) goes back in shares:
//! what has come back so far gets `round(whole x returned / sold)`, and a return is refunded the difference to what
//! went back before. So the last piece takes what is left, splitting gains nothing, and today's rules price nothing.
//! Three soaps sold for 4.00 (3 for 2) come back one by one as 1.33, 1.34, 1.33: gross 2.00 each, and of the offer's
//! -2.00 first 0.67, then 0.66, then 0.67.
//!
//! Where the money goes is a second, separate question, answered by cumulation as well: CHF 10.01 were paid with 10.00
//! in coins; parts worth 3.34, 3.34 and 3.33 pay back 3.35, 3.35 and 3.30.
//!
//! The way of a return: [`Sold::of`] the committed sale, [`Returned`] folded over its earlier returns,
//! [`Sold::refund`] for the goods, [`exchange::settle`] against what is bought at the same time, [`Sold::plan`] for the
//! means of payment, [`posting`] for ledger, stock and the record's lines. A return that names no sale goes through
//! [`no_receipt`]. Amounts here are positive when they go *back*; the record's lines are their mirror.
//!
//! Invariant, proved by test: after the last piece of a sale every account, tax, point and stock figure is at zero.

mod deal;
pub mod exchange;
pub mod figures;
pub mod no_receipt;
pub mod plan;
pub mod posting;
mod refund;
mod rules;
mod sold;
mod taken_back;

#[cfg(test)]
mod tests;

pub use deal::{Deal, DealPart};
pub use exchange::{Exchange, settle};
pub use figures::{Figures, ModifierFigure, PointFigure, TaxFigure};
pub use no_receipt::{NoReceiptLimits, UnreceiptedLine};
pub use plan::{PlanStep, RefundPlan, TenderRefunded};
pub use refund::{Kept, Policy, Refund, RefundLine, ReturnPolicy, Returned, ReturnedLine, TakeBack};
pub use rules::ReturnRules;
pub use sold::{Sold, SoldLine, SoldTender};
pub use taken_back::{EarlierSale, Rerate, SaleRefund, TakenBack, comes_back_on};

//! Random small cases from a seed, in the format of `pos price`.
//!
//! The same seed and shape give the same case for ever (the random numbers are our own). Every case is valid and says everything that
//! matters in so many words (rounding, policy, stages, modes), so that a comparison never hangs on a default.

mod offers;
mod random;
mod returns;
mod tax;

use serde_json::Value;

pub use random::Random;

/// What kind of case to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Taxes of all kinds, levels, modes, increments, currencies; no offers.
    Tax,
    /// One group of competing deals and portions, pieces chosen best for the customer: what a solver is measured on.
    Offers,
    /// The same with cheapest and dearest picks among the slots, which leaves more to interpretation.
    ForcedPicks,
    /// A sale to be returned in parts: `{case, parts}`.
    Returns,
}

/// The case of a seed.
pub fn generate(seed: u64, shape: Shape) -> Value {
    match shape {
        Shape::Tax => tax_case(seed),
        Shape::Offers => offers::offer_case(seed, false),
        Shape::ForcedPicks => offers::offer_case(seed, true),
        Shape::Returns => returns::return_case(seed),
    }
}

pub use tax::tax_case;

/// Minor units as decimal text of a currency.
fn money(minor: i64, decimals: u32) -> String {
    use crate::number::{power_of_ten, text, whole};
    text(&(whole(minor) / power_of_ten(decimals)), decimals)
}

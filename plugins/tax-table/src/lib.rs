//! Taxes by class, place, customer and date: value added tax, sales tax, fees and deposits.
//!
//! The owner writes a table (`configuration.schema.json` draws the form, `configuration.default.json` is Switzerland,
//! `starter/` has 36 to begin with). For a line of class `standard` sold on 2 March 2026 the answer is one
//! component: code A, 8.1 %, in the price. The plugin multiplies nothing; the kernel does, and prints what it did.
//!
//! # From a line to its taxes
//! 1. *Who levies?* Over the counter the store's `home`; for goods that are sent `sourcing` says whose taxes apply, and
//!    `places` finds the **stack** of jurisdictions: state, county, city, district.
//! 2. *As what?* The first of `class_rules` that applies replaces the article's tax class: food eaten here is a meal.
//! 3. *Fees* whose condition holds come first, each a fixed amount a unit or a share: deposits, bags, recycling.
//! 4. *Taxes of the class* follow in the order of the stack, each with the rate of the day, on the whole price, a share
//!    of it, the part above an amount a piece, or all of it from an amount on.
//! 5. *Exemptions* that apply (certificate, group, article, period) leave the tax in the answer with its reason and its
//!    own code, `VAT19-E`, so that exempt sales are reported apart and the receipt says why.
//!
//! A shoe of 109.99 in New York and one of 200.00 in Boston:
//! ```json
//! "US-NY": {"classes": {"clothing": [{"code": "NY", "rate": "0.04",   "taxed": {"from": "110"}}]}}
//! "US-MA": {"classes": {"clothing": [{"code": "MA", "rate": "0.0625", "taxed": {"above": "175"}}]}}
//! ```
//! the first is exempt (from 110.00 on it would cost 4.40), the second costs 6.25 % of 25.00, 1.56.
//!
//! The day that counts is the calendar day at the store when the basket was opened, not the trading day: a rate that
//! changes at New Year's midnight changes in the middle of a bar's night.
//!
//! # What is refused, and when
//! A table with a mistake is not taken into use; the error names the place, the mistake and what to do
//! (`classes.standard[0].rate: 8.1 is not a fraction between 0 and 1; 8.1 % is written "0.081"`). At the till a class or
//! a day without a rate, and a destination that no place covers, are refused: selling untaxed would be a guess.
//! `check` tells what a table that *can* be used still lacks.
//!
//! Start reading at [`settings::Settings`]; the way of a line is in `assess.rs`, the look-up in `index.rs`.

mod assess;
#[cfg(not(target_arch = "wasm32"))]
pub mod check;
pub mod condition;
mod index;
mod places;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod starter;
pub mod tax;
mod validate;

pub use index::TaxTable;

use pos_plugin_sdk::prelude::*;

impl Plugin for TaxTable {
    fn configure(config_json: &str) -> Result<TaxTable, HookError> {
        TaxTable::new(config::from_json(config_json)?).map_err(|problem| {
            config::invalid_entry(config_json, &problem.place, &format!("{}; {}", problem.what, problem.what_to_do))
        })
    }
}

impl TaxHook for TaxTable {
    fn assess(&self, input: &TaxInput) -> Result<Assessment, HookError> {
        assess::assess(self, input)
    }
}

pos_plugin_sdk::export!(TaxTable: tax);

#[cfg(test)]
mod tests;

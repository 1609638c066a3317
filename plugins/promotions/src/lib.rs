//! The offers of a shop, declared in a file that a manager can read.
//!
//! One plugin for all common kinds of promotion: it turns each offer into candidates for the basket at hand, and the kernel
//! assigns pieces, settles conflicts, allocates cents and records why. Two ALE at 5.90 with the tag `draught`, on a
//! Wednesday at half past five:
//!
//! ```
//! use pos_plugin_sdk::{prelude::*, testing};
//! use promotions::Offers;
//!
//! let offers = Offers::configure(r#"{"currency": "EUR", "offer": [{
//!     "id": "happy-hour", "label": "Happy hour", "items": {"tag": "draught"}, "percent_off": "20 %",
//!     "times": {"weekdays": "Mon-Fri", "hours": "17:00-19:00"}
//! }]}"#).unwrap();
//! let basket = testing::basket("EUR", "2026-11-18 17:30").sell("ALE", 2, "5.90").tagged("draught");
//! let proposal = offers.propose(Stage::Line, &basket).unwrap();
//! assert_eq!(proposal.candidates[0].id, "happy-hour");
//! ```
//!
//! The way of an offer: the TOML that people write ([`Offers::from_toml`], native tools only) and the JSON that the kernel
//! hands over ([`Offers::from_json`]) become one tree (`node.rs`), which `read/` turns into data (`model.rs`), keeping
//! every problem with its place. `index.rs` files each offer under the words that a basket must have for it, so that
//! the cost of a basket grows with the offers it can reach, not with all. `propose/` says what the reached offers say, in
//! the order of their ids. `check/` warns of offers that hold and may still not do what was meant.
//!
//! Invariants: the same basket gives the same proposal whatever the order of lines, codes and offers; asking the index and
//! asking every offer give the same; every problem has a place and a way out. Start reading at [`Offers`].
//!
#![doc = include_str!("../GUIDE.md")]

mod calendar;
mod check;
mod customers;
mod fit;
mod index;
mod model;
mod node;
mod problem;
mod propose;
mod read;
mod selector;
mod symbols;
mod times;
#[cfg(any(feature = "toml", test))]
mod toml_text;
mod view;

pub use check::{Finding, Severity, check};
pub use problem::Problem;

use index::Index;
use model::Offer;
use node::Node;
use pos_plugin_sdk::prelude::*;
use selector::Goods;
use std::collections::BTreeMap;
use symbols::Symbols;
use view::View;

/// All offers of a shop, read, found valid and indexed.
#[derive(Clone, Debug, PartialEq)]
pub struct Offers {
    /// Of all amounts; baskets in another currency get nothing.
    currency: Option<String>,
    /// Goods that no offer lowers and that count to no threshold.
    never_discounted: Option<Goods>,
    /// By id.
    offers: Vec<Offer>,
    symbols: Symbols,
    indexes: BTreeMap<Stage, Index>,
}

impl Offers {
    /// Reads the JSON form, as the kernel hands it to the plugin.
    pub fn from_json(json: &str) -> Result<Offers, Vec<Problem>> {
        let node: Node = config::from_json(json).map_err(|error| {
            let what = error.text().to_owned();
            let what_to_do = "Check quotation marks, brackets and commas there; amounts and rates are text.".to_owned();
            vec![Problem { line: None, column: None, place: "the offers".to_owned(), what, what_to_do }]
        })?;
        read::offer::offers(&node)
    }

    /// Reads what people write. Every problem, with line and column, in the order of the file.
    #[cfg(any(feature = "toml", test))]
    pub fn from_toml(text: &str) -> Result<Offers, Vec<Problem>> {
        read::offer::offers(&toml_text::read(text)?)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.offers.len()
    }

    /// Their ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.offers.iter().map(|offer| offer.id.as_str())
    }

    /// How many offers are looked at for a basket in a stage: those that its words reach, not all.
    pub fn examined(&self, stage: Stage, basket: &Basket) -> usize {
        self.reachable(stage, &View::new(self, basket)).len()
    }

    /// What the offers of a stage say about a basket. Offers in another currency say so, once, in the first stage that has
    /// any: a shop that lost all its offers by three letters should hear of it at the first sale.
    pub fn propose_for(&self, stage: Stage, basket: &Basket) -> Proposal {
        if let Some(currency) = self.currency.as_ref().filter(|currency| **currency != basket.currency.code) {
            let is_first = self.indexes.keys().next() == Some(&stage);
            let text = format!(
                "The offers are in {currency} and this sale is in {}: none applies. Correct currency in the file of offers.",
                basket.currency.code
            );
            let notices = if is_first { vec![propose::warning(text)] } else { Vec::new() };
            return Proposal { notices, ..Proposal::nothing() };
        }
        if !self.indexes.contains_key(&stage) {
            return Proposal::nothing();
        }
        let view = View::new(self, basket);
        self.propose_among(self.reachable(stage, &view), stage, &view)
    }
}

/// The JSON form of what people wrote, for the kernel; only if it holds.
#[cfg(any(feature = "toml", test))]
pub fn toml_to_json(text: &str) -> Result<String, Vec<Problem>> {
    read_toml(text).map(|(_, json)| json)
}

/// The offers and their JSON form, which must not be longer than what a register has room for.
#[cfg(any(feature = "toml", test))]
fn read_toml(text: &str) -> Result<(Offers, String), Vec<Problem>> {
    let node = toml_text::read(text)?;
    let offers = read::offer::offers(&node)?;
    let json = toml_text::to_json(&node).to_string();
    if json.len() > CONFIGURATION_BYTES_MAX {
        let kibibytes = |bytes: usize| bytes.div_ceil(1 << 10);
        return Err(vec![Problem {
            line: None,
            column: None,
            place: "the file".to_owned(),
            what: format!(
                "its offers take {} KiB, and a register takes {} KiB",
                kibibytes(json.len()),
                kibibytes(CONFIGURATION_BYTES_MAX)
            ),
            what_to_do: "Remove offers that are over, and write tags instead of long lists of articles.".to_owned(),
        }]);
    }
    Ok((offers, json))
}

/// Some 3,500 offers. Twice as many, read and indexed, would not fit into the 16 MiB that a component has.
#[cfg(any(feature = "toml", test))]
const CONFIGURATION_BYTES_MAX: usize = 512 << 10;

/// Everything that `pos offers check` says of a file: problems, or else what the lints find.
#[cfg(any(feature = "toml", test))]
pub fn check_toml(text: &str, today: Date) -> Vec<Finding> {
    match read_toml(text) {
        Ok((offers, _)) => check(&offers, today),
        Err(problems) => problems.into_iter().map(Finding::from).collect(),
    }
}

/// Problems named in the answer to a configuration that does not hold.
const PROBLEMS_TOLD: usize = 5;

impl Plugin for Offers {
    fn configure(config_json: &str) -> Result<Offers, HookError> {
        Offers::from_json(config_json).map_err(|problems| {
            let told: Vec<String> = problems.iter().take(PROBLEMS_TOLD).map(Problem::to_string).collect();
            let more = problems.len().saturating_sub(told.len());
            let more = if more > 0 { format!("\n… and {more} more problems") } else { String::new() };
            HookError::invalid_configuration(format!("{}{more}", told.join("\n")))
        })
    }
}

impl DiscountHook for Offers {
    fn propose(&self, stage: Stage, basket: &Basket) -> Result<Proposal, HookError> {
        Ok(self.propose_for(stage, basket))
    }
}

pos_plugin_sdk::export!(Offers: discount);

#[cfg(test)]
mod tests;

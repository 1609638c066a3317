//! What happens to a price: `percent_off`, `amount_off`, `fixed_price`, `for_price`, `free`. Exactly one of them.

use super::{Reader, Table};
use crate::model::Change;
use pos_plugin_sdk::prelude::*;

/// Which of the words make sense at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Each piece by itself.
    Pieces,
    /// A whole set, or a step in pieces: `for_price` too.
    Set,
    /// Money off as a whole: no prices.
    Off,
}

/// The words.
pub(crate) const KEYS: [&str; 6] = ["percent_off", "amount_off", "fixed_price", "per", "for_price", "free"];

const ANY: &str = "percent_off, amount_off, fixed_price, for_price or free";

impl Reader {
    /// The effect in a table; none, without a problem, if it has none.
    pub(crate) fn change(&mut self, table: &mut Table<'_>, allowed: Allowed) -> Option<Change> {
        let percent = table.take("percent_off");
        let amount = table.take("amount_off");
        let fixed = table.take("fixed_price");
        let per = table.take("per");
        let bundle = table.take("for_price");
        let free = table.take("free");

        let named: Vec<&str> = [
            ("percent_off", percent.is_some()),
            ("amount_off", amount.is_some()),
            ("fixed_price", fixed.is_some()),
            ("for_price", bundle.is_some()),
            ("free", free.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
        .collect();
        if named.len() > 1 {
            self.problem_in(
                table,
                format!("{} exclude each other", named.join(" and ")),
                "Keep one of them; for two discounts write two offers.",
            );
            return None;
        }
        if let Some(per) = &per
            && fixed.is_none()
        {
            self.problem(per, "per belongs to fixed_price", "Write for instance fixed_price = \"1.29\", per = \"kg\".");
        }
        let fitting = match named.first() {
            Some(&"for_price") => allowed == Allowed::Set,
            Some(&"fixed_price") => allowed != Allowed::Off,
            _ => true,
        };
        if !fitting {
            let fits = if allowed == Allowed::Off {
                "percent_off, amount_off or free"
            } else {
                "percent_off, amount_off, fixed_price or free"
            };
            self.problem_in(table, format!("{} has no meaning here", named.join("")), format!("Write {fits}."));
            return None;
        }
        if let Some(field) = percent {
            return self.rate(&field).map(Change::PercentOff);
        }
        if let Some(field) = amount {
            return self.amount_above_zero(&field).map(Change::AmountOff);
        }
        if let Some(field) = fixed {
            let unit = per.map_or(Some(Unit::Each), |per| self.unit(&per));
            // A price of a unit may be finer than the currency: fuel at 1.459 a litre.
            let price = self.decimal(&field, "\"9.99\"");
            return Some(Change::Price(UnitPrice::per(price?, unit?)));
        }
        if let Some(field) = bundle {
            return self.amount(&field).map(Change::ForPrice);
        }
        if let Some(field) = free {
            if self.flag(&field)? {
                return Some(Change::PercentOff(Rate::ONE));
            }
            self.problem(&field, "free = false does nothing", format!("Remove it, or write {ANY}."));
        }
        None
    }

    /// The effect in a table, which must have one.
    pub(crate) fn required_change(&mut self, table: &mut Table<'_>, allowed: Allowed) -> Option<Change> {
        let before = self.problems.len();
        let change = self.change(table, allowed);
        if change.is_none() && self.problems.len() == before {
            self.problem_in(table, "it does not say what happens to the price", format!("Add {ANY}."));
        }
        change
    }
}

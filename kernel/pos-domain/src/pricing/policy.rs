//! What a shop may decide about its offers, as data.

use super::proposal::Mode;
use pos_money::Rounding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How offers get along in this shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct Policy {
    /// The mode of a candidate that names none.
    pub default_mode: Mode,
    /// How what an offer takes off is rounded.
    pub discount_rounding: DiscountRounding,
    /// What an order offer is shared on.
    pub share_on: ShareOn,
    /// Rules of groups by name; a group not named takes the best price.
    pub groups: BTreeMap<Arc<str>, GroupRule>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            default_mode: Mode::BestPrice,
            discount_rounding: DiscountRounding::default(),
            share_on: ShareOn::Price,
            groups: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// Nothing decided otherwise.
    pub fn is_default(&self) -> bool {
        *self == Policy::default()
    }

    /// The rule of a group.
    pub fn group(&self, name: &str) -> GroupRule {
        self.groups.get(name).copied().unwrap_or_default()
    }
}

/// How and where what an offer takes off is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, default)]
pub struct DiscountRounding {
    /// The mode, to the minor unit.
    pub mode: pos_money::RoundingMode,
    /// Once for the candidate, or once on each line.
    pub at: RoundedAt,
}

impl DiscountRounding {
    /// To the minor unit.
    pub fn rounding(self) -> Rounding {
        Rounding::to_minor_unit(self.mode)
    }
}

/// Where what an offer takes off is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoundedAt {
    /// Once, then shared over its lines by largest remainder.
    #[default]
    Candidate,
    /// On each line by itself.
    Line,
}

/// What an order offer is shared on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareOn {
    /// What the lines cost in the shop's price terms.
    #[default]
    Price,
    /// What is paid for them, every tax in.
    Payable,
}

/// How the candidates of a group are chosen between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupRule {
    /// The assignment that saves the customer most.
    #[default]
    BestPrice,
    /// Higher priority first, whatever it saves; the best price within a priority.
    Priority,
    /// One after the other as listed.
    ListOrder,
}

/// What is left of an offer's budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The candidate's id.
    pub offer: Arc<str>,
    /// Money or uses.
    pub kind: BudgetKind,
    /// In major units, or times.
    pub left: pos_money::Decimal,
    /// What happens where more is asked.
    #[serde(default)]
    pub on_exceed: OnExceed,
}

/// What a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetKind {
    /// Money given away.
    Spend,
    /// Sets given.
    Uses,
}

/// What happens where an offer asks for more than its budget has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnExceed {
    /// The offer is not given.
    #[default]
    Skip,
    /// It is given as far as the budget goes.
    Cap,
}

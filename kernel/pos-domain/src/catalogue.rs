//! What a shop sells.

use crate::ids::ItemId;
use crate::stock::Reorder;
use pos_money::{Unit, UnitPrice};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An article of the catalogue, shared by reference between the catalogue, baskets and snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The shop's own id (SKU), unique.
    pub id: ItemId,
    /// Name as printed.
    pub name: Arc<str>,
    /// Codes that scan to this article: GTIN-8/12/13/14 in their printed form, PLU numbers, own codes.
    pub codes: Vec<Arc<str>>,
    /// Regular price in the shop's price terms (tax in, if the shop's prices include tax).
    pub price: UnitPrice,
    /// The unit it is sold in.
    pub unit: Unit,
    /// Departments, root first: `["Drinks", "Beer"]`.
    pub departments: Vec<Arc<str>>,
    /// Free words that rules select by: `draught`, `paperback`.
    pub tags: Vec<Arc<str>>,
    /// Tax class, mapped to rates by the tax plugin: `standard`, `reduced`.
    pub tax_class: Arc<str>,
    /// What one unit costs the shop, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<UnitPrice>,
    /// When more of it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder: Option<Reorder>,
    /// Offers may lower the price. False for gift cards, deposits, tobacco.
    #[serde(default = "yes")]
    pub discountable: bool,
    /// What is charged for its containers, or that it is such a charge.
    #[serde(default, skip_serializing_if = "Deposit::is_none")]
    pub deposit: Deposit,
}

/// Container deposits (Pfand, statiegeld, CRV): what is charged for bottles and crates, and paid back for empties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deposit {
    /// The article is sold without one.
    #[default]
    None,
    /// The article is a deposit itself: its price is the deposit, its tax class that of the deposit.
    Itself,
    /// What goes with each piece: a crate of beer brings 20 bottles and the crate.
    Of(Vec<DepositOf>),
}

/// A deposit that goes with each piece of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositOf {
    /// The deposit article.
    pub item: ItemId,
    /// How many of it go with one piece.
    pub count: u32,
}

impl Deposit {
    /// Whether there is nothing to charge.
    pub fn is_none(&self) -> bool {
        *self == Deposit::None
    }

    /// What goes with each piece.
    pub fn of(&self) -> &[DepositOf] {
        match self {
            Deposit::Of(deposits) => deposits,
            Deposit::None | Deposit::Itself => &[],
        }
    }
}

fn yes() -> bool {
    true
}

impl Item {
    /// The department reports group by: the root.
    pub fn department(&self) -> &str {
        self.departments.first().map_or("", |name| name)
    }
}

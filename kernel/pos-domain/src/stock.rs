//! Stock movements: what left or entered a location, and why. On hand is their sum, nothing else.

use crate::ids::ItemId;
use pos_money::Quantity;
use serde::{Deserialize, Serialize};

/// Why goods moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MovementReason {
    /// Sold to a customer.
    Sale,
    /// Brought back by a customer.
    Return,
    /// Thrown away: broken, opened, out of date.
    Waste,
}

impl MovementReason {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            MovementReason::Sale => "sale",
            MovementReason::Return => "return",
            MovementReason::Waste => "waste",
        }
    }
}

/// One movement of one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockMovement {
    /// The article.
    pub item: ItemId,
    /// Negative leaves the location, positive enters it.
    pub quantity: Quantity,
    /// Why.
    pub reason: MovementReason,
}

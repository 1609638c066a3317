//! Exchanges: goods come back and other goods leave in one basket, and only the difference is paid.
//!
//! A shirt of 39.00 for one of 45.00: 6.00 are due. For one of 29.00: 10.00 go back, over the tenders of the shirt.

use pos_money::{Money, MoneyError};
use serde::{Deserialize, Serialize};

/// The difference, either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What the customer pays; not negative.
    pub due: Money,
    /// What goes back over the original tenders: give it to [`Sold::plan`](super::Sold::plan).
    pub payout: Money,
    /// What of the refund paid for the new goods.
    pub exchanged: Money,
}

/// Settles refunds worth `refunded` against new goods worth `bought` (empties among them may make it negative).
///
/// Without new goods all of the refund is paid out as it is, whatever its sign, so that it stays the exact inverse.
/// Where several sales are returned at once, settle them one after another: the next one against what is still due.
pub fn settle(bought: Money, refunded: Money) -> Result<Exchange, MoneyError> {
    if bought.is_zero() {
        return Ok(Exchange { due: Money::ZERO, payout: refunded, exchanged: Money::ZERO });
    }
    let difference = bought.minus(refunded)?;
    let due = difference.max(Money::ZERO);
    let payout = difference.min(Money::ZERO).negated()?;
    Ok(Exchange { due, payout, exchanged: refunded.minus(payout)? })
}

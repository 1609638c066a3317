//! Returns that name no sale: under limits and reasons of their own, at the lowest price known.
//!
//! Nothing is known of what was paid, so the caller gives the lowest price the article was sold for. Container deposits
//! are outside: empties come back without a receipt, in any number, for no reason at all.

use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use pos_money::{Currency, Decimal, Money, Quantity, Rounding, UnitPrice};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a shop allows without a receipt. An absent limit is none; no limits at all means no such returns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoReceiptLimits {
    /// Most that one return may refund, in major units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_max: Option<Decimal>,
    /// Most that one register may refund a day, in major units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_amount_max: Option<Decimal>,
    /// Most pieces of one return; a measured quantity is one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pieces_max: Option<i64>,
    /// Reasons that are accepted; empty: any.
    pub reasons: Vec<Arc<str>>,
}

/// Something that comes back without its sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreceiptedLine {
    /// What it is; deposits are outside the limits.
    pub kind: LineKind,
    /// How much, above zero.
    pub quantity: Quantity,
    /// The lowest price known.
    pub price: UnitPrice,
}

/// What such a return is refunded, line by line, or why not.
///
/// `today` is what was refunded without a receipt before on the same day. In order of precedence: no limits at all, the
/// quantities, the reason, the pieces, the amount of the return, the amount of the day.
pub fn refund(
    limits: Option<&NoReceiptLimits>,
    lines: &[UnreceiptedLine],
    reason: &str,
    today: Money,
    currency: Currency,
    rounding: Rounding,
) -> Result<Vec<Money>, Refusal> {
    let mut amounts = Vec::with_capacity(lines.len());
    let (mut limited, mut pieces, mut any_limited) = (Vec::new(), 0_i64, false);
    for UnreceiptedLine { kind, quantity, price } in lines {
        if quantity.value.is_sign_negative() || quantity.value.is_zero() {
            return Err(Refusal::QuantityMustBePositive { quantity: quantity.value });
        }
        let amount = price.amount(*quantity, currency, rounding)?;
        amounts.push(amount);
        if *kind != LineKind::Deposit {
            any_limited = true;
            limited.push(amount);
            pieces = pieces.saturating_add(quantity.countable_pieces());
        }
    }
    if !any_limited {
        return Ok(amounts);
    }
    let NoReceiptLimits { amount_max, day_amount_max, pieces_max, reasons } = limits.ok_or(Refusal::ReceiptNeeded)?;
    if !reasons.is_empty() && !reasons.iter().any(|known| &**known == reason) {
        return Err(Refusal::ReturnReasonNotAccepted { reason: reason.to_owned() });
    }
    if let Some(most) = pieces_max.filter(|most| pieces > *most) {
        return Err(Refusal::ReturnTooManyPieces { pieces, most });
    }
    let amount = Money::sum(limited)?;
    within(amount, *amount_max, "at once", currency)?;
    within(today.plus(amount)?, *day_amount_max, "a day", currency)?;
    Ok(amounts)
}

fn within(amount: Money, most: Option<Decimal>, period: &str, currency: Currency) -> Result<(), Refusal> {
    let amount = currency.to_decimal(amount);
    match most.filter(|most| amount > *most) {
        None => Ok(()),
        Some(most) => Err(Refusal::ReturnLimitReached { amount, most, period: period.to_owned() }),
    }
}

//! Money without surprises: integer minor units, exact decimals, named rounding points.
//!
//! * [`Money`] is a signed 64-bit count of *minor units* of one currency. Which currency is said once, by the basket,
//!   the account or the tender that holds the amount; a sum over two currencies goes through [`CurrencyAmount`], which
//!   refuses it.
//! * Unit prices ([`UnitPrice`]), quantities ([`Quantity`]) and rates ([`Rate`]) are exact decimals: 1.459 EUR/l,
//!   0.482 kg, 8.875 %. They become `Money` at a named place with a named [`Rounding`].
//! * [`allocate`] splits a whole into shares that add up to it: 10.00 over three equal weights is 3.34 + 3.33 + 3.33.
//! * [`Money::share`] is a part of a whole by quantity, rounded once: 2 of 3 pieces of 10.00 are 6.67.
//! * [`Locale`] prints and reads amounts as people of a place write them: `1.234,50 €`, `CHF-5.00`.
//!
//! Nothing here panics, wraps or uses floating point: every operation that could overflow answers a [`MoneyError`].

mod allocate;
mod currency;
mod iso4217;
mod locale;
mod proportion;
mod quantity;
mod rounding;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod words;

pub use allocate::{allocate, allocate_evenly, allocate_exact};
pub use currency::{Currency, CurrencyAmount};
pub use locale::{CurrencyStyle, Locale};
pub use proportion::proportion;
pub use quantity::{Quantity, Unit, UnitPrice};
pub use rounding::{Rounding, RoundingMode, ten_to};
pub use rust_decimal::Decimal;

use serde::{Deserialize, Serialize};

/// A signed amount in minor units (cents, fils, yen) of the currency its holder names.
///
/// Serialised as an integer, so that a journal record has one canonical form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// An amount of `minor` minor units: `Money::from_minor(1298)` is 12.98 EUR or 1,298 JPY.
    pub const fn from_minor(minor: i64) -> Self {
        Money(minor)
    }

    /// The count of minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether the amount is above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Sum; [`MoneyError::Overflow`] beyond 64 bits.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.0.checked_add(other.0).map(Money).ok_or(MoneyError::Overflow)
    }

    /// Difference; [`MoneyError::Overflow`] beyond 64 bits.
    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        self.0.checked_sub(other.0).map(Money).ok_or(MoneyError::Overflow)
    }

    /// The amount with the other sign.
    pub fn negated(self) -> Result<Money, MoneyError> {
        self.0.checked_neg().map(Money).ok_or(MoneyError::Overflow)
    }

    /// The amount without its sign.
    pub fn magnitude(self) -> Result<Money, MoneyError> {
        self.0.checked_abs().map(Money).ok_or(MoneyError::Overflow)
    }

    /// The amount taken a whole number of times.
    pub fn times(self, count: i64) -> Result<Money, MoneyError> {
        self.0.checked_mul(count).map(Money).ok_or(MoneyError::Overflow)
    }

    /// Sum of many amounts.
    pub fn sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
        // i128 in between: an overflow that a later amount takes back is no overflow of the sum.
        let total: i128 = amounts.into_iter().map(|amount| i128::from(amount.0)).sum();
        i64::try_from(total).map(Money).map_err(|_| MoneyError::Overflow)
    }
}

/// A fraction: 8.875 % is `0.08875`. Shown as a percentage only on screens and paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(Decimal);

impl Rate {
    /// No share at all.
    pub const ZERO: Rate = Rate(Decimal::ZERO);
    /// The whole.
    pub const ONE: Rate = Rate(Decimal::ONE);

    /// A rate from a fraction: `0.19` is 19 %.
    pub const fn from_fraction(fraction: Decimal) -> Self {
        Rate(fraction)
    }

    /// A rate from a percentage: `19` is 19 %.
    pub fn from_percent(percent: Decimal) -> Result<Self, MoneyError> {
        percent.checked_mul(Decimal::new(1, 2)).map(Rate).ok_or(MoneyError::Overflow)
    }

    /// The fraction.
    pub const fn fraction(self) -> Decimal {
        self.0
    }

    /// As people write it, without the sign: `8.875` for 0.08875, `19` for 0.1900.
    pub fn percent_text(self) -> String {
        match self.0.checked_mul(Decimal::ONE_HUNDRED) {
            Some(percent) => percent.normalize().to_string(),
            None => self.0.to_string(),
        }
    }
}

/// What exact arithmetic refuses to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// A result does not fit in 64 bits of minor units (or 28 decimal digits on the way).
    #[error("the amount is too large to be held exactly")]
    Overflow,
    /// A quantity of zero as divisor, or weights that add up to nothing.
    #[error("division by zero")]
    DivisionByZero,
    /// Two amounts of different currencies in one sum.
    #[error("amounts in {left} and {right} cannot be added")]
    MixedCurrencies {
        /// Currency of the first amount.
        left: Currency,
        /// Currency of the second amount.
        right: Currency,
    },
    /// Kilograms asked for a price per litre and the like.
    #[error("{from:?} cannot be converted to {to:?}")]
    UnitMismatch {
        /// The unit at hand.
        from: Unit,
        /// The unit asked for.
        to: Unit,
    },
    /// More digits than the currency has.
    #[error("{amount} has more decimal places than {currency} ({exponent})")]
    TooPrecise {
        /// What was given.
        amount: Decimal,
        /// The currency it should be in.
        currency: Currency,
        /// Its number of decimal places.
        exponent: u8,
    },
    /// Not an ISO 4217 code.
    #[error("\"{0}\" is not a currency code of ISO 4217")]
    UnknownCurrency(String),
    /// Not a number.
    #[error("\"{0}\" is not an amount; write it like 12.50")]
    NotANumber(String),
    /// Not an amount as people of a place write it.
    #[error("\"{text}\" is not an amount; write it like {example}")]
    NotAnAmount {
        /// What was given.
        text: String,
        /// An amount of the same currency, written the way of the place.
        example: String,
    },
}

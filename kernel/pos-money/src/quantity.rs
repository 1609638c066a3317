//! Quantities with their unit, and prices *per* a quantity ("12.98 for 3"): multiplied first, divided last.

use crate::{Currency, Decimal, Money, MoneyError, Rounding};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A unit of measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Pieces.
    #[default]
    Each,
    /// Kilogram.
    Kg,
    /// Gram.
    G,
    /// Litre.
    L,
    /// Millilitre.
    Ml,
    /// Metre.
    M,
    /// Centimetre.
    Cm,
    /// Square metre.
    M2,
    /// Hour.
    Hour,
    /// Anything else; converts to nothing but itself.
    Other,
}

impl Unit {
    /// The unit's symbol as printed: `kg`, `l`; pieces have none.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Each => "",
            Unit::Kg => "kg",
            Unit::G => "g",
            Unit::L => "l",
            Unit::Ml => "ml",
            Unit::M => "m",
            Unit::Cm => "cm",
            Unit::M2 => "m²",
            Unit::Hour => "h",
            Unit::Other => "unit",
        }
    }

    /// Parses `kg`, `each`, `pcs` and the like, in any case.
    pub fn from_text(text: &str) -> Option<Unit> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "" | "each" | "ea" | "pc" | "pcs" | "piece" | "st" | "stk" => Unit::Each,
            "kg" => Unit::Kg,
            "g" => Unit::G,
            "l" => Unit::L,
            "ml" => Unit::Ml,
            "m" => Unit::M,
            "cm" => Unit::Cm,
            "m2" | "m²" => Unit::M2,
            "h" | "hour" | "hr" => Unit::Hour,
            "other" | "unit" => Unit::Other,
            _ => return None,
        })
    }

    /// Sold by measure: such a line is one indivisible piece to offers that count pieces.
    pub fn is_measured(self) -> bool {
        self != Unit::Each
    }

    /// Counted in pieces. By reference, as serde asks.
    fn is_each(&self) -> bool {
        *self == Unit::Each
    }

    /// (dimension, how many of the dimension's smallest unit).
    fn dimension(self) -> (u8, i64) {
        match self {
            Unit::Each => (0, 1),
            Unit::G => (1, 1),
            Unit::Kg => (1, 1000),
            Unit::Ml => (2, 1),
            Unit::L => (2, 1000),
            Unit::Cm => (3, 1),
            Unit::M => (3, 100),
            Unit::M2 => (4, 1),
            Unit::Hour => (5, 1),
            Unit::Other => (6, 1),
        }
    }
}

/// How much of something: `3` pieces, `0.482 kg`. Negative on returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// The number, in units of `unit`.
    pub value: Decimal,
    /// Of what.
    #[serde(default, skip_serializing_if = "Unit::is_each")]
    pub unit: Unit,
}

impl Quantity {
    /// One piece.
    pub const ONE: Quantity = Quantity { value: Decimal::ONE, unit: Unit::Each };

    /// A number of units.
    pub const fn new(value: Decimal, unit: Unit) -> Self {
        Quantity { value, unit }
    }

    /// A number of pieces.
    pub fn pieces(count: i64) -> Self {
        Quantity { value: Decimal::from(count), unit: Unit::Each }
    }

    /// The same quantity in another unit of its dimension: 0.482 kg is 482 g.
    pub fn in_unit(self, unit: Unit) -> Result<Quantity, MoneyError> {
        if self.unit == unit {
            return Ok(self);
        }
        let ((from_dimension, from_factor), (to_dimension, to_factor)) = (self.unit.dimension(), unit.dimension());
        if from_dimension != to_dimension {
            return Err(MoneyError::UnitMismatch { from: self.unit, to: unit });
        }
        let value = self
            .value
            .checked_mul(Decimal::from(from_factor))
            .and_then(|value| value.checked_div(Decimal::from(to_factor)))
            .ok_or(MoneyError::Overflow)?;
        Ok(Quantity { value: value.normalize(), unit })
    }

    /// Pieces that an offer can count: the whole pieces of a counted line, 1 for a measured one.
    pub fn countable_pieces(self) -> i64 {
        use rust_decimal::prelude::ToPrimitive;
        if self.unit.is_measured() || self.value.normalize().scale() > 0 {
            i64::from(!self.value.is_zero())
        } else {
            self.value.to_i64().unwrap_or(i64::MAX)
        }
    }
}

impl fmt::Display for Quantity {
    /// `3`, `0.482 kg`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A weight keeps the places it was weighed with; a count loses a spelled-out ".0".
        if self.unit.is_measured() {
            write!(f, "{} {}", self.value, self.unit.symbol())
        } else {
            write!(f, "{}", self.value.normalize())
        }
    }
}

/// A price in major units for `per` of something: 1.459 per 1 l, 12.98 per 3 pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnitPrice {
    /// Major units, exact.
    pub value: Decimal,
    /// The quantity that costs it; its value is above zero.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub per: Quantity,
}

fn one() -> Quantity {
    Quantity::ONE
}

fn is_one(quantity: &Quantity) -> bool {
    *quantity == Quantity::ONE
}

impl UnitPrice {
    /// A price for one piece.
    pub const fn each(value: Decimal) -> Self {
        UnitPrice { value, per: Quantity::ONE }
    }

    /// A price for one unit of measure.
    pub const fn per(value: Decimal, unit: Unit) -> Self {
        UnitPrice { value, per: Quantity { value: Decimal::ONE, unit } }
    }

    /// What `quantity` costs, in major units, exact as long as the division is: multiplied first, divided last, and not
    /// divided at all for exactly the quantity priced.
    pub fn extend(self, quantity: Quantity) -> Result<Decimal, MoneyError> {
        let quantity = quantity.in_unit(self.per.unit)?;
        if self.per.value.is_zero() {
            return Err(MoneyError::DivisionByZero);
        }
        if quantity.value == self.per.value {
            return Ok(self.value);
        }
        let product = self.value.checked_mul(quantity.value).ok_or(MoneyError::Overflow)?;
        if self.per.value == Decimal::ONE {
            return Ok(product);
        }
        product.checked_div(self.per.value).ok_or(MoneyError::Overflow)
    }

    /// What `quantity` costs, rounded: 0.482 kg at 2.99/kg is 1.44118, posted as 1.44.
    pub fn amount(self, quantity: Quantity, currency: Currency, rounding: Rounding) -> Result<Money, MoneyError> {
        currency.round(self.extend(quantity)?, rounding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    fn check(price: UnitPrice, quantity: Quantity, expected: &str) {
        let euro = Currency::from_code("EUR").unwrap();
        let amount = price.amount(quantity, euro, Rounding::HALF_UP).unwrap();
        assert_eq!(euro.format(amount), expected);
    }

    #[test]
    fn prices_extend_by_multiplying_first() {
        check(UnitPrice::each(decimal("6.49")), Quantity::pieces(2), "12.98");
        check(UnitPrice::per(decimal("2.99"), Unit::Kg), Quantity::new(decimal("0.482"), Unit::Kg), "1.44");
        check(UnitPrice::per(decimal("2.99"), Unit::Kg), Quantity::new(decimal("482"), Unit::G), "1.44");
        check(UnitPrice::per(decimal("1.459"), Unit::L), Quantity::new(decimal("29.404"), Unit::L), "42.90");
        // "10.00 for 3" must be 10.00 for 3, not 3 x 3.33
        let three_for_ten = UnitPrice { value: decimal("10"), per: Quantity::pieces(3) };
        check(three_for_ten, Quantity::pieces(3), "10.00");
        check(three_for_ten, Quantity::pieces(6), "20.00");
        check(three_for_ten, Quantity::pieces(1), "3.33");
    }

    #[test]
    fn units_of_different_dimensions_do_not_convert() {
        assert!(matches!(
            UnitPrice::per(Decimal::ONE, Unit::Kg).extend(Quantity::pieces(1)),
            Err(MoneyError::UnitMismatch { from: Unit::Each, to: Unit::Kg })
        ));
    }

    #[test]
    fn a_weighed_line_is_one_piece() {
        assert_eq!(Quantity::new(decimal("0.482"), Unit::Kg).countable_pieces(), 1);
        assert_eq!(Quantity::pieces(29_404).countable_pieces(), 29_404);
        assert_eq!(Quantity::new(decimal("0.482"), Unit::Kg).to_string(), "0.482 kg");
    }
}

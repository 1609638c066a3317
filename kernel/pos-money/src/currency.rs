//! ISO 4217 currencies and the two-way street between minor units and decimals.

use crate::iso4217::CURRENCIES;
use crate::{Decimal, Money, MoneyError, Rounding};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A currency of ISO 4217, by its three-letter code; knows its number of minor-unit digits (JPY 0, EUR 2, KWD 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(u16);

impl Currency {
    /// All currencies, by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        (0..CURRENCIES.len()).map(|index| Currency(index as u16))
    }

    /// The currency of a three-letter code, in either case.
    pub fn from_code(code: &str) -> Result<Currency, MoneyError> {
        let upper = code.to_ascii_uppercase();
        CURRENCIES
            .binary_search_by(|(known, ..)| known.cmp(&upper.as_str()))
            .map(|index| Currency(index as u16))
            .map_err(|_| MoneyError::UnknownCurrency(code.to_owned()))
    }

    /// Three letters: `EUR`.
    pub fn code(self) -> &'static str {
        CURRENCIES[usize::from(self.0)].0
    }

    /// Three digits as a number: 978.
    pub fn numeric(self) -> u16 {
        CURRENCIES[usize::from(self.0)].1
    }

    /// Decimal places of the minor unit, 0 to 4.
    pub fn exponent(self) -> u8 {
        CURRENCIES[usize::from(self.0)].2
    }

    /// English name.
    pub fn name(self) -> &'static str {
        CURRENCIES[usize::from(self.0)].3
    }

    /// The amount in major units with exactly the currency's decimal places: 1298 -> `12.98`.
    pub fn to_decimal(self, amount: Money) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(amount.minor()), u32::from(self.exponent()))
    }

    /// Major units to money; [`MoneyError::TooPrecise`] if a digit would be lost.
    pub fn exact(self, major: Decimal) -> Result<Money, MoneyError> {
        let exponent = u32::from(self.exponent());
        if major.scale() == exponent {
            return i64::try_from(major.mantissa()).map(Money::from_minor).map_err(|_| MoneyError::Overflow);
        }
        let normal = major.normalize();
        if normal.scale() > exponent {
            return Err(MoneyError::TooPrecise { amount: major, currency: self, exponent: self.exponent() });
        }
        let coefficient =
            normal.mantissa().checked_mul(10_i128.pow(exponent - normal.scale())).ok_or(MoneyError::Overflow)?;
        i64::try_from(coefficient).map(Money::from_minor).map_err(|_| MoneyError::Overflow)
    }

    /// Major units to money by a named rounding.
    pub fn round(self, major: Decimal, rounding: Rounding) -> Result<Money, MoneyError> {
        rounding.round_to_minor(major, u32::from(self.exponent()))
    }

    /// Text in major units (`12.98`, `-3`, `1 298,50` is refused: one form only) to money. What people type goes through
    /// [`Locale::parse`](crate::Locale::parse).
    pub fn parse(self, text: &str) -> Result<Money, MoneyError> {
        let refused = || MoneyError::NotANumber(text.to_owned());
        // The decimal type also reads `1_000`; that is source code, not an amount.
        if text.contains('_') {
            return Err(refused());
        }
        let text = text.trim();
        match Decimal::from_str_exact(text) {
            Ok(major) => self.exact(major),
            // More digits than a decimal holds: rounded just to say what is wrong with it.
            Err(_) => match Decimal::from_str(text) {
                Ok(amount) if !amount.fract().is_zero() => {
                    Err(MoneyError::TooPrecise { amount, currency: self, exponent: self.exponent() })
                }
                _ if is_digits(text) => Err(MoneyError::Overflow),
                _ => Err(refused()),
            },
        }
    }

    /// Plain text with the currency's decimal places: `12.98`, `-0.05`, `1298` for yen.
    pub fn format(self, amount: Money) -> String {
        self.to_decimal(amount).to_string()
    }
}

/// A number of any length, although too long to be held.
fn is_digits(text: &str) -> bool {
    let (whole, places) = text.trim_start_matches(['-', '+']).split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches(['-', '+']);
    !whole.is_empty() && whole.bytes().chain(places.bytes()).all(|byte| byte.is_ascii_digit())
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Currency::from_code(code)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, Self::Error> {
        Currency::from_code(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// An amount that carries its currency: a foreign tender, a ledger entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyAmount {
    /// How much, in minor units of `currency`.
    pub amount: Money,
    /// Of what.
    pub currency: Currency,
}

impl CurrencyAmount {
    /// Sum; [`MoneyError::MixedCurrencies`] if the currencies differ.
    pub fn plus(self, other: CurrencyAmount) -> Result<CurrencyAmount, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies { left: self.currency, right: other.currency });
        }
        Ok(CurrencyAmount { amount: self.amount.plus(other.amount)?, currency: self.currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur() -> Currency {
        Currency::from_code("EUR").unwrap()
    }

    #[test]
    fn table_is_sorted_and_knows_exponents() {
        assert!(CURRENCIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, exponent) in [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4)] {
            assert_eq!(Currency::from_code(code).unwrap().exponent(), exponent, "{code}");
        }
        assert_eq!(Currency::from_code("eur").unwrap().numeric(), 978);
        assert!(matches!(Currency::from_code("EURO"), Err(MoneyError::UnknownCurrency(_))));
    }

    #[test]
    fn decimal_text_round_trips_for_every_currency() {
        for currency in Currency::all() {
            for minor in [0, 1, -1, 5, 99, 100, -12_345, i64::MAX, i64::MIN] {
                let amount = Money::from_minor(minor);
                assert_eq!(currency.parse(&currency.format(amount)), Ok(amount), "{currency} {minor}");
            }
        }
    }

    #[test]
    fn a_digit_too_many_is_refused_not_rounded() {
        assert!(matches!(eur().parse("1.005"), Err(MoneyError::TooPrecise { .. })));
        assert_eq!(eur().parse("1.500"), Ok(Money::from_minor(150)));
        assert_eq!(eur().parse("20"), Ok(Money::from_minor(2000)));
        assert!(matches!(eur().parse("2o"), Err(MoneyError::NotANumber(_))));
        assert_eq!(eur().parse("99999999999999999999"), Err(MoneyError::Overflow));
    }

    #[test]
    fn minus_zero_is_never_printed() {
        assert_eq!(eur().format(Money::from_minor(0)), "0.00");
        assert_eq!(eur().parse("-0.00").map(|zero| eur().format(zero)), Ok("0.00".to_owned()));
    }

    #[test]
    fn mixed_currencies_are_refused() {
        let euro = CurrencyAmount { amount: Money::from_minor(1), currency: eur() };
        let yen = CurrencyAmount { amount: Money::from_minor(1), currency: Currency::from_code("JPY").unwrap() };
        assert!(matches!(euro.plus(yen), Err(MoneyError::MixedCurrencies { .. })));
    }
}

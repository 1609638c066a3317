//! Named rounding: a mode and an increment, always on the magnitude, so that R(-x) = -R(x).

use crate::{Decimal, Money, MoneyError};
use serde::{Deserialize, Serialize};

/// What happens to a value between two multiples of the increment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoundingMode {
    /// To the nearest; a tie goes away from zero (commercial rounding).
    #[default]
    HalfUp,
    /// To the nearest; a tie goes to the even multiple (banker's rounding).
    HalfEven,
    /// To the nearest; a tie goes toward zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Toward zero.
    Down,
}

/// Rounding to a multiple of `increment` minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rounding {
    /// What to do in between.
    pub mode: RoundingMode,
    /// In minor units, at least 1: 5 rounds Swiss cash to 0.05.
    pub increment: i64,
}

impl Default for Rounding {
    fn default() -> Self {
        Rounding { mode: RoundingMode::HalfUp, increment: 1 }
    }
}

impl Rounding {
    /// Half up to the minor unit.
    pub const HALF_UP: Rounding = Rounding { mode: RoundingMode::HalfUp, increment: 1 };

    /// To the minor unit by `mode`.
    pub const fn to_minor_unit(mode: RoundingMode) -> Self {
        Rounding { mode, increment: 1 }
    }

    /// Rounds a decimal in major units of a currency with `exponent` decimal places.
    pub fn round_to_minor(self, major: Decimal, exponent: u32) -> Result<Money, MoneyError> {
        if self.increment < 1 {
            return Err(MoneyError::DivisionByZero);
        }
        // value = mantissa / 10^scale major = mantissa * 10^exponent / 10^scale minor; one exact division of integers.
        let (mut numerator, mut denominator) =
            (major.mantissa().unsigned_abs(), u128::from(self.increment.unsigned_abs()));
        if major.scale() >= exponent {
            denominator = ten_to(major.scale() - exponent)
                .and_then(|power| denominator.checked_mul(power.unsigned_abs()))
                .ok_or(MoneyError::Overflow)?;
        } else {
            numerator = ten_to(exponent - major.scale())
                .and_then(|power| numerator.checked_mul(power.unsigned_abs()))
                .ok_or(MoneyError::Overflow)?;
        }
        let multiples = self.mode.divide(numerator, denominator);
        let minor = multiples.checked_mul(u128::from(self.increment.unsigned_abs())).ok_or(MoneyError::Overflow)?;
        let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
        Ok(Money::from_minor(if major.is_sign_negative() { -minor } else { minor }))
    }

    /// Rounds an amount to a multiple of the increment (cash rounding).
    pub fn round_money(self, amount: Money) -> Result<Money, MoneyError> {
        self.round_to_minor(Decimal::from(amount.minor()), 0)
    }
}

impl RoundingMode {
    /// Quotient of two non-negative integers, rounded by the mode. The denominator is not zero.
    fn divide(self, numerator: u128, denominator: u128) -> u128 {
        let (quotient, rest) = (numerator / denominator, numerator % denominator);
        let half = rest.cmp(&(denominator - rest));
        let up = match self {
            RoundingMode::HalfUp => rest > 0 && half.is_ge(),
            RoundingMode::HalfDown => half.is_gt(),
            RoundingMode::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 == 1),
            RoundingMode::Up => rest > 0,
            RoundingMode::Down => false,
        };
        quotient + u128::from(up)
    }
}

/// A power of ten as far as it fits: what two decimals of different scales are brought to one with.
pub fn ten_to(exponent: u32) -> Option<i128> {
    const POWERS: [i128; 39] = {
        let mut powers = [1; 39];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = powers[at - 1] * 10;
            at += 1;
        }
        powers
    };
    POWERS.get(exponent as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use RoundingMode::*;

    #[test]
    fn every_mode_at_and_beside_the_tie_with_either_sign() {
        // value in thousandths of a major unit, two decimal places -> cents
        let table = [
            (1004, [100, 100, 100, 101, 100]),
            (1005, [101, 100, 100, 101, 100]),
            (1006, [101, 101, 101, 101, 100]),
            (1015, [102, 102, 101, 102, 101]),
            (1000, [100, 100, 100, 100, 100]),
            (0, [0, 0, 0, 0, 0]),
        ];
        for (thousandths, expected) in table {
            for (mode, cents) in [HalfUp, HalfEven, HalfDown, Up, Down].into_iter().zip(expected) {
                for sign in [1, -1] {
                    let rounded = Rounding::to_minor_unit(mode).round_to_minor(Decimal::new(sign * thousandths, 3), 2);
                    assert_eq!(rounded, Ok(Money::from_minor(sign * cents)), "{mode:?} {thousandths} {sign}");
                }
            }
        }
    }

    #[test]
    fn increments_round_swiss_and_swedish_cash() {
        let swiss = Rounding { mode: HalfUp, increment: 5 };
        for (cents, rounded) in [(1001, 1000), (1002, 1000), (1003, 1005), (1007, 1005), (1008, 1010), (-1003, -1005)] {
            assert_eq!(swiss.round_money(Money::from_minor(cents)), Ok(Money::from_minor(rounded)), "{cents}");
        }
        let krona = Rounding { mode: HalfUp, increment: 100 };
        assert_eq!(krona.round_money(Money::from_minor(1050)), Ok(Money::from_minor(1100)));
        assert_eq!(Rounding { mode: HalfUp, increment: 0 }.round_money(Money::ZERO), Err(MoneyError::DivisionByZero));
    }

    #[test]
    fn the_largest_decimals_refuse_instead_of_wrapping() {
        assert_eq!(Rounding::HALF_UP.round_to_minor(Decimal::MAX, 2), Err(MoneyError::Overflow));
        assert_eq!(
            Rounding::HALF_UP.round_to_minor(Decimal::new(1, 28), 2),
            Ok(Money::ZERO),
            "the smallest decimal is nothing"
        );
    }
}

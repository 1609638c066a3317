//! Rounding to a multiple of an increment, on the magnitude, so that R(-x) = -R(x).
//!
//! Example: 0.125 to 0.01 is 0.13 half-up and up, 0.12 half-even, half-down and down; -0.125 gives the same figures negative.

use crate::number::{Rational, one, zero};
use num_integer::Integer;
use num_rational::Ratio;
use num_traits::Signed;

/// What happens between two multiples of the increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To the nearer one, a tie away from zero.
    HalfUp,
    /// To the nearer one, a tie to the even multiple.
    HalfEven,
    /// To the nearer one, a tie towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 5] = [Self::HalfUp, Self::HalfEven, Self::HalfDown, Self::Up, Self::Down];

    /// The name used in cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half-up",
            Self::HalfEven => "half-even",
            Self::HalfDown => "half-down",
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// `value` as a multiple of `increment`; a zero or negative increment rounds nothing.
pub fn round_to(value: &Rational, increment: &Rational, mode: Mode) -> Rational {
    if *increment <= zero() {
        return value.clone();
    }
    let steps = value.abs() / increment;
    let lower = steps.floor();
    let rest = &steps - &lower;
    let half = Ratio::new(1.into(), 2.into());
    let further = match mode {
        Mode::HalfUp => rest >= half,
        Mode::HalfDown => rest > half,
        Mode::HalfEven => rest > half || (rest == half && lower.to_integer().is_odd()),
        Mode::Up => rest > zero(),
        Mode::Down => false,
    };
    let magnitude = if further { lower + one() } else { lower } * increment;
    if value.is_negative() { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse;

    fn rounded(value: &str, increment: &str, mode: Mode) -> Rational {
        round_to(&parse(value).unwrap(), &parse(increment).unwrap(), mode)
    }

    #[test]
    fn ties_and_both_sides_of_them() {
        let table = [
            (Mode::HalfUp, ["0.12", "0.13", "0.13", "0.14"]),
            (Mode::HalfEven, ["0.12", "0.12", "0.13", "0.14"]),
            (Mode::HalfDown, ["0.12", "0.12", "0.13", "0.13"]),
            (Mode::Up, ["0.13", "0.13", "0.13", "0.14"]),
            (Mode::Down, ["0.12", "0.12", "0.12", "0.13"]),
        ];
        for (mode, expected) in table {
            for (value, expected) in ["0.124", "0.125", "0.126", "0.135"].iter().zip(expected) {
                assert_eq!(rounded(value, "0.01", mode), parse(expected).unwrap(), "{value} {}", mode.name());
                assert_eq!(rounded(&format!("-{value}"), "0.01", mode), -parse(expected).unwrap());
            }
        }
    }

    #[test]
    fn increments_of_coins() {
        assert_eq!(rounded("2.38", "0.05", Mode::HalfUp), parse("2.40").unwrap());
        assert_eq!(rounded("2.375", "0.05", Mode::HalfEven), parse("2.40").unwrap());
        assert_eq!(rounded("2.325", "0.05", Mode::HalfEven), parse("2.30").unwrap());
        assert_eq!(rounded("2.38", "0", Mode::HalfUp), parse("2.38").unwrap());
        assert_eq!(rounded("12.98", "0.05", Mode::Down), parse("12.95").unwrap());
    }

    #[test]
    fn names_are_read_back() {
        for mode in Mode::ALL {
            assert_eq!(Mode::named(mode.name()), Some(mode));
        }
        assert_eq!(Mode::named("nearest"), None);
    }
}

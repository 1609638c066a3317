//! A part of a whole, rounded once: what 2 of 3 pieces get of 10.00.
//!
//! Why not multiply and divide decimals: 10.00 x 1/3 has no finite decimal, and a product of 28 digits would be rounded
//! a second time without a word. Here the quotient is exact and rounded half up, on the magnitude, in one step.
//! Example: 2 of 3 pieces of 10.00 are 6.67, 0.482 kg of 1.928 kg of 7.70 are 1.93 (1.925), and -10.00 is the mirror.

use crate::{Decimal, Money, MoneyError, ten_to};

/// `total * part / whole`, half up on the magnitude, for any whole units (cents, points).
///
/// [`MoneyError::DivisionByZero`] for a whole of zero, unless the part is the whole; [`MoneyError::Overflow`] if the
/// answer has more than 64 bits or the two quantities have more digits between them than can be compared exactly.
///
/// ```
/// use pos_money::{Decimal, proportion};
/// let three = Decimal::from(3);
/// let of_ten: Vec<i64> = (0..=3).map(|part| proportion(1000, Decimal::from(part), three)).collect::<Result<_, _>>()?;
/// assert_eq!(of_ten, [0, 333, 667, 1000]);
/// # Ok::<(), pos_money::MoneyError>(())
/// ```
pub fn proportion(total: i64, part: Decimal, whole: Decimal) -> Result<i64, MoneyError> {
    if part == whole {
        return Ok(total);
    }
    if whole.is_zero() {
        return Err(MoneyError::DivisionByZero);
    }
    let scale = part.scale().max(whole.scale());
    let (numerator, denominator) = (scaled(part, scale)?, scaled(whole, scale)?);
    let magnitude = times_over(total.unsigned_abs(), numerator, denominator)?;
    let mirrored = (total < 0) ^ (part.is_sign_negative() != whole.is_sign_negative());
    let signed = i128::try_from(magnitude).map_err(|_| MoneyError::Overflow)?;
    i64::try_from(if mirrored { -signed } else { signed }).map_err(|_| MoneyError::Overflow)
}

impl Money {
    /// What `part` of `whole` gets of this amount, half up: [`proportion`] of its minor units.
    pub fn share(self, part: Decimal, whole: Decimal) -> Result<Money, MoneyError> {
        proportion(self.minor(), part, whole).map(Money::from_minor)
    }
}

/// The digits of a decimal at a larger scale, without its sign.
fn scaled(value: Decimal, scale: u32) -> Result<u128, MoneyError> {
    let power = ten_to(scale - value.scale()).ok_or(MoneyError::Overflow)?;
    value.mantissa().unsigned_abs().checked_mul(power.unsigned_abs()).ok_or(MoneyError::Overflow)
}

/// `count * numerator / denominator`, half up, although the product may not fit.
fn times_over(count: u64, numerator: u128, denominator: u128) -> Result<u128, MoneyError> {
    if let Some(product) = u128::from(count).checked_mul(numerator) {
        return half_up(product / denominator, product % denominator, denominator);
    }
    // Schoolbook, one bit of the count at a time: quotient and rest are those of the bits seen so far.
    let (step_quotient, step_rest) = (numerator / denominator, numerator % denominator);
    let (mut quotient, mut rest) = (0_u128, 0_u128);
    for bit in (0..u64::BITS).rev() {
        let taken = u128::from(count >> bit & 1);
        // The rest stays below the denominator, so what is carried is 0, 1 or 2.
        let sum =
            rest.checked_mul(2).and_then(|twice| twice.checked_add(taken * step_rest)).ok_or(MoneyError::Overflow)?;
        rest = sum % denominator;
        quotient = quotient
            .checked_mul(2)
            .and_then(|twice| twice.checked_add(taken.checked_mul(step_quotient)?))
            .and_then(|so_far| so_far.checked_add(sum / denominator))
            .ok_or(MoneyError::Overflow)?;
    }
    half_up(quotient, rest, denominator)
}

fn half_up(quotient: u128, rest: u128, denominator: u128) -> Result<u128, MoneyError> {
    quotient.checked_add(u128::from(rest >= denominator - rest)).ok_or(MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal() -> impl Strategy<Value = Decimal> {
        (any::<i64>(), any::<i64>(), 0..=28_u32).prop_map(|(high, low, scale)| {
            let mantissa = (i128::from(high) << 31) ^ i128::from(low);
            Decimal::from_i128_with_scale(mantissa, scale)
        })
    }

    #[test]
    fn weights_and_ties() {
        let kilos = |grams: i64| Decimal::new(grams, 3);
        assert_eq!(proportion(770, kilos(482), kilos(1928)), Ok(193), "192.5 is a tie and goes up");
        assert_eq!(proportion(-770, kilos(482), kilos(1928)), Ok(-193), "its mirror");
        assert_eq!(proportion(770, -kilos(482), kilos(1928)), Ok(-193));
        assert_eq!(proportion(770, -kilos(482), -kilos(1928)), Ok(193));
        assert_eq!(proportion(770, Decimal::new(10, 1), Decimal::ONE), Ok(770), "1.0 of 1");
        assert_eq!(proportion(5, Decimal::ZERO, Decimal::ZERO), Ok(5));
        assert_eq!(proportion(5, Decimal::ONE, Decimal::ZERO), Err(MoneyError::DivisionByZero));
        assert_eq!(Money::from_minor(i64::MIN).share(Decimal::ONE, Decimal::TWO), Ok(Money::from_minor(i64::MIN / 2)));
        assert_eq!(proportion(i64::MAX, Decimal::TWO, Decimal::ONE), Err(MoneyError::Overflow));
        assert_eq!(proportion(i64::MIN, Decimal::ONE, Decimal::NEGATIVE_ONE), Err(MoneyError::Overflow));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_input_panics(total in any::<i64>(), part in decimal(), whole in decimal()) {
            if let Ok(share) = proportion(total, part, whole) {
                prop_assert_eq!(proportion(total, whole, whole), Ok(total));
                // The mirror of a share is the share of the mirror.
                if let (Some(mirror), Some(expected)) = (total.checked_neg(), share.checked_neg()) {
                    prop_assert_eq!(proportion(mirror, part, whole), Ok(expected));
                }
            }
        }

        #[test]
        fn the_long_way_and_the_short_way_agree(count in any::<u64>(), numerator in 0..=u128::from(u64::MAX), denominator in 1..=u128::from(u64::MAX)) {
            // Small enough to multiply; a common factor too large for that must not change the answer.
            let short = times_over(count, numerator, denominator);
            let long = times_over(count, numerator << 60, denominator << 60);
            prop_assert_eq!(short, long);
        }

        #[test]
        fn half_a_unit_at_most_from_the_exact_share(total in any::<i32>(), part in 0..=1_000_i64, more in 1..=1_000_i64) {
            let whole = part + more;
            let share = i128::from(proportion(i64::from(total), Decimal::from(part), Decimal::from(whole)).unwrap());
            let distance = 2 * (share * i128::from(whole) - i128::from(total) * i128::from(part)).abs();
            prop_assert!(distance <= i128::from(whole));
        }
    }
}

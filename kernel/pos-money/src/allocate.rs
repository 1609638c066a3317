//! Splitting a whole so that the shares add up to it.
//!
//! Largest remainder: each share gets the whole units of its exact part, and the units left over go one by one to the
//! largest fractional rests, ties to the earlier share. 10.00 over three equal weights is 3.34 + 3.33 + 3.33; -10.00 is
//! the mirror image.

use crate::{Currency, Decimal, Money, MoneyError};

/// Shares of `total` in proportion to `weights` (not negative). All weights zero: an even split. No weights: refused
/// unless there is nothing to split.
pub fn allocate(total: Money, weights: &[Money]) -> Result<Vec<Money>, MoneyError> {
    if weights.is_empty() {
        return if total.is_zero() { Ok(Vec::new()) } else { Err(MoneyError::DivisionByZero) };
    }
    let weights: Vec<i128> = weights.iter().map(|weight| i128::from(weight.minor()).abs()).collect();
    let whole: i128 = weights.iter().sum();
    if whole == 0 {
        return allocate_evenly(total, weights.len());
    }
    let magnitude = i128::from(total.minor()).abs();
    let mut shares = Vec::with_capacity(weights.len());
    let mut rests: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
    let mut given = 0_i128;
    for (index, weight) in weights.iter().enumerate() {
        // magnitude and weight are below 2^64, so the product stays below 2^127.
        let product = magnitude * weight;
        shares.push(product / whole);
        rests.push((product % whole, index));
        given += product / whole;
    }
    // Fewer units are left than there are shares, so each share gets at most one.
    rests.sort_by(|(rest, index), (other_rest, other_index)| other_rest.cmp(rest).then(index.cmp(other_index)));
    let left = usize::try_from(magnitude - given).map_err(|_| MoneyError::Overflow)?;
    for (_, index) in rests.iter().take(left) {
        shares[*index] += 1;
    }
    let negative = total.is_negative();
    shares
        .into_iter()
        .map(|share| {
            let signed = if negative { -share } else { share };
            i64::try_from(signed).map(Money::from_minor).map_err(|_| MoneyError::Overflow)
        })
        .collect()
}

/// Equal shares, the first ones a unit larger where it does not come out even.
pub fn allocate_evenly(total: Money, count: usize) -> Result<Vec<Money>, MoneyError> {
    let ones = vec![Money::from_minor(1); count];
    allocate(total, &ones)
}

/// Shares of a rounded `total` after their `exact` values (major units): each gets its whole minor units, and what is
/// left over goes to the largest fractions, ties to the earlier share. Where the rounding of the total moved more than
/// that (increments above the minor unit), only the difference is split, by size: of +10.00 and -10.00 with a total
/// rounded to 0.05 the shares are 10.03 and -9.98, not 0.03 and 0.02.
pub fn allocate_exact(total: Money, exact: &[Decimal], currency: Currency) -> Result<Vec<Money>, MoneyError> {
    if total.is_negative() {
        let mirrored: Vec<Decimal> = exact.iter().map(|share| -*share).collect();
        return allocate_exact(total.negated()?, &mirrored, currency)?.into_iter().map(Money::negated).collect();
    }
    let minor_per_major = Decimal::from(10_i64.pow(u32::from(currency.exponent())));
    let mut shares = Vec::with_capacity(exact.len());
    let mut rests: Vec<(Decimal, usize)> = Vec::with_capacity(exact.len());
    for (index, share) in exact.iter().enumerate() {
        let minor = share.checked_mul(minor_per_major).ok_or(MoneyError::Overflow)?;
        let whole = minor.floor();
        shares.push(Money::from_minor(i64::try_from(whole).map_err(|_| MoneyError::Overflow)?));
        rests.push((minor - whole, index));
    }
    let left = total.minus(Money::sum(shares.iter().copied())?)?.minor();
    match usize::try_from(left) {
        Ok(left) if left <= shares.len() => {
            if left > 0 {
                rests.sort_by(|(rest, index), (other, other_index)| other.cmp(rest).then(index.cmp(other_index)));
            }
            for (_, index) in rests.iter().take(left) {
                shares[*index] = shares[*index].plus(Money::from_minor(1))?;
            }
            Ok(shares)
        }
        _ => {
            let difference = allocate(Money::from_minor(left), &shares)?;
            shares.into_iter().zip(difference).map(|(share, more)| share.plus(more)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(total: i64, weights: &[i64], expected: &[i64]) {
        let weights: Vec<Money> = weights.iter().copied().map(Money::from_minor).collect();
        let shares: Vec<i64> =
            allocate(Money::from_minor(total), &weights).unwrap().into_iter().map(Money::minor).collect();
        assert_eq!(shares, expected);
    }

    #[test]
    fn leftover_cents_go_to_the_largest_remainders() {
        check(1000, &[1, 1, 1], &[334, 333, 333]);
        check(-1000, &[1, 1, 1], &[-334, -333, -333]);
        check(100, &[1, 2, 3], &[17, 33, 50]);
        check(1, &[5, 5], &[1, 0]);
        check(7, &[0, 0], &[4, 3]);
        check(0, &[3, 4], &[0, 0]);
        check(i64::MAX, &[i64::MAX, i64::MAX], &[i64::MAX / 2 + 1, i64::MAX / 2]);
        assert_eq!(allocate(Money::ZERO, &[]), Ok(vec![]));
        assert_eq!(allocate(Money::from_minor(1), &[]), Err(MoneyError::DivisionByZero));
    }

    #[test]
    fn exact_shares_keep_their_whole_part() {
        let euro = Currency::from_code("EUR").unwrap();
        let exact: Vec<Decimal> = [333, 335, 332].into_iter().map(|thousandths| Decimal::new(thousandths, 3)).collect();
        let minor = |total: i64, exact: &[Decimal]| -> Vec<i64> {
            allocate_exact(Money::from_minor(total), exact, euro).unwrap().into_iter().map(Money::minor).collect()
        };
        assert_eq!(minor(100, &exact), [33, 34, 33]);
        let mirrored: Vec<Decimal> = exact.iter().map(|share| -*share).collect();
        assert_eq!(minor(-100, &mirrored), [-33, -34, -33]);
        // A total rounded to 0.05 moves further than one unit a share.
        assert_eq!(minor(105, &exact).iter().sum::<i64>(), 105);
        assert_eq!(minor(0, &[]), [0_i64; 0]);
        // Shares of both signs stay near what they are.
        let both = [Decimal::new(10_006, 3), Decimal::from(-10)];
        assert_eq!(minor(1, &both), [1_001, -1_000]);
        assert_eq!(minor(5, &both), [1_003, -998]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_stay_within_one_unit(total in any::<i64>(), weights in prop::collection::vec(0..=i64::MAX, 1..20)) {
            let money: Vec<Money> = weights.iter().copied().map(Money::from_minor).collect();
            let shares = allocate(Money::from_minor(total), &money).unwrap();
            prop_assert_eq!(shares.iter().map(|share| i128::from(share.minor())).sum::<i128>(), i128::from(total));
            let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            if whole > 0 {
                for (share, weight) in shares.iter().zip(&weights) {
                    let exact = i128::from(total) * i128::from(*weight) / whole;
                    prop_assert!((i128::from(share.minor()) - exact).abs() <= 1);
                }
            }
        }
    }
}

//! Splitting a whole so that the shares add up to it.
//!
//! Largest remainder: each share gets the whole units of its exact part, and the units left over go one by one to the
//! largest fractional rests, ties to the earlier share. 10.00 over three equal weights is 3.34 + 3.33 + 3.33; -10.00 is
//! the mirror image.

use crate::{Currency, Decimal, Money, MoneyError, ten_to};

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

/// Shares of a rounded `total` near their `exact` values (major units). What rounding moved is spread first, each value
/// taking its part by magnitude; then each share gets its whole minor units, and what is left over goes to the largest
/// fractions, ties to the earlier share. With values of one sign that is the largest remainder on `exact` as weights;
/// with both (a sale and a return under one tax code: 10.004 and -10.001 for 0.00) the shares stay near what they are.
pub fn allocate_exact(total: Money, exact: &[Decimal], currency: Currency) -> Result<Vec<Money>, MoneyError> {
    match allocate_whole(total, exact) {
        Some(shares) => Ok(shares),
        None => allocate_decimal(total, exact, currency),
    }
}

/// [`allocate_exact`] on whole numbers, many times faster: for figures of the total's sign whose digits leave room for a
/// product with the total. There a share is `figure x total / sum of the figures`, and its rest the rest of that division.
/// The unit of the figures cancels out, so no currency is asked for.
fn allocate_whole(total: Money, exact: &[Decimal]) -> Option<Vec<Money>> {
    let scale = exact.iter().map(Decimal::scale).max().unwrap_or(0);
    let mut figures = Vec::with_capacity(exact.len());
    let mut sum = 0_u128;
    for share in exact {
        if share.is_sign_negative() != total.is_negative() && !share.is_zero() {
            return None;
        }
        let power = ten_to(scale - share.scale())?.unsigned_abs();
        let figure = share.mantissa().unsigned_abs().checked_mul(power)?;
        sum = sum.checked_add(figure)?;
        figures.push(figure);
    }
    if sum == 0 {
        return total.is_zero().then(|| vec![Money::ZERO; exact.len()]);
    }
    let magnitude = total.minor().unsigned_abs();
    let mut left = magnitude;
    let mut shares = Vec::with_capacity(figures.len());
    for figure in &mut figures {
        let product = figure.checked_mul(u128::from(magnitude))?;
        let whole = u64::try_from(product / sum).ok()?;
        left = left.checked_sub(whole)?;
        shares.push(whole);
        *figure = product % sum;
    }
    if left > 0 {
        // Equal fractions must compare equal whatever the last digits of a division on the way here say: 50 bits of the
        // rest tell fractions apart, the same as 15 decimals.
        let noise = (u128::BITS - sum.leading_zeros()).saturating_sub(50);
        let half = (1_u128 << noise) >> 1;
        let mut order: Vec<(u128, usize)> =
            figures.iter().enumerate().map(|(index, rest)| (rest.saturating_add(half) >> noise, index)).collect();
        order.sort_unstable_by(|(rest, index), (other, other_index)| other.cmp(rest).then(index.cmp(other_index)));
        // Fewer units are left than there are shares, so each share gets at most one.
        for (_, index) in order.iter().take(usize::try_from(left).ok()?) {
            shares[*index] += 1;
        }
    }
    let signed = |share: u64| {
        let share = i128::from(share);
        i64::try_from(if total.is_negative() { -share } else { share }).ok().map(Money::from_minor)
    };
    shares.into_iter().map(signed).collect()
}

/// [`allocate_exact`] for figures of both signs, or with more digits than whole numbers hold.
fn allocate_decimal(total: Money, exact: &[Decimal], currency: Currency) -> Result<Vec<Money>, MoneyError> {
    let leading = exact.iter().find(|share| !share.is_zero());
    let mirrored = total.is_negative() || (total.is_zero() && leading.is_some_and(Decimal::is_sign_negative));
    let target = Decimal::from(total.magnitude()?.minor());
    let minor_per_major = Decimal::from(10_i64.pow(u32::from(currency.exponent())));
    let (mut sum, mut magnitude) = (Decimal::ZERO, Decimal::ZERO);
    let mut figures = Vec::with_capacity(exact.len());
    for share in exact {
        let minor = share.checked_mul(minor_per_major).ok_or(MoneyError::Overflow)?;
        let minor = if mirrored { -minor } else { minor };
        sum = sum.checked_add(minor).ok_or(MoneyError::Overflow)?;
        magnitude = magnitude.checked_add(minor.abs()).ok_or(MoneyError::Overflow)?;
        figures.push(minor);
    }
    if magnitude.is_zero() {
        return if total.is_zero() { Ok(vec![Money::ZERO; exact.len()]) } else { allocate_evenly(total, exact.len()) };
    }
    let moved = target.checked_sub(sum).ok_or(MoneyError::Overflow)?;
    let mut shares = Vec::with_capacity(figures.len());
    let mut rests: Vec<(Decimal, usize)> = Vec::with_capacity(figures.len());
    let mut left = target;
    for (index, figure) in figures.into_iter().enumerate() {
        let part = moved.checked_mul(figure.abs()).and_then(|part| part.checked_div(magnitude));
        let near = part.and_then(|part| figure.checked_add(part)).ok_or(MoneyError::Overflow)?;
        let whole = near.floor();
        left = left.checked_sub(whole).ok_or(MoneyError::Overflow)?;
        shares.push(i64::try_from(whole).map_err(|_| MoneyError::Overflow)?);
        // Equal fractions must compare equal whatever the last digits of a division say.
        rests.push(((near - whole).round_dp(15), index));
    }
    let left = usize::try_from(left).map_err(|_| MoneyError::Overflow)?;
    if left > 0 {
        rests.sort_by(|(rest, index), (other, other_index)| other.cmp(rest).then(index.cmp(other_index)));
    }
    for (_, index) in rests.iter().take(left) {
        shares[*index] = shares[*index].checked_add(1).ok_or(MoneyError::Overflow)?;
    }
    shares
        .into_iter()
        .map(|share| if mirrored { Money::from_minor(share).negated() } else { Ok(Money::from_minor(share)) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rounding;
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
        // A sale and a return under one tax code: the shares stay near what they are.
        let both = |sale: i64, back: i64| [Decimal::new(sale, 3), Decimal::new(back, 3)];
        assert_eq!(minor(0, &both(10_004, -10_001)), [1000, -1000]);
        assert_eq!(minor(1, &both(10_006, -10_000)), [1001, -1000]);
        assert_eq!(minor(-1, &both(-10_006, 10_000)), [-1001, 1000]);
        // Thirds that were divided on the way are still equal: the first one gets the cent.
        let third = Decimal::ONE / Decimal::from(3);
        assert_eq!(minor(100, &[third, third, third]), [34, 33, 33]);
        let ninth = Decimal::ONE / Decimal::from(9);
        assert_eq!(minor(100, &[ninth * Decimal::from(3), third, Decimal::ONE - third - third]), [34, 33, 33]);
    }

    proptest! {
        #[test]
        fn whole_numbers_and_decimals_allocate_alike(
            parts in prop::collection::vec((0..3_000_000_i64, prop::sample::select(vec![1_i64, 1, 1, 119, 107, 3])), 0..12),
            moved in -3_i64..=3,
            negative in any::<bool>(),
        ) {
            let euro = Currency::from_code("EUR").unwrap();
            let exact: Vec<Decimal> =
                parts.iter().map(|(cents, divisor)| Decimal::new(*cents, 3) / Decimal::from(*divisor)).collect();
            let rounded = euro.round(exact.iter().sum(), Rounding::HALF_UP).unwrap().minor();
            let total = Money::from_minor((rounded + moved).max(0));
            let (total, exact) = match negative {
                true => (total.negated().unwrap(), exact.into_iter().map(|share| -share).collect()),
                false => (total, exact),
            };
            if let Some(shares) = allocate_whole(total, &exact) {
                prop_assert_eq!(Ok(shares), allocate_decimal(total, &exact, euro));
            } else {
                // Only what adds up to nothing is left to the decimals here.
                prop_assert!(exact.iter().all(Decimal::is_zero) && !total.is_zero());
            }
        }

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

//! Sharing an amount by largest remainder, ties by order, either sign: the shares always add up to the whole.
//!
//! Example: 10.00 over three equal lines is 3.34 + 3.33 + 3.33.
//!
//! Two forms: [`by_weight`] shares an amount over weights; [`near`] brings exact figures to whole units so that they add up to a rounded
//! sum. Where the exact figures have one sign both are the same. Where they have both (a sale and a return line under one tax
//! code: +10.004 and -10.001, rounded sum 0.00) scaling would blow up, so [`near`] spreads only the *difference*, by magnitude.

use crate::number::{Rational, one, zero};
use crate::refusal::Refusal;
use num_traits::{Signed, ToPrimitive};

/// `total` (a multiple of `unit`) over `weights` of one sign.
///
/// # Errors
/// [`Refusal::NothingToShareOn`] where all weights are zero and the total is not.
pub fn by_weight(total: &Rational, weights: &[Rational], unit: &Rational) -> Result<Vec<Rational>, Refusal> {
    let sum: Rational = weights.iter().sum();
    if *total == zero() {
        return Ok(vec![zero(); weights.len()]);
    }
    if sum == zero() {
        return Err(Refusal::NothingToShareOn);
    }
    let exact: Vec<Rational> = weights.iter().map(|weight| total * weight / &sum).collect();
    Ok(whole_units(&exact, unit))
}

/// Whole units near `exact` that add up to `total` (a multiple of `unit`).
///
/// # Errors
/// [`Refusal::NothingToShareOn`] where all figures are zero and the total is not.
pub fn near(total: &Rational, exact: &[Rational], unit: &Rational) -> Result<Vec<Rational>, Refusal> {
    let sum: Rational = exact.iter().sum();
    let magnitude: Rational = exact.iter().map(Signed::abs).sum();
    let difference = total - sum;
    if difference != zero() && magnitude == zero() {
        return Err(Refusal::NothingToShareOn);
    }
    let shifted: Vec<Rational> = exact
        .iter()
        .map(
            |figure| {
                if difference == zero() { figure.clone() } else { figure + &difference * figure.abs() / &magnitude }
            },
        )
        .collect();
    Ok(whole_units(&shifted, unit))
}

/// Cuts each figure down and gives the missing units to the largest remainders. The figures add up to whole units.
///
/// A negative sum is shared as its mirror image, so that a return's shares are those of the sale.
fn whole_units(figures: &[Rational], unit: &Rational) -> Vec<Rational> {
    let sum: Rational = figures.iter().sum();
    let leading = if sum == zero() { figures.iter().find(|figure| **figure != zero()).cloned() } else { Some(sum) };
    let orientation = if leading.is_some_and(|leading| leading < zero()) { -unit } else { unit.clone() };
    let steps: Vec<Rational> = figures.iter().map(|figure| figure / &orientation).collect();
    let mut shares: Vec<Rational> = steps.iter().map(Rational::floor).collect();
    let remainders: Vec<Rational> = steps.iter().zip(&shares).map(|(step, share)| step - share).collect();
    let missing = remainders.iter().sum::<Rational>().to_integer().to_usize().unwrap_or(0);
    let mut order: Vec<usize> = (0..figures.len()).collect();
    // Stable: equal remainders stay in the order given.
    order.sort_by(|left, right| remainders[*right].cmp(&remainders[*left]));
    for index in order.into_iter().take(missing) {
        shares[index] += one();
    }
    shares.into_iter().map(|share| share * &orientation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Random;
    use crate::number::{parse, whole};

    fn numbers(texts: &[&str]) -> Vec<Rational> {
        texts.iter().map(|text| parse(text).unwrap()).collect()
    }

    #[test]
    fn leftover_units_go_to_the_largest_remainders() {
        let cent = parse("0.01").unwrap();
        assert_eq!(
            by_weight(&whole(10), &numbers(&["1", "1", "1"]), &cent).unwrap(),
            numbers(&["3.34", "3.33", "3.33"])
        );
        assert_eq!(
            by_weight(&whole(-10), &numbers(&["1", "1", "1"]), &cent).unwrap(),
            numbers(&["-3.34", "-3.33", "-3.33"])
        );
        assert_eq!(by_weight(&whole(1), &numbers(&["0", "2", "1"]), &whole(1)).unwrap(), numbers(&["0", "1", "0"]));
        assert_eq!(by_weight(&whole(1), &[whole(0)], &cent), Err(Refusal::NothingToShareOn));
        assert_eq!(by_weight(&whole(0), &[whole(0)], &cent).unwrap(), [whole(0)]);
    }

    #[test]
    fn figures_of_both_signs_stay_near_what_they_are() {
        let cent = parse("0.01").unwrap();
        assert_eq!(near(&zero(), &numbers(&["10.004", "-10.001"]), &cent).unwrap(), numbers(&["10.00", "-10.00"]));
        assert_eq!(
            near(&parse("0.01").unwrap(), &numbers(&["10.006", "-10.000"]), &cent).unwrap(),
            numbers(&["10.01", "-10.00"])
        );
    }

    /// Shares add up, mirror with the sign, and are less than a unit from the exact share.
    #[test]
    fn shares_add_up_for_any_input() {
        let mut random = Random::new(5);
        for _ in 0..2_000 {
            let count = random.between(1, 7);
            let weights: Vec<Rational> = (0..count).map(|_| whole(random.between(0, 50))).collect();
            let total = whole(random.between(-500, 500));
            let sum: Rational = weights.iter().sum();
            let Ok(shares) = by_weight(&total, &weights, &whole(1)) else {
                assert_eq!(sum, zero());
                continue;
            };
            assert_eq!(shares.iter().sum::<Rational>(), total);
            assert_eq!(
                by_weight(&-&total, &weights, &whole(1)).unwrap(),
                shares.iter().map(|share| -share).collect::<Vec<_>>()
            );
            for (share, weight) in shares.iter().zip(&weights).filter(|_| sum != zero()) {
                assert!((share - &total * weight / &sum).abs() < whole(1));
            }
        }
    }
}

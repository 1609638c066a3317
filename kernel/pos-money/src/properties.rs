//! What holds for every amount, currency and rounding rule, extremes included.

use crate::{Currency, Decimal, Money, MoneyError, Quantity, Rate, Rounding, RoundingMode, UnitPrice};
use crate::{allocate, allocate_evenly, allocate_exact};
use proptest::prelude::*;

const MODES: [RoundingMode; 5] =
    [RoundingMode::HalfUp, RoundingMode::HalfEven, RoundingMode::HalfDown, RoundingMode::Up, RoundingMode::Down];

/// In minor units of two places: the cent, 0.05, 0.10, 0.50, 1.
const INCREMENTS: [i64; 5] = [1, 5, 10, 50, 100];

fn any_minor() -> impl Strategy<Value = i64> {
    let edge = prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX]);
    prop_oneof![3 => any::<i64>(), 3 => -1_000_000..1_000_000_i64, 1 => edge]
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    let edge = prop::sample::select(vec![Decimal::MAX, Decimal::MIN, Decimal::ZERO, Decimal::new(1, 28)]);
    let plain = (any::<i64>(), 0..=28_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale));
    prop_oneof![4 => plain, 1 => edge]
}

fn any_currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(Currency::all().collect::<Vec<_>>())
}

fn any_rounding() -> impl Strategy<Value = Rounding> {
    (prop::sample::select(MODES.to_vec()), prop::sample::select(INCREMENTS.to_vec()))
        .prop_map(|(mode, increment)| Rounding { mode, increment })
}

/// The table is the published list: every currency with minor units, and none else.
#[test]
fn currencies_are_those_of_iso_4217() {
    let file: serde_json::Value = serde_json::from_str(include_str!("../tests/data/iso4217.json")).unwrap();
    let published = file["currencies"].as_object().unwrap();
    let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap().to_owned();
    let mut expected: Vec<(String, u16, u8, String)> = published
        .iter()
        .filter_map(|(code, entry)| {
            let minor = text(entry, "minor").parse().ok()?;
            Some((code.clone(), text(entry, "num").parse().unwrap(), minor, text(entry, "name")))
        })
        .collect();
    expected.sort();
    let known: Vec<(String, u16, u8, String)> = Currency::all()
        .map(|one| (one.code().to_owned(), one.numeric(), one.exponent(), one.name().to_owned()))
        .collect();
    assert_eq!(known, expected);
    assert_eq!(published.len() - known.len(), 13, "gold, drawing rights and the like have no minor unit");
}

/// A coupon for all of it leaves nothing, in any currency and by any mode: on a line, over lines, by pieces.
#[test]
fn a_coupon_of_a_hundred_percent_leaves_exactly_nothing() {
    let prices = [1, 33, 99, 100, 333, 1_005, 12_345, 999_999];
    for currency in Currency::all() {
        for mode in MODES {
            let rounding = Rounding::to_minor_unit(mode);
            let mut lines = Vec::new();
            for (price, count) in prices.into_iter().zip([1, 2, 3, 7, 11, 13, 30, 101]) {
                let price = UnitPrice { value: Decimal::new(price, 3), per: Quantity::pieces(3) };
                let gross = price.amount(Quantity::pieces(count), currency, rounding).unwrap();
                let exact = currency.to_decimal(gross) * Rate::ONE.fraction();
                let off = currency.round(exact, rounding).unwrap();
                assert_eq!(gross.minus(off), Ok(Money::ZERO), "{currency} {mode:?}");
                let pieces = allocate_evenly(off, usize::try_from(count).unwrap()).unwrap();
                assert_eq!(Money::sum(pieces), Ok(gross));
                lines.push(gross);
            }
            let total = Money::sum(lines.iter().copied()).unwrap();
            assert_eq!(allocate(total, &lines), Ok(lines.clone()), "{currency} {mode:?}");
            let exact: Vec<Decimal> = lines.iter().map(|line| currency.to_decimal(*line)).collect();
            assert_eq!(allocate_exact(total, &exact, currency), Ok(lines), "{currency} {mode:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Every operation gives the exact answer or refuses by name.
    #[test]
    fn arithmetic_is_exact_or_refused(left in any_minor(), right in any_minor()) {
        let (one, other) = (Money::from_minor(left), Money::from_minor(right));
        let exact = |answer: i128| i64::try_from(answer).map(Money::from_minor).map_err(|_| MoneyError::Overflow);
        let (left, right) = (i128::from(left), i128::from(right));
        prop_assert_eq!(one.plus(other), exact(left + right));
        prop_assert_eq!(one.minus(other), exact(left - right));
        prop_assert_eq!(one.times(other.minor()), exact(left * right));
        prop_assert_eq!(one.negated(), exact(-left));
        prop_assert_eq!(one.magnitude(), exact(left.abs()));
        prop_assert_eq!(Money::sum([one, other, one]), exact(left + right + left));
    }

    /// A multiple of the increment, less than one from the amount, half of one at most where the mode says nearest.
    #[test]
    fn rounding_lands_on_coins(minor in any_minor(), rounding in any_rounding()) {
        let amount = Money::from_minor(minor);
        let Ok(rounded) = rounding.round_money(amount) else {
            let room = i128::from(i64::MAX) - i128::from(minor).abs();
            prop_assert!(room < i128::from(rounding.increment), "refused only where no coin fits");
            return Ok(());
        };
        let distance = (i128::from(rounded.minor()) - i128::from(minor)).abs();
        prop_assert_eq!(rounded.minor() % rounding.increment, 0);
        prop_assert!(distance < i128::from(rounding.increment));
        let (size, before) = (i128::from(rounded.minor()).abs(), i128::from(minor).abs());
        match rounding.mode {
            RoundingMode::Up => prop_assert!(size >= before),
            RoundingMode::Down => prop_assert!(size <= before),
            _ => prop_assert!(2 * distance <= i128::from(rounding.increment)),
        }
        prop_assert_eq!(rounding.round_money(rounded), Ok(rounded), "coins are not rounded again");
        if let Ok(mirror) = amount.negated() {
            prop_assert_eq!(rounding.round_money(mirror), rounded.negated());
        }
    }

    #[test]
    fn no_decimal_panics(
        value in any_decimal(), other in any_decimal(), currency in any_currency(), rounding in any_rounding(),
    ) {
        if let Ok(money) = currency.round(value, rounding) {
            let distance = currency.to_decimal(money).checked_sub(value).map(|distance| distance.abs());
            let increment = currency.to_decimal(Money::from_minor(rounding.increment));
            prop_assert!(distance.is_none_or(|distance| distance <= increment));
        }
        if let Ok(money) = currency.exact(value) {
            prop_assert_eq!(currency.to_decimal(money), value);
        }
        let price = UnitPrice { value, per: Quantity::new(other, crate::Unit::Kg) };
        if price.amount(Quantity::new(other, crate::Unit::G), currency, rounding).is_ok() {
            prop_assert!(!other.is_zero());
        }
        let negative = Rate::from_percent(value).is_ok_and(|rate| rate.fraction().is_sign_negative());
        prop_assert!(!negative || value.is_sign_negative());
    }

    /// Shares of either sign add up to the whole, and the mirror of the whole has the mirrored shares.
    #[test]
    fn exact_shares_add_up(
        total in -1_000_000..1_000_000_i64,
        exact in prop::collection::vec((-10_000_000..10_000_000_i64, 0..=6_u32), 1..12),
        currency in any_currency(),
    ) {
        let exact: Vec<Decimal> = exact.into_iter().map(|(digits, scale)| Decimal::new(digits, scale)).collect();
        let shares = allocate_exact(Money::from_minor(total), &exact, currency).unwrap();
        prop_assert_eq!(Money::sum(shares.iter().copied()), Ok(Money::from_minor(total)));
        if total != 0 {
            let mirror: Vec<Decimal> = exact.iter().map(|share| -*share).collect();
            let mirrored = allocate_exact(Money::from_minor(-total), &mirror, currency).unwrap();
            let back: Vec<Money> = mirrored.into_iter().map(|share| share.negated().unwrap()).collect();
            prop_assert_eq!(back, shares);
        }
    }

    #[test]
    fn no_allocation_panics(total in any_minor(), weights in prop::collection::vec(any_minor(), 0..8), exact in prop::collection::vec(any_decimal(), 0..8)) {
        let total = Money::from_minor(total);
        let weights: Vec<Money> = weights.into_iter().map(Money::from_minor).collect();
        if let Ok(shares) = allocate(total, &weights) {
            prop_assert_eq!(Money::sum(shares), Ok(total));
        }
        let euro = Currency::from_code("EUR").unwrap();
        if let Ok(shares) = allocate_exact(total, &exact, euro) {
            prop_assert_eq!(Money::sum(shares), Ok(total));
        }
    }

    /// Any text is an amount or refused, and an amount prints as the text that means it.
    #[test]
    fn no_text_panics(text in "[-+0-9._eE ,]{0,40}|\\PC{0,12}", currency in any_currency()) {
        if let Ok(money) = currency.parse(&text) {
            let printed = currency.format(money);
            prop_assert_eq!(currency.parse(&printed), Ok(money));
            prop_assert!(!money.is_zero() || !printed.contains('-'));
        }
    }
}

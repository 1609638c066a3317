//! The taxes of one line: steps 2 to 13 of the specification's numbered algorithm, one after the other.
//!
//! Example: 121.00 with a fixed 1.00 (included, in the base of what follows) and 21 % included: fixed 1.00 on base 99.00, 21.00 on base 100.00.

use crate::case::{Tax, TaxKind};
use crate::number::{Rational, one, zero};
use crate::refusal::Refusal;
use num_traits::Signed;

/// What one line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineTaxes {
    /// The price after discounts, from which the taxes were computed.
    pub raw: Rational,
    /// Price without the included taxes.
    pub excluded: Rational,
    /// For each tax in the order given.
    pub taxes: Vec<Levied>,
}

/// One tax on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levied {
    /// What it is levied on.
    pub base: Rational,
    /// What is levied: 0 where exempt.
    pub amount: Rational,
    /// What an exempt included tax takes out of the price.
    pub dropped: Rational,
    /// Which of the line's taxes stand in this one's base.
    pub fed_by: Vec<usize>,
}

impl LineTaxes {
    /// Everything that is to be paid for the line.
    pub fn payable(&self) -> Rational {
        self.taxes.iter().fold(self.excluded.clone(), |sum, tax| sum + &tax.amount)
    }
}

/// Step 3: for each tax the number of its batch, 0 for the last one.
fn batches(taxes: &[Tax]) -> Vec<usize> {
    let mut batch = vec![0; taxes.len()];
    for index in (0..taxes.len().saturating_sub(1)).rev() {
        let (tax, next) = (&taxes[index], &taxes[index + 1]);
        let alike = tax.kind == next.kind
            && tax.included == next.included
            && tax.affects_next_base == next.affects_next_base
            && (!tax.affects_next_base || !next.base_affected);
        batch[index] = batch[index + 1] + usize::from(!alike);
    }
    batch
}

/// Step 5: the order of evaluation.
fn order(taxes: &[Tax]) -> Vec<usize> {
    let indices = |wanted: &dyn Fn(&Tax) -> bool| -> Vec<usize> {
        (0..taxes.len()).filter(|index| wanted(&taxes[*index])).collect()
    };
    let per_unit = indices(&|tax| tax.kind == TaxKind::PerUnit);
    let included = indices(&|tax| tax.kind != TaxKind::PerUnit && tax.included);
    let added = indices(&|tax| tax.kind != TaxKind::PerUnit && !tax.included);
    per_unit.into_iter().rev().chain(included.into_iter().rev()).chain(added).collect()
}

/// The rate that works on the base: that of the taxed share.
fn rate(tax: &Tax) -> Rational {
    &tax.rate * &tax.share
}

/// Whether a tax weighs on its batch: an exempt added one is simply not there.
fn weighs(tax: &Tax) -> bool {
    tax.included || !tax.exempt
}

/// Computes the taxes of a line whose price after discounts is `raw`; `rounded` rounds each amount (per line) or leaves it (per receipt).
///
/// # Errors
/// [`Refusal::DivisionByZero`] where the rates of a batch leave nothing to divide by.
pub fn line_taxes(
    taxes: &[Tax],
    raw: &Rational,
    quantity: &Rational,
    unit_price: &Rational,
    rounded: &dyn Fn(&Rational) -> Rational,
) -> Result<LineTaxes, Refusal> {
    let count = taxes.len();
    let batch = batches(taxes);
    // Batches are numbered from the last tax, so "later" means a smaller number.
    let earlier = |one: usize, than: usize| batch[one] > batch[than];
    let later = |one: usize, than: usize| batch[one] < batch[than];
    let mut amounts: Vec<Option<Rational>> = vec![None; count];
    let mut for_amount = vec![zero(); count];
    let mut for_base = vec![zero(); count];
    let mut per_unit_room = raw.abs();

    for current in order(taxes) {
        let tax = &taxes[current];
        let base = raw + &for_amount[current];
        let in_batch: Rational = (0..count)
            .filter(|other| batch[*other] == batch[current] && weighs(&taxes[*other]))
            .map(|other| rate(&taxes[other]))
            .sum();
        let divisor = match (tax.kind, tax.included) {
            (TaxKind::Percent, true) => one() + in_batch,
            (TaxKind::Division, false) => one() - in_batch,
            _ => one(),
        };
        if divisor == zero() {
            return Err(Refusal::DivisionByZero { code: tax.code.clone() });
        }
        let mut amount = match tax.kind {
            TaxKind::PerUnit => {
                let sign = if unit_price.is_negative() { -one() } else { one() };
                sign * quantity * &tax.amount
            }
            TaxKind::Percent | TaxKind::Division => base * rate(tax) / divisor,
        };
        if tax.kind == TaxKind::PerUnit && tax.included {
            if amount.abs() > per_unit_room {
                amount = amount.signum() * &per_unit_room;
            }
            per_unit_room -= amount.abs();
        }
        // An exempt added tax is simply not there; an exempt included one is computed, so that it can come out of the price.
        if tax.exempt && !tax.included {
            amount = zero();
        }
        let amount = rounded(&amount);
        for other in 0..count {
            let feeds = tax.affects_next_base && taxes[other].base_affected;
            let change = if tax.included && (earlier(other, current) || (later(other, current) && !feeds)) {
                -&amount
            } else if !tax.included && later(other, current) && feeds {
                amount.clone()
            } else {
                continue;
            };
            for_base[other] += &change;
            if amounts[other].is_none() && other != current {
                for_amount[other] += change;
            }
        }
        amounts[current] = Some(amount);
    }

    let amounts: Vec<Rational> = amounts.into_iter().map(Option::unwrap_or_default).collect();
    let included: Rational = (0..count).filter(|index| taxes[*index].included).map(|index| &amounts[index]).sum();
    let levied = (0..count).map(|index| {
        let tax = &taxes[index];
        let own_batch = || (0..count).filter(|other| batch[*other] == batch[index]).map(|other| &amounts[other]);
        let within: Rational = if tax.included { own_batch().sum() } else { zero() };
        let drops = tax.exempt && tax.included;
        Levied {
            base: raw + &for_base[index] - within,
            amount: if tax.exempt { zero() } else { amounts[index].clone() },
            dropped: if drops { amounts[index].clone() } else { zero() },
            fed_by: (0..count)
                .filter(|other| earlier(*other, index) && taxes[*other].affects_next_base && tax.base_affected)
                .collect(),
        }
    });
    Ok(LineTaxes { raw: raw.clone(), excluded: raw - included, taxes: levied.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{parse, whole};

    fn tax(kind: TaxKind, figure: &str, included: bool, affects: bool) -> Tax {
        let figure = parse(figure).unwrap();
        let (rate, amount) = if kind == TaxKind::PerUnit { (zero(), figure) } else { (figure, zero()) };
        Tax {
            code: "t".into(),
            jurisdiction: "t".into(),
            kind,
            rate,
            amount,
            included,
            affects_next_base: affects,
            base_affected: true,
            share: one(),
            exempt: false,
        }
    }

    fn exact(taxes: &[Tax], raw: i64) -> LineTaxes {
        line_taxes(taxes, &whole(raw), &one(), &whole(raw), &Rational::clone).unwrap()
    }

    #[test]
    fn included_fixed_before_percent_enters_its_base() {
        let taxes = [tax(TaxKind::PerUnit, "1", true, true), tax(TaxKind::Percent, "0.21", true, false)];
        let line = exact(&taxes, 121);
        assert_eq!(line.taxes.iter().map(|tax| tax.amount.clone()).collect::<Vec<_>>(), [whole(1), whole(21)]);
        assert_eq!(line.taxes.iter().map(|tax| tax.base.clone()).collect::<Vec<_>>(), [whole(99), whole(100)]);
        assert_eq!((line.excluded.clone(), line.payable()), (whole(99), whole(121)));
    }

    #[test]
    fn included_per_unit_taxes_never_exceed_the_price() {
        let taxes = [tax(TaxKind::PerUnit, "3", true, false), tax(TaxKind::PerUnit, "4", true, false)];
        let line = exact(&taxes, 5);
        assert_eq!(line.taxes.iter().map(|tax| tax.amount.clone()).collect::<Vec<_>>(), [whole(1), whole(4)]);
        assert_eq!(line.excluded, zero());
    }

    #[test]
    fn a_share_taxes_part_of_the_base_and_exemption_comes_out_of_the_price() {
        let mut half = tax(TaxKind::Percent, "0.2", false, false);
        half.share = parse("0.5").unwrap();
        assert_eq!(exact(&[half], 100).payable(), whole(110));
        let mut exempt = tax(TaxKind::Percent, "0.25", true, false);
        exempt.exempt = true;
        let line = exact(&[exempt.clone()], 125);
        assert_eq!(
            (line.payable(), line.taxes[0].dropped.clone(), line.taxes[0].base.clone()),
            (whole(100), whole(25), whole(100))
        );
        exempt.included = false;
        assert_eq!(exact(&[exempt], 125).payable(), whole(125));
    }

    #[test]
    fn rates_that_leave_nothing_are_refused() {
        let all = tax(TaxKind::Division, "1", false, false);
        let refused = line_taxes(&[all], &whole(1), &one(), &whole(1), &Rational::clone);
        assert_eq!(refused, Err(Refusal::DivisionByZero { code: "t".into() }));
    }
}

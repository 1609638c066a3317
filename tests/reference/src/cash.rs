//! Cash rounding: a rule of the cash tender, not of the total, and cumulative on refunds.
//!
//! Example: CHF 10.01 is paid with 10.00 in cash. Returned in three parts of 3.34, 3.34, 3.33: round(3.34) = 3.35, round(6.68) - 3.35 = 3.35,
//! and the last part gives what is left of the 10.00: 3.30. The rounding account is back at zero.

use crate::case::Case;
use crate::number::{Rational, zero};
use crate::refusal::Refusal;
use crate::round::{Mode, round_to};

/// What is paid in coins for an amount that is due.
pub fn payable_in_cash(due: &Rational, coin: &Rational, mode: Mode) -> Rational {
    round_to(due, coin, mode)
}

/// Refunds in cash of one sale. It remembers what went back already.
#[derive(Clone, Debug)]
pub struct CashRefunds {
    due: Rational,
    paid: Rational,
    coin: Rational,
    mode: Mode,
    owed_so_far: Rational,
    refunded: Rational,
}

impl CashRefunds {
    /// A sale of `due`, rounded to `coin` when it was paid.
    pub fn of(due: &Rational, coin: &Rational, mode: Mode) -> Self {
        let paid = payable_in_cash(due, coin, mode);
        let (due, coin) = (due.clone(), coin.clone());
        Self { due, paid, coin, mode, owed_so_far: zero(), refunded: zero() }
    }

    /// What was paid in coins.
    pub fn paid(&self) -> &Rational {
        &self.paid
    }

    /// What has gone back so far.
    pub fn refunded(&self) -> &Rational {
        &self.refunded
    }

    /// The coins for one more part: `round(sum so far) - already refunded`, never more than was paid.
    pub fn refund(&mut self, part: &Rational) -> Rational {
        self.owed_so_far += part;
        let owed = if self.owed_so_far == self.due {
            self.paid.clone()
        } else {
            round_to(&self.owed_so_far, &self.coin, self.mode)
        };
        let coins = owed.min(self.paid.clone()) - &self.refunded;
        self.refunded += &coins;
        coins
    }
}

/// Change of a case's tenders; `None` without tenders or if they do not suffice.
///
/// # Errors
/// [`Refusal::Unsupported`] where a tender that is not the last gives no amount.
pub fn change(case: &Case, total: &Rational) -> Result<Option<Rational>, Refusal> {
    let mut due = total.clone();
    for (index, tender) in case.tenders.iter().enumerate() {
        let last = index + 1 == case.tenders.len();
        let rounded = match &tender.cash_rounding {
            Some((coin, mode)) => payable_in_cash(&due, coin, *mode),
            None => due.clone(),
        };
        let given = match &tender.amount {
            // Exact coins are accepted: what settles the unrounded amount settles the bill.
            Some(given) if *given == due => return Ok(last.then(zero)),
            Some(given) => given.clone(),
            None if last => rounded.clone(),
            None => return Err(Refusal::unsupported("an open tender before the last")),
        };
        if given >= rounded {
            return Ok(last.then(|| given - rounded));
        }
        due -= given;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Random;
    use crate::number::{parse, whole};

    fn number(text: &str) -> Rational {
        parse(text).unwrap()
    }

    #[test]
    fn ten_francs_and_a_centime_come_back_as_ten_francs() {
        for parts in [&["3.34", "3.34", "3.33"][..], &["1.67", "1.67", "1.67", "1.67", "1.67", "1.66"]] {
            let mut refunds = CashRefunds::of(&number("10.01"), &number("0.05"), Mode::HalfUp);
            assert_eq!(*refunds.paid(), number("10.00"));
            let back: Rational = parts.iter().map(|part| refunds.refund(&number(part))).sum();
            assert_eq!(back, number("10.00"));
        }
    }

    /// Any split, any coin, any mode: all of it goes back, no part is negative, and nothing is gained by splitting.
    #[test]
    fn no_split_gains_anything() {
        let mut random = Random::new(17);
        for _ in 0..1_000 {
            let mode = Mode::ALL[random.below(5)];
            let coin = number(["0.05", "0.10", "0.50", "1"][random.below(4)]);
            let due = random.between(1, 2_000);
            let mut refunds = CashRefunds::of(&(whole(due) / whole(100)), &coin, mode);
            let mut left = due;
            while left > 0 {
                let part = random.between(1, left);
                left -= part;
                assert!(refunds.refund(&(whole(part) / whole(100))) >= zero());
            }
            assert_eq!(refunds.refunded(), refunds.paid());
        }
    }
}

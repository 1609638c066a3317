//! Cash rounding: a rule of the cash tender, not of the total, and cumulative on refunds.
//!
//! Example: CHF 10.01 is paid with 10.00 in cash. Returned in three parts of 3.34, 3.34, 3.33: round(3.34) = 3.35, round(6.68) - 3.35 = 3.35,
//! and the last part gives what is left of the 10.00: 3.30. The rounding account is back at zero.

use crate::case::Case;
use crate::currency::Currency;
use crate::number::{Rational, from_json, one, zero};
use crate::refusal::Refusal;
use crate::round::{Mode, round_to};
use serde_json::Value;

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

/// One means of payment of a sale and what has gone back over it.
#[derive(Clone, Debug)]
struct Paid {
    kind: String,
    /// What the shop kept of it.
    kept: Rational,
    /// What of the total it settled; differs from `kept` by cash rounding.
    settled: Rational,
    points: Rational,
    refunded: Rational,
    points_back: Rational,
}

/// The tenders of a posted sale: refunds go over them in reverse order, the last tender first, each up to what it settled.
#[derive(Clone, Debug)]
pub struct TenderRefunds {
    /// In the order of tendering, all cash as one at the place of the last cash.
    tenders: Vec<Paid>,
    coin: Rational,
    mode: Mode,
    owed_so_far: Rational,
    /// Paid back beyond what was tendered.
    beyond: Rational,
}

/// What goes back over one tender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenderPart {
    /// `cash`, `card` …
    pub kind: String,
    /// To the customer.
    pub amount: Rational,
    /// Points that were spent as this tender.
    pub points: Rational,
}

impl TenderRefunds {
    /// The tenders of a result: its `tenders`, `change` and `cash_rounding`.
    pub fn of_result(result: &Value) -> Self {
        let number = |value: &Value| from_json(value).unwrap_or_default();
        let list = result["tenders"].as_array().map(Vec::as_slice).unwrap_or_default();
        let currency = result["currency"].as_str().and_then(Currency::of);
        let mut coin = currency.map_or_else(zero, |currency| currency.minor_unit());
        let mut mode = Mode::HalfUp;
        let cash_places: Vec<usize> = (0..list.len()).filter(|index| list[*index]["kind"] == "cash").collect();
        let mut tenders = Vec::new();
        for (index, tender) in list.iter().enumerate() {
            let (mut kept, mut settled) = (number(&tender["amount"]), number(&tender["amount"]));
            if let Some(rounding) = tender.get("cash_rounding") {
                coin = number(&rounding["increment"]);
                mode = rounding["mode"].as_str().and_then(Mode::named).unwrap_or(Mode::HalfUp);
            }
            if cash_places.contains(&index) {
                if cash_places.last() != Some(&index) {
                    continue;
                }
                let cash: Rational = cash_places.iter().map(|index| number(&list[*index]["amount"])).sum();
                kept = cash - number(&result["change"]);
                settled = &kept - number(&result["cash_rounding"]);
            }
            let (kind, points) = (tender["kind"].as_str().unwrap_or_default().to_owned(), number(&tender["points"]));
            tenders.push(Paid { kind, kept, settled, points, refunded: zero(), points_back: zero() });
        }
        Self { tenders, coin, mode, owed_so_far: zero(), beyond: zero() }
    }

    /// Pays one more part back; nothing is said of tenders over which nothing goes.
    pub fn refund(&mut self, part: &Rational) -> Vec<TenderPart> {
        self.owed_so_far += part;
        let mut open = self.owed_so_far.clone();
        let mut steps = Vec::new();
        for tender in self.tenders.iter_mut().rev() {
            let (low, high) = if tender.settled < zero() {
                (tender.settled.clone(), zero())
            } else {
                (zero(), tender.settled.clone())
            };
            let on_it = open.clone().max(low).min(high);
            open -= &on_it;
            let owed = if on_it == tender.settled {
                tender.kept.clone()
            } else if tender.kind == "cash" {
                let coins = round_to(&on_it, &self.coin, self.mode);
                if tender.kept < zero() { coins.max(tender.kept.clone()) } else { coins.min(tender.kept.clone()) }
            } else {
                on_it.clone()
            };
            let spent = tender.settled != zero() && tender.points != zero();
            let points = if spent { &tender.points * &on_it / &tender.settled } else { zero() };
            let points = round_to(&points, &one(), Mode::HalfUp);
            let step = TenderPart {
                kind: tender.kind.clone(),
                amount: &owed - &tender.refunded,
                points: &points - &tender.points_back,
            };
            (tender.refunded, tender.points_back) = (owed, points);
            steps.push(step);
        }
        // What no tender had paid: in cash, on top.
        let beyond = round_to(&open, &self.coin, self.mode);
        steps.push(TenderPart { kind: "cash".to_owned(), amount: &beyond - &self.beyond, points: zero() });
        self.beyond = beyond;
        steps.retain(|step| step.amount != zero() || step.points != zero());
        steps
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

    #[test]
    fn the_last_tender_goes_back_first() {
        // 30.01: 10.00 by card, 10.00 with 1,000 points, the rest with 10.00 in coins.
        let sale = serde_json::json!({
            "currency": "CHF",
            "tenders": [
                { "kind": "card", "amount": "10.00" },
                { "kind": "points", "amount": "10.00", "points": 1000 },
                { "kind": "cash", "amount": "20.00", "cash_rounding": { "increment": "0.05", "mode": "half-up" } },
            ],
            "change": "10.00",
            "cash_rounding": "-0.01",
        });
        let mut refunds = TenderRefunds::of_result(&sale);
        let told = |steps: Vec<TenderPart>| -> Vec<String> {
            let step = |step: &TenderPart| format!("{} {} {}", step.kind, step.amount, step.points);
            steps.iter().map(step).collect()
        };
        assert_eq!(told(refunds.refund(&number("3.34"))), ["cash 67/20 0"]);
        assert_eq!(told(refunds.refund(&number("11.67"))), ["cash 133/20 0", "points 5 500"]);
        assert_eq!(told(refunds.refund(&number("15.00"))), ["points 5 500", "card 10 0"]);
        assert_eq!(told(refunds.refund(&number("1.02"))), ["cash 1 0"], "beyond what was tendered");
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

//! Double entry: every transaction posts entries whose debits equal its credits, in each unit.
//!
//! A sale of 4.00 with 0.64 tax in it, paid with 5.00, posts: Dr `till:cash` 4.00 | Cr `sales:<department>` 3.36,
//! Cr `tax:vat19` 0.64. Balances are sums of entries, nothing else. Points are a unit of their own and balance by
//! themselves: 120 points earned post Dr `points:club:issued` 120 | Cr `points:club:customer:K1` 120. So does the cash of another
//! currency: 50 dollars taken for 46.00 post Dr `till:cash:USD` USD 50.00 | Cr `foreign:USD` USD 50.00, Dr `exchange:USD` 46.00.
//! An account is of one unit only.
//!
//! A container deposit is no sale: a bottle at 0.25 posts Dr `till:cash` 0.25 | Cr `deposits:containers` 0.21, Cr `tax:vat19`
//! 0.04 where deposits are taxed like the goods, and the empty bottle posts the mirror.

use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use pos_money::Money;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An account by its path: `till:cash`, `sales:Drinks`, `tax:VAT`, `rounding`.
pub type AccountPath = Arc<str>;

/// One side of a posting. Exactly one of the two amounts is above zero, the other is zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where.
    pub account: AccountPath,
    /// In what, if not in the shop's money: `points:club`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Arc<str>>,
    /// Into the account.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub debit: Money,
    /// Out of the account.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub credit: Money,
}

fn is_zero(amount: &Money) -> bool {
    amount.is_zero()
}

/// What the shop owes whoever holds a card, has credit or paid on an order: it never owes less than nothing.
const OWED: [&str; 4] = ["gift-card:", "voucher:", "store-credit:", "deposit:"];
/// What customers owe the shop: as far as the shop lets them.
pub const RECEIVABLE: &str = "receivable:";

/// What customers paid for containers that are still out. It may owe less than nothing: empties come back to any shop.
pub const CONTAINERS: &str = "deposits:containers";

/// The account a line is posted to: of goods their department's sales, of money taken for later whose it is, of container
/// deposits the one they have in common.
pub fn line_account(kind: LineKind, item: &str, department: &str) -> String {
    if kind == LineKind::Deposit {
        return CONTAINERS.to_owned();
    }
    let is_money = OWED.iter().chain([&RECEIVABLE]).any(|owed| item.starts_with(owed));
    if is_money { item.to_owned() } else { format!("sales:{department}") }
}

/// A bound that holds inside the commit: an account's credits less its debits are at least so much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The account.
    pub account: AccountPath,
    /// The least.
    pub least: Money,
}

/// The bounds of what entries take out of accounts that must not run out; `credit` is how much a customer may owe.
pub fn floors(entries: &[Entry], credit: Money) -> Result<Vec<Floor>, Refusal> {
    let taken = entries.iter().filter(|entry| entry.unit.is_none() && entry.debit.is_positive());
    let mut floors = Vec::new();
    for Entry { account, .. } in taken {
        if OWED.iter().any(|owed| account.starts_with(owed)) {
            floors.push(Floor { account: account.clone(), least: Money::ZERO });
        } else if account.starts_with(RECEIVABLE) {
            floors.push(Floor { account: account.clone(), least: credit.negated()? });
        }
    }
    Ok(floors)
}

/// Entries being collected; amounts of one account and side are merged, in order of first appearance.
#[derive(Clone, Debug, Default)]
pub struct Posting {
    entries: Vec<(AccountPath, Option<Arc<str>>, Money)>,
}

impl Posting {
    /// Adds a debit (positive) or a credit (negative) to an account.
    pub fn add(&mut self, account: &str, signed: Money) -> Result<(), Refusal> {
        self.add_in(None, account, signed)
    }

    /// Adds a debit or a credit in a unit that is not the shop's money; none: in the shop's money.
    pub fn add_in(&mut self, unit: Option<Arc<str>>, account: &str, signed: Money) -> Result<(), Refusal> {
        match self.entries.iter_mut().find(|(known, of, _)| &**known == account && *of == unit) {
            Some((.., sum)) => *sum = sum.plus(signed)?,
            None => self.entries.push((account.into(), unit, signed)),
        }
        Ok(())
    }

    /// Moves points of a programme from one of its accounts to another: debits the first, credits the second.
    pub fn points(&mut self, programme: &str, debit: &str, credit: &str, points: i64) -> Result<(), Refusal> {
        let unit: Arc<str> = format!("points:{programme}").into();
        let points = Money::from_minor(points);
        self.add_in(Some(unit.clone()), &format!("{unit}:{debit}"), points)?;
        self.add_in(Some(unit.clone()), &format!("{unit}:{credit}"), points.negated()?)
    }

    /// Debits an account.
    pub fn debit(&mut self, account: &str, amount: Money) -> Result<(), Refusal> {
        self.add(account, amount)
    }

    /// Credits an account.
    pub fn credit(&mut self, account: &str, amount: Money) -> Result<(), Refusal> {
        self.add(account, amount.negated()?)
    }

    /// The entries, asserted to balance.
    pub fn close(self) -> Result<Vec<Entry>, Refusal> {
        let entries: Vec<Entry> = self
            .entries
            .into_iter()
            .filter(|(.., signed)| !signed.is_zero())
            .map(|(account, unit, signed)| {
                Ok(if signed.is_negative() {
                    Entry { account, unit, debit: Money::ZERO, credit: signed.negated()? }
                } else {
                    Entry { account, unit, debit: signed, credit: Money::ZERO }
                })
            })
            .collect::<Result<_, Refusal>>()?;
        assert_balanced(&entries)?;
        Ok(entries)
    }
}

/// Credits less debits of an account of the shop's money.
pub fn balance(entries: &[Entry], account: &str) -> Result<Money, Refusal> {
    let of_account = || entries.iter().filter(|entry| entry.unit.is_none() && &*entry.account == account);
    let credits = Money::sum(of_account().map(|entry| entry.credit))?;
    Ok(credits.minus(Money::sum(of_account().map(|entry| entry.debit))?)?)
}

/// Refuses entries whose debits and credits differ, in any unit. Called before writing and again after reading.
pub fn assert_balanced(entries: &[Entry]) -> Result<(), Refusal> {
    for (index, first) in entries.iter().enumerate() {
        if entries[..index].iter().any(|entry| entry.unit == first.unit) {
            continue;
        }
        let of_unit = || entries[index..].iter().filter(|entry| entry.unit == first.unit);
        let debits = Money::sum(of_unit().map(|entry| entry.debit))?;
        let credits = Money::sum(of_unit().map(|entry| entry.credit))?;
        if debits != credits {
            let unit = first.unit.as_deref().unwrap_or("minor units");
            return Err(Refusal::CheckFailed {
                problem: format!("debits of {} and credits of {} {unit} differ", debits.minor(), credits.minor()),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posting_that_does_not_balance_is_refused() {
        let mut posting = Posting::default();
        posting.debit("till:cash", Money::from_minor(400)).unwrap();
        posting.credit("sales:Soap", Money::from_minor(336)).unwrap();
        assert!(matches!(posting.clone().close(), Err(Refusal::CheckFailed { .. })));
        posting.credit("tax:vat19", Money::from_minor(64)).unwrap();
        posting.credit("rounding", Money::ZERO).unwrap();
        let entries = posting.close().unwrap();
        assert_eq!(entries.len(), 3, "an account without an amount is not posted");

        // Each unit balances by itself: points do not make up for cents.
        let mut mixed = Posting::default();
        mixed.debit("till:cash", Money::from_minor(5)).unwrap();
        mixed.points("club", "issued", "customer:K1", 5).unwrap();
        assert!(matches!(mixed.clone().close(), Err(Refusal::CheckFailed { .. })));
        mixed.credit("sales:Soap", Money::from_minor(5)).unwrap();
        assert_eq!(mixed.close().unwrap().len(), 4);
    }
}

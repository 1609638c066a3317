//! Double entry: every transaction posts entries whose debits equal its credits, in each unit.
//!
//! A sale of 4.00 with 0.64 tax in it, paid with 5.00, posts: Dr `till:cash` 4.00 | Cr `sales:<department>` 3.36,
//! Cr `tax:vat19` 0.64. Balances are sums of entries, nothing else.

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

/// Entries being collected; amounts of one account and side are merged, in order of first appearance.
#[derive(Clone, Debug, Default)]
pub struct Posting {
    entries: Vec<(AccountPath, Money)>,
}

impl Posting {
    /// Adds a debit (positive) or a credit (negative) to an account.
    pub fn add(&mut self, account: &str, signed: Money) -> Result<(), Refusal> {
        match self.entries.iter_mut().find(|(known, _)| &**known == account) {
            Some((_, sum)) => *sum = sum.plus(signed)?,
            None => self.entries.push((account.into(), signed)),
        }
        Ok(())
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
            .filter(|(_, signed)| !signed.is_zero())
            .map(|(account, signed)| {
                Ok(if signed.is_negative() {
                    Entry { account, debit: Money::ZERO, credit: signed.negated()? }
                } else {
                    Entry { account, debit: signed, credit: Money::ZERO }
                })
            })
            .collect::<Result<_, Refusal>>()?;
        assert_balanced(&entries)?;
        Ok(entries)
    }
}

/// Refuses entries whose debits and credits differ. Called before writing and again after reading.
pub fn assert_balanced(entries: &[Entry]) -> Result<(), Refusal> {
    let debits = Money::sum(entries.iter().map(|entry| entry.debit))?;
    let credits = Money::sum(entries.iter().map(|entry| entry.credit))?;
    if debits == credits {
        Ok(())
    } else {
        Err(Refusal::CheckFailed {
            problem: format!("debits of {} and credits of {} minor units differ", debits.minor(), credits.minor()),
        })
    }
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
    }
}

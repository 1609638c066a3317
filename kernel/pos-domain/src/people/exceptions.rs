//! Where to look: what each cashier does besides selling, beside what their peers do.
//!
//! Voided lines, cancelled baskets, drawers opened for nothing, prices by hand, returns without a receipt, money paid out:
//! each is everyday work, and each hides a theft now and then. A cashier stands out where they do something at least
//! [`TIMES_PEERS`] times as often for each hundred sales as the others do together, and at least [`COUNT_MIN`] times.

use crate::basket::PriceSource;
use crate::pricing::manual;
use crate::transaction::{Transaction, TransactionKind};
use pos_money::{Money, MoneyError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many times as often as the others.
pub const TIMES_PEERS: u64 = 3;
/// Fewer are chance.
pub const COUNT_MIN: u64 = 3;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exception {
    /// Lines taken back before payment.
    VoidedLines,
    /// Baskets given up.
    Cancelled,
    /// Drawers opened for nothing.
    NoSales,
    /// Prices and discounts by hand.
    PricesByHand,
    /// Goods back by their receipt.
    Returns,
    /// Goods back without one.
    ReturnsWithoutReceipt,
    /// Receipts voided after they were paid.
    PostVoids,
    /// Money paid out.
    PaidOut,
    /// What somebody else had to approve.
    Approvals,
}

impl Exception {
    /// All of them.
    pub const ALL: [Exception; 9] = [
        Exception::VoidedLines,
        Exception::Cancelled,
        Exception::NoSales,
        Exception::PricesByHand,
        Exception::Returns,
        Exception::ReturnsWithoutReceipt,
        Exception::PostVoids,
        Exception::PaidOut,
        Exception::Approvals,
    ];

    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            Exception::VoidedLines => "voided_lines",
            Exception::Cancelled => "cancelled",
            Exception::NoSales => "no_sales",
            Exception::PricesByHand => "prices_by_hand",
            Exception::Returns => "returns",
            Exception::ReturnsWithoutReceipt => "returns_without_receipt",
            Exception::PostVoids => "post_voids",
            Exception::PaidOut => "paid_out",
            Exception::Approvals => "approvals",
        }
    }
}

/// What one cashier did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Sales rung.
    pub sales: u64,
    /// What they came to.
    pub total: Money,
    /// How often, by exception.
    pub counts: BTreeMap<Exception, u64>,
}

/// What cashiers did, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    cashiers: BTreeMap<Arc<str>, Figures>,
}

impl Exceptions {
    /// Adds what a transaction shows.
    pub fn add(&mut self, transaction: &Transaction) -> Result<(), MoneyError> {
        let figures = self.cashiers.entry(Arc::clone(&transaction.cashier)).or_default();
        let mut count = |exception: Exception, times: usize| {
            if times > 0 {
                *figures.counts.entry(exception).or_default() += times as u64;
            }
        };
        match transaction.kind {
            TransactionKind::Cancelled => count(Exception::Cancelled, 1),
            TransactionKind::NoSale => count(Exception::NoSales, 1),
            TransactionKind::PaidOut => count(Exception::PaidOut, 1),
            _ => {}
        }
        let live = || transaction.lines.iter().filter(|line| !line.voided);
        count(
            Exception::VoidedLines,
            transaction.lines.iter().filter(|line| line.voided && line.deposit_of.is_none()).count(),
        );
        let by_hand = |source: &PriceSource| matches!(source, PriceSource::ByHand { .. });
        let prices = live().filter(|line| by_hand(&line.price_source)).count();
        let modifiers = live().flat_map(|line| &line.modifiers).map(|modifier| &modifier.source);
        let discounts: BTreeSet<&Arc<str>> =
            modifiers.filter(|source| &*source.extension == manual::SOURCE).map(|source| &source.candidate).collect();
        count(Exception::PricesByHand, prices + discounts.len());
        let back = |with_receipt: bool| {
            let origins = live().filter_map(|line| line.origin.as_ref());
            origins.filter(|origin| origin.sold.is_some() == with_receipt).count()
        };
        count(Exception::PostVoids, usize::from(transaction.voids.is_some()));
        count(Exception::Returns, if transaction.voids.is_some() { 0 } else { back(true) });
        count(Exception::ReturnsWithoutReceipt, back(false));
        count(Exception::Approvals, transaction.approvals.len());
        if matches!(transaction.kind, TransactionKind::Sale | TransactionKind::Exchange) {
            figures.sales += 1;
            figures.total = figures.total.plus(transaction.total)?;
        }
        Ok(())
    }

    /// Cashiers by name.
    pub fn cashiers(&self) -> impl Iterator<Item = (&Arc<str>, &Figures)> {
        self.cashiers.iter()
    }

    /// What a cashier does far more often than the others.
    pub fn standing_out(&self, cashier: &str) -> Vec<Exception> {
        let Some(own) = self.cashiers.get(cashier) else { return Vec::new() };
        let others = || self.cashiers.iter().filter(|(name, _)| &***name != cashier).map(|(_, figures)| figures);
        let sales_of_others: u64 = others().map(|figures| figures.sales).sum();
        if sales_of_others == 0 {
            return Vec::new();
        }
        let stands_out = |exception: &Exception| {
            let count = own.counts.get(exception).copied().unwrap_or_default();
            let theirs: u64 = others().filter_map(|figures| figures.counts.get(exception)).sum();
            // count / own sales >= 3 x theirs / their sales, without dividing.
            let (left, right) =
                (u128::from(count) * u128::from(sales_of_others), u128::from(theirs) * u128::from(own.sales));
            count >= COUNT_MIN && left >= right * u128::from(TIMES_PEERS)
        };
        Exception::ALL.into_iter().filter(stands_out).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(sales: u64, no_sales: u64) -> Figures {
        Figures { sales, counts: BTreeMap::from([(Exception::NoSales, no_sales)]), ..Figures::default() }
    }

    #[test]
    fn who_stands_out_does_it_thrice_as_often_as_the_others() {
        let stands_out = |own: (u64, u64), others: &[(u64, u64)]| {
            let mut cashiers = BTreeMap::from([("maya".into(), figures(own.0, own.1))]);
            for (index, (sales, times)) in others.iter().enumerate() {
                cashiers.insert(format!("other {index}").into(), figures(*sales, *times));
            }
            Exceptions { cashiers }.standing_out("maya") == [Exception::NoSales]
        };
        assert!(stands_out((100, 6), &[(100, 2)]));
        assert!(!stands_out((100, 5), &[(100, 2)]));
        // For each hundred sales: who sells twice as much may do it twice as often.
        assert!(!stands_out((200, 11), &[(100, 2)]));
        assert!(stands_out((200, 12), &[(50, 1), (50, 1)]));
        // Fewer than three are chance; alone there are no peers.
        assert!(!stands_out((100, 2), &[(100, 0)]));
        assert!(stands_out((100, 3), &[(100, 0)]));
        assert!(!stands_out((100, 50), &[]));
        // Nothing sold, and many drawers opened.
        assert!(stands_out((0, 3), &[(100, 2)]));
    }
}

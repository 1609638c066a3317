//! The end of a shift: what was counted against what the books say, and the figures of the day for ever (Z).
//!
//! A shift is counted first ([`crate::till`]), by people who need not know what should be there. Then it is
//! closed: the difference is posted, what was in the till goes to the safe, and the next shift begins with an empty till.
//! Invariant: after the closing every account of the till is empty, and the perpetual totals are those of the closing
//! before, and this shift's.
//!
//! ```text
//! float 100.00, sold for cash 250.00, postage paid out 12.50: there should be 337.50; counted are 337.00
//! Dr safe 337.00   Dr over-short 0.50   Cr till:cash 337.50
//! ```

use crate::ids::ReceiptNumber;
use crate::ledger::{self, Entry, Posting};
use crate::refusal::Refusal;
use crate::report::ShiftTotals;
use crate::shop::Shop;
use crate::tender::{Foreign, TenderKind};
use crate::till::TenderCount;
use crate::time::Moment;
use crate::transaction::Committed;
use jiff::civil::Date;
use pos_money::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Means of payment that lie in a till and can be counted.
pub const COUNTED: [TenderKind; 2] = [TenderKind::Cash, TenderKind::Coupon];

/// One means of payment at the end of a shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderResult {
    /// Which.
    pub tender: TenderKind,
    /// Of which currency, if not the shop's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// What the books say there should be.
    pub expected: Money,
    /// What was counted.
    pub counted: Money,
}

impl TenderResult {
    /// More than expected (positive), or less.
    pub fn difference(&self) -> Result<Money, MoneyError> {
        self.counted.minus(self.expected)
    }
}

/// A count held against the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// By means of payment: those that were counted, and those of which there should be something.
    pub tenders: Vec<TenderResult>,
}

impl Counted {
    /// Holds a count against the figures of its shift.
    pub fn of(totals: &ShiftTotals, count: &[TenderCount]) -> Result<Counted, MoneyError> {
        let mut tenders = Vec::new();
        for tender in COUNTED {
            let expected = totals.expected(tender)?;
            let counted = counted_of(count, tender, None)?;
            if tender == TenderKind::Cash || !expected.is_zero() || !counted.is_zero() {
                tenders.push(TenderResult { tender, currency: None, expected, counted });
            }
        }
        let taken = totals.tenders.iter().chain(&totals.carried).filter_map(|(name, _)| Foreign::of_name(name));
        let found = count.iter().filter_map(|found| found.currency);
        let currencies: BTreeMap<&str, Currency> = taken.chain(found).map(|one| (one.code(), one)).collect();
        for currency in currencies.into_values() {
            let expected = totals.expected_in(currency)?;
            let counted = counted_of(count, TenderKind::Cash, Some(currency))?;
            if !expected.is_zero() || !counted.is_zero() {
                tenders.push(TenderResult { tender: TenderKind::Cash, currency: Some(currency), expected, counted });
            }
        }
        Ok(Counted { tenders })
    }

    /// Whether every difference is one that the house lets go.
    pub fn fits(&self, shop: &Shop) -> Result<bool, MoneyError> {
        for result in &self.tenders {
            if !shop.till.tolerates(result.difference()?, result.currency.unwrap_or(shop.currency)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// All that was too much, less all that was missing, of the shop's own money.
    pub fn over_short(&self) -> Result<Money, MoneyError> {
        self.tenders
            .iter()
            .filter(|result| result.currency.is_none())
            .try_fold(Money::ZERO, |sum, result| sum.plus(result.difference()?))
    }

    /// What a till holds that nobody counts: what the books say.
    fn uncounted(totals: &ShiftTotals) -> Result<Vec<TenderCount>, MoneyError> {
        let held = Counted::of(totals, &[])?.tenders.into_iter();
        let count = |TenderResult { tender, currency, expected, .. }| TenderCount {
            tender,
            currency,
            amount: expected,
            pieces: Vec::new(),
        };
        Ok(held.map(count).collect())
    }

    /// Empties the till into the safe and posts what does not fit; one that is handed over is on its way.
    fn entries(&self, hands_over: bool) -> Result<Vec<Entry>, Refusal> {
        let mut posting = Posting::default();
        for TenderResult { tender, currency, expected, counted } in &self.tenders {
            let unit: Option<Arc<str>> = currency.map(|currency| currency.code().into());
            let (till, safe) = match (currency, tender) {
                (Some(currency), _) => (Foreign::till(*currency), format!("safe:{tender}:{currency}")),
                (None, TenderKind::Cash) => (tender.account(None).into_owned(), "safe".to_owned()),
                (None, tender) => (tender.account(None).into_owned(), format!("safe:{tender}")),
            };
            let name = currency.map_or_else(|| tender.to_string(), Foreign::name);
            let safe = if hands_over { in_transit(&name) } else { safe };
            let over_short = currency.map_or_else(|| "over-short".to_owned(), |one| format!("over-short:{one}"));
            posting.add_in(unit.clone(), &safe, *counted)?;
            posting.add_in(unit.clone(), &over_short, expected.minus(*counted)?)?;
            posting.add_in(unit, &till, expected.negated()?)?;
        }
        posting.close()
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What was found of a means of payment.
fn counted_of(count: &[TenderCount], tender: TenderKind, currency: Option<Currency>) -> Result<Money, MoneyError> {
    let found = count.iter().filter(|found| found.tender == tender && found.currency == currency);
    Money::sum(found.map(|found| found.amount))
}

/// The counts of the open shift since something in the till last moved, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountsSoFar {
    /// Receipt number, and what was found.
    pub counts: Vec<(ReceiptNumber, Vec<TenderCount>)>,
}

impl CountsSoFar {
    /// Those that were committed.
    pub fn of<'a>(committed: impl IntoIterator<Item = &'a Committed>) -> CountsSoFar {
        let found =
            |committed: &Committed| Some((committed.number, committed.transaction.till.as_ref()?.counted.clone()));
        CountsSoFar { counts: committed.into_iter().filter_map(found).collect() }
    }

    /// The count that a closing would be based on, or what is still to be done.
    ///
    /// A count that does not fit is taken again as often as the house says; the last one stands.
    pub fn settle(&self, totals: &ShiftTotals, shop: &Shop) -> Result<Counted, Refusal> {
        let Some((_, last)) = self.counts.last() else { return Err(Refusal::TillNotCounted) };
        let counted = Counted::of(totals, last)?;
        let allowed = 1 + usize::from(shop.till.recounts);
        if !counted.fits(shop)? && self.counts.len() < allowed {
            return Err(Refusal::RecountNeeded);
        }
        Ok(counted)
    }
}

/// Whose books a record belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// Store.
    pub store: Arc<str>,
    /// Register.
    pub register: Arc<str>,
    /// Of all amounts.
    pub currency: Currency,
}

impl Books {
    /// Those of a shop's register.
    pub fn of(shop: &Shop) -> Books {
        Books { store: shop.store.clone(), register: shop.register.clone(), currency: shop.currency }
    }
}

/// Sums since the register's first sale; they are never set back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrandTotals {
    /// Shifts closed: the number of the last Z.
    pub closings: u64,
    /// Sales completed.
    pub sales: u64,
    /// Receipts with goods taken back.
    pub returns: u64,
    /// Baskets given up.
    pub cancelled: u64,
    /// What customers paid, less what was refunded.
    pub total: Money,
    /// The tax in it.
    pub tax: Money,
}

impl GrandTotals {
    /// With another shift.
    pub fn after(&self, totals: &ShiftTotals) -> Result<GrandTotals, MoneyError> {
        let count = |sum: u64, more: u64| sum.checked_add(more).ok_or(MoneyError::Overflow);
        Ok(GrandTotals {
            closings: count(self.closings, 1)?,
            sales: count(self.sales, totals.sales)?,
            returns: count(self.returns, totals.returns)?,
            cancelled: count(self.cancelled, totals.cancelled)?,
            total: self.total.plus(totals.total)?,
            tax: self.tax.plus(totals.tax)?,
        })
    }
}

/// What closes a shift, besides its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Which.
    pub shift: u64,
    /// Whose.
    pub books: Books,
    /// When.
    pub at: Moment,
    /// Who.
    pub cashier: Arc<str>,
    /// Why there is more or less than there should be; empty where it fits.
    pub reason: Arc<str>,
    /// The receipt numbers of the counts, the last one stands.
    pub counts: Vec<ReceiptNumber>,
    /// What that one found.
    pub count: Vec<TenderCount>,
    /// The till goes on at another register: nothing is counted, and everything in it is on its way there.
    pub hands_over: bool,
}

/// A till that was handed over by another register, or by this one: what it holds, and where that is on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The register that handed it over.
    pub register: Arc<str>,
    /// Its shift.
    pub shift: u64,
    /// The record of its closing there, and the beginning of its hash.
    pub anchor: Arc<str>,
    /// The key that record is signed with.
    pub key: Arc<str>,
    /// What lies in it, by name: `cash`, `coupon`, `cash:USD`.
    pub tenders: Vec<(Arc<str>, Money)>,
}

impl Carried {
    /// What its arrival posts: it was on its way, and is in this till now.
    pub fn entries(&self) -> Result<Vec<Entry>, Refusal> {
        let mut posting = Posting::default();
        for (name, amount) in &self.tenders {
            let unit: Option<Arc<str>> = Foreign::of_name(name).map(|currency| currency.code().into());
            posting.add_in(unit.clone(), &format!("till:{name}"), *amount)?;
            posting.add_in(unit, &in_transit(name), amount.negated()?)?;
        }
        posting.close()
    }
}

/// Where a till's money is between two registers.
fn in_transit(name: &str) -> String {
    format!("in-transit:{name}")
}

/// A closed shift (Z).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftClosed {
    /// Which.
    pub shift: u64,
    /// Store.
    pub store: Arc<str>,
    /// Register.
    pub register: Arc<str>,
    /// Of all amounts.
    pub currency: Currency,
    /// Its trading day.
    pub business_date: Date,
    /// When.
    pub closed_at: Moment,
    /// Who closed it.
    pub cashier: Arc<str>,
    /// Why there is more or less than there should be.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub reason: Arc<str>,
    /// The receipt numbers of the counts, the last one stands.
    pub counts: Vec<ReceiptNumber>,
    /// What that one found, in notes and coins.
    pub count: Vec<TenderCount>,
    /// Counted against the books.
    pub tenders: Vec<TenderResult>,
    /// Nothing was counted: its till goes on at another register.
    #[serde(default, skip_serializing_if = "is_false")]
    pub handed_over: bool,
    /// Its figures.
    pub totals: ShiftTotals,
    /// Since the first sale, this shift included.
    pub grand: GrandTotals,
    /// What it posts.
    pub entries: Vec<Entry>,
}

impl ShiftClosed {
    /// Closes a shift with these figures, after a closing with these perpetual totals.
    pub fn new(closing: &Closing, totals: ShiftTotals, before: &GrandTotals) -> Result<ShiftClosed, Refusal> {
        let Books { store, register, currency } = closing.books.clone();
        let count = if closing.hands_over { Counted::uncounted(&totals)? } else { closing.count.clone() };
        let counted = Counted::of(&totals, &count)?;
        let closed = ShiftClosed {
            shift: closing.shift,
            store,
            register,
            currency,
            business_date: totals.business_date,
            closed_at: closing.at,
            cashier: closing.cashier.clone(),
            reason: closing.reason.clone(),
            counts: closing.counts.clone(),
            count,
            handed_over: closing.hands_over,
            entries: counted.entries(closing.hands_over)?,
            tenders: counted.tenders,
            grand: before.after(&totals)?,
            totals,
        };
        closed.check()?;
        Ok(closed)
    }

    /// What another register takes over, if this one handed it over.
    pub fn carried(&self, anchor: &str, key: &str) -> Option<Carried> {
        let name = |result: &TenderResult| result.currency.map_or_else(|| result.tender.to_string(), Foreign::name);
        let tenders = self.tenders.iter().map(|result| (name(result).into(), result.expected));
        let (register, shift) = (self.register.clone(), self.shift);
        let carried =
            || Carried { register, shift, anchor: anchor.into(), key: key.into(), tenders: tenders.collect() };
        self.handed_over.then(carried)
    }

    /// All that was too much, less all that was missing, of the shop's own money.
    pub fn over_short(&self) -> Result<Money, MoneyError> {
        Counted { tenders: self.tenders.clone() }.over_short()
    }

    /// What must hold in every such record; checked before writing and again after reading.
    pub fn check(&self) -> Result<(), Refusal> {
        let fail = |problem: &str| Err(Refusal::CheckFailed { problem: format!("{problem} (shift {})", self.shift) });
        ledger::assert_balanced(&self.entries)?;
        let counted = Counted::of(&self.totals, &self.count)?;
        if counted.tenders != self.tenders {
            return fail("what was expected and counted is not what its figures and its count say");
        }
        if counted.entries(self.handed_over)? != self.entries {
            return fail("its entries are not those of its count");
        }
        if self.totals.shift != self.shift || self.totals.business_date != self.business_date {
            return fail("its figures are those of another shift");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::fixture;
    use pos_money::Decimal;

    const CASH: TenderKind = TenderKind::Cash;

    fn money(minor: i64) -> Money {
        Money::from_minor(minor)
    }

    fn count(minor: i64) -> Vec<TenderCount> {
        vec![TenderCount { tender: CASH, currency: None, amount: money(minor), pieces: Vec::new() }]
    }

    fn totals() -> ShiftTotals {
        ShiftTotals {
            shift: 3,
            business_date: jiff::civil::date(2026, 3, 2),
            float: money(10_000),
            sales: 4,
            total: money(26_000),
            tenders: vec![("cash".into(), money(25_000)), ("coupon".into(), money(1_000))],
            moved: vec![
                ("paid-in:Change found".into(), money(100)),
                ("paid-out:Postage".into(), money(1_250)),
                ("tender-loan".into(), money(2_000)),
                ("tender-pickup".into(), money(20_000)),
            ],
            ..ShiftTotals::default()
        }
    }

    fn close(found: Vec<TenderCount>) -> ShiftClosed {
        let closing = Closing {
            shift: 3,
            books: Books::of(&fixture::shop(1)),
            at: fixture::opening().at,
            cashier: "Maya".into(),
            reason: "".into(),
            counts: vec![7],
            count: found,
            hands_over: false,
        };
        let before = GrandTotals { closings: 2, sales: 10, total: money(500), ..GrandTotals::default() };
        ShiftClosed::new(&closing, totals(), &before).unwrap()
    }

    /// Dr 5.00, Cr 10.00 … by account.
    fn posted(closed: &ShiftClosed) -> Vec<(String, i64)> {
        let signed = |entry: &Entry| (entry.account.to_string(), entry.debit.minor() - entry.credit.minor());
        closed.entries.iter().map(signed).collect()
    }

    #[test]
    fn what_should_be_there_is_everything_that_moved() {
        // 100.00 + 250.00 + 1.00 - 12.50 + 20.00 - 200.00
        assert_eq!(totals().expected(CASH), Ok(money(15_850)));
        assert_eq!(totals().expected(TenderKind::Coupon), Ok(money(1_000)));
        assert_eq!(totals().expected(TenderKind::Points), Ok(Money::ZERO));
    }

    #[test]
    fn a_closed_till_is_empty_and_its_difference_is_posted() {
        let mut found = count(15_800);
        found.push(TenderCount {
            tender: TenderKind::Coupon,
            currency: None,
            amount: money(1_000),
            pieces: Vec::new(),
        });
        let closed = close(found);
        assert_eq!(closed.over_short(), Ok(money(-50)));
        let coupon = |account: &str, amount| (account.to_owned(), amount);
        assert_eq!(
            posted(&closed),
            [
                coupon("safe", 15_800),
                coupon("over-short", 50),
                coupon("till:cash", -15_850),
                coupon("safe:coupon", 1_000),
                coupon("till:coupon", -1_000)
            ]
        );
        let GrandTotals { closings, sales, total, .. } = closed.grand;
        assert_eq!((closings, sales, total), (3, 14, money(26_500)));
        // What nobody counted is missing.
        assert_eq!(close(count(15_900)).over_short(), Ok(money(50 - 1_000)));
    }

    #[test]
    fn a_record_that_was_made_to_fit_is_found() {
        let whole = close(count(15_850));
        assert_eq!(whole.check(), Ok(()));
        let mut spoilt = vec![whole.clone(); 4];
        spoilt[0].tenders[0].expected = money(15_800);
        spoilt[1].totals.float = money(9_000);
        spoilt[2].entries.pop();
        spoilt[3].shift = 4;
        for closed in spoilt {
            assert!(closed.check().is_err());
        }
    }

    #[test]
    fn a_count_that_does_not_fit_is_taken_again_and_then_stands() {
        let mut shop = fixture::shop(1);
        let so_far = |found: &[i64]| CountsSoFar {
            counts: found.iter().map(|minor| (1, [count(*minor), coupons()].concat())).collect(),
        };
        let settle = |shop: &Shop, found: &[i64]| so_far(found).settle(&totals(), shop);
        assert_eq!(settle(&shop, &[]), Err(Refusal::TillNotCounted));
        assert!(settle(&shop, &[15_850]).is_ok());
        assert_eq!(settle(&shop, &[15_849]), Err(Refusal::RecountNeeded));
        assert!(settle(&shop, &[15_849, 15_000]).is_ok(), "the last count stands");
        shop.till.tolerance = Decimal::new(5, 2);
        assert!(settle(&shop, &[15_845]).is_ok());
        assert_eq!(settle(&shop, &[15_844]), Err(Refusal::RecountNeeded));
        shop.till.recounts = 0;
        assert!(settle(&shop, &[1]).is_ok());
    }

    fn coupons() -> Vec<TenderCount> {
        vec![TenderCount { tender: TenderKind::Coupon, currency: None, amount: money(1_000), pieces: Vec::new() }]
    }
}

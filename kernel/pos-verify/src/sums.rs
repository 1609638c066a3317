//! The figures of a body, and that they add up.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The newest form of a record this program knows.
const FORM: u16 = 1;

/// A body as far as it is looked at.
#[derive(Deserialize)]
pub(crate) struct Body<'a> {
    version: u16,
    #[serde(borrow)]
    pub(crate) kind: Cow<'a, str>,
    pub(crate) seq: u64,
    pub(crate) number: Option<u64>,
    #[serde(borrow)]
    pub(crate) transaction: Option<Transaction<'a>>,
    #[serde(borrow)]
    pub(crate) shift: Option<Shift<'a>>,
    #[serde(borrow)]
    pub(crate) closing: Option<Closing<'a>>,
    #[serde(borrow)]
    pub(crate) period: Option<Period<'a>>,
    /// There is a signed anchor: [`Body::signed`].
    signed: Option<IgnoredAny>,
    #[serde(borrow)]
    pub(crate) audit: Option<Audit<'a>>,
}

/// What somebody did that moved neither goods nor money.
#[derive(Deserialize)]
pub(crate) struct Audit<'a> {
    #[serde(borrow)]
    pub(crate) store: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) register: Cow<'a, str>,
    #[serde(default)]
    what: Value,
}

impl Audit<'_> {
    /// Receipts go on after this number: the journal was salvaged, and records are missing here.
    pub(crate) fn numbers_through(&self) -> Option<u64> {
        self.what.get("salvaged")?.get("numbers_through")?.as_u64()
    }
}

/// What a customer was handed a receipt for, and whatever else takes a number.
#[derive(Deserialize)]
pub(crate) struct Transaction<'a> {
    version: u16,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) store: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) register: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) currency: Cow<'a, str>,
    pub(crate) shift: u64,
    #[serde(borrow, default)]
    lines: Vec<Goods<'a>>,
    #[serde(default)]
    taxes: Vec<Amount>,
    #[serde(default)]
    tenders: Vec<Amount>,
    #[serde(borrow, default)]
    entries: Vec<Entry<'a>>,
    gross: i64,
    discount: i64,
    total_excluded: i64,
    total_tax: i64,
    total: i64,
    change: i64,
    rounding: i64,
}

/// The opening of a shift.
#[derive(Deserialize)]
pub(crate) struct Shift<'a> {
    #[serde(borrow)]
    pub(crate) store: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) register: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) currency: Cow<'a, str>,
    pub(crate) shift: u64,
    #[serde(borrow, default)]
    entries: Vec<Entry<'a>>,
}

/// The closing of a shift.
#[derive(Deserialize)]
pub(crate) struct Closing<'a> {
    #[serde(borrow)]
    pub(crate) store: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) register: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) currency: Cow<'a, str>,
    pub(crate) shift: u64,
    #[serde(borrow)]
    tenders: Vec<Found<'a>>,
    pub(crate) totals: Figures,
    pub(crate) grand: Grand,
    #[serde(borrow, default)]
    entries: Vec<Entry<'a>>,
}

/// The closing of a day, a month or a year.
#[derive(Deserialize)]
pub(crate) struct Period<'a> {
    #[serde(borrow)]
    pub(crate) store: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) register: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) currency: Cow<'a, str>,
    #[serde(borrow, rename = "period")]
    pub(crate) name: Cow<'a, str>,
    pub(crate) number: u64,
    pub(crate) shifts: (u64, u64),
    pub(crate) figures: Figures,
    pub(crate) grand: Grand,
}

/// What is closed over shifts, shortest first: each is made of the one before it.
pub(crate) const PERIODS: [&str; 3] = ["day", "month", "year"];

/// A means of payment, counted against the books.
#[derive(Deserialize)]
struct Found<'a> {
    /// Of notes of another currency, which.
    #[serde(borrow, default, rename = "currency")]
    unit: Cow<'a, str>,
    expected: i64,
    counted: i64,
}

/// What a shift, or all closed ones, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Figures {
    pub(crate) sales: u64,
    pub(crate) returns: u64,
    pub(crate) cancelled: u64,
    pub(crate) total: i64,
    pub(crate) tax: i64,
}

/// What all closed shifts came to.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Grand {
    pub(crate) closings: u64,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

impl Figures {
    /// With what another record, or shift, came to.
    pub(crate) fn plus(self, other: Figures) -> Option<Figures> {
        Some(Figures {
            sales: self.sales.checked_add(other.sales)?,
            returns: self.returns.checked_add(other.returns)?,
            cancelled: self.cancelled.checked_add(other.cancelled)?,
            total: self.total.checked_add(other.total)?,
            tax: self.tax.checked_add(other.tax)?,
        })
    }
}

#[derive(Deserialize)]
struct Goods<'a> {
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(default)]
    voided: bool,
    gross: i64,
    net: i64,
    paid: i64,
    #[serde(default)]
    taxes: Vec<Amount>,
}

#[derive(Deserialize)]
struct Amount {
    amount: i64,
}

/// Money, or points, that go into an account or out of it.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow, default)]
    unit: Cow<'a, str>,
    #[serde(default)]
    debit: i64,
    #[serde(default)]
    credit: i64,
}

/// Debits less credits by account and unit.
pub(crate) type Balances<'a> = BTreeMap<(Cow<'a, str>, Cow<'a, str>), i128>;

impl<'a> Body<'a> {
    /// The signed anchor of a record that is one, as it stands in `text`, the body.
    pub(crate) fn signed(&self, text: &'a str) -> Option<&'a str> {
        self.signed.as_ref()?;
        text.split_once(r#","signed":"#)?.1.strip_suffix(r#","version":1}"#)
    }

    /// What does not hold within the record; its entries are added to `balances`.
    pub(crate) fn check(&mut self, balances: &mut Balances<'a>, mut wrong: impl FnMut(String)) {
        if self.version > FORM {
            return wrong(format!("has form {}, newer than this program: take a newer one", self.version));
        }
        let Body { kind, transaction, shift, closing, .. } = self;
        if let Some(transaction) = transaction {
            if transaction.version > FORM {
                return wrong(format!("has form {}, newer than this program: take a newer one", transaction.version));
            }
            if transaction.kind != *kind {
                wrong(format!("is filed as {kind} and says it is {}", transaction.kind));
            }
            transaction.sums(&mut wrong);
            posted(std::mem::take(&mut transaction.entries), balances, &mut wrong);
        }
        if let Some(shift) = shift {
            posted(std::mem::take(&mut shift.entries), balances, &mut wrong);
        }
        if let Some(closing) = closing {
            closing.emptied(&mut wrong);
            posted(std::mem::take(&mut closing.entries), balances, &mut wrong);
        }
    }
}

impl Closing<'_> {
    /// What should have been in the till is taken out of it, and what is missing or too much is posted as such.
    fn emptied(&self, wrong: &mut impl FnMut(String)) {
        let units: BTreeSet<&str> = self.tenders.iter().map(|found| &*found.unit).collect();
        let posted_units = self.entries.iter().map(|entry| &*entry.unit);
        for unit in units.into_iter().chain(posted_units).collect::<BTreeSet<&str>>() {
            let posted = |accounts: &dyn Fn(&str) -> bool| {
                let entries = self.entries.iter().filter(|entry| entry.unit == unit && accounts(&entry.account));
                entries.map(|entry| i128::from(entry.debit) - i128::from(entry.credit)).sum::<i128>()
            };
            let found = || self.tenders.iter().filter(|found| found.unit == unit);
            let expected = found().map(|found| i128::from(found.expected)).sum::<i128>();
            let counted = found().map(|found| i128::from(found.counted)).sum::<i128>();
            if -posted(&|account| account.starts_with("till:")) != expected {
                wrong("does not empty the till".to_owned());
            }
            if posted(&|account| account.split(':').next() == Some("over-short")) != expected - counted {
                wrong("does not post what is missing or too much".to_owned());
            }
        }
    }
}

impl Transaction<'_> {
    /// What it adds to its shift.
    pub(crate) fn figures(&self) -> Figures {
        let (sales, returns, cancelled) = match &*self.kind {
            "sale" => (1, 0, 0),
            "return" => (0, 1, 0),
            "exchange" => (1, 1, 0),
            "cancelled" => (0, 0, 1),
            _ => (0, 0, 0),
        };
        let (total, tax) = if self.is_order() { (0, 0) } else { (self.total, self.total_tax) };
        // A container deposit is no turnover: it is owed to whoever brings the container back.
        let deposits = if self.is_order() { 0 } else { self.deposits().map(|line| line.paid).sum() };
        let total = total - deposits;
        Figures { sales, returns, cancelled, total, tax }
    }

    fn deposits(&self) -> impl Iterator<Item = &Goods<'_>> {
        self.lines.iter().filter(|line| !line.voided && line.kind == "deposit")
    }

    /// What was agreed is no turnover, and nothing is paid with it.
    fn is_order(&self) -> bool {
        self.kind == "order"
    }

    fn sums(&self, wrong: &mut impl FnMut(String)) {
        let live = || self.lines.iter().filter(|line| !line.voided);
        let over = |figure: fn(&Goods<'_>) -> i64| live().map(|line| i128::from(figure(line))).sum::<i128>();
        let all = |amounts: &[Amount]| amounts.iter().map(|amount| i128::from(amount.amount)).sum::<i128>();
        let [gross, discount, excluded, tax, total, change, rounding] =
            [self.gross, self.discount, self.total_excluded, self.total_tax, self.total, self.change, self.rounding]
                .map(i128::from);
        let of_containers = |entry: &&Entry<'_>| entry.account == "deposits:containers" && entry.unit.is_empty();
        let posted = self.entries.iter().filter(of_containers);
        let posted = posted.map(|entry| i128::from(entry.credit) - i128::from(entry.debit)).sum::<i128>();
        let deposits = self.deposits().map(|line| i128::from(line.paid) - all(&line.taxes)).sum::<i128>();
        for (holds, sentence) in [
            (
                posted == if matches!(&*self.kind, "order" | "cancelled") { 0 } else { deposits },
                "what it posts of container deposits is not what its lines come to",
            ),
            (over(|line| line.paid) == total, "its lines do not add up to its total"),
            (over(|line| line.gross) == gross, "its lines do not add up to its gross"),
            (over(|line| line.net) == gross - discount, "gross less discount is not the sum of its nets"),
            (excluded + tax == total, "its total is not its parts without tax and tax"),
            (all(&self.taxes) == tax, "its taxes do not add up to its tax"),
            (
                live().map(|line| all(&line.taxes)).sum::<i128>() == tax,
                "the taxes of its lines do not add up to its tax",
            ),
            (
                all(&self.tenders) - change == if self.is_order() { 0 } else { total + rounding },
                "tenders less change are not what was due",
            ),
        ] {
            if !holds {
                wrong(sentence.to_owned());
            }
        }
    }
}

/// Debits equal credits, unit by unit.
fn posted<'a>(entries: Vec<Entry<'a>>, balances: &mut Balances<'a>, wrong: &mut impl FnMut(String)) {
    let mut units: Vec<(Cow<'a, str>, i128)> = Vec::new();
    for Entry { account, unit, debit, credit } in entries {
        if debit < 0 || credit < 0 {
            wrong(format!("an entry of {account} is below zero"));
        }
        let difference = i128::from(debit) - i128::from(credit);
        match units.iter_mut().find(|(known, _)| *known == unit) {
            Some((_, sum)) => *sum += difference,
            None => units.push((unit.clone(), difference)),
        }
        *balances.entry((account, unit)).or_default() += difference;
    }
    for (unit, _) in units.iter().filter(|(_, sum)| *sum != 0) {
        let of = if unit.is_empty() { "" } else { " of " };
        wrong(format!("its debits{of}{unit} are not its credits"));
    }
}

//! Running sums that follow the journal: balances of accounts, stock levels, totals of shifts.
//!
//! A sale's record, with its entries and movements, is durable with the sale. The sums are what reports read, and a shop of
//! 20,000 articles would write a page for each line to keep them level. So the writer collects what they change and
//! writes it after a checkpoint, at the end, and when somebody asks for them. `sums_seq` in `meta` says up to which
//! record they stand, written in the same SQLite transaction; after a crash the records beyond it are read again.
//!
//! What the next sale asks (the credit on an account, an article's stock, the figures of a shift) is what is stored and what
//! was collected since. The writer holds the lock on that while it writes it, so that both belong together whoever looks.

use crate::connection::exact_sum;
use crate::error::{Fault, Result};
use crate::journal;
use crate::record::Content;
use crate::shift;
use pos_api::port::StoreError;
use pos_domain::ids::ReceiptNumber;
use pos_domain::ledger::Entry;
use pos_domain::money::{Decimal, Money};
use pos_domain::report::ShiftTotals;
use pos_domain::stock::StockMovement;
use pos_domain::transaction::Transaction;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What stored sums lack, and up to which record they stand when it is added.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// The last record that is in here, or in the stored sums.
    through: u64,
    /// Debits and credits by account and unit.
    accounts: BTreeMap<(Arc<str>, Arc<str>), (i64, i64)>,
    /// Quantity, and worth where it is known, by article, unit and location.
    stock: BTreeMap<(Arc<str>, &'static str, Arc<str>), Worth>,
    shifts: BTreeMap<u64, ShiftTotals>,
    /// A record that could not be added. Sales go on; whoever reads sums is told.
    stuck: Option<String>,
}

/// What stored sums lack, for the writer and those who read beside it.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<Sums>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Sums> {
        // Whoever panicked with it only read, or was the writer, with whom the storage has stopped: the next start reads them anew.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much there is, and what it is worth where that is known.
pub(crate) type Worth = (Decimal, Option<i64>);

/// Up to which record the stored sums stand.
pub(crate) fn stored_through(connection: &Connection) -> Result<u64> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = 'sums_seq'")?;
    let text: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
    let text = text.ok_or_else(|| Fault::corrupt("up to which record the sums stand is not noted"))?;
    text.parse().map_err(|_| Fault::corrupt(format!("the sums stand up to record \"{text}\"")))
}

impl Sums {
    /// What the stored sums lack: after a clean end nothing, after a crash what came since they were last written.
    pub(crate) fn behind(connection: &Connection) -> Result<Sums> {
        let mut sums = Sums { through: stored_through(connection)?, ..Sums::default() };
        let read = journal::after(connection, sums.through, &mut |record| {
            sums.add_content(record.seq, &record.content);
            Ok(())
        });
        if let Err(fault) = read {
            sums.stop(StoreError::from(fault).to_string());
        }
        Ok(sums)
    }

    /// Adds what a record changes, whatever it is.
    pub(crate) fn add_content(&mut self, seq: u64, content: &Content) {
        match content {
            Content::Transaction(committed) => self.add(seq, committed.number, &committed.transaction),
            other => self.add_entries_of(seq, other.entries()),
        }
    }

    /// Whether stored sums lack something.
    pub(crate) fn are_behind(&self) -> bool {
        self.stuck.is_some() || !self.accounts.is_empty() || !self.stock.is_empty() || !self.shifts.is_empty()
    }

    /// Adds what a transaction's record changes.
    pub(crate) fn add(&mut self, seq: u64, number: ReceiptNumber, transaction: &Transaction) {
        let add = |sums: &mut Sums| {
            sums.add_entries(&transaction.entries)?;
            sums.add_movements(&transaction.movements)?;
            let totals = sums
                .shifts
                .entry(transaction.shift)
                .or_insert_with(|| ShiftTotals { shift: transaction.shift, ..ShiftTotals::default() });
            Ok(shift::add(totals, number, transaction)?)
        };
        self.add_record(seq, add);
    }

    /// Adds what a record changes that is no transaction: the opening of a shift, its closing, an anchor.
    pub(crate) fn add_entries_of(&mut self, seq: u64, entries: &[Entry]) {
        self.add_record(seq, |sums| sums.add_entries(entries));
    }

    fn add_record(&mut self, seq: u64, add: impl FnOnce(&mut Sums) -> Result<()>) {
        if self.stuck.is_some() {
            return;
        }
        match add(self) {
            Ok(()) => self.through = seq,
            Err(fault) => self.stop(format!("record {seq} cannot be added: {}", StoreError::from(fault))),
        }
    }

    fn stop(&mut self, problem: String) {
        tracing::error!("the sums stop at record {}: {problem}", self.through);
        self.stuck = Some(problem);
    }

    fn add_entries(&mut self, entries: &[Entry]) -> Result<()> {
        for Entry { account, unit, debit, credit } in entries {
            let key = (account.clone(), unit.clone().unwrap_or_default());
            let (debits, credits) = self.accounts.entry(key).or_default();
            let sum = |sum: i64, more: i64| {
                sum.checked_add(more).ok_or_else(|| Fault::corrupt(format!("the balance of {account} is too large")))
            };
            (*debits, *credits) = (sum(*debits, debit.minor())?, sum(*credits, credit.minor())?);
        }
        Ok(())
    }

    fn add_movements(&mut self, movements: &[StockMovement]) -> Result<()> {
        for StockMovement { item, quantity, location, value, .. } in movements {
            let (level, worth) =
                self.stock.entry((item.clone(), quantity.unit.symbol(), location.clone())).or_default();
            let inexact = || Fault::corrupt(format!("the stock of article {item} cannot be summed exactly"));
            *level = exact_sum(*level, quantity.value).ok_or_else(inexact)?;
            if let Some(value) = value {
                *worth = Some(worth.unwrap_or(0).checked_add(value.minor()).ok_or_else(inexact)?);
            }
        }
        Ok(())
    }

    /// The figures of a shift, whose stored ones these are: nothing is written for it, however many accounts there are.
    pub(crate) fn with_shift(&self, stored: ShiftTotals) -> Result<ShiftTotals> {
        self.go_on()?;
        match self.shifts.get(&stored.shift) {
            Some(since) => Ok(stored.with(since)?),
            None => Ok(stored),
        }
    }

    /// Credits less debits of an account.
    pub(crate) fn credit_of(&self, account: &str) -> Result<Money> {
        self.go_on()?;
        let (debits, credits) = self.accounts.get(&(account.into(), Arc::default())).copied().unwrap_or_default();
        Ok(Money::from_minor(credits).minus(Money::from_minor(debits))?)
    }

    /// What moved of an article, by unit and location. Where a record could not be added, what came before it: nobody is kept
    /// from buying by a level of stock.
    pub(crate) fn stock_of<'a>(
        &'a self,
        item: &'a str,
    ) -> impl Iterator<Item = (&'static str, &'a Arc<str>, &'a Worth)> {
        let first: (Arc<str>, &'static str, Arc<str>) = (item.into(), "", Arc::default());
        let of_it = self.stock.range(first..).take_while(move |((of, ..), _)| **of == *item);
        of_it.map(|((_, unit, location), worth)| (*unit, location, worth))
    }

    /// Refused where a record could not be added.
    fn go_on(&self) -> Result<()> {
        match &self.stuck {
            Some(problem) => Err(Fault::corrupt(format!(
                "the sums of the books stop at record {} ({problem}); `pos journal verify` says more",
                self.through
            ))),
            None => Ok(()),
        }
    }

    /// Adds it to the stored sums. Forget it with [`Sums::written`] once that is durable.
    pub(crate) fn write(&self, connection: &Connection) -> Result<()> {
        self.go_on()?;
        let mut account = connection.prepare_cached(
            "INSERT INTO account (path, unit, debit, credit) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET debit = debit + excluded.debit, credit = credit + excluded.credit",
        )?;
        for ((path, unit), (debit, credit)) in &self.accounts {
            account.execute(params![path, unit, debit, credit])?;
        }
        let mut level = connection.prepare_cached(
            "INSERT INTO stock_level (item, unit, location, quantity, value) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET quantity = decimal_add(quantity, excluded.quantity),
                 value = CASE WHEN value IS NULL THEN excluded.value ELSE value + coalesce(excluded.value, 0) END",
        )?;
        for ((item, unit, location), (quantity, value)) in &self.stock {
            level.execute(params![item, unit, location, quantity.normalize().to_string(), value])?;
        }
        for totals in self.shifts.values() {
            shift::post(connection, totals)?;
        }
        let mut through = connection.prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'sums_seq'")?;
        through.execute([self.through.to_string()])?;
        Ok(())
    }

    /// The stored sums have all of it now.
    pub(crate) fn written(&mut self) {
        *self = Sums { through: self.through, ..Sums::default() };
    }
}

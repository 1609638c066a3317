//! Verification: reads the whole journal and holds everything else against it.
//!
//! Checked first: that pages and indexes of the file are what SQLite expects of them, and that articles are those that were
//! stored. Checked of every record: it follows the one before (seq, receipt number, hash), its hash is that of its body, the
//! body can be read, its columns say what it says, its sums hold, and its ledger entries and stock movements are stored
//! as it lists them. Checked at the end: balances, stock levels and shift totals are the sums of what was read, up to the
//! record they stand at ([`crate::sums`]). One read transaction, so that a register that goes on selling does not disturb
//! it.

mod print;

use self::print::Print;
use crate::anchor::Vouched;
use crate::append;
use crate::catalogue;
use crate::connection::exact_sum;
use crate::error::{Fault, Result};
use crate::journal::{self, COLUMNS, Stored};
use crate::lots;
use crate::orders::Orders;
use crate::payments;
use crate::record::{ANCHOR, Columns, Content, GENESIS, Hash, Record};
use crate::shift;
use crate::sums::{self, Worth};
use pos_api::port::{StoreError, Verification};
use pos_domain::ids::ReceiptNumber;
use pos_domain::ledger::Entry;
use pos_domain::offer_use::OfferUse;
use pos_domain::payment::{Payment, PaymentId};
use pos_domain::people::Audited;
use pos_domain::period::Periods;
use pos_domain::report::ShiftTotals;
use pos_domain::shift::{GrandTotals, ShiftClosed};
use pos_domain::stock::StockMovement;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicBool, Ordering};

/// More problems than these are counted, not told.
const PROBLEMS_MAX: usize = 100;

/// Records that a start looks through at most; the rest is looked through behind it.
const TAIL_MAX: u64 = 10_000;

/// Reads and checks everything, or until somebody wants it to stop.
pub(crate) fn verify(connection: &Connection, stop: &AtomicBool) -> Result<Verification> {
    let mut drawn = [0; 8];
    getrandom::fill(&mut drawn).map_err(|error| Fault::failed(format!("no random numbers can be had: {error}")))?;
    let mut auditor = Auditor { hash: GENESIS, drawn: u64::from_le_bytes(drawn), ..Auditor::default() };
    match auditor.look_at_all(connection, stop).map_err(StoreError::from) {
        Ok(()) => {}
        // Further is not to be read.
        Err(StoreError::Corrupt { problem }) => auditor.problem(format!("The file is damaged: {problem}.")),
        Err(other) => return Err(other.into()),
    }
    Ok(auditor.finish())
}

/// Reads and checks the records since the last anchor: that they are whole, continue each other, and add up. It takes as long as a shift is long, however large the file is.
pub(crate) fn verify_tail(connection: &Connection) -> Result<Verification> {
    let snapshot = connection.unchecked_transaction()?;
    let last: u64 = journal::count(&snapshot)?;
    let anchor: Option<u64> = snapshot
        .query_row("SELECT seq FROM journal WHERE kind = ?1 ORDER BY seq DESC LIMIT 1", [ANCHOR], |row| row.get(0))
        .optional()?;
    let from = anchor.unwrap_or(0).max(last.saturating_sub(TAIL_MAX));
    let hash = snapshot.query_row("SELECT hash FROM journal WHERE seq = ?1", [from], |row| row.get(0)).optional()?;
    let number = append::number_at(&snapshot, from)?;
    let mut auditor =
        Auditor { seq: from, number, hash: hash.unwrap_or(GENESIS), is_of_tail: true, ..Auditor::default() };
    auditor.read_journal(&snapshot, i64::try_from(from).unwrap_or(i64::MAX), &AtomicBool::new(false))?;
    Ok(auditor.finish())
}

fn check_stop(stop: &AtomicBool) -> Result<()> {
    if stop.load(Ordering::Relaxed) { Err(Fault::failed("the verification was stopped")) } else { Ok(()) }
}

/// What the journal adds up to, and what was found wrong on the way.
#[derive(Default)]
struct Auditor {
    records: u64,
    seq: u64,
    number: ReceiptNumber,
    hash: Hash,
    /// The record up to which the stored sums stand: those after it are read, but not summed.
    sums_through: u64,
    /// What came before is not known: nothing is summed.
    is_of_tail: bool,
    /// Of what was posted to all accounts, and the number drawn for it.
    posted: Print,
    drawn: u64,
    /// Balances are wanted by name: they are not those that are stored.
    is_by_name: bool,
    /// Debits and credits by account and unit; wide, so that sums cannot overflow here.
    balances: BTreeMap<(String, String), (i128, i128)>,
    /// Sales of which something came back, with the receipts that took it.
    returns: BTreeMap<(ReceiptNumber, ReceiptNumber), ()>,
    payments: BTreeMap<PaymentId, Payment>,
    orders: Orders,
    /// Quantity, and worth where it is known, by article, unit and location.
    stock: BTreeMap<(String, String, String), Worth>,
    /// Sets and money used of offers with limits, by offer and customer.
    offer_uses: BTreeMap<(String, String), (i64, i64)>,
    lots: BTreeMap<lots::Key, lots::Left>,
    shifts: BTreeMap<u64, ShiftTotals>,
    /// The shift that is open after what was read.
    open_shift: Option<u64>,
    /// The key of the anchors so far.
    key: Option<String>,
    /// A closing that the next record has to sign, and whether it is one of a period.
    unsigned: Option<(u64, bool)>,
    /// What the closings so far add up to.
    grand: GrandTotals,
    /// What was closed and is part of no longer period yet.
    periods: Periods,
    problems: Vec<String>,
    problems_untold: u64,
}

impl Auditor {
    fn look_at_all(&mut self, connection: &Connection, stop: &AtomicBool) -> Result<()> {
        let snapshot = connection.unchecked_transaction()?;
        self.sums_through = sums::stored_through(&snapshot)?;
        self.check_pages(&snapshot)?;
        if !self.problems.is_empty() {
            // What is read from damaged pages says nothing.
            return Ok(());
        }
        self.check_catalogue(&snapshot, stop)?;
        self.read_journal(&snapshot, i64::MIN, stop)?;
        self.check_signed();
        self.check_sums_through();
        self.compare_balances(&snapshot, stop)?;
        self.compare_returns(&snapshot)?;
        self.compare_lots(&snapshot)?;
        self.compare_payments(&snapshot)?;
        self.compare_stock(&snapshot)?;
        self.compare_shifts(&snapshot)?;
        self.look_for_sold_baskets(&snapshot)
    }

    fn problem(&mut self, sentence: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(sentence);
        } else {
            self.problems_untold += 1;
        }
    }

    fn finish(mut self) -> Verification {
        if self.problems_untold > 0 {
            self.problems.push(format!("There are {} more problems.", self.problems_untold));
        }
        Verification {
            records: self.records,
            last_number: self.number,
            head: hex::encode(self.hash),
            problems: self.problems,
        }
    }

    /// What SQLite finds wrong: pages that are not what they should be, rows that an index does not have or has too often.
    fn check_pages(&mut self, connection: &Connection) -> Result<()> {
        let mut statement = connection.prepare(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let told: String = row.get(0)?;
            if told != "ok" {
                self.problem(format!("The file is damaged: {told}."));
            }
        }
        Ok(())
    }

    /// Each article is the one that was stored, filed under its name, its department and its codes.
    fn check_catalogue(&mut self, connection: &Connection, stop: &AtomicBool) -> Result<()> {
        let mut codes = connection.prepare("SELECT code FROM item_code WHERE item = ?1 ORDER BY code")?;
        let mut statement = connection.prepare("SELECT row, id, name, department, body, reorders FROM item")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            check_stop(stop)?;
            let (number, id): (i64, String) = (row.get(0)?, row.get(1)?);
            let item = match catalogue::parse(row.get_ref(4)?.as_str()?) {
                Ok(item) => item,
                Err(fault) => {
                    self.problem(format!("Article {id} cannot be read: {}.", StoreError::from(fault)));
                    continue;
                }
            };
            let filed: Vec<String> = codes.query_map([number], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let named: BTreeSet<&str> = item.codes.iter().map(|code| &**code).collect();
            let (name, department): (String, String) = (row.get(2)?, row.get(3)?);
            let is_filed = (&*item.id, &*item.name, item.department()) == (&*id, &*name, &*department)
                && item.reorder.is_some() == row.get::<_, bool>(5)?;
            if !is_filed || !named.iter().copied().eq(filed.iter().map(String::as_str)) {
                self.problem(format!("Article {id} is not the one it is filed as."));
            }
        }
        self.check_words(connection, stop)
    }

    /// Each article is found by the words of its name. All names are filed anew beside: looking each up would take as long
    /// as there are articles, for each.
    fn check_words(&mut self, connection: &Connection, stop: &AtomicBool) -> Result<()> {
        let mut statement = connection.prepare("SELECT row, name FROM item")?;
        let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let wanted = catalogue::words_of_names(names.map(|name| {
            check_stop(stop)?;
            Ok(name?)
        }))?;
        let filed = catalogue::words_filed(connection)?;
        let mut statement = connection.prepare("SELECT id FROM item WHERE row = ?1")?;
        let mut lost: Vec<i64> =
            wanted.iter().filter(|(row, sum)| filed.get(row) != Some(sum)).map(|one| *one.0).collect();
        lost.sort_unstable();
        for row in lost {
            let id: String = statement.query_row([row], |row| row.get(0))?;
            self.problem(format!("Article {id} is not found by its name: import the catalogue once more."));
        }
        Ok(())
    }

    /// Reads the records after one of them.
    fn read_journal(&mut self, connection: &Connection, after: i64, stop: &AtomicBool) -> Result<()> {
        let mut statement =
            connection.prepare(&format!("SELECT {COLUMNS} FROM journal WHERE seq > ?1 ORDER BY seq"))?;
        let mut rows = statement.query([after])?;
        while let Some(row) = rows.next()? {
            check_stop(stop)?;
            self.records += 1;
            let seq: i64 = row.get(0)?;
            match Stored::of(row) {
                Ok(stored) => self.read_record(&stored),
                Err(fault) => self.problem(format!("Record {seq} cannot be read: {}.", StoreError::from(fault))),
            }
            self.seq = seq.try_into().unwrap_or(self.seq);
        }
        Ok(())
    }

    fn read_record(&mut self, stored: &Stored<'_>) {
        let Stored { columns, previous, hash, body } = stored;
        let seq = columns.seq;
        if seq != self.seq + 1 {
            self.problem(format!("Records are missing: {seq} follows {}.", self.seq));
        }
        if *previous != self.hash {
            self.problem(format!("Record {seq} does not continue the record before it: the chain is broken there."));
        }
        if !stored.is_intact() {
            self.problem(format!(
                "Record {seq} was changed after it was written: its hash is not that of its content."
            ));
        }
        // Go on from the stored hash, so that one break is told once.
        self.hash = *hash;
        if let Some(number) = columns.number {
            if number != self.number + 1 {
                self.problem(format!("Record {seq} has receipt number {number}; {} is next.", self.number + 1));
            }
            self.number = number;
        }
        let record = match Record::parse(body) {
            Ok(record) => record,
            Err(fault) => {
                self.problem(format!("Record {seq} cannot be read: {}.", StoreError::from(fault)));
                return;
            }
        };
        if record.columns() != *columns {
            self.problem(format!(
                "Record {seq} is filed as {} and says it is {}.",
                describe(columns),
                describe(&record.columns())
            ));
        }
        if let Err(fault) = record.content.check() {
            self.problem(format!("Record {seq} does not add up: {}.", StoreError::from(fault)));
        }
        if !self.is_of_tail && seq <= self.sums_through {
            self.sum_entries(record.content.entries());
            if let Content::Transaction(committed) = &record.content {
                self.sum_movements(seq, &committed.transaction.movements);
            }
        }
        if let Content::Audit(audit) = &record.content
            && let Audited::Salvaged { numbers_through, .. } = audit.what
        {
            // Numbers of receipts that are lost are not given again.
            if numbers_through < self.number {
                self.problem(format!("Record {seq} has receipts go on after number {numbers_through}, again."));
            }
            self.number = self.number.max(numbers_through);
        }
        if !self.is_of_tail {
            self.follow(seq, &record.content, previous);
        }
    }

    /// Takes a record into account.
    fn follow(&mut self, seq: u64, content: &Content, previous: &Hash) {
        self.follow_signatures(seq, content);
        match content {
            Content::ShiftOpened(opened) => {
                if self.shifts.insert(opened.shift, shift::opened(opened)).is_some() {
                    self.problem(format!("Record {seq} opens shift {} a second time.", opened.shift));
                }
                if let Some(open) = self.open_shift.replace(opened.shift) {
                    self.problem(format!("Record {seq} opens shift {} while shift {open} is open.", opened.shift));
                }
            }
            Content::ShiftClosed(closed) => self.check_closing(seq, closed),
            Content::PeriodClosed(closed) => {
                if let Err(refusal) = self.periods.add(closed) {
                    self.problem(format!("Record {seq} does not add up: {refusal}"));
                }
            }
            Content::Audit(_) => {}
            Content::Anchor(signed) => {
                let Vouched { seq: vouched, hash, .. } = &signed.anchor;
                if (*vouched + 1, hash.as_str()) != (seq, hex::encode(previous).as_str()) {
                    self.problem(format!("Record {seq} signs another record than the one before it."));
                }
                let key = signed.key();
                if self.key.get_or_insert_with(|| key.to_owned()) != key {
                    self.problem(format!("Record {seq} is signed with another key than the anchors before."));
                }
            }
            Content::Transaction(committed) => {
                for refund in &committed.transaction.refunds {
                    self.returns.insert((refund.number, committed.number), ());
                }
                if let Err(fault) = lots::follow(&mut self.lots, committed.number, &committed.transaction) {
                    self.problem(format!("Record {seq} moves points that do not add up: {}.", StoreError::from(fault)));
                }
                payments::follow(&mut self.payments, &committed.transaction);
                self.orders.follow(committed.number, &committed.transaction);
                for OfferUse { offer, customer, uses, spent } in &committed.transaction.offer_uses {
                    let customer = customer.as_deref().unwrap_or_default().to_owned();
                    let sum = self.offer_uses.entry((offer.to_string(), customer)).or_default();
                    *sum = (sum.0.saturating_add(*uses), sum.1.saturating_add(spent.minor()));
                }
                let shift = committed.transaction.shift;
                if self.open_shift != Some(shift) && self.shifts.contains_key(&shift) {
                    self.problem(format!("Record {seq} belongs to shift {shift}, which is closed."));
                }
                match self.shifts.get_mut(&shift) {
                    Some(_) if seq > self.sums_through => {}
                    Some(totals) => {
                        if let Err(error) = shift::add(totals, committed.number, &committed.transaction) {
                            self.problem(format!("Record {seq} cannot be added to its shift: {error}."));
                        }
                    }
                    None => self.problem(format!("Record {seq} belongs to shift {shift}, which was never opened.")),
                }
            }
        }
    }

    /// A closing is signed in the same transaction: an anchor that is not there was taken out.
    fn follow_signatures(&mut self, seq: u64, content: &Content) {
        match content {
            Content::Anchor(_) => self.unsigned = None,
            // No more may have been found.
            Content::Audit(audit) if matches!(audit.what, Audited::Salvaged { .. }) => self.unsigned = None,
            Content::PeriodClosed(_) | Content::ShiftClosed(_) => {
                let is_of_period = matches!(content, Content::PeriodClosed(_));
                // Several periods may close at once.
                if !is_of_period || self.unsigned.is_some_and(|(_, earlier)| !earlier) {
                    self.check_signed();
                }
                self.unsigned = Some((seq, is_of_period));
            }
            Content::ShiftOpened(_) | Content::Audit(_) | Content::Transaction(_) => self.check_signed(),
        }
    }

    fn check_signed(&mut self) {
        if let Some((closing, _)) = self.unsigned.take() {
            self.problem(format!(
                "Record {closing} closes a shift or a period, and the anchor that signs it is missing."
            ));
        }
    }

    /// A closing has the figures that the journal adds up to, and continues the closing before it.
    fn check_closing(&mut self, seq: u64, closed: &ShiftClosed) {
        let shift = closed.shift;
        if self.open_shift.take() != Some(shift) {
            self.problem(format!("Record {seq} closes shift {shift}, which is not open."));
        }
        if self.shifts.get(&shift) != Some(&closed.totals) {
            self.problem(format!("Record {seq} closes shift {shift} with figures the journal does not add up to."));
        }
        match self.grand.after(&closed.totals) {
            Ok(grand) if grand == closed.grand => {}
            _ => self.problem(format!("Record {seq} does not continue the perpetual totals of the closing before it.")),
        }
        self.grand = closed.grand.clone();
        if let Err(refusal) = self.periods.add_shift(closed) {
            self.problem(format!("Record {seq} cannot be added to its day: {refusal}"));
        }
    }

    fn sum_entries(&mut self, entries: &[Entry]) {
        for Entry { account, unit, debit, credit } in entries {
            let (unit, debit, credit) = (unit.as_deref().unwrap_or_default(), debit.minor(), credit.minor());
            self.posted.add(self.drawn, account, unit, debit, credit);
            if !self.is_by_name {
                continue;
            }
            let (debits, credits) = self.balances.entry((account.to_string(), unit.to_owned())).or_default();
            *debits += i128::from(debit);
            *credits += i128::from(credit);
        }
    }

    fn sum_movements(&mut self, seq: u64, movements: &[StockMovement]) {
        for StockMovement { item, quantity, location, value, .. } in movements {
            let key = (item.to_string(), quantity.unit.symbol().to_owned(), location.to_string());
            let (level, worth) = self.stock.entry(key).or_default();
            if let Some(value) = value {
                *worth = Some(worth.unwrap_or(0).saturating_add(value.minor()));
            }
            match exact_sum(*level, quantity.value) {
                Some(sum) => *level = sum,
                None => self.problem(format!("The stock of article {item} cannot be summed exactly at record {seq}.")),
            }
        }
    }

    fn check_sums_through(&mut self) {
        if self.sums_through > self.seq {
            let Auditor { sums_through, seq, .. } = self;
            let sentence = format!("The sums say they stand at record {sums_through}; the journal ends at {seq}.");
            self.problem(sentence);
        }
    }

    fn compare_balances(&mut self, connection: &Connection, stop: &AtomicBool) -> Result<()> {
        let mut print = Print::default();
        let mut statement = connection.prepare("SELECT path, unit, debit, credit FROM account")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (account, unit) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
            print.add(self.drawn, account, unit, row.get(2)?, row.get(3)?);
        }
        if print == self.posted {
            return Ok(());
        }
        // Read once more, to say which.
        let mut again =
            Auditor { hash: GENESIS, sums_through: self.sums_through, is_by_name: true, ..Auditor::default() };
        again.read_journal(connection, i64::MIN, stop)?;
        let stored = connection
            .prepare("SELECT path, unit, debit, credit FROM account")?
            .query_map([], |row| {
                let sides = (row.get::<_, i64>(2)?.into(), row.get::<_, i64>(3)?.into());
                Ok(((row.get(0)?, row.get(1)?), sides))
            })?
            .collect::<rusqlite::Result<BTreeMap<(String, String), (i128, i128)>>>()?;
        let summed = again.balances;
        self.compare(
            &summed,
            &stored,
            |(account, _)| format!("The balance of account {account}"),
            |(debit, credit)| format!("{debit} debit and {credit} credit"),
        );
        Ok(())
    }

    fn compare_returns(&mut self, connection: &Connection) -> Result<()> {
        let stored = connection
            .prepare("SELECT sale, number FROM return_of")?
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), ())))?
            .collect::<rusqlite::Result<BTreeMap<(ReceiptNumber, ReceiptNumber), ()>>>()?;
        let listed = std::mem::take(&mut self.returns);
        let name = |(sale, number): &(ReceiptNumber, ReceiptNumber)| {
            format!("That receipt {number} took something of receipt {sale} back")
        };
        self.compare(&listed, &stored, name, |()| "so".to_owned());
        let stored = connection
            .prepare("SELECT offer, customer, uses, spent FROM offer_use")?
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))))?
            .collect::<rusqlite::Result<BTreeMap<(String, String), (i64, i64)>>>()?;
        let listed = std::mem::take(&mut self.offer_uses);
        let text = |(uses, spent): &(i64, i64)| format!("{uses} uses and {spent} minor units");
        self.compare(&listed, &stored, |(offer, _)| format!("The use of offer {offer}"), text);
        Ok(())
    }

    fn compare_lots(&mut self, connection: &Connection) -> Result<()> {
        let (expected, stored) = (std::mem::take(&mut self.lots), lots::all(connection)?);
        let name = |(account, lot, until): &lots::Key| format!("Lot {lot} of {account} (until \"{until}\")");
        let points = |(_, points): &lots::Left| format!("{points} points");
        self.compare(&expected, &stored, name, points);
        Ok(())
    }

    fn compare_payments(&mut self, connection: &Connection) -> Result<()> {
        let stored = payments::all(connection)?;
        let stored = stored.into_iter().map(|payment| (payment.intent.id, payment)).collect();
        let followed = std::mem::take(&mut self.payments);
        self.compare(&followed, &stored, |id| format!("Payment {id}"), |payment| payment.code().to_owned());
        let (stored_open, stored_named) = Orders::stored(connection)?.apart();
        let (open, named) = std::mem::take(&mut self.orders).apart();
        let state = |open: &bool| if *open { "open" } else { "closed" }.to_owned();
        self.compare(&open, &stored_open, |number| format!("Order {number}"), state);
        let name =
            |(order, number): &(ReceiptNumber, ReceiptNumber)| format!("That receipt {number} names order {order}");
        self.compare(&named, &stored_named, name, |()| "so".to_owned());
        Ok(())
    }

    fn compare_stock(&mut self, connection: &Connection) -> Result<()> {
        let mut stored = BTreeMap::new();
        let mut statement = connection.prepare("SELECT item, unit, location, quantity, value FROM stock_level")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (item, quantity): (String, String) = (row.get(0)?, row.get(3)?);
            match quantity.parse() {
                Ok(level) => {
                    let level: Worth = (level, row.get(4)?);
                    stored.insert((item, row.get(1)?, row.get(2)?), level);
                }
                Err(_) => self.problem(format!("The stock level of article {item} is not a number: {quantity}.")),
            }
        }
        let summed = std::mem::take(&mut self.stock);
        let text = |(level, value): &Worth| match value {
            Some(value) => format!("{level}, worth {value} minor units"),
            None => level.to_string(),
        };
        self.compare(&summed, &stored, |(item, ..)| format!("The stock level of article {item}"), text);
        Ok(())
    }

    fn compare_shifts(&mut self, connection: &Connection) -> Result<()> {
        let stored: BTreeMap<u64, ShiftTotals> = match shift::all_totals(connection) {
            Ok(all) => all.into_iter().map(|totals| (totals.shift, totals)).collect(),
            Err(fault) => {
                self.problem(format!("The totals of shifts cannot be read: {}.", StoreError::from(fault)));
                return Ok(());
            }
        };
        let summed = std::mem::take(&mut self.shifts);
        self.compare(
            &summed,
            &stored,
            |shift| format!("The totals of shift {shift}"),
            |totals| {
                format!(
                    "{} sales, {} lines, gross {}, total {}",
                    totals.sales,
                    totals.lines,
                    totals.gross.minor(),
                    totals.total.minor()
                )
            },
        );
        Ok(())
    }

    /// What the journal adds up to against what is stored, in both directions.
    fn compare<K: Ord + Debug, V: PartialEq>(
        &mut self,
        summed: &BTreeMap<K, V>,
        stored: &BTreeMap<K, V>,
        name: impl Fn(&K) -> String,
        text: impl Fn(&V) -> String,
    ) {
        for (key, sum) in summed {
            match stored.get(key) {
                Some(value) if value == sum => {}
                Some(value) => {
                    self.problem(format!(
                        "{} is stored as {}; the journal adds up to {}.",
                        name(key),
                        text(value),
                        text(sum)
                    ));
                }
                None => self.problem(format!("{} is missing; the journal adds up to {}.", name(key), text(sum))),
            }
        }
        for (key, value) in stored.iter().filter(|(key, _)| !summed.contains_key(key)) {
            self.problem(format!("{} is stored as {}; the journal knows nothing of it.", name(key), text(value)));
        }
    }

    fn look_for_sold_baskets(&mut self, connection: &Connection) -> Result<()> {
        let mut statement = connection.prepare(
            "SELECT DISTINCT journal.seq FROM basket_event JOIN journal ON journal.basket = basket_event.basket",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq: u64 = row.get(0)?;
            self.problem(format!("The basket of record {seq} is kept as open although it was committed."));
        }
        Ok(())
    }
}

fn describe(columns: &Columns<'_>) -> String {
    fn or_none(value: Option<impl Display>) -> String {
        value.map_or_else(|| "none".to_owned(), |value| value.to_string())
    }
    let Columns { seq, kind, number, basket, external_reference, at_ms } = columns;
    format!(
        "{kind} {seq} (receipt {}, basket {}, reference {}, time {at_ms})",
        or_none(*number),
        or_none(*basket),
        or_none(*external_reference)
    )
}

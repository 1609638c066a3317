//! The commit: a transaction's record and everything that follows from it, inside one SQLite transaction.
//!
//! Few statements, each prepared once, and few pages: most sales write the record alone, at the end of its table, which the
//! caller's thread writes down meanwhile. Entries and movements stand in the record; their sums follow later
//! ([`crate::sums`]).

use crate::anchor::SignedAnchor;
use crate::balances;
use crate::basket_events;
use crate::error::{Fault, Result};
use crate::journal;
use crate::lots;
use crate::orders;
use crate::payments;
use crate::record::{self, Columns, Content, GENESIS, Hash, Record, ShiftOpened};
use crate::shift;
use crate::sums;
use crossbeam_channel::Receiver;
use ed25519_dalek::SigningKey;
use pos_api::port::{ClosedShift, OpenShift, StoreError};
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::ledger::{Entry, Floor};
use pos_domain::money::Money;
use pos_domain::offer_use::OfferUse;
use pos_domain::people::{Audit, Audited};
use pos_domain::period::PeriodClosed;
use pos_domain::shift::{Books, Closing, GrandTotals, ShiftClosed};
use pos_domain::time::Moment;
use pos_domain::transaction::{Committed, Transaction};
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::OnceCell;
use std::sync::Arc;

/// A transaction on its way into the journal.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) transaction: Arc<Transaction>,
    pub(crate) canonical: Canonical,
    pub(crate) open_shift: Option<OpenShift>,
    pub(crate) floors: Vec<Floor>,
}

/// The canonical form of a transaction, which the caller's thread makes while this one posts what follows from it.
#[derive(Debug)]
pub(crate) struct Canonical {
    making: Receiver<Result<String>>,
    made: OnceCell<String>,
}

impl Canonical {
    pub(crate) fn new(making: Receiver<Result<String>>) -> Canonical {
        Canonical { making, made: OnceCell::new() }
    }

    /// Waits for it. Asked again it is there: a transaction may be tried a second time.
    pub(crate) fn get(&self) -> Result<&str> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = self.making.recv().map_err(|_| Fault::failed("the transaction was given up"))??;
        Ok(self.made.get_or_init(|| made))
    }
}

/// Where the journal ends. The writer keeps it, so that a commit need not look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) number: ReceiptNumber,
    pub(crate) hash: Hash,
    pub(crate) open_shift: Option<u64>,
    /// The greatest basket id in the journal. Ids grow with time, and a basket opened later need not be looked for.
    pub(crate) newest_basket: Option<BasketId>,
}

impl Head {
    /// Reads where the journal ends.
    pub(crate) fn load(connection: &Connection) -> Result<Head> {
        let last = connection
            .query_row("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let (seq, hash) = last.unwrap_or((0, GENESIS));
        let number = number_at(connection, seq)?;
        let open_shift = shift::open_number(connection)?;
        let newest_basket = journal::newest_basket(connection)?;
        Ok(Head { seq, number, hash, open_shift, newest_basket })
    }
}

/// The last receipt number given up to a record. A salvage that could not bring all records back says in the journal after
/// which number receipts go on.
pub(crate) fn number_at(connection: &Connection, seq: u64) -> Result<ReceiptNumber> {
    let last: Option<(u64, ReceiptNumber)> = connection
        .query_row(
            "SELECT seq, number FROM journal WHERE seq <= ?1 AND number IS NOT NULL ORDER BY seq DESC LIMIT 1",
            [seq],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let (from, mut number) = last.unwrap_or((0, 0));
    let mut audits = connection.prepare_cached(
        "SELECT body FROM journal WHERE number IS NULL AND kind = 'audit' AND seq > ?1 AND seq <= ?2 ORDER BY seq",
    )?;
    let mut rows = audits.query([from, seq])?;
    while let Some(row) = rows.next()? {
        if let Content::Audit(audit) = Record::parse(row.get_ref(0)?.as_str()?)?.content
            && let Audited::Salvaged { numbers_through, .. } = audit.what
        {
            number = number.max(numbers_through);
        }
    }
    Ok(number)
}

/// What accounts hold while transactions are appended.
pub(crate) struct Held<'a> {
    /// What the stored sums lack. Looked at only where a transaction spends what an account must have.
    sums: &'a sums::Shared,
    /// Appended since, and not in the sums yet.
    pub(crate) since: Vec<&'a Transaction>,
}

impl<'a> Held<'a> {
    pub(crate) fn new(sums: &'a sums::Shared) -> Held<'a> {
        Held { sums, since: Vec::new() }
    }

    fn credit_of(&self, connection: &Connection, account: &str) -> Result<Money> {
        let mut held = balances::credit_of(connection, &self.sums.lock(), account)?;
        for transaction in &self.since {
            held = held.plus(credit_among(&transaction.entries, account)?)?;
        }
        Ok(held)
    }
}

/// Credits less debits of an account.
fn credit_among(entries: &[Entry], account: &str) -> Result<Money> {
    let mut sum = Money::ZERO;
    for entry in entries.iter().filter(|entry| *entry.account == *account && entry.unit.is_none()) {
        sum = sum.plus(entry.credit)?.minus(entry.debit)?;
    }
    Ok(sum)
}

/// What became of a commit.
pub(crate) enum Appended {
    /// It is in the journal now, under the head's number, and the journal ends here. It may have opened its shift.
    Now(Head, Option<Box<ShiftOpened>>),
    /// Its basket was committed before.
    Before(Box<Committed>),
}

/// Appends a transaction, and the opening of its shift before it where none is open. Idempotent by basket.
pub(crate) fn append(connection: &Connection, mut head: Head, held: &Held<'_>, commit: &Commit) -> Result<Appended> {
    let Commit { transaction, canonical, open_shift, floors } = commit;
    if Some(transaction.basket) <= head.newest_basket
        && let Some(committed) = journal::of_basket(connection, transaction.basket)?
    {
        return Ok(Appended::Before(Box::new(committed)));
    }
    if let Some(reference) = record::reference(transaction)
        && let Some(number) = journal::number_of_reference(connection, reference)?
    {
        return Err(StoreError::AlreadyRung { reference: reference.to_owned(), number }.into());
    }
    let opened = shift_before(head, transaction, open_shift.as_ref())?.map(Box::new);
    if let Some(opened) = &opened {
        append_shift(connection, &mut head, opened)?;
    }
    let (seq, number) = (head.seq + 1, head.number + 1);
    for Floor { account, least } in floors {
        let before = held.credit_of(connection, account)?.minus(*least)?;
        let left = before.plus(credit_among(&transaction.entries, account)?)?;
        if left.is_negative() {
            let taken = transaction.entries.iter().filter(|entry| entry.account == *account && entry.unit.is_none());
            let taken = Money::sum(taken.map(|entry| entry.debit))?;
            let (account, available) = (account.clone(), left.plus(taken)?.minor());
            return Err(StoreError::RunsOut { account, available }.into());
        }
    }
    post_transaction(connection, number, transaction)?;
    basket_events::delete(connection, transaction.basket)?;
    let columns = Columns::of_transaction(seq, number, transaction);
    append_record(connection, &mut head, columns, &record::transaction_body(columns, canonical.get()?))?;
    head.number = number;
    head.newest_basket = head.newest_basket.max(Some(transaction.basket));
    Ok(Appended::Now(head, opened))
}

/// The shift that opens with a transaction, where none is open that it belongs to.
pub(crate) fn shift_before(
    head: Head,
    transaction: &Transaction,
    open_shift: Option<&OpenShift>,
) -> Result<Option<ShiftOpened>> {
    let Transaction { shift, store, register, currency, .. } = transaction;
    match (head.open_shift, open_shift) {
        (Some(open), _) if open == *shift => Ok(None),
        (None, Some(open)) if open.shift == *shift => {
            let books = Books { store: store.clone(), register: register.clone(), currency: *currency };
            ShiftOpened::new(open, &books).map(Some)
        }
        (Some(open), _) => Err(Fault::corrupt(format!("the sale belongs to shift {shift}, but shift {open} is open"))),
        (None, _) => Err(Fault::corrupt(format!("shift {shift} is not open"))),
    }
}

/// What follows from a transaction at once; sums follow later.
fn post_transaction(connection: &Connection, number: ReceiptNumber, transaction: &Transaction) -> Result<()> {
    post_returns(connection, number, transaction)?;
    lots::post(connection, number, transaction)?;
    payments::post(connection, transaction)?;
    orders::post(connection, number, transaction)
}

/// Appends a record that was in a journal before, byte for byte, and what follows from it.
pub(crate) fn append_again(connection: &Connection, record: &Record, previous: Hash, body: &str) -> Result<()> {
    // Only the hash it continues is asked for.
    let mut head = Head { seq: record.seq, number: 0, hash: previous, open_shift: None, newest_basket: None };
    append_record(connection, &mut head, record.columns(), body)?;
    match &record.content {
        Content::ShiftOpened(opened) => shift::insert(connection, opened),
        Content::ShiftClosed(closed) => shift::close(connection, closed.shift, record.seq),
        Content::Anchor(_) | Content::Audit(_) | Content::PeriodClosed(_) => Ok(()),
        Content::Transaction(committed) => post_transaction(connection, committed.number, &committed.transaction),
    }
}

/// Closes the open shift whose stored totals stand at the journal's end, and signs the record that says so.
pub(crate) fn close(
    connection: &Connection,
    mut head: Head,
    closing: &Closing,
    key: &SigningKey,
) -> Result<(Head, ClosedShift)> {
    let not_open = || Fault::corrupt(format!("shift {} is not open", closing.shift));
    let totals = shift::open_totals(connection)?.filter(|totals| totals.shift == closing.shift).ok_or_else(not_open)?;
    let before = match closing.shift.checked_sub(1).filter(|earlier| *earlier > 0) {
        Some(earlier) => shift::closed(connection, earlier)?.map(|(_, closed)| closed.grand),
        None => None,
    };
    let closed = ShiftClosed::new(closing, totals, &before.unwrap_or_else(GrandTotals::default))?;
    let columns = Columns::of_closing(head.seq + 1, &closed);
    append_record(connection, &mut head, columns, &record::closing_body(columns.seq, &closed)?)?;
    shift::close(connection, closing.shift, columns.seq)?;
    head.open_shift = None;
    let anchor = append_anchor(connection, &mut head, &closing.books, closing.at, key)?;
    Ok((head, ClosedShift { closed, anchor }))
}

/// Signs the journal's last record; answers the anchor as it is printed.
pub(crate) fn append_anchor(
    connection: &Connection,
    head: &mut Head,
    books: &Books,
    at: Moment,
    key: &SigningKey,
) -> Result<String> {
    let signed = SignedAnchor::sign(key, books, at, head.seq, &head.hash)?;
    let columns = Columns::of_anchor(head.seq + 1, &signed);
    append_record(connection, head, columns, &record::anchor_body(columns.seq, &signed)?)?;
    Ok(signed.printed())
}

/// Closes a day, a month or a year.
pub(crate) fn append_period(connection: &Connection, head: &mut Head, closed: &PeriodClosed) -> Result<()> {
    let columns = Columns::of_period(head.seq + 1, closed);
    append_record(connection, head, columns, &record::period_body(columns.seq, closed)?)
}

/// Opens a shift.
pub(crate) fn append_shift(connection: &Connection, head: &mut Head, opened: &ShiftOpened) -> Result<()> {
    let columns = Columns::of_shift(head.seq + 1, opened);
    append_record(connection, head, columns, &record::shift_body(columns.seq, opened)?)?;
    shift::insert(connection, opened)?;
    head.open_shift = Some(opened.shift);
    Ok(())
}

/// Puts on record what a person did.
pub(crate) fn append_audit(connection: &Connection, mut head: Head, audit: &Audit) -> Result<Head> {
    let columns = Columns::of_audit(head.seq + 1, audit);
    append_record(connection, &mut head, columns, &record::audit_body(columns.seq, audit)?)?;
    Ok(head)
}

fn append_record(connection: &Connection, head: &mut Head, columns: Columns<'_>, body: &str) -> Result<()> {
    let hash = record::hash(&head.hash, body.as_bytes());
    let Columns { seq, kind, number, basket, external_reference, at_ms } = columns;
    connection
        .prepare_cached(
            "INSERT INTO journal (seq, kind, number, basket, external_reference, at_ms, previous_hash, hash, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            seq,
            kind,
            number,
            basket.as_ref().map(|basket| basket.0.as_bytes()),
            external_reference,
            at_ms,
            head.hash,
            hash,
            body
        ])?;
    *head = Head { seq, hash, ..*head };
    Ok(())
}

/// Says of which sales something came back, so that the next return finds it, and what was used of offers with limits.
fn post_returns(connection: &Connection, number: ReceiptNumber, transaction: &Transaction) -> Result<()> {
    for refund in &transaction.refunds {
        let mut row = connection.prepare_cached("INSERT OR IGNORE INTO return_of (sale, number) VALUES (?1, ?2)")?;
        row.execute(params![refund.number, number])?;
    }
    for OfferUse { offer, customer, uses, spent } in &transaction.offer_uses {
        let mut row = connection.prepare_cached(
            "INSERT INTO offer_use (offer, customer, uses, spent) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET uses = uses + excluded.uses, spent = spent + excluded.spent",
        )?;
        row.execute(params![offer, customer.as_deref().unwrap_or_default(), uses, spent.minor()])?;
    }
    Ok(())
}

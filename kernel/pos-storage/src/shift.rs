//! Figures of a shift as running totals: an X report reads a handful of rows, however many sales there were.
//!
//! One function, [`add`], says what a transaction adds; [`crate::sums`] writes its answer into the rows, and `verify`
//! sums it over the whole journal. Invariant: the rows are what the journal adds up to, as far as the sums stand.

use crate::error::{Fault, Result};
use crate::journal;
use crate::record::{Content, ShiftOpened};
use pos_api::port::{ClosedShift, OpenShift};
use pos_domain::ids::ReceiptNumber;
use pos_domain::money::{Money, MoneyError};
use pos_domain::pricing::proposal::LineKind;
use pos_domain::report::{CHARGED, PAID_BACK, ShiftTotals, add_named, add_tax};
use pos_domain::shift::ShiftClosed;
use pos_domain::tender::{Foreign, TenderKind};
use pos_domain::time::Moment;
use pos_domain::transaction::{Transaction, TransactionKind, TransactionLine};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;

/// The totals of a shift that has just been opened.
pub(crate) fn opened(opened: &ShiftOpened) -> ShiftTotals {
    let ShiftOpened { shift, business_date, opened_at, float, .. } = opened;
    ShiftTotals {
        shift: *shift,
        business_date: *business_date,
        opened_at: Some(*opened_at),
        float: *float,
        carried: opened.carried.as_ref().map(|carried| sorted(&carried.tenders)).unwrap_or_default(),
        ..ShiftTotals::default()
    }
}

fn sorted(named: &[(Arc<str>, Money)]) -> Vec<(Arc<str>, Money)> {
    let mut sorted = named.to_vec();
    sorted.sort();
    sorted
}

/// Adds what a transaction changes. Lists stay sorted by name.
pub(crate) fn add(
    totals: &mut ShiftTotals,
    number: ReceiptNumber,
    transaction: &Transaction,
) -> Result<(), MoneyError> {
    match transaction.kind {
        TransactionKind::Sale => totals.sales += 1,
        TransactionKind::Return => totals.returns += 1,
        TransactionKind::Exchange => {
            totals.sales += 1;
            totals.returns += 1;
        }
        TransactionKind::Cancelled => totals.cancelled += 1,
        TransactionKind::NoSale => totals.no_sales += 1,
        // What was agreed, or moved without a sale, is no turnover.
        TransactionKind::Order | TransactionKind::OrderClosed | TransactionKind::Stock => {
            totals.numbers = Some(totals.numbers.map_or((number, number), |(first, _)| (first, number)));
            return Ok(());
        }
        TransactionKind::TillCount | TransactionKind::Payment => {}
        TransactionKind::PaidIn
        | TransactionKind::PaidOut
        | TransactionKind::TenderLoan
        | TransactionKind::TenderPickup => {
            if let Some(act) = &transaction.till {
                add_named(&mut totals.moved, &act.listed_as(transaction.kind), act.amount)?;
            }
        }
    }
    let live = || transaction.lines.iter().filter(|line| !line.voided);
    let is_goods = |line: &&TransactionLine| line.kind != LineKind::Deposit;
    let (mut deposits_gross, mut deposits) = (Money::ZERO, Money::ZERO);
    if transaction.kind != TransactionKind::Cancelled {
        totals.lines += live().filter(is_goods).count() as u64;
        for line in live() {
            if is_goods(&line) {
                add_named(&mut totals.departments, &line.department, line.paid)?;
                continue;
            }
            // A deposit is owed to whoever brings the container back.
            let (name, amount) =
                if line.paid.is_negative() { (PAID_BACK, line.paid.negated()?) } else { (CHARGED, line.paid) };
            add_named(&mut totals.deposits, name, amount)?;
            (deposits_gross, deposits) = (deposits_gross.plus(line.gross)?, deposits.plus(line.paid)?);
        }
    }
    totals.voided_lines += transaction.lines.iter().filter(|line| line.voided && is_goods(line)).count() as u64;
    let add_to = |sum: &mut Money, amount: Money| -> Result<(), MoneyError> {
        *sum = sum.plus(amount)?;
        Ok(())
    };
    add_to(&mut totals.unreceipted, transaction.unreceipted()?)?;
    add_to(&mut totals.gross, transaction.gross.minus(deposits_gross)?)?;
    add_to(&mut totals.discount, transaction.discount)?;
    add_to(&mut totals.tax, transaction.total_tax)?;
    add_to(&mut totals.total, transaction.total.minus(deposits)?)?;
    add_to(&mut totals.change, transaction.change)?;
    add_to(&mut totals.rounding, transaction.rounding)?;
    for tender in &transaction.tenders {
        add_to(&mut totals.tendered, tender.amount)?;
        match &tender.foreign {
            None => add_named(&mut totals.tenders, tender.kind.code(), tender.amount)?,
            Some(foreign) => {
                // In its own minor units, and what was given for it.
                add_named(&mut totals.tenders, &Foreign::name(foreign.currency), foreign.amount)?;
                add_named(&mut totals.tenders, &Foreign::exchange(foreign.currency), tender.amount)?;
            }
        }
    }
    if !transaction.change.is_zero() {
        add_named(&mut totals.tenders, TenderKind::Cash.code(), transaction.change.negated()?)?;
    }
    for tax in &transaction.taxes {
        add_tax(&mut totals.taxes, &tax.code, tax.base, tax.amount)?;
    }
    totals.numbers = Some(totals.numbers.map_or((number, number), |(first, _)| (first, number)));
    Ok(())
}

/// Writes a new shift's row.
pub(crate) fn insert(connection: &Connection, opened: &ShiftOpened) -> Result<()> {
    let ShiftOpened { shift, business_date, opened_at, float, .. } = opened;
    connection
        .prepare_cached(
            "INSERT INTO shift (shift, business_date, opened_at_ms, opened_offset_seconds, float_amount)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            shift,
            business_date.to_string(),
            opened_at.unix_ms,
            opened_at.offset_seconds,
            float.minor()
        ])?;
    let mut sum = connection
        .prepare_cached("INSERT INTO shift_sum (shift, kind, name, base, amount) VALUES (?1, ?2, ?3, 0, ?4)")?;
    for (name, amount) in opened.carried.iter().flat_map(|carried| &carried.tenders) {
        sum.execute(params![shift, CARRIED, name, amount.minor()])?;
    }
    Ok(())
}

/// Adds what transactions changed to the rows of their shift.
pub(crate) fn post(connection: &Connection, added: &ShiftTotals) -> Result<()> {
    // Every figure by name: a new one does not compile until it is stored.
    let ShiftTotals {
        shift,
        business_date: _,
        opened_at: _,
        float: _,
        sales,
        returns,
        unreceipted,
        cancelled,
        lines,
        voided_lines,
        gross,
        discount,
        tax,
        total,
        tendered,
        change,
        rounding,
        no_sales,
        moved,
        carried: _,
        tenders,
        departments,
        taxes,
        deposits,
        numbers,
    } = added;
    let changed = connection
        .prepare_cached(
            "UPDATE shift SET sales = sales + ?2, cancelled = cancelled + ?3, lines = lines + ?4,
                 voided_lines = voided_lines + ?5, gross = gross + ?6, discount = discount + ?7, tax = tax + ?8,
                 total = total + ?9, tendered = tendered + ?10, change = change + ?11, rounding = rounding + ?12,
                 returns = returns + ?14, unreceipted = unreceipted + ?15, no_sales = no_sales + ?17,
                 first_number = coalesce(first_number, ?13), last_number = coalesce(?16, last_number)
             WHERE shift = ?1 AND closed_seq IS NULL",
        )?
        .execute(params![
            shift,
            sales,
            cancelled,
            lines,
            voided_lines,
            gross.minor(),
            discount.minor(),
            tax.minor(),
            total.minor(),
            tendered.minor(),
            change.minor(),
            rounding.minor(),
            numbers.map(|(first, _)| first),
            returns,
            unreceipted.minor(),
            numbers.map(|(_, last)| last),
            no_sales
        ])?;
    if changed != 1 {
        return Err(Fault::corrupt(format!("shift {shift} is not open")));
    }
    let mut sum = connection.prepare_cached(
        "INSERT INTO shift_sum (shift, kind, name, base, amount) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET base = base + excluded.base, amount = amount + excluded.amount",
    )?;
    let mut add = |kind, name: &str, base: Money, amount: Money| {
        sum.execute(params![shift, kind, name, base.minor(), amount.minor()]).map(drop)
    };
    for (kind, list) in [(TENDER, tenders), (DEPARTMENT, departments), (MOVED, moved), (DEPOSIT, deposits)] {
        for (name, amount) in list {
            add(kind, name, Money::ZERO, *amount)?;
        }
    }
    for (name, base, amount) in taxes {
        add(TAX, name, *base, *amount)?;
    }
    Ok(())
}

const SHIFT: &str = "SELECT shift, business_date, opened_at_ms, opened_offset_seconds, float_amount, sales, cancelled, \
     lines, voided_lines, gross, discount, tax, total, tendered, change, rounding, first_number, last_number, \
     returns, unreceipted, no_sales FROM shift";
const OPEN: &str = "WHERE closed_seq IS NULL";
const SUMS: &str = "SELECT kind, name, base, amount FROM shift_sum WHERE shift = ?1 ORDER BY kind, name";

// Kinds of rows in `shift_sum`.
const TENDER: &str = "tender";
const DEPARTMENT: &str = "department";
const TAX: &str = "tax";
const MOVED: &str = "moved";
const CARRIED: &str = "carried";
const DEPOSIT: &str = "deposit";

/// The running totals of the open shift.
pub(crate) fn open_totals(connection: &Connection) -> Result<Option<ShiftTotals>> {
    let row = connection.prepare_cached(&format!("{SHIFT} {OPEN}"))?.query_row([], totals_row).optional()?;
    row.map(|totals| with_lists(connection, totals)).transpose()
}

/// The stored totals of every shift, in order.
pub(crate) fn all_totals(connection: &Connection) -> Result<Vec<ShiftTotals>> {
    let mut statement = connection.prepare(&format!("{SHIFT} ORDER BY shift"))?;
    let rows = statement.query_map([], totals_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(|totals| with_lists(connection, totals)).collect()
}

/// The number of the open shift.
pub(crate) fn open_number(connection: &Connection) -> Result<Option<u64>> {
    Ok(connection.query_row(&format!("SELECT shift FROM shift {OPEN}"), [], |row| row.get(0)).optional()?)
}

/// The open shift.
pub(crate) fn open(connection: &Connection) -> Result<Option<OpenShift>> {
    let row = connection.prepare_cached(&format!("{SHIFT} {OPEN}"))?.query_row([], totals_row).optional()?;
    Ok(row.and_then(|totals| {
        let ShiftTotals { shift, business_date, opened_at, float, .. } = totals;
        let opened_at = opened_at?;
        Some(OpenShift {
            shift,
            business_date,
            float,
            pieces: Vec::new(),
            cashier: "".into(),
            carried: None,
            opened_at,
        })
    }))
}

/// The last shift that was opened; 0 before the first.
pub(crate) fn last_number(connection: &Connection) -> Result<u64> {
    Ok(connection.query_row("SELECT coalesce(max(shift), 0) FROM shift", [], |row| row.get(0))?)
}

/// Notes which record closed a shift.
pub(crate) fn close(connection: &Connection, shift: u64, seq: u64) -> Result<()> {
    let mut statement =
        connection.prepare_cached("UPDATE shift SET closed_seq = ?2 WHERE shift = ?1 AND closed_seq IS NULL")?;
    match statement.execute(params![shift, seq])? {
        1 => Ok(()),
        _ => Err(Fault::corrupt(format!("shift {shift} is not open"))),
    }
}

/// The record that closed a shift, and its place in the journal.
pub(crate) fn closed(connection: &Connection, shift: u64) -> Result<Option<(u64, ShiftClosed)>> {
    // There was never a greater one.
    let Ok(number) = i64::try_from(shift) else { return Ok(None) };
    let mut statement = connection.prepare_cached("SELECT closed_seq FROM shift WHERE shift = ?1")?;
    let seq: Option<Option<u64>> = statement.query_row([number], |row| row.get(0)).optional()?;
    let Some(seq) = seq.flatten() else { return Ok(None) };
    match journal::at(connection, seq)?.map(|record| record.content) {
        Some(Content::ShiftClosed(closed)) if closed.shift == shift => Ok(Some((seq, *closed))),
        _ => Err(Fault::corrupt(format!("record {seq} does not close shift {shift}"))),
    }
}

/// A closed shift with the anchor that follows its record.
pub(crate) fn closed_with_anchor(connection: &Connection, shift: u64) -> Result<Option<ClosedShift>> {
    let Some((seq, closed)) = closed(connection, shift)? else { return Ok(None) };
    match journal::at(connection, seq + 1)?.map(|record| record.content) {
        Some(Content::Anchor(signed)) if signed.anchor.seq == seq => {
            Ok(Some(ClosedShift { closed, anchor: signed.printed() }))
        }
        _ => Err(Fault::corrupt(format!("record {seq}, which closed shift {shift}, was not signed"))),
    }
}

fn with_lists(connection: &Connection, mut totals: ShiftTotals) -> Result<ShiftTotals> {
    let mut statement = connection.prepare_cached(SUMS)?;
    let mut rows = statement.query([totals.shift])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (String, Arc<str>) = (row.get(0)?, row.get(1)?);
        let (base, amount) = (money(row, 2)?, money(row, 3)?);
        match kind.as_str() {
            TENDER => totals.tenders.push((name, amount)),
            DEPARTMENT => totals.departments.push((name, amount)),
            TAX => totals.taxes.push((name, base, amount)),
            MOVED => totals.moved.push((name, amount)),
            CARRIED => totals.carried.push((name, amount)),
            DEPOSIT => totals.deposits.push((name, amount)),
            other => return Err(Fault::corrupt(format!("shift {} has a sum of kind \"{other}\"", totals.shift))),
        }
    }
    Ok(totals)
}

fn money(row: &Row<'_>, index: usize) -> rusqlite::Result<Money> {
    row.get(index).map(Money::from_minor)
}

fn totals_row(row: &Row<'_>) -> rusqlite::Result<ShiftTotals> {
    let date: String = row.get(1)?;
    let business_date = date.parse().map_err(|error: jiff::Error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
    })?;
    let first: Option<ReceiptNumber> = row.get(16)?;
    let last: Option<ReceiptNumber> = row.get(17)?;
    Ok(ShiftTotals {
        shift: row.get(0)?,
        business_date,
        opened_at: Some(Moment { unix_ms: row.get(2)?, offset_seconds: row.get(3)? }),
        float: money(row, 4)?,
        sales: row.get(5)?,
        returns: row.get(18)?,
        unreceipted: money(row, 19)?,
        cancelled: row.get(6)?,
        lines: row.get(7)?,
        voided_lines: row.get(8)?,
        gross: money(row, 9)?,
        discount: money(row, 10)?,
        tax: money(row, 11)?,
        total: money(row, 12)?,
        tendered: money(row, 13)?,
        change: money(row, 14)?,
        rounding: money(row, 15)?,
        no_sales: row.get(20)?,
        moved: Vec::new(),
        carried: Vec::new(),
        tenders: Vec::new(),
        departments: Vec::new(),
        taxes: Vec::new(),
        deposits: Vec::new(),
        numbers: first.zip(last),
    })
}

/// What [`open_totals`] runs, for the test that holds its cost against the number of sales.
#[cfg(test)]
pub(crate) const OPEN_TOTALS_SQL: [fn() -> String; 2] = [|| format!("{SHIFT} {OPEN}"), || SUMS.to_owned()];

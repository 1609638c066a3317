//! Reading the journal: one record by its number, basket or reference; or all of them, as JSON lines for outsiders.
//!
//! Whatever is read is checked again: its hash, its sums, and that the columns say what the body says.

use crate::connection::Place;
use crate::error::{Fault, Result};
use crate::record::{self, Columns, Content, GENESIS, Hash, Record};
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::transaction::Committed;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use std::io::Write;
use std::sync::Arc;
use uuid::Uuid;

/// The columns of a record in the order in which [`Stored::of`] reads them.
pub(crate) const COLUMNS: &str = "seq, kind, number, basket, external_reference, at_ms, previous_hash, hash, body";

/// A record as it is stored, not believed yet.
pub(crate) struct Stored<'a> {
    pub(crate) columns: Columns<'a>,
    pub(crate) previous: Hash,
    pub(crate) hash: Hash,
    pub(crate) body: &'a str,
}

impl<'a> Stored<'a> {
    pub(crate) fn of(row: &'a Row<'_>) -> Result<Stored<'a>> {
        let text = |index| -> Result<&'a str> { Ok(row.get_ref(index)?.as_str()?) };
        let basket: Option<[u8; 16]> = row.get(3)?;
        let external_reference = row.get_ref(4)?.as_str_or_null()?;
        Ok(Stored {
            columns: Columns {
                seq: row.get(0)?,
                kind: text(1)?,
                number: row.get(2)?,
                basket: basket.map(|bytes| BasketId(Uuid::from_bytes(bytes))),
                external_reference,
                at_ms: row.get(5)?,
            },
            previous: row.get(6)?,
            hash: row.get(7)?,
            body: text(8)?,
        })
    }

    /// Whether the hash is that of the body.
    pub(crate) fn is_intact(&self) -> bool {
        record::hash(&self.previous, self.body.as_bytes()) == self.hash
    }

    /// The record, checked.
    pub(crate) fn read(&self) -> Result<Record> {
        let seq = self.columns.seq;
        let named = |problem: &str| Fault::corrupt(format!("record {seq} of the journal {problem}"));
        if !self.is_intact() {
            return Err(named("was changed after it was written"));
        }
        let record = Record::parse(self.body)?;
        if record.columns() != self.columns {
            return Err(named("is not the one it is filed as"));
        }
        record.content.check()?;
        Ok(record)
    }
}

/// The transaction of a basket.
pub(crate) fn of_basket(connection: &Connection, basket: BasketId) -> Result<Option<Committed>> {
    one(connection, "basket = ?1", [basket.0.as_bytes()])
}

/// The transaction of a receipt number.
pub(crate) fn of_number(connection: &Connection, number: ReceiptNumber) -> Result<Option<Committed>> {
    // Greater ones were never given.
    let Ok(number) = i64::try_from(number) else { return Ok(None) };
    one(connection, "number = ?1", [number])
}

/// The last transaction.
pub(crate) fn last(connection: &Connection) -> Result<Option<Committed>> {
    let number: Option<ReceiptNumber> =
        connection.query_row("SELECT max(number) FROM journal WHERE number IS NOT NULL", [], |row| row.get(0))?;
    number.map_or(Ok(None), |number| of_number(connection, number))
}

fn one(connection: &Connection, condition: &str, key: impl Params) -> Result<Option<Committed>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE {condition}"))?;
    let mut rows = statement.query(key)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    match Stored::of(row)?.read()?.content {
        Content::Transaction(committed) => Ok(Some(*committed)),
        _ => Ok(None),
    }
}

/// A record by its place.
pub(crate) fn at(connection: &Connection, seq: u64) -> Result<Option<Record>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE seq = ?1"))?;
    let mut rows = statement.query([seq])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Stored::of(row)?.read()?))
}

/// Counts of the open shift since something in its till last moved, oldest first.
pub(crate) fn till_counts(connection: &Connection) -> Result<Vec<Committed>> {
    let opened: Option<u64> = connection
        .prepare_cached("SELECT max(seq) FROM journal WHERE number IS NULL AND kind = 'shift-opened'")?
        .query_row([], |row| row.get(0))?;
    let mut counts = connection
        .prepare_cached("SELECT seq, number FROM journal WHERE kind = 'till-count' AND seq > ?1 ORDER BY seq")?
        .query_map([opened.unwrap_or(0)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(u64, ReceiptNumber)>>>()?;
    let Some((first, _)) = counts.first() else { return Ok(Vec::new()) };
    let moved = till_moved_after(connection, *first)?;
    counts.retain(|(seq, _)| moved.is_none_or(|moved| *seq > moved));
    let missing = |number| Fault::corrupt(format!("count {number} is missing"));
    counts.iter().map(|(_, number)| of_number(connection, *number)?.ok_or_else(|| missing(number))).collect()
}

/// The last record after one of them that moved something in the till. From the end backwards: whoever counts has just counted.
fn till_moved_after(connection: &Connection, seq: u64) -> Result<Option<u64>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE seq > ?1 ORDER BY seq DESC"))?;
    let mut rows = statement.query([seq])?;
    while let Some(row) = rows.next()? {
        let record = Stored::of(row)?.read()?;
        if record.content.entries().iter().any(|entry| entry.account.starts_with("till:")) {
            return Ok(Some(record.seq));
        }
    }
    Ok(None)
}

/// Later transactions that took something of a sale back, oldest first.
pub(crate) fn returns_of(connection: &Connection, sale: ReceiptNumber) -> Result<Vec<Arc<Committed>>> {
    let mut statement = connection.prepare_cached("SELECT number FROM return_of WHERE sale = ?1 ORDER BY number")?;
    let numbers = statement.query_map([sale], |row| row.get(0))?.collect::<rusqlite::Result<Vec<ReceiptNumber>>>()?;
    let mut returns = Vec::with_capacity(numbers.len());
    for number in numbers {
        let missing = || Fault::corrupt(format!("receipt {number}, which took something of {sale} back, is missing"));
        returns.push(Arc::new(of_number(connection, number)?.ok_or_else(missing)?));
    }
    Ok(returns)
}

/// The greatest id of a basket that was committed.
pub(crate) fn newest_basket(connection: &Connection) -> Result<Option<BasketId>> {
    let newest: Option<[u8; 16]> =
        connection.query_row("SELECT max(basket) FROM journal WHERE basket IS NOT NULL", [], |row| row.get(0))?;
    Ok(newest.map(|bytes| BasketId(Uuid::from_bytes(bytes))))
}

/// The receipt number of a basket.
pub(crate) fn number_of_basket(connection: &Connection, basket: BasketId) -> Result<Option<ReceiptNumber>> {
    let mut statement = connection.prepare_cached("SELECT number FROM journal WHERE basket = ?1")?;
    Ok(statement.query_row([basket.0.as_bytes()], |row| row.get(0)).optional()?)
}

/// The receipt number of the sale with an external reference.
pub(crate) fn number_of_reference(connection: &Connection, reference: &str) -> Result<Option<ReceiptNumber>> {
    let mut statement = connection.prepare_cached("SELECT number FROM journal WHERE external_reference = ?1")?;
    Ok(statement.query_row([reference], |row| row.get(0)).optional()?)
}

/// Reads the records after one of them, oldest first, each checked.
pub(crate) fn after(connection: &Connection, seq: u64, take: &mut dyn FnMut(&Record) -> Result<()>) -> Result<()> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE seq > ?1 ORDER BY seq"))?;
    let mut rows = statement.query([seq])?;
    while let Some(row) = rows.next()? {
        take(&Stored::of(row)?.read()?)?;
    }
    Ok(())
}

/// Refuses another store or register than the one that wrote the journal: all of it is one chain, and of one.
pub(crate) fn agree_on_owner(connection: &Connection, place: &Place, store: &str, register: &str) -> Result<()> {
    // Damage is told by whoever looks for it.
    let Ok(Some(first)) = at(connection, 1) else { return Ok(()) };
    let kept = first.content.of();
    if kept == (store, register) {
        return Ok(());
    }
    Err(Fault::failed(format!(
        "the journal in {} is of store {}, register {}, not of store {store}, register {register}; they cannot change. Put them \
         back in shop.toml, or use another data folder",
        place.name(),
        kept.0,
        kept.1
    )))
}

/// How many records there are.
pub(crate) fn count(connection: &Connection) -> Result<u64> {
    Ok(connection.query_row("SELECT coalesce(max(seq), 0) FROM journal", [], |row| row.get(0))?)
}

/// Writes the journal as JSON lines, oldest first, the body byte for byte as it was hashed, and a last line that says where
/// it ends; answers how many records there are.
pub(crate) fn export(connection: &Connection, out: &mut dyn Write) -> Result<u64> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM journal ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let (mut records, mut head) = (0, GENESIS);
    while let Some(row) = rows.next()? {
        let Stored { columns, previous, hash, body } = Stored::of(row)?;
        write_line(out, &columns, &previous, &hash, body)?;
        records += 1;
        head = hash;
    }
    writeln!(out, r#"{{"end":{{"records":{records},"head":"{}"}}}}"#, hex::encode(head)).map_err(write_failed)?;
    out.flush().map_err(write_failed)?;
    Ok(records)
}

/// The records after one of them, as they are exported.
pub(crate) fn lines_after(connection: &Connection, seq: u64) -> Result<Vec<u8>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE seq > ?1 ORDER BY seq"))?;
    let mut rows = statement.query([seq])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let Stored { columns, previous, hash, body } = Stored::of(row)?;
        write_line(&mut lines, &columns, &previous, &hash, body)?;
    }
    Ok(lines)
}

/// Writes a record as it is exported.
pub(crate) fn write_line(
    out: &mut dyn Write,
    columns: &Columns<'_>,
    previous: &Hash,
    hash: &Hash,
    body: &str,
) -> Result<()> {
    let Columns { seq, kind, number, .. } = columns;
    let kind = serde_json::to_string(kind).map_err(|error| Fault::corrupt(error.to_string()))?;
    let number = number.map_or_else(|| "null".to_owned(), |number| number.to_string());
    writeln!(
        out,
        r#"{{"seq":{seq},"kind":{kind},"number":{number},"hash":"{}","previous":"{}","body":{body}}}"#,
        hex::encode(hash),
        hex::encode(previous),
    )
    .map_err(write_failed)
}

fn write_failed(error: std::io::Error) -> Fault {
    Fault::failed(format!("the export could not be written: {error}"))
}

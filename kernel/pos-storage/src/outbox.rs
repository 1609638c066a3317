//! The outbox is the journal itself: each consumer has a place in it, and what it did not take yet waits by itself.
//!
//! So a record is in the outbox exactly if it is committed, at no cost of its own. The place of a consumer and what waits
//! for it are written together, after it has taken a batch: after a crash it may be handed some of it again.

use crate::error::{Fault, Result};
use crate::journal::{COLUMNS, Stored};
use crate::record::Columns;
use pos_api::port::{Delivery, Settled, Waiting};
use rusqlite::{Connection, OptionalExtension, params};

/// The record up to which a consumer has been served; a new one begins with the first.
pub(crate) fn through(connection: &Connection, consumer: &str) -> Result<u64> {
    let mut statement = connection.prepare_cached("SELECT through FROM outbox_consumer WHERE consumer = ?1")?;
    Ok(statement.query_row([consumer], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// The records after one of them, oldest first, as they are exported.
pub(crate) fn after(connection: &Connection, seq: u64, limit: u32) -> Result<Vec<Delivery>> {
    let sql = format!("SELECT {COLUMNS} FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![seq, limit])?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        deliveries.push(delivery(&Stored::of(row)?)?);
    }
    Ok(deliveries)
}

/// A record.
pub(crate) fn record(connection: &Connection, seq: u64) -> Result<Option<Delivery>> {
    Ok(after(connection, seq.saturating_sub(1), 1)?.into_iter().find(|delivery| delivery.seq == seq))
}

fn delivery(stored: &Stored<'_>) -> Result<Delivery> {
    let Stored { columns: Columns { seq, kind, number, .. }, previous, hash, body } = stored;
    if !stored.is_intact() {
        return Err(Fault::corrupt(format!("record {seq} of the journal was changed after it was written")));
    }
    Ok(Delivery {
        seq: *seq,
        kind: (*kind).to_owned(),
        number: *number,
        hash: hex::encode(hash),
        previous: hex::encode(previous),
        body: (*body).to_owned(),
    })
}

/// What a consumer did not take yet, oldest first.
pub(crate) fn waiting(connection: &Connection, consumer: &str) -> Result<Vec<Waiting>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, key, attempts, next_at_ms, dead, problem FROM outbox_waiting WHERE consumer = ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([consumer], |row| {
        Ok(Waiting {
            seq: row.get(0)?,
            key: row.get(1)?,
            attempts: row.get(2)?,
            next_at_ms: row.get(3)?,
            dead: row.get(4)?,
            problem: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every consumer that was ever served.
pub(crate) fn consumers(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT consumer FROM outbox_consumer ORDER BY consumer")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes down what became of a batch.
pub(crate) fn settle(connection: &Connection, consumer: &str, settled: &Settled) -> Result<()> {
    let Settled { through, taken, waits } = settled;
    connection
        .prepare_cached(
            "INSERT INTO outbox_consumer (consumer, through) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET through = max(through, excluded.through)",
        )?
        .execute(params![consumer, through])?;
    for seq in taken {
        connection
            .prepare_cached("DELETE FROM outbox_waiting WHERE consumer = ?1 AND seq = ?2")?
            .execute(params![consumer, seq])?;
    }
    for Waiting { seq, key, attempts, next_at_ms, dead, problem } in waits {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO outbox_waiting (consumer, seq, key, attempts, next_at_ms, dead, problem)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![consumer, seq, key, attempts, next_at_ms, dead, problem])?;
    }
    Ok(())
}

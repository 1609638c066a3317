//! People who log on, and what is on record of them.

use crate::error::{Fault, Result};
use crate::record::{self, Content, Record};
use pos_api::port::StoreError;
use pos_domain::people::{Audit, Person};
use pos_domain::transaction::Committed;
use rusqlite::{Connection, params};

/// Everybody by id.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Person>> {
    let mut rows = connection.prepare_cached(
        "SELECT id, name, role, active, pin, badge, wrong_pins, locked_until_ms FROM person ORDER BY id",
    )?;
    let people = rows.query_map([], |row| {
        Ok(Person {
            id: row.get(0)?,
            name: row.get(1)?,
            role: row.get(2)?,
            active: row.get(3)?,
            pin: row.get(4)?,
            badge: row.get(5)?,
            wrong_pins: row.get(6)?,
            locked_until_ms: row.get(7)?,
        })
    })?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

/// Adds a person, or replaces what is known of them.
pub(crate) fn put(connection: &Connection, person: &Person) -> Result<()> {
    let Person { id, name, role, active, pin, badge, wrong_pins, locked_until_ms } = person;
    let stored = connection
        .prepare_cached(
            "INSERT INTO person (id, name, role, active, pin, badge, wrong_pins, locked_until_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, active = excluded.active,
                 pin = excluded.pin, badge = excluded.badge, wrong_pins = excluded.wrong_pins,
                 locked_until_ms = excluded.locked_until_ms",
        )?
        .execute(params![id, name, role, active, pin, badge, wrong_pins, locked_until_ms]);
    match stored {
        Ok(_) => Ok(()),
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::ConstraintViolation => {
            Err(StoreError::PersonTaken.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What is on record from one time to another, oldest first.
pub(crate) fn audited(connection: &Connection, from_ms: i64, to_ms: i64) -> Result<Vec<Audit>> {
    let mut rows = connection.prepare_cached(
        "SELECT body FROM journal WHERE number IS NULL AND kind = ?1 AND at_ms >= ?2 AND at_ms < ?3 ORDER BY seq",
    )?;
    let mut found = Vec::new();
    let mut rows = rows.query(params![record::AUDIT, from_ms, to_ms])?;
    while let Some(row) = rows.next()? {
        let body: String = row.get(0)?;
        match Record::parse(&body)?.content {
            Content::Audit(audit) => found.push(*audit),
            _ => return Err(Fault::corrupt("a record of the audit is none")),
        }
    }
    Ok(found)
}

/// Transactions completed from one time to another, oldest first.
pub(crate) fn transactions(
    connection: &Connection,
    from_ms: i64,
    to_ms: i64,
    each: &mut dyn FnMut(&Committed),
) -> Result<()> {
    // Shifts are few, and say where to begin and where to end. Their own clock may have been wrong: it begins with the shift
    // before the first that says it is later, ends behind the last that says it is earlier, and the open one has no end.
    let boundary = |query: &str, at_ms: i64| -> Result<Option<u64>> {
        Ok(connection.prepare_cached(query)?.query_row([at_ms], |row| row.get(0))?)
    };
    let from = boundary(
        "SELECT max(seq) FROM journal WHERE number IS NULL AND kind = 'shift-opened' AND seq < coalesce(
            (SELECT min(seq) FROM journal
             WHERE number IS NULL AND kind IN ('shift-opened', 'shift-closed') AND at_ms > ?1), 9223372036854775807)",
        from_ms,
    )?;
    let to = boundary(
        "SELECT min(seq) FROM journal WHERE number IS NULL AND kind = 'shift-opened' AND seq > coalesce(
            (SELECT max(seq) FROM journal
             WHERE number IS NULL AND kind IN ('shift-opened', 'shift-closed') AND at_ms < ?1), 0)
         AND seq < (SELECT max(seq) FROM journal WHERE number IS NULL AND kind = 'shift-closed')",
        to_ms,
    )?;
    let (from, to) = (from.unwrap_or(0), to.unwrap_or(i64::MAX as u64));
    let mut rows = connection.prepare_cached(
        "SELECT body FROM journal WHERE seq >= ?1 AND seq < ?2 AND number IS NOT NULL AND at_ms >= ?3 AND at_ms < ?4
         ORDER BY seq",
    )?;
    let mut rows = rows.query(params![from, to, from_ms, to_ms])?;
    while let Some(row) = rows.next()? {
        let body: String = row.get(0)?;
        if let Content::Transaction(committed) = Record::parse(&body)?.content {
            each(&committed);
        }
    }
    Ok(())
}

//! Lots of points: written with each commit, since the next one asks for them, and derived from the journal.
//!
//! Invariant: a customer's lots add up to the balance of their account, and no lot but [`NO_LOT`] is below zero.

use crate::error::{Fault, Result};
use jiff::civil::Date;
use pos_api::port::StoreError;
use pos_domain::ids::ReceiptNumber;
use pos_domain::lots::{Lot, LotMove, NO_LOT};
use pos_domain::money::MoneyError;
use pos_domain::transaction::{CUSTOMERS_POINTS, Transaction};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A lot: whose, which, and its last day (empty: none).
pub(crate) type Key = (Arc<str>, ReceiptNumber, String);
/// Its first day (empty: none), and what is left of it.
pub(crate) type Left = (String, i64);

fn text(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// What a transaction changes. One from before there were lots changes what has no lot.
fn changes(number: ReceiptNumber, transaction: &Transaction) -> Result<Vec<(Key, Left)>> {
    if transaction.lots.is_empty() {
        let of_customers = transaction.entries.iter();
        let of_customers =
            of_customers.filter(|entry| entry.unit.is_some() && entry.account.contains(CUSTOMERS_POINTS));
        return of_customers
            .map(|entry| {
                let points = entry.credit.minus(entry.debit)?.minor();
                Ok(((entry.account.clone(), NO_LOT, String::new()), (String::new(), points)))
            })
            .collect();
    }
    let change = |moved: &LotMove| {
        let LotMove { account, lot, from, until, points, .. } = moved;
        ((account.clone(), lot.unwrap_or(number), text(*until)), (text(*from), *points))
    };
    Ok(transaction.lots.iter().map(change).collect())
}

/// Writes what a transaction changes; refused where a lot would have to give more than it has.
pub(crate) fn post(connection: &Connection, number: ReceiptNumber, transaction: &Transaction) -> Result<()> {
    for ((account, lot, until), (from, points)) in changes(number, transaction)? {
        let left: i64 = connection
            .prepare_cached(
                "INSERT INTO points_lot (account, lot, until, since, points) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET points = points + excluded.points RETURNING points",
            )?
            .query_row(params![account, lot, until, from, points], |row| row.get(0))?;
        if left < 0 && lot != NO_LOT {
            let available = left - points;
            return Err(StoreError::RunsOut { account, available }.into());
        }
        if left == 0 {
            connection
                .prepare_cached("DELETE FROM points_lot WHERE account = ?1 AND lot = ?2 AND until = ?3")?
                .execute(params![account, lot, until])?;
        }
    }
    Ok(())
}

/// Adds what a transaction changes to what the journal adds up to.
pub(crate) fn follow(lots: &mut BTreeMap<Key, Left>, number: ReceiptNumber, transaction: &Transaction) -> Result<()> {
    for (key, (from, points)) in changes(number, transaction)? {
        let (_, left) = lots.entry(key.clone()).or_insert((from, 0));
        *left = left.checked_add(points).ok_or(MoneyError::Overflow)?;
        if *left == 0 {
            lots.remove(&key);
        }
    }
    Ok(())
}

/// Every lot.
pub(crate) fn all(connection: &Connection) -> Result<BTreeMap<Key, Left>> {
    let mut statement = connection.prepare("SELECT account, lot, until, since, points FROM points_lot")?;
    let rows =
        statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), (row.get(3)?, row.get(4)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The lots of a customer.
pub(crate) fn of(connection: &Connection, account: &str) -> Result<Vec<Lot>> {
    let date = |text: String| match text.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Fault::corrupt(format!("a lot of {account} has the day {text}"))),
    };
    let mut statement =
        connection.prepare_cached("SELECT lot, since, until, points FROM points_lot WHERE account = ?1")?;
    let mut rows = statement.query([account])?;
    let mut lots = Vec::new();
    while let Some(row) = rows.next()? {
        let (number, from, until, points) = (row.get(0)?, date(row.get(1)?)?, date(row.get(2)?)?, row.get(3)?);
        lots.push(Lot { number, from, until, points });
    }
    Ok(lots)
}

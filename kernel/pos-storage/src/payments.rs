//! Payments that were followed after their basket was closed, as they stand.

use crate::error::{Fault, Result};
use crate::journal;
use pos_domain::payment::{Payment, PaymentId};
use pos_domain::transaction::{Transaction, TransactionKind};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Payments of a transaction that are followed from there on, or were before.
fn followed(transaction: &Transaction) -> impl Iterator<Item = &Payment> {
    let all = transaction.kind == TransactionKind::Payment;
    transaction.payments.iter().filter(move |payment| all || payment.is_open())
}

/// What a transaction says of followed payments, in the order of the journal.
pub(crate) fn follow(known: &mut BTreeMap<PaymentId, Payment>, transaction: &Transaction) {
    known.extend(followed(transaction).map(|payment| (payment.intent.id, payment.clone())));
}

/// The same in the database.
pub(crate) fn post(connection: &Connection, transaction: &Transaction) -> Result<()> {
    for payment in followed(transaction) {
        let body = serde_json::to_string(payment).map_err(|error| Fault::failed(error.to_string()))?;
        connection
            .prepare_cached(
                "INSERT INTO payment (payment, open, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET open = excluded.open, body = excluded.body",
            )?
            .execute(params![payment.intent.id.to_string(), payment.is_open(), body])?;
    }
    Ok(())
}

/// Those that are open, oldest first.
pub(crate) fn open(connection: &Connection) -> Result<Vec<Payment>> {
    read(connection, "WHERE open = 1")
}

/// All of them.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Payment>> {
    read(connection, "")
}

fn read(connection: &Connection, condition: &str) -> Result<Vec<Payment>> {
    let mut statement = connection.prepare_cached(&format!("SELECT body FROM payment {condition} ORDER BY payment"))?;
    let bodies = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    bodies.iter().map(|body| parse(body)).collect()
}

fn parse(body: &str) -> Result<Payment> {
    serde_json::from_str(body).map_err(|error| Fault::corrupt(format!("a payment cannot be read: {error}")))
}

/// A payment of a closed basket, as it stands.
pub(crate) fn find(connection: &Connection, id: PaymentId) -> Result<Option<Payment>> {
    let mut statement = connection.prepare_cached("SELECT body FROM payment WHERE payment = ?1")?;
    let body: Option<String> = statement.query_row([id.to_string()], |row| row.get(0)).optional()?;
    if let Some(body) = body {
        return parse(&body).map(Some);
    }
    let committed = journal::of_basket(connection, id.basket)?;
    let payments = committed.map(|committed| committed.transaction.payments).unwrap_or_default();
    Ok(payments.into_iter().find(|payment| payment.intent.id == id))
}

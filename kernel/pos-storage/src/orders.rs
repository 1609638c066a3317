//! Orders of customers: which are open, and which transactions name them.

use crate::error::{Fault, Result};
use crate::journal;
use pos_domain::ids::ReceiptNumber;
use pos_domain::transaction::{Committed, Transaction, TransactionKind};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the journal says of orders.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Whether each is open.
    open: BTreeMap<ReceiptNumber, bool>,
    /// Order and transaction that names it.
    named: BTreeSet<(ReceiptNumber, ReceiptNumber)>,
}

/// Orders that a transaction names.
fn named(transaction: &Transaction) -> BTreeSet<ReceiptNumber> {
    let lines = transaction.lines.iter().filter(|line| !line.voided);
    let ordered = lines.filter_map(|line| line.ordered).map(|ordered| ordered.number);
    ordered.chain(transaction.closes_orders.iter().copied()).collect()
}

impl Orders {
    /// Takes a transaction into account, in the order of the journal.
    pub(crate) fn follow(&mut self, number: ReceiptNumber, transaction: &Transaction) {
        if transaction.kind == TransactionKind::Cancelled {
            return;
        }
        if transaction.order.is_some() {
            self.open.insert(number, true);
        }
        for closed in &transaction.closes_orders {
            self.open.insert(*closed, false);
        }
        self.named.extend(named(transaction).into_iter().map(|order| (order, number)));
    }

    /// What is stored.
    pub(crate) fn stored(connection: &Connection) -> Result<Orders> {
        let open = connection
            .prepare("SELECT number, open FROM customer_order")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let named = connection
            .prepare("SELECT customer_order, number FROM order_of")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Orders { open, named })
    }

    /// Both as maps, for comparing.
    pub(crate) fn apart(self) -> (BTreeMap<ReceiptNumber, bool>, BTreeMap<(ReceiptNumber, ReceiptNumber), ()>) {
        (self.open, self.named.into_iter().map(|pair| (pair, ())).collect())
    }
}

/// The same in the database.
pub(crate) fn post(connection: &Connection, number: ReceiptNumber, transaction: &Transaction) -> Result<()> {
    if transaction.kind == TransactionKind::Cancelled {
        return Ok(());
    }
    if transaction.order.is_some() {
        connection.prepare_cached("INSERT INTO customer_order (number, open) VALUES (?1, 1)")?.execute([number])?;
    }
    for closed in &transaction.closes_orders {
        connection.prepare_cached("UPDATE customer_order SET open = 0 WHERE number = ?1")?.execute([closed])?;
    }
    for order in named(transaction) {
        connection
            .prepare_cached("INSERT INTO order_of (customer_order, number) VALUES (?1, ?2)")?
            .execute(params![order, number])?;
    }
    Ok(())
}

/// Numbers of open orders, oldest first.
pub(crate) fn open(connection: &Connection) -> Result<Vec<ReceiptNumber>> {
    let mut statement =
        connection.prepare_cached("SELECT number FROM customer_order WHERE open = 1 ORDER BY number")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Transactions that name an order, oldest first.
pub(crate) fn naming(connection: &Connection, order: ReceiptNumber) -> Result<Vec<Arc<Committed>>> {
    let mut statement =
        connection.prepare_cached("SELECT number FROM order_of WHERE customer_order = ?1 ORDER BY number")?;
    let numbers = statement.query_map([order], |row| row.get(0))?.collect::<rusqlite::Result<Vec<ReceiptNumber>>>()?;
    let missing = |number| Fault::corrupt(format!("receipt {number}, which names order {order}, is missing"));
    let one =
        |number: ReceiptNumber| Ok(Arc::new(journal::of_number(connection, number)?.ok_or_else(|| missing(number))?));
    numbers.into_iter().map(one).collect()
}

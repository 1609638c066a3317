//! A long life at once: days of sales written through the way every sale takes, many in one transaction and without its
//! fsync. For benches that need a large file; nothing that is sold is written like this.

use crate::anchor;
use crate::append::{self, Appended, Canonical, Commit, Head, Held};
use crate::catalogue;
use crate::connection::{self, Place};
use crate::error::{Fault, Result};
use crate::record::{self, ShiftOpened};
use crate::sums::{self, Sums};
use crossbeam_channel::bounded;
use pos_api::port::{OpenShift, StoreError};
use pos_domain::catalogue::Item;
use pos_domain::ids::BasketId;
use pos_domain::money::Money;
use pos_domain::shift::{Books, Closing};
use pos_domain::tender::TenderKind;
use pos_domain::till::TenderCount;
use pos_domain::transaction::Transaction;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

/// Days that are ready to be written and wait.
const DAYS_AHEAD: usize = 4;

/// One shift.
pub struct Day {
    /// As it opens.
    pub open: OpenShift,
    /// What is sold, all of it for cash.
    pub sales: Vec<Transaction>,
    /// Whether it is closed, counted to the cent.
    pub closes: bool,
}

/// The id of a basket that opened at a moment: later ones are greater, as those of a shop are.
pub fn basket_id(unix_ms: i64, count: u64) -> BasketId {
    let random = count.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random);
    bytes[8..].copy_from_slice(&random[..2]);
    BasketId(uuid::Builder::from_unix_timestamp_millis(unix_ms.unsigned_abs(), &bytes).into_uuid())
}

/// Writes days behind those of a file that a store has made and closed; `each` hears of every day how many sales there are.
pub fn live(
    path: &Path,
    books: &Books,
    days: impl Iterator<Item = Day> + Send,
    each: &mut dyn FnMut(u64),
) -> Result<(), StoreError> {
    let place = Place::at(path);
    let mut connection = open(&place)?;
    let key = anchor::signing_key(&place)?;
    let mut head = Head::load(&connection)?;
    let sums = sums::Shared::default();
    *sums.lock() = Sums::behind(&connection)?;
    let (send, days_made) = bounded(DAYS_AHEAD);
    std::thread::scope(|scope| {
        // The other processor writes records down meanwhile, as the caller's thread does for a sale.
        scope.spawn(move || days.map(written).try_for_each(|day| send.send(day).map_err(drop)));
        let mut sold = 0;
        for (day, commits) in days_made {
            let Day { open, sales: _, closes } = day;
            let transaction = connection.transaction()?;
            let opened = ShiftOpened::new(&open, books)?;
            append::append_shift(&transaction, &mut head, &opened)?;
            sums.lock().add_entries_of(head.seq, &opened.entries);
            let held = Held::new(&sums);
            let mut cash = open.float;
            for commit in commits {
                let Appended::Now(now, _) = append::append(&transaction, head, &held, &commit)? else {
                    return Err(Fault::failed("two baskets have one id"));
                };
                head = now;
                sums.lock().add(head.seq, head.number, &commit.transaction);
                cash = cash.plus(commit.transaction.total)?;
                sold += 1;
            }
            let mut sums = sums.lock();
            sums.write(&transaction)?;
            sums.written();
            if closes {
                let closing = closing(&open, books, cash);
                let (now, closed) = append::close(&transaction, head, &closing, &key)?;
                head = now;
                sums.add_entries_of(head.seq - 1, &closed.closed.entries);
                sums.add_entries_of(head.seq, &[]);
                sums.write(&transaction)?;
                sums.written();
            }
            transaction.commit()?;
            each(sold);
        }
        Ok(())
    })?;
    Ok(close(connection)?)
}

/// Stores articles, many in one transaction.
pub fn stock_up(path: &Path, items: &mut dyn Iterator<Item = Vec<Item>>) -> Result<(), StoreError> {
    let mut connection = open(&Place::at(path))?;
    for some in items {
        let transaction = connection.transaction().map_err(Fault::from)?;
        catalogue::upsert(&transaction, &some)?;
        transaction.commit().map_err(Fault::from)?;
    }
    Ok(close(connection)?)
}

/// A connection that trusts the machine not to fail.
fn open(place: &Place) -> Result<Connection> {
    let connection = place.open_again()?;
    connection::switch_journal(&connection, "MEMORY")?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;")?;
    Ok(connection)
}

fn close(connection: Connection) -> Result<()> {
    connection::switch_journal(&connection, "WAL")?;
    Ok(connection.close().map_err(|(_, error)| error)?)
}

/// A day, and its sales on their way into the journal.
fn written(mut day: Day) -> (Day, Vec<Commit>) {
    let commit = |transaction: Transaction| {
        let (made, making) = bounded(1);
        // There is room for one.
        made.send(record::canonical_transaction(&transaction)).ok();
        let (transaction, canonical) = (Arc::new(transaction), Canonical::new(making));
        Commit { transaction, canonical, open_shift: None, floors: Vec::new() }
    };
    let commits = std::mem::take(&mut day.sales).into_iter().map(commit).collect();
    (day, commits)
}

fn closing(open: &OpenShift, books: &Books, cash: Money) -> Closing {
    Closing {
        shift: open.shift,
        books: books.clone(),
        at: open.opened_at,
        cashier: open.cashier.clone(),
        reason: "".into(),
        counts: Vec::new(),
        count: vec![TenderCount { tender: TenderKind::Cash, currency: None, amount: cash, pieces: Vec::new() }],
        hands_over: false,
    }
}

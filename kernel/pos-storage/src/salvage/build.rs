//! A new database of records as they were, and of everything that follows from them.

use super::chain::{Candidate, Gathered};
use crate::append::{self, Head};
use crate::basket_events::{self, QueuedEvent};
use crate::catalogue;
use crate::connection::Place;
use crate::error::{Fault, Result};
use crate::people;
use crate::record::{Content, Record};
use crate::schema;
use crate::sums::Sums;
use pos_api::port::StoreError;
use pos_domain::catalogue::Item;
use pos_domain::ids::BasketId;
use pos_domain::money::Currency;
use pos_domain::people::{Audit, Person};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use uuid::Uuid;

/// Records, or articles, in one transaction.
const BATCH: usize = 2_000;

/// A database that is built. Nobody knows of it before it is whole, so nothing in it needs to survive a power cut.
pub(super) struct Building {
    place: Place,
    connection: Connection,
}

impl Building {
    /// An empty one.
    pub(super) fn begin(place: Place, currency: Currency) -> Result<Building> {
        let mut connection = place.create_or_open()?;
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")?;
        schema::migrate(&mut connection, schema::STEPS)?;
        schema::agree_on_currency(&connection, &place, currency)?;
        Ok(Building { place, connection })
    }

    /// Appends records as they were. `progress` hears how many.
    pub(super) fn append(
        &mut self,
        chain: &[Candidate],
        gathered: &mut Gathered,
        progress: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let mut sums = Sums::behind(&self.connection)?;
        for batch in chain.chunks(BATCH) {
            let snapshot = self.connection.unchecked_transaction()?;
            for candidate in batch {
                let body = gathered.body(candidate)?;
                let record = Record::parse(&body)?;
                if let Content::ShiftClosed(_) = &record.content {
                    // The stored totals of a shift are written while it is open.
                    sums.write(&snapshot)?;
                    sums.written();
                }
                append::append_again(&snapshot, &record, candidate.previous, &body)?;
                sums.add_content(record.seq, &record.content);
            }
            if sums.are_behind() {
                sums.write(&snapshot)?;
                sums.written();
            }
            snapshot.commit()?;
            progress(batch.last().map_or(0, |last| last.seq));
        }
        Ok(())
    }

    /// Says in the journal that records are missing, and after which number receipts go on.
    pub(super) fn say(&mut self, audit: &Audit) -> Result<()> {
        let head = Head::load(&self.connection)?;
        append::append_audit(&self.connection, head, audit)?;
        let mut sums = Sums::behind(&self.connection)?;
        // Nothing is added; they stand up to this record now.
        sums.write(&self.connection)?;
        sums.written();
        Ok(())
    }

    /// Stores articles.
    pub(super) fn stock_up(&mut self, items: &[Arc<Item>]) -> Result<()> {
        for batch in items.chunks(BATCH) {
            let snapshot = self.connection.unchecked_transaction()?;
            let batch: Vec<Item> = batch.iter().map(|item| Item::clone(item)).collect();
            catalogue::upsert(&snapshot, &batch)?;
            snapshot.commit()?;
        }
        Ok(())
    }

    /// Stores people; answers those whose name or badge is another person's by now.
    pub(super) fn let_in(&mut self, people: impl Iterator<Item = Person>) -> Result<Vec<String>> {
        let mut left_out = Vec::new();
        for person in people {
            match people::put(&self.connection, &person) {
                Err(Fault::Store(StoreError::PersonTaken)) => left_out.push(person.id.to_string()),
                stored => stored?,
            }
        }
        Ok(left_out)
    }

    /// Stores an open basket.
    pub(super) fn keep_basket(&mut self, basket: [u8; 16], events: &BTreeMap<u32, (u16, String)>) -> Result<()> {
        let basket = BasketId(Uuid::from_bytes(basket));
        let event = |(sequence, (_, body)): (&u32, &(u16, String))| QueuedEvent {
            basket,
            sequence: *sequence,
            body: body.clone(),
        };
        let events: Vec<QueuedEvent> = events.iter().map(event).collect();
        basket_events::insert(&self.connection, &events)
    }

    /// Goes on counting the copies of receipts.
    pub(super) fn count_copies(&mut self, copies: &BTreeMap<u64, u32>) -> Result<()> {
        for (number, count) in copies {
            let known = "INSERT INTO receipt_copy (number, count) SELECT number, ?2 FROM journal WHERE number = ?1";
            self.connection.execute(known, params![number, count])?;
        }
        Ok(())
    }

    /// Puts it on the disk.
    pub(super) fn finish(self) -> Result<()> {
        self.connection.close().map_err(|(_, error)| error)?;
        Ok(File::open(&self.place.path)?.sync_all()?)
    }
}

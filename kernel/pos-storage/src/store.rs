//! [`SqliteStore`]: the port's implementation. It hands writes to the writer's thread and reads by itself.

use crate::anchor;
use crate::append::{Canonical, Commit};
use crate::balances;
use crate::basket_events::{self, QueuedEvent};
use crate::catalogue;
use crate::connection::{self, Place};
use crate::emergency;
use crate::error::{Fault, Result};
use crate::handover;
use crate::journal;
use crate::log;
use crate::lots;
use crate::orders;
use crate::outbox;
use crate::payments;
use crate::people;
use crate::period;
use crate::record::{self, ShiftOpened};
use crate::reserve::Reserve;
use crate::sabotage::Sabotage;
use crate::schema;
use crate::shift;
use crate::sums::Sums;
use crate::update;
use crate::verify;
use crate::writer::{Answer, Job, Progress, State, Writer};
use crossbeam_channel::{Sender, bounded};
use pos_api::port::{
    ClosedShift, CommitRequest, Delivery, Handover, OpenShift, Outbox, Restored, Scope, Settled, Store, StoreError,
    TrialBalance, Verification, Waiting,
};
use pos_domain::basket::Event;
use pos_domain::catalogue::Item;
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::lots::Lot;
use pos_domain::money::{Currency, Money, Quantity, Unit};
use pos_domain::offer_use::Used;
use pos_domain::payment::{Payment, PaymentId};
use pos_domain::people::{Audit, Person};
use pos_domain::period::{Period, PeriodClosed, PeriodClosing};
use pos_domain::report::ShiftTotals;
use pos_domain::shift::{Books, Closing};
use pos_domain::stock::Level;
use pos_domain::transaction::Committed;
use rusqlite::Connection;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Connections that read: the kernel's, a screen's, and one to spare.
const READERS: usize = 3;
/// Jobs that may wait for the writer; a caller beyond that waits with them.
const JOBS_QUEUED_MAX: usize = 1024;

/// So long a commit is waited for awake; a slower disk is waited for asleep.
const AWAKE_MAX: Duration = Duration::from_millis(2);

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Basket events become durable within this time, many in one transaction.
    pub event_batch_ms: u64,
    /// The one currency of the books. A file keeps the one it was made with and refuses another.
    pub currency: Currency,
    /// Store and register: whose journal it is. One of another is refused; none: whoever's it is.
    pub of: Option<(Arc<str>, Arc<str>)>,
    /// The SQLite file system to use instead of the platform's: for tests and benches.
    pub vfs: Option<String>,
    /// Pages the log may grow by before it is moved into the database whoever waits.
    pub log_pages_max: u64,
    /// Bytes kept beside the database for the day the disk is full; 0: none.
    pub reserve_bytes: u64,
    /// The file that sales go into when the disk fails: on another disk.
    pub emergency: Option<PathBuf>,
    /// A fault built in on purpose, for a laboratory that must find it.
    pub sabotage: Option<Sabotage>,
}

impl StoreOptions {
    /// The usual options for books in a currency.
    pub fn new(currency: Currency) -> StoreOptions {
        StoreOptions {
            event_batch_ms: 100,
            currency,
            of: None,
            vfs: None,
            log_pages_max: log::PAGES_HARD,
            reserve_bytes: 0,
            emergency: None,
            sabotage: None,
        }
    }
}

/// Bytes on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSizes {
    /// The database.
    pub database_bytes: u64,
    /// The write-ahead log beside it.
    pub log_bytes: u64,
}

/// A register's journal, catalogue and open baskets in one SQLite file.
///
/// One process at a time: whoever opens the data folder locks it first. Dropping the store writes what is queued and
/// empties the log.
pub struct SqliteStore {
    place: Place,
    readers: Vec<Mutex<Connection>>,
    /// None only while dropping.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    state: Arc<State>,
    no_second_disk: Option<String>,
}

impl SqliteStore {
    /// Opens the file, making or migrating it as needed. What a crash left in the log is durable when this returns.
    pub fn open(path: &Path, options: StoreOptions) -> Result<SqliteStore, StoreError> {
        connection::assert_sqlite_version()?;
        let StoreOptions { event_batch_ms, currency, of, vfs, log_pages_max, reserve_bytes, emergency, sabotage } =
            options;
        let place = Place { path: path.to_owned(), vfs, sabotage };
        let writable = place.create_or_open()?;
        // SQLite moves and deletes a log with its last connection: not that of a file that is refused.
        connection::keep_log_on_close(&writable, true)?;
        schema::check(&writable, &place, schema::STEPS)?;
        log::check(&writable, &place)?;
        connection::keep_log_on_close(&writable, false)?;
        log::write_again(&writable)?;
        let mut writable = update::prepare(writable, &place, schema::STEPS)?;
        connection::make_durable(&writable, &place)?;
        // Nothing is written behind the parts of a commit that a power cut left.
        log::checkpoint_fully(&writable)?;
        schema::migrate(&mut writable, schema::STEPS)?;
        schema::agree_on_currency(&writable, &place, currency)?;
        if let Some((store, register)) = &of {
            journal::agree_on_owner(&writable, &place, store, register)?;
        }
        emergency::take_in(&writable, &place, emergency.as_deref())?;
        let state = Arc::new(State::default());
        let batch_every = Duration::from_millis(event_batch_ms);
        let reserve = Reserve::new(&place, reserve_bytes);
        let mut writer = Writer::new(place.clone(), writable, batch_every, log_pages_max, reserve, state.clone())?;
        let no_second_disk = emergency.and_then(|path| {
            let error = StoreError::from(writer.arm(&path).err()?);
            Some(format!(
                "The emergency journal {} cannot be used: {error}. Should the disk fail, sales stop.",
                path.display()
            ))
        });
        let readers = (0..READERS).map(|_| Ok(Mutex::new(place.open_readable()?))).collect::<Result<_>>()?;

        let (jobs, queue) = bounded(JOBS_QUEUED_MAX);
        let thread = std::thread::Builder::new()
            .name("storage-writer".into())
            .spawn(move || writer.run(&queue))
            .map_err(|error| Fault::failed(format!("the storage could not start: {error}")))?;
        Ok(SqliteStore { place, readers, jobs: Some(jobs), thread: Some(thread), state, no_second_disk })
    }

    /// Why sales could not go to the second disk if this one failed now, where they should.
    pub fn no_second_disk(&self) -> Option<&str> {
        self.no_second_disk.as_deref()
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// Writes the journal as JSON lines, oldest record first, and answers how many. Each line is
    /// `{"seq":…,"kind":…,"number":…,"hash":"hex","previous":"hex","body":{…}}`; the bytes of `body` are those that
    /// were hashed ([`crate::hash`]). A last line, `{"end":{"records":…,"head":"hex"}}`, says that nothing was cut off.
    pub fn export_journal(&self, out: &mut dyn Write) -> Result<u64, StoreError> {
        self.settled()?;
        Ok(journal::export(&self.place.open_readable()?, out)?)
    }

    /// Records in the journal.
    pub fn journal_records(&self) -> Result<u64, StoreError> {
        self.read_settled(journal::count)
    }

    /// On hand of an article, once for each unit it moved in; nothing if it never moved.
    pub fn stock_level(&self, item: &str) -> Result<Vec<Quantity>, StoreError> {
        self.read_sums(|connection| balances::stock_level(connection, item))
    }

    /// Articles in the catalogue.
    pub fn item_count(&self) -> Result<u64, StoreError> {
        self.read(catalogue::count)
    }

    /// Articles by id, after one of them: `items_page(None, 100)`, then with the last id of the page before.
    pub fn items_page(&self, after: Option<&str>, limit: u32) -> Result<Vec<Arc<Item>>, StoreError> {
        self.read(|connection| catalogue::page(connection, after, limit))
    }

    /// Root departments by name.
    pub fn departments(&self) -> Result<Vec<Arc<str>>, StoreError> {
        self.read(catalogue::departments)
    }

    /// Articles of a root department by name.
    pub fn items_in_department(&self, department: &str, limit: u32) -> Result<Vec<Arc<Item>>, StoreError> {
        self.read(|connection| catalogue::in_department(connection, department, limit))
    }

    /// Bytes on the disk.
    pub fn file_sizes(&self) -> FileSizes {
        FileSizes {
            database_bytes: connection::file_size(&self.place.path),
            log_bytes: connection::file_size(&self.place.wal_path()),
        }
    }

    /// Reads with a connection that is free, or waits for one.
    fn read<T>(&self, look: impl FnOnce(&Connection) -> Result<T>) -> Result<T, StoreError> {
        let free = self.readers.iter().find_map(|reader| match reader.try_lock() {
            Ok(connection) => Some(connection),
            // A reader that panicked left nothing half-done: it only reads.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        let connection = match free {
            Some(connection) => connection,
            None => self.readers[0].lock().unwrap_or_else(PoisonError::into_inner),
        };
        Ok(look(&connection)?)
    }

    /// Reads what a failed COMMIT might have touched: only once it is settled what is durable.
    fn read_settled<T>(&self, look: impl FnOnce(&Connection) -> Result<T>) -> Result<T, StoreError> {
        self.settled()?;
        self.read(look)
    }

    fn settled(&self) -> Result<(), StoreError> {
        if self.is_on_second_disk() {
            // As it was when its disk failed; what came since is on the other one.
            return Ok(());
        }
        if self.state.in_doubt.load(Ordering::SeqCst) { self.flush() } else { Ok(()) }
    }

    /// Reads sums, brought level with the journal first.
    fn read_sums<T>(&self, look: impl FnOnce(&Connection) -> Result<T>) -> Result<T, StoreError> {
        self.settled()?;
        let is_behind = self.state.sums.lock().are_behind();
        if is_behind {
            self.ask(Job::WriteSums)?;
        }
        self.read(look)
    }

    /// Reads stored sums together with what they lack.
    fn read_with_sums<T>(&self, look: impl FnOnce(&Connection, &Sums) -> Result<T>) -> Result<T, StoreError> {
        loop {
            self.settled()?;
            let sums = self.state.sums.lock();
            // The writing of these very sums may have failed meanwhile.
            if self.is_on_second_disk() || !self.state.in_doubt.load(Ordering::SeqCst) {
                return self.read(|connection| look(connection, &sums));
            }
        }
    }

    /// Hands a job to the writer and waits for its answer.
    fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, StoreError> {
        let (answer, answered) = bounded(1);
        self.send(job(answer))?;
        answered.recv().map_err(|_| stopped())?
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        match &self.jobs {
            Some(jobs) => jobs.send(job).map_err(|_| stopped()),
            None => Err(stopped()),
        }
    }

    /// Pages that the store's connections asked for so far.
    #[cfg(feature = "lab")]
    pub fn pages(&self) -> Result<crate::count::Pages, StoreError> {
        use crate::count::Pages;
        let (answer, answered) = bounded(1);
        self.send(Job::Inspect(Box::new(move |connection| answer.send(Pages::of(connection)).unwrap_or_default())))?;
        let read = self.readers.iter().map(|reader| Pages::of(&reader.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(read.fold(answered.recv().map_err(|_| stopped())?, |sum, pages| sum + pages))
    }

    /// Runs on the writer's own connection, at some time.
    #[cfg(test)]
    pub(crate) fn inspect_later(&self, look: impl FnOnce(&Connection) + Send + 'static) {
        self.send(Job::Inspect(Box::new(look))).unwrap();
    }

    /// Jobs that the writer has not begun.
    #[cfg(test)]
    pub(crate) fn jobs_waiting(&self) -> usize {
        self.jobs.as_ref().map_or(0, Sender::len)
    }

    /// Runs on the writer's own connection.
    #[cfg(test)]
    pub(crate) fn inspect<T: Send + 'static>(&self, look: impl FnOnce(&Connection) -> T + Send + 'static) -> T {
        let (answer, answered) = bounded(1);
        self.send(Job::Inspect(Box::new(move |connection| answer.send(look(connection)).unwrap()))).unwrap();
        answered.recv().unwrap()
    }
}

/// One more, until it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Counted<'a> {
        count.fetch_add(1, Ordering::SeqCst);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn stopped() -> StoreError {
    StoreError::Failed { problem: "the storage has stopped; start the register again".into(), disk_full: false }
}

impl Store for SqliteStore {
    fn restore(&self) -> Result<Restored, StoreError> {
        self.read_settled(|connection| {
            Ok(Restored {
                baskets: basket_events::load(connection)?,
                shift: shift::open(connection)?,
                last_shift: shift::last_number(connection)?,
                last: journal::last(connection)?.map(Box::new),
            })
        })
    }

    fn queue_events(&self, basket: BasketId, first: u32, events: &[Event]) -> Result<(), StoreError> {
        let queued = (first..).zip(events).map(|(sequence, event)| QueuedEvent::new(basket, sequence, event));
        self.send(Job::Events(queued.collect::<Result<_>>()?))
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.ask(Job::Flush)
    }

    fn make_room(&self) -> Result<bool, StoreError> {
        self.ask(Job::MakeRoom)
    }

    fn is_on_second_disk(&self) -> bool {
        self.state.on_second_disk.load(Ordering::SeqCst)
    }

    fn has_room(&self) -> Result<bool, StoreError> {
        if self.is_on_second_disk() {
            return Ok(true);
        }
        if self.state.is_low.load(Ordering::SeqCst) { self.ask(Job::LookForRoom) } else { Ok(true) }
    }

    fn commit(
        &self,
        request: CommitRequest,
        meanwhile: &mut dyn FnMut(&Arc<Committed>),
    ) -> Result<Arc<Committed>, StoreError> {
        let CommitRequest { transaction, open_shift, floors } = request;
        transaction.check().map_err(Fault::from)?;
        let transaction = Arc::new(transaction);
        let ((progress, progressed), (canonical, made)) = (bounded(2), bounded(1));
        let canonical_form = Canonical::new(made);
        let commit = Commit { transaction: transaction.clone(), canonical: canonical_form, open_shift, floors };
        let _counted = Counted::new(&self.state.committing);
        let mut job = Some(Job::Commit(Box::new(commit), progress));
        let is_alone = || self.state.committing.load(Ordering::SeqCst) == 1;
        // One alone writes its record down while the writer posts what follows from it; where several wait, the writer must
        // not wait for one whose turn on the processor has not come.
        if is_alone() {
            job.take().map_or(Ok(()), |job| self.send(job))?;
        }
        let form = record::canonical_transaction(&transaction);
        // The writer's alone from now on.
        drop(transaction);
        if canonical.send(form).is_err() {
            tracing::debug!("the commit was refused before its record was written down");
        }
        job.map_or(Ok(()), |job| self.send(job))?;
        let mut numbered: Option<Arc<Committed>> = None;
        loop {
            // The cashier waits for this one, and it takes less than a millisecond: being woken would be a tenth of it. Several
            // that wait awake would take the processor from the one they wait for.
            let patience = Instant::now() + AWAKE_MAX;
            while progressed.is_empty() && is_alone() && Instant::now() < patience {
                std::thread::yield_now();
            }
            match progressed.recv().map_err(|_| stopped())? {
                Progress::Numbered(committed) => {
                    meanwhile(&committed);
                    numbered = Some(committed);
                }
                Progress::Done(done) => {
                    let committed = done?;
                    if !numbered.is_some_and(|numbered| Arc::ptr_eq(&numbered, &committed)) {
                        meanwhile(&committed);
                    }
                    return Ok(committed);
                }
            }
        }
    }

    fn item_by_code(&self, code: &str) -> Result<Option<Arc<Item>>, StoreError> {
        self.read(|connection| catalogue::by_code(connection, code))
    }

    fn item(&self, id: &str) -> Result<Option<Arc<Item>>, StoreError> {
        self.read(|connection| catalogue::by_id(connection, id))
    }

    fn find_items(&self, text: &str, limit: u32) -> Result<Vec<Arc<Item>>, StoreError> {
        self.read(|connection| catalogue::find(connection, text, limit))
    }

    fn upsert_items(&self, items: Vec<Item>) -> Result<(), StoreError> {
        self.ask(|answer| Job::UpsertItems(items, answer))
    }

    fn transaction(&self, number: ReceiptNumber) -> Result<Option<Committed>, StoreError> {
        self.read_settled(|connection| journal::of_number(connection, number))
    }

    fn number_of_basket(&self, basket: BasketId) -> Result<Option<ReceiptNumber>, StoreError> {
        self.read_settled(|connection| journal::number_of_basket(connection, basket))
    }

    fn number_of_reference(&self, reference: &str) -> Result<Option<ReceiptNumber>, StoreError> {
        self.read_settled(|connection| journal::number_of_reference(connection, reference))
    }

    fn count_copy(&self, number: ReceiptNumber) -> Result<u32, StoreError> {
        self.ask(|answer| Job::CountCopy(number, answer))
    }

    fn shift_totals(&self) -> Result<Option<ShiftTotals>, StoreError> {
        self.settled()?;
        let is_behind = self.state.sums.lock().are_behind();
        // The writer's cache has the pages; a reader's is empty after each commit.
        if is_behind { self.ask(Job::ShiftTotals) } else { self.read(shift::open_totals) }
    }

    fn open_shift(&self, shift: OpenShift, books: &Books) -> Result<(), StoreError> {
        let opened = Box::new(ShiftOpened::new(&shift, books)?);
        self.ask(|answer| Job::OpenShift(opened, answer))
    }

    fn till_counts(&self) -> Result<Vec<Committed>, StoreError> {
        self.read_settled(journal::till_counts)
    }

    fn close_shift(&self, closing: Closing) -> Result<ClosedShift, StoreError> {
        self.ask(|answer| Job::CloseShift(Box::new(closing), answer))
    }

    fn closed_shift(&self, shift: u64) -> Result<Option<ClosedShift>, StoreError> {
        self.read_settled(|connection| shift::closed_with_anchor(connection, shift))
    }

    fn handover(&self, shift: u64) -> Result<Option<String>, StoreError> {
        self.read_settled(|connection| handover::write(connection, shift))
    }

    fn read_handover(&self, text: &str) -> Result<Handover, StoreError> {
        self.read_settled(|connection| handover::read(connection, text))
    }

    fn close_periods(&self, closing: PeriodClosing) -> Result<Vec<PeriodClosed>, StoreError> {
        self.ask(|answer| Job::ClosePeriods(Box::new(closing), answer))
    }

    fn periods(&self, period: Period, limit: u32) -> Result<Vec<PeriodClosed>, StoreError> {
        self.read_settled(|connection| period::listed(connection, period, limit))
    }

    fn returns_of(&self, sale: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError> {
        self.read_settled(|connection| journal::returns_of(connection, sale))
    }

    fn lots(&self, account: &str) -> Result<Vec<Lot>, StoreError> {
        self.read_settled(|connection| lots::of(connection, account))
    }

    fn open_orders(&self) -> Result<Vec<ReceiptNumber>, StoreError> {
        self.read_settled(orders::open)
    }

    fn naming_order(&self, order: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError> {
        self.read_settled(|connection| orders::naming(connection, order))
    }

    fn credit_of(&self, account: &str) -> Result<Money, StoreError> {
        self.read_with_sums(|connection, sums| balances::credit_of(connection, sums, account))
    }

    fn stock_of(&self, item: &str) -> Result<Vec<(Unit, Level)>, StoreError> {
        self.read_with_sums(|connection, sums| balances::stock_of(connection, sums, item))
    }

    fn reordered_items(&self) -> Result<Vec<Arc<Item>>, StoreError> {
        self.read(catalogue::reordered)
    }

    fn offer_used(&self, offer: &str, customer: Option<&str>) -> Result<Used, StoreError> {
        self.read_settled(|connection| balances::offer_used(connection, offer, customer))
    }

    fn device_secret(&self) -> Result<[u8; 32], StoreError> {
        Ok(anchor::device_secret(&self.place)?)
    }

    fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.read(people::all)
    }

    fn store_person(&self, person: Option<Person>, audit: Option<Audit>) -> Result<(), StoreError> {
        self.ask(|answer| Job::Person(person.map(Box::new), audit.map(Box::new), answer))
    }

    fn audited(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Audit>, StoreError> {
        self.read_settled(|connection| people::audited(connection, from_ms, to_ms))
    }

    fn transactions_between(
        &self,
        from_ms: i64,
        to_ms: i64,
        each: &mut dyn FnMut(&Committed),
    ) -> Result<(), StoreError> {
        self.read_settled(|connection| people::transactions(connection, from_ms, to_ms, each))
    }

    fn open_payments(&self) -> Result<Vec<Payment>, StoreError> {
        self.read_settled(payments::open)
    }

    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.read_settled(|connection| payments::find(connection, id))
    }

    fn trial_balance(&self) -> Result<TrialBalance, StoreError> {
        self.read_sums(balances::trial_balance)
    }

    fn verify(&self, scope: Scope<'_>) -> Result<Verification, StoreError> {
        self.settled()?;
        match scope {
            // A connection of its own: on a large journal this takes minutes, and scans go on.
            Scope::Whole(stop) => Ok(verify::verify(&self.place.open_readable()?, stop)?),
            Scope::Tail => self.read(verify::verify_tail),
        }
    }
}

impl Outbox for SqliteStore {
    fn through(&self, consumer: &str) -> Result<u64, StoreError> {
        self.read_settled(|connection| outbox::through(connection, consumer))
    }

    fn after(&self, seq: u64, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.read_settled(|connection| outbox::after(connection, seq, limit))
    }

    fn record(&self, seq: u64) -> Result<Option<Delivery>, StoreError> {
        self.read_settled(|connection| outbox::record(connection, seq))
    }

    fn waiting(&self, consumer: &str) -> Result<Vec<Waiting>, StoreError> {
        self.read_settled(|connection| outbox::waiting(connection, consumer))
    }

    fn consumers(&self) -> Result<Vec<String>, StoreError> {
        self.read_settled(outbox::consumers)
    }

    fn settle(&self, consumer: &str, settled: Settled) -> Result<(), StoreError> {
        self.ask(|answer| Job::Settle(consumer.to_owned(), Box::new(settled), answer))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Readers first: the writer, closing last, empties the log and removes it.
        self.readers.clear();
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the storage's thread ended in a panic");
        }
    }
}

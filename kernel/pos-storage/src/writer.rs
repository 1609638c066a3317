//! The one writer: a thread that owns the only connection that changes the file.
//!
//! Jobs come through a bounded channel and are answered when they are durable. Between jobs the thread writes queued
//! basket events in batches and moves the write-ahead log into the database (a checkpoint) when nobody waits, or when
//! the log has grown too large to wait. Running sums are written after that ([`crate::sums`]).
//!
//! **One fsync for a sale.** The first commit into an empty log costs two: SQLite syncs the log's header by itself. So
//! after each checkpoint the writer commits a row of its own, which takes that second fsync on itself. It also leaves
//! the log with a frame that is not checkpointed, and SQLite restarts a log only when all of it is.
//!
//! **Transactions that wait together share an fsync** ([`group`]).
//!
//! **A failed COMMIT is a third outcome.** The frames may have reached the disk and come back after a crash. From then on
//! the file is *in doubt*: the connection is opened again, and until one full checkpoint (`TRUNCATE`) has succeeded
//! nobody is told anything. Only then is the row looked for, and what is found is durable.

mod group;
mod second_disk;

use self::group::{Last, Member};
use self::second_disk::Emergency;
use crate::anchor;
use crate::append::{self, Commit, Head};
use crate::basket_events::{self, QueuedEvent};
use crate::catalogue;
use crate::connection::{self, Place};
use crate::emergency::{self, Attempt, SecondDisk};
use crate::error::{Fault, Result};
use crate::journal;
use crate::log;
use crate::outbox;
use crate::people;
use crate::period;
use crate::record::ShiftOpened;
use crate::reserve::Reserve;
use crate::shift;
use crate::sums::{self, Sums};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use pos_api::port::{ClosedShift, Settled, StoreError};
use pos_domain::catalogue::Item;
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::people::{Audit, Person};
use pos_domain::period::{PeriodClosed, PeriodClosing};
use pos_domain::report::ShiftTotals;
use pos_domain::shift::Closing;
use pos_domain::transaction::Committed;
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// So long without a job is a quiet moment.
const QUIET: Duration = Duration::from_millis(50);
/// After a batch failed it is tried again at most this often.
const RETRY: Duration = Duration::from_secs(1);

/// Where an answer goes. Nobody waiting any more is no error.
pub(crate) type Answer<T> = Sender<Result<T, StoreError>>;

/// How far a commit is.
pub(crate) enum Progress {
    /// In the journal under its number, and on its way to the disk: what is said of it must wait.
    Numbered(Arc<Committed>),
    /// Durable, or not.
    Done(Result<Arc<Committed>, StoreError>),
}

/// What the writer is asked to do.
pub(crate) enum Job {
    /// What belongs together comes together, and is written in one transaction.
    Events(Vec<QueuedEvent>),
    Flush(Answer<()>),
    Commit(Box<Commit>, Sender<Progress>),
    OpenShift(Box<ShiftOpened>, Answer<()>),
    CloseShift(Box<Closing>, Answer<ClosedShift>),
    ClosePeriods(Box<PeriodClosing>, Answer<Vec<PeriodClosed>>),
    /// The figures of the open shift, stored or not.
    ShiftTotals(Answer<Option<ShiftTotals>>),
    /// Brings the stored sums level with the journal.
    WriteSums(Answer<()>),
    /// Stores a person, if one is given, and what is put on record with it.
    Person(Option<Box<Person>>, Option<Box<Audit>>, Answer<()>),
    UpsertItems(Vec<Item>, Answer<()>),
    CountCopy(ReceiptNumber, Answer<u32>),
    /// What became of a batch that a consumer was handed.
    Settle(String, Box<Settled>, Answer<()>),
    /// The disk is full: gives the reserve up. Answers whether there was one.
    MakeRoom(Answer<bool>),
    /// Lays the reserve out again, if there is room for it.
    LookForRoom(Answer<bool>),
    #[cfg(any(test, feature = "lab"))]
    Inspect(Box<dyn FnOnce(&Connection) + Send>),
}

/// A commit that is durable.
struct Done {
    committed: Arc<Committed>,
    /// Its record, with the shift it opened, if it was not there before.
    appended: Option<(u64, Option<Box<ShiftOpened>>)>,
}

/// What readers must know of the writer.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// A COMMIT failed and no full checkpoint has succeeded since.
    pub(crate) in_doubt: AtomicBool,
    /// What the stored sums lack.
    pub(crate) sums: sums::Shared,
    /// There is no room for the reserve.
    pub(crate) is_low: AtomicBool,
    /// The disk has failed, and sales go to the second one.
    pub(crate) on_second_disk: AtomicBool,
    /// Callers whose transaction is on its way to the disk.
    pub(crate) committing: AtomicUsize,
}

/// The writer.
pub(crate) struct Writer {
    place: Place,
    /// None while it could not be opened again after a failure.
    connection: Option<Connection>,
    head: Head,
    state: Arc<State>,
    pending: Vec<QueuedEvent>,
    batch_every: Duration,
    log_pages_max: u64,
    reserve: Reserve,
    batch_due: Option<Instant>,
    /// Pages in the log when it was last checkpointed and warmed.
    log_pages_base: u64,
    checkpoint_due: Option<Instant>,
    last_group: Last,
    emergency: Option<Emergency>,
}

impl Writer {
    /// Takes over a connection that has been migrated and made durable. What a crash left in the log is made durable
    /// before anybody sees it.
    pub(crate) fn new(
        place: Place,
        connection: Connection,
        batch_every: Duration,
        log_pages_max: u64,
        reserve: Reserve,
        state: Arc<State>,
    ) -> Result<Writer> {
        log::checkpoint_fully(&connection)?;
        let head = load_head(&place, &connection)?;
        *state.sums.lock() = Sums::behind(&connection)?;
        let mut writer = Writer {
            place,
            connection: Some(connection),
            head,
            state,
            pending: Vec::new(),
            batch_every,
            log_pages_max,
            reserve,
            batch_due: None,
            log_pages_base: 0,
            checkpoint_due: None,
            last_group: Last::default(),
            emergency: None,
        };
        writer.warm()?;
        Ok(writer)
    }

    /// Sales may go to a second disk from now on, should this one fail.
    pub(crate) fn arm(&mut self, path: &std::path::Path) -> Result<()> {
        let disk = SecondDisk::open(path)?;
        self.transact(|connection| emergency::arm(connection, &disk))?;
        self.emergency = Some(Emergency::new(disk));
        Ok(())
    }

    /// Works until the channel is closed and empty, then leaves everything written and the log empty.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        self.lay_out_log();
        self.keep_reserve();
        loop {
            let wake_at = [self.batch_due, self.checkpoint_due].into_iter().flatten().min();
            let job = match wake_at {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => jobs.recv_deadline(at),
            };
            match job {
                Ok(job) => {
                    let mut next = Some(job);
                    while let Some(job) = next {
                        next = self.handle(job, jobs);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.tick(Instant::now());
        }
        self.finish();
    }

    /// Does a job, and for a commit those that wait with it; answers a job that it took from behind them.
    fn handle(&mut self, job: Job, jobs: &Receiver<Job>) -> Option<Job> {
        match job {
            Job::Events(events) => {
                self.queue(events);
                return None;
            }
            Job::Flush(answer) => {
                let flushed = self.ready().and_then(|()| self.write_batch());
                reply(&answer, flushed);
            }
            Job::Commit(commit, progress) => {
                let (members, next) = self.gather(Member::new(commit, progress), jobs);
                self.commit_group(members);
                self.measure_log();
                return next;
            }
            Job::OpenShift(opened, answer) => {
                let done = self.open_shift(&opened);
                reply(&answer, done);
            }
            Job::CloseShift(closing, answer) => {
                let closed = self.close_shift(&closing);
                reply(&answer, closed);
            }
            Job::ClosePeriods(closing, answer) => {
                let closed = self.close_periods(&closing);
                reply(&answer, closed);
            }
            Job::ShiftTotals(answer) => {
                let totals = self.shift_totals();
                reply(&answer, totals);
            }
            Job::WriteSums(answer) => {
                let written = self.write_sums();
                reply(&answer, written);
            }
            Job::Person(person, audit, answer) => {
                let stored = self.store_person(person.as_deref(), audit.as_deref());
                reply(&answer, stored);
            }
            Job::UpsertItems(items, answer) => {
                let stored = self.transact(|connection| catalogue::upsert(connection, &items));
                reply(&answer, stored);
            }
            Job::CountCopy(number, answer) => {
                let count = self.transact(|connection| count_copy(connection, number));
                reply(&answer, count);
            }
            Job::Settle(consumer, settled, answer) => {
                let written = self.transact(|connection| outbox::settle(connection, &consumer, &settled));
                reply(&answer, written);
            }
            Job::MakeRoom(answer) => {
                let made = self.make_room();
                reply(&answer, made);
            }
            Job::LookForRoom(answer) => {
                let has_room = self.keep_reserve();
                reply(&answer, Ok(has_room));
            }
            #[cfg(any(test, feature = "lab"))]
            Job::Inspect(look) => {
                if let Some(connection) = &self.connection {
                    look(connection);
                }
            }
        }
        self.measure_log();
        None
    }

    fn queue(&mut self, events: Vec<QueuedEvent>) {
        if self.is_on_second_disk() {
            return;
        }
        self.pending.extend(events);
        self.batch_due.get_or_insert_with(|| Instant::now() + self.batch_every);
    }

    /// Work that waits for its time: the batch of events, the checkpoint.
    fn tick(&mut self, now: Instant) {
        if self.is_on_second_disk() {
            // What is queued is for the database alone.
            (self.batch_due, self.checkpoint_due) = (None, None);
            return;
        }
        if self.batch_due.is_some_and(|due| due <= now) {
            if let Err(fault) = self.ready().and_then(|()| self.write_batch()) {
                self.batch_due = Some(now + RETRY.max(self.batch_every));
                let error = StoreError::from(fault);
                tracing::warn!(events = self.pending.len(), "basket events could not be written and are kept: {error}");
                self.make_room_after(&error);
            }
            self.measure_log();
        }
        if self.checkpoint_due.is_some_and(|due| due <= now) {
            self.checkpoint();
        }
    }

    fn finish(mut self) {
        if self.is_on_second_disk() {
            return;
        }
        if let Err(fault) = self.ready().and_then(|()| self.write_batch()) {
            tracing::error!(
                events = self.pending.len(),
                "basket events were lost at the end: {}",
                StoreError::from(fault)
            );
        }
        if let Err(fault) = self.write_sums() {
            // Nothing is lost: the next start reads the records they lack.
            tracing::warn!("the sums could not be written at the end: {}", StoreError::from(fault));
        }
        if self.emergency.take().is_some()
            && let Err(fault) = self.transact(emergency::disarm)
        {
            tracing::warn!("the next start will ask for the emergency disk: {}", StoreError::from(fault));
        }
        if let Some(Err(fault)) = self.connection.as_ref().map(log::checkpoint_fully) {
            // Nothing is lost: the next start finds the log and takes it in.
            tracing::warn!("the log could not be emptied at the end: {}", StoreError::from(fault));
        }
    }

    fn open_shift(&mut self, opened: &ShiftOpened) -> Result<()> {
        self.ready()?;
        let mut head = self.head;
        if head.open_shift.is_some() {
            return Ok(());
        }
        let done = self.transact(|connection| append::append_shift(connection, &mut head, opened));
        match done {
            Ok(()) => {
                self.head = head;
                self.state.sums.lock().add_entries_of(head.seq, &opened.entries);
                Ok(())
            }
            // Settled, the head says whether it is open.
            Err(fault) if self.is_in_doubt() => match self.ready() {
                Ok(()) if self.head.open_shift == Some(opened.shift) => Ok(()),
                _ => Err(fault),
            },
            Err(fault) => Err(fault),
        }
    }

    fn store_person(&mut self, person: Option<&Person>, audit: Option<&Audit>) -> Result<()> {
        self.ready()?;
        let head = self.head;
        let head = self.transact(|connection| {
            if let Some(person) = person {
                people::put(connection, person)?;
            }
            audit.map_or(Ok(head), |audit| append::append_audit(connection, head, audit))
        })?;
        if head.seq > self.head.seq {
            self.head = head;
            self.state.sums.lock().add_entries_of(head.seq, &[]);
        }
        Ok(())
    }

    /// Idempotent: a shift that is closed answers with its closing.
    fn close_shift(&mut self, closing: &Closing) -> Result<ClosedShift> {
        self.ready()?;
        if let Some(closed) = self.closed_shift(closing.shift)? {
            return Ok(closed);
        }
        let key = anchor::signing_key(&self.place)?;
        // The figures of the closing are the stored ones.
        self.write_sums()?;
        let head = self.head;
        match self.transact(|connection| append::close(connection, head, closing, &key)) {
            Ok((head, closed)) => {
                self.head = head;
                let mut sums = self.state.sums.lock();
                sums.add_entries_of(head.seq - 1, &closed.closed.entries);
                sums.add_entries_of(head.seq, &[]);
                drop(sums);
                Ok(closed)
            }
            Err(fault) if self.is_in_doubt() => match self.ready().and_then(|()| self.closed_shift(closing.shift)) {
                Ok(Some(closed)) => Ok(closed),
                Ok(None) | Err(_) => Err(fault),
            },
            Err(fault) => Err(fault),
        }
    }

    /// Idempotent: what is closed is not closed again.
    fn close_periods(&mut self, closing: &PeriodClosing) -> Result<Vec<PeriodClosed>> {
        self.ready()?;
        let (head, place) = (self.head, self.place.clone());
        let key = || anchor::signing_key(&place);
        let (head, closed) = self.transact(|connection| period::close(connection, head, closing, key))?;
        if head.seq > self.head.seq {
            self.head = head;
            self.state.sums.lock().add_entries_of(head.seq, &[]);
        }
        Ok(closed)
    }

    fn closed_shift(&self, shift: u64) -> Result<Option<ClosedShift>> {
        match &self.connection {
            Some(connection) => shift::closed_with_anchor(connection, shift),
            None => Ok(None),
        }
    }

    // Its name is told to valgrind, as that of `handle` is.
    #[inline(never)]
    fn shift_totals(&mut self) -> Result<Option<ShiftTotals>> {
        self.ready()?;
        let Some(connection) = &self.connection else { return Err(Fault::failed("the database is closed")) };
        let sums = self.state.sums.lock();
        shift::open_totals(connection)?.map(|stored| sums.with_shift(stored)).transpose()
    }

    fn write_sums(&mut self) -> Result<()> {
        self.ready()?;
        let state = self.state.clone();
        // Nobody adds what is stored and what is here while one of them changes.
        let mut sums = state.sums.lock();
        if sums.are_behind() {
            // After a COMMIT that failed these may be too much; they are read anew once that doubt is settled.
            self.transact_ready(|connection| sums.write(connection))?;
            sums.written();
        }
        Ok(())
    }

    fn look_for(&self, basket: BasketId) -> Result<Option<Committed>> {
        match &self.connection {
            Some(connection) => journal::of_basket(connection, basket),
            None => Ok(None),
        }
    }

    /// The basket's events are not needed any more, written or not.
    fn forget_pending(&mut self, basket: BasketId) {
        self.pending.retain(|event| event.basket != basket);
        if self.pending.is_empty() {
            self.batch_due = None;
        }
    }

    fn write_batch(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        match self.transact(|connection| basket_events::insert(connection, &pending)) {
            Ok(()) => {
                self.batch_due = None;
                Ok(())
            }
            Err(fault) => {
                self.pending = pending;
                Err(fault)
            }
        }
    }

    /// Does `work` in one SQLite transaction: all of it is durable when this returns well, none of it happened when it
    /// does not, except after a failed COMMIT, which leaves the file in doubt.
    fn transact<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.ready()?;
        self.transact_ready(work)
    }

    fn transact_ready<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let Some(connection) = &self.connection else { return Err(Fault::failed("the database is closed")) };
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let done = match work(connection) {
            Ok(done) => done,
            Err(fault) => {
                if !roll_back(connection) {
                    self.connection = None;
                }
                return Err(fault);
            }
        };
        let attempt = self.emergency.as_ref().map(|_| Attempt::of(connection, self.head)).transpose();
        let attempt = match attempt {
            Ok(attempt) => attempt,
            Err(fault) => {
                if !roll_back(connection) {
                    self.connection = None;
                }
                return Err(fault);
            }
        };
        let committed = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        match committed {
            Ok(_) => Ok(done),
            Err(error) => {
                self.state.in_doubt.store(true, Ordering::SeqCst);
                roll_back(connection);
                self.connection = None;
                if let (Some(emergency), Some(attempt)) = (&mut self.emergency, attempt) {
                    emergency.note(attempt);
                }
                Err(error.into())
            }
        }
    }

    fn is_in_doubt(&self) -> bool {
        self.state.in_doubt.load(Ordering::SeqCst)
    }

    /// Opens the connection again if it was given up, and settles a doubt by a full checkpoint.
    fn ready(&mut self) -> Result<()> {
        if self.is_on_second_disk() {
            return Err(Fault::failed(
                "the disk failed; sales are on the emergency disk until the register is started again",
            ));
        }
        if self.connection.is_none() {
            let connection = self.place.open_again()?;
            connection::make_durable(&connection, &self.place)?;
            log::write_again(&connection)?;
            self.head = load_head(&self.place, &connection)?;
            *self.state.sums.lock() = Sums::behind(&connection)?;
            self.connection = Some(connection);
        }
        if self.is_in_doubt() {
            let gone = || Fault::failed("the database is not open");
            let connection = self.connection.as_ref().ok_or_else(gone)?;
            log::checkpoint_fully(connection)?;
            self.head = load_head(&self.place, connection)?;
            *self.state.sums.lock() = Sums::behind(connection)?;
            self.state.in_doubt.store(false, Ordering::SeqCst);
            self.warm_or_warn();
            self.lay_out_log();
        }
        Ok(())
    }

    /// After writing: decides when the log is to be checkpointed.
    fn measure_log(&mut self) {
        let pages = match self.connection.as_ref().map(log::length_pages) {
            Some(Ok(pages)) => pages,
            Some(Err(_)) | None => return,
        };
        let grown = pages.saturating_sub(self.log_pages_base);
        if grown >= self.log_pages_max {
            self.checkpoint();
        } else if grown >= log::PAGES_SOFT {
            self.checkpoint_due = Some(Instant::now() + QUIET);
        }
    }

    /// Moves what it can of the log into the database without waiting for readers.
    fn checkpoint(&mut self) {
        self.checkpoint_due = None;
        let Some(connection) = &self.connection else { return };
        if let Err(fault) = log::checkpoint_what_is_free(connection) {
            // The sales are in the log and stay there; the next one tries again.
            let error = StoreError::from(fault);
            tracing::warn!("the log could not be moved into the database: {error}");
            self.make_room_after(&error);
        }
        self.warm_or_warn();
    }

    fn warm_or_warn(&mut self) {
        if let Err(fault) = self.warm() {
            // The next sale pays a second fsync, nothing else.
            let error = StoreError::from(fault);
            tracing::warn!("the log could not be prepared for the next sale: {error}");
            self.make_room_after(&error);
        }
    }

    /// Writes the sums, or a row of the writer's own, so that the log's header is written and synced before a sale comes.
    fn warm(&mut self) -> Result<()> {
        let is_behind = self.state.sums.lock().are_behind();
        let written = if is_behind { Some(self.write_sums()) } else { None };
        match written {
            Some(Ok(())) => {}
            // The disk failed, not the sums.
            Some(Err(fault)) if self.is_in_doubt() => return Err(fault),
            Some(Err(fault)) => {
                tracing::warn!("the sums could not be written: {}", StoreError::from(fault));
                self.write_own_row()?;
            }
            None => self.write_own_row()?,
        }
        if let Some(connection) = &self.connection {
            self.log_pages_base = log::length_pages(connection)?;
        }
        Ok(())
    }

    /// Whatever fails for want of space while nobody waits makes room for the one who will.
    fn make_room_after(&self, error: &StoreError) {
        if matches!(error, StoreError::Failed { disk_full: true, .. })
            && let Err(fault) = self.make_room()
        {
            tracing::warn!("the reserve could not be given up: {}", StoreError::from(fault));
        }
    }

    /// Gives the reserve up; answers whether there was one.
    fn make_room(&self) -> Result<bool> {
        let given_up = self.reserve.give_up()?;
        if given_up {
            tracing::warn!("the disk is full: the reserve was given up");
            self.state.is_low.store(true, Ordering::SeqCst);
        }
        Ok(given_up)
    }

    /// Whether the reserve is there.
    fn keep_reserve(&self) -> bool {
        let kept = self.reserve.keep();
        let is_low = kept.is_err();
        if let Err(fault) = kept {
            tracing::warn!("there is no room for the reserve: {}", StoreError::from(fault));
        }
        self.state.is_low.store(is_low, Ordering::SeqCst);
        !is_low
    }

    fn lay_out_log(&self) {
        let Some(connection) = &self.connection else { return };
        // A second store on the file must not append where zeros are being written.
        if connection.execute_batch("BEGIN IMMEDIATE").is_err() {
            return;
        }
        let laid_out = log::lay_out(&self.place);
        roll_back(connection);
        if let Err(error) = laid_out {
            // Slower sales, nothing else; and on a full disk the log keeps what it has got.
            tracing::warn!("the log could not be laid out beforehand: {error}");
        }
    }

    /// Sabotage: what is taken here is gone if the power fails before the transaction that it is for.
    fn take_number(&mut self) -> Result<()> {
        let number = self.head.number + 1;
        self.transact(|connection| {
            connection
                .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES ('number_taken', ?1)")?
                .execute([number.to_string()])?;
            Ok(())
        })
    }

    fn write_own_row(&mut self) -> Result<()> {
        self.transact(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO meta (key, value) VALUES ('log_starts', '1')
                     ON CONFLICT DO UPDATE SET value = value + 1",
                )?
                .execute([])?;
            Ok(())
        })
    }
}

/// Where the journal ends; under sabotage a number that was taken counts as used.
fn load_head(place: &Place, connection: &Connection) -> Result<Head> {
    let mut head = Head::load(connection)?;
    if place.is_sabotaged("number-outside") {
        let taken: Option<ReceiptNumber> = connection
            .query_row("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'number_taken'", [], |row| row.get(0))
            .optional()?;
        head.number = head.number.max(taken.unwrap_or(0));
    }
    Ok(head)
}

fn reply<T>(answer: &Answer<T>, result: Result<T>) {
    tell(answer, result.map_err(StoreError::from));
}

fn tell<T>(answer: &Sender<T>, told: T) {
    if answer.send(told).is_err() {
        tracing::debug!("nobody waited for the storage's answer");
    }
}

/// Whether the connection is out of its transaction afterwards; after some errors SQLite has rolled back by itself.
fn roll_back(connection: &Connection) -> bool {
    connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
}

fn count_copy(connection: &Connection, number: ReceiptNumber) -> Result<u32> {
    let count = connection
        .prepare_cached(
            "INSERT INTO receipt_copy (number, count) SELECT number, 1 FROM journal WHERE number = ?1
             ON CONFLICT (number) DO UPDATE SET count = count + 1 RETURNING count",
        )?
        .query_row([number], |row| row.get(0))
        .optional()?;
    count.ok_or_else(|| Fault::failed(format!("there is no receipt {number}")))
}

//! What others take from the journal: at least once, in order for each key, tried again, and set aside when it cannot be taken.
//!
//! A consumer is handed every record it wants, oldest first. What it does not take is tried again later and later; records
//! of the same key wait behind it, others go on. After [`ATTEMPTS_MAX`] attempts a record is a dead letter: it is kept, told of,
//! and blocks nothing any more. How far a consumer has come is durable after each batch, so that after a crash it may be
//! handed the last batch again: it tells what it has by the record's number.
//!
//! A consumer that keeps one sequence, like a file, says itself how far it is: it is handed what comes after that, whatever it
//! was handed before, and nothing is ever left out of it. What it cannot take it is handed again, as long as it takes.

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use pos_api::port::{Clock, Delivery, Outbox, Settled, StoreError, Waiting};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Attempts before a record is set aside.
pub const ATTEMPTS_MAX: u32 = 10;
/// Records handed over before it is written down how far a consumer has come.
const BATCH: u32 = 200;
/// The first wait after a failure; doubled with each, up to an hour.
const WAIT_MS: i64 = 1_000;
const WAIT_MS_MAX: i64 = 3_600_000;
/// New records are looked for so often.
const LOOK: Duration = Duration::from_secs(1);
/// Batches that a consumer is still handed when the register closes.
const LAST_BATCHES: u32 = 50;

/// Somebody who takes records.
pub trait Consumer: Send {
    /// Its name, the same for ever: its place in the journal is kept under it.
    fn name(&self) -> &str;

    /// The last record that went by it, where it keeps one sequence: it is asked for no keys then, and handed every record. An error
    /// if that cannot be said now, as of a stick that is not there.
    fn place(&mut self) -> Result<Option<Place>, String> {
        Ok(None)
    }

    /// What a record is about, if it is wanted: records of one key are handed over in order.
    fn key(&self, delivery: &Delivery) -> Option<String>;

    /// Takes a record. Returning well means that it is kept, whatever happens then; one that was taken before is no error.
    fn take(&mut self, delivery: &Delivery) -> Result<(), String>;

    /// What was taken since the last call is to be kept now.
    fn keep(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// A place in a journal: a record and its hash, which speaks for all before it. Record 0: the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The record.
    pub seq: u64,
    /// Its hash, hexadecimal.
    pub hash: String,
}

/// What a round of deliveries came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Records taken.
    pub taken: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Records set aside.
    pub dead: u64,
    /// There is more to hand over at once.
    pub more: bool,
    /// Why a sequence does not go on.
    pub problem: Option<String>,
}

/// Hands a consumer what is due, at most a batch.
pub fn deliver(outbox: &dyn Outbox, consumer: &mut dyn Consumer, now_ms: i64) -> Result<Round, StoreError> {
    match consumer.place() {
        Ok(None) => deliver_by_key(outbox, consumer, now_ms),
        Ok(Some(place)) => deliver_from(outbox, consumer, &place),
        Err(problem) => Ok(Round { failed: 1, problem: Some(problem), ..Round::default() }),
    }
}

/// What is wrong with a place: it must be one of this journal.
pub fn check_place(outbox: &dyn Outbox, place: &Place) -> Result<Option<String>, StoreError> {
    let Place { seq, hash } = place;
    let is_ours = *seq == 0 || outbox.record(*seq)?.is_some_and(|record| record.hash == *hash);
    Ok((!is_ours).then(|| {
        format!(
            "its last record, {seq}, is not one of this journal; keep it as it is, and let the copy be made in another folder"
        )
    }))
}

/// Hands over what comes after a place, in order; ends where it is not taken.
fn deliver_from(outbox: &dyn Outbox, consumer: &mut dyn Consumer, place: &Place) -> Result<Round, StoreError> {
    let mut round = Round::default();
    if let Some(problem) = check_place(outbox, place)? {
        return Ok(Round { failed: 1, problem: Some(problem), ..round });
    }
    let records = outbox.after(place.seq, BATCH)?;
    round.more = records.len() as u32 == BATCH;
    let mut last = place.seq;
    for delivery in &records {
        if let Err(problem) = consumer.take(delivery) {
            round = Round { failed: 1, more: false, problem: Some(problem), ..round };
            break;
        }
        round.taken += 1;
        last = delivery.seq;
    }
    if round.taken > 0
        && let Err(problem) = consumer.keep()
    {
        return Ok(Round { failed: round.failed + 1, problem: Some(problem), ..Round::default() });
    }
    // For whoever asks while it is not there. Nothing waits by itself.
    let name = consumer.name();
    let taken: Vec<u64> = outbox.waiting(name)?.into_iter().map(|one| one.seq).filter(|seq| *seq <= last).collect();
    if round.taken > 0 || !taken.is_empty() {
        outbox.settle(name, Settled { through: last, taken, waits: Vec::new() })?;
    }
    Ok(round)
}

fn deliver_by_key(outbox: &dyn Outbox, consumer: &mut dyn Consumer, now_ms: i64) -> Result<Round, StoreError> {
    let name = consumer.name().to_owned();
    let through = outbox.through(&name)?;
    let waiting = outbox.waiting(&name)?;
    let (mut settled, mut round) = (Settled { through, ..Settled::default() }, Round::default());
    // A key waits as long as one of its records does.
    let mut blocked = BTreeSet::new();
    for one in waiting.into_iter().filter(|one| !one.dead) {
        if blocked.contains(&one.key) {
            continue;
        }
        if one.next_at_ms > now_ms {
            blocked.insert(one.key);
            continue;
        }
        let taken = match outbox.record(one.seq)? {
            Some(delivery) => consumer.take(&delivery),
            None => Err("the record is not in the journal any more".to_owned()),
        };
        match taken {
            Ok(()) => {
                settled.taken.push(one.seq);
                round.taken += 1;
            }
            Err(problem) => {
                let failed = after_failure(one, problem, now_ms);
                round.failed += 1;
                round.dead += u64::from(failed.dead);
                if !failed.dead {
                    blocked.insert(failed.key.clone());
                }
                settled.waits.push(failed);
            }
        }
    }
    let records = outbox.after(through, BATCH)?;
    round.more = records.len() as u32 == BATCH;
    for delivery in records {
        settled.through = delivery.seq;
        let Some(key) = consumer.key(&delivery) else { continue };
        let new = Waiting { seq: delivery.seq, key, next_at_ms: now_ms, ..Waiting::default() };
        if blocked.contains(&new.key) {
            settled.waits.push(new);
            continue;
        }
        match consumer.take(&delivery) {
            Ok(()) => round.taken += 1,
            Err(problem) => {
                round.failed += 1;
                blocked.insert(new.key.clone());
                settled.waits.push(after_failure(new, problem, now_ms));
            }
        }
    }
    if round.taken > 0
        && let Err(problem) = consumer.keep()
    {
        // None of it counts: all of it comes again.
        tracing::warn!(consumer = name, "what was taken could not be kept: {problem}");
        return Ok(Round { failed: round.failed + 1, ..Round::default() });
    }
    if settled.through > through || !settled.taken.is_empty() || !settled.waits.is_empty() {
        outbox.settle(&name, settled)?;
    }
    Ok(round)
}

fn after_failure(waiting: Waiting, problem: String, now_ms: i64) -> Waiting {
    let attempts = waiting.attempts.saturating_add(1);
    let wait = WAIT_MS.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(WAIT_MS_MAX);
    let dead = attempts >= ATTEMPTS_MAX;
    if dead {
        tracing::error!(record = waiting.seq, "a record was set aside after {attempts} attempts: {problem}");
    }
    Waiting { attempts, next_at_ms: now_ms.saturating_add(wait), dead, problem, ..waiting }
}

/// Consumers served on a thread of their own. Dropping it ends that, once they have what was written until then.
pub struct Deliveries {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Deliveries {
    /// Starts serving.
    pub fn start(
        outbox: Arc<dyn Outbox>,
        mut consumers: Vec<Box<dyn Consumer>>,
        clock: Arc<dyn Clock>,
    ) -> std::io::Result<Deliveries> {
        let (stop, stopped) = bounded::<()>(0);
        // What was told of each already.
        let mut told: Vec<Option<String>> = consumers.iter().map(|_| None).collect();
        let mut round = move || {
            let mut more = false;
            for (consumer, told) in consumers.iter_mut().zip(&mut told) {
                match deliver(outbox.as_ref(), consumer.as_mut(), clock.now().unix_ms) {
                    Ok(round) => {
                        more |= round.more;
                        if round.problem.is_some() && round.problem != *told {
                            let problem = round.problem.as_deref().unwrap_or_default();
                            tracing::warn!(consumer = consumer.name(), "records are kept for it: {problem}");
                        }
                        *told = round.problem;
                    }
                    Err(error) => tracing::warn!(consumer = consumer.name(), "the outbox could not be read: {error}"),
                }
            }
            more
        };
        let serve = move || {
            let mut wait = Duration::ZERO;
            while matches!(stopped.recv_timeout(wait), Err(RecvTimeoutError::Timeout)) {
                wait = if round() { Duration::ZERO } else { LOOK };
            }
            // What came since: whoever pulls the stick out after closing has all of it, unless that is more than can be waited for.
            let more = (0..LAST_BATCHES).all(|_| round());
            if more {
                tracing::warn!("the outbox is not empty; the rest is handed over at the next start");
            }
        };
        let thread = std::thread::Builder::new().name("outbox".into()).spawn(serve)?;
        Ok(Deliveries { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.stop = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the outbox ended in a panic");
        }
    }
}

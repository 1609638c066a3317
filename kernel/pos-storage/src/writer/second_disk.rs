//! What the writer does once its disk has failed: sales go to the second one ([`crate::emergency`]), and nothing goes back.
//!
//! It begins where a commit failed by the disk's fault and the database cannot be made ready again, or failed so twice. The
//! chain goes on from the last head that is certain; a transaction whose COMMIT failed is written first, byte for byte as
//! it was to be: whether it is in the database then, the next start sees.

use super::group::Member;
use super::{Done, Writer};
use crate::append::{self, Commit, Head};
use crate::emergency::{self, Attempt, SecondDisk};
use crate::error::{Fault, Result};
use crate::record::{self, Columns};
use pos_api::port::StoreError;
use pos_domain::ids::BasketId;
use pos_domain::tender::TenderKind;
use pos_domain::transaction::{Committed, Transaction, TransactionKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Commits that the disk let fail, one after the other, before it is given up although it comes back each time.
const FAILURES_MAX: u32 = 2;

/// The second disk, and what must be known to go on there at any time.
#[derive(Debug)]
pub(super) struct Emergency {
    disk: SecondDisk,
    /// Commits failed since the last that did not.
    failures: u32,
    /// The transaction whose COMMIT failed last.
    attempt: Option<Attempt>,
    running: Option<Running>,
}

/// The journal as it grows on the second disk.
#[derive(Debug)]
struct Running {
    head: Head,
    /// What was committed there: asked again it is answered the same.
    committed: BTreeMap<BasketId, Arc<Committed>>,
}

impl Emergency {
    pub(super) fn new(disk: SecondDisk) -> Emergency {
        Emergency { disk, failures: 0, attempt: None, running: None }
    }

    /// What was tried before is settled, and its caller has been told.
    pub(super) fn forget_attempt(&mut self) {
        self.attempt = None;
    }

    /// A transaction of the database's failed at its COMMIT.
    pub(super) fn note(&mut self, attempt: Attempt) {
        self.attempt = Some(attempt);
    }

    /// The database works.
    pub(super) fn is_not_needed(&mut self) {
        (self.failures, self.attempt) = (0, None);
    }
}

impl Writer {
    pub(super) fn is_on_second_disk(&self) -> bool {
        self.emergency.as_ref().is_some_and(|emergency| emergency.running.is_some())
    }

    /// The disk let a commit fail. Goes on to the second one, if there is one and this one is given up.
    pub(super) fn go_to_second_disk(&mut self, error: &StoreError) -> Result<bool> {
        let is_ready = self.ready().is_ok();
        let (is_in_doubt, now) = (self.is_in_doubt(), self.head);
        let Some(emergency) = &mut self.emergency else { return Ok(false) };
        emergency.failures += 1;
        if is_ready && emergency.failures < FAILURES_MAX {
            return Ok(false);
        }
        // What was tried belongs into the journal, unless it is known to be in the database.
        let attempt = emergency.attempt.as_ref().filter(|attempt| is_in_doubt || attempt.from == now);
        let (head, committed) = match attempt {
            None => (now, Vec::new()),
            Some(attempt) => {
                let stops = || Fault::failed("the disk failed while a shift was closed or a person was changed");
                let outcome = attempt.outcome()?.ok_or_else(stops)?;
                if !attempt.lines.is_empty() {
                    emergency.disk.append(&attempt.lines)?;
                }
                outcome
            }
        };
        let committed = committed.into_iter().map(|one| (one.transaction.basket, Arc::new(one))).collect();
        emergency.running = Some(Running { head, committed });
        self.connection = None;
        self.state.on_second_disk.store(true, Ordering::SeqCst);
        tracing::error!("the disk failed ({error}): sales are kept in the emergency journal from now on");
        Ok(true)
    }

    /// Commits to the second disk.
    pub(super) fn commit_there(&mut self, member: &mut Member) -> Result<Done, StoreError> {
        let running = self.emergency.as_mut().and_then(|emergency| {
            let Emergency { disk, running, .. } = emergency;
            running.as_mut().map(|running| (disk, running))
        });
        let Some((disk, running)) = running else { return Err(Fault::failed("there is no second disk").into()) };
        let committed = match running.committed.get(&member.basket) {
            Some(committed) => Arc::clone(committed),
            None => append_there(disk, running, member)?,
        };
        // Sums are the database's.
        Ok(Done { committed, appended: None })
    }
}

fn append_there(disk: &mut SecondDisk, running: &mut Running, member: &mut Member) -> Result<Arc<Committed>> {
    let gone = || Fault::failed("the transaction was given up");
    let commit = member.commit.as_ref().ok_or_else(gone)?;
    let Commit { transaction, canonical, open_shift, floors } = &**commit;
    if !floors.is_empty() || !is_for_cash(transaction) {
        return Err(Fault::failed("the disk failed, and the emergency journal takes sales for cash only"));
    }
    let (mut head, mut lines) = (running.head, Vec::new());
    if let Some(opened) = append::shift_before(head, transaction, open_shift.as_ref())? {
        let columns = Columns::of_shift(head.seq + 1, &opened);
        emergency::write_record(&mut lines, &mut head, columns, &record::shift_body(columns.seq, &opened)?)?;
        head.open_shift = Some(opened.shift);
    }
    let columns = Columns::of_transaction(head.seq + 1, head.number + 1, transaction);
    let body = record::transaction_body(columns, canonical.get()?);
    emergency::write_record(&mut lines, &mut head, columns, &body)?;
    disk.append(&lines)?;
    let committed = Committed { number: head.number, transaction: Transaction::clone(transaction) };
    let committed = Arc::new(committed);
    running.head = head;
    running.committed.insert(member.basket, Arc::clone(&committed));
    member.commit = None;
    Ok(committed)
}

/// Whether a transaction needs nothing of what only the database knows: what customers hold or owe, what was sold before.
fn is_for_cash(transaction: &Transaction) -> bool {
    let Transaction { kind, external_reference, tenders, payments, refunds, lots, voids, order, .. } = transaction;
    matches!(kind, TransactionKind::Sale | TransactionKind::Cancelled)
        && external_reference.is_none()
        && tenders.iter().all(|tender| tender.kind == TenderKind::Cash && tender.foreign.is_none())
        && payments.is_empty()
        && refunds.is_empty()
        && lots.is_empty()
        && voids.is_none()
        && order.is_none()
        && transaction.closes_orders.is_empty()
}

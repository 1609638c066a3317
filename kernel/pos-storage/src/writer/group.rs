//! Group commit: transactions whose callers wait at the same time share one SQLite transaction and one fsync.
//!
//! One that is refused costs only itself: the others are then appended again, each in a savepoint. Numbers and hashes go on
//! from member to member in the order in which they came. Nobody is answered before the one COMMIT has succeeded: refusals
//! neither, since they may rest on a member that came to nothing with it. A failed COMMIT is for each member what it is for
//! one alone: the doubt is settled, and then its row is looked for.
//!
//! A transaction that comes alone has no savepoint and waits for nobody. Only after a group of several does the writer wait
//! for as many again, at most as long as that group's COMMIT took: their callers have just been answered, and come back
//! while it would be syncing for the first of them.

use super::{Done, Job, Progress, Writer, tell};
use crate::append::{self, Appended, Commit, Head, Held};
use crate::error::{Fault, Result};
use crate::record::ShiftOpened;
use crate::sums;
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use pos_api::port::StoreError;
use pos_domain::ids::BasketId;
use pos_domain::transaction::Committed;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Members of a group at most.
const MEMBERS_MAX: usize = 64;
/// The longest wait for members, on whatever disk.
const GATHERING_MAX: Duration = Duration::from_millis(5);

/// A transaction, and where its caller hears of it.
pub(super) struct Member {
    pub(super) basket: BasketId,
    /// Taken once its number is certain, but for the COMMIT.
    pub(super) commit: Option<Box<Commit>>,
    progress: Sender<Progress>,
}

impl Member {
    pub(super) fn new(commit: Box<Commit>, progress: Sender<Progress>) -> Member {
        Member { basket: commit.transaction.basket, commit: Some(commit), progress }
    }
}

/// The last group, from which the next one's size is guessed.
#[derive(Debug, Default)]
pub(super) struct Last {
    members: usize,
    /// How long its COMMIT took.
    commit: Duration,
}

/// A member that is in the transaction: what becomes of it when that is durable.
enum Joined {
    /// Its record is appended; the journal ends there now.
    Now(Head, Option<Box<ShiftOpened>>),
    /// Its basket was committed before.
    Before(Box<Committed>),
}

impl Writer {
    /// The transactions that wait together with one of them, in their order, and the job behind them if it is another.
    pub(super) fn gather(&mut self, first: Member, jobs: &Receiver<Job>) -> (Vec<Member>, Option<Job>) {
        let mut members = vec![first];
        // Sabotage: a number taken beforehand is that of one transaction.
        if self.place.is_sabotaged("number-outside") {
            return (members, None);
        }
        let until = Instant::now() + self.last_group.commit.min(GATHERING_MAX);
        while members.len() < MEMBERS_MAX {
            let job = match jobs.try_recv() {
                Ok(job) => job,
                Err(TryRecvError::Empty) if members.len() < self.last_group.members => {
                    match jobs.recv_deadline(until) {
                        Ok(job) => job,
                        Err(_) => break,
                    }
                }
                Err(_) => break,
            };
            match job {
                Job::Commit(commit, progress) => members.push(Member::new(commit, progress)),
                Job::Events(events) => self.queue(events),
                other => return (members, Some(other)),
            }
        }
        (members, None)
    }

    /// Commits what was gathered, and answers every caller.
    pub(super) fn commit_group(&mut self, mut members: Vec<Member>) {
        self.last_group = Last { members: members.len(), commit: Duration::ZERO };
        let appended = if self.is_on_second_disk() { None } else { Some(self.append_group(&mut members)) };
        let answers = match appended {
            None => self.commit_all_there(&mut members),
            Some(Ok(answers)) => {
                if let Some(emergency) = &mut self.emergency {
                    emergency.is_not_needed();
                }
                answers
            }
            // Nothing of it has happened, and it may be the fault of one: each gets a transaction of its own.
            Some(Err(_)) if members.len() > 1 && !self.is_in_doubt() => {
                members.into_iter().for_each(|member| self.commit_group(vec![member]));
                return;
            }
            Some(Err(fault)) => self.settle_group(&mut members, fault),
        };
        let state = self.state.clone();
        // Before anybody is told: who reads sums next waits until all of it is in them.
        let mut sums = state.sums.lock();
        for (Member { basket, progress, .. }, answer) in members.iter().zip(&answers) {
            if answer.is_ok() {
                self.forget_pending(*basket);
            }
            tell(progress, Progress::Done(answer.as_ref().map(|done| done.committed.clone()).map_err(Clone::clone)));
        }
        for Done { committed, appended } in answers.iter().flatten() {
            let Some((seq, opened)) = appended else { continue };
            if let Some(opened) = opened {
                sums.add_entries_of(seq - 1, &opened.entries);
            }
            sums.add(*seq, committed.number, &committed.transaction);
        }
    }

    /// Appends all members in one transaction; each one's answer once that is durable.
    fn append_group(&mut self, members: &mut [Member]) -> Result<Vec<Result<Done, StoreError>>> {
        match self.append_members(members, join_all) {
            // One is refused, which is rare: nothing of it has happened, and savepoints keep it from the others.
            Err(Fault::Store(_)) if members.len() > 1 && !self.is_in_doubt() => self.append_members(members, join_each),
            done => done,
        }
    }

    fn append_members(
        &mut self,
        members: &mut [Member],
        join_members: JoinMembers,
    ) -> Result<Vec<Result<Done, StoreError>>> {
        // Before the head is taken: settling a doubt may move it.
        self.ready()?;
        if let Some(emergency) = &mut self.emergency {
            emergency.forget_attempt();
        }
        if self.place.is_sabotaged("number-outside") {
            self.take_number()?;
        }
        let (mut head, tells_first) = (self.head, self.place.is_sabotaged("receipt-first"));
        let mut appended = Instant::now();
        let state = self.state.clone();
        let answers = self.transact_ready(|connection| {
            let joined = join_members(connection, &mut head, &state.sums, members)?;
            // Each of several is woken once: to prepare what is to be said costs less than another change of threads.
            let tells = members.len() == 1;
            let answer = |(member, joined): (&mut Member, _)| numbered(member, joined?, tells);
            let answers: Vec<_> = members.iter_mut().zip(joined).map(answer).collect();
            if tells_first {
                for (Member { progress, .. }, answer) in members.iter().zip(&answers) {
                    if let Ok(Done { committed, appended: Some(_) }) = answer {
                        tell(progress, Progress::Done(Ok(committed.clone())));
                    }
                }
                // Sabotage: the receipt is out before the commit is made, however busy the machine.
                crossbeam_channel::after(Duration::from_millis(2)).recv().ok();
            }
            appended = Instant::now();
            Ok(answers)
        })?;
        self.last_group.commit = appended.elapsed();
        self.head = head;
        Ok(answers)
    }

    /// After a COMMIT that failed it may have happened: settles it, then looks for each. The sums are read anew with that.
    fn settle_group(&mut self, members: &mut [Member], fault: Fault) -> Vec<Result<Done, StoreError>> {
        let is_of_the_disk = fault.is_of_the_disk();
        let error = &StoreError::from(fault);
        let is_settled = self.is_in_doubt() && self.ready().is_ok();
        let look = |member: &Member| match self.look_for(member.basket) {
            Ok(Some(committed)) if is_settled => Ok(Done { committed: Arc::new(committed), appended: None }),
            _ => Err(error.clone()),
        };
        let answers: Vec<_> = members.iter().map(look).collect();
        if !is_of_the_disk || answers.iter().all(Result::is_ok) {
            return answers;
        }
        match self.go_to_second_disk(error) {
            Ok(true) => self.commit_all_there(members),
            Ok(false) => answers,
            Err(fault) => {
                tracing::error!("the second disk does not take over: {}", StoreError::from(fault));
                answers
            }
        }
    }

    fn commit_all_there(&mut self, members: &mut [Member]) -> Vec<Result<Done, StoreError>> {
        members.iter_mut().map(|member| self.commit_there(member)).collect()
    }
}

/// Appends transactions: which are refused, or the fault that is everybody's.
type JoinMembers = fn(&Connection, &mut Head, &sums::Shared, &[Member]) -> Result<Vec<Result<Joined, StoreError>>>;

/// Appends one transaction after another, all or none.
fn join_all(
    connection: &Connection,
    head: &mut Head,
    sums: &sums::Shared,
    members: &[Member],
) -> Result<Vec<Result<Joined, StoreError>>> {
    let mut held = Held::new(sums);
    members.iter().map(|member| join(connection, head, &mut held, member).map(Ok)).collect()
}

/// Appends one transaction after another, each in a savepoint: what is refused leaves nothing behind.
fn join_each(
    connection: &Connection,
    head: &mut Head,
    sums: &sums::Shared,
    members: &[Member],
) -> Result<Vec<Result<Joined, StoreError>>> {
    let mut held = Held::new(sums);
    let run = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
    let mut all = Vec::with_capacity(members.len());
    for member in members {
        run("SAVEPOINT member")?;
        let joined = match join(connection, head, &mut held, member) {
            Ok(joined) => Ok(joined),
            Err(Fault::Store(refusal)) => {
                run("ROLLBACK TO member")?;
                Err(refusal)
            }
            // Not a refusal but the database's own failure: nobody can say what is left of the others.
            Err(fault) => return Err(fault),
        };
        run("RELEASE member")?;
        all.push(joined);
    }
    Ok(all)
}

fn join<'m>(connection: &Connection, head: &mut Head, held: &mut Held<'m>, member: &'m Member) -> Result<Joined> {
    let commit = member.commit.as_ref().ok_or_else(|| Fault::failed("the transaction was given up"))?;
    Ok(match append::append(connection, *head, held, commit)? {
        Appended::Now(now, opened) => {
            *head = now;
            held.since.push(&commit.transaction);
            Joined::Now(now, opened)
        }
        Appended::Before(committed) => Joined::Before(committed),
    })
}

/// What will be answered. A caller that is told may prepare what is to be said of it.
fn numbered(member: &mut Member, joined: Joined, tells: bool) -> Result<Done, StoreError> {
    let Some(Commit { transaction, .. }) = member.commit.take().map(|commit| *commit) else {
        return Err(Fault::failed("the transaction was given up").into());
    };
    Ok(match joined {
        Joined::Now(head, opened) => {
            let committed = Arc::new(Committed { number: head.number, transaction: Arc::unwrap_or_clone(transaction) });
            if tells {
                tell(&member.progress, Progress::Numbered(committed.clone()));
            }
            Done { committed, appended: Some((head.seq, opened)) }
        }
        Joined::Before(committed) => {
            if committed.transaction != *transaction {
                let basket = member.basket;
                tracing::error!(%basket, "a basket was committed again with other content; the first one stands");
            }
            Done { committed: Arc::new(*committed), appended: None }
        }
    })
}

//! Recovery: the register is opened on what a power cut left, and nothing that was answered may be missing.

use super::books::differences;
use super::day::Day;
use super::noting::Note;
use super::register::{Opening, State, World, state};
use anyhow::ensure;
use pos_api::command::CountOf;
use pos_api::port::{Scope, Store};
use pos_api::{Amount, Command};
use pos_domain::ids::ReceiptNumber;
use pos_money::Decimal;
use pos_storage::SqliteStore;
use pos_storage::disk::{Content, Image, Trace};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A disk that was recovered and looked at: another one with the same database is the same shop.
struct Known {
    database: Content,
    state: State,
    problems: Vec<String>,
}

/// What was found on a disk.
pub(super) struct Found {
    /// What its database held.
    pub(super) state: Option<State>,
    /// What is wrong.
    pub(super) problems: Vec<String>,
    /// It was looked at from all sides, and not only compared with one that was.
    pub(super) is_audited: bool,
    /// Steps until it was open.
    pub(super) opened: u64,
    /// What the recovery did to the disk, if that was asked for.
    pub(super) trace: Option<Trace>,
}

/// Looks at what is left of a day.
pub(super) struct Auditor<'a> {
    world: &'a World,
    pub(super) day: &'a Day,
    states: Vec<State>,
    known: Vec<Known>,
}

impl<'a> Auditor<'a> {
    pub(super) fn new(world: &'a World, day: &'a Day) -> Auditor<'a> {
        Auditor { world, day, states: day.states(), known: Vec::new() }
    }

    /// The notes of which the last may be what is found after a cut: answered for certain, to begun.
    pub(super) fn notes_at(&self, step: u64) -> RangeInclusive<usize> {
        let answered = self.day.notes.iter().rposition(|note| note.done <= step).unwrap_or(0);
        let begun = self.day.notes.iter().rposition(|note| note.began < step).unwrap_or(0);
        answered..=begun.max(answered)
    }

    /// What was going on at a step, for counting.
    pub(super) fn moment(&self, step: u64) -> &'static str {
        let note = self.day.notes.iter().find(|note| note.began < step && step < note.done);
        note.map_or("between", |note| note.what)
    }

    /// Opens the register on a disk and looks at what is there.
    pub(super) fn recover(
        &mut self,
        image: &Image,
        notes: RangeInclusive<usize>,
        is_thorough: bool,
        records: bool,
    ) -> Found {
        self.world.disk.put(image);
        if records {
            self.world.disk.record();
        }
        let mut found = Found { state: None, problems: Vec::new(), is_audited: false, opened: 0, trace: None };
        let store = match self.world.store() {
            Ok(store) => store,
            Err(error) => {
                found.problems.push(format!("the database does not open: {error}"));
                return found;
            }
        };
        found.opened = self.world.disk.steps();
        let database = self.world.disk.database();
        let known = self.known.iter().position(|known| known.database == database);
        let at = match known.filter(|_| !is_thorough) {
            Some(known) => {
                drop(store);
                known
            }
            None => {
                found.is_audited = true;
                let (state, problems) = self.audit(store);
                self.known.push(Known { database, state, problems });
                self.known.len() - 1
            }
        };
        if records && !found.is_audited {
            found.trace = Some(self.world.disk.trace());
        }
        let known = &self.known[at];
        found.problems.extend_from_slice(&known.problems);
        if !self.states[notes.clone()].contains(&known.state) {
            let what: Vec<&str> = self.day.notes[notes.clone()].iter().map(|note| note.what).collect();
            let is = self.states.iter().rposition(|state| *state == known.state);
            found.problems.push(match is {
                Some(is) => format!("the shop stands after note {is}, not {notes:?} ({what:?})"),
                None => format!("the shop never stood like this; it should after notes {notes:?} ({what:?})"),
            });
        }
        found.state = Some(Arc::clone(&known.state));
        found
    }

    fn audit(&self, store: SqliteStore) -> (State, Vec<String>) {
        let mut problems = Vec::new();
        let state = state(self.world.disk.path()).unwrap_or_else(|error| {
            problems.push(format!("the database cannot be read: {error}"));
            State::default()
        });
        let at = self.states.iter().rposition(|known| *known == state);
        if let Err(error) = self.look(store, at, &mut problems) {
            problems.push(format!("the shop cannot be looked at: {error:#}"));
        }
        (state, problems)
    }

    /// Verifies, adds up, asks again for what was answered, and sells on.
    fn look(&self, store: SqliteStore, at: Option<usize>, problems: &mut Vec<String>) -> anyhow::Result<()> {
        let verified = store.verify(Scope::WHOLE)?;
        problems.extend(verified.problems);
        let (notes, sent) = (&self.day.notes, &self.day.sent);
        let told = at.map_or(&[][..], |at| &notes[..=at]);
        let anchors: Vec<&str> = told.iter().filter_map(|note| note.anchor.as_deref()).collect();
        problems.extend(differences(&store, &anchors)?);
        problems.extend(missing(&store, told)?);
        let mut register = self.world.register_on(Arc::new(store), &Opening::unwatched())?;
        let baskets = register.store.restore()?.baskets.len();
        ensure!(register.kernel.open_baskets().len() == baskets, "not every open basket came back");
        let records = register.store.journal_records()?;
        // What was answered last is asked for again, as by somebody who did not hear the answer.
        if let Some(Note { committed: Some(committed), command, .. }) = told.last()
            && let Some(envelope) = sent.get(*command)
        {
            let reply = register.send(*command, envelope.clone());
            let is_lasting = !matches!(envelope.command, Command::Cancel { .. } | Command::PostVoid { .. });
            if reply.number.is_some_and(|number| number != committed.number) || (reply.number.is_none() && is_lasting) {
                problems.push(format!(
                    "{:?} was receipt {} and is now {:?} {:?}",
                    envelope.command, committed.number, reply.number, reply.refused
                ));
            }
            let now = register.store.journal_records()?;
            if now != records {
                problems.push(format!("{:?} was carried out a second time", envelope.command));
            }
        }
        // What was going on is asked for again: it may be done now or refused, by name.
        if let Some(next) = at.and_then(|at| notes.get(at + 1))
            && let Some(envelope) = sent.get(next.command)
        {
            let reply = register.send(next.command, envelope.clone());
            if let Some(refused) =
                reply.refused.filter(|refused| ["storage_failed", "check_failed"].contains(&&*refused.code))
            {
                problems.push(format!("{:?} asked for again failed: {}", envelope.command, refused.message));
            }
        }
        let last = register.store.verify(Scope::WHOLE)?.last_number;
        register.store.upsert_items(self.world.items.clone())?;
        let number = sell_on(&mut register)?;
        if number != last + 1 {
            problems.push(format!("the next receipt is {number}; the last one was {last}"));
        }
        let counts =
            vec![CountOf { tender: None, currency: None, amount: Some(Amount(Decimal::TEN)), pieces: Vec::new() }];
        for id in ["count", "recount"] {
            register.call(id, Command::CountTill { counts: counts.clone() });
        }
        let reply = register.call("close", Command::CloseShift { reason: "power was cut".into(), carry: true });
        if let Some(refused) = reply.refused {
            problems.push(format!("the shift cannot be closed: {}", refused.message));
        }
        problems.extend(register.store.verify(Scope::WHOLE)?.problems);
        problems.extend(differences(&register.store, &anchors)?);
        Ok(())
    }
}

fn sell_on(register: &mut super::register::Register) -> anyhow::Result<ReceiptNumber> {
    let basket = register.call("open", Command::OpenBasket { reference: None }).basket;
    let commands = [
        Command::SellItem { basket, scan: "SOAP".into(), quantity: None, given: None },
        Command::TenderCash { basket, amount: None },
        Command::Complete { basket },
    ];
    let mut number = None;
    for (index, command) in commands.into_iter().enumerate() {
        let reply = register.call(&format!("on{index}"), command);
        ensure!(reply.refused.is_none(), "the register does not sell on: {:?}", reply.refused);
        number = reply.number;
    }
    number.ok_or_else(|| anyhow::anyhow!("a sale has a number"))
}

/// Transactions that were answered and are not on file as they were, by number and by basket.
pub(super) fn missing(store: &SqliteStore, notes: &[Note]) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    for committed in notes.iter().filter_map(|note| note.committed.as_ref()) {
        let number = committed.number;
        match store.transaction(number)? {
            Some(found) if found == **committed => {}
            Some(_) => told.push(format!("receipt {number} is another one")),
            None => told.push(format!("receipt {number} is gone")),
        }
        let basket = store.number_of_basket(committed.transaction.basket)?;
        if basket != Some(number) {
            told.push(format!("the basket of receipt {number} is {basket:?}"));
        }
    }
    Ok(told)
}

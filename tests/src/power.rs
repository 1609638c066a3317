//! A store whose power can fail: what was not made durable is lost, what was is not, and the call under way does either.
//!
//! It stands between the kernel and the real storage. Basket events wait here until a flush hands them over, as they wait in
//! the writer's memory; a failure of power keeps the first so many of them. From the failure on every call fails, until the
//! shop is opened again. What the disk itself does when the power fails is another laboratory's: `lab cuts`.

use crate::baskets::Random;
use pos_api::port::{
    ClosedShift, CommitRequest, Handover, OpenShift, Restored, Scope, Store, StoreError, TrialBalance, Verification,
};
use pos_domain::basket::Event;
use pos_domain::catalogue::Item;
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::lots::Lot;
use pos_domain::offer_use::Used;
use pos_domain::payment::{Move, Payment, PaymentId};
use pos_domain::people::{Audit, Person};
use pos_domain::period::{Period, PeriodClosed, PeriodClosing};
use pos_domain::report::ShiftTotals;
use pos_domain::shift::{Books, Closing};
use pos_domain::stock::Level;
use pos_domain::transaction::Committed;
use pos_money::{Money, Unit};
use pos_storage::SqliteStore;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is known of the power.
struct State {
    /// Calls that write until the power fails; none: it does not.
    left: Option<u64>,
    dead: bool,
    /// Events that are not durable yet, those together that belong together.
    waiting: Vec<(BasketId, u32, Vec<Event>)>,
    random: Random,
    /// Payments whose intent is durable, and those whose giving up is.
    asked: BTreeSet<PaymentId>,
    given_up: BTreeSet<PaymentId>,
}

/// The store.
pub struct PoweredStore {
    inner: Arc<SqliteStore>,
    state: Mutex<State>,
}

/// Where a call that writes meets the failure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strikes {
    Not,
    Before,
    After,
}

impl PoweredStore {
    /// Over a real storage; the seed decides how much of what waits survives a failure.
    pub fn new(inner: Arc<SqliteStore>, seed: u64) -> PoweredStore {
        let state = State {
            left: None,
            dead: false,
            waiting: Vec::new(),
            random: Random::new(seed),
            asked: BTreeSet::new(),
            given_up: BTreeSet::new(),
        };
        PoweredStore { inner, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After so many more calls that write, the power fails.
    pub fn fail_after(&self, calls: u64) {
        self.state().left = Some(calls);
    }

    /// The power fails now, if it has not; then it is back. Answers whether it had failed by itself.
    pub fn restore_power(&self) -> bool {
        let mut state = self.state();
        let had_failed = state.dead;
        if !state.dead {
            self.lose(&mut state);
        }
        (state.dead, state.left) = (false, None);
        had_failed
    }

    /// Whether the power has failed.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Whether it is on the disk that a terminal is asked for this payment.
    pub fn knows_asked(&self, id: PaymentId) -> bool {
        self.state().asked.contains(&id)
    }

    /// Whether it is on the disk that this payment is given up.
    pub fn knows_given_up(&self, id: PaymentId) -> bool {
        self.state().given_up.contains(&id)
    }

    fn failed() -> StoreError {
        StoreError::Failed { problem: "the power has failed".into(), disk_full: false }
    }

    /// The first so many events had been written; the rest is gone.
    fn lose(&self, state: &mut State) {
        state.dead = true;
        let kept = state.random.below(state.waiting.len() as u64 + 1) as usize;
        let waiting = std::mem::take(&mut state.waiting);
        // Fails only where the real storage has stopped; its next call says so.
        self.hand_over(state, &waiting[..kept]).ok();
    }

    fn hand_over(&self, state: &mut State, events: &[(BasketId, u32, Vec<Event>)]) -> Result<(), StoreError> {
        for (basket, first, events) in events {
            self.inner.queue_events(*basket, *first, events)?;
            for event in events {
                match event {
                    Event::PaymentAsked(intent) => {
                        state.asked.insert(intent.id);
                    }
                    Event::PaymentMoved { number, to: Move::GivenUp { .. } | Move::Left | Move::Approved(_) } => {
                        state.given_up.insert(PaymentId { basket: *basket, number: *number });
                    }
                    _ => {}
                }
            }
        }
        self.inner.flush()
    }

    /// Counts a call that writes.
    fn strike(state: &mut State) -> Strikes {
        match &mut state.left {
            Some(0) => {
                state.left = None;
                if state.random.below(2) == 0 { Strikes::Before } else { Strikes::After }
            }
            Some(left) => {
                *left -= 1;
                Strikes::Not
            }
            None => Strikes::Not,
        }
    }

    fn read<T>(&self, look: impl FnOnce(&SqliteStore) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.state().dead { Err(Self::failed()) } else { look(&self.inner) }
    }

    /// Begins a call that writes; the power may fail before it.
    fn begin(&self) -> Result<(MutexGuard<'_, State>, Strikes), StoreError> {
        let mut state = self.state();
        if state.dead {
            return Err(Self::failed());
        }
        let strikes = Self::strike(&mut state);
        if strikes == Strikes::Before {
            self.lose(&mut state);
            return Err(Self::failed());
        }
        Ok((state, strikes))
    }

    fn write<T>(&self, change: impl FnOnce(&SqliteStore) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let (mut state, strikes) = self.begin()?;
        let done = change(&self.inner);
        if strikes == Strikes::After {
            self.lose(&mut state);
            return Err(Self::failed());
        }
        done
    }
}

impl Store for PoweredStore {
    fn restore(&self) -> Result<Restored, StoreError> {
        self.read(|store| store.restore())
    }

    fn queue_events(&self, basket: BasketId, first: u32, events: &[Event]) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.dead {
            return Err(Self::failed());
        }
        state.waiting.push((basket, first, events.to_vec()));
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        let (mut state, strikes) = self.begin()?;
        let waiting = std::mem::take(&mut state.waiting);
        self.hand_over(&mut state, &waiting)?;
        if strikes == Strikes::After {
            self.lose(&mut state);
            return Err(Self::failed());
        }
        Ok(())
    }

    fn commit(
        &self,
        request: CommitRequest,
        meanwhile: &mut dyn FnMut(&Arc<Committed>),
    ) -> Result<Arc<Committed>, StoreError> {
        let basket = request.transaction.basket;
        let (state, strikes) = self.begin()?;
        // Whoever prepares what is to be said reads articles.
        drop(state);
        let committed = self.inner.commit(request, meanwhile);
        let mut state = self.state();
        if committed.is_ok() {
            state.waiting.retain(|(of, ..)| *of != basket);
        }
        if strikes == Strikes::After {
            self.lose(&mut state);
            return Err(Self::failed());
        }
        committed
    }

    fn item_by_code(&self, code: &str) -> Result<Option<Arc<Item>>, StoreError> {
        self.read(|store| store.item_by_code(code))
    }

    fn item(&self, id: &str) -> Result<Option<Arc<Item>>, StoreError> {
        self.read(|store| store.item(id))
    }

    fn find_items(&self, text: &str, limit: u32) -> Result<Vec<Arc<Item>>, StoreError> {
        self.read(|store| store.find_items(text, limit))
    }

    fn upsert_items(&self, items: Vec<Item>) -> Result<(), StoreError> {
        self.write(|store| store.upsert_items(items))
    }

    fn transaction(&self, number: ReceiptNumber) -> Result<Option<Committed>, StoreError> {
        self.read(|store| store.transaction(number))
    }

    fn number_of_basket(&self, basket: BasketId) -> Result<Option<ReceiptNumber>, StoreError> {
        self.read(|store| store.number_of_basket(basket))
    }

    fn number_of_reference(&self, reference: &str) -> Result<Option<ReceiptNumber>, StoreError> {
        self.read(|store| store.number_of_reference(reference))
    }

    fn count_copy(&self, number: ReceiptNumber) -> Result<u32, StoreError> {
        self.write(|store| store.count_copy(number))
    }

    fn shift_totals(&self) -> Result<Option<ShiftTotals>, StoreError> {
        self.read(|store| store.shift_totals())
    }

    fn open_shift(&self, shift: OpenShift, books: &Books) -> Result<(), StoreError> {
        self.write(|store| store.open_shift(shift, books))
    }

    fn till_counts(&self) -> Result<Vec<Committed>, StoreError> {
        self.read(|store| store.till_counts())
    }

    fn close_shift(&self, closing: Closing) -> Result<ClosedShift, StoreError> {
        self.write(|store| store.close_shift(closing))
    }

    fn closed_shift(&self, shift: u64) -> Result<Option<ClosedShift>, StoreError> {
        self.read(|store| store.closed_shift(shift))
    }

    fn handover(&self, shift: u64) -> Result<Option<String>, StoreError> {
        self.read(|store| store.handover(shift))
    }

    fn read_handover(&self, text: &str) -> Result<Handover, StoreError> {
        self.read(|store| store.read_handover(text))
    }

    fn close_periods(&self, closing: PeriodClosing) -> Result<Vec<PeriodClosed>, StoreError> {
        self.write(|store| store.close_periods(closing))
    }

    fn periods(&self, period: Period, limit: u32) -> Result<Vec<PeriodClosed>, StoreError> {
        self.read(|store| store.periods(period, limit))
    }

    fn returns_of(&self, sale: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError> {
        self.read(|store| store.returns_of(sale))
    }

    fn lots(&self, account: &str) -> Result<Vec<Lot>, StoreError> {
        self.read(|store| store.lots(account))
    }

    fn open_orders(&self) -> Result<Vec<ReceiptNumber>, StoreError> {
        self.read(|store| store.open_orders())
    }

    fn naming_order(&self, order: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError> {
        self.read(|store| store.naming_order(order))
    }

    fn credit_of(&self, account: &str) -> Result<Money, StoreError> {
        self.read(|store| store.credit_of(account))
    }

    fn make_room(&self) -> Result<bool, StoreError> {
        self.read(|store| store.make_room())
    }

    fn is_on_second_disk(&self) -> bool {
        false
    }

    fn has_room(&self) -> Result<bool, StoreError> {
        self.read(|store| store.has_room())
    }

    fn stock_of(&self, item: &str) -> Result<Vec<(Unit, Level)>, StoreError> {
        self.read(|store| store.stock_of(item))
    }

    fn reordered_items(&self) -> Result<Vec<Arc<Item>>, StoreError> {
        self.read(|store| store.reordered_items())
    }

    fn offer_used(&self, offer: &str, customer: Option<&str>) -> Result<Used, StoreError> {
        self.read(|store| store.offer_used(offer, customer))
    }

    fn device_secret(&self) -> Result<[u8; 32], StoreError> {
        self.read(|store| store.device_secret())
    }

    fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.read(|store| store.people())
    }

    fn store_person(&self, person: Option<Person>, audit: Option<Audit>) -> Result<(), StoreError> {
        self.write(|store| store.store_person(person, audit))
    }

    fn audited(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Audit>, StoreError> {
        self.read(|store| store.audited(from_ms, to_ms))
    }

    fn transactions_between(
        &self,
        from_ms: i64,
        to_ms: i64,
        each: &mut dyn FnMut(&Committed),
    ) -> Result<(), StoreError> {
        self.read(|store| store.transactions_between(from_ms, to_ms, each))
    }

    fn open_payments(&self) -> Result<Vec<Payment>, StoreError> {
        self.read(|store| store.open_payments())
    }

    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.read(|store| store.payment(id))
    }

    fn trial_balance(&self) -> Result<TrialBalance, StoreError> {
        self.read(|store| store.trial_balance())
    }

    fn verify(&self, scope: Scope<'_>) -> Result<Verification, StoreError> {
        self.read(|store| store.verify(scope))
    }
}

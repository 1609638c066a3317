//! A storage that notes between which steps of the disk it was asked for something durable, and what it answered.

use super::register::{State, state};
use pos_api::port::{
    ClosedShift, CommitRequest, Handover, OpenShift, Restored, Scope, Store, StoreError, TrialBalance, Verification,
};
use pos_domain::basket::Event;
use pos_domain::catalogue::Item;
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::lots::Lot;
use pos_domain::offer_use::Used;
use pos_domain::payment::{Payment, PaymentId};
use pos_domain::people::{Audit, Person};
use pos_domain::period::{Period, PeriodClosed, PeriodClosing};
use pos_domain::report::ShiftTotals;
use pos_domain::shift::{Books, Closing};
use pos_domain::stock::Level;
use pos_domain::transaction::Committed;
use pos_money::{Money, Unit};
use pos_storage::SqliteStore;
use pos_storage::disk::Disk;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that was to be durable when it was answered.
#[derive(Clone, Debug)]
pub(super) struct Note {
    /// What it was.
    pub(super) what: &'static str,
    /// Steps of the disk before it was asked for.
    pub(super) began: u64,
    /// Steps of the disk when it was answered, or told in another way.
    pub(super) done: u64,
    /// The command it was part of.
    pub(super) command: usize,
    /// The transaction that was answered.
    pub(super) committed: Option<Arc<Committed>>,
    /// The anchor that was answered.
    pub(super) anchor: Option<String>,
    /// What the database held then; not looked at where faults are built into the disk.
    pub(super) state: Option<State>,
}

/// The storage, and what was noted of it.
pub(super) struct Noting {
    store: Arc<SqliteStore>,
    disk: Arc<Disk>,
    notes: Arc<Mutex<Vec<Note>>>,
    looks: bool,
    /// The command being carried out.
    pub(super) command: AtomicUsize,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Noting {
    pub(super) fn new(store: Arc<SqliteStore>, disk: Arc<Disk>, notes: Arc<Mutex<Vec<Note>>>, looks: bool) -> Noting {
        Noting { store, disk, notes, looks, command: AtomicUsize::new(0) }
    }

    fn note<T>(
        &self,
        what: &'static str,
        act: impl FnOnce() -> Result<T, StoreError>,
        answered: impl FnOnce(&T, &mut Note),
    ) -> Result<T, StoreError> {
        let began = self.disk.steps();
        let done = act();
        let steps = self.disk.steps();
        // A copy of a receipt that there is not: refused, but only once the writer has done all it had to do.
        self.store.count_copy(0).err();
        let command = self.command.load(Ordering::SeqCst);
        if let Ok(done) = &done {
            let state = if self.looks { Some(state(self.disk.path()).map_err(failed)?) } else { None };
            let mut note = Note { what, began, done: steps, command, committed: None, anchor: None, state };
            answered(done, &mut note);
            locked(&self.notes).push(note);
        }
        done
    }
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Failed { problem: error.to_string(), disk_full: false }
}

impl Store for Noting {
    fn restore(&self) -> Result<Restored, StoreError> {
        self.store.restore()
    }

    fn queue_events(&self, basket: BasketId, first: u32, events: &[Event]) -> Result<(), StoreError> {
        self.store.queue_events(basket, first, events)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.note("basket events", || self.store.flush(), |(), _| {})
    }

    fn commit(
        &self,
        request: CommitRequest,
        meanwhile: &mut dyn FnMut(&Arc<Committed>),
    ) -> Result<Arc<Committed>, StoreError> {
        let what = request.transaction.kind.code();
        self.note(
            what,
            || self.store.commit(request, meanwhile),
            |committed, note| {
                note.committed = Some(Arc::clone(committed));
            },
        )
    }

    fn item_by_code(&self, code: &str) -> Result<Option<Arc<Item>>, StoreError> {
        self.store.item_by_code(code)
    }

    fn item(&self, id: &str) -> Result<Option<Arc<Item>>, StoreError> {
        self.store.item(id)
    }

    fn find_items(&self, text: &str, limit: u32) -> Result<Vec<Arc<Item>>, StoreError> {
        self.store.find_items(text, limit)
    }

    fn upsert_items(&self, items: Vec<Item>) -> Result<(), StoreError> {
        self.note("articles", || self.store.upsert_items(items), |(), _| {})
    }

    fn transaction(&self, number: ReceiptNumber) -> Result<Option<Committed>, StoreError> {
        self.store.transaction(number)
    }

    fn number_of_basket(&self, basket: BasketId) -> Result<Option<ReceiptNumber>, StoreError> {
        self.store.number_of_basket(basket)
    }

    fn number_of_reference(&self, reference: &str) -> Result<Option<ReceiptNumber>, StoreError> {
        self.store.number_of_reference(reference)
    }

    fn count_copy(&self, number: ReceiptNumber) -> Result<u32, StoreError> {
        self.note("copy", || self.store.count_copy(number), |_, _| {})
    }

    fn shift_totals(&self) -> Result<Option<ShiftTotals>, StoreError> {
        self.store.shift_totals()
    }

    fn open_shift(&self, shift: OpenShift, books: &Books) -> Result<(), StoreError> {
        self.note("shift opened", || self.store.open_shift(shift, books), |(), _| {})
    }

    fn till_counts(&self) -> Result<Vec<Committed>, StoreError> {
        self.store.till_counts()
    }

    fn close_shift(&self, closing: Closing) -> Result<ClosedShift, StoreError> {
        self.note(
            "shift closed",
            || self.store.close_shift(closing),
            |closed, note| {
                note.anchor = Some(closed.anchor.clone());
            },
        )
    }

    fn closed_shift(&self, shift: u64) -> Result<Option<ClosedShift>, StoreError> {
        self.store.closed_shift(shift)
    }

    fn handover(&self, shift: u64) -> Result<Option<String>, StoreError> {
        self.store.handover(shift)
    }

    fn read_handover(&self, text: &str) -> Result<Handover, StoreError> {
        self.store.read_handover(text)
    }

    fn close_periods(&self, closing: PeriodClosing) -> Result<Vec<PeriodClosed>, StoreError> {
        self.note("periods closed", || self.store.close_periods(closing), |_, _| {})
    }

    fn periods(&self, period: Period, limit: u32) -> Result<Vec<PeriodClosed>, StoreError> {
        self.store.periods(period, limit)
    }

    fn returns_of(&self, sale: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError> {
        self.store.returns_of(sale)
    }

    fn lots(&self, account: &str) -> Result<Vec<Lot>, StoreError> {
        self.store.lots(account)
    }

    fn make_room(&self) -> Result<bool, StoreError> {
        self.store.make_room()
    }

    fn is_on_second_disk(&self) -> bool {
        self.store.is_on_second_disk()
    }

    fn has_room(&self) -> Result<bool, StoreError> {
        self.store.has_room()
    }

    fn stock_of(&self, item: &str) -> Result<Vec<(Unit, Level)>, StoreError> {
        self.store.stock_of(item)
    }

    fn reordered_items(&self) -> Result<Vec<Arc<Item>>, StoreError> {
        self.store.reordered_items()
    }

    fn offer_used(&self, offer: &str, customer: Option<&str>) -> Result<Used, StoreError> {
        self.store.offer_used(offer, customer)
    }

    fn credit_of(&self, account: &str) -> Result<Money, StoreError> {
        self.store.credit_of(account)
    }

    fn open_orders(&self) -> Result<Vec<ReceiptNumber>, StoreError> {
        self.store.open_orders()
    }

    fn naming_order(&self, order: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError> {
        self.store.naming_order(order)
    }

    fn open_payments(&self) -> Result<Vec<Payment>, StoreError> {
        self.store.open_payments()
    }

    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.store.payment(id)
    }

    fn device_secret(&self) -> Result<[u8; 32], StoreError> {
        self.store.device_secret()
    }

    fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.store.people()
    }

    fn store_person(&self, person: Option<Person>, audit: Option<Audit>) -> Result<(), StoreError> {
        let what = if person.is_some() { "person" } else { "audit" };
        self.note(what, || self.store.store_person(person, audit), |(), _| {})
    }

    fn audited(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Audit>, StoreError> {
        self.store.audited(from_ms, to_ms)
    }

    fn transactions_between(
        &self,
        from_ms: i64,
        to_ms: i64,
        each: &mut dyn FnMut(&Committed),
    ) -> Result<(), StoreError> {
        self.store.transactions_between(from_ms, to_ms, each)
    }

    fn trial_balance(&self) -> Result<TrialBalance, StoreError> {
        self.store.trial_balance()
    }

    fn verify(&self, scope: Scope<'_>) -> Result<Verification, StoreError> {
        self.store.verify(scope)
    }
}

//! What the kernel needs from the outside. Adapters implement these traits; simulations replace them.

use crate::diagnostic::Diagnostic;
use pos_domain::basket::Event;
use pos_domain::catalogue::Item;
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::ledger::Floor;
use pos_domain::lots::Lot;
use pos_domain::offer_use::Used;
use pos_domain::payment::{Authorisation, Intent, Payment, PaymentId};
use pos_domain::people::{Audit, Person};
use pos_domain::period::{Period, PeriodClosed, PeriodClosing};
use pos_domain::pricing::proposal::{Assessment, Proposal, Snapshot, Stage, TaxInput};
use pos_domain::receipt::Receipt;
use pos_domain::report::ShiftTotals;
use pos_domain::shift::{Books, Carried, Closing, ShiftClosed};
use pos_domain::stock::Level;
use pos_domain::till::Pieces;
use pos_domain::time::Moment;
use pos_domain::transaction::{Committed, Transaction};
use pos_money::{Currency, Money, Unit};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

// ---------------------------------------------------------------- time and ids

/// The time of day at the store.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Moment;
}

/// Fresh ids.
pub trait Ids: Send + Sync {
    /// A basket id that was never used.
    fn basket(&self, now: Moment) -> BasketId;
}

// ---------------------------------------------------------------- storage

/// What the storage found when it opened.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// Events of every basket that was open, in order.
    pub baskets: Vec<Vec<Event>>,
    /// The shift that is open.
    pub shift: Option<OpenShift>,
    /// The last shift that was opened; 0 before the first.
    pub last_shift: u64,
    /// The last transaction of the journal.
    pub last: Option<Box<Committed>>,
}

/// How much is verified.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// All that is stored, from the first record on, unless somebody wants it to stop.
    Whole(&'a AtomicBool),
    /// Records since the last one that was signed: what a start waits for.
    Tail,
}

/// Nobody stops it.
static NEVER: AtomicBool = AtomicBool::new(false);

impl Scope<'_> {
    /// All that is stored.
    pub const WHOLE: Scope<'static> = Scope::Whole(&NEVER);
}

/// A shift in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenShift {
    /// Its number, from 1.
    pub shift: u64,
    /// Its trading day.
    pub business_date: jiff::civil::Date,
    /// Money in the till at its opening.
    pub float: Money,
    /// In notes and coins, where they were counted at its opening.
    pub pieces: Vec<Pieces>,
    /// Who opened it, where somebody did; the first sale opens one as well.
    pub cashier: Arc<str>,
    /// The till of another shift that it takes over.
    pub carried: Option<Carried>,
    /// When.
    pub opened_at: Moment,
}

/// A till as one register hands it to another: signed, to be carried as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The store it belongs to.
    pub store: Arc<str>,
    /// Of all amounts.
    pub currency: Currency,
    /// The till.
    pub carried: Carried,
    /// The shift of this register that took it over before.
    pub taken_by: Option<u64>,
}

/// A shift that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedShift {
    /// Its figures.
    pub closed: ShiftClosed,
    /// The record of its closing and the beginning of that record's hash, as printed; the register has signed it.
    pub anchor: String,
}

/// A transaction to be made durable.
#[derive(Clone, Debug)]
pub struct CommitRequest {
    /// The transaction, all but its number.
    pub transaction: Transaction,
    /// Opens the shift in the same commit, if none was open.
    pub open_shift: Option<OpenShift>,
    /// Accounts that must not run out: looked at inside the commit.
    pub floors: Vec<Floor>,
}

/// Why the storage could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another transaction has this external reference.
    #[error("{reference} was rung already, as receipt {number}")]
    AlreadyRung {
        /// The reference.
        reference: String,
        /// The receipt it became.
        number: ReceiptNumber,
    },
    /// Nothing was written and the register cannot go on selling: disk full, read-only, I/O error, corruption.
    #[error("{problem}")]
    Failed {
        /// What the database said.
        problem: String,
        /// No space is left.
        disk_full: bool,
    },
    /// There is not as much on an account as was to be taken from it.
    #[error("account {account} holds too little: {available} minor units")]
    RunsOut {
        /// The account.
        account: Arc<str>,
        /// What could be taken, in minor units.
        available: i64,
    },
    /// The name or the badge is another person's.
    #[error("that name or badge is somebody else's")]
    PersonTaken,
    /// The data do not hold what they should.
    #[error("{problem}")]
    Corrupt {
        /// What does not hold.
        problem: String,
    },
}

/// What a verification of the journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Records read.
    pub records: u64,
    /// Last receipt number.
    pub last_number: ReceiptNumber,
    /// Hash of the last record, hexadecimal.
    pub head: String,
    /// What is wrong; empty: verified.
    pub problems: Vec<String>,
}

/// The balance of an account: debits and credits ever posted to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountBalance {
    /// Its path.
    pub account: Arc<str>,
    /// In what, if not in the shop's money: `points:club`.
    pub unit: Option<Arc<str>>,
    /// Sum of debits.
    pub debit: Money,
    /// Sum of credits.
    pub credit: Money,
}

/// What everything ever posted adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialBalance {
    /// By path.
    pub accounts: Vec<AccountBalance>,
    /// On hand by article and unit.
    pub stock: Vec<(Arc<str>, pos_money::Quantity)>,
}

/// The journal, the catalogue and the open baskets.
pub trait Store: Send + Sync {
    /// What was open when the program ended, however it ended.
    fn restore(&self) -> Result<Restored, StoreError>;
    /// Queues events of a basket that belong together, numbered from `first`: durable all at once, within 100 ms or with the
    /// basket's commit if that comes first.
    fn queue_events(&self, basket: BasketId, first: u32, events: &[Event]) -> Result<(), StoreError>;
    /// Returns when everything queued before is durable.
    fn flush(&self) -> Result<(), StoreError>;
    /// Makes a transaction durable: number, lines, entries, movements, hash chain, one SQLite transaction, one fsync.
    /// The same basket again returns what was committed first.
    ///
    /// `meanwhile` may prepare what is to be said of it while the disk works. It is called with what will be answered, and
    /// with something else before that only if that came to nothing: what it prepared last belongs to the answer, and
    /// nothing it prepared may be told before there is one. It may read the catalogue, and nothing that commits change.
    fn commit(
        &self,
        request: CommitRequest,
        meanwhile: &mut dyn FnMut(&Arc<Committed>),
    ) -> Result<Arc<Committed>, StoreError>;
    /// An article by one of its codes, exactly.
    fn item_by_code(&self, code: &str) -> Result<Option<Arc<Item>>, StoreError>;
    /// An article by its id.
    fn item(&self, id: &str) -> Result<Option<Arc<Item>>, StoreError>;
    /// Articles whose name has words beginning with the words of `text`, best first.
    fn find_items(&self, text: &str, limit: u32) -> Result<Vec<Arc<Item>>, StoreError>;
    /// Adds or replaces articles by id, in one transaction.
    fn upsert_items(&self, items: Vec<Item>) -> Result<(), StoreError>;
    /// A committed transaction.
    fn transaction(&self, number: ReceiptNumber) -> Result<Option<Committed>, StoreError>;
    /// The receipt of a basket.
    fn number_of_basket(&self, basket: BasketId) -> Result<Option<ReceiptNumber>, StoreError>;
    /// The receipt of an external reference.
    fn number_of_reference(&self, reference: &str) -> Result<Option<ReceiptNumber>, StoreError>;
    /// Counts a copy being printed; durable before it returns. From 1.
    fn count_copy(&self, number: ReceiptNumber) -> Result<u32, StoreError>;
    /// Running totals of the open shift; none before the first sale.
    fn shift_totals(&self) -> Result<Option<ShiftTotals>, StoreError>;
    /// Opens a shift; durable when it returns. The one that is open already stays open.
    fn open_shift(&self, shift: OpenShift, books: &Books) -> Result<(), StoreError>;
    /// Counts of the open shift since something in its till last moved, oldest first.
    fn till_counts(&self) -> Result<Vec<Committed>, StoreError>;
    /// Closes a shift and signs where the journal stands; durable when it returns. Closed before, it answers the same.
    fn close_shift(&self, closing: Closing) -> Result<ClosedShift, StoreError>;
    /// A shift that was closed.
    fn closed_shift(&self, shift: u64) -> Result<Option<ClosedShift>, StoreError>;

    /// The till of a shift that was handed over, for another register.
    fn handover(&self, shift: u64) -> Result<Option<String>, StoreError>;

    /// Reads such a till, and whether it was taken over here before. An error says what is wrong with it.
    fn read_handover(&self, text: &str) -> Result<Handover, StoreError>;

    /// Closes the days, months and years that are over; answers those that it closed. Durable when it returns.
    fn close_periods(&self, closing: PeriodClosing) -> Result<Vec<PeriodClosed>, StoreError>;

    /// Closed days, months or years, newest first.
    fn periods(&self, period: Period, limit: u32) -> Result<Vec<PeriodClosed>, StoreError>;
    /// Later transactions that took something of a sale back, oldest first.
    fn returns_of(&self, sale: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError>;
    /// What is left of a customer's points, lot by lot.
    fn lots(&self, account: &str) -> Result<Vec<Lot>, StoreError>;
    /// Numbers of orders that are open, oldest first.
    fn open_orders(&self) -> Result<Vec<ReceiptNumber>, StoreError>;
    /// Later transactions that name an order, oldest first.
    fn naming_order(&self, order: ReceiptNumber) -> Result<Vec<Arc<Committed>>, StoreError>;
    /// What an account holds: credits less debits, in the shop's money.
    fn credit_of(&self, account: &str) -> Result<Money, StoreError>;
    /// The disk is full: gives up what was kept for that day. Answers whether there was something, so that what failed can be
    /// tried again.
    fn make_room(&self) -> Result<bool, StoreError>;

    /// Whether what is kept for a full disk is there, or can be kept again: if not, nothing new is begun.
    fn has_room(&self) -> Result<bool, StoreError>;

    /// The disk has failed, and sales for cash are kept on a second one until the store is opened again.
    fn is_on_second_disk(&self) -> bool;

    /// What there is of an article, by unit and location, and what it is worth.
    fn stock_of(&self, item: &str) -> Result<Vec<(Unit, Level)>, StoreError>;

    /// Articles that say when more of them is wanted, by id.
    fn reordered_items(&self) -> Result<Vec<Arc<Item>>, StoreError>;

    /// What was used of an offer with limits, by anybody and by one customer.
    fn offer_used(&self, offer: &str, customer: Option<&str>) -> Result<Used, StoreError>;
    /// A secret of this device that is not in the database; made where there is none.
    fn device_secret(&self) -> Result<[u8; 32], StoreError>;
    /// Everybody who may log on, by id.
    fn people(&self) -> Result<Vec<Person>, StoreError>;
    /// Stores a person, puts something on record, or both at once; durable when it returns.
    fn store_person(&self, person: Option<Person>, audit: Option<Audit>) -> Result<(), StoreError>;
    /// What people did besides transactions, from one time until before another, oldest first.
    fn audited(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Audit>, StoreError>;
    /// Transactions completed from one time until before another, oldest first.
    fn transactions_between(
        &self,
        from_ms: i64,
        to_ms: i64,
        each: &mut dyn FnMut(&Committed),
    ) -> Result<(), StoreError>;
    /// Payments whose baskets are closed and which are not settled, oldest first.
    fn open_payments(&self) -> Result<Vec<Payment>, StoreError>;
    /// A payment of a basket that is closed, as it stands.
    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError>;
    /// Balances of all accounts by path, and stock levels by article.
    fn trial_balance(&self) -> Result<TrialBalance, StoreError>;
    /// Reads the whole journal and checks chain, numbers and sums.
    fn verify(&self, scope: Scope<'_>) -> Result<Verification, StoreError>;
}

// ---------------------------------------------------------------- outbox

/// A record of the journal, as it is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its place.
    pub seq: u64,
    /// Its kind: `sale`, `anchor`.
    pub kind: String,
    /// Its receipt number, if it has one.
    pub number: Option<ReceiptNumber>,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// The hash of the record before it.
    pub previous: String,
    /// Its body, byte for byte as it was hashed.
    pub body: String,
}

impl Delivery {
    /// The record as a line of an exported journal.
    pub fn line(&self) -> String {
        let Delivery { seq, kind, number, hash, previous, body } = self;
        let number = number.map_or_else(|| "null".to_owned(), |number| number.to_string());
        format!(
            r#"{{"seq":{seq},"kind":"{kind}","number":{number},"hash":"{hash}","previous":"{previous}","body":{body}}}"#
        )
    }
}

/// A record that a consumer did not take yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Its place.
    pub seq: u64,
    /// What it is about: records of one key are handed over in order.
    pub key: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again.
    pub next_at_ms: i64,
    /// It is not tried any more.
    pub dead: bool,
    /// Why it was not taken.
    pub problem: String,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The record up to which the consumer has been served.
    pub through: u64,
    /// Records that had waited and were taken.
    pub taken: Vec<u64>,
    /// Records that wait, or wait longer.
    pub waits: Vec<Waiting>,
}

/// The journal as others take it: record by record, each consumer at its own place.
pub trait Outbox: Send + Sync {
    /// The record up to which a consumer has been served.
    fn through(&self, consumer: &str) -> Result<u64, StoreError>;

    /// Records after one of them, oldest first.
    fn after(&self, seq: u64, limit: u32) -> Result<Vec<Delivery>, StoreError>;

    /// A record.
    fn record(&self, seq: u64) -> Result<Option<Delivery>, StoreError>;

    /// What a consumer did not take yet, oldest first.
    fn waiting(&self, consumer: &str) -> Result<Vec<Waiting>, StoreError>;

    /// Every consumer that was ever served.
    fn consumers(&self) -> Result<Vec<String>, StoreError>;

    /// Writes down what became of a batch; durable when it returns.
    fn settle(&self, consumer: &str, settled: Settled) -> Result<(), StoreError>;
}

// ---------------------------------------------------------------- extensions

/// What runs an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// A WebAssembly component.
    Component,
    /// A rhai script.
    Rhai,
    /// Part of the kernel (the fallback tax).
    BuiltIn,
}

impl Runtime {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            Runtime::Component => "component",
            Runtime::Rhai => "rhai",
            Runtime::BuiltIn => "built-in",
        }
    }
}

/// What an extension says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionAbout {
    /// Unique in a rule set: `org.pos-kernel.tax-table`, `happy_hour`.
    pub id: Arc<str>,
    /// Name for people: `Happy hour`.
    pub name: Arc<str>,
    /// Version: a component's own, a script's content hash in short.
    pub version: Arc<str>,
    /// What runs it.
    pub runtime: Runtime,
    /// SHA-256 of code and configuration, hexadecimal: part of the rule set's name.
    pub content_hash: Arc<str>,
    /// Stages its `discount` hook wants to be asked in; none: it has no such hook.
    pub discount_stages: Vec<Stage>,
    /// Whether it assesses tax.
    pub assesses_tax: bool,
    /// Higher first where an order is needed.
    pub priority: i32,
}

/// Why a call of an extension gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExtensionFailure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What happened, for people.
    pub message: String,
    /// Where, if that is known.
    pub diagnostic: Option<Box<Diagnostic>>,
}

/// What kind of failure a call ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It does not have the hook.
    NotOffered,
    /// Its own "no": input or configuration it does not accept.
    Refused,
    /// It broke: trap, panic, runtime error.
    Trap,
    /// Out of fuel or operations.
    OutOfFuel,
    /// Past the wall-clock deadline: an incident, never cached.
    Deadline,
    /// Asked for more memory than allowed.
    OutOfMemory,
    /// Its answer breaks the contract: unknown lines, too many candidates, too large.
    InvalidOutput,
}

/// A loaded extension. Calls are pure: the same input gives the same answer, whoever asked before.
pub trait Extension: Send + Sync {
    /// What it says of itself.
    fn about(&self) -> &ExtensionAbout;
    /// Offers for one stage.
    fn propose(&self, stage: Stage, snapshot: &Arc<Snapshot>) -> Result<Proposal, ExtensionFailure>;
    /// Tax rates for the lines.
    fn assess(&self, input: &TaxInput) -> Result<Assessment, ExtensionFailure>;
}

/// An extension as found on disk or in the program.
#[derive(Clone, Debug)]
pub struct ExtensionSource {
    /// File as its owner knows it, for messages.
    pub file: PathBuf,
    /// A component's manifest (`plugin.toml`); empty for a script.
    pub manifest: String,
    /// A component's bytes, or a script's text.
    pub code: Arc<[u8]>,
    /// Its configuration as JSON; `{}` if there is none.
    pub configuration: String,
}

/// Compiles and checks extensions of one runtime.
pub trait ExtensionLoader: Send + Sync {
    /// Which runtime.
    fn runtime(&self) -> Runtime;
    /// Compiles, checks and configures; the diagnostic says what to mend.
    fn load(&self, source: &ExtensionSource) -> Result<Arc<dyn Extension>, Box<Diagnostic>>;
}

// ---------------------------------------------------------------- devices (after UnifiedPOS)

/// What a device answers when it cannot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{device}: {message}")]
pub struct DeviceError {
    /// Which device: `printer tcp://10.0.0.9:9100`.
    pub device: String,
    /// What kind.
    pub kind: DeviceErrorKind,
    /// What happened, for people.
    pub message: String,
}

/// UnifiedPOS result codes that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceErrorKind {
    /// Not open.
    Closed,
    /// Somebody else has it.
    Claimed,
    /// Does not answer.
    Offline,
    /// Took too long.
    Timeout,
    /// Out of paper.
    PaperOut,
    /// Cover open.
    CoverOpen,
    /// Anything else.
    Failure,
}

/// A receipt printer.
pub trait ReceiptPrinter: Send {
    /// Name for people and logs.
    fn name(&self) -> String;
    /// Prints and cuts; answers the number of bytes sent.
    fn print(&mut self, receipt: &Receipt) -> Result<u64, DeviceError>;
}

/// A cash drawer.
pub trait CashDrawer: Send {
    /// Name for people and logs.
    fn name(&self) -> String;
    /// Opens it.
    fn open_drawer(&mut self) -> Result<(), DeviceError>;
}

/// What a payment terminal is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalRequest {
    /// Take the money, or pay it.
    Pay(Intent),
    /// Say what became of a payment.
    Status(PaymentId),
    /// Give it back if it was taken, and take nothing should it arrive only now.
    Reverse(PaymentId),
}

impl TerminalRequest {
    /// The payment it is about.
    pub fn payment(&self) -> PaymentId {
        match self {
            TerminalRequest::Pay(intent) => intent.id,
            TerminalRequest::Status(id) | TerminalRequest::Reverse(id) => *id,
        }
    }
}

/// What it says. What it does not say is a [`DeviceError`], and means: it may have happened, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalAnswer {
    /// The money was taken, or paid.
    Approved(Authorisation),
    /// It was not.
    Declined {
        /// Why, in its words.
        reason: String,
    },
    /// It is still at it.
    InProgress,
    /// It never heard of that payment.
    NotKnown,
    /// Nothing was taken, it was given back, and a request that arrives late will be declined.
    Reversed,
    /// It was taken, and can no longer be given back this way.
    NotReversible(Authorisation),
    /// Approved offline: the card's issuer has promised it now.
    Forwarded,
    /// Approved offline: the card's issuer has refused it.
    Refused {
        /// Why.
        reason: String,
    },
}

/// A payment terminal that keeps cards' numbers to itself.
pub trait PaymentTerminal: Send {
    /// Name for people and logs.
    fn name(&self) -> String;
    /// Asks and waits for the answer, as long as a customer may take. While `given_up` says so the cashier does not wait for
    /// a payment any more: a driver that can, aborts it at the terminal, and answers what became of it.
    fn ask(&mut self, request: &TerminalRequest, given_up: &dyn Fn() -> bool) -> Result<TerminalAnswer, DeviceError>;
}

/// The devices of a register, owned by the kernel's threads.
#[derive(Default)]
pub struct Devices {
    /// Prints receipts.
    pub printer: Option<Box<dyn ReceiptPrinter>>,
    /// Holds the cash.
    pub drawer: Option<Box<dyn CashDrawer>>,
    /// Takes cards.
    pub terminal: Option<Box<dyn PaymentTerminal>>,
}

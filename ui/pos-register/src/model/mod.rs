//! The screen's state, without egui: [`Intent`]s and replies go in, commands come out.
//!
//! The kernel owns the truth; this remembers its last answer ([`BasketView`]), what the cashier is typing, and which
//! commands are on their way. Start reading at [`Model::apply`] (what the cashier wants) and [`Model::receive`] (what the
//! kernel said). Invariants: commands leave in the order in which they were wanted; no scan is lost, not even one made
//! while a sale is being completed; one press of Cash sells once, however often it is pressed.

mod act;
mod card;
pub mod cash;
pub mod entry;
mod intent;
mod lane;
mod pay;
mod people;
mod receive;
pub mod text;
pub mod toast;

pub use intent::{Direction, Intent, Pick};
pub use people::Ask;

use entry::Entry;
use lane::{Lane, Sent};
use pay::Payment;
use pos_api::view::{BasketState, BasketView, ItemView, LineView, PersonView, ReceiptView};
use pos_api::{Command, Envelope};
use pos_money::Decimal;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use text::MoneyText;
use toast::{Severity, Toasts};

/// What is shown after a sale, until the next article.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeCard {
    /// The receipt's number.
    pub number: u64,
    /// What was paid.
    pub total: Decimal,
    /// What was handed over.
    pub tendered: Decimal,
    /// Some of it in cash: there may be change to give.
    pub in_cash: bool,
    /// What goes back.
    pub change: Decimal,
    /// What the customer saved.
    pub saved: Decimal,
}

/// What lies over the screen, without stopping it.
#[derive(Clone, Debug, PartialEq)]
pub enum Panel {
    /// Why this price, of a line.
    Why(u32),
    /// All keys.
    Keys,
    /// Printed text: a report.
    Report(String),
    /// A price check's answer.
    Price(Box<ItemView>),
}

/// Articles found for the entry's words.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The words they were found for.
    pub text: String,
    /// Best first.
    pub items: Vec<ItemView>,
    /// Which one Enter takes.
    pub chosen: usize,
    /// Enter was pressed before the answer came.
    take_first: bool,
}

/// See the module documentation.
#[derive(Debug)]
pub struct Model {
    /// How amounts are written.
    pub money: MoneyText,
    /// Notes and coins that customers hand over.
    pub notes: Vec<Decimal>,
    /// What is being typed.
    pub entry: Entry,
    /// What a typed word finds.
    pub search: Search,
    /// Messages.
    pub toasts: Toasts,
    basket: Option<Arc<BasketView>>,
    selected: Option<u32>,
    change: Option<ChangeCard>,
    panel: Option<Panel>,
    payment: Payment,
    lane: Lane,
    held_scans: VecDeque<String>,
    acknowledged: Vec<String>,
    cancel_asked: bool,
    price_check: bool,
    /// There is a terminal to pay at.
    pub has_terminal: bool,
    /// A card was asked for: if it pays all of it, the sale is done.
    card_pays: bool,
    last_receipt: Option<u64>,
    people: Vec<PersonView>,
    operator: Option<PersonView>,
    ask: Option<Ask>,
    now: Duration,
}

/// A line that can be selected: not taken back, and not a deposit, which follows its article.
fn is_changeable(line: &&LineView) -> bool {
    !line.voided && line.deposit_of.is_none()
}

impl Model {
    /// A model that first asks for a basket left open by the last run.
    pub fn new(command_prefix: &str, money: MoneyText, notes: Vec<Decimal>) -> Model {
        let mut model = Model {
            money,
            notes,
            entry: Entry::default(),
            search: Search::default(),
            toasts: Toasts::default(),
            basket: None,
            selected: None,
            change: None,
            panel: None,
            payment: Payment::Idle,
            lane: Lane::new(command_prefix),
            held_scans: VecDeque::new(),
            acknowledged: Vec::new(),
            cancel_asked: false,
            price_check: false,
            has_terminal: false,
            card_pays: false,
            last_receipt: None,
            people: Vec::new(),
            operator: None,
            ask: None,
            now: Duration::ZERO,
        };
        model.send(Command::ListPeople, Sent::People);
        model.send(Command::GetBasket { basket: None }, Sent::Resume);
        model
    }

    /// Time goes by: messages leave.
    pub fn tick(&mut self, now: Duration) {
        self.now = now;
        self.toasts.expire(now);
    }

    /// The next command for the kernel, oldest first.
    pub fn next_unsent(&self) -> Option<&Envelope> {
        self.lane.next_unsent()
    }

    /// The kernel took it.
    pub fn mark_sent(&mut self) {
        self.lane.mark_sent();
    }

    /// The open basket as the kernel last described it.
    pub fn basket(&self) -> Option<&BasketView> {
        self.basket.as_deref()
    }

    /// The line that can be changed, and is selected.
    pub fn selected_line(&self) -> Option<&LineView> {
        let number = self.selected?;
        self.basket.as_ref()?.lines.iter().find(|line| line.number == number && !line.voided)
    }

    /// Articles sold whose line has not come back yet.
    pub fn pending_sales(&self) -> impl Iterator<Item = &str> {
        self.lane.pending_sales().chain(self.held_scans.iter().map(String::as_str))
    }

    /// The finished sale, until the next one begins.
    pub fn change(&self) -> Option<&ChangeCard> {
        self.change.as_ref()
    }

    /// The panel that is open.
    pub fn panel(&self) -> Option<&Panel> {
        self.panel.as_ref()
    }

    /// Whether the cashier is being asked about cancelling.
    pub fn cancel_asked(&self) -> bool {
        self.cancel_asked
    }

    /// Whether the next code is looked up instead of sold.
    pub fn price_check(&self) -> bool {
        self.price_check
    }

    /// Whether there is a receipt to print again.
    pub fn can_reprint(&self) -> bool {
        self.last_receipt.is_some()
    }

    /// Whether goods or money of an unfinished sale are on the register.
    pub fn sale_is_open(&self) -> bool {
        let on_screen = self.basket.as_ref().is_some_and(|basket| {
            basket.state == BasketState::Tendering || basket.lines.iter().any(|line| !line.voided)
        });
        on_screen || self.lane.basket_may_change() || !self.held_scans.is_empty()
    }

    fn send(&mut self, command: Command, sent: Sent) {
        if !self.lane.push(command, sent) {
            let next = "The last entry was not taken. If this stays, restart the register; the basket is kept.";
            self.toasts.show(Severity::Error, "The register is not answering.", next, self.now);
        }
    }

    /// Shows a message from behind the screen.
    pub fn announce(&mut self, severity: Severity, text: &str, next: &str) {
        self.tell(severity, text, next);
    }

    fn tell(&mut self, severity: Severity, text: &str, next: &str) {
        self.toasts.show(severity, text, next, self.now);
    }

    fn show_receipt(&mut self, receipt: &ReceiptView) {
        let which = if receipt.copy == 0 { "the original".to_owned() } else { format!("copy {}", receipt.copy) };
        self.tell(Severity::Info, &format!("Receipt {} is printing again: {which}.", receipt.number), "");
    }
}

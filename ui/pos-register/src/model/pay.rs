//! Taking cash.
//!
//! One press sells once: the press freezes the screen until the kernel has answered. If an article was still on its way
//! when the key was pressed, the sale waits for it, and is only completed if the due is still the amount that was on the
//! key: the cashier has already told it to the customer.

use super::Model;
use super::cash::quick_amounts;
use super::lane::Sent;
use super::toast::Severity;
use pos_api::view::BasketState;
use pos_api::{Amount, Command};
use pos_money::Decimal;

/// Where a payment stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Payment {
    /// None is being made.
    #[default]
    Idle,
    /// Pressed while articles were on their way.
    Waiting {
        /// Handed over; none for exactly what is due.
        amount: Option<Decimal>,
        /// What was due on the key.
        shown_due: Decimal,
    },
    /// Being made final.
    Completing {
        /// The tender was refused; the refusal that follows from it is not shown as well.
        tender_refused: bool,
    },
}

impl Payment {
    pub(super) fn is_busy(&self) -> bool {
        *self != Payment::Idle
    }
}

impl Model {
    /// Whether a sale is being made final.
    pub fn is_paying(&self) -> bool {
        self.payment.is_busy()
    }

    /// What is still to be paid, if there is anything to pay for.
    pub fn due(&self) -> Option<Decimal> {
        let basket = self.basket()?;
        let sold = basket.lines.iter().any(|line| !line.voided);
        (sold || basket.state == BasketState::Tendering).then_some(basket.due)
    }

    /// The round amounts offered.
    pub fn quick_amounts(&self) -> Vec<Decimal> {
        self.due().map(|due| quick_amounts(due, &self.notes)).unwrap_or_default()
    }

    /// The amount typed for a payment.
    pub fn typed_cash(&self) -> Option<Decimal> {
        let typed = self.entry.number().filter(|amount| *amount > Decimal::ZERO);
        typed.filter(|_| self.entry.weighing.is_none() && self.due().is_some_and(|due| due > Decimal::ZERO))
    }

    /// Rules that failed for this basket and were not accepted yet.
    pub fn unaccepted_failures(&self) -> Vec<&str> {
        let failed = self.basket().map(|basket| basket.unavailable.as_slice()).unwrap_or_default();
        failed.iter().filter(|name| !self.acknowledged.contains(name)).map(String::as_str).collect()
    }

    pub(super) fn cash(&mut self) {
        let amount = self.typed_cash();
        self.pay(amount);
    }

    /// Enter on `20.50`: handed over, if it is enough.
    pub(super) fn confirm_amount(&mut self, amount: Decimal) {
        match self.due() {
            Some(due) if due > Decimal::ZERO && amount >= due => self.pay(Some(amount)),
            _ => self.tell(
                Severity::Info,
                "That is a number, not a code.",
                "For a weight, press the article's key now; for cash, press F12.",
            ),
        }
    }

    pub(super) fn pay(&mut self, amount: Option<Decimal>) {
        let Some(shown_due) = self.due() else { return };
        if !self.unaccepted_failures().is_empty() {
            self.acknowledged = self.basket().map(|basket| basket.unavailable.clone()).unwrap_or_default();
            return;
        }
        self.panel = None;
        self.payment = Payment::Waiting { amount, shown_due };
        self.pay_when_settled();
    }

    /// Goes on with a payment that waited for articles on their way.
    pub(super) fn pay_when_settled(&mut self) {
        let Payment::Waiting { amount, shown_due } = self.payment else { return };
        if self.lane.basket_may_change() {
            return;
        }
        self.payment = Payment::Idle;
        let due = self.due();
        if due != Some(shown_due) {
            let now = self.money.amount(due.unwrap_or_default());
            self.tell(
                Severity::Warning,
                &format!("The total changed to {now} while you pressed."),
                "Nothing was paid. Tell the customer and press again.",
            );
            self.sell_held_scans();
            return;
        }
        let basket = self.basket_id();
        let covers = amount.is_none_or(|amount| amount >= shown_due);
        // Nothing due: everything was free, or the money is in and completing failed before.
        if shown_due > Decimal::ZERO {
            self.send(Command::TenderCash { basket, amount: amount.map(Amount) }, Sent::Tender);
        }
        if covers {
            self.send(Command::Complete { basket }, Sent::Complete);
            self.payment = Payment::Completing { tender_refused: false };
        }
        self.clear_entry();
    }

    pub(super) fn sell_held_scans(&mut self) {
        for code in std::mem::take(&mut self.held_scans) {
            self.scan(code);
        }
    }
}

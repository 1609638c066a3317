//! What the kernel said.

use super::entry::Weighing;
use super::lane::Sent;
use super::pay::Payment;
use super::toast::Severity;
use super::{ChangeCard, Model, Panel, is_changeable};
use pos_api::view::{BasketState, BasketView, ItemView};
use pos_api::{Command, RefusalView, Reply};
use std::sync::Arc;

impl Model {
    /// Takes one reply; replies come in the order of their commands.
    pub fn receive(&mut self, reply: Reply) {
        let Reply {
            command_id,
            basket: _,
            number,
            view,
            receipt,
            report,
            verification: _,
            items,
            refused,
            trial_balance: _,
            count: _,
            baskets: _,
            operator,
            people,
            hours: _,
            exceptions: _,
            audit: _,
            payments: _,
            credit: _,
            orders: _,
            stock: _,
            periods: _,
            handover: _,
        } = reply;
        if command_id.is_none() {
            // Nobody asked: a terminal has answered.
            self.basket_moved(number, view);
            return;
        }
        let Some((sent, command)) = command_id.and_then(|id| self.lane.answered(&id)) else { return };
        if let Some(refusal) = refused {
            self.refused(&sent, &refusal, command);
        } else {
            match sent {
                Sent::Sell { .. } | Sent::Line | Sent::Undo | Sent::Tender | Sent::Resume => {
                    if let Some(view) = view {
                        self.show(view);
                    }
                }
                Sent::Complete => self.completed(number, view.as_deref()),
                Sent::Cancel => {
                    self.forget_basket();
                    self.tell(Severity::Info, "The sale was cancelled.", "Goods go back, money taken is returned.");
                }
                Sent::Search(text) => self.found(&text, items.unwrap_or_default()),
                Sent::PriceCheck(code) => match items.unwrap_or_default().into_iter().next() {
                    Some(item) => self.panel = Some(Panel::Price(Box::new(item))),
                    None => self.tell(Severity::Error, &format!("{code} is not on file."), "Search by name."),
                },
                Sent::Reprint => {
                    if let Some(receipt) = receipt {
                        self.show_receipt(&receipt);
                    }
                }
                Sent::People => self.people_came(people.unwrap_or_default()),
                Sent::LogOn => self.logged_on(operator),
                Sent::Approve => self.approved(),
                Sent::Report => self.panel = report.map(|report| Panel::Report(report.text)),
            }
        }
        self.pay_when_settled();
    }

    /// The basket on the screen changed by itself.
    fn basket_moved(&mut self, number: Option<u64>, view: Option<Arc<BasketView>>) {
        let Some(view) = view.filter(|view| self.basket.as_ref().is_some_and(|shown| shown.id == view.id)) else {
            return;
        };
        match view.state {
            BasketState::Completed => self.completed(number, Some(&view)),
            _ => self.show(view),
        }
        self.pay_when_settled();
    }

    /// A new state of the basket; what changed is selected, so that the next key means it.
    fn show(&mut self, view: Arc<BasketView>) {
        match view.state {
            BasketState::Open | BasketState::Tendering => {}
            BasketState::Completed | BasketState::Cancelled | BasketState::Suspended => {
                self.forget_basket();
                return;
            }
        }
        let before = self.basket.as_ref().filter(|basket| basket.id == view.id);
        let changed = view.lines.iter().rev().find(|line| {
            let old = before.and_then(|basket| basket.lines.iter().find(|old| old.number == line.number));
            is_changeable(line) && old.is_none_or(|old| old.quantity != line.quantity || old.voided)
        });
        let is_live = |number: u32| view.lines.iter().any(|line| line.number == number && !line.voided);
        self.selected = changed.map(|line| line.number).or(self.selected.filter(|number| is_live(*number))).or(view
            .lines
            .iter()
            .rev()
            .find(is_changeable)
            .map(|line| line.number));
        if matches!(self.panel, Some(Panel::Why(number)) if Some(number) != self.selected) {
            self.panel = None;
        }
        let told = before.map(|basket| basket.notices.clone()).unwrap_or_default();
        for notice in view.notices.iter().filter(|notice| !told.contains(notice)) {
            let severity = match notice.severity.as_str() {
                "block" => Severity::Error,
                "warning" => Severity::Warning,
                _ => Severity::Info,
            };
            self.toasts.show(severity, &notice.text, "", self.now);
        }
        self.change = None;
        let payments = self.basket.as_ref().map(|basket| basket.payments.clone()).unwrap_or_default();
        self.basket = Some(view);
        self.payments_moved(&payments);
    }

    fn completed(&mut self, number: Option<u64>, view: Option<&BasketView>) {
        self.payment = Payment::Idle;
        self.forget_basket();
        if let (Some(number), Some(view)) = (number, view) {
            self.last_receipt = Some(number);
            self.change = Some(ChangeCard {
                number,
                total: view.total,
                tendered: view.tendered,
                in_cash: view.tenders.is_empty() || view.tenders.iter().any(|tender| tender.kind == "cash"),
                change: view.change,
                saved: view.discount,
            });
        }
        self.sell_held_scans();
    }

    fn forget_basket(&mut self) {
        self.basket = None;
        self.selected = None;
        self.acknowledged.clear();
        self.cancel_asked = false;
        if matches!(self.panel, Some(Panel::Why(_))) {
            self.panel = None;
        }
    }

    fn found(&mut self, text: &str, items: Vec<ItemView>) {
        if text != self.search.text {
            return;
        }
        self.search.items = items;
        if std::mem::take(&mut self.search.take_first) {
            self.take_found();
        }
    }

    fn refused(&mut self, sent: &Sent, refusal: &RefusalView, command: Command) {
        if refusal.code == "nobody_logged_on" {
            self.payment = Payment::Idle;
            self.operator = None;
            self.ask_to_log_on();
            return;
        }
        if refusal.approval.is_some() && !matches!(sent, Sent::Approve | Sent::LogOn) {
            self.payment = Payment::Idle;
            self.ask_for_approval(refusal, command, sent.clone());
            return;
        }
        match sent {
            // Nothing was left open: nothing to say.
            Sent::Resume | Sent::People => return,
            Sent::LogOn | Sent::Approve => return self.ask_in_vain(refusal),
            Sent::Sell { label, code } if refusal.code == "quantity_missing" && self.entry.is_empty() => {
                self.entry.weighing = Some(Weighing { code: code.clone(), label: label.clone() });
                return;
            }
            Sent::Tender => {
                if let Payment::Completing { tender_refused } = &mut self.payment {
                    *tender_refused = true;
                }
            }
            Sent::Complete => {
                let told = self.payment == Payment::Completing { tender_refused: true };
                self.payment = Payment::Idle;
                if !told {
                    self.tell(Severity::Error, &refusal.message, &refusal.next);
                }
                self.sell_held_scans();
                return;
            }
            _ => {}
        }
        self.tell(Severity::Error, &refusal.message, &refusal.next);
    }
}

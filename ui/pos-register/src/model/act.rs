//! What the cashier wants.

use super::entry::{Meaning, Weighing};
use super::lane::Sent;
use super::toast::Severity;
use super::{Direction, Intent, Model, Panel, Pick, is_changeable};
use pos_api::{Amount, BasketId, Command};
use pos_money::Decimal;

impl Model {
    /// Does what the cashier wants, as far as it can be done here; commands for the rest are queued.
    pub fn apply(&mut self, intent: Intent) {
        // While a sale is being made final a second press must not reach the next one; scans wait, nothing is lost.
        if self.payment.is_busy() {
            match intent {
                Intent::Scan(code) => self.held_scans.push_back(code),
                Intent::DismissToast(id) => self.toasts.dismiss(id),
                Intent::Close => self.refuse_to_close(),
                _ => {}
            }
            return;
        }
        if self.ask.is_some() {
            self.answer_ask(intent);
            return;
        }
        if !matches!(intent, Intent::AskCancel | Intent::CancelBasket) {
            self.cancel_asked = false;
        }
        match intent {
            Intent::Scan(code) => self.scan(code),
            Intent::Type(character) => self.type_character(character),
            Intent::Backspace => {
                self.entry.pop();
                self.search_again();
            }
            Intent::SetEntry(text) => {
                self.entry.set(&text);
                self.search_again();
            }
            Intent::Confirm => self.confirm(),
            Intent::Back => self.back(),
            Intent::Pick(pick) => self.pick(pick),
            Intent::SelectLine(number) => {
                // A deposit is changed with its article.
                let line =
                    self.basket.as_ref().and_then(|basket| basket.lines.iter().find(|line| line.number == number));
                self.selected = Some(line.and_then(|line| line.deposit_of).unwrap_or(number));
                self.panel = None;
            }
            Intent::Move(direction) => self.step(direction),
            Intent::More => self.add_to_selected(Decimal::ONE),
            Intent::Less => self.add_to_selected(Decimal::NEGATIVE_ONE),
            Intent::SetQuantity(quantity) => self.set_quantity(quantity),
            Intent::Void => self.void(),
            Intent::Undo => {
                if self.basket.is_some() || self.lane.basket_may_change() {
                    let basket = self.basket_id();
                    self.send(Command::Undo { basket }, Sent::Undo);
                }
            }
            Intent::Cash => self.cash(),
            Intent::Card => self.card(),
            Intent::AskTerminal => {
                let basket = self.basket_id();
                self.about_payment(Command::CheckPayment { basket });
            }
            Intent::GiveUpPayment => {
                let basket = self.basket_id();
                self.about_payment(Command::GiveUpPayment { basket });
            }
            Intent::LeavePayment => {
                let basket = self.basket_id();
                self.about_payment(Command::LeavePayment { basket });
            }
            Intent::QuickCash(amount) => self.pay(Some(amount)),
            Intent::QuickCashAt(index) => {
                if let Some(amount) = self.quick_amounts().get(index) {
                    self.pay(Some(*amount));
                }
            }
            Intent::TakeBackTender => {
                let basket = self.basket_id();
                self.send(Command::RemoveTender { basket }, Sent::Tender);
            }
            Intent::AskCancel => self.cancel_asked = self.basket.is_some(),
            Intent::KeepBasket => {}
            Intent::CancelBasket => {
                if std::mem::take(&mut self.cancel_asked) {
                    let basket = self.basket_id();
                    self.send(Command::Cancel { basket }, Sent::Cancel);
                }
            }
            Intent::ToggleWhy => {
                self.panel = match (&self.panel, self.selected_line()) {
                    (Some(Panel::Why(_)), _) | (_, None) => None,
                    (_, Some(line)) => Some(Panel::Why(line.number)),
                }
            }
            Intent::PriceCheck => {
                self.price_check = !self.price_check;
                self.panel = None;
            }
            Intent::Reprint => {
                if let Some(number) = self.last_receipt {
                    self.send(Command::GetReceipt { number }, Sent::Reprint);
                }
            }
            Intent::Report => self.send(Command::XReport, Sent::Report),
            Intent::ToggleKeys => self.panel = if self.panel == Some(Panel::Keys) { None } else { Some(Panel::Keys) },
            Intent::ClosePanel => self.panel = None,
            Intent::DismissToast(id) => self.toasts.dismiss(id),
            Intent::SwitchUser => {
                if self.people_log_on() {
                    self.ask_to_log_on();
                }
            }
            Intent::ChoosePerson(_) => {}
            Intent::Close => self.refuse_to_close(),
        }
    }

    pub(super) fn basket_id(&self) -> Option<BasketId> {
        self.basket.as_ref().and_then(|basket| basket.id)
    }

    pub(super) fn scan(&mut self, code: String) {
        if std::mem::take(&mut self.price_check) {
            self.look_up(code);
            return;
        }
        let code = match self.entry.quantity() {
            Some(quantity) => format!("{quantity}*{code}"),
            None => code,
        };
        // A typed amount stays for the payment; a quantity is used up, a search or a weighing is over.
        if self.entry.number().is_none() || self.entry.weighing.is_some() {
            self.clear_entry();
        }
        let label = code.clone();
        self.sell(code, label, None);
    }

    fn sell(&mut self, code: String, label: String, quantity: Option<Decimal>) {
        self.change = None;
        self.panel = None;
        let basket = self.basket_id();
        let command = Command::SellItem { basket, scan: code.clone(), quantity: quantity.map(Amount), given: None };
        self.send(command, Sent::Sell { label, code });
    }

    fn look_up(&mut self, code: String) {
        self.clear_entry();
        self.send(Command::FindItems { text: code.clone(), limit: Some(1) }, Sent::PriceCheck(code));
    }

    fn type_character(&mut self, character: char) {
        match character {
            '+' if self.entry.is_empty() => self.add_to_selected(Decimal::ONE),
            '-' if self.entry.is_empty() => self.add_to_selected(Decimal::NEGATIVE_ONE),
            other => {
                self.entry.push(other);
                self.search_again();
            }
        }
    }

    fn search_again(&mut self) {
        if !self.entry.is_search() {
            self.search = super::Search::default();
            return;
        }
        let text = self.entry.text().trim().to_owned();
        if text != self.search.text {
            self.search.text.clone_from(&text);
            self.search.chosen = 0;
            self.search.take_first = false;
            self.send(Command::FindItems { text: text.clone(), limit: None }, Sent::Search(text));
        }
    }

    pub(super) fn clear_entry(&mut self) {
        self.entry.clear();
        self.search = super::Search::default();
    }

    fn confirm(&mut self) {
        let meaning = self.entry.meaning();
        if let Some(weighing) = self.entry.weighing.clone() {
            match self.entry.number().filter(|weight| *weight > Decimal::ZERO) {
                Some(weight) => {
                    self.clear_entry();
                    self.sell(weighing.code, weighing.label, Some(weight));
                }
                None => self.tell(Severity::Warning, "A weight is a number, like 0.482.", ""),
            }
            return;
        }
        match meaning {
            Meaning::Empty => {}
            Meaning::Quantity(quantity) => {
                self.clear_entry();
                self.set_quantity(quantity);
            }
            Meaning::Number(amount) => self.confirm_amount(amount),
            Meaning::Code(code) => {
                if std::mem::take(&mut self.price_check) {
                    self.look_up(code);
                } else {
                    self.clear_entry();
                    let label = code.replace('*', " × ");
                    self.sell(code, label, None);
                }
            }
            Meaning::Search if self.lane.awaits(|sent| matches!(sent, Sent::Search(_))) => {
                self.search.take_first = true;
            }
            Meaning::Search => self.take_found(),
        }
    }

    /// Sells what the search has chosen, or the words themselves if they are a code with letters.
    pub(super) fn take_found(&mut self) {
        match self.search.items.get(self.search.chosen) {
            Some(item) => {
                let pick = Pick::from(item);
                self.pick(pick);
            }
            None => {
                let code = self.entry.text().trim().to_owned();
                self.clear_entry();
                self.sell(code.clone(), code, None);
            }
        }
    }

    fn pick(&mut self, pick: Pick) {
        let Pick { code, label, measured } = pick;
        if std::mem::take(&mut self.price_check) {
            self.look_up(code);
        } else if measured {
            match self.entry.number().or(self.entry.quantity()).filter(|weight| *weight > Decimal::ZERO) {
                Some(weight) => {
                    self.clear_entry();
                    self.sell(code, label, Some(weight));
                }
                None => {
                    self.clear_entry();
                    self.change = None;
                    self.entry.weighing = Some(Weighing { code, label });
                }
            }
        } else {
            let quantity = self.entry.quantity();
            if quantity.is_some() || self.entry.is_search() || self.entry.weighing.is_some() {
                self.clear_entry();
            }
            self.sell(code, label, quantity);
        }
    }

    fn back(&mut self) {
        if self.panel.take().is_some() || std::mem::take(&mut self.price_check) {
            return;
        }
        self.clear_entry();
    }

    fn step(&mut self, direction: Direction) {
        if self.entry.is_search() {
            let last = self.search.items.len().saturating_sub(1);
            self.search.chosen = match direction {
                Direction::Up => self.search.chosen.saturating_sub(1),
                Direction::Down => (self.search.chosen + 1).min(last),
            };
            return;
        }
        let Some(basket) = &self.basket else { return };
        let live: Vec<u32> = basket.lines.iter().filter(is_changeable).map(|line| line.number).collect();
        let current = self.selected.and_then(|selected| live.iter().position(|number| *number == selected));
        let next = match (current, direction) {
            (None, _) => live.len().saturating_sub(1),
            (Some(index), Direction::Up) => index.saturating_sub(1),
            (Some(index), Direction::Down) => (index + 1).min(live.len().saturating_sub(1)),
        };
        self.selected = live.get(next).copied();
        self.panel = None;
    }

    fn add_to_selected(&mut self, more: Decimal) {
        let Some(line) = self.selected_line().filter(|line| line.unit.is_empty()) else { return };
        // What comes back stands below zero, and is counted all the same.
        match line.quantity.abs().checked_add(more) {
            Some(quantity) if quantity > Decimal::ZERO => self.set_quantity(quantity),
            _ => self.tell(Severity::Info, "This line has one piece.", "To take it back, void it (Del)."),
        }
    }

    fn set_quantity(&mut self, quantity: Decimal) {
        if let Some(line) = self.selected_line() {
            let line = line.number;
            let basket = self.basket_id();
            self.send(Command::SetQuantity { basket, line, quantity: Amount(quantity) }, Sent::Line);
        }
    }

    fn void(&mut self) {
        if let Some(line) = self.selected_line() {
            let line = line.number;
            let basket = self.basket_id();
            self.panel = None;
            self.send(Command::VoidLine { basket, line }, Sent::Line);
        }
    }

    pub(super) fn refuse_to_close(&mut self) {
        self.tell(
            Severity::Warning,
            "A sale is open, so the register stays open.",
            "Complete the sale or cancel it, then close.",
        );
    }
}

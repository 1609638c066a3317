//! Payments with a terminal: asked for once they are on the disk, followed until they are settled.

use super::{Kernel, News, Open, committed_reply, storage_failed};
use crate::terminal::Heard;
use crate::views;
use crossbeam_channel::Receiver;
use pos_api::port::{TerminalAnswer, TerminalRequest};
use pos_api::{Envelope, Reply};
use pos_domain::Refusal;
use pos_domain::basket::Event;
use pos_domain::ids::BasketId;
use pos_domain::payment::{Direction, Intent, Move, Payment, PaymentId, State};
use pos_domain::transaction::{Committed, Completion, Transaction};
use pos_money::{Decimal, Money};

impl Kernel {
    // ------------------------------------------------------------ what the cashier asks for

    pub(super) fn tender_card(&mut self, basket: Option<BasketId>, amount: Option<Decimal>) -> Result<Reply, Refusal> {
        let open = match self.find(basket) {
            Ok(open) => open,
            Err(refusal) => {
                // The money is back and the receipt is void: the answer is the same as then.
                let voided = |found: &Committed| found.transaction.voids.is_some();
                let committed = basket.map(|id| self.committed_of(id)).transpose()?.flatten().filter(voided);
                return committed.map(|found| committed_reply(&found)).ok_or(refusal);
            }
        };
        payable(&open)?;
        if !self.terminal.is_there() {
            return Err(Refusal::NoTerminal);
        }
        let asked = amount.map(|amount| self.money(amount)).transpose()?;
        let back = owed_to_cards(&open)?;
        let (direction, most) = match back.is_positive() {
            true => {
                self.permit_refund(&open)?;
                (Direction::Refund, back)
            }
            false => (Direction::Charge, self.settlement(&open)?.due),
        };
        let amount = asked.unwrap_or(most);
        if !most.is_positive() {
            return Err(Refusal::NothingDue);
        }
        if !amount.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        if amount > most || (direction == Direction::Refund && amount != most) {
            let due = self.shop.currency.to_decimal(most);
            return Err(Refusal::TenderGivesNoChange { kind: "card".to_owned(), due });
        }
        let at = self.clock.now();
        let waiting = self.store.open_payments().map_err(storage_failed)?;
        let here = self.open.values().flat_map(|open| &open.basket.payments);
        let (rules, currency) = (&self.shop.payments, self.shop.currency);
        let offline =
            direction == Direction::Charge && rules.allows_offline(amount, waiting.iter().chain(here), currency, at)?;
        let number = open.basket.payments.len() as u32 + 1;
        let intent = Intent {
            id: PaymentId { basket: open.basket.id(), number },
            direction,
            amount,
            currency,
            at,
            cashier: open.basket.opening.cashier.clone(),
            offline,
            tip: rules.tips && direction == Direction::Charge,
        };
        let id = open.basket.id();
        self.change(open, Event::PaymentAsked(intent.clone()))?;
        // On the disk before the terminal hears of it.
        if let Err(error) = self.store.flush() {
            let problem = "it was not asked: the payment could not be stored".into();
            self.move_payment(intent.id, &Move::Silent { problem })?;
            return Err(storage_failed(error));
        }
        let asked = intent.id;
        if !self.terminal.ask(TerminalRequest::Pay(intent)) {
            let problem = "it was not asked: too much is waiting for the terminal".into();
            self.move_payment(asked, &Move::Silent { problem })?;
        }
        self.get_basket(Some(id))
    }

    /// Asks the terminal again; without a basket, about everything that is open.
    pub(super) fn check_payment(&mut self, basket: Option<BasketId>) -> Result<Reply, Refusal> {
        let reply = match basket.map_or_else(|| self.find(None), |id| self.find(Some(id))) {
            Ok(open) => {
                let known = open.basket.payments.iter().filter(|payment| !payment.is_settled());
                known.cloned().collect::<Vec<Payment>>().iter().for_each(|payment| self.ask_about(payment));
                self.basket_reply(&open)
            }
            Err(refusal) if basket.is_some() => return Err(refusal),
            Err(_) => Reply::default(),
        };
        if basket.is_none() {
            self.ask_about_open_payments()?;
        }
        Ok(reply)
    }

    /// Gives up the payment the basket waits for, or gives back the last one that stands.
    pub(super) fn give_up_payment(&mut self, basket: Option<BasketId>) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        let standing = || open.basket.payments.iter().rev().find(|payment| payment.approved().is_some());
        let payment = open.basket.awaited_payment().or_else(standing).ok_or(Refusal::NoPaymentAwaited)?;
        let id = payment.intent.id;
        self.move_payment(id, &Move::GivenUp { reason: "the cashier gave it up".into() })?;
        self.get_basket(Some(id.basket))
    }

    /// Goes on with the basket, and follows the payment afterwards.
    pub(super) fn leave_payment(&mut self, basket: Option<BasketId>) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        let awaited = open.basket.awaited_payment().ok_or(Refusal::NoPaymentAwaited)?;
        if awaited.state == State::Asked {
            // The terminal is at it: whoever gives up now hears of it soon.
            return Err(Refusal::PaymentAwaited { state: awaited.code().to_owned() });
        }
        let id = awaited.intent.id;
        let approved = self.take_approvals_used();
        if !approved.is_empty() {
            self.change_all(open, approved.into_iter().map(Event::Approved).collect())?;
        }
        self.move_payment(id, &Move::Left)?;
        self.get_basket(Some(id.basket))
    }

    pub(super) fn list_payments(&self) -> Result<Reply, Refusal> {
        let open = self.store.open_payments().map_err(storage_failed)?;
        let views = open.iter().map(views::payment_view).collect();
        Ok(Reply { payments: Some(views), ..Reply::default() })
    }

    // ------------------------------------------------------------ what the terminal says

    /// Whether there is a terminal.
    pub fn has_terminal(&self) -> bool {
        self.terminal.is_there()
    }

    /// Where the terminal's answers arrive: whoever sees one there calls [`Kernel::hear_terminal`].
    pub(crate) fn terminal_answers(&self) -> Receiver<Heard> {
        self.terminal.answers()
    }

    /// Takes in what the terminal said since.
    pub fn hear_terminal(&mut self) {
        while let Some(heard) = self.terminal.heard() {
            self.hear(&heard);
        }
    }

    /// Carries out a command and waits for what the terminal says to it. For callers that have nothing else to do meanwhile.
    pub fn handle_and_wait(&mut self, envelope: Envelope) -> Reply {
        let reply = self.handle(envelope);
        if !self.wait_for_terminal() {
            return reply;
        }
        let now = self.get_basket(reply.basket).unwrap_or_default();
        match now.view {
            Some(_) => Reply { view: now.view, number: now.number.or(reply.number), ..reply },
            None => reply,
        }
    }

    /// Waits until the terminal has said everything it was asked for; false if it was asked for nothing.
    pub fn wait_for_terminal(&mut self) -> bool {
        let mut has_heard = false;
        while let Some(heard) = self.terminal.wait() {
            self.hear(&heard);
            has_heard = true;
        }
        has_heard
    }

    /// Asks again about everything that is not settled: from time to time, and after a start.
    pub fn ask_about_open_payments(&mut self) -> Result<(), Refusal> {
        // What becomes of those whose baskets are closed is a transaction: it waits for a shift, and opens none by itself.
        let mut open: Vec<Payment> = match &self.shift {
            Some(_) => self.store.open_payments().map_err(storage_failed)?,
            None => Vec::new(),
        };
        let baskets = self.open.values().flat_map(|open| &open.basket.payments);
        open.extend(baskets.filter(|payment| !payment.is_settled()).cloned());
        open.iter().for_each(|payment| self.ask_about(payment));
        Ok(())
    }

    /// After a start: whatever was being asked when the program ended gave no answer.
    pub(super) fn take_up_payments(&mut self) -> Result<(), Refusal> {
        let asked = |payment: &&Payment| payment.state == State::Asked;
        let asked = self.open.values().flat_map(|open| open.basket.payments.iter().filter(asked));
        let asked: Vec<PaymentId> = asked.map(|payment| payment.intent.id).collect();
        for id in asked {
            let problem = "the register was started anew meanwhile".into();
            self.move_payment(id, &Move::Silent { problem })?;
        }
        self.ask_about_open_payments()
    }

    fn hear(&mut self, heard: &Heard) {
        let id = heard.request.payment();
        let done = self.payment(id).and_then(|known| {
            let Some(known) = known else {
                tracing::error!(payment = %id, ?heard, "the terminal speaks of a payment that nobody asked for");
                return Ok(());
            };
            if let Some(to) = meaning(&known, heard) {
                self.move_payment(id, &to)?;
            } else if matches!(heard.request, TerminalRequest::Pay(_)) {
                // Given up while it was being asked: only now can it be asked to give it back.
                self.ask_about(&known);
            }
            self.complete_void(id)
        });
        if let Err(refusal) = done {
            tracing::error!(payment = %id, "what the terminal said could not be taken in: {refusal}");
        }
        if let Some(open) = self.open.get(&id.basket) {
            (self.news)(News::Basket(Box::new(self.basket_reply(open))));
        }
    }

    /// A payment wherever it is: in an open basket, or followed.
    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, Refusal> {
        match self.open.get(&id.basket) {
            Some(open) => Ok(open.basket.payments.iter().find(|payment| payment.intent.id == id).cloned()),
            None => self.store.payment(id).map_err(storage_failed),
        }
    }

    /// Moves a payment, and asks the terminal what follows from it.
    fn move_payment(&mut self, id: PaymentId, to: &Move) -> Result<(), Refusal> {
        let Some(before) = self.payment(id)? else { return Ok(()) };
        let Some(after) = before.after(to) else { return Ok(()) };
        if let Some(open) = self.open.get(&id.basket).cloned() {
            let Open { mut basket, rules, priced, sales } = open;
            let event = Event::PaymentMoved { number: id.number, to: to.clone() };
            basket.apply(event.clone())?;
            self.store.queue_events(id.basket, basket.version, &[event]).map_err(storage_failed)?;
            self.open.insert(id.basket, Open { basket, rules, priced, sales });
            if matches!(after.state, State::Reversing { .. }) {
                // Before the terminal gives it back: it is no longer a tender, whatever happens now.
                self.store.flush().map_err(storage_failed)?;
                self.terminal.give_up(id);
            }
        } else {
            self.commit_payment(&before, after.clone())?;
        }
        self.ask_about(&after);
        Ok(())
    }

    /// Makes durable what became of a payment whose basket is closed.
    fn commit_payment(&mut self, before: &Payment, after: Payment) -> Result<(), Refusal> {
        // Heard after the shift was closed: it is asked for again in the next one.
        let Some(shift) = self.shift.clone() else { return Ok(()) };
        let at = self.clock.now();
        let (opening, completion) = self.without_basket(self.ids.basket(at), &shift, at);
        // What was approved before was approved for something else.
        let completion = Completion { approvals: &[], ..completion };
        let record = Transaction::payment(before, after, &opening, completion)?;
        self.commit(record, &shift, &mut |_| {})?;
        Ok(())
    }

    /// Asks what is still to be known of a payment.
    fn ask_about(&mut self, payment: &Payment) {
        let id = payment.intent.id;
        let request = match &payment.state {
            State::Unknown { .. } => TerminalRequest::Status(id),
            State::Reversing { .. } => TerminalRequest::Reverse(id),
            State::Approved(found) if found.offline && !self.open.contains_key(&id.basket) => {
                TerminalRequest::Status(id)
            }
            _ => return,
        };
        if !self.terminal.ask(request) {
            tracing::debug!(payment = %id, "the terminal cannot be asked now; it is asked again later");
        }
    }

    /// A voided receipt that was paid by card is done once the card has its money back.
    fn complete_void(&mut self, id: PaymentId) -> Result<(), Refusal> {
        let Some(open) = self.open.get(&id.basket) else { return Ok(()) };
        let paid_back = |payment: &Payment| payment.intent.id == id && payment.approved().is_some();
        if open.basket.opening.voids.is_none() || !open.basket.payments.iter().any(paid_back) {
            return Ok(());
        }
        let reply = self.complete(Some(id.basket))?;
        (self.news)(News::Basket(Box::new(reply)));
        Ok(())
    }
}

/// Refuses a basket that cannot be paid now: empty, without a price, or waiting for a terminal.
pub(super) fn payable(open: &Open) -> Result<(), Refusal> {
    if open.basket.live_lines().next().is_none() {
        return Err(Refusal::BasketEmpty);
    }
    if let Some(blocked) = &open.priced.blocked {
        return Err(blocked.clone());
    }
    not_awaited(open)
}

/// Refuses what has to wait for a terminal's answer.
pub(super) fn not_awaited(open: &Open) -> Result<(), Refusal> {
    match open.basket.awaited_payment() {
        Some(payment) => Err(Refusal::PaymentAwaited { state: payment.code().to_owned() }),
        None => Ok(()),
    }
}

/// What still goes back to cards.
pub(super) fn owed_to_cards(open: &Open) -> Result<Money, Refusal> {
    let refunds = open.basket.payments.iter().filter(|payment| payment.intent.direction == Direction::Refund);
    let paid = Money::sum(refunds.filter_map(Payment::approved).map(|found| found.amount))?;
    Ok(open.priced.taken.owed_to_cards()?.minus(paid)?)
}

/// What an answer means for a payment.
fn meaning(known: &Payment, heard: &Heard) -> Option<Move> {
    let answer = match &heard.answer {
        Ok(answer) => answer,
        Err(error) => {
            let is_first = matches!(heard.request, TerminalRequest::Pay(_));
            return is_first.then(|| Move::Silent { problem: error.message.as_str().into() });
        }
    };
    match answer {
        TerminalAnswer::Approved(found) => Some(Move::Approved(found.clone())),
        TerminalAnswer::Declined { reason } => Some(Move::Declined { reason: reason.as_str().into() }),
        TerminalAnswer::Reversed => Some(Move::Reversed),
        TerminalAnswer::NotReversible(found) => Some(Move::NotReversible(found.clone())),
        TerminalAnswer::Forwarded => Some(Move::Forwarded),
        TerminalAnswer::Refused { reason } => Some(Move::Refused { reason: reason.as_str().into() }),
        TerminalAnswer::InProgress | TerminalAnswer::NotKnown => match (&heard.request, &known.state) {
            (TerminalRequest::Pay(_), _) => Some(Move::Silent { problem: "it gave no clear answer".into() }),
            // The request may still be on its way: only a confirmed reversal settles it.
            (TerminalRequest::Status(_), State::Unknown { .. }) if *answer == TerminalAnswer::NotKnown => {
                Some(Move::GivenUp { reason: "the terminal has never heard of it".into() })
            }
            _ => None,
        },
    }
}

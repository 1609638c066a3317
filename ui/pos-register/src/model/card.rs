//! Paying at the terminal.
//!
//! One press asks the terminal; whatever it says, or does not say, moves the basket by itself. A card that paid all of it
//! completes the sale, as exact cash does.

use super::pay::Payment;
use super::toast::Severity;
use super::{Model, Sent};
use pos_api::view::{BasketView, PaymentView};
use pos_api::{Amount, Command};
use pos_money::Decimal;

impl Model {
    /// The payment the basket waits for.
    pub fn awaited_payment(&self) -> Option<&PaymentView> {
        self.basket()?.payments.iter().find(|payment| payment.awaited)
    }

    /// Whether the terminal can be asked now.
    pub fn can_pay_by_card(&self) -> bool {
        self.has_terminal && self.due().is_some_and(|due| due > Decimal::ZERO)
    }

    /// Asks the terminal for what is due, or for the typed part of it.
    pub(super) fn card(&mut self) {
        if !self.can_pay_by_card() {
            return;
        }
        if self.lane.basket_may_change() {
            self.tell(Severity::Info, "An article is still on its way.", "Press Card again once it is there.");
            return;
        }
        let part = self.typed_cash().filter(|typed| self.due().is_some_and(|due| *typed < due));
        let basket = self.basket_id();
        self.card_pays = true;
        self.panel = None;
        self.clear_entry();
        self.send(Command::TenderCard { basket, amount: part.map(Amount) }, Sent::Tender);
    }

    /// Asks again, gives up, or goes on without.
    pub(super) fn about_payment(&mut self, command: Command) {
        if self.awaited_payment().is_some() {
            self.send(command, Sent::Tender);
        }
    }

    /// Says what became of payments since `before`, and completes a sale that a card paid.
    pub(super) fn payments_moved(&mut self, before: &[PaymentView]) {
        let Some(view) = self.basket.clone() else { return };
        for payment in &view.payments {
            let known = before.iter().find(|known| known.id == payment.id);
            if known.is_some_and(|known| known.state != payment.state) {
                self.tell_payment(payment);
            }
        }
        let waits = view.payments.iter().any(|payment| payment.awaited);
        if !std::mem::take(&mut self.card_pays) {
            return;
        }
        if waits || self.lane.awaits(|sent| matches!(sent, Sent::Tender)) {
            self.card_pays = true;
        } else if is_paid_by_card(&view) {
            let basket = view.id;
            self.send(Command::Complete { basket }, Sent::Complete);
            self.payment = Payment::Completing { tender_refused: false };
        }
    }

    fn tell_payment(&mut self, payment: &PaymentView) {
        let why = if payment.detail.is_empty() { String::new() } else { format!(": {}", payment.detail) };
        match payment.state.as_str() {
            "declined" => {
                let text = format!("The card was declined{why}.");
                self.tell(Severity::Warning, &text, "Try another card, or take cash.");
            }
            "reversed" => self.tell(Severity::Info, "Nothing was charged to the card.", "Pay another way."),
            "kept" => self.tell(
                Severity::Error,
                "The card was charged, and the terminal cannot give it back.",
                "Tell the manager: the shop owes it to the customer.",
            ),
            "approved" if payment.approved.is_some_and(|approved| approved < payment.amount) => {
                self.tell(Severity::Warning, "The card paid only a part of it.", "Take the rest another way.");
            }
            _ => {}
        }
    }
}

fn is_paid_by_card(view: &BasketView) -> bool {
    let paid = view.payments.last().is_some_and(|payment| payment.approved.is_some());
    paid && view.due <= Decimal::ZERO
}

#[cfg(test)]
mod tests {
    use super::super::Intent;
    use super::super::text::MoneyText;
    use super::*;
    use pos_api::Reply;
    use pos_api::view::{BasketState, LineView, TenderView};
    use std::sync::Arc;

    fn basket(state: &str, approved: Option<i64>) -> BasketView {
        let payment = PaymentView {
            id: "b/1".into(),
            direction: "charge".into(),
            amount: Decimal::from(10),
            state: state.into(),
            approved: approved.map(Decimal::from),
            awaited: matches!(state, "asked" | "unknown" | "reversing"),
            ..PaymentView::default()
        };
        let paid = Decimal::from(approved.unwrap_or(0));
        BasketView {
            id: None,
            state: BasketState::Tendering,
            lines: vec![LineView { number: 1, quantity: Decimal::ONE, paid: Decimal::from(10), ..LineView::default() }],
            due: Decimal::from(10) - paid,
            payments: if state.is_empty() { Vec::new() } else { vec![payment] },
            tenders: approved
                .map(|amount| TenderView { kind: "card".into(), amount: amount.into() })
                .into_iter()
                .collect(),
            ..BasketView::default()
        }
    }

    fn reply(command_id: Option<String>, view: BasketView) -> Reply {
        Reply { command_id, view: Some(Arc::new(view)), ..Reply::default() }
    }

    /// What is sent, each as the kernel would take it.
    fn sent(model: &mut Model) -> Vec<(String, Command)> {
        let mut sent = Vec::new();
        while let Some(envelope) = model.next_unsent() {
            sent.push((envelope.command_id.clone(), envelope.command.clone()));
            model.mark_sent();
        }
        sent
    }

    fn model() -> Model {
        let mut model = Model::new("t", MoneyText::new(2), Vec::new());
        model.has_terminal = true;
        let first = sent(&mut model);
        model.receive(Reply { command_id: Some(first[0].0.clone()), people: Some(Vec::new()), ..Reply::default() });
        model.receive(reply(Some(first[1].0.clone()), basket("", None)));
        model
    }

    #[test]
    fn a_card_that_pays_all_of_it_completes_the_sale() {
        let mut model = model();
        model.apply(Intent::Card);
        let asked = sent(&mut model);
        assert!(matches!(asked[0].1, Command::TenderCard { amount: None, .. }));
        model.receive(reply(Some(asked[0].0.clone()), basket("asked", None)));
        assert!(model.awaited_payment().is_some() && sent(&mut model).is_empty());
        model.receive(reply(None, basket("approved", Some(10))));
        assert!(matches!(sent(&mut model)[..], [(_, Command::Complete { .. })]));
    }

    #[test]
    fn a_deposit_is_changed_with_its_article() {
        let mut model = model();
        let line = |number, deposit_of| LineView { number, deposit_of, quantity: Decimal::TWO, ..LineView::default() };
        let lines = vec![line(1, None), line(2, None), line(3, Some(2)), line(4, Some(2))];
        model.receive(reply(None, BasketView { lines, ..basket("", None) }));
        let selected = |model: &Model| model.selected_line().map(|line| line.number);
        assert_eq!(selected(&model), Some(2), "what was added is the article");
        model.apply(Intent::Move(super::super::Direction::Up));
        assert_eq!(selected(&model), Some(1));
        model.apply(Intent::SelectLine(4));
        assert_eq!(selected(&model), Some(2));
        model.apply(Intent::Void);
        assert!(matches!(sent(&mut model)[..], [(_, Command::VoidLine { line: 2, .. })]));
    }

    #[test]
    fn a_part_or_a_refusal_completes_nothing() {
        for (state, approved) in [("approved", Some(4)), ("declined", None), ("reversed", None)] {
            let mut model = model();
            model.apply(Intent::Card);
            let asked = sent(&mut model);
            model.receive(reply(Some(asked[0].0.clone()), basket("asked", None)));
            model.receive(reply(None, basket(state, approved)));
            assert!(sent(&mut model).is_empty(), "{state}");
            let told = model.toasts.iter().last().map(|toast| toast.severity);
            assert!(matches!(told, Some(Severity::Warning | Severity::Info)), "{state}");
        }
    }

    #[test]
    fn what_a_payment_waits_for_can_be_asked_given_up_and_left() {
        let mut model = model();
        model.apply(Intent::AskTerminal);
        assert!(sent(&mut model).is_empty(), "nothing is waited for");
        model.receive(reply(None, basket("unknown", None)));
        for (intent, name) in
            [(Intent::AskTerminal, "CheckPayment"), (Intent::GiveUpPayment, "GiveUp"), (Intent::LeavePayment, "Leave")]
        {
            model.apply(intent);
            let found = sent(&mut model);
            assert!(format!("{:?}", found[0].1).starts_with(name), "{found:?}");
        }
    }
}

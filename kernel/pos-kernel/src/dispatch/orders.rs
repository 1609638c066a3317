//! Orders of customers: placed, listed, handed over, cancelled.

use super::{Kernel, Open, committed_reply, storage_failed};
use crate::effects::Effect;
use crate::pricing::Priced;
use crate::views;
use pos_api::command::{OrderLine, PlaceOrder};
use pos_api::{Amount, Reply};
use pos_domain::Refusal;
use pos_domain::basket::{Line, PriceSource, SoldAs};
use pos_domain::ids::{BasketId, LineNumber, ReceiptNumber};
use pos_domain::order::{self, NOTE_CHARS_MAX, Order, OrderKind, OrderTerms};
use pos_domain::pricing::proposal::LineKind;
use pos_domain::receipt::{Print, sale_receipt};
use pos_domain::tender::{Tender, TenderKind};
use pos_domain::till::check_reason_text;
use pos_domain::time::LocalTime;
use pos_domain::transaction::Transaction;
use pos_money::{Decimal, Money, MoneyError, Quantity};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Kernel {
    /// Makes an order of a basket: what was agreed, at the prices it has now.
    pub(super) fn place_order(&mut self, asked: &PlaceOrder) -> Result<Reply, Refusal> {
        let PlaceOrder { basket, kind, due, note } = asked;
        let open = match self.find(*basket) {
            Ok(open) => open,
            Err(refusal) => {
                // Placed before: the answer is the same as then.
                let Some(committed) = basket.map(|id| self.committed_of(id)).transpose()?.flatten() else {
                    return Err(refusal);
                };
                return Ok(committed_reply(&committed));
            }
        };
        open.basket.lines_may_change()?;
        if let Some(blocked) = &open.priced.blocked {
            return Err(blocked.clone());
        }
        if note.chars().count() > NOTE_CHARS_MAX {
            let problem = format!("A note has at most {NOTE_CHARS_MAX} characters.");
            return Err(Refusal::Malformed { problem });
        }
        if open.basket.customer.is_none() && *kind != OrderKind::Quote {
            return Err(Refusal::CustomerNeeded);
        }
        let shift = self.shift_now();
        let terms = OrderTerms { kind: *kind, due: *due, note: note.trim().into() };
        let closes = self.orders_here(&open)?.into_iter().map(|here| here.number).collect::<Vec<_>>();
        // Nobody would look for a deposit on an order that is over.
        closes.iter().try_for_each(|number| self.check_no_deposit(*number))?;
        let completion = self.completion(&open, &shift, None, false);
        let Priced { basket: priced, .. } = &*open.priced;
        let placed = Transaction::order(&open.basket, priced, terms, closes, completion)?;
        let committed = self.commit(placed, &shift, &mut |_| {})?;
        self.keep_shift(shift);
        self.open.remove(&open.basket.id());
        let receipt = sale_receipt(&committed, &self.shop, Print::Original);
        let mut reply = committed_reply(&committed);
        reply.receipt = Some(Arc::new(views::receipt_view(committed.number, 0, &receipt)));
        self.effects.perform(Effect::Print { number: Some(committed.number), receipt });
        Ok(reply)
    }

    /// Orders that a basket's lines name. Refuses those that are over, and more of a line than is left of it: what was agreed
    /// was agreed for so much.
    fn orders_here(&self, open: &Open) -> Result<Vec<OrderHere>, Refusal> {
        let named: BTreeSet<ReceiptNumber> =
            open.basket.live_lines().filter_map(|line| line.ordered).map(|ordered| ordered.number).collect();
        let mut all = Vec::with_capacity(named.len());
        for number in named {
            let order = self.order(number)?;
            if order.closed {
                return Err(Refusal::OrderClosed { number });
            }
            let mut left = false;
            for line in &order.committed.transaction.lines {
                let ordered = Some(SoldAs { number, line: line.number });
                let here = open.basket.live_lines().filter(|taken| taken.ordered == ordered);
                let here: Decimal = here.map(|taken| taken.quantity.value).sum();
                let most = order.left_of(line);
                if here > most {
                    return Err(Refusal::OrderExceeded { number, line: line.number, left: most });
                }
                left |= here < most;
            }
            all.push(OrderHere { number, is_done: !left || order.terms.kind == OrderKind::Quote });
        }
        Ok(all)
    }

    /// Orders that are over once a basket is completed. One with a deposit that is not spent stays open: it is to be paid back.
    pub(super) fn orders_done(&self, open: &Open) -> Result<Vec<ReceiptNumber>, Refusal> {
        let mut done = Vec::new();
        for OrderHere { number, is_done } in self.orders_here(open)? {
            let name = order::holder(number);
            let spends = |tender: &&Tender| {
                tender.kind == TenderKind::Deposit && tender.holder.as_deref() == Some(name.as_str())
            };
            let spent = Money::sum(open.basket.tenders.iter().filter(spends).map(|tender| tender.amount))?;
            if is_done && self.deposit_of(number)? <= spent {
                done.push(number);
            }
        }
        Ok(done)
    }

    /// What stands on an order, and what open baskets bring.
    fn deposit_of(&self, number: ReceiptNumber) -> Result<Money, Refusal> {
        let held = self.store.credit_of(&deposit_account(number)).map_err(storage_failed)?;
        Ok(held.plus(self.prepaid_here(TenderKind::Deposit, &order::holder(number))?)?)
    }

    /// Refused while something stands on an order.
    fn check_no_deposit(&self, number: ReceiptNumber) -> Result<(), Refusal> {
        let deposit = self.deposit_of(number)?;
        if deposit.is_positive() {
            return Err(Refusal::DepositStands { number, amount: self.shop.currency.to_decimal(deposit) });
        }
        Ok(())
    }

    /// An order as it stands.
    pub(super) fn order(&self, number: ReceiptNumber) -> Result<Order, Refusal> {
        let found = self.store.transaction(number).map_err(storage_failed)?;
        let placed = Arc::new(found.ok_or(Refusal::ReceiptNotFound { number })?);
        let later = self.store.naming_order(number).map_err(storage_failed)?;
        Order::of(placed, &later)
    }

    pub(super) fn list_orders(&self) -> Result<Reply, Refusal> {
        let numbers = self.store.open_orders().map_err(storage_failed)?;
        let view = |number: ReceiptNumber| {
            let order = self.order(number)?;
            let deposit = self.store.credit_of(&deposit_account(number)).map_err(storage_failed)?;
            Ok(views::order_view(&order, deposit))
        };
        let orders = numbers.into_iter().map(view).collect::<Result<_, Refusal>>()?;
        Ok(Reply { orders: Some(orders), ..Reply::default() })
    }

    /// Opens a basket with what is left of an order, or with some of it, at the agreed prices.
    pub(super) fn take_order(&mut self, number: ReceiptNumber, asked: &[OrderLine]) -> Result<Reply, Refusal> {
        let order = self.order(number)?;
        if order.closed {
            return Err(Refusal::OrderClosed { number });
        }
        let today = LocalTime::at(self.clock.now(), self.shop.zone.clone()).date;
        if order.terms.kind == OrderKind::Quote && order.terms.due.is_some_and(|due| due < today) {
            return Err(Refusal::QuoteExpired { number });
        }
        let placed = &order.committed.transaction;
        let mut chosen = Vec::new();
        if asked.is_empty() {
            chosen.extend(order.left());
        }
        for OrderLine { line: wanted, quantity } in asked {
            let found = order.left().find(|(line, _)| line.number == *wanted);
            let (line, left) = found.ok_or(Refusal::OrderExceeded { number, line: *wanted, left: Decimal::ZERO })?;
            let quantity = quantity.map_or(left, |Amount(quantity)| quantity);
            if quantity > left {
                return Err(Refusal::OrderExceeded { number, line: *wanted, left });
            }
            chosen.push((line, quantity));
        }
        let mut events = Vec::new();
        for (line, quantity) in chosen {
            // Every event so far has added a line.
            let here = LineNumber::try_from(events.len() + 1).map_err(|_| MoneyError::Overflow)?;
            let known = self.store.item(&line.item).map_err(storage_failed)?;
            let item = match known {
                Some(known) => known,
                None => Arc::new(super::returning::item_of(line)),
            };
            let quantity = self.checked_quantity(&item, Some(quantity))?;
            let taken = Line {
                code: line.code.clone(),
                price: order::agreed_price(line, self.shop.currency.to_decimal(line.net)),
                price_source: PriceSource::Given,
                price_locked: true,
                attrs: line.attrs.clone().into(),
                ordered: Some(SoldAs { number, line: line.number }),
                ..Line::new(here, LineKind::Sale, item, Quantity::new(quantity.value, line.quantity.unit))
            };
            events.extend(self.with_deposits(taken)?);
        }
        let customer = placed.customer.clone();
        let open = self.open_basket(None, None)?;
        let id = open.basket.id();
        self.open.insert(id, open.clone());
        let reply = self.change_all(open, events);
        if reply.is_err() {
            self.cancel(Some(id))?;
            return reply;
        }
        match customer {
            Some(customer) => self.set_customer(Some(id), Some(&customer)),
            None => reply,
        }
    }

    /// Closes an order that nobody wants any more; what was paid on it has to be paid back first.
    pub(super) fn cancel_order(&mut self, number: ReceiptNumber, reason: &str) -> Result<Reply, Refusal> {
        if let Some(reply) = self.act_done_before()? {
            return Ok(reply);
        }
        let order = self.order(number)?;
        if order.closed {
            return Err(Refusal::OrderClosed { number });
        }
        if reason.trim().is_empty() {
            let (reason, action, known) = (String::new(), "cancel an order".to_owned(), String::new());
            return Err(Refusal::ReasonNotAccepted { reason, action, known });
        }
        check_reason_text(reason)?;
        self.check_no_deposit(number)?;
        let at = self.clock.now();
        let shift = self.shift_now();
        let (opening, completion) = self.without_basket(self.act_id(shift.shift), &shift, at);
        let closed = Transaction::order_closed(number, reason.trim().into(), &opening, completion)?;
        let committed = self.commit(closed, &shift, &mut |_| {})?;
        self.keep_shift(shift);
        Ok(committed_reply(&committed))
    }

    /// Takes money on an order, at most what it comes to; or, without an amount, pays back what is there.
    pub(super) fn deposit(
        &mut self,
        basket: Option<BasketId>,
        number: ReceiptNumber,
        amount: Option<Decimal>,
    ) -> Result<Reply, Refusal> {
        let order = self.order(number)?;
        let currency = self.shop.currency;
        let held = self.store.credit_of(&deposit_account(number)).map_err(storage_failed)?;
        let name = order::holder(number);
        let Some(amount) = amount else {
            if !held.is_positive() {
                return Err(Refusal::RunsOut {
                    what: format!("The deposit on order {number}"),
                    available: currency.to_decimal(Money::ZERO),
                });
            }
            return self.add_prepaid(basket, TenderKind::Deposit, &name, -currency.to_decimal(held));
        };
        if order.closed || order.terms.kind == OrderKind::Quote {
            return Err(Refusal::OrderClosed { number });
        }
        let money = self.money(amount)?;
        let here = self.prepaid_here(TenderKind::Deposit, &name)?;
        let most = order.total_left()?.minus(held)?.minus(here)?;
        if !money.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        if money > most {
            let due = currency.to_decimal(most.max(Money::ZERO));
            return Err(Refusal::TenderGivesNoChange { kind: "deposit".to_owned(), due });
        }
        self.add_prepaid(basket, TenderKind::Deposit, &name, amount)
    }
}

/// An order that a basket's lines name, and whether nothing of it is left once they are handed over.
struct OrderHere {
    number: ReceiptNumber,
    is_done: bool,
}

fn deposit_account(number: ReceiptNumber) -> String {
    TenderKind::Deposit.account(Some(&order::holder(number))).into_owned()
}

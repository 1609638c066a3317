//! Container deposits: they come with their article, go with it, and are paid back for empties.
//!
//! A crate that brings 20 bottles and itself is three lines: the beer, 20 deposits of a bottle, one of the crate, the two
//! tied to the first. Empties are the deposit's own article with a negative quantity (`-20*9031`): they need no receipt.

use super::{Kernel, Open, storage_failed};
use pos_api::Reply;
use pos_domain::Refusal;
use pos_domain::basket::{Event, Line, SoldAs, Tied};
use pos_domain::catalogue::{Deposit, DepositOf, Item};
use pos_domain::ids::{BasketId, LineNumber};
use pos_domain::pricing::proposal::LineKind;
use pos_domain::returns::EarlierSale;
use pos_domain::transaction::TransactionLine;
use pos_money::{Decimal, Money, MoneyError, Quantity};
use std::sync::Arc;

/// What a line of an article is.
pub(super) fn kind_of(item: &Item) -> LineKind {
    if item.deposit == Deposit::Itself { LineKind::Deposit } else { LineKind::Sale }
}

impl Kernel {
    /// Empties: the deposit's own article, with a negative quantity, at today's price.
    pub(super) fn take_empties(
        &mut self,
        basket: Option<BasketId>,
        code: &str,
        item: Arc<Item>,
        quantity: Decimal,
    ) -> Result<Reply, Refusal> {
        let quantity = self.checked_quantity(&item, Some(quantity.abs()))?;
        let open = self.find_or_open(basket)?;
        let line = Line {
            code: code.into(),
            price_locked: true,
            ..Line::new(
                open.basket.next_line_number(),
                LineKind::Deposit,
                item,
                Quantity::new(-quantity.value, quantity.unit),
            )
        };
        self.change(open, Event::LineAdded(line))
    }

    /// The deposits of a new line's containers, to be added right behind it. What is sold by measure has none.
    pub(super) fn deposits_of(&self, line: &Line) -> Result<Vec<Event>, Refusal> {
        if line.item.unit.is_measured() {
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        for (number, DepositOf { item, count }) in (line.number + 1..).zip(line.item.deposit.of()) {
            let found = self.store.item(item).map_err(storage_failed)?;
            let deposit = found.filter(|found| found.deposit == Deposit::Itself);
            let deposit = deposit.ok_or_else(|| Refusal::DepositNotOnFile {
                name: line.item.name.to_string(),
                deposit: item.to_string(),
            })?;
            let tied = Tied { to: line.number, each: *count };
            events.push(Event::DepositAdded(Line {
                price_locked: true,
                tied: Some(tied),
                ..Line::new(number, LineKind::Deposit, deposit, tied.quantity(line.quantity)?)
            }));
        }
        Ok(events)
    }

    /// A new line and the deposits of its containers.
    pub(super) fn with_deposits(&self, line: Line) -> Result<Vec<Event>, Refusal> {
        let deposits = self.deposits_of(&line)?;
        Ok(std::iter::once(Event::LineAdded(line)).chain(deposits).collect())
    }
}

/// The deposits that were charged with a sold line, and how many with each piece of it.
pub(super) fn sold_with(sale: &EarlierSale, line: LineNumber) -> Result<Vec<(&TransactionLine, u32)>, Refusal> {
    let pieces = sale.sold.line(line)?.whole.quantity;
    let lines = sale.committed.transaction.lines.iter();
    let deposits = lines.filter(|known| !known.voided && known.deposit_of == Some(line));
    let tied = deposits.map(|deposit| {
        let each = deposit.quantity.value.checked_div(pieces).and_then(|each| u32::try_from(each).ok());
        Ok((deposit, each.ok_or(MoneyError::Overflow)?))
    });
    tied.collect()
}

/// Refuses a deposit that is asked back without its article.
pub(super) fn not_by_itself(sale: &EarlierSale, SoldAs { line, .. }: SoldAs) -> Result<(), Refusal> {
    let lines = &sale.committed.transaction.lines;
    match lines.iter().find(|known| known.number == line).and_then(|known| known.deposit_of) {
        Some(to) => Err(Refusal::LineTied { line, to }),
        None => Ok(()),
    }
}

/// What a basket pays to the customer, but for empties: those are bought back by whoever sells. With empties of 5.00, goods
/// of 4.00 and a coat of 30.00 that names no sale, 31.00 are paid out, and 30.00 of that for the coat.
pub(super) fn paid_but_for_empties(open: &Open) -> Result<Money, MoneyError> {
    let taken = &open.priced.taken;
    let payouts = Money::sum(taken.payouts().map(|step| step.amount))?;
    let is_empties = |line: &Line| {
        let by_itself = line.tied.is_none() && line.origin.is_none();
        line.kind == LineKind::Deposit && line.quantity.value.is_sign_negative() && by_itself
    };
    if !open.basket.live_lines().any(is_empties) {
        return Ok(payouts);
    }
    let unnamed = Money::sum(taken.unnamed.iter().flat_map(|plan| &plan.steps).map(|step| step.amount))?;
    let names_no_sale = |line: &&Line| line.origin.as_ref().is_none_or(|origin| origin.sold.is_none());
    let others = open.basket.live_lines().filter(|line| !is_empties(line)).filter(names_no_sale);
    let back = others.filter_map(|line| open.priced.basket.line(line.number)).map(|priced| priced.paid);
    let back = Money::sum(back.filter(|paid| paid.is_negative()))?.negated()?;
    payouts.minus(unnamed)?.plus(unnamed.min(back))
}

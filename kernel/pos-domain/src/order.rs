//! Orders of customers: quotes, orders, goods laid away, special and back orders.
//!
//! An order is a transaction that moves nothing: its lines say what was agreed, at which price. Goods are handed over by later
//! sales whose lines name the order's ([`Taken`]); what was paid on it beforehand stands on an account of its own
//! (`deposit:17`) and is spent as a tender. The last sale, or a cancellation, closes it.

use crate::basket::SoldAs;
use crate::ids::{LineNumber, ReceiptNumber};
use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use crate::transaction::{Committed, Transaction, TransactionKind, TransactionLine};
use jiff::civil::Date;
use pos_money::{Decimal, Money, MoneyError, Quantity, Unit, UnitPrice};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most characters of an order's note.
pub const NOTE_CHARS_MAX: usize = 500;

/// What was agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderKind {
    /// Prices until a day; nobody is bound, and nothing is kept back.
    Quote,
    /// Goods to be handed over later.
    #[default]
    Order,
    /// Goods put aside until they are paid.
    LayAway,
    /// Goods got for this customer.
    SpecialOrder,
    /// Goods that are to be there again.
    BackOrder,
}

impl OrderKind {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            OrderKind::Quote => "quote",
            OrderKind::Order => "order",
            OrderKind::LayAway => "lay-away",
            OrderKind::SpecialOrder => "special-order",
            OrderKind::BackOrder => "back-order",
        }
    }

    /// Heading of its slip.
    pub fn heading(self) -> &'static str {
        match self {
            OrderKind::Quote => "QUOTE - NOT A RECEIPT",
            OrderKind::Order => "ORDER - NOT A RECEIPT",
            OrderKind::LayAway => "LAY-AWAY - NOT A RECEIPT",
            OrderKind::SpecialOrder => "SPECIAL ORDER - NOT A RECEIPT",
            OrderKind::BackOrder => "BACK ORDER - NOT A RECEIPT",
        }
    }

    /// Its goods are kept back for it.
    pub fn commits_stock(self) -> bool {
        self != OrderKind::Quote
    }
}

/// What an order says besides its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTerms {
    /// What it is.
    pub kind: OrderKind,
    /// A quote holds until then; an order is expected by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// Words.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub note: Arc<str>,
}

/// What of an order has been handed over, by line.
pub type Taken = BTreeMap<LineNumber, Decimal>;

/// An order as it stands.
#[derive(Clone, Debug)]
pub struct Order {
    /// As it was placed.
    pub committed: Arc<Committed>,
    /// What was agreed.
    pub terms: OrderTerms,
    /// What was handed over.
    pub taken: Taken,
    /// Nothing more is to be handed over.
    pub closed: bool,
}

impl Order {
    /// An order with the later transactions that name it, in any order.
    pub fn of(placed: Arc<Committed>, later: &[Arc<Committed>]) -> Result<Order, Refusal> {
        let number = placed.number;
        let terms = placed.transaction.order.clone().ok_or(Refusal::NotAnOrder { number })?;
        let mut order = Order { committed: placed, terms, taken: Taken::new(), closed: false };
        for later in later {
            order.follow(&later.transaction)?;
        }
        Ok(order)
    }

    /// Takes a later transaction into account.
    fn follow(&mut self, later: &Transaction) -> Result<(), Refusal> {
        let number = self.committed.number;
        self.closed |= later.closes_orders.contains(&number);
        if later.kind == TransactionKind::Order {
            // A quote that became an order.
            return Ok(());
        }
        for line in later.lines.iter().filter(|line| !line.voided) {
            let Some(SoldAs { number: of, line: ordered }) = line.ordered else { continue };
            // What comes back later comes back to the shop, not to the order.
            if of == number && line.kind == LineKind::Sale {
                let taken = self.taken.entry(ordered).or_default();
                *taken = taken.checked_add(line.quantity.value).ok_or(MoneyError::Overflow)?;
            }
        }
        Ok(())
    }

    /// What is still to be handed over of a line.
    pub fn left_of(&self, line: &TransactionLine) -> Decimal {
        if line.voided || line.kind != LineKind::Sale {
            return Decimal::ZERO;
        }
        let taken = self.taken.get(&line.number).copied().unwrap_or_default();
        (line.quantity.value - taken).max(Decimal::ZERO)
    }

    /// Lines with something left, with how much.
    pub fn left(&self) -> impl Iterator<Item = (&TransactionLine, Decimal)> {
        let lines = self.committed.transaction.lines.iter();
        lines.map(|line| (line, self.left_of(line))).filter(|(_, left)| !left.is_zero())
    }

    /// What is still to be paid for what is left of it, all that was paid before left aside.
    pub fn total_left(&self) -> Result<Money, MoneyError> {
        let Transaction { total, lines, .. } = &self.committed.transaction;
        let ordered = lines.iter().filter(|line| !line.voided && line.kind == LineKind::Sale);
        let all = Money::sum(ordered.map(|line| line.net))?;
        let mut left = Money::ZERO;
        for (line, quantity) in self.left() {
            left = left.plus(line.net.share(quantity, line.quantity.value)?)?;
        }
        // With tax, deposits and rounding as on the whole of it.
        if left == all { Ok(*total) } else { total.share(left.minor().into(), all.minor().into()) }
    }

    /// What it keeps back, by article and unit.
    pub fn commits(&self) -> Vec<(Arc<str>, Quantity)> {
        if self.closed || !self.terms.kind.commits_stock() {
            return Vec::new();
        }
        self.left().map(|(line, left)| (line.item.clone(), Quantity::new(left, line.quantity.unit))).collect()
    }
}

/// The price a line was agreed at: what all of it comes to, for as much as it is.
pub fn agreed_price(line: &TransactionLine, net: Decimal) -> UnitPrice {
    let Quantity { value, unit } = line.quantity;
    match unit {
        Unit::Each if value == Decimal::ONE => UnitPrice::each(net),
        unit => UnitPrice { value: net, per: Quantity::new(value, unit) },
    }
}

/// Refuses what cannot be ordered.
pub fn check_lines(transaction: &Transaction) -> Result<(), Refusal> {
    let live = || transaction.lines.iter().filter(|line| !line.voided);
    if live().next().is_none() {
        return Err(Refusal::BasketEmpty);
    }
    // A deposit goes with its goods; empties are not agreed on.
    match live().find(|line| line.kind != LineKind::Sale && line.deposit_of.is_none()) {
        Some(line) => Err(Refusal::NotOrdered { line: line.number }),
        None => Ok(()),
    }
}

/// The number of an order in an account of deposits.
pub fn holder(number: ReceiptNumber) -> String {
    number.to_string()
}

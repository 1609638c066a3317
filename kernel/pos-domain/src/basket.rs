//! The open transaction being rung up: an event log and the state it adds up to.
//!
//! Commands are decided elsewhere (the kernel looks up articles and prices); what was decided is an [`Event`], and
//! [`Basket::apply`] is the only way the state changes. So an open basket survives a crash by replaying its events, and
//! undo is one more event. Invariant: line numbers are 1, 2, 3 … in order of arrival and are never used twice; a voided
//! line stays, flagged.

use crate::catalogue::Item;
use crate::ids::{BasketId, LineNumber, ReceiptNumber};
use crate::loyalty::Redeemed;
use crate::payment::{Direction, Intent, Move, Payment};
use crate::people::Approval;
use crate::pricing::manual::ByHand;
use crate::pricing::proposal::{Attr, CustomerFacts, LineKind};
use crate::refusal::Refusal;
use crate::tender::{Tender, TenderKind};
use crate::time::{LocalTime, Moment};
use jiff::civil::Date;
use pos_money::{Decimal, MoneyError, Quantity, Unit, UnitPrice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Version of the event format; a reader refuses a newer one and migrates an older one.
pub const EVENT_VERSION: u16 = 1;

/// Where a basket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Lines may change.
    Open,
    /// Money has been taken; from here only forward, or cancel with the money given back.
    Tendering,
}

/// A line of the basket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number.
    pub number: LineNumber,
    /// What it is.
    pub kind: LineKind,
    /// The article as it was when scanned.
    pub item: Arc<Item>,
    /// The code that was scanned or typed.
    pub code: Arc<str>,
    /// How much.
    pub quantity: Quantity,
    /// Price before offers: the article's, or one that came with the code.
    pub price: UnitPrice,
    /// Where the price came from.
    pub price_source: PriceSource,
    /// Offers may not touch it.
    pub price_locked: bool,
    /// Facts for rules.
    #[serde(default = "no_attrs")]
    pub attrs: Arc<[Attr]>,
    /// Taken back before payment.
    #[serde(default)]
    pub voided: bool,
    /// A discount by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<ByHand>,
    /// The offer that added it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift: Option<Gift>,
    /// The sale it comes back from, on a line that comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The order's line it hands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<SoldAs>,
    /// The line whose containers it charges for: it follows that line in all it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tied: Option<Tied>,
}

impl Line {
    /// An article at its own price, as if its first code had been scanned.
    pub fn new(number: LineNumber, kind: LineKind, item: Arc<Item>, quantity: Quantity) -> Line {
        Line {
            number,
            kind,
            code: item.codes.first().cloned().unwrap_or_else(|| item.id.clone()),
            quantity,
            price: item.price,
            price_source: PriceSource::List,
            price_locked: false,
            attrs: no_attrs(),
            voided: false,
            by_hand: None,
            gift: None,
            origin: None,
            ordered: None,
            tied: None,
            item,
        }
    }
}

/// The deposit of another line's containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tied {
    /// The line of the article.
    pub to: LineNumber,
    /// How many deposits go with each piece of it.
    pub each: u32,
}

impl Tied {
    /// The deposits of so many pieces.
    pub fn quantity(&self, pieces: Quantity) -> Result<Quantity, Refusal> {
        let value = pieces.value.checked_mul(Decimal::from(self.each)).ok_or(MoneyError::Overflow)?;
        Ok(Quantity::new(value, Unit::Each))
    }
}

/// Why a line is in the basket although nobody scanned it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// The offer that grants it.
    pub offer: Arc<str>,
}

/// Where a line that comes back was sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The sale; none where nobody knows (a return without a receipt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold: Option<SoldAs>,
    /// Why it comes back.
    pub reason: Arc<str>,
    /// It is thrown away instead of put back on the shelf.
    #[serde(default, skip_serializing_if = "is_false")]
    pub wasted: bool,
}

/// A line of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SoldAs {
    /// The receipt.
    pub number: ReceiptNumber,
    /// Its line.
    pub line: LineNumber,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn no_attrs() -> Arc<[Attr]> {
    Arc::new([])
}

/// Where a line's price came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceSource {
    /// The article's regular price.
    List,
    /// Printed into the scanned code.
    Code,
    /// Handed over by the calling program.
    Given,
    /// What an offer makes of a gift's price.
    Gift {
        /// What it would have been.
        regular: UnitPrice,
        /// The offer.
        offer: Arc<str>,
    },
    /// Set by hand.
    ByHand {
        /// What it would have been.
        regular: UnitPrice,
        /// Why.
        reason: Arc<str>,
        /// Who set it.
        by: Arc<str>,
    },
}

/// Where the money goes that somebody had paid in cash or by card, if not there again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RefundTo {
    /// It is owed to this customer.
    Credit(Arc<str>),
    /// It is paid by this means.
    Means {
        /// Which.
        means: TenderKind,
    },
}

impl RefundTo {
    /// The means it is paid by.
    pub fn means(&self) -> TenderKind {
        match self {
            RefundTo::Credit(_) => TenderKind::StoreCredit,
            RefundTo::Means { means } => *means,
        }
    }

    /// Whose credit it becomes.
    pub fn customer(&self) -> Option<&Arc<str>> {
        match self {
            RefundTo::Credit(customer) => Some(customer),
            RefundTo::Means { .. } => None,
        }
    }
}

/// What happened to a basket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It was opened.
    Opened(Opening),
    /// A line was added.
    LineAdded(Line),
    /// The deposit of the last line's containers was added behind it. Not a step to undo: it comes and goes with its line.
    DepositAdded(Line),
    /// A line's quantity was set.
    QuantitySet {
        /// Which line.
        line: LineNumber,
        /// To what.
        quantity: Quantity,
    },
    /// A line was taken back.
    LineVoided {
        /// Which line.
        line: LineNumber,
    },
    /// A taken-back line was brought back (undo).
    LineRestored {
        /// Which line.
        line: LineNumber,
    },
    /// An offer added goods. Not a step to undo: it follows from the steps.
    GiftAdded(Line),
    /// An offer adds more goods, or less; nothing at all takes the line out.
    GiftSet {
        /// Which line.
        line: LineNumber,
        /// To what.
        quantity: Quantity,
    },
    /// A line's discount by hand was set, or taken away.
    LineDiscounted {
        /// Which line.
        line: LineNumber,
        /// To what.
        by_hand: Option<ByHand>,
    },
    /// A line's price was set by hand, or set back.
    PriceSet {
        /// Which line.
        line: LineNumber,
        /// The price.
        price: UnitPrice,
        /// Where it comes from.
        source: PriceSource,
        /// Whether offers must leave it alone.
        locked: bool,
    },
    /// The whole basket's discount by hand was set, or taken away.
    BasketDiscounted(Option<ByHand>),
    /// It became known who buys, or that nobody known does.
    CustomerSet(Option<Arc<CustomerFacts>>),
    /// A coupon code was shown.
    CodeAdded(Arc<str>),
    /// A coupon code was taken back.
    CodeRemoved(Arc<str>),
    /// Points are redeemed as a discount.
    RewardAdded(Redeemed),
    /// The last redeemed points were taken back.
    RewardRemoved,
    /// The command whose events follow, so that it is known again after a restart.
    Commanded {
        /// Its id.
        command_id: Arc<str>,
        /// Hash of what it said.
        digest: Arc<str>,
    },
    /// The last step on the lines was taken back.
    Undone,
    /// It was put aside for later. Not a step to undo.
    Suspended {
        /// What to know it by: `lady with the pram`.
        note: Arc<str>,
        /// When.
        at: Moment,
    },
    /// It was taken up again, by whoever serves now.
    Recalled {
        /// Who.
        cashier: Arc<str>,
    },
    /// What goes back goes here from now on; none: to where it came from.
    RefundedTo(Option<RefundTo>),
    /// Somebody let its cashier do what they may not do alone. Not a step to undo.
    Approved(Approval),
    /// A terminal is going to be asked for money.
    PaymentAsked(Intent),
    /// Something was heard of a payment, or decided about it.
    PaymentMoved {
        /// Which of the basket's payments.
        number: u32,
        /// What.
        to: Move,
    },
    /// Money was taken.
    TenderAdded(Tender),
    /// The last tender was given back.
    TenderRemoved,
}

/// The facts a basket is opened with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its id for ever.
    pub id: BasketId,
    /// When.
    pub at: Moment,
    /// Civil time that rules see.
    pub now: LocalTime,
    /// Trading day.
    pub business_date: Date,
    /// Who serves.
    pub cashier: Arc<str>,
    /// The receipt that this basket takes back as a whole, as if it had never been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voids: Option<ReceiptNumber>,
    /// A caller's own reference: unique among sales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<Arc<str>>,
    /// Content hash of the rule set it is priced under.
    pub rule_set: Arc<str>,
}

/// An open basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// What it was opened with.
    pub opening: Opening,
    /// Lines by number, voided ones included.
    pub lines: Vec<Line>,
    /// Money taken so far.
    pub tenders: Vec<Tender>,
    /// What terminals were asked for, in order.
    pub payments: Vec<Payment>,
    /// Who buys.
    pub customer: Option<Arc<CustomerFacts>>,
    /// Coupon codes shown, in order.
    pub codes: Vec<Arc<str>>,
    /// A discount by hand on all of it.
    pub by_hand: Option<ByHand>,
    /// Points redeemed as a discount.
    pub rewards: Vec<Redeemed>,
    /// Offers whose gifts were taken out by hand: they are not added again.
    pub declined: BTreeSet<Arc<str>>,
    /// Put aside, since when, and what to know it by.
    pub suspended: Option<(Moment, Arc<str>)>,
    /// Where refunds go, if not to where the money came from.
    pub refund_to: Option<RefundTo>,
    /// What was approved in it.
    pub approvals: Vec<Approval>,
    /// Counts the events applied; grows by one with each.
    pub version: u32,
    /// What would take back the last steps, newest last.
    undo: Vec<Event>,
}

impl Basket {
    /// A new, empty basket.
    pub fn open(opening: Opening) -> Basket {
        Basket {
            opening,
            lines: Vec::new(),
            tenders: Vec::new(),
            payments: Vec::new(),
            customer: None,
            codes: Vec::new(),
            by_hand: None,
            rewards: Vec::new(),
            declined: BTreeSet::new(),
            suspended: None,
            refund_to: None,
            approvals: Vec::new(),
            version: 1,
            undo: Vec::new(),
        }
    }

    /// Rebuilds a basket from its events; the first must be [`Event::Opened`].
    pub fn replay(events: impl IntoIterator<Item = Event>) -> Result<Basket, Refusal> {
        let mut events = events.into_iter();
        let Some(Event::Opened(opening)) = events.next() else {
            return Err(Refusal::CheckFailed { problem: "a stored basket does not begin with its opening".into() });
        };
        let mut basket = Basket::open(opening);
        for event in events {
            basket.apply(event)?;
        }
        Ok(basket)
    }

    /// Its id.
    pub fn id(&self) -> BasketId {
        self.opening.id
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        let takes_part = |payment: &Payment| payment.is_awaited() || payment.approved().is_some();
        let untouched = self.tenders.is_empty() && !self.payments.iter().any(takes_part);
        if untouched { State::Open } else { State::Tendering }
    }

    /// Lines that count.
    pub fn live_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.voided)
    }

    /// The number the next line gets.
    pub fn next_line_number(&self) -> LineNumber {
        self.lines.last().map_or(1, |line| line.number + 1)
    }

    /// The line of a number, voided or not.
    pub fn line(&self, number: LineNumber) -> Result<&Line, Refusal> {
        self.lines.iter().find(|line| line.number == number).ok_or(Refusal::LineNotFound { line: number })
    }

    /// The line of a number, refused if it was voided.
    pub fn live_line(&self, number: LineNumber) -> Result<&Line, Refusal> {
        let line = self.line(number)?;
        if line.voided { Err(Refusal::LineVoided { line: number }) } else { Ok(line) }
    }

    /// The line of a number, refused if it was voided, or is a deposit that follows its article.
    pub fn changeable_line(&self, number: LineNumber) -> Result<&Line, Refusal> {
        let line = self.live_line(number)?;
        match line.tied {
            Some(Tied { to, .. }) => Err(Refusal::LineTied { line: number, to }),
            None => Ok(line),
        }
    }

    /// Refused once money has been taken.
    pub fn lines_may_change(&self) -> Result<(), Refusal> {
        match self.state() {
            State::Open => Ok(()),
            State::Tendering => Err(Refusal::BasketBeingPaid),
        }
    }

    /// The payment that must be settled before anything else is done with the basket.
    pub fn awaited_payment(&self) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.is_awaited())
    }

    /// Whether there is a step on the lines to take back.
    pub fn can_undo(&self) -> Result<(), Refusal> {
        self.lines_may_change()?;
        if self.undo.is_empty() { Err(Refusal::NothingToUndo) } else { Ok(()) }
    }

    /// Whether undoing the last step takes a line back, or part of one.
    pub fn undo_takes_back(&self) -> bool {
        match self.undo.last() {
            Some(Event::LineVoided { .. }) => true,
            Some(Event::QuantitySet { line, quantity }) => {
                self.line(*line).is_ok_and(|line| quantity.value < line.quantity.value)
            }
            _ => false,
        }
    }

    /// The state after an event. An event that does not fit is refused and changes nothing.
    pub fn apply(&mut self, event: Event) -> Result<(), Refusal> {
        match event {
            Event::Opened(_) => {
                return Err(Refusal::CheckFailed { problem: "a basket was opened twice".into() });
            }
            Event::Commanded { .. } => {}
            Event::Undone => {
                let inverse = self.undo.pop().ok_or(Refusal::NothingToUndo)?;
                self.apply(inverse)?;
                // The inverse pushed its own inverse: the step and its undoing are both done with.
                self.undo.pop();
                return Ok(());
            }
            Event::LineAdded(line) => {
                if line.number != self.next_line_number() {
                    return Err(Refusal::CheckFailed { problem: format!("line {} arrived out of order", line.number) });
                }
                self.undo.push(Event::LineVoided { line: line.number });
                self.lines.push(line);
            }
            Event::QuantitySet { line, quantity } => {
                let line = self.line_mut(line)?;
                let before = std::mem::replace(&mut line.quantity, quantity);
                let number = line.number;
                self.level_deposits(number)?;
                self.undo.push(Event::QuantitySet { line: number, quantity: before });
            }
            Event::DepositAdded(line) => {
                let ties = line.tied.is_some_and(|tied| self.line(tied.to).is_ok_and(|found| found.tied.is_none()));
                if line.number != self.next_line_number() || !ties {
                    return Err(Refusal::CheckFailed {
                        problem: format!("deposit {} arrived out of order", line.number),
                    });
                }
                self.lines.push(line);
            }
            Event::GiftAdded(line) => {
                if line.number != self.next_line_number() {
                    return Err(Refusal::CheckFailed { problem: format!("line {} arrived out of order", line.number) });
                }
                self.lines.push(line);
            }
            Event::GiftSet { line: number, quantity } => {
                let line = self.line_mut(number)?;
                line.voided = quantity.value.is_zero();
                if !line.voided {
                    line.quantity = quantity;
                }
                self.level_deposits(number)?;
            }
            Event::LineVoided { line } => {
                let voided = self.line_mut(line)?;
                voided.voided = true;
                if let Some(Gift { offer }) = voided.gift.clone() {
                    self.declined.insert(offer);
                }
                self.level_deposits(line)?;
                self.undo.push(Event::LineRestored { line });
            }
            Event::LineRestored { line } => {
                let restored = self.line_mut(line)?;
                restored.voided = false;
                if let Some(Gift { offer }) = restored.gift.clone() {
                    self.declined.remove(&offer);
                }
                self.level_deposits(line)?;
                self.undo.push(Event::LineVoided { line });
            }
            Event::LineDiscounted { line, by_hand } => {
                let before = std::mem::replace(&mut self.line_mut(line)?.by_hand, by_hand);
                self.undo.push(Event::LineDiscounted { line, by_hand: before });
            }
            Event::PriceSet { line: number, price, source, locked } => {
                let line = self.line_mut(number)?;
                let before = Event::PriceSet {
                    line: number,
                    price: line.price,
                    source: line.price_source.clone(),
                    locked: line.price_locked,
                };
                (line.price, line.price_source, line.price_locked) = (price, source, locked);
                self.undo.push(before);
            }
            Event::BasketDiscounted(by_hand) => {
                let before = std::mem::replace(&mut self.by_hand, by_hand);
                self.undo.push(Event::BasketDiscounted(before));
            }
            Event::CustomerSet(customer) => {
                let before = std::mem::replace(&mut self.customer, customer);
                self.undo.push(Event::CustomerSet(before));
            }
            Event::CodeAdded(code) => {
                self.codes.push(code.clone());
                self.undo.push(Event::CodeRemoved(code));
            }
            Event::CodeRemoved(code) => {
                self.codes.retain(|known| *known != code);
                self.undo.push(Event::CodeAdded(code));
            }
            Event::RewardAdded(reward) => {
                self.rewards.push(reward);
                self.undo.push(Event::RewardRemoved);
            }
            Event::RewardRemoved => {
                let reward = self.rewards.pop().ok_or(Refusal::NothingToUndo)?;
                self.undo.push(Event::RewardAdded(reward));
            }
            Event::RefundedTo(place) => {
                let before = std::mem::replace(&mut self.refund_to, place);
                self.undo.push(Event::RefundedTo(before));
            }
            Event::Suspended { note, at } => self.suspended = Some((at, note)),
            Event::Recalled { cashier } => {
                self.suspended = None;
                self.opening.cashier = cashier;
            }
            Event::Approved(approval) => self.approvals.push(approval),
            Event::PaymentAsked(intent) => {
                let expected = self.payments.len() + 1;
                if intent.id.basket != self.opening.id || usize::try_from(intent.id.number) != Ok(expected) {
                    return Err(Refusal::CheckFailed {
                        problem: format!("payment {} arrived out of order", intent.id),
                    });
                }
                self.payments.push(Payment::new(intent));
            }
            Event::PaymentMoved { number, to } => self.move_payment(number, &to)?,
            Event::TenderAdded(tender) => self.tenders.push(tender),
            Event::TenderRemoved => {
                self.tenders.pop();
            }
        }
        self.version += 1;
        Ok(())
    }

    /// What is approved becomes a tender, and stops being one when it is given back.
    fn move_payment(&mut self, number: u32, to: &Move) -> Result<(), Refusal> {
        let found = self.payments.iter_mut().find(|payment| payment.intent.id.number == number);
        let missing = || Refusal::CheckFailed { problem: format!("the basket has no payment {number}") };
        let payment = found.ok_or_else(missing)?;
        let Some(after) = payment.after(to) else { return Ok(()) };
        let before = std::mem::replace(payment, after);
        if payment.intent.direction == Direction::Charge {
            match (before.approved(), payment.approved()) {
                (None, Some(found)) => {
                    self.tenders.push(Tender { payment: Some(number), ..Tender::new(TenderKind::Card, found.amount) })
                }
                (Some(_), None) => self.tenders.retain(|tender| tender.payment != Some(number)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Deposits stand and fall with their line, and are as many as its pieces have containers.
    fn level_deposits(&mut self, number: LineNumber) -> Result<(), Refusal> {
        let Line { quantity, voided, .. } = *self.line(number)?;
        for line in &mut self.lines {
            let Some(tied) = line.tied.filter(|tied| tied.to == number) else { continue };
            line.voided = voided;
            line.quantity = tied.quantity(quantity)?;
        }
        Ok(())
    }

    fn line_mut(&mut self, number: LineNumber) -> Result<&mut Line, Refusal> {
        self.lines.iter_mut().find(|line| line.number == number).ok_or(Refusal::LineNotFound { line: number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::fixture;

    fn numbers(basket: &Basket) -> Vec<(LineNumber, String, bool)> {
        basket.lines.iter().map(|line| (line.number, line.quantity.to_string(), line.voided)).collect()
    }

    #[test]
    fn undo_takes_back_step_by_step_and_replays_to_the_same_state() {
        let mut basket = Basket::open(fixture::opening());
        let mut log = vec![Event::Opened(fixture::opening())];
        let mut step = |basket: &mut Basket, event: Event| {
            basket.apply(event.clone()).unwrap();
            log.push(event);
        };
        step(&mut basket, Event::LineAdded(fixture::line(1, "SOAP", "2.00", 1)));
        step(&mut basket, Event::LineAdded(fixture::line(2, "TEA", "3.00", 1)));
        step(&mut basket, Event::QuantitySet { line: 2, quantity: Quantity::pieces(5) });
        step(&mut basket, Event::LineVoided { line: 1 });
        step(&mut basket, Event::Undone);
        assert_eq!(numbers(&basket), [(1, "1".into(), false), (2, "5".into(), false)]);
        step(&mut basket, Event::Undone);
        step(&mut basket, Event::Undone);
        assert_eq!(numbers(&basket), [(1, "1".into(), false), (2, "1".into(), true)]);
        // Numbers are never used twice, even after an undo.
        assert_eq!(basket.next_line_number(), 3);
        step(&mut basket, Event::Undone);
        assert_eq!(basket.can_undo(), Err(Refusal::NothingToUndo));
        assert_eq!(basket.apply(Event::Undone), Err(Refusal::NothingToUndo));
        assert_eq!(Basket::replay(log), Ok(basket));
    }

    #[test]
    fn deposits_come_and_go_with_their_line() {
        let mut basket = Basket::open(fixture::opening());
        let tied =
            |number, to, each| Line { tied: Some(Tied { to, each }), ..fixture::line(number, "PFAND", "0.25", 0) };
        let mut log = vec![Event::Opened(fixture::opening())];
        let mut step = |basket: &mut Basket, event: Event| {
            basket.apply(event.clone()).unwrap();
            log.push(event);
        };
        step(&mut basket, Event::LineAdded(fixture::line(1, "CRATE", "18.00", 1)));
        step(&mut basket, Event::DepositAdded(tied(2, 1, 20)));
        step(&mut basket, Event::DepositAdded(tied(3, 1, 1)));
        step(&mut basket, Event::QuantitySet { line: 1, quantity: Quantity::pieces(2) });
        assert_eq!(numbers(&basket), [(1, "2".into(), false), (2, "40".into(), false), (3, "2".into(), false)]);
        step(&mut basket, Event::LineVoided { line: 1 });
        assert_eq!(basket.live_lines().count(), 0);
        for left in [3, 3, 0] {
            step(&mut basket, Event::Undone);
            assert_eq!(basket.live_lines().count(), left);
        }
        assert_eq!(basket.can_undo(), Err(Refusal::NothingToUndo), "a deposit is no step of its own");
        assert_eq!(basket.changeable_line(2), Err(Refusal::LineVoided { line: 2 }));
        // A deposit of a deposit, or of nothing, is none.
        for to in [2, 9] {
            assert!(matches!(basket.apply(Event::DepositAdded(tied(4, to, 1))), Err(Refusal::CheckFailed { .. })));
        }
        assert_eq!(Basket::replay(log), Ok(basket));
    }

    #[test]
    fn lines_are_fixed_once_money_was_taken() {
        let mut basket = Basket::open(fixture::opening());
        basket.apply(Event::LineAdded(fixture::line(1, "SOAP", "2.00", 1))).unwrap();
        let cash = Tender::new(crate::tender::TenderKind::Cash, pos_money::Money::from_minor(100));
        basket.apply(Event::TenderAdded(cash)).unwrap();
        assert_eq!(basket.lines_may_change(), Err(Refusal::BasketBeingPaid));
        basket.apply(Event::TenderRemoved).unwrap();
        assert_eq!(basket.lines_may_change(), Ok(()));
    }
}

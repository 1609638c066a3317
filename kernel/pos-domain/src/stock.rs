//! Stock: what left or entered a location, why, and what it was worth. On hand is the sum of movements, nothing else.
//!
//! Goods whose cost is known are worth their moving average: what they cost, divided by how many there are. What is sold
//! takes its share of that with it, from `inventory` to the cost of goods of its department, rounded once; the last piece
//! takes what is left. More may be sold than the books know of: what that cost is not known before the next delivery, which
//! puts it right (`stock-variance`). Goods that never had a cost move without a value.

use crate::ids::ItemId;
use crate::ledger::{Entry, Posting};
use crate::order::Order;
use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use crate::transaction::{Transaction, TransactionLine};
use pos_money::{Decimal, Money, MoneyError, Quantity, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most characters of a location, a supplier, a reason or a delivery's number.
const NAME_CHARS_MAX: usize = 64;
/// Most lines of one delivery or count.
pub const LINES_MAX: usize = 1_000;

/// Why goods moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MovementReason {
    /// Sold to a customer.
    Sale,
    /// Brought back by a customer.
    Return,
    /// Thrown away: broken, opened, out of date.
    Waste,
    /// Delivered by a supplier.
    Receipt,
    /// Taken from one location to another.
    Transfer,
    /// Counted: more or less than the books said.
    Count,
    /// Put right for a reason.
    Adjustment,
    /// Made of other goods, or used to make them.
    Production,
}

impl MovementReason {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            MovementReason::Sale => "sale",
            MovementReason::Return => "return",
            MovementReason::Waste => "waste",
            MovementReason::Receipt => "receipt",
            MovementReason::Transfer => "transfer",
            MovementReason::Count => "count",
            MovementReason::Adjustment => "adjustment",
            MovementReason::Production => "production",
        }
    }
}

/// One movement of one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockMovement {
    /// The article.
    pub item: ItemId,
    /// Negative leaves the location, positive enters it.
    pub quantity: Quantity,
    /// Why.
    pub reason: MovementReason,
    /// Where; empty: the shop, where it has one location.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub location: Arc<str>,
    /// What the inventory is worth more with it; none where the article's cost is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
}

impl StockMovement {
    /// A movement that is not valued yet, at no named location.
    pub fn new(item: ItemId, quantity: Quantity, reason: MovementReason) -> StockMovement {
        StockMovement { item, quantity, reason, location: "".into(), value: None }
    }
}

/// When more of an article is wanted, and how much: `reorder_point` and what follows in a catalogue's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reorder {
    /// With so much available or less, more is wanted.
    pub point: Decimal,
    /// Ordered at once, or a multiple of it.
    pub quantity: Decimal,
    /// From whom.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub supplier: Arc<str>,
}

impl Reorder {
    /// How much to order with so much available: enough multiples to be above the point; none where that is so already.
    pub fn proposal(&self, available: Decimal) -> Result<Option<Decimal>, MoneyError> {
        if available > self.point || self.quantity <= Decimal::ZERO {
            return Ok(None);
        }
        let missing = self.point.checked_sub(available).ok_or(MoneyError::Overflow)?;
        let times = missing.checked_div(self.quantity).ok_or(MoneyError::Overflow)?.floor();
        let times = times.checked_add(Decimal::ONE).ok_or(MoneyError::Overflow)?;
        Ok(Some(times.checked_mul(self.quantity).ok_or(MoneyError::Overflow)?))
    }
}

/// What the house says about stock: `[stock]` in `shop.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StockRules {
    /// Where the register sells from, and takes back to.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub sells_from: Arc<str>,
    /// Other places with goods: a back room, a window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Arc<str>>,
    /// Reasons to put stock right; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Arc<str>>,
}

impl StockRules {
    /// Nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == StockRules::default()
    }

    /// A location of the shop; none named: where it sells from.
    pub fn location(&self, named: &str) -> Result<Arc<str>, Refusal> {
        let named = named.trim();
        if named.is_empty() || named == &*self.sells_from {
            return Ok(Arc::clone(&self.sells_from));
        }
        let known = self.locations.iter().find(|known| &***known == named);
        known.cloned().ok_or_else(|| {
            let all: Vec<&str> = self.locations.iter().chain([&self.sells_from]).map(|known| &**known).collect();
            let all = all.into_iter().filter(|known| !known.is_empty()).collect::<Vec<_>>().join(", ");
            let all = if all.is_empty() { "none is named in [stock] of shop.toml".to_owned() } else { all };
            Refusal::Malformed { problem: format!("There is no location \"{named}\" here: {all}.") }
        })
    }
}

/// What was done to the stock without a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StockActKind {
    /// Goods came from a supplier.
    Receipt,
    /// Goods went from one location to another.
    Transfer,
    /// Goods were counted.
    Count,
    /// Stock was put right.
    Adjustment,
    /// Goods were made of others.
    Production,
}

impl StockActKind {
    /// Why the goods of it moved.
    fn reason(self) -> MovementReason {
        match self {
            StockActKind::Receipt => MovementReason::Receipt,
            StockActKind::Transfer => MovementReason::Transfer,
            StockActKind::Count => MovementReason::Count,
            StockActKind::Adjustment => MovementReason::Adjustment,
            StockActKind::Production => MovementReason::Production,
        }
    }

    /// Stable name.
    pub fn code(self) -> &'static str {
        self.reason().code()
    }

    /// Heading of its slip.
    pub fn heading(self) -> &'static str {
        match self {
            StockActKind::Receipt => "GOODS RECEIVED",
            StockActKind::Transfer => "GOODS MOVED",
            StockActKind::Count => "STOCK COUNTED",
            StockActKind::Adjustment => "STOCK PUT RIGHT",
            StockActKind::Production => "GOODS MADE",
        }
    }
}

/// One article of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLine {
    /// The article.
    pub item: ItemId,
    /// Its name at the time.
    pub name: Arc<str>,
    /// How much came, went or was found; negative: used, or taken off.
    pub quantity: Quantity,
    /// What all of it cost, of a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// What the books said before, of a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Decimal>,
}

/// What a transaction did to the stock, of one without a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAct {
    /// What.
    pub kind: StockActKind,
    /// Where; of a transfer, where from.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub location: Arc<str>,
    /// Where to, of a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Arc<str>>,
    /// Who delivered.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub supplier: Arc<str>,
    /// The number of the delivery note, or of the list that was counted.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub reference: Arc<str>,
    /// Why.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub reason: Arc<str>,
    /// Article by article.
    pub lines: Vec<StockLine>,
}

impl StockAct {
    /// Refuses what cannot have happened.
    pub fn check_allowed(&self, rules: &StockRules) -> Result<(), Refusal> {
        let malformed = |problem: String| Err(Refusal::Malformed { problem });
        if self.lines.is_empty() || self.lines.len() > LINES_MAX {
            return malformed(format!("Name 1 to {LINES_MAX} articles at once."));
        }
        for name in [&self.supplier, &self.reference, &self.reason] {
            if name.chars().count() > NAME_CHARS_MAX || name.chars().any(|one| one.is_control() || one == ':') {
                let problem = format!(
                    "\"{name}\": a supplier, a reference and a reason are lines of at most {NAME_CHARS_MAX} characters without a colon."
                );
                return malformed(problem);
            }
        }
        for (index, line) in self.lines.iter().enumerate() {
            let value = line.quantity.value;
            let fits = match self.kind {
                StockActKind::Receipt | StockActKind::Transfer => value > Decimal::ZERO,
                StockActKind::Count => value >= Decimal::ZERO,
                StockActKind::Adjustment | StockActKind::Production => !value.is_zero(),
            };
            if !fits {
                let (what, least) = match self.kind {
                    StockActKind::Receipt => ("A delivery", "more than nothing"),
                    StockActKind::Transfer => ("What is moved", "more than nothing"),
                    StockActKind::Count => ("A count", "nothing or more"),
                    StockActKind::Adjustment => ("What is put right", "more or less than nothing"),
                    StockActKind::Production => ("What is made or used", "more or less than nothing"),
                };
                return malformed(format!("{what} of {} is {least}; {value} is not.", line.name));
            }
            let once = matches!(self.kind, StockActKind::Count | StockActKind::Production);
            if once && self.lines[..index].iter().any(|known| known.item == line.item) {
                return malformed(format!("{} is there twice: enter it once, with all of it.", line.name));
            }
            if line.cost.is_some_and(Money::is_negative) {
                return malformed(format!("{} cannot have cost less than nothing.", line.name));
            }
        }
        if self.kind == StockActKind::Transfer && self.to.as_ref() == Some(&self.location) {
            return malformed("Goods are taken from one location to another, not to the same.".to_owned());
        }
        if self.kind == StockActKind::Adjustment {
            let known = rules.adjustments.contains(&self.reason) || rules.adjustments.is_empty();
            if !known || self.reason.trim().is_empty() {
                let known = rules.adjustments.iter().map(|known| &**known).collect::<Vec<_>>().join(", ");
                let (reason, action) = (self.reason.to_string(), "put stock right".to_owned());
                return Err(Refusal::ReasonNotAccepted { reason, action, known });
            }
        }
        Ok(())
    }

    /// The movements it makes, valued at what the books say now. A count's `expected` is set on the way.
    pub fn movements(&mut self, book: &StockBook) -> Result<Vec<StockMovement>, Refusal> {
        let mut book = book.clone();
        let reason = self.kind.reason();
        let mut movements = Vec::with_capacity(self.lines.len());
        let (location, to) = (self.location.clone(), self.to.clone());
        // What is made, with what there was of it.
        let mut made: Vec<(usize, Level)> = Vec::new();
        let moved = |line: &StockLine, quantity: Decimal, location: &Arc<str>, value: Option<Money>| StockMovement {
            item: line.item.clone(),
            quantity: Quantity::new(quantity, line.quantity.unit),
            reason,
            location: Arc::clone(location),
            value,
        };
        for line in &mut self.lines {
            let level = book.level(&line.item, line.quantity.unit);
            let quantity = line.quantity.value;
            let movement = match self.kind {
                StockActKind::Receipt => {
                    let value = line.cost.map(|cost| level.receive(quantity, cost)).transpose()?;
                    let value = match value {
                        None => level.worth(quantity)?,
                        known => known,
                    };
                    moved(line, quantity, &location, value)
                }
                StockActKind::Transfer => {
                    let to = to.as_ref().ok_or(MoneyError::Overflow)?;
                    let (leaves, enters) = (moved(line, -quantity, &location, None), moved(line, quantity, to, None));
                    book.apply(&leaves)?;
                    movements.push(leaves);
                    enters
                }
                StockActKind::Count => {
                    let expected = level.at(&location);
                    line.expected = Some(expected);
                    let found = quantity.checked_sub(expected).ok_or(MoneyError::Overflow)?;
                    if found.is_zero() {
                        continue;
                    }
                    let value = level.worth(found)?;
                    moved(line, found, &location, value)
                }
                StockActKind::Adjustment => {
                    let value = level.worth(quantity)?;
                    moved(line, quantity, &location, value)
                }
                StockActKind::Production if quantity < Decimal::ZERO => {
                    let value = level.worth(quantity)?;
                    moved(line, quantity, &location, value)
                }
                StockActKind::Production => {
                    made.push((movements.len(), level));
                    moved(line, quantity, &location, None)
                }
            };
            book.apply(&movement)?;
            movements.push(movement);
        }
        share_worth(&mut movements, &made)?;
        Ok(movements)
    }

    /// What the movements post: the inventory's worth against where it came from or went.
    pub fn entries(&self, movements: &[StockMovement]) -> Result<Vec<Entry>, Refusal> {
        let mut posting = Posting::default();
        let worth = Money::sum(movements.iter().filter_map(|movement| movement.value))?;
        posting.debit("inventory", worth)?;
        match self.kind {
            StockActKind::Receipt => {
                let cost = Money::sum(self.lines.iter().filter_map(|line| line.cost))?;
                posting.credit(&account("goods-received", &self.supplier), cost)?;
                // What was sold before it came had another cost than the books thought.
                posting.debit("stock-variance", cost.minus(worth)?)?;
            }
            StockActKind::Count => posting.credit("stock-difference", worth)?,
            StockActKind::Adjustment => posting.credit(&account("stock-adjustment", &self.reason), worth)?,
            // What is made may have been sold before.
            StockActKind::Transfer | StockActKind::Production => posting.credit("stock-variance", worth)?,
        }
        posting.close()
    }
}

fn account(of: &str, name: &str) -> String {
    if name.is_empty() { of.to_owned() } else { format!("{of}:{name}") }
}

/// Goods that were made are worth what was used for them, as far as that is known, shared by quantity. Where nothing of it is
/// known they are worth what there is of them on average, like a delivery without a cost.
fn share_worth(movements: &mut [StockMovement], made: &[(usize, Level)]) -> Result<(), Refusal> {
    if movements.iter().all(|movement| movement.value.is_none()) {
        for (index, level) in made {
            movements[*index].value = level.worth(movements[*index].quantity.value)?;
        }
        return Ok(());
    }
    if made.is_empty() {
        return Ok(());
    }
    let worth = Money::sum(movements.iter().filter_map(|movement| movement.value))?.negated()?;
    let weights =
        made.iter().map(|(index, _)| weight(movements[*index].quantity.value)).collect::<Result<Vec<_>, _>>()?;
    for ((index, level), share) in made.iter().zip(pos_money::allocate(worth, &weights)?) {
        movements[*index].value = Some(level.receive(movements[*index].quantity.value, share)?);
    }
    Ok(())
}

/// A quantity as a weight to share by.
fn weight(quantity: Decimal) -> Result<Money, MoneyError> {
    let millionths = quantity.abs().checked_mul(Decimal::from(1_000_000)).ok_or(MoneyError::Overflow)?;
    money(millionths)
}

/// What there is of an article in one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// In all locations.
    pub on_hand: Decimal,
    /// What that is worth; none where its cost was never known.
    pub value: Option<Money>,
    /// By location.
    pub locations: BTreeMap<Arc<str>, Decimal>,
}

impl Level {
    /// On hand at a location.
    pub fn at(&self, location: &str) -> Decimal {
        self.locations.get(location).copied().unwrap_or_default()
    }

    /// What one of it is worth on average, in minor units; none where there is none, or its cost is not known.
    pub fn average(&self) -> Option<Decimal> {
        let value = Decimal::from(self.value?.minor());
        if self.on_hand.is_zero() { None } else { value.checked_div(self.on_hand) }
            .filter(|average| !average.is_sign_negative())
    }

    /// What so much of it adds to the inventory, or takes from it, at its average; what is left last takes the rest.
    pub fn worth(&self, quantity: Decimal) -> Result<Option<Money>, MoneyError> {
        let Some(value) = self.value else { return Ok(None) };
        // Where there is nothing, or less is worth more, there is no average.
        let has_average = !self.on_hand.is_zero() && value.is_negative() == self.on_hand.is_sign_negative();
        Ok(Some(if has_average { value.share(quantity, self.on_hand)? } else { self.rest(quantity, value)? }))
    }

    /// What is left last takes the rest, whatever it is.
    fn rest(&self, quantity: Decimal, value: Money) -> Result<Money, MoneyError> {
        let takes_all = !self.on_hand.is_zero() && self.on_hand.checked_add(quantity) == Some(Decimal::ZERO);
        if takes_all { value.negated() } else { Ok(Money::ZERO) }
    }

    /// What a delivery adds to the inventory. What was missing before is what was sold too early: it was valued at a guess,
    /// and what is on hand afterwards is worth what it really cost.
    fn receive(&self, quantity: Decimal, cost: Money) -> Result<Money, MoneyError> {
        if self.on_hand >= Decimal::ZERO {
            return Ok(cost);
        }
        let left = self.on_hand.checked_add(quantity).ok_or(MoneyError::Overflow)?;
        cost.share(left, quantity)?.minus(self.value.unwrap_or(Money::ZERO))
    }

    fn apply(&mut self, movement: &StockMovement) -> Result<(), MoneyError> {
        let sum = |sum: Decimal| sum.checked_add(movement.quantity.value).ok_or(MoneyError::Overflow);
        self.on_hand = sum(self.on_hand)?;
        let at = self.locations.entry(Arc::clone(&movement.location)).or_default();
        *at = sum(*at)?;
        if let Some(worth) = movement.value {
            self.value = Some(self.value.unwrap_or(Money::ZERO).plus(worth)?);
        }
        Ok(())
    }
}

/// Whole minor units.
fn money(minor: Decimal) -> Result<Money, MoneyError> {
    i64::try_from(minor.round_dp(0)).map(Money::from_minor).map_err(|_| MoneyError::Overflow)
}

/// What there is, as far as it has been looked up: follows the journal.
#[derive(Clone, Debug, Default)]
pub struct StockBook {
    levels: BTreeMap<ItemId, BTreeMap<&'static str, Level>>,
}

impl StockBook {
    /// Whether an article was looked up.
    pub fn knows(&self, item: &str) -> bool {
        self.levels.contains_key(item)
    }

    /// Takes what was looked up of an article.
    pub fn learn(&mut self, item: ItemId, levels: Vec<(Unit, Level)>) {
        let levels = levels.into_iter().map(|(unit, level)| (unit.symbol(), level)).collect();
        self.levels.insert(item, levels);
    }

    /// What there is of an article.
    pub fn level(&self, item: &str, unit: Unit) -> Level {
        self.levels.get(item).and_then(|units| units.get(unit.symbol())).cloned().unwrap_or_default()
    }

    /// Follows a movement.
    pub fn apply(&mut self, movement: &StockMovement) -> Result<(), MoneyError> {
        let Some(units) = self.levels.get_mut(&movement.item) else { return Ok(()) };
        units.entry(movement.quantity.unit.symbol()).or_default().apply(movement)
    }

    /// Says where goods of a sale or a return moved and what they were worth, and posts that.
    pub fn value(&self, transaction: &mut Transaction, sells_from: &Arc<str>) -> Result<(), Refusal> {
        let mut posting = Posting::default();
        let Transaction { movements, lines, .. } = transaction;
        let moving = movements.iter().filter_map(|movement| self.levels.get_key_value(&movement.item));
        let mut book = StockBook { levels: moving.map(|(item, levels)| (item.clone(), levels.clone())).collect() };
        for movement in movements.iter_mut().filter(|movement| movement.value.is_none()) {
            movement.location = Arc::clone(sells_from);
            let level = book.level(&movement.item, movement.quantity.unit);
            let Some(worth) = level.worth(movement.quantity.value)? else { continue };
            movement.value = Some(worth);
            book.apply(movement)?;
            let other = match movement.reason {
                MovementReason::Waste => "waste".to_owned(),
                _ => {
                    let department = lines.iter().find(|line| line.item == movement.item).map(|line| &*line.department);
                    account("cost-of-goods", department.unwrap_or_default())
                }
            };
            posting.debit("inventory", worth)?;
            posting.credit(&other, worth)?;
            if movement.reason == MovementReason::Sale {
                share_cost(lines, movement, worth)?;
            }
        }
        transaction.entries.extend(posting.close()?);
        Ok(())
    }
}

/// What was sold cost so much, line by line.
fn share_cost(lines: &mut [TransactionLine], movement: &StockMovement, worth: Money) -> Result<(), Refusal> {
    let of_movement = |line: &TransactionLine| {
        !line.voided
            && line.kind == LineKind::Sale
            && line.item == movement.item
            && line.quantity.unit == movement.quantity.unit
    };
    let sold: Vec<&mut TransactionLine> = lines.iter_mut().filter(|line| of_movement(line)).collect();
    let weights = sold.iter().map(|line| weight(line.quantity.value)).collect::<Result<Vec<_>, _>>()?;
    for (line, share) in sold.into_iter().zip(pos_money::allocate(worth.negated()?, &weights)?) {
        line.cost = Some(share);
    }
    Ok(())
}

/// What open orders keep back, by article.
pub fn committed(orders: &[Order]) -> Result<BTreeMap<ItemId, Decimal>, MoneyError> {
    let mut committed = BTreeMap::<ItemId, Decimal>::new();
    for (item, quantity) in orders.iter().flat_map(Order::commits) {
        let sum = committed.entry(item).or_default();
        *sum = sum.checked_add(quantity.value).ok_or(MoneyError::Overflow)?;
    }
    Ok(committed)
}

#[cfg(test)]
mod tests;

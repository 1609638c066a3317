//! Stock: goods delivered, moved, counted, put right and made; what there is, what is kept back, and what to order.

use super::{AMOUNT_MAX, Kernel, check_fits, committed_reply, major, storage_failed};
use crate::effects::Effect;
use crate::views;
use pos_api::Reply;
use pos_api::command::{MoveStock, StockLineAsked};
use pos_api::view::{StockAlert, StockLevelView};
use pos_domain::Refusal;
use pos_domain::catalogue::Item;
use pos_domain::ids::ItemId;
use pos_domain::people::Act;
use pos_domain::receipt::{Print, sale_receipt};
use pos_domain::stock::{self, Level, Reorder, StockAct, StockActKind, StockBook, StockLine, StockMovement};
use pos_domain::transaction::Transaction;
use pos_money::{Decimal, MoneyError, Quantity, Unit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Articles a list of stock answers with at most.
const LISTED_MAX: usize = 10_000;

impl Kernel {
    /// Makes a movement of goods without a sale durable, and prints its slip.
    pub(super) fn move_stock(&mut self, asked: &MoveStock) -> Result<Reply, Refusal> {
        if let Some(reply) = self.act_done_before()? {
            return Ok(reply);
        }
        let MoveStock { kind, location, to, supplier, reference, reason, lines } = asked;
        let rules = &self.shop.stock;
        let to = match (kind, to) {
            (StockActKind::Transfer, Some(to)) => Some(rules.location(to)?),
            (StockActKind::Transfer, None) => {
                return Err(Refusal::Malformed { problem: "\"to\" is missing: where the goods go.".to_owned() });
            }
            _ => None,
        };
        let act = StockAct {
            kind: *kind,
            location: rules.location(location)?,
            to,
            supplier: supplier.trim().into(),
            reference: reference.trim().into(),
            reason: reason.trim().into(),
            lines: lines.iter().map(|line| self.stock_line(line)).collect::<Result<_, Refusal>>()?,
        };
        for line in &act.lines {
            self.learn_stock(&line.item)?;
        }
        let at = self.clock.now();
        let shift = self.shift_now();
        let (mut opening, completion) = self.without_basket(self.act_id(shift.shift), &shift, at);
        if act.kind == StockActKind::Receipt && !act.reference.is_empty() {
            // A delivery note is booked once, whoever enters it again and when.
            opening.external_reference = Some(format!("delivery:{}:{}", act.supplier, act.reference).into());
        }
        let moved = Transaction::stock(act, &self.stock.borrow(), &opening, completion)?;
        let posted = moved.entries.iter().flat_map(|entry| [entry.debit, entry.credit]);
        check_fits("no stockroom holds so much.", AMOUNT_MAX, posted)?;
        let committed = self.commit(moved, &shift, &mut |_| {})?;
        self.keep_shift(shift);
        let slip = sale_receipt(&committed, &self.shop, Print::Original);
        let mut reply = committed_reply(&committed);
        reply.receipt = Some(Arc::new(views::receipt_view(committed.number, 0, &slip)));
        self.effects.perform(Effect::Print { number: Some(committed.number), receipt: slip });
        Ok(reply)
    }

    fn stock_line(&self, asked: &StockLineAsked) -> Result<StockLine, Refusal> {
        let StockLineAsked { item, quantity, cost } = asked;
        let item = match self.store.item(item).map_err(storage_failed)? {
            Some(item) => item,
            None => self.look_up(item)?.item,
        };
        let value = quantity.0.normalize();
        if item.unit == Unit::Each && value.scale() > 0 {
            return Err(Refusal::QuantityMustBeWhole { name: item.name.to_string(), quantity: value });
        }
        if value.scale() > super::QUANTITY_SCALE_MAX || value.abs() > Decimal::from(1_000_000_000) {
            let problem = format!("{value} of {} is more than can be, or has too many places.", item.name);
            return Err(Refusal::Malformed { problem });
        }
        let cost = cost.map(|cost| self.money(cost.0)).transpose()?;
        let (id, name) = (item.id.clone(), item.name.clone());
        Ok(StockLine { item: id, name, quantity: Quantity::new(value, item.unit), cost, expected: None })
    }

    /// Looks an article's stock up, once.
    pub(super) fn learn_stock(&self, item: &ItemId) -> Result<(), Refusal> {
        if !self.stock.borrow().knows(item) {
            let levels = self.store.stock_of(item).map_err(storage_failed)?;
            self.stock.borrow_mut().learn(item.clone(), levels);
        }
        Ok(())
    }

    /// Says where the goods of a transaction moved, and what they were worth.
    pub(super) fn value_stock(&self, transaction: &mut Transaction) -> Result<(), Refusal> {
        for movement in &transaction.movements {
            self.learn_stock(&movement.item)?;
        }
        if transaction.stock.is_none() {
            self.stock.borrow().value(transaction, &self.shop.stock.sells_from)?;
        }
        Ok(())
    }

    /// What movements that are about to be followed are told about: articles of which more is wanted now, and more sold than
    /// there was. That is told of articles whose stock is kept: there was some, or what it had cost is known, or it is ordered
    /// at some point.
    pub(super) fn stock_alerts(&self, movements: &[StockMovement]) -> Vec<StockAlert> {
        let mut alerts = Vec::new();
        // What there is of what moved so far.
        let mut levels: BTreeMap<(&str, &str), Level> = BTreeMap::new();
        for StockMovement { item, quantity, .. } in movements {
            let level = || self.stock.borrow().level(item, quantity.unit);
            let known = levels.entry((item, quantity.unit.symbol())).or_insert_with(level);
            let before = known.on_hand;
            let Some(after) = before.checked_add(quantity.value) else { continue };
            known.on_hand = after;
            if after >= before {
                continue;
            }
            let Ok(Some(item)) = self.store.item(item) else { continue };
            let went_below = |point: Decimal| before > point && after <= point;
            let is_low = item.reorder.as_ref().is_some_and(|reorder| went_below(reorder.point));
            let is_kept = before > Decimal::ZERO || known.value.is_some() || item.reorder.is_some();
            let is_negative = is_kept && before >= Decimal::ZERO && after < Decimal::ZERO;
            if is_low || is_negative {
                alerts.push(StockAlert {
                    item: item.id.to_string(),
                    name: item.name.to_string(),
                    unit: item.unit.symbol().to_owned(),
                    on_hand: after,
                    reorder_point: item.reorder.as_ref().map(|reorder| reorder.point),
                });
            }
        }
        alerts
    }

    /// Follows what was committed.
    pub(super) fn follow_stock(&self, movements: &[StockMovement]) {
        for movement in movements {
            if let Err(error) = self.stock.borrow_mut().apply(movement) {
                tracing::error!(item = %movement.item, "the stock cannot be followed: {error}");
            }
        }
    }

    /// What there is of some articles; of none named, of those that say when more of them is wanted.
    pub(super) fn list_stock(&self, named: &[String], low: bool) -> Result<Reply, Refusal> {
        let shows_worth = match self.operator()? {
            None => true,
            Some(operator) => self.shop.roles.may(&operator.role, Act::ReadBooks),
        };
        let orders = self.store.open_orders().map_err(storage_failed)?;
        let orders = orders.into_iter().map(|number| self.order(number)).collect::<Result<Vec<_>, Refusal>>()?;
        let committed = stock::committed(&orders)?;
        let items = match named {
            [] => self.store.reordered_items().map_err(storage_failed)?,
            named => {
                let found = |name: &String| match self.store.item(name).map_err(storage_failed)? {
                    Some(item) => Ok(item),
                    None => Ok(self.look_up(name)?.item),
                };
                named.iter().map(found).collect::<Result<_, Refusal>>()?
            }
        };
        let mut levels = Vec::new();
        for item in &items {
            let view = self.stock_view(item, &committed, shows_worth)?;
            if !low || view.proposal.is_some() {
                levels.push(view);
            }
            if levels.len() >= LISTED_MAX {
                break;
            }
        }
        Ok(Reply { stock: Some(levels), ..Reply::default() })
    }

    fn stock_view(
        &self,
        item: &Item,
        committed: &BTreeMap<ItemId, Decimal>,
        shows_worth: bool,
    ) -> Result<StockLevelView, Refusal> {
        let levels = self.store.stock_of(&item.id).map_err(storage_failed)?;
        let level = levels.into_iter().find(|(unit, _)| *unit == item.unit).map(|(_, level)| level);
        let level: Level = level.unwrap_or_default();
        let kept = committed.get(&item.id).copied().unwrap_or_default();
        let available = level.on_hand.checked_sub(kept).ok_or(MoneyError::Overflow)?;
        let proposal = item.reorder.as_ref().map(|reorder| reorder.proposal(available)).transpose()?.flatten();
        let currency = self.shop.currency;
        let average = level.average().and_then(|minor| minor.checked_mul(currency_unit(currency.exponent())));
        let Reorder { point, supplier, .. } = item.reorder.clone().unwrap_or_default();
        Ok(StockLevelView {
            item: item.id.to_string(),
            name: item.name.to_string(),
            unit: item.unit.symbol().to_owned(),
            on_hand: level.on_hand,
            committed: kept,
            available,
            locations: level.locations.iter().map(|(name, value)| (name.to_string(), *value)).collect(),
            average_cost: average.filter(|_| shows_worth).map(|average| average.round_dp(4).normalize()),
            value: level.value.filter(|_| shows_worth).map(|value| major(currency, value)),
            reorder_point: item.reorder.as_ref().map(|_| point),
            proposal,
            supplier: supplier.to_string(),
        })
    }
}

/// Of one minor unit in major ones.
fn currency_unit(exponent: u8) -> Decimal {
    Decimal::new(1, u32::from(exponent))
}

/// The kernel's own book of stock.
pub(super) type Stock = std::cell::RefCell<StockBook>;

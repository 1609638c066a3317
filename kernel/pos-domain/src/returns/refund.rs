//! What a return is refunded: cumulative shares of a sale, under one of three policies.

use super::deal;
use super::figures::Figures;
use super::plan::{RefundPlan, TenderRefunded};
use super::sold::{Sold, SoldLine};
use crate::ids::{BasketId, ItemId, LineNumber};
use crate::pricing::priced::PricedBasket;
use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use pos_money::{Decimal, Money, MoneyError, Quantity, Unit};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How much of a sold line comes back, and how much of that is thrown away instead of put back on the shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeBack {
    /// The sold line.
    pub line: LineNumber,
    /// With the sign it was sold with.
    pub quantity: Quantity,
    /// Of it, what is wasted, in the unit of `quantity`.
    #[serde(default)]
    pub wasted: Decimal,
}

impl TakeBack {
    /// All of it goes back to stock.
    pub fn to_stock(line: LineNumber, quantity: Quantity) -> TakeBack {
        TakeBack { line, quantity, wasted: Decimal::ZERO }
    }

    /// All of it is thrown away.
    pub fn to_waste(line: LineNumber, quantity: Quantity) -> TakeBack {
        TakeBack { line, quantity, wasted: quantity.value }
    }
}

/// What a shop does about a return that breaks an offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnPolicy {
    /// Refund what was paid for the piece, whatever becomes of the offer.
    #[default]
    KeepShares,
    /// Price what is kept under the rules of the sale; refund the difference to what was paid.
    Rerate,
    /// Pieces of one deal come back together or not at all.
    WholeDeal,
}

/// A quantity the customer keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The sold line.
    pub line: LineNumber,
    /// What is left of it, above zero in size.
    pub quantity: Quantity,
}

/// A policy with what it needs to be carried out.
#[derive(Clone, Copy)]
pub enum Policy<'a> {
    /// [`ReturnPolicy::KeepShares`].
    KeepShares,
    /// [`ReturnPolicy::Rerate`], with the pricing of what is kept under the *stored* rule set ([`Sold::rule_set`]). It
    /// is not asked when nothing is kept.
    Rerate(&'a dyn Fn(&[Kept]) -> Result<PricedBasket, Refusal>),
    /// [`ReturnPolicy::WholeDeal`].
    WholeDeal,
}

/// What one return takes back of one line; positive figures go back to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The sold line.
    pub line: LineNumber,
    /// What it was.
    pub kind: LineKind,
    /// The article.
    pub item: ItemId,
    /// Root department when it was sold.
    pub department: Arc<str>,
    /// The unit of its quantities.
    pub unit: Unit,
    /// The share that goes back. A line that is kept has one too, of no quantity, where its price was re-rated.
    pub share: Figures,
    /// Of the quantity, what is thrown away.
    #[serde(default)]
    pub wasted: Decimal,
}

/// One return of one sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The sale.
    pub of: BasketId,
    /// By sold line.
    pub lines: Vec<RefundLine>,
    /// What the goods are worth to the customer: the sum of what was paid for them. Negative for empties taken home again.
    pub total: Money,
}

/// What earlier returns of a sale took of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedLine {
    /// The sold line.
    pub line: LineNumber,
    /// What has gone back.
    pub share: Figures,
}

/// What earlier returns of a sale took: a fold over them, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// By sold line.
    #[serde(default)]
    pub lines: Vec<ReturnedLine>,
    /// What was to be paid back, before cash rounding, with what paid for other goods in exchanges.
    #[serde(default)]
    pub paid_back: Money,
    /// By tender of the sale.
    #[serde(default)]
    pub tenders: Vec<TenderRefunded>,
}

impl Returned {
    /// What has gone back of a line.
    pub fn of_line(&self, line: LineNumber) -> Figures {
        let found = self.lines.iter().find(|returned| returned.line == line);
        found.map(|returned| returned.share.clone()).unwrap_or_default()
    }

    /// Takes one more return into account. Nothing has changed when it is refused.
    pub fn add(&mut self, refund: &Refund, plan: &RefundPlan) -> Result<(), Refusal> {
        let mut after = self.clone();
        for RefundLine { line, share, .. } in &refund.lines {
            match after.lines.iter_mut().find(|returned| returned.line == *line) {
                Some(returned) => returned.share = returned.share.plus(share)?,
                None => after.lines.push(ReturnedLine { line: *line, share: share.clone() }),
            }
        }
        after.add_plan(plan)?;
        *self = after;
        Ok(())
    }

    /// Takes money into account that went back, or that paid for other goods in an exchange.
    pub(super) fn add_plan(&mut self, plan: &RefundPlan) -> Result<(), Refusal> {
        self.paid_back = self.paid_back.plus(plan.payout)?;
        Ok(plan.steps.iter().try_for_each(|step| TenderRefunded::add(&mut self.tenders, step))?)
    }
}

impl Sold {
    /// What taking back `asked` is refunded, after what earlier returns took.
    ///
    /// Refused are lines that were not sold, more than was sold, part of a deal under [`Policy::WholeDeal`], and under
    /// [`Policy::Rerate`] a return after which the customer would owe money.
    pub fn refund(&self, returned: &Returned, asked: &[TakeBack], policy: Policy<'_>) -> Result<Refund, Refusal> {
        let asked = self.in_line_units(asked)?;
        let mut taken = Vec::with_capacity(asked.len());
        for take in &asked {
            taken.push((take.line, self.quantity_after(returned, take)?));
        }
        let after = |line: &SoldLine| {
            let now = taken.iter().find(|(number, _)| *number == line.number).map(|(_, quantity)| *quantity);
            now.unwrap_or_else(|| returned.of_line(line.number).quantity)
        };
        if let Policy::WholeDeal = policy {
            self.check_deals(&asked, after)?;
        }
        let kept = match policy {
            Policy::Rerate(reprice) => Some(self.kept_figures(after, reprice)?),
            Policy::KeepShares | Policy::WholeDeal => None,
        };
        let mut lines = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let take = asked.iter().find(|take| take.line == line.number);
            let target = match &kept {
                Some(kept) => line.whole.minus(&kept[index])?,
                None if take.is_none() => continue,
                None => line.whole.share(after(line))?,
            };
            let share = target.minus(&returned.of_line(line.number))?;
            if take.is_some() || !share.is_zero() {
                let SoldLine { number, kind, item, department, unit, whole: _ } = line.clone();
                let wasted = take.map_or(Decimal::ZERO, |take| take.wasted);
                lines.push(RefundLine { line: number, kind, item, department, unit, share, wasted });
            }
        }
        let paid = lines.iter().map(|line| line.share.paid()).collect::<Result<Vec<_>, _>>()?;
        let total = Money::sum(paid)?;
        if kept.is_some() && total.is_negative() {
            return Err(Refusal::ReturnOwesMoney { owed: self.currency.to_decimal(total.magnitude()?) });
        }
        Ok(Refund { of: self.basket, lines, total })
    }

    /// Everything that has not come back yet.
    pub fn rest(&self, returned: &Returned) -> Result<Vec<TakeBack>, Refusal> {
        let mut rest = Vec::new();
        for line in &self.lines {
            let gone = returned.of_line(line.number).quantity;
            let left = line.whole.quantity.checked_sub(gone).ok_or(MoneyError::Overflow)?;
            if !left.is_zero() {
                rest.push(TakeBack::to_stock(line.number, Quantity::new(left, line.unit)));
            }
        }
        Ok(rest)
    }

    /// One request a line, in the line's unit.
    fn in_line_units(&self, asked: &[TakeBack]) -> Result<Vec<TakeBack>, Refusal> {
        let mut merged: Vec<TakeBack> = Vec::with_capacity(asked.len());
        for TakeBack { line, quantity, wasted } in asked {
            let unit = self.line(*line)?.unit;
            let wasted = Quantity::new(*wasted, quantity.unit).in_unit(unit)?.value;
            let quantity = quantity.in_unit(unit)?;
            match merged.iter_mut().find(|known| known.line == *line) {
                Some(known) => {
                    let sum = |one: Decimal, other: Decimal| one.checked_add(other).ok_or(MoneyError::Overflow);
                    known.quantity.value = sum(known.quantity.value, quantity.value)?;
                    known.wasted = sum(known.wasted, wasted)?;
                }
                None => merged.push(TakeBack { line: *line, quantity, wasted }),
            }
        }
        Ok(merged)
    }

    /// What will have come back of a line, refused beyond what was sold.
    fn quantity_after(&self, returned: &Returned, take: &TakeBack) -> Result<Decimal, Refusal> {
        let TakeBack { line, quantity: Quantity { value: asked, .. }, wasted } = *take;
        let sold = self.line(line)?.whole.quantity;
        let before = returned.of_line(line).quantity;
        let exceeds = Refusal::ReturnExceedsSold { line, sold, returned: before, asked };
        let after = before.checked_add(asked).ok_or(MoneyError::Overflow)?;
        // A line of empties was sold with a negative quantity and comes back with one.
        let toward = |one: Decimal| one.is_zero() || one.is_sign_negative() == sold.is_sign_negative();
        if asked.is_zero() {
            return Err(Refusal::QuantityMustBePositive { quantity: asked });
        }
        if !toward(asked) || after.abs() > sold.abs() || !toward(wasted) || wasted.abs() > asked.abs() {
            return Err(exceeds);
        }
        Ok(after)
    }

    fn check_deals(&self, asked: &[TakeBack], after: impl Fn(&SoldLine) -> Decimal) -> Result<(), Refusal> {
        for deal in &self.deals {
            let in_deal = |take: &&TakeBack| deal.parts.iter().any(|part| part.line == take.line);
            let Some(take) = asked.iter().find(in_deal) else { continue };
            deal.check(take.line, |number| {
                let line = self.line(number)?;
                Ok(deal::Returned { sold: line.whole.quantity, returned: after(line) })
            })?;
        }
        Ok(())
    }

    /// By line, what the kept pieces would have cost and posted by themselves.
    fn kept_figures(
        &self,
        after: impl Fn(&SoldLine) -> Decimal,
        reprice: &dyn Fn(&[Kept]) -> Result<PricedBasket, Refusal>,
    ) -> Result<Vec<Figures>, Refusal> {
        let left = |line: &SoldLine| line.whole.quantity.checked_sub(after(line)).ok_or(MoneyError::Overflow);
        let mut kept = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let quantity = Quantity::new(left(line)?, line.unit);
            if !quantity.value.is_zero() {
                kept.push(Kept { line: line.number, quantity });
            }
        }
        let priced = if kept.is_empty() { PricedBasket::default() } else { reprice(&kept)? };
        let figures = self.lines.iter().map(|line| {
            let quantity = left(line)?;
            if quantity.is_zero() {
                return Ok(Figures::default());
            }
            let found = priced.line(line.number).ok_or_else(|| Refusal::CheckFailed {
                problem: format!("line {} is kept but was not priced again", line.number),
            })?;
            let mut figures = Figures::of_priced(found, quantity)?;
            // Points are not priced: what is kept keeps its share of them.
            figures.points = line.whole.minus(&line.whole.share(after(line))?)?.points;
            Ok(figures)
        });
        figures.collect()
    }
}

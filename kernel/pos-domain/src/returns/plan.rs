//! Where the money goes: over the original tenders, last tendered first, in coins that add up.
//!
//! What was paid back so far, in all, lies on the tenders one after the other, each up to what it settled; a return
//! pays the difference to what each tender paid before. Cash pays `round(sum so far)`, and exactly what the shop kept
//! once all of it is paid: the sale's cash rounding comes back to the cent. 8.00 by card and CHF 2.01 settled with 2.00
//! in coins, then returns worth 1.00, 1.01, 8.00: coins 1.00, coins 1.00, card 8.00.
//!
//! A customer who would rather have the money at the shop gets it as store credit: what was paid in cash or by card. What was
//! paid with points, gift cards or on account goes back where it came from all the same.
//!
//! A customer who brought empties paid less than the goods are worth; returned without the empties they pay back more
//! than was tendered. That part lies on no tender of the sale: it is paid in cash and needs a right.

use super::refund::Returned;
use super::sold::{Sold, SoldTender};
use crate::refusal::Refusal;
use crate::tender::TenderKind;
use crate::transaction::PointsOf;
use pos_money::{Money, MoneyError, proportion};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One payment of a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// The tender of the sale it stands for, by position in [`Sold::tenders`]; none for what no tender had paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<usize>,
    /// The means it is paid with.
    pub tender: TenderKind,
    /// To the customer; negative is to be collected (empties taken home again).
    pub amount: Money,
    /// Points that were spent as this tender and come back.
    #[serde(default)]
    pub points: i64,
    /// Whose points they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_of: Option<PointsOf>,
    /// Whose it is: a gift card's number, a customer's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Arc<str>>,
    /// Only somebody with the right to do so may pay it: another means than the original, or beyond what was tendered.
    pub needs_right: bool,
}

/// How a refund is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundPlan {
    /// What is to be paid, before cash rounding.
    pub payout: Money,
    /// The payments, in the order to make them.
    pub steps: Vec<PlanStep>,
    /// Given (positive) or taken (negative) by cash rounding: the steps add up to `payout + rounding`.
    pub rounding: Money,
}

impl RefundPlan {
    /// Nothing is paid.
    pub fn is_nothing(&self) -> bool {
        self.steps.is_empty() && self.payout.is_zero() && self.rounding.is_zero()
    }

    /// Whether a right is needed to carry it out.
    pub fn needs_right(&self) -> bool {
        self.steps.iter().any(|step| step.needs_right)
    }
}

/// What earlier returns paid for one tender of the sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderRefunded {
    /// As in [`PlanStep::origin`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<usize>,
    /// What was paid, by whatever means.
    pub amount: Money,
    /// Points that came back.
    #[serde(default)]
    pub points: i64,
}

impl TenderRefunded {
    pub(super) fn add(all: &mut Vec<TenderRefunded>, step: &PlanStep) -> Result<(), MoneyError> {
        match all.iter_mut().find(|known| known.origin == step.origin) {
            Some(known) => {
                known.amount = known.amount.plus(step.amount)?;
                known.points = known.points.checked_add(step.points).ok_or(MoneyError::Overflow)?;
            }
            None => all.push(TenderRefunded { origin: step.origin, amount: step.amount, points: step.points }),
        }
        Ok(())
    }
}

impl Sold {
    /// Pays `payout` (the refund's total, or what of it an exchange leaves over) after what earlier returns paid.
    ///
    /// Each step uses the means of its tender; `instead` pays it by another, for which a right is needed unless it is credit.
    pub fn plan(&self, returned: &Returned, payout: Money, instead: Option<TenderKind>) -> Result<RefundPlan, Refusal> {
        let mut open = returned.paid_back.plus(payout)?;
        let mut steps = Vec::new();
        for (origin, tender) in self.tenders.iter().enumerate().rev() {
            let so_far = within(open, tender.settled);
            open = open.minus(so_far)?;
            let means = means_for(tender.kind, instead);
            let points = proportion_of(tender, so_far)?;
            let owed = self.owed(tender, so_far, means)?;
            let other = means != tender.kind && means != TenderKind::StoreCredit;
            let step = step(returned, Some(origin), means, owed, points, other)?;
            let holder = tender.holder.clone().filter(|_| means == tender.kind);
            let (points_of, holder) = (tender.points_of.clone(), holder);
            steps.extend(step.map(|step| PlanStep { points_of, holder, ..step }));
        }
        let means = instead.unwrap_or(TenderKind::Cash);
        let owed = if means.gives_change() { self.coins.round_money(open)? } else { open };
        steps.extend(step(returned, None, means, owed, 0, means != TenderKind::StoreCredit)?);
        let paid = Money::sum(steps.iter().map(|step| step.amount))?;
        Ok(RefundPlan { payout, steps, rounding: paid.minus(payout)? })
    }

    /// What must have been paid by `means` once `so_far` of what a tender settled is paid back.
    fn owed(&self, tender: &SoldTender, so_far: Money, means: TenderKind) -> Result<Money, MoneyError> {
        if so_far == tender.settled && means == tender.kind {
            return Ok(tender.kept);
        }
        if !means.gives_change() {
            return Ok(so_far);
        }
        let coins = self.coins.round_money(so_far)?;
        if means != tender.kind {
            return Ok(coins);
        }
        // Never more than the shop kept.
        Ok(if tender.kept.is_negative() { coins.max(tender.kept) } else { coins.min(tender.kept) })
    }
}

/// The means a tender goes back by, if all of it should go back by another.
fn means_for(tender: TenderKind, instead: Option<TenderKind>) -> TenderKind {
    match instead {
        // Money that was handed over; what was owed or given is no money to the shop.
        Some(_) if !matches!(tender, TenderKind::Cash | TenderKind::Card) => tender,
        Some(means) => means,
        None => tender,
    }
}

/// The part of `open` that fits on a tender that settled so much.
fn within(open: Money, settled: Money) -> Money {
    if settled.is_negative() { open.clamp(settled, Money::ZERO) } else { open.clamp(Money::ZERO, settled) }
}

fn proportion_of(tender: &SoldTender, so_far: Money) -> Result<i64, MoneyError> {
    if tender.points == 0 {
        return Ok(0);
    }
    proportion(tender.points, so_far.minor().into(), tender.settled.minor().into())
}

/// The payment that brings a tender from what was paid to what is owed.
fn step(
    returned: &Returned,
    origin: Option<usize>,
    tender: TenderKind,
    owed: Money,
    points: i64,
    other: bool,
) -> Result<Option<PlanStep>, MoneyError> {
    let before = returned.tenders.iter().find(|known| known.origin == origin);
    let (paid, given) = before.map_or((Money::ZERO, 0), |before| (before.amount, before.points));
    let amount = owed.minus(paid)?;
    let points = points.checked_sub(given).ok_or(MoneyError::Overflow)?;
    let nothing = amount.is_zero() && points == 0;
    let needs_right = other && amount.is_positive();
    Ok((!nothing).then_some(PlanStep { origin, tender, amount, points, points_of: None, holder: None, needs_right }))
}

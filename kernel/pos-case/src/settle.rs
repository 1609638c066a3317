//! Tenders against the total: rewards that pay, then the case's own tenders, change and cash rounding.

use crate::case::{Case, Reward, RewardKind};
use crate::problem::Problem;
use pos_domain::Refusal;
use pos_domain::tender::{Settlement, Tender, TenderKind};
use pos_money::{Money, Rounding, proportion};
use std::sync::Arc;

/// What was given, and what that comes to.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) tenders: Vec<Given>,
    pub(crate) settlement: Settlement,
}

/// A tender as taken.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// `cash`, `coupon`, a reward's id …
    pub(crate) kind: Arc<str>,
    pub(crate) amount: Money,
    /// Of cash, where the case says how.
    pub(crate) cash_rounding: Option<Rounding>,
    /// Points spent as this tender.
    pub(crate) points: i64,
}

/// Settles a total; none where nothing is tendered.
pub(crate) fn settle(case: &Case, total: Money) -> Result<Option<Settled>, Problem> {
    let mut rounding = Rounding::HALF_UP;
    let mut given: Vec<Given> = Vec::new();
    let mut tenders: Vec<Tender> = Vec::new();
    for reward in case.rewards.iter().filter(|reward| reward.kind == RewardKind::Tender) {
        let due = Settlement::of(total, &tenders, rounding)?.due;
        // Points never pay more than there is to pay.
        let amount = reward.value.min(due.max(Money::ZERO));
        let points = points_spent(reward, amount)?;
        given.push(Given { kind: reward.id.clone(), amount, cash_rounding: None, points });
        tenders.push(Tender::new(TenderKind::Coupon, amount));
    }
    for tender in &case.tenders {
        let kind = if &*tender.kind == "cash" { TenderKind::Cash } else { TenderKind::Coupon };
        rounding = tender.cash_rounding.unwrap_or(rounding);
        let Settlement { due, due_in_cash, .. } = Settlement::of(total, &tenders, rounding)?;
        let amount = match tender.amount {
            Some(amount) if amount.is_negative() && due.is_positive() => {
                return Err(Refusal::TenderMustBePositive.into());
            }
            Some(amount) if kind.gives_change() || amount <= due => amount,
            Some(_) => {
                let (kind, due) = (tender.kind.to_string(), case.currency.to_decimal(due));
                return Err(Refusal::TenderGivesNoChange { kind, due }.into());
            }
            None if kind.gives_change() => due_in_cash,
            None => due,
        };
        given.push(Given { kind: tender.kind.clone(), amount, cash_rounding: tender.cash_rounding, points: 0 });
        tenders.push(Tender::new(kind, amount));
    }
    if tenders.is_empty() {
        return Ok(None);
    }
    Ok(Some(Settled { settlement: Settlement::of(total, &tenders, rounding)?, tenders: given }))
}

/// The points a reward costs that was good for `amount`: in proportion, where there was less to pay than it is worth.
pub(crate) fn points_spent(reward: &Reward, amount: Money) -> Result<i64, Problem> {
    if amount.is_zero() {
        return Ok(0);
    }
    Ok(proportion(reward.points, amount.minor().into(), reward.value.minor().into())?)
}

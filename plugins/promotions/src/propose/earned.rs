//! Amounts that must be spent: how often they are, who checks it, and how much is missing.
//!
//! What the kernel can check itself (the whole order, after the offers of earlier stages) it is asked to: it knows which
//! articles never take a discount and the taxes, and says by itself that an offer was not earned. The rest is decided
//! here: amounts on certain goods, amounts before offers, and gifts.

use crate::model::{Measured, Offer, Spend, What};
use crate::selector::Goods;
use crate::view::View;
use pos_plugin_sdk::prelude::*;

/// What a condition on spending comes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earned {
    /// How often; 0: not yet, and the kernel cannot tell.
    pub(super) times: i64,
    /// What the kernel is asked to check.
    pub(super) requires: Option<Requirement>,
    /// How much is missing, as far as prices tell.
    pub(super) missing: Option<Missing>,
}

/// Money missing to a threshold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Missing {
    pub(super) amount: Money,
    /// What it is a part of: an amount that repeats is near at each repetition.
    pub(super) threshold: Money,
}

/// What was spent, against the condition.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spending {
    /// There is no condition, or it is like this.
    Is(Earned),
    /// Above the range.
    TooMuch,
}

impl Spending {
    pub(super) fn of(offer: &Offer, view: &View<'_>) -> Result<Spending, HookError> {
        let Some(spend) = &offer.conditions.spend else {
            return Ok(Spending::Is(Earned { times: 1, requires: None, missing: None }));
        };
        let at_least = view.money(spend.at_least)?;
        let total = spent(view, spend.on.as_ref(), spend.measured)?;
        if let Some(below) = spend.below
            && total >= view.money(below)?
        {
            return Ok(Spending::TooMuch);
        }
        let reached = total.minor().checked_div(at_least.minor()).unwrap_or(0).max(0);
        let repeated = if spend.repeats { reached } else { reached.min(1) };
        let by_kernel = is_checked_by_kernel(spend, &offer.what);
        let times = if by_kernel { repeated.max(1) } else { repeated };
        let min = at_least.times(times.max(1))?;
        let left = spend.measured == Measured::WhatIsLeft;
        let requires = by_kernel.then_some(Requirement { min, basis: spend.basis, left });
        let next = if spend.repeats { at_least.times(reached.saturating_add(1))? } else { at_least };
        let missing = Missing { amount: next.minus(total)?, threshold: at_least };
        let is_missing = missing.amount.is_positive() && total.is_positive() && spend.basis == RequirementBasis::Price;
        Ok(Spending::Is(Earned { times, requires, missing: is_missing.then_some(missing) }))
    }

    pub(super) fn earned(self) -> Option<Earned> {
        match self {
            Spending::Is(earned) => Some(earned),
            Spending::TooMuch => None,
        }
    }
}

fn is_checked_by_kernel(spend: &Spend, what: &What) -> bool {
    spend.on.is_none() && spend.measured != Measured::BeforeOffers && !matches!(what, What::Gift { .. })
}

/// Money spent on goods; none: on everything that may be lowered.
pub(super) fn spent(view: &View<'_>, on: Option<&Goods>, measured: Measured) -> Result<Money, HookError> {
    let everything = Goods::everything();
    let pool = view.pool(on.unwrap_or(&everything));
    let amount = |line: &Line| if measured == Measured::BeforeOffers { line.gross } else { line.net };
    Ok(Money::sum(view.at(&pool).map(|line| amount(line.line)))?)
}

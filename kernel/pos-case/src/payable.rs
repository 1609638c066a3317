//! Candidates on what is to be paid, tax in: they come after everything on prices, one after the other.
//!
//! 2 % off 36.67 leaves 35.94; the taxes shrink alike and the base takes the difference (step 19 of the tax algorithm).

use crate::case::Case;
use crate::problem::Problem;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::priced::{DecisionState, PricedBasket};
use pos_domain::pricing::proposal::{Basis, Candidate, Effect, LineKind, Requirement, RequirementBasis, Shape, Stage};
use pos_domain::pricing::tax::Workings;
use pos_money::{Decimal, Money, MoneyError, Rounding, allocate_exact};
use std::sync::Arc;

/// What became of one candidate on what is to be paid.
#[derive(Clone, Debug)]
pub(crate) struct PayableDecision {
    pub(crate) id: Arc<str>,
    pub(crate) state: DecisionState,
    pub(crate) reason: String,
    pub(crate) saving: Money,
    /// What it takes off each line.
    pub(crate) by_line: Vec<(LineNumber, Money)>,
}

/// The case's own candidates on what is to be paid, in their order: stage, price before amount before rate, priority, id.
fn in_order(case: &Case) -> Vec<&(Stage, Candidate)> {
    let mut turn: Vec<_> = case.candidates.iter().filter(|(_, candidate)| candidate.basis == Basis::Payable).collect();
    turn.sort_by_key(|(stage, candidate)| {
        let kind = match candidate.shape {
            Shape::WholeOrder(Effect::AmountOff(_)) => 1,
            Shape::WholeOrder(Effect::RateOff(_)) => 2,
            _ => 0,
        };
        (*stage, kind, -i64::from(candidate.priority), candidate.id.clone())
    });
    turn
}

/// What each line keeps to pay, and what became of the candidates.
pub(crate) fn decide(
    case: &Case,
    basket: &PricedBasket,
    taxed: &Workings,
) -> Result<(Vec<Decimal>, Vec<PayableDecision>), Problem> {
    let mut keep = vec![Decimal::ONE; case.lines.len()];
    let mut decisions = Vec::new();
    for (_, candidate) in in_order(case) {
        let Shape::WholeOrder(effect) = &candidate.shape else {
            let message =
                format!("Candidate \"{}\" is on what is to be paid, but not on the whole order.", candidate.id);
            let next = "Propose it on prices, or on the whole order.";
            return Err(Problem::new("payable_needs_whole_order", "candidates", message, next));
        };
        let mut decision = PayableDecision {
            id: candidate.id.clone(),
            state: DecisionState::Unmet,
            reason: String::new(),
            saving: Money::ZERO,
            by_line: Vec::new(),
        };
        let due = due(case, basket, taxed, &keep)?;
        let whole = due.iter().try_fold(Decimal::ZERO, |sum, due| sum.checked_add(*due)).ok_or(MoneyError::Overflow)?;
        let allowed =
            candidate.limits.is_none_or(|limits| limits.uses != Some(0) && limits.uses_per_customer != Some(0));
        let missing = candidate.requires.map_or(Ok(None), |requires| missing(case, basket, taxed, &keep, requires))?;
        let asked = match effect {
            Effect::AmountOff(amount) => case.currency.to_decimal(*amount),
            Effect::RateOff(rate) => whole.checked_mul(rate.fraction()).ok_or(MoneyError::Overflow)?,
            Effect::BundlePrice(price) => (whole - case.currency.to_decimal(*price)).max(Decimal::ZERO),
            Effect::FixedPrice(_) => Decimal::ZERO,
        };
        let caps = [candidate.cap, candidate.limits.and_then(|limits| limits.money)];
        let cap = caps.into_iter().flatten().min().map(|cap| case.currency.to_decimal(cap));
        let saving = cap.map_or(asked, |cap| cap.min(asked)).min(whole);
        if let Some(missing) = missing {
            decision.reason = missing;
        } else if saving > Decimal::ZERO && allowed {
            decision.state = if cap == Some(saving) { DecisionState::Capped } else { DecisionState::Applied };
            decision.saving = case.currency.round(saving, Rounding::HALF_UP)?;
            for (line, money) in case.lines.iter().zip(allocate_exact(decision.saving, &due, case.currency)?) {
                if !money.is_zero() {
                    decision.by_line.push((line.number, money));
                }
            }
            let left = (whole - saving).checked_div(whole).ok_or(MoneyError::Overflow)?;
            for (index, keep) in keep.iter_mut().enumerate().filter(|(index, _)| is_open(case, basket, *index)) {
                *keep =
                    if due[index].is_zero() { *keep } else { keep.checked_mul(left).ok_or(MoneyError::Overflow)? };
            }
        } else {
            decision.reason = "there is nothing left that it could lower".to_owned();
        }
        decisions.push(decision);
    }
    Ok((keep, decisions))
}

/// Whether offers may lower a line.
fn is_open(case: &Case, basket: &PricedBasket, index: usize) -> bool {
    let line = &case.lines[index];
    let gross = basket.line(line.number).map_or(Money::ZERO, |line| line.gross);
    line.kind == LineKind::Sale && line.item.discountable && !line.price_locked && !gross.is_negative()
}

/// What is to be paid for each line at this turn; nothing for lines that offers may not lower.
fn due(case: &Case, basket: &PricedBasket, taxed: &Workings, keep: &[Decimal]) -> Result<Vec<Decimal>, MoneyError> {
    let mut due = Vec::with_capacity(keep.len());
    for (index, (figures, keep)) in taxed.figures.lines.iter().zip(keep).enumerate() {
        let paid = figures.paid.checked_mul(*keep).ok_or(MoneyError::Overflow)?;
        due.push(if is_open(case, basket, index) { paid } else { Decimal::ZERO });
    }
    Ok(due)
}

/// Why a requirement does not hold, if it does not.
fn missing(
    case: &Case,
    basket: &PricedBasket,
    taxed: &Workings,
    keep: &[Decimal],
    requires: Requirement,
) -> Result<Option<String>, Problem> {
    let Requirement { min, basis, left } = requires;
    let mut has = Decimal::ZERO;
    for (index, figures) in taxed.figures.lines.iter().enumerate().filter(|(index, _)| is_open(case, basket, *index)) {
        let taxes = figures.taxes.iter().map(|tax| tax.amount).sum::<Decimal>();
        let amount = match basis {
            RequirementBasis::Price => {
                let line = basket.line(case.lines[index].number);
                case.currency.to_decimal(line.map_or(Money::ZERO, |line| line.net))
            }
            RequirementBasis::NetOfTax => figures.paid - taxes,
            RequirementBasis::Payable if left => figures.paid.checked_mul(keep[index]).ok_or(MoneyError::Overflow)?,
            RequirementBasis::Payable => figures.paid,
        };
        has = has.checked_add(amount).ok_or(MoneyError::Overflow)?;
    }
    let needs = case.currency.to_decimal(min);
    let places = u32::from(case.currency.exponent());
    Ok((has < needs).then(|| format!("needs {needs}, the basket has {}", has.round_dp(places))))
}

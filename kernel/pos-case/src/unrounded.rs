//! Figures that are not rounded anywhere, for comparisons: the same lines and discounts as posted, taxed exactly.

use crate::case::{Case, CaseLine};
use crate::problem::Problem;
use pos_domain::pricing::PricedBasket;
use pos_domain::pricing::priced::{Decision, DecisionState};
use pos_domain::pricing::proposal::{Basis, Candidate, Effect, LineKind, Shape};
use pos_domain::pricing::tax::{Figures, Precision, TaxLine, assess};
use pos_money::{Decimal, Money, MoneyError};

/// The exact figures of a priced case.
pub(crate) fn figures(case: &Case, basket: &PricedBasket) -> Result<Figures, Problem> {
    let on_payable = payable(case, basket);
    let mut lines = Vec::with_capacity(case.lines.len());
    for line in &case.lines {
        lines.push(TaxLine {
            number: line.number,
            net: net_on_prices(line, basket, &on_payable)?,
            quantity: line.quantity,
            price_is_negative: line.price.value.is_sign_negative(),
        });
    }
    let taxed = assess(&lines, &case.assessment(), case.currency, Precision::Exact)?;
    if on_payable.is_empty() {
        return Ok(taxed.figures);
    }
    let open = |index: usize| is_open(&case.lines[index], lines[index].net);
    let paid = taxed.figures.lines.iter().enumerate().filter(|(index, _)| open(*index));
    let whole = paid.map(|(_, line)| line.paid).try_fold(Decimal::ZERO, Decimal::checked_add);
    let keep = kept(case, &on_payable, whole.ok_or(MoneyError::Overflow)?)?;
    let keeps: Vec<Decimal> = (0..lines.len()).map(|index| if open(index) { keep } else { Decimal::ONE }).collect();
    Ok(taxed.payable(&keeps)?.figures)
}

/// Whether offers may lower a line.
fn is_open(line: &CaseLine, net: Money) -> bool {
    line.kind == LineKind::Sale && line.item.discountable && !line.price_locked && !net.is_negative()
}

/// The case's candidates on what is to be paid that were given, in the order of the decisions.
fn payable<'a>(case: &'a Case, basket: &PricedBasket) -> Vec<&'a Candidate> {
    let given = |decision: &&Decision| {
        &*decision.source.extension == "case"
            && matches!(decision.state, DecisionState::Applied | DecisionState::Capped)
    };
    let of = |decision: &Decision| {
        let mut candidates = case.candidates.iter().map(|(_, candidate)| candidate);
        candidates.find(|candidate| candidate.id == decision.source.candidate && candidate.basis == Basis::Payable)
    };
    basket.decisions.iter().filter(given).filter_map(of).collect()
}

/// What a line costs before discounts on what is to be paid.
fn net_on_prices(line: &CaseLine, basket: &PricedBasket, payable: &[&Candidate]) -> Result<Money, MoneyError> {
    let Some(priced) = basket.line(line.number) else { return Ok(Money::ZERO) };
    let late = priced.modifiers.iter().filter(|modifier| {
        let own = &*modifier.source.extension == "case";
        own && payable.iter().any(|candidate| candidate.id == modifier.source.candidate)
    });
    priced.net.minus(Money::sum(late.map(|modifier| modifier.amount))?)
}

/// The share of what is to be paid that is left to pay.
fn kept(case: &Case, payable: &[&Candidate], whole: Decimal) -> Result<Decimal, MoneyError> {
    let mut left = whole;
    for candidate in payable {
        let off = match candidate.shape {
            Shape::WholeOrder(Effect::RateOff(rate)) => left.checked_mul(rate.fraction()),
            Shape::WholeOrder(Effect::AmountOff(amount)) => Some(case.currency.to_decimal(amount)),
            _ => Some(Decimal::ZERO),
        };
        let caps = [candidate.cap, candidate.limits.and_then(|limits| limits.money)];
        let cap = caps.into_iter().flatten().min().map_or(left, |cap| case.currency.to_decimal(cap));
        left -= off.ok_or(MoneyError::Overflow)?.min(cap).min(left);
    }
    if whole.is_zero() { Ok(Decimal::ONE) } else { left.checked_div(whole).ok_or(MoneyError::Overflow) }
}

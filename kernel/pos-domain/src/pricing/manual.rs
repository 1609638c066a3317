//! What people do to prices by hand, and how far their role lets them.
//!
//! A discount by hand is a fact of the basket like a scan: it has an amount or a rate or a final price, a reason, and who
//! gave it. It becomes a candidate at its place in the pipeline (lines before order offers, the basket after them), so it
//! is rounded, shared, taxed, explained and returned like any other. A cap judges what it *comes to*: 5.00 off a line of
//! 10.00 is 50 %, whatever happens to the line's quantity after it was given.

use super::engine::Proposed;
use super::priced::{DecisionState, PricedBasket};
use super::proposal::{Basis, Candidate, Chosen, Effect, LineKind, Message, Mode, Portion, Proposal, Shape, Spread};
use crate::basket::{Basket, Line, PriceSource};
use crate::ids::LineNumber;
use crate::refusal::Refusal;
use pos_money::{Currency, Decimal, Money, MoneyError, Quantity, Rate, Rounding, UnitPrice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The extension id of what people did: names the source of its modifiers.
pub const SOURCE: &str = "manual";
/// The same of points that were redeemed as a discount.
pub const REWARD_SOURCE: &str = "reward";

/// How much is taken off by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandEffect {
    /// A share of what it costs.
    Rate(Rate),
    /// An amount.
    Amount(Money),
    /// What it costs in the end, all of it. On lines only.
    FinalPrice(Money),
}

impl HandEffect {
    fn effect(self) -> Effect {
        match self {
            HandEffect::Rate(rate) => Effect::RateOff(rate),
            HandEffect::Amount(amount) => Effect::AmountOff(amount),
            HandEffect::FinalPrice(price) => Effect::BundlePrice(price),
        }
    }

    /// Refuses what no discount can be: rates outside 0 to 1, negative amounts.
    pub fn check(self) -> Result<(), Refusal> {
        let wrong = match self {
            HandEffect::Rate(rate) => rate.fraction() < Decimal::ZERO || rate.fraction() > Decimal::ONE,
            HandEffect::Amount(amount) | HandEffect::FinalPrice(amount) => amount.is_negative(),
        };
        let problem = "A discount is a rate from 0 to 1 (0.1 is 10 %), or an amount that is not negative.";
        if wrong { Err(Refusal::Malformed { problem: problem.into() }) } else { Ok(()) }
    }
}

/// A discount by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// How much.
    pub effect: HandEffect,
    /// Why; printed as its name.
    pub reason: Arc<str>,
    /// Who gave it.
    pub by: Arc<str>,
}

/// What people may do to prices: `[manual]` in `shop.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ManualRules {
    /// Reasons that are accepted; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Arc<str>>,
    /// Lines discounted by hand stay open to order offers; by default they are out of later offers.
    pub with_order_offers: bool,
    /// By role. A role that is not named may change no price.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<Arc<str>, ManualCap>,
}

/// How far a role may go without an approval. An absent cap is none: it may give anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ManualCap {
    /// Most it may take off a line, or the basket, as a fraction: 0.1 is 10 %.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_max: Option<Decimal>,
    /// Most it may take off at once, in major units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_max: Option<Decimal>,
}

impl ManualRules {
    /// Nothing was decided: no role may change prices.
    pub fn is_default(&self) -> bool {
        *self == ManualRules::default()
    }

    /// Refuses a reason the shop does not know, or none at all.
    pub fn check_reason(&self, reason: &str) -> Result<(), Refusal> {
        let known = self.reasons.is_empty() || self.reasons.iter().any(|known| &**known == reason);
        if known && !reason.trim().is_empty() {
            return Ok(());
        }
        let known = self.reasons.iter().map(|known| &**known).collect::<Vec<_>>().join(", ");
        let action = "change a price".to_owned();
        Err(Refusal::ReasonNotAccepted { reason: reason.to_owned(), action, known })
    }

    /// Refuses a priced basket in which more was given by hand than `role` may give.
    ///
    /// Asked after every change of the lines, not only when a discount is given: 5.00 off ten pieces is not 5.00 off one.
    pub fn check(&self, basket: &Basket, priced: &PricedBasket, role: &str, currency: Currency) -> Result<(), Refusal> {
        let given = given(basket, priced, currency)?;
        if given.is_empty() {
            return Ok(());
        }
        let action = "change prices";
        let Some(ManualCap { rate_max, amount_max }) = self.roles.get(role) else {
            return Err(Refusal::ApprovalNeeded { action: action.into(), limit: "not at all".into() });
        };
        for Given { off, of } in given {
            if let Some(most) = amount_max.filter(|most| currency.to_decimal(off) > *most) {
                return Err(Refusal::ApprovalNeeded { action: action.into(), limit: format!("by at most {most}") });
            }
            let Some(most) = rate_max else { continue };
            let allowed = currency.to_decimal(of).checked_mul(*most).ok_or(MoneyError::Overflow)?;
            // A share of a price is rounded to the cent like everything that is charged.
            if off > currency.round(allowed, Rounding::HALF_UP)? {
                let limit = format!("by at most {} %", (*most * Decimal::ONE_HUNDRED).normalize());
                return Err(Refusal::ApprovalNeeded { action: action.into(), limit });
            }
        }
        Ok(())
    }
}

/// What was taken off, and what it was taken off.
struct Given {
    off: Money,
    of: Money,
}

fn given(basket: &Basket, priced: &PricedBasket, currency: Currency) -> Result<Vec<Given>, Refusal> {
    let mut found = Vec::new();
    for line in basket.live_lines() {
        let Some(priced) = priced.line(line.number) else { continue };
        if let PriceSource::ByHand { regular, .. } = &line.price_source {
            let regular = regular.amount(line.quantity, currency, Rounding::HALF_UP)?;
            let off = regular.minus(priced.gross)?;
            if off.is_positive() {
                found.push(Given { off, of: regular });
            }
        }
        if line.by_hand.is_some() {
            let by_hand = priced.modifiers.iter().filter(|modifier| is_line_discount(modifier, line.number));
            for modifier in by_hand {
                found.push(Given { off: modifier.amount.negated()?, of: modifier.before });
            }
        }
    }
    if basket.by_hand.is_some() {
        let applied = |state| matches!(state, DecisionState::Applied | DecisionState::Capped);
        let whole = priced.decisions.iter().find(|decision| {
            &*decision.source.extension == SOURCE && &*decision.source.candidate == BASKET && applied(decision.state)
        });
        if let Some(decision) = whole {
            let before = priced
                .lines
                .iter()
                .flat_map(|line| &line.modifiers)
                .filter(|modifier| &*modifier.source.extension == SOURCE && &*modifier.source.candidate == BASKET);
            let of = Money::sum(before.map(|modifier| modifier.before))?;
            found.push(Given { off: decision.saving, of });
        }
    }
    Ok(found)
}

fn is_line_discount(modifier: &super::priced::Modifier, line: LineNumber) -> bool {
    &*modifier.source.extension == SOURCE && *modifier.source.candidate == *line_id(line)
}

/// Id of the candidate of the discount on the whole basket.
const BASKET: &str = "basket";

fn line_id(line: LineNumber) -> String {
    format!("line-{line}")
}

/// What was given by hand on the lines: after item deals, before order offers.
pub fn on_lines(basket: &Basket, rules: &ManualRules) -> Vec<Proposed> {
    let of_line = |line: &Line| {
        let by_hand = line.by_hand.as_ref()?;
        let mode = if rules.with_order_offers { Mode::Compound } else { Mode::Exclusive };
        let id = line_id(line.number).into();
        Some(line_candidate(id, line.number, line.quantity, by_hand.effect.effect(), mode, by_hand.reason.clone()))
    };
    let candidates: Vec<Candidate> = basket.live_lines().filter_map(of_line).collect();
    proposed(SOURCE, candidates)
}

/// What was given by hand on the basket: after order offers.
pub fn on_basket(basket: &Basket) -> Vec<Proposed> {
    let candidate = |by_hand: &ByHand| order_candidate(BASKET.into(), by_hand.effect.effect(), by_hand.reason.clone());
    proposed(SOURCE, basket.by_hand.iter().map(candidate).collect())
}

/// Points redeemed as a discount: after everything else that lowers prices.
pub fn rewards(basket: &Basket) -> Vec<Proposed> {
    let candidate = |reward: &crate::loyalty::Redeemed| {
        order_candidate(reward.programme.clone(), Effect::AmountOff(reward.value), reward.label())
    };
    proposed(REWARD_SOURCE, basket.rewards.iter().map(candidate).collect())
}

fn proposed(source: &str, candidates: Vec<Candidate>) -> Vec<Proposed> {
    if candidates.is_empty() {
        return Vec::new();
    }
    let proposal = Proposal { candidates, ..Proposal::default() };
    vec![Proposed { extension: source.into(), version: "1".into(), name: source.into(), proposal }]
}

/// A discount by hand on a line as a candidate that competes with nothing.
pub fn line_candidate(
    id: Arc<str>,
    line: LineNumber,
    quantity: Quantity,
    effect: Effect,
    mode: Mode,
    label: Arc<str>,
) -> Candidate {
    let portions = vec![Portion { line, qty: quantity }];
    let shape = Shape::Portions(Chosen { portions, effect, qualifies_on: Vec::new() });
    Candidate { mode, ..alone(id, shape, label) }
}

/// A discount on the whole basket as a candidate that competes with nothing.
pub fn order_candidate(id: Arc<str>, effect: Effect, label: Arc<str>) -> Candidate {
    alone(id, Shape::WholeOrder(effect), label)
}

fn alone(id: Arc<str>, shape: Shape, label: Arc<str>) -> Candidate {
    Candidate {
        group: Some(format!("by hand {id}").into()),
        id,
        shape,
        mode: Mode::Compound,
        priority: 0,
        basis: Basis::Price,
        spread: Spread::Across,
        requires: None,
        cap: None,
        limits: None,
        consumes_codes: Vec::new(),
        label: Message::text(label),
        attrs: Vec::new(),
    }
}

/// A line whose price may be set by hand: goods sold, not gifts, nor what comes back.
pub fn may_be_repriced(line: &Line) -> Result<(), Refusal> {
    if line.kind == LineKind::Sale && line.gift.is_none() {
        Ok(())
    } else {
        Err(Refusal::LineNotDiscountable { line: line.number })
    }
}

/// A price by hand is the line's price, offers leave it alone, and the regular price stays known.
pub fn set_price(line: &mut Line, price: UnitPrice, reason: Arc<str>, by: Arc<str>) {
    let regular = match &line.price_source {
        PriceSource::ByHand { regular, .. } => *regular,
        PriceSource::List | PriceSource::Code | PriceSource::Given | PriceSource::Gift { .. } => line.price,
    };
    line.price = price;
    line.price_locked = true;
    line.price_source = PriceSource::ByHand { regular, reason, by };
}

#[cfg(test)]
mod tests;

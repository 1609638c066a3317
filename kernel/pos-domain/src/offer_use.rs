//! Limits of offers across baskets: how often an offer was used, and how much it gave away.
//!
//! "The first 100 customers", "once a customer", "500.00 in all": an offer states its limits with each proposal, the kernel
//! lowers them by what was used before and by what other open baskets hold, and a return gives back what it undoes: money
//! by its shares, uses once the saving they stand for has come back.

use crate::ids::LineNumber;
use crate::pricing::Proposed;
use crate::pricing::priced::{Decision, DecisionState, ModifierSource};
use crate::pricing::proposal::Limits;
use crate::refusal::Refusal;
use crate::returns::{EarlierSale, Refund};
use pos_money::{Decimal, Money, MoneyError, proportion};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a transaction used of a limited offer; negative: gave back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferUse {
    /// The offer: extension and candidate, `promotions/WELCOME`.
    pub offer: Arc<str>,
    /// Who used it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Arc<str>>,
    /// Sets.
    pub uses: i64,
    /// Money given away.
    pub spent: Money,
}

/// What was used of an offer so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// By anybody.
    pub uses: i64,
    /// By the customer asked about.
    pub by_customer: i64,
    /// Money given away, to anybody.
    pub spent: Money,
}

/// The name of an offer across baskets.
pub fn name(extension: &str, candidate: &str) -> Arc<str> {
    format!("{extension}/{candidate}").into()
}

fn name_of(source: &ModifierSource) -> Arc<str> {
    name(&source.extension, &source.candidate)
}

/// Lowers the limits of proposals by what was used before; answers the names of the limited offers.
pub fn lower_limits(
    proposals: &mut [Proposed],
    used: &dyn Fn(&str) -> Result<Used, Refusal>,
) -> Result<Vec<Arc<str>>, Refusal> {
    let mut limited = Vec::new();
    for Proposed { extension, proposal, .. } in proposals {
        for candidate in &mut proposal.candidates {
            let Some(limits) = &mut candidate.limits else { continue };
            let offer = name(extension, &candidate.id);
            let Used { uses, by_customer, spent } = used(&offer)?;
            let left = |most: Option<u32>, used: i64| {
                most.map(|most| u32::try_from(i64::from(most).saturating_sub(used).max(0)).unwrap_or(most))
            };
            let money = limits.money.map(|most| most.minus(spent)).transpose()?;
            *limits = Limits {
                uses: left(limits.uses, uses),
                uses_per_customer: left(limits.uses_per_customer, by_customer),
                money: money.map(|left| left.max(Money::ZERO)),
            };
            limited.push(offer);
        }
    }
    Ok(limited)
}

/// What the limited ones among a basket's offers used.
pub fn of_decisions(decisions: &[Decision], limited: &[Arc<str>], customer: Option<&Arc<str>>) -> Vec<OfferUse> {
    let given = |decision: &&Decision| matches!(decision.state, DecisionState::Applied | DecisionState::Capped);
    let of_decision = |decision: &Decision| {
        let offer = name_of(&decision.source);
        let counts = limited.contains(&offer) && (decision.sets > 0 || decision.saving.is_positive());
        let uses = i64::from(decision.sets);
        counts.then(|| OfferUse { offer, customer: customer.cloned(), uses, spent: decision.saving })
    };
    decisions.iter().filter(given).filter_map(of_decision).collect()
}

/// What a return gives back of the limited offers of its sale.
pub fn given_back(sale: &EarlierSale, refund: &Refund) -> Result<Vec<OfferUse>, Refusal> {
    let mut back = Vec::new();
    for used in sale.committed.transaction.offer_uses.iter().filter(|used| used.spent.is_positive()) {
        let (mut before, mut now) = (Money::ZERO, Money::ZERO);
        let of_line = |line: LineNumber| sale.returned.of_line(line);
        for line in &sale.sold.lines {
            for figure in of_line(line.number).modifiers.iter().filter(|one| name_of(&one.source) == used.offer) {
                before = before.minus(figure.amount)?;
            }
        }
        for figure in refund.lines.iter().flat_map(|line| &line.share.modifiers) {
            if name_of(&figure.source) == used.offer {
                now = now.minus(figure.amount)?;
            }
        }
        let whole = Decimal::from(used.spent.minor());
        let uses_after = |amount: Money| -> Result<i64, MoneyError> {
            // Whole sets only: half a set that came back was still used.
            let exact = proportion(used.uses.saturating_mul(1_000), Decimal::from(amount.minor()), whole)?;
            Ok(exact.div_euclid(1_000))
        };
        let uses = uses_after(before.plus(now)?)?.saturating_sub(uses_after(before)?);
        if uses != 0 || !now.is_zero() {
            let OfferUse { offer, customer, .. } = used.clone();
            back.push(OfferUse { offer, customer, uses: -uses, spent: now.negated()? });
        }
    }
    Ok(back)
}

//! Offers that are over, or never on; steps that nobody reaches.

use super::Findings;
use crate::model::{Change, Offer, TierBy, TierRule, What};
use pos_plugin_sdk::prelude::{Date, Decimal};

pub(super) fn check(offer: &Offer, today: Date, findings: &mut Findings) {
    let when = &offer.conditions.when;
    if let Some(last) = when.last_day().filter(|last| *last < today) {
        let what = format!("it ended on {last}");
        findings.warn("expired", offer, "until", what, "Remove the offer, or give it a new end.");
    } else if !when.ever_holds_from(today) {
        findings.error(
            offer,
            "times",
            "no day has these dates, weekdays and months together",
            "Correct times, from or until.",
        );
    }
    if let What::Tiers(rule) = &offer.what {
        tiers(offer, rule, findings);
    }
}

fn tiers(offer: &Offer, rule: &TierRule, findings: &mut Findings) {
    for pair in rule.tiers.windows(2) {
        let [(before, lower), (threshold, higher)] = pair else { continue };
        if !is_more(*lower, *higher) {
            let what = format!("the step at {threshold} gives no more than the one at {before}");
            findings.warn("steps", offer, "tiers", what, "Let each step give more, or remove it.");
        }
    }
    let below = offer.conditions.spend.as_ref().and_then(|spend| spend.below).filter(|_| rule.by == TierBy::Spend);
    if let (Some(below), Some((highest, _))) = (below, rule.tiers.last())
        && *highest >= below
        && rule.goods.is_none()
    {
        let what = format!("the step at {highest} is never reached: the offer is over from {below} on");
        findings.error(offer, "tiers", what, "Raise spend.below, or remove the step.");
    }
}

/// Whether the second takes more off than the first; true where only prices could tell.
fn is_more(lower: Change, higher: Change) -> bool {
    match (lower, higher) {
        (Change::PercentOff(lower), Change::PercentOff(higher)) => lower < higher,
        (Change::AmountOff(lower), Change::AmountOff(higher)) => lower < higher,
        (Change::Price(lower), Change::Price(higher)) => {
            let each = |value: Decimal, per: Decimal| value.checked_div(per);
            lower.per.unit != higher.per.unit
                || each(higher.value, higher.per.value) < each(lower.value, lower.per.value)
        }
        _ => true,
    }
}

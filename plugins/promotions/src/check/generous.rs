//! Offers that may give away more than was meant.

use super::Findings;
use crate::model::{Change, DealRule, Offer, What};
use crate::selector::{Goods, Selector};
use pos_plugin_sdk::prelude::*;

pub(super) fn check(offer: &Offer, findings: &mut Findings) {
    let is_bounded = offer.up_to.is_some()
        || offer.quota.is_some()
        || offer.limits.money.is_some()
        || offer.conditions.codes.is_some()
        || offer.sets_max.is_some();
    if !is_bounded {
        match &offer.what {
            What::Items { goods, change, spread, pieces_max: None } => items(offer, goods, *change, *spread, findings),
            What::Order { change } if is_free(*change) => {
                let what = "the whole order is free, and nothing limits it";
                findings.warn("unbounded", offer, "percent_off", what, "Add up_to = \"50.00\", codes, or limits.");
            }
            What::Order { .. } if offer.conditions.spend.as_ref().is_some_and(|spend| spend.repeats) => {
                let what = "the amount is taken off again and again, however much is spent";
                findings.warn("unbounded", offer, "spend.repeats", what, "Add up_to = \"50.00\".");
            }
            What::Deal(deal) => sets(offer, deal, findings),
            What::Items { .. } | What::Order { .. } | What::Tiers(_) | What::Gift { .. } => {}
        }
    }
    let per_article = match &offer.what {
        What::Deal(deal) => deal.same_article,
        What::Tiers(tiers) => tiers.per_article,
        What::Items { .. } | What::Order { .. } | What::Gift { .. } => false,
    };
    if per_article && (offer.up_to.is_some() || offer.limits.uses.is_some() || offer.limits.money.is_some()) {
        let what =
            "each article is an offer of its own, so up_to and limits hold for each article, not for all together";
        findings.warn("per-article", offer, "limits", what, "Divide the limit, or count all articles together.");
    }
}

fn items(offer: &Offer, goods: &Goods, change: Change, spread: Spread, findings: &mut Findings) {
    const WHAT_TO_DO: &str = "Add pieces_max = 1, up_to = \"50.00\", codes, or limits.";
    if is_free(change) && goods.kind == LineKind::Sale {
        findings.warn("unbounded", offer, "percent_off", "the goods are free, and nothing limits how many", WHAT_TO_DO);
    }
    if let (Change::AmountOff(amount), Spread::EachUnit) = (change, spread)
        && goods.selector.price_min().is_some_and(|price| price <= amount)
    {
        let what =
            format!("{amount} off each is all of the price of goods at {amount} and below, which the selection allows");
        findings.warn(
            "unbounded",
            offer,
            "amount_off",
            what,
            "Raise price.from above the amount, or lower the amount.",
        );
    }
}

/// A free piece of whatever is dearest in the shop.
fn sets(offer: &Offer, deal: &DealRule, findings: &mut Findings) {
    let free_of_all = |(part, change): &(_, Change)| -> bool { is_free(*change) && is_everything(part) };
    if deal.get.iter().any(free_of_all) && !deal.buy.iter().all(is_everything) {
        let what = "any article of the shop may be the free one, even the dearest";
        findings.warn("unbounded", offer, "get.items", what, "Say which goods are free, or add up_to or sets_max.");
    }
}

fn is_everything(part: &crate::model::Part) -> bool {
    part.goods.selector == Selector::Everything
}

pub(super) fn is_free(change: Change) -> bool {
    match change {
        Change::PercentOff(rate) => rate == Rate::ONE,
        Change::Price(price) => price.value.is_zero(),
        Change::ForPrice(price) => price.is_zero(),
        Change::AmountOff(_) => false,
    }
}

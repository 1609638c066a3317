//! Offers out of which a return makes money, unless the shop's policy for broken deals stands against it.
//!
//! By default a return pays back what was paid for the piece. Buy a 5.00 soap, get a 40.00 towel free, return the soap:
//! 5.00 back, and the towel stays. Six at 50.00 with 10 % off from 300.00, five returned: the sixth keeps its discount.

use super::Findings;
use super::generous::is_free;
use crate::model::{Change, DealRule, Offer, Reading, What};
use pos_plugin_sdk::prelude::{Decimal, Rate};

const POLICY: &str =
    "Set the shop's policy for partial returns to \"re-rate\" or \"whole deal only\", then accept the warning.";

pub(super) fn check(offer: &Offer, findings: &mut Findings) {
    match &offer.what {
        What::Deal(deal) => sets(offer, deal, findings),
        What::Gift { .. } => {
            let what = "whoever returns what earned the gift keeps the gift";
            findings.warn("returns", offer, "gift", what, POLICY);
        }
        What::Order { .. } | What::Tiers(_) | What::Items { .. } => {
            let by_steps = matches!(offer.what, What::Tiers(_));
            if by_steps || offer.conditions.spend.is_some() {
                let setting = if by_steps { "tiers" } else { "spend" };
                let what = "whoever returns a part keeps the discount on the rest, even below the threshold";
                findings.warn("returns", offer, setting, what, POLICY);
            }
        }
    }
}

fn sets(offer: &Offer, deal: &DealRule, findings: &mut Findings) {
    let half = Rate::from_fraction(Decimal::new(5, 1));
    let is_large = |change: &Change| is_free(*change) || matches!(change, Change::PercentOff(rate) if *rate >= half);
    let other_goods = deal
        .get
        .iter()
        .any(|(got, change)| is_large(change) && deal.buy.iter().any(|bought| bought.goods != got.goods));
    let same_goods = deal.get.iter().any(|(_, change)| is_large(change))
        && !deal.buy.is_empty()
        && !deal.same_article
        && matches!(deal.reading, Reading::AsTheCustomerWouldChoose | Reading::DearestOfEachSet);
    if other_goods {
        let what = "what is got may be dearer than what is bought, and what is bought can be returned by itself";
        findings.warn("returns", offer, "get", what, POLICY);
    } else if same_goods {
        let what = "the dearest piece may be the reduced one, and the others can be returned by themselves";
        findings.warn(
            "returns",
            offer,
            "pick",
            what,
            "Write pick = \"cheapest of each set\"; or set the shop's policy for partial returns to \"re-rate\".",
        );
    }
}

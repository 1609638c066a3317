//! What a shop sees: the example's offers on small baskets, and properties on random ones.

mod example;
mod index;
mod lints;
mod mistakes;
mod offers;
mod random;
mod schema;
mod selectors;

use crate::Offers;
use pos_plugin_sdk::prelude::*;
use pos_plugin_sdk::testing;
use std::collections::BTreeSet;

pub(super) const EXAMPLE: &str = include_str!("../../example.toml");

/// Offers that are known to hold.
pub(super) fn offers(toml: &str) -> Offers {
    Offers::from_toml(toml).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// One offer with id `x` and label `X`.
pub(super) fn offer(settings: &str) -> Offers {
    offers(&format!("currency = \"EUR\"\n[[offer]]\nid = \"x\"\nlabel = \"X\"\n{settings}"))
}

pub(super) fn basket() -> Basket {
    testing::basket("EUR", "2026-11-18 17:30")
}

/// What all stages say, one line each: `x: 20 % off on 1, 2`.
pub(super) fn told(offers: &Offers, basket: &Basket) -> Vec<String> {
    let mut told = Vec::new();
    for stage in [Stage::Line, Stage::Shop, Stage::Order] {
        let Proposal { candidates, grants, near_misses, notices: _, attrs: _ } = offers.propose_for(stage, basket);
        told.extend(candidates.iter().map(|candidate| tell(stage, candidate)));
        told.extend(grants.iter().map(|grant| {
            let Grant { offer, items, quantity, effect, automatic } = grant;
            let how = if *automatic { "added" } else { "offered" };
            format!("{offer}: {quantity} x {} {how}, {}", items.join(" or "), tell_effect(effect))
        }));
        told.extend(near_misses.iter().map(|near| format!("{}: {}", near.offer, near.missing.text)));
    }
    told
}

fn tell(stage: Stage, candidate: &Candidate) -> String {
    let shape = match &candidate.shape {
        Shape::Portions(chosen) => {
            let portions: Vec<String> =
                chosen.portions.iter().map(|portion| format!("{}*{}", portion.quantity, portion.line)).collect();
            format!("{} on {}", tell_effect(&chosen.effect), portions.join(" "))
        }
        Shape::WholeOrder(effect) => format!("{} on the order", tell_effect(effect)),
        Shape::Deal(deal) => {
            let slots: Vec<String> = deal
                .slots
                .iter()
                .map(|slot| {
                    let pick = match slot.pick {
                        Pick::BestForCustomer => "",
                        Pick::Cheapest => " cheapest",
                        Pick::Dearest => " dearest",
                    };
                    let effect =
                        slot.effect.as_ref().map_or(String::new(), |effect| format!(" {}", tell_effect(effect)));
                    format!("{}{pick} of {:?}{effect}", slot.count, slot.pool)
                })
                .collect();
            let together = deal.together.as_ref().map_or(String::new(), |effect| format!(" = {}", tell_effect(effect)));
            let most = deal.repeat_max.map_or(String::new(), |most| format!(", {most} times"));
            format!("{}{together}{most}", slots.join(" + "))
        }
    };
    let spread = match candidate.spread {
        Spread::Across => "",
        Spread::EachLine => " each line",
        Spread::EachUnit => " each unit",
    };
    let mut more = String::new();
    if let Some(Requirement { min, basis, left }) = candidate.requires {
        more.push_str(&format!(", from {} {basis:?}{}", min.minor(), if left { " left" } else { "" }));
    }
    if let Some(cap) = candidate.cap {
        more.push_str(&format!(", up to {}", cap.minor()));
    }
    if let Some(limits) = candidate.limits {
        let Limits { uses, uses_per_customer, money } = limits;
        more.push_str(&format!(", limits {uses:?} {uses_per_customer:?} {:?}", money.map(Money::minor)));
    }
    if !candidate.consumes_codes.is_empty() {
        more.push_str(&format!(", uses {}", candidate.consumes_codes.join(" ")));
    }
    if let Some(AttrValue::Texts(lines)) = Attr::find(&candidate.attrs, "except-lines") {
        more.push_str(&format!(", not on {}", lines.join(" ")));
    }
    format!("{stage:?} {}: {shape}{spread}{more}", candidate.id)
}

fn tell_effect(effect: &Effect) -> String {
    match effect {
        Effect::AmountOff(amount) => format!("{} off", amount.minor()),
        Effect::RateOff(rate) => format!("{} % off", rate.percent_text()),
        Effect::FixedPrice(price) => format!("at {} per {}", price.value, price.per),
        Effect::BundlePrice(amount) => format!("for {}", amount.minor()),
    }
}

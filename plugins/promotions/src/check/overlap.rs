//! Offers of one group that want the same pieces at the same time: a piece gets one of them, not both.

use super::Findings;
use crate::model::Offer;
use crate::selector::Selector;
use crate::symbols::Symbol;
use pos_plugin_sdk::prelude::{Date, Mode};
use std::collections::{BTreeMap, BTreeSet};

/// Offers named in one warning.
const NAMED_MAX: usize = 3;

pub(super) fn check(offers: &[Offer], today: Date, findings: &mut Findings) {
    let is_over = |offer: &Offer| offer.conditions.when.last_day().is_some_and(|last| last < today);
    let competing: Vec<&Offer> =
        offers.iter().filter(|offer| offer.enabled && offer.mode != Mode::Compound && !is_over(offer)).collect();
    // Only offers that share a word, or one of which is about everything, are compared.
    let mut by_word: BTreeMap<Symbol, Vec<usize>> = BTreeMap::new();
    let mut of_everything: Vec<usize> = Vec::new();
    for (position, offer) in competing.iter().enumerate() {
        for goods in offer.goods() {
            match &goods.cover {
                Some(cover) => cover.iter().for_each(|symbol| by_word.entry(*symbol).or_default().push(position)),
                None if goods.selector == Selector::Everything => of_everything.push(position),
                None => {}
            }
        }
        if offer.is_on_order() {
            of_everything.push(position);
        }
    }
    for (position, offer) in competing.iter().enumerate() {
        let mut others: BTreeSet<usize> = of_everything.iter().copied().collect();
        for symbol in offer.goods().iter().filter_map(|goods| goods.cover.as_ref()).flatten() {
            others.extend(by_word.get(symbol).into_iter().flatten());
        }
        let met: Vec<&str> = others
            .iter()
            .filter(|other| **other > position)
            .filter_map(|other| competing.get(*other))
            .filter(|other| compete(offer, other))
            .map(|other| other.id.as_str())
            .collect();
        if met.is_empty() {
            continue;
        }
        let named: Vec<String> = met.iter().take(NAMED_MAX).map(|id| format!("\"{id}\"")).collect();
        let more = if met.len() > NAMED_MAX { format!(" and {} more", met.len() - NAMED_MAX) } else { String::new() };
        let what = format!(
            "it may want the same pieces at the same time as {}{more}; a piece gets one of them",
            named.join(", ")
        );
        findings.warn(
            "overlap",
            offer,
            "items",
            what,
            "If both are meant, write mode = \"combines\" or another group; if not, accept it.",
        );
    }
}

/// Same stage and group, goods and times that may meet.
fn compete(one: &Offer, other: &Offer) -> bool {
    let goods_meet = match (one.is_on_order(), other.is_on_order()) {
        (true, true) => true,
        (true, false) | (false, true) => false,
        (false, false) => one.goods().iter().any(|mine| other.goods().iter().any(|theirs| mine.may_meet(theirs))),
    };
    one.stage == other.stage
        && one.group == other.group
        && goods_meet
        && one.conditions.when.may_meet(&other.conditions.when)
        && audiences_meet(one, other)
}

/// Offers for different stores never meet, and an accepted pair needs no warning.
fn audiences_meet(one: &Offer, other: &Offer) -> bool {
    let (mine, theirs) = (&one.conditions.stores, &other.conditions.stores);
    let stores_meet = mine.is_empty() || theirs.is_empty() || mine.iter().any(|store| theirs.contains(store));
    stores_meet && !other.accepted.iter().any(|accepted| accepted == "overlap")
}

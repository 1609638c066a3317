//! Which offers can say anything about a basket at all: found by its words, not by asking each.
//!
//! Every offer is filed once, under words of which a basket must have at least one before the offer can apply or nearly
//! apply: its codes, the articles or tags it is about, the customer groups it is for. Under each word, offers with an end
//! are filed by the months in which they are valid. Offers of which nothing is known, such as "10 off 100", are filed
//! under no word and asked always.
//!
//! With 10,000 offers of which 10 speak of something in the basket, 10 are asked.

use crate::calendar::month_number;
use crate::model::{Offer, Part, What};
use crate::selector::{Goods, best_cover};
use crate::symbols::{Kind, Symbol, Symbols};
use pos_plugin_sdk::prelude::{Date, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// Offers valid longer than this many months are filed as if always valid.
const MONTHS_MAX: u32 = 24;

/// The offers of one stage, by position.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Index {
    by_word: BTreeMap<Symbol, Shelf>,
    always: Shelf,
}

/// Offers under one word, by month.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shelf {
    any_time: Vec<usize>,
    by_month: BTreeMap<u32, Vec<usize>>,
}

/// An index for each stage.
pub(crate) fn build(offers: &[Offer], symbols: &Symbols) -> BTreeMap<Stage, Index> {
    let mut indexes: BTreeMap<Stage, Index> = BTreeMap::new();
    for (position, offer) in offers.iter().enumerate().filter(|(_, offer)| offer.enabled) {
        let index = indexes.entry(offer.stage).or_default();
        match anchor(offer, symbols) {
            None => index.always.file(position, offer),
            Some(words) => {
                words.into_iter().for_each(|word| index.by_word.entry(word).or_default().file(position, offer))
            }
        }
    }
    indexes
}

impl Index {
    /// Positions of the offers that a basket with these words can reach on one of these days, in order.
    pub(crate) fn reachable(&self, words: &BTreeSet<Symbol>, days: [Date; 2]) -> BTreeSet<usize> {
        let mut months = days.map(month_number).to_vec();
        months.dedup();
        let shelves = std::iter::once(&self.always).chain(words.iter().filter_map(|word| self.by_word.get(word)));
        let mut found = BTreeSet::new();
        for shelf in shelves {
            found.extend(&shelf.any_time);
            found.extend(months.iter().filter_map(|month| shelf.by_month.get(month)).flatten());
        }
        found
    }
}

impl Shelf {
    fn file(&mut self, position: usize, offer: &Offer) {
        let when = &offer.conditions.when;
        let months = when.from.zip(when.last_day()).map(|((from, _), last)| (month_number(from), month_number(last)));
        match months {
            Some((first, last)) if last.saturating_sub(first) < MONTHS_MAX => {
                for month in first..=last {
                    self.by_month.entry(month).or_default().push(position);
                }
            }
            _ => self.any_time.push(position),
        }
    }
}

/// Words of which a basket must have one; none: the offer is asked always.
fn anchor(offer: &Offer, symbols: &Symbols) -> Option<BTreeSet<Symbol>> {
    let conditions = &offer.conditions;
    let mut covers: Vec<BTreeSet<Symbol>> = Vec::new();
    let goods_cover =
        |goods: &Goods| goods.cover.as_ref().map(|cover| cover.iter().copied().collect::<BTreeSet<Symbol>>());
    covers.extend(conditions.codes.as_ref().map(|codes| codes.symbols.iter().copied().collect()));
    covers.extend(conditions.with.iter().filter_map(|part| goods_cover(&part.goods)));
    covers.extend(conditions.spend.as_ref().and_then(|spend| spend.on.as_ref()).and_then(goods_cover));
    if let Some(customer) = &conditions.customer {
        for (kind, words) in [(Kind::CustomerGroup, &customer.groups), (Kind::Tier, &customer.tiers)] {
            // Words that only customers have are found there by the same numbers.
            let known: Option<BTreeSet<Symbol>> = words.iter().map(|word| symbols.find(kind, word)).collect();
            covers.extend(known.filter(|known| !known.is_empty()));
        }
    }
    // "Spend 4.00 more for the umbrella at 5.00" is said before the umbrella is in the basket.
    let hints_without_goods = offer.hints && conditions.spend.is_some();
    match &offer.what {
        _ if hints_without_goods => {}
        What::Items { goods, .. } => covers.extend(goods_cover(goods)),
        What::Tiers(tiers) => covers.extend(tiers.goods.as_ref().and_then(goods_cover)),
        What::Deal(deal) => covers.extend(set_cover(&deal.parts().collect::<Vec<_>>(), symbols)),
        What::Gift { buy, .. } => covers.extend(set_cover(&buy.iter().collect::<Vec<_>>(), symbols)),
        What::Order { .. } => {}
    }
    best_cover(covers.into_iter(), symbols)
}

/// Words for a set that may lack one piece and still give a hint: a part of several pieces is then not empty; of single
/// pieces, one of any two parts is there.
fn set_cover(parts: &[&Part], symbols: &Symbols) -> Option<BTreeSet<Symbol>> {
    let cover =
        |part: &&Part| part.goods.cover.as_ref().map(|cover| cover.iter().copied().collect::<BTreeSet<Symbol>>());
    let sure = best_cover(parts.iter().filter(|part| part.count > 1 || parts.len() == 1).filter_map(cover), symbols);
    let pairs =
        parts.iter().enumerate().flat_map(|(index, one)| parts.iter().skip(index + 1).map(move |other| (one, other)));
    let either = pairs.filter_map(|(one, other)| Some(cover(one)?.union(&cover(other)?).copied().collect()));
    best_cover(sure.into_iter().chain(either), symbols)
}

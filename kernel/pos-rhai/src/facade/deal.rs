//! `groups_of(3)`, `buy(2).get(1)`: one repeating deal, whatever the quantity.
//!
//! "3 for 2" becomes two slots over the same lines, both filled from the dearest down, set by set: two pieces that only
//! qualify, then one with an effect, the cheapest of its three. 3 for 2 over 10, 9, 8, 3, 2, 1 gives away 8 and 1. The kernel
//! forms the sets; an offer on the cheapest piece favours the shop and belongs to stage shop.

use super::items::{Items, SET_MAX};
use super::offer::{self, Offer};
use super::register::{count_verb, number_verb, verb, whole_number};
use super::{Answer, Run, source_line, trouble};
use crate::recorder::{Change, Entry, Lines, SlotEntry, What};
use pos_domain::pricing::proposal::{Effect, Pick, Stage};
use pos_money::Decimal;
use rhai::{Dynamic, Engine, FuncRegistration, INT, NativeCallContext};
use std::sync::Arc;

/// Most slots of a deal.
const SLOTS_MAX: usize = 16;

/// Sets of pieces that nothing has happened to yet.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    run: Arc<Run>,
    slots: Arc<[(Lines, INT)]>,
}

/// The pieces of each set that get the effect.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// What qualifies.
    deal: Deal,
    lines: Lines,
    count: INT,
    of: Choice,
}

/// Which pieces of a set are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// The cheapest of each group.
    Cheapest,
    /// The dearest of each group.
    Dearest,
    /// Those that save the customer most.
    Best,
}

impl Deal {
    pub(super) fn of(items: &Items, count: INT) -> Deal {
        Deal { run: items.run.clone(), slots: Arc::new([(items.lines.clone(), count)]) }
    }

    fn and(&self, items: &Items, count: INT) -> Answer<Deal> {
        if self.slots.len() >= SLOTS_MAX {
            return Err(trouble("a deal may have at most 16 parts"));
        }
        let slots = self.slots.iter().cloned().chain([(items.lines.clone(), count)]);
        Ok(Deal { run: self.run.clone(), slots: slots.collect() })
    }

    /// `count` of the group's own pieces.
    fn choose(&self, word: &str, count: INT, of: Choice) -> Answer<Chosen> {
        let [(lines, group)] = &*self.slots else {
            return Err(trouble(format!("{word} chooses within one selection; use get(1, items) after plus")));
        };
        if count > *group {
            return Err(trouble(format!("{word}({count}) asks for more pieces than a group of {group} has")));
        }
        // All of a group: nothing is left that only qualifies.
        let slots =
            if count == *group { Arc::default() } else { Arc::new([(lines.clone(), group - count)]) as Arc<[_]> };
        let deal = Deal { run: self.run.clone(), slots };
        Ok(Chosen { deal, lines: lines.clone(), count, of })
    }

    /// `count` pieces more, of the same selection or another one.
    fn get(&self, lines: Lines, count: INT) -> Chosen {
        Chosen { deal: self.clone(), lines, count, of: Choice::Best }
    }

    fn qualifying(&self, pick: Pick) -> Vec<SlotEntry> {
        let slot =
            |(lines, count): &(Lines, INT)| SlotEntry { lines: lines.clone(), count: *count, pick, change: None };
        self.slots.iter().map(slot).collect()
    }

    fn together(&self, context: &NativeCallContext, change: impl Into<Change>) -> Answer<Offer> {
        let what = What::Deal { slots: self.qualifying(Pick::BestForCustomer), together: Some(change.into()) };
        self.run.open(Entry::new(Stage::Line, what, None, source_line(context)))
    }
}

impl Chosen {
    fn offer(&self, context: &NativeCallContext, change: impl Into<Change>) -> Answer<Offer> {
        // Groups are made from the dearest piece down, so the first pieces of a group are its dearest, the last its
        // cheapest.
        let pick = if self.of == Choice::Best { Pick::BestForCustomer } else { Pick::Dearest };
        let mut slots = self.deal.qualifying(pick);
        let chosen = SlotEntry { lines: self.lines.clone(), count: self.count, pick, change: Some(change.into()) };
        slots.insert(if self.of == Choice::Dearest { 0 } else { slots.len() }, chosen);
        let stage = if self.of == Choice::Cheapest { Stage::Shop } else { Stage::Line };
        let what = What::Deal { slots, together: None };
        self.deal.run.open(Entry::new(stage, what, None, source_line(context)))
    }
}

fn bundle(run: &Run, price: Decimal) -> Answer<Effect> {
    Ok(Effect::BundlePrice(run.minor("for_price", offer::not_negative("for_price", price)?)?))
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Deal>("groups").register_type_with_name::<Chosen>("chosen pieces");
    count_verb(engine, "cheapest", 1..=SET_MAX, |_, deal: &Deal, count| {
        deal.choose("cheapest", count, Choice::Cheapest)
    });
    count_verb(engine, "dearest", 1..=SET_MAX, |_, deal: &Deal, count| deal.choose("dearest", count, Choice::Dearest));
    count_verb(engine, "get", 1..=SET_MAX, |_, deal: &Deal, count| match deal.slots.last() {
        Some((lines, _)) => Ok(deal.get(lines.clone(), count)),
        None => Err(trouble("get has nothing to choose from")),
    });
    let get = FuncRegistration::new("get").with_purity(true);
    get.register_into_engine(engine, |deal: &mut Deal, count: Dynamic, items: Items| -> Answer<Chosen> {
        Ok(deal.get(items.lines, whole_number("get", &count, &(1..=SET_MAX))?))
    });
    let plus = FuncRegistration::new("plus").with_purity(true);
    plus.register_into_engine(engine, |deal: &mut Deal, count: Dynamic, items: Items| -> Answer<Deal> {
        deal.and(&items, whole_number("plus", &count, &(1..=SET_MAX))?)
    });

    number_verb(engine, "for_price", |context, deal: &Deal, price| deal.together(context, bundle(&deal.run, price)?));
    number_verb(engine, "percent_off", |context, deal: &Deal, percent| {
        deal.together(context, offer::percent("percent_off", percent)?)
    });
    number_verb(engine, "amount_off", |context, deal: &Deal, amount| {
        deal.together(context, offer::amount(&deal.run, "amount_off", amount)?)
    });

    verb(engine, "free", |context, chosen: &Chosen| chosen.offer(context, offer::FREE));
    number_verb(engine, "percent_off", |context, chosen: &Chosen, percent| {
        chosen.offer(context, offer::percent("percent_off", percent)?)
    });
    number_verb(engine, "amount_off", |context, chosen: &Chosen, amount| {
        chosen.offer(context, offer::amount(&chosen.deal.run, "amount_off", amount)?)
    });
    number_verb(engine, "fixed_price", |context, chosen: &Chosen, price| {
        chosen.offer(context, offer::price("fixed_price", price)?)
    });
}

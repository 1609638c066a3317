//! `basket.items`: goods sold, and the selections made of them.

use super::deal::Deal;
use super::item::{Item, unit_price};
use super::offer::{self, Offer};
use super::register::{Unchanged, count_verb, fact, number_verb, text_verb, verb};
use super::{Answer, Run, attr_holds, find_attr, has_word, same_word, trouble};
use crate::recorder::{Change, Lines};
use crate::words::kind_name;
use pos_domain::pricing::proposal::{AttrValue, SnapshotLine, Spread};
use pos_money::{Decimal, Money};
use rhai::{Dynamic, Engine, FuncRegistration, INT, ImmutableString, NativeCallContext};
use std::sync::Arc;

/// Most pieces in a set of a deal.
pub(super) const SET_MAX: INT = 1_000;

/// A selection of lines.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    pub(super) run: Arc<Run>,
    pub(super) lines: Lines,
}

impl Items {
    pub(super) fn new(run: &Arc<Run>, lines: Lines) -> Items {
        Items { run: run.clone(), lines }
    }

    fn only(&self, wanted: impl Fn(&SnapshotLine) -> bool) -> Items {
        let lines = self.run.lines(&self.lines).filter(|(_, line)| wanted(line)).map(|(position, _)| position);
        Items::new(&self.run, lines.collect())
    }

    fn except(&self, word: &str) -> Items {
        self.only(|line| {
            let item = &line.item;
            !(has_word(&item.tags, word) || has_word(&item.departments, word) || same_word(&item.id, word))
        })
    }

    fn where_attr_is(&self, key: &str, value: &Dynamic) -> Answer<Items> {
        let number = value.as_int().map(Decimal::from).or_else(|_| value.as_decimal()).ok();
        let text = value.clone().into_immutable_string().ok();
        let flag = value.as_bool().ok();
        if number.is_none() && text.is_none() && flag.is_none() {
            return Err(trouble(format!(
                "where_attr compares with text, a number or true/false, not {}",
                kind_name(value)
            )));
        }
        Ok(self.only(|line| match find_attr(&line.attrs, key) {
            None => false,
            Some(AttrValue::Text(found)) => text.as_ref().is_some_and(|text| same_word(found, text)),
            Some(AttrValue::Texts(found)) => text.as_ref().is_some_and(|text| has_word(found, text)),
            Some(AttrValue::Integer(found)) => number == Some(Decimal::from(*found)),
            Some(AttrValue::Number(found)) => number == Some(*found),
            Some(AttrValue::Flag(found)) => flag == Some(*found),
        }))
    }

    /// Pieces; a weighed line is one.
    fn count(&self) -> INT {
        self.run.lines(&self.lines).fold(0, |sum: INT, (_, line)| sum.saturating_add(line.quantity.countable_pieces()))
    }

    fn total(&self) -> Decimal {
        let total = Money::sum(self.run.lines(&self.lines).map(|(_, line)| line.net));
        self.run.major(total.unwrap_or_default())
    }

    fn cheaper_than(&self, price: Decimal) -> Items {
        self.only(|line| unit_price(line) < price)
    }

    fn dearer_than(&self, price: Decimal) -> Items {
        self.only(|line| unit_price(line) > price)
    }

    fn offer(&self, context: &NativeCallContext, change: impl Into<Change>, spread: Spread) -> Answer<Offer> {
        offer::on_lines(&self.run, self.lines.clone(), None, change.into(), spread, context)
    }
}

impl IntoIterator for Items {
    type Item = Item;
    type IntoIter = Box<dyn Iterator<Item = Item>>;

    fn into_iter(self) -> Self::IntoIter {
        let Items { run, lines } = self;
        Box::new((0..lines.len()).filter_map(move |index| Some(Item::new(&run, *lines.get(index)?))))
    }
}

impl Unchanged for Items {
    fn is_unchanged(&self, written: &Self) -> bool {
        Arc::ptr_eq(&self.lines, &written.lines) || self.lines == written.lines
    }
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Items>("items").register_iterator::<Items>();
    fact(engine, "count", Items::count);
    fact(engine, "total", Items::total);
    fact(engine, "is_empty", |items: &Items| items.lines.is_empty());
    text_verb(engine, "tagged", |items: &Items, tag| Ok(items.only(|line| has_word(&line.item.tags, tag))));
    text_verb(engine, "not_tagged", |items: &Items, tag| Ok(items.only(|line| !has_word(&line.item.tags, tag))));
    text_verb(engine, "except", |items: &Items, word| Ok(items.except(word)));
    text_verb(engine, "in_department", |items: &Items, name| {
        Ok(items.only(|line| has_word(&line.item.departments, name)))
    });
    text_verb(engine, "with_id", |items: &Items, id| Ok(items.only(|line| same_word(&line.item.id, id))));
    text_verb(engine, "where_attr", |items: &Items, key| Ok(items.only(|line| attr_holds(&line.attrs, key))));
    let where_attr_is = FuncRegistration::new("where_attr").with_purity(true);
    where_attr_is.register_into_engine(engine, |items: &mut Items, key: ImmutableString, value: Dynamic| {
        items.where_attr_is(&key, &value)
    });
    number_verb(engine, "cheaper_than", |_, items: &Items, price| Ok(items.cheaper_than(price)));
    number_verb(engine, "dearer_than", |_, items: &Items, price| Ok(items.dearer_than(price)));

    number_verb(engine, "percent_off", |context, items: &Items, percent| {
        items.offer(context, offer::percent("percent_off", percent)?, Spread::Across)
    });
    number_verb(engine, "amount_off", |context, items: &Items, amount| {
        items.offer(context, offer::amount(&items.run, "amount_off", amount)?, Spread::Across)
    });
    number_verb(engine, "amount_off_each", |context, items: &Items, amount| {
        items.offer(context, offer::amount(&items.run, "amount_off_each", amount)?, Spread::EachUnit)
    });
    number_verb(engine, "fixed_price", |context, items: &Items, price| {
        items.offer(context, offer::price("fixed_price", price)?, Spread::Across)
    });
    verb(engine, "free", |context, items: &Items| items.offer(context, offer::FREE, Spread::Across));

    count_verb(engine, "groups_of", 1..=SET_MAX, |_, items: &Items, count| Ok(Deal::of(items, count)));
    count_verb(engine, "buy", 1..=SET_MAX, |_, items: &Items, count| Ok(Deal::of(items, count)));
}

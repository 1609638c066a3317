//! One line, as `for item in basket.items` hands it out.

use super::offer::{self, Offer};
use super::register::{fact, number_verb, text_verb, verb};
use super::{Answer, Run, attr_amount, attr_holds, attr_value, has_word, list, text};
use crate::recorder::Change;
use pos_domain::pricing::proposal::{Attr, SnapshotLine, Spread};
use pos_money::{Decimal, Money};
use rhai::{Engine, INT, ImmutableString, NativeCallContext};
use std::sync::Arc;

/// A line of the basket.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    run: Arc<Run>,
    position: u32,
}

/// The regular price of one unit; for "12.98 for 3" the third of it.
pub(super) fn unit_price(line: &SnapshotLine) -> Decimal {
    line.price.value.checked_div(line.price.per.value).unwrap_or_default()
}

impl Item {
    pub(super) fn new(run: &Arc<Run>, position: u32) -> Item {
        Item { run: run.clone(), position }
    }

    fn line(&self) -> Option<&SnapshotLine> {
        self.run.line(self.position)
    }

    fn words(&self, read: impl Fn(&SnapshotLine) -> &str) -> ImmutableString {
        text(self.line().map_or("", read))
    }

    fn money(&self, read: impl Fn(&SnapshotLine) -> Money) -> Decimal {
        self.run.major(self.line().map(read).unwrap_or_default())
    }

    fn attrs(&self) -> &[Attr] {
        self.line().map_or(&[], |line| &line.attrs)
    }

    fn offer(&self, context: &NativeCallContext, change: impl Into<Change>, spread: Spread) -> Answer<Offer> {
        let number = self.line().map(|line| line.id);
        offer::on_lines(&self.run, Arc::new([self.position]), number, change.into(), spread, context)
    }
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Item>("item");
    fact(engine, "id", |item: &Item| item.words(|line| &line.item.id));
    fact(engine, "name", |item: &Item| item.words(|line| &line.item.name));
    fact(engine, "department", |item: &Item| item.words(|line| line.item.department()));
    fact(engine, "departments", |item: &Item| list(item.line().map_or(&[], |line| &line.item.departments)));
    fact(engine, "tags", |item: &Item| list(item.line().map_or(&[], |line| &line.item.tags)));
    fact(engine, "tax_class", |item: &Item| item.words(|line| &line.item.tax_class));
    fact(engine, "line", |item: &Item| item.line().map_or(0, |line| INT::from(line.id)));
    fact(engine, "quantity", |item: &Item| item.line().map_or(Decimal::ZERO, |line| line.quantity.value));
    fact(engine, "unit", |item: &Item| item.words(|line| line.quantity.unit.symbol()));
    fact(engine, "is_weighed", |item: &Item| item.line().is_some_and(|line| line.quantity.unit.is_measured()));
    fact(engine, "price", |item: &Item| item.line().map(unit_price).unwrap_or_default());
    fact(engine, "gross", |item: &Item| item.money(|line| line.gross));
    fact(engine, "net", |item: &Item| item.money(|line| line.net));
    text_verb(engine, "has_tag", |item: &Item, tag| Ok(item.line().is_some_and(|line| has_word(&line.item.tags, tag))));
    text_verb(engine, "in_department", |item: &Item, name| {
        Ok(item.line().is_some_and(|line| has_word(&line.item.departments, name)))
    });
    text_verb(engine, "attr", |item: &Item, key| Ok(attr_value(item.attrs(), key)));
    text_verb(engine, "has_attr", |item: &Item, key| Ok(attr_holds(item.attrs(), key)));
    text_verb(engine, "amount", |item: &Item, key| Ok(attr_amount(item.attrs(), key)));

    number_verb(engine, "percent_off", |context, item: &Item, percent| {
        item.offer(context, offer::percent("percent_off", percent)?, Spread::Across)
    });
    number_verb(engine, "amount_off", |context, item: &Item, amount| {
        item.offer(context, offer::amount(&item.run, "amount_off", amount)?, Spread::Across)
    });
    number_verb(engine, "amount_off_each", |context, item: &Item, amount| {
        item.offer(context, offer::amount(&item.run, "amount_off_each", amount)?, Spread::EachUnit)
    });
    number_verb(engine, "fixed_price", |context, item: &Item, price| {
        item.offer(context, offer::price("fixed_price", price)?, Spread::Across)
    });
    verb(engine, "free", |context, item: &Item| item.offer(context, offer::FREE, Spread::Across));
}

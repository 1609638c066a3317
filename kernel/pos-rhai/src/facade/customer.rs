//! `basket.customer`: who buys. No customer reads as "no" and 0.

use super::register::{Unchanged, fact, text_verb};
use super::{Run, attr_amount, attr_holds, attr_value, has_word, list, text};
use pos_domain::pricing::proposal::{Attr, CustomerFacts};
use rhai::{Engine, INT};
use std::sync::Arc;

/// The customer, known or not.
#[derive(Clone, Debug)]
pub(crate) struct Customer(Arc<Run>);

impl Customer {
    pub(super) fn new(run: &Arc<Run>) -> Customer {
        Customer(run.clone())
    }

    fn facts(&self) -> Option<&CustomerFacts> {
        self.0.snapshot.customer.as_deref()
    }

    fn attrs(&self) -> &[Attr] {
        self.facts().map_or(&[], |facts| &facts.attrs)
    }
}

impl Unchanged for Customer {
    fn is_unchanged(&self, _: &Self) -> bool {
        true
    }
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Customer>("customer");
    fact(engine, "is_known", |customer: &Customer| customer.facts().is_some());
    fact(engine, "groups", |customer: &Customer| list(customer.facts().map_or(&[], |facts| &facts.groups)));
    fact(engine, "tier", |customer: &Customer| {
        text(customer.facts().and_then(|facts| facts.tier.as_deref()).unwrap_or_default())
    });
    fact(engine, "points", |customer: &Customer| customer.facts().map_or(0, |facts| facts.points));
    fact(engine, "age", |customer: &Customer| INT::from(customer.facts().and_then(|facts| facts.age).unwrap_or(0)));
    fact(engine, "has_birthday", |customer: &Customer| {
        customer.facts().and_then(|facts| facts.birthday_in_days) == Some(0)
    });
    text_verb(engine, "in_group", |customer: &Customer, group| {
        Ok(customer.facts().is_some_and(|facts| has_word(&facts.groups, group)))
    });
    text_verb(engine, "attr", |customer: &Customer, key| Ok(attr_value(customer.attrs(), key)));
    text_verb(engine, "has_attr", |customer: &Customer, key| Ok(attr_holds(customer.attrs(), key)));
    text_verb(engine, "amount", |customer: &Customer, key| Ok(attr_amount(customer.attrs(), key)));
}

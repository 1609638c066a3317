//! `basket`: where every rule begins.

use super::customer::Customer;
use super::items::Items;
use super::now::Now;
use super::order::Order;
use super::register::{fact, text_verb};
use super::{Run, attr_amount, attr_holds, attr_value, has_word, list, text};
use pos_money::{Decimal, Money};
use rhai::Engine;
use std::sync::Arc;

/// The basket being rung up.
#[derive(Clone, Debug)]
pub(crate) struct Basket(Arc<Run>);

impl Basket {
    pub(crate) fn new(run: &Arc<Run>) -> Basket {
        Basket(run.clone())
    }

    fn total(&self) -> Decimal {
        let total = Money::sum(self.0.snapshot.lines.iter().map(|line| line.net));
        self.0.major(total.unwrap_or_default())
    }
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Basket>("basket");
    fact(engine, "now", |basket: &Basket| Now::new(&basket.0));
    fact(engine, "items", |basket: &Basket| Items::new(&basket.0, basket.0.items.clone()));
    fact(engine, "order", |basket: &Basket| Order::new(&basket.0));
    fact(engine, "customer", |basket: &Basket| Customer::new(&basket.0));
    fact(engine, "total", Basket::total);
    fact(engine, "codes", |basket: &Basket| list(&basket.0.snapshot.codes));
    fact(engine, "currency", |basket: &Basket| text(basket.0.snapshot.currency.code()));
    fact(engine, "store", |basket: &Basket| text(&basket.0.snapshot.store));
    text_verb(engine, "has_code", |basket: &Basket, code| Ok(has_word(&basket.0.snapshot.codes, code)));
    text_verb(engine, "attr", |basket: &Basket, key| Ok(attr_value(&basket.0.snapshot.attrs, key)));
    text_verb(engine, "has_attr", |basket: &Basket, key| Ok(attr_holds(&basket.0.snapshot.attrs, key)));
    text_verb(engine, "amount", |basket: &Basket, key| Ok(attr_amount(&basket.0.snapshot.attrs, key)));
    text_verb(engine, "hint", |basket: &Basket, words| {
        basket.0.recorder().hint(words.into());
        Ok(())
    });
}

//! `basket.order`: everything offers may lower, together. Gift cards, deposits and locked lines are left out by itself.

use super::offer::{self, Offer};
use super::register::{Unchanged, fact, number_verb};
use super::{Answer, Run, source_line};
use crate::recorder::{Entry, What};
use pos_domain::pricing::proposal::{Effect, Stage};
use pos_money::{Decimal, Money};
use rhai::{Engine, NativeCallContext};
use std::sync::Arc;

/// The order as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Order(Arc<Run>);

impl Order {
    pub(super) fn new(run: &Arc<Run>) -> Order {
        Order(run.clone())
    }

    /// What earlier stages left of the lines that count.
    fn total(&self) -> Decimal {
        let lines = self.0.snapshot.lines.iter().filter(|line| line.is_discountable());
        self.0.major(Money::sum(lines.map(|line| line.net)).unwrap_or_default())
    }

    fn offer(&self, context: &NativeCallContext, effect: Effect) -> Answer<Offer> {
        self.0.open(Entry::new(Stage::Order, What::WholeOrder(effect), None, source_line(context)))
    }
}

impl Unchanged for Order {
    fn is_unchanged(&self, _: &Self) -> bool {
        true
    }
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Order>("order");
    fact(engine, "total", Order::total);
    number_verb(engine, "percent_off", |context, order: &Order, percent| {
        order.offer(context, offer::percent("percent_off", percent)?)
    });
    number_verb(engine, "amount_off", |context, order: &Order, amount| {
        order.offer(context, offer::amount(&order.0, "amount_off", amount)?)
    });
}

//! What `percent_off` and its like answer: the offer just recorded, to be named and bounded by the words after it.

use super::register::{count_verb, number_verb, text_verb, verb};
use super::{Answer, Run, source_line, trouble};
use crate::recorder::{Change, Entry, Lines, What};
use pos_domain::ids::LineNumber;
use pos_domain::pricing::proposal::{Effect, Mode, Spread, Stage};
use pos_money::{Decimal, Rate};
use rhai::{Engine, INT, NativeCallContext};
use std::sync::Arc;

/// Bounds of `priority`.
const PRIORITY: std::ops::RangeInclusive<INT> = -1_000..=1_000;
/// Most repetitions of a deal that can be asked for.
const REPEAT_MAX: INT = 1_000_000;

/// An entry in the recorder.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    run: Arc<Run>,
    place: usize,
}

impl Offer {
    pub(super) fn new(run: &Arc<Run>, place: usize) -> Offer {
        Offer { run: run.clone(), place }
    }

    /// Changes the entry and hands the offer on to the next word.
    fn with(&self, change: impl FnOnce(&mut Entry)) -> Offer {
        if let Some(entry) = self.run.recorder().entry(self.place) {
            change(entry);
        }
        self.clone()
    }
}

/// Opens an offer on whole lines.
pub(super) fn on_lines(
    run: &Arc<Run>,
    lines: Lines,
    line: Option<LineNumber>,
    change: Change,
    spread: Spread,
    context: &NativeCallContext,
) -> Answer<Offer> {
    run.open(Entry::new(Stage::Line, What::Pieces { lines, change, spread }, line, source_line(context)))
}

/// All of it.
pub(super) const FREE: Effect = Effect::RateOff(Rate::ONE);

/// A percentage off, 0 to 100.
pub(super) fn percent(word: &str, percent: Decimal) -> Answer<Effect> {
    if percent.is_sign_negative() && !percent.is_zero() || percent > Decimal::ONE_HUNDRED {
        return Err(trouble(format!("{word} wants a percentage from 0 to 100, not {percent}")));
    }
    let rate = Rate::from_percent(percent).map_err(|_| trouble(format!("{word} cannot hold {percent} exactly")))?;
    Ok(Effect::RateOff(rate))
}

/// An amount off, 0 or more.
pub(super) fn amount(run: &Run, word: &str, amount: Decimal) -> Answer<Effect> {
    Ok(Effect::AmountOff(run.minor(word, not_negative(word, amount)?)?))
}

/// A price, 0 or more.
pub(super) fn price(word: &str, price: Decimal) -> Answer<Change> {
    not_negative(word, price).map(Change::PriceEach)
}

/// An amount of 0 or more.
pub(super) fn not_negative(word: &str, amount: Decimal) -> Answer<Decimal> {
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(trouble(format!("{word} wants an amount of 0 or more, not {amount}")));
    }
    Ok(amount)
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Offer>("offer");
    text_verb(engine, "called", |offer: &Offer, label| {
        let label = label.trim();
        if label.is_empty() {
            return Err(trouble("called wants the name that customers read on the receipt"));
        }
        Ok(offer.with(|entry| entry.label = Some(label.into())))
    });
    text_verb(engine, "in_group", |offer: &Offer, group| Ok(offer.with(|entry| entry.group = Some(group.into()))));
    text_verb(engine, "uses_code", |offer: &Offer, code| Ok(offer.with(|entry| entry.codes.push(code.into()))));
    number_verb(engine, "up_to", |_, offer: &Offer, amount| {
        let cap = offer.run.minor("up_to", amount)?;
        Ok(offer.with(|entry| entry.cap = Some(cap)))
    });
    verb(engine, "instead_of_other_offers", |_, offer: &Offer| Ok(offer.with(|entry| entry.mode = Mode::Exclusive)));
    verb(engine, "together_with_other_offers", |_, offer: &Offer| Ok(offer.with(|entry| entry.mode = Mode::Compound)));
    count_verb(engine, "priority", PRIORITY, |_, offer: &Offer, priority| {
        let priority = i32::try_from(priority).unwrap_or_default();
        Ok(offer.with(|entry| entry.priority = priority))
    });
    count_verb(engine, "at_most", 1..=REPEAT_MAX, |_, offer: &Offer, times| {
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        let mut is_deal = false;
        let offer = offer.with(|entry| {
            is_deal = matches!(entry.what, What::Deal { .. });
            entry.repeat_max = Some(times);
        });
        if is_deal { Ok(offer) } else { Err(trouble("at_most counts the sets of a deal; for an amount use up_to")) }
    });
}

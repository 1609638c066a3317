//! The words of a script: handles on an immutable snapshot, and a recorder.
//!
//! A handle is an `Arc` and some positions, so a word costs a clone and a look, not a copy of the basket. Nothing can be
//! written: every fact has a setter that refuses with [`READ_ONLY`], because the interpreter would silently ignore a
//! write to a fact without one.

mod basket;
mod customer;
mod deal;
mod item;
mod items;
mod now;
mod offer;
mod order;
mod register;

pub(crate) use basket::Basket;

use crate::recorder::{Entry, Lines, Recorder};
use pos_domain::pricing::proposal::{Attr, AttrValue, LineKind, Snapshot, SnapshotLine};
use pos_money::{Decimal, Money, Rounding};
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a word answers.
pub(crate) type Answer<T> = Result<T, Box<EvalAltResult>>;

/// What a write is told.
pub(crate) const READ_ONLY: &str = "baskets are read-only; propose a discount instead";
/// What the offer after the last one is told; the failure becomes [`pos_api::port::FailureKind::InvalidOutput`].
pub(crate) const TOO_MANY_OFFERS: &str = "a rule may make at most 500 offers for one basket";

/// One run of one rule over one snapshot.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) snapshot: Arc<Snapshot>,
    /// Goods sold: gift cards, deposits, fees, returns and notes are no items.
    items: Lines,
    recorder: Mutex<Recorder>,
}

impl Run {
    pub(crate) fn new(snapshot: Arc<Snapshot>) -> Run {
        let items = positions(&snapshot, |line| line.kind == LineKind::Sale);
        Run { snapshot, items, recorder: Mutex::default() }
    }

    /// What was recorded; the run is over.
    pub(crate) fn take_recorder(&self) -> Recorder {
        std::mem::take(&mut self.recorder())
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, position: u32) -> Option<&SnapshotLine> {
        self.snapshot.lines.get(usize::try_from(position).ok()?)
    }

    fn lines<'a>(&'a self, positions: &'a Lines) -> impl Iterator<Item = (u32, &'a SnapshotLine)> {
        positions.iter().filter_map(|position| Some((*position, self.line(*position)?)))
    }

    /// An amount in major units, as scripts see it.
    fn major(&self, amount: Money) -> Decimal {
        self.snapshot.currency.to_decimal(amount)
    }

    /// An amount a script gave: rounded half up to the currency's smallest coin, here and nowhere else.
    fn minor(&self, word: &str, amount: Decimal) -> Answer<Money> {
        let rounded = self.snapshot.currency.round(amount, Rounding::HALF_UP);
        rounded.map_err(|_| trouble(format!("the amount of {word} is too large")))
    }

    /// Opens an entry in the recorder.
    fn open(self: &Arc<Self>, entry: Entry) -> Answer<offer::Offer> {
        match self.recorder().open(entry) {
            Ok(place) => Ok(offer::Offer::new(self, place)),
            Err(_) => Err(trouble(TOO_MANY_OFFERS)),
        }
    }
}

fn positions(snapshot: &Snapshot, wanted: impl Fn(&SnapshotLine) -> bool) -> Lines {
    let lines = snapshot.lines.iter().zip(0_u32..);
    lines.filter(|(line, _)| wanted(line)).map(|(_, position)| position).collect()
}

/// An error in words for the rule's owner; the interpreter adds the place.
pub(crate) fn trouble(problem: impl Into<ImmutableString>) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(Dynamic::from(problem.into()), Position::NONE).into()
}

/// The script's line of the word being run.
fn source_line(context: &NativeCallContext) -> u32 {
    context.call_position().line().and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
}

fn text(value: &str) -> ImmutableString {
    value.into()
}

/// Free words of the catalogue (tags, departments, groups) are compared without regard to the case of ASCII letters.
fn same_word(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

fn has_word(words: &[Arc<str>], wanted: &str) -> bool {
    words.iter().any(|word| same_word(word, wanted))
}

fn list(words: &[Arc<str>]) -> rhai::Array {
    words.iter().map(|word| Dynamic::from(text(word))).collect()
}

fn find_attr<'a>(attrs: &'a [Attr], key: &str) -> Option<&'a AttrValue> {
    attrs.iter().find(|attr| &*attr.key == key).map(|attr| &attr.value)
}

/// The value of an attribute; nothing `()` where there is none.
fn attr_value(attrs: &[Attr], key: &str) -> Dynamic {
    match find_attr(attrs, key) {
        None => Dynamic::UNIT,
        Some(AttrValue::Text(value)) => Dynamic::from(text(value)),
        Some(AttrValue::Integer(value)) => Dynamic::from(*value),
        Some(AttrValue::Number(value)) => Dynamic::from(*value),
        Some(AttrValue::Flag(value)) => Dynamic::from(*value),
        Some(AttrValue::Texts(values)) => Dynamic::from_array(list(values)),
    }
}

/// The number in an attribute; 0 where there is none, so that "nothing" can be compared and added.
fn attr_amount(attrs: &[Attr], key: &str) -> Decimal {
    match find_attr(attrs, key) {
        Some(AttrValue::Integer(value)) => Decimal::from(*value),
        Some(AttrValue::Number(value)) => *value,
        _ => Decimal::ZERO,
    }
}

/// Whether an attribute is there and does not say no.
fn attr_holds(attrs: &[Attr], key: &str) -> bool {
    find_attr(attrs, key).is_some_and(|value| *value != AttrValue::Flag(false))
}

/// Gives the interpreter all words of the facade.
pub(crate) fn install(engine: &mut Engine) {
    basket::install(engine);
    items::install(engine);
    item::install(engine);
    deal::install(engine);
    order::install(engine);
    offer::install(engine);
    now::install(engine);
    customer::install(engine);
}

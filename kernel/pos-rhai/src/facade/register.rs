//! Registering words: facts (read, never written) and verbs with one argument of a kind, whatever the script gives them.

use super::{Answer, READ_ONLY, trouble};
use crate::language::same;
use crate::words::kind_name;
use pos_money::Decimal;
use rhai::{Array, Dynamic, Engine, FuncRegistration, INT, ImmutableString, NativeCallContext, Variant};

/// Whether a value fed back is the one that was read.
///
/// After `basket.items.free()` the interpreter writes `items` back into the basket, in case the word changed it. Such a
/// write says nothing new and is let pass; any other is refused.
pub(super) trait Unchanged {
    fn is_unchanged(&self, written: &Self) -> bool;
}

macro_rules! unchanged_if_equal {
    ($($kind:ty),+) => {
        $(impl Unchanged for $kind {
            fn is_unchanged(&self, written: &Self) -> bool {
                self == written
            }
        })+
    };
}

unchanged_if_equal!(INT, Decimal, bool, ImmutableString);

impl Unchanged for Array {
    fn is_unchanged(&self, written: &Self) -> bool {
        self.len() == written.len() && self.iter().zip(written).all(|(read, written)| same(read, written))
    }
}

/// `thing.name`, read-only.
pub(super) fn fact<T, R>(engine: &mut Engine, name: &str, read: fn(&T) -> R)
where
    T: Variant + Clone,
    R: Variant + Clone + Unchanged,
{
    let getter = FuncRegistration::new_getter(name).with_purity(true);
    getter.register_into_engine(engine, move |thing: &mut T| read(thing));
    let setter = FuncRegistration::new_setter(name).with_purity(true);
    setter.register_into_engine(engine, move |thing: &mut T, written: R| -> Answer<()> {
        if read(thing).is_unchanged(&written) { Ok(()) } else { Err(trouble(READ_ONLY)) }
    });
    let other = FuncRegistration::new_setter(name).with_purity(true);
    other.register_into_engine(engine, |_: &mut T, _: Dynamic| -> Answer<()> { Err(trouble(READ_ONLY)) });
}

/// `thing.name()`.
pub(super) fn verb<T, R>(engine: &mut Engine, name: &str, act: fn(&NativeCallContext, &T) -> Answer<R>)
where
    T: Variant + Clone,
    R: Variant + Clone,
{
    let word = FuncRegistration::new(name).with_purity(true);
    word.register_into_engine(engine, move |context: NativeCallContext, thing: &mut T| act(&context, thing));
}

/// `thing.name("text")`; anything else than text is refused by name.
pub(super) fn text_verb<T, R>(engine: &mut Engine, name: &'static str, act: fn(&T, &str) -> Answer<R>)
where
    T: Variant + Clone,
    R: Variant + Clone,
{
    let word = FuncRegistration::new(name).with_purity(true);
    word.register_into_engine(engine, move |thing: &mut T, value: ImmutableString| act(thing, &value));
    let other = FuncRegistration::new(name).with_purity(true);
    other.register_into_engine(engine, move |_: &mut T, value: Dynamic| -> Answer<R> {
        Err(trouble(format!("{name} wants text in quotes, like \"draught\", not {}", kind_name(&value))))
    });
}

/// `thing.name(20)` and `thing.name(1.50)`.
pub(super) fn number_verb<T, R>(
    engine: &mut Engine,
    name: &'static str,
    act: fn(&NativeCallContext, &T, Decimal) -> Answer<R>,
) where
    T: Variant + Clone,
    R: Variant + Clone,
{
    let word = FuncRegistration::new(name).with_purity(true);
    word.register_into_engine(engine, move |context: NativeCallContext, thing: &mut T, value: Decimal| {
        act(&context, thing, value)
    });
    let whole = FuncRegistration::new(name).with_purity(true);
    whole.register_into_engine(engine, move |context: NativeCallContext, thing: &mut T, value: INT| {
        act(&context, thing, Decimal::from(value))
    });
    let other = FuncRegistration::new(name).with_purity(true);
    other.register_into_engine(engine, move |_: &mut T, value: Dynamic| -> Answer<R> {
        Err(trouble(format!("{name} wants a number, not {}", kind_name(&value))))
    });
}

/// `thing.name(3)`: a whole number within bounds.
pub(super) fn count_verb<T, R>(
    engine: &mut Engine,
    name: &'static str,
    bounds: std::ops::RangeInclusive<INT>,
    act: fn(&NativeCallContext, &T, INT) -> Answer<R>,
) where
    T: Variant + Clone,
    R: Variant + Clone,
{
    let word = FuncRegistration::new(name).with_purity(true);
    word.register_into_engine(engine, move |context: NativeCallContext, thing: &mut T, value: Dynamic| {
        act(&context, thing, whole_number(name, &value, &bounds)?)
    });
}

/// A whole number within bounds, said as `3` or computed as `3.0`.
pub(super) fn whole_number(name: &str, value: &Dynamic, bounds: &std::ops::RangeInclusive<INT>) -> Answer<INT> {
    let whole = if let Ok(whole) = value.as_int() {
        Some(whole)
    } else {
        let decimal = value.as_decimal().ok().filter(|decimal| decimal.fract().is_zero());
        decimal.and_then(|decimal| INT::try_from(decimal).ok())
    };
    whole.filter(|whole| bounds.contains(whole)).ok_or_else(|| {
        trouble(format!("{name} wants a whole number from {} to {}, not {}", bounds.start(), bounds.end(), said(value)))
    })
}

fn said(value: &Dynamic) -> String {
    if let Ok(whole) = value.as_int() {
        whole.to_string()
    } else if let Ok(decimal) = value.as_decimal() {
        decimal.to_string()
    } else {
        kind_name(value).to_owned()
    }
}

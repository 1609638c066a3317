//! What is left of the language itself: numbers, text and lists, small and exact.
//!
//! The interpreter's standard library is not loaded: it can sleep, import files, run text as code, and abort on large
//! texts. What rules need of it is here, each piece bounded. Numbers are whole or exact decimals; `/` is always exact
//! (10 / 4 is 2.5, in the interpreter's own library it is 2), and rounding is half up, as at the till.

use crate::facade::trouble;
use crate::limits::{LIST_LEN_MAX, TEXT_BYTES_MAX};
use crate::words::kind_name;
use pos_money::Decimal;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FuncRegistration, INT, ImmutableString, Map};
use rust_decimal::RoundingStrategy;
use std::fmt::Write;
use std::str::FromStr;

type Answer<T> = Result<T, Box<EvalAltResult>>;

/// Lists in lists are shown to this depth.
const SHOWN_DEPTH_MAX: usize = 4;
/// Decimal places that `round` can be asked for.
const PLACES_MAX: INT = 28;

/// Gives the interpreter numbers, text and lists.
pub(crate) fn install(engine: &mut Engine) {
    install_numbers(engine);
    install_text(engine);
    install_lists(engine);
    // A rule that waits would hold up the sale; no limit of the interpreter's covers it.
    engine.register_fn("sleep", |_: Dynamic| -> Answer<()> { Err(trouble("rules cannot wait")) });
}

/// A whole number or a decimal.
fn number(value: &Dynamic) -> Option<Decimal> {
    value.as_int().map(Decimal::from).or_else(|_| value.as_decimal()).ok()
}

fn wanted_number(word: &str, value: &Dynamic) -> Answer<Decimal> {
    number(value).ok_or_else(|| trouble(format!("{word} wants a number, not {}", kind_name(value))))
}

/// Whole if it fits, so that it can be counted with.
fn whole(value: Decimal) -> Dynamic {
    INT::try_from(value).map_or_else(|_| Dynamic::from(value), Dynamic::from)
}

fn divide(left: INT, right: INT) -> Answer<Dynamic> {
    let quotient = Decimal::from(left).checked_div(Decimal::from(right));
    let quotient = quotient.ok_or_else(|| trouble("a number cannot be divided by zero"))?;
    Ok(if quotient.fract().is_zero() { whole(quotient) } else { Dynamic::from(quotient.normalize()) })
}

fn negate(value: INT) -> Answer<INT> {
    value.checked_neg().ok_or_else(|| trouble("the number is too large"))
}

fn round_to(value: Decimal, places: INT) -> Answer<Decimal> {
    let places = u32::try_from(places.clamp(0, PLACES_MAX)).unwrap_or_default();
    Ok(value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
}

fn install_numbers(engine: &mut Engine) {
    engine.register_fn("/", divide);
    engine.register_fn("/=", |_: &mut INT, _: INT| -> Answer<()> {
        Err(trouble("write x = x / 2 instead of x /= 2: the result may not be a whole number"))
    });
    engine.register_fn("-", negate).register_fn("-", |value: Decimal| -value);
    engine.register_fn("+", |value: INT| value).register_fn("+", |value: Decimal| value);
    engine.register_fn("!", |value: bool| !value);
    for (name, least) in [("min", true), ("max", false)] {
        engine.register_fn(name, move |left: Dynamic, right: Dynamic| -> Answer<Dynamic> {
            let left_is_less = wanted_number(name, &left)? <= wanted_number(name, &right)?;
            Ok(if left_is_less == least { left } else { right })
        });
    }
    let word = |name: &str| FuncRegistration::new(name).with_purity(true);
    word("round").register_into_engine(engine, |value: &mut Decimal| round_to(*value, 0).map(whole));
    word("round").register_into_engine(engine, |value: &mut Decimal, places: INT| round_to(*value, places));
    word("round").register_into_engine(engine, |value: &mut INT| *value);
    word("round").register_into_engine(engine, |value: &mut INT, _: INT| *value);
    word("floor").register_into_engine(engine, |value: &mut Decimal| whole(value.floor()));
    word("floor").register_into_engine(engine, |value: &mut INT| *value);
    word("ceiling").register_into_engine(engine, |value: &mut Decimal| whole(value.ceil()));
    word("ceiling").register_into_engine(engine, |value: &mut INT| *value);
    word("abs").register_into_engine(engine, |value: &mut Decimal| value.abs());
    word("abs").register_into_engine(engine, |value: &mut INT| if *value < 0 { negate(*value) } else { Ok(*value) });
    engine.register_iterator::<std::ops::Range<INT>>().register_iterator::<std::ops::RangeInclusive<INT>>();
}

/// Every text that grows is checked before it is built.
fn replace(text: &str, from: &str, to: &str) -> Answer<ImmutableString> {
    if from.is_empty() {
        return Err(trouble("replace wants the text to look for"));
    }
    let count = text.matches(from).count();
    let len = text.len() + count * to.len();
    if len.saturating_sub(count * from.len()) > TEXT_BYTES_MAX {
        return Err(trouble("the text would become longer than 4,096 letters"));
    }
    Ok(text.replace(from, to).into())
}

fn to_number(text: &str) -> Answer<Decimal> {
    Decimal::from_str(text.trim()).map_err(|_| trouble(format!("\"{text}\" is not a number; write it like \"12.50\"")))
}

/// A value as people read it; lists are cut short, so that nothing recurses far or grows long.
pub(crate) fn shown(value: &Dynamic) -> ImmutableString {
    let mut text = String::new();
    show(value, 0, &mut text);
    if text.len() > TEXT_BYTES_MAX {
        text = text.chars().take(TEXT_BYTES_MAX / 8).chain("…".chars()).collect();
    }
    text.into()
}

fn show(value: &Dynamic, depth: usize, out: &mut String) {
    if out.len() > TEXT_BYTES_MAX {
        return;
    }
    let nested = value.is_array() || value.is_map();
    if nested && depth >= SHOWN_DEPTH_MAX {
        out.push('…');
    } else if let Ok(list) = value.as_array_ref() {
        out.push('[');
        for (index, element) in list.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            show(element, depth + 1, out);
        }
        out.push(']');
    } else if let Ok(map) = value.as_map_ref() {
        out.push_str("#{");
        for (index, (key, element)) in map.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            out.push_str(key);
            out.push_str(": ");
            show(element, depth + 1, out);
        }
        out.push('}');
    } else if value.is_variant() {
        out.push_str(kind_name(value));
    } else {
        // A String takes every write.
        write!(out, "{value}").unwrap_or_default();
    }
}

fn install_text(engine: &mut Engine) {
    for name in ["to_string", "to_debug", "print", "debug"] {
        FuncRegistration::new(name).with_purity(true).register_into_engine(engine, |value: &mut Dynamic| shown(value));
    }
    FuncRegistration::new_getter("length")
        .with_purity(true)
        .register_into_engine(engine, |text: &mut ImmutableString| {
            INT::try_from(text.chars().count()).unwrap_or(INT::MAX)
        });
    engine
        .register_fn("contains", |text: &str, part: &str| text.contains(part))
        .register_fn("starts_with", |text: &str, part: &str| text.starts_with(part))
        .register_fn("ends_with", |text: &str, part: &str| text.ends_with(part))
        .register_fn("to_upper", |text: &str| text.to_uppercase())
        .register_fn("to_lower", |text: &str| text.to_lowercase())
        .register_fn("trim", |text: &str| text.trim().to_owned())
        .register_fn("replace", replace)
        .register_fn("to_number", to_number);
}

/// Equal as `==` would say, for what can be compared.
pub(crate) fn same(left: &Dynamic, right: &Dynamic) -> bool {
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return left == right;
    }
    if let (Ok(left), Ok(right)) = (left.as_immutable_string_ref(), right.as_immutable_string_ref()) {
        return *left == *right;
    }
    matches!((left.as_bool(), right.as_bool()), (Ok(left), Ok(right)) if left == right)
}

fn push(list: &mut Array, value: Dynamic) -> Answer<()> {
    if list.len() >= LIST_LEN_MAX {
        return Err(trouble("a list may have at most 10,000 elements"));
    }
    list.push(value);
    Ok(())
}

fn sum(list: &mut Array) -> Answer<Dynamic> {
    let mut sum = Decimal::ZERO;
    for value in list.iter() {
        let next = sum.checked_add(wanted_number("sum", value)?);
        sum = next.ok_or_else(|| trouble("the sum is too large"))?;
    }
    Ok(if sum.fract().is_zero() { whole(sum) } else { Dynamic::from(sum) })
}

fn install_lists(engine: &mut Engine) {
    let word = |name: &str| FuncRegistration::new(name).with_purity(true);
    FuncRegistration::new_getter("length")
        .with_purity(true)
        .register_into_engine(engine, |list: &mut Array| INT::try_from(list.len()).unwrap_or(INT::MAX));
    word("contains").register_into_engine(engine, |list: &mut Array, value: Dynamic| {
        list.iter().any(|element| same(element, &value))
    });
    word("contains").register_into_engine(engine, |map: &mut Map, key: ImmutableString| map.contains_key(key.as_str()));
    word("sum").register_into_engine(engine, sum);
    engine.register_fn("push", push);
    engine.register_iterator::<Array>();
}

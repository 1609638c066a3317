//! Reading what goes with offers: texts, facts, gifts and budgets.

use super::read::quantity;
use super::{Case, candidate};
use crate::json::{Fields, list_at, number_at, text_at, variant_at};
use crate::problem::Problem;
use pos_domain::pricing::policy::{Budget, BudgetKind, OnExceed};
use pos_domain::pricing::proposal::{Attr, AttrValue, Grant, Message};
use pos_money::{Decimal, Quantity, Unit};
use serde_json::Value;

/// A text, or the contract's record of one.
pub(super) fn message(value: Option<&Value>, place: &str) -> Result<Message, Problem> {
    match value {
        None => Ok(Message::default()),
        Some(Value::String(text)) => Ok(Message::text(text.as_str())),
        Some(value) => {
            let fields = Fields::of(value, place, &["key", "text", "args"])?;
            let args = attrs(fields.get("args"), &fields.at("args"))?;
            Ok(Message { key: fields.text_or("key", "")?, text: fields.text_or("text", "")?, args })
        }
    }
}

/// Facts: a list of `{key, value}`, or an object of values; each value is a variant like `{"text": "red"}`.
pub(super) fn attrs(value: Option<&Value>, place: &str) -> Result<Vec<Attr>, Problem> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Object(map)) => {
            let attr = |(key, value): (&String, &Value)| {
                let value = attr_value(value, &format!("{place}.{key}"))?;
                Ok(Attr { key: key.as_str().into(), value })
            };
            map.iter().map(attr).collect()
        }
        Some(value) => {
            let mut attrs = Vec::new();
            for (place, value) in list_at(value, place)? {
                let fields = Fields::of(value, place, &["key", "value"])?;
                let key = text_at(fields.need("key")?, &fields.at("key"))?;
                attrs.push(Attr { key, value: attr_value(fields.need("value")?, &fields.at("value"))? });
            }
            Ok(attrs)
        }
    }
}

fn attr_value(value: &Value, place: &str) -> Result<AttrValue, Problem> {
    let (name, value) = variant_at(value, place, &["text", "integer", "number", "flag", "texts"])?;
    let place = format!("{place}.{name}");
    match name {
        "text" => Ok(AttrValue::Text(text_at(value, &place)?)),
        "number" => Ok(AttrValue::Number(number_at(value, &place)?)),
        "flag" => value.as_bool().map(AttrValue::Flag).ok_or_else(|| Problem::wrong(&place, "true or false")),
        "texts" => {
            let texts = list_at(value, &place)?.into_iter().map(|(place, text)| text_at(text, &place));
            Ok(AttrValue::Texts(texts.collect::<Result<_, _>>()?))
        }
        _ => {
            let number = number_at(value, &place)?;
            let whole = if number.fract().is_zero() { i64::try_from(number).ok() } else { None };
            whole.map(AttrValue::Integer).ok_or_else(|| Problem::wrong(&place, "a whole number"))
        }
    }
}

/// An item earned.
pub(super) fn grant(value: &Value, place: &str, case: &Case) -> Result<Grant, Problem> {
    let fields = Fields::of(value, place, &["offer", "items", "qty", "effect", "automatic"])?;
    Ok(Grant {
        offer: text_at(fields.need("offer")?, &fields.at("offer"))?,
        items: fields.texts("items")?,
        qty: match fields.get("qty") {
            Some(value) => quantity(value, &fields.at("qty"), Unit::Each)?,
            None => Quantity::ONE,
        },
        effect: candidate::effect(fields.need("effect")?, &fields.at("effect"), Unit::Each, case)?,
        automatic: fields.flag("automatic", false)?,
    })
}

/// What is left of an offer's budget.
pub(super) fn budget(value: &Value, place: &str) -> Result<Budget, Problem> {
    let fields = Fields::of(value, place, &["offer", "kind", "left", "on_exceed"])?;
    let left = number_at(fields.need("left")?, &fields.at("left"))?;
    let kind = fields.choice("kind", &[("spend", BudgetKind::Spend), ("uses", BudgetKind::Uses)], BudgetKind::Spend)?;
    if left < Decimal::ZERO || (kind == BudgetKind::Uses && !left.fract().is_zero()) {
        return Err(Problem::wrong(&fields.at("left"), "0 or more, and whole where uses are counted"));
    }
    Ok(Budget {
        offer: text_at(fields.need("offer")?, &fields.at("offer"))?,
        kind,
        left,
        on_exceed: fields.choice("on_exceed", &[("skip", OnExceed::Skip), ("cap", OnExceed::Cap)], OnExceed::Skip)?,
    })
}

//! A strict reader of JSON objects that knows where it is.
//!
//! Keys may be written with `-` or `_`: the contract's records are kebab-case, the case's own keys are not.

use crate::number::{self, Rational};
use crate::refusal::Refusal;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The keys of one object, all of them known.
pub(super) struct Fields<'a> {
    place: String,
    values: BTreeMap<String, &'a Value>,
}

impl<'a> Fields<'a> {
    /// Takes an object whose keys must be among `known`.
    pub(super) fn of(value: &'a Value, place: impl Into<String>, known: &[&str]) -> Result<Self, Refusal> {
        let place = place.into();
        let object: &Map<String, Value> = value.as_object().ok_or_else(|| Refusal::wrong(&place, "an object"))?;
        let mut values = BTreeMap::new();
        for (key, value) in object {
            let name = key.replace('-', "_");
            if !known.contains(&name.as_str()) {
                let place = if place.is_empty() { "the case".to_owned() } else { place };
                return Err(Refusal::UnknownKey { place, key: key.clone() });
            }
            if !value.is_null() {
                values.insert(name, value);
            }
        }
        Ok(Self { place, values })
    }

    /// Where a key stands.
    pub(super) fn at(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// A value that may be missing; null counts as missing.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.values.get(key).copied()
    }

    /// A value that must be there.
    pub(super) fn need(&self, key: &str) -> Result<&'a Value, Refusal> {
        let place = if self.place.is_empty() { "the case" } else { &self.place };
        self.get(key).ok_or_else(|| Refusal::MissingKey { place: place.to_owned(), key: key.to_owned() })
    }

    /// Known to the contract, not computed here: empty or absent.
    pub(super) fn only_empty(&self, key: &str) -> Result<(), Refusal> {
        let empty = |value: &Value| {
            matches!(value, Value::Array(list) if list.is_empty())
                || matches!(value, Value::Object(map) if map.is_empty())
        };
        match self.get(key) {
            Some(value) if !empty(value) => Err(Refusal::unsupported(format!("the key {}", self.at(key)))),
            _ => Ok(()),
        }
    }

    /// The elements of a list with their places; none if it is missing.
    pub(super) fn list(&self, key: &str) -> Result<Vec<(String, &'a Value)>, Refusal> {
        let place = self.at(key);
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => {
                Ok(list.iter().enumerate().map(|(index, value)| (format!("{place}[{index}]"), value)).collect())
            }
            Some(_) => Err(Refusal::wrong(place, "a list")),
        }
    }

    /// A decimal.
    pub(super) fn number(&self, key: &str) -> Result<Option<Rational>, Refusal> {
        self.get(key).map(|value| number_at(value, self.at(key))).transpose()
    }

    /// A decimal, or its default.
    pub(super) fn number_or(&self, key: &str, default: Rational) -> Result<Rational, Refusal> {
        Ok(self.number(key)?.unwrap_or(default))
    }

    /// A count.
    pub(super) fn count(&self, key: &str) -> Result<Option<u32>, Refusal> {
        let Some(value) = self.number(key)? else { return Ok(None) };
        number::to_count(&value)
            .map(Some)
            .ok_or_else(|| Refusal::wrong(self.at(key), "a whole number that is not negative"))
    }

    /// Text, or a number taken as text (ids).
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Refusal> {
        self.get(key).map(|value| text_at(value, self.at(key))).transpose()
    }

    /// A flag, or its default.
    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, Refusal> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::wrong(self.at(key), "true or false")),
        }
    }

    /// One of some names, or the default.
    pub(super) fn choice<T: Copy>(&self, key: &str, names: &[(&str, T)], default: T) -> Result<T, Refusal> {
        let Some(name) = self.text(key)? else { return Ok(default) };
        names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            Refusal::wrong(self.at(key), format!("one of {}", names.join(", ")))
        })
    }
}

/// A decimal at a place.
pub(super) fn number_at(value: &Value, place: String) -> Result<Rational, Refusal> {
    number::from_json(value).ok_or_else(|| Refusal::wrong(place, "a decimal number"))
}

/// Text, or a number taken as text.
pub(super) fn text_at(value: &Value, place: String) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(Refusal::wrong(place, "text")),
    }
}

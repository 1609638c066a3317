//! A strict reader of JSON objects that knows where it is.
//!
//! Numbers are read as the text they are written in, never through a binary float: `0.1` is one tenth, and
//! `12345678901234567.89` keeps its cents. [`parse`] therefore quotes every number before anything reads it.

use crate::problem::{Problem, named};
use pos_money::{Currency, Decimal, Money};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Reads JSON text with every number as text.
pub(crate) fn parse(text: &str) -> Result<Value, Problem> {
    let malformed = |error: serde_json::Error| {
        let next = "Correct the text; the place is given as line and column.";
        Problem::new("malformed", "", format!("The case is not JSON: {error}."), next)
    };
    // First as it stands, so that what is quoted below is known to be valid and errors name the right column.
    serde_json::from_str::<Unambiguous>(text).map_err(malformed)?;
    serde_json::from_str(&quote_numbers(text)).map_err(malformed)
}

/// JSON in which no object says the same key twice: one of the two would be lost silently.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Unambiguous;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            #[expect(clippy::disallowed_types, reason = "the number is passed over, not read")]
            fn visit_f64<E>(self, _: f64) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_str<E>(self, _: &str) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_unit<E>(self) -> Result<Unambiguous, E> {
                Ok(Unambiguous)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unambiguous, A::Error> {
                while list.next_element::<Unambiguous>()?.is_some() {}
                Ok(Unambiguous)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unambiguous, A::Error> {
                let mut keys = BTreeSet::new();
                while let Some(key) = map.next_key::<String>()? {
                    if keys.contains(&key) {
                        return Err(A::Error::custom(format!("the key \"{key}\" is written twice")));
                    }
                    map.next_value::<Unambiguous>()?;
                    keys.insert(key);
                }
                Ok(Unambiguous)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Puts quotes around the numbers of valid JSON.
fn quote_numbers(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    let (mut in_string, mut escaped, mut in_number) = (false, false, false);
    for letter in text.chars() {
        let belongs = matches!(letter, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        if in_number && !belongs {
            quoted.push('"');
            in_number = false;
        }
        if in_string {
            in_string = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
        } else if letter == '"' {
            in_string = true;
        } else if !in_number && matches!(letter, '0'..='9' | '-') {
            quoted.push('"');
            in_number = true;
        }
        quoted.push(letter);
    }
    if in_number {
        quoted.push('"');
    }
    quoted
}

/// The keys of one object, all of them known. Keys may be written with `-` or `_`.
pub(crate) struct Fields<'a> {
    place: String,
    values: BTreeMap<String, &'a Value>,
}

impl<'a> Fields<'a> {
    /// Takes an object whose keys must be among `known`; null counts as missing.
    pub(crate) fn of(value: &'a Value, place: impl Into<String>, known: &[&str]) -> Result<Self, Problem> {
        let place = place.into();
        let object = value.as_object().ok_or_else(|| Problem::wrong(&place, "an object"))?;
        let mut values = BTreeMap::new();
        for (key, value) in object {
            let name = key.replace('-', "_");
            if !known.contains(&name.as_str()) {
                return Err(Problem::unknown_key(&place, key, known));
            }
            if !value.is_null() && values.insert(name, value).is_some() {
                return Err(Problem::new(
                    "unknown_key",
                    place.as_str(),
                    format!("\"{key}\" is written twice in {}.", named(&place)),
                    "Keep one of the two spellings.",
                ));
            }
        }
        Ok(Fields { place, values })
    }

    /// Where a key stands.
    pub(crate) fn at(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.values.get(key).copied()
    }

    pub(crate) fn need(&self, key: &str) -> Result<&'a Value, Problem> {
        self.get(key).ok_or_else(|| {
            let message = format!("{} needs the key \"{key}\".", named(&self.place));
            Problem::new("missing_key", self.at(key), message, "Add it.")
        })
    }

    /// The elements of a list with their places; none if it is missing.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<(String, &'a Value)>, Problem> {
        self.get(key).map_or(Ok(Vec::new()), |value| list_at(value, &self.at(key)))
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<Decimal>, Problem> {
        self.get(key).map(|value| number_at(value, &self.at(key))).transpose()
    }

    pub(crate) fn number_or(&self, key: &str, default: Decimal) -> Result<Decimal, Problem> {
        Ok(self.number(key)?.unwrap_or(default))
    }

    pub(crate) fn money(&self, key: &str, currency: Currency) -> Result<Option<Money>, Problem> {
        self.get(key).map(|value| money_at(value, &self.at(key), currency)).transpose()
    }

    /// A whole number of a type's range.
    pub(crate) fn whole<T: TryFrom<i64>>(&self, key: &str, wanted: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.number(key)? else { return Ok(None) };
        let whole = if value.fract().is_zero() { i64::try_from(value).ok() } else { None };
        let fitting = whole.and_then(|whole| T::try_from(whole).ok());
        fitting.map(Some).ok_or_else(|| Problem::wrong(&self.at(key), wanted))
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<Arc<str>>, Problem> {
        self.get(key).map(|value| text_at(value, &self.at(key))).transpose()
    }

    pub(crate) fn text_or(&self, key: &str, default: &str) -> Result<Arc<str>, Problem> {
        Ok(self.text(key)?.unwrap_or_else(|| default.into()))
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Vec<Arc<str>>, Problem> {
        self.list(key)?.into_iter().map(|(place, value)| text_at(value, &place)).collect()
    }

    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool, Problem> {
        self.get(key)
            .map_or(Ok(default), |value| value.as_bool().ok_or_else(|| Problem::wrong(&self.at(key), "true or false")))
    }

    /// One of some names, or the default.
    pub(crate) fn choice<T: Copy>(&self, key: &str, names: &[(&str, T)], default: T) -> Result<T, Problem> {
        self.get(key).map_or(Ok(default), |value| choice_at(value, &self.at(key), names))
    }
}

pub(crate) fn list_at<'a>(value: &'a Value, place: &str) -> Result<Vec<(String, &'a Value)>, Problem> {
    let list = value.as_array().ok_or_else(|| Problem::wrong(place, "a list"))?;
    Ok(list.iter().enumerate().map(|(index, value)| (format!("{place}[{index}]"), value)).collect())
}

pub(crate) fn choice_at<T: Copy>(value: &Value, place: &str, names: &[(&str, T)]) -> Result<T, Problem> {
    let given = text_at(value, place)?;
    names.iter().find(|(name, _)| *name == &*given).map(|(_, choice)| *choice).ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        Problem::unknown_choice(place, &given, &known)
    })
}

/// The one key of a variant and its value.
pub(crate) fn variant_at<'a>(value: &'a Value, place: &str, known: &[&str]) -> Result<(&'a str, &'a Value), Problem> {
    let one_key = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    let wanted = format!("an object with one key: {}", known.join(", "));
    let (key, value) = one_key.ok_or_else(|| Problem::wrong(place, &wanted))?;
    if known.contains(&key.as_str()) { Ok((key, value)) } else { Err(Problem::unknown_key(place, key, known)) }
}

/// A decimal, written as a number or as text: `-12.50`, `1e-7`.
pub(crate) fn number_at(value: &Value, place: &str) -> Result<Decimal, Problem> {
    let text = value.as_str().ok_or_else(|| Problem::wrong(place, "a decimal number"))?;
    let scientific = text.contains(['e', 'E']);
    if text.starts_with('+') || text.contains('_') {
        return Err(Problem::wrong(place, "a decimal number like -12.50, without \"+\" or \"_\""));
    }
    let read = if scientific { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    // Decimals beyond 28 digits would be cut: they are refused instead.
    read.map(|number| number.normalize()).map_err(|_| Problem::wrong(place, "a decimal number of at most 28 digits"))
}

/// An amount in major units that the currency can hold.
pub(crate) fn money_at(value: &Value, place: &str, currency: Currency) -> Result<Money, Problem> {
    let major = number_at(value, place)?;
    let wanted = format!("an amount in {currency}, with at most {} decimals", currency.exponent());
    currency.exact(major).map_err(|_| Problem::wrong(place, &wanted))
}

pub(crate) fn text_at(value: &Value, place: &str) -> Result<Arc<str>, Problem> {
    value.as_str().map(Arc::from).ok_or_else(|| Problem::wrong(place, "text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_keep_the_digits_they_were_written_with() {
        let read = parse(r#"{"a": 12345678901234567.89, "b": [-1, 1e-3], "c": "5 \"6\" \\", "d": -0.10}"#).unwrap();
        assert_eq!(read, json!({ "a": "12345678901234567.89", "b": ["-1", "1e-3"], "c": "5 \"6\" \\", "d": "-0.10" }));
        assert_eq!(parse("7").unwrap(), json!("7"));
        assert_eq!(number_at(&json!("1e-3"), "").unwrap(), Decimal::new(1, 3));
    }

    #[test]
    fn what_is_not_a_decimal_is_refused() {
        for wrong in ["", "-", "+1", "1_000", "1,5", "1.2.3", "NaN", "1e999", "0x10", "0.00000000000000000000000000001"]
        {
            assert!(number_at(&json!(wrong), "qty").is_err(), "{wrong}");
        }
        assert!(parse("{").is_err());
        let twice = parse(r#"{"a": [{"b": 1, "c": {}, "b": 2}]}"#).unwrap_err();
        assert!(twice.message.contains("the key \"b\" is written twice"), "{}", twice.message);
    }
}

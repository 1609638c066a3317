//! Configuration: JSON text to the plugin's own types, with errors that say where.
//!
//! ```
//! # use pos_plugin_sdk::prelude::*;
//! #[derive(Debug, serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Settings { off: Rate }
//!
//! let error = config::from_json::<Settings>(r#"{"of": "0.2"}"#).unwrap_err();
//! assert_eq!(error.text(), "of: unknown field `of`, expected `off` at line 1 column 5");
//! ```
//!
//! Numbers that matter are text (`"0.081"`), so that no float comes near them: [`Rate`](pos_money::Rate),
//! [`Decimal`](pos_money::Decimal) and [`UnitPrice`](pos_money::UnitPrice) read themselves from it. Put
//! `#[serde(deny_unknown_fields)]` on every struct: a misspelled setting must not be a silent one.

use crate::basket::{Attr, AttrValue};
use crate::message::{HookError, Message};
use serde::de::DeserializeOwned;

mod place;

pub use place::{Place, place};

/// Reads a configuration. The error names the entry (`classes.standard[1].rate`), what is wrong with it, and line and
/// column.
pub fn from_json<T: DeserializeOwned>(config_json: &str) -> Result<T, HookError> {
    let reader = &mut serde_json::Deserializer::from_str(config_json);
    let value = serde_path_to_error::deserialize(&mut *reader).map_err(|error| {
        let (path, problem) = (error.path().to_string(), error.inner());
        // The path of a problem with the whole document is ".".
        if path == "." { invalid(problem) } else { at(place_of(problem), format!("{path}: {problem}")) }
    })?;
    reader.end().map_err(|error| invalid(&error))?;
    Ok(value)
}

/// An error about an entry that can be read and still makes no sense:
/// `invalid_entry(json, "classes.standard[0].rate", "8.1 is not a fraction")`. The host shows the line of the
/// configuration with a mark under the entry.
pub fn invalid_entry(config_json: &str, path: &str, problem: &str) -> HookError {
    let text = if path.is_empty() { problem.to_owned() } else { format!("{path}: {problem}") };
    at(place(config_json, path), text)
}

fn invalid(problem: &serde_json::Error) -> HookError {
    at(place_of(problem), problem.to_string())
}

fn place_of(problem: &serde_json::Error) -> Option<Place> {
    let number = |number: usize| u32::try_from(number).ok();
    Some(Place { line: number(problem.line())?, column: number(problem.column().max(1))? })
}

/// The place goes along as arguments `line` and `column`.
fn at(place: Option<Place>, text: String) -> HookError {
    let number = |key: &str, number: u32| Attr { key: key.to_owned(), value: AttrValue::Integer(i64::from(number)) };
    let args = place.map(|Place { line, column }| vec![number("line", line), number("column", column)]);
    HookError::InvalidConfiguration(Message { args: args.unwrap_or_default(), ..Message::text(text) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pos_money::Rate;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        rate: Rate,
    }

    #[test]
    fn rates_are_read_from_text() {
        let expected = Entry { rate: Rate::from_fraction(pos_money::Decimal::new(81, 3)) };
        assert_eq!(from_json::<Entry>(r#"{"rate": "0.081"}"#), Ok(expected));
    }

    fn check(json: &str, expected: &str) {
        let error = from_json::<BTreeMap<String, Vec<Entry>>>(json).unwrap_err();
        assert_eq!(error.text(), expected);
    }

    #[test]
    fn errors_say_where() {
        check(
            r#"{"standard": [{"rate": "0.1"}, {"rat": "0.1"}]}"#,
            "standard[1].rat: unknown field `rat`, expected `rate` at line 1 column 37",
        );
        check(
            r#"{"standard": [{"rate": 8.1}]}"#,
            "standard[0].rate: invalid type: floating point `8.1`, expected a Decimal type representing a fixed-point number at line 1 column 26",
        );
        check(r#"{"standard": []} x"#, "trailing characters at line 1 column 18");
        check("", "EOF while parsing a value at line 1 column 0");
    }
}

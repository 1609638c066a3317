//! The entrance for what people write: TOML text, every value with its line and column.

use crate::node::{Entry, Node, Spot, Value};
use crate::problem::Problem;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// Reads the text. All errors of the syntax at once, in the order of the file.
pub(crate) fn read(text: &str) -> Result<Node, Vec<Problem>> {
    let places = Places::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let mut too_large = Vec::new();
        let node = places.table(table.get_ref(), table.span(), &mut too_large);
        if too_large.is_empty() { Ok(node) } else { Err(too_large) }
    } else {
        Err(errors.iter().map(|error| places.problem(error)).collect())
    }
}

/// Where the lines of a text begin.
struct Places<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
}

impl<'t> Places<'t> {
    fn of(text: &'t str) -> Places<'t> {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Places { text, line_starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// Columns count characters, as editors do.
    fn spot(&self, offset: usize) -> Spot {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.line_starts.get(index)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).map_or(0, |part| part.chars().count());
        Spot { line: narrow(line), column: narrow(before + 1) }
    }

    fn problem(&self, error: &Error) -> Problem {
        let spot = error.span().map(|span| self.spot(span.start));
        Problem {
            line: spot.map(|spot| spot.line),
            column: spot.map(|spot| spot.column),
            place: "the file".to_owned(),
            what: format!("this cannot be read: {}", error.message().replace('\n', ", ")),
            what_to_do:
                "Check quotation marks, brackets and commas at this place; texts and amounts stand in quotation marks."
                    .to_owned(),
        }
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, too_large: &mut Vec<Problem>) -> Node {
        let spot = Some(self.spot(value.span().start));
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => {
                    too_large.push(Problem {
                        line: spot.map(|spot| spot.line),
                        column: spot.map(|spot| spot.column),
                        place: "the file".to_owned(),
                        what: format!("{integer} is too large a number"),
                        what_to_do: "Write codes and article numbers as text, in quotation marks.".to_owned(),
                    });
                    Value::Integer(0)
                }
            },
            DeValue::Float(float) => Value::Fraction(float.as_str().to_owned()),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            // TOML's own dates and times are taken like the same characters in quotation marks.
            DeValue::Datetime(moment) => Value::Text(moment.to_string().replace('T', " ")),
            DeValue::Array(array) => Value::List(array.iter().map(|node| self.node(node, too_large)).collect()),
            DeValue::Table(table) => return self.table(table, value.span(), too_large),
        };
        Node { value, spot }
    }

    fn table(&self, table: &DeTable<'_>, span: Range<usize>, too_large: &mut Vec<Problem>) -> Node {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                spot: Some(self.spot(key.span().start)),
                node: self.node(value, too_large),
            })
            .collect();
        // In the order of the file, so that problems are reported in that order.
        entries.sort_by_key(|entry| entry.spot);
        Node { value: Value::Table(entries), spot: Some(self.spot(span.start)) }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The same data as JSON, the form in which the kernel hands a configuration to a plugin.
pub(crate) fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Text(text) | Value::Fraction(text) => serde_json::Value::from(text.as_str()),
        Value::Integer(number) => serde_json::Value::from(*number),
        Value::Flag(flag) => serde_json::Value::from(*flag),
        Value::List(nodes) => nodes.iter().map(to_json).collect(),
        Value::Table(entries) => entries.iter().map(|entry| (entry.key.clone(), to_json(&entry.node))).collect(),
    }
}

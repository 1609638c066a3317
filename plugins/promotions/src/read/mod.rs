//! From the file as written to offers: every setting is read once, every problem is kept, none stops the reading.
//!
//! A manager mends a file faster from five messages at once than from one at a time. So nothing here returns at the first
//! mistake: a setting that cannot be read becomes `None` and a [`Problem`], and the offers are taken only if there is
//! no problem at all.

pub(crate) mod conditions;
pub(crate) mod effect;
pub(crate) mod goods;
pub(crate) mod offer;
pub(crate) mod structure;
pub(crate) mod tiers;
pub(crate) mod values;

use crate::node::{Entry, Node, Spot, Value};
use crate::problem::{Problem, nearest};
use crate::selector::Selector;
use crate::symbols::Symbols;
use pos_plugin_sdk::pos_money::Currency;
use std::collections::BTreeMap;

/// What is known while reading.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) problems: Vec<Problem>,
    pub(crate) symbols: Symbols,
    /// Of all amounts, if the file says so.
    pub(crate) currency: Option<Currency>,
    /// Selections with a name.
    pub(crate) lists: BTreeMap<String, Selector>,
    /// Conditions that were copied from lists so far.
    pub(crate) conditions_copied: usize,
}

/// A setting: its value, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Field<'n> {
    pub(crate) place: String,
    pub(crate) spot: Option<Spot>,
    pub(crate) node: &'n Node,
}

/// Settings in one pair of braces or under one heading. Those nobody asks for are unknown.
#[derive(Debug)]
pub(crate) struct Table<'n> {
    pub(crate) place: String,
    pub(crate) spot: Option<Spot>,
    prefix: String,
    entries: &'n [Entry],
    known: Vec<&'static str>,
}

impl Reader {
    /// Keeps a problem with a setting.
    pub(crate) fn problem(&mut self, field: &Field<'_>, what: impl Into<String>, what_to_do: impl Into<String>) {
        self.problem_at(&field.place, field.spot, what, what_to_do);
    }

    /// Keeps a problem with a whole table.
    pub(crate) fn problem_in(&mut self, table: &Table<'_>, what: impl Into<String>, what_to_do: impl Into<String>) {
        self.problem_at(&table.place, table.spot, what, what_to_do);
    }

    fn problem_at(&mut self, place: &str, spot: Option<Spot>, what: impl Into<String>, what_to_do: impl Into<String>) {
        self.problems.push(Problem {
            line: spot.map(|spot| spot.line),
            column: spot.map(|spot| spot.column),
            place: place.to_owned(),
            what: what.into(),
            what_to_do: what_to_do.into(),
        });
    }

    /// Keeps the problem that a value is of the wrong kind.
    pub(crate) fn wrong_kind(&mut self, field: &Field<'_>, wanted: &str) {
        self.problem(field, format!("{} is not {wanted}", field.node.value.describe()), format!("Write {wanted}."));
    }

    /// The settings of a table; none, and a problem, if it is something else.
    pub(crate) fn table<'n>(&mut self, field: &Field<'n>, example: &str) -> Option<Table<'n>> {
        match &field.node.value {
            Value::Table(entries) => Some(Table::new(&field.place, ".", field.spot, entries)),
            _ => {
                self.wrong_kind(field, &format!("a table in braces, like {example}"));
                None
            }
        }
    }

    /// One table, or a list of them.
    pub(crate) fn tables<'n>(&mut self, field: &Field<'n>, example: &str) -> Vec<Table<'n>> {
        field.items().iter().filter_map(|item| self.table(item, example)).collect()
    }

    /// Says which settings nobody knows, or which stand twice.
    pub(crate) fn finish(&mut self, table: Table<'_>) {
        for (index, entry) in table.entries.iter().enumerate() {
            let place = format!("{}{}", table.prefix, entry.key);
            if !table.known.contains(&entry.key.as_str()) {
                let what_to_do = match nearest(&entry.key, table.known.iter().copied()) {
                    Some(known) => format!("Did you mean \"{known}\"?"),
                    None => format!("Known here: {}.", table.known.join(", ")),
                };
                self.problem_at(&place, entry.spot, format!("there is no setting \"{}\"", entry.key), what_to_do);
            } else if table.entries.iter().take(index).any(|earlier| earlier.key == entry.key) {
                self.problem_at(&place, entry.spot, "the setting stands here twice", "Remove one of them.");
            }
        }
    }
}

impl<'n> Table<'n> {
    /// `separator` stands between the table's place and the name of a setting.
    pub(crate) fn new(place: &str, separator: &str, spot: Option<Spot>, entries: &'n [Entry]) -> Table<'n> {
        let prefix = if place.is_empty() { String::new() } else { format!("{place}{separator}") };
        Table { place: place.to_owned(), spot, prefix, entries, known: Vec::new() }
    }

    /// The value of a setting, which is then known.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Field<'n>> {
        self.know(&[key]);
        self.peek(key)
    }

    /// Settings that may stand here, read or not.
    pub(crate) fn know(&mut self, keys: &[&'static str]) {
        for key in keys {
            if !self.known.contains(key) {
                self.known.push(key);
            }
        }
    }

    fn peek(&self, key: &str) -> Option<Field<'n>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(self.field(entry))
    }

    /// Every setting, for tables whose keys are the author's own.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'n str, Field<'n>)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.field(entry)))
    }

    fn field(&self, entry: &'n Entry) -> Field<'n> {
        let place = format!("{}{}", self.prefix, entry.key);
        Field { place, spot: entry.node.spot.or(entry.spot), node: &entry.node }
    }
}

impl<'n> Field<'n> {
    /// The entries of a list; a value by itself is a list of one.
    pub(crate) fn items(&self) -> Vec<Field<'n>> {
        match &self.node.value {
            Value::List(nodes) => nodes
                .iter()
                .enumerate()
                .map(|(index, node)| Field {
                    place: format!("{}, entry {}", self.place, index + 1),
                    spot: node.spot.or(self.spot),
                    node,
                })
                .collect(),
            _ => vec![self.clone()],
        }
    }
}

//! The file as it was written, before it means anything: a tree that remembers where each value stands.
//!
//! Both entrances end here. What people write is TOML, read by native tools with lines and columns (`toml_text.rs`);
//! what the kernel hands a component is the same data as JSON. Everything after is shared, so the two cannot come to
//! mean different things.

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Line and column in a text file, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A value and where it stands; JSON has no places.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) spot: Option<Spot>,
}

/// A value as written.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// A number with a point that is not text: kept as it was spelled, to say what to write instead.
    #[cfg_attr(
        not(any(feature = "toml", test)),
        expect(dead_code, reason = "JSON refuses such a number while it is read")
    )]
    Fraction(String),
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) spot: Option<Spot>,
    pub(crate) node: Node,
}

impl From<Value> for Node {
    fn from(value: Value) -> Node {
        Node { value, spot: None }
    }
}

impl Value {
    /// In words, for messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Value::Text(text) => format!("\"{text}\""),
            Value::Integer(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Fraction(spelled) => spelled.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

// There is no `visit_f64` on purpose: a binary fraction cannot hold 0.10 exactly, so the default refuses it.
impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a whole number, true or false, a list or a table (write amounts as text: \"5.00\")")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Value::Flag(flag).into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Value::Integer(number).into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        let number = i64::try_from(number).map_err(|_| E::custom(format!("the number {number} is too large")))?;
        Ok(Value::Integer(number).into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Value::Text(text.to_owned()).into())
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Value::Text(text).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = sequence.next_element()? {
            nodes.push(node);
        }
        Ok(Value::List(nodes).into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, node)) = map.next_entry()? {
            entries.push(Entry { key, spot: None, node });
        }
        Ok(Value::Table(entries).into())
    }
}

//! Cases taken as facts from other projects' own tests, brought into the format of `pos price`.
//!
//! The files in `vectors/` are data (their README says where they come from; each case names its source). An adapter per peer turns the neutral
//! format into a case, under one policy per peer that is the same for all its cases: no adapter looks at a case's name.

mod adapt;
mod deals;
mod taxes;

#[cfg(test)]
mod tests;

use crate::number::{Rational, from_json, parse, text, zero};
use num_traits::Signed;
use serde_json::Value;

pub use deals::deals;
pub use taxes::{odoo_tax, solidus_tax};

/// A case with the figures a peer published for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCase {
    /// Its id in the vectors.
    pub id: String,
    /// In the format of `pos price`.
    pub case: Value,
    /// Dotted paths into a result (`total_included`, `taxes.0.amount`) and what must stand there.
    pub expect: Vec<(String, String)>,
    /// How far an unrounded figure may be from the published one, which is cut to six decimals; 0 for money.
    pub tolerance: String,
}

impl PeerCase {
    /// What a result has wrong, in words; empty if it agrees.
    pub fn differences(&self, result: &Value) -> Vec<String> {
        let tolerance = parse(&self.tolerance).unwrap_or_default();
        let mut wrong = Vec::new();
        for (path, expected) in &self.expect {
            let found = at(result, path);
            let same = match (&found, parse(expected)) {
                (Some(found), Some(expected)) => (found - expected).abs() <= tolerance,
                _ => false,
            };
            if !same {
                let found = found.map_or_else(|| "nothing".to_owned(), |found| text(&found, 0));
                wrong.push(format!("{}: {path} should be {expected}, is {found}", self.id));
            }
        }
        wrong
    }
}

/// The number at a dotted path. `lines.0.paid` goes through lists by position; `discount` alone may be missing and then means 0.
fn at(result: &Value, path: &str) -> Option<Rational> {
    let pointer = format!("/{}", path.replace('.', "/"));
    match result.pointer(&pointer) {
        Some(value) => from_json(value),
        None if path == "discount" => Some(zero()),
        None => None,
    }
}

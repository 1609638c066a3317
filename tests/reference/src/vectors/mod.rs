//! Cases taken as facts from other projects' own tests, brought into the format of `pos price`.
//!
//! The files in `vectors/` are data (their README says where they come from; each case names its source). An adapter per peer turns the neutral
//! format into a case, under one policy per peer that is the same for all its cases: no adapter looks at a case's name.

mod adapt;
mod deals;
mod loyalty;
mod medusa;
mod oscar;
mod score;
mod taxes;
mod vendure;

#[cfg(test)]
mod tests;

use crate::number::{Rational, from_json, parse, text, zero};
use num_traits::Signed;
use serde_json::Value;

pub use deals::deals;
pub use score::{Exception, Score, score};
pub use taxes::{odoo_tax, solidus_tax};

/// The peers that [`peer`] knows.
pub const PEERS: [&str; 7] = [
    "odoo_tax",
    "solidus_tax",
    "oscar_offers",
    "vendure_order_calc",
    "odoo_loyalty",
    "erpnext_pricing",
    "medusa_promotions",
];

/// The cases of a peer by the name of its vector file; none for other names.
pub fn peer(name: &str) -> Vec<PeerCase> {
    match name {
        "odoo_tax" => odoo_tax(),
        "solidus_tax" => solidus_tax(),
        "oscar_offers" => oscar::oscar(),
        "vendure_order_calc" => vendure::vendure(),
        "odoo_loyalty" => loyalty::odoo_loyalty(),
        "erpnext_pricing" => loyalty::erpnext(),
        "medusa_promotions" => medusa::medusa(),
        _ => Vec::new(),
    }
}

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

/// The number at a dotted path: `lines.0.paid` goes through lists by position, `candidates.*.used.*.qty` is a sum. `discount` may be missing
/// and then means 0.
fn at(result: &Value, path: &str) -> Option<Rational> {
    if path == "discount" && result.get(path).is_none() {
        return Some(zero());
    }
    let Some((key, rest)) = path.split_once('.') else { return from_json(step(result, path)?) };
    if key != "*" {
        return at(step(result, key)?, rest);
    }
    let parts: Option<Vec<Rational>> = result.as_array()?.iter().map(|part| at(part, rest)).collect();
    Some(parts?.into_iter().sum())
}

/// One step down, by key or position.
fn step<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match key.parse::<usize>() {
        Ok(position) if value.is_array() => value.get(position),
        _ => value.get(key),
    }
}

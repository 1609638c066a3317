//! What all adapters share: reading a vector file, numbers as text, taxes of the neutral format.

use crate::number::{Rational, from_json, text, whole};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The cases of a vector file.
pub(super) fn cases(file: &str) -> Vec<Value> {
    match serde_json::from_str(file) {
        Ok(Value::Array(cases)) => cases,
        _ => Vec::new(),
    }
}

/// The peer's policy: one for all its cases, in `vectors/policies.json`.
pub(super) fn policy(peer: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../../vectors/policies.json")).unwrap_or_default();
    all[peer].clone()
}

/// The list under a key.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Text under a key.
pub(super) fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A number under a key; 0 if it is missing.
pub(super) fn number(value: &Value, key: &str) -> Rational {
    from_json(&value[key]).unwrap_or_default()
}

/// Decimal text of a number.
pub(super) fn decimal(value: &Rational) -> String {
    text(value, 0)
}

/// 19 (percent) as the fraction 0.19.
pub(super) fn percent(value: &Rational) -> String {
    decimal(&(value / whole(100)))
}

/// Gives each definition of a tax a code of its own: `t1`, `t2` … in the order of first appearance. Twice the same on one line are two codes.
#[derive(Default)]
pub(super) struct Codes(BTreeMap<(String, usize), String>);

impl Codes {
    /// The taxes of a line, from objects of the neutral format or plain percentages.
    pub(super) fn taxes(&mut self, line: &Value, included: bool) -> Vec<Value> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut taxes = Vec::new();
        for given in list(line, "tax_rates") {
            let mut tax = neutral(given, included);
            let definition = tax.to_string();
            let nth = seen.entry(definition.clone()).or_default();
            *nth += 1;
            let next = format!("t{}", self.0.len() + 1);
            let code = self.0.entry((definition, *nth)).or_insert(next).clone();
            tax["code"] = json!(code);
            taxes.push(tax);
        }
        taxes
    }
}

/// One tax of the neutral format, without a code.
fn neutral(given: &Value, included: bool) -> Value {
    let Some(rate) = from_json(given) else {
        let amount = number(given, "amount");
        let mut tax = json!({
            "included": given["price_included"],
            "affects_next_base": given["affects_next_base"],
            "base_affected_by_previous": given["base_affected_by_previous"],
        });
        match word(given, "kind") {
            "fixed_per_unit" => {
                tax["kind"] = json!("fixed-per-unit");
                tax["amount"] = json!(decimal(&amount));
            }
            kind => {
                tax["kind"] = json!(kind);
                tax["rate"] = json!(percent(&amount));
            }
        }
        return tax;
    };
    json!({ "kind": "percent", "rate": percent(&rate), "included": included })
}

/// The figures of an `expect` that stand under the same names in a result.
pub(super) fn same_names(expect: &Value, names: &[(&str, &str)]) -> Vec<(String, String)> {
    let present = names.iter().filter_map(|(theirs, ours)| Some((*ours, from_json(&expect[*theirs])?)));
    present.map(|(ours, value)| (ours.to_owned(), decimal(&value))).collect()
}

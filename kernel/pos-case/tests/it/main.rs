//! Cases as `pos price` reads them, and the independent reference.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod format;
mod returns;
mod tax;

use serde_json::Value;

/// Prices a case given as a value.
fn price(case: &Value) -> Value {
    pos_case::price(&case.to_string(), &mut pos_case::NoExtensions)
}

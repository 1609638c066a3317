//! Cases against the independent reference and other projects' figures.

mod format;
mod score;
mod tax;

use serde_json::Value;

/// Prices a case given as a value.
fn price(case: &Value) -> Value {
    pos_case::price(&case.to_string(), &mut pos_case::NoExtensions)
}

//! The JSON Schema of a case and its result.

use serde_json::Value;

/// A JSON Schema (draft 2020-12) with the definitions `case`, `result` and `refused`; a document is a case, or an array of
/// cases.
pub fn schema() -> Value {
    serde_json::from_str(include_str!("case.schema.json")).unwrap_or_default()
}

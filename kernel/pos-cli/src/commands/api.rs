//! `pos api schema`: what other programs may say to the kernel, and what it answers.

use super::print;
use pos_api::{Command, Reply};
use std::process::ExitCode;

/// Prints the JSON Schema of a command line and of a reply line.
pub(crate) fn schema() -> anyhow::Result<ExitCode> {
    let mut command = serde_json::to_value(schemars::schema_for!(Command))?;
    add_command_id(&mut command);
    let schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pos kernel --stdio",
        "description": "One JSON object a line. Each command carries a command_id of the sender's choosing (a text, \
            unique for ever); the same id with the same command returns the first reply. A reply either tells what is \
            now, or has \"refused\" and nothing has changed. Amounts are decimal text in major units.",
        "examples": [
            { "in": { "command_id": "c1", "command": "sell_item", "scan": "3*4006381333931" } },
            { "in": { "command_id": "c2", "command": "tender_cash", "amount": "20.00" } },
            { "in": { "command_id": "c3", "command": "complete" } }
        ],
        "$defs": { "command": command, "reply": schemars::schema_for!(Reply) }
    });
    print(&format!("{}\n", serde_json::to_string_pretty(&schema)?))?;
    Ok(ExitCode::SUCCESS)
}

/// Every variant of the command carries the id beside its own fields.
fn add_command_id(command: &mut serde_json::Value) {
    let id = serde_json::json!({ "type": "string", "minLength": 1, "maxLength": 128 });
    for variant in command.get_mut("oneOf").and_then(|variants| variants.as_array_mut()).into_iter().flatten() {
        if let Some(properties) = variant.get_mut("properties").and_then(|properties| properties.as_object_mut()) {
            properties.insert("command_id".into(), id.clone());
        }
        if let Some(required) = variant.get_mut("required").and_then(|required| required.as_array_mut()) {
            required.push("command_id".into());
        }
    }
}

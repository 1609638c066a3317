//! The schema, from which the back office draws its form, against the reader: neither may know what the other does not.

use super::*;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../configuration.schema.json");

/// The part of JSON Schema that ours uses. An unknown keyword ends the test: it would be ignored otherwise.
fn accepts(root: &Value, schema: &Value, value: &Value) -> bool {
    schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "default" => true,
        // Patterns are compared below, by hand.
        "pattern" => true,
        "$ref" => {
            let path = rule.as_str().unwrap().strip_prefix('#').unwrap();
            accepts(root, root.pointer(path).unwrap_or_else(|| panic!("{path}")), value)
        }
        "type" => match rule.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            other => panic!("{other}"),
        },
        "enum" => rule.as_array().unwrap().contains(value),
        "anyOf" => rule.as_array().unwrap().iter().any(|schema| accepts(root, schema, value)),
        "items" => value.as_array().is_none_or(|list| list.iter().all(|item| accepts(root, rule, item))),
        "minItems" => value.as_array().is_none_or(|list| list.len() as u64 >= rule.as_u64().unwrap()),
        "minProperties" => value.as_object().is_none_or(|table| table.len() as u64 >= rule.as_u64().unwrap()),
        "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
        "maximum" => value.as_i64().is_none_or(|number| number <= rule.as_i64().unwrap()),
        "required" => {
            let has = |key: &Value| value.get(key.as_str().unwrap()).is_some();
            !value.is_object() || rule.as_array().unwrap().iter().all(has)
        }
        "properties" => rule
            .as_object()
            .unwrap()
            .iter()
            .all(|(key, schema)| value.get(key).is_none_or(|value| accepts(root, schema, value))),
        "additionalProperties" => value.as_object().is_none_or(|table| {
            let known = schema.get("properties").and_then(Value::as_object);
            let others = table.iter().filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)));
            others.into_iter().all(|(_, value)| rule != &json!(false) && accepts(root, rule, value))
        }),
        other => panic!("the schema uses \"{other}\""),
    })
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn example() -> Value {
    serde_json::from_str(&crate::toml_to_json(EXAMPLE).unwrap()).unwrap()
}

#[test]
fn the_schema_accepts_the_example_and_the_default() {
    let schema = schema();
    assert!(accepts(
        &schema,
        &schema,
        &serde_json::from_str(include_str!("../../configuration.default.json")).unwrap()
    ));
    for offer in example()["offer"].as_array().unwrap() {
        assert!(accepts(&schema, &schema["$defs"]["offer"], offer), "{offer:#}");
    }
    assert!(accepts(&schema, &schema, &example()));
}

/// Every table of the example with a key that nobody knows, and every value by one of another kind.
#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let (schema, whole) = (schema(), example());
    let offers = whole["offer"].as_array().unwrap();
    // One offer at a time, with the lists it may use.
    let files = offers.iter().map(|offer| json!({"currency": "EUR", "list": whole["list"], "offer": [offer]}));
    let tried: usize = files.map(|file| tried_in(&schema, &file)).sum();
    assert!(tried > 2_000, "{tried}");
}

/// How many changes to a file were tried.
fn tried_in(schema: &Value, example: &Value) -> usize {
    let mut tried = 0;
    let mut check = |changed: &Value, what: &str| {
        tried += 1;
        let reads = Offers::from_json(&changed.to_string()).is_ok();
        let accepted = accepts(schema, schema, changed);
        // The reader knows more: which settings belong together. What it reads, the schema must know.
        assert!(accepted || !reads, "{what}: read, but not in the schema");
        if what.ends_with("unknown_key") {
            assert!(!accepted && !reads, "{what}: accepted {accepted}, read {reads}");
        }
    };
    for pointer in pointers(example) {
        let value = example.pointer(&pointer).unwrap().clone();
        if value.is_object() && !is_the_authors(&pointer) {
            let mut changed = example.clone();
            changed.pointer_mut(&pointer).unwrap()["unknown_key"] = json!(1);
            check(&changed, &format!("{pointer}/unknown_key"));
        }
        for other in [json!(true), json!(7), json!({"x": 1}), json!([]), json!("nonsense"), json!("5.00"), json!([[1]])]
        {
            let mut changed = example.clone();
            *changed.pointer_mut(&pointer).unwrap() = other.clone();
            check(&changed, &format!("{pointer} = {other}"));
        }
    }
    tried
}

/// Keys that the reader asks for, as it tells them when it knows none of a table's.
#[test]
fn the_schema_names_every_setting_of_an_offer() {
    let error =
        Offers::from_json(r#"{"offer": [{"id": "x", "label": "X", "items": "all", "free": true, "zzzzzz": 1}]}"#)
            .unwrap_err();
    let known = error[0].what_to_do.strip_prefix("Known here: ").unwrap().trim_end_matches('.');
    let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
    let schema = schema();
    let named: BTreeSet<String> = schema["$defs"]["offer"]["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, known);
}

/// Tables whose keys are names that the author gives.
fn is_the_authors(pointer: &str) -> bool {
    pointer.ends_with("/list")
        || pointer.ends_with("/translations")
        || pointer.ends_with("/attribute")
        || pointer.ends_with("/basket")
}

/// Paths to every value.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let children: Vec<(String, &Value)> = match value {
        Value::Object(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        found.extend(pointers(child).into_iter().map(|path| format!("/{key}{path}")));
    }
    found
}

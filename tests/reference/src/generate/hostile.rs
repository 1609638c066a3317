//! Hostile values: what nobody means to write, and somebody will.

use super::Random;
use serde_json::{Value, json};

/// Puts something hostile at a random place of a value.
pub fn spoil(value: &mut Value, random: &mut Random) {
    let hostile = [
        json!("999999999999999999999"),
        json!("79228162514264337593543950335"),
        json!("-1"),
        json!("0"),
        json!("0.0000000000000000000000000001"),
        json!("1e28"),
        json!("1e40"),
        json!(4_294_967_295_u64),
        json!(i64::MIN),
        json!(null),
        json!([]),
        json!({}),
        json!(true),
        json!("half-up"),
    ];
    let children = match value {
        Value::Object(map) if !map.is_empty() => map.values_mut().collect::<Vec<_>>(),
        Value::Array(list) if !list.is_empty() => list.iter_mut().collect(),
        _ => {
            *value = hostile[random.below(hostile.len())].clone();
            return;
        }
    };
    let count = children.len();
    if let Some(child) = children.into_iter().nth(random.below(count)) {
        spoil(child, random);
    }
}

//! Shrinking: the smallest case that still fails.
//!
//! Greedy: drop lines, candidates and everything else that can go, then make numbers simple, again and again until nothing helps. Every step
//! leaves a case that [`read`] accepts, so the end is a case file.

use crate::case::read;
use crate::number::{Rational, from_json, text, whole};
use num_traits::Signed;
use serde_json::{Value, json};

/// A small case for which `fails` still holds; `case` itself if it does not fail at all.
pub fn shrink(case: &Value, fails: &dyn Fn(&Value) -> bool) -> Value {
    let bad = |case: &Value| read(case).is_ok() && fails(case);
    let mut smallest = named(case);
    if !bad(&smallest) {
        smallest = case.clone();
    }
    if !bad(&smallest) {
        return smallest;
    }
    // Each accepted step makes the case smaller in size or in its numbers, so this ends.
    while let Some(smaller) = steps(&smallest).into_iter().find(|step| bad(step)) {
        smallest = smaller;
    }
    smallest
}

/// The case with ids on its lines, so that a dropped line does not rename the others.
fn named(case: &Value) -> Value {
    let mut case = case.clone();
    for (index, line) in case["lines"].as_array_mut().into_iter().flatten().enumerate() {
        if let Some(line) = line.as_object_mut() {
            line.entry("id").or_insert_with(|| json!((index + 1).to_string()));
        }
    }
    case
}

/// Every case that is one step simpler, the big steps first.
fn steps(case: &Value) -> Vec<Value> {
    let mut steps = Vec::new();
    for index in 0..case["lines"].as_array().map_or(0, Vec::len) {
        steps.push(without_line(case, index));
    }
    let (mut removals, mut numbers) = (Vec::new(), Vec::new());
    paths(case, &mut String::new(), &mut removals, &mut numbers);
    removals.sort_by_key(|path| path.matches('/').count());
    steps.extend(removals.iter().filter_map(|path| without(case, path)));
    for (path, value) in numbers {
        for simpler in simpler(&value) {
            let mut step = case.clone();
            if let Some(place) = step.pointer_mut(&path) {
                *place = json!(simpler);
                steps.push(step);
            }
        }
    }
    steps
}

/// Pointers to everything that might be removed, and to every number.
fn paths(value: &Value, path: &mut String, removals: &mut Vec<String>, numbers: &mut Vec<(String, Rational)>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let in_pool = path.ends_with("/pool");
    for (key, child) in children {
        let length = path.len();
        path.push('/');
        path.push_str(&key.replace('~', "~0").replace('/', "~1"));
        removals.push(path.clone());
        // Ids may look like numbers; they are names.
        let name = in_pool || ["id", "line", "sku", "code"].contains(&key.as_str());
        if let Some(number) = from_json(child).filter(|_| !name) {
            numbers.push((path.clone(), number));
        }
        paths(child, path, removals, numbers);
        path.truncate(length);
    }
}

/// The case without the value at a pointer.
fn without(case: &Value, path: &str) -> Option<Value> {
    let (parent, key) = path.rsplit_once('/')?;
    let mut case = case.clone();
    match case.pointer_mut(parent)? {
        Value::Object(map) => {
            map.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Value::Array(list) => {
            list.remove(key.parse().ok().filter(|index| *index < list.len())?);
        }
        _ => return None,
    }
    Some(case)
}

/// The case without a line and without everything that names it.
fn without_line(case: &Value, index: usize) -> Value {
    let mut case = case.clone();
    let Some(lines) = case["lines"].as_array_mut().filter(|lines| index < lines.len()) else { return case };
    let id = lines.remove(index)["id"].clone();
    forget(&mut case["candidates"], &id);
    case
}

fn forget(value: &mut Value, id: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(pool) = map.get_mut("pool").and_then(Value::as_array_mut) {
                pool.retain(|line| !same_id(line, id));
            }
            map.values_mut().for_each(|value| forget(value, id));
        }
        Value::Array(list) => {
            list.retain(|portion| !portion.get("line").is_some_and(|line| same_id(line, id)));
            list.iter_mut().for_each(|value| forget(value, id));
        }
        _ => {}
    }
}

/// `3` and `"3"` name the same line.
fn same_id(one: &Value, other: &Value) -> bool {
    one == other || from_json(one).zip(from_json(other)).is_some_and(|(one, other)| one == other)
}

/// Simpler numbers than this one: fewer digits, or the same number of digits and nearer to zero.
fn simpler(value: &Rational) -> Vec<String> {
    let weight = |value: &Rational| {
        let text = text(&value.abs(), 0);
        (value.is_negative(), text.trim_end_matches('0').replace('.', "").len(), value.abs())
    };
    let tenth = whole(10);
    let coarser = (value * &tenth).trunc() / &tenth;
    let candidates = [whole(0), whole(1), -value, value.trunc(), coarser, (value / whole(2)).trunc(), value - whole(1)];
    let lighter = candidates.into_iter().filter(|candidate| weight(candidate) < weight(value));
    lighter.map(|candidate| text(&candidate, 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Shape, generate};
    use crate::price::price_json;

    #[test]
    fn a_tax_fault_shrinks_to_one_line_with_one_tax() {
        // The pretended fault: there is more than 5.00 of tax.
        let fails =
            |case: &Value| price_json(case).is_ok_and(|result| from_json(&result["total_tax"]) > Some(whole(5)));
        let seed = (0..).find(|seed| {
            let case = generate(*seed, Shape::Tax);
            fails(&case) && case["lines"].as_array().is_some_and(|lines| lines.len() > 3)
        });
        let small = shrink(&generate(seed.unwrap(), Shape::Tax), &fails);
        assert!(fails(&small));
        assert_eq!(small["lines"].as_array().unwrap().len(), 1, "{small}");
        assert_eq!(small["lines"][0]["taxes"].as_array().unwrap().len(), 1, "{small}");
        assert!(small.get("rounding").is_none() && small.to_string().len() < 200, "{small}");
    }

    #[test]
    fn an_offer_fault_shrinks_to_one_deal() {
        let fails = |case: &Value| price_json(case).is_ok_and(|result| from_json(&result["saving"]) > Some(whole(1)));
        let seed = (0..).find(|seed| fails(&generate(*seed, Shape::Offers))).unwrap();
        let small = shrink(&generate(seed, Shape::Offers), &fails);
        assert!(fails(&small) && read(&small).is_ok());
        assert_eq!(small["candidates"].as_array().unwrap().len(), 1, "{small}");
        assert_eq!(small["lines"].as_array().unwrap().len(), 1, "{small}");
    }

    #[test]
    fn what_does_not_fail_stays_as_it_is() {
        let case = generate(1, Shape::Tax);
        assert_eq!(shrink(&case, &|_| false), case);
    }
}

//! What holds for every table and basket.

use super::*;
use crate::check::{Severity, check};
use crate::starter::tables;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A line as (class, kind of article, quantity, net in minor units).
type Sold = (usize, usize, i64, i64);

const CLASSES: [&str; 4] = ["standard", "reduced", "clothing", "zero"];
const TAGS: [&str; 3] = ["pfand", "book", "plain"];

/// A table with everything in it.
fn rich() -> Value {
    json!({
        "jurisdiction": "ST", "included": false, "home": {"stack": ["ST", "CT"]},
        "fees": [{"code": "P", "per_unit": "0.25", "affects_next_base": true, "when": {"tag": ["pfand"]}}],
        "class_rules": [{"when": {"class": ["reduced"], "attr": {"serving": ["eat-in"]}}, "class": "standard"}],
        "exemptions": [
            {"reason": "Books", "codes": ["C"], "when": {"tag": ["book"]}},
            {"reason": "Small", "when": {"unit_price": {"below": "0.10"}}}
        ],
        "classes": {
            "standard": [{"code": "S", "rate": "0.1"}],
            "reduced": [{"code": "R", "rate": "0.05", "tax_max": "2"}],
            "clothing": [{"code": "S", "rate": "0.1", "taxed": {"above": "175"}}],
            "zero": [{"code": "Z", "rate": "0"}]
        },
        "jurisdictions": {"CT": {"classes": {
            "standard": [{"code": "C", "rate": "0.02"}],
            "clothing": [{"code": "C", "rate": "0.02", "taxed": {"from": "110"}}],
            "reduced": [], "zero": []
        }}}
    })
}

fn input(lines: &[Sold], eat_in: bool) -> TaxInput {
    let mut basket = testing::basket("EUR", "2026-11-18 17:30");
    for (class, tag, pieces, _) in lines {
        basket = basket.sell("X", 1, "1.00").taxed(CLASSES[*class]).tagged(TAGS[*tag]);
        basket.lines.last_mut().unwrap().quantity = Quantity::pieces(*pieces);
    }
    basket.attrs.extend(eat_in.then(|| Attr::text("serving", "eat-in")));
    let mut input = testing::tax_input(basket);
    for (taxable, (_, _, _, net)) in input.taxables.iter_mut().zip(lines) {
        taxable.net = Money::from_minor(*net);
    }
    input
}

fn sold() -> impl Strategy<Value = Sold> {
    (
        0..CLASSES.len(),
        0..TAGS.len(),
        prop_oneof![-5..6_i64, any::<i64>()],
        prop_oneof![-50_000..50_000_i64, any::<i64>()],
    )
}

/// What the kernel demands of an answer: known lines in order, and one meaning for a code.
fn assert_well_formed(input: &TaxInput, answer: &Assessment) {
    let mut meanings: BTreeMap<&str, (&str, Levy, bool)> = BTreeMap::new();
    for component in &answer.components {
        assert!(input.taxables.iter().any(|taxable| taxable.line == component.line));
        let TaxComponent { jurisdiction, code, levy, included, .. } = component;
        let meaning = (jurisdiction.as_str(), *levy, *included);
        assert_eq!(*meanings.entry(code).or_insert(meaning), meaning, "{code}");
        if let Levy::Percent(rate) | Levy::Division(rate) = levy {
            assert!((Decimal::ZERO..=Decimal::ONE).contains(&rate.fraction()));
        }
    }
    assert!(answer.components.is_sorted_by_key(|component| component.line));
}

/// Every place of a JSON document, as pointers.
fn pointers(value: &Value, here: String, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        pointers(child, format!("{here}/{key}"), found);
    }
    found.push(here);
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[0-9.-]{0,12}".prop_map(Value::from),
        "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]".prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["standard"])),
    ]
}

fn day(number: u16) -> Date {
    // 12 days a month: the ends of months are far apart, but every step is a real day.
    Date::new(2020 + number / 144, u8::try_from(number / 12 % 12).unwrap() + 1, u8::try_from(number % 12).unwrap() + 1)
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// A line's taxes depend on the line and the sale, never on the lines beside it.
    #[test]
    fn lines_are_taxed_one_by_one(lines in prop::collection::vec(sold(), 1..8), eat_in: bool) {
        let table = TaxTable::configure(&rich().to_string()).unwrap();
        let whole = input(&lines, eat_in);
        let Ok(answer) = table.assess(&whole) else {
            return Err(TestCaseError::reject("too large"));
        };
        assert_well_formed(&whole, &answer);
        let mut one_by_one = Vec::new();
        for taxable in &whole.taxables {
            let alone = TaxInput { taxables: vec![taxable.clone()], ..whole.clone() };
            one_by_one.extend(table.assess(&alone).unwrap().components);
        }
        prop_assert_eq!(answer.components, one_by_one);
    }

    /// A return is taxed as the sale it mirrors.
    #[test]
    fn a_return_mirrors_the_sale(class in 0..CLASSES.len(), tag in 0..TAGS.len(), pieces in 1..1_000_i64, net in 0..10_000_000_i64) {
        let table = TaxTable::configure(&rich().to_string()).unwrap();
        let components = |pieces, net| table.assess(&input(&[(class, tag, pieces, net)], false)).unwrap().components;
        prop_assert_eq!(components(pieces, net), components(-pieces, -net));
    }

    /// The net decides which side of a threshold a line is on, by exact division: never by a rounded unit price.
    #[test]
    fn a_threshold_compares_exactly(pieces in 1..1_000_i64, net in 0..30_000_000_i64) {
        let table = TaxTable::configure(&rich().to_string()).unwrap();
        let answer = table.assess(&input(&[(2, 2, pieces, net)], false)).unwrap();
        let city = answer.components.iter().find(|component| component.jurisdiction == "CT").unwrap();
        prop_assert_eq!(city.exempt.is_none(), net >= 11_000 * pieces);
    }

    /// No table and no sale makes the plugin panic, and whatever it takes into use gives well-formed answers.
    #[test]
    fn broken_tables_are_refused_or_work(
        which in 0..tables().len() + 1, place: prop::sample::Index, junk in prop::option::of(junk()), lines in prop::collection::vec(sold(), 0..4),
    ) {
        let mut table = tables().get(which).map_or_else(rich, |starter| serde_json::from_str(starter.json).unwrap());
        let mut found = Vec::new();
        pointers(&table, String::new(), &mut found);
        let pointer = place.get(&found).clone();
        match (junk, pointer.rsplit_once('/')) {
            (Some(junk), _) => *table.pointer_mut(&pointer).unwrap() = junk,
            (None, Some((parent, key))) => match table.pointer_mut(parent).unwrap() {
                Value::Object(map) => _ = map.remove(&key.replace("~1", "/").replace("~0", "~")),
                Value::Array(list) => _ = list.remove(key.parse().unwrap()),
                _ => {}
            },
            (None, None) => {}
        }
        let configured = TaxTable::configure(&table.to_string());
        let findings = check(&table.to_string(), "2026-11-22".parse().unwrap());
        if let Err(error) = &configured {
            prop_assert!(!error.text().is_empty());
            prop_assert!(findings.iter().any(|finding| finding.severity == Severity::Error), "{}", error.text());
        }
        if let Ok(table) = configured {
            let input = input(&lines, true);
            if let Ok(answer) = table.assess(&input) {
                assert_well_formed(&input, &answer);
            }
        }
    }

    /// A day without a rate is in a gap that the check names, and no other day is.
    #[test]
    fn gaps_are_the_days_without_a_rate(periods in prop::collection::vec((0..400_u16, 0..400_u16), 1..5)) {
        let taxes: Vec<Value> = periods.iter().enumerate().map(|(index, (one, other))| json!({
            "code": format!("T{index}"), "rate": "0.1", "from": day(*one.min(other)), "until": day(*one.max(other)),
        })).collect();
        let text = json!({"jurisdiction": "XX", "classes": {"standard": taxes}}).to_string();
        let table = TaxTable::configure(&text).unwrap();
        let findings: Vec<String> = check(&text, day(0)).into_iter().map(|finding| finding.what).collect();
        let (first, last) = (
            periods.iter().map(|(one, other)| day(*one.min(other))).min().unwrap(),
            periods.iter().map(|(one, other)| day(*one.max(other))).max().unwrap(),
        );
        for number in 0..400 {
            let day = day(number);
            let mut sale = input(&[(0, 2, 1, 100)], false);
            sale.basket.now.date = day;
            let is_named = findings.iter().any(|what| {
                let bounds = what.strip_prefix("There is no rate from ").and_then(|rest| rest.trim_end_matches('.').split_once(" to "));
                bounds.is_some_and(|(from, to)| from <= day.to_string().as_str() && day.to_string().as_str() <= to)
            });
            let is_inside = first <= day && day <= last;
            prop_assert_eq!(table.assess(&sale).is_err(), is_named || !is_inside, "{}: {:?}", day, findings);
        }
    }
}

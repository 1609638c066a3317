//! The form is drawn from the schema: a property it does not name cannot be set, one it requires in vain annoys, and
//! what it lets through must be what the plugin takes.

use super::*;

const SCHEMA: &str = include_str!("../../configuration.schema.json");
/// The tables that shops already have.
const EXISTING: [&str; 3] = [
    DEFAULT,
    include_str!("../../../../kernel/pos-cli/src/demo_tax_table.json"),
    include_str!("../../../../tests/suite/fixture/vat.json"),
];

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema()).unwrap()
}

/// A table that sets every key there is, and stays correct without any single optional one.
fn full() -> Value {
    let condition = json!({
        "class": ["standard"], "tag": ["a"], "department": ["b"], "item": ["c"], "kind": ["sale"],
        "attr": {"serving": ["eat-in"]},
        "unit_price": {"from": "1", "above": "1", "up_to": "9", "below": "9"},
        "customer": {"group": ["g"], "certificate": ["*"], "attr": {"k": ["v"]}},
        "country": ["DE"], "region": ["BY"]
    });
    let tax = |code: &str| {
        json!({
            "code": code, "name": "VAT", "rate": "0", "taxed": {"share": "0.5"}, "tax_max": "1", "unit": "each",
            "affects_next_base": true, "base_affected": false, "from": "2024-01-01", "until": "2024-12-31",
            "included": true, "jurisdiction": "YY", "exempt": "export", "when": condition, "unless": condition
        })
    };
    let rounding = json!({"level": "per-line", "mode": "up", "increment": 5, "included": "from-base"});
    json!({
        "title": "t", "source": "s", "date": "2026-01-01", "remark": "r", "starter": true,
        "jurisdiction": "XX", "included": true, "rounding": rounding,
        "classes": {"standard": [tax("A")]}, "otherwise": "standard", "fees": [tax("F")],
        "class_rules": [{
            "when": condition, "unless": condition, "class": "standard", "from": "2024-01-01", "until": "2024-12-31"
        }],
        "exemptions": [{
            "reason": "r", "when": condition, "unless": condition, "jurisdictions": ["XX"], "codes": ["A"],
            "from": "2024-01-01", "until": "2024-12-31"
        }],
        "jurisdictions": {"ZZ": {
            "name": "n", "rounding": rounding, "included": false, "classes": {"standard": [tax("B")]},
            "otherwise": "standard", "fees": [tax("G")]
        }},
        "places": [
            {"country": "DE", "region": "BY", "city": "Passau", "stack": ["ZZ"]},
            {"country": "DE", "region": "BY", "postal_codes": ["94"], "stack": ["ZZ"]},
            {"country": "DE", "home_region": true, "stack": ["XX", "ZZ"]},
            {"stack": ["XX"]}
        ],
        "home": {"country": "DE", "region": "HE", "postal_code": "60311", "city": "Frankfurt", "stack": ["XX"]},
        "sourcing": "destination"
    })
}

/// The place in `full` of each record that the schema defines.
const RECORDS: [(&str, &str); 12] = [
    ("", ""),
    ("/rounding", "/$defs/rounding"),
    ("/classes/standard/0", "/$defs/tax"),
    ("/fees/0/when", "/$defs/condition"),
    ("/fees/0/when/unit_price", "/$defs/price_range"),
    ("/fees/0/when/customer", "/$defs/customer"),
    ("/class_rules/0", "/$defs/class_rule"),
    ("/exemptions/0", "/$defs/exemption"),
    ("/jurisdictions/ZZ", "/$defs/jurisdiction"),
    ("/places/0", "/$defs/place"),
    ("/home", "/$defs/home"),
    ("/fees/0/taxed", "/$defs/taxed"),
];

/// What other keys of `full` refer to: the schema cannot know that it is missed.
const MISSED: [&str; 6] =
    ["/classes", "/jurisdictions", "/home", "/places", "/home/region", "/jurisdictions/ZZ/classes"];

#[test]
fn every_table_that_is_or_ships_fits_the_schema() {
    let validator = validator();
    let starters = crate::starter::tables().iter().map(|starter| starter.json);
    for text in EXISTING.into_iter().chain(starters) {
        let table: Value = serde_json::from_str(text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&table).map(|error| format!("{}: {error}", error.instance_path)).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn existing_tables_mean_what_they_meant() {
    for (text, class, expected) in [
        (EXISTING[1], "standard", "1 DE VAT19 19% in"),
        (EXISTING[1], "reduced", "1 DE VAT7 7% in"),
        (EXISTING[1], "zero", "1 DE VAT0 0% in"),
        (EXISTING[2], "standard", "1 DE VAT19 19% in"),
        (EXISTING[2], "reduced", "1 DE VAT7 7% in"),
    ] {
        assert_eq!(assess(text, "2026-03-02 10:00", class).unwrap(), [expected]);
        let table = TaxTable::configure(text).unwrap();
        assert_eq!(table.rounding(&[]), [TaxRounding::default()]);
    }
}

#[test]
fn schema_and_code_agree_on_every_key() {
    let (schema, full, validator) = (schema(), full(), validator());
    assert_eq!(TaxTable::configure(&full.to_string()).map(drop), Ok(()));
    assert!(validator.validate(&full).is_ok(), "{:?}", validator.validate(&full).err().map(|error| error.to_string()));
    for (place, definition) in RECORDS {
        let definition = schema.pointer(definition).unwrap();
        assert_eq!(definition["additionalProperties"], false, "{place}");
        let written = full.pointer(place).unwrap().as_object().unwrap();
        let named = definition["properties"].as_object().unwrap();
        let unknown: Vec<&String> = written.keys().filter(|key| !named.contains_key(*key)).collect();
        assert!(unknown.is_empty(), "{place}: the schema does not know {unknown:?}");
        for key in written.keys() {
            let mut without = full.clone();
            without.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(key);
            let (fits, works) = (validator.is_valid(&without), TaxTable::configure(&without.to_string()).is_ok());
            let key = format!("{place}/{key}");
            let is_missed = MISSED.contains(&key.as_str());
            assert!(fits == works || (fits && is_missed), "{key}");
        }
        let mut beyond = full.clone();
        beyond.pointer_mut(place).unwrap()["zzz"] = json!(1);
        assert!(!validator.is_valid(&beyond), "{place}");
        let error = TaxTable::configure(&beyond.to_string()).unwrap_err();
        assert!(error.text().contains("zzz"), "{place}: {}", error.text());
    }
    // Keys that cannot stand beside the others of the full table.
    let tax = schema.pointer("/$defs/tax/properties").unwrap().as_object().unwrap();
    let beside: Vec<&str> = tax.keys().map(String::as_str).filter(|key| full["fees"][0].get(key).is_none()).collect();
    assert_eq!(beside, ["division", "per_unit"]);
}

/// One wrong value each: neither schema nor code lets it through.
#[test]
fn schema_and_code_refuse_the_same_mistakes() {
    let validator = validator();
    for (place, wrong) in [
        ("/jurisdiction", json!(" ")),
        ("/jurisdiction", json!("X\nY")),
        ("/jurisdiction", json!("X".repeat(33))),
        ("/classes/standard/0/code", json!("A\u{1b}")),
        ("/classes/standard/0/code", json!("A".repeat(33))),
        ("/classes/standard/0/jurisdiction", json!("Y\tY")),
        ("/classes/standard/0/exempt", json!("two\nlines")),
        ("/classes/standard/0/exempt", json!("r".repeat(201))),
        ("/exemptions/0/reason", json!("\u{85}")),
        ("/exemptions/0/reason", json!("r".repeat(201))),
        ("/jurisdictions/Z\nZ", json!({"classes": {"standard": []}})),
        ("/rounding/increment", json!(0)),
        ("/rounding/increment", json!(1_000_001)),
        ("/rounding/level", json!("per-basket")),
        ("/rounding/included", json!("keep-base")),
        ("/classes/standard", json!([])),
        ("/classes/standard/0/code", json!("")),
        ("/classes/standard/0/rate", json!("19")),
        ("/classes/standard/0/rate", json!("-0.1")),
        ("/classes/standard/0/rate", json!(0.1)),
        ("/classes/standard/0/rate", json!("0.0123456789")),
        ("/classes/standard/0/division", json!("0.1")),
        ("/classes/standard/0/per_unit", json!("0.1")),
        ("/classes/standard/0/unit", json!("litre")),
        ("/classes/standard/0/taxed", json!({})),
        ("/classes/standard/0/taxed", json!({"above": "1", "from": "2"})),
        ("/classes/standard/0/taxed", json!({"above": "-1"})),
        ("/classes/standard/0/tax_max", json!("12345678901")),
        ("/classes/standard/0/from", json!("2024-02-30")),
        ("/classes/standard/0/from", json!("2024-2-3")),
        ("/classes/standard/0/exempt", json!("")),
        ("/classes/standard/0/when", json!({})),
        ("/classes/standard/0/when/tag", json!([])),
        ("/classes/standard/0/when/tag", json!("a")),
        ("/classes/standard/0/when/kind", json!(["gift"])),
        ("/classes/standard/0/when/attr", json!({"serving": []})),
        ("/classes/standard/0/when/customer/certificate", json!([])),
        ("/exemptions/0/reason", json!("")),
        ("/places/0/country", json!("DEU")),
        ("/places/0/stack", json!([])),
        ("/places/0/stack", json!(["ZZ", "ZZ"])),
        ("/places/0/postal_codes", json!(["94"])),
        ("/places/1/postal_codes", json!(["-"])),
        ("/places/2/region", json!("BY")),
        ("/places/3/city", json!("Passau")),
        ("/home/country", json!("DEU")),
        ("/jurisdictions/ZZ", json!({"name": "n"})),
        ("/sourcing", json!("home")),
    ] {
        let mut table = full();
        let (record, key) = place.rsplit_once('/').unwrap();
        table.pointer_mut(record).unwrap()[key] = wrong.clone();
        assert!(!validator.is_valid(&table), "the schema takes {place} = {wrong}");
        assert!(TaxTable::configure(&table.to_string()).is_err(), "the code takes {place} = {wrong}");
    }
}

//! Who levies where: stacks, the most specific place, sourcing.

use super::*;
use pos_plugin_sdk::testing;

fn new_york() -> Value {
    let levies = |code: &str, rate: &str| json!({"classes": {"standard": [{"code": code, "rate": rate}]}});
    json!({
        "jurisdiction": "US", "included": false, "sourcing": "destination",
        "home": {"country": "US", "region": "NY", "postal_code": "10128"},
        "jurisdictions": {
            "US-NY": levies("NY", "0.04"), "NYC": levies("NYC", "0.045"), "MCTD": levies("MCTD", "0.00375"),
            "ALBANY": levies("ALB", "0.04"), "US-CO": levies("CO", "0.029"), "DENVER": levies("DEN", "0.0515"),
            "EXPORT": {"classes": {"standard": [{"code": "X", "rate": "0", "exempt": "Export"}]}}
        },
        "places": [
            {"country": "US", "region": "NY", "stack": ["US-NY"]},
            {"country": "US", "postal_codes": ["100", "101", "102"], "stack": ["US-NY", "NYC", "MCTD"]},
            {"country": "US", "postal_codes": ["1001"], "stack": ["US-NY", "NYC"]},
            {"country": "US", "region": "NY", "city": "Albany", "stack": ["US-NY", "ALBANY"]},
            {"country": "US", "region": "CO", "stack": ["US-CO"]},
            {"country": "US", "region": "CO", "city": "Denver", "stack": ["US-CO", "DENVER"]},
            {"stack": ["EXPORT"]}
        ]
    })
}

fn to(country: &str, region: &str, postal_code: &str, city: &str) -> Option<Destination> {
    Some(Destination {
        country: country.into(),
        region: region.into(),
        postal_code: postal_code.into(),
        city: city.into(),
    })
}

fn codes(table: &Value, ship_to: Option<Destination>) -> Result<Vec<String>, HookError> {
    let basket = testing::basket("USD", "2026-11-18 17:30").sell("LAMP", 1, "40.00");
    let input = TaxInput { ship_to, ..testing::tax_input(basket) };
    let answer = TaxTable::configure(&table.to_string())?.assess(&input)?;
    Ok(answer.components.into_iter().map(|component| component.code).collect())
}

#[test]
fn the_most_specific_place_levies() {
    let table = new_york();
    for (ship_to, expected) in [
        (None, vec!["NY", "NYC", "MCTD"]),
        (to("US", "NY", "10021", "New York"), vec!["NY", "NYC", "MCTD"]),
        (to("us", "US-NY", "10019-1234", ""), vec!["NY", "NYC"]),
        (to("US", "NY", "12207", " albany "), vec!["NY", "ALB"]),
        (to("US", "NY", "14201", "Buffalo"), vec!["NY"]),
        (to("US", "CO", "80202", "DENVER"), vec!["CO", "DEN"]),
        (to("US", "CO", "", ""), vec!["CO"]),
        (to("FR", "", "10019", "Troyes"), vec!["X"]),
        (to("US", "CA", "94016", "Denver"), vec!["X"]),
    ] {
        assert_eq!(codes(&table, ship_to.clone()).unwrap(), expected, "{ship_to:?}");
    }
}

#[test]
fn a_destination_outside_all_places_is_refused_by_its_address() {
    let mut table = new_york();
    table["places"].as_array_mut().unwrap().pop();
    let error = codes(&table, to("US", "CA", "94016", "Daly City")).unwrap_err();
    let expected = "No place in the tax table covers US-CA 94016 daly city. Add it to \"places\".";
    assert_eq!(error, HookError::refused(expected));
}

#[test]
fn sourcing_decides_between_store_and_destination() {
    let (near, far) = (to("US", "NY", "14201", "Buffalo"), to("US", "CO", "80202", "Denver"));
    let here = ["NY", "NYC", "MCTD"];
    let mut table = new_york();
    table["sourcing"] = json!("origin");
    assert_eq!(codes(&table, near.clone()).unwrap(), here);
    assert_eq!(codes(&table, far.clone()).unwrap(), here);
    table["sourcing"] = json!("origin-in-region");
    assert_eq!(codes(&table, near.clone()).unwrap(), here);
    assert_eq!(codes(&table, far.clone()).unwrap(), ["CO", "DEN"]);
    table["sourcing"] = json!("destination");
    assert_eq!(codes(&table, near).unwrap(), ["NY"]);
    assert_eq!(codes(&table, far).unwrap(), ["CO", "DEN"]);
}

#[test]
fn a_store_that_is_nowhere_sells_nothing_over_the_counter() {
    let mut table = new_york();
    table.as_object_mut().unwrap().remove("home");
    let error = codes(&table, None).unwrap_err();
    assert_eq!(error.text(), "The tax table does not say where the store is. Set \"home\" in the table.");
    assert_eq!(codes(&table, to("US", "CO", "", "")).unwrap(), ["CO"]);
}

#[test]
fn india_splits_within_the_state_of_the_store() {
    let mut table: Value = serde_json::from_str(crate::starter::table("in").unwrap().json).unwrap();
    table["home"] = json!({"country": "IN", "region": "KA"});
    assert_eq!(codes(&table, None).unwrap(), ["CGST 9", "SGST 9"]);
    assert_eq!(codes(&table, to("IN", "IN-KA", "560001", "Bengaluru")).unwrap(), ["CGST 9", "SGST 9"]);
    assert_eq!(codes(&table, to("IN", "MH", "400001", "Mumbai")).unwrap(), ["IGST 18"]);
}

#[test]
fn a_jurisdiction_rounds_by_its_own_rule() {
    let mut table = new_york();
    table["jurisdictions"]["US-CO"]["rounding"] =
        json!({"level": "per-jurisdiction", "mode": "half-even", "increment": 5, "included": "from-base"});
    let basket = || testing::basket("USD", "2026-11-18 17:30").sell("LAMP", 1, "40.00");
    let table = TaxTable::configure(&table.to_string()).unwrap();
    let rules = |ship_to| table.assess(&TaxInput { ship_to, ..testing::tax_input(basket()) }).unwrap().rounding;
    assert_eq!(rules(None), [TaxRounding::default()]);
    let own = TaxRounding {
        jurisdiction: Some("US-CO".into()),
        level: TaxLevel::PerJurisdiction,
        rounding: Rounding { mode: RoundingMode::HalfEven, increment: 5 },
        included: IncludedPolicy::FromBase,
    };
    assert_eq!(rules(to("US", "CO", "", "")), [TaxRounding::default(), own]);
}

#[test]
fn classes_not_listed_count_as_another_where_the_owner_says_so() {
    let mut table = new_york();
    table["jurisdictions"]["US-NY"]["classes"]["clothing"] =
        json!([{"code": "NY", "rate": "0.04", "taxed": {"from": "110"}}]);
    // What the state knows, city and district must know too.
    let error = codes(&table, None).unwrap_err();
    let expected = "jurisdictions.NYC.classes: has no class \"clothing\", which US-NY in the same stack has; list it";
    assert!(error.text().starts_with(expected), "{}", error.text());
    for (jurisdiction, how) in [("NYC", "otherwise"), ("ALBANY", "otherwise"), ("MCTD", "nothing")] {
        if how == "otherwise" {
            table["jurisdictions"][jurisdiction]["otherwise"] = json!("standard");
        } else {
            table["jurisdictions"][jurisdiction]["classes"]["clothing"] = json!([]);
        }
    }
    let basket = testing::basket("USD", "2026-11-18 17:30").sell("COAT", 1, "120.00").taxed("clothing");
    let answer = TaxTable::configure(&table.to_string()).unwrap().assess(&testing::tax_input(basket)).unwrap();
    let codes: Vec<&str> = answer.components.iter().map(|component| component.code.as_str()).collect();
    assert_eq!(codes, ["NY", "NYC"]);
}

/// A large table is taken into use and answers for a thousand lines what a small one would.
#[test]
fn ten_thousand_places_answer_like_ten() {
    let mut table = new_york();
    for number in 0..10_000 {
        let id = format!("D{number}");
        table["jurisdictions"][&id] = json!({"classes": {"standard": [{"code": id, "rate": "0.01"}]}});
        let code = format!("{:05}", 20_000 + number);
        table["places"]
            .as_array_mut()
            .unwrap()
            .push(json!({"country": "US", "postal_codes": [code], "stack": ["US-CO", id]}));
    }
    let large = TaxTable::configure(&table.to_string()).unwrap();
    let mut basket = testing::basket("USD", "2026-11-18 17:30");
    for _ in 0..1_000 {
        basket = basket.sell("LAMP", 1, "40.00");
    }
    let input = TaxInput { ship_to: to("US", "CO", "27654", ""), ..testing::tax_input(basket) };
    let answer = large.assess(&input).unwrap();
    assert_eq!(answer.components.len(), 2_000);
    assert!(answer.components.chunks(2).all(|pair| pair[0].code == "CO" && pair[1].code == "D7654"));
}

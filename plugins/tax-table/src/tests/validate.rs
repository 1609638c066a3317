//! Mistakes that only a whole table shows, each refused with its place and what to do.

use super::*;

fn levies(code: &str) -> Value {
    json!({"classes": {"standard": [{"code": code, "rate": "0.04"}]}})
}

/// A state with a city, at home in the city.
fn stacked(change: impl FnOnce(&mut Value)) -> Value {
    let mut table = json!({
        "jurisdiction": "US",
        "jurisdictions": {"NY": levies("NY"), "NYC": levies("NYC")},
        "places": [{"country": "US", "region": "NY", "stack": ["NY", "NYC"]}],
        "home": {"country": "US", "region": "NY"}
    });
    assert_eq!(TaxTable::configure(&table.to_string()).map(drop), Ok(()));
    change(&mut table);
    table
}

#[test]
fn stacks_name_jurisdictions_that_are_there() {
    type Case = (fn(&mut Value), &'static str);
    let cases: [Case; 14] = [
        (
            |table| table["places"][0]["stack"] = json!(["NY", "NYCC"]),
            "places[0].stack: there is no jurisdiction \"NYCC\"; add it to \"jurisdictions\", or correct the name",
        ),
        (|table| table["places"][0]["stack"] = json!(["NY", "NY"]), "places[0].stack: \"NY\" stands there twice"),
        (|table| table["places"][0]["stack"] = json!([]), "places[0].stack: is empty; name who levies there"),
        (|table| table["home"]["stack"] = json!(["NJ"]), "home.stack: there is no jurisdiction \"NJ\""),
        (|table| table["home"]["region"] = json!("NJ"), "home: no place covers US-NJ; add it to \"places\""),
        (
            |table| table["jurisdictions"]["NYC"]["classes"]["standard"][0]["code"] = json!("NY"),
            "jurisdictions.NYC.classes.standard[0]: code \"NY\" means something else in \
             jurisdictions.NY.classes.standard[0] of the same stack; give one of them another code",
        ),
        (
            |table| table["jurisdictions"]["US"] = levies("US"),
            "jurisdictions.US: is the table's own jurisdiction; rename one of them",
        ),
        (|table| table["jurisdictions"]["NYC"] = json!({"name": "City"}), "jurisdictions.NYC: levies nothing"),
        (
            |table| table["jurisdictions"]["NYC"]["otherwise"] = json!("food"),
            "jurisdictions.NYC.otherwise: there is no class \"food\"; name one of the classes listed here",
        ),
        (
            |table| {
                table["places"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"country": "us", "region": "US-NY", "stack": ["NY"]}))
            },
            "places[1]: is the same place as places[0]; join their stacks, or delete one",
        ),
        (|table| table["places"][0]["home_region"] = json!(true), "places[0]: has both a region and home_region"),
        (
            |table| {
                table["places"] = json!([{"country": "US", "home_region": true, "stack": ["NY"]}]);
                table["home"] = json!({"country": "US", "stack": ["NY"]});
            },
            "home.region: is empty, but places[0] needs it; say in which region the store is",
        ),
        (
            |table| {
                table["sourcing"] = json!("origin-in-region");
                table["home"] = json!({"stack": ["NY"]});
            },
            "home.region: is empty, but sourcing needs it",
        ),
        (
            |table| {
                table["sourcing"] = json!("destination");
                table["places"] = json!([]);
                table["home"] = json!({"stack": ["NY"]});
            },
            "sourcing: there are no places to look a destination up in; add \"places\"",
        ),
    ];
    for (change, expected) in cases {
        check_refused(stacked(change), expected);
    }
}

#[test]
fn rules_name_classes_jurisdictions_and_codes_that_are_there() {
    let mut config = table(json!({"standard": [{"code": "A", "rate": "0.1"}]}));
    config["class_rules"] = json!([{"when": {"tag": ["a"]}, "class": "reduced"}]);
    check_refused(config.clone(), "class_rules[0].class: there is no class \"reduced\"; add it to \"classes\"");
    config["class_rules"] = json!([]);
    config["exemptions"] = json!([{"reason": "x", "jurisdictions": ["YY"]}]);
    check_refused(config.clone(), "exemptions[0].jurisdictions: there is no jurisdiction \"YY\"");
    config["exemptions"] = json!([{"reason": "x", "codes": ["B"]}]);
    check_refused(config.clone(), "exemptions[0].codes: there is no tax \"B\"; name one of the table's codes");
    config["exemptions"] = json!([{"reason": "x", "when": {"tag": []}}]);
    check_refused(config.clone(), "exemptions[0].when.tag: is empty, so that nothing can match");
    config["exemptions"] = json!([{"reason": "x", "when": {"customer": {"groop": []}}}]);
    check_refused(config, "exemptions[0].when.customer.groop: unknown field `groop`");
}

#[test]
fn the_code_of_exempt_sales_is_kept_free() {
    let both = json!({"standard": [{"code": "A", "rate": "0.1"}], "other": [{"code": "A-E", "rate": "0.2"}]});
    let mut config = table(both);
    assert!(TaxTable::configure(&config.to_string()).is_ok());
    config["exemptions"] = json!([{"reason": "x", "when": {"customer": {"certificate": ["*"]}}}]);
    let expected = "classes.other[0]: code \"A-E\" is what exempt sales of \"A\" are reported as; give it another code";
    check_refused(config, expected);
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let twice = r#"{"jurisdiction": "XX", "classes": {"a": [], "a": [{"code": "A", "rate": "0.1"}]}}"#;
    let error = TaxTable::configure(twice).unwrap_err();
    assert!(
        error.text().starts_with("classes: \"a\" stands there twice; join the two or rename one"),
        "{}",
        error.text()
    );
}

#[test]
fn a_rate_that_rests_today_is_refused_even_beside_others() {
    let config = json!({
        "jurisdiction": "CA-BC",
        "home": {"stack": ["CA", "CA-BC"]},
        "jurisdictions": {"CA": levies("GST")},
        "classes": {"standard": [
            {"code": "PST", "rate": "0.07", "until": "2025-12-31"},
            {"code": "PST", "rate": "0.08", "from": "2027-01-01"}
        ]}
    });
    let error = assess(&config.to_string(), "2026-11-18 17:30", "standard").unwrap_err();
    let expected = "Line 1: the tax table has no rate for class \"standard\" on 2026-11-18.";
    assert!(error.text().starts_with(expected), "{}", error.text());
    // One that has ended for good is simply not levied any more.
    let mut ended = config;
    ended["classes"]["standard"].as_array_mut().unwrap().pop();
    assert_eq!(assess(&ended.to_string(), "2026-11-18 17:30", "standard").unwrap(), ["1 CA GST 4% in"]);
}

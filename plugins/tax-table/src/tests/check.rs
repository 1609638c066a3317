//! What the check finds in tables that work, and that every finding says where, what, and what to do.

use super::*;
use crate::check::{Severity, check};

fn findings(table: &Value) -> Vec<String> {
    let findings = check(&table.to_string(), "2026-11-22".parse().unwrap());
    for finding in &findings {
        for sentence in [&finding.what, &finding.what_to_do] {
            assert!(sentence.starts_with(|first: char| !first.is_lowercase()), "{sentence}");
        }
        assert!(finding.what_to_do.ends_with('.'), "{}", finding.what_to_do);
    }
    findings.iter().map(ToString::to_string).collect()
}

/// A table whose check is silent, with a change.
fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut table = json!({
        "jurisdiction": "XX",
        "classes": {
            "standard": [{"code": "A", "rate": "0.2", "from": "2020-01-01"}],
            "zero": [{"code": "Z", "rate": "0"}]
        }
    });
    assert_eq!(findings(&table), [""; 0]);
    change(&mut table);
    findings(&table)
}

#[track_caller]
fn check_found(change: impl FnOnce(&mut Value), expected: &[&str]) {
    assert_eq!(found(change), expected);
}

#[test]
fn what_the_plugin_refuses_is_an_error_and_all_of_it_is_told() {
    check_found(
        |table| {
            table["classes"]["standard"][0]["rate"] = json!("20");
            table["classes"]["zero"][0]["code"] = json!("");
        },
        &[
            "error at classes.standard[0].rate: 20 is not a fraction between 0 and 1. 8.1 % is written \"0.081\".",
            "error at classes.zero[0].code: Is empty. Write what the receipt shall print, like \"A\".",
        ],
    );
    let unknown = check(r#"{"jurisdiction": "XX", "clases": {}}"#, "2026-11-22".parse().unwrap());
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].severity, Severity::Error);
    assert!(unknown[0].what.starts_with("clases: unknown field `clases`"), "{}", unknown[0].what);
}

#[test]
fn gaps_and_ends_are_errors_when_they_are_now() {
    let two = |until: &str, from: &str| json!([{"code": "A", "rate": "0.2", "until": until}, {"code": "A", "rate": "0.21", "from": from}]);
    let add = "Add the rate of those days, or join the periods.";
    for (until, from, expected) in [
        ("2026-12-31", "2027-01-01", None),
        (
            "2024-02-28",
            "2024-03-01",
            Some("warning at classes.standard: There is no rate from 2024-02-29 to 2024-02-29."),
        ),
        (
            "2026-10-31",
            "2027-03-01",
            Some("error at classes.standard: There is no rate from 2026-11-01 to 2027-02-28."),
        ),
        (
            "2026-12-31",
            "2028-03-01",
            Some("warning at classes.standard: There is no rate from 2027-01-01 to 2028-02-29."),
        ),
    ] {
        let expected: Vec<String> = expected.into_iter().map(|what| format!("{what} {add}")).collect();
        assert_eq!(found(|table| table["classes"]["standard"] = two(until, from)), expected);
    }
    check_found(
        |table| table["classes"]["standard"][0]["until"] = json!("2026-11-21"),
        &[
            "error at classes.standard: Its last rate ended on 2026-11-21. Add the rate that follows, or delete the class.",
        ],
    );
    check_found(|table| table["classes"]["standard"][0]["until"] = json!("2026-11-22"), &[]);
    check_found(
        |table| table["classes"]["standard"][0]["from"] = json!("2026-11-23"),
        &[
            "warning at classes.standard: Its first rate begins on 2026-11-23. Until then do not sell articles of this class, or add the rate before.",
        ],
    );
}

#[test]
fn one_of_two_taxes_that_rests_is_a_warning_unless_another_replaces_it() {
    let with = |middle: Value| {
        found(|table| {
            let mut taxes = vec![
                json!({"code": "GST", "rate": "0.05"}),
                json!({"code": "PST", "rate": "0.07", "until": "2020-12-31"}),
                json!({"code": "PST", "rate": "0.08", "from": "2022-01-01"}),
            ];
            if !middle.is_null() {
                taxes.push(middle);
            }
            table["classes"]["standard"] = json!(taxes);
        })
    };
    let expected = "warning at classes.standard: \"PST\" is not levied from 2021-01-01 to 2021-12-31, other taxes are. \
                    Add its rate of those days if it was due.";
    assert_eq!(with(Value::Null), [expected]);
    assert_eq!(with(json!({"code": "P", "rate": "0.01", "from": "2021-01-01", "until": "2021-12-31"})), [""; 0]);
}

#[test]
fn what_looks_like_a_slip_is_a_warning() {
    check_found(
        |table| table["classes"]["standard"][0]["rate"] = json!("0.31"),
        &[
            "warning at classes.standard[0]: 31 % is an unusually high rate. Compare it with the law; 8.1 % is written \"0.081\".",
        ],
    );
    check_found(|table| table["classes"]["standard"][0]["rate"] = json!("0.3"), &[]);
    check_found(
        |table| _ = table["classes"].as_object_mut().unwrap().remove("zero"),
        &[
            "warning at classes: There is no class without tax. Add one with rate \"0\" for what is not taxed, like vouchers.",
        ],
    );
    check_found(
        |table| table["fees"] = json!([{"code": "BAG", "per_unit": "0.1"}]),
        &[
            "warning at fees[0]: This fee is levied on every line. Limit it with \"when\" to a tag, class or department if it should not be.",
        ],
    );
    check_found(|table| table["fees"] = json!([{"code": "BAG", "per_unit": "0.1", "when": {"item": ["BAG"]}}]), &[]);
    check_found(
        |table| {
            let tax = &mut table["classes"]["standard"][0];
            (tax["affects_next_base"], tax["base_affected"]) = (json!(true), json!(false));
            table["classes"]["zero"][0]["base_affected"] = json!(false);
        },
        &[
            "warning at classes.standard[0]: It affects the next base, but no tax has a base that is affected. Leave out base_affected of the tax that should be levied on it.",
        ],
    );
    check_found(
        |table| table["date"] = json!("2025-11-21"),
        &[
            "warning at date: The rates were looked up for 2025-11-21, more than a year ago. Compare them with the source, then write the day of today.",
        ],
    );
    check_found(|table| table["date"] = json!("2025-11-22"), &[]);
}

#[test]
fn rules_that_are_over_or_never_reached_are_warnings() {
    check_found(
        |table| {
            table["class_rules"] = json!([{"when": {"tag": ["a"]}, "class": "zero", "until": "2026-11-21"}]);
            table["exemptions"] = json!([
                {"reason": "Holiday", "until": "2026-08-09"},
                {"reason": "All"},
                {"reason": "Books", "when": {"class": ["books"]}}
            ]);
        },
        &[
            "warning at class_rules[0]: The rule has ended. Delete it when it is no longer of interest.",
            "warning at exemptions[0]: The exemption has ended. Delete it when it is no longer of interest.",
            "warning at exemptions[1]: Every sale is exempt. Limit it with \"when\", codes or jurisdictions.",
            "warning at exemptions[2]: There is no class \"books\". Correct the name, or add the class.",
        ],
    );
}

#[test]
fn places_and_jurisdictions_must_meet() {
    let levies = json!({"classes": {"standard": [{"code": "NY", "rate": "0.04"}]}});
    check_found(
        |table| table["jurisdictions"] = json!({"US-NY": levies}),
        &["warning at jurisdictions.US-NY: No place and no home has it in its stack. Add it to a stack, or delete it."],
    );
    check_found(
        |table| table["places"] = json!([{"country": "US", "stack": ["XX"]}]),
        &[
            "warning at home: The table does not say where the store is: nothing can be sold over the counter. Set it to the store's address, like {\"country\": \"US\", \"region\": \"NY\"}.",
        ],
    );
    check_found(
        |table| {
            table["places"] = json!([{"country": "US", "stack": ["XX"]}]);
            table["home"] = json!({"country": "US"});
        },
        &[
            "warning at sourcing: Goods that are sent are taxed as in the store. Set it to \"destination\" if the place they go to decides.",
        ],
    );
    check_found(
        |table| {
            table["places"] = json!([{"country": "US", "stack": ["XX"]}]);
            (table["home"], table["sourcing"], table["starter"]) =
                (json!({"country": "US"}), json!("destination"), json!(true));
        },
        &[
            "warning at starter: These are starter data: in 1 of 1 places one jurisdiction alone levies. Add the county, city and district rates of the places you sell in, then delete \"starter\".",
        ],
    );
}

#[test]
fn a_finding_names_line_and_column() {
    let table = "{\n  \"jurisdiction\": \"XX\",\n  \"classes\": {\n    \"standard\": [{ \"code\": \"A\", \"rate\": \"19\" }]\n  }\n}\n";
    let found: Vec<String> =
        crate::check::check(table, "2026-11-18".parse().unwrap()).iter().map(ToString::to_string).collect();
    assert_eq!(
        found[0],
        "error at classes.standard[0].rate (line 4, column 41): 19 is not a fraction between 0 and 1. 8.1 % is written \"0.081\"."
    );
    let HookError::InvalidConfiguration(message) = TaxTable::configure(table).unwrap_err() else {
        panic!("another error")
    };
    assert_eq!(
        [Attr::find(&message.args, "line"), Attr::find(&message.args, "column")],
        [Some(&AttrValue::Integer(4)), Some(&AttrValue::Integer(41))]
    );
}

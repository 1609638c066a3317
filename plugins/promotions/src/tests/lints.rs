//! What `pos offers check` says of files that can be read.

use crate::{Severity, check_toml};

const TODAY: &str = "2026-11-18";

/// Severity, lint and setting of each finding on offers with ids x, y, …
fn findings(offers: &[&str]) -> Vec<String> {
    let mut toml = String::from("currency = \"EUR\"\n");
    for (id, settings) in ('a'..).zip(offers) {
        toml.push_str(&format!("[[offer]]\nid = \"{id}\"\nlabel = \"X\"\n{settings}\n"));
    }
    let findings = check_toml(&toml, TODAY.parse().unwrap());
    assert!(findings.iter().all(|finding| finding.line.is_some() && !finding.what_to_do.is_empty()));
    findings
        .iter()
        .map(|finding| {
            let kind = if finding.severity == Severity::Error { "error" } else { finding.lint };
            format!("{kind} {}", finding.place.trim_start_matches("offer "))
        })
        .collect()
}

fn check(settings: &str, expected: &[&str]) {
    assert_eq!(findings(&[settings]), expected, "{settings}");
}

#[test]
fn offers_that_never_are_on_are_found() {
    let item = "items = { tag = \"t\" }\npercent_off = \"5 %\"\n";
    check(&format!("{item}until = \"2026-11-17\""), &["expired \"a\", until"]);
    check(&format!("{item}until = \"2026-11-17\"\naccept = [\"expired\"]"), &[]);
    check(&format!("{item}until = \"2026-11-18\""), &[]);
    check(&format!("{item}times = {{ months = 2, days_of_month = 30 }}"), &["error \"a\", times"]);
    check(&format!("{item}times = {{ months = 2, days_of_month = 29 }}"), &[]);
    check(
        &format!("{item}from = \"2026-11-23\"\nuntil = \"2026-11-25\"\ntimes = {{ weekdays = \"Sat\" }}"),
        &["error \"a\", times"],
    );
    check(&format!("{item}times = {{ dates = \"2040-02-29\", weekdays = \"Wed\" }}"), &[]);
    check(
        &format!("{item}from = \"2030-01-01\"\nnot_on = \"2030-01-01\"\nuntil = \"2030-01-01\""),
        &["error \"a\", times"],
    );
}

#[test]
fn generous_offers_are_found() {
    check("items = { tag = \"t\" }\nfree = true", &["unbounded \"a\", percent_off"]);
    check("items = { tag = \"t\" }\npercent_off = \"100 %\"\npieces_max = 1", &[]);
    check("items = { tag = \"t\" }\nfree = true\ncodes = \"C\"", &[]);
    check("items = { tag = \"t\" }\nfree = true\nup_to = 5", &[]);
    check("items = { tag = \"t\", price = { from = 5 } }\namount_off = 5", &["unbounded \"a\", amount_off"]);
    check("items = { tag = \"t\", price = { from = 5 } }\namount_off = \"4.99\"", &[]);
    check(
        "items = { any = [{ price = { from = 3 } }, { price = { from = 9 } }] }\namount_off = 4",
        &["unbounded \"a\", amount_off"],
    );
    check("order = true\nfree = true", &["unbounded \"a\", percent_off"]);
    check(
        "order = true\namount_off = 1\nspend = { at_least = 5, repeats = true }",
        &["returns \"a\", spend", "unbounded \"a\", spend.repeats"],
    );
    check(
        "buy = { items = { tag = \"t\" } }\nget = { items = \"all\", free = true }\naccept = \"returns\"",
        &["unbounded \"a\", get.items"],
    );
    check(
        "items = { tag = \"t\" }\ngroups_of = 2\nreduced = 1\nfree = true\nsame_article = true\nlimits = { uses = 5 }",
        &["per-article \"a\", limits"],
    );
}

#[test]
fn offers_that_a_return_exploits_are_found() {
    check("buy = { items = { tag = \"s\" } }\nget = { items = { tag = \"t\" }, free = true }", &["returns \"a\", get"]);
    check("buy = { items = { tag = \"s\" } }\nget = { items = { tag = \"t\" }, percent_off = \"10 %\" }", &[]);
    check(
        "items = { tag = \"s\" }\ngroups_of = 3\nreduced = 1\nfree = true\npick = \"as the customer would choose\"",
        &["returns \"a\", pick"],
    );
    check("items = { tag = \"s\" }\ngroups_of = 3\nreduced = 1\nfree = true", &[]);
    check("items = { tag = \"s\" }\ntiers = [{ pieces = 6, percent_off = \"10 %\" }]", &["returns \"a\", tiers"]);
    check("gift = { items = \"MUG\" }\nspend = 50", &["returns \"a\", gift"]);
}

#[test]
fn steps_that_lead_nowhere_are_found() {
    let steps = |settings: &str| findings(&[&format!("{settings}\naccept = \"returns\"")]);
    let of = |first: &str, second: &str| {
        steps(&format!("items = {{ tag = \"s\" }}\ntiers = [{{ pieces = 3, {first} }}, {{ pieces = 6, {second} }}]"))
    };
    assert_eq!(of("percent_off = \"10 %\"", "percent_off = \"10 %\""), ["steps \"a\", tiers"]);
    assert_eq!(of("amount_off = 2", "amount_off = 1"), ["steps \"a\", tiers"]);
    assert_eq!(of("for_price = 5", "for_price = 10"), ["steps \"a\", tiers"]);
    assert_eq!(of("for_price = 5", "for_price = \"9.99\""), [""; 0]);
    assert_eq!(
        steps(
            "order = true\ntiers = [{ spend = 10, percent_off = \"5 %\" }, { spend = 50, percent_off = \"9 %\" }]\nspend = { at_least = 5, below = 50 }"
        ),
        ["error \"a\", tiers"]
    );
}

#[test]
fn offers_for_the_same_pieces_at_the_same_time_are_found() {
    let red = "items = { tag = \"red\" }\npercent_off = \"5 %\"\n";
    let both = "items = { tag = [\"red\", \"blue\"] }\npercent_off = \"9 %\"\n";
    let found = |one: &str, other: &str| findings(&[&format!("{red}{one}"), &format!("{both}{other}")]);
    let overlap = ["overlap \"a\", items"];
    assert_eq!(found("", ""), overlap);
    assert_eq!(found("mode = \"exclusive\"", ""), overlap);
    assert_eq!(found("times = { hours = \"22:00-02:00\" }", "times = { hours = \"01:00-03:00\" }"), overlap);
    for (one, other) in [
        ("mode = \"combines\"", ""),
        ("group = \"g\"", ""),
        ("stage = \"shop\"", ""),
        ("enabled = false", ""),
        ("accept = \"overlap\"", ""),
        ("", "accept = \"overlap\""),
        ("stores = \"1\"", "stores = \"2\""),
        ("until = \"2026-12-01\"", "from = \"2026-12-02\""),
        ("times = { weekdays = \"Mon-Wed\" }", "times = { weekdays = \"Thu-Sun\" }"),
        ("times = { hours = \"12:00-14:00\" }", "times = { hours = \"14:00-16:00\" }"),
    ] {
        assert_eq!(found(one, other), [""; 0], "{one} / {other}");
    }
    let blue = "items = { tag = \"blue\" }\npercent_off = \"5 %\"";
    assert_eq!(findings(&[red, blue]), [""; 0]);
    assert_eq!(findings(&[blue, "items = \"all\"\npercent_off = \"5 %\""]), overlap);
    assert_eq!(findings(&["order = true\namount_off = 5", "order = true\namount_off = 9"]), overlap);
    let five = [blue, blue, blue, blue, blue];
    assert_eq!(findings(&five).len(), 4);
}

#[test]
fn problems_come_as_errors_with_their_offer() {
    let toml = "[[offer]]\nid = \"x\"\nlabel = \"X\"\nitems = \"all\"\npercent_off = \"200 %\"";
    let findings = check_toml(toml, TODAY.parse().unwrap());
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].severity, findings[0].offer.as_str(), findings[0].line), (Severity::Error, "x", Some(5)));
    assert_eq!(
        findings[0].to_string(),
        "error: line 5, column 15: offer \"x\", percent_off: \"200 %\" is not above 0 % and up to 100 %. Write a percentage in this range."
    );
}

#[test]
fn a_finding_names_its_neighbours_and_how_to_accept_it() {
    let offer = |id: &str| {
        format!("[[offer]]\nid = \"{id}\"\nlabel = \"X\"\nitems = {{ tag = \"t\" }}\npercent_off = \"5 %\"\n")
    };
    let toml: String = ["a", "b", "c", "d", "e"].map(offer).concat();
    let told = check_toml(&toml, TODAY.parse().unwrap()).first().map(ToString::to_string);
    assert_eq!(
        told.as_deref(),
        Some(
            "warning: line 1, column 1: offer \"a\", items: it may want the same pieces at the same time as \"b\", \"c\", \"d\" and 1 more; a piece gets one of them. If both are meant, write mode = \"combines\" or another group; if not, accept it. [accept = [\"overlap\"]]"
        )
    );
}

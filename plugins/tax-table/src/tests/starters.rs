//! Every starter table loads, passes the check, and charges what the law of its country says: the list here is written
//! from the law and not from the tables.

use super::*;
use crate::check::{Severity, check};
use crate::starter::{Starter, table, tables};

/// Standard rates in percent, before and after every change that a table knows.
const STANDARD: [(&str, &str, &str); 42] = [
    ("at", "2026-11-22", "20"),
    ("au", "2026-11-22", "10"),
    ("be", "2026-11-22", "21"),
    ("bg", "2026-11-22", "20"),
    ("ch", "2023-12-31", "7.7"),
    ("ch", "2024-01-01", "8.1"),
    ("cy", "2026-11-22", "19"),
    ("cz", "2026-11-22", "21"),
    ("de", "2026-11-22", "19"),
    ("dk", "2026-11-22", "25"),
    ("ee", "2025-06-30", "22"),
    ("ee", "2025-07-01", "24"),
    ("es", "2026-11-22", "21"),
    ("fi", "2024-08-31", "24"),
    ("fi", "2024-09-01", "25.5"),
    ("fr", "2026-11-22", "20"),
    ("gb", "2026-11-22", "20"),
    ("gr", "2026-11-22", "24"),
    ("hr", "2026-11-22", "25"),
    ("hu", "2026-11-22", "27"),
    ("ie", "2026-11-22", "23"),
    ("it", "2026-11-22", "22"),
    ("jp", "2026-11-22", "10"),
    ("lt", "2026-11-22", "21"),
    ("lu", "2023-12-31", "16"),
    ("lu", "2024-01-01", "17"),
    ("lv", "2026-11-22", "21"),
    ("mt", "2026-11-22", "18"),
    ("nl", "2026-11-22", "21"),
    ("no", "2026-11-22", "25"),
    ("nz", "2026-11-22", "15"),
    ("pl", "2026-11-22", "23"),
    ("pt", "2026-11-22", "23"),
    ("ro", "2025-07-31", "19"),
    ("ro", "2025-08-01", "21"),
    ("se", "2026-11-22", "25"),
    ("si", "2026-11-22", "22"),
    ("sk", "2024-12-31", "20"),
    ("sk", "2025-01-01", "23"),
    ("de", "1999-01-01", "19"),
    ("ee", "2026-11-22", "24"),
    ("ro", "2026-11-22", "21"),
];

/// All other classes of the EU and its neighbours on 22 November 2026.
const REDUCED: [(&str, &[(&str, &str)]); 31] = [
    ("at", &[("reduced", "10"), ("reduced-2", "13"), ("super-reduced", "4.9"), ("parking", "13")]),
    ("be", &[("reduced", "6"), ("reduced-2", "12"), ("parking", "12")]),
    ("bg", &[("reduced", "9")]),
    ("ch", &[("reduced", "2.6"), ("lodging", "3.8")]),
    ("cy", &[("reduced", "5"), ("reduced-2", "9"), ("super-reduced", "3")]),
    ("cz", &[("reduced", "12")]),
    ("de", &[("reduced", "7"), ("meal", "7")]),
    ("dk", &[]),
    ("ee", &[("reduced", "9"), ("reduced-2", "13")]),
    ("es", &[("reduced", "10"), ("super-reduced", "4")]),
    ("fi", &[("reduced", "10"), ("reduced-2", "13.5")]),
    ("fr", &[("reduced", "5.5"), ("reduced-2", "10"), ("super-reduced", "2.1")]),
    ("gb", &[("reduced", "5")]),
    ("gr", &[("reduced", "6"), ("reduced-2", "13")]),
    ("hr", &[("reduced", "5"), ("reduced-2", "13")]),
    ("hu", &[("reduced", "5"), ("reduced-2", "18")]),
    ("ie", &[("reduced", "9"), ("reduced-2", "13.5"), ("super-reduced", "4.8"), ("parking", "13.5")]),
    ("it", &[("reduced", "5"), ("reduced-2", "10"), ("super-reduced", "4")]),
    ("lt", &[("reduced", "5"), ("reduced-2", "12")]),
    ("lu", &[("reduced", "8"), ("super-reduced", "3"), ("parking", "14")]),
    ("lv", &[("reduced", "5"), ("reduced-2", "12")]),
    ("mt", &[("reduced", "5"), ("reduced-2", "7"), ("reduced-3", "12")]),
    ("nl", &[("reduced", "9")]),
    ("no", &[("reduced", "12"), ("reduced-2", "15")]),
    ("pl", &[("reduced", "5"), ("reduced-2", "8")]),
    ("pt", &[("reduced", "6"), ("reduced-2", "13"), ("parking", "13")]),
    ("ro", &[("reduced", "11")]),
    ("se", &[("reduced", "6"), ("reduced-2", "12"), ("food", "6")]),
    ("si", &[("reduced", "5"), ("reduced-2", "9.5")]),
    ("sk", &[("reduced", "5"), ("reduced-2", "19")]),
    ("jp", &[("reduced", "8"), ("food", "8")]),
];

/// State rates of the United States and what the provinces of Canada levy in all, in percent.
const REGIONS: [(&str, &str); 64] = [
    ("US-AL", "4"),
    ("US-AK", "0"),
    ("US-AZ", "5.6"),
    ("US-AR", "6.5"),
    ("US-CA", "7.25"),
    ("US-CO", "2.9"),
    ("US-CT", "6.35"),
    ("US-DE", "0"),
    ("US-DC", "6"),
    ("US-FL", "6"),
    ("US-GA", "4"),
    ("US-HI", "4"),
    ("US-ID", "6"),
    ("US-IL", "6.25"),
    ("US-IN", "7"),
    ("US-IA", "6"),
    ("US-KS", "6.5"),
    ("US-KY", "6"),
    ("US-LA", "5"),
    ("US-ME", "5.5"),
    ("US-MD", "6"),
    ("US-MA", "6.25"),
    ("US-MI", "6"),
    ("US-MN", "6.875"),
    ("US-MS", "7"),
    ("US-MO", "4.225"),
    ("US-MT", "0"),
    ("US-NE", "5.5"),
    ("US-NV", "6.85"),
    ("US-NH", "0"),
    ("US-NJ", "6.625"),
    ("US-NM", "4.875"),
    ("US-NY", "4"),
    ("US-NC", "4.75"),
    ("US-ND", "5"),
    ("US-OH", "5.75"),
    ("US-OK", "4.5"),
    ("US-OR", "0"),
    ("US-PA", "6"),
    ("US-RI", "7"),
    ("US-SC", "6"),
    ("US-SD", "4.2"),
    ("US-TN", "7"),
    ("US-TX", "6.25"),
    ("US-UT", "6.1"),
    ("US-VT", "6"),
    ("US-VA", "5.3"),
    ("US-WA", "6.5"),
    ("US-WV", "6"),
    ("US-WI", "5"),
    ("US-WY", "4"),
    ("CA-AB", "5"),
    ("CA-BC", "5+7"),
    ("CA-MB", "5+7"),
    ("CA-NB", "15"),
    ("CA-NL", "15"),
    ("CA-NS", "14"),
    ("CA-NT", "5"),
    ("CA-NU", "5"),
    ("CA-ON", "13"),
    ("CA-PE", "15"),
    ("CA-QC", "5+9.975"),
    ("CA-SK", "5+6"),
    ("CA-YT", "5"),
];

fn starter(id: &str) -> &'static Starter {
    table(id).unwrap_or_else(|| panic!("no starter table {id}"))
}

/// The rates of a class in percent, joined by `+`.
fn rates(json: &str, now: &str, class: &str, ship_to: Option<Destination>) -> String {
    let basket = testing::basket("EUR", now).sell("THING", 1, "10.00").taxed(class);
    let input = TaxInput { ship_to, ..testing::tax_input(basket) };
    let answer = TaxTable::configure(json).unwrap().assess(&input).unwrap();
    let rates = answer.components.iter().map(|component| match component.levy {
        Levy::Percent(rate) => rate.percent_text(),
        other => panic!("{other:?}"),
    });
    rates.collect::<Vec<_>>().join("+")
}

#[test]
fn every_country_charges_its_standard_rate() {
    for (id, day, expected) in STANDARD {
        assert_eq!(rates(starter(id).json, &format!("{day} 12:00"), "standard", None), expected, "{id} on {day}");
    }
    let of_places = ["ca", "in", "us"];
    for starter in tables().iter().filter(|starter| !of_places.contains(&starter.id)) {
        assert!(STANDARD.iter().any(|(id, _, _)| *id == starter.id), "{} has no expected rate", starter.id);
    }
}

#[test]
fn every_reduced_rate_is_there_and_no_other() {
    for (id, expected) in REDUCED {
        let json = starter(id).json;
        for (class, rate) in expected {
            assert_eq!(rates(json, "2026-11-22 12:00", class, None), *rate, "{id} {class}");
        }
        let table: Value = serde_json::from_str(json).unwrap();
        let known = |class: &str| {
            ["standard", "zero", "exempt"].contains(&class) || expected.iter().any(|(other, _)| *other == class)
        };
        for class in table["classes"].as_object().unwrap().keys() {
            assert!(known(class), "{id} {class} has no expected rate");
        }
    }
}

#[test]
fn rates_change_on_their_day() {
    for (id, class, last, before, after) in [
        ("at", "reduced", "2026-06-30", "10", "10"),
        ("ch", "reduced", "2023-12-31", "2.5", "2.6"),
        ("cz", "reduced", "2023-12-31", "15", "12"),
        ("de", "meal", "2025-12-31", "19", "7"),
        ("fi", "reduced-2", "2025-12-31", "14", "13.5"),
        ("lt", "reduced-2", "2025-12-31", "9", "12"),
        ("lu", "parking", "2023-12-31", "13", "14"),
        ("ro", "reduced", "2025-07-31", "9", "11"),
        ("se", "food", "2026-03-31", "12", "6"),
        ("se", "food", "2027-12-31", "6", "12"),
        ("sk", "reduced-2", "2024-12-31", "10", "19"),
    ] {
        let json = starter(id).json;
        let (year, rest) = last.split_at(4);
        let next = match rest {
            "-12-31" => format!("{}-01-01", year.parse::<u16>().unwrap() + 1),
            "-03-31" => format!("{year}-04-01"),
            "-06-30" => format!("{year}-07-01"),
            _ => format!("{year}-08-01"),
        };
        assert_eq!(rates(json, &format!("{last} 23:59"), class, None), before, "{id} {class} until {last}");
        assert_eq!(rates(json, &format!("{next} 00:00"), class, None), after, "{id} {class} from {next}");
    }
}

#[test]
fn every_state_and_province_levies_its_rate() {
    for (place, expected) in REGIONS {
        let (country, region) = place.split_once('-').unwrap();
        let json = starter(&country.to_lowercase()).json;
        let ship_to = Destination { country: country.into(), region: region.into(), ..Destination::default() };
        assert_eq!(rates(json, "2026-11-22 12:00", "standard", Some(ship_to)), expected, "{place}");
    }
    for country in ["us", "ca"] {
        let table: Value = serde_json::from_str(starter(country).json).unwrap();
        let places = table["places"].as_array().unwrap().len();
        let listed = REGIONS.iter().filter(|(place, _)| place.to_lowercase().starts_with(country)).count();
        assert_eq!(places, listed, "{country}");
    }
    let nova_scotia = Destination { country: "CA".into(), region: "NS".into(), ..Destination::default() };
    assert_eq!(rates(starter("ca").json, "2025-03-31 12:00", "standard", Some(nova_scotia)), "15");
    let india = |class: &str, day: &str| {
        let anywhere = Destination { country: "IN".into(), region: "KL".into(), ..Destination::default() };
        rates(starter("in").json, &format!("{day} 12:00"), class, Some(anywhere))
    };
    assert_eq!(india("standard", "2026-11-22"), "18");
    assert_eq!(india("reduced", "2026-11-22"), "5");
    assert_eq!((india("demerit", "2025-09-21"), india("demerit", "2025-09-22")), ("28".into(), "40".into()));
}

#[test]
fn starters_pass_the_check_and_say_what_they_are() {
    for starter in tables() {
        let Starter { id, title, date, source, json } = starter;
        let table: Value = serde_json::from_str(json).unwrap();
        for (key, expected) in [("title", title), ("date", date), ("source", source)] {
            assert_eq!(table[key], *expected, "{id}");
        }
        assert!(source.starts_with("https://"), "{id}");
        let findings = check(json, "2026-11-22".parse().unwrap());
        let errors: Vec<String> =
            findings.iter().filter(|finding| finding.severity == Severity::Error).map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{id}: {errors:#?}");
        let mut places: Vec<&str> = findings.iter().map(|finding| finding.place.as_str()).collect();
        places.sort_unstable();
        let expected: &[&str] = match *id {
            "us" => &["home", "starter"],
            "ca" => &["home"],
            "in" => &["date", "home", "jurisdictions.IN-IGST.classes.demerit[1]"],
            _ => &[],
        };
        assert_eq!(places, expected, "{id}");
        assert_eq!(table["starter"] == true, *id == "us", "{id}");
    }
    assert!(tables().is_sorted_by_key(|starter| starter.id));
}

#[test]
fn all_members_of_the_union_are_there() {
    let union = [
        "at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie", "it", "lt", "lu",
        "lv", "mt", "nl", "pl", "pt", "ro", "se", "si", "sk",
    ];
    assert_eq!(union.len(), 27);
    for id in union {
        let json = starter(id).json;
        assert_eq!(rates(json, "2026-11-22 12:00", "zero", None), "0", "{id}");
        assert_eq!(rates(json, "2026-11-22 12:00", "exempt", None), "0", "{id}");
    }
}

//! The scripts of the shop, each against its table of cases.

use crate::fixture::load_named;
use pos_domain::pricing::proposal::Stage;
use pos_rhai::cases::{Table, run};
use std::path::{Path, PathBuf};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    files.sort();
    files
}

#[test]
fn every_script_does_what_its_table_says() {
    let mut cases = 0;
    let mut problems = Vec::new();
    for folder in [scripts(), scripts().join("replay")] {
        for file in files(&folder, ".rhai") {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            let rule = load_named(&name, &text).unwrap_or_else(|diagnostic| panic!("{diagnostic}"));
            let beside = file.with_extension("cases.toml");
            let table = std::fs::read_to_string(&beside).unwrap_or_else(|_| panic!("{name} has no table beside it"));
            let table = Table::parse(&table).unwrap_or_else(|error| panic!("{}: {error}", beside.display()));
            for outcome in run(&table, &[rule]) {
                cases += 1;
                problems.extend(outcome.problem.map(|problem| format!("{name}, {}: {problem}", outcome.name)));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(cases >= 19, "only {cases} cases ran");
}

#[test]
fn all_three_together_leave_each_other_what_the_stages_promise() {
    let rules = ["happy_hour", "three_for_two", "spend_and_save"].map(|name| {
        let text = std::fs::read_to_string(scripts().join(format!("{name}.rhai"))).unwrap();
        load_named(&format!("{name}.rhai"), &text).unwrap_or_else(|diagnostic| panic!("{diagnostic}"))
    });
    let stages: Vec<_> = rules.iter().map(|rule| rule.about().discount_stages.clone()).collect();
    assert_eq!(stages, [vec![Stage::Line], vec![Stage::Shop], vec![Stage::Order]]);
    let table = r#"
        [[case]]
        name = "the order offer sees what the others left"
        now = "2026-11-18 17:30"
        items = ["2 x Pale ale @ 5.90 #draught", "3 x Dune @ 20.00 #paperback", "1 x Crisps @ 1.80"]
        expect = ["Happy hour -2.36", "3 for 2 on paperbacks -20.00", "Spend 50, save 5 -5.00"]
        total = 46.24
        [[case]]
        name = "which may be too little"
        now = "2026-11-18 17:30"
        items = ["2 x Pale ale @ 5.90 #draught", "3 x Dune @ 15.00 #paperback"]
        expect = ["Happy hour -2.36", "3 for 2 on paperbacks -15.00"]
        total = 39.44
    "#;
    for outcome in run(&Table::parse(table).unwrap(), &rules) {
        assert_eq!(outcome.problem, None, "{}", outcome.name);
    }
}

#[test]
fn a_table_that_is_wrong_says_where() {
    for (table, expected) in [
        ("", "missing field `case`"),
        ("[[case]]\nname = \"x\"\nexpect = []\nitms = []", "unknown field `itms`"),
        (
            "[[case]]\nname = \"x\"\nexpect = []\nnow = \"noon\"",
            "case \"x\": \"noon\" is not a time; write it like \"2026-11-18 17:30\"",
        ),
        (
            "[[case]]\nname = \"x\"\nexpect = [\"Happy\"]",
            "case \"x\": \"Happy\" is not an expectation; write it like \"Happy hour -2.36\"",
        ),
        (
            "[[case]]\nname = \"x\"\nexpect = []\nitems = [\"ale\"]",
            "case \"x\": no quantity in \"ale\"; write it like \"2 x Pale ale @ 5.90 #draught\"",
        ),
        (
            "[[case]]\nname = \"x\"\nexpect = []\ntotal = 1.005",
            "case \"x\": 1.005 has more decimal places than EUR (2)",
        ),
        ("currency = \"EURO\"\n[[case]]\nname = \"x\"\nexpect = []", "\"EURO\" is not a currency code of ISO 4217"),
    ] {
        let error = Table::parse(table).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_difference_is_told_in_full() {
    let rule = crate::fixture::rule("basket.items.percent_off(10).called(\"Ten\"); basket.hint(\"more\");");
    let table =
        "[[case]]\nname = \"x\"\nitems = [\"1 x Tea @ 3.33\"]\nexpect = [\"Ten -0.30\"]\ntotal = 3.03\nhints = []";
    let outcomes = run(&Table::parse(table).unwrap(), &[rule]);
    let problem = outcomes[0].problem.as_deref().unwrap();
    assert_eq!(
        problem,
        "expected \"Ten -0.30\", got \"Ten -0.33\"; expected a total of 3.03, got 3.00; expected hints [], got [\"more\"]"
    );
}

//! Runs every `.pos` file of the suite against its reference.

use pos_tests::scenario::run;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scenarios(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "pos") {
            found.push(path);
        }
    }
}

fn differences(expected: &str, found: &str) -> String {
    let mut text = String::new();
    let (mut expected, mut found) = (expected.lines(), found.lines());
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return text,
            (left, right) if left == right => {}
            (left, right) => writeln!(text, "- {}\n+ {}", left.unwrap_or_default(), right.unwrap_or_default()).unwrap(),
        }
    }
}

#[test]
fn every_scenario_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite");
    let mut found = Vec::new();
    scenarios(&folder, &mut found);
    found.sort();
    assert!(found.len() >= 10, "only {} scenarios were found", found.len());
    let update = std::env::var_os("UPDATE_REF").is_some();
    let mut wrong = Vec::new();
    for path in found {
        let outcome = match run(&path) {
            Ok(outcome) => outcome,
            Err(error) => {
                wrong.push(format!("{error:#}"));
                continue;
            }
        };
        let receipts_path = path.with_extension("receipt.txt");
        for (path, text) in [(path, outcome.text), (receipts_path, outcome.receipts)] {
            let reference = std::fs::read_to_string(&path).unwrap_or_default();
            if reference == text {
                continue;
            }
            if update {
                std::fs::write(&path, &text).unwrap();
            } else {
                wrong.push(format!("{}:\n{}", path.display(), differences(&reference, &text)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE_REF=1 rewrites the references; review the difference.", wrong.join("\n"));
}

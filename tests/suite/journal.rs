//! The exported journal under the standalone verifier.

use pos_tests::journal_lab::run;

#[test]
fn the_verifier_finds_every_spoilt_journal() {
    let outcome = run(6, 600, 1, |_| {}).unwrap();
    assert!(outcome.violations == 0, "{outcome:?}");
    assert!(outcome.ways.len() == 9 && outcome.records > 12, "{outcome:?}");
}

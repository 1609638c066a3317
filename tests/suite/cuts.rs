//! Ten thousand power cuts in the ordinary test run, and faults built in that must be found.

use pos_storage::Sabotage;
use pos_tests::cuts_lab::{Options, run};

#[test]
fn nothing_answered_is_lost_in_ten_thousand_power_cuts() {
    let outcome = run(Options { count: 10_000, seed: 20_261_122, sabotage: None, only: None }, |_| {}).unwrap();
    assert_eq!(outcome.violations, 0, "{}", outcome.in_words());
    assert_eq!(outcome.count, 10_000);
    // A run that met nothing would prove nothing.
    for moment in ["opening", "migration", "sale", "return", "shift closed", "restart", "person", "articles", "between"]
    {
        assert!(outcome.moments.get(moment).is_some_and(|cuts| *cuts > 10), "{moment}: {:?}", outcome.moments);
    }
    let fates = outcome.fates;
    assert!(fates.kept > 1_000 && fates.dropped > 1_000 && fates.torn > 1_000 && fates.names_lost > 0, "{fates:?}");
    assert!(outcome.second_cuts > 500 && outcome.faults.steps_failed > 50 && outcome.lies.cuts >= 100);
    assert!(outcome.lies.found_by_the_register + outcome.lies.found_by_an_anchor > 0, "{:?}", outcome.lies);
}

/// The laboratory finds what is built in; otherwise it would prove nothing.
fn finds(sabotage: Sabotage, told: &[&str]) {
    let outcome = run(Options { count: 600, seed: 1, sabotage: Some(sabotage), only: None }, |_| {}).unwrap();
    assert!(outcome.violations > 10, "{}", outcome.in_words());
    let is_told = |violation: &String| told.iter().any(|told| violation.contains(told));
    assert!(outcome.told.iter().any(is_told), "{}", outcome.in_words());
}

#[test]
fn a_commit_that_is_not_synced_is_found() {
    finds(Sabotage::NormalSync, &["the shop stands after note"]);
}

#[test]
fn a_receipt_before_its_commit_is_found() {
    finds(Sabotage::ReceiptFirst, &["the shop stands after note"]);
}

#[test]
fn a_number_taken_outside_of_its_transaction_is_found() {
    // A gap before the next receipt, or, where that was sold before the cut was looked at, in the journal.
    finds(Sabotage::NumberOutside, &["the next receipt is", "has receipt number"]);
}

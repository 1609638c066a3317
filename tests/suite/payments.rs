//! Schedules of payments, in the ordinary test run.

use pos_tests::payments_lab::run;

#[test]
fn bank_and_journal_tell_the_same_story() {
    let outcome = run(1_500, 20_261_122, false, |_| {}).unwrap();
    assert_eq!(outcome.violations, Vec::<String>::new());
    // A run in which nothing went wrong would prove nothing.
    assert!(outcome.power_failures > 100 && outcome.left > 20, "{outcome:?}");
    assert!(["approved", "kept", "reversed", "declined"].iter().all(|state| outcome.ended[*state] > 10), "{outcome:?}");
}

#[test]
fn a_terminal_that_is_charged_again_is_found_out() {
    let outcome = run(200, 1, true, |_| {}).unwrap();
    assert!(outcome.violations.len() > 10, "{outcome:?}");
}

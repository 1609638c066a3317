//! Two hundred kills, in the ordinary test run: half of a replay, half at a terminal.

use pos_tests::kills::{run, run_at_a_terminal};

#[test]
fn every_acknowledged_sale_survives_its_kills() {
    let report = run(100, 20_261_121, |_| {}).unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(report.count, 100);
    // A run that never got to sell would prove nothing.
    assert!(report.acknowledged > 500, "only {} sales were acknowledged", report.acknowledged);
}

#[test]
fn no_card_is_charged_twice_or_for_nothing_whenever_the_register_is_killed() {
    let report = run_at_a_terminal(100, 20_261_122, |_| {}).unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
    let ended = |state: &str| report.payments.get(state).copied().unwrap_or_default();
    assert!(ended("approved") > 5 && ended("reversed") > 5, "{:?}", report.payments);
}

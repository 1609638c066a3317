//! Two hundred kills, in the ordinary test run.

#[test]
fn every_acknowledged_sale_survives_two_hundred_kills() {
    let report = pos_tests::kills::run(200, 20_261_121, |_| {}).unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(report.count, 200);
    // A run that never got to sell would prove nothing.
    assert!(report.acknowledged > 1_000, "only {} sales were acknowledged", report.acknowledged);
}

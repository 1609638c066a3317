//! Lives of a register, in the ordinary test run.

use pos_tests::sim_lab::run;

#[test]
fn a_thousand_lives_add_up() {
    let outcome = run(1_000, 20_261_122, None, false, |_| {}).unwrap();
    assert_eq!(outcome.violations, Vec::<String>::new());
    // Lives in which little happened would prove little.
    assert!(outcome.power_failures > 500 && outcome.transactions > 5_000, "{outcome:?}");
    let done = |what: &str| outcome.done.get(what).copied().unwrap_or_default();
    let rare =
        ["post-void", "take order", "close shift", "leave payment", "return", "deposit back", "on account", "empties"];
    assert!(rare.iter().all(|what| done(what) > 0), "{outcome:?}");
}

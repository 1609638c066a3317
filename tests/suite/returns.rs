//! Sold, taken back and exchanged at random until nothing is left sold: everything is back at zero.

use pos_tests::returns_lab::run;

#[test]
fn whatever_was_sold_and_came_back_leaves_nothing() {
    let outcome = run(40, 1).unwrap();
    assert!(outcome.violations.is_empty(), "{}", outcome.told());
    assert!(outcome.sales == 3 * 40 && outcome.exchanges > 15, "{}", outcome.told());
}

/// Where coins are large, a share may be too small for any: it comes back with the goods that it paid for in an exchange.
#[test]
fn small_change_of_exchanges_comes_back() {
    let outcome = run(100, 3).unwrap();
    assert!(outcome.violations.is_empty(), "{}", outcome.told());
}

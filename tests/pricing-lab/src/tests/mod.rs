//! The format of cases, other projects' figures, and random baskets in numbers a build can wait for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod beyond;
mod format;
mod returns;
mod score;
mod tax;

use super::*;

/// Quick, and nearly as strict: what `.ci/mutants` asks first.
#[test]
fn the_first_baskets_keep_every_property() {
    for start in (0..600).step_by(10) {
        let report = shard(start..start + 10, 2);
        assert!(report.violations == 0, "{:#?}", report.found);
    }
}

/// Ten thousand baskets of all shapes agree with the reference and keep every property.
#[test]
fn ten_thousand_baskets_keep_every_property() {
    let report = run(10_000, 1, |_| {});
    let told: Vec<&Violation> = report.found.iter().collect();
    assert!(report.violations == 0, "{} violations: {told:#?}", report.violations);
    for (shape, counts) in &report.shapes {
        assert!(counts["cases"] >= 500, "{shape}: {counts:?}");
    }
    // A property that is never looked at holds nothing.
    for name in properties::NAMES {
        assert!(report.properties.get(name).is_some_and(|count| *count >= 400), "{name}: {:?}", report.properties);
    }
}

#[test]
fn a_seed_gives_the_same_report_on_any_number_of_threads() {
    let whole = run(600, 7, |_| {});
    let mut alone = Report { count: 600, seed: 7, ..Report::default() };
    for start in (0..600).step_by(200) {
        alone.add(shard(start..start + 200, 7));
    }
    assert_eq!(whole, alone);
}

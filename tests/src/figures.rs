//! Figures beside their yardsticks, as `bench` prints them.
#![expect(clippy::print_stdout, reason = "figures are what `bench` prints")]

use serde::Serialize;
use std::time::Duration;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it is held against.
    pub yardstick: f64,
    /// value / yardstick
    pub ratio: f64,
    /// What the yardstick is, and whether more or less is better.
    pub against: String,
}

/// A figure, rounded for reading.
pub fn row(name: impl Into<String>, value: f64, unit: &'static str, yardstick: f64, against: impl Into<String>) -> Row {
    let ratio = if yardstick == 0.0 { value } else { value / yardstick };
    let round = |number: f64| (number * 1000.0).round() / 1000.0;
    Row {
        name: name.into(),
        value: round(value),
        unit,
        yardstick: round(yardstick),
        ratio: round(ratio),
        against: against.into(),
    }
}

/// Median and 99th percentile in microseconds.
pub fn quantiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: usize| {
        let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    (at(50), at(99))
}

/// Prints the figures, as a table or as one JSON object on one line.
pub fn print(rows: &[Row], skipped: &[String], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(&serde_json::json!({ "rows": rows, "skipped": skipped }))?);
        return Ok(());
    }
    println!("{:<36} {:>12} {:<8} {:>12} {:>8}  against", "figure", "value", "unit", "yardstick", "ratio");
    for Row { name, value, unit, yardstick, ratio, against } in rows {
        println!("{name:<36} {value:>12} {unit:<8} {yardstick:>12} {ratio:>8}  {against}");
    }
    for what in skipped {
        println!("skipped: {what}");
    }
    Ok(())
}

/// Prints what another process waits for.
pub fn tell(json: &str) {
    println!("{json}");
}

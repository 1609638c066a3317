//! The laboratory: attacks that take longer than a test run.
#![expect(clippy::print_stdout, reason = "figures are what this program prints")]

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "lab", about = "Attacks the register and counts what breaks")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// kill -9 at random moments of a running replay
    Kills {
        /// How many
        #[arg(long, default_value_t = 200)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
    },
    /// Random baskets against the independent reference
    Pricing {
        /// How many
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().what {
        What::Kills { count, seed, json } => kills(count, seed, json),
        What::Pricing { count, seed, json } => pricing(count, seed, json),
    }
}

fn pricing(count: u64, seed: u64, json: bool) -> anyhow::Result<ExitCode> {
    let report = pos_tests::pricing_lab::run(count, seed, |done| {
        if done % 5_000 == 0 {
            eprintln!("{done} of {count} baskets");
        }
    });
    for violation in &report.violations {
        eprintln!("VIOLATION {}: {}", violation.what, violation.case);
    }
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!(
            "{count} baskets: {} about taxes agree, {} about offers are never below brute force ({} above: portions \
             piece by piece), {} proven optimal, {} skipped, {} violations (seed {seed})",
            report.taxes,
            report.offers,
            report.better,
            report.optimal,
            report.skipped,
            report.violations.len()
        );
    }
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn kills(count: u64, seed: u64, json: bool) -> anyhow::Result<ExitCode> {
    let report = pos_tests::kills::run(count, seed, |done| {
        if done % 20 == 0 {
            eprintln!("{done} of {count} kills");
        }
    })?;
    for violation in &report.violations {
        eprintln!("VIOLATION {violation}");
    }
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!(
            "{} kills, {} sales acknowledged, {} shops filled, {} violations (seed {seed})",
            report.count,
            report.acknowledged,
            report.finished,
            report.violations.len()
        );
    }
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

//! The laboratory: attacks that take longer than a test run.
#![expect(clippy::print_stdout, reason = "figures are what this program prints")]

use anyhow::Context;
use clap::{Parser, Subcommand};
use pos_storage::Sabotage;
use pos_tests::{cuts_lab, journal_lab, payments_lab, returns_lab, rights_lab, sim_lab};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "lab", about = "Attacks the register and counts what breaks")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// kill -9 at random moments: of a running replay, and of a register that charges cards
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
        /// Where cases that fail are written [default: pos-lab in the folder for temporary files]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Sales, returns and exchanges at random until nothing is left sold: every account, tax, point and stock at zero
    Returns {
        /// Sales in each of three shops
        #[arg(long, default_value_t = 200)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
    },
    /// People of random roles do what comes to mind: nobody does what they may not, and whoever may is let
    Rights {
        /// Things tried
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
    },
    /// Payments with terminals that lose, delay and repeat, and with power that fails: bank and journal must agree
    Payments {
        /// Schedules
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
        /// Builds a fault in, which must be found
        #[arg(long, value_enum)]
        sabotage: Option<PaymentSabotage>,
    },
    /// Lives of a register from one seed each: cashiers, terminals, clocks, power and restarts, against a ledger of its own
    Sim {
        /// Lives
        #[arg(long, default_value_t = 1_000)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Only this life, as a violation names it
        #[arg(long, value_name = "LIFE")]
        only: Option<u64>,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
        /// Builds a fault in, which must be found
        #[arg(long, value_enum)]
        sabotage: Option<PaymentSabotage>,
    },
    /// An exported journal, spoilt in every way: the standalone verifier must find each
    Journal {
        /// How often
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
    },
    /// Power cuts at every step a register asks of its disk; disks that fail, lie, or change what lies on them
    Cuts {
        /// How many
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        /// Repeats a run
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Builds a fault in, which must be found: normal-sync, receipt-first or number-outside
        #[arg(long, value_name = "FAULT", value_parser = sabotage)]
        sabotage: Option<Sabotage>,
        /// This cut of the run and no other
        #[arg(long, value_name = "CUT")]
        only: Option<u64>,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
    },
    /// How many of other projects' published figures come out, each under one policy of its own
    Peers {
        /// Print one JSON array as the last line, a row for each peer
        #[arg(long)]
        json: bool,
    },
}

/// A fault that is built in.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PaymentSabotage {
    /// A terminal that gives no answer is asked for the money again
    DoubleCapture,
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().what {
        What::Kills { count, seed, json } => kills(count, seed, json),
        What::Pricing { count, seed, json, out } => {
            pricing(count, seed, json, &out.unwrap_or_else(|| std::env::temp_dir().join("pos-lab")))
        }
        What::Returns { count, seed, json } => returns(count, seed, json),
        What::Rights { count, seed, json } => rights(count, seed, json),
        What::Payments { count, seed, json, sabotage } => payments(count, seed, json, sabotage.is_some()),
        What::Sim { count, seed, only, json, sabotage } => {
            sim(if only.is_some() { 1 } else { count }, seed, only, json, sabotage.is_some())
        }
        What::Journal { count, seed, json } => journal(count, seed, json),
        What::Cuts { count, seed, sabotage, only, json } => {
            cuts(cuts_lab::Options { count, seed, sabotage, only }, json)
        }
        What::Peers { json } => peers(json),
    }
}

fn sabotage(name: &str) -> Result<Sabotage, String> {
    let found = Sabotage::ALL.into_iter().find(|sabotage| sabotage.name() == name);
    found.ok_or_else(|| format!("faults are {}", Sabotage::ALL.map(Sabotage::name).join(", ")))
}

fn cuts(options: cuts_lab::Options, json: bool) -> anyhow::Result<ExitCode> {
    let outcome = cuts_lab::run(options, |done| {
        if done % 10_000 == 0 {
            eprintln!("{done} of {} cuts", options.count);
        }
    })?;
    if json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else {
        println!("{}", outcome.in_words());
    }
    Ok(if outcome.violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn pricing(count: u64, seed: u64, json: bool, out: &Path) -> anyhow::Result<ExitCode> {
    let report = pos_pricing_lab::run(count, seed, |done| {
        if done % 25_000 == 0 {
            eprintln!("{done} of {count} baskets");
        }
    });
    for (number, violation) in report.found.iter().enumerate() {
        std::fs::create_dir_all(out).with_context(|| format!("The folder {} cannot be made", out.display()))?;
        let name = |what: &str| out.join(format!("{seed}-{}-{}.{what}.json", number + 1, violation.shape));
        let mut files = vec![("--case", name("case"), &violation.case)];
        files.extend(violation.returns.as_ref().map(|returns| ("--return", name("return"), returns)));
        eprintln!("VIOLATION {} (seed {})", violation.what, violation.seed);
        for (option, path, content) in files {
            std::fs::write(&path, serde_json::to_string_pretty(content)?)
                .with_context(|| format!("The file {} cannot be written", path.display()))?;
            eprintln!("  pos price {option} {}", path.display());
        }
    }
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        for (shape, counts) in &report.shapes {
            let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            println!("{shape:<18} {}", counts.join(", "));
        }
        for (property, count) in &report.properties {
            println!("{property:<28} looked at {count} times");
        }
        println!("{count} baskets, {} violations (seed {seed})", report.violations);
    }
    Ok(if report.violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn returns(count: u64, seed: u64, json: bool) -> anyhow::Result<ExitCode> {
    let outcome = returns_lab::run(count, seed)?;
    let violations = outcome.violations.len();
    if json {
        let returns_lab::Outcome { sales, returns, exchanges, violations: told } = outcome;
        let figures = serde_json::json!({
            "count": count, "seed": seed, "violations": violations, "told": told,
            "sales": sales, "returns": returns, "exchanges": exchanges,
        });
        println!("{figures}");
    } else {
        println!("{} (seed {seed})", outcome.told());
    }
    Ok(if violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn rights(count: u64, seed: u64, json: bool) -> anyhow::Result<ExitCode> {
    let outcome = rights_lab::run(count, seed)?;
    let violations = outcome.violations.len();
    if json {
        let mut figures = serde_json::to_value(&outcome)?;
        figures["told"] = figures["violations"].take();
        figures["violations"] = violations.into();
        (figures["count"], figures["seed"]) = (count.into(), seed.into());
        println!("{figures}");
    } else {
        println!("{} (seed {seed})", outcome.told());
    }
    Ok(if violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn payments(count: u64, seed: u64, json: bool, sabotage: bool) -> anyhow::Result<ExitCode> {
    let outcome = payments_lab::run(count, seed, sabotage, |done| {
        if done % 10_000 == 0 {
            eprintln!("{done} of {count} schedules");
        }
    })?;
    let violations = outcome.violations.len();
    outcome.violations.iter().take(20).for_each(|violation| eprintln!("VIOLATION {violation}"));
    let mut figures = serde_json::to_value(&outcome)?;
    figures["told"] = outcome.violations.iter().take(20).cloned().collect();
    figures["violations"] = violations.into();
    (figures["count"], figures["seed"]) = (count.into(), seed.into());
    if json {
        println!("{figures}");
    } else {
        println!("{count} schedules, {} payments, {violations} violations (seed {seed})", outcome.payments);
        for (what, counts) in [("faults", &outcome.faults), ("ended", &outcome.ended)] {
            let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            println!("{what}: {}", counts.join(", "));
        }
    }
    Ok(if violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn sim(count: u64, seed: u64, only: Option<u64>, json: bool, sabotage: bool) -> anyhow::Result<ExitCode> {
    let outcome = sim_lab::run(count, seed, only, sabotage, |done| {
        if done % 1_000 == 0 {
            eprintln!("{done} of {count} lives");
        }
    })?;
    let violations = outcome.violations.len();
    outcome.violations.iter().take(10).for_each(|violation| eprintln!("VIOLATION {violation}"));
    if json {
        let mut figures = serde_json::to_value(&outcome)?;
        figures["told"] = outcome.violations.iter().take(10).cloned().collect();
        figures["violations"] = violations.into();
        (figures["count"], figures["seed"]) = (count.into(), seed.into());
        println!("{figures}");
    } else {
        let sim_lab::Outcome { steps, transactions, restarts, power_failures, .. } = &outcome;
        println!(
            "{count} lives of {steps} steps: {transactions} transactions, {restarts} restarts, {power_failures} failures \
             of power, {violations} violations (seed {seed})"
        );
        for (what, counts) in [("done", &outcome.done), ("refused", &outcome.refused)] {
            let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            println!("{what}: {}", counts.join(", "));
        }
    }
    Ok(if violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Sales of the journal that is spoilt: small, so that it can be spoilt often.
const JOURNAL_SALES: u64 = 15;

fn journal(count: u64, seed: u64, json: bool) -> anyhow::Result<ExitCode> {
    let outcome = journal_lab::run(JOURNAL_SALES, count, seed, |done| {
        if done % 1_000 == 0 {
            eprintln!("{done} of {count} journals");
        }
    })?;
    if json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else {
        for (way, count) in &outcome.ways {
            println!("{way:<32} {count}");
        }
        let journal_lab::Outcome { records, bytes, violations, told, .. } = &outcome;
        println!("{records} records of {bytes} bytes spoilt {count} times, {violations} not found (seed {seed})");
        told.iter().for_each(|told| println!("NOT FOUND {told}"));
    }
    Ok(if outcome.violations == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn peers(json: bool) -> anyhow::Result<ExitCode> {
    let scores = pos_reference::vectors::score(&pos_pricing_lab::price);
    let good = scores.iter().all(pos_reference::vectors::Score::is_good);
    if json {
        println!("{}", serde_json::to_string(&scores)?);
    } else {
        for score in &scores {
            print!("{score}");
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn kills(count: u64, seed: u64, json: bool) -> anyhow::Result<ExitCode> {
    let progress = |done| {
        if done % 50 == 0 {
            eprintln!("{done} of {count} kills");
        }
    };
    // Half of them while a file is replayed, half while cards are charged.
    let at_a_terminal = count / 2;
    let replay = pos_tests::kills::run(count - at_a_terminal, seed, progress)?;
    let terminal = pos_tests::kills::run_at_a_terminal(at_a_terminal, seed, progress)?;
    let told: Vec<&String> = replay.violations.iter().chain(&terminal.violations).collect();
    told.iter().for_each(|violation| eprintln!("VIOLATION {violation}"));
    if json {
        let figures = serde_json::json!({
            "count": count, "seed": seed, "violations": told.len(), "told": told,
            "acknowledged": replay.acknowledged + terminal.acknowledged,
            "before_first": replay.before_first + terminal.before_first,
            "replays": replay.count, "at_a_terminal": terminal.count, "payments": terminal.payments,
        });
        println!("{figures}");
    } else {
        println!(
            "{} kills of a replay, {} at a terminal, {} numbers acknowledged, payments {:?}, {} violations (seed {seed})",
            replay.count,
            terminal.count,
            replay.acknowledged + terminal.acknowledged,
            terminal.payments,
            told.len()
        );
    }
    Ok(if told.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

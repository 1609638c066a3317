//! What a register holds in memory and how long it takes to be ready, on a file of a million sales, each of a customer of its
//! own with points, and then with a million articles.
//!
//! A process of its own opens the file as a register does: the storage, the end of the journal looked through, the kernel.

use super::growth::Lived;
use super::large;
use crate::baskets::Random;
use crate::figures::{Row, row};
use crate::shop::TestShop;
use anyhow::{Context, ensure};
use pos_api::Command;
use pos_api::port::{Scope, Store};
use pos_domain::catalogue::Item;
use pos_storage::{SqliteStore, StoreOptions, bulk};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Instant;

/// Articles.
const ARTICLES: u64 = 1_000_000;
/// So many are stored at a time.
const BATCH: u64 = 5_000;
/// Sales that the register rings up, of so many random articles and customers.
const SALES: u64 = 300;
const LINES: usize = 5;

/// What such a process tells.
#[derive(Debug, Serialize, Deserialize)]
struct Held {
    /// Until the kernel is there.
    ready_ms: f64,
    /// Resident when it is ready, after scans and sales, and after the whole check that runs behind a register.
    ready_mb: f64,
    sold_mb: f64,
    checked_mb: f64,
    /// How long that check takes.
    check_s: f64,
}

fn code(article: u64) -> String {
    format!("2{article:011}0")
}

/// Stores a million articles beside those of the demonstration shop.
pub fn stock_up(path: &Path) -> anyhow::Result<()> {
    let mut models = pos_cli::demo_catalogue::demo_items()?;
    models.retain(|item| !item.unit.is_measured());
    let article = |number: u64| {
        let model = &models[number as usize % models.len()];
        let (id, name) = (format!("A{number:07}").into(), format!("{} {number}", model.name).into());
        Item { id, name, codes: vec![code(number).into()], ..model.clone() }
    };
    let mut batches = (0..ARTICLES / BATCH).map(|batch| {
        if batch.is_multiple_of(10) {
            eprint!("\r  {} articles ", batch * BATCH);
        }
        (batch * BATCH..(batch + 1) * BATCH).map(article).collect()
    });
    bulk::stock_up(path, &mut batches)?;
    eprintln!();
    Ok(())
}

/// Opens a file as a register does and sells: the process that [`measure`] starts. Prints what it holds as JSON.
pub fn hold(path: &Path, customers: u64, articles: u64, checks: bool) -> anyhow::Result<String> {
    let recipe = large::recipe(false)?;
    let codes = large::piece_codes(&pos_cli::demo_catalogue::demo_items()?);
    let started = Instant::now();
    let store = SqliteStore::open(path, StoreOptions::new(recipe.shop.currency))?;
    let tail = store.verify(Scope::Tail)?;
    ensure!(tail.problems.is_empty(), "the end of the journal: {:?}", tail.problems);
    let mut shop = TestShop::open_with(store, recipe)?;
    let ready_ms = started.elapsed().as_secs_f64() * 1000.0;
    let ready_mb = resident_mb()?;
    let mut random = Random::new(7);
    for _ in 0..SALES {
        let customer = format!("K{:08}", random.below(customers));
        super::accepted(shop.call(Command::SetCustomer { basket: None, customer: Some(customer) }))?;
        let codes: Vec<String> = (0..LINES)
            .map(|_| match articles {
                0 => codes[random.below(codes.len() as u64) as usize].clone(),
                articles => code(random.below(articles)),
            })
            .collect();
        super::sell(&mut shop, &codes)?;
    }
    super::accepted(shop.call(Command::XReport))?;
    let sold_mb = resident_mb()?;
    let started = Instant::now();
    if checks {
        let found = shop.store.verify(Scope::WHOLE)?;
        ensure!(found.problems.is_empty(), "the whole file: {:?}", found.problems);
    }
    let (check_s, checked_mb) = (started.elapsed().as_secs_f64(), peak_mb()?);
    Ok(serde_json::to_string(&Held { ready_ms, ready_mb, sold_mb, checked_mb, check_s })?)
}

fn resident_mb() -> anyhow::Result<f64> {
    status_mb("VmRSS:")
}

fn peak_mb() -> anyhow::Result<f64> {
    status_mb("VmHWM:")
}

fn status_mb(of: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc, which Linux has")?;
    let line = status.lines().find_map(|line| line.strip_prefix(of)).context("the process's memory")?;
    Ok(line.trim_end_matches("kB").trim().parse::<f64>()? * 1024.0 / 1e6)
}

fn held(lived: &Lived, articles: u64, checks: bool) -> anyhow::Result<Held> {
    let mut process = Process::new(std::env::current_exe()?);
    process.args(["held", "--file"]).arg(&lived.path);
    for (option, value) in [("--customers", lived.receipts()), ("--articles", articles)] {
        process.args([option, &value.to_string()]);
    }
    if checks {
        process.arg("--checks");
    }
    let output = process.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the register in a process of its own ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// How soon a register is ready on a file, and on one of a hundred sales.
pub fn start(little: &Lived, large: &Lived) -> anyhow::Result<Vec<Row>> {
    let (few, many) = (held(little, 0, false)?, held(large, 0, false)?);
    Ok(vec![
        row("little_ready", few.ready_ms, "ms", 2_000.0, "a hundred sales: storage, end of the journal, kernel"),
        row("million_ready", many.ready_ms, "ms", 2_000.0, "a million sales: at most 2 s"),
    ])
}

/// What a register holds with a million customers and a million articles on file; with the whole check behind it, if that is
/// waited for.
pub fn measure(large: &Lived, checks: bool, skipped: &mut Vec<String>) -> anyhow::Result<Vec<Row>> {
    let held = held(large, ARTICLES, checks)?;
    let mut rows = vec![
        row("million_articles_ready", held.ready_ms, "ms", 2_000.0, "a million sales, customers and articles"),
        row("resident_ready", held.ready_mb, "MB", 200.0, "at most 200 MB, when it is ready"),
        row("resident_selling", held.sold_mb, "MB", 200.0, "after 300 sales of random articles to random customers"),
    ];
    if checks {
        rows.push(row(
            "resident_checking",
            held.checked_mb,
            "MB",
            200.0,
            "the most, the whole check behind it included",
        ));
        rows.push(row(
            "whole_check",
            held.check_s,
            "s",
            0.0,
            "every record, page, article and balance; for information",
        ));
    } else {
        skipped.push("whole check of the large file: it takes minutes; ask for it with --whole-check".into());
    }
    Ok(rows)
}

//! Measurements, each beside its yardstick, taken in one run.

use anyhow::Context;
use clap::{Parser, Subcommand};
use pos_api::{Amount, Command};
use pos_storage::{SqliteStore, StoreOptions, count};
use pos_tests::baskets::invent;
use pos_tests::durable_bench::large::Models;
use pos_tests::durable_bench::{self, accepted, group, growth, resident};
use pos_tests::figures::{self, Row, quantiles, row};
use pos_tests::pricing_bench::{self, allocations::Counting};
use pos_tests::program::pos;
use pos_tests::shop::{Recipe, TestShop, demo_extensions, demo_recipe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Counts what a re-pricing takes from the heap, while somebody asks.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Parser)]
#[command(name = "bench", about = "Measures the register, each figure beside its yardstick")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Re-pricing, one durable sale, a replay, the window
    FirstSale {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Leave the window out
        #[arg(long)]
        no_window: bool,
    },
    /// Durable sales beside bare commits; a shift of ten thousand sales: closed, verified, copied; eight baskets at once; a
    /// file of a million sales beside one of a hundred; what a register holds with a million articles and customers
    Durable {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// One part of it
        #[arg(long)]
        only: Option<Part>,
        /// Look the file of a million sales through as well, as a register does behind its sales: that takes minutes
        #[arg(long)]
        whole_check: bool,
    },
    /// What valgrind counts: a process that `durable` starts
    #[command(hide = true)]
    Counted {
        #[arg(long)]
        file: PathBuf,
        #[arg(long)]
        days: u64,
        #[arg(long)]
        last_day: u64,
        #[arg(long)]
        later: u64,
        #[arg(long)]
        act: growth::Act,
    },
    /// What is held in memory: a process that `durable` starts
    #[command(hide = true)]
    Held {
        #[arg(long)]
        file: PathBuf,
        #[arg(long)]
        customers: u64,
        #[arg(long)]
        articles: u64,
        #[arg(long)]
        checks: bool,
    },
    /// Prices of baskets: offers, taxes, the plugins
    Pricing {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().what {
        What::FirstSale { json, no_window } => first_sale(json, no_window),
        What::Durable { json, only, whole_check } => durable(json, only, whole_check),
        What::Counted { file, days, last_day, later, act } => {
            growth::counted(&file, days, last_day, act, later)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Held { file, customers, articles, checks } => {
            figures::tell(&resident::hold(&file, customers, articles, checks)?);
            Ok(ExitCode::SUCCESS)
        }
        What::Pricing { json } => {
            let (rows, skipped) = pricing_bench::run()?;
            figures::print(&rows, &skipped, json)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Parts of `durable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Durable sales beside bare commits
    Sale,
    /// A shift of ten thousand sales
    Shift,
    /// Eight baskets at once
    Group,
    /// A million sales, articles and customers
    Million,
}

fn durable(json: bool, only: Option<Part>, whole_check: bool) -> anyhow::Result<ExitCode> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let folder = tempfile::tempdir()?;
    let (mut rows, mut skipped) = (Vec::new(), Vec::new());
    if wanted(Part::Sale) {
        eprintln!("durable sales …");
        rows.extend(durable_sale(&folder.path().join("sale"))?.0);
    }
    if wanted(Part::Shift) {
        eprintln!("ten thousand sales …");
        rows.extend(durable_bench::long_shift(&folder.path().join("shift"))?);
    }
    let models = Models::ring_up(&folder.path().join("models"))?;
    if wanted(Part::Group) {
        eprintln!("eight at once …");
        rows.extend(group::at_once(&models, folder.path())?);
    }
    if wanted(Part::Million) {
        rows.extend(durable_bench::million(&models, folder.path(), whole_check, &mut skipped)?);
    }
    figures::print(&rows, &skipped, json)?;
    Ok(ExitCode::SUCCESS)
}

fn first_sale(json: bool, no_window: bool) -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    let mut rows = Vec::new();
    let mut skipped: Vec<String> = Vec::new();
    eprintln!("re-pricing …");
    rows.extend(repricing(&folder.path().join("reprice"))?);
    eprintln!("durable sales …");
    let (sales, bare_us) = durable_sale(&folder.path().join("sale"))?;
    rows.extend(sales);
    eprintln!("replay …");
    rows.push(replay(folder.path(), bare_us)?);
    if no_window {
        skipped.push("window: left out by --no-window".into());
    } else {
        eprintln!("window, ten idle seconds …");
        match window(&folder.path().join("window"))? {
            Ok(measured) => rows.extend(measured),
            Err(why) => skipped.push(format!("window: {why}")),
        }
    }
    figures::print(&rows, &skipped, json)?;
    Ok(ExitCode::SUCCESS)
}

/// Ten lines that every script has something to say about.
fn ten_lines(recipe: &Recipe) -> Vec<String> {
    let tagged = |tag: &str, count: usize| -> Vec<String> {
        let has = |item: &&pos_domain::catalogue::Item| item.tags.iter().any(|known| &**known == tag);
        recipe
            .items
            .iter()
            .filter(has)
            .filter(|item| !item.unit.is_measured())
            .take(count)
            .map(|item| item.id.to_string())
            .collect()
    };
    let plain = recipe.items.iter().filter(|item| item.tags.is_empty() && !item.unit.is_measured());
    let mut ids = tagged("draught", 2);
    ids.extend(tagged("paperback", 4));
    ids.extend(plain.take(10 - ids.len()).map(|item| item.id.to_string()));
    let code_of = |id: &String| recipe.items.iter().find(|item| *item.id == **id).and_then(|item| item.codes.first());
    ids.iter().filter_map(code_of).map(|code| code.to_string()).collect()
}

fn repricing(folder: &Path) -> anyhow::Result<Vec<Row>> {
    std::fs::create_dir_all(folder)?;
    let recipe = demo_recipe(demo_extensions()?)?;
    let codes = ten_lines(&recipe);
    let mut shop = TestShop::open(folder, recipe)?;
    for code in &codes {
        accepted(shop.scan(code))?;
    }
    let mut times = Vec::new();
    for _ in 0..2_000 {
        let started = Instant::now();
        accepted(shop.call(Command::PriceLines { basket: None }))?;
        times.push(started.elapsed());
    }
    let (p50, p99) = quantiles(times);
    Ok(vec![
        row("reprice_10_lines_p50", p50, "us", 500.0, "tax plugin and three scripts, at most 0.5 ms"),
        row("reprice_10_lines_p99", p99, "us", 500.0, "for information"),
    ])
}

/// Bare one-row commits under the same pragmas on the same file system.
struct Bare {
    connection: rusqlite::Connection,
    times: Vec<Duration>,
}

impl Bare {
    fn open(path: &Path) -> anyhow::Result<Bare> {
        let connection = rusqlite::Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT);",
        )?;
        Ok(Bare { connection, times: Vec::new() })
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        self.connection.prepare_cached("INSERT INTO row (text) VALUES (?1)")?.execute(["one row"])?;
        self.times.push(started.elapsed());
        Ok(())
    }

    fn p50_us(self) -> f64 {
        quantiles(self.times).0
    }
}

/// Sales with a bare commit after each: both meet the same disk in the same mood, and caches as cold as in a shop.
fn durable_sale(folder: &Path) -> anyhow::Result<(Vec<Row>, f64)> {
    std::fs::create_dir_all(folder)?;
    let vfs = count::register().map_err(anyhow::Error::msg)?.to_owned();
    let recipe = demo_recipe(demo_extensions()?)?;
    let codes: Vec<String> = recipe
        .items
        .iter()
        .filter(|item| !item.unit.is_measured())
        .step_by(7)
        .take(20)
        .filter_map(|item| item.codes.first().map(ToString::to_string))
        .collect();
    anyhow::ensure!(codes.len() == 20, "the demonstration shop has too few articles");
    let options = StoreOptions { vfs: Some(vfs), ..StoreOptions::new(recipe.shop.currency) };
    let store = SqliteStore::open(&folder.join("pos.db"), options)?;
    let mut shop = TestShop::open_with(store, recipe)?;
    let mut bare = Bare::open(&folder.join("bare.db"))?;
    let (mut times, mut syncs) = (Vec::new(), Vec::new());
    for _ in 0..300 {
        let before = count::snapshot();
        for code in &codes {
            accepted(shop.scan(code))?;
        }
        let due = accepted(shop.call(Command::GetBasket { basket: None }))?
            .view
            .map_or_else(Default::default, |view| view.due);
        accepted(shop.call(Command::TenderCash { basket: None, amount: Some(Amount(due)) }))?;
        let started = Instant::now();
        accepted(shop.call(Command::Complete { basket: None }))?;
        times.push(started.elapsed());
        syncs.push(count::snapshot().since(before).syncs() as f64);
        bare.commit()?;
    }
    let bare_us = bare.p50_us();
    let (p50, p99) = quantiles(times);
    let most = syncs.iter().copied().fold(0.0, f64::max);
    let mean = syncs.iter().sum::<f64>() / syncs.len() as f64;
    let rows = vec![
        row("sale_syncs_mean", mean, "fsync", 1.0, "exactly one a 20-line sale, from first scan to durable"),
        row("sale_syncs_most", most, "fsync", 1.0, "exactly one a 20-line sale"),
        row("bare_commit_p50", bare_us, "us", bare_us, "one row, same pragmas, same file system"),
        row(
            "sale_commit_p50",
            p50,
            "us",
            bare_us + 500.0,
            "20 lines, durable: at most 0.5 ms more than the bare commit",
        ),
        row("sale_commit_p99", p99, "us", bare_us + 500.0, "for information"),
    ];
    Ok((rows, bare_us))
}

fn replay(folder: &Path, bare_us: f64) -> anyhow::Result<Row> {
    let file = folder.join("baskets.jsonl");
    std::fs::write(&file, invent(3_000, 1).0)?;
    let output =
        pos()?.arg("replay-baskets").arg(&file).arg("--data").arg(folder.join("replay")).arg("--json").output()?;
    anyhow::ensure!(output.status.success(), "replay: {}", String::from_utf8_lossy(&output.stderr));
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let rate = figures["sales_per_s"].as_f64().context("no sales_per_s")?;
    let yardstick = f64::min(100.0, 0.5 * 1e6 / bare_us);
    Ok(row("replay_sales", rate, "sales/s", yardstick, "at least 100, or half the bare commit rate"))
}

/// Kills what it holds when dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The window under a virtual display; why not, where there is none.
fn window(folder: &Path) -> anyhow::Result<Result<Vec<Row>, String>> {
    const DISPLAY: &str = ":93";
    let mut command = Process::new("Xvfb");
    command.args([DISPLAY, "-screen", "0", "1920x1080x24", "+extension", "GLX"]);
    let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _server = match server {
        Ok(child) => Ended(child),
        Err(error) => {
            return Ok(Err(format!(
                "Xvfb cannot be started ({error}); on Debian: apt-get install xvfb libgl1-mesa-dri"
            )));
        }
    };
    // Made first, so that the measured start is a start and not the filling of a catalogue.
    let made = pos()?.args(["demo", "--headless", "--json", "--data"]).arg(folder).output()?;
    anyhow::ensure!(made.status.success(), "demo: {}", String::from_utf8_lossy(&made.stderr));
    let mut last = String::new();
    for _ in 0..20 {
        let mut measured = pos()?;
        measured.args(["register", "--measure-idle", "10", "--data"]).arg(folder);
        let output = measured.env("DISPLAY", DISPLAY).env("LIBGL_ALWAYS_SOFTWARE", "1").output()?;
        if output.status.success() {
            let figures: serde_json::Value = serde_json::from_slice(&output.stdout).context("the window's figures")?;
            let figure = |key: &str| figures[key].as_f64().with_context(|| format!("no {key}"));
            return Ok(Ok(vec![
                row(
                    "window_first_frame",
                    figure("first_frame_ms")?,
                    "ms",
                    1_000.0,
                    "at most 1 s from the start of the program",
                ),
                row("window_memory", figure("rss_mb")?, "MB", 150.0, "at most 150 MB"),
                row("window_idle_frames", figure("idle_frames")?, "frames", 0.0, "none in ten idle seconds"),
            ]));
        }
        // The display needs a moment to come up.
        last = String::from_utf8_lossy(&output.stderr).into_owned();
        let (_never, silence) = crossbeam_channel::bounded::<()>(0);
        silence.recv_timeout(Duration::from_millis(200)).ok();
    }
    anyhow::bail!("the window did not open: {last}")
}

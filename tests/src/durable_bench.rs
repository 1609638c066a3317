//! What durability costs: a long shift closed, read, verified and copied; baskets that commit at once; a file of a million
//! sales and articles. `bench durable`.

pub mod group;
pub mod growth;
pub mod large;
pub mod resident;

use self::growth::Lived;
use self::large::{Models, SALES_A_DAY};

use crate::figures::{Row, quantiles, row};
use crate::shop::{TestShop, demo_extensions, demo_recipe};
use anyhow::{Context, ensure};
use pos_api::command::CountOf;
use pos_api::port::Store;
use pos_api::{Amount, Command, Reply};
use pos_money::Money;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Sales of the shift.
const SALES: usize = 10_000;
/// How often an X report is read.
const READINGS: usize = 200;

/// The reply, or why there was none.
pub fn accepted(reply: Reply) -> anyhow::Result<Reply> {
    match &reply.refused {
        Some(refused) => anyhow::bail!("{}: {}", refused.code, refused.message),
        None => Ok(reply),
    }
}

fn readings(shop: &mut TestShop) -> anyhow::Result<f64> {
    let mut times: Vec<Duration> = Vec::with_capacity(READINGS);
    for _ in 0..READINGS {
        let started = Instant::now();
        accepted(shop.call(Command::XReport))?;
        times.push(started.elapsed());
    }
    Ok(quantiles(times).0)
}

fn sell(shop: &mut TestShop, codes: &[String]) -> anyhow::Result<()> {
    for code in codes {
        accepted(shop.scan(code))?;
    }
    accepted(shop.call(Command::TenderCash { basket: None, amount: None }))?;
    accepted(shop.call(Command::Complete { basket: None }))?;
    Ok(())
}

/// Ten thousand sales of two lines, counted, closed, exported, verified and copied.
pub fn long_shift(folder: &Path) -> anyhow::Result<Vec<Row>> {
    std::fs::create_dir_all(folder)?;
    let recipe = demo_recipe(demo_extensions()?)?;
    let pieces = recipe.items.iter().filter(|item| !item.unit.is_measured());
    let codes: Vec<String> = pieces.filter_map(|item| item.codes.first().map(ToString::to_string)).collect();
    ensure!(codes.len() > 20, "the demonstration shop has too few articles");
    let mut shop = TestShop::open(folder, recipe)?;
    sell(&mut shop, &codes[..2])?;
    let reading_first = readings(&mut shop)?;
    for sale in 1..SALES {
        let first = sale * 2 % (codes.len() - 1);
        sell(&mut shop, &codes[first..first + 2])?;
    }
    let reading_last = readings(&mut shop)?;
    let totals = shop.store.shift_totals()?.context("an open shift")?;
    let kept = totals.tenders.iter().filter(|(name, _)| &**name == "cash").map(|(_, amount)| *amount);
    let cash = Money::sum(kept.chain([totals.float]))?;
    let amount = Some(Amount(shop.kernel.shop().currency.to_decimal(cash)));
    accepted(shop.call(Command::CountTill {
        counts: vec![CountOf { tender: None, currency: None, amount, pieces: Vec::new() }],
    }))?;
    let started = Instant::now();
    accepted(shop.call(Command::CloseShift { reason: "bench".into(), carry: false }))?;
    let closing = started.elapsed();

    let journal = folder.join("journal.jsonl");
    let mut out = BufWriter::new(File::create(&journal)?);
    let records = shop.store.export_journal(&mut out)?;
    out.flush()?;
    drop(out);
    let megabytes = |path: &Path| anyhow::Ok(std::fs::metadata(path)?.len() as f64 / 1e6);
    let started = Instant::now();
    let verified = pos_verify::verify(File::open(&journal)?, &pos_verify::Trust::default())?;
    let verifying = started.elapsed();
    ensure!(verified.is_verified(), "the exported journal does not verify");
    let started = Instant::now();
    let copy = folder.join("copy.db");
    let found = pos_storage::back_up(&folder.join("pos.db"), &copy, &mut |_, _| {})?;
    let copying = started.elapsed();
    ensure!(found.problems.is_empty() && found.records == records, "the copy does not verify");
    Ok(vec![
        row(
            "close_10000_sales",
            closing.as_secs_f64() * 1000.0,
            "ms",
            1_000.0,
            "at most 1 s, with its record and signature",
        ),
        row("x_report_first_p50", reading_first, "us", reading_first, "after one sale"),
        row(
            "x_report_10000_p50",
            reading_last,
            "us",
            reading_first * 1.5,
            "after ten thousand: the same rows are read",
        ),
        row(
            "verifier_rate",
            megabytes(&journal)? / verifying.as_secs_f64(),
            "MB/s",
            100.0,
            "at least 100, of exported journal",
        ),
        row(
            "backup_rate",
            megabytes(&copy)? / copying.as_secs_f64(),
            "MB/s",
            0.0,
            "for information: copied, looked through and verified",
        ),
    ])
}

/// Bytes that a million sales need while they are written, articles and customers included.
const ROOM_BYTES: u64 = 12_000_000_000;
/// Days of the large file, each closed.
const DAYS: u64 = 1_000_000 / SALES_A_DAY;

/// A hundred sales beside a million; a million articles and customers.
pub fn million(models: &Models, folder: &Path, checks: bool, skipped: &mut Vec<String>) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let free = free_bytes(folder)?;
    if free < ROOM_BYTES {
        skipped.push(format!(
            "a million sales: {} has {} GB free and {} are needed; set TMPDIR to a larger disk",
            folder.display(),
            free / 1_000_000_000,
            ROOM_BYTES / 1_000_000_000
        ));
        return Ok(rows);
    }
    eprintln!("a million sales …");
    let started = Instant::now();
    let little = Lived::make(models, &folder.join("little"), 0, DAYS)?;
    let large = Lived::make(models, &folder.join("large"), DAYS, DAYS)?;
    rows.push(row(
        "million_made",
        started.elapsed().as_secs_f64(),
        "s",
        0.0,
        "for information: the file of this bench",
    ));
    let bytes = (std::fs::metadata(&large.path)?.len() - std::fs::metadata(&little.path)?.len()) as f64;
    let a_sale = bytes / (DAYS * SALES_A_DAY) as f64;
    rows.push(row("bytes_a_sale", a_sale, "bytes", 0.0, "two lines, a customer's points included; for information"));
    rows.push(row("five_million_size", a_sale * 5e6 / 1e9, "GB", 0.0, "extrapolated; for information"));
    eprintln!("a hundred sales and a million …");
    rows.extend(growth::compare(models, &little, &large, skipped)?);
    rows.extend(resident::start(&little, &large)?);
    eprintln!("a million articles …");
    resident::stock_up(&large.path)?;
    rows.extend(resident::measure(&large, checks, skipped)?);
    Ok(rows)
}

/// What is free where a folder is, as `df` says.
fn free_bytes(folder: &Path) -> anyhow::Result<u64> {
    let output = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    Ok(told.split_whitespace().last().context("df tells nothing")?.parse()?)
}

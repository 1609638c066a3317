//! `kill -9` at random moments of a running replay: what was acknowledged is there, numbers have no gap, the chain holds.

use crate::baskets::{Random, invent};
use crate::program::pos;
use anyhow::Context;
use pos_api::port::Store;
use pos_domain::ids::ReceiptNumber;
use pos_money::Currency;
use pos_storage::{SqliteStore, StoreOptions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

/// Baskets in the replayed file.
const BASKETS: u64 = 4_000;
/// Longest time a replay runs before it is killed, counted from its start: opening, migrating, restoring.
const KILL_AFTER_MAX_MS: u64 = 120;
/// Most sales it acknowledges before it is killed while it sells, however fast the machine.
const KILL_AFTER_SALES_MAX: u64 = 20;
/// And the part of a sale after that.
const KILL_AFTER_SALE_MAX_US: u64 = 3_000;

/// The moment of a kill.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Counted from the start.
    FromStart(Duration),
    /// After so many sales, and a part of the next.
    Selling(u64, Duration),
}

impl Moment {
    /// One in four counts from the start.
    fn any(random: &mut Random) -> Moment {
        if random.below(4) == 0 {
            Moment::FromStart(Duration::from_millis(random.below(KILL_AFTER_MAX_MS)))
        } else {
            let sales = 1 + random.below(KILL_AFTER_SALES_MAX);
            Moment::Selling(sales, Duration::from_micros(random.below(KILL_AFTER_SALE_MAX_US)))
        }
    }
}

/// What a series of kills found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Kills carried out.
    pub count: u64,
    /// The seed that repeats them.
    pub seed: u64,
    /// Sales acknowledged before a kill.
    pub acknowledged: u64,
    /// Kills that met the program before its first acknowledgement.
    pub before_first: u64,
    /// Times the file ran through and a fresh shop was begun.
    pub finished: u64,
    /// What is wrong.
    pub violations: Vec<String>,
}

#[derive(Deserialize)]
struct Acknowledged {
    basket: String,
    number: ReceiptNumber,
}

/// Kills a replay `count` times, checking the shop after each.
pub fn run(count: u64, seed: u64, progress: impl Fn(u64)) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("baskets.jsonl");
    std::fs::write(&file, invent(BASKETS, seed).0)?;
    let mut random = Random::new(seed);
    let mut report = Report { seed, ..Report::default() };
    let mut acknowledged: BTreeMap<String, ReceiptNumber> = BTreeMap::new();
    let mut shop = 0;
    while report.count < count {
        let data = folder.path().join(format!("shop-{shop}"));
        let before = acknowledged.len();
        let killed = kill_once(&file, &data, Moment::any(&mut random), &mut acknowledged)?;
        report.acknowledged += (acknowledged.len() - before) as u64;
        if acknowledged.len() == before {
            report.before_first += 1;
        }
        let problems = check(&data, &acknowledged)?;
        report.violations.extend(problems.into_iter().map(|problem| format!("kill {}: {problem}", report.count)));
        if killed {
            report.count += 1;
            progress(report.count);
        } else {
            report.finished += 1;
            shop += 1;
            acknowledged.clear();
        }
    }
    Ok(report)
}

/// Runs the replay until a moment and kills it; false if it ended by itself before.
fn kill_once(
    file: &Path,
    data: &Path,
    moment: Moment,
    acknowledged: &mut BTreeMap<String, ReceiptNumber>,
) -> anyhow::Result<bool> {
    let mut command = pos()?;
    command.arg("replay-baskets").arg(file).arg("--data").arg(data).arg("--ack").stderr(std::process::Stdio::null());
    let mut child = command.spawn().context("pos did not start")?;
    let out = child.stdout.take().context("pos has no standard output")?;
    // A reader of its own, so that a full pipe never holds the replay up.
    let (lines_in, lines) = crossbeam_channel::bounded::<String>(100_000);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if lines_in.send(line).is_err() {
                break;
            }
        }
    });
    let mut take = |line: &str| -> anyhow::Result<()> {
        // The last line may be cut by the kill; what is not a whole line was not acknowledged.
        if let Ok(Acknowledged { basket, number }) = serde_json::from_str(line) {
            acknowledged.insert(basket, number);
        }
        Ok(())
    };
    let wait = match moment {
        Moment::FromStart(wait) => wait,
        Moment::Selling(sales, wait) => {
            for line in lines.iter().take(usize::try_from(sales)?) {
                take(&line)?;
            }
            wait
        }
    };
    // Nobody sends here: waiting on it is a sleep that ends by its time-out.
    let (_never, silence) = crossbeam_channel::bounded::<()>(0);
    silence.recv_timeout(wait).ok();
    let ended = child.try_wait()?.is_some();
    child.kill().ok();
    child.wait()?;
    reader.join().ok();
    for line in lines.try_iter() {
        take(&line)?;
    }
    Ok(!ended)
}

/// What must hold in a shop whose register was killed.
fn check(data: &Path, acknowledged: &BTreeMap<String, ReceiptNumber>) -> anyhow::Result<Vec<String>> {
    let database = data.join("pos.db");
    if !database.exists() {
        return Ok(if acknowledged.is_empty() { vec![] } else { vec!["the database is gone".to_owned()] });
    }
    let store = SqliteStore::open(&database, StoreOptions::new(Currency::from_code("USD")?))
        .context("the database does not open after a kill")?;
    let mut problems = Vec::new();
    let found = store.verify()?;
    problems.extend(found.problems);
    for (basket, number) in acknowledged {
        match store.number_of_reference(basket)? {
            Some(stored) if stored == *number => {}
            stored => problems.push(format!("basket {basket} was acknowledged as {number}; on file is {stored:?}")),
        }
    }
    Ok(problems)
}

//! Eight baskets that commit at once, beside one after the other: what they share is an fsync, what each costs is work.

use super::large::Models;
use crate::figures::{Row, quantiles, row};
use anyhow::Context;
use pos_api::port::{CommitRequest, Store, StoreError};
use pos_storage::{SqliteStore, StoreOptions, count, slow};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Baskets that commit at once.
const AT_ONCE: u64 = 8;
/// How often it is measured, one and eight by turns.
const ROUNDS: u64 = 5;
/// The fsync of a slow disk.
const SLOW: Duration = Duration::from_millis(5);

/// What commits cost on a disk.
struct Measured {
    /// Sales a second, one after the other; eight at once.
    single: f64,
    group: f64,
    /// fsyncs a sale of the eight.
    syncs: f64,
    /// What the writer's thread works for a sale of the eight, in microseconds.
    writer_us: f64,
    /// One row in a bare commit, and eight: microseconds.
    bare_us: f64,
    bare_eight_us: f64,
}

/// Both disks: this machine's, and one that is slow.
pub fn at_once(models: &Models, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let counted = count::register().map_err(anyhow::Error::msg)?;
    let own = measure(models, &folder.join("group"), counted, 160)?;
    let waiting = slow::register().map_err(anyhow::Error::msg)?;
    slow::wait(SLOW);
    let slow = measure(models, &folder.join("group-slow"), waiting, 40)?;
    slow::wait(Duration::ZERO);
    // One alone takes the writer's work and the rest, which is the disk's; of eight each takes the work and an eighth of the
    // rest.
    let alone_us = 1e6 / own.single;
    let shared_us = own.writer_us + (alone_us - own.writer_us).max(0.0) / AT_ONCE as f64;
    let bound = alone_us / shared_us;
    Ok(vec![
        row("commit_single_rate", own.single, "sales/s", own.single, "two lines, one thread"),
        row("commit_8_rate", own.group, "sales/s", own.single * 4.0, "eight threads: at least 4 times the single rate"),
        row("commit_8_syncs", own.syncs, "fsync", 0.25, "a sale: at most a quarter"),
        row("commit_8_writer_cpu", own.writer_us, "us", 1e6 / own.single, "a sale, of the one thread that writes"),
        row(
            "commit_8_bound",
            own.group / own.single,
            "times",
            bound,
            "the most that work and an eighth of the disk's time leave",
        ),
        row("bare_commit_1_row", own.bare_us, "us", own.bare_us, "for comparison"),
        row(
            "bare_commit_8_rows",
            own.bare_eight_us,
            "us",
            own.bare_us * 8.0,
            "for comparison: eight commits of one row",
        ),
        row("slow_disk_single_rate", slow.single, "sales/s", slow.single, "the same, each fsync simulated 5 ms longer"),
        row("slow_disk_8_rate", slow.group, "sales/s", slow.single * 4.0, "at least 4 times the single rate there"),
    ])
}

fn measure(models: &Models, folder: &Path, vfs: &str, sales: u64) -> anyhow::Result<Measured> {
    std::fs::create_dir_all(folder)?;
    let options = StoreOptions { vfs: Some(vfs.to_owned()), ..StoreOptions::new(models.shop.currency) };
    let store = SqliteStore::open(&folder.join("pos.db"), options)?;
    let bare = bare(&folder.join("bare.db"), vfs)?;
    let open = models.shift(1, 0);
    let mut next = 0;
    let mut requests = |count: u64| -> Vec<CommitRequest> {
        next += count;
        (next - count..next).map(|number| models.request(&open, 0, number)).collect()
    };
    // The first opens the shift, and all statements are prepared.
    at(&store, vec![requests(40)])?;
    let (mut singles, mut groups, mut ones, mut eights) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut syncs, mut writer) = (0, Duration::ZERO);
    for _ in 0..ROUNDS {
        singles.push(at(&store, vec![requests(sales)])?);
        let before = (count::snapshot(), writer_cpu()?);
        groups.push(at(&store, (0..AT_ONCE).map(|_| requests(sales)).collect())?);
        syncs += count::snapshot().since(before.0).wal_syncs;
        writer += writer_cpu()?.saturating_sub(before.1);
        for (rows, times) in [(1, &mut ones), (AT_ONCE, &mut eights)] {
            for _ in 0..40 {
                times.push(commit_rows(&bare, rows)?);
            }
        }
    }
    let together = (ROUNDS * AT_ONCE * sales) as f64;
    Ok(Measured {
        single: median(singles),
        group: median(groups),
        syncs: syncs as f64 / together,
        writer_us: writer.as_secs_f64() * 1e6 / together,
        bare_us: quantiles(ones).0,
        bare_eight_us: quantiles(eights).0,
    })
}

/// Sales a second, each list on a thread of its own.
fn at(store: &SqliteStore, lists: Vec<Vec<CommitRequest>>) -> anyhow::Result<f64> {
    let sales: usize = lists.iter().map(Vec::len).sum();
    let start = Barrier::new(lists.len() + 1);
    std::thread::scope(|scope| {
        let sell = |list: Vec<CommitRequest>| {
            start.wait();
            list.into_iter().try_for_each(|request| store.commit(request, &mut |_| {}).map(drop))
        };
        let threads: Vec<_> = lists.into_iter().map(|list| scope.spawn(move || sell(list))).collect();
        start.wait();
        let started = Instant::now();
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a till panicked"))?.map_err(|error: StoreError| error)?;
        }
        Ok(sales as f64 / started.elapsed().as_secs_f64())
    })
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// What the newest writer's thread has worked so far.
fn writer_cpu() -> anyhow::Result<Duration> {
    let mut newest = None;
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        // Threads of stores that were closed end in the middle of this.
        let Ok(name) = std::fs::read_to_string(task.join("comm")) else { continue };
        let Ok(worked) = std::fs::read_to_string(task.join("schedstat")) else { continue };
        if name.trim_end() == "storage-writer" {
            let number: Option<u64> = task.file_name().and_then(|name| name.to_str()?.parse().ok());
            let nanoseconds: u64 = worked.split_whitespace().next().unwrap_or_default().parse()?;
            newest = newest.max(Some((number, nanoseconds)));
        }
    }
    let (_, nanoseconds) = newest.context("the storage's thread is not to be seen")?;
    Ok(Duration::from_nanos(nanoseconds))
}

fn bare(path: &Path, vfs: &str) -> anyhow::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT);",
    )?;
    Ok(connection)
}

fn commit_rows(connection: &Connection, rows: u64) -> anyhow::Result<Duration> {
    let started = Instant::now();
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for _ in 0..rows {
        connection.prepare_cached("INSERT INTO row (text) VALUES (?1)")?.execute(["one row"])?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(started.elapsed())
}

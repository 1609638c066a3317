//! A file of a hundred sales beside one of a million: pages and instructions of what a register does all day.
//!
//! *Pages asked* are those that SQLite asks its caches for, whether they are there or not: what the shape of the file costs.
//! *Pages read* come through the file system's layer, from the disk or what the operating system keeps of it. *Warm* is a
//! register that has done the same a few hundred times; *cold* is the first time after it was opened.
//!
//! Pages asked cannot stay the same: a tree of n rows is log n pages deep (fan-out here some 300 to 450). Of a hundred sales and
//! of a million the journal is 2 and 4 pages deep, its numbers and its baskets 1 and 3. A commit goes down each of these once, up
//! to six pages more; a receipt goes down two of them. Pages read by a warm
//! register are those that no cache holds: none for a scan or a commit, the leaves for a receipt of any year.
//!
//! Instructions are counted by valgrind in a process of its own, where there is one: not all machines let a process read the
//! processor's counters. They are those of the caller and of the thread that writes.

use super::large::{self, Models, SALES_A_DAY};
use crate::baskets::Random;
use crate::figures::{Row, row};
use anyhow::{Context, bail, ensure};
use pos_api::port::{CommitRequest, OpenShift, Store};
use pos_cli::demo_catalogue;
use pos_storage::{SqliteStore, StoreOptions, count};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a register does all day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Act {
    /// An article by its code.
    Scan,
    /// A sale of two lines.
    Commit,
    /// A receipt by its number, any of them.
    Receipt,
    /// The shift's figures after a sale.
    XReport,
}

const ACTS: [(Act, &str); 4] =
    [(Act::Scan, "scan"), (Act::Commit, "commit"), (Act::Receipt, "receipt"), (Act::XReport, "x-report")];
/// How often each is done before it is measured, and then.
const WARMING: u64 = 400;
const TIMES: u64 = 400;
/// The same under valgrind.
const TIMES_COUNTED: u64 = 100;
/// Sales that a file may get after it was made, before a number comes twice.
const LATER: u64 = 1_000_000_000;

/// A file with a life behind it.
pub struct Lived {
    /// The database.
    pub path: PathBuf,
    /// Days that are closed.
    pub days: u64,
    /// The day that is open.
    pub last_day: u64,
    /// Its shift.
    pub open: OpenShift,
}

impl Lived {
    /// Makes it.
    pub fn make(models: &Models, folder: &Path, days: u64, last_day: u64) -> anyhow::Result<Lived> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("pos.db");
        let open = models.live(&path, days, last_day)?;
        models.save(&path.with_extension("models"))?;
        Ok(Lived { path, days, last_day, open })
    }

    /// Receipts on file, each of a customer of its own.
    pub fn receipts(&self) -> u64 {
        self.days * SALES_A_DAY + large::SALES_TODAY
    }
}

/// A register on such a file, which does one thing after the other.
struct Clerk {
    store: SqliteStore,
    codes: Vec<String>,
    receipts: u64,
    requests: Vec<CommitRequest>,
    random: Random,
}

impl Clerk {
    /// With enough sales for what is to be done; numbers of baskets that are not used yet are behind `later`.
    fn open(models: &Models, lived: &Lived, vfs: Option<&str>, sales: u64, later: u64) -> anyhow::Result<Clerk> {
        let options = StoreOptions { vfs: vfs.map(str::to_owned), ..StoreOptions::new(models.shop.currency) };
        let numbers = later..later + sales;
        Ok(Clerk {
            store: SqliteStore::open(&lived.path, options)?,
            codes: large::piece_codes(&demo_catalogue::demo_items()?),
            receipts: lived.receipts(),
            // The last one is taken first, and baskets are opened in the order of their ids.
            requests: numbers.rev().map(|number| models.request(&lived.open, lived.last_day, number)).collect(),
            random: Random::new(lived.days + 1),
        })
    }

    fn prepare(&mut self, act: Act) -> anyhow::Result<()> {
        // An X report is asked for after a sale: what came since is added first.
        if act == Act::XReport { self.sell() } else { Ok(()) }
    }

    fn sell(&mut self) -> anyhow::Result<()> {
        let request = self.requests.pop().context("a sale to commit")?;
        self.store.commit(request, &mut |_| {})?;
        Ok(())
    }

    fn act(&mut self, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Scan => {
                let code = self.random.below(self.codes.len() as u64) as usize;
                ensure!(counted_scan(&self.store, &self.codes[code])?, "a code that sells nothing");
            }
            Act::Commit => counted_commit(&self.store, self.requests.pop().context("a sale to commit")?)?,
            Act::Receipt => {
                let number = 1 + self.random.below(self.receipts);
                ensure!(counted_receipt(&self.store, number)?, "receipt {number} is missing");
            }
            Act::XReport => counted_x_report(&self.store)?,
        }
        Ok(())
    }
}

// Functions of their own, whose names valgrind is told.

#[inline(never)]
fn counted_scan(store: &SqliteStore, code: &str) -> anyhow::Result<bool> {
    Ok(store.item_by_code(code)?.is_some())
}

#[inline(never)]
fn counted_commit(store: &SqliteStore, request: CommitRequest) -> anyhow::Result<()> {
    store.commit(request, &mut |_| {})?;
    Ok(())
}

#[inline(never)]
fn counted_receipt(store: &SqliteStore, number: u64) -> anyhow::Result<bool> {
    Ok(store.transaction(number)?.is_some())
}

#[inline(never)]
fn counted_x_report(store: &SqliteStore) -> anyhow::Result<()> {
    store.shift_totals()?.context("an open shift")?;
    Ok(())
}

/// Pages of one act: asked for, read, and read the first time.
struct Pages {
    asked: f64,
    read: f64,
    cold: f64,
}

fn pages(models: &Models, lived: &Lived, act: Act, later: u64) -> anyhow::Result<Pages> {
    let vfs = count::register().map_err(anyhow::Error::msg)?;
    let mut clerk = Clerk::open(models, lived, Some(vfs), 1 + WARMING + TIMES, later)?;
    let reads = || {
        let counts = count::snapshot();
        counts.db_reads + counts.wal_reads
    };
    // What lies in the log is asked of the index beside it, not read from the database.
    let mut measured = |times: u64| -> anyhow::Result<(u64, u64)> {
        let (mut asked, mut read) = (0, 0);
        for _ in 0..times {
            clerk.prepare(act)?;
            let before = (clerk.store.pages()?, reads());
            clerk.act(act)?;
            asked += clerk.store.pages()?.since(before.0).asked();
            read += reads() - before.1;
        }
        Ok((asked, read))
    };
    let (_, cold) = measured(1)?;
    measured(WARMING)?;
    let (asked, read) = measured(TIMES)?;
    Ok(Pages { asked: asked as f64 / TIMES as f64, read: read as f64 / TIMES as f64, cold: cold as f64 })
}

/// Does one thing so often that valgrind can count it: the process that [`instructions`] starts.
pub fn counted(path: &Path, days: u64, last_day: u64, act: Act, later: u64) -> anyhow::Result<()> {
    let models = Models::load(&path.with_extension("models"))?;
    let lived = Lived { path: path.to_owned(), days, last_day, open: models.shift(days + 1, last_day) };
    let mut clerk = Clerk::open(&models, &lived, None, 2 * TIMES_COUNTED, later)?;
    for _ in 0..TIMES_COUNTED {
        clerk.prepare(act)?;
        clerk.act(act)?;
    }
    Ok(())
}

/// Instructions of one act, or why they are not known.
fn instructions(lived: &Lived, name: &str, act: Act, later: u64) -> anyhow::Result<f64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*::counted_*"]);
    match act {
        Act::Commit => drop(command.arg("--toggle-collect=*::handle")),
        Act::XReport => drop(command.arg("--toggle-collect=*riter*::shift_totals")),
        Act::Scan | Act::Receipt => {}
    }
    command.arg(std::env::current_exe()?).args(["counted", "--act", name, "--file"]).arg(&lived.path);
    for (option, value) in [("--days", lived.days), ("--last-day", lived.last_day), ("--later", later)] {
        command.args([option, &value.to_string()]);
    }
    let output = command.stdin(Stdio::null()).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind: {told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected :")).context("valgrind tells no count")?;
    Ok(collected.1.trim().parse::<f64>()? / TIMES_COUNTED as f64)
}

/// Each act on both files, the little one first.
pub fn compare(models: &Models, little: &Lived, large: &Lived, skipped: &mut Vec<String>) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let has_valgrind = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !has_valgrind {
        skipped.push("instructions: valgrind is not there; on Debian: apt-get install valgrind".into());
    }
    let within = "at most 1.1 times the file of a hundred sales";
    for (index, (act, name)) in ACTS.into_iter().enumerate() {
        eprintln!("  {name} …");
        let later = LATER * (1 + index as u64);
        let (few, many) = (pages(models, little, act, later)?, pages(models, large, act, later)?);
        let mut add = |what: &str, many: f64, few: f64, unit, against: &str| {
            rows.push(row(format!("million_{}_{what}", name.replace('-', "_")), many, unit, few * 1.1, against));
        };
        add("pages_asked", many.asked, few.asked, "pages", within);
        add("pages_read_warm", many.read, few.read, "pages", within);
        add("pages_read_cold", many.cold, few.cold, "pages", within);
        if has_valgrind {
            let counted = |lived| instructions(lived, name, act, later + LATER / 2);
            match (counted(little), counted(large)) {
                (Ok(few), Ok(many)) => add("instructions", many, few, "instr", within),
                (Err(error), _) | (_, Err(error)) => skipped.push(format!("instructions of {name}: {error:#}")),
            }
        }
    }
    if rows.is_empty() {
        bail!("nothing was measured");
    }
    Ok(rows)
}

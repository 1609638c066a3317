//! `kill -9` at random moments of a running replay: what was acknowledged is there, numbers have no gap, the chain holds.

use crate::baskets::{Random, invent};
use crate::program::{Register, init, pos};
use crate::world::{bank_against_books, bank_against_journal};
use anyhow::Context;
use pos_api::port::{Scope, Store};
use pos_devices::terminal::{Fault, Simulator, TerminalServer};
use pos_domain::ids::ReceiptNumber;
use pos_money::Currency;
use pos_storage::{SqliteStore, StoreOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
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

/// Commands a register has sent and heard of before it is killed, at most, and those it has not heard of.
const HEARD_MAX: u64 = 8;
const UNHEARD_MAX: u64 = 3;
/// Rounds in which everything settles at the end.
const SETTLING_ROUNDS: u32 = 10;

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
    /// Card payments by the state they ended in.
    pub payments: BTreeMap<String, u64>,
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

/// Kills `pos kernel --stdio` while it sells by card: what was told is there, and what the bank took belongs to one sale.
pub fn run_at_a_terminal(count: u64, seed: u64, progress: impl Fn(u64)) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("shop");
    init(&data)?;
    let bank = Simulator::default();
    let mut faults = Random::new(seed ^ 0xFA17);
    let terminal = TerminalServer::start(bank.clone(), move |_| match faults.below(8) {
        0 => Fault::LosesAnswer,
        1 => Fault::LosesQuestion,
        2 => Fault::ArrivesLate(1),
        _ => Fault::None,
    })?;
    let devices = data.join("devices.toml");
    let before = std::fs::read_to_string(&devices).unwrap_or_default();
    let added = format!("\n[terminal]\nkind = \"tcp\"\naddress = \"{}\"\n", terminal.address());
    std::fs::write(&devices, format!("{before}{added}"))?;
    let mut random = Random::new(seed);
    let mut report = Report { seed, ..Report::default() };
    let mut told: BTreeMap<ReceiptNumber, String> = BTreeMap::new();
    while report.count < count {
        let mut register = Register::start(&data)?;
        register.call_commands(&format!("k{}-", report.count));
        let known = told.len();
        for _ in 0..random.below(HEARD_MAX) {
            let command = anything(&mut random, &mut register)?;
            note(&register.send(command)?, &mut told);
        }
        for _ in 0..random.below(UNHEARD_MAX) + 1 {
            let command = register.numbered(next_of_a_sale(&mut random));
            register.write(&command.to_string())?;
        }
        let wait = Duration::from_micros(random.below(KILL_AFTER_SALE_MAX_US));
        let (_never, silence) = crossbeam_channel::bounded::<()>(0);
        silence.recv_timeout(wait).ok();
        for reply in register.kill()? {
            note(&reply, &mut told);
        }
        report.acknowledged += (told.len() - known) as u64;
        report.before_first += u64::from(told.len() == known);
        report.count += 1;
        progress(report.count);
    }
    settle(&data, &bank, &mut told)?;
    let store = SqliteStore::open(&data.join("pos.db"), StoreOptions::new(Currency::from_code("EUR")?))?;
    report.violations.extend(store.verify(Scope::WHOLE)?.problems);
    for (number, total) in told {
        let stored = store.transaction(number)?.map(|found| {
            let currency = found.transaction.currency;
            currency.to_decimal(found.transaction.total).to_string()
        });
        if stored.as_ref() != Some(&total) {
            report.violations.push(format!("number {number} was told over {total}; on file is {stored:?}"));
        }
    }
    let (mut checked, mut ended) = (BTreeSet::new(), BTreeMap::new());
    let found = bank_against_journal(&store, &bank, &BTreeSet::new(), &mut checked, &mut ended)?;
    report.violations.extend(found);
    report.violations.extend(bank_against_books(&store, &bank)?);
    report.payments = ended;
    Ok(report)
}

/// What somebody was told of a number.
fn note(reply: &Value, told: &mut BTreeMap<ReceiptNumber, String>) {
    if let (Some(number), Some(total)) = (reply["number"].as_u64(), reply["view"]["total"].as_str())
        && reply["refused"].is_null()
    {
        told.insert(number, total.to_owned());
    }
}

/// The next step of a sale, whether it fits or not.
fn next_of_a_sale(random: &mut Random) -> Value {
    match random.below(8) {
        0..=1 => json!({ "command": "sell_item", "scan": "4006381333931" }),
        2..=4 => json!({ "command": "tender_card" }),
        5 => json!({ "command": "tender_cash" }),
        6 => json!({ "command": "remove_tender" }),
        _ => json!({ "command": "complete" }),
    }
}

/// A step of a sale that does fit, most of the time.
fn anything(random: &mut Random, register: &mut Register) -> anyhow::Result<Value> {
    let now = register.send(json!({ "command": "get_basket" }))?;
    let (basket, view) = (now["basket"].clone(), &now["view"]);
    let waits = view["payments"].as_array().is_some_and(|all| all.iter().any(|one| one["awaited"] == json!(true)));
    Ok(match random.below(8) {
        0 => next_of_a_sale(random),
        _ if basket.is_null() => json!({ "command": "sell_item", "scan": "4006381333931", "quantity": 2 }),
        1 if waits => json!({ "command": "give_up_payment", "basket": basket }),
        2 if waits => json!({ "command": "leave_payment", "basket": basket }),
        _ if waits => json!({ "command": "check_payment", "basket": basket }),
        _ if view["due"] == "0.00" => json!({ "command": "complete", "basket": basket }),
        1 => json!({ "command": "tender_cash", "basket": basket }),
        2 => json!({ "command": "cancel", "basket": basket }),
        _ => json!({ "command": "tender_card", "basket": basket }),
    })
}

/// Everything is asked about, given up and brought to an end.
fn settle(data: &Path, bank: &Simulator, told: &mut BTreeMap<ReceiptNumber, String>) -> anyhow::Result<()> {
    let mut register = Register::start(data)?;
    register.call_commands("settle-");
    bank.deliver_everything();
    for _ in 0..SETTLING_ROUNDS {
        let listed = register.must(json!({ "command": "list_baskets" }))?;
        for basket in listed["baskets"].as_array().into_iter().flatten().map(|one| one["id"].clone()) {
            for command in ["check_payment", "give_up_payment", "check_payment", "cancel"] {
                note(&register.send(json!({ "command": command, "basket": basket }))?, told);
            }
        }
        register.send(json!({ "command": "check_payment" }))?;
    }
    register.end().map(drop)
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
    let found = store.verify(Scope::WHOLE)?;
    problems.extend(found.problems);
    for (basket, number) in acknowledged {
        match store.number_of_reference(basket)? {
            Some(stored) if stored == *number => {}
            stored => problems.push(format!("basket {basket} was acknowledged as {number}; on file is {stored:?}")),
        }
    }
    Ok(problems)
}

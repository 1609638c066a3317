//! What others take from the journal: every record at least once, in order for each key, whatever fails and whenever the
//! register is cut off.

use pos_api::Command;
use pos_api::port::{Delivery, Outbox, Settled, StoreError, Waiting};
use pos_kernel::outbox::{ATTEMPTS_MAX, Consumer, deliver};
use pos_storage::SqliteStore;
use pos_tests::baskets::Random;
use pos_tests::program::{self, Register};
use pos_tests::shop::{TestShop, demo_extensions, demo_recipe};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Takes sales, three keys of them; some fail for a while, some for ever.
struct Shaky {
    name: String,
    random: Random,
    poison: u64,
    taken: BTreeMap<String, Vec<u64>>,
}

impl Shaky {
    fn key_of(seq: u64) -> String {
        format!("key {}", seq % 3)
    }
}

impl Consumer for Shaky {
    fn name(&self) -> &str {
        &self.name
    }

    fn key(&self, delivery: &Delivery) -> Option<String> {
        (delivery.kind == "sale").then(|| Shaky::key_of(delivery.seq))
    }

    fn take(&mut self, delivery: &Delivery) -> Result<(), String> {
        if delivery.seq == self.poison || self.random.below(3) == 0 {
            return Err("not now".to_owned());
        }
        self.taken.entry(Shaky::key_of(delivery.seq)).or_default().push(delivery.seq);
        Ok(())
    }
}

/// A storage that is cut off before what became of a batch is written down, now and then.
struct CutOff<'a> {
    store: &'a SqliteStore,
    now: bool,
}

impl Outbox for CutOff<'_> {
    fn through(&self, consumer: &str) -> Result<u64, StoreError> {
        self.store.through(consumer)
    }

    fn after(&self, seq: u64, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.store.after(seq, limit.min(7))
    }

    fn record(&self, seq: u64) -> Result<Option<Delivery>, StoreError> {
        Outbox::record(self.store, seq)
    }

    fn waiting(&self, consumer: &str) -> Result<Vec<Waiting>, StoreError> {
        self.store.waiting(consumer)
    }

    fn consumers(&self) -> Result<Vec<String>, StoreError> {
        self.store.consumers()
    }

    fn settle(&self, consumer: &str, settled: Settled) -> Result<(), StoreError> {
        if self.now {
            return Err(StoreError::Failed { problem: "the power failed".into(), disk_full: false });
        }
        self.store.settle(consumer, settled)
    }
}

#[test]
fn every_record_is_taken_in_order_by_key_or_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = demo_recipe(demo_extensions().unwrap()).unwrap();
    let piece = recipe.items.iter().find(|item| !item.unit.is_measured()).unwrap();
    let code = piece.codes.first().unwrap().clone();
    let mut shop = TestShop::open(folder.path(), recipe).unwrap();
    for _ in 0..40 {
        shop.scan(&code);
        shop.call(Command::TenderCash { basket: None, amount: None });
        let done = shop.call(Command::Complete { basket: None });
        assert!(done.refused.is_none(), "{:?}", done.refused);
    }
    let store = Arc::clone(&shop.store);
    let sales: Vec<u64> =
        store.after(0, 1_000).unwrap().into_iter().filter(|one| one.kind == "sale").map(|one| one.seq).collect();
    assert_eq!(sales.len(), 40);
    for seed in 0..20 {
        let poison = sales[5 + seed as usize];
        let name = format!("shaky-{seed}");
        let mut consumer = Shaky { name: name.clone(), random: Random::new(seed), poison, taken: BTreeMap::new() };
        let mut cuts = Random::new(seed + 100);
        let mut now_ms = 0;
        let is_done = |store: &SqliteStore| {
            let waiting = store.waiting(&name).unwrap();
            store.through(&name).unwrap() == *sales.last().unwrap() && waiting.iter().all(|one| one.dead)
        };
        for _ in 0..2_000 {
            now_ms += 60_000;
            let outbox = CutOff { store: &store, now: cuts.below(5) == 0 };
            deliver(&outbox, &mut consumer, now_ms).ok();
            if is_done(&store) {
                break;
            }
        }
        assert!(is_done(&store), "seed {seed}");
        let dead: Vec<u64> = store.waiting(&name).unwrap().iter().map(|one| one.seq).collect();
        assert!(dead.contains(&poison) && dead.len() < 4, "seed {seed}: {dead:?}");
        assert!(store.waiting(&name).unwrap().iter().all(|one| one.attempts == ATTEMPTS_MAX));
        for seq in sales.iter().filter(|seq| !dead.contains(seq)) {
            let taken = &consumer.taken[&Shaky::key_of(*seq)];
            assert!(taken.contains(seq), "seed {seed}: record {seq} was never taken");
        }
        for (key, taken) in &consumer.taken {
            // First times only: what comes again after a cut is what had been taken already.
            let mut first = Vec::new();
            for seq in taken {
                if !first.contains(seq) {
                    first.push(*seq);
                }
            }
            assert!(first.is_sorted(), "seed {seed}, {key}: {first:?}");
        }
    }
}

/// What a register writes elsewhere while it sells: the whole journal byte for byte, and what it signed; a stick that is not
/// there is waited for.
#[test]
fn a_register_writes_its_journal_and_anchors_elsewhere() {
    let shop = tempfile::tempdir().unwrap();
    program::init(shop.path()).unwrap();
    let (near, far) = (shop.path().join("near"), shop.path().join("far"));
    std::fs::create_dir(&near).unwrap();
    let consumer = |name: &str, takes: &str, folder: &std::path::Path| {
        format!("[[consumer]]\nname = \"{name}\"\ntakes = \"{takes}\"\nfolder = '{}'\n", folder.display())
    };
    let config = [consumer("copy", "records", &near), consumer("stick", "anchors", &far)].concat();
    std::fs::write(shop.path().join("outbox.toml"), config).unwrap();
    let sell = |register: &mut Register| {
        register.must(json!({"command": "sell_item", "scan": "4006381333931"})).unwrap();
        register.must(json!({"command": "tender_cash"})).unwrap();
        register.must(json!({"command": "complete"})).unwrap();
    };
    let mut register = Register::start(shop.path()).unwrap();
    (0..5).for_each(|_| sell(&mut register));
    register.must(json!({"command": "count_till", "counts": [{"amount": "12.50"}]})).unwrap();
    register.must(json!({"command": "close_shift", "reason": "none"})).unwrap();
    let lines = |folder: &std::path::Path| -> Vec<Value> {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let text: String = files.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let until = |what: &str, is_so: &dyn Fn() -> bool| {
        for _ in 0..200 {
            if is_so() {
                return;
            }
            crossbeam_channel::after(std::time::Duration::from_millis(50)).recv().unwrap();
        }
        panic!("{what}");
    };
    let records = |folder: &std::path::Path| lines(folder).len();
    until("the copy is complete", &|| records(&near) >= 9);
    register.kill().unwrap();
    // The stick is there now.
    std::fs::create_dir(&far).unwrap();
    let file = std::fs::read_dir(&near).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    let mut register = Register::start(shop.path()).unwrap();
    (0..3).for_each(|_| sell(&mut register));
    until("the stick has the anchor", &|| records(&far) == 1);
    until("the copy goes on", &|| records(&near) > text.lines().count() + 2);
    // A register that is closed has handed over all there is, however short the time since.
    (0..3).for_each(|_| sell(&mut register));
    register.end().unwrap();
    assert_eq!(lines(&far)[0]["kind"], "anchor");
    let elsewhere = tempfile::tempdir().unwrap();
    let exported = elsewhere.path().join("journal.jsonl");
    let folder = shop.path().to_str().unwrap();
    let export = ["journal", "export", "--data", folder, "--out", exported.to_str().unwrap()];
    assert!(program::run(&export).unwrap().status.success());
    let exported = std::fs::read_to_string(exported).unwrap();
    let copied = std::fs::read_to_string(&file).unwrap();
    assert!(exported.starts_with(&copied), "the copy is the journal, byte for byte");
    assert_eq!(
        exported.lines().count(),
        copied.lines().count() + 1,
        "all of it, but for the line that says where it ends"
    );
    let told = program::run(&["outbox", "--data", folder, "--json"]).unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["consumers"].as_array().unwrap().len(), 2, "{told}");
}

/// A copy on another stick gets what it lacks, one that lost its end too; a stick that is away for long costs nothing, and a
/// file that is not this journal's copy is left as it is.
#[test]
fn a_copy_is_whole_whatever_became_of_its_stick() {
    let shop = tempfile::tempdir().unwrap();
    program::init(shop.path()).unwrap();
    let stick = shop.path().join("stick");
    let config = format!("[[consumer]]\nname = \"copy\"\ntakes = \"records\"\nfolder = '{}'\n", stick.display());
    std::fs::write(shop.path().join("outbox.toml"), config).unwrap();
    let folder = shop.path().to_str().unwrap();
    let copy = stick.join("journal-S1-R7.jsonl");
    let sell_and_close = || {
        let mut register = Register::start(shop.path()).unwrap();
        register.must(json!({"command": "sell_item", "scan": "4006381333931"})).unwrap();
        register.must(json!({"command": "tender_cash"})).unwrap();
        register.must(json!({"command": "complete"})).unwrap();
        register.end().unwrap()
    };
    let problem = || -> Value {
        let told = program::run(&["outbox", "--data", folder, "--json"]).unwrap();
        let told: Value = serde_json::from_slice(&told.stdout).unwrap();
        assert_eq!(told["consumers"][0]["waiting"], json!([]), "nothing is set aside: {told}");
        told["consumers"][0]["problem"].clone()
    };
    let is_whole = || {
        let elsewhere = tempfile::tempdir().unwrap();
        let out = elsewhere.path().join("journal.jsonl");
        let export = ["journal", "export", "--data", folder, "--out", out.to_str().unwrap()];
        assert!(program::run(&export).unwrap().status.success());
        let exported = std::fs::read_to_string(&out).unwrap();
        let copied = std::fs::read_to_string(&copy).unwrap();
        exported.starts_with(&copied) && exported.lines().count() == copied.lines().count() + 1
    };
    // Away for more starts than a record had attempts.
    for _ in 0..12 {
        sell_and_close();
    }
    assert!(problem().as_str().unwrap().contains("journal-S1-R7.jsonl"));
    std::fs::create_dir(&stick).unwrap();
    sell_and_close();
    assert!(is_whole() && problem().is_null());
    // Another stick, an older one, and one that lost half a line.
    let whole = std::fs::read_to_string(&copy).unwrap();
    let older: String = whole.lines().take(4).map(|line| format!("{line}\n")).collect();
    for left in ["", &older, &whole[..whole.len() - 100]] {
        std::fs::write(&copy, left).unwrap();
        sell_and_close();
        assert!(is_whole(), "{} bytes were left", left.len());
    }
    // Not ours, or damaged at its end: told, and not touched.
    let whole = std::fs::read_to_string(&copy).unwrap();
    let last = whole.trim_end().lines().last().unwrap();
    let of_another = whole.replace(&last[last.find("\"hash\":\"").unwrap()..][..20], "\"hash\":\"000000000000");
    for (left, told) in [(of_another, "not one of this journal"), (whole.clone() + "spoilt\n", "is no record")] {
        std::fs::write(&copy, &left).unwrap();
        sell_and_close();
        assert!(problem().as_str().unwrap().contains(told), "{}", problem());
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), left);
    }
    std::fs::write(&copy, whole).unwrap();
    sell_and_close();
    assert!(is_whole() && problem().is_null());
}

//! A damaged database: what comes back of it, what is said of the rest, and which numbers are given afterwards.

use super::closing::closing;
use super::disks::dice;
use super::*;
use crate::back_up;
use crate::connection::Place;
use crate::salvage::{Salvage, Salvaged, salvage};
use pos_api::port::{CommitRequest, OpenShift};
use pos_domain::people::Person;
use pos_domain::tender::TenderKind;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: usize = 4096;

/// Sales of a day, and of which shift they are.
fn sell_in(store: &SqliteStore, shift: u64, from: u128, count: u32) {
    for id in from..from + u128::from(count) {
        let mut transaction = fixture::sale(id, 1 + (id % 5) as u32);
        transaction.shift = shift;
        let open_shift = Some(OpenShift { shift, ..fixture::open_shift() });
        store.commit(CommitRequest { transaction, open_shift, floors: Vec::new() }, &mut |_| {}).unwrap();
    }
}

fn close(store: &SqliteStore, shift: u64) {
    let expected = store.shift_totals().unwrap().unwrap().expected(TenderKind::Cash).unwrap();
    store.close_shift(closing(shift, expected.minor())).unwrap();
}

/// Articles, people, two shifts, the second one open.
fn fill(store: &SqliteStore, backup: Option<&Path>) {
    store.upsert_items((1..=200).map(fixture::item).collect()).unwrap();
    let person =
        Person { id: "maya".into(), name: "Maya".into(), role: "cashier".into(), active: true, ..Person::default() };
    store.store_person(Some(person), None).unwrap();
    sell_in(store, 1, 1, 40);
    close(store, 1);
    if let Some(backup) = backup {
        store.flush().unwrap();
        assert_eq!(back_up(store.path(), backup, &mut |_, _| {}).unwrap().problems, Vec::<String>::new());
    }
    sell_in(store, 2, 100, 30);
}

fn exported(store: &SqliteStore) -> Vec<String> {
    let mut lines = Vec::new();
    store.export_journal(&mut lines).unwrap();
    String::from_utf8(lines).unwrap().lines().map(str::to_owned).collect()
}

/// A shop that was closed, whole, with its export.
struct Day {
    folder: Folder,
    bytes: Vec<u8>,
    lines: Vec<String>,
    last_number: u64,
    balances: pos_api::port::TrialBalance,
}

impl Day {
    fn new(backup: Option<&Path>) -> Day {
        let folder = Folder::new();
        let store = folder.open();
        fill(&store, backup);
        let (lines, balances) = (exported(&store), store.trial_balance().unwrap());
        let last_number = store.restore().unwrap().last.unwrap().number;
        drop(store);
        let bytes = std::fs::read(folder.path()).unwrap();
        Day { folder, bytes, lines, last_number, balances }
    }

    fn records(&self) -> u64 {
        self.lines.len() as u64 - 1
    }

    /// A damaged copy beside the key of the register.
    fn damaged(&self, bytes: &[u8]) -> Folder {
        let copy = Folder::new();
        std::fs::write(copy.path(), bytes).unwrap();
        std::fs::copy(self.folder.path().with_extension("key"), copy.path().with_extension("key")).unwrap();
        copy
    }
}

fn order(damaged: &Folder, others: Vec<PathBuf>, last_number: Option<u64>) -> Salvage {
    let to = damaged.path().with_file_name("new.db");
    let beside = damaged.path().with_file_name("beside.jsonl");
    std::fs::copy(damaged.path().with_extension("key"), to.with_extension("key")).unwrap();
    for file in [&to, &beside] {
        std::fs::remove_file(file).ok();
    }
    Salvage {
        damaged: damaged.path(),
        others,
        to,
        beside,
        books: fixture::books(),
        at: fixture::NOON,
        was_cut_off: false,
        emergency: None,
        last_number,
    }
}

fn run(order: &Salvage) -> Salvaged {
    let told = salvage(order, &mut |_, _, _| {}).unwrap();
    assert_eq!(told.problems, Vec::<String>::new());
    assert_eq!(order.to.exists(), told.built);
    told
}

fn lines_beside(order: &Salvage) -> Vec<String> {
    std::fs::read_to_string(&order.beside).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Whatever came of it, nothing is gone without being told, and no number is given twice.
fn check(day: &Day, order: &Salvage, told: &Salvaged) {
    let records = told.records as usize;
    if !told.built {
        assert!(told.refused.is_some() && order.last_number.is_none());
        return;
    }
    let store = open(&order.to);
    verified(&store);
    let lines = exported(&store);
    assert_eq!(lines[..records], day.lines[..records], "records are those that were, byte for byte");
    let beside = lines_beside(order);
    assert_eq!(beside.len() as u64, told.records_beside() + told.contradicting);
    for line in &beside {
        assert!(day.lines.contains(line));
    }
    let in_all = told.records + told.records_beside() + told.records_missing();
    assert_eq!(in_all, told.last_record);
    if told.end_is_known {
        assert_eq!(in_all, day.records(), "{told:#?}");
    }
    let report = pos_verify_of(&lines);
    assert_eq!(report, Vec::<String>::new());
    // The next one.
    let open_shift = store.restore().unwrap();
    let shift = open_shift.shift.map_or(open_shift.last_shift + 1, |open| open.shift);
    sell_in(&store, shift, 5_000, 1);
    let next = store.restore().unwrap().last.unwrap().number;
    assert!(next > day.last_number, "receipt {next} was given before");
    if told.numbers_through.is_none() {
        assert_eq!((told.records, next), (day.records(), day.last_number + 1));
    }
    verified(&store);
    assert_eq!(store.verify(Scope::Tail).unwrap().problems, Vec::<String>::new());
    close(&store, shift);
    verified(&store);
    assert_eq!(pos_verify_of(&exported(&store)), Vec::<String>::new());
    drop(store);
    verified(&open(&order.to));
}

/// What the independent program says of an export.
fn pos_verify_of(lines: &[String]) -> Vec<String> {
    let text = lines.join("\n") + "\n";
    let report = pos_verify::verify(text.as_bytes(), &pos_verify::Trust::default()).unwrap();
    report.problems.into_iter().map(|problem| problem.what).collect()
}

/// Pages that hold a record: its leaf, and those it goes on in.
fn pages_of_records(path: &Path) -> BTreeMap<u64, BTreeSet<usize>> {
    let reader = Place::at(path).open_readable().unwrap();
    let mut seqs = reader.prepare("SELECT seq FROM journal ORDER BY seq").unwrap();
    let mut seqs = seqs.query_map([], |row| row.get::<_, u64>(0)).unwrap().map(Result::unwrap);
    let mut stat = reader.prepare("SELECT path, pageno, pagetype, ncell FROM dbstat WHERE name = 'journal'").unwrap();
    let pages: Vec<(String, usize, String, usize)> = stat
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut leaves: Vec<_> = pages.iter().filter(|(_, _, kind, _)| kind == "leaf").collect();
    leaves.sort();
    let mut found = BTreeMap::new();
    for (path, leaf, _, cells) in leaves {
        for cell in 0..*cells {
            let goes_on = format!("{}{}{cell:03x}+", path, if path.ends_with('/') { "" } else { "/" });
            let more = pages.iter().filter(|(path, ..)| path.starts_with(&goes_on)).map(|(_, page, ..)| *page);
            found.insert(seqs.next().unwrap(), more.chain([*leaf]).collect());
        }
    }
    assert_eq!(seqs.next(), None);
    found
}

/// Damages some pages; answers which.
fn damage(bytes: &mut Vec<u8>, dice: &mut dyn FnMut(u64) -> u64) -> BTreeSet<usize> {
    let pages = bytes.len() / PAGE;
    let mut damaged = BTreeSet::new();
    for _ in 0..=dice(6) {
        let page = dice(pages as u64) as usize;
        let at = page * PAGE;
        match dice(4) {
            0 => bytes[at..at + PAGE].fill(0),
            1 => bytes[at..at + PAGE].iter_mut().for_each(|byte| *byte = dice(256) as u8),
            2 => bytes[at + dice(PAGE as u64) as usize] ^= 1 << dice(8),
            _ => {
                let from = dice(pages as u64) as usize;
                if from != page {
                    bytes.copy_within(from * PAGE..(from + 1) * PAGE, at);
                }
            }
        }
        damaged.insert(page + 1);
    }
    if dice(8) == 0 {
        let left = bytes.len() * (50 + dice(50) as usize) / 100;
        bytes.truncate(left);
        damaged.extend(left / PAGE + 1..=pages);
    }
    damaged
}

#[test]
fn of_a_file_that_is_whole_everything_comes_back() {
    let day = Day::new(None);
    let damaged = day.damaged(&day.bytes);
    let order = order(&damaged, Vec::new(), None);
    let told = run(&order);
    assert!(told.built && told.end_is_known, "{told:#?}");
    assert_eq!((told.records, told.articles, told.people), (day.records(), 200, 1));
    assert_eq!((told.articles_missing, told.damaged_tables.len(), told.contradicting), (0, 0, 0));
    let store = open(&order.to);
    assert_eq!(store.trial_balance().unwrap(), day.balances);
    assert_eq!(exported(&store), day.lines);
    assert_eq!(store.find_items("Article", 500).unwrap().len(), 200);
    drop(store);
    check(&day, &order, &told);
    assert_eq!(std::fs::read(damaged.path()).unwrap(), day.bytes, "the damaged file is only read");
}

#[test]
fn whatever_pages_are_overwritten_nothing_is_lost_in_silence() {
    let day = Day::new(None);
    let pages_of = pages_of_records(&day.folder.path());
    let (mut whole, mut refused) = (0, 0);
    for seed in 0..48 {
        let mut dice = dice(seed);
        let mut bytes = day.bytes.clone();
        let damaged = damage(&mut bytes, &mut dice);
        let folder = day.damaged(&bytes);
        let alone = order(&folder, Vec::new(), None);
        let told = run(&alone);
        check(&day, &alone, &told);
        whole += u32::from(told.built);
        if !told.built {
            refused += 1;
            let said = order(&folder, Vec::new(), Some(day.last_number));
            let told = run(&said);
            assert!(told.built, "seed {seed}: {told:#?}");
            check(&day, &said, &told);
            let found: BTreeSet<u64> =
                (1..=told.records).chain(told.beside.iter().flat_map(|(from, through)| *from..=*through)).collect();
            for (seq, pages) in &pages_of {
                let is_readable = pages.is_disjoint(&damaged);
                assert!(!is_readable || found.contains(seq), "seed {seed}: record {seq} is on sound pages {pages:?}");
            }
        }
    }
    assert!(whole > 2 && refused > 8, "{whole} whole, {refused} refused at first");
}

#[test]
fn with_a_second_copy_of_the_journal_nothing_is_missing() {
    let day = Day::new(None);
    for seed in 0..14 {
        let mut dice = dice(1_000 + seed);
        let mut bytes = day.bytes.clone();
        damage(&mut bytes, &mut dice);
        if seed % 7 == 0 {
            bytes.truncate(dice(5_000) as usize);
        }
        let folder = day.damaged(&bytes);
        let copy = folder.path().with_file_name("copy.jsonl");
        std::fs::write(&copy, day.lines[..day.records() as usize].join("\n") + "\n").unwrap();
        let order = order(&folder, vec![copy], Some(day.last_number));
        let told = run(&order);
        assert!(told.built && told.missing.is_empty() && told.beside.is_empty(), "seed {seed}: {told:#?}");
        assert_eq!((told.records, told.numbers_through), (day.records(), None), "seed {seed}");
        assert_eq!(open(&order.to).trial_balance().unwrap(), day.balances, "seed {seed}");
        check(&day, &order, &told);
    }
}

#[test]
fn a_backup_gives_what_the_damaged_file_does_not() {
    let place = Folder::new();
    let day = Day::new(Some(&place.path()));
    let mut more = 0;
    for seed in 0..12 {
        let mut dice = dice(2_000 + seed);
        let mut bytes = day.bytes.clone();
        damage(&mut bytes, &mut dice);
        let folder = day.damaged(&bytes);
        let alone = run(&order(&folder, Vec::new(), Some(day.last_number)));
        let both = order(&folder, vec![place.path()], Some(day.last_number));
        let told = run(&both);
        assert!(told.built && told.records >= alone.records.max(43), "seed {seed}: {told:#?}");
        assert_eq!((told.articles, told.articles_missing, told.people), (200, 0, 1), "seed {seed}");
        more += u32::from(told.records > alone.records);
        check(&day, &both, &told);
    }
    assert!(more > 1, "{more}");
}

/// The log of a register that was cut off, whole and damaged.
#[test]
fn what_is_in_the_log_comes_back_too() {
    let folder = Folder::new();
    let store = folder.open();
    fill(&store, None);
    store.flush().unwrap();
    let cut = cut_off(&folder);
    let lines = exported(&store);
    let last_number = store.restore().unwrap().last.unwrap().number;
    let balances = store.trial_balance().unwrap();
    drop(store);
    std::fs::copy(folder.path().with_extension("key"), cut.path().with_extension("key")).unwrap();
    let day = Day { bytes: Vec::new(), lines, last_number, balances, folder };
    let mut log_name = cut.path().into_os_string();
    log_name.push("-wal");
    let log = std::fs::read(&log_name).unwrap();
    let told = run(&Salvage { was_cut_off: true, ..order(&cut, Vec::new(), None) });
    assert!(told.built && told.records == day.records(), "{told:#?}");
    let used = log.iter().rposition(|byte| *byte != 0).unwrap();
    let mut found = 0;
    for seed in 0..10 {
        let mut dice = dice(3_000 + seed);
        let mut bytes = log.clone();
        bytes[dice(used as u64) as usize] ^= 1 << dice(8);
        std::fs::write(&log_name, &bytes).unwrap();
        let alone = Salvage { was_cut_off: true, ..order(&cut, Vec::new(), None) };
        let told = run(&alone);
        check(&day, &alone, &told);
        found += u32::from(!told.built && told.sources[0].log_damaged);
        let said = Salvage { was_cut_off: true, ..order(&cut, Vec::new(), Some(last_number)) };
        let told = run(&said);
        assert!(told.built);
        check(&day, &said, &told);
    }
    assert!(found > 2, "{found}");
    std::fs::remove_file(&log_name).unwrap();
    let told = run(&Salvage { was_cut_off: true, ..order(&cut, Vec::new(), None) });
    assert!(!told.built, "a log that is gone took sales with it: {told:#?}");
}

/// The database itself says where its last sales may be, though nobody names the file and no process left a note.
#[test]
fn what_was_sold_on_the_emergency_disk_is_asked_for_by_the_database_itself() {
    let folder = Folder::new();
    let second = folder.path().with_file_name("emergency.jsonl");
    let options = StoreOptions { emergency: Some(second.clone()), ..StoreOptions::new(fixture::currency()) };
    let store = SqliteStore::open(&folder.path(), options).unwrap();
    sell_in(&store, 1, 1, 3);
    close(&store, 1);
    sell_in(&store, 2, 10, 2);
    let cut = cut_off(&folder);
    std::fs::copy(folder.path().with_extension("key"), cut.path().with_extension("key")).unwrap();
    let before = exported(&store).len() - 1;
    sell_in(&store, 2, 20, 2);
    drop(store);
    let header = std::fs::read_to_string(&second).unwrap();
    let lines = header.clone() + &exported(&folder.open())[before..before + 2].join("\n") + "\n";
    // Nothing was sold there: the end is the database's.
    let told = run(&order(&cut, Vec::new(), None));
    assert!(told.built && told.end_is_known && told.records == before as u64, "{told:?}");
    // The last two were.
    std::fs::write(&second, &lines).unwrap();
    let all = before as u64 + 2;
    let told = run(&order(&cut, Vec::new(), None));
    assert!(told.built && told.end_is_known && (told.records, told.last_number) == (all, 7), "{told:?}");
    assert_eq!(told.sources.iter().map(|source| source.spoilt).sum::<u64>(), 0, "a name is no damage");
    // Another stick has a file of that name, without them.
    std::fs::write(&second, header.replace(":\"", ":\"0")).unwrap();
    let told = run(&order(&cut, Vec::new(), None).again());
    assert!(!told.built && !told.end_is_known, "{told:?}");
    // The disk is lost with them: their numbers are not given again.
    std::fs::remove_file(&second).unwrap();
    let told = run(&order(&cut, Vec::new(), None));
    assert!(!told.built && !told.end_is_known, "{told:?}");
    // Named from another place.
    let elsewhere = folder.path().with_file_name("found-again.jsonl");
    std::fs::write(&elsewhere, &lines).unwrap();
    let named = Salvage { emergency: Some(elsewhere.clone()), ..order(&cut, vec![elsewhere], None) };
    let told = run(&named);
    assert!(told.built && told.end_is_known && told.records == all, "{told:?}");
}

#[test]
fn a_number_that_was_seen_is_not_given_again_whatever_is_said() {
    let day = Day::new(None);
    let folder = day.damaged(b"nothing is left");
    let copy = folder.path().with_file_name("copy.jsonl");
    let without = |left_out: usize| {
        let kept = day.lines.iter().enumerate().filter(|(line, _)| *line != left_out).map(|(_, line)| line.as_str());
        kept.collect::<Vec<_>>().join("\n")
    };
    std::fs::write(&copy, without(20)).unwrap();
    let refused = |last_number| run(&order(&folder, vec![copy.clone()], last_number)).refused.unwrap();
    assert!(refused(None).contains("1 record(s)") || refused(None).contains("--last-number"), "{}", refused(None));
    assert!(refused(Some(30)).contains(&format!("receipt {} is known", day.last_number)));
    let order = order(&folder, vec![copy.clone()], Some(day.last_number + 3));
    let told = run(&order);
    assert_eq!((told.records, &*told.missing, told.numbers_through), (20, &[(21, 21)][..], Some(day.last_number + 3)));
    assert_eq!((told.records_beside(), told.sources[1].spoilt), (day.records() - 21, 0));
    check(&day, &order, &told);
    // A record of a stranger's register, and one that somebody changed, are none.
    let mut lines = day.lines.clone();
    lines[10] = lines[10].replace("Maya", "Mia");
    std::fs::write(&copy, lines.join("\n")).unwrap();
    let told = run(&Salvage { last_number: None, ..order.clone() }.again());
    assert_eq!((told.records, told.sources[1].spoilt), (10, 1));
    let mut stranger = order.clone().again();
    stranger.books.register = "R2".into();
    let told = run(&stranger);
    assert_eq!((told.records, told.sources[1].foreign), (0, day.records() - 1));
}

/// Two journals that share their beginning, as after a backup was taken up and sold with: what the register signed is its own.
#[test]
fn what_was_signed_outweighs_what_was_not() {
    let folder = Folder::new();
    let store = folder.open();
    fill(&store, None);
    drop(store);
    let early = Folder::new();
    assert!(back_up(&folder.path(), &early.path(), &mut |_, _| {}).unwrap().problems.is_empty());
    std::fs::copy(folder.path().with_extension("key"), early.path().with_extension("key")).unwrap();
    let (store, other) = (folder.open(), early.open());
    sell_in(&store, 2, 200, 3);
    close(&store, 2);
    // The longer one, without a signature.
    sell_in(&other, 2, 300, 9);
    let (signed, unsigned) = (exported(&store), exported(&other));
    drop(store);
    let damaged = Folder::new();
    std::fs::write(damaged.path(), b"").unwrap();
    std::fs::copy(folder.path().with_extension("key"), damaged.path().with_extension("key")).unwrap();
    let write = |name: &str, lines: &[String]| {
        let path = damaged.path().with_file_name(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    };
    let copies = vec![write("unsigned.jsonl", &unsigned), write("signed.jsonl", &signed)];
    let order = order(&damaged, copies, Some(90));
    let told = run(&order);
    assert!(told.built && told.records >= 77, "{told:#?}");
    let kept = exported(&open(&order.to));
    assert_eq!(kept[..77], signed[..77], "up to what was signed");
    assert!(told.contradicting > 0 && !lines_beside(&order).is_empty());
}

impl Salvage {
    /// The same once more, to a place where nothing is.
    fn again(self) -> Salvage {
        for file in [&self.to, &self.beside] {
            std::fs::remove_file(file).ok();
        }
        self
    }
}

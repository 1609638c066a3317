//! A shop whose disk went bad, from outside: what the register says at its start, what `pos salvage` brings back, and that
//! the shop sells on.

use pos_tests::baskets::Random;
use pos_tests::program::{self, Register};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

const PAGE: usize = 4096;

fn sell(register: &mut Register, count: u64) {
    for _ in 0..count {
        let opened = register.must(json!({ "command": "open_basket" })).unwrap();
        let basket = &opened["basket"];
        for scan in ["4006381333931", "0.482*2001"] {
            register.must(json!({ "command": "sell_item", "basket": basket, "scan": scan })).unwrap();
        }
        register.must(json!({ "command": "tender_cash", "basket": basket })).unwrap();
        register.must(json!({ "command": "complete", "basket": basket })).unwrap();
    }
}

fn pos(arguments: &[&str], data: &Path) -> Output {
    let data = data.to_str().unwrap();
    program::run(&[arguments, &["--data", data]].concat()).unwrap()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

/// Exported and read by the program that shares nothing with the register; answers how many receipts there are.
fn verified(data: &Path) -> u64 {
    let exported = pos(&["journal", "export"], data);
    let report = pos_verify::verify(&exported.stdout[..], &pos_verify::Trust::default()).unwrap();
    assert_eq!(report.problems, Vec::new());
    let verified = pos(&["journal", "verify"], data);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    report.receipts
}

/// Twenty sales, a backup, fifteen more; a second copy on a stick that was plugged in throughout or not at all.
fn shop(folder: &Path) {
    let data = folder.join("shop");
    program::init(&data).unwrap();
    let stick = folder.join("stick");
    std::fs::create_dir(&stick).unwrap();
    let consumer =
        format!("[[consumer]]\nname = \"stick\"\ntakes = \"records\"\nfolder = {:?}\n", stick.to_str().unwrap());
    std::fs::write(data.join("outbox.toml"), consumer).unwrap();
    let mut register = Register::start(&data).unwrap();
    sell(&mut register, 20);
    let backup = pos(&["backup", "--json", "--to", folder.join("backups").to_str().unwrap()], &data);
    assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
    sell(&mut register, 15);
    until("the second copy is complete", || {
        let files = std::fs::read_dir(&stick).unwrap().flatten();
        files.map(|file| std::fs::read_to_string(file.path()).unwrap().lines().count()).sum::<usize>() == 36
    });
    register.end().unwrap();
}

fn pause() {
    crossbeam_channel::after(std::time::Duration::from_millis(100)).recv().unwrap();
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        pause();
    }
    panic!("{what}");
}

fn backup_of(folder: &Path) -> String {
    let mut backups = std::fs::read_dir(folder.join("backups")).unwrap();
    backups.next().unwrap().unwrap().path().to_str().unwrap().to_owned()
}

/// The pages of the file in which the text stands.
fn pages_with(bytes: &[u8], text: &str) -> Vec<usize> {
    let pages = bytes.chunks(PAGE).enumerate();
    pages
        .filter(|(_, page)| page.windows(text.len()).any(|part| part == text.as_bytes()))
        .map(|(page, _)| page)
        .collect()
}

fn spoil(data: &Path, pages: &[usize], random: &mut Random) {
    let path = data.join("pos.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for page in pages {
        bytes[page * PAGE..(page + 1) * PAGE].iter_mut().for_each(|byte| *byte = random.below(256) as u8);
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_shop_with_a_damaged_journal_is_salvaged_and_sells_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    shop(folder);
    let (data, stick) = (folder.join("shop"), folder.join("stick"));
    let exported = pos(&["journal", "export"], &data).stdout;
    let bytes = std::fs::read(data.join("pos.db")).unwrap();
    let mut random = Random::new(5);
    // Where the newest sales are, and the first page.
    let mut pages = pages_with(&bytes, "\"number\":34,");
    assert!(!pages.is_empty());
    pages.push(0);
    spoil(&data, &pages, &mut random);
    let damaged = std::fs::read(data.join("pos.db")).unwrap();

    let started = pos(&["journal", "verify"], &data);
    let is_well = started.status.success();
    let said = String::from_utf8_lossy(&[started.stderr, started.stdout].concat()).into_owned();
    assert!(!is_well && said.contains("pos salvage"), "{said}");

    // The second copy has all of it; that nothing came after it only paper can say.
    let new = folder.join("new");
    let to = new.to_str().unwrap().to_owned();
    let refused = pos(&["salvage", "--json", "--to", &to], &data);
    assert!(!refused.status.success() && !new.exists());
    assert!(json_of(&refused)["refused"].as_str().unwrap().contains("--last-number (at least 35)"));
    let done = pos(&["salvage", "--json", "--to", &to, "--last-number", "35"], &data);
    let told = json_of(&done);
    assert!(done.status.success(), "{told}");
    assert_eq!(
        (&told["last_number"], &told["records_missing"], &told["numbers_through"]),
        (&json!(35), &json!(0), &json!(null))
    );
    assert_eq!(told["articles"], 2, "{told}");
    assert_eq!(pos(&["journal", "export"], &new).stdout, exported, "byte for byte");
    let mut register = Register::start(&new).unwrap();
    sell(&mut register, 1);
    register.end().unwrap();
    assert_eq!(verified(&new), 36);

    // Without it, with the backup: what is behind the gap lies beside, and no number is given twice.
    std::fs::rename(&stick, folder.join("lost")).unwrap();
    let second = folder.join("second");
    let to = second.to_str().unwrap().to_owned();
    let from = backup_of(folder);
    let done = pos(&["salvage", "--to", &to, "--from", &from, "--last-number", "36"], &data);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("Missing: ") && said.contains("Receipts go on after number 36."), "{said}");
    assert_eq!(verified(&second), 36);
    let mut register = Register::start(&second).unwrap();
    sell(&mut register, 1);
    register.end().unwrap();
    assert_eq!(verified(&second), 37);
    let audit = pos(&["people", "audit"], &second);
    assert!(String::from_utf8_lossy(&audit.stdout).contains("receipts go on after 36"));
    assert_eq!(std::fs::read(data.join("pos.db")).unwrap(), damaged, "the damaged file is only read");

    // A second copy is of one journal: the salvaged one goes on differently, and is told apart.
    std::fs::rename(folder.join("lost"), &stick).unwrap();
    let copy = std::fs::read_dir(&stick).unwrap().next().unwrap().unwrap().path();
    let before = std::fs::read(&copy).unwrap();
    let mut register = Register::start(&second).unwrap();
    sell(&mut register, 1);
    register.end().unwrap();
    let told = json_of(&pos(&["outbox", "--json"], &second));
    let problem = told["consumers"][0]["problem"].as_str().unwrap_or_default();
    assert!(problem.contains("not one of this journal"), "{told}");
    assert_eq!(std::fs::read(&copy).unwrap(), before, "nothing is mixed into it");
}

#[test]
fn a_damaged_article_costs_the_journal_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    shop(folder);
    let data = folder.join("shop");
    let bytes = std::fs::read(data.join("pos.db")).unwrap();
    let exported = pos(&["journal", "export"], &data).stdout;
    // Articles are written before anything is sold: their page holds no sale.
    let pages: Vec<usize> = pages_with(&bytes, "Tomatoes").into_iter().take(1).collect();
    spoil(&data, &pages, &mut Random::new(6));
    let new = folder.join("new");
    let done = pos(&["salvage", "--json", "--to", new.to_str().unwrap()], &data);
    let told = json_of(&done);
    assert!(done.status.success(), "{told}");
    assert_eq!((&told["articles"], &told["articles_missing"]), (&json!(0), &json!(2)), "{told}");
    assert_eq!(pos(&["journal", "export"], &new).stdout, exported);
    let again = folder.join("again");
    let from = backup_of(folder);
    let told = json_of(&pos(&["salvage", "--json", "--to", again.to_str().unwrap(), "--from", &from], &data));
    assert_eq!(
        (&told["articles"], &told["articles_from_backups"], &told["articles_missing"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(verified(&again), 35);
}

//! What a register says after it was cut off, after starts that never got ready, and of a file that was damaged.

use pos_tests::program::{self, Register};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const PEN: &str = "4006381333931";

fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    program::init(folder.path()).unwrap();
    folder
}

fn sell(register: &mut Register, quantity: u32) -> Value {
    register.must(json!({"command": "sell_item", "scan": PEN, "quantity": quantity.to_string()})).unwrap();
    register.must(json!({"command": "tender_cash"})).unwrap();
    register.must(json!({"command": "complete"})).unwrap()
}

/// Opens the register and closes it; what it said besides replies.
fn told(data: &Path) -> String {
    let mut register = Register::start(data).unwrap();
    register.must(json!({"command": "list_baskets"})).unwrap();
    register.end().unwrap()
}

#[test]
fn the_cashier_is_told_what_became_of_the_last_sale() {
    let shop = shop();
    let mut register = Register::start(shop.path()).unwrap();
    sell(&mut register, 2);
    register.must(json!({"command": "sell_item", "scan": PEN})).unwrap();
    // A line is on the disk a tenth of a second later.
    crossbeam_channel::after(Duration::from_millis(500)).recv().unwrap();
    register.kill().unwrap();
    let said = told(shop.path());
    for words in [
        "the register was cut off.",
        "The last receipt that is stored is 1 (sale, 5.00, ",
        "The sale in hand was not completed and is kept: 1 line, 2.50.",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let said = told(shop.path());
    assert!(!said.contains("cut off"), "it was closed: {said}");
}

#[test]
fn after_two_failed_starts_the_shop_opens_without_what_was_added_to_it() {
    let shop = shop();
    let rule = "fn discount(basket) { basket.items.percent_off(50).called(\"Half\"); }";
    std::fs::write(shop.path().join("scripts/half.rhai"), rule).unwrap();
    std::fs::write(shop.path().join("devices.toml"), "this is no setting").unwrap();
    // The devices are the reason: no start gets ready.
    for _ in 0..2 {
        let mut failed = program::pos().unwrap();
        let failed = failed.args(["kernel", "--stdio", "--data"]).arg(shop.path()).output().unwrap();
        assert!(!failed.status.success());
    }
    let mut register = Register::start(shop.path()).unwrap();
    let total = sell(&mut register, 2)["view"]["total"].clone();
    assert_eq!(total, "5.00", "the script is left out");
    let said = register.end().unwrap();
    assert!(said.contains("2 starts in a row did not get ready"), "{said}");
    // It was ready and was closed: the next start is one as any, and says what is wrong.
    let failed = program::pos().unwrap().args(["kernel", "--stdio", "--data"]).arg(shop.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&failed.stderr).contains("devices.toml"));
}

/// Settings and files that are refused are no failed starts: the next one leaves nothing out.
#[test]
fn what_is_refused_is_told_and_costs_nothing() {
    let shop = shop();
    let mut register = Register::start(shop.path()).unwrap();
    sell(&mut register, 1);
    register.end().unwrap();
    let refused = |why: &str| {
        for _ in 0..3 {
            let failed =
                program::pos().unwrap().args(["kernel", "--stdio", "--data"]).arg(shop.path()).output().unwrap();
            let said = String::from_utf8_lossy(&failed.stderr).into_owned();
            assert!(!failed.status.success() && said.contains(why), "{said}");
            assert!(!said.contains("did not get ready"), "{said}");
        }
    };
    let outbox = shop.path().join("outbox.toml");
    std::fs::write(&outbox, "[[customer]]\nname = \"typo\"\n").unwrap();
    refused("outbox.toml");
    std::fs::remove_file(outbox).unwrap();
    // Another register's number in the settings of this one.
    let settings = shop.path().join("shop.toml");
    let own = std::fs::read_to_string(&settings).unwrap();
    let other = own.replace("register = \"R7\"", "register = \"R2\"");
    assert!(own != other);
    std::fs::write(&settings, other).unwrap();
    refused("register R7");
    std::fs::write(&settings, own).unwrap();
    // A database that is not there, or empty, is not made anew: its receipt numbers would begin again.
    let (database, kept) = (shop.path().join("pos.db"), shop.path().join("kept"));
    std::fs::rename(&database, &kept).unwrap();
    refused("is not there");
    assert!(!database.exists());
    std::fs::write(&database, "").unwrap();
    refused("is empty");
    std::fs::rename(&kept, &database).unwrap();
    let mut register = Register::start(shop.path()).unwrap();
    assert_eq!(sell(&mut register, 1)["receipt"]["number"], 2);
    assert!(!register.end().unwrap().contains("did not get ready"));
}

/// Backups: two in a second, none inside the shop, and none that says its register runs.
#[test]
fn a_backup_is_of_the_shop_and_beside_it() {
    let (shop, elsewhere) = (shop(), tempfile::tempdir().unwrap());
    let mut register = Register::start(shop.path()).unwrap();
    sell(&mut register, 1);
    let data = shop.path().to_str().unwrap();
    let back_up =
        |to: &Path| program::run(&["backup", "--json", "--data", data, "--to", to.to_str().unwrap()]).unwrap();
    let folders: std::collections::BTreeSet<String> = (0..4)
        .map(|_| {
            let done = back_up(elsewhere.path());
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let told: Value = serde_json::from_slice(&done.stdout).unwrap();
            assert_eq!(told["verified"], true);
            told["folder"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(folders.len(), 4);
    assert!(folders.iter().all(|folder| !Path::new(folder).join("pos.running").exists()));
    for inside in [shop.path().to_owned(), shop.path().join("backups")] {
        let refused = back_up(&inside);
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("another disk"));
    }
    register.end().unwrap();
}

#[test]
fn a_page_that_the_disk_changed_is_told_whichever_it_is() {
    let shop = shop();
    let mut register = Register::start(shop.path()).unwrap();
    (1..=12).for_each(|quantity| drop(sell(&mut register, quantity)));
    register.end().unwrap();
    let database = shop.path().join("pos.db");
    let whole = std::fs::read(&database).unwrap();
    let (mut refused, mut alarms) = (0, 0);
    for page in (0..whole.len() / 4096).step_by(5) {
        let mut spoilt = whole.clone();
        spoilt[page * 4096 + 1_234] ^= 4;
        std::fs::write(&database, spoilt).unwrap();
        let started = Register::start(shop.path()).and_then(|mut register| {
            register.send(json!({"command": "list_baskets"}))?;
            // News is told between commands.
            let mut said = String::new();
            for _ in 0..100 {
                crossbeam_channel::after(Duration::from_millis(50)).recv()?;
                register.send(json!({"command": "list_baskets"}))?;
                said += &register.said_so_far();
                if said.contains("stored is not what was written") {
                    break;
                }
            }
            register.kill()?;
            Ok(said)
        });
        match started {
            Err(_) => refused += 1,
            Ok(said) => {
                assert!(said.contains("what is stored is not what was written"), "page {}: {said}", page + 1);
                assert!(said.contains("page "), "{said}");
                alarms += 1;
            }
        }
        std::fs::remove_file(database.with_extension("db-wal")).ok();
        std::fs::remove_file(database.with_extension("db-shm")).ok();
    }
    assert!(refused > 0 && alarms > 3, "{refused} starts refused, {alarms} alarms");
}

//! The disk fails for good, and sales go on: nothing answered is lost, no number is given twice, the journal stays one chain.

use super::disks::dice;
use super::*;
use crate::disk::{Disk, Failure, Fault, NAME, Unsure};
use std::io::Write;

const SALES: u128 = 12;

fn second(folder: &Folder) -> PathBuf {
    folder.path().with_file_name("emergency.jsonl")
}

fn options(emergency: Option<PathBuf>) -> StoreOptions {
    StoreOptions {
        vfs: Some(NAME.to_owned()),
        event_batch_ms: 60_000,
        log_pages_max: 20,
        emergency,
        ..StoreOptions::new(fixture::currency())
    }
}

fn on_two_disks(disk: &Disk, second: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(disk.path(), options(Some(second.to_owned())))
}

/// Sells, trying again as a cashier does; answers whether the second disk took over.
fn sell_all(store: &SqliteStore, from: u128) -> bool {
    for id in from..=SALES {
        let sold = (0..3).find_map(|_| commit(store, fixture::sale(id, 3)).ok());
        assert_eq!(sold.map(u128::from), Some(id));
        // Asked again, it is the same.
        assert_eq!(commit(store, fixture::sale(id, 3)).map(u128::from), Ok(id));
    }
    store.is_on_second_disk()
}

/// Everything answered is there, once; answers how many records there are.
fn check_all(store: &SqliteStore) -> u64 {
    let records = verified(store);
    for id in 1..=SALES {
        assert_eq!(store.number_of_basket(fixture::basket_id(id)).unwrap().map(u128::from), Some(id));
    }
    assert_eq!(records as u128, SALES + 1, "each sale, and the shift");
    assert!(store.restore().unwrap().baskets.is_empty());
    records
}

#[test]
fn sales_go_on_from_whichever_step_the_disk_fails() {
    let (mut took_over, mut after_cuts) = (0, 0);
    for (after, failure) in (0..60).step_by(2).zip([Failure::Broken, Failure::Gone].into_iter().cycle()) {
        let folder = Folder::new();
        let disk = Disk::new(&folder.path()).unwrap();
        disk.record();
        let second = second(&folder);
        let store = on_two_disks(&disk, &second).unwrap();
        let basket = fixture::basket_id(3);
        store.queue_events(basket, 1, std::slice::from_ref(&Event::Opened(fixture::opening(3)))).unwrap();
        store.flush().unwrap();
        disk.fail(Fault { after, failure, for_ever: true });
        took_over += u32::from(sell_all(&store, 1));
        drop(store);
        disk.mend();
        let trace = disk.trace();
        let (left, lines) = (disk.image(), std::fs::read(&second).unwrap());
        let store = on_two_disks(&disk, &second).unwrap();
        check_all(&store);
        assert_eq!(
            commit(&store, fixture::sale(SALES + 1, 3)).map(u128::from),
            Ok(SALES + 1),
            "the database takes sales again"
        );
        drop(store);
        // As the disk may be found after the power went, too.
        let mut unsure = Unsure::new(&trace.image);
        trace.ops.iter().for_each(|op| unsure.step(op));
        let mut dice = dice(after);
        for _ in 0..3 {
            let (image, _) = unsure.cut(&mut dice, 512);
            disk.put(&image);
            std::fs::write(&second, &lines).unwrap();
            let store = on_two_disks(&disk, &second).unwrap();
            check_all(&store);
            after_cuts += 1;
        }
        // Without the second disk nobody may begin, nor put records in its place.
        if lines.iter().filter(|byte| **byte == b'\n').count() > 1 {
            disk.put(&left);
            std::fs::remove_file(&second).unwrap();
            for emergency in [None, Some(second.clone())] {
                let refused = SqliteStore::open(disk.path(), options(emergency)).err().unwrap().to_string();
                assert!(refused.contains("Plug the disk in"), "{refused}");
            }
            std::fs::write(&second, &lines).unwrap();
            check_all(&SqliteStore::open(disk.path(), options(None)).unwrap());
        }
    }
    assert!(took_over > 15 && after_cuts == 90, "{took_over} of 30 went to the second disk");
}

/// The power goes while the sales of the second disk are taken in: at the next start they are, once.
#[test]
fn taking_in_survives_a_power_cut_at_every_step() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    disk.record();
    let second = second(&folder);
    let store = on_two_disks(&disk, &second).unwrap();
    disk.fail(Fault { after: 9, failure: Failure::Broken, for_ever: true });
    assert!(sell_all(&store, 1));
    drop(store);
    disk.mend();
    let (left, lines) = (disk.image(), std::fs::read(&second).unwrap());
    let before = disk.steps() as usize;
    drop(on_two_disks(&disk, &second).unwrap());
    let aside = |file: &std::fs::DirEntry| file.file_name().to_string_lossy().contains("taken-in");
    let taken_in = std::fs::read_dir(second.parent().unwrap()).unwrap().flatten().find(aside).unwrap();
    assert_eq!(std::fs::read(taken_in.path()).unwrap(), lines, "nothing is thrown away");
    let new = std::fs::read(&second).unwrap();
    let mut with_new = 0;
    let trace = disk.trace();
    let mut unsure = Unsure::new(&trace.image);
    let mut dice = dice(5);
    assert!(trace.ops.len() > before + 10);
    for (step, op) in trace.ops.iter().enumerate() {
        if step < before {
            unsure.step(op);
            continue;
        }
        let (image, _) = unsure.cut(&mut dice, 512);
        disk.put(&image);
        std::fs::write(&second, &lines).unwrap();
        let store = on_two_disks(&disk, &second).or_else(|_| {
            // The next file was there already when the database noted its name.
            with_new += 1;
            std::fs::write(&second, &new).unwrap();
            on_two_disks(&disk, &second)
        });
        check_all(&store.unwrap());
        unsure.step(op);
    }
    assert!(with_new < trace.ops.len() - before, "{with_new}");
    // The program ends there, with both disks as they are then.
    let mut cut_off = 0;
    for after in 0..60 {
        disk.put(&left);
        std::fs::write(&second, &lines).unwrap();
        disk.fail(Fault { after, failure: Failure::Broken, for_ever: true });
        cut_off += u32::from(on_two_disks(&disk, &second).is_err());
        disk.mend();
        check_all(&on_two_disks(&disk, &second).unwrap());
    }
    assert!(cut_off > 20, "{cut_off}");
}

#[test]
fn what_was_half_written_there_was_never_told() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let second = second(&folder);
    let store = on_two_disks(&disk, &second).unwrap();
    disk.fail(Fault { after: 0, failure: Failure::Broken, for_ever: true });
    assert!(sell_all(&store, 1));
    drop(store);
    disk.mend();
    let lines = std::fs::read_to_string(&second).unwrap();
    let half = lines.lines().last().unwrap().as_bytes()[..300].to_owned();
    std::fs::OpenOptions::new().append(true).open(&second).unwrap().write_all(&half).unwrap();
    check_all(&on_two_disks(&disk, &second).unwrap());
}

#[test]
fn nothing_is_written_behind_a_line_without_an_end() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let second = second(&folder);
    std::fs::write(&second, b"{\"seq\":1,\"kind\":\"sale").unwrap();
    let store = on_two_disks(&disk, &second).unwrap();
    disk.fail(Fault { after: 0, failure: Failure::Broken, for_ever: true });
    assert!(sell_all(&store, 1));
    drop(store);
    disk.mend();
    check_all(&on_two_disks(&disk, &second).unwrap());
}

#[test]
fn what_was_changed_there_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let second = second(&folder);
    let store = on_two_disks(&disk, &second).unwrap();
    sell(&store, 1, 2);
    disk.fail(Fault { after: 0, failure: Failure::Broken, for_ever: true });
    assert!(sell_all(&store, 3));
    drop(store);
    disk.mend();
    let left = disk.image();
    let lines = std::fs::read(&second).unwrap();
    let text = String::from_utf8(lines.clone()).unwrap();
    let all: Vec<&str> = text.lines().collect();
    // The first line says which file it is.
    let without_first = [&all[..1], &all[2..]].concat().join("\n") + "\n";
    let swapped = [&[all[0], all[2], all[1]], &all[3..]].concat().join("\n") + "\n";
    let mut flipped = lines.clone();
    flipped[lines.len() / 2] ^= 1;
    // No text any more, in the last line.
    let mut no_text = lines.clone();
    no_text[lines.len() - 20] ^= 0x80;
    for changed in [without_first.into_bytes(), swapped.into_bytes(), flipped, no_text] {
        disk.put(&left);
        std::fs::write(&second, &changed).unwrap();
        let refused = on_two_disks(&disk, &second).err().unwrap().to_string();
        assert!(refused.contains("does not continue the journal") && refused.contains("pos salvage"), "{refused}");
        assert_eq!(std::fs::read(&second).unwrap(), changed);
        std::fs::write(&second, &lines).unwrap();
        check_all(&on_two_disks(&disk, &second).unwrap());
    }
}

#[test]
fn only_sales_for_cash_are_taken_there() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let second = second(&folder);
    let store = on_two_disks(&disk, &second).unwrap();
    disk.fail(Fault { after: 0, failure: Failure::Broken, for_ever: true });
    assert!(sell_all(&store, 1));
    let mut referenced = fixture::sale(50, 3);
    referenced.external_reference = Some("web-1".into());
    let mut voiding = fixture::sale(51, 3);
    voiding.voids = Some(1);
    for transaction in [referenced, voiding] {
        let refused = commit(&store, transaction).unwrap_err().to_string();
        assert!(refused.contains("sales for cash only"), "{refused}");
    }
    let floors =
        vec![pos_domain::ledger::Floor { account: "gift-card:1".into(), least: pos_domain::money::Money::ZERO }];
    let request = pos_api::port::CommitRequest { floors, ..fixture::request(fixture::sale(52, 3)) };
    assert!(store.commit(request, &mut |_| {}).is_err());
    assert!(store.flush().is_err(), "what needs the database is refused");
    drop(store);
    disk.mend();
    check_all(&on_two_disks(&disk, &second).unwrap());
}

#[test]
fn a_second_disk_that_is_not_there_is_told_of_and_keeps_nobody_from_selling() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let nowhere = folder.path().with_file_name("not-plugged-in").join("emergency.jsonl");
    let store = on_two_disks(&disk, &nowhere).unwrap();
    assert!(store.no_second_disk().unwrap().contains("not-plugged-in"));
    assert!(!sell_all(&store, 1));
    drop(store);
    // Nothing was in it, so nothing is asked for.
    check_all(&SqliteStore::open(disk.path(), options(None)).unwrap());
}

#[test]
fn a_register_that_was_closed_does_not_ask_for_the_second_disk() {
    let folder = Folder::new();
    let second = second(&folder);
    let open = |emergency| {
        SqliteStore::open(&folder.path(), StoreOptions { emergency, ..StoreOptions::new(fixture::currency()) })
    };
    let store = open(Some(second.clone())).unwrap();
    sell(&store, 1, 2);
    let cut = cut_off(&folder);
    drop(store);
    std::fs::remove_file(&second).unwrap();
    assert_eq!(verified(&open(None).unwrap()), 3);
    let refused = SqliteStore::open(&cut.path(), StoreOptions::new(fixture::currency())).err().unwrap().to_string();
    assert!(refused.contains("emergency.jsonl") && refused.contains("Plug the disk in"), "{refused}");
}

/// A stick that lay in a drawer has a file of that name, too: what was sold is not in it.
#[test]
fn another_stick_in_its_place_is_not_taken_for_it() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let second = second(&folder);
    drop(on_two_disks(&disk, &second).unwrap());
    let first_name = std::fs::read(&second).unwrap();
    drop(on_two_disks(&disk, &second).unwrap());
    assert_eq!(std::fs::read(&second).unwrap(), first_name, "a stick keeps its name");
    let store = on_two_disks(&disk, &second).unwrap();
    disk.fail(Fault { after: 0, failure: Failure::Broken, for_ever: true });
    assert!(sell_all(&store, 1));
    drop(store);
    disk.mend();
    let lines = std::fs::read(&second).unwrap();
    let other = b"{\"emergency\":\"00112233445566aa\"}\n";
    for in_its_place in [other.as_slice(), b"", b"{\"emerg"] {
        std::fs::write(&second, in_its_place).unwrap();
        let refused = on_two_disks(&disk, &second).err().unwrap().to_string();
        assert!(refused.contains("is another one") && refused.contains("Plug the disk in"), "{refused}");
        assert_eq!(std::fs::read(&second).unwrap(), in_its_place);
    }
    // The stick is found, and is in another place now.
    let elsewhere = folder.path().with_file_name("elsewhere.jsonl");
    std::fs::write(&elsewhere, &lines).unwrap();
    check_all(&on_two_disks(&disk, &elsewhere).unwrap());
}

/// A file with records that nobody asked for is kept under another name, and the new one begins empty.
#[test]
fn records_of_another_time_are_kept_and_not_gone_on_with() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let (first, second) = (folder.path().with_file_name("first.jsonl"), second(&folder));
    let store = on_two_disks(&disk, &first).unwrap();
    disk.fail(Fault { after: 0, failure: Failure::Broken, for_ever: true });
    assert!(sell_all(&store, 1));
    drop(store);
    disk.mend();
    let older = std::fs::read(&first).unwrap();
    std::fs::write(&second, &older).unwrap();
    // Those of the first are taken in; the second holds the same, and becomes the new one.
    let store = on_two_disks(&disk, &second).unwrap();
    assert_eq!(store.no_second_disk(), None);
    check_all(&store);
    drop(store);
    assert_eq!(std::fs::read_to_string(&second).unwrap().lines().count(), 1);
    let files = || std::fs::read_dir(second.parent().unwrap()).unwrap().flatten();
    let kept = files().filter(|file| std::fs::read(file.path()).is_ok_and(|bytes| bytes == older)).count();
    assert_eq!(kept, 2, "nothing is thrown away");
}

/// What a caller was told had failed is not written to the second disk when it takes over later.
#[test]
fn a_sale_that_was_told_as_failed_does_not_come_back() {
    let (mut told_as_failed, mut took_over) = (0, 0);
    for after in 0..40 {
        let folder = Folder::new();
        let disk = Disk::new(&folder.path()).unwrap();
        let second = second(&folder);
        let store = on_two_disks(&disk, &second).unwrap();
        // So many that a connection opened again must read before it can commit: it may fail before its COMMIT, too.
        sell(&store, 1_000, 200);
        store.flush().unwrap();
        disk.fail(Fault { after, failure: Failure::Broken, for_ever: false });
        let first = commit(&store, fixture::sale(2, 3));
        disk.fail(Fault { after: 0, failure: Failure::Gone, for_ever: true });
        let sold = (0..3).find_map(|_| commit(&store, fixture::sale(3, 3)).ok());
        took_over += u32::from(store.is_on_second_disk());
        told_as_failed += u32::from(first.is_err());
        drop(store);
        disk.mend();
        let store = on_two_disks(&disk, &second).unwrap();
        verified(&store);
        let number_of = |id| store.number_of_basket(fixture::basket_id(id)).unwrap();
        assert_eq!((number_of(2), number_of(3)), (first.clone().ok(), sold), "after {after}: {first:?}");
    }
    assert!(told_as_failed > 2 && took_over > 30, "{told_as_failed} told as failed, {took_over} took over");
}

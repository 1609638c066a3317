//! Whatever is changed in the file behind the register's back is found, and named.

use super::*;
use pos_domain::catalogue::Item;

/// Three sales, then the file changed by hand; what verification says about it.
fn after(sql: &str) -> Vec<String> {
    spoilt(|store| drop(sell(store, 1, 3)), sql)
}

/// What verification says of a file that was changed by hand after `work`.
fn spoilt(work: impl Fn(&SqliteStore), sql: &str) -> Vec<String> {
    let folder = Folder::new();
    let store = folder.open();
    work(&store);
    verified(&store);
    drop(store);
    let raw = crate::connection::Place::at(&folder.path()).open_again().unwrap();
    raw.execute_batch(
        "PRAGMA foreign_keys = OFF; DROP TRIGGER journal_is_never_changed; DROP TRIGGER journal_is_never_shortened;",
    )
    .unwrap();
    raw.execute_batch(sql).unwrap();
    drop(raw);
    folder.open().verify(Scope::WHOLE).unwrap().problems
}

fn check(sql: &str, expected: &[&str]) {
    let problems = after(sql);
    for sentence in expected {
        assert!(problems.iter().any(|problem| problem.starts_with(sentence)), "{sql}: {problems:#?}");
    }
    assert!(!problems.is_empty(), "{sql}");
}

#[test]
fn nothing_changed_nothing_found() {
    assert_eq!(after("SELECT 1"), Vec::<String>::new());
}

#[test]
fn the_journal_refuses_changes_by_itself() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 1);
    store.inspect(|connection| {
        for sql in ["DELETE FROM journal WHERE seq = 2", "UPDATE journal SET number = 9 WHERE seq = 2"] {
            assert!(connection.execute_batch(sql).unwrap_err().to_string().contains("append-only"));
        }
    });
    assert_eq!(verified(&store), 2);
}

#[test]
fn an_edited_body_is_found() {
    check(
        "UPDATE journal SET body = replace(body, 'Maya', 'Miya') WHERE seq = 3",
        &["Record 3 was changed after it was written"],
    );
    check("UPDATE journal SET body = '{}' WHERE seq = 3", &["Record 3 was changed", "Record 3 cannot be read: "]);
    check("UPDATE journal SET body = CAST(x'ff' AS TEXT) WHERE seq = 3", &["Record 3 cannot be read"]);
}

#[test]
fn a_deleted_record_is_found() {
    check(
        "DELETE FROM journal WHERE seq = 3",
        &[
            "Records are missing: 4 follows 2.",
            "Record 4 does not continue the record before it",
            "Record 4 has receipt number 3; 2 is next.",
        ],
    );
    // The last one leaves no gap: the books remember it.
    check(
        "DELETE FROM journal WHERE seq = 4",
        &[
            "The sums say they stand at record 4; the journal ends at 3.",
            "The balance of account till:cash is stored as",
            "The totals of shift 1 is stored as",
        ],
    );
    check(
        "DELETE FROM journal WHERE seq = 1",
        &["Records are missing: 2 follows 0.", "Record 2 belongs to shift 1, which"],
    );
}

#[test]
fn swapped_records_are_found() {
    let swap = "
        UPDATE journal SET seq = -1, number = -1 WHERE seq = 3;
        UPDATE journal SET seq = 3, number = 2 WHERE seq = 4;
        UPDATE journal SET seq = 4, number = 3 WHERE seq = -1;";
    check(
        swap,
        &["Record 3 does not continue", "Record 3 is filed as sale 3 (receipt 2", "Record 4 is filed as sale 4"],
    );
}

#[test]
fn changed_columns_are_found() {
    for (change, told) in [
        ("number = 7", "Record 3 has receipt number 7; 2 is next."),
        ("kind = 'cancelled'", "Record 3 is filed as cancelled 3"),
        (
            "basket = zeroblob(16)",
            "Record 3 is filed as sale 3 (receipt 2, basket 00000000-0000-0000-0000-000000000000",
        ),
        ("external_reference = 'x'", "Record 3 is filed as"),
        ("at_ms = 0", "Record 3 is filed as"),
        ("seq = -3", "Record -3 cannot be read"),
        ("hash = zeroblob(32)", "Record 4 does not continue"),
        ("previous_hash = zeroblob(32)", "Record 3 does not continue"),
        ("previous_hash = zeroblob(3)", "Record 3 cannot be read"),
    ] {
        check(&format!("UPDATE journal SET {change} WHERE seq = 3"), &[told]);
    }
}

#[test]
fn changed_projections_are_found() {
    for (change, told) in [
        ("INSERT INTO return_of VALUES (1, 2)", "That receipt 2 took something of receipt 1 back is stored"),
        ("UPDATE account SET credit = 0 WHERE path = 'tax:VAT'", "The balance of account tax:VAT is stored as"),
        ("DELETE FROM account WHERE path = 'tax:VAT'", "The balance of account tax:VAT is missing"),
        (
            "INSERT INTO account (path, debit, credit) VALUES ('bribes', 1, 0)",
            "The balance of account bribes is stored as",
        ),
        (
            "UPDATE stock_level SET quantity = '5' WHERE item = 'SKU00063'",
            "The stock level of article SKU00063 is stored as 5",
        ),
        (
            "UPDATE stock_level SET quantity = 'five' WHERE item = 'SKU00063'",
            "The stock level of article SKU00063 is not",
        ),
        ("UPDATE shift SET total = total + 1", "The totals of shift 1"),
        ("UPDATE shift SET business_date = 'today'", "The totals of shifts cannot be read"),
        ("UPDATE shift_sum SET amount = 0 WHERE kind = 'department'", "The totals of shift 1"),
        ("DELETE FROM shift_sum WHERE kind = 'tax'", "The totals of shift 1"),
        ("INSERT INTO shift_sum VALUES (1, 'tender', 'card', 0, 0)", "The totals of shift 1"),
        (
            "UPDATE meta SET value = '99' WHERE key = 'sums_seq'",
            "The sums say they stand at record 99; the journal ends at 4.",
        ),
        ("UPDATE meta SET value = '2' WHERE key = 'sums_seq'", "The balance of account till:cash is stored as"),
        (
            "INSERT INTO basket_event SELECT basket, 1, 1, '\"undone\"' FROM journal WHERE seq = 3",
            "The basket of record 3 is kept as open",
        ),
    ] {
        check(change, &[told]);
    }
}

#[test]
fn a_damaged_record_is_not_handed_out() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 2);
    store.inspect(|connection| {
        connection.execute_batch("DROP TRIGGER journal_is_never_changed").unwrap();
        connection.execute_batch("UPDATE journal SET body = replace(body, 'Maya', 'Miya') WHERE number = 1").unwrap();
    });
    assert_eq!(
        store.transaction(1),
        Err(StoreError::Corrupt { problem: "record 2 of the journal was changed after it was written".into() })
    );
    assert!(store.transaction(2).unwrap().is_some());
}

/// A closed shift, then the file changed by hand.
#[test]
fn a_closing_that_was_tampered_with_is_found() {
    let close = |store: &SqliteStore| {
        sell(store, 1, 2);
        store.close_shift(closing::closing(1, 1)).unwrap();
    };
    let found = |sql: &str| spoilt(close, sql);
    let has = |sql: &str, sentence: &str| {
        let problems = found(sql);
        assert!(problems.iter().any(|problem| problem.contains(sentence)), "{sql}: {problems:#?}");
    };
    assert_eq!(found("SELECT 1"), Vec::<String>::new());
    has(
        "UPDATE journal SET body = replace(body, '\"sales\":2', '\"sales\":3') WHERE seq = 4",
        "figures the journal does not",
    );
    has(
        "UPDATE journal SET body = replace(body, '\"closings\":1', '\"closings\":2') WHERE seq = 4",
        "perpetual totals",
    );
    has(
        "UPDATE journal SET body = replace(body, '\"register\":\"R1\"', '\"register\":\"R2\"') WHERE seq = 5",
        "not signed with its key",
    );
    has(
        "UPDATE journal SET body = replace(body, '\"seq\":4,\"store', '\"seq\":3,\"store') WHERE seq = 5",
        "signs another record",
    );
    has("DELETE FROM journal WHERE seq = 4", "Records are missing: 5 follows 3.");
}

/// Each commit is on the disk before the next one is written: where there are more behind one that does not hold, nobody is
/// let to sell on without them. The last one is what a power cut may leave in parts.
#[test]
fn a_log_that_was_changed_is_refused_unless_it_ends_as_after_a_power_cut() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 6);
    let cut = cut_off(&folder);
    drop(store);
    let wal = cut.path().with_extension("db-wal");
    let (image, log) = (std::fs::read(cut.path()).unwrap(), std::fs::read(&wal).unwrap());
    let frames: Vec<&[u8]> =
        log[32..].chunks_exact(24 + 4096).take_while(|frame| frame[8..16] == log[16..24]).collect();
    let ends: Vec<usize> = (0..frames.len()).filter(|frame| frames[*frame][4..8] != [0; 4]).collect();
    assert_eq!(ends.last(), Some(&(frames.len() - 1)));
    assert!(ends.len() >= 6, "{ends:?}");
    for frame in 0..frames.len() {
        // In the page, in its sum, and in what marks it as one of this log.
        for byte in [24 + 1000, 17, 9] {
            let mut changed = log.clone();
            changed[32 + frame * (24 + 4096) + byte] ^= 0x40;
            std::fs::write(cut.path(), &image).unwrap();
            std::fs::write(&wal, &changed).unwrap();
            let opened = SqliteStore::open(&cut.path(), StoreOptions::new(fixture::currency()));
            // One that is not marked as one of this log is no end of a commit any more.
            let lost = ends.iter().filter(|end| **end > frame || (**end == frame && byte != 9)).count();
            match opened {
                Err(error) => {
                    assert!(lost > 1, "frame {frame} byte {byte}: {error}");
                    assert!(error.to_string().contains("`pos salvage`"), "{error}");
                    assert_eq!(std::fs::read(&wal).unwrap(), changed, "it is only read");
                }
                Ok(store) => {
                    assert!(lost <= 1, "frame {frame} byte {byte}: {lost} commits are gone without a word");
                    verified(&store);
                }
            }
        }
    }
}

/// The records after an anchor written anew, with a chain that holds: the anchor behind the closing is missed.
#[test]
fn an_anchor_that_was_taken_out_is_missed() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 2);
    store.close_shift(closing::closing(1, 1)).unwrap();
    drop(store);
    let raw = crate::connection::Place::at(&folder.path()).open_again().unwrap();
    raw.execute_batch("DROP TRIGGER journal_is_never_shortened; DELETE FROM journal WHERE kind = 'anchor';").unwrap();
    raw.execute_batch("UPDATE meta SET value = 4 WHERE key = 'sums_seq'").unwrap();
    let found = crate::verify::verify(&raw, &std::sync::atomic::AtomicBool::new(false)).unwrap().problems;
    assert_eq!(found, ["Record 4 closes a shift or a period, and the anchor that signs it is missing."]);
}

/// The journal is of one register: settings that say another are refused, and nothing is written.
#[test]
fn settings_of_another_register_are_refused() {
    let folder = Folder::new();
    let open = |store: &str, register: &str| {
        let of = Some((store.into(), register.into()));
        SqliteStore::open(&folder.path(), StoreOptions { of, ..StoreOptions::new(fixture::currency()) })
    };
    // Nothing was written yet: it may be anybody's.
    drop(open("S9", "R9").unwrap());
    sell(&open("S1", "R1").unwrap(), 1, 1);
    for (store, register) in [("S1", "R2"), ("S2", "R1")] {
        let refused = open(store, register).err().unwrap().to_string();
        assert!(refused.contains("is of store S1, register R1, not of") && refused.contains("shop.toml"), "{refused}");
    }
    assert_eq!(verified(&open("S1", "R1").unwrap()), 2);
}

/// Words of names that are filed otherwise, or not at all, are found; articles that changed their names are no damage.
#[test]
fn an_article_that_is_not_found_by_its_name_is_told() {
    let spoilt = |sql: &str| {
        let stock = |store: &SqliteStore| {
            store.upsert_items((1..=50).map(fixture::item).collect()).unwrap();
            let renamed = |index| Item { name: format!("Grüner Tee {index}").into(), ..fixture::item(index) };
            store.upsert_items((20..=30).map(renamed).collect()).unwrap();
            sell(store, 1, 1);
        };
        spoilt(stock, sql)
    };
    assert_eq!(spoilt("SELECT 1"), Vec::<String>::new());
    let told =
        |row: u32| vec![format!("Article SKU{row:05} is not found by its name: import the catalogue once more.")];
    assert_eq!(spoilt("DELETE FROM item_text WHERE rowid = 7"), told(7));
    let other = "DELETE FROM item_text WHERE rowid = 25;
        INSERT INTO item_text (rowid, name, departments, tags, codes) VALUES (25, 'Tee Gruner 25', '', '', '')";
    assert_eq!(spoilt(other), told(25));
}

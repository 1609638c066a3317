//! Commits: what they leave behind, and that they happen once.

use super::*;
use crate::disk::{self, Disk};
use crate::{GENESIS, hash};
use pos_api::port::{Scope, StoreError};
use pos_domain::basket::Event;
use pos_domain::money::{Currency, Decimal, Money, Quantity, Unit};
use pos_domain::transaction::Completion;
use rusqlite::StatementStatus;

#[test]
fn a_sale_reads_back_as_it_was_committed() {
    let folder = Folder::new();
    let sale = fixture::sale(1, 20);
    {
        let store = folder.open();
        assert_eq!(commit(&store, sale.clone()), Ok(1));
        assert_eq!(store.journal_records(), Ok(2), "the shift's opening and the sale");
    }
    let store = folder.open();
    let committed = store.transaction(1).unwrap().unwrap();
    assert_eq!((committed.number, &committed.transaction), (1, &sale));
    assert_eq!(store.transaction(2), Ok(None));
    assert_eq!(store.number_of_basket(sale.basket), Ok(Some(1)));
    assert_eq!(store.number_of_basket(fixture::basket_id(9)), Ok(None));
    assert_eq!(verified(&store), 2);
}

#[test]
fn the_same_basket_again_is_answered_with_the_first_sale() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 2);
    // A retry may carry other times or other content: what was committed stands.
    assert_eq!(commit(&store, fixture::sale(1, 5)), Ok(1));
    assert_eq!(store.transaction(1).unwrap().unwrap().transaction, fixture::sale(1, 3));
    assert_eq!(sell(&store, 3, 1), [3]);
    assert_eq!(verified(&store), 4);
}

#[test]
fn a_basket_that_waited_is_committed_once_whichever_was_opened_first() {
    let folder = Folder::new();
    {
        let store = folder.open();
        assert_eq!(sell(&store, 5, 1), [1]);
        assert_eq!(sell(&store, 3, 1), [2], "it was parked while a later one was sold");
        assert_eq!(sell(&store, 3, 1), [2]);
        assert_eq!(sell(&store, 5, 1), [1]);
    }
    let store = folder.open();
    assert_eq!(sell(&store, 5, 1), [1]);
    assert_eq!(sell(&store, 4, 1), [3]);
    assert_eq!(sell(&store, 4, 1), [3]);
    assert_eq!(verified(&store), 4);
}

#[test]
fn a_reference_is_rung_once() {
    let folder = Folder::new();
    let store = folder.open();
    let referring = |id| {
        let mut sale = fixture::sale(id, 1);
        sale.external_reference = Some("4711".into());
        sale
    };
    let mut given_up = referring(1);
    given_up.kind = pos_domain::transaction::TransactionKind::Cancelled;
    assert_eq!(commit(&store, given_up), Ok(1), "a basket given up does not use its reference up");
    assert_eq!(commit(&store, referring(2)), Ok(2));
    assert_eq!(commit(&store, referring(2)), Ok(2), "the same basket is no second sale");
    assert_eq!(commit(&store, referring(3)), Err(StoreError::AlreadyRung { reference: "4711".into(), number: 2 }));
    assert_eq!(store.number_of_reference("4711"), Ok(Some(2)));
    assert_eq!(store.number_of_reference("4712"), Ok(None));
    assert_eq!(sell(&store, 4, 1), [3], "a refused sale takes no number");
    assert_eq!(verified(&store), 4);
}

#[test]
fn a_sale_that_does_not_add_up_is_refused() {
    let folder = Folder::new();
    let store = folder.open();
    let mut sale = fixture::sale(1, 2);
    sale.total = sale.total.plus(Money::from_minor(1)).unwrap();
    assert!(matches!(commit(&store, sale), Err(StoreError::Corrupt { .. })));
    let mut elsewhere = fixture::sale(1, 2);
    elsewhere.shift = 7;
    assert_eq!(commit(&store, elsewhere), Err(StoreError::Corrupt { problem: "shift 7 is not open".into() }));
    assert_eq!(store.shift_totals(), Ok(None), "nothing of it was written");
    assert_eq!(sell(&store, 1, 1), [1]);
    assert_eq!(verified(&store), 2);
}

#[test]
fn books_stock_and_shift_follow_each_sale() {
    let folder = Folder::new();
    let store = folder.open();
    // Two lines: SKU00032 twice at 2.38 less 0.10 is 4.66; SKU00033 the same. 9.32, of which 1.48 tax; paid with 15.00.
    let sale = fixture::sale(1, 2);
    assert_eq!(sale.total, Money::from_minor(932));
    commit(&store, sale).unwrap();
    let mut basket = fixture::basket(2, 2);
    basket.apply(Event::LineVoided { line: 1 }).unwrap();
    commit(&store, fixture::sale_of(basket.clone())).unwrap();
    basket.opening.id = fixture::basket_id(3);
    let business_date = basket.opening.business_date;
    let completion = Completion {
        shop: &fixture::shop(),
        shift: 1,
        business_date,
        at: fixture::NOON,
        extensions: &[],
        limited: &[],
        lots: None,
        refund_in_cash: false,
        approvals: &[],
    };
    let cancelled = pos_domain::transaction::Transaction::cancelled(&basket, completion).unwrap();
    assert_eq!(commit(&store, cancelled), Ok(3));

    let totals = store.shift_totals().unwrap().unwrap();
    let euro = |minor| Money::from_minor(minor);
    assert_eq!((totals.sales, totals.cancelled, totals.lines, totals.voided_lines), (2, 1, 3, 2));
    assert_eq!((totals.total, totals.tendered, totals.change), (euro(1398), euro(2500), euro(1102)));
    assert_eq!((totals.gross, totals.discount, totals.tax), (euro(1428), euro(30), euro(222)));
    assert_eq!(totals.tenders, [("cash".into(), euro(1398))]);
    assert_eq!(totals.departments, [("Department 0".into(), euro(932)), ("Department 1".into(), euro(466))]);
    assert_eq!(totals.taxes, [("VAT".into(), euro(1176), euro(222))]);
    assert_eq!((totals.numbers, totals.float), (Some((1, 3)), euro(10_000)));

    let balances = store.trial_balance().unwrap().accounts;
    let told: Vec<_> =
        balances.iter().map(|b| format!("{} {}", b.account, b.debit.minor() - b.credit.minor())).collect();
    assert_eq!(
        told,
        ["safe -10000", "sales:Department 0 -784", "sales:Department 1 -392", "tax:VAT -222", "till:cash 11398"]
    );
    assert_eq!(store.stock_level("SKU00032"), Ok(vec![Quantity::pieces(-2)]));
    assert_eq!(store.stock_level("SKU00001"), Ok(vec![]));
    verified(&store);
}

#[test]
fn sums_follow_the_journal_after_a_power_cut() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 3);
    let level = store.trial_balance().unwrap();
    // Two more whose sums nobody asked for, and the power goes.
    sell(&store, 4, 2);
    assert_eq!(verified(&store), 6, "sums that are behind are no fault");
    let behind = cut_off(&folder);
    let five = store.trial_balance().unwrap();
    assert_ne!(five, level);
    let level = cut_off(&folder);
    for cut in [behind, level] {
        let store = cut.open();
        assert_eq!(store.trial_balance().unwrap(), five);
        assert_eq!(store.shift_totals().unwrap().unwrap().sales, 5);
        assert_eq!(verified(&store), 6);
        drop(store);
        assert_eq!(cut.open().trial_balance().unwrap(), five, "and are added once");
    }
}

#[test]
fn a_sum_that_cannot_be_held_stops_the_books_and_not_the_sales() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 1);
    store.inspect(|connection| {
        let full = "UPDATE account SET debit = 9223372036854775807 WHERE path = 'till:cash'";
        // The sale's own debit is still to be added to it.
        connection
            .execute_batch("INSERT INTO account (path, unit, debit, credit) VALUES ('till:cash', '', 0, 0)")
            .unwrap();
        connection.execute_batch(full).unwrap();
    });
    assert!(store.trial_balance().is_err());
    assert_eq!(sell(&store, 2, 3), [2, 3, 4]);
    store.flush().unwrap();
    assert!(store.trial_balance().is_err(), "and is said again");
    // The figures of the shift are no matter of that account.
    assert_eq!(store.shift_totals().unwrap().unwrap().sales, 4);
}

#[test]
fn weights_add_up_exactly() {
    let folder = Folder::new();
    let store = folder.open();
    for id in 1..=10 {
        let mut basket = fixture::basket(id, 0);
        basket.apply(Event::LineAdded(fixture::line(1, fixture::item(7)))).unwrap();
        commit(&store, fixture::sale_of(basket)).unwrap();
    }
    assert_eq!(store.stock_level("SKU00007"), Ok(vec![Quantity::new(Decimal::new(-482, 2), Unit::Kg)]));
    verified(&store);
}

#[test]
fn copies_are_counted() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 1);
    assert_eq!((store.count_copy(1), store.count_copy(1)), (Ok(1), Ok(2)));
    assert_eq!(store.count_copy(2).unwrap_err().to_string(), "there is no receipt 2");
    drop(store);
    assert_eq!(folder.open().count_copy(1), Ok(3));
}

#[test]
fn an_outsider_can_check_the_exported_chain() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 3);
    let mut out = Vec::new();
    assert_eq!(store.export_journal(&mut out), Ok(4));
    let mut previous = GENESIS;
    for (line, (kind, number)) in String::from_utf8(out).unwrap().lines().zip([
        ("shift-opened", None),
        ("sale", Some(1)),
        ("sale", Some(2)),
        ("sale", Some(3)),
    ]) {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((told["kind"].as_str(), told["number"].as_u64()), (Some(kind), number));
        let (_, body) = line.split_once("\"body\":").unwrap();
        let body = body.strip_suffix('}').unwrap();
        assert_eq!(told["previous"], hex::encode(previous));
        previous = hash(&previous, body.as_bytes());
        assert_eq!(told["hash"], hex::encode(previous));
    }
    assert_eq!(store.verify(Scope::WHOLE).unwrap().head, hex::encode(previous));
}

#[test]
fn an_x_report_costs_the_same_after_ten_thousand_sales() {
    fn steps(store: &SqliteStore) -> i32 {
        store.inspect(|connection| {
            let mut steps = 0;
            for sql in crate::shift::OPEN_TOTALS_SQL {
                let mut statement = connection.prepare(&sql()).unwrap();
                if statement.parameter_count() > 0 {
                    statement.raw_bind_parameter(1, 1).unwrap();
                }
                let mut rows = statement.raw_query();
                while rows.next().unwrap().is_some() {}
                drop(rows);
                steps += statement.get_status(StatementStatus::VmStep);
            }
            steps
        })
    }
    let folder = Folder::new();
    // Durability is not what is tested here, and ten thousand fsyncs take minutes on some disks.
    let disk = Disk::new(&folder.path()).unwrap();
    let options = StoreOptions { vfs: Some(disk::NAME.to_owned()), ..StoreOptions::new(fixture::currency()) };
    let store = SqliteStore::open(disk.path(), options).unwrap();
    for id in 1..=300 {
        commit(&store, fixture::sale(id, 1)).unwrap();
    }
    assert_eq!(store.shift_totals().unwrap().unwrap().sales, 300);
    // What is counted is the reading of rows: they are there once the sums have been written.
    store.trial_balance().unwrap();
    let early = steps(&store);
    for id in 301..=10_000 {
        commit(&store, fixture::sale(id, 1)).unwrap();
    }
    assert_eq!(steps(&store), early);
    assert_eq!(store.shift_totals().unwrap().unwrap().sales, 10_000);
}

#[test]
fn a_file_of_another_time_or_currency_is_refused() {
    let folder = Folder::new();
    drop(folder.open());
    let told = |currency| SqliteStore::open(&folder.path(), StoreOptions::new(currency)).err().unwrap().to_string();
    assert_eq!(
        told(Currency::from_code("CHF").unwrap()),
        "the books in shop.db are kept in EUR, not in CHF; a shop's currency cannot change, use another data folder"
    );
    let raw = crate::connection::Place::at(&folder.path()).open_again().unwrap();
    raw.execute_batch("PRAGMA user_version = 10").unwrap();
    drop(raw);
    assert_eq!(
        told(fixture::currency()),
        "shop.db was written by a newer version of this program (format 10, this program knows formats up to 9); \
         update the program, or open another data folder"
    );
    std::fs::write(folder.path(), "not a database at all, only some words in a file of that name").unwrap();
    assert!(told(fixture::currency()).starts_with("the database file is damaged"));
}

/// Formats up to 8 kept entries and movements as rows beside their records.
#[test]
fn rows_of_entries_and_movements_go_and_the_books_stay() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 3);
    let balances = store.trial_balance().unwrap();
    drop(store);
    let older = crate::connection::Place::at(&folder.path()).open_again().unwrap();
    older
        .execute_batch(
            "BEGIN;
             CREATE TABLE ledger_entry (seq INTEGER NOT NULL REFERENCES journal (seq), position INTEGER NOT NULL,
                 account TEXT NOT NULL, debit INTEGER NOT NULL, credit INTEGER NOT NULL, unit TEXT NOT NULL DEFAULT '',
                 PRIMARY KEY (seq, position)) WITHOUT ROWID, STRICT;
             CREATE INDEX ledger_entry_of_points ON ledger_entry (account, seq) WHERE unit <> '';
             CREATE TABLE stock_movement (seq INTEGER NOT NULL REFERENCES journal (seq), position INTEGER NOT NULL,
                 item TEXT NOT NULL, quantity TEXT NOT NULL, unit TEXT NOT NULL, reason TEXT NOT NULL,
                 location TEXT NOT NULL DEFAULT '', value INTEGER, PRIMARY KEY (seq, position)) WITHOUT ROWID, STRICT;
             INSERT INTO ledger_entry SELECT seq, 0, 'till:cash', 1, 0, '' FROM journal;
             INSERT INTO stock_movement SELECT seq, 0, 'SKU00001', '-1', '', 'sale', '', NULL FROM journal;
             PRAGMA user_version = 8;
             COMMIT",
        )
        .unwrap();
    drop(older);
    let store = folder.open();
    assert_eq!(store.trial_balance().unwrap(), balances);
    assert_eq!(verified(&store), 4);
    let rows = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ledger_entry%' OR name LIKE 'stock_movement%'";
    assert_eq!(store.inspect(|connection| connection.query_row(rows, [], |row| row.get::<_, u32>(0)).unwrap()), 0);
    assert!(folder.path().with_extension("db.before-update").exists(), "a copy is kept");
}

#[test]
fn a_second_store_on_the_same_file_cannot_damage_the_journal() {
    let folder = Folder::new();
    let (first, second) = (folder.open(), folder.open());
    assert_eq!(sell(&first, 1, 2), [1, 2]);
    assert!(matches!(commit(&second, fixture::sale(3, 1)), Err(StoreError::Failed { .. })));
    assert_eq!(sell(&first, 4, 1), [3]);
    assert_eq!(verified(&first), 4);
}

#[test]
fn a_store_can_be_shared_and_asked_from_many_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let folder = Folder::new();
    let store = folder.open();
    shared(&store);
    std::thread::scope(|scope| {
        for lane in 0..4_u128 {
            let store = &store;
            scope.spawn(move || {
                for id in 0..10_u128 {
                    let basket = lane * 100 + id + 1;
                    commit(store, fixture::sale(basket, 2)).unwrap();
                    assert!(store.number_of_basket(fixture::basket_id(basket)).unwrap().is_some());
                    store.shift_totals().unwrap().unwrap();
                }
            });
        }
    });
    assert_eq!(verified(&store), 41);
}

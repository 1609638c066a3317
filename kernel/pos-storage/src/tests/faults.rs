//! Full and broken disks: nothing is lost, nothing is said to be done that is not, numbers stay gapless.

use super::*;
use crate::count::{self, Call};
use pos_domain::basket::Event;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The counting file system is the process's, so its tests run one after the other.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for call in [Call::WalWrite, Call::WalSync, Call::DbWrite, Call::DbSync] {
        count::fail(call, 0, 0);
    }
    guard
}

pub(super) fn open_counted(folder: &Folder) -> SqliteStore {
    let vfs = Some(count::register().unwrap().to_owned());
    let options = StoreOptions { vfs, event_batch_ms: 60_000, ..StoreOptions::new(fixture::currency()) };
    SqliteStore::open(&folder.path(), options).unwrap()
}

fn is_disk_full(result: Result<u64, StoreError>) -> bool {
    matches!(result, Err(StoreError::Failed { disk_full: true, .. }))
}

#[test]
fn a_sale_costs_one_fsync() {
    let _alone = alone();
    let folder = Folder::new();
    let store = open_counted(&folder);
    let basket = fixture::basket_id(1);
    store.queue_events(basket, 1, std::slice::from_ref(&Event::Opened(fixture::opening(1)))).unwrap();
    for id in 1..=30 {
        let before = count::snapshot();
        commit(&store, fixture::sale(id, 20)).unwrap();
        let cost = count::snapshot().since(before);
        assert_eq!((cost.wal_syncs, cost.db_syncs, cost.db_writes), (1, 0, 0), "sale {id}");
    }
    drop(store);
    // The first one after opening again, too.
    let store = open_counted(&folder);
    let before = count::snapshot();
    commit(&store, fixture::sale(31, 20)).unwrap();
    assert_eq!(count::snapshot().since(before).syncs(), 1);
}

#[test]
fn a_sale_after_a_checkpoint_costs_one_fsync() {
    let _alone = alone();
    let folder = Folder::new();
    let store = open_counted(&folder);
    let mut id = 0;
    for _ in 0..3 {
        // 5 MiB of sales, then the quiet moment in which the log is moved.
        let before = count::snapshot();
        while count::snapshot().since(before).wal_bytes < 5 << 20 {
            id += 1;
            commit(&store, fixture::sale(id, 20)).unwrap();
        }
        until("the log is checkpointed", || count::snapshot().since(before).db_syncs > 0);
        // Wait for the writer to be done with it.
        store.flush().unwrap();
        let before = count::snapshot();
        id += 1;
        commit(&store, fixture::sale(id, 20)).unwrap();
        assert_eq!(count::snapshot().since(before).syncs(), 1);
    }
    assert!(store.file_sizes().log_bytes < 12 << 20, "the log is used again from its beginning");
    verified(&store);
}

#[test]
fn many_events_cost_one_fsync() {
    let _alone = alone();
    let folder = Folder::new();
    let store = open_counted(&folder);
    let before = count::snapshot();
    for sequence in 1..=50 {
        store
            .queue_events(fixture::basket_id(1), sequence, std::slice::from_ref(&Event::Opened(fixture::opening(1))))
            .unwrap();
    }
    store.flush().unwrap();
    store.flush().unwrap();
    assert_eq!(count::snapshot().since(before).syncs(), 1);
}

#[test]
fn a_full_database_takes_no_sale_and_loses_none() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 2);
    let pages: i64 = store.inspect(|connection| {
        let pages = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.execute_batch(&format!("PRAGMA max_page_count = {pages}")).unwrap();
        pages
    });
    store.queue_events(fixture::basket_id(90), 1, std::slice::from_ref(&Event::Opened(fixture::opening(90)))).unwrap();
    let refused = (3..100).map(|id| (id, commit(&store, fixture::sale(id, 20)))).find(|(_, sold)| sold.is_err());
    let (id, refusal) = refused.unwrap();
    assert!(is_disk_full(refusal.clone()), "{refusal:?}");
    assert!(refusal.unwrap_err().to_string().starts_with("no space is left on the disk"));
    assert!(is_disk_full(commit(&store, fixture::sale(id, 20))), "and again");
    let last = store.verify(Scope::WHOLE).unwrap().last_number;
    assert_eq!(u128::from(last), id - 1);

    store.inspect(move |connection| {
        connection.execute_batch(&format!("PRAGMA max_page_count = {}", pages * 100)).unwrap();
    });
    assert_eq!(commit(&store, fixture::sale(id, 20)), Ok(last + 1));
    store.flush().unwrap();
    assert_eq!(store.restore().unwrap().baskets.len(), 1, "the open basket was kept");
    drop(store);
    let store = folder.open();
    assert_eq!(verified(&store), last + 2);
}

/// The N-th call of a kind fails, N = 1, 2, …: the sale is refused or done, and can be tried again either way.
fn sweep(call: Call, failing: u32) {
    let _alone = alone();
    let (mut refused, mut passing) = (0, 0);
    loop {
        let folder = Folder::new();
        let store = open_counted(&folder);
        sell(&store, 1, 2);
        store
            .queue_events(fixture::basket_id(9), 1, std::slice::from_ref(&Event::Opened(fixture::opening(9))))
            .unwrap();
        count::fail(call, passing, failing);
        let first = commit(&store, fixture::sale(3, 20));
        count::fail(call, 0, 0);
        let copy = cut_off(&folder);
        if first.is_ok() {
            assert_eq!(first, Ok(3));
            // Done is done, whatever happens now.
            assert_eq!(verified(&copy.open()), 4);
        } else {
            refused += 1;
        }
        assert_eq!(commit(&store, fixture::sale(3, 20)), Ok(3), "{call:?} {passing}");
        assert_eq!(sell(&store, 4, 1), [4]);
        assert_eq!(verified(&store), 5);
        store.flush().unwrap();
        assert_eq!(store.restore().unwrap().baskets.len(), 1, "the open basket was kept");
        drop(store);
        // What a power cut after the failure would have left is whole, with or without the third sale.
        let records = verified(&copy.open());
        assert!((3..=4).contains(&records));
        passing += 1;
        if first.is_ok() && passing > 4 {
            break;
        }
        assert!(passing < 200, "the sale never went through");
    }
    assert!(refused > 0, "{call:?} was never needed");
}

#[test]
fn a_log_write_that_fails_loses_nothing() {
    sweep(Call::WalWrite, 1);
}

#[test]
fn a_log_that_cannot_be_written_for_a_while_loses_nothing() {
    sweep(Call::WalWrite, 1_000);
}

#[test]
fn an_fsync_that_fails_loses_nothing() {
    sweep(Call::WalSync, 1);
}

#[test]
fn an_fsync_that_fails_for_a_while_loses_nothing() {
    sweep(Call::WalSync, 1_000);
}

#[test]
fn after_a_failed_commit_nothing_is_done_before_a_full_checkpoint() {
    let _alone = alone();
    let folder = Folder::new();
    let store = open_counted(&folder);
    sell(&store, 1, 1);
    count::fail(Call::WalSync, 0, 1);
    count::fail(Call::DbSync, 0, 1_000);
    assert!(commit(&store, fixture::sale(2, 3)).is_err());
    // The log's fsync works again, but as long as the checkpoint does not, nobody is told anything.
    assert!(commit(&store, fixture::sale(2, 3)).is_err());
    assert!(store.number_of_basket(fixture::basket_id(1)).is_err());
    assert!(store.flush().is_err());
    count::fail(Call::DbSync, 0, 0);
    assert_eq!(store.number_of_basket(fixture::basket_id(1)), Ok(Some(1)));
    assert_eq!(commit(&store, fixture::sale(2, 3)), Ok(2));
    assert_eq!(verified(&store), 3);
}

#[test]
fn a_commit_that_failed_and_happened_all_the_same_is_settled() {
    let _alone = alone();
    let folder = Folder::new();
    let store = open_counted(&folder);
    sell(&store, 1, 1);
    // Its fsync fails, and the one with which the connection is closed: the log keeps the sale, and it is found there.
    count::fail(Call::WalSync, 0, 2);
    assert_eq!(commit(&store, fixture::sale(2, 3)), Ok(2));
    // The checkpoint that would settle it fails as well: refused, and still it has happened.
    count::fail(Call::WalSync, 0, 3);
    assert!(commit(&store, fixture::sale(3, 3)).is_err());
    assert_eq!(sell(&store, 4, 1), [4], "the next sale takes the number after it");
    assert_eq!(commit(&store, fixture::sale(3, 3)), Ok(3));
    assert_eq!(verified(&store), 5);
}

#[test]
fn events_that_could_not_be_written_are_kept() {
    let _alone = alone();
    let folder = Folder::new();
    let store = open_counted(&folder);
    store.queue_events(fixture::basket_id(1), 1, std::slice::from_ref(&Event::Opened(fixture::opening(1)))).unwrap();
    count::fail(Call::WalWrite, 0, 1_000);
    assert!(matches!(store.flush(), Err(StoreError::Failed { disk_full: true, .. })));
    count::fail(Call::WalWrite, 0, 0);
    store.flush().unwrap();
    assert_eq!(store.restore().unwrap().baskets, [vec![Event::Opened(fixture::opening(1))]]);
}

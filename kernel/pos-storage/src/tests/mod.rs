//! The store as a shop sees it: opened, sold with, cut off, tampered with.

mod baskets;
mod catalogue;
mod closing;
mod disks;
mod emergency;
mod faults;
mod frames;
mod groups;
mod sales;
mod salvage;
mod tampering;

use crate::fixture;
use crate::{SqliteStore, StoreOptions};
use pos_api::port::{Scope, Store, StoreError};
use pos_domain::basket::Event;
use pos_domain::transaction::Transaction;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A data folder that goes away with the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("shop.db")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        open(&self.path())
    }
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, StoreOptions::new(fixture::currency())).unwrap()
}

fn commit(store: &SqliteStore, transaction: Transaction) -> Result<u64, StoreError> {
    store.commit(fixture::request(transaction), &mut |_| {}).map(|committed| committed.number)
}

/// The numbers of `count` sales, baskets `from` and on.
fn sell(store: &SqliteStore, from: u128, count: u32) -> Vec<u64> {
    (from..from + u128::from(count)).map(|id| commit(store, fixture::sale(id, 3)).unwrap()).collect()
}

/// Nothing wrong with the journal; answers how many records it has.
fn verified(store: &SqliteStore) -> u64 {
    let verification = store.verify(Scope::WHOLE).unwrap();
    assert_eq!(verification.problems, Vec::<String>::new());
    verification.records
}

/// Waits until something is so that another thread sees to.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        crossbeam_channel::after(Duration::from_millis(2)).recv().unwrap();
    }
}

/// Files of an open store, copied as a power cut would leave them.
fn cut_off(folder: &Folder) -> Folder {
    let copy = Folder::new();
    for ending in ["", "-wal"] {
        let name = format!("shop.db{ending}");
        let from = folder.0.path().join(&name);
        // A connection that was given up may have left no log.
        if from.exists() {
            std::fs::copy(from, copy.0.path().join(&name)).unwrap();
        }
    }
    copy
}

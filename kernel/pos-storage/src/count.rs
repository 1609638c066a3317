//! Counts what SQLite asks of the file system, and lets chosen calls fail. For benches and tests.
//!
//! [`register`] puts a layer over the platform's file system and answers the name to open a store with
//! ([`crate::StoreOptions::vfs`]). The figures are the process's, over all files opened this way.

use crate::layer::{self, Below, Layer};
use rusqlite::ffi;
use std::ffi::c_int;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// What was counted since the process started: subtract two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// fsync calls on write-ahead logs.
    pub wal_syncs: u64,
    /// fsync calls on database files.
    pub db_syncs: u64,
    /// Writes to write-ahead logs.
    pub wal_writes: u64,
    /// Writes to database files.
    pub db_writes: u64,
    /// Bytes written to write-ahead logs.
    pub wal_bytes: u64,
    /// Bytes written to database files.
    pub db_bytes: u64,
}

impl Counts {
    /// What came since an earlier snapshot.
    pub fn since(self, earlier: Counts) -> Counts {
        Counts {
            wal_syncs: self.wal_syncs - earlier.wal_syncs,
            db_syncs: self.db_syncs - earlier.db_syncs,
            wal_writes: self.wal_writes - earlier.wal_writes,
            db_writes: self.db_writes - earlier.db_writes,
            wal_bytes: self.wal_bytes - earlier.wal_bytes,
            db_bytes: self.db_bytes - earlier.db_bytes,
        }
    }

    /// fsync calls of any kind.
    pub fn syncs(self) -> u64 {
        self.wal_syncs + self.db_syncs
    }
}

/// A call that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A write to a write-ahead log; fails as a full disk does.
    WalWrite,
    /// An fsync of a write-ahead log; fails as a broken disk does.
    WalSync,
    /// A write to a database file; fails as a full disk does.
    DbWrite,
    /// An fsync of a database file; fails as a broken disk does.
    DbSync,
}

/// What is known of one kind of call.
struct Meter {
    calls: AtomicU64,
    bytes: AtomicU64,
    /// Calls that still go well before `failing` ones fail.
    passing: AtomicU32,
    failing: AtomicU32,
}

impl Meter {
    const fn new() -> Meter {
        Meter {
            calls: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            passing: AtomicU32::new(0),
            failing: AtomicU32::new(0),
        }
    }

    /// Counts a call; answers whether it is to fail.
    fn pass(&self, bytes: usize) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
        let take = |counter: &AtomicU32| {
            counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
        };
        self.failing.load(Ordering::SeqCst) > 0 && !take(&self.passing) && take(&self.failing)
    }
}

static WAL_WRITES: Meter = Meter::new();
static WAL_SYNCS: Meter = Meter::new();
static DB_WRITES: Meter = Meter::new();
static DB_SYNCS: Meter = Meter::new();

/// The figures so far.
pub fn snapshot() -> Counts {
    let calls = |meter: &Meter| meter.calls.load(Ordering::SeqCst);
    let bytes = |meter: &Meter| meter.bytes.load(Ordering::SeqCst);
    Counts {
        wal_syncs: calls(&WAL_SYNCS),
        db_syncs: calls(&DB_SYNCS),
        wal_writes: calls(&WAL_WRITES),
        db_writes: calls(&DB_WRITES),
        wal_bytes: bytes(&WAL_WRITES),
        db_bytes: bytes(&DB_WRITES),
    }
}

/// After `passing` more calls of a kind, `failing` of them fail. `fail(call, 0, 0)` ends it.
pub fn fail(call: Call, passing: u32, failing: u32) {
    let meter = match call {
        Call::WalWrite => &WAL_WRITES,
        Call::WalSync => &WAL_SYNCS,
        Call::DbWrite => &DB_WRITES,
        Call::DbSync => &DB_SYNCS,
    };
    meter.failing.store(0, Ordering::SeqCst);
    meter.passing.store(passing, Ordering::SeqCst);
    meter.failing.store(failing, Ordering::SeqCst);
}

/// Adds the file system to SQLite, once a process; answers its name.
pub fn register() -> Result<&'static str, String> {
    layer::register::<Counted>(None)
}

/// Which meters a file is on.
struct Counted {
    meters: Option<(&'static Meter, &'static Meter)>,
}

impl Layer for Counted {
    const NAME: &'static str = "pos-count";

    fn over(_: Below, flags: c_int) -> Counted {
        let meters = match flags & (ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_WAL) {
            ffi::SQLITE_OPEN_MAIN_DB => Some((&DB_WRITES, &DB_SYNCS)),
            ffi::SQLITE_OPEN_WAL => Some((&WAL_WRITES, &WAL_SYNCS)),
            _ => None,
        };
        Counted { meters }
    }

    fn write(&self, below: Below, data: &[u8], offset: u64) -> c_int {
        match self.meters {
            Some((writes, _)) if writes.pass(data.len()) => ffi::SQLITE_FULL,
            _ => below.write(data, offset),
        }
    }

    fn sync(&self, below: Below, flags: c_int) -> c_int {
        match self.meters {
            Some((_, syncs)) if syncs.pass(0) => ffi::SQLITE_IOERR_FSYNC,
            _ => below.sync(flags),
        }
    }
}

//! Counts what SQLite asks of the file system, and lets chosen calls fail. For benches and tests.
//!
//! [`register`] puts a layer over the platform's file system and answers the name to open a store with
//! ([`crate::StoreOptions::vfs`]). The figures are the process's, over all files opened this way.

#![expect(unsafe_code, reason = "what a connection's cache was asked for, only SQLite's own function says")]

use crate::layer::{self, Below, Layer};
use rusqlite::{Connection, ffi};
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
    /// Reads of write-ahead logs.
    pub wal_reads: u64,
    /// Reads of database files: pages, and now and then the header.
    pub db_reads: u64,
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
            wal_reads: self.wal_reads - earlier.wal_reads,
            db_reads: self.db_reads - earlier.db_reads,
        }
    }

    /// fsync calls of any kind.
    pub fn syncs(self) -> u64 {
        self.wal_syncs + self.db_syncs
    }
}

/// Pages that connections asked their caches for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// They were there.
    pub cached: u64,
    /// They were read: from the log, the database, or what the operating system keeps of them.
    pub read: u64,
}

impl Pages {
    /// What a connection asked for so far.
    pub(crate) fn of(connection: &Connection) -> Pages {
        let status = |what| {
            let (mut now, mut highest) = (0, 0);
            // SAFETY: an open connection and two integers.
            unsafe { ffi::sqlite3_db_status(connection.handle(), what, &raw mut now, &raw mut highest, 0) };
            u64::from(now.unsigned_abs())
        };
        Pages { cached: status(ffi::SQLITE_DBSTATUS_CACHE_HIT), read: status(ffi::SQLITE_DBSTATUS_CACHE_MISS) }
    }

    /// What came since an earlier look.
    pub fn since(self, earlier: Pages) -> Pages {
        Pages { cached: self.cached - earlier.cached, read: self.read - earlier.read }
    }

    /// All of them.
    pub fn asked(self) -> u64 {
        self.cached + self.read
    }
}

impl std::ops::Add for Pages {
    type Output = Pages;

    fn add(self, other: Pages) -> Pages {
        Pages { cached: self.cached + other.cached, read: self.read + other.read }
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
static WAL_READS: Meter = Meter::new();
static DB_READS: Meter = Meter::new();

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
        wal_reads: calls(&WAL_READS),
        db_reads: calls(&DB_READS),
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
    meters: Option<Meters>,
}

/// Of reads, writes and syncs of a file.
#[derive(Clone, Copy)]
struct Meters {
    reads: &'static Meter,
    writes: &'static Meter,
    syncs: &'static Meter,
}

impl Layer for Counted {
    const NAME: &'static str = "pos-count";

    fn over(_: Below, flags: c_int) -> Counted {
        let meters = match flags & (ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_WAL) {
            ffi::SQLITE_OPEN_MAIN_DB => Some(Meters { reads: &DB_READS, writes: &DB_WRITES, syncs: &DB_SYNCS }),
            ffi::SQLITE_OPEN_WAL => Some(Meters { reads: &WAL_READS, writes: &WAL_WRITES, syncs: &WAL_SYNCS }),
            _ => None,
        };
        Counted { meters }
    }

    fn read(&self, below: Below, into: &mut [u8], offset: u64) -> c_int {
        if let Some(Meters { reads, .. }) = self.meters {
            reads.pass(into.len());
        }
        below.read(into, offset)
    }

    fn write(&self, below: Below, data: &[u8], offset: u64) -> c_int {
        match self.meters {
            Some(Meters { writes, .. }) if writes.pass(data.len()) => ffi::SQLITE_FULL,
            _ => below.write(data, offset),
        }
    }

    fn sync(&self, below: Below, flags: c_int) -> c_int {
        match self.meters {
            Some(Meters { syncs, .. }) if syncs.pass(0) => ffi::SQLITE_IOERR_FSYNC,
            _ => below.sync(flags),
        }
    }
}

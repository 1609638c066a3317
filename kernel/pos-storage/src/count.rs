//! Counts what SQLite asks of the file system, and lets chosen calls fail. For benches and tests.
//!
//! [`register`] adds a file system named [`NAME`] to SQLite. It is the platform's own with two calls replaced: each
//! database and log file it opens gets a copy of that file's method table in which `xWrite` and `xSync` go through here.
//! The figures are the process's, over all files opened this way.

#![expect(unsafe_code, reason = "an SQLite file system is a table of C functions")]

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The name to open a store with ([`crate::StoreOptions::vfs`]).
pub const NAME: &str = "pos-count";
const NAME_C: &CStr = c"pos-count";

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
    fn pass(&self, bytes: c_int) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.bytes.fetch_add(u64::from(bytes.unsigned_abs()), Ordering::SeqCst);
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
    static REGISTERED: OnceLock<Result<(), String>> = OnceLock::new();
    REGISTERED.get_or_init(register_once).clone().map(|()| NAME)
}

/// What each wrapped file carries behind the platform's own file structure.
#[repr(C)]
struct Extra {
    /// The platform's table with our two calls in it; the file points here.
    methods: sqlite3_io_methods,
    /// The platform's own table.
    platform: *const sqlite3_io_methods,
    is_wal: bool,
}

fn register_once() -> Result<(), String> {
    // SAFETY: SQLite answers its default file system, which lives as long as the process, or null.
    let platform = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
    if platform.is_null() {
        return Err("SQLite has no default file system".into());
    }
    // SAFETY: not null, and never changed after SQLite has set it up.
    let mut vfs: sqlite3_vfs = unsafe { *platform };
    let own_bytes = extra_offset(vfs.szOsFile) + size_of::<Extra>();
    vfs.szOsFile = c_int::try_from(own_bytes).map_err(|error| error.to_string())?;
    vfs.zName = NAME_C.as_ptr().cast::<c_char>();
    vfs.pNext = std::ptr::null_mut();
    // Only `xOpen` of the platform's reads this, and ours hands it the platform's own table.
    vfs.pAppData = platform.cast::<c_void>();
    vfs.xOpen = Some(open);
    // SQLite keeps the pointer for ever.
    let vfs = Box::leak(Box::new(vfs));
    // SAFETY: the table is complete, lives for ever, and is not the default.
    match unsafe { ffi::sqlite3_vfs_register(vfs, 0) } {
        ffi::SQLITE_OK => Ok(()),
        code => Err(format!("SQLite did not accept the counting file system (code {code})")),
    }
}

/// Where [`Extra`] begins in a file's memory: behind the platform's structure. SQLite aligns files to eight bytes.
fn extra_offset(platform_bytes: c_int) -> usize {
    (platform_bytes.unsigned_abs() as usize).next_multiple_of(align_of::<Extra>())
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls this with the table registered above, whose `pAppData` is the platform's.
    let platform = unsafe { (*vfs).pAppData.cast::<sqlite3_vfs>() };
    // SAFETY: as above; a file system always has `xOpen`.
    let Some(platform_open) = (unsafe { (*platform).xOpen }) else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: the arguments are SQLite's own, passed on; `file` has room for more than the platform needs.
    let code = unsafe { platform_open(platform, name, file, flags, out_flags) };
    if code != ffi::SQLITE_OK || flags & (ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_WAL) == 0 {
        return code;
    }
    // SAFETY: the platform opened the file, so its method table is set and lives as long as the process.
    let methods = unsafe { (*file).pMethods };
    // SAFETY: `szOsFile` of our table says the memory behind `file` reaches to the end of `Extra`; nothing else uses it.
    unsafe {
        let extra = extra(file, platform);
        extra.write(Extra {
            methods: sqlite3_io_methods { xWrite: Some(write), xSync: Some(sync), ..*methods },
            platform: methods,
            is_wal: flags & ffi::SQLITE_OPEN_WAL != 0,
        });
        (*file).pMethods = &raw const (*extra).methods;
    }
    code
}

/// # Safety
/// `file` was allocated with the `szOsFile` of our table, and `platform` is the table it extends.
unsafe fn extra(file: *mut sqlite3_file, platform: *const sqlite3_vfs) -> *mut Extra {
    // SAFETY: by the contract above the offset stays inside the allocation.
    unsafe { file.cast::<u8>().add(extra_offset((*platform).szOsFile)).cast::<Extra>() }
}

/// # Safety
/// `file` was opened by [`open`] and wrapped.
unsafe fn extra_of<'a>(file: *mut sqlite3_file) -> &'a Extra {
    // SAFETY: a wrapped file's method table is the first field of its `Extra`, which is never changed after `open`.
    unsafe { &*(*file).pMethods.cast::<Extra>() }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, data: *const c_void, bytes: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls this through the table of a wrapped file.
    let extra = unsafe { extra_of(file) };
    let meter = if extra.is_wal { &WAL_WRITES } else { &DB_WRITES };
    if meter.pass(bytes) {
        return ffi::SQLITE_FULL;
    }
    // SAFETY: the platform's own table, which the file was opened with.
    match unsafe { (*extra.platform).xWrite } {
        // SAFETY: SQLite's own arguments, passed on.
        Some(write) => unsafe { write(file, data, bytes, offset) },
        None => ffi::SQLITE_IOERR_WRITE,
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite calls this through the table of a wrapped file.
    let extra = unsafe { extra_of(file) };
    let meter = if extra.is_wal { &WAL_SYNCS } else { &DB_SYNCS };
    if meter.pass(0) {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    // SAFETY: the platform's own table, which the file was opened with.
    match unsafe { (*extra.platform).xSync } {
        // SAFETY: SQLite's own arguments, passed on.
        Some(sync) => unsafe { sync(file, flags) },
        None => ffi::SQLITE_IOERR_FSYNC,
    }
}

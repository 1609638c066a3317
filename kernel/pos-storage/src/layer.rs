//! Layers: SQLite file systems that do something of their own with files, and leave the rest to the file system below.
//!
//! A [`Layer`] reads, writes and syncs in safe code; [`register`] makes the table of C functions that SQLite calls. A
//! layered file is a header of ours with the file below behind it, so that layers can lie on each other.

#![expect(unsafe_code, reason = "an SQLite file system is a table of C functions")]

use rusqlite::Connection;
use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_int, c_void};
use std::sync::{Mutex, PoisonError};

/// Operations of our own among SQLite's file controls.
const ASKED: c_int = 0x504F_5331;
const GATHER: c_int = 0x504F_5332;

/// What a file carries, and what is done with its calls. Anything not said here goes to the file below.
pub(crate) trait Layer: Sized + Send + Sync + 'static {
    /// The name of the file system, alone or before `+` and the name of the one below.
    const NAME: &'static str;

    /// A file was opened with SQLite's flags.
    fn over(below: Below, flags: c_int) -> Self;

    fn read(&self, below: Below, into: &mut [u8], offset: u64) -> c_int {
        below.read(into, offset)
    }

    fn write(&self, below: Below, data: &[u8], offset: u64) -> c_int {
        below.write(data, offset)
    }

    fn sync(&self, below: Below, flags: c_int) -> c_int {
        below.sync(flags)
    }

    /// Writes what is held back, before the file is cut or measured.
    fn settle(&self, _: Below) -> c_int {
        ffi::SQLITE_OK
    }

    /// Every fsync from now on ends a commit: until then writes may be held back.
    fn gather(&self) {}

    /// What the file below promises of itself, or less.
    fn characteristics(&self, below: c_int) -> c_int {
        below
    }

    /// What [`ask`] hears of a database's file.
    fn state(&self) -> c_int {
        0
    }
}

/// The file below, while it is open.
#[derive(Clone, Copy)]
pub(crate) struct Below(*mut sqlite3_file);

impl Below {
    /// # Safety
    /// The file is open: its method table is set and lives as long as the process.
    unsafe fn methods<'a>(self) -> &'a sqlite3_io_methods {
        // SAFETY: by the contract above.
        unsafe { &*(*self.0).pMethods }
    }

    /// Reads; what is not there becomes zeros, and the answer says so.
    pub(crate) fn read(self, into: &mut [u8], offset: u64) -> c_int {
        // SAFETY: `Below` is handed out for an open file, and `into` is as long as is said.
        unsafe {
            let read = self.methods().xRead;
            read.map_or(ffi::SQLITE_IOERR_READ, |read| {
                read(self.0, into.as_mut_ptr().cast(), into.len() as c_int, offset.cast_signed())
            })
        }
    }

    pub(crate) fn write(self, data: &[u8], offset: u64) -> c_int {
        // SAFETY: as above.
        unsafe {
            let write = self.methods().xWrite;
            write.map_or(ffi::SQLITE_IOERR_WRITE, |write| {
                write(self.0, data.as_ptr().cast(), data.len() as c_int, offset.cast_signed())
            })
        }
    }

    pub(crate) fn sync(self, flags: c_int) -> c_int {
        // SAFETY: as above.
        unsafe { self.methods().xSync.map_or(ffi::SQLITE_IOERR_FSYNC, |sync| sync(self.0, flags)) }
    }
}

/// Adds the layer over a file system (none: the platform's) to SQLite, once a process; answers the name to open files with.
pub(crate) fn register<L: Layer>(below: Option<&str>) -> Result<&'static str, String> {
    static REGISTERED: Mutex<BTreeMap<String, &'static str>> = Mutex::new(BTreeMap::new());
    let name = below.map_or_else(|| L::NAME.to_owned(), |below| format!("{}+{below}", L::NAME));
    let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = registered.get(&name) {
        return Ok(known);
    }
    let known = register_once::<L>(&name, below)?;
    registered.insert(name, known);
    Ok(known)
}

fn register_once<L: Layer>(name: &str, below: Option<&str>) -> Result<&'static str, String> {
    let c_string = |text: &str| CString::new(text).map_err(|error| error.to_string());
    let below_name = below.map(c_string).transpose()?;
    let below_name = below_name.as_deref().map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: a C string or null, for the default.
    let below = unsafe { ffi::sqlite3_vfs_find(below_name) };
    if below.is_null() {
        return Err(format!("SQLite has no file system to put {name} over"));
    }
    // SAFETY: not null; a registered table lives as long as the process and is not changed.
    let mut vfs: sqlite3_vfs = unsafe { *below };
    let bytes = header_bytes::<L>() + vfs.szOsFile.unsigned_abs() as usize;
    vfs.szOsFile = c_int::try_from(bytes).map_err(|error| error.to_string())?;
    // SQLite keeps both pointers for ever.
    let c_name: &'static CStr = Box::leak(c_string(name)?.into_boxed_c_str());
    vfs.zName = c_name.as_ptr();
    vfs.pNext = std::ptr::null_mut();
    // Only `xOpen` of the one below reads this, and ours hands it that one's own table.
    vfs.pAppData = below.cast::<c_void>();
    vfs.xOpen = Some(open::<L>);
    let vfs = Box::leak(Box::new(vfs));
    // SAFETY: the table is complete, lives for ever, and is not the default.
    match unsafe { ffi::sqlite3_vfs_register(vfs, 0) } {
        ffi::SQLITE_OK => c_name.to_str().map_err(|error| error.to_string()),
        code => Err(format!("SQLite did not accept the file system {name} (code {code})")),
    }
}

/// The beginning of a layered file's memory; the file below follows.
#[repr(C)]
struct Header<L> {
    base: sqlite3_file,
    layer: L,
}

/// SQLite aligns files to eight bytes.
const fn header_bytes<L>() -> usize {
    size_of::<Header<L>>().next_multiple_of(8)
}

/// # Safety
/// `file` was allocated with the size that our table says.
unsafe fn below_of<L>(file: *mut sqlite3_file) -> Below {
    // SAFETY: by the contract above the offset stays inside the allocation.
    Below(unsafe { file.cast::<u8>().add(header_bytes::<L>()) }.cast())
}

/// # Safety
/// `file` was opened by [`open`] and is not closed.
unsafe fn layer_of<'a, L>(file: *mut sqlite3_file) -> &'a L {
    // SAFETY: by the contract above the header was written.
    unsafe { &(*file.cast::<Header<L>>()).layer }
}

unsafe extern "C" fn open<L: Layer>(
    vfs: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls this with the table registered above, whose `pAppData` is the one below, and with room for a
    // file of ours. Without methods SQLite does not close what could not be opened.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let below = (*vfs).pAppData.cast::<sqlite3_vfs>();
        let Some(open_below) = (*below).xOpen else { return ffi::SQLITE_CANTOPEN };
        let under = below_of::<L>(file).0;
        (*under).pMethods = std::ptr::null();
        let code = open_below(below, name, under, flags, out_flags);
        if code != ffi::SQLITE_OK {
            // As SQLite has it: what has methods is closed, opened or not.
            if !(*under).pMethods.is_null()
                && let Some(close) = (*(*under).pMethods).xClose
            {
                close(under);
            }
            return code;
        }
        let layer = L::over(Below(under), flags);
        file.cast::<Header<L>>().write(Header { base: sqlite3_file { pMethods: Table::<L>::METHODS }, layer });
        ffi::SQLITE_OK
    }
}

struct Table<L>(std::marker::PhantomData<L>);

impl<L: Layer> Table<L> {
    const METHODS: &'static sqlite3_io_methods = &sqlite3_io_methods {
        // Two: pages are read through here, and never mapped past it.
        iVersion: 2,
        xClose: Some(close::<L>),
        xRead: Some(read::<L>),
        xWrite: Some(write::<L>),
        xTruncate: Some(truncate::<L>),
        xSync: Some(sync::<L>),
        xFileSize: Some(file_size::<L>),
        xLock: Some(lock::<L>),
        xUnlock: Some(unlock::<L>),
        xCheckReservedLock: Some(check_reserved_lock::<L>),
        xFileControl: Some(file_control::<L>),
        xSectorSize: Some(sector_size::<L>),
        xDeviceCharacteristics: Some(device_characteristics::<L>),
        xShmMap: Some(shared_map::<L>),
        xShmLock: Some(shared_lock::<L>),
        xShmBarrier: Some(shared_barrier::<L>),
        xShmUnmap: Some(shared_unmap::<L>),
        xFetch: None,
        xUnfetch: None,
    };
}

unsafe extern "C" fn close<L: Layer>(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite calls this once, with a file that was opened here; the header is not used afterwards.
    unsafe {
        let below = below_of::<L>(file);
        let code = below.methods().xClose.map_or(ffi::SQLITE_OK, |close| close(below.0));
        std::ptr::drop_in_place(&raw mut (*file.cast::<Header<L>>()).layer);
        code
    }
}

unsafe extern "C" fn read<L: Layer>(file: *mut sqlite3_file, into: *mut c_void, bytes: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls this with an open file, and has room for that many bytes.
    unsafe {
        let into = std::slice::from_raw_parts_mut(into.cast::<u8>(), bytes.unsigned_abs() as usize);
        layer_of::<L>(file).read(below_of::<L>(file), into, offset.unsigned_abs())
    }
}

unsafe extern "C" fn write<L: Layer>(file: *mut sqlite3_file, data: *const c_void, bytes: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls this with an open file, and has that many bytes there.
    unsafe {
        let data = std::slice::from_raw_parts(data.cast::<u8>(), bytes.unsigned_abs() as usize);
        layer_of::<L>(file).write(below_of::<L>(file), data, offset.unsigned_abs())
    }
}

unsafe extern "C" fn sync<L: Layer>(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    unsafe { layer_of::<L>(file).sync(below_of::<L>(file), flags) }
}

unsafe extern "C" fn device_characteristics<L: Layer>(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    unsafe {
        let below = below_of::<L>(file);
        let promised = below.methods().xDeviceCharacteristics.map_or(0, |promised| promised(below.0));
        layer_of::<L>(file).characteristics(promised)
    }
}

unsafe extern "C" fn truncate<L: Layer>(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    unsafe {
        let below = below_of::<L>(file);
        match layer_of::<L>(file).settle(below) {
            ffi::SQLITE_OK => below.methods().xTruncate.map_or(ffi::SQLITE_IOERR_TRUNCATE, |cut| cut(below.0, size)),
            code => code,
        }
    }
}

unsafe extern "C" fn file_size<L: Layer>(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: SQLite calls this with an open file, and room for the answer.
    unsafe {
        let below = below_of::<L>(file);
        match layer_of::<L>(file).settle(below) {
            ffi::SQLITE_OK => {
                below.methods().xFileSize.map_or(ffi::SQLITE_IOERR_FSTAT, |measure| measure(below.0, size))
            }
            code => code,
        }
    }
}

/// Calls that go to the file below as they are.
macro_rules! passed_on {
    ($($name:ident = $method:ident($($argument:ident: $kind:ty),*) or $missing:expr;)*) => {$(
        unsafe extern "C" fn $name<L: Layer>(file: *mut sqlite3_file $(, $argument: $kind)*) -> c_int {
            // SAFETY: SQLite calls this with an open file; its own arguments are passed on.
            unsafe {
                let below = below_of::<L>(file);
                below.methods().$method.map_or($missing, |method| method(below.0 $(, $argument)*))
            }
        }
    )*};
}

passed_on! {
    lock = xLock(level: c_int) or ffi::SQLITE_IOERR_LOCK;
    unlock = xUnlock(level: c_int) or ffi::SQLITE_IOERR_UNLOCK;
    check_reserved_lock = xCheckReservedLock(answer: *mut c_int) or ffi::SQLITE_IOERR_CHECKRESERVEDLOCK;
    sector_size = xSectorSize() or 4096;
    shared_map = xShmMap(region: c_int, bytes: c_int, extend: c_int, answer: *mut *mut c_void) or ffi::SQLITE_IOERR_SHMMAP;
    shared_lock = xShmLock(first: c_int, count: c_int, flags: c_int) or ffi::SQLITE_IOERR_SHMLOCK;
    shared_unmap = xShmUnmap(delete: c_int) or ffi::SQLITE_OK;
}

unsafe extern "C" fn file_control<L: Layer>(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: SQLite calls this with an open file; what belongs to `ASKED` is the integer of `ask`.
    unsafe {
        let layer = layer_of::<L>(file);
        match operation {
            ASKED => {
                *argument.cast::<c_int>() = layer.state();
                return ffi::SQLITE_OK;
            }
            GATHER => {
                layer.gather();
                return ffi::SQLITE_OK;
            }
            _ => {}
        }
        let below = below_of::<L>(file);
        below.methods().xFileControl.map_or(ffi::SQLITE_NOTFOUND, |control| control(below.0, operation, argument))
    }
}

unsafe extern "C" fn shared_barrier<L: Layer>(file: *mut sqlite3_file) {
    // SAFETY: SQLite calls this with an open file.
    unsafe {
        let below = below_of::<L>(file);
        if let Some(barrier) = below.methods().xShmBarrier {
            barrier(below.0);
        }
    }
}

/// Asks for bytes at the end of each page of a database that has none yet, or of one that is rebuilt (`VACUUM`).
pub(crate) fn reserve_bytes(connection: &Connection, bytes: u8) -> rusqlite::Result<()> {
    match file_control_of(connection, ffi::SQLITE_FCNTL_RESERVE_BYTES, c_int::from(bytes)) {
        // Read only: a database that has pages keeps their form until it is rebuilt.
        (ffi::SQLITE_OK | ffi::SQLITE_READONLY, _) => Ok(()),
        (code, _) => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

/// What the outermost layer says of the database's file ([`Layer::state`]); none where there is no layer.
pub(crate) fn ask(connection: &Connection) -> Option<c_int> {
    let (code, answer) = file_control_of(connection, ASKED, 0);
    (code == ffi::SQLITE_OK).then_some(answer)
}

/// A connection's log; none before it is opened, which the first read does.
fn log_of(connection: &Connection) -> rusqlite::Result<Option<Below>> {
    let mut log: *mut sqlite3_file = std::ptr::null_mut();
    // SAFETY: an open connection and its main database (null); SQLite writes a pointer to its log, which stays open as long
    // as the connection is in this mode. A file without methods is not open.
    unsafe {
        let asked = ffi::SQLITE_FCNTL_JOURNAL_POINTER;
        match ffi::sqlite3_file_control(connection.handle(), std::ptr::null(), asked, (&raw mut log).cast()) {
            ffi::SQLITE_OK => Ok((!log.is_null() && !(*log).pMethods.is_null()).then_some(Below(log))),
            code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
        }
    }
}

/// Tells the layer that each fsync of the connection's log ends a commit ([`Layer::gather`]).
pub(crate) fn gather(connection: &Connection) -> rusqlite::Result<()> {
    let code = match log_of(connection)? {
        // SAFETY: an open file; the operation has no argument.
        Some(log) => unsafe {
            let control = log.methods().xFileControl;
            control.map_or(ffi::SQLITE_NOTFOUND, |control| control(log.0, GATHER, std::ptr::null_mut()))
        },
        None => ffi::SQLITE_NOTFOUND,
    };
    done(code)
}

/// Reads from a connection's log; whether there was as much, from there on.
pub(crate) fn read_log(connection: &Connection, into: &mut [u8], offset: u64) -> rusqlite::Result<bool> {
    let Some(log) = log_of(connection)? else { return Ok(false) };
    match log.read(into, offset) {
        ffi::SQLITE_IOERR_SHORT_READ => Ok(false),
        code => done(code).map(|()| true),
    }
}

/// Writes the first `bytes` of a connection's log again, as they are, and syncs it.
pub(crate) fn write_log_again(connection: &Connection, bytes: u64) -> rusqlite::Result<()> {
    let Some(log) = log_of(connection)? else { return Ok(()) };
    let mut piece = vec![0; 64 << 10];
    let mut offset = 0;
    while offset < bytes {
        let length = (bytes - offset).min(piece.len() as u64) as usize;
        done(log.read(&mut piece[..length], offset))?;
        done(log.write(&piece[..length], offset))?;
        offset += length as u64;
    }
    done(log.sync(ffi::SQLITE_SYNC_FULL))
}

fn done(code: c_int) -> rusqlite::Result<()> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)) }
}

/// Pages in a connection's write-ahead log.
pub(crate) fn log_pages(connection: &Connection) -> rusqlite::Result<u64> {
    let (mut pages, mut moved) = (0, 0);
    // SAFETY: an open connection, a C string, and two integers that are written. Nothing is moved.
    let code = unsafe {
        let (main, mode) = (c"main".as_ptr(), ffi::SQLITE_CHECKPOINT_NOOP);
        ffi::sqlite3_wal_checkpoint_v2(connection.handle(), main, mode, &raw mut pages, &raw mut moved)
    };
    match code {
        // -1 stands for a log that is not there yet.
        ffi::SQLITE_OK => Ok(u64::try_from(pages).unwrap_or(0)),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

fn file_control_of(connection: &Connection, operation: c_int, mut value: c_int) -> (c_int, c_int) {
    // SAFETY: an open connection, its main database (null), and an integer that is read and written.
    let code =
        unsafe { ffi::sqlite3_file_control(connection.handle(), std::ptr::null(), operation, (&raw mut value).cast()) };
    (code, value)
}

//! The disk as SQLite calls it: a table of C functions.
//!
//! Opening, deleting and looking for files is done here; time, randomness and the rest stay the platform's.

#![expect(unsafe_code, reason = "an SQLite file system is a table of C functions")]

use super::{FileId, Locks, REGION, State, find, locked};
use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, OnceLock};

/// The name to open a store with ([`crate::StoreOptions::vfs`]).
pub const NAME: &str = "pos-disk";
const NAME_C: &CStr = c"pos-disk";

/// Longest path, as the platform has it.
const PATH_MAX: c_int = 512;
/// A page that is written in part has its old bytes elsewhere: said by SQLite's own file systems, too.
const CHARACTERISTICS: c_int = ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE;
const SECTOR: c_int = 4096;

/// Adds the file system to SQLite, once a process; answers its name.
pub fn register() -> Result<&'static str, String> {
    static REGISTERED: OnceLock<Result<(), String>> = OnceLock::new();
    REGISTERED.get_or_init(register_once).clone().map(|()| NAME)
}

fn register_once() -> Result<(), String> {
    // SAFETY: SQLite answers its default file system, which lives as long as the process, or null.
    let platform = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
    if platform.is_null() {
        return Err("SQLite has no default file system".into());
    }
    // SAFETY: not null, and never changed after SQLite has set it up.
    let mut vfs: sqlite3_vfs = unsafe { *platform };
    vfs.szOsFile = size_of::<Handle>() as c_int;
    vfs.mxPathname = PATH_MAX;
    vfs.zName = NAME_C.as_ptr().cast::<c_char>();
    vfs.pNext = std::ptr::null_mut();
    vfs.pAppData = std::ptr::null_mut();
    vfs.xOpen = Some(open);
    vfs.xDelete = Some(delete);
    vfs.xAccess = Some(access);
    vfs.xFullPathname = Some(full_path);
    // SQLite keeps the pointer for ever.
    let vfs = Box::leak(Box::new(vfs));
    // SAFETY: the table is complete, lives for ever, and is not the default. What stays the platform's (time, randomness,
    // sleeping) does not look at the table it is called through.
    match unsafe { ffi::sqlite3_vfs_register(vfs, 0) } {
        ffi::SQLITE_OK => Ok(()),
        code => Err(format!("SQLite did not accept the file system in memory (code {code})")),
    }
}

/// What SQLite has room for.
#[repr(C)]
struct Handle {
    base: sqlite3_file,
    open: *mut Open,
}

/// An open file.
struct Open {
    disk: Arc<Mutex<State>>,
    file: FileId,
    /// Its first sync is one of the folder, too.
    is_new_log: bool,
    deletes_at_end: Option<String>,
    level: c_int,
    shares_memory: bool,
    /// Slots of the shared memory's locks, as bits.
    slots_shared: u32,
    slots_alone: u32,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shared_map),
    xShmLock: Some(shared_lock),
    xShmBarrier: Some(shared_barrier),
    xShmUnmap: Some(shared_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// # Safety
/// `name` is null or a C string.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the contract above.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

/// # Safety
/// `file` was opened by [`open`] and is not closed; SQLite uses it from one thread at a time.
unsafe fn open_of<'a>(file: *mut sqlite3_file) -> &'a mut Open {
    // SAFETY: by the contract above `open` was set to a box of its own.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

fn code(done: Result<(), c_int>) -> c_int {
    done.err().unwrap_or(ffi::SQLITE_OK)
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: `file` has room for a `Handle`; without methods SQLite does not close what could not be opened.
    unsafe { (*file).pMethods = std::ptr::null() };
    // SAFETY: SQLite's own name, or null for a temporary file, of which there are none here.
    let Some((disk, end)) = (unsafe { text(name) }).and_then(find) else { return ffi::SQLITE_CANTOPEN };
    let mut state = locked(&disk);
    let there = state.names.get(end).copied();
    let opened = match there {
        Some(file) => file,
        None if flags & ffi::SQLITE_OPEN_CREATE == 0 => return ffi::SQLITE_CANTOPEN,
        None => match state.create(end) {
            Ok(file) => file,
            Err(code) => return code,
        },
    };
    drop(state);
    let is_log = flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL) != 0;
    let open = Open {
        disk,
        file: opened,
        // As the platform has it: whoever may make a log syncs the folder with it, made or found.
        is_new_log: flags & ffi::SQLITE_OPEN_CREATE != 0 && is_log,
        deletes_at_end: (flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0).then(|| end.to_owned()),
        level: ffi::SQLITE_LOCK_NONE,
        shares_memory: false,
        slots_shared: 0,
        slots_alone: 0,
    };
    // SAFETY: `file` has room for a `Handle`, and `out_flags` is null or SQLite's.
    unsafe {
        let handle = file.cast::<Handle>();
        (*handle).open = Box::into_raw(Box::new(open));
        (*handle).base.pMethods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite calls this once, with a file that was opened here: the box is taken back and not used again.
    let mut open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    open.unlock(ffi::SQLITE_LOCK_NONE);
    open.leave_memory();
    let deleted = match &open.deletes_at_end {
        Some(name) => locked(&open.disk).delete(name),
        None => Ok(()),
    };
    code(deleted)
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, bytes: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    // SAFETY: SQLite has room for that many bytes there.
    let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), bytes.unsigned_abs() as usize) };
    match locked(&open.disk).read(open.file, offset.unsigned_abs(), into) {
        Ok(there) if there < into.len() => ffi::SQLITE_IOERR_SHORT_READ,
        done => code(done.map(drop)),
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, data: *const c_void, bytes: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    // SAFETY: SQLite has that many bytes there.
    let data = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), bytes.unsigned_abs() as usize) };
    code(locked(&open.disk).write(open.file, offset.unsigned_abs(), data))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    code(locked(&open.disk).resize(open.file, size.unsigned_abs()))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    let mut state = locked(&open.disk);
    let mut done = state.sync(open.file);
    if done.is_ok() && open.is_new_log {
        done = state.sync_folder();
        open.is_new_log = done.is_err();
    }
    code(done)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    let bytes = locked(&open.disk).files[open.file].size();
    // SAFETY: SQLite has room for the answer.
    unsafe { *size = bytes.cast_signed() };
    ffi::SQLITE_OK
}

impl Open {
    fn lock(&mut self, level: c_int) -> c_int {
        let mut state = locked(&self.disk);
        let locks = state.locks.entry(self.file).or_default();
        if self.level == ffi::SQLITE_LOCK_NONE {
            if locks.pending || locks.exclusive {
                return ffi::SQLITE_BUSY;
            }
            locks.shared += 1;
            self.level = ffi::SQLITE_LOCK_SHARED;
        }
        let has_reserved = self.level >= ffi::SQLITE_LOCK_RESERVED;
        if level >= ffi::SQLITE_LOCK_RESERVED && !has_reserved {
            if locks.reserved || locks.pending || locks.exclusive {
                return ffi::SQLITE_BUSY;
            }
            locks.reserved = true;
            self.level = ffi::SQLITE_LOCK_RESERVED;
        }
        if level == ffi::SQLITE_LOCK_EXCLUSIVE && self.level < level {
            locks.pending = true;
            self.level = ffi::SQLITE_LOCK_PENDING;
            if locks.shared > 1 {
                return ffi::SQLITE_BUSY;
            }
            locks.exclusive = true;
            self.level = ffi::SQLITE_LOCK_EXCLUSIVE;
        }
        ffi::SQLITE_OK
    }

    fn unlock(&mut self, level: c_int) {
        let mut state = locked(&self.disk);
        let locks = state.locks.entry(self.file).or_default();
        if self.level > ffi::SQLITE_LOCK_SHARED {
            *locks = Locks { shared: locks.shared, ..Locks::default() };
        }
        if level == ffi::SQLITE_LOCK_NONE && self.level > ffi::SQLITE_LOCK_NONE {
            locks.shared = locks.shared.saturating_sub(1);
        }
        self.level = self.level.min(level);
    }

    fn leave_memory(&mut self) {
        if !std::mem::take(&mut self.shares_memory) {
            return;
        }
        let mut state = locked(&self.disk);
        let shared = &mut state.shared;
        for (slot, holders) in shared.slots.iter_mut().enumerate() {
            if self.slots_shared & (1 << slot) != 0 {
                *holders -= 1;
            }
            if self.slots_alone & (1 << slot) != 0 {
                *holders = 0;
            }
        }
        (self.slots_shared, self.slots_alone) = (0, 0);
        shared.users = shared.users.saturating_sub(1);
        if shared.users == 0 {
            shared.regions.clear();
        }
    }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    unsafe { open_of(file) }.lock(level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    unsafe { open_of(file) }.unlock(level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, answer: *mut c_int) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    let is_reserved = locked(&open.disk)
        .locks
        .get(&open.file)
        .is_some_and(|locks| locks.reserved || locks.pending || locks.exclusive);
    // SAFETY: SQLite has room for the answer.
    unsafe { *answer = c_int::from(is_reserved) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    SECTOR
}

unsafe extern "C" fn device_characteristics(_: *mut sqlite3_file) -> c_int {
    CHARACTERISTICS
}

unsafe extern "C" fn shared_map(
    file: *mut sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    answer: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    let region = region.unsigned_abs() as usize;
    let mut state = locked(&open.disk);
    let shared = &mut state.shared;
    if !std::mem::replace(&mut open.shares_memory, true) {
        shared.users += 1;
    }
    // SAFETY: SQLite has room for the answer.
    let tell = |pointer: *mut c_void| unsafe { *answer = pointer };
    tell(std::ptr::null_mut());
    if bytes.unsigned_abs() as usize > REGION {
        return ffi::SQLITE_IOERR_SHMMAP;
    }
    if extend != 0 {
        while shared.regions.len() <= region {
            shared.regions.push(Box::new([0; REGION / 8]));
        }
    }
    if let Some(memory) = shared.regions.get_mut(region) {
        // A region stays where it is until the last of its users has left.
        tell(memory.as_mut_ptr().cast());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shared_lock(file: *mut sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    let (first, count) = (first.unsigned_abs() as usize, count.unsigned_abs() as usize);
    let mask = ((1_u32 << count) - 1) << first;
    let mut state = locked(&open.disk);
    let slots = &mut state.shared.slots[first..first + count];
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        for (slot, holders) in slots.iter_mut().enumerate() {
            let bit = 1 << (first + slot);
            if open.slots_alone & bit != 0 {
                *holders = 0;
            } else if open.slots_shared & bit != 0 {
                *holders -= 1;
            }
        }
        open.slots_shared &= !mask;
        open.slots_alone &= !mask;
    } else if flags & ffi::SQLITE_SHM_SHARED != 0 {
        if open.slots_shared & mask == 0 {
            if slots.iter().any(|holders| *holders < 0) {
                return ffi::SQLITE_BUSY;
            }
            slots.iter_mut().for_each(|holders| *holders += 1);
            open.slots_shared |= mask;
        }
    } else {
        if slots.iter().any(|holders| *holders != 0) {
            return ffi::SQLITE_BUSY;
        }
        slots.fill(-1);
        open.slots_alone |= mask;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shared_barrier(file: *mut sqlite3_file) {
    // SAFETY: SQLite calls this with an open file.
    let open = unsafe { open_of(file) };
    drop(locked(&open.disk));
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shared_unmap(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite calls this with an open file.
    unsafe { open_of(file) }.leave_memory();
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite's own name.
    let Some((disk, end)) = (unsafe { text(name) }).and_then(find) else { return ffi::SQLITE_IOERR_DELETE_NOENT };
    let mut state = locked(&disk);
    let mut done = state.delete(end);
    if done.is_ok() && sync_folder != 0 {
        done = state.sync_folder();
    }
    code(done)
}

unsafe extern "C" fn access(_: *mut sqlite3_vfs, name: *const c_char, flags: c_int, answer: *mut c_int) -> c_int {
    // SAFETY: SQLite's own name.
    let found = unsafe { text(name) }.and_then(find).and_then(|(disk, end)| {
        let state = locked(&disk);
        state.names.get(end).map(|file| state.files[*file].size())
    });
    // As the platform has it: an empty file is as good as none.
    let is_there = found.is_some_and(|size| size > 0 || flags != ffi::SQLITE_ACCESS_EXISTS);
    // SAFETY: SQLite has room for the answer.
    unsafe { *answer = c_int::from(is_there) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(_: *mut sqlite3_vfs, name: *const c_char, bytes: c_int, into: *mut c_char) -> c_int {
    // SAFETY: SQLite's own name.
    let Some(text) = (unsafe { text(name) }) else { return ffi::SQLITE_CANTOPEN };
    if text.len() >= bytes.unsigned_abs() as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for the name and its end, which was just compared; the two do not overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(name, into, text.len());
        *into.add(text.len()) = 0;
    }
    ffi::SQLITE_OK
}

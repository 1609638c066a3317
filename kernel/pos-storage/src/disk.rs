//! A disk in memory that loses power, fails, fills up or lies: an SQLite file system for laboratories.
//!
//! [`Disk::new`] makes a disk that lies under a path, and a store opened there with the file system [`NAME`] has its
//! database and logs on it, shared memory and locks included. Every write, truncate, sync and delete is a step, and the disk
//! writes them down; [`Unsure`] takes the same steps again and answers the disks that a power cut may leave after any of
//! them, which [`Disk::put`] then puts under the path. Any number of disks can lie under paths of their own.

pub(crate) mod content;
mod trace;
mod vfs;

pub use self::content::{Content, PAGE};
pub use self::trace::{Fates, FileId, Image, Op, Unsure};
pub use self::vfs::{NAME, register};

use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No space is left: half of what is written gets there. Syncs and deletes go well.
    Full,
    /// The disk does not do it: writes, syncs, deletes.
    Broken,
    /// Nothing comes back from it either: reads fail, too.
    Gone,
}

/// A failure to come.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// After so many steps.
    pub after: u64,
    /// What happens then.
    pub failure: Failure,
    /// Until [`Disk::mend`], and not once only.
    pub for_ever: bool,
}

/// What was written down of a disk.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The disk at the beginning.
    pub image: Image,
    /// Each step since.
    pub ops: Vec<Op>,
}

/// A disk under a path.
pub struct Disk {
    path: PathBuf,
    state: Arc<Mutex<State>>,
}

/// Who has which lock on a file, in the words of SQLite.
#[derive(Default)]
pub(crate) struct Locks {
    pub(crate) shared: u32,
    pub(crate) reserved: bool,
    pub(crate) pending: bool,
    pub(crate) exclusive: bool,
}

/// Bytes of a region of shared memory.
pub(crate) const REGION: usize = 32 * 1024;

/// The memory that connections to the database share: an index of the log.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) users: u32,
    pub(crate) regions: Vec<Box<[u64; REGION / 8]>>,
    /// -1: one has it alone; else how many share it.
    pub(crate) slots: [i32; ffi::SQLITE_SHM_NLOCK as usize],
}

/// What a disk is at the moment.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) names: BTreeMap<String, FileId>,
    pub(crate) files: Vec<Content>,
    pub(crate) locks: BTreeMap<FileId, Locks>,
    pub(crate) shared: Shared,
    steps: u64,
    trace: Option<Trace>,
    fault: Option<Fault>,
    failed: u64,
    lies: bool,
}

static DISKS: Mutex<BTreeMap<PathBuf, Arc<Mutex<State>>>> = Mutex::new(BTreeMap::new());

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What may follow the name of the database: its logs, the copy before an update, and what is to take its place then.
const ENDINGS: [&str; 8] =
    ["", "-wal", "-journal", ".before-update", ".before-update-journal", ".updated", ".updated-journal", RESERVE];

/// The end of the name of what is kept for a full disk.
const RESERVE: &str = ".reserve";

/// The disk that a file lies on, and the end of the file's name.
pub(crate) fn find(path: &str) -> Option<(Arc<Mutex<State>>, &str)> {
    let disks = locked(&DISKS);
    ENDINGS.into_iter().find_map(|end| {
        let database = path.strip_suffix(end)?;
        disks.get(Path::new(database)).map(|disk| (Arc::clone(disk), &path[database.len()..]))
    })
}

/// Fills a log on such a disk with zeros.
pub(crate) fn lay_out(path: &Path, bytes: u64) -> std::io::Result<()> {
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let (disk, name) = path.to_str().and_then(find).ok_or_else(missing)?;
    let mut disk = locked(&disk);
    let file = disk.names.get(name).copied().ok_or_else(missing)?;
    let failed = |_| std::io::Error::other("the disk failed");
    if disk.files[file].size() < bytes {
        disk.resize(file, bytes).map_err(failed)?;
    }
    disk.sync(file).map_err(failed)
}

/// Makes a file on such a disk of so many bytes, if it is not there.
pub(crate) fn fill(path: &Path, bytes: u64) -> std::io::Result<()> {
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let full = |_| std::io::Error::from(std::io::ErrorKind::StorageFull);
    let (disk, name) = path.to_str().and_then(find).ok_or_else(missing)?;
    let mut disk = locked(&disk);
    if disk.names.contains_key(name) {
        return Ok(());
    }
    let file = disk.create(name).map_err(full)?;
    disk.resize(file, bytes).map_err(full)
}

/// Whether there is a file of this name on such a disk.
pub(crate) fn exists(path: &Path) -> bool {
    path.to_str().and_then(find).is_some_and(|(disk, name)| locked(&disk).names.contains_key(name))
}

/// Gives a file on such a disk the name of another, and syncs the folder.
pub(crate) fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let (_, to) = to.to_str().and_then(find).ok_or_else(missing)?;
    let (disk, from) = from.to_str().and_then(find).ok_or_else(missing)?;
    let mut disk = locked(&disk);
    let renamed = disk.rename(from, to).and_then(|()| disk.sync_folder());
    renamed.map_err(|_| std::io::Error::other("the disk failed"))
}

/// Deletes a file on such a disk, if it is there.
pub(crate) fn delete(path: &Path) -> std::io::Result<()> {
    let Some((disk, name)) = path.to_str().and_then(find) else { return Ok(()) };
    match locked(&disk).delete(name) {
        Ok(()) | Err(ffi::SQLITE_IOERR_DELETE_NOENT) => Ok(()),
        Err(_) => Err(std::io::Error::other("the disk failed")),
    }
}

impl Disk {
    /// An empty disk, on which the database at a path lies from now on.
    pub fn new(path: &Path) -> Result<Disk, String> {
        register()?;
        let state = Arc::<Mutex<State>>::default();
        match locked(&DISKS).insert(path.to_owned(), Arc::clone(&state)) {
            None => Ok(Disk { path: path.to_owned(), state }),
            Some(_) => Err(format!("a disk lies under {} already", path.display())),
        }
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts other files on the disk: as after a power cut, nothing of what was in memory is left. No store may be open.
    pub fn put(&self, image: &Image) {
        let mut state = State::default();
        for (name, content) in image {
            state.names.insert(name.clone(), state.files.len());
            state.files.push(content.clone());
        }
        *locked(&self.state) = state;
    }

    /// What lies on the disk now, synced or not.
    pub fn image(&self) -> Image {
        let state = locked(&self.state);
        state.names.iter().map(|(name, file)| (name.clone(), state.files[*file].clone())).collect()
    }

    /// The database's file.
    pub fn database(&self) -> Content {
        let state = locked(&self.state);
        state.names.get("").map(|file| state.files[*file].clone()).unwrap_or_default()
    }

    /// Writes every step down from now on.
    pub fn record(&self) {
        let image = self.image();
        let mut state = locked(&self.state);
        state.steps = 0;
        state.trace = Some(Trace { image, ops: Vec::new() });
    }

    /// Steps taken since they were written down.
    pub fn steps(&self) -> u64 {
        locked(&self.state).steps
    }

    /// What was written down.
    pub fn trace(&self) -> Trace {
        locked(&self.state).trace.clone().unwrap_or_default()
    }

    /// Lets a step fail.
    pub fn fail(&self, fault: Fault) {
        locked(&self.state).fault = Some(fault);
    }

    /// Ends it. Answers how many steps have failed so far.
    pub fn mend(&self) -> u64 {
        let mut state = locked(&self.state);
        state.fault = None;
        state.failed
    }

    /// Steps that have failed so far.
    pub fn failed(&self) -> u64 {
        locked(&self.state).failed
    }

    /// Syncs are promised from now on, and not done.
    pub fn lie(&self) {
        locked(&self.state).lies = true;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        locked(&DISKS).remove(&self.path);
    }
}

impl State {
    /// Whether the next step fails.
    fn fails(&mut self, ways: &[Failure]) -> Option<Failure> {
        let is_meant = |failure| ways.contains(&if failure == Failure::Gone { Failure::Broken } else { failure });
        let fault = self.fault.filter(|fault| fault.after <= self.steps && is_meant(fault.failure))?;
        if !fault.for_ever {
            self.fault = None;
        }
        self.failed += 1;
        Some(fault.failure)
    }

    fn done(&mut self, op: impl FnOnce() -> Op) {
        self.steps += 1;
        if let Some(trace) = &mut self.trace {
            trace.ops.push(op());
        }
    }

    pub(crate) fn create(&mut self, name: &str) -> Result<FileId, c_int> {
        if self.fails(&[Failure::Full, Failure::Broken]).is_some() {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        let file = self.files.len();
        self.files.push(Content::default());
        self.names.insert(name.to_owned(), file);
        self.done(|| Op::Create(file, name.to_owned()));
        Ok(file)
    }

    /// Reads; answers how many bytes there were.
    pub(crate) fn read(&self, file: FileId, offset: u64, into: &mut [u8]) -> Result<usize, c_int> {
        match self.fault {
            Some(Fault { after, failure: Failure::Gone, .. }) if after <= self.steps => Err(ffi::SQLITE_IOERR_READ),
            _ => Ok(self.files[file].read(offset, into)),
        }
    }

    pub(crate) fn write(&mut self, file: FileId, offset: u64, bytes: &[u8]) -> Result<(), c_int> {
        let failure = self.fails(&[Failure::Full, Failure::Broken]);
        let there = if failure.is_some() { &bytes[..bytes.len() / 2] } else { bytes };
        if !there.is_empty() {
            self.files[file].write(offset, there);
            self.done(|| Op::Write(file, offset, there.into()));
        }
        match failure {
            None => Ok(()),
            Some(Failure::Full) => Err(ffi::SQLITE_FULL),
            Some(Failure::Broken | Failure::Gone) => Err(ffi::SQLITE_IOERR_WRITE),
        }
    }

    pub(crate) fn resize(&mut self, file: FileId, size: u64) -> Result<(), c_int> {
        let grows = size > self.files[file].size();
        let ways: &[Failure] = if grows { &[Failure::Full, Failure::Broken] } else { &[Failure::Broken] };
        if self.fails(ways).is_some() {
            return Err(ffi::SQLITE_IOERR_TRUNCATE);
        }
        self.files[file].resize(size);
        self.done(|| Op::Resize(file, size));
        Ok(())
    }

    pub(crate) fn sync(&mut self, file: FileId) -> Result<(), c_int> {
        if self.fails(&[Failure::Broken]).is_some() {
            self.done(|| Op::SyncFailed(file));
            return Err(ffi::SQLITE_IOERR_FSYNC);
        }
        let lies = self.lies;
        self.done(|| if lies { Op::SyncPromised(file) } else { Op::Sync(file) });
        Ok(())
    }

    pub(crate) fn sync_folder(&mut self) -> Result<(), c_int> {
        if self.fails(&[Failure::Broken]).is_some() {
            return Err(ffi::SQLITE_IOERR_DIR_FSYNC);
        }
        if !self.lies {
            self.done(|| Op::SyncFolder);
        }
        Ok(())
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Result<(), c_int> {
        if self.fails(&[Failure::Broken]).is_some() {
            return Err(ffi::SQLITE_IOERR);
        }
        let Some(file) = self.names.remove(from) else { return Err(ffi::SQLITE_IOERR_DELETE_NOENT) };
        self.names.insert(to.to_owned(), file);
        self.done(|| Op::Rename(file, from.to_owned(), to.to_owned()));
        Ok(())
    }

    pub(crate) fn delete(&mut self, name: &str) -> Result<(), c_int> {
        if !self.names.contains_key(name) {
            return Err(ffi::SQLITE_IOERR_DELETE_NOENT);
        }
        if self.fails(&[Failure::Broken]).is_some() {
            return Err(ffi::SQLITE_IOERR_DELETE);
        }
        self.names.remove(name);
        // What was kept for a full disk makes room on it.
        if name == RESERVE && self.fault.is_some_and(|fault| fault.failure == Failure::Full) {
            self.fault = None;
        }
        self.done(|| Op::Delete(name.to_owned()));
        Ok(())
    }
}

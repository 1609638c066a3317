//! Frames of the log that are gathered: SQLite writes each page of a commit in two calls, and this hands all of them to the
//! file system in one, before the fsync that makes the commit.
//!
//! What is gathered is not in the file. So only the connection gathers whose every commit ends in an fsync
//! ([`crate::connection::make_durable`]): frames that no fsync followed belong to no commit, and nobody but the one who wrote
//! them looks for them. Whatever else that connection does with its log (it reads frames that its cache had no room for, or
//! cuts the file) has them written first.

use crate::layer::Below;
use rusqlite::ffi;
use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};

/// As much is held back at most: the most that SQLite's files take in one call. A commit of more than thirty pages is written
/// in several.
const MOST: usize = 0x1_FFFF;

/// The end of a log that is not written yet.
#[derive(Default)]
pub(crate) struct Frames(Mutex<Held>);

#[derive(Default)]
struct Held {
    gathers: bool,
    /// Where the first byte belongs.
    offset: u64,
    bytes: Vec<u8>,
}

impl Held {
    /// What the next byte's place is.
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// Writes what is held. What could not be written is not held any more: whoever wrote it hears that it is lost.
    fn settle(&mut self, below: Below) -> c_int {
        if self.bytes.is_empty() {
            return ffi::SQLITE_OK;
        }
        let code = below.write(&self.bytes, self.offset);
        self.bytes.clear();
        code
    }
}

impl Frames {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on each fsync writes what came since the last one.
    pub(crate) fn gather(&self) {
        self.held().gathers = true;
    }

    pub(crate) fn write(&self, below: Below, data: &[u8], offset: u64) -> c_int {
        let mut held = self.held();
        if !held.gathers {
            return below.write(data, offset);
        }
        if offset != held.end() || held.bytes.len() + data.len() > MOST {
            let code = held.settle(below);
            if code != ffi::SQLITE_OK {
                return code;
            }
            held.offset = offset;
        }
        held.bytes.extend_from_slice(data);
        ffi::SQLITE_OK
    }

    /// Writes what is held.
    pub(crate) fn settle(&self, below: Below) -> c_int {
        self.held().settle(below)
    }
}

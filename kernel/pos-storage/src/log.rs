//! The write-ahead log: how long it is, and moving it into the database.
//!
//! SQLite never checkpoints by itself here (`wal_autocheckpoint = 0`); the writer decides when, between jobs.

use crate::connection::Place;
use crate::error::{Fault, Result};
use crate::layer;
use rusqlite::Connection;
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

/// Pages the log may grow by before it is checkpointed in a quiet moment: 4 MiB, some fifty sales.
pub(crate) const PAGES_SOFT: u64 = 1024;
/// Pages the log may grow by before it is checkpointed whoever waits: 32 MiB, a pause of some 40 ms.
pub(crate) const PAGES_HARD: u64 = 8 * 1024;

/// Bytes a log has from the start: room for what a shop writes between two quiet moments.
pub(crate) const LAID_OUT_BYTES: u64 = 8 << 20;

/// Fills the log's file with zeros up to [`LAID_OUT_BYTES`]. An fsync of a file that grew waits for the file system's
/// own journal as well, which costs a sale half as much again; of one that is long enough it does not. SQLite reads a log
/// up to its first frame that is not valid, as after every restart of a log, and zeros are no frame.
///
/// Only the writer may call this, between its commits. No lock is lost with the file's closing: SQLite keeps none on it.
pub(crate) fn lay_out(place: &Place) -> std::io::Result<()> {
    let path = place.wal_path();
    #[cfg(feature = "lab")]
    if place.vfs.as_deref() == Some(crate::disk::NAME) {
        return crate::disk::lay_out(&path, LAID_OUT_BYTES);
    }
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut length = file.seek(SeekFrom::End(0))?;
    let zeros = vec![0; 1 << 20];
    while length < LAID_OUT_BYTES {
        let some = (LAID_OUT_BYTES - length).min(zeros.len() as u64) as usize;
        file.write_all(&zeros[..some])?;
        length += some as u64;
    }
    file.sync_data()
}

/// What `PRAGMA wal_checkpoint` answers.
struct Checkpoint {
    busy: bool,
    pages: u64,
    moved: u64,
}

fn checkpoint(connection: &Connection, mode: &str) -> Result<Checkpoint> {
    let (busy, pages, moved): (bool, i64, i64) = connection
        .prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // -1 stands for a log that is not there yet.
    Ok(Checkpoint { busy, pages: pages.try_into().unwrap_or(0), moved: moved.try_into().unwrap_or(0) })
}

/// How long the log is. Asked after every commit, so not by a statement, which SQLite would prepare each time.
pub(crate) fn length_pages(connection: &Connection) -> Result<u64> {
    Ok(layer::log_pages(connection)?)
}

/// Bytes before a log's first frame, and before each page in it.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// Makes durable what a log holds that somebody else left: a program that ended, or a commit whose fsync failed.
///
/// After an fsync that failed the system may keep what was written as if it were on the disk, and no later fsync writes it:
/// what is read from the log then would go into the database while a power cut can still take it from the log. So it is
/// written again before anything is moved.
pub(crate) fn write_again(connection: &Connection) -> Result<()> {
    match length_pages(connection)? {
        0 => Ok(()),
        pages => {
            let frame = FRAME_HEADER + crate::pages::PAGE as u64;
            Ok(layer::write_log_again(connection, LOG_HEADER + pages * frame)?)
        }
    }
}

/// Moves what no reader needs any more, and waits for nobody.
pub(crate) fn checkpoint_what_is_free(connection: &Connection) -> Result<()> {
    checkpoint(connection, "PASSIVE").map(drop)
}

/// Moves the whole log into the database, both synced, and empties it; waits for readers, and fails if one stays.
pub(crate) fn checkpoint_fully(connection: &Connection) -> Result<()> {
    let Checkpoint { busy, pages, moved } = checkpoint(connection, "TRUNCATE")?;
    if busy || pages != moved {
        return Err(Fault::failed("the log could not be moved into the database: another reader is busy"));
    }
    Ok(())
}

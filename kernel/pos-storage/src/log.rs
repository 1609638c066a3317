//! The write-ahead log: how long it is, and moving it into the database.
//!
//! SQLite never checkpoints by itself here (`wal_autocheckpoint = 0`); the writer decides when, between jobs.

use crate::connection::Place;
use crate::error::{Fault, Result};
use crate::layer;
use crate::pages;
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
pub(crate) const HEADER: usize = 32;
pub(crate) const FRAME_HEADER: usize = 24;
/// How a log begins; the last bit says how its sums read their words.
const MAGIC: u32 = 0x377f_0682;

/// Where a frame begins.
fn place_of(frame: u64) -> u64 {
    HEADER as u64 + frame * (FRAME_HEADER + pages::PAGE) as u64
}

/// The number at a place of a log.
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// SQLite's sum of a log: over pairs of words, carried on from what came before.
pub(crate) fn sum(big_endian: bool, (mut first, mut second): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let read = |at| if big_endian { word(pair, at) } else { word(pair, at).swap_bytes() };
        first = first.wrapping_add(read(0)).wrapping_add(second);
        second = second.wrapping_add(read(4)).wrapping_add(first);
    }
    (first, second)
}

/// Whether the words of a log with this header are read the other way around, and its sum so far; none where it is no header.
pub(crate) fn begins(header: &[u8]) -> Option<(bool, (u32, u32))> {
    let big_endian = word(header, 0) & 1 == 1;
    let sum = sum(big_endian, (0, 0), &header[..24]);
    let is_whole = word(header, 0) & !1 == MAGIC && sum == (word(header, 24), word(header, 28));
    is_whole.then_some((big_endian, sum))
}

/// Refuses a log that is not what was written there.
///
/// SQLite takes a log up to its last commit that holds, as a power cut would leave it, and says nothing of more. But each
/// commit is on the disk before the next one is written, so a power cut leaves the parts of one behind the last that holds.
/// Where there are more, the disk changed what lies before them: what was sold would be gone without a word, and a checkpoint
/// that was under way would have left a database of two times.
pub(crate) fn check(connection: &Connection, place: &Place) -> Result<()> {
    let mut header = [0; HEADER];
    if !layer::read_log(connection, &mut header, 0)? || begins(&header).is_none() {
        return Ok(());
    }
    let (mut frame, mut behind) = ([0; FRAME_HEADER], 0);
    for number in length_pages(connection)?.. {
        if !layer::read_log(connection, &mut frame, place_of(number))? {
            break;
        }
        let ends_a_commit = word(&frame, 4) > 0 && frame[8..16] == header[16..24];
        behind += u64::from(ends_a_commit);
    }
    if behind < 2 {
        return Ok(());
    }
    Err(Fault::corrupt(format!(
        "the log of {} is not what was written there: the disk changed it, and {behind} commits behind that cannot be read; \
         keep the folder as it is, and let `pos salvage` build a new one of what can be read and of the newest backup",
        place.name()
    )))
}

/// Makes durable what a log holds that somebody else left: a program that ended, or a commit whose fsync failed.
///
/// After an fsync that failed the system may keep what was written as if it were on the disk, and no later fsync writes it:
/// what is read from the log then would go into the database while a power cut can still take it from the log. So it is
/// written again before anything is moved.
pub(crate) fn write_again(connection: &Connection) -> Result<()> {
    match length_pages(connection)? {
        0 => Ok(()),
        pages => Ok(layer::write_log_again(connection, place_of(pages))?),
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

//! The emergency journal: sales on a second disk, from the moment the register's own one fails.
//!
//! Its file lies beside nothing of the register's: another disk, a stick. It is made and opened when the register starts,
//! so that nothing must be found on the day it is needed. Records go into it one by one, each synced before anybody is
//! told, as lines of an exported journal that continue the database's chain. The next start takes them into the database
//! before anything else is written there, and puts the file aside.
//!
//! **Two journals of one register must never grow apart.** So the database says in a row of its own that a register runs
//! with an emergency file. After a crash a start without that file is refused: what was sold in it would be missing, and its
//! receipt numbers would be given again. ([ADR 16](../../adr/0016-emergency-journal.md))

use crate::append::{self, Head};
use crate::basket_events;
use crate::connection::Place;
use crate::error::{Fault, Result};
use crate::journal;
use crate::log;
use crate::record::{self, Columns, Content, Record};
use crate::salvage::{JournalRow, record_in_line};
use pos_api::port::StoreError;
use pos_domain::transaction::Committed;
use rusqlite::{Connection, OptionalExtension};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file while a register runs.
#[derive(Debug)]
pub(crate) struct SecondDisk {
    file: File,
    path: PathBuf,
    /// What is in it for certain.
    length: u64,
}

impl SecondDisk {
    /// Makes the file, if it is not there, and shows that it can be written. A line without an end was never told of, and
    /// nothing is written behind it.
    pub(crate) fn open(path: &Path) -> std::io::Result<SecondDisk> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut lines = Vec::new();
        file.read_to_end(&mut lines)?;
        let length = whole(&lines).len() as u64;
        file.set_len(length)?;
        file.sync_all()?;
        sync_folder(path)?;
        Ok(SecondDisk { file, path: path.to_owned(), length })
    }

    /// Adds lines: on the disk when this returns well.
    pub(crate) fn append(&mut self, lines: &[u8]) -> Result<()> {
        let written = (|| {
            // What an attempt before this one left half-written.
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::Start(self.length))?;
            self.file.write_all(lines)?;
            self.file.sync_data()
        })();
        written.map_err(|error| {
            // It is told as failed, and must not be found there; where that fails too, the next start says so.
            self.file.set_len(self.length).err();
            Fault::failed(format!("the emergency journal {} does not take it either ({error})", self.path.display()))
        })?;
        self.length += lines.len() as u64;
        Ok(())
    }
}

/// Writes a record as a line behind others, and moves the head to it.
pub(crate) fn write_record(lines: &mut Vec<u8>, head: &mut Head, columns: Columns<'_>, body: &str) -> Result<()> {
    let hash = record::hash(&head.hash, body.as_bytes());
    journal::write_line(lines, &columns, &head.hash, &hash, body)?;
    *head = Head { seq: columns.seq, number: columns.number.unwrap_or(head.number), hash, ..*head };
    Ok(())
}

/// What a transaction of the database's that may or may not have happened appended to the journal.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Where the journal ended before it.
    pub(crate) from: Head,
    /// Its records, as lines.
    pub(crate) lines: Vec<u8>,
}

impl Attempt {
    /// The records after a head, as lines; asked inside the transaction that appends them.
    pub(crate) fn of(connection: &Connection, from: Head) -> Result<Attempt> {
        Ok(Attempt { from, lines: journal::lines_after(connection, from.seq)? })
    }

    /// Where the journal ends after it, and its transactions. None if it did what lines alone do not say again: who closes a
    /// shift or changes a person has more to write than a record.
    pub(crate) fn outcome(&self) -> Result<Option<(Head, Vec<Committed>)>> {
        let (mut head, mut all) = (self.from, Vec::new());
        for (row, record) in records(&self.lines)? {
            match record.content {
                Content::ShiftOpened(opened) => head.open_shift = Some(opened.shift),
                Content::Transaction(committed) => {
                    head.number = committed.number;
                    all.push(*committed);
                }
                _ => return Ok(None),
            }
            (head.seq, head.hash) = (row.seq, row.hash);
        }
        Ok(Some((head, all)))
    }
}

/// The records in whole lines, each its own proof. A last line without an end was never told of.
fn records(lines: &[u8]) -> Result<Vec<(JournalRow<'_>, Record)>> {
    let mut all = Vec::new();
    for (index, line) in whole(lines).split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let wrong = || Fault::corrupt(format!("line {} is not what was written", index + 1));
        let line = std::str::from_utf8(line).map_err(|_| wrong())?;
        let row = record_in_line(line).ok_or_else(wrong)?;
        let is_intact = record::hash(&row.previous, row.body.as_bytes()) == row.hash;
        let record = Record::parse(row.body)?;
        if !is_intact || record.seq != row.seq {
            return Err(wrong());
        }
        record.content.check()?;
        all.push((row, record));
    }
    Ok(all)
}

/// Lines that have an end.
fn whole(lines: &[u8]) -> &[u8] {
    let end = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    &lines[..end]
}

/// The last record in the file; none if nothing was sold there.
pub(crate) fn last_record(path: &Path) -> Result<Option<u64>> {
    Ok(records(&std::fs::read(path)?)?.last().map(|(row, _)| row.seq))
}

/// Takes in what was sold on the second disk since the database was last written; answers how many records that were. Where
/// they do not continue its journal nothing is changed.
pub(crate) fn take_in(connection: &Connection, place: &Place, configured: Option<&Path>) -> Result<u64> {
    let armed = armed_with(connection)?;
    let Some(path) = armed.as_deref().or(configured) else { return Ok(0) };
    let (path, lines) = match (std::fs::read(path), configured.map(std::fs::read)) {
        (Ok(lines), _) => (path, lines),
        // The same disk, in another place than then.
        (Err(_), Some(Ok(lines))) if !lines.is_empty() => (configured.unwrap_or(path), lines),
        (Err(error), _) if armed.is_none() && error.kind() == ErrorKind::NotFound => return Ok(0),
        (Err(error), _) => return Err(missing(path, &error)),
    };
    let named = |fault: Fault| {
        Fault::corrupt(format!(
            "The emergency journal {} does not continue the journal of {}: {}. Nothing was changed. Keep both as they are, and \
             let `pos salvage` build a new database of them",
            path.display(),
            place.name(),
            StoreError::from(fault)
        ))
    };
    let records = records(&lines).map_err(named)?;
    let mut taken = 0;
    if !records.is_empty() {
        let snapshot = connection.unchecked_transaction()?;
        let mut head = Head::load(&snapshot)?;
        for (row, record) in &records {
            if row.seq <= head.seq {
                let stored: Option<record::Hash> = snapshot
                    .query_row("SELECT hash FROM journal WHERE seq = ?1", [row.seq], |row| row.get(0))
                    .optional()?;
                if stored != Some(row.hash) {
                    return Err(named(Fault::corrupt(format!("record {} is another one there", row.seq))));
                }
                continue;
            }
            if row.seq != head.seq + 1 || row.previous != head.hash {
                return Err(named(Fault::corrupt(format!("record {} has none before it", row.seq))));
            }
            append::append_again(&snapshot, record, row.previous, row.body)?;
            if let Content::Transaction(committed) = &record.content {
                basket_events::delete(&snapshot, committed.transaction.basket)?;
            }
            (head.seq, head.hash) = (row.seq, row.hash);
            taken += 1;
        }
        snapshot.commit()?;
    }
    // In the database for certain, before the file is anywhere else.
    log::checkpoint_fully(connection)?;
    if let Some((last, _)) = records.last() {
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".taken-in-{}", last.seq));
        // Left where it is it does no harm: what is in the journal is known by its hashes.
        if let Err(error) = std::fs::rename(path, aside).and_then(|()| sync_folder(path)) {
            tracing::warn!("the emergency journal {} could not be put aside: {error}", path.display());
        }
        tracing::warn!(records = taken, through = last.seq, "what was sold on the emergency disk is in the journal");
    }
    if armed.is_some() {
        disarm(connection)?;
    }
    Ok(taken)
}

fn missing(path: &Path, error: &std::io::Error) -> Fault {
    Fault::corrupt(format!(
        "The register was cut off while its sales could go to the emergency disk, and {} cannot be read ({error}): it would say \
         whether they did. Plug the disk in and start again. If it is lost, `pos salvage --last-number` builds a database that \
         goes on after the last receipt on paper",
        path.display()
    ))
}

/// The key under which the database notes the file's path while a register runs.
pub(crate) const ARMED: &str = "emergency_file";

/// The file that sales may be in which the database does not have.
fn armed_with(connection: &Connection) -> Result<Option<PathBuf>> {
    let path = connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [ARMED], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(path.map(PathBuf::from))
}

/// Says in the database, for certain, that sales may go into the file.
pub(crate) fn arm(connection: &Connection, path: &Path) -> Result<()> {
    let path = path.to_str().ok_or_else(|| Fault::failed("its path is not Unicode"))?;
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [ARMED, path])?;
    Ok(())
}

/// No sale is in the file that the database does not have.
pub(crate) fn disarm(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [ARMED])?;
    Ok(())
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

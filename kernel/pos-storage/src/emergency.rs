//! The emergency journal: sales on a second disk, from the moment the register's own one fails.
//!
//! Its file lies beside nothing of the register's: another disk, a stick. It is made and opened when the register starts,
//! so that nothing must be found on the day it is needed. Records go into it one by one, each synced before anybody is
//! told, as lines of an exported journal that continue the database's chain. The next start takes them into the database
//! before anything else is written there, and puts the file aside.
//!
//! **Two journals of one register must never grow apart.** So the database says in a row of its own that a register runs
//! with an emergency file, and which: its first line has a name made by chance, so that another stick in its place is not
//! taken for it. After a crash a start without that file is refused: what was sold in it would be missing, and its receipt
//! numbers would be given again. ([ADR 16](../../adr/0016-emergency-journal.md))

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
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    /// Which file it is.
    emergency: String,
}

/// Which file these lines are of; none if it was made before files had names.
fn id_of(lines: &[u8]) -> Option<String> {
    let first = whole(lines).split(|byte| *byte == b'\n').next()?;
    serde_json::from_slice(first).ok().map(|Header { emergency }| emergency)
}

/// Whether a line says no more than which file it is in.
pub(crate) fn is_header(line: &str) -> bool {
    serde_json::from_str::<Header>(line).is_ok()
}

/// The file while a register runs.
#[derive(Debug)]
pub(crate) struct SecondDisk {
    file: File,
    path: PathBuf,
    /// Which file it is.
    id: String,
    /// What is in it for certain.
    length: u64,
}

impl SecondDisk {
    /// Makes the file, if it is not there, and shows that it can be written. One with records, which are in the database or of
    /// another one, is put aside. A line without an end was never told of, and nothing is written behind it.
    pub(crate) fn open(path: &Path) -> Result<SecondDisk> {
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = open()?;
        let mut lines = Vec::new();
        file.read_to_end(&mut lines)?;
        let mut id = id_of(&lines);
        if whole(&lines).iter().filter(|byte| **byte == b'\n').count() > usize::from(id.is_some()) {
            drop(file);
            put_aside(path, "earlier")?;
            file = open()?;
            id = None;
        }
        let id = match id {
            Some(id) => id,
            None => {
                let mut bytes = [0; 8];
                getrandom::fill(&mut bytes).map_err(|error| Fault::failed(format!("no random numbers ({error})")))?;
                hex::encode(bytes)
            }
        };
        let header = format!("{}\n", serde_json::json!(Header { emergency: id.clone() }));
        file.seek(SeekFrom::Start(0))?;
        file.write_all(header.as_bytes())?;
        let length = header.len() as u64;
        file.set_len(length)?;
        file.sync_all()?;
        sync_folder(path)?;
        Ok(SecondDisk { file, path: path.to_owned(), id, length })
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
        let is_header = index == 0 && id_of(lines).is_some();
        if line.is_empty() || is_header {
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

/// The last record in a file, which must be the one that is noted; none if nothing was sold there.
pub(crate) fn last_record(path: &Path, noted: Option<&str>) -> Result<Option<u64>> {
    let lines = std::fs::read(path)?;
    if noted.is_some_and(|noted| id_of(&lines).as_deref() != Some(noted)) {
        return Err(Fault::failed(ANOTHER));
    }
    Ok(records(&lines)?.last().map(|(row, _)| row.seq))
}

/// Takes in what was sold on the second disk since the database was last written; answers how many records that were. Where
/// they do not continue its journal nothing is changed.
pub(crate) fn take_in(connection: &Connection, place: &Place, configured: Option<&Path>) -> Result<u64> {
    let armed = armed_with(connection)?;
    let Some((path, lines)) = find(armed.as_ref(), configured)? else { return Ok(0) };
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
    // In the database for certain, and no longer asked for, before the file is anywhere else.
    log::checkpoint_fully(connection)?;
    if armed.is_some() {
        disarm(connection)?;
    }
    if let Some((last, _)) = records.last() {
        // Left where it is it does no harm: what is in the journal is known by its hashes.
        if let Err(error) = put_aside(path, &format!("taken-in-{}", last.seq)) {
            tracing::warn!("the emergency journal {} could not be put aside: {error}", path.display());
        }
        tracing::warn!(records = taken, through = last.seq, "what was sold on the emergency disk is in the journal");
    }
    Ok(taken)
}

/// The file that the database notes, there or where it is looked for now, and what is in it. Where nothing is noted, what is
/// there.
fn find<'a>(armed: Option<&'a Armed>, configured: Option<&'a Path>) -> Result<Option<(&'a Path, Vec<u8>)>> {
    let Some(Armed { path: noted, id }) = armed else {
        // What cannot be read is told when it is to be written.
        return Ok(configured.and_then(|path| Some((path, std::fs::read(path).ok()?))));
    };
    let mut problem = None;
    for path in std::iter::once(noted.as_path()).chain(configured) {
        match (std::fs::read(path), id) {
            (Ok(lines), Some(_)) if id_of(&lines) == *id => return Ok(Some((path, lines))),
            // Noted before files had names.
            (Ok(lines), None) if path == noted || !lines.is_empty() => return Ok(Some((path, lines))),
            (Ok(_), _) => _ = problem.get_or_insert_with(|| ANOTHER.to_owned()),
            (Err(error), _) => _ = problem.get_or_insert_with(|| error.to_string()),
        }
    }
    Err(Fault::corrupt(format!(
        "The register was cut off while its sales could go to the emergency disk, and {} cannot be read ({}): it would say \
         whether they did. Plug the disk in and start again. If it is lost, `pos salvage --last-number` builds a database that \
         goes on after the last receipt on paper",
        noted.display(),
        problem.unwrap_or_default()
    )))
}

/// What is wrong with a file that another register's start, or another disk, made.
const ANOTHER: &str = "the file there is another one, as of another disk";

/// Gives a file another name beside its own, which no file has yet.
fn put_aside(path: &Path, ending: &str) -> std::io::Result<()> {
    let named = |times: u32| {
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".{ending}"));
        if times > 0 {
            aside.push(format!("-{times}"));
        }
        PathBuf::from(aside)
    };
    let free = (0..).map(named).find(|aside| !aside.exists()).unwrap_or_default();
    std::fs::rename(path, free)?;
    sync_folder(path)
}

/// The keys under which the database notes the file's path while a register runs, and which file it is.
pub(crate) const ARMED: &str = "emergency_file";
pub(crate) const ARMED_ID: &str = "emergency_id";

/// The file that sales may be in which the database does not have.
struct Armed {
    path: PathBuf,
    id: Option<String>,
}

fn armed_with(connection: &Connection) -> Result<Option<Armed>> {
    let noted = |key: &str| {
        let mut note = connection.prepare("SELECT value FROM meta WHERE key = ?1")?;
        Ok::<Option<String>, Fault>(note.query_row([key], |row| row.get(0)).optional()?)
    };
    let id = noted(ARMED_ID)?;
    Ok(noted(ARMED)?.map(|path| Armed { path: path.into(), id }))
}

/// Says in the database, for certain, that sales may go into the file.
pub(crate) fn arm(connection: &Connection, disk: &SecondDisk) -> Result<()> {
    let path = disk.path.to_str().ok_or_else(|| Fault::failed("its path is not Unicode"))?;
    let mut note = connection.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?;
    note.execute([ARMED, path])?;
    note.execute([ARMED_ID, &disk.id])?;
    Ok(())
}

/// No sale is in the file that the database does not have.
pub(crate) fn disarm(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM meta WHERE key IN (?1, ?2)", [ARMED, ARMED_ID])?;
    Ok(())
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

//! Who takes records of the journal: `outbox.toml` in the data folder.
//!
//! ```toml
//! [[consumer]]
//! name = "stick"                # its place in the journal is kept under this name
//! takes = "anchors"             # what the register signs at each closing; or "records": the whole journal, as it grows
//! folder = "/media/stick/pos"   # must be there: a stick that is not plugged in is waited for
//!
//! [emergency]                   # where sales go should the register's own disk fail
//! folder = "/media/second/pos"  # on another disk
//! ```

use crate::data_dir::DataDir;
use crate::toml_file;
use pos_api::port::Delivery;
use pos_domain::shop::Shop;
use pos_kernel::outbox::{Consumer, Place};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// So much of a file's end is read at once.
const TAIL: u64 = 65_536;

/// What a consumer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    /// Signed places of the journal: what a journal is held against later.
    Anchors,
    /// Every record, byte for byte: a second copy of the journal.
    Records,
}

/// A consumer, as its owner writes it down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerConfig {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub takes: Takes,
    /// Where to.
    pub folder: PathBuf,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutboxConfig {
    #[serde(default)]
    consumer: Vec<ConsumerConfig>,
    emergency: Option<EmergencyConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmergencyConfig {
    folder: PathBuf,
}

fn config(data: &DataDir) -> anyhow::Result<(String, OutboxConfig)> {
    let path = data.outbox_toml();
    if !path.exists() {
        return Ok(Default::default());
    }
    let text = toml_file::read(&path)?;
    let config = toml_file::parse(&path, &text)?;
    Ok((text, config))
}

/// Where sales go when the disk of the data folder fails, as the shop has it.
pub fn emergency_file(data: &DataDir, shop: &Shop) -> anyhow::Result<Option<PathBuf>> {
    let file = |EmergencyConfig { folder }| folder.join(file_name("emergency", shop));
    Ok(config(data)?.1.emergency.map(file))
}

/// The consumers of a shop; none where there is no file.
pub fn consumers(data: &DataDir, shop: &Shop) -> anyhow::Result<Vec<Box<dyn Consumer>>> {
    let path = data.outbox_toml();
    let (text, OutboxConfig { consumer, .. }) = config(data)?;
    let mut names = BTreeSet::new();
    for (index, ConsumerConfig { name, .. }) in consumer.iter().enumerate() {
        let is_plain = !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '-');
        if !is_plain || !names.insert(name.clone()) {
            let problem =
                format!("\"{name}\" is no name, or is there twice. Use letters, digits and -, each name once.");
            return Err(toml_file::refuse(&path, &text, &format!("consumer.{index}.name"), problem).into());
        }
    }
    let file = |config: ConsumerConfig| Box::new(RecordFile::new(config, shop)) as Box<dyn Consumer>;
    Ok(consumer.into_iter().map(file).collect())
}

/// Files that consumers of a shop have written so far: second copies of its journal, or of its anchors; and what it sold on
/// the emergency disk.
pub fn files(data: &DataDir, shop: &Shop) -> anyhow::Result<Vec<PathBuf>> {
    let emergency = emergency_file(data, shop)?;
    let (_, OutboxConfig { consumer, .. }) = config(data)?;
    let files = consumer.into_iter().map(|config| RecordFile::new(config, shop).path);
    Ok(files.chain(emergency).filter(|path| path.is_file()).collect())
}

/// A file of this register, whoever else has one in the folder.
fn file_name(what: &str, shop: &Shop) -> String {
    let plain = |text: &str| text.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '-' }).collect();
    let (store, register): (String, String) = (plain(&shop.store), plain(&shop.register));
    format!("{what}-{store}-{register}.jsonl")
}

/// Appends records to a file, one JSON line each, as `pos journal export` writes them. How far it is stands in the file itself,
/// so that one on another stick, or one that lost its end, gets what it lacks.
struct RecordFile {
    name: String,
    takes: Takes,
    path: PathBuf,
    /// Open since it was last asked for its place, with the last record that went by.
    open: Option<(File, Place)>,
}

/// What is looked at of a line.
#[derive(Deserialize)]
struct Line {
    seq: u64,
    hash: String,
}

impl RecordFile {
    fn new(config: ConsumerConfig, shop: &Shop) -> RecordFile {
        let ConsumerConfig { name, takes, folder } = config;
        let what = match takes {
            Takes::Anchors => "anchors",
            Takes::Records => "journal",
        };
        RecordFile { name, takes, path: folder.join(file_name(what, shop)), open: None }
    }

    /// Opens the file and finds the last record in it. A line without an end was cut off, and goes; nothing else does.
    fn open(&self) -> std::io::Result<(File, Place)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path)?;
        let end = file.seek(SeekFrom::End(0))?;
        let (mut tail, mut from) = (Vec::new(), end);
        // As much of the end as holds a whole line, and where it begins.
        let line = loop {
            let whole = tail.iter().rposition(|byte| *byte == b'\n');
            let begin = whole.and_then(|last| tail[..last].iter().rposition(|byte| *byte == b'\n'));
            match (begin, whole) {
                (Some(begin), Some(last)) => break begin + 1..last,
                (None, Some(last)) if from == 0 => break 0..last,
                (None, None) if from == 0 => break 0..0,
                _ => {}
            }
            let length = (end - from).max(TAIL).min(from);
            from -= length;
            let mut before = vec![0; usize::try_from(length).unwrap_or_default()];
            file.seek(SeekFrom::Start(from))?;
            file.read_exact(&mut before)?;
            before.append(&mut tail);
            tail = before;
        };
        let place = if line.is_empty() {
            Place::default()
        } else {
            let Line { seq, hash } = serde_json::from_slice(&tail[line.clone()]).map_err(|_| {
                std::io::Error::other(
                    "its last line is no record; keep it as it is, and name another folder in outbox.toml",
                )
            })?;
            Place { seq, hash }
        };
        let whole = if line.is_empty() { 0 } else { from + line.end as u64 + 1 };
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        Ok((file, place))
    }

    fn opened(&mut self) -> std::io::Result<&mut (File, Place)> {
        match self.open.take() {
            // Whoever plugged it out took the file with it.
            Some(open) if self.path.is_file() => Ok(self.open.insert(open)),
            _ => {
                let open = self.open()?;
                Ok(self.open.insert(open))
            }
        }
    }

    fn append(&mut self, delivery: &Delivery) -> std::io::Result<()> {
        let is_wanted = self.takes == Takes::Records || delivery.kind == "anchor";
        let (file, place) = self.opened()?;
        if is_wanted {
            file.write_all(format!("{}\n", delivery.line()).as_bytes())?;
        }
        *place = Place { seq: delivery.seq, hash: delivery.hash.clone() };
        Ok(())
    }

    /// What failed, with the file's name. It may be half written: the next attempt looks again.
    fn failed(&mut self, error: &std::io::Error) -> String {
        self.open = None;
        format!("{}: {error}", self.path.display())
    }
}

impl Consumer for RecordFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&mut self) -> Result<Option<Place>, String> {
        match self.opened() {
            Ok((_, place)) => Ok(Some(place.clone())),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn key(&self, _delivery: &Delivery) -> Option<String> {
        None
    }

    fn take(&mut self, delivery: &Delivery) -> Result<(), String> {
        self.append(delivery).map_err(|error| self.failed(&error))
    }

    fn keep(&mut self) -> Result<(), String> {
        let Some((file, _)) = &self.open else { return Ok(()) };
        file.sync_data().map_err(|error| self.failed(&error))
    }
}

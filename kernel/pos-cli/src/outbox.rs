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
use pos_kernel::outbox::Consumer;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

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

/// Appends records to a file, one JSON line each, as `pos journal export` writes them.
struct RecordFile {
    name: String,
    takes: Takes,
    path: PathBuf,
    /// Open since the first record, with the last one that is in it.
    open: Option<(File, u64)>,
    /// Where it is read along with what is handed over again.
    along: Option<Along>,
}

/// A file of records that is read from its beginning.
struct Along {
    lines: BufReader<File>,
    seq: u64,
    hash: String,
}

/// What is looked at of a line.
#[derive(Deserialize)]
struct Line {
    seq: u64,
    hash: String,
}

impl Along {
    fn open(path: &Path) -> std::io::Result<Along> {
        Ok(Along { lines: BufReader::new(File::open(path)?), seq: 0, hash: String::new() })
    }

    /// Reads on to a record; none where the file does not have it.
    fn hash_of(&mut self, seq: u64) -> std::io::Result<Option<&str>> {
        let mut line = String::new();
        while self.seq < seq && self.lines.read_line(&mut line)? > 0 {
            if let Ok(read) = serde_json::from_str(&line) {
                Line { seq: self.seq, hash: self.hash } = read;
            }
            line.clear();
        }
        Ok((self.seq == seq).then_some(self.hash.as_str()))
    }
}

impl RecordFile {
    fn new(config: ConsumerConfig, shop: &Shop) -> RecordFile {
        let ConsumerConfig { name, takes, folder } = config;
        let what = match takes {
            Takes::Anchors => "anchors",
            Takes::Records => "journal",
        };
        RecordFile { name, takes, path: folder.join(file_name(what, shop)), open: None, along: None }
    }

    /// Opens the file and finds the last record in it. A line that was cut off goes.
    fn open(&self) -> std::io::Result<(File, u64)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path)?;
        let (mut last, mut whole) = (0, 0);
        let mut lines = BufReader::new(&file);
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
            let Ok(Line { seq, .. }) = serde_json::from_str(&line) else { break };
            (last, whole) = (seq, whole + line.len() as u64);
            line.clear();
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        Ok((file, last))
    }

    fn append(&mut self, delivery: &Delivery) -> std::io::Result<()> {
        let (file, last) = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(RecordFile::open(self)?),
        };
        let Delivery { seq, kind, number, hash, previous, body } = delivery;
        if seq <= last {
            // Handed over before a crash, or all of it once more after a salvage.
            return self.compare(*seq, hash);
        }
        let number = number.map_or_else(|| "null".to_owned(), |number| number.to_string());
        let line = format!(
            r#"{{"seq":{seq},"kind":"{kind}","number":{number},"hash":"{hash}","previous":"{previous}","body":{body}}}"#
        );
        file.write_all(format!("{line}\n").as_bytes())?;
        *last = *seq;
        Ok(())
    }
}

impl RecordFile {
    /// What is there already must be this journal's: one that was salvaged without its end goes on differently.
    fn compare(&mut self, seq: u64, hash: &str) -> std::io::Result<()> {
        let along = match self.along.take().filter(|along| along.seq <= seq) {
            Some(along) => along,
            None => Along::open(&self.path)?,
        };
        if self.along.insert(along).hash_of(seq)?.is_some_and(|kept| kept != hash) {
            return Err(std::io::Error::other(format!(
                "record {seq} in it is of another journal; keep the file, and name another folder in outbox.toml"
            )));
        }
        Ok(())
    }
}

impl Consumer for RecordFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn key(&self, delivery: &Delivery) -> Option<String> {
        // One file, one order.
        let wanted = self.takes == Takes::Records || delivery.kind == "anchor";
        wanted.then(String::new)
    }

    fn take(&mut self, delivery: &Delivery) -> Result<(), String> {
        self.append(delivery).map_err(|error| {
            // It may be half written: the next attempt looks again.
            (self.open, self.along) = (None, None);
            format!("{}: {error}", self.path.display())
        })
    }

    fn keep(&mut self) -> Result<(), String> {
        let Some((file, _)) = &self.open else { return Ok(()) };
        file.sync_data().map_err(|error| {
            self.open = None;
            format!("{}: {error}", self.path.display())
        })
    }
}

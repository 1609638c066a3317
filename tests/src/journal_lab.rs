//! An exported journal, spoilt in every way somebody might try: `lab journal`.
//!
//! A register sells, takes back and exchanges; its journal is exported and must verify. Then it is spoilt, thousands of
//! times: bytes changed, added and left out, records gone, moved and told twice, the end cut off, and the whole written anew
//! with every hash and the end made to fit. Each must be found by the verifier, which knows nothing of the register; what
//! was written anew by an anchor that left the shop before.

use crate::baskets::Random;
use crate::returns_lab;
use anyhow::{Context, ensure};
use pos_verify::{Anchor, Trust, verify};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was tried and what was not found.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Journals spoilt.
    pub count: u64,
    /// Repeats a run.
    pub seed: u64,
    /// Spoilt journals that verified.
    pub violations: u64,
    /// Of the first of them, what was done.
    pub told: Vec<String>,
    /// Records of the journal.
    pub records: u64,
    /// Its bytes.
    pub bytes: u64,
    /// How often it was spoilt in which way.
    pub ways: BTreeMap<&'static str, u64>,
}

/// Ways to spoil a journal.
const WAYS: [&str; 9] = [
    "byte changed",
    "byte added",
    "byte left out",
    "record gone",
    "records swapped",
    "record told twice",
    "cut off",
    "cut off, with an end that fits",
    "written anew",
];

/// A journal as lines, each with what it ends with.
struct Book<'a> {
    text: &'a [u8],
    lines: Vec<&'a [u8]>,
    records: usize,
}

/// Sells `sales` times, then spoils the journal `count` times.
pub fn run(sales: u64, count: u64, seed: u64, progress: impl Fn(u64)) -> anyhow::Result<Outcome> {
    let journal = returns_lab::journal(sales, seed)?;
    let honest = verify(journal.as_slice(), &Trust::default())?;
    ensure!(honest.is_verified(), "the journal does not verify as it was written: {:?}", honest.problems);
    let lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    let book = Book { text: &journal, records: lines.len() - 1, lines };
    let (records, bytes) = (honest.records, honest.bytes);
    let mut outcome = Outcome { count, seed, records, bytes, ..Outcome::default() };
    let mut random = Random::new(seed);
    for done in 1..=count {
        let way = usize::try_from(random.below(WAYS.len() as u64))?;
        let (spoilt, trust, what) = book.spoil(way, &mut random)?;
        *outcome.ways.entry(WAYS[way]).or_default() += 1;
        if verify(spoilt.as_slice(), &trust)?.is_verified() {
            outcome.violations += 1;
            outcome.told.push(format!("{}: {what}", WAYS[way]));
        }
        progress(done);
    }
    outcome.told.truncate(20);
    Ok(outcome)
}

impl Book<'_> {
    /// The journal spoilt in a way, what is known of it from outside, and what was done.
    fn spoil(&self, way: usize, random: &mut Random) -> anyhow::Result<(Vec<u8>, Trust, String)> {
        let mut below = |sides: usize| usize::try_from(random.below(sides as u64)).unwrap_or_default();
        let (mut text, mut lines) = (self.text.to_vec(), self.lines.clone());
        let (place, record) = (below(text.len()), below(self.records));
        let byte = u8::try_from(below(256))?;
        let mut trust = Trust::default();
        let mut what = format!("record {record}");
        match way {
            0 => {
                text[place] = if byte == text[place] { byte ^ 1 } else { byte };
                what = format!("byte {place} as {byte}");
            }
            1 => {
                text.insert(place, byte);
                what = format!("byte {byte} before {place}");
            }
            2 => {
                text.remove(place);
                what = format!("byte {place}");
            }
            6 => {
                text.truncate(place);
                what = format!("at byte {place}");
            }
            3 => {
                lines.remove(record);
                text = lines.concat();
            }
            4 => {
                let other = (record + 1 + below(self.records - 1)) % self.records;
                lines.swap(record, other);
                text = lines.concat();
                what = format!("records {record} and {other}");
            }
            5 => {
                lines.insert(below(self.records), self.lines[record]);
                text = lines.concat();
            }
            7 => {
                // Whoever kept the last closing's anchor sees that something is gone.
                trust.anchors.push(self.anchor(self.records - 1)?);
                lines.truncate(record);
                text = self.anew(&lines, usize::MAX)?;
            }
            _ => {
                trust.anchors.push(self.anchor(record + below(self.records - record))?);
                text = self.anew(&self.lines[..self.records], record)?;
            }
        }
        Ok((text, trust, what))
    }

    /// What a closing would have printed after a record.
    fn anchor(&self, record: usize) -> anyhow::Result<Anchor> {
        let line = std::str::from_utf8(self.lines[record])?;
        let (_, rest) = line.split_once(r#""hash":""#).context("a hash")?;
        Ok(Anchor { seq: record as u64 + 1, digits: rest[..32].to_owned() })
    }

    /// Records written anew with another cashier in one of them, every hash and the end made to fit.
    fn anew(&self, lines: &[&[u8]], changed: usize) -> anyhow::Result<Vec<u8>> {
        let mut text = String::new();
        let mut head = pos_storage::GENESIS;
        for (index, line) in lines.iter().enumerate() {
            let line = std::str::from_utf8(line)?;
            let (front, _) = line.split_once(r#","hash":""#).context("a hash")?;
            let (_, body) = line.trim_end().split_once(r#","body":"#).context("a body")?;
            let mut body = body.strip_suffix('}').context("an end")?.to_owned();
            if index == changed {
                body = body.replacen(r#""store":""#, r#""store_was":"x","store":""#, 1);
            }
            let previous = head;
            head = pos_storage::hash(&previous, body.as_bytes());
            let (hash, previous) = (digits(&head), digits(&previous));
            text += &format!("{front},\"hash\":\"{hash}\",\"previous\":\"{previous}\",\"body\":{body}}}\n");
        }
        text += &format!("{{\"end\":{{\"records\":{},\"head\":\"{}\"}}}}\n", lines.len(), digits(&head));
        Ok(text.into_bytes())
    }
}

fn digits(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

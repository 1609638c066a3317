//! Records from several sources, and the one chain they make.
//!
//! A record proves itself (its hash is that of its content and of the hash before it, its sums hold, a signature is its
//! key's), and is only taken at its place: the first follows nothing, and each other one follows the record before it.
//! Where two fit one place (a commit that failed and left its pages in the log), the one that goes on furthest is taken.

use super::JournalRow;
use crate::error::{Fault, Result};
use crate::record::{self, Content, GENESIS, Hash, Record};
use pos_domain::ids::ReceiptNumber;
use pos_domain::shift::Books;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A record that proved itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) seq: u64,
    pub(super) number: Option<ReceiptNumber>,
    pub(super) previous: Hash,
    pub(super) hash: Hash,
    /// Which source had it first.
    pub(super) source: usize,
    at: u64,
    length: usize,
}

/// Records by their place, their bodies in a file of their own.
pub(super) struct Gathered {
    bodies: File,
    end: u64,
    by_place: BTreeMap<u64, Vec<Candidate>>,
    /// What the register signed: record and hash.
    signed: HashMap<u64, HashSet<Hash>>,
    /// The register's key, where it is known: other signatures say nothing.
    key: Option<String>,
    /// Whose journal it is.
    books: Books,
    /// Rows and lines that look like records and are not what was written.
    pub(super) spoilt: Vec<u64>,
    /// Records of another store or register.
    pub(super) foreign: Vec<u64>,
    /// A record that the end of an export speaks of.
    pub(super) highest_seq: u64,
}

impl Gathered {
    pub(super) fn new(bodies: &Path, key: Option<String>, books: &Books, sources: usize) -> Result<Gathered> {
        let bodies = File::options().read(true).write(true).create(true).truncate(true).open(bodies)?;
        Ok(Gathered {
            bodies,
            end: 0,
            by_place: BTreeMap::new(),
            signed: HashMap::new(),
            key,
            books: books.clone(),
            spoilt: vec![0; sources],
            foreign: vec![0; sources],
            highest_seq: 0,
        })
    }

    /// Takes a record if it proves itself.
    pub(super) fn take(&mut self, source: usize, row: &JournalRow<'_>) -> Result<()> {
        let JournalRow { seq, previous, hash, body } = row;
        let known = self.by_place.get(seq).into_iter().flatten();
        if known.into_iter().any(|candidate| candidate.hash == *hash) {
            return Ok(());
        }
        let record = match Record::parse(body) {
            Ok(record)
                if record::hash(previous, body.as_bytes()) == *hash
                    && record.seq == *seq
                    && *seq > 0
                    && record.content.check().is_ok() =>
            {
                record
            }
            _ => {
                self.spoilt[source] += 1;
                return Ok(());
            }
        };
        if record.content.of() != (&*self.books.store, &*self.books.register) {
            self.foreign[source] += 1;
            return Ok(());
        }
        if let Content::Anchor(signed) = &record.content
            && self.key.as_deref() == Some(signed.key())
        {
            let mut hash = [0; 32];
            if hex::decode_to_slice(&signed.anchor.hash, &mut hash).is_ok() {
                self.signed.entry(signed.anchor.seq).or_default().insert(hash);
            }
        }
        if matches!(record.content, Content::ShiftClosed(_) | Content::PeriodClosed(_)) {
            // It was signed in the same transaction.
            self.highest_seq = self.highest_seq.max(*seq + 1);
        }
        self.bodies.write_all(body.as_bytes())?;
        let candidate = Candidate {
            seq: *seq,
            number: record.columns().number,
            previous: *previous,
            hash: *hash,
            source,
            at: self.end,
            length: body.len(),
        };
        self.end += body.len() as u64;
        self.by_place.entry(*seq).or_default().push(candidate);
        Ok(())
    }

    /// The chain from the first record on, as far as it goes without a gap.
    pub(super) fn chain(&self) -> Vec<Candidate> {
        let fits = |candidate: &&Candidate| {
            self.signed.get(&candidate.seq).is_none_or(|hashes| hashes.contains(&candidate.hash))
        };
        // From the end backwards: how far each goes on.
        let mut reach: HashMap<Hash, u64> = HashMap::new();
        for candidate in self.by_place.values().rev().flatten().filter(fits) {
            let own = *reach.entry(candidate.hash).or_insert(candidate.seq);
            let before = reach.entry(candidate.previous).or_insert(own);
            *before = own.max(*before);
        }
        let (mut chain, mut head) = (Vec::new(), GENESIS);
        while let Some(next) = self.by_place.get(&(chain.len() as u64 + 1)) {
            let follows = next.iter().filter(fits).filter(|candidate| candidate.previous == head);
            let Some(candidate) = follows.max_by_key(|candidate| reach.get(&candidate.hash)) else { break };
            head = candidate.hash;
            chain.push(*candidate);
        }
        chain
    }

    /// What the chain does not have, by place.
    pub(super) fn besides(&self, chain: &[Candidate]) -> Vec<Candidate> {
        let is_in = |candidate: &&Candidate| {
            let place = usize::try_from(candidate.seq - 1).ok();
            place.and_then(|place| chain.get(place)).is_some_and(|kept| kept.hash == candidate.hash)
        };
        self.by_place.values().flatten().filter(|candidate| !is_in(candidate)).copied().collect()
    }

    /// Places from one record to another at which nothing is.
    pub(super) fn missing(&self, after: u64, through: u64) -> Vec<(u64, u64)> {
        let mut missing = Vec::new();
        let mut from = after + 1;
        let known = self.by_place.range(from..).map(|(seq, _)| *seq);
        for seq in known.take_while(|seq| *seq <= through).chain([through.saturating_add(1)]) {
            if seq > from {
                missing.push((from, seq - 1));
            }
            from = seq + 1;
        }
        missing
    }

    /// The last place at which something is.
    pub(super) fn last(&self) -> u64 {
        self.by_place.keys().next_back().copied().unwrap_or(0)
    }

    /// The greatest receipt number a register can have given by its record `last`.
    pub(super) fn number_max(&self, last: u64) -> ReceiptNumber {
        let all = self.by_place.values().flatten();
        let most = all.filter_map(|one| Some(one.number? + last.saturating_sub(one.seq)));
        // Each record of which nothing is left may have had a number.
        most.min().unwrap_or(last).max(self.greatest_number())
    }

    /// The greatest receipt number seen.
    pub(super) fn greatest_number(&self) -> ReceiptNumber {
        self.by_place.values().flatten().filter_map(|one| one.number).max().unwrap_or(0)
    }

    /// A record's body.
    pub(super) fn body(&mut self, candidate: &Candidate) -> Result<String> {
        let mut body = vec![0; candidate.length];
        self.bodies.seek(SeekFrom::Start(candidate.at))?;
        self.bodies.read_exact(&mut body)?;
        String::from_utf8(body).map_err(|_| Fault::failed("what was gathered cannot be read back"))
    }
}

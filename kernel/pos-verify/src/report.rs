//! What was found.

use crate::Hash;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// More problems than these are counted, not told.
const TOLD_MAX: usize = 100;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// What a journal says and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Records read.
    pub records: u64,
    /// The last receipt number.
    pub receipts: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Whose journal it is: store, register and currency.
    pub of: Option<Of>,
    /// The hash of the last record.
    #[serde(serialize_with = "as_digits")]
    pub head: Hash,
    /// The key of its anchors, as hexadecimal digits.
    pub key: Option<String>,
    /// Anchors in it whose signature is right.
    pub anchors: u64,
    /// The last record that one of them signs: who has no key can write those after it anew.
    pub signed_through: u64,
    /// Anchors from outside that agree.
    pub trusted_anchors: u64,
    /// Balance (debits less credits, in minor units) by account and unit; the shop's currency is the empty unit.
    pub balances: BTreeMap<String, BTreeMap<String, i128>>,
    /// Where the journal says that records were lost with a disk: the last receipt number before, and the one after which
    /// receipts go on.
    pub salvaged: Vec<(u64, u64)>,
    /// What is wrong; the first hundred.
    pub problems: Vec<Problem>,
    /// How much is wrong, told or not.
    pub violations: u64,
}

/// Whose journal it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Of {
    /// Store.
    pub store: String,
    /// Register.
    pub register: String,
    /// ISO 4217.
    pub currency: String,
}

impl Report {
    /// Nothing is wrong.
    pub fn is_verified(&self) -> bool {
        self.violations == 0
    }

    pub(crate) fn problem(&mut self, line: u64, what: impl Into<String>) {
        self.violations += 1;
        if self.problems.len() < TOLD_MAX {
            self.problems.push(Problem { line, what: what.into() });
        }
    }
}

fn as_digits<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(hash))
}

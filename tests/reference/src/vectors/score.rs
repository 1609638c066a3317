//! The score of a pricing against other projects' published figures, peer by peer.
//!
//! Each peer is scored under one policy of its own (`vectors/policies.json`). A case whose published figure is not the right one here is listed with the
//! reason, at most one case in ten of a peer; a listed case that agrees after all is a fault of the list.

use super::adapt::policy;
use super::{PEERS, PeerCase, deals, peer};
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// Cases whose published figure is not the one we hold right, and why.
const OTHERWISE: [(&str, &str); 2] = [
    (
        "medusa-007",
        "the vector does not say what is left of the campaign; with 1,000 left the promotion is worth more and is skipped",
    ),
    (
        "medusa-010",
        "a second percentage takes the whole first discount off the price of one piece; here each works on what is left",
    ),
];
/// Of so many cases one may be otherwise.
const ONE_IN: usize = 10;

/// What one peer's cases came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    /// The peer's file.
    pub peer: &'static str,
    /// How offers get along in all its cases.
    pub policy: Value,
    /// Cases whose every figure agrees.
    pub agree: usize,
    /// Cases there are.
    pub of: usize,
    /// Cases that are listed as otherwise.
    pub exceptions: Vec<Exception>,
    /// What else differs, in words; empty in a good score.
    pub wrong: Vec<String>,
}

/// A case whose published figure is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// The case.
    pub id: String,
    /// Why another answer is right here.
    pub reason: &'static str,
}

impl Score {
    /// Nothing differs but what is listed, and that is at most one case in ten.
    pub fn is_good(&self) -> bool {
        self.wrong.is_empty() && self.exceptions.len() * ONE_IN <= self.of
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Score { peer, policy: _, agree, of, exceptions, wrong } = self;
        writeln!(f, "{peer:<20} {agree:>3} of {of:>3}")?;
        exceptions.iter().try_for_each(|exception| writeln!(f, "    {}: {}", exception.id, exception.reason))?;
        wrong.iter().try_for_each(|wrong| writeln!(f, "    WRONG {wrong}"))
    }
}

/// Prices every peer's cases with `price` and compares every published figure.
pub fn score(price: &dyn Fn(&Value) -> Value) -> Vec<Score> {
    let peers = PEERS.into_iter().map(|name| (name, peer(name))).chain([("deals", deals())]);
    peers.map(|(name, cases)| score_of(name, &cases, price)).collect()
}

fn score_of(peer: &'static str, cases: &[PeerCase], price: &dyn Fn(&Value) -> Value) -> Score {
    let mut score =
        Score { peer, policy: policy(peer), agree: 0, of: cases.len(), exceptions: Vec::new(), wrong: Vec::new() };
    for case in cases {
        let mut result = price(&case.case);
        if let Some(refused) = result.get("refused") {
            score.wrong.push(format!("{}: {}", case.id, refused["message"]));
            continue;
        }
        // The optima of assignments are savings on prices.
        let saving: Value = result["certificate"]["saving"].clone();
        result["saving"] = saving;
        let differences = case.differences(&result);
        let listed = OTHERWISE.iter().find(|(id, _)| *id == case.id);
        match (listed, differences.is_empty()) {
            (None, true) => score.agree += 1,
            (None, false) => score.wrong.extend(differences),
            (Some((id, reason)), false) => score.exceptions.push(Exception { id: (*id).to_owned(), reason }),
            (Some((id, _)), true) => score.wrong.push(format!("{id} agrees: take it off the list")),
        }
    }
    score
}

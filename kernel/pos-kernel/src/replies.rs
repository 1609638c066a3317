//! Replies by command id, so that a command sent twice is carried out once.
//!
//! The newest replies are kept whole; older ones keep what matters for ever (basket, number, refusal) without the view.

use pos_api::{Command, Reply};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};

/// Replies kept whole.
const WHOLE: usize = 256;
/// Replies kept at all.
const MOST: usize = 65_536;

#[derive(Default)]
pub(crate) struct Replies {
    by_id: HashMap<String, Remembered>,
    order: VecDeque<String>,
}

struct Remembered {
    said: Said,
    reply: Reply,
}

/// What a command said.
enum Said {
    /// In this run of the program.
    Now(Command),
    /// Before a restart: its digest.
    Before(String),
}

/// A short hash of what a command says, kept with its basket's events.
pub(crate) fn digest(command: &Command) -> String {
    let bytes = serde_json::to_vec(command).unwrap_or_default();
    hex::encode(Sha256::digest(bytes)).chars().take(16).collect()
}

/// What is known of a command id.
pub(crate) enum Known<'a> {
    /// Never seen.
    New,
    /// The same command before.
    Same(&'a Reply),
    /// Carried out before a restart.
    Restored(&'a Reply),
    /// Another command before.
    Other,
}

impl Replies {
    pub(crate) fn find(&self, command_id: &str, command: &Command) -> Known<'_> {
        match self.by_id.get(command_id) {
            None => Known::New,
            Some(Remembered { said: Said::Now(known), reply }) if known == command => Known::Same(reply),
            Some(Remembered { said: Said::Now(_), .. }) => Known::Other,
            Some(Remembered { said: Said::Before(known), reply }) if *known == digest(command) => {
                Known::Restored(reply)
            }
            // A program that counts its commands from 1 at every start: not the command it was then.
            Some(Remembered { said: Said::Before(_), .. }) => Known::New,
        }
    }

    /// Remembers a command of a basket that was restored.
    pub(crate) fn restore(&mut self, command_id: String, digest: String, reply: Reply) {
        self.insert(command_id, Said::Before(digest), reply);
    }

    pub(crate) fn remember(&mut self, command_id: String, command: Command, reply: Reply) {
        self.insert(command_id, Said::Now(command), reply);
    }

    fn insert(&mut self, command_id: String, said: Said, reply: Reply) {
        self.order.push_back(command_id.clone());
        self.by_id.insert(command_id, Remembered { said, reply });
        if let Some(fading) = self.order.len().checked_sub(WHOLE + 1).and_then(|index| self.order.get(index))
            && let Some(Remembered { reply, .. }) = self.by_id.get_mut(fading)
        {
            let Reply { command_id, basket, number, refused, .. } = std::mem::take(reply);
            *reply = Reply { command_id, basket, number, refused, ..Reply::default() };
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }
}

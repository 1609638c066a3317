//! Replies by command id, so that a command sent twice is carried out once.
//!
//! The newest replies are kept whole; older ones keep what matters for ever (basket, number, refusal) without the view.

use pos_api::{Command, Reply};
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
    command: Command,
    reply: Reply,
}

/// What is known of a command id.
pub(crate) enum Known<'a> {
    /// Never seen.
    New,
    /// The same command before.
    Same(&'a Reply),
    /// Another command before.
    Other,
}

impl Replies {
    pub(crate) fn find(&self, command_id: &str, command: &Command) -> Known<'_> {
        match self.by_id.get(command_id) {
            None => Known::New,
            Some(known) if known.command == *command => Known::Same(&known.reply),
            Some(_) => Known::Other,
        }
    }

    pub(crate) fn remember(&mut self, command_id: String, command: Command, reply: Reply) {
        self.order.push_back(command_id.clone());
        self.by_id.insert(command_id, Remembered { command, reply });
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

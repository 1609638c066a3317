//! Commands on their way: made here, sent when the kernel has room, remembered until their reply.

use pos_api::{Command, Envelope};
use std::collections::VecDeque;

/// More commands than this unanswered means that the kernel does not answer at all.
const UNANSWERED_MAX: usize = 256;

/// Why a command was sent: decides what its reply means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sent {
    /// An article was sold; shown as `label` until the reply.
    Sell {
        /// What the cashier reads meanwhile.
        label: String,
        /// The code, to ask for its weight.
        code: String,
    },
    /// A line was changed.
    Line,
    /// A step was taken back.
    Undo,
    /// Money was taken or given back.
    Tender,
    /// The sale was made final.
    Complete,
    /// The basket was given up.
    Cancel,
    /// A search.
    Search(String),
    /// A price check.
    PriceCheck(String),
    /// A receipt was printed again.
    Reprint,
    /// The shift's figures.
    Report,
    /// The basket left open by the last run.
    Resume,
    /// Who may log on.
    People,
    /// Somebody said who they are.
    LogOn,
    /// Somebody approved something.
    Approve,
}

impl Sent {
    fn changes_basket(&self) -> bool {
        match self {
            Sent::Sell { .. } | Sent::Line | Sent::Undo | Sent::Tender | Sent::Complete | Sent::Cancel => true,
            Sent::Search(_)
            | Sent::PriceCheck(_)
            | Sent::Reprint
            | Sent::Report
            | Sent::Resume
            | Sent::People
            | Sent::LogOn
            | Sent::Approve => false,
        }
    }
}

/// Unsent and unanswered commands, oldest first.
#[derive(Debug)]
pub(super) struct Lane {
    prefix: String,
    count: u64,
    unsent: VecDeque<Envelope>,
    unanswered: VecDeque<(String, Sent, Command)>,
}

impl Lane {
    /// Ids are `prefix-1`, `prefix-2` …; the prefix is unique to this run.
    pub(super) fn new(prefix: &str) -> Lane {
        Lane { prefix: prefix.to_owned(), count: 0, unsent: VecDeque::new(), unanswered: VecDeque::new() }
    }

    /// Queues a command; false if the kernel has stopped answering.
    pub(super) fn push(&mut self, command: Command, sent: Sent) -> bool {
        if self.unanswered.len() >= UNANSWERED_MAX {
            return false;
        }
        self.count += 1;
        let command_id = format!("{}-{}", self.prefix, self.count);
        self.unanswered.push_back((command_id.clone(), sent, command.clone()));
        self.unsent.push_back(Envelope { command_id, command });
        true
    }

    /// The next command to send.
    pub(super) fn next_unsent(&self) -> Option<&Envelope> {
        self.unsent.front()
    }

    /// The next command was taken.
    pub(super) fn mark_sent(&mut self) {
        self.unsent.pop_front();
    }

    /// Why the command of this id was sent, and what it was.
    pub(super) fn answered(&mut self, command_id: &str) -> Option<(Sent, Command)> {
        let index = self.unanswered.iter().position(|(id, ..)| id == command_id)?;
        self.unanswered.remove(index).map(|(_, sent, command)| (sent, command))
    }

    /// Whether an unanswered command may still change the basket.
    pub(super) fn basket_may_change(&self) -> bool {
        self.unanswered.iter().any(|(_, sent, _)| sent.changes_basket())
    }

    /// Whether a command like this is unanswered.
    pub(super) fn awaits(&self, is: impl Fn(&Sent) -> bool) -> bool {
        self.unanswered.iter().any(|(_, sent, _)| is(sent))
    }

    /// Names of the articles sold and not answered yet.
    pub(super) fn pending_sales(&self) -> impl Iterator<Item = &str> {
        self.unanswered.iter().filter_map(|(_, sent, _)| match sent {
            Sent::Sell { label, .. } => Some(label.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_fresh_and_replies_find_their_command() {
        let mut lane = Lane::new("reg3-7f");
        assert!(lane.push(Command::XReport, Sent::Report));
        assert!(lane.push(Command::Undo { basket: None }, Sent::Undo));
        assert_eq!(lane.next_unsent().map(|envelope| envelope.command_id.as_str()), Some("reg3-7f-1"));
        lane.mark_sent();
        assert!(lane.basket_may_change());
        assert_eq!(lane.answered("reg3-7f-2"), Some((Sent::Undo, Command::Undo { basket: None })));
        assert!(!lane.basket_may_change());
        assert_eq!(lane.answered("reg3-7f-2"), None);
        assert_eq!(lane.answered("somebody-else-1"), None);
    }

    #[test]
    fn a_kernel_that_never_answers_is_noticed() {
        let mut lane = Lane::new("x");
        assert!((0..UNANSWERED_MAX).all(|_| lane.push(Command::XReport, Sent::Report)));
        assert!(!lane.push(Command::XReport, Sent::Report));
    }
}

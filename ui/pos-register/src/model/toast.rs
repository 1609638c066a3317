//! Short messages at the basket: news go after four seconds, errors stay until they are tapped.

use std::time::Duration;

/// How long news stay.
const SHOWN_FOR: Duration = Duration::from_secs(4);
/// At most so many are shown; older ones give way.
const TOASTS_MAX: usize = 3;

/// How much it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// Something went as it should.
    #[default]
    Info,
    /// Look at it.
    Warning,
    /// Something was not done.
    Error,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// To dismiss it by.
    pub id: u64,
    /// How much it matters.
    pub severity: Severity,
    /// What happened.
    pub text: String,
    /// What to do now; may be empty.
    pub next: String,
    expires: Option<Duration>,
}

/// The messages on screen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    last_id: u64,
}

impl Toasts {
    /// Shows a message; the same one again only keeps it longer.
    pub fn show(&mut self, severity: Severity, text: &str, next: &str, now: Duration) {
        self.shown.retain(|toast| !(toast.text == text && toast.next == next));
        if self.shown.len() == TOASTS_MAX {
            self.shown.remove(0);
        }
        self.last_id += 1;
        let expires = (severity != Severity::Error).then(|| now + SHOWN_FOR);
        self.shown.push(Toast { id: self.last_id, severity, text: text.into(), next: next.into(), expires });
    }

    /// Takes a message away.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// Takes the messages away whose time is over.
    pub fn expire(&mut self, now: Duration) {
        self.shown.retain(|toast| toast.expires.is_none_or(|expires| now < expires));
    }

    /// Until the next one goes.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        self.shown.iter().filter_map(|toast| toast.expires).min().map(|expires| expires.saturating_sub(now))
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Toast> {
        self.shown.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_go_and_errors_stay() {
        let mut toasts = Toasts::default();
        let second = Duration::from_secs;
        toasts.show(Severity::Info, "Happy hour reloaded", "", second(10));
        toasts.show(Severity::Error, "Item not on file", "Search by name", second(11));
        assert_eq!(toasts.wait(second(11)), Some(second(3)));
        toasts.expire(second(14));
        assert_eq!(toasts.iter().map(|toast| toast.text.as_str()).collect::<Vec<_>>(), ["Item not on file"]);
        assert_eq!(toasts.wait(second(14)), None);
        let id = toasts.iter().next().unwrap().id;
        toasts.dismiss(id);
        assert_eq!(toasts.iter().count(), 0);
    }

    #[test]
    fn the_same_message_is_shown_once_and_old_ones_give_way() {
        let mut toasts = Toasts::default();
        for text in ["a", "b", "b", "c", "d"] {
            toasts.show(Severity::Error, text, "", Duration::ZERO);
        }
        assert_eq!(toasts.iter().map(|toast| toast.text.as_str()).collect::<Vec<_>>(), ["b", "c", "d"]);
    }
}

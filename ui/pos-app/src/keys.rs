//! When keys really went down.
//!
//! winit says when a key was read, not when it was pressed, and while a frame is being painted nothing is read. A key
//! read now was pressed after the moment at which the queue was last seen empty: that is now, if the loop was asleep and
//! the key woke it, and otherwise the beginning of the turn before, since every turn empties the queue first.
//!
//! Example: a scanner types 13 digits in 52 ms while one frame takes 100 ms. All but the first are read together, 100 ms
//! later; their span reaches back to the frame's beginning, so no gap is seen and the scan stays in one piece.

use pos_register::{KeyTime, KeyTimes};
use std::time::{Duration, Instant};
use winit::event::{ElementState, KeyEvent};
use winit::keyboard::{Key, NamedKey};

/// Shorter waits are no sleep: the queue was not empty.
const SLEEP_MIN: Duration = Duration::from_millis(1);

/// Notes the span of every key into [`KeyTimes`].
#[derive(Debug)]
pub(crate) struct KeyClock {
    times: KeyTimes,
    turn_began: Instant,
    turn_ended: Instant,
    earliest: Instant,
}

impl KeyClock {
    pub(crate) fn new(times: KeyTimes) -> KeyClock {
        let now = Instant::now();
        KeyClock { times, turn_began: now, turn_ended: now, earliest: now }
    }

    /// A turn of the event loop begins; its events are read next.
    pub(crate) fn turn_begins(&mut self, now: Instant) {
        let slept = now.saturating_duration_since(self.turn_ended) >= SLEEP_MIN;
        self.earliest = if slept { now } else { self.turn_began };
        self.turn_began = now;
    }

    /// The loop goes to sleep, if nothing has come in meanwhile.
    pub(crate) fn turn_ends(&mut self, now: Instant) {
        self.turn_ended = now;
    }

    /// A key was read.
    pub(crate) fn key(&self, event: &KeyEvent, now: Instant) {
        if event.state == ElementState::Pressed
            && let Some(character) = typed(event)
        {
            self.times.note(KeyTime { character, earliest: self.earliest, latest: now });
        }
    }
}

/// The one character a key types; Enter is `\r`, Tab is `\t`.
fn typed(event: &KeyEvent) -> Option<char> {
    match &event.logical_key {
        Key::Named(NamedKey::Enter) => return Some('\r'),
        Key::Named(NamedKey::Tab) => return Some('\t'),
        _ => {}
    }
    let text = event.text.as_deref().or_else(|| event.logical_key.to_text())?;
    let mut characters = text.chars();
    characters.next().filter(|character| characters.next().is_none() && !character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_reach_back_only_while_the_loop_was_busy() {
        let mut clock = KeyClock::new(KeyTimes::default());
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        // Asleep until a key wakes it: the key was pressed just now.
        clock.turn_ends(at(0));
        clock.turn_begins(at(50));
        assert_eq!(clock.earliest, at(50));
        // 100 ms of painting, then the next turn at once: pressed at any time since the last reading.
        clock.turn_ends(at(150));
        clock.turn_begins(at(150));
        assert_eq!(clock.earliest, at(50));
    }
}

//! When each key really went down.
//!
//! egui stamps a whole frame, not a key, and a software-painted frame may last longer than a whole scan. The shell
//! therefore notes for every key the span in which it must have been pressed: not before the event queue was last seen
//! empty, not after the key was read. Gaps between spans tell a scanner from a hand even when painting was slow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Keys remembered until the next frame reads them; more than a frame can bring.
const KEYS_MAX: usize = 1024;

/// The span in which a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTime {
    /// What it typed; Enter is `\r`, Tab is `\t`.
    pub character: char,
    /// Not before.
    pub earliest: Instant,
    /// Not after.
    pub latest: Instant,
}

/// Filled by the shell, read by [`super::InputPlugin`]. Clones share one queue.
#[derive(Clone, Debug, Default)]
pub struct KeyTimes(Arc<Mutex<VecDeque<KeyTime>>>);

impl KeyTimes {
    /// Notes a key.
    pub fn note(&self, key: KeyTime) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() == KEYS_MAX {
            keys.pop_front();
        }
        keys.push_back(key);
    }

    /// Takes everything noted since last time.
    pub(super) fn take(&self) -> VecDeque<KeyTime> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

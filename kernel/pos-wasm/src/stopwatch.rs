//! Where the time of a call goes, for benchmarks; in a shop nobody listens, and no clock is read.
//!
//! A call of 100 lines that takes 300 us may be 20 us of laying out the basket, 10 us of a fresh instance, 260 us inside
//! the guest (which includes copying the basket into its memory) and 10 us of checking the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// What one call took, part by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallTimes {
    /// Laying out the basket in the contract's types.
    pub lower: Duration,
    /// A store with its limits and a fresh instance, made and given back.
    pub start: Duration,
    /// The call itself: copying the basket in, the guest's work, copying the answer out.
    pub run: Duration,
    /// Checking the answer against the basket.
    pub lift: Duration,
    /// Fuel used, about one unit an instruction.
    pub fuel: u64,
}

/// Hears what each call took: the plugin's id, the hook, the times. Calls that fail are not told.
pub type CallListener = Arc<dyn Fn(&str, &str, CallTimes) + Send + Sync>;

/// Takes the times of one call, if somebody listens.
pub(crate) struct Stopwatch<'a> {
    listener: Option<&'a CallListener>,
    last: Option<Instant>,
    pub(crate) times: CallTimes,
}

impl<'a> Stopwatch<'a> {
    pub(crate) fn start(listener: Option<&'a CallListener>) -> Self {
        Stopwatch { listener, last: listener.map(|_| Instant::now()), times: CallTimes::default() }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.last.is_some()
    }

    /// Time since the last lap; zero if nobody listens.
    pub(crate) fn lap(&mut self) -> Duration {
        let Some(last) = &mut self.last else { return Duration::ZERO };
        let now = Instant::now();
        now.duration_since(std::mem::replace(last, now))
    }

    /// Tells what the call took.
    pub(crate) fn tell(self, plugin: &str, hook: &str) {
        if let Some(listener) = self.listener {
            listener(plugin, hook, self.times);
        }
    }
}

//! The wall-clock backstop: one thread that moves the engine's epoch every 5 ms while plugins run.
//!
//! It starts with the first call and goes to sleep after a second without one, so that an idle register does nothing at
//! all.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// How often a running plugin looks at the clock.
const TICK_MS: u64 = 5;
/// Ticks without a call after which the thread sleeps until the next one.
const IDLE_TICKS_MAX: u32 = 200;

/// Ticks that pass before a deadline, rounded up; one more, since the first comes early.
pub(crate) fn ticks(deadline_ms: u64) -> u64 {
    deadline_ms.div_ceil(TICK_MS).saturating_add(1)
}

/// Drives the epoch of one engine.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: OnceLock<Option<Thread>>,
}

struct Shared {
    engine: EngineWeak,
    /// Calls begun and calls ended: equal while none runs.
    begun: AtomicU64,
    ended: AtomicU64,
    asleep: AtomicBool,
    stopped: AtomicBool,
}

/// While it lives, the epoch moves.
pub(crate) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Ticker {
    pub(crate) fn new(engine: &Engine) -> Self {
        let shared = Shared {
            engine: engine.weak(),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        };
        Ticker { shared: Arc::new(shared), thread: OnceLock::new() }
    }

    /// Call this before running a guest, and keep what it returns until the guest is done.
    pub(crate) fn run(&self) -> Running<'_> {
        self.shared.begun.fetch_add(1, Ordering::SeqCst);
        let thread = self.thread.get_or_init(|| {
            let shared = Arc::clone(&self.shared);
            match thread::Builder::new().name("plugin-ticker".to_owned()).spawn(move || tick(&shared)) {
                Ok(handle) => Some(handle.thread().clone()),
                Err(error) => {
                    tracing::warn!(%error, "no thread for the deadline of plugins; fuel alone limits them");
                    None
                }
            }
        });
        if let Some(thread) = thread
            && self.shared.asleep.load(Ordering::SeqCst)
        {
            thread.unpark();
        }
        Running(&self.shared)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        if let Some(Some(thread)) = self.thread.get() {
            thread.unpark();
        }
    }
}

fn tick(shared: &Shared) {
    let mut seen = 0;
    let mut idle_ticks = 0;
    while !shared.stopped.load(Ordering::SeqCst) {
        let begun = shared.begun.load(Ordering::SeqCst);
        let is_idle = begun == seen && begun == shared.ended.load(Ordering::SeqCst);
        seen = begun;
        idle_ticks = if is_idle { idle_ticks + 1 } else { 0 };
        if idle_ticks > IDLE_TICKS_MAX {
            // Say "asleep" first and look again after: a call that begins in between sees it and wakes this thread.
            shared.asleep.store(true, Ordering::SeqCst);
            if shared.begun.load(Ordering::SeqCst) == seen && !shared.stopped.load(Ordering::SeqCst) {
                thread::park();
            }
            shared.asleep.store(false, Ordering::SeqCst);
            idle_ticks = 0;
            continue;
        }
        thread::park_timeout(Duration::from_millis(TICK_MS));
        match shared.engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_early() {
        assert_eq!(ticks(100), 21);
        assert_eq!(ticks(1), 2);
        assert_eq!(ticks(0), 1);
    }
}

//! Words for the trace of an evaluation ("why did I get this price?"): at most 8 KiB a call are kept.
//!
//! Natively there is no trace; tests read what was said with [`taken`].

/// Of interest to the plugin's author.
pub fn debug(text: &str) {
    note(Level::Debug, text);
}

/// Of interest to whoever asks why.
pub fn info(text: &str) {
    note(Level::Info, text);
}

/// Something is wrong that did not stop the plugin.
pub fn warn(text: &str) {
    note(Level::Warn, text);
}

enum Level {
    Debug,
    Info,
    Warn,
}

#[cfg(target_arch = "wasm32")]
fn note(level: Level, text: &str) {
    use crate::bindings::pos::plugin::explain;
    let level = match level {
        Level::Debug => explain::Level::Debug,
        Level::Info => explain::Level::Info,
        Level::Warn => explain::Level::Warn,
    };
    explain::note(level, text);
}

#[cfg(not(target_arch = "wasm32"))]
use native::note;
#[cfg(not(target_arch = "wasm32"))]
pub use native::taken;

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::Level;
    use std::cell::RefCell;

    thread_local! {
        static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn note(level: Level, text: &str) {
        let level = match level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
        };
        NOTES.with_borrow_mut(|notes| notes.push(format!("{level}: {text}")));
    }

    /// What was said on this thread since the last time, oldest first: `info: 3 lines match`. Native tests only.
    pub fn taken() -> Vec<String> {
        NOTES.take()
    }
}

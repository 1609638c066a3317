//! One call: a store with its limits, a fresh instance, and the notes the guest leaves.

use crate::contract::explain;
use crate::failure::printable;
use crate::host::Host;
use crate::limits::{Budget, MemoryLimiter};
use crate::ticker;
use wasmtime::component::{Linker, WasmStr};
use wasmtime::{Store, StoreContextMut};

/// What the host keeps beside a running guest.
pub(crate) struct CallState {
    pub(crate) memory: MemoryLimiter,
    pub(crate) notes: Notes,
}

/// What a guest said during one call, up to a limit.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    text: String,
    bytes_left: usize,
    /// The last warning: a guest that panics says why before it traps.
    last_warning: Option<String>,
}

impl Notes {
    fn new(bytes_max: usize) -> Self {
        Notes { text: String::new(), bytes_left: bytes_max, last_warning: None }
    }

    fn is_full(&self) -> bool {
        self.bytes_left == 0
    }

    fn push(&mut self, level: explain::Level, said: &str) {
        let (word, is_warning) = match level {
            explain::Level::Debug => ("debug", false),
            explain::Level::Info => ("info", false),
            explain::Level::Warn => ("warn", true),
        };
        let kept = &said[..said.floor_char_boundary(self.bytes_left)];
        self.bytes_left = if kept.len() < said.len() { 0 } else { self.bytes_left - kept.len() };
        // A guest's text must not be able to forge lines of a log.
        let kept = printable(kept);
        if !self.text.is_empty() {
            self.text.push_str("; ");
        }
        self.text.push_str(word);
        self.text.push_str(": ");
        self.text.push_str(&kept);
        if is_warning {
            self.last_warning = Some(kept);
        }
    }

    /// Everything said, if anything was.
    pub(crate) fn text(&self) -> Option<&str> {
        (!self.text.is_empty()).then_some(self.text.as_str())
    }

    /// The last warning.
    pub(crate) fn last_warning(&self) -> Option<&str> {
        self.last_warning.as_deref()
    }
}

/// Gives guests the one thing they may import.
pub(crate) fn link_explain(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    linker.instance(crate::contract::TYPES)?;
    linker.instance(crate::contract::EXPLAIN)?.func_wrap(
        "note",
        |mut store: StoreContextMut<'_, CallState>, (level, text): (explain::Level, WasmStr)| {
            // Looked at before it is copied: a guest that notes the same megabyte in a loop costs nothing.
            if !store.data().notes.is_full() {
                let said = text.to_str(&store)?.into_owned();
                store.data_mut().notes.push(level, &said);
            }
            Ok(())
        },
    )
}

impl Host {
    /// A store for one call, with the call's limits set.
    pub(crate) fn store(&self, budget: &Budget) -> wasmtime::Result<Store<CallState>> {
        let state =
            CallState { memory: MemoryLimiter::new(budget.memory_bytes), notes: Notes::new(budget.notes_bytes) };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_fuel(budget.fuel)?;
        store.set_epoch_deadline(ticker::ticks(budget.deadline_ms));
        store.set_hostcall_fuel(budget.output_bytes);
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stop_at_their_limit_on_a_character() {
        let mut notes = Notes::new(7);
        notes.push(explain::Level::Info, "café");
        notes.push(explain::Level::Warn, "aéé");
        assert_eq!(notes.text(), Some("info: café; warn: a"));
        assert!(notes.is_full());
        assert_eq!(notes.last_warning(), Some("a"));
    }

    #[test]
    fn notes_cannot_forge_lines_of_a_log() {
        let mut notes = Notes::new(100);
        notes.push(explain::Level::Debug, "a\n2026 ERROR \u{1b}[31m");
        assert!(!notes.text().unwrap().contains(['\n', '\u{1b}']));
    }
}

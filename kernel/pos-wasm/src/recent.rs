//! Compiled components in memory: a plugin whose configuration is saved again is not compiled twice.
//!
//! A new configuration runs once in an instrumented component and ends in another one with the configured memory. The
//! first depends on the plugin's code alone, so saving offers ten times compiles it once. Without a folder for compiled
//! code (tests) configured components are kept here as well.

use crate::cache::Key;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use wasmtime::component::Component;

/// Components kept; beyond, the one not used for longest goes. Each takes a few megabytes.
const KEPT_MAX: usize = 8;

/// Components by what they were made from, the one used last at the end.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<(Key, Component)>>);

impl Recent {
    /// The component of a key, or the one that is made now and kept.
    pub(crate) fn get_or_make<E>(&self, key: Key, make: impl FnOnce() -> Result<Component, E>) -> Result<Component, E> {
        // Nobody waits for the lock while something is compiled.
        let component = match self.get(key) {
            Some(component) => component,
            None => make()?,
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != key);
        kept.push_back((key, component.clone()));
        if kept.len() > KEPT_MAX {
            kept.pop_front();
        }
        Ok(component)
    }

    fn get(&self, key: Key) -> Option<Component> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| *known == key).map(|(_, component)| component.clone())
    }
}

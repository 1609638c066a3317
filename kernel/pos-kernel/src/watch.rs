//! Rules on disk: a saved file is compiled at once and used by the next basket.

use crate::rules::{RuleNews, Rules};
use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Changes within this time count as one: editors save in several steps.
const DEBOUNCE: Duration = Duration::from_millis(300);

/// Watches as long as it lives.
pub struct Watcher {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

impl Watcher {
    /// Watches the folders and reloads the rules on every change in them; `news` hears what is new.
    pub fn start(
        rules: Arc<Rules>,
        folders: &[PathBuf],
        news: impl Fn(RuleNews) + Send + 'static,
    ) -> Result<Watcher, notify_debouncer_full::notify::Error> {
        let mut debouncer = new_debouncer(DEBOUNCE, None, move |result: DebounceEventResult| match result {
            Ok(events) if events.iter().all(|event| event.kind.is_access()) => {}
            Ok(_) => rules.reload().into_iter().for_each(&news),
            Err(errors) => {
                for error in errors {
                    tracing::warn!(%error, "watching the rules");
                }
                rules.reload().into_iter().for_each(&news);
            }
        })?;
        for folder in folders {
            debouncer.watch(folder, RecursiveMode::Recursive)?;
        }
        Ok(Watcher { _debouncer: debouncer })
    }
}

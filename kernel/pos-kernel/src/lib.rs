//! The imperative shell: dispatch, rule sets, effects, hot reload.

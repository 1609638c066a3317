//! The script host: compiles rhai rules, limits them, and turns what they say into proposals.

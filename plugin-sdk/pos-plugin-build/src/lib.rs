//! Builds plugin crates into components: cargo, target, componentising, checks.

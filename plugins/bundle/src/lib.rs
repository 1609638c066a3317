//! The first-party plugins as components, built and embedded by this crate's build script.

//! Tax.

//! What a plugin author writes against: the contract as Rust types, and the export macros.

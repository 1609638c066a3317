//! The binary `pos`.
fn main() {}

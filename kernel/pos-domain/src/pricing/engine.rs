//! The engine.
/// x
#[derive(Debug)] pub struct Pricing;
/// x
#[derive(Debug)] pub struct Proposed;

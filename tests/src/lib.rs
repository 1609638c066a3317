//! What the test suite, `lab` and `bench` share: shops in temporary folders, the `pos` program, invented baskets.

pub mod baskets;
pub mod cuts_lab;
pub mod durable_bench;
pub mod figures;
pub mod journal_lab;
pub mod kills;
pub mod payments_lab;
pub mod power;
pub mod pricing_bench;
pub mod program;
pub mod returns_lab;
pub mod rights_lab;
pub mod scenario;
pub mod shop;
pub mod sim_lab;
pub mod world;

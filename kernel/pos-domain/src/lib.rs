//! The pure core: what a basket is, what it costs and why, and what a finished sale records.
//!
//! Plain data and pure functions. No storage, devices, extensions, clock or randomness: time and ids are arguments.
//! Start reading at [`basket`] (the open transaction), then [`pricing`] (what it costs), then [`transaction`] (the
//! immutable record a completed basket becomes).

pub mod basket;
pub mod catalogue;
pub mod credit;
pub mod ids;
pub mod ledger;
pub mod lots;
pub mod loyalty;
pub mod offer_use;
pub mod order;
pub mod payment;
pub mod people;
pub mod period;
pub mod pricing;
pub mod receipt;
pub mod refusal;
pub mod report;
pub mod returns;
pub mod scan;
pub mod shift;
pub mod shop;
pub mod stock;
pub mod tender;
pub mod till;
pub mod time;
pub mod transaction;

pub use pos_money as money;
pub use refusal::Refusal;

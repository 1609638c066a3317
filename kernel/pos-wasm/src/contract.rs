//! The contract as Rust types, generated from `plugin-sdk/wit/plugin.wit` at compile time, and the names its interfaces
//! have on the wire.
//!
//! The generated world lists every hook this host can call, but no component has to export them all: each hook is
//! looked up by itself, and only if the manifest declares it.

#![allow(
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    reason = "generated code is written for a public module; this one is private"
)]

wasmtime::component::bindgen!({
    path: "../../plugin-sdk/wit",
    inline: "
        package pos:host;
        world pure {
            import pos:plugin/explain@0.1.0;
            export pos:plugin/lifecycle@0.1.0;
            export pos:plugin/discount@0.1.0;
            export pos:plugin/tax@0.1.0;
        }
    ",
    world: "pos:host/pure",
    // Inputs borrow from the basket: a call copies each text once, into the guest's memory, and nowhere else.
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub(crate) use exports::pos::plugin::{discount, lifecycle, tax};
pub(crate) use pos::plugin::{explain, types};

/// The version of the contract a manifest names as its `api`.
pub(crate) const API: &str = "0.1";

/// What a pure plugin may import: the notes it writes into the trace of a call.
pub(crate) const EXPLAIN: &str = "pos:plugin/explain@0.1.0";
/// Imported by name only: the records the hooks speak in. It has no functions.
pub(crate) const TYPES: &str = "pos:plugin/types@0.1.0";
/// Every plugin exports this one.
pub(crate) const LIFECYCLE: &str = "pos:plugin/lifecycle@0.1.0";
/// Offers.
pub(crate) const DISCOUNT: &str = "pos:plugin/discount@0.1.0";
/// Tax rates.
pub(crate) const TAX: &str = "pos:plugin/tax@0.1.0";

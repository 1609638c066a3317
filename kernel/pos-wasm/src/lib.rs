//! The component host: loads, limits and calls WebAssembly plugins. The only crate that names wasmtime.
//!
//! A plugin is a component that implements hooks of `plugin-sdk/wit/plugin.wit` and a manifest, `plugin.toml`, that
//! says which. It gets a basket, answers with candidates or tax rates, and can do nothing else: it imports no clock, no
//! files, no network, and it cannot keep a thing in mind from one sale to the next.
//!
//! The way of one plugin, from bytes to an answer:
//!
//! 1. [`ComponentLoader`] reads the manifest and checks imports, exports and memories *before* it compiles: a
//!    component that asks for the network is refused by the name of what it asks for.
//! 2. Its `configure` runs once, within the limits of the largest basket. The memory it leaves becomes the data of a new
//!    component (`preinitialise`), so that an index over 200 offers is built once and not at every scan.
//! 3. The result is compiled and kept on disk under the hash of everything it came from (`cache`), so that the next
//!    start takes a millisecond.
//! 4. Each call gets a fresh instance: its memory is a copy-on-write image of what `configure` left. No state leaks
//!    between two sales, and a plugin that breaks cannot break the next call.
//! 5. The answer is checked against the basket it was given for (`lift`) before the kernel sees it.
//!
//! What a plugin may use up is in [`Limits`]. Fuel decides, because it gives the same result on every machine and in
//! every replay; the wall clock only guards the register against what fuel does not see.

mod cache;
mod call;
mod contract;
mod diagnose;
mod failure;
mod host;
mod inspect;
mod lift;
mod limits;
mod loader;
mod lower;
mod manifest;
mod plugin;
mod preinitialise;
mod recent;
mod stopwatch;
mod ticker;

pub use limits::Limits;
pub use loader::{ComponentLoader, HostError, HostOptions};
pub use stopwatch::{CallListener, CallTimes};

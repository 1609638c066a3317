//! The script host: compiles rhai rules, limits them, and turns what they say into proposals.
//!
//! A rule is a text of some lines, written by whoever runs the shop:
//!
//! ```rhai
//! // Happy hour: 20 % off draught drinks, Monday to Friday, 17:00 to 19:00.
//! fn discount(basket) {
//!     if basket.now.is_weekend || !basket.now.between("17:00", "19:00") { return; }
//!     basket.items.tagged("draught").percent_off(20).called("Happy hour");
//! }
//! ```
//!
//! * It reads an immutable snapshot and *records* offers; it changes nothing. The kernel decides what becomes of them.
//! * The same snapshot gives the same proposal: no clock, no randomness, no files, no floating point.
//! * Nothing it does ends the register: operations, text, lists, depth and time are bounded ([`limits`]), and work that may
//!   recurse gets a stack of its own.
//! * Mistakes are found when the file is saved, not at the till: the tree is compared with the table of [`words`], then the
//!   rule is rehearsed on made-up baskets.
//!
//! Start reading at [`ScriptLoader`], then `script.rs` (a run), `facade/` (the words), `recorder.rs` (what they become).
//! [`cases`] runs the tables of cases beside the scripts.

pub mod cases;
mod check;
mod engine;
mod facade;
mod language;
pub mod limits;
mod loader;
mod naming;
mod recorder;
mod rehearsal;
mod report;
mod room;
mod script;
mod suggest;
pub mod words;

pub use loader::ScriptLoader;
pub use recorder::SOURCE_LINE;

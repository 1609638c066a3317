//! Tables of cases: what a rule should do, in a form that a shop owner can read, priced through the real pipeline.
//!
//! ```toml
//! [[case]]
//! name = "a beer at half past five"
//! now = "2026-11-18 17:30"
//! items = ["2 x Pale ale @ 5.90 #draught", "1 x Crisps @ 1.80"]
//! expect = ["Happy hour -2.36"]
//! total = 11.24
//! ```
//!
//! Start reading at [`Table::parse`], then [`run`].

mod line;
mod price;
mod table;

pub use price::{Outcome, price, run};
pub use table::{Case, Expected, Table, TableError};

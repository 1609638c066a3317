//! Printer, drawer and paper together: what a shop sees.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod faults;
mod golden;
mod round_trip;
mod sample;

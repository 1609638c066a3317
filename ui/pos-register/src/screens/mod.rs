//! Screens: pure functions from what is known to what is drawn, and to what the cashier wants.

pub mod sell;

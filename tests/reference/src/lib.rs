//! placeholder
pub mod allocate;
pub mod case;
pub mod cash;
pub mod currency;
pub mod generate;
pub mod number;
pub mod offers;
pub mod price;
pub mod refusal;
pub mod returns;
pub mod round;
pub mod shrink;
pub mod tax;
pub mod vectors;

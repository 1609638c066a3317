//! What a basket costs, and why: candidates -> modifiers -> tax -> totals, with a reason for every step.
//!
//! Pure and deterministic. [`Pricing`] is driven stage by stage: give the snapshot of a stage to the extensions, hand
//! their proposals in any order to [`Pricing::apply`], then the tax assessment to [`Pricing::finish`].

mod conflict;
pub mod engine;
pub mod explain;
pub mod manual;
pub mod policy;
pub mod priced;
pub mod proposal;
mod solver;
pub mod tax;

#[cfg(test)]
pub(crate) mod fixture;

pub use engine::{Pricing, Proposed};
pub use policy::Policy;
pub use priced::PricedBasket;

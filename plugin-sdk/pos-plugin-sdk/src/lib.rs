//! What a plugin author writes against.
//!
//! A plugin is a pure function from a basket and a configuration to a *proposal*: candidates for discounts, rates of
//! tax. It never changes a line and never computes a total; the kernel allocates, rounds, sums and records why. So a
//! plugin is small:
//!
//! ```
//! use pos_plugin_sdk::prelude::*;
//!
//! /// A share off everything that carries a tag.
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct TaggedOffer {
//!     tag: String,
//!     off: Rate,
//!     label: String,
//! }
//!
//! impl Plugin for TaggedOffer {
//!     fn configure(config_json: &str) -> Result<Self, HookError> {
//!         config::from_json(config_json)
//!     }
//! }
//!
//! impl DiscountHook for TaggedOffer {
//!     fn propose(&self, _stage: Stage, basket: &Basket) -> Result<Proposal, HookError> {
//!         let portions = basket.discountable_lines().filter(|line| line.has_tag(&self.tag)).map(Line::whole);
//!         Ok(Candidate::on_portions("tagged", &self.label, portions, Effect::RateOff(self.off)).into())
//!     }
//! }
//!
//! pos_plugin_sdk::export!(TaggedOffer: discount);
//! # fn main() {}
//! ```
//!
//! [`export!`] makes the crate a component with exactly the hooks named. Its logic stays an ordinary library whose
//! tests run natively (see [`testing`]). Amounts are [`Money`](pos_money::Money), rates are [`Rate`](pos_money::Rate),
//! prices are [`UnitPrice`](pos_money::UnitPrice): a bare number cannot be mistaken for one of them.
//!
//! Start reading at [`hooks`]; the contract itself is `plugin-sdk/wit/plugin.wit`, the guide `plugin-sdk/GUIDE.md`.

pub mod basket;
pub mod config;
pub mod date;
pub mod discount;
pub mod explain;
pub mod hooks;
pub mod message;
pub mod tax;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod export;
#[cfg(any(target_arch = "wasm32", test))]
mod heap;
mod wire;

/// All that a plugin usually needs.
pub mod prelude {
    pub use crate::basket::{Attr, AttrValue, Basket, Currency, Customer, Line, LineId, LineKind, LocalTime};
    pub use crate::config;
    pub use crate::date::Date;
    pub use crate::discount::{
        Basis, Candidate, Chosen, Deal, Effect, Grant, Limits, Mode, NearMiss, Pick, Portion, Proposal, Requirement,
        RequirementBasis, Shape, Slot, Spread, Stage,
    };
    pub use crate::explain;
    pub use crate::hooks::{DiscountHook, Plugin, TaxHook};
    pub use crate::message::{HookError, Message, Notice, Severity};
    pub use crate::tax::{
        Assessment, Destination, IncludedPolicy, Levy, TaxComponent, TaxInput, TaxLevel, TaxRounding, Taxable, Taxed,
    };
    pub use pos_money::{Decimal, Money, Quantity, Rate, Rounding, RoundingMode, Unit, UnitPrice};
}

pub use pos_money;

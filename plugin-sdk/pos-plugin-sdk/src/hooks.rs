//! The traits a plugin implements: [`Plugin`] always, and one trait for each hook it offers.
//!
//! Every hook is pure: the same basket and the same configuration give the same answer. There is no clock, no
//! randomness, no file and no network to ask; the time is `basket.now`, fixed when the basket was opened. A hook gets
//! `&self`, so nothing learned in one sale can colour the next.

use crate::basket::Basket;
use crate::discount::{Proposal, Stage};
use crate::message::HookError;
use crate::tax::{Assessment, TaxInput};

/// Every plugin: made from its configuration.
pub trait Plugin: Sized + 'static {
    /// Checks the configuration and prepares whatever the hooks need, once per version and configuration; build
    /// indexes here. An error keeps the version that was in use, and its text is what the shop owner reads: say which
    /// entry is wrong and what to write instead ([`crate::config::from_json`] does so by itself).
    fn configure(config_json: &str) -> Result<Self, HookError>;
}

/// Offers. Export with `export!(MyPlugin: discount)`.
pub trait DiscountHook: Plugin {
    /// Asked once for each stage that the manifest declares; the lines' `net` is what earlier stages left.
    fn propose(&self, stage: Stage, basket: &Basket) -> Result<Proposal, HookError>;
}

/// Taxes. Export with `export!(MyPlugin: tax)`. A store has exactly one tax plugin.
pub trait TaxHook: Plugin {
    /// The rates that apply to each taxable line, in order; the kernel multiplies, rounds and sums.
    fn assess(&self, input: &TaxInput) -> Result<Assessment, HookError>;
}

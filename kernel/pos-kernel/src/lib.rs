//! The imperative shell around the pure core.
//!
//! One thread owns the state ([`dispatch`]): commands come in over a bounded channel, are decided by `pos-domain` on
//! plain data, made durable by the [`Store`](pos_api::port::Store), and only then have effects ([`effects`]: receipt,
//! drawer). Rules live in immutable, content-named sets ([`rules`]) that are swapped while the shop is open; a basket
//! keeps the set it was opened under.
//!
//! The kernel names no adapter: storage, devices, script and component hosts arrive as `dyn` ports.

pub mod clock;
mod credentials;
pub mod dispatch;
pub mod effects;
pub mod handle;
pub mod outbox;
pub mod pricing;
mod replies;
pub mod rules;
mod terminal;
mod views;
pub mod watch;

pub use dispatch::{Kernel, Parts};
pub use handle::KernelHandle;
pub use rules::{RuleNews, RuleSet, Rules};

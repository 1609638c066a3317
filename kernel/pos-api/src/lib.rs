//! The kernel's boundary: what goes in, what comes out, and what the kernel needs from the outside.
//!
//! * [`command`]: commands and replies, plain data. The register, the command line, other programs (`pos kernel --stdio`)
//!   and tests all speak exactly this.
//! * [`view`]: what a screen draws.
//! * [`port`]: the traits that storage, devices, extensions, clock and ids implement; the kernel sees nothing else.
//! * [`diagnostic`]: what is wrong with a rule, said so that a shop owner can mend it.
//!
//! Amounts are exact decimals in major units, written as text (`"12.98"`): one form for every currency.

pub mod command;
pub mod diagnostic;
pub mod port;
pub mod view;

pub use command::{Amount, Command, Envelope, Reply};
pub use pos_domain::Refusal;
pub use pos_domain::ids::BasketId;
pub use pos_domain::people::Act;
pub use pos_domain::refusal::{ApprovalAsked, RefusalView};

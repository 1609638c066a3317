//! Keys and scans, before any widget sees them.
//!
//! A hand scanner that plays keyboard types a code in a few milliseconds and ends it with Enter. If egui saw those keys, a
//! code would land in whatever text field has the focus, and its Enter would press whatever button has it. So
//! [`InputPlugin`] stands in front: [`ScanGuard`] holds printable keys back for as long as they may be part of a burst,
//! and lets them go, in order and at most 35 ms late, when they were typed by hand. What is left over goes to the register
//! as [`InputEvent`]s: scans, typed characters, and business keys, none of which depends on the focus.

mod guard;
mod hook;
mod key_times;

pub use guard::{Press, ScanGuard, Verdict};
pub use hook::{BusinessKey, InputEvent, InputPlugin, ScanPrefix};
pub use key_times::{KeyTime, KeyTimes};

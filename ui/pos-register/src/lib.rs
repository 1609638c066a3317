//! The register on egui alone: what the cashier touches eight hours a day.
//!
//! * [`model`]: the screen's state without egui: intents and replies in, commands out.
//! * [`input`]: keys and scans before any widget sees them; a scan works whatever has the focus.
//! * [`theme`], [`kit`], [`screens`]: tokens, the parts drawn with them, and the screens made of those.
//! * [`backend`]: the trait behind which the kernel sits; [`fake`] is a demo shop behind the same trait.
//!
//! A shell (the program `pos`, or a test harness) calls [`install`] once and then, in every frame,
//! [`RegisterApp::logic`] and [`RegisterApp::ui`]. The screen sleeps while nothing happens: the backend wakes it.
//!
//! Start reading at [`RegisterApp`].

mod app;
pub mod backend;
pub mod config;
pub mod fake;
pub mod input;
pub mod kit;
pub mod model;
pub mod screens;
pub mod theme;

pub use app::{RegisterApp, install};
pub use backend::{Backend, Busy, Health, Indicator, Message, RegisterStatus, Wake};
pub use config::{Clock, QuickKey, QuickKeyPage, RegisterConfig, WallTime};
pub use input::{KeyTime, KeyTimes, ScanPrefix};
pub use model::toast::Severity;
pub use theme::{EdgeColour, Theme};

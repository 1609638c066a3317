//! The other side of the screen: the kernel's channel, or a demo shop.

use crate::model::toast::Severity;
use pos_api::{Envelope, Reply};
use std::fmt;
use std::sync::Arc;

/// What the register needs from the outside. Nothing here may block: the screen calls it in every frame.
pub trait Backend {
    /// Hands over a way to wake the screen, once, before the first command. Call it after every reply and every change
    /// of the status: the screen sleeps otherwise.
    fn connect(&mut self, wake: Wake);
    /// Queues a command; [`Busy`] if the queue is full: the screen keeps the command and tries again.
    fn send(&self, envelope: &Envelope) -> Result<(), Busy>;
    /// Replies that arrived since last time, in the order of their commands.
    fn replies(&self) -> Vec<Reply>;
    /// How the shop's rules and devices are.
    fn status(&self) -> RegisterStatus;
}

/// Wakes the screen from any thread.
#[derive(Clone)]
pub struct Wake(Arc<dyn Fn() + Send + Sync>);

impl Wake {
    /// Wakes by calling `wake`.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Wake {
        Wake(Arc::new(wake))
    }

    /// There is something to look at.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}

/// The kernel's queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue to the kernel is full")
    }
}

impl std::error::Error for Busy {}

/// What the status bar shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterStatus {
    /// The rule set in use: `Rules v41`.
    pub rules: String,
    /// Devices and extensions, most important first.
    pub indicators: Vec<Indicator>,
    /// What happened since last time: `Happy hour was reloaded.`
    pub messages: Vec<Message>,
}

/// One device or service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indicator {
    /// In one or two words, with its trouble if there is any: `Printer`, `Printer offline`.
    pub label: String,
    /// How it is.
    pub health: Health,
}

/// How something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Working.
    #[default]
    Good,
    /// Working, but look at it.
    Warning,
    /// Not working.
    Bad,
}

/// Something that happened behind the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// How much it matters; errors stay until tapped.
    pub severity: Severity,
    /// What happened.
    pub text: String,
    /// What to do now; may be empty.
    pub next: String,
}

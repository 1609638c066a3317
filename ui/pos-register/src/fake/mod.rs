//! A demo shop without a kernel: a table of articles, three offers, and a basket in memory.
//!
//! It answers the register's commands plausibly and at once, so that the screen can be shown, tested and measured by
//! itself. Nothing is stored and nothing is printed.

mod articles;
mod pricing;
mod shop;

pub use articles::{ARTICLES, Article, quick_keys};

use crate::backend::{Backend, Busy, Health, Indicator, Message, RegisterStatus, Wake};
use crate::config::{Clock, RegisterConfig, WallTime};
use crate::theme::Theme;
use pos_api::{Command, Envelope, Reply};
use pos_money::{Currency, Decimal};
use shop::Shop;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The demo shop; clones share it, so that a test can look behind the counter.
#[derive(Clone, Default)]
pub struct FakeShop(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    shop: Shop,
    wake: Option<Wake>,
    replies: Vec<Reply>,
    held: Vec<Reply>,
    commands: Vec<Envelope>,
    status: RegisterStatus,
    hold_replies: bool,
    busy: bool,
}

impl FakeShop {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shop with its devices in order.
    pub fn open() -> FakeShop {
        let shop = FakeShop::default();
        let good = |label: &str| Indicator { label: label.to_owned(), health: Health::Good };
        shop.inside().status = RegisterStatus {
            rules: "Rules v41".into(),
            indicators: vec![good("Printer"), good("Extensions")],
            messages: Vec::new(),
        };
        shop
    }

    /// Every command received, in order.
    pub fn commands(&self) -> Vec<Command> {
        self.inside().commands.iter().map(|envelope| envelope.command.clone()).collect()
    }

    /// Ids of every command received, in order.
    pub fn command_ids(&self) -> Vec<String> {
        self.inside().commands.iter().map(|envelope| envelope.command_id.clone()).collect()
    }

    /// Sales completed.
    pub fn sales(&self) -> u64 {
        self.inside().shop.receipts
    }

    /// Keeps replies back, as a slow kernel would, or lets them go.
    pub fn hold_replies(&self, hold: bool) {
        let mut inside = self.inside();
        inside.hold_replies = hold;
        if !hold {
            let mut held = std::mem::take(&mut inside.held);
            inside.replies.append(&mut held);
        }
    }

    /// Refuses to take commands, as a full queue would.
    pub fn be_busy(&self, busy: bool) {
        self.inside().busy = busy;
    }

    /// Lets rules fail from now on.
    pub fn fail_rules(&self, names: &[&str]) {
        self.inside().shop.unavailable = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// Lets completing fail, as a full disk would.
    pub fn fail_completing(&self, fail: bool) {
        self.inside().shop.disk_full = fail;
    }

    /// Puts many lines of one article into the basket at once.
    pub fn ring_up(&self, code: &str, lines: usize) {
        self.inside().shop.ring_up(code, lines);
    }

    /// Changes a device's state.
    pub fn set_indicators(&self, indicators: Vec<Indicator>) {
        self.inside().status.indicators = indicators;
    }

    /// Something happens behind the screen.
    pub fn say(&self, message: Message) {
        self.inside().status.messages.push(message);
    }
}

impl Backend for FakeShop {
    fn connect(&mut self, wake: Wake) {
        self.inside().wake = Some(wake);
    }

    fn send(&self, envelope: &Envelope) -> Result<(), Busy> {
        let wake = {
            let mut inside = self.inside();
            if inside.busy {
                return Err(Busy);
            }
            inside.commands.push(envelope.clone());
            let reply = inside.shop.reply(envelope);
            if inside.hold_replies {
                inside.held.push(reply);
            } else {
                inside.replies.push(reply);
            }
            inside.wake.clone()
        };
        if let Some(wake) = wake {
            wake.wake();
        }
        Ok(())
    }

    fn replies(&self) -> Vec<Reply> {
        std::mem::take(&mut self.inside().replies)
    }

    fn status(&self) -> RegisterStatus {
        let mut inside = self.inside();
        let status = inside.status.clone();
        inside.status.messages.clear();
        status
    }
}

/// A register standing in the demo shop at three past two.
pub fn config(theme: Theme) -> Option<RegisterConfig> {
    Some(RegisterConfig {
        shop: "Corner Grocery".into(),
        register: "Register 3".into(),
        cashier: "Maya K.".into(),
        currency: Currency::from_code("EUR").ok()?,
        prices_include_tax: true,
        quick_keys: quick_keys(),
        notes: [5, 10, 20, 50, 100, 200].map(Decimal::from).to_vec(),
        has_terminal: false,
        theme,
        clock: Clock::new(|| WallTime { text: "14:03".into(), next_minute_in: Duration::from_secs(60) }),
        command_prefix: "demo".into(),
        scan_prefix: None,
        key_times: None,
    })
}

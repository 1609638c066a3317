//! What the register is told about the shop it stands in.

use crate::input::{KeyTimes, ScanPrefix};
use crate::model::Pick;
use crate::theme::{EdgeColour, Theme};
use pos_money::{Currency, Decimal};
use std::fmt;
use std::time::Duration;

/// Everything a register is started with.
#[derive(Debug)]
pub struct RegisterConfig {
    /// The shop's name.
    pub shop: String,
    /// The register's name: `Register 3`.
    pub register: String,
    /// Who serves.
    pub cashier: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Prices contain the tax.
    pub prices_include_tax: bool,
    /// Pages of quick keys, the first shown at start.
    pub quick_keys: Vec<QuickKeyPage>,
    /// Notes and coins that customers hand over, in major units.
    pub notes: Vec<Decimal>,
    /// There is a terminal to pay at.
    pub has_terminal: bool,
    /// Dark or light.
    pub theme: Theme,
    /// The wall clock.
    pub clock: Clock,
    /// Begins every command's id; unique to this run, for ever.
    pub command_prefix: String,
    /// What the hand scanner sends before each code, if anything.
    pub scan_prefix: Option<ScanPrefix>,
    /// Times of keys, filled by the shell; none: a frame's time stands for its keys.
    pub key_times: Option<KeyTimes>,
}

/// A page of quick keys.
#[derive(Clone, Debug, Default)]
pub struct QuickKeyPage {
    /// On its tab: `Bakery`.
    pub name: String,
    /// In fixed order: a key never moves.
    pub keys: Vec<QuickKey>,
}

/// A key that sells an article.
#[derive(Clone, Debug, Default)]
pub struct QuickKey {
    /// The article's name.
    pub label: String,
    /// Its price as on the shelf: `2.49 / kg`.
    pub price: String,
    /// A code that sells it.
    pub code: String,
    /// The colour of its edge, usually its department's.
    pub edge: EdgeColour,
    /// Sold by measure: needs a weight.
    pub measured: bool,
}

impl QuickKey {
    pub(crate) fn pick(&self) -> Pick {
        Pick { code: self.code.clone(), label: self.label.clone(), measured: self.measured }
    }
}

/// Tells the local time.
pub struct Clock(Box<dyn Fn() -> WallTime + Send>);

/// The local time, and how long it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WallTime {
    /// `14:03`.
    pub text: String,
    /// Until the text changes.
    pub next_minute_in: Duration,
}

impl Clock {
    /// A clock that asks `read`.
    pub fn new(read: impl Fn() -> WallTime + Send + 'static) -> Clock {
        Clock(Box::new(read))
    }

    /// The time now.
    pub fn read(&self) -> WallTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

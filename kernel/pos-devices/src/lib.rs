//! Receipt printers, cash drawers, scanners and payment terminals, and a paper simulator.
//!
//! The kernel prints a [`Receipt`](pos_domain::receipt::Receipt) and opens a drawer through the ports of
//! [`pos_api::port`]; this crate is what stands behind them. A receipt becomes bytes of ESC/POS ([`escpos::encode`], the
//! language most receipt printers speak), and the bytes go over a wire ([`transport`]) to a printer in the network or into
//! files. The drawer hangs on the printer and shares its wire. [`paper`] reads the bytes as a printer would and shows the
//! paper, as text or as a picture, so that nobody needs a printer to see a receipt.
//!
//! What holds here:
//! - Printing happens after the commit. A device that fails costs a notice and a copy, never a sale, so every wait ends
//!   and every failure is a [`DeviceError`](pos_api::port::DeviceError) that says what to do.
//! - No text can become a command: whatever an article is called, the bytes are printing characters ([`code_page`]).
//! - A job sent to a printer that answers questions is an error unless the printer says it is done ([`status`]).
//!
//! ```
//! use pos_devices::config::{DevicesConfig, open_devices};
//! # let folder = tempfile::tempdir()?;
//! # let data_dir = folder.path();
//!
//! let config = DevicesConfig::from_toml("[printer]\nkind = 'file'\n[drawer]\nkind = 'printer'")?;
//! let mut devices = open_devices(&config, data_dir)?;
//! if let Some(drawer) = &mut devices.drawer {
//!     drawer.open_drawer()?;
//! }
//! assert_eq!(std::fs::read(data_dir.join("receipts/000001.escpos"))?, b"\x1bp\x00\x3c\x78");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod code_page;
pub mod config;
mod drawer;
pub mod escpos;
pub mod fake;
pub mod paper;
mod printer;
pub mod profile;
pub mod scanner;
pub mod status;
pub mod terminal;
pub mod transport;

pub use config::{DevicesConfig, open_devices};
pub use drawer::{Pin, PrinterDrawer, Pulse, Sensor};
pub use printer::{EscPosPrinter, Questions};

//! The devices of a register, as its owner writes them down.
//!
//! ```toml
//! [printer]
//! kind = "tcp"                 # "tcp", "file" or "none"
//! address = "10.0.0.9:9100"
//! columns = 42
//! code_page = "cp858"
//!
//! [drawer]
//! kind = "printer"             # on the printer's connector, or "none"
//! pin = 2
//! on_ms = 120
//! off_ms = 240
//!
//! [terminal]
//! kind = "tcp"                 # "tcp", "simulated" or "none"
//! address = "10.0.0.20:22000"  # a terminal's bridge, see `pos_devices::terminal`
//! ```

use crate::drawer::{Pin, PrinterDrawer, Pulse, Sensor};
use crate::printer::{EscPosPrinter, Questions};
use crate::profile::PrinterProfile;
use crate::terminal::{SimulatedTerminal, TcpTerminal, TerminalTimeouts};
use crate::transport::{FileTransport, Jobs, SharedTransport, TcpTimeouts, TcpTransport, error};
use pos_api::port::{DeviceError, DeviceErrorKind, Devices, PaymentTerminal};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Every device of a register. The default is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DevicesConfig {
    /// Prints receipts.
    pub printer: PrinterConfig,
    /// Holds the cash.
    pub drawer: DrawerConfig,
    /// Takes cards.
    pub terminal: TerminalConfig,
}

impl DevicesConfig {
    /// Reads TOML; the error names line and key.
    pub fn from_toml(text: &str) -> Result<DevicesConfig, DeviceError> {
        toml::from_str(text).map_err(|problem| {
            let message = format!("The device settings cannot be read.\n{problem}");
            error("devices", DeviceErrorKind::Failure, message.trim_end())
        })
    }
}

/// Where receipts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrinterKind {
    /// Nowhere.
    #[default]
    None,
    /// To files, as a printer would get them.
    File,
    /// To a printer in the network.
    Tcp,
}

/// The receipt printer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrinterConfig {
    /// Which wire.
    pub kind: PrinterKind,
    /// Of a file printer: folder or file, from the data folder.
    pub path: PathBuf,
    /// Of a file printer: one file a job, or all in one.
    pub jobs: Jobs,
    /// Of a network printer: `10.0.0.9:9100`.
    pub address: String,
    /// Of a network printer: whether it can be asked how it is.
    pub status: bool,
    /// Wait for a connection.
    pub connect_timeout_ms: u64,
    /// Wait for an answer.
    pub answer_timeout_ms: u64,
    /// Wait for a receipt to be printed.
    pub job_timeout_ms: u64,
    /// What the model can do.
    #[serde(flatten)]
    pub profile: PrinterProfile,
}

impl Default for PrinterConfig {
    fn default() -> Self {
        PrinterConfig {
            kind: PrinterKind::None,
            path: PathBuf::from("receipts"),
            jobs: Jobs::Folder,
            address: String::new(),
            status: true,
            connect_timeout_ms: 2_000,
            answer_timeout_ms: 1_000,
            job_timeout_ms: 10_000,
            profile: PrinterProfile::default(),
        }
    }
}

/// How the drawer opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrawerKind {
    /// By hand.
    #[default]
    None,
    /// By a pulse through the receipt printer.
    Printer,
}

/// The cash drawer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DrawerConfig {
    /// How it opens.
    pub kind: DrawerKind,
    /// Pin of the printer's drawer connector: 2 or 5.
    pub pin: Pin,
    /// Length of the pulse, 2 to 510 ms.
    pub on_ms: u16,
    /// Least time to the next pulse, 2 to 510 ms.
    pub off_ms: u16,
    /// What its switch says, if it is wired.
    pub sensor: Sensor,
}

impl Default for DrawerConfig {
    fn default() -> Self {
        DrawerConfig { kind: DrawerKind::None, pin: Pin::Two, on_ms: 120, off_ms: 240, sensor: Sensor::None }
    }
}

/// Where cards are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalKind {
    /// Nowhere.
    #[default]
    None,
    /// At a terminal that is a program: to learn with.
    Simulated,
    /// At a terminal, or its bridge, in the network.
    Tcp,
}

/// The payment terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TerminalConfig {
    /// Which.
    pub kind: TerminalKind,
    /// Of one in the network: `10.0.0.20:22000`.
    pub address: String,
    /// Wait for a connection.
    pub connect_timeout_ms: u64,
    /// Wait for a customer to pay.
    pub pay_timeout_ms: u64,
    /// Wait for any other answer.
    pub answer_timeout_ms: u64,
}

impl Default for TerminalConfig {
    fn default() -> Self {
        TerminalConfig {
            kind: TerminalKind::None,
            address: String::new(),
            connect_timeout_ms: 2_000,
            pay_timeout_ms: 120_000,
            answer_timeout_ms: 10_000,
        }
    }
}

fn open_terminal(config: &TerminalConfig) -> Result<Option<Box<dyn PaymentTerminal>>, DeviceError> {
    match config.kind {
        TerminalKind::None => Ok(None),
        TerminalKind::Simulated => Ok(Some(Box::new(SimulatedTerminal::to_learn_with()))),
        TerminalKind::Tcp if config.address.is_empty() => {
            let message = "A terminal in the network needs its address. Add a line like address = \"10.0.0.20:22000\".";
            Err(error("terminal", DeviceErrorKind::Failure, message))
        }
        TerminalKind::Tcp => {
            let timeouts = TerminalTimeouts {
                connect: Duration::from_millis(config.connect_timeout_ms.max(1)),
                pay: Duration::from_millis(config.pay_timeout_ms),
                answer: Duration::from_millis(config.answer_timeout_ms.max(1)),
            };
            Ok(Some(Box::new(TcpTerminal::new(config.address.as_str(), timeouts))))
        }
    }
}

/// Opens what is configured. A network printer that is off is no error here: it is connected to for each job.
pub fn open_devices(config: &DevicesConfig, data_dir: &Path) -> Result<Devices, DeviceError> {
    let DevicesConfig { printer, drawer, terminal } = config;
    let terminal = open_terminal(terminal)?;
    let opened = open_printer(printer, data_dir)?;
    let drawer = open_drawer(drawer, opened.as_ref())?;
    let printer = opened.map(|Wire { transport, questions }| {
        Box::new(EscPosPrinter::new(transport, printer.profile.clone(), questions)) as Box<_>
    });
    Ok(Devices { printer, drawer: drawer.map(|drawer| Box::new(drawer) as Box<_>), terminal })
}

#[derive(Clone)]
struct Wire {
    transport: SharedTransport,
    questions: Questions,
}

fn open_printer(config: &PrinterConfig, data_dir: &Path) -> Result<Option<Wire>, DeviceError> {
    match config.kind {
        PrinterKind::None => Ok(None),
        PrinterKind::File => {
            let transport = FileTransport::open(data_dir.join(&config.path), config.jobs)?;
            Ok(Some(Wire { transport: Arc::new(Mutex::new(transport)), questions: Questions::Never }))
        }
        PrinterKind::Tcp => {
            if config.address.is_empty() {
                let message = "A network printer needs its address. Add a line like address = \"10.0.0.9:9100\".";
                return Err(error("printer", DeviceErrorKind::Failure, message));
            }
            let job_timeout = Duration::from_millis(config.job_timeout_ms);
            let timeouts =
                TcpTimeouts { connect: Duration::from_millis(config.connect_timeout_ms.max(1)), write: job_timeout };
            let questions = match config.status {
                true => Questions::Ask { answer_timeout: Duration::from_millis(config.answer_timeout_ms), job_timeout },
                false => Questions::Never,
            };
            let transport = TcpTransport::new(with_port(&config.address), timeouts);
            Ok(Some(Wire { transport: Arc::new(Mutex::new(transport)), questions }))
        }
    }
}

/// Port 9100, where printers listen, if none is given.
fn with_port(address: &str) -> String {
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { address.to_owned() } else { format!("{address}:9100") }
}

fn open_drawer(config: &DrawerConfig, printer: Option<&Wire>) -> Result<Option<PrinterDrawer>, DeviceError> {
    let fail = |message: &str| Err(error("drawer", DeviceErrorKind::Failure, message));
    let DrawerConfig { kind, pin, on_ms, off_ms, sensor } = *config;
    if kind == DrawerKind::None {
        return Ok(None);
    }
    let Some(Wire { transport, questions }) = printer.cloned() else {
        return fail(
            "It opens through the printer, and no printer is set up. Set the printer's kind, or the drawer's to \"none\".",
        );
    };
    if sensor != Sensor::None && questions == Questions::Never {
        return fail(
            "Its switch is read through the printer, which is not asked for its status. Set sensor = \"none\".",
        );
    }
    let Some(pulse) = Pulse::new(pin, on_ms, off_ms) else {
        return fail("Its pulse takes from 2 to 510 ms. Correct on_ms and off_ms; 120 and 240 fit most drawers.");
    };
    Ok(Some(PrinterDrawer::new(transport, pulse, sensor, questions)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code_page::CodePage;
    use crate::profile::{Columns, Cut};

    #[test]
    fn the_example_of_this_module_is_understood() {
        let source = include_str!("config.rs");
        let example: String = source
            .lines()
            .skip_while(|line| !line.contains("```toml"))
            .skip(1)
            .take_while(|line| !line.contains("```"))
            .map(|line| line.trim_start_matches("//!").to_owned() + "\n")
            .collect();
        let config = DevicesConfig::from_toml(&example).unwrap();
        assert_eq!(config.printer.kind, PrinterKind::Tcp);
        assert_eq!(config.printer.profile.code_page, CodePage::Cp858);
        assert_eq!(config.drawer, DrawerConfig { kind: DrawerKind::Printer, ..DrawerConfig::default() });
        assert!(open_devices(&config, Path::new(".")).is_ok());
    }

    #[test]
    fn a_profile_stands_among_the_printers_own_keys() {
        let text = "[printer]\nkind = 'file'\njobs = 'append'\npath = 'all.escpos'\ncolumns = 32\ncut = 'none'\nhas_qr = false\n";
        let printer = DevicesConfig::from_toml(text).unwrap().printer;
        assert_eq!((printer.kind, printer.jobs), (PrinterKind::File, Jobs::Append));
        assert_eq!(printer.profile.columns, Columns::new(32).unwrap());
        assert_eq!((printer.profile.cut, printer.profile.has_qr), (Cut::None, false));
        assert!(printer.profile.has_barcode);
    }

    #[test]
    fn settings_survive_being_written_and_read() {
        let config = DevicesConfig::default();
        assert_eq!(DevicesConfig::from_toml(&toml::to_string(&config).unwrap()).unwrap(), config);
        assert_eq!(DevicesConfig::from_toml("").unwrap(), config);
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("[printer]\ncolums = 42", "unknown field `colums`"),
            ("[drawer]\nonms = 42", "unknown field `onms`"),
            ("[scanner]", "unknown field `scanner`"),
            ("[printer]\ncolumns = 4", "columns = 4 is not between 16 and 96"),
            ("[printer]\ncode_page = 'cp9'", "unknown variant `cp9`"),
            ("[drawer]\npin = 3", "pin = 3: a drawer is on pin 2 or on pin 5"),
        ];
        for (text, expected) in cases {
            let problem = DevicesConfig::from_toml(text).unwrap_err();
            assert!(problem.message.contains(expected), "{text}: {problem}");
        }
        let cases = [
            ("[printer]\nkind = 'tcp'", "needs its address"),
            ("[terminal]\nkind = 'tcp'", "needs its address"),
            ("[drawer]\nkind = 'printer'", "no printer is set up"),
            ("[printer]\nkind = 'tcp'\naddress = 'a'\n[drawer]\nkind = 'printer'\non_ms = 600", "from 2 to 510 ms"),
        ];
        for (text, expected) in cases {
            let Err(problem) = open_devices(&DevicesConfig::from_toml(text).unwrap(), Path::new(".")) else {
                panic!("{text} was accepted")
            };
            assert!(problem.message.contains(expected), "{text}: {problem}");
        }
    }

    #[test]
    fn a_printers_port_is_known() {
        assert_eq!(with_port("printer.local"), "printer.local:9100");
        assert_eq!(with_port("10.0.0.9:9101"), "10.0.0.9:9101");
        assert_eq!(with_port("[fe80::1]"), "[fe80::1]:9100");
    }
}

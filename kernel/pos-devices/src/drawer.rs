//! A cash drawer on its printer's connector, opened by a pulse.
//!
//! Drawers differ in the pulse their magnet needs: too short a pulse opens two times of ten. So pin and times are
//! settings, and where the drawer's switch is wired the drawer is looked at and pulsed again. A printer out of paper
//! leaves `ESC p` waiting behind the receipt; one that can be asked gets the real-time pulse instead, because the till
//! must open for the customer who has paid.

use crate::escpos::command;
use crate::printer::Questions;
use crate::status::Dialogue;
use crate::transport::{SharedTransport, advised, error, with_claim};
use pos_api::port::{CashDrawer, DeviceError, DeviceErrorKind};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Pulses before the drawer is given up, where it is looked at.
const TRIES: u32 = 3;
/// How often the switch is looked at after a pulse, and how long in between.
const LOOKS: u32 = 5;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What makes the drawer open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Pin 2 or 5 of the connector.
    pin: Pin,
    /// In steps of 2 ms.
    on_steps: u8,
    off_steps: u8,
}

/// A pin of the drawer connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Pin {
    /// The first drawer.
    #[default]
    Two,
    /// The second drawer.
    Five,
}

impl TryFrom<u8> for Pin {
    type Error = String;

    fn try_from(pin: u8) -> Result<Self, String> {
        match pin {
            2 => Ok(Pin::Two),
            5 => Ok(Pin::Five),
            _ => Err(format!("pin = {pin}: a drawer is on pin 2 or on pin 5")),
        }
    }
}

impl From<Pin> for u8 {
    fn from(pin: Pin) -> u8 {
        match pin {
            Pin::Two => 2,
            Pin::Five => 5,
        }
    }
}

impl Pulse {
    /// Times from 2 to 510 ms, counted in steps of 2 ms.
    pub fn new(pin: Pin, on_ms: u16, off_ms: u16) -> Option<Pulse> {
        let steps = |time_ms: u16| u8::try_from(time_ms / 2).ok().filter(|steps| *steps > 0);
        Some(Pulse { pin, on_steps: steps(on_ms)?, off_steps: steps(off_ms)? })
    }

    fn connector(self) -> u8 {
        match self.pin {
            Pin::Two => 0,
            Pin::Five => 1,
        }
    }

    fn command(self) -> [u8; 5] {
        command::pulse(self.connector(), self.on_steps, self.off_steps)
    }

    fn command_at_once(self) -> [u8; 5] {
        command::pulse_at_once(self.connector(), self.on_steps.div_ceil(50).clamp(1, 8))
    }
}

/// What the drawer's switch does to pin 3 of the connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensor {
    /// It is not wired, or the printer cannot be asked.
    #[default]
    None,
    /// High while the drawer is open.
    HighWhenOpen,
    /// Low while the drawer is open.
    LowWhenOpen,
}

impl Sensor {
    fn is_open(self, is_pin_high: bool) -> bool {
        is_pin_high == (self == Sensor::HighWhenOpen)
    }
}

/// A drawer on a printer's wire.
pub struct PrinterDrawer {
    transport: SharedTransport,
    pulse: Pulse,
    sensor: Sensor,
    questions: Questions,
    name: String,
}

impl PrinterDrawer {
    /// A drawer on the printer at the end of that wire.
    pub fn new(transport: SharedTransport, pulse: Pulse, sensor: Sensor, questions: Questions) -> PrinterDrawer {
        let wire = transport.lock().unwrap_or_else(std::sync::PoisonError::into_inner).name();
        PrinterDrawer { transport, pulse, sensor, questions, name: format!("drawer on {wire}") }
    }

    fn open_and_look(&self, printer: &mut Dialogue<'_>) -> Result<(), DeviceError> {
        let is_ready = printer.status()?.problem().is_none();
        let command = if is_ready { self.pulse.command() } else { self.pulse.command_at_once() };
        if self.sensor == Sensor::None {
            printer.write(&command)?;
            // One more answer: it is still there, so it has heard the pulse.
            return printer.status().map(drop);
        }
        for attempt in 1..=TRIES {
            printer.write(&command)?;
            for _ in 0..LOOKS {
                printer.wait(LOOK_EVERY)?;
                if self.sensor.is_open(printer.status()?.is_drawer_pin_high) {
                    return Ok(());
                }
            }
            tracing::warn!(drawer = self.name, attempt, "the drawer did not open");
        }
        let message = format!(
            "It did not open after {TRIES} pulses. Check its cable, or set a longer on_ms in the device settings."
        );
        Err(error(&self.name, DeviceErrorKind::Failure, message))
    }
}

impl CashDrawer for PrinterDrawer {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn open_drawer(&mut self) -> Result<(), DeviceError> {
        with_claim(&self.transport, |transport| match self.questions {
            Questions::Never => transport.write(&self.pulse.command()),
            Questions::Ask { answer_timeout, .. } => self.open_and_look(&mut Dialogue::new(transport, answer_timeout)),
        })
        .map_err(|problem| advised(problem, "If the drawer is shut, open it with its key."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::MemoryTransport;
    use std::sync::{Arc, Mutex};

    const ASK: Questions =
        Questions::Ask { answer_timeout: Duration::from_millis(20), job_timeout: Duration::from_millis(20) };

    fn open(pulse: Pulse, sensor: Sensor, questions: Questions, answers: &[u8]) -> (Result<(), DeviceError>, Vec<u8>) {
        let wire = Arc::new(Mutex::new(MemoryTransport::default()));
        wire.lock().unwrap().answers.extend(answers);
        let opened = PrinterDrawer::new(wire.clone(), pulse, sensor, questions).open_drawer();
        let mut sent = wire.lock().unwrap().sent();
        // The questions are not what these tests are about.
        while let Some(at) = sent.windows(2).position(|pair| pair == [0x10, 0x04]) {
            sent.drain(at..at + 3);
        }
        (opened, sent)
    }

    #[test]
    fn pin_and_times_are_settings() {
        let pulse = Pulse::new(Pin::Two, 120, 240).unwrap();
        assert_eq!(open(pulse, Sensor::None, Questions::Never, &[]), (Ok(()), b"\x1bp\x00\x3c\x78".to_vec()));
        let pulse = Pulse::new(Pin::Five, 510, 2).unwrap();
        assert_eq!(open(pulse, Sensor::None, Questions::Never, &[]), (Ok(()), b"\x1bp\x01\xff\x01".to_vec()));
        assert_eq!(Pulse::new(Pin::Two, 0, 240), None);
        assert_eq!(Pulse::new(Pin::Two, 120, 512), None);
    }

    #[test]
    fn without_paper_the_drawer_opens_all_the_same() {
        let pulse = Pulse::new(Pin::Two, 120, 240).unwrap();
        let answers = [0x1a, 0x32, 0x12, 0x72, 0x1a, 0x32, 0x12, 0x72];
        assert_eq!(open(pulse, Sensor::None, ASK, &answers), (Ok(()), vec![0x10, 0x14, 1, 0, 2]));
    }
}

//! What a printer says of itself: offline, cover, paper, knife, drawer.
//!
//! Two questions exist. `DLE EOT n` is answered at once, even by a printer that stopped: it explains. `GS r 1` is
//! answered in its turn, after everything sent before it was processed: it confirms. So a job that ends with `GS r 1`
//! and gets its answer is on the paper, and a printer that went silent can still be asked why.

use crate::escpos::command;
use crate::transport::{Transport, error};
use pos_api::port::{DeviceError, DeviceErrorKind};
use std::time::{Duration, Instant};

/// How long to look for a confirmation before asking what holds the printer up.
const PATIENCE: Duration = Duration::from_millis(500);

/// A printer's answers to `DLE EOT 1` to `4`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrinterStatus {
    /// It does not print now.
    pub is_offline: bool,
    /// Its cover is open.
    pub is_cover_open: bool,
    /// The roll is at its end.
    pub is_paper_out: bool,
    /// The roll will soon be at its end.
    pub is_paper_low: bool,
    /// Knife, head or something else needs a person.
    pub has_error: bool,
    /// Level of the drawer connector's pin 3; what it means depends on the drawer.
    pub is_drawer_pin_high: bool,
}

impl PrinterStatus {
    /// Reads the four answers, in the order 1 to 4: printer, cause of being offline, cause of the error, paper.
    pub fn from_answers([printer, offline, error, paper]: [u8; 4]) -> PrinterStatus {
        PrinterStatus {
            is_drawer_pin_high: printer & 0x04 != 0,
            is_offline: printer & 0x08 != 0,
            is_cover_open: offline & 0x04 != 0,
            is_paper_out: offline & 0x20 != 0 || paper & 0x60 != 0,
            has_error: offline & 0x40 != 0 || error & 0x28 != 0,
            is_paper_low: paper & 0x0c != 0,
        }
    }

    /// What keeps it from printing, and what to do about it.
    pub fn problem(self) -> Option<(DeviceErrorKind, &'static str)> {
        let PrinterStatus {
            is_offline,
            is_cover_open,
            is_paper_out,
            is_paper_low: _,
            has_error,
            is_drawer_pin_high: _,
        } = self;
        if is_cover_open {
            Some((DeviceErrorKind::CoverOpen, "Its cover is open. Close it."))
        } else if is_paper_out {
            Some((DeviceErrorKind::PaperOut, "It is out of paper. Put a new roll in."))
        } else if has_error {
            let message = "It reports a fault of its knife or head. Clear the paper way, switch it off and on.";
            Some((DeviceErrorKind::Failure, message))
        } else if is_offline {
            Some((DeviceErrorKind::Offline, "It is offline. Press its online or feed button."))
        } else {
            None
        }
    }
}

/// Questions to a claimed printer.
pub(crate) struct Dialogue<'a> {
    transport: &'a mut dyn Transport,
    answer_timeout: Duration,
    /// An answer to `GS r` was among what came in.
    is_confirmed: bool,
}

impl<'a> Dialogue<'a> {
    pub(crate) fn new(transport: &'a mut dyn Transport, answer_timeout: Duration) -> Self {
        Dialogue { transport, answer_timeout, is_confirmed: false }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), DeviceError> {
        self.transport.write(bytes)
    }

    /// Asks for everything.
    pub(crate) fn status(&mut self) -> Result<PrinterStatus, DeviceError> {
        let mut answers = [0; 4];
        for (answer, kind) in answers.iter_mut().zip(1..) {
            self.transport.write(&command::transmit_status_at_once(kind))?;
            *answer = self.answer()?;
        }
        let status = PrinterStatus::from_answers(answers);
        if status.is_paper_low {
            tracing::warn!(device = self.transport.name(), "the paper roll is nearly at its end");
        }
        Ok(status)
    }

    /// An error if it cannot print now.
    pub(crate) fn expect_ready(&mut self) -> Result<(), DeviceError> {
        match self.status()?.problem() {
            Some((kind, message)) => Err(error(&self.transport.name(), kind, message)),
            None => Ok(()),
        }
    }

    fn answer(&mut self) -> Result<u8, DeviceError> {
        let deadline = Instant::now() + self.answer_timeout;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            // Bits 0, 1, 4 and 7 mark an answer to DLE EOT; a printer may send other things unasked.
            match self.transport.read_byte(left)? {
                Some(byte) if byte & 0b1001_0011 == 0b0001_0010 => return Ok(byte),
                Some(byte) => self.is_confirmed |= is_confirmation(byte),
                None => break,
            }
        }
        let message = "It does not answer questions about its status. Switch it off and on; if it never answers, set status = false in the device settings.";
        Err(error(&self.transport.name(), DeviceErrorKind::Timeout, message))
    }

    /// Returns when everything sent so far was processed.
    pub(crate) fn confirm(&mut self, timeout: Duration) -> Result<(), DeviceError> {
        self.is_confirmed = false;
        self.transport.write(command::TRANSMIT_PAPER_STATUS)?;
        let deadline = Instant::now() + timeout;
        while !self.is_confirmed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = "It took the job and did not say that it is done, so look at the paper.";
                return Err(error(&self.transport.name(), DeviceErrorKind::Timeout, message));
            }
            match self.transport.read_byte(left.min(PATIENCE))? {
                Some(byte) => self.is_confirmed |= is_confirmation(byte),
                None => self.expect_ready()?,
            }
        }
        Ok(())
    }

    /// Lets some time pass, listening.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), DeviceError> {
        let deadline = Instant::now() + time;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            if self.transport.read_byte(left)?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// Bits 4 and 7 of an answer to `GS r` are clear.
fn is_confirmation(byte: u8) -> bool {
    byte & 0b1001_0000 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(answers: [u8; 4]) -> Option<DeviceErrorKind> {
        PrinterStatus::from_answers(answers).problem().map(|(kind, _)| kind)
    }

    #[test]
    fn a_printers_answers_are_understood() {
        assert_eq!(problem([0x12; 4]), None);
        assert_eq!(problem([0x1a, 0x16, 0x12, 0x12]), Some(DeviceErrorKind::CoverOpen));
        assert_eq!(problem([0x1a, 0x32, 0x12, 0x72]), Some(DeviceErrorKind::PaperOut));
        assert_eq!(problem([0x1a, 0x52, 0x1a, 0x12]), Some(DeviceErrorKind::Failure));
        assert_eq!(problem([0x1a, 0x12, 0x12, 0x12]), Some(DeviceErrorKind::Offline));
        let low = PrinterStatus::from_answers([0x16, 0x12, 0x12, 0x1e]);
        assert!(low.is_paper_low && low.is_drawer_pin_high && low.problem().is_none());
    }
}

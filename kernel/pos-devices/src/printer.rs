//! A receipt printer that speaks ESC/POS over any wire.

use crate::escpos;
use crate::profile::PrinterProfile;
use crate::status::Dialogue;
use crate::transport::{SharedTransport, advised, with_claim};
use pos_api::port::{DeviceError, ReceiptPrinter};
use pos_domain::receipt::Receipt;
use std::time::Duration;

/// Whether a printer is asked how it is, and how long to wait for what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Questions {
    /// Before a job, to refuse it; after, to know it is on the paper.
    Ask {
        /// For an answer that is given at once.
        answer_timeout: Duration,
        /// For a job to be printed.
        job_timeout: Duration,
    },
    /// It cannot answer (a file, a print server), so what it took counts as printed.
    Never,
}

/// A receipt printer.
pub struct EscPosPrinter {
    transport: SharedTransport,
    profile: PrinterProfile,
    questions: Questions,
    name: String,
}

impl EscPosPrinter {
    /// A printer at the end of that wire.
    pub fn new(transport: SharedTransport, profile: PrinterProfile, questions: Questions) -> EscPosPrinter {
        let wire = transport.lock().unwrap_or_else(std::sync::PoisonError::into_inner).name();
        let name = format!("{wire} ({})", profile.name);
        EscPosPrinter { transport, profile, questions, name }
    }
}

impl ReceiptPrinter for EscPosPrinter {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn print(&mut self, receipt: &Receipt) -> Result<u64, DeviceError> {
        let job = escpos::encode(receipt, &self.profile);
        with_claim(&self.transport, |transport| match self.questions {
            Questions::Never => transport.write(&job),
            Questions::Ask { answer_timeout, job_timeout } => {
                let mut printer = Dialogue::new(transport, answer_timeout);
                printer.expect_ready()?;
                printer.write(&job)?;
                printer.confirm(job_timeout)
            }
        })
        .map_err(|problem| advised(problem, "If the receipt is missing or cut off, print a copy."))?;
        tracing::debug!(printer = self.name, bytes = job.len(), "printed");
        Ok(job.len() as u64)
    }
}

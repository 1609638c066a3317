//! A wire that ends in memory, for tests and previews.

use super::{Transport, error};
use pos_api::port::{DeviceError, DeviceErrorKind};
use std::collections::VecDeque;
use std::time::Duration;

/// Keeps what was sent and answers what it was told to.
#[derive(Debug, Default)]
pub struct MemoryTransport {
    /// Every job's bytes.
    pub jobs: Vec<Vec<u8>>,
    /// Bytes the device will send.
    pub answers: VecDeque<u8>,
    claimed: bool,
}

impl MemoryTransport {
    /// All jobs, one after the other, as they lie on the paper.
    pub fn sent(&self) -> Vec<u8> {
        self.jobs.concat()
    }
}

impl Transport for MemoryTransport {
    fn name(&self) -> String {
        "printer in memory".to_owned()
    }

    fn claim(&mut self) -> Result<(), DeviceError> {
        self.claimed = true;
        self.jobs.push(Vec::new());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DeviceError> {
        match self.jobs.last_mut().filter(|_| self.claimed) {
            Some(job) => job.extend(bytes),
            None => return Err(error(&self.name(), DeviceErrorKind::Closed, "Nobody has claimed it.")),
        }
        Ok(())
    }

    fn read_byte(&mut self, _timeout: Duration) -> Result<Option<u8>, DeviceError> {
        Ok(self.answers.pop_front())
    }

    fn release(&mut self) -> Result<(), DeviceError> {
        self.claimed = false;
        Ok(())
    }
}

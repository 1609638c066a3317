//! The wire to a device: bytes out, now and then a byte back.
//!
//! A drawer hangs on its printer's cable, so both share one [`Transport`] behind a lock ([`SharedTransport`]). UnifiedPOS
//! has a device *opened* (it is known: the value exists), *claimed* (nobody else has it) and *enabled* (it is ready). Here
//! a claim lasts for one job, from [`claim`](Transport::claim) to [`release`](Transport::release): a network printer
//! serves one connection at a time, so an idle register must not keep another from printing, and a printer switched
//! off and on in between needs no special case. "Enabled" is what the printer's status says at the start of a job.

mod file;
mod memory;
mod tcp;

pub use file::{FileTransport, Jobs};
pub use memory::MemoryTransport;
pub use tcp::{TcpTimeouts, TcpTransport};

use pos_api::port::{DeviceError, DeviceErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A wire to a device.
pub trait Transport: Send {
    /// Name for people and logs: `printer tcp://10.0.0.9:9100`.
    fn name(&self) -> String;
    /// Takes the device for one job. A claim left over is given up first.
    fn claim(&mut self) -> Result<(), DeviceError>;
    /// Sends all of it; an error ends the claim.
    fn write(&mut self, bytes: &[u8]) -> Result<(), DeviceError>;
    /// The next byte the device sent; none if there was none in time. An error ends the claim.
    fn read_byte(&mut self, timeout: Duration) -> Result<Option<u8>, DeviceError>;
    /// Ends the job: what was written is delivered, the device free for others.
    fn release(&mut self) -> Result<(), DeviceError>;
}

/// One wire, used by printer and drawer in turn.
pub type SharedTransport = Arc<Mutex<dyn Transport>>;

/// Does one job on the wire, between claim and release.
pub(crate) fn with_claim<T>(
    transport: &SharedTransport,
    work: impl FnOnce(&mut dyn Transport) -> Result<T, DeviceError>,
) -> Result<T, DeviceError> {
    // A panic in an earlier job leaves at worst a stale claim, which the next claim gives up.
    let mut transport = transport.lock().unwrap_or_else(PoisonError::into_inner);
    transport.claim()?;
    let done = work(&mut *transport);
    let released = transport.release();
    // The first error says more than what follows from it.
    done.and_then(|value| released.map(|()| value))
}

/// The same problem with what to do besides: a wire does not know what it carries.
pub(crate) fn advised(problem: DeviceError, advice: &str) -> DeviceError {
    let DeviceError { device, kind, message } = problem;
    DeviceError { device, kind, message: format!("{message} {advice}") }
}

pub(crate) fn error(device: &str, kind: DeviceErrorKind, message: impl Into<String>) -> DeviceError {
    DeviceError { device: device.to_owned(), kind, message: message.into() }
}

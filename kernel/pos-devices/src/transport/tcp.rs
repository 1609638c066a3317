//! A wire over the network, to port 9100 of a printer ("raw", "JetDirect").
//!
//! Every wait has an end: for the connection, for a whole job to be taken, for an answer. What a printer took is not yet
//! printed: without a status question at the end of a job (see [`crate::EscPosPrinter`]) its loss shows only if the
//! connection breaks while the job is being sent or released.

use super::{Transport, error};
use pos_api::port::{DeviceError, DeviceErrorKind};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long a release waits for the printer to say that it has read everything.
const RELEASE_TIMEOUT: Duration = Duration::from_millis(250);

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpTimeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a whole job to be taken.
    pub write: Duration,
}

/// A network printer's port. An address in digits is better than a name: a name server that is away may take long to
/// say so, and no timeout of ours ends that wait.
#[derive(Debug)]
pub struct TcpTransport {
    address: String,
    timeouts: TcpTimeouts,
    /// The connection is the claim.
    claim: Option<TcpStream>,
}

impl TcpTransport {
    /// The address is `host:port`. It is not connected to before the first job.
    pub fn new(address: impl Into<String>, timeouts: TcpTimeouts) -> TcpTransport {
        TcpTransport { address: address.into(), timeouts, claim: None }
    }

    fn connect(&self) -> Result<TcpStream, DeviceError> {
        let addresses: Vec<SocketAddr> = match self.address.to_socket_addrs() {
            Ok(addresses) => addresses.collect(),
            Err(cause) => return Err(self.offline(format!("The address is not known: {cause}."))),
        };
        let mut problem = "The address is not known.".to_owned();
        for address in addresses {
            match TcpStream::connect_timeout(&address, self.timeouts.connect) {
                Ok(stream) => return Ok(stream),
                Err(cause) if is_timeout(cause.kind()) => problem = "It does not answer.".to_owned(),
                Err(cause) if cause.kind() == ErrorKind::ConnectionRefused => {
                    problem = "It refuses the connection.".to_owned();
                }
                Err(cause) => problem = format!("It cannot be reached: {cause}."),
            }
        }
        Err(self.offline(problem))
    }

    fn offline(&self, problem: String) -> DeviceError {
        let message = format!("{problem} Check that the printer is on and its cable in.");
        error(&self.name(), DeviceErrorKind::Offline, message)
    }

    fn not_claimed(&self) -> DeviceError {
        error(&self.name(), DeviceErrorKind::Closed, "There is no connection.")
    }

    fn cut_off(&self, sent: usize, total: usize) -> DeviceError {
        let problem = format!("The connection broke after {sent} of {total} bytes.");
        self.offline(problem)
    }

    /// Sends before the deadline, or says how far it came.
    fn write_before(&self, stream: &mut TcpStream, bytes: &[u8], deadline: Instant) -> Result<(), DeviceError> {
        let mut sent = 0;
        while sent < bytes.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            let timed_out = || {
                let total = bytes.len();
                let message = format!("It stopped taking data after {sent} of {total} bytes. Check paper and cover.");
                Err(error(&self.name(), DeviceErrorKind::Timeout, message))
            };
            if left.is_zero() {
                return timed_out();
            }
            let written = stream.set_write_timeout(Some(left)).and_then(|()| stream.write(&bytes[sent..]));
            match written {
                Ok(0) => return Err(self.cut_off(sent, bytes.len())),
                Ok(count) => sent += count,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) if is_timeout(cause.kind()) => return timed_out(),
                Err(_) => return Err(self.cut_off(sent, bytes.len())),
            }
        }
        Ok(())
    }

    /// Says "no more" and waits a moment for the printer to say the same: closing at once would throw away what it has
    /// not read yet.
    fn hang_up(stream: &mut TcpStream) -> std::io::Result<()> {
        stream.shutdown(Shutdown::Write)?;
        let deadline = Instant::now() + RELEASE_TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(&mut [0; 64]) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(cause) if is_timeout(cause.kind()) => return Ok(()),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
    }
}

/// Both names systems have for it.
fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Transport for TcpTransport {
    fn name(&self) -> String {
        format!("printer tcp://{}", self.address)
    }

    fn claim(&mut self) -> Result<(), DeviceError> {
        self.claim = None;
        let stream = self.connect()?;
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(device = self.name(), %cause, "small packets may be delayed");
        }
        self.claim = Some(stream);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DeviceError> {
        let mut stream = self.claim.take().ok_or_else(|| self.not_claimed())?;
        self.write_before(&mut stream, bytes, Instant::now() + self.timeouts.write)?;
        self.claim = Some(stream);
        Ok(())
    }

    fn read_byte(&mut self, timeout: Duration) -> Result<Option<u8>, DeviceError> {
        let mut stream = self.claim.take().ok_or_else(|| self.not_claimed())?;
        let mut byte = [0];
        // Zero would mean for ever.
        let timeout = timeout.max(Duration::from_millis(1));
        let found = match stream.set_read_timeout(Some(timeout)).and_then(|()| stream.read(&mut byte)) {
            Ok(0) => return Err(self.offline("It closed the connection.".to_owned())),
            Ok(_) => Some(byte[0]),
            Err(cause) if is_timeout(cause.kind()) || cause.kind() == ErrorKind::Interrupted => None,
            Err(cause) => return Err(self.offline(format!("The connection broke: {cause}."))),
        };
        self.claim = Some(stream);
        Ok(found)
    }

    fn release(&mut self) -> Result<(), DeviceError> {
        let Some(mut stream) = self.claim.take() else { return Ok(()) };
        TcpTransport::hang_up(&mut stream).map_err(|cause| {
            self.offline(format!("The connection broke before the printer had read everything: {cause}."))
        })
    }
}

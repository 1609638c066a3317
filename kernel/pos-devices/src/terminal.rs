//! Payment terminals: one that is simulated, and one behind a wire.
//!
//! The wire is made for bridges: small programs that know a maker's protocol (ZVT, nexo, OPI) on one side and speak lines of
//! JSON on the other. Each connection carries one question and its answer:
//!
//! ```text
//! > {"pay":{"id":"0198…/1","direction":"charge","amount":1250,"currency":"EUR",…}}
//! < {"approved":{"amount":1250,"scheme":"Visa","last_four":"1234","code":"004711"}}
//! ```
//!
//! Questions are `pay`, `status` and `reverse`; answers those of [`TerminalAnswer`]. Three things are asked of whoever
//! answers: a payment's id is carried out once, however often it is asked for; a payment that was reversed stays reversed,
//! also if its request arrives only afterwards; a card's number is never said.

mod server;
mod simulated;

pub use server::TerminalServer;
pub use simulated::{Fault, SimulatedTerminal, Simulator};

use crate::transport::error;
use pos_api::port::{DeviceError, DeviceErrorKind, PaymentTerminal, TerminalAnswer, TerminalRequest};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Longest answer, in bytes.
const ANSWER_MAX: usize = 64 * 1024;
/// How often a wait looks whether it was given up.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalTimeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a customer to pay.
    pub pay: Duration,
    /// For any other answer.
    pub answer: Duration,
}

/// A terminal, or its bridge, in the network.
#[derive(Debug)]
pub struct TcpTerminal {
    address: String,
    timeouts: TerminalTimeouts,
}

impl TcpTerminal {
    /// The address is `host:port`. It is connected to for each question.
    pub fn new(address: impl Into<String>, timeouts: TerminalTimeouts) -> TcpTerminal {
        TcpTerminal { address: address.into(), timeouts }
    }

    fn connect(&self) -> Result<TcpStream, DeviceError> {
        let addresses = self.address.to_socket_addrs();
        let addresses = addresses.map_err(|cause| self.offline(&format!("Its address is not known: {cause}.")))?;
        let mut problem = "Its address is not known.".to_owned();
        for address in addresses {
            match TcpStream::connect_timeout(&address, self.timeouts.connect) {
                Ok(stream) => return Ok(stream),
                Err(cause) => problem = format!("It cannot be reached: {cause}."),
            }
        }
        Err(self.offline(&problem))
    }

    fn offline(&self, problem: &str) -> DeviceError {
        let message = format!("{problem} Check that the terminal is on and its cable in.");
        error(&self.name(), DeviceErrorKind::Offline, message)
    }

    /// The line it answers with.
    fn read_line(
        &self,
        stream: &mut TcpStream,
        deadline: Instant,
        given_up: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, DeviceError> {
        let mut line = Vec::new();
        let mut bytes = [0; 1024];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || given_up() {
                let problem = if left.is_zero() { "It did not answer in time." } else { "Nobody waits any more." };
                return Err(error(&self.name(), DeviceErrorKind::Timeout, problem));
            }
            let read = stream.set_read_timeout(Some(left.min(LOOK_EVERY))).and_then(|()| stream.read(&mut bytes));
            match read {
                Ok(0) => return Err(self.offline("The connection broke before the answer.")),
                Ok(count) => line.extend_from_slice(&bytes[..count]),
                Err(cause)
                    if matches!(cause.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                }
                Err(cause) => return Err(self.offline(&format!("The connection broke before the answer: {cause}."))),
            }
            if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                line.truncate(end);
                return Ok(line);
            }
            if line.len() > ANSWER_MAX {
                return Err(error(&self.name(), DeviceErrorKind::Failure, "Its answer has no end."));
            }
        }
    }
}

impl PaymentTerminal for TcpTerminal {
    fn name(&self) -> String {
        format!("terminal tcp://{}", self.address)
    }

    fn ask(&mut self, request: &TerminalRequest, given_up: &dyn Fn() -> bool) -> Result<TerminalAnswer, DeviceError> {
        let (patience, given_up): (_, &dyn Fn() -> bool) = match request {
            TerminalRequest::Pay(_) => (self.timeouts.pay, given_up),
            // Asked because it was given up.
            TerminalRequest::Status(_) | TerminalRequest::Reverse(_) => (self.timeouts.answer, &|| false),
        };
        let failed = |cause: String| error(&self.name(), DeviceErrorKind::Failure, cause);
        let mut line = serde_json::to_vec(request).map_err(|cause| failed(cause.to_string()))?;
        line.push(b'\n');
        let mut stream = self.connect()?;
        let sent = stream.set_write_timeout(Some(self.timeouts.answer)).and_then(|()| stream.write_all(&line));
        sent.map_err(|cause| self.offline(&format!("The connection broke: {cause}.")))?;
        let answer = self.read_line(&mut stream, Instant::now() + patience, given_up)?;
        serde_json::from_slice(&answer).map_err(|cause| failed(format!("Its answer was not understood: {cause}.")))
    }
}

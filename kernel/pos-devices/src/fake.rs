//! A network printer that can be told to fail, on a port of this machine: for tests, and to see what a shop would see.
//!
//! It behaves like the small computers in printers do: one connection at a time, `DLE EOT` answered at once, `GS r` in
//! its turn, and no answer to `GS r` while it is out of paper or open.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It goes dead after that many bytes of a connection.
    DiesAfter(usize),
    /// It is out of paper after that many bytes of a connection.
    PaperOutAfter(usize),
    /// Its cover is open.
    CoverOpen,
    /// It prints and answers nothing.
    NeverAnswers,
    /// It accepts a connection and then reads nothing.
    Stalls,
}

/// How often a waiting printer looks whether it is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Default)]
struct State {
    fault: Fault,
    is_drawer_open: bool,
    pulses_until_open: u32,
    received: Vec<u8>,
    connections: u32,
    is_stopped: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A printer on `127.0.0.1`; it goes away when dropped.
pub struct FakePrinter {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl FakePrinter {
    /// Starts it on a free port.
    pub fn start(fault: Fault) -> io::Result<FakePrinter> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        shared.state().fault = fault;
        let thread = std::thread::Builder::new().name("fake printer".to_owned()).spawn({
            let shared = shared.clone();
            move || serve(&listener, &shared)
        })?;
        Ok(FakePrinter { address, shared, thread: Some(thread) })
    }

    /// An address where nobody listens.
    pub fn nobody() -> io::Result<String> {
        TcpListener::bind(("127.0.0.1", 0))?.local_addr().map(|address| address.to_string())
    }

    /// `127.0.0.1:40123`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From the next connection on.
    pub fn set_fault(&self, fault: Fault) {
        self.shared.state().fault = fault;
    }

    /// A drawer whose magnet moves at the n-th pulse only; pin 3 is high while it is open.
    pub fn set_pulses_until_open(&self, pulses: u32) {
        self.shared.state().pulses_until_open = pulses;
    }

    /// Everything it read, of all connections.
    pub fn received(&self) -> Vec<u8> {
        self.shared.state().received.clone()
    }

    /// Connections it had.
    pub fn connections(&self) -> u32 {
        self.shared.state().connections
    }
}

impl Drop for FakePrinter {
    fn drop(&mut self) {
        self.shared.state().is_stopped = true;
        self.shared.changed.notify_all();
        // Wakes it where it waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the fake printer panicked");
        }
    }
}

fn serve(listener: &TcpListener, shared: &Shared) {
    for connection in listener.incoming() {
        let fault = {
            let mut state = shared.state();
            if state.is_stopped {
                return;
            }
            state.connections += 1;
            state.fault
        };
        let served =
            connection.and_then(|stream| Connection { stream, shared, fault, tail: Vec::new(), read: 0 }.run());
        if let Err(problem) = served {
            tracing::debug!(%problem, "a connection to the fake printer broke");
        }
    }
}

struct Connection<'a> {
    stream: TcpStream,
    shared: &'a Shared,
    fault: Fault,
    /// The last bytes, in which commands are looked for.
    tail: Vec<u8>,
    read: usize,
}

impl Connection<'_> {
    fn run(mut self) -> io::Result<()> {
        self.stream.set_read_timeout(Some(LOOK_EVERY))?;
        self.stream.set_nodelay(true)?;
        let mut buffer = [0; 512];
        while !self.shared.state().is_stopped {
            if self.fault == Fault::Stalls {
                let state = self.shared.state();
                drop(self.shared.changed.wait_timeout(state, LOOK_EVERY));
                continue;
            }
            // A dying printer must not have read what it did not live to see.
            let room = match self.fault {
                Fault::DiesAfter(bytes) => bytes.saturating_sub(self.read).min(buffer.len()),
                _ => buffer.len(),
            };
            if room == 0 {
                return Ok(());
            }
            match self.stream.read(&mut buffer[..room]) {
                Ok(0) => return Ok(()),
                Ok(count) => buffer[..count].iter().try_for_each(|byte| self.byte(*byte))?,
                Err(cause) if matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> io::Result<()> {
        self.read += 1;
        self.tail.push(byte);
        self.tail.drain(..self.tail.len().saturating_sub(5));
        let answer = {
            let mut state = self.shared.state();
            state.received.push(byte);
            match self.tail.as_slice() {
                [.., 0x1b, b'p', _, _, _] | [0x10, 0x14, 1, _, _] => {
                    state.pulses_until_open = state.pulses_until_open.saturating_sub(1);
                    state.is_drawer_open = state.pulses_until_open == 0;
                    None
                }
                [.., 0x10, 0x04, kind @ 1..=4] => Some(self.answer(*kind, state.is_drawer_open)),
                [.., 0x1d, b'r', 1] => self.is_ready().then_some(0),
                _ => None,
            }
        };
        match answer.filter(|_| self.fault != Fault::NeverAnswers) {
            Some(answer) => self.stream.write_all(&[answer]),
            None => Ok(()),
        }
    }

    fn is_paper_out(&self) -> bool {
        matches!(self.fault, Fault::PaperOutAfter(bytes) if self.read > bytes)
    }

    fn is_ready(&self) -> bool {
        !self.is_paper_out() && self.fault != Fault::CoverOpen
    }

    fn answer(&self, kind: u8, is_drawer_open: bool) -> u8 {
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let [is_paper_out, is_cover_open] = [self.is_paper_out(), self.fault == Fault::CoverOpen];
        0x12 | match kind {
            1 => bit(!self.is_ready(), 0x08) | bit(is_drawer_open, 0x04),
            2 => bit(is_cover_open, 0x04) | bit(is_paper_out, 0x20),
            4 => bit(is_paper_out, 0x60),
            _ => 0,
        }
    }
}

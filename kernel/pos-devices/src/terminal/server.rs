//! A simulated terminal on a port of this machine, for programs that are killed and come back.

use super::simulated::{Fault, Simulator};
use pos_api::port::TerminalRequest;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longest wait for a question.
const PATIENCE: Duration = Duration::from_secs(10);

/// The server; it goes away when dropped.
pub struct TerminalServer {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TerminalServer {
    /// Starts it on a free port.
    pub fn start(
        simulator: Simulator,
        fault: impl FnMut(&TerminalRequest) -> Fault + Send + 'static,
    ) -> std::io::Result<TerminalServer> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let stopped = Arc::<AtomicBool>::default();
        let thread = std::thread::Builder::new().name("simulated terminal".to_owned()).spawn({
            let stopped = Arc::clone(&stopped);
            move || serve(&listener, &simulator, fault, &stopped)
        })?;
        Ok(TerminalServer { address, stopped, thread: Some(thread) })
    }

    /// Where it listens: `127.0.0.1:40123`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for TerminalServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes it up; where that fails it has ended already.
        TcpStream::connect(self.address).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn serve(
    listener: &TcpListener,
    simulator: &Simulator,
    mut fault: impl FnMut(&TerminalRequest) -> Fault,
    stopped: &AtomicBool,
) {
    for stream in listener.incoming() {
        if stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if let Err(problem) = answer(stream, simulator, &mut fault) {
            tracing::debug!("a question was not answered: {problem}");
        }
    }
}

fn answer(
    mut stream: TcpStream,
    simulator: &Simulator,
    fault: &mut dyn FnMut(&TerminalRequest) -> Fault,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut line)?;
    let request: TerminalRequest = serde_json::from_str(&line).map_err(std::io::Error::other)?;
    let chosen = fault(&request);
    // Silence is a connection that breaks.
    let Ok(answer) = simulator.answer(&request, chosen) else { return Ok(()) };
    let mut line = serde_json::to_vec(&answer).map_err(std::io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line)
}

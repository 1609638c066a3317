//! The kernel on its own thread, behind a bounded channel.

use crate::dispatch::Kernel;
use crossbeam_channel::{Receiver, Select, Sender, TryRecvError, TrySendError, bounded};
use pos_api::{Envelope, Reply};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Payments that are not settled are asked about so often.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// Commands that may wait.
const WAITING_MAX: usize = 1_024;

/// A way to the kernel; cheap to clone.
#[derive(Clone)]
pub struct Commands {
    sender: Sender<(Envelope, Sender<Reply>)>,
}

/// The kernel did not take a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too many commands are waiting.
    #[error("the kernel is busy: too many commands are waiting")]
    Busy,
    /// It has ended.
    #[error("the kernel has ended")]
    Ended,
}

impl Commands {
    /// Hands a command over without waiting; the reply arrives on `replies`.
    pub fn send(&self, envelope: Envelope, replies: &Sender<Reply>) -> Result<(), Unavailable> {
        self.sender.try_send((envelope, replies.clone())).map_err(|error| match error {
            TrySendError::Full(_) => Unavailable::Busy,
            TrySendError::Disconnected(_) => Unavailable::Ended,
        })
    }

    /// Hands a command over and waits for its reply.
    pub fn call(&self, envelope: Envelope) -> Result<Reply, Unavailable> {
        let (replies, answer) = bounded(1);
        self.sender.send((envelope, replies)).map_err(|_| Unavailable::Ended)?;
        answer.recv().map_err(|_| Unavailable::Ended)
    }
}

/// The running kernel. Dropping it ends the thread after the commands already handed over.
pub struct KernelHandle {
    commands: Option<Commands>,
    thread: Option<JoinHandle<Kernel>>,
}

impl KernelHandle {
    /// Starts the dispatch thread. `changed` is called after every reply, from that thread (a screen asks to be redrawn).
    pub fn start(kernel: Kernel, changed: impl Fn() + Send + 'static) -> std::io::Result<KernelHandle> {
        let (sender, waiting) = bounded(WAITING_MAX);
        let thread =
            std::thread::Builder::new().name("pos-kernel".into()).spawn(move || run(kernel, &waiting, &changed))?;
        Ok(KernelHandle { commands: Some(Commands { sender }), thread: Some(thread) })
    }

    /// A way to send commands.
    pub fn commands(&self) -> Option<Commands> {
        self.commands.clone()
    }

    /// Ends the thread and gives the kernel back. Every clone of [`Commands`] must be gone, or this waits for them.
    pub fn finish(mut self) -> Option<Kernel> {
        self.commands = None;
        self.thread.take().and_then(|thread| thread.join().ok())
    }
}

fn run(mut kernel: Kernel, waiting: &Receiver<(Envelope, Sender<Reply>)>, changed: &dyn Fn()) -> Kernel {
    let answers = kernel.terminal_answers();
    let mut asked_again = Instant::now();
    loop {
        // Ready, not taken: the terminal's answers are the kernel's to take.
        let mut ready = Select::new();
        let command = ready.recv(waiting);
        if kernel.has_terminal() {
            ready.recv(&answers);
        }
        match ready.ready_timeout(ASK_AGAIN) {
            Ok(which) if which == command => match waiting.try_recv() {
                Ok((envelope, replies)) => {
                    let reply = kernel.handle(envelope);
                    // Whoever asked may have gone; the reply is kept under its command id.
                    if replies.send(reply).is_err() {
                        tracing::debug!("a reply found nobody waiting");
                    }
                    changed();
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return kernel,
            },
            Ok(_) => {
                kernel.hear_terminal();
                changed();
            }
            Err(_) => {}
        }
        if asked_again.elapsed() >= ASK_AGAIN {
            asked_again = Instant::now();
            if let Err(refusal) = kernel.ask_about_open_payments() {
                tracing::warn!("open payments could not be asked about: {refusal}");
            }
        }
    }
}

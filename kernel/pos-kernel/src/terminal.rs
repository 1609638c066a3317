//! The payment terminal on a thread of its own: the kernel hands over what to ask, and hears later.

use crossbeam_channel::{Receiver, Sender, bounded, never};
use pos_api::port::{DeviceError, PaymentTerminal, TerminalAnswer, TerminalRequest};
use pos_domain::payment::PaymentId;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Questions that may wait; what does not fit is asked the next time.
const WAITING_MAX: usize = 256;

/// What was asked, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// What was asked.
    pub(crate) request: TerminalRequest,
    /// What came of it; an error is silence.
    pub(crate) answer: Result<TerminalAnswer, DeviceError>,
}

/// The way to the terminal.
pub(crate) struct Terminal {
    requests: Option<Sender<TerminalRequest>>,
    answers: Receiver<Heard>,
    /// Payments nobody waits for any more.
    given_up: Arc<Mutex<Vec<PaymentId>>>,
    /// Asked and not heard of yet.
    asked: Vec<TerminalRequest>,
    thread: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Starts the thread. Without a terminal there is none.
    pub(crate) fn start(terminal: Option<Box<dyn PaymentTerminal>>) -> std::io::Result<Terminal> {
        let (answers_in, answers) = bounded(WAITING_MAX);
        let given_up = Arc::<Mutex<Vec<PaymentId>>>::default();
        let Some(terminal) = terminal else {
            return Ok(Terminal { requests: None, answers, given_up, asked: Vec::new(), thread: None });
        };
        let (requests, waiting) = bounded(WAITING_MAX);
        let thread = std::thread::Builder::new().name("pos-terminal".into()).spawn({
            let given_up = Arc::clone(&given_up);
            move || run(terminal, &waiting, &answers_in, &given_up)
        })?;
        Ok(Terminal { requests: Some(requests), answers, given_up, asked: Vec::new(), thread: Some(thread) })
    }

    /// Whether there is one.
    pub(crate) fn is_there(&self) -> bool {
        self.requests.is_some()
    }

    /// Asks, unless it is being asked about that payment already; false if it cannot be asked now.
    pub(crate) fn ask(&mut self, request: TerminalRequest) -> bool {
        let Some(requests) = &self.requests else { return false };
        if self.is_asked(request.payment()) {
            return true;
        }
        let is_taken = requests.try_send(request.clone()).is_ok();
        if is_taken {
            self.asked.push(request);
        }
        is_taken
    }

    /// Whether an answer about a payment is on its way.
    pub(crate) fn is_asked(&self, payment: PaymentId) -> bool {
        self.asked.iter().any(|request| request.payment() == payment)
    }

    /// Tells a driver that can that nobody waits for a payment any more.
    pub(crate) fn give_up(&self, payment: PaymentId) {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).push(payment);
    }

    /// Where answers arrive, for whoever waits for several things at once. What arrives is taken by [`Terminal::heard`].
    pub(crate) fn answers(&self) -> Receiver<Heard> {
        self.answers.clone()
    }

    /// What was heard, if anything.
    pub(crate) fn heard(&mut self) -> Option<Heard> {
        let heard = self.answers.try_recv().ok()?;
        Some(self.take(heard))
    }

    /// Waits for what is heard next; none if nothing was asked.
    pub(crate) fn wait(&mut self) -> Option<Heard> {
        if self.asked.is_empty() {
            return None;
        }
        let heard = self.answers.recv().ok()?;
        Some(self.take(heard))
    }

    fn take(&mut self, heard: Heard) -> Heard {
        self.asked.retain(|request| *request != heard.request);
        let payment = heard.request.payment();
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).retain(|given_up| *given_up != payment);
        heard
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.requests = None;
        self.answers = never();
        // Nobody waits any more, for anything.
        for request in &self.asked {
            self.give_up(request.payment());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the terminal's thread ended in a panic");
        }
    }
}

fn run(
    mut terminal: Box<dyn PaymentTerminal>,
    waiting: &Receiver<TerminalRequest>,
    answers: &Sender<Heard>,
    given_up: &Mutex<Vec<PaymentId>>,
) {
    for request in waiting {
        let payment = request.payment();
        let is_given_up = || given_up.lock().unwrap_or_else(PoisonError::into_inner).contains(&payment);
        let answer = terminal.ask(&request, &is_given_up);
        match &answer {
            Ok(answer) => tracing::info!(%payment, ?request, ?answer, "the terminal answered"),
            Err(error) => tracing::warn!(%payment, ?request, %error, "the terminal gave no answer"),
        }
        if answers.send(Heard { request, answer }).is_err() {
            tracing::debug!(%payment, "nobody hears the terminal any more");
        }
    }
}

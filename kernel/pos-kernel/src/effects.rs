//! What happens after the commit: paper and drawer, on a thread of their own.
//!
//! A failing device never holds up a sale: the job is reported as failed, the sale stands, the receipt can be printed
//! again as a numbered copy.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use pos_api::port::{DeviceError, Devices};
use pos_domain::ids::ReceiptNumber;
use pos_domain::receipt::Receipt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Jobs that may wait for a slow printer.
const WAITING_MAX: usize = 256;

/// One thing to do after a commit.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Print a receipt.
    Print {
        /// The transaction it is of; none for a report.
        number: Option<ReceiptNumber>,
        /// What it says.
        receipt: Receipt,
    },
    /// Open the drawer.
    OpenDrawer,
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectNews {
    /// A receipt was printed.
    Printed {
        /// Of which transaction; none for a report.
        number: Option<ReceiptNumber>,
        /// How many bytes went to the printer.
        bytes: u64,
    },
    /// A receipt was not printed; the sale stands.
    PrintFailed {
        /// Of which transaction; none for a report.
        number: Option<ReceiptNumber>,
        /// Why.
        error: DeviceError,
    },
    /// The drawer did not open.
    DrawerFailed {
        /// Why.
        error: DeviceError,
    },
}

/// Counts of what was done.
#[derive(Debug, Default)]
pub struct EffectCounts {
    /// Receipts printed.
    pub printed: AtomicU64,
    /// Bytes sent to the printer.
    pub bytes: AtomicU64,
    /// Times the drawer was opened.
    pub drawer: AtomicU64,
}

/// The effect thread.
pub struct Effects {
    jobs: Option<Sender<Effect>>,
    thread: Option<JoinHandle<()>>,
    /// What was done so far.
    pub counts: Arc<EffectCounts>,
}

impl Effects {
    /// Starts the thread. `news` hears of every job, from that thread.
    pub fn start(devices: Devices, news: impl Fn(EffectNews) + Send + 'static) -> std::io::Result<Effects> {
        let (jobs, waiting) = bounded(WAITING_MAX);
        let counts = Arc::new(EffectCounts::default());
        let thread = std::thread::Builder::new().name("pos-effects".into()).spawn({
            let counts = Arc::clone(&counts);
            move || run(devices, &waiting, &counts, &news)
        })?;
        Ok(Effects { jobs: Some(jobs), thread: Some(thread), counts })
    }

    /// Hands a job over without waiting. A full queue loses the job, not the sale, and says so in the log.
    pub fn perform(&self, effect: Effect) {
        let Some(jobs) = &self.jobs else { return };
        if let Err(TrySendError::Full(lost) | TrySendError::Disconnected(lost)) = jobs.try_send(effect) {
            tracing::error!(?lost, "the device queue is full: a receipt or drawer job was dropped, the sale stands");
        }
    }

    /// Waits for the jobs handed over so far and ends the thread.
    pub fn finish(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the device thread ended in a panic");
        }
    }
}

impl Drop for Effects {
    fn drop(&mut self) {
        self.finish();
    }
}

fn run(mut devices: Devices, waiting: &Receiver<Effect>, counts: &EffectCounts, news: &dyn Fn(EffectNews)) {
    for effect in waiting {
        match effect {
            Effect::Print { number, receipt } => {
                let Some(printer) = &mut devices.printer else { continue };
                match printer.print(&receipt) {
                    Ok(bytes) => {
                        counts.printed.fetch_add(1, Ordering::Relaxed);
                        counts.bytes.fetch_add(bytes, Ordering::Relaxed);
                        news(EffectNews::Printed { number, bytes });
                    }
                    Err(error) => {
                        tracing::warn!(?number, %error, "receipt not printed");
                        news(EffectNews::PrintFailed { number, error });
                    }
                }
            }
            Effect::OpenDrawer => {
                let Some(drawer) = &mut devices.drawer else { continue };
                match drawer.open_drawer() {
                    Ok(()) => {
                        counts.drawer.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "drawer not opened");
                        news(EffectNews::DrawerFailed { error });
                    }
                }
            }
        }
    }
}

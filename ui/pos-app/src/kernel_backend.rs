//! The kernel behind the register's screen: commands go over a bounded channel, replies and news are drained each frame.

use crossbeam_channel::{Receiver, Sender, bounded};
use pos_api::{Envelope, Reply};
use pos_kernel::dispatch::News;
use pos_kernel::effects::EffectNews;
use pos_kernel::handle::Commands;
use pos_kernel::{KernelHandle, RuleNews, Rules};
use pos_register::{Backend, Busy, Health, Indicator, Message, RegisterStatus, Severity, Wake};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More replies than commands can wait never pile up.
const REPLIES_MAX: usize = 4_096;

/// Wakes the screen once there is one; shared with the kernel's threads.
#[derive(Clone, Default)]
pub(crate) struct Waker(Arc<Mutex<Option<Wake>>>);

impl Waker {
    pub(crate) fn wake(&self) {
        if let Some(wake) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            wake.wake();
        }
    }

    fn set(&self, wake: Wake) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}

/// The kernel's side of the screen.
pub(crate) struct KernelBackend {
    commands: Commands,
    replies_in: Sender<Reply>,
    replies: Receiver<Reply>,
    news: Receiver<News>,
    rules: Arc<Rules>,
    waker: Waker,
    printer: Mutex<Option<String>>,
    /// What is stored is not what was written.
    damaged: AtomicBool,
    /// Called once a frame has been drawn.
    ready: Box<dyn Fn() + Send + Sync>,
    frames: AtomicU8,
    /// Baskets that changed although nobody asked.
    moved: Mutex<Vec<Reply>>,
}

impl KernelBackend {
    /// Takes the way to the kernel; none once it has ended.
    pub(crate) fn new(
        handle: &KernelHandle,
        news: Receiver<News>,
        rules: Arc<Rules>,
        waker: Waker,
        ready: Box<dyn Fn() + Send + Sync>,
    ) -> Option<KernelBackend> {
        let (replies_in, replies) = bounded(REPLIES_MAX);
        let commands = handle.commands()?;
        Some(KernelBackend {
            commands,
            replies_in,
            replies,
            news,
            rules,
            waker,
            printer: Mutex::new(None),
            damaged: AtomicBool::new(false),
            ready,
            frames: AtomicU8::new(0),
            moved: Mutex::default(),
        })
    }

    fn message(&self, news: News) -> Option<Message> {
        let (severity, text, next) = match news {
            News::Rule(RuleNews::Loaded { name, version }) => (
                Severity::Info,
                format!("{name} was reloaded (version {version}). The next sale uses it."),
                String::new(),
            ),
            News::Rule(RuleNews::Removed { name }) => {
                (Severity::Info, format!("{name} was removed. The next sale goes without it."), String::new())
            }
            News::Rule(RuleNews::Broken { diagnostic, kept }) => {
                let place = if diagnostic.line > 0 { format!(", line {}", diagnostic.line) } else { String::new() };
                let text =
                    format!("{} has a mistake: {}{place}: {}", diagnostic.rule, diagnostic.file, diagnostic.problem);
                let next = if kept { "The last good version is still in use." } else { "Sales go on without it." };
                (Severity::Warning, text, next.to_owned())
            }
            News::Rule(RuleNews::Quarantined { name }) => (
                Severity::Warning,
                format!("{name} failed three times and is no longer asked."),
                "Sales go on without it. Tell the manager.".to_owned(),
            ),
            News::Basket(reply) => {
                self.moved.lock().unwrap_or_else(PoisonError::into_inner).push(*reply);
                self.waker.wake();
                return None;
            }
            News::Effect(EffectNews::Printed { .. }) => {
                self.set_printer(None);
                return None;
            }
            News::Effect(EffectNews::PrintFailed { number, error }) => {
                self.set_printer(Some(error.message.clone()));
                (
                    Severity::Warning,
                    match number {
                        Some(number) => format!("Receipt {number} was not printed: {}", error.message),
                        None => format!("The report was not printed: {}", error.message),
                    },
                    "What it says is stored. Check the printer, then Reprint.".to_owned(),
                )
            }
            News::Stock(alert) => (Severity::Info, alert.sentence(), String::new()),
            News::Restarted(view) => {
                let mut sentences = view.sentences();
                let last = sentences.remove(0);
                // It waits for whoever comes back to the register.
                (Severity::Error, format!("The register was cut off. {last}"), sentences.join(" "))
            }
            News::SafeMode(_) => (
                Severity::Error,
                "Safe mode: several starts failed. Offers, scripts, plugins and devices are left out.".to_owned(),
                "Prices are those of the shelf, and nothing prints. Tell the manager.".to_owned(),
            ),
            News::Disk(problem, next) => (Severity::Error, problem, next.to_owned()),
            News::Alarm(problems) => {
                for problem in &problems {
                    tracing::error!("what is stored is not what was written: {problem}");
                }
                self.damaged.store(true, Ordering::Relaxed);
                (
                    Severity::Error,
                    "What is stored is not what was written.".to_owned(),
                    "Sales go on. Tell the manager now: the books need a look, and a backup.".to_owned(),
                )
            }
            News::Effect(EffectNews::DrawerFailed { error }) => (
                Severity::Warning,
                format!("The drawer did not open: {}", error.message),
                "Open it with its key. The sale is stored.".to_owned(),
            ),
        };
        Some(Message { severity, text, next })
    }

    fn set_printer(&self, problem: Option<String>) {
        *self.printer.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

impl Backend for KernelBackend {
    fn connect(&mut self, wake: Wake) {
        self.waker.set(wake);
    }

    fn send(&self, envelope: &Envelope) -> Result<(), Busy> {
        self.commands.send(envelope.clone(), &self.replies_in).map_err(|_| Busy)
    }

    fn replies(&self) -> Vec<Reply> {
        let mut replies: Vec<Reply> = self.replies.try_iter().collect();
        replies.append(&mut self.moved.lock().unwrap_or_else(PoisonError::into_inner));
        replies
    }

    fn status(&self) -> RegisterStatus {
        // Asked once a frame: at the second one the first has been drawn.
        let frames = self.frames.load(Ordering::Relaxed);
        if frames == 1 {
            (self.ready)();
        }
        self.frames.store(frames.saturating_add(1).min(2), Ordering::Relaxed);
        let messages = self.news.try_iter().filter_map(|news| self.message(news)).collect();
        let set = self.rules.current();
        let printer_fails = self.printer.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let troubled = set.members.iter().filter(|member| member.is_quarantined()).count() + set.broken.len();
        let mut indicators = vec![
            if printer_fails {
                Indicator { label: "Printer trouble".into(), health: Health::Bad }
            } else {
                Indicator { label: "Printer".into(), health: Health::Good }
            },
            match troubled {
                0 => Indicator { label: format!("{} rules", set.members.len()), health: Health::Good },
                1 => Indicator { label: "1 rule out of order".into(), health: Health::Warning },
                count => Indicator { label: format!("{count} rules out of order"), health: Health::Warning },
            },
        ];
        if self.damaged.load(Ordering::Relaxed) {
            indicators.insert(0, Indicator { label: "Books damaged".into(), health: Health::Bad });
        }
        RegisterStatus {
            rules: format!("Rules {}", set.hash.chars().take(6).collect::<String>()),
            indicators,
            messages,
        }
    }
}

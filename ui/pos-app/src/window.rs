//! The register's window: eframe around [`RegisterApp`].
//!
//! Beside showing the register it can measure it: time to the first frame on screen, frames while nothing happens, and
//! memory. [`run`] returns when the window has closed.

use crate::keys::KeyClock;
use anyhow::{Context as _, bail};
use eframe::{EframeWinitApplication, UserEvent};
use pos_register::{Backend, KeyTimes, RegisterApp, RegisterConfig};
use std::cell::{Cell, OnceCell};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use winit::application::ApplicationHandler;
use winit::event::{DeviceEvent, DeviceId, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::WindowId;

/// The window is left alone for so long before a picture is taken or idle frames are counted.
const SETTLING: Duration = Duration::from_millis(1500);

/// How the window is opened, and what is measured.
#[derive(Clone, Debug)]
pub(crate) struct WindowOptions {
    /// When the program began: the first frame is timed from here.
    pub started: Instant,
    /// Without a frame, over the whole screen.
    pub fullscreen: bool,
    /// Width and height in points, if not full screen.
    pub size: [f32; 2],
    /// Close as soon as the first frame is on the screen.
    pub exit_after_first_frame: bool,
    /// Write a PNG of the settled window, then close.
    pub screenshot: Option<PathBuf>,
    /// Count the frames of the settled window for so long, then close.
    pub count_frames: Option<Duration>,
}

impl Default for WindowOptions {
    fn default() -> Self {
        WindowOptions {
            started: Instant::now(),
            fullscreen: false,
            size: [1920.0, 1080.0],
            exit_after_first_frame: false,
            screenshot: None,
            count_frames: None,
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct WindowReport {
    /// From the start of the program to the first frame on the screen.
    pub first_frame: Duration,
    /// Frames drawn in all.
    pub frames: u64,
    /// Frames drawn while counting, with nobody at the register and no minute ending.
    pub idle_frames: Option<u64>,
    /// Resident memory at the end, where the system tells.
    pub resident_bytes: Option<u64>,
}

/// Opens the register's window and returns when it has closed.
pub(crate) fn run(
    mut config: RegisterConfig,
    backend: Box<dyn Backend>,
    options: WindowOptions,
) -> anyhow::Result<WindowReport> {
    let times = KeyTimes::default();
    config.key_times = Some(times.clone());
    let event_loop = EventLoop::<UserEvent>::with_user_event()
        .build()
        .context("The window cannot be opened: no display was found. Use a subcommand without a window instead.")?;
    let progress = Rc::new(Progress::default());
    let native = eframe::NativeOptions {
        viewport: viewport(&config, &options),
        persist_window: false,
        // Flat colours need no dithering, and it would move pixels between pictures.
        dithering: false,
        ..eframe::NativeOptions::default()
    };
    let shell_progress = Rc::clone(&progress);
    let creator: eframe::AppCreator<'_> = Box::new(move |creation| {
        pos_register::install(&creation.egui_ctx, &config);
        shell_progress.context.get_or_init(|| creation.egui_ctx.clone());
        Ok(Box::new(Shell { app: RegisterApp::new(config, backend), progress: shell_progress }))
    });
    let inner = eframe::create_native("pos", native, creator, &event_loop);
    let mut window = Window { inner, keys: KeyClock::new(times), progress: Rc::clone(&progress), options };
    event_loop.run_app(&mut window).context("The window was closed by the system.")?;
    drop(window);

    let Some(first_frame) = progress.first_frame.get() else {
        bail!("The window could not draw. Check that the graphics driver offers OpenGL 2.1 or later.");
    };
    let report = WindowReport {
        first_frame,
        frames: progress.frames.get(),
        idle_frames: progress.idle_frames.get(),
        resident_bytes: progress.resident_bytes.get(),
    };
    tracing::info!(first_frame_ms = first_frame.as_millis(), frames = report.frames, "window closed");
    Ok(report)
}

fn viewport(config: &RegisterConfig, options: &WindowOptions) -> egui::ViewportBuilder {
    let viewport = egui::ViewportBuilder::default()
        .with_title(format!("{} — {}", config.shop, config.register))
        .with_app_id("pos")
        .with_min_inner_size([1024.0, 700.0])
        .with_inner_size(options.size);
    if options.fullscreen { viewport.with_fullscreen(true) } else { viewport }
}

/// What the app and the event loop tell each other; both live on the window's thread.
#[derive(Default)]
struct Progress {
    frames: Cell<u64>,
    first_frame: Cell<Option<Duration>>,
    /// When the clock on screen changes next.
    next_minute: Cell<Option<Instant>>,
    counting: Cell<Option<(Instant, u64)>>,
    idle_frames: Cell<Option<u64>>,
    resident_bytes: Cell<Option<u64>>,
    picture_asked: Cell<bool>,
    /// Set by the picture's callback, which egui wants to be able to send to other threads.
    picture_done: Arc<AtomicBool>,
    context: OnceCell<egui::Context>,
}

/// The register as eframe wants it.
struct Shell {
    app: RegisterApp,
    progress: Rc<Progress>,
}

impl eframe::App for Shell {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic(ctx);
        self.progress.next_minute.set(Some(Instant::now() + self.app.clock().next_minute_in));
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.progress.frames.set(self.progress.frames.get() + 1);
        self.app.ui(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

/// eframe's event loop with an eye on keys and time.
struct Window<'a> {
    inner: EframeWinitApplication<'a>,
    keys: KeyClock,
    progress: Rc<Progress>,
    options: WindowOptions,
}

impl Window<'_> {
    /// What is due now; answers when to look again.
    fn measure(&self, event_loop: &ActiveEventLoop, now: Instant) -> Option<Instant> {
        let first = self.options.started + self.progress.first_frame.get()?;
        if self.options.exit_after_first_frame || self.progress.picture_done.load(Ordering::Relaxed) {
            self.finish(event_loop);
            return None;
        }
        let settled = first + SETTLING;
        if now < settled {
            return Some(settled).filter(|_| self.options.screenshot.is_some() || self.options.count_frames.is_some());
        }
        if let Some(path) = &self.options.screenshot {
            self.take_picture(path.clone());
            return None;
        }
        let period = self.options.count_frames?;
        let (begin, frames) = match self.progress.counting.get() {
            Some(counting) => counting,
            None => {
                // The clock's own frame is none of an idle register's: begin after it if it would fall into the period.
                match self.progress.next_minute.get().filter(|minute| *minute < now + period + SETTLING) {
                    Some(minute) => return Some(minute.max(now) + SETTLING),
                    None => {
                        let counting = (now, self.progress.frames.get());
                        self.progress.counting.set(Some(counting));
                        counting
                    }
                }
            }
        };
        if now < begin + period {
            return Some(begin + period);
        }
        self.progress.idle_frames.set(Some(self.progress.frames.get() - frames));
        self.finish(event_loop);
        None
    }

    /// Asks for a picture, once; it comes with the frame after the next.
    fn take_picture(&self, path: PathBuf) {
        let Some(ctx) = self.progress.context.get().filter(|_| !self.progress.picture_asked.replace(true)) else {
            return;
        };
        let (done, waker) = (Arc::clone(&self.progress.picture_done), ctx.clone());
        ctx.request_screenshot(move |picture| {
            if let Err(error) = write_png(&path, &picture) {
                tracing::error!("{} could not be written: {error:#}", path.display());
            }
            done.store(true, Ordering::Relaxed);
            waker.request_repaint();
        });
        ctx.request_repaint();
    }

    fn finish(&self, event_loop: &ActiveEventLoop) {
        self.progress.resident_bytes.set(resident_bytes());
        event_loop.exit();
    }
}

impl ApplicationHandler<UserEvent> for Window<'_> {
    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        self.keys.turn_begins(Instant::now());
        self.inner.new_events(event_loop, cause);
    }

    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.resumed(event_loop);
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: UserEvent) {
        self.inner.user_event(event_loop, event);
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        if let WindowEvent::KeyboardInput { event, is_synthetic: false, .. } = &event {
            self.keys.key(event, Instant::now());
        }
        let redraw = event == WindowEvent::RedrawRequested;
        self.inner.window_event(event_loop, id, event);
        // Painting and swapping happen inside: the frame is on the screen now.
        if redraw && self.progress.frames.get() > 0 && self.progress.first_frame.get().is_none() {
            self.progress.first_frame.set(Some(self.options.started.elapsed()));
            self.progress.resident_bytes.set(resident_bytes());
        }
    }

    fn device_event(&mut self, event_loop: &ActiveEventLoop, id: DeviceId, event: DeviceEvent) {
        self.inner.device_event(event_loop, id, event);
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.about_to_wait(event_loop);
        let now = Instant::now();
        if let Some(next) = self.measure(event_loop, now) {
            let next = match event_loop.control_flow() {
                ControlFlow::WaitUntil(other) => other.min(next),
                ControlFlow::Wait | ControlFlow::Poll => next,
            };
            event_loop.set_control_flow(ControlFlow::WaitUntil(next));
        }
        self.keys.turn_ends(Instant::now());
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.suspended(event_loop);
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.exiting(event_loop);
    }

    fn memory_warning(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.memory_warning(event_loop);
    }
}

/// Resident memory of this process, as Linux tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

fn write_png(path: &Path, picture: &egui::ColorImage) -> anyhow::Result<()> {
    let [width, height] = picture.size;
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(path)?), u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = picture.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
    encoder.write_header()?.write_image_data(&bytes)?;
    Ok(())
}

//! A shop's session behind the register window.

use crate::kernel_backend::{KernelBackend, Waker};
use crate::window::{self, WindowOptions};
use anyhow::Context as _;
use pos_api::port::{Clock as _, Store};
use pos_cli::Window;
use pos_cli::args::{RegisterArgs, Theme as ThemeArg};
use pos_cli::data_dir::DataDir;
use pos_cli::quick_keys;
use pos_cli::session::Session;
use pos_domain::catalogue::Item;
use pos_domain::receipt::price_text;
use pos_domain::shop::Shop;
use pos_kernel::KernelHandle;
use pos_kernel::clock::SystemClock;
use pos_money::Currency;
use pos_register::{Clock, EdgeColour, QuickKey, QuickKeyPage, RegisterConfig, Theme, WallTime};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Opens the register window over a session.
pub(crate) struct RegisterWindow {
    /// When the program began.
    pub(crate) started: Instant,
}

impl Window for RegisterWindow {
    fn run(&self, session: Session, options: &RegisterArgs) -> anyhow::Result<()> {
        let quick_keys = quick_keys(&session.data, session.store.as_ref(), session.shop.currency)?;
        let has_terminal = session.kernel.has_terminal();
        let config = RegisterConfig { has_terminal, ..config(&session.shop, quick_keys, options)? };
        let mut parts = session.into_parts();
        let waker = Waker::default();
        let wake = waker.clone();
        let handle = KernelHandle::start(parts.kernel, move || wake.wake()).context("The kernel cannot be started")?;
        let backend = KernelBackend::new(&handle, parts.news, parts.rules, waker, Box::new(parts.keep.readiness()))
            .context("The kernel has ended")?;
        let shown = window::run(config, Box::new(backend), self.options(options));
        // The window and its way to the kernel are gone: what was handed over is finished, then the folder is free.
        if let Some(kernel) = handle.finish() {
            kernel.finish().map_err(|refusal| anyhow::anyhow!("{refusal} {}", refusal.next()))?;
        }
        parts.keep.stop();
        drop(parts.store);
        parts.keep.end();
        let report = shown?;
        if options.window.measure_idle.is_some() {
            let figures = [
                ("first_frame_ms", report.first_frame.as_secs_f64() * 1000.0),
                ("frames", report.frames as f64),
                ("idle_frames", report.idle_frames.unwrap_or_default() as f64),
                ("rss_mb", report.resident_bytes.unwrap_or_default() as f64 / 1e6),
            ];
            let fields: Vec<String> = figures.iter().map(|(name, value)| format!("\"{name}\":{value:.1}")).collect();
            pos_cli::print_line(&format!("{{{}}}", fields.join(",")))?;
        }
        Ok(())
    }
}

impl RegisterWindow {
    fn options(&self, options: &RegisterArgs) -> WindowOptions {
        let window = &options.window;
        let mut chosen = WindowOptions {
            started: self.started,
            fullscreen: window.fullscreen,
            screenshot: window.screenshot.clone(),
            count_frames: window.measure_idle.map(Duration::from_secs),
            ..WindowOptions::default()
        };
        if let Some(size) = window.size {
            chosen.size = [f32::from(size.width), f32::from(size.height)];
        }
        chosen
    }
}

fn config(shop: &Shop, quick_keys: Vec<QuickKeyPage>, options: &RegisterArgs) -> anyhow::Result<RegisterConfig> {
    let clock = SystemClock::new(&shop.zone).with_context(|| format!("The zone {} is unknown", shop.zone))?;
    // Unique to this run, for ever: the time it began, to the millisecond, in this register.
    let command_prefix = format!("{}-{}", shop.register, clock.now().unix_ms);
    Ok(RegisterConfig {
        shop: shop.name.clone(),
        register: format!("Register {}", shop.register),
        cashier: shop.cashier.clone(),
        currency: shop.currency,
        prices_include_tax: shop.prices_include_tax,
        quick_keys,
        notes: shop.notes.clone(),
        has_terminal: false,
        theme: match options.window.theme {
            ThemeArg::Dark => Theme::Dark,
            ThemeArg::Light => Theme::Light,
        },
        clock: Clock::new(move || wall_time(&clock)),
        command_prefix,
        scan_prefix: None,
        key_times: None,
    })
}

fn wall_time(clock: &SystemClock) -> WallTime {
    let now = clock.now();
    let local = now.local();
    let left_ms = 60_000 - now.unix_ms.rem_euclid(60_000);
    WallTime {
        text: format!("{:02}:{:02}", local.hour(), local.minute()),
        next_minute_in: Duration::from_millis(left_ms.unsigned_abs()),
    }
}

/// The shop's quick keys with today's names and prices; a key whose article has gone is left out.
fn quick_keys(data: &DataDir, store: &dyn Store, currency: Currency) -> anyhow::Result<Vec<QuickKeyPage>> {
    let path = data.quick_keys_toml();
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut edges: BTreeMap<String, EdgeColour> = BTreeMap::new();
    let mut pages = Vec::new();
    for page in quick_keys::read_pages(&path)? {
        let mut keys = Vec::new();
        for key in page.keys {
            let Some(item) = store.item_by_code(&key.code)? else { continue };
            let next = EdgeColour::ALL[edges.len() % EdgeColour::ALL.len()];
            let edge = *edges.entry(item.department().to_owned()).or_insert(next);
            keys.push(QuickKey {
                label: key.label,
                price: shelf_price(&item, currency),
                code: key.code,
                edge,
                measured: item.unit.is_measured(),
            });
        }
        pages.push(QuickKeyPage { name: page.name, keys });
    }
    Ok(pages)
}

/// `2.49 / kg`, `6.90`.
fn shelf_price(item: &Item, currency: Currency) -> String {
    let price = price_text(item.price.value, currency);
    match item.unit.symbol() {
        "" => price,
        unit => format!("{price} / {unit}"),
    }
}

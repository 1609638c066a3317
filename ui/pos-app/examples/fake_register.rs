//! The register's window over the demo backend: to look at the screen, and to measure it by itself.
//!
//! `cargo run --release -p pos-app --example fake_register -- [light] [small] [fill] [why] [scale]
//! [--screenshot FILE.png] [--count-frames SECONDS] [--exit-after-first-frame]`

#[path = "../src/keys.rs"]
mod keys;
#[path = "../src/window.rs"]
mod window;

use anyhow::Context as _;
use pos_api::{Amount, Command, Envelope};
use pos_register::fake::FakeShop;
use pos_register::{Backend, Theme};
use std::time::{Duration, Instant};

fn main() -> anyhow::Result<()> {
    let started = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let value = |word: &str| arguments.iter().skip_while(|argument| *argument != word).nth(1).cloned();

    let theme = if has("light") { Theme::Light } else { Theme::Dark };
    let config = pos_register::fake::config(theme).context("the demo currency is known")?;
    let shop = FakeShop::open();
    if has("fill") {
        fill(&shop)?;
    }
    let options = window::WindowOptions {
        started,
        size: if has("small") { [1024.0, 768.0] } else { [1920.0, 1080.0] },
        screenshot: value("--screenshot").map(Into::into),
        count_frames: value("--count-frames").map(|seconds| seconds.parse().map(Duration::from_secs)).transpose()?,
        exit_after_first_frame: has("--exit-after-first-frame"),
        ..window::WindowOptions::default()
    };
    let report = window::run(config, Box::new(shop.clone()), options)?;
    let mut sold = std::collections::BTreeMap::new();
    for command in shop.commands() {
        if let Command::SellItem { scan, .. } = command {
            *sold.entry(scan).or_insert(0_u32) += 1;
        }
    }
    eprintln!("sold {sold:?}, sales {}", shop.sales());
    eprintln!(
        "first frame {} ms, {} frames, idle frames {:?}, resident {:.1} MB",
        report.first_frame.as_millis(),
        report.frames,
        report.idle_frames,
        report.resident_bytes.unwrap_or_default() as f64 / 1e6
    );
    Ok(())
}

/// A basket as a cashier leaves it in the middle of a sale.
fn fill(shop: &FakeShop) -> anyhow::Result<()> {
    let lines = [("4000417025005", "2"), ("2001", "0.482"), ("9780141036144", "3"), ("7001", "1"), ("4003", "4")];
    for (index, (code, quantity)) in lines.into_iter().enumerate() {
        let command = Command::SellItem {
            basket: None,
            scan: code.to_owned(),
            quantity: Some(Amount(quantity.parse()?)),
            given: None,
        };
        shop.send(&Envelope { command_id: format!("fill-{index}"), command })?;
    }
    shop.replies();
    Ok(())
}

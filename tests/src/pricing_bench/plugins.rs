//! Re-pricing with the real plugins: 200 active offers and a table of taxes, both as components in the host.
//!
//! Every figure is one whole re-pricing as the kernel makes it at a scan: three stages of offers, each a call of the
//! promotions plugin in a fresh instance, the core's decision after each, the tax plugin, the totals.

use super::allocations::counted;
use super::{exponent, town};
use crate::figures::{Row, quantiles, row};
use crate::shop::root;
use anyhow::Context;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource};
use pos_cli::offers::OffersLoader;
use pos_domain::pricing::engine::Assessor;
use pos_domain::pricing::proposal::{Snapshot, Stage};
use pos_domain::pricing::{Policy, PricedBasket, Pricing, Proposed};
use pos_wasm::{CallTimes, ComponentLoader, HostOptions};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PROMOTIONS: &str = "org.pos-kernel.promotions";
const TAX_TABLE: &str = "org.pos-kernel.tax-table";
/// Offers that the basket reaches in the main figures; the others make up the number.
const NEAR: usize = 20;
/// A figure is given so much time; if a re-pricing takes long, it is taken fewer times, but never less than ten.
const TIME_FOR_A_FIGURE: Duration = Duration::from_secs(4);
const TIMES_MIN: usize = 10;

/// The two plugins that every shop needs, and what their calls took.
struct Shop {
    promotions: Arc<dyn Extension>,
    taxes: Arc<dyn Extension>,
    calls: Arc<Mutex<Vec<CallTimes>>>,
}

/// Where the time of one re-pricing went.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    whole: Duration,
    /// Snapshots for the extensions.
    snapshots: Duration,
    /// Layout of the baskets, by the host.
    lower: Duration,
    /// Fresh instances.
    start: Duration,
    /// Inside the guests, with the copying in and out.
    promotions: Duration,
    taxes: Duration,
    /// Checks of the answers, by the host.
    lift: Duration,
    /// The core's decisions about offers.
    solver: Duration,
    /// The core's tax and totals.
    totals: Duration,
    promotions_fuel: u64,
    tax_fuel: u64,
    candidates: usize,
}

impl Shop {
    fn open(offers_toml: &str) -> anyhow::Result<Shop> {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&calls);
        let listener = Arc::new(move |_: &str, _: &str, times| {
            if let Ok(mut heard) = heard.lock() {
                heard.push(times);
            }
        });
        let components = ComponentLoader::listened(HostOptions::default(), listener)?;
        let loader = OffersLoader::new(Arc::new(components));
        let load = |id: &str, file: &str, configuration: String| -> anyhow::Result<Arc<dyn Extension>> {
            let plugin = bundle::plugin(id).with_context(|| format!("{id} is not on board"))?;
            let source = ExtensionSource {
                file: file.into(),
                manifest: plugin.manifest.to_owned(),
                code: plugin.component.into(),
                configuration,
            };
            loader.load(&source).map_err(|diagnostic| anyhow::anyhow!("{diagnostic}"))
        };
        let table = std::fs::read_to_string(root().join(Path::new("plugins/tax-table/starter/de.json")))?;
        Ok(Shop {
            promotions: load(PROMOTIONS, "config/offers.toml", offers_toml.to_owned())?,
            taxes: load(TAX_TABLE, "config/org.pos-kernel.tax-table.json", table)?,
            calls,
        })
    }

    /// One re-pricing, as the kernel makes it.
    fn reprice(&self, basket: &Snapshot) -> anyhow::Result<(PricedBasket, Parts)> {
        let basket = basket.clone();
        let mut parts = Parts::default();
        let begun = Instant::now();
        let mut last = begun;
        let mut lap = || {
            let now = Instant::now();
            now.duration_since(std::mem::replace(&mut last, now))
        };
        let mut pricing = Pricing::from_snapshot(basket, Policy::default(), Vec::new());
        for stage in Stage::ALL {
            let snapshot = pricing.snapshot();
            parts.snapshots += lap();
            let proposal = self.promotions.propose(stage, &snapshot)?;
            lap();
            parts.candidates += proposal.candidates.len();
            let about = self.promotions.about();
            let proposed = Proposed {
                extension: Arc::clone(&about.id),
                version: Arc::clone(&about.version),
                name: Arc::clone(&about.name),
                proposal,
            };
            pricing.apply(stage, vec![proposed])?;
            parts.solver += lap();
        }
        let input = pricing.tax_input();
        parts.snapshots += lap();
        let assessment = self.taxes.assess(&input)?;
        lap();
        let priced = pricing.finish(&assessment, &Assessor { name: "Tax table".into() })?;
        parts.totals = lap();
        parts.whole = begun.elapsed();
        let mut calls = self.calls.lock().map_err(|_| anyhow::anyhow!("the listener broke"))?;
        let stages = Stage::ALL.len();
        for (index, call) in calls.drain(..).enumerate() {
            let CallTimes { lower, start, run, lift, fuel } = call;
            parts.lower += lower;
            parts.start += start;
            parts.lift += lift;
            if index < stages {
                parts.promotions += run;
                parts.promotions_fuel += fuel;
            } else {
                parts.taxes += run;
                parts.tax_fuel += fuel;
            }
        }
        Ok((priced, parts))
    }

    fn repeated(&self, basket: &Snapshot, times: usize) -> anyhow::Result<Vec<Parts>> {
        let begun = Instant::now();
        while begun.elapsed() < TIME_FOR_A_FIGURE / 40 {
            self.reprice(basket)?;
        }
        let begun = Instant::now();
        let mut measured = Vec::with_capacity(times);
        while measured.len() < times && (measured.len() < TIMES_MIN || begun.elapsed() < TIME_FOR_A_FIGURE) {
            measured.push(self.reprice(basket)?.1);
        }
        Ok(measured)
    }

    fn p50(&self, basket: &Snapshot, times: usize) -> anyhow::Result<f64> {
        Ok(quantiles(self.repeated(basket, times)?.iter().map(|parts| parts.whole).collect()).0)
    }
}

/// All figures of the plugins.
pub(super) fn rows() -> anyhow::Result<Vec<Row>> {
    let shop = Shop::open(&town::offers_toml(NEAR, 200 - NEAR))?;
    let mut rows = Vec::new();
    for (lines, p50_max, p99_max) in [(10_u32, 1_000.0, 3_000.0), (100, 3_000.0, 8_000.0), (300, 9_000.0, 24_000.0)] {
        let basket = town::basket(lines)?;
        let measured = shop.repeated(&basket, if lines < 300 { 1_000 } else { 300 })?;
        let (p50, p99) = quantiles(measured.iter().map(|parts| parts.whole).collect());
        let of_issue = if lines == 100 { "at most" } else { "in proportion to 100 lines: at most" };
        let name = format!("plugins_{lines}_lines_200_offers");
        rows.push(row(format!("{name}_p50"), p50, "us", p50_max, format!("{of_issue} {} ms", p50_max / 1e3)));
        rows.push(row(format!("{name}_p99"), p99, "us", p99_max, format!("{of_issue} {} ms", p99_max / 1e3)));
        if lines == 100 {
            rows.extend(by_part(&measured));
        }
    }
    rows.extend(handing_over()?);
    rows.extend(by_offers()?);
    rows.extend(fitted(&shop)?);
    rows.extend(scan_by_scan(&shop)?);
    rows.extend(heap(&shop)?);
    Ok(rows)
}

/// Where 100 lines spend their time, beside what a part may cost by the measurements of the design.
fn by_part(measured: &[Parts]) -> Vec<Row> {
    let p50 = |part: fn(&Parts) -> Duration| quantiles(measured.iter().map(part).collect()).0;
    let calls = 4.0;
    let last = measured.last().copied().unwrap_or_default();
    let of = |name: &str, value, yardstick, against: &str| row(format!("part_{name}"), value, "us", yardstick, against);
    vec![
        of("snapshots", p50(|parts| parts.snapshots), 100.0, "four copies of the basket for the extensions"),
        of("lower", p50(|parts| parts.lower), 70.0 * calls, "four baskets laid out; copying their texts is 70 us each"),
        of("start", p50(|parts| parts.start), 9.2 * calls, "four fresh pooled instances at 9.2 us"),
        of(
            "promotions",
            p50(|parts| parts.promotions),
            86.0 * 3.0,
            "three calls; 100 lines, 67 candidates: 86 us each",
        ),
        of("tax", p50(|parts| parts.taxes), 86.0, "one call; 100 lines: 86 us"),
        of("lift", p50(|parts| parts.lift), 120.0, "answers checked; decimal strings instead cost 34 us a call more"),
        of("solver", p50(|parts| parts.solver), 120.0, "native core, 100 lines x 10 candidates: 120 us"),
        of("totals", p50(|parts| parts.totals), 120.0, "tax, shares and explanations of the native core"),
        row("candidates_100_lines", last.candidates as f64, "", 67.0, "for information: as many were proposed"),
        row(
            "fuel_promotions_100_lines",
            last.promotions_fuel as f64 / 3.0,
            "a call",
            20e6,
            "at most 20 million a call up to 200 lines",
        ),
        row("fuel_tax_100_lines", last.tax_fuel as f64, "a call", 20e6, "at most 20 million a call up to 200 lines"),
    ]
}

/// What a call costs before any offer is looked at: the basket goes in, nothing comes out.
fn handing_over() -> anyhow::Result<Vec<Row>> {
    let shop = Shop::open("")?;
    let basket = town::basket(100)?;
    let measured = shop.repeated(&basket, 1_000)?;
    let (run, _) = quantiles(measured.iter().map(|parts| parts.promotions / 3).collect());
    Ok(vec![row("call_100_lines_no_offers", run, "us", 70.0, "copying strings in is the floor of a call: 70 us")])
}

/// The same few offers can apply; the others are about something else.
fn by_offers() -> anyhow::Result<Vec<Row>> {
    let basket = town::basket(100)?;
    let mut rows = Vec::new();
    let mut base = 0.0;
    for count in [NEAR, 200, 1_000] {
        let p50 = Shop::open(&town::offers_toml(NEAR, count - NEAR))?.p50(&basket, 500)?;
        base = if count == NEAR { p50 } else { base };
        let against = "at most 1.2 x the cost of the 20 offers alone: offers about other goods cost nothing";
        rows.push(row(format!("active_offers_{count}_p50"), p50, "us", base * 1.2, against));
    }
    let p50 = Shop::open(&town::offers_toml(200, 0))?.p50(&basket, 200)?;
    rows.push(row("near_offers_200_p50", p50, "us", 3_000.0, "for information: all 200 are about what is bought"));
    Ok(rows)
}

/// How the cost grows with lines and with candidates.
fn fitted(shop: &Shop) -> anyhow::Result<Vec<Row>> {
    let mut by_lines = Vec::new();
    for lines in [25_u32, 50, 100, 200, 400] {
        by_lines.push((f64::from(lines), shop.p50(&town::basket(lines)?, 100)?));
    }
    let basket = town::basket(100)?;
    let mut by_candidates = Vec::new();
    for near in [20_usize, 40, 80, 160] {
        let shop = Shop::open(&town::offers_toml(near, 0))?;
        let measured = shop.repeated(&basket, 60)?;
        let candidates = measured.last().map_or(0, |parts| parts.candidates);
        let whole = measured.iter().map(|parts| parts.whole).collect();
        by_candidates.push((candidates as f64, quantiles(whole).0));
    }
    let lines = "at most 1.2: ten times the lines, 16 times the time";
    Ok(vec![
        row("plugins_exponent_in_lines", exponent(&by_lines), "", 1.2, lines),
        row("plugins_exponent_in_candidates", exponent(&by_candidates), "", 1.2, "for information"),
    ])
}

/// A basket re-priced after each of 100 scans, and how much of that the core's search took where it took longest.
fn scan_by_scan(shop: &Shop) -> anyhow::Result<Vec<Row>> {
    let whole = town::basket(100)?;
    let mut measured = Vec::new();
    let begun = Instant::now();
    // Twenty times; once if it takes long.
    for _ in 0..20 {
        if begun.elapsed() > TIME_FOR_A_FIGURE {
            break;
        }
        for scanned in 1..=100_usize {
            let lines = whole.lines.get(..scanned).unwrap_or_default().to_vec();
            measured.push((shop.reprice(&Snapshot { lines, ..whole.clone() })?.1, scanned));
        }
    }
    let (p50, p99) = quantiles(measured.iter().map(|(parts, _)| parts.whole).collect());
    let sum: Duration = measured.iter().map(|(parts, _)| parts.whole).sum();
    let sum_ms = sum.as_secs_f64() * 1e3 * 100.0 / measured.len() as f64;
    let slowest = measured.iter().max_by_key(|(parts, _)| parts.solver);
    let (solver_us, lines) = slowest.map_or((0.0, 0), |(parts, lines)| (parts.solver.as_secs_f64() * 1e6, *lines));
    Ok(vec![
        row("scan_by_scan_p50", p50, "us", 3_000.0, "re-priced after each of 100 scans: at most 3 ms"),
        row("scan_by_scan_p99", p99, "us", 8_000.0, "at most 8 ms"),
        row("scan_by_scan_all_100", sum_ms, "ms", 300.0, "100 re-pricings of 1 to 100 lines, together"),
        row(
            "scan_by_scan_worst_solver",
            solver_us,
            "us",
            10_000.0,
            format!("the core alone, at {lines} lines: at most 10 ms, whatever is thought up"),
        ),
    ])
}

/// One basket re-priced a thousand times holds no more memory than after a hundred.
fn heap(shop: &Shop) -> anyhow::Result<Vec<Row>> {
    let basket = town::basket(100)?;
    let run = |times: u64| -> anyhow::Result<_> {
        let (priced, taken) = counted(|| -> anyhow::Result<()> {
            for _ in 0..times {
                shop.reprice(&basket)?;
            }
            Ok(())
        });
        priced.map(|()| taken)
    };
    run(20)?;
    let (few, many) = (run(100)?, run(1_000)?);
    let each = |taken: u64| taken as f64 / 1_000.0;
    Ok(vec![
        row("heap_live_after_100", few.live_bytes as f64, "bytes", 0.0, "grown since the first re-pricing: nothing"),
        row("heap_live_after_1000", many.live_bytes as f64, "bytes", 0.0, "the same after 1,000"),
        row("heap_bytes_per_repricing", each(many.bytes), "bytes", 1e6, "for information: taken and given back"),
        row("heap_allocations_per_repricing", each(many.times), "", 10_000.0, "for information"),
    ])
}

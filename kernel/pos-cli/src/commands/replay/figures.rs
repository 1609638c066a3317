//! What a replay adds up to.

use pos_api::view::BasketView;
use pos_money::{Currency, Decimal};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A basket that was not rung.
#[derive(Debug, Serialize)]
pub(super) struct RefusedBasket {
    pub(super) basket: String,
    pub(super) reason: String,
}

/// Running sums and timings.
pub(super) struct Figures {
    currency: Currency,
    baskets: u64,
    lines: u64,
    gross: Decimal,
    discounts: Decimal,
    net: Decimal,
    departments: BTreeMap<String, Decimal>,
    tenders: BTreeMap<String, Decimal>,
    pub(super) coupon_unused: Decimal,
    pub(super) refusals: Vec<RefusedBasket>,
    pub(super) scans: Vec<Duration>,
    pub(super) commits: Vec<Duration>,
    pub(super) elapsed: Duration,
}

impl Figures {
    pub(super) fn new(currency: Currency) -> Figures {
        let zero = Decimal::new(0, u32::from(currency.exponent()));
        Figures {
            currency,
            baskets: 0,
            lines: 0,
            gross: zero,
            discounts: zero,
            net: zero,
            departments: BTreeMap::new(),
            tenders: BTreeMap::new(),
            coupon_unused: zero,
            refusals: Vec::new(),
            scans: Vec::new(),
            commits: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }

    pub(super) fn refuse(&mut self, basket: &str, reason: &str) {
        self.refusals.push(RefusedBasket { basket: basket.to_owned(), reason: reason.to_owned() });
    }

    /// Counts a completed sale.
    pub(super) fn count(&mut self, view: &BasketView) {
        self.baskets += 1;
        self.gross += view.gross;
        self.discounts += view.discount;
        for line in view.lines.iter().filter(|line| !line.voided) {
            self.lines += 1;
            self.net += line.net;
            *self.departments.entry(line.department.clone()).or_default() += line.net;
        }
        for tender in &view.tenders {
            *self.tenders.entry(tender.kind.clone()).or_default() += tender.amount;
        }
        if view.change > Decimal::ZERO {
            *self.tenders.entry("cash".to_owned()).or_default() -= view.change;
        }
    }

    fn sales_per_s(&self) -> f64 {
        self.baskets as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let texts = |sums: &BTreeMap<String, Decimal>| -> BTreeMap<String, String> {
            sums.iter().map(|(name, sum)| (name.clone(), sum.to_string())).collect()
        };
        serde_json::json!({
            "baskets": self.baskets,
            "lines": self.lines,
            "currency": self.currency,
            "gross": self.gross,
            "discounts": self.discounts,
            "net": self.net,
            "departments": texts(&self.departments),
            "tenders": texts(&self.tenders),
            "coupon_unused": self.coupon_unused,
            "refusals": self.refusals,
            "sales_per_s": (self.sales_per_s() * 10.0).round() / 10.0,
            "scan_to_priced_us": quantiles(&self.scans),
            "commit_us": quantiles(&self.commits),
        })
    }
}

/// Median, 99th percentile and maximum in microseconds.
#[derive(Serialize)]
struct Quantiles {
    p50: u128,
    p99: u128,
    max: u128,
}

fn quantiles(times: &[Duration]) -> Quantiles {
    let mut sorted: Vec<u128> = times.iter().map(Duration::as_micros).collect();
    sorted.sort_unstable();
    let at = |share: usize| {
        let index = (sorted.len() * share / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).copied().unwrap_or_default()
    };
    Quantiles { p50: at(50), p99: at(99), max: sorted.last().copied().unwrap_or_default() }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scans, commits) = (quantiles(&self.scans), quantiles(&self.commits));
        writeln!(f, "{} baskets, {} lines, {:.0} sales/s", self.baskets, self.lines, self.sales_per_s())?;
        writeln!(f, "  before discounts {:>16} {}", self.gross, self.currency)?;
        writeln!(f, "  discounts        {:>16}", self.discounts)?;
        writeln!(f, "  net              {:>16}", self.net)?;
        for (name, net) in &self.departments {
            writeln!(f, "    {name:<24} {net:>16}")?;
        }
        for (kind, amount) in &self.tenders {
            writeln!(f, "  paid by {kind:<9} {amount:>15}")?;
        }
        writeln!(f, "  scan to priced   p50 {} us, p99 {} us, max {} us", scans.p50, scans.p99, scans.max)?;
        writeln!(f, "  commit           p50 {} us, p99 {} us, max {} us", commits.p50, commits.p99, commits.max)
    }
}

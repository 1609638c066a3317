//! How long it takes to price a basket: `bench pricing`.
//!
//! Baskets and offers are made up from a seed, the same ones everywhere. The core is driven directly, without
//! extensions, so that its figures are its own; then with the two plugins that every shop needs (`plugins.rs`), part by
//! part.

pub mod allocations;
mod plugins;
mod town;

use crate::figures::{Row, quantiles, row};
use pos_domain::catalogue::Item;
use pos_domain::pricing::engine::Assessor;
use pos_domain::pricing::proposal::{
    Assessment, Candidate, Chosen, Deal, Effect, LineKind, Message, Mode, Pick, Portion, Proposal, Shape, Slot,
    Snapshot, SnapshotLine, Spread, Stage,
};
use pos_domain::pricing::{Policy, PricedBasket, Pricing, Proposed, tax};
use pos_domain::time::{LocalTime, Moment};
use pos_money::{Currency, Decimal, Money, Quantity, Rate, Rounding, Unit, UnitPrice};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A small generator: the same baskets on every machine and in every version.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }
}

/// Every figure of `bench pricing`, and what could not be measured.
pub fn run() -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    let mut rows = native()?;
    rows.extend(pieces()?);
    rows.extend(overlapping()?);
    rows.push(hostile()?);
    rows.extend(plugins::rows()?);
    Ok((rows, Vec::new()))
}

/// Lines of `count` articles in ten departments, dear and cheap, one to three pieces of each.
fn snapshot(lines: u32, pieces: impl Fn(u32) -> i64, dice: &mut Dice) -> anyhow::Result<Snapshot> {
    let currency = Currency::from_code("EUR")?;
    let mut made = Vec::new();
    for id in 1..=lines {
        let cents = 99 + i64::try_from(dice.roll(3_000))?;
        let price = UnitPrice::each(currency.to_decimal(Money::from_minor(cents)));
        let quantity = Quantity::pieces(pieces(id));
        let gross = price.amount(quantity, currency, Rounding::HALF_UP)?;
        let item = Item {
            id: format!("A{id:05}").into(),
            name: format!("Article {id}").into(),
            codes: Vec::new(),
            price,
            unit: Unit::Each,
            departments: vec![format!("Department {}", id % 10).into()],
            tags: Vec::new(),
            tax_class: "standard".into(),
            cost: None,
            reorder: None,
            discountable: true,
            deposit: Default::default(),
        };
        made.push(SnapshotLine {
            id,
            kind: LineKind::Sale,
            item: Arc::new(item),
            quantity,
            price,
            gross,
            net: gross,
            price_locked: false,
            attrs: Arc::new([]),
        });
    }
    let now = LocalTime::at(Moment { unix_ms: 1_772_442_000_000, offset_seconds: 3600 }, "Europe/Zurich".into());
    Ok(Snapshot {
        currency,
        prices_include_tax: true,
        store: "1".into(),
        register: "R1".into(),
        cashier: "Maya".into(),
        id: "bench".into(),
        business_date: now.date,
        now,
        customer: None,
        codes: Vec::new(),
        lines: made,
        attrs: Vec::new(),
    })
}

fn candidate(id: String, shape: Shape) -> Candidate {
    Candidate {
        id: id.as_str().into(),
        shape,
        mode: Mode::BestPrice,
        group: None,
        priority: 0,
        basis: pos_domain::pricing::proposal::Basis::Price,
        spread: Spread::Across,
        requires: None,
        cap: None,
        limits: None,
        consumes_codes: Vec::new(),
        label: Message::text(id),
        attrs: Vec::new(),
    }
}

fn slot(pool: &[u32], count: i64, effect: Option<Effect>) -> Slot {
    Slot { pool: pool.to_vec(), count: Quantity::pieces(count), pick: Pick::BestForCustomer, effect }
}

/// What a shop has: each offer about one department; rates, amounts, n for a price, buy some get one.
fn offers(snapshot: &Snapshot, count: usize) -> Vec<Candidate> {
    let of_department = |department: usize| -> Vec<u32> {
        let name = format!("Department {}", department % 10);
        snapshot.lines.iter().filter(|line| line.item.department() == name).map(|line| line.id).collect()
    };
    let portions = |pool: &[u32]| -> Vec<Portion> {
        let whole =
            |line: &SnapshotLine| pool.contains(&line.id).then_some(Portion { line: line.id, qty: line.quantity });
        snapshot.lines.iter().filter_map(whole).collect()
    };
    let rate = |percent: i64| Effect::RateOff(Rate::from_fraction(Decimal::new(percent, 2)));
    (0..count)
        .map(|index| {
            let pool = of_department(index * 3);
            let chosen =
                |effect| Shape::Portions(Chosen { portions: portions(&pool), effect, qualifies_on: Vec::new() });
            let deal = |slots, together| Shape::Deal(Deal { slots, together, repeat_max: None });
            let shape = match index % 5 {
                0 => chosen(rate(10)),
                1 => deal(vec![slot(&pool, 3, None)], Some(Effect::BundlePrice(Money::from_minor(3_000)))),
                2 => chosen(Effect::AmountOff(Money::from_minor(50))),
                3 => deal(vec![slot(&pool, 1, None), slot(&pool, 1, Some(rate(50)))], None),
                _ => chosen(Effect::FixedPrice(UnitPrice::each(Decimal::new(999, 2)))),
            };
            let mut made = candidate(format!("offer-{index}"), shape);
            if index % 5 == 2 {
                made.spread = Spread::EachUnit;
            }
            made
        })
        .collect()
}

fn price(
    snapshot: &Snapshot,
    offers: &[Candidate],
    assessment: &Assessment,
) -> anyhow::Result<(PricedBasket, Duration)> {
    let proposal = Proposal { candidates: offers.to_vec(), ..Proposal::default() };
    let proposed = Proposed { extension: "bench".into(), version: "1".into(), name: "Bench".into(), proposal };
    let snapshot = snapshot.clone();
    let assessor = Assessor { name: "one rate".into() };
    let started = Instant::now();
    let mut pricing = Pricing::from_snapshot(snapshot, Policy::default(), Vec::new());
    pricing.apply(Stage::Line, vec![proposed])?;
    let priced = pricing.finish(assessment, &assessor)?;
    Ok((priced, started.elapsed()))
}

fn one_rate(snapshot: &Snapshot) -> Assessment {
    let lines: Vec<u32> = snapshot.lines.iter().map(|line| line.id).collect();
    tax::fallback(&lines, "VAT", Decimal::new(19, 2), true)
}

fn measured(snapshot: &Snapshot, offers: &[Candidate], times: usize) -> anyhow::Result<(f64, f64)> {
    let assessment = one_rate(snapshot);
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        taken.push(price(snapshot, offers, &assessment)?.1);
    }
    Ok(quantiles(taken))
}

fn native() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let yardsticks = [(10_u32, 10_usize, 15.0, 240.0), (100, 10, 120.0, 2_700.0), (1_000, 20, 3_000.0, 0.0)];
    let mut by_lines = Vec::new();
    for (lines, count, yardstick, medusa) in yardsticks {
        let snapshot = snapshot(lines, |id| i64::from(1 + id % 3), &mut Dice(u64::from(lines)))?;
        let offers = offers(&snapshot, count);
        let (p50, p99) = measured(&snapshot, &offers, if lines < 1_000 { 1_000 } else { 100 })?;
        let beside = if medusa > 0.0 { format!("; Medusa's calculator {medusa} us") } else { String::new() };
        let name = format!("native_{lines}_lines_{count}_offers");
        rows.push(row(format!("{name}_p50"), p50, "us", yardstick, format!("at most {yardstick} us{beside}")));
        rows.push(row(format!("{name}_p99"), p99, "us", yardstick, "for information"));
    }
    for lines in [25_u32, 50, 100, 200, 400, 800] {
        let snapshot = snapshot(lines, |_| 1, &mut Dice(9))?;
        let offers = offers(&snapshot, 10);
        by_lines.push((f64::from(lines), measured(&snapshot, &offers, 60)?.0));
    }
    rows.push(row(
        "cost_exponent_in_lines",
        exponent(&by_lines),
        "",
        1.2,
        "at most 1.2: ten times the lines, 16 times the time",
    ));
    let snapshot = snapshot(50, |_| 1, &mut Dice(9))?;
    let mut by_offers = Vec::new();
    for count in [5_u32, 10, 20, 40, 80] {
        let offers = offers(&snapshot, count as usize);
        by_offers.push((f64::from(count), measured(&snapshot, &offers, 60)?.0));
    }
    rows.push(row("cost_exponent_in_offers", exponent(&by_offers), "", 1.2, "for information"));
    Ok(rows)
}

/// The slope of a straight line through the logarithms.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let (mean_x, mean_y) =
        (logs.iter().map(|(x, _)| x).sum::<f64>() / count, logs.iter().map(|(_, y)| y).sum::<f64>() / count);
    let over: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let under: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    over / under
}

/// Thousands of pieces cost what a few cost.
fn pieces() -> anyhow::Result<Vec<Row>> {
    let few = snapshot(30, |_| 1, &mut Dice(4))?;
    let many = snapshot(30, |_| 200, &mut Dice(4))?;
    let (few, _) = measured(&few, &offers(&few, 10), 1_000)?;
    let (many, _) = measured(&many, &offers(&many, 10), 1_000)?;
    Ok(vec![
        row("lines_30_pieces_30_p50", few, "us", few, "beside the next"),
        row("lines_30_pieces_6000_p50", many, "us", few * 1.2, "at most 1.2 x 30 lines of one piece"),
    ])
}

/// Twelve lines of one to three pieces, twelve overlapping deals of two or three slots, all prices different.
fn overlapping() -> anyhow::Result<Vec<Row>> {
    let mut dice = Dice(12);
    let mut times = Vec::new();
    let mut open = 0_u32;
    for _ in 0..1_000 {
        let counts: Vec<i64> = (0..12).map(|_| 1 + i64::from(dice.roll(3) as u32)).collect();
        let snapshot = snapshot(12, |id| counts[(id - 1) as usize], &mut dice)?;
        let mut deals = Vec::new();
        for index in 0..12 {
            let mut worth = Money::ZERO;
            let mut slots = Vec::new();
            for _ in 0..2 + dice.roll(2) {
                let mut pool: Vec<u32> = (1..=12).filter(|_| dice.roll(3) == 0).collect();
                if pool.is_empty() {
                    pool.push(1 + dice.roll(12) as u32);
                }
                let prices = snapshot.lines.iter().filter(|line| pool.contains(&line.id));
                let sum: i64 = prices.map(|line| line.gross.minor() / counts[(line.id - 1) as usize]).sum();
                worth = worth.plus(Money::from_minor(sum / i64::try_from(pool.len())?))?;
                slots.push(slot(&pool, 1, None));
            }
            let price = Money::from_minor(worth.minor() * (60 + i64::from(dice.roll(30) as u32)) / 100);
            let deal = Deal { slots, together: Some(Effect::BundlePrice(price)), repeat_max: None };
            deals.push(candidate(format!("deal-{index}"), Shape::Deal(deal)));
        }
        let (priced, taken) = price(&snapshot, &deals, &one_rate(&snapshot))?;
        open += u32::from(!priced.certificate.is_optimal());
        times.push(taken);
    }
    let (p50, p99) = quantiles(times);
    Ok(vec![
        row("overlapping_12_lines_12_deals_p50", p50, "us", 1_000.0, "at most 1 ms"),
        row("overlapping_12_lines_12_deals_p99", p99, "us", 10_000.0, "at most 10 ms"),
        row("overlapping_not_proven_optimal", f64::from(open), "of 1000", 0.0, "none"),
    ])
}

/// As many overlapping deals as one can think of: the budget ends the search, and the certificate says so.
fn hostile() -> anyhow::Result<Row> {
    let mut dice = Dice(66);
    let mut worst = Duration::ZERO;
    for lines in [24_u32, 60, 200] {
        let snapshot = snapshot(lines, |id| i64::from(1 + id % 4), &mut dice)?;
        let all: Vec<u32> = (1..=lines).collect();
        let deals: Vec<Candidate> = (0..20)
            .map(|index| {
                let slots = (0..3).map(|_| {
                    let pool: Vec<u32> = all.iter().copied().filter(|_| dice.roll(2) == 0).collect();
                    slot(&pool, 1 + i64::from(dice.roll(2) as u32), None)
                });
                let slots = slots.collect();
                let price = Money::from_minor(3_000 + i64::from(dice.roll(3_000) as u32));
                let deal = Deal { slots, together: Some(Effect::BundlePrice(price)), repeat_max: None };
                candidate(format!("deal-{index}"), Shape::Deal(deal))
            })
            .collect();
        let assessment = one_rate(&snapshot);
        for _ in 0..5 {
            let (priced, taken) = price(&snapshot, &deals, &assessment)?;
            anyhow::ensure!(priced.certificate.bound >= priced.certificate.saving, "a bound below what was found");
            worst = worst.max(taken);
        }
    }
    Ok(row("hostile_worst", worst.as_secs_f64() * 1e6, "us", 10_000.0, "at most 10 ms, whatever is thought up"))
}

//! `pos replay-baskets`: real baskets through the whole kernel, durable, as fast as it goes.
//!
//! A line's shelf amount (sales + retail discount + coupon match) is sold as the price *for its quantity*, never divided
//! first; the two discounts come from a script that reads the line's attributes; coupons are tendered, at most for what
//! is due, and the rest is paid in cash. Time is the basket's own. The basket's id is the sale's external reference, so a
//! second run refuses every basket as already rung.

mod figures;
mod input;

use super::{call, data_dir, print, print_json, status};
use crate::args::ReplayArgs;
use crate::data_dir::DataDir;
use crate::init;
use crate::session::{Session, SessionOptions, lock_and_read, open_store};
use anyhow::Context;
use figures::Figures;
use indicatif::{ProgressBar, ProgressStyle};
use input::{BasketRow, Catalogue, LineRow};
use pos_api::command::Given;
use pos_api::port::{Clock, ExtensionLoader, ExtensionSource, Store};
use pos_api::{Amount, Command, Reply};
use pos_domain::pricing::proposal::{Attr, AttrValue};
use pos_domain::shop::{Shop, TaxFallback};
use pos_kernel::Rules;
use pos_kernel::clock::ManualClock;
use pos_money::{Currency, Decimal, Money, Quantity, Unit, UnitPrice};
use pos_rhai::ScriptLoader;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// The script that gives both discounts.
const LOYALTY_SCRIPT: &str = include_str!("../../../../scripts/replay/loyalty_card.rhai");
/// Articles stored in one transaction.
const ARTICLES_AT_ONCE: usize = 5_000;

/// Replays a file.
pub(crate) fn run(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let data = data_dir(&args.common.data)?;
    let catalogue = Catalogue::read(&args.file)?;
    let mut session = open(data, catalogue.first_time)?;
    store_articles(&session, &catalogue)?;
    cancel_leftovers(&mut session.session);

    let bar = progress(catalogue.baskets, args);
    let mut figures = Figures::new(session.session.shop.currency);
    let started = Instant::now();
    for basket in input::baskets(&args.file)? {
        let basket = basket?;
        session.clock.set(basket.ts).with_context(|| format!("basket {}: the time {}", basket.basket, basket.ts))?;
        match ring(&mut session.session, &basket, &mut figures) {
            Ok(number) if args.ack => print_json(&serde_json::json!({ "basket": basket.basket, "number": number }))?,
            Ok(_) => {}
            Err(refused) => figures.refuse(&basket.basket, &refused),
        }
        bar.inc(1);
    }
    figures.elapsed = started.elapsed();
    bar.finish_and_clear();
    session.session.close()?;
    if args.common.json {
        print_json(&figures.to_json())?;
    } else if !args.ack {
        print(&figures.to_string())?;
    }
    for refusal in figures.refusals.iter().take(5) {
        eprintln!("pos: basket {}: {}", refusal.basket, refusal.reason);
    }
    if figures.refusals.len() > 5 {
        eprintln!("pos: … and {} more baskets were refused", figures.refusals.len() - 5);
    }
    Ok(status(figures.refusals.is_empty()))
}

struct Replay {
    session: Session,
    clock: Arc<ManualClock>,
}

/// Opens the shop (or makes one for the replay) under the replay's own rules: the one script, and no tax.
fn open(data: DataDir, first_time: jiff::civil::DateTime) -> anyhow::Result<Replay> {
    let (lock, mut shop) = if data.has_shop() {
        lock_and_read(&data)?
    } else {
        let shop = replay_shop()?;
        let lock = data.lock()?;
        open_store(&data, &shop)?;
        init::write_shop(&data.shop_toml(), &shop)?;
        (lock, shop)
    };
    anyhow::ensure!(
        shop.currency.exponent() == 2,
        "The file's amounts are cents; {} has {} decimal places. Replay into a shop of another currency.",
        shop.currency,
        shop.currency.exponent()
    );
    shop.prices_include_tax = true;
    shop.tax_fallback = Some(TaxFallback { code: "NONE".into(), rate: Decimal::ZERO });
    // Fuel is counted in thousandths of a gallon: tens of thousands of pieces on one line are real.
    shop.quantity_max = Decimal::from(1_000_000_000);
    let clock = Arc::new(ManualClock::new(&shop.zone, first_time)?);
    let script = ExtensionSource {
        file: "built-in/loyalty_card.rhai".into(),
        manifest: String::new(),
        code: LOYALTY_SCRIPT.as_bytes().into(),
        configuration: "{}".into(),
    };
    let loyalty = ScriptLoader::new().load(&script).map_err(|diagnostic| anyhow::anyhow!("{diagnostic}"))?;
    let options = SessionOptions {
        clock: Some(Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>),
        devices: false,
        rules: Some(Rules::fixed(vec![loyalty])),
        ..SessionOptions::of_owner()
    };
    Ok(Replay { session: Session::with_shop(data, lock, shop, options)?, clock })
}

fn replay_shop() -> anyhow::Result<Shop> {
    Ok(Shop {
        name: "Replay".into(),
        address: vec!["Replayed baskets".into()],
        tax_number: "none".into(),
        currency: Currency::from_code("USD")?,
        zone: "UTC".into(),
        store: "replay".into(),
        register: "R1".into(),
        cashier: "Replay".into(),
        languages: vec!["en".into()],
        prices_include_tax: true,
        cash_rounding: pos_money::Rounding::HALF_UP,
        quantity_max: Decimal::from(9_999),
        float: Decimal::ZERO,
        tax_fallback: None,
        policy: Default::default(),
        manual: Default::default(),
        returns: Default::default(),
        till: Default::default(),
        payments: Default::default(),
        credit: Default::default(),
        stock: Default::default(),
        roles: Default::default(),
        loyalty: None,
        embedded_codes: Vec::new(),
        notes: Vec::new(),
        receipt_footer: Vec::new(),
    })
}

fn store_articles(replay: &Replay, catalogue: &Catalogue) -> anyhow::Result<()> {
    let store = &replay.session.store;
    let mut fresh = Vec::new();
    for item in &catalogue.items {
        if store.item_by_code(&item.id)?.is_none() {
            fresh.push(item.clone());
        }
    }
    for articles in fresh.chunks(ARTICLES_AT_ONCE) {
        store.upsert_items(articles.to_vec()).context("The articles were not stored")?;
    }
    Ok(())
}

/// A run that was ended in the middle leaves a basket open; it is given up, on record, and rung anew.
fn cancel_leftovers(session: &mut Session) {
    for (index, basket) in session.kernel.open_baskets().into_iter().enumerate() {
        let reply = call(session, &format!("leftover-{index}"), Command::Cancel { basket: Some(basket) });
        if let Some(refused) = reply.refused {
            tracing::warn!(%basket, "a leftover basket stays open: {}", refused.message);
        }
    }
}

/// Rings one basket; the receipt number once it is durable, or why it was refused.
fn ring(session: &mut Session, basket: &BasketRow, figures: &mut Figures) -> Result<u64, String> {
    let reference = &basket.basket;
    let opened = accepted(call(
        session,
        &format!("{reference}/open"),
        Command::OpenBasket { reference: Some(reference.clone()) },
    ))?;
    let id = opened.basket;
    let outcome = ring_lines(session, basket, id, figures);
    if outcome.is_err() {
        // What was refused must not lie around open; the reason given is the first one.
        let cancelled = call(session, &format!("{reference}/cancel"), Command::Cancel { basket: id });
        if let Some(refused) = cancelled.refused {
            tracing::warn!(basket = reference, "the basket stays open: {}", refused.message);
        }
    }
    outcome
}

fn ring_lines(
    session: &mut Session,
    basket: &BasketRow,
    id: Option<pos_domain::ids::BasketId>,
    figures: &mut Figures,
) -> Result<u64, String> {
    let reference = &basket.basket;
    let mut due = Decimal::ZERO;
    for (index, line) in basket.lines.iter().enumerate() {
        let quantity = line.pieces();
        let command = Command::SellItem {
            basket: id,
            scan: line.product.clone(),
            quantity: Some(Amount(quantity)),
            given: Some(Given { price: Some(shelf_price(line, quantity, session.shop.currency)), attrs: attrs(line) }),
        };
        let started = Instant::now();
        let reply = accepted(call(session, &format!("{reference}/{index}"), command))?;
        figures.scans.push(started.elapsed());
        due = reply.view.as_ref().map_or(due, |view| view.due);
    }
    let coupons = session
        .shop
        .currency
        .to_decimal(Money::from_minor(basket.lines.iter().map(|line| line.coupon_disc_cents).sum()));
    let used = coupons.min(due);
    if used > Decimal::ZERO {
        let command = Command::TenderCoupon { basket: id, amount: Amount(used) };
        due = accepted(call(session, &format!("{reference}/coupon"), command))?.view.map_or(due, |view| view.due);
    }
    if due > Decimal::ZERO {
        accepted(call(session, &format!("{reference}/cash"), Command::TenderCash { basket: id, amount: None }))?;
    }
    let started = Instant::now();
    let reply = accepted(call(session, &format!("{reference}/complete"), Command::Complete { basket: id }))?;
    figures.commits.push(started.elapsed());
    figures.coupon_unused += coupons - used;
    let (Some(number), Some(view)) = (reply.number, reply.view) else {
        return Err("the sale has no number".to_owned());
    };
    figures.count(&view);
    Ok(number)
}

fn accepted(reply: Reply) -> Result<Reply, String> {
    match &reply.refused {
        Some(refused) => Err(format!("{}: {}", refused.code, refused.message)),
        None => Ok(reply),
    }
}

/// The shelf amount per the quantity: exact whatever the quantity.
fn shelf_price(line: &LineRow, quantity: Decimal, currency: Currency) -> UnitPrice {
    UnitPrice {
        value: currency.to_decimal(Money::from_minor(line.shelf_cents())),
        per: Quantity::new(quantity, Unit::Each),
    }
}

fn attrs(line: &LineRow) -> Vec<Attr> {
    [("retail-discount", line.retail_disc_cents), ("coupon-match", line.coupon_match_cents)]
        .into_iter()
        .filter(|(_, cents)| *cents != 0)
        .map(|(key, cents)| Attr { key: key.into(), value: AttrValue::Number(Decimal::new(cents, 2)) })
        .collect()
}

fn progress(baskets: u64, args: &ReplayArgs) -> ProgressBar {
    if args.ack || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} baskets, {per_sec}, {eta} left");
    ProgressBar::new(baskets).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

//! `pos demo`: a shop to try, with a day's work in it.

mod figures;

use super::{call, print, print_json, tell_news};
use crate::args::{DemoArgs, RegisterArgs};
use crate::data_dir::{DataDir, DataLock, write_file};
use crate::demo_catalogue::{demo_items, demo_shop, quick_key_pages};
use crate::demo_day::{DemoSale, DemoStep, demo_day};
use crate::session::{Session, SessionOptions, lock_and_read, open_store};
use crate::{Window, init, quick_keys};
use anyhow::Context;
use figures::Figures;
use pos_api::port::{Clock, Store};
use pos_api::{Amount, Command, Reply};
use pos_domain::shop::Shop;
use pos_kernel::clock::ManualClock;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

/// The rules a demonstration shop starts with.
const SCRIPTS: [(&str, &str); 3] = [
    ("happy_hour.rhai", include_str!("../../../../scripts/happy_hour.rhai")),
    ("three_for_two.rhai", include_str!("../../../../scripts/three_for_two.rhai")),
    ("spend_and_save.rhai", include_str!("../../../../scripts/spend_and_save.rhai")),
];
/// Its tax rates.
const TAX_TABLE: (&str, &str) = ("org.pos-kernel.tax-table", include_str!("../demo_tax_table.json"));
/// Its printer writes into the receipts folder, the drawer hangs on it, its terminal is a program.
const DEVICES: &str = "# Devices of this register; see the guide of the register for a network printer.\n\
    [printer]\nkind = \"file\"\npath = \"receipts\"\n\n[drawer]\nkind = \"printer\"\n\n\
    # To learn with: amounts ending in 13 are declined, in 14 give no answer at first, in 15 are approved in part.\n\
    # A terminal in the network: kind = \"tcp\", address = \"10.0.0.20:22000\".\n\
    [terminal]\nkind = \"simulated\"\n";

/// Opens the demonstration shop in the window, or rings its day where there is no display.
pub(crate) fn run(args: DemoArgs, window: &dyn Window) -> anyhow::Result<ExitCode> {
    let data = match &args.data.data {
        Some(root) => DataDir::new(root),
        None => DataDir::demo_of_user()?,
    };
    let (lock, shop) = if data.has_shop() { lock_and_read(&data)? } else { make(&data)? };
    let has_display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if args.headless || args.json || !has_display {
        return ring(data, lock, shop, args.json);
    }
    let session = Session::with_shop(data, lock, shop, SessionOptions::default())?;
    eprintln!("pos: the demonstration shop is in {}", session.data.root().display());
    let DemoArgs { data, window: window_args, .. } = args;
    window.run(session, &RegisterArgs { data, window: window_args })?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the shop, once.
fn make(data: &DataDir) -> anyhow::Result<(DataLock, Shop)> {
    let shop = demo_shop()?;
    let items = demo_items()?;
    let lock = data.lock()?;
    for (name, text) in SCRIPTS {
        write_file(&data.scripts().join(name), text)?;
    }
    let (plugin, rates) = TAX_TABLE;
    write_file(&data.config_of(plugin), rates)?;
    write_file(&data.devices_toml(), DEVICES)?;
    quick_keys::write_pages(&data.quick_keys_toml(), &quick_key_pages(&items))?;
    open_store(data, &shop)?.upsert_items(items).context("The articles were not stored")?;
    // The settings come last: a shop that was only half made is made again.
    init::write_shop(&data.shop_toml(), &shop)?;
    Ok((lock, shop))
}

/// Rings the day and tells what it came to.
fn ring(data: DataDir, lock: DataLock, shop: Shop, json: bool) -> anyhow::Result<ExitCode> {
    let day = demo_day();
    let first = day.first().context("the day has no customers")?;
    let clock = Arc::new(ManualClock::new(&shop.zone, first.local())?);
    let options = SessionOptions {
        clock: Some(Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>),
        ..SessionOptions::of_owner()
    };
    let mut session = Session::with_shop(data, lock, shop, options)?;
    tell_news(&session);
    let mut day_run = Day { figures: Figures::default(), command: 0, run: first_command_of(&session)? };
    // The receipt shown is the one that most rules had a hand in.
    let (mut shown, mut most) = (String::new(), 0);
    for sale in &day {
        clock.set(sale.local())?;
        let reply = day_run.serve(&mut session, sale)?;
        let view = reply.view.as_deref();
        let modifiers = view.into_iter().flat_map(|view| &view.lines).flat_map(|line| &line.modifiers);
        let rules: BTreeSet<&str> = modifiers.map(|modifier| modifier.extension.as_str()).collect();
        if let Some(receipt) = reply.receipt.as_ref().filter(|_| rules.len() > most) {
            shown.clone_from(&receipt.text);
            most = rules.len();
        }
    }
    let report = accepted(call(&mut session, &day_run.id("x"), Command::XReport))?.report.unwrap_or_default();
    let verified =
        accepted(call(&mut session, &day_run.id("verify"), Command::Verify))?.verification.unwrap_or_default();
    let counts = session.kernel.effect_counts();
    let folder = session.data.root().to_owned();
    let figures = day_run.figures;
    session.close()?;
    if json {
        print_json(&figures.to_json(&verified, &counts, &folder))?;
    } else {
        print(&format!("{shown}\n{}\n", report.text))?;
        print(&format!(
            "{} sales rung, journal of {} records verified, shop kept in {}\n",
            figures.sales,
            verified.records,
            folder.display()
        ))?;
    }
    anyhow::ensure!(verified.verified, "the journal does not verify: {:?}", verified.problems);
    Ok(ExitCode::SUCCESS)
}

/// Command ids are unique for ever: a day rung again counts on from the records there are.
fn first_command_of(session: &Session) -> anyhow::Result<u64> {
    Ok(session.store.journal_records()?)
}

fn accepted(reply: Reply) -> anyhow::Result<Reply> {
    match &reply.refused {
        Some(refused) => anyhow::bail!("{} {}", refused.message, refused.next),
        None => Ok(reply),
    }
}

struct Day {
    figures: Figures,
    command: u64,
    run: u64,
}

impl Day {
    fn id(&mut self, what: &str) -> String {
        self.command += 1;
        format!("demo-{}-{}-{what}", self.run, self.command)
    }

    /// Serves one customer; the last reply.
    fn serve(&mut self, session: &mut Session, sale: &DemoSale) -> anyhow::Result<Reply> {
        let opened = accepted(call(session, &self.id("open"), Command::OpenBasket { reference: None }))?;
        let basket = opened.basket;
        let mut last = opened;
        for step in &sale.steps {
            let scan = |code: &str| Command::SellItem { basket, scan: code.to_owned(), quantity: None, given: None };
            let command = match step {
                DemoStep::Scan(code) => scan(code),
                DemoStep::ScanRefused { code, refusal } => {
                    let reply = call(session, &self.id("refused"), scan(code));
                    let found = reply.refused.map(|refused| refused.code);
                    anyhow::ensure!(
                        found.as_deref() == Some(refusal),
                        "{code} should be refused as {refusal}: {found:?}"
                    );
                    continue;
                }
                DemoStep::SetQuantity { line, quantity } => {
                    Command::SetQuantity { basket, line: *line, quantity: Amount(*quantity) }
                }
                DemoStep::Void(line) => Command::VoidLine { basket, line: *line },
                DemoStep::Undo => Command::Undo { basket },
                DemoStep::Cash(amount) => {
                    let tender = Command::TenderCash { basket, amount: amount.map(Amount) };
                    accepted(call(session, &self.id("cash"), tender))?;
                    Command::Complete { basket }
                }
                DemoStep::Cancel => Command::Cancel { basket },
            };
            last = accepted(call(session, &self.id("step"), command))?;
        }
        if sale.is_paid()
            && let Some(number) = last.number
            && let Some(committed) = session.store.transaction(number)?
        {
            self.figures.count(&committed.transaction)?;
        }
        Ok(last)
    }
}

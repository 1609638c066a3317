//! `pos stock`: what there is and what to order; goods that move without a sale.

use super::{call, data_dir, open_quietly, print_reply, tell_news};
use crate::args::{Happened, StockBookArgs, StockCommand, StockListArgs};
use crate::session::{Session, SessionOptions};
use anyhow::{Context, bail};
use pos_api::command::{MoveStock, StockLineAsked};
use pos_api::view::StockLevelView;
use pos_api::{Amount, Command, Reply};
use pos_domain::stock::StockActKind;
use pos_money::Decimal;
use std::path::Path;
use std::process::ExitCode;
use uuid::Uuid;

/// Lists or books.
pub(crate) fn run(command: &StockCommand) -> anyhow::Result<ExitCode> {
    match command {
        StockCommand::List(args) => list(args),
        StockCommand::Book(args) => book(args),
    }
}

fn list(args: &StockListArgs) -> anyhow::Result<ExitCode> {
    let mut session = open_quietly(&args.common.data)?;
    let reply = call(&mut session, "stock", Command::ListStock { items: args.items.clone(), low: args.low });
    let none = match (args.low, args.items.is_empty()) {
        (true, _) => "Nothing is to be ordered.\n",
        (false, true) => {
            "No article has a reorder point; name articles, or give them one: `pos catalog import` knows reorder_point.\n"
        }
        (false, false) => "",
    };
    print_reply(&reply, args.common.json, |reply| {
        let levels = reply.stock.as_deref().unwrap_or_default();
        if levels.is_empty() { none.to_owned() } else { levels.iter().map(level_text).collect() }
    })
}

fn level_text(level: &StockLevelView) -> String {
    let StockLevelView { item, name, unit, on_hand, committed, available, locations, .. } = level;
    let figure = |value: &Decimal| format!("{} {unit}", value.normalize()).trim().to_owned();
    let mut text = format!("{item}  {name}: {}", figure(on_hand));
    let places: Vec<String> = locations
        .iter()
        .filter(|(place, _)| !place.is_empty())
        .map(|(place, value)| format!("{place} {}", figure(value)))
        .collect();
    if !places.is_empty() {
        text += &format!(" ({})", places.join(", "));
    }
    if !committed.is_zero() {
        text += &format!(", {} kept back for orders, {} available", figure(committed), figure(available));
    }
    if let (Some(average), Some(value)) = (&level.average_cost, &level.value) {
        text += &format!(", {average} each on average, worth {value}");
    }
    if let Some(proposal) = &level.proposal {
        let from = if level.supplier.is_empty() { String::new() } else { format!(" from {}", level.supplier) };
        text += &format!("; order {}{from}", figure(proposal));
    }
    text + "\n"
}

fn book(args: &StockBookArgs) -> anyhow::Result<ExitCode> {
    let mut lines = args.lines.iter().map(|line| line_of(line)).collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(path) = &args.file {
        lines.extend(lines_of(path)?);
    }
    let kind = match args.what {
        Happened::Receipt => StockActKind::Receipt,
        Happened::Transfer => StockActKind::Transfer,
        Happened::Count => StockActKind::Count,
        Happened::Adjustment => StockActKind::Adjustment,
        Happened::Production => StockActKind::Production,
    };
    let command = Command::MoveStock(MoveStock {
        kind,
        location: args.at.clone(),
        to: args.to.clone(),
        supplier: args.supplier.clone(),
        reference: args.reference.clone(),
        reason: args.reason.clone(),
        lines,
    });
    let mut session = Session::open(data_dir(&args.common.data)?, SessionOptions::of_owner())?;
    let reply = call(&mut session, &format!("stock-{}", Uuid::now_v7()), command);
    tell_news(&session);
    let code = print_reply(&reply, args.common.json, text_of)?;
    session.close()?;
    Ok(code)
}

fn text_of(reply: &Reply) -> String {
    reply.receipt.as_ref().map(|slip| slip.text.clone()).unwrap_or_default()
}

/// `ALE=12@14.40`.
fn line_of(text: &str) -> anyhow::Result<StockLineAsked> {
    let (item, rest) =
        text.split_once('=').with_context(|| format!("\"{text}\" is not ITEM=QUANTITY or ITEM=QUANTITY@COST"))?;
    let (quantity, cost) = match rest.split_once('@') {
        Some((quantity, cost)) => (quantity, Some(cost)),
        None => (rest, None),
    };
    line(item, quantity, cost).with_context(|| format!("\"{text}\""))
}

fn line(item: &str, quantity: &str, cost: Option<&str>) -> anyhow::Result<StockLineAsked> {
    let number = |text: &str, what: &str| -> anyhow::Result<Amount> {
        Ok(Amount(text.trim().parse().with_context(|| format!("{what} \"{text}\" is not a number like 12.5"))?))
    };
    let cost = cost.filter(|cost| !cost.trim().is_empty()).map(|cost| number(cost, "the cost")).transpose()?;
    Ok(StockLineAsked { item: item.trim().to_owned(), quantity: number(quantity, "the quantity")?, cost })
}

/// Articles of a CSV file, by the names in its first row.
fn lines_of(path: &Path) -> anyhow::Result<Vec<StockLineAsked>> {
    let named = || format!("{}", path.display());
    let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).with_context(named)?;
    let headers = file.headers().with_context(named)?.clone();
    let column = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
    let (Some(item), Some(quantity)) = (column("item"), column("quantity")) else {
        bail!("{}: the first row names the columns item, quantity and, of a delivery, cost", path.display());
    };
    let cost = column("cost");
    let mut lines = Vec::new();
    for (index, row) in file.records().enumerate() {
        let place = || format!("{}, row {}", path.display(), index + 2);
        let row = row.with_context(place)?;
        let cell = |column: usize| row.get(column).unwrap_or_default();
        lines.push(line(cell(item), cell(quantity), cost.map(cell)).with_context(place)?);
    }
    Ok(lines)
}

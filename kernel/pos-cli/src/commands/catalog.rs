//! `pos catalog`: articles in, articles found.

use super::{call, data_dir, open_quietly, print, print_json, report_refusal, status};
use crate::args::{FindArgs, ImportArgs};
use crate::catalog_import::{ImportOptions, import as read_csv, preview as read_preview};
use crate::session::{lock_and_read, open_store};
use anyhow::Context;
use pos_api::Command;
use pos_api::port::Store;
use pos_domain::catalogue::{Deposit, Item};
use std::fs::File;
use std::process::ExitCode;
use std::sync::Arc;

/// Reads a CSV file; good rows are kept, bad ones are named and make the exit status 1.
pub(crate) fn import(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let data = data_dir(&args.common.data)?;
    let (_lock, shop) = lock_and_read(&data)?;
    let options = ImportOptions {
        decimal: args.decimal,
        ..ImportOptions::new(shop.currency).with_map(&args.map)?.with_tax_classes(&args.tax_class)?
    };
    let file = File::open(&args.file).with_context(|| format!("{} cannot be read", args.file.display()))?;
    if args.preview {
        let preview = read_preview(file, &options)?;
        if args.common.json {
            print_json(&preview)?
        } else {
            print(&preview.to_string())?
        }
        return Ok(status(preview.errors.is_empty()));
    }
    let mut report = read_csv(file, &options)?;
    let store = open_store(&data, &shop)?;
    let is_deposit = |found: Option<Arc<Item>>| found.is_some_and(|item| item.deposit == Deposit::Itself);
    report.check_deposits(|id| store.item(id).is_ok_and(is_deposit));
    store.upsert_items(report.good.clone()).context("The articles were not stored")?;
    if args.common.json {
        print_json(&report)?
    } else {
        print(&report.to_string())?
    }
    Ok(status(report.errors.is_empty()))
}

/// Finds articles.
pub(crate) fn find(args: &FindArgs) -> anyhow::Result<ExitCode> {
    let mut session = open_quietly(&args.common.data)?;
    let command = Command::FindItems { text: args.text.join(" "), limit: Some(args.limit) };
    let reply = call(&mut session, "find", command);
    if let Some(code) = report_refusal(&reply) {
        return Ok(code);
    }
    let items = reply.items.unwrap_or_default();
    if args.common.json {
        print_json(&items)?;
    } else {
        let currency = session.shop.currency;
        for item in &items {
            let per = if item.price_per.is_empty() { String::new() } else { format!(" / {}", item.price_per) };
            print(&format!(
                "{:<14} {:<36} {:>9} {currency}{per}  {}\n",
                item.code, item.name, item.price, item.department
            ))?;
        }
        if items.is_empty() {
            eprintln!("pos: nothing was found; try the beginning of a word of the name");
        }
    }
    session.close()?;
    Ok(status(!items.is_empty()))
}

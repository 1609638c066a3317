//! `pos journal`: check it, take it along.

use super::backup::spinner;
use super::out::OutFile;
use super::{call, data_dir, open_quietly, print, print_json, report_refusal, status};
use crate::args::{DataJsonArgs, ExportArgs, ShowArgs};
use crate::session::{lock_and_read, open_store};
use pos_api::Command;
use pos_api::port::Outbox;
use pos_domain::time::Moment;
use pos_money::Money;
use std::io::BufWriter;
use std::process::ExitCode;

/// Verifies the whole journal.
pub(crate) fn verify(args: &DataJsonArgs) -> anyhow::Result<ExitCode> {
    let mut session = open_quietly(&args.data)?;
    let verifying = spinner("Verifying")?;
    let reply = call(&mut session, "verify", Command::Verify);
    verifying.finish_and_clear();
    if let Some(code) = report_refusal(&reply) {
        return Ok(code);
    }
    let found = reply.verification.unwrap_or_default();
    if args.json {
        print_json(&found)?;
    } else if found.verified {
        print(&format!(
            "Verified: {} records, receipts 1 to {}, chain head {}.\n",
            found.records, found.last_number, found.head
        ))?;
    } else {
        for problem in &found.problems {
            print(&format!("{problem}\n"))?;
        }
        eprintln!(
            "pos: the journal does NOT verify: {} problem(s). Keep the folder as it is; `pos salvage` builds a new one of what is whole.",
            found.problems.len()
        );
    }
    session.close()?;
    Ok(status(found.verified))
}

/// Prints records: number, kind, time and hash, or whole as JSON.
pub(crate) fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let data = data_dir(&args.common.data)?;
    let (_lock, shop) = lock_and_read(&data)?;
    let store = open_store(&data, &shop)?;
    let last = store.journal_records()?;
    let from = args.from.unwrap_or((last + 1).saturating_sub(args.count)).max(1);
    if from > last {
        eprintln!("pos: there is no record {from}; the journal ends with record {last}.");
    }
    let mut text = String::new();
    for delivery in store.after(from - 1, u32::try_from(args.count).unwrap_or(u32::MAX))? {
        let line = delivery.line();
        if args.common.json {
            text.push_str(&line);
            text.push('\n');
            continue;
        }
        let record: serde_json::Value = serde_json::from_str(&line)?;
        let seq = delivery.seq;
        let body = &record["body"];
        let content =
            ["transaction", "shift", "closing", "period", "signed", "audit"].into_iter().map(|key| &body[key]);
        let content = content.into_iter().find(|content| content.is_object());
        let at = |key: &str| content.map_or(&serde_json::Value::Null, |content| &content[key]);
        let when = ["completed_at", "opened_at", "closed_at", "at"].into_iter().map(at).find(|when| when.is_object());
        let when = when.and_then(|when| serde_json::from_value::<Moment>(when.clone()).ok());
        let total =
            at("total").as_i64().map(|total| shop.currency.format(Money::from_minor(total))).unwrap_or_default();
        let number = record["number"].as_u64().map(|number| number.to_string()).unwrap_or_default();
        let hash: String = record["hash"].as_str().unwrap_or_default().chars().take(12).collect();
        let kind = record["kind"].as_str().unwrap_or_default();
        let when = when.map(|when| when.to_text()).unwrap_or_default();
        text.push_str(&format!("{seq:>8}  {number:>7}  {kind:<14} {total:>12}  {when:<25}  {hash}\n"));
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the journal as JSON lines.
pub(crate) fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let data = data_dir(&args.data)?;
    let (_lock, shop) = lock_and_read(&data)?;
    let store = open_store(&data, &shop)?;
    match &args.out {
        None => {
            store.export_journal(&mut BufWriter::new(std::io::stdout().lock()))?;
        }
        Some(path) => {
            let mut out = OutFile::create(path, &data)?;
            let records = store.export_journal(&mut out)?;
            out.keep()?;
            eprintln!("pos: {records} records written to {}", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

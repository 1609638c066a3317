//! `pos journal`: check it, take it along.

use super::{call, data_dir, open_quietly, print, print_json, report_refusal, status};
use crate::args::{DataJsonArgs, ExportArgs};
use crate::session::{lock_and_read, open_store};
use anyhow::Context;
use pos_api::Command;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

/// Verifies the whole journal.
pub(crate) fn verify(args: &DataJsonArgs) -> anyhow::Result<ExitCode> {
    let mut session = open_quietly(&args.data)?;
    let reply = call(&mut session, "verify", Command::Verify);
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
            "pos: the journal does NOT verify: {} problem(s). Keep the file and call support.",
            found.problems.len()
        );
    }
    session.close()?;
    Ok(status(found.verified))
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
            let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
            let mut out = BufWriter::new(file);
            let records = store.export_journal(&mut out)?;
            out.flush().with_context(|| format!("{} cannot be written", path.display()))?;
            eprintln!("pos: {records} records written to {}", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

//! `pos receipt`: a numbered copy.

use super::out::OutFile;
use super::{call, open_quietly, print, print_json, report_refusal};
use crate::args::ReceiptArgs;
use anyhow::Context;
use pos_api::Command;
use pos_api::port::Store;
use pos_devices::escpos;
use pos_devices::paper::Paper;
use pos_devices::profile::PrinterProfile;
use pos_domain::receipt::{Print, sale_receipt};
use std::io::Write;
use std::process::ExitCode;

/// Counts the copy and prints it.
pub(crate) fn run(args: &ReceiptArgs) -> anyhow::Result<ExitCode> {
    let common = &args.receipt.common;
    let mut session = open_quietly(&common.data)?;
    // Before the copy is counted: what cannot be written is none.
    let picture = args.png.as_ref().map(|path| OutFile::create(path, &session.data)).transpose()?;
    let reply = call(&mut session, "receipt", Command::GetReceipt { number: args.receipt.number });
    if let Some(code) = report_refusal(&reply) {
        return Ok(code);
    }
    let Some(receipt) = &reply.receipt else { anyhow::bail!("the kernel sent no receipt") };
    if let Some(mut out) = picture {
        let committed = session.store.transaction(receipt.number)?.context("the receipt has gone")?;
        let document = sale_receipt(&committed, &session.shop, Print::Copy(receipt.copy));
        let profile = PrinterProfile::default();
        let picture = Paper::read(&escpos::encode(&document, &profile), profile.columns).to_png()?;
        out.write_all(&picture)?;
        out.keep()?;
    }
    if common.json {
        print_json(&reply)?
    } else {
        print(&receipt.text)?
    }
    session.close()?;
    Ok(ExitCode::SUCCESS)
}

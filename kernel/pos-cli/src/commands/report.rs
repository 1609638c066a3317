//! `pos report`: the X report of the open shift.

use super::{call, open_quietly, print, print_json, report_refusal};
use crate::args::DataJsonArgs;
use pos_api::Command;
use std::process::ExitCode;

/// Reads the figures without closing anything.
pub(crate) fn run(args: &DataJsonArgs) -> anyhow::Result<ExitCode> {
    let mut session = open_quietly(&args.data)?;
    let reply = call(&mut session, "x", Command::XReport);
    if let Some(code) = report_refusal(&reply) {
        return Ok(code);
    }
    let report = reply.report.unwrap_or_default();
    if args.json {
        print_json(&report)?
    } else if report.shift == 0 {
        print("No shift was opened yet; the first sale opens one.\n")?
    } else {
        print(&report.text)?
    }
    session.close()?;
    Ok(ExitCode::SUCCESS)
}

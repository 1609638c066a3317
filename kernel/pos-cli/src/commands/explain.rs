//! `pos explain`: why each line of a receipt cost what it cost, as it was stored with the sale.

use super::{open_quietly, print, print_json};
use crate::args::NumberArgs;
use anyhow::Context;
use pos_api::port::Store;
use pos_domain::pricing::explain::Facts;
use pos_domain::receipt::number_text;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Prints the stored reasons; nothing is computed again.
pub(crate) fn run(args: &NumberArgs) -> anyhow::Result<ExitCode> {
    let session = open_quietly(&args.common.data)?;
    let committed = session
        .store
        .transaction(args.number)?
        .with_context(|| format!("There is no receipt {}. Check the number on the receipt", args.number))?;
    let transaction = &committed.transaction;
    let facts = Facts::of_transaction(transaction);
    if args.common.json {
        let lines: Vec<_> = transaction
            .lines
            .iter()
            .filter(|line| !line.voided)
            .map(|line| serde_json::json!({ "line": line.number, "name": line.name, "reasons": facts.sold(line) }))
            .collect();
        print_json(
            &serde_json::json!({ "number": committed.number, "currency": transaction.currency, "lines": lines }),
        )?;
    } else {
        let mut text = format!("Receipt {}\n", number_text(&transaction.register, committed.number));
        for line in transaction.lines.iter().filter(|line| !line.voided) {
            writeln!(text, "\n{}  {}", line.number, line.name)?;
            for reason in facts.sold(line) {
                let amount = reason.amount.map(|amount| transaction.currency.format(amount)).unwrap_or_default();
                writeln!(text, "   {:<46} {amount:>12}", reason.title)?;
                if !reason.detail.is_empty() {
                    writeln!(text, "     {}", reason.detail)?;
                }
            }
        }
        print(&text)?;
    }
    session.close()?;
    Ok(ExitCode::SUCCESS)
}

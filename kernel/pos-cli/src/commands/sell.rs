//! `pos sell`: ring and pay from the shell.

use super::{call, data_dir, print, print_json, report_refusal, tell_news};
use crate::args::SellArgs;
use crate::session::{Session, SessionOptions};
use pos_api::{Amount, Command, Reply};
use std::process::ExitCode;

/// Rings every code, takes the cash, prints the receipt. If anything is refused, the basket is cancelled: a shell has
/// no second try.
pub(crate) fn run(args: &SellArgs) -> anyhow::Result<ExitCode> {
    let options = SessionOptions::of_owner();
    let mut session = Session::open(data_dir(&args.common.data)?, options)?;
    let reply = ring(&mut session, args);
    tell_news(&session);
    let code = if args.common.json {
        print_json(&reply)?;
        reply.refused.as_ref().map(|_| ExitCode::from(1))
    } else if let Some(receipt) = reply.receipt.as_ref().filter(|_| reply.refused.is_none()) {
        print(&receipt.text)?;
        None
    } else {
        report_refusal(&reply)
    };
    session.close()?;
    Ok(code.unwrap_or(ExitCode::SUCCESS))
}

fn ring(session: &mut Session, args: &SellArgs) -> Reply {
    let opened = call(session, "open", Command::OpenBasket { reference: None });
    if opened.refused.is_some() {
        return opened;
    }
    let basket = opened.basket;
    let amount = args.cash.map(Amount);
    let steps = args
        .codes
        .iter()
        .map(|code| Command::SellItem { basket, scan: code.clone(), quantity: None, given: None })
        .chain([Command::TenderCash { basket, amount }, Command::Complete { basket }]);
    let mut last = opened;
    for (index, command) in steps.enumerate() {
        let reply = call(session, &format!("step-{index}"), command);
        if reply.refused.is_some() {
            let cancelled = call(session, "cancel", Command::Cancel { basket });
            if let Some(refused) = cancelled.refused {
                tracing::warn!("the basket stays open: {}", refused.message);
            }
            return reply;
        }
        last = reply;
    }
    last
}

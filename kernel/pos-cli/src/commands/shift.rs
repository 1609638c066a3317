//! `pos shift`: open, count and close a till from the shell; cash that moves without a sale.

use super::out::OutFile;
use super::{call, data_dir, print_reply, tell_news};
use crate::args::{
    CloseShiftArgs, ClosedArgs, CountTillArgs, HandOverArgs, MoveCashArgs, OpenShiftArgs, ReasonArgs, ShiftCommand,
    TakeOverArgs, ZArgs,
};
use crate::session::{Session, SessionOptions};
use anyhow::Context;
use pos_api::command::{CountOf, MoveCash, PiecesOf};
use pos_api::view::{CountState, CountView};
use pos_api::{Amount, Command, Reply};
use std::io::Write;
use std::process::ExitCode;
use uuid::Uuid;

/// One command to the kernel of this process, with printer and drawer; its paper, or the reply as JSON.
pub(crate) fn run(command: ShiftCommand) -> anyhow::Result<ExitCode> {
    let common = command.common().clone();
    let data = data_dir(&common.data)?;
    let into = match &command {
        ShiftCommand::HandOver(HandOverArgs { file, .. }) => Some(OutFile::create(file, &data)?),
        _ => None,
    };
    let options = SessionOptions::of_owner();
    let mut session = Session::open(data, options)?;
    // Each time a command of its own: the same one twice is meant twice.
    let command_id = format!("shift-{}", Uuid::now_v7());
    let reply = call(&mut session, &command_id, command_of(command)?);
    if let Some((mut file, till)) = into.zip(reply.handover.as_ref()) {
        // Whoever runs the command again gets the same till: nothing is lost where the file cannot be written.
        file.write_all(till.as_bytes())
            .map_err(anyhow::Error::from)
            .and_then(|()| file.keep())
            .context("The till was not written; run the command again with another file")?;
    }
    tell_news(&session);
    let code = print_reply(&reply, common.json, text_of)?;
    session.close()?;
    Ok(code)
}

fn command_of(command: ShiftCommand) -> anyhow::Result<Command> {
    Ok(match command {
        ShiftCommand::Open(OpenShiftArgs { float, pieces, .. }) => {
            Command::OpenShift { float: float.map(Amount), pieces: pieces.into_iter().map(PiecesOf::from).collect() }
        }
        ShiftCommand::PayIn(args) => Command::PayIn(move_cash(args)),
        ShiftCommand::PayOut(args) => Command::PayOut(move_cash(args)),
        ShiftCommand::Float(args) => Command::AddFloat(move_cash(args)),
        ShiftCommand::Safe(args) => Command::DropToSafe(move_cash(args)),
        ShiftCommand::Drawer(ReasonArgs { reason, .. }) => Command::OpenDrawer { reason },
        ShiftCommand::Count(CountTillArgs { cash, pieces, coupon, foreign, .. }) => {
            let pieces = pieces.into_iter().map(PiecesOf::from).collect();
            let cash = CountOf { tender: None, currency: None, amount: cash.map(Amount), pieces };
            let coupon = coupon.map(|amount| CountOf {
                tender: Some("coupon".to_owned()),
                currency: None,
                amount: Some(Amount(amount)),
                pieces: Vec::new(),
            });
            let foreign = foreign.into_iter().map(|(currency, amount)| CountOf {
                tender: None,
                currency: Some(currency),
                amount: Some(Amount(amount)),
                pieces: Vec::new(),
            });
            Command::CountTill { counts: [Some(cash), coupon].into_iter().flatten().chain(foreign).collect() }
        }
        ShiftCommand::Close(CloseShiftArgs { reason, carry, .. }) => Command::CloseShift { reason, carry },
        ShiftCommand::Z(ZArgs { shift, .. }) => Command::ZReport { shift },
        ShiftCommand::HandOver(HandOverArgs { carry, .. }) => Command::HandOverShift { carry },
        ShiftCommand::TakeOver(TakeOverArgs { file, .. }) => {
            let text = std::fs::read_to_string(&file);
            Command::TakeOverShift { handover: text.with_context(|| format!("{} cannot be read", file.display()))? }
        }
        ShiftCommand::Day(_) => Command::CloseDay,
        ShiftCommand::Closed(ClosedArgs { period, limit, .. }) => Command::ListPeriods { period, limit: Some(limit) },
    })
}

fn move_cash(args: MoveCashArgs) -> MoveCash {
    let MoveCashArgs { amount, pieces, reason, note, .. } = args;
    let pieces = pieces.into_iter().map(PiecesOf::from).collect();
    MoveCash { amount: amount.map(Amount), pieces, reason, note }
}

/// What a person reads: the slip, the report, what to do after a count.
fn text_of(reply: &Reply) -> String {
    let mut text = String::new();
    if let Some(receipt) = &reply.receipt {
        text += &receipt.text;
    }
    if let Some(report) = &reply.report {
        text += &report.text;
    }
    for period in reply.periods.iter().flatten() {
        text += &period.text;
    }
    if reply.periods.as_ref().is_some_and(Vec::is_empty) {
        text += "None has been closed yet.\n";
    }
    if let Some(CountView { state, tenders }) = reply.count.as_deref() {
        text += match state {
            CountState::Fits => "The count fits. Close the shift: pos shift close\n",
            CountState::Recount => "The count does not fit. Count the till once more: pos shift count\n",
            CountState::Differs => {
                "The count does not fit, and stands. Close the shift with a reason: pos shift close --reason …\n"
            }
        };
        for found in tenders.iter().flatten().filter(|found| !found.difference.is_zero()) {
            text += &format!(
                "{}: {} counted, {} expected, {} different\n",
                found.tender, found.counted, found.expected, found.difference
            );
        }
    }
    text
}

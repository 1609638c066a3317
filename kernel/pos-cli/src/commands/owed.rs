//! `pos owed`: what is to be handed over, settled or paid: orders, card payments, gift cards, accounts.

use super::{data_dir, print_reply, tell_news};
use crate::args::{CreditKind, OwedCommand};
use crate::session::{Session, SessionOptions};
use pos_api::command::Credit;
use pos_api::view::{CreditView, OrderView, PaymentView};
use pos_api::{Command, Envelope, Reply};
use std::process::ExitCode;
use uuid::Uuid;

/// Reads one of them; payments are asked about at the terminal where that is wanted.
pub(crate) fn run(command: &OwedCommand) -> anyhow::Result<ExitCode> {
    let common = command.common();
    let asks = matches!(command, OwedCommand::Payments(args) if args.check);
    let options = SessionOptions { devices: asks, ..SessionOptions::of_owner() };
    let mut session = Session::open(data_dir(&common.data)?, options)?;
    let mut call = |command| {
        let command_id = format!("owed-{}", Uuid::now_v7());
        session.kernel.handle_and_wait(Envelope { command_id, command })
    };
    if asks {
        call(Command::CheckPayment { basket: None });
    }
    let reply = call(match command {
        OwedCommand::Orders(_) => Command::ListOrders,
        OwedCommand::Payments(_) => Command::ListPayments,
        OwedCommand::Credit(args) => Command::GetCredit { credit: credit_of(args.kind), holder: args.holder.clone() },
    });
    tell_news(&session);
    let code = print_reply(&reply, common.json, text_of)?;
    session.close()?;
    Ok(code)
}

fn credit_of(kind: CreditKind) -> Credit {
    match kind {
        CreditKind::GiftCard => Credit::GiftCard,
        CreditKind::StoreCredit => Credit::StoreCredit,
        CreditKind::OnAccount => Credit::OnAccount,
        CreditKind::Deposit => Credit::Deposit,
    }
}

/// What a person reads.
fn text_of(reply: &Reply) -> String {
    let mut text = String::new();
    let mut line = |written: std::fmt::Arguments<'_>| {
        text.push_str(&written.to_string());
        text.push('\n');
    };
    if let Some(CreditView { kind, holder, balance, available }) = &reply.credit {
        line(format_args!("{kind} {holder}: {balance}, of which {available} can be spent now"));
    }
    for OrderView { number, kind, customer, due, total, deposit, lines, .. } in reply.orders.iter().flatten() {
        let kind =
            serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        let whose = customer.as_deref().map(|customer| format!(" of {customer}")).unwrap_or_default();
        let due = due.as_deref().map(|due| format!(", by {due}")).unwrap_or_default();
        line(format_args!("{kind} {number}{whose}{due}: {total}, {deposit} paid on it"));
        for one in lines {
            line(format_args!("  {} of {} {}", one.left, one.quantity, one.name));
        }
    }
    for PaymentView { id, direction, amount, state, detail, .. } in reply.payments.iter().flatten() {
        let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        line(format_args!("{direction} of {amount}, {state}{detail} ({id})"));
    }
    if text.is_empty() {
        text.push_str("Nothing is open.\n");
    }
    text
}

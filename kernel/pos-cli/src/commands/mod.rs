//! One module a command.

pub(crate) mod api;
pub(crate) mod backup;
pub(crate) mod catalog;
pub(crate) mod demo;
pub(crate) mod explain;
mod findings;
pub(crate) mod init;
pub(crate) mod journal;
pub(crate) mod offers;
mod out;
pub(crate) mod outbox;
pub(crate) mod owed;
pub(crate) mod people;
pub(crate) mod plugin;
pub(crate) mod price;
pub(crate) mod receipt;
pub(crate) mod register;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod salvage;
pub(crate) mod sell;
pub(crate) mod shift;
pub(crate) mod stdio;
pub(crate) mod stock;
pub(crate) mod tax;

use crate::args::DataArgs;
use crate::data_dir::DataDir;
use crate::session::{Session, SessionOptions};
use pos_api::{Command, Envelope, Reply};
use pos_kernel::RuleNews;
use pos_kernel::dispatch::News;
use pos_kernel::effects::EffectNews;
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// The folder named, or the user's own.
pub(crate) fn data_dir(args: &DataArgs) -> anyhow::Result<DataDir> {
    match &args.data {
        Some(root) => Ok(DataDir::new(root)),
        None => Ok(DataDir::of_user()?),
    }
}

/// Opens a shop without paper: for commands that only read or ring from the shell.
pub(crate) fn open_quietly(args: &DataArgs) -> anyhow::Result<Session> {
    let options = SessionOptions { devices: false, ..SessionOptions::of_owner() };
    Session::open(data_dir(args)?, options)
}

/// Writes data to standard output. A reader that has gone away is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// What came of a command: the reply as JSON, or its text for people; a refusal on standard error.
pub(crate) fn print_reply(reply: &Reply, json: bool, text: impl Fn(&Reply) -> String) -> anyhow::Result<ExitCode> {
    if json {
        print_json(reply)?;
        return Ok(status(reply.refused.is_none()));
    }
    if let Some(code) = report_refusal(reply) {
        return Ok(code);
    }
    print(&text(reply))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes one JSON object and a line feed.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string(value)?))
}

/// Sends a command to a kernel of this process.
pub(crate) fn call(session: &mut Session, command_id: &str, command: Command) -> Reply {
    session.kernel.handle_and_wait(Envelope { command_id: command_id.to_owned(), command })
}

/// What became of rules and devices since last time, on standard error.
pub(crate) fn tell_news(session: &Session) {
    for news in session.news.try_iter() {
        match news {
            News::Rule(RuleNews::Loaded { name, version }) => {
                eprintln!("pos: {name} was loaded (version {version}); the next basket uses it.");
            }
            News::Rule(RuleNews::Removed { name }) => eprintln!("pos: {name} was removed."),
            News::Rule(RuleNews::Broken { diagnostic, .. }) => eprint!("{diagnostic}"),
            News::Rule(RuleNews::Quarantined { name }) => {
                eprintln!("pos: {name} failed three times and is no longer asked. Mend it and save it again.");
            }
            News::Effect(EffectNews::Printed { .. }) | News::Basket(_) => {}
            News::Effect(EffectNews::PrintFailed { number, error }) => {
                let paper = number.map_or("the report".to_owned(), |number| format!("receipt {number}"));
                eprintln!("pos: {paper} was not printed; what it says is stored. {error}");
            }
            News::Stock(alert) => eprintln!("pos: {}", alert.sentence()),
            News::Restarted(view) => {
                eprintln!("pos: the register was cut off. {}", view.sentences().join(" "));
            }
            News::SafeMode(count) => eprintln!(
                "pos: {count} starts in a row did not get ready: the shop's scripts, plugins, offers and devices are left out now. \
                 Look at what was changed last, then close the register and open it again."
            ),
            News::Alarm(problems) => {
                eprintln!(
                    "pos: what is stored is not what was written. Tell the manager; keep the folder, and take a backup of it."
                );
                for problem in problems {
                    eprintln!("  {problem}");
                }
            }
            News::Disk(problem, next) => eprintln!("pos: {problem} {next}"),
            News::Effect(EffectNews::DrawerFailed { error }) => eprintln!("pos: the drawer did not open. {error}"),
        }
    }
}

/// A refusal on standard error, with what to do next.
pub(crate) fn report_refusal(reply: &Reply) -> Option<ExitCode> {
    let refused = reply.refused.as_ref()?;
    eprintln!("pos: {} {}", refused.message, refused.next);
    Some(ExitCode::from(1))
}

/// 0 or 1.
pub(crate) fn status(all_well: bool) -> ExitCode {
    if all_well { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

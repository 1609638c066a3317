//! The subcommands of `pos`, all headless.
//!
//! This crate wires the adapters (storage, devices, script and component hosts) to the kernel; the window is opened by
//! the binary, which hands it in as a [`Window`]. Data go to standard output, everything else to standard error; the
//! exit status is 0 when all went well, 1 when something was refused or found wrong, 2 when the call was malformed.

pub mod args;
pub mod catalog_import;
mod commands;
pub mod data_dir;
pub mod demo_catalogue;
pub mod demo_day;
pub mod init;
pub mod offers;
pub mod outbox;
pub mod quick_keys;
pub mod session;
pub mod starts;
pub mod toml_file;

use args::{CatalogCommand, Cli, Command, JournalCommand, OffersCommand, PluginCommand, ScriptCommand, TaxCommand};
use clap::Parser;
use session::Session;
use std::process::ExitCode;

/// Opens the register window over a session; implemented by the binary, so that this crate needs no display.
pub trait Window {
    /// Runs until the window is closed.
    fn run(&self, session: Session, options: &args::RegisterArgs) -> anyhow::Result<()>;
}

/// Writes a line of data to standard output.
pub fn print_line(text: &str) -> anyhow::Result<()> {
    commands::print(&format!("{text}\n"))
}

/// Runs the command line of this process.
pub fn run(window: &dyn Window) -> ExitCode {
    // Without a command a stranger is shown what there is.
    let cli = Cli::parse();
    start_log();
    match execute(cli, window) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("pos: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// Diagnostics go to standard error, by `POS_LOG` (`warn` if unset).
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("POS_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first log.
    drop(log.try_init());
}

fn execute(cli: Cli, window: &dyn Window) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Demo(args) => commands::demo::run(args, window),
        Command::Register(args) => commands::register::run(&args, window),
        Command::Init(args) => commands::init::run(*args),
        Command::Sell(args) => commands::sell::run(&args),
        Command::Kernel(args) => commands::stdio::run(&args),
        Command::Catalog(CatalogCommand::Import(args)) => commands::catalog::import(&args),
        Command::Catalog(CatalogCommand::Find(args)) => commands::catalog::find(&args),
        Command::Journal(JournalCommand::Verify(args)) => commands::journal::verify(&args),
        Command::Journal(JournalCommand::Show(args)) => commands::journal::show(&args),
        Command::Journal(JournalCommand::Export(args)) => commands::journal::export(&args),
        Command::Backup(args) => commands::backup::back(&args),
        Command::Restore(args) => commands::backup::restore(&args),
        Command::Salvage(args) => commands::salvage::run(&args),
        Command::Receipt(args) => commands::receipt::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Price(args) => commands::price::run(&args),
        Command::Report(args) => commands::report::run(&args),
        Command::Shift(command) => commands::shift::run(command),
        Command::People(command) => commands::people::run(command),
        Command::Owed(command) => commands::owed::run(&command),
        Command::Outbox(args) => commands::outbox::run(&args),
        Command::Stock(command) => commands::stock::run(&command),
        Command::Rules(args) => commands::rules::list(&args),
        Command::Script(ScriptCommand::Check(args)) => commands::rules::check(&args),
        Command::Tax(TaxCommand::Check(args)) => commands::tax::check(&args),
        Command::Tax(TaxCommand::Starter(args)) => commands::tax::starter(&args),
        Command::Offers(OffersCommand::Check(args)) => commands::offers::check(&args),
        Command::Plugin(PluginCommand::Build(args)) => commands::plugin::build(&args),
        Command::Plugin(PluginCommand::New(args)) => commands::plugin::new(&args),
        Command::Plugin(PluginCommand::List(args)) => commands::rules::list(&args),
        Command::ReplayBaskets(args) => commands::replay::run(&args),
        Command::Api(args::ApiCommand::Schema) => commands::api::schema(),
    }
}

//! `pos init`: a shop of one's own.

use super::{data_dir, print, tax};
use crate::args::InitArgs;
use crate::data_dir::write_file;
use crate::init::{self, Answers, Prompt, Terminal};
use crate::session::open_store;
use anyhow::Context;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Makes the shop from flags, a file, and questions.
pub(crate) fn run(args: InitArgs) -> anyhow::Result<ExitCode> {
    let InitArgs { data, from, no_input, country, answers } = args;
    let taxes = country.as_deref().map(tax::starter_of).transpose()?;
    let data = data_dir(&data)?;
    data.check_has_no_shop()?;
    let from_file = match &from {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Answers::from_toml(path, &text)?
        }
        None => Answers::default(),
    };
    let answers = answers.or(from_file);
    let mut terminal = Terminal { input: std::io::stdin().lock(), output: std::io::stderr() };
    let asked: Option<&mut dyn Prompt> =
        if no_input || !std::io::stdin().is_terminal() { None } else { Some(&mut terminal) };
    let shop = init::shop(answers, asked)?;
    let lock = data.lock()?;
    open_store(&data, &shop)?;
    if let Some(taxes) = taxes {
        write_file(&data.config_of(tax::PLUGIN), taxes.json)?;
    }
    // The settings come last: a shop that was only half made is made again.
    init::write_shop(&data.shop_toml(), &shop)?;
    drop(lock);
    let folder = data.root().display();
    let rates = taxes
        .map_or("Switzerland; another country's with --country at `pos init`, or see `pos tax starter`", |taxes| {
            taxes.title
        });
    print(&format!(
        "{} is set up in {folder}.\n\
         Tax rates: {rates}. `pos tax check --data {folder}` says what they still lack.\n\
         Next: pos catalog import FILE.csv --data {folder}\n      pos register --data {folder}\n",
        shop.name
    ))?;
    Ok(ExitCode::SUCCESS)
}

//! `pos tax`: a shop's table of rates.

use super::findings::{Found, Subject, tell};
use super::print;
use crate::args::{StarterArgs, TaxCheckArgs};
use anyhow::Context;
use std::fmt::Write as _;
use std::process::ExitCode;
use tax_table::check::Severity;
use tax_table::starter::{self, Starter};

/// The plugin that reads the table.
pub(super) const PLUGIN: &str = "org.pos-kernel.tax-table";

/// Says what is wrong with a table, and what it still lacks.
pub(crate) fn check(args: &TaxCheckArgs) -> anyhow::Result<ExitCode> {
    let subject = match &args.file {
        Some(path) => Subject::of_file(path)?,
        None => {
            let default = bundle::plugin(PLUGIN).map(|plugin| ("the built-in table", plugin.default_configuration));
            Subject::of_shop(&args.common.data, |data| data.config_of(PLUGIN), default)?
        }
    };
    let found = tax_table::check::check(&subject.text, subject.today()?);
    let found = found.into_iter().map(|finding| Found {
        is_error: finding.severity == Severity::Error,
        text: finding.to_string(),
        json: serde_json::json!({
            "severity": match finding.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "place": finding.place,
            "what": finding.what,
            "what_to_do": finding.what_to_do,
        }),
    });
    tell(&subject, serde_json::json!({}), found.collect(), args.common.json)
}

/// The table to begin with of a country.
pub(super) fn starter_of(country: &str) -> anyhow::Result<&'static Starter> {
    starter::table(&country.to_lowercase()).with_context(|| {
        format!("There is no table for \"{country}\". `pos tax starter --list` shows the countries that have one.")
    })
}

/// Prints a table to begin with, or the list of them.
pub(crate) fn starter(args: &StarterArgs) -> anyhow::Result<ExitCode> {
    let Some(id) = &args.id else {
        let mut text = String::new();
        for table in starter::tables() {
            writeln!(text, "{}  {:<34} {}  {}", table.id, table.title, table.date, table.source)?;
        }
        print(&text)?;
        return Ok(ExitCode::SUCCESS);
    };
    let table = starter_of(id)?;
    print(table.json)?;
    eprintln!(
        "pos: {}, rates of {} from {}. Compare them before use; `pos tax check` says what the table still lacks.",
        table.title, table.date, table.source
    );
    Ok(ExitCode::SUCCESS)
}

//! `pos offers`: a shop's file of offers.

use super::findings::{Found, Subject, tell};
use crate::args::OffersCheckArgs;
use crate::data_dir::DataDir;
use promotions::{Offers, Severity};
use std::process::ExitCode;

/// Says what is wrong with a file of offers, and which of them may cost more than was meant.
pub(crate) fn check(args: &OffersCheckArgs) -> anyhow::Result<ExitCode> {
    let subject = match &args.file {
        Some(path) => Subject::of_file(path)?,
        None => Subject::of_shop(&args.common.data, DataDir::offers_toml, None)?,
    };
    let found = promotions::check_toml(&subject.text, subject.today()?);
    let found = found.into_iter().map(|finding| Found {
        is_error: finding.severity == Severity::Error,
        text: finding.to_string(),
        json: serde_json::json!({
            "severity": match finding.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "name": Some(finding.lint).filter(|name| !name.is_empty()),
            "offer": Some(finding.offer).filter(|offer| !offer.is_empty()),
            "line": finding.line,
            "column": finding.column,
            "place": finding.place,
            "what": finding.what,
            "what_to_do": finding.what_to_do,
        }),
    });
    // None while the file cannot be read.
    let offers = Offers::from_toml(&subject.text).ok().map(|offers| offers.count());
    tell(&subject, serde_json::json!({ "offers": offers }), found.collect(), args.common.json)
}

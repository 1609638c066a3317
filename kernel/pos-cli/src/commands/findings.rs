//! What a check of a shop's tables found, told the same way for all of them.

use super::{print, print_json, status};
use crate::args::DataArgs;
use crate::data_dir::DataDir;
use crate::init;
use anyhow::Context;
use jiff::civil::Date;
use pos_api::port::Clock;
use pos_kernel::clock::SystemClock;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

/// One thing to look at.
pub(super) struct Found {
    /// Whether the table cannot be used like this.
    pub(super) is_error: bool,
    /// In words.
    pub(super) text: String,
    /// The same for programs.
    pub(super) json: Value,
}

/// A table of a shop, read.
pub(super) struct Subject {
    /// Its name for people.
    pub(super) name: String,
    /// What is in it.
    pub(super) text: String,
    /// The day for which it is looked at: today, at the store.
    pub(super) today: Date,
}

impl Subject {
    /// A file by its path, wherever it lies.
    pub(super) fn of_file(path: &Path) -> anyhow::Result<Subject> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
        Ok(Subject { name, text, today: jiff::Zoned::now().date() })
    }

    /// A file of a shop: its own, or else one the program carries. The shop may be open meanwhile.
    pub(super) fn of_shop(
        data: &DataArgs,
        path: impl FnOnce(&DataDir) -> PathBuf,
        default: Option<(&str, &str)>,
    ) -> anyhow::Result<Subject> {
        let data = super::data_dir(data)?;
        data.check_has_shop()?;
        let zone = init::read_shop(&data.shop_toml())?.zone;
        let clock = SystemClock::new(&zone).with_context(|| format!("The zone {zone} is unknown"))?;
        let today = clock.now().local().date();
        let path = path(&data);
        if let (false, Some((name, text))) = (path.exists(), default) {
            return Ok(Subject { name: name.to_owned(), text: text.to_owned(), today });
        }
        Ok(Subject { today, ..Subject::of_file(&path)? })
    }

    /// Today, as the type of a plugin: this crate does not name the SDK they are written with.
    pub(super) fn today<D: FromStr<Err: std::error::Error + Send + Sync + 'static>>(&self) -> anyhow::Result<D> {
        Ok(self.today.to_string().parse()?)
    }
}

/// Prints what was found and how much of it; the status is 1 if there are errors. `about` goes into the JSON object.
pub(super) fn tell(subject: &Subject, about: Value, found: Vec<Found>, as_json: bool) -> anyhow::Result<ExitCode> {
    let errors = found.iter().filter(|one| one.is_error).count();
    let warnings = found.len() - errors;
    if as_json {
        let mut object = serde_json::json!({ "file": subject.name, "errors": errors, "warnings": warnings });
        let findings: Value = found.into_iter().map(|one| one.json).collect();
        for (key, value) in about.as_object().cloned().into_iter().flatten() {
            object[key] = value;
        }
        object["findings"] = findings;
        print_json(&object)?;
    } else {
        for one in &found {
            print(&format!("{}\n", one.text))?;
        }
        let counted = |count: usize, what: &str| match count {
            0 => format!("no {what}s"),
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        print(&format!("{}: {}, {}\n", subject.name, counted(errors, "error"), counted(warnings, "warning")))?;
    }
    Ok(status(errors == 0))
}

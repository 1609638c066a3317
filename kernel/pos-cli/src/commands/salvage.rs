//! `pos salvage`: a new shop of one whose database is damaged.
//!
//! The damaged folder is only read. The new one is built beside its place and moved there once its database verifies, so a
//! folder that is there is a shop that works. What could not be brought back is said, and what was read without fitting lies
//! in `journal-not-continued.jsonl` in the new folder.

use super::backup::{LEFT_OUT, private_folder};
use super::{data_dir, print, print_json, status};
use crate::args::SalvageArgs;
use crate::data_dir::{DataDir, DataDirError, DataLock};
use crate::outbox;
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use pos_domain::shift::Books;
use pos_domain::shop::Shop;
use pos_kernel::clock::SystemClock;
use pos_storage::{Salvage, Salvaged, SourceFound, salvage};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where records go that were read and do not continue the journal.
const BESIDE: &str = "journal-not-continued.jsonl";

/// Builds the new shop, or says why not.
pub(crate) fn run(args: &SalvageArgs) -> anyhow::Result<ExitCode> {
    let data = data_dir(&args.common.data)?;
    let _lock = lock(&data)?;
    let target = DataDir::new(&args.to);
    target.check_has_no_shop()?;
    let is_free = !args.to.exists() || std::fs::read_dir(&args.to).is_ok_and(|mut entries| entries.next().is_none());
    if !is_free {
        bail!("{} is not empty. Name a folder that is not there yet with --to.", args.to.display());
    }
    let backups: Vec<DataDir> = args.from.iter().filter(|path| path.is_dir()).map(DataDir::new).collect();
    let shop = settings(&data, &backups)?;
    let clock = SystemClock::new(&shop.zone).with_context(|| format!("The zone {} is unknown", shop.zone))?;

    let mut beside_place = args.to.as_os_str().to_owned();
    beside_place.push(".part");
    let part = PathBuf::from(beside_place);
    if part.exists() {
        std::fs::remove_dir_all(&part)
            .with_context(|| format!("{} is left from an earlier try and cannot be removed", part.display()))?;
    }
    private_folder(&part)?;
    let mut unreadable = Vec::new();
    copy_settings(data.root(), &backups, Path::new(""), &part, &mut unreadable)?;
    for backup in &backups {
        // What the damaged folder does not even list: its keys above all.
        copy_missing(backup, &part, &mut unreadable)?;
    }
    let order = Salvage {
        damaged: data.database(),
        others: sources(args, &data, &shop)?,
        to: DataDir::new(&part).database(),
        beside: part.join(BESIDE),
        books: Books::of(&shop),
        at: pos_api::port::Clock::now(&clock),
        was_cut_off: data.running().exists(),
        emergency: outbox::emergency_file(&data, &shop).unwrap_or_default(),
        last_number: args.last_number,
    };
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} {bar:40} {pos} of {len}")?);
    let told = salvage(&order, &mut |what, done, all| {
        bar.set_message(what);
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let told = match told {
        Ok(told) => told,
        Err(error) => {
            std::fs::remove_dir_all(&part).ok();
            return Err(error.into());
        }
    };
    if told.built {
        put_in_place(&part, &args.to)?;
    } else {
        std::fs::remove_dir_all(&part).with_context(|| format!("{} cannot be removed", part.display()))?;
    }
    if args.common.json {
        print_json(&json(&told, &args.to, &unreadable)?)?;
    } else {
        print(&words(&told, &args.to, &unreadable))?;
    }
    Ok(status(told.built))
}

/// Keeps a register from running meanwhile. A disk that cannot be written to any more is no reason to stop.
fn lock(data: &DataDir) -> anyhow::Result<Option<DataLock>> {
    if !data.root().is_dir() {
        bail!("There is no folder {}. Name the damaged shop with --data.", data.root().display());
    }
    match data.lock() {
        Ok(lock) => Ok(Some(lock)),
        Err(in_use @ DataDirError::InUse { .. }) => Err(in_use.into()),
        Err(other) => {
            eprintln!("pos: the damaged folder cannot be locked; see that no register runs on it. ({other})");
            Ok(None)
        }
    }
}

/// The shop's settings: its own, or those of a backup where they cannot be read.
fn settings(data: &DataDir, backups: &[DataDir]) -> anyhow::Result<Shop> {
    let own = crate::init::read_shop(&data.shop_toml());
    match own {
        Ok(shop) => Ok(shop),
        Err(error) => {
            let others = backups.iter().filter_map(|backup| crate::init::read_shop(&backup.shop_toml()).ok()).next();
            others.with_context(|| {
                format!("The shop's settings cannot be read ({error:#}). Name a backup's folder with --from")
            })
        }
    }
}

/// Whatever may have the journal's records.
fn sources(args: &SalvageArgs, data: &DataDir, shop: &Shop) -> anyhow::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for from in &args.from {
        if from.is_file() {
            sources.push(from.clone());
            continue;
        }
        let entries = std::fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))?;
        let is_line_file = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
        let mut found: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_line_file).collect();
        let database = DataDir::new(from).database();
        found.extend(database.is_file().then_some(database));
        if found.is_empty() {
            bail!("{} holds neither a database nor records of a journal (*.jsonl).", from.display());
        }
        found.sort();
        sources.extend(found);
    }
    match outbox::files(data, shop) {
        Ok(files) => sources.extend(files),
        Err(error) => eprintln!("pos: outbox.toml cannot be read ({error:#}); name second copies with --from."),
    }
    let mut known = std::collections::BTreeSet::new();
    sources.retain(|path| known.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(sources)
}

/// Copies everything but the database; a file that cannot be read is taken from a backup that has it.
fn copy_settings(
    root: &Path,
    backups: &[DataDir],
    below: &Path,
    to: &Path,
    unreadable: &mut Vec<String>,
) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(root.join(below)) else {
        unreadable.push(root.join(below).display().to_string());
        return Ok(());
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_top = below.as_os_str().is_empty();
        if is_top && (LEFT_OUT.contains(&name.as_str()) || name.starts_with("pos.db")) {
            continue;
        }
        let below = below.join(entry.file_name());
        let target = to.join(&below);
        if entry.path().is_dir() {
            private_folder(&target)?;
            copy_settings(root, backups, &below, to, unreadable)?;
            continue;
        }
        let places = std::iter::once(root).chain(backups.iter().map(DataDir::root));
        if !places.map(|place| place.join(&below)).any(|path| copy_file(&path, &target).is_ok()) {
            unreadable.push(below.display().to_string());
            std::fs::remove_file(&target).ok();
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to)?;
    std::fs::File::open(to)?.sync_all()
}

/// Settings and keys that only the backup has.
fn copy_missing(backup: &DataDir, to: &Path, unreadable: &mut Vec<String>) -> anyhow::Result<()> {
    for name in ["shop.toml", "devices.toml", "quick_keys.toml", "outbox.toml", "pos.key", "pos.secret"] {
        let (from, target) = (backup.root().join(name), to.join(name));
        if from.is_file() && !target.exists() {
            copy_file(&from, &target).with_context(|| format!("{} cannot be copied", from.display()))?;
            unreadable.retain(|one| one != name);
        }
    }
    Ok(())
}

fn put_in_place(part: &Path, to: &Path) -> anyhow::Result<()> {
    if to.is_dir() {
        std::fs::remove_dir(to).with_context(|| format!("{} is not empty", to.display()))?;
    }
    std::fs::rename(part, to).with_context(|| format!("{} cannot be moved to {}", part.display(), to.display()))?;
    #[cfg(unix)]
    if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn json(told: &Salvaged, to: &Path, unreadable: &[String]) -> anyhow::Result<serde_json::Value> {
    let mut json = serde_json::to_value(told)?;
    json["folder"] = to.to_string_lossy().into();
    json["records_beside"] = told.records_beside().into();
    json["records_missing"] = told.records_missing().into();
    json["unreadable_files"] = unreadable.into();
    Ok(json)
}

fn words(told: &Salvaged, to: &Path, unreadable: &[String]) -> String {
    let mut text = String::new();
    for SourceFound { file, problem, pages, damaged_pages, log_damaged, records, spoilt, foreign } in &told.sources {
        text += &format!("{}: {records} record(s) taken", file.display());
        if *pages > 0 {
            text += &format!(", {damaged_pages} of {pages} pages damaged");
        }
        if *log_damaged {
            text += ", its log is damaged";
        }
        if *spoilt > 0 {
            text += &format!(", {spoilt} not what was written");
        }
        if *foreign > 0 {
            text += &format!(", {foreign} of another register");
        }
        text += &problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
        text += "\n";
    }
    let Salvaged { records, last_number, last_record, end_is_known, .. } = told;
    let certain = if *end_is_known { "for certain" } else { "as far as can be seen" };
    text += &format!("Journal: records 1 to {records} of {last_record} ({certain}), receipts 1 to {last_number}.\n");
    let list = |ranges: &[(u64, u64)]| {
        let one = |(from, through): &(u64, u64)| {
            if from == through { format!("{from}") } else { format!("{from}-{through}") }
        };
        ranges.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    if !told.missing.is_empty() {
        text += &format!("Missing: {} record(s), {}.\n", told.records_missing(), list(&told.missing));
    }
    let beside = told.records_beside() + told.contradicting;
    if beside > 0 {
        text += &format!("Read, and not continuing the journal: {beside} record(s), {}.\n", list(&told.beside));
    }
    let Salvaged { articles, articles_from_backups, articles_missing, people, .. } = told;
    text += &format!("Catalogue: {articles} articles, {articles_from_backups} of them from backups");
    text += &match articles_missing {
        0 => ".\n".to_owned(),
        missing => format!("; {missing} cannot be read, codes {}.\n", told.codes_missing.join(", ")),
    };
    text += &format!("People: {people}.\n");
    if !told.people_left_out.is_empty() {
        text += &format!("People left out, their name or badge is another's: {}.\n", told.people_left_out.join(", "));
    }
    if told.baskets + told.baskets_left_out > 0 {
        text += &format!("Open baskets: {} taken over, {} not.\n", told.baskets, told.baskets_left_out);
    }
    if !told.damaged_tables.is_empty() {
        text += &format!("Not all of these could be read: {}.\n", told.damaged_tables.join(", "));
    }
    for file in unreadable {
        text += &format!("{file} cannot be read and is not in the new folder.\n");
    }
    for problem in &told.problems {
        text += &format!("{problem}\n");
    }
    text.push_str(&next(told, to));
    text
}

/// What to do now.
fn next(told: &Salvaged, to: &Path) -> String {
    let to = to.display();
    if let Some(refused) = &told.refused {
        return format!("No shop was built: {refused}.\n");
    }
    let mut text = format!("Built and verified: {to}.\n");
    if let Some(through) = told.numbers_through {
        text += &format!(
            "Receipts go on after number {through}. What the missing records say is in no balance: count the till and the \
             stock, and look through gift cards, accounts and open orders. "
        );
        if told.records_beside() + told.contradicting > 0 {
            text += &format!("{to}/{BESIDE} holds what was read besides. ");
        }
        text += "The record of it stands in the journal (pos people audit).\n";
    }
    text += &format!(
        "Keep the damaged folder. Go on with: pos register --data {to}\n\
         If cards were charged on the last day, look through: pos owed payments --data {to}\n"
    );
    text
}

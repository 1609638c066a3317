//! `pos backup` and `pos restore`: a second copy of a shop, and a shop made of one.
//!
//! A backup is a data folder itself: database, keys and settings, all but what can be made again. It is written beside its
//! place and moved there when it is whole and verified, so a folder that is there is a backup that works.

use super::{data_dir, print, print_json, status};
use crate::args::{BackupArgs, RestoreArgs};
use crate::data_dir::DataDir;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pos_api::port::Verification;
use pos_kernel::clock::SystemClock;
use pos_storage::{back_up, check_copy};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What is made again, or belongs to the process.
pub(super) const LEFT_OUT: [&str; 4] = ["cache", "receipts", "pos.lock", "pos.running"];

const SPINNER: &str = "{spinner} {msg}, {elapsed}";
const TICK: Duration = Duration::from_millis(100);

/// Copies a shop, also while its register sells.
pub(crate) fn back(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let data = data_dir(&args.common.data)?;
    data.check_has_shop()?;
    let shop = crate::init::read_shop(&data.shop_toml())?;
    let clock = SystemClock::new(&shop.zone).with_context(|| format!("The zone {} is unknown", shop.zone))?;
    let at = pos_api::port::Clock::now(&clock).local();
    let name = format!("pos-{}-{}", shop.register, at.strftime("%Y-%m-%dT%H%M%S"));
    std::fs::create_dir_all(&args.to).with_context(|| format!("{} cannot be made", args.to.display()))?;
    refuse_inside(&data, &args.to)?;
    // Twice in a second, or in the hour that a clock shows twice.
    let named = |times: u32| args.to.join(if times == 0 { name.clone() } else { format!("{name}-{times}") });
    let place = (0..).map(named).find(|place| !place.exists()).context("There is no free name left")?;
    let found = copy_shop(&data, &place)?;
    told(&found, &place, args.common.json, "Backup written and verified")
}

/// A backup among what is backed up would be copied with it, each time more of it.
fn refuse_inside(data: &DataDir, to: &Path) -> anyhow::Result<()> {
    let whole = |path: &Path| path.canonicalize().with_context(|| format!("{} cannot be read", path.display()));
    let (root, place) = (whole(data.root())?, whole(to)?);
    anyhow::ensure!(
        !place.starts_with(&root),
        "{} is inside the shop's own folder {}: a disk that fails would take both. Name a folder on another disk with --to.",
        to.display(),
        data.root().display()
    );
    Ok(())
}

/// Makes a shop of a backup, in a folder where there is none.
pub(crate) fn restore(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    let backup = DataDir::new(&args.from);
    backup.check_has_shop()?;
    let data = data_dir(&args.common.data)?;
    data.check_has_no_shop()?;
    // Before anything is written: a backup that is damaged makes no shop.
    let checking = spinner("Checking the backup")?;
    let found = check_copy(&backup.database())?;
    checking.finish_and_clear();
    if !found.problems.is_empty() {
        return told(&found, &args.from, args.common.json, "");
    }
    let found = copy_shop(&backup, data.root())?;
    let code = told(&found, data.root(), args.common.json, "Restored and verified")?;
    eprintln!(
        "pos: receipts that were handed out after number {} are not in it; the next sale takes the next number.",
        found.last_number
    );
    Ok(code)
}

fn told(found: &Verification, place: &Path, json: bool, done: &str) -> anyhow::Result<ExitCode> {
    let verified = found.problems.is_empty();
    if json {
        print_json(&serde_json::json!({
            "folder": place, "verified": verified, "records": found.records,
            "last_number": found.last_number, "head": found.head, "problems": found.problems,
        }))?;
    } else if verified {
        let Verification { records, last_number, head, .. } = found;
        print(&format!(
            "{done}: {} ({records} records, receipts 1 to {last_number}, chain head {head}).\n",
            place.display()
        ))?;
    } else {
        for problem in &found.problems {
            print(&format!("{problem}\n"))?;
        }
        eprintln!("pos: {} does NOT verify: {} problem(s). It was not used.", place.display(), found.problems.len());
    }
    Ok(status(verified))
}

/// Copies everything but what can be made again; the place is there only if all of it is, and verifies.
fn copy_shop(from: &DataDir, place: &Path) -> anyhow::Result<Verification> {
    let mut beside = place.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    if beside.exists() {
        std::fs::remove_dir_all(&beside)
            .with_context(|| format!("{} is left from an earlier try and cannot be removed", beside.display()))?;
    }
    private_folder(&beside)?;
    let database = from.database();
    let name = database.file_name().context("the database has a name")?;
    copy_files(from.root(), &beside, &name.to_string_lossy())?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {pos} of {len} pages")?);
    let checking = ProgressStyle::with_template(SPINNER)?;
    let found = back_up(&database, &beside.join(name), &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
        if done == all {
            bar.set_style(checking.clone());
            bar.set_message("Checking the copy");
            bar.enable_steady_tick(TICK);
        }
    })?;
    bar.finish_and_clear();
    if !found.problems.is_empty() {
        return Ok(found);
    }
    // An empty folder may be waiting for it.
    if place.is_dir() {
        std::fs::remove_dir(place).with_context(|| format!("{} is not empty", place.display()))?;
    }
    std::fs::rename(&beside, place)
        .with_context(|| format!("{} cannot be moved to {}", beside.display(), place.display()))?;
    // Told only once its name is on the disk, too.
    #[cfg(unix)]
    if let Some(folder) = place.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .with_context(|| format!("{} could not be kept on the disk", place.display()))?;
    }
    Ok(found)
}

/// Something that turns while nobody can say how long it takes.
pub(super) fn spinner(message: &'static str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(SPINNER)?).with_message(message);
    bar.enable_steady_tick(TICK);
    Ok(bar)
}

pub(super) fn private_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("{} cannot be made", path.display()))
}

fn copy_files(from: &Path, to: &Path, database: &str) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with(database) {
            continue;
        }
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            private_folder(&target)?;
            copy_files(&path, &target, database)?;
        } else {
            std::fs::copy(&path, &target)
                .and_then(|_| std::fs::File::open(&target)?.sync_all())
                .with_context(|| format!("{} cannot be copied", path.display()))?;
        }
    }
    Ok(())
}

//! Copies of a database that is in use, checked before they count.
//!
//! One read transaction holds the state that is copied while the register goes on; pages come over in parts, so that
//! somebody can watch. A copy is only told of once its pages are on the disk, SQLite finds nothing wrong with them, and its
//! journal verifies from the first record on.

use crate::connection::{self, Place};
use crate::error::{Fault, Result};
use crate::pages;
use crate::verify;
use pos_api::port::{StoreError, Verification};
use rusqlite::backup::{Backup, StepResult};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Pages copied at once.
const PAGES: i32 = 4_096;

/// Copies the database `from` into a new file, and checks the copy. `progress` hears pages done and pages in all.
pub fn back_up(from: &Path, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Verification, StoreError> {
    connection::assert_sqlite_version()?;
    if to.exists() {
        return Err(Fault::failed(format!("{} is there already; nothing was copied", to.display())).into());
    }
    copy(from, to, progress)?;
    check_copy(to)
}

fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    copy_pages(&Place::at(from), &Place::at(to), progress)?;
    let on_disk = |path: &Path| File::open(path).and_then(|file| file.sync_all());
    let kept = on_disk(to).and_then(|()| match to.parent() {
        Some(folder) if cfg!(unix) => on_disk(folder),
        _ => Ok(()),
    });
    kept.map_err(|error| Fault::failed(format!("{} could not be kept on the disk ({error})", to.display())))
}

/// Copies the pages of a database.
pub(crate) fn copy_pages(from: &Place, to: &Place, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    let source = from.open_readable()?;
    // The state that is copied: what is sold from now on is for the next copy.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    let mut target = if pages::are_vouched(&source)? { to.create_or_open()? } else { to.create_without_sums()? };
    {
        let backup = Backup::new(&source, &mut target)?;
        loop {
            let step = backup.step(PAGES)?;
            let pages = backup.progress();
            let all = u64::try_from(pages.pagecount).unwrap_or_default();
            progress(all.saturating_sub(u64::try_from(pages.remaining).unwrap_or_default()), all);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(Fault::failed("the database is locked by another program; try again")),
            }
        }
    }
    Ok(target.close().map_err(|(_, error)| error)?)
}

/// Looks through a copy: its pages, and its journal from the first record on. What is wrong stands in the answer.
pub fn check_copy(path: &Path) -> Result<Verification, StoreError> {
    Ok(check(path)?)
}

fn check(path: &Path) -> Result<Verification> {
    verify::verify(&Place::at(path).open_readable()?, &AtomicBool::new(false))
}

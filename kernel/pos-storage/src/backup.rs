//! Copies of a database that is in use, checked before they count.
//!
//! One read transaction holds the state that is copied while the register goes on; pages come over in parts, so that
//! somebody can watch. A copy is only told of once its pages are on the disk, SQLite finds nothing wrong with them, and its
//! journal verifies from the first record on.

use crate::connection::{self, Place};
use crate::error::{Fault, Result};
use crate::verify;
use pos_api::port::{StoreError, Verification};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::File;
use std::path::Path;

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
    let source = Place::at(from).open_readable()?;
    // The state that is copied: what is sold from now on is for the next copy.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    let mut target = Connection::open(to)?;
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
    target.close().map_err(|(_, error)| error)?;
    let on_disk = |path: &Path| File::open(path).and_then(|file| file.sync_all());
    let kept = on_disk(to).and_then(|()| match to.parent() {
        Some(folder) if cfg!(unix) => on_disk(folder),
        _ => Ok(()),
    });
    kept.map_err(|error| Fault::failed(format!("{} could not be kept on the disk ({error})", to.display())))
}

/// Looks through a copy: its pages, and its journal from the first record on. What is wrong stands in the answer.
pub fn check_copy(path: &Path) -> Result<Verification, StoreError> {
    Ok(check(path)?)
}

fn check(path: &Path) -> Result<Verification> {
    verify::verify(&Place::at(path).open_readable()?)
}

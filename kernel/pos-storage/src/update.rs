//! A file of an older format: what is done before its first step to the format of now.
//!
//! It is copied first, to `pos.db.before-update` beside it: whoever must go back to the older program has what it left. A
//! file whose pages had no sums yet ([`crate::pages`]) is then built anew with them, and takes the old one's place. A power
//! cut leaves the file as it was or as it is to be, and the next start goes on from there.

use crate::backup;
use crate::connection::{self, Place};
use crate::error::{Fault, Result};
use crate::pages;
use crate::schema;
use rusqlite::Connection;

/// From this format on all pages have sums.
const FORMAT_WITH_SUMS: usize = 7;
/// The end of the copy's name.
pub(crate) const COPY: &str = ".before-update";

/// What takes the file's place when it is built anew.
const UPDATED: &str = ".updated";

/// Makes an older file ready for the steps it lacks, and answers a connection to it; refuses a newer one that says it has
/// no sums.
pub(crate) fn prepare(connection: Connection, place: &Place, steps: &[&str]) -> Result<Connection> {
    let format = schema::format(&connection)?;
    if format > 0 && format < steps.len() {
        tracing::info!(format, to = steps.len(), "the database is of an older format: it is copied first");
        let copy = place.beside(COPY);
        copy.delete()?;
        backup::copy_pages(place, &copy, &mut |_, _| {})?;
    }
    if format == 0 || pages::are_vouched(&connection)? {
        return Ok(connection);
    }
    if format >= FORMAT_WITH_SUMS {
        return Err(Fault::corrupt(format!(
            "the first page of {} does not say that its pages have sums: the disk changed it; keep the folder as it is, \
             and let `pos salvage` build a new one of what can be read and of the newest backup",
            place.name()
        )));
    }
    tracing::info!("each page of the database gets a sum");
    let updated = place.beside(UPDATED);
    updated.delete()?;
    // All of it in one file: the log goes into the database.
    let mode = connection::switch_journal(&connection, "DELETE")?;
    if !mode.eq_ignore_ascii_case("delete") {
        return Err(Fault::failed(format!("{} is in use by another program; close that first", place.name())));
    }
    pages::ask_for_sums(&connection)?;
    let path = updated.path.to_str().ok_or_else(|| Fault::failed("the data folder's path is not Unicode"))?;
    connection.execute("VACUUM INTO ?1", [path])?;
    connection.close().map_err(|(_, error)| error)?;
    updated.take_the_place_of(place)?;
    place.create_or_open()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Folder;
    use rusqlite::OpenFlags;

    fn plain(path: &std::path::Path) -> Connection {
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).unwrap()
    }

    #[test]
    fn an_older_file_is_copied_and_gets_its_sums() {
        let folder = Folder::new();
        let older = plain(&folder.path());
        older.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
        for step in &schema::STEPS[..6] {
            older.execute_batch(step).unwrap();
        }
        older.execute_batch("PRAGMA application_id = 1347375921; PRAGMA user_version = 6;").unwrap();
        older.execute("INSERT INTO meta (key, value) VALUES ('remember', 'this')", []).unwrap();
        drop(older);
        drop(folder.open());
        let remembered = |connection: &Connection| -> String {
            connection.query_row("SELECT value FROM meta WHERE key = 'remember'", [], |row| row.get(0)).unwrap()
        };
        let place = Place::at(&folder.path());
        let now = place.open_readable().unwrap();
        assert!(pages::are_vouched(&now).unwrap());
        assert_eq!(remembered(&now), "this");
        let mut copy = folder.path().into_os_string();
        copy.push(COPY);
        let copy = plain(std::path::Path::new(&copy));
        assert_eq!((schema::format(&copy).unwrap(), remembered(&copy)), (6, "this".to_owned()));
        let whole: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
    }

    #[test]
    fn a_file_that_lost_its_sums_is_not_taken_for_an_older_one() {
        let folder = Folder::new();
        drop(folder.open());
        let mut bytes = std::fs::read(folder.path()).unwrap();
        bytes[20] = 0;
        std::fs::write(folder.path(), bytes).unwrap();
        let refused = crate::SqliteStore::open(&folder.path(), crate::StoreOptions::new(crate::fixture::currency()));
        assert!(refused.is_err_and(|error| error.to_string().contains("`pos salvage`")));
    }
}

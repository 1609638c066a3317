//! Connections: one that writes, a few that read, each set up the same way every time.
//!
//! `synchronous = FULL` in WAL mode is the only setting under which an acknowledged sale survived every simulated power
//! cut. Checkpoints are the writer's own business (`wal_autocheckpoint = 0`), so that none falls into a sale.

use crate::error::{Fault, Result};
use crate::layer;
use crate::pages;
use crate::sabotage::Sabotage;
use pos_api::port::StoreError;
use pos_domain::money::Decimal;
use rusqlite::config::DbConfig;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// SQLite before 3.51.3 can damage a WAL database that several connections use (the wal-reset race).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// How long a connection waits for a lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// More statements than a commit uses, so that each is prepared once.
const STATEMENTS_CACHED: usize = 64;

/// Where the database is, and through which file system SQLite reaches it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) vfs: Option<String>,
    pub(crate) sabotage: Option<Sabotage>,
}

impl Place {
    /// A file of the platform's file system.
    pub(crate) fn at(path: &Path) -> Place {
        Place { path: path.to_owned(), vfs: None, sabotage: None }
    }

    /// Whether a fault of this name is built in.
    pub(crate) fn is_sabotaged(&self, name: &str) -> bool {
        self.sabotage.is_some_and(|sabotage| sabotage.name() == name)
    }

    /// The path of the write-ahead log.
    pub(crate) fn wal_path(&self) -> PathBuf {
        self.beside("-wal").path
    }

    /// A file beside it, of the same name with an ending.
    pub(crate) fn beside(&self, ending: &str) -> Place {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        Place { path: name.into(), ..self.clone() }
    }

    /// Puts this file, which no connection has open, in the place of another, for certain when this returns.
    pub(crate) fn take_the_place_of(&self, other: &Place) -> Result<()> {
        #[cfg(feature = "lab")]
        if self.vfs.as_deref() == Some(crate::disk::NAME) {
            return crate::disk::rename(&self.path, &other.path).map_err(Fault::from);
        }
        std::fs::rename(&self.path, &other.path)?;
        match other.path.parent() {
            Some(folder) if cfg!(unix) => Ok(std::fs::File::open(folder)?.sync_all()?),
            _ => Ok(()),
        }
    }

    /// Deletes a file that no connection has open and that may not be there.
    pub(crate) fn delete(&self) -> Result<()> {
        #[cfg(feature = "lab")]
        if self.vfs.as_deref() == Some(crate::disk::NAME) {
            return crate::disk::delete(&self.path).map_err(Fault::from);
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The file's name, for messages.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// A connection that may create and change the file. It has undone what was cut off in the middle, and written nothing else.
    pub(crate) fn create_or_open(&self) -> Result<Connection> {
        let connection = self.open_writable(OpenFlags::SQLITE_OPEN_CREATE)?;
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        if pages > 0 {
            return Ok(connection);
        }
        // There may have been the beginning of a first page, of a file whose making was cut off. SQLite took the form of all
        // pages from it, without room for sums, before it undid that; a connection opened now finds nothing to take it from.
        connection.close().map_err(|(_, error)| error)?;
        self.open_writable(OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// A connection to a copy of a database whose pages have no sums.
    pub(crate) fn create_without_sums(&self) -> Result<Connection> {
        Ok(match &self.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&self.path, OpenFlags::default(), vfs.as_str()),
            None => Connection::open(&self.path),
        }?)
    }

    /// A connection that may change the file. A file that vanished while the register ran is not made anew, empty.
    pub(crate) fn open_again(&self) -> Result<Connection> {
        self.open_writable(OpenFlags::empty())
    }

    fn open_writable(&self, create: OpenFlags) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
        let connection = self.open(flags)?;
        pages::ask_for_sums(&connection)?;
        connection.create_scalar_function(
            "decimal_add",
            2,
            FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS,
            decimal_add,
        )?;
        Ok(connection)
    }

    /// A connection that only reads.
    pub(crate) fn open_readable(&self) -> Result<Connection> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0;")?;
        Ok(connection)
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection> {
        let vfs = pages::over(self.vfs.as_deref())?;
        let connection = Connection::open_with_flags_and_vfs(&self.path, flags, vfs)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Plans do not depend on bound values: without this a cached statement is prepared again for other values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
        // No foreign keys: what follows from a record is written before it, and `verify` holds the one against the other.
        connection
            .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
        // A page whose sum is right is the one that SQLite wrote. Without sums each cell of a page that is read is looked at:
        // that costs three times the sum.
        let checks = !pages::are_vouched(&connection)?;
        connection.pragma_update(None, "cell_size_check", checks)?;
        Ok(connection)
    }
}

/// Asks for a journal mode; answers the one the file is in afterwards.
pub(crate) fn switch_journal(connection: &Connection, mode: &str) -> Result<String> {
    {
        // To its end: the switch is a transaction, told before it is committed. On a disk that failed there it was rolled
        // back, and the file would be written in the mode of before.
        let mut switch = connection.prepare(&format!("PRAGMA journal_mode = {mode}"))?;
        let mut rows = switch.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?)
}

/// Puts a writable connection into the mode in which a commit is durable when it returns.
pub(crate) fn make_durable(connection: &Connection, place: &Place) -> Result<()> {
    let mode = switch_journal(connection, "WAL")?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(Fault::failed(format!(
            "the file system of the data folder does not support a write-ahead log (journal mode {mode}); use a local disk"
        )));
    }
    // `fullfsync` matters on macOS, where fsync alone leaves the data in the drive's cache.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
    )?;
    if place.is_sabotaged("normal-sync") {
        return Ok(connection.execute_batch("PRAGMA synchronous = NORMAL")?);
    }
    // The log is opened with the first read.
    connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    Ok(layer::gather(connection)?)
}

/// Whether the log stays as it is when the last connection is closed.
pub(crate) fn keep_log_on_close(connection: &Connection, keeps: bool) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps)?;
    Ok(())
}

/// Refuses an SQLite that is too old to be trusted with several connections.
pub(crate) fn assert_sqlite_version() -> Result<(), StoreError> {
    if rusqlite::version_number() >= SQLITE_VERSION_MIN {
        return Ok(());
    }
    Err(StoreError::Failed {
        problem: format!("SQLite {} is too old: 3.51.3 or newer is needed", rusqlite::version()),
        disk_full: false,
    })
}

/// Bytes of a file; none if it does not exist.
pub(crate) fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// `decimal_add(a, b)` for running sums of quantities: exact, or an error.
fn decimal_add(context: &Context<'_>) -> rusqlite::Result<String> {
    let operand = |index| -> rusqlite::Result<Decimal> {
        Decimal::from_str(context.get_raw(index).as_str()?)
            .map_err(|error| rusqlite::Error::UserFunctionError(error.into()))
    };
    exact_sum(operand(0)?, operand(1)?)
        .map(|sum| sum.to_string())
        .ok_or_else(|| rusqlite::Error::UserFunctionError("the sum has more than 28 digits".into()))
}

/// The sum of two decimals in its shortest form; none where 28 digits do not hold it exactly.
pub(crate) fn exact_sum(left: Decimal, right: Decimal) -> Option<Decimal> {
    let sum = left.checked_add(right)?;
    // An addition that had to drop digits cannot be taken back.
    (sum.checked_sub(right) == Some(left) && sum.checked_sub(left) == Some(right)).then(|| sum.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_quantities_are_exact_or_refused() {
        let decimal = |text| Decimal::from_str(text).unwrap();
        assert_eq!(exact_sum(decimal("-0.482"), decimal("-0.518")), Some(decimal("-1")));
        assert_eq!(exact_sum(decimal("0.1"), decimal("0.2")).map(|sum| sum.to_string()), Some("0.3".to_owned()));
        assert_eq!(exact_sum(Decimal::MAX, Decimal::ONE), None);
        assert_eq!(exact_sum(decimal("10000000000000000000000"), decimal("0.0000000001")), None);
    }

    #[test]
    fn the_bundled_sqlite_is_new_enough() {
        assert_eq!(assert_sqlite_version(), Ok(()));
    }
}

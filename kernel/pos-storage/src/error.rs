//! What can go wrong inside, and what the kernel is told about it.

use crate::pages;
use pos_api::Refusal;
use pos_api::port::StoreError;
use pos_domain::money::MoneyError;
use rusqlite::types::FromSqlError;
use rusqlite::{ErrorCode, ffi};

/// The result of everything that talks to the database.
pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

/// An error on its way out: the database's own, or one that already has its words.
#[derive(Debug)]
pub(crate) enum Fault {
    Database(rusqlite::Error),
    Store(StoreError),
}

impl Fault {
    /// Data that do not hold what they should.
    pub(crate) fn corrupt(problem: impl Into<String>) -> Fault {
        Fault::Store(StoreError::Corrupt { problem: problem.into() })
    }

    /// Something that cannot be done, with space left on the disk.
    pub(crate) fn failed(problem: impl Into<String>) -> Fault {
        Fault::Store(StoreError::Failed { problem: problem.into(), disk_full: false })
    }
}

impl Fault {
    /// Whether the disk is at fault, or what it made of the file: not its being full, not what was asked.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        let Fault::Database(rusqlite::Error::SqliteFailure(code, _)) = self else { return false };
        match code.code {
            ErrorCode::SystemIoFailure => code.extended_code != ffi::SQLITE_IOERR_SHMSIZE,
            ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase => true,
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Database(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        let disk_full = error.kind() == std::io::ErrorKind::StorageFull;
        let problem = if disk_full { "no space is left on the disk" } else { "the disk does not read or write" };
        Fault::Store(StoreError::Failed { problem: format!("{problem} ({error})"), disk_full })
    }
}

impl From<FromSqlError> for Fault {
    fn from(error: FromSqlError) -> Fault {
        Fault::Database(error.into())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Store(error)
    }
}

impl From<Refusal> for Fault {
    /// A check of the domain that did not hold for data given to the storage or read from it.
    fn from(refusal: Refusal) -> Fault {
        Fault::corrupt(refusal.to_string())
    }
}

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Fault {
        Fault::corrupt(error.to_string())
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> StoreError {
        match fault {
            Fault::Store(error) => error,
            Fault::Database(error) => describe(&error),
        }
    }
}

fn describe(error: &rusqlite::Error) -> StoreError {
    let failed = |problem: &str, disk_full| StoreError::Failed { problem: format!("{problem} ({error})"), disk_full };
    match error {
        // The shared-memory index beside the file could not grow: the usual reason is a full disk, too.
        rusqlite::Error::SqliteFailure(code, _)
            if code.code == ErrorCode::DiskFull || code.extended_code == ffi::SQLITE_IOERR_SHMSIZE =>
        {
            failed("no space is left on the disk", true)
        }
        rusqlite::Error::SqliteFailure(code, _) if code.extended_code == ffi::SQLITE_IOERR_DATA => pages::damage(),
        rusqlite::Error::SqliteFailure(code, _) => match code.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                let next = "keep the folder as it is, and let `pos salvage` build a new one";
                StoreError::Corrupt { problem: format!("the database file is damaged ({error}); {next}") }
            }
            ErrorCode::ReadOnly => failed("the database file cannot be written", false),
            ErrorCode::CannotOpen => failed("the database file cannot be opened", false),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                failed("the database file is in use by another program", false)
            }
            ErrorCode::SystemIoFailure => failed("the disk does not read or write", false),
            _ => failed("the database refused", false),
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => {
            StoreError::Corrupt { problem: format!("a stored value is not what it should be ({error})") }
        }
        _ => failed("the database refused", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        let failure = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let told = |code| StoreError::from(Fault::from(failure(code)));
        assert!(matches!(told(ffi::SQLITE_FULL), StoreError::Failed { disk_full: true, .. }));
        assert!(matches!(told(ffi::SQLITE_IOERR_SHMSIZE), StoreError::Failed { disk_full: true, .. }));
        assert!(matches!(told(ffi::SQLITE_IOERR_FSYNC), StoreError::Failed { disk_full: false, .. }));
        assert!(matches!(told(ffi::SQLITE_CORRUPT), StoreError::Corrupt { .. }));
    }
}

//! The file's format: which file it is, which version, and how an older one becomes a newer one.
//!
//! `PRAGMA user_version` counts the steps taken. The steps a file lacks and the new count are one transaction: a migration
//! that is cut off leaves the file as the older program did. A file of a newer program is refused before anything is written to it.

use crate::connection::Place;
use crate::error::{Fault, Result};
use pos_domain::money::Currency;
use rusqlite::{Connection, OptionalExtension};

/// Marks a file as ours (`PRAGMA application_id`): "POS1".
const APPLICATION_ID: i64 = 0x504F_5331;

/// What was done to the format, oldest first. A step is never changed once released; a change is a new step.
pub(crate) const STEPS: &[&str] = &[
    include_str!("schema/0001_first_sale.sql"),
    include_str!("schema/0002_returns_and_points.sql"),
    include_str!("schema/0003_sums_follow.sql"),
    include_str!("schema/0004_shifts_close.sql"),
    include_str!("schema/0005_people.sql"),
    include_str!("schema/0006_payments_and_orders.sql"),
    include_str!("schema/0007_sums_stock_outbox.sql"),
    include_str!("schema/0008_points_in_lots.sql"),
    include_str!("schema/0009_entries_stay_in_records.sql"),
];

/// Refuses a file that is not a register's database, or that a newer program wrote.
pub(crate) fn check(connection: &Connection, place: &Place, steps: &[&str]) -> Result<()> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let application_id = pragma("application_id")?;
    let version = pragma("user_version")?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application_id != APPLICATION_ID {
        return Err(Fault::corrupt(format!(
            "{} is not a register's database; choose another data folder",
            place.name()
        )));
    }
    if version > steps.len() as i64 {
        return Err(Fault::failed(format!(
            "{} was written by a newer version of this program (format {version}, this program knows formats up to {}); \
             update the program, or open another data folder",
            place.name(),
            steps.len()
        )));
    }
    Ok(())
}

/// The steps a file has taken; 0 of a new one.
pub(crate) fn format(connection: &Connection) -> Result<usize> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Takes the steps the file has not seen yet, all or none.
pub(crate) fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<()> {
    let lacking = steps.get(format(connection)?..).unwrap_or_default();
    if lacking.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for step in lacking {
        transaction.execute_batch(step)?;
    }
    transaction
        .execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {};", steps.len()))?;
    transaction.commit()?;
    tracing::info!(format = steps.len(), "the database format was brought up to date");
    Ok(())
}

/// Notes the currency of a new file's books; refuses another one than an old file's.
pub(crate) fn agree_on_currency(connection: &Connection, place: &Place, currency: Currency) -> Result<()> {
    let kept: Option<String> =
        connection.query_row("SELECT value FROM meta WHERE key = 'currency'", [], |row| row.get(0)).optional()?;
    match kept {
        None => {
            connection.execute("INSERT INTO meta (key, value) VALUES ('currency', ?1)", [currency.code()])?;
            Ok(())
        }
        Some(kept) if kept == currency.code() => Ok(()),
        Some(kept) => Err(Fault::failed(format!(
            "the books in {} are kept in {kept}, not in {currency}; a shop's currency cannot change, use another data folder",
            place.name()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: &str =
        "ALTER TABLE meta ADD COLUMN note TEXT; INSERT INTO meta (key, value) VALUES ('second', 'yes');";

    fn place(folder: &tempfile::TempDir) -> Place {
        Place::at(&folder.path().join("shop.db"))
    }

    fn version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_file_is_brought_up_to_date_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = place(&folder).create_or_open().unwrap();
        migrate(&mut connection, STEPS).unwrap();
        let steps = [STEPS, &[SECOND]].concat();
        migrate(&mut connection, &steps).unwrap();
        migrate(&mut connection, &steps).unwrap();
        assert_eq!(version(&connection), steps.len() as i64);
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = place(&folder).create_or_open().unwrap();
        migrate(&mut connection, STEPS).unwrap();
        let broken = [STEPS, &["CREATE TABLE extra (a)", "CREATE TABLE meta (a);"]].concat();
        assert!(migrate(&mut connection, &broken).is_err());
        assert_eq!(version(&connection), STEPS.len() as i64);
        let extra: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(extra, 0);
    }

    #[test]
    fn a_foreign_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let connection = place(&folder).create_or_open().unwrap();
        connection.execute_batch("CREATE TABLE somebody_elses (a)").unwrap();
        let refused = pos_api::port::StoreError::from(check(&connection, &place(&folder), STEPS).unwrap_err());
        assert_eq!(refused.to_string(), "shop.db is not a register's database; choose another data folder");
    }
}

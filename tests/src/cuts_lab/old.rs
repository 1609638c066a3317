//! A database as an older version of the program left it: sales of a day in a format of then.

use super::register::connect;
use pos_storage::disk::{self, Disk, Image};
use rusqlite::{Connection, OpenFlags};

/// The steps of the format, each as it was released.
const STEPS: [&str; 6] = [
    include_str!("../../../kernel/pos-storage/src/schema/0001_first_sale.sql"),
    include_str!("../../../kernel/pos-storage/src/schema/0002_returns_and_points.sql"),
    include_str!("../../../kernel/pos-storage/src/schema/0003_sums_follow.sql"),
    include_str!("../../../kernel/pos-storage/src/schema/0004_shifts_close.sql"),
    include_str!("../../../kernel/pos-storage/src/schema/0005_people.sql"),
    include_str!("../../../kernel/pos-storage/src/schema/0006_payments_and_orders.sql"),
];
/// What an older program kept. What it did not know yet is not among its rows: points, closings, people.
const TABLES: [&str; 8] = ["meta", "item", "item_code", "basket_event", "journal", "account", "stock_level", "shift"];
/// Marks a file as a register's.
const APPLICATION_ID: u32 = 0x504F_5331;

/// Formats there were before the last one.
pub(super) const FORMATS: usize = STEPS.len();

/// The database on a disk, with what a format of then has room for.
pub(super) fn in_format(disk: &Disk, format: usize) -> anyhow::Result<Image> {
    let folder = tempfile::tempdir()?;
    let older = Disk::new(&folder.path().join("pos.db")).map_err(anyhow::Error::msg)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let target = Connection::open_with_flags_and_vfs(older.path(), flags, disk::NAME)?;
    target.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    target.execute_batch("BEGIN")?;
    for step in STEPS.iter().take(format) {
        target.execute_batch(step)?;
    }
    target.execute_batch("DELETE FROM meta")?;
    let source = connect(disk.path())?;
    for table in TABLES.into_iter().chain(["shift_sum", "receipt_copy"]) {
        copy(&source, &target, table, format)?;
    }
    // The words of articles are an index without a content of its own: it is written anew.
    target.execute_batch(
        "INSERT INTO item_text (rowid, name, departments, tags, codes) SELECT row, name, department, '', '' FROM item",
    )?;
    target.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {format}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
    ))?;
    drop(target);
    Ok(older.image())
}

fn copy(source: &Connection, target: &Connection, table: &str, format: usize) -> anyhow::Result<()> {
    let columns: Vec<String> = target
        .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let (names, marks) = (columns.join(", "), vec!["?"; columns.len()].join(", "));
    // Up to which record sums stand is known since the third format; before, they stood at the end.
    let condition = if table == "meta" && format < 3 { "WHERE key <> 'sums_seq'" } else { "" };
    let mut rows = source.prepare(&format!("SELECT {names} FROM {table} {condition}"))?;
    let mut rows = rows.query([])?;
    let mut insert = target.prepare(&format!("INSERT INTO {table} ({names}) VALUES ({marks})"))?;
    while let Some(row) = rows.next()? {
        let values = (0..columns.len()).map(|column| row.get::<_, rusqlite::types::Value>(column));
        insert.execute(rusqlite::params_from_iter(values.collect::<rusqlite::Result<Vec<_>>>()?))?;
    }
    Ok(())
}

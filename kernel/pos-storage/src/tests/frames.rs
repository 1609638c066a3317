//! Frames are gathered, and what reads them never sees the difference.

use super::disks::dice;
use super::*;
use crate::count;
use rusqlite::Connection;
use std::collections::BTreeMap;

type Rows = BTreeMap<u64, Vec<u8>>;

fn rows(connection: &Connection) -> Rows {
    let mut all = connection.prepare("SELECT id, content FROM scratch").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?));
    all.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// Random transactions larger than the cache and than what is gathered at most, undone in part or whole, with checkpoints
/// between: the writer reads what a map says at every step, and another connection what was committed.
#[test]
fn what_spills_is_read_again() {
    let folder = Folder::new();
    let store = folder.open();
    let reader = Connection::open_with_flags(folder.path(), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    store.inspect(move |writer| {
        writer
            .execute_batch("PRAGMA cache_size = 4; CREATE TABLE scratch (id INTEGER PRIMARY KEY, content BLOB)")
            .unwrap();
        let mut dice = dice(7);
        let mut committed = Rows::new();
        for round in 0..60 {
            let mut open = committed.clone();
            writer.execute_batch("BEGIN IMMEDIATE").unwrap();
            for _ in 0..=dice(12) {
                let before = open.clone();
                writer.execute_batch("SAVEPOINT part").unwrap();
                for _ in 0..dice(30) {
                    let (id, length) = (dice(80), dice(40_000) as usize);
                    let content = vec![dice(256) as u8; length];
                    let written = rusqlite::params![id.cast_signed(), content];
                    writer.execute("INSERT OR REPLACE INTO scratch VALUES (?1, ?2)", written).unwrap();
                    open.insert(id, content);
                }
                if dice(3) == 0 {
                    writer.execute_batch("ROLLBACK TO part").unwrap();
                    open = before;
                }
                writer.execute_batch("RELEASE part").unwrap();
                assert!(rows(writer) == open, "round {round}: the writer");
            }
            if dice(3) == 0 {
                writer.execute_batch("ROLLBACK").unwrap();
            } else {
                writer.execute_batch("COMMIT").unwrap();
                committed = open;
            }
            assert!(rows(&reader) == committed, "round {round}: another connection");
            assert!(rows(writer) == committed, "round {round}: the writer afterwards");
            if dice(5) == 0 {
                writer.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
            }
        }
        writer.execute_batch("DROP TABLE scratch").unwrap();
    });
    commit(&store, fixture::sale(1, 3)).unwrap();
    assert_eq!(store.verify(Scope::WHOLE).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_commit_is_one_write() {
    let _alone = super::faults::alone();
    let folder = Folder::new();
    let store = super::faults::open_counted(&folder);
    for id in 1..=10 {
        let before = count::snapshot();
        commit(&store, fixture::sale(id, 20)).unwrap();
        let cost = count::snapshot().since(before);
        assert_eq!((cost.wal_writes, cost.wal_syncs), (1, 1), "sale {id}");
    }
}

//! The catalogue: articles by code, by words, by department.
//!
//! A search takes every word as a prefix ("gru tee" finds "Grüner Tee"; case and accents do not matter), best first by
//! FTS5's bm25 with names weighing most; an article whose code was typed exactly comes before all others.

use crate::error::{Fault, Result};
use pos_domain::catalogue::Item;
use rusqlite::{Connection, OptionalExtension, Params, params};
use std::collections::HashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Words of a query beyond these say nothing more.
const QUERY_WORDS_MAX: usize = 12;
/// Characters of a query beyond these are not read.
const QUERY_LENGTH_MAX: usize = 200;

/// Adds or replaces articles by id.
pub(crate) fn upsert(connection: &Connection, items: &[Item]) -> Result<()> {
    let mut item_row = connection.prepare_cached(
        "INSERT INTO item (id, name, department, body, reorders) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, department = excluded.department, body = excluded.body,
             reorders = excluded.reorders
         RETURNING row",
    )?;
    let mut forget_codes = connection.prepare_cached("DELETE FROM item_code WHERE item = ?1")?;
    let mut forget_text = connection.prepare_cached("DELETE FROM item_text WHERE rowid = ?1")?;
    let mut text_row = connection
        .prepare_cached("INSERT INTO item_text (rowid, name, departments, tags, codes) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        let body = serde_json::to_string(item).map_err(|error| Fault::corrupt(error.to_string()))?;
        let filed = params![item.id, item.name, item.department(), body, item.reorder.is_some()];
        let row: i64 = item_row.query_row(filed, |row| row.get(0))?;
        forget_codes.execute([row])?;
        forget_text.execute([row])?;
        let words = |texts: &[Arc<str>]| texts.join(" ");
        let codes = format!("{} {}", item.id, words(&item.codes));
        text_row.execute(params![row, item.name, words(&item.departments), words(&item.tags), codes])?;
        rows.push(row);
    }
    // Codes last: two articles of one batch may have swapped theirs.
    let mut code_row =
        connection.prepare_cached("INSERT INTO item_code (code, item) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for (item, row) in items.iter().zip(rows) {
        for code in &item.codes {
            if code_row.execute(params![code, row])? == 0 {
                refuse_taken_code(connection, item, row, code)?;
            }
        }
    }
    Ok(())
}

/// A code sells one article. The same code twice on one article is no conflict.
fn refuse_taken_code(connection: &Connection, item: &Item, row: i64, code: &str) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT item.row, item.id FROM item_code JOIN item ON item.row = item_code.item WHERE item_code.code = ?1",
    )?;
    let (owner, id): (i64, String) = statement.query_row([code], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if owner == row {
        return Ok(());
    }
    Err(Fault::failed(format!(
        "code {code} of article {} already sells article {id}; give each article codes of its own",
        item.id
    )))
}

/// The article of a code, exactly.
pub(crate) fn by_code(connection: &Connection, code: &str) -> Result<Option<Arc<Item>>> {
    let mut statement = connection.prepare_cached(
        "SELECT item.body FROM item_code JOIN item ON item.row = item_code.item WHERE item_code.code = ?1",
    )?;
    let body: Option<String> = statement.query_row([code], |row| row.get(0)).optional()?;
    body.map(|body| parse(&body)).transpose()
}

/// An article by its id.
pub(crate) fn by_id(connection: &Connection, id: &str) -> Result<Option<Arc<Item>>> {
    let mut statement = connection.prepare_cached("SELECT body FROM item WHERE id = ?1")?;
    let body: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
    body.map(|body| parse(&body)).transpose()
}

/// Articles that say when more of them is wanted, by id.
pub(crate) fn reordered(connection: &Connection) -> Result<Vec<Arc<Item>>> {
    list(connection, "SELECT body FROM item WHERE reorders = 1 ORDER BY id", [])
}

/// Articles by code or words, best first.
pub(crate) fn find(connection: &Connection, text: &str, limit: u32) -> Result<Vec<Arc<Item>>> {
    let mut found: Vec<Arc<Item>> = by_code(connection, text.trim())?.into_iter().collect();
    if let Some(query) = match_expression(text) {
        let by_words = list(
            connection,
            "SELECT item.body FROM (SELECT rowid, rank FROM item_text WHERE item_text MATCH ?1 ORDER BY rank LIMIT ?2) AS hit
             JOIN item ON item.row = hit.rowid ORDER BY hit.rank, item.name, item.id",
            params![query, limit],
        )?;
        let exact = found.first().map(|item| item.id.clone());
        found.extend(by_words.into_iter().filter(|item| Some(&item.id) != exact.as_ref()));
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// What the words of names come to, by the row of their article: a sum over words and where in the name they are.
pub(crate) type Words = HashMap<i64, u64>;

/// The words of names as they are filed.
pub(crate) fn words_filed(connection: &Connection) -> Result<Words> {
    // The table of words is one of this connection's own, and no change of the file.
    let reads_only: bool = connection.query_row("PRAGMA query_only", [], |row| row.get(0))?;
    connection.pragma_update(None, "query_only", false)?;
    let made = connection
        .execute_batch("CREATE VIRTUAL TABLE IF NOT EXISTS temp.item_word USING fts5vocab(main, item_text, instance)");
    connection.pragma_update(None, "query_only", reads_only)?;
    made?;
    words_of(connection)
}

/// The words of names as they are to be filed: names are filed anew, in memory.
pub(crate) fn words_of_names(names: impl Iterator<Item = Result<(i64, String)>>) -> Result<Words> {
    let anew = Connection::open_in_memory()?;
    anew.execute_batch(
        "CREATE VIRTUAL TABLE item_text USING fts5 (name, content = '', tokenize = 'unicode61 remove_diacritics 2');
         CREATE VIRTUAL TABLE temp.item_word USING fts5vocab(main, item_text, instance);
         BEGIN",
    )?;
    let mut file = anew.prepare("INSERT INTO item_text (rowid, name) VALUES (?1, ?2)")?;
    for name in names {
        let (row, name) = name?;
        file.execute(params![row, name])?;
    }
    words_of(&anew)
}

fn words_of(connection: &Connection) -> Result<Words> {
    let mut words = Words::new();
    let mut statement = connection.prepare("SELECT term, doc, offset FROM temp.item_word WHERE col = 'name'")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (word, place) = (row.get_ref(0)?.as_bytes()?, row.get::<_, u64>(2)?);
        let sum = words.entry(row.get(1)?).or_default();
        *sum = sum.wrapping_add(xxh3_64_with_seed(word, place));
    }
    Ok(words)
}

/// What people type as an FTS5 query: every word a quoted prefix, so that nothing in it is an operator; none if there is
/// no word in it.
fn match_expression(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .take(QUERY_LENGTH_MAX)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let words: Vec<String> = plain
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(QUERY_WORDS_MAX)
        .map(|word| format!("\"{}\"*", word.replace('"', "\"\"")))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// How many articles there are.
pub(crate) fn count(connection: &Connection) -> Result<u64> {
    Ok(connection.query_row("SELECT count(*) FROM item", [], |row| row.get(0))?)
}

/// Articles by id, after one of them.
pub(crate) fn page(connection: &Connection, after: Option<&str>, limit: u32) -> Result<Vec<Arc<Item>>> {
    list(connection, "SELECT body FROM item WHERE id > ?1 ORDER BY id LIMIT ?2", params![after.unwrap_or(""), limit])
}

/// Root departments by name.
pub(crate) fn departments(connection: &Connection) -> Result<Vec<Arc<str>>> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT department FROM item ORDER BY department")?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// Articles of a root department by name.
pub(crate) fn in_department(connection: &Connection, department: &str, limit: u32) -> Result<Vec<Arc<Item>>> {
    list(connection, "SELECT body FROM item WHERE department = ?1 ORDER BY name LIMIT ?2", params![department, limit])
}

fn list(connection: &Connection, sql: &str, parameters: impl Params) -> Result<Vec<Arc<Item>>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(parse(row.get_ref(0)?.as_str()?)?);
    }
    Ok(items)
}

/// An article as it is kept, checked.
pub(crate) fn parse(body: &str) -> Result<Arc<Item>> {
    serde_json::from_str(body)
        .map(Arc::new)
        .map_err(|error| Fault::corrupt(format!("a stored article cannot be read: {error}")))
}

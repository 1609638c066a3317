//! What a database's pages hold, found page by page: no page is needed to find another one's rows.
//!
//! A row of the journal is one by its form, wherever it stands, and proves itself by its hash. What else is taken (articles,
//! people, open baskets) has no hash: there the trees say which pages are whose, and a page that no tree reaches any more
//! only fills what is missing.

use super::JournalRow;
use super::file::Pages;
use super::tree::{Kind, Node, Row, Value};
use crate::catalogue;
use crate::emergency;
use crate::error::Result;
use pos_domain::basket::{EVENT_VERSION, Event};
use pos_domain::catalogue::Item;
use pos_domain::people::Person;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// What was found besides records.
#[derive(Default)]
pub(super) struct Found {
    pub(super) pages: u64,
    /// Pages that are not what was written there, or not there at all.
    pub(super) damaged: u64,
    pub(super) log_is_damaged: bool,
    /// The last record of the journal, where the tree's right edge could be read.
    pub(super) end: Option<u64>,
    /// A record that something speaks of.
    pub(super) highest_seq: u64,
    /// The file on another disk that sales may be in which this one does not have, as it says itself.
    pub(super) emergency: Option<PathBuf>,
    /// Which file that is.
    pub(super) emergency_id: Option<String>,
    /// Articles by the number of their row.
    pub(super) items: BTreeMap<i64, Arc<Item>>,
    /// Articles that codes speak of: row and code.
    pub(super) codes: BTreeMap<i64, String>,
    pub(super) people: BTreeMap<String, Person>,
    /// Events of open baskets.
    pub(super) baskets: BTreeMap<[u8; 16], BTreeMap<u32, (u16, String)>>,
    /// Copies printed of a receipt.
    pub(super) copies: BTreeMap<u64, u32>,
    /// Tables of which pages cannot be read.
    pub(super) lost: BTreeSet<String>,
    /// Which page is whose could not be read.
    pub(super) has_no_schema: bool,
}

/// Looks through all pages. `progress` hears pages done and pages in all.
pub(super) fn look_through(
    pages: &Pages,
    take: &mut dyn FnMut(&JournalRow<'_>) -> Result<()>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Found> {
    let count = pages.count();
    let mut found =
        Found { pages: count.into(), log_is_damaged: pages.log_is_damaged(), has_no_schema: true, ..Found::default() };
    let trees = Trees::read(pages, &mut found);
    let read = |number| pages.sound(number);
    // Pages that trees reach come first, so that what is left over only fills gaps.
    for reached in [true, false] {
        for number in 1..=count {
            if reached != trees.owners.contains_key(&number) {
                continue;
            }
            let Some(page) = pages.sound(number) else {
                found.damaged += u64::from(!trees.free.contains(&number));
                continue;
            };
            let Some(node) = Node::of(&page, number, pages.usable(), &read) else { continue };
            let owner = trees.owners.get(&number).map(|owner| trees.names[*owner].as_str());
            if owner.is_some() && node.rows_cut > 0 {
                found.lost.extend(owner.map(str::to_owned));
            }
            let is_free = trees.free.contains(&number);
            for row in &node.rows {
                journal_row(node.kind, row).map_or(Ok(()), |row| take(&row))?;
                if !is_free {
                    found.take(owner, node.kind, row);
                }
            }
            if number.is_multiple_of(256) {
                progress(number.into(), count.into());
            }
        }
    }
    let read = |number| pages.loose_or_sound(number);
    for (number, page) in pages.loose() {
        let Some(node) = Node::of(page, number, pages.usable(), &read) else { continue };
        for row in &node.rows {
            journal_row(node.kind, row).map_or(Ok(()), |row| take(&row))?;
        }
    }
    progress(count.into(), count.into());
    Ok(found)
}

/// Which page belongs to which table.
#[derive(Default)]
struct Trees {
    names: Vec<String>,
    owners: HashMap<u32, usize>,
    free: HashSet<u32>,
}

impl Trees {
    fn read(pages: &Pages, found: &mut Found) -> Trees {
        let mut trees = Trees::default();
        let Some(first) = pages.sound(1) else { return trees };
        found.has_no_schema = false;
        trees.find_free(pages, &first);
        let schema = trees.walk(pages, found, "sqlite_schema", 1);
        let read = |number| pages.sound(number);
        for number in schema {
            let node = pages.sound(number).and_then(|page| Node::of(&page, number, pages.usable(), &read));
            for row in node.into_iter().flat_map(|node| node.rows) {
                // type, name, table, root
                let [Value::Text(_), Value::Text(name), Value::Text(_), Value::Integer(root), ..] = &row.values[..]
                else {
                    continue;
                };
                let Some(root) = u32::try_from(*root).ok().filter(|root| *root > 0) else { continue };
                trees.walk(pages, found, name, root);
                // Without sums an edge may be anybody's.
                if name == "journal" && pages.have_sums() {
                    found.end = right_edge(pages, root).and_then(|seq| u64::try_from(seq).ok());
                }
            }
        }
        trees
    }

    /// Marks the pages of a tree as far as they can be reached; answers its leaves.
    fn walk(&mut self, pages: &Pages, found: &mut Found, name: &str, root: u32) -> Vec<u32> {
        let owner = self.names.len();
        self.names.push(name.to_owned());
        let (mut waiting, mut leaves) = (vec![root], Vec::new());
        while let Some(number) = waiting.pop() {
            if self.owners.contains_key(&number) {
                // A page has one place: this is no tree.
                found.lost.insert(name.to_owned());
                continue;
            }
            // Only children are wanted: rows may be cut here.
            let node = pages.sound(number).and_then(|page| Node::of(&page, number, pages.usable(), &|_| None));
            self.owners.insert(number, owner);
            let Some(node) = node else {
                found.lost.insert(name.to_owned());
                continue;
            };
            if node.children.is_empty() {
                leaves.push(number);
            }
            waiting.extend(node.children);
        }
        leaves
    }

    /// Pages that were given up and still hold what they held.
    fn find_free(&mut self, pages: &Pages, first: &[u8]) {
        let word = |page: &[u8], at: usize| page[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        let mut trunk = word(first, 32);
        while trunk > 0 && self.free.insert(trunk) {
            let Some(page) = pages.sound(trunk) else { return };
            let leaves = (word(&page, 4) as usize).min(pages.usable() / 4 - 2);
            self.free.extend((0..leaves).map(|leaf| word(&page, 8 + 4 * leaf)));
            trunk = word(&page, 0);
        }
    }
}

/// The greatest number in a table, if nothing on the way to it is damaged; 0 of an empty one.
fn right_edge(pages: &Pages, root: u32) -> Option<i64> {
    let mut number = root;
    // Deeper than any tree.
    for _ in 0..40 {
        let node = Node::of(&pages.sound(number)?, number, pages.usable(), &|_| None)?;
        match node.children.last() {
            Some(last) => number = *last,
            None => return Some(node.last_number.unwrap_or(0)),
        }
    }
    None
}

/// A row that has the form of a record.
fn journal_row(kind: Kind, row: &Row) -> Option<JournalRow<'_>> {
    let [
        Value::Null,
        Value::Text(_),
        _,
        _,
        _,
        Value::Integer(_),
        Value::Blob(previous),
        Value::Blob(hash),
        Value::Text(body),
    ] = &row.values[..]
    else {
        return None;
    };
    (kind == Kind::TableLeaf).then_some(())?;
    Some(JournalRow {
        seq: u64::try_from(row.number).ok()?,
        previous: previous.as_slice().try_into().ok()?,
        hash: hash.as_slice().try_into().ok()?,
        body,
    })
}

impl Found {
    fn take(&mut self, owner: Option<&str>, kind: Kind, row: &Row) {
        let is_of = |table: &str| owner.is_none_or(|owner| owner == table);
        let is_table = kind == Kind::TableLeaf;
        match &row.values[..] {
            [Value::Null, Value::Text(id), Value::Text(_), Value::Text(_), Value::Text(body), ..]
                if is_table && row.values.len() <= 6 && is_of("item") =>
            {
                // Older formats put a sum behind a line feed.
                let body = body.split('\n').next().unwrap_or_default();
                if let Ok(item) = catalogue::parse(body)
                    && *item.id == **id
                {
                    self.items.entry(row.number).or_insert(item);
                }
            }
            [Value::Null, Value::Integer(count)] if is_table && owner == Some("receipt_copy") => {
                if let (Ok(number), Ok(count)) = (row.number.try_into(), (*count).try_into()) {
                    self.copies.insert(number, count);
                }
            }
            [Value::Text(code), Value::Integer(item)] if owner == Some("item_code") => {
                self.codes.entry(*item).or_insert_with(|| code.clone());
            }
            [Value::Text(_), Value::Integer(through)] if owner == Some("outbox_consumer") => self.speaks_of(*through),
            [Value::Text(key), Value::Text(through)] if is_of("meta") && key == "sums_seq" => {
                self.speaks_of(through.parse().unwrap_or(0));
            }
            [Value::Text(key), Value::Text(path)] if is_of("meta") && key == emergency::ARMED => {
                // Pages that trees reach come first.
                self.emergency.get_or_insert_with(|| PathBuf::from(path));
            }
            [Value::Text(key), Value::Text(id)] if is_of("meta") && key == emergency::ARMED_ID => {
                self.emergency_id.get_or_insert_with(|| id.clone());
            }
            [Value::Blob(basket), Value::Integer(seq)] if is_of("journal_by_basket") && basket.len() == 16 => {
                self.speaks_of(*seq);
            }
            [Value::Blob(basket), Value::Integer(sequence), Value::Integer(version), Value::Text(body)]
                if is_of("basket_event") =>
            {
                let body = body.split('\n').next().unwrap_or_default();
                if let (Ok(basket), Ok(sequence), Ok(version)) =
                    (basket.as_slice().try_into(), u32::try_from(*sequence), u16::try_from(*version))
                {
                    let events = self.baskets.entry(basket).or_default();
                    events.entry(sequence).or_insert_with(|| (version, body.to_owned()));
                }
            }
            [Value::Integer(seq), Value::Integer(_), Value::Text(_), Value::Integer(_), Value::Integer(_), ..]
                if !is_table && row.values.len() <= 6 && is_of("ledger_entry") =>
            {
                self.speaks_of(*seq);
            }
            [
                Value::Text(id),
                Value::Text(name),
                Value::Text(role),
                Value::Integer(active),
                pin,
                badge,
                Value::Integer(wrong_pins),
                Value::Integer(locked_until_ms),
            ] if !is_table && is_of("person") => {
                let text = |value: &Value| match value {
                    Value::Text(text) => Some(text.as_str().into()),
                    _ => None,
                };
                self.people.entry(id.clone()).or_insert_with(|| Person {
                    id: id.as_str().into(),
                    name: name.as_str().into(),
                    role: role.as_str().into(),
                    active: *active == 1,
                    pin: text(pin),
                    badge: text(badge),
                    wrong_pins: (*wrong_pins).try_into().unwrap_or(0),
                    locked_until_ms: *locked_until_ms,
                });
            }
            _ => {}
        }
    }

    fn speaks_of(&mut self, seq: i64) {
        self.highest_seq = self.highest_seq.max(seq.try_into().unwrap_or(0));
    }

    /// Open baskets whose events follow each other, and how many have holes or cannot be read.
    pub(super) fn whole_baskets(&self) -> (Vec<[u8; 16]>, u64) {
        let is_whole = |events: &BTreeMap<u32, (u16, String)>| {
            let first = events.keys().next().copied().unwrap_or(0);
            first <= 1
                && events.keys().copied().eq((first..).take(events.len()))
                && events
                    .values()
                    .all(|(version, body)| *version <= EVENT_VERSION && serde_json::from_str::<Event>(body).is_ok())
        };
        let whole: Vec<[u8; 16]> =
            self.baskets.iter().filter(|(_, events)| is_whole(events)).map(|(basket, _)| *basket).collect();
        let broken = (self.baskets.len() - whole.len()) as u64;
        (whole, broken)
    }
}

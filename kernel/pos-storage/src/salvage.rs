//! Salvage: a new database of what can still be read of a damaged one, and of whatever else has its records.
//!
//! The damaged file is only read, page by page and below SQLite ([`file`], [`tree`]): a page that is not what was written
//! there costs its own rows and no others. Records come from it, from backups, and from lines (exports, second copies,
//! anchors); each proves itself and is taken at its place in the chain of hashes ([`chain`]). The new file is built of them as
//! they were, with everything that follows from them, and verified whole before anybody is told of it.
//!
//! **A receipt number is never given twice, and nothing is dropped in silence.** A file is built by itself only where the
//! chain is whole to its last record, and which that is can be seen: at the right edge of the journal's tree. Otherwise it
//! takes somebody who has looked at the last receipt and says its number. The journal then ends at the gap, says in a record
//! that and what is missing, and goes on after that number; records behind the gap are kept in a file beside it.
//! ([ADR 13](../../adr/0013-salvage.md))

mod build;
mod chain;
mod file;
mod find;
mod lines;
mod tree;

use crate::anchor;
use crate::connection::{self, Place};
use crate::emergency;
use crate::error::{Fault, Result};
use crate::journal;
use crate::verify;
use build::Building;
use chain::{Candidate, Gathered};
use find::Found;
pub(crate) use lines::record as record_in_line;
use pos_api::port::{StoreError, Verification};
use pos_domain::catalogue::Item;
use pos_domain::ids::ReceiptNumber;
use pos_domain::people::{AUDIT_VERSION, Audit, Audited, Person};
use pos_domain::shift::Books;
use pos_domain::time::Moment;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A row of the journal, not believed yet.
pub(crate) struct JournalRow<'a> {
    pub(crate) seq: u64,
    pub(crate) previous: crate::Hash,
    pub(crate) hash: crate::Hash,
    pub(crate) body: &'a str,
}

/// What is to be salvaged, and where to.
#[derive(Clone, Debug)]
pub struct Salvage {
    /// The damaged database. It is only read.
    pub damaged: PathBuf,
    /// Backups, exported journals, second copies, anchors: what a file is, it says itself.
    pub others: Vec<PathBuf>,
    /// The new database; nothing is there yet.
    pub to: PathBuf,
    /// Where records go that do not continue the journal.
    pub beside: PathBuf,
    /// Whose books they are.
    pub books: Books,
    /// When this is.
    pub at: Moment,
    /// The register was cut off: there must be a log beside the database.
    pub was_cut_off: bool,
    /// The file that its sales went into should the disk have failed, as the settings say; it is one of the others, if it is
    /// there. What the database itself notes goes before it.
    pub emergency: Option<PathBuf>,
    /// The number of the last receipt that was handed out, as somebody says who has looked: the journal may go on after it
    /// although records are missing.
    pub last_number: Option<ReceiptNumber>,
}

/// What a source gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceFound {
    /// Its file.
    pub file: PathBuf,
    /// Why nothing of it could be read.
    pub problem: Option<String>,
    /// Pages of a database.
    pub pages: u64,
    /// Pages that are not what was written there.
    pub damaged_pages: u64,
    /// The log beside it is damaged.
    pub log_damaged: bool,
    /// Records of the new journal that were found here first.
    pub records: u64,
    /// Rows and lines that look like records and are not what was written.
    pub spoilt: u64,
    /// Records of another store or register.
    pub foreign: u64,
}

/// What became of a salvage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Salvaged {
    /// There is a new database, and it verifies.
    pub built: bool,
    /// Why there is none.
    pub refused: Option<String>,
    /// Records that the new journal has as they were: the first so many.
    pub records: u64,
    /// The last receipt number in them.
    pub last_number: ReceiptNumber,
    /// Records are missing, and receipts go on after this number.
    pub numbers_through: Option<ReceiptNumber>,
    /// The last record that is known of.
    pub last_record: u64,
    /// Whether that is for certain the last one there was.
    pub end_is_known: bool,
    /// Records that were read behind a gap, from and through: they are in the file beside.
    pub beside: Vec<(u64, u64)>,
    /// Records that were read and have another one in their place: in the file beside, too.
    pub contradicting: u64,
    /// Records of which nothing is left, from and through.
    pub missing: Vec<(u64, u64)>,
    /// What the sources gave.
    pub sources: Vec<SourceFound>,
    /// Articles in the new catalogue.
    pub articles: u64,
    /// Of them, those that come from a backup.
    pub articles_from_backups: u64,
    /// Articles that were there and cannot be read.
    pub articles_missing: u64,
    /// Codes of some of them.
    pub codes_missing: Vec<String>,
    /// People in the new file.
    pub people: u64,
    /// People that could not be taken over, by id.
    pub people_left_out: Vec<String>,
    /// Open baskets that were taken over.
    pub baskets: u64,
    /// Open baskets that were not.
    pub baskets_left_out: u64,
    /// Tables of the damaged file of which something cannot be read.
    pub damaged_tables: Vec<String>,
    /// What verification found.
    pub problems: Vec<String>,
    /// The hash of the last record.
    pub head: String,
}

impl Salvaged {
    /// How many records are in the file beside because of a gap.
    pub fn records_beside(&self) -> u64 {
        count(&self.beside)
    }

    /// How many records are known to be missing.
    pub fn records_missing(&self) -> u64 {
        count(&self.missing)
    }
}

/// Builds a new database of a damaged one and other sources. `progress` hears what is done, how far, and of how much.
pub fn salvage(
    order: &Salvage,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> std::result::Result<Salvaged, StoreError> {
    connection::assert_sqlite_version()?;
    Ok(run(order, progress)?)
}

fn run(order: &Salvage, progress: &mut dyn FnMut(&'static str, u64, u64)) -> Result<Salvaged> {
    if order.to.exists() || order.beside.exists() {
        return Err(Fault::failed(format!("{} is there already; nothing was done", order.to.display())));
    }
    let place = Place::at(&order.to);
    let mut files: Vec<PathBuf> = std::iter::once(&order.damaged).chain(&order.others).cloned().collect();
    let key = anchor::public_key(&Place::at(&order.damaged)).or_else(|| anchor::public_key(&place));
    let spool = place.beside(".gathered");
    let mut gathered = Gathered::new(&spool.path, key, &order.books, files.len() + 1)?;
    let mut told = Salvaged::default();
    let (mut damaged, mut backups) = (None, Vec::new());
    let mut source = 0;
    while let Some(file) = files.get(source).cloned() {
        let mut found = SourceFound { file: file.clone(), ..SourceFound::default() };
        match look_through(&file, source, &mut gathered, progress) {
            Err(fault) => found.problem = Some(StoreError::from(fault).to_string()),
            Ok(None) => {}
            Ok(Some((rows, has_log))) => {
                found.pages = rows.pages;
                found.damaged_pages = rows.damaged;
                found.log_damaged = rows.log_is_damaged;
                if source == 0 {
                    // The file its last sales may be in, whether somebody named it or not.
                    files.extend(rows.emergency.clone().filter(|path| path.is_file() && !files.contains(path)));
                    damaged = Some((rows, has_log));
                } else {
                    backups.push(rows);
                }
            }
        }
        told.sources.push(found);
        source += 1;
    }
    let (damaged, has_log) = damaged.unwrap_or((Found { has_no_schema: true, ..Found::default() }, false));
    let chain = gathered.chain();
    let numbers_through = weigh(order, &mut told, &gathered, &chain, &damaged, &backups, has_log);
    for (source, found) in told.sources.iter_mut().enumerate() {
        found.records = chain.iter().filter(|one| one.source == source).count() as u64;
        (found.spoilt, found.foreign) = (gathered.spoilt[source], gathered.foreign[source]);
    }
    let master = Master::of(&damaged, &backups, &mut told);
    if told.refused.is_none() {
        let is_whole = told.last_record == told.records && told.end_is_known;
        let found = build(order, &mut gathered, &chain, numbers_through, &master, is_whole, &mut told, progress)?;
        told.head = found.head;
        told.problems = found.problems;
        told.built = told.problems.is_empty();
        if !told.built {
            told.refused = Some("the new database does not verify".to_owned());
        }
    }
    drop(gathered);
    spool.delete()?;
    if !told.built {
        place.delete()?;
    }
    Ok(told)
}

/// Takes what a file holds, whatever it is; of a database, what it holds besides records and whether it has a log.
fn look_through(
    path: &Path,
    source: usize,
    gathered: &mut Gathered,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Option<(Found, bool)>> {
    let failed = |error: std::io::Error| Fault::failed(format!("{} cannot be read: {error}", path.display()));
    let mut start = Vec::new();
    File::open(path).map_err(failed)?.take(2).read_to_end(&mut start).map_err(failed)?;
    // Lines begin with an object. The damaged file is a database, whatever its first page has become.
    if source > 0 && start.first() == Some(&b'{') {
        lines::look_through(path, source, gathered)?;
        return Ok(None);
    }
    let pages = file::Pages::open(path)?;
    let found = find::look_through(&pages, &mut |row| gathered.take(source, row), &mut |done, all| {
        progress("Reading pages", done, all);
    })?;
    Ok(Some((found, pages.has_log())))
}

/// What the chain has, what it has not, and whether a file may be built of it; answers after which number receipts go on, if
/// the journal has to say so.
fn weigh(
    order: &Salvage,
    told: &mut Salvaged,
    gathered: &Gathered,
    chain: &[Candidate],
    damaged: &Found,
    backups: &[Found],
    has_log: bool,
) -> Option<ReceiptNumber> {
    told.records = chain.len() as u64;
    told.last_number = chain.iter().rev().find_map(|one| one.number).unwrap_or(0);
    let spoken_of = backups.iter().chain([damaged]).map(|found| found.highest_seq.max(found.end.unwrap_or(0)));
    let last = spoken_of.chain([gathered.last(), gathered.highest_seq]).max().unwrap_or(0);
    told.last_record = last;
    // A register that was closed takes its note of an emergency file away.
    let was_cut_off = order.was_cut_off || damaged.emergency.is_some();
    // A log that is gone took what was sold last with it.
    let log_is_whole = !damaged.log_is_damaged && (has_log || !was_cut_off);
    let emergency = last_of_emergency(order, damaged).filter(|_| was_cut_off);
    told.end_is_known = match emergency {
        // Sales may be missing of which nobody has heard.
        Some(Err(_)) => false,
        // The register went on there, so that nothing came after it.
        Some(Ok(Some(end))) => end == last,
        Some(Ok(None)) | None => damaged.end == Some(last) && log_is_whole,
    };
    let besides = gathered.besides(chain);
    let behind: BTreeSet<u64> = besides.iter().map(|one| one.seq).filter(|seq| *seq > told.records).collect();
    told.contradicting = besides.len() as u64 - behind.len() as u64;
    told.beside = ranges(&behind);
    told.missing = gathered.missing(told.records, last);
    if told.end_is_known && told.records == last && order.last_number.is_none_or(|said| said <= told.last_number) {
        return None;
    }
    let (seen, at_most) = (gathered.greatest_number(), gathered.number_max(last).max(told.last_number));
    match order.last_number {
        None => {
            let what = if told.records < last {
                format!("{} record(s) are missing", told.records_missing() + told.records_beside())
            } else {
                "whether records are missing at the end cannot be seen".to_owned()
            };
            told.refused = Some(format!(
                "{what}, and receipts must not get numbers that were given already. Name more sources with --from, or look \
                 at the last receipt that was handed out and give its number with --last-number (at least {seen})"
            ));
            None
        }
        Some(said) if said < seen => {
            told.refused = Some(format!("receipt {seen} is known, so {said} is not the last one; look again"));
            None
        }
        Some(said) => {
            let through = said.max(at_most);
            // Nothing is known to be missing, and nobody says so.
            let is_silent = told.records == last && through == told.last_number;
            told.numbers_through = (!is_silent).then_some(through);
            told.numbers_through
        }
    }
}

/// The last record of the emergency file: where the database says it is, or else where it was looked for; none if there is
/// no such file.
fn last_of_emergency(order: &Salvage, damaged: &Found) -> Option<Result<Option<u64>>> {
    let looked_for = order.emergency.as_deref();
    let noted = damaged.emergency.as_deref().or(looked_for)?;
    let last_of = |path: &Path| emergency::last_record(path, damaged.emergency_id.as_deref());
    // The same disk may be in another place than then, with what was sold there.
    Some(last_of(noted).or_else(|fault| match looked_for.map(last_of) {
        Some(Ok(last)) if last.is_some() || damaged.emergency_id.is_some() => Ok(last),
        _ => Err(fault),
    }))
}

/// What is not in the journal: articles and people, and what is open.
struct Master<'a> {
    items: Vec<Arc<Item>>,
    people: BTreeMap<&'a str, &'a Person>,
    damaged: &'a Found,
}

impl<'a> Master<'a> {
    /// The damaged file's own first, and of the others what it does not have.
    fn of(damaged: &'a Found, backups: &'a [Found], told: &mut Salvaged) -> Master<'a> {
        let all = || std::iter::once(damaged).chain(backups);
        let (mut items, mut codes) = (BTreeMap::new(), BTreeSet::new());
        let mut order = Vec::new();
        for (source, item) in
            all().enumerate().flat_map(|(source, found)| found.items.values().map(move |i| (source, i)))
        {
            if items.contains_key(&*item.id) {
                continue;
            }
            // A code sells one article; the newer file knows which.
            let is_free = item.codes.iter().all(|code| !codes.contains(code));
            let item = if is_free {
                Arc::clone(item)
            } else {
                let mut item = Item::clone(item);
                item.codes.retain(|code| !codes.contains(code));
                Arc::new(item)
            };
            codes.extend(item.codes.iter().cloned());
            order.push(Arc::clone(&item));
            items.insert(item.id.clone(), ());
            told.articles_from_backups += u64::from(source > 0);
        }
        told.articles = order.len() as u64;
        // Rows of the catalogue are numbered without gaps.
        let rows: BTreeSet<i64> = all().flat_map(|found| found.items.keys().copied()).collect();
        let last = rows.iter().chain(damaged.codes.keys()).copied().max().unwrap_or(0);
        let missing: Vec<i64> = (1..=last).filter(|row| !rows.contains(row)).collect();
        told.articles_missing = missing.len() as u64;
        told.codes_missing = missing.iter().filter_map(|row| damaged.codes.get(row).cloned()).take(100).collect();
        let mut people: BTreeMap<&str, &Person> = BTreeMap::new();
        for (id, person) in all().flat_map(|found| &found.people) {
            people.entry(id).or_insert(person);
        }
        told.damaged_tables = damaged.lost.iter().cloned().collect();
        if damaged.has_no_schema {
            told.damaged_tables.insert(0, "all: which page is whose cannot be read".to_owned());
        }
        Master { items: order, people, damaged }
    }
}

#[expect(clippy::too_many_arguments, reason = "each is one thing the new file is made of")]
fn build(
    order: &Salvage,
    gathered: &mut Gathered,
    chain: &[Candidate],
    numbers_through: Option<ReceiptNumber>,
    master: &Master<'_>,
    is_whole: bool,
    told: &mut Salvaged,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Verification> {
    let mut building = Building::begin(Place::at(&order.to), order.books.currency)?;
    building.stock_up(&master.items)?;
    told.people_left_out = building.let_in(master.people.values().map(|person| (*person).clone()))?;
    told.people = (master.people.len() - told.people_left_out.len()) as u64;
    let all = chain.len() as u64;
    building.append(chain, gathered, &mut |done| progress("Appending records", done, all))?;
    if let Some(numbers_through) = numbers_through {
        building.say(&Audit {
            at: order.at,
            store: order.books.store.clone(),
            register: order.books.register.clone(),
            person: "".into(),
            what: Audited::Salvaged {
                missing: told.records_missing(),
                beside: told.records_beside() + told.contradicting,
                numbers_through,
            },
            version: AUDIT_VERSION,
        })?;
    }
    let (baskets, broken) = master.damaged.whole_baskets();
    if is_whole && numbers_through.is_none() {
        for basket in &baskets {
            building.keep_basket(*basket, &master.damaged.baskets[basket])?;
        }
        (told.baskets, told.baskets_left_out) = (baskets.len() as u64, broken);
    } else {
        // One of them may have been paid, in a record that is lost.
        told.baskets_left_out = baskets.len() as u64 + broken;
    }
    building.count_copies(&master.damaged.copies)?;
    building.finish()?;
    put_beside(order, gathered, chain)?;
    progress("Verifying", 0, 0);
    verify::verify(&Place::at(&order.to).open_readable()?, &AtomicBool::new(false))
}

/// Writes what the chain does not have, as it would be exported. No file where there is nothing.
fn put_beside(order: &Salvage, gathered: &mut Gathered, chain: &[Candidate]) -> Result<()> {
    let besides = gathered.besides(chain);
    if besides.is_empty() {
        return Ok(());
    }
    let mut out = BufWriter::new(File::create_new(&order.beside)?);
    for candidate in besides {
        let body = gathered.body(&candidate)?;
        let record = crate::record::Record::parse(&body)?;
        journal::write_line(&mut out, &record.columns(), &candidate.previous, &candidate.hash, &body)?;
    }
    Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
}

fn ranges(places: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for place in places {
        match ranges.last_mut() {
            Some((_, through)) if *through + 1 == *place => *through = *place,
            _ => ranges.push((*place, *place)),
        }
    }
    ranges
}

fn count(ranges: &[(u64, u64)]) -> u64 {
    ranges.iter().map(|(from, through)| through - from + 1).sum()
}

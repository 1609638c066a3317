//! Pages that are vouched for: the last sixteen bytes of each page of the database are the sum of the others and of the
//! page's number, and whoever reads a page that is not the one that was written there is told.
//!
//! SQLite finds a page that is no page, and verification holds rows against the journal; neither sees a page of the right
//! shape in the wrong place, or a flipped bit in what nothing else says again. The sum is XXH3 (128 bits): it is about disks
//! that err, not about people who lie, which is what the chain of hashes and the anchors are for. The log needs none: SQLite
//! sums its frames itself.
//!
//! A file keeps sums from its first page on or never: one without them is built anew ([`crate::update`]).
//!
//! Other programs may read the file, and must not write to it: they do not know the sums. One that opens it after a crash
//! writes, since it empties the log; let it read a copy that `pos backup` made.
//!
//! A page that was never written is zeros, and passes here: SQLite does not take it for a page.

use crate::error::{Fault, Result};
use crate::frames::Frames;
use crate::layer::{self, Below, Layer};
use pos_api::port::StoreError;
use rusqlite::{Connection, ffi};
use std::cell::Cell;
use std::ffi::c_int;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Bytes of a page.
pub(crate) const PAGE: usize = 4096;
/// Bytes of its sum.
pub(crate) const SUM: usize = 16;
/// How a database begins.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where the first page says how many bytes each page leaves free at its end.
pub(crate) const RESERVED_AT: usize = 20;
/// What stands behind that in every database.
const FRACTIONS: [u8; 3] = [64, 32, 32];

thread_local! {
    /// The page that this thread was last refused.
    static DAMAGED: Cell<u64> = const { Cell::new(0) };
}

/// The name to open files with, over a file system (none: the platform's).
pub(crate) fn over(below: Option<&str>) -> Result<&'static str> {
    layer::register::<Pages>(below).map_err(Fault::failed)
}

/// What is said of a page that is not what was written there: the one this thread was refused last.
pub(crate) fn damage() -> StoreError {
    let problem = format!(
        "page {} of the database is not what was written there: the disk changed it, or another program wrote to the \
         file; keep the folder as it is, and let `pos salvage` build a new one of what can be read and of the newest backup",
        DAMAGED.get()
    );
    StoreError::Corrupt { problem }
}

/// A database that is made gets room for sums in its pages.
pub(crate) fn ask_for_sums(connection: &Connection) -> Result<()> {
    Ok(layer::reserve_bytes(connection, SUM as u8)?)
}

/// Whether the pages of an open database are vouched for.
pub(crate) fn are_vouched(connection: &Connection) -> Result<bool> {
    layer::ask(connection).map(|state| state == 1).ok_or_else(|| Fault::failed("the database was opened past its sums"))
}

struct Pages {
    /// It is a database whose first page says that sums are kept, or one that is made now.
    has_sums: bool,
    /// It is a log.
    log: Option<Frames>,
}

impl Pages {
    /// The number of the page that is read or written, if it is one with a sum.
    fn page(&self, bytes: &[u8], offset: u64) -> Option<u64> {
        let is_page = bytes.len() == PAGE && offset.is_multiple_of(PAGE as u64);
        (self.has_sums && is_page).then_some(offset / PAGE as u64 + 1)
    }
}

/// Whether a page is the one that was written under its number, as its sum says.
pub(crate) fn is_sound(page: &[u8], number: u64) -> bool {
    page.len() == PAGE && page[PAGE - SUM..] == sum(&page[..PAGE - SUM], number)
}

fn sum(content: &[u8], number: u64) -> [u8; SUM] {
    xxh3_128_with_seed(content, number).to_le_bytes()
}

impl Layer for Pages {
    const NAME: &'static str = "pos-pages";

    fn over(below: Below, flags: c_int) -> Pages {
        if flags & ffi::SQLITE_OPEN_MAIN_DB == 0 {
            let log = (flags & ffi::SQLITE_OPEN_WAL != 0).then(Frames::default);
            return Pages { has_sums: false, log };
        }
        let mut header = [0; RESERVED_AT + 1 + FRACTIONS.len()];
        let is_read = below.read(&mut header, 0) == ffi::SQLITE_OK;
        let is_whole = is_read && header.starts_with(MAGIC) && header.ends_with(&FRACTIONS);
        // What was cut off while it was made is made again, with sums.
        Pages { has_sums: !is_whole || usize::from(header[RESERVED_AT]) == SUM, log: None }
    }

    fn read(&self, below: Below, into: &mut [u8], offset: u64) -> c_int {
        let settled = self.settle(below);
        if settled != ffi::SQLITE_OK {
            return settled;
        }
        let code = below.read(into, offset);
        let Some(number) = self.page(into, offset).filter(|_| code == ffi::SQLITE_OK) else { return code };
        let (content, kept) = into.split_at(PAGE - SUM);
        if kept == sum(content, number) || into.iter().all(|byte| *byte == 0) {
            return code;
        }
        DAMAGED.set(number);
        tracing::error!(page = number, "a page of the database is not what was written there");
        ffi::SQLITE_IOERR_DATA
    }

    fn write(&self, below: Below, data: &[u8], offset: u64) -> c_int {
        if let Some(log) = &self.log {
            return log.write(below, data, offset);
        }
        let Some(number) = self.page(data, offset) else { return below.write(data, offset) };
        let mut page = [0; PAGE];
        let content = &data[..PAGE - SUM];
        page[..PAGE - SUM].copy_from_slice(content);
        page[PAGE - SUM..].copy_from_slice(&sum(content, number));
        below.write(&page, offset)
    }

    fn sync(&self, below: Below, flags: c_int) -> c_int {
        match self.settle(below) {
            ffi::SQLITE_OK => below.sync(flags),
            code => code,
        }
    }

    fn settle(&self, below: Below) -> c_int {
        self.log.as_ref().map_or(ffi::SQLITE_OK, |log| log.settle(below))
    }

    fn gather(&self) {
        if let Some(log) = &self.log {
            log.gather();
        }
    }

    /// Parts of pages would be read past their sum.
    fn characteristics(&self, below: c_int) -> c_int {
        below & !ffi::SQLITE_IOCAP_SUBPAGE_READ
    }

    fn state(&self) -> c_int {
        c_int::from(self.has_sums)
    }
}

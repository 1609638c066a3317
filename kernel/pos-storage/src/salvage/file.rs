//! The pages of a database as they lie on the disk, below SQLite: only those that are what was written there.
//!
//! A page is sound if its sum is its own ([`crate::pages`]); of a file without sums every page is taken, and what is read in
//! it has to prove itself. What the write-ahead log holds of a page comes before what the file holds, as far as SQLite's own
//! sums of the log's frames go. Frames beyond those are *loose*: records of the journal in them can still prove themselves.

use crate::error::{Fault, Result};
use crate::log::{self, FRAME_HEADER, HEADER, word};
use crate::pages::{self, PAGE, RESERVED_AT, SUM};
use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// A database's file and its log. Only ever read.
pub(super) struct Pages {
    file: File,
    /// Pages of the file, a last one that was cut off included.
    in_file: u32,
    has_sums: bool,
    log: Log,
}

impl Pages {
    /// Opens them; a log that is not there is an empty one.
    pub(super) fn open(path: &Path) -> Result<Pages> {
        let failed = |error: std::io::Error| Fault::failed(format!("{} cannot be read: {error}", path.display()));
        let mut file = File::open(path).map_err(failed)?;
        let bytes = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let in_file = u32::try_from(bytes.div_ceil(PAGE as u64))
            .map_err(|_| Fault::failed(format!("{} is too large for a register's database", path.display())))?;
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        let log = match std::fs::read(&name) {
            Ok(bytes) => Log::of(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Log::default(),
            // What can be read of the database alone is still much; that the log is not there is told.
            Err(_) => Log { is_damaged: true, ..Log::default() },
        };
        let mut pages = Pages { file, in_file, has_sums: false, log };
        // One page that has a sum says it of all, whatever has become of the first one, which says so too.
        pages.has_sums = pages.raw(1).is_some_and(|first| usize::from(first[RESERVED_AT]) == SUM)
            || (1..=in_file).any(|number| pages.raw(number).is_some_and(|page| pages::is_sound(&page, number.into())));
        Ok(pages)
    }

    /// How many pages there are.
    pub(super) fn count(&self) -> u32 {
        self.in_file.max(self.log.pages.keys().copied().max().unwrap_or(0)).max(self.log.pages_at_end)
    }

    /// Bytes of a page that belong to its content.
    pub(super) fn usable(&self) -> usize {
        if self.has_sums { PAGE - SUM } else { PAGE }
    }

    /// Whether pages are vouched for.
    pub(super) fn have_sums(&self) -> bool {
        self.has_sums
    }

    /// Whether the log is, as far as can be seen, what was written there.
    pub(super) fn log_is_damaged(&self) -> bool {
        self.log.is_damaged
    }

    /// Whether the log holds anything.
    pub(super) fn has_log(&self) -> bool {
        !self.log.bytes.is_empty()
    }

    /// A page that is what was written there.
    pub(super) fn sound(&self, number: u32) -> Option<Vec<u8>> {
        if let Some(frame) = self.log.pages.get(&number) {
            return Some(self.log.page(*frame).to_vec());
        }
        let page = self.raw(number)?;
        let is_sound = if self.has_sums { pages::is_sound(&page, number.into()) } else { true };
        (is_sound && page.iter().any(|byte| *byte != 0)).then_some(page)
    }

    /// Frames of the log that nothing vouches for, with the number of their page.
    pub(super) fn loose(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.log.loose.iter().map(|(number, frame)| (*number, self.log.page(*frame)))
    }

    /// A page as loose frames have it, or else as it is.
    pub(super) fn loose_or_sound(&self, number: u32) -> Option<Vec<u8>> {
        let frame = self.log.loose.iter().rev().find(|(page, _)| *page == number);
        frame.map(|(_, frame)| self.log.page(*frame).to_vec()).or_else(|| self.sound(number))
    }

    /// What stands at a page's place; none where the disk does not read it, or the file ends before.
    fn raw(&self, number: u32) -> Option<Vec<u8>> {
        if number == 0 || number > self.in_file {
            return None;
        }
        let mut page = vec![0; PAGE];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(u64::from(number - 1) * PAGE as u64)).ok()?;
        file.read_exact(&mut page).ok()?;
        Some(page)
    }
}

/// The write-ahead log.
#[derive(Default)]
struct Log {
    bytes: Vec<u8>,
    /// Where the newest committed state of a page is.
    pages: HashMap<u32, usize>,
    /// Pages of the database after the last commit.
    pages_at_end: u32,
    loose: Vec<(u32, usize)>,
    is_damaged: bool,
}

impl Log {
    fn of(bytes: Vec<u8>) -> Log {
        let mut log = Log { bytes, ..Log::default() };
        if log.bytes.iter().all(|byte| *byte == 0) {
            // Laid out and not used yet, or emptied.
            return Log::default();
        }
        let Some(header) = log.bytes.get(..HEADER).map(<[u8]>::to_vec) else {
            return Log { is_damaged: true, ..log };
        };
        let begun = log::begins(&header);
        let is_whole = begun.is_some();
        let (big_endian, mut sum) = begun.unwrap_or_default();
        let mut is_vouched = is_whole;
        let mut waiting = Vec::new();
        let (mut at, salt) = (HEADER, header[16..24].to_vec());
        while let Some(frame) = log.bytes.get(at..at + FRAME_HEADER + PAGE) {
            let number = word(frame, 0);
            let has_salt = frame[8..16] == salt[..];
            let of_frame = log::sum(big_endian, log::sum(big_endian, sum, &frame[..8]), &frame[FRAME_HEADER..]);
            is_vouched &= has_salt && of_frame == (word(frame, 16), word(frame, 20));
            if is_vouched {
                sum = of_frame;
                waiting.push((number, at));
                if word(frame, 4) > 0 {
                    log.pages.extend(waiting.drain(..));
                    log.pages_at_end = word(frame, 4);
                }
            } else if number > 0 && (has_salt || !is_whole) {
                log.loose.push((number, at));
            }
            at += FRAME_HEADER + PAGE;
        }
        // Frames of a commit that never came are what a power cut leaves; frames behind one that does not hold are not.
        log.is_damaged = !is_whole || !log.loose.is_empty();
        waiting.append(&mut log.loose);
        log.loose = waiting;
        log
    }

    fn page(&self, frame: usize) -> &[u8] {
        &self.bytes[frame + FRAME_HEADER..frame + FRAME_HEADER + PAGE]
    }
}

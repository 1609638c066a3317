//! Whether the register was closed, cut off, or did not even start, the last time: `pos.running` in the data folder.
//!
//! The file is there while a register runs, and says how far it came: `starting 1`, then `ready`. A close deletes it. Whoever
//! opens the shop finds out from it what happened before, and after two starts that never got ready the next is made in
//! safe mode: without what the shop added to the program.

use crate::data_dir::{DataDir, DataDirError, write_file};

/// After so many starts that never got ready the next one is safe.
const FAILED_MAX: u32 = 2;
const READY: &str = "ready";
const STARTING: &str = "starting";

/// How the last run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRun {
    /// It was closed, or there was none.
    Closed,
    /// It was ready for customers, and was cut off.
    CutOff,
    /// So many starts in a row never got ready.
    NeverReady(u32),
}

impl LastRun {
    /// What the file says of it. What cannot be read was being written: a start that did not get far.
    fn of(text: Option<&str>) -> LastRun {
        match text.map(str::trim) {
            None => LastRun::Closed,
            Some(READY) => LastRun::CutOff,
            Some(text) => {
                let count = text.strip_prefix(STARTING).and_then(|count| count.trim().parse().ok());
                LastRun::NeverReady(count.unwrap_or(1))
            }
        }
    }

    /// The next start leaves out whatever the shop added.
    pub fn needs_safe_mode(self) -> bool {
        matches!(self, LastRun::NeverReady(count) if count >= FAILED_MAX)
    }
}

/// A run of a register, noted in its folder.
#[derive(Debug)]
pub struct Run {
    data: DataDir,
}

impl Run {
    /// Notes that a start was begun; answers how the last run ended.
    pub fn begin(data: &DataDir) -> Result<(Run, LastRun), DataDirError> {
        let text = std::fs::read_to_string(data.running()).ok();
        let last = LastRun::of(text.as_deref());
        let failed = if let LastRun::NeverReady(count) = last { count } else { 0 };
        write_file(&data.running(), &format!("{STARTING} {}\n", failed.saturating_add(1)))?;
        Ok((Run { data: data.clone() }, last))
    }

    /// Customers can be served.
    pub fn ready(&self) {
        if let Err(error) = write_file(&self.data.running(), &format!("{READY}\n")) {
            tracing::warn!("that the register is ready could not be noted: {error}");
        }
    }

    /// The register was closed.
    pub fn end(&self) {
        if let Err(error) = std::fs::remove_file(self.data.running()) {
            tracing::warn!("that the register was closed could not be noted: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_the_last_run_ended() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::new(parent.path());
        let begin = || Run::begin(&data).unwrap();
        let (first, last) = begin();
        assert_eq!(last, LastRun::Closed);
        first.ready();
        // Dropped, not ended: as if the power had failed.
        drop(first);
        let (second, last) = begin();
        assert_eq!(last, LastRun::CutOff);
        second.ready();
        second.end();
        assert_eq!(begin().1, LastRun::Closed);
        let (_, last) = begin();
        assert_eq!((last, last.needs_safe_mode()), (LastRun::NeverReady(1), false));
        let (third, last) = begin();
        assert_eq!((last, last.needs_safe_mode()), (LastRun::NeverReady(2), true));
        third.ready();
        assert!(!begin().1.needs_safe_mode());
        assert_eq!(LastRun::of(Some("")), LastRun::NeverReady(1), "cut off while it was written");
    }
}

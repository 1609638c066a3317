//! Room for a full disk: a file beside the database that is given up when there is no space left, so that the sale in hand
//! can be completed. Without it the register sells on what is left, and asks for nothing new until there is room again.

use crate::connection::Place;
use crate::error::Result;
use std::fs::OpenOptions;
use std::io::Write;

/// The end of its name.
const ENDING: &str = ".reserve";

/// The file, and how large it is to be; 0 where a store keeps none.
#[derive(Debug)]
pub(crate) struct Reserve {
    place: Place,
    bytes: u64,
}

impl Reserve {
    pub(crate) fn new(place: &Place, bytes: u64) -> Reserve {
        Reserve { place: place.beside(ENDING), bytes }
    }

    /// Lays it out, if it is not there as it should be. Fails where there is no room for it.
    pub(crate) fn keep(&self) -> Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        #[cfg(feature = "lab")]
        if self.place.vfs.as_deref() == Some(crate::disk::NAME) {
            return Ok(crate::disk::fill(&self.place.path, self.bytes)?);
        }
        if crate::connection::file_size(&self.place.path) == self.bytes {
            return Ok(());
        }
        let written = self.write();
        if written.is_err() {
            // Half a reserve is room that others need.
            self.place.delete()?;
        }
        written
    }

    fn write(&self) -> Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&self.place.path)?;
        // Not zeros: some file systems give them no room.
        let block: Vec<u8> =
            (0..1 << 16).map(|place: u32| place.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
        let mut left = self.bytes;
        while left > 0 {
            let some = left.min(block.len() as u64);
            file.write_all(&block[..some as usize])?;
            left -= some;
        }
        Ok(file.sync_all()?)
    }

    /// Gives it up. Answers whether there was one.
    pub(crate) fn give_up(&self) -> Result<bool> {
        if self.bytes == 0 {
            return Ok(false);
        }
        #[cfg(feature = "lab")]
        if self.place.vfs.as_deref() == Some(crate::disk::NAME) {
            let was_there = crate::disk::exists(&self.place.path);
            self.place.delete()?;
            return Ok(was_there);
        }
        let was_there = self.place.path.exists();
        self.place.delete()?;
        Ok(was_there)
    }
}

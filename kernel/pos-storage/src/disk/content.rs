//! A file's content: pages, of which those that are zero take no room.

use std::sync::Arc;

/// Bytes of a page.
pub const PAGE: usize = 4096;

/// A page; none is one of zeros.
pub(crate) type Page = Option<Arc<[u8; PAGE]>>;

static ZEROS: [u8; PAGE] = [0; PAGE];

/// What a file holds. Copying it is cheap: pages are shared until one of the copies is written to.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Never more than the size needs; nothing but zeros is behind the size.
    pages: Vec<Page>,
    size: u64,
}

impl Content {
    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// A page's bytes.
    pub fn page(&self, index: usize) -> &[u8; PAGE] {
        self.pages.get(index).and_then(Option::as_deref).unwrap_or(&ZEROS)
    }

    pub(crate) fn shared_page(&self, index: usize) -> Page {
        self.pages.get(index).cloned().flatten()
    }

    pub(crate) fn set_page(&mut self, index: usize, page: Page) {
        if index >= self.pages.len() {
            if page.is_none() {
                return;
            }
            self.pages.resize(index + 1, None);
        }
        self.pages[index] = page;
    }

    /// Reads from a place; answers how many of the bytes there were.
    pub fn read(&self, offset: u64, into: &mut [u8]) -> usize {
        let there = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX).min(into.len());
        let mut done = 0;
        while done < there {
            let (index, within) = place(offset + done as u64);
            let some = (PAGE - within).min(there - done);
            into[done..done + some].copy_from_slice(&self.page(index)[within..within + some]);
            done += some;
        }
        into[there..].fill(0);
        there
    }

    /// Writes to a place, growing the file if need be.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let (index, within) = place(offset + done as u64);
            let some = (PAGE - within).min(bytes.len() - done);
            if index >= self.pages.len() {
                self.pages.resize(index + 1, None);
            }
            let page = self.pages[index].get_or_insert_with(|| Arc::new(ZEROS));
            Arc::make_mut(page)[within..within + some].copy_from_slice(&bytes[done..done + some]);
            done += some;
        }
        self.size = self.size.max(offset + bytes.len() as u64);
    }

    /// Cuts the file off, or fills it up with zeros.
    pub fn resize(&mut self, size: u64) {
        if size < self.size {
            let (index, within) = place(size);
            self.pages.truncate(if within == 0 { index } else { index + 1 });
            if within > 0
                && let Some(Some(page)) = self.pages.get_mut(index)
            {
                Arc::make_mut(page)[within..].fill(0);
            }
        }
        self.size = size;
    }

    /// How many pages it has, those of zeros included.
    pub fn pages(&self) -> usize {
        usize::try_from(self.size.div_ceil(PAGE as u64)).unwrap_or(usize::MAX)
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Content) -> bool {
        let pages = self.pages.len().max(other.pages.len());
        self.size == other.size
            && (0..pages).all(|index| match (self.pages.get(index), other.pages.get(index)) {
                (Some(Some(one)), Some(Some(another))) => Arc::ptr_eq(one, another) || one == another,
                _ => self.page(index) == other.page(index),
            })
    }
}

/// The page of a byte, and where in it.
pub(crate) fn place(offset: u64) -> (usize, usize) {
    let page = PAGE as u64;
    (usize::try_from(offset / page).unwrap_or(usize::MAX), (offset % page) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_off_is_zero_when_the_file_grows_again() {
        let mut content = Content::default();
        content.write(4_000, &[7; 300]);
        assert_eq!((content.size(), content.pages()), (4_300, 2));
        content.resize(4_050);
        content.resize(5_000);
        let mut bytes = [1; 200];
        assert_eq!(content.read(4_000, &mut bytes), 200);
        assert_eq!((bytes[49], bytes[50], bytes[199]), (7, 0, 0));
        assert_eq!(content.read(4_990, &mut bytes), 10);
        let mut same = Content::default();
        same.write(4_000, &[7; 50]);
        same.resize(5_000);
        assert_eq!(content, same);
    }
}

//! What was asked of a disk, step by step, and the disks that a power cut at a step may leave.
//!
//! What was synced stays. Of what was written since, each sector is kept, dropped or torn by itself, whatever the order it
//! was written in; of changes to a file's size so many happened and those after them did not; a file that was made or
//! deleted since may be there or not. A file that was cut off is cut off or not, as a whole: its old bytes do not go one by
//! one, and what was written behind that place later is not there without it. A sector that is torn has bytes of two of its versions and none of anything else (SQLite's "powersafe
//! overwrite", which it believes of every disk). After a sync that failed, a page that is not written again stays undecided
//! for ever: the system takes it for clean, and the next sync does not write it.

use super::content::{Content, PAGE, Page, place};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file as such, whatever its name; a name that is deleted and made again is another one.
pub type FileId = usize;

/// What lies on a disk: files by the end of their name, which is empty for the database itself.
pub type Image = BTreeMap<String, Content>;

/// One step.
#[derive(Clone, Debug)]
pub enum Op {
    /// A new file.
    Create(FileId, String),
    /// Bytes at a place.
    Write(FileId, u64, Arc<[u8]>),
    /// A file is cut off, or filled up with zeros.
    Resize(FileId, u64),
    /// What was written to a file is on the disk.
    Sync(FileId),
    /// That was asked for, and did not go well.
    SyncFailed(FileId),
    /// That was promised, and nothing was done.
    SyncPromised(FileId),
    /// Names that were made or deleted are on the disk.
    SyncFolder,
    /// A name is no more.
    Delete(String),
    /// A file has another name, which another file may have had.
    Rename(FileId, String, String),
}

impl Op {
    /// What it is, for counting.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Create(..) => "create",
            Op::Write(..) => "write",
            Op::Resize(..) => "resize",
            Op::Sync(_) => "sync",
            Op::SyncFailed(_) => "sync failed",
            Op::SyncPromised(_) => "sync promised",
            Op::SyncFolder => "sync of the folder",
            Op::Delete(_) => "delete",
            Op::Rename(..) => "rename",
        }
    }
}

/// What a power cut does to sectors, and how often it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// Unsynced sectors that were on the disk all the same.
    pub kept: u64,
    /// Those that were not.
    pub dropped: u64,
    /// Those that were in parts.
    pub torn: u64,
    /// Names that were made or deleted and did not last.
    pub names_lost: u64,
    /// Files that had an earlier size.
    pub sizes_lost: u64,
}

impl Fates {
    /// Adds another's.
    pub fn add(&mut self, other: Fates) {
        let Fates { kept, dropped, torn, names_lost, sizes_lost } = other;
        self.kept += kept;
        self.dropped += dropped;
        self.torn += torn;
        self.names_lost += names_lost;
        self.sizes_lost += sizes_lost;
    }
}

/// Versions of a page since it was synced, oldest first, each with how many changes of the size came before it.
#[derive(Clone, Debug, Default)]
struct Unsynced {
    versions: Vec<(usize, Page)>,
    /// The next sync writes it.
    dirty: bool,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    durable: Content,
    now: Content,
    pages: BTreeMap<usize, Unsynced>,
    sizes: Vec<Size>,
}

/// A change of a file's size.
#[derive(Clone, Copy, Debug)]
struct Size {
    size: u64,
    shrinks: bool,
}

impl Size {
    /// Whether a page is gone with it.
    fn takes(self, page: usize) -> bool {
        self.shrinks && page as u64 * PAGE as u64 >= self.size
    }
}

impl Inode {
    fn new(content: Content) -> Inode {
        Inode { durable: content.clone(), now: content, ..Inode::default() }
    }

    fn changed(&mut self, index: usize) {
        let unsynced = self.pages.entry(index).or_default();
        unsynced.versions.push((self.sizes.len(), self.now.shared_page(index)));
        unsynced.dirty = true;
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) {
        let before = self.now.size();
        self.now.write(offset, bytes);
        let (first, _) = place(offset);
        let (last, _) = place((offset + bytes.len() as u64).saturating_sub(1));
        (first..=last).for_each(|index| self.changed(index));
        if self.now.size() != before {
            self.sizes.push(Size { size: self.now.size(), shrinks: false });
        }
    }

    fn resize(&mut self, size: u64) {
        let shrinks = size < self.now.size();
        self.now.resize(size);
        self.sizes.push(Size { size, shrinks });
        let (last, within) = place(size);
        if shrinks && within > 0 {
            // The rest of the last page is filled with zeros.
            self.changed(last);
        }
    }

    fn sync(&mut self) {
        let sizes = std::mem::take(&mut self.sizes);
        sizes.iter().for_each(|size| self.durable.resize(size.size));
        let durable = &mut self.durable;
        durable.resize(durable.size().max(self.now.size()));
        self.pages.retain(|index, unsynced| {
            if unsynced.dirty {
                durable.set_page(*index, unsynced.versions.last().and_then(|(_, page)| page.clone()));
                return false;
            }
            unsynced.versions.retain(|(before, _)| !sizes[*before..].iter().any(|size| size.takes(*index)));
            unsynced.versions.iter_mut().for_each(|(before, _)| *before = 0);
            !unsynced.versions.is_empty()
        });
        durable.resize(self.now.size());
    }

    fn cut(&self, dice: &mut dyn FnMut(u64) -> u64, sector: usize, fates: &mut Fates) -> Content {
        let mut content = self.durable.clone();
        let (happened, lost) = self.sizes.split_at(dice(self.sizes.len() as u64 + 1) as usize);
        fates.sizes_lost += u64::from(!lost.is_empty());
        happened.iter().for_each(|size| content.resize(size.size));
        let size = content.size();
        // What came after a cutting off that did not happen is not there.
        let seen = lost.iter().position(|size| size.shrinks).map_or(usize::MAX, |first| happened.len() + first);
        let most = self.pages.keys().next_back().map_or(0, |index| (*index as u64 + 1) * PAGE as u64);
        content.resize(size.max(most));
        // Of eight: all dropped, all kept, or each sector by itself, more or less of them.
        let kept_of_8 = [0, 8, 1, 4, 4, 7][dice(6) as usize];
        for (index, Unsynced { versions, .. }) in &self.pages {
            let mut pages = vec![content.shared_page(*index)];
            for (before, page) in versions {
                let is_gone = happened.iter().skip(*before).any(|size| size.takes(*index));
                if *before <= seen && !is_gone {
                    pages.push(page.clone());
                }
            }
            let mut page = *content.page(*index);
            for start in (0..PAGE).step_by(sector) {
                let range = start..start + sector;
                let version = |number: usize| {
                    pages[number].as_deref().map_or(&[0; PAGE][range.clone()], |page| &page[range.clone()])
                };
                let last = pages.len() - 1;
                if (0..last).all(|number| version(number) == version(last)) {
                    continue;
                }
                if kept_of_8 % 8 != 0 && dice(8) == 0 {
                    // Bytes up to a place are of one version, those behind it of the version before.
                    let newer = 1 + dice(last as u64) as usize;
                    let torn = dice(sector as u64) as usize;
                    let mixed = [&version(newer)[..torn], &version(newer - 1)[torn..]].concat();
                    page[range].copy_from_slice(&mixed);
                    fates.torn += 1;
                } else if dice(8) < kept_of_8 {
                    page[range.clone()].copy_from_slice(version(last));
                    fates.kept += 1;
                } else {
                    fates.dropped += 1;
                }
            }
            content.set_page(*index, Some(Arc::new(page)));
        }
        content.resize(size);
        content
    }
}

/// A disk on its way through a trace: what is on it for certain, and what is not.
#[derive(Clone, Debug, Default)]
pub struct Unsure {
    inodes: Vec<Inode>,
    names: BTreeMap<String, FileId>,
    /// What happened to names since the folder was synced: made, or deleted.
    renamed: BTreeMap<String, Vec<Option<FileId>>>,
}

impl Unsure {
    /// Begins with what lies on a disk.
    pub fn new(image: &Image) -> Unsure {
        let mut unsure = Unsure::default();
        for (name, content) in image {
            unsure.names.insert(name.clone(), unsure.inodes.len());
            unsure.inodes.push(Inode::new(content.clone()));
        }
        unsure
    }

    /// Takes a step.
    pub fn step(&mut self, op: &Op) {
        match op {
            Op::Create(file, name) => {
                debug_assert_eq!(*file, self.inodes.len(), "files are numbered in the order they are made");
                self.inodes.push(Inode::default());
                self.renamed.entry(name.clone()).or_default().push(Some(*file));
            }
            // Each name by itself: what has the new one is whole in either case.
            Op::Rename(file, from, to) => {
                self.renamed.entry(to.clone()).or_default().push(Some(*file));
                self.renamed.entry(from.clone()).or_default().push(None);
            }
            Op::Delete(name) => self.renamed.entry(name.clone()).or_default().push(None),
            Op::Write(file, offset, bytes) => self.inodes[*file].write(*offset, bytes),
            Op::Resize(file, size) => self.inodes[*file].resize(*size),
            Op::Sync(file) => self.inodes[*file].sync(),
            Op::SyncFailed(file) => {
                self.inodes[*file].pages.values_mut().for_each(|unsynced| unsynced.dirty = false);
            }
            Op::SyncPromised(_) => {}
            Op::SyncFolder => {
                for (name, became) in std::mem::take(&mut self.renamed) {
                    match became.last().copied().flatten() {
                        Some(file) => self.names.insert(name, file),
                        None => self.names.remove(&name),
                    };
                }
            }
        }
    }

    /// The disk as if everything were on it.
    pub fn whole(&self) -> Image {
        let mut names = self.names.clone();
        for (name, became) in &self.renamed {
            match became.last().copied().flatten() {
                Some(file) => names.insert(name.clone(), file),
                None => names.remove(name),
            };
        }
        names.into_iter().map(|(name, file)| (name, self.inodes[file].now.clone())).collect()
    }

    /// Whether everything is on the disk for certain: a cut here leaves one disk only.
    pub fn is_certain(&self) -> bool {
        let certain = |inode: &Inode| inode.pages.is_empty() && inode.sizes.is_empty();
        self.renamed.is_empty() && self.names.values().all(|file| certain(&self.inodes[*file]))
    }

    /// A disk that a power cut may leave now. `dice(n)` answers a number below n; a sector has 512 or 4096 bytes.
    pub fn cut(&self, dice: &mut dyn FnMut(u64) -> u64, sector: usize) -> (Image, Fates) {
        let mut fates = Fates::default();
        let mut names = self.names.clone();
        for (name, became) in &self.renamed {
            let lasting = dice(became.len() as u64 + 1) as usize;
            fates.names_lost += u64::from(lasting < became.len());
            match lasting.checked_sub(1).map(|last| became[last]) {
                None => {}
                Some(Some(file)) => {
                    names.insert(name.clone(), file);
                }
                Some(None) => {
                    names.remove(name);
                }
            }
        }
        let image = names.into_iter().map(|(name, file)| (name, self.inodes[file].cut(dice, sector, &mut fates)));
        (image.collect(), fates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred disks of a file that was synced with ones, and then written over with twos.
    fn disks(sync: Option<Op>) -> Vec<Content> {
        let mut unsure = Unsure::default();
        let write = |byte: u8| Op::Write(0, 0, vec![byte; 2 * PAGE].into());
        let folder = [Op::Create(0, String::new()), write(1), Op::Sync(0), Op::SyncFolder, write(2)];
        folder.iter().chain(&sync).for_each(|op| unsure.step(op));
        let mut state = 1_u64;
        let mut dice = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % sides
        };
        (0..100).map(|_| unsure.cut(&mut dice, 512).0.remove("").unwrap()).collect()
    }

    #[test]
    fn what_was_not_synced_is_kept_dropped_or_torn() {
        let (mut old, mut new, mut torn) = (0, 0, 0);
        for content in disks(None) {
            let sectors: Vec<Vec<u8>> =
                (0..16).map(|sector| content.page(sector / 8)[sector % 8 * 512..][..512].to_vec()).collect();
            for sector in sectors {
                assert!(sector.iter().all(|byte| (1..=2).contains(byte)));
                match (sector[0], sector[511]) {
                    (1, 1) => old += 1,
                    (2, 2) => new += 1,
                    _ => torn += 1,
                }
            }
        }
        assert!(old > 200 && new > 200 && torn > 20, "{old} old, {new} new, {torn} torn");
    }

    #[test]
    fn what_was_synced_stays_unless_the_disk_lied() {
        let is_new = |content: &Content| content.page(0)[0] == 2 && content.page(1)[PAGE - 1] == 2;
        assert!(disks(Some(Op::Sync(0))).iter().all(is_new));
        assert!(!disks(Some(Op::SyncPromised(0))).iter().all(is_new));
        assert!(!disks(Some(Op::SyncFailed(0))).iter().all(is_new));
    }

    #[test]
    fn a_file_that_was_cut_off_and_written_again_is_the_old_one_or_the_new_one() {
        let mut old = Content::default();
        old.write(0, &[1; 4 * PAGE]);
        let mut unsure = Unsure::new(&[(String::new(), old.clone())].into());
        for op in [Op::Resize(0, 0), Op::Write(0, 0, vec![2; 2 * PAGE].into())] {
            unsure.step(&op);
        }
        let mut roll = 0;
        let mut dice = |sides: u64| {
            roll += 1;
            roll * 7 % 31 % sides
        };
        for _ in 0..50 {
            let content = unsure.cut(&mut dice, 4096).0.remove("").unwrap();
            let bytes: Vec<u8> = (0..content.pages()).map(|page| content.page(page)[0]).collect();
            assert!(content == old || bytes.iter().all(|byte| *byte != 1), "{bytes:?}");
        }
        unsure.step(&Op::Sync(0));
        let content = unsure.cut(&mut dice, 512).0.remove("").unwrap();
        assert_eq!((content.size(), content.page(1)[9]), (2 * PAGE as u64, 2));
    }

    #[test]
    fn a_page_that_a_failed_sync_left_out_is_not_written_by_the_next_one() {
        let mut unsure = Unsure::new(&[(String::new(), Content::default())].into());
        let steps = [
            Op::Write(0, 0, vec![1; 2 * PAGE].into()),
            Op::SyncFailed(0),
            Op::Write(0, PAGE as u64, vec![2; 10].into()),
            Op::Sync(0),
        ];
        steps.iter().for_each(|op| unsure.step(op));
        let (image, fates) = unsure.cut(&mut |_| 0, 4096);
        assert_eq!((image[""].page(0)[0], image[""].page(1)[0], image[""].page(1)[10]), (0, 2, 1));
        assert!(fates.dropped == 1 && !unsure.is_certain());
    }
}

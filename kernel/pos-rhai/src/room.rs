//! Room on the stack for work that may recurse.
//!
//! The interpreter recurses: 64 calls within calls, each inside 32 levels of brackets, need some megabytes, and a list in
//! a list in a list is copied and dropped level by level. A stack that runs out ends the whole program, and whoever
//! calls us decides how large ours is. So scripts are compiled, and rules whose functions call each other deeply or that
//! build lists are run, on a thread with room for the worst that the limits allow (about 0.1 ms more a call). Plain
//! rules, most of them, stay where they are.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Builder;

/// Stack for compiling: the parser's and the tree's own recursion over a text of the largest size.
pub(crate) const TO_COMPILE_BYTES: usize = 256 << 20;
/// Stack for running a rule that may recurse.
pub(crate) const TO_RUN_BYTES: usize = 64 << 20;

/// Why the work gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoResult {
    /// The machine has no room for another thread.
    NoThread(String),
    /// The work panicked.
    Panicked,
}

/// Does the work on a thread with a stack of `bytes`, and waits for it. Only touched pages of the stack cost memory.
pub(crate) fn with_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> Result<T, NoResult> {
    std::thread::scope(|scope| {
        let worker = Builder::new()
            .name("rhai".to_owned())
            .stack_size(bytes)
            .spawn_scoped(scope, work)
            .map_err(|error| NoResult::NoThread(error.to_string()))?;
        worker.join().map_err(|_| NoResult::Panicked)
    })
}

/// Does the work here; a panic inside is an answer, not the end of the register.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, NoResult> {
    // What the work shares with us is thrown away after a panic.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| NoResult::Panicked)
}

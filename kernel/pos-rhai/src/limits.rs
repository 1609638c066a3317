//! How much a rule may use, and the meter that stops it.
//!
//! Operations decide: they are counted by the interpreter, so the same rule on the same basket stops at the same place
//! on every machine. 200,000 operations up to 200 lines, in proportion up to 2,000,000 for 2,000 lines. The wall clock
//! only guards the register against one slow operation repeated; a stop by it is an incident, never an answer.

use rhai::{Dynamic, Engine};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Operations of one run, for baskets of up to [`LINES_AT_BASE`] lines.
pub const OPERATIONS_MAX: u64 = 200_000;
/// Up to this number of lines the operations are not raised.
pub const LINES_AT_BASE: u64 = 200;
/// Most that a large basket raises the operations by.
pub const SCALE_MAX: u64 = 10;
/// Wall clock of one run.
pub const DEADLINE: Duration = Duration::from_millis(100);
/// Size of a script's text.
pub const SOURCE_BYTES_MAX: usize = 16 * 1024;
/// Length of a text, and of all texts in one list together.
pub const TEXT_BYTES_MAX: usize = 4 * 1024;
/// Elements of a list, those of lists within it included.
pub const LIST_LEN_MAX: usize = 10_000;
/// Entries of a map.
pub const MAP_LEN_MAX: usize = 1_000;
/// Calls within calls.
pub const CALL_DEPTH_MAX: usize = 64;
/// Brackets and blocks within each other at the top of a file.
pub const EXPRESSION_DEPTH_MAX: usize = 64;
/// Brackets and blocks within each other inside a function.
pub const FUNCTION_EXPRESSION_DEPTH_MAX: usize = 32;
/// Words after one another in one chain.
pub const CHAIN_LEN_MAX: usize = 64;
/// Variables alive at once.
pub const VARIABLES_MAX: usize = 256;
/// Functions in a file.
pub const FUNCTIONS_MAX: usize = 64;
/// Offers of one run.
pub const OFFERS_MAX: usize = 500;
/// Near misses of one run in the rule's own words; the rest is dropped.
pub const HINTS_MAX: usize = 20;
/// Lines that `print` and `debug` write in one run; the rest is dropped.
pub const PRINTED_LINES_MAX: u32 = 20;
/// Characters of such a line.
pub const PRINTED_CHARS_MAX: usize = 200;

// The clock costs more than an operation, so it is read at every sixteenth only.
const CLOCK_EVERY: u64 = 16;

/// Operations allowed for a basket of so many lines.
pub(crate) fn operations_for(lines: usize) -> u64 {
    let lines = u64::try_from(lines).unwrap_or(u64::MAX).clamp(LINES_AT_BASE, LINES_AT_BASE * SCALE_MAX);
    OPERATIONS_MAX * lines / LINES_AT_BASE
}

/// Why a run was stopped, as the interpreter hands it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Operations used up.
    Operations,
    /// Wall clock passed.
    Deadline,
}

#[derive(Clone, Copy)]
struct Meter {
    operations_max: u64,
    deadline: Option<Instant>,
    printed: u32,
}

thread_local! {
    // One run at a time on a thread: the interpreter's callback has no place for the run's own limits.
    static METER: Cell<Meter> = const { Cell::new(Meter { operations_max: 0, deadline: None, printed: 0 }) };
}

/// Runs `work` with a fresh meter for a basket of so many lines.
pub(crate) fn metered<T>(lines: usize, work: impl FnOnce() -> T) -> T {
    METER.set(Meter {
        operations_max: operations_for(lines),
        deadline: Instant::now().checked_add(DEADLINE),
        printed: 0,
    });
    work()
}

fn check(operations: u64) -> Option<Dynamic> {
    let meter = METER.get();
    if operations > meter.operations_max {
        return Some(Dynamic::from(Stop::Operations));
    }
    if operations.is_multiple_of(CLOCK_EVERY) && meter.deadline.is_some_and(|deadline| Instant::now() > deadline) {
        return Some(Dynamic::from(Stop::Deadline));
    }
    None
}

/// Whether one more line may be printed.
fn may_print() -> bool {
    let mut meter = METER.get();
    meter.printed = meter.printed.saturating_add(1);
    METER.set(meter);
    meter.printed <= PRINTED_LINES_MAX
}

fn print(text: &str) {
    if may_print() {
        let cut: String = text.chars().take(PRINTED_CHARS_MAX).collect();
        tracing::debug!(target: "pos_rhai::script", "{cut}");
    }
}

/// Sets every limit of the interpreter.
pub(crate) fn install(engine: &mut Engine) {
    engine
        .set_max_operations(OPERATIONS_MAX * SCALE_MAX)
        .set_max_call_levels(CALL_DEPTH_MAX)
        .set_max_expr_depths(EXPRESSION_DEPTH_MAX, FUNCTION_EXPRESSION_DEPTH_MAX)
        .set_max_variables(VARIABLES_MAX)
        .set_max_functions(FUNCTIONS_MAX)
        .set_max_modules(0)
        .set_max_string_size(TEXT_BYTES_MAX)
        .set_max_array_size(LIST_LEN_MAX)
        .set_max_map_size(MAP_LEN_MAX)
        .on_progress(check)
        .on_print(print)
        .on_debug(|text, _, _| print(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_grow_with_the_basket_up_to_ten_times() {
        let table =
            [(0, 200_000), (1, 200_000), (200, 200_000), (300, 300_000), (2_000, 2_000_000), (90_000, 2_000_000)];
        for (lines, operations) in table {
            assert_eq!(operations_for(lines), operations, "{lines} lines");
        }
    }
}

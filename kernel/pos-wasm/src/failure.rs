//! From what ended a call to a failure the kernel can act on.

use crate::contract::types::HookError;
use crate::limits::{Budget, MemoryExceeded};
use pos_api::port::{ExtensionFailure, FailureKind};
use wasmtime::{PoolConcurrencyLimitError, Trap};

/// A failure without a place in a text: compiled plugins have none.
pub(crate) fn failure(kind: FailureKind, message: String) -> ExtensionFailure {
    ExtensionFailure { kind, message, diagnostic: None }
}

/// What ended a call. `who` begins the sentence: `Tax table`.
pub(crate) fn of_call(
    who: &str,
    error: &wasmtime::Error,
    budget: &Budget,
    last_warning: Option<&str>,
) -> ExtensionFailure {
    // The guest came to an end, but what it left does not read as an answer: a text outside its memory, not UTF-8, too
    // large.
    of_limits(who, error, budget, last_warning).unwrap_or_else(|| {
        let message = format!("{who} gave an answer that cannot be read: {}", error.root_cause());
        failure(FailureKind::InvalidOutput, message)
    })
}

/// What kept an instance from starting.
pub(crate) fn of_start(who: &str, error: &wasmtime::Error, budget: &Budget) -> ExtensionFailure {
    of_limits(who, error, budget, None)
        .unwrap_or_else(|| failure(FailureKind::Trap, format!("{who} could not be started: {error:#}")))
}

/// A limit that was reached, or a trap.
fn of_limits(
    who: &str,
    error: &wasmtime::Error,
    budget: &Budget,
    last_warning: Option<&str>,
) -> Option<ExtensionFailure> {
    if let Some(MemoryExceeded { bytes_max, bytes_wanted }) = error.downcast_ref() {
        let (wanted, most) = (mebibytes(*bytes_wanted), mebibytes(*bytes_max));
        return Some(failure(
            FailureKind::OutOfMemory,
            format!("{who} asked for {wanted} of memory, {most} are allowed"),
        ));
    }
    if error.is::<PoolConcurrencyLimitError>() {
        let message = format!("{who} was not asked: too many plugins run at the same moment");
        return Some(failure(FailureKind::Trap, message));
    }
    let (kind, message) = match error.downcast_ref::<Trap>()? {
        Trap::OutOfFuel => (
            FailureKind::OutOfFuel,
            format!("{who} used up its fuel ({}): it loops, or does too much for this basket", budget.fuel),
        ),
        Trap::Interrupt => {
            (FailureKind::Deadline, format!("{who} took longer than {} ms and was stopped", budget.deadline_ms))
        }
        trap => {
            let trap = trap.to_string();
            let said = last_warning.map_or(String::new(), |said| format!("; it said: {said}"));
            let trap = trap.strip_prefix("wasm trap: ").unwrap_or(&trap);
            (FailureKind::Trap, format!("{who} broke down ({trap}){said}"))
        }
    };
    Some(failure(kind, message))
}

/// The plugin's own "no".
pub(crate) fn of_refusal(who: &str, refusal: HookError) -> ExtensionFailure {
    let (HookError::InvalidInput(message)
    | HookError::InvalidConfig(message)
    | HookError::Unavailable(message)
    | HookError::Refused(message)) = refusal;
    let text = if message.text.is_empty() { message.key } else { message.text };
    failure(FailureKind::Refused, format!("{who}: {}", printable(&text)))
}

/// An answer that breaks the contract.
pub(crate) fn invalid_output(who: &str, problem: &str) -> ExtensionFailure {
    failure(FailureKind::InvalidOutput, format!("{who} gave an answer that breaks the contract: {problem}"))
}

/// A basket that the contract cannot carry.
pub(crate) fn input_unfit(who: &str, problem: &str) -> ExtensionFailure {
    failure(FailureKind::InvalidOutput, format!("{who} was not asked: {problem}"))
}

fn mebibytes(bytes: usize) -> String {
    let tenths = (bytes.saturating_mul(10)) >> 20;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// A plugin's words as they may stand in a message, a log or a terminal: on one line, without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

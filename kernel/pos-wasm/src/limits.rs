//! What a plugin may use up, and how that grows with the basket.

use wasmtime::ResourceLimiter;

/// Lines up to which the limits hold as they are; beyond, fuel and output grow in proportion.
const LINES_AT_BASE: u64 = 200;
/// The most by which they grow: from 2,000 lines on, a basket gets no more.
const GROWTH_MAX: u64 = 10;
/// An unoptimised host takes twenty times as long to hand a basket over: its clock must not decide what its tests see.
const DEADLINE_MS: u64 = if cfg!(debug_assertions) { 2_000 } else { 100 };
/// `configure` runs once, away from any sale: it gets ten times the fuel of the largest basket, which is enough for
/// thousands of offers, and a clock that even a busy machine keeps.
const CONFIGURE_FUEL_GROWTH: u64 = 10;
const CONFIGURE_DEADLINE_MS: u64 = 4_000;
/// Lines with tax have at most so many taxes each.
pub(crate) const TAXES_PER_LINE_MAX: usize = 16;

/// What one call of a plugin may use up. A manifest may lower fuel and memory, never raise them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fuel, about one unit an instruction: for up to 200 lines, and in proportion up to 2,000.
    pub fuel: u64,
    /// Linear memory, in bytes. Growing beyond it ends the call.
    pub memory_bytes: usize,
    /// Wall-clock backstop, in milliseconds, checked every 5: 100, in debug builds 2,000.
    pub deadline_ms: u64,
    /// Texts and records handed in, in bytes.
    pub input_bytes: usize,
    /// Texts handed back, in bytes: for up to 200 lines, and in proportion up to 2,000.
    pub output_text_bytes: usize,
    /// What the host allocates for an answer, in bytes, records and lists included: grows like the texts. 500 offers that
    /// each name all of 200 lines take 3.2 MB.
    pub output_bytes: usize,
    /// Candidates in one proposal.
    pub candidates_max: usize,
    /// Notes for the trace, in bytes; what goes beyond is left out.
    pub notes_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: 20_000_000,
            memory_bytes: 16 << 20,
            deadline_ms: DEADLINE_MS,
            input_bytes: 1 << 20,
            output_text_bytes: 64 << 10,
            output_bytes: 4 << 20,
            candidates_max: 500,
            notes_bytes: 8 << 10,
        }
    }
}

/// The limits of one call, for the basket it is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) fuel: u64,
    pub(crate) deadline_ms: u64,
    pub(crate) memory_bytes: usize,
    pub(crate) output_bytes: usize,
    pub(crate) output_text_bytes: usize,
    pub(crate) notes_bytes: usize,
}

impl Limits {
    /// What a call with so many lines may use up: 200 lines and fewer get the base, 1,000 five times as much.
    pub(crate) fn budget(&self, lines: usize) -> Budget {
        let lines = u64::try_from(lines).unwrap_or(u64::MAX).clamp(LINES_AT_BASE, LINES_AT_BASE * GROWTH_MAX);
        let grown = |base: u64| {
            let product = u128::from(base) * u128::from(lines) / u128::from(LINES_AT_BASE);
            u64::try_from(product).unwrap_or(u64::MAX)
        };
        let grown_bytes = |base: usize| {
            let bytes = u64::try_from(base).map_or(u64::MAX, grown);
            usize::try_from(bytes).unwrap_or(usize::MAX)
        };
        Budget {
            fuel: grown(self.fuel),
            deadline_ms: self.deadline_ms,
            memory_bytes: self.memory_bytes,
            output_bytes: grown_bytes(self.output_bytes),
            output_text_bytes: grown_bytes(self.output_text_bytes),
            notes_bytes: self.notes_bytes,
        }
    }

    /// What `configure` may use up.
    pub(crate) fn configure_budget(&self) -> Budget {
        let largest = self.budget(usize::MAX);
        Budget {
            fuel: largest.fuel.saturating_mul(CONFIGURE_FUEL_GROWTH),
            deadline_ms: self.deadline_ms.max(CONFIGURE_DEADLINE_MS),
            ..largest
        }
    }
}

/// Ends a call whose memory would grow beyond its limit, instead of letting `memory.grow` fail inside the guest: a
/// guest that takes an allocation failure for "no offers" would look healthy.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    bytes_max: usize,
}

/// The error a call ends with when its memory would grow beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemoryExceeded {
    /// The limit.
    pub(crate) bytes_max: usize,
    /// What it asked for.
    pub(crate) bytes_wanted: usize,
}

impl std::fmt::Display for MemoryExceeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of memory asked for, {} allowed", self.bytes_wanted, self.bytes_max)
    }
}

impl std::error::Error for MemoryExceeded {}

impl MemoryLimiter {
    pub(crate) fn new(bytes_max: usize) -> Self {
        MemoryLimiter { bytes_max }
    }

    /// Gives the host's own helpers room beside what the guest may use.
    pub(crate) fn widen(&mut self, bytes: usize) {
        self.bytes_max = self.bytes_max.saturating_add(bytes);
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.bytes_max {
            return Err(MemoryExceeded { bytes_max: self.bytes_max, bytes_wanted: desired }.into());
        }
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Tables hold function references, laid out by the toolchain; the pool bounds their size.
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuel_and_output_grow_with_the_basket_up_to_ten_times() {
        let limits = Limits::default();
        for (lines, fuel) in
            [(0, 20_000_000), (200, 20_000_000), (300, 30_000_000), (2_000, 200_000_000), (9_999, 200_000_000)]
        {
            assert_eq!(limits.budget(lines).fuel, fuel, "{lines} lines");
        }
        assert_eq!(limits.budget(1_000).output_text_bytes, 5 * (64 << 10));
        assert_eq!(limits.budget(1_000).memory_bytes, 16 << 20);
    }

    #[test]
    fn absurd_limits_saturate() {
        let limits = Limits { fuel: u64::MAX, output_bytes: usize::MAX, ..Limits::default() };
        assert_eq!(limits.budget(2_000).fuel, u64::MAX);
        assert_eq!(limits.budget(2_000).output_bytes, usize::MAX);
    }
}

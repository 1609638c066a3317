//! The engine all plugins share, and how it is set.

use crate::cache::{Cache, Key};
use crate::call::{CallState, link_explain};
use crate::limits::Limits;
use crate::preinitialise::SNAPSHOT_ROOM_BYTES;
use crate::recent::Recent;
use crate::stopwatch::CallListener;
use crate::ticker::Ticker;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// Calls that can run at the same moment; more of them fail. A register prices on one thread.
const CALLS_AT_ONCE: u32 = 16;
/// Core instances in one component: the plugin's module, the adapters the toolchain puts beside it, and what reads its
/// memory after `configure`.
const CORE_INSTANCES_PER_COMPONENT: u32 = 8;

/// Memory a slot of the pool keeps between two calls, where the system can say which pages a call wrote to: these are
/// set back by hand and the next call finds them mapped. A call of ten lines then takes 28 us instead of 63.
const KEEP_RESIDENT_BYTES: usize = 1 << 20;

/// Engine, linker, ticker and cache: one for all plugins of a program.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<CallState>,
    pub(crate) ticker: Ticker,
    pub(crate) limits: Limits,
    pub(crate) cache: Option<Cache>,
    pub(crate) recent: Recent,
    /// Who wants to know what calls take.
    pub(crate) listener: Option<CallListener>,
}

impl Host {
    pub(crate) fn new(limits: Limits, cache: Option<Cache>, listener: Option<CallListener>) -> wasmtime::Result<Self> {
        let engine = Engine::new(&configuration(limits.memory_bytes))?;
        let mut linker = Linker::new(&engine);
        link_explain(&mut linker)?;
        let ticker = Ticker::new(&engine);
        Ok(Host { engine, linker, ticker, limits, cache, recent: Recent::default(), listener })
    }

    /// The component of a key as it is kept in memory or on disk, or the one that is made now and kept in both.
    pub(crate) fn kept<E>(&self, key: Key, make: impl FnOnce() -> Result<Component, E>) -> Result<Component, E> {
        self.recent.get_or_make(key, || {
            let Some(cache) = &self.cache else { return make() };
            if let Some(component) = cache.get(&self.engine, key) {
                return Ok(component);
            }
            let component = make()?;
            cache.put(key, &component);
            Ok(component)
        })
    }
}

/// Pure guests on a pool: no threads, no garbage collector, no WASI, one memory, the same result on every machine.
fn configuration(memory_bytes: usize) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(CALLS_AT_ONCE)
        .total_core_instances(CALLS_AT_ONCE * CORE_INSTANCES_PER_COMPONENT)
        .total_memories(CALLS_AT_ONCE)
        .total_tables(CALLS_AT_ONCE * CORE_INSTANCES_PER_COMPONENT)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(1)
        .max_memory_size(memory_bytes.saturating_add(SNAPSHOT_ROOM_BYTES));
    // Without that knowledge (Linux before 6.7, other systems) the whole of it would be written at every call: dearer
    // than page faults.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
            .table_keep_resident(KEEP_RESIDENT_BYTES);
    }
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        // Not-a-number has many bit patterns; a guest that hashes one must find the same everywhere.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .concurrency_support(false)
        // Nobody reads addresses of a stripped guest; without the map the compiled code is a third smaller.
        .generate_address_map(false)
        .wasm_backtrace_max_frames(None);
    config
}

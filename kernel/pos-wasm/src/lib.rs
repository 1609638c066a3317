//! The component host: loads, limits and calls WebAssembly plugins. The only crate that names wasmtime.

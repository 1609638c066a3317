//! Builds plugin crates into components.
//!
//! A pure plugin is an ordinary Rust library. [`build`] compiles it for `wasm32-unknown-unknown`, looks at which hooks
//! the module exports, wraps it as a component of exactly that world, and refuses any import but the contract's own:
//! what a plugin cannot name it cannot reach. The same library serves `pos plugin build`, the build script of
//! `plugins/bundle` and the tests.
//!
//! ```text
//! plugin crate --cargo--> core module --[component]--> component --[manifest] agrees?--> Built
//!                 |
//!            [toolchain]: rustup's target, or Debian's compiler where that cannot be downloaded
//! ```
//!
//! [`new`] writes a plugin crate to start from. The format of `plugin.toml` is [`manifest::Manifest`].

mod build;
mod component;
mod guest_cargo;
pub mod manifest;
mod scaffold;
mod toolchain;

pub use build::{BuildOptions, Built, build};
pub use scaffold::{Kind, SdkSource, new, new_with_sdk};

/// The contract, as this library and the SDK beside it speak it.
pub const CONTRACT_WIT: &str = include_str!("../../wit/plugin.wit");

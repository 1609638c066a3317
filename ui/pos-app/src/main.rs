//! The binary `pos`: every subcommand of `pos-cli`, and the register window.

mod kernel_backend;
mod keys;
mod memory;
mod register;
mod window;

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    memory::hold_little();
    pos_cli::run(&register::RegisterWindow { started: Instant::now() })
}

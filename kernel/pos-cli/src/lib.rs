//! The subcommands of `pos`, all headless.

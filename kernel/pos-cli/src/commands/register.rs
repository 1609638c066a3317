//! `pos register`: the window of a shop.

use super::data_dir;
use crate::Window;
use crate::args::RegisterArgs;
use crate::session::{Session, SessionOptions};
use std::process::ExitCode;

/// Opens the window.
pub(crate) fn run(args: &RegisterArgs, window: &dyn Window) -> anyhow::Result<ExitCode> {
    let session = Session::open(data_dir(&args.data)?, SessionOptions::of_register())?;
    window.run(session, args)?;
    Ok(ExitCode::SUCCESS)
}

//! `pos kernel --stdio`: the kernel for another program.

use super::{data_dir, print_json, tell_news};
use crate::args::KernelArgs;
use crate::session::{Session, SessionOptions};
use pos_api::{Envelope, Reply};
use std::io::BufRead;
use std::process::ExitCode;

/// Longest command line accepted, in bytes.
const LINE_MAX: u64 = 1 << 20;

/// Answers line by line until standard input ends.
pub(crate) fn run(args: &KernelArgs) -> anyhow::Result<ExitCode> {
    let mut session = Session::open(data_dir(&args.data)?, SessionOptions::of_register())?;
    session.ready();
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        tell_news(&session);
        line.clear();
        let mut limited = std::io::Read::take(&mut input, LINE_MAX + 1);
        if limited.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() as u64 > LINE_MAX {
            skip_line(&mut input)?;
            let problem = format!("The line is longer than {LINE_MAX} bytes.");
            print_json(&Reply::refused(None, None, &pos_domain::Refusal::Malformed { problem }))?;
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let reply = match Envelope::from_json(&text) {
            Ok(envelope) => session.kernel.handle_and_wait(envelope),
            Err((command_id, refusal)) => Reply::refused(command_id, None, &refusal),
        };
        print_json(&reply)?;
    }
    session.close()?;
    Ok(ExitCode::SUCCESS)
}

/// Reads on to the end of an over-long line.
fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Ok(());
        }
        match available.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                input.consume(end + 1);
                return Ok(());
            }
            None => {
                let length = available.len();
                input.consume(length);
            }
        }
    }
}

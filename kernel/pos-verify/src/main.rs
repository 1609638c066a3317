//! `pos-verify JOURNAL`: whether an exported journal is what the register wrote.

use clap::Parser;
use pos_verify::{Report, Trust, verify};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks a journal that `pos journal export` wrote, on its own
///
/// Nothing of the register is asked or believed: the chain of hashes, receipt numbers, sums and signatures are computed
/// from the file. A journal that was written anew as a whole is found out by what was taken out of the shop before: an
/// anchor as a closing prints it, or the register's key.
///
/// Exit status: 0 verified, 1 something does not hold, 2 the file cannot be read or an option not be understood.
#[derive(Parser)]
#[command(name = "pos-verify", version)]
struct Args {
    /// The file, or - for standard input
    journal: PathBuf,
    /// An anchor from outside: `1042:7be3…` as printed, or a file of anchors; may be repeated
    #[arg(long, value_name = "ANCHOR|FILE")]
    anchor: Vec<String>,
    /// The register's public key, 64 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(report) => ExitCode::from(u8::from(!report.is_verified())),
        Err(problem) => {
            eprintln!("pos-verify: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<Report, String> {
    let mut trust = Trust::default();
    if let Some(key) = &args.key {
        trust = trust.with_key(key).map_err(|problem| problem.to_string())?;
    }
    for anchor in &args.anchor {
        let is_file = Path::new(anchor).is_file();
        let text = if is_file { read_text(anchor)? } else { anchor.clone() };
        trust = trust.with_anchors(&text).map_err(|problem| problem.to_string())?;
    }
    let name = args.journal.display();
    let journal: Box<dyn Read> = if args.journal.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(&args.journal).map_err(|error| format!("{name} cannot be opened: {error}"))?)
    };
    let journal = Told { journal, read: 0, is_told: std::io::stderr().is_terminal() };
    let report = verify(journal, &trust).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let text = if args.json {
        serde_json::to_string(&report).map_err(|error| error.to_string())? + "\n"
    } else {
        words(&report, &trust)
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| format!("The report cannot be written: {error}"))?;
    Ok(report)
}

fn read_text(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))
}

/// Says how far it is, every 256 MiB.
struct Told<R> {
    journal: R,
    read: u64,
    is_told: bool,
}

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.journal.read(buffer)?;
        let before = self.read >> 28;
        self.read += read as u64;
        if self.is_told && self.read >> 28 > before {
            eprintln!("{} MiB read", self.read >> 20);
        }
        Ok(read)
    }
}

fn words(report: &Report, trust: &Trust) -> String {
    let Report { records, receipts, of, head, key, anchors, signed_through, .. } = report;
    let Report { trusted_anchors, problems, violations, .. } = report;
    let mut text = String::new();
    for problem in problems {
        text += &format!("Line {}: {}\n", problem.line, problem.what);
    }
    if let Some(of) = of {
        text += &format!("Store {}, register {}, {}.\n", of.store, of.register, of.currency);
    }
    text += &format!("{records} records, receipts 1 to {receipts}, chain head {}.\n", hex::encode(head));
    for (before, through) in &report.salvaged {
        text += &format!(
            "The journal was salvaged after receipt {before}: records are missing there, and receipts go on after {through}.\n"
        );
    }
    if let Some(key) = key {
        let compared = if trust.key.is_some() { "as given" } else { "not compared: no --key was given" };
        let are = if *anchors == 1 { "anchor is" } else { "anchors are" };
        text += &format!("{anchors} {are} signed with {key} ({compared}).\n");
        text += &match records - signed_through.min(records) {
            // The anchor itself.
            0 | 1 => "Every record is signed.\n".to_owned(),
            _ => format!("Signed through record {signed_through}; those after it wait for the next closing.\n"),
        };
    }
    if *trusted_anchors > 0 {
        text += &format!("{trusted_anchors} anchors from outside agree.\n");
    } else if trust.key.is_none() {
        text += "No anchor from outside was given: a journal written anew as a whole would look the same.\n";
    }
    text += &match violations {
        0 => "Verified.\n".to_owned(),
        1 => "NOT verified: 1 problem.\n".to_owned(),
        many => format!("NOT verified: {many} problems.\n"),
    };
    text
}

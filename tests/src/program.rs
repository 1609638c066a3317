//! The `pos` program as built beside this one.

use anyhow::{Context, ensure};
use crossbeam_channel::{Receiver, bounded};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

/// Where cargo put `pos` for the profile that runs now.
///
/// An integration test of `pos-app` makes `cargo test --workspace` build it; a release program finds the release one.
pub fn pos_path() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let name = format!("pos{}", std::env::consts::EXE_SUFFIX);
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        anyhow::anyhow!(
            "{name} is not beside {}; build it with `cargo build --workspace` in the same profile",
            own.display()
        )
    })
}

/// A command that runs `pos` with nothing of this process's streams.
pub fn pos() -> anyhow::Result<Command> {
    let mut command = Command::new(pos_path()?);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    Ok(command)
}

/// Runs `pos` to its end.
pub fn run(arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(pos()?.args(arguments).output()?)
}

/// Makes a shop with two articles: `4006381333931`, a pen for 2.50, and `2001`, tomatoes at 2.99 a kilogram.
pub fn init(data: &Path) -> anyhow::Result<()> {
    let folder = data.to_str().context("the folder's name is text")?;
    #[rustfmt::skip]
    let made = run(&[
        "init", "--no-input", "--name", "Black box", "--address", "1 Main Street", "--tax-number", "XX1", "--currency", "EUR",
        "--zone", "Europe/Berlin", "--register", "R7", "--languages", "en", "--data", folder,
    ])?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let csv = data.join("articles.csv");
    std::fs::write(
        &csv,
        "id,name,gtin,price,unit,department,tax class\nPEN,Pen,4006381333931,2.50,,Paper,standard\n\
        TOM,Tomatoes,2001,2.99,kg,Fruit,reduced\n",
    )?;
    let taken = run(&["catalog", "import", csv.to_str().context("a name")?, "--data", folder])?;
    ensure!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    Ok(())
}

/// Lines on standard error that may wait to be heard; a program that says more waits.
const LINES_MAX: usize = 10_000;

/// `pos kernel --stdio`, spoken to line by line.
pub struct Register {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    commands: u64,
    prefix: String,
    said: Receiver<String>,
}

impl Register {
    /// Starts it on a shop.
    pub fn start(data: &Path) -> anyhow::Result<Register> {
        let mut command = pos()?;
        command.args(["kernel", "--stdio", "--data"]).arg(data).stdin(Stdio::piped());
        let mut child = command.spawn().context("pos did not start")?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("pos has no standard output")?);
        let errors = BufReader::new(child.stderr.take().context("pos has no standard error")?);
        let (tell, said) = bounded(LINES_MAX);
        std::thread::spawn(move || errors.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Ok(Register { child, input, output, commands: 0, prefix: "c".to_owned(), said })
    }

    /// What it has said besides replies since this was last asked.
    pub fn said_so_far(&self) -> String {
        self.said.try_iter().collect::<Vec<_>>().join("\n")
    }

    /// Command ids begin with this from now on.
    pub fn call_commands(&mut self, prefix: &str) {
        prefix.clone_into(&mut self.prefix);
    }

    /// Hands a line over, and does not wait.
    pub fn write(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("it has ended")?;
        writeln!(input, "{line}")?;
        Ok(input.flush()?)
    }

    /// The next reply.
    pub fn read(&mut self) -> anyhow::Result<Value> {
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        serde_json::from_str(&answer).with_context(|| format!("\"{answer}\" is no reply"))
    }

    /// A line and its reply.
    pub fn raw(&mut self, line: &str) -> anyhow::Result<Value> {
        self.write(line)?;
        self.read()
    }

    /// A command under an id of its own.
    pub fn numbered(&mut self, mut command: Value) -> Value {
        self.commands += 1;
        command["command_id"] = json!(format!("{}{}", self.prefix, self.commands));
        command
    }

    /// A command and its reply.
    pub fn send(&mut self, command: Value) -> anyhow::Result<Value> {
        let command = self.numbered(command);
        let reply = self.raw(&command.to_string())?;
        ensure!(reply["command_id"] == command["command_id"], "{reply}");
        Ok(reply)
    }

    /// A command that must not be refused.
    pub fn must(&mut self, command: Value) -> anyhow::Result<Value> {
        let told = command.to_string();
        let reply = self.send(command)?;
        ensure!(reply["refused"].is_null(), "{told}: {}", reply["refused"]);
        Ok(reply)
    }

    /// Ends it as its owner would; answers what it had said besides replies.
    pub fn end(mut self) -> anyhow::Result<String> {
        self.input = None;
        ensure!(self.child.wait()?.success(), "pos ended badly");
        Ok(self.said.iter().collect::<Vec<_>>().join("\n"))
    }

    /// Ends it in the middle of whatever it does; answers what it had still said.
    pub fn kill(mut self) -> anyhow::Result<Vec<Value>> {
        self.child.kill()?;
        self.child.wait()?;
        let lines = self.output.lines().map_while(Result::ok);
        // The last one may be cut.
        Ok(lines.filter_map(|line| serde_json::from_str(&line).ok()).collect())
    }
}

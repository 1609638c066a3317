//! Asking the owner for what flags and file have left open.

use super::{Answers, Habits, LANGUAGE_DEFAULT, REGISTER_DEFAULT, check};
use std::io::{BufRead, Write};

/// How often a question is asked before it is given up.
const ATTEMPTS: usize = 5;

/// A question to the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The setting it is about.
    pub key: &'static str,
    /// What is asked.
    pub text: &'static str,
    /// What an empty answer means; none: it must be answered.
    pub default: Option<String>,
}

/// Somebody who can be asked.
pub trait Prompt {
    /// The answer; none if there will be no more.
    fn ask(&mut self, question: &Question) -> std::io::Result<Option<String>>;
    /// Tells why an answer cannot be used.
    fn tell(&mut self, text: &str) -> std::io::Result<()>;
}

/// Questions and answers as lines of text.
pub struct Terminal<R, W> {
    /// Answers are read from here.
    pub input: R,
    /// Questions are written here.
    pub output: W,
}

impl<R: BufRead, W: Write> Prompt for Terminal<R, W> {
    fn ask(&mut self, question: &Question) -> std::io::Result<Option<String>> {
        match &question.default {
            Some(default) => write!(self.output, "{} [{default}]: ", question.text)?,
            None => write!(self.output, "{}: ", question.text)?,
        }
        self.output.flush()?;
        let mut line = String::new();
        Ok((self.input.read_line(&mut line)? > 0).then_some(line))
    }

    fn tell(&mut self, text: &str) -> std::io::Result<()> {
        writeln!(self.output, "  {text}")
    }
}

/// Asks for every answer that is still open, in the order of the file.
pub(super) fn complete(answers: &mut Answers, prompt: &mut dyn Prompt) -> std::io::Result<()> {
    Interview { prompt, is_over: false }.run(answers)
}

struct Interview<'p> {
    prompt: &'p mut dyn Prompt,
    is_over: bool,
}

impl Interview<'_> {
    fn run(&mut self, answers: &mut Answers) -> std::io::Result<()> {
        let Answers { name, address, tax_number, currency, zone, register, languages, prices_include_tax, .. } =
            answers;
        let ask = |key, text| Question { key, text, default: None };
        let ask_or = |key, text, default: &str| Question { key, text, default: Some(default.to_owned()) };
        self.fill(name, ask("name", "Name of the shop"), check::line)?;
        self.fill(address, ask("address", "Address, lines separated by ;"), |text| {
            let lines = split(text, ';');
            check::lines(&lines, 1).map(|()| lines)
        })?;
        self.fill(tax_number, ask_or("tax_number", "Tax number", "none"), |text| {
            let text = text.trim();
            check::text(text).map(|()| if text == "none" { String::new() } else { text.to_owned() })
        })?;
        self.fill(currency, ask("currency", "Currency, three letters"), |text| {
            Ok(check::currency(text)?.code().to_owned())
        })?;
        let here = jiff::tz::TimeZone::system().iana_name().map(str::to_owned);
        let question = Question { key: "zone", text: "Time zone", default: here };
        self.fill(zone, question, |text| Ok(check::zone(text)?.to_string()))?;
        self.fill(register, ask_or("register", "Id of this register", REGISTER_DEFAULT), |text| {
            Ok(check::id(text)?.to_string())
        })?;
        self.fill(languages, ask_or("languages", "Languages, the first is the default", LANGUAGE_DEFAULT), |text| {
            check::languages(&split(text, ',')).map(|()| split(text, ','))
        })?;
        let habits = currency.as_deref().and_then(|code| check::currency(code).ok()).map(Habits::of);
        let included = if habits.is_none_or(|habits| habits.prices_include_tax) { "yes" } else { "no" };
        self.fill(
            prices_include_tax,
            ask_or("prices_include_tax", "Do shelf prices contain the tax?", included),
            yes_or_no,
        )
    }

    /// Asks until there is an answer that can be used, unless there is one already.
    fn fill<T>(
        &mut self,
        answer: &mut Option<T>,
        question: Question,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> std::io::Result<()> {
        for _ in 0..ATTEMPTS {
            if answer.is_some() || self.is_over {
                break;
            }
            let Some(text) = self.prompt.ask(&question)? else {
                self.is_over = true;
                break;
            };
            let text = if text.trim().is_empty() { question.default.as_deref().unwrap_or_default() } else { &text };
            match read(text) {
                Ok(value) => *answer = Some(value),
                Err(problem) => self.prompt.tell(&problem)?,
            }
        }
        Ok(())
    }
}

fn split(text: &str, separator: char) -> Vec<String> {
    text.split(separator).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" => Ok(true),
        "no" | "n" | "false" => Ok(false),
        other => Err(format!("\"{other}\" is neither yes nor no. Answer one of them.")),
    }
}

//! Diagnostics about a plugin that could not be loaded: what is wrong, what happens now, what to do.

use crate::contract::types::{AttrValueResult, Message};
use crate::failure::printable;
use pos_api::diagnostic::Diagnostic;
use std::path::Path;

/// Who a diagnostic is about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The plugin's name, or its file's while the manifest could not be read.
    pub(crate) rule: String,
    /// The file as its owner knows it.
    pub(crate) file: String,
}

impl Subject {
    /// A plugin of which only the file is known yet.
    pub(crate) fn of_file(file: &Path) -> Self {
        let rule = file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        Subject { rule, file: file.display().to_string() }
    }

    /// The same plugin, by the name its manifest gives it.
    pub(crate) fn named(&self, name: &str) -> Self {
        Subject { rule: name.to_owned(), file: self.file.clone() }
    }

    /// The plugin's manifest rather than its component.
    pub(crate) fn manifest(&self) -> Self {
        let file = match Path::new(&self.file).file_name() {
            Some(name) if name == "plugin.toml" => self.file.clone(),
            _ => format!("{} (plugin.toml)", self.file),
        };
        Subject { rule: self.rule.clone(), file }
    }

    /// The plugin's configuration rather than its component.
    pub(crate) fn configuration(&self) -> Self {
        Subject { rule: self.rule.clone(), file: format!("{} (configuration)", self.file) }
    }

    /// A diagnostic without a place in a text.
    pub(crate) fn problem(&self, problem: impl Into<String>, action: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic {
            rule: self.rule.clone(),
            file: self.file.clone(),
            problem: problem.into(),
            consequence: "the register goes on without this version of the plugin".to_owned(),
            action: action.into(),
            ..Diagnostic::default()
        })
    }

    /// What a plugin says of its configuration: at the line and column that it names in its message's arguments, if it does
    /// and if they are there.
    pub(crate) fn refused(&self, configuration: &str, message: &Message) -> Box<Diagnostic> {
        let number = |key: &str| {
            message.args.iter().find(|arg| arg.key == key).and_then(|arg| match arg.value {
                AttrValueResult::Integer(number) => usize::try_from(number).ok()?.checked_sub(1),
                _ => None,
            })
        };
        let (problem, action) = (printable(&message.text), "mend the configuration and save it again");
        let offset = number("line").zip(number("column")).and_then(|(line, column)| {
            let line_start: usize = configuration.split_inclusive('\n').take(line).map(str::len).sum();
            let line = configuration.get(line_start..)?.lines().next()?;
            let (in_line, _) = line.char_indices().nth(column)?;
            Some(line_start + in_line)
        });
        match offset {
            None => self.problem(problem, action),
            Some(start) => {
                let rest = configuration.get(start..).unwrap_or_default();
                let is_end = |letter: char| letter.is_whitespace() || ",]}".contains(letter);
                self.problem_at(configuration, start..start + rest.find(is_end).unwrap_or(rest.len()), problem, action)
            }
        }
    }

    /// A diagnostic at a byte range of a text; `length` in characters.
    pub(crate) fn problem_at(
        &self,
        text: &str,
        span: std::ops::Range<usize>,
        problem: impl Into<String>,
        action: impl Into<String>,
    ) -> Box<Diagnostic> {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let source_text = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let column = text.get(line_start..span.start).map_or(1, |lead| lead.chars().count() + 1);
        let marked = text.get(span).and_then(|marked| marked.lines().next()).map_or(1, |marked| marked.chars().count());
        Box::new(Diagnostic {
            line: saturating(before.matches('\n').count() + 1),
            column: saturating(column),
            length: saturating(marked.max(1)),
            source_text: source_text.to_owned(),
            ..*self.problem(problem, action)
        })
    }
}

fn saturating(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::types::AttrResult;

    #[test]
    fn a_place_in_a_text_has_line_column_and_caret() {
        let subject = Subject::of_file(Path::new("plugins/tax-table/plugin.toml"));
        let text = "id = \"a.b\"\nnäme = \"x\"\n";
        let start = text.find("näme").unwrap();
        let diagnostic = subject.manifest().problem_at(text, start..start + 5, "unknown key", "remove it");
        assert_eq!((diagnostic.line, diagnostic.column, diagnostic.length), (2, 1, 4));
        assert_eq!(diagnostic.source_text, "näme = \"x\"");
        assert_eq!(diagnostic.file, "plugins/tax-table/plugin.toml");
        assert!(diagnostic.to_string().contains("  2 | näme"), "{diagnostic}");
    }

    #[test]
    fn what_a_plugin_says_of_its_configuration_is_shown_at_its_line() {
        let argument =
            |key: &str, number: i64| AttrResult { key: key.to_owned(), value: AttrValueResult::Integer(number) };
        let subject = Subject::of_file(Path::new("config/tax.json"));
        let text = "{\n  \"größe\": \"8.1\",\n}\n";
        let shown = |line: i64, column: i64| {
            let args = vec![argument("line", line), argument("column", column)];
            let message = Message { key: String::new(), text: "8.1 is not\na fraction".to_owned(), args };
            subject.refused(text, &message)
        };
        let diagnostic = shown(2, 12);
        assert_eq!((diagnostic.line, diagnostic.column, diagnostic.length), (2, 12, 5), "{diagnostic}");
        assert_eq!(diagnostic.problem, "8.1 is not a fraction");
        for (line, column) in [(9, 1), (2, 99), (0, 0), (-1, 5), (i64::MAX, i64::MAX)] {
            assert_eq!(shown(line, column).line, 0, "{line}, {column}: a place that is not there is not shown");
        }
        let message = Message { key: String::new(), text: "no".to_owned(), args: Vec::new() };
        assert_eq!(subject.refused(text, &message).line, 0);
    }

    #[test]
    fn a_span_beyond_the_text_does_not_panic() {
        let subject = Subject::of_file(Path::new(""));
        assert_eq!(subject.problem_at("a", 7..9, "p", "a").line, 1);
    }
}

//! Diagnostics about a plugin that could not be loaded: what is wrong, what happens now, what to do.

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
    fn a_span_beyond_the_text_does_not_panic() {
        let subject = Subject::of_file(Path::new(""));
        assert_eq!(subject.problem_at("a", 7..9, "p", "a").line, 1);
    }
}

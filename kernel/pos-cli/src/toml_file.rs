//! Settings files: read with errors that name file, line, column and key.

use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong in a settings file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TomlFileError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, as a path: `tax_fallback.rate`; empty where the text is no TOML.
    pub key: String,
    /// What is wrong.
    pub problem: String,
}

impl std::error::Error for TomlFileError {}

impl fmt::Display for TomlFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TomlFileError { file, line, column, key, problem } = self;
        write!(f, "{}, line {line}, column {column}", file.display())?;
        if !key.is_empty() {
            write!(f, ", key \"{key}\"")?;
        }
        write!(f, ": {problem}")
    }
}

/// Why a settings file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is not there.
    #[error("There is no {}. Make a shop with `pos init`, or name its folder with --data.", .file.display())]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// The system refused.
    #[error("{} cannot be read: {error}. Check who owns it.", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Something in it is wrong.
    #[error(transparent)]
    Wrong(#[from] TomlFileError),
}

/// The text of a settings file.
pub fn read(file: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SettingsError::Missing { file: file.to_owned() },
        _ => SettingsError::Unreadable { file: file.to_owned(), error },
    })
}

/// Reads a settings file's text.
pub fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, TomlFileError> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let key = key_at(text, &span);
        let problem = sentence(error.message());
        at(file, text, span.start, key, problem)
    })
}

/// An error about the value of a key, found in the text; about a key that is not there, the file's first line.
pub fn refuse(file: &Path, text: &str, key: &str, problem: impl Into<String>) -> TomlFileError {
    at(file, text, span_of(text, key).map_or(0, |span| span.start), key.to_owned(), problem.into())
}

/// A text as a TOML string with its quotation marks.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn at(file: &Path, text: &str, offset: usize, key: String, problem: String) -> TomlFileError {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    TomlFileError { file: file.to_owned(), line, column, key, problem }
}

fn sentence(message: &str) -> String {
    let message = message.trim();
    let mut characters = message.chars();
    let first = characters.next().map(|character| character.to_uppercase().to_string()).unwrap_or_default();
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

/// Where the value of a key stands: `notes`, `tax_fallback.rate`, `embedded_codes.0.prefix`.
fn span_of(text: &str, key: &str) -> Option<Range<usize>> {
    let document = DeTable::parse(text).ok()?;
    let mut steps = key.split('.');
    let mut value = document.get_ref().get(steps.next()?)?;
    for step in steps {
        value = match (value.get_ref(), step.parse::<usize>()) {
            (DeValue::Array(array), Ok(index)) => array.get(index)?,
            (inner, _) => inner.get(step)?,
        };
    }
    Some(value.span())
}

/// The path of the narrowest key or value that covers a place.
fn key_at(text: &str, place: &Range<usize>) -> String {
    let mut found = Narrowest { place, width: usize::MAX, path: String::new() };
    if let Ok(document) = DeTable::parse(text) {
        found.table("", document.get_ref());
    }
    found.path
}

/// All values are visited: the span of a table written with `[[name]]` does not cover what stands in it.
struct Narrowest<'p> {
    place: &'p Range<usize>,
    width: usize,
    path: String,
}

impl Narrowest<'_> {
    fn table(&mut self, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
            self.consider(&path, key.span());
            self.value(&path, value);
        }
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>) {
        self.consider(path, value.span());
        match value.get_ref() {
            DeValue::Table(table) => self.table(path, table),
            DeValue::Array(array) => {
                for (index, inner) in array.iter().enumerate() {
                    self.value(&format!("{path}.{index}"), inner);
                }
            }
            _ => {}
        }
    }

    fn consider(&mut self, path: &str, span: Range<usize>) {
        if span.start <= self.place.start && self.place.end <= span.end && span.len() < self.width {
            (self.width, self.path) = (span.len(), path.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        #[expect(dead_code, reason = "only read")]
        name: String,
        #[expect(dead_code, reason = "only read")]
        #[serde(default)]
        printers: Vec<Printer>,
        #[expect(dead_code, reason = "only read")]
        #[serde(default)]
        more: BTreeMap<String, u8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Printer {
        #[expect(dead_code, reason = "only read")]
        port: u16,
    }

    fn check(text: &str, expected: Expect) {
        let answer = parse::<Settings>(Path::new("shop.toml"), text).map_err(|error| error.to_string());
        expected.assert_eq(&answer.err().unwrap_or_default());
    }

    #[test]
    fn errors_name_line_column_and_key() {
        check("name = \"a\"\n", expect![""]);
        check(
            "name = \"a\"\n\n  nmae = 3\n",
            expect![[
                r#"shop.toml, line 3, column 3, key "nmae": Unknown field `nmae`, expected one of `name`, `printers`, `more`."#
            ]],
        );
        check(
            "name = 7",
            expect![[r#"shop.toml, line 1, column 8, key "name": Invalid type: integer `7`, expected a string."#]],
        );
        check("name = \"a\n", expect![[r#"shop.toml, line 1, column 10: Invalid basic string, expected `"`."#]]);
        check("# nothing\n", expect!["shop.toml, line 1, column 1: Missing field `name`."]);
        check(
            "name = \"a\"\n[[printers]]\nport = 1\n[[printers]]\nport = \"ü\"\n",
            expect![[r#"shop.toml, line 5, column 8, key "printers.1.port": Invalid type: string "ü", expected u16."#]],
        );
        check(
            "name = \"é\"\nmore = { a = 1, b = 300 }\n",
            expect![[r#"shop.toml, line 2, column 21, key "more.b": Invalid value: integer `300`, expected u8."#]],
        );
    }

    #[test]
    fn a_refusal_points_at_the_value() {
        let text = "name = \"a\"\n[[printers]]\nport = 1\n[[printers]]\nport = 2\n";
        for (key, line, column) in [("name", 1, 8), ("printers.1.port", 5, 8), ("zone", 1, 1), ("printers.7", 1, 1)] {
            let TomlFileError { line: found, column: at, .. } = refuse(Path::new("f"), text, key, "no");
            assert_eq!((found, at), (line, column), "{key}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-z=\\[\\]{}.,\"\n é0-9]{0,40}", key in "[a-z.0-9]{0,8}") {
            let _settings = parse::<Settings>(Path::new("f"), &text);
            let _error = refuse(Path::new("f"), &text, &key, "no");
        }

        #[test]
        fn every_text_can_be_quoted(text in ".{0,30}") {
            let document = format!("name = {}", quoted(&text));
            let read: BTreeMap<String, String> = toml::from_str(&document).unwrap();
            proptest::prop_assert_eq!(&read["name"], &text);
        }
    }
}

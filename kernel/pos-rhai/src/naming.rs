//! What a script is called: its id, its name for people, its version.

use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// Longest name taken from a comment.
const NAME_CHARS_MAX: usize = 60;

/// Names of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// The file's stem: `happy_hour`.
    pub(crate) id: Arc<str>,
    /// From the comment at the top, or the stem in words: `Happy hour`.
    pub(crate) name: Arc<str>,
    /// The first eight digits of the hash.
    pub(crate) version: Arc<str>,
    /// SHA-256 of the text, hexadecimal.
    pub(crate) content_hash: Arc<str>,
}

/// Names from a file's path and its bytes.
pub(crate) fn names(file: &Path, code: &[u8]) -> Names {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_else(|| "script".to_owned());
    let hash = hex::encode(Sha256::digest(code));
    let name = name_in_comment(&String::from_utf8_lossy(code)).unwrap_or_else(|| in_words(&stem));
    Names { id: stem.into(), name: name.into(), version: hash[..8].into(), content_hash: hash.into() }
}

/// `// Happy hour: 20 % off draught drinks` -> `Happy hour`.
fn name_in_comment(text: &str) -> Option<String> {
    let first = text.trim_start_matches('\u{feff}').lines().map(str::trim).find(|line| !line.is_empty())?;
    let comment = first.strip_prefix("//")?.trim_start_matches('/').trim();
    let (name, _) = comment.split_once(':')?;
    let name = name.trim();
    (!name.is_empty() && name.chars().count() <= NAME_CHARS_MAX).then(|| name.to_owned())
}

/// `happy_hour` -> `Happy hour`.
fn in_words(stem: &str) -> String {
    let words = stem.replace(['_', '-'], " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_else(|| "Script".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, text: &str, id: &str, name: &str) {
        let names = names(Path::new(file), text.as_bytes());
        assert_eq!((&*names.id, &*names.name), (id, name));
        assert_eq!(names.version.len(), 8);
        assert!(names.content_hash.starts_with(&*names.version));
    }

    #[test]
    fn names_come_from_the_first_comment_or_the_file() {
        check("scripts/happy_hour.rhai", "// Happy hour: 20 % off\nfn", "happy_hour", "Happy hour");
        check("a.rhai", "\n\n  /// 3 for 2 on paperbacks: in every group", "a", "3 for 2 on paperbacks");
        check("two-for-one.rhai", "// no name here\n", "two-for-one", "Two for one");
        check("x.rhai", "fn discount(basket) {} // X: y", "x", "X");
        check("", "", "script", "Script");
        check("_.rhai", "//: ", "_", "Script");
    }
}

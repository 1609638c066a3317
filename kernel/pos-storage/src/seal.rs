//! Seals: a text that is kept outside of the journal has a check sum with it, so that a changed byte is told.
//!
//! `{"id":"SOAP",…}` is kept as itself, a line feed and the first sixteen digits of its SHA-256. It says that nothing happened
//! to it on the disk, and nothing about who wrote it. What an older version of the program kept has no seal.

use crate::error::{Fault, Result};
use sha2::{Digest, Sha256};

fn digits(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..8])
}

/// The text with its seal.
pub(crate) fn seal(text: &str) -> String {
    format!("{text}\n{}", digits(text))
}

/// The text alone; refused if it is not the one that was sealed.
pub(crate) fn open<'a>(sealed: &'a str, called: &str) -> Result<&'a str> {
    match sealed.split_once('\n') {
        None => Ok(sealed),
        Some((text, seal)) if seal == digits(text) => Ok(text),
        Some(_) => Err(Fault::corrupt(format!("{called} was changed after it was written"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_text_is_told() {
        let sealed = seal("{\"price\":\"4.00\"}");
        assert_eq!(open(&sealed, "an article").unwrap(), "{\"price\":\"4.00\"}");
        assert!(open(&sealed.replace('4', "5"), "an article").is_err());
        assert_eq!(open("{}", "an article").unwrap(), "{}");
    }
}

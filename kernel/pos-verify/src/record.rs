//! A line of the file, taken apart where it stands.

use crate::Hash;
use sha2::{Digest, Sha256};

const HASH_DOMAIN: &[u8] = b"pos-journal-record-v1\0";

/// A record as its line says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) seq: u64,
    pub(crate) kind: &'a str,
    /// Receipt number.
    pub(crate) number: Option<u64>,
    pub(crate) hash: Hash,
    pub(crate) previous: Hash,
    pub(crate) body: &'a str,
}

/// The last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) records: u64,
    pub(crate) head: Hash,
}

impl<'a> Line<'a> {
    /// Reads a line of exactly the form that is written; `None` for any other.
    pub(crate) fn parse(text: &'a str) -> Option<Line<'a>> {
        let (seq, rest) = whole(text.strip_prefix(r#"{"seq":"#)?)?;
        let (kind, rest) = rest.strip_prefix(r#","kind":""#)?.split_once('"')?;
        let is_word = |letter: u8| letter.is_ascii_lowercase() || letter == b'-';
        if kind.is_empty() || !kind.bytes().all(is_word) {
            return None;
        }
        let rest = rest.strip_prefix(r#","number":"#)?;
        let (number, rest) = match rest.strip_prefix("null") {
            Some(rest) => (None, rest),
            None => whole(rest).map(|(number, rest)| (Some(number), rest))?,
        };
        let (hash, rest) = hash(rest.strip_prefix(r#","hash":""#)?)?;
        let (previous, rest) = self::hash(rest.strip_prefix(r#"","previous":""#)?)?;
        let body = rest.strip_prefix(r#"","body":"#)?.strip_suffix('}')?;
        Some(Line { seq, kind, number, hash, previous, body })
    }

    /// Whether the hash is that of the body after `previous`.
    pub(crate) fn is_intact(&self) -> bool {
        let hash = Sha256::new().chain_update(HASH_DOMAIN).chain_update(self.previous).chain_update(self.body);
        <[u8; 32]>::from(hash.finalize()) == self.hash
    }
}

impl End {
    pub(crate) fn parse(text: &str) -> Option<End> {
        let (records, rest) = whole(text.strip_prefix(r#"{"end":{"records":"#)?)?;
        let (head, rest) = hash(rest.strip_prefix(r#","head":""#)?)?;
        (rest == r#""}}"#).then_some(End { records, head })
    }
}

/// A whole number as it is written: no sign, no zero in front.
fn whole(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    let is_short = number == "0" || !number.starts_with('0');
    is_short.then(|| Some((number.parse().ok()?, rest)))?
}

/// 64 lower-case digits.
fn hash(text: &str) -> Option<(Hash, &str)> {
    let (digits, rest) = text.split_at_checked(64)?;
    if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return None;
    }
    let mut hash = Hash::default();
    hex::decode_to_slice(digits, &mut hash).ok()?;
    Some((hash, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_that_is_written_is_read() {
        let zeros = "0".repeat(64);
        let line = format!(
            r#"{{"seq":12,"kind":"shift-opened","number":null,"hash":"{zeros}","previous":"{zeros}","body":{{}}}}"#
        );
        let read = Line::parse(&line).unwrap();
        assert_eq!((read.seq, read.kind, read.number, read.body), (12, "shift-opened", None, "{}"));
        for (from, to) in [
            (":12", ":012"),
            (":12", ":+12"),
            (":12", ": 12"),
            ("null", "\"1\""),
            ("null", "01"),
            ("shift-opened", ""),
            ("shift-opened", "Shift"),
            ("\"hash\"", "\"Hash\""),
            ("00\",\"prev", "0A\",\"prev"),
            ("00\",\"prev", "0g\",\"prev"),
            ("00\",\"prev", "0\",\"prev"),
        ] {
            assert!(line.contains(from));
            assert_eq!(Line::parse(&line.replace(from, to)), None, "{from} -> {to}");
        }
        assert!(End::parse(&format!(r#"{{"end":{{"records":2,"head":"{zeros}"}}}}"#)).is_some());
        assert!(End::parse(&format!(r#"{{"end":{{"records":2,"head":"{zeros}"}}}} "#)).is_none());
    }
}

//! Anchors: a place in the chain that somebody can vouch for.
//!
//! `1042:7be3…` says that record 1042 has a hash that begins so: what a closing prints. A signed anchor says the same with
//! the register's key under it:
//!
//! ```text
//! {"anchor":{"at_ms":1772442000000,"hash":"HEX","register":"R1","seq":1042,"store":"S1","version":1},"key":"HEX","signature":"HEX"}
//! ```
//!
//! Signed (Ed25519) are `"pos-journal-anchor-v1\0"` and the bytes of the object `anchor` as they stand.

use crate::Hash;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use std::fmt;

const SIGNATURE_DOMAIN: &[u8] = b"pos-journal-anchor-v1\0";

/// Digits of a hash that say enough: nobody finds another record with the same sixteen bytes.
const DIGITS_MIN: usize = 32;

/// What is known from outside.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The register's key.
    pub key: Option<VerifyingKey>,
    /// Places of the chain.
    pub anchors: Vec<Anchor>,
}

/// A record and the beginning of its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The record.
    pub seq: u64,
    /// Its hash, or the beginning of it, as lower-case digits.
    pub digits: String,
}

/// Why something from outside cannot be used, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

/// A signed anchor taken apart where it stands: what is signed is its bytes.
struct Signed<'a> {
    anchor: &'a str,
    key: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn parse(text: &'a str) -> Option<Signed<'a>> {
        let (anchor, rest) = text.strip_prefix(r#"{"anchor":"#)?.rsplit_once(r#","key":""#)?;
        let (key, rest) = rest.split_once(r#"","signature":""#)?;
        Some(Signed { anchor, key, signature: rest.strip_suffix(r#""}"#)? })
    }
}

/// What is signed.
#[derive(Deserialize)]
struct Vouched<'a> {
    seq: u64,
    hash: &'a str,
}

/// A signed anchor whose signature is right.
pub(crate) struct Signing {
    pub(crate) anchor: Anchor,
    pub(crate) key: VerifyingKey,
}

impl Signing {
    /// Reads an anchor and checks its signature under the key it names.
    pub(crate) fn read(text: &str) -> Result<Signing, Unreadable> {
        let form = || Unreadable("is no signed anchor".to_owned());
        let signed = Signed::parse(text).ok_or_else(form)?;
        let vouched: Vouched<'_> = serde_json::from_str(signed.anchor).map_err(|_| form())?;
        let key = key(signed.key)?;
        let mut signature = [0; 64];
        hex::decode_to_slice(signed.signature, &mut signature).map_err(|_| form())?;
        let message = [SIGNATURE_DOMAIN, signed.anchor.as_bytes()].concat();
        key.verify_strict(&message, &Signature::from_bytes(&signature))
            .map_err(|_| Unreadable("has a signature that is not its key's".to_owned()))?;
        Ok(Signing { anchor: Anchor { seq: vouched.seq, digits: vouched.hash.to_owned() }, key })
    }
}

/// A public key of 64 hexadecimal digits.
pub(crate) fn key(digits: &str) -> Result<VerifyingKey, Unreadable> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits.trim(), &mut bytes)
        .ok()
        .and_then(|()| VerifyingKey::from_bytes(&bytes).ok())
        .ok_or_else(|| Unreadable(format!("\"{digits}\" is no key: 64 hexadecimal digits are")))
}

impl Trust {
    /// Takes the register's key, as hexadecimal digits.
    pub fn with_key(mut self, digits: &str) -> Result<Trust, Unreadable> {
        self.key = Some(key(digits)?);
        Ok(self)
    }

    /// Takes anchors: lines like `1042:7be3…`, or signed ones.
    pub fn with_anchors(mut self, text: &str) -> Result<Trust, Unreadable> {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let anchor = if line.starts_with('{') {
                let Signing { anchor, key } =
                    Signing::read(line).map_err(|problem| Unreadable(format!("An anchor {problem}: {line}")))?;
                if self.key.is_some_and(|known| known != key) {
                    return Err(Unreadable(format!("An anchor is signed with another key than --key: {line}")));
                }
                // Whoever hands over a signed anchor vouches for its key.
                self.key = Some(key);
                anchor
            } else {
                line.parse()?
            };
            self.anchors.push(anchor);
        }
        Ok(self)
    }
}

impl std::str::FromStr for Anchor {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Anchor, Unreadable> {
        let form = || {
            Unreadable(format!(
                "\"{text}\" is no anchor: a record, a colon and {DIGITS_MIN} or more hexadecimal digits, as a closing prints it"
            ))
        };
        let (seq, digits) = text.trim().split_once(':').ok_or_else(form)?;
        let digits: String = digits.chars().filter(|letter| !letter.is_whitespace()).collect();
        let digits = digits.to_ascii_lowercase();
        let is_hex = (DIGITS_MIN..=64).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let seq = seq.trim().parse().map_err(|_| form())?;
        is_hex.then_some(Anchor { seq, digits }).ok_or_else(form)
    }
}

impl Anchor {
    /// Whether it speaks of this record.
    pub(crate) fn agrees(&self, hash: &Hash) -> bool {
        hex::encode(hash).starts_with(&self.digits)
    }
}

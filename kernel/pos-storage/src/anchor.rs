//! Anchors: after each closing the register signs where its journal stands.
//!
//! A chain of hashes says that nothing was changed; it does not say who wrote it, and a journal that was written anew from
//! its first record is a whole chain too. A signature under the last hash, kept outside (printed on the Z, sent away), is
//! what such a forgery cannot have. Signed (Ed25519) are `"pos-journal-anchor-v1\0"` and the canonical form of [`Vouched`].
//!
//! The key is made when the first shift is closed and kept beside the database, `pos.key` beside `pos.db`, for its owner's
//! eyes only. A journal that goes on with another key is told apart by whoever checks it.

use crate::canonical;
use crate::connection::Place;
use crate::error::{Fault, Result};
use crate::record::Hash;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use pos_domain::shift::Books;
use pos_domain::time::Moment;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SIGNATURE_DOMAIN: &[u8] = b"pos-journal-anchor-v1\0";
const VERSION: u16 = 1;
/// Digits of a hash that are printed: nobody finds another record with the same sixteen bytes.
const DIGITS: usize = 32;

/// What is signed: a record and its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vouched {
    pub(crate) at_ms: i64,
    pub(crate) hash: String,
    pub(crate) register: Arc<str>,
    pub(crate) seq: u64,
    pub(crate) store: Arc<str>,
    version: u16,
}

/// A signed anchor, as its record holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedAnchor {
    pub(crate) anchor: Vouched,
    key: String,
    signature: String,
}

impl SignedAnchor {
    /// Signs that a record has this hash.
    pub(crate) fn sign(key: &SigningKey, books: &Books, at: Moment, seq: u64, hash: &Hash) -> Result<SignedAnchor> {
        let anchor = Vouched {
            at_ms: at.unix_ms,
            hash: hex::encode(hash),
            register: books.register.clone(),
            seq,
            store: books.store.clone(),
            version: VERSION,
        };
        let signature = key.sign(&anchor.signed_bytes()?);
        let key = hex::encode(key.verifying_key().as_bytes());
        Ok(SignedAnchor { anchor, key, signature: hex::encode(signature.to_bytes()) })
    }

    /// Whether the signature is that of its key under what it says.
    pub(crate) fn check(&self) -> Result<()> {
        let broken = |problem: &str| Fault::corrupt(format!("the anchor of record {} {problem}", self.anchor.seq));
        if self.anchor.version > VERSION {
            return Err(broken("is newer than this program"));
        }
        let (mut key, mut signature) = ([0; 32], [0; 64]);
        let read = hex::decode_to_slice(&self.key, &mut key);
        read.and_then(|()| hex::decode_to_slice(&self.signature, &mut signature))
            .map_err(|_| broken("has no signature"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| broken("names no key"))?;
        key.verify_strict(&self.anchor.signed_bytes()?, &Signature::from_bytes(&signature))
            .map_err(|_| broken("was not signed with its key"))
    }

    /// The key it was signed with, as digits.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// As it is printed, and given to whoever checks the journal: `1042:7be3…`.
    pub(crate) fn printed(&self) -> String {
        let digits = self.anchor.hash.get(..DIGITS).unwrap_or(&self.anchor.hash);
        format!("{}:{digits}", self.anchor.seq)
    }
}

impl Vouched {
    fn signed_bytes(&self) -> Result<Vec<u8>> {
        let text = canonical::to_string(self).map_err(|error| Fault::corrupt(error.to_string()))?;
        Ok([SIGNATURE_DOMAIN, text.as_bytes()].concat())
    }
}

/// The register's key; made where there is none.
pub(crate) fn signing_key(place: &Place) -> Result<SigningKey> {
    Ok(SigningKey::from_bytes(&secret(place, "key", "the register's key")?))
}

/// The key that the register's signatures are held against, where there is one.
pub(crate) fn public_key(place: &Place) -> Option<String> {
    let text = std::fs::read_to_string(place.path.with_extension("key")).ok()?;
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key).ok()?;
    Some(hex::encode(SigningKey::from_bytes(&key).verifying_key().as_bytes()))
}

/// The secret that goes into what is kept of PINs and badges, `pos.secret` beside `pos.db`; made where there is none.
pub(crate) fn device_secret(place: &Place) -> Result<[u8; 32]> {
    secret(place, "secret", "the register's secret")
}

/// Thirty-two random bytes in a file beside the database.
fn secret(place: &Place, extension: &str, called: &str) -> Result<[u8; 32]> {
    let path = place.path.with_extension(extension);
    let failed = |problem: String| Fault::failed(format!("{called} {} {problem}", path.display()));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|error| failed(format!("cannot be made: {error}")))?;
            let text = hex::encode(secret);
            write_secret(&path, &text).map_err(|error| failed(format!("cannot be written: {error}")))?;
            tracing::info!(path = %path.display(), "{called} was made");
            text
        }
        Err(error) => return Err(failed(format!("cannot be read: {error}"))),
    };
    let mut secret = [0; 32];
    hex::decode_to_slice(text.trim(), &mut secret)
        .map_err(|_| failed("holds no 64 hexadecimal digits: take it from a backup".to_owned()))?;
    Ok(secret)
}

/// Writes a file that is whole or not there at all, on the disk when this returns.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let draft: PathBuf = path.with_extension("draft");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn place(folder: &tempfile::TempDir) -> Place {
        Place::at(&folder.path().join("shop.db"))
    }

    #[test]
    fn the_key_is_made_once_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let made = signing_key(&place(&folder)).unwrap();
        assert_eq!(signing_key(&place(&folder)).unwrap().to_bytes(), made.to_bytes());
        let path = folder.path().join("shop.key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "nothing").unwrap();
        let refused = pos_api::port::StoreError::from(signing_key(&place(&folder)).unwrap_err()).to_string();
        assert!(refused.contains("take it from a backup"), "{refused}");
    }

    #[test]
    fn a_signature_is_only_good_for_what_it_was_given_for() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let signed = SignedAnchor::sign(&key, &fixture::books(), fixture::NOON, 12, &[0xab; 32]).unwrap();
        signed.check().unwrap();
        assert_eq!(signed.printed(), format!("12:{}", "ab".repeat(16)));
        let mut spoilt = vec![signed.clone(); 4];
        spoilt[0].anchor.seq = 13;
        spoilt[1].anchor.hash = "ac".repeat(32);
        spoilt[2].key = hex::encode(SigningKey::from_bytes(&[8; 32]).verifying_key().as_bytes());
        spoilt[3].signature = "00".repeat(64);
        for anchor in spoilt {
            assert!(anchor.check().is_err());
        }
    }
}

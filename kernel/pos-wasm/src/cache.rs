//! Compiled components on disk, so that a start costs a millisecond a plugin and not a quarter of a second.
//!
//! The name of an entry is the hash of everything it was made from: component, configuration, compiler version and
//! settings, processor features. An entry can therefore be missing but not stale. Its content is checked before it is
//! used, and whatever is wrong with it (cut short, damaged, another program's) has one consequence: it is made again.

use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Changes when what is stored changes meaning.
const FORMAT: &[u8] = b"pos-wasm compiled component 1\n";
const DIGEST_BYTES: usize = 32;
/// Entries kept; beyond, the oldest go. A shop has a dozen plugins and now and then a new configuration.
const ENTRIES_MAX: usize = 64;
const EXTENSION: &str = "component";

/// A folder of compiled components that only this program writes.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// What an entry was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key([u8; DIGEST_BYTES]);

impl Key {
    /// The key of a component, configured and compiled by this engine.
    pub(crate) fn of(engine: &Engine, component: &[u8], configuration: &str, fuel: u64, memory_bytes: usize) -> Key {
        let mut hasher = KeyHasher(Sha256::new_with_prefix(FORMAT));
        // Wasmtime's own list: its version, the target, the processor's features and every setting that changes the
        // code.
        engine.precompile_compatibility_hash().hash(&mut hasher);
        // `configure` runs under these limits: with less, it might not have come to an end.
        (fuel, memory_bytes).hash(&mut hasher);
        for part in [component, configuration.as_bytes()] {
            hasher.0.update((part.len() as u64).to_le_bytes());
            hasher.0.update(part);
        }
        Key(hasher.0.finalize().into())
    }
}

/// Feeds what is hashed into SHA-256.
struct KeyHasher(Sha256);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0 // The digest is read from the field: 64 bits would not do.
    }
}

impl Cache {
    /// A cache in a folder, which is made when it is first written to.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Cache { folder }
    }

    /// The compiled component of a key, if there is one and it is whole.
    pub(crate) fn get(&self, engine: &Engine, key: Key) -> Option<Component> {
        let file = self.file(key);
        let entry = match fs::read(&file) {
            Ok(entry) => entry,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "a compiled plugin could not be read and is made again");
                return None;
            }
        };
        let Some(compiled) = verified(&entry, key) else {
            tracing::warn!(file = %file.display(), "a compiled plugin is damaged and is made again");
            return None;
        };
        // SAFETY: `deserialize` runs what it is given as machine code, so it must only see what `Component::serialize`
        // of this version wrote. `verified` has just compared these very bytes, in memory, with the SHA-256 stored in
        // front of them, which also covers the key and with it the compiler's version and settings: a truncated,
        // damaged, renamed or foreign file does not get here. Somebody who can write a matching hash into this private
        // folder of the user can replace the program itself.
        #[expect(unsafe_code, reason = "loading compiled code is what a compiled-code cache is for")]
        let component = unsafe { Component::deserialize(engine, compiled) };
        component
            .inspect_err(|error| {
                tracing::warn!(file = %file.display(), %error, "a compiled plugin does not fit and is made again");
            })
            .ok()
    }

    /// Keeps a compiled component. A failure costs the next start its quarter of a second, nothing else.
    pub(crate) fn put(&self, key: Key, component: &Component) {
        let kept = component.serialize().map_err(io::Error::other).and_then(|compiled| self.write(key, &compiled));
        if let Err(error) = kept {
            tracing::warn!(folder = %self.folder.display(), %error, "a compiled plugin could not be kept");
        }
    }

    fn file(&self, key: Key) -> PathBuf {
        self.folder.join(hex::encode(key.0)).with_extension(EXTENSION)
    }

    fn write(&self, key: Key, compiled: &[u8]) -> io::Result<()> {
        static UNIQUE: AtomicU32 = AtomicU32::new(0);
        create_private(&self.folder)?;
        let unique = UNIQUE.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.file(key).with_extension(format!("{}-{unique}.unfinished", std::process::id()));
        // Written beside and renamed: a reader finds a whole entry or none. No fsync: after a power cut the hash tells.
        let written =
            fs::write(&unfinished, sealed(compiled, key)).and_then(|()| fs::rename(&unfinished, self.file(key)));
        if written.is_err() {
            fs::remove_file(&unfinished).ok();
        }
        if written.is_ok() {
            self.prune();
        }
        written
    }

    /// Removes the oldest entries beyond [`ENTRIES_MAX`], and what a killed program left unfinished among them. Two
    /// programs may do so at once: what is gone already is no fault.
    fn prune(&self) {
        let Ok(folder) = fs::read_dir(&self.folder) else { return };
        let mut entries: Vec<_> = folder
            .flatten()
            .filter_map(|entry| Some((entry.metadata().and_then(|about| about.modified()).ok()?, entry.path())))
            .collect();
        entries.sort();
        let excess = entries.len().saturating_sub(ENTRIES_MAX);
        for (_, file) in entries.into_iter().take(excess) {
            fs::remove_file(file).ok();
        }
    }
}

#[cfg(unix)]
fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)
}

fn digest(compiled: &[u8], key: Key) -> [u8; DIGEST_BYTES] {
    Sha256::new_with_prefix(FORMAT).chain_update(key.0).chain_update(compiled).finalize().into()
}

fn sealed(compiled: &[u8], key: Key) -> Vec<u8> {
    [FORMAT, &digest(compiled, key), compiled].concat()
}

/// The compiled code of an entry, if the entry is whole and belongs to the key.
fn verified(entry: &[u8], key: Key) -> Option<&[u8]> {
    let (stored, compiled) = entry.strip_prefix(FORMAT)?.split_at_checked(DIGEST_BYTES)?;
    (stored == digest(compiled, key)).then_some(compiled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let key = Key([7; DIGEST_BYTES]);
        let entry = sealed(b"machine code", key);
        assert_eq!(verified(&entry, key), Some(b"machine code".as_slice()));
        assert_eq!(verified(&entry, Key([8; DIGEST_BYTES])), None, "a renamed entry");
        for index in 0..entry.len() {
            let mut damaged = entry.clone();
            damaged[index] ^= 1;
            assert_eq!(verified(&damaged, key), None, "byte {index}");
            assert_eq!(verified(&entry[..index], key), None, "cut at {index}");
        }
    }

    #[test]
    fn old_entries_go() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("deep/folder"));
        for index in 0..u8::try_from(ENTRIES_MAX + 3).unwrap() {
            cache.write(Key([index; DIGEST_BYTES]), b"code").unwrap();
        }
        assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), ENTRIES_MAX);
    }
}

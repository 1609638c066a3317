//! Files that a command writes where somebody names a place for them.
//!
//! Nothing that is there is written over, and nothing is put among the shop's own files. What is written stands beside its place
//! until it is whole.

use crate::data_dir::DataDir;
use anyhow::{Context, bail};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file on its way; gone again if it is not kept.
pub(super) struct OutFile {
    path: PathBuf,
    beside: PathBuf,
    out: BufWriter<File>,
}

impl OutFile {
    /// Begins a file; refused where something is already, or in the shop's own folder.
    pub(super) fn create(path: &Path, data: &DataDir) -> anyhow::Result<OutFile> {
        if path.exists() {
            bail!("{} is there already, and is not written over. Name a new file.", path.display());
        }
        let cannot = || format!("{} cannot be written", path.display());
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let (folder, root) = (folder.canonicalize().with_context(cannot)?, data.root().canonicalize());
        if root.is_ok_and(|root| folder.starts_with(root)) {
            bail!("{} is inside the shop's own folder. Name a file elsewhere.", path.display());
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let out = BufWriter::new(File::create(&beside).with_context(cannot)?);
        Ok(OutFile { path: path.to_owned(), beside, out })
    }

    /// All of it is written: puts it in its place.
    pub(super) fn keep(mut self) -> anyhow::Result<()> {
        let kept = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        kept.and_then(|()| std::fs::rename(&self.beside, &self.path))
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        // What was kept has another name by now.
        std::fs::remove_file(&self.beside).ok();
    }
}

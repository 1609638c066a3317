//! A wire that ends in files: for shops without a printer, for tests, and for spoolers that watch a folder.
//!
//! A job that could not be written whole is removed from its folder again. Files are not synced to the disk: the
//! transaction is, and a receipt can be printed again.

use super::{Transport, error};
use pos_api::port::{DeviceError, DeviceErrorKind};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How jobs become files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jobs {
    /// The path is a folder; each job is the next file in it: `000001.escpos`.
    #[default]
    Folder,
    /// The path is a file; each job is appended to it. A device file (`/dev/usb/lp0`) is written in this way, too.
    Append,
}

/// Writes jobs to files. It never answers.
#[derive(Debug)]
pub struct FileTransport {
    path: PathBuf,
    jobs: Jobs,
    /// Number of the file last written in the folder.
    last_number: u64,
    claim: Option<Claim>,
}

#[derive(Debug)]
struct Claim {
    file: File,
    path: PathBuf,
}

impl FileTransport {
    /// Makes the folder, or the file's folder, where it is missing.
    pub fn open(path: impl Into<PathBuf>, jobs: Jobs) -> Result<FileTransport, DeviceError> {
        let mut transport = FileTransport { path: path.into(), jobs, last_number: 0, claim: None };
        let folder = match jobs {
            Jobs::Folder => Some(transport.path.as_path()),
            Jobs::Append => transport.path.parent().filter(|folder| !folder.as_os_str().is_empty()),
        };
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|cause| transport.error("make the folder", folder, &cause))?;
        }
        if jobs == Jobs::Folder {
            transport.last_number = last_number(&transport.path)
                .map_err(|cause| transport.error("read the folder", &transport.path, &cause))?;
        }
        Ok(transport)
    }

    fn claim_file(&mut self) -> Result<Claim, DeviceError> {
        match self.jobs {
            Jobs::Append => {
                let file = OpenOptions::new().create(true).append(true).open(&self.path);
                let file = file.map_err(|cause| self.error("open", &self.path, &cause))?;
                Ok(Claim { file, path: self.path.clone() })
            }
            // Somebody else may write into the same folder: the next free number is the first that can be created.
            Jobs::Folder => loop {
                self.last_number += 1;
                let path = self.path.join(format!("{:06}.escpos", self.last_number));
                match OpenOptions::new().write(true).create_new(true).open(&path) {
                    Ok(file) => return Ok(Claim { file, path }),
                    Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {}
                    Err(cause) => return Err(self.error("make", &path, &cause)),
                }
            },
        }
    }

    fn error(&self, what: &str, path: &Path, cause: &io::Error) -> DeviceError {
        let next = match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "Free some space.",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "Allow writing there, or choose another path."
            }
            _ => "Check the path in the device settings.",
        };
        let message = format!("Could not {what} {}: {cause}. {next}", path.display());
        error(&self.name(), DeviceErrorKind::Failure, message)
    }
}

/// The highest number of a job in the folder.
fn last_number(folder: &Path) -> io::Result<u64> {
    let mut last = 0;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".escpos")).and_then(|stem| stem.parse().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last)
}

impl Transport for FileTransport {
    fn name(&self) -> String {
        format!("printer file {}", self.path.display())
    }

    fn claim(&mut self) -> Result<(), DeviceError> {
        self.claim = Some(self.claim_file()?);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DeviceError> {
        let Some(claim) = &mut self.claim else {
            return Err(error(&self.name(), DeviceErrorKind::Closed, "Nobody has claimed it."));
        };
        let Err(cause) = claim.file.write_all(bytes) else { return Ok(()) };
        let path = claim.path.clone();
        self.claim = None;
        if self.jobs == Jobs::Folder
            && let Err(left_over) = fs::remove_file(&path)
        {
            tracing::warn!(path = %path.display(), %left_over, "half a receipt stays in the folder");
        }
        Err(self.error("write", &path, &cause))
    }

    fn read_byte(&mut self, _timeout: Duration) -> Result<Option<u8>, DeviceError> {
        Ok(None)
    }

    fn release(&mut self) -> Result<(), DeviceError> {
        self.claim = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(transport: &mut FileTransport, bytes: &[u8]) {
        transport.claim().unwrap();
        transport.write(bytes).unwrap();
        transport.release().unwrap();
    }

    #[test]
    fn each_job_is_the_next_file_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipts");
        send(&mut FileTransport::open(&path, Jobs::Folder).unwrap(), b"one");
        fs::write(path.join("notes.txt"), "not a job").unwrap();
        let mut transport = FileTransport::open(&path, Jobs::Folder).unwrap();
        fs::write(path.join("000002.escpos"), "another register's").unwrap();
        send(&mut transport, b"three");
        assert_eq!(fs::read(path.join("000001.escpos")).unwrap(), b"one");
        assert_eq!(fs::read(path.join("000002.escpos")).unwrap(), b"another register's");
        assert_eq!(fs::read(path.join("000003.escpos")).unwrap(), b"three");
    }

    #[test]
    fn jobs_can_follow_each_other_in_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool/receipts.escpos");
        let mut transport = FileTransport::open(&path, Jobs::Append).unwrap();
        send(&mut transport, b"one");
        send(&mut transport, b"two");
        assert_eq!(fs::read(path).unwrap(), b"onetwo");
    }

    #[test]
    fn a_path_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let problem = FileTransport::open(file.join("receipts"), Jobs::Folder).unwrap_err();
        assert_eq!(problem.kind, DeviceErrorKind::Failure);
        assert!(problem.message.contains("receipts"), "{problem}");
        assert!(problem.message.ends_with("Check the path in the device settings."), "{problem}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_and_nothing_is_claimed_any_more() {
        let mut transport = FileTransport::open("/dev/full", Jobs::Append).unwrap();
        transport.claim().unwrap();
        let problem = transport.write(b"receipt").unwrap_err();
        assert!(problem.message.contains("Free some space"), "{problem}");
        assert_eq!(transport.write(b"more").unwrap_err().kind, DeviceErrorKind::Closed);
    }
}

//! The data folder of a shop: what is where in it, and that one process at a time uses it.
//!
//! ```text
//! shop.toml         settings; written last, so that a folder with it is a complete shop
//! devices.toml      printer, drawer, scanner
//! quick_keys.toml   keys of the register
//! outbox.toml       who takes records of the journal elsewhere
//! pos.db            journal, catalogue, open baskets
//! pos.lock          held while a process uses the folder; holds its number
//! pos.running       there while a register runs; says how far its start came
//! scripts/ plugins/ extensions; config/<id>.json configures one, config/offers.toml has the shop's offers
//! cache/            compiled plugins: may be deleted at any time
//! receipts/         receipts printed to files
//! ```

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

const SHOP_FILE: &str = "shop.toml";
const LOCK_FILE: &str = "pos.lock";
const RUNNING_FILE: &str = "pos.running";
const DATABASE: &str = "pos.db";
const FOLDERS: [&str; 5] = ["scripts", "plugins", "config", "cache", "receipts"];
/// Our own names beside folders and the database's files, which all begin with its name.
const FILES: [&str; 6] = [SHOP_FILE, "devices.toml", "quick_keys.toml", "outbox.toml", LOCK_FILE, RUNNING_FILE];
/// Longest extension id that is part of a file name, in characters.
const EXTENSION_ID_MAX: usize = 100;
/// What systems leave in folders by themselves.
const HARMLESS: [&str; 4] = ["lost+found", ".DS_Store", "Thumbs.db", "desktop.ini"];

/// A data folder, by its path; it need not exist before it is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The user has no home folder.
    #[error("This user has no home folder for the shop's data. Name a folder with --data.")]
    NoHome,
    /// It holds something else.
    #[error("The folder {} holds \"{found}\" and no shop. Choose an empty folder, or one that does not exist yet, with --data.", .root.display())]
    HoldsSomethingElse {
        /// The folder.
        root: PathBuf,
        /// What was found in it.
        found: String,
    },
    /// It is a file.
    #[error("{} is a file, not a folder. Choose another name with --data.", .root.display())]
    NotAFolder {
        /// The path.
        root: PathBuf,
    },
    /// Nothing is there yet.
    #[error("There is no shop in {}. Make one with `pos init --data {}`, or name its folder with --data.", .root.display(), .root.display())]
    NoShop {
        /// The folder.
        root: PathBuf,
    },
    /// There is one already.
    #[error("There is a shop in {} already; it was not touched. Change its shop.toml, or choose another folder with --data.", .root.display())]
    ShopExists {
        /// The folder.
        root: PathBuf,
    },
    /// Another process uses it.
    #[error("The data folder {} is in use by another pos{}. Close that one first, or choose another folder with --data.",
        .root.display(), .holder.map(|holder| format!(" (process {holder})")).unwrap_or_default())]
    InUse {
        /// The folder.
        root: PathBuf,
        /// The other process, if it could be read.
        holder: Option<u32>,
    },
    /// The system refused.
    #[error("{} cannot be {action}: {error}. Check the folder's owner and free space, or choose another with --data.", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `written`.
        action: &'static str,
        /// What the system said.
        error: io::Error,
    },
}

/// The lock on a data folder; the folder is free again when it is dropped, or its process ends however it ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataDir {
    /// Name of the file with the shop's offers.
    pub const OFFERS_FILE: &str = "offers.toml";

    /// The folder at a path.
    pub fn new(root: impl Into<PathBuf>) -> DataDir {
        DataDir { root: root.into() }
    }

    /// The folder of the user's own shop. On Linux ~/.local/share/pos-kernel/shop.
    pub fn of_user() -> Result<DataDir, DataDirError> {
        DataDir::of_user_named("shop")
    }

    /// The folder of the user's demonstration shop. On Linux ~/.local/share/pos-kernel/demo.
    pub fn demo_of_user() -> Result<DataDir, DataDirError> {
        DataDir::of_user_named("demo")
    }

    fn of_user_named(name: &str) -> Result<DataDir, DataDirError> {
        let folders = directories::ProjectDirs::from("", "", "pos-kernel").ok_or(DataDirError::NoHome)?;
        Ok(DataDir::new(folders.data_local_dir().join(name)))
    }

    /// Whether there is a complete shop in it.
    pub fn has_shop(&self) -> bool {
        self.shop_toml().is_file()
    }

    /// Refused unless there is a shop. For commands that only use one: a mistyped folder is not made.
    pub fn check_has_shop(&self) -> Result<(), DataDirError> {
        if self.has_shop() { Ok(()) } else { Err(DataDirError::NoShop { root: self.root.clone() }) }
    }

    /// Refused if there is a shop already. For commands that make one.
    pub fn check_has_no_shop(&self) -> Result<(), DataDirError> {
        if self.has_shop() { Err(DataDirError::ShopExists { root: self.root.clone() }) } else { Ok(()) }
    }

    /// Takes the folder for this process. The folder and its subfolders are made if they are missing, for their owner
    /// alone; refused if the folder holds something that is not a shop's, or if another process has it.
    pub fn lock(&self) -> Result<DataLock, DataDirError> {
        // What an interrupted attempt to make a shop left behind is ours.
        if !self.has_shop()
            && let Some(found) = self.foreign()?
        {
            return Err(DataDirError::HoldsSomethingElse { root: self.root.clone(), found });
        }
        self.make_folders()?;
        let path = self.root.join(LOCK_FILE);
        let failed = |error| DataDirError::Io { path: path.clone(), action: "locked", error };
        // The file is never deleted: a lock on a deleted file would not keep the next process out.
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = private(&mut options).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(DataDirError::InUse { root: self.root.clone(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(DataLock { _file: file })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Settings of the shop.
    pub fn shop_toml(&self) -> PathBuf {
        self.root.join(SHOP_FILE)
    }

    /// Settings of the devices.
    pub fn devices_toml(&self) -> PathBuf {
        self.root.join("devices.toml")
    }

    /// Keys of the register.
    pub fn quick_keys_toml(&self) -> PathBuf {
        self.root.join("quick_keys.toml")
    }

    /// Who takes records of the journal elsewhere.
    pub fn outbox_toml(&self) -> PathBuf {
        self.root.join("outbox.toml")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join(DATABASE)
    }

    /// What is known of the run in progress, or of one that was cut off.
    pub fn running(&self) -> PathBuf {
        self.root.join(RUNNING_FILE)
    }

    /// The shop's scripts.
    pub fn scripts(&self) -> PathBuf {
        self.root.join("scripts")
    }

    /// The shop's own plugins.
    pub fn plugins(&self) -> PathBuf {
        self.root.join("plugins")
    }

    /// Compiled plugins.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// Receipts printed to files.
    pub fn receipts(&self) -> PathBuf {
        self.root.join("receipts")
    }

    /// Configurations of extensions.
    pub fn config(&self) -> PathBuf {
        self.root.join("config")
    }

    /// The shop's offers, as people write them: the configuration of the promotions plugin.
    pub fn offers_toml(&self) -> PathBuf {
        self.config().join(DataDir::OFFERS_FILE)
    }

    /// Configuration of an extension. Its id comes from its author: whatever is in it, the path stays in the folder.
    pub fn config_of(&self, extension: &str) -> PathBuf {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
        let plain = extension.chars().map(|character| if is_plain(character) { character } else { '_' });
        self.config().join(format!("{}.json", plain.take(EXTENSION_ID_MAX).collect::<String>()))
    }

    fn make_folders(&self) -> Result<(), DataDirError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let folders = FOLDERS.iter().map(|folder| self.root.join(folder));
        for path in std::iter::once(self.root.clone()).chain(folders) {
            builder.create(&path).map_err(|error| DataDirError::Io { path, action: "created", error })?;
        }
        Ok(())
    }

    /// Something in the folder that is not ours.
    fn foreign(&self) -> Result<Option<String>, DataDirError> {
        let failed = |error| DataDirError::Io { path: self.root.clone(), action: "read", error };
        let entries = match std::fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(DataDirError::NotAFolder { root: self.root.clone() });
            }
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            let plain = name.strip_suffix(".new").unwrap_or(&name);
            let is_ours = FOLDERS.contains(&plain) || FILES.contains(&plain) || plain.starts_with(DATABASE);
            if !is_ours && !HARMLESS.contains(&plain) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

/// Writes a file whole or not at all: beside it first, then in its place.
pub fn write_file(path: &Path, text: &str) -> Result<(), DataDirError> {
    let failed = |error| DataDirError::Io { path: path.to_owned(), action: "written", error };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut options = OpenOptions::new();
    let mut file = private(options.write(true).create(true).truncate(true)).open(&beside).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)?;
    // The new name is durable once the folder is.
    #[cfg(unix)]
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()).map_err(failed)?;
    Ok(())
}

/// Files of the folder are their owner's alone, as the folder is.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn check<T: std::fmt::Debug>(answer: Result<T, DataDirError>, root: &Path, expected: &str) {
        let message = answer.unwrap_err().to_string().replace(&root.display().to_string(), "DIR");
        assert_eq!(message, expected);
    }

    #[test]
    fn a_new_folder_becomes_a_shop_once() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("deep/shop");
        let folder = DataDir::new(&root);
        check(
            folder.check_has_shop(),
            &root,
            "There is no shop in DIR. Make one with `pos init --data DIR`, or name its folder with --data.",
        );
        assert!(!root.exists(), "asking makes nothing");
        drop(folder.lock().unwrap());
        // Interrupted before shop.toml was written: it can be made again.
        write_file(&folder.database(), "x").unwrap();
        fs::write(folder.root().join("pos.db-wal"), "x").unwrap();
        drop(folder.lock().unwrap());
        folder.check_has_no_shop().unwrap();
        write_file(&folder.shop_toml(), "name = 1").unwrap();
        write_file(&folder.shop_toml(), "name = 2").unwrap();
        assert_eq!(fs::read_to_string(folder.shop_toml()).unwrap(), "name = 2");
        folder.check_has_shop().unwrap();
        check(
            folder.check_has_no_shop(),
            &root,
            "There is a shop in DIR already; it was not touched. Change its shop.toml, or choose another folder with --data.",
        );
        fs::remove_dir(folder.cache()).unwrap();
        drop(folder.lock().unwrap());
        assert!(folder.cache().is_dir() && folder.scripts().is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let folder = DataDir::new(parent.path().join("shop"));
        let _lock = folder.lock().unwrap();
        write_file(&folder.shop_toml(), "").unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.root().to_owned()), mode(folder.plugins())), (0o700, 0o700));
        assert_eq!((mode(folder.shop_toml()), mode(folder.root().join(LOCK_FILE))), (0o600, 0o600));
    }

    #[test]
    fn a_folder_of_something_else_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataDir::new(parent.path());
        fs::create_dir(parent.path().join("lost+found")).unwrap();
        fs::write(parent.path().join("thesis.odt"), "").unwrap();
        check(
            folder.lock(),
            parent.path(),
            "The folder DIR holds \"thesis.odt\" and no shop. Choose an empty folder, or one that does not exist yet, with --data.",
        );
        assert!(!folder.scripts().exists(), "nothing was made");
        let file = DataDir::new(parent.path().join("thesis.odt"));
        check(file.lock(), file.root(), "DIR is a file, not a folder. Choose another name with --data.");
        // Beside a shop the owner may keep what they like.
        write_file(&folder.shop_toml(), "").unwrap();
        drop(folder.lock().unwrap());
    }

    #[test]
    fn one_process_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataDir::new(parent.path());
        let lock = folder.lock().unwrap();
        // A second open file of the same process is locked out as another process is.
        let holder = std::process::id();
        let expected = format!(
            "The data folder DIR is in use by another pos (process {holder}). Close that one first, or choose another folder with --data."
        );
        check(folder.lock(), parent.path(), &expected);
        drop(lock);
        // Whatever a crashed process left in the file, the folder is free.
        fs::write(parent.path().join(LOCK_FILE), "4294967295 and more than a new number").unwrap();
        let _lock = folder.lock().unwrap();
        assert_eq!(fs::read_to_string(parent.path().join(LOCK_FILE)).unwrap(), format!("{holder}\n"));
    }

    #[test]
    fn an_extension_cannot_lead_out_of_the_folder() {
        let folder = DataDir::new("shop");
        let check = |id: &str, expected: &str| assert_eq!(folder.config_of(id), Path::new(expected), "{id:?}");
        check("org.pos-kernel.tax-table", "shop/config/org.pos-kernel.tax-table.json");
        check("..", "shop/config/...json");
        check("../../etc/passwd", "shop/config/.._.._etc_passwd.json");
        check("a\\b\0ä", "shop/config/a_b__.json");
        assert_eq!(
            folder.config_of(&"x".repeat(1_000)).as_os_str().len(),
            "shop/config/.json".len() + EXTENSION_ID_MAX
        );
    }

    #[test]
    fn what_the_system_refuses_names_the_file() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataDir::new(parent.path().join("missing"));
        let message = write_file(&folder.shop_toml(), "").unwrap_err().to_string();
        assert!(message.contains("shop.toml cannot be written: "), "{message}");
    }
}

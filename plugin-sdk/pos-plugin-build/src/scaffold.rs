//! A plugin crate to start from: `plugin-sdk/template/`, filled in.
//!
//! The crate is a workspace of its own and can lie anywhere. It takes the SDK from a folder (the one this library was
//! built beside, unless told otherwise) or from a git repository, and starts with the versions of all dependencies
//! that the SDK itself was tested with, so that its first build downloads nothing new.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What the plugin is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It proposes discounts.
    Promotion,
    /// It assesses tax.
    Tax,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 2] = [Kind::Promotion, Kind::Tax];

    /// As written on the command line: `promotion`, `tax`.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Promotion => "promotion",
            Kind::Tax => "tax",
        }
    }

    fn files(self) -> [(&'static str, &'static str); 4] {
        macro_rules! template {
            ($kind:literal) => {
                [
                    ("plugin.toml", include_str!(concat!("../../template/", $kind, "/plugin.toml"))),
                    ("src/lib.rs", include_str!(concat!("../../template/", $kind, "/src/lib.rs"))),
                    (
                        "configuration.schema.json",
                        include_str!(concat!("../../template/", $kind, "/configuration.schema.json")),
                    ),
                    (
                        "configuration.default.json",
                        include_str!(concat!("../../template/", $kind, "/configuration.default.json")),
                    ),
                ]
            };
        }
        match self {
            Kind::Promotion => template!("promotion"),
            Kind::Tax => template!("tax"),
        }
    }
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(code: &str) -> Result<Kind> {
        let known = Kind::ALL.into_iter().find(|kind| kind.code() == code);
        known.with_context(|| format!("There is no kind of plugin called \"{code}\"; there are promotion and tax."))
    }
}

const COMMON_FILES: [(&str, &str); 2] = [
    ("Cargo.toml", include_str!("../../template/Cargo.toml.template")),
    (".gitignore", include_str!("../../template/gitignore.template")),
];

/// Where the new crate takes the SDK from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdkSource {
    /// The folder of the crate `pos-plugin-sdk`.
    Path(PathBuf),
    /// A git repository that holds it, for authors without a checkout.
    Git(String),
}

impl Default for SdkSource {
    /// The SDK in the checkout that this library was built from.
    fn default() -> Self {
        SdkSource::Path(Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("pos-plugin-sdk"))
    }
}

impl SdkSource {
    fn dependency(&self) -> Result<String> {
        let (key, value) = match self {
            SdkSource::Path(path) => {
                let found = path.canonicalize().ok().filter(|path| path.join("Cargo.toml").is_file());
                let path = found.with_context(|| {
                    format!(
                        "The SDK is not in {}. Name its folder (plugin-sdk/pos-plugin-sdk of a checkout), or its git repository.",
                        path.display()
                    )
                })?;
                ("path", path.to_string_lossy().into_owned())
            }
            SdkSource::Git(url) => ("git", url.clone()),
        };
        Ok(format!("pos-plugin-sdk = {{ {key} = {} }}", toml::Value::String(value)))
    }

    /// The lock file of the checkout that holds the SDK.
    fn lock_file(&self) -> Option<PathBuf> {
        let SdkSource::Path(path) = self else { return None };
        let lock = path.canonicalize().ok()?.ancestors().nth(2)?.join("Cargo.lock");
        lock.is_file().then_some(lock)
    }
}

/// Writes a plugin crate into `dir`, which must be empty or not be there yet, with the SDK of the checkout that this
/// library was built from. `name` is for people (`Happy hour`) or for cargo (`happy-hour`); each is made of the other.
/// Answers the files written, relative to `dir`.
pub fn new(dir: &Path, name: &str, kind: Kind) -> Result<Vec<PathBuf>> {
    new_with_sdk(dir, name, kind, &SdkSource::default())
}

/// Like [`new`], with the SDK from elsewhere.
pub fn new_with_sdk(dir: &Path, name: &str, kind: Kind, sdk: &SdkSource) -> Result<Vec<PathBuf>> {
    let (name, title) = (crate_name(name)?, title(name));
    let is_free = !dir.exists() || dir.read_dir().is_ok_and(|mut files| files.next().is_none());
    ensure!(is_free, "{} is not an empty folder. Name one that is not there yet.", dir.display());
    let dependency = sdk.dependency()?;
    let fill = |template: &str| {
        template.replace("{{name}}", &name).replace("{{title}}", &title).replace("{{sdk}}", &dependency)
    };
    let mut written = Vec::new();
    for (file, template) in COMMON_FILES.into_iter().chain(kind.files()) {
        let path = dir.join(file);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, fill(template)))
            .with_context(|| format!("writing {}", path.display()))?;
        written.push(PathBuf::from(file));
    }
    if let Some(lock) = sdk.lock_file() {
        fs::copy(&lock, dir.join("Cargo.lock")).with_context(|| format!("copying {}", lock.display()))?;
        written.push(PathBuf::from("Cargo.lock"));
    }
    Ok(written)
}

/// `happy-hour` for `Happy hour` and for `happy-hour`.
fn crate_name(name: &str) -> Result<String> {
    // What goes into TOML, JSON and Rust as it is must not end a text there.
    let is_plain = |letter: char| letter.is_alphanumeric() || " -_&+%.,'".contains(letter);
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let crate_name = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    // Names that cargo refuses or that the template uses itself.
    let is_taken = ["test", "core", "std", "alloc", "serde", "pos-plugin-sdk"].contains(&crate_name.as_str());
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    ensure!(
        name.chars().all(is_plain) && begins_well && !is_taken,
        "\"{name}\" cannot be the name of a plugin. Use words of letters and digits, beginning with a letter from a to z: happy-hour."
    );
    Ok(crate_name)
}

/// `Happy hour` for `happy-hour`; a name that has spaces or capitals is for people already.
fn title(name: &str) -> String {
    if name.contains(|letter: char| letter == ' ' || letter.is_uppercase()) {
        return name.to_owned();
    }
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    #[test]
    fn a_new_crate_is_filled_in_and_has_a_valid_manifest() {
        for (kind, name) in Kind::ALL.into_iter().zip(["happy-hour", "Happy hour"]) {
            assert_eq!(kind.code().parse::<Kind>().unwrap(), kind);
            let folder = tempfile::tempdir().unwrap();
            let dir = folder.path().join("happy-hour");
            for file in new(&dir, name, kind).unwrap() {
                let text = fs::read_to_string(dir.join(&file)).unwrap();
                assert!(!text.contains("{{"), "{}: {text}", file.display());
            }
            let manifest = Manifest::parse(&fs::read_to_string(dir.join("plugin.toml")).unwrap()).unwrap();
            assert_eq!((manifest.id.as_str(), manifest.name.as_str()), ("com.example.happy-hour", "Happy hour"));
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.txt"), "mine").unwrap();
        let error = new(folder.path(), "happy-hour", Kind::Tax).unwrap_err().to_string();
        assert!(error.contains("is not an empty folder"), "{error}");
    }

    #[test]
    fn wrong_names_and_places_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("x");
        for name in ["", "9to5", "--", "core", "../x", "a\"b", "a{b}", "Ärger"] {
            assert!(new(&dir, name, Kind::Tax).is_err(), "{name}");
        }
        let elsewhere = SdkSource::Path(folder.path().join("nowhere"));
        let error = new_with_sdk(&dir, "happy-hour", Kind::Tax, &elsewhere).unwrap_err().to_string();
        assert!(error.starts_with("The SDK is not in"), "{error}");
        assert!(!dir.exists());
    }

    #[test]
    fn an_author_elsewhere_takes_the_sdk_from_git() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("x");
        new_with_sdk(&dir, "happy-hour", Kind::Tax, &SdkSource::Git("https://example.org/pos.git".into())).unwrap();
        let cargo = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
        assert!(cargo.contains(r#"pos-plugin-sdk = { git = "https://example.org/pos.git" }"#), "{cargo}");
        assert!(!dir.join("Cargo.lock").exists());
    }
}

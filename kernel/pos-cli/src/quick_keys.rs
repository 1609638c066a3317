//! Quick keys: the goods sold by a tap because they carry no barcode, or because they are sold all day.
//!
//! They are data of the shop, in `quick_keys.toml`: pages of at most thirty keys, five rows of six, whose places never
//! move by themselves. A new shop gets a page of its favourites and one for each department.

use crate::data_dir::{DataDirError, write_file};
use crate::toml_file::{self, SettingsError, TomlFileError, quoted};
use pos_domain::catalogue::Item;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// Most keys of a page.
pub const KEYS_MAX: usize = 30;
/// Longest label written by [`pages`], in characters.
const LABEL_LENGTH_MAX: usize = 22;

/// A page of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickKeyPage {
    /// Name on its tab.
    pub name: String,
    /// Keys, row by row.
    pub keys: Vec<QuickKey>,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickKey {
    /// What it enters, as if scanned.
    pub code: String,
    /// Words on it.
    pub label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickKeyFile {
    #[serde(default)]
    page: Vec<QuickKeyPage>,
}

/// Pages of a catalogue: the favourites, by code and in their order, then each department with its first articles.
pub fn pages(items: &[Item], favourites: &[&str]) -> Vec<QuickKeyPage> {
    let by_code = |code: &&str| items.iter().find(|item| item.codes.iter().any(|known| &**known == *code));
    let mut pages = vec![page("Favourites", favourites.iter().filter_map(by_code))];
    let mut departments: Vec<&str> = Vec::new();
    for item in items {
        if !item.department().is_empty() && !departments.contains(&item.department()) {
            departments.push(item.department());
        }
    }
    for department in departments {
        // "Fruit & vegetables" is "Fruit" on its tab.
        let name = department.split(" & ").next().unwrap_or(department);
        pages.push(page(name, items.iter().filter(|item| item.department() == department)));
    }
    pages.retain(|page| !page.keys.is_empty());
    pages
}

fn page<'i>(name: &str, items: impl Iterator<Item = &'i Item>) -> QuickKeyPage {
    let key = |item: &Item| Some(QuickKey { code: item.codes.first()?.to_string(), label: label(&item.name) });
    QuickKeyPage { name: name.to_owned(), keys: items.filter_map(key).take(KEYS_MAX).collect() }
}

/// The name; where it is too long for a key, without the kind before a colon, then cut between words.
fn label(name: &str) -> String {
    let is_long = name.chars().count() > LABEL_LENGTH_MAX;
    let name = name.split_once(": ").map_or(name, |(_, own)| if is_long { own } else { name });
    if name.chars().count() <= LABEL_LENGTH_MAX {
        return name.to_owned();
    }
    let cut: String = name.chars().take(LABEL_LENGTH_MAX - 1).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", whole.trim_end_matches([' ', ',', ':']))
}

/// Reads `quick_keys.toml`; a shop without the file has no keys.
pub fn read_pages(file: &Path) -> Result<Vec<QuickKeyPage>, SettingsError> {
    match toml_file::read(file) {
        Ok(text) => Ok(from_toml(file, &text)?),
        Err(SettingsError::Missing { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Writes `quick_keys.toml`, whole or not at all.
pub fn write_pages(file: &Path, pages: &[QuickKeyPage]) -> Result<(), DataDirError> {
    write_file(file, &to_toml(pages))
}

/// The text of `quick_keys.toml`.
pub fn to_toml(pages: &[QuickKeyPage]) -> String {
    let mut text = format!(
        "# Quick keys of the register: pages of at most {KEYS_MAX} keys, row by row, six in a row.\n\
         # A key enters its code as if it had been scanned; \"3*2001\" carries a quantity, \"-1*9031\" takes an empty bottle back.\n"
    );
    for QuickKeyPage { name, keys } in pages {
        // Writing to a String cannot fail.
        let _never = writeln!(text, "\n[[page]]\nname = {}\nkeys = [", quoted(name));
        for QuickKey { code, label } in keys {
            let _never = writeln!(text, "  {{ code = {}, label = {} }},", quoted(code), quoted(label));
        }
        text.push_str("]\n");
    }
    text
}

/// Reads `quick_keys.toml`.
pub fn from_toml(file: &Path, text: &str) -> Result<Vec<QuickKeyPage>, TomlFileError> {
    let QuickKeyFile { page: pages } = toml_file::parse(file, text)?;
    for (index, page) in pages.iter().enumerate() {
        if page.keys.len() > KEYS_MAX {
            let problem =
                format!("The page has {} keys. Move some to another page: it holds {KEYS_MAX}.", page.keys.len());
            return Err(toml_file::refuse(file, text, &format!("page.{index}.keys"), problem));
        }
        if let Some(empty) = page.keys.iter().position(|key| key.code.trim().is_empty()) {
            let key = format!("page.{index}.keys.{empty}.code");
            return Err(toml_file::refuse(
                file,
                text,
                &key,
                "The code is empty. Enter the article's code, or remove the key.",
            ));
        }
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_words() {
        assert_eq!(label("Bananas"), "Bananas");
        assert_eq!(label("Home-made lemonade 0.3 l"), "Home-made lemonade…");
        assert_eq!(label("Paperback: The Long Aisle"), "The Long Aisle");
        assert_eq!(label("Guide: Lakes"), "Guide: Lakes");
        assert_eq!(label("Donaudampfschifffahrtsgesellschaft"), "Donaudampfschifffahrt…");
    }

    #[test]
    fn keys_survive_their_file() {
        let keys = vec![QuickKey { code: "3*2001".into(), label: "Apple \"Gala\"\\".into() }];
        let pages =
            vec![QuickKeyPage { name: "Früchte".into(), keys }, QuickKeyPage { name: "Bar".into(), keys: Vec::new() }];
        assert_eq!(from_toml(Path::new("f"), &to_toml(&pages)), Ok(pages.clone()));
        assert_eq!(from_toml(Path::new("f"), ""), Ok(Vec::new()));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("quick_keys.toml");
        assert_eq!(read_pages(&file).unwrap(), []);
        write_pages(&file, &pages).unwrap();
        assert_eq!(read_pages(&file).unwrap(), pages);
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_stands() {
        let check = |text: &str, expected: &str| {
            assert_eq!(from_toml(Path::new("quick_keys.toml"), text).unwrap_err().to_string(), expected);
        };
        check(
            "[[page]]\nname = \"Bar\"\nkeys = [\n  { code = \"8011\", label = \"Ale\" },\n  { code = \" \", label = \"?\" },\n]\n",
            "quick_keys.toml, line 5, column 12, key \"page.0.keys.1.code\": The code is empty. Enter the article's code, or remove the key.",
        );
        let key = QuickKey { code: "1".into(), label: "a".into() };
        let full = to_toml(&[QuickKeyPage { name: "Bar".into(), keys: vec![key; 31] }]);
        check(
            &full,
            "quick_keys.toml, line 6, column 8, key \"page.0.keys\": The page has 31 keys. Move some to another page: it holds 30.",
        );
    }
}

//! Tidiness as a test: top level, crate docs, code map, forbidden words.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files under version control, or all files that are not ignored where there is no git.
fn files() -> Vec<String> {
    let listed =
        Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&listed.stderr));
    let text = String::from_utf8(listed.stdout).unwrap();
    text.lines().filter(|file| root().join(file).is_file()).map(str::to_owned).collect()
}

fn sources() -> Vec<(String, String)> {
    let rust = files().into_iter().filter(|file| file.ends_with(".rs"));
    rust.map(|file| (file.clone(), std::fs::read_to_string(root().join(&file)).unwrap())).collect()
}

#[test]
fn the_top_level_is_exactly_what_was_agreed() {
    let agreed = ["Cargo.lock", "Cargo.toml", "README.md", "kernel", "plugin-sdk", "plugins", "scripts", "tests", "ui"];
    let mut found: Vec<String> = files()
        .iter()
        .filter_map(|file| file.split('/').next().map(str::to_owned))
        .filter(|name| !name.starts_with('.'))
        .collect();
    found.sort();
    found.dedup();
    assert_eq!(found, agreed);
}

#[test]
fn every_source_file_says_what_it_is() {
    let silent: Vec<String> =
        sources().into_iter().filter(|(_, text)| !text.trim_start().starts_with("//!")).map(|(file, _)| file).collect();
    assert!(silent.is_empty(), "files without a module comment: {silent:?}");
}

#[test]
fn the_code_map_names_every_crate_and_module() {
    let map = std::fs::read_to_string(root().join("kernel/ARCHITECTURE.md")).unwrap();
    let mut missing = Vec::new();
    for (file, _) in sources() {
        let parts: Vec<&str> = file.split('/').collect();
        // kernel/pos-x/src/module.rs or kernel/pos-x/src/module/…: the crate and its top modules stand in the map.
        let Some(place) = parts.iter().position(|part| *part == "src") else { continue };
        let (Some(name), Some(module)) = (place.checked_sub(1).map(|index| parts[index]), parts.get(place + 1)) else {
            continue;
        };
        let module = module.trim_end_matches(".rs");
        if ["lib", "main", "bin"].contains(&module) {
            continue;
        }
        let section = map.split("\n### ").find(|section| section.starts_with(&format!("`{name}`")));
        match section {
            None => missing.push(name.to_owned()),
            Some(section) if !section.contains(&format!("`{module}`")) => missing.push(format!("{name}: {module}")),
            Some(_) => {}
        }
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "not in the code map of kernel/ARCHITECTURE.md: {missing:#?}");
}

#[test]
fn nothing_is_left_half_done() {
    // Spelt apart, so that this list does not find itself.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat(), ["#[ig", "nore"].concat()];
    let mut found = Vec::new();
    for (file, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark.as_str())) {
                found.push(format!("{file}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "half-done places: {found:?}");
}

#[test]
fn money_code_has_no_floating_point() {
    let floats = ["f32", "f64"];
    let mut found = Vec::new();
    for (file, text) in sources() {
        if !(file.starts_with("kernel/pos-money/") || file.starts_with("kernel/pos-domain/")) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let words = || code.split(|character: char| !character.is_alphanumeric() && character != '_');
            if floats.iter().any(|float| words().any(|word| word == *float)) {
                found.push(format!("{file}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "floating point in money code: {found:?}");
    let wit = std::fs::read_to_string(root().join("plugin-sdk/wit/plugin.wit")).unwrap();
    let code = wit.lines().map(|line| line.split("//").next().unwrap_or_default());
    assert!(code.into_iter().all(|line| !line.contains("f32") && !line.contains("f64")), "floats in the contract");
}

#[test]
fn documents_are_there_and_the_readme_is_short() {
    for file in [
        "README.md",
        "kernel/ARCHITECTURE.md",
        "kernel/STYLE.md",
        "kernel/CHANGELOG.md",
        "kernel/LICENSE-MIT",
        "kernel/LICENSE-APACHE",
        "plugin-sdk/GUIDE.md",
        "scripts/GUIDE.md",
        "ui/GUIDE.md",
        ".ci/run",
    ] {
        assert!(root().join(file).is_file(), "{file} is missing");
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 220, "the README has {} lines", readme.lines().count());
    for command in ["cargo run --release -- demo", "cargo test --workspace"] {
        assert!(readme.contains(command), "the README does not name `{command}`");
    }
}

//! The cache of compiled code: used when it is whole, made again when it is not.

use crate::basket::snapshot;
use crate::guest::Guest;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource};
use pos_domain::pricing::proposal::{Proposal, Stage};
use pos_wasm::{ComponentLoader, HostOptions, Limits};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn loader(folder: &Path) -> ComponentLoader {
    let cache_dir = Some(folder.join("compiled"));
    ComponentLoader::new(HostOptions { cache_dir, limits: Limits::default() }).unwrap()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> =
        fs::read_dir(folder.join("compiled")).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn check_works(plugin: &dyn Extension) {
    assert_eq!(plugin.propose(Stage::Line, &Arc::new(snapshot(2))), Ok(Proposal::default()));
}

#[test]
fn an_entry_is_used_by_the_next_start_and_made_again_when_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let source = Guest::new().source();
    check_works(&*loader(folder.path()).load(&source).unwrap());
    let [entry] = entries(folder.path()).try_into().unwrap();
    let whole = fs::read(&entry).unwrap();
    let written = fs::metadata(&entry).unwrap().modified().unwrap();
    check_works(&*loader(folder.path()).load(&source).unwrap());
    assert_eq!(fs::metadata(&entry).unwrap().modified().unwrap(), written, "it was used, not written again");

    let mut damages = vec![Vec::new(), b"not ours".to_vec(), whole[..whole.len() / 2].to_vec()];
    for index in [0, 40, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[index] ^= 0x10;
        damages.push(flipped);
    }
    for damaged in damages {
        fs::write(&entry, &damaged).unwrap();
        check_works(&*loader(folder.path()).load(&source).unwrap());
        assert_eq!(fs::read(&entry).unwrap(), whole, "it was made again");
    }
    assert_eq!(entries(folder.path()).len(), 1);
}

#[test]
fn another_component_or_configuration_has_another_entry() {
    let folder = tempfile::tempdir().unwrap();
    let source = Guest::new().source();
    let loader = loader(folder.path());
    loader.load(&source).unwrap();
    loader.load(&ExtensionSource { configuration: "{ }".to_owned(), ..source.clone() }).unwrap();
    let mut other = Guest::new();
    other.before_propose("nop");
    loader.load(&other.source()).unwrap();
    assert_eq!(entries(folder.path()).len(), 3);

    // One component's entry under another's name is not taken for it.
    let names = entries(folder.path());
    fs::copy(&names[0], &names[1]).unwrap();
    for source in [&source, &other.source()] {
        check_works(&*loader.load(source).unwrap());
    }
}

#[test]
fn without_a_folder_to_write_to_plugins_still_load() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("compiled"), "a file where the folder should be").unwrap();
    check_works(&*loader(folder.path()).load(&Guest::new().source()).unwrap());
}

#[cfg(unix)]
#[test]
fn the_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    loader(folder.path()).load(&Guest::new().source()).unwrap();
    assert_eq!(fs::metadata(folder.path().join("compiled")).unwrap().permissions().mode() & 0o777, 0o700);
}

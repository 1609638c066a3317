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
    // The configured component, and the one that it was configured in.
    let made = entries(folder.path());
    assert_eq!(made.len(), 2);
    let of_all = |what: fn(&PathBuf) -> Vec<u8>| made.iter().map(what).collect::<Vec<_>>();
    let contents = || of_all(|entry| fs::read(entry).unwrap());
    let written = || made.iter().map(|entry| fs::metadata(entry).unwrap().modified().unwrap()).collect::<Vec<_>>();
    let (whole, when) = (contents(), written());
    check_works(&*loader(folder.path()).load(&source).unwrap());
    assert_eq!(written(), when, "they were used, not written again");

    let damage = |at: usize| {
        move |content: &Vec<u8>| {
            let mut flipped = content.clone();
            let place = at.min(content.len() - 1);
            flipped[place] ^= 0x10;
            flipped
        }
    };
    let middle = whole[0].len().min(whole[1].len()) / 2;
    let mut damages: Vec<Vec<Vec<u8>>> =
        [0, 40, middle, usize::MAX].map(|at| whole.iter().map(damage(at)).collect()).into();
    damages.push(vec![Vec::new(), b"not ours".to_vec()]);
    damages.push(whole.iter().map(|content| content[..content.len() / 2].to_vec()).collect());
    for damaged in damages {
        for (entry, content) in made.iter().zip(damaged) {
            fs::write(entry, content).unwrap();
        }
        check_works(&*loader(folder.path()).load(&source).unwrap());
        let (again, when) = (contents(), written());
        assert!(again.iter().zip(&whole).all(|(one, other)| one.len() == other.len()), "they were made again");
        check_works(&*loader(folder.path()).load(&source).unwrap());
        assert_eq!((contents(), written()), (again, when), "and are used");
    }
    assert_eq!(entries(folder.path()), made);
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
    // Two components to be configured in, three configured ones.
    assert_eq!(entries(folder.path()).len(), 5);

    // One component's entry under another's name is not taken for it.
    let names = entries(folder.path());
    for other in &names[1..] {
        fs::copy(&names[0], other).unwrap();
    }
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

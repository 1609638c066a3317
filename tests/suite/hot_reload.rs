//! A rule saved while the shop is open: used by the next basket; a broken one keeps its last good version.

use pos_api::diagnostic::Diagnostic;
use pos_api::port::{ExtensionLoader, ExtensionSource};
use pos_kernel::watch::Watcher;
use pos_kernel::{RuleNews, Rules};
use pos_rhai::ScriptLoader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const TEN: &str =
    "// Ten percent.\nfn discount(basket) {\n    basket.items.percent_off(10).called(\"Ten percent\");\n}\n";

fn sources(folder: &Path) -> Vec<ExtensionSource> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| ExtensionSource {
            manifest: String::new(),
            code: std::fs::read(&path).unwrap().into(),
            configuration: "{}".into(),
            file: path,
        })
        .collect()
}

fn load(folder: &Path, last_good: Option<PathBuf>) -> (Arc<Rules>, Vec<RuleNews>) {
    let loaders: Vec<Arc<dyn ExtensionLoader>> = vec![Arc::new(ScriptLoader::new())];
    let folder = folder.to_owned();
    Rules::load(loaders, Box::new(move || sources(&folder)), last_good)
}

fn broken(news: &[RuleNews]) -> Option<(&Diagnostic, bool)> {
    news.iter().find_map(|news| match news {
        RuleNews::Broken { diagnostic, kept } => Some((diagnostic.as_ref(), *kept)),
        _ => None,
    })
}

#[test]
fn a_broken_script_keeps_its_last_good_version_even_over_a_restart() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = folder.path().join("ten.rhai");
    std::fs::write(&file, TEN).unwrap();
    let (rules, news) = load(folder.path(), Some(copies.path().to_owned()));
    assert!(matches!(news.as_slice(), [RuleNews::Loaded { .. }]), "{news:?}");
    let good = rules.current();
    assert_eq!(good.members.len(), 1);

    std::fs::write(&file, TEN.replace("percent_off", "percnt_off")).unwrap();
    let news = rules.reload();
    let (diagnostic, kept) = broken(&news).unwrap();
    assert!(kept);
    assert_eq!((diagnostic.line, diagnostic.column), (3, 18), "{diagnostic}");
    assert!(diagnostic.problem.contains("percent_off"), "{diagnostic}");
    assert_eq!(rules.current().hash, good.hash, "the set did not change");

    // Every prefix of a valid script, as a slow editor would save it, leaves a working rule behind.
    for end in 0..TEN.len() {
        std::fs::write(&file, &TEN[..end]).unwrap();
        rules.reload();
        assert_eq!(rules.current().members.len(), 1, "after saving {end} bytes");
    }

    std::fs::write(&file, TEN.replace("percent_off", "percnt_off")).unwrap();
    let (restarted, news) = load(folder.path(), Some(copies.path().to_owned()));
    assert!(broken(&news).unwrap().1, "{news:?}");
    assert_eq!(restarted.current().members.len(), 1);
}

#[test]
fn a_saved_script_is_in_use_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ten.rhai");
    std::fs::write(&file, TEN).unwrap();
    let (rules, _) = load(folder.path(), None);
    let before = rules.current();
    let (news_in, news) = crossbeam_channel::bounded(16);
    let watched = [folder.path().to_owned()];
    let _watcher = Watcher::start(Arc::clone(&rules), &watched, move |news| news_in.send(news).unwrap()).unwrap();
    std::fs::write(&file, TEN.replace("10", "15")).unwrap();
    // The debounce takes 300 ms; a busy machine gets time to spare.
    let heard = news.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(heard, RuleNews::Loaded { .. }), "{heard:?}");
    assert_ne!(rules.current().hash, before.hash);
    assert_eq!(before.members.len(), 1, "a basket that pinned the old set still has it");
}

//! A rule saved while the shop is open: used by the next basket; a broken one keeps its last good version.

use pos_api::diagnostic::Diagnostic;
use pos_api::port::{ExtensionLoader, ExtensionSource};
use pos_cli::data_dir::{DataDir, write_file};
use pos_cli::demo_catalogue::demo_shop;
use pos_cli::init::write_shop;
use pos_cli::session::{Session, SessionOptions, open_store};
use pos_kernel::dispatch::News;
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

/// What the session says next of a rule.
fn next_news(session: &Session) -> RuleNews {
    match session.news.recv_timeout(Duration::from_secs(60)).unwrap() {
        News::Rule(news) => news,
        other => panic!("{other:?}"),
    }
}

#[test]
fn offers_are_used_when_saved_and_a_broken_file_keeps_those_in_use() {
    const OFFERS: &str = "[[offer]]\nid = \"ten\"\nlabel = \"Ten\"\nitems = \"all\"\npercent_off = \"10 %\"\n";
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    drop(data.lock().unwrap());
    let shop = demo_shop().unwrap();
    drop(open_store(&data, &shop).unwrap());
    write_shop(&data.shop_toml(), &shop).unwrap();
    let options = SessionOptions { devices: false, ..SessionOptions::default() };
    let session = Session::open(data.clone(), options).unwrap();
    let ids = || -> Vec<String> {
        session.rules.current().members.iter().map(|member| member.extension.about().id.to_string()).collect()
    };
    assert_eq!(ids(), ["org.pos-kernel.tax-table"], "a shop without offers does not load the plugin");

    write_file(&data.offers_toml(), OFFERS).unwrap();
    let news = next_news(&session);
    assert!(matches!(&news, RuleNews::Loaded { name, .. } if &**name == "Promotions"), "{news:?}");
    assert_eq!(ids(), ["org.pos-kernel.promotions", "org.pos-kernel.tax-table"]);
    let good = session.rules.current();

    write_file(&data.offers_toml(), &OFFERS.replace("percent_off", "percent_of")).unwrap();
    let RuleNews::Broken { diagnostic, kept } = next_news(&session) else { panic!("it was loaded") };
    assert!(kept, "{diagnostic}");
    assert_eq!((diagnostic.file.as_str(), diagnostic.line, diagnostic.column), ("config/offers.toml", 5, 1));
    assert!(diagnostic.action.contains("percent_off"), "{diagnostic}");
    assert_eq!(session.rules.current().hash, good.hash, "the set did not change");

    std::fs::remove_file(data.offers_toml()).unwrap();
    assert!(matches!(next_news(&session), RuleNews::Removed { .. }));
    assert_eq!(ids(), ["org.pos-kernel.tax-table"]);
    session.close().unwrap();
}

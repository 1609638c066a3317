//! Rule sets: immutable, named by their content, swapped while the shop is open.
//!
//! [`Rules`] loads what its sources list, keeps the last good version of whatever fails to load, and publishes each
//! result as a new [`RuleSet`]. A failing extension costs its own proposal: it is left out and named; after three
//! failures in ten minutes it is quarantined, and asked again only in a new version.

use arc_swap::ArcSwap;
use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource, FailureKind, Runtime};
use pos_domain::time::Moment;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Failures within [`QUARANTINE_MS`] after which an extension is no longer asked.
const QUARANTINE_FAILURES: usize = 3;
/// Ten minutes.
const QUARANTINE_MS: i64 = 600_000;

/// An extension in a rule set, with its record of failures.
pub struct Member {
    /// The extension.
    pub extension: Arc<dyn Extension>,
    failures: Mutex<Vec<i64>>,
}

impl Member {
    fn new(extension: Arc<dyn Extension>) -> Arc<Member> {
        Arc::new(Member { extension, failures: Mutex::new(Vec::new()) })
    }

    /// Whether it failed too often to be asked again.
    pub fn is_quarantined(&self) -> bool {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).len() >= QUARANTINE_FAILURES
    }

    /// Records a failure; true when it has just been quarantined.
    pub(crate) fn record_failure(&self, kind: FailureKind, now: Moment) -> bool {
        // A refusal is an expected answer, not a broken extension.
        if kind == FailureKind::Refused {
            return false;
        }
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= QUARANTINE_FAILURES {
            return false;
        }
        failures.retain(|at| now.unix_ms - at < QUARANTINE_MS);
        failures.push(now.unix_ms);
        failures.len() >= QUARANTINE_FAILURES
    }
}

/// Extensions a basket is priced under.
pub struct RuleSet {
    /// Content hash of all of them: the set's name.
    pub hash: Arc<str>,
    /// By id.
    pub members: Vec<Arc<Member>>,
    /// Names of rules that could not be loaded in any version.
    pub broken: Vec<Arc<str>>,
}

impl RuleSet {
    fn new(mut members: Vec<Arc<Member>>, broken: Vec<Arc<str>>) -> RuleSet {
        members.sort_by(|one, other| one.extension.about().id.cmp(&other.extension.about().id));
        let mut hasher = Sha256::new();
        for member in &members {
            let about = member.extension.about();
            for part in [&about.id, &about.version, &about.content_hash] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        let hash: String = hex::encode(hasher.finalize()).chars().take(16).collect();
        RuleSet { hash: hash.into(), members, broken }
    }

    /// The one extension that assesses tax, if there is one.
    pub fn assessor(&self) -> Option<&Arc<Member>> {
        self.members.iter().filter(|member| member.extension.about().assesses_tax).max_by(|one, other| {
            let (one, other) = (one.extension.about(), other.extension.about());
            one.priority.cmp(&other.priority).then_with(|| other.id.cmp(&one.id))
        })
    }
}

/// What changed in the rules, told to the cashier and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleNews {
    /// A rule is new or has a new version; the next basket uses it.
    Loaded {
        /// Its name.
        name: Arc<str>,
        /// Its version.
        version: Arc<str>,
    },
    /// A rule was taken away.
    Removed {
        /// Its name.
        name: Arc<str>,
    },
    /// A rule could not be loaded.
    Broken {
        /// What is wrong.
        diagnostic: Box<Diagnostic>,
        /// An earlier version goes on.
        kept: bool,
    },
    /// A rule failed too often and is no longer asked.
    Quarantined {
        /// Its name.
        name: Arc<str>,
    },
}

/// Lists what should be loaded; asked again on every reload.
pub type Sources = Box<dyn Fn() -> Vec<ExtensionSource> + Send + Sync>;

/// The rules of a shop.
pub struct Rules {
    current: ArcSwap<RuleSet>,
    loaders: Vec<Arc<dyn ExtensionLoader>>,
    sources: Sources,
    last_good: Option<PathBuf>,
    known: Mutex<BTreeMap<PathBuf, Known>>,
}

/// What is known of one source file.
struct Known {
    /// What was last tried.
    source: ExtensionSource,
    /// The last version that loaded.
    good: Option<Arc<Member>>,
    /// Whether the last try failed.
    problem: Option<Box<Diagnostic>>,
}

impl Rules {
    /// Loads what `sources` lists. `last_good` is a folder for copies of scripts that loaded, so that a script broken
    /// while the register was off still has its last good version.
    pub fn load(
        loaders: Vec<Arc<dyn ExtensionLoader>>,
        sources: Sources,
        last_good: Option<PathBuf>,
    ) -> (Arc<Rules>, Vec<RuleNews>) {
        let rules = Arc::new(Rules {
            current: ArcSwap::from_pointee(RuleSet::new(Vec::new(), Vec::new())),
            loaders,
            sources,
            last_good,
            known: Mutex::new(BTreeMap::new()),
        });
        let news = rules.reload();
        (rules, news)
    }

    /// A fixed set without files behind it.
    pub fn fixed(extensions: Vec<Arc<dyn Extension>>) -> Arc<Rules> {
        let members = extensions.into_iter().map(Member::new).collect();
        Arc::new(Rules {
            current: ArcSwap::from_pointee(RuleSet::new(members, Vec::new())),
            loaders: Vec::new(),
            sources: Box::new(Vec::new),
            last_good: None,
            known: Mutex::new(BTreeMap::new()),
        })
    }

    /// The set that the next basket uses.
    pub fn current(&self) -> Arc<RuleSet> {
        self.current.load_full()
    }

    /// Problems of the last load, for the back office and `pos rules`.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().filter_map(|known| known.problem.as_deref().cloned()).collect()
    }

    /// Looks at every source again; compiles what changed, publishes the new set, and says what is new.
    pub fn reload(&self) -> Vec<RuleNews> {
        let sources = (self.sources)();
        if self.loaders.is_empty() {
            return Vec::new();
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut news = Vec::new();
        known.retain(|file, entry| {
            let stays = sources.iter().any(|source| source.file == *file);
            if let (false, Some(member)) = (stays, &entry.good) {
                news.push(RuleNews::Removed { name: member.extension.about().name.clone() });
            }
            stays
        });
        for source in sources {
            let before = known.remove(&source.file);
            let entry = self.refresh(source, before, &mut news);
            known.insert(entry.source.file.clone(), entry);
        }
        let members: Vec<Arc<Member>> = known.values().filter_map(|entry| entry.good.clone()).collect();
        let broken = known
            .values()
            .filter(|entry| entry.good.is_none())
            .filter_map(|entry| entry.problem.as_ref().map(|problem| problem.rule.as_str().into()))
            .collect();
        let set = RuleSet::new(members, broken);
        if set.hash != self.current.load().hash || set.broken != self.current.load().broken {
            tracing::info!(rule_set = %set.hash, extensions = set.members.len(), "rules swapped");
            self.current.store(Arc::new(set));
        }
        news
    }

    fn refresh(&self, source: ExtensionSource, before: Option<Known>, news: &mut Vec<RuleNews>) -> Known {
        if let Some(before) = &before
            && before.source.code == source.code
            && before.source.manifest == source.manifest
            && before.source.configuration == source.configuration
        {
            return Known { source, good: before.good.clone(), problem: before.problem.clone() };
        }
        let good_before = before.and_then(|before| before.good);
        match self.compile(&source) {
            Ok(extension) => {
                self.remember(&source);
                let about = extension.about();
                news.push(RuleNews::Loaded { name: about.name.clone(), version: about.version.clone() });
                Known { source, good: Some(Member::new(extension)), problem: None }
            }
            Err(mut diagnostic) => {
                let good = good_before.or_else(|| self.recall(&source).map(Member::new));
                diagnostic.consequence = match &good {
                    Some(member) => format!(
                        "version {} of this rule is still in use; sales go on.",
                        member.extension.about().version
                    ),
                    None => "sales go on without this rule; cashiers see that it is unavailable.".to_owned(),
                };
                news.push(RuleNews::Broken { diagnostic: diagnostic.clone(), kept: good.is_some() });
                Known { source, good, problem: Some(diagnostic) }
            }
        }
    }

    fn compile(&self, source: &ExtensionSource) -> Result<Arc<dyn Extension>, Box<Diagnostic>> {
        let runtime = if source.manifest.is_empty() { Runtime::Rhai } else { Runtime::Component };
        match self.loaders.iter().find(|loader| loader.runtime() == runtime) {
            Some(loader) => loader.load(source),
            None => Err(Box::new(Diagnostic {
                rule: source.file.display().to_string(),
                file: source.file.display().to_string(),
                problem: format!("this register has no host for {} extensions", runtime.code()),
                ..Diagnostic::default()
            })),
        }
    }

    fn last_good_path(&self, source: &ExtensionSource) -> Option<PathBuf> {
        if !source.manifest.is_empty() {
            return None;
        }
        Some(self.last_good.as_ref()?.join(source.file.file_name()?))
    }

    /// Keeps a copy of a script that loaded. A copy that cannot be written is only missed after the next restart.
    fn remember(&self, source: &ExtensionSource) {
        let Some(path) = self.last_good_path(source) else { return };
        let written =
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, &source.code));
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), %error, "no copy of a good rule was kept");
        }
    }

    fn recall(&self, source: &ExtensionSource) -> Option<Arc<dyn Extension>> {
        let code = std::fs::read(self.last_good_path(source)?).ok()?;
        self.compile(&ExtensionSource { code: code.into(), ..source.clone() }).ok()
    }
}

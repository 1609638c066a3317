//! A shop opened: data folder locked, storage, rules and devices wired to a kernel.

use crate::data_dir::{DataDir, DataLock};
use crate::init;
use crate::offers::{self, OffersLoader};
use crate::outbox;
use crate::starts::{LastRun, Run};
use anyhow::Context;
use crossbeam_channel::{Receiver, bounded};
use pos_api::port::{Clock, Devices, ExtensionLoader, ExtensionSource, Scope, Store};
use pos_devices::{DevicesConfig, open_devices};
use pos_domain::Refusal;
use pos_domain::shop::Shop;
use pos_kernel::clock::{OrderedIds, SystemClock};
use pos_kernel::dispatch::{LogOn, News};
use pos_kernel::outbox::Deliveries;
use pos_kernel::watch::Watcher;
use pos_kernel::{Kernel, Parts, RuleNews, Rules};
use pos_rhai::ScriptLoader;
use pos_storage::{SqliteStore, StoreOptions};
use pos_wasm::{ComponentLoader, HostOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// News that may wait to be shown; older ones are only in the log then.
const NEWS_MAX: usize = 256;

/// Kept for the day the disk is full: room for the log to be moved into the database, and for the sale in hand.
const RESERVE_BYTES: u64 = 16 << 20;

/// How a shop is opened.
pub struct SessionOptions {
    /// Time; none: the machine's clock in the shop's zone.
    pub clock: Option<Arc<dyn Clock>>,
    /// Use the printer and drawer of `devices.toml`.
    pub devices: bool,
    /// Reload rules when their files change.
    pub watch: bool,
    /// Other rules than the shop's own.
    pub rules: Option<Arc<Rules>>,
    /// It is a register, and runs until it is closed: what became of the last run is told, and the journal is looked through.
    pub register: bool,
    /// Who must log on: people at a register; on a command line nobody, since whoever can write into the folder owns the shop.
    pub log_on: LogOn,
}

impl Default for SessionOptions {
    fn default() -> Self {
        SessionOptions { clock: None, devices: true, watch: true, rules: None, register: false, log_on: LogOn::Needed }
    }
}

impl SessionOptions {
    /// For a register, with or without a window.
    pub fn of_register() -> SessionOptions {
        SessionOptions { register: true, ..SessionOptions::default() }
    }

    /// For a command line: the owner of the folder acts, and nothing is reloaded meanwhile.
    pub fn of_owner() -> SessionOptions {
        SessionOptions { watch: false, log_on: LogOn::Owner, ..SessionOptions::default() }
    }
}

/// A shop that is open in this process.
pub struct Session {
    /// Its folder.
    pub data: DataDir,
    /// Its settings.
    pub shop: Shop,
    /// Its storage.
    pub store: Arc<SqliteStore>,
    /// Its rules.
    pub rules: Arc<Rules>,
    /// What became of rules and devices, newest last.
    pub news: Receiver<News>,
    /// Its kernel.
    pub kernel: Kernel,
    // Dropped last: the folder stays ours until everything else is closed.
    keep: Keep,
}

/// What must live as long as the session and is not used otherwise.
pub struct Keep {
    run: Option<Arc<Run>>,
    check: Option<Check>,
    deliveries: Option<Deliveries>,
    _watcher: Option<Watcher>,
    _lock: DataLock,
}

impl Keep {
    /// To be called once customers can be served: the next start need not be a careful one.
    pub fn readiness(&self) -> impl Fn() + Send + Sync + use<> {
        let run = self.run.clone();
        move || run.iter().for_each(|run| run.ready())
    }

    /// Ends what runs behind; the storage is nobody's afterwards.
    pub fn stop(&mut self) {
        self.check = None;
        self.deliveries = None;
    }

    /// The register was closed as it should be. The storage must be closed before.
    pub fn end(mut self) {
        if let Some(run) = self.run.take() {
            run.end();
        }
    }
}

/// The parts of a session, for whoever runs the kernel on a thread of its own.
pub struct SessionParts {
    /// The kernel.
    pub kernel: Kernel,
    /// The storage.
    pub store: Arc<SqliteStore>,
    /// The rules.
    pub rules: Arc<Rules>,
    /// News.
    pub news: Receiver<News>,
    /// To be kept until the kernel has ended.
    pub keep: Keep,
}

impl Session {
    /// Opens the shop in `data`.
    pub fn open(data: DataDir, options: SessionOptions) -> anyhow::Result<Session> {
        let (lock, shop) = lock_and_read(&data)?;
        Session::with_shop(data, lock, shop, options)
    }

    /// Opens the shop in `data` under settings that were read (or made) already.
    pub fn with_shop(data: DataDir, lock: DataLock, shop: Shop, options: SessionOptions) -> anyhow::Result<Session> {
        let SessionOptions { clock, devices, watch, rules, register, log_on } = options;
        // A setting or a database that is refused is no failed start: leaving extensions out would not help.
        let reserve_bytes = if register { RESERVE_BYTES } else { 0 };
        let (emergency, consumers) = match register {
            true => (outbox::emergency_file(&data, &shop)?, outbox::consumers(&data, &shop)?),
            false => (None, Vec::new()),
        };
        let store = open_store_with(&data, StoreOptions { reserve_bytes, emergency, ..options_of(&shop) })?;
        if register {
            check_tail(&store)?;
        }
        let (run, last_run) = match register.then(|| Run::begin(&data)) {
            Some(Ok((run, last))) => (Some(Arc::new(run)), last),
            // A full disk keeps nobody from selling.
            Some(Err(error)) => {
                tracing::warn!("that the register starts could not be noted: {error}");
                (None, LastRun::Closed)
            }
            None => (None, LastRun::Closed),
        };
        let safe_mode = last_run.needs_safe_mode();
        let (news_in, news) = bounded(NEWS_MAX);
        let tell: Arc<dyn Fn(News) + Send + Sync> = Arc::new(move |news| {
            if news_in.try_send(news).is_err() {
                tracing::warn!("news for the screen was dropped: nobody reads it");
            }
        });
        if let LastRun::NeverReady(count) = last_run
            && safe_mode
        {
            tell(News::SafeMode(count));
        }
        if let Some(problem) = store.no_second_disk() {
            tell(News::Disk(problem.to_owned(), "Have that folder looked at, and start the register again."));
        }
        let own_rules = rules.is_none() && !safe_mode;
        let rules = match rules {
            Some(rules) => rules,
            None => {
                let (rules, found) = load_rules(&data, safe_mode);
                for news in found.into_iter().filter(|news| matches!(news, RuleNews::Broken { .. })) {
                    tell(News::Rule(news));
                }
                rules
            }
        };
        let watcher = if watch && own_rules {
            let folders = [data.scripts(), data.plugins(), data.config()];
            let tell = Arc::clone(&tell);
            let watcher = Watcher::start(Arc::clone(&rules), &folders, move |news| tell(News::Rule(news)));
            Some(watcher.context("The rules' folders cannot be watched for changes")?)
        } else {
            None
        };
        let devices = if devices && !safe_mode { devices_of(&data)? } else { Devices::default() };
        let clock: Arc<dyn Clock> = match clock {
            Some(clock) => clock,
            None => {
                Arc::new(SystemClock::new(&shop.zone).with_context(|| format!("The zone {} is unknown", shop.zone))?)
            }
        };
        let kernel = Kernel::start(Parts {
            shop: shop.clone(),
            store: Arc::<SqliteStore>::clone(&store),
            rules: Arc::clone(&rules),
            clock: Arc::clone(&clock),
            ids: Arc::<OrderedIds>::default(),
            devices,
            log_on,
            news: Arc::clone(&tell),
        })
        .map_err(in_words)?;
        if last_run != LastRun::Closed {
            tell(News::Restarted(Box::new(kernel.restarted().map_err(in_words)?)));
        }
        let check = register.then(|| Check::start(Arc::clone(&store), tell)).transpose()?;
        let deliveries = match register && !safe_mode {
            true => {
                let outbox = Arc::<SqliteStore>::clone(&store);
                Some(Deliveries::start(outbox, consumers, clock).context("The outbox could not be started")?)
            }
            false => None,
        };
        let keep = Keep { run, check, deliveries, _watcher: watcher, _lock: lock };
        Ok(Session { data, shop, store, rules, news, kernel, keep })
    }

    /// Customers can be served.
    pub fn ready(&self) {
        self.keep.readiness()();
    }

    /// Waits for receipts and events, and closes the shop.
    pub fn close(self) -> anyhow::Result<()> {
        let Session { kernel, mut keep, store, .. } = self;
        kernel.finish().map_err(in_words)?;
        keep.stop();
        drop(store);
        keep.end();
        Ok(())
    }

    /// Takes the session apart.
    pub fn into_parts(self) -> SessionParts {
        let Session { kernel, store, rules, news, keep, .. } = self;
        SessionParts { kernel, store, rules, news, keep }
    }
}

fn in_words(refusal: Refusal) -> anyhow::Error {
    anyhow::anyhow!("{refusal} {}", refusal.next())
}

/// The whole check of what is stored, behind a register that sells; it ends with this.
struct Check {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Check {
    fn start(store: Arc<SqliteStore>, tell: Arc<dyn Fn(News) + Send + Sync>) -> anyhow::Result<Check> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let check = move || match store.verify(Scope::Whole(&stopped)) {
            Ok(found) if found.problems.is_empty() => {
                tracing::info!(records = found.records, "what is stored was looked through: nothing is wrong");
            }
            Ok(found) => tell(News::Alarm(found.problems)),
            Err(_) if stopped.load(Ordering::Relaxed) => {}
            Err(error) => tell(News::Alarm(vec![error.to_string()])),
        };
        let thread = std::thread::Builder::new()
            .name("journal-check".into())
            .spawn(check)
            .context("The check of the journal could not be started")?;
        Ok(Check { stop, thread: Some(thread) })
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the check of the journal ended in a panic");
        }
    }
}

/// What was sold since the last closing is looked through before anything is added to it.
fn check_tail(store: &SqliteStore) -> anyhow::Result<()> {
    let found = store.verify(Scope::Tail)?;
    let Some(first) = found.problems.first() else { return Ok(()) };
    anyhow::bail!(
        "The end of the journal is not what was written ({} problem(s)): {first}\n\
         Nothing was changed. Keep the folder as it is, and let `pos salvage` build a new one of what can be read, the newest backup \
         and second copies of the journal; `pos journal verify` says all that is wrong.",
        found.problems.len()
    );
}

/// Takes the folder of a shop and reads its settings.
pub fn lock_and_read(data: &DataDir) -> anyhow::Result<(DataLock, Shop)> {
    data.check_has_shop()?;
    let lock = data.lock()?;
    let shop = init::read_shop(&data.shop_toml())?;
    Ok((lock, shop))
}

/// Opens the database of a shop.
pub fn open_store(data: &DataDir, shop: &Shop) -> anyhow::Result<Arc<SqliteStore>> {
    open_store_with(data, options_of(shop))
}

fn options_of(shop: &Shop) -> StoreOptions {
    let of = Some((shop.store.clone(), shop.register.clone()));
    StoreOptions { of, ..StoreOptions::new(shop.currency) }
}

fn open_store_with(data: &DataDir, options: StoreOptions) -> anyhow::Result<Arc<SqliteStore>> {
    let path = data.database();
    // The settings are written last: a complete shop has a database. Without it receipt numbers would begin again.
    if data.has_shop() && std::fs::metadata(&path).map_or(0, |found| found.len()) == 0 {
        anyhow::bail!(
            "The database {} is {}: all that was sold is in it. Nothing was made in its place. Put it back, or make the shop \
             anew of its newest backup with `pos restore`, or of a backup and second copies of the journal with `pos salvage`.",
            path.display(),
            if path.exists() { "empty" } else { "not there" }
        );
    }
    let store = SqliteStore::open(&path, options)
        .with_context(|| format!("The database {} cannot be opened", path.display()))?;
    Ok(Arc::new(store))
}

/// The hosts of both kinds of extensions.
pub fn loaders(cache: Option<PathBuf>) -> anyhow::Result<Vec<Arc<dyn ExtensionLoader>>> {
    let components = ComponentLoader::new(HostOptions { cache_dir: cache, ..HostOptions::default() })
        .context("The WebAssembly host cannot start")?;
    Ok(vec![Arc::new(OffersLoader::new(Arc::new(components))), Arc::new(ScriptLoader::new())])
}

fn load_rules(data: &DataDir, safe_mode: bool) -> (Arc<Rules>, Vec<RuleNews>) {
    let loaders = loaders(Some(data.cache())).unwrap_or_else(|error| {
        tracing::error!("{error:#}: plugins are out of order, scripts go on");
        vec![Arc::new(ScriptLoader::new())]
    });
    let folder = data.clone();
    if safe_mode {
        return Rules::load(loaders, Box::new(move || on_board(&folder)), None);
    }
    Rules::load(loaders, Box::new(move || sources(&folder)), Some(data.cache().join("last-good")))
}

/// Every extension of the shop: those the program carries (promotions only if there are offers), those in `plugins/`,
/// the scripts.
pub fn sources(data: &DataDir) -> Vec<ExtensionSource> {
    let mut sources = on_board(data);
    sources.extend(offers::source(data));
    for folder in entries(&data.plugins()) {
        let manifest_path = folder.join("plugin.toml");
        let Ok(manifest) = std::fs::read_to_string(&manifest_path) else { continue };
        let code = std::fs::read(folder.join("plugin.wasm")).unwrap_or_default();
        // The host checks the manifest; here only where the configuration lies.
        let table: toml::Table = toml::from_str(&manifest).unwrap_or_default();
        let default_name = table.get("configuration").and_then(|section| section.get("default")?.as_str());
        let default = default_name
            .and_then(|name| std::fs::read_to_string(folder.join(Path::new(name).file_name()?)).ok())
            .unwrap_or_else(|| "{}".to_owned());
        let configuration = match table.get("id").and_then(|id| id.as_str()) {
            Some(id) => configuration(data, id, &default),
            None => default,
        };
        let file = relative(data, &manifest_path);
        sources.push(ExtensionSource { file, manifest, code: code.into(), configuration });
    }
    for path in entries(&data.scripts()) {
        if path.extension().is_some_and(|extension| extension == "rhai")
            && let Ok(code) = std::fs::read(&path)
        {
            sources.push(ExtensionSource {
                file: relative(data, &path),
                manifest: String::new(),
                code: code.into(),
                configuration: "{}".into(),
            });
        }
    }
    sources
}

/// The extensions the program carries, but for offers.
fn on_board(data: &DataDir) -> Vec<ExtensionSource> {
    let on_board = bundle::PLUGINS.iter().filter(|plugin| plugin.id != offers::PLUGIN);
    on_board.map(|plugin| bundled(plugin, data)).collect()
}

/// A plugin the program carries, under the shop's configuration of it.
pub fn bundled(plugin: &bundle::BundledPlugin, data: &DataDir) -> ExtensionSource {
    ExtensionSource {
        file: PathBuf::from(format!("built-in/{}", plugin.id)),
        manifest: plugin.manifest.to_owned(),
        code: plugin.component.into(),
        configuration: configuration(data, plugin.id, plugin.default_configuration),
    }
}

/// The shop's configuration of an extension, or what it starts with.
pub fn configuration(data: &DataDir, id: &str, default: &str) -> String {
    std::fs::read_to_string(data.config_of(id)).unwrap_or_else(|_| default.to_owned())
}

/// A file of the shop, as its owner knows it.
pub(crate) fn relative(data: &DataDir, path: &Path) -> PathBuf {
    path.strip_prefix(data.root()).unwrap_or(path).to_owned()
}

/// The entries of a folder by name; none if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = found.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn devices_of(data: &DataDir) -> anyhow::Result<Devices> {
    let path = data.devices_toml();
    let config = match std::fs::read_to_string(&path) {
        Ok(text) => DevicesConfig::from_toml(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?,
        Err(error) if error.kind() == ErrorKind::NotFound => DevicesConfig::default(),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    open_devices(&config, data.root()).map_err(|error| anyhow::anyhow!("{error} Check {}.", path.display()))
}

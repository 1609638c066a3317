//! A shop in a temporary folder, with real storage, real scripts and the real tax plugin.

use crate::world::lock;
use pos_api::port::{Clock, Devices, Extension, ExtensionLoader, ExtensionSource, PaymentTerminal, Store};
use pos_api::{Command, Envelope, Reply};
use pos_cli::data_dir::DataDir;
use pos_cli::offers::OffersLoader;
use pos_cli::{catalog_import, demo_catalogue};
use pos_domain::shop::Shop;
use pos_kernel::clock::{ManualClock, OrderedIds};
use pos_kernel::dispatch::{LogOn, News};
use pos_kernel::{Kernel, Parts, Rules};
use pos_rhai::ScriptLoader;
use pos_storage::{SqliteStore, StoreOptions};
use pos_wasm::{ComponentLoader, HostOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// A shop that can be driven and crashed.
pub struct TestShop {
    /// Its kernel.
    pub kernel: Kernel,
    /// Its storage.
    pub store: Arc<SqliteStore>,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// What its screen was told of stock and of disks, until somebody takes it.
    pub alerts: Arc<Mutex<Vec<String>>>,
    rules: Arc<Rules>,
    terminal: Option<TerminalMaker>,
    commands: u64,
}

/// Makes the shop's terminal, anew after each restart.
pub type TerminalMaker = Arc<dyn Fn() -> Box<dyn PaymentTerminal>>;

/// What a test shop is made of.
pub struct Recipe {
    /// Its settings.
    pub shop: Shop,
    /// Its rules.
    pub extensions: Vec<Arc<dyn Extension>>,
    /// When it is.
    pub now: jiff::civil::DateTime,
    /// Articles.
    pub items: Vec<pos_domain::catalogue::Item>,
    /// Its terminal.
    pub terminal: Option<TerminalMaker>,
}

impl TestShop {
    /// Opens (or opens again) the shop in `folder`.
    pub fn open(folder: &Path, recipe: Recipe) -> anyhow::Result<TestShop> {
        let options = StoreOptions::new(recipe.shop.currency);
        TestShop::open_with(SqliteStore::open(&folder.join("pos.db"), options)?, recipe)
    }

    /// Opens the shop on a storage opened by the caller.
    pub fn open_with(store: SqliteStore, recipe: Recipe) -> anyhow::Result<TestShop> {
        let Recipe { shop, extensions, now, items, terminal } = recipe;
        let store = Arc::new(store);
        if !items.is_empty() {
            store.upsert_items(items)?;
        }
        let clock = Arc::new(ManualClock::new(&shop.zone, now)?);
        let rules = Rules::fixed(extensions);
        let alerts = Arc::default();
        let kernel = kernel(shop, &store, &rules, &clock, terminal.as_ref(), &alerts)?;
        Ok(TestShop { kernel, store, clock, alerts, rules, terminal, commands: 0 })
    }

    /// Forgets everything that is not stored, as a program does that was killed.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.store.flush()?;
        let (shop, terminal) = (self.kernel.shop().clone(), self.terminal.as_ref());
        self.kernel = kernel(shop, &self.store, &self.rules, &self.clock, terminal, &self.alerts)?;
        self.kernel.wait_for_terminal();
        Ok(())
    }

    /// Sends a command under a fresh id.
    pub fn call(&mut self, command: Command) -> Reply {
        self.commands += 1;
        self.kernel.handle_and_wait(Envelope { command_id: format!("t{}", self.commands), command })
    }

    /// Scans a code into the one open basket.
    pub fn scan(&mut self, code: &str) -> Reply {
        self.call(Command::SellItem { basket: None, scan: code.to_owned(), quantity: None, given: None })
    }
}

fn kernel(
    shop: Shop,
    store: &Arc<SqliteStore>,
    rules: &Arc<Rules>,
    clock: &Arc<ManualClock>,
    terminal: Option<&TerminalMaker>,
    alerts: &Arc<Mutex<Vec<String>>>,
) -> anyhow::Result<Kernel> {
    let alerts = Arc::clone(alerts);
    let parts = Parts {
        shop,
        store: Arc::<SqliteStore>::clone(store),
        rules: Arc::clone(rules),
        clock: Arc::<ManualClock>::clone(clock) as Arc<dyn Clock>,
        ids: Arc::<OrderedIds>::default(),
        log_on: LogOn::Needed,
        devices: Devices { terminal: terminal.map(|make| make()), ..Devices::default() },
        news: Arc::new(move |news| match news {
            News::Stock(alert) => lock(&alerts).push(alert.sentence()),
            News::Disk(problem, next) => lock(&alerts).push(format!("{problem} {next}")),
            _ => {}
        }),
    };
    Kernel::start(parts).map_err(|refusal| anyhow::anyhow!("{refusal}"))
}

/// The demonstration shop's settings and articles, under the given rules, on a Wednesday evening.
pub fn demo_recipe(extensions: Vec<Arc<dyn Extension>>) -> anyhow::Result<Recipe> {
    Ok(Recipe {
        shop: demo_catalogue::demo_shop()?,
        extensions,
        now: "2026-11-18T17:30:00".parse()?,
        items: demo_catalogue::demo_items()?,
        terminal: None,
    })
}

/// Articles of a CSV file under `tests/`.
pub fn items_of(path: &Path, currency: pos_money::Currency) -> anyhow::Result<Vec<pos_domain::catalogue::Item>> {
    let report = catalog_import::import(std::fs::File::open(path)?, &catalog_import::ImportOptions::new(currency))?;
    anyhow::ensure!(report.errors.is_empty(), "{}: {report}", path.display());
    Ok(report.good)
}

/// Compiles a script of the repository.
pub fn script(path: &Path) -> anyhow::Result<Arc<dyn Extension>> {
    let source = ExtensionSource {
        file: path.strip_prefix(root()).unwrap_or(path).to_owned(),
        manifest: String::new(),
        code: std::fs::read(path)?.into(),
        configuration: "{}".into(),
    };
    ScriptLoader::new().load(&source).map_err(|diagnostic| anyhow::anyhow!("{diagnostic}"))
}

/// The tax plugin the program carries, under a configuration (none: its default).
pub fn tax_table(configuration: Option<&str>) -> anyhow::Result<Arc<dyn Extension>> {
    plugin("org.pos-kernel.tax-table", "built-in/tax-table".into(), configuration)
}

/// The promotions plugin under offers as a manager writes them.
pub fn promotions(toml: &str) -> anyhow::Result<Arc<dyn Extension>> {
    plugin(pos_cli::offers::PLUGIN, Path::new("config").join(DataDir::OFFERS_FILE), Some(toml))
}

fn plugin(id: &str, file: PathBuf, configuration: Option<&str>) -> anyhow::Result<Arc<dyn Extension>> {
    // One host for the whole run: it owns a pool of memories.
    static HOST: OnceLock<Result<OffersLoader, String>> = OnceLock::new();
    let host = HOST
        .get_or_init(|| {
            let components = ComponentLoader::new(HostOptions::default()).map_err(|error| format!("{error:#}"))?;
            Ok(OffersLoader::new(Arc::new(components)))
        })
        .as_ref()
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let plugin = bundle::plugin(id).ok_or_else(|| anyhow::anyhow!("{id} is not in the bundle"))?;
    let source = ExtensionSource {
        file,
        manifest: plugin.manifest.to_owned(),
        code: plugin.component.into(),
        configuration: configuration.unwrap_or(plugin.default_configuration).to_owned(),
    };
    host.load(&source).map_err(|diagnostic| anyhow::anyhow!("{diagnostic}"))
}

/// The three scripts of the demonstration shop and the tax plugin.
pub fn demo_extensions() -> anyhow::Result<Vec<Arc<dyn Extension>>> {
    let mut extensions = vec![tax_table(None)?];
    for name in ["happy_hour", "three_for_two", "spend_and_save"] {
        extensions.push(script(&root().join("scripts").join(format!("{name}.rhai")))?);
    }
    Ok(extensions)
}

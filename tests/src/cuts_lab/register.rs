//! A register on a disk in memory: opened, asked, closed, and its database read past the storage.

use super::noting::{Note, Noting, locked};
use crate::scenario::shop_settings;
use crate::shop::{items_of, root, script, tax_table};
use pos_api::command::{Credentials, Secret};
use pos_api::port::{Clock, DeviceError, Devices, Ids, ReceiptPrinter, Store, StoreError};
use pos_api::{Command, Envelope, Reply};
use pos_devices::terminal::{Fault, SimulatedTerminal, Simulator};
use pos_domain::catalogue::Item;
use pos_domain::ids::BasketId;
use pos_domain::loyalty::{Earning, Programme, Redemption, RewardKind};
use pos_domain::people::{Act, Role, Roles};
use pos_domain::pricing::manual::{ManualCap, ManualRules};
use pos_domain::receipt::Receipt;
use pos_domain::shop::Shop;
use pos_domain::time::Moment;
use pos_kernel::clock::ManualClock;
use pos_kernel::dispatch::{LogOn, News};
use pos_kernel::effects::EffectNews;
use pos_kernel::{Kernel, Parts, Rules};
use pos_money::Decimal;
use pos_storage::disk::{self, Disk};
use pos_storage::{Sabotage, SqliteStore, StoreOptions};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// What a database holds, all but sums that follow it: rows of these tables, each in its order.
const TABLES: [(&str, &str); 9] = [
    ("journal", "seq"),
    ("return_of", "sale, number"),
    ("offer_use", "offer, customer"),
    ("points_lot", "account, lot, until"),
    ("receipt_copy", "number"),
    ("basket_event", "basket, sequence"),
    ("person", "id"),
    ("item", "id"),
    ("item_code", "code"),
];

/// The badge of the one person there is.
pub(super) const BADGE: &str = "BADGE-0001";
/// Pages of the log after which it is moved into the database: often, so that cuts meet it.
const LOG_PAGES_MAX: u64 = 160;

/// What a database holds.
pub(super) type State = Arc<[u8]>;

/// Connects past the storage.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags_and_vfs(path, flags, disk::NAME)
}

/// Reads what a database holds, past the storage.
pub(super) fn state(path: &Path) -> rusqlite::Result<State> {
    let connection = connect(path)?;
    let mut state = Vec::new();
    for (table, order) in TABLES {
        state.extend_from_slice(table.as_bytes());
        let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY {order}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Null => state.push(0),
                    ValueRef::Integer(value) => {
                        state.push(1);
                        state.extend_from_slice(&value.to_be_bytes());
                    }
                    ValueRef::Real(value) => {
                        state.push(2);
                        state.extend_from_slice(&value.to_be_bytes());
                    }
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        state.push(3);
                        state.extend_from_slice(&bytes.len().to_be_bytes());
                        state.extend_from_slice(bytes);
                    }
                }
            }
        }
    }
    Ok(state.into())
}

/// Where days are lived and disks recovered.
pub(super) struct World {
    _folder: TempDir,
    pub(super) disk: Arc<Disk>,
    /// What stands behind the terminal.
    bank: Simulator,
    pub(super) options: StoreOptions,
    pub(super) shop: Shop,
    pub(super) items: Vec<Item>,
    rules: Arc<Rules>,
}

/// Ids one after the other.
#[derive(Debug)]
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn basket(&self, now: Moment) -> BasketId {
        let (ms, count) = (now.unix_ms.unsigned_abs(), self.0.fetch_add(1, Ordering::SeqCst));
        let text = format!("{:08x}-{:04x}-7000-8000-{count:012x}", (ms >> 16) & 0xFFFF_FFFF, ms & 0xFFFF);
        serde_json::from_value(serde_json::Value::String(text)).unwrap_or(BasketId(Default::default()))
    }
}

/// A printer that has paper.
struct Paper;

impl ReceiptPrinter for Paper {
    fn name(&self) -> String {
        "paper".to_owned()
    }

    fn print(&mut self, _: &Receipt) -> Result<u64, DeviceError> {
        Ok(1)
    }
}

/// A receipt that came out of the printer, and the disk's steps then.
pub(super) type Printed = (u64, u64);

/// A register that is open.
pub(super) struct Register {
    pub(super) kernel: Kernel,
    pub(super) store: Arc<SqliteStore>,
    pub(super) clock: Arc<ManualClock>,
    noting: Arc<Noting>,
}

/// How a register is opened.
pub(super) struct Opening {
    /// Takes what is noted.
    pub(super) notes: Arc<Mutex<Vec<Note>>>,
    /// Takes what is printed.
    pub(super) printed: Arc<Mutex<Vec<Printed>>>,
    /// Whether the database is looked at after each note.
    pub(super) looks: bool,
    /// Who must log on.
    pub(super) log_on: LogOn,
    /// Baskets are counted from here.
    pub(super) baskets_from: u64,
}

impl Opening {
    /// By the owner, of a register that nobody watches.
    pub(super) fn unwatched() -> Opening {
        Opening {
            notes: Arc::default(),
            printed: Arc::default(),
            looks: false,
            log_on: LogOn::Owner,
            baskets_from: 1 << 40,
        }
    }
}

impl World {
    pub(super) fn new(sabotage: Option<Sabotage>) -> anyhow::Result<World> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("pos.db");
        // Made before: these two are files of their own, which the register only reads from then on.
        for (end, digit) in [("key", "7"), ("secret", "3")] {
            std::fs::write(path.with_extension(end), digit.repeat(64))?;
        }
        let mut shop = shop_settings()?;
        shop.roles = Roles([("owner".into(), Role { may: Act::ALL.into_iter().collect(), ..Role::default() })].into());
        shop.manual = ManualRules { roles: [("owner".into(), ManualCap::default())].into(), ..ManualRules::default() };
        shop.loyalty = Some(Programme {
            id: "club".into(),
            earn: Earning { points: Decimal::from(3), ..Earning::default() },
            redeem: Some(Redemption { kind: RewardKind::Tender, points: 7, value: Decimal::ONE }),
        });
        let suite = root().join("tests/suite");
        let vat = std::fs::read_to_string(suite.join("fixture/vat.json"))?;
        let offer = script(&root().join("scripts/three_for_two.rhai"))?;
        let options = StoreOptions {
            vfs: Some(disk::NAME.to_owned()),
            // Never by itself: a batch falls due when the day says so.
            event_batch_ms: 86_400_000,
            log_pages_max: LOG_PAGES_MAX,
            sabotage,
            ..StoreOptions::new(shop.currency)
        };
        Ok(World {
            disk: Arc::new(Disk::new(&path).map_err(anyhow::Error::msg)?),
            bank: Simulator::default(),
            _folder: folder,
            items: items_of(&suite.join("fixture/catalog.csv"), shop.currency)?,
            options,
            shop,
            rules: Rules::fixed(vec![tax_table(Some(&vat))?, offer]),
        })
    }

    /// Opens the storage on what lies on the disk.
    pub(super) fn store(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(self.disk.path(), self.options.clone())
    }

    /// Opens the register on what lies on the disk.
    pub(super) fn register(&self, opening: &Opening) -> anyhow::Result<Register> {
        self.register_on(Arc::new(self.store()?), opening)
    }

    /// Opens the register on a storage.
    pub(super) fn register_on(&self, store: Arc<SqliteStore>, opening: &Opening) -> anyhow::Result<Register> {
        let Opening { notes, printed, looks, log_on, baskets_from } = opening;
        let clock = Arc::new(ManualClock::new(&self.shop.zone, "2026-03-02T10:00:00".parse()?)?);
        let noting = Arc::new(Noting::new(Arc::clone(&store), Arc::clone(&self.disk), Arc::clone(notes), *looks));
        let (printed, disk) = (Arc::clone(printed), Arc::clone(&self.disk));
        let parts = Parts {
            shop: self.shop.clone(),
            store: Arc::clone(&noting) as Arc<dyn Store>,
            rules: Arc::clone(&self.rules),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::new(CountedIds(AtomicU64::new(*baskets_from))),
            log_on: *log_on,
            devices: Devices {
                printer: Some(Box::new(Paper)),
                terminal: Some(Box::new(SimulatedTerminal::new(self.bank.clone(), |_| Fault::None))),
                ..Devices::default()
            },
            news: Arc::new(move |news| {
                if let News::Effect(EffectNews::Printed { number: Some(number), .. }) = news {
                    locked(&printed).push((number, disk.steps()));
                }
            }),
        };
        let kernel = Kernel::start(parts).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
        Ok(Register { kernel, store, clock, noting })
    }
}

impl Register {
    /// Sends a command.
    pub(super) fn send(&mut self, number: usize, envelope: Envelope) -> Reply {
        self.noting.command.store(number, Ordering::SeqCst);
        self.kernel.handle_and_wait(envelope)
    }

    /// Sends a command under an id of its own.
    pub(super) fn call(&mut self, id: &str, command: Command) -> Reply {
        self.send(usize::MAX, Envelope { command_id: id.to_owned(), command })
    }

    /// The storage as the kernel has it.
    pub(super) fn noting(&self) -> &Noting {
        &self.noting
    }
}

/// Who logs on.
pub(super) fn owner() -> Credentials {
    Credentials { badge: Some(Secret::new(BADGE)), ..Credentials::default() }
}

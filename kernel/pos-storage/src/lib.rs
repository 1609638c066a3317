//! SQLite: the journal, its projections, the catalogue, open baskets.
//!
//! [`SqliteStore`] implements [`pos_api::port::Store`] on one file in WAL mode. Start reading at `writer`: one thread
//! owns the one connection that writes, so that receipt numbers have no gaps and checkpoints fall between sales. A commit
//! (`append`) puts the record, its ledger entries, stock movements and the end of its open basket into one SQLite
//! transaction, which costs one fsync; running sums follow (`sums`).
//!
//! * The journal is append-only and chained: each record's hash ([`hash`]) covers its canonical bytes and the hash before
//!   it, from [`GENESIS`] on.
//! * Everything else about sales is a projection: it can be rebuilt from the journal, and `verify` holds it against it.
//! * Money is minor units, quantities are decimals as text; nothing is stored as a float.

mod anchor;
mod append;
mod backup;
mod balances;
mod basket_events;
#[cfg(feature = "lab")]
pub mod bulk;
mod canonical;
mod catalogue;
mod connection;
#[cfg(feature = "lab")]
pub mod count;
#[cfg(feature = "lab")]
pub mod disk;
mod emergency;
mod error;
mod frames;
mod handover;
mod journal;
mod layer;
mod log;
mod lots;
mod orders;
mod outbox;
mod pages;
mod payments;
mod people;
mod period;
mod record;
mod reserve;
mod sabotage;
mod salvage;
mod schema;
mod shift;
#[cfg(feature = "lab")]
pub mod slow;
mod store;
mod sums;
mod update;
mod verify;
mod writer;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use backup::{back_up, check_copy};
pub use record::{GENESIS, Hash, hash};
pub use sabotage::Sabotage;
pub use salvage::{Salvage, Salvaged, SourceFound, salvage};
pub use store::{FileSizes, SqliteStore, StoreOptions};

//! Identifiers. They are made outside (the kernel's `Ids` port) and are idempotency keys for ever.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// A basket's id, UUIDv7, made when it opens; the transaction it becomes keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct BasketId(pub Uuid);

impl fmt::Display for BasketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a line within its basket, from 1; voided lines keep theirs.
pub type LineNumber = u32;

/// The register's receipt number: 1, 2, 3 … without gaps, assigned inside the commit.
pub type ReceiptNumber = u64;

/// The id of an article: the shop's own stock-keeping unit.
pub type ItemId = std::sync::Arc<str>;

//! How a shop takes goods back: `[returns]` in `shop.toml`.

use super::no_receipt::NoReceiptLimits;
use super::refund::ReturnPolicy;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The shop's rules for returns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReturnRules {
    /// What becomes of an offer whose pieces come back in part.
    pub policy: ReturnPolicy,
    /// Reasons that are accepted; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Arc<str>>,
    /// A refund may be paid in cash where no tender of the sale is left to pay it on.
    pub cash_beyond_tenders: bool,
    /// What is taken back without a receipt; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_receipt: Option<NoReceiptLimits>,
}

impl ReturnRules {
    /// Nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == ReturnRules::default()
    }
}

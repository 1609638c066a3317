//! The shop itself: who sells, in which currency, under which rules of the house.

use crate::credit::CreditRules;
use crate::loyalty::Programme;
use crate::payment::PaymentRules;
use crate::people::Roles;
use crate::pricing::Policy;
use crate::pricing::manual::ManualRules;
use crate::returns::ReturnRules;
use crate::stock::StockRules;
use crate::till::TillRules;
use pos_money::{Currency, Decimal, Rounding};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The shop's own settings, read from `shop.toml`; a changed file is a new `Shop`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// Name on the receipt.
    pub name: String,
    /// Address lines on the receipt.
    pub address: Vec<String>,
    /// The seller's tax number, printed on every receipt.
    pub tax_number: String,
    /// The one currency of the shop's books.
    pub currency: Currency,
    /// IANA zone: `Europe/Zurich`.
    pub zone: Arc<str>,
    /// This store's id.
    pub store: Arc<str>,
    /// This register's id.
    pub register: Arc<str>,
    /// Cashier named on receipts until people log on.
    pub cashier: String,
    /// Languages of the shop, first is the default: `["en", "de"]`.
    pub languages: Vec<String>,
    /// Shelf prices contain the tax.
    pub prices_include_tax: bool,
    /// Cash is rounded to this (Switzerland 5 = 0.05). The sale's total is not.
    #[serde(default)]
    pub cash_rounding: Rounding,
    /// Most that one line may hold.
    #[serde(default = "default_quantity_max")]
    pub quantity_max: Decimal,
    /// Float in the till when a shift opens, in major units.
    #[serde(default)]
    pub float: Decimal,
    /// One rate used when no tax plugin answers; absent: the sale waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_fallback: Option<TaxFallback>,
    /// How offers get along: `[policy]` in `shop.toml`.
    #[serde(default, skip_serializing_if = "Policy::is_default")]
    pub policy: Policy,
    /// What people may do to prices by hand: `[manual]`.
    #[serde(default, skip_serializing_if = "ManualRules::is_default")]
    pub manual: ManualRules,
    /// How goods come back: `[returns]`.
    #[serde(default, skip_serializing_if = "ReturnRules::is_default")]
    pub returns: ReturnRules,
    /// Cash that moves without a sale, and how a till is counted: `[till]`.
    #[serde(default, skip_serializing_if = "TillRules::is_default")]
    pub till: TillRules,
    /// Payments with a terminal: `[payments]`.
    #[serde(default, skip_serializing_if = "PaymentRules::is_default")]
    pub payments: PaymentRules,
    /// Gift cards, and what customers may owe: `[credit]`.
    #[serde(default, skip_serializing_if = "CreditRules::is_default")]
    pub credit: CreditRules,
    /// Where goods are, and why stock is put right: `[stock]`.
    #[serde(default, skip_serializing_if = "StockRules::is_default")]
    pub stock: StockRules,
    /// What the people who log on may do: `[roles]`.
    #[serde(default, skip_serializing_if = "Roles::is_default")]
    pub roles: Roles,
    /// The loyalty programme: `[loyalty]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty: Option<Programme>,
    /// Printed codes that carry a weight or a price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embedded_codes: Vec<EmbeddedCode>,
    /// Notes and coins commonly given, for the quick-cash chips, in major units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Decimal>,
    /// Closing words of the receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipt_footer: Vec<String>,
}

fn default_quantity_max() -> Decimal {
    Decimal::from(9_999)
}

/// What a sale is taxed with when the tax plugin is out of order and the owner allowed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxFallback {
    /// Code printed: `VAT`.
    pub code: String,
    /// Fraction: 0.081.
    pub rate: Decimal,
}

/// EAN-13 in-store codes (GS1 prefixes 02, 20–29) that carry a weight or a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedCode {
    /// Leading digits: `28`.
    pub prefix: String,
    /// Digits of the article number that follow.
    pub item_digits: u8,
    /// What the digits after that mean.
    pub carries: Embedded,
    /// Decimal places of that number.
    pub decimals: u8,
}

/// What an in-store code carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Embedded {
    /// The quantity, in the article's unit.
    Quantity,
    /// The price of the whole piece, in major units.
    Price,
}

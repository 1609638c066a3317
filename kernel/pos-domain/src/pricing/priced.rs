//! What pricing answers: every line with what offers and taxes did to it, the taxes, the totals.

use super::proposal::{Grant, NearMiss, Notice, Stage, TaxLevel};
use crate::ids::LineNumber;
use pos_money::{Decimal, Money, Quantity};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where a modifier came from, exactly enough to find the rule again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModifierSource {
    /// Extension id: `happy_hour`, `org.pos-kernel.tax-table`.
    pub extension: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// Candidate id within the proposal.
    pub candidate: Arc<str>,
    /// Line of the script that proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_line: Option<u32>,
}

/// An accepted change to one line's price (POSLog RetailPriceModifier).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modifier {
    /// Who proposed it.
    pub source: ModifierSource,
    /// Which stage it belongs to.
    pub stage: Stage,
    /// Name on the receipt.
    pub label: Arc<str>,
    /// How much of the line it touched.
    pub quantity: Quantity,
    /// What it added: negative for a discount.
    pub amount: Money,
    /// The line's net before it.
    pub before: Money,
    /// The line's net after it.
    pub after: Money,
}

/// The tax of one code on one line, its share of the receipt's rounded figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTax {
    /// Code printed.
    pub code: Arc<str>,
    /// Already in the price.
    pub included: bool,
    /// Share of the base.
    pub base: Money,
    /// Share of the amount.
    pub amount: Money,
}

/// A line with everything that became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedLine {
    /// Line number.
    pub number: LineNumber,
    /// round(quantity x price).
    pub gross: Money,
    /// What offers did, in order.
    pub modifiers: Vec<Modifier>,
    /// Gross plus modifiers, in the shop's price terms.
    pub net: Money,
    /// Its shares of tax.
    pub taxes: Vec<LineTax>,
    /// What the customer pays for it, tax included.
    pub paid: Money,
}

/// The tax of one code on the whole receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxTotal {
    /// Who levies.
    pub jurisdiction: Arc<str>,
    /// Code printed.
    pub code: Arc<str>,
    /// What is levied, for people: `8.1 %`.
    pub levy: Arc<str>,
    /// Already in the price.
    pub included: bool,
    /// Rounded base (without tax).
    pub base: Money,
    /// Rounded amount.
    pub amount: Money,
    /// Base before rounding, in major units.
    pub exact_base: Decimal,
    /// Amount before rounding, in major units.
    pub exact_amount: Decimal,
    /// Where it was rounded.
    pub level: TaxLevel,
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who proposed it.
    pub source: ModifierSource,
    /// Its label.
    pub label: Arc<str>,
    /// Sets or times it was applied.
    pub sets: u32,
    /// What it took off, not negative.
    pub saving: Money,
    /// What became of it.
    pub state: DecisionState,
    /// Why, for people; empty when applied.
    pub reason: Arc<str>,
    /// The lines it is about.
    pub lines: Vec<LineNumber>,
    /// What it used of them, pieces that only qualified too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<(LineNumber, Quantity)>,
}

/// How good the choice between the offers is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// What the offers save, in major units, exact.
    pub saving: Decimal,
    /// No choice saves more than this.
    pub bound: Decimal,
}

/// Decimals of a certificate: what division leaves over further down says nothing.
const CERTIFICATE_DECIMALS: u32 = 15;

impl Certificate {
    /// Without the dust of divisions.
    #[must_use]
    pub(super) fn settled(self) -> Certificate {
        let settled = |figure: Decimal| figure.round_dp(CERTIFICATE_DECIMALS).normalize();
        Certificate { saving: settled(self.saving), bound: settled(self.bound) }
    }

    /// No choice saves more.
    pub fn is_optimal(&self) -> bool {
        self.saving >= self.bound
    }
}

/// What became of a candidate, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionState {
    /// It was given.
    Applied,
    /// A better one took its pieces.
    Lost,
    /// Its conditions were not met.
    Unmet,
    /// Its cap was reached.
    Capped,
    /// Its budget was used up.
    Budget,
    /// It was malformed and left out.
    Invalid,
}

/// How far an extension took part, for reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionUse {
    /// Extension id.
    pub id: Arc<str>,
    /// `component`, `rhai` or `built-in`.
    pub runtime: Arc<str>,
    /// Version.
    pub version: Arc<str>,
    /// How often it was called for this basket.
    pub calls: u32,
    /// What its offers took off, not negative.
    pub discount: Money,
    /// What its tax amounts to.
    pub tax: Money,
    /// It failed at least once and its proposal was left out.
    #[serde(default)]
    pub failed: bool,
}

/// A basket with its prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedBasket {
    /// Live lines by number.
    pub lines: Vec<PricedLine>,
    /// Taxes by first appearance.
    pub taxes: Vec<TaxTotal>,
    /// Sum of gross.
    pub gross: Money,
    /// Sum of what offers took off, not negative.
    pub discount: Money,
    /// Total without any tax.
    pub total_excluded: Money,
    /// Every tax, in the price or added.
    pub total_tax: Money,
    /// What the customer pays.
    pub total: Money,
    /// Who assessed the tax: `Tax table 0.1.0`.
    pub assessor: Arc<str>,
    /// What became of each candidate.
    pub decisions: Vec<Decision>,
    /// How good the choice between them is.
    pub certificate: Certificate,
    /// Items that offers add.
    pub grants: Vec<Grant>,
    /// Offers that nearly fired.
    pub near_misses: Vec<NearMiss>,
    /// Words to the cashier.
    pub notices: Vec<Notice>,
    /// Texts for the receipt.
    pub receipt_notes: Vec<Arc<str>>,
}

impl PricedBasket {
    /// The priced line of a number.
    pub fn line(&self, number: LineNumber) -> Option<&PricedLine> {
        self.lines.iter().find(|line| line.number == number)
    }
}

//! What extensions see and what they may propose: the contract of `plugin-sdk/wit/plugin.wit` as plain data.
//!
//! A component and a script that mean the same produce equal values of these types; the kernel decides what becomes
//! of them. Field names are the WIT's.

use crate::catalogue::Item;
use crate::ids::LineNumber;
use crate::time::LocalTime;
use jiff::civil::Date;
use pos_money::{Currency, Decimal, Money, Quantity, Rate, RoundingMode, UnitPrice};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A named fact on an input or output record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attr {
    /// Registered key: `retail-discount`.
    pub key: Arc<str>,
    /// Its value.
    pub value: AttrValue,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttrValue {
    /// Words.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// An exact number.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
    /// Several words.
    Texts(Vec<Arc<str>>),
}

/// What a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// Goods or services sold.
    #[default]
    Sale,
    /// Goods taken back.
    Return,
    /// A gift card sold or loaded.
    GiftCard,
    /// A container deposit.
    Deposit,
    /// A fee.
    Fee,
    /// A text without a price.
    Note,
}

/// The basket as every extension of a stage sees it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Of all amounts.
    pub currency: Currency,
    /// Prices and nets contain the included taxes.
    pub prices_include_tax: bool,
    /// The store's id.
    pub store: Arc<str>,
    /// Only for extensions whose manifest asks.
    pub register: Arc<str>,
    /// Only for extensions whose manifest asks.
    pub cashier: Arc<str>,
    /// Only for extensions whose manifest asks.
    pub id: Arc<str>,
    /// Civil time, to the minute, fixed at basket open.
    pub now: LocalTime,
    /// The trading day.
    pub business_date: Date,
    /// Who buys, if known.
    pub customer: Option<Arc<CustomerFacts>>,
    /// Coupon and voucher codes scanned.
    pub codes: Vec<Arc<str>>,
    /// Live lines (voided ones are left out), by number.
    pub lines: Vec<SnapshotLine>,
    /// Facts about the whole basket.
    pub attrs: Vec<Attr>,
}

/// A line as extensions see it.
#[derive(Clone, Debug)]
pub struct SnapshotLine {
    /// Line number.
    pub id: LineNumber,
    /// What it is.
    pub kind: LineKind,
    /// The article: id, name, departments, tags, tax class.
    pub item: Arc<Item>,
    /// How much.
    pub quantity: Quantity,
    /// Regular price, after the price stage.
    pub price: UnitPrice,
    /// round(quantity x price), before discounts.
    pub gross: Money,
    /// Gross minus what *earlier* stages took off.
    pub net: Money,
    /// A manual override or locked price: offers may not touch it.
    pub price_locked: bool,
    /// Facts about the line.
    pub attrs: Arc<[Attr]>,
}

impl SnapshotLine {
    /// Whether offers on the whole order lower this line, and thresholds count it.
    pub fn is_discountable(&self) -> bool {
        self.kind == LineKind::Sale && self.is_open()
    }

    /// Whether an offer that names this line may lower it: free delivery names a fee, and no order discount lowers one.
    pub fn is_open(&self) -> bool {
        matches!(self.kind, LineKind::Sale | LineKind::Fee) && self.item.discountable && !self.price_locked
    }
}

/// What rules may know of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerFacts {
    /// Opaque id.
    pub id: Arc<str>,
    /// Customer groups: `staff`, `trade`.
    pub groups: Vec<Arc<str>>,
    /// In years.
    pub age: Option<u8>,
    /// Days until the next birthday.
    pub birthday_in_days: Option<u16>,
    /// Loyalty points.
    pub points: i64,
    /// Loyalty tier.
    pub tier: Option<Arc<str>>,
    /// Exemption certificate.
    pub tax_exempt: Option<Arc<str>>,
    /// Aggregates the manifest declared, and own attributes.
    pub attrs: Vec<Attr>,
}

/// A text for people with a key for translation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Translation key, may be empty.
    pub key: Arc<str>,
    /// Text as written by the rule's author.
    pub text: Arc<str>,
    /// Arguments of the translation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Attr>,
}

impl Message {
    /// A plain text without a translation key.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Message { key: "".into(), text: text.into(), args: Vec::new() }
    }
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Shown.
    Info,
    /// Shown until acknowledged.
    Warning,
    /// The step waits.
    Block,
}

/// A word to the cashier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// What it says.
    pub message: Message,
    /// The lines it is about; none: the basket.
    pub lines: Vec<LineNumber>,
}

/// When in pricing a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Item deals.
    Line,
    /// Deals that favour the shop (cheapest free), on the pieces left.
    Shop,
    /// Thresholds and codes on the whole order.
    Order,
}

impl Stage {
    /// In the order in which they run.
    pub const ALL: [Stage; 3] = [Stage::Line, Stage::Shop, Stage::Order];
}

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// The line.
    pub line: LineNumber,
    /// How much of it, in the line's unit.
    pub qty: Quantity,
}

/// What a candidate does to the price of its pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// So much off (spread by [`Spread`]).
    AmountOff(Money),
    /// A fraction off.
    RateOff(Rate),
    /// This price instead; never raises.
    FixedPrice(UnitPrice),
    /// All pieces of the set together cost this; never raises.
    BundlePrice(Money),
}

/// In whose terms a discount is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The shop's price terms.
    #[default]
    Price,
    /// On what is to be paid, tax in.
    Payable,
}

/// How an amount off spreads over several targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Once, shared by net.
    #[default]
    Across,
    /// Once a line.
    EachLine,
    /// Once a unit.
    EachUnit,
}

/// Which pieces of a pool fill a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// As the customer would choose.
    #[default]
    BestForCustomer,
    /// The cheapest of the set.
    Cheapest,
    /// The dearest of the set.
    Dearest,
}

/// `count` pieces from any line of `pool`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Lines the pieces may come from.
    pub pool: Vec<LineNumber>,
    /// How many a set.
    pub count: Quantity,
    /// Which of them.
    pub pick: Pick,
    /// What happens to them; none: they only qualify.
    pub effect: Option<Effect>,
}

/// "Two of these, one of those", repeated while pieces last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// Filled in order.
    pub slots: Vec<Slot>,
    /// On all pieces of a set together, after the slots' own effects.
    pub together: Option<Effect>,
    /// Most sets; none: as many as fit.
    pub repeat_max: Option<u32>,
}

/// Pieces the extension chose itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The pieces that get the effect.
    pub portions: Vec<Portion>,
    /// What happens to them.
    pub effect: Effect,
    /// Pieces used up without effect.
    pub qualifies_on: Vec<Portion>,
}

/// What a candidate is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The extension chose the pieces.
    Portions(Chosen),
    /// The kernel chooses.
    Deal(Deal),
    /// Every discountable line, shared on net.
    WholeOrder(Effect),
}

/// How a candidate gets along with others of its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Alone on its pieces, first in the order.
    Exclusive,
    /// Competes within its group; a piece is used once.
    #[default]
    BestPrice,
    /// Combines with others on the same pieces.
    Compound,
}

/// In whose terms a requirement is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequirementBasis {
    /// The shop's price terms.
    #[default]
    Price,
    /// Without tax.
    NetOfTax,
    /// What is to be paid.
    Payable,
}

/// A least amount, checked by the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// The threshold.
    pub min: Money,
    /// In whose terms.
    pub basis: RequirementBasis,
    /// On what remains at this candidate's turn.
    pub left: bool,
}

/// Limits the kernel reserves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// In all.
    pub uses: Option<u32>,
    /// For one customer.
    pub uses_per_customer: Option<u32>,
    /// Money given away.
    pub money: Option<Money>,
}

/// One offer as proposed for this basket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Stable and unique in a proposal.
    pub id: Arc<str>,
    /// What it is about.
    pub shape: Shape,
    /// How it gets along with others.
    pub mode: Mode,
    /// A piece is used once per group; none = "default".
    pub group: Option<Arc<str>>,
    /// Higher first.
    pub priority: i32,
    /// In whose terms.
    pub basis: Basis,
    /// How an amount spreads.
    pub spread: Spread,
    /// A least amount.
    pub requires: Option<Requirement>,
    /// Most it may take off.
    pub cap: Option<Money>,
    /// Limits reserved by the kernel.
    pub limits: Option<Limits>,
    /// Coupon codes it uses up.
    pub consumes_codes: Vec<Arc<str>>,
    /// Name on the receipt.
    pub label: Message,
    /// More facts; a script puts `source-line` here, an extension that closes goods to offers [`EXCEPT_LINES`].
    pub attrs: Vec<Attr>,
}

/// The attribute of a candidate that names lines (as texts) which are nothing to it: an offer on the whole order leaves
/// them alone, and they do not count to its threshold.
pub const EXCEPT_LINES: &str = "except-lines";

/// An item earned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The offer.
    pub offer: Arc<str>,
    /// Articles to choose from.
    pub items: Vec<Arc<str>>,
    /// How many.
    pub qty: Quantity,
    /// What it costs then.
    pub effect: Effect,
    /// Added without asking.
    pub automatic: bool,
}

/// "1 more for 3 for 2".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearMiss {
    /// The offer.
    pub offer: Arc<str>,
    /// What is missing.
    pub missing: Message,
}

/// What one extension answers for one stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Offers.
    pub candidates: Vec<Candidate>,
    /// Items earned.
    pub grants: Vec<Grant>,
    /// Words to the cashier.
    pub notices: Vec<Notice>,
    /// Offers that nearly fired.
    pub near_misses: Vec<NearMiss>,
    /// More facts.
    pub attrs: Vec<Attr>,
}

/// What the tax assessor sees.
#[derive(Clone, Debug)]
pub struct TaxInput {
    /// The basket after all discounts.
    pub basket: Arc<Snapshot>,
    /// Its taxable lines.
    pub taxables: Vec<Taxable>,
}

/// One taxable line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxable {
    /// The line.
    pub line: LineNumber,
    /// After all discounts, in the shop's price terms.
    pub net: Money,
    /// Its class.
    pub tax_class: Arc<str>,
}

/// Where tax is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaxLevel {
    /// On each line.
    PerLine,
    /// On each jurisdiction's sum.
    PerJurisdiction,
    /// On the receipt's sum per code.
    #[default]
    PerReceipt,
}

/// What gives way when included tax does not come out even.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncludedPolicy {
    /// The shelf sum is what is paid.
    #[default]
    KeepPrice,
    /// The excluded total is rounded, taxes are added.
    FromBase,
}

/// How the tax of a jurisdiction (none: of all) is rounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRounding {
    /// Which jurisdiction; none: all others.
    pub jurisdiction: Option<Arc<str>>,
    /// Where.
    pub level: TaxLevel,
    /// How.
    pub mode: RoundingMode,
    /// To a multiple of this, at least 1 minor unit.
    pub increment: Money,
    /// What gives way.
    pub included: IncludedPolicy,
}

/// What is levied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Levy {
    /// A share of the base.
    Percent(Rate),
    /// A fixed amount a unit.
    PerUnit(UnitPrice),
    /// A share of the price with the tax in it.
    Division(Rate),
}

/// What of the base is taxed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taxed {
    /// All of it.
    #[default]
    Whole,
    /// A share.
    Share(Rate),
    /// The part above an amount per unit.
    Above(UnitPrice),
}

/// One tax on one line, in the order given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxComponent {
    /// The line.
    pub line: LineNumber,
    /// Who levies.
    pub jurisdiction: Arc<str>,
    /// Code printed on the receipt.
    pub code: Arc<str>,
    /// What is levied.
    pub levy: Levy,
    /// Already in the price.
    pub included: bool,
    /// Adds to the base of those that follow and are `base_affected`.
    pub affects_next_base: bool,
    /// Its base takes up earlier taxes.
    pub base_affected: bool,
    /// What of the base.
    pub taxed: Taxed,
    /// At most.
    pub tax_max: Option<Money>,
    /// Why nothing is levied.
    pub exempt: Option<Message>,
    /// More facts.
    pub attrs: Vec<Attr>,
}

/// What the tax assessor answers: rates only; the kernel multiplies, rounds and sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Per line, in order.
    pub components: Vec<TaxComponent>,
    /// Rounding rules.
    pub rounding: Vec<TaxRounding>,
    /// Texts for the receipt.
    pub receipt_notes: Vec<Message>,
    /// More facts.
    pub attrs: Vec<Attr>,
}

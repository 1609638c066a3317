//! A pricing case as plain data: what `pos price --case FILE` reads, as far as the reference computes it.
//!
//! Reading is strict: an unknown key is refused by name, and a key that is known but not computed here (scripts, gifts, rewards …) is
//! refused as unsupported unless it is empty, so that no figure is ever produced from half a case.

mod candidate;
mod fields;
mod read;

use crate::currency::Currency;
use crate::number::Rational;
use crate::round::Mode;

pub use read::read;

/// One basket with everything that decides its price.
#[derive(Clone, Debug)]
pub struct Case {
    /// Of all amounts.
    pub currency: Currency,
    /// Of taxes.
    pub rounding: Rounding,
    /// Of discounts and groups.
    pub policy: Policy,
    /// In the order of the basket.
    pub lines: Vec<Line>,
    /// In the order given; no answer depends on it except under `list-order`.
    pub candidates: Vec<Candidate>,
    /// In the order given.
    pub tenders: Vec<Tender>,
}

/// Where tax is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Each amount of each line.
    PerLine,
    /// The sum over the codes of a jurisdiction.
    PerJurisdiction,
    /// The sum of each code.
    PerReceipt,
}

/// What gives way where included taxes are rounded per receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncludedPolicy {
    /// The shelf sum is what is paid.
    KeepPrice,
    /// The rounded base plus the rounded taxes is what is paid.
    FromBase,
}

/// How taxes are rounded.
#[derive(Clone, Debug)]
pub struct Rounding {
    /// Direction.
    pub mode: Mode,
    /// Multiple to round to; `None` leaves figures exact (for comparisons).
    pub increment: Option<Rational>,
    /// Place.
    pub level: Level,
    /// For included taxes per receipt or jurisdiction.
    pub included: IncludedPolicy,
}

/// How the candidates of a group settle who gets a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupRule {
    /// The customer pays least.
    BestPrice,
    /// Higher priority first, best price among equals.
    Priority,
    /// The order in the case.
    ListOrder,
}

/// What is rounded when a discount is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundedAt {
    /// Each line's share.
    Line,
    /// The candidate's whole saving, then shared over its lines.
    Candidate,
}

/// The shop's policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Of candidates that name no mode.
    pub default_mode: OfferMode,
    /// Direction in which a discount is rounded to minor units.
    pub discount_mode: Mode,
    /// What of it is rounded.
    pub discount_at: RoundedAt,
    /// Whether a whole-order amount is shared on prices or on what is to be paid.
    pub share_on: Basis,
    /// Rules of groups by name; others are best-price.
    pub groups: Vec<(String, GroupRule)>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id, or its position from 1.
    pub id: String,
    /// What is sold.
    pub sku: String,
    /// Negative on returns.
    pub quantity: Rational,
    /// Sold by weight or length: one piece whatever the quantity.
    pub weighed: bool,
    /// Price of `per` units.
    pub unit_price: Rational,
    /// Usually 1.
    pub per: Rational,
    /// Offers may touch it and thresholds count it.
    pub discountable: bool,
    /// In the order in which they apply.
    pub taxes: Vec<Tax>,
}

/// What a tax is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxKind {
    /// A rate on the base.
    Percent,
    /// An amount for each unit of quantity.
    PerUnit,
    /// A rate on the price with tax in it.
    Division,
}

/// One tax on one line.
#[derive(Clone, Debug)]
pub struct Tax {
    /// Identifies the tax in totals.
    pub code: String,
    /// Who levies it.
    pub jurisdiction: String,
    /// How it is computed.
    pub kind: TaxKind,
    /// Fraction, for percent and division.
    pub rate: Rational,
    /// For each unit.
    pub amount: Rational,
    /// Already in the price.
    pub included: bool,
    /// Enters the base of the taxes after it.
    pub affects_next_base: bool,
    /// Takes such taxes before it into its base.
    pub base_affected: bool,
    /// Taxed share of the base, 1 for all of it.
    pub share: Rational,
    /// Not levied.
    pub exempt: bool,
}

/// Stages in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Item deals.
    Line,
    /// Deals that favour the shop, on the pieces left.
    Shop,
    /// The order, on what is left of all prices.
    Order,
}

/// How a candidate goes with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferMode {
    /// Alone on its pieces, first.
    Exclusive,
    /// Competes within its group.
    BestPrice,
    /// Combines on the same pieces.
    Compound,
}

/// What a discount lowers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The price, as the shop shows it.
    Price,
    /// What is to be paid, tax in.
    Payable,
}

/// How an amount spreads over several targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Once over all of them.
    Across,
    /// Once for each line.
    EachLine,
    /// Once for each piece.
    EachUnit,
}

/// Who chooses the pieces of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Whatever makes the customer pay least.
    BestForCustomer,
    /// The cheapest that remain.
    Cheapest,
    /// The dearest that remain.
    Dearest,
}

/// What happens to prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An amount off, spread as the candidate says.
    AmountOff(Rational),
    /// A fraction off.
    RateOff(Rational),
    /// A new price of one unit, never higher than before.
    FixedPrice(Rational),
    /// One price for all pieces of the set, never higher than before.
    BundlePrice(Rational),
}

/// A slot of a deal.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Indices of lines.
    pub pool: Vec<usize>,
    /// Pieces.
    pub count: u32,
    /// Who chooses.
    pub pick: Pick,
    /// Of its own, before the common one.
    pub effect: Option<Effect>,
}

/// A quantity of one line.
#[derive(Clone, Debug)]
pub struct Portion {
    /// Index of the line.
    pub line: usize,
    /// How much of it.
    pub quantity: Rational,
}

/// What a candidate discounts.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Pieces the extension chose.
    Portions {
        /// Discounted.
        targets: Vec<Portion>,
        /// Used up without discount.
        qualifiers: Vec<Portion>,
        /// On the targets.
        effect: Effect,
    },
    /// Slots to be filled, again and again.
    Deal {
        /// In the order in which they fill.
        slots: Vec<Slot>,
        /// On all pieces of a set, after the slots' own effects.
        together: Option<Effect>,
        /// Most sets.
        repeat_max: Option<u32>,
    },
    /// Everything discountable.
    WholeOrder(Effect),
}

/// Which total a requirement looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirementBasis {
    /// Prices as the shop shows them.
    Price,
    /// Without tax.
    NetOfTax,
    /// With all tax.
    Payable,
}

/// A minimum total.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// At least.
    pub min: Rational,
    /// Of what.
    pub basis: RequirementBasis,
    /// On what remains at the candidate's turn, not on the stage's snapshot.
    pub left: bool,
}

/// A discount that may apply.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Stable and unique.
    pub id: String,
    /// When it is looked at.
    pub stage: Stage,
    /// What it discounts.
    pub shape: Shape,
    /// How it goes with others.
    pub mode: OfferMode,
    /// A piece is used once per group.
    pub group: String,
    /// Higher first.
    pub priority: i64,
    /// What it lowers.
    pub basis: Basis,
    /// How amounts spread.
    pub spread: Spread,
    /// What the basket must come to.
    pub requires: Option<Requirement>,
    /// Most it saves, the smaller of its cap and its money limit.
    pub cap: Option<Rational>,
    /// Most sets, from its usage limits.
    pub uses: Option<u32>,
    /// What a budget has left; a greater saving is not given at all.
    pub skip_above: Option<Rational>,
}

/// A means of payment.
#[derive(Clone, Debug)]
pub struct Tender {
    /// `cash` and others.
    pub kind: String,
    /// What is given; `None` pays what is due.
    pub amount: Option<Rational>,
    /// Smallest coin and direction, for cash.
    pub cash_rounding: Option<(Rational, Mode)>,
}

impl Case {
    /// Index of the line with this id.
    pub fn line(&self, id: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.id == id)
    }

    /// The rule of a group.
    pub fn group_rule(&self, group: &str) -> GroupRule {
        self.policy.groups.iter().find(|(name, _)| name == group).map_or(GroupRule::BestPrice, |(_, rule)| *rule)
    }
}

impl Line {
    /// Quantity times price, exact.
    pub fn gross_exact(&self) -> Rational {
        &self.quantity * &self.unit_price / &self.per
    }
}

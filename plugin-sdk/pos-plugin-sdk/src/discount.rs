//! Offers: what a plugin may propose. The kernel assigns pieces, resolves conflicts, allocates cents and records why.
//!
//! An offer is a [`Candidate`]. "20 % off these lines" chooses its pieces itself ([`Candidate::on_portions`]); "3 for
//! 2" is *one* repeating [`Deal`] whatever the quantity ([`Candidate::on_deal`]); "10 off 100" is about the whole
//! order ([`Candidate::on_whole_order`]).

use crate::basket::{Attr, LineId};
use crate::message::{Message, Notice};
use pos_money::{Money, Quantity, Rate, UnitPrice};
use serde::{Deserialize, Serialize};

mod lower;

/// When in pricing the hook is asked.
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

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// The line.
    pub line: LineId,
    /// How much of it, in the line's unit.
    pub quantity: Quantity,
}

/// What an offer does to the price of its pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// So much off, spread as [`Spread`] says.
    AmountOff(Money),
    /// A fraction off.
    RateOff(Rate),
    /// This price instead; never raises.
    FixedPrice(UnitPrice),
    /// All pieces of the set together cost this; never raises.
    BundlePrice(Money),
}

/// In whose terms a discount is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// The shop's price terms.
    #[default]
    Price,
    /// On what is to be paid, tax in.
    Payable,
}

/// How an amount off spreads over several targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// As the customer would choose.
    #[default]
    BestForCustomer,
    /// The cheapest of the set.
    Cheapest,
    /// The dearest of the set.
    Dearest,
}

/// `count` pieces from any line of `pool`. A weighed line is one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Lines the pieces may come from.
    pub pool: Vec<LineId>,
    /// How many a set.
    pub count: Quantity,
    /// Which of them.
    pub pick: Pick,
    /// What happens to them; none: they only qualify, and are used up.
    pub effect: Option<Effect>,
}

/// "Two of these, one of those", repeated while pieces last. Slots fill in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// Filled in order, set by set.
    pub slots: Vec<Slot>,
    /// On all pieces of a set together, after the slots' own effects.
    pub together: Option<Effect>,
    /// Most sets; none: as many as fit.
    pub repeat_max: Option<u32>,
}

/// Pieces the plugin chose itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Pieces that get the effect.
    pub portions: Vec<Portion>,
    /// What happens to them.
    pub effect: Effect,
    /// Pieces used up without effect.
    pub qualifies_on: Vec<Portion>,
}

/// What an offer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The plugin chose the pieces.
    Portions(Chosen),
    /// The kernel chooses, best for the customer.
    Deal(Deal),
    /// Every discountable line, shared on net.
    WholeOrder(Effect),
}

/// How an offer gets along with others of its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The threshold.
    pub min: Money,
    /// In whose terms.
    pub basis: RequirementBasis,
    /// On what remains at this candidate's turn.
    pub left: bool,
}

/// Limits that the kernel reserves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Uses in all.
    pub uses: Option<u32>,
    /// Uses by one customer.
    pub uses_per_customer: Option<u32>,
    /// Money given away.
    pub money: Option<Money>,
}

/// One offer as proposed for this basket. Made by [`Candidate::on_portions`], [`Candidate::on_deal`] or
/// [`Candidate::on_whole_order`]; what they leave at its default, set by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Stable, and unique in a proposal: usage limits, budgets and reports go by it.
    pub id: String,
    /// What it is about.
    pub shape: Shape,
    /// How it gets along with others.
    pub mode: Mode,
    /// A piece is used once per group; none = `default`.
    pub group: Option<String>,
    /// Higher first.
    pub priority: i32,
    /// In whose terms.
    pub basis: Basis,
    /// How an amount spreads.
    pub spread: Spread,
    /// A least amount.
    pub requires: Option<Requirement>,
    /// The most it may take off, in `basis`.
    pub cap: Option<Money>,
    /// Limits reserved by the kernel.
    pub limits: Option<Limits>,
    /// Coupon codes it uses up.
    pub consumes_codes: Vec<String>,
    /// Name on the receipt.
    pub label: Message,
    /// More facts. `except-lines` names lines (texts of their numbers) that an offer on the whole order leaves alone and that
    /// do not count to what it requires.
    pub attrs: Vec<Attr>,
}

impl Candidate {
    /// An offer on pieces the plugin chose. Without any piece it offers nothing, and [`Proposal::from`] leaves it out.
    pub fn on_portions(
        id: impl Into<String>,
        label: impl Into<Message>,
        portions: impl IntoIterator<Item = Portion>,
        effect: Effect,
    ) -> Candidate {
        let portions = portions.into_iter().collect();
        Candidate::of_shape(
            id.into(),
            label.into(),
            Shape::Portions(Chosen { portions, effect, qualifies_on: Vec::new() }),
        )
    }

    /// A deal whose pieces the kernel assigns.
    pub fn on_deal(id: impl Into<String>, label: impl Into<Message>, deal: Deal) -> Candidate {
        Candidate::of_shape(id.into(), label.into(), Shape::Deal(deal))
    }

    /// An offer on the whole order.
    pub fn on_whole_order(id: impl Into<String>, label: impl Into<Message>, effect: Effect) -> Candidate {
        Candidate::of_shape(id.into(), label.into(), Shape::WholeOrder(effect))
    }

    fn of_shape(id: String, label: Message, shape: Shape) -> Candidate {
        Candidate {
            id,
            shape,
            mode: Mode::default(),
            group: None,
            priority: 0,
            basis: Basis::default(),
            spread: Spread::default(),
            requires: None,
            cap: None,
            limits: None,
            consumes_codes: Vec::new(),
            label,
            attrs: Vec::new(),
        }
    }

    fn offers_nothing(&self) -> bool {
        matches!(&self.shape, Shape::Portions(chosen) if chosen.portions.is_empty())
    }
}

/// An item earned: the kernel adds (or offers) the line, marks it, and takes it away when it is no longer earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The offer's id.
    pub offer: String,
    /// Articles to choose from.
    pub items: Vec<String>,
    /// How many.
    pub quantity: Quantity,
    /// What it costs then.
    pub effect: Effect,
    /// Added without asking.
    pub automatic: bool,
}

/// "1 more for 3 for 2".
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss {
    /// The offer's id.
    pub offer: String,
    /// What is missing.
    pub missing: Message,
}

/// What the hook answers for one stage.
#[derive(Clone, Debug, Default, PartialEq)]
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

impl Proposal {
    /// No offer.
    pub fn nothing() -> Proposal {
        Proposal::default()
    }
}

impl From<Candidate> for Proposal {
    fn from(candidate: Candidate) -> Proposal {
        Proposal::from_iter([candidate])
    }
}

impl FromIterator<Candidate> for Proposal {
    fn from_iter<I: IntoIterator<Item = Candidate>>(candidates: I) -> Proposal {
        let candidates = candidates.into_iter().filter(|candidate| !candidate.offers_nothing()).collect();
        Proposal { candidates, ..Proposal::default() }
    }
}

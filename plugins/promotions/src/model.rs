//! An offer as data, after reading and before any basket.

use crate::customers::CustomerRule;
use crate::node::Spot;
use crate::selector::Goods;
use crate::symbols::Symbol;
use crate::times::When;
use pos_plugin_sdk::prelude::*;

/// One offer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) id: String,
    /// Where it begins in the file.
    pub(crate) spot: Option<Spot>,
    pub(crate) text: Wording,
    pub(crate) enabled: bool,
    pub(crate) stage: Stage,
    pub(crate) mode: Mode,
    pub(crate) group: Option<String>,
    pub(crate) priority: i32,
    pub(crate) basis: Basis,
    pub(crate) what: What,
    pub(crate) conditions: Conditions,
    /// The most it takes off one basket.
    pub(crate) up_to: Option<Decimal>,
    pub(crate) quota: Option<Quota>,
    pub(crate) limits: OfferLimits,
    /// The most sets of a deal, or gifts, in one basket.
    pub(crate) sets_max: Option<u32>,
    /// Whether "1 more for …" is said.
    pub(crate) hints: bool,
    /// Warnings that its author has seen and accepts.
    pub(crate) accepted: Vec<String>,
}

/// What people read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wording {
    /// On the screen, and on the receipt unless `receipt` says otherwise.
    pub(crate) label: String,
    /// A shorter text for the receipt.
    pub(crate) receipt: Option<String>,
    /// Both in other languages.
    pub(crate) translations: Vec<Translation>,
}

/// A language's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Translation {
    pub(crate) language: String,
    pub(crate) label: Option<String>,
    pub(crate) receipt: Option<String>,
}

/// What happens to a price. Amounts in major units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    PercentOff(Rate),
    AmountOff(Decimal),
    /// So much for a quantity: 1.29 for 1 kg, 5.00 for 3 pieces.
    Price(UnitPrice),
    /// All pieces of a set together.
    ForPrice(Decimal),
}

/// What an offer is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// Goods, each by itself.
    Items { goods: Goods, change: Change, spread: Spread, pieces_max: Option<u32> },
    /// Sets of pieces.
    Deal(DealRule),
    /// More off the more is bought.
    Tiers(TierRule),
    /// Everything that may be lowered, together.
    Order { change: Change },
    /// Articles earned.
    Gift { gift: GiftRule, buy: Vec<Part> },
}

/// Sets: so many of these, so many of those.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DealRule {
    /// Pieces that qualify; with `together` they share its effect.
    pub(crate) buy: Vec<Part>,
    /// Pieces with an effect of their own.
    pub(crate) get: Vec<(Part, Change)>,
    /// What happens to the whole set.
    pub(crate) together: Option<Change>,
    pub(crate) reading: Reading,
    /// All pieces of a set are the same article.
    pub(crate) same_article: bool,
}

/// So many pieces of a selection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) count: u32,
    pub(crate) goods: Goods,
}

/// Which pieces of a set get the effect. 3 for 2 over 10, 9, 8, 3, 2, 1 gives away:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    /// 10 and 9: the customer puts the sets together.
    #[default]
    AsTheCustomerWouldChoose,
    /// 8 and 1: sets are made from the dearest piece down, the cheapest of each is reduced.
    CheapestOfEachSet,
    /// 10 and 3: sets are made from the dearest piece down, the dearest of each is reduced.
    DearestOfEachSet,
    /// 1 and 2: the cheapest pieces of all are reduced.
    CheapestOfAll,
}

/// Steps of a discount that grows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TierRule {
    /// None: the whole order.
    pub(crate) goods: Option<Goods>,
    pub(crate) by: TierBy,
    /// The reached step applies to each part above its threshold only, not to everything.
    pub(crate) each_step: bool,
    /// Each article is counted by itself.
    pub(crate) per_article: bool,
    /// By threshold, increasing.
    pub(crate) tiers: Vec<(Decimal, Change)>,
}

/// What steps are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TierBy {
    Pieces,
    /// A quantity, in this unit.
    Measure(Unit),
    Spend,
}

/// Articles that are added.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GiftRule {
    /// To choose from.
    pub(crate) articles: Vec<String>,
    pub(crate) count: u32,
    pub(crate) change: Change,
    /// Added without asking.
    pub(crate) automatic: bool,
}

/// What must be true for an offer to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Conditions {
    pub(crate) when: When,
    pub(crate) stores: Vec<String>,
    pub(crate) registers: Vec<String>,
    pub(crate) customer: Option<CustomerRule>,
    pub(crate) codes: Option<Codes>,
    /// Goods that must be in the basket, and are not used up.
    pub(crate) with: Vec<Part>,
    pub(crate) spend: Option<Spend>,
    /// Facts about the basket: key, and the values that will do.
    pub(crate) basket: Vec<(String, Vec<String>)>,
}

/// Codes, one of which must have been scanned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Codes {
    pub(crate) codes: Vec<String>,
    pub(crate) prefixes: Vec<String>,
    /// All of them as the index knows them.
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) used: CodesUsed,
}

/// How many of the codes an offer uses up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CodesUsed {
    /// One, whatever the offer takes off.
    #[default]
    Once,
    /// One a set; no more sets than codes.
    PerSet,
    /// None: it only has to be there.
    Never,
}

/// An amount that must be spent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spend {
    pub(crate) at_least: Decimal,
    /// From this amount on it is over.
    pub(crate) below: Option<Decimal>,
    /// On these goods; none: on everything that may be lowered.
    pub(crate) on: Option<Goods>,
    pub(crate) measured: Measured,
    pub(crate) basis: RequirementBasis,
    /// Again for every `at_least`.
    pub(crate) repeats: bool,
}

/// When an amount spent is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Measured {
    /// At regular prices.
    BeforeOffers,
    /// After the offers of earlier stages.
    #[default]
    AfterOffers,
    /// On what is left when this offer has its turn.
    WhatIsLeft,
}

/// Limits that the kernel reserves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct OfferLimits {
    pub(crate) uses: Option<u32>,
    pub(crate) per_customer: Option<u32>,
    pub(crate) money: Option<Decimal>,
}

/// An allowance per period that a fact about the customer counts against: 200.00 less what
/// `staff-discount-this-month` says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quota {
    pub(crate) amount: Decimal,
    pub(crate) used: String,
}

impl Offer {
    /// The goods whose price it changes or which it uses up; empty for the whole order and for gifts.
    pub(crate) fn goods(&self) -> Vec<&Goods> {
        match &self.what {
            What::Items { goods, .. } => vec![goods],
            What::Deal(deal) => deal.parts().map(|part| &part.goods).collect(),
            What::Tiers(tiers) => tiers.goods.iter().collect(),
            What::Order { .. } => Vec::new(),
            What::Gift { buy, .. } => buy.iter().map(|part| &part.goods).collect(),
        }
    }

    /// Whether it is about everything that may be lowered.
    pub(crate) fn is_on_order(&self) -> bool {
        matches!(self.what, What::Order { .. } | What::Tiers(TierRule { goods: None, .. }))
    }
}

impl DealRule {
    /// All pieces of a set.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.buy.iter().chain(self.get.iter().map(|(part, _)| part))
    }
}

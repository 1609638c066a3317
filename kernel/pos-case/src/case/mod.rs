//! A pricing case as plain data, in the terms of the domain.
//!
//! Reading is strict: an unknown key is refused by name, with the one that was probably meant. Lines are known outside by
//! their ids and inside by their numbers, from 1 in the order of the basket.

pub(crate) mod candidate;
pub(crate) mod line;
mod manual;
mod offer;
pub(crate) mod read;
pub(crate) mod settings;

use crate::problem::Problem;
use pos_domain::catalogue::Item;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::policy::{Budget, Policy};
use pos_domain::pricing::proposal::{
    Assessment, Attr, Candidate, CustomerFacts, Effect, Grant, LineKind, Stage, TaxComponent, TaxRounding,
};
use pos_domain::time::LocalTime;
use pos_money::{Currency, Decimal, Money, Quantity, Rounding, RoundingMode, UnitPrice};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One basket with everything that decides its price.
#[derive(Clone, Debug)]
pub struct Case {
    /// Of all amounts.
    pub currency: Currency,
    /// How tax is rounded, and in which direction a line's gross is.
    pub rounding: CaseRounding,
    /// Default of a tax's `included`.
    pub prices_include_tax: bool,
    /// Civil time at the store.
    pub now: LocalTime,
    /// Who buys.
    pub customer: Option<Arc<CustomerFacts>>,
    /// Coupon and voucher codes.
    pub codes: Vec<Arc<str>>,
    /// How offers get along.
    pub policy: Policy,
    /// In the order of the basket.
    pub lines: Vec<CaseLine>,
    /// Where the line of an id stands.
    places: BTreeMap<Arc<str>, usize>,
    /// With the stage they are looked at, in the order given.
    pub candidates: Vec<(Stage, Candidate)>,
    /// Items earned.
    pub grants: Vec<Grant>,
    /// The promotions plugin's configuration, as written.
    pub offers: Option<String>,
    /// Paths of scripts.
    pub scripts: Vec<Arc<str>>,
    /// Discounts by hand.
    pub manual: Manual,
    /// Loyalty rewards redeemed.
    pub rewards: Vec<Reward>,
    /// In the order given.
    pub tenders: Vec<CaseTender>,
    /// What is left of offers' budgets.
    pub budgets: Vec<Budget>,
}

/// How taxes are rounded.
#[derive(Clone, Debug)]
pub struct CaseRounding {
    /// The rule for every jurisdiction.
    pub rule: TaxRounding,
    /// `increment: null`: figures stay exact, for comparisons.
    pub exact: bool,
}

impl CaseRounding {
    /// Direction of a line's gross, to the minor unit.
    pub fn of_gross(&self) -> Rounding {
        Rounding::to_minor_unit(self.rule.mode)
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct CaseLine {
    /// Its id, or its position from 1.
    pub id: Arc<str>,
    /// Its number, from 1.
    pub number: LineNumber,
    /// What it is.
    pub kind: LineKind,
    /// What is sold.
    pub item: Arc<Item>,
    /// Negative on returns.
    pub quantity: Quantity,
    /// After price proposals and overrides.
    pub price: UnitPrice,
    /// Where the price came from.
    pub price_from: PriceFrom,
    /// Offers may not touch it.
    pub price_locked: bool,
    /// Facts for rules.
    pub attrs: Arc<[Attr]>,
    /// In the order in which they apply.
    pub taxes: Vec<TaxComponent>,
}

/// Where a line's price came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceFrom {
    /// The case's own.
    Case,
    /// A price proposal.
    Proposal,
    /// An override by hand.
    Override,
}

/// What the cashier takes off.
#[derive(Clone, Debug, Default)]
pub struct Manual {
    /// On single lines.
    pub lines: Vec<ManualLine>,
    /// On the whole basket.
    pub basket: Option<ManualBasket>,
}

/// A discount by hand on one line.
#[derive(Clone, Debug)]
pub struct ManualLine {
    /// The line.
    pub line: LineNumber,
    /// A final price is a bundle price of the whole line.
    pub effect: Effect,
    /// Why.
    pub reason: Arc<str>,
}

/// A discount by hand on the basket.
#[derive(Clone, Debug)]
pub struct ManualBasket {
    /// A rate or an amount off.
    pub effect: Effect,
    /// Why.
    pub reason: Arc<str>,
}

/// A loyalty reward.
#[derive(Clone, Debug)]
pub struct Reward {
    /// Its id.
    pub id: Arc<str>,
    /// Before tax or after.
    pub kind: RewardKind,
    /// What it is worth.
    pub value: Money,
    /// What it costs in points, not negative.
    pub points: i64,
    /// Name on the receipt.
    pub label: Arc<str>,
}

/// What a reward is to pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewardKind {
    /// Lowers the price, before tax.
    Discount,
    /// Pays, after tax.
    Tender,
}

/// A means of payment.
#[derive(Clone, Debug)]
pub struct CaseTender {
    /// `cash`, `coupon` …
    pub kind: Arc<str>,
    /// None: what is due.
    pub amount: Option<Money>,
    /// Of cash.
    pub cash_rounding: Option<Rounding>,
}

impl Case {
    /// Reads a case from JSON text.
    pub fn from_text(text: &str) -> Result<Case, Problem> {
        let written: Value = serde_json::from_str(text).unwrap_or_default();
        read::read(&crate::json::parse(text)?, &written)
    }

    /// Reads a case whose numbers are text already; `written` is the same case as it stands in the file.
    pub(crate) fn from_values(quoted: &Value, written: &Value) -> Result<Case, Problem> {
        read::read(quoted, written)
    }

    /// The line of an id.
    pub fn line(&self, id: &str) -> Option<&CaseLine> {
        self.lines.get(*self.places.get(id)?)
    }

    fn add_line(&mut self, line: CaseLine) {
        self.places.insert(line.id.clone(), self.lines.len());
        self.lines.push(line);
    }

    /// The line of a number.
    pub fn numbered(&self, number: LineNumber) -> Option<&CaseLine> {
        // They are numbered from 1.
        let guess = usize::try_from(number).ok()?.checked_sub(1)?;
        self.lines.get(guess).filter(|line| line.number == number)
    }

    /// What the case says about tax, as an assessor would.
    pub fn assessment(&self) -> Assessment {
        Assessment {
            components: self.lines.iter().flat_map(|line| line.taxes.iter().cloned()).collect(),
            rounding: vec![self.rounding.rule.clone()],
            ..Assessment::default()
        }
    }

    /// What a line costs before offers.
    pub(crate) fn gross(&self, line: &CaseLine) -> Result<Money, Problem> {
        Ok(line.price.amount(line.quantity, self.currency, self.rounding.of_gross())?)
    }
}

const MODES: [(&str, RoundingMode); 5] = [
    ("half-up", RoundingMode::HalfUp),
    ("half-even", RoundingMode::HalfEven),
    ("half-down", RoundingMode::HalfDown),
    ("up", RoundingMode::Up),
    ("down", RoundingMode::Down),
];

/// The name of a choice.
pub(crate) fn name_of<T: PartialEq>(choice: T, names: &[(&'static str, T)]) -> &'static str {
    names.iter().find(|(_, known)| *known == choice).map_or("", |(name, _)| name)
}

/// The name of a rounding mode.
pub(crate) fn mode_name(mode: RoundingMode) -> &'static str {
    name_of(mode, &MODES)
}

/// A rounding increment in minor units of the currency.
fn increment(value: Decimal, place: &str, currency: Currency) -> Result<Money, Problem> {
    let wanted = format!("a multiple of the smallest amount of {currency}, above 0");
    let money = currency.exact(value).ok().filter(|money| money.is_positive());
    money.ok_or_else(|| Problem::wrong(place, &wanted))
}

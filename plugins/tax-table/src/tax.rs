//! One tax as its owner writes it: what is levied, on what part of the price, since when, on which lines.

use crate::condition::Condition;
use pos_plugin_sdk::prelude::*;
use serde::Deserialize;
use std::fmt;

/// One tax, for as long as its rate holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// Printed on the receipt.
    pub code: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// A share of the base, 0 to 1. A tax has one of `rate`, `division` and `per_unit`.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// A share of the price with the tax in it.
    #[serde(default)]
    pub division: Option<Rate>,
    /// A fixed amount a unit, in major units.
    #[serde(default)]
    pub per_unit: Option<Decimal>,
    /// What a unit is.
    #[serde(default)]
    pub unit: Unit,
    /// What of the base is taxed; absent: all of it.
    #[serde(default)]
    pub taxed: Option<TaxedPart>,
    /// The most the tax on one piece may amount to, in major units.
    #[serde(default)]
    pub tax_max: Option<Decimal>,
    /// Taxes that follow are levied on this one too.
    #[serde(default)]
    pub affects_next_base: bool,
    /// Levied on earlier taxes that affect the next base.
    #[serde(default = "yes")]
    pub base_affected: bool,
    /// First day; absent: always was.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day; absent: no end known.
    #[serde(default)]
    pub until: Option<Date>,
    /// Whether prices contain it; absent: as its jurisdiction says.
    #[serde(default)]
    pub included: Option<bool>,
    /// Who levies it, if not the jurisdiction that lists it.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Why nothing is levied.
    #[serde(default)]
    pub exempt: Option<String>,
    /// On which lines; absent: on all of the class. Apart, since most taxes have none and a table may have thousands.
    #[serde(default)]
    pub when: Option<Box<Condition>>,
    /// On which lines not.
    #[serde(default)]
    pub unless: Option<Box<Condition>>,
}

/// What of a base is taxed: one of the three. Amounts are in major units a piece; a weighed line is one piece.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaxedPart {
    /// A share of it.
    pub share: Option<Rate>,
    /// The part above an amount: of 200 above 175, 25.
    pub above: Option<Decimal>,
    /// All of it from an amount on, nothing below: of 109.99 from 110, nothing.
    pub from: Option<Decimal>,
}

/// [`TaxedPart`] with its one key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Share(Rate),
    Above(Decimal),
    From(Decimal),
}

impl TaxedPart {
    /// None if the table names no part, or more than one.
    pub(crate) fn part(self) -> Option<Part> {
        match (self.share, self.above, self.from) {
            (Some(share), None, None) => Some(Part::Share(share)),
            (None, Some(amount), None) => Some(Part::Above(amount)),
            (None, None, Some(amount)) => Some(Part::From(amount)),
            _ => None,
        }
    }
}

impl Tax {
    /// What is levied; none if the table does not say, or says it twice.
    pub(crate) fn levy(&self) -> Option<Levy> {
        match (self.rate, self.division, self.per_unit) {
            (Some(rate), None, None) => Some(Levy::Percent(rate)),
            (None, Some(rate), None) => Some(Levy::Division(rate)),
            (None, None, Some(amount)) => Some(Levy::PerUnit(UnitPrice::per(amount, self.unit))),
            _ => None,
        }
    }

    /// What of the base is taxed; none: all of it.
    pub(crate) fn part(&self) -> Option<Part> {
        self.taxed.and_then(TaxedPart::part)
    }

    pub(crate) fn is_valid_on(&self, day: Date) -> bool {
        is_within(day, self.from, self.until)
    }
}

/// Whether a day lies in a period; an open end is endless.
pub(crate) fn is_within(day: Date, from: Option<Date>, until: Option<Date>) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}

/// `A (VAT, standard rate): 8.1 %, since 2024-01-01`, as the trace shows it.
impl fmt::Display for Tax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): ", self.code, self.name)?;
        match self.levy() {
            Some(Levy::Percent(rate)) => write!(f, "{} %", rate.percent_text())?,
            Some(Levy::Division(rate)) => write!(f, "{} % of the price with it", rate.percent_text())?,
            Some(Levy::PerUnit(UnitPrice { value, per })) => match per.unit {
                Unit::Each => write!(f, "{value} a piece")?,
                unit => write!(f, "{value} / {}", unit.symbol())?,
            },
            None => write!(f, "nothing")?,
        }
        match self.part() {
            None => {}
            Some(Part::Share(share)) => write!(f, " on {} % of the price", share.percent_text())?,
            Some(Part::Above(amount)) => write!(f, " on what is above {amount}")?,
            Some(Part::From(amount)) => write!(f, " from {amount} on")?,
        }
        self.from.map_or(Ok(()), |from| write!(f, ", since {from}"))
    }
}

fn yes() -> bool {
    true
}

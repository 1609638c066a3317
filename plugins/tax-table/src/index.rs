//! The table as it is looked up: indexed once, when it is configured.
//!
//! A basket finds its stack of jurisdictions by one look-up of the address ([`crate::places`]); a line finds its class's
//! number by name, and jurisdiction and number lead straight to its taxes. So a line costs the same in a table of one
//! jurisdiction and in one of ten thousand.

use crate::places::{Address, Places};
use crate::settings::{ClassRule, Exemption, Home, Listed, RoundingRule, Settings, Sourcing};
use crate::tax::Tax;
use crate::validate::{Problem, problems};
use pos_plugin_sdk::prelude::*;
use std::collections::BTreeMap;

/// Follows the code of a tax that is not levied, so that exempt sales are reported apart: `VAT19-E`.
pub(crate) const EXEMPT_SUFFIX: &str = "-E";

/// A configured table.
#[derive(Debug)]
pub struct TaxTable {
    /// Numbers of the classes by name.
    classes: BTreeMap<String, usize>,
    jurisdictions: Vec<Levying>,
    rounding: TaxRounding,
    pub(crate) class_rules: Vec<ClassRule>,
    pub(crate) exemptions: Vec<Exemption>,
    places: Places,
    /// The stack of each place.
    stacks: Vec<Vec<usize>>,
    home: Option<Vec<usize>>,
    home_address: Address,
    sourcing: Sourcing,
}

/// A jurisdiction with its taxes by the number of the class.
#[derive(Debug)]
pub(crate) struct Levying {
    id: String,
    rounding: Option<TaxRounding>,
    /// None: it does not list the class.
    by_class: Vec<Option<Vec<Levied>>>,
    otherwise: Option<usize>,
    pub(crate) fees: Vec<Levied>,
}

/// A tax with what its jurisdiction and the table say of it.
#[derive(Clone, Debug)]
pub(crate) struct Levied {
    pub(crate) tax: Tax,
    pub(crate) jurisdiction: String,
    pub(crate) levy: Levy,
    /// None: as the shop's prices are.
    pub(crate) included: Option<bool>,
}

impl Levying {
    fn new(listed: &Listed<'_>, classes: &BTreeMap<String, usize>, included: Option<bool>) -> Levying {
        let levied = |tax: &Tax| {
            Some(Levied {
                jurisdiction: tax.jurisdiction.as_deref().unwrap_or(listed.id).to_owned(),
                levy: tax.levy()?,
                included: tax.included.or(listed.included).or(included),
                tax: tax.clone(),
            })
        };
        Levying {
            id: listed.id.to_owned(),
            rounding: listed.rounding.map(|rule| rounding(Some(listed.id), rule)),
            by_class: classes
                .keys()
                .map(|class| listed.classes.get(class).map(|taxes| taxes.iter().filter_map(levied).collect()))
                .collect(),
            otherwise: listed.otherwise.and_then(|class| classes.get(class).copied()),
            fees: listed.fees.iter().filter_map(levied).collect(),
        }
    }

    /// Its taxes on a class by number; none: it knows neither the class nor what else to take it for.
    fn of_class(&self, number: Option<usize>) -> Option<&[Levied]> {
        let listed = |number: usize| self.by_class.get(number)?.as_deref();
        number.and_then(listed).or_else(|| self.otherwise.and_then(listed))
    }
}

impl TaxTable {
    /// Takes a table into use; the error is its first problem.
    pub(crate) fn new(settings: Settings) -> Result<TaxTable, Problem> {
        if let Some(problem) = problems(&settings).into_iter().next() {
            return Err(problem);
        }
        let listed = settings.all_jurisdictions();
        let names = listed.iter().flat_map(|listed| listed.classes.keys());
        let mut classes: BTreeMap<String, usize> = names.map(|name| (name.clone(), 0)).collect();
        for (number, known) in classes.values_mut().enumerate() {
            *known = number;
        }
        let numbers: BTreeMap<&str, usize> = listed.iter().enumerate().map(|(number, one)| (one.id, number)).collect();
        let stack = |names: &[String]| -> Vec<usize> {
            names.iter().filter_map(|name| numbers.get(name.as_str()).copied()).collect()
        };
        let home = settings.home.as_ref();
        let home_address = home.map(Address::of_home).unwrap_or_default();
        let mut places = Places::default();
        let mut stacks = Vec::with_capacity(settings.places.len());
        for (index, place) in settings.places.iter().enumerate() {
            // Two places with one key were refused as a problem.
            places.insert(index, place, &home_address).unwrap_or_default();
            stacks.push(stack(&place.stack));
        }
        let home = match home {
            Some(Home { stack: names, .. }) if !names.is_empty() => Some(stack(names)),
            Some(_) if !settings.places.is_empty() => places.find(&home_address).map(|place| stacks[place].clone()),
            // Where there are places, only the owner knows in which of them the store is.
            None if !settings.places.is_empty() => None,
            _ => (!settings.classes.is_empty()).then(|| vec![0]),
        };
        let jurisdictions = listed.iter().map(|one| Levying::new(one, &classes, settings.included)).collect();
        let rounding = rounding(None, settings.rounding.unwrap_or_default());
        let Settings { class_rules, exemptions, sourcing, .. } = settings;
        Ok(TaxTable {
            classes,
            jurisdictions,
            rounding,
            class_rules,
            exemptions,
            places,
            stacks,
            home,
            home_address,
            sourcing,
        })
    }

    /// Who levies on a sale, and the address its conditions see.
    pub(crate) fn levying(&self, ship_to: Option<&Destination>) -> Result<(Vec<&Levying>, Address), HookError> {
        let destination = ship_to.map(Address::of_destination);
        let home = &self.home_address;
        let is_near = |there: &Address| there.country == home.country && there.region == home.region;
        let is_sent = match (&destination, self.sourcing) {
            (None, _) | (_, Sourcing::Origin) => false,
            (Some(_), Sourcing::Destination) => true,
            (Some(there), Sourcing::OriginInRegion) => !is_near(there),
        };
        let address = destination.unwrap_or_else(|| home.clone());
        let stack = if is_sent {
            let place = self.places.find(&address).ok_or_else(|| {
                HookError::refused(format!("No place in the tax table covers {address}. Add it to \"places\"."))
            })?;
            &self.stacks[place]
        } else {
            self.home.as_ref().ok_or_else(|| {
                let text = "The tax table does not say where the store is. Set \"home\" in the table.";
                HookError::refused(text)
            })?
        };
        Ok((stack.iter().map(|number| &self.jurisdictions[*number]).collect(), address))
    }

    /// The rounding rules of a sale: the table's, and those of jurisdictions that have their own.
    pub(crate) fn rounding(&self, levying: &[&Levying]) -> Vec<TaxRounding> {
        let own = levying.iter().filter_map(|jurisdiction| jurisdiction.rounding.clone());
        std::iter::once(self.rounding.clone()).chain(own).collect()
    }

    /// The taxes of a class on a day, in the order of the stack. A class without a rate is refused: selling it untaxed
    /// would be a guess.
    pub(crate) fn taxes<'a>(
        &'a self,
        levying: &[&'a Levying],
        class: &str,
        day: Date,
        line: LineId,
    ) -> Result<Vec<&'a Levied>, HookError> {
        let number = self.classes.get(class).copied();
        let mut taxes = Vec::new();
        let mut is_without_rate = false;
        for jurisdiction in levying {
            let Some(listed) = jurisdiction.of_class(number) else {
                let whose =
                    if self.jurisdictions.len() > 1 { format!(" for {}", jurisdiction.id) } else { String::new() };
                return Err(HookError::refused(format!(
                    "Line {line}: the tax table has no class \"{class}\"{whose}. Add it to the table, or correct the article's tax class."
                )));
            };
            let before = taxes.len();
            taxes.extend(listed.iter().filter(|levied| levied.tax.is_valid_on(day)));
            // One tax of several may have ended or not begun; one that rests between two rates was forgotten.
            let ended = || listed.iter().any(|levied| levied.tax.until.is_some_and(|until| until < day));
            let begins = || listed.iter().any(|levied| levied.tax.from.is_some_and(|from| day < from));
            if taxes.len() == before && ended() && begins() {
                return Err(no_rate(line, class, day));
            }
            is_without_rate |= !listed.is_empty();
        }
        if taxes.is_empty() && is_without_rate { Err(no_rate(line, class, day)) } else { Ok(taxes) }
    }
}

fn no_rate(line: LineId, class: &str, day: Date) -> HookError {
    HookError::refused(format!(
        "Line {line}: the tax table has no rate for class \"{class}\" on {day}. Add the rate of that day to the table."
    ))
}

fn rounding(jurisdiction: Option<&str>, rule: RoundingRule) -> TaxRounding {
    let RoundingRule { level, mode, increment, included } = rule;
    let jurisdiction = jurisdiction.map(str::to_owned);
    TaxRounding { jurisdiction, level, rounding: Rounding { mode, increment }, included }
}

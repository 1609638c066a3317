//! What a table must fulfil to be taken into use. Every problem is found at once, with its place and what to do, so that
//! an owner corrects a table in one go and not error by error.

mod places;

use crate::condition::{Condition, PriceRange};
use crate::settings::{Listed, RoundingRule, Settings, Written};
use crate::tax::{Tax, TaxedPart};
use pos_plugin_sdk::prelude::*;
use std::collections::BTreeMap;

/// Coins and notes of no currency are larger.
const INCREMENT_MAX_MINOR: i64 = 1_000_000;
/// Letters of a code and of who levies it: they stand in one column of a receipt.
const CODE_LETTERS_MAX: usize = 32;
/// Letters of a reason, which a receipt prints on lines of its own.
const REASON_LETTERS_MAX: usize = 200;

/// A mistake in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// `classes.standard[0].rate`.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) what: String,
    /// How to put it right.
    pub(crate) what_to_do: String,
}

/// All problems of a table, in the order of its keys; none: it can be taken into use.
pub(crate) fn problems(settings: &Settings) -> Vec<Problem> {
    let listed = settings.all_jurisdictions();
    let numbers = listed.iter().enumerate().map(|(number, listed)| (listed.id, number)).collect();
    let mut found = Found { settings, listed, numbers, problems: Vec::new() };
    found.in_jurisdictions();
    found.in_rules();
    let stacks = found.in_places();
    found.in_stacks(&stacks);
    found.problems
}

struct Found<'a> {
    settings: &'a Settings,
    listed: Vec<Listed<'a>>,
    /// Positions in `listed` by name.
    numbers: BTreeMap<&'a str, usize>,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn wrong(&mut self, place: impl Into<String>, what: impl Into<String>, what_to_do: impl Into<String>) {
        self.problems.push(Problem { place: place.into(), what: what.into(), what_to_do: what_to_do.into() });
    }

    fn in_jurisdictions(&mut self) {
        let settings = self.settings;
        if settings.classes.is_empty() && settings.jurisdictions.is_empty() {
            self.wrong("classes", "there is none", "every article has a tax class, so list at least one");
        }
        if settings.jurisdiction.trim().is_empty() {
            self.wrong("jurisdiction", "is empty", "write who levies the taxes, like \"DE\"");
        }
        self.in_printed("jurisdiction", &settings.jurisdiction, CODE_LETTERS_MAX);
        for name in settings.jurisdictions.keys() {
            self.in_printed(&format!("jurisdictions.{name}"), name, CODE_LETTERS_MAX);
        }
        if settings.jurisdictions.contains_key(&settings.jurisdiction) {
            let place = format!("jurisdictions.{}", settings.jurisdiction);
            self.wrong(place, "is the table's own jurisdiction", "rename one of them, or list its classes at the top");
        }
        self.in_rounding("rounding", settings.rounding);
        for listed in self.listed.clone() {
            let is_own = listed.place.is_empty();
            let place = listed.place.trim_end_matches('.').to_owned();
            if !is_own {
                self.in_rounding(&format!("{place}.rounding"), listed.rounding);
                if listed.classes.is_empty() && listed.fees.is_empty() {
                    self.wrong(place, "levies nothing", "list its classes, or delete it");
                }
            }
            for (class, _) in listed.classes.iter().filter(|(_, taxes)| is_own && taxes.is_empty()) {
                let what_to_do = "for untaxed goods write one with rate \"0\"";
                self.wrong(format!("classes.{class}"), "has no rates", what_to_do);
            }
            if let Some(class) = listed.otherwise.filter(|class| !listed.classes.contains_key(*class)) {
                let place = format!("{}otherwise", listed.place);
                self.wrong(place, format!("there is no class \"{class}\""), "name one of the classes listed here");
            }
            let mut by_code: BTreeMap<&str, Vec<Written<'_>>> = BTreeMap::new();
            for (class, place, tax) in listed.taxes() {
                self.in_tax(&place, tax);
                let same_code = by_code.entry(&tax.code).or_default();
                for (other_class, other_place, other) in &*same_code {
                    self.in_pair(&listed, (class, &place, tax), (*other_class, other_place, other));
                }
                same_code.push((class, place, tax));
            }
        }
    }

    fn in_rounding(&mut self, place: &str, rounding: Option<RoundingRule>) {
        let increment = rounding.unwrap_or_default().increment;
        if increment < 1 {
            self.wrong(format!("{place}.increment"), "must be at least 1 minor unit", "1 is a cent, 5 rounds to 0.05");
        } else if increment > INCREMENT_MAX_MINOR {
            let what = format!("is more than {INCREMENT_MAX_MINOR} minor units");
            self.wrong(format!("{place}.increment"), what, "1 is a cent, 5 rounds to 0.05");
        }
    }

    fn in_tax(&mut self, place: &str, tax: &Tax) {
        if tax.code.trim().is_empty() {
            self.wrong(format!("{place}.code"), "is empty", "write what the receipt shall print, like \"A\"");
        }
        self.in_printed(&format!("{place}.code"), &tax.code, CODE_LETTERS_MAX);
        if let Some(jurisdiction) = &tax.jurisdiction {
            if jurisdiction.trim().is_empty() {
                self.wrong(format!("{place}.jurisdiction"), "is empty", "name who levies, or leave it out");
            }
            self.in_printed(&format!("{place}.jurisdiction"), jurisdiction, CODE_LETTERS_MAX);
        }
        if tax.levy().is_none() {
            let named = [tax.rate.is_some(), tax.division.is_some(), tax.per_unit.is_some()];
            let what =
                if named.contains(&true) { "levies in more than one way" } else { "does not say what it levies" };
            self.wrong(place, what, "give it either a rate, a division or an amount per_unit");
        }
        self.in_fraction(&format!("{place}.rate"), tax.rate);
        self.in_fraction(&format!("{place}.division"), tax.division);
        if tax.division == Some(Rate::ONE) {
            self.wrong(format!("{place}.division"), "is the whole price", "give a share below 1");
        }
        self.in_amount(&format!("{place}.per_unit"), tax.per_unit);
        self.in_amount(&format!("{place}.tax_max"), tax.tax_max);
        if let Some(taxed) = tax.taxed {
            let TaxedPart { share, above, from } = taxed;
            self.in_fraction(&format!("{place}.taxed.share"), share);
            self.in_amount(&format!("{place}.taxed.above"), above);
            self.in_amount(&format!("{place}.taxed.from"), from);
            if taxed.part().is_none() {
                let what_to_do = "give it either a share, an amount above, or an amount from";
                self.wrong(format!("{place}.taxed"), "does not name one part of the price", what_to_do);
            }
            if tax.per_unit.is_some() {
                let what_to_do = "a fixed amount has no base; limit it with \"when\" and a unit_price";
                self.wrong(format!("{place}.taxed"), "cannot be said of an amount per_unit", what_to_do);
            }
        }
        self.in_period(place, tax.from, tax.until);
        if tax.exempt.is_some() && tax.levy() != Some(Levy::Percent(Rate::ZERO)) {
            let what_to_do = "write rate \"0\", or use \"exemptions\" to exempt some sales only";
            self.wrong(format!("{place}.exempt"), "an exempt class has rate \"0\"", what_to_do);
        }
        if let Some(reason) = &tax.exempt {
            if reason.trim().is_empty() {
                self.wrong(format!("{place}.exempt"), "is empty", "write the reason that the receipt shall print");
            }
            self.in_printed(&format!("{place}.exempt"), reason, REASON_LETTERS_MAX);
        }
        self.in_condition(&format!("{place}.when"), tax.when.as_deref());
        self.in_condition(&format!("{place}.unless"), tax.unless.as_deref());
    }

    /// A text that stands on receipts. The kernel throws away an answer with a control character in it, and with it the tax
    /// of the whole sale: a printer would take it for a command.
    fn in_printed(&mut self, place: &str, text: &str, letters_max: usize) {
        if text.chars().any(char::is_control) {
            self.wrong(place, "has a line break or another control character in it", "write it on one line");
        }
        let letters = text.chars().count();
        if letters > letters_max {
            self.wrong(place, format!("has {letters} letters"), format!("write {letters_max} at most"));
        }
    }

    fn in_country(&mut self, place: &str, country: &str) {
        if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_alphabetic()) {
            self.wrong(place, format!("\"{country}\" is not a country"), "write its two letters, like \"US\"");
        }
    }

    fn in_fraction(&mut self, place: &str, rate: Option<Rate>) {
        let Some(fraction) = rate.map(Rate::fraction) else { return };
        if fraction < Decimal::ZERO || fraction > Decimal::ONE {
            let what = format!("{fraction} is not a fraction between 0 and 1");
            self.wrong(place, what, "8.1 % is written \"0.081\"");
        } else if fraction.normalize().scale() > 9 {
            self.wrong(place, "has more than nine decimal places", "round it");
        }
    }

    fn in_amount(&mut self, place: &str, amount: Option<Decimal>) {
        let Some(amount) = amount else { return };
        if amount < Decimal::ZERO {
            self.wrong(place, format!("{amount} is below zero"), "write it without the sign");
        } else if amount.normalize().scale() > 9 {
            self.wrong(place, "has more than nine decimal places", "round it");
        } else if amount > Decimal::from(1_000_000_000) {
            self.wrong(place, format!("{amount} is too large"), "amounts are in major units: 0.25 is 25 cents");
        }
    }

    fn in_period(&mut self, place: &str, from: Option<Date>, until: Option<Date>) {
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            let what = format!("{until} is before its beginning, {from}");
            self.wrong(format!("{place}.until"), what, "swap the two, or correct the year");
        }
    }

    fn in_condition(&mut self, place: &str, condition: Option<&Condition>) {
        let Some(condition) = condition else { return };
        if condition.is_empty() {
            self.wrong(place, "says nothing", "name what must hold, or leave it out");
        }
        for list in condition.empty_lists() {
            self.wrong(format!("{place}.{list}"), "is empty, so that nothing can match", "name at least one word");
        }
        if let Some(PriceRange { from, above, up_to, below }) = condition.unit_price {
            for (key, bound) in [("from", from), ("above", above), ("up_to", up_to), ("below", below)] {
                self.in_amount(&format!("{place}.unit_price.{key}"), bound);
            }
        }
    }

    /// On one receipt a code can mean only one tax, and one class cannot levy the same tax twice.
    fn in_pair(
        &mut self,
        listed: &Listed<'_>,
        (class, place, tax): (Option<&str>, &str, &Tax),
        (other_class, other_place, other): (Option<&str>, &str, &Tax),
    ) {
        if !overlap(tax, other) {
            return;
        }
        let code = &tax.code;
        if class == other_class {
            let what = format!("code \"{code}\" is valid at the same time as in {other_place}");
            self.wrong(place, what, "end one before the other begins");
        } else if !self.mean_the_same((listed, tax), (listed, other)) {
            let what = format!("code \"{code}\" means something else in {other_place}");
            self.wrong(place, what, "give one of them another code");
        }
    }

    fn mean_the_same(&self, left: (&Listed<'_>, &Tax), right: (&Listed<'_>, &Tax)) -> bool {
        let included = |(listed, tax): (&Listed<'_>, &Tax)| tax.included.or(listed.included).or(self.settings.included);
        let ((left_listed, left_tax), (right_listed, right_tax)) = (left, right);
        left_tax.jurisdiction.as_deref().unwrap_or(left_listed.id)
            == right_tax.jurisdiction.as_deref().unwrap_or(right_listed.id)
            && left_tax.levy() == right_tax.levy()
            && included(left) == included(right)
            && left_tax.exempt == right_tax.exempt
    }

    fn in_rules(&mut self) {
        let settings = self.settings;
        for (index, rule) in settings.class_rules.iter().enumerate() {
            let place = format!("class_rules[{index}]");
            self.in_condition(&format!("{place}.when"), Some(&rule.when));
            self.in_condition(&format!("{place}.unless"), rule.unless.as_ref());
            self.in_period(&place, rule.from, rule.until);
            if !self.listed.iter().any(|listed| listed.classes.contains_key(&rule.class)) {
                let what = format!("there is no class \"{}\"", rule.class);
                self.wrong(format!("{place}.class"), what, "add it to \"classes\", or name one that is there");
            }
        }
        let known = |name: &str, listed: &[Listed<'_>]| {
            let levies = |(_, _, tax): Written<'_>| tax.jurisdiction.as_deref() == Some(name);
            listed.iter().any(|listed| listed.id == name || listed.taxes().any(levies))
        };
        for (index, exemption) in settings.exemptions.iter().enumerate() {
            let place = format!("exemptions[{index}]");
            if exemption.reason.trim().is_empty() {
                self.wrong(format!("{place}.reason"), "is empty", "write what the receipt shall say");
            }
            self.in_printed(&format!("{place}.reason"), &exemption.reason, REASON_LETTERS_MAX);
            self.in_condition(&format!("{place}.when"), exemption.when.as_ref());
            self.in_condition(&format!("{place}.unless"), exemption.unless.as_ref());
            self.in_period(&place, exemption.from, exemption.until);
            for name in exemption.jurisdictions.iter().filter(|name| !known(name, &self.listed)).collect::<Vec<_>>() {
                let what = format!("there is no jurisdiction \"{name}\"");
                self.wrong(format!("{place}.jurisdictions"), what, "name one of the table's");
            }
            let has_code =
                |code: &str| self.listed.iter().any(|listed| listed.taxes().any(|(_, _, tax)| tax.code == code));
            for code in exemption.codes.iter().filter(|code| !has_code(code)).collect::<Vec<_>>() {
                self.wrong(
                    format!("{place}.codes"),
                    format!("there is no tax \"{code}\""),
                    "name one of the table's codes",
                );
            }
        }
    }
}

/// Whether two taxes are valid on a common day.
pub(crate) fn overlap(left: &Tax, right: &Tax) -> bool {
    let begins_in_time = |early: &Tax, late: &Tax| match (early.from, late.until) {
        (Some(from), Some(until)) => from <= until,
        _ => true,
    };
    begins_in_time(left, right) && begins_in_time(right, left)
}

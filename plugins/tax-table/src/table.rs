//! The table as its owner writes it, and what it must fulfil to be taken into use.

use pos_plugin_sdk::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Taxes by tax class.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxTable {
    /// Who levies, unless a tax says otherwise.
    pub jurisdiction: String,
    /// Where and how tax is rounded.
    #[serde(default)]
    rounding: RoundingRule,
    /// Whether prices contain the taxes; absent: as the shop's prices do.
    #[serde(default)]
    pub included: Option<bool>,
    /// For each class its taxes, in the order in which they are levied.
    pub classes: BTreeMap<String, Vec<Tax>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RoundingRule {
    level: TaxLevel,
    mode: RoundingMode,
    /// In minor units.
    increment: i64,
}

impl Default for RoundingRule {
    fn default() -> RoundingRule {
        let Rounding { mode, increment } = Rounding::HALF_UP;
        RoundingRule { level: TaxLevel::default(), mode, increment }
    }
}

/// One tax of a class, for as long as its rate holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// Printed on the receipt.
    pub code: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// A fraction, 0 to 1.
    pub rate: Rate,
    /// First day; absent: always was.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day; absent: no end known.
    #[serde(default)]
    pub until: Option<Date>,
    /// Whether prices contain it; absent: as the table says.
    #[serde(default)]
    pub included: Option<bool>,
    /// Who levies it; absent: the table's jurisdiction.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Why nothing is levied.
    #[serde(default)]
    pub exempt: Option<String>,
}

impl TaxTable {
    /// The taxes on a line, on a day. A class without a rate is refused: selling it untaxed would be a guess.
    pub(crate) fn taxes(
        &self,
        taxable: &Taxable,
        day: Date,
    ) -> Result<impl Iterator<Item = &Tax> + use<'_>, HookError> {
        let Taxable { line, tax_class, .. } = taxable;
        let Some(taxes) = self.classes.get(tax_class) else {
            return Err(HookError::refused(format!(
                "Line {line}: the tax table has no class \"{tax_class}\". Add it to the table, or correct the article's tax class."
            )));
        };
        if !taxes.iter().any(|tax| tax.is_valid_on(day)) {
            return Err(HookError::refused(format!(
                "Line {line}: the tax table has no rate for class \"{tax_class}\" on {day}. Add the rate of that day to the table."
            )));
        }
        Ok(taxes.iter().filter(move |tax| tax.is_valid_on(day)))
    }

    /// The rounding rule, as the kernel wants it.
    pub(crate) fn rounding(&self) -> TaxRounding {
        let RoundingRule { level, mode, increment } = self.rounding;
        TaxRounding { level, rounding: Rounding { mode, increment }, ..TaxRounding::default() }
    }

    /// Refuses a table that would be found wrong at the till: the error says which class, which entry, and what to do.
    pub(crate) fn check(&self) -> Result<(), HookError> {
        if self.classes.is_empty() {
            return Err(wrong("classes", "there is none; every article has a tax class, so list at least one"));
        }
        if self.rounding.increment < 1 {
            return Err(wrong("rounding.increment", "must be at least 1 minor unit"));
        }
        let mut seen: Vec<(String, &Tax)> = Vec::new();
        for (class, taxes) in &self.classes {
            if taxes.is_empty() {
                return Err(wrong(
                    &format!("classes.{class}"),
                    "has no rates; for untaxed goods write one with rate \"0\"",
                ));
            }
            for (index, tax) in taxes.iter().enumerate() {
                let place = format!("classes.{class}[{index}]");
                tax.check(&place)?;
                for (other_place, other) in &seen {
                    self.check_pair(&place, tax, other_place, other)?;
                }
                seen.push((place, tax));
            }
        }
        Ok(())
    }

    /// On one receipt a code can mean only one tax, and one class cannot levy the same tax twice.
    fn check_pair(&self, place: &str, tax: &Tax, other_place: &str, other: &Tax) -> Result<(), HookError> {
        let levied_by = |tax: &Tax| tax.jurisdiction.clone().unwrap_or_else(|| self.jurisdiction.clone());
        if tax.code != other.code || levied_by(tax) != levied_by(other) || !tax.overlaps(other) {
            return Ok(());
        }
        let class = |place: &str| place.rsplit_once('[').map(|(class, _)| class.to_owned());
        if class(place) == class(other_place) {
            let problem = format!(
                "code \"{}\" is valid at the same time as in {other_place}; end one before the other begins",
                tax.code
            );
            return Err(wrong(place, &problem));
        }
        let meaning = |tax: &Tax| (tax.rate, tax.included.or(self.included), tax.exempt.clone());
        if meaning(tax) != meaning(other) {
            let problem =
                format!("code \"{}\" means something else in {other_place}; give one of them another code", tax.code);
            return Err(wrong(place, &problem));
        }
        Ok(())
    }
}

impl Tax {
    fn is_valid_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    fn overlaps(&self, other: &Tax) -> bool {
        let begins_in_time = |early: &Tax, late: &Tax| match (early.from, late.until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        begins_in_time(self, other) && begins_in_time(other, self)
    }

    fn check(&self, place: &str) -> Result<(), HookError> {
        if self.code.trim().is_empty() {
            return Err(wrong(&format!("{place}.code"), "is empty; write what the receipt shall print, like \"A\""));
        }
        let rate = self.rate.fraction();
        if rate.is_sign_negative() || self.rate > Rate::ONE {
            let problem = format!("{rate} is not a fraction between 0 and 1; 8.1 % is written \"0.081\"");
            return Err(wrong(&format!("{place}.rate"), &problem));
        }
        if rate.normalize().scale() > 9 {
            return Err(wrong(&format!("{place}.rate"), "has more than nine decimal places"));
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until < from
        {
            return Err(wrong(&format!("{place}.until"), &format!("{until} is before its beginning, {from}")));
        }
        if self.exempt.is_some() && !rate.is_zero() {
            return Err(wrong(&format!("{place}.exempt"), "an exempt class has rate \"0\""));
        }
        Ok(())
    }
}

/// `A (VAT, standard rate): 8.1 %, since 2024-01-01`, as the trace shows it.
impl fmt::Display for Tax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {} %", self.code, self.name, self.rate.percent_text())?;
        self.from.map_or(Ok(()), |from| write!(f, ", since {from}"))
    }
}

fn wrong(place: &str, problem: &str) -> HookError {
    HookError::invalid_configuration(format!("{place}: {problem}"))
}

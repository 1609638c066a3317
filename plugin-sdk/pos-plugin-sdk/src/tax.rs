//! The tax hook's input and answer. A plugin names rates; the kernel multiplies, rounds, sums and prints, so that
//! every receipt can be checked.

use crate::basket::{Attr, Basket, LineId};
use crate::bindings::exports::pos::plugin::tax as wire;
use crate::message::{HookError, Message};
use crate::wire::{decimal_into_wire, each, unit_price_into_wire};
use pos_money::{Money, Rate, Rounding, RoundingMode, UnitPrice};
use serde::{Deserialize, Serialize};

/// What the assessor sees.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxInput {
    /// The basket after all discounts.
    pub basket: Basket,
    /// Its taxable lines.
    pub taxables: Vec<Taxable>,
    /// Where the goods go, if they are sent.
    pub ship_to: Option<Destination>,
}

/// One taxable line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxable {
    /// The line.
    pub line: LineId,
    /// After all discounts, in the shop's price terms: included taxes are still in it.
    pub net: Money,
    /// The article's tax class.
    pub tax_class: String,
}

/// Where goods are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// ISO 3166-1 code.
    pub country: String,
    /// State, province or canton.
    pub region: String,
    /// As written on the parcel.
    pub postal_code: String,
    /// Town.
    pub city: String,
}

impl TaxInput {
    pub(crate) fn from_wire(input: wire::Input) -> Result<TaxInput, HookError> {
        let wire::Input { basket, taxables, ship_to } = input;
        let taxables = taxables
            .into_iter()
            .map(|wire::Taxable { line, net, tax_class }| Taxable { line, net: Money::from_minor(net), tax_class })
            .collect();
        let ship_to = ship_to.map(|wire::Destination { country, region, postal_code, city }| Destination {
            country,
            region,
            postal_code,
            city,
        });
        Ok(TaxInput { basket: Basket::from_wire(basket)?, taxables, ship_to })
    }
}

/// What is levied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levy {
    /// A share of the base.
    Percent(Rate),
    /// A fixed amount a unit.
    PerUnit(UnitPrice),
    /// A share of the price with the tax in it.
    Division(Rate),
}

/// What of the base is taxed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taxed {
    /// All of it.
    #[default]
    Whole,
    /// A share.
    Share(Rate),
    /// The part above an amount per unit.
    Above(UnitPrice),
}

/// One tax on one line. The order of a line's components is the order of its taxes.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxComponent {
    /// The line.
    pub line: LineId,
    /// Who levies.
    pub jurisdiction: String,
    /// Printed on the receipt. On one receipt a code has one definition.
    pub code: String,
    /// What is levied.
    pub levy: Levy,
    /// Already in the price.
    pub included: bool,
    /// Adds to the base of those that follow and are `base_affected`.
    pub affects_next_base: bool,
    /// Its base takes up earlier taxes.
    pub base_affected: bool,
    /// What of the base is taxed.
    pub taxed: Taxed,
    /// The most it may amount to.
    pub tax_max: Option<Money>,
    /// Why nothing is levied.
    pub exempt: Option<Message>,
    /// More facts.
    pub attrs: Vec<Attr>,
}

impl TaxComponent {
    /// A share of the whole base, standing by itself.
    pub fn percent(
        line: LineId,
        jurisdiction: impl Into<String>,
        code: impl Into<String>,
        rate: Rate,
        included: bool,
    ) -> TaxComponent {
        TaxComponent::levied(line, jurisdiction, code, Levy::Percent(rate), included)
    }

    /// A levy on the whole base, standing by itself.
    pub fn levied(
        line: LineId,
        jurisdiction: impl Into<String>,
        code: impl Into<String>,
        levy: Levy,
        included: bool,
    ) -> TaxComponent {
        TaxComponent {
            line,
            jurisdiction: jurisdiction.into(),
            code: code.into(),
            levy,
            included,
            affects_next_base: false,
            base_affected: false,
            taxed: Taxed::Whole,
            tax_max: None,
            exempt: None,
            attrs: Vec::new(),
        }
    }

    fn into_wire(self) -> Result<wire::Component, HookError> {
        let TaxComponent {
            line,
            jurisdiction,
            code,
            levy,
            included,
            affects_next_base,
            base_affected,
            taxed,
            tax_max,
            exempt,
            attrs,
        } = self;
        let levy = match levy {
            Levy::Percent(rate) => wire::Levy::Percent(decimal_into_wire(rate.fraction())?),
            Levy::PerUnit(price) => wire::Levy::PerUnit(unit_price_into_wire(price)?),
            Levy::Division(rate) => wire::Levy::Division(decimal_into_wire(rate.fraction())?),
        };
        let taxed = match taxed {
            Taxed::Whole => wire::Taxed::Whole,
            Taxed::Share(rate) => wire::Taxed::Share(decimal_into_wire(rate.fraction())?),
            Taxed::Above(price) => wire::Taxed::Above(unit_price_into_wire(price)?),
        };
        Ok(wire::Component {
            line,
            jurisdiction,
            code,
            levy,
            included,
            affects_next_base,
            base_affected,
            taxed,
            tax_max: tax_max.map(Money::minor),
            exempt: exempt.map(Message::into_wire).transpose()?,
            attrs: Attr::list_into_wire(attrs)?,
        })
    }
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
    /// The shelf sum is what is paid; the base takes the difference.
    #[default]
    KeepPrice,
    /// The excluded total is rounded and taxes are added; it can miss the shelf sum by a minor unit.
    FromBase,
}

/// How the tax of a jurisdiction is rounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxRounding {
    /// Which jurisdiction; none: all others.
    pub jurisdiction: Option<String>,
    /// Where.
    pub level: TaxLevel,
    /// How, and to a multiple of what.
    pub rounding: Rounding,
    /// What gives way.
    pub included: IncludedPolicy,
}

impl From<TaxRounding> for wire::Rounding {
    fn from(rounding: TaxRounding) -> wire::Rounding {
        let TaxRounding { jurisdiction, level, rounding, included } = rounding;
        wire::Rounding {
            jurisdiction,
            level: match level {
                TaxLevel::PerLine => wire::Level::PerLine,
                TaxLevel::PerJurisdiction => wire::Level::PerJurisdiction,
                TaxLevel::PerReceipt => wire::Level::PerReceipt,
            },
            mode: match rounding.mode {
                RoundingMode::HalfUp => wire::Mode::HalfUp,
                RoundingMode::HalfEven => wire::Mode::HalfEven,
                RoundingMode::HalfDown => wire::Mode::HalfDown,
                RoundingMode::Up => wire::Mode::Up,
                RoundingMode::Down => wire::Mode::Down,
            },
            increment: rounding.increment,
            included: match included {
                IncludedPolicy::KeepPrice => wire::IncludedPolicy::KeepPrice,
                IncludedPolicy::FromBase => wire::IncludedPolicy::FromBase,
            },
        }
    }
}

/// What the assessor answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    /// Taxes, line by line, each line's in order.
    pub components: Vec<TaxComponent>,
    /// Rounding rules.
    pub rounding: Vec<TaxRounding>,
    /// Texts for the receipt.
    pub receipt_notes: Vec<Message>,
    /// More facts.
    pub attrs: Vec<Attr>,
}

impl Assessment {
    pub(crate) fn into_wire(self) -> Result<wire::Assessment, HookError> {
        let Assessment { components, rounding, receipt_notes, attrs } = self;
        Ok(wire::Assessment {
            components: each(components, TaxComponent::into_wire)?,
            rounding: rounding.into_iter().map(wire::Rounding::from).collect(),
            receipt_notes: each(receipt_notes, Message::into_wire)?,
            attrs: Attr::list_into_wire(attrs)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pos_money::Decimal;

    #[test]
    fn an_assessment_reaches_the_wire_whole() {
        let mut component = TaxComponent::percent(3, "CH", "A", Rate::from_fraction(Decimal::new(81, 3)), true);
        component.taxed = Taxed::Above(UnitPrice::each(Decimal::from(110)));
        component.tax_max = Some(Money::from_minor(500));
        component.exempt = Some("export".into());
        let rounding = TaxRounding {
            rounding: Rounding { mode: RoundingMode::HalfEven, increment: 5 },
            level: TaxLevel::PerLine,
            ..TaxRounding::default()
        };
        let answer = Assessment { components: vec![component], rounding: vec![rounding], ..Assessment::default() };
        let wire = answer.into_wire().unwrap();
        let component = &wire.components[0];
        assert!(matches!(component.levy, wire::Levy::Percent(rate) if (rate.coefficient, rate.scale) == (81, 3)));
        assert!(matches!(component.taxed, wire::Taxed::Above(price) if price.value.coefficient == 110));
        assert_eq!((component.line, component.tax_max), (3, Some(500)));
        assert_eq!(component.exempt.as_ref().map(|message| message.text.as_str()), Some("export"));
        assert!(matches!(
            &wire.rounding[0],
            wire::Rounding { level: wire::Level::PerLine, mode: wire::Mode::HalfEven, increment: 5, .. }
        ));
    }

    #[test]
    fn a_rate_too_fine_for_the_wire_is_refused_not_rounded() {
        let third = Rate::from_fraction(Decimal::new(3_333_333_333, 10));
        let component = TaxComponent::percent(1, "CH", "A", third, true);
        let error =
            Assessment { components: vec![component], ..Assessment::default() }.into_wire().map(drop).unwrap_err();
        assert!(error.text().starts_with("0.3333333333 cannot be handed to the kernel"), "{}", error.text());
    }
}

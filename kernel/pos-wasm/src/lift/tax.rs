//! Tax components and rounding rules.

use super::{Lifted, Reader, amount, rate, unit_price};
use crate::contract::tax as wire;
use crate::limits::TAXES_PER_LINE_MAX;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::proposal::{
    Assessment, IncludedPolicy, Levy, TaxComponent, TaxInput, TaxLevel, TaxRounding, Taxed,
};
use pos_money::{Decimal, Money, RoundingMode};

/// The highest rate that is taken for a tax and not for a slip: 1,000 %.
const RATE_MAX: Decimal = Decimal::TEN;
/// Coins and notes of no currency are larger: rounding to a multiple of more than this is a slip.
const INCREMENT_MAX_MINOR: i64 = 1_000_000;

/// Reads an assessment of the taxable lines.
pub(crate) fn assessment(assessment: wire::Assessment, input: &TaxInput, text_bytes_max: usize) -> Lifted<Assessment> {
    let wire::Assessment { components, rounding, receipt_notes, attrs } = assessment;
    let components_max = input.taxables.len().saturating_mul(TAXES_PER_LINE_MAX);
    if components.len() > components_max {
        return Err(format!(
            "it has {} taxes for {} lines, {components_max} are allowed",
            components.len(),
            input.taxables.len()
        ));
    }
    let mut taxable: Vec<LineNumber> = input.taxables.iter().map(|taxable| taxable.line).collect();
    taxable.sort_unstable();
    let mut reader = Reader::new(&input.basket, text_bytes_max);
    Ok(Assessment {
        components: components
            .into_iter()
            .map(|component| {
                let line = component.line;
                if taxable.binary_search(&line).is_err() {
                    return Err(format!("it taxes line {line}, which was not asked for"));
                }
                reader.component(component).map_err(|problem| format!("tax on line {line}: {problem}"))
            })
            .collect::<Lifted<_>>()?,
        rounding: rounding.into_iter().map(|rule| reader.rounding(rule)).collect::<Lifted<_>>()?,
        receipt_notes: reader.messages(receipt_notes)?,
        attrs: reader.attrs(attrs)?,
    })
}

impl Reader<'_> {
    fn component(&mut self, component: wire::Component) -> Lifted<TaxComponent> {
        let wire::Component {
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
        } = component;
        Ok(TaxComponent {
            line,
            jurisdiction: self.text(jurisdiction, "its jurisdiction")?,
            code: self.text(code, "its code")?,
            levy: match levy {
                wire::Levy::Percent(wire) => Levy::Percent(rate(wire, RATE_MAX, "its rate")?),
                wire::Levy::PerUnit(price) => Levy::PerUnit(unit_price(price, "its amount per unit")?),
                wire::Levy::Division(wire) => {
                    let share = rate(wire, Decimal::ONE, "its share of the price")?;
                    if share.fraction() == Decimal::ONE {
                        return Err("its share of the price is the whole price".to_owned());
                    }
                    Levy::Division(share)
                }
            },
            included,
            affects_next_base,
            base_affected,
            taxed: match taxed {
                wire::Taxed::Whole => Taxed::Whole,
                wire::Taxed::Share(wire) => Taxed::Share(rate(wire, Decimal::ONE, "its taxed share")?),
                wire::Taxed::Above(price) => Taxed::Above(unit_price(price, "its threshold")?),
            },
            tax_max: tax_max.map(|most| amount(most, "its highest tax")).transpose()?,
            exempt: exempt.map(|reason| self.message(reason)).transpose()?,
            attrs: self.attrs(attrs)?,
        })
    }

    fn rounding(&mut self, rounding: wire::Rounding) -> Lifted<TaxRounding> {
        let wire::Rounding { jurisdiction, level, mode, increment, included } = rounding;
        if !(1..=INCREMENT_MAX_MINOR).contains(&increment) {
            return Err(format!("it rounds to a multiple of {increment} minor units"));
        }
        Ok(TaxRounding {
            jurisdiction: jurisdiction.map(|name| self.text(name, "a jurisdiction")).transpose()?,
            level: match level {
                wire::Level::PerLine => TaxLevel::PerLine,
                wire::Level::PerJurisdiction => TaxLevel::PerJurisdiction,
                wire::Level::PerReceipt => TaxLevel::PerReceipt,
            },
            mode: match mode {
                wire::Mode::HalfUp => RoundingMode::HalfUp,
                wire::Mode::HalfEven => RoundingMode::HalfEven,
                wire::Mode::HalfDown => RoundingMode::HalfDown,
                wire::Mode::Up => RoundingMode::Up,
                wire::Mode::Down => RoundingMode::Down,
            },
            increment: Money::from_minor(increment),
            included: match included {
                wire::IncludedPolicy::KeepPrice => IncludedPolicy::KeepPrice,
                wire::IncludedPolicy::FromBase => IncludedPolicy::FromBase,
            },
        })
    }
}

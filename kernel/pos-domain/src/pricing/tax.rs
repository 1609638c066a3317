//! Tax: the assessor says rates, this computes amounts.
//!
//! The numbered algorithm, on exact decimals. Each line's taxes are evaluated in three sweeps (per-unit; included, last
//! to first; added, first to last); taxes of one *batch* share a base; every amount, once known, corrects the bases of
//! the taxes it concerns. Rounding happens at the level the assessor names: on each line, on a jurisdiction's sum, or
//! on the receipt's sum per code. Rounded sums go back to the lines by largest remainder, so that they add up.
//!
//! 3 x 0.33 with 19 % in it: per line 0.05 + 0.05 + 0.05, on the receipt 0.16.
//!
//! [`compute`] answers money, as posted. [`assess`] answers the workings behind it, which can also leave every figure
//! exact and take a discount off what is to be paid ([`Workings::payable`]).

mod line;
mod payable;
#[cfg(test)]
mod tests;
mod total;

use super::priced::{LineTax, TaxTotal};
use super::proposal::{Assessment, AttrValue, IncludedPolicy, Levy, TaxComponent, TaxLevel, TaxRounding, Taxed};
use crate::ids::LineNumber;
use crate::refusal::Refusal;
use line::{LineWorkings, Table};
use pos_money::{
    Currency, Decimal, Money, MoneyError, Quantity, Rate, Rounding, RoundingMode, Unit, UnitPrice, allocate_exact,
    ten_to,
};
use smallvec::SmallVec;
use std::sync::Arc;

/// A component with this attribute, a flag that is true, keeps its price when it is exempt: what the tax would have
/// been stays with the shop. Without it an exempt included tax comes out of the price.
pub const KEEP_PRICE: &str = "keep-price";

/// A line as tax sees it.
#[derive(Clone, Copy, Debug)]
pub struct TaxLine {
    /// Its number.
    pub number: LineNumber,
    /// After all discounts, in the shop's price terms.
    pub net: Money,
    /// How much of it.
    pub quantity: Quantity,
    /// Its unit price is below zero.
    pub price_is_negative: bool,
}

/// What tax adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxResult {
    /// For each line in order: its shares.
    pub lines: Vec<Vec<LineTax>>,
    /// By code, in order of first appearance.
    pub totals: Vec<TaxTotal>,
    /// Total without any tax.
    pub total_excluded: Money,
    /// Every tax.
    pub total_tax: Money,
    /// What is to be paid.
    pub total: Money,
    /// What is to be paid for each line; adds up to the total.
    pub paid: Vec<Money>,
}

/// How far figures are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Rounded where the assessor says: what is posted and printed.
    Posted,
    /// Not rounded anywhere: for comparisons only.
    Exact,
}

/// The figures of a receipt in major units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// By line.
    pub lines: Vec<LineFigures>,
    /// By code, in order of first appearance.
    pub codes: Vec<CodeFigures>,
    /// Total without any tax.
    pub total_excluded: Decimal,
    /// Every tax.
    pub total_tax: Decimal,
    /// What is to be paid.
    pub total: Decimal,
}

/// The figures of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFigures {
    /// In the order given.
    pub taxes: SmallVec<[TaxFigures; 1]>,
    /// What is paid for it, tax included.
    pub paid: Decimal,
}

/// One tax on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxFigures {
    /// Its code.
    pub code: Arc<str>,
    /// Already in the price.
    pub included: bool,
    /// Its base.
    pub base: Decimal,
    /// Its amount.
    pub amount: Decimal,
}

/// One tax of the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFigures {
    /// Base as posted.
    pub base: Decimal,
    /// Amount as posted.
    pub amount: Decimal,
    /// Sum of the lines' bases.
    pub exact_base: Decimal,
    /// Sum of the lines' amounts.
    pub exact_amount: Decimal,
}

/// A receipt's tax with everything it was computed from.
#[derive(Clone, Debug)]
pub struct Workings {
    /// The answer.
    pub figures: Figures,
    currency: Currency,
    precision: Precision,
    codes: Vec<Code>,
    lines: Vec<LineWorkings>,
    /// The rule for the receipt as a whole.
    general: TaxRounding,
}

/// One tax of the receipt: all components with its code.
#[derive(Clone, Debug)]
struct Code {
    first: TaxComponent,
    rounding: TaxRounding,
}

/// A component, the place of its line and that of its code.
#[derive(Clone, Copy, Debug)]
struct OnLine<'a> {
    line: usize,
    code: usize,
    component: &'a TaxComponent,
}

/// Computes every tax of a basket, as posted.
pub fn compute(lines: &[TaxLine], assessment: &Assessment, currency: Currency) -> Result<TaxResult, Refusal> {
    Ok(assess(lines, assessment, currency, Precision::Posted)?.posted()?)
}

/// Computes every tax of a basket and keeps the workings.
pub fn assess(
    lines: &[TaxLine],
    assessment: &Assessment,
    currency: Currency,
    precision: Precision,
) -> Result<Workings, Refusal> {
    let mut codes: Vec<Code> = Vec::new();
    let mut levied: Vec<OnLine<'_>> = Vec::with_capacity(assessment.components.len());
    // Components come by line, so the one at hand is nearly always that of the last, or the next.
    let mut near = 0;
    for component in &assessment.components {
        let is_it = |place: &usize| lines.get(*place).is_some_and(|line| line.number == component.line);
        let position =
            [near, near + 1].into_iter().find(is_it).or_else(|| (0..lines.len()).find(is_it)).ok_or_else(|| {
                unavailable(format!("the assessment taxes line {}, which is not there", component.line))
            })?;
        near = position;
        levied.push(OnLine { line: position, code: code_index(&mut codes, component, assessment)?, component });
    }
    // Stable: the taxes of a line stay in the order given.
    levied.sort_by_key(|tax| tax.line);
    let general = general_rule(&codes, assessment);
    let figures = Figures::default();
    let mut workings =
        Workings { figures, currency, precision, codes, lines: Vec::with_capacity(lines.len()), general };
    let mut table = Table::default();
    let mut rest = levied.as_slice();
    for (index, line) in lines.iter().enumerate() {
        let (components, others) = rest.split_at(rest.iter().take_while(|tax| tax.line == index).count());
        rest = others;
        let taxes = workings.line_taxes(*line, components, &mut table)?;
        workings.lines.push(taxes);
    }
    workings.figures = workings.totals()?;
    Ok(workings)
}

fn unavailable(problem: String) -> Refusal {
    Refusal::TaxUnavailable { problem }
}

/// The index of a component's code; one code with two definitions is refused. Share, threshold, exemption, maximum and
/// what it stands on may differ by line.
fn code_index(codes: &mut Vec<Code>, component: &TaxComponent, assessment: &Assessment) -> Result<usize, Refusal> {
    if let Some(index) = codes.iter().position(|code| code.first.code == component.code) {
        // An amount for each piece and the same for each kilogram are one tax.
        let levy = |tax: &TaxComponent| match tax.levy {
            Levy::PerUnit(price) => {
                Levy::PerUnit(UnitPrice { per: Quantity::new(price.per.value, Unit::Each), ..price })
            }
            rate => rate,
        };
        let definition = |tax: &TaxComponent| (levy(tax), tax.included, tax.affects_next_base);
        let first = &codes[index].first;
        return if first.jurisdiction == component.jurisdiction && definition(first) == definition(component) {
            Ok(index)
        } else {
            Err(unavailable(format!("tax code {} is defined in two ways", component.code)))
        };
    }
    check_rates(component)?;
    let named = |rule: &&TaxRounding| rule.jurisdiction.as_ref() == Some(&component.jurisdiction);
    let rounding = assessment.rounding.iter().find(named).or_else(|| unnamed(assessment)).cloned().unwrap_or_default();
    codes.push(Code { first: component.clone(), rounding });
    Ok(codes.len() - 1)
}

/// The rule for every jurisdiction that has none of its own.
fn unnamed(assessment: &Assessment) -> Option<&TaxRounding> {
    assessment.rounding.iter().find(|rule| rule.jurisdiction.is_none())
}

/// The rule of totals and of lines without tax: the one for all jurisdictions, else that of the first tax.
fn general_rule(codes: &[Code], assessment: &Assessment) -> TaxRounding {
    let first = codes.first().map(|code| &code.rounding);
    unnamed(assessment).or(first).cloned().unwrap_or_default()
}

/// Rates that would divide by zero or take more than the price are the assessor's mistake.
fn check_rates(component: &TaxComponent) -> Result<(), Refusal> {
    let fraction = match component.levy {
        Levy::Percent(rate) => rate.fraction(),
        Levy::Division(rate) if rate.fraction() >= Decimal::ONE => Decimal::MIN,
        Levy::Division(rate) => rate.fraction(),
        Levy::PerUnit(_) => Decimal::ZERO,
    };
    if fraction <= Decimal::NEGATIVE_ONE || fraction > Decimal::ONE_HUNDRED {
        return Err(unavailable(format!("tax code {} has an impossible rate", component.code)));
    }
    Ok(())
}

impl Workings {
    /// Step 1, or nothing where figures stay exact.
    fn round(&self, exact: Decimal, rule: &TaxRounding) -> Result<Decimal, MoneyError> {
        let exact = settled(exact);
        if self.precision == Precision::Exact {
            return Ok(exact);
        }
        let increment = rule.increment.minor().max(1);
        Ok(self.currency.to_decimal(self.currency.round(exact, Rounding { mode: rule.mode, increment })?))
    }

    /// Shares of a rounded total near exact figures, by largest remainder; the exact ones where nothing is rounded.
    fn share(&self, total: Decimal, exact: &[Decimal]) -> Result<Vec<Decimal>, MoneyError> {
        if self.precision == Precision::Exact {
            return Ok(exact.to_vec());
        }
        let shares = allocate_exact(self.currency.exact(total)?, exact, self.currency)?;
        Ok(shares.into_iter().map(|share| self.currency.to_decimal(share)).collect())
    }

    /// The figures as money. Exact ones are refused where they are finer than the minor unit.
    pub fn posted(&self) -> Result<TaxResult, MoneyError> {
        let money = |figure: Decimal| self.currency.exact(figure);
        let Figures { lines, codes, total_excluded, total_tax, total } = &self.figures;
        let mut result = TaxResult {
            total_excluded: money(*total_excluded)?,
            total_tax: money(*total_tax)?,
            total: money(*total)?,
            lines: Vec::with_capacity(lines.len()),
            paid: Vec::with_capacity(lines.len()),
            totals: Vec::with_capacity(codes.len()),
        };
        for LineFigures { taxes, paid } in lines {
            let mut shares = Vec::with_capacity(taxes.len());
            for TaxFigures { code, included, base, amount } in taxes {
                let (base, amount) = (money(*base)?, money(*amount)?);
                shares.push(LineTax { code: code.clone(), included: *included, base, amount });
            }
            result.lines.push(shares);
            result.paid.push(money(*paid)?);
        }
        for (Code { first, rounding }, figures) in self.codes.iter().zip(codes) {
            let CodeFigures { base, amount, exact_base, exact_amount } = figures;
            result.totals.push(TaxTotal {
                jurisdiction: first.jurisdiction.clone(),
                code: first.code.clone(),
                levy: levy_text(first),
                included: first.included,
                base: money(*base)?,
                amount: money(*amount)?,
                exact_base: *exact_base,
                exact_amount: *exact_amount,
                level: rounding.level,
            });
        }
        Ok(result)
    }
}

/// What is levied, as printed: `8.1 %`, `0.25 each`.
fn levy_text(component: &TaxComponent) -> Arc<str> {
    match component.levy {
        Levy::Percent(rate) | Levy::Division(rate) => format!("{} %", rate.percent_text()).into(),
        Levy::PerUnit(price) => format!("{} / {}", price.value, price.per).into(),
    }
}

/// The rate table of a shop whose tax plugin is out of order: one rate for everything, as its owner allowed.
pub fn fallback(lines: &[LineNumber], code: &str, rate: Decimal, included: bool) -> Assessment {
    let code: Arc<str> = code.into();
    let components = lines
        .iter()
        .map(|line| TaxComponent {
            line: *line,
            jurisdiction: code.clone(),
            code: code.clone(),
            levy: Levy::Percent(Rate::from_fraction(rate)),
            included,
            affects_next_base: false,
            base_affected: false,
            taxed: Taxed::Whole,
            tax_max: None,
            exempt: None,
            attrs: Vec::new(),
        })
        .collect();
    let rounding = vec![TaxRounding {
        jurisdiction: None,
        level: TaxLevel::PerReceipt,
        mode: RoundingMode::HalfUp,
        increment: Money::from_minor(1),
        included: IncludedPolicy::KeepPrice,
    }];
    Assessment { components, rounding, ..Assessment::default() }
}

/// The component's exemption leaves the price as it is.
fn keeps_price(component: &TaxComponent) -> bool {
    component.attrs.iter().any(|attr| &*attr.key == KEEP_PRICE && attr.value == AttrValue::Flag(true))
}

/// Three sixths are a half: takes away what division left over in the last digits, so that ties and whole units are seen
/// as what they are. Figures keep 20 decimals and 24 digits; a division is exact to 28.
fn settled(figure: Decimal) -> Decimal {
    let is_short = figure.scale() <= 20 && ten_to(24).is_some_and(|limit| figure.mantissa().abs() < limit);
    if is_short {
        return figure.normalize();
    }
    let rounded = figure.round_dp(20);
    rounded.round_sf(24).unwrap_or(rounded).normalize()
}

fn plus(left: Decimal, right: Decimal) -> Result<Decimal, MoneyError> {
    if right.is_zero() {
        // Most corrections are nothing.
        return Ok(left);
    }
    left.checked_add(right).ok_or(MoneyError::Overflow)
}

fn times(left: Decimal, right: Decimal) -> Result<Decimal, MoneyError> {
    left.checked_mul(right).ok_or(MoneyError::Overflow)
}

fn divided(left: Decimal, right: Decimal) -> Result<Decimal, MoneyError> {
    if right.is_zero() { Err(MoneyError::DivisionByZero) } else { left.checked_div(right).ok_or(MoneyError::Overflow) }
}

fn sum(figures: impl IntoIterator<Item = Decimal>) -> Result<Decimal, MoneyError> {
    let mut sum = Sum::default();
    for figure in figures {
        sum.add(figure)?;
    }
    sum.total()
}

/// A sum that keeps every digit until the end, on whole numbers as long as those hold it: 4.75 and 1.3333333333333333 are
/// 60833333333333333 at 16 places. Digits that a decimal has no room for are rounded away once, not with each summand.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    /// What does not fit below.
    beyond: Decimal,
    mantissa: i128,
    scale: u32,
}

impl Sum {
    fn add(&mut self, figure: Decimal) -> Result<(), MoneyError> {
        let scale = self.scale.max(figure.scale());
        let at_scale = |mantissa: i128, from: u32| match scale - from {
            0 => Some(mantissa),
            places => mantissa.checked_mul(ten_to(places)?),
        };
        let summand = at_scale(figure.mantissa(), figure.scale());
        let whole = at_scale(self.mantissa, self.scale).zip(summand).and_then(|(one, other)| one.checked_add(other));
        match whole {
            Some(whole) => (self.mantissa, self.scale) = (whole, scale),
            None => self.beyond = plus(self.beyond, figure)?,
        }
        Ok(())
    }

    fn total(self) -> Result<Decimal, MoneyError> {
        let Sum { beyond, mut mantissa, mut scale } = self;
        if mantissa.unsigned_abs() >> 96 > 0 {
            let mut dropped = 1_i128;
            while (mantissa / dropped).unsigned_abs() >> 96 > 0 {
                scale = scale.checked_sub(1).ok_or(MoneyError::Overflow)?;
                dropped *= 10;
            }
            let half = dropped / 2 * mantissa.signum();
            mantissa = mantissa.checked_add(half).ok_or(MoneyError::Overflow)? / dropped;
        }
        let total = Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| MoneyError::Overflow)?;
        if beyond.is_zero() { Ok(total) } else { plus(total, beyond) }
    }
}

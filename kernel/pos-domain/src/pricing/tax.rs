//! Tax: the assessor says rates, this computes amounts.
//!
//! The numbered algorithm, on exact decimals. Each line's taxes are evaluated in three sweeps (per-unit; included, last
//! to first; added, first to last); taxes of one *batch* share a base; every amount, once known, corrects the bases of
//! the taxes it concerns. Rounding happens at the level the assessor names: on each line, on a jurisdiction's sum, or
//! on the receipt's sum per code. Rounded sums go back to the lines by largest remainder, so that they add up.
//!
//! 3 x 0.33 with 19 % in it: per line 0.05 + 0.05 + 0.05, on the receipt 0.16.

use super::priced::{LineTax, TaxTotal};
use super::proposal::{Assessment, IncludedPolicy, Levy, TaxComponent, TaxLevel, TaxRounding, Taxed};
use crate::ids::LineNumber;
use crate::refusal::Refusal;
use pos_money::{Currency, Decimal, Money, MoneyError, Quantity, Rate, Rounding, RoundingMode, allocate_exact};
use std::sync::Arc;

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

/// Exact figures of one tax on one line.
#[derive(Clone, Debug)]
struct Exact {
    code: usize,
    base: Decimal,
    amount: Decimal,
}

/// One tax of the receipt: all components with its code.
struct Code<'a> {
    first: &'a TaxComponent,
    rounding: TaxRounding,
}

/// Computes every tax of a basket.
pub fn compute(lines: &[TaxLine], assessment: &Assessment, currency: Currency) -> Result<TaxResult, Refusal> {
    let mut codes: Vec<Code<'_>> = Vec::new();
    let mut by_line: Vec<Vec<(usize, &TaxComponent)>> = vec![Vec::new(); lines.len()];
    for component in &assessment.components {
        let position = lines
            .iter()
            .position(|line| line.number == component.line)
            .ok_or_else(|| unavailable(format!("the assessment taxes line {}, which is not there", component.line)))?;
        by_line[position].push((code_index(&mut codes, component, assessment)?, component));
    }

    let mut exact: Vec<Vec<Exact>> = Vec::with_capacity(lines.len());
    for (line, components) in lines.iter().zip(&by_line) {
        exact.push(line_taxes(*line, components, &codes, currency).map_err(Refusal::from)?);
    }
    Ok(totals(lines, &codes, &exact, currency)?)
}

fn unavailable(problem: String) -> Refusal {
    Refusal::TaxUnavailable { problem }
}

/// The index of a component's code; one code with two definitions is refused.
fn code_index<'a>(
    codes: &mut Vec<Code<'a>>,
    component: &'a TaxComponent,
    assessment: &Assessment,
) -> Result<usize, Refusal> {
    if let Some(index) = codes.iter().position(|code| code.first.code == component.code) {
        let first = codes[index].first;
        let same = first.jurisdiction == component.jurisdiction
            && first.levy == component.levy
            && first.included == component.included;
        return if same {
            Ok(index)
        } else {
            Err(unavailable(format!("tax code {} is defined in two ways", component.code)))
        };
    }
    check_rates(component)?;
    let named = |rule: &&TaxRounding| rule.jurisdiction.as_ref() == Some(&component.jurisdiction);
    let rounding = assessment
        .rounding
        .iter()
        .find(named)
        .or_else(|| assessment.rounding.iter().find(|rule| rule.jurisdiction.is_none()))
        .cloned()
        .unwrap_or_default();
    codes.push(Code { first: component, rounding });
    Ok(codes.len() - 1)
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

impl Code<'_> {
    fn round(&self, exact: Decimal, currency: Currency) -> Result<Money, MoneyError> {
        let increment = self.rounding.increment.minor().max(1);
        currency.round(exact, Rounding { mode: self.rounding.mode, increment })
    }
}

/// The share of the base that a percentage applies to, folded into the rate.
fn effective_rate(component: &TaxComponent, rate: Rate) -> Result<Decimal, MoneyError> {
    if component.exempt.is_some() {
        return Ok(Decimal::ZERO);
    }
    match component.taxed {
        Taxed::Share(share) => rate.fraction().checked_mul(share.fraction()).ok_or(MoneyError::Overflow),
        Taxed::Whole | Taxed::Above(_) => Ok(rate.fraction()),
    }
}

/// Steps 2 to 13: the exact (or per line rounded) base and amount of every tax on one line, in the order given.
fn line_taxes(
    line: TaxLine,
    components: &[(usize, &TaxComponent)],
    codes: &[Code<'_>],
    currency: Currency,
) -> Result<Vec<Exact>, MoneyError> {
    let count = components.len();
    let raw = currency.to_decimal(line.net);
    let batches = batches(components);
    let mut amounts: Vec<Option<Decimal>> = vec![None; count];
    let mut for_amount = vec![Decimal::ZERO; count];
    let mut for_base = vec![Decimal::ZERO; count];
    let mut per_unit_left = raw.abs();

    for index in evaluation_order(components) {
        let (code, component) = components[index];
        let batch = batches[index];
        let rate_sum = |levy: fn(&Levy) -> Option<Rate>| -> Result<Decimal, MoneyError> {
            let mut sum = Decimal::ZERO;
            for (other, (_, component)) in components.iter().enumerate() {
                if batches[other] == batch
                    && let Some(rate) = levy(&component.levy)
                {
                    sum = plus(sum, effective_rate(component, rate)?)?;
                }
            }
            Ok(sum)
        };
        let mut base = plus(raw, for_amount[index])?;
        if let Taxed::Above(threshold) = component.taxed {
            let untaxed = threshold.extend(line.quantity)?;
            base = if base.is_sign_negative() {
                plus(base, untaxed.abs())?.min(Decimal::ZERO)
            } else {
                plus(base, -untaxed.abs())?.max(Decimal::ZERO)
            };
        }
        let mut amount = match component.levy {
            Levy::PerUnit(_) if component.exempt.is_some() => Decimal::ZERO,
            Levy::PerUnit(price) => {
                let amount = price.extend(line.quantity)?;
                let signed = if line.price_is_negative { -amount } else { amount };
                if component.included {
                    // Included amounts cannot exceed the price they are in; the last ones are served first.
                    let capped = if signed.abs() > per_unit_left { per_unit_left } else { signed.abs() };
                    per_unit_left -= capped;
                    if signed.is_sign_negative() { -capped } else { capped }
                } else {
                    signed
                }
            }
            Levy::Percent(rate) if component.included => {
                let rates = rate_sum(|levy| match levy {
                    Levy::Percent(rate) => Some(*rate),
                    _ => None,
                })?;
                divided(times(base, effective_rate(component, rate)?)?, plus(Decimal::ONE, rates)?)?
            }
            Levy::Division(rate) if !component.included => {
                let rates = rate_sum(|levy| match levy {
                    Levy::Division(rate) => Some(*rate),
                    _ => None,
                })?;
                divided(times(base, effective_rate(component, rate)?)?, plus(Decimal::ONE, -rates)?)?
            }
            Levy::Percent(rate) | Levy::Division(rate) => times(base, effective_rate(component, rate)?)?,
        };
        if let Some(most) = component.tax_max {
            let most = currency.to_decimal(most);
            amount = amount.clamp(-most.abs(), most.abs());
        }
        if codes[code].rounding.level == TaxLevel::PerLine {
            amount = currency.to_decimal(codes[code].round(amount, currency)?);
        }
        amounts[index] = Some(amount);
        for other in 0..count {
            if batches[other] == batch {
                continue;
            }
            let later = batches[other] > batch;
            let (_, target) = components[other];
            let stacked = component.affects_next_base && target.base_affected;
            let correction = match (component.included, later) {
                (true, true) if stacked => continue,
                (true, _) => -amount,
                (false, true) if stacked => amount,
                (false, _) => continue,
            };
            for_base[other] = plus(for_base[other], correction)?;
            if amounts[other].is_none() {
                for_amount[other] = plus(for_amount[other], correction)?;
            }
        }
    }

    let mut result = Vec::with_capacity(count);
    for (index, (code, component)) in components.iter().enumerate() {
        let mut base = plus(raw, for_base[index])?;
        if component.included {
            for other in (0..count).filter(|other| batches[*other] == batches[index]) {
                base = plus(base, -amounts[other].unwrap_or_default())?;
            }
        }
        result.push(Exact { code: *code, base, amount: amounts[index].unwrap_or_default() });
    }
    Ok(result)
}

/// Step 3: batch numbers, growing with the order of the taxes.
fn batches(components: &[(usize, &TaxComponent)]) -> Vec<usize> {
    let mut numbers = vec![0; components.len()];
    let mut number = components.len();
    for index in (0..components.len()).rev() {
        let joins = components.get(index + 1).is_some_and(|(_, following)| {
            let (_, this) = components[index];
            std::mem::discriminant(&this.levy) == std::mem::discriminant(&following.levy)
                && this.included == following.included
                && this.affects_next_base == following.affects_next_base
                && (!this.affects_next_base || !following.base_affected)
        });
        if !joins {
            number -= 1;
        }
        numbers[index] = number;
    }
    numbers
}

/// Step 5: per-unit last to first; included last to first; added first to last.
fn evaluation_order(components: &[(usize, &TaxComponent)]) -> Vec<usize> {
    let is_per_unit = |index: &usize| matches!(components[*index].1.levy, Levy::PerUnit(_));
    let per_unit = (0..components.len()).rev().filter(is_per_unit);
    let included = (0..components.len()).rev().filter(|index| !is_per_unit(index) && components[*index].1.included);
    let added = (0..components.len()).filter(|index| !is_per_unit(index) && !components[*index].1.included);
    per_unit.chain(included).chain(added).collect()
}

/// Steps 14 to 17: rounded sums, and their shares on the lines.
fn totals(
    lines: &[TaxLine],
    codes: &[Code<'_>],
    exact: &[Vec<Exact>],
    currency: Currency,
) -> Result<TaxResult, MoneyError> {
    // Exact sums per code, with the places (line, tax) they come from.
    let mut places: Vec<Vec<(usize, usize)>> = vec![Vec::new(); codes.len()];
    let mut sums = vec![(Decimal::ZERO, Decimal::ZERO); codes.len()];
    for (line, taxes) in exact.iter().enumerate() {
        for (tax, Exact { code, base, amount }) in taxes.iter().enumerate() {
            places[*code].push((line, tax));
            sums[*code] = (plus(sums[*code].0, *base)?, plus(sums[*code].1, *amount)?);
        }
    }
    let amounts = rounded_amounts(codes, &sums, currency)?;

    let mut result = TaxResult::default();
    let mut shares: Vec<Vec<Option<LineTax>>> = exact.iter().map(|taxes| vec![None; taxes.len()]).collect();
    for (index, code) in codes.iter().enumerate() {
        let base = code.round_base(sums[index].0, currency)?;
        let exact_of = |pick: fn(&Exact) -> Decimal| -> Vec<Decimal> {
            places[index].iter().map(|(line, tax)| pick(&exact[*line][*tax])).collect()
        };
        let amount_shares = allocate_exact(amounts[index], &exact_of(|exact| exact.amount), currency)?;
        let base_shares = allocate_exact(base, &exact_of(|exact| exact.base), currency)?;
        for (((line, tax), amount), base) in places[index].iter().zip(amount_shares).zip(base_shares) {
            shares[*line][*tax] =
                Some(LineTax { code: code.first.code.clone(), included: code.first.included, base, amount });
        }
        result.totals.push(TaxTotal {
            jurisdiction: code.first.jurisdiction.clone(),
            code: code.first.code.clone(),
            levy: levy_text(code.first),
            included: code.first.included,
            base,
            amount: amounts[index],
            exact_base: sums[index].0.normalize(),
            exact_amount: sums[index].1.normalize(),
            level: code.rounding.level,
        });
    }
    result.lines = shares.into_iter().map(|line| line.into_iter().flatten().collect()).collect();

    result.total_tax = Money::sum(amounts.iter().copied())?;
    let nets = Money::sum(lines.iter().map(|line| line.net))?;
    let added = Money::sum(result.totals.iter().filter(|tax| !tax.included).map(|tax| tax.amount))?;
    let keep_price = nets.plus(added)?;
    let from_base = codes
        .iter()
        .any(|code| code.rounding.included == IncludedPolicy::FromBase && code.rounding.level != TaxLevel::PerLine);
    result.total = if from_base {
        let mut excluded = currency.to_decimal(nets);
        for (code, (_, amount)) in codes.iter().zip(&sums) {
            if code.first.included {
                excluded = plus(excluded, -*amount)?;
            }
        }
        codes[0].round(excluded, currency)?.plus(result.total_tax)?
    } else {
        keep_price
    };
    result.total_excluded = result.total.minus(result.total_tax)?;

    let mut paid = Vec::with_capacity(lines.len());
    for (line, taxes) in lines.iter().zip(&result.lines) {
        let added = Money::sum(taxes.iter().filter(|tax| !tax.included).map(|tax| tax.amount))?;
        paid.push(line.net.plus(added)?);
    }
    if result.total != keep_price {
        paid = pos_money::allocate(result.total, &paid)?;
    }
    result.paid = paid;
    Ok(result)
}

impl Code<'_> {
    /// Bases are reported to the minor unit whatever the increment of the amounts.
    fn round_base(&self, exact: Decimal, currency: Currency) -> Result<Money, MoneyError> {
        currency.round(exact, Rounding::to_minor_unit(self.rounding.mode))
    }
}

/// The rounded amount of every code: on its own sum, or as its share of its jurisdiction's rounded sum.
fn rounded_amounts(
    codes: &[Code<'_>],
    sums: &[(Decimal, Decimal)],
    currency: Currency,
) -> Result<Vec<Money>, MoneyError> {
    let mut amounts = Vec::with_capacity(codes.len());
    for (code, (_, amount)) in codes.iter().zip(sums) {
        amounts.push(code.round(*amount, currency)?);
    }
    let mut done: Vec<&Arc<str>> = Vec::new();
    for code in codes.iter().filter(|code| code.rounding.level == TaxLevel::PerJurisdiction) {
        let jurisdiction = &code.first.jurisdiction;
        if done.contains(&jurisdiction) {
            continue;
        }
        done.push(jurisdiction);
        let members: Vec<usize> =
            (0..codes.len()).filter(|index| codes[*index].first.jurisdiction == *jurisdiction).collect();
        let exact: Vec<Decimal> = members.iter().map(|index| sums[*index].1).collect();
        let mut sum = Decimal::ZERO;
        for amount in &exact {
            sum = plus(sum, *amount)?;
        }
        for (index, share) in members.iter().zip(allocate_exact(code.round(sum, currency)?, &exact, currency)?) {
            amounts[*index] = share;
        }
    }
    Ok(amounts)
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
    let components = lines
        .iter()
        .map(|line| TaxComponent {
            line: *line,
            jurisdiction: code.into(),
            code: code.into(),
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

fn plus(left: Decimal, right: Decimal) -> Result<Decimal, MoneyError> {
    left.checked_add(right).ok_or(MoneyError::Overflow)
}

fn times(left: Decimal, right: Decimal) -> Result<Decimal, MoneyError> {
    left.checked_mul(right).ok_or(MoneyError::Overflow)
}

fn divided(left: Decimal, right: Decimal) -> Result<Decimal, MoneyError> {
    if right.is_zero() { Err(MoneyError::DivisionByZero) } else { left.checked_div(right).ok_or(MoneyError::Overflow) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    fn percent(line: LineNumber, code: &str, rate: &str, included: bool) -> TaxComponent {
        let assessment = fallback(&[line], code, decimal(rate), included);
        assessment.components.into_iter().next().unwrap()
    }

    fn check(nets: &[i64], components: Vec<TaxComponent>, level: TaxLevel, expected: &str) {
        let lines: Vec<TaxLine> = (1..)
            .zip(nets)
            .map(|(number, net)| TaxLine {
                number,
                net: Money::from_minor(*net),
                quantity: Quantity::ONE,
                price_is_negative: false,
            })
            .collect();
        let rounding = vec![TaxRounding { level, increment: Money::from_minor(1), ..TaxRounding::default() }];
        let assessment = Assessment { components, rounding, ..Assessment::default() };
        let result = compute(&lines, &assessment, Currency::from_code("EUR").unwrap()).unwrap();
        let taxes: Vec<String> = result
            .totals
            .iter()
            .map(|tax| format!("{} {}+{}", tax.code, tax.base.minor(), tax.amount.minor()))
            .collect();
        let shares: Vec<Vec<i64>> =
            result.lines.iter().map(|taxes| taxes.iter().map(|tax| tax.amount.minor()).collect()).collect();
        let (excluded, total) = (result.total_excluded.minor(), result.total.minor());
        assert_eq!(format!("{} | {excluded} {total} | {shares:?}", taxes.join(", ")), expected);
        assert_eq!(Money::sum(result.paid.iter().copied()), Ok(result.total), "what lines cost adds up to the total");
    }

    fn three(rate: &str, included: bool) -> Vec<TaxComponent> {
        (1..=3).map(|line| percent(line, "VAT", rate, included)).collect()
    }

    #[test]
    fn per_receipt_and_per_line_differ_by_their_cent() {
        check(&[33, 33, 33], three("0.19", true), TaxLevel::PerReceipt, "VAT 83+16 | 83 99 | [[6], [5], [5]]");
        check(&[33, 33, 33], three("0.19", true), TaxLevel::PerLine, "VAT 84+15 | 84 99 | [[5], [5], [5]]");
        check(&[33, 33, 33], three("0.19", false), TaxLevel::PerReceipt, "VAT 99+19 | 99 118 | [[7], [6], [6]]");
        check(&[33, 33, 33], three("0.19", false), TaxLevel::PerLine, "VAT 99+18 | 99 117 | [[6], [6], [6]]");
        check(
            &[-33, -33, -33],
            three("0.19", true),
            TaxLevel::PerReceipt,
            "VAT -83+-16 | -83 -99 | [[-6], [-5], [-5]]",
        );
    }

    #[test]
    fn two_included_taxes_share_a_base_and_tax_on_tax_stacks() {
        let both = vec![percent(1, "A", "0.05", true), percent(1, "B", "0.05", true)];
        check(&[1100], both, TaxLevel::PerReceipt, "A 1000+50, B 1000+50 | 1000 1100 | [[50, 50]]");
        let mut first = percent(1, "GST", "0.05", false);
        first.affects_next_base = true;
        let mut second = percent(1, "QST", "0.10", false);
        second.base_affected = true;
        check(
            &[1000],
            vec![first, second],
            TaxLevel::PerReceipt,
            "GST 1000+50, QST 1050+105 | 1000 1155 | [[50, 105]]",
        );
    }

    #[test]
    fn a_jurisdiction_is_rounded_once_and_shared() {
        let codes = ["STATE", "COUNTY", "CITY"];
        let components = codes
            .into_iter()
            .map(|code| TaxComponent { jurisdiction: "NY".into(), ..percent(1, code, "0.015", false) })
            .collect();
        // 0.33 x 1.5 % = 0.00495 each, 0.01485 together.
        check(&[33], components, TaxLevel::PerJurisdiction, "STATE 33+1, COUNTY 33+0, CITY 33+0 | 33 34 | [[1, 0, 0]]");
    }

    #[test]
    fn one_code_with_two_rates_and_taxes_on_unknown_lines_are_refused() {
        let line =
            TaxLine { number: 1, net: Money::from_minor(100), quantity: Quantity::ONE, price_is_negative: false };
        let currency = Currency::from_code("EUR").unwrap();
        for components in
            [vec![percent(1, "A", "0.1", true), percent(1, "A", "0.2", true)], vec![percent(9, "A", "0.1", true)]]
        {
            let assessment = Assessment { components, ..Assessment::default() };
            assert!(matches!(compute(&[line], &assessment, currency), Err(Refusal::TaxUnavailable { .. })));
        }
    }
}

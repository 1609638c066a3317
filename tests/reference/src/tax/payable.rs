//! Step 19: discounts off what is to be paid. Total and taxes shrink alike, the base takes the difference.
//!
//! Example: 36.67 with taxes 1.91, 1.91, 1.07; 2 % off: total R(35.9366) = 35.94, taxes 1.87 + 1.87 + 1.05, base 31.15.
//!
//! A code's own base: the discounted total of its lines without the taxes that do not stand in its base. Where all lines bear the
//! code that is the receipt's base plus the taxes that feed it.

use super::total::Receipt;
use super::{Assessed, CodeTotal, LinePosting, TaxPosting};
use crate::case::Level;
use crate::number::Rational;
use crate::refusal::Refusal;

/// `whole` with `keep` (1 - v) of each line left to pay.
pub(super) fn discount(receipt: &Receipt<'_>, whole: &Assessed, keep: &[Rational]) -> Result<Assessed, Refusal> {
    let rounded = receipt.rounded;
    let per_line = receipt.case.rounding.level == Level::PerLine;
    // What each tax on each line keeps: from the rounded amounts per line, from the exact ones per receipt.
    let kept: Vec<Vec<Rational>> = receipt
        .lines
        .iter()
        .zip(keep)
        .map(|(line, keep)| line.taxes.iter().map(|tax| &tax.amount * keep).collect())
        .collect();
    let paid: Vec<Rational> = whole.lines.iter().zip(keep).map(|(line, keep)| &line.paid * keep).collect();
    let codes = receipt.codes();
    let index_of = |code: &str| codes.iter().position(|(other, _)| *other == code);
    let mut exact = vec![Rational::default(); codes.len()];
    for (line, figures) in receipt.case.lines.iter().zip(&kept) {
        for (tax, amount) in line.taxes.iter().zip(figures) {
            if let Some(index) = index_of(&tax.code) {
                exact[index] += amount;
            }
        }
    }
    let amounts = if per_line { exact.iter().map(rounded).collect() } else { receipt.code_amounts(&exact)? };
    let total_included = rounded(&paid.iter().sum());
    let mut totals = Vec::new();
    for (index, (code, jurisdiction)) in codes.iter().enumerate() {
        let (mut of_lines, mut outside) = (Rational::default(), vec![Rational::default(); codes.len()]);
        let mut covered = std::collections::BTreeSet::new();
        for (line, _, levied) in receipt.of_code(code) {
            if covered.insert(line) {
                of_lines += &paid[line];
            }
            for (other, tax) in receipt.case.lines[line].taxes.iter().enumerate() {
                if let Some(place) = index_of(&tax.code).filter(|_| !levied.fed_by.contains(&other)) {
                    outside[place] += &kept[line][other];
                }
            }
        }
        // A tax that is wholly outside counts with its posted amount, so that base and taxes close on the receipt.
        let outside: Rational = outside
            .iter()
            .enumerate()
            .map(|(place, amount)| if *amount == exact[place] { amounts[place].clone() } else { rounded(amount) })
            .sum();
        totals.push(CodeTotal {
            code: (*code).to_owned(),
            jurisdiction: (*jurisdiction).to_owned(),
            base: rounded(&of_lines) - outside,
            amount: amounts[index].clone(),
            exact_base: receipt.of_code(code).map(|(line, _, levied)| &levied.base * &keep[line]).sum(),
            exact_amount: exact[index].clone(),
        });
    }
    let lines = post(receipt, &totals, &total_included, &paid, &kept, keep)?;
    let taxes: Rational = amounts.iter().sum();
    Ok(Assessed { total_excluded: &total_included - taxes, total_included, codes: totals, lines })
}

/// Shares the discounted figures over the lines.
fn post(
    receipt: &Receipt<'_>,
    totals: &[CodeTotal],
    total: &Rational,
    paid: &[Rational],
    kept: &[Vec<Rational>],
    keep: &[Rational],
) -> Result<Vec<LinePosting>, Refusal> {
    let paid = receipt.share(total, paid)?;
    let mut lines: Vec<LinePosting> = paid.into_iter().map(|paid| LinePosting { paid, taxes: Vec::new() }).collect();
    let mut postings: Vec<Vec<Option<TaxPosting>>> =
        receipt.case.lines.iter().map(|line| vec![None; line.taxes.len()]).collect();
    for code in totals {
        let mut places = Vec::new();
        for (line, definition) in receipt.case.lines.iter().enumerate() {
            places.extend(
                (0..definition.taxes.len())
                    .filter(|tax| definition.taxes[*tax].code == code.code)
                    .map(|tax| (line, tax)),
            );
        }
        let exact_amounts: Vec<Rational> = places.iter().map(|(line, tax)| kept[*line][*tax].clone()).collect();
        let exact_bases: Vec<Rational> =
            places.iter().map(|(line, tax)| &receipt.lines[*line].taxes[*tax].base * &keep[*line]).collect();
        let amounts = receipt.share(&code.amount, &exact_amounts)?;
        let bases = receipt.share(&code.base, &exact_bases)?;
        for (((line, tax), amount), base) in places.into_iter().zip(amounts).zip(bases) {
            postings[line][tax] = Some(TaxPosting { code: code.code.clone(), base, amount });
        }
    }
    for (line, posted) in lines.iter_mut().zip(postings) {
        line.taxes = posted.into_iter().flatten().collect();
    }
    Ok(lines)
}

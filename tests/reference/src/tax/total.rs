//! Sums over lines: rounding on the receipt, and what is posted where (steps 14 to 17).

use super::{Assessed, CodeTotal, Levied, LinePosting, LineTaxes, TaxPosting};
use crate::allocate;
use crate::case::{Case, IncludedPolicy, Level, Tax};
use crate::number::{Rational, zero};
use crate::refusal::Refusal;
use num_traits::Signed;

/// The lines' figures and the way to round.
pub(super) struct Receipt<'a> {
    pub(super) case: &'a Case,
    pub(super) lines: &'a [LineTaxes],
    pub(super) rounded: &'a dyn Fn(&Rational) -> Rational,
}

impl Receipt<'_> {
    /// Codes in the order of first appearance, with their jurisdictions.
    pub(super) fn codes(&self) -> Vec<(&str, &str)> {
        let mut codes: Vec<(&str, &str)> = Vec::new();
        for tax in self.case.lines.iter().flat_map(|line| &line.taxes) {
            if !codes.iter().any(|(code, _)| *code == tax.code) {
                codes.push((&tax.code, &tax.jurisdiction));
            }
        }
        codes
    }

    /// Every tax of a code: line, definition, figures.
    pub(super) fn of_code<'a>(&'a self, code: &'a str) -> impl Iterator<Item = (usize, &'a Tax, &'a Levied)> {
        let lines = self.case.lines.iter().zip(self.lines).enumerate();
        let all = lines.flat_map(|(index, (line, figures))| {
            line.taxes.iter().zip(&figures.taxes).map(move |(tax, levied)| (index, tax, levied))
        });
        all.filter(move |(_, tax, _)| tax.code == code)
    }

    /// The multiple that figures of this receipt have: the minor unit, or a finer increment; none without rounding.
    pub(super) fn unit(&self) -> Option<Rational> {
        let minor = self.case.currency.minor_unit();
        let increment = self.case.rounding.increment.as_ref()?;
        Some(if (increment / &minor).is_integer() { minor } else { increment.clone() })
    }

    /// Figures near `exact` that add up to `total`, or the exact ones where nothing is rounded.
    pub(super) fn share(&self, total: &Rational, exact: &[Rational]) -> Result<Vec<Rational>, Refusal> {
        match self.unit() {
            Some(unit) if (total / &unit).is_integer() => allocate::near(total, exact, &unit),
            _ => Ok(exact.to_vec()),
        }
    }

    /// Step 15: the posted amount of each code, from exact sums per code.
    pub(super) fn code_amounts(&self, exact: &[Rational]) -> Result<Vec<Rational>, Refusal> {
        if self.case.rounding.level != Level::PerJurisdiction {
            return Ok(exact.iter().map(self.rounded).collect());
        }
        let codes = self.codes();
        let mut amounts = vec![zero(); exact.len()];
        for (index, (_, jurisdiction)) in codes.iter().enumerate() {
            let members: Vec<usize> = (0..codes.len()).filter(|other| codes[*other].1 == *jurisdiction).collect();
            if members.first() != Some(&index) {
                continue;
            }
            let figures: Vec<Rational> = members.iter().map(|member| exact[*member].clone()).collect();
            let total = (self.rounded)(&figures.iter().sum());
            for (member, share) in members.iter().zip(self.share(&total, &figures)?) {
                amounts[*member] = share;
            }
        }
        Ok(amounts)
    }

    /// Steps 14 to 17.
    pub(super) fn assess(&self) -> Result<Assessed, Refusal> {
        let codes = self.codes();
        let sum = |code: &str, part: &dyn Fn(&Levied) -> Rational| -> Rational {
            self.of_code(code).map(|(_, _, levied)| part(levied)).sum()
        };
        let exact_amounts: Vec<Rational> =
            codes.iter().map(|(code, _)| sum(code, &|levied| levied.amount.clone())).collect();
        let exact_dropped: Vec<Rational> =
            codes.iter().map(|(code, _)| sum(code, &|levied| levied.dropped.clone())).collect();
        let amounts = self.code_amounts(&exact_amounts)?;
        let dropped: Vec<Rational> = exact_dropped.iter().map(self.rounded).collect();
        let mut totals = Vec::new();
        for (index, (code, jurisdiction)) in codes.iter().enumerate() {
            let exact_base = sum(code, &|levied| levied.base.clone());
            totals.push(CodeTotal {
                code: (*code).to_owned(),
                jurisdiction: (*jurisdiction).to_owned(),
                base: (self.rounded)(&exact_base),
                amount: amounts[index].clone(),
                exact_base,
                exact_amount: exact_amounts[index].clone(),
            });
        }
        let all_amounts: Rational = amounts.iter().sum();
        let exact_excluded: Vec<Rational> = self.lines.iter().map(|line| line.excluded.clone()).collect();
        let from_base =
            self.case.rounding.level != Level::PerLine && self.case.rounding.included == IncludedPolicy::FromBase;
        // Per line everything is rounded already, so the plain sum serves for it and for keep-price alike.
        let (total_included, line_prices) = if from_base {
            let excluded = (self.rounded)(&exact_excluded.iter().sum());
            (&excluded + &all_amounts, Some(self.share(&excluded, &exact_excluded)?))
        } else {
            let raw: Rational = self.lines.iter().map(|line| &line.raw).sum();
            let included = |code: &str| self.of_code(code).any(|(_, tax, _)| tax.included);
            let added: Rational =
                codes.iter().zip(&amounts).filter(|((code, _), _)| !included(code)).map(|(_, amount)| amount).sum();
            (raw + added - dropped.iter().sum::<Rational>(), None)
        };
        let (mut lines, dropped_by_line) = self.postings(&totals, &dropped)?;
        for (index, line) in lines.iter_mut().enumerate() {
            let tax_part = |included: bool| -> Rational {
                let taxes = self.case.lines[index].taxes.iter().zip(&line.taxes);
                taxes.filter(|(tax, _)| included || !tax.included).map(|(_, posted)| &posted.amount).sum()
            };
            line.paid = match &line_prices {
                Some(prices) => &prices[index] + tax_part(true),
                None => &self.lines[index].raw + tax_part(false) - &dropped_by_line[index],
            };
        }
        Ok(Assessed { total_excluded: &total_included - all_amounts, total_included, codes: totals, lines })
    }

    /// Step 17: each code's figures on its lines. `paid` is still open. Beside it, what exemption takes out of each line's price.
    fn postings(
        &self,
        totals: &[CodeTotal],
        dropped: &[Rational],
    ) -> Result<(Vec<LinePosting>, Vec<Rational>), Refusal> {
        let empty = |line: &crate::case::Line| LinePosting {
            paid: zero(),
            taxes: line
                .taxes
                .iter()
                .map(|tax| TaxPosting { code: tax.code.clone(), base: zero(), amount: zero() })
                .collect(),
        };
        let mut lines: Vec<LinePosting> = self.case.lines.iter().map(empty).collect();
        let mut out_of_price = vec![zero(); lines.len()];
        for (total, dropped) in totals.iter().zip(dropped) {
            let column = |part: &dyn Fn(&Levied) -> Rational| -> Vec<Rational> {
                self.of_code(&total.code).map(|(_, _, levied)| part(levied)).collect()
            };
            let amounts = self.share(&total.amount, &column(&|levied| levied.amount.clone()))?;
            let bases = self.share(&total.base, &column(&|levied| levied.base.clone()))?;
            let drops = self.share(dropped, &column(&|levied| levied.dropped.clone()))?;
            let mut seen = vec![0_usize; lines.len()];
            for (place, (line, _, _)) in self.of_code(&total.code).enumerate() {
                let mut same = lines[line].taxes.iter_mut().filter(|posted| posted.code == total.code);
                if let Some(posted) = same.nth(seen[line]) {
                    posted.amount = amounts[place].clone();
                    posted.base = bases[place].clone();
                }
                seen[line] += 1;
                out_of_price[line] += &drops[place];
            }
        }
        Ok((lines, out_of_price))
    }
}

/// Whether the figures of an assessment close, for tests and callers that want to be sure.
impl Assessed {
    /// Sum of all taxes.
    pub fn total_tax(&self) -> Rational {
        self.codes.iter().map(|code| &code.amount).sum()
    }

    /// The first sum that does not close, in words; `None` when all do.
    pub fn flaw(&self) -> Option<String> {
        if &self.total_excluded + self.total_tax() != self.total_included {
            return Some("excluded plus tax is not the total".to_owned());
        }
        let paid: Rational = self.lines.iter().map(|line| &line.paid).sum();
        if paid != self.total_included {
            return Some(format!("the lines' paid parts miss the total by {}", (paid - &self.total_included).abs()));
        }
        let postings = || self.lines.iter().flat_map(|line| &line.taxes);
        self.codes.iter().find_map(|code| {
            let of_code = || postings().filter(|posted| posted.code == code.code);
            let closes = of_code().map(|posted| &posted.amount).sum::<Rational>() == code.amount
                && of_code().map(|posted| &posted.base).sum::<Rational>() == code.base;
            (!closes).then(|| format!("the lines' figures miss those of tax {}", code.code))
        })
    }
}

//! Sums over lines, rounding on the receipt, and what is posted where: steps 14 to 17.
//!
//! 3 x 0.33 with 19 % added: per line 3 x R(0.0627) = 0.18, per receipt R(0.1881) = 0.19, posted 0.07 + 0.06 + 0.06.

use super::line::{Levied, LineWorkings};
use super::{CodeFigures, Figures, LineFigures, TaxFigures, Workings, plus, settled, sum};
use crate::pricing::proposal::{IncludedPolicy, TaxLevel};
use pos_money::{Decimal, MoneyError};

/// Where a tax stands: line and position on it.
pub(super) type Place = (usize, usize);

impl Workings {
    /// Where the taxes of each code stand, in the order of lines.
    pub(super) fn places(&self) -> Vec<Vec<Place>> {
        let mut places: Vec<Vec<Place>> = (self.codes.iter()).map(|_| Vec::with_capacity(self.lines.len())).collect();
        for (index, line) in self.lines.iter().enumerate() {
            for (position, tax) in line.taxes.iter().enumerate() {
                places[tax.code].push((index, position));
            }
        }
        places
    }

    /// One figure of every tax of a code.
    fn column(&self, places: &[Place], figure: fn(&Levied) -> Decimal) -> impl Iterator<Item = Decimal> {
        places.iter().map(move |(line, position)| figure(&self.lines[*line].taxes[*position]))
    }

    /// Steps 14 to 16.
    pub(super) fn totals(&self) -> Result<Figures, MoneyError> {
        let places = self.places();
        let mut codes = Vec::with_capacity(places.len());
        let mut dropped = Vec::with_capacity(places.len());
        for (code, places) in self.codes.iter().zip(&places) {
            let exact = |figure| -> Result<Decimal, MoneyError> { Ok(settled(sum(self.column(places, figure))?)) };
            let (exact_base, exact_amount) = (exact(|tax| tax.base)?, exact(|tax| tax.amount)?);
            let base = self.round(exact_base, &code.rounding)?;
            codes.push(CodeFigures { base, amount: Decimal::ZERO, exact_base, exact_amount });
            dropped.push(self.round(exact(|tax| tax.dropped)?, &code.rounding)?);
        }
        let exact: Vec<Decimal> = codes.iter().map(|code| code.exact_amount).collect();
        for (code, amount) in codes.iter_mut().zip(self.code_amounts(&exact)?) {
            code.amount = amount;
        }
        let total_tax = sum(codes.iter().map(|code| code.amount))?;

        let (mut lines, out_of_price) = self.postings(&places, &codes, &dropped)?;
        let raw = sum(self.lines.iter().map(|line| line.raw))?;
        let added =
            self.codes.iter().zip(&codes).filter(|(code, _)| !code.first.included).map(|(_, figures)| figures.amount);
        let mut total = plus(plus(raw, sum(added)?)?, -sum(dropped)?)?;
        let from_base = self.is_from_base();
        let mut prices = Vec::new();
        if from_base {
            let excluded = self.lines.iter().map(|line| self.excluded(line)).collect::<Result<Vec<_>, _>>()?;
            let excluded_total = self.round(sum(excluded.iter().copied())?, &self.general)?;
            total = plus(excluded_total, total_tax)?;
            prices = self.share(excluded_total, &excluded)?;
        }
        for (index, line) in lines.iter_mut().enumerate() {
            let taxes = line.taxes.iter().filter(|tax| from_base || !tax.included).map(|tax| tax.amount);
            let price = match prices.get(index) {
                Some(price) => *price,
                None => plus(self.lines[index].raw, -out_of_price[index])?,
            };
            line.paid = plus(price, sum(taxes)?)?;
        }
        Ok(Figures { lines, codes, total_excluded: plus(total, -total_tax)?, total_tax, total })
    }

    /// Step 13: the price of a line without its included taxes.
    fn excluded(&self, line: &LineWorkings) -> Result<Decimal, MoneyError> {
        let included = line.taxes.iter().filter(|tax| self.codes[tax.code].first.included);
        included.map(|tax| plus(tax.amount, tax.dropped)).try_fold(line.raw, |left, tax| plus(left, -tax?))
    }

    /// Whether the excluded total is rounded and taxes are added to it (step 16). Per line everything is rounded already.
    fn is_from_base(&self) -> bool {
        let mut rules = self.codes.iter().map(|code| &code.rounding).chain([&self.general]);
        rules.any(|rule| rule.included == IncludedPolicy::FromBase && rule.level != TaxLevel::PerLine)
    }

    /// Step 15: the rounded amount of every code, on its own sum or as its share of its jurisdiction's rounded sum.
    pub(super) fn code_amounts(&self, exact: &[Decimal]) -> Result<Vec<Decimal>, MoneyError> {
        let mut amounts = Vec::with_capacity(exact.len());
        for (code, amount) in self.codes.iter().zip(exact) {
            amounts.push(self.round(*amount, &code.rounding)?);
        }
        for (index, code) in self.codes.iter().enumerate() {
            let jurisdiction = &code.first.jurisdiction;
            let members: Vec<usize> =
                (0..exact.len()).filter(|other| self.codes[*other].first.jurisdiction == *jurisdiction).collect();
            if code.rounding.level != TaxLevel::PerJurisdiction || members.first() != Some(&index) {
                continue;
            }
            let figures: Vec<Decimal> = members.iter().map(|member| exact[*member]).collect();
            let whole = self.round(sum(figures.iter().copied())?, &code.rounding)?;
            for (member, share) in members.iter().zip(self.share(whole, &figures)?) {
                amounts[*member] = share;
            }
        }
        Ok(amounts)
    }

    /// Step 17: each code's figures on its lines, what is paid left open; and what exemptions take out of each price.
    fn postings(
        &self,
        places: &[Vec<Place>],
        codes: &[CodeFigures],
        dropped: &[Decimal],
    ) -> Result<(Vec<LineFigures>, Vec<Decimal>), MoneyError> {
        let mut lines = self.blank();
        let mut out_of_price = vec![Decimal::ZERO; lines.len()];
        for ((places, code), dropped) in places.iter().zip(codes).zip(dropped) {
            let share = |total: Decimal, figure| -> Result<Vec<Decimal>, MoneyError> {
                let exact: Vec<Decimal> = self.column(places, figure).collect();
                self.share(total, &exact)
            };
            let (amounts, bases) = (share(code.amount, |tax| tax.amount)?, share(code.base, |tax| tax.base)?);
            for (((line, position), amount), base) in places.iter().zip(amounts).zip(bases) {
                let tax = &mut lines[*line].taxes[*position];
                (tax.amount, tax.base) = (amount, base);
            }
            if self.column(places, |tax| tax.dropped).all(|dropped| dropped.is_zero()) {
                continue;
            }
            for ((line, _), drop) in places.iter().zip(share(*dropped, |tax| tax.dropped)?) {
                out_of_price[*line] = plus(out_of_price[*line], drop)?;
            }
        }
        Ok((lines, out_of_price))
    }

    /// Every line with its taxes, all figures zero.
    pub(super) fn blank(&self) -> Vec<LineFigures> {
        let blank = |tax: &Levied| {
            let first = &self.codes[tax.code].first;
            let (base, amount) = (Decimal::ZERO, Decimal::ZERO);
            TaxFigures { code: first.code.clone(), included: first.included, base, amount }
        };
        let lines = self.lines.iter().map(|line| line.taxes.iter().map(blank).collect());
        lines.map(|taxes| LineFigures { taxes, paid: Decimal::ZERO }).collect()
    }
}

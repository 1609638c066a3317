//! Step 19: discounts off what is to be paid. The total and every tax shrink alike, the base takes the difference.
//!
//! 36.67 with taxes of 1.91, 1.91 and 1.07, 2 % off: R(35.9366) = 35.94 with 1.87 + 1.87 + 1.05, base 31.15.

use super::{CodeFigures, Figures, Workings, plus, settled, sum, times};
use pos_money::{Decimal, MoneyError};

impl Workings {
    /// The receipt with `keep` (1 - v) of each line left to pay; lines beyond the list keep all of it.
    pub fn payable(mut self, keep: &[Decimal]) -> Result<Workings, MoneyError> {
        self.figures = self.discounted(keep)?;
        Ok(self)
    }

    fn discounted(&self, keep: &[Decimal]) -> Result<Figures, MoneyError> {
        let keep = |line: usize| keep.get(line).copied().unwrap_or(Decimal::ONE);
        // What each tax keeps: of the amounts rounded on the line, of the exact ones otherwise.
        let mut kept: Vec<Vec<Decimal>> = Vec::with_capacity(self.lines.len());
        let mut paid = Vec::with_capacity(self.lines.len());
        let mut exact = vec![Decimal::ZERO; self.codes.len()];
        for (index, line) in self.lines.iter().enumerate() {
            let mut amounts = Vec::with_capacity(line.taxes.len());
            for tax in &line.taxes {
                let amount = times(tax.amount, keep(index))?;
                exact[tax.code] = plus(exact[tax.code], amount)?;
                amounts.push(amount);
            }
            kept.push(amounts);
            paid.push(times(self.figures.lines[index].paid, keep(index))?);
        }
        let amounts = self.code_amounts(&exact)?;
        let rule = &self.general;
        let total = self.round(sum(paid.iter().copied())?, rule)?;
        let total_tax = sum(amounts.iter().copied())?;

        let mut lines = self.blank();
        for (line, paid) in lines.iter_mut().zip(self.share(total, &paid)?) {
            line.paid = paid;
        }
        let mut codes = Vec::with_capacity(amounts.len());
        for (index, places) in self.places().iter().enumerate() {
            let mut bases = Vec::with_capacity(places.len());
            for (line, position) in places {
                bases.push(times(self.lines[*line].taxes[*position].base, keep(*line))?);
            }
            let base = self.payable_base(places, &paid, &kept, &exact, &amounts)?;
            let of_code: Vec<Decimal> = places.iter().map(|(line, position)| kept[*line][*position]).collect();
            let (amount_shares, base_shares) = (self.share(amounts[index], &of_code)?, self.share(base, &bases)?);
            for (((line, position), amount), base) in places.iter().zip(amount_shares).zip(base_shares) {
                let tax = &mut lines[*line].taxes[*position];
                (tax.amount, tax.base) = (amount, base);
            }
            let (exact_base, exact_amount) = (settled(sum(bases)?), settled(exact[index]));
            codes.push(CodeFigures { base, amount: amounts[index], exact_base, exact_amount });
        }
        Ok(Figures { lines, codes, total_excluded: plus(total, -total_tax)?, total_tax, total })
    }

    /// The base of a code: the discounted total of its lines without the taxes that do not stand in its base. A tax that is
    /// wholly outside counts with its posted amount, so that base and taxes close on the receipt.
    fn payable_base(
        &self,
        places: &[super::total::Place],
        paid: &[Decimal],
        kept: &[Vec<Decimal>],
        exact: &[Decimal],
        amounts: &[Decimal],
    ) -> Result<Decimal, MoneyError> {
        let mut of_lines = Decimal::ZERO;
        let mut outside = vec![Decimal::ZERO; self.codes.len()];
        let mut covered: Option<usize> = None;
        for (line, position) in places {
            let taxes = &self.lines[*line].taxes;
            // Places come by line, so a line that bears the code twice is met twice in a row.
            if covered != Some(*line) {
                of_lines = plus(of_lines, paid[*line])?;
                covered = Some(*line);
            }
            let fed_by = &taxes[*position].fed_by;
            for (other, tax) in taxes.iter().enumerate().filter(|(other, _)| !fed_by.contains(other)) {
                outside[tax.code] = plus(outside[tax.code], kept[*line][other])?;
            }
        }
        let mut base = self.round(of_lines, &self.general)?;
        for (code, amount) in outside.into_iter().enumerate() {
            let whole = amount == exact[code];
            let amount = if whole { amounts[code] } else { self.round(amount, &self.codes[code].rounding)? };
            base = plus(base, -amount)?;
        }
        Ok(base)
    }
}

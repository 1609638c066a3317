//! The taxes of one line: steps 2 to 13.
//!
//! 121.00 with a fixed 1.00 (included, in the base of what follows) and 21 % included: the fixed tax is 1.00 on 99.00,
//! the percentage 21.00 on 100.00.

use super::{OnLine, TaxLine, Workings, divided, keeps_price, plus, times};
use crate::pricing::proposal::{Levy, TaxComponent, TaxLevel, Taxed};
use pos_money::{Decimal, MoneyError, Rate};
use smallvec::SmallVec;

/// What one line comes to before anything is rounded on the receipt.
#[derive(Clone, Debug)]
pub(super) struct LineWorkings {
    /// The price after discounts, from which the taxes were computed.
    pub(super) raw: Decimal,
    /// In the order given.
    pub(super) taxes: SmallVec<[Levied; 1]>,
}

/// One tax on one line.
#[derive(Clone, Debug)]
pub(super) struct Levied {
    /// Index of its code.
    pub(super) code: usize,
    /// What it is levied on.
    pub(super) base: Decimal,
    /// What is levied; 0 where exempt.
    pub(super) amount: Decimal,
    /// What an exempt included tax takes out of the price.
    pub(super) dropped: Decimal,
    /// Which of the line's taxes stand in this one's base.
    pub(super) fed_by: Vec<usize>,
}

/// The taxes of a line under way, and the order in which they are evaluated. One table serves all lines.
#[derive(Default)]
pub(super) struct Table<'a> {
    steps: Vec<Step<'a>>,
    order: Vec<usize>,
}

/// A tax under way.
struct Step<'a> {
    code: usize,
    component: &'a TaxComponent,
    /// Exempt and not even computed: added, or included under "keep the price".
    absent: bool,
    batch: usize,
    amount: Option<Decimal>,
    /// Step 4: running corrections, for the amount and for the reported base.
    for_amount: Decimal,
    for_base: Decimal,
}

impl Step<'_> {
    /// The rate with the taxed share folded in.
    fn rate(&self) -> Result<Decimal, MoneyError> {
        let rate = match self.component.levy {
            Levy::Percent(rate) | Levy::Division(rate) if !self.absent => rate.fraction(),
            _ => Decimal::ZERO,
        };
        match self.component.taxed {
            Taxed::Share(share) => times(rate, Rate::fraction(share)),
            Taxed::Whole | Taxed::Above(_) => Ok(rate),
        }
    }

    fn feeds(&self, other: &Step<'_>) -> bool {
        self.component.affects_next_base && other.component.base_affected
    }
}

impl Workings {
    pub(super) fn line_taxes<'a>(
        &self,
        line: TaxLine,
        components: &[OnLine<'a>],
        table: &mut Table<'a>,
    ) -> Result<LineWorkings, MoneyError> {
        // Step 2. A line whose taxes are rounded elsewhere keeps its price as it is.
        let rule = components.first().map_or(&self.general, |tax| &self.codes[tax.code].rounding);
        let net = self.currency.to_decimal(line.net);
        let raw = if rule.level == TaxLevel::PerLine { self.round(net, rule)? } else { net };
        table.fill(components);
        let Table { steps, order } = table;
        let mut per_unit_room = raw.abs();
        for current in order.iter().copied() {
            let amount = self.amount(line, raw, steps, current, &mut per_unit_room)?;
            steps[current].amount = Some(amount);
            correct(steps, current, amount)?;
        }
        let mut taxes = SmallVec::with_capacity(steps.len());
        for step in steps.iter() {
            let levied = step.amount.unwrap_or_default();
            let mut base = plus(raw, step.for_base)?;
            if step.component.included {
                for other in steps.iter().filter(|other| other.batch == step.batch) {
                    base = plus(base, -other.amount.unwrap_or_default())?;
                }
            }
            let exempt = step.component.exempt.is_some();
            taxes.push(Levied {
                code: step.code,
                base,
                amount: if exempt { Decimal::ZERO } else { levied },
                dropped: if exempt { levied } else { Decimal::ZERO },
                fed_by: (0..steps.len())
                    .filter(|other| steps[*other].batch < step.batch && steps[*other].feeds(step))
                    .collect(),
            });
        }
        Ok(LineWorkings { raw, taxes })
    }

    /// Steps 6 to 10 and 12.
    fn amount(
        &self,
        line: TaxLine,
        raw: Decimal,
        steps: &[Step<'_>],
        current: usize,
        per_unit_room: &mut Decimal,
    ) -> Result<Decimal, MoneyError> {
        let step = &steps[current];
        let component = step.component;
        if step.absent {
            return Ok(Decimal::ZERO);
        }
        let in_batch = || -> Result<Decimal, MoneyError> {
            let mut rates = Decimal::ZERO;
            for other in steps.iter().filter(|other| other.batch == step.batch) {
                rates = plus(rates, other.rate()?)?;
            }
            Ok(rates)
        };
        let mut base = plus(raw, step.for_amount)?;
        if let Taxed::Above(threshold) = component.taxed {
            // The part above an amount per unit, on the magnitude, so that a return mirrors its sale.
            let untaxed = threshold.extend(line.quantity)?.abs();
            let above = plus(base.abs(), -untaxed)?.max(Decimal::ZERO);
            base = if base.is_sign_negative() { -above } else { above };
        }
        let mut amount = match component.levy {
            Levy::PerUnit(price) => {
                let amount = price.extend(line.quantity)?;
                let amount = if line.price_is_negative { -amount } else { amount };
                if component.included {
                    let capped = amount.abs().min(*per_unit_room);
                    *per_unit_room -= capped;
                    if amount.is_sign_negative() { -capped } else { capped }
                } else {
                    amount
                }
            }
            Levy::Percent(_) if component.included => {
                divided(times(base, step.rate()?)?, plus(Decimal::ONE, in_batch()?)?)?
            }
            Levy::Division(_) if !component.included => {
                divided(times(base, step.rate()?)?, plus(Decimal::ONE, -in_batch()?)?)?
            }
            Levy::Percent(_) | Levy::Division(_) => times(base, step.rate()?)?,
        };
        if let Some(most) = component.tax_max {
            let most = self.currency.to_decimal(most).abs();
            amount = amount.clamp(-most, most);
        }
        let rule = &self.codes[step.code].rounding;
        if rule.level == TaxLevel::PerLine { self.round(amount, rule) } else { Ok(amount) }
    }
}

impl<'a> Table<'a> {
    fn fill(&mut self, components: &[OnLine<'a>]) {
        let Table { steps, order } = self;
        steps.clear();
        // Step 3: the taxes with their batches, numbered in the order of the taxes.
        let mut batch = 0;
        for OnLine { code, component, .. } in components {
            if let Some(before) = steps.last().map(|step| step.component) {
                let alike = std::mem::discriminant(&before.levy) == std::mem::discriminant(&component.levy)
                    && before.included == component.included
                    && before.affects_next_base == component.affects_next_base
                    && (!before.affects_next_base || !component.base_affected);
                batch += usize::from(!alike);
            }
            let absent = component.exempt.is_some() && (!component.included || keeps_price(component));
            let (for_amount, for_base) = (Decimal::ZERO, Decimal::ZERO);
            steps.push(Step { code: *code, component, absent, batch, amount: None, for_amount, for_base });
        }
        // Step 5: per-unit last to first; included last to first; added first to last.
        let is_per_unit = |index: &usize| matches!(components[*index].component.levy, Levy::PerUnit(_));
        let is_included = |index: &usize| components[*index].component.included;
        order.clear();
        order.extend((0..components.len()).rev().filter(is_per_unit));
        order.extend((0..components.len()).rev().filter(|index| !is_per_unit(index) && is_included(index)));
        order.extend((0..components.len()).filter(|index| !is_per_unit(index) && !is_included(index)));
    }
}

/// Step 11: what an amount does to the bases of other batches.
fn correct(steps: &mut [Step<'_>], current: usize, amount: Decimal) -> Result<(), MoneyError> {
    for other in 0..steps.len() {
        let (this, target) = (&steps[current], &steps[other]);
        if this.batch == target.batch {
            continue;
        }
        let feeds_later = target.batch > this.batch && this.feeds(target);
        let correction = match this.component.included {
            true if feeds_later => continue,
            true => -amount,
            false if feeds_later => amount,
            false => continue,
        };
        let target = &mut steps[other];
        target.for_base = plus(target.for_base, correction)?;
        if target.amount.is_none() {
            target.for_amount = plus(target.for_amount, correction)?;
        }
    }
    Ok(())
}

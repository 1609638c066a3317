//! Discounts that grow: by pieces, by a measure, by money spent; on everything, or on each part above a step.
//!
//! From 3 pieces 10 %, from 6 pieces 20 %, and 7 pieces at 1.00: on the whole, 20 % of 7.00 is 1.40; step by step, pieces
//! 1 and 2 cost 1.00, 3 to 5 cost 0.90, 6 and 7 cost 0.80, which saves 0.70. Steps are counted from the dearest piece down.

use super::earned::{Missing, spent};
use super::{Turn, portions};
use crate::model::{Change, Measured, TierBy, TierRule};
use pos_plugin_sdk::prelude::*;
use std::collections::BTreeMap;

impl Turn<'_> {
    pub(super) fn tiers(&self, rule: &TierRule, said: &mut Proposal) -> Result<(), HookError> {
        if rule.by == TierBy::Spend {
            return self.tiers_by_spend(rule, said);
        }
        let Some(goods) = &rule.goods else { return Ok(()) };
        let mut pool = self.view.pool(goods);
        if let TierBy::Measure(unit) = rule.by {
            pool.retain(|index| {
                self.view.lines.get(*index).is_some_and(|line| line.line.quantity.in_unit(unit).is_ok())
            });
        }
        if !rule.per_article {
            return self.tiers_over(rule, &pool, None, said);
        }
        let mut by_article: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for index in pool {
            if let Some(line) = self.view.lines.get(index) {
                by_article.entry(&line.line.item).or_default().push(index);
            }
        }
        by_article.into_iter().try_for_each(|(article, pool)| self.tiers_over(rule, &pool, Some(article), said))
    }

    fn tiers_over(
        &self,
        rule: &TierRule,
        pool: &[usize],
        article: Option<&str>,
        said: &mut Proposal,
    ) -> Result<(), HookError> {
        let count = match rule.by {
            TierBy::Measure(unit) => {
                let measures = self.view.at(pool).filter_map(|line| line.line.quantity.in_unit(unit).ok());
                measures.fold(Decimal::ZERO, |sum, quantity| sum.checked_add(quantity.value).unwrap_or(sum))
            }
            TierBy::Pieces | TierBy::Spend => Decimal::from(self.view.pieces(pool)),
        };
        let reached = rule.tiers.partition_point(|(threshold, _)| *threshold <= count);
        if let (TierBy::Pieces, Some((next, _))) = (rule.by, rule.tiers.get(reached))
            && self.offer.hints
            && count > Decimal::ZERO
            && *next == count.saturating_add(Decimal::ONE)
        {
            said.near_misses.push(self.pieces_hint(1));
        }
        let Some((_, change)) = reached.checked_sub(1).and_then(|index| rule.tiers.get(index)) else { return Ok(()) };
        let shape = if rule.each_step {
            self.steps(rule, reached, pool, count)?
        } else {
            let effect = self.effect(*change)?;
            let fits = |index: &usize| match change {
                Change::Price(price) => {
                    self.view.lines.get(*index).is_some_and(|line| line.line.quantity.in_unit(price.per.unit).is_ok())
                }
                _ => true,
            };
            let pool: Vec<usize> = pool.iter().copied().filter(fits).collect();
            portions(self.view, &pool, effect)
        };
        if !matches!(&shape, Shape::Portions(chosen) if chosen.portions.is_empty()) {
            let is_spread = !rule.each_step && matches!(change, Change::AmountOff(_));
            let spread = if is_spread { Spread::EachUnit } else { Spread::Across };
            said.candidates.push(self.candidate(article, shape, spread, self.codes_once()));
        }
        Ok(())
    }

    /// One set of all pieces: a slot for those before the first step, and one for each step reached.
    fn steps(&self, rule: &TierRule, reached: usize, pool: &[usize], count: Decimal) -> Result<Shape, HookError> {
        let has_price = rule.tiers.iter().any(|(_, change)| matches!(change, Change::Price(_)));
        let by_piece = |line: &Line| !has_price || line.quantity.unit == Unit::Each;
        let ids: Vec<LineId> =
            self.view.at(pool).map(|line| line.line).filter(|line| by_piece(line)).map(|line| line.id).collect();
        let mut slots = Vec::new();
        let mut push = |pieces: Decimal, effect: Option<Effect>| {
            if pieces > Decimal::ZERO {
                let count = Quantity::new(pieces.normalize(), Unit::Each);
                slots.push(Slot { pool: ids.clone(), count, pick: Pick::Dearest, effect });
            }
        };
        let begins = |index: usize| rule.tiers.get(index).filter(|_| index < reached).map(|(threshold, _)| *threshold);
        push(begins(0).unwrap_or(count).saturating_sub(Decimal::ONE), None);
        for (index, (threshold, change)) in rule.tiers.iter().take(reached).enumerate() {
            // The last step takes all pieces from its threshold on.
            let end = begins(index + 1).map_or(count, |next| next.saturating_sub(Decimal::ONE));
            let pieces = end.saturating_sub(threshold.saturating_sub(Decimal::ONE));
            let change = match change {
                Change::AmountOff(amount) => {
                    let total = amount
                        .checked_mul(pieces)
                        .ok_or_else(|| HookError::invalid_input("the amount is too large"))?;
                    Change::AmountOff(total)
                }
                other => *other,
            };
            push(pieces, Some(self.effect(change)?));
        }
        Ok(Shape::Deal(Deal { slots, together: None, repeat_max: Some(1) }))
    }

    fn tiers_by_spend(&self, rule: &TierRule, said: &mut Proposal) -> Result<(), HookError> {
        let measured = self.offer.conditions.spend.as_ref().map_or(Measured::AfterOffers, |spend| spend.measured);
        let total = spent(self.view, rule.goods.as_ref(), measured)?;
        if !total.is_positive() {
            return Ok(());
        }
        let spent = self.view.basket.currency.to_decimal(total);
        let reached = rule.tiers.partition_point(|(threshold, _)| *threshold <= spent);
        if let Some((next, _)) = rule.tiers.get(reached) {
            let threshold = self.view.money(*next)?;
            said.near_misses.extend(self.money_hint(Missing { amount: threshold.minus(total)?, threshold }));
        }
        // What the kernel checks is proposed with its first step even before that is reached: it says what is missing.
        let by_kernel = rule.goods.is_none() && measured != Measured::BeforeOffers;
        let index = match reached.checked_sub(1) {
            Some(index) => index,
            None if by_kernel => 0,
            None => return Ok(()),
        };
        let Some((threshold, change)) = rule.tiers.get(index) else { return Ok(()) };
        let effect =
            if rule.each_step { self.sum_of_steps(rule, reached.max(1), spent)? } else { self.effect(*change)? };
        let mut candidate = match &rule.goods {
            Some(goods) => {
                let shape = portions(self.view, &self.view.pool(goods), effect);
                self.candidate(None, shape, Spread::Across, self.codes_once())
            }
            None => self.candidate(None, Shape::WholeOrder(effect), Spread::Across, self.codes_once()),
        };
        if by_kernel {
            let own = Requirement { min: self.view.money(*threshold)?, basis: RequirementBasis::Price, left: false };
            let is_stricter =
                candidate.requires.is_none_or(|requires| requires.basis == own.basis && requires.min < own.min);
            if is_stricter {
                let left = candidate.requires.is_some_and(|requires| requires.left);
                candidate.requires = Some(Requirement { left, ..own });
            }
        }
        said.candidates.push(candidate);
        Ok(())
    }

    /// Each part of the amount above a step gets that step's share; amounts add up. Rounded once, half up.
    fn sum_of_steps(&self, rule: &TierRule, reached: usize, spent: Decimal) -> Result<Effect, HookError> {
        let mut off = Decimal::ZERO;
        for (index, (threshold, change)) in rule.tiers.iter().take(reached).enumerate() {
            let end = rule.tiers.get(index + 1).filter(|_| index + 1 < reached).map_or(spent, |(next, _)| *next);
            let step = match change {
                Change::PercentOff(rate) => {
                    end.saturating_sub(*threshold).max(Decimal::ZERO).checked_mul(rate.fraction()).unwrap_or_default()
                }
                Change::AmountOff(amount) => *amount,
                Change::Price(_) | Change::ForPrice(_) => Decimal::ZERO,
            };
            off = off.checked_add(step).unwrap_or(off);
        }
        Ok(Effect::AmountOff(self.view.basket.currency.round(off, Rounding::HALF_UP)?))
    }
}

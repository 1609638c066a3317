//! What one set of a plan may be made of, and what it saves.

use super::super::super::engine::WorkLine;
use super::super::super::proposal::{Effect, Pick, Spread};
use super::super::super::solver::Taken;
use super::super::assign::{Plan, PlanSlot, per_piece};
use super::super::pieces::Pieces;
use pos_money::Currency;

/// Ways to fill one set that are looked at.
const WAYS_MAX: usize = 4_000;

/// One set: for each slot (piece, count), and what it saves.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) slots: Vec<Taken>,
    pub(super) saving: i64,
}

/// Pieces of a set: (piece, count, what one costs now, is a target).
type Part = (usize, i64, i64, bool);

/// A set being filled: pieces left, and the slots so far.
type Way = (Vec<i64>, Vec<Taken>);

/// Plans and the pieces they are about.
#[derive(Clone, Copy)]
pub(super) struct Sets<'a> {
    pub(super) plans: &'a [Plan],
    pub(super) pieces: &'a Pieces,
    pub(super) lines: &'a [WorkLine],
    pub(super) currency: Currency,
}

impl Sets<'_> {
    /// Whether what a set of the plan may have depends on what else is there.
    pub(super) fn is_forced(&self, plan: usize) -> bool {
        self.plans[plan].slots.iter().any(|slot| slot.pick != Pick::BestForCustomer)
    }

    /// Every way to fill one set of a plan from what is left, where forced slots have one unless all are to be `free`.
    /// None where there are too many.
    pub(super) fn ways(&self, plan: usize, left: &[i64], free: bool) -> Option<Vec<Set>> {
        let mut ways: Vec<Way> = vec![(left.to_vec(), Vec::new())];
        for slot in &self.plans[plan].slots {
            let mut next = Vec::new();
            for (left, slots) in ways {
                let mut fillings: Vec<Taken> = Vec::new();
                match slot.pick {
                    _ if free => combine(&slot.pool, slot.count, &left, &mut Vec::new(), &mut fillings),
                    Pick::BestForCustomer => combine(&slot.pool, slot.count, &left, &mut Vec::new(), &mut fillings),
                    pick => self.forced_ways(slot, &left, pick == Pick::Dearest, &mut fillings),
                }
                for filling in fillings {
                    let mut left = left.clone();
                    for (piece, count) in &filling {
                        left[*piece] -= count;
                    }
                    let mut slots = slots.clone();
                    slots.push(filling);
                    next.push((left, slots));
                }
                if next.len() > WAYS_MAX {
                    return None;
                }
            }
            ways = next;
        }
        Some(ways.into_iter().map(|(_, slots)| Set { saving: self.saving(plan, &slots), slots }).collect())
    }

    /// A forced slot leaves one choice only: between pieces of the same price, where the last of them are taken.
    fn forced_ways(&self, slot: &PlanSlot, left: &[i64], dearest: bool, fillings: &mut Vec<Taken>) {
        let Some(picks) = forced(&slot.pool, slot.count, left, dearest) else { return };
        let value = |piece: usize| self.pieces.all[piece].scaled;
        let Some(edge) = picks.last().map(|(piece, _)| value(*piece)) else { return };
        let certain: Taken = picks.iter().copied().filter(|(piece, _)| value(*piece) != edge).collect();
        let tied: Vec<usize> = slot.pool.iter().copied().filter(|piece| value(*piece) == edge).collect();
        let rest = slot.count - certain.iter().map(|(_, count)| count).sum::<i64>();
        combine(&tied, rest, left, &mut certain.clone(), fillings);
    }

    /// What one set saves.
    pub(super) fn saving(&self, plan: usize, slots: &[Vec<(usize, i64)>]) -> i64 {
        let Plan { slots: wanted, together, spread, .. } = &self.plans[plan];
        let mut parts: Vec<Part> = Vec::new();
        let mut saving = 0_i64;
        for (slot, filling) in wanted.iter().zip(slots) {
            let from = parts.len();
            let priced =
                |(piece, count): &(usize, i64)| (*piece, *count, self.pieces.all[*piece].scaled, slot.is_target);
            parts.extend(filling.iter().map(priced));
            if let Some(effect) = slot.effect {
                saving = saving.saturating_add(self.reduce(&mut parts[from..], effect, *spread));
            }
        }
        if let Some(effect) = together {
            parts.retain(|(.., is_target)| *is_target);
            saving = saving.saturating_add(self.reduce(&mut parts, *effect, *spread));
        }
        saving
    }

    fn reduce(&self, parts: &mut [Part], effect: Effect, spread: Spread) -> i64 {
        let scale = |money| self.pieces.scale(self.currency.to_decimal(money));
        match effect {
            Effect::BundlePrice(price) => lower(parts.iter_mut().collect(), |whole| (whole - scale(price)).max(0)),
            Effect::AmountOff(amount) if spread == Spread::Across => {
                lower(parts.iter_mut().collect(), |whole| scale(amount).min(whole))
            }
            Effect::AmountOff(amount) if spread == Spread::EachLine => {
                let mut lines: Vec<usize> = parts.iter().map(|(piece, ..)| self.pieces.all[*piece].line).collect();
                lines.sort_unstable();
                lines.dedup();
                let mut sum = 0_i64;
                for line in lines {
                    let on_line = |part: &&mut Part| self.pieces.all[part.0].line == line;
                    sum = sum.saturating_add(lower(parts.iter_mut().filter(on_line).collect(), |whole| {
                        scale(amount).min(whole)
                    }));
                }
                sum
            }
            each => {
                let mut sum = 0_i64;
                for (piece, count, value, _) in parts.iter_mut() {
                    let Some(piece) = self.pieces.all.get(*piece) else { continue };
                    let unit = self.lines[piece.line].quantity.unit;
                    let off = per_piece(each, *value, piece.quantity, unit, self.pieces, self.currency).unwrap_or(0);
                    *value -= off;
                    sum = sum.saturating_add(off.saturating_mul(*count));
                }
                sum
            }
        }
    }

    /// One set as it comes: what gets an effect should be dear, what is only used up cheap, unless the offer says.
    pub(super) fn fill(&self, plan: usize, left: &[i64]) -> Option<Vec<Taken>> {
        let Plan { slots, together, .. } = &self.plans[plan];
        let mut left = left.to_vec();
        let mut filled = Vec::with_capacity(slots.len());
        for slot in slots {
            let dearest_first = match slot.pick {
                Pick::Dearest => true,
                Pick::Cheapest => false,
                Pick::BestForCustomer => slot.effect.is_some() || (together.is_some() && slot.is_target),
            };
            let picks = forced(&slot.pool, slot.count, &left, dearest_first)?;
            for (piece, count) in &picks {
                left[*piece] -= count;
            }
            filled.push(picks);
        }
        Some(filled)
    }
}

/// Takes something off some pieces together, each by its share; answers what.
fn lower(parts: Vec<&mut Part>, off: impl Fn(i64) -> i64) -> i64 {
    let whole = parts.iter().map(|(_, count, value, _)| count.saturating_mul(*value)).fold(0, i64::saturating_add);
    let off = off(whole);
    for (_, count, value, _) in parts {
        let share = i128::from(off) * i128::from(count.saturating_mul(*value)) / i128::from(whole.max(1));
        *value -= i64::try_from(share / i128::from((*count).max(1))).unwrap_or(0);
    }
    off
}

/// The dearest or cheapest pieces of a pool that are left; none if there are too few.
fn forced(pool: &[usize], count: i64, left: &[i64], dearest: bool) -> Option<Vec<(usize, i64)>> {
    let mut missing = count;
    let mut picks = Vec::new();
    let mut take = |piece: usize| {
        let here = left[piece].min(missing);
        if here > 0 {
            missing -= here;
            picks.push((piece, here));
        }
        missing == 0
    };
    // The pool stands dearest first.
    let _done =
        if dearest { pool.iter().any(|piece| take(*piece)) } else { pool.iter().rev().any(|piece| take(*piece)) };
    (missing == 0).then_some(picks)
}

/// Every way to take `count` pieces from a pool.
fn combine(pool: &[usize], count: i64, left: &[i64], chosen: &mut Vec<(usize, i64)>, found: &mut Vec<Taken>) {
    if count == 0 {
        found.push(chosen.clone());
        return;
    }
    let Some((piece, rest)) = pool.split_first() else { return };
    if found.len() > WAYS_MAX {
        return;
    }
    for here in (0..=left[*piece].min(count)).rev() {
        if here > 0 {
            chosen.push((*piece, here));
        }
        combine(rest, count - here, left, chosen, found);
        if here > 0 {
            chosen.pop();
        }
    }
}

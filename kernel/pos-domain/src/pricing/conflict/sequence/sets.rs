//! What one set of a plan may be made of, and what it saves.

use super::super::super::engine::WorkLine;
use super::super::super::proposal::{Effect, Pick, Spread};
use super::super::super::solver::Taken;
use super::super::assign::{Plan, PlanSlot, per_piece};
use super::super::pieces::Pieces;
use pos_money::Currency;

/// One set: for each slot (piece, count), and what it saves.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) slots: Vec<Taken>,
    pub(super) saving: i64,
}

/// Pieces of a set: (piece, count, what one costs now, is a target).
type Part = (usize, i64, i64, bool);

/// What one set of the plan at hand saves.
type Saving<'a> = &'a dyn Fn(&[Taken]) -> i64;

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

    /// Every way to fill one set of a plan, forced picks left free; none where there are more than `most`.
    pub(super) fn ways(&self, plan: usize, most: usize, saving: Saving<'_>) -> Option<Vec<Set>> {
        let mut left: Vec<i64> = self.pieces.all.iter().map(|piece| piece.count).collect();
        let mut found = Vec::new();
        self.fill_slots(plan, &mut left, &mut Vec::new(), &mut found, (most, saving)).then_some(found)
    }

    /// The plan has no more ways than this, which is quickly told; of more than `most` only that they are more.
    pub(super) fn ways_at_most(&self, plan: usize, most: usize) -> usize {
        let mut ways = 1_usize;
        for PlanSlot { count, pool, .. } in &self.plans[plan].slots {
            // Out of n, one after the other and never back: n (n + 1) ... (n + count - 1) / count!
            // Of one piece there is one way, however many are asked for; of more the ways soon are too many.
            if pool.len() <= 1 {
                ways *= pool.len();
                continue;
            }
            for piece in 0..usize::try_from(*count).unwrap_or(usize::MAX) {
                if ways == 0 || ways > most {
                    break;
                }
                ways = ways.saturating_mul(pool.len().saturating_add(piece)) / (piece + 1);
            }
        }
        ways
    }

    /// Fills the slots that follow those filled already; false where there were too many ways.
    fn fill_slots(
        &self,
        plan: usize,
        left: &mut Vec<i64>,
        slots: &mut Vec<Taken>,
        found: &mut Vec<Set>,
        (most, saving): (usize, Saving<'_>),
    ) -> bool {
        let Some(slot) = self.plans[plan].slots.get(slots.len()) else {
            found.push(Set { saving: saving(slots), slots: slots.clone() });
            return found.len() <= most;
        };
        let mut fillings = Vec::new();
        combine(&slot.pool, slot.count, left, &mut Taken::new(), &mut fillings, most);
        for filling in fillings {
            filling.iter().for_each(|(piece, count)| left[*piece] -= count);
            slots.push(filling);
            let fits = self.fill_slots(plan, left, slots, found, (most, saving));
            for (piece, count) in slots.pop().into_iter().flatten() {
                left[piece] += count;
            }
            if !fits {
                return false;
            }
        }
        true
    }

    /// Whether the forced slots of a plan would take these pieces from what is left: the dearest or cheapest there are,
    /// any of those with the same price.
    pub(super) fn is_picked(&self, plan: usize, slots: &[Taken], left: &[i64]) -> bool {
        let price = |piece: usize| self.pieces.all[piece].scaled;
        self.plans[plan].slots.iter().zip(slots).enumerate().all(|(place, (slot, taken))| {
            let earlier = |piece: usize| slots[..place].iter().flatten().filter(move |(other, _)| *other == piece);
            let there = |piece: usize| left[piece] - earlier(piece).map(|(_, count)| count).sum::<i64>();
            // Whoever stays behind must not be dearer (or cheaper) than whoever goes.
            let goes = taken.iter().map(|(piece, _)| price(*piece));
            let stays = slot.pool.iter().copied().filter(|piece| {
                there(*piece) > taken.iter().find(|(known, _)| known == piece).map_or(0, |(_, count)| *count)
            });
            let mut stays = stays.map(price);
            match slot.pick {
                Pick::BestForCustomer => true,
                Pick::Dearest => goes.min().is_none_or(|least| stays.all(|price| price <= least)),
                Pick::Cheapest => goes.max().is_none_or(|most| stays.all(|price| price >= most)),
            }
        })
    }

    /// What one set saves.
    pub(super) fn saving(&self, plan: usize, slots: &[Taken]) -> i64 {
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
fn forced(pool: &[usize], count: i64, left: &[i64], dearest: bool) -> Option<Taken> {
    let mut missing = count;
    let mut picks = Taken::new();
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

/// Every way to take `count` pieces from a pool, a few more than `most` at the most.
fn combine(pool: &[usize], count: i64, left: &[i64], chosen: &mut Taken, found: &mut Vec<Taken>, most: usize) {
    if count == 0 {
        found.push(chosen.clone());
        return;
    }
    let Some((piece, rest)) = pool.split_first() else { return };
    for here in (0..=left[*piece].min(count)).rev() {
        if found.len() > most {
            return;
        }
        if here > 0 {
            chosen.push((*piece, here));
        }
        combine(rest, count - here, left, chosen, found, most);
        if here > 0 {
            chosen.pop();
        }
    }
}

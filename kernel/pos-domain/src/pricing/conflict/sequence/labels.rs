//! Every way to give sets one after the other, as far as it could still be the best.
//!
//! A way is known by what it leaves of the pieces and by its *label*: what it has saved, how much of every cap that took,
//! and how many sets of the plans that have only so many. From one remainder of the pieces the same sets can follow
//! whatever came before, so of two labels there one is dropped where the other can do all that it can and never worse.
//!
//! ```text
//! a 10.00  b 4.00     P: half off, at most 4.00    Q: 3.00 off
//! P on a: 4.00, its cap is gone. Q on a: 3.00, P may still have 4.00: followed by P on b (2.00) it is 5.00 as well,
//! but P on a and then Q on b is 7.00.
//! ```
//!
//! Remainders are taken up from the fullest to the emptiest: a set only ever takes pieces away, so every label of a
//! remainder is there when its turn comes. A label that could not beat the best way known even if every piece left saved
//! its price ([`super::steps`]) is not followed. The work is counted, and ends the search at the same place on every
//! machine; what was not followed by then bounds what may have been missed.

use super::super::super::solver::capped::Caps;
use super::steps::{Step, Steps, cost};
use super::{Batch, Best, Search};
use std::collections::BTreeMap;

/// What it costs to see whether a step fits, to make a label, and to note a remainder.
const WORK_STEP: u64 = 3;
const WORK_LABEL: u64 = 12;
const WORK_REMAINDER: u64 = 150;

/// Pieces left, what they could still save under each list of prices, and the labels of the ways that leave them.
#[derive(Clone, Debug, Default)]
struct Remainder {
    left: Vec<i64>,
    further: Vec<i64>,
    labels: Vec<usize>,
}

/// All labels. The numbers of one stand in a row: saved by candidates without a cap, saved by each that has one, sets of
/// each plan that could run out of sets before pieces.
struct Labels {
    caps: Vec<i64>,
    /// For each plan its place among the caps.
    cap_of: Vec<Option<usize>>,
    sets_max: Vec<i64>,
    /// For each plan its place among those that have only so many sets.
    limit_of: Vec<Option<usize>>,
    numbers: Vec<i64>,
    /// The label before each, and the step that led here.
    from: Vec<Option<(usize, usize)>>,
}

/// Looks for a better way than the best so far, and for a better bound, with some work.
pub(super) fn search(search: &Search<'_>, steps: &Steps, best: &mut Best, budget: u64) {
    let Some(found) = follow(search, steps, best.saving, budget) else { return };
    best.work += found.work;
    best.bound = best.bound.min(found.bound);
    if found.saving > best.saving {
        (best.batches, best.saving) = (found.batches, found.saving);
    }
}

/// The best way, where it saves more than `known`; none where there is too much to look at.
fn follow(search: &Search<'_>, steps: &Steps, known: i64, work_max: u64) -> Option<Best> {
    let mut labels = Labels::new(search);
    let weights = weights(search)?;
    let number = |pieces: &[(usize, i64)]| -> u128 {
        pieces.iter().map(|(piece, count)| weights[*piece] * u128::from(count.unsigned_abs())).sum()
    };
    let costs = |pieces: &[(usize, i64)]| -> Vec<i64> { steps.prices.iter().map(|list| cost(pieces, list)).collect() };
    let taken: Vec<(u128, Vec<i64>)> = steps.all.iter().map(|step| (number(&step.used), costs(&step.used))).collect();

    let full: Vec<(usize, i64)> = search.sets.pieces.all.iter().map(|piece| piece.count).enumerate().collect();
    let left = full.iter().map(|(_, count)| *count).collect();
    let start = Remainder { left, further: costs(&full), labels: vec![0] };
    let mut open: BTreeMap<u128, Remainder> = BTreeMap::from([(number(&full), start)]);
    let (mut best, mut saving, mut left_open) = (None, known, known);
    // What it costs to go through the numbers of a label once or twice.
    let width = labels.numbers.len() as u64;
    let mut work = 0;
    let mut next = Vec::new();
    let mut further = Vec::new();
    while let Some((index, Remainder { left, further: most, labels: mut here })) = open.pop_last() {
        here.retain(|label| labels.could_save(labels.numbers(*label), &most) > saving);
        let Some(value) = here.iter().map(|label| labels.value(labels.numbers(*label))).max() else { continue };
        for (place, (step, (distance, costs))) in steps.all.iter().zip(&taken).enumerate() {
            // Nothing that wastes as much, or more, can make the best way from here.
            if value.saturating_add(most[0]).saturating_sub(step.waste) <= saving {
                break;
            }
            work += WORK_STEP;
            if work > work_max {
                let could_save = here.iter().map(|label| labels.could_save(labels.numbers(*label), &most));
                left_open = could_save.fold(left_open, i64::max);
                break;
            }
            let Step { plan, set, used, .. } = step;
            let fits = used.iter().all(|(piece, count)| left[*piece] >= *count);
            if !fits || !search.sets.is_picked(*plan, &set.slots, &left) {
                continue;
            }
            work += width;
            further.clear();
            further.extend(most.iter().zip(costs).map(|(most, cost)| most - cost));
            for label in &here {
                work += WORK_LABEL + 2 * width;
                if !labels.follow(*label, step, &mut next) || labels.could_save(&next, &further) <= saving {
                    continue;
                }
                let after = open.entry(index - distance).or_default();
                if after.left.is_empty() {
                    after.left.clone_from(&left);
                    used.iter().for_each(|(piece, count)| after.left[*piece] -= count);
                    after.further.clone_from(&further);
                    work += WORK_REMAINDER;
                }
                work += after.labels.len() as u64;
                if after.labels.iter().any(|other| labels.outdoes(labels.numbers(*other), &next)) {
                    continue;
                }
                after.labels.retain(|other| !labels.outdoes(&next, labels.numbers(*other)));
                let added = labels.add(&next, *label, place);
                after.labels.push(added);
                if labels.value(&next) > saving {
                    (best, saving) = (Some(added), labels.value(&next));
                }
            }
        }
    }
    let bound = left_open.max(saving);
    Some(Best { batches: labels.unfold(best, steps), saving, bound, work })
}

/// What one piece counts in the number of a remainder: its digits are the pieces left. None where there are too many.
fn weights(search: &Search<'_>) -> Option<Vec<u128>> {
    let mut weight = 1_u128;
    let mut weights = Vec::with_capacity(search.sets.pieces.all.len());
    for piece in &search.sets.pieces.all {
        weights.push(weight);
        weight = weight.checked_mul(u128::from(piece.count.unsigned_abs()) + 1)?;
    }
    Some(weights)
}

impl Labels {
    /// One label: nothing saved yet.
    fn new(search: &Search<'_>) -> Labels {
        let Caps { most: caps, of_deal: cap_of } = search.caps.clone();
        let (mut sets_max, mut limit_of) = (Vec::new(), Vec::new());
        for plan in search.sets.plans {
            let possible = plan.slots.iter().map(|slot| search.sets.pieces.count(&slot.pool) / slot.count.max(1)).min();
            limit_of.push((plan.sets_max < possible.unwrap_or(0)).then(|| {
                sets_max.push(plan.sets_max);
                sets_max.len() - 1
            }));
        }
        let numbers = vec![0; 1 + caps.len() + sets_max.len()];
        Labels { caps, cap_of, sets_max, limit_of, numbers, from: vec![None] }
    }

    fn numbers(&self, label: usize) -> &[i64] {
        let width = 1 + self.caps.len() + self.sets_max.len();
        &self.numbers[label * width..(label + 1) * width]
    }

    fn add(&mut self, numbers: &[i64], from: usize, step: usize) -> usize {
        self.numbers.extend_from_slice(numbers);
        self.from.push(Some((from, step)));
        self.from.len() - 1
    }

    /// The numbers of a label after one more set; false where its plan has no more.
    fn follow(&self, label: usize, step: &Step, next: &mut Vec<i64>) -> bool {
        next.clear();
        next.extend_from_slice(self.numbers(label));
        match self.cap_of[step.plan] {
            Some(cap) => next[1 + cap] = next[1 + cap].saturating_add(step.set.saving).min(self.caps[cap]),
            None => next[0] = next[0].saturating_add(step.set.saving),
        }
        self.limit_of[step.plan].is_none_or(|limit| {
            let sets = &mut next[1 + self.caps.len() + limit];
            *sets += 1;
            *sets <= self.sets_max[limit]
        })
    }

    /// What a label has saved.
    fn value(&self, numbers: &[i64]) -> i64 {
        numbers[..=self.caps.len()].iter().fold(0, |sum, saved| sum.saturating_add(*saved))
    }

    /// No way on from a label saves more, where the pieces left cost `further` under each list of prices.
    fn could_save(&self, numbers: &[i64], further: &[i64]) -> i64 {
        let rooms = self.caps.iter().zip(&numbers[1..]).map(|(cap, saved)| (cap - saved).max(0));
        let capped = rooms.zip(&further[2..]).map(|(room, most)| room.min(*most));
        let apart = capped.fold(further[1], i64::saturating_add);
        self.value(numbers).saturating_add(further[0].min(apart))
    }

    /// Whatever follows `other` could follow `one`, and the sum would not be less: where the other has more room under its
    /// caps, this one is ahead by as much.
    fn outdoes(&self, one: &[i64], other: &[i64]) -> bool {
        let (caps, sets) = (1..=self.caps.len(), 1 + self.caps.len()..);
        let mut ahead = one[0] - other[0];
        let mut caps = one[caps.clone()].iter().zip(&other[caps]);
        // Mostly the first few numbers tell.
        ahead >= 0
            && caps.all(|(one, other)| {
                ahead -= (other - one).max(0);
                ahead >= 0
            })
            && one[sets.clone()].iter().zip(&other[sets]).all(|(one, other)| one <= other)
    }

    fn unfold(&self, best: Option<usize>, steps: &Steps) -> Vec<Batch> {
        let mut batches = Vec::new();
        let mut at = best.and_then(|label| self.from[label]);
        while let Some((label, step)) = at {
            let Step { plan, set, .. } = &steps.all[step];
            batches.push((*plan, 1, set.slots.clone()));
            at = self.from[label];
        }
        batches.reverse();
        batches
    }
}

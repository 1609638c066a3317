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
//! the most it saves anywhere is not followed. The work is counted, and ends the search at the same place on every
//! machine; what was not followed by then bounds what may have been missed.

use super::sets::Set;
use super::{Found, Search};
use std::collections::BTreeMap;

/// Work (a comparison of some numbers, roughly) that the searches of one group may take.
const WORK_MAX: u64 = 1_000_000;
/// What it costs to make up a set and to see what it saves.
const WORK_SET: u64 = 40;

/// A way to here.
#[derive(Clone, Debug, Default)]
struct Label {
    /// Saved by candidates without a cap.
    uncapped: i64,
    /// Saved by each that has one.
    capped: Vec<i64>,
    /// Sets of each plan that has only so many.
    sets: Vec<i64>,
    /// The label before, and the set that led here.
    from: Option<(usize, usize)>,
}

/// A set that could follow.
#[derive(Clone, Debug)]
struct Step {
    plan: usize,
    set: Set,
    /// Pieces it takes: (piece, count).
    used: Vec<(usize, i64)>,
    /// The same as a difference of remainders.
    distance: u128,
}

/// Pieces left, and the labels of the ways that leave them.
#[derive(Clone, Debug, Default)]
struct Remainder {
    left: Vec<i64>,
    labels: Vec<usize>,
}

/// The most a piece can save: by candidates without a cap, and by each that has one.
struct Bounds {
    anybody: Vec<i64>,
    uncapped: Vec<i64>,
    capped: Vec<Vec<i64>>,
}

struct Labels<'a> {
    search: &'a Search<'a>,
    /// Candidates with a cap, and for each plan its place among them.
    caps: Vec<i64>,
    cap_of: Vec<Option<usize>>,
    /// Plans that could run out of sets before pieces, and for each plan its place among them.
    sets_max: Vec<i64>,
    limit_of: Vec<Option<usize>>,
    /// The digits of a remainder.
    weights: Vec<u128>,
    labels: Vec<Label>,
    steps: Vec<Step>,
    work: u64,
}

/// The best way, where it saves more than `known`; none where there is too much to look at.
pub(super) fn search(search: &Search<'_>, known: i64) -> Option<Found> {
    let mut labels = Labels::new(search)?;
    let full: Vec<i64> = search.sets.pieces.all.iter().map(|piece| piece.count).collect();
    let bounds = labels.all_steps(&full)?;
    let any_forced = (0..search.sets.plans.len()).any(|plan| search.sets.is_forced(plan));
    let (mut best, mut saving, mut left_open) = (None, known, known);
    labels.labels.push(Label {
        capped: vec![0; labels.caps.len()],
        sets: vec![0; labels.sets_max.len()],
        ..Label::default()
    });
    let start = full.iter().zip(&labels.weights).map(|(left, weight)| u128::from(left.unsigned_abs()) * weight).sum();
    let mut open: BTreeMap<u128, Remainder> = BTreeMap::from([(start, Remainder { left: full, labels: vec![0] })]);
    let free_steps = labels.steps.len();
    let work_max = WORK_MAX / (search.parts as u64).max(1);
    while let Some((index, Remainder { left, labels: here })) = open.pop_last() {
        let could_save = |labels: &Labels<'_>, label: usize| labels.could_save(&labels.labels[label], &left, &bounds);
        if labels.work > work_max {
            left_open = here.iter().map(|label| could_save(&labels, *label)).fold(left_open, i64::max);
            continue;
        }
        let here: Vec<usize> = here.into_iter().filter(|label| could_save(&labels, *label) > saving).collect();
        labels.work += here.len() as u64 * 4;
        if here.is_empty() {
            continue;
        }
        let mut following: Vec<usize> = Vec::new();
        labels.work += free_steps as u64;
        following.extend((0..free_steps).filter(|step| {
            let Step { plan, used, set, .. } = &labels.steps[*step];
            !search.sets.is_forced(*plan)
                && (any_forced || set.saving > 0)
                && used.iter().all(|(piece, count)| left[*piece] >= *count)
        }));
        following.extend(labels.forced_steps(&left)?);
        for step in following {
            let distance = labels.steps[step].distance;
            let mut left = left.clone();
            for (piece, count) in &labels.steps[step].used {
                left[*piece] -= count;
            }
            let after = open.entry(index - distance).or_insert_with(|| Remainder { left, labels: Vec::new() });
            for label in &here {
                let Some(next) = labels.followed(*label, step) else { continue };
                let value = next.value();
                labels.work += 8 + after.labels.len() as u64;
                let is_worse = after.labels.iter().any(|other| labels.labels[*other].outdoes(&next));
                if is_worse || labels.could_save(&next, &after.left, &bounds) <= saving {
                    continue;
                }
                if value > saving {
                    (best, saving) = (Some(labels.labels.len()), value);
                }
                after.labels.retain(|other| !next.outdoes(&labels.labels[*other]));
                after.labels.push(labels.labels.len());
                labels.labels.push(next);
            }
            if after.labels.is_empty() {
                open.remove(&(index - distance));
            }
        }
    }
    let bound = left_open.max(saving);
    Some(Found { batches: labels.unfold(best), complete: bound <= saving, bound })
}

impl<'a> Labels<'a> {
    fn new(search: &'a Search<'a>) -> Option<Labels<'a>> {
        let (mut caps, mut cap_of, mut candidates) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sets_max, mut limit_of) = (Vec::new(), Vec::new());
        for plan in search.sets.plans {
            cap_of.push(search.caps[plan.candidate].map(|cap| {
                let known = candidates.iter().position(|candidate| *candidate == plan.candidate);
                known.unwrap_or_else(|| {
                    candidates.push(plan.candidate);
                    caps.push(cap);
                    caps.len() - 1
                })
            }));
            let possible = plan.slots.iter().map(|slot| search.sets.pieces.count(&slot.pool) / slot.count.max(1)).min();
            limit_of.push((plan.sets_max < possible.unwrap_or(0)).then(|| {
                sets_max.push(plan.sets_max);
                sets_max.len() - 1
            }));
        }
        let mut weights = Vec::with_capacity(search.sets.pieces.all.len());
        let mut weight = 1_u128;
        for piece in &search.sets.pieces.all {
            weights.push(weight);
            weight = weight.checked_mul(u128::from(piece.count.unsigned_abs()) + 1)?;
        }
        let (labels, steps) = (Vec::new(), Vec::new());
        Some(Labels { search, caps, cap_of, sets_max, limit_of, weights, labels, steps, work: 0 })
    }

    /// Makes the steps of all plans without forced picks, and what pieces can save in any; none where there are too many.
    fn all_steps(&mut self, full: &[i64]) -> Option<Bounds> {
        let sets = self.search.sets;
        let zero = vec![0; full.len()];
        let mut bounds = Bounds { anybody: zero.clone(), uncapped: zero.clone(), capped: vec![zero; self.caps.len()] };
        for plan in 0..sets.plans.len() {
            if sets.plans[plan].sets_max < 1 {
                continue;
            }
            let ways = sets.ways(plan, full, true)?;
            self.work += ways.len() as u64 * WORK_SET;
            for set in &ways {
                // Every piece answers for its share of the saving by price: together they answer for all of it.
                let value = |piece: &usize| i128::from(sets.pieces.all[*piece].scaled);
                let whole: i128 =
                    set.slots.iter().flatten().map(|(piece, count)| value(piece) * i128::from(*count)).sum();
                for (piece, _) in set.slots.iter().flatten() {
                    let share = (i128::from(set.saving) * value(piece) + whole - 1) / whole.max(1);
                    let share = i64::try_from(share).unwrap_or(i64::MAX);
                    let of = match self.cap_of[plan] {
                        Some(cap) => &mut bounds.capped[cap],
                        None => &mut bounds.uncapped,
                    };
                    of[*piece] = of[*piece].max(share);
                    bounds.anybody[*piece] = bounds.anybody[*piece].max(share);
                }
            }
            if !sets.is_forced(plan) {
                self.add_steps(plan, ways);
            }
        }
        Some(bounds)
    }

    /// The steps of plans with forced picks from a remainder; none where there are too many.
    fn forced_steps(&mut self, left: &[i64]) -> Option<Vec<usize>> {
        let from = self.steps.len();
        let sets = self.search.sets;
        for plan in (0..sets.plans.len()).filter(|plan| sets.is_forced(*plan)) {
            let ways = sets.ways(plan, left, false)?;
            self.work += ways.len() as u64 * WORK_SET;
            self.add_steps(plan, ways);
        }
        Some((from..self.steps.len()).collect())
    }

    /// Of the ways to take the same pieces, the one that saves most.
    fn add_steps(&mut self, plan: usize, ways: Vec<Set>) {
        let mut by_pieces: BTreeMap<Vec<(usize, i64)>, Set> = BTreeMap::new();
        for set in ways {
            let mut used: Vec<(usize, i64)> = Vec::new();
            for (piece, count) in set.slots.iter().flatten() {
                match used.iter_mut().find(|(known, _)| known == piece) {
                    Some((_, known)) => *known += count,
                    None => used.push((*piece, *count)),
                }
            }
            used.sort_unstable();
            match by_pieces.get_mut(&used) {
                Some(known) if known.saving >= set.saving => {}
                Some(known) => *known = set,
                None => {
                    by_pieces.insert(used, set);
                }
            }
        }
        for (used, set) in by_pieces {
            let digit = |(piece, count): &(usize, i64)| self.weights[*piece] * u128::from(count.unsigned_abs());
            let distance = used.iter().map(digit).sum();
            self.steps.push(Step { plan, set, used, distance });
        }
    }

    /// A label with one more set; none where its plan has no more.
    fn followed(&self, from: usize, step: usize) -> Option<Label> {
        let Step { plan, set, .. } = &self.steps[step];
        let mut next = Label { from: Some((from, step)), ..self.labels[from].clone() };
        if let Some(limit) = self.limit_of[*plan] {
            next.sets[limit] += 1;
            if next.sets[limit] > self.sets_max[limit] {
                return None;
            }
        }
        match self.cap_of[*plan] {
            Some(cap) => {
                let saved = &mut next.capped[cap];
                *saved = saved.saturating_add(set.saving).min(self.caps[cap]);
            }
            None => next.uncapped = next.uncapped.saturating_add(set.saving),
        }
        Some(next)
    }

    /// No way on from a label saves more.
    fn could_save(&self, label: &Label, left: &[i64], bounds: &Bounds) -> i64 {
        let all = |most: &[i64]| {
            left.iter().zip(most).map(|(left, most)| left.saturating_mul(*most)).fold(0, i64::saturating_add)
        };
        let rooms = self.caps.iter().zip(&label.capped).map(|(cap, saved)| (cap - saved).max(0));
        let capped = rooms.zip(&bounds.capped).map(|(room, most)| room.min(all(most))).fold(0, i64::saturating_add);
        let further = all(&bounds.anybody).min(all(&bounds.uncapped).saturating_add(capped));
        label.value().saturating_add(further)
    }

    fn unfold(&self, best: Option<usize>) -> Vec<super::Batch> {
        let mut batches = Vec::new();
        let mut at = best.and_then(|label| self.labels[label].from);
        while let Some((label, step)) = at {
            let Step { plan, set, .. } = &self.steps[step];
            batches.push((*plan, 1, set.slots.clone()));
            at = self.labels[label].from;
        }
        batches.reverse();
        batches
    }
}

impl Label {
    fn value(&self) -> i64 {
        self.capped.iter().fold(self.uncapped, |sum, saved| sum.saturating_add(*saved))
    }

    /// Whatever follows the other could follow this one, and the sum would not be less: where the other has more room
    /// under its caps, this one is ahead by as much.
    fn outdoes(&self, other: &Label) -> bool {
        let behind = other.capped.iter().zip(&self.capped).map(|(other, own)| (other - own).max(0)).sum::<i64>();
        self.uncapped - other.uncapped >= behind && self.sets.iter().zip(&other.sets).all(|(own, other)| own <= other)
    }
}

//! Candidates that the transport problem cannot express: forced picks (`cheapest`, `dearest`), amounts that a cheap set
//! does not reach, caps beside competitors.
//!
//! Set by set: first the greedy way, which also serves thousands of pieces, since sets that are alike are counted, not
//! repeated. Where there is little to choose from, every other way is held against it ([`labels`]): what remains of the
//! pieces tells two ways apart, and of those that leave the same only the better ones are followed.

mod labels;
mod sets;
mod steps;

use super::super::engine::WorkLine;
use super::super::proposal::Pick;
use super::super::solver::{Effort, Taken};
use super::assign::Plan;
use super::pieces::Pieces;
use pos_money::Currency;
use sets::{Set, Sets};
use std::collections::BTreeMap;

/// Sets of a plan that are alike: plan, how many, and for each slot (piece, count) of all of them.
pub(super) type Batch = (usize, i64, Vec<Taken>);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) batches: Vec<Batch>,
    /// Nothing better exists.
    pub(super) complete: bool,
    /// No way saves more than this, in the solver's fractions.
    pub(super) bound: i64,
}

/// Pieces beyond which the greedy answer is not searched beside.
const PIECES_MAX: i64 = 40;

/// The best sets found for plans that share pieces; caps are those of the candidates, by index. One of some `parts` that
/// are searched one after the other.
pub(super) fn search(
    plans: &[&Plan],
    caps: &[Option<i64>],
    pieces: &Pieces,
    (lines, currency): (&[WorkLine], Currency),
    (effort, parts): (Effort, usize),
) -> Found {
    // Only the pieces that the plans name, numbered anew.
    let mut wanted: Vec<usize> =
        plans.iter().flat_map(|plan| &plan.slots).flat_map(|slot| &slot.pool).copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let renumbered = |plan: &&Plan| {
        let mut plan = Plan::clone(plan);
        for piece in plan.slots.iter_mut().flat_map(|slot| &mut slot.pool) {
            *piece = wanted.binary_search(piece).unwrap_or_default();
        }
        plan
    };
    let (plans, pieces) = (plans.iter().map(renumbered).collect::<Vec<Plan>>(), pieces.only(&wanted));
    let sets = Sets { plans: &plans, pieces: &pieces, lines, currency };
    let mut found = Search { sets, caps, parts }.found(effort);
    for (piece, _) in found.batches.iter_mut().flat_map(|(_, _, slots)| slots).flatten() {
        *piece = wanted[*piece];
    }
    found
}

struct Search<'a> {
    sets: Sets<'a>,
    caps: &'a [Option<i64>],
    parts: usize,
}

impl Search<'_> {
    fn found(&self, effort: Effort) -> Found {
        let Sets { plans, pieces, .. } = self.sets;
        let (greedy, saved) = self.greedy();
        let alone_and_forced =
            plans.len() == 1 && plans[0].slots.len() == 1 && plans[0].slots[0].pick != Pick::BestForCustomer;
        if alone_and_forced {
            // Nothing to choose: the sets follow one from the other.
            return Found { batches: greedy, complete: true, bound: saved };
        }
        let is_small = pieces.all.iter().map(|piece| piece.count).sum::<i64>() <= PIECES_MAX;
        let found = (is_small && effort == Effort::Best).then(|| labels::search(self, saved)).flatten();
        match found {
            Some(found) if !found.batches.is_empty() => found,
            Some(found) => Found { batches: greedy, ..found },
            None => Found { batches: greedy, complete: false, bound: self.bound().max(saved) },
        }
    }

    /// What is left of a candidate's cap.
    fn room(&self, plan: usize, saved: &[i64]) -> i64 {
        let candidate = self.sets.plans[plan].candidate;
        self.caps[candidate].map_or(i64::MAX, |cap| cap.saturating_sub(saved[candidate]).max(0))
    }

    /// The set that saves most now, again and again.
    fn greedy(&self) -> (Vec<Batch>, i64) {
        let Sets { plans, pieces, .. } = self.sets;
        let mut left: Vec<i64> = pieces.all.iter().map(|piece| piece.count).collect();
        let mut saved_of = vec![0_i64; self.caps.len()];
        let mut given = vec![0_i64; plans.len()];
        let mut batches: Vec<Batch> = Vec::new();
        let mut saved = 0_i64;
        loop {
            let mut best: Option<(i64, usize, Set)> = None;
            for (plan, given) in given.iter().enumerate() {
                if *given >= plans[plan].sets_max {
                    continue;
                }
                let Some(slots) = self.sets.fill(plan, &left) else { continue };
                let set = Set { saving: self.sets.saving(plan, &slots), slots };
                let gain = set.saving.min(self.room(plan, &saved_of));
                // A set that saves nothing may still lead to one that does, where the order of the pieces is forced.
                let may_lead = plans.len() == 1 && self.room(plan, &saved_of) > 0;
                if (gain > 0 || may_lead) && best.as_ref().is_none_or(|(known, ..)| gain > *known) {
                    best = Some((gain, plan, set));
                }
            }
            let Some((gain, plan, set)) = best else { break };
            // How often exactly this set can be had before a supply runs out.
            let mut per_set: BTreeMap<usize, i64> = BTreeMap::new();
            for (piece, count) in set.slots.iter().flatten() {
                *per_set.entry(*piece).or_default() += count;
            }
            // The others gain no more than before, so the same set stays the best until one of its pieces runs out, or
            // the cap of its candidate is near.
            let repeats = per_set.iter().map(|(piece, used)| left[*piece] / used.max(&1)).min().unwrap_or(1);
            let candidate = plans[plan].candidate;
            let repeats = match self.caps[candidate] {
                Some(cap) => repeats.min(cap.saturating_sub(saved_of[candidate]) / gain.max(1)),
                None => repeats,
            };
            let repeats = repeats.clamp(1, plans[plan].sets_max - given[plan]);
            given[plan] += repeats;
            saved = saved.saturating_add(gain.saturating_mul(repeats));
            saved_of[candidate] = saved_of[candidate].saturating_add(gain.saturating_mul(repeats));
            for (piece, used) in per_set {
                left[piece] -= used * repeats;
            }
            let slots = set
                .slots
                .into_iter()
                .map(|slot| slot.into_iter().map(|(piece, count)| (piece, count * repeats)).collect());
            batches.push((plan, repeats, slots.collect()));
        }
        (batches, saved)
    }

    /// Every piece at its full price once, or every cap: never less than what can be had.
    fn bound(&self) -> i64 {
        let Sets { plans, pieces, .. } = self.sets;
        let values = pieces.all.iter().map(|piece| piece.scaled.saturating_mul(piece.count));
        let mut candidates: Vec<usize> = plans.iter().map(|plan| plan.candidate).collect();
        candidates.dedup();
        let caps = candidates.into_iter().map(|candidate| self.caps[candidate].unwrap_or(i64::MAX));
        values.fold(0, i64::saturating_add).min(caps.fold(0, i64::saturating_add))
    }
}

//! Candidates that the transport problem cannot express: forced picks (`cheapest`, `dearest`), amounts that a cheap set
//! does not reach, caps beside competitors.
//!
//! Set by set: first the greedy way, which also serves thousands of pieces, since sets that are alike are counted, not
//! repeated. Where there is little to choose from, every other way is held against it ([`labels`]): what remains of the
//! pieces tells two ways apart, and of those that leave the same only the better ones are followed.
//!
//! Beyond that the answer is improved instead: plans as deals of the solver, or deals that never save less, give a bound
//! that knows caps ([`capped`]), and at the prices of that bound sets are given back and others given out ([`refill`]).
//! Sixteen lines under thirty capped deals end there; six lines under six deals are searched to their end. All work is
//! counted, so that every machine ends at the same place, within ten milliseconds on a register.

mod labels;
mod sets;
mod steps;

use super::super::engine::WorkLine;
use super::super::proposal::Pick;
use super::super::solver::capped::{self, Caps};
use super::super::solver::refill::{self, Batch, Order, Terms};
use super::super::solver::{Deal, Effort, Problem, Taken};
use super::assign::{Linear, Plan};
use super::pieces::Pieces;
use pos_money::Currency;
use sets::{Set, Sets};
use std::collections::BTreeMap;
use steps::Steps;

/// A plan, and the deal that says what its sets save, or bounds it.
pub(super) type Asked<'a> = (&'a Plan, &'a Deal, Linear);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) batches: Vec<Batch>,
    /// Nothing better exists.
    pub(super) complete: bool,
    /// No way saves more than this, in the solver's fractions.
    pub(super) bound: i64,
}

/// Work of the searches of one group: ways followed, a bound, better answers, ways followed once more. The same figures
/// mean about the same time, a few nanoseconds each.
const WORK_FEW: [u64; 4] = [2_000_000, 50_000, 200_000, 0];
const WORK_MANY: [u64; 4] = [60_000, 200_000, 650_000, 450_000];

/// How much more it may be in all, making up the sets included.
const WORK_OVER: u64 = 250_000;

/// Lines and plans that are few.
const FEW: usize = 7;

/// Pieces beyond which the greedy answer is not searched beside.
const PIECES_MAX: i64 = 40;

/// The best sets found for plans that share pieces; caps are those of the candidates, by index. One of some `parts` that
/// are searched one after the other.
pub(super) fn search(
    asked: &[Asked<'_>],
    caps: &[Option<i64>],
    pieces: &Pieces,
    (lines, currency): (&[WorkLine], Currency),
    (effort, parts): (Effort, usize),
) -> Found {
    // Only the pieces that the plans name, numbered anew.
    let mut wanted: Vec<usize> =
        asked.iter().flat_map(|(plan, ..)| &plan.slots).flat_map(|slot| &slot.pool).copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let renumber = |piece: &mut usize| *piece = wanted.binary_search(piece).unwrap_or_default();
    let (mut plans, mut deals) = (Vec::with_capacity(asked.len()), Vec::with_capacity(asked.len()));
    for (plan, deal, _) in asked {
        let (mut plan, mut deal) = (Plan::clone(plan), Deal::clone(deal));
        plan.slots.iter_mut().flat_map(|slot| &mut slot.pool).for_each(renumber);
        deal.slots.iter_mut().flat_map(|slot| &mut slot.pool).for_each(|(piece, _)| renumber(piece));
        plans.push(plan);
        deals.push(deal);
    }
    let pieces = pieces.only(&wanted);
    let sets = Sets { plans: &plans, pieces: &pieces, lines, currency };
    let problem = Problem { counts: pieces.all.iter().map(|piece| piece.count).collect(), deals };
    let linear = asked.iter().map(|(.., linear)| *linear).collect();
    let search = Search { sets, caps: under_caps(&plans, caps), problem, linear, parts: parts.max(1) as u64 };
    let mut found = search.found(effort);
    for (piece, _) in found.batches.iter_mut().flat_map(|(_, _, slots)| slots).flatten() {
        *piece = wanted[*piece];
    }
    found
}

struct Search<'a> {
    sets: Sets<'a>,
    /// The caps of candidates, and the plans under each.
    caps: Caps,
    /// The plans as deals.
    problem: Problem,
    linear: Vec<Linear>,
    parts: u64,
}

impl Search<'_> {
    fn found(&self, effort: Effort) -> Found {
        let Sets { plans, pieces, .. } = self.sets;
        let (greedy, saved) = self.greedy();
        let alone_and_forced =
            plans.len() == 1 && plans[0].slots.len() == 1 && plans[0].slots[0].pick != Pick::BestForCustomer;
        if alone_and_forced || effort == Effort::Estimate {
            // Nothing to choose: the sets follow one from the other.
            return Found { batches: greedy, complete: alone_and_forced, bound: saved };
        }
        let mut best = Best { batches: greedy, saving: saved, bound: self.bound().max(saved), work: 0 };
        // Few lines and few offers are searched to the end if that can be; more are searched where that is done at once,
        // or with what is known after better answers were looked for.
        let has_few = pieces.all.len().max(plans.len()) <= FEW;
        let [first, bounds, refills, again] = if has_few { WORK_FEW } else { WORK_MANY }.map(|work| work / self.parts);
        let is_small = pieces.all.iter().map(|piece| piece.count).fold(0, i64::saturating_add) <= PIECES_MAX;
        let steps = is_small.then(|| Steps::new(self)).flatten();
        if let Some(steps) = &steps {
            best.work += steps.work;
            labels::search(self, steps, &mut best, first);
        }
        if !best.is_proven() {
            self.refill(&mut best, bounds, refills);
        }
        if let Some(steps) = steps.filter(|_| !best.is_proven() && again > 0) {
            labels::search(self, &steps, &mut best, again);
        }
        let complete = best.is_proven();
        let Best { batches, bound, work, .. } = best;
        // What is begun is brought to its end: a label, a look at all prices, a round of giving out.
        let over = WORK_OVER + 50 * self.problem.choices() as u64;
        debug_assert!(work <= first + bounds + refills + again + over, "{work} is too much");
        Found { batches, complete, bound }
    }

    /// Bounds what can be had, and gives sets back to give others out.
    fn refill(&self, best: &mut Best, bounds: u64, refills: u64) {
        if self.linear.contains(&Linear::No) {
            return;
        }
        let bound = capped::bound(&self.problem, &self.caps, best.saving, bounds);
        best.bound = best.bound.min(bound.bound);
        let order = |pick: Pick| match pick {
            Pick::BestForCustomer => Order::Free,
            Pick::Dearest => Order::FirstLeft,
            Pick::Cheapest => Order::LastLeft,
        };
        let orders = self.sets.plans.iter().map(|plan| plan.slots.iter().map(|slot| order(slot.pick)).collect());
        let terms = Terms {
            caps: &self.caps,
            orders: orders.collect(),
            is_exact: self.linear.iter().map(|linear| *linear != Linear::AtLeast).collect(),
            saving: &|plan, slots| self.saving(plan, slots),
        };
        let start = (std::mem::take(&mut best.batches), best.saving);
        let (batches, saving, work) =
            refill::improve(&self.problem, &terms, &bound.prices, start, (best.bound, refills));
        (best.batches, best.saving) = (batches, saving);
        best.work += bound.work + work;
    }

    /// What one set saves.
    fn saving(&self, plan: usize, slots: &[Taken]) -> i64 {
        if self.linear[plan] == Linear::AtLeast || self.linear[plan] == Linear::No {
            return self.sets.saving(plan, slots);
        }
        let Deal { slots: pools, per_set, .. } = &self.problem.deals[plan];
        let mut saving = *per_set;
        for (pool, taken) in pools.iter().zip(slots) {
            for (piece, count) in taken {
                let weight = pool.pool.iter().find(|(known, _)| known == piece).map_or(0, |(_, weight)| *weight);
                saving = saving.saturating_add(weight.saturating_mul(*count));
            }
        }
        // A set below its price saves nothing.
        saving.max(0)
    }

    /// What is left of a plan's cap.
    fn room(&self, plan: usize, left: &[i64]) -> i64 {
        self.caps.of_deal[plan].map_or(i64::MAX, |cap| left[cap])
    }

    /// The set that saves most now, again and again.
    fn greedy(&self) -> (Vec<Batch>, i64) {
        let Sets { plans, pieces, .. } = self.sets;
        let mut left: Vec<i64> = pieces.all.iter().map(|piece| piece.count).collect();
        let mut room = self.caps.most.clone();
        let mut sets_left: Vec<i64> = plans.iter().map(|plan| plan.sets_max).collect();
        // The next set of each plan stays what it is until somebody takes one of its pieces.
        let fill = |plan: usize, left: &[i64]| {
            let slots = self.sets.fill(plan, left)?;
            Some(Set { saving: self.saving(plan, &slots), slots })
        };
        let mut next: Vec<Option<Set>> = (0..plans.len()).map(|plan| fill(plan, &left)).collect();
        let mut batches: Vec<Batch> = Vec::new();
        let mut saved = 0_i64;
        loop {
            let mut best: Option<(i64, usize)> = None;
            for (plan, set) in next.iter().enumerate().filter(|(plan, _)| sets_left[*plan] > 0) {
                let Some(set) = set else { continue };
                let room = self.room(plan, &room);
                let gain = set.saving.min(room);
                // A set that saves nothing may still lead to one that does, where the order of the pieces is forced.
                let may_lead = plans.len() == 1 && room > 0;
                if (gain > 0 || may_lead) && best.is_none_or(|(known, _)| gain > known) {
                    best = Some((gain, plan));
                }
            }
            let Some((gain, plan)) = best else { break };
            let Some(set) = next[plan].clone() else { break };
            // How often exactly this set can be had before a supply runs out.
            let mut per_set: BTreeMap<usize, i64> = BTreeMap::new();
            for (piece, count) in set.slots.iter().flatten() {
                *per_set.entry(*piece).or_default() += count;
            }
            // The others gain no more than before, so the same set stays the best until one of its pieces runs out, or
            // the cap of its candidate is near.
            let repeats = per_set.iter().map(|(piece, used)| left[*piece] / used.max(&1)).min().unwrap_or(1);
            let repeats = match self.caps.of_deal[plan] {
                Some(cap) => repeats.min(room[cap] / gain.max(1)),
                None => repeats,
            };
            let repeats = repeats.clamp(1, sets_left[plan]);
            sets_left[plan] -= repeats;
            saved = saved.saturating_add(gain.saturating_mul(repeats));
            if let Some(cap) = self.caps.of_deal[plan] {
                room[cap] = room[cap].saturating_sub(gain.saturating_mul(repeats)).max(0);
            }
            for (piece, used) in &per_set {
                left[*piece] -= used * repeats;
            }
            for (plan, set) in next.iter_mut().enumerate() {
                let pieces = |set: &Set| set.slots.iter().flatten().any(|(piece, _)| per_set.contains_key(piece));
                if set.as_ref().is_some_and(pieces) {
                    *set = fill(plan, &left);
                }
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
        let values = self.sets.pieces.all.iter().map(|piece| piece.scaled.saturating_mul(piece.count));
        let caps = self.caps.most.iter().copied();
        let has_caps = self.caps.of_deal.iter().all(Option::is_some);
        let caps = if has_caps { caps.fold(0, i64::saturating_add) } else { i64::MAX };
        values.fold(0, i64::saturating_add).min(caps)
    }
}

/// The caps of candidates, and which plans are under each.
fn under_caps(plans: &[Plan], caps: &[Option<i64>]) -> Caps {
    let mut under = Caps::default();
    let mut candidates: Vec<usize> = Vec::new();
    for plan in plans {
        under.of_deal.push(caps[plan.candidate].map(|most| {
            candidates.iter().position(|candidate| *candidate == plan.candidate).unwrap_or_else(|| {
                candidates.push(plan.candidate);
                under.most.push(most.max(0));
                under.most.len() - 1
            })
        }));
    }
    under
}

/// The best so far.
struct Best {
    batches: Vec<Batch>,
    saving: i64,
    /// Nothing saves more.
    bound: i64,
    work: u64,
}

impl Best {
    fn is_proven(&self) -> bool {
        self.saving >= self.bound
    }
}

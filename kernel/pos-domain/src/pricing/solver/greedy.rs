//! A good answer for problems too large to search: the set that gains most now, again and again.
//!
//! A deal's best set is the first pieces of its sorted pools that are still there, so it is found without looking at
//! the rest, and it is worked out again only when somebody took one of its pieces.

use super::capped::{self, Caps};
use super::closed;
use super::problem::{Answer, Deal, Fillings, Pool, Problem, Slot, Taken};
use super::refill::{self, Batch, Order, Terms};
use smallvec::smallvec;

/// Parts of the budget for the bound of the answer, and for better ones; so many looks at every choice in any case.
const BOUND_PART: u64 = 16;
const REFILL_PART: u64 = 6;
const BOUND_LOOKS: u64 = 24;

/// What a set gains, and its pieces slot by slot.
type BestSet = (i64, Fillings);

/// One deal's pools, dearest first, and its best set as things stand.
struct Offer {
    /// For each slot: (item, weight), and where the first item with pieces left stands.
    pools: Vec<(Pool, usize)>,
    sets_left: i64,
    set: Option<BestSet>,
    stale: bool,
}

/// What greed finds and giving out anew makes of it, and its bound.
pub(super) fn bounded(problem: &Problem, budget: u64) -> Answer {
    let (batches, saving) = fill(problem);
    let caps = Caps { most: Vec::new(), of_deal: vec![None; problem.deals.len()] };
    let looks = BOUND_LOOKS * problem.choices() as u64;
    let bound = capped::bound(problem, &caps, saving, looks.max(budget / BOUND_PART));
    let terms = Terms {
        caps: &caps,
        orders: problem.deals.iter().map(|deal| smallvec![Order::Free; deal.slots.len()]).collect(),
        is_exact: vec![true; problem.deals.len()],
        saving: &|_, _| 0,
    };
    let start = (batches, saving);
    let (batches, saving, _) =
        refill::improve(problem, &terms, &bound.prices, start, (bound.bound, budget / REFILL_PART));
    Answer { bound: bound.bound.max(saving), ..gathered(problem, batches, saving) }
}

/// The greedy answer alone; its bound is itself.
pub(super) fn estimate(problem: &Problem) -> Answer {
    if problem.deals.len() == 1
        && let Some(alone) = closed::at_once(problem, 0)
    {
        return alone.into();
    }
    let (batches, saving) = fill(problem);
    gathered(problem, batches, saving)
}

fn fill(problem: &Problem) -> (Vec<Batch>, i64) {
    let mut left = problem.counts.clone();
    let (mut batches, mut saving) = (Vec::new(), 0);
    let mut wanted_by: Vec<Vec<usize>> = vec![Vec::new(); problem.counts.len()];
    let mut offers: Vec<Offer> = Vec::with_capacity(problem.deals.len());
    for (deal, Deal { slots, .. }) in problem.deals.iter().enumerate() {
        let pools = slots.iter().map(|Slot { pool, .. }| {
            let mut pool = pool.clone();
            pool.sort_by_key(|(item, weight)| (std::cmp::Reverse(*weight), *item));
            (pool, 0)
        });
        for (item, _) in slots.iter().flat_map(|slot| &slot.pool) {
            if wanted_by[*item].last() != Some(&deal) {
                wanted_by[*item].push(deal);
            }
        }
        offers.push(Offer { pools: pools.collect(), sets_left: problem.sets_possible(deal), set: None, stale: true });
    }
    loop {
        let mut best: Option<(i64, usize)> = None;
        for (deal, offer) in offers.iter_mut().enumerate().filter(|(_, offer)| offer.sets_left > 0) {
            if std::mem::take(&mut offer.stale) {
                offer.set = offer.best_set(&problem.deals[deal], &mut left);
            }
            if let Some((gain, _)) = offer.set
                && best.is_none_or(|(known, _)| gain > known)
            {
                best = Some((gain, deal));
            }
        }
        let Some((gain, deal)) = best else { break };
        let Some((_, set)) = offers[deal].set.clone() else { break };
        // The same set again as long as all its pieces are there: nobody else gains more than before.
        let mut per_set: Vec<(usize, i64)> = Vec::new();
        for (item, pieces) in set.iter().flatten() {
            match per_set.iter_mut().find(|(known, _)| known == item) {
                Some((_, known)) => *known += pieces,
                None => per_set.push((*item, *pieces)),
            }
        }
        let times = per_set.iter().map(|(item, pieces)| left[*item] / pieces).min().unwrap_or(1);
        let times = times.clamp(1, offers[deal].sets_left);
        let all = |pieces: Taken| pieces.into_iter().map(|(item, pieces)| (item, pieces * times)).collect();
        batches.push((deal, times, set.into_iter().map(all).collect()));
        for (item, pieces) in per_set {
            left[item] -= pieces * times;
            for other in &wanted_by[item] {
                offers[*other].stale = true;
            }
        }
        offers[deal].sets_left -= times;
        saving += gain * times;
    }
    (batches, saving)
}

/// Batches as an answer that is its own bound.
fn gathered(problem: &Problem, batches: Vec<Batch>, saving: i64) -> Answer {
    let mut answer = Answer { saving, bound: saving, ..Answer::nothing(problem) };
    for (deal, times, slots) in batches {
        answer.sets[deal] += times;
        for (known, pieces) in answer.pieces[deal].iter_mut().zip(slots) {
            known.extend(pieces);
        }
    }
    for slots in &mut answer.pieces {
        for pieces in slots {
            pieces.sort_unstable();
            pieces.dedup_by(|later, earlier| {
                let same = later.0 == earlier.0;
                if same {
                    earlier.1 += later.1;
                }
                same
            });
        }
    }
    answer
}

impl Offer {
    /// The set that gains most with the pieces left, slot by slot; none if it gains nothing.
    fn best_set(&mut self, deal: &Deal, left: &mut [i64]) -> Option<BestSet> {
        let mut gain = deal.per_set;
        let mut set = Fillings::with_capacity(self.pools.len());
        let mut whole = true;
        for (Slot { count, .. }, (pool, first)) in deal.slots.iter().zip(&mut self.pools) {
            while pool.get(*first).is_some_and(|(item, _)| left[*item] == 0) && set.is_empty() {
                *first += 1;
            }
            let mut missing = *count;
            let mut pieces = Taken::new();
            for (item, weight) in pool.iter().skip(*first) {
                let here = left[*item].min(missing);
                if here > 0 {
                    left[*item] -= here;
                    gain += weight * here;
                    missing -= here;
                    pieces.push((*item, here));
                }
                if missing == 0 {
                    break;
                }
            }
            whole &= missing == 0;
            set.push(pieces);
        }
        for (item, pieces) in set.iter().flatten() {
            left[*item] += pieces;
        }
        (whole && gain > 0).then_some((gain, set))
    }
}

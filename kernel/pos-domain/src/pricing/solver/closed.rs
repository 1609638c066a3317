//! A deal that shares no piece with another: closed forms, and sets added while they pay.
//!
//! ```text
//! 3 for 12.00 of 9, 8, 5, 3, 2, 1        sorted: 22 - 12 saves 10, then 6 - 12 saves nothing
//! buy 1, get 1 at half of 9, 8, 5, 3     half of 9 and of 8; 5 and 3 are bought for them
//! ```

use super::answer_of;
use super::bound;
use super::flow::{Flow, Pool};
use super::problem::{Answer, Deal, Fillings, Problem, Slot, Taken};
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;

/// The best for one deal.
#[derive(Default)]
pub(super) struct Alone {
    pub(super) sets: i64,
    pub(super) pieces: Fillings,
    pub(super) saving: i64,
}

impl From<Alone> for Answer {
    fn from(alone: Alone) -> Answer {
        let Alone { sets, pieces, saving } = alone;
        Answer { sets: vec![sets], pieces: vec![pieces], saving, bound: saving }
    }
}

/// A pool, what saves most first.
type Sorted<'a> = Cow<'a, [(usize, i64)]>;

/// The answer for one deal of a problem as if it were the only one, if there is a closed form.
pub(super) fn at_once(problem: &Problem, deal: usize) -> Option<Alone> {
    let most = problem.sets_possible(deal);
    let deal = &problem.deals[deal];
    if most < 1 {
        return Some(Alone { pieces: smallvec![Taken::new(); deal.slots.len()], ..Alone::default() });
    }
    sorted(problem, deal, most).or_else(|| buy_and_get(problem, deal))
}

/// A problem of one deal without a closed form. What a further set adds never grows, so sets are added while they pay.
pub(super) fn alone(problem: &Problem, budget: u64) -> Answer {
    let Some(deal) = problem.deals.first() else { return Answer::nothing(problem) };
    let most = problem.sets_possible(0);
    let pools: Vec<Pool<'_>> = deal.slots.iter().map(|slot| slot.pool.as_slice()).collect();
    let mut work = 0;
    let mut flow = Flow::empty(problem);
    let (mut sets, mut saving) = (0, 0);
    // Doubling steps: 3,000 sets of two lines must not take 3,000 pushes.
    let mut step = 1;
    while sets < most && work < budget {
        let tried = step.min(most - sets);
        let mut next = flow.clone();
        work += next.size();
        let fits = deal
            .slots
            .iter()
            .enumerate()
            .all(|(slot, Slot { count, .. })| next.push(&pools, slot, count * tried, &mut work));
        let value = next.value.saturating_add(deal.per_set.saturating_mul(sets + tried));
        // A longer step is only safe where its last set still pays as much as its first: tested by halves.
        if fits
            && value > saving
            && (tried == 1 || pays_evenly(problem, deal, &pools, &flow, (tried, value - saving), &mut work))
        {
            (flow, saving, sets) = (next, value, sets + tried);
            step = tried * 2;
        } else if tried == 1 {
            break;
        } else {
            step = tried / 2;
        }
    }
    let finished = sets == most || work < budget;
    let bound = if finished { saving } else { bound::root(problem, saving, 100) };
    answer_of(problem, &[sets], &flow, saving, bound)
}

/// Whether the first set of a step gains no more than the average of the step: then all gain alike, by concavity.
fn pays_evenly(
    problem: &Problem,
    deal: &Deal,
    pools: &[Pool<'_>],
    flow: &Flow,
    (tried, gained): (i64, i64),
    work: &mut u64,
) -> bool {
    debug_assert_eq!(problem.deals.len(), 1);
    let mut one = flow.clone();
    let fits = deal.slots.iter().enumerate().all(|(slot, Slot { count, .. })| one.push(pools, slot, *count, work));
    fits && (one.value - flow.value).saturating_add(deal.per_set).saturating_mul(tried) == gained
}

/// Closed form where no two slots want the same piece, or one slot takes all that counts: sort and take from the top.
fn sorted(problem: &Problem, deal: &Deal, most: i64) -> Option<Alone> {
    if deal.slots.len() > 1 {
        let mut seen = vec![false; problem.counts.len()];
        if deal.slots.iter().flat_map(|slot| &slot.pool).any(|(item, _)| std::mem::replace(&mut seen[*item], true)) {
            return None;
        }
    }
    let dearest_first = |(item, weight): &(usize, i64)| (std::cmp::Reverse(*weight), *item);
    let mut slots: SmallVec<[Sorted<'_>; 2]> = SmallVec::new();
    for slot in &deal.slots {
        let mut pool = Cow::Borrowed(slot.pool.as_slice());
        if !pool.is_sorted_by_key(dearest_first) {
            pool.to_mut().sort_unstable_by_key(dearest_first);
        }
        slots.push(pool);
    }
    let mut pieces: Fillings = smallvec![Taken::new(); slots.len()];
    let mut at: SmallVec<[(usize, i64); 2]> = smallvec![(0, 0); slots.len()];
    let (mut sets, mut saving) = (0, 0);
    let mut takes: SmallVec<[(usize, usize, i64); 4]> = SmallVec::new();
    while sets < most {
        // One more set: what it gains, and how many just like it follow before a slot runs into its next item.
        let mut gain = deal.per_set;
        let mut repeats = most - sets;
        takes.clear();
        for (slot, pool) in slots.iter().enumerate() {
            let (mut item, mut used) = at[slot];
            let mut missing = deal.slots[slot].count;
            let mut items_in_set = 0;
            while missing > 0 {
                let (index, weight) = *pool.get(item)?;
                let here = (problem.counts[index] - used).min(missing);
                if here > 0 {
                    gain += weight * here;
                    takes.push((slot, index, here));
                    missing -= here;
                    items_in_set += 1;
                    let left = problem.counts[index] - used;
                    repeats = repeats.min(if items_in_set == 1 && missing == 0 { left / here } else { 1 });
                }
                if used + here == problem.counts[index] {
                    (item, used) = (item + 1, 0);
                } else {
                    used += here;
                }
            }
        }
        if gain <= 0 {
            break;
        }
        for &(slot, index, here) in &takes {
            let all = here * repeats;
            match pieces[slot].last_mut() {
                Some((known, count)) if *known == index => *count += all,
                _ => pieces[slot].push((index, all)),
            }
            let (item, used) = &mut at[slot];
            let mut rest = all;
            while rest > 0 {
                let (index, _) = slots[slot][*item];
                let step = rest.min(problem.counts[index] - *used);
                rest -= step;
                *used += step;
                if *used == problem.counts[index] {
                    (*item, *used) = (*item + 1, 0);
                }
            }
        }
        saving += gain * repeats;
        sets += repeats;
    }
    for slot in &mut pieces {
        slot.sort_unstable();
    }
    Some(Alone { sets, pieces, saving })
}

/// Closed form where all slots take from one pool and all but one save the same on every piece: that one has the pieces
/// that save most there, the others what is left over, from the cheap end.
fn buy_and_get(problem: &Problem, deal: &Deal) -> Option<Alone> {
    fn items(slot: &Slot) -> impl DoubleEndedIterator<Item = usize> {
        slot.pool.iter().map(|(item, _)| *item)
    }
    let first = deal.slots.first()?;
    if !deal.slots.iter().all(|slot| items(slot).eq(items(first))) {
        return None;
    }
    let even = |slot: &Slot| slot.pool.iter().all(|(_, weight)| *weight == slot.pool[0].1);
    let getting = deal.slots.iter().position(|slot| !even(slot)).unwrap_or(0);
    let mut left = problem.counts.clone();
    let pieces: i64 = items(first).map(|item| left[item]).sum();
    let per_set: i64 = deal.slots.iter().map(|slot| slot.count).sum();
    let mut got = Deal {
        slots: smallvec![deal.slots[getting].clone()],
        per_set: deal.per_set,
        sets_max: deal.sets_max.min(pieces / per_set.max(1)),
    };
    for slot in deal.slots.iter().enumerate().filter(|(index, _)| *index != getting).map(|(_, slot)| slot) {
        if !even(slot) {
            return None;
        }
        got.per_set += slot.pool.first()?.1 * slot.count;
    }
    let mut answer = sorted(problem, &got, got.sets_max)?;
    for (item, pieces) in answer.pieces.iter().flatten() {
        left[*item] -= pieces;
    }
    let fill = |slot: &Slot| {
        let mut missing = slot.count * answer.sets;
        let mut taken = Taken::new();
        for item in items(slot).rev() {
            let here = left[item].min(missing);
            if here > 0 {
                (left[item], missing) = (left[item] - here, missing - here);
                taken.push((item, here));
            }
        }
        taken.sort_unstable();
        taken
    };
    let others = deal.slots.iter().enumerate().filter(|(index, _)| *index != getting).map(|(_, slot)| slot);
    let mut slots: Fillings = others.map(fill).collect();
    slots.insert(getting, answer.pieces.pop()?);
    answer.pieces = slots;
    Some(answer)
}

//! Which pieces go to which offers, so that the customer saves most: the assignment problem of one group.
//!
//! ```text
//! a 10.00  b 9.00  c 6.00  d 5.00      {a, b} for 12.00    {a, c} for 11.50    {b, d} for 10.00
//! greedy: a + b saves 7.00, then nothing is left for the others. Best: a + c and b + d save 4.50 + 4.00 = 8.50.
//! ```
//!
//! With the number of sets of every deal fixed, the rest is a transport problem ([`flow`]), solved exactly and fast. So
//! only the numbers of sets are searched. First the problem falls apart into deals that share no piece; a deal alone is
//! answered in closed form, since what a further set adds only shrinks. The others are searched by branch and bound
//! ([`branch`]): a price on every piece turns the deals loose from each other and bounds what any answer can save
//! ([`bound`]). A fixed budget of steps, not of time, ends the search at the same place on every machine; what was
//! found by then is the answer, and the bound says how much it may miss.
//!
//! Nothing here knows money, lines or labels; `conflict` translates.

mod bound;
mod branch;
mod flow;
mod problem;

pub(in crate::pricing) use problem::{Answer, Deal, Problem, Slot};

use flow::{Flow, Pool};

/// Steps (comparisons of a piece with a slot, roughly) that one problem may take.
pub(in crate::pricing) const STEPS_MAX: u64 = 4_000_000;

/// The best answer, or the best found within the budget with an honest bound.
pub(in crate::pricing) fn solve(problem: &Problem) -> Answer {
    let plain: Vec<bool> = problem.deals.iter().map(|deal| problem.is_plain(deal)).collect();
    if !plain.contains(&true) {
        return solve_deals(problem);
    }
    // "10 % off these" leaves every piece on its own: what it saves there is what a deal must beat to have the piece.
    let mut plainest: Vec<Option<(usize, i64)>> = vec![None; problem.counts.len()];
    for (deal, _) in plain.iter().enumerate().filter(|(_, plain)| **plain) {
        for (item, weight) in problem.deals[deal].slots.iter().flat_map(|slot| &slot.pool) {
            if *weight > 0 && plainest[*item].is_none_or(|(_, known)| *weight > known) {
                plainest[*item] = Some((deal, *weight));
            }
        }
    }
    let kept: Vec<usize> = (0..problem.deals.len()).filter(|deal| !plain[*deal]).collect();
    let given_up = |item: usize| plainest[item].map_or(0, |(_, weight)| weight);
    let deals = kept.iter().map(|deal| {
        let Deal { slots, per_set, sets_max } = &problem.deals[*deal];
        let slots = slots.iter().map(|Slot { count, pool }| Slot {
            count: *count,
            pool: pool.iter().map(|(item, weight)| (*item, weight - given_up(*item))).collect(),
        });
        Deal { slots: slots.collect(), per_set: *per_set, sets_max: *sets_max }
    });
    let found = solve_deals(&Problem { counts: problem.counts.clone(), deals: deals.collect() });

    let mut answer = Answer::nothing(problem);
    (answer.saving, answer.bound) = (found.saving, found.bound);
    let mut left = problem.counts.clone();
    for ((deal, sets), pieces) in kept.iter().zip(found.sets).zip(found.pieces) {
        for (item, pieces) in pieces.iter().flatten() {
            left[*item] -= pieces;
        }
        answer.sets[*deal] = sets;
        answer.pieces[*deal] = pieces;
    }
    for (item, plainest) in plainest.iter().enumerate() {
        let Some((deal, weight)) = plainest else { continue };
        answer.saving += weight * problem.counts[item];
        answer.bound += weight * problem.counts[item];
        if left[item] > 0 {
            answer.sets[*deal] += left[item];
            answer.pieces[*deal][0].push((item, left[item]));
        }
    }
    answer
}

fn solve_deals(problem: &Problem) -> Answer {
    let mut answer = Answer::nothing(problem);
    let parts = components(problem);
    let budget = STEPS_MAX / (parts.len() as u64).max(1);
    for part in parts {
        let (small, items) = problem.part(&part);
        let found = match part.as_slice() {
            [_] => alone(&small, budget),
            _ => branch::search(&small, budget),
        };
        for (place, deal) in part.iter().enumerate() {
            answer.sets[*deal] = found.sets[place];
            for (slot, pieces) in found.pieces[place].iter().enumerate() {
                answer.pieces[*deal][slot] = pieces.iter().map(|(item, pieces)| (items[*item], *pieces)).collect();
            }
        }
        answer.saving += found.saving;
        answer.bound += found.bound;
    }
    answer
}

/// Deals that share pieces, directly or through others.
fn components(problem: &Problem) -> Vec<Vec<usize>> {
    // Union-find over deals by the first deal that names an item.
    let mut parent: Vec<usize> = (0..problem.deals.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    let mut first: Vec<Option<usize>> = vec![None; problem.counts.len()];
    for (deal, Deal { slots, .. }) in problem.deals.iter().enumerate() {
        for (item, _) in slots.iter().flat_map(|slot| &slot.pool) {
            match first[*item] {
                None => first[*item] = Some(deal),
                Some(known) => {
                    let (one, other) = (root(&mut parent, known), root(&mut parent, deal));
                    parent[one.max(other)] = one.min(other);
                }
            }
        }
    }
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut part_of: Vec<Option<usize>> = vec![None; problem.deals.len()];
    for deal in 0..problem.deals.len() {
        let root = root(&mut parent, deal);
        match part_of[root] {
            Some(part) => parts[part].push(deal),
            None => {
                part_of[root] = Some(parts.len());
                parts.push(vec![deal]);
            }
        }
    }
    parts
}

impl Problem {
    /// Some deals of the problem with the items they name; answers which items those are.
    fn part(&self, deals: &[usize]) -> (Problem, Vec<usize>) {
        let mut place: Vec<Option<usize>> = vec![None; self.counts.len()];
        let mut items = Vec::new();
        for (item, _) in deals.iter().flat_map(|deal| &self.deals[*deal].slots).flat_map(|slot| &slot.pool) {
            if place[*item].is_none() {
                place[*item] = Some(0);
                items.push(*item);
            }
        }
        // By item, so that ties fall as they do in the whole.
        items.sort_unstable();
        for (index, item) in items.iter().enumerate() {
            place[*item] = Some(index);
        }
        let deals = deals.iter().map(|deal| {
            let Deal { slots, per_set, sets_max } = &self.deals[*deal];
            let slots = slots.iter().map(|Slot { count, pool }| Slot {
                count: *count,
                pool: pool.iter().filter_map(|(item, weight)| Some((place[*item]?, *weight))).collect(),
            });
            Deal { slots: slots.collect(), per_set: *per_set, sets_max: *sets_max }
        });
        (Problem { counts: items.iter().map(|item| self.counts[*item]).collect(), deals: deals.collect() }, items)
    }

    /// Every piece on its own, as many as there are: nothing to combine.
    fn is_plain(&self, deal: &Deal) -> bool {
        let [Slot { count: 1, pool }] = deal.slots.as_slice() else { return false };
        deal.per_set == 0 && pool.iter().map(|(item, _)| self.counts[*item]).sum::<i64>() <= deal.sets_max
    }

    /// Most sets of a deal that its pieces allow, each slot on its own.
    fn sets_possible(&self, deal: usize) -> i64 {
        let Deal { slots, sets_max, .. } = &self.deals[deal];
        let possible = slots.iter().map(|slot| {
            let pieces: i64 = slot.pool.iter().map(|(item, _)| self.counts[*item]).sum();
            pieces / slot.count.max(1)
        });
        possible.min().unwrap_or(0).min(*sets_max)
    }
}

/// A deal that shares no piece with another. What a further set adds never grows, so sets are added while they pay.
fn alone(problem: &Problem, budget: u64) -> Answer {
    let Some(deal) = problem.deals.first() else { return Answer::nothing(problem) };
    let most = problem.sets_possible(0);
    if most < 1 {
        return Answer::nothing(problem);
    }
    if let Some(answer) = sorted(problem, deal, most) {
        return answer;
    }
    let pools: Vec<Pool<'_>> = deal.slots.iter().map(|slot| slot.pool.as_slice()).collect();
    let mut work = 0;
    let mut flow = Flow::empty(problem);
    let (mut sets, mut saving) = (0, 0);
    // Doubling steps: 3,000 sets of two lines must not take 3,000 pushes.
    let mut step = 1;
    while sets < most && work < budget {
        let tried = step.min(most - sets);
        let mut next = flow.clone();
        let fits = deal
            .slots
            .iter()
            .enumerate()
            .all(|(slot, Slot { count, .. })| next.push(&pools, slot, count * tried, &mut work));
        let value = next.value + deal.per_set * (sets + tried);
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
    let bound = if finished { saving } else { saving.max(bound::root(problem)) };
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
    fits && (one.value - flow.value + deal.per_set) * tried == gained
}

/// Closed form where no two slots want the same piece, or one slot takes all that counts: sort and take from the top.
fn sorted(problem: &Problem, deal: &Deal, most: i64) -> Option<Answer> {
    let mut slots: Vec<Vec<(usize, i64)>> = Vec::with_capacity(deal.slots.len());
    let mut seen = vec![false; problem.counts.len()];
    for slot in &deal.slots {
        let mut pool = slot.pool.clone();
        for (item, _) in &pool {
            if std::mem::replace(&mut seen[*item], true) {
                return None;
            }
        }
        pool.sort_by_key(|(item, weight)| (std::cmp::Reverse(*weight), *item));
        slots.push(pool);
    }
    let mut pieces: Vec<Vec<(usize, i64)>> = vec![Vec::new(); slots.len()];
    let mut at: Vec<(usize, i64)> = vec![(0, 0); slots.len()];
    let (mut sets, mut saving) = (0, 0);
    while sets < most {
        // One more set: what it gains, and how many just like it follow before a slot runs into its next item.
        let mut gain = deal.per_set;
        let mut repeats = most - sets;
        let mut takes: Vec<(usize, usize, i64)> = Vec::new();
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
        for (slot, index, here) in takes {
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
    Some(Answer { sets: vec![sets], pieces: vec![pieces], saving, bound: saving })
}

fn answer_of(problem: &Problem, sets: &[i64], flow: &Flow, saving: i64, bound: i64) -> Answer {
    let mut slot = 0;
    let pieces = problem.deals.iter().map(|deal| {
        deal.slots
            .iter()
            .map(|_| {
                slot += 1;
                flow.slot(slot - 1)
            })
            .collect()
    });
    let pieces = pieces.collect();
    Answer { sets: sets.to_vec(), pieces, saving, bound }
}

#[cfg(test)]
mod tests;

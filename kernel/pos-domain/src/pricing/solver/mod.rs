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
//! found by then is the answer, and the bound says how much it may miss. Hundreds of articles in overlapping deals are
//! not searched but given out greedily ([`greedy`]), with the same kind of bound.
//!
//! Nothing here knows money, lines or labels; `conflict` translates.

mod bound;
mod branch;
mod flow;
mod greedy;
mod problem;

pub(in crate::pricing) use problem::{Answer, Deal, Problem, Slot, Taken};

use flow::{Flow, Pool};

/// Steps (comparisons of a piece with a slot, roughly) that one problem may take.
pub(in crate::pricing) const STEPS_MAX: u64 = 1_500_000;

/// Choices (a piece for a slot) beyond which deals that share pieces are not searched: the greedy answer and its bound.
const CHOICES_MAX: usize = 200;

/// How much an answer may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pricing) enum Effort {
    /// The best answer, as far as the budget goes.
    Best,
    /// A good answer, quickly: to tell what an offer would have been worth.
    Estimate,
}

/// The best answer, or the best found within the budget with an honest bound.
pub(in crate::pricing) fn solve(problem: &Problem, effort: Effort) -> Answer {
    let plain: Vec<bool> = problem.deals.iter().map(|deal| problem.is_plain(deal)).collect();
    if !plain.contains(&true) {
        return solve_deals(problem, effort);
    }
    // "10 % off these" leaves every piece on its own: what it saves there is what a deal must beat to have the piece.
    let shelves = shelves(problem, &plain);
    let kept: Vec<usize> = (0..problem.deals.len()).filter(|deal| !plain[*deal]).collect();
    let mut of_item: Vec<(usize, usize)> = vec![(0, 0); problem.counts.len()];
    for (index, shelf) in shelves.iter().enumerate() {
        let (from, to) = &mut of_item[shelf.item];
        if to == from {
            *from = index;
        }
        *to = index + 1;
    }
    let deals = kept.iter().map(|deal| {
        let Deal { slots, per_set, sets_max } = &problem.deals[*deal];
        let slots = slots.iter().map(|Slot { count, pool }| {
            let on_shelves = |(item, weight): &(usize, i64)| {
                let weight = *weight;
                let (from, to) = of_item[*item];
                (from..to).map(move |shelf| (shelf, weight)).collect::<Vec<_>>()
            };
            let pool =
                pool.iter().flat_map(on_shelves).map(|(shelf, weight)| (shelf, weight - shelves[shelf].saving()));
            Slot { count: *count, pool: pool.collect() }
        });
        Deal { slots: slots.collect(), per_set: *per_set, sets_max: *sets_max }
    });
    let found = if kept.is_empty() {
        Answer::default()
    } else {
        solve_deals(
            &Problem { counts: shelves.iter().map(|shelf| shelf.count).collect(), deals: deals.collect() },
            effort,
        )
    };

    let mut answer = Answer::nothing(problem);
    (answer.saving, answer.bound) = (found.saving, found.bound);
    let mut left: Vec<i64> = shelves.iter().map(|shelf| shelf.count).collect();
    for ((deal, sets), slots) in kept.iter().zip(found.sets).zip(found.pieces) {
        answer.sets[*deal] = sets;
        for (slot, pieces) in slots.into_iter().enumerate() {
            let taken = &mut answer.pieces[*deal][slot];
            for (shelf, pieces) in pieces {
                left[shelf] -= pieces;
                let item = shelves[shelf].item;
                match taken.last_mut() {
                    Some((known, count)) if *known == item => *count += pieces,
                    _ => taken.push((item, pieces)),
                }
            }
        }
    }
    for (shelf, left) in shelves.iter().zip(left) {
        let Some((deal, weight)) = shelf.plain else { continue };
        answer.saving += weight * shelf.count;
        answer.bound += weight * shelf.count;
        if left > 0 {
            answer.sets[deal] += left;
            answer.pieces[deal][0].push((shelf.item, left));
        }
    }
    answer
}

/// Pieces of an item that the same plain offer would have.
struct Shelf {
    item: usize,
    count: i64,
    /// The deal that has them if no other takes them, and what a piece saves there.
    plain: Option<(usize, i64)>,
}

impl Shelf {
    fn saving(&self) -> i64 {
        self.plain.map_or(0, |(_, weight)| weight)
    }
}

/// Every item's pieces, the plain offers that save most first, each for as many pieces as it is for.
fn shelves(problem: &Problem, plain: &[bool]) -> Vec<Shelf> {
    let mut offered: Vec<Vec<(i64, usize, i64)>> = vec![Vec::new(); problem.counts.len()];
    for (deal, _) in plain.iter().enumerate().filter(|(_, plain)| **plain) {
        for (item, weight) in problem.deals[deal].slots.iter().flat_map(|slot| &slot.pool) {
            if *weight > 0 {
                offered[*item].push((*weight, deal, problem.deals[deal].sets_max));
            }
        }
    }
    let mut shelves = Vec::with_capacity(problem.counts.len());
    for (item, offers) in offered.iter_mut().enumerate() {
        offers.sort_by_key(|(weight, deal, _)| (std::cmp::Reverse(*weight), *deal));
        let mut left = problem.counts[item];
        for (weight, deal, most) in offers {
            let count = left.min(*most);
            if count > 0 {
                shelves.push(Shelf { item, count, plain: Some((*deal, *weight)) });
                left -= count;
            }
        }
        if left > 0 {
            shelves.push(Shelf { item, count: left, plain: None });
        }
    }
    shelves
}

fn solve_deals(problem: &Problem, effort: Effort) -> Answer {
    if effort == Effort::Estimate {
        return greedy::estimate(problem);
    }
    let mut answer = Answer::nothing(problem);
    let parts = components(problem);
    let budget = STEPS_MAX / (parts.len() as u64).max(1);
    for part in parts {
        let (small, items) = problem.part(&part);
        let found = match part.as_slice() {
            [_] => alone(&small, budget),
            _ if small.choices() > CHOICES_MAX => greedy::bounded(&small),
            _ => branch::search(&small, budget, Answer::nothing(&small)),
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

    /// Pieces for slots that can be chosen between.
    fn choices(&self) -> usize {
        self.deals.iter().flat_map(|deal| &deal.slots).map(|slot| slot.pool.len()).sum()
    }

    /// Every piece on its own: nothing to combine.
    fn is_plain(&self, deal: &Deal) -> bool {
        let [Slot { count: 1, pool }] = deal.slots.as_slice() else { return false };
        let unlimited = || pool.iter().map(|(item, _)| self.counts[*item]).sum::<i64>() <= deal.sets_max;
        deal.per_set == 0 && (pool.len() == 1 || unlimited())
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

//! Which pieces go to which offers, so that the customer saves most: the assignment problem of one group.
//!
//! ```text
//! a 10.00  b 9.00  c 6.00  d 5.00      {a, b} for 12.00    {a, c} for 11.50    {b, d} for 10.00
//! greedy: a + b saves 7.00, then nothing is left for the others. Best: a + c and b + d save 4.50 + 4.00 = 8.50.
//! ```
//!
//! With the number of sets of every deal fixed, the rest is a transport problem ([`flow`]), solved exactly and fast. So
//! only the numbers of sets are searched. First offers on single pieces are settled ([`plain`]) and deals that are the same
//! become one ([`alike`]). Then the problem falls apart into deals that share no piece; a deal alone is answered in
//! closed form ([`closed`]), since what a further set adds only shrinks. The others are searched by branch and bound
//! ([`branch`]): a price on every piece turns the deals loose from each other and bounds what any answer can save
//! ([`bound`]). A fixed budget of steps, not of time, ends the search at the same place on every machine; what was
//! found by then is the answer, and the bound says how much it may miss. Hundreds of articles in overlapping deals are
//! not searched but given out greedily ([`greedy`]) and in part anew ([`refill`]), with the same kind of bound; so are sums
//! under caps ([`capped`]) and pieces that an offer picks itself, which `conflict` searches in its own way.
//!
//! Nothing here knows money, lines or labels; `conflict` translates.

mod alike;
mod bound;
mod branch;
pub(in crate::pricing) mod capped;
mod closed;
mod flow;
mod greedy;
mod plain;
mod problem;
pub(in crate::pricing) mod refill;

pub(in crate::pricing) use problem::{Answer, Deal, Pool, Problem, Slot, Slots, Taken};

use closed::Alone;
use flow::Flow;

/// Steps (comparisons of a piece with a slot, roughly) that one problem may take.
pub(in crate::pricing) const STEPS_MAX: u64 = 3_400_000;

/// Choices (a piece for a slot) beyond which a search seldom comes to its end, so that it may take half the steps only.
const CHOICES_MANY: usize = 150;

/// Choices beyond which deals that share pieces are not searched: the greedy answer and its bound.
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
    let is_plain: Vec<bool> = problem.deals.iter().map(|deal| problem.is_plain(deal)).collect();
    if is_plain.contains(&true) { plain::solve(problem, &is_plain, effort) } else { solve_deals(problem, effort) }
}

/// The answer where no deal is plain.
fn solve_deals(problem: &Problem, effort: Effort) -> Answer {
    if effort == Effort::Estimate {
        return greedy::estimate(problem);
    }
    match alike::distinct(problem) {
        None => solve_distinct(problem),
        Some(distinct) => distinct.share_out(problem, solve_distinct(&distinct.problem)),
    }
}

/// The answer where all deals are different.
fn solve_distinct(problem: &Problem) -> Answer {
    let mut answer = Answer::nothing(problem);
    let parts = components(problem);
    let budget = STEPS_MAX / (parts.len() as u64).max(1);
    for part in parts {
        if let [deal] = part.as_slice()
            && let Some(Alone { sets, pieces, saving }) = closed::at_once(problem, *deal)
        {
            answer.sets[*deal] = sets;
            answer.pieces[*deal] = pieces;
            answer.saving += saving;
            answer.bound += saving;
            continue;
        }
        let (small, items) = problem.part(&part);
        let found = match part.as_slice() {
            [_] => closed::alone(&small, budget),
            _ if small.choices() > CHOICES_MAX => greedy::bounded(&small, budget),
            _ if small.choices() > CHOICES_MANY => branch::search(&small, budget / 2, Answer::nothing(&small)),
            _ => branch::search(&small, budget, Answer::nothing(&small)),
        };
        for ((deal, sets), slots) in part.iter().zip(found.sets).zip(found.pieces) {
            answer.sets[*deal] = sets;
            answer.pieces[*deal] = slots;
            for (item, _) in answer.pieces[*deal].iter_mut().flatten() {
                *item = items[*item];
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
    pub(in crate::pricing) fn choices(&self) -> usize {
        self.deals.iter().flat_map(|deal| &deal.slots).map(|slot| slot.pool.len()).sum()
    }

    /// Every piece on its own: nothing to combine.
    fn is_plain(&self, deal: &Deal) -> bool {
        let [Slot { count: 1, pool }] = deal.slots.as_slice() else { return false };
        let unlimited =
            || pool.iter().map(|(item, _)| self.counts[*item]).fold(0, i64::saturating_add) <= deal.sets_max;
        deal.per_set == 0 && (pool.len() == 1 || unlimited())
    }

    /// Most sets of a deal that its pieces allow, each slot on its own.
    fn sets_possible(&self, deal: usize) -> i64 {
        let Deal { slots, sets_max, .. } = &self.deals[deal];
        let possible = slots.iter().map(|slot| {
            let pieces = slot.pool.iter().map(|(item, _)| self.counts[*item]).fold(0, i64::saturating_add);
            pieces / slot.count.max(1)
        });
        possible.min().unwrap_or(0).min(*sets_max)
    }
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

//! Offers that leave every piece on its own: "10 % off these", "0.50 off each of those".
//!
//! What such an offer saves on a piece is what a deal must beat to have the piece, so these offers need no search: every
//! item's pieces stand on shelves, the plain offer that saves most first, and deals take pieces off the shelves for what
//! they save beyond that.

use super::problem::{Answer, Deal, Pool, Problem, Slot};
use super::{Effort, solve_deals};
use std::cmp::Reverse;

/// The best answer where some deals are plain.
pub(super) fn solve(problem: &Problem, plain: &[bool], effort: Effort) -> Answer {
    let shelves = shelves(problem, plain);
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
        let slots = slots.iter().map(|Slot { count, pool: items }| {
            let mut pool = Pool::with_capacity(items.len());
            for (item, weight) in items {
                let (from, to) = of_item[*item];
                pool.extend((from..to).map(|shelf| (shelf, weight - shelves[shelf].saving())));
            }
            Slot { count: *count, pool }
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
    // (item, what a piece of it saves, deal): by item, the offer that saves most first.
    let mut offered: Vec<(usize, Reverse<i64>, usize)> = Vec::new();
    for (deal, _) in plain.iter().enumerate().filter(|(_, plain)| **plain) {
        for Slot { pool, .. } in &problem.deals[deal].slots {
            let saving = pool.iter().filter(|(_, weight)| *weight > 0);
            offered.extend(saving.map(|(item, weight)| (*item, Reverse(*weight), deal)));
        }
    }
    offered.sort_unstable();
    let mut offered = offered.into_iter().peekable();
    let mut shelves = Vec::with_capacity(problem.counts.len());
    for (item, count) in problem.counts.iter().enumerate() {
        let mut left = *count;
        while let Some((_, Reverse(weight), deal)) = offered.next_if(|(offered, ..)| *offered == item) {
            let count = left.min(problem.deals[deal].sets_max);
            if count > 0 {
                shelves.push(Shelf { item, count, plain: Some((deal, weight)) });
                left -= count;
            }
        }
        if left > 0 {
            shelves.push(Shelf { item, count: left, plain: None });
        }
    }
    shelves
}

//! Ways to fill one set, and the sums of pieces that the search is made of.
//!
//! Example: two pieces from a pool of 2 x 3.00 and 1 x 2.00 are two sets: both of the first pile, or one of each.

use super::pile::Pile;
use super::plan::{Entry, Plan};
use crate::number::Rational;
use crate::refusal::Refusal;
use std::cell::Cell;

/// Partial choices looked at before the basket counts as too large.
const WORK_MAX: usize = 3_000_000;

/// Pieces used of each pile.
pub(super) type Use = Vec<u32>;

/// The orders in which plans take pieces. Where the pieces are chosen freely the order cannot matter; plans with forced picks come last in
/// their tier, since they take the cheapest of what *remains*, and among themselves in every order.
pub(super) fn orders(plans: &[Plan]) -> Result<Vec<Vec<usize>>, Refusal> {
    let tiers = plans.iter().map(|plan| plan.tier + 1).max().unwrap_or(0);
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for tier in 0..tiers {
        let of_tier = |forced: bool| -> Vec<usize> {
            (0..plans.len()).filter(|plan| plans[*plan].tier == tier && plans[*plan].forced() == forced).collect()
        };
        let forced = of_tier(true);
        if forced.len() > 4 {
            return Err(Refusal::TooLarge { what: "deals with forced picks".to_owned(), limit: 4 });
        }
        let mut longer = Vec::new();
        for order in &orders {
            for permutation in permutations(&forced) {
                longer.push([order.clone(), of_tier(false), permutation].concat());
            }
        }
        orders = longer;
    }
    Ok(orders)
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(index);
        all.extend(permutations(&rest).into_iter().map(|tail| [vec![*item], tail].concat()));
    }
    all
}

/// Every way to fill one set, with its exact saving. Forced picks are ignored here: what they allow is a part of this.
pub(super) fn all_sets(
    plan: &Plan,
    piles: &[Pile],
    work: &Cell<usize>,
) -> Result<Vec<(Vec<Entry>, Rational)>, Refusal> {
    let everything: Use = piles.iter().map(|pile| pile.count).collect();
    let mut partial: Vec<Vec<Entry>> = vec![Vec::new()];
    for number in 0..plan.slots.len() {
        let mut longer = Vec::new();
        for entries in &partial {
            let room = minus(&everything, &use_of(entries, piles.len()));
            longer.extend(choices(plan, number, &room, entries, work)?);
        }
        partial = longer;
    }
    let with_saving = |set: Vec<Entry>| {
        let saving = plan.saving(&set, piles);
        (set, saving)
    };
    Ok(partial.into_iter().map(with_saving).collect())
}

/// `before` with every choice of pieces for one more slot.
pub(super) fn choices(
    plan: &Plan,
    number: usize,
    room: &Use,
    before: &[Entry],
    work: &Cell<usize>,
) -> Result<Vec<Vec<Entry>>, Refusal> {
    let (slot, mut found) = (&plan.slots[number], Vec::new());
    extend(number, &slot.pool, slot.count, room, &mut before.to_vec(), work, &mut found)?;
    Ok(found)
}

fn extend(
    slot: usize,
    pool: &[usize],
    count: u32,
    room: &Use,
    entries: &mut Vec<Entry>,
    work: &Cell<usize>,
    found: &mut Vec<Vec<Entry>>,
) -> Result<(), Refusal> {
    count_work(work, 1)?;
    if count == 0 {
        found.push(entries.clone());
        return Ok(());
    }
    let Some((pile, rest)) = pool.split_first() else { return Ok(()) };
    extend(slot, rest, count, room, entries, work, found)?;
    for taken in 1..=count.min(room[*pile]) {
        entries.push(Entry { slot, pile: *pile, count: taken });
        extend(slot, rest, count - taken, room, entries, work, found)?;
        entries.pop();
    }
    Ok(())
}

/// Counts partial choices, so that a large basket is refused and not waited for.
pub(super) fn count_work(work: &Cell<usize>, more: usize) -> Result<(), Refusal> {
    work.set(work.get() + more);
    if work.get() > WORK_MAX {
        return Err(Refusal::TooLarge { what: "partial choices".to_owned(), limit: WORK_MAX });
    }
    Ok(())
}

/// Pieces of a set by pile.
pub(super) fn use_of(set: &[Entry], piles: usize) -> Use {
    let mut used = vec![0; piles];
    for entry in set {
        used[entry.pile] += entry.count;
    }
    used
}

/// Whether there is room for these pieces.
pub(super) fn fits(used: &Use, room: &Use) -> bool {
    used.iter().zip(room).all(|(used, room)| used <= room)
}

/// Both together.
pub(super) fn plus(left: &Use, right: &Use) -> Use {
    left.iter().zip(right).map(|(left, right)| left + right).collect()
}

/// What remains; the right side fits into the left.
pub(super) fn minus(left: &Use, right: &Use) -> Use {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

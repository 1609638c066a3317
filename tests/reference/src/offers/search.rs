//! Brute force: every way to fill the sets of every candidate of a group, and the best of them all.
//!
//! What is enumerated: for each candidate every multiset of sets, each set every choice of pieces for every slot; for the group every
//! combination of the candidates' choices that uses no piece twice. Two partial choices that use up the same pieces leave the same
//! possibilities, so only the dearer saving of the two is kept; that is the only thing merged, and it loses nothing.
//!
//! Savings are compared as whole multiples of a common fraction of a minor unit, so the search itself works on integers.

use super::pile::Pile;
use super::plan::{Entry, Plan};
use crate::case::{Case, Pick};
use crate::number::Rational;
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Partial choices looked at before the basket counts as too large.
const WORK_MAX: usize = 20_000_000;

/// Pieces used of each pile.
type Use = Vec<u32>;
/// Exact savings of each tier, the tier that is maximised first in front.
type Value = Vec<i128>;

/// The sets of one plan in the best choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Index of the plan.
    pub(super) plan: usize,
    /// Its sets.
    pub(super) sets: Vec<Vec<Entry>>,
}

/// A way to use a plan: pieces, saving, numbers of its sets.
type Choice = (Use, i128, Vec<usize>);

struct Search<'a> {
    case: &'a Case,
    piles: &'a [Pile],
    plans: &'a [Plan],
    sets: Vec<Vec<(Vec<Entry>, i128)>>,
    caps: Vec<Option<i128>>,
    tiers: usize,
    work: Cell<usize>,
}

/// The choice of sets with the greatest saving, tier by tier.
pub(super) fn best(case: &Case, piles: &[Pile], plans: &[Plan]) -> Result<Vec<Chosen>, Refusal> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    let work = Cell::new(0);
    let mut exact = Vec::new();
    for plan in plans {
        exact.push(all_sets(plan, piles, &work)?);
    }
    let savings = exact.iter().flatten().map(|(_, saving)| saving);
    let scale = savings.chain(plans.iter().filter_map(|plan| plan.cap.as_ref()));
    let scale = scale.fold(BigInt::one(), |scale, value| scale.lcm(value.denom()));
    let scaled = |value: &Rational| -> Result<i128, Refusal> {
        let too_fine = || Refusal::unsupported("savings with so many decimals");
        (value * &scale).to_integer().to_i128().filter(|value| value.abs() < i128::MAX / 1_000_000).ok_or_else(too_fine)
    };
    let mut sets = Vec::new();
    for of_plan in exact {
        let of_plan: Result<Vec<_>, Refusal> =
            of_plan.into_iter().map(|(set, saving)| Ok((set, scaled(&saving)?))).collect();
        sets.push(of_plan?);
    }
    let caps: Result<Vec<Option<i128>>, Refusal> =
        plans.iter().map(|plan| plan.cap.as_ref().map(&scaled).transpose()).collect();
    let tiers = plans.iter().map(|plan| plan.tier + 1).max().unwrap_or(1);
    let search = Search { case, piles, plans, sets, caps: caps?, tiers, work };

    let everything: Use = piles.iter().map(|pile| pile.count).collect();
    let mut found: Option<(Value, Vec<Chosen>)> = None;
    for order in orders(plans)? {
        let free: BTreeMap<usize, Vec<Choice>> = free_choices(&search, &order, &everything)?;
        let mut memory = BTreeMap::new();
        let value = search.value(&order, 0, &everything, &free, &mut memory)?;
        if found.as_ref().is_none_or(|(best, _)| value > *best) {
            let chosen = search.witness(&order, &everything, &memory);
            found = Some((value, chosen));
        }
    }
    Ok(found.map(|(_, chosen)| chosen).unwrap_or_default())
}

/// The orders in which plans take pieces. Where the pieces are chosen freely the order cannot matter; plans with forced picks come last in
/// their tier, since they take the cheapest of what *remains*, and among themselves in every order.
fn orders(plans: &[Plan]) -> Result<Vec<Vec<usize>>, Refusal> {
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
fn all_sets(plan: &Plan, piles: &[Pile], work: &Cell<usize>) -> Result<Vec<(Vec<Entry>, Rational)>, Refusal> {
    let mut partial: Vec<(Vec<Entry>, Use)> = vec![(Vec::new(), vec![0; piles.len()])];
    for (number, slot) in plan.slots.iter().enumerate() {
        let mut longer = Vec::new();
        for (entries, used) in &partial {
            fill(number, &slot.pool, slot.count, piles, (entries.clone(), used.clone()), &mut longer);
            count_work(work, longer.len())?;
        }
        partial = longer;
    }
    Ok(partial
        .into_iter()
        .map(|(set, _)| {
            let saving = plan.saving(&set, piles);
            (set, saving)
        })
        .collect())
}

/// Adds every choice of `count` pieces from `pool`.
fn fill(
    slot: usize,
    pool: &[usize],
    count: u32,
    piles: &[Pile],
    so_far: (Vec<Entry>, Use),
    out: &mut Vec<(Vec<Entry>, Use)>,
) {
    if count == 0 {
        out.push(so_far);
        return;
    }
    let Some((pile, rest)) = pool.split_first() else { return };
    let free = piles[*pile].count - so_far.1[*pile];
    for taken in 0..=count.min(free) {
        let (mut entries, mut used) = so_far.clone();
        if taken > 0 {
            entries.push(Entry { slot, pile: *pile, count: taken });
            used[*pile] += taken;
        }
        fill(slot, rest, count - taken, piles, (entries, used), out);
    }
}

fn count_work(work: &Cell<usize>, more: usize) -> Result<(), Refusal> {
    work.set(work.get() + more);
    if work.get() > WORK_MAX {
        return Err(Refusal::TooLarge { what: "partial choices".to_owned(), limit: WORK_MAX });
    }
    Ok(())
}

/// Pieces of a set by pile.
fn use_of(set: &[Entry], piles: usize) -> Use {
    let mut used = vec![0; piles];
    for entry in set {
        used[entry.pile] += entry.count;
    }
    used
}

fn fits(used: &Use, room: &Use) -> bool {
    used.iter().zip(room).all(|(used, room)| used <= room)
}

fn plus(left: &Use, right: &Use) -> Use {
    left.iter().zip(right).map(|(left, right)| left + right).collect()
}

fn minus(left: &Use, right: &Use) -> Use {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

/// All ways to use each plan whose pieces are chosen freely.
fn free_choices(search: &Search<'_>, order: &[usize], room: &Use) -> Result<BTreeMap<usize, Vec<Choice>>, Refusal> {
    let mut all = BTreeMap::new();
    for plan in order.iter().copied().filter(|plan| !search.plans[*plan].forced()) {
        let mut best_set: BTreeMap<Use, (i128, usize)> = BTreeMap::new();
        for (number, (set, saving)) in search.sets[plan].iter().enumerate() {
            // A set that saves nothing is never better than leaving its pieces alone.
            let used = use_of(set, room.len());
            if *saving > 0 && best_set.get(&used).is_none_or(|(best, _)| saving > best) {
                best_set.insert(used, (*saving, number));
            }
        }
        let step = |_: &Use| best_set.iter().map(|(used, (saving, number))| (used.clone(), *saving, *number)).collect();
        all.insert(plan, search.repeated(plan, room, &step)?);
    }
    Ok(all)
}

impl Search<'_> {
    /// Every multiset (or, where the next set depends on what remains, every sequence) of sets that fits into `room`.
    fn repeated(
        &self,
        plan: usize,
        room: &Use,
        step: &dyn Fn(&Use) -> Vec<(Use, i128, usize)>,
    ) -> Result<Vec<Choice>, Refusal> {
        let mut reached: BTreeMap<Use, (i128, Vec<usize>)> = BTreeMap::new();
        let mut level: BTreeMap<Use, (i128, Vec<usize>)> = BTreeMap::from([(vec![0; room.len()], (0, Vec::new()))]);
        for _ in 0..self.plans[plan].sets_max {
            let mut next: BTreeMap<Use, (i128, Vec<usize>)> = BTreeMap::new();
            for (used, (saved, sets)) in &level {
                let steps = step(&minus(room, used));
                count_work(&self.work, steps.len())?;
                for (more, saving, number) in steps {
                    let total = plus(used, &more);
                    if !fits(&total, room) {
                        continue;
                    }
                    let saved = saved + saving;
                    if next.get(&total).is_none_or(|(best, _)| saved > *best) {
                        next.insert(total, (saved, [sets.as_slice(), &[number]].concat()));
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            for (used, found) in &next {
                if reached.get(used).is_none_or(|(best, _)| found.0 > *best) {
                    reached.insert(used.clone(), found.clone());
                }
            }
            level = next;
        }
        let cap = self.caps[plan];
        let capped = |saving: i128| cap.map_or(saving, |cap| saving.min(cap));
        let worth = reached.into_iter().filter(|(_, (saving, _))| *saving > 0);
        Ok(worth.map(|(used, (saving, sets))| (used, capped(saving), sets)).collect())
    }

    /// The next set of a plan with forced picks when `room` remains: slots fill in order, free ones in every way.
    fn forced_steps(&self, plan: usize, room: &Use) -> Vec<(Use, i128, usize)> {
        let definition = &self.plans[plan];
        let mut partial: Vec<Vec<Entry>> = vec![Vec::new()];
        for (number, slot) in definition.slots.iter().enumerate() {
            let mut longer = Vec::new();
            for entries in partial {
                let left = minus(room, &use_of(&entries, room.len()));
                if slot.pick == Pick::BestForCustomer {
                    let limited: Vec<Pile> = self
                        .piles
                        .iter()
                        .zip(&left)
                        .map(|(pile, count)| Pile { count: *count, ..pile.clone() })
                        .collect();
                    let mut found = Vec::new();
                    let nothing = vec![0; room.len()];
                    fill(number, &slot.pool, slot.count, &limited, (entries, nothing), &mut found);
                    longer.extend(found.into_iter().map(|(entries, _)| entries));
                } else {
                    longer.extend(self.forced_fill(number, plan, &left).map(|forced| [entries, forced].concat()));
                }
            }
            partial = longer;
        }
        let known = |set: &Vec<Entry>| self.sets[plan].iter().position(|(other, _)| other == set);
        partial
            .into_iter()
            .filter_map(|set| known(&set).map(|number| (use_of(&set, room.len()), self.sets[plan][number].1, number)))
            .collect()
    }

    /// The cheapest or dearest pieces that remain in a pool; equal prices by article, then by line.
    fn forced_fill(&self, number: usize, plan: usize, left: &Use) -> Option<Vec<Entry>> {
        let slot = &self.plans[plan].slots[number];
        let mut pool: Vec<usize> = slot.pool.clone();
        pool.sort_by(|one, other| {
            let (first, second) = (&self.piles[*one], &self.piles[*other]);
            let by_price = first.left.cmp(&second.left);
            let by_price = if slot.pick == Pick::Dearest { by_price.reverse() } else { by_price };
            let article = |pile: &Pile| self.case.lines[pile.line].sku.clone();
            by_price.then_with(|| article(first).cmp(&article(second))).then_with(|| first.line.cmp(&second.line))
        });
        let mut missing = slot.count;
        let mut entries = Vec::new();
        for pile in pool {
            let count = missing.min(left[pile]);
            if count > 0 {
                entries.push(Entry { slot: number, pile, count });
                missing -= count;
            }
        }
        // Entries of a set stand in the order of the pool, as in the enumeration.
        entries.sort_by_key(|entry| slot.pool.iter().position(|pile| *pile == entry.pile));
        (missing == 0).then_some(entries)
    }

    /// The best value that plans from `place` on can reach with `room`.
    fn value(
        &self,
        order: &[usize],
        place: usize,
        room: &Use,
        free: &BTreeMap<usize, Vec<Choice>>,
        memory: &mut BTreeMap<(usize, Use), (Value, Option<Choice>)>,
    ) -> Result<Value, Refusal> {
        let Some(plan) = order.get(place).copied() else { return Ok(vec![0; self.tiers]) };
        let key = (place, room.clone());
        if let Some((value, _)) = memory.get(&key) {
            return Ok(value.clone());
        }
        let own;
        let choices: &[Choice] = match free.get(&plan) {
            Some(choices) => choices,
            None => {
                own = self.repeated(plan, room, &|left| self.forced_steps(plan, left))?;
                &own
            }
        };
        let mut best = (self.value(order, place + 1, room, free, memory)?, None);
        for choice in choices.iter().filter(|(used, _, _)| fits(used, room)) {
            count_work(&self.work, 1)?;
            let mut value = self.value(order, place + 1, &minus(room, &choice.0), free, memory)?;
            value[self.plans[plan].tier] += choice.1;
            if value > best.0 {
                best = (value, Some(choice.clone()));
            }
        }
        memory.insert(key, best.clone());
        Ok(best.0)
    }

    /// The sets behind the best value.
    fn witness(
        &self,
        order: &[usize],
        room: &Use,
        memory: &BTreeMap<(usize, Use), (Value, Option<Choice>)>,
    ) -> Vec<Chosen> {
        let mut room = room.clone();
        let mut chosen = Vec::new();
        for (place, plan) in order.iter().copied().enumerate() {
            if let Some((_, Some((used, _, sets)))) = memory.get(&(place, room.clone())) {
                let sets = sets.iter().map(|number| self.sets[plan][*number].0.clone()).collect();
                chosen.push(Chosen { plan, sets });
                room = minus(&room, used);
            }
        }
        chosen.sort_by_key(|chosen| chosen.plan);
        chosen
    }
}

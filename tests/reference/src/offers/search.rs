//! Brute force: every way to fill the sets of every candidate of a group, and the best of them all.
//!
//! What is enumerated: for each candidate every multiset of sets, each set every choice of pieces for every slot; for the group every
//! combination of the candidates' choices that uses no piece twice. Two partial choices that use up the same pieces leave the same
//! possibilities, so only the dearer saving of the two is kept; that is the only thing merged, and it loses nothing.
//!
//! Savings are compared as whole multiples of a common fraction of a minor unit, so the search itself works on integers.

use super::pile::Pile;
use super::plan::{Entry, Plan};
use super::sets::{Use, all_sets, choices, count_work, fits, minus, orders, plus, use_of};
use crate::case::{Case, Pick};
use crate::number::Rational;
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Exact savings of each tier, the tier that is maximised first in front.
type Value = Vec<BigInt>;

/// The sets of one plan in the best choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Index of the plan.
    pub(super) plan: usize,
    /// Its sets.
    pub(super) sets: Vec<Vec<Entry>>,
}

/// A way to use a plan: pieces, saving, numbers of its sets.
type Choice = (Use, BigInt, Vec<usize>);
/// A next set of a plan: pieces, saving, its number.
type Step = (Use, BigInt, usize);

struct Search<'a> {
    case: &'a Case,
    piles: &'a [Pile],
    plans: &'a [Plan],
    sets: Vec<Vec<(Vec<Entry>, BigInt)>>,
    caps: Vec<Option<BigInt>>,
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
    let scaled = |value: &Rational| (value * &scale).to_integer();
    let mut sets = Vec::new();
    for of_plan in exact {
        sets.push(of_plan.into_iter().map(|(set, saving)| (set, scaled(&saving))).collect());
    }
    let caps = plans.iter().map(|plan| plan.cap.as_ref().map(scaled)).collect();
    let tiers = plans.iter().map(|plan| plan.tier + 1).max().unwrap_or(1);
    let search = Search { case, piles, plans, sets, caps, tiers, work };

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

/// All ways to use each plan whose pieces are chosen freely.
fn free_choices(search: &Search<'_>, order: &[usize], room: &Use) -> Result<BTreeMap<usize, Vec<Choice>>, Refusal> {
    let mut all = BTreeMap::new();
    for plan in order.iter().copied().filter(|plan| !search.plans[*plan].forced()) {
        let mut best_set: BTreeMap<Use, (BigInt, usize)> = BTreeMap::new();
        for (number, (set, saving)) in search.sets[plan].iter().enumerate() {
            // A set that saves nothing is never better than leaving its pieces alone.
            let used = use_of(set, room.len());
            if saving.is_positive() && best_set.get(&used).is_none_or(|(best, _)| saving > best) {
                best_set.insert(used, (saving.clone(), number));
            }
        }
        let step = |_: &Use| {
            Ok(best_set.iter().map(|(used, (saving, number))| (used.clone(), saving.clone(), *number)).collect())
        };
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
        step: &dyn Fn(&Use) -> Result<Vec<Step>, Refusal>,
    ) -> Result<Vec<Choice>, Refusal> {
        let mut reached: BTreeMap<Use, (BigInt, Vec<usize>)> = BTreeMap::new();
        let mut level: BTreeMap<Use, (BigInt, Vec<usize>)> =
            BTreeMap::from([(vec![0; room.len()], (BigInt::zero(), Vec::new()))]);
        for _ in 0..self.plans[plan].sets_max {
            let mut next: BTreeMap<Use, (BigInt, Vec<usize>)> = BTreeMap::new();
            for (used, (saved, sets)) in &level {
                let steps = step(&minus(room, used))?;
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
        let capped = |saving: BigInt| match &self.caps[plan] {
            Some(cap) => saving.min(cap.clone()),
            None => saving,
        };
        let worth = reached.into_iter().filter(|(_, (saving, _))| saving.is_positive());
        Ok(worth.map(|(used, (saving, sets))| (used, capped(saving), sets)).collect())
    }

    /// The next set of a plan with forced picks when `room` remains: slots fill in order, free ones in every way.
    fn forced_steps(&self, plan: usize, room: &Use) -> Result<Vec<Step>, Refusal> {
        let definition = &self.plans[plan];
        let mut partial: Vec<Vec<Entry>> = vec![Vec::new()];
        for (number, slot) in definition.slots.iter().enumerate() {
            let mut longer = Vec::new();
            for entries in partial {
                let left = minus(room, &use_of(&entries, room.len()));
                if slot.pick == Pick::BestForCustomer {
                    longer.extend(choices(definition, number, &left, &entries, &self.work)?);
                } else {
                    longer.extend(self.forced_fill(number, plan, &left).map(|forced| [entries, forced].concat()));
                }
            }
            partial = longer;
        }
        let known = |set: &Vec<Entry>| self.sets[plan].iter().position(|(other, _)| other == set);
        let step = |set: Vec<Entry>| {
            known(&set).map(|number| (use_of(&set, room.len()), self.sets[plan][number].1.clone(), number))
        };
        Ok(partial.into_iter().filter_map(step).collect())
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
        let Some(plan) = order.get(place).copied() else { return Ok(vec![BigInt::zero(); self.tiers]) };
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
            value[self.plans[plan].tier] += &choice.1;
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

//! Candidates that the transport problem cannot express: forced picks (`cheapest`, `dearest`), amounts that a cheap set
//! does not reach, caps beside competitors.
//!
//! Set by set: first the greedy way, which also serves thousands of pieces, since sets that are alike are counted, not
//! repeated. Where there is little to choose from, every order of sets is tried as well, and the best one is taken; what
//! remains of the pieces tells two ways apart, so none is tried twice.

use super::super::engine::WorkLine;
use super::super::proposal::{Effect, Pick, Spread};
use super::super::solver::{Effort, Taken};
use super::assign::{Plan, PlanSlot, per_piece};
use super::pieces::Pieces;
use pos_money::Currency;
use std::collections::{BTreeMap, HashMap};

/// Sets of a plan that are alike: plan, how many, and for each slot (piece, count) of all of them.
pub(super) type Batch = (usize, i64, Vec<Taken>);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) batches: Vec<Batch>,
    /// Nothing better exists.
    pub(super) complete: bool,
    /// No way saves more than this, in the solver's fractions.
    pub(super) bound: i64,
}

/// States looked at before the search gives way to the greedy answer.
const STATES_MAX: usize = 20_000;
/// Pieces beyond which the greedy answer is not searched beside.
const PIECES_MAX: i64 = 40;
/// Ways to fill one set that are tried in one state.
const WAYS_MAX: usize = 400;

/// One set: for each slot (piece, count), and what it saves.
#[derive(Clone, Debug)]
struct Set {
    slots: Vec<Taken>,
    saving: i64,
}

/// Pieces of a set: (piece, count, what one costs now, is a target).
type Part = (usize, i64, i64, bool);

/// A set being filled: pieces left, and the slots so far.
type Way = (Vec<i64>, Vec<Taken>);

/// Where a search stands: pieces left, sets given, what capped candidates have saved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    left: Vec<i64>,
    sets: Vec<i64>,
    saved: Vec<i64>,
}

struct Search<'a> {
    plans: &'a [Plan],
    caps: &'a [Option<i64>],
    pieces: &'a Pieces,
    lines: &'a [WorkLine],
    currency: Currency,
    /// The most that is still to be had from a state, and the set to begin with.
    known: HashMap<State, (i64, Option<(usize, Set)>)>,
    overrun: bool,
}

/// The best sets found for plans that share pieces.
pub(super) fn search(
    plans: &[Plan],
    caps: &[Option<i64>],
    pieces: &Pieces,
    (lines, currency): (&[WorkLine], Currency),
    effort: Effort,
) -> Found {
    let mut search = Search { plans, caps, pieces, lines, currency, known: HashMap::new(), overrun: false };
    let (greedy, saved) = search.greedy();
    let alone_and_forced =
        plans.len() == 1 && plans[0].slots.len() == 1 && plans[0].slots[0].pick != Pick::BestForCustomer;
    if alone_and_forced {
        // Nothing to choose: the sets follow one from the other.
        return Found { batches: greedy, complete: true, bound: saved };
    }
    let start = search.start();
    let total: i64 = start.left.iter().sum();
    if total <= PIECES_MAX && effort == Effort::Best {
        let best = search.best(&start);
        if !search.overrun {
            return Found { batches: search.unfold(start), complete: true, bound: best };
        }
    }
    let bound = search.bound().max(saved);
    Found { batches: greedy, complete: false, bound }
}

impl Search<'_> {
    fn start(&self) -> State {
        State {
            left: self.pieces.all.iter().map(|piece| piece.count).collect(),
            sets: vec![0; self.plans.len()],
            saved: vec![0; self.caps.len()],
        }
    }

    /// What a set adds after the cap of its candidate.
    fn gain(&self, state: &State, plan: usize, saving: i64) -> i64 {
        let candidate = self.plans[plan].candidate;
        match self.caps[candidate] {
            Some(cap) => saving.min((cap - state.saved[candidate]).max(0)),
            None => saving,
        }
    }

    fn after(&self, state: &State, plan: usize, set: &Set, gain: i64, times: i64) -> State {
        let mut next = state.clone();
        for (piece, count) in set.slots.iter().flatten() {
            next.left[*piece] -= count * times;
        }
        // Only what can run out tells states apart.
        if self.plans[plan].sets_max < i64::MAX {
            next.sets[plan] += times;
        }
        let candidate = self.plans[plan].candidate;
        if self.caps[candidate].is_some() {
            next.saved[candidate] = next.saved[candidate].saturating_add(gain.saturating_mul(times));
        }
        next
    }

    /// The most that is to be had from a state.
    fn best(&mut self, state: &State) -> i64 {
        if let Some((value, _)) = self.known.get(state) {
            return *value;
        }
        if self.known.len() >= STATES_MAX {
            self.overrun = true;
            return 0;
        }
        self.known.insert(state.clone(), (0, None));
        let mut best: (i64, Option<(usize, Set)>) = (0, None);
        for plan in 0..self.plans.len() {
            if state.sets[plan] >= self.plans[plan].sets_max {
                continue;
            }
            for set in self.ways(plan, &state.left) {
                let gain = self.gain(state, plan, set.saving);
                let next = self.after(state, plan, &set, gain, 1);
                let value = gain.saturating_add(self.best(&next));
                if value > best.0 {
                    best = (value, Some((plan, set)));
                }
                if self.overrun {
                    return best.0;
                }
            }
        }
        let value = best.0;
        self.known.insert(state.clone(), best);
        value
    }

    fn unfold(&self, mut state: State) -> Vec<Batch> {
        let mut batches = Vec::new();
        while let Some((_, Some((plan, set)))) = self.known.get(&state) {
            let gain = self.gain(&state, *plan, set.saving);
            batches.push((*plan, 1, set.slots.clone()));
            state = self.after(&state, *plan, set, gain, 1);
        }
        batches
    }

    /// Every way to fill one set of a plan from what is left; forced slots have one.
    fn ways(&mut self, plan: usize, left: &[i64]) -> Vec<Set> {
        let mut ways: Vec<Way> = vec![(left.to_vec(), Vec::new())];
        for slot in &self.plans[plan].slots {
            let mut next = Vec::new();
            for (left, slots) in ways {
                let mut fillings: Vec<Taken> = Vec::new();
                match slot.pick {
                    Pick::BestForCustomer => combine(&slot.pool, slot.count, &left, &mut Vec::new(), &mut fillings),
                    pick => self.forced_ways(slot, &left, pick == Pick::Dearest, &mut fillings),
                }
                for filling in fillings {
                    let mut left = left.clone();
                    for (piece, count) in &filling {
                        left[*piece] -= count;
                    }
                    let mut slots = slots.clone();
                    slots.push(filling);
                    next.push((left, slots));
                }
                if next.len() > WAYS_MAX {
                    self.overrun = true;
                    return Vec::new();
                }
            }
            ways = next;
        }
        ways.into_iter().map(|(_, slots)| Set { saving: self.saving(plan, &slots), slots }).collect()
    }

    /// A forced slot leaves one choice only: between pieces of the same price, where the last of them are taken.
    fn forced_ways(&self, slot: &PlanSlot, left: &[i64], dearest: bool, fillings: &mut Vec<Taken>) {
        let Some(picks) = forced(&slot.pool, slot.count, left, dearest) else { return };
        let value = |piece: usize| self.pieces.all[piece].scaled;
        let Some(edge) = picks.last().map(|(piece, _)| value(*piece)) else { return };
        let certain: Taken = picks.iter().copied().filter(|(piece, _)| value(*piece) != edge).collect();
        let tied: Vec<usize> = slot.pool.iter().copied().filter(|piece| value(*piece) == edge).collect();
        let rest = slot.count - certain.iter().map(|(_, count)| count).sum::<i64>();
        combine(&tied, rest, left, &mut certain.clone(), fillings);
    }

    /// What one set saves.
    fn saving(&self, plan: usize, slots: &[Vec<(usize, i64)>]) -> i64 {
        let Plan { slots: wanted, together, spread, .. } = &self.plans[plan];
        let mut parts: Vec<Part> = Vec::new();
        let mut saving = 0_i64;
        for (slot, filling) in wanted.iter().zip(slots) {
            let from = parts.len();
            let priced =
                |(piece, count): &(usize, i64)| (*piece, *count, self.pieces.all[*piece].scaled, slot.is_target);
            parts.extend(filling.iter().map(priced));
            if let Some(effect) = slot.effect {
                saving = saving.saturating_add(self.reduce(&mut parts[from..], effect, *spread));
            }
        }
        if let Some(effect) = together {
            parts.retain(|(.., is_target)| *is_target);
            saving = saving.saturating_add(self.reduce(&mut parts, *effect, *spread));
        }
        saving
    }

    fn reduce(&self, parts: &mut [Part], effect: Effect, spread: Spread) -> i64 {
        let scale = |money| self.pieces.scale(self.currency.to_decimal(money));
        match effect {
            Effect::BundlePrice(price) => lower(parts.iter_mut().collect(), |whole| (whole - scale(price)).max(0)),
            Effect::AmountOff(amount) if spread == Spread::Across => {
                lower(parts.iter_mut().collect(), |whole| scale(amount).min(whole))
            }
            Effect::AmountOff(amount) if spread == Spread::EachLine => {
                let mut lines: Vec<usize> = parts.iter().map(|(piece, ..)| self.pieces.all[*piece].line).collect();
                lines.sort_unstable();
                lines.dedup();
                let mut sum = 0_i64;
                for line in lines {
                    let on_line = |part: &&mut Part| self.pieces.all[part.0].line == line;
                    sum = sum.saturating_add(lower(parts.iter_mut().filter(on_line).collect(), |whole| {
                        scale(amount).min(whole)
                    }));
                }
                sum
            }
            each => {
                let mut sum = 0_i64;
                for (piece, count, value, _) in parts.iter_mut() {
                    let Some(piece) = self.pieces.all.get(*piece) else { continue };
                    let unit = self.lines[piece.line].quantity.unit;
                    let off = per_piece(each, *value, piece.quantity, unit, self.pieces, self.currency).unwrap_or(0);
                    *value -= off;
                    sum = sum.saturating_add(off.saturating_mul(*count));
                }
                sum
            }
        }
    }

    /// The set that saves most now, again and again.
    fn greedy(&mut self) -> (Vec<Batch>, i64) {
        let mut state = self.start();
        let mut given = vec![0_i64; self.plans.len()];
        let mut batches: Vec<Batch> = Vec::new();
        let mut saved = 0_i64;
        loop {
            let mut best: Option<(i64, usize, Set)> = None;
            for (plan, given) in given.iter().enumerate() {
                if *given >= self.plans[plan].sets_max {
                    continue;
                }
                let Some(slots) = self.fill(plan, &state.left) else { continue };
                let set = Set { saving: self.saving(plan, &slots), slots };
                let gain = self.gain(&state, plan, set.saving);
                // A set that saves nothing may still lead to one that does, where the order of the pieces is forced.
                let may_lead = self.plans.len() == 1 && self.caps[self.plans[plan].candidate].is_none();
                if (gain > 0 || may_lead) && best.as_ref().is_none_or(|(known, ..)| gain > *known) {
                    best = Some((gain, plan, set));
                }
            }
            let Some((gain, plan, set)) = best else { break };
            // How often exactly this set can be had before a supply runs out.
            let mut per_set: BTreeMap<usize, i64> = BTreeMap::new();
            for (piece, count) in set.slots.iter().flatten() {
                *per_set.entry(*piece).or_default() += count;
            }
            // The others gain no more than before, so the same set stays the best until one of its pieces runs out, or
            // the cap of its candidate is near.
            let repeats = per_set.iter().map(|(piece, used)| state.left[*piece] / used.max(&1)).min().unwrap_or(1);
            let candidate = self.plans[plan].candidate;
            let repeats = match self.caps[candidate] {
                Some(cap) => repeats.min(cap.saturating_sub(state.saved[candidate]) / gain.max(1)),
                None => repeats,
            };
            let repeats = repeats.clamp(1, self.plans[plan].sets_max - given[plan]);
            given[plan] += repeats;
            saved = saved.saturating_add(gain.saturating_mul(repeats));
            state = self.after(&state, plan, &set, gain, repeats);
            let slots = set
                .slots
                .into_iter()
                .map(|slot| slot.into_iter().map(|(piece, count)| (piece, count * repeats)).collect());
            batches.push((plan, repeats, slots.collect()));
        }
        (batches, saved)
    }

    /// One set as it comes: what gets an effect should be dear, what is only used up cheap, unless the offer says.
    fn fill(&self, plan: usize, left: &[i64]) -> Option<Vec<Taken>> {
        let Plan { slots, together, .. } = &self.plans[plan];
        let mut left = left.to_vec();
        let mut filled = Vec::with_capacity(slots.len());
        for slot in slots {
            let dearest_first = match slot.pick {
                Pick::Dearest => true,
                Pick::Cheapest => false,
                Pick::BestForCustomer => slot.effect.is_some() || (together.is_some() && slot.is_target),
            };
            let picks = forced(&slot.pool, slot.count, &left, dearest_first)?;
            for (piece, count) in &picks {
                left[*piece] -= count;
            }
            filled.push(picks);
        }
        Some(filled)
    }

    /// What all plans could save if each had every piece to itself, greedily relaxed: every piece at its full price
    /// once, never less than what can be had.
    fn bound(&self) -> i64 {
        let everything: i64 =
            self.pieces.all.iter().map(|piece| piece.scaled.saturating_mul(piece.count)).fold(0, i64::saturating_add);
        let capped = self.caps.iter().map(|cap| cap.unwrap_or(i64::MAX)).fold(0, i64::saturating_add);
        everything.min(capped)
    }
}

/// Takes something off some pieces together, each by its share; answers what.
fn lower(parts: Vec<&mut Part>, off: impl Fn(i64) -> i64) -> i64 {
    let whole = parts.iter().map(|(_, count, value, _)| count.saturating_mul(*value)).fold(0, i64::saturating_add);
    let off = off(whole);
    for (_, count, value, _) in parts {
        let share = i128::from(off) * i128::from(count.saturating_mul(*value)) / i128::from(whole.max(1));
        *value -= i64::try_from(share / i128::from((*count).max(1))).unwrap_or(0);
    }
    off
}

/// The dearest or cheapest pieces of a pool that are left; none if there are too few.
fn forced(pool: &[usize], count: i64, left: &[i64], dearest: bool) -> Option<Vec<(usize, i64)>> {
    let mut missing = count;
    let mut picks = Vec::new();
    let mut take = |piece: usize| {
        let here = left[piece].min(missing);
        if here > 0 {
            missing -= here;
            picks.push((piece, here));
        }
        missing == 0
    };
    // The pool stands dearest first.
    let _done =
        if dearest { pool.iter().any(|piece| take(*piece)) } else { pool.iter().rev().any(|piece| take(*piece)) };
    (missing == 0).then_some(picks)
}

/// Every way to take `count` pieces from a pool.
fn combine(pool: &[usize], count: i64, left: &[i64], chosen: &mut Vec<(usize, i64)>, found: &mut Vec<Taken>) {
    if count == 0 {
        found.push(chosen.clone());
        return;
    }
    let Some((piece, rest)) = pool.split_first() else { return };
    if found.len() > WAYS_MAX {
        return;
    }
    for here in (0..=left[*piece].min(count)).rev() {
        if here > 0 {
            chosen.push((*piece, here));
        }
        combine(rest, count - here, left, chosen, found);
        if here > 0 {
            chosen.pop();
        }
    }
}

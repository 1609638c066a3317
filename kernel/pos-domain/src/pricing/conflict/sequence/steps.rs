//! The sets that can follow each other, and what the pieces they leave could still save.
//!
//! Every piece is given a price such that the pieces of any set cost at least what the set saves. What is left of the
//! pieces then cannot save more than it costs. A set that saves less than its pieces cost gives the difference away, its
//! *waste*: a way that has wasted what it was ahead cannot become the best any more.

use super::Search;
use super::sets::Set;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Ways to fill sets that are looked at.
const WAYS_MAX: usize = 2_000;
/// What it costs to make up a set, in comparisons of two labels.
const WORK_WAY: u64 = 60;

/// A set that could follow.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) plan: usize,
    pub(super) set: Set,
    /// Pieces it takes: (piece, count).
    pub(super) used: Vec<(usize, i64)>,
    /// What its pieces cost above what it saves.
    pub(super) waste: i64,
}

/// Every set there is, and prices of the pieces.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Those that waste least first.
    pub(super) all: Vec<Step>,
    /// Prices by piece: for the sets of all plans, for those without a cap, and for those under each cap.
    pub(super) prices: Vec<Vec<i64>>,
    /// What it cost to make them up.
    pub(super) work: u64,
}

impl Steps {
    /// The steps of all plans; none where there are too many.
    pub(super) fn new(search: &Search<'_>) -> Option<Steps> {
        let sets = search.sets;
        let any_forced = (0..sets.plans.len()).any(|plan| sets.is_forced(plan));
        let mut all = Vec::new();
        let mut ways = 0;
        let most = 2 * WAYS_MAX;
        let upper = (0..sets.plans.len()).map(|plan| sets.ways_at_most(plan, most)).fold(0, usize::saturating_add);
        if upper > most {
            return None;
        }
        for plan in (0..sets.plans.len()).filter(|plan| sets.plans[*plan].sets_max > 0) {
            let of_plan = sets.ways(plan, WAYS_MAX - ways, &|slots| search.saving(plan, slots))?;
            ways += of_plan.len();
            let is_forced = sets.is_forced(plan);
            // Of the ways to take the same pieces, the one that saves most; a forced pick looks at the slots too.
            let mut distinct: BTreeMap<(Vec<(usize, i64)>, usize), Set> = BTreeMap::new();
            for (index, set) in of_plan.into_iter().enumerate() {
                // A set that saves nothing still changes what a forced pick finds.
                if set.saving <= 0 && !any_forced {
                    continue;
                }
                match distinct.entry((used(&set), if is_forced { index } else { 0 })) {
                    Entry::Vacant(entry) => {
                        entry.insert(set);
                    }
                    Entry::Occupied(mut entry) if entry.get().saving < set.saving => {
                        entry.insert(set);
                    }
                    Entry::Occupied(_) => {}
                }
            }
            all.extend(distinct.into_iter().map(|((used, _), set)| Step { plan, set, used, waste: 0 }));
        }
        let values: Vec<i64> = sets.pieces.all.iter().map(|piece| piece.scaled).collect();
        let mut lists = vec![prices(&values, &all.iter().collect::<Vec<_>>())];
        for cap in std::iter::once(None).chain((0..search.caps.most.len()).map(Some)) {
            let under_it: Vec<&Step> = all.iter().filter(|step| search.caps.of_deal[step.plan] == cap).collect();
            lists.push(prices(&values, &under_it));
        }
        for step in &mut all {
            step.waste = cost(&step.used, &lists[0]).saturating_sub(step.set.saving);
        }
        all.sort_by_key(|step| step.waste);
        Some(Steps { all, prices: lists, work: WORK_WAY * ways as u64 })
    }
}

/// Prices at which the pieces of every step cost at least what it saves.
fn prices(values: &[i64], steps: &[&Step]) -> Vec<i64> {
    let mut prices = vec![0_i64; values.len()];
    let mut with_piece: Vec<Vec<(&Step, i64)>> = vec![Vec::new(); values.len()];
    for step in steps {
        // Every piece answers for its share of the saving by value: together they answer for all of it.
        let value = |piece: usize| i128::from(values[piece]);
        let whole: i128 = step.used.iter().map(|(piece, count)| value(*piece) * i128::from(*count)).sum();
        for (piece, count) in &step.used {
            let share = (i128::from(step.set.saving) * value(*piece) + whole - 1) / whole.max(1);
            prices[*piece] = prices[*piece].max(i64::try_from(share).unwrap_or(i64::MAX));
            with_piece[*piece].push((step, *count));
        }
    }
    // Where all sets with a piece cost more than they save, the piece was too dear.
    for (piece, steps) in with_piece.into_iter().enumerate() {
        let spare = |(step, count): (&Step, i64)| cost(&step.used, &prices).saturating_sub(step.set.saving) / count;
        let spare = steps.into_iter().map(spare).min().unwrap_or(0);
        prices[piece] -= spare.clamp(0, prices[piece]);
    }
    prices
}

/// What pieces cost.
pub(super) fn cost(pieces: &[(usize, i64)], prices: &[i64]) -> i64 {
    pieces.iter().map(|(piece, count)| prices[*piece].saturating_mul(*count)).fold(0, i64::saturating_add)
}

/// The pieces of all slots of a set together.
fn used(set: &Set) -> Vec<(usize, i64)> {
    let mut used: Vec<(usize, i64)> = Vec::new();
    for (piece, count) in set.slots.iter().flatten() {
        match used.iter_mut().find(|(known, _)| known == piece) {
            Some((_, known)) => *known += count,
            None => used.push((*piece, *count)),
        }
    }
    used.sort_unstable();
    used
}

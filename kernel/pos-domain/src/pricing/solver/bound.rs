//! What no answer can exceed.
//!
//! Put a price on every piece. Each deal then buys the pieces it wants as if it were alone, and an answer can save no
//! more than the deals earn after paying plus what all pieces cost: for any prices l >= 0,
//! `sum of counts x l + sum over the deals of (most it can earn at these prices)`. Good prices come from asking too
//! much of pieces that several deals want, and less of those that nobody does (subgradient steps, on whole numbers).

use super::problem::{Deal, Problem, Slot};
use std::cmp::Reverse;

/// Least and most sets of each deal that are still considered.
pub(super) type Box = Vec<(i64, i64)>;

/// How prices are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) steps: u32,
    /// Eighths of the Polyak step at first.
    pub(super) eagerness: i64,
    /// Steps in a row that may bring nothing before the step is halved.
    pub(super) patience: u32,
}

/// A bound, the prices that give it, and what the deals would like to have.
#[derive(Clone, Debug)]
pub(super) struct Priced {
    pub(super) bound: i64,
    pub(super) prices: Vec<i64>,
    /// Twice-scaled average of the sets each deal wanted, over the steps taken: hints where to branch.
    pub(super) wanted: Vec<(i64, i64)>,
}

/// Works with buffers of its own, so that a step allocates nothing.
pub(super) struct Bounder<'a> {
    problem: &'a Problem,
    pub(super) work: u64,
    /// Pieces of each item the deals would take.
    demand: Vec<i64>,
    /// Sets each deal would take.
    pub(super) sets: Vec<i64>,
    /// What each deal earns.
    pub(super) earned: Vec<i64>,
    /// What a set of each deal saves besides its pieces.
    per_set: Vec<i64>,
    /// The pools of all slots, each sorted by what a piece earns as it was last: (value, item, weight). Prices move little
    /// from step to step, so that sorting is nearly done before it begins.
    sorted: Vec<(i64, usize, i64)>,
    /// Where the slots of each deal begin in `sorted`.
    starts: Vec<usize>,
    /// Where in `sorted` a slot stands, where it ends, and pieces used of the item it stands at.
    places: Vec<(usize, usize, i64)>,
    pub(super) taken: Vec<(usize, i64)>,
    /// What further sets of the deal at hand earn: (each, how many).
    gains: Vec<(i64, i64)>,
    /// The most a piece of each item saves anywhere, alone or by completing a set: a higher price would bring nothing.
    pub(super) dearest: Vec<i64>,
}

impl<'a> Bounder<'a> {
    pub(super) fn new(problem: &'a Problem) -> Bounder<'a> {
        let deals = problem.deals.len();
        let mut dearest = vec![0; problem.counts.len()];
        for Deal { slots, per_set, .. } in &problem.deals {
            for (item, weight) in slots.iter().flat_map(|slot| &slot.pool) {
                dearest[*item] = dearest[*item].max(weight.saturating_add((*per_set).max(0)));
            }
        }
        let (mut sorted, mut starts) = (Vec::new(), Vec::with_capacity(deals));
        for Deal { slots, .. } in &problem.deals {
            starts.push(sorted.len());
            sorted.extend(slots.iter().flat_map(|slot| &slot.pool).map(|(item, weight)| (*weight, *item, *weight)));
        }
        Bounder {
            problem,
            work: 0,
            demand: vec![0; problem.counts.len()],
            sets: vec![0; deals],
            earned: vec![0; deals],
            per_set: problem.deals.iter().map(|deal| deal.per_set).collect(),
            sorted,
            starts,
            places: Vec::new(),
            taken: Vec::new(),
            gains: Vec::new(),
            dearest,
        }
    }

    /// The best bound found in some steps from `prices`; stops early once nothing above `known` is possible.
    pub(super) fn improve(&mut self, within: &Box, mut prices: Vec<i64>, known: i64, pace: Pace) -> Priced {
        let Pace { steps, eagerness, patience } = pace;
        let mut best = Priced { bound: i64::MAX, prices: prices.clone(), wanted: vec![(0, 0); within.len()] };
        let (mut eagerness, mut idle) = (eagerness, 0);
        for _ in 0..steps {
            let bound = self.at(within, &prices);
            for (sum, sets) in best.wanted.iter_mut().zip(&self.sets) {
                *sum = (sum.0 + sets, sum.1 + 1);
            }
            if bound < best.bound {
                best.bound = bound;
                best.prices.clone_from(&prices);
                idle = 0;
            } else {
                idle += 1;
                if idle >= patience && eagerness > 1 {
                    eagerness /= 2;
                    idle = 0;
                    prices.clone_from(&best.prices);
                    self.at(within, &prices);
                }
            }
            if best.bound <= known {
                break;
            }
            let excess = self.problem.counts.iter().zip(&self.demand).map(|(count, demand)| i128::from(demand - count));
            // An item that is dear enough already and still left over costs less next time; at nothing it stays.
            let off: i128 = excess
                .zip(&prices)
                .filter(|(excess, price)| *excess > 0 || **price > 0)
                .map(|(excess, _)| excess * excess)
                .sum();
            if off == 0 {
                break;
            }
            let step = i128::from(bound.saturating_sub(known) / 8) * i128::from(eagerness) / off;
            let step = i64::try_from(step).unwrap_or(i64::MAX);
            let mut moved = false;
            for (item, price) in prices.iter_mut().enumerate() {
                let excess = self.demand[item] - self.problem.counts[item];
                let next = price.saturating_add(step.saturating_mul(excess)).clamp(0, self.dearest[item]);
                moved |= next != *price;
                *price = next;
            }
            if !moved {
                break;
            }
        }
        best
    }

    /// Numbers of sets that cannot be part of an answer above `known` leave the box: at these prices a deal with that
    /// many sets would miss more than the bound has to spare.
    pub(super) fn tighten(&mut self, within: &mut Box, prices: &[i64], known: i64) {
        let bound = self.at(within, prices);
        if bound <= known {
            return;
        }
        for (deal, range) in within.iter_mut().enumerate() {
            let (least, most) = *range;
            if least == most {
                continue;
            }
            let best = self.earned[deal];
            // All its sets, at a loss or not.
            self.earn(deal, prices, most, most);
            self.taken.clear();
            let spare = bound - known;
            let fit: i64 = self.gains.iter().map(|(_, times)| times).sum();
            let spent = |sets: i64| best.saturating_sub(earns(&self.gains, sets)) >= spare;
            let mut left = (least, fit.min(most));
            left.0 = first(left.0, left.1, |sets| !spent(sets));
            left.1 -= first(0, left.1 - left.0, |less| !spent(left.1 - less));
            *range = left;
        }
    }

    /// The bound at given prices; leaves what the deals want in `demand`, `sets` and `earned`.
    fn at(&mut self, within: &Box, prices: &[i64]) -> i64 {
        self.demand.fill(0);
        self.work += 2 * (prices.len() + within.len()) as u64;
        let mut bound: i64 = self.problem.counts.iter().zip(prices).map(|(count, price)| count * price).sum();
        for (deal, (least, most)) in within.iter().enumerate() {
            let fits = self.earn(deal, prices, *least, *most);
            for (item, pieces) in self.taken.drain(..) {
                self.demand[item] += pieces;
            }
            // The sets it must have cannot be filled at all: nothing is possible here.
            if !fits {
                return i64::MIN;
            }
            bound = bound.saturating_add(self.earned[deal]);
        }
        bound
    }

    /// From now on every amount of a deal is what `share` makes of it.
    pub(super) fn reweigh(&mut self, deal: usize, share: impl Fn(i64) -> i64) {
        let Deal { slots, per_set, .. } = &self.problem.deals[deal];
        self.per_set[deal] = share(*per_set);
        let mut from = self.starts[deal];
        for Slot { pool, .. } in slots {
            self.work += pool.len() as u64;
            for (_, item, weight) in &mut self.sorted[from..from + pool.len()] {
                // Pools stand by item nearly always, and are short.
                let known = pool.iter().find(|(known, _)| known == item);
                *weight = share(known.map_or(0, |(_, weight)| *weight));
            }
            from += pool.len();
        }
    }

    /// The most a deal earns at these prices with least..=most sets, each slot buying on its own; false if the least do
    /// not fit. Leaves the pieces in `taken` and what each set earned in `gains`.
    pub(super) fn earn(&mut self, deal: usize, prices: &[i64], least: i64, most: i64) -> bool {
        let Bounder { problem, work, sets, earned, per_set, sorted, starts, places, taken, gains, .. } = self;
        let (slots, per_set) = (&problem.deals[deal].slots, per_set[deal]);
        (sets[deal], earned[deal]) = (0, 0);
        gains.clear();
        if most == 0 {
            return true;
        }
        places.clear();
        let mut start = starts[deal];
        // What a set could earn if it had the best piece of every slot as often as it asks.
        let mut promise = per_set;
        for Slot { count, pool } in slots {
            let end = start + pool.len();
            let mut dearest = i64::MIN / 4;
            for (value, item, weight) in &mut sorted[start..end] {
                *value = *weight - prices[*item];
                dearest = dearest.max(*value);
            }
            promise = promise.saturating_add(dearest.saturating_mul(*count));
            *work += pool.len() as u64;
            places.push((start, end, 0));
            start = end;
        }
        if promise <= 0 && least == 0 {
            return true;
        }
        for (start, end, _) in places.iter() {
            sort(&mut sorted[*start..*end]);
            *work += (end - start) as u64;
        }
        while sets[deal] < most {
            let mut gain = per_set;
            let before = taken.len();
            // How many sets just like this one follow before a slot runs into its next item.
            let mut times = most - sets[deal];
            for (Slot { count, .. }, (at, end, used)) in slots.iter().zip(places.iter_mut()) {
                let mut missing = *count;
                while missing > 0 {
                    // No further set fits where a pool comes to its end.
                    let Some((value, item, _)) = sorted[..*end].get(*at).copied() else {
                        taken.truncate(before);
                        return sets[deal] >= least;
                    };
                    let stock = problem.counts[item];
                    let left = stock - *used;
                    let here = left.min(missing);
                    gain = gain.saturating_add(value.saturating_mul(here));
                    // Mostly there is one such set, and no need to divide.
                    times = if here < *count || left < 2 * here { 1 } else { times.min(left / here) };
                    missing -= here;
                    *used += here;
                    taken.push((item, here));
                    if *used == stock {
                        (*at, *used) = (*at + 1, 0);
                    }
                }
            }
            *work += slots.len() as u64;
            if gain <= 0 {
                if sets[deal] >= least {
                    taken.truncate(before);
                    break;
                }
                times = times.min(least - sets[deal]);
            }
            if times > 1 {
                for (_, pieces) in &mut taken[before..] {
                    *pieces *= times;
                }
                // Every slot took from one item only, so it stands in it still, or at its end.
                for (Slot { count, .. }, (at, _, used)) in slots.iter().zip(places.iter_mut()) {
                    *used += count * (times - 1);
                    if *used == problem.counts[sorted[*at].1] {
                        (*at, *used) = (*at + 1, 0);
                    }
                }
            }
            gains.push((gain, times));
            earned[deal] = earned[deal].saturating_add(gain.saturating_mul(times));
            sets[deal] += times;
        }
        true
    }
}

/// What the first `sets` sets earn.
fn earns(gains: &[(i64, i64)], mut sets: i64) -> i64 {
    let mut sum = 0_i64;
    for (gain, times) in gains {
        let here = sets.min(*times);
        sum = sum.saturating_add(gain.saturating_mul(here));
        sets -= here;
    }
    sum
}

/// The first of `from..=to` that fits; `from` where none is near.
fn first(from: i64, to: i64, fits: impl Fn(i64) -> bool) -> i64 {
    const NEAR: i64 = 64;
    (from..=to).take_while(|at| at - from <= NEAR).find(|at| fits(*at)).unwrap_or(from)
}

/// Sorts a pool by what its pieces earn, equals by item.
fn sort(pool: &mut [(i64, usize, i64)]) {
    let comes_before =
        |one: &(i64, usize, i64), other: &(i64, usize, i64)| one.0 > other.0 || (one.0 == other.0 && one.1 < other.1);
    if pool.len() > SHORT {
        pool.sort_unstable_by_key(|(value, item, _)| (Reverse(*value), *item));
        return;
    }
    for next in 1..pool.len() {
        let moved = pool[next];
        let mut at = next;
        while at > 0 && comes_before(&moved, &pool[at - 1]) {
            pool[at] = pool[at - 1];
            at -= 1;
        }
        pool[at] = moved;
    }
}

/// Pools up to this length are sorted by insertion.
const SHORT: usize = 16;

/// The bound of a whole problem, for which an answer that saves `known` was found.
pub(super) fn root(problem: &Problem, known: i64, steps: u32) -> i64 {
    let pace = Pace { steps, eagerness: 12, patience: 8 };
    let within: Box = (0..problem.deals.len()).map(|deal| (0, problem.sets_possible(deal))).collect();
    Bounder::new(problem).improve(&within, vec![0; problem.counts.len()], known, pace).bound.max(known)
}

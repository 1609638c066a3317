//! What no answer can exceed.
//!
//! Put a price on every piece. Each deal then buys the pieces it wants as if it were alone, and an answer can save no
//! more than the deals earn after paying plus what all pieces cost: for any prices l >= 0,
//! `sum of counts x l + sum over the deals of (most it can earn at these prices)`. Good prices come from asking too
//! much of pieces that several deals want, and less of those that nobody does (subgradient steps, on whole numbers).

use super::problem::{Deal, Problem, Slot};

/// Least and most sets of each deal that are still considered.
pub(super) type Box = Vec<(i64, i64)>;

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
    sets: Vec<i64>,
    /// What each deal earns.
    earned: Vec<i64>,
    /// The slots of the deal at hand, each sorted by what a piece earns: (value, item).
    sorted: Vec<(i64, usize)>,
    /// Where in `sorted` a slot stands, where it ends, and pieces used of the item it stands at.
    places: Vec<(usize, usize, i64)>,
    taken: Vec<(usize, i64)>,
    /// What each further set of the deal at hand earns.
    gains: Vec<i64>,
}

impl<'a> Bounder<'a> {
    pub(super) fn new(problem: &'a Problem) -> Bounder<'a> {
        let deals = problem.deals.len();
        Bounder {
            problem,
            work: 0,
            demand: vec![0; problem.counts.len()],
            sets: vec![0; deals],
            earned: vec![0; deals],
            sorted: Vec::new(),
            places: Vec::new(),
            taken: Vec::new(),
            gains: Vec::new(),
        }
    }

    /// The best bound found in some steps from `prices`; stops early once nothing above `known` is possible.
    pub(super) fn improve(&mut self, within: &Box, mut prices: Vec<i64>, known: i64, steps: u32) -> Priced {
        let mut best = Priced { bound: i64::MAX, prices: prices.clone(), wanted: vec![(0, 0); within.len()] };
        // Eighths of the Polyak step; halved when several steps in a row bring nothing.
        let (mut eagerness, mut idle) = (8_i64, 0);
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
                if idle >= 3 && eagerness > 1 {
                    eagerness /= 2;
                    idle = 0;
                    prices.clone_from(&best.prices);
                    self.at(within, &prices);
                }
            }
            if best.bound <= known {
                break;
            }
            let excess = self.problem.counts.iter().zip(&self.demand).map(|(count, demand)| demand - count);
            // An item that is dear enough already and still left over costs less next time; at nothing it stays.
            let off: i64 = excess
                .zip(&prices)
                .filter(|(excess, price)| *excess > 0 || **price > 0)
                .map(|(excess, _)| excess * excess)
                .sum();
            if off == 0 {
                break;
            }
            let step = ((bound - known) / 8).saturating_mul(eagerness) / off;
            let mut moved = false;
            for ((price, count), demand) in prices.iter_mut().zip(&self.problem.counts).zip(&self.demand) {
                let next = (*price + step.saturating_mul(demand - count)).max(0);
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
            let earns =
                |sets: i64, gains: &[i64]| -> i64 { gains.iter().take(usize::try_from(sets).unwrap_or(0)).sum() };
            let reach = i64::try_from(self.gains.len()).unwrap_or(most).min(most);
            let mut left = (least, reach);
            while left.0 < left.1 && best - earns(left.0, &self.gains) >= spare {
                left.0 += 1;
            }
            while left.1 > left.0 && best - earns(left.1, &self.gains) >= spare {
                left.1 -= 1;
            }
            *range = left;
        }
    }

    /// The bound at given prices; leaves what the deals want in `demand`, `sets` and `earned`.
    fn at(&mut self, within: &Box, prices: &[i64]) -> i64 {
        self.demand.fill(0);
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
            bound += self.earned[deal];
        }
        bound
    }

    /// The most a deal earns at these prices with least..=most sets, each slot buying on its own; false if the least do
    /// not fit. Leaves the pieces in `taken` and what each set earned in `gains`.
    fn earn(&mut self, deal: usize, prices: &[i64], least: i64, most: i64) -> bool {
        let Bounder { problem, work, sets, earned, sorted, places, taken, gains, .. } = self;
        let Deal { slots, per_set, .. } = &problem.deals[deal];
        (sets[deal], earned[deal]) = (0, 0);
        gains.clear();
        if most == 0 {
            return true;
        }
        sorted.clear();
        places.clear();
        for Slot { pool, .. } in slots {
            let start = sorted.len();
            for (item, weight) in pool {
                // Sorted as they come: pools are short.
                let value = weight - prices[*item];
                let mut at = sorted.len();
                sorted.push((value, *item));
                if pool.len() <= SHORT {
                    while at > start && sorted[at - 1].0 < value {
                        sorted.swap(at - 1, at);
                        at -= 1;
                    }
                }
            }
            if pool.len() > SHORT {
                sorted[start..].sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
            }
            *work += pool.len() as u64;
            places.push((start, sorted.len(), 0));
        }
        while sets[deal] < most {
            let mut gain = *per_set;
            let before = taken.len();
            for (Slot { count, .. }, (at, end, used)) in slots.iter().zip(places.iter_mut()) {
                let mut missing = *count;
                while missing > 0 {
                    if at == end {
                        // No further set fits.
                        taken.truncate(before);
                        return sets[deal] >= least;
                    }
                    let (value, item) = sorted[*at];
                    let here = (problem.counts[item] - *used).min(missing);
                    gain += value * here;
                    missing -= here;
                    *used += here;
                    taken.push((item, here));
                    if *used == problem.counts[item] {
                        (*at, *used) = (*at + 1, 0);
                    }
                }
            }
            *work += slots.len() as u64;
            if gain <= 0 && sets[deal] >= least {
                taken.truncate(before);
                break;
            }
            gains.push(gain);
            earned[deal] += gain;
            sets[deal] += 1;
        }
        true
    }
}

/// Pools up to this length are sorted by insertion.
const SHORT: usize = 16;

/// The bound of a whole problem, for which an answer that saves `known` was found.
pub(super) fn root(problem: &Problem, known: i64, steps: u32) -> i64 {
    let within: Box = (0..problem.deals.len()).map(|deal| (0, problem.sets_possible(deal))).collect();
    Bounder::new(problem).improve(&within, vec![0; problem.counts.len()], known, steps).bound.max(known)
}

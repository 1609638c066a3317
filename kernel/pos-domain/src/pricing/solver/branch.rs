//! Branch and bound over the numbers of sets of deals that share pieces.

use super::bound::{Bounder, Box, Pace, Priced};
use super::flow::{Flow, Pool};
use super::problem::{Answer, Problem};
use super::{STEPS_MAX, answer_of};
use std::collections::BTreeSet;

/// Steps for the prices at the start.
const STEPS_ROOT: u32 = 120;

/// Branches in branches: thousands of sets could be split for ever.
const DEPTH_MAX: u32 = 200;

/// One search may lose itself where another finds the end at once. So there are several, each with a share of the
/// budget in percent and a pace of its own; a later one begins with what the earlier ones found.
const ATTEMPTS: [(u64, Pace); 3] = [
    (40, Pace { steps: 16, eagerness: 12, patience: 8 }),
    (30, Pace { steps: 12, eagerness: 8, patience: 5 }),
    (30, Pace { steps: 24, eagerness: 16, patience: 16 }),
];

struct Search<'a> {
    problem: &'a Problem,
    pools: Vec<Pool<'a>>,
    bounder: Bounder<'a>,
    best: Answer,
    work: u64,
    budget: u64,
    pace: Pace,
    /// The greatest bound among the branches that were not looked into.
    left_open: i64,
    /// Numbers of sets that were filled already.
    tried: BTreeSet<Vec<i64>>,
}

/// The best answer within the budget, and never less than the one to begin with.
pub(super) fn search(problem: &Problem, budget: u64, start: Answer) -> Answer {
    searched(problem, budget, start).0
}

/// The answer, and the steps it took.
pub(super) fn searched(problem: &Problem, budget: u64, start: Answer) -> (Answer, u64) {
    debug_assert!(budget <= STEPS_MAX);
    let pools = problem.deals.iter().flat_map(|deal| &deal.slots).map(|slot| slot.pool.as_slice()).collect();
    let mut search = Search {
        problem,
        pools,
        bounder: Bounder::new(problem),
        best: start,
        work: 0,
        budget: 0,
        pace: ATTEMPTS[0].1,
        left_open: 0,
        tried: BTreeSet::new(),
    };
    let within: Box = (0..problem.deals.len()).map(|deal| (0, problem.sets_possible(deal))).collect();
    let mut share = 0;
    for (percent, pace) in ATTEMPTS {
        share += percent;
        (search.budget, search.pace, search.left_open) = (budget * share / 100, pace, 0);
        if search.best.saving == 0 {
            search.climb(&within);
        }
        search.node(within.clone(), vec![0; problem.counts.len()], STEPS_ROOT, 0);
        if search.left_open <= search.best.saving {
            break;
        }
    }
    let work = search.work + search.bounder.work;
    let mut best = search.best;
    best.bound = best.saving.max(search.left_open);
    (best, work)
}

impl Search<'_> {
    fn spent(&self) -> bool {
        self.work + self.bounder.work >= self.budget
    }

    fn node(&mut self, mut within: Box, prices: Vec<i64>, steps: u32, depth: u32) {
        let Priced { bound, prices, wanted } =
            self.bounder.improve(&within, prices, self.best.saving, Pace { steps, ..self.pace });
        if bound <= self.best.saving {
            return;
        }
        if self.spent() || depth > DEPTH_MAX {
            self.left_open = self.left_open.max(bound);
            return;
        }
        self.bounder.tighten(&mut within, &prices, self.best.saving);
        // Where the deals themselves would settle: a good guess, and often the answer.
        let guess: Vec<i64> = within
            .iter()
            .zip(&wanted)
            .map(|((least, most), (sum, times))| ((2 * sum + times) / (2 * times).max(1)).clamp(*least, *most))
            .collect();
        self.try_sets(&guess);
        if bound <= self.best.saving {
            return;
        }
        // Branch on the deal that is least decided.
        let undecided = |deal: &usize| {
            let ((least, most), (sum, times)) = (within[*deal], wanted[*deal]);
            let fraction = (sum % times.max(1)) * 1_000 / times.max(1);
            (most > least).then(|| (fraction.min(1_000 - fraction), most - least))
        };
        let choice = (0..within.len())
            .filter(|deal| undecided(deal).is_some())
            .max_by_key(|deal| (undecided(deal), std::cmp::Reverse(*deal)));
        let Some(deal) = choice else { return };
        let ((least, most), (sum, times)) = (within[deal], wanted[deal]);
        let split = (sum / times.max(1)).clamp(least, most - 1);
        let (mut low, mut high) = (within.clone(), within);
        low[deal] = (least, split);
        high[deal] = (split + 1, most);
        // First the side that the deal leans to.
        let leans_up = 2 * sum >= (2 * split + 1) * times;
        let (first, second) = if leans_up { (high, low) } else { (low, high) };
        self.node(first, prices.clone(), self.pace.steps, depth + 1);
        self.node(second, prices, self.pace.steps, depth + 1);
    }

    /// What these numbers of sets save at best, if they can be filled.
    fn try_sets(&mut self, sets: &[i64]) {
        if !self.tried.insert(sets.to_vec()) {
            return;
        }
        let mut flow = Flow::empty(self.problem);
        self.work += flow.size();
        let mut slot = 0;
        let mut saving = 0;
        for (deal, sets) in self.problem.deals.iter().zip(sets) {
            for wanted in &deal.slots {
                if !flow.push(&self.pools, slot, wanted.count * sets, &mut self.work) {
                    return;
                }
                slot += 1;
            }
            saving = i64::saturating_add(saving, deal.per_set.saturating_mul(*sets));
        }
        saving = saving.saturating_add(flow.value);
        if saving > self.best.saving {
            self.best = answer_of(self.problem, sets, &flow, saving, 0);
        }
    }

    /// A first answer: the set that gains most now, again and again, pieces moving over as they must.
    fn climb(&mut self, within: &Box) {
        let first_slot: Vec<usize> = self
            .problem
            .deals
            .iter()
            .scan(0, |at, deal| {
                let slot = *at;
                *at += deal.slots.len();
                Some(slot)
            })
            .collect();
        let mut sets = vec![0_i64; within.len()];
        let mut flow = Flow::empty(self.problem);
        let mut saving = 0;
        // What each deal gained when it was last tried. It seldom grows, so the best of these is tried again first.
        let mut gains = vec![i64::MAX; within.len()];
        while !self.spent() {
            let open = |deal: &usize| sets[*deal] < within[*deal].1 && gains[*deal] > 0;
            let best = (0..within.len()).filter(open).max_by_key(|deal| (gains[*deal], std::cmp::Reverse(*deal)));
            let Some(deal) = best else { break };
            let definition = &self.problem.deals[deal];
            let mut next = flow.clone();
            let work = &mut self.work;
            *work += next.size();
            let fits = definition
                .slots
                .iter()
                .enumerate()
                .all(|(slot, wanted)| next.push(&self.pools, first_slot[deal] + slot, wanted.count, work));
            let gain = if fits { (next.value - flow.value).saturating_add(definition.per_set) } else { 0 };
            let is_best =
                gains.iter().enumerate().all(|(other, known)| other == deal || !open(&other) || gain >= *known);
            gains[deal] = gain;
            if gain > 0 && is_best {
                saving += gain;
                sets[deal] += 1;
                flow = next;
            }
        }
        self.tried.insert(sets.clone());
        if saving > self.best.saving {
            self.best = answer_of(self.problem, &sets, &flow, saving, 0);
        }
    }
}

//! What no answer can exceed where several deals together may save only so much.
//!
//! As in [`super::bound`] every piece has a price. Under a cap a part of what is saved is given up instead: the lesser
//! of a cap and a sum is never more than a mix of both, and the deals pay for pieces out of the other part of the sum.
//!
//! ```text
//! cap 5.00, one set saves 8.00 with pieces that cost 2.00       given up: 0   8.00 - 2.00            = 6.00
//!                                                                      1/2   2.50 + 4.00 - 2.00     = 4.50
//!                                                                        1   5.00                   = 5.00
//! ```
//!
//! True is 3.00. Prices and parts are looked for in the same steps: the part given up grows where the deals would save
//! more than their cap.

use super::bound::{Bounder, Box};
use super::problem::Problem;

/// A whole in parts of it.
const WHOLE: i64 = 1 << 16;
/// Eighths of the Polyak step at first, and steps in a row that may bring nothing before it is halved.
const EAGERNESS: i64 = 12;
const PATIENCE: u32 = 6;
/// Pieces are counted in so many parts when a direction is looked for.
const FINE: i64 = 16;

/// Deals that may save only so much together.
#[derive(Clone, Debug, Default)]
pub(in crate::pricing) struct Caps {
    /// The most that those under each save.
    pub(in crate::pricing) most: Vec<i64>,
    /// For each deal its cap.
    pub(in crate::pricing) of_deal: Vec<Option<usize>>,
}

/// A bound, and what gives it.
#[derive(Clone, Debug)]
pub(in crate::pricing) struct Bound {
    pub(in crate::pricing) bound: i64,
    /// Of every item.
    pub(in crate::pricing) prices: Vec<i64>,
    pub(in crate::pricing) work: u64,
}

/// Pieces too many or too few, in units that steps are counted in.
fn fine(excess: i64) -> i128 {
    i128::from(excess) * i128::from(FINE)
}

/// A part of an amount, never less than it is.
fn share(amount: i64, kept: i64) -> i64 {
    (amount >> 16) * kept + (((amount & (WHOLE - 1)) * kept + WHOLE - 1) >> 16)
}

/// The best bound found within some work.
pub(in crate::pricing) fn bound(problem: &Problem, caps: &Caps, known: i64, budget: u64) -> Bound {
    let within: Box = (0..problem.deals.len()).map(|deal| (0, problem.sets_possible(deal))).collect();
    let mut bounder = Bounder::new(problem);
    let unit = i128::from(bounder.dearest.iter().copied().max().unwrap_or(0).max(1));
    let mut prices = vec![0_i64; problem.counts.len()];
    let mut kept = vec![WHOLE; caps.most.len()];
    let mut best = Bound { bound: i64::MAX, prices: prices.clone(), work: 0 };
    let (mut eagerness, mut idle) = (EAGERNESS, 0);
    let mut demand = vec![0_i64; problem.counts.len()];
    // Under each cap: what its deals earn, and what they save.
    let mut under = vec![(0_i64, 0_i64); caps.most.len()];
    loop {
        demand.fill(0);
        under.fill((0, 0));
        bounder.work += 2 * (prices.len() + within.len()) as u64;
        let costs = problem.counts.iter().zip(&prices).map(|(count, price)| count.saturating_mul(*price));
        let mut smooth = costs.fold(0, i64::saturating_add);
        for (deal, (_, most)) in within.iter().enumerate() {
            bounder.earn(deal, &prices, 0, *most);
            let earned = bounder.earned[deal];
            let mut paid = 0_i64;
            for (item, pieces) in bounder.taken.drain(..) {
                demand[item] = demand[item].saturating_add(pieces);
                paid = paid.saturating_add(prices[item].saturating_mul(pieces));
            }
            match caps.of_deal[deal] {
                None => smooth = smooth.saturating_add(earned),
                Some(cap) => {
                    under[cap].0 = under[cap].0.saturating_add(earned);
                    under[cap].1 = under[cap].1.saturating_add(earned.saturating_add(paid));
                }
            }
        }
        let mut bound = smooth;
        for ((cap, kept), (earned, _)) in caps.most.iter().zip(&kept).zip(&under) {
            let mixed = share(*cap, WHOLE - kept).saturating_add(*earned);
            smooth = smooth.saturating_add(mixed);
            bound = bound.saturating_add(mixed.min(*cap));
        }
        if bound < best.bound {
            best = Bound { bound, prices: prices.clone(), work: 0 };
            idle = 0;
        } else {
            idle += 1;
            if idle >= PATIENCE {
                if eagerness == 1 {
                    break;
                }
                (eagerness, idle) = (eagerness / 2, 0);
            }
        }
        if best.bound <= known || bounder.work >= budget {
            break;
        }
        // Which way to go: pieces asked for too often cost more, caps that are exceeded keep less.
        let mut off = 0_i128;
        for ((count, demand), price) in problem.counts.iter().zip(&mut demand).zip(&prices) {
            let excess = if *demand > *count || *price > 0 { *demand - count } else { 0 };
            *demand = excess;
            off = off.saturating_add(fine(excess).saturating_pow(2));
        }
        let mut over: Vec<i128> = Vec::with_capacity(caps.most.len());
        for ((cap, kept), (_, saved)) in caps.most.iter().zip(&kept).zip(&under) {
            let saved = i128::from(*saved) * i128::from(WHOLE) / i128::from((*kept).max(1));
            let excess = (saved - i128::from(*cap)) * i128::from(FINE) / unit;
            let excess = if *kept == WHOLE && excess < 0 || *kept == 0 && excess >= 0 { 0 } else { excess };
            off = off.saturating_add(excess.saturating_pow(2));
            over.push(excess);
        }
        if off == 0 {
            break;
        }
        let step =
            i128::from((smooth.saturating_sub(known)).max(1)) * i128::from(eagerness) * i128::from(FINE) / 8 / off;
        for (item, excess) in demand.iter().enumerate() {
            let by = i64::try_from(step.saturating_mul(fine(*excess))).unwrap_or(0);
            prices[item] = prices[item].saturating_add(by).clamp(0, bounder.dearest[item]);
        }
        for (cap, excess) in over.into_iter().enumerate().filter(|(_, excess)| *excess != 0) {
            let by = step.saturating_mul(excess).saturating_mul(i128::from(WHOLE)) / unit;
            let next = i128::from(kept[cap]).saturating_sub(by).clamp(0, i128::from(WHOLE));
            kept[cap] = i64::try_from(next).unwrap_or(WHOLE);
            let now = kept[cap];
            for deal in (0..within.len()).filter(|deal| caps.of_deal[*deal] == Some(cap)) {
                bounder.reweigh(deal, |amount| share(amount, now));
            }
        }
    }
    best.bound = best.bound.max(known);
    best.work = bounder.work;
    best
}

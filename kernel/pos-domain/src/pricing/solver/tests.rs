//! The solver against all answers there are.

use super::*;
use smallvec::smallvec;
use std::collections::BTreeMap;

/// A small generator of its own: the same problems on every machine and in every version.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const SCALE: i64 = 1_000_000;

/// Every way to fill one set: pieces of each item, and what it saves.
fn ways(problem: &Problem, deal: &Deal) -> Vec<(Vec<i64>, i64)> {
    let mut ways: BTreeMap<Vec<i64>, i64> = BTreeMap::from([(vec![0; problem.counts.len()], deal.per_set)]);
    for slot in &deal.slots {
        for _ in 0..slot.count {
            let mut next: BTreeMap<Vec<i64>, i64> = BTreeMap::new();
            for (used, value) in &ways {
                for (item, weight) in &slot.pool {
                    let mut used = used.clone();
                    used[*item] += 1;
                    if used[*item] <= problem.counts[*item] {
                        let known = next.entry(used).or_insert(i64::MIN);
                        *known = (*known).max(value + weight);
                    }
                }
            }
            ways = next;
        }
    }
    ways.into_iter().collect()
}

/// The greatest saving, by trying everything.
fn brute(problem: &Problem) -> i64 {
    let ways: Vec<_> = problem.deals.iter().map(|deal| ways(problem, deal)).collect();
    let mut states: BTreeMap<Vec<i64>, i64> = BTreeMap::from([(vec![0; problem.counts.len()], 0)]);
    for (deal, ways) in problem.deals.iter().zip(&ways) {
        let mut frontier = states.clone();
        for _ in 0..deal.sets_max.min(problem.counts.iter().sum()) {
            let mut next: BTreeMap<Vec<i64>, i64> = BTreeMap::new();
            for (used, value) in &frontier {
                for (set, gain) in ways {
                    let sum: Vec<i64> = used.iter().zip(set).map(|(one, other)| one + other).collect();
                    if sum.iter().zip(&problem.counts).all(|(used, count)| used <= count) {
                        let known = next.entry(sum).or_insert(i64::MIN);
                        *known = (*known).max(value + gain);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            for (used, value) in &next {
                let known = states.entry(used.clone()).or_insert(i64::MIN);
                *known = (*known).max(*value);
            }
            frontier = next;
        }
    }
    states.into_values().max().unwrap_or(0)
}

/// An answer is one: no piece twice, every slot filled, the saving as stated.
fn check(problem: &Problem, answer: &Answer) {
    let mut used = vec![0; problem.counts.len()];
    let mut saving = 0;
    for ((deal, sets), slots) in problem.deals.iter().zip(&answer.sets).zip(&answer.pieces) {
        assert!(*sets <= deal.sets_max);
        saving += sets * deal.per_set;
        for (slot, pieces) in deal.slots.iter().zip(slots) {
            assert_eq!(
                pieces.iter().map(|(_, pieces)| pieces).sum::<i64>(),
                slot.count * sets,
                "{problem:?} {answer:?}"
            );
            for (item, pieces) in pieces {
                used[*item] += pieces;
                saving += pieces * slot.pool.iter().find(|(known, _)| known == item).unwrap().1;
            }
        }
    }
    assert!(used.iter().zip(&problem.counts).all(|(used, count)| used <= count), "{problem:?} {answer:?}");
    assert_eq!(saving, answer.saving);
}

/// Up to six items and six deals: bundles, "buy a get b", prices on pieces.
fn random(dice: &mut Dice) -> Problem {
    let items = 1 + dice.roll(6) as usize;
    let prices: Vec<i64> = (0..items).map(|_| (50 + dice.roll(950) as i64) * SCALE).collect();
    let counts = (0..items).map(|_| 1 + dice.roll(2) as i64).collect();
    let deals = (0..1 + dice.roll(6)).map(|_| {
        let bundle = dice.roll(2) == 0;
        let slots: Slots = (0..1 + dice.roll(2))
            .map(|slot| {
                let mut pool: Vec<usize> = (0..items).filter(|_| dice.roll(2) == 0).collect();
                if pool.is_empty() {
                    pool.push(dice.roll(items as u64) as usize);
                }
                let share = if slot == 0 { dice.roll(2) * 25 } else { dice.roll(5) * 25 } as i64;
                let weight = |item: usize| if bundle { prices[item] } else { prices[item] * share / 100 };
                Slot {
                    count: 1 + dice.roll(2) as i64,
                    pool: pool.into_iter().map(|item| (item, weight(item))).collect(),
                }
            })
            .collect();
        let pieces: i64 = slots.iter().map(|slot| slot.count).sum();
        let per_set = if bundle { -(pieces * (200 + dice.roll(500) as i64) * SCALE) } else { 0 };
        if dice.roll(5) == 0 {
            let pool = slots[0].pool.iter().map(|(item, _)| (*item, prices[*item] / 10)).collect();
            return Deal { slots: smallvec![Slot { count: 1, pool }], per_set: 0, sets_max: i64::MAX };
        }
        if dice.roll(5) == 0 {
            let item = dice.roll(items as u64) as usize;
            let pool = smallvec![(item, prices[item] / (2 + dice.roll(9) as i64))];
            return Deal { slots: smallvec![Slot { count: 1, pool }], per_set: 0, sets_max: 1 + dice.roll(2) as i64 };
        }
        Deal { slots, per_set, sets_max: 1 + dice.roll(3) as i64 }
    });
    let deals = deals.collect();
    Problem { counts, deals }
}

#[test]
fn nothing_saves_more_than_what_is_found() {
    let mut dice = Dice(7);
    for _ in 0..3_000 {
        let problem = random(&mut dice);
        let answer = solve(&problem, Effort::Best);
        check(&problem, &answer);
        assert_eq!(answer.saving, brute(&problem).max(0), "{problem:?}");
        assert!(answer.is_optimal(), "{problem:?} {answer:?}");
    }
}

#[test]
fn deals_that_are_alike_share_what_one_of_them_would_have() {
    let mut dice = Dice(13);
    for _ in 0..1_000 {
        let mut problem = random(&mut dice);
        for _ in 0..1 + dice.roll(3) {
            let twin = problem.deals[dice.roll(problem.deals.len() as u64) as usize].clone();
            problem.deals.push(Deal { sets_max: 1 + dice.roll(3) as i64, ..twin });
        }
        let answer = solve(&problem, Effort::Best);
        check(&problem, &answer);
        assert_eq!(answer.saving, brute(&problem).max(0), "{problem:?}");
    }
}

#[test]
fn buying_and_getting_out_of_one_pool_is_a_closed_form() {
    let mut dice = Dice(17);
    for _ in 0..1_000 {
        let prices: Vec<i64> = (0..1 + dice.roll(5)).map(|_| (50 + dice.roll(950) as i64) * SCALE).collect();
        let slot = |count: u64, share: i64| Slot {
            count: count as i64,
            pool: prices.iter().enumerate().map(|(item, price)| (item, price * share / 100)).collect(),
        };
        let mut slots: Slots = smallvec![slot(1 + dice.roll(2), 0), slot(1 + dice.roll(2), 50)];
        slots.swap(0, dice.roll(2) as usize);
        let per_set = -(dice.roll(3) as i64) * 50 * SCALE;
        let deal = Deal { slots, per_set, sets_max: 1 + dice.roll(4) as i64 };
        let counts = prices.iter().map(|_| 1 + dice.roll(2) as i64).collect();
        let problem = Problem { counts, deals: vec![deal] };
        let answer = Answer::from(closed::at_once(&problem, 0).unwrap());
        check(&problem, &answer);
        assert_eq!(answer.saving, brute(&problem).max(0), "{problem:?}");
        // What the form says, adding set after set says too.
        assert_eq!(closed::alone(&problem, STEPS_MAX).saving, answer.saving);
    }
}

#[test]
fn thousands_of_pieces_cost_what_a_few_do() {
    let pool = (0..30).map(|item| (item, (1_000 + item as i64) * SCALE)).collect();
    let deal = Deal { slots: smallvec![Slot { count: 3, pool }], per_set: -2_000 * SCALE, sets_max: i64::MAX };
    let answer = solve(&Problem { counts: vec![200; 30], deals: vec![deal] }, Effort::Best);
    assert_eq!(answer.sets, [2_000]);
    assert!(answer.is_optimal());
}

#[test]
fn a_search_cut_short_says_what_it_may_have_missed() {
    let mut dice = Dice(11);
    for _ in 0..300 {
        let problem = random(&mut dice);
        let answer = branch::search(&problem, 1, Answer::nothing(&problem));
        check(&problem, &answer);
        assert!(answer.bound >= brute(&problem), "{problem:?} {answer:?}");
    }
}

#[test]
fn the_greedy_answer_is_one_and_never_above_the_best() {
    let mut dice = Dice(5);
    for _ in 0..500 {
        let problem = random(&mut dice);
        let answer = greedy::bounded(&problem, STEPS_MAX);
        check(&problem, &answer);
        assert!(answer.bound >= brute(&problem), "{problem:?} {answer:?}");
    }
}

/// Twelve lines of one to three pieces, all prices different, twelve overlapping deals of two or three slots.
fn overlapping(dice: &mut Dice) -> Problem {
    let prices: Vec<i64> = (0..12).map(|item| (100 + item * 83 + dice.roll(80) as i64) * SCALE).collect();
    let counts = (0..12).map(|_| 1 + dice.roll(3) as i64).collect();
    let deals = (0..12).map(|_| {
        let slots: Slots = (0..2 + dice.roll(2))
            .map(|_| {
                let mut pool: Vec<usize> = (0..12).filter(|_| dice.roll(3) == 0).collect();
                if pool.is_empty() {
                    pool.push(dice.roll(12) as usize);
                }
                Slot { count: 1, pool: pool.into_iter().map(|item| (item, prices[item])).collect() }
            })
            .collect();
        let full: i64 = slots
            .iter()
            .map(|slot| slot.pool.iter().map(|(_, price)| price).sum::<i64>() / slot.pool.len() as i64)
            .sum();
        Deal { slots, per_set: -full * (60 + dice.roll(30) as i64) / 100, sets_max: i64::MAX }
    });
    let deals = deals.collect();
    Problem { counts, deals }
}

#[test]
fn overlapping_deals_are_solved_to_the_end() {
    let mut dice = Dice(3);
    for _ in 0..50 {
        let problem = overlapping(&mut dice);
        let answer = solve(&problem, Effort::Best);
        check(&problem, &answer);
        assert!(answer.is_optimal(), "{problem:?}");
    }
}

/// What the search costs in steps of its own, the same on every machine. Pruning that no longer prunes gives the same
/// answers, only later: nothing else would notice. A better search may write smaller figures here.
#[test]
fn the_search_takes_the_steps_it_took() {
    let steps = |problem: &Problem| branch::searched(problem, STEPS_MAX, Answer::nothing(problem)).1;
    let mut dice = Dice(19);
    let small: u64 = (0..300).map(|_| steps(&random(&mut dice))).sum();
    let overlapping: u64 = (0..20).map(|_| steps(&overlapping(&mut dice))).sum();
    assert_eq!((small, overlapping), (599_088, 1_736_356));
}

/// The same for answers that are not searched: what greed finds, and the bound it can give, over many problems.
#[test]
fn greed_is_as_good_as_it_was() {
    let mut dice = Dice(23);
    let (mut found, mut bound, mut best) = (0, 0, 0);
    for _ in 0..20 {
        let problem = overlapping(&mut dice);
        let answer = greedy::bounded(&problem, STEPS_MAX);
        found += answer.saving / SCALE;
        bound += answer.bound / SCALE;
        best += solve(&problem, Effort::Best).saving / SCALE;
    }
    assert_eq!((found, best, bound), (134_186, 134_603, 135_543));
}

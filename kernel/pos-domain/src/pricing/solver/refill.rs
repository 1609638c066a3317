//! Better answers than greed's where there is too much to search: some sets are given back, and what is free then is
//! given out anew, many times over.
//!
//! A set is worth what it saves, as far as its cap has room, less what its pieces are worth to others: the prices that
//! bound the answer ([`super::bound`], [`super::capped`]) say that. Under a cap the best set is seldom the one that saves
//! most, so pieces are exchanged for others that are worth less elsewhere as long as the set still fills its cap.
//!
//! ```text
//! cap 3.00 on half of a piece, a 10.00, b 6.00     a saves 5.00, of which the cap leaves 3.00; so does b, and leaves a
//! ```
//!
//! Which sets are given back is rolled by dice that fall the same way on every machine; the work is counted.

use super::capped::Caps;
use super::problem::{Deal, Problem, Slot, Taken};
use smallvec::SmallVec;

/// What of its value an item costs at least where only the value is known.
const PART: i64 = 8;
/// Answers that are built from nothing, from the full prices of the pieces down to none.
const BUILDS: usize = 5;
/// An answer is built upon further if it misses no more than this part of the best.
const SLACK: i64 = 100;
/// Of sixteen sets those that are given back, round by round.
const GIVEN_BACK: [usize; 3] = [2, 4, 6];
/// Rounds in a row that may bring nothing better.
const IDLE_MAX: usize = 2_000;
/// What it costs to sort a choice (a piece for a slot) into its ways, to try a way, to keep a set, and to ask what a set
/// really saves.
const WORK_CHOICE: u64 = 8;
const WORK_TRY: u64 = 6;
const WORK_KEEP: u64 = 4;
const WORK_ASK: u64 = 150;

/// Sets of a deal that are alike: deal, how many, and for each slot (item, pieces) of all of them.
pub(in crate::pricing) type Batch = (usize, i64, Vec<Taken>);

/// Which pieces of its pool a slot takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pricing) enum Order {
    /// Whichever.
    Free,
    /// The first of the pool that are left.
    FirstLeft,
    /// The last.
    LastLeft,
}

/// What a problem has besides.
pub(in crate::pricing) struct Terms<'a> {
    pub(in crate::pricing) caps: &'a Caps,
    /// For each deal and slot.
    pub(in crate::pricing) orders: Vec<SmallVec<[Order; 2]>>,
    /// For each deal whether a set saves what its pieces say; else they only bound it.
    pub(in crate::pricing) is_exact: Vec<bool>,
    /// What a set of a deal saves.
    pub(in crate::pricing) saving: &'a dyn Fn(usize, &[Taken]) -> i64,
}

/// Pieces of one set: (slot, item, pieces).
type Pieces = SmallVec<[(usize, usize, i64); 6]>;

/// Sets of a deal that are alike.
#[derive(Clone, Debug)]
struct Placed {
    deal: usize,
    times: i64,
    /// What one of them saves.
    saving: i64,
    pieces: Pieces,
}

/// For each slot the pieces in the order in which it takes them: (item, weight).
type Way = SmallVec<[Vec<(usize, i64)>; 2]>;

/// An answer that is taken apart and put together again.
struct Refill<'a> {
    problem: &'a Problem,
    terms: &'a Terms<'a>,
    /// What the items cost: as the bound says, and as a part of their value.
    prices: [Vec<i64>; 2],
    ways: Vec<Vec<Way>>,
    is_forced: Vec<bool>,
    most: Vec<i64>,
    dice: Dice,
    /// Which of the prices are asked now.
    list: usize,
    work: u64,
    budget: u64,
    // As things stand:
    left: Vec<i64>,
    /// What each cap has left.
    room: Vec<i64>,
    sets_left: Vec<i64>,
    value: i64,
    placed: Vec<Placed>,
    pieces: Pieces,
    /// The best set of those that were tried.
    chosen: Pieces,
    /// Whether sets that save nothing are made now and then: they change what an offer finds that picks its pieces.
    may_lead: bool,
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides.max(1)
    }
}

/// The best answer found within some work, never less than the one to begin with; what it saves, and what it cost.
pub(in crate::pricing) fn improve(
    problem: &Problem,
    terms: &Terms<'_>,
    prices: &[i64],
    start: (Vec<Batch>, i64),
    (bound, budget): (i64, u64),
) -> (Vec<Batch>, i64, u64) {
    let (batches, known) = start;
    let deals = problem.deals.len();
    if problem.choices() as u64 * WORK_CHOICE > budget {
        return (batches, known, 0);
    }
    let mut refill = Refill::new(problem, terms, prices, budget);
    let mut order: Vec<usize> = (0..deals).collect();
    let mut current: Vec<Placed> = batches.iter().map(|batch| refill.placed_from(batch)).collect();
    let (mut best, mut best_value) = (None, known);
    let has_prices = prices.iter().any(|price| *price > 0);
    let any_forced = refill.is_forced.contains(&true);
    let mut round = 0_usize;
    let mut idle = 0;
    while refill.work < budget && best_value < bound && idle < IDLE_MAX && deals > 0 {
        idle += 1;
        // From nothing at first, at different prices; then from what there is.
        let (sixteenths, mut first) = match round {
            0..BUILDS => (16 - 4 * i64::try_from(round).unwrap_or(0), None),
            _ => (i64::try_from(refill.dice.roll(13)).unwrap_or(0) * 2, None),
        };
        refill.list = if !has_prices {
            1
        } else if round < BUILDS {
            0
        } else {
            refill.dice.roll(2)
        };
        refill.may_lead = any_forced && round % 2 == 1;
        refill.clear();
        if round >= BUILDS {
            for at in (1..deals).rev() {
                order.swap(at, refill.dice.roll(at + 1));
            }
            first = refill.give_back(&current, round);
        }
        refill.give_out(first, &order, sixteenths);
        if refill.value >= best_value - best_value / SLACK {
            std::mem::swap(&mut current, &mut refill.placed);
            if refill.value > best_value {
                (best_value, idle) = (refill.value, 0);
                best = Some(current.clone());
            }
        }
        round += 1;
    }
    // Of answers that save the same, the one to begin with.
    let found = best.map_or(batches, |best| best.iter().map(|placed| refill.batch(placed)).collect());
    (found, best_value, refill.work)
}

impl<'a> Refill<'a> {
    fn new(problem: &'a Problem, terms: &'a Terms<'a>, prices: &'a [i64], budget: u64) -> Refill<'a> {
        let deals = problem.deals.len();
        let mut by_value = vec![0; problem.counts.len()];
        for Deal { slots, per_set, .. } in &problem.deals {
            for (item, weight) in slots.iter().flat_map(|slot| &slot.pool) {
                by_value[*item] = (weight.saturating_add((*per_set).max(0)) / PART).max(by_value[*item]);
            }
        }
        let mut refill = Refill {
            problem,
            terms,
            prices: [prices.to_vec(), by_value],
            ways: Vec::with_capacity(deals),
            is_forced: Vec::with_capacity(deals),
            most: (0..deals).map(|deal| problem.sets_possible(deal)).collect(),
            dice: Dice(deals as u64),
            list: 0,
            work: 0,
            budget,
            left: Vec::new(),
            room: Vec::new(),
            sets_left: Vec::new(),
            value: 0,
            placed: Vec::new(),
            pieces: Pieces::new(),
            chosen: Pieces::new(),
            may_lead: false,
        };
        for deal in 0..deals {
            let orders = &terms.orders[deal];
            refill.is_forced.push(orders.iter().any(|order| *order != Order::Free));
            let mut ways: Vec<Way> = Vec::new();
            for by_price in [true, false] {
                let way = refill.way(deal, by_price);
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
            refill.ways.push(ways);
        }
        refill
    }

    /// One way to choose: by what pieces save, less their price or not.
    fn way(&mut self, deal: usize, by_price: bool) -> Way {
        let slots = &self.problem.deals[deal].slots;
        let price = |item: usize| if by_price { self.prices[0][item] } else { 0 };
        let sorted = slots.iter().zip(&self.terms.orders[deal]).map(|(Slot { pool, .. }, order)| {
            let mut pool: Vec<(usize, i64)> = pool.to_vec();
            match order {
                Order::FirstLeft => {}
                Order::LastLeft => pool.reverse(),
                Order::Free => {
                    pool.sort_by_key(|(item, weight)| (std::cmp::Reverse(weight - price(*item)), *item));
                }
            }
            pool
        });
        let way: Way = sorted.collect();
        self.work += way.iter().map(|pool| WORK_CHOICE / 2 * pool.len() as u64).sum::<u64>();
        way
    }

    /// Keeps a part of an answer: all but what stands in the way of one deal, which is to come first then, or some sets of
    /// all deals.
    fn give_back(&mut self, current: &[Placed], round: usize) -> Option<usize> {
        let first = round.is_multiple_of(2).then(|| self.dice.roll(self.problem.deals.len()));
        let wanted = first.map(|deal| self.wanted(deal));
        for placed in current {
            let stays = match &wanted {
                Some(wanted) => {
                    Some(placed.deal) != first
                        && (placed.pieces.iter().all(|(_, item, _)| !wanted[*item]) || self.dice.roll(3) == 0)
                }
                None => self.dice.roll(16) >= GIVEN_BACK[round % GIVEN_BACK.len()],
            };
            if stays {
                self.keep(placed);
            }
        }
        first
    }

    /// Gives out what is free, to one deal before the others; what is worth its price first, then all that saves anything.
    fn give_out(&mut self, first: Option<usize>, order: &[usize], sixteenths: i64) {
        for deal in first.iter().chain(order) {
            self.add(*deal, sixteenths);
        }
        for deal in order.iter().filter(|_| sixteenths > 0) {
            self.add(*deal, 0);
        }
    }

    /// Nothing given out.
    fn clear(&mut self) {
        self.left.clone_from(&self.problem.counts);
        self.room.clone_from(&self.terms.caps.most);
        self.sets_left.clone_from(&self.most);
        self.value = 0;
        self.placed.clear();
        self.work += (self.left.len() / 8 + self.most.len()) as u64;
    }

    /// Items that a deal could use.
    fn wanted(&self, deal: usize) -> Vec<bool> {
        let mut wanted = vec![false; self.problem.counts.len()];
        for (item, _) in self.problem.deals[deal].slots.iter().flat_map(|slot| &slot.pool) {
            wanted[*item] = true;
        }
        wanted
    }

    fn room(&self, deal: usize) -> i64 {
        self.terms.caps.of_deal[deal].map_or(i64::MAX, |cap| self.room[cap])
    }

    /// Places sets again; where the offer picks its pieces, those it finds now.
    fn keep(&mut self, kept: &Placed) {
        self.work += WORK_KEEP;
        let deal = kept.deal;
        if self.is_forced[deal] {
            self.add_up_to(deal, 0, kept.times, kept.saving == 0);
            return;
        }
        if kept.pieces.iter().any(|(_, item, pieces)| self.left[*item] < pieces * kept.times) {
            return;
        }
        self.place(kept.clone());
    }

    /// Adds sets of a deal while they are worth their pieces.
    fn add(&mut self, deal: usize, sixteenths: i64) {
        let leads = self.may_lead && self.dice.roll(4) == 0;
        self.add_up_to(deal, sixteenths, i64::MAX, leads);
    }

    /// Adds some sets of a deal at most while they are worth their pieces; one that is worth nothing where it `leads`.
    fn add_up_to(&mut self, deal: usize, sixteenths: i64, mut times: i64, leads: bool) {
        while times > 0 && self.sets_left[deal] > 0 && self.work < self.budget {
            let room = self.room(deal);
            if room <= 0 {
                return;
            }
            let mut best: Option<(i64, i64)> = None;
            for way in 0..self.ways[deal].len() {
                let Some((mut saving, mut cost)) = self.fill(deal, way) else { continue };
                if room < i64::MAX && !self.is_forced[deal] {
                    (saving, cost) = self.trim(deal, (saving, cost), (room, sixteenths));
                }
                if !self.terms.is_exact[deal] {
                    self.work += WORK_ASK;
                    let slots = self.problem.deals[deal].slots.len();
                    saving = (self.terms.saving)(deal, &taken(slots, &self.pieces, 1));
                }
                let gain = saving.min(room);
                let worth = gain.saturating_sub(cost / 16 * sixteenths);
                if (leads || gain > 0 && worth > 0) && best.is_none_or(|(known, _)| worth > known) {
                    best = Some((worth, saving.max(0)));
                    std::mem::swap(&mut self.chosen, &mut self.pieces);
                }
            }
            let Some((_, saving)) = best else { return };
            let pieces = self.chosen.clone();
            let fit = pieces.iter().map(|(_, item, _)| {
                let used: i64 = pieces.iter().filter(|(_, other, _)| other == item).map(|(.., used)| used).sum();
                self.left[*item] / used.max(1)
            });
            let fit = fit.min().unwrap_or(1).min(self.sets_left[deal]).min(times).min(room / saving.max(1)).max(1);
            let fit = if saving == 0 { 1 } else { fit };
            times = if saving == 0 { 0 } else { times - fit };
            self.place(Placed { deal, times: fit, saving, pieces });
        }
    }

    fn place(&mut self, placed: Placed) {
        let Placed { deal, times, saving, ref pieces } = placed;
        for (_, item, used) in pieces {
            self.left[*item] -= used * times;
        }
        self.sets_left[deal] -= times;
        let gain = saving.saturating_mul(times).min(self.room(deal));
        if let Some(cap) = self.terms.caps.of_deal[deal] {
            self.room[cap] -= gain;
        }
        self.value = self.value.saturating_add(gain);
        self.placed.push(placed);
    }

    /// One set, chosen in some way, into `pieces`: what it saves and what its pieces cost.
    fn fill(&mut self, deal: usize, way: usize) -> Option<(i64, i64)> {
        let Refill { problem, prices, list, ways, left, pieces, work, .. } = self;
        let prices = &prices[*list];
        let Deal { slots, per_set, .. } = &problem.deals[deal];
        pieces.clear();
        let (mut saving, mut cost) = (*per_set, 0_i64);
        let mut is_whole = true;
        let mut looked = 0;
        for (slot, (Slot { count, .. }, pool)) in slots.iter().zip(&ways[deal][way]).enumerate() {
            let mut missing = *count;
            for (item, weight) in pool {
                looked += 1;
                let here = left[*item].min(missing);
                if here > 0 {
                    left[*item] -= here;
                    missing -= here;
                    saving = saving.saturating_add(weight.saturating_mul(here));
                    cost = cost.saturating_add(prices[*item].saturating_mul(here));
                    pieces.push((slot, *item, here));
                    if missing == 0 {
                        break;
                    }
                }
            }
            if missing > 0 {
                is_whole = false;
                break;
            }
        }
        *work += WORK_TRY + looked;
        for (_, item, here) in pieces.iter() {
            left[*item] += here;
        }
        if !is_whole {
            return None;
        }
        Some((saving, cost))
    }

    /// Exchanges pieces of the set at hand for others that are worth less elsewhere: what a set saves beyond its cap is
    /// lost. Answers what the set saves now and what its pieces cost.
    fn trim(&mut self, deal: usize, set: (i64, i64), (room, sixteenths): (i64, i64)) -> (i64, i64) {
        let Refill { problem, prices, list, left, pieces, work, .. } = self;
        let (mut saving, mut cost) = set;
        let prices = &prices[*list];
        for at in 0..pieces.len() {
            let (slot, item, used) = pieces[at];
            let pool = &problem.deals[deal].slots[slot].pool;
            let weight = pool.iter().find(|(known, _)| *known == item).map_or(0, |(_, weight)| *weight);
            let mut best: Option<(i64, usize, i64)> = None;
            *work += pool.len() as u64;
            for (other, other_weight) in pool {
                let less = (weight - other_weight).saturating_mul(used);
                let cheaper = (prices[item] - prices[*other]).saturating_mul(used);
                let lost = saving.min(room) - (saving - less).min(room);
                let gain = (cheaper / 16 * sixteenths.max(1)).saturating_sub(lost);
                if gain > best.map_or(0, |(known, ..)| known) && left[*other] >= used {
                    let there: i64 = pieces.iter().filter(|(_, known, _)| known == other).map(|(.., used)| used).sum();
                    if left[*other] >= used + there {
                        best = Some((gain, *other, *other_weight));
                    }
                }
            }
            if let Some((_, other, other_weight)) = best {
                saving -= (weight - other_weight).saturating_mul(used);
                cost -= (prices[item] - prices[other]).saturating_mul(used);
                pieces[at].1 = other;
            }
        }
        (saving, cost)
    }

    fn placed_from(&self, (deal, times, slots): &Batch) -> Placed {
        let pieces: Pieces = slots
            .iter()
            .enumerate()
            .flat_map(|(slot, taken)| taken.iter().map(move |(item, all)| (slot, *item, all / times)))
            .collect();
        let Deal { per_set, slots, .. } = &self.problem.deals[*deal];
        let saving = if self.terms.is_exact[*deal] {
            let weight = |slot: usize, item: usize| {
                slots[slot].pool.iter().find(|(known, _)| *known == item).map_or(0, |(_, weight)| *weight)
            };
            pieces.iter().fold(*per_set, |sum, (slot, item, used)| sum.saturating_add(weight(*slot, *item) * used))
        } else {
            (self.terms.saving)(*deal, &taken(slots.len(), &pieces, 1))
        };
        Placed { deal: *deal, times: *times, saving, pieces }
    }

    fn batch(&self, placed: &Placed) -> Batch {
        let slots = self.problem.deals[placed.deal].slots.len();
        (placed.deal, placed.times, taken(slots, &placed.pieces, placed.times))
    }
}

/// Pieces of some sets slot by slot.
fn taken(slots: usize, pieces: &Pieces, times: i64) -> Vec<Taken> {
    let mut taken = vec![Taken::new(); slots];
    for (slot, item, used) in pieces {
        taken[*slot].push((*item, used * times));
    }
    taken
}

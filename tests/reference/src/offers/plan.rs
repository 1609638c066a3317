//! What a candidate needs for one set and what a set saves, exactly.
//!
//! Every shape becomes the same thing: slots with pools of piles. Portions are slots of one line each, filled once; a whole order is a
//! slot for each pile, filled with all of it, once.

use super::pile::Pile;
use crate::case::{Candidate, Case, Effect, Pick, Portion, Shape, Spread};
use crate::number::{Rational, one, to_count, whole, zero};

/// A slot over piles.
#[derive(Clone, Debug)]
pub(super) struct PlanSlot {
    /// Indices of piles.
    pub(super) pool: Vec<usize>,
    pub(super) count: u32,
    pub(super) pick: Pick,
    effect: Option<Effect>,
    /// The common effect works on its pieces.
    target: bool,
}

/// A candidate ready to be searched over.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Index of the candidate in the case.
    pub(super) candidate: usize,
    /// Lower tiers are maximised first.
    pub(super) tier: usize,
    pub(super) slots: Vec<PlanSlot>,
    together: Option<Effect>,
    spread: Spread,
    /// Shares of a whole-order amount go by weight.
    weighted: bool,
    pub(super) sets_max: u32,
    pub(super) cap: Option<Rational>,
}

/// Pieces of a pile in a slot of one set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) slot: usize,
    pub(super) pile: usize,
    pub(super) count: u32,
}

impl Plan {
    /// The plan of a candidate over the piles `open` to it; `None` if it cannot be filled whatever is chosen.
    pub(super) fn of(case: &Case, candidate: usize, tier: usize, piles: &[Pile], open: &[bool]) -> Option<Self> {
        let definition: &Candidate = &case.candidates[candidate];
        let in_lines = |lines: &[usize]| -> Vec<usize> {
            (0..piles.len()).filter(|pile| open[*pile] && lines.contains(&piles[*pile].line)).collect()
        };
        let (slots, together, sets_max, weighted) = match &definition.shape {
            Shape::Deal { slots, together, repeat_max } => {
                let slots = slots.iter().filter(|slot| slot.count > 0).map(|slot| PlanSlot {
                    pool: in_lines(&slot.pool),
                    count: slot.count,
                    pick: slot.pick,
                    effect: slot.effect.clone(),
                    target: true,
                });
                (slots.collect(), together.clone(), repeat_max.unwrap_or(u32::MAX), false)
            }
            Shape::Portions { targets, qualifiers, effect } => {
                let open_line = |portion: &&Portion| case.lines[portion.line].discountable;
                let slot = |portion: &Portion, target: bool| {
                    let line = &case.lines[portion.line];
                    // A weighed line is one piece: all of it or nothing.
                    let count = if line.weighed {
                        (portion.quantity == line.quantity).then_some(1)
                    } else {
                        to_count(&portion.quantity)
                    };
                    let pool = in_lines(&[portion.line]);
                    count.map(|count| PlanSlot { pool, count, pick: Pick::BestForCustomer, effect: None, target })
                };
                let targets = targets.iter().filter(open_line).map(|portion| slot(portion, true));
                let slots: Option<Vec<PlanSlot>> =
                    targets.chain(qualifiers.iter().map(|portion| slot(portion, false))).collect();
                (slots?, Some(effect.clone()), 1, false)
            }
            Shape::WholeOrder(effect) => {
                let whole_pile = |pile: usize| PlanSlot {
                    pool: vec![pile],
                    count: piles[pile].count,
                    pick: Pick::BestForCustomer,
                    effect: None,
                    target: true,
                };
                let slots = (0..piles.len()).filter(|pile| open[*pile] && piles[*pile].count > 0).map(whole_pile);
                (slots.collect(), Some(effect.clone()), 1, true)
            }
        };
        let sets_max = definition.uses.map_or(sets_max, |uses| sets_max.min(uses));
        let fillable = |slot: &PlanSlot| slot.pool.iter().map(|pile| piles[*pile].count).sum::<u32>() >= slot.count;
        (!slots.is_empty() && slots.iter().all(fillable)).then(|| Self {
            candidate,
            tier,
            slots,
            together,
            spread: definition.spread,
            weighted,
            sets_max,
            cap: definition.cap.clone(),
        })
    }

    /// Some slot's pieces are forced by their price.
    pub(super) fn forced(&self) -> bool {
        self.slots.iter().any(|slot| slot.pick != Pick::BestForCustomer)
    }

    /// What a piece of each entry costs after one set; slots' effects first, then the common one.
    pub(super) fn prices_after(&self, set: &[Entry], piles: &[Pile]) -> Vec<Rational> {
        let mut left: Vec<Rational> = set.iter().map(|entry| piles[entry.pile].left.clone()).collect();
        let members = |wanted: &dyn Fn(&PlanSlot, usize) -> bool| -> Vec<usize> {
            (0..set.len()).filter(|index| wanted(&self.slots[set[*index].slot], set[*index].slot)).collect()
        };
        for (number, slot) in self.slots.iter().enumerate() {
            if let Some(effect) = &slot.effect {
                self.apply(effect, &members(&|_, own| own == number), set, piles, &mut left);
            }
        }
        if let Some(effect) = &self.together {
            self.apply(effect, &members(&|slot, _| slot.target), set, piles, &mut left);
        }
        left
    }

    /// What one set saves.
    pub(super) fn saving(&self, set: &[Entry], piles: &[Pile]) -> Rational {
        let after = self.prices_after(set, piles);
        let saved = set.iter().zip(after).map(|(entry, after)| (&piles[entry.pile].left - after) * pieces(entry));
        saved.sum()
    }

    fn apply(&self, effect: &Effect, members: &[usize], set: &[Entry], piles: &[Pile], left: &mut [Rational]) {
        match effect {
            Effect::RateOff(rate) => members.iter().for_each(|member| left[*member] *= one() - rate),
            Effect::FixedPrice(price) => {
                for member in members {
                    let price = price * &piles[set[*member].pile].units;
                    if left[*member] > price {
                        left[*member] = price;
                    }
                }
            }
            Effect::BundlePrice(price) => {
                let sum: Rational = members.iter().map(|member| &left[*member] * pieces(&set[*member])).sum();
                if sum > *price {
                    self.take(&(sum - price), members, set, piles, left);
                }
            }
            Effect::AmountOff(amount) => match self.spread {
                Spread::Across => self.take(amount, members, set, piles, left),
                Spread::EachUnit => {
                    for member in members {
                        left[*member] = (&left[*member] - amount).max(zero());
                    }
                }
                Spread::EachLine => {
                    let mut lines: Vec<usize> = members.iter().map(|member| piles[set[*member].pile].line).collect();
                    lines.sort_unstable();
                    lines.dedup();
                    for line in lines {
                        let of_line = |member: &&usize| piles[set[**member].pile].line == line;
                        let of_line: Vec<usize> = members.iter().filter(of_line).copied().collect();
                        self.take(amount, &of_line, set, piles, left);
                    }
                }
            },
        }
    }

    /// Takes an amount off the members in proportion to what they cost, never below zero.
    fn take(&self, amount: &Rational, members: &[usize], set: &[Entry], piles: &[Pile], left: &mut [Rational]) {
        let weigh = |member: &usize, left: &[Rational]| {
            let weight = if self.weighted { piles[set[*member].pile].weight.clone() } else { one() };
            &left[*member] * weight * pieces(&set[*member])
        };
        let mut open: Vec<usize> = members.to_vec();
        let mut amount = amount.clone();
        // Shares by weight can ask more of a line than it costs: such lines go to zero and the rest is shared again.
        loop {
            let total: Rational = open.iter().map(|member| weigh(member, left)).sum();
            if total <= zero() || amount <= zero() {
                return;
            }
            let cost = |member: &usize, left: &[Rational]| &left[*member] * pieces(&set[*member]);
            let full = |member: &&usize| &amount * weigh(member, left) / &total >= cost(member, left);
            let spent: Vec<usize> = open.iter().filter(full).copied().collect();
            if spent.is_empty() {
                for member in open {
                    let share = &amount * weigh(&member, left) / &total;
                    left[member] -= share / pieces(&set[member]);
                }
                return;
            }
            for member in spent {
                amount -= cost(&member, left);
                left[member] = zero();
                open.retain(|other| *other != member);
            }
        }
    }
}

/// The pieces of an entry as a number.
pub(super) fn pieces(entry: &Entry) -> Rational {
    whole(i64::from(entry.count))
}

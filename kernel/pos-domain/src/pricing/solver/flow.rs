//! The transport problem behind a fixed number of sets: which pieces fill which slots.
//!
//! Units are pushed one slot at a time along the augmenting path that gains most, so the flow is the best one for the
//! units pushed so far after every push (successive shortest paths), and adding a set to a flow is a few pushes more.

use super::problem::{Problem, Taken};

/// Pieces in slots, best for the number of units in each slot.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// Pieces left of each item.
    free: Vec<i64>,
    /// For each slot (numbered through all deals): (item, weight, pieces).
    filled: Vec<Vec<(usize, i64, i64)>>,
    /// Sum of the weights of all pieces in slots.
    pub(super) value: i64,
    distance: Vec<Option<i64>>,
    /// How a unit got to an item: the slot it leaves its former item for, and that item.
    from: Vec<Option<(usize, usize)>>,
}

/// What a slot may take: (item, weight).
pub(super) type Pool<'a> = &'a [(usize, i64)];

impl Flow {
    /// Nothing in any slot.
    pub(super) fn empty(problem: &Problem) -> Flow {
        let slots = problem.deals.iter().map(|deal| deal.slots.len()).sum();
        Flow {
            free: problem.counts.clone(),
            filled: vec![Vec::new(); slots],
            value: 0,
            distance: vec![None; problem.counts.len()],
            from: vec![None; problem.counts.len()],
        }
    }

    /// How much there is to copy.
    pub(super) fn size(&self) -> u64 {
        (self.free.len() + self.filled.len()) as u64
    }

    /// Pushes units into a slot; false (and the flow is not to be used any more) where they do not fit.
    pub(super) fn push(&mut self, pools: &[Pool<'_>], slot: usize, units: i64, work: &mut u64) -> bool {
        let mut missing = units;
        while missing > 0 {
            let Some(end) = self.longest_path(pools, slot, work) else { return false };
            let (gain, most) = self.path_capacity(slot, end, missing);
            self.shift(pools, slot, end, most);
            self.value = self.value.saturating_add(gain.saturating_mul(most));
            missing -= most;
        }
        true
    }

    /// The free item whose taking, with all that moves over for it, gains most.
    fn longest_path(&mut self, pools: &[Pool<'_>], slot: usize, work: &mut u64) -> Option<usize> {
        self.distance.fill(None);
        *work += (pools[slot].len() + self.distance.len()) as u64;
        for (item, weight) in pools[slot] {
            self.distance[*item] = Some(*weight);
            self.from[*item] = None;
        }
        // A pass over all slots: the piece that leaves a slot at the least loss makes room for any other of its pool.
        // There are no gaining cycles, so the passes end.
        let mut changed = true;
        while changed {
            changed = false;
            *work += self.filled.len() as u64;
            for (mover, taken) in self.filled.iter().enumerate() {
                let leaving = |(item, weight, _): &(usize, i64, i64)| Some((self.distance[*item]? - weight, *item));
                let Some((reached, item)) = taken.iter().filter_map(leaving).max_by_key(|(reached, _)| *reached) else {
                    continue;
                };
                *work += (taken.len() + pools[mover].len()) as u64;
                for (other, gain) in pools[mover] {
                    let through = reached + gain;
                    if self.distance[*other].is_none_or(|known| through > known) {
                        self.distance[*other] = Some(through);
                        self.from[*other] = Some((mover, item));
                        changed = true;
                    }
                }
            }
        }
        let mut best: Option<(usize, i64)> = None;
        for (item, distance) in self.distance.iter().enumerate() {
            if let Some(distance) = *distance
                && self.free[item] > 0
                && best.is_none_or(|(_, known)| distance > known)
            {
                best = Some((item, distance));
            }
        }
        best.map(|(item, _)| item)
    }

    /// What a unit along the path gains, and how many units it can take.
    fn path_capacity(&self, slot: usize, end: usize, units: i64) -> (i64, i64) {
        let mut most = units.min(self.free[end]);
        let mut at = end;
        while let Some((mover, item)) = self.from[at] {
            most = most.min(self.pieces(mover, item));
            at = item;
        }
        debug_assert!(slot < self.filled.len());
        (self.distance[end].unwrap_or_default(), most)
    }

    fn pieces(&self, slot: usize, item: usize) -> i64 {
        self.filled[slot].iter().find(|(known, ..)| *known == item).map_or(0, |(_, _, pieces)| *pieces)
    }

    fn shift(&mut self, pools: &[Pool<'_>], slot: usize, end: usize, units: i64) {
        self.free[end] -= units;
        let mut at = end;
        while let Some((mover, item)) = self.from[at] {
            self.add(pools, mover, at, units);
            self.add(pools, mover, item, -units);
            at = item;
        }
        self.add(pools, slot, at, units);
    }

    fn add(&mut self, pools: &[Pool<'_>], slot: usize, item: usize, units: i64) {
        let filled = &mut self.filled[slot];
        match filled.iter().position(|(known, ..)| *known == item) {
            Some(place) => {
                filled[place].2 += units;
                if filled[place].2 == 0 {
                    filled.remove(place);
                }
            }
            None => {
                let weight = pools[slot].iter().find(|(known, _)| *known == item).map_or(0, |(_, weight)| *weight);
                filled.push((item, weight, units));
            }
        }
    }

    /// Pieces of a slot: (item, pieces), by item.
    pub(super) fn slot(&self, slot: usize) -> Taken {
        let mut pieces: Taken = self.filled[slot].iter().map(|(item, _, pieces)| (*item, *pieces)).collect();
        pieces.sort_unstable();
        pieces
    }
}

//! What the solver is given and what it answers. Values are whole numbers of a fraction of a minor unit.

use smallvec::{SmallVec, smallvec};

// Most deals have a slot or two, and few articles to fill them: such lists need no place of their own.

/// Pieces of items: (item, pieces).
pub(in crate::pricing) type Taken = SmallVec<[(usize, i64); 2]>;
/// Items, and what a piece of each saves.
pub(in crate::pricing) type Pool = SmallVec<[(usize, i64); 3]>;
/// The slots of a set.
pub(in crate::pricing) type Slots = SmallVec<[Slot; 2]>;
/// What is taken for each slot of a set.
pub(in crate::pricing) type Fillings = SmallVec<[Taken; 2]>;

/// Pieces of one item and what deals may be made of them.
#[derive(Clone, Debug, Default)]
pub(in crate::pricing) struct Problem {
    /// Pieces of each item.
    pub(in crate::pricing) counts: Vec<i64>,
    /// What may be made of them.
    pub(in crate::pricing) deals: Vec<Deal>,
}

/// Sets of pieces that save something together.
#[derive(Clone, Debug, Default)]
pub(in crate::pricing) struct Deal {
    /// What a set is made of.
    pub(in crate::pricing) slots: Slots,
    /// What a set saves besides its pieces: less than nothing for "n for 5.00".
    pub(in crate::pricing) per_set: i64,
    /// Most sets.
    pub(in crate::pricing) sets_max: i64,
}

/// Pieces of one kind in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::pricing) struct Slot {
    /// Pieces a set.
    pub(in crate::pricing) count: i64,
    /// Items the pieces may be of, and what a piece of each saves in this slot.
    pub(in crate::pricing) pool: Pool,
}

/// Sets of every deal, and their pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::pricing) struct Answer {
    /// Sets of each deal.
    pub(in crate::pricing) sets: Vec<i64>,
    /// For each deal and slot: (item, pieces) of all sets together.
    pub(in crate::pricing) pieces: Vec<Fillings>,
    /// What they save.
    pub(in crate::pricing) saving: i64,
    /// No answer saves more than this.
    pub(in crate::pricing) bound: i64,
}

impl Answer {
    /// Nothing given away.
    pub(super) fn nothing(problem: &Problem) -> Answer {
        Answer {
            sets: vec![0; problem.deals.len()],
            pieces: problem.deals.iter().map(|deal| smallvec![Taken::new(); deal.slots.len()]).collect(),
            saving: 0,
            bound: 0,
        }
    }

    /// Nothing better exists.
    pub(in crate::pricing) fn is_optimal(&self) -> bool {
        self.saving >= self.bound
    }
}

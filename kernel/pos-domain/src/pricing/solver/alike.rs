//! Deals that are the same but for their names: two stores' flyers with the same "3 for 12.00".
//!
//! Which of them has a set makes no difference to what is saved, but a search would try every way to share the sets
//! between them. So they are solved as one deal and share its sets afterwards, the first one as many as it may have.

use super::problem::{Answer, Deal, Problem, Slot, Taken};

/// A problem without the repetitions of another.
pub(super) struct Distinct {
    pub(super) problem: Problem,
    /// For each of its deals, which of the other's it stands for.
    stands_for: Vec<Vec<usize>>,
}

/// The problem with deals that are alike taken as one; none where all are different.
pub(super) fn distinct(problem: &Problem) -> Option<Distinct> {
    let deals = &problem.deals;
    if !(1..deals.len()).any(|later| deals[..later].iter().any(|earlier| are_alike(earlier, &deals[later]))) {
        return None;
    }
    let mut stands_for: Vec<Vec<usize>> = Vec::new();
    for (index, deal) in problem.deals.iter().enumerate() {
        match stands_for.iter_mut().find(|known| are_alike(&problem.deals[known[0]], deal)) {
            Some(known) => known.push(index),
            None => stands_for.push(vec![index]),
        }
    }
    let deals = stands_for.iter().map(|alike| {
        let Deal { slots, per_set, .. } = &problem.deals[alike[0]];
        let sets_max = alike.iter().map(|deal| problem.deals[*deal].sets_max).fold(0, i64::saturating_add);
        Deal { slots: slots.clone(), per_set: *per_set, sets_max }
    });
    Some(Distinct { problem: Problem { counts: problem.counts.clone(), deals: deals.collect() }, stands_for })
}

fn are_alike(one: &Deal, other: &Deal) -> bool {
    one.per_set == other.per_set && one.slots == other.slots
}

impl Distinct {
    /// The answer for all deals of the problem this was made from.
    pub(super) fn share_out(&self, problem: &Problem, found: Answer) -> Answer {
        let Answer { sets, pieces, saving, bound } = found;
        let mut answer = Answer { saving, bound, ..Answer::nothing(problem) };
        for ((deals, mut sets), slots) in self.stands_for.iter().zip(sets).zip(pieces) {
            let mut slots: Vec<_> = slots.into_iter().map(Taken::into_iter).map(Iterator::peekable).collect();
            for deal in deals {
                let here = sets.min(problem.deals[*deal].sets_max);
                sets -= here;
                answer.sets[*deal] = here;
                for (place, Slot { count, .. }) in problem.deals[*deal].slots.iter().enumerate() {
                    let mut missing = count * here;
                    while missing > 0
                        && let Some((item, left)) = slots[place].peek_mut()
                    {
                        let taken = missing.min(*left);
                        answer.pieces[*deal][place].push((*item, taken));
                        missing -= taken;
                        *left -= taken;
                        if *left == 0 {
                            slots[place].next();
                        }
                    }
                }
            }
        }
        answer
    }
}

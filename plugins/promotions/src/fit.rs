//! How many sets of a deal the pieces of a basket make, and how many pieces are missing for the next one.
//!
//! A set of 1 sandwich and 1 drink-or-snack, over 2 sandwiches, 1 drink and 0 snacks: one set, and one piece missing for
//! the second. Parts may want the same pieces, so counting each part by itself would be too generous. By Hall's theorem
//! enough pieces are there exactly if, for every choice of parts, the lines that any of them may use have as many pieces
//! as these parts need together; with at most [`PARTS_MAX`] parts all choices are looked at.

/// Parts of a set; 2^8 choices are quick to look at.
pub(crate) const PARTS_MAX: usize = 8;

/// What a set needs, and what there is.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    /// For each choice of parts: pieces they need in a set, pieces they may use.
    choices: Vec<(i64, i64)>,
}

impl Fit {
    /// `needs`: pieces of each part in a set. `uses`: for each line its pieces and which parts may take them.
    pub(crate) fn new(needs: &[u32], uses: impl IntoIterator<Item = (i64, u32)>) -> Fit {
        let parts = needs.len().min(PARTS_MAX);
        let mut pieces_of_mask = vec![0_i64; 1 << parts];
        for (pieces, mask) in uses {
            if let Some(sum) = usize::try_from(mask).ok().and_then(|mask| pieces_of_mask.get_mut(mask)) {
                *sum = sum.saturating_add(pieces);
            }
        }
        let choices = (1_usize..1 << parts)
            .map(|choice| {
                let chosen = |part: usize| choice & (1 << part) != 0;
                let need = needs
                    .iter()
                    .take(parts)
                    .enumerate()
                    .filter(|(part, _)| chosen(*part))
                    .map(|(_, need)| i64::from(*need))
                    .sum();
                let usable = pieces_of_mask.iter().enumerate().filter(|(mask, _)| mask & choice != 0);
                (need, usable.fold(0, |sum: i64, (_, pieces)| sum.saturating_add(*pieces)))
            })
            .collect();
        Fit { choices }
    }

    /// Complete sets.
    pub(crate) fn sets(&self) -> i64 {
        self.choices.iter().filter_map(|(need, there)| there.checked_div(*need)).min().unwrap_or(0)
    }

    /// Pieces missing for so many sets.
    pub(crate) fn missing_for(&self, sets: i64) -> i64 {
        let missing = |(need, there): &(i64, i64)| need.saturating_mul(sets).saturating_sub(*there);
        self.choices.iter().map(missing).max().unwrap_or(0).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Fills the parts of `sets` sets piece by piece, in every possible way.
    fn most_filled(needs: &[u32], sets: u32, lines: &[(i64, u32)]) -> i64 {
        fn fill(open: &mut Vec<i64>, lines: &[(i64, u32)]) -> i64 {
            let Some(((pieces, mask), rest)) = lines.split_first() else { return 0 };
            if *pieces == 0 {
                return fill(open, rest);
            }
            let left: Vec<(i64, u32)> = std::iter::once((pieces - 1, *mask)).chain(rest.iter().copied()).collect();
            let mut best = fill(open, &left);
            for part in 0..open.len() {
                if mask & (1 << part) != 0 && open[part] > 0 {
                    open[part] -= 1;
                    best = best.max(1 + fill(open, &left));
                    open[part] += 1;
                }
            }
            best
        }
        let mut open: Vec<i64> = needs.iter().map(|need| i64::from(need * sets)).collect();
        fill(&mut open, lines)
    }

    proptest! {
        #[test]
        fn counts_agree_with_filling_the_sets_in_every_way(
            needs in prop::collection::vec(1_u32..3, 1..4),
            lines in prop::collection::vec((0_i64..3, 0_u32..8), 0..4),
        ) {
            let in_reach = (1_u32 << needs.len()) - 1;
            let lines: Vec<(i64, u32)> = lines.into_iter().map(|(pieces, mask)| (pieces, mask & in_reach)).collect();
            let fit = Fit::new(&needs, lines.iter().copied());
            let size: i64 = needs.iter().map(|need| i64::from(*need)).sum();
            for sets in 1..3_u32 {
                let wanted = size * i64::from(sets);
                let missing = wanted - most_filled(&needs, sets, &lines);
                prop_assert_eq!(fit.missing_for(i64::from(sets)), missing);
                prop_assert_eq!(fit.sets() >= i64::from(sets), missing == 0);
            }
        }
    }
}

//! What is there to give: the pieces that are free for a group, and their prices as whole numbers for the solver.

use super::super::engine::{Segment, WorkLine};
use pos_money::{Decimal, MoneyError, Quantity, ten_to};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

/// Pieces of one line that were treated alike so far. A measured line is one piece.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) line: usize,
    pub(super) segment: usize,
    pub(super) count: i64,
    /// Of one piece, in the line's unit.
    pub(super) quantity: Decimal,
    /// What all of them cost now, in major units, exact.
    whole: Decimal,
    /// What one costs, in the solver's fractions of a minor unit.
    pub(super) scaled: i64,
}

impl Piece {
    /// What some of them cost: multiplied first, divided last, so that all of three for 10.00 are 10.00.
    pub(super) fn value(&self, count: i64) -> Result<Decimal, MoneyError> {
        if count == self.count {
            return Ok(self.whole);
        }
        let product = self.whole.checked_mul(Decimal::from(count));
        product.and_then(|product| product.checked_div(Decimal::from(self.count))).ok_or(MoneyError::Overflow)
    }
}

/// The free pieces of some lines, dearest first; equal prices by article and line, never by order of scan alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    pub(super) all: Vec<Piece>,
    /// Indexes into `all`, line by line.
    by_line: Vec<usize>,
    /// For each line of the basket, where its pieces are in `by_line`.
    of_line: Vec<Range<usize>>,
    /// Solver units in a major unit.
    pub(super) per_major: i64,
}

/// Amounts scaled for the solver stay below this, so that no sum of them can overflow.
const SCALED_MAX: i128 = 100_000_000_000_000_000;

/// Whose pieces are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taker<'a> {
    /// A group: pieces it has used already are not free.
    Group(&'a Arc<str>),
    /// Whoever combines with others.
    Anybody,
}

impl Taker<'_> {
    pub(super) fn may_take(self, segment: &Segment) -> bool {
        !segment.exclusive
            && match self {
                Taker::Group(group) => !segment.groups.contains(group),
                Taker::Anybody => true,
            }
    }
}

impl Pieces {
    /// The free pieces of discountable lines that `wanted` names.
    pub(super) fn free(lines: &[WorkLine], taker: Taker<'_>, wanted: &[bool]) -> Result<Pieces, MoneyError> {
        let mut all = Vec::with_capacity(lines.len());
        let mut sum = Decimal::ZERO;
        for (line, work) in lines.iter().enumerate().filter(|(line, work)| wanted[*line] && work.open) {
            for (segment, pieces) in work.segments.iter().enumerate().filter(|(_, segment)| taker.may_take(segment)) {
                let count = Quantity::new(pieces.quantity, work.quantity.unit).countable_pieces();
                if count < 1 {
                    continue;
                }
                sum = sum.checked_add(pieces.value).ok_or(MoneyError::Overflow)?;
                // Several pieces are counted pieces, so each is one of the line's unit.
                let quantity = if count == 1 { pieces.quantity } else { Decimal::ONE };
                all.push(Piece { line, segment, count, quantity, whole: pieces.value, scaled: 0 });
            }
        }
        let mut per_major = 1_i64;
        let whole = sum.ceil().mantissa().max(1);
        if whole >= SCALED_MAX {
            return Err(MoneyError::Overflow);
        }
        while per_major < 1_000_000_000_000 && whole * i128::from(per_major) * 10 < SCALED_MAX {
            per_major *= 10;
        }
        for piece in &mut all {
            piece.scaled = scaled(piece.whole, per_major, piece.count);
        }
        all.sort_unstable_by(|one: &Piece, other: &Piece| {
            (other.scaled.cmp(&one.scaled))
                .then_with(|| by_article(&lines[one.line], &lines[other.line]))
                .then(one.segment.cmp(&other.segment))
        });
        let mut by_line: Vec<usize> = (0..all.len()).collect();
        by_line.sort_by_key(|index| all[*index].line);
        let mut of_line = vec![0..0; lines.len()];
        for (place, index) in by_line.iter().enumerate() {
            let range: &mut Range<usize> = &mut of_line[all[*index].line];
            let start = if range.start < range.end { range.start } else { place };
            *range = start..place + 1;
        }
        Ok(Pieces { all, by_line, of_line, per_major })
    }

    /// Where the pieces of a line are, dearest first.
    pub(super) fn of_line(&self, line: usize) -> &[usize] {
        self.of_line.get(line).map_or(&[], |range| &self.by_line[range.clone()])
    }

    /// Some of the pieces, without their lines.
    pub(super) fn only(&self, wanted: &[usize]) -> Pieces {
        let all = wanted.iter().map(|piece| self.all[*piece].clone()).collect();
        Pieces { all, by_line: Vec::new(), of_line: Vec::new(), per_major: self.per_major }
    }

    /// How many pieces some of `all` are.
    pub(super) fn count(&self, pool: &[usize]) -> i64 {
        pool.iter().map(|piece| self.all[*piece].count).sum()
    }

    /// An amount in the solver's fractions, cut off below them.
    pub(super) fn scale(&self, major: Decimal) -> i64 {
        scaled(major, self.per_major, 1)
    }

    /// A sum of the solver's fractions in major units.
    pub(super) fn major(&self, scaled: i64) -> Decimal {
        Decimal::from(scaled).checked_div(Decimal::from(self.per_major)).unwrap_or_default()
    }
}

/// `major * per_major / count`, cut off.
fn scaled(major: Decimal, per_major: i64, count: i64) -> i64 {
    // A third has 28 digits; those beyond the finest fraction would only overflow.
    let major = if major.scale() > 12 { major.trunc_with_scale(12) } else { major };
    let product = major.mantissa().checked_mul(i128::from(per_major));
    let divisor = ten_to(major.scale()).and_then(|power| power.checked_mul(i128::from(count)));
    // An amount beyond everything in the basket takes everything, however much beyond.
    product.zip(divisor).map_or(i64::MAX / 1_000, |(product, divisor)| {
        i64::try_from(product / divisor).unwrap_or(i64::MAX / 1_000).min(i64::MAX / 1_000)
    })
}

fn by_article(one: &WorkLine, other: &WorkLine) -> Ordering {
    one.item.cmp(&other.item).then(one.number.cmp(&other.number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_is_a_third_in_every_scale() {
        let third = Decimal::from(10) / Decimal::from(3);
        assert_eq!(scaled(third, 1_000_000_000_000, 1), 3_333_333_333_333);
        assert_eq!(scaled(third, 10, 1), 33);
        assert_eq!(scaled(Decimal::TEN, 10, 3), 33);
        assert_eq!(scaled(Decimal::MAX, 1_000, 1), i64::MAX / 1_000);
    }
}

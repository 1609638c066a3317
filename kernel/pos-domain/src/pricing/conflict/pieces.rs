//! What is there to give: the pieces that are free for a group, and their prices as whole numbers for the solver.

use super::super::engine::{Segment, WorkLine};
use pos_money::{Decimal, MoneyError, Quantity};
use std::cmp::Ordering;
use std::sync::Arc;

/// Pieces of one line that were treated alike so far. A measured line is one piece.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) line: usize,
    pub(super) segment: usize,
    pub(super) count: i64,
    /// Of one piece, in the line's unit.
    pub(super) quantity: Decimal,
    /// What one piece costs now, in major units, exact.
    pub(super) value: Decimal,
    /// The same in the solver's fractions of a minor unit.
    pub(super) scaled: i64,
}

/// The free pieces of some lines, dearest first; equal prices by article and line, never by order of scan alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    pub(super) all: Vec<Piece>,
    /// For each line of the basket, where its pieces are in `all`.
    of_line: Vec<Vec<usize>>,
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
        let mut all = Vec::new();
        let mut sum = Decimal::ZERO;
        for (line, work) in lines.iter().enumerate().filter(|(line, work)| wanted[*line] && work.discountable) {
            for (segment, pieces) in work.segments.iter().enumerate().filter(|(_, segment)| taker.may_take(segment)) {
                let count = Quantity::new(pieces.quantity, work.quantity.unit).countable_pieces();
                if count < 1 {
                    continue;
                }
                sum = sum.checked_add(pieces.value).ok_or(MoneyError::Overflow)?;
                let (quantity, value) = if count == 1 {
                    (pieces.quantity, pieces.value)
                } else {
                    let divisor = Decimal::from(count);
                    let overflow = MoneyError::Overflow;
                    (
                        pieces.quantity.checked_div(divisor).ok_or(overflow.clone())?,
                        pieces.value.checked_div(divisor).ok_or(overflow)?,
                    )
                };
                all.push(Piece { line, segment, count, quantity, value, scaled: 0 });
            }
        }
        all.sort_by(|one: &Piece, other: &Piece| {
            other.value.cmp(&one.value).then_with(|| by_article(&lines[one.line], &lines[other.line]))
        });
        let mut per_major = 1_i64;
        let whole = sum.ceil().mantissa().max(1);
        if whole >= SCALED_MAX {
            return Err(MoneyError::Overflow);
        }
        while per_major < 1_000_000_000_000 && whole * i128::from(per_major) * 10 < SCALED_MAX {
            per_major *= 10;
        }
        let mut of_line = vec![Vec::new(); lines.len()];
        for (index, piece) in all.iter_mut().enumerate() {
            piece.scaled = scaled(piece.value, per_major);
            of_line[piece.line].push(index);
        }
        Ok(Pieces { all, of_line, per_major })
    }

    /// Where the pieces of a line are.
    pub(super) fn of_line(&self, line: usize) -> &[usize] {
        self.of_line.get(line).map_or(&[], Vec::as_slice)
    }

    /// An amount in the solver's fractions, cut off below them.
    pub(super) fn scale(&self, major: Decimal) -> i64 {
        scaled(major, self.per_major)
    }

    /// A sum of the solver's fractions in major units.
    pub(super) fn major(&self, scaled: i64) -> Decimal {
        Decimal::from(scaled).checked_div(Decimal::from(self.per_major)).unwrap_or_default()
    }
}

fn scaled(major: Decimal, per_major: i64) -> i64 {
    // A third has 28 digits; those beyond the finest fraction would only overflow.
    let major = major.trunc_with_scale(12);
    let product = major.mantissa().checked_mul(i128::from(per_major));
    let divisor = 10_i128.checked_pow(major.scale()).unwrap_or(i128::MAX);
    // An amount beyond everything in the basket takes everything, however much beyond.
    product.map_or(i64::MAX / 1_000, |product| {
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
        assert_eq!(scaled(third, 1_000_000_000_000), 3_333_333_333_333);
        assert_eq!(scaled(third, 10), 33);
        assert_eq!(scaled(Decimal::MAX, 1_000), i64::MAX / 1_000);
    }
}

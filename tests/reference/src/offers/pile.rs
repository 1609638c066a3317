//! Piles: pieces of one line that are alike, so that nothing depends on which of them is taken.
//!
//! Example: 3 x 2.00, one of them sold at half price by a deal: two piles, 2 pieces at 2.00 and 1 at 1.00, the latter used in its group.

use crate::case::{Case, Line, Stage};
use crate::number::{Rational, one, to_count, whole, zero};
use crate::refusal::Refusal;
use crate::round::round_to;
use std::collections::BTreeSet;

/// Pieces of one line with one history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pile {
    /// Index of the line.
    pub(super) line: usize,
    /// Pieces.
    pub(super) count: u32,
    /// Quantity in a piece: 1, or the whole weight of a weighed line.
    pub(super) units: Rational,
    /// What a piece still costs.
    pub(super) left: Rational,
    /// What an amount on the whole order weighs a price by: 1, or payable by price.
    pub(super) weight: Rational,
    /// Groups that used these pieces.
    pub(super) used_by: BTreeSet<String>,
    /// Some candidate touched them.
    pub(super) touched: bool,
    /// An item deal used them up, so deals that favour the shop may not.
    pub(super) taken: bool,
    /// An exclusive candidate has them for itself.
    pub(super) closed: bool,
}

impl Pile {
    /// Not closed by an exclusive candidate, and left over where a stage works on left-overs.
    pub(super) fn open_in(&self, stage: Stage) -> bool {
        !self.closed && (stage != Stage::Shop || !self.taken)
    }
}

/// Quantity times price of a line in minor units.
pub(crate) fn gross(case: &Case, line: &Line) -> Rational {
    round_to(&line.gross_exact(), &case.currency.minor_unit(), case.rounding.mode)
}

/// Bounds beyond which a basket is not small: lines, pieces, candidates.
const LINES_MAX: usize = 500;
const PIECES_MAX: usize = 100_000;
const CANDIDATES_MAX: usize = 100;

/// The piles of an untouched basket: one for each discountable line. None where nothing is offered.
pub(super) fn untouched(case: &Case) -> Result<Vec<Pile>, Refusal> {
    if case.candidates.is_empty() {
        return Ok(Vec::new());
    }
    let too_large = |what: &str, limit: usize| Err(Refusal::TooLarge { what: what.to_owned(), limit });
    if case.lines.len() > LINES_MAX {
        return too_large("lines", LINES_MAX);
    }
    if case.candidates.len() > CANDIDATES_MAX {
        return too_large("candidates", CANDIDATES_MAX);
    }
    let pieces = case.lines.iter().filter(|line| line.discountable && !line.weighed).map(|line| &line.quantity);
    if pieces.sum::<Rational>() > whole(i64::try_from(PIECES_MAX).unwrap_or(i64::MAX)) {
        return too_large("pieces", PIECES_MAX);
    }
    let discountable = case.lines.iter().enumerate().filter(|(_, line)| line.discountable);
    let piles = discountable.filter_map(|(index, line)| {
        let pieces = if line.weighed { 1 } else { to_count(&line.quantity)? };
        Some(Pile {
            line: index,
            count: pieces,
            units: if line.weighed { line.quantity.clone() } else { one() },
            left: gross(case, line) / whole(i64::from(pieces)),
            weight: one(),
            used_by: BTreeSet::new(),
            touched: false,
            taken: false,
            closed: false,
        })
    });
    Ok(piles.collect())
}

/// What the piles of a line still cost.
pub(super) fn line_left(piles: &[Pile], line: usize) -> Rational {
    piles.iter().filter(|pile| pile.line == line).map(|pile| &pile.left * whole(i64::from(pile.count))).sum()
}

/// Brings the piles of each line to its posted net, so that the next stage works on money that exists.
pub(super) fn settle_to(piles: &mut [Pile], nets: &[Rational]) {
    for (line, net) in nets.iter().enumerate() {
        let left = line_left(piles, line);
        if left == *net {
            continue;
        }
        let pieces: u32 = piles.iter().filter(|pile| pile.line == line).map(|pile| pile.count).sum();
        for pile in piles.iter_mut().filter(|pile| pile.line == line && pile.count > 0) {
            // A cent that rounding left on a line of exact value 0 goes to its pieces alike.
            pile.left = if left == zero() { net / whole(i64::from(pieces)) } else { &pile.left * net / &left };
        }
    }
}

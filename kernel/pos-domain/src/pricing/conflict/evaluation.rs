//! What candidates take off, exactly: pieces and their savings, line by line.

use super::super::engine::{Segment, WorkLine};
use super::super::proposal::{Effect, Spread};
use super::super::solver::Taken;
use super::pieces::Pieces;
use pos_money::{Currency, Decimal, MoneyError, Quantity};
use std::sync::Arc;

/// Pieces of one segment that a candidate takes.
#[derive(Clone, Debug)]
pub(super) struct Take {
    pub(super) line: usize,
    pub(super) segment: usize,
    pub(super) quantity: Decimal,
    /// What they cost before.
    pub(super) value: Decimal,
    pub(super) saving: Decimal,
}

/// A slot of some sets: its effect, and its pieces.
pub(super) type Filled<'a> = (Option<Effect>, &'a Taken);

/// What a candidate does to the pieces that are free.
#[derive(Clone, Debug, Default)]
pub(super) struct Evaluation {
    pub(super) takes: Vec<Take>,
    pub(super) saving: Decimal,
    pub(super) sets: u32,
    pub(super) capped: bool,
}

impl Evaluation {
    /// Lowers the saving to a cap, every take by its share.
    pub(super) fn cap(&mut self, cap: Decimal) -> Result<(), MoneyError> {
        if self.saving > cap {
            let whole = self.saving;
            for take in &mut self.takes {
                take.saving = ratio(take.saving, cap, whole)?;
            }
            self.saving = cap;
            self.capped = true;
        }
        Ok(())
    }

    /// Adds sets that are all alike, or pooled where it makes no difference which set a piece is in.
    pub(super) fn add_sets<'a>(
        &mut self,
        sets: i64,
        slots: impl Iterator<Item = Filled<'a>>,
        together: Option<Effect>,
        terms: Reducing<'_>,
    ) -> Result<(), MoneyError> {
        let start = self.takes.len();
        for (effect, pieces) in slots {
            let from = self.takes.len();
            self.takes.reserve(pieces.len());
            for (index, count) in pieces {
                let piece = &terms.pieces.all[*index];
                self.takes.push(Take {
                    line: piece.line,
                    segment: piece.segment,
                    quantity: times(piece.quantity, Decimal::from(*count))?,
                    value: piece.value(*count)?,
                    saving: Decimal::ZERO,
                });
            }
            if let Some(effect) = effect {
                self.saving += reduce(&mut self.takes[from..], effect, sets, terms)?;
            }
        }
        if let Some(effect) = together {
            self.saving += reduce(&mut self.takes[start..], effect, sets, terms)?;
        }
        self.sets = self.sets.saturating_add(u32::try_from(sets).unwrap_or(u32::MAX));
        Ok(())
    }
}

/// What a reduction is made under.
#[derive(Clone, Copy)]
pub(super) struct Reducing<'a> {
    pub(super) lines: &'a [WorkLine],
    pub(super) pieces: &'a Pieces,
    pub(super) spread: Spread,
    pub(super) currency: Currency,
}

/// Adds an effect's saving to takes, on what they still cost; an amount counts once for each set. Answers the sum added.
pub(super) fn reduce(
    takes: &mut [Take],
    effect: Effect,
    sets: i64,
    terms: Reducing<'_>,
) -> Result<Decimal, MoneyError> {
    let Reducing { lines, spread, currency, .. } = terms;
    let left = |take: &Take| (take.value - take.saving).max(Decimal::ZERO);
    let sets = Decimal::from(sets);
    let mut whole = Decimal::ZERO;
    for take in takes.iter() {
        whole = whole.checked_add(left(take)).ok_or(MoneyError::Overflow)?;
    }
    // What a single amount takes off all of them together.
    let together = match effect {
        Effect::AmountOff(amount) if spread == Spread::Across => {
            Some(times(currency.to_decimal(amount), sets)?.min(whole))
        }
        Effect::BundlePrice(amount) => Some((whole - times(currency.to_decimal(amount), sets)?).max(Decimal::ZERO)),
        _ => None,
    };
    let mut line_left: Vec<(usize, Decimal)> = Vec::new();
    // Where an amount counts once a line and set: a line is in as many sets as it has pieces for, laid out one after the
    // other; a weighed line is one piece.
    let counts_lines = together.is_none() && matches!(effect, Effect::AmountOff(_)) && spread == Spread::EachLine;
    let mut pieces: Vec<(usize, Decimal)> = Vec::new();
    if counts_lines {
        pieces.extend(takes.iter().map(|take| {
            let measured = lines[take.line].quantity.unit.is_measured();
            (take.line, if measured { Decimal::ONE } else { take.quantity.ceil() })
        }));
    }
    let mut added = Decimal::ZERO;
    for take in takes.iter_mut() {
        let value = left(take);
        let off = match (effect, together) {
            (_, Some(amount)) => ratio(value, amount, whole)?,
            (Effect::RateOff(rate), None) => times(value, rate.fraction())?,
            (Effect::FixedPrice(price), None) => {
                let unit = lines[take.line].quantity.unit;
                value - price.extend(Quantity::new(take.quantity, unit))?.min(value)
            }
            (Effect::AmountOff(amount), None) if spread == Spread::EachUnit => {
                times(currency.to_decimal(amount), take.quantity)?.min(value)
            }
            (Effect::AmountOff(amount) | Effect::BundlePrice(amount), None) => {
                // Once a line and set: later pieces of the same line get what the earlier ones left of it.
                if !line_left.iter().any(|(line, _)| *line == take.line) {
                    let sets = sets.min(pieces_of(&pieces, take.line));
                    line_left.push((take.line, times(currency.to_decimal(amount), sets)?));
                }
                let rest = line_left.iter_mut().find(|(line, _)| *line == take.line);
                rest.map_or(Decimal::ZERO, |(_, rest)| {
                    let off = (*rest).min(value);
                    *rest -= off;
                    off
                })
            }
        };
        take.saving += off;
        added += off;
    }
    // Three thirds of 1.00 are 1.00: not what is left of them after division.
    Ok(together.unwrap_or(added))
}

fn pieces_of(pieces: &[(usize, Decimal)], line: usize) -> Decimal {
    pieces.iter().filter(|(of, _)| *of == line).map(|(_, count)| *count).sum()
}

/// Moves the taken pieces into segments of their own.
pub(super) fn take_pieces<'a>(
    lines: &mut [WorkLine],
    takes: impl Iterator<Item = &'a Take>,
    group: Option<&Arc<str>>,
    exclusive: bool,
) -> Result<(), MoneyError> {
    for Take { line, segment, quantity, value, saving } in takes {
        let segments = &mut lines[*line].segments;
        let from = &mut segments[*segment];
        let groups = from.groups.iter().chain(group).cloned().collect();
        let part =
            Segment { quantity: *quantity, value: value - saving, groups, exclusive: from.exclusive || exclusive };
        if *quantity == from.quantity {
            *from = part;
        } else {
            from.quantity -= quantity;
            from.value -= value;
            segments.push(part);
        }
    }
    // What earlier takes of the same candidate emptied is gone.
    for line in lines.iter_mut() {
        line.segments.retain(|segment| !segment.quantity.is_zero());
    }
    Ok(())
}

/// `value * numerator / denominator`, zero for a zero denominator.
pub(super) fn ratio(value: Decimal, numerator: Decimal, denominator: Decimal) -> Result<Decimal, MoneyError> {
    if denominator.is_zero() {
        return Ok(Decimal::ZERO);
    }
    if numerator == denominator {
        return Ok(value);
    }
    value.checked_mul(numerator).and_then(|product| product.checked_div(denominator)).ok_or(MoneyError::Overflow)
}

fn times(left: Decimal, right: Decimal) -> Result<Decimal, MoneyError> {
    left.checked_mul(right).ok_or(MoneyError::Overflow)
}

//! What became of each candidate, in words and figures.

use super::super::engine::WorkLine;
use super::super::priced::{DecisionState, ModifierSource};
use super::super::proposal::{Basis, Candidate, Chosen, Deal, Effect, Shape, Spread};
use super::Contender;
use super::assign::place_of;
use super::evaluation::{Evaluation, Take};
use pos_money::{Currency, Decimal};
use std::sync::Arc;

/// What a stage came to.
#[derive(Debug, Default)]
pub(in crate::pricing) struct Resolved {
    pub(in crate::pricing) outcomes: Vec<Outcome>,
    /// What the groups save, exact.
    pub(in crate::pricing) saving: Decimal,
    /// No assignment saves more than this.
    pub(in crate::pricing) bound: Decimal,
}

/// What became of one candidate.
#[derive(Clone, Debug)]
pub(in crate::pricing) struct Outcome {
    pub(in crate::pricing) source: ModifierSource,
    pub(in crate::pricing) label: Arc<str>,
    pub(in crate::pricing) decision: DecisionState,
    pub(in crate::pricing) reason: Arc<str>,
    pub(in crate::pricing) sets: u32,
    /// It is about the whole order.
    pub(in crate::pricing) is_whole: bool,
    /// What it takes off what is to be paid, instead of off the prices.
    pub(in crate::pricing) payable: Option<Payable>,
    /// Exact, in major units.
    pub(in crate::pricing) saving: Decimal,
    /// What it may not exceed when it is posted.
    pub(in crate::pricing) most: Option<Decimal>,
    /// It takes one amount off, or leaves one price: that is met to the cent, however lines are rounded.
    pub(in crate::pricing) is_amount: bool,
    pub(in crate::pricing) by_line: Vec<LineShare>,
    /// Indexes of the lines the candidate is about.
    pub(in crate::pricing) considered: Vec<usize>,
}

/// A discount on what is to be paid.
#[derive(Clone, Copy, Debug)]
pub(in crate::pricing) struct Payable {
    pub(in crate::pricing) effect: Effect,
    /// In major units.
    pub(in crate::pricing) most: Option<Decimal>,
}

/// What a candidate takes of one line.
#[derive(Clone, Debug)]
pub(in crate::pricing) struct LineShare {
    pub(in crate::pricing) line: usize,
    /// All pieces it uses, those that only qualify too.
    pub(in crate::pricing) used: Decimal,
    /// The pieces it makes cheaper.
    pub(in crate::pricing) quantity: Decimal,
    pub(in crate::pricing) saving: Decimal,
}

/// What a candidate gives; the contender keeps only what tells it apart.
pub(super) fn applied(contender: &mut Contender, evaluation: Evaluation) -> Outcome {
    let Contender { source, candidate, considered, limit, .. } = contender;
    let payable = match (candidate.basis, &candidate.shape) {
        (Basis::Payable, Shape::WholeOrder(effect)) => Some(Payable { effect: *effect, most: limit.money }),
        _ => None,
    };
    let Evaluation { mut takes, saving, sets, capped } = evaluation;
    takes.sort_by_key(|take| take.line);
    let mut by_line: Vec<LineShare> = Vec::with_capacity(takes.len());
    for Take { line, quantity, saving, .. } in takes {
        let cheaper = if saving.is_zero() { Decimal::ZERO } else { quantity };
        match by_line.last_mut() {
            Some(share) if share.line == line => {
                share.used += quantity;
                share.quantity += cheaper;
                share.saving += saving;
            }
            _ => by_line.push(LineShare { line, used: quantity, quantity: cheaper, saving }),
        }
    }
    let (decision, reason) = if capped {
        (DecisionState::Capped, "its cap was reached".into())
    } else {
        (DecisionState::Applied, Arc::default())
    };
    let is_whole = matches!(candidate.shape, Shape::WholeOrder(_));
    let most = if capped { Some(saving) } else { limit.money };
    Outcome {
        source: source.clone(),
        label: candidate.label.text.clone(),
        decision,
        reason,
        sets,
        is_whole,
        payable,
        saving,
        most,
        is_amount: is_amount(candidate),
        by_line,
        considered: std::mem::take(considered),
    }
}

/// Whether a candidate's effect is one amount for all its pieces together.
fn is_amount(candidate: &Candidate) -> bool {
    let effect = match &candidate.shape {
        Shape::WholeOrder(effect) => Some(effect),
        Shape::Portions(chosen) => Some(&chosen.effect),
        Shape::Deal(Deal { slots, together, .. }) => {
            together.as_ref().filter(|_| slots.iter().all(|slot| slot.effect.is_none()))
        }
    };
    match effect {
        Some(Effect::BundlePrice(_)) => true,
        Some(Effect::AmountOff(_)) => candidate.spread == Spread::Across,
        _ => false,
    }
}

/// Why a candidate that was in the running got nothing, though it may be worth something `alone`.
pub(super) fn left_out(
    contender: &mut Contender,
    alone: Decimal,
    lines: &[WorkLine],
    outcomes: &[Outcome],
    currency: Currency,
) -> Outcome {
    let considered = &contender.considered;
    let is_whole = contender.is_whole();
    if !is_whole && !is_complete(&contender.candidate, lines) {
        let reason = "its conditions are not met by what is left".to_owned();
        return rejected(contender, DecisionState::Unmet, reason);
    }
    let places = u32::from(currency.exponent());
    let winner = outcomes.iter().filter(|_| is_cheaper(&contender.candidate, lines, currency));
    let winner = winner
        .filter(|outcome| matches!(outcome.decision, DecisionState::Applied | DecisionState::Capped))
        .find(|outcome| overlap(&outcome.considered, considered));
    let reason = match winner {
        Some(winner) if alone > Decimal::ZERO && winner.saving >= alone && !is_whole => format!(
            "worth {:.*}, not more than {} {:.*}",
            places as usize,
            alone.round_dp(places),
            winner.label,
            places as usize,
            winner.saving.round_dp(places)
        ),
        Some(winner) => format!("its pieces went to {}", winner.label),
        None => "it would save nothing".to_owned(),
    };
    rejected(contender, DecisionState::Lost, reason)
}

/// Whether a price that a candidate proposes is below that of any of its lines; other effects always lower something.
fn is_cheaper(candidate: &Candidate, lines: &[WorkLine], currency: Currency) -> bool {
    let Shape::Portions(Chosen { portions, effect: Effect::FixedPrice(price), .. }) = &candidate.shape else {
        return true;
    };
    let named = portions.iter().filter_map(|portion| place_of(lines, portion.line)).map(|index| &lines[index]);
    named.into_iter().any(|line| price.extend(line.quantity).is_ok_and(|costs| costs < currency.to_decimal(line.net)))
}

/// Whether the basket has what a candidate asks for, taken by others or not.
fn is_complete(candidate: &Candidate, lines: &[WorkLine]) -> bool {
    let open = |number: &u32| place_of(lines, *number).map(|index| &lines[index]).filter(|line| line.open);
    match &candidate.shape {
        Shape::WholeOrder(_) => true,
        Shape::Portions(Chosen { portions, .. }) => portions.iter().any(|portion| open(&portion.line).is_some()),
        Shape::Deal(Deal { slots, .. }) => slots.iter().all(|slot| {
            let pieces = |line: &WorkLine| match line.quantity.unit.is_measured() {
                true => Decimal::ONE,
                false => line.quantity.value,
            };
            let there = slot.pool.iter().filter_map(open).map(pieces);
            // More than can be counted is enough.
            there.fold(Decimal::ZERO, Decimal::saturating_add) >= slot.count.value
        }),
    }
}

/// A contender that gets nothing.
pub(super) fn rejected(contender: &mut Contender, decision: DecisionState, reason: String) -> Outcome {
    let considered = std::mem::take(&mut contender.considered);
    refused(&contender.source, &contender.candidate, considered, decision, reason)
}

/// A candidate that gets nothing.
pub(super) fn refused(
    source: &ModifierSource,
    candidate: &Candidate,
    considered: Vec<usize>,
    decision: DecisionState,
    reason: String,
) -> Outcome {
    Outcome {
        source: source.clone(),
        label: candidate.label.text.clone(),
        decision,
        reason: reason.into(),
        sets: 0,
        is_whole: matches!(candidate.shape, Shape::WholeOrder(_)),
        payable: None,
        saving: Decimal::ZERO,
        most: None,
        is_amount: false,
        by_line: Vec::new(),
        considered,
    }
}

/// Whether two sorted lists have something in common.
fn overlap(one: &[usize], other: &[usize]) -> bool {
    let (shorter, longer) = if one.len() < other.len() { (one, other) } else { (other, one) };
    shorter.iter().any(|line| longer.binary_search(line).is_ok())
}

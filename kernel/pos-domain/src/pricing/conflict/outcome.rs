//! What became of each candidate, in words and figures.

use super::super::priced::{DecisionState, ModifierSource};
use super::super::proposal::{Basis, Candidate, Effect, Shape};
use super::Contender;
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
    Outcome {
        source: source.clone(),
        label: candidate.label.text.clone(),
        decision,
        reason,
        sets,
        is_whole,
        payable,
        saving,
        by_line,
        considered: std::mem::take(considered),
    }
}

/// Why a candidate that was in the running got nothing, though it is worth something `alone`.
pub(super) fn left_out(contender: &mut Contender, alone: Decimal, outcomes: &[Outcome], currency: Currency) -> Outcome {
    let considered = &contender.considered;
    let is_whole = contender.is_whole();
    if alone <= Decimal::ZERO && !is_whole {
        let reason = "its conditions are not met by what is left".to_owned();
        return rejected(contender, DecisionState::Unmet, reason);
    }
    let places = u32::from(currency.exponent());
    let winner = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.decision, DecisionState::Applied | DecisionState::Capped))
        .find(|outcome| overlap(&outcome.considered, considered));
    let reason = match winner {
        Some(winner) if winner.saving >= alone && !is_whole => format!(
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
        by_line: Vec::new(),
        considered,
    }
}

/// Whether two sorted lists have something in common.
fn overlap(one: &[usize], other: &[usize]) -> bool {
    let (shorter, longer) = if one.len() < other.len() { (one, other) } else { (other, one) };
    shorter.iter().any(|line| longer.binary_search(line).is_ok())
}

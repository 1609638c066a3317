//! What became of each candidate, in words and figures.

use super::super::engine::WorkLine;
use super::super::priced::{DecisionState, ModifierSource};
use super::super::proposal::{Basis, Candidate, Effect, Shape};
use super::super::solver::Effort;
use super::Contender;
use super::assign::assign;
use super::evaluation::{Evaluation, Take};
use super::pieces::Taker;
use pos_money::{Currency, Decimal, MoneyError};
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

pub(super) fn applied(contender: Contender, evaluation: Evaluation, lines: &[WorkLine]) -> Outcome {
    let Contender { source, candidate, considered, limit, .. } = contender;
    let payable = match (candidate.basis, &candidate.shape) {
        (Basis::Payable, Shape::WholeOrder(effect)) => Some(Payable { effect: *effect, most: limit.money }),
        _ => None,
    };
    let Evaluation { takes, saving, sets, capped } = evaluation;
    let mut by_line: Vec<LineShare> = Vec::new();
    for Take { line, quantity, saving, .. } in takes {
        let cheaper = if saving.is_zero() { Decimal::ZERO } else { quantity };
        match by_line.iter_mut().find(|share| share.line == line) {
            Some(share) => {
                share.used += quantity;
                share.quantity += cheaper;
                share.saving += saving;
            }
            None => by_line.push(LineShare { line, used: quantity, quantity: cheaper, saving }),
        }
    }
    by_line.sort_by_key(|share| share.line);
    debug_assert!(by_line.iter().all(|share| share.line < lines.len()));
    let (decision, reason) = if capped {
        (DecisionState::Capped, "its cap was reached".into())
    } else {
        (DecisionState::Applied, "".into())
    };
    let is_whole = matches!(candidate.shape, Shape::WholeOrder(_));
    Outcome {
        source,
        label: candidate.label.text,
        decision,
        reason,
        sets,
        is_whole,
        payable,
        saving,
        by_line,
        considered,
    }
}

/// Why a candidate that was in the running got nothing; `before` is how the lines stood when it ran.
pub(super) fn left_out(
    contender: Contender,
    outcomes: &[Outcome],
    before: &[WorkLine],
    currency: Currency,
) -> Result<Outcome, MoneyError> {
    let Contender { source, candidate, considered, limit, group, .. } = contender;
    let alone = assign(&[&candidate], &[limit], Taker::Group(&group), before, currency, Effort::Estimate)?.saving;
    let is_whole = matches!(candidate.shape, Shape::WholeOrder(_));
    if alone <= Decimal::ZERO && !is_whole {
        let reason = "its conditions are not met by what is left".to_owned();
        return Ok(rejected(&source, &candidate, considered, DecisionState::Unmet, reason));
    }
    let places = u32::from(currency.exponent());
    let winner = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.decision, DecisionState::Applied | DecisionState::Capped))
        .find(|outcome| outcome.considered.iter().any(|line| considered.binary_search(line).is_ok()));
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
    Ok(rejected(&source, &candidate, considered, DecisionState::Lost, reason))
}

pub(super) fn rejected(
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

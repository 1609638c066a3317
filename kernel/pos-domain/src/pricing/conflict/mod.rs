//! Offers against each other: which candidate gets which pieces.
//!
//! An explicit order, never luck: exclusive candidates first, then those that compete within their group (best price
//! for the customer; a piece is used once per group), then those that combine (price, amount, rate; each on what the
//! former left). Ties go by priority, extension, candidate id — never by the order of arrival.
//!
//! A group is one assignment problem ([`super::solver`]), unless the shop's policy wants priorities or the order of a
//! list: then it is several, one after the other. An offer on the whole order has its group for itself: it is given
//! where it saves more than all the others of the group together.

mod assign;
mod check;
mod evaluation;
mod outcome;
mod pieces;
mod sequence;

pub(super) use outcome::{LineShare, Outcome, Payable, Resolved};

use super::engine::WorkLine;
use super::policy::{Budget, BudgetKind, GroupRule, OnExceed, Policy};
use super::priced::{DecisionState, ModifierSource};
use super::proposal::{Basis, Candidate, Deal, Effect, Mode, Requirement, RequirementBasis, Shape};
use super::solver::Effort;
use crate::refusal::Refusal;
use assign::{Limit, assign, named};
use evaluation::{Evaluation, Reducing, Take, reduce, take_pieces};
use outcome::{applied, left_out, rejected};
use pieces::{Pieces, Taker};
use pos_money::{Currency, Decimal, MoneyError};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A candidate that passed the checks.
struct Contender {
    source: ModifierSource,
    candidate: Candidate,
    group: Arc<str>,
    /// Indexes of the lines it is about.
    considered: Vec<usize>,
    /// Where it stood in its extension's list.
    place: usize,
    limit: Limit,
}

impl Contender {
    fn is_whole(&self) -> bool {
        matches!(self.candidate.shape, Shape::WholeOrder(_))
    }
}

/// What a stage is decided under.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) policy: &'a Policy,
    pub(super) budgets: &'a [Budget],
    pub(super) currency: Currency,
    /// What the nets at the beginning of the stage come to without tax, and with every tax, if anybody asked.
    pub(super) taxed: Option<Taxed>,
}

/// The discountable basket in other terms than the shop's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taxed {
    pub(super) without_tax: Decimal,
    pub(super) payable: Decimal,
}

/// A stage being decided.
struct Stand<'a, 'b> {
    terms: Terms<'a>,
    lines: &'b mut [WorkLine],
    nets_at_start: Decimal,
    codes_used: Vec<Arc<str>>,
    /// Groups whose whole-order offer has been given.
    whole_given: Vec<Arc<str>>,
    resolved: Resolved,
}

/// Decides between the candidates of a stage and moves the pieces of `lines` accordingly.
pub(super) fn resolve(
    terms: Terms<'_>,
    lines: &mut [WorkLine],
    candidates: Vec<(ModifierSource, Candidate)>,
) -> Result<Resolved, Refusal> {
    let nets_at_start = discountable_sum(lines);
    let mut stand = Stand {
        terms,
        lines,
        nets_at_start,
        codes_used: Vec::new(),
        whole_given: Vec::new(),
        resolved: Resolved::default(),
    };
    let mut contenders = stand.admit(candidates)?;
    contenders.sort_by(tie_break);
    let (compound, competing): (Vec<_>, Vec<_>) =
        contenders.into_iter().partition(|contender| contender.candidate.mode == Mode::Compound);
    let mut groups: BTreeMap<(Mode, Arc<str>), Vec<Contender>> = BTreeMap::new();
    for contender in competing {
        groups.entry((contender.candidate.mode, contender.group.clone())).or_default().push(contender);
    }
    for ((mode, group), contenders) in groups {
        for tier in tiers(contenders, terms.policy.group(&group)) {
            stand.compete(mode, &group, tier)?;
        }
    }
    // What is taken off what is to be paid comes after all that is taken off prices.
    let (payable, priced): (Vec<_>, Vec<_>) =
        compound.into_iter().partition(|contender| contender.candidate.basis == Basis::Payable);
    for contender in priced.into_iter().chain(payable) {
        stand.combine(contender)?;
    }
    Ok(stand.resolved)
}

/// Contenders that are decided between at once.
fn tiers(mut contenders: Vec<Contender>, rule: GroupRule) -> Vec<Vec<Contender>> {
    match rule {
        GroupRule::BestPrice => vec![contenders],
        GroupRule::Priority => {
            let mut tiers: BTreeMap<std::cmp::Reverse<i32>, Vec<Contender>> = BTreeMap::new();
            for contender in contenders {
                tiers.entry(std::cmp::Reverse(contender.candidate.priority)).or_default().push(contender);
            }
            tiers.into_values().collect()
        }
        GroupRule::ListOrder => {
            contenders.sort_by(|one, other| {
                one.source.extension.cmp(&other.source.extension).then(one.place.cmp(&other.place))
            });
            contenders.into_iter().map(|contender| vec![contender]).collect()
        }
    }
}

impl Stand<'_, '_> {
    /// Sorts out what cannot be used at all.
    fn admit(&mut self, candidates: Vec<(ModifierSource, Candidate)>) -> Result<Vec<Contender>, Refusal> {
        let mut contenders: Vec<Contender> = Vec::with_capacity(candidates.len());
        for (place, (source, candidate)) in candidates.into_iter().enumerate() {
            let considered = considered_lines(&candidate.shape, self.lines);
            let problem = check::problem(&candidate, self.lines).or_else(|| {
                contenders
                    .iter()
                    .any(|known| known.source.extension == source.extension && known.candidate.id == candidate.id)
                    .then(|| format!("its extension proposed \"{}\" twice", candidate.id))
            });
            if let Some(problem) = problem {
                let lost = rejected(&source, &candidate, considered, DecisionState::Invalid, problem);
                self.resolved.outcomes.push(lost);
                continue;
            }
            let group = candidate.group.clone().unwrap_or_else(|| "default".into());
            let limit = Limit::of(&candidate, self.terms.currency);
            contenders.push(Contender { source, candidate, group, considered, place, limit });
        }
        Ok(contenders)
    }

    /// One tier of a group: its whole-order offers against all the others together.
    fn compete(&mut self, mode: Mode, group: &Arc<str>, tier: Vec<Contender>) -> Result<(), Refusal> {
        let (mut running, mut out): (Vec<Contender>, Vec<(Contender, DecisionState, String)>) =
            (Vec::new(), Vec::new());
        for contender in tier {
            match self.unmet(&contender) {
                Some(missing) => out.push((contender, DecisionState::Unmet, missing)),
                None => running.push(contender),
            }
        }
        // A budget that is exceeded takes its offer out, and the others are decided between anew.
        let (wholes, others, given) = loop {
            let (wholes, others): (Vec<Contender>, Vec<Contender>) = running.into_iter().partition(Contender::is_whole);
            let taker = Taker::Group(group);
            let limits: Vec<Limit> = others.iter().map(|contender| self.limit(contender)).collect();
            let candidates: Vec<&Candidate> = others.iter().map(|contender| &contender.candidate).collect();
            let assigned = assign(&candidates, &limits, taker, self.lines, self.terms.currency, Effort::Best)?;
            let exceeding = others
                .iter()
                .zip(&assigned.evaluations)
                .position(|(contender, evaluation)| self.exceeds(contender, evaluation));
            if let Some(exceeding) = exceeding {
                let mut others = others;
                let contender = others.remove(exceeding);
                out.push((contender, DecisionState::Budget, "its budget does not reach".into()));
                running = others.into_iter().chain(wholes).collect();
                continue;
            }
            break (wholes, others, assigned);
        };
        let mut best_whole: Option<(usize, Evaluation)> = None;
        if !self.whole_given.contains(group) {
            for (index, contender) in wholes.iter().enumerate() {
                let evaluation = self.whole(contender)?;
                let saves = |known: &Decimal| evaluation.saving > *known;
                if !self.exceeds(contender, &evaluation)
                    && best_whole.as_ref().map_or(saves(&Decimal::ZERO), |(_, known)| saves(&known.saving))
                {
                    best_whole = Some((index, evaluation));
                }
            }
        }
        let before: Vec<WorkLine> = if out.is_empty()
            && wholes.is_empty()
            && given.evaluations.iter().all(|evaluation| evaluation.saving > Decimal::ZERO)
        {
            Vec::new()
        } else {
            self.lines.to_vec()
        };
        let whole_wins = best_whole.as_ref().is_some_and(|(_, whole)| whole.saving > given.saving);
        let saving = best_whole.as_ref().filter(|_| whole_wins).map_or(given.saving, |(_, whole)| whole.saving);
        self.resolved.saving += saving;
        self.resolved.bound += given.bound.map_or(saving, |bound| bound.max(saving));
        let mut lost: Vec<Contender> = Vec::new();
        for (index, contender) in wholes.into_iter().enumerate() {
            match best_whole.take_if(|(best, _)| whole_wins && *best == index) {
                Some((_, evaluation)) => {
                    self.whole_given.push(group.clone());
                    self.give(contender, evaluation, None, mode == Mode::Exclusive)?;
                }
                None => lost.push(contender),
            }
        }
        let mut takes: Vec<(Contender, Evaluation)> = Vec::new();
        for (contender, evaluation) in others.into_iter().zip(given.evaluations) {
            if !whole_wins && evaluation.saving > Decimal::ZERO && !self.code_is_used(&contender) {
                self.use_codes(&contender);
                takes.push((contender, evaluation));
            } else {
                lost.push(contender);
            }
        }
        self.give_all(takes, group, mode == Mode::Exclusive)?;
        for contender in lost {
            let outcome = left_out(contender, &self.resolved.outcomes, &before, self.terms.currency)?;
            self.resolved.outcomes.push(outcome);
        }
        for (contender, state, reason) in out {
            let Contender { source, candidate, considered, .. } = contender;
            self.resolved.outcomes.push(rejected(&source, &candidate, considered, state, reason));
        }
        Ok(())
    }

    /// One that combines with others: on what is left when its turn comes.
    fn combine(&mut self, contender: Contender) -> Result<(), Refusal> {
        if let Some(missing) = self.unmet(&contender) {
            let Contender { source, candidate, considered, .. } = contender;
            self.resolved.outcomes.push(rejected(&source, &candidate, considered, DecisionState::Unmet, missing));
            return Ok(());
        }
        let evaluation = if contender.is_whole() {
            self.whole(&contender)?
        } else {
            let limit = self.limit(&contender);
            let mut found = assign(
                &[&contender.candidate],
                &[limit],
                Taker::Anybody,
                self.lines,
                self.terms.currency,
                Effort::Best,
            )?;
            if let Some(bound) = found.bound {
                self.resolved.bound += bound - found.saving;
            }
            found.evaluations.pop().unwrap_or_default()
        };
        if self.exceeds(&contender, &evaluation) {
            let Contender { source, candidate, considered, .. } = contender;
            let reason = "its budget does not reach".to_owned();
            self.resolved.outcomes.push(rejected(&source, &candidate, considered, DecisionState::Budget, reason));
        } else if (evaluation.saving > Decimal::ZERO || contender.candidate.basis == Basis::Payable)
            && !self.code_is_used(&contender)
        {
            self.resolved.saving += evaluation.saving;
            self.resolved.bound += evaluation.saving;
            self.give(contender, evaluation, None, false)?;
        } else {
            let outcome = left_out(contender, &self.resolved.outcomes, self.lines, self.terms.currency)?;
            self.resolved.outcomes.push(outcome);
        }
        Ok(())
    }

    /// What an offer on the whole order takes off.
    fn whole(&self, contender: &Contender) -> Result<Evaluation, MoneyError> {
        let Shape::WholeOrder(effect) = contender.candidate.shape else { return Ok(Evaluation::default()) };
        whole_order(&contender.candidate, effect, self.limit(contender), self.lines, self.terms)
    }

    fn give(
        &mut self,
        contender: Contender,
        evaluation: Evaluation,
        group: Option<&Arc<str>>,
        exclusive: bool,
    ) -> Result<(), Refusal> {
        self.use_codes(&contender);
        take_pieces(self.lines, &evaluation, group, exclusive)?;
        let outcome = applied(contender, evaluation, self.lines);
        self.resolved.outcomes.push(outcome);
        Ok(())
    }

    /// Gives what was assigned together: the takes of all name segments as they are now.
    fn give_all(
        &mut self,
        given: Vec<(Contender, Evaluation)>,
        group: &Arc<str>,
        exclusive: bool,
    ) -> Result<(), Refusal> {
        let all: Vec<Take> = given.iter().flat_map(|(_, evaluation)| evaluation.takes.iter().cloned()).collect();
        let together = Evaluation { takes: all, ..Evaluation::default() };
        take_pieces(self.lines, &together, Some(group), exclusive)?;
        for (contender, evaluation) in given {
            let outcome = applied(contender, evaluation, self.lines);
            self.resolved.outcomes.push(outcome);
        }
        Ok(())
    }

    fn limit(&self, contender: &Contender) -> Limit {
        let budgets = self.terms.budgets.iter().filter(|budget| *budget.offer == *contender.candidate.id);
        budgets.filter(|budget| budget.on_exceed == OnExceed::Cap).fold(contender.limit, |limit, budget| {
            let left = budget.left.max(Decimal::ZERO);
            limit.and(match budget.kind {
                BudgetKind::Spend => Limit { sets: None, money: Some(left) },
                BudgetKind::Uses => Limit { sets: Some(u32::try_from(left.trunc()).unwrap_or(u32::MAX)), money: None },
            })
        })
    }

    fn exceeds(&self, contender: &Contender, evaluation: &Evaluation) -> bool {
        let budgets = self.terms.budgets.iter().filter(|budget| *budget.offer == *contender.candidate.id);
        budgets.filter(|budget| budget.on_exceed == OnExceed::Skip).any(|budget| match budget.kind {
            BudgetKind::Spend => evaluation.saving > budget.left,
            BudgetKind::Uses => evaluation.saving > Decimal::ZERO && Decimal::from(evaluation.sets) > budget.left,
        })
    }

    fn code_is_used(&self, contender: &Contender) -> bool {
        contender.candidate.consumes_codes.iter().any(|code| self.codes_used.contains(code))
    }

    fn use_codes(&mut self, contender: &Contender) {
        self.codes_used.extend(contender.candidate.consumes_codes.iter().cloned());
    }

    /// Why a requirement does not hold, if it does not.
    fn unmet(&self, contender: &Contender) -> Option<String> {
        if self.code_is_used(contender) {
            return Some("its code was used by another offer".to_owned());
        }
        let Requirement { min, basis, left } = contender.candidate.requires?;
        let now = discountable_sum(self.lines);
        let has = if left { now } else { self.nets_at_start };
        let in_terms = |whole: fn(Taxed) -> Decimal| match self.terms.taxed {
            // Other terms are a share of the shop's: taxes follow the prices.
            Some(taxed) if !self.nets_at_start.is_zero() => {
                evaluation::ratio(has, whole(taxed), self.nets_at_start).unwrap_or(has)
            }
            _ => has,
        };
        let has = match basis {
            RequirementBasis::Price => has,
            RequirementBasis::NetOfTax => in_terms(|taxed| taxed.without_tax),
            RequirementBasis::Payable => in_terms(|taxed| taxed.payable),
        };
        let currency = self.terms.currency;
        let needs = currency.to_decimal(min);
        (has < needs).then(|| format!("needs {needs}, the basket has {}", has.round_dp(u32::from(currency.exponent()))))
    }
}

/// Every discountable line as far as it is free, shared on net.
fn whole_order(
    candidate: &Candidate,
    effect: Effect,
    limit: Limit,
    lines: &[WorkLine],
    terms: Terms<'_>,
) -> Result<Evaluation, MoneyError> {
    let mut takes = Vec::new();
    for (line, work) in lines.iter().enumerate().filter(|(_, work)| work.discountable) {
        for (segment, pieces) in
            work.segments.iter().enumerate().filter(|(_, segment)| Taker::Anybody.may_take(segment))
        {
            let (quantity, value) = (pieces.quantity, pieces.value);
            takes.push(Take { line, segment, quantity, value, saving: Decimal::ZERO });
        }
    }
    if limit.sets == Some(0) {
        return Ok(Evaluation::default());
    }
    let reducing = Reducing { lines, pieces: &Pieces::default(), spread: candidate.spread, currency: terms.currency };
    let saving = reduce(&mut takes, effect, 1, reducing)?;
    let mut evaluation = Evaluation { takes, saving, sets: 1, capped: false };
    if let Some(money) = limit.money {
        evaluation.cap(money)?;
    }
    Ok(evaluation)
}

/// Price, amount, rate; higher priority; extension; id.
fn tie_break(one: &Contender, other: &Contender) -> Ordering {
    effect_class(&one.candidate.shape)
        .cmp(&effect_class(&other.candidate.shape))
        .then(other.candidate.priority.cmp(&one.candidate.priority))
        .then_with(|| one.source.extension.cmp(&other.source.extension))
        .then_with(|| one.candidate.id.cmp(&other.candidate.id))
}

fn effect_class(shape: &Shape) -> u8 {
    let of = |effect: &Effect| match effect {
        Effect::FixedPrice(_) | Effect::BundlePrice(_) => 0,
        Effect::AmountOff(_) => 1,
        Effect::RateOff(_) => 2,
    };
    match shape {
        Shape::Portions(chosen) => of(&chosen.effect),
        Shape::WholeOrder(effect) => of(effect),
        Shape::Deal(Deal { slots, together, .. }) => {
            slots.iter().filter_map(|slot| slot.effect.as_ref()).chain(together).map(of).min().unwrap_or(0)
        }
    }
}

/// Indexes of the lines a candidate could touch.
fn considered_lines(shape: &Shape, lines: &[WorkLine]) -> Vec<usize> {
    if let Shape::WholeOrder(_) = shape {
        return (0..lines.len()).filter(|index| lines[*index].discountable).collect();
    }
    let mut considered: Vec<usize> = named(shape)
        .into_iter()
        .filter_map(|line| lines.binary_search_by_key(&line, |work| work.number).ok())
        .collect();
    considered.sort_unstable();
    considered.dedup();
    considered
}

fn discountable_sum(lines: &[WorkLine]) -> Decimal {
    lines.iter().filter(|line| line.discountable).flat_map(|line| &line.segments).map(|segment| segment.value).sum()
}

/// Whether a candidate's threshold is in other terms than the shop's prices.
pub(super) fn asks_for_tax(candidate: &Candidate) -> bool {
    candidate.requires.is_some_and(|requires| requires.basis != RequirementBasis::Price)
}

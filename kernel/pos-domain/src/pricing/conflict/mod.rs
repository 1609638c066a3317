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
use super::proposal::{
    Attr, AttrValue, Basis, Candidate, Deal, EXCEPT_LINES, Effect, Mode, Requirement, RequirementBasis, Shape,
};
use crate::refusal::Refusal;
use assign::{Asking, Choices, Limit, named, place_of};
use evaluation::{Evaluation, Reducing, Take, reduce, take_pieces};
use outcome::{applied, left_out, refused, rejected};
use pieces::{Pieces, Taker};
use pos_money::{Currency, Decimal, MoneyError};
use std::cmp::Ordering;
use std::sync::Arc;

/// A candidate that passed the checks.
struct Contender {
    source: ModifierSource,
    candidate: Candidate,
    group: Arc<str>,
    /// Indexes of the lines it is about.
    considered: Vec<usize>,
    /// Indexes of the lines that are nothing to it: an offer on the whole order does not lower them, its threshold does not
    /// count them.
    except: Vec<usize>,
    /// What those lines came to when the stage began.
    except_at_start: Decimal,
    /// Where it stood in its extension's list.
    place: usize,
    limit: Limit,
}

impl Contender {
    /// Who competes with whom, exclusive candidates before all others.
    fn arena(&self) -> (Mode, &Arc<str>) {
        (self.candidate.mode, &self.group)
    }

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
    contenders: Vec<Contender>,
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
        contenders: Vec::with_capacity(candidates.len()),
        nets_at_start,
        codes_used: Vec::new(),
        whole_given: Vec::new(),
        resolved: Resolved { outcomes: Vec::with_capacity(candidates.len()), ..Resolved::default() },
    };
    stand.admit(candidates);
    let contenders = &stand.contenders;
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    order.sort_by(|one, other| tie_break(&contenders[*one], &contenders[*other]));
    let is_compound = |index: &usize| contenders[*index].candidate.mode == Mode::Compound;
    let compound: Vec<usize> = order.iter().copied().filter(is_compound).collect();
    let mut competing = order;
    competing.retain(|index| !is_compound(index));
    competing.sort_by(|one, other| contenders[*one].arena().cmp(&contenders[*other].arena()));
    // What is taken off what is to be paid comes after all that is taken off prices.
    let (payable, priced): (Vec<usize>, Vec<usize>) =
        compound.into_iter().partition(|index| contenders[*index].candidate.basis == Basis::Payable);
    let groups: Vec<Vec<usize>> = competing
        .chunk_by(|one, other| contenders[*one].arena() == contenders[*other].arena())
        .flat_map(|group| tiers(contenders, group, terms.policy))
        .collect();
    for tier in groups {
        stand.compete(tier)?;
    }
    for contender in priced.into_iter().chain(payable) {
        stand.combine(contender)?;
    }
    Ok(stand.resolved)
}

/// Contenders of a group that are decided between at once.
fn tiers(contenders: &[Contender], group: &[usize], policy: &Policy) -> Vec<Vec<usize>> {
    let Some(first) = group.first() else { return Vec::new() };
    match policy.group(&contenders[*first].group) {
        GroupRule::BestPrice => vec![group.to_vec()],
        GroupRule::Priority => {
            let priority = |index: &usize| std::cmp::Reverse(contenders[*index].candidate.priority);
            let mut sorted = group.to_vec();
            sorted.sort_by_key(priority);
            sorted.chunk_by(|one, other| priority(one) == priority(other)).map(<[usize]>::to_vec).collect()
        }
        GroupRule::ListOrder => {
            let mut sorted = group.to_vec();
            sorted.sort_by_key(|index| (&contenders[*index].source.extension, contenders[*index].place));
            sorted.into_iter().map(|contender| vec![contender]).collect()
        }
    }
}

impl Stand<'_, '_> {
    /// Sorts out what cannot be used at all.
    fn admit(&mut self, candidates: Vec<(ModifierSource, Candidate)>) {
        let default_group: Arc<str> = "default".into();
        for (place, (source, candidate)) in candidates.into_iter().enumerate() {
            let except = excepted_lines(&candidate, self.lines);
            let considered = considered_lines(&candidate.shape, &except, self.lines);
            let problem = check::problem(&candidate, self.lines).or_else(|| {
                self.contenders
                    .iter()
                    .any(|known| known.source.extension == source.extension && known.candidate.id == candidate.id)
                    .then(|| format!("its extension proposed \"{}\" twice", candidate.id))
            });
            if let Some(problem) = problem {
                let lost = refused(&source, &candidate, considered, DecisionState::Invalid, problem);
                self.resolved.outcomes.push(lost);
                continue;
            }
            let group = candidate.group.as_ref().unwrap_or(&default_group).clone();
            let limit = Limit::of(&candidate, self.terms.currency);
            let except_at_start = except.iter().map(|index| value(&self.lines[*index])).sum();
            let contender = Contender { source, candidate, group, considered, except, except_at_start, place, limit };
            self.contenders.push(contender);
        }
    }

    /// One tier of a group: its whole-order offers against all the others together.
    fn compete(&mut self, tier: Vec<usize>) -> Result<(), Refusal> {
        let Some(first) = tier.first().map(|first| &self.contenders[*first]) else { return Ok(()) };
        let (mode, group) = (first.candidate.mode, first.group.clone());
        let mut out: Vec<(usize, DecisionState, String)> = Vec::new();
        let (mut wholes, mut others): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::with_capacity(tier.len()));
        for index in tier {
            let contender = &self.contenders[index];
            match self.unmet(contender) {
                Some(missing) => out.push((index, DecisionState::Unmet, missing)),
                None if contender.is_whole() => wholes.push(index),
                None => others.push(index),
            }
        }
        // A budget that is exceeded takes its offer out, and the others are decided between anew.
        let (choices, given) = loop {
            let choices = self.choices(&others, Taker::Group(&group))?;
            let given = choices.assign()?;
            let exceeds = |(index, evaluation): (&usize, &Evaluation)| self.exceeds(*index, evaluation);
            let Some(exceeding) = others.iter().zip(&given.evaluations).position(exceeds) else {
                break (choices, given);
            };
            out.push((others.remove(exceeding), DecisionState::Budget, "its budget does not reach".into()));
        };
        let mut best_whole: Option<(usize, Evaluation)> = None;
        if !self.whole_given.contains(&group) {
            for index in &wholes {
                let evaluation = self.whole(*index)?;
                let known = best_whole.as_ref().map_or(Decimal::ZERO, |(_, known)| known.saving);
                if evaluation.saving > known && !self.exceeds(*index, &evaluation) {
                    best_whole = Some((*index, evaluation));
                }
            }
        }
        let best_whole = best_whole.filter(|(_, whole)| whole.saving > given.saving);
        let saving = best_whole.as_ref().map_or(given.saving, |(_, whole)| whole.saving);
        let bound = given.bound.map_or(saving, |bound| bound.max(saving));
        // What those that go without would have been worth is told by what was free before anything was given.
        let mut lost: Vec<(usize, Decimal)> = Vec::new();
        lost.extend(wholes.iter().map(|index| (*index, Decimal::ZERO)));
        lost.retain(|(index, _)| best_whole.as_ref().is_none_or(|(best, _)| best != index));
        let mut takes: Vec<(usize, Evaluation)> = Vec::with_capacity(others.len());
        for (place, (index, evaluation)) in others.iter().zip(given.evaluations).enumerate() {
            let is_given = best_whole.is_none() && evaluation.saving > Decimal::ZERO;
            let codes = |index: usize| &self.contenders[index].candidate.consumes_codes;
            let code_is_taken = || {
                let taken = || takes.iter().flat_map(|(other, _)| codes(*other));
                codes(*index).iter().any(|code| taken().any(|other| other == code))
            };
            if is_given && !self.code_is_used(*index) && !code_is_taken() {
                takes.push((*index, evaluation));
            } else {
                lost.push((*index, choices.alone(place)?));
            }
        }

        drop(choices);
        self.resolved.saving += saving;
        self.resolved.bound += bound;
        let is_exclusive = mode == Mode::Exclusive;
        if let Some((index, evaluation)) = best_whole {
            self.whole_given.push(group.clone());
            self.give(index, evaluation, is_exclusive)?;
        }
        // The takes of all name segments as they are now, so they are taken together.
        let all = takes.iter().flat_map(|(_, evaluation)| &evaluation.takes);
        take_pieces(self.lines, all, Some(&group), is_exclusive)?;
        for (index, evaluation) in takes {
            self.use_codes(index);
            self.resolved.outcomes.push(applied(&mut self.contenders[index], evaluation));
        }
        for (index, alone) in lost {
            self.leave_out(index, alone);
        }
        for (index, state, reason) in out {
            self.reject(index, state, reason);
        }
        Ok(())
    }

    /// One that combines with others: on what is left when its turn comes.
    fn combine(&mut self, index: usize) -> Result<(), Refusal> {
        let contender = &self.contenders[index];
        if let Some(missing) = self.unmet(contender) {
            self.reject(index, DecisionState::Unmet, missing);
            return Ok(());
        }
        let evaluation = if contender.is_whole() {
            self.whole(index)?
        } else {
            let mut found = self.choices(&[index], Taker::Anybody)?.assign()?;
            if let Some(bound) = found.bound {
                self.resolved.bound += bound - found.saving;
            }
            found.evaluations.pop().unwrap_or_default()
        };
        if self.exceeds(index, &evaluation) {
            self.reject(index, DecisionState::Budget, "its budget does not reach".to_owned());
        } else if (evaluation.saving > Decimal::ZERO || contender.candidate.basis == Basis::Payable)
            && !self.code_is_used(index)
        {
            self.resolved.saving += evaluation.saving;
            self.resolved.bound += evaluation.saving;
            self.give(index, evaluation, false)?;
        } else {
            let alone = self.choices(&[index], Taker::Group(&contender.group))?.alone(0)?;
            self.leave_out(index, alone);
        }
        Ok(())
    }

    /// What an offer on the whole order takes off.
    fn whole(&self, index: usize) -> Result<Evaluation, MoneyError> {
        let Shape::WholeOrder(effect) = self.contenders[index].candidate.shape else {
            return Ok(Evaluation::default());
        };
        whole_order(&self.contenders[index], effect, self.limit(index), self.lines, self.terms)
    }

    fn give(&mut self, index: usize, evaluation: Evaluation, is_exclusive: bool) -> Result<(), Refusal> {
        self.use_codes(index);
        // What is taken off what is to be paid leaves prices as they are.
        if self.contenders[index].candidate.basis == Basis::Price {
            take_pieces(self.lines, evaluation.takes.iter(), None, is_exclusive)?;
        }
        self.resolved.outcomes.push(applied(&mut self.contenders[index], evaluation));
        Ok(())
    }

    fn reject(&mut self, index: usize, state: DecisionState, reason: String) {
        self.resolved.outcomes.push(rejected(&mut self.contenders[index], state, reason));
    }

    fn leave_out(&mut self, index: usize, alone: Decimal) {
        if is_used_up(self.limit(index)) {
            return self.reject(index, DecisionState::Budget, "its limit or budget is used up".to_owned());
        }
        if self.exceeds(index, &Evaluation { saving: alone, sets: 1, ..Evaluation::default() }) {
            return self.reject(index, DecisionState::Budget, "its budget does not reach".to_owned());
        }
        let currency = self.terms.currency;
        let outcome = left_out(&mut self.contenders[index], alone, self.lines, &self.resolved.outcomes, currency);
        self.resolved.outcomes.push(outcome);
    }

    /// What some contenders could do with the pieces that are free now.
    fn choices(&self, contenders: &[usize], taker: Taker<'_>) -> Result<Choices<'_>, MoneyError> {
        let asking = contenders.iter().map(|index| {
            let Contender { candidate, considered, .. } = &self.contenders[*index];
            Asking { candidate, limit: self.limit(*index), considered }
        });
        let asking: Vec<Asking<'_>> = asking.collect();
        Choices::new(&asking, taker, self.lines, self.terms.currency)
    }

    fn limit(&self, index: usize) -> Limit {
        let contender = &self.contenders[index];
        let budgets = self.terms.budgets.iter().filter(|budget| *budget.offer == *contender.candidate.id);
        budgets.filter(|budget| budget.on_exceed == OnExceed::Cap).fold(contender.limit, |limit, budget| {
            let left = budget.left.max(Decimal::ZERO);
            limit.and(match budget.kind {
                BudgetKind::Spend => Limit { sets: None, money: Some(left) },
                BudgetKind::Uses => Limit { sets: Some(u32::try_from(left.trunc()).unwrap_or(u32::MAX)), money: None },
            })
        })
    }

    fn exceeds(&self, index: usize, evaluation: &Evaluation) -> bool {
        let id = &self.contenders[index].candidate.id;
        let budgets = self.terms.budgets.iter().filter(|budget| budget.offer == *id);
        budgets.filter(|budget| budget.on_exceed == OnExceed::Skip).any(|budget| match budget.kind {
            BudgetKind::Spend => self.posted(evaluation.saving) > budget.left,
            BudgetKind::Uses => evaluation.saving > Decimal::ZERO && Decimal::from(evaluation.sets) > budget.left,
        })
    }

    /// What a saving will be posted as.
    fn posted(&self, saving: Decimal) -> Decimal {
        let Terms { policy, currency, .. } = self.terms;
        let rounded = currency.round(saving, policy.discount_rounding.rounding());
        rounded.map_or(saving, |money| currency.to_decimal(money))
    }

    fn code_is_used(&self, index: usize) -> bool {
        self.contenders[index].candidate.consumes_codes.iter().any(|code| self.codes_used.contains(code))
    }

    fn use_codes(&mut self, index: usize) {
        self.codes_used.extend(self.contenders[index].candidate.consumes_codes.iter().cloned());
    }

    /// Why a requirement does not hold, if it does not.
    fn unmet(&self, contender: &Contender) -> Option<String> {
        if contender.candidate.consumes_codes.iter().any(|code| self.codes_used.contains(code)) {
            return Some("its code was used by another offer".to_owned());
        }
        let Requirement { min, basis, left } = contender.candidate.requires?;
        let has = if left {
            discountable_sum(self.lines)
                - contender.except.iter().map(|line| value(&self.lines[*line])).sum::<Decimal>()
        } else {
            self.nets_at_start - contender.except_at_start
        };
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

/// Nothing more may be given, whatever there is.
fn is_used_up(Limit { sets, money }: Limit) -> bool {
    sets == Some(0) || money.is_some_and(|money| money.is_zero())
}

/// Every discountable line as far as it is free, shared on net.
fn whole_order(
    contender: &Contender,
    effect: Effect,
    limit: Limit,
    lines: &[WorkLine],
    terms: Terms<'_>,
) -> Result<Evaluation, MoneyError> {
    let mut takes = Vec::new();
    let concerned = contender.considered.iter().map(|line| (*line, &lines[*line]));
    for (line, work) in concerned {
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
    let reducing =
        Reducing { lines, pieces: &Pieces::default(), spread: contender.candidate.spread, currency: terms.currency };
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
fn considered_lines(shape: &Shape, except: &[usize], lines: &[WorkLine]) -> Vec<usize> {
    if let Shape::WholeOrder(_) = shape {
        let concerned = |index: &usize| lines[*index].discountable && !except.contains(index);
        return (0..lines.len()).filter(concerned).collect();
    }
    let mut considered = Vec::new();
    considered.extend(named(shape).filter_map(|line| place_of(lines, line)));
    considered.sort_unstable();
    considered.dedup();
    considered
}

/// Indexes of the discountable lines that its attribute [`EXCEPT_LINES`] names.
fn excepted_lines(candidate: &Candidate, lines: &[WorkLine]) -> Vec<usize> {
    let of = |attr: &&Attr| &*attr.key == EXCEPT_LINES;
    let Some(Attr { value: AttrValue::Texts(names), .. }) = candidate.attrs.iter().find(of) else {
        return Vec::new();
    };
    let named = names.iter().filter_map(|name| place_of(lines, name.parse().ok()?));
    let mut except: Vec<usize> = named.filter(|index| lines[*index].discountable).collect();
    except.sort_unstable();
    except.dedup();
    except
}

fn discountable_sum(lines: &[WorkLine]) -> Decimal {
    lines.iter().filter(|line| line.discountable).map(value).sum()
}

/// What a line costs now, exact.
fn value(line: &WorkLine) -> Decimal {
    line.segments.iter().map(|segment| segment.value).sum()
}

/// Whether a candidate's threshold is in other terms than the shop's prices.
pub(super) fn asks_for_tax(candidate: &Candidate) -> bool {
    candidate.requires.is_some_and(|requires| requires.basis != RequirementBasis::Price)
}

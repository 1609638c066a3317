//! Candidates of a group over the pieces that are free: builds the solver's problem, reads its answer.

use super::super::engine::WorkLine;
use super::super::proposal::{Candidate, Chosen, Effect, Pick, Shape, Spread};
use super::super::solver::{self, Answer, Effort, Problem};
use super::check;
use super::evaluation::{Evaluation, Filled, Reducing, reduce};
use super::pieces::{Pieces, Taker};
use super::sequence;
use pos_money::{Currency, Decimal, Money, MoneyError};

/// What becomes of each candidate, and what the best assignment could save at most.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    pub(super) evaluations: Vec<Evaluation>,
    /// Saving of all of them, exact.
    pub(super) saving: Decimal,
    /// None where nothing better exists; else no assignment saves more than this.
    pub(super) bound: Option<Decimal>,
}

/// One way of a candidate to take pieces: sets of slots.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Which of the candidates at hand.
    pub(super) candidate: usize,
    pub(super) slots: Vec<PlanSlot>,
    pub(super) together: Option<Effect>,
    pub(super) spread: Spread,
    pub(super) sets_max: i64,
}

/// Pieces of a kind in a set.
#[derive(Clone, Debug)]
pub(super) struct PlanSlot {
    pub(super) count: i64,
    /// Indexes into the free pieces, dearest first.
    pub(super) pool: Vec<usize>,
    pub(super) pick: Pick,
    pub(super) effect: Option<Effect>,
    /// Whether the common effect concerns its pieces.
    pub(super) is_target: bool,
}

/// Assigns the pieces free for `taker` to candidates that are deals or portions, best for the customer.
pub(super) fn assign(
    candidates: &[&Candidate],
    limits: &[Limit],
    taker: Taker<'_>,
    lines: &[WorkLine],
    currency: Currency,
    effort: Effort,
) -> Result<Assigned, MoneyError> {
    let mut wanted = vec![false; lines.len()];
    for candidate in candidates {
        for line in named(&candidate.shape) {
            if let Ok(index) = lines.binary_search_by_key(&line, |work| work.number) {
                wanted[index] = true;
            }
        }
    }
    let pieces = Pieces::free(lines, taker, &wanted)?;
    let mut plans = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        plans_of(index, candidate, limits[index].sets, lines, &pieces, &mut plans);
    }
    let terms = |plan: &Plan| Reducing { lines, pieces: &pieces, spread: plan.spread, currency };
    let mut evaluations = vec![Evaluation::default(); candidates.len()];
    let capped = |candidate: usize| limits[candidate].money.is_some();
    let linear: Vec<Option<solver::Deal>> = plans.iter().map(|plan| linear(plan, &pieces, lines, currency)).collect();
    let alone = candidates.len() == 1;
    let mut bound = None;
    if linear.iter().zip(&plans).all(|(deal, plan)| deal.is_some() && (alone || !capped(plan.candidate))) {
        let counts = pieces.all.iter().map(|piece| piece.count).collect();
        let answer = solver::solve(&Problem { counts, deals: linear.into_iter().flatten().collect() }, effort);
        if !answer.is_optimal() {
            bound = Some(pieces.major(answer.bound));
        }
        let Answer { sets, pieces: taken, .. } = answer;
        for ((plan, sets), taken) in plans.iter().zip(sets).zip(taken) {
            if sets > 0 {
                let slots: Vec<_> = plan.slots.iter().zip(taken).map(|(slot, taken)| (slot.effect, taken)).collect();
                give(&mut evaluations[plan.candidate], plan, sets, &slots, terms(plan))?;
            }
        }
    } else {
        let caps: Vec<Option<i64>> = limits.iter().map(|limit| limit.money.map(|money| pieces.scale(money))).collect();
        let found = sequence::search(&plans, &caps, &pieces, (lines, currency), effort);
        if !found.complete {
            // Each plan for itself, as if every piece were its own to take.
            bound = Some(pieces.major(found.bound));
        }
        for (index, sets, slots) in found.batches {
            let plan = &plans[index];
            let slots: Vec<_> = plan.slots.iter().zip(slots).map(|(slot, taken)| (slot.effect, taken)).collect();
            give(&mut evaluations[plan.candidate], plan, sets, &slots, terms(plan))?;
        }
    }
    let mut saving = Decimal::ZERO;
    for (evaluation, limit) in evaluations.iter_mut().zip(limits) {
        if let Some(money) = limit.money {
            evaluation.cap(money)?;
        }
        saving += evaluation.saving;
    }
    Ok(Assigned { evaluations, saving, bound: bound.filter(|bound| *bound > saving) })
}

/// What a candidate may give at most.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limit {
    pub(super) sets: Option<u32>,
    /// In major units.
    pub(super) money: Option<Decimal>,
}

impl Limit {
    /// What the candidate itself says.
    pub(super) fn of(candidate: &Candidate, currency: Currency) -> Limit {
        let limits = candidate.limits.unwrap_or_default();
        let money: Option<Money> = [candidate.cap, limits.money].into_iter().flatten().min();
        let sets = [limits.uses, limits.uses_per_customer].into_iter().flatten().min();
        Limit { sets, money: money.map(|money| currency.to_decimal(money)) }
    }

    /// The lower of both.
    pub(super) fn and(self, other: Limit) -> Limit {
        let lower = |one: Option<Decimal>, other: Option<Decimal>| [one, other].into_iter().flatten().min();
        Limit { sets: [self.sets, other.sets].into_iter().flatten().min(), money: lower(self.money, other.money) }
    }
}

fn give(
    evaluation: &mut Evaluation,
    plan: &Plan,
    sets: i64,
    slots: &[Filled],
    terms: Reducing<'_>,
) -> Result<(), MoneyError> {
    if plan.slots.iter().all(|slot| slot.is_target) {
        return evaluation.add_sets(sets, slots, plan.together, terms);
    }
    // Pieces that only qualify stand apart from those that the common effect is about.
    let start = evaluation.takes.len();
    let (targets, qualifying): (Vec<_>, Vec<_>) =
        slots.iter().cloned().zip(&plan.slots).partition(|(_, slot)| slot.is_target);
    let only = |part: Vec<(Filled, &PlanSlot)>| -> Vec<Filled> { part.into_iter().map(|(slot, _)| slot).collect() };
    evaluation.add_sets(sets, &only(targets), None, terms)?;
    if let Some(effect) = plan.together {
        evaluation.saving += reduce(&mut evaluation.takes[start..], effect, sets, terms)?;
    }
    evaluation.add_sets(0, &only(qualifying), None, terms)
}

/// Lines a shape names.
pub(super) fn named(shape: &Shape) -> Vec<u32> {
    match shape {
        Shape::WholeOrder(_) => Vec::new(),
        Shape::Portions(Chosen { portions, qualifies_on, .. }) => {
            portions.iter().chain(qualifies_on).map(|portion| portion.line).collect()
        }
        Shape::Deal(deal) => deal.slots.iter().flat_map(|slot| slot.pool.iter().copied()).collect(),
    }
}

fn plans_of(
    index: usize,
    candidate: &Candidate,
    sets: Option<u32>,
    lines: &[WorkLine],
    pieces: &Pieces,
    plans: &mut Vec<Plan>,
) {
    let sets_max = sets.map_or(i64::MAX, i64::from);
    let find = |line: u32| lines.binary_search_by_key(&line, |work| work.number).ok();
    let of_line = |line: u32| find(line).map_or(&[][..], |line| pieces.of_line(line));
    let spread = candidate.spread;
    match &candidate.shape {
        Shape::WholeOrder(_) => {}
        Shape::Deal(deal) => {
            let slots: Vec<PlanSlot> = deal
                .slots
                .iter()
                .map(|slot| {
                    let mut pool: Vec<usize> = slot.pool.iter().flat_map(|line| of_line(*line)).copied().collect();
                    pool.sort_unstable();
                    pool.dedup();
                    PlanSlot { count: check::pieces(slot), pool, pick: slot.pick, effect: slot.effect, is_target: true }
                })
                .collect();
            let repeat_max = deal.repeat_max.map_or(i64::MAX, i64::from);
            plans.push(Plan {
                candidate: index,
                slots,
                together: deal.together,
                spread,
                sets_max: sets_max.min(repeat_max),
            });
        }
        Shape::Portions(Chosen { portions, effect, qualifies_on }) => {
            let slot = |portion: &super::super::proposal::Portion, is_target: bool| {
                let pool = of_line(portion.line).to_vec();
                let free: i64 = pool.iter().map(|piece| pieces.all[*piece].count).sum();
                let same_unit = find(portion.line).is_some_and(|line| lines[line].quantity.unit == portion.qty.unit);
                let asked = if same_unit { pieces_in(portion.qty.value, &pool, pieces) } else { 0 };
                // As far as they are free; what must qualify must be there whole.
                let count = if is_target { asked.min(free) } else { asked };
                PlanSlot { count, pool, pick: Pick::BestForCustomer, effect: None, is_target }
            };
            let targets: Vec<PlanSlot> =
                portions.iter().map(|portion| slot(portion, true)).filter(|slot| slot.count > 0).collect();
            if targets.is_empty() {
                return;
            }
            let each = match effect {
                Effect::RateOff(_) | Effect::FixedPrice(_) => true,
                Effect::AmountOff(_) => spread != Spread::Across,
                Effect::BundlePrice(_) => false,
            };
            if each && qualifies_on.is_empty() && sets_max > 1 {
                // Every piece (or line) by itself: others may have some of them.
                for target in targets {
                    let by_line = matches!(effect, Effect::AmountOff(_)) && spread == Spread::EachLine;
                    let (count, sets_max) = if by_line { (target.count, 1) } else { (1, target.count) };
                    let slots = vec![PlanSlot { count, effect: Some(*effect), ..target }];
                    plans.push(Plan { candidate: index, slots, together: None, spread, sets_max });
                }
                return;
            }
            let mut slots = targets;
            slots.extend(qualifies_on.iter().map(|portion| slot(portion, false)));
            if slots.iter().any(|slot| !slot.is_target && slot.count < 1) {
                return;
            }
            plans.push(Plan { candidate: index, slots, together: Some(*effect), spread, sets_max: sets_max.min(1) });
        }
    }
}

/// Whole pieces in a quantity of a line: a measured line is one piece, however little of it is asked for.
fn pieces_in(quantity: Decimal, pool: &[usize], pieces: &Pieces) -> i64 {
    let Some(first) = pool.first() else { return 0 };
    let one = pieces.all[*first].quantity;
    if quantity <= Decimal::ZERO || one.is_zero() {
        return 0;
    }
    quantity.checked_div(one).map_or(i64::MAX / 4, |count| i64::try_from(count.ceil()).unwrap_or(i64::MAX / 4))
}

/// A plan as a deal whose sets save the sum of their pieces and a constant; none where that is not so.
fn linear(plan: &Plan, pieces: &Pieces, lines: &[WorkLine], currency: Currency) -> Option<solver::Deal> {
    let scale = |money: Money| pieces.scale(currency.to_decimal(money));
    let mut per_set = 0_i64;
    // The least that the pieces of a set can cost before the common effect.
    let mut least = 0_i64;
    let bundles = plan.slots.iter().filter(|slot| matches!(slot.effect, Some(Effect::BundlePrice(_)))).count();
    let effects = plan.slots.iter().filter(|slot| slot.effect.is_some()).count() + usize::from(plan.together.is_some());
    let mut slots = Vec::with_capacity(plan.slots.len());
    for PlanSlot { count, pool, pick, effect, is_target } in &plan.slots {
        let everything: i64 = pool.iter().map(|piece| pieces.all[*piece].count).sum();
        if *pick != Pick::BestForCustomer && everything > *count && differ(pool, pieces) {
            return None;
        }
        let shared = match effect {
            Some(Effect::BundlePrice(_)) => true,
            Some(Effect::AmountOff(_)) => plan.spread != Spread::EachUnit,
            _ => false,
        };
        if shared && *is_target && plan.together.is_some() {
            // What the slot takes off all its pieces lowers what the common effect works on, piece by piece.
            return None;
        }
        let cheapest = cheapest(pool, *count, pieces);
        let together = plan.together.filter(|_| *is_target);
        let mut weighted = Vec::with_capacity(pool.len());
        for index in pool {
            let piece = &pieces.all[*index];
            let mut weight = match effect {
                None => 0,
                Some(Effect::BundlePrice(_)) => piece.scaled,
                Some(Effect::AmountOff(_)) if plan.spread == Spread::Across || (plan.spread == Spread::EachLine) => 0,
                Some(effect) => {
                    per_piece(*effect, piece.scaled, piece.quantity, lines[piece.line].quantity.unit, pieces, currency)?
                }
            };
            weight += match together {
                None => 0,
                Some(Effect::BundlePrice(_)) => piece.scaled - weight,
                Some(Effect::AmountOff(_)) if plan.spread != Spread::EachUnit => 0,
                Some(effect) => per_piece(
                    effect,
                    piece.scaled - weight,
                    piece.quantity,
                    lines[piece.line].quantity.unit,
                    pieces,
                    currency,
                )?,
            };
            weighted.push((*index, weight));
        }
        match effect {
            Some(Effect::BundlePrice(price)) => {
                per_set -= scale(*price);
                // A set below its price saves nothing; alone that means it is not made, beside others it does not.
                if cheapest < scale(*price) && (effects > 1 || bundles > 1) {
                    return None;
                }
            }
            Some(Effect::AmountOff(amount)) if plan.spread != Spread::EachUnit => {
                if plan.spread == Spread::EachLine && distinct_lines(pool, pieces) > 1 && *count > 1 {
                    return None;
                }
                if cheapest < scale(*amount) {
                    return None;
                }
                per_set += scale(*amount);
            }
            _ => {}
        }
        if *is_target {
            least = least.saturating_add(cheapest);
        }
        slots.push(solver::Slot { count: *count, pool: weighted });
    }
    match plan.together {
        Some(Effect::BundlePrice(price)) => {
            per_set -= scale(price);
            if effects > 1 {
                return None;
            }
        }
        Some(Effect::AmountOff(amount)) if plan.spread != Spread::EachUnit => {
            if plan.spread == Spread::EachLine || effects > 1 {
                return None;
            }
            let all: i64 = plan
                .slots
                .iter()
                .filter(|slot| slot.is_target)
                .flat_map(|slot| &slot.pool)
                .map(|index| pieces.all[*index].scaled.saturating_mul(pieces.all[*index].count))
                .sum();
            let fixed = plan.sets_max == 1
                && plan
                    .slots
                    .iter()
                    .all(|slot| slot.pool.iter().map(|index| pieces.all[*index].count).sum::<i64>() == slot.count);
            if least < scale(amount) && !fixed {
                return None;
            }
            per_set += scale(amount).min(if fixed { all } else { i64::MAX });
        }
        _ => {}
    }
    Some(solver::Deal { slots, per_set, sets_max: plan.sets_max })
}

/// What an effect takes off one piece by itself.
pub(super) fn per_piece(
    effect: Effect,
    value: i64,
    quantity: Decimal,
    unit: pos_money::Unit,
    pieces: &Pieces,
    currency: Currency,
) -> Option<i64> {
    Some(match effect {
        Effect::RateOff(rate) => {
            let fraction = rate.fraction();
            let divisor = 10_i128.checked_pow(fraction.scale())?;
            i64::try_from(i128::from(value).checked_mul(fraction.mantissa())? / divisor).ok()?
        }
        Effect::FixedPrice(price) => {
            let price = price.extend(pos_money::Quantity::new(quantity, unit)).ok()?;
            (value - pieces.scale(price)).max(0)
        }
        Effect::AmountOff(amount) => pieces.scale(currency.to_decimal(amount).checked_mul(quantity)?).min(value),
        Effect::BundlePrice(_) => return None,
    })
}

fn differ(pool: &[usize], pieces: &Pieces) -> bool {
    let mut values = pool.iter().map(|piece| pieces.all[*piece].scaled);
    let first = values.next();
    values.any(|value| Some(value) != first)
}

fn distinct_lines(pool: &[usize], pieces: &Pieces) -> usize {
    let mut lines: Vec<usize> = pool.iter().map(|piece| pieces.all[*piece].line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len()
}

/// What the cheapest `count` pieces of a pool cost.
fn cheapest(pool: &[usize], count: i64, pieces: &Pieces) -> i64 {
    let mut missing = count;
    let mut sum = 0_i64;
    // Dearest first, so from the end.
    for index in pool.iter().rev() {
        let here = pieces.all[*index].count.min(missing);
        sum = sum.saturating_add(pieces.all[*index].scaled.saturating_mul(here));
        missing -= here;
        if missing == 0 {
            break;
        }
    }
    sum
}

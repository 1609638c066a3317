//! Candidates of a group over the pieces that are free: builds the solver's problem, reads its answer.

use super::super::engine::WorkLine;
use super::super::proposal::{Candidate, Chosen, Effect, Pick, Shape, Spread};
use super::super::solver::{self, Effort, Problem};
use super::check;
use super::evaluation::{Evaluation, Filled, Reducing, reduce};
use super::pieces::{Pieces, Taker};
use super::sequence;
use pos_money::{Currency, Decimal, Money, MoneyError, ten_to};
use smallvec::{SmallVec, smallvec};
use std::ops::Range;

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
    pub(super) slots: SmallVec<[PlanSlot; 2]>,
    pub(super) together: Option<Effect>,
    pub(super) spread: Spread,
    pub(super) sets_max: i64,
}

/// Pieces of a kind in a set.
#[derive(Clone, Debug)]
pub(super) struct PlanSlot {
    pub(super) count: i64,
    /// Indexes into the free pieces, dearest first.
    pub(super) pool: SmallVec<[usize; 4]>,
    pub(super) pick: Pick,
    pub(super) effect: Option<Effect>,
    /// Whether the common effect concerns its pieces.
    pub(super) is_target: bool,
}

/// A candidate to decide on, what it may give, and which lines it is about.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) limit: Limit,
    pub(super) considered: &'a [usize],
}

/// The pieces that are free, and what each candidate could do with them.
pub(super) struct Choices<'a> {
    limits: Vec<Limit>,
    lines: &'a [WorkLine],
    currency: Currency,
    pieces: Pieces,
    /// Candidate by candidate.
    plans: Vec<Plan>,
    /// The pieces, and the plans as deals of the solver.
    problem: Problem,
    /// How far each deal says what its plan saves.
    linear: Vec<Linear>,
}

impl<'a> Choices<'a> {
    /// What candidates that are deals or portions can do with the pieces free for `taker`.
    pub(super) fn new(
        asking: &[Asking<'_>],
        taker: Taker<'_>,
        lines: &'a [WorkLine],
        currency: Currency,
    ) -> Result<Choices<'a>, MoneyError> {
        let mut wanted = vec![false; lines.len()];
        for line in asking.iter().flat_map(|asking| asking.considered) {
            wanted[*line] = true;
        }
        let pieces = Pieces::free(lines, taker, &wanted)?;
        let mut plans = Vec::with_capacity(asking.len());
        for (index, Asking { candidate, limit, .. }) in asking.iter().enumerate() {
            plans_of(index, candidate, limit.sets, lines, &pieces, &mut plans);
        }
        let mut problem = Problem {
            counts: pieces.all.iter().map(|piece| piece.count).collect(),
            deals: Vec::with_capacity(plans.len()),
        };
        let mut linear = Vec::with_capacity(plans.len());
        for plan in &plans {
            let (deal, how_far) =
                as_deal(plan, &pieces, lines, currency).unwrap_or((solver::Deal::default(), Linear::No));
            linear.push(how_far);
            problem.deals.push(deal);
        }
        let limits = asking.iter().map(|asking| asking.limit).collect();
        Ok(Choices { limits, lines, currency, pieces, plans, problem, linear })
    }

    /// Assigns the pieces to all of them, best for the customer.
    pub(super) fn assign(&self) -> Result<Assigned, MoneyError> {
        let mut evaluations = vec![Evaluation::default(); self.limits.len()];
        let bound = self.decide(0..self.plans.len(), Effort::Best, &mut evaluations)?;
        let mut saving = Decimal::ZERO;
        for (evaluation, limit) in evaluations.iter_mut().zip(&self.limits) {
            if let Some(money) = limit.money {
                evaluation.cap(money)?;
            }
            saving += evaluation.saving;
        }
        Ok(Assigned { evaluations, saving, bound: bound.filter(|bound| *bound > saving) })
    }

    /// What a candidate would save if all pieces were its own to take: a good answer, quickly.
    pub(super) fn alone(&self, candidate: usize) -> Result<Decimal, MoneyError> {
        let from = self.plans.partition_point(|plan| plan.candidate < candidate);
        let to = self.plans.partition_point(|plan| plan.candidate <= candidate);
        let mut evaluations = vec![Evaluation::default(); self.limits.len()];
        self.decide(from..to, Effort::Estimate, &mut evaluations)?;
        let saving = evaluations[candidate].saving;
        Ok(self.limits[candidate].money.map_or(saving, |money| saving.min(money)))
    }

    /// Decides between some plans; answers what no assignment exceeds, unless nothing better exists.
    fn decide(
        &self,
        plans: Range<usize>,
        effort: Effort,
        evaluations: &mut [Evaluation],
    ) -> Result<Option<Decimal>, MoneyError> {
        // What the solver cannot express takes those along with which it shares pieces or a cap; all others it solves.
        let (linear, others) = self.apart(plans);
        let (mut bound, mut is_optimal) = (0_i64, true);
        if !linear.is_empty() {
            let answer = if linear.len() == self.plans.len() {
                solver::solve(&self.problem, effort)
            } else {
                let deals = linear.iter().map(|plan| self.problem.deals[*plan].clone()).collect();
                solver::solve(&Problem { counts: self.problem.counts.clone(), deals }, effort)
            };
            (bound, is_optimal) = (answer.bound, answer.is_optimal());
            for ((plan, sets), taken) in linear.iter().zip(&answer.sets).zip(&answer.pieces) {
                if *sets > 0 {
                    let plan = &self.plans[*plan];
                    self.give(&mut evaluations[plan.candidate], plan, *sets, taken)?;
                }
            }
        }
        let scale = |limit: &Limit| limit.money.map(|money| self.pieces.scale(money));
        let caps: Vec<Option<i64>> = self.limits.iter().map(scale).collect();
        let parts = others.len();
        for part in others {
            let asked = part.iter().map(|plan| (&self.plans[*plan], &self.problem.deals[*plan], self.linear[*plan]));
            let asked: Vec<sequence::Asked<'_>> = asked.collect();
            let found = sequence::search(&asked, &caps, &self.pieces, (self.lines, self.currency), (effort, parts));
            bound = bound.saturating_add(found.bound);
            is_optimal &= found.complete;
            for (index, sets, taken) in &found.batches {
                let (plan, ..) = asked[*index];
                self.give(&mut evaluations[plan.candidate], plan, *sets, taken)?;
            }
        }
        Ok((!is_optimal).then(|| self.pieces.major(bound)))
    }

    /// Plans for the solver, and what is left: plans that share pieces or a cap, directly or through others.
    fn apart(&self, plans: Range<usize>) -> (Vec<usize>, Vec<Vec<usize>>) {
        let is_capped = |plan: usize| self.limits[self.plans[plan].candidate].money.is_some();
        // A sum under one cap is greatest where it is greatest without; several sums are not.
        let are_linear = |part: &[usize]| {
            let first = part.first().map(|plan| self.plans[*plan].candidate);
            let is_alone = part.iter().all(|plan| Some(self.plans[*plan].candidate) == first);
            part.iter().all(|plan| self.linear[*plan] == Linear::Exact && (is_alone || !is_capped(*plan)))
        };
        let all: Vec<usize> = plans.collect();
        if are_linear(&all) {
            return (all, Vec::new());
        }
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut part_of_piece: Vec<Option<usize>> = vec![None; self.pieces.all.len()];
        for plan in all {
            let pool = || self.plans[plan].slots.iter().flat_map(|slot| &slot.pool);
            let under_its_cap =
                |part: &Vec<usize>| part.iter().any(|other| self.plans[*other].candidate == self.plans[plan].candidate);
            let mut touched: Vec<usize> = pool().filter_map(|piece| part_of_piece[*piece]).collect();
            touched.extend(parts.iter().position(under_its_cap).filter(|_| is_capped(plan)));
            touched.sort_unstable();
            touched.dedup();
            // All that it touches becomes one part, the first of them.
            let part = touched.first().copied().unwrap_or(parts.len());
            if part == parts.len() {
                parts.push(Vec::new());
            }
            for other in touched.into_iter().skip(1) {
                let moved = std::mem::take(&mut parts[other]);
                parts[part].extend(moved);
                part_of_piece.iter_mut().filter(|known| **known == Some(other)).for_each(|known| *known = Some(part));
            }
            parts[part].push(plan);
            pool().for_each(|piece| part_of_piece[*piece] = Some(part));
        }
        let (linear, mut others): (Vec<Vec<usize>>, Vec<Vec<usize>>) =
            parts.into_iter().filter(|part| !part.is_empty()).partition(|part| are_linear(part));
        let mut linear = linear.concat();
        linear.sort_unstable();
        others.iter_mut().for_each(|part| part.sort_unstable());
        (linear, others)
    }

    /// Adds sets of a plan to what its candidate gives.
    fn give(
        &self,
        evaluation: &mut Evaluation,
        plan: &Plan,
        sets: i64,
        taken: &[solver::Taken],
    ) -> Result<(), MoneyError> {
        let Choices { lines, pieces, currency, .. } = self;
        let terms = Reducing { lines, pieces, spread: plan.spread, currency: *currency };
        let slots = plan.slots.iter().zip(taken);
        fn filled<'t>((slot, taken): (&PlanSlot, &'t solver::Taken)) -> Filled<'t> {
            (slot.effect, taken)
        }
        if plan.slots.iter().all(|slot| slot.is_target) {
            return evaluation.add_sets(sets, slots.map(filled), plan.together, terms);
        }
        // Pieces that only qualify stand apart from those that the common effect is about.
        let start = evaluation.takes.len();
        let targets = slots.clone().filter(|(slot, _)| slot.is_target);
        evaluation.add_sets(sets, targets.map(filled), None, terms)?;
        if let Some(effect) = plan.together {
            evaluation.saving += reduce(&mut evaluation.takes[start..], effect, sets, terms)?;
        }
        let qualifying = slots.filter(|(slot, _)| !slot.is_target);
        evaluation.add_sets(0, qualifying.map(filled), None, terms)
    }
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
        let money = lower(candidate.cap, limits.money).map(|money| currency.to_decimal(money));
        Limit { sets: lower(limits.uses, limits.uses_per_customer), money }
    }

    /// The lower of both.
    pub(super) fn and(self, other: Limit) -> Limit {
        Limit { sets: lower(self.sets, other.sets), money: lower(self.money, other.money) }
    }
}

/// The lower of two limits, as far as there are any.
fn lower<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Where a line of that number stands: nearly always where it would if none was missing.
pub(super) fn place_of(lines: &[WorkLine], number: u32) -> Option<usize> {
    let guess = usize::try_from(number.checked_sub(lines.first()?.number)?).ok()?;
    match lines.get(guess) {
        Some(line) if line.number == number => Some(guess),
        _ => lines.binary_search_by_key(&number, |work| work.number).ok(),
    }
}

/// Lines a shape names; a line may come more than once.
pub(super) fn named(shape: &Shape) -> impl Iterator<Item = u32> {
    let (portions, qualifying, slots) = match shape {
        Shape::WholeOrder(_) => Default::default(),
        Shape::Portions(Chosen { portions, qualifies_on, .. }) => {
            (portions.as_slice(), qualifies_on.as_slice(), Default::default())
        }
        Shape::Deal(deal) => (Default::default(), Default::default(), deal.slots.as_slice()),
    };
    let of_slots = slots.iter().flat_map(|slot| slot.pool.iter().copied());
    portions.iter().chain(qualifying).map(|portion| portion.line).chain(of_slots)
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
    let find = |line: u32| place_of(lines, line);
    let of_line = |line: u32| find(line).map_or(&[][..], |line| pieces.of_line(line));
    let spread = candidate.spread;
    match &candidate.shape {
        Shape::WholeOrder(_) => {}
        Shape::Deal(deal) => {
            let slots: SmallVec<[PlanSlot; 2]> = deal
                .slots
                .iter()
                .map(|slot| {
                    let mut pool: SmallVec<[usize; 4]> = SmallVec::with_capacity(slot.pool.len());
                    pool.extend(slot.pool.iter().flat_map(|line| of_line(*line)).copied());
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
                let pool = SmallVec::from_slice(of_line(portion.line));
                let free = pieces.count(&pool);
                let same_unit = find(portion.line).is_some_and(|line| lines[line].quantity.unit == portion.qty.unit);
                let asked = if same_unit { pieces_in(portion.qty.value, &pool, pieces) } else { 0 };
                // As far as they are free; what must qualify must be there whole.
                let count = if is_target { asked.min(free) } else { asked };
                PlanSlot { count, pool, pick: Pick::BestForCustomer, effect: None, is_target }
            };
            let targets: SmallVec<[PlanSlot; 2]> =
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
                let by_line = matches!(effect, Effect::AmountOff(_)) && spread == Spread::EachLine;
                let mut by_piece = |slot: PlanSlot, count: i64, sets_max: i64| {
                    let slots = smallvec![PlanSlot { count, effect: Some(*effect), ..slot }];
                    plans.push(Plan { candidate: index, slots, together: None, spread, sets_max });
                };
                // Lines of which it may have all that is free need no count of their own.
                let (whole, parts): (SmallVec<[PlanSlot; 2]>, SmallVec<[PlanSlot; 2]>) =
                    targets.into_iter().partition(|target| !by_line && target.count == pieces.count(&target.pool));
                let mut together = whole.into_iter();
                if let Some(mut all) = together.next() {
                    for target in together {
                        all.pool.extend(target.pool);
                        all.count += target.count;
                    }
                    all.pool.sort_unstable();
                    let sets_max = all.count;
                    by_piece(all, 1, sets_max);
                }
                for target in parts {
                    let (count, sets_max) = if by_line { (target.count, 1) } else { (1, target.count) };
                    by_piece(target, count, sets_max);
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

/// How far a deal of the solver says what a plan saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linear {
    /// What its sets save, whichever they are.
    Exact,
    /// What its sets save, but they may not be chosen freely.
    Forced,
    /// What its sets save or more.
    AtLeast,
    /// Nothing: amounts beyond all that can be counted.
    No,
}

/// A plan as a deal whose sets save the sum of their pieces and a constant, or never save more than that.
fn as_deal(plan: &Plan, pieces: &Pieces, lines: &[WorkLine], currency: Currency) -> Option<(solver::Deal, Linear)> {
    let scale = |money: Money| pieces.scale(currency.to_decimal(money));
    let mut per_set = 0_i64;
    let (mut is_exact, mut is_free) = (true, true);
    // The least that the pieces of a set can cost before the common effect.
    let mut least = 0_i64;
    let bundles = plan.slots.iter().filter(|slot| matches!(slot.effect, Some(Effect::BundlePrice(_)))).count();
    let effects = plan.slots.iter().filter(|slot| slot.effect.is_some()).count() + usize::from(plan.together.is_some());
    let is_shared = |effect: &Effect| match effect {
        Effect::BundlePrice(_) => true,
        Effect::AmountOff(_) => plan.spread != Spread::EachUnit,
        Effect::RateOff(_) | Effect::FixedPrice(_) => false,
    };
    let each = |effect: Effect, value: i64, piece: &super::pieces::Piece| {
        per_piece(effect, value, piece.quantity, lines[piece.line].quantity.unit, pieces, currency)
    };
    // How often an amount comes off at most that comes off every line once.
    let on_lines = |pool: &[usize], count: i64| match plan.spread {
        Spread::EachLine => i64::try_from(distinct_lines(pool, pieces)).unwrap_or(i64::MAX).min(count).max(1),
        _ => 1,
    };
    let mut slots = solver::Slots::with_capacity(plan.slots.len());
    for PlanSlot { count, pool, pick, effect, is_target } in &plan.slots {
        // Forced pieces are not there to be chosen from.
        is_free &= *pick == Pick::BestForCustomer || pieces.count(pool) <= *count || !differ(pool, pieces);
        let together = plan.together.filter(|_| *is_target);
        // What the slot takes off all its pieces lowers what the common effect works on, piece by piece.
        let lowers = effect.as_ref().is_some_and(is_shared) && together.is_some();
        is_exact &= !lowers;
        let cheapest = cheapest(pool, *count, pieces);
        let mut weighted = solver::Pool::with_capacity(pool.len());
        for index in pool {
            let piece = &pieces.all[*index];
            let weight = match effect {
                None => 0,
                Some(Effect::BundlePrice(_)) => piece.scaled,
                Some(effect) if is_shared(effect) => 0,
                Some(effect) => each(*effect, piece.scaled, piece)?,
            };
            let rest = if lowers { piece.scaled } else { piece.scaled - weight };
            let further = match together {
                None => 0,
                Some(Effect::BundlePrice(_)) => rest,
                Some(effect) if is_shared(&effect) => 0,
                Some(effect) => each(effect, rest, piece)?,
            };
            weighted.push((*index, weight + further));
        }
        match effect {
            // A set below its price saves nothing; alone that means it is not made, beside others it does not.
            Some(Effect::BundlePrice(price)) if cheapest < scale(*price) && (effects > 1 || bundles > 1) => {
                is_exact = false;
            }
            Some(Effect::BundlePrice(price)) => per_set = per_set.saturating_sub(scale(*price)),
            Some(Effect::AmountOff(amount)) if plan.spread != Spread::EachUnit => {
                let times = on_lines(pool, *count);
                is_exact &= times == 1 && cheapest >= scale(*amount);
                per_set = per_set.saturating_add(scale(*amount).saturating_mul(times));
            }
            _ => {}
        }
        if *is_target {
            least = least.saturating_add(cheapest);
        }
        slots.push(solver::Slot { count: *count, pool: weighted });
    }
    match plan.together {
        Some(Effect::BundlePrice(price)) if effects == 1 => per_set = per_set.saturating_sub(scale(price)),
        Some(Effect::BundlePrice(_)) => is_exact = false,
        Some(Effect::AmountOff(amount)) if plan.spread != Spread::EachUnit => {
            let targets = || plan.slots.iter().filter(|slot| slot.is_target);
            let all = targets()
                .flat_map(|slot| &slot.pool)
                .map(|index| pieces.all[*index].scaled.saturating_mul(pieces.all[*index].count));
            let fixed = plan.sets_max == 1 && plan.slots.iter().all(|slot| pieces.count(&slot.pool) == slot.count);
            let times = targets().map(|slot| on_lines(&slot.pool, slot.count)).fold(0, i64::saturating_add).max(1);
            is_exact &= plan.spread != Spread::EachLine && effects == 1 && (least >= scale(amount) || fixed);
            let times = if plan.spread == Spread::EachLine { times } else { 1 };
            let off = scale(amount).saturating_mul(times);
            per_set = per_set.saturating_add(if fixed { off.min(all.fold(0, i64::saturating_add)) } else { off });
        }
        _ => {}
    }
    let deal = solver::Deal { slots, per_set, sets_max: plan.sets_max };
    let how_far = match (is_exact, is_free) {
        (false, _) => Linear::AtLeast,
        (true, false) => Linear::Forced,
        (true, true) => Linear::Exact,
    };
    Some((deal, how_far))
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
            let divisor = ten_to(fraction.scale())?;
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

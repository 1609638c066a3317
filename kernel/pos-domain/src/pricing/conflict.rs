//! Offers against each other: which candidate gets which pieces.
//!
//! An explicit order, never luck: exclusive candidates first, then those that compete within their group (best price
//! for the customer; a piece is used once per group), then those that combine (price, amount, rate; each on what the
//! former left). Ties go by priority, extension, candidate id — never by the order of arrival.
//!
//! Candidates of a group are chosen greedily by what they save on the pieces still free, evaluated anew after each
//! choice. That is the best assignment where they share no pieces; an exact search for the rest belongs here too.

use super::engine::{Segment, WorkLine};
use super::priced::{DecisionState, ModifierSource};
use super::proposal::{
    Basis, Candidate, Chosen, Deal, Effect, Mode, Pick, Requirement, RequirementBasis, Shape, Slot, Spread, Stage,
};
use crate::refusal::Refusal;
use pos_money::{Currency, Decimal, Money, MoneyError, Quantity};
use std::cmp::Ordering;
use std::sync::Arc;

/// What became of one candidate.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) source: ModifierSource,
    pub(super) label: Arc<str>,
    pub(super) decision: DecisionState,
    pub(super) reason: Arc<str>,
    pub(super) sets: u32,
    /// Exact, in major units.
    pub(super) saving: Decimal,
    pub(super) by_line: Vec<LineShare>,
    /// Indexes of the lines the candidate is about.
    pub(super) considered: Vec<usize>,
}

/// What a candidate takes off one line.
#[derive(Clone, Debug)]
pub(super) struct LineShare {
    pub(super) line: usize,
    pub(super) quantity: Decimal,
    pub(super) saving: Decimal,
}

/// Pieces of one segment that a candidate would take.
#[derive(Clone, Debug)]
struct Take {
    line: usize,
    segment: usize,
    quantity: Decimal,
    /// What they cost before.
    value: Decimal,
    saving: Decimal,
}

/// What a candidate would do to the pieces that are free now.
#[derive(Clone, Debug, Default)]
struct Evaluation {
    takes: Vec<Take>,
    saving: Decimal,
    sets: u32,
    capped: bool,
}

/// A candidate that passed the checks.
struct Contender {
    source: ModifierSource,
    candidate: Candidate,
    group: Arc<str>,
    considered: Vec<usize>,
    /// What it would save if it were alone.
    alone: Decimal,
}

/// Decides between the candidates of a stage and moves the pieces of `lines` accordingly.
pub(super) fn resolve(
    stage: Stage,
    lines: &mut [WorkLine],
    candidates: Vec<(ModifierSource, Candidate)>,
    currency: Currency,
) -> Result<Vec<Outcome>, Refusal> {
    let mut outcomes = Vec::new();
    let mut contenders: Vec<Contender> = Vec::new();
    let nets_at_start = discountable_sum(lines);
    for (source, candidate) in candidates {
        let considered = considered_lines(&candidate.shape, lines);
        let problem = invalid(&candidate, lines).or_else(|| {
            contenders
                .iter()
                .any(|known| known.source.extension == source.extension && known.candidate.id == candidate.id)
                .then(|| format!("its extension proposed \"{}\" twice", candidate.id))
        });
        if let Some(problem) = problem {
            outcomes.push(rejected(&source, &candidate, considered, DecisionState::Invalid, problem));
            continue;
        }
        let group = candidate.group.clone().unwrap_or_else(|| "default".into());
        let alone = evaluate(&candidate, &group, lines, currency)?.saving;
        contenders.push(Contender { source, candidate, group, considered, alone });
    }
    contenders.sort_by(|one, other| {
        one.candidate
            .mode
            .cmp(&other.candidate.mode)
            .then_with(|| tie_break(&one.candidate, &one.source, &other.candidate, &other.source))
    });

    let mut taken_orders: Vec<Arc<str>> = Vec::new();
    for mode in [Mode::Exclusive, Mode::BestPrice] {
        let (mut running, rest): (Vec<_>, Vec<_>) =
            contenders.into_iter().partition(|contender| contender.candidate.mode == mode);
        contenders = rest;
        while !running.is_empty() {
            let mut best: Option<(usize, Evaluation)> = None;
            for (index, contender) in running.iter().enumerate() {
                let whole = matches!(contender.candidate.shape, Shape::WholeOrder(_));
                if whole && taken_orders.contains(&contender.group) {
                    continue;
                }
                if unmet(&contender.candidate.requires, lines, nets_at_start, currency).is_some() {
                    continue;
                }
                let evaluation = evaluate(&contender.candidate, &contender.group, lines, currency)?;
                // Sorted by tie-break, so only a strictly better one replaces an earlier one.
                if best.as_ref().is_none_or(|(_, known)| evaluation.saving > known.saving) {
                    best = Some((index, evaluation));
                }
            }
            let Some((index, evaluation)) = best.filter(|(_, evaluation)| evaluation.saving > Decimal::ZERO) else {
                break;
            };
            let contender = running.remove(index);
            let whole = matches!(contender.candidate.shape, Shape::WholeOrder(_));
            if whole && stage == Stage::Order {
                taken_orders.push(contender.group.clone());
            }
            take(lines, &evaluation, Some(&contender.group).filter(|_| !whole), mode == Mode::Exclusive)?;
            outcomes.push(applied(contender, evaluation));
        }
        for contender in running {
            outcomes.push(left_out(contender, &outcomes, lines, nets_at_start, currency));
        }
    }
    for contender in contenders {
        let evaluation = match unmet(&contender.candidate.requires, lines, nets_at_start, currency) {
            Some(_) => Evaluation::default(),
            None => evaluate(&contender.candidate, &contender.group, lines, currency)?,
        };
        if evaluation.saving > Decimal::ZERO {
            take(lines, &evaluation, None, false)?;
            outcomes.push(applied(contender, evaluation));
        } else {
            outcomes.push(left_out(contender, &outcomes, lines, nets_at_start, currency));
        }
    }
    Ok(outcomes)
}

/// Price, amount, rate; higher priority; extension; id.
fn tie_break(
    one: &Candidate,
    one_source: &ModifierSource,
    other: &Candidate,
    other_source: &ModifierSource,
) -> Ordering {
    effect_class(&one.shape)
        .cmp(&effect_class(&other.shape))
        .then(other.priority.cmp(&one.priority))
        .then_with(|| one_source.extension.cmp(&other_source.extension))
        .then_with(|| one.id.cmp(&other.id))
}

fn effect_class(shape: &Shape) -> u8 {
    let of = |effect: &Effect| match effect {
        Effect::FixedPrice(_) | Effect::BundlePrice(_) => 0,
        Effect::AmountOff(_) => 1,
        Effect::RateOff(_) => 2,
    };
    match shape {
        Shape::Portions(Chosen { effect, .. }) | Shape::WholeOrder(effect) => of(effect),
        Shape::Deal(Deal { slots, together, .. }) => {
            slots.iter().filter_map(|slot| slot.effect.as_ref()).chain(together).map(of).min().unwrap_or(0)
        }
    }
}

// ---------------------------------------------------------------- checks

/// What makes a candidate unusable whatever else is proposed.
fn invalid(candidate: &Candidate, lines: &[WorkLine]) -> Option<String> {
    let known = |line: u32| lines.iter().any(|work| work.number == line);
    let effect_problem = |effect: &Effect| match effect {
        Effect::AmountOff(amount) if amount.is_negative() => Some("an amount off is below zero".to_owned()),
        Effect::BundlePrice(amount) if amount.is_negative() => Some("a bundle price is below zero".to_owned()),
        Effect::RateOff(rate) if rate.fraction() < Decimal::ZERO || rate.fraction() > Decimal::ONE => {
            Some(format!("a rate off of {} % is not between 0 and 100", rate.percent_text()))
        }
        Effect::FixedPrice(price) if price.value < Decimal::ZERO || price.per.value <= Decimal::ZERO => {
            Some("a fixed price is below zero".to_owned())
        }
        _ => None,
    };
    if candidate.basis == Basis::Payable {
        return Some("discounts on what is to be paid are not offered yet".to_owned());
    }
    match candidate.requires {
        Some(Requirement { basis: RequirementBasis::NetOfTax | RequirementBasis::Payable, .. }) => {
            return Some("a threshold can only be on prices yet".to_owned());
        }
        Some(Requirement { basis: RequirementBasis::Price, .. }) | None => {}
    }
    if candidate.cap.is_some_and(Money::is_negative) {
        return Some("its cap is below zero".to_owned());
    }
    match &candidate.shape {
        Shape::WholeOrder(Effect::FixedPrice(_)) => Some("a unit price does not fit a whole order".to_owned()),
        Shape::WholeOrder(effect) => effect_problem(effect),
        Shape::Portions(Chosen { portions, effect, qualifies_on }) => portions
            .iter()
            .chain(qualifies_on)
            .find(|portion| !known(portion.line))
            .map(|portion| format!("it names line {}, which is not there", portion.line))
            .or_else(|| {
                let all = portions.iter().chain(qualifies_on);
                let mut negative = all.filter(|portion| portion.qty.value < Decimal::ZERO);
                negative.next().map(|_| "a quantity is below zero".to_owned())
            })
            .or_else(|| effect_problem(effect)),
        Shape::Deal(Deal { slots, together, .. }) => slots
            .iter()
            .flat_map(|slot| &slot.pool)
            .find(|line| !known(**line))
            .map(|line| format!("it names line {line}, which is not there"))
            .or_else(|| {
                let countable = |slot: &&Slot| piece_count(slot.count).is_none_or(|count| count < 1);
                slots.iter().find(countable).map(|slot| format!("a slot asks for {} pieces", slot.count))
            })
            .or_else(|| slots.is_empty().then(|| "a deal has no slots".to_owned()))
            .or_else(|| slots.iter().filter_map(|slot| slot.effect.as_ref()).chain(together).find_map(effect_problem)),
    }
}

fn piece_count(count: Quantity) -> Option<i64> {
    let value = count.value.normalize();
    (value.scale() == 0).then(|| i64::try_from(value).ok()).flatten()
}

/// Indexes of the lines a candidate could touch.
fn considered_lines(shape: &Shape, lines: &[WorkLine]) -> Vec<usize> {
    let has = |work: &WorkLine| match shape {
        Shape::WholeOrder(_) => work.discountable,
        Shape::Portions(Chosen { portions, .. }) => portions.iter().any(|portion| portion.line == work.number),
        Shape::Deal(Deal { slots, .. }) => slots.iter().any(|slot| slot.pool.contains(&work.number)),
    };
    lines.iter().enumerate().filter(|(_, work)| has(work)).map(|(index, _)| index).collect()
}

fn discountable_sum(lines: &[WorkLine]) -> Decimal {
    lines.iter().filter(|line| line.discountable).flat_map(|line| &line.segments).map(|segment| segment.value).sum()
}

/// Why a requirement does not hold, if it does not.
fn unmet(requires: &Option<Requirement>, lines: &[WorkLine], at_start: Decimal, currency: Currency) -> Option<String> {
    let Requirement { min, basis: _, left } = (*requires)?;
    let has = if left { discountable_sum(lines) } else { at_start };
    let needs = currency.to_decimal(min);
    (has < needs).then(|| format!("needs {needs}, the basket has {}", has.round_dp(u32::from(currency.exponent()))))
}

// ---------------------------------------------------------------- evaluation

/// A segment as a supply of pieces. A measured line is one piece.
struct Supply {
    line: usize,
    segment: usize,
    pieces: i64,
    piece_quantity: Decimal,
    piece_value: Decimal,
}

fn is_free(segment: &Segment, mode: Mode, group: &Arc<str>, whole: bool) -> bool {
    !segment.exclusive && (mode == Mode::Compound || whole || !segment.groups.contains(group))
}

fn evaluate(
    candidate: &Candidate,
    group: &Arc<str>,
    lines: &[WorkLine],
    currency: Currency,
) -> Result<Evaluation, MoneyError> {
    let whole = matches!(candidate.shape, Shape::WholeOrder(_));
    let free = |segment: &Segment| is_free(segment, candidate.mode, group, whole);
    let mut evaluation = match &candidate.shape {
        Shape::WholeOrder(effect) => whole_order(*effect, candidate.spread, lines, &free, currency)?,
        Shape::Portions(chosen) => portions(chosen, candidate.spread, lines, &free, currency)?,
        Shape::Deal(deal) => {
            let uses = candidate.limits.and_then(|limits| limits.uses).map_or(u32::MAX, |uses| uses);
            deal_sets(deal, uses, lines, &free, currency)?
        }
    };
    let money_limit = candidate.limits.and_then(|limits| limits.money);
    for cap in [candidate.cap, money_limit].into_iter().flatten() {
        let cap = currency.to_decimal(cap);
        if evaluation.saving > cap {
            let whole = evaluation.saving;
            for take in &mut evaluation.takes {
                take.saving = ratio(take.saving, cap, whole)?;
            }
            evaluation.saving = cap;
            evaluation.capped = true;
        }
    }
    Ok(evaluation)
}

fn whole_order(
    effect: Effect,
    spread: Spread,
    lines: &[WorkLine],
    free: &dyn Fn(&Segment) -> bool,
    currency: Currency,
) -> Result<Evaluation, MoneyError> {
    let mut takes = Vec::new();
    for (line, work) in lines.iter().enumerate().filter(|(_, work)| work.discountable) {
        for (segment, pieces) in work.segments.iter().enumerate().filter(|(_, segment)| free(segment)) {
            takes.push(whole_segment(line, segment, pieces));
        }
    }
    let saving = reduce(&mut takes, effect, spread, lines, currency)?;
    Ok(Evaluation { takes, saving, sets: 1, capped: false })
}

fn whole_segment(line: usize, segment: usize, pieces: &Segment) -> Take {
    Take { line, segment, quantity: pieces.quantity, value: pieces.value, saving: Decimal::ZERO }
}

/// Pieces the extension chose itself, as far as they are free.
fn portions(
    chosen: &Chosen,
    spread: Spread,
    lines: &[WorkLine],
    free: &dyn Fn(&Segment) -> bool,
    currency: Currency,
) -> Result<Evaluation, MoneyError> {
    let Chosen { portions, effect, qualifies_on } = chosen;
    let mut used: Vec<(usize, usize, Decimal)> = Vec::new();
    let mut gather = |portion: &super::proposal::Portion| -> Result<(Vec<Take>, Decimal), MoneyError> {
        let mut wanted = portion.qty.value;
        let mut takes = Vec::new();
        let Some((line, work)) = lines.iter().enumerate().find(|(_, work)| work.number == portion.line) else {
            return Ok((takes, wanted));
        };
        if !work.discountable || work.quantity.unit != portion.qty.unit {
            return Ok((takes, wanted));
        }
        let mut order: Vec<usize> = (0..work.segments.len()).filter(|index| free(&work.segments[*index])).collect();
        order.sort_by(|one, other| dearer(&work.segments[*other], &work.segments[*one]));
        for segment in order {
            let pieces = &work.segments[segment];
            let gone = used.iter().filter(|(known, index, _)| (*known, *index) == (line, segment));
            let left = pieces.quantity - gone.map(|(_, _, quantity)| *quantity).sum::<Decimal>();
            let quantity = left.min(wanted);
            if quantity <= Decimal::ZERO {
                continue;
            }
            wanted -= quantity;
            used.push((line, segment, quantity));
            let value = ratio(pieces.value, quantity, pieces.quantity)?;
            takes.push(Take { line, segment, quantity, value, saving: Decimal::ZERO });
        }
        Ok((takes, wanted))
    };
    let mut takes = Vec::new();
    for portion in portions {
        takes.extend(gather(portion)?.0);
    }
    let mut qualifying = Vec::new();
    for portion in qualifies_on {
        let (found, missing) = gather(portion)?;
        if missing > Decimal::ZERO {
            return Ok(Evaluation::default());
        }
        qualifying.extend(found);
    }
    let saving = reduce(&mut takes, *effect, spread, lines, currency)?;
    takes.extend(qualifying);
    Ok(Evaluation { takes, saving, sets: 1, capped: false })
}

/// Compares by price of a unit: cross-multiplied, so that nothing is divided.
fn dearer(one: &Segment, other: &Segment) -> Ordering {
    match (one.value.checked_mul(other.quantity), other.value.checked_mul(one.quantity)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => one.value.cmp(&other.value),
    }
}

/// Sets of a deal, filled slot by slot. Identical sets are counted, not repeated, so that 6,000 pieces cost what 6 do.
fn deal_sets(
    deal: &Deal,
    uses: u32,
    lines: &[WorkLine],
    free: &dyn Fn(&Segment) -> bool,
    currency: Currency,
) -> Result<Evaluation, MoneyError> {
    let mut supplies: Vec<Supply> = Vec::new();
    for (line, work) in lines.iter().enumerate().filter(|(_, work)| work.discountable) {
        if !deal.slots.iter().any(|slot| slot.pool.contains(&work.number)) {
            continue;
        }
        for (segment, pieces) in work.segments.iter().enumerate().filter(|(_, segment)| free(segment)) {
            let count = Quantity::new(pieces.quantity, work.quantity.unit).countable_pieces();
            if count < 1 {
                continue;
            }
            let divisor = Decimal::from(count);
            supplies.push(Supply {
                line,
                segment,
                pieces: count,
                piece_quantity: pieces.quantity.checked_div(divisor).ok_or(MoneyError::Overflow)?,
                piece_value: pieces.value.checked_div(divisor).ok_or(MoneyError::Overflow)?,
            });
        }
    }
    let mut evaluation = Evaluation::default();
    let most = deal.repeat_max.unwrap_or(u32::MAX).min(uses);
    while evaluation.sets < most {
        let Some(filled) = fill(deal, &supplies, lines) else { break };
        let mut takes: Vec<Take> = Vec::new();
        let mut saving = Decimal::ZERO;
        for (slot, picks) in deal.slots.iter().zip(&filled) {
            let mut slot_takes: Vec<Take> = picks.iter().map(|(index, count)| supplies[*index].take(*count)).collect();
            if let Some(effect) = slot.effect {
                saving += reduce(&mut slot_takes, effect, Spread::Across, lines, currency)?;
            }
            takes.extend(slot_takes);
        }
        if let Some(effect) = deal.together {
            saving += reduce(&mut takes, effect, Spread::Across, lines, currency)?;
        }
        if saving <= Decimal::ZERO {
            break;
        }
        // How often exactly this set can be had: the order of prices does not change until a supply runs out.
        let mut per_set = vec![0_i64; supplies.len()];
        for (index, count) in filled.iter().flatten() {
            per_set[*index] += count;
        }
        let repeats =
            supplies.iter().zip(&per_set).filter(|(_, used)| **used > 0).map(|(supply, used)| supply.pieces / used);
        let repeats = repeats.min().unwrap_or(1).clamp(1, i64::from(most - evaluation.sets));
        for (supply, used) in supplies.iter_mut().zip(&per_set) {
            supply.pieces -= used * repeats;
        }
        let times = Decimal::from(repeats);
        for mut take in takes {
            take.quantity *= times;
            take.value = take.value.checked_mul(times).ok_or(MoneyError::Overflow)?;
            take.saving = take.saving.checked_mul(times).ok_or(MoneyError::Overflow)?;
            evaluation.takes.push(take);
        }
        evaluation.saving += saving.checked_mul(times).ok_or(MoneyError::Overflow)?;
        evaluation.sets = evaluation.sets.saturating_add(u32::try_from(repeats).unwrap_or(u32::MAX));
    }
    Ok(evaluation)
}

impl Supply {
    fn take(&self, count: i64) -> Take {
        let count = Decimal::from(count);
        Take {
            line: self.line,
            segment: self.segment,
            quantity: self.piece_quantity * count,
            value: self.piece_value * count,
            saving: Decimal::ZERO,
        }
    }
}

/// For each slot: (supply, pieces); none if a slot cannot be filled.
fn fill(deal: &Deal, supplies: &[Supply], lines: &[WorkLine]) -> Option<Vec<Vec<(usize, i64)>>> {
    let mut left: Vec<i64> = supplies.iter().map(|supply| supply.pieces).collect();
    let mut filled = Vec::with_capacity(deal.slots.len());
    for slot in &deal.slots {
        let mut order: Vec<usize> =
            (0..supplies.len()).filter(|index| slot.pool.contains(&lines[supplies[*index].line].number)).collect();
        let dearest_first = match slot.pick {
            Pick::Dearest => true,
            Pick::Cheapest => false,
            // What gets an effect should be dear; what is only used up should be cheap.
            Pick::BestForCustomer => slot.effect.is_some() || deal.together.is_some(),
        };
        order.sort_by(|one, other| {
            let by_price = supplies[*one].piece_value.cmp(&supplies[*other].piece_value);
            if dearest_first { by_price.reverse() } else { by_price }
        });
        let mut missing = piece_count(slot.count)?;
        let mut picks = Vec::new();
        for index in order {
            let count = left[index].min(missing);
            if count > 0 {
                left[index] -= count;
                missing -= count;
                picks.push((index, count));
            }
        }
        if missing > 0 {
            return None;
        }
        filled.push(picks);
    }
    Some(filled)
}

/// Adds an effect's saving to takes, on what they still cost; answers the sum added.
fn reduce(
    takes: &mut [Take],
    effect: Effect,
    spread: Spread,
    lines: &[WorkLine],
    currency: Currency,
) -> Result<Decimal, MoneyError> {
    let left = |take: &Take| (take.value - take.saving).max(Decimal::ZERO);
    let whole: Decimal = takes.iter().map(left).sum();
    // What a single amount takes off all of them together.
    let together = match effect {
        Effect::AmountOff(amount) if spread == Spread::Across => Some(currency.to_decimal(amount).min(whole)),
        Effect::BundlePrice(amount) => Some((whole - currency.to_decimal(amount)).max(Decimal::ZERO)),
        _ => None,
    };
    let mut line_left: Vec<(usize, Decimal)> = Vec::new();
    let mut added = Decimal::ZERO;
    for take in takes.iter_mut() {
        let value = left(take);
        let off = match (effect, together) {
            (_, Some(amount)) if whole.is_zero() => amount.min(Decimal::ZERO),
            (_, Some(amount)) => ratio(value, amount, whole)?,
            (Effect::RateOff(rate), None) => value.checked_mul(rate.fraction()).ok_or(MoneyError::Overflow)?,
            (Effect::FixedPrice(price), None) => {
                let unit = lines[take.line].quantity.unit;
                value - price.extend(Quantity::new(take.quantity, unit))?.min(value)
            }
            (Effect::AmountOff(amount), None) if spread == Spread::EachUnit => {
                let amount = currency.to_decimal(amount).checked_mul(take.quantity).ok_or(MoneyError::Overflow)?;
                amount.min(value)
            }
            (Effect::AmountOff(amount) | Effect::BundlePrice(amount), None) => {
                // Once a line: later pieces of the same line get what the earlier ones left of it.
                if !line_left.iter().any(|(line, _)| *line == take.line) {
                    line_left.push((take.line, currency.to_decimal(amount)));
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
    Ok(added)
}

/// `value * numerator / denominator`, zero for a zero denominator.
fn ratio(value: Decimal, numerator: Decimal, denominator: Decimal) -> Result<Decimal, MoneyError> {
    if denominator.is_zero() {
        return Ok(Decimal::ZERO);
    }
    if numerator == denominator {
        return Ok(value);
    }
    value.checked_mul(numerator).and_then(|product| product.checked_div(denominator)).ok_or(MoneyError::Overflow)
}

// ---------------------------------------------------------------- outcomes

/// Moves the taken pieces into segments of their own.
fn take(
    lines: &mut [WorkLine],
    evaluation: &Evaluation,
    group: Option<&Arc<str>>,
    exclusive: bool,
) -> Result<(), MoneyError> {
    for Take { line, segment, quantity, value, saving } in &evaluation.takes {
        let segments = &mut lines[*line].segments;
        let from = &mut segments[*segment];
        let mut groups = from.groups.clone();
        groups.extend(group.cloned());
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
    Ok(())
}

fn applied(contender: Contender, evaluation: Evaluation) -> Outcome {
    let Contender { source, candidate, considered, .. } = contender;
    let Evaluation { takes, saving, sets, capped } = evaluation;
    let mut by_line: Vec<LineShare> = Vec::new();
    for Take { line, quantity, saving, .. } in takes {
        if saving.is_zero() {
            continue;
        }
        match by_line.iter_mut().find(|share| share.line == line) {
            Some(share) => {
                share.quantity += quantity;
                share.saving += saving;
            }
            None => by_line.push(LineShare { line, quantity, saving }),
        }
    }
    by_line.sort_by_key(|share| share.line);
    let (decision, reason) = if capped {
        (DecisionState::Capped, "its cap was reached".into())
    } else {
        (DecisionState::Applied, "".into())
    };
    Outcome { source, label: candidate.label.text, decision, reason, sets, saving, by_line, considered }
}

fn left_out(
    contender: Contender,
    outcomes: &[Outcome],
    lines: &[WorkLine],
    at_start: Decimal,
    currency: Currency,
) -> Outcome {
    let Contender { source, candidate, considered, alone, .. } = contender;
    if let Some(missing) = unmet(&candidate.requires, lines, at_start, currency) {
        return rejected(&source, &candidate, considered, DecisionState::Unmet, missing);
    }
    if alone <= Decimal::ZERO {
        let reason = "its conditions are not met by what is left".to_owned();
        return rejected(&source, &candidate, considered, DecisionState::Unmet, reason);
    }
    let places = u32::from(currency.exponent());
    let winner = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.decision, DecisionState::Applied | DecisionState::Capped))
        .find(|outcome| outcome.considered.iter().any(|line| considered.contains(line)));
    let reason = match winner {
        Some(winner) if winner.saving >= alone => format!(
            "worth {:.*}, not more than {} {:.*}",
            places as usize,
            alone.round_dp(places),
            winner.label,
            places as usize,
            winner.saving.round_dp(places)
        ),
        Some(winner) => format!("its pieces went to {}", winner.label),
        None => "its pieces are used".to_owned(),
    };
    rejected(&source, &candidate, considered, DecisionState::Lost, reason)
}

fn rejected(
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
        saving: Decimal::ZERO,
        by_line: Vec::new(),
        considered,
    }
}

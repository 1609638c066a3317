//! Offers by brute force: the exact best saving, and one choice of pieces that reaches it.
//!
//! Example (`greedy-trap` of the vectors): a 10.00, b 9.00, c 6.00, d 5.00; {a, b} for 12.00, {a, c} for 11.50, {b, d} for 10.00. Greedy takes the first
//! for 7.00; the best is the other two for 4.50 + 4.00 = 8.50.
//!
//! The order of things: stages line, shop, order; in each the exclusive candidates, then the best-price ones group by group, then the
//! compound ones by kind (price, amount, rate), priority, id. A group is one search (`search`) over all its candidates at once, with a tier
//! for each priority where the policy says so. Start reading at [`evaluate`].

mod pile;
mod plan;
mod post;
mod search;
mod sets;

#[cfg(test)]
mod tests;

use crate::case::{Basis, Candidate, Case, Effect, GroupRule, OfferMode, RequirementBasis, Shape, Stage};
use crate::number::{Rational, one, zero};
use crate::refusal::Refusal;
use crate::tax;
use pile::Pile;
use plan::Plan;
use search::Chosen;

pub(crate) use pile::gross;

/// How a candidate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It saves something.
    Applied,
    /// Others save more, or its pieces are gone, or it would save nothing.
    Lost,
    /// The basket does not come to what it requires.
    Unmet,
    /// It saves what its cap allows.
    Capped,
}

/// What became of one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its id.
    pub id: String,
    /// How it ended.
    pub state: State,
    /// Sets it was given.
    pub sets: u32,
    /// What it saves, exact.
    pub saving: Rational,
    /// What is posted for it, by line.
    pub by_line: Vec<Rational>,
    /// Quantity used of each line, qualifying pieces too.
    pub used: Vec<Rational>,
}

/// What the offers of a basket come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Exact saving of all candidates on prices, before anything is rounded.
    pub saving: Rational,
    /// In the order of the case.
    pub candidates: Vec<Outcome>,
    /// Nets of the lines in minor units, after what is posted.
    pub nets: Vec<Rational>,
    /// What payable discounts leave of each line, 1 without any.
    pub keep: Vec<Rational>,
}

/// The best a customer can get for a case.
///
/// # Errors
/// [`Refusal::TooLarge`] beyond small baskets, [`Refusal::Unsupported`] for payable discounts on anything but the whole order.
pub fn evaluate(case: &Case) -> Result<Evaluation, Refusal> {
    let nets: Vec<Rational> = case.lines.iter().map(|line| gross(case, line)).collect();
    let mut run = Run {
        case,
        piles: pile::untouched(case)?,
        outcomes: case.candidates.iter().map(|candidate| untried(candidate, case.lines.len())).collect(),
        nets,
    };
    run.weigh()?;
    for stage in [Stage::Line, Stage::Shop, Stage::Order] {
        run.stage(stage)?;
    }
    let saving = run.outcomes.iter().map(|outcome| &outcome.saving).sum();
    let keep = run.payable()?;
    Ok(Evaluation { saving, candidates: run.outcomes, nets: run.nets, keep })
}

fn untried(candidate: &Candidate, lines: usize) -> Outcome {
    let (by_line, used) = (vec![zero(); lines], vec![zero(); lines]);
    Outcome { id: candidate.id.clone(), state: State::Lost, sets: 0, saving: zero(), by_line, used }
}

struct Run<'a> {
    case: &'a Case,
    piles: Vec<Pile>,
    outcomes: Vec<Outcome>,
    nets: Vec<Rational>,
}

impl Run<'_> {
    /// Weights of whole-order amounts, where the policy shares them on what is to be paid.
    fn weigh(&mut self) -> Result<(), Refusal> {
        if self.case.policy.share_on == Basis::Price || self.case.candidates.is_empty() {
            return Ok(());
        }
        let assessed = tax::assess(self.case, &self.nets, &vec![one(); self.nets.len()])?;
        for pile in &mut self.piles {
            if self.nets[pile.line] != zero() {
                pile.weight = &assessed.lines[pile.line].paid / &self.nets[pile.line];
            }
        }
        Ok(())
    }

    fn stage(&mut self, stage: Stage) -> Result<(), Refusal> {
        let case = self.case;
        let in_stage = |candidate: &usize| {
            let candidate = &case.candidates[*candidate];
            candidate.stage == stage && candidate.basis == Basis::Price
        };
        let here: Vec<usize> = (0..case.candidates.len()).filter(in_stage).collect();
        if here.is_empty() {
            return Ok(());
        }
        if stage == Stage::Order {
            // Order offers work on what is left of all prices: pieces that deals used count again.
            self.piles.iter_mut().for_each(|pile| pile.used_by.clear());
        }
        // Requirements look at the stage's snapshot, all at once; only those on what is left wait for their turn.
        let mut meets = vec![true; case.candidates.len()];
        for candidate in &here {
            if case.candidates[*candidate].requires.as_ref().is_some_and(|requires| !requires.left) {
                meets[*candidate] = self.met(*candidate)?;
            }
        }
        let mode = |mode: OfferMode| -> Vec<usize> {
            here.iter()
                .copied()
                .filter(|candidate| case.candidates[*candidate].mode == mode && meets[*candidate])
                .collect()
        };
        let (exclusive, best_price) = (mode(OfferMode::Exclusive), mode(OfferMode::BestPrice));
        for group in groups(case, &exclusive) {
            // The rest of the group is looked at too: of equally good exclusive choices the one that leaves more to it.
            let rest = in_group(case, &best_price, &group);
            self.group(&group, &[in_group(case, &exclusive, &group), rest].concat(), true, stage)?;
        }
        for group in groups(case, &best_price) {
            self.group(&group, &in_group(case, &best_price, &group), false, stage)?;
        }
        let mut compound = mode(OfferMode::Compound);
        compound.sort_by_key(|candidate| {
            let candidate = &case.candidates[*candidate];
            (kind(candidate), -candidate.priority, candidate.id.clone())
        });
        for candidate in compound {
            if self.still_meets(candidate)? {
                let open: Vec<bool> = self.piles.iter().map(|pile| pile.open_in(stage)).collect();
                let plans: Vec<Plan> = Plan::of(case, candidate, 0, &self.piles, &open).into_iter().collect();
                let chosen = self.within_budgets(&plans)?;
                self.accept(&plans, &chosen, stage);
            }
        }
        for candidate in here.iter().copied().filter(|candidate| !meets[*candidate]) {
            self.outcomes[candidate].state = State::Unmet;
        }
        self.post(stage)
    }

    /// Searches one group and accepts what wins; `exclusive` accepts only the exclusive candidates.
    fn group(&mut self, group: &str, members: &[usize], exclusive: bool, stage: Stage) -> Result<(), Refusal> {
        let case = self.case;
        let usable = |pile: &Pile| pile.open_in(stage) && !pile.used_by.contains(group);
        let open: Vec<bool> = self.piles.iter().map(usable).collect();
        let all_open = self.piles.iter().zip(&open).all(|(pile, open)| *open || pile.closed || pile.count == 0);
        let mut plans = Vec::new();
        for member in members {
            let candidate = &case.candidates[*member];
            // A whole order excludes the rest of its group, so it is too late once part of the group has won.
            let too_late = matches!(candidate.shape, Shape::WholeOrder(_)) && !all_open;
            if !self.still_meets(*member)? || too_late {
                continue;
            }
            let tier = self.tier(*member, members);
            let untouched: Vec<bool>;
            let for_it = if candidate.mode == OfferMode::Exclusive {
                untouched = self.piles.iter().zip(&open).map(|(pile, open)| *open && !pile.touched).collect();
                &untouched
            } else {
                &open
            };
            plans.extend(Plan::of(case, *member, tier, &self.piles, for_it));
        }
        let mut chosen = self.within_budgets(&plans)?;
        if exclusive {
            chosen.retain(|chosen| case.candidates[plans[chosen.plan].candidate].mode == OfferMode::Exclusive);
        }
        self.accept(&plans, &chosen, stage);
        Ok(())
    }

    /// The best choice without candidates that would exceed their budgets; they are dropped one round after another.
    fn within_budgets(&self, plans: &[Plan]) -> Result<Vec<Chosen>, Refusal> {
        let mut dropped = vec![false; plans.len()];
        loop {
            let kept: Vec<usize> = (0..plans.len()).filter(|plan| !dropped[*plan]).collect();
            let of_kept: Vec<Plan> = kept.iter().map(|plan| plans[*plan].clone()).collect();
            let mut chosen = search::best(self.case, &self.piles, &of_kept)?;
            chosen.iter_mut().for_each(|one| one.plan = kept[one.plan]);
            let exceeding = chosen.iter().find(|one| {
                let plan = &plans[one.plan];
                let saving: Rational = one.sets.iter().map(|set| plan.saving(set, &self.piles)).sum();
                let saving = plan.cap.clone().map_or(saving.clone(), |cap| cap.min(saving));
                self.case.candidates[plan.candidate].skip_above.as_ref().is_some_and(|left| saving > *left)
            });
            match exceeding {
                Some(one) => dropped[one.plan] = true,
                None => return Ok(chosen),
            }
        }
    }

    /// Which tier of its group's search a candidate is in: exclusive ones first, then by the group's rule.
    fn tier(&self, member: usize, members: &[usize]) -> usize {
        let rank = |index: usize| {
            let candidate = &self.case.candidates[index];
            let within = match self.case.group_rule(&candidate.group) {
                GroupRule::BestPrice => 0,
                GroupRule::Priority => -candidate.priority,
                GroupRule::ListOrder => i64::try_from(index).unwrap_or(i64::MAX),
            };
            (candidate.mode != OfferMode::Exclusive, within)
        };
        let mut ranks: Vec<(bool, i64)> = members.iter().map(|member| rank(*member)).collect();
        ranks.sort_unstable();
        ranks.dedup();
        ranks.iter().position(|other| *other == rank(member)).unwrap_or(0)
    }

    /// Takes the chosen sets out of the piles and books what they save.
    fn accept(&mut self, plans: &[Plan], chosen: &[Chosen], stage: Stage) {
        let before = self.piles.clone();
        for Chosen { plan, sets } in chosen {
            let plan = &plans[*plan];
            let candidate = &self.case.candidates[plan.candidate];
            let exact: Rational = sets.iter().map(|set| plan.saving(set, &before)).sum();
            let kept = plan.cap.as_ref().filter(|cap| exact > **cap).map(|cap| cap / &exact);
            let outcome = &mut self.outcomes[plan.candidate];
            outcome.state = if kept.is_some() { State::Capped } else { State::Applied };
            for set in sets {
                outcome.sets += 1;
                for (entry, after) in set.iter().zip(plan.prices_after(set, &before)) {
                    let old = &before[entry.pile];
                    let off = (&old.left - after) * kept.clone().unwrap_or_else(one);
                    let count = plan::pieces(entry);
                    outcome.saving += &off * &count;
                    outcome.by_line[old.line] += &off * &count;
                    outcome.used[old.line] += &count * &old.units;
                    self.piles[entry.pile].count -= entry.count;
                    let mut pile = Pile { count: entry.count, left: &old.left - off, touched: true, ..old.clone() };
                    if candidate.mode != OfferMode::Compound {
                        pile.used_by.insert(candidate.group.clone());
                        pile.taken |= stage == Stage::Line;
                        pile.closed |= candidate.mode == OfferMode::Exclusive;
                    }
                    self.piles.push(pile);
                }
            }
        }
        self.merge();
    }

    /// Joins piles that are alike again and drops empty ones.
    fn merge(&mut self) {
        let mut merged: Vec<Pile> = Vec::new();
        for pile in std::mem::take(&mut self.piles).into_iter().filter(|pile| pile.count > 0) {
            match merged.iter_mut().find(|other| Pile { count: other.count, ..pile.clone() } == **other) {
                Some(other) => other.count += pile.count,
                None => merged.push(pile),
            }
        }
        merged.sort_by_key(|pile| pile.line);
        self.piles = merged;
    }

    /// A requirement on what is left, at the candidate's turn; others were settled with the snapshot.
    fn still_meets(&mut self, candidate: usize) -> Result<bool, Refusal> {
        if !self.case.candidates[candidate].requires.as_ref().is_some_and(|requires| requires.left) {
            return Ok(true);
        }
        let met = self.met(candidate)?;
        if !met {
            self.outcomes[candidate].state = State::Unmet;
        }
        Ok(met)
    }

    /// Whether the discountable lines come to what a candidate requires, as they stand now.
    fn met(&self, candidate: usize) -> Result<bool, Refusal> {
        let Some(requires) = &self.case.candidates[candidate].requires else { return Ok(true) };
        let left: Vec<Rational> = (0..self.nets.len()).map(|line| pile::line_left(&self.piles, line)).collect();
        let total = if requires.basis == RequirementBasis::Price {
            left.iter().sum()
        } else {
            let assessed = tax::assess(self.case, &left, &vec![one(); left.len()])?;
            match requires.basis {
                RequirementBasis::NetOfTax => assessed.total_excluded,
                RequirementBasis::Price | RequirementBasis::Payable => assessed.total_included,
            }
        };
        Ok(total >= requires.min)
    }
}

/// Prices before amounts before rates, by the effect that works on the whole set, else the first slot's.
fn kind(candidate: &Candidate) -> u8 {
    let effect = match &candidate.shape {
        Shape::Portions { effect, .. } | Shape::WholeOrder(effect) => Some(effect),
        Shape::Deal { slots, together, .. } => {
            together.as_ref().or_else(|| slots.iter().find_map(|slot| slot.effect.as_ref()))
        }
    };
    match effect {
        Some(Effect::FixedPrice(_) | Effect::BundlePrice(_)) | None => 0,
        Some(Effect::AmountOff(_)) => 1,
        Some(Effect::RateOff(_)) => 2,
    }
}

/// Groups of some candidates: the one with the highest priority first, then by name.
fn groups(case: &Case, members: &[usize]) -> Vec<String> {
    let mut found: Vec<(i64, String)> = Vec::new();
    for candidate in members.iter().map(|member| &case.candidates[*member]) {
        match found.iter_mut().find(|(_, group)| *group == candidate.group) {
            Some((priority, _)) => *priority = (*priority).min(-candidate.priority),
            None => found.push((-candidate.priority, candidate.group.clone())),
        }
    }
    found.sort();
    found.into_iter().map(|(_, group)| group).collect()
}

fn in_group(case: &Case, members: &[usize], group: &str) -> Vec<usize> {
    members.iter().copied().filter(|member| case.candidates[*member].group == group).collect()
}

//! From exact savings to money: what is posted for each candidate on each line, and what payable discounts leave.
//!
//! Example: 10 % of 3 x 0.99 at candidate level: R(0.297) = 0.30, shared 0.10 + 0.10 + 0.10.

use super::{Run, State, pile};
use crate::allocate;
use crate::case::{Basis, Candidate, Effect, OfferMode, RoundedAt, Shape, Spread, Stage};
use crate::number::{Rational, one, zero};
use crate::refusal::Refusal;
use crate::round::round_to;
use crate::tax;

/// One amount off, or one price, for all pieces together: it is met to the cent, however lines are rounded.
fn is_amount(candidate: &Candidate) -> bool {
    let effect = match &candidate.shape {
        Shape::Portions { effect, .. } | Shape::WholeOrder(effect) => Some(effect),
        Shape::Deal { slots, together, .. } => {
            together.as_ref().filter(|_| slots.iter().all(|slot| slot.effect.is_none()))
        }
    };
    matches!(effect, Some(Effect::BundlePrice(_)))
        || (matches!(effect, Some(Effect::AmountOff(_))) && candidate.spread == Spread::Across)
}

impl Run<'_> {
    /// Rounds what the stage's candidates save, once, and lowers the lines by it; never below zero.
    pub(super) fn post(&mut self, stage: Stage) -> Result<(), Refusal> {
        let unit = self.case.currency.minor_unit();
        let policy = &self.case.policy;
        for (candidate, outcome) in self.case.candidates.iter().zip(&mut self.outcomes) {
            if candidate.stage != stage || outcome.saving == zero() {
                continue;
            }
            let rounded = |value: &Rational| round_to(value, &unit, policy.discount_mode);
            let together = |whole: &Rational| allocate::by_weight(whole, &outcome.by_line, &unit);
            let shares = if policy.discount_at == RoundedAt::Candidate || is_amount(candidate) {
                together(&rounded(&outcome.saving))?
            } else {
                let each: Vec<Rational> = outcome.by_line.iter().map(rounded).collect();
                match candidate.cap.as_ref().filter(|cap| each.iter().sum::<Rational>() > **cap) {
                    Some(cap) => together(cap)?,
                    None => each,
                }
            };
            for ((net, posted), share) in self.nets.iter_mut().zip(&mut outcome.by_line).zip(shares) {
                *posted = share.min(net.clone()).max(zero());
                *net -= &*posted;
            }
        }
        pile::settle_to(&mut self.piles, &self.nets);
        Ok(())
    }

    /// Payable discounts, after the prices stand: what is left to pay of each line.
    pub(super) fn payable(&mut self) -> Result<Vec<Rational>, Refusal> {
        let case = self.case;
        let mut keep = vec![one(); case.lines.len()];
        let mut turn: Vec<usize> =
            (0..case.candidates.len()).filter(|index| case.candidates[*index].basis == Basis::Payable).collect();
        if turn.is_empty() {
            return Ok(keep);
        }
        let assessed = tax::assess(case, &self.nets, &keep)?;
        turn.sort_by_key(|index| {
            let candidate = &case.candidates[*index];
            (candidate.stage, super::kind(candidate), -candidate.priority, candidate.id.clone())
        });
        let mut competing = 0;
        for index in turn {
            let candidate = &case.candidates[index];
            let Shape::WholeOrder(effect) = &candidate.shape else {
                return Err(Refusal::unsupported("payable discounts on less than the whole order"));
            };
            competing += usize::from(candidate.mode != OfferMode::Compound);
            if competing > 1 {
                return Err(Refusal::unsupported("payable discounts that compete"));
            }
            if !self.met(index)? {
                self.outcomes[index].state = State::Unmet;
                continue;
            }
            let lines = || (0..case.lines.len()).filter(|line| case.lines[*line].discountable);
            let due: Rational = lines().map(|line| &assessed.lines[line].paid * &keep[line]).sum();
            let asked = match effect {
                Effect::AmountOff(amount) => amount.clone(),
                Effect::RateOff(rate) => &due * rate,
                Effect::BundlePrice(price) => &due - price,
                Effect::FixedPrice(_) => return Err(Refusal::unsupported("a payable price of each unit")),
            };
            let saving = candidate.cap.clone().map_or(asked.clone(), |cap| cap.min(asked)).min(due.clone());
            if saving <= zero() || candidate.uses == Some(0) {
                continue;
            }
            let factor = one() - &saving / &due;
            for line in lines() {
                self.outcomes[index].by_line[line] = &assessed.lines[line].paid * &keep[line] * (one() - &factor);
                self.outcomes[index].used[line] = case.lines[line].quantity.clone();
                keep[line] *= &factor;
            }
            let capped = candidate.cap.as_ref() == Some(&saving);
            let outcome = &mut self.outcomes[index];
            (outcome.state, outcome.sets) = (if capped { State::Capped } else { State::Applied }, 1);
            // What it saves is on what is paid, so it stays out of the saving on prices; see the crate's documentation.
            outcome.saving = saving;
        }
        Ok(keep)
    }
}

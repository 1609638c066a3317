//! Candidates, grants, notices and near misses.

use super::{Lifted, Reader, amount, quantity, rate, signed_quantity, unit_price};
use crate::contract::discount as wire;
use crate::failure::printable;
use pos_domain::pricing::proposal::{
    Basis, Candidate, Chosen, Deal, Effect, Grant, Limits, Mode, NearMiss, Pick, Portion, Proposal, Requirement,
    RequirementBasis, Shape, Slot, Snapshot, Spread,
};
use pos_money::{Decimal, Money};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads a proposal for a basket.
pub(crate) fn proposal(
    proposal: wire::Proposal,
    snapshot: &Snapshot,
    candidates_max: usize,
    text_bytes_max: usize,
) -> Lifted<Proposal> {
    let wire::Proposal { candidates, grants, notices, near_misses, attrs } = proposal;
    // Grants, notices and near misses are shown or kept one by one like candidates, and are bounded like them.
    for (what, count) in [
        ("candidates", candidates.len()),
        ("grants", grants.len()),
        ("notices", notices.len()),
        ("near misses", near_misses.len()),
    ] {
        if count > candidates_max {
            return Err(format!("it has {count} {what}, {candidates_max} are allowed"));
        }
    }
    let mut reader = Reader::new(snapshot, text_bytes_max);
    let mut ids = BTreeSet::new();
    let candidates: Vec<Candidate> = candidates
        .into_iter()
        .map(|candidate| {
            let id = candidate.id.clone();
            let candidate = reader
                .candidate(candidate)
                .map_err(|problem| format!("candidate \"{}\": {problem}", printable(&id)))?;
            if candidate.id.is_empty() || !ids.insert(Arc::clone(&candidate.id)) {
                return Err(format!("the candidate's id \"{}\" is empty or not unique", printable(&id)));
            }
            Ok(candidate)
        })
        .collect::<Lifted<_>>()?;
    Ok(Proposal {
        candidates,
        grants: grants.into_iter().map(|grant| reader.grant(grant)).collect::<Lifted<_>>()?,
        notices: notices.into_iter().map(|notice| reader.notice(notice)).collect::<Lifted<_>>()?,
        near_misses: near_misses.into_iter().map(|near_miss| reader.near_miss(near_miss)).collect::<Lifted<_>>()?,
        attrs: reader.attrs(attrs)?,
    })
}

impl Reader<'_> {
    fn candidate(&mut self, candidate: wire::Candidate) -> Lifted<Candidate> {
        let wire::Candidate {
            id,
            shape,
            mode,
            group,
            priority,
            basis,
            spread,
            requires,
            cap,
            limits,
            consumes_codes,
            label,
            attrs,
        } = candidate;
        Ok(Candidate {
            id: self.text(id, "its id")?,
            shape: self.shape(shape)?,
            mode: match mode {
                wire::Mode::Exclusive => Mode::Exclusive,
                wire::Mode::BestPrice => Mode::BestPrice,
                wire::Mode::Compound => Mode::Compound,
            },
            group: group.map(|group| self.text(group, "its group")).transpose()?,
            priority,
            basis: match basis {
                wire::Basis::Price => Basis::Price,
                wire::Basis::Payable => Basis::Payable,
            },
            spread: match spread {
                wire::Spread::Across => Spread::Across,
                wire::Spread::EachLine => Spread::EachLine,
                wire::Spread::EachUnit => Spread::EachUnit,
            },
            requires: requires.map(requirement),
            cap: cap.map(|cap| amount(cap, "its cap")).transpose()?,
            limits: limits.map(limits_of).transpose()?,
            consumes_codes: self.codes(consumes_codes)?,
            label: self.message(label)?,
            attrs: self.attrs(attrs)?,
        })
    }

    fn shape(&self, shape: wire::Shape) -> Lifted<Shape> {
        Ok(match shape {
            wire::Shape::Portions(wire::Chosen { portions, effect: its_effect, qualifies_on }) => {
                Shape::Portions(Chosen {
                    portions: self.portions(portions)?,
                    effect: effect(its_effect)?,
                    qualifies_on: self.portions(qualifies_on)?,
                })
            }
            wire::Shape::Deal(wire::Deal { slots, together, repeat_max }) => {
                if slots.is_empty() {
                    return Err("its deal has no slots".to_owned());
                }
                Shape::Deal(Deal {
                    slots: slots.into_iter().map(|slot| self.slot(slot)).collect::<Lifted<_>>()?,
                    together: together.map(effect).transpose()?,
                    repeat_max,
                })
            }
            wire::Shape::WholeOrder(its_effect) => Shape::WholeOrder(effect(its_effect)?),
        })
    }

    /// Parts of lines: each line once, in its own unit, and no more of it than there is.
    fn portions(&self, portions: Vec<wire::Portion>) -> Lifted<Vec<Portion>> {
        self.lines(portions.iter().map(|portion| portion.line).collect())?;
        portions
            .into_iter()
            .map(|wire::Portion { line, qty }| {
                let qty = signed_quantity(qty, "a portion")?;
                let whole = self.line(line)?.quantity;
                let is_part = qty.unit == whole.unit
                    && !qty.value.is_zero()
                    && qty.value.is_sign_negative() == whole.value.is_sign_negative()
                    && qty.value.abs() <= whole.value.abs();
                if !is_part {
                    return Err(format!("its portion {qty} is not a part of line {line}, which has {whole}"));
                }
                Ok(Portion { line, qty })
            })
            .collect()
    }

    fn slot(&self, slot: wire::Slot) -> Lifted<Slot> {
        let wire::Slot { pool, count, pick, effect: its_effect } = slot;
        Ok(Slot {
            pool: self.lines(pool)?,
            count: quantity(count, "the count of a slot")?,
            pick: match pick {
                wire::Pick::BestForCustomer => Pick::BestForCustomer,
                wire::Pick::Cheapest => Pick::Cheapest,
                wire::Pick::Dearest => Pick::Dearest,
            },
            effect: its_effect.map(effect).transpose()?,
        })
    }

    /// Codes that were scanned: a candidate cannot use up what is not there.
    fn codes(&mut self, codes: Vec<String>) -> Lifted<Vec<Arc<str>>> {
        if let Some(unknown) = codes.iter().find(|code| !self.snapshot.codes.iter().any(|known| **known == ***code)) {
            return Err(format!("it uses up the code \"{}\", which was not scanned", printable(unknown)));
        }
        self.texts(codes, "a code")
    }

    fn grant(&mut self, grant: wire::Grant) -> Lifted<Grant> {
        let wire::Grant { offer, items, qty, effect: its_effect, automatic } = grant;
        if items.is_empty() {
            return Err(format!("the grant of \"{}\" names no article", printable(&offer)));
        }
        Ok(Grant {
            offer: self.text(offer, "a grant's offer")?,
            items: self.texts(items, "a grant's article")?,
            qty: quantity(qty, "a grant's quantity")?,
            effect: effect(its_effect)?,
            automatic,
        })
    }

    fn near_miss(&mut self, near_miss: wire::NearMiss) -> Lifted<NearMiss> {
        let wire::NearMiss { offer, missing } = near_miss;
        Ok(NearMiss { offer: self.text(offer, "a near miss's offer")?, missing: self.message(missing)? })
    }
}

fn effect(effect: wire::Effect) -> Lifted<Effect> {
    Ok(match effect {
        wire::Effect::AmountOff(minor) => Effect::AmountOff(amount(minor, "its amount off")?),
        wire::Effect::RateOff(wire) => Effect::RateOff(rate(wire, Decimal::ONE, "its rate off")?),
        wire::Effect::FixedPrice(price) => Effect::FixedPrice(unit_price(price, "its fixed price")?),
        wire::Effect::BundlePrice(minor) => Effect::BundlePrice(amount(minor, "its bundle price")?),
    })
}

fn requirement(requirement: wire::Requirement) -> Requirement {
    let wire::Requirement { min, basis, left } = requirement;
    let basis = match basis {
        wire::ReqBasis::Price => RequirementBasis::Price,
        wire::ReqBasis::NetOfTax => RequirementBasis::NetOfTax,
        wire::ReqBasis::Payable => RequirementBasis::Payable,
    };
    Requirement { min: Money::from_minor(min), basis, left }
}

fn limits_of(limits: wire::Limits) -> Lifted<Limits> {
    let wire::Limits { uses, uses_per_customer, money } = limits;
    Ok(Limits { uses, uses_per_customer, money: money.map(|money| amount(money, "its limit of money")).transpose()? })
}

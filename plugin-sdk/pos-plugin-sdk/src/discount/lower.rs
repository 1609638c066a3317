//! Proposals on their way to the kernel.

use super::*;
use crate::bindings::exports::pos::plugin::discount as wire;
use crate::message::HookError;
use crate::wire::{decimal_into_wire, each, quantity_into_wire, unit_price_into_wire};

impl From<wire::Stage> for Stage {
    fn from(stage: wire::Stage) -> Stage {
        match stage {
            wire::Stage::Line => Stage::Line,
            wire::Stage::Shop => Stage::Shop,
            wire::Stage::Order => Stage::Order,
        }
    }
}

impl Proposal {
    pub(crate) fn into_wire(self) -> Result<wire::Proposal, HookError> {
        let Proposal { candidates, grants, notices, near_misses, attrs } = self;
        Ok(wire::Proposal {
            candidates: each(candidates, Candidate::into_wire)?,
            grants: each(grants, Grant::into_wire)?,
            notices: each(notices, Notice::into_wire)?,
            near_misses: each(near_misses, |NearMiss { offer, missing }| {
                Ok(wire::NearMiss { offer, missing: missing.into_wire()? })
            })?,
            attrs: Attr::list_into_wire(attrs)?,
        })
    }
}

impl Candidate {
    fn into_wire(self) -> Result<wire::Candidate, HookError> {
        let Candidate {
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
        } = self;
        Ok(wire::Candidate {
            id,
            shape: shape.into_wire()?,
            mode: match mode {
                Mode::Exclusive => wire::Mode::Exclusive,
                Mode::BestPrice => wire::Mode::BestPrice,
                Mode::Compound => wire::Mode::Compound,
            },
            group,
            priority,
            basis: match basis {
                Basis::Price => wire::Basis::Price,
                Basis::Payable => wire::Basis::Payable,
            },
            spread: match spread {
                Spread::Across => wire::Spread::Across,
                Spread::EachLine => wire::Spread::EachLine,
                Spread::EachUnit => wire::Spread::EachUnit,
            },
            requires: requires.map(wire::Requirement::from),
            cap: cap.map(Money::minor),
            limits: limits.map(|Limits { uses, uses_per_customer, money }| wire::Limits {
                uses,
                uses_per_customer,
                money: money.map(Money::minor),
            }),
            consumes_codes,
            label: label.into_wire()?,
            attrs: Attr::list_into_wire(attrs)?,
        })
    }
}

impl Shape {
    fn into_wire(self) -> Result<wire::Shape, HookError> {
        Ok(match self {
            Shape::Portions(Chosen { portions, effect, qualifies_on }) => wire::Shape::Portions(wire::Chosen {
                portions: each(portions, Portion::into_wire)?,
                effect: effect.into_wire()?,
                qualifies_on: each(qualifies_on, Portion::into_wire)?,
            }),
            Shape::Deal(Deal { slots, together, repeat_max }) => wire::Shape::Deal(wire::Deal {
                slots: each(slots, Slot::into_wire)?,
                together: together.map(Effect::into_wire).transpose()?,
                repeat_max,
            }),
            Shape::WholeOrder(effect) => wire::Shape::WholeOrder(effect.into_wire()?),
        })
    }
}

impl Portion {
    fn into_wire(self) -> Result<wire::Portion, HookError> {
        Ok(wire::Portion { line: self.line, qty: quantity_into_wire(self.quantity)? })
    }
}

impl Slot {
    fn into_wire(self) -> Result<wire::Slot, HookError> {
        let Slot { pool, count, pick, effect } = self;
        Ok(wire::Slot {
            pool,
            count: quantity_into_wire(count)?,
            pick: match pick {
                Pick::BestForCustomer => wire::Pick::BestForCustomer,
                Pick::Cheapest => wire::Pick::Cheapest,
                Pick::Dearest => wire::Pick::Dearest,
            },
            effect: effect.map(Effect::into_wire).transpose()?,
        })
    }
}

impl Effect {
    fn into_wire(self) -> Result<wire::Effect, HookError> {
        Ok(match self {
            Effect::AmountOff(amount) => wire::Effect::AmountOff(amount.minor()),
            Effect::RateOff(rate) => wire::Effect::RateOff(decimal_into_wire(rate.fraction())?),
            Effect::FixedPrice(price) => wire::Effect::FixedPrice(unit_price_into_wire(price)?),
            Effect::BundlePrice(amount) => wire::Effect::BundlePrice(amount.minor()),
        })
    }
}

impl From<Requirement> for wire::Requirement {
    fn from(Requirement { min, basis, left }: Requirement) -> wire::Requirement {
        let basis = match basis {
            RequirementBasis::Price => wire::ReqBasis::Price,
            RequirementBasis::NetOfTax => wire::ReqBasis::NetOfTax,
            RequirementBasis::Payable => wire::ReqBasis::Payable,
        };
        wire::Requirement { min: min.minor(), basis, left }
    }
}

impl Grant {
    fn into_wire(self) -> Result<wire::Grant, HookError> {
        let Grant { offer, items, quantity, effect, automatic } = self;
        Ok(wire::Grant { offer, items, qty: quantity_into_wire(quantity)?, effect: effect.into_wire()?, automatic })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pos_money::{Decimal, Unit};

    #[test]
    fn a_deal_reaches_the_wire_whole() {
        let deal = Deal {
            slots: vec![
                Slot { pool: vec![1, 2], count: Quantity::pieces(2), pick: Pick::Dearest, effect: None },
                Slot {
                    pool: vec![1, 2],
                    count: Quantity::pieces(1),
                    pick: Pick::Cheapest,
                    effect: Some(Effect::RateOff(Rate::ONE)),
                },
            ],
            together: Some(Effect::BundlePrice(Money::from_minor(1000))),
            repeat_max: Some(4),
        };
        let candidate = Candidate {
            mode: Mode::Compound,
            priority: -2,
            cap: Some(Money::from_minor(250)),
            requires: Some(Requirement { min: Money::from_minor(1), basis: RequirementBasis::NetOfTax, left: true }),
            ..Candidate::on_deal("3-for-2", "3 for 2", deal)
        };
        let wire = Proposal::from(candidate).into_wire().unwrap();
        let candidate = &wire.candidates[0];
        assert_eq!((candidate.id.as_str(), candidate.label.text.as_str()), ("3-for-2", "3 for 2"));
        assert_eq!((candidate.priority, candidate.cap, candidate.mode == wire::Mode::Compound), (-2, Some(250), true));
        assert!(matches!(
            candidate.requires,
            Some(wire::Requirement { min: 1, basis: wire::ReqBasis::NetOfTax, left: true })
        ));
        let wire::Shape::Deal(deal) = &candidate.shape else { panic!("not a deal") };
        assert_eq!(deal.repeat_max, Some(4));
        assert!(matches!(deal.together, Some(wire::Effect::BundlePrice(1000))));
        assert!(deal.slots[0].pick == wire::Pick::Dearest && deal.slots[0].effect.is_none());
        assert!(matches!(deal.slots[1].effect, Some(wire::Effect::RateOff(rate)) if rate.coefficient == 1));
    }

    #[test]
    fn an_offer_on_no_piece_is_left_out() {
        let off = Effect::AmountOff(Money::from_minor(100));
        assert_eq!(Proposal::from(Candidate::on_portions("none", "None", [], off)), Proposal::nothing());
        let weighed = Portion { line: 1, quantity: Quantity::new(Decimal::new(482, 3), Unit::Kg) };
        let wire = Proposal::from(Candidate::on_portions("one", "One", [weighed], off)).into_wire().unwrap();
        let wire::Shape::Portions(chosen) = &wire.candidates[0].shape else { panic!("not portions") };
        assert_eq!(chosen.portions[0].qty.value.coefficient, 482);
    }
}

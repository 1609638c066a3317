//! What the offers say about a basket: candidates, gifts, and what is missing for more.

mod deal;
mod earned;
mod hint;
mod room;
mod tiers;

pub(crate) use room::warning;

use crate::Offers;
use crate::customers::{amount, has_one};
use crate::model::{Change, Codes, CodesUsed, Offer, OfferLimits, What, Wording};
use crate::selector::Goods;
use crate::view::View;
use earned::{Earned, Spending};
use pos_plugin_sdk::prelude::*;
use room::Room;
use std::collections::BTreeSet;

/// Attribute of a candidate that is one of several of its offer: the offer's id.
const OFFER_ATTRIBUTE: &str = "offer";
/// Attribute of a candidate: the text for the receipt, if it is not the label.
const RECEIPT_ATTRIBUTE: &str = "receipt-text";
/// Names the lines that a candidate on the whole order, or with a threshold, leaves out.
const EXCEPT_ATTRIBUTE: &str = "except-lines";

impl Offers {
    /// Offers that this basket can reach: those that [`Offers::propose_for`] looks at.
    pub(crate) fn reachable(&self, stage: Stage, view: &View<'_>) -> BTreeSet<usize> {
        let days = [view.basket.now.date, view.basket.business_date];
        self.indexes.get(&stage).map(|index| index.reachable(&view.words(self), days)).unwrap_or_default()
    }

    /// What the offers at these positions say, in the order of their ids.
    pub(crate) fn propose_among(
        &self,
        positions: impl IntoIterator<Item = usize>,
        stage: Stage,
        view: &View<'_>,
    ) -> Proposal {
        let mut room = Room::default();
        for offer in positions.into_iter().filter_map(|position| self.offers.get(position)) {
            if !offer.enabled || offer.stage != stage {
                continue;
            }
            match Turn::of(offer, view).and_then(|turn| turn.map_or(Ok(Proposal::nothing()), |turn| turn.propose())) {
                Ok(said) => room.take(said),
                // One offer that does not fit the currency must not cost the others.
                Err(error) => room.left_out(&offer.id, error.text()),
            }
        }
        room.proposal()
    }
}

/// An offer whose conditions hold, about to propose.
pub(crate) struct Turn<'t> {
    offer: &'t Offer,
    view: &'t View<'t>,
    /// Codes scanned that it asks for.
    codes: Vec<&'t str>,
    earned: Earned,
    cap: Option<Money>,
    limits: Option<Limits>,
}

impl<'t> Turn<'t> {
    /// None if a condition does not hold.
    fn of(offer: &'t Offer, view: &'t View<'t>) -> Result<Option<Turn<'t>>, HookError> {
        let (basket, conditions) = (view.basket, &offer.conditions);
        let is_here = |places: &[String], here: Option<&String>| {
            places.is_empty() || here.is_some_and(|here| places.contains(here))
        };
        let holds = conditions.when.holds(&basket.now, basket.business_date)
            && is_here(&conditions.stores, Some(&basket.store))
            && is_here(&conditions.registers, basket.register.as_ref())
            && conditions.customer.as_ref().is_none_or(|rule| rule.holds(basket.customer.as_ref()))
            && conditions.basket.iter().all(|(key, values)| has_one(&basket.attrs, key, values))
            && conditions.with.iter().all(|part| view.pieces(&view.pool(&part.goods)) >= i64::from(part.count));
        if !holds {
            return Ok(None);
        }
        let codes = conditions.codes.as_ref().map(|codes| matching(codes, &view.codes));
        if codes.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let Some(cap) = cap(offer, view)? else { return Ok(None) };
        let Some(earned) = Spending::of(offer, view)?.earned() else { return Ok(None) };
        let limits = limits(&offer.limits, view)?;
        Ok(Some(Turn { offer, view, codes: codes.unwrap_or_default(), earned, cap, limits }))
    }

    fn propose(&self) -> Result<Proposal, HookError> {
        let mut said = Proposal::nothing();
        said.near_misses.extend(self.spending_hint());
        // What the kernel cannot check itself is not proposed before it is earned.
        if self.earned.times == 0 {
            return Ok(said);
        }
        match &self.offer.what {
            What::Items { goods, change, spread, pieces_max } => {
                self.items(goods, *change, *spread, *pieces_max, &mut said)?
            }
            What::Deal(deal) => self.deal(deal, &mut said)?,
            What::Tiers(tiers) => self.tiers(tiers, &mut said)?,
            What::Order { change } => self.order(*change, &mut said)?,
            What::Gift { gift, buy } => self.gift(gift, buy, &mut said)?,
        }
        // An offer on each article by itself says once that a piece is missing.
        said.near_misses.dedup();
        Ok(said)
    }

    fn items(
        &self,
        goods: &Goods,
        change: Change,
        spread: Spread,
        pieces_max: Option<u32>,
        said: &mut Proposal,
    ) -> Result<(), HookError> {
        let pool = self.pool_for(goods, change);
        if pool.is_empty() {
            return Ok(());
        }
        let effect = self.effect(change)?;
        let shape = match pieces_max {
            None => portions(self.view, &pool, effect),
            // Sets of one piece, so that the kernel finds the pieces on which it is worth most.
            Some(_) => Shape::Deal(Deal {
                slots: vec![Slot {
                    pool: self.view.ids(&pool),
                    count: Quantity::pieces(1),
                    pick: Pick::BestForCustomer,
                    effect: Some(effect),
                }],
                together: None,
                repeat_max: pieces_max,
            }),
        };
        let is_spread = pieces_max.is_none() && matches!(change, Change::AmountOff(_));
        let spread = if is_spread { spread } else { Spread::Across };
        said.candidates.push(self.candidate(None, shape, spread, self.codes_once()));
        Ok(())
    }

    fn order(&self, change: Change, said: &mut Proposal) -> Result<(), HookError> {
        if self.view.lines.iter().all(|line| line.line.kind != LineKind::Sale) {
            return Ok(());
        }
        let change = match change {
            Change::AmountOff(amount) => Change::AmountOff(times(amount, self.earned.times)?),
            other => other,
        };
        let shape = Shape::WholeOrder(self.effect(change)?);
        said.candidates.push(self.candidate(None, shape, Spread::Across, self.codes_once()));
        Ok(())
    }

    /// Lines of a selection whose unit the price is for: a price of a kilogram says nothing about pieces.
    fn pool_for(&self, goods: &Goods, change: Change) -> Vec<usize> {
        let mut pool = self.view.pool(goods);
        if let Change::Price(price) = change {
            let fits = |line: &Line| line.quantity.in_unit(price.per.unit).is_ok();
            pool.retain(|index| self.view.lines.get(*index).is_some_and(|line| fits(line.line)));
        }
        pool
    }

    fn effect(&self, change: Change) -> Result<Effect, HookError> {
        Ok(match change {
            Change::PercentOff(rate) => Effect::RateOff(rate),
            Change::AmountOff(amount) => Effect::AmountOff(self.view.money(amount)?),
            Change::Price(price) => Effect::FixedPrice(price),
            Change::ForPrice(price) => Effect::BundlePrice(self.view.money(price)?),
        })
    }

    fn codes_once(&self) -> Vec<String> {
        let used = self.offer.conditions.codes.as_ref().map(|codes| codes.used);
        let count = usize::from(used.is_some_and(|used| used != CodesUsed::Never));
        self.codes.iter().take(count).map(|code| (*code).to_owned()).collect()
    }

    /// The offer's own candidate, or the one for an article.
    fn candidate(&self, article: Option<&str>, shape: Shape, spread: Spread, consumes_codes: Vec<String>) -> Candidate {
        let Offer { id, text, mode, group, priority, basis, .. } = self.offer;
        let of_several = article.map(|_| Attr::text(OFFER_ATTRIBUTE, id));
        // The kernel decides about whole orders and thresholds, so it must know what they leave out.
        let asks_kernel = matches!(shape, Shape::WholeOrder(_)) || self.earned.requires.is_some();
        let except = (asks_kernel && !self.view.never.is_empty()).then(|| Attr {
            key: EXCEPT_ATTRIBUTE.to_owned(),
            value: AttrValue::Texts(self.view.never.iter().map(ToString::to_string).collect()),
        });
        let id = article.map_or_else(|| id.clone(), |article| format!("{id}/{article}"));
        let mut candidate = Candidate::on_whole_order(id, label(self.offer), Effect::RateOff(Rate::ZERO));
        candidate.shape = shape;
        candidate.mode = *mode;
        candidate.group.clone_from(group);
        candidate.priority = *priority;
        candidate.basis = *basis;
        candidate.spread = spread;
        candidate.requires = self.earned.requires;
        candidate.cap = self.cap;
        candidate.limits = self.limits;
        candidate.consumes_codes = consumes_codes;
        candidate.attrs = of_several
            .into_iter()
            .chain(except)
            .chain(text.receipt.iter().map(|text| Attr::text(RECEIPT_ATTRIBUTE, text)))
            .collect();
        candidate
    }
}

/// All of the lines, with one effect.
fn portions(view: &View<'_>, pool: &[usize], effect: Effect) -> Shape {
    let portions = view.at(pool).map(|line| line.line.whole()).collect();
    Shape::Portions(Chosen { portions, effect, qualifies_on: Vec::new() })
}

/// The scanned codes that an offer asks for.
fn matching<'c>(codes: &Codes, scanned: &[&'c str]) -> Vec<&'c str> {
    let asked = |code: &&&str| {
        codes.codes.iter().any(|known| known == **code)
            || codes.prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()))
    };
    scanned.iter().filter(asked).copied().collect()
}

/// The most that the offer may take off, if there is a most; none if a quota is used up.
#[expect(clippy::option_option, reason = "no cap, a cap, or nothing left to give are three things")]
fn cap(offer: &Offer, view: &View<'_>) -> Result<Option<Option<Money>>, HookError> {
    let left = match &offer.quota {
        None => None,
        Some(quota) => {
            let attrs = view.basket.customer.as_ref().map_or(&[][..], |customer| &customer.attrs);
            let used = amount(attrs, &quota.used).unwrap_or_default();
            match quota.amount.checked_sub(used).filter(|left| *left > Decimal::ZERO) {
                Some(left) => Some(left),
                None => return Ok(None),
            }
        }
    };
    let cap = [offer.up_to, left].into_iter().flatten().min();
    cap.map(|cap| view.money(cap)).transpose().map(Some)
}

/// What the kernel reserves; none if nothing is limited.
fn limits(limits: &OfferLimits, view: &View<'_>) -> Result<Option<Limits>, HookError> {
    let OfferLimits { uses, per_customer, money } = *limits;
    let money = money.map(|money| view.money(money)).transpose()?;
    let limits = Limits { uses, uses_per_customer: per_customer, money };
    Ok((limits != Limits::default()).then_some(limits))
}

fn times(amount: Decimal, count: i64) -> Result<Decimal, HookError> {
    amount.checked_mul(Decimal::from(count)).ok_or_else(|| HookError::invalid_input("the amount is too large"))
}

/// The label, with its translations as arguments `text-de`, `text-fr`, `receipt-de` …
fn label(offer: &Offer) -> Message {
    let Wording { label, receipt: _, translations } = &offer.text;
    let mut args = Vec::new();
    for translation in translations {
        let language = &translation.language;
        args.extend(translation.label.iter().map(|text| Attr::text(format!("text-{language}"), text)));
        args.extend(translation.receipt.iter().map(|text| Attr::text(format!("receipt-{language}"), text)));
    }
    let key = if args.is_empty() { String::new() } else { format!("offer.{}", offer.id) };
    Message { key, text: label.clone(), args }
}

//! The pipeline of one pricing, stage by stage.

use super::conflict::{self, LineShare, Outcome, Payable, Resolved, Taxed, Terms};
use super::policy::{Budget, Policy, RoundedAt, ShareOn};
use super::priced::{
    Certificate, Decision, DecisionState, LineTax, Modifier, ModifierSource, PricedBasket, PricedLine,
};
use super::proposal::{
    Assessment, AttrValue, Candidate, Effect, Grant, LineKind, NearMiss, Notice, Proposal, Shape, Snapshot,
    SnapshotLine, Stage, TaxInput, Taxable,
};
use super::tax::{self, Precision, TaxLine, TaxResult, Workings};
use crate::basket::Basket;
use crate::ids::LineNumber;
use crate::refusal::Refusal;
use crate::shop::Shop;
use pos_money::{Currency, Decimal, Money, MoneyError, Quantity, Rounding, RoundingMode, allocate_exact};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// What one extension proposes for a stage.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// Extension id.
    pub extension: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// Its answer.
    pub proposal: Proposal,
}

/// Who assessed the tax, for "why this price".
#[derive(Clone, Debug)]
pub struct Assessor {
    /// `tax-table 0.1.0`, `fallback rate of the shop`.
    pub name: Arc<str>,
}

/// A pricing in progress.
#[derive(Clone, Debug)]
pub struct Pricing {
    currency: Currency,
    policy: Policy,
    budgets: Vec<Budget>,
    /// Shared with whoever looked at it; a stage that changes it leaves theirs as it was.
    snapshot: Arc<Snapshot>,
    lines: Vec<WorkLine>,
    decisions: Vec<Decision>,
    near_misses: Vec<NearMiss>,
    notices: Vec<Notice>,
    grants: Vec<Grant>,
    certificate: Certificate,
    /// Discounts on what is to be paid wait for the tax.
    payable: Vec<(usize, Payable)>,
    /// What is known of the tax before it is assessed.
    rates: Option<Assessment>,
}

/// A line while it is being priced.
#[derive(Clone, Debug)]
pub(super) struct WorkLine {
    pub(super) number: LineNumber,
    /// The article's id: breaks ties between equal prices.
    pub(super) item: Arc<str>,
    pub(super) quantity: Quantity,
    /// Offers on the whole order lower it, and thresholds count it.
    pub(super) discountable: bool,
    /// Offers that name it lower it.
    pub(super) open: bool,
    pub(super) net: Money,
    /// Pieces by what has become of them; their values add up to `net`.
    pub(super) segments: SmallVec<[Segment; 1]>,
    gross: Money,
    price_is_negative: bool,
    modifiers: Vec<Modifier>,
}

/// Pieces of one line that were treated alike.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// How many, in the line's unit.
    pub(super) quantity: Decimal,
    /// What they cost now, together, in major units, exact.
    pub(super) value: Decimal,
    /// Groups whose offer they have taken.
    pub(super) groups: SmallVec<[Arc<str>; 1]>,
    /// An exclusive offer has them: nothing else may touch them.
    pub(super) exclusive: bool,
}

impl Pricing {
    /// Prices the basket's lines before any offer.
    pub fn start(basket: &Basket, shop: &Shop) -> Result<Pricing, Refusal> {
        let opening = &basket.opening;
        let mut lines = Vec::with_capacity(basket.lines.len());
        for line in basket.live_lines() {
            if line.origin.as_ref().is_some_and(|origin| origin.sold.is_some()) {
                // What comes back from a known sale takes its shares of it back: today's rules price nothing of it.
                continue;
            }
            let gross = line.price.amount(line.quantity, shop.currency, Rounding::HALF_UP)?;
            lines.push(SnapshotLine {
                id: line.number,
                kind: line.kind,
                item: line.item.clone(),
                quantity: line.quantity,
                price: line.price,
                gross,
                net: gross,
                price_locked: line.price_locked,
                attrs: line.attrs.clone(),
            });
        }
        let snapshot = Snapshot {
            currency: shop.currency,
            prices_include_tax: shop.prices_include_tax,
            store: shop.store.clone(),
            register: shop.register.clone(),
            cashier: opening.cashier.clone(),
            id: opening.id.to_string().into(),
            now: opening.now.clone(),
            business_date: opening.business_date,
            customer: basket.customer.clone(),
            codes: basket.codes.clone(),
            lines,
            attrs: Vec::new(),
        };
        Ok(Pricing::from_snapshot(snapshot, shop.policy.clone(), Vec::new()))
    }

    /// Begins with lines that have their prices; lines come by number, their nets are their gross.
    pub fn from_snapshot(mut snapshot: Snapshot, policy: Policy, budgets: Vec<Budget>) -> Pricing {
        snapshot.lines.sort_by_key(|line| line.id);
        let currency = snapshot.currency;
        let lines = snapshot.lines.iter().map(|line| WorkLine {
            number: line.id,
            item: line.item.id.clone(),
            quantity: line.quantity,
            discountable: line.is_discountable() && !line.gross.is_negative(),
            open: line.is_open() && !line.gross.is_negative(),
            net: line.gross,
            segments: smallvec![Segment {
                quantity: line.quantity.value,
                value: currency.to_decimal(line.gross),
                groups: SmallVec::new(),
                exclusive: false,
            }],
            gross: line.gross,
            price_is_negative: line.price.value.is_sign_negative(),
            modifiers: Vec::new(),
        });
        let lines = lines.collect();
        Pricing {
            currency,
            policy,
            budgets,
            snapshot: Arc::new(snapshot),
            lines,
            decisions: Vec::new(),
            near_misses: Vec::new(),
            notices: Vec::new(),
            grants: Vec::new(),
            certificate: Certificate::default(),
            payable: Vec::new(),
            rates: None,
        }
    }

    /// Whether there is nothing to price.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What extensions see now: nets as the stages applied so far left them.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.clone()
    }

    /// Whether the stage can only be decided by somebody who knows the rates of tax.
    pub fn asks_for_rates(&self, proposals: &[Proposed]) -> bool {
        let asks = |candidate: &Candidate| {
            conflict::asks_for_tax(candidate)
                || (self.policy.share_on == ShareOn::Payable && matches!(candidate.shape, Shape::WholeOrder(_)))
        };
        proposals.iter().flat_map(|proposed| &proposed.proposal.candidates).any(asks)
    }

    /// Tells the rates before a stage is decided, for thresholds and shares in other terms than the shop's prices. Without
    /// them prices serve.
    pub fn know_rates(&mut self, assessment: Assessment) {
        self.rates = Some(assessment);
    }

    fn taxed(&self) -> Result<Option<Taxed>, Refusal> {
        let Some(rates) = &self.rates else { return Ok(None) };
        let found = tax::compute(&self.tax_lines(), rates, self.currency)?;
        let (mut without_tax, mut payable) = (Money::ZERO, Money::ZERO);
        for ((line, taxes), paid) in self.lines.iter().zip(&found.lines).zip(&found.paid) {
            if line.discountable {
                let tax = Money::sum(taxes.iter().map(|tax| tax.amount))?;
                payable = payable.plus(*paid)?;
                without_tax = without_tax.plus(paid.minus(tax)?)?;
            }
        }
        let major = |amount| self.currency.to_decimal(amount);
        Ok(Some(Taxed { without_tax: major(without_tax), payable: major(payable) }))
    }

    fn tax_lines(&self) -> Vec<TaxLine> {
        let line = |line: &WorkLine| TaxLine {
            number: line.number,
            net: line.net,
            quantity: line.quantity,
            price_is_negative: line.price_is_negative,
        };
        self.lines.iter().map(line).collect()
    }

    /// Decides between the proposals of a stage. Their order does not matter.
    pub fn apply(&mut self, stage: Stage, mut proposals: Vec<Proposed>) -> Result<(), Refusal> {
        if proposals.is_empty() {
            return Ok(());
        }
        proposals.sort_by(|left, right| left.extension.cmp(&right.extension));
        let offered = proposals.iter().map(|proposed| proposed.proposal.candidates.len()).sum();
        let mut candidates: Vec<(ModifierSource, Candidate)> = Vec::with_capacity(offered);
        for Proposed { extension, version, name, proposal } in proposals {
            let Proposal { candidates: offered, grants, notices, near_misses, attrs: _ } = proposal;
            for mut candidate in offered {
                if candidate.label.text.is_empty() {
                    candidate.label.text = name.clone();
                }
                let source = ModifierSource {
                    extension: extension.clone(),
                    version: version.clone(),
                    candidate: candidate.id.clone(),
                    source_line: source_line(&candidate),
                };
                candidates.push((source, candidate));
            }
            self.grants.extend(grants);
            self.notices.extend(notices);
            self.near_misses.extend(near_misses);
        }
        let asked = candidates.iter().any(|(_, candidate)| conflict::asks_for_tax(candidate));
        let taxed = if asked { self.taxed()? } else { None };
        let terms = Terms { policy: &self.policy, budgets: &self.budgets, currency: self.currency, taxed };
        let Resolved { outcomes, saving, bound } = conflict::resolve(terms, &mut self.lines, candidates)?;
        self.certificate.saving += saving;
        self.certificate.bound += bound;
        self.decisions.reserve(outcomes.len());
        let first = self.decisions.len();
        for outcome in outcomes {
            self.post(stage, outcome)?;
        }
        self.give_the_rest(first)?;
        for line in &mut self.lines {
            line.settle(self.currency);
        }
        if self.lines.iter().zip(&self.snapshot.lines).any(|(line, seen)| line.net != seen.net) {
            for (line, seen) in self.lines.iter().zip(&mut Arc::make_mut(&mut self.snapshot).lines) {
                seen.net = line.net;
            }
        }
        Ok(())
    }

    /// Posts what a candidate takes off: rounded once and shared over its lines by largest remainder, or on each line.
    fn post(&mut self, stage: Stage, mut outcome: Outcome) -> Result<(), Refusal> {
        if outcome.is_whole && self.policy.share_on == ShareOn::Payable {
            self.share_on_payable(outcome.saving, &mut outcome.by_line)?;
        }
        let is_given = matches!(outcome.decision, DecisionState::Applied | DecisionState::Capped);
        let shares = if is_given && outcome.payable.is_none() { self.rounded_shares(&outcome)? } else { Vec::new() };
        let Outcome { source, label, decision, reason, sets, payable, by_line, considered, .. } = outcome;
        let mut posted = Money::ZERO;
        if let Some(payable) = payable {
            self.payable.push((self.decisions.len(), payable));
        } else {
            for (share, amount) in by_line.iter().zip(shares) {
                let line = &mut self.lines[share.line];
                let before = line.net;
                // Two roundings on one line could take a cent more than it costs: a line never goes below zero.
                let amount = amount.min(before);
                if !amount.is_positive() {
                    continue;
                }
                posted = posted.plus(amount)?;
                line.net = before.minus(amount)?;
                // Most lines have one or none.
                line.modifiers.reserve_exact(usize::from(line.modifiers.is_empty()));
                line.modifiers.push(Modifier {
                    source: source.clone(),
                    stage,
                    label: label.clone(),
                    quantity: Quantity::new(share.quantity.normalize(), line.quantity.unit),
                    amount: amount.negated()?,
                    before,
                    after: line.net,
                });
            }
        }
        let number = |index: usize| self.lines[index].number;
        let used = by_line.iter().map(|share| {
            (number(share.line), Quantity::new(share.used.normalize(), self.lines[share.line].quantity.unit))
        });
        let used = used.collect();
        let lines = considered.iter().map(|index| number(*index)).collect();
        self.decisions.push(Decision { source, label, sets, saving: posted, state: decision, reason, lines, used });
        Ok(())
    }

    /// A line of which nothing is left costs nothing: cents that several roundings left of it go to the offer that came last.
    fn give_the_rest(&mut self, first: usize) -> Result<(), Refusal> {
        for line in self.lines.iter_mut().filter(|line| line.net.is_positive()) {
            if line.segments.iter().any(|segment| !segment.value.is_zero()) {
                continue;
            }
            let Some(last) = line.modifiers.last_mut() else { continue };
            let of_last = |decision: &&mut Decision| decision.source == last.source;
            let Some(decision) = self.decisions[first..].iter_mut().find(of_last) else { continue };
            decision.saving = decision.saving.plus(line.net)?;
            last.amount = last.amount.minus(line.net)?;
            (last.after, line.net) = (Money::ZERO, Money::ZERO);
        }
        Ok(())
    }

    /// Shares an order offer on what is paid for the lines instead of on their prices.
    fn share_on_payable(&self, saving: Decimal, by_line: &mut [LineShare]) -> Result<(), Refusal> {
        let Some(rates) = &self.rates else { return Ok(()) };
        let paid = tax::compute(&self.tax_lines(), rates, self.currency)?.paid;
        let paid = |share: &LineShare| self.currency.to_decimal(paid[share.line]);
        let whole: Decimal = by_line.iter().map(&paid).sum();
        if whole <= Decimal::ZERO {
            return Ok(());
        }
        // A line takes at most what it costs (added tax makes its share larger than that); the others take the rest.
        let mut full = vec![false; by_line.len()];
        loop {
            let (mut left, mut open) = (saving, Decimal::ZERO);
            for (share, full) in by_line.iter().zip(&full) {
                if *full {
                    left -= share.saving;
                } else {
                    open += paid(share);
                }
            }
            let mut overflowed = false;
            for (share, full) in by_line.iter_mut().zip(&mut full).filter(|(_, full)| !**full) {
                let part = left.checked_mul(paid(share)).and_then(|part| part.checked_div(open));
                share.saving = if open.is_zero() { Decimal::ZERO } else { part.ok_or(MoneyError::Overflow)? };
                let most = self.currency.to_decimal(self.lines[share.line].net);
                if share.saving > most {
                    share.saving = most;
                    (*full, overflowed) = (true, true);
                }
            }
            if !overflowed {
                return Ok(());
            }
        }
    }

    fn rounded_shares(&self, outcome: &Outcome) -> Result<Vec<Money>, Refusal> {
        let Outcome { saving, most, is_amount, by_line, .. } = outcome;
        let rounding = self.policy.discount_rounding;
        let round = |exact: Decimal| self.currency.round(exact, rounding.rounding());
        let together = |whole: Money| -> Result<Vec<Money>, Refusal> {
            let exact: Vec<Decimal> = by_line.iter().map(|share| share.saving).collect();
            Ok(allocate_exact(whole, &exact, self.currency)?)
        };
        // One share is the whole.
        if by_line.len() == 1 {
            return Ok(vec![round(*saving)?]);
        }
        if rounding.at == RoundedAt::Candidate || *is_amount {
            return together(round(*saving)?);
        }
        let mut shares = Vec::with_capacity(by_line.len());
        for share in by_line {
            shares.push(round(share.saving)?);
        }
        let whole = self.currency.to_decimal(Money::sum(shares.iter().copied())?);
        match most.filter(|most| whole > *most) {
            None => Ok(shares),
            Some(most) => {
                let down = Rounding { mode: RoundingMode::Down, ..Rounding::HALF_UP };
                together(self.currency.round(most, down)?)
            }
        }
    }

    /// What the tax assessor is asked.
    pub fn tax_input(&self) -> TaxInput {
        let taxables = self
            .snapshot
            .lines
            .iter()
            // Money taken for later is no supply: what it pays for will be taxed.
            .filter(|line| {
                line.kind != LineKind::Note && !(line.kind == LineKind::GiftCard && line.item.tax_class.is_empty())
            })
            .map(|line| Taxable { line: line.id, net: line.net, tax_class: line.item.tax_class.clone() })
            .collect();
        TaxInput { basket: self.snapshot(), taxables }
    }

    /// Computes tax and totals.
    pub fn finish(mut self, assessment: &Assessment, assessor: &Assessor) -> Result<PricedBasket, Refusal> {
        let workings = tax::assess(&self.tax_lines(), assessment, self.currency, Precision::Posted)?;
        let result = self.discount_payable(workings)?.posted()?;
        let TaxResult { lines: line_taxes, totals, total_excluded, total_tax, total, paid } = result;
        if !self.payable.is_empty() {
            self.post_payable(&line_taxes, &paid)?;
        }
        let gross = Money::sum(self.lines.iter().map(|line| line.gross))?;
        let net = Money::sum(self.lines.iter().map(|line| line.net))?;
        let mut lines = Vec::with_capacity(self.lines.len());
        for ((work, taxes), paid) in self.lines.into_iter().zip(line_taxes).zip(paid) {
            lines.push(PricedLine {
                number: work.number,
                gross: work.gross,
                modifiers: work.modifiers,
                net: work.net,
                taxes,
                paid,
            });
        }
        Ok(PricedBasket {
            lines,
            taxes: totals,
            gross,
            discount: gross.minus(net)?,
            total_excluded,
            total_tax,
            total,
            assessor: assessor.name.clone(),
            decisions: self.decisions,
            certificate: self.certificate.settled(),
            grants: self.grants,
            near_misses: self.near_misses,
            notices: self.notices,
            receipt_notes: assessment.receipt_notes.iter().map(|note| note.text.clone()).collect(),
        })
    }

    /// Whether a discount on what is to be paid is about a line.
    fn concerns(&self, decision: usize, line: &WorkLine) -> bool {
        self.decisions[decision].lines.contains(&line.number)
    }

    /// Step 19: what discounts on what is to be paid leave of each line, and of its taxes.
    fn discount_payable(&mut self, workings: Workings) -> Result<Workings, Refusal> {
        if self.payable.is_empty() {
            return Ok(workings);
        }
        let overflow = || Refusal::from(MoneyError::Overflow);
        let mut keeps = vec![Decimal::ONE; self.lines.len()];
        for (decision, Payable { effect, most }) in &self.payable {
            let mut left = Decimal::ZERO;
            for ((line, figures), keep) in self.lines.iter().zip(&workings.figures.lines).zip(&keeps) {
                if self.concerns(*decision, line) {
                    let part = figures.paid.checked_mul(*keep).ok_or_else(overflow)?;
                    left = left.checked_add(part).ok_or_else(overflow)?;
                }
            }
            let off = match effect {
                Effect::RateOff(rate) => left.checked_mul(rate.fraction()).ok_or_else(overflow)?,
                Effect::AmountOff(amount) => self.currency.to_decimal(*amount).min(left),
                Effect::FixedPrice(_) | Effect::BundlePrice(_) => Decimal::ZERO,
            };
            let capped = most.filter(|most| off > *most);
            let off = capped.unwrap_or(off);
            let keeps_of_it = match effect {
                Effect::RateOff(rate) if capped.is_none() => Decimal::ONE - rate.fraction(),
                _ if left.is_zero() => Decimal::ONE,
                _ => (left - off).checked_div(left).ok_or_else(overflow)?,
            };
            for (line, keep) in self.lines.iter().zip(&mut keeps) {
                if self.concerns(*decision, line) {
                    *keep = keep.checked_mul(keeps_of_it).ok_or_else(overflow)?;
                }
            }
            self.decisions[*decision].saving = self.currency.round(off, Rounding::HALF_UP)?;
        }
        Ok(workings.payable(&keeps)?)
    }

    /// What discounts on what is to be paid did to a line's price: the tax shrank with it, the rest is the price's.
    fn post_payable(&mut self, taxes: &[Vec<LineTax>], paid: &[Money]) -> Result<(), Refusal> {
        let mut given = vec![Money::ZERO; self.payable.len()];
        for (index, (taxes, paid)) in taxes.iter().zip(paid).enumerate() {
            let line = &self.lines[index];
            let added = Money::sum(taxes.iter().filter(|tax| !tax.included).map(|tax| tax.amount))?;
            let off = line.net.minus(paid.minus(added)?)?;
            // One minor unit at least: what rounding moved belongs to somebody.
            let weight = |(decision, _): &(usize, Payable)| match self.concerns(*decision, line) {
                true => self.decisions[*decision].saving.max(Money::from_minor(1)),
                false => Money::ZERO,
            };
            let weights: Vec<Money> = self.payable.iter().map(weight).collect();
            if off.is_zero() || weights.iter().all(|weight| weight.is_zero()) {
                continue;
            }
            let shares = pos_money::allocate(off, &weights)?;
            for ((((decision, _), amount), weight), given) in
                self.payable.iter().zip(shares).zip(weights).zip(&mut given)
            {
                if weight.is_zero() {
                    continue;
                }
                let Decision { source, label, .. } = &self.decisions[*decision];
                let line = &mut self.lines[index];
                let before = line.net;
                line.net = before.minus(amount)?;
                *given = given.plus(amount)?;
                line.modifiers.push(Modifier {
                    source: source.clone(),
                    stage: Stage::Order,
                    label: label.clone(),
                    quantity: line.quantity,
                    amount: amount.negated()?,
                    before,
                    after: line.net,
                });
            }
        }
        for ((decision, _), given) in self.payable.iter().zip(given) {
            self.decisions[*decision].saving = given;
        }
        Ok(())
    }
}

impl WorkLine {
    /// Makes the segments add up to the posted net again: what rounding moved goes to the dearest segment.
    fn settle(&mut self, currency: Currency) {
        let mut left = currency.to_decimal(self.net);
        for segment in &self.segments {
            left -= segment.value;
        }
        if !left.is_zero()
            && let Some(dearest) = self.segments.iter_mut().max_by(|one, other| one.value.cmp(&other.value))
        {
            dearest.value += left;
        }
    }
}

fn source_line(candidate: &Candidate) -> Option<u32> {
    candidate.attrs.iter().find(|attr| &*attr.key == "source-line").and_then(|attr| match attr.value {
        AttrValue::Integer(line) => u32::try_from(line).ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests;

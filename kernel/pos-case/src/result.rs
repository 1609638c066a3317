//! A priced case in the keys of a result, amounts as decimal text with the currency's decimals.

use crate::case::{Case, CaseLine, PriceFrom};
use crate::drive::{Driven, Extensions, drive};
use crate::payable::{self, PayableDecision};
use crate::problem::Problem;
use crate::settle::{Settled, settle};
use pos_domain::basket::PriceSource;
use pos_domain::pricing::explain::{Facts, LineFacts};
use pos_domain::pricing::priced::{Decision, DecisionState, PricedLine};
use pos_domain::pricing::proposal::{Assessment, Effect, Grant};
use pos_domain::pricing::tax::{Precision, TaxLine, TaxResult, Workings, assess};
use pos_money::{Currency, Decimal, Money, Quantity};
use serde_json::{Value, json};

/// Prices one case.
pub(crate) fn price(case: &Case, extensions: &mut dyn Extensions) -> Result<Value, Problem> {
    let Driven { basket, grants } = drive(case, extensions)?;
    let taxed = tax(case, &basket.lines)?;
    let (keep, payable) = payable::decide(case, &basket, &taxed)?;
    let taxed = if payable.is_empty() { taxed } else { taxed.payable(&keep)? };
    let posted = if case.rounding.exact { None } else { Some(taxed.posted()?) };
    let settled = match &posted {
        Some(posted) => settle(case, posted.total)?,
        None if case.tenders.is_empty() => None,
        None => {
            let next = "Leave out the tenders, or give an increment.";
            return Err(Problem::new(
                "unrounded_total",
                "tenders",
                "Figures that are not rounded cannot be paid.",
                next,
            ));
        }
    };
    let writer = Writer { case, basket: &basket, taxed: &taxed, payable: &payable, posted: posted.as_ref() };
    Ok(writer.result(&grants, settled))
}

/// The taxes of a case, as its lines name them.
fn tax(case: &Case, lines: &[PricedLine]) -> Result<Workings, Problem> {
    let net = |line: &CaseLine| lines.iter().find(|priced| priced.number == line.number).map(|priced| priced.net);
    let tax_lines: Vec<TaxLine> = case
        .lines
        .iter()
        .map(|line| TaxLine {
            number: line.number,
            net: net(line).unwrap_or_default(),
            quantity: Quantity { unit: pos_money::Unit::Each, ..line.quantity },
            price_is_negative: line.price.value < Decimal::ZERO,
        })
        .collect();
    let assessment = Assessment {
        components: case.lines.iter().flat_map(|line| line.taxes.iter().cloned()).collect(),
        rounding: vec![case.rounding.rule.clone()],
        ..Assessment::default()
    };
    let precision = if case.rounding.exact { Precision::Exact } else { Precision::Posted };
    Ok(assess(&tax_lines, &assessment, case.currency, precision)?)
}

/// Decimal text with at least the currency's decimals, more only where the figure has them. Never `-0`.
pub(crate) fn figure(value: Decimal, currency: Currency) -> String {
    let mut value = value.round_dp(20).normalize();
    if value.is_zero() {
        value = Decimal::ZERO;
    }
    let places = u32::from(currency.exponent());
    if value.scale() < places {
        value.rescale(places);
    }
    value.to_string()
}

struct Writer<'a> {
    case: &'a Case,
    basket: &'a pos_domain::pricing::PricedBasket,
    taxed: &'a Workings,
    payable: &'a [PayableDecision],
    posted: Option<&'a TaxResult>,
}

impl Writer<'_> {
    fn money(&self, amount: Money) -> String {
        self.case.currency.format(amount)
    }

    fn figure(&self, value: Decimal) -> String {
        figure(value, self.case.currency)
    }

    fn result(&self, grants: &[Grant], settled: Option<Settled>) -> Value {
        let figures = &self.taxed.figures;
        let lines = self.case.lines.iter().enumerate().map(|(index, line)| self.line(index, line));
        let taxes = self.taxed.codes().zip(&figures.codes).map(|(code, tax)| {
            json!({
                "code": code,
                "base": self.figure(tax.base),
                "amount": self.figure(tax.amount),
                "exact_base": self.figure(tax.exact_base),
                "exact_amount": self.figure(tax.exact_amount),
            })
        });
        let off_payable = self.payable.iter().map(|decision| self.case.currency.to_decimal(decision.saving));
        let discount = self.case.currency.to_decimal(self.basket.discount) + off_payable.sum::<Decimal>();
        let mut result = json!({
            "lines": lines.collect::<Vec<_>>(),
            "taxes": taxes.collect::<Vec<_>>(),
            "discount": self.figure(discount),
            "total_excluded": self.figure(figures.total_excluded),
            "total_tax": self.figure(figures.total_tax),
            "total_included": self.figure(figures.total),
            "candidates": self.candidates(),
            "grants": grants.iter().map(|grant| self.grant(grant)).collect::<Vec<_>>(),
            "certificate": self.certificate(),
            "explain": self.explain(),
        });
        if let Some(Settled { tenders, settlement }) = settled {
            let tenders = tenders.iter().map(|(kind, amount)| json!({ "kind": kind, "amount": self.money(*amount) }));
            result["tenders"] = tenders.collect();
            if settlement.is_settled() {
                result["change"] = json!(self.money(settlement.change));
            } else {
                result["due"] = json!(self.money(settlement.due));
            }
            if !settlement.rounding.is_zero() {
                result["cash_rounding"] = json!(self.money(settlement.rounding));
            }
        }
        result
    }

    fn line(&self, index: usize, line: &CaseLine) -> Value {
        let blank = PricedLine {
            number: line.number,
            gross: Money::ZERO,
            modifiers: Vec::new(),
            net: Money::ZERO,
            taxes: Vec::new(),
            paid: Money::ZERO,
        };
        let priced = self.basket.line(line.number).unwrap_or(&blank);
        let mut modifiers: Vec<Value> = Vec::new();
        for modifier in &priced.modifiers {
            modifiers.push(json!({
                "source": modifier.source.extension,
                "id": modifier.source.candidate,
                "qty": modifier.quantity.value.normalize().to_string(),
                "amount": self.money(modifier.amount),
            }));
        }
        for decision in self.payable {
            for (_, amount) in decision.by_line.iter().filter(|(number, _)| *number == line.number) {
                modifiers.push(json!({
                    "source": "case",
                    "id": decision.id,
                    "qty": line.quantity.value.normalize().to_string(),
                    "amount": self.figure(-self.case.currency.to_decimal(*amount)),
                }));
            }
        }
        let figures = self.taxed.figures.lines.get(index);
        let taxes = figures
            .into_iter()
            .flat_map(|line| &line.taxes)
            .map(|tax| json!({ "code": tax.code, "base": self.figure(tax.base), "amount": self.figure(tax.amount) }));
        json!({
            "id": line.id,
            "sku": line.item.id,
            "qty": line.quantity.value.normalize().to_string(),
            "gross": self.money(priced.gross),
            "net": self.money(priced.net),
            "modifiers": modifiers,
            "taxes": taxes.collect::<Vec<_>>(),
            "paid": self.figure(figures.map_or(Decimal::ZERO, |line| line.paid)),
        })
    }

    /// The case's own candidates in its order, then what extensions and people proposed.
    fn candidates(&self) -> Vec<Value> {
        let own = |decision: &&Decision| &*decision.source.extension == "case";
        let mut written = Vec::new();
        for (_, candidate) in &self.case.candidates {
            let decided = self.basket.decisions.iter().filter(own);
            let on_price = decided.filter(|decision| decision.source.candidate == candidate.id);
            written.extend(on_price.map(|decision| self.decision(decision)));
            let on_payable = self.payable.iter().filter(|decision| decision.id == candidate.id);
            written.extend(on_payable.map(|decision| self.payable_decision(decision)));
        }
        let others = self.basket.decisions.iter().filter(|decision| !own(decision));
        written.extend(others.map(|decision| self.decision(decision)));
        written
    }

    fn decision(&self, decision: &Decision) -> Value {
        // The engine tells what a candidate took off; pieces that only qualified are not among it yet.
        let used = self.basket.lines.iter().flat_map(|line| {
            let own = line.modifiers.iter().filter(|modifier| modifier.source == decision.source);
            own.map(|modifier| self.used(line.number, modifier.quantity.value))
        });
        json!({
            "id": decision.source.candidate,
            "sets": decision.sets,
            "saving": self.money(decision.saving),
            "used": used.collect::<Vec<_>>(),
            "state": decision.state,
            "reason": decision.reason,
        })
    }

    fn payable_decision(&self, decision: &PayableDecision) -> Value {
        let used = decision.by_line.iter().filter_map(|(number, _)| self.case.numbered(*number));
        let given = matches!(decision.state, DecisionState::Applied | DecisionState::Capped);
        json!({
            "id": decision.id,
            "sets": u32::from(given),
            "saving": self.money(decision.saving),
            "used": used.map(|line| self.used(line.number, line.quantity.value)).collect::<Vec<_>>(),
            "state": decision.state,
            "reason": decision.reason,
        })
    }

    fn used(&self, number: u32, quantity: Decimal) -> Value {
        let id = self.case.numbered(number).map(|line| line.id.clone());
        json!({ "line": id, "qty": quantity.normalize().to_string() })
    }

    fn grant(&self, grant: &Grant) -> Value {
        let effect = match grant.effect {
            Effect::AmountOff(amount) => json!({ "amount-off": self.money(amount) }),
            Effect::BundlePrice(amount) => json!({ "bundle-price": self.money(amount) }),
            Effect::RateOff(rate) => json!({ "rate-off": rate.fraction().normalize().to_string() }),
            Effect::FixedPrice(price) => json!({ "fixed-price": self.figure(price.value) }),
        };
        json!({
            "offer": grant.offer,
            "items": grant.items,
            "qty": grant.qty.value.normalize().to_string(),
            "effect": effect,
            "automatic": grant.automatic,
        })
    }

    /// What is known of how good the choice is. Without a bound of the engine's own, that no more than everything
    /// can be saved.
    fn certificate(&self) -> Value {
        let saving = self.basket.discount;
        let bound = if self.basket.decisions.is_empty() { saving } else { self.basket.gross.max(saving) };
        let kind = if bound == saving { "optimal" } else { "bounded" };
        json!({ "kind": kind, "saving": self.money(saving), "bound": self.money(bound) })
    }

    /// By line the chain from its price to what is paid; nothing where figures are not rounded, since nothing is posted.
    fn explain(&self) -> Vec<Value> {
        let Some(posted) = self.posted else { return Vec::new() };
        let facts = Facts {
            currency: self.case.currency,
            decisions: &self.basket.decisions,
            taxes: &posted.totals,
            assessor: "taxes of the case",
        };
        let mut explained = Vec::new();
        for (index, line) in self.case.lines.iter().enumerate() {
            let (Some(priced), Some(taxes)) = (self.basket.line(line.number), posted.lines.get(index)) else {
                continue;
            };
            let price_source = match line.price_from {
                PriceFrom::Case => PriceSource::List,
                PriceFrom::Proposal | PriceFrom::Override => PriceSource::Given,
            };
            let chain = facts.chain(LineFacts {
                number: line.number,
                quantity: line.quantity,
                price: line.price,
                price_source: &price_source,
                gross: priced.gross,
                modifiers: &priced.modifiers,
                taxes,
                paid: posted.paid.get(index).copied().unwrap_or_default(),
            });
            let steps = chain.into_iter().map(|step| {
                let amount = step.amount.map(|amount| self.money(amount));
                json!({ "kind": step.kind.code(), "title": step.title, "detail": step.detail, "amount": amount })
            });
            explained.push(json!({ "line": line.id, "steps": steps.collect::<Vec<_>>() }));
        }
        explained
    }
}

//! A priced case in the keys of a result, amounts as decimal text with the currency's decimals.

use crate::case::line::UNITS;
use crate::case::{Case, CaseLine, RewardKind, mode_name, name_of};
use crate::drive::{Driven, Extensions, REWARD, drive};
use crate::explain;
use crate::problem::Problem;
use crate::settle::{Given, Settled, points_spent, settle};
use crate::unrounded;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::PricedBasket;
use pos_domain::pricing::priced::{Decision, PricedLine, TaxTotal};
use pos_domain::pricing::proposal::{Effect, Grant};
use pos_domain::pricing::tax::{CodeFigures, Figures, LineFigures, TaxFigures};
use pos_money::{Currency, Decimal, Money};
use serde_json::{Value, json};
use std::sync::Arc;

/// Keys of a tax of a result.
pub(crate) const TAX_KEYS: [&str; 9] =
    ["code", "jurisdiction", "levy", "included", "rounding", "base", "amount", "exact_base", "exact_amount"];

/// Prices one case.
pub(crate) fn price(case: &Case, extensions: &mut dyn Extensions) -> Result<Value, Problem> {
    let driven = drive(case, extensions)?;
    let basket = &driven.basket;
    let figures = if case.rounding.exact { unrounded::figures(case, basket)? } else { posted(case, basket) };
    if case.rounding.exact && !case.tenders.is_empty() {
        let next = "Leave out the tenders, or give an increment.";
        return Err(Problem::new("unrounded_total", "tenders", "Figures that are not rounded cannot be paid.", next));
    }
    let settled = if case.rounding.exact { None } else { settle(case, basket.total)? };
    let points = points_by_line(case, basket)?;
    Ok(Writer { case, driven: &driven, basket, figures: &figures, points }.result(settled))
}

/// The figures of a basket as posted, in major units.
fn posted(case: &Case, basket: &PricedBasket) -> Figures {
    let major = |amount: Money| case.currency.to_decimal(amount);
    let line = |line: &PricedLine| {
        let taxes = line.taxes.iter().map(|tax| TaxFigures {
            code: tax.code.clone(),
            included: tax.included,
            base: major(tax.base),
            amount: major(tax.amount),
        });
        LineFigures { taxes: taxes.collect(), paid: major(line.paid) }
    };
    let code = |tax: &TaxTotal| CodeFigures {
        base: major(tax.base),
        amount: major(tax.amount),
        exact_base: tax.exact_base,
        exact_amount: tax.exact_amount,
    };
    Figures {
        lines: basket.lines.iter().map(line).collect(),
        codes: basket.taxes.iter().map(code).collect(),
        total_excluded: major(basket.total_excluded),
        total_tax: major(basket.total_tax),
        total: major(basket.total),
    }
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
    driven: &'a Driven,
    basket: &'a PricedBasket,
    figures: &'a Figures,
    /// Points spent on a line, by reward.
    points: Vec<(LineNumber, Arc<str>, i64)>,
}

/// Points that rewards before tax cost, by line: on each as much as the sum of what they took off so far makes up.
fn points_by_line(case: &Case, basket: &PricedBasket) -> Result<Vec<(LineNumber, Arc<str>, i64)>, Problem> {
    let mut points = Vec::new();
    for reward in case.rewards.iter().filter(|reward| reward.kind == RewardKind::Discount && reward.points > 0) {
        let modifiers = basket.lines.iter().flat_map(|line| line.modifiers.iter().map(move |one| (line.number, one)));
        let own = modifiers
            .filter(|(_, modifier)| &*modifier.source.extension == REWARD && modifier.source.candidate == reward.id);
        let (mut taken, mut spent) = (Money::ZERO, 0);
        for (number, modifier) in own {
            taken = taken.minus(modifier.amount)?;
            let so_far = points_spent(reward, taken)?;
            points.push((number, reward.id.clone(), so_far - spent));
            spent = so_far;
        }
    }
    Ok(points)
}

impl Writer<'_> {
    fn money(&self, amount: Money) -> String {
        self.case.currency.format(amount)
    }

    fn figure(&self, value: Decimal) -> String {
        figure(value, self.case.currency)
    }

    fn result(&self, settled: Option<Settled>) -> Value {
        let figures = self.figures;
        let lines = self.case.lines.iter().enumerate().map(|(index, line)| self.line(index, line));
        let taxes = self.basket.taxes.iter().zip(&figures.codes).map(|(total, tax)| {
            json!({
                "code": total.code,
                "jurisdiction": total.jurisdiction,
                "levy": total.levy,
                "included": total.included,
                "rounding": explain::tax_rounding(self.case, total.level),
                "base": self.figure(tax.base),
                "amount": self.figure(tax.amount),
                "exact_base": self.figure(tax.exact_base),
                "exact_amount": self.figure(tax.exact_amount),
            })
        });
        let mut result = json!({
            "currency": self.case.currency.code(),
            "lines": lines.collect::<Vec<_>>(),
            "taxes": taxes.collect::<Vec<_>>(),
            "discount": self.money(self.basket.discount),
            "total_excluded": self.figure(figures.total_excluded),
            "total_tax": self.figure(figures.total_tax),
            "total_included": self.figure(figures.total),
            "candidates": self.candidates(),
            "grants": self.basket.grants.iter().map(|grant| self.grant(grant)).collect::<Vec<_>>(),
            "near_misses": explain::near_misses(self.case, self.driven),
            "notices": self.notices(),
            "certificate": self.certificate(),
            "explain": explain::lines(self.case, self.driven),
        });
        if let Some(Settled { tenders, settlement }) = settled {
            result["tenders"] = tenders.iter().map(|given| self.tender(given)).collect();
            // A card does not pay out what a sale of empties owes: that stays due, below zero.
            if settlement.due.is_zero() {
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

    fn tender(&self, Given { kind, amount, cash_rounding, points }: &Given) -> Value {
        let mut tender = json!({ "kind": kind, "amount": self.money(*amount) });
        if let Some(rounding) = cash_rounding {
            let increment = self.money(Money::from_minor(rounding.increment));
            tender["cash_rounding"] = json!({ "increment": increment, "mode": mode_name(rounding.mode) });
        }
        if *points != 0 {
            tender["points"] = json!(points);
        }
        tender
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
        let modifiers = priced.modifiers.iter().map(|modifier| {
            let mut written = json!({
                "source": modifier.source.extension,
                "id": modifier.source.candidate,
                "stage": modifier.stage,
                "label": modifier.label,
                "qty": modifier.quantity.value.normalize().to_string(),
                "amount": self.money(modifier.amount),
            });
            let points = self.points.iter().find(|(number, id, _)| {
                *number == line.number && *id == modifier.source.candidate && &*modifier.source.extension == REWARD
            });
            if let Some((_, _, points)) = points {
                written["points"] = json!(points);
            }
            written
        });
        let figures = self.figures.lines.get(index);
        let taxes = figures.into_iter().flat_map(|line| &line.taxes).map(|tax| {
            json!({
                "code": tax.code,
                "included": tax.included,
                "base": self.figure(tax.base),
                "amount": self.figure(tax.amount),
            })
        });
        json!({
            "id": line.id,
            "sku": line.item.id,
            "kind": line.kind,
            "uom": name_of(line.quantity.unit, &UNITS),
            "qty": line.quantity.value.normalize().to_string(),
            "gross": self.money(priced.gross),
            "net": self.money(priced.net),
            "modifiers": modifiers.collect::<Vec<_>>(),
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
            let decided = decided.filter(|decision| decision.source.candidate == candidate.id);
            written.extend(decided.map(|decision| self.decision(decision)));
        }
        let others = self.basket.decisions.iter().filter(|decision| !own(decision));
        written.extend(others.map(|decision| self.decision(decision)));
        written
    }

    fn decision(&self, decision: &Decision) -> Value {
        let used = decision.used.iter().map(|(number, quantity)| {
            let line = self.case.numbered(*number).map(|line| line.id.clone());
            json!({ "line": line, "qty": quantity.value.normalize().to_string() })
        });
        json!({
            "source": decision.source.extension,
            "id": decision.source.candidate,
            "sets": decision.sets,
            "saving": self.money(decision.saving),
            "used": used.collect::<Vec<_>>(),
            "state": decision.state,
            "reason": decision.reason,
        })
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

    fn certificate(&self) -> Value {
        let certificate = self.basket.certificate;
        let kind = if certificate.is_optimal() { "optimal" } else { "bounded" };
        json!({ "kind": kind, "saving": self.figure(certificate.saving), "bound": self.figure(certificate.bound) })
    }

    fn notices(&self) -> Vec<Value> {
        let written = self.basket.notices.iter().map(|notice| {
            let ids = notice.lines.iter().filter_map(|number| self.case.numbered(*number)).map(|line| line.id.clone());
            json!({
                "severity": notice.severity,
                "message": notice.message.text,
                "lines": ids.collect::<Vec<_>>(),
            })
        });
        written.collect()
    }
}

//! A refund in the keys of a result, every sign turned.

use super::read::POLICIES;
use super::sold::Sale;
use crate::case::candidate::STAGES;
use crate::case::line::UNITS;
use crate::case::name_of;
use crate::drive::REWARD;
use crate::problem::Problem;
use pos_domain::returns::{Figures, ModifierFigure, PlanStep, Refund, RefundLine, RefundPlan, ReturnPolicy, Returned};
use pos_money::{Decimal, Money, MoneyError};
use serde_json::{Value, json};

pub(super) fn refund(
    sale: &Sale,
    before: &Returned,
    refund: &Refund,
    plan: &RefundPlan,
    policy: ReturnPolicy,
) -> Result<Value, Problem> {
    let money = |amount: Money| amount.negated().map(|amount| sale.currency.format(amount));
    let (mut lines, mut explain, mut sum) = (Vec::new(), Vec::new(), Figures::default());
    for line in &refund.lines {
        lines.push(mirrored(sale, line)?);
        explain.push(explained(sale, before, line)?);
        let figures = Figures { gross: line.share.gross, taxes: line.share.taxes.clone(), ..Figures::default() };
        sum = sum.plus(&figures)?;
    }
    let mut taxes = Vec::new();
    for code in &sale.codes {
        let of_code = || sum.taxes.iter().filter(|tax| tax.code == *code);
        if of_code().next().is_some() {
            let base = money(Money::sum(of_code().map(|tax| tax.base))?)?;
            let amount = money(Money::sum(of_code().map(|tax| tax.amount))?)?;
            let (exact_base, exact_amount) = (base.clone(), amount.clone());
            taxes.push(json!({
                "code": code, "base": base, "amount": amount, "exact_base": exact_base, "exact_amount": exact_amount,
            }));
        }
    }
    let nets = refund.lines.iter().map(|line| line.share.net()).collect::<Result<Vec<_>, _>>()?;
    let discount = sum.gross.minus(Money::sum(nets)?)?;
    let tax = sum.tax()?;
    let zero = sale.currency.format(Money::ZERO);
    let mut result = json!({
        "currency": sale.currency.code(),
        "policy": name_of(policy, &POLICIES),
        "lines": lines,
        "taxes": taxes,
        "discount": money(discount)?,
        "total_excluded": money(refund.total.minus(tax)?)?,
        "total_tax": money(tax)?,
        "total_included": money(refund.total)?,
        "candidates": [],
        "grants": [],
        "near_misses": [],
        "notices": [],
        "certificate": { "kind": "optimal", "saving": zero, "bound": zero },
        "explain": explain,
    });
    if !sale.tenders.is_empty() {
        let steps = plan.steps.iter().map(|step| tender(sale, step));
        result["tenders"] = steps.collect::<Result<Vec<Value>, MoneyError>>()?.into();
        result["change"] = json!(zero);
        if !plan.rounding.is_zero() {
            result["cash_rounding"] = json!(money(plan.rounding)?);
        }
    }
    Ok(result)
}

fn tender(sale: &Sale, step: &PlanStep) -> Result<Value, MoneyError> {
    let PlanStep { origin, tender, amount, points, points_of: _, holder: _, needs_right } = step;
    // What no tender of the sale had paid is paid by the means of the step.
    let kind = origin.and_then(|index| sale.tenders.get(index)).map_or(tender.code(), |name| name);
    let mut written = json!({ "kind": kind, "amount": sale.currency.format(amount.negated()?) });
    if *points != 0 {
        written["points"] = json!(points.checked_neg().ok_or(MoneyError::Overflow)?);
    }
    if *needs_right {
        written["needs_right"] = json!(true);
    }
    Ok(written)
}

fn number(value: Decimal) -> String {
    let value = value.normalize();
    if value.is_zero() { "0".to_owned() } else { value.to_string() }
}

fn mirrored(sale: &Sale, line: &RefundLine) -> Result<Value, Problem> {
    let share = line.share.negated()?;
    let money = |amount: Money| sale.currency.format(amount);
    let modifiers = share.modifiers.iter().map(|modifier| {
        let ModifierFigure { source, stage, label, quantity, amount } = modifier;
        let mut written = json!({
            "source": source.extension,
            "id": source.candidate,
            "stage": name_of(*stage, &STAGES),
            "label": label,
            "qty": number(*quantity),
            "amount": money(*amount),
        });
        let spent = share.points.iter().find(|points| points.program == source.candidate);
        if let Some(points) = spent.filter(|points| &*source.extension == REWARD && points.redeemed != 0) {
            written["points"] = json!(points.redeemed);
        }
        written
    });
    let taxes = share.taxes.iter().map(|tax| {
        json!({ "code": tax.code, "included": tax.included, "base": money(tax.base), "amount": money(tax.amount) })
    });
    Ok(json!({
        "id": sale.id(line.line),
        "sku": line.item,
        "kind": "return",
        "uom": name_of(line.unit, &UNITS),
        "qty": number(share.quantity),
        "gross": money(share.gross),
        "net": money(share.net()?),
        "modifiers": modifiers.collect::<Vec<_>>(),
        "taxes": taxes.collect::<Vec<_>>(),
        "paid": money(share.paid()?),
    }))
}

/// Every figure beside the one it is a share of.
fn explained(sale: &Sale, before: &Returned, line: &RefundLine) -> Result<Value, Problem> {
    let whole = &sale.sold.line(line.line)?.whole;
    let gone = before.of_line(line.line);
    let share = &line.share;
    let money = |amount: Money| sale.currency.format(amount);
    let mut steps = Vec::new();
    let mut step = |kind: &str, title: &str, detail: String, amount: Money| -> Result<(), MoneyError> {
        steps.push(json!({ "kind": kind, "title": title, "detail": detail, "amount": money(amount.negated()?) }));
        Ok(())
    };
    let earlier = if gone.quantity.is_zero() { String::new() } else { format!(", after {}", number(gone.quantity)) };
    let pieces = format!("{} of {}{earlier}", number(share.quantity), number(whole.quantity));
    step("price", "Comes back", format!("{pieces} · of {}", money(whole.gross)), share.gross)?;
    for modifier in &share.modifiers {
        let same = |known: &&ModifierFigure| known.stage == modifier.stage && known.source == modifier.source;
        let of = whole.modifiers.iter().find(same).map_or(Money::ZERO, |known| known.amount);
        step("modifier", &modifier.label, format!("of {}", money(of)), modifier.amount)?;
    }
    for tax in &share.taxes {
        let of = whole.taxes.iter().find(|known| known.code == tax.code && known.included == tax.included);
        let within = if tax.included { "included" } else { "added" };
        let detail = format!("on {} · of {}", money(tax.base), money(of.map_or(Money::ZERO, |of| of.amount)));
        step("tax", &format!("{} {within}", tax.code), detail, tax.amount)?;
    }
    if !share.beside.is_zero() {
        step("rounding", "Paid beside the price", format!("of {}", money(whole.beside)), share.beside)?;
    }
    step("total", "To pay back for this line", String::new(), share.paid()?)?;
    Ok(json!({ "line": sale.id(line.line), "steps": steps }))
}

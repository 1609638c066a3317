//! The independent reference prices a random sale and returns it; the kernel must refund the same.
//!
//! Every return agrees on every figure of every line, whatever went back before it.

use super::support::{Desk, chf, source, take};
use crate::ids::BasketId;
use crate::pricing::proposal::{LineKind, Stage};
use crate::returns::{Figures, ModifierFigure, Policy, Refund, Returned, Sold, SoldLine, TakeBack, TaxFigure};
use pos_money::{Currency, Decimal, Money, Quantity, Rounding, Unit};
use pos_reference::case::Basis;
use pos_reference::generate::{Shape, generate};
use pos_reference::number::{Rational, parse, text as decimal};
use pos_reference::price::{Priced, price};
use pos_reference::returns::Returns;
use serde_json::Value;

/// The reference's money in minor units of the case's currency.
fn minor(amount: &Rational, priced: &Priced) -> Money {
    let steps = amount / priced.case.currency.minor_unit();
    assert!(steps.is_integer(), "not posted: {amount}");
    Money::from_minor(steps.to_integer().to_string().parse().unwrap())
}

fn sold(priced: &Priced) -> Sold {
    let mut lines = Vec::new();
    for (index, line) in priced.case.lines.iter().enumerate() {
        let posted = &priced.tax.lines[index];
        let quantity = Decimal::from_str_exact(&decimal(&line.quantity, 0)).unwrap();
        let gross = minor(&priced.gross[index], priced);
        let mut whole = Figures { quantity, gross, ..Figures::default() };
        for (outcome, candidate) in priced.offers.candidates.iter().zip(&priced.case.candidates) {
            if candidate.basis == Basis::Price && outcome.used[index] != Rational::default() {
                whole.modifiers.push(ModifierFigure {
                    source: source(&outcome.id),
                    stage: Stage::Line,
                    label: outcome.id.as_str().into(),
                    quantity: Decimal::from_str_exact(&outcome.used[index].to_string()).unwrap(),
                    amount: minor(&outcome.by_line[index], priced).negated().unwrap(),
                });
            }
        }
        for (tax, posted) in line.taxes.iter().zip(&posted.taxes) {
            let (base, amount) = (minor(&posted.base, priced), minor(&posted.amount, priced));
            whole.taxes.push(TaxFigure { code: posted.code.as_str().into(), included: tax.included, base, amount });
        }
        whole.beside = minor(&posted.paid, priced).minus(whole.paid().unwrap()).unwrap();
        lines.push(SoldLine {
            number: u32::try_from(index).unwrap() + 1,
            kind: LineKind::Sale,
            item: line.sku.as_str().into(),
            department: "".into(),
            unit: Unit::Each,
            whole,
        });
    }
    let currency = Currency::from_code(&priced.case.currency.code).unwrap_or(chf());
    let (basket, rule_set) = (BasketId(uuid::Uuid::from_u128(1)), "none".into());
    Sold { basket, currency, rule_set, coins: Rounding::HALF_UP, lines, tenders: vec![], deals: vec![] }
}

fn takes(part: &Value) -> (Vec<TakeBack>, Vec<(String, Rational)>) {
    let pairs = part.as_object().unwrap().iter().map(|(line, quantity)| (line, quantity.as_str().unwrap()));
    pairs
        .map(|(line, text)| {
            let quantity = Quantity::new(Decimal::from_str_exact(text).unwrap(), Unit::Each);
            (TakeBack::to_stock(line.parse().unwrap(), quantity), (line.clone(), parse(text).unwrap()))
        })
        .unzip()
}

/// The reference's text of an amount, mirrored there.
fn text(amount: Money, currency: Currency) -> String {
    currency.format(amount.negated().unwrap())
}

fn same(refund: &Refund, theirs: &Value, sold: &Sold, seed: u64) {
    let amount = |money: Money| Value::from(text(money, sold.currency));
    for line in theirs["lines"].as_array().unwrap() {
        let ours = refund.lines.iter().find(|ours| line["id"].as_str() == Some(&ours.line.to_string())).unwrap();
        let share = &ours.share;
        assert_eq!(line["gross"], amount(share.gross), "seed {seed}");
        assert_eq!(line["net"], amount(share.net().unwrap()), "seed {seed}");
        assert_eq!(line["paid"], amount(share.paid().unwrap()), "seed {seed}");
        let modifiers: Vec<Value> = share.modifiers.iter().map(|modifier| amount(modifier.amount)).collect();
        let taxes: Vec<_> = share.taxes.iter().map(|tax| (amount(tax.base), amount(tax.amount))).collect();
        let theirs = |key: &str| line[key].as_array().unwrap().clone();
        let their_modifiers: Vec<Value> = theirs("modifiers").iter().map(|one| one["amount"].clone()).collect();
        let their_taxes: Vec<_> =
            theirs("taxes").iter().map(|one| (one["base"].clone(), one["amount"].clone())).collect();
        assert_eq!((modifiers, taxes), (their_modifiers, their_taxes), "seed {seed}");
    }
    assert_eq!(theirs["total_included"], amount(refund.total), "seed {seed}");
}

#[test]
fn every_return_agrees_to_the_minor_unit() {
    for seed in 0..1_000 {
        let given = generate(seed, Shape::Returns);
        let priced = price(&given["case"]).unwrap();
        let sold = sold(&priced);
        let mut desk = Desk { sold: sold.clone(), returned: Returned::default() };
        let mut reference = Returns::of(&priced).unwrap();
        let parts = given["parts"].as_array().unwrap();
        for part in parts {
            let (ours, theirs) = takes(part);
            // Each part by itself, as the first return of the sale.
            let alone = sold.refund(&Returned::default(), &ours, Policy::KeepShares).unwrap();
            let first = Returns::of(&priced).unwrap().take(&theirs).unwrap();
            same(&alone, &first.result, &sold, seed);
            // And all of them in a row.
            let (refund, _) = desk.accept(&ours, Policy::KeepShares);
            let in_a_row = reference.take(&theirs).unwrap();
            same(&refund, &in_a_row.result, &sold, seed);
        }
        let back = desk.sold.lines.iter().map(|line| desk.returned.of_line(line.number).paid().unwrap());
        assert_eq!(Money::sum(back), Ok(minor(&priced.tax.total_included, &priced)), "seed {seed}");
        assert_eq!(reference.rest(), None);
    }
}

/// The style guide's example, in both readings.
#[test]
fn the_reference_refunds_the_soap_alike() {
    let priced = price(&serde_json::json!({
        "currency": "EUR",
        "lines": [{ "sku": "SOAP", "qty": "3", "unit_price": "2.00" }],
        "candidates": [{ "id": "3-for-2", "shape": { "deal": { "slots": [{ "pool": [1], "count": 3 }], "together": { "bundle-price": "4.00" } } } }],
    }))
    .unwrap();
    let mut desk = Desk { sold: sold(&priced), returned: Returned::default() };
    let (refund, _) = desk.accept(&[take(1, 1)], Policy::KeepShares);
    assert_eq!((refund.total.minor(), refund.lines[0].share.modifiers[0].amount.minor()), (133, -67));
}

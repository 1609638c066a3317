//! Returns: the exact inverse of a sale, in any split and order.
//!
//! Every figure that was posted for a line is shared between what comes back and what stays, by largest remainder over the *rest*: of 10.00 for
//! three pieces the first return of one piece takes 3.33 (10.00 over 1 : 2), the second 3.34 (6.67 over 1 : 1), the last what is left,
//! 3.33. Gross, each modifier and each tax are shared on their own; what is refunded is their sum, so that every refund closes by itself.
//!
//! Invariant, proved by test: after the last piece every figure of the sale has gone back to the minor unit.

use crate::allocate;
use crate::number::{Rational, text, zero};
use crate::price::{LineResult, ModifierResult, Priced, TaxOnLine};
use crate::refusal::Refusal;
use num_traits::Signed;
use serde_json::{Value, json};

/// What is still to come back of one tax.
#[derive(Clone, Debug)]
struct TaxLeft {
    code: String,
    included: bool,
    base: Rational,
    amount: Rational,
}

/// What is still to come back of one line.
#[derive(Clone, Debug)]
struct LineLeft {
    id: String,
    sku: String,
    quantity: Rational,
    gross: Rational,
    modifiers: Vec<(String, Rational, Rational)>,
    taxes: Vec<TaxLeft>,
    /// What was paid beyond price and added taxes: payable discounts, exemptions, the cent of `from-base`.
    beside: Rational,
}

/// A sale and what has not come back of it.
#[derive(Clone, Debug)]
pub struct Returns {
    unit: Rational,
    decimals: u32,
    lines: Vec<LineLeft>,
}

/// One return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// What goes back to the customer, positive.
    pub total: Rational,
    /// The same in the keys of a result, mirrored: quantities and amounts are negative.
    pub result: Value,
}

impl Returns {
    /// All of a priced sale.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] where figures were not rounded to the minor unit, so nothing was posted.
    pub fn of(priced: &Priced) -> Result<Self, Refusal> {
        let unit = priced.case.currency.minor_unit();
        let mut lines = Vec::new();
        for (index, line) in priced.case.lines.iter().enumerate() {
            let posted = &priced.tax.lines[index];
            let definitions = line.taxes.iter().zip(&posted.taxes);
            let taxes: Vec<TaxLeft> = definitions
                .map(|(tax, posted)| TaxLeft {
                    code: posted.code.clone(),
                    included: tax.included,
                    base: posted.base.clone(),
                    amount: posted.amount.clone(),
                })
                .collect();
            let outcomes = priced.offers.candidates.iter().zip(&priced.case.candidates);
            // A payable discount is no part of the price: it comes back with what was paid beside it.
            let on_price = outcomes.filter(|(outcome, candidate)| {
                candidate.basis == crate::case::Basis::Price && outcome.used[index] != zero()
            });
            let modifiers: Vec<(String, Rational, Rational)> = on_price
                .map(|(outcome, _)| (outcome.id.clone(), outcome.used[index].clone(), outcome.by_line[index].clone()))
                .collect();
            let added: Rational = taxes.iter().filter(|tax| !tax.included).map(|tax| &tax.amount).sum();
            let beside = &posted.paid - &priced.offers.nets[index] - added;
            let gross = priced.gross[index].clone();
            let figures = taxes.iter().flat_map(|tax| [&tax.base, &tax.amount]).chain([&beside, &gross]);
            if figures.map(|figure| figure / &unit).any(|steps| !steps.is_integer()) {
                return Err(Refusal::unsupported("returns of figures finer than the minor unit"));
            }
            let (id, sku, quantity) = (line.id.clone(), line.sku.clone(), line.quantity.clone());
            lines.push(LineLeft { id, sku, quantity, gross, modifiers, taxes, beside });
        }
        Ok(Self { unit, decimals: priced.case.currency.exponent, lines })
    }

    /// Takes back quantities of lines.
    ///
    /// # Errors
    /// [`Refusal::ReturnExceedsSold`]; then nothing is taken back.
    pub fn take(&mut self, parts: &[(String, Rational)]) -> Result<Refund, Refusal> {
        let mut after = self.clone();
        let (mut total, mut lines) = (zero(), Vec::new());
        for (id, quantity) in parts {
            let exceeds = |left: &Rational| Refusal::ReturnExceedsSold {
                line: id.clone(),
                asked: text(quantity, 0),
                left: text(left, 0),
            };
            let line = after.lines.iter_mut().find(|line| line.id == *id).ok_or_else(|| exceeds(&zero()))?;
            if quantity.abs() > line.quantity.abs() || quantity * &line.quantity <= zero() {
                return Err(exceeds(&line.quantity));
            }
            let (paid, result) = line.take(quantity, &self.unit, self.decimals)?;
            total += paid;
            lines.push(result);
        }
        *self = after;
        let result = json!({ "lines": lines, "total_included": text(&-&total, self.decimals) });
        Ok(Refund { total, result })
    }

    /// The first figure of the sale that has not gone back; `None` after a full return.
    pub fn rest(&self) -> Option<String> {
        self.lines.iter().find_map(|line| {
            let figures = line.taxes.iter().flat_map(|tax| [&tax.base, &tax.amount]);
            let figures = figures.chain(line.modifiers.iter().flat_map(|(_, used, amount)| [used, amount]));
            let mut figures = figures.chain([&line.quantity, &line.gross, &line.beside]);
            figures.find(|figure| **figure != zero()).map(|figure| format!("line {}: {figure} left", line.id))
        })
    }
}

/// Moves a share of `left` out of it: `quantity` of the `there` that are there.
fn move_share(
    left: &mut Rational,
    quantity: &Rational,
    there: &Rational,
    unit: &Rational,
) -> Result<Rational, Refusal> {
    let shares = allocate::by_weight(left, &[quantity.clone(), there - quantity], unit)?;
    let share = shares.into_iter().next().unwrap_or_default();
    *left -= &share;
    Ok(share)
}

impl LineLeft {
    /// What is refunded for `quantity`, and the mirrored line.
    fn take(&mut self, quantity: &Rational, unit: &Rational, decimals: u32) -> Result<(Rational, LineResult), Refusal> {
        let there = self.quantity.clone();
        self.quantity -= quantity;
        let amount = |value: &Rational| text(&-value, decimals);
        let gross = move_share(&mut self.gross, quantity, &there, unit)?;
        let mut paid = move_share(&mut self.beside, quantity, &there, unit)?;
        let mut net = gross.clone();
        let mut modifiers = Vec::new();
        for (id, used, left) in &mut self.modifiers {
            let share = move_share(left, quantity, &there, unit)?;
            let part = &*used * quantity / &there;
            *used -= &part;
            net -= &share;
            modifiers.push(ModifierResult { id: id.clone(), qty: text(&-part, 0), amount: text(&share, decimals) });
        }
        paid += &net;
        let mut taxes = Vec::new();
        for tax in &mut self.taxes {
            let base = move_share(&mut tax.base, quantity, &there, unit)?;
            let share = move_share(&mut tax.amount, quantity, &there, unit)?;
            if !tax.included {
                paid += &share;
            }
            taxes.push(TaxOnLine { code: tax.code.clone(), base: amount(&base), amount: amount(&share) });
        }
        let line = LineResult {
            id: self.id.clone(),
            sku: self.sku.clone(),
            qty: text(&-quantity, 0),
            gross: amount(&gross),
            net: amount(&net),
            modifiers,
            taxes,
            paid: amount(&paid),
        };
        Ok((paid, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Shape, generate};
    use crate::number::{from_json, parse, whole};
    use crate::price::price;

    fn part(pairs: &[(&str, i64)]) -> Vec<(String, Rational)> {
        pairs.iter().map(|(id, quantity)| ((*id).to_owned(), whole(*quantity))).collect()
    }

    /// The style guide's example: three soaps for the price of two, one comes back.
    #[test]
    fn one_soap_of_three_for_two_comes_back() {
        let sale = price(&json!({
            "currency": "EUR",
            "lines": [{ "sku": "SOAP", "qty": "3", "unit_price": "2.00" }],
            "candidates": [{ "id": "3-for-2", "shape": { "deal": { "slots": [{ "pool": [1], "count": 3 }], "together": { "bundle-price": "4.00" } } } }],
        }))
        .unwrap();
        let mut returns = Returns::of(&sale).unwrap();
        let first = returns.take(&part(&[("1", 1)])).unwrap();
        assert_eq!(first.total, parse("1.33").unwrap());
        assert_eq!(first.result["lines"][0]["modifiers"][0]["amount"], "0.67");
        assert_eq!(first.result["lines"][0]["gross"], "-2.00");
        let rest = returns.take(&part(&[("1", 2)])).unwrap();
        assert_eq!((rest.total, returns.rest()), (parse("2.67").unwrap(), None));
    }

    #[test]
    fn more_than_was_sold_is_refused_and_nothing_is_taken() {
        let sale =
            price(&json!({ "currency": "EUR", "lines": [{ "qty": "2", "unit_price": "1" }, { "unit_price": "1" }] }))
                .unwrap();
        let mut returns = Returns::of(&sale).unwrap();
        let refused = Refusal::ReturnExceedsSold { line: "2".into(), asked: "2".into(), left: "1".into() };
        assert_eq!(returns.take(&part(&[("1", 1), ("2", 2)])), Err(refused));
        assert_eq!(returns.take(&part(&[("1", 2), ("2", 1)])).unwrap().total, whole(3));
        assert!(returns.take(&part(&[("1", 1)])).is_err());
        assert!(returns.take(&part(&[("2", -1)])).is_err());
        assert!(returns.take(&part(&[("9", 1)])).is_err());
    }

    /// Any sale, any split: the refunds add up to what was paid, and every figure is back at zero.
    #[test]
    fn any_split_sums_exactly() {
        for seed in 0..400 {
            let given = generate(seed, Shape::Returns);
            let sale = price(&given["case"]).unwrap_or_else(|refusal| panic!("seed {seed}: {refusal}"));
            let Ok(mut returns) = Returns::of(&sale) else { panic!("seed {seed}: not posted") };
            let mut back = zero();
            for parts in given["parts"].as_array().unwrap() {
                let parts = parts.as_object().unwrap().iter();
                let parts: Vec<_> = parts.map(|(id, quantity)| (id.clone(), from_json(quantity).unwrap())).collect();
                back += returns.take(&parts).unwrap().total;
            }
            assert_eq!((back, returns.rest()), (sale.tax.total_included.clone(), None), "seed {seed}");
        }
    }
}

//! Returns: the exact inverse of a sale, in any split and order.
//!
//! Of every figure that was posted for a line, the pieces that have come back so far are worth `round(whole x returned / sold)`, half up, and a
//! return gives what of that has not gone back yet: of 10.00 for three pieces the first takes 3.33, the second 3.34 (6.67 less 3.33), the
//! last 3.33. Gross, each modifier and each tax are shared on their own; what is refunded is their sum, so that every refund closes by
//! itself. What has gone back depends on the pieces alone, not on how they were split, so a split gains nothing.
//!
//! Invariant, proved by test: after the last piece every figure of the sale has gone back to the minor unit.

use crate::currency::Currency;
use crate::number::{Rational, from_json, text, zero};
use crate::price::{LineResult, ModifierResult, Priced, TaxOnLine};
use crate::refusal::Refusal;
use crate::round::{Mode, round_to};
use num_traits::Signed;
use serde_json::{Value, json};

/// A figure of a sold line, and what of it has gone back.
#[derive(Clone, Debug, Default)]
struct Figure {
    whole: Rational,
    gone: Rational,
}

impl Figure {
    fn of(whole: Rational) -> Self {
        Self { whole, gone: zero() }
    }

    /// What goes back now, when `returned` of `sold` pieces have come back. A unit of 0 rounds nothing.
    fn take(&mut self, returned: &Rational, sold: &Rational, unit: &Rational) -> Rational {
        let worth = round_to(&(&self.whole * returned / sold), unit, Mode::HalfUp);
        let share = &worth - &self.gone;
        self.gone = worth;
        share
    }

    fn is_back(&self) -> bool {
        self.whole == self.gone
    }
}

#[derive(Clone, Debug)]
struct SoldModifier {
    id: String,
    used: Figure,
    /// Positive: what was taken off.
    off: Figure,
}

#[derive(Clone, Debug)]
struct SoldTax {
    code: String,
    included: bool,
    base: Figure,
    amount: Figure,
}

/// A line and what has gone back of it.
#[derive(Clone, Debug)]
struct SoldLine {
    id: String,
    sku: String,
    quantity: Rational,
    returned: Rational,
    gross: Figure,
    modifiers: Vec<SoldModifier>,
    taxes: Vec<SoldTax>,
    /// What was paid beyond price and added taxes: payable discounts, exemptions, the cent of `from-base`.
    beside: Figure,
}

/// A sale and what has not come back of it.
#[derive(Clone, Debug)]
pub struct Returns {
    unit: Rational,
    decimals: u32,
    lines: Vec<SoldLine>,
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
        let mut lines = Vec::new();
        for (index, line) in priced.case.lines.iter().enumerate() {
            let posted = &priced.tax.lines[index];
            let definitions = line.taxes.iter().zip(&posted.taxes);
            let taxes = definitions.map(|(tax, posted)| SoldTax {
                code: posted.code.clone(),
                included: tax.included,
                base: Figure::of(posted.base.clone()),
                amount: Figure::of(posted.amount.clone()),
            });
            let outcomes = priced.offers.candidates.iter().zip(&priced.case.candidates);
            // A payable discount is no part of the price: it comes back with what was paid beside it.
            let on_price = outcomes.filter(|(outcome, candidate)| {
                candidate.basis == crate::case::Basis::Price && outcome.used[index] != zero()
            });
            let modifiers = on_price.map(|(outcome, _)| SoldModifier {
                id: outcome.id.clone(),
                used: Figure::of(outcome.used[index].clone()),
                off: Figure::of(outcome.by_line[index].clone()),
            });
            let mut sold = SoldLine {
                id: line.id.clone(),
                sku: line.sku.clone(),
                quantity: line.quantity.clone(),
                returned: zero(),
                gross: Figure::of(priced.gross[index].clone()),
                modifiers: modifiers.collect(),
                taxes: taxes.collect(),
                beside: Figure::default(),
            };
            sold.beside.whole = &posted.paid - sold.paid();
            lines.push(sold);
        }
        let currency = &priced.case.currency;
        Self { unit: currency.minor_unit(), decimals: currency.exponent, lines }.posted()
    }

    /// All of a sale as somebody posted it: the `currency` and `lines` of a result. Lines of no quantity cannot come back.
    ///
    /// # Errors
    /// [`Refusal::MissingKey`] where a figure is missing, [`Refusal::Unsupported`] where one is finer than the minor unit.
    pub fn of_result(result: &Value) -> Result<Self, Refusal> {
        let currency = result["currency"].as_str().and_then(Currency::of);
        let currency = currency.ok_or_else(|| Refusal::wrong("currency", "a code of ISO 4217 with minor units"))?;
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut lines = Vec::new();
        for line in list(&result["lines"]) {
            let mut sold = SoldLine {
                id: name(&line, "id")?,
                sku: name(&line, "sku")?,
                quantity: figure(&line, "qty")?.whole,
                returned: zero(),
                gross: figure(&line, "gross")?,
                modifiers: Vec::new(),
                taxes: Vec::new(),
                beside: Figure::default(),
            };
            for modifier in list(&line["modifiers"]) {
                let off = Figure::of(-figure(&modifier, "amount")?.whole);
                sold.modifiers.push(SoldModifier { id: name(&modifier, "id")?, used: figure(&modifier, "qty")?, off });
            }
            for tax in list(&line["taxes"]) {
                sold.taxes.push(SoldTax {
                    code: name(&tax, "code")?,
                    included: tax["included"] == true,
                    base: figure(&tax, "base")?,
                    amount: figure(&tax, "amount")?,
                });
            }
            sold.beside.whole = figure(&line, "paid")?.whole - sold.paid();
            if sold.quantity != zero() {
                lines.push(sold);
            }
        }
        Self { unit: currency.minor_unit(), decimals: currency.exponent, lines }.posted()
    }

    fn posted(self) -> Result<Self, Refusal> {
        let is_posted = |figure: &Figure| (&figure.whole / &self.unit).is_integer();
        if self.lines.iter().all(|line| line.figures().all(is_posted)) {
            return Ok(self);
        }
        Err(Refusal::unsupported("returns of figures finer than the minor unit"))
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
            let left = &line.quantity - &line.returned;
            if quantity.abs() > left.abs() || quantity * &line.quantity <= zero() {
                return Err(exceeds(&left));
            }
            let (paid, result) = line.take(quantity, &self.unit, self.decimals);
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
            let mut left = line.figures().chain(line.modifiers.iter().map(|modifier| &modifier.used));
            let kept = &line.quantity - &line.returned;
            let left = left.find(|figure| !figure.is_back()).map(|figure| &figure.whole - &figure.gone);
            left.or(Some(kept).filter(|kept| *kept != zero())).map(|left| format!("line {}: {left} left", line.id))
        })
    }
}

fn name(value: &Value, key: &str) -> Result<String, Refusal> {
    let missing = || Refusal::MissingKey { place: "a result".to_owned(), key: key.to_owned() };
    value[key].as_str().map(str::to_owned).ok_or_else(missing)
}

fn figure(value: &Value, key: &str) -> Result<Figure, Refusal> {
    let missing = || Refusal::MissingKey { place: "a result".to_owned(), key: key.to_owned() };
    from_json(&value[key]).map(Figure::of).ok_or_else(missing)
}

impl SoldLine {
    /// Everything that is money.
    fn figures(&self) -> impl Iterator<Item = &Figure> {
        let taxes = self.taxes.iter().flat_map(|tax| [&tax.base, &tax.amount]);
        taxes.chain(self.modifiers.iter().map(|modifier| &modifier.off)).chain([&self.gross, &self.beside])
    }

    /// What was paid, from its parts.
    fn paid(&self) -> Rational {
        let off: Rational = self.modifiers.iter().map(|modifier| &modifier.off.whole).sum();
        let added = self.taxes.iter().filter(|tax| !tax.included).map(|tax| &tax.amount.whole);
        &self.gross.whole - off + added.sum::<Rational>() + &self.beside.whole
    }

    /// What is refunded for `quantity`, and the mirrored line.
    fn take(&mut self, quantity: &Rational, unit: &Rational, decimals: u32) -> (Rational, LineResult) {
        self.returned += quantity;
        let (returned, sold) = (&self.returned, &self.quantity);
        let amount = |value: &Rational| text(&-value, decimals);
        let gross = self.gross.take(returned, sold, unit);
        let mut paid = self.beside.take(returned, sold, unit);
        let mut net = gross.clone();
        let mut modifiers = Vec::new();
        for SoldModifier { id, used, off } in &mut self.modifiers {
            let share = off.take(returned, sold, unit);
            let part = used.take(returned, sold, &zero());
            net -= &share;
            modifiers.push(ModifierResult { id: id.clone(), qty: text(&-part, 0), amount: text(&share, decimals) });
        }
        paid += &net;
        let mut taxes = Vec::new();
        for tax in &mut self.taxes {
            let base = tax.base.take(returned, sold, unit);
            let share = tax.amount.take(returned, sold, unit);
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
        (paid, line)
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

    /// What has gone back depends on the pieces alone: 1.43, 1.43, 1.43 … and never a cent gained by the split.
    #[test]
    fn a_split_gains_nothing() {
        let sale = price(&json!({ "currency": "EUR", "lines": [{ "qty": "7", "unit_price": "10.00", "per": "7" }] }));
        let sale = sale.unwrap();
        let at_once = |pieces: i64| Returns::of(&sale).unwrap().take(&part(&[("1", pieces)])).unwrap().total;
        let (mut returns, mut back) = (Returns::of(&sale).unwrap(), zero());
        for pieces in 1..=7 {
            back += returns.take(&part(&[("1", 1)])).unwrap().total;
            assert_eq!(back, at_once(pieces), "{pieces}");
        }
    }

    /// A posted result is taken back like the sale it was written from.
    #[test]
    fn a_result_is_enough() {
        for seed in 0..200 {
            let given = generate(seed, Shape::Returns);
            let sale = price(&given["case"]).unwrap();
            let mut result = serde_json::to_value(sale.result()).unwrap();
            result["currency"] = given["case"]["currency"].clone();
            for (line, definition) in result["lines"].as_array_mut().unwrap().iter_mut().zip(&sale.case.lines) {
                for (tax, definition) in line["taxes"].as_array_mut().unwrap().iter_mut().zip(&definition.taxes) {
                    tax["included"] = json!(definition.included);
                }
            }
            let (mut of_sale, mut of_result) = (Returns::of(&sale).unwrap(), Returns::of_result(&result).unwrap());
            for parts in given["parts"].as_array().unwrap() {
                let parts = parts.as_object().unwrap().iter();
                let parts: Vec<_> = parts.map(|(id, quantity)| (id.clone(), from_json(quantity).unwrap())).collect();
                assert_eq!(of_sale.take(&parts).unwrap().total, of_result.take(&parts).unwrap().total, "seed {seed}");
            }
            assert_eq!(of_result.rest(), None, "seed {seed}");
        }
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

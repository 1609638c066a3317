//! The whole way from a case to a result: gross, offers, nets, taxes, payable discounts, tenders.
//!
//! Example: 3 x 0.33 with 19 % added per receipt: gross 0.99, tax 0.19, to pay 1.18.

use crate::case::{Case, read};
use crate::cash;
use crate::number::{Rational, text, zero};
use crate::offers::{self, Evaluation};
use crate::refusal::Refusal;
use crate::tax::{self, Assessed};
use serde::Serialize;
use serde_json::Value;

/// Everything known about a priced case, exact.
#[derive(Clone, Debug)]
pub struct Priced {
    /// The case.
    pub case: Case,
    /// Gross of each line.
    pub gross: Vec<Rational>,
    /// Offers.
    pub offers: Evaluation,
    /// Taxes.
    pub tax: Assessed,
    /// What is given back, if tenders were given and enough.
    pub change: Option<Rational>,
}

/// A priced case in the keys of `pos price`, amounts as decimal text with the currency's decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceResult {
    /// By line.
    pub lines: Vec<LineResult>,
    /// By tax code, in the order of first appearance.
    pub taxes: Vec<TaxResult>,
    /// Posted discounts on prices, and what payable discounts take off the total.
    pub discount: String,
    /// Exact saving on prices.
    pub saving: String,
    /// Without any tax.
    pub total_excluded: String,
    /// All taxes.
    pub total_tax: String,
    /// What is to be paid.
    pub total_included: String,
    /// What became of each candidate.
    pub candidates: Vec<CandidateResult>,
    /// What is given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

/// One line of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineResult {
    /// Its id.
    pub id: String,
    /// What is sold.
    pub sku: String,
    /// Quantity.
    pub qty: String,
    /// Before discounts.
    pub gross: String,
    /// After discounts, in the shop's price terms.
    pub net: String,
    /// What each candidate takes off, as a negative amount.
    pub modifiers: Vec<ModifierResult>,
    /// Posted taxes.
    pub taxes: Vec<TaxOnLine>,
    /// What is paid for it.
    pub paid: String,
}

/// One discount on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModifierResult {
    /// Candidate.
    pub id: String,
    /// Quantity it used.
    pub qty: String,
    /// Negative: what it takes off.
    pub amount: String,
}

/// One tax on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaxOnLine {
    /// Its code.
    pub code: String,
    /// Base.
    pub base: String,
    /// Amount.
    pub amount: String,
}

/// One tax of the receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaxResult {
    /// Its code.
    pub code: String,
    /// Posted base.
    pub base: String,
    /// Posted amount.
    pub amount: String,
    /// Before rounding on the receipt.
    pub exact_base: String,
    /// Before rounding on the receipt.
    pub exact_amount: String,
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CandidateResult {
    /// Its id.
    pub id: String,
    /// Sets it was given.
    pub sets: u32,
    /// Exact saving.
    pub saving: String,
    /// Quantities used.
    pub used: Vec<UsedResult>,
    /// applied, lost, unmet, capped.
    pub state: String,
}

/// A quantity of a line that a candidate used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedResult {
    /// The line.
    pub line: String,
    /// How much of it.
    pub qty: String,
}

/// Prices a case.
///
/// # Errors
/// Any [`Refusal`] of reading, offers or taxes.
pub fn price(value: &Value) -> Result<Priced, Refusal> {
    let case = read(value)?;
    let gross = case.lines.iter().map(|line| offers::gross(&case, line)).collect();
    let offers = offers::evaluate(&case)?;
    let tax = tax::assess(&case, &offers.nets, &offers.keep)?;
    let change = cash::change(&case, &tax.total_included)?;
    Ok(Priced { case, gross, offers, tax, change })
}

/// Prices a case and writes the result.
///
/// # Errors
/// Any [`Refusal`] of reading, offers or taxes.
pub fn price_json(value: &Value) -> Result<Value, Refusal> {
    let result = price(value)?.result();
    serde_json::to_value(result).map_err(|error| Refusal::unsupported(format!("writing this result: {error}")))
}

impl Priced {
    /// The result as it is compared and stored.
    pub fn result(&self) -> PriceResult {
        let amount = |value: &Rational| text(value, self.case.currency.exponent);
        let quantity = |value: &Rational| text(value, 0);
        let lines = self.case.lines.iter().enumerate().map(|(index, line)| {
            let by_candidate = self.offers.candidates.iter().filter(|outcome| outcome.by_line[index] != zero());
            LineResult {
                id: line.id.clone(),
                sku: line.sku.clone(),
                qty: quantity(&line.quantity),
                gross: amount(&self.gross[index]),
                net: amount(&self.offers.nets[index]),
                modifiers: by_candidate
                    .map(|outcome| ModifierResult {
                        id: outcome.id.clone(),
                        qty: quantity(&outcome.used[index]),
                        amount: amount(&-&outcome.by_line[index]),
                    })
                    .collect(),
                taxes: self.tax.lines[index]
                    .taxes
                    .iter()
                    .map(|tax| TaxOnLine {
                        code: tax.code.clone(),
                        base: amount(&tax.base),
                        amount: amount(&tax.amount),
                    })
                    .collect(),
                paid: amount(&self.tax.lines[index].paid),
            }
        });
        let taxes = self.tax.codes.iter().map(|code| TaxResult {
            code: code.code.clone(),
            base: amount(&code.base),
            amount: amount(&code.amount),
            exact_base: amount(&code.exact_base),
            exact_amount: amount(&code.exact_amount),
        });
        let candidates = self.offers.candidates.iter().map(|outcome| CandidateResult {
            id: outcome.id.clone(),
            sets: outcome.sets,
            saving: amount(&outcome.saving),
            used: (0..outcome.used.len())
                .filter(|line| outcome.used[*line] != zero())
                .map(|line| UsedResult { line: self.case.lines[line].id.clone(), qty: quantity(&outcome.used[line]) })
                .collect(),
            state: format!("{:?}", outcome.state).to_lowercase(),
        });
        PriceResult {
            lines: lines.collect(),
            taxes: taxes.collect(),
            discount: amount(&self.offers.candidates.iter().flat_map(|outcome| &outcome.by_line).sum()),
            saving: amount(&self.offers.saving),
            total_excluded: amount(&self.tax.total_excluded),
            total_tax: amount(&self.tax.total_tax()),
            total_included: amount(&self.tax.total_included),
            candidates: candidates.collect(),
            change: self.change.as_ref().map(amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Random, Shape, generate, spoil};
    use serde_json::json;

    #[test]
    fn no_input_panics_and_no_answer_is_minus_zero() {
        let mut random = Random::new(99);
        let (mut priced, mut refused) = (0, 0);
        for seed in 0..1_500 {
            let shape = random.of([Shape::Tax, Shape::Offers, Shape::ForcedPicks]);
            let mut case = generate(seed, shape);
            for _ in 0..random.between(1, 3) {
                spoil(&mut case, &mut random);
            }
            match price_json(&case) {
                Ok(result) => {
                    assert!(!result.to_string().contains("\"-0\"") && !result.to_string().contains("\"-0.00\""));
                    priced += 1;
                }
                Err(refusal) => {
                    assert!(!refusal.to_string().is_empty());
                    refused += 1;
                }
            }
        }
        assert!(priced > 100 && refused > 200, "{priced} priced, {refused} refused");
    }

    #[test]
    fn unknown_keys_are_named() {
        for (case, message) in [
            (json!({ "currency": "EUR", "linse": [] }), "Unknown key linse in the case. Check its spelling"),
            (
                json!({ "currency": "EUR", "lines": [{ "unit_price": "1", "price": 2 }] }),
                "Unknown key price in lines[0]. Check its spelling",
            ),
            (json!({ "lines": [] }), "the case needs the key currency"),
            (json!({ "currency": "EUR", "scripts": ["a.rhai"] }), "The reference does not compute the key scripts"),
            (json!({ "currency": "EUR", "lines": [{}] }), "lines[0] needs the key unit_price"),
        ] {
            assert_eq!(price_json(&case).unwrap_err().to_string(), message);
        }
    }
}

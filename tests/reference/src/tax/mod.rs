//! Taxes of a whole receipt: steps 14 to 18, on the line figures of `line`; step 19 is in `payable`.
//!
//! Example, 3 x 0.33 with 19 % added: per line 3 x R(0.0627) = 0.18, per receipt R(0.1881) = 0.19.
//!
//! Invariants, asserted by tests: the lines' figures add up to their code's; excluded plus taxes is the total; per receipt under
//! `keep-price` the total is the shelf sum plus what is added.

mod line;
mod payable;
mod total;

#[cfg(test)]
mod tests;

use crate::case::{Case, Level};
use crate::number::Rational;
use crate::refusal::Refusal;
use crate::round::round_to;

pub use line::{Levied, LineTaxes, line_taxes};

/// The taxes of a basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// What is to be paid, every tax in.
    pub total_included: Rational,
    /// Without any tax.
    pub total_excluded: Rational,
    /// By code, in the order of first appearance.
    pub codes: Vec<CodeTotal>,
    /// By line, in the order of the case.
    pub lines: Vec<LinePosting>,
}

/// One tax code over the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeTotal {
    /// Its code.
    pub code: String,
    /// Its jurisdiction.
    pub jurisdiction: String,
    /// Posted base.
    pub base: Rational,
    /// Posted amount.
    pub amount: Rational,
    /// Sum of the lines' bases before rounding on the receipt.
    pub exact_base: Rational,
    /// Sum of the lines' amounts before rounding on the receipt.
    pub exact_amount: Rational,
}

/// What is posted for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePosting {
    /// What is paid for it, every tax in.
    pub paid: Rational,
    /// In the order of its taxes.
    pub taxes: Vec<TaxPosting>,
}

/// One tax posted on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxPosting {
    /// Its code.
    pub code: String,
    /// Base posted.
    pub base: Rational,
    /// Amount posted.
    pub amount: Rational,
}

/// Taxes of a case whose lines come to `nets` after discounts; `keep` is what a payable discount leaves of each line (1 without one).
///
/// # Errors
/// [`Refusal::DivisionByZero`], [`Refusal::NothingToShareOn`].
pub fn assess(case: &Case, nets: &[Rational], keep: &[Rational]) -> Result<Assessed, Refusal> {
    let rounded = |value: &Rational| match &case.rounding.increment {
        Some(increment) => round_to(value, increment, case.rounding.mode),
        None => value.clone(),
    };
    let per_line = case.rounding.level == Level::PerLine;
    let mut lines = Vec::new();
    for (line, net) in case.lines.iter().zip(nets) {
        // Step 2 and 10: per line the price and each amount are rounded on the spot; otherwise everything stays exact.
        let raw = if per_line { rounded(net) } else { net.clone() };
        let at_once: &dyn Fn(&Rational) -> Rational = if per_line { &rounded } else { &Rational::clone };
        lines.push(line_taxes(&line.taxes, &raw, &line.quantity, &line.unit_price, at_once)?);
    }
    let receipt = total::Receipt { case, lines: &lines, rounded: &rounded };
    let whole = receipt.assess()?;
    if keep.iter().all(|part| *part == crate::number::one()) {
        Ok(whole)
    } else {
        payable::discount(&receipt, &whole, keep)
    }
}

//! Reading a return: the sale's result, what comes back, what came back before.

use super::sold::{self, Sale};
use crate::case::{Case, read};
use crate::json::{Fields, list_at};
use crate::problem::Problem;
use pos_domain::ids::LineNumber;
use pos_domain::returns::ReturnPolicy;
use pos_money::{Decimal, Money, MoneyError, Quantity};
use serde_json::Value;

pub(super) const POLICIES: [(&str, ReturnPolicy); 3] = [
    ("keep-shares", ReturnPolicy::KeepShares),
    ("whole-deal", ReturnPolicy::WholeDeal),
    ("re-rate", ReturnPolicy::Rerate),
];

/// What a file asks for.
pub(super) struct Request {
    pub(super) sale: Sale,
    pub(super) before: Vec<Earlier>,
    pub(super) asked: Asked,
    /// Of the sale, for re-rating.
    pub(super) case: Option<Case>,
}

/// Pieces that come back together.
pub(super) struct Asked {
    /// Where it stands in the file; empty for the return itself.
    pub(super) place: String,
    pub(super) lines: Vec<(LineNumber, Quantity)>,
    pub(super) policy: ReturnPolicy,
}

/// A return of the same sale that was made before.
pub(super) struct Earlier {
    pub(super) asked: Asked,
    /// What its result says was refunded; none where only its lines are given.
    pub(super) paid: Option<Money>,
}

pub(super) fn request(quoted: &Value, written: &Value) -> Result<Request, Problem> {
    let fields = Fields::of(quoted, "", &["of", "lines", "policy", "before", "case"])?;
    let sale = sold::sale(fields.need("of")?, "of")?;
    let policy = fields.choice("policy", &POLICIES, ReturnPolicy::KeepShares)?;
    fields.need("lines")?;
    let asked = Asked { place: String::new(), lines: lines(&fields, &sale, false)?, policy };
    let mut before = Vec::new();
    for (place, value) in fields.list("before")? {
        before.push(earlier(value, &place, &sale, policy)?);
    }
    let case = fields.get("case").map(|case| {
        let written = written.get("case").unwrap_or(&Value::Null);
        Case::from_values(case, written).map_err(|problem| {
            let place = if problem.place.is_empty() { "case".into() } else { format!("case.{}", problem.place) };
            Problem { place, ..problem }
        })
    });
    Ok(Request { sale, before, asked, case: case.transpose()? })
}

/// `{lines, policy}`, or the whole result of an earlier return.
fn earlier(value: &Value, place: &str, sale: &Sale, usual: ReturnPolicy) -> Result<Earlier, Problem> {
    let is_result = value.get("currency").is_some();
    let known = if is_result { &sold::RESULT_KEYS[..] } else { &["lines", "policy"] };
    let fields = Fields::of(value, place, known)?;
    fields.need("lines")?;
    let paid = if is_result {
        fields.need("policy")?;
        fields.need("total_included")?;
        fields.money("total_included", sale.currency)?.map(Money::negated).transpose()?
    } else {
        None
    };
    let lines = lines(&fields, sale, is_result)?;
    let policy = fields.choice("policy", &POLICIES, usual)?;
    Ok(Earlier { asked: Asked { place: place.to_owned(), lines, policy }, paid })
}

/// `[{id, qty}]`; in the result of a return the quantities are mirrored, and lines that only changed their price have none.
fn lines(fields: &Fields<'_>, sale: &Sale, mirrored: bool) -> Result<Vec<(LineNumber, Quantity)>, Problem> {
    let mut asked = Vec::new();
    for (place, value) in list_at(fields.need("lines")?, &fields.at("lines"))? {
        let known = if mirrored { &sold::LINE_KEYS[..] } else { &["id", "qty"] };
        let line = Fields::of(value, place, known)?;
        let number = sale.line_number(line.need("id")?, &line.at("id"))?;
        let unit = sale.sold.line(number).map_or(Quantity::ONE.unit, |sold| sold.unit);
        let quantity = read::quantity(line.need("qty")?, &line.at("qty"), unit)?;
        if mirrored {
            let value = Decimal::ZERO.checked_sub(quantity.value).ok_or(MoneyError::Overflow)?;
            if !value.is_zero() {
                asked.push((number, Quantity { value, ..quantity }));
            }
        } else {
            asked.push((number, quantity));
        }
    }
    if asked.is_empty() {
        return Err(Problem::wrong(&fields.at("lines"), "a list of what comes back, with at least one line"));
    }
    Ok(asked)
}

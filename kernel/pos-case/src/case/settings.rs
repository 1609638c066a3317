//! Reading what holds for the whole basket: rounding, policy, time, customer, tenders.

use super::{CaseRounding, CaseTender, MODES, increment, offer};
use crate::json::{Fields, choice_at, number_at, text_at};
use crate::problem::Problem;
use pos_domain::pricing::policy::{DiscountRounding, GroupRule, Policy, RoundedAt, ShareOn};
use pos_domain::pricing::proposal::{CustomerFacts, IncludedPolicy, Mode, TaxLevel, TaxRounding};
use pos_domain::time::LocalTime;
use pos_money::{Currency, Decimal, Money, Rounding, RoundingMode};
use serde_json::Value;
use std::str::FromStr;

const LEVELS: [(&str, TaxLevel); 3] = [
    ("per-line", TaxLevel::PerLine),
    ("per-jurisdiction", TaxLevel::PerJurisdiction),
    ("per-receipt", TaxLevel::PerReceipt),
];
const INCLUDED: [(&str, IncludedPolicy); 2] =
    [("keep-price", IncludedPolicy::KeepPrice), ("from-base", IncludedPolicy::FromBase)];
pub(super) const OFFER_MODES: [(&str, Mode); 3] =
    [("exclusive", Mode::Exclusive), ("best-price", Mode::BestPrice), ("compound", Mode::Compound)];
const GROUP_RULES: [(&str, GroupRule); 3] =
    [("best-price", GroupRule::BestPrice), ("priority", GroupRule::Priority), ("list-order", GroupRule::ListOrder)];

/// Without the key: half-up, to the smallest amount, per receipt, the shelf price kept.
pub(super) fn rounding(value: Option<&Value>, currency: Currency) -> Result<CaseRounding, Problem> {
    let mut rule = TaxRounding { increment: Money::from_minor(1), ..TaxRounding::default() };
    let Some(value) = value else { return Ok(CaseRounding { rule, exact: false }) };
    let fields = Fields::of(value, "rounding", &["mode", "increment", "level", "included"])?;
    rule.mode = fields.choice("mode", &MODES, RoundingMode::HalfUp)?;
    rule.level = fields.choice("level", &LEVELS, TaxLevel::PerReceipt)?;
    rule.included = fields.choice("included", &INCLUDED, IncludedPolicy::KeepPrice)?;
    if let Some(given) = fields.number("increment")? {
        rule.increment = increment(given, "rounding.increment", currency)?;
    }
    // Absent is the smallest amount; null means: do not round.
    Ok(CaseRounding { rule, exact: value.get("increment").is_some_and(Value::is_null) })
}

pub(super) fn policy(value: Option<&Value>) -> Result<Policy, Problem> {
    let mut policy = Policy::default();
    let Some(value) = value else { return Ok(policy) };
    let fields = Fields::of(value, "policy", &["default_mode", "discount_rounding", "share_on", "groups"])?;
    policy.default_mode = fields.choice("default_mode", &OFFER_MODES, policy.default_mode)?;
    let share_on = [("price", ShareOn::Price), ("payable", ShareOn::Payable)];
    policy.share_on = fields.choice("share_on", &share_on, policy.share_on)?;
    if let Some(value) = fields.get("discount_rounding") {
        let rounding = Fields::of(value, fields.at("discount_rounding"), &["mode", "at"])?;
        let at = [("line", RoundedAt::Line), ("candidate", RoundedAt::Candidate)];
        policy.discount_rounding = DiscountRounding {
            mode: rounding.choice("mode", &MODES, RoundingMode::HalfUp)?,
            at: rounding.choice("at", &at, RoundedAt::Candidate)?,
        };
    }
    if let Some(value) = fields.get("groups") {
        let groups = value.as_object().ok_or_else(|| Problem::wrong("policy.groups", "an object"))?;
        for (name, rule) in groups {
            let rule = choice_at(rule, &format!("policy.groups.{name}"), &GROUP_RULES)?;
            policy.groups.insert(name.as_str().into(), rule);
        }
    }
    Ok(policy)
}

/// `2026-03-02T10:00`, also with an offset and a zone: `2026-03-02T10:00+01:00[Europe/Zurich]`; or the contract's record.
/// A case that does not say it is priced on Thursday 1 January 2026 at noon: no clock is read.
pub(super) fn now(value: Option<&Value>) -> Result<LocalTime, Problem> {
    let wanted = "a local time like 2026-03-02T10:00";
    let wrong = || Problem::wrong("now", wanted);
    let (text, zone): (String, std::sync::Arc<str>) = match value {
        None => ("2026-01-01T12:00".to_owned(), "UTC".into()),
        Some(Value::String(text)) => {
            let zone = text.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']')).unwrap_or("UTC");
            (text.clone(), zone.into())
        }
        Some(value) => {
            let fields = Fields::of(value, "now", &["date", "minute_of_day", "weekday", "tz"])?;
            let minute: u16 = fields.whole("minute_of_day", "a minute from 0 to 1439")?.unwrap_or(720);
            if minute > 1439 {
                return Err(Problem::wrong("now.minute_of_day", "a minute from 0 to 1439"));
            }
            // The weekday follows from the date; it is read so that a record of the contract can be used as it is.
            fields.whole::<u8>("weekday", "a number from 1 (Monday) to 7")?;
            let date = text_at(fields.need("date")?, "now.date")?;
            (format!("{date}T{:02}:{:02}", minute / 60, minute % 60), fields.text_or("tz", "UTC")?)
        }
    };
    let civil = jiff::civil::DateTime::from_str(&text).map_err(|_| wrong())?;
    let part = |value: i8| u16::from(value.unsigned_abs());
    Ok(LocalTime {
        date: civil.date(),
        minute_of_day: part(civil.hour()) * 60 + part(civil.minute()),
        weekday: civil.date().weekday().to_monday_one_offset().unsigned_abs(),
        zone,
    })
}

pub(super) fn customer(value: &Value) -> Result<CustomerFacts, Problem> {
    let known = ["id", "groups", "age", "birthday_in_days", "tax_exempt", "points", "tier", "attrs"];
    let fields = Fields::of(value, "customer", &known)?;
    Ok(CustomerFacts {
        id: fields.text_or("id", "customer")?,
        groups: fields.texts("groups")?,
        age: fields.whole("age", "a number of years")?,
        birthday_in_days: fields.whole("birthday_in_days", "a number of days")?,
        points: fields.whole("points", "a whole number")?.unwrap_or(0),
        tier: fields.text("tier")?,
        tax_exempt: fields.text("tax_exempt")?,
        attrs: offer::attrs(fields.get("attrs"), "customer.attrs")?,
    })
}

pub(super) fn tender(value: &Value, place: &str, currency: Currency) -> Result<CaseTender, Problem> {
    let fields = Fields::of(value, place, &["id", "kind", "amount", "cash_rounding"])?;
    fields.text("id")?;
    let kind = fields.text_or("kind", "cash")?;
    let cash_rounding = cash_rounding(&fields, currency)?;
    if cash_rounding.is_some() && &*kind != "cash" {
        return Err(Problem::wrong(&fields.at("cash_rounding"), "left out: only cash is rounded to coins"));
    }
    Ok(CaseTender { kind, amount: fields.money("amount", currency)?, cash_rounding })
}

/// `"0.05"`, or `{"increment": "0.05", "mode": "half-up"}`.
pub(crate) fn cash_rounding(fields: &Fields<'_>, currency: Currency) -> Result<Option<Rounding>, Problem> {
    let at = fields.at("cash_rounding");
    match fields.get("cash_rounding") {
        None => Ok(None),
        Some(value) if value.is_object() => {
            let rounding = Fields::of(value, at.as_str(), &["increment", "mode"])?;
            let given = rounding.need("increment").and_then(|given| number_at(given, &rounding.at("increment")))?;
            Ok(Some(cash(given, rounding.choice("mode", &MODES, RoundingMode::HalfUp)?, &at, currency)?))
        }
        Some(value) => Ok(Some(cash(number_at(value, &at)?, RoundingMode::HalfUp, &at, currency)?)),
    }
}

fn cash(given: Decimal, mode: RoundingMode, place: &str, currency: Currency) -> Result<Rounding, Problem> {
    Ok(Rounding { mode, increment: increment(given, place, currency)?.minor() })
}

//! Reading a case: the basket, its taxes, its policy.

use super::candidate::read_candidate;
use super::fields::Fields;
use super::{
    Basis, Candidate, Case, GroupRule, IncludedPolicy, Level, Line, OfferMode, Policy, RoundedAt, Rounding, Tax,
    TaxKind, Tender,
};
use crate::currency::Currency;
use crate::number::{one, zero};
use crate::refusal::Refusal;
use crate::round::Mode;
use serde_json::Value;

/// Keys of a case that the reference computes.
const COMPUTED: [&str; 9] =
    ["currency", "rounding", "prices_include_tax", "policy", "lines", "candidates", "tenders", "codes", "budgets"];
/// Keys that change nothing here by themselves: they speak to extensions, which do not run.
const SILENT: [&str; 2] = ["now", "customer"];
/// Keys of a case that the reference refuses unless they are empty.
const NOT_COMPUTED: [&str; 6] = ["price_proposals", "grants", "offers", "scripts", "manual", "rewards"];

/// The names of rounding modes.
fn modes() -> [(&'static str, Mode); 5] {
    Mode::ALL.map(|mode| (mode.name(), mode))
}

/// Reads a case.
///
/// # Errors
/// The first [`Refusal`] in reading order.
pub fn read(value: &Value) -> Result<Case, Refusal> {
    let known: Vec<&str> = COMPUTED.iter().chain(&SILENT).chain(&NOT_COMPUTED).copied().collect();
    let fields = Fields::of(value, "", &known)?;
    for key in NOT_COMPUTED {
        fields.only_empty(key)?;
    }
    fields.need("currency")?;
    let code = fields.text("currency")?.unwrap_or_default();
    let currency =
        Currency::of(&code).ok_or_else(|| Refusal::wrong("currency", "a code of ISO 4217 with minor units"))?;
    let included = fields.flag("prices_include_tax", false)?;
    let rounding = read_rounding(fields.get("rounding"), &currency)?;
    let policy = read_policy(fields.get("policy"))?;
    let mut lines = Vec::new();
    for (index, (place, line)) in fields.list("lines")?.into_iter().enumerate() {
        let line = read_line(line, place, index, included)?;
        if lines.iter().any(|other: &Line| other.id == line.id) {
            return Err(Refusal::wrong("lines", "lines with different ids"));
        }
        lines.push(line);
    }
    one_definition_per_code(&lines)?;
    let mut case = Case { currency, rounding, policy, lines, candidates: Vec::new(), tenders: Vec::new() };
    for (place, candidate) in fields.list("candidates")? {
        let candidate = read_candidate(candidate, place, &case)?;
        if case.candidates.iter().any(|other| other.id == candidate.id) {
            return Err(Refusal::wrong("candidates", "candidates with different ids"));
        }
        case.candidates.push(candidate);
    }
    for (place, budget) in fields.list("budgets")? {
        read_budget(budget, place, &mut case.candidates)?;
    }
    for (place, tender) in fields.list("tenders")? {
        case.tenders.push(read_tender(tender, place)?);
    }
    Ok(case)
}

fn read_rounding(value: Option<&Value>, currency: &Currency) -> Result<Rounding, Refusal> {
    let unit = currency.minor_unit();
    let Some(value) = value else {
        let (level, included) = (Level::PerReceipt, IncludedPolicy::KeepPrice);
        return Ok(Rounding { mode: Mode::HalfUp, increment: Some(unit), level, included });
    };
    let fields = Fields::of(value, "rounding", &["mode", "increment", "level", "included"])?;
    let levels = [
        ("per-line", Level::PerLine),
        ("per-jurisdiction", Level::PerJurisdiction),
        ("per-receipt", Level::PerReceipt),
    ];
    let included = [("keep-price", IncludedPolicy::KeepPrice), ("from-base", IncludedPolicy::FromBase)];
    // An absent increment is the minor unit; one that is given as null means: do not round.
    let increment = match value.get("increment") {
        None => Some(unit),
        Some(_) => fields.number("increment")?,
    };
    if increment.as_ref().is_some_and(|increment| *increment <= zero()) {
        return Err(Refusal::wrong("rounding.increment", "more than 0, or null for unrounded figures"));
    }
    Ok(Rounding {
        mode: fields.choice("mode", &modes(), Mode::HalfUp)?,
        increment,
        level: fields.choice("level", &levels, Level::PerReceipt)?,
        included: fields.choice("included", &included, IncludedPolicy::KeepPrice)?,
    })
}

fn read_policy(value: Option<&Value>) -> Result<Policy, Refusal> {
    let mut policy = Policy {
        default_mode: OfferMode::BestPrice,
        discount_mode: Mode::HalfUp,
        discount_at: RoundedAt::Candidate,
        share_on: Basis::Price,
        groups: Vec::new(),
    };
    let Some(value) = value else { return Ok(policy) };
    let fields = Fields::of(value, "policy", &["default_mode", "discount_rounding", "share_on", "groups"])?;
    policy.default_mode = fields.choice("default_mode", &super::candidate::MODES, policy.default_mode)?;
    policy.share_on = fields.choice("share_on", &super::candidate::BASES, policy.share_on)?;
    if let Some(rounding) = fields.get("discount_rounding") {
        let rounding = Fields::of(rounding, fields.at("discount_rounding"), &["mode", "at"])?;
        policy.discount_mode = rounding.choice("mode", &modes(), policy.discount_mode)?;
        let places = [("line", RoundedAt::Line), ("candidate", RoundedAt::Candidate)];
        policy.discount_at = rounding.choice("at", &places, policy.discount_at)?;
    }
    if let Some(groups) = fields.get("groups") {
        let place = fields.at("groups");
        let groups = groups.as_object().ok_or_else(|| Refusal::wrong(&place, "an object"))?;
        for (name, rule) in groups {
            let rule = match rule.as_str() {
                Some("best-price") => GroupRule::BestPrice,
                Some("priority") => GroupRule::Priority,
                Some("list-order") => GroupRule::ListOrder,
                _ => return Err(Refusal::wrong(format!("{place}.{name}"), "one of best-price, priority, list-order")),
            };
            policy.groups.push((name.clone(), rule));
        }
    }
    Ok(policy)
}

fn read_line(value: &Value, place: String, index: usize, included: bool) -> Result<Line, Refusal> {
    let known = [
        "id",
        "kind",
        "sku",
        "qty",
        "uom",
        "unit_price",
        "per",
        "departments",
        "tags",
        "attrs",
        "discountable",
        "price_locked",
        "taxes",
    ];
    let fields = Fields::of(value, place, &known)?;
    let kind = fields.text("kind")?.unwrap_or_else(|| "sale".to_owned());
    if !["sale", "return", "gift-card", "deposit", "fee", "note"].contains(&kind.as_str()) {
        return Err(Refusal::wrong(fields.at("kind"), "a kind of line"));
    }
    let quantity = fields.number_or("qty", one())?;
    fields.need("unit_price")?;
    let unit_price = fields.number_or("unit_price", zero())?;
    let per = fields.number_or("per", one())?;
    if per <= zero() {
        return Err(Refusal::wrong(fields.at("per"), "more than 0"));
    }
    let by_the_piece = fields.text("uom")?.is_none_or(|uom| uom == "each");
    let open = fields.flag("discountable", true)? && !fields.flag("price_locked", false)?;
    let mut taxes = Vec::new();
    for (place, tax) in fields.list("taxes")? {
        taxes.push(read_tax(tax, place, included)?);
    }
    Ok(Line {
        id: fields.text("id")?.unwrap_or_else(|| (index + 1).to_string()),
        sku: fields.text("sku")?.unwrap_or_default(),
        weighed: !by_the_piece || !quantity.is_integer(),
        discountable: open && kind == "sale" && quantity > zero() && unit_price >= zero(),
        quantity,
        unit_price,
        per,
        taxes,
    })
}

fn read_tax(value: &Value, place: String, included: bool) -> Result<Tax, Refusal> {
    let known = [
        "code",
        "jurisdiction",
        "kind",
        "rate",
        "amount",
        "included",
        "affects_next_base",
        "base_affected_by_previous",
        "share",
        "exempt",
    ];
    let fields = Fields::of(value, place, &known)?;
    fields.need("code")?;
    let code = fields.text("code")?.unwrap_or_default();
    let kinds = [("percent", TaxKind::Percent), ("fixed-per-unit", TaxKind::PerUnit), ("division", TaxKind::Division)];
    let kind = fields.choice("kind", &kinds, TaxKind::Percent)?;
    fields.need(if kind == TaxKind::PerUnit { "amount" } else { "rate" })?;
    let exempt = match fields.get("exempt") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(Value::String(reason)) => !reason.is_empty(),
        Some(_) => return Err(Refusal::wrong(fields.at("exempt"), "true, false or a reason")),
    };
    Ok(Tax {
        jurisdiction: fields.text("jurisdiction")?.unwrap_or_else(|| code.clone()),
        code,
        kind,
        rate: fields.number_or("rate", zero())?,
        amount: fields.number_or("amount", zero())?,
        included: fields.flag("included", included)?,
        affects_next_base: fields.flag("affects_next_base", false)?,
        base_affected: fields.flag("base_affected_by_previous", true)?,
        share: fields.number_or("share", one())?,
        exempt,
    })
}

/// A total by code has no meaning if the code means two things. Share and exemption may differ by line.
fn one_definition_per_code(lines: &[Line]) -> Result<(), Refusal> {
    let taxes: Vec<&Tax> = lines.iter().flat_map(|line| &line.taxes).collect();
    let definition = |tax: &Tax| {
        let flags = (tax.included, tax.affects_next_base, tax.base_affected);
        (tax.jurisdiction.clone(), tax.kind, tax.rate.clone(), tax.amount.clone(), flags)
    };
    for (index, tax) in taxes.iter().enumerate() {
        let mut earlier = taxes.iter().take(index).filter(|other| other.code == tax.code);
        if earlier.any(|other| definition(other) != definition(tax)) {
            return Err(Refusal::TwoDefinitions { code: tax.code.clone() });
        }
    }
    Ok(())
}

/// A budget bounds the candidate it names: in money like a cap, in uses like a limit; `skip` drops what would exceed it.
fn read_budget(value: &Value, place: String, candidates: &mut [Candidate]) -> Result<(), Refusal> {
    let fields = Fields::of(value, place, &["offer", "kind", "left", "on_exceed"])?;
    for key in ["offer", "left"] {
        fields.need(key)?;
    }
    let offer = fields.text("offer")?.unwrap_or_default();
    let skip = fields.choice("on_exceed", &[("skip", true), ("cap", false)], true)?;
    let spend = fields.choice("kind", &[("spend", true), ("uses", false)], true)?;
    let left = fields.number_or("left", zero())?;
    let uses = if spend { None } else { fields.count("left")? };
    for candidate in candidates.iter_mut().filter(|candidate| candidate.id == offer) {
        match uses {
            Some(uses) => candidate.uses = Some(candidate.uses.map_or(uses, |own| own.min(uses))),
            None if skip => candidate.skip_above = Some(left.clone()),
            None => candidate.cap = Some(candidate.cap.clone().map_or(left.clone(), |cap| cap.min(left.clone()))),
        }
    }
    Ok(())
}

fn read_tender(value: &Value, place: String) -> Result<Tender, Refusal> {
    let fields = Fields::of(value, place, &["id", "kind", "amount", "cash_rounding"])?;
    let cash_rounding = match fields.get("cash_rounding") {
        None => None,
        Some(rounding) => {
            let rounding = Fields::of(rounding, fields.at("cash_rounding"), &["increment", "mode"])?;
            rounding.need("increment")?;
            let increment = rounding.number_or("increment", zero())?;
            if increment <= zero() {
                return Err(Refusal::wrong(rounding.at("increment"), "more than 0"));
            }
            Some((increment, rounding.choice("mode", &modes(), Mode::HalfUp)?))
        }
    };
    Ok(Tender {
        kind: fields.text("kind")?.unwrap_or_else(|| "cash".to_owned()),
        amount: fields.number("amount")?,
        cash_rounding,
    })
}

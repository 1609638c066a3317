//! Reading lines and their taxes.

use super::read::unit_price;
use super::{CaseLine, PriceFrom, offer};
use crate::json::{Fields, choice_at, list_at, text_at};
use crate::problem::Problem;
use pos_domain::catalogue::Item;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::proposal::{Attr, AttrValue, Levy, LineKind, Message, TaxComponent, Taxed};
use pos_domain::pricing::tax::KEEP_PRICE;
use pos_money::{Currency, Decimal, Money, Quantity, Rate, Unit, UnitPrice};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys of a line.
pub(crate) const KEYS: [&str; 14] = [
    "id",
    "kind",
    "sku",
    "qty",
    "uom",
    "unit_price",
    "per",
    "departments",
    "tags",
    "tax_class",
    "attrs",
    "discountable",
    "price_locked",
    "taxes",
];
pub(crate) const KINDS: [(&str, LineKind); 6] = [
    ("sale", LineKind::Sale),
    ("return", LineKind::Return),
    ("gift-card", LineKind::GiftCard),
    ("deposit", LineKind::Deposit),
    ("fee", LineKind::Fee),
    ("note", LineKind::Note),
];

#[derive(Clone, Copy)]
enum TaxKind {
    Percent,
    PerUnit,
    Division,
}

const TAX_KINDS: [(&str, TaxKind); 3] =
    [("percent", TaxKind::Percent), ("fixed-per-unit", TaxKind::PerUnit), ("division", TaxKind::Division)];

pub(super) fn line(
    value: &Value,
    place: &str,
    index: usize,
    currency: Currency,
    included: bool,
) -> Result<CaseLine, Problem> {
    let fields = Fields::of(value, place, &KEYS)?;
    let number = LineNumber::try_from(index + 1).map_err(|_| Problem::wrong("lines", "a shorter list"))?;
    let unit = unit(&fields)?.unwrap_or(Unit::Each);
    let quantity = Quantity::new(fields.number_or("qty", Decimal::ONE)?, unit);
    let kind = fields.choice("kind", &KINDS, LineKind::Sale)?;
    let price = match fields.get("unit_price") {
        None if kind == LineKind::Note => UnitPrice { value: Decimal::ZERO, per: Quantity::new(Decimal::ONE, unit) },
        _ => unit_price(fields.need("unit_price")?, &fields.at("unit_price"), unit)?,
    };
    let price = match fields.get("per") {
        None => price,
        Some(per) => UnitPrice { per: super::read::quantity(per, &fields.at("per"), unit)?, ..price },
    };
    if price.per.value <= Decimal::ZERO {
        return Err(Problem::wrong(&fields.at("per"), "more than 0"));
    }
    let sku = fields.text_or("sku", "")?;
    let item = Item {
        id: sku.clone(),
        name: sku,
        codes: Vec::new(),
        price,
        unit,
        departments: fields.texts("departments")?,
        tags: fields.texts("tags")?,
        tax_class: fields.text_or("tax_class", "standard")?,
        cost: None,
        reorder: None,
        discountable: fields.flag("discountable", true)?,
        deposit: Default::default(),
    };
    let mut taxes = Vec::new();
    for (place, value) in fields.list("taxes")? {
        taxes.push(tax(value, &place, (number, unit), currency, included)?);
    }
    Ok(CaseLine {
        id: fields.text("id")?.unwrap_or_else(|| number.to_string().into()),
        number,
        kind,
        item: Arc::new(item),
        quantity,
        price,
        price_from: PriceFrom::Case,
        price_locked: fields.flag("price_locked", false)?,
        attrs: offer::attrs(fields.get("attrs"), &fields.at("attrs"))?.into(),
        taxes,
    })
}

/// Units of measure by their names in a case.
pub(crate) const UNITS: [(&str, Unit); 10] = [
    ("each", Unit::Each),
    ("kg", Unit::Kg),
    ("g", Unit::G),
    ("l", Unit::L),
    ("ml", Unit::Ml),
    ("m", Unit::M),
    ("cm", Unit::Cm),
    ("m2", Unit::M2),
    ("hour", Unit::Hour),
    ("other", Unit::Other),
];

/// The unit of measure under `uom`.
pub(crate) fn unit(fields: &Fields<'_>) -> Result<Option<Unit>, Problem> {
    fields.get("uom").map(|value| choice_at(value, &fields.at("uom"), &UNITS)).transpose()
}

/// Keys of a tax.
pub(crate) const TAX_KEYS: [&str; 13] = [
    "code",
    "jurisdiction",
    "kind",
    "rate",
    "amount",
    "included",
    "affects_next_base",
    "base_affected_by_previous",
    "share",
    "above",
    "tax_max",
    "exempt",
    "keep_price",
];

fn tax(
    value: &Value,
    place: &str,
    (line, unit): (LineNumber, Unit),
    currency: Currency,
    included: bool,
) -> Result<TaxComponent, Problem> {
    let fields = Fields::of(value, place, &TAX_KEYS)?;
    let code = text_at(fields.need("code")?, &fields.at("code"))?;
    let kind = fields.choice("kind", &TAX_KINDS, TaxKind::Percent)?;
    fields.need(if matches!(kind, TaxKind::PerUnit) { "amount" } else { "rate" })?;
    let rate = Rate::from_fraction(fields.number_or("rate", Decimal::ZERO)?);
    let levy = match kind {
        TaxKind::Percent => Levy::Percent(rate),
        TaxKind::Division => Levy::Division(rate),
        TaxKind::PerUnit => Levy::PerUnit(UnitPrice::per(fields.number_or("amount", Decimal::ZERO)?, unit)),
    };
    let (share, above, tax_max) =
        (fields.number("share")?, fields.number("above")?, fields.money("tax_max", currency)?);
    if share.is_some_and(|share| share < Decimal::ZERO || share > Decimal::ONE) {
        return Err(Problem::wrong(&fields.at("share"), "a fraction from 0 to 1: 0.5 is half of the price"));
    }
    if above.is_some_and(|above| above < Decimal::ZERO) {
        return Err(Problem::wrong(&fields.at("above"), "0 or more"));
    }
    if tax_max.is_some_and(Money::is_negative) {
        return Err(Problem::wrong(&fields.at("tax_max"), "0 or more"));
    }
    let taxed = match (share, above) {
        (None, None) => Taxed::Whole,
        (Some(share), None) => Taxed::Share(Rate::from_fraction(share)),
        (None, Some(above)) => Taxed::Above(UnitPrice::per(above, unit)),
        (Some(_), Some(_)) => return Err(Problem::wrong(&fields.at("above"), "left out where a share is taxed")),
    };
    let exempt = match fields.get("exempt") {
        None | Some(Value::Bool(false)) => None,
        Some(Value::Bool(true)) => Some("exempt".into()),
        Some(Value::String(reason)) if !reason.is_empty() => Some(Arc::from(reason.as_str())),
        Some(_) => return Err(Problem::wrong(&fields.at("exempt"), "true, false or a reason")),
    };
    let keep_price = fields.flag("keep_price", false)?;
    let keep_price = keep_price.then(|| Attr { key: KEEP_PRICE.into(), value: AttrValue::Flag(true) });
    Ok(TaxComponent {
        line,
        jurisdiction: fields.text("jurisdiction")?.unwrap_or_else(|| code.clone()),
        code,
        levy,
        included: fields.flag("included", included)?,
        affects_next_base: fields.flag("affects_next_base", false)?,
        base_affected: fields.flag("base_affected_by_previous", true)?,
        taxed,
        tax_max,
        exempt: exempt.map(Message::text),
        attrs: keep_price.into_iter().collect(),
    })
}

/// The ids of a list of lines.
pub(super) fn pool(value: &Value, place: &str, case: &super::Case) -> Result<Vec<LineNumber>, Problem> {
    let (mut pool, mut known) = (Vec::new(), BTreeSet::new());
    for (place, id) in list_at(value, place)? {
        let number = super::read::line_number(id, &place, case)?;
        if known.insert(number) {
            pool.push(number);
        }
    }
    Ok(pool)
}

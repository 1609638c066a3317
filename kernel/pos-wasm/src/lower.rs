//! The basket as a plugin sees it, borrowed from the kernel's snapshot.
//!
//! Each text is copied once, by the call itself, into the guest's memory. Lists of texts and attributes are laid out
//! end to end in one vector each, and every line borrows its part of them: a basket of 100 lines takes a handful of
//! allocations.

use crate::contract::{discount, tax, types};
use crate::manifest::Wants;
use pos_domain::pricing::proposal::{
    Attr, AttrValue, CustomerFacts, LineKind, Snapshot, SnapshotLine, Stage, TaxInput,
};
use pos_money::{Decimal, Quantity, Unit, UnitPrice};
use std::sync::Arc;

/// Decimal places of the contract.
const SCALE_MAX: u32 = 9;
/// What a record costs beside its texts, about; enough to bound an input, which is what it is for.
const RECORD_BYTES: usize = 64;

/// Why a basket cannot be handed to a plugin.
type Unfit<T> = Result<T, String>;

/// Lends the basket, in the contract's types, to `use_it`.
pub(crate) fn with_basket<R>(
    snapshot: &Snapshot,
    wants: Wants,
    bytes_max: usize,
    use_it: impl FnOnce(types::Basket<'_>) -> R,
) -> Unfit<R> {
    let attrs_of_all = all_attrs(snapshot);
    let words = words(snapshot, &attrs_of_all);
    check_size(snapshot, wants, &words, bytes_max)?;
    let mut words = words.as_slice();

    // Taken from `words` in the order in which it was laid out.
    let codes = take(&mut words, snapshot.codes.len());
    let groups = take(&mut words, snapshot.customer.as_ref().map_or(0, |customer| customer.groups.len()));
    let line_words: Vec<(&[&str], &[&str])> = snapshot
        .lines
        .iter()
        .map(|line| (take(&mut words, line.item.departments.len()), take(&mut words, line.item.tags.len())))
        .collect();
    let attrs = attrs_of_all.iter().map(|attr| lower_attr(attr, &mut words)).collect::<Unfit<Vec<_>>>()?;

    let mut attrs = attrs.as_slice();
    let basket_attrs = take(&mut attrs, snapshot.attrs.len());
    let customer_attrs = take(&mut attrs, snapshot.customer.as_ref().map_or(0, |customer| customer.attrs.len()));
    let mut lines = Vec::with_capacity(snapshot.lines.len());
    for (line, (departments, tags)) in snapshot.lines.iter().zip(line_words) {
        let attrs = take(&mut attrs, line.attrs.len());
        lines.push(lower_line(line, wants, departments, tags, attrs)?);
    }
    let (today, business_date) = (snapshot.now.date.to_string(), snapshot.business_date.to_string());
    Ok(use_it(types::Basket {
        currency: types::Currency { code: snapshot.currency.code(), exponent: snapshot.currency.exponent() },
        prices_include_tax: snapshot.prices_include_tax,
        store: &snapshot.store,
        register: wants.register.then_some(&*snapshot.register),
        cashier: wants.cashier.then_some(&*snapshot.cashier),
        id: wants.basket_id.then_some(&*snapshot.id),
        now: types::LocalTime {
            date: &today,
            minute_of_day: snapshot.now.minute_of_day,
            weekday: snapshot.now.weekday,
            tz: &snapshot.now.zone,
        },
        business_date: &business_date,
        customer: snapshot.customer.as_deref().map(|customer| lower_customer(customer, groups, customer_attrs)),
        codes,
        lines: &lines,
        attrs: basket_attrs,
    }))
}

/// Lends the input of a tax assessor to `use_it`.
pub(crate) fn with_tax_input<R>(
    input: &TaxInput,
    wants: Wants,
    bytes_max: usize,
    use_it: impl FnOnce(tax::Input<'_>) -> R,
) -> Unfit<R> {
    let TaxInput { basket, taxables } = input;
    let taxables: Vec<tax::Taxable<'_>> = taxables
        .iter()
        .map(|taxable| tax::Taxable { line: taxable.line, net: taxable.net.minor(), tax_class: &taxable.tax_class })
        .collect();
    let taxables_bytes: usize = taxables.iter().map(|taxable| RECORD_BYTES + taxable.tax_class.len()).sum();
    with_basket(basket, wants, bytes_max.saturating_sub(taxables_bytes), |basket| {
        use_it(tax::Input { basket, taxables: &taxables, ship_to: None })
    })
}

pub(crate) fn stage(stage: Stage) -> discount::Stage {
    match stage {
        Stage::Line => discount::Stage::Line,
        Stage::Shop => discount::Stage::Shop,
        Stage::Order => discount::Stage::Order,
    }
}

/// Attributes of basket, customer and lines, in this order.
fn all_attrs(snapshot: &Snapshot) -> Vec<&Attr> {
    let customer = snapshot.customer.iter().flat_map(|customer| &customer.attrs);
    let lines = snapshot.lines.iter().flat_map(|line| line.attrs.iter());
    snapshot.attrs.iter().chain(customer).chain(lines).collect()
}

/// Every text that is part of a list: codes, groups, departments and tags line by line, then the texts of attributes.
fn words<'a>(snapshot: &'a Snapshot, attrs: &[&'a Attr]) -> Vec<&'a str> {
    let mut words: Vec<&str> = Vec::with_capacity(4 * snapshot.lines.len() + snapshot.codes.len());
    let mut add = |texts: &'a [Arc<str>]| words.extend(texts.iter().map(|text| &**text));
    add(&snapshot.codes);
    if let Some(customer) = &snapshot.customer {
        add(&customer.groups);
    }
    for line in &snapshot.lines {
        add(&line.item.departments);
        add(&line.item.tags);
    }
    for attr in attrs {
        if let AttrValue::Texts(texts) = &attr.value {
            add(texts);
        }
    }
    words
}

fn check_size(snapshot: &Snapshot, wants: Wants, words: &[&str], bytes_max: usize) -> Unfit<()> {
    let words_bytes: usize = words.iter().map(|word| word.len() + size_of::<u64>()).sum();
    let attr_bytes = |attr: &Attr| {
        let text_bytes = if let AttrValue::Text(text) = &attr.value { text.len() } else { 0 };
        RECORD_BYTES + attr.key.len() + text_bytes
    };
    let lines_bytes: usize = snapshot
        .lines
        .iter()
        .map(|line| {
            let name_bytes = if wants.names { line.item.name.len() } else { 0 };
            3 * RECORD_BYTES + line.item.id.len() + line.item.tax_class.len() + name_bytes
        })
        .sum();
    let attrs_bytes: usize = all_attrs(snapshot).into_iter().map(attr_bytes).sum();
    let bytes = words_bytes + lines_bytes + attrs_bytes;
    if bytes > bytes_max {
        return Err(format!("the basket takes {bytes} bytes, a plugin takes {bytes_max} at most"));
    }
    Ok(())
}

/// The next `count` of a list that is handed out part by part.
fn take<'a, T>(rest: &mut &'a [T], count: usize) -> &'a [T] {
    let (taken, left) = rest.split_at_checked(count).unwrap_or((rest, &[]));
    *rest = left;
    taken
}

fn lower_line<'a>(
    line: &'a SnapshotLine,
    wants: Wants,
    departments: &'a [&'a str],
    tags: &'a [&'a str],
    attrs: &'a [types::AttrParam<'a>],
) -> Unfit<types::Line<'a>> {
    let SnapshotLine { id, kind, item, quantity, price, gross, net, price_locked, attrs: _ } = line;
    let of_line = |problem: String| format!("line {id}: {problem}");
    Ok(types::Line {
        id: *id,
        kind: match kind {
            LineKind::Sale => types::LineKind::Sale,
            LineKind::Return => types::LineKind::Return,
            LineKind::GiftCard => types::LineKind::GiftCard,
            LineKind::Deposit => types::LineKind::Deposit,
            LineKind::Fee => types::LineKind::Fee,
            LineKind::Note => types::LineKind::Note,
        },
        item: &item.id,
        name: wants.names.then_some(&*item.name),
        departments,
        tags,
        qty: lower_quantity(*quantity, "quantity").map_err(of_line)?,
        price: lower_price(*price).map_err(of_line)?,
        gross: gross.minor(),
        net: net.minor(),
        tax_class: &item.tax_class,
        // An article that is never lowered is locked by the catalogue: otherwise a plugin would count it to a threshold, or
        // say "1 more for 3 for 2" of pieces that no offer may touch.
        price_locked: *price_locked || !item.discountable,
        origin_line: None,
        attrs,
    })
}

fn lower_customer<'a>(
    customer: &'a CustomerFacts,
    groups: &'a [&'a str],
    attrs: &'a [types::AttrParam<'a>],
) -> types::Customer<'a> {
    let CustomerFacts { id, groups: _, age, birthday_in_days, points, tier, tax_exempt, attrs: _ } = customer;
    types::Customer {
        id,
        groups,
        age: *age,
        birthday_in_days: *birthday_in_days,
        points: *points,
        tier: tier.as_deref(),
        tax_exempt: tax_exempt.as_deref(),
        attrs,
    }
}

fn lower_attr<'a>(attr: &'a Attr, words: &mut &'a [&'a str]) -> Unfit<types::AttrParam<'a>> {
    let value = match &attr.value {
        AttrValue::Text(text) => types::AttrValueParam::Text(text),
        AttrValue::Integer(integer) => types::AttrValueParam::Integer(*integer),
        AttrValue::Number(number) => types::AttrValueParam::Number(lower_decimal(*number, &attr.key)?),
        AttrValue::Flag(flag) => types::AttrValueParam::Flag(*flag),
        AttrValue::Texts(texts) => types::AttrValueParam::Texts(take(words, texts.len())),
    };
    Ok(types::AttrParam { key: &attr.key, value })
}

fn lower_quantity(quantity: Quantity, what: &str) -> Unfit<types::Quantity> {
    let uom = match quantity.unit {
        Unit::Each => types::Uom::Each,
        Unit::Kg => types::Uom::Kg,
        Unit::G => types::Uom::G,
        Unit::L => types::Uom::L,
        Unit::Ml => types::Uom::Ml,
        Unit::M => types::Uom::M,
        Unit::Cm => types::Uom::Cm,
        Unit::M2 => types::Uom::M2,
        Unit::Hour => types::Uom::Hour,
        Unit::Other => types::Uom::Other,
    };
    Ok(types::Quantity { value: lower_decimal(quantity.value, what)?, uom })
}

fn lower_price(price: UnitPrice) -> Unfit<types::UnitPrice> {
    Ok(types::UnitPrice { value: lower_decimal(price.value, "price")?, per: lower_quantity(price.per, "price unit")? })
}

/// Exactly, or not at all: a plugin that sees a rounded price computes another discount than the kernel.
fn lower_decimal(value: Decimal, what: &str) -> Unfit<types::Decimal> {
    let fits = |value: Decimal| {
        let coefficient = i64::try_from(value.mantissa()).ok()?;
        let scale = u8::try_from(value.scale()).ok()?;
        (value.scale() <= SCALE_MAX).then_some(types::Decimal { coefficient, scale })
    };
    fits(value).or_else(|| fits(value.normalize())).ok_or_else(|| {
        format!("{what} {value} is too precise or too large for a plugin ({SCALE_MAX} decimal places, 18 digits)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn decimals_are_exact_or_refused() {
        let table = [
            ("1.459", Some((1459, 3))),
            ("-0.000000001", Some((-1, 9))),
            ("0.1000000000000", Some((1, 1))),
            ("9223372036854775807", Some((i64::MAX, 0))),
            ("9223372036854775808", None),
            ("0.0000000001", None),
            ("79228162514264337593543950335", None),
        ];
        for (text, expected) in table {
            let wire = lower_decimal(Decimal::from_str(text).unwrap(), "price");
            assert_eq!(wire.as_ref().ok().map(|wire| (wire.coefficient, wire.scale)), expected, "{text}: {wire:?}");
        }
    }
}

//! A basket for these tests.

use pos_domain::catalogue::Item;
use pos_domain::pricing::proposal::{
    Attr, AttrValue, CustomerFacts, LineKind, Snapshot, SnapshotLine, TaxInput, Taxable,
};
use pos_domain::time::{LocalTime, Moment};
use pos_money::{Currency, Decimal, Money, Quantity, Unit, UnitPrice};
use std::sync::Arc;

/// So many lines: number 1 is 0.482 kg of apples at 2.99, the others are two beers at 5.90 each.
pub(crate) fn snapshot(lines: u32) -> Snapshot {
    let moment = Moment { unix_ms: 1_772_442_000_000, offset_seconds: 3600 };
    let now = LocalTime::at(moment, "Europe/Zurich".into());
    Snapshot {
        currency: Currency::from_code("CHF").unwrap(),
        prices_include_tax: true,
        store: "main-street".into(),
        register: "r1".into(),
        cashier: "Maya".into(),
        id: "basket-7".into(),
        business_date: now.date,
        now,
        customer: Some(Arc::new(CustomerFacts {
            id: "c-1".into(),
            groups: vec!["staff".into(), "trade".into()],
            age: Some(41),
            points: 120,
            tier: Some("gold".into()),
            attrs: vec![attr("visits", AttrValue::Integer(9))],
            ..CustomerFacts::default()
        })),
        codes: vec!["SPRING".into()],
        lines: (1..=lines).map(line).collect(),
        attrs: vec![attr("channel", AttrValue::Texts(vec!["counter".into(), "walk-in".into()]))],
    }
}

fn line(id: u32) -> SnapshotLine {
    let is_weighed = id == 1;
    let (name, price, quantity) = if is_weighed {
        ("Apples", UnitPrice::per(Decimal::new(299, 2), Unit::Kg), Quantity::new(Decimal::new(482, 3), Unit::Kg))
    } else {
        ("Pale ale", UnitPrice::each(Decimal::new(590, 2)), Quantity::pieces(2))
    };
    let gross = Money::from_minor(if is_weighed { 144 } else { 1180 });
    SnapshotLine {
        id,
        kind: LineKind::Sale,
        item: Arc::new(Item {
            id: format!("SKU-{id}").into(),
            name: name.into(),
            codes: vec!["4006381333931".into()],
            price,
            unit: quantity.unit,
            departments: vec!["Food".into(), "Fresh".into()],
            tags: vec!["organic".into()],
            tax_class: "reduced".into(),
            cost: None,
            reorder: None,
            discountable: true,
            deposit: Default::default(),
        }),
        quantity,
        price,
        gross,
        net: gross,
        price_locked: false,
        attrs: Arc::new([attr("shelf", AttrValue::Text("A7".into()))]),
    }
}

pub(crate) fn attr(key: &str, value: AttrValue) -> Attr {
    Attr { key: key.into(), value }
}

/// All lines of a basket, taxable.
pub(crate) fn tax_input(lines: u32) -> TaxInput {
    let basket = snapshot(lines);
    let taxables = basket
        .lines
        .iter()
        .map(|line| Taxable { line: line.id, net: line.net, tax_class: Arc::clone(&line.item.tax_class) })
        .collect();
    TaxInput { basket: Arc::new(basket), taxables }
}

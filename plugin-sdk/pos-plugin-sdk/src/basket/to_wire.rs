//! The way back to the wire, which only tests need.

use super::*;
use crate::wire::{quantity_into_wire, unit_price_into_wire};

impl Basket {
    pub(crate) fn to_wire(&self) -> wire::Basket {
        let customer = self.customer.clone().map(|customer| wire::Customer {
            id: customer.id,
            groups: customer.groups,
            age: customer.age,
            birthday_in_days: customer.birthday_in_days,
            points: customer.points,
            tier: customer.tier,
            tax_exempt: customer.tax_exempt,
            attrs: Attr::list_into_wire(customer.attrs).unwrap(),
        });
        wire::Basket {
            currency: wire::Currency { code: self.currency.code.clone(), exponent: self.currency.exponent },
            prices_include_tax: self.prices_include_tax,
            store: self.store.clone(),
            register: self.register.clone(),
            cashier: self.cashier.clone(),
            id: self.id.clone(),
            now: wire::LocalTime {
                date: self.now.date.to_string(),
                minute_of_day: self.now.minute_of_day,
                weekday: self.now.weekday,
                tz: self.now.zone.clone(),
            },
            business_date: self.business_date.to_string(),
            customer,
            codes: self.codes.clone(),
            lines: self.lines.iter().map(Line::to_wire).collect(),
            attrs: Attr::list_into_wire(self.attrs.clone()).unwrap(),
        }
    }
}

impl Line {
    fn to_wire(&self) -> wire::Line {
        let line = self.clone();
        let kind = match line.kind {
            LineKind::Sale => wire::LineKind::Sale,
            LineKind::Return => wire::LineKind::Return,
            LineKind::GiftCard => wire::LineKind::GiftCard,
            LineKind::Deposit => wire::LineKind::Deposit,
            LineKind::Fee => wire::LineKind::Fee,
            LineKind::Note => wire::LineKind::Note,
        };
        wire::Line {
            id: line.id,
            kind,
            item: line.item,
            name: line.name,
            departments: line.departments,
            tags: line.tags,
            qty: quantity_into_wire(line.quantity).unwrap(),
            price: unit_price_into_wire(line.price).unwrap(),
            gross: line.gross.minor(),
            net: line.net.minor(),
            tax_class: line.tax_class,
            price_locked: line.price_locked,
            origin_line: line.origin_line,
            attrs: Attr::list_into_wire(line.attrs).unwrap(),
        }
    }
}

#[test]
fn a_basket_crosses_the_boundary_as_itself() {
    let mut basket = crate::testing::basket("EUR", "2026-11-18 17:30").sell("ALE", 2, "5.90").sell("TEA", -1, "3");
    basket.customer = Some(Customer {
        id: "c1".into(),
        groups: vec!["staff".into()],
        age: Some(44),
        birthday_in_days: None,
        points: -3,
        tier: None,
        tax_exempt: Some("x".into()),
        attrs: vec![
            Attr::text("a", "b"),
            Attr { key: "n".into(), value: AttrValue::Number(Decimal::new(15, 1)) },
            Attr { key: "i".into(), value: AttrValue::Integer(7) },
            Attr { key: "f".into(), value: AttrValue::Flag(true) },
            Attr { key: "t".into(), value: AttrValue::Texts(vec!["x".into(), "y".into()]) },
        ],
    });
    for kind in [LineKind::Sale, LineKind::Return, LineKind::GiftCard, LineKind::Deposit, LineKind::Fee, LineKind::Note]
    {
        basket.lines[1].kind = kind;
        assert_eq!(Basket::from_wire(basket.to_wire()), Ok(basket.clone()));
    }
}

#[test]
fn a_day_that_is_none_is_refused_by_name() {
    let mut basket = crate::testing::basket("EUR", "2026-11-18 17:30").to_wire();
    basket.business_date = "today".into();
    let error = Basket::from_wire(basket).unwrap_err();
    assert_eq!(error.text(), "\"today\" is not a day; write it like 2026-03-02");
}

//! Small baskets for tests.

use crate::basket::{Line, Opening, PriceSource};
use crate::catalogue::Item;
use crate::ids::{BasketId, LineNumber};
use crate::pricing::proposal::LineKind;
use crate::time::{LocalTime, Moment};
use pos_money::{Decimal, Quantity, Unit, UnitPrice};
use std::str::FromStr;
use std::sync::Arc;

pub(crate) fn opening() -> Opening {
    let at = Moment { unix_ms: 1_772_442_000_000, offset_seconds: 3600 };
    let now = LocalTime::at(at, "Europe/Zurich".into());
    Opening {
        id: BasketId(uuid::Uuid::from_u128(7)),
        at,
        business_date: now.date,
        now,
        cashier: "Maya".into(),
        external_reference: None,
        rule_set: "none".into(),
    }
}

/// `count` pieces of an article with `price`, in department "General", tagged with its own lower-case id.
pub(crate) fn line(number: LineNumber, id: &str, price: &str, count: i64) -> Line {
    let item = Item {
        id: id.into(),
        name: id.into(),
        codes: vec![id.into()],
        price: UnitPrice::each(Decimal::from_str(price).unwrap()),
        unit: Unit::Each,
        departments: vec!["General".into()],
        tags: vec![id.to_lowercase().into()],
        tax_class: "standard".into(),
        cost: None,
        discountable: true,
    };
    Line {
        number,
        kind: LineKind::Sale,
        code: item.id.clone(),
        price: item.price,
        item: Arc::new(item),
        quantity: Quantity::pieces(count),
        price_source: PriceSource::List,
        price_locked: false,
        attrs: Arc::new([]),
        voided: false,
    }
}

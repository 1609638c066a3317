//! Small baskets for tests.

use crate::basket::{Line, Opening};
use crate::catalogue::Item;
use crate::ids::{BasketId, LineNumber};
use crate::pricing::priced::TaxTotal;
use crate::pricing::proposal::{LineKind, TaxLevel};
use crate::shop::Shop;
use crate::time::{LocalTime, Moment};
use pos_money::{Decimal, Money, Quantity, Rounding, Unit, UnitPrice};
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
        voids: None,
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
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    };
    Line::new(number, LineKind::Sale, Arc::new(item), Quantity::pieces(count))
}

/// A shop in Switzerland whose cash is rounded to `increment` minor units; prices include tax.
pub(crate) fn shop(increment: i64) -> Shop {
    let shop = serde_json::json!({
        "name": "Shop", "address": [], "tax_number": "", "currency": "CHF", "zone": "Europe/Zurich", "store": "1",
        "register": "1", "cashier": "Maya", "languages": ["en"], "prices_include_tax": true,
    });
    Shop { cash_rounding: Rounding { increment, ..Rounding::HALF_UP }, ..serde_json::from_value(shop).unwrap() }
}

/// A tax of a receipt, without amounts.
pub(crate) fn tax_total(code: &str) -> TaxTotal {
    TaxTotal {
        jurisdiction: "CH".into(),
        code: code.into(),
        levy: "20 %".into(),
        included: true,
        base: Money::ZERO,
        amount: Money::ZERO,
        exact_base: Decimal::ZERO,
        exact_amount: Decimal::ZERO,
        level: TaxLevel::PerReceipt,
    }
}

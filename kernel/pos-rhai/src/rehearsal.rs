//! A dry run when a script is loaded, on a few made-up baskets.
//!
//! Some mistakes show only when a line runs: a text added to a number, a percentage of 200. So the rule is run on an empty
//! basket, a plain one, and full ones whose goods carry every text of the script as tag, department and id, at every time
//! it names, so that most branches are taken. What it proposes is thrown away. A failure here refuses the script: what
//! fails on a made-up basket can fail at the till.

use crate::report::Problem;
use crate::script::Script;
use jiff::civil::Date;
use pos_domain::catalogue::Item;
use pos_domain::pricing::proposal::{Attr, AttrValue, CustomerFacts, LineKind, Snapshot, SnapshotLine};
use pos_domain::time::LocalTime;
use pos_money::{Currency, Decimal, Money, MoneyError, Quantity, Unit, UnitPrice};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Times named in the script that are tried.
const TIMES_MAX: usize = 4;

/// Runs the script on made-up baskets; the first problem refuses it.
pub(crate) fn rehearse(script: &Script, texts: &BTreeSet<String>) -> Result<(), Problem> {
    let Ok(currency) = Currency::from_code("EUR") else { return Ok(()) };
    let texts: Vec<Arc<str>> = texts.iter().map(|text| text.as_str().into()).collect();
    let mut times: Vec<u16> = texts.iter().filter_map(|text| minute_of_day(text)).take(TIMES_MAX).collect();
    times.push(720);
    // A Wednesday and a Saturday.
    let days = [(jiff::civil::date(2026, 11, 18), 3), (jiff::civil::date(2026, 11, 21), 6)];
    for (date, weekday) in days {
        for minute in &times {
            let now = LocalTime { date, minute_of_day: *minute, weekday, zone: "Europe/Zurich".into() };
            for stock in [Stock::Nothing, Stock::Plain, Stock::Everything] {
                // A basket without anything that an amount could not hold.
                let Ok(snapshot) = basket(currency, date, now.clone(), stock, &texts) else { continue };
                script.run(&Arc::new(snapshot))?;
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stock {
    Nothing,
    Plain,
    Everything,
}

fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn basket(
    currency: Currency,
    business_date: Date,
    now: LocalTime,
    stock: Stock,
    texts: &[Arc<str>],
) -> Result<Snapshot, MoneyError> {
    let mut lines = Vec::new();
    let mut customer = None;
    let mut codes = Vec::new();
    let numbers: Vec<Attr> =
        texts.iter().map(|key| Attr { key: key.clone(), value: AttrValue::Number(Decimal::new(125, 2)) }).collect();
    if stock != Stock::Nothing {
        lines.push(line(1, "PLAIN", &[], Decimal::new(590, 2), Quantity::pieces(2), &[])?);
        lines.push(line(2, "WEIGHED", &[], Decimal::new(299, 2), Quantity::new(Decimal::new(482, 3), Unit::Kg), &[])?);
    }
    if stock == Stock::Everything {
        for (index, text) in texts.iter().enumerate() {
            let number = u32::try_from(index).unwrap_or(0) + 3;
            lines.push(line(number, text, texts, Decimal::new(1250, 2), Quantity::pieces(7), &numbers)?);
        }
        let facts = CustomerFacts {
            id: "C1".into(),
            groups: texts.to_vec(),
            age: Some(44),
            birthday_in_days: Some(0),
            points: 120,
            tier: Some("gold".into()),
            tax_exempt: None,
            attrs: numbers.clone(),
        };
        customer = Some(Arc::new(facts));
        codes = texts.to_vec();
    }
    Ok(Snapshot {
        currency,
        prices_include_tax: true,
        store: "1".into(),
        register: "".into(),
        cashier: "".into(),
        id: "".into(),
        now,
        business_date,
        customer,
        codes,
        lines,
        attrs: if stock == Stock::Everything { numbers } else { Vec::new() },
    })
}

fn line(
    number: u32,
    id: &str,
    words: &[Arc<str>],
    price: Decimal,
    quantity: Quantity,
    attrs: &[Attr],
) -> Result<SnapshotLine, MoneyError> {
    let price = UnitPrice::per(price, quantity.unit);
    let gross: Money =
        Currency::from_code("EUR").and_then(|euro| price.amount(quantity, euro, pos_money::Rounding::HALF_UP))?;
    let item = Item {
        id: id.into(),
        name: id.into(),
        codes: Vec::new(),
        price,
        unit: quantity.unit,
        departments: if words.is_empty() { vec!["General".into()] } else { words.to_vec() },
        tags: words.to_vec(),
        tax_class: "standard".into(),
        cost: None,
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    };
    Ok(SnapshotLine {
        id: number,
        kind: LineKind::Sale,
        item: Arc::new(item),
        quantity,
        price,
        gross,
        net: gross,
        price_locked: false,
        attrs: attrs.into(),
    })
}

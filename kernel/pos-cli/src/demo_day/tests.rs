//! The day is rung on the real basket; what it promises is counted.

use super::*;
use crate::demo_catalogue::{demo_items, demo_shop};
use pos_domain::Refusal;
use pos_domain::basket::{Basket, Event, Line, Opening};
use pos_domain::catalogue::Item;
use pos_domain::ids::BasketId;
use pos_domain::pricing::proposal::LineKind;
use pos_domain::scan::{interpret, parse_entry};
use pos_domain::shop::Shop;
use pos_domain::time::{LocalTime, Moment};
use pos_money::{Money, Quantity, Rounding, Unit};
use std::collections::HashMap;
use std::sync::Arc;

/// A register without prices, offers and paper: what becomes of the basket.
struct Register {
    shop: Shop,
    items: HashMap<Arc<str>, Arc<Item>>,
}

impl Register {
    fn new() -> Register {
        let mut items = HashMap::new();
        for item in demo_items().unwrap() {
            let item = Arc::new(item);
            items.extend(item.codes.iter().map(|code| (Arc::clone(code), Arc::clone(&item))));
        }
        Register { shop: demo_shop().unwrap(), items }
    }

    fn scan(&self, basket: &mut Basket, text: &str) -> Result<(), Refusal> {
        let entry = parse_entry(text)?;
        let meaning = interpret(&entry.code, &self.shop.embedded_codes, |code| self.items.contains_key(code))?;
        let item = meaning.keys.iter().find_map(|key| self.items.get(key.as_str()));
        let item = item.ok_or(Refusal::ItemNotOnFile { code: entry.code.clone() })?;
        let quantity = match entry.quantity.or(meaning.quantity) {
            Some(quantity) => quantity,
            None if item.unit == Unit::Each => Decimal::ONE,
            None => {
                let (name, unit) = (item.name.to_string(), item.unit.symbol().to_owned());
                return Err(Refusal::QuantityMissing { name, unit });
            }
        };
        if quantity <= Decimal::ZERO {
            return Err(Refusal::QuantityMustBePositive { quantity });
        }
        if quantity > self.shop.quantity_max {
            return Err(Refusal::QuantityTooLarge { quantity, most: self.shop.quantity_max });
        }
        if item.unit == Unit::Each && !quantity.fract().is_zero() {
            return Err(Refusal::QuantityMustBeWhole { name: item.name.to_string(), quantity });
        }
        basket.apply(Event::LineAdded(Line {
            code: entry.code.into(),
            ..Line::new(basket.next_line_number(), LineKind::Sale, Arc::clone(item), Quantity::new(quantity, item.unit))
        }))
    }

    /// The basket as it stands when the customer pays or leaves; every step does what it says.
    fn ring(&self, sale: &DemoSale) -> Basket {
        // Winter time in Zurich.
        let offset = jiff::tz::offset(1);
        let unix_ms = offset.to_timestamp(sale.local()).unwrap().as_millisecond();
        let at = Moment { unix_ms, offset_seconds: offset.seconds() };
        let mut basket = Basket::open(Opening {
            id: BasketId(uuid::Uuid::nil()),
            at,
            now: LocalTime::at(at, Arc::clone(&self.shop.zone)),
            business_date: DEMO_DATE,
            cashier: "Maya".into(),
            external_reference: None,
            voids: None,
            rule_set: "none".into(),
        });
        for (index, step) in sale.steps.iter().enumerate() {
            let is_last = index + 1 == sale.steps.len();
            let answer = match step {
                DemoStep::Scan(entry) => self.scan(&mut basket, entry),
                DemoStep::ScanRefused { code, refusal } => {
                    assert_eq!(self.scan(&mut basket, code).map_err(|answer| answer.code()), Err(*refusal), "{code}");
                    Ok(())
                }
                DemoStep::SetQuantity { line, quantity } => basket.live_line(*line).cloned().and_then(|found| {
                    basket
                        .apply(Event::QuantitySet { line: *line, quantity: Quantity::new(*quantity, found.item.unit) })
                }),
                DemoStep::Void(line) => {
                    basket.live_line(*line).map(drop).and_then(|()| basket.apply(Event::LineVoided { line: *line }))
                }
                DemoStep::Undo => basket.can_undo().and_then(|()| basket.apply(Event::Undone)),
                DemoStep::Cash(_) | DemoStep::Cancel => {
                    assert!(is_last, "{sale:?}");
                    Ok(())
                }
            };
            assert_eq!(answer, Ok(()), "{step:?} of {sale:?}");
        }
        assert!(basket.live_lines().next().is_some(), "{sale:?}");
        basket
    }

    fn gross<'l>(&self, lines: impl IntoIterator<Item = &'l Line>) -> Decimal {
        let amount = |line: &Line| line.price.amount(line.quantity, self.shop.currency, Rounding::HALF_UP).unwrap();
        self.shop.currency.to_decimal(Money::sum(lines.into_iter().map(amount)).unwrap())
    }

    /// What is left after the happy hour.
    fn after_happy_hour(&self, basket: &Basket) -> Decimal {
        let off = if is_happy_hour(basket) {
            self.gross(tagged(basket, "draught")) / Decimal::from(5)
        } else {
            Decimal::ZERO
        };
        self.gross(basket.live_lines()) - off
    }
}

fn tagged<'b>(basket: &'b Basket, tag: &str) -> Vec<&'b Line> {
    basket.live_lines().filter(|line| line.item.tags.iter().any(|known| &**known == tag)).collect()
}

fn pieces_of(lines: &[&Line]) -> i64 {
    lines.iter().map(|line| line.quantity.countable_pieces()).sum()
}

fn is_happy_hour(basket: &Basket) -> bool {
    (17 * 60..19 * 60).contains(&basket.opening.now.minute_of_day) && basket.opening.now.weekday == 3
}

#[test]
fn the_day_has_what_a_register_meets() {
    let register = Register::new();
    let day = demo_day();
    let baskets: Vec<Basket> = day.iter().map(|sale| register.ring(sale)).collect();
    assert!(day.iter().filter(|sale| sale.is_paid()).count() >= 30);
    assert!(day.windows(2).all(|pair| pair[0].at < pair[1].at), "in order of time");
    let steps: Vec<&DemoStep> = day.iter().flat_map(|sale| &sale.steps).collect();
    let some = |matches: &dyn Fn(&DemoStep) -> bool| steps.iter().filter(|step| matches(step)).count();
    assert!(some(&|step| matches!(step, DemoStep::Void(_))) >= 3);
    assert!(some(&|step| matches!(step, DemoStep::Undo)) >= 2);
    assert!(some(&|step| matches!(step, DemoStep::SetQuantity { .. })) >= 3);
    assert!(some(&|step| matches!(step, DemoStep::ScanRefused { .. })) >= 5);
    assert!(some(&|step| matches!(step, DemoStep::Cash(None))) >= 5);
    assert_eq!(some(&|step| matches!(step, DemoStep::Cancel)), 1);
    let lines = || baskets.iter().flat_map(Basket::live_lines);
    assert!(lines().filter(|line| line.item.unit == Unit::Kg).count() >= 15, "weighed goods");
    assert!(lines().filter(|line| line.code.starts_with("28") && line.code.len() == 13).count() >= 4, "labels");
}

#[test]
fn each_offer_is_earned_alone_and_together() {
    let register = Register::new();
    let (mut happy, mut three, mut spend, mut all) = (0, 0, 0, 0);
    for sale in demo_day().iter().filter(|sale| sale.is_paid()) {
        let basket = register.ring(sale);
        let (draught, paperbacks) = (tagged(&basket, "draught"), tagged(&basket, "paperback"));
        let has_happy = is_happy_hour(&basket) && !draught.is_empty();
        let has_three = pieces_of(&paperbacks) >= 3;
        // The cheapest of three is a third of their price at most.
        let free_at_most = if has_three { register.gross(paperbacks) / Decimal::from(3) } else { Decimal::ZERO };
        let has_spend = register.after_happy_hour(&basket) - free_at_most >= Decimal::from(50);
        happy += usize::from(has_happy && !has_three && !has_spend);
        three += usize::from(has_three && !has_happy && !has_spend);
        spend += usize::from(has_spend && !has_happy && !has_three);
        all += usize::from(has_happy && has_three && has_spend);
    }
    assert!(happy >= 3 && three >= 1 && spend >= 1 && all == 1, "{happy} {three} {spend} {all}");
}

#[test]
fn cash_is_enough_and_change_is_given() {
    let register = Register::new();
    let mut with_change = 0;
    for sale in demo_day() {
        if let Some(DemoStep::Cash(Some(given))) = sale.steps.last() {
            let due = register.after_happy_hour(&register.ring(&sale));
            assert!(*given >= due, "{given} for {due}: {sale:?}");
            with_change += usize::from(*given > due);
        }
    }
    assert!(with_change >= 20, "{with_change}");
}

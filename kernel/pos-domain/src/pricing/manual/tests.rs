//! Discounts by hand: their place, their size, and the caps of roles.

use super::*;
use crate::basket::Event;
use crate::pricing::engine::Assessor;
use crate::pricing::proposal::{Assessment, Stage};
use crate::pricing::{Pricing, fixture};

fn francs() -> Currency {
    Currency::from_code("CHF").unwrap()
}

fn cents(minor: i64) -> Money {
    Money::from_minor(minor)
}

fn by_hand(effect: HandEffect) -> Option<ByHand> {
    Some(ByHand { effect, reason: "damaged".into(), by: "Maya".into() })
}

fn basket(lines: &[(&str, &str, i64)], events: Vec<Event>) -> Basket {
    let mut basket = Basket::open(fixture::opening());
    for (number, (id, price, count)) in (1..).zip(lines) {
        basket.apply(Event::LineAdded(fixture::line(number, id, price, *count))).unwrap();
    }
    events.into_iter().for_each(|event| basket.apply(event).unwrap());
    basket
}

fn priced(basket: &Basket, rules: &ManualRules) -> PricedBasket {
    let mut pricing = Pricing::start(basket, &fixture::shop(1)).unwrap();
    pricing.apply(Stage::Order, on_lines(basket, rules)).unwrap();
    pricing.apply(Stage::Order, on_basket(basket)).unwrap();
    pricing.apply(Stage::Order, rewards(basket)).unwrap();
    pricing.finish(&Assessment::default(), &Assessor { name: "none".into() }).unwrap()
}

fn nets(basket: &Basket) -> Vec<i64> {
    priced(basket, &ManualRules::default()).lines.iter().map(|line| line.net.minor()).collect()
}

#[test]
fn what_is_given_by_hand_has_its_place_and_its_size() {
    let lines = [("SOAP", "2.00", 3), ("TEA", "4.00", 1)];
    let tenth = HandEffect::Rate(Rate::from_fraction(Decimal::new(1, 1)));
    let on_line = |effect| Event::LineDiscounted { line: 1, by_hand: by_hand(effect) };
    assert_eq!(nets(&basket(&lines, vec![on_line(tenth)])), [540, 400]);
    assert_eq!(nets(&basket(&lines, vec![on_line(HandEffect::Amount(cents(50)))])), [550, 400]);
    assert_eq!(nets(&basket(&lines, vec![on_line(HandEffect::FinalPrice(cents(499)))])), [499, 400]);
    // More than it costs makes it free, never a payment.
    assert_eq!(nets(&basket(&lines, vec![on_line(HandEffect::Amount(cents(5_000)))])), [0, 400]);
    // The line discounted by hand is out of later discounts, unless the shop says otherwise.
    let both = basket(&lines, vec![on_line(tenth), Event::BasketDiscounted(by_hand(tenth))]);
    assert_eq!(nets(&both), [540, 360]);
    let open = ManualRules { with_order_offers: true, ..ManualRules::default() };
    assert_eq!(priced(&both, &open).lines[0].net.minor(), 486);
    // Undo takes back step by step.
    let mut undone = both;
    undone.apply(Event::Undone).unwrap();
    undone.apply(Event::Undone).unwrap();
    assert_eq!(nets(&undone), [600, 400]);
}

#[test]
fn a_cap_judges_what_a_discount_comes_to() {
    let cap = |rate: Option<i64>, amount: Option<i64>| ManualRules {
        roles: [(
            "cashier".into(),
            ManualCap { rate_max: rate.map(|percent| Decimal::new(percent, 2)), amount_max: amount.map(Decimal::from) },
        )]
        .into(),
        ..ManualRules::default()
    };
    let check = |basket: &Basket, rules: &ManualRules| {
        rules.check(basket, &priced(basket, rules), "cashier", francs()).map_err(|refusal| refusal.to_string())
    };
    let off = |minor| vec![Event::LineDiscounted { line: 1, by_hand: by_hand(HandEffect::Amount(cents(minor))) }];
    let ten = [("SOAP", "2.00", 10)];
    assert_eq!(check(&basket(&ten, off(200)), &cap(Some(10), None)), Ok(()));
    let too_much = Err("Your role may change prices by at most 10 %.".to_owned());
    assert_eq!(check(&basket(&ten, off(201)), &cap(Some(10), None)), too_much);
    // Given on ten pieces, then all but one are taken away: judged again.
    let mut fewer = off(200);
    fewer.push(Event::QuantitySet { line: 1, quantity: Quantity::pieces(1) });
    assert_eq!(check(&basket(&ten, fewer), &cap(Some(10), None)), too_much);
    let amount = Err("Your role may change prices by at most 1.".to_owned());
    assert_eq!(check(&basket(&ten, off(101)), &cap(None, Some(1))), amount);
    let nothing = Err("Your role may not change prices.".to_owned());
    assert_eq!(check(&basket(&ten, off(1)), &ManualRules::default()), nothing);
    assert_eq!(check(&basket(&ten, vec![]), &ManualRules::default()), Ok(()));
    // A price by hand is judged like a discount; a higher one is nobody's loss.
    let set = |price: &str| {
        let mut line = fixture::line(1, "SOAP", "2.00", 10);
        set_price(&mut line, UnitPrice::each(price.parse().unwrap()), "label".into(), "Maya".into());
        let mut basket = Basket::open(fixture::opening());
        basket.apply(Event::LineAdded(line)).unwrap();
        basket
    };
    assert_eq!(check(&set("1.80"), &cap(Some(10), None)), Ok(()));
    assert_eq!(check(&set("1.79"), &cap(Some(10), None)), too_much);
    assert_eq!(check(&set("2.50"), &cap(Some(10), None)), Ok(()));
    // The whole basket is judged against what was left of it.
    let whole = |minor| vec![Event::BasketDiscounted(by_hand(HandEffect::Amount(cents(minor))))];
    assert_eq!(check(&basket(&ten, whole(200)), &cap(Some(10), None)), Ok(()));
    assert_eq!(check(&basket(&ten, whole(201)), &cap(Some(10), None)), too_much);
}

#[test]
fn reasons_are_the_shops() {
    let rules = ManualRules { reasons: vec!["damaged".into(), "price match".into()], ..ManualRules::default() };
    assert_eq!(rules.check_reason("damaged"), Ok(()));
    let refused = rules.check_reason("friend").unwrap_err().to_string();
    assert_eq!(refused, "\"friend\" is no reason to change a price here (known are: damaged, price match).");
    assert!(ManualRules::default().check_reason(" ").is_err(), "a reason is always given");
}

#[test]
fn discounts_are_rates_to_one_and_amounts_from_zero() {
    let rate = |text: &str| HandEffect::Rate(Rate::from_fraction(text.parse().unwrap()));
    for effect in [rate("0"), rate("0.5"), rate("1"), HandEffect::Amount(cents(0)), HandEffect::FinalPrice(cents(0))] {
        assert_eq!(effect.check(), Ok(()), "{effect:?}");
    }
    for effect in
        [rate("-0.01"), rate("1.01"), rate("2"), HandEffect::Amount(cents(-1)), HandEffect::FinalPrice(cents(-1))]
    {
        assert!(matches!(effect.check(), Err(Refusal::Malformed { .. })), "{effect:?}");
    }
}

#[test]
fn only_goods_that_are_sold_are_repriced() {
    let line = fixture::line(1, "SOAP", "2.00", 1);
    assert_eq!(may_be_repriced(&line), Ok(()));
    let fee = Line { kind: LineKind::Fee, ..line.clone() };
    let gift = Line { gift: Some(crate::basket::Gift { offer: "spring".into() }), ..line.clone() };
    let both = Line { kind: LineKind::Return, gift: gift.gift.clone(), ..line };
    for line in [fee, gift, both] {
        assert_eq!(may_be_repriced(&line), Err(Refusal::LineNotDiscountable { line: 1 }));
    }
}

/// What a cashier may take off, who may take off this much at once, or this share.
fn refused(basket: &Basket, stage: &[Proposed], amount_max: Option<&str>, rate_max: Option<&str>) -> bool {
    let cap = ManualCap {
        rate_max: rate_max.map(|text| text.parse().unwrap()),
        amount_max: amount_max.map(|text| text.parse().unwrap()),
    };
    let rules = ManualRules { roles: [("cashier".into(), cap)].into(), ..ManualRules::default() };
    let mut pricing = Pricing::start(basket, &fixture::shop(1)).unwrap();
    pricing.apply(Stage::Line, stage.to_vec()).unwrap();
    pricing.apply(Stage::Order, on_lines(basket, &rules)).unwrap();
    pricing.apply(Stage::Order, on_basket(basket)).unwrap();
    let priced = pricing.finish(&Assessment::default(), &Assessor { name: "none".into() }).unwrap();
    rules.check(basket, &priced, "cashier", francs()).is_err()
}

#[test]
fn a_cap_is_met_exactly_and_judges_only_what_was_given_by_hand() {
    let lines = [("SOAP", "10.00", 1), ("TEA", "10.00", 1)];
    let on_line = |line, minor| Event::LineDiscounted { line, by_hand: by_hand(HandEffect::Amount(cents(minor))) };
    let one = basket(&lines, vec![on_line(1, 100)]);
    assert!(!refused(&one, &[], Some("1.00"), None));
    assert!(refused(&one, &[], Some("0.99"), None));
    assert!(!refused(&one, &[], None, Some("0.1")));
    assert!(refused(&one, &[], None, Some("0.09")));
    // Half off by an offer is nobody's doing; the discount by hand is 1.00 of the 5.00 that are left.
    let offer = line_candidate(
        "line-1".into(),
        1,
        Quantity::pieces(1),
        Effect::RateOff(Rate::from_fraction(Decimal::new(5, 1))),
        Mode::Compound,
        "half".into(),
    );
    let offers = proposed("half price", vec![offer]);
    assert!(!refused(&one, &offers, Some("1.00"), None));
    assert!(!refused(&one, &offers, None, Some("0.2")));
    assert!(refused(&one, &offers, None, Some("0.19")));
    // The whole basket's discount is judged on what it was taken off, by itself: 1.50 of 10.00, the other line is out of it.
    let whole = |minor| Event::BasketDiscounted(by_hand(HandEffect::Amount(cents(minor))));
    let both = basket(&lines, vec![on_line(1, 100), whole(150)]);
    assert!(!refused(&both, &[], None, Some("0.15")));
    assert!(refused(&both, &[], None, Some("0.14")));
    assert!(refused(&basket(&lines, vec![on_line(1, 100), whole(101)]), &[], Some("1.00"), None));
    // An offer of that name is not the cashier's.
    let named = order_candidate("basket".into(), Effect::AmountOff(cents(500)), "ours".into());
    let named = proposed("another", vec![named]);
    assert!(!refused(&basket(&lines, vec![whole(100)]), &named, Some("1.00"), None));
}

#[test]
fn what_was_given_by_hand_names_its_line() {
    let on_line = |line| Event::LineDiscounted { line, by_hand: by_hand(HandEffect::Amount(cents(50))) };
    let both = basket(&[("SOAP", "2.00", 1), ("TEA", "4.00", 1)], vec![on_line(1), on_line(2)]);
    let priced = priced(&both, &ManualRules::default());
    let names: Vec<&str> = priced.lines.iter().map(|line| &*line.modifiers[0].source.candidate).collect();
    assert_eq!(names, ["line-1", "line-2"]);
}

#[test]
fn points_are_taken_off_last() {
    let reward = crate::loyalty::Redeemed { programme: "club".into(), points: 100, value: cents(100) };
    let tenth = HandEffect::Rate(Rate::from_fraction(Decimal::new(1, 1)));
    let redeemed =
        basket(&[("SOAP", "10.00", 1)], vec![Event::BasketDiscounted(by_hand(tenth)), Event::RewardAdded(reward)]);
    assert_eq!(nets(&redeemed), [800]);
}

#[test]
fn nothing_decided_is_the_default() {
    assert!(ManualRules::default().is_default());
    assert!(!ManualRules { reasons: vec!["damaged".into()], ..ManualRules::default() }.is_default());
}

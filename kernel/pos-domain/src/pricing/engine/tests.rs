//! What a shop sees: offers as text in, what is due out.

use super::*;
use crate::basket::Event;
use crate::pricing::explain::{Facts, LineFacts};
use crate::pricing::fixture;
use crate::pricing::proposal::{
    Attr, Basis, Chosen, Deal, Effect, Message, Mode, Pick, Portion, Requirement, RequirementBasis, Shape, Slot, Spread,
};
use expect_test::{Expect, expect};
use pos_money::{Rate, UnitPrice};
use std::str::FromStr;

fn shop() -> Shop {
    Shop {
        name: "Corner".into(),
        address: vec![],
        tax_number: "1".into(),
        currency: Currency::from_code("EUR").unwrap(),
        zone: "Europe/Zurich".into(),
        store: "1".into(),
        register: "R1".into(),
        cashier: "Maya".into(),
        languages: vec!["en".into()],
        prices_include_tax: true,
        cash_rounding: Rounding::HALF_UP,
        quantity_max: Decimal::from(9999),
        float: Decimal::ZERO,
        tax_fallback: None,
        manual: Default::default(),
        returns: Default::default(),
        till: Default::default(),
        payments: Default::default(),
        credit: Default::default(),
        stock: Default::default(),
        roles: Default::default(),
        loyalty: None,
        policy: Default::default(),
        embedded_codes: vec![],
        notes: vec![],
        receipt_footer: vec![],
    }
}

fn basket(lines: &[(&str, &str, i64)]) -> Basket {
    let mut basket = Basket::open(fixture::opening());
    for (number, (id, price, count)) in (1..).zip(lines) {
        basket.apply(Event::LineAdded(fixture::line(number, id, price, *count))).unwrap();
    }
    basket
}

fn candidate(id: &str, shape: Shape) -> Candidate {
    Candidate {
        id: id.into(),
        shape,
        mode: Mode::BestPrice,
        group: None,
        priority: 0,
        basis: Basis::Price,
        spread: Spread::Across,
        requires: None,
        cap: None,
        limits: None,
        consumes_codes: vec![],
        label: Message::text(id),
        attrs: vec![Attr { key: "source-line".into(), value: AttrValue::Integer(5) }],
    }
}

fn rate_off(id: &str, lines: &[(u32, i64)], percent: i64) -> Candidate {
    let portions = lines.iter().map(|(line, count)| Portion { line: *line, qty: Quantity::pieces(*count) }).collect();
    let effect = Effect::RateOff(Rate::from_percent(Decimal::from(percent)).unwrap());
    candidate(id, Shape::Portions(Chosen { portions, effect, qualifies_on: vec![] }))
}

/// n pieces of a pool, the cheapest of every n free.
fn cheapest_free(id: &str, pool: &[u32], n: i64) -> Candidate {
    let slot =
        |count, effect| Slot { pool: pool.to_vec(), count: Quantity::pieces(count), pick: Pick::Dearest, effect };
    let slots = vec![slot(n - 1, None), slot(1, Some(Effect::RateOff(Rate::ONE)))];
    candidate(id, Shape::Deal(Deal { slots, together: None, repeat_max: None }))
}

fn proposed(extension: &str, candidates: Vec<Candidate>) -> Proposed {
    Proposed {
        extension: extension.into(),
        version: "1".into(),
        name: extension.into(),
        proposal: Proposal { candidates, ..Proposal::default() },
    }
}

fn price(lines: &[(&str, &str, i64)], stages: &[(Stage, Vec<Candidate>)]) -> PricedBasket {
    let shop = shop();
    let mut pricing = Pricing::start(&basket(lines), &shop).unwrap();
    for (stage, candidates) in stages {
        // Each candidate from an extension of its own, in both orders: the answer may not depend on it.
        let proposals: Vec<Proposed> =
            candidates.iter().map(|one| proposed(&format!("ext-{}", one.id), vec![one.clone()])).collect();
        let mut reversed = pricing.clone();
        reversed.apply(*stage, proposals.iter().rev().cloned().collect()).unwrap();
        pricing.apply(*stage, proposals).unwrap();
        assert_eq!(format!("{pricing:?}"), format!("{reversed:?}"), "the order of extensions does not matter");
    }
    let numbers: Vec<u32> = pricing.tax_input().taxables.iter().map(|taxable| taxable.line).collect();
    let assessment = tax::fallback(&numbers, "VAT", Decimal::new(19, 2), true);
    pricing.finish(&assessment, &Assessor { name: "test rate".into() }).unwrap()
}

fn check(lines: &[(&str, &str, i64)], stages: &[(Stage, Vec<Candidate>)], expected: Expect) {
    let priced = price(lines, stages);
    let mut text = String::new();
    for line in &priced.lines {
        text.push_str(&format!("{} {}", line.number, line.gross.minor()));
        for modifier in &line.modifiers {
            text.push_str(&format!(" {}x{} {}", modifier.label, modifier.quantity, modifier.amount.minor()));
        }
        text.push_str(&format!(" = {}\n", line.net.minor()));
    }
    for decision in &priced.decisions {
        text.push_str(&format!(
            "{}: {:?} {} {}\n",
            decision.label,
            decision.state,
            decision.saving.minor(),
            decision.reason
        ));
    }
    text.push_str(&format!("due {} tax {}\n", priced.total.minor(), priced.total_tax.minor()));
    expected.assert_eq(&text);
}

#[test]
fn three_for_two_gives_the_cheapest_of_every_three() {
    // Issue of the readings of "cheapest": 3 for 2 over 10, 9, 8, 3, 2, 1 frees 8 and 1.
    let lines = [("A", "10", 1), ("B", "9", 1), ("C", "8", 1), ("D", "3", 1), ("E", "2", 1), ("F", "1", 1)];
    check(
        &lines,
        &[(Stage::Shop, vec![cheapest_free("3 for 2", &[1, 2, 3, 4, 5, 6], 3)])],
        expect![[r#"
            1 1000 = 1000
            2 900 = 900
            3 800 3 for 2x1 -800 = 0
            4 300 = 300
            5 200 = 200
            6 100 3 for 2x1 -100 = 0
            3 for 2: Applied 900 
            due 2400 tax 383
        "#]],
    );
}

#[test]
fn many_pieces_are_counted_not_exploded() {
    let lines = [("A", "2", 6000), ("B", "3", 4)];
    let priced = price(&lines, &[(Stage::Shop, vec![cheapest_free("3 for 2", &[1, 2], 3)])]);
    // 6004 pieces: 2001 sets, dearest first: the first set is B B B, the second B A A.
    assert_eq!(priced.decisions[0].sets, 2001);
    assert_eq!(priced.discount.minor(), 300 + 2000 * 200);
}

#[test]
fn offers_compete_within_their_group_for_the_customers_best() {
    let offers = vec![rate_off("Happy hour", &[(1, 4)], 20), rate_off("Member", &[(1, 4), (2, 1)], 10)];
    check(
        &[("ALE", "5.90", 4), ("TEA", "3.00", 1)],
        &[(Stage::Line, offers)],
        expect![[r#"
            1 2360 Happy hourx4 -472 = 1888
            2 300 Memberx1 -30 = 270
            Happy hour: Applied 472 
            Member: Applied 30 
            due 2158 tax 345
        "#]],
    );
    let offers = vec![rate_off("Happy hour", &[(1, 4)], 20), rate_off("Member", &[(1, 4)], 10)];
    check(
        &[("ALE", "5.90", 4)],
        &[(Stage::Line, offers)],
        expect![[r#"
            1 2360 Happy hourx4 -472 = 1888
            Happy hour: Applied 472 
            Member: Lost 0 worth 2.36, not more than Happy hour 4.72
            due 1888 tax 301
        "#]],
    );
}

#[test]
fn compound_offers_work_on_what_the_former_left_amounts_before_rates() {
    let mut ten = rate_off("Ten percent", &[(1, 1)], 10);
    ten.mode = Mode::Compound;
    let mut one_off = rate_off("One off", &[(1, 1)], 10);
    one_off.mode = Mode::Compound;
    one_off.shape = Shape::Portions(Chosen {
        portions: vec![Portion { line: 1, qty: Quantity::pieces(1) }],
        effect: Effect::AmountOff(Money::from_minor(100)),
        qualifies_on: vec![],
    });
    check(
        &[("A", "10", 1)],
        &[(Stage::Line, vec![ten, one_off])],
        expect![[r#"
            1 1000 One offx1 -100 Ten percentx1 -90 = 810
            One off: Applied 100 
            Ten percent: Applied 90 
            due 810 tax 129
        "#]],
    );
}

#[test]
fn order_offers_share_by_largest_remainder_and_never_below_zero() {
    let off = candidate("Ten off", Shape::WholeOrder(Effect::AmountOff(Money::from_minor(1000))));
    check(
        &[("A", "10", 1), ("B", "10", 1), ("C", "10", 1)],
        &[(Stage::Order, vec![off.clone()])],
        expect![[r#"
            1 1000 Ten offx1 -334 = 666
            2 1000 Ten offx1 -333 = 667
            3 1000 Ten offx1 -333 = 667
            Ten off: Applied 1000 
            due 2000 tax 319
        "#]],
    );
    let priced = price(&[("A", "0.33", 1), ("B", "0.34", 1)], &[(Stage::Order, vec![off])]);
    assert_eq!((priced.total, priced.total_tax), (Money::ZERO, Money::ZERO));
}

#[test]
fn exclusive_offers_go_first_and_keep_their_pieces() {
    let mut staff = rate_off("Staff", &[(1, 1)], 5);
    staff.mode = Mode::Exclusive;
    let ten = candidate("Order", Shape::WholeOrder(Effect::RateOff(Rate::from_fraction(Decimal::new(1, 1)))));
    check(
        &[("A", "10", 1), ("B", "10", 1)],
        &[(Stage::Line, vec![rate_off("Happy", &[(1, 1), (2, 1)], 50), staff]), (Stage::Order, vec![ten])],
        expect![[r#"
            1 1000 Staffx1 -50 = 950
            2 1000 Happyx1 -500 Orderx1 -50 = 450
            Staff: Applied 50 
            Happy: Applied 500 
            Order: Applied 50 
            due 1400 tax 224
        "#]],
    );
}

#[test]
fn bundle_prices_never_raise_and_caps_hold() {
    let slot = Slot { pool: vec![1, 2], count: Quantity::pieces(3), pick: Pick::BestForCustomer, effect: None };
    let bundle = |price| {
        let together = Some(Effect::BundlePrice(Money::from_minor(price)));
        candidate("3 for 5", Shape::Deal(Deal { slots: vec![slot.clone()], together, repeat_max: None }))
    };
    let lines = [("A", "2", 5), ("B", "1", 5)];
    let priced = price(&lines, &[(Stage::Line, vec![bundle(500)])]);
    // Dearest first: 2+2+2 = 6.00 becomes 5.00; 2+2+1 = 5.00 gains nothing and stays.
    assert_eq!(priced.discount.minor(), 100);
    let mut capped = bundle(300);
    capped.cap = Some(Money::from_minor(150));
    let priced = price(&lines, &[(Stage::Line, vec![capped])]);
    assert_eq!((priced.discount.minor(), priced.decisions[0].state), (150, DecisionState::Capped));
}

#[test]
fn malformed_candidates_cost_their_own_proposal_only() {
    let mut negative = rate_off("Evil", &[(1, 1)], 10);
    negative.shape = Shape::WholeOrder(Effect::AmountOff(Money::from_minor(-500)));
    let unknown = rate_off("Lost line", &[(77, 1)], 10);
    let over = rate_off("Too much", &[(1, 1)], 101);
    let fixed = candidate(
        "Raise",
        Shape::Portions(Chosen {
            portions: vec![Portion { line: 1, qty: Quantity::pieces(5) }],
            effect: Effect::FixedPrice(UnitPrice::each(Decimal::from_str("99").unwrap())),
            qualifies_on: vec![],
        }),
    );
    check(
        &[("A", "10", 1)],
        &[(Stage::Line, vec![negative, unknown, over, fixed, rate_off("Good", &[(1, 1)], 10)])],
        expect![[r#"
            1 1000 Goodx1 -100 = 900
            Evil: Invalid 0 an amount off is below zero
            Lost line: Invalid 0 it names line 77, which is not there
            Too much: Invalid 0 a rate off of 101 % is not between 0 and 100
            Good: Applied 100 
            Raise: Lost 0 it would save nothing
            due 900 tax 144
        "#]],
    );
}

#[test]
fn every_line_says_why() {
    let priced = price(&[("ALE", "5.90", 4)], &[(Stage::Line, vec![rate_off("Happy hour", &[(1, 4)], 20)])]);
    let sold = fixture::line(1, "ALE", "5.90", 4);
    let found = &priced.lines[0];
    let facts = LineFacts {
        number: 1,
        quantity: sold.quantity,
        price: sold.price,
        price_source: &sold.price_source,
        origin: None,
        gross: found.gross,
        modifiers: &found.modifiers,
        taxes: &found.taxes,
        paid: found.paid,
    };
    let text: Vec<String> = Facts::of_basket(&priced, shop().currency)
        .chain(facts)
        .iter()
        .map(|reason| format!("{} | {} | {:?}", reason.title, reason.detail, reason.amount.map(Money::minor)))
        .collect();
    expect![[r#"
        Regular price | 4 × 5.90 | Some(2360)
        Happy hour | script ext-Happy hour, line 5 · version 1 · on 4 | Some(-472)
        VAT 19 % included | on 15.87 · test rate · rounded per receipt | Some(301)
        To pay for this line |  | Some(1888)"#]]
    .assert_eq(&text.join("\n"));
}

#[test]
fn caps_are_spent_where_they_save_most() {
    let mut half = rate_off("half", &[(1, 1), (2, 1)], 50);
    half.cap = Some(Money::from_minor(400));
    let off = Candidate { spread: Spread::EachUnit, ..rate_off("three off", &[(1, 1), (2, 1)], 0) };
    let Shape::Portions(mut chosen) = off.shape.clone() else { panic!("portions") };
    chosen.effect = Effect::AmountOff(Money::from_minor(300));
    let off = Candidate { shape: Shape::Portions(chosen), ..off };
    check(
        &[("A", "10.00", 1), ("B", "4.00", 1)],
        &[(Stage::Line, vec![half, off])],
        expect![[r#"
        1 1000 halfx1 -400 = 600
        2 400 three offx1 -300 = 100
        three off: Applied 300 
        half: Capped 400 its cap was reached
        due 700 tax 112
    "#]],
    );
}

#[test]
fn a_forced_pick_that_saves_nothing_leads_to_the_next() {
    let slot = Slot { pool: vec![1, 2], count: Quantity::pieces(1), pick: Pick::Cheapest, effect: None };
    let free = Some(Effect::BundlePrice(Money::ZERO));
    let mut gift = candidate("gift", Shape::Deal(Deal { slots: vec![slot], together: free, repeat_max: None }));
    gift.cap = Some(Money::from_minor(300));
    check(
        &[("A", "0.00", 1), ("B", "5.00", 1)],
        &[(Stage::Line, vec![gift])],
        expect![[r#"
        1 0 = 0
        2 500 giftx1 -300 = 200
        gift: Capped 300 its cap was reached
        due 200 tax 32
    "#]],
    );
}

/// One candidate on one line of 10.00: what became of it.
fn decided(offer: Candidate) -> (DecisionState, String, i64) {
    let priced = price(&[("A", "10", 1)], &[(Stage::Shop, vec![offer])]);
    let Decision { state, reason, saving, .. } = &priced.decisions[0];
    (*state, reason.to_string(), saving.minor())
}

#[test]
fn impossible_offers_are_left_out_and_the_last_possible_ones_are_not() {
    let rate = |text: &str| Rate::from_fraction(Decimal::from_str(text).unwrap());
    let chosen = |effect, count: &str| {
        let qty = Quantity::new(Decimal::from_str(count).unwrap(), pos_money::Unit::Each);
        let portions = vec![Portion { line: 1, qty }];
        candidate("offer", Shape::Portions(Chosen { portions, effect, qualifies_on: vec![] }))
    };
    let per = |value: &str, per: i64| {
        Effect::FixedPrice(UnitPrice { value: Decimal::from_str(value).unwrap(), per: Quantity::pieces(per) })
    };
    let amount = Money::from_minor;
    for (effect, saving) in [
        (Effect::RateOff(rate("1")), 1_000),
        (Effect::RateOff(rate("0")), 0),
        (Effect::AmountOff(amount(0)), 0),
        (Effect::BundlePrice(amount(0)), 1_000),
        (per("0", 1), 1_000),
    ] {
        let (state, reason, saved) = decided(chosen(effect, "1"));
        assert!(state != DecisionState::Invalid && saved == saving, "{effect:?} {state:?} {reason} {saved}");
    }
    for (effect, problem) in [
        (Effect::RateOff(rate("1.01")), "is not between 0 and 100"),
        (Effect::RateOff(rate("-0.01")), "is not between 0 and 100"),
        (Effect::AmountOff(amount(-1)), "an amount off is below zero"),
        (Effect::BundlePrice(amount(-1)), "a bundle price is below zero"),
        (per("-0.01", 1), "a fixed price is below zero"),
        (per("1", 0), "a fixed price is below zero"),
        (per("1", -1), "a fixed price is below zero"),
    ] {
        let (state, reason, _) = decided(chosen(effect, "1"));
        assert!(state == DecisionState::Invalid && reason.contains(problem), "{effect:?} {state:?} {reason}");
    }
    assert_eq!(decided(chosen(Effect::RateOff(rate("1")), "-1")).0, DecisionState::Invalid);
    assert_ne!(decided(chosen(Effect::RateOff(rate("1")), "0")).0, DecisionState::Invalid);
    // The same id twice from one extension is one too many; from two extensions it is two offers.
    let twice = vec![rate_off("same", &[(1, 1)], 10), rate_off("same", &[(1, 1)], 20), rate_off("other", &[(1, 1)], 5)];
    let mut pricing = Pricing::start(&basket(&[("A", "10", 1)]), &shop()).unwrap();
    pricing
        .apply(Stage::Line, vec![proposed("ext", twice), proposed("else", vec![rate_off("same", &[(1, 1)], 1)])])
        .unwrap();
    let states: Vec<String> =
        pricing.decisions.iter().map(|one| format!("{} {:?}", one.source.extension, one.state)).collect();
    assert_eq!(states.iter().filter(|state| state.contains("Invalid")).collect::<Vec<_>>(), ["ext Invalid"]);
}

#[test]
fn extensions_see_what_earlier_stages_left() {
    let mut pricing = Pricing::start(&basket(&[("A", "10", 1), ("B", "5", 1)]), &shop()).unwrap();
    assert!(!pricing.is_empty());
    assert!(Pricing::start(&basket(&[]), &shop()).unwrap().is_empty());
    let seen = |pricing: &Pricing| pricing.snapshot().lines.iter().map(|line| line.net.minor()).collect::<Vec<_>>();
    let before = pricing.snapshot();
    pricing.apply(Stage::Line, vec![proposed("ext", vec![rate_off("half", &[(2, 1)], 50)])]).unwrap();
    assert_eq!(seen(&pricing), [1_000, 250]);
    assert_eq!(before.lines[1].net.minor(), 500, "whoever looked before keeps what they saw");
}

#[test]
fn rates_are_asked_for_where_they_decide() {
    let whole = || candidate("whole", Shape::WholeOrder(Effect::AmountOff(Money::from_minor(100))));
    let needing = |basis| {
        let requires = Some(Requirement { min: Money::from_minor(100), basis, left: false });
        Candidate { requires, ..whole() }
    };
    let asks = |share_on, offers: Vec<Candidate>| {
        let mut shop = shop();
        shop.policy.share_on = share_on;
        let pricing = Pricing::start(&basket(&[("A", "10", 1)]), &shop).unwrap();
        pricing.asks_for_rates(&[proposed("ext", offers)])
    };
    assert!(!asks(ShareOn::Price, vec![whole(), rate_off("ten", &[(1, 1)], 10)]));
    assert!(!asks(ShareOn::Price, vec![needing(RequirementBasis::Price)]));
    assert!(asks(ShareOn::Price, vec![needing(RequirementBasis::NetOfTax)]));
    assert!(asks(ShareOn::Price, vec![needing(RequirementBasis::Payable)]));
    assert!(asks(ShareOn::Payable, vec![whole()]));
    assert!(!asks(ShareOn::Payable, vec![rate_off("ten", &[(1, 1)], 10)]));
}

/// 4.00 and 6.00, the second taxed with half of it added: an order offer is shared on 4.00 and 9.00.
fn shared_on_what_is_paid(off: i64, share_on: ShareOn) -> Vec<i64> {
    let mut shop = shop();
    shop.policy.share_on = share_on;
    shop.prices_include_tax = false;
    let mut pricing = Pricing::start(&basket(&[("A", "4", 1), ("B", "6", 1)]), &shop).unwrap();
    pricing.know_rates(tax::fallback(&[2], "VAT", Decimal::new(5, 1), false));
    let whole = candidate("whole", Shape::WholeOrder(Effect::AmountOff(Money::from_minor(off))));
    pricing.apply(Stage::Order, vec![proposed("ext", vec![whole])]).unwrap();
    pricing.snapshot().lines.iter().map(|line| line.gross.minus(line.net).unwrap().minor()).collect()
}

#[test]
fn order_offers_are_shared_on_what_is_paid_where_the_house_says_so() {
    assert_eq!(shared_on_what_is_paid(130, ShareOn::Price), [52, 78]);
    assert_eq!(shared_on_what_is_paid(130, ShareOn::Payable), [40, 90]);
    // The second line would take 6.23 of 9.00, more than it costs: the first takes the rest.
    assert_eq!(shared_on_what_is_paid(900, ShareOn::Payable), [300, 600]);
    assert_eq!(shared_on_what_is_paid(1_000, ShareOn::Payable), [400, 600]);
    assert_eq!(shared_on_what_is_paid(0, ShareOn::Payable), [0, 0]);
}

#[test]
fn what_nobody_decided_is_the_default_policy() {
    let policy = Policy::default();
    assert!(policy.is_default());
    assert!(!Policy { share_on: ShareOn::Payable, ..policy }.is_default());
    let certificate = |saving, bound| Certificate { saving: Decimal::from(saving), bound: Decimal::from(bound) };
    assert!(certificate(3, 3).is_optimal() && !certificate(3, 4).is_optimal());
}

#[test]
fn a_cap_on_what_is_to_be_paid_is_said_to_be_one() {
    let capped = |cap: Option<i64>| {
        let mut offer = candidate("whole", Shape::WholeOrder(Effect::RateOff(Rate::from_fraction(Decimal::new(1, 1)))));
        (offer.basis, offer.mode, offer.cap) = (Basis::Payable, Mode::Compound, cap.map(Money::from_minor));
        let priced = price(&[("A", "10", 1)], &[(Stage::Order, vec![offer])]);
        (priced.decisions[0].saving.minor(), priced.total.minor())
    };
    assert_eq!(capped(None), (100, 900));
    assert_eq!(capped(Some(101)), (100, 900));
    assert_eq!(capped(Some(100)), (100, 900));
    assert_eq!(capped(Some(30)), (30, 970));
}

/// An amount once a line is taken once, though an earlier offer left its pieces at two prices.
#[test]
fn an_amount_once_a_line_is_taken_once() {
    let mut half = rate_off("half", &[(1, 1)], 50);
    half.mode = Mode::Compound;
    let portions = vec![Portion { line: 1, qty: Quantity::pieces(3) }, Portion { line: 2, qty: Quantity::pieces(1) }];
    let effect = Effect::AmountOff(Money::from_minor(150));
    let mut each = candidate("each", Shape::Portions(Chosen { portions, effect, qualifies_on: vec![] }));
    (each.mode, each.spread) = (Mode::Compound, Spread::EachLine);
    let lines = [("A", "2", 3), ("B", "1", 1)];
    let priced = price(&lines, &[(Stage::Line, vec![half]), (Stage::Shop, vec![each])]);
    let nets: Vec<i64> = priced.lines.iter().map(|line| line.net.minor()).collect();
    // 1.00 and 4.00 are left of the first line, less 1.50; the second costs less than that.
    assert_eq!(nets, [350, 0]);
}

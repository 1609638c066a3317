//! What the words record.

use crate::fixture::{attr, check, number, rule, said, snapshot, time};
use expect_test::expect;
use jiff::civil::date;
use pos_domain::pricing::proposal::{AttrValue, CustomerFacts, LineKind, Snapshot};
use pos_money::{Decimal, Quantity, Unit, UnitPrice};
use std::sync::Arc;

const SHELF: &[&str] = &["2 ALE 5.90 draught", "1 CRISPS 1.80 snack", "3 NOVEL 12.00 paperback books"];

#[test]
fn offers_on_selections() {
    check(
        "basket.items.tagged(\"draught\").percent_off(20).called(\"Happy hour\");",
        SHELF,
        expect![[r#"
        Line happy-hour "Happy hour" 20 % off on 1x2 @3
    "#]],
    );
    check(
        "basket.items.tagged(\"DRAUGHT\").free();",
        SHELF,
        expect![[r#"
        Line rule "Rule" 100 % off on 1x2 @3
    "#]],
    );
    check(
        "basket.items.not_tagged(\"draught\").amount_off(5);",
        SHELF,
        expect![[r#"
        Line rule "Rule" 500 off on 2x1 3x3 @3
    "#]],
    );
    check(
        "basket.items.except(\"snack\").amount_off_each(0.5);",
        SHELF,
        expect![[r#"
        Line rule "Rule" 50 off on 1x2 3x3 EachUnit @3
    "#]],
    );
    check(
        "basket.items.except(\"NOVEL\").percent_off(12.5);",
        SHELF,
        expect![[r#"
        Line rule "Rule" 12.5 % off on 1x2 2x1 @3
    "#]],
    );
    check(
        "basket.items.in_department(\"paperback\").fixed_price(9.99);",
        SHELF,
        expect![[r#"
        Line rule "Rule" at 9.99 per 1 on 3x3 @3
    "#]],
    );
    check(
        "basket.items.cheaper_than(5.90).percent_off(1); basket.items.dearer_than(5.90).percent_off(2);",
        SHELF,
        expect![[r#"
        Line rule "Rule" 1 % off on 2x1 @3
        Line rule-no-2 "Rule" 2 % off on 3x3 @3
    "#]],
    );
    check("basket.items.tagged(\"nothing\").percent_off(20);", SHELF, expect![[""]]);
    check(
        "basket.items.percent_off(0); basket.items.amount_off(0); basket.order.amount_off(0.001);",
        SHELF,
        expect![[""]],
    );
}

#[test]
fn offers_on_single_lines_have_ids_by_line() {
    check(
        "for item in basket.items { if item.quantity >= 2 { item.amount_off(0.1).called(\"Each\"); } }",
        SHELF,
        expect![[r#"
        Line each-line-1 "Each" 10 off on 1x2 @3
        Line each-line-3 "Each" 10 off on 3x3 @3
    "#]],
    );
}

#[test]
fn deals_are_recorded_once_whatever_the_quantity() {
    let shelf = &["3000 NOVEL 12.00 paperback", "2 ATLAS 30.00 paperback", "1 ALE 5.90 draught", "5 JUICE 3.00 drink"];
    check(
        "basket.items.tagged(\"paperback\").groups_of(3).cheapest(1).free().called(\"3 for 2\");",
        shelf,
        expect![[r#"
        Shop 3-for-2 "3 for 2" deal [dearest 2 of [1, 2] ] [dearest 1 of [1, 2] 100 % off]  @3
        Shop near 3-for-2: 1 more for 3 for 2
    "#]],
    );
    check(
        "basket.items.tagged(\"paperback\").groups_of(3).for_price(20).at_most(2);",
        shelf,
        expect![[r#"
        Line rule "Rule" deal [3 of [1, 2] ] together 2000 at most 2 @3
    "#]],
    );
    check(
        "basket.items.tagged(\"paperback\").groups_of(2).dearest(1).percent_off(50);",
        shelf,
        expect![[r#"
        Line rule "Rule" deal [dearest 1 of [1, 2] 50 % off] [dearest 1 of [1, 2] ]  @3
    "#]],
    );
    check(
        "basket.items.tagged(\"drink\").groups_of(2).cheapest(2).fixed_price(1);",
        shelf,
        expect![[r#"
        Shop rule "Rule" deal [dearest 2 of [4] at 1 per 1]  @3
        Shop near rule: 1 more for Rule
    "#]],
    );
    check(
        "basket.items.tagged(\"paperback\").buy(2).get(1).amount_off(1);",
        shelf,
        expect![[r#"
        Line rule "Rule" deal [2 of [1, 2] ] [1 of [1, 2] 100 off]  @3
        Line near rule: 1 more for Rule
    "#]],
    );
    check(
        "basket.items.tagged(\"paperback\").buy(2).get(1, basket.items.tagged(\"drink\")).free();",
        shelf,
        expect![[r#"
        Line rule "Rule" deal [2 of [1, 2] ] [1 of [4] 100 % off]  @3
    "#]],
    );
    check(
        "basket.items.tagged(\"draught\").buy(1).plus(2, basket.items.tagged(\"drink\")).for_price(7.5);",
        shelf,
        expect![[r#"
        Line rule "Rule" deal [1 of [3] ] [2 of [4] ] together 750 @3
    "#]],
    );
    check(
        "basket.items.tagged(\"drink\").groups_of(6).percent_off(10);",
        shelf,
        expect![[r#"
        Line rule "Rule" deal [6 of [4] ] 10 % off @3
        Line near rule: 1 more for Rule
    "#]],
    );
    check(
        "basket.items.tagged(\"draught\").groups_of(2).cheapest(1).free().called(\"2 for 1\").at_most(1);",
        shelf,
        expect![[r#"
        Shop 2-for-1 "2 for 1" deal [dearest 1 of [3] ] [dearest 1 of [3] 100 % off]  at most 1 @3
        Shop near 2-for-1: 1 more for 2 for 1
    "#]],
    );
}

#[test]
fn words_after_an_offer_bound_it() {
    check(
        "basket.items.percent_off(25).up_to(200).called(\"Staff discount\").instead_of_other_offers();
         basket.items.percent_off(5).together_with_other_offers().in_group(\"loyalty\").priority(7);
         basket.order.amount_off(5).uses_code(\"SUMMER5\").uses_code(\"X\");
         basket.items.percent_off(25).up_to(200 - 300).called(\"used up\");
         let kept = basket.items.percent_off(3); kept.called(\"Kept\"); kept.up_to(1.005);",
        SHELF,
        expect![[r#"
            Line staff-discount "Staff discount" 25 % off on 1x2 2x1 3x3 Exclusive cap=20000 @3
            Line rule "Rule" 5 % off on 1x2 2x1 3x3 Compound group=loyalty priority=7 @4
            Line kept "Kept" 3 % off on 1x2 2x1 3x3 cap=101 @7
            Order rule-no-2 "Rule" 500 off on the order codes=SUMMER5,X @5
        "#]],
    );
}

#[test]
fn what_offers_may_not_lower_is_left_out() {
    let mut basket =
        snapshot(&["1 CARD 50.00 gift", "1 TOBACCO 9.00 smoke", "1 LOCKED 8.00 snack", "1 ALE 5.90 draught"]);
    basket.lines[0].kind = LineKind::GiftCard;
    Arc::make_mut(&mut basket.lines[1].item).discountable = false;
    basket.lines[2].price_locked = true;
    let all = rule(
        "basket.items.percent_off(10); basket.order.percent_off(5);
         basket.hint(`${basket.total} ${basket.order.total} ${basket.items.total} ${basket.items.count}`);",
    );
    expect![[r#"
        Line rule "Rule" 10 % off on 4x1 @3
        Order rule-no-2 "Rule" 5 % off on the order @3
        Order near rule: 72.90 5.90 22.90 3
    "#]]
    .assert_eq(&said(&all, &basket));
    basket.lines.pop();
    expect![[r#"
        Order near rule: 67.00 0.00 17.00 2
    "#]]
    .assert_eq(&said(&all, &basket));
}

#[test]
fn weighed_lines_are_one_piece_and_keep_their_unit() {
    let mut basket = snapshot(&["1 BANANAS 2.99 fruit", "3 APPLE 0.50 fruit"]);
    let weight = Quantity::new(Decimal::new(482, 3), Unit::Kg);
    basket.lines[0].quantity = weight;
    basket.lines[0].price = UnitPrice::per(Decimal::new(299, 2), Unit::Kg);
    let script = rule(
        "basket.items.fixed_price(1.5).called(\"Fruit\");
         basket.items.groups_of(2).cheapest(1).fixed_price(0.2);
         for item in basket.items { basket.hint(`${item.name} ${item.quantity}${item.unit} ${item.is_weighed} ${item.price}`); }
         basket.hint(`${basket.items.count} pieces`);",
    );
    expect![[r#"
        Line fruit "Fruit" at 1.5 per 1 on 2x3 @3
        Line fruit-per-kg "Fruit" at 1.5 per 1 kg on 1x0.482 kg @3
        Shop rule "Rule" deal [dearest 1 of [1, 2] ] [dearest 1 of [2] at 0.2 per 1]  @4
        Shop near rule: BANANAS 0.482kg true 2.99
        Shop near rule: APPLE 3 false 0.50
        Shop near rule: 4 pieces
    "#]]
    .assert_eq(&said(&script, &basket));
}

fn hints(body: &str, basket: &Snapshot) -> Vec<String> {
    let text = said(&rule(body), basket);
    text.lines().map(|line| line.strip_prefix("Order near rule: ").unwrap_or(line).to_owned()).collect()
}

#[test]
fn the_time_is_the_snapshots() {
    let body = "let now = basket.now;
        basket.hint(`${now.weekday} ${now.hour}:${now.minute} ${now.date} ${now.day}.${now.month}.${now.year} ${now.is_weekend}`);
        basket.hint(`${now.between(\"17:00\", \"17:30\")} ${now.between(\"17:30\", \"19:00\")} ${now.between(\"22:00\", \"17:31\")}`);
        basket.hint(`${now.between_dates(\"2026-11-18\", \"2026-11-18\")} ${now.between_dates(\"2026-12-01\", \"2026-12-24\")}`);
        basket.hint(`${now.is_on(\"wednesday\")} ${now.is_on(\"Sunday\")}`);";
    let mut basket = snapshot(SHELF);
    assert_eq!(
        hints(body, &basket),
        ["Wednesday 17:30 2026-11-18 18.11.2026 false", "false true true", "true false", "true false"]
    );
    basket.now = time(date(2024, 2, 29), 0, 0);
    assert_eq!(
        hints(body, &basket)[..2],
        ["Thursday 0:0 2024-2-29 29.2.2024 false", "false false true"]
            .map(|text| text.replace("2024-2-29", "2024-02-29"))
    );
}

#[test]
fn no_customer_reads_as_no() {
    let body = "let who = basket.customer;
        basket.hint(`${who.is_known} ${who.in_group(\"staff\")} ${who.tier} ${who.points} ${who.age} ${who.has_birthday}`);
        basket.hint(`${who.amount(\"spent\") + 1} ${who.has_attr(\"spent\")} ${who.attr(\"card\") == ()} ${who.groups.length}`);";
    let mut basket = snapshot(SHELF);
    assert_eq!(hints(body, &basket), ["false false  0 0 false", "1 false true 0"]);
    basket.customer = Some(Arc::new(CustomerFacts {
        id: "C1".into(),
        groups: vec!["Staff".into()],
        age: Some(44),
        birthday_in_days: Some(0),
        points: 120,
        tier: Some("gold".into()),
        tax_exempt: None,
        attrs: vec![attr("spent", number("42.50")), attr("card", AttrValue::Text("K7".into()))],
    }));
    assert_eq!(hints(body, &basket), ["true true gold 120 44 true", "43.50 true false 1"]);
}

#[test]
fn codes_and_facts_of_lines_and_baskets() {
    let mut basket = snapshot(SHELF);
    basket.codes = vec!["SUMMER5".into()];
    basket.attrs = vec![attr("channel", AttrValue::Text("web".into())), attr("km", AttrValue::Integer(7))];
    basket.lines[0].attrs = Arc::new([
        attr("size", AttrValue::Text("XL".into())),
        attr("organic", AttrValue::Flag(false)),
        attr("discount", number("1.25")),
        attr("labels", AttrValue::Texts(vec!["a".into(), "b".into()])),
    ]);
    let body = "basket.hint(`${basket.has_code(\"summer5\")} ${basket.has_code(\"x\")} ${basket.codes} ${basket.currency} ${basket.store}`);
        basket.hint(`${basket.attr(\"channel\")} ${basket.amount(\"km\")} ${basket.amount(\"channel\")} ${basket.has_attr(\"none\")}`);
        for item in basket.items.where_attr(\"size\") { basket.hint(`${item.id} ${item.line} ${item.attr(\"labels\")} ${item.amount(\"discount\") * 2}`); }
        let counts = [basket.items.where_attr(\"organic\").count, basket.items.where_attr(\"size\", \"xl\").count,
            basket.items.where_attr(\"discount\", 1.250).count, basket.items.where_attr(\"labels\", \"b\").count, basket.items.where_attr(\"organic\", false).count];
        basket.hint(`${counts}`);
        for item in basket.items { if item.has_tag(\"books\") && item.in_department(\"paperback\") { basket.hint(`${item.tags} ${item.departments} ${item.department} ${item.tax_class} ${item.gross} ${item.net}`); } }";
    expect![[r#"
        true false [SUMMER5] EUR 1
        web 7 0 false
        ALE 1 [a, b] 2.50
        [0, 2, 2, 2, 2]
        [paperback, books] [paperback] paperback standard 36.00 36.00"#]]
    .assert_eq(&hints(body, &basket).join("\n"));
}

#[test]
fn numbers_are_exact_and_division_too() {
    let body = "basket.hint(`${10 / 4} ${10 / 5} ${0.1 + 0.2 == 0.3} ${2.5.round()} ${1.005.round(2)} ${7 / 2 * 2} ${-(3)} ${(7 / 2).floor()} ${(7 / 2).ceiling()} ${min(1, 0.5)} ${max(2, 3)} ${(-4).abs()}`);
        let x = 5; x += 1.5; basket.hint(`${x} ${x > 6} ${[1, 2.5].sum()} ${2 in [1, 2.0]} ${\"12.50\".to_number() + 1} ${\"a\" + 1 == \"a1\"}`);";
    let body = body.replace(" ${\"a\" + 1 == \"a1\"}", "");
    expect![[r#"
        2.5 2 true 3 1.01 7.0 -3 3 4 0.5 3 4
        6.5 true 3.5 true 13.50"#]]
    .assert_eq(&hints(&body, &snapshot(SHELF)).join("\n"));
}

#[test]
fn functions_lists_and_maps_of_ones_own() {
    let body = "let rates = #{ small: 5, large: 10 };
        let seen = [];
        for item in basket.items { seen.push(item.id); offer(item, rates.large, \"Own\"); }
        basket.hint(`${seen} ${seen.length} ${rates.contains(\"small\")} ${rates[\"small\"]}`);
    }
    fn offer(item, percent, label) {
        item.percent_off(percent).called(label);";
    expect![[r#"
        Line own-line-1 "Own" 10 % off on 1x2 @9
        Line own-line-2 "Own" 10 % off on 2x1 @9
        Line own-line-3 "Own" 10 % off on 3x3 @9
        Order near rule: [ALE, CRISPS, NOVEL] 3 true 5
    "#]]
    .assert_eq(&said(&rule(body), &snapshot(SHELF)));
}

#[test]
fn constants_may_hold_things_of_the_basket() {
    check(
        "const drinks = basket.items.tagged(\"draught\"); const off = drinks.percent_off(10); off.called(\"D\");",
        SHELF,
        expect![[r#"
        Line d "D" 10 % off on 1x2 @3
    "#]],
    );
}

#[test]
fn a_write_that_the_check_cannot_see_is_refused_when_it_runs() {
    let text = "fn discount(basket) { if basket.items.count > 3 && basket.customer.points == 7 { change(basket.items); } }\nfn change(items) {\n    for item in items { item.price = 0; }\n}";
    let script = crate::fixture::load(text).unwrap_or_else(|diagnostic| panic!("{diagnostic}"));
    let mut basket = snapshot(SHELF);
    basket.customer = Some(Arc::new(CustomerFacts { points: 7, ..CustomerFacts::default() }));
    expect![[r#"
        Trap: Rule: baskets are read-only; propose a discount instead (scripts/rule.rhai, line 3)
    "#]]
    .assert_eq(&said(&script, &basket));
    let text = text.replace("item.price = 0", "item.tags.push(\"free\")");
    let script = crate::fixture::load(&text).unwrap_or_else(|diagnostic| panic!("{diagnostic}"));
    expect![[r#"
        Trap: Rule: baskets are read-only; propose a discount instead (scripts/rule.rhai, line 3)
    "#]]
    .assert_eq(&said(&script, &basket));
}

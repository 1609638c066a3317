//! What the owner of a bad script reads.

use crate::fixture::load_named;
use expect_test::expect;

fn check(text: &str, expected: expect_test::Expect) {
    let said = match load_named("scripts/happy_hour.rhai", text) {
        Ok(script) => format!("loaded {:?}\n", script.about().discount_stages),
        Err(diagnostic) => diagnostic.to_string(),
    };
    expected.assert_eq(&said);
}

fn check_problem(body: &str, expected: expect_test::Expect) {
    let text = format!("fn discount(basket) {{\n    {body}\n}}");
    let said = match load_named("scripts/happy_hour.rhai", &text) {
        Ok(_) => "loaded".to_owned(),
        Err(diagnostic) => {
            format!("{}:{}+{} {}", diagnostic.line, diagnostic.column, diagnostic.length, diagnostic.problem)
        }
    };
    expected.assert_eq(&said);
}

#[test]
fn a_misspelt_word_is_underlined_with_a_suggestion() {
    let text = "// Happy hour: 20 % off draught drinks.\nfn discount(basket) {\n    if basket.now.is_weekend { return; }\n    basket.items.taged(\"draught\").percent_off(20).called(\"Happy hour\");\n}\n";
    check(
        text,
        expect![[r#"
        Rule "Happy hour" was not loaded: 1 problem              scripts/happy_hour.rhai
          4 |     basket.items.taged("draught").percent_off(20).called("Happy hour");
            |                  ^^^^^ items have no word "taged". Did you mean "tagged"?
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix line 4 and save; the file is checked again at once.
    "#]],
    );
}

#[test]
fn mistakes_are_found_in_branches_that_no_basket_reaches() {
    for (body, expected) in [
        ("if false { basket.itms.free(); }", expect![[r#"2:23+4 a basket has no word "itms". Did you mean "items"?"#]]),
        (
            "for item in basket.items { if item.qantity > 3 { item.free(); } }",
            expect![[r#"2:40+7 an item has no word "qantity". Did you mean "quantity"?"#]],
        ),
        (
            "let x = basket.items.tagged(\"a\"); x.percentoff(10);",
            expect![[r#"2:41+10 items have no word "percentoff". Did you mean "percent_off"?"#]],
        ),
        (
            "basket.items.percent_off(10).caled(\"x\");",
            expect![[r#"2:34+5 an offer has no word "caled". Did you mean "called"?"#]],
        ),
        (
            "switch basket.now.weekday { \"Moonday\" => basket.items.fre(), _ => () }",
            expect![[r#"2:59+3 items have no word "fre". Did you mean "free"?"#]],
        ),
        (
            "basket.items.tagged;",
            expect![[r#"2:18+6 "tagged" wants parentheses, like basket.items.tagged("draught")"#]],
        ),
        ("basket.items();", expect![[r#"2:12+5 "items" is written without parentheses, like basket.items"#]]),
        (
            "basket.items.count();",
            expect![[r#"2:18+5 "count" is written without parentheses, like basket.items.count"#]],
        ),
        (
            "basket.items.tagged(\"a\", \"b\");",
            expect![[r#"2:18+6 "tagged" wants 1 value in its parentheses, like basket.items.tagged("draught")"#]],
        ),
        (
            "basket.now.between(\"17:00\");",
            expect![[
                r#"2:16+7 "between" wants 2 values in its parentheses, like basket.now.between("17:00", "19:00")"#
            ]],
        ),
        ("basket.total = 5;", expect!["2:12+5 baskets are read-only; propose a discount instead"]),
        (
            "for item in basket.items { item.price = 0; }",
            expect!["2:37+5 baskets are read-only; propose a discount instead"],
        ),
        ("basket.now.hour += 1;", expect!["2:16+4 baskets are read-only; propose a discount instead"]),
        (
            "basket.items[0] = 1;",
            expect!["2:17+1 items have no places; go through them with for item in basket.items { … }"],
        ),
        (
            "if basket.items > 3 { }",
            expect![[r#"2:21+1 items cannot be used with >. Did you mean its ".count" or ".total"?"#]],
        ),
        (
            "if basket.order >= 50 { }",
            expect![[r#"2:21+1 the order cannot be used with >=. Did you mean its ".total"?"#]],
        ),
        (
            "tagged(basket.items, \"a\");",
            expect![[r#"2:5+6 "tagged" belongs after a dot, like basket.items.tagged(…)"#]],
        ),
        ("mim(1, 2);", expect![[r#"2:5+3 there is no function "mim". Did you mean "min"?"#]]),
        ("let y = whatever(1);", expect![[r#"2:13+8 there is no function "whatever"."#]]),
        ("baskt.items.free();", expect![[r#"2:5+5 "baskt" is not known here. Did you mean "basket"?"#]]),
        ("let total = 1; print(totl);", expect![[r#"2:26+4 "totl" is not known here. Did you mean "total"?"#]]),
        ("basket.items.percent_off(120);", expect!["2:18+11 percent_off wants a percentage from 0 to 100, not 120"]),
        ("basket.items.percent_off(\"20\");", expect!["2:18+11 percent_off wants a number, not text"]),
        ("basket.items.tagged(20);", expect![[r#"2:18+6 tagged wants text in quotes, like "draught", not a number"#]]),
        ("basket.items.amount_off(-1);", expect!["2:18+10 amount_off wants an amount of 0 or more, not -1"]),
        ("basket.items.groups_of(0);", expect!["2:18+9 groups_of wants a whole number from 1 to 1000, not 0"]),
        ("basket.items.groups_of(2.5);", expect!["2:18+9 groups_of wants a whole number from 1 to 1000, not 2.5"]),
        (
            "basket.items.groups_of(2).cheapest(3).free();",
            expect!["2:31+8 cheapest(3) asks for more pieces than a group of 2 has"],
        ),
        (
            "basket.now.between(\"5 pm\", \"7 pm\");",
            expect![[r#"2:16+7 "5 pm" is not a time of day; write it like "17:00""#]],
        ),
        (
            "basket.items.percent_off(5).called(\"\");",
            expect!["2:33+6 called wants the name that customers read on the receipt"],
        ),
        (
            "basket.items.percent_off(5).at_most(2);",
            expect!["2:33+7 at_most counts the sets of a deal; for an amount use up_to"],
        ),
        (
            "let x = basket.customer.attr(\"nothing\") + 1;",
            expect!["2:45+1 + cannot be used between nothing and a number"],
        ),
        ("if basket.total = 5 { }", expect!["2:21+1 a single = stores a value; to compare, write =="]),
        ("basket.items.free()", expect!["loaded"]),
        ("basket.items.free() basket.items.free()", expect!["2:25+6 a ; is missing before this"]),
        ("basket.items.tagged(\"a).free();", expect![[r#"2:25+1 a closing quote " is missing on this line"#]]),
        ("import \"x\" as y;", expect!["2:5+6 rules cannot import files; put everything into this one"]),
        ("eval(\"1\");", expect![[r#"2:5+4 "eval" cannot be used in rules"#]]),
        (
            "let f = |x| x + 1;",
            expect!["2:13+1 functions cannot be stored in variables; write fn name(x) { … } below this function"],
        ),
        ("sleep(10);", expect!["2:5+5 rules cannot wait"]),
        ("throw \"no offers today\";", expect!["2:5+5 no offers today"]),
        (
            "loop { }",
            expect![
                "2:5+4 the rule did not come to an end: it was stopped here after too many steps. Is there a loop that never stops?"
            ],
        ),
        ("let x = [1]; x.push(\"a\"); x.sum();", expect!["2:33+3 sum wants a number, not text"]),
        ("let m = #{ a: 1 }; print(m.b);", expect![[r#"2:32+1 the map has no entry "b""#]]),
        ("1 / 0;", expect!["2:7+1 a number cannot be divided by zero"]),
        ("if basket.total { }", expect!["2:14+1 this should be true or false, not a number"]),
    ] {
        check_problem(body, expected);
    }
}

#[test]
fn a_script_needs_its_function() {
    check(
        "",
        expect![[r#"
        Rule "Happy hour" was not loaded: 1 problem              scripts/happy_hour.rhai
          a rule is a function fn discount(basket) { … }; that is what the register calls, and there is none in this file
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix the file and save; the file is checked again at once.
    "#]],
    );
    check(
        "// Nothing: here.\n",
        expect![[r#"
        Rule "Nothing" was not loaded: 1 problem              scripts/happy_hour.rhai
          a rule is a function fn discount(basket) { … }; that is what the register calls, and there is none in this file
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix the file and save; the file is checked again at once.
    "#]],
    );
    check(
        "fn discout(basket) { }",
        expect![[r#"
        Rule "Happy hour" was not loaded: 1 problem              scripts/happy_hour.rhai
          1 | fn discout(basket) { }
            |                    ^ a rule is a function fn discount(basket) { … }; that is what the register calls. Did you mean "discount" instead of "discout"?
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix line 1 and save; the file is checked again at once.
    "#]],
    );
    check(
        "fn discount() { }",
        expect![[r#"
        Rule "Happy hour" was not loaded: 1 problem              scripts/happy_hour.rhai
          1 | fn discount() { }
            |               ^ a rule is a function fn discount(basket) { … }; that is what the register calls, with the basket as its one parameter
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix line 1 and save; the file is checked again at once.
    "#]],
    );
    check(
        "let x = 1;\nfn discount(basket) { }",
        expect![[r#"
        Rule "Happy hour" was not loaded: 1 problem              scripts/happy_hour.rhai
          1 | let x = 1;
            | ^^^ only functions may stand here; move this into fn discount(basket) { … }
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix line 1 and save; the file is checked again at once.
    "#]],
    );
    check(
        "fn discount(basket) {\n    basket.items.free();\n",
        expect![[r#"
        Rule "Happy hour" was not loaded: 1 problem              scripts/happy_hour.rhai
          3 | 
            | ^ a "}" is missing here
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix line 3 and save; the file is checked again at once.
    "#]],
    );
}

#[test]
fn a_file_that_is_not_text_is_refused_with_its_place() {
    use pos_api::port::{ExtensionLoader, ExtensionSource};
    let source = ExtensionSource {
        file: "scripts/x.rhai".into(),
        manifest: String::new(),
        code: b"fn discount(basket) {\n  // caf\xe9\n}".as_slice().into(),
        configuration: "{}".into(),
    };
    let Err(diagnostic) = crate::fixture::LOADER.load(&source) else { panic!("it loaded") };
    expect![[r#"
        Rule "X" was not loaded: 1 problem              scripts/x.rhai
          2 |   // caf�
            |         ^ this letter is not UTF-8; save the file as UTF-8
          What happens now: sales go on with the last version of this rule that worked; without the rule, if there is none.
          What to do: fix line 2 and save; the file is checked again at once.
    "#]].assert_eq(&diagnostic.to_string());
}

#[test]
fn only_the_stages_it_can_reach_are_declared() {
    for (body, expected) in [
        ("basket.items.free();", "[Line]"),
        ("basket.items.groups_of(3).cheapest(1).free();", "[Shop]"),
        ("basket.items.groups_of(3).for_price(5);", "[Line]"),
        ("basket.order.amount_off(5);", "[Order]"),
        ("let order = basket.order; let offer = order.percent_off(5); offer.called(\"x\");", "[Order]"),
        ("basket.items.free(); basket.order.percent_off(1);", "[Line, Order]"),
        ("let x = basket.items; if basket.total > 5 { x = basket.order; } x.percent_off(5);", "[Line, Shop, Order]"),
        ("for item in basket.items { item.free(); }", "[Line]"),
        ("basket.hint(\"x\");", "[Order]"),
        ("", "[Line]"),
    ] {
        let script = crate::fixture::rule(body);
        assert_eq!(format!("{:?}", script.about().discount_stages), expected, "{body}");
    }
}

//! What a case may say and what happens where it is wrong.

use crate::price;
use pos_case::{Extensions, NoExtensions, is_refused, schema};
use pos_domain::pricing::proposal::{Candidate, Effect, Message, Proposal, Shape, Snapshot, Stage};
use pos_money::{Decimal, Rate};
use pos_reference::generate::{Random, Shape as Kind, generate, spoil};
use pos_reference::vectors::{PEERS, deals, peer};
use serde_json::{Value, json};

const KINDS: [Kind; 4] = [Kind::Tax, Kind::Offers, Kind::ForcedPicks, Kind::Returns];

fn generated(seed: u64, kind: Kind) -> Value {
    let case = generate(seed, kind);
    if kind == Kind::Returns { case["case"].clone() } else { case }
}

pub(crate) fn validator(definition: &str) -> jsonschema::Validator {
    let mut whole = schema();
    whole.as_object_mut().unwrap().remove("anyOf");
    whole["$ref"] = json!(format!("#/$defs/{definition}"));
    jsonschema::validator_for(&whole).unwrap()
}

pub(crate) fn check_valid(validator: &jsonschema::Validator, value: &Value, what: &str) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(errors.is_empty(), "{what}: {errors:?}\n{value}");
}

/// Everything the reference can say is understood here, and both schemas hold.
#[test]
fn every_case_of_the_reference_is_understood() {
    let (cases, results) = (validator("case"), validator("result"));
    let peers = PEERS.iter().flat_map(|name| peer(name)).chain(deals()).map(|peer| (peer.id, peer.case));
    let random = (0..150).flat_map(|seed| KINDS.map(|kind| (format!("{kind:?} {seed}"), generated(seed, kind))));
    for (name, case) in peers.chain(random) {
        check_valid(&cases, &case, &name);
        let result = price(&case);
        assert!(!is_refused(&result), "{name}: {result}");
        check_valid(&results, &result, &name);
    }
}

fn refused(case: Value, code: &str, place: &str, next: &str) {
    let result = price(&case);
    let refusal = &result["refused"];
    assert_eq!((&refusal["code"], &refusal["place"], &refusal["next"]), (&json!(code), &json!(place), &json!(next)));
    check_valid(&validator("refused"), &result, place);
}

#[test]
fn mistakes_are_named_at_their_place() {
    let with = |key: &str, value: Value| json!({ "currency": "EUR", "lines": [{ "unit_price": "1" }], key: value });
    let line = |key: &str, value: Value| with("lines", json!([{ "unit_price": "1", key: value }]));
    refused(with("candiates", json!([])), "unknown_key", "", "Did you mean \"candidates\"?");
    refused(line("unitprice", json!(1)), "unknown_key", "lines[0]", "Did you mean \"unit_price\"?");
    refused(
        line("taxes", json!([{ "code": "a", "rat": 1 }])),
        "unknown_key",
        "lines[0].taxes[0]",
        "Did you mean \"rate\"?",
    );
    refused(line("taxes", json!([{ "code": "a" }])), "missing_key", "lines[0].taxes[0].rate", "Add it.");
    refused(line("qty", json!("1,5")), "wrong_value", "lines[0].qty", "Correct the value.");
    refused(line("uom", json!("kgs")), "wrong_value", "lines[0].uom", "Did you mean \"kg\"?");
    refused(with("rounding", json!({ "mode": "halfup" })), "wrong_value", "rounding.mode", "Did you mean \"half-up\"?");
    refused(
        with("rounding", json!({ "increment": "0.001" })),
        "wrong_value",
        "rounding.increment",
        "Correct the value.",
    );
    refused(with("now", json!("yesterday")), "wrong_value", "now", "Correct the value.");
    refused(
        with("policy", json!({ "groups": { "a": "best" } })),
        "wrong_value",
        "policy.groups.a",
        "Choose one of best-price, priority, list-order.",
    );
    let shape = |effect: Value| with("candidates", json!([{ "id": "a", "shape": { "whole-order": effect } }]));
    refused(
        shape(json!({ "rate-off": 10 })),
        "wrong_value",
        "candidates[0].shape.whole-order.rate-off",
        "Correct the value.",
    );
    refused(
        shape(json!({ "rate_off": 1 })),
        "unknown_key",
        "candidates[0].shape.whole-order",
        "Did you mean \"rate-off\"?",
    );
    refused(
        shape(json!({ "amount-off": "1.005" })),
        "wrong_value",
        "candidates[0].shape.whole-order.amount-off",
        "Correct the value.",
    );
    let deal = json!([{ "id": "a", "shape": { "deal": { "slots": [{ "pool": [2] }] } } }]);
    refused(with("candidates", deal), "wrong_value", "candidates[0].shape.deal.slots[0].pool[0]", "Choose one of 1.");
    refused(
        with("scripts", json!(["a.rhai"])),
        "extension_failed",
        "scripts",
        "Correct it, or leave it out of the case.",
    );
    refused(json!({ "lines": [] }), "missing_key", "currency", "Add it.");
    let tenders = json!([{ "kind": "coupon", "amount": "2" }]);
    refused(with("tenders", tenders), "tender_gives_no_change", "", "Enter at most the amount due.");
}

#[test]
fn an_array_in_gives_an_array_out() {
    let text = r#"[{"currency": "EUR", "lines": [{"unit_price": 12345678901234567.89}]}, {"currency": "XXX"}, 7]"#;
    let results = pos_case::price(text, &mut NoExtensions);
    assert_eq!(results[0]["total_included"], "12345678901234567.89", "no digit is lost");
    assert_eq!(results[1]["refused"]["place"], "currency");
    assert_eq!(results[2]["refused"]["message"], "the case must be an object.");
    assert!(is_refused(&results) && results.as_array().unwrap().len() == 3);
    assert_eq!(pos_case::price("[]", &mut NoExtensions), json!([]));
    assert_eq!(pos_case::price("[1,", &mut NoExtensions)["refused"]["code"], "malformed");
}

#[test]
fn no_input_panics_and_no_answer_is_minus_zero() {
    let mut random = Random::new(7);
    let (mut priced, mut turned_down) = (0, 0);
    for seed in 0..4_000 {
        let mut case = generated(seed, random.of(KINDS));
        case["tenders"] = json!([{ "kind": "cash", "amount": "5" }]);
        case["manual"] = json!({ "lines": [{ "line": 1, "discount": { "final-price": "1" } }], "basket": { "discount": { "rate-off": "0.1" } } });
        for _ in 0..random.between(1, 3) {
            // Not at the top: there it would only ever be the currency.
            let part = random.of(["lines", "lines", "rounding", "manual", "tenders", "candidates", "candidates"]);
            spoil(&mut case[part], &mut random);
        }
        let result = price(&case);
        assert!(!result.to_string().contains("\"-0\"") && !result.to_string().contains("\"-0.00\""), "{result}");
        *if is_refused(&result) { &mut turned_down } else { &mut priced } += 1;
    }
    assert!(priced > 300 && turned_down > 500, "{priced} priced, {turned_down} refused");
}

/// One line of 10.00 with 10 % tax in it.
fn ten() -> Value {
    json!({ "currency": "EUR", "lines": [{ "unit_price": "10", "taxes": [{ "code": "V", "rate": "0.1", "included": true }] }] })
}

fn check(extra: Value, figures: [(&str, &str); 3]) {
    check_valid(&validator("case"), &with(&extra), "case");
    check_priced(extra, figures);
}

fn with(extra: &Value) -> Value {
    let mut case = ten();
    for (key, value) in extra.as_object().unwrap() {
        case[key] = value.clone();
    }
    case
}

fn check_priced(extra: Value, figures: [(&str, &str); 3]) {
    let result = price(&with(&extra));
    for (key, expected) in figures {
        assert_eq!(result.pointer(key), Some(&json!(expected)), "{key} of {result}");
    }
}

#[test]
fn people_and_programmes_come_at_their_place() {
    let order = json!([{ "id": "ten", "shape": { "whole-order": { "rate-off": "0.1" } } }]);
    let total = "/total_included";
    // By hand on the line: the order offer leaves it alone.
    check(
        json!({ "candidates": order, "manual": { "lines": [{ "line": 1, "discount": { "final-price": "7" }, "reason": "dented" }] } }),
        [(total, "7.00"), ("/lines/0/modifiers/0/source", "manual"), ("/candidates/0/state", "lost")],
    );
    // By hand on the basket: after the order offer, on what is left; then the reward.
    check(
        json!({
            "candidates": order,
            "manual": { "basket": { "discount": { "rate-off": "0.5" } } },
            "rewards": [{ "id": "points", "kind": "discount", "value": "2" }],
        }),
        [(total, "2.50"), ("/lines/0/modifiers/1/amount", "-4.50"), ("/lines/0/modifiers/2/id", "points")],
    );
    // A price by hand is locked.
    check(
        json!({ "candidates": order, "manual": { "overrides": [{ "line": "1", "price": "8" }] } }),
        [(total, "8.00"), ("/discount", "0.00"), ("/explain/0/steps/0/title", "Price given by the calling program")],
    );
    check(
        json!({ "price_proposals": [{ "line": "1", "price": { "value": "27", "per": "3" } }] }),
        [(total, "9.00"), ("/lines/0/gross", "9.00"), ("/total_tax", "0.82")],
    );
}

#[test]
fn tenders_settle_the_total() {
    check(
        json!({ "rewards": [{ "id": "points", "kind": "tender", "value": "3" }], "tenders": [{ "kind": "cash", "amount": "10" }] }),
        [("/change", "3.00"), ("/tenders/0/amount", "3.00"), ("/total_tax", "0.91")],
    );
    check(
        json!({ "tenders": [{ "kind": "coupon", "amount": "1.02" }, { "kind": "cash", "cash_rounding": "0.05" }] }),
        [("/change", "0.00"), ("/tenders/1/amount", "9.00"), ("/cash_rounding", "0.02")],
    );
    check(
        json!({ "tenders": [{ "kind": "cash", "amount": "4" }] }),
        [("/due", "6.00"), ("/tenders/0/kind", "cash"), ("/total_included", "10.00")],
    );
}

#[test]
fn an_exempt_tax_comes_out_of_the_price_unless_it_is_kept() {
    let taxed = |keep: bool| json!({ "lines": [{ "unit_price": "11", "taxes": [{ "code": "V", "rate": "0.1", "included": true, "exempt": "export", "keep_price": keep }] }] });
    check(taxed(false), [("/total_included", "10.00"), ("/total_tax", "0.00"), ("/lines/0/paid", "10.00")]);
    check(taxed(true), [("/total_included", "11.00"), ("/total_tax", "0.00"), ("/total_excluded", "11.00")]);
}

/// Takes 10 % off everything in the order's stage, and remembers what it saw.
#[derive(Default)]
struct Tenth(Vec<String>);

impl Tenth {
    fn propose(&mut self, what: &str, stage: Stage, basket: &Snapshot) -> Result<Proposal, String> {
        let net = basket.currency.format(basket.lines[0].net);
        self.0.push(format!("{what} {stage:?} {net} {}", basket.codes.join(" ")));
        let candidate = Candidate {
            id: "tenth".into(),
            shape: Shape::WholeOrder(Effect::RateOff(Rate::from_fraction(Decimal::new(1, 1)))),
            mode: Default::default(),
            group: Some(what.into()),
            priority: 0,
            basis: Default::default(),
            spread: Default::default(),
            requires: None,
            cap: None,
            limits: None,
            consumes_codes: Vec::new(),
            label: Message::text("A tenth"),
            attrs: Vec::new(),
        };
        let candidates = if stage == Stage::Order { vec![candidate] } else { Vec::new() };
        Ok(Proposal { candidates, ..Proposal::default() })
    }
}

impl Extensions for Tenth {
    fn offers(&mut self, config_json: &str, stage: Stage, basket: &Snapshot) -> Result<Proposal, String> {
        assert_eq!(config_json, r#"{"off":0.1}"#, "the configuration arrives as it was written");
        self.propose("offers", stage, basket)
    }

    fn script(&mut self, path: &str, stage: Stage, basket: &Snapshot) -> Result<Proposal, String> {
        self.propose(path, stage, basket)
    }
}

#[test]
fn extensions_are_asked_once_a_stage() {
    let mut case = ten();
    case["codes"] = json!(["SPRING"]);
    case["offers"] = json!({ "off": 0.1 });
    case["scripts"] = json!(["tenth.rhai"]);
    let mut tenth = Tenth::default();
    let result = pos_case::price(&case.to_string(), &mut tenth);
    assert_eq!(tenth.0.len(), 6);
    assert_eq!(tenth.0[4], "offers Order 10.00 SPRING");
    assert_eq!(result["lines"][0]["modifiers"][0]["source"], "promotions");
    assert_eq!(result["candidates"].as_array().unwrap().len(), 2);
}

/// Nothing changes where a case is written otherwise: kebab-case keys, numbers for text.
#[test]
fn keys_may_be_written_like_the_contract() {
    let deal = json!([{ "id": "a", "consumes-codes": ["X"], "shape": { "deal": { "slots": [{ "pool": [1], "count": 1 }], "together": { "bundle-price": 7 }, "repeat-max": 1 } } }]);
    let figures = [("/total_included", "7.00"), ("/lines/0/net", "7.00"), ("/discount", "3.00")];
    check_priced(json!({ "candidates": deal }), figures);
}

/// Every candidate that was not given says what it lacks or who won, and every figure how it was rounded.
#[test]
fn a_line_tells_its_whole_story() {
    let deal = |id: &str, pool: Value, count: i64, effect: Value| json!({ "id": id, "label": id, "shape": { "deal": { "slots": [{ "pool": pool, "count": count }], "together": effect } } });
    let result = price(&json!({
        "currency": "EUR",
        "lines": [
            { "sku": "SOAP", "qty": 3, "unit_price": "1.999", "taxes": [{ "code": "V", "rate": "0.19", "included": true }] },
            { "sku": "BEER", "qty": 5, "unit_price": "1.00", "taxes": [{ "code": "V", "rate": "0.19", "included": true }] },
        ],
        "candidates": [
            deal("3 for 2", json!([1]), 3, json!({ "bundle-price": "4.00" })),
            deal("Little off", json!([1]), 1, json!({ "amount-off": "0.10" })),
            deal("Crate", json!([2]), 6, json!({ "bundle-price": "4.00" })),
        ],
    }));
    let told = |line: usize| -> Vec<String> {
        let steps = result["explain"][line]["steps"].as_array().unwrap();
        let word = |step: &Value, key: &str| step[key].as_str().unwrap_or("-").to_owned();
        steps.iter().map(|step| ["kind", "title", "detail", "amount"].map(|key| word(step, key)).join(" | ")).collect()
    };
    assert_eq!(
        told(0),
        [
            "price | Regular price | 3 × 1.999 | 6.00",
            "rounding | Rounded to the smallest amount | half-up from 5.997 | 0.003",
            "modifier | 3 for 2 | case 3 for 2 · line stage · 1 set · on 3 · 6.00 becomes 4.00 | -2.00",
            "lost | Little off | not used: worth 0.30, not more than 3 for 2 2.00 | -",
            "tax | V 19 % included | on 3.36 · 1.436975… on the receipt, half-up to 0.01 is 1.44 | 0.64",
            "total | To pay for this line |  | 4.00",
        ]
    );
    assert_eq!(told(1)[1], "unmet | Crate | not met: needs 6 of BEER, the basket has 5 | -");
    assert_eq!(told(1)[2], "near-miss | Crate | 1 more of BEER | -");
    assert_eq!(result["near_misses"], json!([{ "offer": "Crate", "missing": "1 more of BEER" }]));
    assert_eq!(result["taxes"][0]["rounding"], "per receipt, half-up to 0.01");
}

#[test]
fn an_offer_that_names_a_fee_lowers_it_and_an_order_discount_does_not() {
    let goods = json!({ "unit_price": "40.00" });
    let delivery = json!({ "kind": "fee", "unit_price": "4.90" });
    let whole = json!({ "id": "tenth", "shape": { "whole-order": { "rate-off": "0.1" } } });
    let named = json!({
        "id": "free-delivery", "mode": "compound", "stage": "order", "requires": { "min": "40" },
        "shape": { "portions": { "portions": [{ "line": "2" }], "effect": { "rate-off": "1" } } },
    });
    let total = |candidates: Value| {
        let case = json!({ "currency": "EUR", "lines": [goods, delivery], "candidates": candidates });
        let result = price(&case);
        assert!(!is_refused(&result), "{result}");
        result["total_included"].clone()
    };
    assert_eq!(total(json!([])), "44.90");
    assert_eq!(total(json!([whole])), "40.90");
    assert_eq!(total(json!([named])), "40.00");
    let mut unmet = named.clone();
    unmet["requires"]["min"] = json!("40.01");
    assert_eq!(total(json!([unmet])), "44.90", "a fee does not count to a threshold");
}

/// Goods that an extension closes to offers are nothing to an order offer, its threshold, and a discount on what is paid.
#[test]
fn lines_that_an_order_offer_leaves_out_count_to_nothing() {
    let case = |offer: Value| {
        let mut offer = offer;
        offer["id"] = json!("o");
        offer["attrs"] = json!({ "except-lines": { "texts": ["2", "7"] } });
        let taxes = json!([{ "code": "V", "rate": "0.19" }]);
        let lines = json!([
            { "unit_price": "30.00", "taxes": taxes }, { "unit_price": "10.00", "taxes": taxes },
        ]);
        json!({ "currency": "EUR", "prices_include_tax": true, "lines": lines, "candidates": [offer] })
    };
    let rate = json!({ "whole-order": { "rate-off": "0.1" } });
    let amount = json!({ "whole-order": { "amount-off": "4.00" } });
    for (offer, first) in [
        (json!({ "shape": rate }), "27.00"),
        (json!({ "shape": amount }), "26.00"),
        (json!({ "shape": { "whole-order": { "rate-off": "1" } } }), "0.00"),
        (json!({ "shape": rate, "basis": "payable", "mode": "compound" }), "27.00"),
        (json!({ "shape": amount, "basis": "payable", "mode": "compound" }), "26.00"),
        (json!({ "shape": rate, "requires": { "min": "30.00" } }), "27.00"),
        (json!({ "shape": rate, "requires": { "min": "30.01" } }), "30.00"),
        (json!({ "shape": rate, "requires": { "min": "30.01", "left": true } }), "30.00"),
    ] {
        let result = price(&case(offer.clone()));
        let paid = |line: usize| result["lines"][line]["paid"].clone();
        assert_eq!((paid(0), paid(1)), (json!(first), json!("10.00")), "{offer}");
    }
}

/// A hundred percent off is nothing to pay, whatever roundings came before.
#[test]
fn nothing_is_left_after_a_hundred_percent() {
    for mode in ["half-up", "half-even", "half-down", "up", "down"] {
        for at in ["line", "candidate"] {
            for group in [None, Some(["a", "b", "c"])] {
                let candidate = |index: usize, rate: &str| {
                    let portions = json!([{ "line": 1 }, { "line": 2 }]);
                    let mut candidate = json!({
                        "id": format!("c{index}"), "mode": "compound", "priority": 9 - index,
                        "shape": { "portions": { "portions": portions, "effect": { "rate-off": rate } } },
                    });
                    if let Some(groups) = group {
                        candidate["mode"] = json!("best-price");
                        candidate["group"] = json!(groups[index]);
                    }
                    candidate
                };
                let case = json!({
                    "currency": "EUR",
                    "policy": { "discount_rounding": { "mode": mode, "at": at } },
                    "lines": [{ "unit_price": "1.00" }, { "unit_price": "0.37" }],
                    "candidates": [candidate(0, "0.103"), candidate(1, "0.1488"), candidate(2, "1")],
                });
                let result = price(&case);
                assert_eq!(result["total_included"], "0.00", "{mode} {at} {group:?}");
                assert_eq!(result["discount"], "1.37");
            }
        }
    }
}

/// Caps, limits and amounts by hand are met to the cent where every line is rounded by itself, too.
#[test]
fn an_amount_is_met_to_the_cent_wherever_is_rounded() {
    let lines = json!([{ "unit_price": "1.00" }, { "unit_price": "1.00" }, { "unit_price": "1.00" }]);
    for mode in ["half-up", "up", "down"] {
        let policy = json!({ "discount_rounding": { "mode": mode, "at": "line" } });
        let case = |key: &str, value: Value| {
            let mut case = json!({ "currency": "EUR", "policy": policy, "lines": lines });
            case[key] = value;
            price(&case)
        };
        let rate = json!({ "whole-order": { "rate-off": "0.5" } });
        let capped = case("candidates", json!([{ "id": "c", "shape": rate, "cap": "1.33" }]));
        let within = capped["discount"].as_str().unwrap();
        assert!(["1.32", "1.33"].contains(&within), "{mode} {within}");
        let by_hand = case("manual", json!({ "basket": { "discount": { "amount-off": "1.00" } } }));
        let reward = case("rewards", json!([{ "id": "r", "value": "1.00", "points": 5 }]));
        let bundle =
            json!({ "deal": { "slots": [{ "pool": [1, 2, 3], "count": 3 }], "together": { "bundle-price": "2.00" } } });
        let bundle = case("candidates", json!([{ "id": "c", "shape": bundle }]));
        for result in [by_hand, reward, bundle] {
            assert_eq!(result["discount"], "1.00", "{mode}: {result}");
        }
    }
}

#[test]
fn offers_that_lose_say_to_whom_and_budgets_say_so() {
    let portions = |rate: &str| json!({ "portions": { "portions": [{ "line": 1 }], "effect": { "rate-off": rate } } });
    let case = |one: Value, budgets: Value| {
        let mut other = json!({ "id": "other", "shape": portions("0.1") });
        other["mode"] = one["other"].clone();
        let mut one = one;
        one.as_object_mut().unwrap().remove("other");
        if other["mode"].is_null() {
            other.as_object_mut().unwrap().remove("mode");
        }
        let lines = json!([{ "unit_price": "10.00" }]);
        price(&json!({ "currency": "EUR", "lines": lines, "candidates": [one, other], "budgets": budgets }))
    };
    let state = |result: &Value, id: &str| {
        let found = result["candidates"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
        (found["state"].as_str().unwrap().to_owned(), found["reason"].as_str().unwrap().to_owned())
    };
    let exclusive = case(json!({ "id": "one", "shape": portions("0.05"), "mode": "exclusive" }), json!([]));
    assert_eq!(state(&exclusive, "other"), ("lost".into(), "its pieces went to one".into()));
    let budget = |left: &str| json!([{ "offer": "one", "kind": "spend", "left": left, "on_exceed": "skip" }]);
    let one = json!({ "id": "one", "shape": portions("0.2") });
    assert_eq!(state(&case(one.clone(), budget("1.99")), "one").0, "budget");
    assert_eq!(state(&case(one.clone(), budget("2.00")), "one").0, "applied");
    let capped = json!([{ "offer": "one", "kind": "spend", "left": "0", "on_exceed": "cap" }]);
    assert_eq!(state(&case(one, capped), "one").0, "budget");
    let dear = json!({ "portions": { "portions": [{ "line": 1 }], "effect": { "fixed-price": "12" } } });
    let dear = case(json!({ "id": "one", "shape": dear }), json!([]));
    assert_eq!(state(&dear, "one"), ("lost".into(), "it would save nothing".into()));
}

/// What no line, tax or reward can be is refused where it stands.
#[test]
fn figures_out_of_their_range_are_refused_at_their_place() {
    let case = |tax: Value, more: Value| {
        let mut tax = tax;
        tax["code"] = json!("T");
        let mut case = json!({ "currency": "EUR", "lines": [{ "unit_price": "10.00", "taxes": [tax] }] });
        for (key, value) in more.as_object().unwrap() {
            case[key] = value.clone();
        }
        price(&case)
    };
    let reward = |max: u32| json!([{ "id": "r", "value": "1", "points": 60, "max_times": max }]);
    for (tax, more, place) in [
        (json!({ "rate": "0.1", "share": "-1" }), json!({}), "lines[0].taxes[0].share"),
        (json!({ "rate": "0.1", "share": "1.01" }), json!({}), "lines[0].taxes[0].share"),
        (json!({ "rate": "0.1", "above": "-1" }), json!({}), "lines[0].taxes[0].above"),
        (json!({ "rate": "0.1", "tax_max": "-1" }), json!({}), "lines[0].taxes[0].tax_max"),
        (json!({ "rate": "0.1", "exempt": "" }), json!({}), "lines[0].taxes[0].exempt"),
        (json!({ "rate": "+0.1" }), json!({}), "lines[0].taxes[0].rate"),
        (json!({ "rate": "0.1" }), json!({ "rewards": reward(0) }), "rewards[0].max_times"),
        (json!({ "rate": "0.1" }), json!({ "rewards": reward(1), "customer": { "points": 59 } }), "rewards"),
        (json!({ "rate": "0.1" }), json!({ "tenders": [{ "amount": "-5" }] }), ""),
        (
            json!({ "rate": "0.1" }),
            json!({ "price_proposals": [{ "line": 1, "price": 1, "reason": { "x": 1 } }] }),
            "price_proposals[0].reason",
        ),
    ] {
        let result = case(tax, more);
        assert_eq!(result["refused"]["place"], place, "{result}");
    }
    assert_eq!(
        case(json!({ "rate": "0.1" }), json!({ "rewards": reward(1), "customer": { "points": 60 } }))["discount"],
        "1.00"
    );
}

/// One amount for each piece and each kilogram is one tax; a price for a kilogram says nothing about pieces.
#[test]
fn pieces_and_kilograms_get_along() {
    let fee = json!([{ "code": "F", "kind": "fixed-per-unit", "amount": "0.10" }]);
    let case = json!({ "currency": "EUR", "prices_include_tax": false, "lines": [
        { "unit_price": "1.00", "qty": 3, "taxes": fee },
        { "unit_price": "2.00", "qty": "0.5", "uom": "kg", "taxes": fee },
    ], "candidates": [{ "id": "c", "shape": { "portions": {
        "portions": [{ "line": 1, "qty": 3 }, { "line": 2, "qty": "0.5" }], "effect": { "fixed-price": "0.5" } } } }] });
    let result = price(&case);
    assert_eq!((&result["total_tax"], &result["total_excluded"]), (&json!("0.35"), &json!("4.00")));
    let reason = result["candidates"][0]["reason"].as_str().unwrap();
    assert_eq!(reason, "its price is for one piece, and line 2 is sold by the kg");
}

#[test]
fn a_file_with_a_mark_at_its_beginning_is_read_and_one_with_a_key_twice_is_not() {
    let text = r#"{ "currency": "EUR", "lines": [{ "unit_price": 1 }] }"#;
    assert_eq!(pos_case::price(&format!("\u{feff}{text}"), &mut NoExtensions)["total_included"], "1.00");
    let twice = text.replace("\"EUR\",", "\"EUR\", \"currency\": \"USD\",");
    let message = pos_case::price(&twice, &mut NoExtensions)["refused"]["message"].to_string();
    assert!(message.contains("currency") && message.contains("twice"), "{message}");
}

//! Selections against an evaluation that knows nothing of words as numbers, covers and indexes.

use super::random::{any_basket, selection};
use super::*;
use crate::view::{View, spelled};
use proptest::prelude::*;
use serde_json::Value;

/// Reads the selection as its author does.
fn means(selection: &Value, line: &Line) -> bool {
    let list = |value: &Value| -> Vec<Value> { value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]) };
    let words =
        |value: &Value| -> Vec<String> { list(value).iter().filter_map(Value::as_str).map(str::to_owned).collect() };
    let decimal = |value: &Value| -> Decimal { value.as_str().unwrap().parse().unwrap() };
    selection.as_object().unwrap().iter().all(|(key, value)| match key.as_str() {
        "item" => words(value).contains(&line.item),
        "tag" => words(value).iter().any(|tag| line.has_tag(tag)),
        "all_tags" => words(value).iter().all(|tag| line.has_tag(tag)),
        "department" => words(value).iter().any(|name| line.is_in_department(name)),
        "gtin" => {
            let number = |text: &str| text.parse::<u64>().ok();
            words(value).iter().any(|gtin| number(gtin) == number(&line.item) && number(gtin).is_some())
        }
        "attribute" => value.as_object().unwrap().iter().all(|(key, wanted)| {
            line.attr(key).is_some_and(|own| spelled(own).iter().any(|own| words(wanted).contains(own)))
        }),
        "price" => decimal(&value["from"]) <= line.price.value && line.price.value <= decimal(&value["to"]),
        "any" => list(value).iter().any(|selection| means(selection, line)),
        "all" => list(value).iter().all(|selection| means(selection, line)),
        "except" => !list(value).iter().any(|selection| means(selection, line)),
        other => panic!("{other}"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_selection_means_what_it_says(selection in selection(), basket in any_basket()) {
        let config = serde_json::json!({"offer": [{"id": "x", "label": "X", "items": selection, "free": true}]});
        let Ok(offers) = Offers::from_json(&config.to_string()) else {
            // Only a selection that shuts out what it lets in is refused, and it means no line.
            prop_assert!(basket.lines.iter().all(|line| !means(&selection, line)), "{selection}");
            return Ok(());
        };
        let expected: Vec<LineId> =
            basket.lines.iter().filter(|line| line.is_discountable() && means(&selection, line)).map(|line| line.id).collect();
        let view = View::new(&offers, &basket);
        let goods = offers.offers[0].goods()[0];
        prop_assert_eq!(view.ids(&view.pool(goods)), expected.clone());
        // And the index finds the offer whenever it means a line.
        let said = offers.propose_for(Stage::Line, &basket);
        prop_assert_eq!(said.candidates.len(), usize::from(!expected.is_empty()));
    }
}

#[test]
fn goods_never_discounted_take_no_offer_and_count_to_no_threshold() {
    let toml = "never_discounted = { tag = \"tobacco\" }\n[[offer]]\nid = \"x\"\nlabel = \"X\"\nitems = \"all\"\npercent_off = \"10 %\"
        [[offer]]\nid = \"y\"\nlabel = \"Y\"\norder = true\namount_off = \"1.00\"\nspend = { at_least = \"10.00\", measured = \"before offers\" }";
    let basket = basket().sell("CIGARS", 1, "9.00").tagged("tobacco").sell("TEA", 1, "5.00");
    assert_eq!(told(&offers(toml), &basket), ["Line x: 10 % off on 1*2"]);
}

#[test]
fn the_kernel_is_told_which_goods_an_order_offer_leaves_out() {
    let never = "never_discounted = { tag = \"tobacco\" }\n[[offer]]\nid = \"x\"\nlabel = \"X\"\n";
    let basket = basket().sell("CIGARS", 1, "9.00").tagged("tobacco").sell("TEA", 1, "5.00");
    for (rule, expected) in [
        ("order = true\npercent_off = \"10 %\"", "Order x: 10 % off on the order, not on 1"),
        (
            "order = true\namount_off = \"1.00\"\nspend = \"4.00\"",
            "Order x: 100 off on the order, from 400 Price, not on 1",
        ),
        (
            "items = \"all\"\npercent_off = \"10 %\"\nspend = \"4.00\"",
            "Order x: 10 % off on 1*2, from 400 Price, not on 1",
        ),
    ] {
        assert_eq!(told(&offers(&format!("{never}{rule}")), &basket), [expected], "{rule}");
    }
}

#[test]
fn lines_that_a_grant_added_earn_nothing() {
    let mut basket = basket().sell("TEA", 1, "5.00").sell("MUG", 1, "8.00");
    basket.lines[1].attrs.push(Attr::text("granted-by", "free-mug"));
    let offers =
        offer("order = true\namount_off = \"1.00\"\nspend = { at_least = \"10.00\", measured = \"before offers\" }");
    assert_eq!(told(&offers, &basket), [""; 0]);
    basket.lines[1].attrs.clear();
    assert_eq!(told(&offers, &basket), ["Order x: 100 off on the order"]);
}

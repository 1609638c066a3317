//! Random offers and baskets over a small vocabulary, so that they often meet.

use super::*;
use proptest::prelude::*;

const TAGS: [&str; 4] = ["red", "green", "blue", "round"];
const ITEMS: [&str; 5] = ["A", "B", "C", "00000012345678", "E"];
const DEPARTMENTS: [&str; 3] = ["food", "tools", "garden"];
const CODES: [&str; 4] = ["SPRING", "SPRUNG", "X-1", "X-2"];

/// One condition on a line as JSON, and whether it means a line.
pub(super) fn selection() -> impl Strategy<Value = serde_json::Value> {
    let words = |key: &'static str, words: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(words), 1..3).prop_map(move |words| serde_json::json!({key: words}))
    };
    let leaf = prop_oneof![
        words("item", &ITEMS),
        words("tag", &TAGS),
        words("all_tags", &TAGS),
        words("department", &DEPARTMENTS),
        words("gtin", &["12345678", "000012345678"]),
        prop::sample::select(vec!["Acme", "7", "true"])
            .prop_map(|value| serde_json::json!({"attribute": {"brand": value}})),
        (0_u32..9, 0_u32..9).prop_map(|(from, more)| {
            serde_json::json!({"price": {"from": from.to_string(), "to": (from + more).to_string()}})
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            several.clone().prop_map(|any| serde_json::json!({"any": any})),
            several.prop_map(|all| serde_json::json!({"all": all})),
            inner.clone().prop_map(|except| serde_json::json!({"except": except})),
            (inner.clone(), inner).prop_map(|(one, except)| serde_json::json!({"all": one, "except": except})),
        ]
    })
}

/// What an offer is about, as JSON.
fn what() -> impl Strategy<Value = serde_json::Value> {
    let part =
        || (selection(), 1_u32..4).prop_map(|(items, count)| serde_json::json!({"items": items, "count": count}));
    prop_oneof![
        selection().prop_map(|items| serde_json::json!({"items": items, "percent_off": "10 %"})),
        (selection(), 1_u32..4).prop_map(|(items, most)| {
            serde_json::json!({"items": items, "amount_off": "0.50", "pieces_max": most})
        }),
        (selection(), 2_u32..5, prop::bool::ANY).prop_map(|(items, size, same)| {
            serde_json::json!({"items": items, "groups_of": size, "reduced": 1, "free": true, "same_article": same})
        }),
        (prop::collection::vec(part(), 1..4), 0_u32..3).prop_map(|(buy, most)| {
            let mut what = serde_json::json!({"buy": buy, "for_price": "5.00"});
            if most > 0 {
                what["sets_max"] = most.into();
            }
            what
        }),
        (part(), part()).prop_map(|(buy, mut get)| {
            get["percent_off"] = "50 %".into();
            serde_json::json!({"buy": buy, "get": get})
        }),
        (selection(), prop::bool::ANY, prop::bool::ANY).prop_map(|(items, each, per_article)| {
            let tiers = serde_json::json!([{"pieces": 2, "percent_off": "5 %"}, {"pieces": 4, "amount_off": "1.00"}]);
            let steps = if each { "each step" } else { "whole" };
            serde_json::json!({"items": items, "tiers": tiers, "steps": steps, "per_article": per_article})
        }),
        (selection(), prop::bool::ANY).prop_map(|(items, each)| {
            let tiers =
                serde_json::json!([{"spend": "10.00", "percent_off": "5 %"}, {"spend": "20.00", "amount_off": "3.00"}]);
            serde_json::json!({"items": items, "tiers": tiers, "steps": if each { "each step" } else { "whole" }})
        }),
        Just(serde_json::json!({"order": true, "amount_off": "2.00", "spend": {"at_least": "12.00", "repeats": true}})),
        part().prop_map(|buy| serde_json::json!({"gift": {"items": ["MUG"]}, "buy": buy})),
    ]
}

/// Conditions of an offer, as keys to merge.
fn conditions() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        4 => Just(serde_json::json!({})),
        1 => Just(serde_json::json!({"codes": ["SPRING"]})),
        1 => Just(serde_json::json!({"code_prefixes": ["SPR", "X-"]})),
        1 => Just(serde_json::json!({"customer": {"groups": ["staff"]}})),
        1 => Just(serde_json::json!({"customer": {"tiers": ["gold", "silver"]}})),
        1 => Just(serde_json::json!({"customer": {"except_groups": ["staff"]}})),
        1 => selection().prop_map(|items| serde_json::json!({"with": {"items": items}})),
        1 => selection().prop_map(|on| serde_json::json!({"spend": {"at_least": "9.00", "on": on}})),
        1 => (1_u32..28, 1_u32..28).prop_map(|(from, more)| {
            serde_json::json!({"from": format!("2026-11-{from:02}"), "until": format!("2026-12-{more:02}")})
        }),
        1 => Just(serde_json::json!({"from": "2026-11-18 17:00"})),
        1 => Just(serde_json::json!({"times": {"weekdays": "Wed", "hours": "17:00-18:00"}})),
    ]
}

/// Up to twenty offers as the text of a configuration, if they hold together.
pub(super) fn configuration() -> impl Strategy<Value = Vec<serde_json::Value>> {
    let offer = (what(), conditions(), prop::sample::select(vec!["line", "shop", "order"]));
    prop::collection::vec(offer, 1..20).prop_map(|offers| {
        let numbered = offers.into_iter().enumerate().map(|(number, (mut offer, conditions, stage))| {
            if let (Some(offer), Some(conditions)) = (offer.as_object_mut(), conditions.as_object()) {
                let uses_no_codes = offer.contains_key("gift")
                    && (conditions.contains_key("codes") || conditions.contains_key("code_prefixes"));
                let has_both = offer.contains_key("spend") && conditions.contains_key("spend");
                if !(uses_no_codes || has_both) {
                    offer.extend(conditions.clone());
                }
                offer.insert("id".into(), format!("offer-{number:02}").into());
                offer.insert("label".into(), "An offer".into());
                offer.insert("stage".into(), stage.into());
            }
            offer
        });
        numbered.collect()
    })
}

/// The offers of a configuration; those that leave out all that they select are left out.
pub(super) fn configured(offers: &[serde_json::Value]) -> Offers {
    let holds =
        |offer: &&serde_json::Value| Offers::from_json(&serde_json::json!({"offer": [offer]}).to_string()).is_ok();
    let offers: Vec<_> = offers.iter().filter(holds).collect();
    Offers::from_json(&serde_json::json!({"offer": offers}).to_string()).unwrap()
}

prop_compose! {
    fn line()(
        item in prop::sample::select(ITEMS.to_vec()),
        pieces in 1_i64..6,
        cents in 1_i64..1_200,
        tags in prop::sample::subsequence(TAGS.to_vec(), 0..3),
        departments in prop::sample::subsequence(DEPARTMENTS.to_vec(), 0..3),
        brand in prop::option::of(prop_oneof![
            Just(AttrValue::Text("Acme".into())),
            Just(AttrValue::Number(Decimal::new(70, 1))),
            Just(AttrValue::Flag(true)),
            Just(AttrValue::Texts(vec!["Beta".into(), "Acme".into()])),
        ]),
        is_plain in prop::bool::weighted(0.9),
    ) -> (String, i64, Decimal, Vec<String>, Vec<String>, Option<AttrValue>, bool) {
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        (item.to_owned(), pieces, Decimal::new(cents, 2), owned(tags), owned(departments), brand, is_plain)
    }
}

/// A basket of up to eight lines, some with a locked price, with codes and a customer at times.
pub(super) fn any_basket() -> impl Strategy<Value = Basket> {
    let customer = prop::option::of((prop::bool::ANY, prop::option::of(prop::sample::select(vec!["gold", "iron"]))));
    let codes = prop::sample::subsequence(CODES.to_vec(), 0..3);
    (prop::collection::vec(line(), 0..8), codes, customer).prop_map(|(lines, codes, customer)| {
        let mut basket = basket();
        for (item, pieces, price, tags, departments, brand, is_plain) in lines {
            basket = basket.sell(&item, pieces, &price.to_string());
            if let Some(line) = basket.lines.last_mut() {
                (line.tags, line.departments, line.price_locked) = (tags, departments, !is_plain);
                line.attrs = brand.into_iter().map(|value| Attr { key: "brand".into(), value }).collect();
            }
        }
        basket.codes = codes.into_iter().map(str::to_owned).collect();
        basket.customer = customer.map(|(is_staff, tier)| Customer {
            id: "c".into(),
            groups: if is_staff { vec!["staff".into()] } else { Vec::new() },
            age: None,
            birthday_in_days: None,
            points: 0,
            tier: tier.map(str::to_owned),
            tax_exempt: None,
            attrs: Vec::new(),
        });
        basket
    })
}

//! Medusa's promotions: codes, rules on the customer and on lines, each and across, buy x get y, campaign budgets.
//!
//! The adapter does what an extension does (codes, rules, which lines); amounts, limits and combination are left to pricing.

use super::PeerCase;
use super::adapt::{cases, decimal, list, number, percent, policy, word};
use crate::number::{Rational, from_json, zero};
use num_traits::ToPrimitive;
use serde_json::{Value, json};

/// What is left of the campaigns that the peer's tests share: 1,000 to spend, no use. The vectors name the campaigns but not their state.
const CAMPAIGNS: [(&str, &str, &str); 2] = [("campaign-id-1", "spend", "1000"), ("campaign-id-2", "uses", "0")];

pub(super) fn medusa() -> Vec<PeerCase> {
    cases(include_str!("../../vectors/medusa_promotions.json")).iter().map(case).collect()
}

fn case(given: &Value) -> PeerCase {
    let sold = list(given, "lines").iter().map(|line| {
        let price = decimal(&number(line, "unit_price"));
        json!({ "id": line["sku"], "sku": line["sku"], "qty": decimal(&number(line, "qty")), "unit_price": price, "tags": ["item"] })
    });
    let shipping = list(given, "shipping_lines").iter().map(|line| {
        let price = decimal(&number(line, "subtotal"));
        json!({ "id": line["id"], "sku": line["id"], "qty": "1", "unit_price": price, "tags": ["shipping"] })
    });
    let lines: Vec<Value> = sold.chain(shipping).collect();
    let wanted = |promotion: &&Value| {
        let given_code = list(given, "codes_given").contains(&promotion["code"]);
        let automatic = promotion["automatic"] == true && given["options"]["prevent_auto_promotions"] != true;
        (given_code || automatic) && list(promotion, "conditions").iter().all(|rule| holds(rule, &given["context"]))
    };
    let (mut candidates, mut budgets) = (Vec::new(), Vec::new());
    for (index, promotion) in list(given, "promotions").iter().filter(wanted).enumerate() {
        let Some(candidate) = candidate(given, promotion, index) else { continue };
        candidates.push(candidate);
        if let Some((_, kind, left)) = CAMPAIGNS.iter().find(|(name, _, _)| promotion["campaign"] == *name) {
            budgets.push(json!({ "offer": promotion["code"], "kind": kind, "left": left, "on_exceed": "skip" }));
        }
    }
    let deals = candidates.iter().any(|candidate| !candidate["shape"]["deal"].is_null());
    let mut expect = vec![("discount".to_owned(), decimal(&number(&given["expect"], "total_discount")))];
    // Which of equally dear pieces a deal takes is nobody's business, so lines are compared only without deals.
    for (index, line) in lines.iter().enumerate().filter(|_| !deals) {
        let off =
            line["id"].as_str().and_then(|id| from_json(&given["expect"]["discount_by_line"][id])).unwrap_or_default();
        let gross = number(line, "qty") * number(line, "unit_price");
        expect.push((format!("lines.{index}.net"), decimal(&(gross - off))));
    }
    PeerCase {
        id: word(given, "id").to_owned(),
        case: json!({
            "currency": given["currency"],
            "prices_include_tax": given["prices_include_tax"],
            "policy": policy("medusa_promotions"),
            "lines": lines,
            "candidates": candidates,
            "budgets": budgets,
        }),
        expect,
        // Medusa does not round: 166.666666666667 there is 166.67 here.
        tolerance: "0.005".to_owned(),
    }
}

/// Whether a rule `{attribute, operator, values}` holds for an object with nested attributes.
fn holds(rule: &Value, object: &Value) -> bool {
    let pointer = format!("/{}", word(rule, "attribute").replace('.', "/"));
    let found = object.pointer(&pointer);
    let among = found.is_some_and(|found| list(rule, "values").contains(found));
    match word(rule, "operator") {
        "ne" => !among,
        _ => among,
    }
}

fn candidate(given: &Value, promotion: &Value, index: usize) -> Option<Value> {
    let (on_shipping, on_order) = (promotion["target"] == "shipping_methods", promotion["target"] == "order");
    let matching = |rules: &str, shipping: bool| -> Vec<(Value, Rational)> {
        let (list_key, id_key) = if shipping { ("shipping_lines", "id") } else { ("lines", "sku") };
        let lines = list(given, list_key).iter().filter(|line| {
            let attributes = if shipping { *line } else { &line["attrs"] };
            list(promotion, rules).iter().all(|rule| holds(rule, attributes))
        });
        let quantity = |line: &Value| if shipping { crate::number::one() } else { number(line, "qty") };
        lines.map(|line| (line[id_key].clone(), quantity(line))).collect()
    };
    let value = number(promotion, "value");
    let effect = if promotion["effect"] == "fixed" {
        json!({ "amount-off": decimal(&value) })
    } else {
        json!({ "rate-off": percent(&value) })
    };
    let targets = matching("applies_to", on_shipping);
    let most = number(promotion, "max_quantity");
    let each = promotion["allocation"] == "each";
    let ids = |lines: &[(Value, Rational)]| lines.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    let mut candidate = json!({
        "id": promotion["code"],
        "stage": "line",
        "priority": -(i64::try_from(index).unwrap_or_default()),
        "spread": if each { "each-unit" } else { "across" },
    });
    candidate["shape"] = if promotion["kind"] == "buyget" {
        let (buy, get) = (number(promotion, "buy_rules_min_quantity"), number(promotion, "apply_to_quantity"));
        // Pieces that were bought or given are used up, so these compete.
        candidate["mode"] = json!("best-price");
        json!({ "deal": {
            "slots": [
                { "pool": ids(&matching("buy_rules", false)), "count": decimal(&buy) },
                { "pool": ids(&targets), "count": decimal(&get), "effect": effect },
            ],
            "repeat_max": if get > zero() { (&most / &get).to_integer().to_u32() } else { None },
        } })
    } else if on_order {
        json!({ "whole-order": effect })
    } else {
        let limited =
            |quantity: &Rational| if each && most > zero() { quantity.min(&most).clone() } else { quantity.clone() };
        let portions = targets.iter().map(|(id, quantity)| json!({ "line": id, "qty": decimal(&limited(quantity)) }));
        let portions: Vec<Value> = portions.collect();
        if portions.is_empty() {
            return None;
        }
        json!({ "portions": { "portions": portions, "effect": effect } })
    };
    Some(candidate)
}

//! Random offer cases: up to six lines and six candidates in one group.
//!
//! Kept so small that brute force answers in about a millisecond: at most ten pieces, at most three pieces to a set.

use super::{Random, money};
use serde_json::{Value, json};

const PIECES_MAX: i64 = 10;
/// Deals that may have forced picks: brute force tries them in every order.
const FORCED_MAX: i64 = 3;

/// A basket with one group of competing deals and portions.
pub(super) fn offer_case(seed: u64, forced_picks: bool) -> Value {
    let mut random = Random::new(seed);
    let mut pieces = PIECES_MAX;
    let mut lines = Vec::new();
    for index in 1..=random.between(1, 6) {
        let quantity = random.between(1, 3).min(pieces);
        pieces -= quantity;
        if quantity > 0 {
            // Few different prices, so that ties come up.
            let price = if random.chance(50) { random.between(1, 12) * 50 } else { random.between(1, 1_200) };
            lines.push(json!({
                "sku": format!("A{index}"),
                "qty": quantity.to_string(),
                "unit_price": money(price, 2),
            }));
        }
    }
    let candidates: Vec<Value> = (1..=random.between(1, 6))
        .map(|index| candidate(&mut random, index, &lines, forced_picks && index <= FORCED_MAX))
        .collect();
    json!({
        "currency": "EUR",
        "prices_include_tax": true,
        "rounding": { "mode": "half-up", "increment": "0.01", "level": "per-receipt", "included": "keep-price" },
        "policy": {
            "default_mode": "best-price",
            "discount_rounding": { "mode": random.of(crate::round::Mode::ALL).name(), "at": random.of(["line", "candidate"]) },
        },
        "lines": lines,
        "candidates": candidates,
    })
}

/// The same over three groups of one stage, which are solved by name, one after the other.
pub(super) fn group_case(seed: u64) -> Value {
    let mut case = offer_case(seed, false);
    let mut random = Random::new(!seed);
    for candidate in case["candidates"].as_array_mut().into_iter().flatten() {
        candidate["group"] = json!(random.of(["g", "h", "i"]));
        // Whether a higher priority brings a whole group forward is a matter of reading.
        candidate["priority"] = json!(0);
    }
    case
}

fn candidate(random: &mut Random, index: i64, lines: &[Value], forced_picks: bool) -> Value {
    let shape = match random.below(10) {
        0 | 1 => portions(random, lines),
        _ => deal(random, lines, forced_picks),
    };
    let mut candidate = json!({
        "id": format!("c{index}"),
        "stage": "line",
        "group": "g",
        "mode": "best-price",
        "priority": random.between(0, 2),
        "spread": if random.chance(80) { "across" } else { random.of(["each-line", "each-unit"]) },
        "shape": shape,
    });
    if random.chance(15) {
        candidate["cap"] = json!(money(random.between(1, 900), 2));
    }
    if random.chance(10) {
        candidate["limits"] = json!({ "uses": random.between(1, 2) });
    }
    if random.chance(10) {
        candidate["requires"] = json!({ "min": money(random.between(100, 3_000), 2), "basis": "price", "left": false });
    }
    candidate
}

fn effect(random: &mut Random, pieces: i64) -> Value {
    match random.below(8) {
        0 | 1 => json!({ "amount-off": money(random.between(1, 300) * pieces, 2) }),
        2..=4 => json!({ "rate-off": random.of(["0.1", "0.25", "0.33", "0.5", "1"]) }),
        5 => json!({ "fixed-price": money(random.between(1, 500), 2) }),
        _ => json!({ "bundle-price": money(random.between(50, 600) * pieces, 2) }),
    }
}

fn portions(random: &mut Random, lines: &[Value]) -> Value {
    let (mut portions, mut qualifies_on, mut total) = (Vec::new(), Vec::new(), 0);
    for (index, line) in lines.iter().enumerate() {
        let there: i64 = line["qty"].as_str().and_then(|text| text.parse().ok()).unwrap_or(1);
        let quantity = random.between(1, there);
        let portion = json!({ "line": (index + 1).to_string(), "qty": quantity.to_string() });
        match random.below(5) {
            0 | 1 => {
                portions.push(portion);
                total += quantity;
            }
            2 if random.chance(30) => qualifies_on.push(portion),
            _ => {}
        }
    }
    if portions.is_empty() {
        portions.push(json!({ "line": "1", "qty": "1" }));
        qualifies_on.retain(|portion| portion["line"] != "1");
        total = 1;
    }
    let effect = effect(random, total);
    json!({ "portions": { "portions": portions, "effect": effect, "qualifies_on": qualifies_on } })
}

fn deal(random: &mut Random, lines: &[Value], forced_picks: bool) -> Value {
    let mut slots = Vec::new();
    let mut pieces = 0;
    for _ in 0..random.between(1, 3) {
        let mut pool: Vec<String> =
            (1..=lines.len()).filter(|_| random.chance(55)).map(|line| line.to_string()).collect();
        if pool.is_empty() {
            pool.push((random.below(lines.len()) + 1).to_string());
        }
        let count = if pieces == 0 { random.between(1, 3) } else { 1 };
        pieces += count;
        let mut slot = json!({ "pool": pool, "count": count.to_string(), "pick": "best-for-customer" });
        if forced_picks && random.chance(40) {
            slot["pick"] = json!(random.of(["cheapest", "dearest"]));
        }
        if random.chance(30) {
            slot["effect"] = effect(random, count);
        }
        slots.push(slot);
    }
    let mut deal = json!({ "slots": slots });
    if random.chance(65) || !slots.iter().any(|slot| slot.get("effect").is_some()) {
        deal["together"] = effect(random, pieces);
    }
    if random.chance(30) {
        deal["repeat_max"] = json!(random.between(1, 3));
    }
    json!({ "deal": deal })
}

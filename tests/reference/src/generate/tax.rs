//! Random tax cases: up to five lines with up to four taxes each.

use super::{Random, money};
use serde_json::{Value, json};

/// Currencies with their decimals.
const CURRENCIES: [(&str, u32); 4] = [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CHF", 2)];
const RATES: [&str; 10] = ["0", "0.19", "0.07", "0.2", "0.081", "0.026", "0.08875", "0.05", "0.0625", "0.21"];

/// A basket with taxes of all kinds.
pub fn tax_case(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let (currency, decimals) = random.of(CURRENCIES);
    let codes: Vec<Value> = (0..random.between(1, 6)).map(|index| definition(&mut random, index, decimals)).collect();
    let mut lines = Vec::new();
    for _ in 0..random.between(1, 5) {
        let mut taxes: Vec<Value> = codes.iter().filter(|_| random.chance(55)).take(4).cloned().collect();
        if random.chance(10) {
            taxes.reverse();
        }
        let price = if random.chance(8) { 0 } else { random.between(1, 30_000) };
        let price = if random.chance(6) { -price } else { price };
        let mut line =
            json!({ "unit_price": money(price, decimals), "qty": quantity(&mut random).to_string(), "taxes": taxes });
        if random.chance(5) {
            line["per"] = json!("3");
        }
        lines.push(line);
    }
    let unit = money(1, decimals);
    let coarse = if decimals == 0 { "10" } else { "0.05" };
    let increment = match random.below(10) {
        0 => Value::Null,
        1 | 2 => json!(coarse),
        _ => json!(unit),
    };
    json!({
        "currency": currency,
        "prices_include_tax": random.chance(50),
        "rounding": {
            "mode": random.of(crate::round::Mode::ALL).name(),
            "increment": increment,
            "level": random.of(["per-line", "per-jurisdiction", "per-receipt"]),
            "included": random.of(["keep-price", "from-base"]),
        },
        "lines": lines,
    })
}

fn quantity(random: &mut Random) -> i64 {
    if random.chance(20) { -random.between(1, 4) } else { random.between(1, 6) }
}

/// A tax that is the same on every line that bears it.
fn definition(random: &mut Random, index: i64, decimals: u32) -> Value {
    let mut tax = json!({
        "code": format!("t{}", index + 1),
        "jurisdiction": random.of(["state", "city", "federal"]),
        "affects_next_base": random.chance(30),
        "base_affected_by_previous": random.chance(75),
    });
    // Three taxes of ten leave it to `prices_include_tax`.
    if random.chance(70) {
        tax["included"] = json!(random.chance(50));
    }
    match random.below(10) {
        0 | 1 => {
            tax["kind"] = json!("fixed-per-unit");
            tax["amount"] = json!(money(random.between(1, 250), decimals));
        }
        2 => {
            tax["kind"] = json!("division");
            tax["rate"] = json!(random.of(["0.05", "0.1", "0.15", "0.0325"]));
        }
        _ => {
            tax["kind"] = json!("percent");
            let rate = random.of(RATES);
            tax["rate"] = json!(if random.chance(5) { "-0.1" } else { rate });
        }
    }
    if tax["kind"] != "fixed-per-unit" && random.chance(10) {
        tax["share"] = json!(random.of(["0.5", "0.25", "0.7"]));
    }
    if random.chance(6) {
        tax["exempt"] = json!("exempt by certificate");
    }
    tax
}

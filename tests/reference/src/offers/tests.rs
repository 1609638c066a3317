//! Deals by hand, and the brute force against a second, even plainer one.

use super::{State, evaluate};
use crate::case::read;
use crate::generate::{Random, Shape, generate};
use crate::number::{Rational, whole, zero};
use crate::price::price_json;
use serde_json::{Value, json};

fn basket(lines: &[(&str, &str)], candidates: Value) -> Value {
    let lines: Vec<Value> =
        lines.iter().map(|(quantity, price)| json!({ "qty": quantity, "unit_price": price })).collect();
    json!({ "currency": "EUR", "lines": lines, "candidates": candidates })
}

fn saving(case: &Value) -> String {
    price_json(case).unwrap()["saving"].as_str().unwrap().to_owned()
}

#[test]
fn a_slots_effect_comes_before_the_common_one() {
    let deal = json!({ "deal": {
        "slots": [{ "pool": [1], "count": 1, "effect": { "rate-off": "0.5" } }, { "pool": [2], "count": 1 }],
        "together": { "rate-off": "0.1" },
    } });
    // 10.00 -> 5.00 -> 4.50; 4.00 -> 3.60.
    assert_eq!(saving(&basket(&[("1", "10"), ("1", "4")], json!([{ "id": "d", "shape": deal }]))), "5.90");
}

#[test]
fn amounts_are_per_set_and_spread_as_the_candidate_says() {
    let deal = json!({ "deal": { "slots": [{ "pool": [1, 2], "count": 3 }], "together": { "amount-off": "1.50" } } });
    let with = |spread: &str, cap: &str| {
        saving(&basket(
            &[("4", "1.00"), ("2", "5.00")],
            json!([{ "id": "d", "spread": spread, "cap": cap, "shape": deal }]),
        ))
    };
    assert_eq!(with("across", "99"), "3.00");
    // Two sets, each with pieces of both lines, 1.50 a line; the cheap line's piece falls to zero, not below: 2 x 2 of it save 1.50.
    assert_eq!(with("each-line", "99"), "6.00");
    // Each piece: four at 1.00 go to zero, two at 5.00 lose 1.50.
    assert_eq!(with("each-unit", "99"), "7.00");
    assert_eq!(with("each-unit", "2.22"), "2.22");
}

#[test]
fn fixed_and_bundle_prices_never_raise() {
    let deal = |effect: Value| json!([{ "id": "d", "shape": { "deal": { "slots": [{ "pool": [1, 2], "count": 2 }], "together": effect } } }]);
    let lines = [("1", "3.00"), ("1", "1.00")];
    assert_eq!(saving(&basket(&lines, deal(json!({ "fixed-price": "2.00" })))), "1.00");
    assert_eq!(saving(&basket(&lines, deal(json!({ "bundle-price": "5.00" })))), "0.00");
    assert_eq!(saving(&basket(&lines, deal(json!({ "bundle-price": "3.50" })))), "0.50");
}

#[test]
fn exclusive_comes_first_even_if_it_saves_less() {
    let portion = |id: &str, mode: &str, amount: &str| json!({ "id": id, "mode": mode, "group": id, "shape": { "portions": { "portions": [{ "line": 1, "qty": 1 }], "effect": { "amount-off": amount } } } });
    let candidates = json!([
        portion("big", "best-price", "3"),
        portion("small", "exclusive", "1"),
        portion("more", "compound", "1")
    ]);
    let case = read(&basket(&[("1", "9.00")], candidates)).unwrap();
    let outcome = evaluate(&case).unwrap();
    assert_eq!(outcome.saving, whole(1));
    assert_eq!(
        outcome.candidates.iter().map(|one| one.state).collect::<Vec<_>>(),
        [State::Lost, State::Applied, State::Lost]
    );
}

#[test]
fn compound_candidates_follow_price_amount_rate() {
    let whole_order =
        |id: &str, effect: Value| json!({ "id": id, "mode": "compound", "shape": { "whole-order": effect } });
    let candidates = json!([
        whole_order("c", json!({ "rate-off": "0.1" })),
        whole_order("b", json!({ "amount-off": "2" })),
        whole_order("a", json!({ "fixed-price": "10" })),
    ]);
    // 12 -> 10 -> 8 -> 7.20.
    assert_eq!(saving(&basket(&[("1", "12.00")], candidates)), "4.80");
}

#[test]
fn a_group_may_go_by_priority_or_by_list() {
    let portion = |id: &str, priority: i64, amount: &str| json!({ "id": id, "priority": priority, "shape": { "portions": { "portions": [{ "line": 1, "qty": 1 }], "effect": { "amount-off": amount } } } });
    let mut case = basket(&[("1", "9.00")], json!([portion("a", 0, "1"), portion("b", 0, "3"), portion("c", 7, "2")]));
    for (rule, expected) in [("best-price", "3.00"), ("priority", "2.00"), ("list-order", "1.00")] {
        case["policy"] = json!({ "groups": { "default": rule } });
        assert_eq!(saving(&case), expected, "{rule}");
    }
}

#[test]
fn requirements_look_at_the_snapshot_or_at_what_is_left() {
    let order = |left: bool| {
        json!([
            { "id": "half", "stage": "line", "shape": { "whole-order": { "rate-off": "0.5" } } },
            { "id": "more", "stage": "order", "mode": "compound", "shape": { "whole-order": { "amount-off": "1" } } },
            { "id": "ten", "stage": "order", "mode": "compound", "requires": { "min": "10", "left": left }, "shape": { "whole-order": { "rate-off": "0.1" } } },
        ])
    };
    // The stage's snapshot is 10.00, at its turn 9.00 is left.
    assert_eq!(saving(&basket(&[("1", "20.00")], order(false))), "11.90");
    assert_eq!(saving(&basket(&[("1", "20.00")], order(true))), "11.00");
}

#[test]
fn weighed_lines_are_one_piece_and_closed_lines_drop_out() {
    let case = json!({
        "currency": "EUR",
        "lines": [
            { "qty": "0.482", "uom": "kg", "unit_price": "10.00" },
            { "qty": "2", "unit_price": "1.00", "discountable": false },
            { "qty": "1", "unit_price": "1.00", "price_locked": true },
            { "qty": "1", "unit_price": "1.00", "kind": "deposit" },
        ],
        "candidates": [{ "id": "d", "shape": { "deal": { "slots": [{ "pool": [1, 2, 3, 4], "count": 1, "effect": { "fixed-price": "5" } }] } } }],
    });
    assert_eq!(saving(&case), "2.41");
}

#[test]
fn discounts_are_rounded_at_the_line_or_at_the_candidate() {
    let mut case = basket(
        &[("1", "0.99"), ("1", "0.99"), ("1", "0.99")],
        json!([{ "id": "d", "shape": { "whole-order": { "rate-off": "0.1" } } }]),
    );
    for (at, mode, expected) in [
        ("candidate", "half-up", "0.30"),
        ("candidate", "down", "0.29"),
        ("line", "half-up", "0.30"),
        ("line", "down", "0.27"),
        ("line", "up", "0.30"),
    ] {
        case["policy"] = json!({ "discount_rounding": { "at": at, "mode": mode } });
        assert_eq!(price_json(&case).unwrap()["discount"], expected, "{at} {mode}");
    }
}

/// The plainest search there is: pieces one by one, each set built piece by piece, no merging, no tables.
fn plainest(case: &Value) -> Rational {
    let case = read(case).unwrap();
    let piles = super::pile::untouched(&case).unwrap();
    let open = vec![true; piles.len()];
    let plans: Vec<_> = (0..case.candidates.len())
        .filter(|index| {
            let requires = case.candidates[*index].requires.as_ref();
            let total: Rational = piles.iter().map(|pile| &pile.left * whole(i64::from(pile.count))).sum();
            requires.is_none_or(|requires| total >= requires.min)
        })
        .filter_map(|index| super::plan::Plan::of(&case, index, 0, &piles, &open))
        .collect();
    let room: Vec<u32> = piles.iter().map(|pile| pile.count).collect();
    plain_step(&piles, &plans, 0, &room, 0, &zero())
}

fn plain_step(
    piles: &[super::pile::Pile],
    plans: &[super::plan::Plan],
    plan: usize,
    room: &[u32],
    sets: u32,
    saved: &Rational,
) -> Rational {
    let Some(definition) = plans.get(plan) else { return zero() };
    let capped = definition.cap.as_ref().map_or(saved.clone(), |cap| cap.min(saved).clone());
    let mut best = capped + plain_step(piles, plans, plan + 1, room, 0, &zero());
    if sets < definition.sets_max {
        let mut filled = Vec::new();
        plain_fill(definition, 0, 0, room.to_vec(), &mut Vec::new(), &mut filled);
        for (entries, left) in filled {
            let saving = definition.saving(&entries, piles);
            if saving > zero() {
                best = best.max(plain_step(piles, plans, plan, &left, sets + 1, &(saved + saving)));
            }
        }
    }
    best
}

type Filled = (Vec<super::plan::Entry>, Vec<u32>);

fn plain_fill(
    plan: &super::plan::Plan,
    slot: usize,
    from: usize,
    room: Vec<u32>,
    so_far: &mut Vec<super::plan::Entry>,
    out: &mut Vec<Filled>,
) {
    let Some(definition) = plan.slots.get(slot) else {
        out.push((so_far.clone(), room));
        return;
    };
    let have: u32 = so_far.iter().filter(|entry| entry.slot == slot).map(|entry| entry.count).sum();
    if have == definition.count {
        plain_fill(plan, slot + 1, 0, room, so_far, out);
        return;
    }
    let Some(pile) = definition.pool.get(from).copied() else { return };
    plain_fill(plan, slot, from + 1, room.clone(), so_far, out);
    for count in 1..=(definition.count - have).min(room[pile]) {
        let mut left = room.clone();
        left[pile] -= count;
        so_far.push(super::plan::Entry { slot, pile, count });
        plain_fill(plan, slot, from + 1, left, so_far, out);
        so_far.pop();
    }
}

/// Merging equal uses and working in integers loses nothing.
#[test]
fn the_search_finds_what_the_plainest_search_finds() {
    let mut compared = 0;
    for seed in 0..400 {
        let case = generate(seed, Shape::Offers);
        let pieces: i64 = case["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["qty"].as_str().unwrap().parse::<i64>().unwrap())
            .sum();
        if pieces > 5 || case["candidates"].as_array().unwrap().len() > 4 {
            continue;
        }
        compared += 1;
        assert_eq!(evaluate(&read(&case).unwrap()).unwrap().saving, plainest(&case), "seed {seed}: {case}");
    }
    assert!(compared > 40, "only {compared} baskets were small enough");
}

/// The witness uses no piece twice, saves what is claimed, and the order of lines and candidates changes nothing.
#[test]
fn any_order_gives_the_same_saving_and_a_true_witness() {
    for seed in 0..150 {
        let case = generate(seed, Shape::Offers);
        let evaluation = evaluate(&read(&case).unwrap()).unwrap();
        let claimed: Rational = evaluation.candidates.iter().map(|outcome| &outcome.saving).sum();
        assert_eq!(evaluation.saving, claimed, "seed {seed}");
        for (index, line) in read(&case).unwrap().lines.iter().enumerate() {
            let used: Rational = evaluation.candidates.iter().map(|outcome| &outcome.used[index]).sum();
            assert!(used <= line.quantity, "seed {seed}");
            assert!(evaluation.nets[index] >= zero(), "seed {seed}");
        }
        let mut shuffled = case.clone();
        for (index, line) in shuffled["lines"].as_array_mut().unwrap().iter_mut().enumerate() {
            line["id"] = json!((index + 1).to_string());
        }
        let mut random = Random::new(seed);
        for key in ["lines", "candidates"] {
            let list = shuffled[key].as_array_mut().unwrap();
            for place in (1..list.len()).rev() {
                list.swap(place, random.below(place + 1));
            }
        }
        assert_eq!(evaluate(&read(&shuffled).unwrap()).unwrap().saving, evaluation.saving, "seed {seed}");
    }
}

/// Forced picks can only cost the customer something.
#[test]
fn forced_picks_never_beat_free_choice() {
    let mut lower = 0;
    for seed in 0..150 {
        let forced = generate(seed, Shape::ForcedPicks);
        let mut free = forced.clone();
        for candidate in free["candidates"].as_array_mut().unwrap() {
            let slots = candidate.pointer_mut("/shape/deal/slots").and_then(Value::as_array_mut);
            for slot in slots.into_iter().flatten() {
                slot["pick"] = json!("best-for-customer");
            }
        }
        let of = |case: &Value| evaluate(&read(case).unwrap()).unwrap().saving;
        assert!(of(&forced) <= of(&free), "seed {seed}");
        lower += usize::from(of(&forced) < of(&free));
    }
    assert!(lower > 10, "the forced picks never mattered");
}

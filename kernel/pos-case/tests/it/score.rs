//! How many of other projects' published figures the engine reproduces.

use crate::price;
use pos_reference::vectors::{PEERS, PeerCase, deals, peer};
use serde_json::Value;

/// Cases of each peer that agree, at least. What the tax peers publish is reproduced without exception.
const LEAST: [(&str, usize, usize); 8] = [
    ("odoo_tax", 28, 28),
    ("solidus_tax", 3, 3),
    ("deals", 7, 7),
    ("oscar_offers", 24, 24),
    ("vendure_order_calc", 14, 14),
    ("odoo_loyalty", 8, 8),
    ("erpnext_pricing", 1, 1),
    ("medusa_promotions", 21, 23),
];

fn cases(name: &str) -> Vec<PeerCase> {
    if name == "deals" { deals() } else { peer(name) }
}

/// What is wrong with our answer; empty if it agrees.
fn wrong(case: &PeerCase) -> Vec<String> {
    let mut result = price(&case.case);
    if pos_case::is_refused(&result) {
        return vec![format!("{}: {}", case.id, result["refused"]["message"])];
    }
    // The optima of assignments are savings on prices.
    let saving: Value = result["certificate"]["saving"].clone();
    result["saving"] = saving;
    case.differences(&result)
}

#[test]
fn every_peer_has_its_score() {
    assert!(PEERS.iter().all(|name| LEAST.iter().any(|(known, ..)| known == name)), "every peer has a row");
    let (mut table, mut short) = (String::new(), Vec::new());
    for (name, least, count) in LEAST {
        let cases = cases(name);
        assert_eq!(cases.len(), count, "{name}");
        let failures: Vec<Vec<String>> = cases.iter().map(wrong).filter(|wrong| !wrong.is_empty()).collect();
        let agree = count - failures.len();
        table.push_str(&format!("{name:<20} {agree:>3} of {count:>3}\n"));
        for wrong in &failures {
            table.push_str(&format!("    {}\n", wrong.join("; ")));
        }
        if agree < least {
            short.push(name);
        }
    }
    println!("{table}");
    assert!(short.is_empty(), "below their score: {short:?}\n{table}");
}

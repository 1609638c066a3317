//! How many of other projects' published figures the engine reproduces: the same code as `lab peers`.

use crate::price;
use pos_reference::vectors::{Score, score};

/// Cases of each peer that agree, and of how many. What the tax peers publish is reproduced without exception.
const SCORES: [(&str, usize, usize); 8] = [
    ("odoo_tax", 28, 28),
    ("solidus_tax", 3, 3),
    ("oscar_offers", 24, 24),
    ("vendure_order_calc", 14, 14),
    ("odoo_loyalty", 9, 9),
    ("erpnext_pricing", 1, 1),
    ("medusa_promotions", 21, 23),
    ("deals", 7, 7),
];

#[test]
fn every_peer_has_its_score() {
    let scores = score(&price);
    let table: String = scores.iter().map(Score::to_string).collect();
    let found: Vec<(&str, usize, usize)> = scores.iter().map(|score| (score.peer, score.agree, score.of)).collect();
    assert_eq!(found, SCORES, "{table}");
    assert!(scores.iter().all(Score::is_good), "{table}");
}

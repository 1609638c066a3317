//! The reference reproduces every figure it claims to.

use super::*;
use crate::price::price_json;

fn all_agree(cases: &[PeerCase], count: usize) {
    assert_eq!(cases.len(), count, "cases read");
    let mut wrong = Vec::new();
    for case in cases {
        assert!(!case.expect.is_empty(), "{} expects nothing", case.id);
        match price_json(&case.case) {
            Ok(result) => wrong.extend(case.differences(&result)),
            Err(refusal) => wrong.push(format!("{}: {refusal}", case.id)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn odoo_taxes_agree() {
    all_agree(&odoo_tax(), 28);
}

#[test]
fn solidus_taxes_agree() {
    all_agree(&solidus_tax(), 3);
}

#[test]
fn deals_come_out_at_their_optima() {
    all_agree(&deals(), 7);
}

#[test]
fn a_wrong_figure_is_told() {
    let case = &solidus_tax()[0];
    let mut result = price_json(&case.case).unwrap();
    result["total_tax"] = serde_json::json!("1.30");
    assert_eq!(case.differences(&result), ["solidus-001: total_tax should be 1.31, is 1.3"]);
}

//! Small baskets with figures worked out by hand.

use super::*;
use std::str::FromStr;

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

fn percent(line: LineNumber, code: &str, rate: &str, included: bool) -> TaxComponent {
    let assessment = fallback(&[line], code, decimal(rate), included);
    assessment.components.into_iter().next().unwrap()
}

fn check(nets: &[i64], components: Vec<TaxComponent>, level: TaxLevel, expected: &str) {
    let lines: Vec<TaxLine> = (1..)
        .zip(nets)
        .map(|(number, net)| TaxLine {
            number,
            net: Money::from_minor(*net),
            quantity: Quantity::ONE,
            price_is_negative: false,
        })
        .collect();
    let rounding = vec![TaxRounding { level, increment: Money::from_minor(1), ..TaxRounding::default() }];
    let assessment = Assessment { components, rounding, ..Assessment::default() };
    let result = compute(&lines, &assessment, Currency::from_code("EUR").unwrap()).unwrap();
    let taxes: Vec<String> =
        result.totals.iter().map(|tax| format!("{} {}+{}", tax.code, tax.base.minor(), tax.amount.minor())).collect();
    let shares: Vec<Vec<i64>> =
        result.lines.iter().map(|taxes| taxes.iter().map(|tax| tax.amount.minor()).collect()).collect();
    let (excluded, total) = (result.total_excluded.minor(), result.total.minor());
    assert_eq!(format!("{} | {excluded} {total} | {shares:?}", taxes.join(", ")), expected);
    assert_eq!(Money::sum(result.paid.iter().copied()), Ok(result.total), "what lines cost adds up to the total");
}

fn three(rate: &str, included: bool) -> Vec<TaxComponent> {
    (1..=3).map(|line| percent(line, "VAT", rate, included)).collect()
}

#[test]
fn per_receipt_and_per_line_differ_by_their_cent() {
    check(&[33, 33, 33], three("0.19", true), TaxLevel::PerReceipt, "VAT 83+16 | 83 99 | [[6], [5], [5]]");
    check(&[33, 33, 33], three("0.19", true), TaxLevel::PerLine, "VAT 84+15 | 84 99 | [[5], [5], [5]]");
    check(&[33, 33, 33], three("0.19", false), TaxLevel::PerReceipt, "VAT 99+19 | 99 118 | [[7], [6], [6]]");
    check(&[33, 33, 33], three("0.19", false), TaxLevel::PerLine, "VAT 99+18 | 99 117 | [[6], [6], [6]]");
    check(&[-33, -33, -33], three("0.19", true), TaxLevel::PerReceipt, "VAT -83+-16 | -83 -99 | [[-6], [-5], [-5]]");
}

#[test]
fn two_included_taxes_share_a_base_and_tax_on_tax_stacks() {
    let both = vec![percent(1, "A", "0.05", true), percent(1, "B", "0.05", true)];
    check(&[1100], both, TaxLevel::PerReceipt, "A 1000+50, B 1000+50 | 1000 1100 | [[50, 50]]");
    let mut first = percent(1, "GST", "0.05", false);
    first.affects_next_base = true;
    let mut second = percent(1, "QST", "0.10", false);
    second.base_affected = true;
    check(&[1000], vec![first, second], TaxLevel::PerReceipt, "GST 1000+50, QST 1050+105 | 1000 1155 | [[50, 105]]");
}

#[test]
fn a_jurisdiction_is_rounded_once_and_shared() {
    let codes = ["STATE", "COUNTY", "CITY"];
    let components = codes
        .into_iter()
        .map(|code| TaxComponent { jurisdiction: "NY".into(), ..percent(1, code, "0.015", false) })
        .collect();
    // 0.33 x 1.5 % = 0.00495 each, 0.01485 together.
    check(&[33], components, TaxLevel::PerJurisdiction, "STATE 33+1, COUNTY 33+0, CITY 33+0 | 33 34 | [[1, 0, 0]]");
}

#[test]
fn one_code_with_two_rates_and_taxes_on_unknown_lines_are_refused() {
    let line = TaxLine { number: 1, net: Money::from_minor(100), quantity: Quantity::ONE, price_is_negative: false };
    let currency = Currency::from_code("EUR").unwrap();
    for components in
        [vec![percent(1, "A", "0.1", true), percent(1, "A", "0.2", true)], vec![percent(9, "A", "0.1", true)]]
    {
        let assessment = Assessment { components, ..Assessment::default() };
        assert!(matches!(compute(&[line], &assessment, currency), Err(Refusal::TaxUnavailable { .. })));
    }
}

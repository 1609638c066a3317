//! Small baskets with figures worked out by hand.

use super::*;
use crate::pricing::proposal::{Attr, Message};
use pos_money::UnitPrice;
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

fn one(net: i64, quantity: i64) -> TaxLine {
    let (quantity, price_is_negative) = (Quantity::pieces(quantity), false);
    TaxLine { number: 1, net: Money::from_minor(net), quantity, price_is_negative }
}

fn euros(lines: &[TaxLine], components: Vec<TaxComponent>, mode: RoundingMode, included: IncludedPolicy) -> Workings {
    let rule = TaxRounding { mode, included, increment: Money::from_minor(1), ..TaxRounding::default() };
    let assessment = Assessment { components, rounding: vec![rule], ..Assessment::default() };
    assess(lines, &assessment, Currency::from_code("EUR").unwrap(), Precision::Posted).unwrap()
}

#[test]
fn what_closes_in_theory_closes_in_decimals() {
    let total_tax = |count: u32, net: i64, mode: RoundingMode| {
        let lines: Vec<TaxLine> = (1..=count).map(|number| TaxLine { number, ..one(net, 1) }).collect();
        let components = (1..=count).map(|line| percent(line, "V", "0.2", true)).collect();
        euros(&lines, components, mode, IncludedPolicy::KeepPrice).figures.total_tax
    };
    // Six lines of 0.02 with 20 % in them: six times a third of a cent is two cents, and rounding down finds them.
    for mode in [RoundingMode::Down, RoundingMode::Up, RoundingMode::HalfUp] {
        assert_eq!(total_tax(6, 2, mode), decimal("0.02"), "{mode:?}");
    }
    // Three lines of 0.01: half a cent, a tie.
    for (mode, tax) in [(RoundingMode::HalfUp, "0.01"), (RoundingMode::HalfDown, "0"), (RoundingMode::HalfEven, "0")] {
        assert_eq!(total_tax(3, 1, mode), decimal(tax), "{mode:?}");
    }
}

#[test]
fn only_the_part_above_a_threshold_is_taxed_and_never_more_than_the_maximum() {
    let mut clothing = percent(1, "V", "0.1", false);
    clothing.taxed = Taxed::Above(UnitPrice::each(decimal("110")));
    for (net, quantity, tax) in [(20_000, 1, 900), (20_000, 2, 0), (-20_000, -1, -900), (11_000, 1, 0)] {
        let taxed =
            euros(&[one(net, quantity)], vec![clothing.clone()], RoundingMode::HalfUp, IncludedPolicy::KeepPrice);
        assert_eq!(taxed.posted().unwrap().total_tax.minor(), tax, "{quantity} for {net}");
    }
    clothing.tax_max = Some(Money::from_minor(500));
    for (net, tax) in [(20_000, 500), (-20_000, -500)] {
        let line = one(net, net.signum());
        let taxed = euros(&[line], vec![clothing.clone()], RoundingMode::HalfUp, IncludedPolicy::KeepPrice);
        assert_eq!(taxed.posted().unwrap().total_tax.minor(), tax);
    }
}

#[test]
fn an_exempt_tax_comes_out_of_the_price_or_stays_in_it() {
    let exempt = |attrs: Vec<Attr>| TaxComponent {
        exempt: Some(Message::text("export")),
        attrs,
        ..percent(1, "V", "0.1", true)
    };
    let keep = Attr { key: KEEP_PRICE.into(), value: AttrValue::Flag(true) };
    for (attrs, paid) in [(vec![], 1000), (vec![keep], 1100)] {
        for included in [IncludedPolicy::KeepPrice, IncludedPolicy::FromBase] {
            let taxed = euros(&[one(1100, 1)], vec![exempt(attrs.clone())], RoundingMode::HalfUp, included);
            let posted = taxed.posted().unwrap();
            assert_eq!((posted.paid[0].minor(), posted.total.minor(), posted.total_tax.minor()), (paid, paid, 0));
        }
    }
}

#[test]
fn included_taxes_per_unit_never_exceed_the_price_and_added_ones_stay() {
    let fee = |code: &str, amount: &str, included: bool| TaxComponent {
        levy: Levy::PerUnit(UnitPrice::each(decimal(amount))),
        ..percent(1, code, "0", included)
    };
    let taxed = euros(
        &[one(500, 1)],
        vec![fee("A", "3", true), fee("B", "4", true)],
        RoundingMode::HalfUp,
        IncludedPolicy::KeepPrice,
    );
    let amounts: Vec<i64> = taxed.posted().unwrap().totals.iter().map(|tax| tax.amount.minor()).collect();
    assert_eq!((amounts, taxed.figures.total_excluded), (vec![100, 400], Decimal::ZERO));
    // A 100 % coupon makes the price part 0; the deposit is still due.
    let free = euros(&[one(0, 2)], vec![fee("A", "0.25", false)], RoundingMode::HalfUp, IncludedPolicy::KeepPrice);
    assert_eq!(free.posted().unwrap().total.minor(), 50);
}

#[test]
fn a_discount_on_what_is_paid_lowers_total_and_taxes_alike() {
    let taxed =
        euros(&[one(10_000, 1)], vec![percent(1, "V", "0.2", false)], RoundingMode::HalfUp, IncludedPolicy::KeepPrice);
    let posted = taxed.payable(&[decimal("0.9")]).unwrap().posted().unwrap();
    let figures =
        (posted.total.minor(), posted.total_tax.minor(), posted.totals[0].base.minor(), posted.paid[0].minor());
    assert_eq!(figures, (10_800, 1_800, 9_000, 10_800));
    // All of it off: nothing is left, of the taxes neither.
    let taxed = euros(&[one(333, 1)], vec![percent(1, "V", "0.19", true)], RoundingMode::Up, IncludedPolicy::KeepPrice);
    let posted = taxed.payable(&[Decimal::ZERO]).unwrap().posted().unwrap();
    assert_eq!((posted.total, posted.total_tax, posted.totals[0].base), (Money::ZERO, Money::ZERO, Money::ZERO));
}

fn assessed(net: i64, component: TaxComponent) -> Result<TaxResult, Refusal> {
    let line = TaxLine { number: 1, net: Money::from_minor(net), quantity: Quantity::ONE, price_is_negative: false };
    let assessment = Assessment { components: vec![component], ..Assessment::default() };
    compute(&[line], &assessment, Currency::from_code("EUR").unwrap())
}

#[test]
fn impossible_rates_are_refused_and_the_last_possible_ones_are_not() {
    let added = |levy| TaxComponent { levy, ..percent(1, "A", "0", false) };
    let rate = |text: &str| Rate::from_fraction(decimal(text));
    for (levy, tax) in [
        (Levy::Percent(rate("100")), 100_000),
        (Levy::Percent(rate("-0.5")), -500),
        (Levy::Division(rate("0.9")), 9_000),
        (Levy::Division(rate("0")), 0),
    ] {
        assert_eq!(assessed(1_000, added(levy)).unwrap().totals[0].amount.minor(), tax, "{levy:?}");
    }
    for levy in [
        Levy::Percent(rate("100.01")),
        Levy::Percent(rate("-1")),
        Levy::Percent(rate("-2")),
        Levy::Division(rate("1")),
        Levy::Division(rate("1.5")),
        Levy::Division(rate("-1")),
    ] {
        let refused = assessed(1_000, added(levy)).unwrap_err();
        assert!(refused.to_string().contains("an impossible rate"), "{levy:?} {refused}");
    }
}

#[test]
fn the_fallback_keeps_prices_and_is_rounded_once() {
    let rounding = fallback(&[1, 2], "VAT", decimal("0.19"), true).rounding;
    let [TaxRounding { jurisdiction: None, level, increment, included, .. }] = rounding.as_slice() else {
        panic!("{rounding:?}")
    };
    assert_eq!((*level, increment.minor(), *included), (TaxLevel::PerReceipt, 1, IncludedPolicy::KeepPrice));
}

#[test]
fn each_jurisdiction_is_rounded_by_its_own_rule() {
    let of = |code: &str, jurisdiction: &str| TaxComponent {
        jurisdiction: jurisdiction.into(),
        ..percent(1, code, "0.1", false)
    };
    let rule = |jurisdiction: &str, increment| TaxRounding {
        jurisdiction: Some(jurisdiction.into()),
        increment: Money::from_minor(increment),
        ..TaxRounding::default()
    };
    let line = TaxLine { number: 1, net: Money::from_minor(1_230), quantity: Quantity::ONE, price_is_negative: false };
    let assessment = Assessment {
        components: vec![of("CENTS", "A"), of("TENS", "B")],
        rounding: vec![rule("A", 1), rule("B", 10)],
        ..Assessment::default()
    };
    let found = compute(&[line], &assessment, Currency::from_code("EUR").unwrap()).unwrap();
    let amounts: Vec<i64> = found.totals.iter().map(|tax| tax.amount.minor()).collect();
    assert_eq!(amounts, [123, 120]);
}

#[test]
fn an_exempt_tax_leaves_the_price_only_where_it_is_told_to() {
    let exempt = |key: &str, value| TaxComponent {
        exempt: Some(Message::text("reseller")),
        attrs: vec![Attr { key: key.into(), value: AttrValue::Flag(value) }],
        ..percent(1, "VAT", "0.25", true)
    };
    let total = |component| assessed(1_250, component).unwrap().total.minor();
    assert_eq!(total(exempt(KEEP_PRICE, true)), 1_250);
    assert_eq!(total(exempt(KEEP_PRICE, false)), 1_000);
    assert_eq!(total(exempt("something else", true)), 1_000);
}

#[test]
fn what_division_leaves_over_is_taken_away_and_nothing_else() {
    for (figure, expected) in [
        ("0.4999999999999999999999999998", "0.5"),
        ("12345678901.2345678901", "12345678901.2345678901"),
        // More than 24 digits, few of them decimals; and few digits, far down.
        ("1234567890123456789012345.678", "1234567890123456789012350"),
        ("0.0000000000000000000000004", "0"),
        ("1.50", "1.5"),
    ] {
        assert_eq!(settled(decimal(figure)).to_string(), expected, "{figure}");
    }
}

#[test]
fn sums_lose_no_digit_that_a_decimal_has_room_for() {
    let add = |figures: &[&str]| sum(figures.iter().map(|figure| decimal(figure))).unwrap().to_string();
    assert_eq!(add(&["4.75", "1.3333333333333333"]), "6.0833333333333333");
    // 30 digits together: the last two are rounded away, once.
    assert_eq!(add(&["1234567890123456789.0123456789", "90000000000000000000"]), "91234567890123456789.01234568");
    assert_eq!(add(&["-1234567890123456789.0123456789", "-90000000000000000000"]), "-91234567890123456789.01234568");
    assert_eq!(
        add(&["1234567890123456789.0123456789", "90000000000000000000", "0.0000000001"]),
        "91234567890123456789.01234568"
    );
    assert_eq!(add(&["79228162514264337593543950335", "0"]), "79228162514264337593543950335");
    assert_eq!(add(&["79228162514264337593543950334", "0.4"]), "79228162514264337593543950334");
    assert_eq!(add(&["79228162514264337593543950334", "0.6"]), "79228162514264337593543950335");
    assert!(sum([Decimal::MAX, Decimal::ONE]).is_err());
}

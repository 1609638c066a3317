//! Rates by class and date, and configurations that are refused with their place.

use super::*;
use pos_plugin_sdk::testing;
use serde_json::{Value, json};

mod check;
mod places;
mod properties;
mod rules;
mod scenarios;
mod schema;
mod starters;
mod validate;

const DEFAULT: &str = include_str!("../../configuration.default.json");

fn table(classes: Value) -> Value {
    json!({"jurisdiction": "XX", "classes": classes})
}

/// A component as the tests write it: `1 CH A 8.1% in`, and whatever else is not ordinary about it.
fn told(component: &TaxComponent) -> String {
    let TaxComponent { line, jurisdiction, code, .. } = component;
    let price = |UnitPrice { value, per }: UnitPrice| match per {
        per if per == Quantity::ONE => format!("{value} each"),
        per => format!("{value} / {per}"),
    };
    let mut text = format!("{line} {jurisdiction} {code} ");
    text += &match component.levy {
        Levy::Percent(rate) => format!("{}%", rate.percent_text()),
        Levy::Division(rate) => format!("{}% of all", rate.percent_text()),
        Levy::PerUnit(amount) => price(amount),
    };
    text += if component.included { " in" } else { " on" };
    match component.taxed {
        Taxed::Whole => {}
        Taxed::Share(share) => text += &format!(" share {}%", share.percent_text()),
        Taxed::Above(amount) => text += &format!(" above {}", price(amount)),
    }
    for (is_so, word) in [(component.affects_next_base, " affects"), (component.base_affected, " affected")] {
        text += if is_so { word } else { "" };
    }
    text += &component.tax_max.map(|most| format!(" max {}", most.minor())).unwrap_or_default();
    text += &component.exempt.as_ref().map(|reason| format!(" exempt: {}", reason.text)).unwrap_or_default();
    text
}

/// The components of an input under a table.
fn components(table: &Value, input: &TaxInput) -> Result<Vec<String>, HookError> {
    Ok(TaxTable::configure(&table.to_string())?.assess(input)?.components.iter().map(told).collect())
}

/// Sells one line of `class` at 10.00.
fn assess(config: &str, now: &str, class: &str) -> Result<Vec<String>, HookError> {
    let basket = testing::basket("CHF", now).sell("THING", 1, "10.00").taxed(class);
    let answer = TaxTable::configure(config)?.assess(&testing::tax_input(basket))?;
    Ok(answer.components.iter().map(told).collect())
}

fn check(now: &str, class: &str, expected: &[&str]) {
    assert_eq!(assess(DEFAULT, now, class).unwrap(), expected, "{class} on {now}");
}

fn check_refused(config: Value, expected: &str) {
    let error = TaxTable::configure(&config.to_string()).unwrap_err();
    assert!(matches!(error, HookError::InvalidConfiguration(_)));
    assert!(error.text().starts_with(expected), "{}", error.text());
}

#[test]
fn the_rate_of_the_day_applies_to_the_last_minute() {
    check("2023-12-31 23:59", "standard", &["1 CH A 7.7% in"]);
    check("2024-01-01 00:00", "standard", &["1 CH A 8.1% in"]);
    check("2026-11-18 17:30", "reduced", &["1 CH B 2.6% in"]);
    check("2026-11-18 17:30", "lodging", &["1 CH C 3.8% in"]);
    check("2026-11-18 17:30", "zero", &["1 CH Z 0% in"]);
    check("2026-11-18 17:30", "exempt", &["1 CH E 0% in exempt: Exempt from VAT, Art. 21 VAT Act"]);
}

#[test]
fn the_calendar_day_counts_not_the_trading_day() {
    let mut basket = testing::basket("CHF", "2024-01-01 01:30").sell("BEER", 1, "6.00");
    basket.business_date = "2023-12-31".parse().unwrap();
    let answer = TaxTable::configure(DEFAULT).unwrap().assess(&testing::tax_input(basket)).unwrap();
    assert_eq!(answer.components[0].levy, Levy::Percent(Rate::from_fraction(Decimal::new(81, 3))));
}

#[test]
fn a_class_without_a_rate_is_refused_by_line_and_class() {
    let error = assess(DEFAULT, "2026-11-18 17:30", "books").unwrap_err();
    assert_eq!(
        error,
        HookError::refused(
            "Line 1: the tax table has no class \"books\". Add it to the table, or correct the article's tax class."
        )
    );
    let error = assess(DEFAULT, "2017-12-31 17:30", "standard").unwrap_err();
    assert!(error.text().starts_with("Line 1: the tax table has no rate for class \"standard\" on 2017-12-31."));
}

#[test]
fn several_taxes_keep_their_order_place_and_jurisdiction() {
    let config = json!({
        "jurisdiction": "CA", "included": false,
        "classes": {"standard": [
            {"code": "GST", "rate": "0.05"},
            {"code": "QST", "rate": "0.09975", "jurisdiction": "CA-QC"},
            {"code": "ECO", "rate": "0.01", "included": true}
        ]}
    });
    let told = assess(&config.to_string(), "2026-11-18 17:30", "standard").unwrap();
    assert_eq!(told, ["1 CA GST 5% on", "1 CA-QC QST 9.975% on", "1 CA ECO 1% in"]);
}

#[test]
fn without_a_word_on_it_taxes_follow_the_shops_price_terms() {
    let table = TaxTable::configure(&table(json!({"standard": [{"code": "A", "rate": "0.1"}]})).to_string()).unwrap();
    for tax_in in [true, false] {
        let mut basket = testing::basket("EUR", "2026-11-18 17:30").sell("THING", 1, "10.00");
        basket.prices_include_tax = tax_in;
        assert_eq!(table.assess(&testing::tax_input(basket)).unwrap().components[0].included, tax_in);
    }
}

#[test]
fn rounding_is_the_owners() {
    let mut config = table(json!({"standard": [{"code": "A", "rate": "0.1"}]}));
    let rounding = |config: &Value| TaxTable::configure(&config.to_string()).unwrap().rounding(&[]);
    assert_eq!(rounding(&config), [TaxRounding::default()]);
    config["rounding"] = json!({"level": "per-line", "mode": "half-even", "increment": 5});
    let expected = Rounding { mode: RoundingMode::HalfEven, increment: 5 };
    assert_eq!(
        rounding(&config),
        [TaxRounding { level: TaxLevel::PerLine, rounding: expected, ..TaxRounding::default() }]
    );
}

#[test]
fn the_trace_and_the_receipt_name_each_tax_once() {
    let basket = testing::basket("CHF", "2026-11-18 17:30")
        .sell("TEA", 1, "3.00")
        .taxed("reduced")
        .sell("STAMP", 2, "1.10")
        .taxed("exempt")
        .sell("STAMP", 1, "0.90")
        .taxed("exempt");
    let answer = TaxTable::configure(DEFAULT).unwrap().assess(&testing::tax_input(basket)).unwrap();
    assert_eq!(answer.components.len(), 3);
    assert_eq!(answer.receipt_notes, [Message::text("E: Exempt from VAT, Art. 21 VAT Act")]);
    assert_eq!(
        explain::taken(),
        ["info: CH B (VAT, reduced rate): 2.6 %, since 2024-01-01", "info: CH E (Exempt from VAT): 0 %"]
    );
}

#[test]
fn a_wrong_table_is_refused_with_the_place() {
    let a = |rate: &str| json!({"code": "A", "rate": rate});
    check_refused(json!({"jurisdiction": "XX", "clases": {}}), "clases: unknown field `clases`");
    check_refused(table(json!({})), "classes: there is none");
    check_refused(table(json!({"standard": []})), "classes.standard: has no rates");
    check_refused(
        table(json!({"standard": [a("0.1"), {"code": "B", "rat": "0"}]})),
        "classes.standard[1].rat: unknown field",
    );
    check_refused(table(json!({"standard": [a("8.1")]})), "classes.standard[0].rate: 8.1 is not a fraction");
    check_refused(table(json!({"standard": [a("-0.1")]})), "classes.standard[0].rate: -0.1 is not a fraction");
    check_refused(table(json!({"standard": [a("0.0123456789")]})), "classes.standard[0].rate: has more than nine");
    check_refused(table(json!({"standard": [{"code": "A", "rate": 0.1}]})), "classes.standard[0].rate: invalid type");
    check_refused(table(json!({"standard": [{"code": " ", "rate": "0"}]})), "classes.standard[0].code: is empty");
    check_refused(
        table(json!({"standard": [{"code": "A", "rate": "0", "from": "2024-02-30"}]})),
        "classes.standard[0].from: \"2024-02-30\" is not a day",
    );
    check_refused(
        table(json!({"standard": [{"code": "A", "rate": "0", "from": "2024-02-02", "until": "2024-02-01"}]})),
        "classes.standard[0].until: 2024-02-01 is before its beginning",
    );
    check_refused(
        table(json!({"standard": [{"code": "A", "rate": "0.1", "exempt": "export"}]})),
        "classes.standard[0].exempt: an exempt class has rate",
    );
    let mut config = table(json!({"standard": [a("0.1")]}));
    config["rounding"] = json!({"increment": 0});
    check_refused(config, "rounding.increment: must be at least 1");
}

#[test]
fn a_code_means_one_tax_at_a_time() {
    let old = json!({"code": "A", "rate": "0.077", "until": "2023-12-31"});
    let new = json!({"code": "A", "rate": "0.081", "from": "2024-01-01"});
    let early = json!({"code": "A", "rate": "0.081", "from": "2023-12-31"});
    assert!(TaxTable::configure(&table(json!({"standard": [old, new]})).to_string()).is_ok());
    check_refused(
        table(json!({"standard": [old, early]})),
        "classes.standard[1]: code \"A\" is valid at the same time as in classes.standard[0]",
    );
    // Two classes may share a tax, but not a code for two taxes.
    assert!(TaxTable::configure(&table(json!({"food": [old], "standard": [old]})).to_string()).is_ok());
    check_refused(
        table(json!({"food": [old], "standard": [early]})),
        "classes.standard[0]: code \"A\" means something else in classes.food[0]",
    );
    // Nor for two jurisdictions: the kernel would refuse the receipt that has both.
    let elsewhere = json!({"code": "A", "rate": "0.081", "from": "2023-12-31", "jurisdiction": "LI"});
    check_refused(
        table(json!({"food": [old], "standard": [elsewhere]})),
        "classes.standard[0]: code \"A\" means something else in classes.food[0]; give one of them another code",
    );
}

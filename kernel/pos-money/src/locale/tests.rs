//! Against the Unicode CLDR, back and forth, and what is refused.

use super::*;
use crate::MoneyError;
use proptest::prelude::*;

fn locale(tag: &str) -> Locale {
    Locale::from_tag(tag).unwrap()
}

fn currency(code: &str) -> Currency {
    Currency::from_code(code).unwrap()
}

/// Every place writes its own currency as the CLDR says, to the character. The file names its source; its numbers have
/// five whole digits or one, so that it says nothing about places that begin to group later.
#[test]
fn printing_follows_the_cldr() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/data/cldr_currency_formats.json")).unwrap();
    let cases: Vec<[String; 4]> = serde_json::from_value(file["cases"].clone()).unwrap();
    let mut seen = Vec::new();
    for [tag, code, amount, expected] in &cases {
        let (place, money) = (locale(tag), currency(code).parse(amount).unwrap());
        assert_eq!(place.format_with(money, currency(code), CurrencyStyle::Symbol), *expected, "{tag} {amount}");
        assert_eq!(place.parse(expected, currency(code)), Ok(money), "{tag} {expected}");
        seen.push(place);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), Locale::all().count(), "every place has its cases");
}

#[test]
fn tags_are_found_by_country_then_by_language() {
    let found = |tag: &str| Locale::from_tag(tag).map(Locale::tag);
    assert_eq!(found("de_ch"), Some("de-CH"));
    assert_eq!(found("de"), Some("de-DE"));
    assert_eq!(found("en-XX"), Some("en-US"));
    assert_eq!(found("d"), None);
    assert_eq!(found(""), None);
    let tags: Vec<&str> = Locale::all().map(Locale::tag).collect();
    assert!(tags.is_sorted());
    for tag in tags {
        assert_eq!(found(tag), Some(tag));
        assert!(found(&tag[..2]).is_some(), "{tag} has a main place of its language");
    }
}

#[test]
fn a_symbol_is_used_only_where_it_is_clear() {
    let text =
        |tag: &str, code: &str| locale(tag).format_with(Money::from_minor(-500), currency(code), CurrencyStyle::Symbol);
    assert_eq!(text("en-CA", "CAD"), "-$5.00");
    assert_eq!(text("en-CA", "USD"), "-USD\u{a0}5.00");
    assert_eq!(text("sv-SE", "DKK"), "\u{2212}5,00\u{a0}DKK");
    assert_eq!(text("de-CH", "EUR"), "€-5.00");
    let code = locale("en-US").format_with(Money::from_minor(500), currency("USD"), CurrencyStyle::Code);
    assert_eq!(code, "USD\u{a0}5.00");
}

#[test]
fn groups_begin_where_the_place_begins_them() {
    let million = Money::from_minor(123_456_789);
    let text = |tag: &str, minor: i64| locale(tag).format(Money::from_minor(minor), currency("EUR"));
    assert_eq!(text("es-ES", 123_450), "1234,50");
    assert_eq!(text("es-ES", 1_234_550), "12.345,50");
    assert_eq!(text("en-IN", million.minor()), "12,34,567.89");
    assert_eq!(locale("ja-JP").format(Money::from_minor(1_234_567), currency("JPY")), "1,234,567");
    assert_eq!(locale("en-GB").format(Money::from_minor(1_234_567), currency("KWD")), "1,234.567");
    assert_eq!(text("de-DE", i64::MIN), "-92.233.720.368.547.758,08");
    assert_eq!(text("de-DE", 0), "0,00");
}

/// What people type: kinder than what is printed, and never a guess.
#[test]
fn reading_is_kind_but_does_not_guess() {
    let read = |tag: &str, text: &str| locale(tag).parse(text, currency("EUR")).map(Money::minor);
    for (tag, text, minor) in [
        ("de-DE", "1.234,50 €", 123_450),
        ("de-DE", "1234,5", 123_450),
        ("de-DE", "EUR -5", -500),
        ("de-DE", "-€5", -500),
        ("de-DE", "€-5", -500),
        ("de-DE", "5,00-", -500),
        ("de-DE", ",5", 50),
        ("de-DE", "+3", 300),
        ("de-DE", "-0,00", 0),
        ("fr-FR", "1 234,50", 123_450),
        ("fr-FR", "1\u{202f}234,50\u{a0}€", 123_450),
        ("sv-SE", "\u{2212}5", -500),
        ("de-CH", "1'234.50", 123_450),
        ("en-IN", "12,34,567.89", 123_456_789),
        ("en-US", "1,234", 123_400),
    ] {
        assert_eq!(read(tag, text), Ok(minor), "{tag} {text}");
    }
    for (tag, text) in [
        ("de-DE", "1.23"),
        ("de-DE", "12.50"),
        ("de-DE", "1.2345,00"),
        ("de-DE", ".123,00"),
        ("de-DE", "1..234"),
        ("de-DE", "1,2,3"),
        ("de-DE", "5,"),
        ("de-DE", "--5"),
        ("de-DE", "-5-"),
        ("de-DE", "5 $"),
        ("de-DE", "USD 5"),
        ("de-DE", "€ 5 €"),
        ("de-DE", "€"),
        ("de-DE", ""),
        ("de-DE", "1e3"),
        ("en-US", "1,23"),
        ("en-US", "12,34,567"),
        ("de-DE", "٣"),
    ] {
        assert!(matches!(read(tag, text), Err(MoneyError::NotAnAmount { .. })), "{tag} {text}: {:?}", read(tag, text));
    }
    assert!(matches!(read("de-DE", "1,005"), Err(MoneyError::TooPrecise { .. })));
    assert!(matches!(
        read("de-DE", &format!("1,{:0>40}", 5)),
        Err(MoneyError::TooPrecise { .. } | MoneyError::Overflow)
    ));
    assert_eq!(read("de-DE", "99999999999999999999"), Err(MoneyError::Overflow));
    assert_eq!(read("de-DE", &"9".repeat(60)), Err(MoneyError::Overflow));
    let message = read("de-DE", "12.50").unwrap_err().to_string();
    assert_eq!(message, "\"12.50\" is not an amount; write it like 1.234,50");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_reads_back(
        minor in prop_oneof![any::<i64>(), -100_000..100_000_i64],
        place in prop::sample::select(Locale::all().collect::<Vec<_>>()),
        currency in prop::sample::select(Currency::all().collect::<Vec<_>>()),
    ) {
        let amount = Money::from_minor(minor);
        let plain = place.format(amount, currency);
        let printed = [CurrencyStyle::Symbol, CurrencyStyle::Code].map(|style| place.format_with(amount, currency, style));
        for text in printed.iter().chain([&plain]) {
            prop_assert_eq!(place.parse(text, currency), Ok(amount), "{} {}", place, text);
            let signed = text.contains(['-', '\u{2212}']);
            prop_assert_eq!(signed, amount.is_negative(), "{}", text);
        }
    }

    #[test]
    fn no_text_panics(
        text in "[-+0-9.,'’ €$A-Z\u{a0}\u{202f}]{0,24}|\\PC{0,12}",
        place in prop::sample::select(Locale::all().collect::<Vec<_>>()),
    ) {
        let euro = currency("EUR");
        if let Ok(money) = place.parse(&text, euro) {
            prop_assert_eq!(place.parse(&place.format(money, euro), euro), Ok(money));
        }
    }
}

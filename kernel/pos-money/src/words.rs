//! How units, prices, rates, currencies and places are written and read, and signs at their edges.

use crate::{Currency, Decimal, Locale, Money, MoneyError, Quantity, Rate, Unit, UnitPrice};

#[test]
fn units_are_read_as_they_are_written() {
    for (texts, unit) in [
        (&["", "each", "ea", "pc", "pcs", "piece", "st", "stk", " EACH "][..], Unit::Each),
        (&["kg", "KG"], Unit::Kg),
        (&["g"], Unit::G),
        (&["l", "L"], Unit::L),
        (&["ml"], Unit::Ml),
        (&["m"], Unit::M),
        (&["cm"], Unit::Cm),
        (&["m2", "m²"], Unit::M2),
        (&["h", "hour", "hr"], Unit::Hour),
        (&["other", "unit"], Unit::Other),
    ] {
        for text in texts {
            assert_eq!(Unit::from_text(text), Some(unit), "{text}");
        }
        assert_eq!(unit.is_measured(), unit != Unit::Each);
    }
    assert_eq!(Unit::from_text("kgs"), None);
}

/// What is usual is left out of what is stored, and comes back.
#[test]
fn pieces_and_prices_of_one_piece_are_stored_in_short() {
    for (quantity, text) in [
        (Quantity::pieces(3), r#"{"value":"3"}"#),
        (Quantity::new(Decimal::new(482, 3), Unit::Kg), r#"{"value":"0.482","unit":"kg"}"#),
    ] {
        assert_eq!(serde_json::to_string(&quantity).unwrap(), text);
        assert_eq!(serde_json::from_str::<Quantity>(text).unwrap(), quantity);
    }
    let each = UnitPrice::each(Decimal::new(1298, 2));
    for (price, text) in [
        (each, r#"{"value":"12.98"}"#),
        (UnitPrice { per: Quantity::pieces(3), ..each }, r#"{"value":"12.98","per":{"value":"3"}}"#),
    ] {
        assert_eq!(serde_json::to_string(&price).unwrap(), text);
        assert_eq!(serde_json::from_str::<UnitPrice>(text).unwrap(), price);
    }
}

#[test]
fn offers_count_whole_pieces_and_a_weighed_line_once() {
    let counted = |value: Decimal, unit| Quantity::new(value, unit).countable_pieces();
    assert_eq!(counted(Decimal::from(3), Unit::Each), 3);
    assert_eq!(counted(Decimal::from(-3), Unit::Each), -3);
    assert_eq!(counted(Decimal::new(30, 1), Unit::Each), 3);
    assert_eq!(counted(Decimal::new(35, 1), Unit::Each), 1);
    assert_eq!(counted(Decimal::from(3), Unit::Kg), 1);
    assert_eq!(counted(Decimal::ZERO, Unit::Kg), 0);
}

#[test]
fn signs_at_their_edge() {
    for minor in [-1_i64, 0, 1] {
        let money = Money::from_minor(minor);
        assert_eq!((money.is_negative(), money.is_zero(), money.is_positive()), (minor < 0, minor == 0, minor > 0));
    }
}

#[test]
fn rates_are_percentages_for_people() {
    for (percent, text) in [("8.875", "8.875"), ("19.00", "19"), ("0", "0"), ("100", "100")] {
        let rate = Rate::from_percent(percent.parse().unwrap()).unwrap();
        assert_eq!(rate.percent_text(), text);
        assert_eq!(rate, Rate::from_fraction(percent.parse::<Decimal>().unwrap() / Decimal::ONE_HUNDRED));
    }
}

#[test]
fn a_currency_is_its_code() {
    let franc = Currency::from_code("CHF").unwrap();
    assert_eq!(
        (format!("{franc}"), format!("{franc:?}"), String::from(franc)),
        ("CHF".into(), "CHF".into(), "CHF".into())
    );
    assert_eq!(serde_json::to_string(&franc).unwrap(), r#""CHF""#);
}

#[test]
fn what_a_currency_cannot_hold_is_named() {
    let euro = Currency::from_code("EUR").unwrap();
    assert_eq!(euro.exact(Decimal::new(12_980, 3)), Ok(Money::from_minor(1_298)));
    assert_eq!(euro.exact(Decimal::from(13)), Ok(Money::from_minor(1_300)));
    assert!(matches!(euro.exact(Decimal::new(12_981, 3)), Err(MoneyError::TooPrecise { .. })));
    let long = format!("1.{}", "3".repeat(40));
    assert!(matches!(euro.parse(&long), Err(MoneyError::TooPrecise { .. })));
    assert!(matches!(euro.parse(&"9".repeat(40)), Err(MoneyError::Overflow)));
    assert!(matches!(euro.parse("1 298,50"), Err(MoneyError::NotANumber(_))));
}

#[test]
fn a_place_is_its_tag() {
    let locale = Locale::from_tag("de-CH").unwrap();
    assert_eq!(locale.to_string(), locale.tag());
    assert_eq!(locale.tag(), "de-CH");
}

//! Shops from answers, and their settings through a file and back.

use super::*;
use expect_test::{Expect, expect};
use std::collections::VecDeque;

/// Answers in turn; what was asked and told is written down.
struct Script {
    answers: VecDeque<&'static str>,
    said: String,
}

impl Prompt for Script {
    fn ask(&mut self, question: &Question) -> std::io::Result<Option<String>> {
        let default = question.default.as_ref().map(|default| format!(" [{default}]")).unwrap_or_default();
        let default = if question.key == "zone" { "" } else { &default };
        let answer = self.answers.pop_front();
        self.said.push_str(&format!("{}{default}? {}\n", question.text, answer.unwrap_or("(nobody there)")));
        Ok(answer.map(str::to_owned))
    }
    fn tell(&mut self, text: &str) -> std::io::Result<()> {
        self.said.push_str(&format!("  {text}\n"));
        Ok(())
    }
}

fn interview(given: Answers, answers: &[&'static str], expected: Expect) -> Result<Shop, InitError> {
    let mut script = Script { answers: answers.iter().copied().collect(), said: String::new() };
    let result = shop(given, Some(&mut script));
    expected.assert_eq(&script.said);
    result
}

fn complete() -> Answers {
    let text =
        "name = \"Bar\"\naddress = [\"Quay 1\"]\ntax_number = \"\"\ncurrency = \"eur\"\nzone = \"europe/lisbon\"\n";
    Answers::from_toml(Path::new("answers.toml"), text).unwrap()
}

#[test]
fn a_shop_is_asked_for() {
    let shop = interview(
        Answers::default(),
        &[
            "",
            "Corner Grocery",
            "Lindenstrasse 12; 8008 Zürich",
            "CHE-123.456.788 VAT",
            "CFH",
            "swiss",
            "chf",
            "Zurich",
            "Europe/Zurich",
            "",
            "en, de",
            "",
        ],
        expect![[r#"
            Name of the shop? 
              This is empty. Enter a text.
            Name of the shop? Corner Grocery
            Address, lines separated by ;? Lindenstrasse 12; 8008 Zürich
            Tax number [none]? CHE-123.456.788 VAT
            Currency, three letters? CFH
              "CFH" is not a currency code of ISO 4217. Use three letters, like CHF or EUR.
            Currency, three letters? swiss
              "swiss" is not a currency code of ISO 4217. Is it CHF (Swiss Franc)?
            Currency, three letters? chf
            Time zone? Zurich
              "Zurich" is not a time zone of the IANA database. Is it Europe/Zurich?
            Time zone? Europe/Zurich
            Id of this register [R1]? 
            Languages, the first is the default [en]? en, de
            Do shelf prices contain the tax? [yes]? 
        "#]],
    )
    .unwrap();
    assert_eq!((shop.currency.code(), &*shop.zone, &*shop.register), ("CHF", "Europe/Zurich", "R1"));
    assert_eq!((shop.cash_rounding.increment, shop.notes.len(), shop.languages.len()), (5, 5, 2));
    assert_eq!(shop.address, ["Lindenstrasse 12", "8008 Zürich"]);
    assert_eq!(from_toml(Path::new("shop.toml"), &to_toml(&shop)), Ok(shop));
}

#[test]
fn only_what_is_open_is_asked_and_nobody_answering_is_no_loop() {
    let error = interview(
        Answers { name: None, prices_include_tax: Some(true), ..complete() },
        &["  "],
        expect![[r#"
            Name of the shop?   
              This is empty. Enter a text.
            Name of the shop? (nobody there)
        "#]],
    )
    .unwrap_err();
    expect![[r#"
        The shop cannot be set up yet.
          --name is missing.
        Give the answers as flags or in a TOML file, or run the command on a terminal to be asked."#]]
    .assert_eq(&error.to_string());
}

#[test]
fn answers_alone_are_enough_and_flags_come_first() {
    let made = shop(Answers { register: Some("T-7".into()), ..Answers::default() }.or(complete()), None).unwrap();
    assert_eq!((&*made.register, made.currency.code(), &*made.zone), ("T-7", "EUR", "Europe/Lisbon"));
    assert_eq!((made.tax_number.as_str(), made.tax_fallback), ("", None));
    let dollars =
        Answers { currency: Some("USD".into()), tax_fallback_percent: Some(Decimal::new(8875, 3)), ..complete() };
    let made = shop(dollars, None).unwrap();
    assert!(!made.prices_include_tax);
    assert_eq!(made.tax_fallback.map(|fallback| fallback.rate.to_string()).as_deref(), Some("0.08875"));
}

#[test]
fn everything_missing_and_wrong_is_listed_at_once() {
    let check = |answers: Answers, expected: Expect| expected.assert_eq(&shop(answers, None).unwrap_err().to_string());
    check(
        Answers::default(),
        expect![[r#"
        The shop cannot be set up yet.
          --name is missing.
          --address is missing.
          --tax-number is missing.
          --currency is missing.
          --zone is missing.
        Give the answers as flags or in a TOML file, or run the command on a terminal to be asked."#]],
    );
    check(
        Answers {
            name: Some("x".repeat(61)),
            zone: Some("Zurich".into()),
            register: Some("till 3".into()),
            languages: Some(vec!["English".into()]),
            float: Some(Decimal::new(-1, 0)),
            tax_fallback_percent: Some(Decimal::MAX),
            address: None,
            ..complete()
        },
        expect![[r#"
            The shop cannot be set up yet.
              --zone: "Zurich" is not a time zone of the IANA database. Is it Europe/Zurich?
              --tax-fallback-percent: 79228162514264337593543950335 is not a rate in per cent. Use 0 to less than 100, like 8.1.
              --name: The text has 61 characters. Shorten it to at most 60.
              --register: "till 3" cannot be an id. Use 1 to 16 letters, digits, - or _, like R1.
              --languages: "English" is not a language. Use a tag of BCP 47, like en or de-CH.
              --float: -1 is below zero. Enter zero or more.
              --address is missing.
            Give the answers as flags or in a TOML file, or run the command on a terminal to be asked."#]],
    );
}

#[test]
fn a_file_of_answers_says_where_it_is_wrong() {
    let error = Answers::from_toml(Path::new("answers.toml"), "name = \"Bar\"\ncurency = \"EUR\"\n").unwrap_err();
    assert!(error.to_string().starts_with("answers.toml, line 2, column 1, key \"curency\": Unknown field"), "{error}");
}

//! Thresholds, fees, tax on tax, class rules, exemptions: each as a shop sees it.

use super::*;

const DAY: &str = "2026-11-18 17:30";

fn one_line(basket: Basket, table: &Value) -> Vec<String> {
    components(table, &testing::tax_input(basket)).unwrap()
}

fn in_usd() -> Basket {
    let mut basket = testing::basket("USD", DAY);
    basket.prices_include_tax = false;
    basket
}

/// Answers what a line at a price costs in tax terms under one tax.
fn at_price(tax: &Value, pieces: i64, price: &str) -> String {
    one_line(in_usd().sell("COAT", pieces, price), &table(json!({"standard": [tax]}))).join(", ")
}

#[test]
fn clothing_in_new_york_is_taxed_whole_from_110_a_piece() {
    let tax = json!({"code": "NY", "rate": "0.04", "taxed": {"from": "110"}});
    assert_eq!(at_price(&tax, 1, "109.99"), "1 XX NY-E 4% on exempt: below 110 a piece");
    assert_eq!(at_price(&tax, 1, "110.00"), "1 XX NY 4% on");
    // 3 for 329.97 are 109.99 each, whatever the line costs; a return is measured like the sale.
    assert_eq!(at_price(&tax, 3, "109.99"), "1 XX NY-E 4% on exempt: below 110 a piece");
    assert_eq!(at_price(&tax, -3, "109.99"), "1 XX NY-E 4% on exempt: below 110 a piece");
    assert_eq!(at_price(&tax, -3, "110"), "1 XX NY 4% on");
}

#[test]
fn the_price_after_discounts_decides() {
    let tax = json!({"code": "NY", "rate": "0.04", "taxed": {"from": "110"}});
    let mut input = testing::tax_input(in_usd().sell("COAT", 3, "120.00"));
    // 329.99 over 3 pieces is a third of a cent below 110.
    input.taxables[0].net = Money::from_minor(32_999);
    let config = table(json!({"standard": [tax]}));
    assert_eq!(components(&config, &input).unwrap(), ["1 XX NY-E 4% on exempt: below 110 a piece"]);
    input.taxables[0].net = Money::from_minor(33_000);
    assert_eq!(components(&config, &input).unwrap(), ["1 XX NY 4% on"]);
}

#[test]
fn clothing_in_massachusetts_is_taxed_above_175_a_piece() {
    let tax = json!({"code": "MA", "rate": "0.0625", "taxed": {"above": "175"}});
    assert_eq!(at_price(&tax, 2, "200.00"), "1 XX MA 6.25% on above 175 each");
    let mut basket = in_usd().sell("SILK", 1, "80.00");
    basket.lines[0].quantity = Quantity { value: Decimal::new(25, 1), unit: Unit::M };
    // 2.5 m are one piece: the threshold counts once.
    assert_eq!(one_line(basket, &table(json!({"standard": [tax]}))), ["1 XX MA 6.25% on above 175 / 2.5 m"]);
}

#[test]
fn a_share_a_cap_and_a_division() {
    let share = json!({"code": "HALF", "rate": "0.2", "taxed": {"share": "0.5"}});
    assert_eq!(at_price(&share, 1, "10"), "1 XX HALF 20% on share 50%");
    let capped = json!({"code": "IMF", "rate": "0.05", "tax_max": "500"});
    assert_eq!(at_price(&capped, 2, "12000"), "1 XX IMF 5% on max 100000");
    let division = json!({"code": "ICMS", "division": "0.18"});
    assert_eq!(at_price(&division, 1, "10"), "1 XX ICMS 18% of all on");
}

#[test]
fn a_deposit_comes_first_and_carries_its_own_tax() {
    let config = json!({
        "jurisdiction": "DE", "included": true,
        "fees": [{
            "code": "PFAND25", "per_unit": "0.25", "included": false, "affects_next_base": true,
            "when": {"tag": ["pfand-25"]}
        }],
        "classes": {"standard": [{"code": "A", "rate": "0.19"}]}
    });
    let basket = testing::basket("EUR", DAY).sell("COLA", 6, "0.99").tagged("pfand-25").sell("GLASS", 1, "2.00");
    let expected = ["1 DE PFAND25 0.25 each on affects", "1 DE A 19% in affected", "2 DE A 19% in"];
    assert_eq!(one_line(basket, &config), expected);
}

#[test]
fn a_fee_of_another_unit_is_refused_with_what_to_do() {
    let fee = json!({"code": "BAG", "per_unit": "0.10"});
    let config = json!({"jurisdiction": "XX", "fees": [fee], "classes": {"standard": [{"code": "A", "rate": "0.1"}]}});
    let mut basket = in_usd().sell("HAM", 1, "3.00");
    basket.lines[0].quantity = Quantity { value: Decimal::new(482, 3), unit: Unit::Kg };
    let error = components(&config, &testing::tax_input(basket)).unwrap_err();
    let expected =
        "Line 1: BAG is levied per piece, but the line is sold per kg. Limit it with \"when\" in the tax table.";
    assert_eq!(error, HookError::refused(expected));
    let by_weight = json!({"code": "SUGAR", "per_unit": "0.30", "unit": "kg"});
    let config = json!({"jurisdiction": "XX", "classes": {"standard": [by_weight]}});
    let mut basket = in_usd().sell("SWEETS", 1, "3.00");
    basket.lines[0].quantity = Quantity { value: Decimal::from(250), unit: Unit::G };
    assert_eq!(one_line(basket, &config), ["1 XX SUGAR 0.30 / 1 kg on"]);
}

#[test]
fn tax_on_tax_reaches_only_what_follows_and_wants_it() {
    let config = table(json!({"standard": [
        {"code": "A", "rate": "0.01"},
        {"code": "B", "rate": "0.02", "affects_next_base": true},
        {"code": "C", "rate": "0.03"},
        {"code": "D", "rate": "0.04", "base_affected": false}
    ]}));
    let expected = ["1 XX A 1% on", "1 XX B 2% on affects", "1 XX C 3% on affected", "1 XX D 4% on"];
    assert_eq!(one_line(in_usd().sell("X", 1, "10"), &config), expected);
}

#[test]
fn food_eaten_here_is_taxed_as_a_meal() {
    let config = json!({
        "jurisdiction": "JP", "included": true,
        "class_rules": [{"when": {"class": ["food"], "attr": {"serving": ["eat-in"]}}, "class": "standard"}],
        "classes": {"standard": [{"code": "A", "rate": "0.1"}], "food": [{"code": "B", "rate": "0.08"}]}
    });
    let serving = |on: &str| Attr::text("serving", on);
    let sell = |basket_says: Option<&str>, line_says: Option<&str>| {
        let mut basket = testing::basket("JPY", DAY).sell("ONIGIRI", 1, "150").taxed("food");
        basket.attrs.extend(basket_says.map(serving));
        basket.lines[0].attrs.extend(line_says.map(serving));
        one_line(basket, &config).join(", ")
    };
    assert_eq!(sell(None, None), "1 JP B 8% in");
    assert_eq!(sell(Some("eat-in"), None), "1 JP A 10% in");
    assert_eq!(sell(None, Some("eat-in")), "1 JP A 10% in");
    // What is said of a line outweighs what is said of the basket.
    assert_eq!(sell(Some("eat-in"), Some("take-away")), "1 JP B 8% in");
}

fn customer(certificate: Option<&str>, groups: &[&str]) -> Customer {
    Customer {
        id: "7".into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        age: None,
        birthday_in_days: None,
        points: 0,
        tier: None,
        tax_exempt: certificate.map(str::to_owned),
        attrs: Vec::new(),
    }
}

#[test]
fn a_certificate_frees_of_the_taxes_it_names_and_the_receipt_says_so() {
    let config = json!({
        "jurisdiction": "US-NY",
        "home": {"stack": ["US-NY", "NYC"]},
        "jurisdictions": {"NYC": {"classes": {"standard": [{"code": "NYC", "rate": "0.045"}]}}},
        "classes": {"standard": [{"code": "NY", "rate": "0.04"}]},
        "fees": [{"code": "BOTTLE", "per_unit": "0.05", "when": {"tag": ["bottle"]}}],
        "exemptions": [
            {"reason": "Resale certificate", "when": {"customer": {"certificate": ["ST-120*"]}}},
            {"reason": "City employee", "codes": ["NYC"], "when": {"customer": {"group": ["city"]}}},
            {"reason": "State purchase", "jurisdictions": ["US-NY"], "when": {"customer": {"group": ["state"]}}}
        ]
    });
    let sell = |customer: Option<Customer>| {
        let mut basket = in_usd().sell("SODA", 1, "2.00").tagged("bottle");
        basket.customer = customer;
        let answer = TaxTable::configure(&config.to_string()).unwrap().assess(&testing::tax_input(basket)).unwrap();
        let notes: Vec<String> = answer.receipt_notes.into_iter().map(|note| note.text).collect();
        (answer.components.iter().map(told).collect::<Vec<_>>(), notes)
    };
    let bottle = "1 US-NY BOTTLE 0.05 each on";
    assert_eq!(sell(None).0, [bottle, "1 US-NY NY 4% on", "1 NYC NYC 4.5% on"]);
    assert_eq!(sell(Some(customer(Some("DTF-950"), &[]))).0, [bottle, "1 US-NY NY 4% on", "1 NYC NYC 4.5% on"]);
    let (taxes, notes) = sell(Some(customer(Some("ST-120.1 4711"), &[])));
    let (state, city) =
        ("1 US-NY NY-E 4% on exempt: Resale certificate", "1 NYC NYC-E 4.5% on exempt: Resale certificate");
    assert_eq!(taxes, [bottle, state, city], "a deposit is no tax");
    assert_eq!(notes, ["NY-E: Resale certificate", "NYC-E: Resale certificate"]);
    let (taxes, _) = sell(Some(customer(None, &["city"])));
    assert_eq!(taxes, [bottle, "1 US-NY NY 4% on", "1 NYC NYC-E 4.5% on exempt: City employee"]);
    let (taxes, _) = sell(Some(customer(None, &["state"])));
    assert_eq!(taxes, [bottle, "1 US-NY NY-E 4% on exempt: State purchase", "1 NYC NYC 4.5% on"]);
}

#[test]
fn reverse_charge_is_for_tax_numbers_of_other_countries() {
    let config = json!({
        "jurisdiction": "DE", "home": {"country": "DE"}, "included": true,
        "classes": {"standard": [{"code": "A", "rate": "0.19"}]},
        "exemptions": [{
            "reason": "Reverse charge, Art. 194 Directive 2006/112/EC",
            "when": {"customer": {"certificate": ["*"]}, "country": ["AT", "FR"]},
            "unless": {"customer": {"certificate": ["DE*"]}}
        }]
    });
    let sell = |number: Option<&str>, to: Option<&str>| {
        let mut basket = testing::basket("EUR", DAY).sell("DRILL", 1, "119.00");
        basket.customer = number.map(|number| customer(Some(number), &[]));
        let ship_to = to.map(|country| Destination { country: country.into(), ..Destination::default() });
        components(&config, &TaxInput { ship_to, ..testing::tax_input(basket) }).unwrap().join(", ")
    };
    let free = "1 DE A-E 19% in exempt: Reverse charge, Art. 194 Directive 2006/112/EC";
    assert_eq!(sell(Some("ATU12345678"), Some("AT")), free);
    for (number, to) in [(Some("ATU12345678"), None), (Some("DE123456789"), Some("AT")), (None, Some("AT"))] {
        assert_eq!(sell(number, to), "1 DE A 19% in", "{number:?} {to:?}");
    }
}

#[test]
fn a_tax_holiday_has_days_articles_and_a_price_limit() {
    let config = json!({
        "jurisdiction": "US-TX",
        "classes": {"standard": [{"code": "TX", "rate": "0.0625"}]},
        "exemptions": [{
            "reason": "Sales tax holiday", "from": "2026-08-07", "until": "2026-08-09",
            "when": {"tag": ["clothing"], "unit_price": {"below": "100"}}, "unless": {"tag": ["sports"]}
        }]
    });
    let sell = |now: &str, tags: &[&str], price: &str| {
        let mut basket = testing::basket("USD", now).sell("JEANS", 2, price);
        basket.prices_include_tax = false;
        basket.lines[0].tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        one_line(basket, &config).join(", ")
    };
    let (free, taxed) = ("1 US-TX TX-E 6.25% on exempt: Sales tax holiday", "1 US-TX TX 6.25% on");
    assert_eq!(sell("2026-08-07 00:00", &["clothing"], "99.99"), free);
    assert_eq!(sell("2026-08-09 23:59", &["clothing"], "99.99"), free);
    assert_eq!(sell("2026-08-10 00:00", &["clothing"], "99.99"), taxed);
    assert_eq!(sell("2026-08-06 23:59", &["clothing"], "99.99"), taxed);
    assert_eq!(sell("2026-08-08 12:00", &["clothing"], "100.00"), taxed);
    assert_eq!(sell("2026-08-08 12:00", &["clothing", "sports"], "20.00"), taxed);
    assert_eq!(sell("2026-08-08 12:00", &["toys"], "20.00"), taxed);
}

#[test]
fn every_key_of_a_condition_is_heard() {
    let sold = || {
        let mut basket = in_usd().sell("BEER", 2, "5.00").tagged("draught").taxed("standard");
        basket.lines[0].departments = vec!["Drinks".into(), "Alcohol".into()];
        basket.lines[0].kind = LineKind::Deposit;
        basket.lines[0].attrs.push(Attr { key: "abv".into(), value: AttrValue::Number(Decimal::new(480, 2)) });
        basket.attrs.push(Attr { key: "event".into(), value: AttrValue::Flag(true) });
        basket.attrs.push(Attr { key: "table".into(), value: AttrValue::Integer(7) });
        let mut buyer = customer(Some("C-1"), &["trade"]);
        buyer.attrs.push(Attr { key: "states".into(), value: AttrValue::Texts(vec!["NY".into(), "NJ".into()]) });
        basket.customer = Some(buyer);
        basket
    };
    let is_free = |when: Value| {
        let mut config = table(json!({"standard": [{"code": "A", "rate": "0.1"}]}));
        config["home"] = json!({"country": "US", "region": "US-NY"});
        config["exemptions"] = json!([{"reason": "Test", "when": when}]);
        one_line(sold(), &config)[0].contains("exempt")
    };
    for (holds, does_not) in [
        (json!({"class": ["x", "standard"]}), json!({"class": ["stand"]})),
        (json!({"tag": ["dr*"]}), json!({"tag": ["draught beer*"]})),
        (json!({"department": ["Drinks"]}), json!({"department": ["drinks"]})),
        (json!({"item": ["BEER"]}), json!({"item": ["WINE"]})),
        (json!({"kind": ["deposit"]}), json!({"kind": ["sale", "return", "gift-card", "fee", "note"]})),
        (json!({"attr": {"abv": ["4.8"]}}), json!({"attr": {"abv": ["4.80"]}})),
        (json!({"attr": {"event": ["true"]}}), json!({"attr": {"event": ["false"]}})),
        (json!({"attr": {"table": ["7"]}}), json!({"attr": {"seat": ["*"]}})),
        (json!({"unit_price": {"from": "5", "up_to": "5"}}), json!({"unit_price": {"above": "5"}})),
        (json!({"unit_price": {"above": "4.99", "below": "5.01"}}), json!({"unit_price": {"below": "5"}})),
        (json!({"customer": {"group": ["trade"]}}), json!({"customer": {"group": ["staff"]}})),
        (json!({"customer": {"certificate": ["*"]}}), json!({"customer": {"certificate": ["C-2"]}})),
        (json!({"customer": {"attr": {"states": ["NJ"]}}}), json!({"customer": {"attr": {"states": ["CT"]}}})),
        (json!({"country": ["US"]}), json!({"country": ["CA"]})),
        (json!({"region": ["NY"]}), json!({"region": ["NJ"]})),
        (json!({"tag": ["draught"], "country": ["US"]}), json!({"tag": ["draught"], "country": ["CA"]})),
    ] {
        assert!(is_free(holds.clone()), "{holds} holds");
        assert!(!is_free(does_not.clone()), "{does_not} does not hold");
    }
}

#[test]
fn a_line_for_which_no_tax_is_left_is_refused() {
    let only_draught = json!({"code": "A", "rate": "0.1", "when": {"tag": ["draught"]}});
    let config = table(json!({"standard": [only_draught]}));
    let error = components(&config, &testing::tax_input(in_usd().sell("BEER", 1, "5.00"))).unwrap_err();
    assert!(error.text().starts_with("Line 1: no tax of class \"standard\" applies. Add one"), "{}", error.text());
    let basket = in_usd().sell("BEER", 1, "5.00").tagged("draught");
    assert_eq!(one_line(basket, &config), ["1 XX A 10% on"]);
}

//! The scenarios of `tests/suite/tax`: tables of real law, sales, and the taxes they must come to. They stand there as
//! plain data, so that the suite of whole receipts can use the same tables.

use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// A file of scenarios.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What law it shows, and where that is written.
    law: String,
    /// The id of a starter table, or none.
    starter: Option<String>,
    /// Keys set on top of the starter table, or the whole table.
    table: Value,
    currency: String,
    prices_include_tax: bool,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    now: String,
    #[serde(default)]
    ship_to: Option<Address>,
    /// An exemption certificate of the customer.
    #[serde(default)]
    certificate: Option<String>,
    #[serde(default)]
    attrs: BTreeMap<String, String>,
    lines: Vec<Sold>,
    components: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Address {
    country: String,
    region: String,
    postal_code: String,
    city: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sold {
    item: String,
    quantity: i64,
    price: String,
    class: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    attrs: BTreeMap<String, String>,
    /// After discounts, if less than the gross.
    #[serde(default)]
    net: Option<String>,
}

impl Case {
    fn input(&self, file: &File) -> TaxInput {
        let mut basket = testing::basket(&file.currency, &self.now);
        basket.prices_include_tax = file.prices_include_tax;
        basket.attrs = attrs(&self.attrs);
        basket.customer = self.certificate.as_ref().map(|certificate| Customer {
            id: "1".into(),
            groups: Vec::new(),
            age: None,
            birthday_in_days: None,
            points: 0,
            tier: None,
            tax_exempt: Some(certificate.clone()),
            attrs: Vec::new(),
        });
        for Sold { item, quantity, price, class, tags, attrs: of_line, net: _ } in &self.lines {
            basket = basket.sell(item, *quantity, price).taxed(class);
            let line = basket.lines.last_mut().unwrap();
            (line.tags, line.attrs) = (tags.clone(), attrs(of_line));
        }
        let currency = basket.currency.clone();
        let mut input = testing::tax_input(basket);
        for (taxable, sold) in input.taxables.iter_mut().zip(&self.lines) {
            if let Some(net) = &sold.net {
                taxable.net = currency.round(Decimal::from_str(net).unwrap(), Rounding::HALF_UP).unwrap();
            }
        }
        input.ship_to = self.ship_to.as_ref().map(|Address { country, region, postal_code, city }| Destination {
            country: country.clone(),
            region: region.clone(),
            postal_code: postal_code.clone(),
            city: city.clone(),
        });
        input
    }
}

fn attrs(named: &BTreeMap<String, String>) -> Vec<Attr> {
    named.iter().map(|(key, text)| Attr::text(key, text)).collect()
}

fn check_file(path: &Path) {
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!file.law.is_empty());
    let mut table: Value = file
        .starter
        .as_ref()
        .map_or(json!({}), |id| serde_json::from_str(crate::starter::table(id).unwrap().json).unwrap());
    for (key, value) in file.table.as_object().unwrap() {
        table[key] = value.clone();
    }
    let errors: Vec<String> = crate::check::check(&table.to_string(), "2026-11-22".parse().unwrap())
        .into_iter()
        .filter(|finding| finding.severity == crate::check::Severity::Error)
        .map(|finding| finding.to_string())
        .collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    let table = TaxTable::configure(&table.to_string()).unwrap();
    for case in &file.cases {
        let place = format!("{}: {}", path.file_name().unwrap().display(), case.name);
        let answer = table.assess(&case.input(&file)).unwrap_or_else(|error| panic!("{place}: {}", error.text()));
        let components: Vec<String> = answer.components.iter().map(told).collect();
        assert_eq!(components, case.components, "{place}");
        let notes: Vec<String> = answer.receipt_notes.into_iter().map(|note| note.text).collect();
        assert_eq!(notes, case.notes, "{place}");
    }
}

#[test]
fn every_scenario_comes_to_its_taxes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/suite/tax");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            check_file(&path);
            names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    names.sort();
    assert_eq!(names, ["ch", "de", "jp", "us"]);
}

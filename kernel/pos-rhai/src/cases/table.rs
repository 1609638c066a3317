//! A table as written, and what it means.

use super::line::parse_line;
use jiff::civil::DateTime;
use pos_domain::basket::Line;
use pos_domain::pricing::proposal::{Attr, AttrValue, CustomerFacts};
use pos_money::{Currency, Decimal, Money, MoneyError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use toml::Spanned;

/// A case without a time happens on a Wednesday at noon.
const NOON: &str = "2026-11-18 12:00";

/// Cases of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Of all amounts; EUR if the table does not say.
    pub currency: Currency,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// A basket, and what should become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Civil time at the store.
    pub now: DateTime,
    /// Lines of the basket.
    pub lines: Vec<Line>,
    /// Who buys.
    pub customer: Option<Arc<CustomerFacts>>,
    /// Codes scanned.
    pub codes: Vec<Arc<str>>,
    /// What is taken off, by label.
    pub expect: Vec<Expected>,
    /// What is to be paid, if the table says.
    pub total: Option<Money>,
    /// Near misses, if the table says.
    pub hints: Option<Vec<String>>,
}

/// `Happy hour -2.36`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// Name on the receipt.
    pub label: String,
    /// What it adds to the price: negative.
    pub amount: Money,
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// The case's name; empty where the file as a whole cannot be read.
    pub case: String,
    /// What, and how to write it.
    pub problem: String,
}

impl std::fmt::Display for TableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.case.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "case \"{}\": {}", self.case, self.problem)
        }
    }
}

impl std::error::Error for TableError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTable {
    #[serde(default)]
    currency: Option<String>,
    case: Vec<WrittenCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: String,
    #[serde(default)]
    now: Option<String>,
    #[serde(default)]
    items: Vec<String>,
    #[serde(default)]
    customer: Option<WrittenCustomer>,
    #[serde(default)]
    codes: Vec<String>,
    expect: Vec<String>,
    // Read from the text of the file: a TOML number is a float, and 11.24 has no exact float.
    #[serde(default)]
    total: Option<Spanned<toml::Value>>,
    #[serde(default)]
    hints: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCustomer {
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    tier: Option<String>,
    #[serde(default)]
    points: i64,
    #[serde(default)]
    age: Option<u8>,
    #[serde(default)]
    birthday: bool,
    #[serde(default)]
    amounts: BTreeMap<String, Spanned<toml::Value>>,
}

impl Table {
    /// Reads a table; the error says which case and what to write instead.
    pub fn parse(text: &str) -> Result<Table, TableError> {
        let whole = |problem: String| TableError { case: String::new(), problem };
        let written: WrittenTable = toml::from_str(text).map_err(|error| whole(error.to_string()))?;
        let code = written.currency.as_deref().unwrap_or("EUR");
        let currency = Currency::from_code(code).map_err(|error| whole(error.to_string()))?;
        let mut cases = Vec::new();
        for case in written.case {
            let name = case.name.clone();
            cases.push(read_case(case, currency, text).map_err(|problem| TableError { case: name, problem })?);
        }
        Ok(Table { currency, cases })
    }
}

fn read_case(written: WrittenCase, currency: Currency, text: &str) -> Result<Case, String> {
    let WrittenCase { name, now, items, customer, codes, expect, total, hints } = written;
    let now = now.as_deref().unwrap_or(NOON);
    let now = DateTime::from_str(&now.replace(' ', "T"))
        .map_err(|_| format!("\"{now}\" is not a time; write it like \"2026-11-18 17:30\""))?;
    let mut lines = Vec::new();
    for (item, number) in items.iter().zip(1..) {
        lines.push(parse_line(item, number)?);
    }
    let mut expected = Vec::new();
    for line in &expect {
        expected.push(read_expected(line, currency)?);
    }
    expected.sort();
    Ok(Case {
        name,
        now,
        lines,
        customer: customer.map(|customer| read_customer(customer, text)).transpose()?.map(Arc::new),
        codes: codes.into_iter().map(Into::into).collect(),
        expect: expected,
        total: total.map(|total| currency.exact(decimal(&total, text)?).map_err(said)).transpose()?,
        hints,
    })
}

fn said(error: MoneyError) -> String {
    error.to_string()
}

/// The number as it stands in the file.
fn decimal(value: &Spanned<toml::Value>, text: &str) -> Result<Decimal, String> {
    let written = text.get(value.span()).unwrap_or_default().trim_matches(['"', '\'']);
    Decimal::from_str(written).map_err(|_| format!("\"{written}\" is not a number; write it like 11.24"))
}

fn read_expected(text: &str, currency: Currency) -> Result<Expected, String> {
    let wanted = || format!("\"{text}\" is not an expectation; write it like \"Happy hour -2.36\"");
    let (label, amount) = text.trim().rsplit_once(' ').ok_or_else(wanted)?;
    let amount = currency.parse(amount).map_err(|_| wanted())?;
    Ok(Expected { label: label.trim().to_owned(), amount })
}

fn read_customer(written: WrittenCustomer, text: &str) -> Result<CustomerFacts, String> {
    let WrittenCustomer { groups, tier, points, age, birthday, amounts } = written;
    let mut attrs = Vec::new();
    for (key, value) in amounts {
        attrs.push(Attr { key: key.into(), value: AttrValue::Number(decimal(&value, text)?) });
    }
    Ok(CustomerFacts {
        id: "customer".into(),
        groups: groups.into_iter().map(Into::into).collect(),
        age,
        birthday_in_days: birthday.then_some(0),
        points,
        tier: tier.map(Into::into),
        tax_exempt: None,
        attrs,
    })
}

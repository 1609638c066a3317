//! Cases through the pipeline the register uses; tax is left out, prices are what is paid.

use super::table::{Case, Expected, Table};
use pos_api::port::Extension;
use pos_domain::Refusal;
use pos_domain::basket::{Basket, Event, Opening};
use pos_domain::ids::BasketId;
use pos_domain::pricing::engine::Assessor;
use pos_domain::pricing::proposal::{Assessment, Stage};
use pos_domain::pricing::{PricedBasket, Pricing, Proposed};
use pos_domain::shop::Shop;
use pos_domain::time::{LocalTime, Moment};
use pos_money::{Currency, Decimal, Money, MoneyError, Rounding};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The case's name.
    pub name: String,
    /// What differs from the table, for people; none: all as expected.
    pub problem: Option<String>,
}

/// Runs every case of a table with these rules.
pub fn run(table: &Table, rules: &[Arc<dyn Extension>]) -> Vec<Outcome> {
    table
        .cases
        .iter()
        .map(|case| Outcome { name: case.name.clone(), problem: compare(case, table.currency, rules) })
        .collect()
}

fn compare(case: &Case, currency: Currency, rules: &[Arc<dyn Extension>]) -> Option<String> {
    let priced = match price(case, currency, rules) {
        Ok(priced) => priced,
        Err(problem) => return Some(problem),
    };
    let got = match taken_off(&priced) {
        Ok(got) => got,
        Err(error) => return Some(error.to_string()),
    };
    let hints: Vec<String> = priced.near_misses.iter().map(|near_miss| near_miss.missing.text.to_string()).collect();
    let mut wrong = Vec::new();
    if got != case.expect {
        wrong.push(format!("expected {}, got {}", listed(&case.expect, currency), listed(&got, currency)));
    }
    if let Some(total) = case.total.filter(|total| *total != priced.total) {
        wrong.push(format!("expected a total of {}, got {}", currency.format(total), currency.format(priced.total)));
    }
    if let Some(wanted) = case.hints.as_ref().filter(|wanted| **wanted != hints) {
        wrong.push(format!("expected hints {wanted:?}, got {hints:?}"));
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// Prices a case: the stages in their order, every rule asked in the stages it declares.
pub fn price(case: &Case, currency: Currency, rules: &[Arc<dyn Extension>]) -> Result<PricedBasket, String> {
    let refused = |refusal: Refusal| refusal.to_string();
    let basket = basket(case).map_err(refused)?;
    let mut pricing = Pricing::start(&basket, &shop(currency)).map_err(refused)?;
    for stage in Stage::ALL {
        let mut snapshot = pricing.snapshot();
        Arc::make_mut(&mut snapshot).codes.clone_from(&case.codes);
        let mut proposals = Vec::new();
        for rule in rules.iter().filter(|rule| rule.about().discount_stages.contains(&stage)) {
            let proposal = rule.propose(stage, &snapshot).map_err(|failure| failure.message)?;
            let about = rule.about();
            let (extension, version, name) = (about.id.clone(), about.version.clone(), about.name.clone());
            proposals.push(Proposed { extension, version, name, proposal });
        }
        pricing.apply(stage, proposals).map_err(refused)?;
    }
    pricing.finish(&Assessment::default(), &Assessor { name: "none".into() }).map_err(refused)
}

/// What each label took off, over all lines.
fn taken_off(priced: &PricedBasket) -> Result<Vec<Expected>, MoneyError> {
    let mut by_label: BTreeMap<String, Money> = BTreeMap::new();
    for modifier in priced.lines.iter().flat_map(|line| &line.modifiers) {
        let sum = by_label.entry(modifier.label.to_string()).or_default();
        *sum = sum.plus(modifier.amount)?;
    }
    Ok(by_label.into_iter().map(|(label, amount)| Expected { label, amount }).collect())
}

fn listed(expected: &[Expected], currency: Currency) -> String {
    if expected.is_empty() {
        return "no offers".to_owned();
    }
    let texts: Vec<String> =
        expected.iter().map(|one| format!("\"{} {}\"", one.label, currency.format(one.amount))).collect();
    texts.join(", ")
}

fn basket(case: &Case) -> Result<Basket, Refusal> {
    let seconds =
        case.now.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp().as_second()).unwrap_or_default();
    let at = Moment { unix_ms: seconds * 1_000, offset_seconds: 0 };
    let now = LocalTime::at(at, "UTC".into());
    let mut basket = Basket::open(Opening {
        id: BasketId(uuid::Uuid::nil()),
        at,
        business_date: now.date,
        now,
        cashier: "".into(),
        external_reference: None,
        voids: None,
        rule_set: "".into(),
    });
    basket.customer.clone_from(&case.customer);
    for line in &case.lines {
        basket.apply(Event::LineAdded(line.clone()))?;
    }
    Ok(basket)
}

fn shop(currency: Currency) -> Shop {
    Shop {
        name: String::new(),
        address: Vec::new(),
        tax_number: String::new(),
        currency,
        zone: "UTC".into(),
        store: "1".into(),
        register: "1".into(),
        cashier: String::new(),
        languages: Vec::new(),
        prices_include_tax: true,
        cash_rounding: Rounding::HALF_UP,
        quantity_max: Decimal::MAX,
        float: Decimal::ZERO,
        tax_fallback: None,
        policy: Default::default(),
        manual: Default::default(),
        returns: Default::default(),
        till: Default::default(),
        payments: Default::default(),
        credit: Default::default(),
        stock: Default::default(),
        roles: Default::default(),
        loyalty: None,
        embedded_codes: Vec::new(),
        notes: Vec::new(),
        receipt_footer: Vec::new(),
    }
}

//! A shop with a year of offers, made up: 60 departments of 40 articles, and as many offers as are asked for.
//!
//! The customer walks through twelve of the departments. *Near* offers speak of them, or of every basket: thresholds,
//! codes, groups, hours. *Far* ones speak of the other departments, of other codes, groups, months and stores: of 200
//! active offers in a shop, most are about something that is not in the basket.

use super::Dice;
use pos_domain::catalogue::Item;
use pos_domain::pricing::proposal::{CustomerFacts, LineKind, Snapshot, SnapshotLine};
use pos_domain::time::{LocalTime, Moment};
use pos_money::{Currency, Decimal, Money, Quantity, Rounding, Unit, UnitPrice};
use std::fmt::Write as _;
use std::sync::Arc;

const DEPARTMENTS: u64 = 60;
const DEPARTMENTS_NEAR: u64 = 12;
const ARTICLES: u64 = 40;

/// `config/offers.toml`: so many offers that this customer's baskets reach, and so many about something else.
pub(super) fn offers_toml(near: usize, far: usize) -> String {
    let mut text = String::from("currency = \"EUR\"\nnever_discounted = { tag = \"tobacco\" }\n");
    for number in 0..near {
        offer(&mut text, number, &Place { is_near: true, department: number as u64 % DEPARTMENTS_NEAR });
    }
    for number in 0..far {
        let department = DEPARTMENTS_NEAR + number as u64 % (DEPARTMENTS - DEPARTMENTS_NEAR);
        offer(&mut text, number, &Place { is_near: false, department });
    }
    text
}

struct Place {
    is_near: bool,
    department: u64,
}

/// One of twenty kinds, in turn.
fn offer(text: &mut String, number: usize, place: &Place) {
    let Place { is_near, department } = place;
    let word = if *is_near { "near" } else { "far" };
    let goods = format!("{{ department = \"D{department:02}\" }}");
    let tag = format!("{{ tag = \"T{department:02}-{}\" }}", number % 4);
    let other_tag = format!("{{ tag = \"T{department:02}-{}\" }}", (number + 1) % 4);
    let article = |nth: usize| format!("A{department:02}{:02}", (number * 7 + nth) as u64 % ARTICLES);
    // Offers for everybody are for nobody here when they are far: another code, another group, another store.
    let for_whom = if *is_near { String::new() } else { format!("codes = [\"MAIL-{number}\"]\n") };
    let unused = if *is_near { "" } else { "codes_used = \"never\"\n" };
    let rule = match number % 20 {
        0 => format!("items = {goods}\npercent_off = \"{} %\"", 5 + number % 10),
        1 => format!("items = {tag}\ngroups_of = 3\nreduced = 1\nfree = true"),
        2 => format!("items = {tag}\ngroups_of = 3\nfor_price = \"{}.00\"", 5 + number % 9),
        3 => format!(
            "items = {{ item = [\"{}\", \"{}\", \"{}\", \"{}\"] }}\nfixed_price = \"1.99\"",
            article(0),
            article(1),
            article(2),
            article(3)
        ),
        4 => format!(
            "items = {goods}\namount_off = \"0.30\"\ntimes = {{ weekdays = \"Mon-Fri\", hours = \"17:00-19:00\" }}"
        ),
        5 => format!("buy = {{ count = 2, items = {tag} }}\nget = {{ items = {other_tag}, percent_off = \"50 %\" }}"),
        6 => format!(
            "items = {tag}\ntiers = [{{ pieces = 3, percent_off = \"5 %\" }}, {{ pieces = 6, percent_off = \"10 %\" }}]"
        ),
        7 => format!("{for_whom}order = true\namount_off = \"5.00\"\nspend = \"{}.00\"", 40 + number % 50),
        8 => format!(
            "items = {goods}\npercent_off = \"8 %\"\ncustomer = {{ groups = \"{}\" }}",
            if *is_near { "member" } else { "club" }
        ),
        9 => format!(
            "items = {tag}\npercent_off = \"15 %\"\ncodes = [\"{}\"]",
            if *is_near { "SPRING".to_owned() } else { format!("C{number}") }
        ),
        10 => format!("buy = [{{ items = {tag} }}, {{ items = {other_tag} }}]\nfor_price = \"9.90\""),
        11 => format!("{for_whom}{unused}gift = {{ items = [\"MUG\"], count = 1 }}\nspend = \"75.00\""),
        12 => format!(
            "items = {{ department = \"D{department:02}\", except = {tag} }}\npercent_off = \"6 %\"\npieces_max = 6"
        ),
        13 => format!(
            "{for_whom}order = true\ntiers = [{{ spend = \"100.00\", percent_off = \"2 %\" }}, {{ spend = \"200.00\", percent_off = \"4 %\" }}]"
        ),
        14 => format!("items = {tag}\ngroups_of = 2\nreduced = 1\nsame_article = true\npercent_off = \"50 %\""),
        15 => format!(
            "items = {goods}\nfixed_price = \"0.99\"\ntimes = {{ weekdays = \"Sat, Sun\", hours = \"08:00-10:00\" }}"
        ),
        16 => format!(
            "items = {{ department = \"D{department:02}\", price = {{ from = \"10.00\", to = \"20.00\" }} }}\namount_off = \"1.00\""
        ),
        17 => format!("items = {goods}\npercent_off = \"20 %\"\nfrom = \"2026-07-01\"\nuntil = \"2026-07-31\""),
        18 => format!("items = {goods}\npercent_off = \"5 %\"\nmode = \"combines\"\nstores = \"{}\"", 1 + number % 3),
        _ => format!(
            "items = {tag}\npercent_off = \"12 %\"\nlimits = {{ uses = 500, per_customer = 1 }}\nup_to = \"10.00\""
        ),
    };
    writeln!(
        text,
        "\n[[offer]]\nid = \"{word}-{number:04}\"\nlabel = \"Offer number {number} of the {word} ones\"\n{rule}"
    )
    .ok();
}

/// A basket of so many lines from the customer's twelve departments, a Wednesday at half past five.
pub(super) fn basket(lines: u32) -> anyhow::Result<Snapshot> {
    let mut dice = Dice(77);
    let currency = Currency::from_code("EUR")?;
    let lines = (1..=lines).map(|id| line(id, currency, &mut dice)).collect::<anyhow::Result<_>>()?;
    // 18 November 2026, 17:30 in Berlin.
    let now = LocalTime::at(Moment { unix_ms: 1_795_019_400_000, offset_seconds: 3600 }, "Europe/Berlin".into());
    Ok(Snapshot {
        currency,
        prices_include_tax: true,
        store: "1".into(),
        register: "R1".into(),
        cashier: "Maya".into(),
        id: "bench".into(),
        business_date: now.date,
        now,
        customer: Some(Arc::new(CustomerFacts {
            id: "c-0123456789abcdef".into(),
            groups: vec!["member".into(), "newsletter".into()],
            age: Some(41),
            points: 120,
            tier: Some("gold".into()),
            ..CustomerFacts::default()
        })),
        codes: vec!["SPRING".into()],
        lines,
        attrs: Vec::new(),
    })
}

fn line(id: u32, currency: Currency, dice: &mut Dice) -> anyhow::Result<SnapshotLine> {
    let (department, number) = (dice.roll(DEPARTMENTS_NEAR), dice.roll(ARTICLES));
    let cents = 79 + i64::try_from(department * 97 + number * 53)? % 2_400;
    // Every twentieth line is weighed.
    let unit = if id.is_multiple_of(20) { Unit::Kg } else { Unit::Each };
    let quantity = match unit {
        Unit::Each => Quantity::pieces(1 + i64::try_from(dice.roll(3))?),
        unit => Quantity::new(Decimal::new(100 + i64::try_from(dice.roll(900))?, 3), unit),
    };
    let price = UnitPrice::per(currency.to_decimal(Money::from_minor(cents)), unit);
    let gross = price.amount(quantity, currency, Rounding::HALF_UP)?;
    let item = Item {
        id: format!("A{department:02}{number:02}").into(),
        name: format!("Article {number} of department {department}").into(),
        codes: Vec::new(),
        price,
        unit,
        departments: vec!["Store".into(), format!("D{department:02}").into()],
        tags: vec![format!("T{department:02}-{}", number % 4).into(), format!("brand-{}", number % 9).into()],
        tax_class: if department.is_multiple_of(3) { "standard" } else { "reduced" }.into(),
        cost: None,
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    };
    Ok(SnapshotLine {
        id,
        kind: LineKind::Sale,
        item: Arc::new(item),
        quantity,
        price,
        gross,
        net: gross,
        price_locked: false,
        attrs: Arc::new([]),
    })
}

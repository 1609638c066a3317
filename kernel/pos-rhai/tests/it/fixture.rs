//! Baskets from a line of text, proposals as a line of text.

use jiff::civil::{Date, date};
use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionFailure, ExtensionLoader, ExtensionSource};
use pos_domain::catalogue::Item;
use pos_domain::pricing::proposal::{
    Attr, AttrValue, Candidate, Effect, LineKind, Mode, Pick, Proposal, Shape, Snapshot, SnapshotLine, Stage,
};
use pos_domain::time::LocalTime;
use pos_money::{Currency, Decimal, Quantity, Rounding, UnitPrice};
use pos_rhai::ScriptLoader;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

pub(crate) static LOADER: LazyLock<ScriptLoader> = LazyLock::new(ScriptLoader::new);

pub(crate) fn load_named(file: &str, text: &str) -> Result<Arc<dyn Extension>, Box<Diagnostic>> {
    LOADER.load(&ExtensionSource {
        file: file.into(),
        manifest: String::new(),
        code: text.as_bytes().into(),
        configuration: "{}".into(),
    })
}

pub(crate) fn load(text: &str) -> Result<Arc<dyn Extension>, Box<Diagnostic>> {
    load_named("scripts/rule.rhai", text)
}

/// A rule with this body.
pub(crate) fn rule(body: &str) -> Arc<dyn Extension> {
    match load(&format!("// Rule: a test.\nfn discount(basket) {{\n{body}\n}}\n")) {
        Ok(script) => script,
        Err(diagnostic) => panic!("{diagnostic}"),
    }
}

/// `["2 ALE 5.90 draught beer", …]`: pieces, id, price, tags; the first tag is the department too.
pub(crate) fn snapshot(lines: &[&str]) -> Snapshot {
    let euro = Currency::from_code("EUR").unwrap();
    let lines = lines.iter().zip(1..).map(|(text, number)| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let quantity = Quantity::pieces(words[0].parse().unwrap());
        let price = UnitPrice::each(Decimal::from_str(words[2]).unwrap());
        let tags: Vec<Arc<str>> = words[3..].iter().map(|tag| Arc::from(*tag)).collect();
        let gross = price.amount(quantity, euro, Rounding::HALF_UP).unwrap();
        SnapshotLine {
            id: number,
            kind: LineKind::Sale,
            item: Arc::new(Item {
                id: words[1].into(),
                name: words[1].into(),
                codes: vec![],
                price,
                unit: quantity.unit,
                departments: tags.first().cloned().into_iter().collect(),
                tags,
                tax_class: "standard".into(),
                cost: None,
                reorder: None,
                discountable: true,
                deposit: Default::default(),
            }),
            quantity,
            price,
            gross,
            net: gross,
            price_locked: false,
            attrs: Arc::new([]),
        }
    });
    Snapshot {
        currency: euro,
        prices_include_tax: true,
        store: "1".into(),
        register: "R1".into(),
        cashier: "Maya".into(),
        id: "basket".into(),
        now: time(date(2026, 11, 18), 17, 30),
        business_date: date(2026, 11, 18),
        customer: None,
        codes: vec![],
        lines: lines.collect(),
        attrs: vec![],
    }
}

pub(crate) fn time(date: Date, hour: u16, minute: u16) -> LocalTime {
    let weekday = date.weekday().to_monday_one_offset().unsigned_abs();
    LocalTime { date, minute_of_day: hour * 60 + minute, weekday, zone: "Europe/Zurich".into() }
}

pub(crate) fn attr(key: &str, value: AttrValue) -> Attr {
    Attr { key: key.into(), value }
}

pub(crate) fn number(text: &str) -> AttrValue {
    AttrValue::Number(Decimal::from_str(text).unwrap())
}

pub(crate) fn propose(
    script: &Arc<dyn Extension>,
    snapshot: &Snapshot,
) -> Result<Vec<(Stage, Proposal)>, ExtensionFailure> {
    let snapshot = Arc::new(snapshot.clone());
    let stages = script.about().discount_stages.clone();
    stages.into_iter().map(|stage| Ok((stage, script.propose(stage, &snapshot)?))).collect()
}

/// Every candidate and near miss of a rule, one a line.
pub(crate) fn said(script: &Arc<dyn Extension>, snapshot: &Snapshot) -> String {
    let proposals = match propose(script, snapshot) {
        Ok(proposals) => proposals,
        Err(failure) => return format!("{:?}: {}\n", failure.kind, failure.message),
    };
    let mut lines = String::new();
    for (stage, proposal) in proposals {
        for candidate in &proposal.candidates {
            lines += &format!("{stage:?} {}\n", candidate_text(candidate));
        }
        for near_miss in &proposal.near_misses {
            lines += &format!("{stage:?} near {}: {}\n", near_miss.offer, near_miss.missing.text);
        }
    }
    lines
}

pub(crate) fn check(body: &str, lines: &[&str], expected: expect_test::Expect) {
    expected.assert_eq(&said(&rule(body), &snapshot(lines)));
}

fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::AmountOff(amount) => format!("{} off", amount.minor()),
        Effect::RateOff(rate) => format!("{} % off", rate.percent_text()),
        Effect::FixedPrice(price) => format!("at {} per {}", price.value, price.per),
        Effect::BundlePrice(price) => format!("together {}", price.minor()),
    }
}

fn candidate_text(candidate: &Candidate) -> String {
    let what = match &candidate.shape {
        Shape::Portions(chosen) => {
            let portions: Vec<_> = chosen.portions.iter().map(|part| format!("{}x{}", part.line, part.qty)).collect();
            format!("{} on {}", effect_text(&chosen.effect), portions.join(" "))
        }
        Shape::Deal(deal) => {
            let slots = deal.slots.iter().map(|slot| {
                let pick = match slot.pick {
                    Pick::BestForCustomer => "",
                    Pick::Cheapest => "cheapest ",
                    Pick::Dearest => "dearest ",
                };
                let effect = slot.effect.as_ref().map(effect_text).unwrap_or_default();
                format!("[{pick}{} of {:?} {effect}]", slot.count, slot.pool)
            });
            let together = deal.together.as_ref().map(effect_text).unwrap_or_default();
            let most = deal.repeat_max.map(|most| format!(" at most {most}")).unwrap_or_default();
            format!("deal {} {together}{most}", slots.collect::<Vec<_>>().join(" "))
        }
        Shape::WholeOrder(effect) => format!("{} on the order", effect_text(effect)),
    };
    let mut text = format!("{} \"{}\" {what}", candidate.id, candidate.label.text);
    if candidate.mode != Mode::BestPrice {
        text += &format!(" {:?}", candidate.mode);
    }
    if candidate.spread != pos_domain::pricing::proposal::Spread::Across {
        text += &format!(" {:?}", candidate.spread);
    }
    for (name, value) in [
        ("cap", candidate.cap.map(|cap| cap.minor().to_string())),
        ("group", candidate.group.as_ref().map(ToString::to_string)),
        ("priority", (candidate.priority != 0).then(|| candidate.priority.to_string())),
        ("codes", (!candidate.consumes_codes.is_empty()).then(|| candidate.consumes_codes.join(","))),
    ] {
        if let Some(value) = value {
            text += &format!(" {name}={value}");
        }
    }
    match &candidate.attrs[..] {
        [Attr { key, value: AttrValue::Integer(line) }] if &**key == pos_rhai::SOURCE_LINE => format!("{text} @{line}"),
        other => format!("{text} {other:?}"),
    }
}

//! What a table still lacks: `check` reads a configuration as the plugin does, and then thinks on.
//!
//! Errors are what the plugin refuses, and what would be refused at the till today; warnings are what the owner should
//! look at: a gap next spring, a rate of 190 %, starter data without local rates. Nothing here changes what is charged.

use crate::settings::{Listed, Settings, Sourcing, Written};
use crate::tax::Tax;
use crate::validate::problems;
use pos_plugin_sdk::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Rates above are rare enough to be looked at twice.
const RATE_USUAL_MAX: Decimal = Decimal::from_parts(3, 0, 0, false, 1);

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Works, and should be looked at.
    Warning,
    /// Is refused, now or at the till.
    Error,
}

/// Something to look at in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Where in the configuration: `classes.standard[0].rate`; empty: the whole.
    pub place: String,
    /// Line and column of that place; none in a table that stands on one line, where it would not help.
    pub spot: Option<config::Place>,
    /// What is found.
    pub what: String,
    /// What to do next.
    pub what_to_do: String,
}

/// Reads a configuration and tells what is wrong with it today, errors first.
pub fn check(config_json: &str, today: Date) -> Vec<Finding> {
    let settings: Settings = match config::from_json(config_json) {
        Ok(settings) => settings,
        // The text has line and column already.
        Err(error) => {
            let what_to_do = "Correct this entry; the schema names every key and what it takes.";
            return vec![Finding::new(Severity::Error, "", error.text(), what_to_do)];
        }
    };
    let refused = problems(&settings).into_iter();
    let mut findings: Vec<Finding> = refused
        .map(|problem| {
            Finding::new(Severity::Error, &problem.place, &sentence(&problem.what), &sentence(&problem.what_to_do))
        })
        .collect();
    let listed = settings.all_jurisdictions();
    in_classes(&listed, today, &mut findings);
    in_taxes(&settings, &listed, &mut findings);
    in_rules(&settings, &listed, today, &mut findings);
    in_places(&settings, &listed, &mut findings);
    in_provenance(&settings, today, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if config_json.trim().contains('\n') {
        for finding in findings.iter_mut().filter(|finding| !finding.place.is_empty()) {
            finding.spot = config::place(config_json, &finding.place);
        }
    }
    findings
}

impl Finding {
    fn new(severity: Severity, place: &str, what: &str, what_to_do: &str) -> Finding {
        let (place, what, what_to_do) = (place.to_owned(), what.to_owned(), what_to_do.to_owned());
        Finding { severity, place, spot: None, what, what_to_do }
    }
}

/// `error at classes.standard (line 9, column 17): Has no rates. Add one.`
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Finding { severity, place, spot, what, what_to_do } = self;
        f.write_str(match severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })?;
        if !place.is_empty() {
            write!(f, " at {place}")?;
        }
        if let Some(config::Place { line, column }) = spot {
            write!(f, " (line {line}, column {column})")?;
        }
        write!(f, ": {what} {what_to_do}")
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

/// Days on which a class has no rate.
fn in_classes(listed: &[Listed<'_>], today: Date, findings: &mut Vec<Finding>) {
    for jurisdiction in listed {
        for (class, taxes) in jurisdiction.classes.iter().filter(|(_, taxes)| !taxes.is_empty()) {
            let place = format!("{}classes.{class}", jurisdiction.place);
            for (first, last) in gaps(taxes) {
                let severity = if first <= today && today <= last { Severity::Error } else { Severity::Warning };
                let what = format!("There is no rate from {first} to {last}.");
                findings.push(Finding::new(
                    severity,
                    &place,
                    &what,
                    "Add the rate of those days, or join the periods.",
                ));
            }
            if taxes.iter().all(|tax| tax.until.is_some_and(|until| until < today)) {
                let last =
                    taxes.iter().filter_map(|tax| tax.until).max().map(|day| day.to_string()).unwrap_or_default();
                let what = format!("Its last rate ended on {last}.");
                findings.push(Finding::new(
                    Severity::Error,
                    &place,
                    &what,
                    "Add the rate that follows, or delete the class.",
                ));
            } else if taxes.iter().all(|tax| tax.from.is_some_and(|from| today < from)) {
                let first =
                    taxes.iter().filter_map(|tax| tax.from).min().map(|day| day.to_string()).unwrap_or_default();
                let what = format!("Its first rate begins on {first}.");
                let what_to_do = "Until then do not sell articles of this class, or add the rate before.";
                findings.push(Finding::new(Severity::Warning, &place, &what, what_to_do));
            }
            let mut by_code: BTreeMap<&str, Vec<&Tax>> = BTreeMap::new();
            for tax in taxes {
                by_code.entry(&tax.code).or_default().push(tax);
            }
            let of_class = gaps(taxes);
            for (code, same) in by_code {
                for (first, last) in gaps(same).into_iter().filter(|gap| !of_class.contains(gap)) {
                    // Another tax that begins when this one ends has replaced it for the time.
                    if !taxes.iter().any(|tax| tax.from == Some(first)) {
                        let what = format!("\"{code}\" is not levied from {first} to {last}, other taxes are.");
                        let what_to_do = "Add its rate of those days if it was due.";
                        findings.push(Finding::new(Severity::Warning, &place, &what, what_to_do));
                    }
                }
            }
        }
    }
}

/// Periods between the first and the last day of some taxes on which none of them is valid.
fn gaps<'a>(taxes: impl IntoIterator<Item = &'a Tax>) -> Vec<(Date, Date)> {
    // An open beginning is before all days, an open end after them.
    let mut periods: Vec<(Option<Date>, Option<Date>)> = taxes.into_iter().map(|tax| (tax.from, tax.until)).collect();
    periods.sort();
    let mut gaps = Vec::new();
    let Some((_, mut covered_until)) = periods.first().copied() else { return gaps };
    for (from, until) in periods.into_iter().skip(1) {
        let Some(last) = covered_until else { return gaps };
        if let (Some(gap), Some(from)) = (day_after(last), from)
            && gap < from
            && let Some(end) = day_before(from)
        {
            gaps.push((gap, end));
        }
        covered_until = until.map(|until| until.max(last));
    }
    gaps
}

fn day_after(day: Date) -> Option<Date> {
    let (year, month) = (day.year(), day.month());
    Date::new(year, month, day.day().saturating_add(1))
        .or_else(|| Date::new(year, month.saturating_add(1), 1))
        .or_else(|| Date::new(year.saturating_add(1), 1, 1))
}

fn day_before(day: Date) -> Option<Date> {
    let last_of = |year: u16, month: u8| (28..=31).rev().find_map(|last| Date::new(year, month, last));
    Date::new(day.year(), day.month(), day.day().saturating_sub(1))
        .or_else(|| last_of(day.year(), day.month().saturating_sub(1)))
        .or_else(|| last_of(day.year().saturating_sub(1), 12))
}

/// Rates that look like slips, levies that lead nowhere.
fn in_taxes(settings: &Settings, listed: &[Listed<'_>], findings: &mut Vec<Finding>) {
    for (_, place, tax) in listed.iter().flat_map(Listed::taxes) {
        let rate = tax.rate.or(tax.division).unwrap_or_default();
        if rate.fraction() > RATE_USUAL_MAX && rate <= Rate::ONE {
            let what = format!("{} % is an unusually high rate.", rate.percent_text());
            findings.push(Finding::new(
                Severity::Warning,
                &place,
                &what,
                "Compare it with the law; 8.1 % is written \"0.081\".",
            ));
        }
        let names_article = |condition: &crate::condition::Condition| {
            condition.class.is_some()
                || condition.tag.is_some()
                || condition.department.is_some()
                || condition.item.is_some()
        };
        if place.contains("fees[") && !tax.when.as_deref().is_some_and(names_article) {
            let what = "This fee is levied on every line.";
            findings.push(Finding::new(
                Severity::Warning,
                &place,
                what,
                "Limit it with \"when\" to a tag, class or department if it should not be.",
            ));
        }
    }
    if !listed.iter().flat_map(Listed::taxes).any(|(_, _, tax)| tax.rate == Some(Rate::ZERO)) {
        let what_to_do = "Add one with rate \"0\" for what is not taxed, like vouchers.";
        findings.push(Finding::new(Severity::Warning, "classes", "There is no class without tax.", what_to_do));
    }
    let is_affected = |(_, _, tax): Written<'_>| tax.base_affected && tax.rate.or(tax.division).is_some();
    let affecting = listed.iter().flat_map(Listed::taxes).find(|(_, _, tax)| tax.affects_next_base);
    if let Some((_, place, _)) = affecting
        && !listed.iter().flat_map(Listed::taxes).any(is_affected)
    {
        let what = "It affects the next base, but no tax has a base that is affected.";
        findings.push(Finding::new(
            Severity::Warning,
            &place,
            what,
            "Leave out base_affected of the tax that should be levied on it.",
        ));
    }
    if settings.sourcing == Sourcing::Origin && !settings.places.is_empty() && settings.home.is_some() {
        let what = "Goods that are sent are taxed as in the store.";
        findings.push(Finding::new(
            Severity::Warning,
            "sourcing",
            what,
            "Set it to \"destination\" if the place they go to decides.",
        ));
    }
}

/// Rules that are over, or that can never apply.
fn in_rules(settings: &Settings, listed: &[Listed<'_>], today: Date, findings: &mut Vec<Finding>) {
    let is_over = |until: Option<Date>| until.is_some_and(|until| until < today);
    let mut warn = |place: String, what: &str, what_to_do: &str| {
        findings.push(Finding::new(Severity::Warning, &place, what, what_to_do));
    };
    for (index, rule) in settings.class_rules.iter().enumerate() {
        let place = format!("class_rules[{index}]");
        if is_over(rule.until) {
            warn(place.clone(), "The rule has ended.", "Delete it when it is no longer of interest.");
        }
        if rule.when.is_empty() && rule.unless.is_none() && index + 1 < settings.class_rules.len() {
            warn(place, "Rules after this one are never reached.", "Give it a condition, or move it to the end.");
        }
    }
    let classes: BTreeSet<&str> = listed.iter().flat_map(|listed| listed.classes.keys().map(String::as_str)).collect();
    for (index, exemption) in settings.exemptions.iter().enumerate() {
        let place = format!("exemptions[{index}]");
        if is_over(exemption.until) {
            warn(place.clone(), "The exemption has ended.", "Delete it when it is no longer of interest.");
        }
        let is_bounded = exemption.when.is_some() || exemption.unless.is_some() || exemption.until.is_some();
        if !is_bounded && exemption.jurisdictions.is_empty() && exemption.codes.is_empty() {
            warn(place.clone(), "Every sale is exempt.", "Limit it with \"when\", codes or jurisdictions.");
        }
        let named =
            exemption.when.iter().chain(&exemption.unless).flat_map(|condition| condition.class.iter().flatten());
        for class in named.filter(|class| !class.ends_with('*') && !classes.contains(class.as_str())) {
            let what = format!("There is no class \"{class}\".");
            warn(place.clone(), &what, "Correct the name, or add the class.");
        }
    }
}

/// Jurisdictions that nobody reaches, and a store that is nowhere.
fn in_places(settings: &Settings, listed: &[Listed<'_>], findings: &mut Vec<Finding>) {
    let mut warn = |place: String, what: &str, what_to_do: &str| {
        findings.push(Finding::new(Severity::Warning, &place, what, what_to_do));
    };
    let stacks = settings.places.iter().map(|place| &place.stack).chain(settings.home.iter().map(|home| &home.stack));
    let used: BTreeSet<&str> = stacks.flatten().map(String::as_str).collect();
    for jurisdiction in listed.iter().skip(1).filter(|jurisdiction| !used.contains(jurisdiction.id)) {
        let place = jurisdiction.place.trim_end_matches('.').to_owned();
        warn(place, "No place and no home has it in its stack.", "Add it to a stack, or delete it.");
    }
    if settings.home.is_none() && !settings.places.is_empty() {
        let what = "The table does not say where the store is: nothing can be sold over the counter.";
        warn("home".to_owned(), what, "Set it to the store's address, like {\"country\": \"US\", \"region\": \"NY\"}.");
    }
}

/// Starter data, and dates.
fn in_provenance(settings: &Settings, today: Date, findings: &mut Vec<Finding>) {
    let mut warn = |place: &str, what: &str, what_to_do: &str| {
        findings.push(Finding::new(Severity::Warning, place, what, what_to_do));
    };
    if settings.starter {
        let alone = settings.places.iter().filter(|place| place.stack.len() == 1).count();
        let what = format!(
            "These are starter data: in {alone} of {} places one jurisdiction alone levies.",
            settings.places.len()
        );
        warn(
            "starter",
            &what,
            "Add the county, city and district rates of the places you sell in, then delete \"starter\".",
        );
    }
    let is_old = |date: Date| {
        Date::new(date.year().saturating_add(1), date.month(), date.day().min(28)).is_some_and(|day| day < today)
    };
    if let Some(date) = settings.date.filter(|date| is_old(*date)) {
        let what = format!("The rates were looked up for {date}, more than a year ago.");
        warn("date", &what, "Compare them with the source, then write the day of today.");
    }
}

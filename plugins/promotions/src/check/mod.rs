//! Lints: offers that can be read, and may still not do what their author wants.
//!
//! An *error* is an offer that can never work; a *warning* is one that may cost more than was meant. A warning that its
//! author has understood is accepted in the offer itself: `accept = ["returns"]`.

mod generous;
mod overlap;
mod returns;
mod timing;

use crate::Offers;
use crate::model::Offer;
use crate::problem::Problem;
use pos_plugin_sdk::prelude::Date;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The offers cannot be used like this.
    Error,
    /// They can; somebody should look.
    Warning,
}

/// Warnings by name, as `accept` takes them.
pub(crate) const ACCEPTABLE: [&str; 6] = ["unbounded", "returns", "overlap", "expired", "steps", "per-article"];

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The name of the warning, as `accept` takes it; empty for errors.
    pub lint: &'static str,
    /// The offer's id; empty if it is about the whole file or the offer has none.
    pub offer: String,
    /// Line in the file, if it was read from one.
    pub line: Option<u32>,
    /// Column in the line.
    pub column: Option<u32>,
    /// The offer and the setting.
    pub place: String,
    /// What may go wrong.
    pub what: String,
    /// What to write instead, or how to accept it.
    pub what_to_do: String,
}

/// `warning: line 12: offer "ten-off", amount_off: … [accept = ["unbounded"]]`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { severity, lint, offer: _, line, column, place, what, what_to_do } = self;
        f.write_str(match severity {
            Severity::Error => "error: ",
            Severity::Warning => "warning: ",
        })?;
        let problem = Problem {
            line: *line,
            column: *column,
            place: place.clone(),
            what: what.clone(),
            what_to_do: what_to_do.clone(),
        };
        write!(f, "{problem}")?;
        if lint.is_empty() { Ok(()) } else { write!(f, " [accept = [\"{lint}\"]]") }
    }
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Finding {
        let Problem { line, column, place, what, what_to_do } = problem;
        let offer = place.strip_prefix("offer \"").and_then(|rest| rest.split_once('"')).map_or("", |(id, _)| id);
        let offer = offer.to_owned();
        Finding { severity: Severity::Error, lint: "", offer, line, column, place, what, what_to_do }
    }
}

/// Looks at all offers as of a day, most urgent first, then in the order of their ids.
pub fn check(offers: &Offers, today: Date) -> Vec<Finding> {
    let mut findings = Findings::default();
    for offer in offers.offers.iter().filter(|offer| offer.enabled) {
        timing::check(offer, today, &mut findings);
        generous::check(offer, &mut findings);
        returns::check(offer, &mut findings);
    }
    overlap::check(&offers.offers, today, &mut findings);
    findings
        .0
        .sort_by(|one, other| (one.severity, &one.offer, one.lint).cmp(&(other.severity, &other.offer, other.lint)));
    findings.0
}

/// Findings so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, offer: &Offer, setting: &str, what: impl Into<String>, what_to_do: impl Into<String>) {
        self.add(Severity::Error, "", offer, setting, what, what_to_do);
    }

    /// Unless the author has accepted it.
    fn warn(
        &mut self,
        lint: &'static str,
        offer: &Offer,
        setting: &str,
        what: impl Into<String>,
        what_to_do: impl Into<String>,
    ) {
        if !offer.accepted.iter().any(|accepted| accepted == lint) {
            self.add(Severity::Warning, lint, offer, setting, what, what_to_do);
        }
    }

    fn add(
        &mut self,
        severity: Severity,
        lint: &'static str,
        offer: &Offer,
        setting: &str,
        what: impl Into<String>,
        what_to_do: impl Into<String>,
    ) {
        self.0.push(Finding {
            severity,
            lint,
            offer: offer.id.clone(),
            line: offer.spot.map(|spot| spot.line),
            column: offer.spot.map(|spot| spot.column),
            place: format!("offer \"{}\", {setting}", offer.id),
            what: what.into(),
            what_to_do: what_to_do.into(),
        });
    }
}

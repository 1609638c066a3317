//! "Why this price" of a case: the chain of each line, offers that were not given, what is missing for them, workings.
//!
//! ```text
//! Regular price      3 × 2.00                                                              6.00
//! 3 for 2            case 3-for-2 · line stage · 1 set · on 3 · 6.00 becomes 4.00          -2.00
//! Ten percent        not used: its pieces went to 3 for 2
//! Beer crate         not met: needs 6 of BEER, the basket has 5
//! Beer crate         1 more of BEER
//! V19 19 % included  on 3.36 · 1.357143 on the receipt, half-up to 0.01 is 1.36             0.64
//! To pay for this line                                                                     4.00
//! ```
//!
//! The words for prices, taxes and totals are the core's ([`pos_domain::pricing::explain`]); what is added here are facts
//! that only a case has: its candidates, its rounding, its exemptions.

use crate::case::candidate::STAGES;
use crate::case::{Case, CaseLine, PriceFrom, mode_name, name_of};
use crate::drive::{CASE, Driven, MANUAL, REWARD};
use crate::result::figure;
use pos_domain::basket::PriceSource;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::explain::{Facts, LineFacts, Reason, ReasonKind};
use pos_domain::pricing::priced::{Decision, DecisionState, LineTax, Modifier, ModifierSource, PricedLine, TaxTotal};
use pos_domain::pricing::proposal::{Candidate, Chosen, Deal, Shape, TaxLevel};
use pos_money::{Decimal, Money};
use serde_json::{Value, json};
use std::sync::Arc;

/// Decimals of an exact figure that people read.
const PLACES: u32 = 6;
/// Articles named of a pool.
const NAMES_MAX: usize = 3;

/// By line the chain from its price to what is paid; nothing where figures are not rounded, since nothing is posted.
pub(crate) fn lines(case: &Case, driven: &Driven) -> Vec<Value> {
    if case.rounding.exact {
        return Vec::new();
    }
    let of_line = |line: &CaseLine| {
        let priced = driven.basket.line(line.number)?;
        Some(json!({ "line": line.id, "steps": Line { case, driven, line, priced }.steps() }))
    };
    case.lines.iter().filter_map(of_line).collect()
}

/// Offers that nearly fired: what extensions say, and deals of the case for which pieces are missing.
pub(crate) fn near_misses(case: &Case, driven: &Driven) -> Vec<Value> {
    let told = driven.basket.near_misses.iter().map(|near| (near.offer.clone(), near.missing.text.to_string()));
    let own = driven.proposed.iter().filter_map(|(extension, candidate)| {
        unmet(driven, extension, candidate)?;
        Some((candidate.id.clone(), missing(case, candidate)?.more))
    });
    told.chain(own).map(|(offer, missing)| json!({ "offer": offer, "missing": missing })).collect()
}

/// Where and how the tax of a code was rounded.
pub(crate) fn tax_rounding(case: &Case, level: TaxLevel) -> String {
    if case.rounding.exact {
        return "not rounded".to_owned();
    }
    let rule = &case.rounding.rule;
    let at = match level {
        TaxLevel::PerLine => "per line",
        TaxLevel::PerJurisdiction => "per jurisdiction",
        TaxLevel::PerReceipt => "per receipt",
    };
    format!("{at}, {} to {}", mode_name(rule.mode), case.currency.format(rule.increment))
}

/// The decision about a candidate whose conditions were not met.
fn unmet<'a>(driven: &'a Driven, extension: &Arc<str>, candidate: &Candidate) -> Option<&'a Decision> {
    driven.basket.decisions.iter().find(|decision| {
        decision.state == DecisionState::Unmet
            && decision.source.extension == *extension
            && decision.source.candidate == candidate.id
    })
}

/// Pieces a candidate lacks.
struct Missing {
    /// `needs 3 of SOAP, the basket has 2`
    needs: String,
    /// `1 more of SOAP`
    more: String,
}

/// What a candidate lacks even if every piece of the basket were free; none where pieces are not what it lacks.
fn missing(case: &Case, candidate: &Candidate) -> Option<Missing> {
    match &candidate.shape {
        Shape::WholeOrder(_) => None,
        Shape::Portions(Chosen { portions, qualifies_on, .. }) => {
            portions.iter().chain(qualifies_on).find_map(|portion| {
                lack(case, &[portion.line], portion.qty.value, case.numbered(portion.line)?.quantity.value)
            })
        }
        Shape::Deal(Deal { slots, .. }) => {
            let short = slots.iter().find_map(|slot| lack(case, &slot.pool, slot.count.value, there(case, &slot.pool)));
            short.or_else(|| {
                let mut pool: Vec<LineNumber> = slots.iter().flat_map(|slot| slot.pool.iter().copied()).collect();
                pool.sort_unstable();
                pool.dedup();
                let count = slots.iter().map(|slot| slot.count.value).try_fold(Decimal::ZERO, Decimal::checked_add)?;
                lack(case, &pool, count, there(case, &pool))
            })
        }
    }
}

fn lack(case: &Case, pool: &[LineNumber], count: Decimal, there: Decimal) -> Option<Missing> {
    let more = count.checked_sub(there).filter(|more| *more > Decimal::ZERO)?;
    let mut names: Vec<&str> = pool.iter().filter_map(|number| case.numbered(*number)).map(name).collect();
    names.sort_unstable();
    names.dedup();
    let others = if names.len() > NAMES_MAX { " …" } else { "" };
    names.truncate(NAMES_MAX);
    let of = format!("{}{others}", names.join(", "));
    let (count, more) = (count.normalize(), more.normalize());
    Some(Missing {
        needs: format!("needs {count} of {of}, the basket has {}", there.normalize()),
        more: format!("{more} more of {of}"),
    })
}

/// Pieces of some lines that offers may touch; something measured is one piece.
fn there(case: &Case, pool: &[LineNumber]) -> Decimal {
    let lines = pool.iter().filter_map(|number| case.numbered(*number));
    let open = lines.filter(|line| line.item.discountable && !line.price_locked && line.quantity.value > Decimal::ZERO);
    open.map(|line| Decimal::from(line.quantity.countable_pieces())).sum()
}

fn name(line: &CaseLine) -> &str {
    if line.item.id.is_empty() { &line.id } else { &line.item.id }
}

/// One line of the case and what became of it.
struct Line<'a> {
    case: &'a Case,
    driven: &'a Driven,
    line: &'a CaseLine,
    priced: &'a PricedLine,
}

impl Line<'_> {
    fn steps(&self) -> Vec<Value> {
        let mut told = self.chain().into_iter();
        let mut steps: Vec<Value> = told.by_ref().take(1).map(|price| self.step(&price)).collect();
        steps.extend(self.gross_rounding());
        steps.extend(self.priced.modifiers.iter().map(|modifier| self.modifier(modifier)));
        steps.extend(self.not_given());
        let mut taxes = self.priced.taxes.iter();
        for mut reason in told {
            match reason.kind {
                ReasonKind::Price | ReasonKind::Modifier | ReasonKind::Lost => continue,
                ReasonKind::Tax => reason.detail = taxes.next().map_or(reason.detail, |tax| self.tax(tax)),
                ReasonKind::Total => {}
            }
            steps.push(self.step(&reason));
        }
        steps
    }

    /// The core's own words.
    fn chain(&self) -> Vec<Reason> {
        let CaseLine { number, quantity, price, .. } = self.line;
        let price_source = match self.line.price_from {
            PriceFrom::Case => PriceSource::List,
            PriceFrom::Proposal | PriceFrom::Override => PriceSource::Given,
        };
        let PricedLine { gross, modifiers, taxes, paid, .. } = self.priced;
        Facts::of_basket(&self.driven.basket, self.case.currency).chain(LineFacts {
            number: *number,
            quantity: *quantity,
            price: *price,
            price_source: &price_source,
            origin: None,
            gross: *gross,
            modifiers,
            taxes,
            paid: *paid,
        })
    }

    fn step(&self, reason: &Reason) -> Value {
        let amount = reason.amount.map(|amount| self.money(amount));
        json!({ "kind": reason.kind.code(), "title": reason.title, "detail": reason.detail, "amount": amount })
    }

    fn money(&self, amount: Money) -> String {
        self.case.currency.format(amount)
    }

    /// What quantity times price lost or gained when it became money.
    fn gross_rounding(&self) -> Option<Value> {
        let exact = self.line.price.extend(self.line.quantity).ok()?;
        let moved = self.case.currency.to_decimal(self.priced.gross).checked_sub(exact)?;
        (!moved.is_zero()).then(|| {
            let mode = mode_name(self.case.rounding.rule.mode);
            json!({
                "kind": "rounding",
                "title": "Rounded to the smallest amount",
                "detail": format!("{mode} from {}", readable(exact)),
                "amount": figure(moved, self.case.currency),
            })
        })
    }

    fn modifier(&self, modifier: &Modifier) -> Value {
        let Modifier { source, stage, label, quantity, amount, before, after } = modifier;
        let decision = self.driven.basket.decisions.iter().find(|decision| decision.source == *source);
        let mut detail = format!("{} · {} stage", proposed_by(source), name_of(*stage, &STAGES));
        if let Some(Decision { sets, saving, reason, .. }) = decision {
            let plural = if *sets == 1 { "" } else { "s" };
            detail.push_str(&format!(" · {sets} set{plural}"));
            if saving.negated().is_ok_and(|whole| whole != *amount) {
                detail.push_str(&format!(" · {} in all", self.money(*saving)));
            }
            if !reason.is_empty() {
                detail.push_str(&format!(" · {reason}"));
            }
        }
        let (before, after) = (self.money(*before), self.money(*after));
        detail.push_str(&format!(" · on {quantity} · {before} becomes {after}"));
        json!({ "kind": "modifier", "title": label, "detail": detail, "amount": self.money(*amount) })
    }

    /// Candidates about this line that were not given: the winner, or the condition that does not hold.
    fn not_given(&self) -> Vec<Value> {
        let mut steps = Vec::new();
        let number = self.line.number;
        let given = |decision: &Decision| matches!(decision.state, DecisionState::Applied | DecisionState::Capped);
        let about = self.driven.basket.decisions.iter().filter(|decision| decision.lines.contains(&number));
        for decision in about.filter(|decision| !given(decision)) {
            let Decision { source, label, state, reason, .. } = decision;
            let proposed = self
                .driven
                .proposed
                .iter()
                .find(|(extension, candidate)| *extension == source.extension && candidate.id == source.candidate);
            let lacks = if *state == DecisionState::Unmet {
                proposed.and_then(|(_, candidate)| missing(self.case, candidate))
            } else {
                None
            };
            let (kind, detail) = match (state, &lacks) {
                (DecisionState::Unmet, Some(Missing { needs, .. })) => ("unmet", format!("not met: {needs}")),
                (DecisionState::Unmet, None) => ("unmet", format!("not met: {reason}")),
                _ => ("lost", format!("not used: {reason}")),
            };
            steps.push(json!({ "kind": kind, "title": label, "detail": detail, "amount": null }));
            if let Some(Missing { more, .. }) = lacks {
                steps.push(json!({ "kind": "near-miss", "title": label, "detail": more, "amount": null }));
            }
        }
        steps
    }

    fn tax(&self, tax: &LineTax) -> String {
        let mut detail = format!("on {}", self.money(tax.base));
        let component = self.line.taxes.iter().find(|component| component.code == tax.code);
        if let Some(reason) = component.and_then(|component| component.exempt.as_ref()) {
            detail.push_str(&format!(" · exempt: {}", reason.text));
        }
        let total = self.driven.basket.taxes.iter().find(|total| total.code == tax.code);
        let Some(TaxTotal { level, exact_amount, amount, .. }) = total else { return detail };
        let rule = &self.case.rounding.rule;
        match level {
            TaxLevel::PerLine => detail.push_str(&format!(" · rounded {}", tax_rounding(self.case, *level))),
            TaxLevel::PerReceipt | TaxLevel::PerJurisdiction => detail.push_str(&format!(
                " · {} on the receipt, {} to {}{} is {}",
                readable(*exact_amount),
                mode_name(rule.mode),
                self.money(rule.increment),
                if *level == TaxLevel::PerJurisdiction { " with its jurisdiction" } else { "" },
                self.money(*amount)
            )),
        }
        detail
    }
}

fn proposed_by(source: &ModifierSource) -> String {
    let ModifierSource { extension, candidate, source_line, .. } = source;
    match (&**extension, source_line) {
        (MANUAL, _) => "by hand".to_owned(),
        (CASE | REWARD, _) => format!("{extension} {candidate}"),
        (script, Some(line)) => format!("{script}, line {line} · {candidate}"),
        (extension, None) => format!("{extension} · {candidate}"),
    }
}

/// A figure for people; an ellipsis where more digits follow.
fn readable(value: Decimal) -> String {
    let short = value.round_dp(PLACES).normalize();
    let cut = if short == value { "" } else { "…" };
    format!("{short}{cut}")
}

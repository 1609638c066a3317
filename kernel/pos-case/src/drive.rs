//! The pipeline over a case's offers: which stage asks whom, and what people and programmes take off in between.
//!
//! Item deals, shop deals, discounts by hand on lines, order offers, the discount by hand on the basket, rewards, tax. The
//! calls of the engine are all here.

use crate::case::{Case, ManualLine, RewardKind};
use crate::problem::Problem;
use pos_domain::pricing::engine::Assessor;
use pos_domain::pricing::proposal::{Candidate, Effect, Mode, Proposal, Snapshot, SnapshotLine, Stage};
use pos_domain::pricing::{PricedBasket, Pricing, Proposed, manual};
use std::sync::Arc;

/// Runs what a case names but does not contain.
pub trait Extensions {
    /// What the promotions plugin proposes under a configuration.
    fn offers(&mut self, config_json: &str, stage: Stage, basket: &Snapshot) -> Result<Proposal, String>;
    /// What a script proposes.
    fn script(&mut self, path: &str, stage: Stage, basket: &Snapshot) -> Result<Proposal, String>;
}

/// Runs nothing: a case with offers or scripts is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoExtensions;

impl Extensions for NoExtensions {
    fn offers(&mut self, _config_json: &str, _stage: Stage, _basket: &Snapshot) -> Result<Proposal, String> {
        Err("the promotions plugin does not run here".to_owned())
    }

    fn script(&mut self, path: &str, _stage: Stage, _basket: &Snapshot) -> Result<Proposal, String> {
        Err(format!("the script {path} does not run here"))
    }
}

/// Sources of what is no extension's: the case's own candidates, people, loyalty rewards.
pub(crate) const CASE: &str = "case";
pub(crate) const MANUAL: &str = manual::SOURCE;
pub(crate) const REWARD: &str = manual::REWARD_SOURCE;

/// A priced case.
pub(crate) struct Driven {
    pub(crate) basket: PricedBasket,
    /// Everything that was proposed, with its source: why something was not given can be told from it.
    pub(crate) proposed: Vec<(Arc<str>, Candidate)>,
}

/// Runs every stage of a case.
pub(crate) fn drive(case: &Case, extensions: &mut dyn Extensions) -> Result<Driven, Problem> {
    let mut proposed = Vec::new();
    let mut pricing = Pricing::from_snapshot(snapshot(case)?, case.policy.clone(), case.budgets.clone());
    pricing.know_rates(case.assessment());
    for stage in [Stage::Line, Stage::Shop] {
        let proposals = proposals(case, &pricing, stage, extensions)?;
        remember(&mut proposed, &proposals);
        pricing.apply(stage, proposals)?;
    }
    // By hand on lines: after item deals, and out of everything later.
    in_turn(&mut pricing, MANUAL, manual_lines(case))?;
    let offers = proposals(case, &pricing, Stage::Order, extensions)?;
    remember(&mut proposed, &offers);
    pricing.apply(Stage::Order, offers)?;
    let basket = case.manual.basket.iter();
    let basket = basket.map(|one| manual::order_candidate("basket".into(), one.effect, one.reason.clone()));
    in_turn(&mut pricing, MANUAL, basket.collect())?;
    let rewards = case.rewards.iter().filter(|reward| reward.kind == RewardKind::Discount);
    for reward in rewards {
        let effect = Effect::AmountOff(reward.value);
        in_turn(&mut pricing, REWARD, vec![manual::order_candidate(reward.id.clone(), effect, reward.label.clone())])?;
    }
    let basket = pricing.finish(&case.assessment(), &Assessor { name: "taxes of the case".into() })?;
    Ok(Driven { basket, proposed })
}

fn remember(all: &mut Vec<(Arc<str>, Candidate)>, proposals: &[Proposed]) {
    for Proposed { extension, proposal, .. } in proposals {
        all.extend(proposal.candidates.iter().map(|candidate| (extension.clone(), candidate.clone())));
    }
}

/// The case's lines before any offer.
fn snapshot(case: &Case) -> Result<Snapshot, Problem> {
    let mut lines = Vec::with_capacity(case.lines.len());
    for line in &case.lines {
        let gross = case.gross(line)?;
        lines.push(SnapshotLine {
            id: line.number,
            kind: line.kind,
            item: line.item.clone(),
            quantity: line.quantity,
            price: line.price,
            gross,
            net: gross,
            price_locked: line.price_locked,
            attrs: line.attrs.clone(),
        });
    }
    Ok(Snapshot {
        currency: case.currency,
        prices_include_tax: case.prices_include_tax,
        store: "".into(),
        register: "".into(),
        cashier: "".into(),
        id: "".into(),
        business_date: case.now.date,
        now: case.now.clone(),
        customer: case.customer.clone(),
        codes: case.codes.clone(),
        lines,
        attrs: Vec::new(),
    })
}

/// What everybody proposes for a stage: the case itself, the promotions plugin, the scripts.
fn proposals(
    case: &Case,
    pricing: &Pricing,
    stage: Stage,
    extensions: &mut dyn Extensions,
) -> Result<Vec<Proposed>, Problem> {
    let of_stage = case.candidates.iter().filter(|(at, _)| *at == stage);
    let candidates = of_stage.map(|(_, candidate)| candidate.clone()).collect();
    // Gifts belong to no stage; they are proposed with the first.
    let grants = if stage == Stage::Line { case.grants.clone() } else { Vec::new() };
    let mut proposals = vec![proposed(CASE, Proposal { candidates, grants, ..Proposal::default() })];
    if case.offers.is_none() && case.scripts.is_empty() {
        return Ok(proposals);
    }
    let basket = pricing.snapshot();
    if let Some(configuration) = &case.offers {
        let proposal =
            extensions.offers(configuration, stage, &basket).map_err(|problem| failed("offers", &problem))?;
        proposals.push(proposed("promotions", proposal));
    }
    for path in &case.scripts {
        let proposal = extensions.script(path, stage, &basket).map_err(|problem| failed("scripts", &problem))?;
        proposals.push(proposed(path, proposal));
    }
    Ok(proposals)
}

fn failed(place: &str, problem: &str) -> Problem {
    let next = "Correct it, or leave it out of the case.";
    Problem::new("extension_failed", place, format!("An extension of the case gave no answer: {problem}."), next)
}

fn proposed(extension: &str, proposal: Proposal) -> Proposed {
    Proposed { extension: extension.into(), version: "0".into(), name: extension.into(), proposal }
}

/// Applies what has a turn of its own: it competes with no offer on prices.
fn in_turn(pricing: &mut Pricing, source: &str, candidates: Vec<Candidate>) -> Result<(), Problem> {
    if candidates.is_empty() {
        return Ok(());
    }
    Ok(pricing.apply(Stage::Order, vec![proposed(source, Proposal { candidates, ..Proposal::default() })])?)
}

fn manual_lines(case: &Case) -> Vec<Candidate> {
    let of_line = |by_hand: &ManualLine| -> Option<Candidate> {
        let line = case.numbered(by_hand.line)?;
        let id = format!("line-{}", line.id).into();
        let (effect, reason) = (by_hand.effect, by_hand.reason.clone());
        Some(manual::line_candidate(id, line.number, line.quantity, effect, Mode::Exclusive, reason))
    };
    case.manual.lines.iter().filter_map(of_line).collect()
}

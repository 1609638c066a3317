//! The pipeline over a case's offers: which stage asks whom, and what people and programmes take off in between.
//!
//! Item deals, shop deals, discounts by hand on lines, order offers, the discount by hand on the basket, rewards. The
//! calls of the engine are all here. The engine of today begins with a basket and a shop, so [`begin`] makes both from
//! the case; it knows neither policy nor budgets yet and says nothing about how good its choice is.

use crate::case::{Case, CaseLine, RewardKind};
use crate::problem::Problem;
use pos_domain::basket::{Basket, Line, Opening, PriceSource};
use pos_domain::ids::BasketId;
use pos_domain::pricing::engine::Assessor;
use pos_domain::pricing::proposal::{
    Assessment, Basis, Candidate, Chosen, Effect, Grant, Message, Mode, Portion, Proposal, Shape, Snapshot, Spread,
    Stage,
};
use pos_domain::pricing::{PricedBasket, Pricing, Proposed};
use pos_domain::shop::Shop;
use pos_domain::time::Moment;
use pos_money::{Rounding, UnitPrice};
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

/// What the offers leave of a basket; no tax yet.
pub(crate) struct Driven {
    /// Lines with their modifiers, and what became of the candidates.
    pub(crate) basket: PricedBasket,
    /// Items earned.
    pub(crate) grants: Vec<Grant>,
}

/// Runs every stage of a case.
pub(crate) fn drive(case: &Case, extensions: &mut dyn Extensions) -> Result<Driven, Problem> {
    let mut pricing = begin(case)?;
    for stage in [Stage::Line, Stage::Shop] {
        let proposals = proposals(case, &pricing, stage, extensions)?;
        pricing.apply(stage, proposals)?;
    }
    // By hand on lines: after item deals, and out of everything later.
    by_hand(&mut pricing, "manual", manual_lines(case))?;
    let offers = proposals(case, &pricing, Stage::Order, extensions)?;
    pricing.apply(Stage::Order, offers)?;
    let basket = case.manual.basket.iter();
    let basket = basket.map(|manual| whole_order("basket".into(), manual.effect, manual.reason.clone()));
    by_hand(&mut pricing, "manual", basket.collect())?;
    let rewards = case.rewards.iter().filter(|reward| reward.kind == RewardKind::Discount);
    for reward in rewards {
        let effect = Effect::AmountOff(reward.value);
        by_hand(&mut pricing, "reward", vec![whole_order(reward.id.clone(), effect, reward.label.clone())])?;
    }
    let mut grants = case.grants.clone();
    grants.extend(pricing.grants().iter().cloned());
    let basket = pricing.finish(&Assessment::default(), &Assessor { name: "".into() })?;
    Ok(Driven { basket, grants })
}

/// A pricing of the case's lines before any offer.
fn begin(case: &Case) -> Result<Pricing, Problem> {
    let mut basket = Basket::open(Opening {
        id: BasketId(uuid::Uuid::nil()),
        at: Moment { unix_ms: 0, offset_seconds: 0 },
        now: case.now.clone(),
        business_date: case.now.date,
        cashier: "".into(),
        external_reference: None,
        rule_set: "".into(),
    });
    basket.customer = case.customer.clone();
    for line in &case.lines {
        basket.lines.push(basket_line(case, line)?);
    }
    let shop = Shop {
        name: String::new(),
        address: Vec::new(),
        tax_number: String::new(),
        currency: case.currency,
        zone: case.now.zone.clone(),
        store: "".into(),
        register: "".into(),
        cashier: String::new(),
        languages: Vec::new(),
        prices_include_tax: case.prices_include_tax,
        cash_rounding: Rounding::HALF_UP,
        quantity_max: pos_money::Decimal::MAX,
        float: pos_money::Decimal::ZERO,
        tax_fallback: None,
        embedded_codes: Vec::new(),
        notes: Vec::new(),
        receipt_footer: Vec::new(),
    };
    Ok(Pricing::start(&basket, &shop)?)
}

fn basket_line(case: &Case, line: &CaseLine) -> Result<Line, Problem> {
    let gross = case.gross(line)?;
    let usual = line.price.amount(line.quantity, case.currency, Rounding::HALF_UP)?;
    // Where the case rounds a gross otherwise than the engine, the line's price is its gross for its whole quantity.
    let whole = UnitPrice { value: case.currency.to_decimal(gross), per: line.quantity };
    Ok(Line {
        number: line.number,
        kind: line.kind,
        item: line.item.clone(),
        code: line.item.id.clone(),
        quantity: line.quantity,
        price: if usual == gross { line.price } else { whole },
        price_source: PriceSource::List,
        price_locked: line.price_locked,
        attrs: line.attrs.clone(),
        voided: false,
    })
}

/// What everybody proposes for a stage: the case itself, the promotions plugin, the scripts.
fn proposals(
    case: &Case,
    pricing: &Pricing,
    stage: Stage,
    extensions: &mut dyn Extensions,
) -> Result<Vec<Proposed>, Problem> {
    let on_prices = case.candidates.iter().filter(|(at, candidate)| *at == stage && candidate.basis == Basis::Price);
    let candidates: Vec<Candidate> = on_prices.map(|(_, candidate)| candidate.clone()).collect();
    let mut proposals = Vec::new();
    if !candidates.is_empty() {
        proposals.push(proposed("case", Proposal { candidates, ..Proposal::default() }));
    }
    if case.offers.is_none() && case.scripts.is_empty() {
        return Ok(proposals);
    }
    let mut basket = Arc::unwrap_or_clone(pricing.snapshot());
    basket.codes.clone_from(&case.codes);
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

/// Applies what is not an offer: it competes with nobody.
fn by_hand(pricing: &mut Pricing, source: &str, candidates: Vec<Candidate>) -> Result<(), Problem> {
    if candidates.is_empty() {
        return Ok(());
    }
    Ok(pricing.apply(Stage::Order, vec![proposed(source, Proposal { candidates, ..Proposal::default() })])?)
}

fn manual_lines(case: &Case) -> Vec<Candidate> {
    let of_line = |manual: &crate::case::ManualLine| -> Option<Candidate> {
        let line = case.numbered(manual.line)?;
        let portions = vec![Portion { line: line.number, qty: line.quantity }];
        let shape = Shape::Portions(Chosen { portions, effect: manual.effect, qualifies_on: Vec::new() });
        let id = format!("line-{}", line.id);
        Some(Candidate { mode: Mode::Exclusive, ..plain(id.into(), shape, manual.reason.clone()) })
    };
    case.manual.lines.iter().filter_map(of_line).collect()
}

fn whole_order(id: Arc<str>, effect: Effect, label: Arc<str>) -> Candidate {
    plain(id, Shape::WholeOrder(effect), label)
}

fn plain(id: Arc<str>, shape: Shape, label: Arc<str>) -> Candidate {
    Candidate {
        group: Some(format!("by hand {id}").into()),
        id,
        shape,
        mode: Mode::Compound,
        priority: 0,
        basis: Basis::Price,
        spread: Spread::Across,
        requires: None,
        cap: None,
        limits: None,
        consumes_codes: Vec::new(),
        label: Message::text(label),
        attrs: Vec::new(),
    }
}

//! Pricing a basket under its rule set: asks the extensions stage by stage, hands their answers to the pure core.

use crate::dispatch::Sales;
use crate::rules::{Member, RuleSet};
use pos_api::port::{Extension, ExtensionFailure, Runtime};
use pos_domain::Refusal;
use pos_domain::basket::Basket;
use pos_domain::offer_use::{self, Used};
use pos_domain::pricing::engine::Assessor;
use pos_domain::pricing::priced::{DecisionState, ExtensionUse, PricedBasket};
use pos_domain::pricing::proposal::{Assessment, Message, Notice, Severity, Stage, TaxInput};
use pos_domain::pricing::{Pricing, Proposed, manual, tax};
use pos_domain::returns::{Rerate, TakenBack};
use pos_domain::shop::Shop;
use pos_domain::time::Moment;
use pos_money::Money;
use std::sync::Arc;

/// A basket's price, and how it came about.
#[derive(Clone, Debug)]
pub struct Priced {
    /// What it costs, what comes back included.
    pub basket: PricedBasket,
    /// What comes back, and what is still due.
    pub taken: TakenBack,
    /// Offers whose limits reach beyond this basket.
    pub limited: Vec<Arc<str>>,
    /// Who took part.
    pub uses: Vec<ExtensionUse>,
    /// Names of rules that failed.
    pub unavailable: Vec<Arc<str>>,
    /// Why it cannot be completed as priced.
    pub blocked: Option<Refusal>,
    /// Rules that were quarantined just now.
    pub quarantined: Vec<Arc<str>>,
}

impl Priced {
    /// Whether it was made by [`Priced::none_since`].
    pub(crate) fn has_none(&self) -> bool {
        self.blocked.is_some() && self.basket.lines.is_empty()
    }

    /// Of a basket that has no price, and cannot be completed before that is mended.
    pub(crate) fn none_since(refusal: Refusal) -> Priced {
        Priced {
            basket: PricedBasket::default(),
            taken: TakenBack::default(),
            limited: Vec::new(),
            uses: Vec::new(),
            unavailable: Vec::new(),
            blocked: Some(refusal),
            quarantined: Vec::new(),
        }
    }
}

/// What a pricing goes by.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// The extensions to ask.
    pub rules: &'a RuleSet,
    /// Now.
    pub now: Moment,
    /// What was used of an offer with limits before.
    pub used: &'a dyn Fn(&str) -> Result<Used, Refusal>,
}

/// The calls of one pricing.
struct Calls {
    uses: Vec<ExtensionUse>,
    unavailable: Vec<Arc<str>>,
    quarantined: Vec<Arc<str>>,
    now: Moment,
}

impl Calls {
    fn entry(&mut self, member: &Member) -> &mut ExtensionUse {
        let about = member.extension.about();
        let position = self.uses.iter().position(|known| known.id == about.id).unwrap_or_else(|| {
            self.uses.push(ExtensionUse {
                id: about.id.clone(),
                runtime: about.runtime.code().into(),
                version: about.version.clone(),
                calls: 0,
                discount: Money::ZERO,
                tax: Money::ZERO,
                failed: false,
            });
            self.uses.len() - 1
        });
        &mut self.uses[position]
    }

    /// Asks an extension, unless it is quarantined; a failure costs only its own answer.
    fn ask<T>(
        &mut self,
        member: &Member,
        call: impl FnOnce(&dyn Extension) -> Result<T, ExtensionFailure>,
    ) -> Result<T, String> {
        let about = member.extension.about();
        if member.is_quarantined() {
            self.fail(member);
            return Err(format!("{} failed too often and is not asked any more", about.name));
        }
        self.entry(member).calls += 1;
        call(member.extension.as_ref()).map_err(|failure| {
            tracing::warn!(extension = %about.id, version = %about.version, kind = ?failure.kind, "{failure}");
            if member.record_failure(failure.kind, self.now) {
                self.quarantined.push(about.name.clone());
            }
            self.fail(member);
            failure.message
        })
    }

    fn fail(&mut self, member: &Member) {
        self.entry(member).failed = true;
        let name = &member.extension.about().name;
        if !self.unavailable.contains(name) {
            self.unavailable.push(name.clone());
        }
    }
}

/// Prices the basket from scratch: new goods by the rules, then what comes back by its sales.
pub fn price(basket: &Basket, asking: Asking<'_>, sales: &Sales, rerate: &Rerate<'_>) -> Result<Priced, Refusal> {
    let mut priced = price_goods(basket, asking)?;
    let (shop, bought) = (asking.shop, priced.basket.total);
    priced.taken = TakenBack::of(basket, sales, bought, shop.returns.policy, rerate, shop.cash_rounding)?;
    priced.taken.add_to(&mut priced.basket)?;
    Ok(priced)
}

/// Prices the goods that the rules are asked about.
pub(crate) fn price_goods(basket: &Basket, asking: Asking<'_>) -> Result<Priced, Refusal> {
    let Asking { shop, rules, now, used } = asking;
    let mut limited = Vec::new();
    let mut calls = Calls { uses: Vec::new(), unavailable: rules.broken.clone(), quarantined: Vec::new(), now };
    let mut pricing = Pricing::start(basket, shop)?;
    if pricing.is_empty() {
        // Nothing to price: nobody is asked.
        let basket = pricing.finish(&Assessment::default(), &Assessor { name: "".into() })?;
        let Calls { uses, unavailable, quarantined, .. } = calls;
        return Ok(Priced {
            basket,
            taken: TakenBack::default(),
            limited,
            uses,
            unavailable,
            blocked: None,
            quarantined,
        });
    }
    for stage in Stage::ALL {
        if stage == Stage::Order {
            pricing.apply(stage, manual::on_lines(basket, &shop.manual))?;
        }
        let asked: Vec<_> =
            rules.members.iter().filter(|member| member.extension.about().discount_stages.contains(&stage)).collect();
        if asked.is_empty() {
            continue;
        }
        let snapshot = pricing.snapshot();
        let mut proposals = Vec::with_capacity(asked.len());
        for member in asked {
            if let Ok(proposal) = calls.ask(member, |extension| extension.propose(stage, &snapshot)) {
                let about = member.extension.about();
                proposals.push(Proposed {
                    extension: about.id.clone(),
                    version: about.version.clone(),
                    name: about.name.clone(),
                    proposal,
                });
            }
        }
        limited.extend(offer_use::lower_limits(&mut proposals, used)?);
        if pricing.asks_for_rates(&proposals)
            && let Some(member) = rules.assessor()
            && let Ok(rates) = calls.ask(member, |extension| extension.assess(&pricing.tax_input()))
        {
            pricing.know_rates(rates);
        }
        pricing.apply(stage, proposals)?;
    }
    pricing.apply(Stage::Order, manual::on_basket(basket))?;
    pricing.apply(Stage::Order, manual::rewards(basket))?;
    let input = pricing.tax_input();
    let Assessed { assessment, assessor, notice, mut blocked } = assess(&mut calls, rules, shop, &input);
    // An assessment the kernel refuses (a code with two rates) counts as the assessor's failure.
    let finished = pricing.clone().finish(&assessment, &assessor);
    let mut priced = match finished {
        Err(refusal @ Refusal::TaxUnavailable { .. }) => {
            blocked = Some(refusal);
            pricing.finish(&Assessment::default(), &assessor)?
        }
        other => other?,
    };
    priced.notices.extend(notice);
    if let Some(refusal) = &blocked {
        priced.notices.push(notice_of(Severity::Block, &format!("{refusal} {}", refusal.next())));
    }
    let Calls { mut uses, unavailable, quarantined, .. } = calls;
    credit(&mut uses, &priced, rules)?;
    Ok(Priced { basket: priced, taken: TakenBack::default(), limited, uses, unavailable, blocked, quarantined })
}

struct Assessed {
    assessment: Assessment,
    assessor: Assessor,
    notice: Option<Notice>,
    blocked: Option<Refusal>,
}

/// Tax from the assessor, or from the shop's fallback rate, or not at all: then the sale waits.
fn assess(calls: &mut Calls, rules: &RuleSet, shop: &Shop, input: &TaxInput) -> Assessed {
    let problem = match rules.assessor() {
        None => "no tax plugin is loaded".to_owned(),
        Some(member) => match calls.ask(member, |extension| extension.assess(input)) {
            Ok(assessment) => {
                let about = member.extension.about();
                let assessor = Assessor { name: format!("{} {}", about.name, about.version).into() };
                return Assessed { assessment, assessor, notice: None, blocked: None };
            }
            Err(problem) => problem,
        },
    };
    let Some(fallback) = &shop.tax_fallback else {
        return Assessed {
            assessment: Assessment::default(),
            assessor: Assessor { name: "no tax".into() },
            notice: None,
            blocked: Some(Refusal::TaxUnavailable { problem: format!("{problem}.") }),
        };
    };
    let lines: Vec<u32> = input.taxables.iter().map(|taxable| taxable.line).collect();
    calls.uses.push(ExtensionUse {
        id: "fallback-tax".into(),
        runtime: Runtime::BuiltIn.code().into(),
        version: env!("CARGO_PKG_VERSION").into(),
        calls: 1,
        discount: Money::ZERO,
        tax: Money::ZERO,
        failed: false,
    });
    Assessed {
        assessment: tax::fallback(&lines, &fallback.code, fallback.rate, shop.prices_include_tax),
        assessor: Assessor { name: "fallback rate of the shop".into() },
        notice: Some(notice_of(Severity::Warning, &format!("Tax at the shop's fallback rate: {problem}."))),
        blocked: None,
    }
}

fn notice_of(severity: Severity, text: &str) -> Notice {
    Notice { severity, message: Message::text(text), lines: Vec::new() }
}

/// What each extension's offers took off and its tax came to.
fn credit(uses: &mut [ExtensionUse], priced: &PricedBasket, rules: &RuleSet) -> Result<(), Refusal> {
    for usage in uses {
        let given = priced
            .decisions
            .iter()
            .filter(|decision| matches!(decision.state, DecisionState::Applied | DecisionState::Capped))
            .filter(|decision| decision.source.extension == usage.id);
        usage.discount = Money::sum(given.map(|decision| decision.saving))?;
        let assessed = rules.assessor().is_some_and(|member| member.extension.about().id == usage.id) && !usage.failed;
        if assessed || &*usage.runtime == Runtime::BuiltIn.code() {
            usage.tax = priced.total_tax;
        }
    }
    Ok(())
}

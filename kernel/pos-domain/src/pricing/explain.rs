//! "Why this price": the chain of steps behind a line, told from facts that were stored, never computed again.
//!
//! ```text
//! Regular price          4 × 5.90                                        23.60
//! Happy hour             script happy_hour, line 6 · version add0 · on 4 -4.72
//! Staff discount         not used: Happy hour saves more on these pieces
//! VAT19 19 % included    on 15.87 · Tax table 0.1.0 · rounded per receipt  3.01
//! To pay for this line                                                   18.88
//! ```
//!
//! A priced basket and a committed transaction hold the same facts, so a receipt of last year explains itself exactly
//! as the screen did; the words are made here and take no room in the journal.

use super::manual;
use super::priced::{Decision, DecisionState, LineTax, Modifier, ModifierSource, PricedBasket, TaxTotal};
use super::proposal::TaxLevel;
use crate::basket::{Origin, PriceSource, SoldAs};
use crate::ids::LineNumber;
use crate::receipt::price_text;
use crate::transaction::{Transaction, TransactionLine};
use pos_money::{Currency, Decimal, Money, Quantity, UnitPrice};
use serde::Serialize;

/// One step of "why this price".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What kind of step.
    pub kind: ReasonKind,
    /// First line: `Happy hour`.
    pub title: String,
    /// Second line: `script happy_hour, line 5`.
    pub detail: String,
    /// Its effect in minor units; none where it had none.
    pub amount: Option<Money>,
}

/// What kind of step a [`Reason`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// Price before offers.
    Price,
    /// An offer that was given.
    Modifier,
    /// An offer that was proposed and not given.
    Lost,
    /// A tax.
    Tax,
    /// What is to be paid.
    Total,
}

impl ReasonKind {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            ReasonKind::Price => "price",
            ReasonKind::Modifier => "modifier",
            ReasonKind::Lost => "lost",
            ReasonKind::Tax => "tax",
            ReasonKind::Total => "total",
        }
    }
}

/// What the whole basket contributes to the reasons of its lines.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Of all amounts.
    pub currency: Currency,
    /// What became of the candidates.
    pub decisions: &'a [Decision],
    /// Taxes by code.
    pub taxes: &'a [TaxTotal],
    /// Who assessed the tax.
    pub assessor: &'a str,
}

/// What a line contributes to its own reasons.
#[derive(Clone, Copy, Debug)]
pub struct LineFacts<'a> {
    /// Its number.
    pub number: LineNumber,
    /// How much.
    pub quantity: Quantity,
    /// Price before offers.
    pub price: UnitPrice,
    /// Where it came from.
    pub price_source: &'a PriceSource,
    /// Where it was sold, if it comes back.
    pub origin: Option<&'a Origin>,
    /// Before offers.
    pub gross: Money,
    /// What offers did.
    pub modifiers: &'a [Modifier],
    /// Its shares of tax.
    pub taxes: &'a [LineTax],
    /// What is paid for it.
    pub paid: Money,
}

impl<'a> Facts<'a> {
    /// Of a basket that is still open.
    pub fn of_basket(priced: &'a PricedBasket, currency: Currency) -> Facts<'a> {
        Facts { currency, decisions: &priced.decisions, taxes: &priced.taxes, assessor: &priced.assessor }
    }

    /// Of a transaction.
    pub fn of_transaction(transaction: &'a Transaction) -> Facts<'a> {
        let Transaction { currency, decisions, taxes, assessor, .. } = transaction;
        Facts { currency: *currency, decisions, taxes, assessor }
    }

    /// Why a line of a transaction cost what it cost; nothing for one that was taken back.
    pub fn sold(&self, line: &TransactionLine) -> Vec<Reason> {
        if line.voided {
            return Vec::new();
        }
        let TransactionLine { number, quantity, price, price_source, origin, gross, modifiers, taxes, paid, .. } = line;
        self.chain(LineFacts {
            number: *number,
            quantity: *quantity,
            price: *price,
            price_source,
            origin: origin.as_ref(),
            gross: *gross,
            modifiers,
            taxes,
            paid: *paid,
        })
    }

    /// The whole chain of a line.
    pub fn chain(&self, line: LineFacts<'_>) -> Vec<Reason> {
        let mut reasons = vec![self.price(line)];
        reasons.extend(line.modifiers.iter().map(modifier));
        let about = |decision: &&Decision| {
            !matches!(decision.state, DecisionState::Applied | DecisionState::Capped)
                && decision.lines.contains(&line.number)
        };
        reasons.extend(self.decisions.iter().filter(about).map(lost));
        reasons.extend(line.taxes.iter().map(|tax| self.tax(tax)));
        reasons.push(Reason {
            kind: ReasonKind::Total,
            title: "To pay for this line".into(),
            detail: String::new(),
            amount: Some(line.paid),
        });
        reasons
    }

    fn price(&self, line: LineFacts<'_>) -> Reason {
        let LineFacts { price, quantity, price_source, origin, gross, .. } = line;
        let per = match price.per {
            per if per == Quantity::ONE => String::new(),
            per if per.value == Decimal::ONE => format!(" / {}", per.unit.symbol()),
            per => format!(" for {per}"),
        };
        let title = match price_source {
            PriceSource::List => "Regular price",
            PriceSource::Code => "Price printed in the code",
            PriceSource::Given => "Price given by the calling program",
            PriceSource::ByHand { .. } => "Price by hand",
            PriceSource::Gift { .. } => "Added by an offer",
        };
        let instead = match price_source {
            PriceSource::ByHand { regular, reason, by } => {
                format!(" · {reason} · by {by} · instead of {}", price_text(regular.value, self.currency))
            }
            PriceSource::Gift { regular, offer } => {
                format!(" · {offer} · instead of {}", price_text(regular.value, self.currency))
            }
            PriceSource::List | PriceSource::Code | PriceSource::Given => String::new(),
        };
        Reason {
            kind: ReasonKind::Price,
            title: match origin.map(|origin| origin.sold) {
                Some(Some(SoldAs { number, line })) => format!("As sold on receipt {number}, line {line}"),
                Some(None) => "Today's price, without a receipt".to_owned(),
                None => title.to_owned(),
            },
            detail: format!("{quantity} × {}{per}{instead}", price_text(price.value, self.currency)),
            amount: Some(gross),
        }
    }

    fn tax(&self, tax: &LineTax) -> Reason {
        let within = if tax.included { "included" } else { "added" };
        let total = self.taxes.iter().find(|total| total.code == tax.code);
        let levy = total.map_or("", |total| &*total.levy);
        let rounded = match total.map_or(TaxLevel::PerReceipt, |total| total.level) {
            TaxLevel::PerLine => "rounded per line",
            TaxLevel::PerJurisdiction => "rounded per jurisdiction",
            TaxLevel::PerReceipt => "rounded per receipt",
        };
        Reason {
            kind: ReasonKind::Tax,
            title: format!("{} {levy} {within}", tax.code),
            detail: format!("on {} · {} · {rounded}", self.currency.format(tax.base), self.assessor),
            amount: Some(tax.amount),
        }
    }
}

fn modifier(modifier: &Modifier) -> Reason {
    let ModifierSource { extension, version, candidate: _, source_line } = &modifier.source;
    // Only scripts know the line that proposed something.
    let source = match (&**extension, source_line) {
        (manual::SOURCE, _) => "by hand".to_owned(),
        (manual::REWARD_SOURCE, _) => "points redeemed".to_owned(),
        (_, Some(line)) => format!("script {extension}, line {line} · version {version}"),
        (_, None) => format!("plugin {extension} · version {version}"),
    };
    Reason {
        kind: ReasonKind::Modifier,
        title: modifier.label.to_string(),
        detail: format!("{source} · on {}", modifier.quantity),
        amount: Some(modifier.amount),
    }
}

fn lost(decision: &Decision) -> Reason {
    Reason {
        kind: ReasonKind::Lost,
        title: decision.label.to_string(),
        detail: format!("not used: {}", decision.reason),
        amount: None,
    }
}

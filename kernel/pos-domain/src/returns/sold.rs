//! What a return needs to know of a committed sale.

use super::deal::Deal;
use super::figures::Figures;
use super::plan::PlanStep;
use crate::ids::{BasketId, ItemId, LineNumber};
use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use crate::tender::{Tender, TenderKind};
use crate::transaction::{PointsOf, Transaction, TransactionLine};
use pos_money::{Currency, Money, Rounding, Unit};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A line that may come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoldLine {
    /// Its number on the receipt.
    pub number: LineNumber,
    /// What it is.
    pub kind: LineKind,
    /// The article.
    pub item: ItemId,
    /// Root department when it was sold.
    pub department: Arc<str>,
    /// The unit its quantities are in.
    pub unit: Unit,
    /// Everything that was posted for it.
    pub whole: Figures,
}

/// A means of payment, change already taken out; the cash of a sale is one tender, wherever it was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoldTender {
    /// By what means.
    pub kind: TenderKind,
    /// What the shop kept of it.
    pub kept: Money,
    /// What of the total it settled; differs from `kept` by cash rounding only.
    pub settled: Money,
    /// Points that were spent as this tender.
    #[serde(default)]
    pub points: i64,
    /// Whose points they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_of: Option<PointsOf>,
    /// Whose it was: a gift card's number, a customer's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Arc<str>>,
}

/// A committed sale, as far as a return goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sold {
    /// The basket it was: names the sale for ever.
    pub basket: BasketId,
    /// Of all amounts.
    pub currency: Currency,
    /// The rule set it was priced under.
    pub rule_set: Arc<str>,
    /// How its cash was rounded, and its cash refunds are.
    pub coins: Rounding,
    /// Lines that may come back.
    pub lines: Vec<SoldLine>,
    /// In the order of tendering.
    pub tenders: Vec<SoldTender>,
    /// Offers whose pieces belong together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deals: Vec<Deal>,
}

impl Sold {
    /// A sale from its record. `coins` is the cash rounding it was made under.
    ///
    /// Voided lines and notes cannot come back, nor what the customer returned in the same basket.
    pub fn of(sale: &Transaction, coins: Rounding) -> Result<Sold, Refusal> {
        let comes_back = |line: &&TransactionLine| {
            let came_back = line.kind == LineKind::Return || line.origin.is_some();
            !line.voided && !line.quantity.value.is_zero() && line.kind != LineKind::Note && !came_back
        };
        let lines = sale.lines.iter().filter(comes_back).map(|line| {
            Ok(SoldLine {
                number: line.number,
                kind: line.kind,
                item: line.item.clone(),
                department: line.department.clone(),
                unit: line.quantity.unit,
                whole: Figures::of_line(line)?,
            })
        });
        let lines = lines.collect::<Result<Vec<SoldLine>, Refusal>>()?;
        Ok(Sold {
            basket: sale.basket,
            currency: sale.currency,
            rule_set: sale.rule_set.clone(),
            coins,
            deals: Deal::all_of(&lines, &sale.decisions)?,
            lines,
            tenders: tenders(sale)?,
        })
    }

    /// The line of that number.
    pub fn line(&self, number: LineNumber) -> Result<&SoldLine, Refusal> {
        let found = self.lines.iter().find(|line| line.number == number);
        found.ok_or(Refusal::LineNotReturnable { line: number })
    }
}

/// What paid: first the goods that came back in the same basket, by the means they had been paid with, then the tenders,
/// all cash as one at the place of the last cash, less the change.
fn tenders(sale: &Transaction) -> Result<Vec<SoldTender>, Refusal> {
    let (mut tenders, unpaid) = exchanged(sale)?;

    let is_cash = |kind: TenderKind| kind.gives_change();
    let paid_in = |tender: &&Tender| is_cash(tender.kind) && !tender.amount.is_negative();
    let last_cash = sale.tenders.iter().rposition(|tender| paid_in(&tender));
    for (index, tender) in sale.tenders.iter().enumerate() {
        if tender.amount.is_negative() {
            // Paid to the customer, for what came back.
            continue;
        }
        if !is_cash(tender.kind) {
            let Tender { kind, amount, points, payment: _, holder, foreign: _ } = tender.clone();
            let points_of = sale.points_of.clone().filter(|_| points != 0);
            // What was paid on an order was paid in money.
            let (kind, holder) = match kind {
                TenderKind::Deposit => (TenderKind::Cash, None),
                kind => (kind, holder),
            };
            tenders.push(SoldTender { kind, kept: amount, settled: amount, points, points_of, holder });
        } else if Some(index) == last_cash {
            let cash = sale.tenders.iter().filter(paid_in).map(|tender| tender.amount);
            let kept = Money::sum(cash)?.minus(sale.change)?;
            let settled = kept.minus(sale.rounding)?;
            tenders.push(SoldTender { kind: tender.kind, kept, settled, points: 0, points_of: None, holder: None });
        }
    }
    if !unpaid.is_zero() {
        let cash = tenders.iter().rposition(|tender| is_cash(tender.kind));
        match cash.or(tenders.len().checked_sub(1)).and_then(|index| tenders.get_mut(index)) {
            Some(tender) => tender.settled = tender.settled.plus(unpaid)?,
            // Nothing else paid: no coin was kept for it, and none comes back.
            None => {
                let (kind, kept) = (TenderKind::Cash, Money::ZERO);
                tenders.push(SoldTender { kind, kept, settled: unpaid, points: 0, points_of: None, holder: None });
            }
        }
    }
    Ok(tenders)
}

/// What goods that came back paid for the new ones of an exchange, and what of that was too little for a coin: it lies on
/// the sale's other tenders, so that they settle all of it. Cash rounding is the cash tender's.
fn exchanged(sale: &Transaction) -> Result<(Vec<SoldTender>, Money), Refusal> {
    let (mut tenders, mut unpaid) = (Vec::new(), Money::ZERO);
    for plan in sale.refunds.iter().map(|refund| &refund.exchanged) {
        let mut rounding = plan.rounding;
        for PlanStep { tender, amount, points, points_of, holder, .. } in &plan.steps {
            let settled = if tender.gives_change() { amount.minus(rounding)? } else { *amount };
            if tender.gives_change() {
                rounding = Money::ZERO;
            }
            let (kind, kept, points, points_of) = (*tender, *amount, *points, points_of.clone());
            let holder = holder.clone();
            tenders.push(SoldTender { kind, kept, settled, points, points_of, holder });
        }
        unpaid = unpaid.minus(rounding)?;
    }
    Ok((tenders, unpaid))
}

//! What an open basket takes back: each line that comes back finds its sale, and what is left to pay or to pay out.
//!
//! A basket may sell and take back at once. New goods are priced by the pipeline as if nothing came back; then
//! [`TakenBack::of`] works out, sale by sale, what the returned pieces are worth and sets it against the new goods: the
//! difference is due either way. Goods that name no sale are priced by the pipeline too, with a negative quantity; what
//! they are worth is paid out in cash.

use super::exchange::settle;
use super::plan::{PlanStep, RefundPlan};
use super::refund::{Kept, Policy, Refund, ReturnPolicy, Returned, TakeBack};
use super::sold::Sold;
use crate::basket::{Basket, Line, Origin, RefundTo, SoldAs};
use crate::ids::{LineNumber, ReceiptNumber};
use crate::lots::{LotBook, LotMove};
use crate::offer_use::{self, OfferUse};
use crate::pricing::priced::{PricedBasket, PricedLine, TaxTotal};
use crate::refusal::Refusal;
use crate::tender::TenderKind;
use crate::transaction::{Committed, PointsOf, TransactionKind, TransactionLine};
use pos_money::{Decimal, Money, MoneyError, Quantity, Rounding};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A sale of which something may come back.
#[derive(Clone, Debug)]
pub struct EarlierSale {
    /// As it was recorded.
    pub committed: Arc<Committed>,
    /// As far as returns go.
    pub sold: Sold,
    /// What came back before.
    pub returned: Returned,
    /// Points it had spent that were not given back, by lot.
    pub spent: Vec<LotMove>,
}

impl EarlierSale {
    /// A sale with the later transactions that took something of it back, in any order.
    pub fn of(sale: Arc<Committed>, later: &[Arc<Committed>], coins: Rounding) -> Result<EarlierSale, Refusal> {
        if !sale.transaction.kind.is_retail() || sale.transaction.kind == TransactionKind::Cancelled {
            return Err(Refusal::NotASale { number: sale.number });
        }
        let sold = Sold::of(&sale.transaction, coins)?;
        let mut returned = Returned::default();
        for one in later {
            for back in one.transaction.refunds.iter().filter(|back| back.number == sale.number) {
                returned.add(&back.refund, &back.plan)?;
                returned.add_plan(&back.exchanged)?;
            }
        }
        let moves = later.iter().flat_map(|one| &one.transaction.lots);
        let spent = LotBook::still_spent(sale.number, &sale.transaction.lots, moves);
        Ok(EarlierSale { committed: sale, sold, returned, spent })
    }
}

/// Prices what is kept of a sale by itself, under the rules it was sold by.
pub type Rerate<'a> = dyn Fn(&EarlierSale, &[Kept]) -> Result<PricedBasket, Refusal> + 'a;

/// What came back of one sale, and how it was paid: part of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleRefund {
    /// The receipt of the sale.
    pub number: ReceiptNumber,
    /// What came back, and what it was worth.
    pub refund: Refund,
    /// How it was paid.
    pub plan: RefundPlan,
    /// What of it paid for other goods in the same basket, on which tenders of the sale. Nothing moved, but those tenders
    /// have now paid for the other goods, and are what these come back on.
    #[serde(default, skip_serializing_if = "RefundPlan::is_nothing")]
    pub exchanged: RefundPlan,
    /// Whose points the sold lines earned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_of: Option<PointsOf>,
}

/// What a basket takes back.
#[derive(Clone, Debug, Default)]
pub struct TakenBack {
    /// Sale by sale.
    pub refunds: Vec<SaleRefund>,
    /// The record's lines: the sold lines mirrored, under the basket's line numbers. Kept lines whose price was re-rated
    /// follow with numbers of their own.
    pub lines: Vec<TransactionLine>,
    /// How goods without a receipt and empties are paid; none where the basket is not payable to the customer for them.
    pub unnamed: Option<RefundPlan>,
    /// What is given back of offers with limits.
    pub offer_uses: Vec<OfferUse>,
    /// The taxes of the sales, by code, without amounts.
    taxes: Vec<TaxTotal>,
    /// What the customer still pays for new goods.
    pub due: Money,
}

/// Where a line that comes back was sold, if that is known.
fn sold_as(line: &Line) -> Option<SoldAs> {
    line.origin.as_ref().and_then(|origin| origin.sold)
}

impl TakenBack {
    /// Nothing comes back: all of it is due.
    pub fn nothing(due: Money) -> TakenBack {
        TakenBack { due, ..TakenBack::default() }
    }

    /// Works out what comes back. `bought` is what the pipeline's lines come to.
    pub fn of(
        basket: &Basket,
        sales: &BTreeMap<ReceiptNumber, EarlierSale>,
        bought: Money,
        policy: ReturnPolicy,
        rerate: &Rerate<'_>,
        coins: Rounding,
    ) -> Result<TakenBack, Refusal> {
        let mut open = bought.max(Money::ZERO);
        let mut taken = TakenBack::default();
        let instead = basket.refund_to.as_ref().map(RefundTo::means);
        if bought.is_negative() {
            taken.unnamed = Some(unnamed_plan(bought.negated()?, instead, coins)?);
        }
        let mut free_number = basket.next_line_number();
        let mut numbers: Vec<ReceiptNumber> = basket.live_lines().filter_map(sold_as).map(|sold| sold.number).collect();
        numbers.dedup();
        let mut seen: Vec<ReceiptNumber> = Vec::new();
        for number in numbers {
            if seen.contains(&number) {
                continue;
            }
            seen.push(number);
            let sale = sales.get(&number).ok_or(Refusal::ReceiptNotFound { number })?;
            let again = |kept: &[Kept]| rerate(sale, kept);
            let policy = match policy {
                ReturnPolicy::KeepShares => Policy::KeepShares,
                ReturnPolicy::WholeDeal => Policy::WholeDeal,
                ReturnPolicy::Rerate => Policy::Rerate(&again),
            };
            let refund = sale.sold.refund(&sale.returned, &asked(basket, number), policy)?;
            taken.offer_uses.extend(offer_use::given_back(sale, &refund)?);
            let exchange = settle(open, refund.total)?;
            open = exchange.due;
            let mut returned = sale.returned.clone();
            let exchanged = sale.sold.plan(&returned, exchange.exchanged, None)?;
            returned.add_plan(&exchanged)?;
            let plan = sale.sold.plan(&returned, exchange.payout, instead)?;
            let lines = refund.record_lines(&sale.committed.transaction, 1)?;
            for (refunded, mut line) in refund.lines.iter().zip(lines) {
                // A record line is numbered as the basket's line; a re-rated one has none there.
                let sold = SoldAs { number, line: refunded.line };
                let from = basket.live_lines().find(|known| sold_as(known) == Some(sold));
                line.number = match from {
                    Some(from) => from.number,
                    None => {
                        free_number = free_number.checked_add(1).ok_or(MoneyError::Overflow)?;
                        free_number - 1
                    }
                };
                line.deposit_of = from.and_then(|from| from.tied).map(|tied| tied.to);
                let told = from.and_then(|from| from.origin.clone());
                let rerated = Origin { sold: Some(sold), reason: "kept, priced again".into(), wasted: false };
                line.origin = Some(told.unwrap_or(rerated));
                taken.lines.push(line);
            }
            for tax in &sale.committed.transaction.taxes {
                if !taken.taxes.iter().any(|known| known.code == tax.code) {
                    taken.taxes.push(without_amounts(tax));
                }
            }
            let points_of = sale.committed.transaction.points_of.clone();
            taken.refunds.push(SaleRefund { number, refund, plan, exchanged, points_of });
        }
        taken.due = open;
        for plan in taken.refunds.iter_mut().map(|refund| &mut refund.plan).chain(&mut taken.unnamed) {
            for step in plan.steps.iter_mut().filter(|step| step.tender == TenderKind::StoreCredit) {
                step.holder = step.holder.take().or_else(|| basket.refund_to.as_ref()?.customer().cloned());
            }
        }
        Ok(taken)
    }

    /// Whether anything comes back at all.
    pub fn is_nothing(&self) -> bool {
        self.refunds.is_empty() && self.unnamed.is_none()
    }

    /// The payments to the customer, in order.
    pub fn payouts(&self) -> impl Iterator<Item = &PlanStep> {
        self.plans().flat_map(|plan| &plan.steps)
    }

    /// What goes back by card, all together.
    pub fn owed_to_cards(&self) -> Result<Money, MoneyError> {
        Money::sum(self.payouts().filter(|step| step.tender == TenderKind::Card).map(|step| step.amount))
    }

    fn plans(&self) -> impl Iterator<Item = &RefundPlan> {
        self.refunds.iter().map(|refund| &refund.plan).chain(&self.unnamed)
    }

    /// What cash rounding gave (positive) or took (negative) on the payments to the customer.
    pub fn rounding(&self) -> Result<Money, MoneyError> {
        Money::sum(self.plans().map(|plan| plan.rounding))
    }

    /// Payments that only somebody with the right to do so may make.
    pub fn needs_right(&self) -> bool {
        self.plans().any(RefundPlan::needs_right)
    }

    /// Adds what comes back to what the new goods come to: lines, taxes by code, totals.
    pub fn add_to(&self, priced: &mut PricedBasket) -> Result<(), Refusal> {
        for line in &self.lines {
            let TransactionLine { number, gross, modifiers, net, taxes, paid, .. } = line.clone();
            priced.gross = priced.gross.plus(gross)?;
            priced.discount = priced.discount.plus(gross.minus(net)?)?;
            priced.total = priced.total.plus(paid)?;
            for tax in &taxes {
                priced.total_tax = priced.total_tax.plus(tax.amount)?;
                let known = priced.taxes.iter().position(|total| total.code == tax.code);
                let known = match known {
                    Some(known) => known,
                    None => {
                        let of_sale = self.taxes.iter().find(|total| total.code == tax.code);
                        let problem = || format!("the sale has no tax {}", tax.code);
                        priced.taxes.push(of_sale.cloned().ok_or_else(|| Refusal::CheckFailed { problem: problem() })?);
                        priced.taxes.len() - 1
                    }
                };
                let total = &mut priced.taxes[known];
                total.base = total.base.plus(tax.base)?;
                total.amount = total.amount.plus(tax.amount)?;
            }
            priced.lines.push(PricedLine { number, gross, modifiers, net, taxes, paid });
        }
        priced.lines.sort_by_key(|line| line.number);
        priced.total_excluded = priced.total.minus(priced.total_tax)?;
        Ok(())
    }
}

/// A tax of a sale, to be filled with what comes back of it. The shares were rounded at the sale: nothing exact is known.
fn without_amounts(tax: &TaxTotal) -> TaxTotal {
    TaxTotal {
        base: Money::ZERO,
        amount: Money::ZERO,
        exact_base: Decimal::ZERO,
        exact_amount: Decimal::ZERO,
        ..tax.clone()
    }
}

/// Lines of a basket that come back from one sale. They stand in the basket with the other sign than they were sold with.
fn asked(basket: &Basket, number: ReceiptNumber) -> Vec<TakeBack> {
    let take_back = |line: &Line| {
        let sold = sold_as(line).filter(|sold| sold.number == number)?;
        let quantity = Quantity::new(Decimal::ZERO - line.quantity.value, line.quantity.unit);
        let wasted = line.origin.as_ref().is_some_and(|origin| origin.wasted);
        let make = if wasted { TakeBack::to_waste } else { TakeBack::to_stock };
        Some(make(sold.line, quantity))
    };
    basket.live_lines().filter_map(take_back).collect()
}

/// The line of the basket on which a sold line comes back already.
pub fn comes_back_on(basket: &Basket, sold: SoldAs) -> Option<LineNumber> {
    basket.live_lines().find(|line| sold_as(line) == Some(sold)).map(|line| line.number)
}

/// Cash out of the till, in coins that exist, or credit; nobody's right is needed, since limits of their own were kept before.
fn unnamed_plan(payout: Money, instead: Option<TenderKind>, coins: Rounding) -> Result<RefundPlan, MoneyError> {
    let tender = instead.unwrap_or(TenderKind::Cash);
    let amount = if tender.gives_change() { coins.round_money(payout)? } else { payout };
    let step = PlanStep { origin: None, tender, amount, points: 0, points_of: None, holder: None, needs_right: false };
    let steps = if amount.is_zero() { Vec::new() } else { vec![step] };
    Ok(RefundPlan { payout, steps, rounding: amount.minus(payout)? })
}

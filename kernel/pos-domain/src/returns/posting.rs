//! What a return leaves behind: ledger entries, stock movements and record lines, each the mirror of the sale's.
//!
//! A sale of 4.00 with 0.64 tax in it posted Dr `till:cash` 4.00 | Cr `sales:Soap` 3.36, Cr `tax:vat19` 0.64; its full
//! return posts Dr `sales:Soap` 3.36, Dr `tax:vat19` 0.64 | Cr `till:cash` 4.00.

use super::figures::{Figures, TaxFigure};
use super::plan::RefundPlan;
use super::refund::{Refund, RefundLine};
use crate::ids::LineNumber;
use crate::ledger::{self, Entry, Posting};
use crate::pricing::priced::{LineTax, Modifier};
use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use crate::stock::{MovementReason, StockMovement};
use crate::transaction::{Transaction, TransactionLine};
use pos_money::{Decimal, Money, MoneyError, Quantity};

/// The entries of a return that is paid out as planned. An exchange posts both halves into one [`Posting`] instead.
pub fn entries(refund: &Refund, plan: &RefundPlan) -> Result<Vec<Entry>, Refusal> {
    let mut posting = Posting::default();
    refund.post(&mut posting)?;
    plan.post(&mut posting)?;
    posting.close()
}

impl Refund {
    /// Takes the goods out of sales and tax.
    pub fn post(&self, posting: &mut Posting) -> Result<(), Refusal> {
        for RefundLine { kind, item, department, share, .. } in &self.lines {
            posting.debit(&ledger::line_account(*kind, item, department), share.paid()?.minus(share.tax()?)?)?;
            for tax in &share.taxes {
                posting.debit(&format!("tax:{}", tax.code), tax.amount)?;
            }
        }
        Ok(())
    }

    /// The goods that come in; what is wasted comes in and goes out again, so that both can be counted.
    pub fn movements(&self) -> Result<Vec<StockMovement>, Refusal> {
        let mut movements = Vec::new();
        for line in self.lines.iter().filter(|line| line.kind == LineKind::Sale) {
            add(&mut movements, line, line.share.quantity, MovementReason::Return)?;
            add(&mut movements, line, Decimal::ZERO - line.wasted, MovementReason::Waste)?;
        }
        Ok(movements)
    }

    /// Taxes given back by code, in order of first appearance; the bases and amounts are positive.
    pub fn taxes(&self) -> Result<Vec<TaxFigure>, Refusal> {
        let mut sum = Figures::default();
        for line in &self.lines {
            sum = sum.plus(&Figures { taxes: line.share.taxes.clone(), ..Figures::default() })?;
        }
        Ok(sum.taxes)
    }

    /// The return's lines of its own record, numbered from `first`: the sold lines with everything mirrored.
    pub fn record_lines(&self, sale: &Transaction, first: LineNumber) -> Result<Vec<TransactionLine>, Refusal> {
        let mut lines = Vec::with_capacity(self.lines.len());
        let mut number = first;
        for refunded in &self.lines {
            let sold = sale.lines.iter().find(|line| line.number == refunded.line);
            let sold = sold.ok_or(Refusal::LineNotReturnable { line: refunded.line })?;
            let share = refunded.share.negated()?;
            lines.push(TransactionLine {
                number,
                // A deposit stays one: it was no sale, and its return is none.
                kind: if sold.kind == LineKind::Deposit { LineKind::Deposit } else { LineKind::Return },
                quantity: Quantity::new(share.quantity, refunded.unit),
                voided: false,
                gross: share.gross,
                modifiers: modifiers(&share, refunded)?,
                net: share.net()?,
                taxes: share.taxes.iter().map(line_tax).collect(),
                paid: share.paid()?,
                points: share.points,
                cost: None,
                deposit_of: None,
                ..sold.clone()
            });
            number = number.checked_add(1).ok_or(MoneyError::Overflow)?;
        }
        Ok(lines)
    }
}

impl RefundPlan {
    /// Takes the money out of the tenders' accounts, and cash rounding out of its own.
    pub fn post(&self, posting: &mut Posting) -> Result<(), Refusal> {
        for step in &self.steps {
            posting.credit(&step.tender.account(step.holder.as_deref()), step.amount)?;
        }
        posting.debit("rounding", self.rounding)
    }
}

fn add(
    movements: &mut Vec<StockMovement>,
    line: &RefundLine,
    quantity: Decimal,
    reason: MovementReason,
) -> Result<(), Refusal> {
    if quantity.is_zero() {
        return Ok(());
    }
    let same = |known: &&mut StockMovement| {
        known.item == line.item && known.reason == reason && known.quantity.unit == line.unit
    };
    match movements.iter_mut().find(same) {
        Some(known) => {
            known.quantity.value = known.quantity.value.checked_add(quantity).ok_or(MoneyError::Overflow)?;
        }
        None => {
            let quantity = Quantity::new(quantity, line.unit);
            movements.push(StockMovement::new(line.item.clone(), quantity, reason));
        }
    }
    Ok(())
}

fn line_tax(tax: &TaxFigure) -> LineTax {
    let TaxFigure { code, included, base, amount } = tax.clone();
    LineTax { code, included, base, amount }
}

/// The mirrored modifiers, each with the line's net before and after it.
fn modifiers(share: &Figures, line: &RefundLine) -> Result<Vec<Modifier>, Refusal> {
    let mut before = share.gross;
    let mut modifiers = Vec::with_capacity(share.modifiers.len());
    for figure in &share.modifiers {
        let after: Money = before.plus(figure.amount)?;
        modifiers.push(Modifier {
            source: figure.source.clone(),
            stage: figure.stage,
            label: figure.label.clone(),
            quantity: Quantity::new(figure.quantity, line.unit),
            amount: figure.amount,
            before,
            after,
        });
        before = after;
    }
    Ok(modifiers)
}

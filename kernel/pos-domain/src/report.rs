//! Figures of a shift: what an X report reads.

use crate::receipt::{Align, Block, Receipt, Style, printable};
use crate::shop::Shop;
use crate::time::Moment;
use jiff::civil::Date;
use pos_money::Money;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Running totals of a shift, kept with each commit and re-derivable from the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftTotals {
    /// The shift.
    pub shift: u64,
    /// Trading day.
    pub business_date: Date,
    /// When its first sale opened it.
    pub opened_at: Option<Moment>,
    /// Money put into the till at opening.
    pub float: Money,
    /// Sales completed.
    pub sales: u64,
    /// Receipts with goods taken back; an exchange is a sale too.
    pub returns: u64,
    /// Refunded without a receipt, for goods that name no sale.
    pub unreceipted: Money,
    /// Baskets given up.
    pub cancelled: u64,
    /// Lines sold, voided ones left out.
    pub lines: u64,
    /// Lines voided.
    pub voided_lines: u64,
    /// Before offers.
    pub gross: Money,
    /// What offers took off.
    pub discount: Money,
    /// Every tax.
    pub tax: Money,
    /// What customers paid.
    pub total: Money,
    /// Handed over.
    pub tendered: Money,
    /// Given back.
    pub change: Money,
    /// Cash rounding.
    pub rounding: Money,
    /// Kept, by tender kind (cash after change), by name.
    pub tenders: Vec<(Arc<str>, Money)>,
    /// Paid (tax in, where included), by root department, by name.
    pub departments: Vec<(Arc<str>, Money)>,
    /// (code, base, amount), by code.
    pub taxes: Vec<(Arc<str>, Money, Money)>,
    /// First and last receipt number.
    pub numbers: Option<(u64, u64)>,
}

/// The X report on paper: reading, not closing.
pub fn x_report(totals: &ShiftTotals, shop: &Shop, at: Moment) -> Receipt {
    let amount = |money: Money| shop.currency.format(money);
    let mut receipt = Receipt::default();
    let mut push = |block: Block| receipt.blocks.push(block);
    let text = |text: String, align, style| Block::Text { text: printable(&text), align, style };
    let pair = |left: &str, right: String, style| Block::Pair { left: printable(left), right, style, indent: 0 };

    push(text(shop.name.clone(), Align::Center, Style::Large));
    push(text("X REPORT (READING)".into(), Align::Center, Style::Bold));
    push(pair(&format!("Register {}", shop.register), format!("Shift {}", totals.shift), Style::Normal));
    push(pair("Business day", totals.business_date.to_string(), Style::Normal));
    if let Some(opened_at) = totals.opened_at {
        push(pair("Opened", opened_at.to_text(), Style::Normal));
    }
    push(pair("Read", at.to_text(), Style::Normal));
    if let Some((first, last)) = totals.numbers {
        push(pair("Receipts", format!("{first} to {last}"), Style::Normal));
    }
    push(Block::Rule);
    push(pair("Sales", totals.sales.to_string(), Style::Normal));
    if totals.returns > 0 {
        push(pair("Receipts with returns", totals.returns.to_string(), Style::Normal));
    }
    push(pair("Lines", totals.lines.to_string(), Style::Normal));
    push(pair("Voided lines", totals.voided_lines.to_string(), Style::Normal));
    push(pair("Cancelled baskets", totals.cancelled.to_string(), Style::Normal));
    push(Block::Rule);
    push(pair("Before discounts", amount(totals.gross), Style::Normal));
    push(pair("Discounts", amount(totals.discount.negated().unwrap_or_default()), Style::Normal));
    push(pair("Tax", amount(totals.tax), Style::Normal));
    push(pair(&format!("TOTAL {}", shop.currency), amount(totals.total), Style::Large));
    if !totals.unreceipted.is_zero() {
        push(pair("Refunded without receipt", amount(totals.unreceipted), Style::Normal));
    }
    push(Block::Rule);
    for (name, paid) in &totals.departments {
        push(pair(name, amount(*paid), Style::Normal));
    }
    push(Block::Rule);
    push(Block::Row { cells: vec!["Tax".into(), "Without".into(), "Tax".into()] });
    for (code, base, tax) in &totals.taxes {
        push(Block::Row { cells: vec![printable(code), amount(*base), amount(*tax)] });
    }
    push(Block::Rule);
    push(pair("Float", amount(totals.float), Style::Normal));
    for (kind, kept) in &totals.tenders {
        push(pair(&format!("Kept: {kind}"), amount(*kept), Style::Normal));
    }
    if !totals.rounding.is_zero() {
        push(pair("Cash rounding", amount(totals.rounding), Style::Normal));
    }
    receipt
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody reading the till must see: returns, and money paid out for goods that name no sale.
    #[test]
    fn returns_stand_on_the_report() {
        let shop = crate::pricing::fixture::shop(1);
        let mut totals = ShiftTotals { sales: 3, ..ShiftTotals::default() };
        let at = Moment { unix_ms: 1_772_442_000_000, offset_seconds: 3600 };
        let plain = x_report(&totals, &shop, at).to_text(42);
        assert!(!plain.contains("returns") && !plain.contains("Refunded"), "{plain}");
        (totals.returns, totals.unreceipted) = (2, Money::from_minor(1_250));
        let text = x_report(&totals, &shop, at).to_text(42);
        let line =
            |begins: &str| text.lines().find(|line| line.starts_with(begins)).map(str::trim_end).unwrap_or_default();
        assert!(line("Receipts with returns").ends_with(" 2"), "{text}");
        assert!(line("Refunded without receipt").ends_with(" 12.50"), "{text}");
    }
}

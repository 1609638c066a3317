//! Figures of a shift: what an X report reads, and a Z report keeps.

use crate::period::PeriodClosed;
use crate::receipt::{Align, Block, Receipt, Style, printable};
use crate::shift::{GrandTotals, ShiftClosed, TenderResult};
use crate::shop::Shop;
use crate::tender::{Foreign, TenderKind};
use crate::till::Pieces;
use crate::time::Moment;
use crate::transaction::TransactionKind;
use jiff::civil::Date;
use pos_money::{Currency, Money, MoneyError};
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
    /// Drawers opened for nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no_sales: u64,
    /// Cash that moved without a sale, by kind and reason (`paid-out:Postage`), by name; never negative.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<(Arc<str>, Money)>,
    /// What lay in the till when it was taken over, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<(Arc<str>, Money)>,
    /// Kept, by tender kind (cash after change), by name.
    pub tenders: Vec<(Arc<str>, Money)>,
    /// Paid (tax in, where included), by root department, by name.
    pub departments: Vec<(Arc<str>, Money)>,
    /// (code, base, amount), by code.
    pub taxes: Vec<(Arc<str>, Money, Money)>,
    /// Container deposits, tax in, where included: [`CHARGED`] and [`PAID_BACK`], never negative. They are no sales, and in
    /// none of the figures above but tax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposits: Vec<(Arc<str>, Money)>,
    /// First and last receipt number.
    pub numbers: Option<(u64, u64)>,
}

/// Container deposits that customers paid.
pub const CHARGED: &str = "charged";
/// Container deposits that customers got back.
pub const PAID_BACK: &str = "paid-back";

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl ShiftTotals {
    /// What should be in the till of a means of payment: all that was put in, less all that was taken out.
    pub fn expected(&self, tender: TenderKind) -> Result<Money, MoneyError> {
        if tender == TenderKind::Points {
            return Ok(Money::ZERO);
        }
        let held = self.tenders.iter().chain(&self.carried);
        let kept = Money::sum(held.filter(|(kind, _)| **kind == *tender.code()).map(|(_, amount)| *amount))?;
        if tender != TenderKind::Cash {
            return Ok(kept);
        }
        self.moved.iter().try_fold(kept.plus(self.float)?, |sum, (name, amount)| match kind_of_move(name) {
            Some(TransactionKind::PaidIn | TransactionKind::TenderLoan) => sum.plus(*amount),
            Some(TransactionKind::PaidOut | TransactionKind::TenderPickup) => sum.minus(*amount),
            _ => Ok(sum),
        })
    }
}

impl ShiftTotals {
    /// With what came since, in the same shift.
    pub fn with(mut self, since: &ShiftTotals) -> Result<ShiftTotals, MoneyError> {
        // Every figure by name: a new one does not compile until it is added.
        let ShiftTotals {
            shift: _,
            business_date: _,
            opened_at: _,
            float: _,
            carried: _,
            sales,
            returns,
            unreceipted,
            cancelled,
            lines,
            voided_lines,
            gross,
            discount,
            tax,
            total,
            tendered,
            change,
            rounding,
            no_sales,
            moved,
            tenders,
            departments,
            taxes,
            deposits,
            numbers,
        } = since;
        for (sum, more) in [
            (&mut self.sales, sales),
            (&mut self.returns, returns),
            (&mut self.cancelled, cancelled),
            (&mut self.lines, lines),
            (&mut self.voided_lines, voided_lines),
            (&mut self.no_sales, no_sales),
        ] {
            *sum = sum.checked_add(*more).ok_or(MoneyError::Overflow)?;
        }
        for (sum, more) in [
            (&mut self.unreceipted, unreceipted),
            (&mut self.gross, gross),
            (&mut self.discount, discount),
            (&mut self.tax, tax),
            (&mut self.total, total),
            (&mut self.tendered, tendered),
            (&mut self.change, change),
            (&mut self.rounding, rounding),
        ] {
            *sum = sum.plus(*more)?;
        }
        for (sums, more) in [
            (&mut self.moved, moved),
            (&mut self.tenders, tenders),
            (&mut self.departments, departments),
            (&mut self.deposits, deposits),
        ] {
            for (name, amount) in more {
                add_named(sums, name, *amount)?;
            }
        }
        for (code, base, amount) in taxes {
            add_tax(&mut self.taxes, code, *base, *amount)?;
        }
        self.numbers = numbers_with(self.numbers, *numbers);
        Ok(self)
    }

    /// What should be in the till of another currency's notes, in its minor units.
    pub fn expected_in(&self, currency: Currency) -> Result<Money, MoneyError> {
        let held = self.tenders.iter().chain(&self.carried);
        let taken = held.filter(|(name, _)| Foreign::of_name(name) == Some(currency));
        Money::sum(taken.map(|(_, amount)| *amount))
    }
}

/// Adds to the figures of a tax; they stay sorted by code.
pub fn add_tax(
    taxes: &mut Vec<(Arc<str>, Money, Money)>,
    code: &Arc<str>,
    base: Money,
    amount: Money,
) -> Result<(), MoneyError> {
    match taxes.binary_search_by(|(known, ..)| known.cmp(code)) {
        Ok(place) => {
            let (_, bases, amounts) = &mut taxes[place];
            (*bases, *amounts) = (bases.plus(base)?, amounts.plus(amount)?);
        }
        Err(place) => taxes.insert(place, (code.clone(), base, amount)),
    }
    Ok(())
}

/// Adds to what stands under a name; the list stays sorted.
pub fn add_named(sums: &mut Vec<(Arc<str>, Money)>, name: &str, amount: Money) -> Result<(), MoneyError> {
    match sums.binary_search_by(|(known, _)| known.as_ref().cmp(name)) {
        Ok(place) => sums[place].1 = sums[place].1.plus(amount)?,
        Err(place) => sums.insert(place, (name.into(), amount)),
    }
    Ok(())
}

/// First and last receipt number, with those that came after.
pub(crate) fn numbers_with(known: Option<(u64, u64)>, more: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (known, more) {
        (Some((first, _)), Some((_, last))) => Some((first, last)),
        (known, more) => known.or(more),
    }
}

/// A means of payment as people call it: `Cash USD`.
pub(crate) fn label_in(tender: TenderKind, currency: Option<Currency>) -> String {
    currency.map_or_else(|| tender.label().to_owned(), |currency| format!("{} {currency}", tender.label()))
}

/// What moved cash under this name.
fn kind_of_move(name: &str) -> Option<TransactionKind> {
    let kind = name.split(':').next()?;
    let moves =
        [TransactionKind::PaidIn, TransactionKind::PaidOut, TransactionKind::TenderLoan, TransactionKind::TenderPickup];
    moves.into_iter().find(|known| known.code() == kind)
}

/// `Paid out: Postage`.
fn words_of_move(name: &str) -> String {
    let words = match kind_of_move(name) {
        Some(TransactionKind::PaidIn) => "Paid in",
        Some(TransactionKind::PaidOut) => "Paid out",
        Some(TransactionKind::TenderLoan) => "Float added",
        Some(TransactionKind::TenderPickup) => "Taken to the safe",
        _ => "Other",
    };
    match name.split_once(':') {
        Some((_, reason)) => format!("{words}: {reason}"),
        None => words.to_owned(),
    }
}

/// The X report on paper: reading, not closing. What should be in the till is `told` only to those who may know.
pub fn x_report(totals: &ShiftTotals, shop: &Shop, told: bool, at: Moment) -> Receipt {
    let mut receipt = Receipt::default();
    head(&mut receipt, totals, shop, "X REPORT (READING)");
    push_pair(&mut receipt, "Read", at.to_text());
    figures(&mut receipt, totals, shop);
    if told {
        till_figures(&mut receipt, totals, shop);
    }
    receipt
}

/// The Z report: the figures of a closed shift, for ever.
pub fn z_report(closed: &ShiftClosed, shop: &Shop, anchor: Option<&str>) -> Receipt {
    let ShiftClosed { totals, tenders, grand, .. } = closed;
    let amount = |money: Money| shop.currency.format(money);
    let mut receipt = Receipt::default();
    head(&mut receipt, totals, shop, &format!("Z REPORT {}", grand.closings));
    push_pair(&mut receipt, "Closed", closed.closed_at.to_text());
    push_pair(&mut receipt, "Closed by", closed.cashier.to_string());
    if closed.handed_over {
        push_pair(&mut receipt, "Handed over, not counted", String::new());
    }
    figures(&mut receipt, totals, shop);
    till_figures(&mut receipt, totals, shop);
    receipt.blocks.push(Block::Rule);
    receipt.blocks.push(Block::Row { cells: vec!["Till".into(), "Expected".into(), "Counted".into()] });
    for TenderResult { tender, currency, expected, counted } in tenders {
        let amount = |money: Money| currency.unwrap_or(shop.currency).format(money);
        let cells = vec![label_in(*tender, *currency), amount(*expected), amount(*counted)];
        receipt.blocks.push(Block::Row { cells });
    }
    for count in &closed.count {
        let amount = |money: Money| count.currency.unwrap_or(shop.currency).format(money);
        for Pieces { value, count } in &count.pieces {
            let left = printable(&format!("{count} x {}", amount(*value)));
            let right = Pieces::sum(&[Pieces { value: *value, count: *count }]).map(amount).unwrap_or_default();
            receipt.blocks.push(Block::Pair { left, right, style: Style::Normal, indent: 2 });
        }
    }
    let over_short = closed.over_short().unwrap_or_default();
    if !over_short.is_zero() {
        let words = if over_short.is_negative() { "SHORT" } else { "OVER" };
        let left = words.to_owned();
        receipt.blocks.push(Block::Pair { left, right: amount(over_short), style: Style::Bold, indent: 0 });
        push_pair(&mut receipt, "Reason", closed.reason.to_string());
    }
    grand_figures(&mut receipt, grand, shop.currency);
    if let Some(anchor) = anchor {
        receipt.blocks.push(Block::Rule);
        let text = format!("Journal {anchor}");
        receipt.blocks.push(Block::Text { text, align: Align::Left, style: Style::Normal });
    }
    receipt
}

/// The report of a day, a month or a year: figures of its shifts, and all there were before, for ever.
pub fn period_report(closed: &PeriodClosed, shop: &Shop) -> Receipt {
    let PeriodClosed { period, number, from, to, shifts: (first, last), figures, grand, .. } = closed;
    let amount = |money: Money| closed.currency.format(money);
    let mut receipt = Receipt::default();
    let text = |text: &str, style| Block::Text { text: printable(text), align: Align::Center, style };
    receipt.blocks.push(text(&shop.name, Style::Large));
    receipt.blocks.push(text(&format!("{} {number} CLOSED", period.code().to_uppercase()), Style::Bold));
    let shifts = if first == last { format!("Shift {first}") } else { format!("Shifts {first} to {last}") };
    push_pair(&mut receipt, &format!("Register {}", closed.register), shifts);
    let dates = if from == to { from.to_string() } else { format!("{from} to {to}") };
    push_pair(&mut receipt, "Trading days", dates);
    push_pair(&mut receipt, "Closed", closed.closed_at.to_text());
    if !closed.cashier.is_empty() {
        push_pair(&mut receipt, "Closed by", closed.cashier.to_string());
    }
    if let Some((first, last)) = figures.numbers {
        push_pair(&mut receipt, "Receipts", format!("{first} to {last}"));
    }
    receipt.blocks.push(Block::Rule);
    for (name, count) in [("Sales", figures.sales), ("Receipts with returns", figures.returns)] {
        push_pair(&mut receipt, name, count.to_string());
    }
    push_pair(&mut receipt, "Cancelled baskets", figures.cancelled.to_string());
    push_pair(&mut receipt, "Before discounts", amount(figures.gross));
    push_pair(&mut receipt, "Discounts", amount(figures.discount.negated().unwrap_or_default()));
    push_pair(&mut receipt, "Tax", amount(figures.tax));
    let left = format!("TOTAL {}", closed.currency);
    receipt.blocks.push(Block::Pair { left, right: amount(figures.total), style: Style::Large, indent: 0 });
    receipt.blocks.push(Block::Rule);
    for (name, paid) in &figures.departments {
        push_pair(&mut receipt, name, amount(*paid));
    }
    deposit_figures(&mut receipt, &figures.deposits, closed.currency);
    receipt.blocks.push(Block::Rule);
    receipt.blocks.push(Block::Row { cells: vec!["Tax".into(), "Without".into(), "Tax".into()] });
    for (code, base, tax) in &figures.taxes {
        receipt.blocks.push(Block::Row { cells: vec![printable(code), amount(*base), amount(*tax)] });
    }
    receipt.blocks.push(Block::Rule);
    named(&mut receipt, "Kept", &figures.tenders, closed.currency);
    if !figures.over_short.is_zero() {
        let words = if figures.over_short.is_negative() { "Short" } else { "Over" };
        push_pair(&mut receipt, words, amount(figures.over_short));
    }
    grand_figures(&mut receipt, grand, closed.currency);
    receipt
}

fn deposit_figures(receipt: &mut Receipt, deposits: &[(Arc<str>, Money)], currency: Currency) {
    for (name, amount) in deposits {
        let words = if **name == *CHARGED { "Deposits charged" } else { "Deposits paid back" };
        push_pair(receipt, words, currency.format(*amount));
    }
}

fn named(receipt: &mut Receipt, what: &str, tenders: &[(Arc<str>, Money)], currency: Currency) {
    for (kind, amount) in tenders {
        let amount = Foreign::of_name(kind).unwrap_or(currency).format(*amount);
        push_pair(receipt, &format!("{what}: {kind}"), amount);
    }
}

fn grand_figures(receipt: &mut Receipt, grand: &GrandTotals, currency: Currency) {
    receipt.blocks.push(Block::Rule);
    push_pair(receipt, "Since the first sale", String::new());
    for (name, figure) in [("Sales", grand.sales), ("Returns", grand.returns), ("Cancelled", grand.cancelled)] {
        push_pair(receipt, name, figure.to_string());
    }
    push_pair(receipt, "Tax", currency.format(grand.tax));
    push_pair(receipt, &format!("Total {currency}"), currency.format(grand.total));
}

fn push_pair(receipt: &mut Receipt, left: &str, right: String) {
    let (left, right) = (printable(left), printable(&right));
    receipt.blocks.push(Block::Pair { left, right, style: Style::Normal, indent: 0 });
}

fn head(receipt: &mut Receipt, totals: &ShiftTotals, shop: &Shop, title: &str) {
    let text = |text: &str, style| Block::Text { text: printable(text), align: Align::Center, style };
    receipt.blocks.push(text(&shop.name, Style::Large));
    receipt.blocks.push(text(title, Style::Bold));
    push_pair(receipt, &format!("Register {}", shop.register), format!("Shift {}", totals.shift));
    push_pair(receipt, "Business day", totals.business_date.to_string());
    if let Some(opened_at) = totals.opened_at {
        push_pair(receipt, "Opened", opened_at.to_text());
    }
}

fn figures(receipt: &mut Receipt, totals: &ShiftTotals, shop: &Shop) {
    let amount = |money: Money| shop.currency.format(money);
    let push = |receipt: &mut Receipt, block: Block| receipt.blocks.push(block);
    let pair = |left: &str, right: String, style| Block::Pair { left: printable(left), right, style, indent: 0 };
    if let Some((first, last)) = totals.numbers {
        push(receipt, pair("Receipts", format!("{first} to {last}"), Style::Normal));
    }
    push(receipt, Block::Rule);
    push(receipt, pair("Sales", totals.sales.to_string(), Style::Normal));
    if totals.returns > 0 {
        push(receipt, pair("Receipts with returns", totals.returns.to_string(), Style::Normal));
    }
    push(receipt, pair("Lines", totals.lines.to_string(), Style::Normal));
    push(receipt, pair("Voided lines", totals.voided_lines.to_string(), Style::Normal));
    push(receipt, pair("Cancelled baskets", totals.cancelled.to_string(), Style::Normal));
    if totals.no_sales > 0 {
        push(receipt, pair("Drawer opened for nothing", totals.no_sales.to_string(), Style::Normal));
    }
    push(receipt, Block::Rule);
    push(receipt, pair("Before discounts", amount(totals.gross), Style::Normal));
    push(receipt, pair("Discounts", amount(totals.discount.negated().unwrap_or_default()), Style::Normal));
    push(receipt, pair("Tax", amount(totals.tax), Style::Normal));
    push(receipt, pair(&format!("TOTAL {}", shop.currency), amount(totals.total), Style::Large));
    if !totals.unreceipted.is_zero() {
        push(receipt, pair("Refunded without receipt", amount(totals.unreceipted), Style::Normal));
    }
    push(receipt, Block::Rule);
    for (name, paid) in &totals.departments {
        push(receipt, pair(name, amount(*paid), Style::Normal));
    }
    deposit_figures(receipt, &totals.deposits, shop.currency);
    push(receipt, Block::Rule);
    push(receipt, Block::Row { cells: vec!["Tax".into(), "Without".into(), "Tax".into()] });
    for (code, base, tax) in &totals.taxes {
        push(receipt, Block::Row { cells: vec![printable(code), amount(*base), amount(*tax)] });
    }
}

fn till_figures(receipt: &mut Receipt, totals: &ShiftTotals, shop: &Shop) {
    let amount = |money: Money| shop.currency.format(money);
    receipt.blocks.push(Block::Rule);
    push_pair(receipt, "Float", amount(totals.float));
    named(receipt, "Taken over", &totals.carried, shop.currency);
    for (name, moved) in &totals.moved {
        push_pair(receipt, &words_of_move(name), amount(*moved));
    }
    named(receipt, "Kept", &totals.tenders, shop.currency);
    if !totals.rounding.is_zero() {
        push_pair(receipt, "Cash rounding", amount(totals.rounding));
    }
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
        let plain = x_report(&totals, &shop, true, at).to_text(42);
        assert!(!plain.contains("returns") && !plain.contains("Refunded"), "{plain}");
        (totals.returns, totals.unreceipted) = (2, Money::from_minor(1_250));
        let text = x_report(&totals, &shop, false, at).to_text(42);
        let line =
            |begins: &str| text.lines().find(|line| line.starts_with(begins)).map(str::trim_end).unwrap_or_default();
        assert!(line("Receipts with returns").ends_with(" 2"), "{text}");
        assert!(line("Refunded without receipt").ends_with(" 12.50"), "{text}");
    }
}

//! The receipt as a document: what it says, independent of paper.
//!
//! [`sale_receipt`] turns a committed transaction into [`Receipt`] blocks; devices encode them (ESC/POS, PNG) and
//! [`Receipt::to_text`] lays them out on a fixed number of columns, which is also the reference form in tests.

use crate::credit::shown;
use crate::ids::ReceiptNumber;
use crate::order::{OrderKind, OrderTerms};
use crate::payment::{Authorisation, Payment, card_text};
use crate::report::label_in;
use crate::returns::PointFigure;
use crate::shop::Shop;
use crate::stock::{StockAct, StockLine};
use crate::tender::{Foreign, Tender, TenderKind};
use crate::till::{Pieces, TenderCount, TillAct};
use crate::transaction::{Committed, TransactionKind, TransactionLine};
use pos_money::{Currency, Decimal, Money};
use serde::{Deserialize, Serialize};

/// Columns of the usual 80 mm paper in font A.
pub const COLUMNS: usize = 42;

/// Where a text stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Align {
    /// Left edge.
    #[default]
    Left,
    /// Middle.
    Center,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// As it is.
    #[default]
    Normal,
    /// Heavier.
    Bold,
    /// Double height and heavier: the total, the shop's name.
    Large,
}

/// One block of a receipt, top to bottom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A text, wrapped where it is longer than the paper is wide.
    Text {
        /// The words.
        text: String,
        /// Where.
        align: Align,
        /// How.
        style: Style,
    },
    /// Words on the left, a figure on the right.
    Pair {
        /// Left; wrapped where needed.
        left: String,
        /// Right; never wrapped.
        right: String,
        /// How.
        style: Style,
        /// Columns the left side is indented by.
        indent: u8,
    },
    /// A table row: the first cell on the left, the others right-aligned in equal columns.
    Row {
        /// The cells.
        cells: Vec<String>,
    },
    /// A line across.
    Rule,
    /// An empty line.
    Blank,
    /// A Code 128 barcode with its text below.
    Barcode {
        /// What it says.
        data: String,
    },
    /// A QR code.
    Qr {
        /// What it says.
        data: String,
    },
}

/// A document for a receipt printer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Top to bottom.
    pub blocks: Vec<Block>,
}

/// Which print of a receipt this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Print {
    /// The first.
    Original,
    /// The n-th copy, from 1.
    Copy(u32),
}

impl Receipt {
    fn text(&mut self, text: impl Into<String>, align: Align, style: Style) {
        self.blocks.push(Block::Text { text: text.into(), align, style });
    }

    fn pair(&mut self, left: impl Into<String>, right: impl Into<String>, style: Style, indent: u8) {
        self.blocks.push(Block::Pair { left: left.into(), right: right.into(), style, indent });
    }

    /// The receipt on `columns` columns of plain text, a line feed after each line, no trailing blanks.
    pub fn to_text(&self, columns: usize) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            for line in block.lay_out(columns) {
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        out
    }
}

impl Block {
    /// The block as lines of at most `columns` characters. Codes are shown by their text between brackets.
    pub fn lay_out(&self, columns: usize) -> Vec<String> {
        match self {
            Block::Text { text, align, .. } => {
                let lines = wrap(text, columns);
                match align {
                    Align::Left => lines,
                    Align::Center => lines
                        .into_iter()
                        .map(|line| format!("{}{line}", " ".repeat((columns - width(&line).min(columns)) / 2)))
                        .collect(),
                }
            }
            Block::Pair { left, right, indent, .. } => {
                let indent = usize::from(*indent);
                let room = columns.saturating_sub(indent + width(right) + usize::from(!right.is_empty())).max(1);
                let mut lines: Vec<String> =
                    wrap(left, room).into_iter().map(|line| format!("{}{line}", " ".repeat(indent))).collect();
                if lines.is_empty() {
                    lines.push(String::new());
                }
                // The figure stands on the last line of its words.
                if let Some(last) = lines.last_mut() {
                    let gap = columns.saturating_sub(width(last) + width(right));
                    last.push_str(&" ".repeat(gap));
                    last.push_str(right);
                }
                lines
            }
            Block::Row { cells } => {
                let Some((first, rest)) = cells.split_first() else { return Vec::new() };
                let cell_width = (columns / (cells.len() + 1)).max(1);
                let mut line = String::new();
                for cell in rest {
                    line.push_str(&" ".repeat(cell_width.saturating_sub(width(cell)).max(1)));
                    line.push_str(cell);
                }
                let room = columns.saturating_sub(width(&line));
                let head: String = first.chars().take(room).collect();
                vec![format!("{head}{}{line}", " ".repeat(room.saturating_sub(width(&head))))]
            }
            Block::Rule => vec!["-".repeat(columns)],
            Block::Blank => vec![String::new()],
            Block::Barcode { data } => Block::center(format!("|| {data} ||")).lay_out(columns),
            Block::Qr { data } => Block::center(format!("[QR {data}]")).lay_out(columns),
        }
    }

    fn center(text: String) -> Block {
        Block::Text { text, align: Align::Center, style: Style::Normal }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Breaks at blanks; a word longer than the paper is cut.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        if width(paragraph) <= columns {
            lines.push(paragraph.to_owned());
            continue;
        }
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let mut word: Vec<char> = word.chars().collect();
            if !line.is_empty() && width(&line) + 1 + word.len() <= columns {
                line.push(' ');
            } else if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            while word.len() > columns {
                lines.push(word.drain(..columns).collect());
            }
            line.extend(word);
        }
        lines.push(line);
    }
    lines
}

/// Removes what a printer would take for a command; extension and catalogue texts pass through here.
pub fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// The receipt of a committed sale.
pub fn sale_receipt(committed: &Committed, shop: &Shop, print: Print) -> Receipt {
    let transaction = &committed.transaction;
    let currency = transaction.currency;
    let amount = |money: Money| currency.format(money);
    let mut receipt = Receipt::default();

    receipt.text(printable(&shop.name), Align::Center, Style::Large);
    for line in &shop.address {
        receipt.text(printable(line), Align::Center, Style::Normal);
    }
    receipt.text(format!("Tax no. {}", printable(&shop.tax_number)), Align::Center, Style::Normal);
    receipt.blocks.push(Block::Blank);
    let mark = match print {
        Print::Original => "ORIGINAL".to_owned(),
        Print::Copy(count) => format!("COPY {count}"),
    };
    receipt.pair(format!("Receipt {}", number_text(&transaction.register, committed.number)), mark, Style::Bold, 0);
    receipt.pair(
        format!("Register {}", printable(&transaction.register)),
        format!("Cashier {}", printable(&transaction.cashier)),
        Style::Normal,
        0,
    );
    receipt.text(transaction.completed_at.to_text(), Align::Left, Style::Normal);
    let voids = transaction.voids.map(|number| format!("VOID OF {}", number_text(&transaction.register, number)));
    let heading = match transaction.kind {
        _ if voids.is_some() => voids.as_deref(),
        TransactionKind::Sale => None,
        TransactionKind::Return => Some("RETURN"),
        TransactionKind::Exchange => Some("EXCHANGE"),
        TransactionKind::Cancelled => Some("CANCELLED - NOT A SALE"),
        TransactionKind::NoSale => Some("DRAWER OPENED - NOT A SALE"),
        TransactionKind::PaidIn => Some("PAID IN"),
        TransactionKind::PaidOut => Some("PAID OUT"),
        TransactionKind::TenderLoan => Some("FLOAT ADDED"),
        TransactionKind::TenderPickup => Some("TAKEN TO THE SAFE"),
        TransactionKind::TillCount => Some("TILL COUNTED"),
        TransactionKind::Payment => Some("CARD PAYMENT - NOT A SALE"),
        TransactionKind::Order => transaction.order.as_ref().map(|terms| terms.kind.heading()),
        TransactionKind::OrderClosed => Some("ORDER CANCELLED - NOT A SALE"),
        TransactionKind::Stock => transaction.stock.as_ref().map(|act| act.kind.heading()),
    };
    if let Some(heading) = heading {
        receipt.text(heading, Align::Center, Style::Bold);
    }
    if let Some(terms) = &transaction.order {
        order_blocks(&mut receipt, terms, transaction.customer.as_deref());
    }
    receipt.blocks.push(Block::Rule);
    if let Some(act) = &transaction.till {
        act_blocks(&mut receipt, act, currency);
        return receipt;
    }
    if let Some(act) = &transaction.stock {
        stock_blocks(&mut receipt, act);
        return receipt;
    }

    for line in transaction.lines.iter().filter(|line| !line.voided) {
        line_blocks(&mut receipt, line, &transaction.register, currency);
    }
    receipt.blocks.push(Block::Rule);

    if transaction.discount.is_positive() {
        receipt.pair("Before discounts", amount(transaction.gross), Style::Normal, 0);
        receipt.pair("You save", amount(transaction.discount), Style::Normal, 0);
    }
    if !transaction.prices_include_tax {
        receipt.pair("Without tax", amount(transaction.total_excluded), Style::Normal, 0);
        receipt.pair("Tax", amount(transaction.total_tax), Style::Normal, 0);
    }
    receipt.pair(format!("TOTAL {currency}"), amount(transaction.total), Style::Large, 0);
    for tender in &transaction.tenders {
        let points = if tender.points == 0 { String::new() } else { format!(" ({})", tender.points.abs()) };
        let holder = tender.holder.as_deref().map(|holder| format!(" {}", shown(holder))).unwrap_or_default();
        let label = printable(&format!("{}{holder}{points}", tender.kind.label()));
        if tender.amount.is_negative() {
            let back = tender.amount.magnitude().map(amount).unwrap_or_default();
            receipt.pair(format!("Paid back: {label}"), back, Style::Bold, 0);
        } else {
            receipt.pair(label, amount(tender.amount), Style::Normal, 0);
        }
        if let Some(Foreign { currency: foreign, amount: handed, rate }) = tender.foreign {
            let rate = rate.normalize();
            receipt.pair(format!("{foreign} {} at {rate}", foreign.format(handed)), String::new(), Style::Normal, 2);
        }
    }
    for payment in &transaction.payments {
        payment_blocks(&mut receipt, payment, currency);
    }
    if !transaction.rounding.is_zero() {
        receipt.pair("Cash rounding", amount(transaction.rounding), Style::Normal, 0);
    }
    let gives_change = |tender: &Tender| tender.kind != TenderKind::Card && !tender.amount.is_negative();
    if transaction.tenders.iter().any(gives_change) {
        receipt.pair("Change", amount(transaction.change), Style::Bold, 0);
    }

    if !transaction.taxes.is_empty() {
        receipt.blocks.push(Block::Blank);
        receipt.blocks.push(Block::Row { cells: vec!["Tax".into(), "Without".into(), "Tax".into(), "With".into()] });
        for tax in &transaction.taxes {
            let with = tax.base.plus(tax.amount).map(amount).unwrap_or_default();
            receipt.blocks.push(Block::Row {
                cells: vec![
                    printable(&format!("{} {}", tax.code, tax.levy)),
                    amount(tax.base),
                    amount(tax.amount),
                    with,
                ],
            });
        }
    }
    let points = |part: fn(&PointFigure) -> i64| -> i64 {
        transaction.lines.iter().flat_map(|line| &line.points).map(part).sum()
    };
    let tendered: i64 = transaction.tenders.iter().map(|tender| tender.points).sum();
    let moved = [("Points earned", points(|one| one.earned)), ("Points spent", points(|one| one.redeemed) + tendered)];
    if moved.iter().any(|(_, points)| *points != 0) {
        receipt.blocks.push(Block::Blank);
    }
    for (label, points) in moved.into_iter().filter(|(_, points)| *points != 0) {
        receipt.pair(label, points.to_string(), Style::Normal, 0);
    }
    for note in &transaction.receipt_notes {
        receipt.text(printable(note), Align::Left, Style::Normal);
    }
    receipt.blocks.push(Block::Blank);
    for line in &shop.receipt_footer {
        receipt.text(printable(line), Align::Center, Style::Normal);
    }
    receipt.blocks.push(Block::Barcode { data: number_text(&transaction.register, committed.number) });
    receipt
}

/// Whose order it is, until when, and its note.
fn order_blocks(receipt: &mut Receipt, terms: &OrderTerms, customer: Option<&str>) {
    if let Some(customer) = customer {
        receipt.text(format!("Customer {}", printable(customer)), Align::Left, Style::Normal);
    }
    if let Some(due) = terms.due {
        let word = if terms.kind == OrderKind::Quote { "These prices hold until" } else { "Expected by" };
        receipt.text(format!("{word} {due}"), Align::Left, Style::Normal);
    }
    if !terms.note.is_empty() {
        receipt.text(printable(&terms.note), Align::Left, Style::Normal);
    }
}

/// The card, its approval and a tip; of one that did not come about, nothing.
fn payment_blocks(receipt: &mut Receipt, payment: &Payment, currency: Currency) {
    let Some(found) = payment.approved() else { return };
    let Authorisation { tip, code, offline, .. } = found;
    let approval = if code.is_empty() { String::new() } else { format!("Approval {}", printable(code)) };
    receipt.pair(printable(&card_text(found)), approval, Style::Normal, 2);
    if *offline {
        receipt.text("  approved offline", Align::Left, Style::Normal);
    }
    if !tip.is_zero() {
        receipt.pair("Tip", currency.format(*tip), Style::Normal, 2);
        let taken = found.taken().unwrap_or_default();
        receipt.pair("Charged to the card", currency.format(taken), Style::Normal, 2);
    }
}

/// What was done to the till: notes and coins, the amount, why, and room to sign.
fn stock_blocks(receipt: &mut Receipt, act: &StockAct) {
    let to = act.to.as_deref().unwrap_or_default();
    let said = [("Supplier", &*act.supplier), ("Reference", &*act.reference), ("Reason", &*act.reason)];
    for (name, said) in said.into_iter().chain([("At", &*act.location), ("To", to)]) {
        if !said.is_empty() {
            receipt.pair(name, printable(said), Style::Normal, 0);
        }
    }
    for StockLine { name, quantity, expected, .. } in &act.lines {
        let unit = quantity.unit.symbol();
        let figure = |value: Decimal| format!("{} {unit}", value.normalize()).trim().to_owned();
        let was = expected.filter(|was| *was != quantity.value).map(|was| format!(" (was {})", figure(was)));
        receipt.pair(printable(name), figure(quantity.value) + &was.unwrap_or_default(), Style::Normal, 0);
    }
}

fn act_blocks(receipt: &mut Receipt, act: &TillAct, currency: Currency) {
    let amount = |money: Money| currency.format(money);
    for TenderCount { tender, currency: foreign, amount: counted, pieces } in &act.counted {
        let amount = |money: Money| foreign.unwrap_or(currency).format(money);
        for piece in pieces {
            let worth = Pieces::sum(&[*piece]).map(amount).unwrap_or_default();
            receipt.pair(format!("{} x {}", piece.count, amount(piece.value)), worth, Style::Normal, 2);
        }
        receipt.pair(label_in(*tender, *foreign), amount(*counted), Style::Normal, 0);
    }
    if !act.amount.is_zero() {
        receipt.pair(format!("AMOUNT {currency}"), amount(act.amount), Style::Large, 0);
    }
    for text in [&act.reason, &act.note].into_iter().filter(|text| !text.is_empty()) {
        receipt.text(printable(text), Align::Left, Style::Normal);
    }
    receipt.blocks.push(Block::Blank);
    receipt.text("Signed", Align::Left, Style::Normal);
    receipt.blocks.push(Block::Blank);
    receipt.blocks.push(Block::Rule);
}

/// `R1-000042`: register and number, as printed and scanned back.
pub fn number_text(register: &str, number: ReceiptNumber) -> String {
    format!("{}-{number:06}", printable(register))
}

fn line_blocks(receipt: &mut Receipt, line: &TransactionLine, register: &str, currency: Currency) {
    let amount = |money: Money| currency.format(money);
    if line.deposit_of.is_some() {
        // Under its article, in one line: `+ 6 x Bottle 0.25    1.50`.
        let pieces = line.quantity.value.abs().normalize();
        let pieces = if pieces == Decimal::ONE { String::new() } else { format!("{pieces} x ") };
        receipt.pair(printable(&format!("+ {pieces}{}", line.name)), amount(line.paid), Style::Normal, 2);
        return;
    }
    let one_piece = line.quantity.value == Decimal::ONE && line.price.per == line.quantity;
    receipt.pair(printable(&line.name), amount(line.gross), Style::Normal, 0);
    if !one_piece {
        let per = if line.price.per.value == Decimal::ONE {
            line.price.per.unit.symbol().to_owned()
        } else {
            line.price.per.to_string()
        };
        let slash = if per.is_empty() { String::new() } else { format!(" / {per}") };
        let price = price_text(line.price.value, currency);
        receipt.pair(format!("{} x {price}{slash}", line.quantity), "", Style::Normal, 2);
    }
    for modifier in &line.modifiers {
        receipt.pair(printable(&modifier.label), amount(modifier.amount), Style::Normal, 2);
    }
    if let Some(origin) = &line.origin {
        let from = match origin.sold {
            Some(sold) => format!("Returned from {}, line {}", number_text(register, sold.number), sold.line),
            None => "Returned without a receipt".to_owned(),
        };
        receipt.pair(from, "", Style::Normal, 2);
    }
}

/// A unit price with at least the currency's decimal places: `2.99`, `1.459`.
pub fn price_text(price: Decimal, currency: Currency) -> String {
    let mut price = price.normalize();
    if price.scale() < u32::from(currency.exponent()) {
        price.rescale(u32::from(currency.exponent()));
    }
    price.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_wrap_on_the_left_and_keep_the_figure_on_the_right() {
        let pair = Block::Pair {
            left: "A very long article name that does not fit".into(),
            right: "1,234.50".into(),
            style: Style::Normal,
            indent: 0,
        };
        assert_eq!(pair.lay_out(24), ["A very long", "article name", "that does not", "fit             1,234.50"]);
    }

    #[test]
    fn control_characters_never_reach_the_printer() {
        assert_eq!(printable("a\u{1b}@b\n\u{0}c"), "a@bc");
    }

    #[test]
    fn words_longer_than_the_paper_are_cut() {
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
    }
}

//! The committed, immutable record (POSLog RetailTransaction) and how a basket becomes one.
//!
//! [`Transaction::sale`] builds everything a sale leaves behind: lines with their paid shares, taxes, tenders, ledger
//! entries, stock movements. The storage only adds the receipt number, inside the commit, and the hash chain.

use crate::basket::{Basket, PriceSource};
use crate::ids::{BasketId, ItemId, LineNumber, ReceiptNumber};
use crate::ledger::{self, Entry, Posting};
use crate::pricing::priced::{Decision, ExtensionUse, LineTax, Modifier, PricedBasket, TaxTotal};
use crate::pricing::proposal::{Attr, LineKind};
use crate::refusal::Refusal;
use crate::shop::Shop;
use crate::stock::{MovementReason, StockMovement};
use crate::tender::{Settlement, Tender, TenderKind};
use crate::time::Moment;
use jiff::civil::Date;
use pos_money::{Currency, Decimal, Money, Quantity, UnitPrice};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Version of the record format: part of the canonical form that is hashed.
pub const RECORD_VERSION: u16 = 1;

/// What kind of transaction a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionKind {
    /// Goods sold.
    Sale,
    /// A basket given up before it was paid; takes a number too, so that nothing can vanish.
    Cancelled,
}

impl TransactionKind {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            TransactionKind::Sale => "sale",
            TransactionKind::Cancelled => "cancelled",
        }
    }
}

/// A line as sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionLine {
    /// Line number.
    pub number: LineNumber,
    /// What it is.
    pub kind: LineKind,
    /// The article's id.
    pub item: ItemId,
    /// The article's name at the time.
    pub name: Arc<str>,
    /// The code scanned.
    pub code: Arc<str>,
    /// Root department at the time.
    pub department: Arc<str>,
    /// Tax class at the time.
    pub tax_class: Arc<str>,
    /// How much.
    pub quantity: Quantity,
    /// Price before offers.
    pub price: UnitPrice,
    /// Where it came from.
    pub price_source: PriceSource,
    /// Taken back before payment: counts for nothing, stays for the audit.
    #[serde(default, skip_serializing_if = "is_false")]
    pub voided: bool,
    /// Before offers.
    #[serde(default)]
    pub gross: Money,
    /// What offers did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<Modifier>,
    /// After offers, in the shop's price terms.
    #[serde(default)]
    pub net: Money,
    /// Its shares of tax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<LineTax>,
    /// What the customer pays for it: net plus added tax.
    #[serde(default)]
    pub paid: Money,
    /// Facts rules saw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attrs: Vec<Attr>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A finished transaction, all but its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Format of this record.
    pub version: u16,
    /// What it is.
    pub kind: TransactionKind,
    /// The basket it was: the idempotency key.
    pub basket: BasketId,
    /// A caller's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<Arc<str>>,
    /// Store.
    pub store: Arc<str>,
    /// Register.
    pub register: Arc<str>,
    /// Who served.
    pub cashier: Arc<str>,
    /// Shift it belongs to.
    pub shift: u64,
    /// Trading day.
    pub business_date: Date,
    /// When the basket opened.
    pub opened_at: Moment,
    /// When it was completed.
    pub completed_at: Moment,
    /// Of all amounts.
    pub currency: Currency,
    /// Prices and nets contain the included taxes.
    pub prices_include_tax: bool,
    /// Lines, voided ones included.
    pub lines: Vec<TransactionLine>,
    /// Taxes by code.
    pub taxes: Vec<TaxTotal>,
    /// Before offers.
    pub gross: Money,
    /// What offers took off.
    pub discount: Money,
    /// Without tax.
    pub total_excluded: Money,
    /// Every tax.
    pub total_tax: Money,
    /// What the customer pays.
    pub total: Money,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// Given back.
    pub change: Money,
    /// Given (positive) or taken (negative) by cash rounding.
    pub rounding: Money,
    /// Double entry.
    pub entries: Vec<Entry>,
    /// Goods moved.
    pub movements: Vec<StockMovement>,
    /// The rule set it was priced under.
    pub rule_set: Arc<str>,
    /// Which extensions took part.
    pub extensions: Vec<ExtensionUse>,
    /// Who assessed the tax.
    #[serde(default)]
    pub assessor: Arc<str>,
    /// What became of each offer proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// Texts for the receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipt_notes: Vec<Arc<str>>,
}

/// A transaction with the number it got in its commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// Receipt number of the register.
    pub number: ReceiptNumber,
    /// The record.
    pub transaction: Transaction,
}

/// What a transaction is built from besides the basket.
#[derive(Clone, Copy, Debug)]
pub struct Completion<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// The shift it belongs to.
    pub shift: u64,
    /// Now.
    pub at: Moment,
    /// Which extensions took part.
    pub extensions: &'a [ExtensionUse],
}

impl Transaction {
    /// A sale: refused unless it is paid in full.
    pub fn sale(basket: &Basket, priced: &PricedBasket, completion: Completion<'_>) -> Result<Transaction, Refusal> {
        let shop = completion.shop;
        if basket.live_lines().next().is_none() {
            return Err(Refusal::BasketEmpty);
        }
        let settlement = Settlement::of(priced.total, &basket.tenders, shop.cash_rounding)?;
        if !settlement.is_settled() {
            return Err(Refusal::TenderTooSmall { missing: shop.currency.to_decimal(settlement.due) });
        }
        let lines = transaction_lines(basket, Some(priced))?;
        let entries = sale_entries(&lines, basket, settlement)?;
        let movements = sale_movements(&lines);
        let mut sale = record(TransactionKind::Sale, basket, lines, completion);
        sale.taxes = priced.taxes.clone();
        sale.gross = priced.gross;
        sale.discount = priced.discount;
        sale.total_excluded = priced.total_excluded;
        sale.total_tax = priced.total_tax;
        sale.total = priced.total;
        sale.tenders = basket.tenders.clone();
        sale.change = settlement.change;
        sale.rounding = settlement.rounding;
        sale.entries = entries;
        sale.movements = movements;
        sale.assessor = priced.assessor.clone();
        sale.decisions = priced.decisions.clone();
        sale.receipt_notes = priced.receipt_notes.clone();
        sale.check()?;
        Ok(sale)
    }

    /// A basket given up: its lines stay on record, nothing is posted.
    pub fn cancelled(basket: &Basket, completion: Completion<'_>) -> Result<Transaction, Refusal> {
        let lines = transaction_lines(basket, None)?;
        Ok(record(TransactionKind::Cancelled, basket, lines, completion))
    }

    /// The sums that must hold in every record; checked before writing and again after reading.
    pub fn check(&self) -> Result<(), Refusal> {
        let fail = |problem: &str| Err(Refusal::CheckFailed { problem: format!("{problem} (basket {})", self.basket) });
        ledger::assert_balanced(&self.entries)?;
        let live = || self.lines.iter().filter(|line| !line.voided);
        if Money::sum(live().map(|line| line.paid))? != self.total {
            return fail("the lines do not add up to the total");
        }
        if Money::sum(live().map(|line| line.gross))?.minus(self.discount)? != Money::sum(live().map(|line| line.net))?
        {
            return fail("gross less discount is not the sum of the nets");
        }
        if self.total_excluded.plus(self.total_tax)? != self.total {
            return fail("the total is not its parts without tax and tax");
        }
        if Money::sum(self.taxes.iter().map(|tax| tax.amount))? != self.total_tax {
            return fail("the taxes do not add up to the total tax");
        }
        let tendered = Money::sum(self.tenders.iter().map(|tender| tender.amount))?;
        if tendered.minus(self.change)? != self.total.plus(self.rounding)? {
            return fail("tenders less change are not what was due");
        }
        Ok(())
    }
}

fn record(
    kind: TransactionKind,
    basket: &Basket,
    lines: Vec<TransactionLine>,
    completion: Completion<'_>,
) -> Transaction {
    let Completion { shop, shift, at, extensions } = completion;
    let opening = &basket.opening;
    Transaction {
        version: RECORD_VERSION,
        kind,
        basket: opening.id,
        external_reference: opening.external_reference.clone(),
        store: shop.store.clone(),
        register: shop.register.clone(),
        cashier: opening.cashier.clone(),
        shift,
        business_date: opening.business_date,
        opened_at: opening.at,
        completed_at: at,
        currency: shop.currency,
        prices_include_tax: shop.prices_include_tax,
        lines,
        taxes: Vec::new(),
        gross: Money::ZERO,
        discount: Money::ZERO,
        total_excluded: Money::ZERO,
        total_tax: Money::ZERO,
        total: Money::ZERO,
        tenders: Vec::new(),
        change: Money::ZERO,
        rounding: Money::ZERO,
        entries: Vec::new(),
        movements: Vec::new(),
        rule_set: opening.rule_set.clone(),
        extensions: extensions.to_vec(),
        assessor: "".into(),
        decisions: Vec::new(),
        receipt_notes: Vec::new(),
    }
}

fn transaction_lines(basket: &Basket, priced: Option<&PricedBasket>) -> Result<Vec<TransactionLine>, Refusal> {
    basket
        .lines
        .iter()
        .map(|line| {
            let mut sold = TransactionLine {
                number: line.number,
                kind: line.kind,
                item: line.item.id.clone(),
                name: line.item.name.clone(),
                code: line.code.clone(),
                department: line.item.departments.first().cloned().unwrap_or_else(|| "".into()),
                tax_class: line.item.tax_class.clone(),
                quantity: line.quantity,
                price: line.price,
                price_source: line.price_source.clone(),
                voided: line.voided,
                gross: Money::ZERO,
                modifiers: Vec::new(),
                net: Money::ZERO,
                taxes: Vec::new(),
                paid: Money::ZERO,
                attrs: line.attrs.to_vec(),
            };
            if let (Some(priced), false) = (priced, line.voided) {
                let found = priced
                    .line(line.number)
                    .ok_or_else(|| Refusal::CheckFailed { problem: format!("line {} was not priced", line.number) })?;
                sold.paid = found.paid;
                sold.gross = found.gross;
                sold.modifiers = found.modifiers.clone();
                sold.net = found.net;
                sold.taxes = found.taxes.clone();
            }
            Ok(sold)
        })
        .collect()
}

/// Dr tenders less change | Cr sales by department, tax by code, rounding.
fn sale_entries(lines: &[TransactionLine], basket: &Basket, settlement: Settlement) -> Result<Vec<Entry>, Refusal> {
    let mut posting = Posting::default();
    for tender in &basket.tenders {
        posting.debit(tender_account(tender.kind), tender.amount)?;
    }
    posting.credit(tender_account(TenderKind::Cash), settlement.change)?;
    for line in lines.iter().filter(|line| !line.voided) {
        let tax = Money::sum(line.taxes.iter().map(|tax| tax.amount))?;
        posting.credit(&format!("sales:{}", line.department), line.paid.minus(tax)?)?;
        for tax in &line.taxes {
            posting.credit(&format!("tax:{}", tax.code), tax.amount)?;
        }
    }
    posting.credit("rounding", settlement.rounding)?;
    posting.close()
}

/// The account a tender is kept in.
pub fn tender_account(kind: TenderKind) -> &'static str {
    match kind {
        TenderKind::Cash => "till:cash",
        TenderKind::Coupon => "till:coupon",
    }
}

/// Goods that leave with the customer; one movement an article, however many lines it is on.
fn sale_movements(lines: &[TransactionLine]) -> Vec<StockMovement> {
    let mut movements: Vec<StockMovement> = Vec::new();
    for line in lines.iter().filter(|line| !line.voided && line.kind == LineKind::Sale) {
        let out = Quantity::new(-line.quantity.value, line.quantity.unit);
        let same = movements.iter_mut().find(|known| known.item == line.item && known.quantity.unit == out.unit);
        match same.and_then(|known| known.quantity.value.checked_add(out.value).map(|sum| (known, sum))) {
            Some((known, sum)) => known.quantity.value = sum,
            None => {
                movements.push(StockMovement { item: line.item.clone(), quantity: out, reason: MovementReason::Sale })
            }
        }
    }
    movements.retain(|movement| movement.quantity.value != Decimal::ZERO);
    movements
}

//! The committed, immutable record (POSLog RetailTransaction) and how a basket becomes one.
//!
//! [`Transaction::sale`] builds everything a sale leaves behind: lines with their paid shares, taxes, tenders, ledger
//! entries, stock movements. The storage only adds the receipt number, inside the commit, and the hash chain.

use crate::basket::{Basket, Opening, Origin, PriceSource, SoldAs};
use crate::ids::{BasketId, ItemId, LineNumber, ReceiptNumber};
use crate::ledger::{self, Entry, Posting};
use crate::lots::{self, LotBook, LotMove, Moving};
use crate::loyalty::{self, Earning};
use crate::offer_use::{self, OfferUse};
use crate::order::{self, OrderTerms};
use crate::payment::{Direction, Payment};
use crate::people::Approval;
use crate::pricing::manual;
use crate::pricing::priced::{Decision, ExtensionUse, LineTax, Modifier, PricedBasket, TaxTotal};
use crate::pricing::proposal::{Attr, LineKind};
use crate::refusal::Refusal;
use crate::returns::plan::PlanStep;
use crate::returns::{PointFigure, SaleRefund, TakenBack};
use crate::shop::Shop;
use crate::stock::{MovementReason, StockAct, StockBook, StockMovement};
use crate::tender::{Foreign, Settlement, Tender, TenderKind};
use crate::till::TillAct;
use crate::time::Moment;
use jiff::civil::Date;
use pos_money::{Currency, Decimal, Money, MoneyError, Quantity, UnitPrice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Version of the record format: part of the canonical form that is hashed.
pub const RECORD_VERSION: u16 = 1;

/// What kind of transaction a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionKind {
    /// Goods sold.
    Sale,
    /// Goods taken back.
    Return,
    /// Goods taken back and others sold in one basket.
    Exchange,
    /// A basket given up before it was paid; takes a number too, so that nothing can vanish.
    Cancelled,
    /// The drawer opened for nothing.
    NoSale,
    /// Money put into the till for another reason than a sale.
    PaidIn,
    /// Money taken out of the till for another reason than a return.
    PaidOut,
    /// Change brought into the till from the safe.
    TenderLoan,
    /// Money taken from the till to the safe.
    TenderPickup,
    /// The till was counted.
    TillCount,
    /// What became of a payment after its basket was closed.
    Payment,
    /// Goods agreed on, to be handed over later.
    Order,
    /// An order that nobody wants any more.
    OrderClosed,
    /// Goods delivered, moved, counted, put right or made.
    Stock,
}

impl TransactionKind {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            TransactionKind::Sale => "sale",
            TransactionKind::Return => "return",
            TransactionKind::Exchange => "exchange",
            TransactionKind::Cancelled => "cancelled",
            TransactionKind::NoSale => "no-sale",
            TransactionKind::PaidIn => "paid-in",
            TransactionKind::PaidOut => "paid-out",
            TransactionKind::TenderLoan => "tender-loan",
            TransactionKind::TenderPickup => "tender-pickup",
            TransactionKind::TillCount => "till-count",
            TransactionKind::Payment => "payment",
            TransactionKind::Order => "order",
            TransactionKind::OrderClosed => "order-closed",
            TransactionKind::Stock => "stock",
        }
    }

    /// It moves goods, or would have.
    pub fn is_retail(self) -> bool {
        use TransactionKind::{Cancelled, Exchange, Return, Sale};
        matches!(self, Sale | Return | Exchange | Cancelled)
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
    /// Points it earned, and points that were spent on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<PointFigure>,
    /// Where it was sold, if it comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The order's line it hands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<SoldAs>,
    /// The line whose containers it is the deposit of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_of: Option<LineNumber>,
    /// What the goods had cost the shop, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
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
    /// Who bought: an opaque id, since people's data are kept outside the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Arc<str>>,
    /// Whose points moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_of: Option<PointsOf>,
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
    /// What terminals were asked for, and what became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Payment>,
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
    /// Coupon codes shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Arc<str>>,
    /// What came back, sale by sale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<SaleRefund>,
    /// Which lots of points moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotMove>,
    /// What was used of offers with limits, or given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offer_uses: Vec<OfferUse>,
    /// What it did to the till, of one without goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub till: Option<TillAct>,
    /// The receipt that it takes back as a whole, as if it had never been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voids: Option<ReceiptNumber>,
    /// What was agreed, of an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderTerms>,
    /// Orders that are over with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes_orders: Vec<ReceiptNumber>,
    /// What was done to the stock, of one without a sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<StockAct>,
    /// What was done in it that its cashier may not do alone, and who let them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
}

/// An account of points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsOf {
    /// The programme.
    pub programme: Arc<str>,
    /// The customer's id.
    pub customer: Arc<str>,
}

impl PointsOf {
    /// The customer's account within the programme's unit.
    fn account(&self) -> String {
        format!("customer:{}", self.customer)
    }

    /// The customer's account in the ledger.
    pub fn ledger_account(&self) -> String {
        format!("points:{}:{}", self.programme, self.account())
    }

    /// Points earned; negative: taken back.
    fn post_earned(&self, posting: &mut Posting, points: i64) -> Result<(), Refusal> {
        posting.points(&self.programme, "issued", &self.account(), points)
    }

    /// Points spent; negative: given back.
    fn post_redeemed(&self, posting: &mut Posting, points: i64) -> Result<(), Refusal> {
        posting.points(&self.programme, &self.account(), "redeemed", points)
    }
}

/// What customers' accounts of points have in their name.
pub const CUSTOMERS_POINTS: &str = ":customer:";

/// Points that moved in a transaction, and whose.
struct PointsMoved {
    points_of: PointsOf,
    why: PointsWhy,
    points: i64,
}

impl PointsMoved {
    fn new(points_of: &PointsOf, why: PointsWhy, points: i64) -> PointsMoved {
        PointsMoved { points_of: points_of.clone(), why, points }
    }
}

enum PointsWhy {
    GivenBack(ReceiptNumber),
    Spent,
    TakenBack(ReceiptNumber),
    Earned,
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
    /// The shift's trading day: of a basket that was carried over, the day it was completed on.
    pub business_date: Date,
    /// Now.
    pub at: Moment,
    /// Which extensions took part.
    pub extensions: &'a [ExtensionUse],
    /// Offers whose limits reach beyond this basket.
    pub limited: &'a [Arc<str>],
    /// Points of the customers it concerns, in their lots; none: they are not kept in lots.
    pub lots: Option<&'a LotBook>,
    /// A refund may be paid in cash that was not paid in cash.
    pub refund_in_cash: bool,
    /// What was approved for this transaction, besides what its basket knows of.
    pub approvals: &'a [Approval],
}

impl Transaction {
    /// A sale, a return or an exchange: refused unless it is paid in full.
    pub fn sale(
        basket: &Basket,
        priced: &PricedBasket,
        taken: &TakenBack,
        completion: Completion<'_>,
    ) -> Result<Transaction, Refusal> {
        let shop = completion.shop;
        if basket.live_lines().next().is_none() {
            return Err(Refusal::BasketEmpty);
        }
        check_payments_settled(basket)?;
        check_refunded(basket, taken, shop.currency)?;
        let settlement = Settlement::of(taken.due, &basket.tenders, shop.cash_rounding)?;
        if !settlement.is_settled() {
            return Err(Refusal::TenderTooSmall { missing: shop.currency.to_decimal(settlement.due) });
        }
        if taken.needs_right() && !shop.returns.cash_beyond_tenders && !completion.refund_in_cash {
            let (action, limit) = ("pay a refund".to_owned(), "on the tenders of the sale only".to_owned());
            return Err(Refusal::ApprovalNeeded { action, limit });
        }
        let lines = transaction_lines(basket, Some(priced), taken)?;
        let mut sale = record_of_basket(kind_of(&lines), basket, lines, completion);
        sale.tenders = basket.tenders.clone();
        for step in taken.payouts() {
            let points = step.points.checked_neg().ok_or(MoneyError::Overflow)?;
            let holder = step.holder.clone();
            sale.tenders.push(Tender { points, holder, ..Tender::new(step.tender, step.amount.negated()?) });
        }
        sale.total = priced.total;
        sale.points_of = points_of(basket, shop);
        sale.refunds = taken.refunds.clone();
        let customer = sale.customer.as_ref();
        sale.offer_uses = offer_use::of_decisions(&priced.decisions, completion.limited, customer);
        sale.offer_uses.extend(taken.offer_uses.iter().cloned());
        sale.earn_points(basket, shop)?;
        sale.post_entries(basket, settlement, taken, completion)?;
        sale.post_movements(taken)?;
        sale.taxes = priced.taxes.clone();
        sale.gross = priced.gross;
        sale.discount = priced.discount;
        sale.total_excluded = priced.total_excluded;
        sale.total_tax = priced.total_tax;
        sale.change = settlement.change;
        sale.rounding = settlement.rounding.minus(taken.rounding()?)?;
        sale.assessor = priced.assessor.clone();
        sale.decisions = priced.decisions.clone();
        sale.receipt_notes = priced.receipt_notes.clone();
        sale.check()?;
        Ok(sale)
    }

    /// A basket given up: its lines stay on record, nothing is posted.
    ///
    /// Refused while a terminal may have taken money that nobody gives back.
    pub fn cancelled(basket: &Basket, completion: Completion<'_>) -> Result<Transaction, Refusal> {
        check_payments_settled(basket)?;
        if basket.payments.iter().any(|payment| payment.approved().is_some()) {
            return Err(Refusal::PaymentStands);
        }
        let lines = transaction_lines(basket, None, &TakenBack::default())?;
        let mut cancelled = record_of_basket(TransactionKind::Cancelled, basket, lines, completion);
        let mut posting = Posting::default();
        for payment in &basket.payments {
            payment.post_besides(&mut posting)?;
        }
        cancelled.entries = posting.close()?;
        cancelled.check()?;
        Ok(cancelled)
    }

    /// What was agreed: the basket's lines at their prices. Nothing moves.
    pub fn order(
        basket: &Basket,
        priced: &PricedBasket,
        terms: OrderTerms,
        closes_orders: Vec<ReceiptNumber>,
        completion: Completion<'_>,
    ) -> Result<Transaction, Refusal> {
        let lines = transaction_lines(basket, Some(priced), &TakenBack::default())?;
        let mut placed = record_of_basket(TransactionKind::Order, basket, lines, completion);
        (placed.gross, placed.discount, placed.total) = (priced.gross, priced.discount, priced.total);
        (placed.total_excluded, placed.total_tax) = (priced.total_excluded, priced.total_tax);
        placed.taxes = priced.taxes.clone();
        placed.assessor = priced.assessor.clone();
        placed.decisions = priced.decisions.clone();
        (placed.order, placed.closes_orders) = (Some(terms), closes_orders);
        let mut posting = Posting::default();
        for payment in &basket.payments {
            payment.post_besides(&mut posting)?;
        }
        placed.entries = posting.close()?;
        order::check_lines(&placed)?;
        placed.check()?;
        Ok(placed)
    }

    /// Goods that moved without a sale.
    pub fn stock(
        mut act: StockAct,
        book: &StockBook,
        opening: &Opening,
        completion: Completion<'_>,
    ) -> Result<Transaction, Refusal> {
        act.check_allowed(&completion.shop.stock)?;
        let movements = act.movements(book)?;
        let mut moved = record(TransactionKind::Stock, opening, Vec::new(), completion);
        moved.entries = act.entries(&movements)?;
        (moved.movements, moved.stock) = (movements, Some(act));
        moved.check()?;
        Ok(moved)
    }

    /// An order that nobody wants any more.
    pub fn order_closed(
        number: ReceiptNumber,
        reason: Arc<str>,
        opening: &Opening,
        completion: Completion<'_>,
    ) -> Result<Transaction, Refusal> {
        let mut closed = record(TransactionKind::OrderClosed, opening, Vec::new(), completion);
        closed.closes_orders = vec![number];
        closed.receipt_notes = vec![reason];
        closed.check()?;
        Ok(closed)
    }

    /// What became of a payment after its basket was closed; `opening` names who is at the register, and when.
    pub fn payment(
        before: &Payment,
        after: Payment,
        opening: &Opening,
        completion: Completion<'_>,
    ) -> Result<Transaction, Refusal> {
        let mut record = record(TransactionKind::Payment, opening, Vec::new(), completion);
        let mut posting = Posting::default();
        after.post_since(before, &mut posting)?;
        record.entries = posting.close()?;
        record.payments = vec![after];
        record.check()?;
        Ok(record)
    }

    /// Cash that moved or was counted without a sale, or a drawer opened for nothing; `opening` names who did it, and when.
    pub fn till(
        kind: TransactionKind,
        act: TillAct,
        opening: &Opening,
        completion: Completion<'_>,
    ) -> Result<Transaction, Refusal> {
        act.check_allowed(kind, &completion.shop.till, completion.shop.currency)?;
        let mut record = record(kind, opening, Vec::new(), completion);
        record.entries = act.entries(kind)?;
        record.till = Some(act);
        record.check()?;
        Ok(record)
    }

    /// What was refunded for goods that name no sale; empties are not counted.
    pub fn unreceipted(&self) -> Result<Money, MoneyError> {
        let unnamed =
            |line: &&TransactionLine| !line.voided && line.origin.as_ref().is_some_and(|origin| origin.sold.is_none());
        Money::sum(self.lines.iter().filter(unnamed).map(|line| line.paid))?.negated()
    }

    /// Container deposits charged less deposits paid back, without tax.
    pub fn deposits(&self) -> Result<Money, MoneyError> {
        let mut sum = Money::ZERO;
        for line in self.lines.iter().filter(|line| !line.voided && line.kind == LineKind::Deposit) {
            sum = sum.plus(line.paid)?.minus(Money::sum(line.taxes.iter().map(|tax| tax.amount))?)?;
        }
        Ok(sum)
    }

    /// Points that the sold lines earn, and points that were spent on them as a discount.
    fn earn_points(&mut self, basket: &Basket, shop: &Shop) -> Result<(), Refusal> {
        let (Some(programme), Some(_)) = (&shop.loyalty, &self.points_of) else { return Ok(()) };
        let earned = programme.earned(self)?;
        for (number, earned) in earned {
            self.add_points(number, loyalty::figure(&programme.id, earned, 0));
        }
        for reward in &basket.rewards {
            let of_reward = |modifier: &&Modifier| {
                &*modifier.source.extension == manual::REWARD_SOURCE && modifier.source.candidate == reward.programme
            };
            let mut given = Vec::new();
            for line in self.lines.iter().filter(|line| line.origin.is_none()) {
                let amounts = line.modifiers.iter().filter(of_reward).map(|modifier| modifier.amount);
                let amount = Money::sum(amounts)?.negated()?;
                if amount.is_positive() {
                    given.push((line.number, amount));
                }
            }
            let weights: Vec<Money> = given.iter().map(|(_, amount)| *amount).collect();
            // A basket that became smaller than the reward spends only the points it needs.
            let points = programme.points_for(Money::sum(weights.iter().copied())?, shop.currency)?.min(reward.points);
            let shares = pos_money::allocate(Money::from_minor(points), &weights)?;
            for ((number, _), share) in given.into_iter().zip(shares) {
                self.add_points(number, loyalty::figure(&programme.id, 0, share.minor()));
            }
        }
        Ok(())
    }

    fn add_points(&mut self, number: LineNumber, points: PointFigure) {
        let Some(line) = self.lines.iter_mut().find(|line| line.number == number) else { return };
        match line.points.iter_mut().find(|known| known.program == points.program) {
            Some(known) => {
                known.earned = known.earned.saturating_add(points.earned);
                known.redeemed = known.redeemed.saturating_add(points.redeemed);
            }
            None if points.earned == 0 && points.redeemed == 0 => {}
            None => line.points.push(points),
        }
    }

    /// Dr tenders less change | Cr sales by department, tax by code, rounding; what comes back is posted the other way.
    fn post_entries(
        &mut self,
        basket: &Basket,
        settlement: Settlement,
        taken: &TakenBack,
        completion: Completion<'_>,
    ) -> Result<(), Refusal> {
        let mut posting = Posting::default();
        for tender in &basket.tenders {
            let paid_by = |payment: &&Payment| Some(payment.intent.id.number) == tender.payment;
            let payment = basket.payments.iter().find(paid_by);
            let account =
                payment.map_or_else(|| tender.kind.account(tender.holder.as_deref()), |one| one.account().into());
            match &tender.foreign {
                None => posting.debit(&account, tender.amount)?,
                Some(foreign) => {
                    let currency = foreign.currency;
                    let unit: Option<Arc<str>> = Some(currency.code().into());
                    posting.add_in(unit.clone(), &Foreign::till(currency), foreign.amount)?;
                    posting.add_in(unit, &Foreign::taken(currency), foreign.amount.negated()?)?;
                    posting.debit(&Foreign::exchange(currency), tender.amount)?;
                }
            }
        }
        for payment in &basket.payments {
            payment.post_besides(&mut posting)?;
        }
        posting.credit(&TenderKind::Cash.account(None), settlement.change)?;
        for line in self.lines.iter().filter(|line| !line.voided) {
            let tax = Money::sum(line.taxes.iter().map(|tax| tax.amount))?;
            posting.credit(&ledger::line_account(line.kind, &line.item, &line.department), line.paid.minus(tax)?)?;
            for tax in &line.taxes {
                posting.credit(&format!("tax:{}", tax.code), tax.amount)?;
            }
        }
        posting.credit("rounding", settlement.rounding)?;
        for refund in &taken.refunds {
            refund.plan.post(&mut posting)?;
        }
        if let Some(plan) = &taken.unnamed {
            plan.post(&mut posting)?;
        }
        let points = self.post_points(&mut posting)?;
        if let Some(book) = completion.lots {
            self.move_lots(&points, book, completion, &mut posting)?;
        }
        self.entries = posting.close()?;
        Ok(())
    }

    /// Posts points; answers what happened to whose, in the order in which lots are asked.
    fn post_points(&self, posting: &mut Posting) -> Result<Vec<PointsMoved>, Refusal> {
        let (mut back, mut spent, mut taken, mut earned) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        if let Some(points_of) = &self.points_of {
            for tender in self.tenders.iter().filter(|tender| tender.points > 0) {
                points_of.post_redeemed(posting, tender.points)?;
                spent.push(PointsMoved::new(points_of, PointsWhy::Spent, tender.points));
            }
            for points in self.lines.iter().filter(|line| line.origin.is_none()).flat_map(|line| &line.points) {
                points_of.post_earned(posting, points.earned)?;
                points_of.post_redeemed(posting, points.redeemed)?;
                earned.push(PointsMoved::new(points_of, PointsWhy::Earned, points.earned));
                spent.push(PointsMoved::new(points_of, PointsWhy::Spent, points.redeemed));
            }
        }
        // What comes back moves the points of whoever bought it, whoever brings it.
        let negated = |points: i64| points.checked_neg().ok_or(MoneyError::Overflow);
        for SaleRefund { number, refund, plan, points_of, .. } in &self.refunds {
            for PlanStep { points, points_of, .. } in &plan.steps {
                if let Some(points_of) = points_of {
                    points_of.post_redeemed(posting, negated(*points)?)?;
                    back.push(PointsMoved::new(points_of, PointsWhy::GivenBack(*number), *points));
                }
            }
            let Some(points_of) = points_of else { continue };
            for points in refund.lines.iter().flat_map(|line| &line.share.points) {
                points_of.post_earned(posting, negated(points.earned)?)?;
                points_of.post_redeemed(posting, negated(points.redeemed)?)?;
                taken.push(PointsMoved::new(points_of, PointsWhy::TakenBack(*number), points.earned));
                back.push(PointsMoved::new(points_of, PointsWhy::GivenBack(*number), points.redeemed));
            }
        }
        Ok(back.into_iter().chain(spent).chain(taken).chain(earned).collect())
    }

    /// Says which lots the points came from and went to, and takes off what has run out.
    fn move_lots(
        &mut self,
        points: &[PointsMoved],
        book: &LotBook,
        completion: Completion<'_>,
        posting: &mut Posting,
    ) -> Result<(), Refusal> {
        let forever = Earning::default();
        let mut seen: Vec<&PointsOf> = Vec::new();
        for points_of in self.points_of.iter().chain(points.iter().map(|moved| &moved.points_of)) {
            if seen.contains(&points_of) {
                continue;
            }
            seen.push(points_of);
            let programme = completion.shop.loyalty.as_ref().filter(|known| known.id == points_of.programme);
            let earning = programme.map_or(&forever, |programme| &programme.earn);
            let mut moving = Moving::new(book, &points_of.ledger_account().into(), completion.business_date);
            let expired = moving.expire();
            posting.points(&points_of.programme, &points_of.account(), "expired", expired)?;
            let mut earned: i64 = 0;
            for PointsMoved { why, points, .. } in points.iter().filter(|moved| moved.points_of == *points_of) {
                match why {
                    PointsWhy::GivenBack(sale) if *points >= 0 => moving.give_back(*sale, *points),
                    PointsWhy::TakenBack(sale) if *points >= 0 => moving.take_back(*sale, *points),
                    // What is kept of a sale and priced again may earn more than the sale did, or cost more.
                    PointsWhy::GivenBack(sale) => moving.take_back(*sale, points.saturating_neg()),
                    PointsWhy::TakenBack(_) => earned = earned.saturating_sub(*points),
                    PointsWhy::Spent => moving.spend(*points)?,
                    PointsWhy::Earned => earned = earned.saturating_add(*points),
                }
            }
            moving.earn(earned, earning);
            self.lots.extend(moving.done());
        }
        Ok(())
    }

    /// Goods that leave and goods that come in; one movement an article and reason.
    fn post_movements(&mut self, taken: &TakenBack) -> Result<(), Refusal> {
        self.movements = line_movements(&self.lines)?;
        for refund in &taken.refunds {
            self.movements.extend(refund.refund.movements()?);
        }
        Ok(())
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
        let deposits = ledger::balance(&self.entries, ledger::CONTAINERS)?;
        let posts_lines = self.kind.is_retail() && self.kind != TransactionKind::Cancelled;
        if deposits != if posts_lines { self.deposits()? } else { Money::ZERO } {
            return fail("what was posted of container deposits is not what its lines come to");
        }
        match &self.till {
            Some(act) if self.kind.is_retail() || !self.lines.is_empty() || act.entries(self.kind)? != self.entries => {
                return fail("what it did to the till is not what it posts");
            }
            None if self.kind == TransactionKind::Payment && (self.payments.len() != 1 || !self.lines.is_empty()) => {
                return fail("it does not say which payment it is about");
            }
            None if self.kind == TransactionKind::Payment => {}
            None if matches!(self.kind, TransactionKind::Order | TransactionKind::OrderClosed) => {
                // A card that was tried before may have been charged for nothing: that is posted.
                let posts = !self.entries.is_empty() && self.payments.is_empty();
                let moves = posts || !self.movements.is_empty() || !self.tenders.is_empty();
                if moves || (self.kind == TransactionKind::Order) != self.order.is_some() {
                    return fail("an order moves nothing, and says what was agreed");
                }
                return Ok(());
            }
            None if self.kind == TransactionKind::Stock => {
                let Some(act) = &self.stock else { return fail("it does not say what was done to the stock") };
                if !self.lines.is_empty() || !self.tenders.is_empty() || act.entries(&self.movements)? != self.entries {
                    return fail("what was done to the stock is not what it posts");
                }
                return Ok(());
            }
            None if !self.kind.is_retail() => return fail("it does not say what it did to the till"),
            _ => {}
        }
        if self.kind != TransactionKind::Payment {
            let mut by_card = Money::ZERO;
            for payment in &self.payments {
                let approved = payment.approved().map_or(Money::ZERO, |found| found.amount);
                by_card = match payment.intent.direction {
                    Direction::Charge => by_card.plus(approved)?,
                    Direction::Refund => by_card.minus(approved)?,
                };
            }
            let cards = self.tenders.iter().filter(|tender| tender.kind == TenderKind::Card);
            if Money::sum(cards.map(|tender| tender.amount))? != by_card {
                return fail("what terminals approved is not what was paid by card");
            }
        }
        if !self.lots.is_empty() {
            let mut moved = lots::sums(&self.lots)?;
            moved.retain(|_, points| *points != 0);
            let of_customers = |entry: &&Entry| entry.unit.is_some() && entry.account.contains(CUSTOMERS_POINTS);
            let mut posted: BTreeMap<&str, i64> = BTreeMap::new();
            for entry in self.entries.iter().filter(of_customers) {
                posted.insert(&entry.account, entry.credit.minus(entry.debit)?.minor());
            }
            if moved != posted {
                return fail("the lots of points are not what was posted");
            }
        }
        for Tender { kind, amount, foreign, .. } in &self.tenders {
            let Some(foreign) = foreign else { continue };
            if *kind != TenderKind::Cash || foreign.worth(self.currency)? != *amount {
                return fail("notes of another currency were not taken for what they are worth");
            }
        }
        let tendered = Money::sum(self.tenders.iter().map(|tender| tender.amount))?;
        if tendered.minus(self.change)? != self.total.plus(self.rounding)? {
            return fail("tenders less change are not what was due");
        }
        Ok(())
    }
}

fn record_of_basket(
    kind: TransactionKind,
    basket: &Basket,
    lines: Vec<TransactionLine>,
    completion: Completion<'_>,
) -> Transaction {
    Transaction {
        customer: basket.customer.as_ref().map(|customer| customer.id.clone()),
        codes: basket.codes.clone(),
        payments: basket.payments.clone(),
        approvals: basket.approvals.iter().chain(completion.approvals).cloned().collect(),
        ..record(kind, &basket.opening, lines, completion)
    }
}

fn record(
    kind: TransactionKind,
    opening: &Opening,
    lines: Vec<TransactionLine>,
    completion: Completion<'_>,
) -> Transaction {
    let Completion { shop, shift, business_date, at, extensions, limited: _, lots: _, refund_in_cash: _, approvals } =
        completion;
    Transaction {
        version: RECORD_VERSION,
        kind,
        basket: opening.id,
        external_reference: opening.external_reference.clone(),
        store: shop.store.clone(),
        register: shop.register.clone(),
        cashier: opening.cashier.clone(),
        customer: None,
        points_of: None,
        shift,
        business_date,
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
        payments: Vec::new(),
        change: Money::ZERO,
        rounding: Money::ZERO,
        entries: Vec::new(),
        movements: Vec::new(),
        rule_set: opening.rule_set.clone(),
        extensions: extensions.to_vec(),
        assessor: "".into(),
        decisions: Vec::new(),
        receipt_notes: Vec::new(),
        codes: Vec::new(),
        refunds: Vec::new(),
        lots: Vec::new(),
        offer_uses: Vec::new(),
        till: None,
        voids: opening.voids,
        order: None,
        closes_orders: Vec::new(),
        stock: None,
        approvals: approvals.to_vec(),
    }
}

/// Refuses a basket that waits for a terminal's answer.
fn check_payments_settled(basket: &Basket) -> Result<(), Refusal> {
    match basket.awaited_payment() {
        Some(payment) => Err(Refusal::PaymentAwaited { state: payment.code().to_owned() }),
        None => Ok(()),
    }
}

/// Refuses a refund to a card that no terminal has paid yet.
fn check_refunded(basket: &Basket, taken: &TakenBack, currency: Currency) -> Result<(), Refusal> {
    let owed = taken.owed_to_cards()?;
    let refunds = basket.payments.iter().filter(|payment| payment.intent.direction == Direction::Refund);
    let paid = Money::sum(refunds.filter_map(|payment| payment.approved()).map(|found| found.amount))?;
    if paid == owed {
        return Ok(());
    }
    Err(Refusal::RefundToCard { amount: currency.to_decimal(owed.minus(paid)?) })
}

/// Whose points move with a basket.
fn points_of(basket: &Basket, shop: &Shop) -> Option<PointsOf> {
    let (programme, customer) = (shop.loyalty.as_ref()?, basket.customer.as_ref()?);
    Some(PointsOf { programme: programme.id.clone(), customer: customer.id.clone() })
}

/// What a finished basket is, by its lines.
fn kind_of(lines: &[TransactionLine]) -> TransactionKind {
    let live = || lines.iter().filter(|line| !line.voided);
    // Deposits go with goods, and empties with whatever else is bought: by themselves they say what it is.
    let goods = || live().filter(|line| line.kind != LineKind::Deposit);
    let comes_back = |line: &TransactionLine| line.kind == LineKind::Return;
    match (goods().any(comes_back), goods().any(|line| !comes_back(line))) {
        (true, true) => TransactionKind::Exchange,
        (true, false) => TransactionKind::Return,
        (false, false) if live().all(|line| line.quantity.value.is_sign_negative()) => TransactionKind::Return,
        (false, _) => TransactionKind::Sale,
    }
}

fn transaction_lines(
    basket: &Basket,
    priced: Option<&PricedBasket>,
    taken: &TakenBack,
) -> Result<Vec<TransactionLine>, Refusal> {
    let from_basket = basket.lines.iter().map(|line| {
        if let Some(back) = taken.lines.iter().find(|back| back.number == line.number) {
            return Ok(back.clone());
        }
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
            points: Vec::new(),
            origin: line.origin.clone(),
            ordered: line.ordered,
            deposit_of: line.tied.map(|tied| tied.to),
            cost: None,
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
    });
    let mut lines = from_basket.collect::<Result<Vec<TransactionLine>, Refusal>>()?;
    // Kept lines that were priced again have no line in the basket.
    let last = lines.last().map_or(0, |line| line.number);
    lines.extend(taken.lines.iter().filter(|back| back.number > last).cloned());
    Ok(lines)
}

/// Goods that leave with the customer, and goods that come back without naming their sale.
fn line_movements(lines: &[TransactionLine]) -> Result<Vec<StockMovement>, Refusal> {
    let mut movements: Vec<StockMovement> = Vec::new();
    let mut add = |line: &TransactionLine, value: Decimal, reason: MovementReason| {
        let unit = line.quantity.unit;
        let same = movements
            .iter_mut()
            .find(|known| known.item == line.item && known.reason == reason && known.quantity.unit == unit);
        match same {
            Some(known) => {
                let sum = known.quantity.value.checked_add(value);
                known.quantity.value = sum.ok_or(MoneyError::Overflow)?;
            }
            None => movements.push(StockMovement::new(line.item.clone(), Quantity::new(value, unit), reason)),
        }
        Ok::<(), Refusal>(())
    };
    for line in lines.iter().filter(|line| !line.voided) {
        match (line.kind, &line.origin) {
            (LineKind::Sale, _) => add(line, -line.quantity.value, MovementReason::Sale)?,
            (LineKind::Return, Some(Origin { sold: None, wasted, .. })) => {
                add(line, -line.quantity.value, MovementReason::Return)?;
                if *wasted {
                    add(line, line.quantity.value, MovementReason::Waste)?;
                }
            }
            _ => {}
        }
    }
    movements.retain(|movement| movement.quantity.value != Decimal::ZERO);
    Ok(movements)
}

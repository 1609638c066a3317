//! What screens and programs read: complete, self-contained, without a way back to the kernel's state.

use pos_domain::ids::{BasketId, LineNumber, ReceiptNumber};
use pos_domain::order::OrderKind;
use pos_domain::period::Period;
use pos_money::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An exact decimal written as text.
type Text = Decimal;

/// A basket, open or as sold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BasketView {
    /// Its id.
    pub id: Option<BasketId>,
    /// Where it stands.
    pub state: BasketState,
    /// Grows with every change.
    pub version: u32,
    /// ISO 4217 code of all amounts.
    pub currency: String,
    /// Prices contain the tax.
    pub prices_include_tax: bool,
    /// Who serves.
    pub cashier: String,
    /// Local time of opening, with offset.
    pub opened_at: String,
    /// Lines by number, voided ones included and flagged.
    pub lines: Vec<LineView>,
    /// Pieces sold (a weighed line counts as one).
    pub pieces: u64,
    /// Before discounts.
    #[schemars(with = "String")]
    pub gross: Text,
    /// What offers took off, not negative.
    #[schemars(with = "String")]
    pub discount: Text,
    /// Every tax, in the price or added.
    #[schemars(with = "String")]
    pub tax: Text,
    /// What the customer pays.
    #[schemars(with = "String")]
    pub total: Text,
    /// Taxes by code.
    pub taxes: Vec<TaxView>,
    /// Money taken so far, or paid out.
    pub tenders: Vec<TenderView>,
    /// What will be paid to the customer at completion, and how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payouts: Vec<TenderView>,
    /// What terminals were asked for, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<PaymentView>,
    /// Sum of the tenders.
    #[schemars(with = "String")]
    pub tendered: Text,
    /// Still to be paid.
    #[schemars(with = "String")]
    pub due: Text,
    /// To be given back.
    #[schemars(with = "String")]
    pub change: Text,
    /// Given (positive) or taken (negative) by cash rounding.
    #[schemars(with = "String")]
    pub rounding: Text,
    /// Words to the cashier.
    pub notices: Vec<NoticeView>,
    /// Offers that nearly fired: `3 for 2 on paperbacks: 1 more`.
    pub near_misses: Vec<String>,
    /// Names of rules that failed for this basket; the tender button says so.
    pub unavailable: Vec<String>,
    /// Whether a step can be taken back.
    pub can_undo: bool,
    /// Gifts that may still be chosen: see `take_gift`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gifts: Vec<GiftView>,
    /// Who buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerView>,
    /// Coupon codes shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Points earned by this receipt; negative: taken back.
    #[serde(default)]
    pub points_earned: i64,
    /// Points spent on this receipt; negative: given back.
    #[serde(default)]
    pub points_redeemed: i64,
}

/// What somebody holds, or owes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreditView {
    /// `gift-card`, `store-credit`, `on-account` or `deposit`.
    pub kind: String,
    /// Whose.
    pub holder: String,
    /// What is there; negative: owed to the shop.
    #[schemars(with = "String")]
    pub balance: Text,
    /// What can be spent now.
    #[schemars(with = "String")]
    pub available: Text,
}

/// An order of a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderView {
    /// Its number.
    pub number: ReceiptNumber,
    /// What was agreed.
    pub kind: OrderKind,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// When it was placed, local time with offset.
    pub placed_at: String,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What it comes to.
    #[schemars(with = "String")]
    pub total: Text,
    /// What was paid on it and not spent.
    #[schemars(with = "String")]
    pub deposit: Text,
    /// What was ordered.
    pub lines: Vec<OrderLineView>,
}

/// A line of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLineView {
    /// Its number.
    pub line: LineNumber,
    /// The article's id.
    pub item: String,
    /// Its name.
    pub name: String,
    /// How much was ordered.
    #[schemars(with = "String")]
    pub quantity: Text,
    /// How much is still to be handed over.
    #[schemars(with = "String")]
    pub left: Text,
    /// What all of it comes to.
    #[schemars(with = "String")]
    pub net: Text,
}

/// A payment with a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentView {
    /// Its id, here and at the terminal.
    pub id: String,
    /// `charge` or `refund`.
    pub direction: String,
    /// What was asked for.
    #[schemars(with = "String")]
    pub amount: Text,
    /// `asked`, `unknown`, `approved`, `approved-offline`, `declined`, `reversing`, `reversed`, `kept` or `refused`.
    pub state: String,
    /// What was approved; absent unless it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub approved: Option<Text>,
    /// What the customer added to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub tip: Option<Text>,
    /// The card, as it may be shown: `Visa ****1234`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub card: String,
    /// Why it stands so, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The basket waits for it: nothing else can be done with it before.
    pub awaited: bool,
}

/// Gifts that an offer lets the customer choose from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GiftView {
    /// The offer.
    pub offer: String,
    /// Ids of the articles to choose from.
    pub items: Vec<String>,
    /// How many may still be taken.
    #[schemars(with = "String")]
    pub quantity: Text,
}

/// Who buys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerView {
    /// The card's number.
    pub id: String,
    /// Points that can be spent.
    pub points: i64,
}

/// Where a basket stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BasketState {
    /// Lines may change.
    #[default]
    Open,
    /// Money has been taken.
    Tendering,
    /// Put aside for later.
    Suspended,
    /// Sold and durable.
    Completed,
    /// Given up, on record.
    Cancelled,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineView {
    /// Its number.
    pub number: LineNumber,
    /// The article's id.
    pub item: String,
    /// The article's name.
    pub name: String,
    /// The code scanned.
    pub code: String,
    /// Root department.
    pub department: String,
    /// How much.
    #[schemars(with = "String")]
    pub quantity: Text,
    /// Symbol of the unit; empty for pieces.
    pub unit: String,
    /// Price before offers.
    #[schemars(with = "String")]
    pub price: Text,
    /// What the price is for: empty for one piece, `kg`, `3`.
    pub price_per: String,
    /// Before offers.
    #[schemars(with = "String")]
    pub gross: Text,
    /// After offers.
    #[schemars(with = "String")]
    pub net: Text,
    /// What the customer pays for it, tax included.
    #[schemars(with = "String")]
    pub paid: Text,
    /// What offers did.
    pub modifiers: Vec<ModifierView>,
    /// Taken back before payment.
    pub voided: bool,
    /// The receipt and its line, on a line that comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_from: Option<(ReceiptNumber, LineNumber)>,
    /// The line whose containers it is the deposit of: it follows that line, and is not changed by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_of: Option<LineNumber>,
    /// Why this price, step by step.
    pub reasons: Vec<ReasonView>,
}

/// What one offer did to one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModifierView {
    /// Name on the receipt.
    pub label: String,
    /// Negative for a discount.
    #[schemars(with = "String")]
    pub amount: Text,
    /// Extension that proposed it.
    pub extension: String,
    /// Its version.
    pub version: String,
    /// Line of the script that proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_line: Option<u32>,
}

/// One step of "why this price".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReasonView {
    /// `price`, `modifier`, `lost`, `near-miss`, `tax`, `total`.
    pub kind: String,
    /// First line.
    pub title: String,
    /// Second line.
    pub detail: String,
    /// Its effect; none where it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub amount: Option<Text>,
}

/// The tax of one code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaxView {
    /// Code printed.
    pub code: String,
    /// `8.1 %`.
    pub levy: String,
    /// Already in the price.
    pub included: bool,
    /// Base without tax.
    #[schemars(with = "String")]
    pub base: Text,
    /// Amount.
    #[schemars(with = "String")]
    pub amount: Text,
}

/// A tender.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TenderView {
    /// `cash`, `coupon`.
    pub kind: String,
    /// How much.
    #[schemars(with = "String")]
    pub amount: Text,
}

/// A word to the cashier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeView {
    /// `info`, `warning`, `block`.
    pub severity: String,
    /// What it says.
    pub text: String,
}

/// An article.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A code that sells it.
    pub code: String,
    /// Root department.
    pub department: String,
    /// Price.
    #[schemars(with = "String")]
    pub price: Text,
    /// What the price is for: empty for one piece, `kg`.
    pub price_per: String,
    /// Sold by measure: needs a quantity.
    pub measured: bool,
    /// A container deposit: a negative quantity takes empties back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deposit: bool,
}

/// A receipt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptView {
    /// Its number.
    pub number: ReceiptNumber,
    /// 0 for the original, n for the n-th copy.
    pub copy: u32,
    /// Laid out on 42 columns.
    pub text: String,
}

/// Figures of a shift.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportView {
    /// The shift.
    pub shift: u64,
    /// Trading day.
    pub business_date: String,
    /// Completed sales.
    pub sales: u64,
    /// Receipts with goods taken back.
    #[serde(default)]
    pub returns: u64,
    /// Baskets given up.
    pub cancelled: u64,
    /// Lines sold.
    pub lines: u64,
    /// Lines voided.
    pub voided_lines: u64,
    /// Before discounts.
    #[schemars(with = "String")]
    pub gross: Text,
    /// What offers took off.
    #[schemars(with = "String")]
    pub discount: Text,
    /// Every tax.
    #[schemars(with = "String")]
    pub tax: Text,
    /// What customers paid.
    #[schemars(with = "String")]
    pub total: Text,
    /// Handed over; absent while a till that is counted blind has not been counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub tendered: Option<Text>,
    /// Given back; absent as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub change: Option<Text>,
    /// Kept by tender kind; absent as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenders: Option<Vec<NamedAmount>>,
    /// Cash that moved without a sale (`paid-out:Postage`); absent as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Vec<NamedAmount>>,
    /// Drawers opened for nothing.
    #[serde(default)]
    pub no_sales: u64,
    /// What closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<ClosingView>,
    /// Paid by root department.
    pub departments: Vec<NamedAmount>,
    /// Container deposits `charged` and `paid-back`: no sales, and not in the total.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposits: Vec<NamedAmount>,
    /// Laid out on 42 columns.
    pub text: String,
}

/// How a shift was closed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClosingView {
    /// Number of the Z report: closings of this register so far.
    pub number: u64,
    /// When.
    pub closed_at: String,
    /// Who.
    pub cashier: String,
    /// What was counted against the books.
    pub tenders: Vec<CountedView>,
    /// All that was too much, less all that was missing.
    #[schemars(with = "String")]
    pub over_short: Text,
    /// Why.
    pub reason: String,
    /// Receipt numbers of the counts; the last one stands.
    pub counts: Vec<ReceiptNumber>,
    /// What customers paid since the first sale, less refunds.
    #[schemars(with = "String")]
    pub grand_total: Text,
    /// The tax in it.
    #[schemars(with = "String")]
    pub grand_tax: Text,
    /// Sales since the first.
    pub grand_sales: u64,
    /// The closing's record in the journal and the beginning of its hash: keep it elsewhere, and hold the journal against it.
    pub anchor: String,
}

/// A day, a month or a year that was closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeriodView {
    /// What it is.
    pub period: Period,
    /// Which one, from 1.
    pub number: u64,
    /// Trading day of its first shift.
    pub from: String,
    /// Trading day of its last shift.
    pub to: String,
    /// Its first shift.
    pub first_shift: u64,
    /// Its last shift.
    pub last_shift: u64,
    /// When it was closed.
    pub closed_at: String,
    /// By whom; nobody: by itself, once it was over.
    pub cashier: String,
    /// Sales completed.
    pub sales: u64,
    /// Receipts with goods taken back.
    pub returns: u64,
    /// Baskets given up.
    pub cancelled: u64,
    /// Before offers.
    #[schemars(with = "String")]
    pub gross: Text,
    /// What offers took off.
    #[schemars(with = "String")]
    pub discount: Text,
    /// What customers paid, less what was refunded.
    #[schemars(with = "String")]
    pub total: Text,
    /// The tax in it.
    #[schemars(with = "String")]
    pub tax: Text,
    /// More in the tills than there should have been, or less.
    #[schemars(with = "String")]
    pub over_short: Text,
    /// Kept, by means of payment.
    pub tenders: Vec<NamedAmount>,
    /// Paid, by root department.
    pub departments: Vec<NamedAmount>,
    /// Container deposits `charged` and `paid-back`: no sales, and not in the total.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposits: Vec<NamedAmount>,
    /// What customers paid since the first sale, less refunds.
    #[schemars(with = "String")]
    pub grand_total: Text,
    /// The tax in it.
    #[schemars(with = "String")]
    pub grand_tax: Text,
    /// Sales since the first.
    pub grand_sales: u64,
    /// As it is printed.
    pub text: String,
}

/// A means of payment, counted against the books.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CountedView {
    /// `cash`, `coupon`.
    pub tender: String,
    /// What there should be.
    #[schemars(with = "String")]
    pub expected: Text,
    /// What was counted.
    #[schemars(with = "String")]
    pub counted: Text,
    /// Counted less expected.
    #[schemars(with = "String")]
    pub difference: Text,
}

/// What became of a count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CountView {
    /// Whether it fits, needs another one, or stands as it is.
    pub state: CountState,
    /// Against the books; absent while another count may follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenders: Option<Vec<CountedView>>,
}

/// Where a count stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountState {
    /// It fits: the shift can be closed.
    #[default]
    Fits,
    /// It does not, and the till is counted once more.
    Recount,
    /// It does not, and stands: the shift is closed with a reason.
    Differs,
}

/// A basket that is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenBasketView {
    /// Its id.
    pub id: Option<BasketId>,
    /// Where it stands.
    pub state: BasketState,
    /// Who serves.
    pub cashier: String,
    /// Local time of opening, with offset.
    pub opened_at: String,
    /// Since it was opened, or put aside.
    pub age_seconds: u64,
    /// What it is known by, if it was put aside.
    pub note: String,
    /// Lines that count.
    pub lines: u64,
    /// What it comes to.
    #[schemars(with = "String")]
    pub total: Text,
}

/// A figure with a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NamedAmount {
    /// What.
    pub name: String,
    /// How much.
    #[schemars(with = "String")]
    pub amount: Text,
}

/// Balances of all accounts and stock levels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrialBalanceView {
    /// By path.
    pub accounts: Vec<AccountView>,
    /// By article.
    pub stock: Vec<StockView>,
}

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountView {
    /// Its path: `till:cash`.
    pub account: String,
    /// `EUR`, `points:club`.
    pub unit: String,
    /// Sum of debits.
    #[schemars(with = "String")]
    pub debit: Text,
    /// Sum of credits.
    #[schemars(with = "String")]
    pub credit: Text,
    /// Debits less credits.
    #[schemars(with = "String")]
    pub balance: Text,
}

/// A stock level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockView {
    /// The article's id.
    pub item: String,
    /// On hand.
    #[schemars(with = "String")]
    pub quantity: Text,
    /// Symbol of the unit; empty for pieces.
    pub unit: String,
}

/// What verification of the journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationView {
    /// Nothing is wrong.
    pub verified: bool,
    /// Records read.
    pub records: u64,
    /// Receipt numbers found: 1 to this, without a gap.
    pub last_number: ReceiptNumber,
    /// Hash of the last record, hexadecimal: hold it against a later one.
    pub head: String,
    /// What is wrong, first things first.
    pub problems: Vec<String>,
}

/// What there is of an article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockLevelView {
    /// Its id.
    pub item: String,
    /// Its name.
    pub name: String,
    /// Its unit; pieces have none.
    pub unit: String,
    /// In all locations; below zero where more was sold than the books knew of.
    #[schemars(with = "String")]
    pub on_hand: Text,
    /// Kept back for orders.
    #[schemars(with = "String")]
    pub committed: Text,
    /// On hand and not kept back.
    #[schemars(with = "String")]
    pub available: Text,
    /// On hand by location; the shop itself has no name where it has one.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub locations: BTreeMap<String, Text>,
    /// What one costs on average, where that is known and may be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub average_cost: Option<Text>,
    /// What all of it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub value: Option<Text>,
    /// With so much available or less, more is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub reorder_point: Option<Text>,
    /// How much to order now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub proposal: Option<Text>,
    /// From whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub supplier: String,
}

/// Of an article more is wanted now, or more was sold than there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockAlert {
    /// Its id.
    pub item: String,
    /// Its name.
    pub name: String,
    /// Its unit; pieces have none.
    pub unit: String,
    /// What the books say there is.
    #[schemars(with = "String")]
    pub on_hand: Text,
    /// With so much or less, more is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub reorder_point: Option<Text>,
}

impl StockAlert {
    /// `Pale ale: 3 left, order more (at 5 or less).`
    pub fn sentence(&self) -> String {
        let StockAlert { name, unit, on_hand, reorder_point, .. } = self;
        let figure = |value: &Decimal| format!("{} {unit}", value.normalize()).trim().to_owned();
        match reorder_point {
            _ if on_hand.is_sign_negative() => {
                format!("{name}: the books say {}. More was sold than they know of: count it.", figure(on_hand))
            }
            Some(point) => {
                format!("{name}: {} left. Order more (wanted at {} or less).", figure(on_hand), figure(point))
            }
            None => format!("{name}: {} left.", figure(on_hand)),
        }
    }
}

/// What is told after a register was cut off: by a power failure, say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestartView {
    /// The last transaction that is stored.
    pub last: Option<LastTransaction>,
    /// Baskets that were open and are kept, oldest first.
    pub baskets: Vec<KeptBasket>,
    /// Card payments whose outcome is asked for.
    pub payments: usize,
}

/// The last transaction that is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastTransaction {
    /// Its receipt number.
    pub number: ReceiptNumber,
    /// What it was: `sale`, `return`.
    pub kind: String,
    /// What it came to.
    #[schemars(with = "String")]
    pub total: Decimal,
    /// Who rang it.
    pub cashier: String,
    /// When, on the shop's clock.
    pub time: String,
}

/// A basket that was open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptBasket {
    /// Its id.
    pub basket: BasketId,
    /// How many lines it has.
    pub lines: usize,
    /// What it comes to.
    #[schemars(with = "String")]
    pub total: Decimal,
    /// It had been set aside.
    pub suspended: bool,
}

impl RestartView {
    /// In sentences, for whoever stands at the register.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![match &self.last {
            None => "Nothing is stored yet: no sale was completed.".to_owned(),
            Some(LastTransaction { number, kind, total, time, .. }) => {
                format!("The last receipt that is stored is {number} ({kind}, {total}, {time}).")
            }
        }];
        let in_hand: Vec<&KeptBasket> = self.baskets.iter().filter(|basket| !basket.suspended).collect();
        sentences.push(match in_hand.as_slice() {
            [] => "No sale was in hand.".to_owned(),
            [KeptBasket { lines: 1, total, .. }] => {
                format!("The sale in hand was not completed and is kept: 1 line, {total}.")
            }
            [KeptBasket { lines, total, .. }] => {
                format!("The sale in hand was not completed and is kept: {lines} lines, {total}.")
            }
            baskets => format!("{} sales in hand were not completed and are kept.", baskets.len()),
        });
        match self.payments {
            0 => {}
            1 => sentences.push("The terminal is asked what became of 1 card payment.".to_owned()),
            count => sentences.push(format!("The terminal is asked what became of {count} card payments.")),
        }
        sentences
    }
}

/// A person who may log on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonView {
    /// Their id.
    pub id: String,
    /// As printed on receipts.
    pub name: String,
    /// Their role.
    pub role: String,
    /// They work here.
    pub active: bool,
    /// `at work`, `on a break`, `away`; absent where the time clock never heard of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
}

/// The hours of a person on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoursView {
    /// Who, by id.
    pub person: String,
    /// The day: `2026-03-02`.
    pub date: String,
    /// Its week: `2026-W10`.
    pub week: String,
    /// Worked, breaks left out.
    pub worked_seconds: u64,
    /// Breaks.
    pub paused_seconds: u64,
    /// They have not gone yet.
    pub open: bool,
}

/// What a cashier did besides selling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CashierView {
    /// Who, as printed on receipts.
    pub cashier: String,
    /// Sales rung.
    pub sales: u64,
    /// What they came to, in major units.
    pub total: String,
    /// How often what was done.
    pub exceptions: Vec<ExceptionView>,
}

/// How often something was done that hides a theft now and then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionView {
    /// What: `voided_lines`, `no_sales`.
    pub what: String,
    /// How often.
    pub count: u64,
    /// At least three times as often as the others, for each hundred sales.
    pub stands_out: bool,
}

/// Something a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditView {
    /// When, local time at the store.
    pub at: String,
    /// Who, by id; empty where nobody logs on.
    pub person: String,
    /// What, in words.
    pub what: String,
}

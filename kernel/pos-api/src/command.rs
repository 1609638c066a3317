//! Commands, and the replies to them.

use crate::view::{
    AuditView, BasketView, CashierView, CountView, CreditView, HoursView, ItemView, OpenBasketView, OrderView,
    PaymentView, PeriodView, PersonView, ReceiptView, ReportView, StockLevelView, TrialBalanceView, VerificationView,
};
use jiff::civil::Date;
use pos_domain::Refusal;
use pos_domain::ids::{BasketId, LineNumber, ReceiptNumber};
use pos_domain::order::OrderKind;
use pos_domain::people::Act;
use pos_domain::people::attendance::Clock;
use pos_domain::period::Period;
use pos_domain::pricing::proposal::Attr;
use pos_domain::refusal::RefusalView;
use pos_domain::stock::StockActKind;
use pos_domain::tender::TenderKind;
use pos_money::{Decimal, UnitPrice};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// One command in, with the id that makes it safe to send twice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Envelope {
    /// Chosen by the sender, unique for ever; the same id with the same command returns the first reply.
    pub command_id: String,
    /// What to do.
    #[serde(flatten)]
    pub command: Command,
}

/// What the kernel can be asked to do. `basket` may be left out while exactly one basket is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Opens a new basket.
    OpenBasket {
        /// The caller's own reference, unique among sales; a second sale under it is refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// Adds a line. Opens a basket if none is open.
    SellItem {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The code as scanned or typed; `3*4006381333931` carries its quantity.
        scan: String,
        /// How many or how much; 1 if left out. Below zero only of a container deposit: so many empties come back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantity: Option<Amount>,
        /// Price and facts handed over by a program in the same process (replays, migrations); never by a wire.
        #[serde(skip)]
        given: Option<Given>,
    },
    /// Sets a line's quantity; the deposits of its containers follow.
    SetQuantity {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// Which line.
        line: LineNumber,
        /// How many or how much.
        quantity: Amount,
    },
    /// Takes a line back; it stays on record.
    VoidLine {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// Which line.
        line: LineNumber,
    },
    /// Takes the last step on the lines back.
    Undo {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Prices the basket again from scratch, every extension asked anew.
    PriceLines {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Takes a line of a receipt back, or part of it. Opens a basket if none is open.
    ReturnItem {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The receipt it was sold with.
        receipt: ReceiptNumber,
        /// The receipt's line.
        line: LineNumber,
        /// How many or how much; all that is left of it if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantity: Option<Amount>,
        /// Why.
        #[serde(default)]
        reason: String,
        /// It is thrown away instead of put back on the shelf.
        #[serde(default)]
        waste: bool,
    },
    /// Voids a receipt of the open shift, as if it had never been: a transaction of its own takes all of it back.
    PostVoid {
        /// The receipt.
        receipt: ReceiptNumber,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Takes goods back whose receipt is lost, at today's price, under the shop's limits.
    ReturnWithoutReceipt {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The code as scanned or typed.
        scan: String,
        /// How many or how much; 1 if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantity: Option<Amount>,
        /// Why.
        #[serde(default)]
        reason: String,
        /// It is thrown away instead of put back on the shelf.
        #[serde(default)]
        waste: bool,
    },
    /// Discounts a line by hand; without a discount, takes it away again.
    DiscountLine {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// Which line.
        line: LineNumber,
        /// How much.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discount: Option<Discount>,
        /// Why; printed on the receipt.
        #[serde(default)]
        reason: String,
    },
    /// Sets a line's price by hand; without a price, sets the regular one again.
    SetPrice {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// Which line.
        line: LineNumber,
        /// The price of one piece, or of one unit of measure, in major units.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Amount>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Discounts the whole basket by hand; without a discount, takes it away again.
    DiscountBasket {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// How much: a rate or an amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discount: Option<Discount>,
        /// Why; printed on the receipt.
        #[serde(default)]
        reason: String,
    },
    /// Says who buys, by the number of their card; without one, that nobody known does. Opens a basket if none is open.
    SetCustomer {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The card's number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<String>,
    },
    /// Shows a coupon code.
    AddCode {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The code.
        code: String,
    },
    /// Takes a coupon code back.
    RemoveCode {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The code.
        code: String,
    },
    /// Takes one of the gifts that an offer lets the customer choose from.
    TakeGift {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The offer.
        offer: String,
        /// The article's id.
        item: String,
    },
    /// Redeems the customer's points, as a discount or as a tender: the programme says which.
    RedeemPoints {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// How many; as many as there are and are of use if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<i64>,
    },
    /// Takes cash.
    TenderCash {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// How much was handed over, in major units; exactly what is due if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    },
    /// Takes notes of another currency at the rate of the house; change is given in the shop's own.
    TenderForeign {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// ISO 4217 code: `USD`.
        currency: String,
        /// How much was handed over, in major units of that currency.
        amount: Amount,
    },
    /// Takes a third party's coupon, at most for what is due.
    TenderCoupon {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// Its value, in major units.
        amount: Amount,
    },
    /// Asks the terminal for money, or, where goods come back that were paid by card, to pay it back. The reply comes before
    /// the terminal's answer (over `--stdio`, with it): `payments` of the basket say where it stands.
    TenderCard {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// How much, in major units; what is due if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    },
    /// Asks the terminal again what became of a payment that gave no answer.
    CheckPayment {
        /// Which basket; without one, payments that baskets went on without as well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Does not wait for a payment any more: what the terminal took, or still takes, goes back.
    GiveUpPayment {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Goes on with the basket although a terminal that cannot be reached may have taken money. It is followed, and given
    /// back once the terminal can be reached.
    LeavePayment {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Takes money for a gift card, a new one or one that is loaded again. Opens a basket if none is open.
    SellGiftCard {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The card's number.
        card: String,
        /// How much, in major units.
        amount: Amount,
        /// It buys one kind of goods only, and is taxed now: see `single_purpose_class` in `[credit]`.
        #[serde(default)]
        single_purpose: bool,
    },
    /// Spends a gift card that was taxed when it was sold, at most for what is due: a line of its own.
    RedeemVoucher {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The card's number.
        card: String,
        /// How much of it, tax included, in major units.
        amount: Amount,
    },
    /// Credits what goes back to a customer, instead of paying it out: what they had paid in cash or by card.
    RefundToCredit {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The customer's id; none: it goes back to where it came from after all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<String>,
    },
    /// Pays in cash what goes back and was paid by card. Needs the right to do so (`refund-in-cash`), or an approval, when it is
    /// completed. `refund_to_credit` without a customer takes it back.
    RefundInCash {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Takes money that a customer owes. Opens a basket if none is open.
    PayAccount {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The customer's id.
        customer: String,
        /// How much, in major units.
        amount: Amount,
    },
    /// Takes what somebody holds, or lets them owe it.
    TenderCredit {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// What.
        credit: Credit,
        /// Whose: the gift card's number, the customer's id, the order's number.
        holder: String,
        /// How much, in major units; as much as there is and is of use if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    },
    /// Reads what somebody holds or owes.
    GetCredit {
        /// What.
        credit: Credit,
        /// Whose.
        holder: String,
    },
    /// Makes an order of a basket, at the prices it has now: a quote, an order, goods laid away. Its reply has the order's number.
    PlaceOrder(PlaceOrder),
    /// Lists the orders that are open, oldest first.
    ListOrders,
    /// Opens a basket with what is left of an order, at the agreed prices; what was paid on it is spent by `tender_credit`.
    TakeOrder {
        /// The order's number.
        order: ReceiptNumber,
        /// Some of it; all that is left if empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<OrderLine>,
    },
    /// Cancels what is left of an order.
    CancelOrder {
        /// The order's number.
        order: ReceiptNumber,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Books goods that move without a sale: delivered, moved to another location, counted, put right, made of others.
    MoveStock(MoveStock),
    /// Lists what there is of articles, what orders keep back, and what to order.
    ListStock {
        /// Articles by id or code; if empty, those that say when more of them is wanted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<String>,
        /// Only those of which more is wanted: what to order.
        #[serde(default)]
        low: bool,
    },
    /// Takes money on an order. Opens a basket if none is open.
    PayDeposit {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The order's number.
        order: ReceiptNumber,
        /// How much, in major units.
        amount: Amount,
    },
    /// Pays back what was paid on an order. Opens a basket if none is open.
    RefundDeposit {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// The order's number.
        order: ReceiptNumber,
    },
    /// Lists the payments that are followed although their baskets are closed.
    ListPayments,
    /// Gives the last tender back.
    RemoveTender {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Makes the sale final. The reply is sent only when it is durable.
    Complete {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Gives the basket up; it is recorded as cancelled, and money taken is given back.
    Cancel {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Reads a basket.
    GetBasket {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// Prints the receipt of a committed transaction again, as a numbered copy.
    GetReceipt {
        /// Its number.
        number: ReceiptNumber,
    },
    /// Searches articles by words of their name or by code.
    FindItems {
        /// What to look for.
        text: String,
        /// At most so many; 20 if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
    },
    /// Opens a shift. Without it the first sale opens one, with the shop's own float.
    OpenShift {
        /// Money in the till, in major units; the shop's own float if neither it nor pieces are given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        float: Option<Amount>,
        /// The float in notes and coins.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pieces: Vec<PiecesOf>,
    },
    /// Puts money into the till for another reason than a sale.
    PayIn(MoveCash),
    /// Takes money out of the till for another reason than a return.
    PayOut(MoveCash),
    /// Brings change from the safe into the till.
    AddFloat(MoveCash),
    /// Takes money from the till to the safe.
    DropToSafe(MoveCash),
    /// Opens the drawer for nothing.
    OpenDrawer {
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Says what is in the till. Where tills are counted blind nobody is told what should be, before.
    CountTill {
        /// What was counted, by means of payment.
        counts: Vec<CountOf>,
    },
    /// Closes the shift on its last count. Its reply is the Z report.
    CloseShift {
        /// Why there is more or less than there should be, where there is.
        #[serde(default)]
        reason: String,
        /// Baskets that are still open belong to the next shift; without it they must be completed or cancelled first.
        #[serde(default)]
        carry: bool,
    },
    /// Reads the Z report of a shift that was closed.
    ZReport {
        /// Which; the last one if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shift: Option<u64>,
    },
    /// Puts a basket aside for later.
    SuspendBasket {
        /// Which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
        /// What to know it by.
        #[serde(default)]
        note: String,
    },
    /// Takes up a basket that was put aside.
    RecallBasket {
        /// Which basket.
        basket: BasketId,
    },
    /// Lists the baskets that are open, oldest first, those put aside included.
    ListBaskets,
    /// Says who is at the register, by PIN or badge. Baskets being rung go on under their name.
    LogOn(Credentials),
    /// Nobody is at the register any more; baskets stay.
    LogOff,
    /// Lets the person at the register do once, within a minute, what their role may not do by itself.
    Approve(Approve),
    /// Tells the time clock that somebody came, went or takes a break.
    TimeClock(TimeClock),
    /// Enters a person, or changes what is given of them.
    SetPerson(SetPerson),
    /// Lists the people who may log on.
    ListPeople,
    /// Reads the hours that people worked, by day.
    Hours {
        /// First day.
        #[schemars(with = "String")]
        from: Date,
        /// Last day.
        #[schemars(with = "String")]
        to: Date,
    },
    /// Reads what each cashier did besides selling, and where they stand out.
    Exceptions {
        /// First day.
        #[schemars(with = "String")]
        from: Date,
        /// Last day.
        #[schemars(with = "String")]
        to: Date,
    },
    /// Reads what people did that left no transaction: log-ons, wrong PINs, approvals, rights given.
    Audit {
        /// First day.
        #[schemars(with = "String")]
        from: Date,
        /// Last day.
        #[schemars(with = "String")]
        to: Date,
    },
    /// Closes the shift without a count, to go on with its till at another register: the answer's `handover` is taken there.
    HandOverShift {
        /// Open baskets stay here, for the next shift.
        #[serde(default)]
        carry: bool,
    },
    /// Opens a shift with a till that another register handed over.
    TakeOverShift {
        /// What the other register answered.
        handover: String,
    },
    /// Closes the day over its shifts, and the months and years that are over; once more after nothing was rung up it answers
    /// the same. Refused while a shift is open. What nobody closes is closed by itself when the next day begins.
    CloseDay,
    /// Lists days, months or years that were closed, newest first.
    ListPeriods {
        /// Which of the three.
        period: Period,
        /// At most so many; 31 if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
    },
    /// Reads the shift's figures without closing it.
    XReport,
    /// Reads the balances of all accounts and all stock levels.
    TrialBalance,
    /// Verifies the journal: hash chain, numbers, sums.
    Verify,
}

impl Command {
    /// The basket a command names.
    pub fn basket(&self) -> Option<BasketId> {
        match self {
            Command::SellItem { basket, .. }
            | Command::SetQuantity { basket, .. }
            | Command::VoidLine { basket, .. }
            | Command::Undo { basket }
            | Command::PriceLines { basket }
            | Command::ReturnItem { basket, .. }
            | Command::ReturnWithoutReceipt { basket, .. }
            | Command::DiscountLine { basket, .. }
            | Command::SetPrice { basket, .. }
            | Command::DiscountBasket { basket, .. }
            | Command::SetCustomer { basket, .. }
            | Command::AddCode { basket, .. }
            | Command::RemoveCode { basket, .. }
            | Command::TakeGift { basket, .. }
            | Command::RedeemPoints { basket, .. }
            | Command::TenderCash { basket, .. }
            | Command::TenderForeign { basket, .. }
            | Command::TenderCoupon { basket, .. }
            | Command::TenderCard { basket, .. }
            | Command::SellGiftCard { basket, .. }
            | Command::PayDeposit { basket, .. }
            | Command::RefundDeposit { basket, .. }
            | Command::PlaceOrder(PlaceOrder { basket, .. })
            | Command::RedeemVoucher { basket, .. }
            | Command::PayAccount { basket, .. }
            | Command::RefundToCredit { basket, .. }
            | Command::RefundInCash { basket }
            | Command::TenderCredit { basket, .. }
            | Command::CheckPayment { basket }
            | Command::GiveUpPayment { basket }
            | Command::LeavePayment { basket }
            | Command::RemoveTender { basket }
            | Command::Complete { basket }
            | Command::Cancel { basket }
            | Command::SuspendBasket { basket, .. }
            | Command::GetBasket { basket } => *basket,
            Command::RecallBasket { basket } => Some(*basket),
            Command::OpenBasket { .. }
            | Command::PostVoid { .. }
            | Command::OpenShift { .. }
            | Command::PayIn(_)
            | Command::PayOut(_)
            | Command::AddFloat(_)
            | Command::DropToSafe(_)
            | Command::OpenDrawer { .. }
            | Command::CountTill { .. }
            | Command::CloseShift { .. }
            | Command::ZReport { .. }
            | Command::CloseDay
            | Command::HandOverShift { .. }
            | Command::TakeOverShift { .. }
            | Command::ListPeriods { .. }
            | Command::LogOn(_)
            | Command::LogOff
            | Command::Approve(_)
            | Command::TimeClock(_)
            | Command::SetPerson(_)
            | Command::ListPeople
            | Command::Hours { .. }
            | Command::Exceptions { .. }
            | Command::Audit { .. }
            | Command::ListBaskets
            | Command::ListPayments
            | Command::GetCredit { .. }
            | Command::ListOrders
            | Command::MoveStock(_)
            | Command::ListStock { .. }
            | Command::TakeOrder { .. }
            | Command::CancelOrder { .. }
            | Command::GetReceipt { .. }
            | Command::FindItems { .. }
            | Command::XReport
            | Command::TrialBalance
            | Command::Verify => None,
        }
    }
}

/// An order to be placed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// Which basket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basket: Option<BasketId>,
    /// What is agreed.
    #[serde(default)]
    pub kind: OrderKind,
    /// A quote holds until then; an order is expected by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub due: Option<Date>,
    /// Words.
    #[serde(default)]
    pub note: String,
}

/// Goods that moved without a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveStock {
    /// What happened.
    pub kind: StockActKind,
    /// Where, or where from; where the register sells from if left out.
    #[serde(default)]
    pub location: String,
    /// Where to, of a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Who delivered.
    #[serde(default)]
    pub supplier: String,
    /// Number of the delivery note, or of the list.
    #[serde(default)]
    pub reference: String,
    /// Why stock is put right.
    #[serde(default)]
    pub reason: String,
    /// Article by article.
    pub lines: Vec<StockLineAsked>,
}

/// One article of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockLineAsked {
    /// Its id or a code of it.
    pub item: String,
    /// How much; of a count, how much was found. Negative: taken off, or used to make others.
    pub quantity: Amount,
    /// What all of it cost, of a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
}

/// A line of an order to be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// Its number.
    pub line: LineNumber,
    /// How much; all that is left if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Amount>,
}

/// What somebody holds, or owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credit {
    /// A gift card of the shop's own.
    GiftCard,
    /// What the shop owes a customer.
    StoreCredit,
    /// What a customer may owe the shop.
    OnAccount,
    /// What was paid on an order.
    Deposit,
}

impl Credit {
    /// As a means of payment.
    pub fn tender(self) -> TenderKind {
        match self {
            Credit::GiftCard => TenderKind::GiftCard,
            Credit::StoreCredit => TenderKind::StoreCredit,
            Credit::OnAccount => TenderKind::OnAccount,
            Credit::Deposit => TenderKind::Deposit,
        }
    }
}

/// A text that is shown and written nowhere: a PIN, a badge. It can be read from a command, and never again from one that
/// is written down; two commands that differ only in it count as the same.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("****")
    }
}

/// Who somebody is: a person and their PIN, or a badge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The person's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Their PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Secret>,
    /// Their badge, as scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<Secret>,
}

/// What somebody approves. A refusal that can be approved says for what: `"approval": {"act": …, "amount": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Who.
    pub who: Credentials,
    /// What.
    pub act: Act,
    /// How much of it, in major units; nothing if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// For which basket, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basket: Option<BasketId>,
}

/// What a time clock is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeClock {
    /// Who.
    pub who: Credentials,
    /// What.
    pub clock: Clock,
}

/// A person, or what is to be changed of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPerson {
    /// Short, and theirs for ever.
    pub id: String,
    /// As printed on receipts; the id if a new person has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A role of the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether they work here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Four to six digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Secret>,
    /// A badge of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<Secret>,
}

/// Cash that moves without a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveCash {
    /// How much, in major units; the sum of the pieces if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Notes and coins, where they are counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<PiecesOf>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Words for whoever looks later.
    #[serde(default)]
    pub note: String,
}

/// Notes or coins of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PiecesOf {
    /// What one of them is worth, in major units.
    pub value: Amount,
    /// How many.
    pub count: u32,
}

impl From<(Decimal, u32)> for PiecesOf {
    fn from((value, count): (Decimal, u32)) -> PiecesOf {
        PiecesOf { value: Amount(value), count }
    }
}

/// What was counted of one means of payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountOf {
    /// `cash` or `coupon`; cash if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tender: Option<String>,
    /// Of which currency, as its ISO 4217 code; the shop's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// How much, in major units; the sum of the pieces if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// In notes and coins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<PiecesOf>,
}

/// A discount by hand: one of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// A fraction of what it costs: "0.1" is 10 %.
    Rate(Amount),
    /// An amount in major units.
    Amount(Amount),
    /// What the line costs in the end, all of it, in major units; on lines only.
    FinalPrice(Amount),
}

/// What a calling program in the same process may hand over with a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// A price instead of the article's.
    pub price: Option<UnitPrice>,
    /// Facts for rules.
    pub attrs: Vec<Attr>,
}

impl Envelope {
    /// Reads one JSON line; the refusal names what is wrong with it, and the id where one could be read.
    pub fn from_json(line: &str) -> Result<Envelope, (Option<String>, Refusal)> {
        let malformed = |id: Option<String>, problem: String| (id, Refusal::Malformed { problem });
        let Once(mut value) =
            serde_json::from_str(line).map_err(|error| malformed(None, format!("The line is not JSON: {error}.")))?;
        let Some(object) = value.as_object_mut() else {
            return Err(malformed(None, "A command is a JSON object.".into()));
        };
        let command_id = match object.remove("command_id") {
            Some(serde_json::Value::String(id)) if !id.is_empty() && id.len() <= 128 => id,
            Some(serde_json::Value::Number(number)) => number.to_string(),
            Some(_) => {
                return Err(malformed(None, "\"command_id\" is a text of 1 to 128 characters.".into()));
            }
            None => return Err(malformed(None, "\"command_id\" is missing.".into())),
        };
        if !object.contains_key("command") {
            return Err(malformed(
                Some(command_id),
                "\"command\" is missing; `pos api schema` lists the commands.".into(),
            ));
        }
        match serde_json::from_value(value) {
            Ok(command) => Ok(Envelope { command_id, command }),
            Err(error) => Err(malformed(Some(command_id), format!("{error}."))),
        }
    }
}

/// A value in which each key stands once: of two, one would be heeded and the other one read by people.
struct Once(serde_json::Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = serde_json::Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(serde_json::Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(value.into())
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(Once(value)) = values.next_element()? {
                    all.push(value);
                }
                Ok(all.into())
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut all = serde_json::Map::new();
                while let Some((key, Once(value))) = entries.next_entry::<String, Once>()? {
                    if all.insert(key.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("\"{key}\" stands there twice")));
                    }
                }
                Ok(all.into())
            }
        }
        deserializer.deserialize_any(Visitor).map(Once)
    }
}

/// What comes back: one reply to each command, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// The command's id; absent only where none could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    /// The basket it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basket: Option<BasketId>,
    /// Receipt number, once durable (`complete`, `cancel`, `get_receipt`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<ReceiptNumber>,
    /// The basket as it stands now (after `complete`: as sold).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Arc<BasketView>>,
    /// A receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Arc<ReceiptView>>,
    /// Figures of the shift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<ReportView>>,
    /// Balances of all accounts and stock levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_balance: Option<Box<TrialBalanceView>>,
    /// What verification found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationView>,
    /// What became of a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Box<CountView>>,
    /// The open baskets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baskets: Option<Vec<OpenBasketView>>,
    /// Who is at the register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<PersonView>,
    /// People.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<PersonView>>,
    /// Hours by person and day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Vec<HoursView>>,
    /// What each cashier did besides selling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<Vec<CashierView>>,
    /// What people did that left no transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Vec<AuditView>>,
    /// Orders that are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<Vec<OrderView>>,
    /// What there is of articles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<Vec<StockLevelView>>,
    /// A till that was handed over, for the register that takes it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<String>,
    /// Days, months or years that were closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<Vec<PeriodView>>,
    /// What somebody holds, or owes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditView>,
    /// Payments that are followed although their baskets are closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payments: Option<Vec<PaymentView>>,
    /// Articles found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ItemView>>,
    /// Why nothing was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusalView>,
}

impl Reply {
    /// A reply that refuses.
    pub fn refused(command_id: Option<String>, basket: Option<BasketId>, refusal: &Refusal) -> Reply {
        Reply { command_id, basket, refused: Some(refusal.view()), ..Reply::default() }
    }
}

/// An exact decimal: written as text (`"12.50"`), read from text or a JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Amount(pub Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number like \"12.50\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
                let is_plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.".contains(&byte));
                let amount = Some(text.trim()).filter(is_plain).and_then(|text| text.parse().ok());
                amount
                    .map(Amount)
                    .ok_or_else(|| E::custom(format!("\"{text}\" is not a decimal number like \"12.50\"")))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Amount, E> {
                Ok(Amount(Decimal::from(number)))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Amount, E> {
                Ok(Amount(Decimal::from(number)))
            }
            // The shortest text that reads back as the same float is what the sender wrote, up to 17 digits.
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Amount, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Visitor).map_err(D::Error::custom)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An exact decimal in major units, written as text; a JSON number is read too.",
            "anyOf": [
                { "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$", "examples": ["12.50"] },
                { "type": "number" }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let answer = match Envelope::from_json(line) {
            Ok(envelope) => format!("{} {:?}", envelope.command_id, envelope.command.basket()),
            Err((id, refusal)) => format!("{id:?}: {refusal}"),
        };
        assert_eq!(answer, expected, "{line}");
    }

    #[test]
    fn malformed_commands_say_what_is_wrong() {
        check(r#"{"command_id":"1","command":"x_report"}"#, "1 None");
        check(r#"{"command":"x_report"}"#, "None: \"command_id\" is missing.");
        check("[]", "None: A command is a JSON object.");
        for (twice, key) in [
            (r#"{"command_id":"1","command":"tender_cash","amount":"1","amount":"2"}"#, "amount"),
            (r#"{"command_id":"1","command_id":"2","command":"x_report"}"#, "command_id"),
            (r#"{"command_id":"1","command":"count_till","counts":[{"amount":"1","amount":"2"}]}"#, "amount"),
        ] {
            let (id, refusal) = Envelope::from_json(twice).unwrap_err();
            let told = format!("\"{key}\" stands there twice");
            assert!(id.is_none() && refusal.to_string().contains(&told), "{refusal}");
        }
        for (amount, is_one) in
            [("12.50", true), ("-3", true), ("1e2", false), ("1_000", false), ("0x10", false), ("", false)]
        {
            let line = format!(r#"{{"command_id":"1","command":"tender_cash","amount":"{amount}"}}"#);
            assert_eq!(Envelope::from_json(&line).is_ok(), is_one, "{amount}");
        }
        check(r#"{"command_id":"1"}"#, r#"Some("1"): "command" is missing; `pos api schema` lists the commands."#);
        check(
            r#"{"command_id":"7","command":"tender_cash","amount":"ten"}"#,
            r#"Some("7"): "ten" is not a decimal number like "12.50"."#,
        );
        let (_, refusal) =
            Envelope::from_json(r#"{"command_id":"1","command":"sell_item","scan":"1","price":"0.01"}"#).unwrap_err();
        assert!(refusal.to_string().contains("unknown field `price`"), "{refusal}");
    }

    #[test]
    fn amounts_are_read_exactly_from_text_and_numbers() {
        for (json, text) in [("\"20.10\"", "20.10"), ("20", "20"), ("0.1", "0.1"), ("20.55", "20.55")] {
            let amount: Amount = serde_json::from_str(json).unwrap();
            assert_eq!(amount.0.to_string(), text);
        }
    }
}

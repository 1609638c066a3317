//! Refusals: named, in a fixed precedence, each saying what to do next.

use crate::ids::{BasketId, LineNumber, ReceiptNumber};
use crate::people::Act;
use pos_money::{Decimal, MoneyError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The limit of a role that may not do something.
pub const NOT_AT_ALL: &str = "not at all";

/// Why a command was not carried out. Nothing has changed when one is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The command's text could not be understood.
    #[error("{problem}")]
    Malformed {
        /// What is wrong and where.
        problem: String,
    },
    /// The scanned or typed code belongs to no article.
    #[error("Item {code} is not on file.")]
    ItemNotOnFile {
        /// The code as scanned.
        code: String,
    },
    /// A GTIN whose last digit does not match the others.
    #[error("Code {code} has a wrong check digit: {found} instead of {expected}.")]
    CheckDigitWrong {
        /// The code as scanned.
        code: String,
        /// The digit that would fit.
        expected: char,
        /// The digit found.
        found: char,
    },
    /// Zero or less.
    #[error("A quantity must be above zero; {quantity} is not.")]
    QuantityMustBePositive {
        /// What was asked for.
        quantity: Decimal,
    },
    /// Beyond what the shop allows on one line.
    #[error("A quantity of {quantity} is more than the {most} allowed on one line.")]
    QuantityTooLarge {
        /// What was asked for.
        quantity: Decimal,
        /// The shop's limit.
        most: Decimal,
    },
    /// A fraction of something sold by the piece.
    #[error("{name} is sold by the piece; {quantity} is not a whole number.")]
    QuantityMustBeWhole {
        /// The article.
        name: String,
        /// What was asked for.
        quantity: Decimal,
    },
    /// A weight is needed.
    #[error("{name} is sold by {unit}: its quantity is missing.")]
    QuantityMissing {
        /// The article.
        name: String,
        /// The unit it is sold in.
        unit: String,
    },
    /// There is no such basket (any more).
    #[error("There is no open basket {basket}.")]
    BasketNotOpen {
        /// The id asked for.
        basket: BasketId,
    },
    /// No basket was named and none is open.
    #[error("No basket is open.")]
    NoBasketOpen,
    /// Nothing in it to pay for.
    #[error("The basket is empty.")]
    BasketEmpty,
    /// Lines cannot change once money has been taken.
    #[error("The basket is being paid: its lines can no longer change.")]
    BasketBeingPaid,
    /// No line of that number.
    #[error("The basket has no line {line}.")]
    LineNotFound {
        /// The number asked for.
        line: LineNumber,
    },
    /// The line was voided before.
    #[error("Line {line} is already void.")]
    LineVoided {
        /// The number asked for.
        line: LineNumber,
    },
    /// A deposit goes with its article and is not changed by itself.
    #[error("Line {line} is the deposit of line {to}.")]
    LineTied {
        /// The deposit's line.
        line: LineNumber,
        /// The article's.
        to: LineNumber,
    },
    /// An article names a deposit that cannot be charged.
    #[error("The deposit {deposit} of {name} is not on file as a deposit.")]
    DepositNotOnFile {
        /// The article's name.
        name: String,
        /// The deposit's id.
        deposit: String,
    },
    /// Nothing to take back.
    #[error("There is nothing to undo.")]
    NothingToUndo,
    /// A tender of nothing or less.
    #[error("An amount tendered must be above zero.")]
    TenderMustBePositive,
    /// Not all is paid yet.
    #[error("{missing} is still due.")]
    TenderTooSmall {
        /// What is missing, in major units.
        missing: Decimal,
    },
    /// Everything is paid; another tender has nothing to pay.
    #[error("Nothing is due any more.")]
    NothingDue,
    /// A tender that gives no change may not exceed what is due.
    #[error("A {kind} tender gives no change: at most {due} can be paid with it.")]
    TenderGivesNoChange {
        /// The tender's kind.
        kind: String,
        /// What is due, in major units.
        due: Decimal,
    },
    /// No terminal is set up.
    #[error("There is no card terminal.")]
    NoTerminal,
    /// It is not known whether the money was taken.
    #[error("{}", awaited(state))]
    PaymentAwaited {
        /// Where the payment stands.
        state: String,
    },
    /// Money that a terminal took is still part of the basket.
    #[error("A card payment of this basket stands.")]
    PaymentStands,
    /// Nothing to ask for, to give up or to leave.
    #[error("The basket waits for no card payment.")]
    NoPaymentAwaited,
    /// A refund goes to a card, and no terminal has paid it.
    #[error("{amount} goes back to the card.")]
    RefundToCard {
        /// How much, in major units.
        amount: Decimal,
    },
    /// The house does not do that.
    #[error("{what} here.")]
    NotInThisShop {
        /// What: `Gift cards are not sold`.
        what: String,
    },
    /// A gift card, a credit or a deposit holds less than was to be paid with it; a customer would owe more than they may.
    #[error("{what} has {available} left.")]
    RunsOut {
        /// What: `Gift card …7001`.
        what: String,
        /// What could be taken, in major units.
        available: Decimal,
    },
    /// A gift card may not hold so much.
    #[error("A gift card holds at most {most}; this one would hold {amount}.")]
    GiftCardTooLarge {
        /// What it would hold, in major units.
        amount: Decimal,
        /// The shop's limit, in major units.
        most: Decimal,
    },
    /// No order, but a receipt of another kind.
    #[error("Receipt {number} is no order.")]
    NotAnOrder {
        /// Its number.
        number: ReceiptNumber,
    },
    /// Everything was handed over, or it was cancelled.
    #[error("Order {number} is closed.")]
    OrderClosed {
        /// Its number.
        number: ReceiptNumber,
    },
    /// Its prices held until a day that is over.
    #[error("Quote {number} has expired.")]
    QuoteExpired {
        /// Its number.
        number: ReceiptNumber,
    },
    /// More than is left of it.
    #[error("Of line {line} of order {number} {left} is left.")]
    OrderExceeded {
        /// The order.
        number: ReceiptNumber,
        /// Its line.
        line: LineNumber,
        /// What is left of it.
        left: Decimal,
    },
    /// Goods that come back, gift cards and notes are not ordered.
    #[error("Line {line} is nothing that can be ordered.")]
    NotOrdered {
        /// The line.
        line: LineNumber,
    },
    /// What was paid on it is still there.
    #[error("{amount} was paid on order {number}.")]
    DepositStands {
        /// The order.
        number: ReceiptNumber,
        /// How much, in major units.
        amount: Decimal,
    },
    /// The tax plugin is unavailable and the owner allowed no fallback.
    #[error("Tax cannot be computed: {problem}")]
    TaxUnavailable {
        /// What the assessor said.
        problem: String,
    },
    /// A figure beyond what can be held exactly.
    #[error("The amount is too large: {problem}")]
    AmountTooLarge {
        /// What overflowed.
        problem: String,
    },
    /// The same external reference was rung before.
    #[error("{reference} was rung already, as receipt {number}.")]
    AlreadyRung {
        /// The caller's reference.
        reference: String,
        /// The receipt it became.
        number: ReceiptNumber,
    },
    /// No such receipt.
    #[error("There is no receipt {number}.")]
    ReceiptNotFound {
        /// The number asked for.
        number: ReceiptNumber,
    },
    /// A note, a voided line, or no line of the receipt at all.
    #[error("Line {line} of the receipt holds nothing that could come back.")]
    LineNotReturnable {
        /// The number asked for.
        line: LineNumber,
    },
    /// More than was sold, earlier returns counted.
    #[error("Line {line} sold {sold}, of which {returned} came back already: {asked} more cannot come back.")]
    ReturnExceedsSold {
        /// The sold line.
        line: LineNumber,
        /// What was sold on it.
        sold: Decimal,
        /// What came back before.
        returned: Decimal,
        /// What was asked for now.
        asked: Decimal,
    },
    /// Part of a deal that comes back only as a whole.
    #[error("Line {line} was sold in the offer {offer}: its pieces come back together{}.", with_lines(others))]
    ReturnBreaksDeal {
        /// The line asked for.
        line: LineNumber,
        /// The offer's name on the receipt.
        offer: String,
        /// The other lines of the deal.
        others: Vec<LineNumber>,
    },
    /// What is kept costs more by itself than would be refunded.
    #[error("Without these pieces the rest loses its offer and costs {owed} more than they are worth.")]
    ReturnOwesMoney {
        /// What the customer would owe, in major units.
        owed: Decimal,
    },
    /// The shop takes nothing back without a receipt.
    #[error("Nothing is taken back without a receipt here.")]
    ReceiptNeeded,
    /// A reason the shop does not accept for a return without a receipt.
    #[error("\"{reason}\" is no reason to take goods back without a receipt.")]
    ReturnReasonNotAccepted {
        /// The reason given.
        reason: String,
    },
    /// Too much money for one return without a receipt, or for one day.
    #[error("Without a receipt at most {most} is refunded {period}; this would make {amount}.")]
    ReturnLimitReached {
        /// What it would come to, in major units.
        amount: Decimal,
        /// The shop's limit, in major units.
        most: Decimal,
        /// `at once` or `a day`.
        period: String,
    },
    /// Too many pieces for one return without a receipt.
    #[error("Without a receipt at most {most} pieces are taken back at once; these are {pieces}.")]
    ReturnTooManyPieces {
        /// What was asked for.
        pieces: i64,
        /// The shop's limit.
        most: i64,
    },
    /// A price by hand or a return needs a reason, one of the shop's where it lists them.
    #[error("{}{}.", no_reason(reason, action), with_known(known))]
    ReasonNotAccepted {
        /// The reason given.
        reason: String,
        /// What for: `change a price`.
        action: String,
        /// Those that are.
        known: String,
    },
    /// More than the role may do by itself.
    #[error("{}", beyond(action, limit))]
    ApprovalNeeded {
        /// What was tried: `change prices`.
        action: String,
        /// How far the role may go: `by at most 10 %`.
        limit: String,
    },
    /// Somebody whose role may can approve it.
    #[error("{because}")]
    AskForApproval {
        /// What was tried.
        act: Act,
        /// How much of it, in major units.
        amount: Decimal,
        /// What the role lacks.
        because: String,
    },
    /// People log on here, and nobody has.
    #[error("Nobody has logged on.")]
    NobodyLoggedOn,
    /// No such person, no such badge, or another PIN. Which of them is nobody's business.
    #[error("Person and PIN do not fit, or the badge is not known.")]
    LogOnFailed,
    /// Too many wrong PINs.
    #[error("Too many wrong PINs: no PIN is looked at for {seconds} s.")]
    LockedOut {
        /// How long.
        seconds: u64,
    },
    /// Two people are needed.
    #[error("What you do yourself somebody else approves.")]
    OwnApproval,
    /// They do not work here.
    #[error("There is nobody called {person} here.")]
    PersonUnknown {
        /// The id asked for.
        person: String,
    },
    /// A person is told by their badge, and two people by two.
    #[error("That name or badge is somebody else's.")]
    PersonTaken,
    /// Nobody goes who never came.
    #[error("{name} is {standing}: that does not follow.")]
    ClockDoesNotFollow {
        /// Who.
        name: String,
        /// Where they stand.
        standing: String,
    },
    /// Prices set by hand, lines discounted by hand and goods without discounts are left alone.
    #[error("The discount takes nothing off: none of its lines is open to it.")]
    DiscountOfNothing,
    /// A line whose price nobody sets: goods that come back, gift cards, notes.
    #[error("The price of line {line} cannot be changed.")]
    LineNotDiscountable {
        /// Which.
        line: LineNumber,
    },
    /// The same line of the same receipt twice in one basket.
    #[error("Line {line} of receipt {number} comes back on line {already} already.")]
    ReturnedHereAlready {
        /// The receipt.
        number: ReceiptNumber,
        /// Its line.
        line: LineNumber,
        /// The basket's line.
        already: LineNumber,
    },
    /// Part of it came back, or it was sold in a shift that is closed.
    #[error("Receipt {number} cannot be voided: {problem}.")]
    CannotVoid {
        /// The receipt.
        number: ReceiptNumber,
        /// Why.
        problem: String,
    },
    /// What was never sold cannot come back.
    #[error("Receipt {number} is no sale.")]
    NotASale {
        /// The receipt.
        number: ReceiptNumber,
    },
    /// Prices of what is kept can only be found again under the rules of that day.
    #[error("The rules of receipt {number} are no longer loaded: what is kept cannot be priced again.")]
    RulesNoLongerLoaded {
        /// The receipt.
        number: ReceiptNumber,
    },
    /// No offer grants it, or all that is granted was taken.
    #[error("No offer grants that gift.")]
    NoSuchGift,
    /// Points belong to somebody.
    #[error("No customer is named.")]
    CustomerNeeded,
    /// No programme, or one whose points buy nothing.
    #[error("Points buy nothing in this shop.")]
    PointsNotRedeemable,
    /// More than there are.
    #[error("{asked} points were asked for; there are {points}.")]
    PointsMissing {
        /// What was asked for.
        asked: i64,
        /// What is there.
        points: i64,
    },
    /// It has not been opened, or not again.
    #[error("No shift is open.")]
    NoShiftOpen,
    /// One at a time.
    #[error("Shift {shift} is open already.")]
    ShiftAlreadyOpen {
        /// Which.
        shift: u64,
    },
    /// It was closed, with its figures.
    #[error("{}", if *shift == 0 { "No shift has been closed yet.".to_owned() } else { format!("Shift {shift} was never closed here.") })]
    ShiftNotClosed {
        /// Which.
        shift: u64,
    },
    /// Nobody has counted since something in the till last moved.
    #[error("The till has not been counted since something in it last moved.")]
    TillNotCounted,
    /// The last count stands, and nothing in the till has moved since.
    #[error("The till has been counted.")]
    TillCounted,
    /// The count does not fit the books, and may be taken again.
    #[error("The count does not fit.")]
    RecountNeeded,
    /// Baskets nobody has decided about.
    #[error("{} still open.", if *count == 1 { "One basket is".to_owned() } else { format!("{count} baskets are") })]
    BasketsStillOpen {
        /// How many.
        count: usize,
    },
    /// It waits to be recalled.
    #[error("Basket {basket} is suspended.")]
    BasketSuspended {
        /// Which.
        basket: BasketId,
    },
    /// The same id with other content.
    #[error("Command {command_id} was used before for something else.")]
    CommandIdReused {
        /// The id.
        command_id: String,
    },
    /// No space is left on the disk.
    #[error("The disk is full: {problem}.")]
    DiskFull {
        /// What was tried.
        problem: String,
    },
    /// The disk has failed, and what was asked for needs it.
    #[error("The register's disk has failed; sales for cash are kept on the emergency disk.")]
    OnSecondDisk,
    /// Nothing can be written: disk full, read-only, I/O error.
    #[error("The sale could not be stored: {problem}")]
    StorageFailed {
        /// What the storage said.
        problem: String,
    },
    /// A rule of the kernel itself did not hold; the command was rolled back.
    #[error("An internal check failed: {problem}")]
    CheckFailed {
        /// Which.
        problem: String,
    },
}

/// `"fun" is no reason to change a price here`; that it is missing, where there is none.
fn no_reason(reason: &str, action: &str) -> String {
    match reason.trim() {
        "" => format!("A reason to {action} is missing"),
        reason => format!("\"{reason}\" is no reason to {action} here"),
    }
}

/// Where a payment stands that a basket waits for.
fn awaited(state: &str) -> &'static str {
    match state {
        "asked" => "The terminal has not answered yet.",
        "unknown" => "The terminal gave no answer: the card may have been charged.",
        _ => "The card payment is being given back, and the terminal has not confirmed it yet.",
    }
}

/// ` (known are: broken, wrong size)`; nothing without a list.
fn with_known(known: &str) -> String {
    if known.is_empty() { String::new() } else { format!(" (known are: {known})") }
}

/// `Your role may pay money out at most 50 at once.`; `Your role may not pay money out.`
fn beyond(action: &str, limit: &str) -> String {
    match limit {
        NOT_AT_ALL => format!("Your role may not {action}."),
        limit => format!("Your role may {action} {limit}."),
    }
}

/// ` with lines 2 and 3`; nothing without lines.
fn with_lines(lines: &[LineNumber]) -> String {
    match lines {
        [] => String::new(),
        [one] => format!(" with line {one}"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(LineNumber::to_string).collect();
            format!(" with lines {} and {last}", first.join(", "))
        }
    }
}

impl Refusal {
    /// Stable name for programs, logs and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Malformed { .. } => "malformed",
            Refusal::ItemNotOnFile { .. } => "item_not_on_file",
            Refusal::CheckDigitWrong { .. } => "check_digit_wrong",
            Refusal::QuantityMustBePositive { .. } => "quantity_must_be_positive",
            Refusal::QuantityTooLarge { .. } => "quantity_too_large",
            Refusal::QuantityMustBeWhole { .. } => "quantity_must_be_whole",
            Refusal::QuantityMissing { .. } => "quantity_missing",
            Refusal::BasketNotOpen { .. } => "basket_not_open",
            Refusal::NoBasketOpen => "no_basket_open",
            Refusal::BasketEmpty => "basket_empty",
            Refusal::BasketBeingPaid => "basket_being_paid",
            Refusal::LineNotFound { .. } => "line_not_found",
            Refusal::LineVoided { .. } => "line_voided",
            Refusal::LineTied { .. } => "line_tied",
            Refusal::DepositNotOnFile { .. } => "deposit_not_on_file",
            Refusal::NothingToUndo => "nothing_to_undo",
            Refusal::TenderMustBePositive => "tender_must_be_positive",
            Refusal::TenderTooSmall { .. } => "tender_too_small",
            Refusal::NothingDue => "nothing_due",
            Refusal::TenderGivesNoChange { .. } => "tender_gives_no_change",
            Refusal::NoTerminal => "no_terminal",
            Refusal::PaymentAwaited { .. } => "payment_awaited",
            Refusal::PaymentStands => "payment_stands",
            Refusal::NoPaymentAwaited => "no_payment_awaited",
            Refusal::RefundToCard { .. } => "refund_to_card",
            Refusal::NotInThisShop { .. } => "not_in_this_shop",
            Refusal::RunsOut { .. } => "runs_out",
            Refusal::GiftCardTooLarge { .. } => "gift_card_too_large",
            Refusal::NotAnOrder { .. } => "not_an_order",
            Refusal::OrderClosed { .. } => "order_closed",
            Refusal::QuoteExpired { .. } => "quote_expired",
            Refusal::OrderExceeded { .. } => "order_exceeded",
            Refusal::NotOrdered { .. } => "not_ordered",
            Refusal::DepositStands { .. } => "deposit_stands",
            Refusal::TaxUnavailable { .. } => "tax_unavailable",
            Refusal::AmountTooLarge { .. } => "amount_too_large",
            Refusal::AlreadyRung { .. } => "already_rung",
            Refusal::ReceiptNotFound { .. } => "receipt_not_found",
            Refusal::LineNotReturnable { .. } => "line_not_returnable",
            Refusal::ReturnExceedsSold { .. } => "return_exceeds_sold",
            Refusal::ReturnBreaksDeal { .. } => "return_breaks_deal",
            Refusal::ReturnOwesMoney { .. } => "return_owes_money",
            Refusal::ReceiptNeeded => "receipt_needed",
            Refusal::ReturnReasonNotAccepted { .. } => "return_reason_not_accepted",
            Refusal::ReturnLimitReached { .. } => "return_limit_reached",
            Refusal::ReturnTooManyPieces { .. } => "return_too_many_pieces",
            Refusal::ReasonNotAccepted { .. } => "reason_not_accepted",
            Refusal::ApprovalNeeded { .. } | Refusal::AskForApproval { .. } => "approval_needed",
            Refusal::NobodyLoggedOn => "nobody_logged_on",
            Refusal::LogOnFailed => "log_on_failed",
            Refusal::LockedOut { .. } => "locked_out",
            Refusal::OwnApproval => "own_approval",
            Refusal::PersonUnknown { .. } => "person_unknown",
            Refusal::PersonTaken => "person_taken",
            Refusal::ClockDoesNotFollow { .. } => "clock_does_not_follow",
            Refusal::DiscountOfNothing => "discount_of_nothing",
            Refusal::LineNotDiscountable { .. } => "line_not_discountable",
            Refusal::ReturnedHereAlready { .. } => "returned_here_already",
            Refusal::CannotVoid { .. } => "cannot_void",
            Refusal::NotASale { .. } => "not_a_sale",
            Refusal::RulesNoLongerLoaded { .. } => "rules_no_longer_loaded",
            Refusal::NoSuchGift => "no_such_gift",
            Refusal::CustomerNeeded => "customer_needed",
            Refusal::PointsNotRedeemable => "points_not_redeemable",
            Refusal::PointsMissing { .. } => "points_missing",
            Refusal::NoShiftOpen => "no_shift_open",
            Refusal::ShiftAlreadyOpen { .. } => "shift_already_open",
            Refusal::ShiftNotClosed { .. } => "shift_not_closed",
            Refusal::TillNotCounted => "till_not_counted",
            Refusal::TillCounted => "till_counted",
            Refusal::RecountNeeded => "recount_needed",
            Refusal::BasketsStillOpen { .. } => "baskets_still_open",
            Refusal::BasketSuspended { .. } => "basket_suspended",
            Refusal::CommandIdReused { .. } => "command_id_reused",
            Refusal::DiskFull { .. } => "disk_full",
            Refusal::OnSecondDisk => "on_second_disk",
            Refusal::StorageFailed { .. } => "storage_failed",
            Refusal::CheckFailed { .. } => "check_failed",
        }
    }

    /// What the person in front of the register can do now.
    pub fn next(&self) -> &'static str {
        match self {
            Refusal::Malformed { .. } => "Correct the command and send it again.",
            Refusal::ItemNotOnFile { .. } => "Search by name, or call a supervisor to create the item.",
            Refusal::CheckDigitWrong { .. } => "Scan again, or type the digits below the bars.",
            Refusal::QuantityMustBePositive { .. } => "Enter how many; to take a line back, void it.",
            Refusal::QuantityTooLarge { .. } => "Check the quantity; a code may have been typed into it.",
            Refusal::QuantityMustBeWhole { .. } => "Enter a whole number.",
            Refusal::QuantityMissing { .. } => "Weigh it, or type the quantity and × before the code.",
            Refusal::BasketNotOpen { .. } | Refusal::NoBasketOpen => "Open a basket by scanning an item.",
            Refusal::BasketEmpty => "Scan an item first.",
            Refusal::BasketBeingPaid => "Complete the sale, or cancel it to start again.",
            Refusal::LineNotFound { .. } => "Choose a line of this basket.",
            Refusal::LineVoided { .. } => "Scan the item again to sell it.",
            Refusal::LineTied { .. } => "Change the line of its article: the deposit follows. Empties need no receipt.",
            Refusal::DepositNotOnFile { .. } => "Import the deposit article, with \"itself\" in its column deposit.",
            Refusal::NothingToUndo => "Go on with the sale.",
            Refusal::TenderMustBePositive => "Enter the amount received.",
            Refusal::TenderTooSmall { .. } => "Take the rest, in cash or another way.",
            Refusal::NothingDue => "Complete the sale.",
            Refusal::TenderGivesNoChange { .. } => "Enter at most the amount due.",
            Refusal::NoTerminal => "Take cash; [terminal] in devices.toml says which terminal the register has.",
            Refusal::PaymentAwaited { .. } => {
                "Ask the terminal again, give the payment up, or let a supervisor go on without it."
            }
            Refusal::PaymentStands => "Give the card payment back first.",
            Refusal::NoPaymentAwaited => "Go on with the sale.",
            Refusal::RefundToCard { .. } => "Pay it back with the terminal, then complete.",
            Refusal::NotInThisShop { .. } => "Choose another way; [credit] in shop.toml says what the shop does.",
            Refusal::RunsOut { .. } => "Take the rest another way.",
            Refusal::GiftCardTooLarge { .. } => "Load less, or take another card.",
            Refusal::NotAnOrder { .. } => "Look at the number on the order's slip.",
            Refusal::OrderClosed { .. } => "Sell the goods without it.",
            Refusal::QuoteExpired { .. } => "Ring the goods up anew: today's prices hold.",
            Refusal::OrderExceeded { .. } => "Hand over at most what is left; sell the rest without the order.",
            Refusal::NotOrdered { .. } => "Take that line out, and sell it by itself.",
            Refusal::DepositStands { .. } => "Pay it back first.",
            Refusal::TaxUnavailable { .. } => {
                "Call the manager: repair the tax plugin, or allow the fallback rate in shop.toml."
            }
            Refusal::AmountTooLarge { .. } => "Check quantities and prices.",
            Refusal::AlreadyRung { .. } => "Nothing to do: the sale is on file.",
            Refusal::ReceiptNotFound { .. } => "Check the number on the receipt.",
            Refusal::LineNotReturnable { .. } => "Choose a line of the receipt that was sold.",
            Refusal::ReturnExceedsSold { .. } => "Enter at most what is left of the line.",
            Refusal::ReturnBreaksDeal { .. } => {
                "Take the other pieces back too, or ask a manager to refund this line's share."
            }
            Refusal::ReturnOwesMoney { .. } => {
                "Take back more of the sale, or ask a manager to refund the pieces' shares."
            }
            Refusal::ReceiptNeeded => "Find the purchase by the customer's card, phone or the item.",
            Refusal::ReturnReasonNotAccepted { .. } => "Choose one of the shop's reasons, or find the purchase.",
            Refusal::ReturnLimitReached { .. } | Refusal::ReturnTooManyPieces { .. } => {
                "Take back less, find the purchase, or call a manager."
            }
            Refusal::ReasonNotAccepted { .. } => "Choose one of the shop's reasons.",
            Refusal::ApprovalNeeded { .. } => "Give less, or call somebody who may.",
            Refusal::AskForApproval { .. } => "Call somebody who may: they approve it with their PIN or badge.",
            Refusal::NobodyLoggedOn => "Log on with your PIN or your badge.",
            Refusal::LogOnFailed => "Try again; a manager can set a new PIN.",
            Refusal::LockedOut { .. } => "Wait, or ask a manager to set a new PIN.",
            Refusal::OwnApproval => "Call somebody else who may.",
            Refusal::PersonUnknown { .. } => "`pos people list` lists those who are there.",
            Refusal::PersonTaken => "Choose another one.",
            Refusal::ClockDoesNotFollow { .. } => "Choose what does follow.",
            Refusal::DiscountOfNothing => "Look at \"why this price\" of the lines, or set a price by hand.",
            Refusal::LineNotDiscountable { .. } => "Choose a line that is sold.",
            Refusal::ReturnedHereAlready { .. } => "Change the quantity of that line.",
            Refusal::CannotVoid { .. } => "Take its goods back with the receipt instead.",
            Refusal::NotASale { .. } => "Enter the number of the receipt the goods were bought with.",
            Refusal::RulesNoLongerLoaded { .. } => {
                "Ask a manager to refund the pieces' shares: policy = \"keep-shares\" in [returns] of shop.toml."
            }
            Refusal::NoSuchGift => "Choose one of the gifts the basket lists.",
            Refusal::CustomerNeeded => "Scan the customer's card first.",
            Refusal::PointsNotRedeemable => "Take another tender; [loyalty.redeem] in shop.toml says what points buy.",
            Refusal::PointsMissing { .. } => "Redeem fewer points.",
            Refusal::NoShiftOpen => "Open a shift, or begin to sell: the first sale opens one.",
            Refusal::ShiftAlreadyOpen { .. } => "Close it first.",
            Refusal::ShiftNotClosed { .. } => "Look at the number on the Z report, or read the open shift's X report.",
            Refusal::TillNotCounted => "Count the till, then close the shift.",
            Refusal::TillCounted => "Close the shift.",
            Refusal::RecountNeeded => "Count the till once more.",
            Refusal::BasketsStillOpen { .. } => "Complete or cancel them, or carry them over into the next shift.",
            Refusal::BasketSuspended { .. } => "Recall it first.",
            Refusal::CommandIdReused { .. } => "Give every command an id of its own.",
            Refusal::DiskFull { .. } => {
                "Free some space on the register's disk; what is in hand is kept and can be completed, nothing new is begun."
            }
            Refusal::OnSecondDisk => {
                "Sell for cash, without customer or card. When it is quiet, close the register, have its disk seen to, and start it."
            }
            Refusal::StorageFailed { .. } => {
                "Press again in a moment; the basket is kept. If it stays so, call support."
            }
            Refusal::CheckFailed { .. } => "The basket is kept. Call support with the time of day.",
        }
    }

    /// As sent to other programs.
    pub fn view(&self) -> RefusalView {
        let approval = match self {
            Refusal::AskForApproval { act, amount, .. } => {
                Some(ApprovalAsked { act: *act, amount: amount.to_string() })
            }
            _ => None,
        };
        RefusalView { code: self.code().to_owned(), message: self.to_string(), next: self.next().to_owned(), approval }
    }
}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Self {
        Refusal::AmountTooLarge { problem: error.to_string() }
    }
}

/// A refusal as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalView {
    /// Stable name: `item_not_on_file`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// What to do next, for people.
    pub next: String,
    /// What somebody could approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalAsked>,
}

/// What somebody is asked to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalAsked {
    /// What.
    pub act: Act,
    /// How much of it, in major units.
    pub amount: String,
}

//! The demo shop's counter: takes a command, answers it.

use super::articles::{ARTICLES, Article};
use super::pricing::{Sold, add_up, gross, line_view};
use pos_api::view::{BasketState, BasketView, ReceiptView, ReportView, TenderView};
use pos_api::{Command, Envelope, RefusalView, Reply};
use pos_money::Decimal;
use serde::Deserialize;
use std::str::FromStr;
use std::sync::Arc;

/// Largest quantity of one line.
const QUANTITY_MAX: i64 = 99_999;

/// The state behind the counter.
#[derive(Debug, Default)]
pub(super) struct Shop {
    lines: Vec<Sold>,
    undo: Vec<Vec<Sold>>,
    tenders: Vec<TenderView>,
    is_open: bool,
    baskets: u32,
    copies: u32,
    turnover: Decimal,
    pub(super) receipts: u64,
    pub(super) unavailable: Vec<String>,
    pub(super) disk_full: bool,
}

fn refusal(code: &str, message: impl Into<String>, next: &str) -> RefusalView {
    RefusalView { code: code.into(), message: message.into(), next: next.into(), approval: None }
}

impl Shop {
    pub(super) fn reply(&mut self, envelope: &Envelope) -> Reply {
        let mut reply = match self.run(&envelope.command) {
            Ok(reply) => reply,
            Err(refused) => Reply { refused: Some(refused), ..Reply::default() },
        };
        reply.command_id = Some(envelope.command_id.clone());
        reply
    }

    fn run(&mut self, command: &Command) -> Result<Reply, RefusalView> {
        if let Some(basket) = command.basket()
            && self.open_view().map_or(true, |view| view.id != Some(basket))
        {
            return Err(refusal("basket_not_open", "This basket is not open.", "Open a basket by scanning an item."));
        }
        match command {
            Command::SellItem { scan, quantity, .. } => {
                self.lines_may_change()?;
                self.sell(scan, quantity.map(|amount| amount.0))?;
            }
            Command::SetQuantity { line, quantity, .. } => {
                self.lines_may_change()?;
                let quantity = allowed(quantity.0)?;
                let before = self.lines.clone();
                self.line(*line)?.quantity = quantity;
                self.undo.push(before);
            }
            Command::VoidLine { line, .. } => {
                self.lines_may_change()?;
                let before = self.lines.clone();
                self.line(*line)?.voided = true;
                self.undo.push(before);
            }
            Command::Undo { .. } => {
                self.lines_may_change()?;
                let nothing = || refusal("nothing_to_undo", "There is nothing to undo.", "Go on with the sale.");
                let before = self.undo.pop().ok_or_else(nothing)?;
                // A line that was added stays on record, voided.
                for (line, old) in self.lines.iter_mut().zip(&before) {
                    line.clone_from(old);
                }
                for line in self.lines.iter_mut().skip(before.len()) {
                    line.voided = true;
                }
            }
            Command::TenderCash { amount, .. } => {
                let due = self.open_view()?.due;
                if due <= Decimal::ZERO {
                    return Err(refusal("nothing_due", "Nothing is due.", "Complete the sale."));
                }
                let amount = amount.map_or(due, |amount| amount.0);
                self.tenders.push(TenderView { kind: "cash".into(), amount });
            }
            Command::RemoveTender { .. } => {
                self.tenders.pop();
            }
            Command::Complete { .. } => return self.complete(),
            Command::Cancel { .. } => {
                self.open_view()?;
                self.clear();
                return Ok(Reply::default());
            }
            Command::GetReceipt { number } => {
                self.copies += 1;
                let receipt = ReceiptView { number: *number, copy: self.copies, text: String::new() };
                return Ok(Reply { number: Some(*number), receipt: Some(Arc::new(receipt)), ..Reply::default() });
            }
            Command::FindItems { text, limit } => return Ok(find(text, limit.unwrap_or(20))),
            Command::XReport => return Ok(Reply { report: Some(Box::new(self.report())), ..Reply::default() }),
            Command::OpenBasket { .. } => self.is_open = true,
            Command::ListPeople => return Ok(Reply { people: Some(Vec::new()), ..Reply::default() }),
            Command::GetBasket { .. } | Command::PriceLines { .. } => {}
            Command::TenderForeign { .. }
            | Command::TenderCoupon { .. }
            | Command::TenderCard { .. }
            | Command::CheckPayment { .. }
            | Command::GiveUpPayment { .. }
            | Command::LeavePayment { .. }
            | Command::ListPayments
            | Command::SellGiftCard { .. }
            | Command::PlaceOrder(_)
            | Command::ListOrders
            | Command::MoveStock(_)
            | Command::ListStock { .. }
            | Command::TakeOrder { .. }
            | Command::CancelOrder { .. }
            | Command::PayDeposit { .. }
            | Command::RefundDeposit { .. }
            | Command::RedeemVoucher { .. }
            | Command::PayAccount { .. }
            | Command::RefundToCredit { .. }
            | Command::RefundInCash { .. }
            | Command::TenderCredit { .. }
            | Command::GetCredit { .. }
            | Command::ReturnItem { .. }
            | Command::ReturnWithoutReceipt { .. }
            | Command::PostVoid { .. }
            | Command::DiscountLine { .. }
            | Command::SetPrice { .. }
            | Command::DiscountBasket { .. }
            | Command::SetCustomer { .. }
            | Command::AddCode { .. }
            | Command::RemoveCode { .. }
            | Command::TakeGift { .. }
            | Command::RedeemPoints { .. }
            | Command::OpenShift { .. }
            | Command::PayIn(_)
            | Command::PayOut(_)
            | Command::AddFloat(_)
            | Command::DropToSafe(_)
            | Command::OpenDrawer { .. }
            | Command::CountTill { .. }
            | Command::CloseShift { .. }
            | Command::ZReport { .. }
            | Command::SuspendBasket { .. }
            | Command::RecallBasket { .. }
            | Command::ListBaskets
            | Command::LogOn(_)
            | Command::LogOff
            | Command::Approve(_)
            | Command::TimeClock(_)
            | Command::SetPerson(_)
            | Command::Hours { .. }
            | Command::Exceptions { .. }
            | Command::Audit { .. }
            | Command::CloseDay
            | Command::HandOverShift { .. }
            | Command::TakeOverShift { .. }
            | Command::ListPeriods { .. }
            | Command::TrialBalance
            | Command::Verify => {
                return Err(refusal("malformed", "The demo shop does not know this.", "Open a shop of your own."));
            }
        }
        let view = self.open_view()?;
        Ok(Reply { basket: view.id, view: Some(Arc::new(view)), ..Reply::default() })
    }

    fn lines_may_change(&self) -> Result<(), RefusalView> {
        if self.tenders.is_empty() {
            return Ok(());
        }
        let next = "Complete the sale, or cancel it to start again.";
        Err(refusal("basket_being_paid", "Money has been taken for this basket.", next))
    }

    fn line(&mut self, number: u32) -> Result<&mut Sold, RefusalView> {
        let index = usize::try_from(number).unwrap_or_default().wrapping_sub(1);
        self.lines.get_mut(index).ok_or_else(|| refusal("line_not_found", "No such line.", "Choose a line."))
    }

    fn sell(&mut self, scan: &str, quantity: Option<Decimal>) -> Result<(), RefusalView> {
        let (typed, code) = match scan.split_once(['*', '×']) {
            Some((typed, code)) => (Decimal::from_str(typed.trim()).ok(), code.trim()),
            None => (None, scan.trim()),
        };
        let Some(article) = Article::of(code) else {
            let next = "Search by name, or call a supervisor to create the item.";
            return Err(refusal("item_not_on_file", format!("{code} is not on file."), next));
        };
        let quantity = match quantity.or(typed) {
            Some(quantity) => allowed(quantity)?,
            None if article.measured() => {
                let next = "Weigh it, or type the quantity and × before the code.";
                return Err(refusal("quantity_missing", format!("{} is sold by weight.", article.name), next));
            }
            None => Decimal::ONE,
        };
        if gross(article, quantity).is_none() {
            return Err(refusal("amount_too_large", "The amount is too large.", "Check quantities and prices."));
        }
        self.undo.push(self.lines.clone());
        self.lines.push(Sold { article, quantity, voided: false });
        if !std::mem::replace(&mut self.is_open, true) {
            self.baskets += 1;
        }
        Ok(())
    }

    pub(super) fn ring_up(&mut self, code: &str, lines: usize) {
        if let Some(article) = Article::of(code) {
            self.is_open = true;
            self.lines.extend((0..lines).map(|_| Sold { article, quantity: Decimal::ONE, voided: false }));
        }
    }

    fn open_view(&self) -> Result<BasketView, RefusalView> {
        if !self.is_open {
            return Err(refusal("no_basket_open", "No basket is open.", "Open a basket by scanning an item."));
        }
        let id = format!("01930000-0000-7000-8000-{:012x}", self.baskets);
        let id: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
            serde::de::IntoDeserializer::into_deserializer(id.as_str());
        let mut view = BasketView {
            id: Deserialize::deserialize(id).ok(),
            state: if self.tenders.is_empty() { BasketState::Open } else { BasketState::Tendering },
            currency: "EUR".into(),
            prices_include_tax: true,
            cashier: "Maya K.".into(),
            lines: (1..).zip(&self.lines).map(|(number, sold)| line_view(number, sold, &self.unavailable)).collect(),
            tenders: self.tenders.clone(),
            unavailable: self.unavailable.clone(),
            can_undo: self.tenders.is_empty() && !self.undo.is_empty(),
            ..BasketView::default()
        };
        add_up(&mut view);
        Ok(view)
    }

    fn complete(&mut self) -> Result<Reply, RefusalView> {
        let mut view = self.open_view()?;
        if view.due > Decimal::ZERO {
            let next = "Take the rest, in cash or another way.";
            return Err(refusal("tender_too_small", format!("{} is still due.", view.due), next));
        }
        if self.disk_full {
            let next = "Free some disk space and press Complete again; the basket is kept.";
            return Err(refusal("storage_failed", "The sale could not be stored: disk full", next));
        }
        view.state = BasketState::Completed;
        self.receipts += 1;
        self.turnover = self.turnover.checked_add(view.total).unwrap_or_default();
        self.clear();
        Ok(Reply { basket: view.id, number: Some(self.receipts), view: Some(Arc::new(view)), ..Reply::default() })
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.undo.clear();
        self.tenders.clear();
        self.is_open = false;
    }

    fn report(&self) -> ReportView {
        let text = format!(
            "X REPORT                      Register 3\nSales                   {:>16}\nTotal                   {:>16}\n",
            self.receipts, self.turnover
        );
        ReportView { shift: 1, sales: self.receipts, total: self.turnover, text, ..ReportView::default() }
    }
}

fn allowed(quantity: Decimal) -> Result<Decimal, RefusalView> {
    if quantity <= Decimal::ZERO {
        let next = "Enter how many; to take a line back, void it.";
        return Err(refusal("quantity_must_be_positive", "The quantity must be above zero.", next));
    }
    if quantity > Decimal::from(QUANTITY_MAX) {
        let next = "Check the quantity; a code may have been typed into it.";
        return Err(refusal("quantity_too_large", format!("A quantity of {quantity} is too large."), next));
    }
    Ok(quantity)
}

fn find(text: &str, limit: u32) -> Reply {
    let wanted = text.to_lowercase();
    let matches = |article: &&Article| {
        let name = article.name.to_lowercase();
        wanted.split_whitespace().all(|word| name.split_whitespace().any(|of_name| of_name.starts_with(word)))
            || article.code == text
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let items = ARTICLES.iter().filter(matches).take(limit).map(Article::view).collect();
    Reply { items: Some(items), ..Reply::default() }
}

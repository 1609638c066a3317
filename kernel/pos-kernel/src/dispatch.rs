//! The dispatch loop's state: decides commands, in the one fixed order of checks, and carries out what was decided.
//!
//! Every command either changes nothing and is refused by name, or is done. A basket is changed on a copy and replaced
//! only when all went well, so an internal failure (there is one unwind boundary, here) rolls the command back and
//! keeps the basket.

mod by_hand;
mod credit;
mod deposits;
mod gifts;
mod orders;
mod paying;
mod people;
mod periods;
mod returning;
mod second_disk;
mod stock;
mod till;

use self::by_hand::ROLE;
pub(crate) use self::gifts::quantity_taken;
use self::paying::{not_awaited, payable};
use self::people::Desk;
pub use self::people::{LogOn, right};
use self::returning::Asked;
pub(crate) use self::returning::Sales;
use self::stock::Stock;
use crate::effects::{Effect, EffectCounts, EffectNews, Effects};
use crate::pricing::{self, Asking, Priced};
use crate::replies::{Known, Replies, digest};
use crate::rules::{RuleNews, RuleSet, Rules};
use crate::terminal::Terminal;
use crate::views;
use pos_api::command::Given;
use pos_api::port::{Clock, CommitRequest, Devices, Ids, OpenShift, Scope, Store, StoreError};
use pos_api::view::{RestartView, StockAlert};
use pos_api::{Command, Envelope, Reply};
use pos_domain::Refusal;
use pos_domain::basket::{Basket, Event, Line, Opening, PriceSource, RefundTo, SoldAs};
use pos_domain::catalogue::{Deposit, Item};
use pos_domain::ids::{BasketId, LineNumber, ReceiptNumber};
use pos_domain::ledger;
use pos_domain::lots::LotBook;
use pos_domain::offer_use::{self, Used};
use pos_domain::pricing::proposal::LineKind;
use pos_domain::receipt::{Print, Receipt, sale_receipt};
use pos_domain::returns::{EarlierSale, Kept};
use pos_domain::scan;
use pos_domain::shop::Shop;
use pos_domain::tender::{Settlement, Tender, TenderKind};
use pos_domain::time::LocalTime;
use pos_domain::transaction::{Committed, Completion, Transaction, TransactionKind};
use pos_money::{Currency, Decimal, Money, Quantity, Unit, UnitPrice};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Decimal places of a quantity.
const QUANTITY_SCALE_MAX: u32 = 6;
/// Minor units a basket may come to, and a tender: far more than any sale, and ten thousand of them fit into the books.
const BASKET_MAX: u64 = 1_000_000_000_000_000;
/// Minor units that move without a basket: a float, a count, a delivery. Nobody needs goods to enter them, and a million of
/// them fit into the books.
const AMOUNT_MAX: u64 = 10_000_000_000_000;
/// Articles a search answers with at most.
const FOUND_MAX: u32 = 200;

/// What a kernel is made of.
pub struct Parts {
    /// The shop.
    pub shop: Shop,
    /// Journal, catalogue, open baskets.
    pub store: Arc<dyn Store>,
    /// Extensions.
    pub rules: Arc<Rules>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn Ids>,
    /// Printer and drawer.
    pub devices: Devices,
    /// Who must log on.
    pub log_on: LogOn,
    /// Hears what the register should show besides replies.
    pub news: Arc<dyn Fn(News) + Send + Sync>,
}

/// Something the register shows besides replies.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// About a rule.
    Rule(RuleNews),
    /// About a device.
    Effect(EffectNews),
    /// A basket that changed although nobody asked: a terminal has answered.
    Basket(Box<Reply>),
    /// The register was cut off, and is there again.
    Restarted(Box<RestartView>),
    /// It was started without what the shop added to the program: so many starts before never got ready.
    SafeMode(u32),
    /// Of an article more is wanted, or more was sold than there was.
    Stock(StockAlert),
    /// What is stored is not what was written: the manager must know.
    Alarm(Vec<String>),
    /// The disk failed, or the second one would not be there if it did; and what to do.
    Disk(String, &'static str),
}

/// A basket with what it was last priced at.
#[derive(Clone)]
struct Open {
    basket: Basket,
    rules: Arc<RuleSet>,
    priced: Arc<Priced>,
    /// The sales of which something comes back.
    sales: Sales,
}

/// The kernel's state. [`Kernel::handle`] is the whole interface.
pub struct Kernel {
    shop: Shop,
    store: Arc<dyn Store>,
    rules: Arc<Rules>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    effects: Effects,
    terminal: Terminal,
    news: Arc<dyn Fn(News) + Send + Sync>,
    open: BTreeMap<BasketId, Open>,
    shift: Option<OpenShift>,
    /// The last shift that was opened; 0 before the first.
    last_shift: u64,
    replies: Replies,
    desk: Desk,
    /// Id and digest of the command being carried out.
    command: (Arc<str>, Arc<str>),
    stock: Stock,
    told_of_second_disk: bool,
}

/// Id and digest of a command that was recorded with a basket's events.
fn command_of(event: &Event) -> Option<(Arc<str>, Arc<str>)> {
    match event {
        Event::Commanded { command_id, digest } => Some((Arc::clone(command_id), Arc::clone(digest))),
        _ => None,
    }
}

impl Kernel {
    /// Takes up where the register stopped: open baskets come back as they were.
    pub fn start(parts: Parts) -> Result<Kernel, Refusal> {
        let Parts { shop, store, rules, clock, ids, mut devices, log_on, news } = parts;
        let no_thread = |error| Refusal::CheckFailed { problem: format!("no device thread could be started: {error}") };
        let terminal = Terminal::start(devices.terminal.take()).map_err(no_thread)?;
        let has_people = !store.people().map_err(storage_failed)?.is_empty();
        let restored = store.restore().map_err(storage_failed)?;
        let effects = Effects::start(devices, {
            let news = Arc::clone(&news);
            move |effect| news(News::Effect(effect))
        })
        .map_err(no_thread)?;
        let mut kernel = Kernel {
            shop,
            store,
            rules,
            clock,
            ids,
            effects,
            terminal,
            news,
            open: BTreeMap::new(),
            shift: restored.shift,
            last_shift: restored.last_shift,
            replies: Replies::default(),
            desk: Desk::new(log_on, has_people),
            command: ("".into(), "".into()),
            stock: Stock::default(),
            told_of_second_disk: false,
        };
        for events in restored.baskets {
            let commands: Vec<(Arc<str>, Arc<str>)> = events.iter().filter_map(command_of).collect();
            // A basket that cannot be taken up keeps nobody from selling; what is stored of it stays.
            let basket = match Basket::replay(events) {
                Ok(basket) => basket,
                Err(refusal) => {
                    tracing::error!("a stored basket cannot be read and is left alone: {refusal}");
                    continue;
                }
            };
            let open = kernel.taken_up(basket);
            for (command_id, digest) in commands {
                let reply = Reply {
                    command_id: Some(command_id.to_string()),
                    basket: Some(open.basket.id()),
                    ..Reply::default()
                };
                kernel.replies.restore(command_id.to_string(), digest.to_string(), reply);
            }
            tracing::info!(basket = %open.basket.id(), lines = open.basket.lines.len(), "an open basket was restored");
            kernel.open.insert(open.basket.id(), open);
        }
        kernel.take_up_payments()?;
        Ok(kernel)
    }

    /// Carries out one command.
    pub fn handle(&mut self, envelope: Envelope) -> Reply {
        let Envelope { command_id, command } = envelope;
        self.hear_terminal();
        match self.replies.find(&command_id, &command) {
            Known::New => {}
            Known::Same(reply) => return reply.clone(),
            Known::Restored(reply) => {
                // Done before the restart: the basket as it stands now is the answer.
                let known = reply.clone();
                let now = self.get_basket(known.basket).unwrap_or_default();
                return Reply { command_id: known.command_id, basket: known.basket, ..now };
            }
            Known::Other => {
                let refusal = Refusal::CommandIdReused { command_id: command_id.clone() };
                return Reply::refused(Some(command_id), command.basket(), &refusal);
            }
        }
        let named = command.basket();
        self.command = (command_id.as_str().into(), digest(&command).into());
        // The one unwind boundary: state is replaced only after success, so what was there before is still whole.
        let waiting = self.approvals_waiting();
        let mut outcome = self.execute_caught(&command);
        if matches!(outcome, Err(Refusal::DiskFull { .. })) && self.store.make_room().is_ok_and(|made| made) {
            tracing::warn!(command_id, "the disk is full: room was made, and the command is carried out again");
            outcome = self.execute_caught(&command);
        }
        self.tell_of_second_disk();
        let reply = match outcome {
            Ok(reply) => Reply { command_id: Some(command_id.clone()), ..reply },
            Err(refusal) => {
                self.give_approvals_back(waiting);
                tracing::debug!(command_id, code = refusal.code(), "refused");
                Reply::refused(Some(command_id.clone()), named, &refusal)
            }
        };
        // A sale that could not be stored must be tried again under the same id: that refusal is not an outcome.
        let transient = reply
            .refused
            .as_ref()
            .is_some_and(|refused| ["storage_failed", "disk_full"].contains(&refused.code.as_str()));
        if !transient {
            self.replies.remember(command_id, command, reply.clone());
        }
        reply
    }

    fn execute_caught(&mut self, command: &Command) -> Result<Reply, Refusal> {
        catch_unwind(AssertUnwindSafe(|| self.execute(command))).unwrap_or_else(|_| {
            tracing::error!("a command ended in a panic and was rolled back");
            Err(Refusal::CheckFailed { problem: "the command ended unexpectedly and was rolled back.".into() })
        })
    }

    /// The baskets that are open, oldest first.
    pub fn open_baskets(&self) -> Vec<BasketId> {
        self.open.keys().copied().collect()
    }

    /// What a cashier wants to know after the register was cut off: what became of the last sale, and of the one in hand.
    pub fn restarted(&self) -> Result<RestartView, Refusal> {
        let last = self.store.restore().map_err(storage_failed)?.last;
        let payments = self.store.open_payments().map_err(storage_failed)?;
        let awaited = self.open.values().filter(|open| open.basket.awaited_payment().is_some());
        Ok(views::restart_view(
            last.as_deref(),
            self.open.values().map(|open| (&open.basket, &*open.priced)),
            payments.len() + awaited.count(),
            &self.shop,
        ))
    }

    /// What the effect thread has done so far.
    pub fn effect_counts(&self) -> Arc<EffectCounts> {
        Arc::clone(&self.effects.counts)
    }

    /// The shop's settings.
    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    /// Waits until receipts are printed and events are durable.
    pub fn finish(mut self) -> Result<(), Refusal> {
        self.effects.finish();
        // Baskets that are open are not kept on the second disk.
        if self.store.is_on_second_disk() { Ok(()) } else { self.store.flush().map_err(storage_failed) }
    }

    fn execute(&mut self, command: &Command) -> Result<Reply, Refusal> {
        self.check_disk(command)?;
        self.admit(command)?;
        match command {
            Command::OpenBasket { reference } => {
                let open = self.open_basket(reference.as_deref(), None)?;
                Ok(self.keep(open))
            }
            Command::SellItem { basket, scan, quantity, given } => {
                let quantity = quantity.map(|amount| amount.0);
                self.sell_item(*basket, scan, quantity, given.as_ref())
            }
            Command::SetQuantity { basket, line, quantity } => {
                let open = self.find(*basket)?;
                open.basket.lines_may_change()?;
                let changed = open.basket.changeable_line(*line)?;
                if changed.kind == LineKind::GiftCard {
                    let problem = format!("Line {line} is money: take it out, and enter another amount.");
                    return Err(Refusal::Malformed { problem });
                }
                let quantity = self.quantity_of_line(changed, quantity.0)?;
                self.change(open, Event::QuantitySet { line: *line, quantity })
            }
            Command::VoidLine { basket, line } => self.void_line(*basket, *line),
            Command::Undo { basket } => {
                let open = self.find(*basket)?;
                open.basket.can_undo()?;
                self.change(open, Event::Undone)
            }
            Command::PriceLines { basket } => {
                let open = self.find(*basket)?;
                let open = self.reprice(open.basket, open.rules, open.sales)?;
                Ok(self.keep(open))
            }
            Command::ReturnItem { basket, receipt, line, quantity, reason, waste } => {
                let asked = Asked { quantity: quantity.map(|amount| amount.0), reason, waste: *waste };
                self.return_item(*basket, SoldAs { number: *receipt, line: *line }, &asked)
            }
            Command::PostVoid { receipt, reason } => self.post_void(*receipt, reason),
            Command::ReturnWithoutReceipt { basket, scan, quantity, reason, waste } => {
                let asked = Asked { quantity: quantity.map(|amount| amount.0), reason, waste: *waste };
                self.return_without_receipt(*basket, scan, &asked)
            }
            Command::DiscountLine { basket, line, discount, reason } => {
                self.discount_line(*basket, *line, *discount, reason)
            }
            Command::SetPrice { basket, line, price, reason } => {
                self.set_price(*basket, *line, price.map(|amount| amount.0), reason)
            }
            Command::DiscountBasket { basket, discount, reason } => self.discount_basket(*basket, *discount, reason),
            Command::SetCustomer { basket, customer } => self.set_customer(*basket, customer.as_deref()),
            Command::AddCode { basket, code } => self.add_code(*basket, code),
            Command::RemoveCode { basket, code } => self.remove_code(*basket, code),
            Command::TakeGift { basket, offer, item } => self.take_gift(*basket, offer, item),
            Command::RedeemPoints { basket, points } => self.redeem_points(*basket, *points),
            Command::TenderCash { basket, amount } => self.tender_cash(*basket, amount.map(|amount| amount.0)),
            Command::TenderForeign { basket, currency, amount } => self.tender_foreign(*basket, currency, amount.0),
            Command::TenderCoupon { basket, amount } => self.tender(*basket, TenderKind::Coupon, amount.0),
            Command::TenderCard { basket, amount } => self.tender_card(*basket, amount.map(|amount| amount.0)),
            Command::CheckPayment { basket } => self.check_payment(*basket),
            Command::GiveUpPayment { basket } => self.give_up_payment(*basket),
            Command::LeavePayment { basket } => self.leave_payment(*basket),
            Command::ListPayments => self.list_payments(),
            Command::SellGiftCard { basket, card, amount, single_purpose: true } => {
                self.voucher(*basket, card, amount.0, false)
            }
            Command::RedeemVoucher { basket, card, amount } => self.voucher(*basket, card, amount.0, true),
            Command::SellGiftCard { basket, card, amount, single_purpose: false } => {
                self.take_for_later(*basket, TenderKind::GiftCard, card, amount.0)
            }
            Command::RefundToCredit { basket, customer } => {
                let customer = customer.as_deref().map(pos_domain::credit::holder).transpose()?;
                self.refund_to(*basket, customer.map(|customer| RefundTo::Credit(customer.into())))
            }
            Command::RefundInCash { basket } => {
                self.refund_to(*basket, Some(RefundTo::Means { means: TenderKind::Cash }))
            }
            Command::PayAccount { basket, customer, amount } => {
                self.take_for_later(*basket, TenderKind::OnAccount, customer, amount.0)
            }
            Command::TenderCredit { basket, credit, holder, amount } => {
                self.tender_credit(*basket, credit.tender(), holder, amount.map(|amount| amount.0))
            }
            Command::PlaceOrder(asked) => self.place_order(asked),
            Command::ListOrders => self.list_orders(),
            Command::TakeOrder { order, lines } => self.take_order(*order, lines),
            Command::CancelOrder { order, reason } => self.cancel_order(*order, reason),
            Command::PayDeposit { basket, order, amount } => self.deposit(*basket, *order, Some(amount.0)),
            Command::RefundDeposit { basket, order } => self.deposit(*basket, *order, None),
            Command::MoveStock(asked) => self.move_stock(asked),
            Command::ListStock { items, low } => self.list_stock(items, *low),
            Command::GetCredit { credit, holder } => self.credit_of(credit.tender(), holder),
            Command::RemoveTender { basket } => {
                let open = self.find(*basket)?;
                not_awaited(&open)?;
                match open.basket.tenders.last() {
                    None => Err(Refusal::NothingToUndo),
                    Some(Tender { payment: Some(_), .. }) => self.give_up_payment(*basket),
                    Some(_) => self.change(open, Event::TenderRemoved),
                }
            }
            Command::Complete { basket } => self.complete(*basket),
            Command::Cancel { basket } => self.cancel(*basket),
            Command::GetBasket { basket } => self.get_basket(*basket),
            Command::GetReceipt { number } => self.get_receipt(*number),
            Command::FindItems { text, limit } => {
                let limit = limit.unwrap_or(20).min(FOUND_MAX);
                let items = self.store.find_items(text, limit).map_err(storage_failed)?;
                let items = items.iter().map(|item| views::item_view(item)).collect();
                Ok(Reply { items: Some(items), ..Reply::default() })
            }
            Command::OpenShift { float, pieces } => {
                let float = float.map(|float| self.money(float.0)).transpose()?;
                self.open_shift(float, pieces)
            }
            Command::PayIn(asked) => self.move_cash(TransactionKind::PaidIn, asked),
            Command::PayOut(asked) => self.move_cash(TransactionKind::PaidOut, asked),
            Command::AddFloat(asked) => self.move_cash(TransactionKind::TenderLoan, asked),
            Command::DropToSafe(asked) => self.move_cash(TransactionKind::TenderPickup, asked),
            Command::OpenDrawer { reason } => self.open_drawer(reason),
            Command::CountTill { counts } => self.count_till(counts),
            Command::CloseShift { reason, carry } => self.close_shift(reason, *carry),
            Command::ZReport { shift } => self.z_report(*shift),
            Command::SuspendBasket { basket, note } => self.suspend_basket(*basket, note),
            Command::RecallBasket { basket } => self.recall_basket(*basket),
            Command::ListBaskets => Ok(self.list_baskets()),
            Command::LogOn(credentials) => self.log_on(credentials),
            Command::LogOff => self.log_off(),
            Command::Approve(asked) => self.approve(asked),
            Command::TimeClock(asked) => self.time_clock(asked),
            Command::SetPerson(asked) => self.set_person(asked),
            Command::ListPeople => self.list_people(),
            Command::Hours { from, to } => self.hours(*from, *to),
            Command::Exceptions { from, to } => self.exceptions(*from, *to),
            Command::Audit { from, to } => self.audit(*from, *to),
            Command::HandOverShift { carry } => self.hand_over(*carry),
            Command::TakeOverShift { handover } => self.take_over(handover),
            Command::CloseDay => self.close_day(),
            Command::ListPeriods { period, limit } => self.list_periods(*period, *limit),
            Command::XReport => self.x_report(),
            Command::TrialBalance => self.trial_balance(),
            Command::Verify => {
                let found = self.store.verify(Scope::WHOLE).map_err(storage_failed)?;
                Ok(Reply { verification: Some(views::verification_view(found)), ..Reply::default() })
            }
        }
    }

    // ------------------------------------------------------------ baskets

    fn open_basket(&mut self, reference: Option<&str>, voids: Option<ReceiptNumber>) -> Result<Open, Refusal> {
        if let Some(reference) = reference {
            if let Some(number) = self.store.number_of_reference(reference).map_err(storage_failed)? {
                return Err(Refusal::AlreadyRung { reference: reference.to_owned(), number });
            }
            let same = |open: &&Open| open.basket.opening.external_reference.as_deref() == Some(reference);
            if let Some(open) = self.open.values().find(same) {
                // The same reference is the same basket: opening it twice is opening it once.
                return Ok(open.clone());
            }
        }
        if !self.store.has_room().map_err(storage_failed)? {
            let problem = "what was kept for this day is used up".to_owned();
            return Err(Refusal::DiskFull { problem });
        }
        let at = self.clock.now();
        let now = LocalTime::at(at, self.shop.zone.clone());
        let rules = self.rules.current();
        let opening = Opening {
            id: self.ids.basket(at),
            at,
            business_date: self.shift.as_ref().map_or(now.date, |shift| shift.business_date),
            now,
            cashier: self.cashier(),
            voids,
            external_reference: reference.map(Into::into),
            rule_set: rules.hash.clone(),
        };
        let event = Event::Opened(opening.clone());
        let open = self.reprice(Basket::open(opening), rules, Sales::default())?;
        self.store.queue_events(open.basket.id(), 1, &[event]).map_err(storage_failed)?;
        Ok(open)
    }

    /// The basket named, or the only one there is.
    fn find(&self, basket: Option<BasketId>) -> Result<Open, Refusal> {
        let id = match basket {
            Some(id) => id,
            None => {
                let at_hand = self.open.values().filter(|open| open.basket.suspended.is_none());
                let mut ids = at_hand.map(|open| open.basket.id());
                match (ids.next(), ids.next()) {
                    (Some(only), None) => only,
                    (None, _) => return Err(Refusal::NoBasketOpen),
                    (Some(_), Some(_)) => {
                        let problem = "Several baskets are open: name one by \"basket\".".to_owned();
                        return Err(Refusal::Malformed { problem });
                    }
                }
            }
        };
        let open = self.open.get(&id).cloned().ok_or(Refusal::BasketNotOpen { basket: id })?;
        if open.basket.suspended.is_some() {
            return Err(Refusal::BasketSuspended { basket: id });
        }
        Ok(open)
    }

    fn change(&mut self, open: Open, event: Event) -> Result<Reply, Refusal> {
        self.change_all(open, vec![event])
    }

    /// Applies events to a copy, prices it, makes the events durable soon, and only then replaces the basket.
    fn change_all(&mut self, open: Open, mut events: Vec<Event>) -> Result<Reply, Refusal> {
        let given_before = people::given_by_hand(&open, self.shop.currency)?;
        let Open { mut basket, rules, priced, sales } = open;
        let (command_id, digest) = self.command.clone();
        let commanded = Event::Commanded { command_id, digest };
        basket.apply(commanded.clone())?;
        let commanded_version = basket.version;
        for event in &events {
            basket.apply(event.clone())?;
        }
        // Money does not change prices, and waiting does not either.
        let keeps_prices = |event: &Event| {
            use Event::{PaymentAsked, PaymentMoved, Suspended, TenderAdded, TenderRemoved};
            matches!(event, TenderAdded(_) | TenderRemoved | PaymentAsked(_) | PaymentMoved { .. } | Suspended { .. })
        };
        let (open, gifts) = match events.iter().all(keeps_prices) {
            true => (Open { basket, rules, priced, sales }, Vec::new()),
            false => {
                let had_no_price = priced.has_none();
                match self.reprice(basket.clone(), Arc::clone(&rules), Arc::clone(&sales)) {
                    Ok(open) => self.settle_gifts(open)?,
                    // Step by step it is mended, or cancelled.
                    Err(refusal) if had_no_price => {
                        (Open { basket, rules, priced: Arc::new(Priced::none_since(refusal)), sales }, Vec::new())
                    }
                    Err(refusal) => return Err(refusal),
                }
            }
        };
        let mut open = open;
        self.permit_prices(&open, given_before)?;
        self.check_unreceipted(&open.basket)?;
        check_size(&open)?;
        let approved = self.take_approvals_used().into_iter().map(Event::Approved);
        events.extend(gifts);
        for approved in approved {
            open.basket.apply(approved.clone())?;
            events.push(approved);
        }
        let id = open.basket.id();
        // Together: a command that is known without what it did would never be done.
        events.insert(0, commanded);
        self.store.queue_events(id, commanded_version, &events).map_err(storage_failed)?;
        Ok(self.keep(open))
    }

    /// A basket as it was left. Where it has no price any more, since another basket took back what this one does, say, it says
    /// so and waits for whoever mends or cancels it.
    fn taken_up(&self, basket: Basket) -> Open {
        let rules = self.rules.current();
        let sales = self.sales_of(&basket);
        let known = sales.clone().unwrap_or_default();
        let priced = sales.and_then(|sales| self.reprice(basket.clone(), Arc::clone(&rules), sales));
        priced.unwrap_or_else(|refusal| {
            tracing::warn!(basket = %basket.id(), "an open basket has no price: {refusal}");
            Open { basket, rules, priced: Arc::new(Priced::none_since(refusal)), sales: known }
        })
    }

    fn reprice(&self, basket: Basket, rules: Arc<RuleSet>, sales: Sales) -> Result<Open, Refusal> {
        let now = self.clock.now();
        let rerate = |sale: &EarlierSale, kept: &[Kept]| {
            if rules.hash != sale.sold.rule_set {
                return Err(Refusal::RulesNoLongerLoaded { number: sale.committed.number });
            }
            let kept = self.basket_of_kept(sale, kept)?;
            // What was used by this very sale is not held against it.
            let asking = Asking { shop: &self.shop, rules: &rules, now, used: &|_| Ok(Used::default()) };
            Ok(pricing::price_goods(&kept, asking)?.basket)
        };
        let used = |offer: &str| self.offer_used(&basket, offer);
        let asking = Asking { shop: &self.shop, rules: &rules, now, used: &used };
        let priced = pricing::price(&basket, asking, &sales, &rerate)?;
        for name in &priced.quarantined {
            (self.news)(News::Rule(RuleNews::Quarantined { name: name.clone() }));
        }
        Ok(Open { basket, priced: Arc::new(priced), rules: Arc::clone(&rules), sales })
    }

    /// What was used of an offer: in the books, and in the other baskets that are open.
    fn offer_used(&self, basket: &Basket, offer: &str) -> Result<Used, Refusal> {
        let customer = basket.customer.as_ref().map(|customer| &customer.id);
        let stored = self.store.offer_used(offer, customer.map(|id| &**id)).map_err(storage_failed)?;
        let others = self.open.values().filter(|open| open.basket.id() != basket.id());
        others.into_iter().try_fold(stored, |mut used, open| {
            let theirs = open.basket.customer.as_ref().map(|customer| &customer.id);
            let held = offer_use::of_decisions(&open.priced.basket.decisions, &open.priced.limited, theirs);
            for held in held.into_iter().filter(|held| &*held.offer == offer) {
                used.uses = used.uses.saturating_add(held.uses);
                used.spent = used.spent.plus(held.spent)?;
                if customer.is_some() && held.customer.as_ref() == customer {
                    used.by_customer = used.by_customer.saturating_add(held.uses);
                }
            }
            Ok(used)
        })
    }

    fn keep(&mut self, open: Open) -> Reply {
        let reply = self.basket_reply(&open);
        self.open.insert(open.basket.id(), open);
        reply
    }

    fn basket_reply(&self, open: &Open) -> Reply {
        let view = views::basket_view(&open.basket, &open.priced, &self.shop);
        Reply { basket: Some(open.basket.id()), view: Some(Arc::new(view)), ..Reply::default() }
    }

    fn get_basket(&self, basket: Option<BasketId>) -> Result<Reply, Refusal> {
        let refusal = match self.find(basket) {
            Ok(open) => return Ok(self.basket_reply(&open)),
            Err(refusal) => refusal,
        };
        // A basket that was completed is still there, as what it became.
        let Some(id) = basket else { return Err(refusal) };
        match self.committed_of(id)? {
            Some(committed) => Ok(committed_reply(&committed)),
            None => Err(refusal),
        }
    }

    fn committed_of(&self, basket: BasketId) -> Result<Option<Committed>, Refusal> {
        match self.store.number_of_basket(basket).map_err(storage_failed)? {
            Some(number) => self.store.transaction(number).map_err(storage_failed),
            None => Ok(None),
        }
    }

    // ------------------------------------------------------------ lines

    fn sell_item(
        &mut self,
        basket: Option<BasketId>,
        scan: &str,
        quantity: Option<Decimal>,
        given: Option<&Given>,
    ) -> Result<Reply, Refusal> {
        let entry = scan::parse_entry(scan)?;
        if entry.quantity.is_some() && quantity.is_some() {
            let problem = "The quantity was given twice: in the scan and beside it.".to_owned();
            return Err(Refusal::Malformed { problem });
        }
        let quantity = quantity.or(entry.quantity);
        let found = self.look_up(&entry.code)?;
        if found.quantity.is_some() && quantity.is_some() {
            let problem = "The code carries its own quantity; scan it without one.".to_owned();
            return Err(Refusal::Malformed { problem });
        }
        let Found { item, quantity: carried, price } = found;
        if item.deposit == Deposit::Itself && quantity.is_some_and(|quantity| quantity.is_sign_negative()) {
            return self.take_empties(basket, &entry.code, item, quantity.unwrap_or_default());
        }
        let (quantity, price, price_source) = match (price, given.and_then(|given| given.price)) {
            (_, Some(price)) => (self.checked_quantity(&item, quantity)?, price, PriceSource::Given),
            (Some(price), None) => {
                let quantity = piece_at_price(&item, price)?;
                (quantity, UnitPrice { value: price, per: quantity }, PriceSource::Code)
            }
            (None, None) => (self.checked_quantity(&item, quantity.or(carried))?, item.price, PriceSource::List),
        };
        let open = self.find_or_open(basket)?;
        let line = Line {
            code: entry.code.as_str().into(),
            price,
            price_source,
            attrs: given.map(|given| given.attrs.clone()).unwrap_or_default().into(),
            ..Line::new(open.basket.next_line_number(), deposits::kind_of(&item), item, quantity)
        };
        let events = self.with_deposits(line)?;
        self.change_all(open, events)
    }

    fn look_up(&self, code: &str) -> Result<Found, Refusal> {
        let by_code = |code: &str| self.store.item_by_code(code).map_err(storage_failed);
        if let Some(item) = by_code(code)? {
            return Ok(Found { item, quantity: None, price: None });
        }
        let meaning = scan::interpret(code, &self.shop.embedded_codes, |_| false)?;
        for key in &meaning.keys {
            if let Some(item) = by_code(key)? {
                return Ok(Found { item, quantity: meaning.quantity, price: meaning.price });
            }
        }
        Err(Refusal::ItemNotOnFile { code: code.to_owned() })
    }

    fn checked_quantity(&self, item: &Item, quantity: Option<Decimal>) -> Result<Quantity, Refusal> {
        let value = match quantity {
            Some(value) => value.normalize(),
            None if item.unit.is_measured() => {
                return Err(Refusal::QuantityMissing {
                    name: item.name.to_string(),
                    unit: item.unit.symbol().to_owned(),
                });
            }
            None => Decimal::ONE,
        };
        if value <= Decimal::ZERO {
            return Err(Refusal::QuantityMustBePositive { quantity: value });
        }
        if value > self.shop.quantity_max {
            return Err(Refusal::QuantityTooLarge { quantity: value, most: self.shop.quantity_max });
        }
        if item.unit == Unit::Each && value.scale() > 0 {
            return Err(Refusal::QuantityMustBeWhole { name: item.name.to_string(), quantity: value });
        }
        if value.scale() > QUANTITY_SCALE_MAX {
            let problem = format!("A quantity has at most {QUANTITY_SCALE_MAX} decimal places; {value} has more.");
            return Err(Refusal::Malformed { problem });
        }
        // A weight keeps the places it was given with: 0.500 kg prints as weighed.
        Ok(Quantity::new(if item.unit.is_measured() { quantity.unwrap_or(value) } else { value }, item.unit))
    }

    fn void_line(&mut self, basket: Option<BasketId>, line: LineNumber) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        open.basket.lines_may_change()?;
        open.basket.changeable_line(line)?;
        self.change(open, Event::LineVoided { line })
    }

    // ------------------------------------------------------------ money

    fn tender_cash(&mut self, basket: Option<BasketId>, amount: Option<Decimal>) -> Result<Reply, Refusal> {
        let amount = match amount {
            Some(amount) => amount,
            None => {
                let open = self.find(basket)?;
                let Settlement { due, due_in_cash, .. } = self.settlement(&open)?;
                self.shop.currency.to_decimal(if due.is_positive() { due_in_cash } else { due })
            }
        };
        self.tender(basket, TenderKind::Cash, amount)
    }

    fn tender_foreign(&mut self, basket: Option<BasketId>, currency: &str, amount: Decimal) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        payable(&open)?;
        let foreign = self.shop.till.foreign(currency, amount)?;
        let worth = foreign.worth(self.shop.currency)?;
        if !worth.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        if !self.settlement(&open)?.due.is_positive() {
            return Err(Refusal::NothingDue);
        }
        let tender = Tender { foreign: Some(foreign), ..Tender::new(TenderKind::Cash, worth) };
        self.change(open, Event::TenderAdded(tender))
    }

    fn tender(&mut self, basket: Option<BasketId>, kind: TenderKind, amount: Decimal) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        payable(&open)?;
        let amount = self.money(amount)?;
        let Settlement { due, due_in_cash, .. } = self.settlement(&open)?;
        if amount.is_zero() && due.is_zero() {
            // Free goods: nothing to hand over, nothing to record.
            return Ok(self.keep(open));
        }
        // Two rappen due in a country whose smallest coin is five: nothing is handed over, and that settles it.
        let rounds_away = kind == TenderKind::Cash && due_in_cash.is_zero();
        if amount.is_negative() || (amount.is_zero() && !rounds_away) {
            return Err(Refusal::TenderMustBePositive);
        }
        if !due.is_positive() {
            return Err(Refusal::NothingDue);
        }
        if !kind.gives_change() && amount > due {
            let due = self.shop.currency.to_decimal(due);
            return Err(Refusal::TenderGivesNoChange { kind: kind.to_string(), due });
        }
        self.change(open, Event::TenderAdded(Tender::new(kind, amount)))
    }

    fn settlement(&self, open: &Open) -> Result<Settlement, Refusal> {
        Ok(Settlement::of(open.priced.taken.due, &open.basket.tenders, self.shop.cash_rounding)?)
    }

    fn money(&self, amount: Decimal) -> Result<Money, Refusal> {
        money_in(self.shop.currency, amount)
    }

    fn complete(&mut self, basket: Option<BasketId>) -> Result<Reply, Refusal> {
        let open = match self.find(basket) {
            Ok(open) => open,
            Err(refusal) => {
                // Completed before: the answer is the same as then.
                let Some(committed) = basket.map(|id| self.committed_of(id)).transpose()?.flatten() else {
                    return Err(refusal);
                };
                return Ok(committed_reply(&committed));
            }
        };
        if let Some(blocked) = &open.priced.blocked {
            return Err(blocked.clone());
        }
        // Other baskets may have been completed since: what they used is no longer there.
        self.check_points(&open)?;
        self.check_unreceipted(&open.basket)?;
        self.check_vouchers(open.basket.id())?;
        let open = self.with_sales_as_they_are(open)?;
        let shift = self.shift_now();
        let refund_in_cash = self.permit_refund(&open)?;
        let lots = self.lots_of(&open)?;
        let completion = self.completion(&open, &shift, Some(&lots), refund_in_cash);
        let mut sale = Transaction::sale(&open.basket, &open.priced.basket, &open.priced.taken, completion)?;
        sale.closes_orders = self.orders_done(&open)?;
        let takes_cash = sale.tenders.iter().any(|tender| tender.kind == TenderKind::Cash);
        // Composed while the disk works, told once it has.
        let mut composed = (Reply::default(), Receipt::default());
        let committed = self.commit(sale, &shift, &mut |committed| {
            let receipt = sale_receipt(committed, &self.shop, Print::Original);
            let mut reply = committed_reply(committed);
            reply.receipt = Some(Arc::new(views::receipt_view(committed.number, 0, &receipt)));
            composed = (reply, receipt);
        })?;
        self.keep_shift(shift);
        self.open.remove(&open.basket.id());

        if takes_cash {
            self.effects.perform(Effect::OpenDrawer);
        }
        let (reply, receipt) = composed;
        self.effects.perform(Effect::Print { number: Some(committed.number), receipt });
        Ok(reply)
    }

    fn cancel(&mut self, basket: Option<BasketId>) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        let shift = self.shift_now();
        let completion = self.completion(&open, &shift, None, false);
        let cancelled = Transaction::cancelled(&open.basket, completion)?;
        let committed = self.commit(cancelled, &shift, &mut |_| {})?;
        self.keep_shift(shift);
        self.open.remove(&open.basket.id());
        Ok(committed_reply(&committed))
    }

    fn completion<'a>(
        &'a self,
        open: &'a Open,
        shift: &OpenShift,
        lots: Option<&'a LotBook>,
        refund_in_cash: bool,
    ) -> Completion<'a> {
        Completion {
            shop: &self.shop,
            shift: shift.shift,
            business_date: shift.business_date,
            at: self.clock.now(),
            extensions: &open.priced.uses,
            limited: &open.priced.limited,
            lots,
            refund_in_cash,
            approvals: self.approvals_used(),
        }
    }

    /// The shift in progress, or the one that is opened now.
    fn shift_now(&self) -> OpenShift {
        self.shift.clone().unwrap_or_else(|| self.next_shift(self.clock.now()))
    }

    /// Durable when it returns.
    fn commit(
        &self,
        mut transaction: Transaction,
        shift: &OpenShift,
        meanwhile: &mut dyn FnMut(&Arc<Committed>),
    ) -> Result<Arc<Committed>, Refusal> {
        self.value_stock(&mut transaction)?;
        let open_shift = if self.shift.is_none() { Some(shift.clone()) } else { None };
        if open_shift.is_some() {
            self.close_what_is_over(shift.opened_at, shift.business_date);
        }
        let floors = ledger::floors(&transaction.entries, self.credit_limit()?)?;
        let request = CommitRequest { transaction, open_shift, floors };
        let mut alerts = Vec::new();
        // While the disk works.
        let mut prepare = |committed: &Arc<Committed>| {
            meanwhile(committed);
            alerts = self.stock_alerts(&committed.transaction.movements);
        };
        let committed = self.store.commit(request, &mut prepare).map_err(|error| match error {
            StoreError::RunsOut { account, available } => {
                let available = self.shop.currency.to_decimal(Money::from_minor(available));
                Refusal::RunsOut { what: credit::ran_out(&account), available }
            }
            other => storage_failed(other),
        })?;
        self.follow_stock(&committed.transaction.movements);
        alerts.into_iter().for_each(|alert| (self.news)(News::Stock(alert)));
        Ok(committed)
    }

    // ------------------------------------------------------------ reading

    fn get_receipt(&mut self, number: ReceiptNumber) -> Result<Reply, Refusal> {
        let found = self.store.transaction(number).map_err(storage_failed)?;
        let committed = found.ok_or(Refusal::ReceiptNotFound { number })?;
        let copy = self.store.count_copy(number).map_err(storage_failed)?;
        let receipt = sale_receipt(&committed, &self.shop, Print::Copy(copy));
        let mut reply = committed_reply(&committed);
        reply.view = Some(Arc::new(views::explained_view(&committed)));
        reply.receipt = Some(Arc::new(views::receipt_view(number, copy, &receipt)));
        self.effects.perform(Effect::Print { number: Some(number), receipt });
        Ok(reply)
    }
}

/// An article and what its code said besides.
struct Found {
    item: Arc<Item>,
    quantity: Option<Decimal>,
    price: Option<Decimal>,
}

/// How much of an article a printed price buys: one piece, or the weight that costs this much.
fn piece_at_price(item: &Item, price: Decimal) -> Result<Quantity, Refusal> {
    if !item.unit.is_measured() || item.price.value.is_zero() {
        return Ok(Quantity::new(Decimal::ONE, item.unit));
    }
    let overflow = || Refusal::AmountTooLarge { problem: "the printed price".into() };
    let per = item.price.per.in_unit(item.unit)?;
    let value = price.checked_mul(per.value).and_then(|product| product.checked_div(item.price.value));
    let value = value.ok_or_else(overflow)?.round_dp(3);
    Ok(Quantity::new(if value.is_zero() { Decimal::ONE } else { value }, item.unit))
}

/// Refuses a basket that comes to more than any sale does.
fn check_size(open: &Open) -> Result<(), Refusal> {
    let priced = &open.priced.basket;
    let tenders = open.basket.tenders.iter().map(|tender| tender.amount);
    check_fits(
        "no basket may come to so much.",
        BASKET_MAX,
        [priced.gross, priced.total, open.priced.taken.due].into_iter().chain(tenders),
    )
}

/// Refuses amounts that no shop moves at once: the books' sums must never run out of digits, since what is in them is there
/// for good.
fn check_fits(problem: &str, most: u64, amounts: impl IntoIterator<Item = Money>) -> Result<(), Refusal> {
    let fits = |amount: Money| amount.minor().unsigned_abs() <= most;
    if amounts.into_iter().all(fits) { Ok(()) } else { Err(Refusal::AmountTooLarge { problem: problem.to_owned() }) }
}

fn float(shop: &Shop) -> Money {
    // The settings were checked when they were read; a float with a digit too many would open the till empty.
    shop.currency.exact(shop.float).unwrap_or_default()
}

fn committed_reply(committed: &Committed) -> Reply {
    Reply {
        basket: Some(committed.transaction.basket),
        number: Some(committed.number),
        view: Some(Arc::new(views::committed_view(committed))),
        ..Reply::default()
    }
}

/// An amount that a currency can say, or what is wrong with it.
fn money_in(currency: Currency, amount: Decimal) -> Result<Money, Refusal> {
    currency.exact(amount).map_err(|error| Refusal::Malformed { problem: format!("{error}.") })
}

fn storage_failed(error: StoreError) -> Refusal {
    match error {
        StoreError::AlreadyRung { reference, number } => Refusal::AlreadyRung { reference, number },
        StoreError::Failed { problem, disk_full: true } => Refusal::DiskFull { problem },
        StoreError::Failed { problem, disk_full: false } => Refusal::StorageFailed { problem: format!("{problem}.") },
        StoreError::PersonTaken => Refusal::PersonTaken,
        StoreError::RunsOut { account, available } => {
            Refusal::CheckFailed { problem: format!("account {account} holds {available} minor units.") }
        }
        StoreError::Corrupt { problem } => Refusal::CheckFailed { problem },
    }
}

/// Kept here so that every place formats amounts alike.
pub(crate) fn major(currency: Currency, amount: Money) -> Decimal {
    currency.to_decimal(amount)
}

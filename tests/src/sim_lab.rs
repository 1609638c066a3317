//! A register's life from one seed: cashiers who do what comes to mind, a terminal and a network that fail, clocks that jump,
//! power that goes away in the middle of a write, and restarts: `lab sim`.
//!
//! After each step the journal is read on and told to a ledger written from the specification alone
//! ([`pos_reference::ledger`]): its balances and stock must be the register's, numbers must have no gap, and what anybody was
//! told must be there. A life that goes wrong is lived again with fewer steps, until none can be left out.

use crate::baskets::Random;
use crate::scenario::shop_settings;
use crate::world::{World, lock};
use anyhow::Context;
use pos_api::command::{CountOf, Credit, Discount, MoveCash, MoveStock, PlaceOrder, StockLineAsked};
use pos_api::port::{AccountBalance, Scope, Store};
use pos_api::view::{BasketState, BasketView};
use pos_api::{Amount, Command, Envelope, Reply};
use pos_domain::credit::CreditRules;
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::lots::Expiry;
use pos_domain::loyalty::{Earning, Programme, Redemption, RewardKind};
use pos_domain::order::OrderKind;
use pos_domain::payment::{Direction, OfflineRules, PaymentRules, State};
use pos_domain::pricing::manual::{ManualCap, ManualRules};
use pos_domain::pricing::proposal::LineKind;
use pos_domain::returns::ReturnRules;
use pos_domain::shift::TenderResult;
use pos_domain::shop::TaxFallback;
use pos_domain::stock::{StockAct, StockActKind};
use pos_domain::tender::Foreign;
use pos_domain::till::ForeignCash;
use pos_domain::transaction::{Transaction, TransactionKind, TransactionLine};
use pos_money::{Decimal, Money, Rounding};
use pos_reference::ledger::{Happened, Ledger, Line, Tender};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Steps of a life.
const STEPS: u64 = 60;
/// Articles: three by the piece, one by weight.
const CODES: [&str; 6] = ["SOAP", "ALE", "CRIME", "2001", "COLA", "CRATE20"];
/// Gift cards, customers, registers of coupons: few, so that they meet again.
const HOLDERS: [&str; 3] = ["7001", "7002", "7003"];
const CUSTOMERS: [&str; 2] = ["K1", "K2"];

/// What was done, and what should not have been.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Lives lived.
    pub seeds: u64,
    /// Steps taken.
    pub steps: u64,
    /// What was carried out, by what.
    pub done: BTreeMap<String, u64>,
    /// Steps that were refused, by why.
    pub refused: BTreeMap<String, u64>,
    /// Times the program was started anew.
    pub restarts: u64,
    /// Times the power failed in the middle of a write.
    pub power_failures: u64,
    /// Transactions in all journals.
    pub transactions: u64,
    /// What should not have been, with the life it was found in.
    pub violations: Vec<String>,
}

/// One step: what, and the dice it is done with.
#[derive(Clone, Copy, Debug)]
struct Step {
    what: &'static str,
    a: u64,
    b: u64,
    /// The power fails after so many writes.
    power: Option<u64>,
    /// The program ends before it hears what the terminal says.
    ends: bool,
}

/// What comes to mind, and how often.
const MIND: [(&str, u64); 52] = [
    ("what follows", 90),
    ("scan", 24),
    ("quantity", 4),
    ("void", 4),
    ("undo", 2),
    ("discount", 3),
    ("customer", 4),
    ("cash", 14),
    ("foreign cash", 3),
    ("points", 5),
    ("card", 10),
    ("coupon", 3),
    ("gift-card tender", 4),
    ("store credit tender", 3),
    ("on account", 4),
    ("complete", 26),
    ("cancel", 3),
    ("remove tender", 3),
    ("check payment", 5),
    ("give up payment", 3),
    ("leave payment", 2),
    ("suspend", 3),
    ("recall", 3),
    ("return", 7),
    ("empties", 3),
    ("return without receipt", 2),
    ("credit refund", 3),
    ("post-void", 2),
    ("sell gift card", 4),
    ("pay account", 3),
    ("order", 3),
    ("take order", 3),
    ("cancel order", 1),
    ("deposit", 2),
    ("deposit back", 1),
    ("pay in", 2),
    ("pay out", 2),
    ("float", 1),
    ("safe", 1),
    ("drawer", 1),
    ("deliver", 3),
    ("count stock", 2),
    ("put right", 2),
    ("make", 1),
    ("count", 4),
    ("close shift", 4),
    ("close day", 3),
    ("hand over", 1),
    ("take over", 2),
    ("copy", 2),
    ("restart", 3),
    ("clock", 3),
];

fn life(seed: u64) -> Vec<Step> {
    let mut random = Random::new(seed);
    let all: u64 = MIND.iter().map(|(_, weight)| weight).sum();
    let step = |_| {
        let mut place = random.below(all);
        let mut what = MIND[0].0;
        for (name, weight) in MIND {
            if place < weight {
                what = name;
                break;
            }
            place -= weight;
        }
        let power = (random.below(6) == 0).then(|| random.below(2));
        Step { what, a: random.bits(), b: random.bits(), power, ends: random.below(25) == 0 }
    };
    (0..STEPS).map(step).collect()
}

/// Lives `count` lives, or only one that went wrong before. With `sabotage` a terminal that gives no answer is charged again.
pub fn run(
    count: u64,
    seed: u64,
    only: Option<u64>,
    sabotage: bool,
    progress: impl Fn(u64),
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for number in 0..count {
        let seed = only.unwrap_or_else(|| seed.wrapping_mul(1_000_003).wrapping_add(number));
        let steps = life(seed);
        outcome.seeds += 1;
        let wrong = live_or_die(seed, &steps, sabotage, &mut outcome);
        if let Some(first) = wrong.into_iter().next() {
            let least = minimised(seed, &steps, sabotage);
            let told: Vec<String> = least.iter().map(|step| format!("{} {}", step.what, step.a % 100)).collect();
            outcome.violations.push(format!("life {seed}: {first}; least: {}", told.join(", ")));
        }
        progress(number + 1);
    }
    Ok(outcome)
}

/// Leaves out what can be left out, chunks first.
fn minimised(seed: u64, steps: &[Step], sabotage: bool) -> Vec<Step> {
    let mut least = steps.to_vec();
    let mut chunk = least.len() / 2;
    while chunk > 0 {
        let mut from = 0;
        while from < least.len() {
            let mut fewer = least.clone();
            fewer.drain(from..(from + chunk).min(fewer.len()));
            if live_or_die(seed, &fewer, sabotage, &mut Outcome::default()).is_empty() {
                from += chunk;
            } else {
                least = fewer;
            }
        }
        chunk /= 2;
    }
    least
}

/// One life; a register that ends for good is what went wrong.
fn live_or_die(seed: u64, steps: &[Step], sabotage: bool, outcome: &mut Outcome) -> Vec<String> {
    live(seed, steps, sabotage, outcome).unwrap_or_else(|error| vec![format!("{error:#}")])
}

/// One life; what went wrong in it.
fn live(seed: u64, steps: &[Step], sabotage: bool, outcome: &mut Outcome) -> anyhow::Result<Vec<String>> {
    // In memory where that is to be had: what the disk does is another laboratory's.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let mut lab = Lab::open(folder.path(), seed, sabotage)?;
    for (number, step) in steps.iter().enumerate() {
        outcome.steps += 1;
        lab.step(step, outcome)?;
        lab.look(number % 10 == 9)?;
        if !lab.wrong.is_empty() {
            let told = lab.wrong.drain(..).map(|what| format!("step {number} ({}): {what}", step.what));
            return Ok(told.collect());
        }
    }
    lab.end(outcome)?;
    Ok(lab.wrong)
}

struct Lab {
    world: World,
    ledger: Ledger,
    /// The last number that was read.
    last: ReceiptNumber,
    opened: u64,
    closed: u64,
    /// Sales, total and tax by shift.
    shifts: BTreeMap<u64, (u64, i64, i64)>,
    /// What was told of each number: the basket's total.
    told: BTreeMap<ReceiptNumber, Decimal>,
    /// Baskets that were put aside, and nobody has taken up.
    aside: BTreeSet<BasketId>,
    wrong: Vec<String>,
    checked: BTreeSet<pos_domain::payment::PaymentId>,
}

impl Lab {
    fn open(folder: &Path, seed: u64, sabotage: bool) -> anyhow::Result<Lab> {
        let mut shop = shop_settings()?;
        shop.tax_fallback = Some(TaxFallback { code: "VAT".into(), rate: Decimal::new(19, 2) });
        let increment = [1, 5, 10][(seed % 3) as usize];
        shop.cash_rounding = Rounding { increment, ..Rounding::HALF_UP };
        shop.manual =
            ManualRules { roles: [("cashier".into(), ManualCap::default())].into(), ..ManualRules::default() };
        shop.returns =
            ReturnRules { no_receipt: Some(Default::default()), cash_beyond_tenders: true, ..ReturnRules::default() };
        shop.credit = CreditRules {
            gift_card_max: Some(Decimal::from(100)),
            single_purpose_class: Some("standard".into()),
            account_max: Some(Decimal::from(50)),
        };
        // As a tender or as a discount, soon over: what was earned in a life ends within it.
        let kind = if seed.is_multiple_of(2) { RewardKind::Tender } else { RewardKind::Discount };
        shop.loyalty = Some(Programme {
            id: "club".into(),
            earn: Earning {
                points: Decimal::from(3),
                pending_days: (seed % 3) as u16,
                expiry: Some(Expiry { months: (seed % 4) as u16, end_of: None }),
                ..Earning::default()
            },
            redeem: Some(Redemption { kind, points: 7, value: Decimal::ONE }),
        });
        shop.till.foreign = vec![ForeignCash { currency: "USD".parse()?, rate: Decimal::new(9_237, 4) }];
        shop.payments = PaymentRules {
            tips: false,
            offline: Some(OfflineRules {
                amount_max: Decimal::from(20),
                count_max: 3,
                sum_max: Decimal::from(40),
                age_hours_max: 24,
            }),
        };
        Ok(Lab {
            world: World::open(folder, shop, seed, sabotage)?,
            ledger: Ledger::default(),
            last: 0,
            opened: 0,
            closed: 0,
            shifts: BTreeMap::new(),
            told: BTreeMap::new(),
            aside: BTreeSet::new(),
            wrong: Vec::new(),
            checked: BTreeSet::new(),
        })
    }

    fn ask(&mut self, command: Command) -> anyhow::Result<Reply> {
        self.world.call(command, false)
    }

    /// Baskets that are open, and whether they are put aside.
    fn baskets(&mut self) -> anyhow::Result<Vec<(BasketId, bool)>> {
        let listed = self.ask(Command::ListBaskets)?.baskets.unwrap_or_default();
        let one = |view: pos_api::view::OpenBasketView| Some((view.id?, view.state == BasketState::Suspended));
        Ok(listed.into_iter().filter_map(one).collect())
    }

    fn step(&mut self, step: &Step, outcome: &mut Outcome) -> anyhow::Result<()> {
        lock(&self.world.plan).healthy = false;
        let listed = self.baskets()?;
        let at_hand = listed.iter().find(|(_, aside)| !aside).map(|(id, _)| *id);
        let view = match at_hand {
            Some(id) => self.ask(Command::GetBasket { basket: Some(id) })?.view,
            None => None,
        };
        if let Some(writes) = step.power {
            self.world.store.fail_after(writes);
        }
        let Some(command) = self.command(step, at_hand, view.as_deref(), &listed)? else {
            match step.what {
                "restart" => self.world.restart()?,
                _ => self.turn_the_clock(step),
            }
            return Ok(());
        };
        if let Command::RecallBasket { basket } | Command::Cancel { basket: Some(basket) } = &command {
            self.aside.remove(basket);
        }
        let envelope = Envelope { command_id: format!("s{}-{}", step.a, step.b), command };
        let failures = self.world.power_failures;
        let mut reply = self.world.send(envelope.clone(), step.ends)?;
        let has_failed = self.world.power_failures > failures;
        if has_failed && step.b.is_multiple_of(2) {
            // Whoever does not know whether it was done sends it again: it is done once.
            reply = self.world.send(envelope, false)?;
        }
        self.note(step.what, &reply, has_failed, outcome);
        Ok(())
    }

    fn note(&mut self, what: &str, reply: &Reply, has_failed: bool, outcome: &mut Outcome) {
        match &reply.refused {
            Some(refused) => {
                *outcome.refused.entry(refused.code.clone()).or_default() += 1;
                let by_power = has_failed && (refused.code == "storage_failed" || refused.code == "check_failed");
                if matches!(refused.code.as_str(), "check_failed" | "storage_failed") && !by_power {
                    self.wrong.push(format!("{}: {}", refused.code, refused.message));
                }
            }
            None => {
                *outcome.done.entry(what.to_owned()).or_default() += 1;
                if let (Some(number), Some(view)) = (reply.number, &reply.view) {
                    self.told.insert(number, view.total);
                }
                if let (Some(basket), "suspend", Some(_)) = (reply.basket, what, &reply.view) {
                    self.aside.insert(basket);
                }
            }
        }
    }

    /// What the step means here and now; nothing: it is no command.
    fn command(
        &mut self,
        step: &Step,
        basket: Option<BasketId>,
        view: Option<&BasketView>,
        listed: &[(BasketId, bool)],
    ) -> anyhow::Result<Option<Command>> {
        let Step { what, a, b, .. } = *step;
        // Most of the time people do what follows: ring up, take money, complete.
        let what = match (what, view) {
            ("what follows", None) => "scan",
            ("what follows", Some(view)) if view.lines.iter().all(|line| line.voided) => "scan",
            ("what follows", Some(view)) if view.payments.iter().any(|payment| payment.awaited) => "check payment",
            ("what follows", Some(view)) if view.due > Decimal::ZERO => {
                ["scan", "cash", "cash", "card", "card", "gift-card tender", "on account"][(a % 7) as usize]
            }
            ("what follows", Some(view)) => {
                let owed = view.payouts.iter().any(|payout| payout.kind == "card");
                if owed && b % 3 != 0 { "card" } else { "complete" }
            }
            (other, _) => other,
        };
        let small = |dice: u64, most: u64| i64::try_from(dice % most).unwrap_or_default();
        let amount = Amount(Decimal::new(small(a, 4_000) + 1, 2));
        let cash = |most: u64| MoveCash {
            amount: Some(Amount(Decimal::new(small(a, most) + 1, 2))),
            pieces: Vec::new(),
            reason: if b % 2 == 0 { "change".into() } else { "stamps".into() },
            note: String::new(),
        };
        let last = self.last.max(1);
        let line = u32::try_from(b % 4)? + 1;
        let due = view.map_or(Decimal::ZERO, |view| view.due);
        let exactly = b % 3 != 0;
        Ok(Some(match what {
            "scan" => {
                let scan = CODES[(a % 6) as usize];
                let quantity = match scan {
                    "2001" => Some(Amount(Decimal::new(small(b, 3_000) + 1, 3))),
                    _ => Some(Amount(Decimal::from(small(b, 4) + 1))),
                };
                Command::SellItem { basket, scan: scan.to_owned(), quantity, given: None }
            }
            "quantity" => Command::SetQuantity { basket, line, quantity: Amount(Decimal::from(small(a, 5) + 1)) },
            "void" => Command::VoidLine { basket, line },
            "undo" => Command::Undo { basket },
            "discount" => {
                let discount = Some(Discount::Rate(Amount(Decimal::new(small(a, 60), 2))));
                Command::DiscountLine { basket, line, discount, reason: "damaged".into() }
            }
            "customer" => {
                let customer = Some(CUSTOMERS[(a % 2) as usize].to_owned());
                Command::SetCustomer { basket, customer }
            }
            "cash" => {
                let over = Amount((due + Decimal::from(small(a, 30))).max(Decimal::new(1, 2)));
                Command::TenderCash { basket, amount: (!exactly).then_some(over) }
            }
            "card" => {
                let part = Amount((due / Decimal::TWO).round_dp(2));
                Command::TenderCard { basket, amount: (!exactly).then_some(part) }
            }
            "coupon" => Command::TenderCoupon { basket, amount: Amount((due / Decimal::from(3)).round_dp(2)) },
            "gift-card tender" | "store credit tender" | "on account" => {
                let (credit, holder) = match what {
                    "gift-card tender" => (Credit::GiftCard, HOLDERS[(a % 3) as usize]),
                    "on account" => (Credit::OnAccount, CUSTOMERS[(a % 2) as usize]),
                    _ => (Credit::StoreCredit, CUSTOMERS[(a % 2) as usize]),
                };
                Command::TenderCredit { basket, credit, holder: holder.to_owned(), amount: None }
            }
            "complete" => Command::Complete { basket },
            "cancel" => Command::Cancel { basket },
            "foreign cash" => Command::TenderForeign { basket, currency: "USD".to_owned(), amount },
            "points" => {
                let points = if a % 3 == 0 { Some(small(b, 60)) } else { None };
                Command::RedeemPoints { basket, points }
            }
            "remove tender" => Command::RemoveTender { basket },
            "check payment" => Command::CheckPayment { basket },
            "give up payment" => Command::GiveUpPayment { basket },
            "leave payment" => Command::LeavePayment { basket },
            "suspend" => Command::SuspendBasket { basket, note: "later".into() },
            "recall" => match listed.iter().find(|(_, aside)| *aside) {
                Some((basket, _)) => Command::RecallBasket { basket: *basket },
                None => Command::ListBaskets,
            },
            "return" => Command::ReturnItem {
                basket,
                receipt: a % last + 1,
                line,
                quantity: (b % 2 == 0).then_some(Amount(Decimal::ONE)),
                reason: "returned".into(),
                waste: b % 5 == 0,
            },
            "empties" => {
                let scan = ["PFAND", "BOTTLE", "CRATE"][(a % 3) as usize].to_owned();
                let quantity = Some(Amount(Decimal::from(-small(b, 6) - 1)));
                Command::SellItem { basket, scan, quantity, given: None }
            }
            "credit refund" => {
                let customer = [None, Some(CUSTOMERS[0]), Some(CUSTOMERS[1])][(a % 3) as usize];
                match b % 3 {
                    0 => Command::RefundInCash { basket },
                    _ => Command::RefundToCredit { basket, customer: customer.map(str::to_owned) },
                }
            }
            "return without receipt" => Command::ReturnWithoutReceipt {
                basket,
                scan: CODES[(a % 3) as usize].to_owned(),
                quantity: None,
                reason: "returned".into(),
                waste: b % 5 == 0,
            },
            "post-void" => Command::PostVoid { receipt: a % last + 1, reason: "wrong".into() },
            "sell gift card" => {
                let card = HOLDERS[(b % 3) as usize].to_owned();
                match a % 4 {
                    0 => Command::SellGiftCard { basket, card, amount, single_purpose: true },
                    1 => Command::RedeemVoucher { basket, card, amount },
                    _ => Command::SellGiftCard { basket, card, amount, single_purpose: false },
                }
            }
            "pay account" => Command::PayAccount { basket, customer: CUSTOMERS[(b % 2) as usize].to_owned(), amount },
            "order" => {
                let kind = [OrderKind::Quote, OrderKind::Order, OrderKind::LayAway][(a % 3) as usize];
                Command::PlaceOrder(PlaceOrder { basket, kind, due: None, note: String::new() })
            }
            "take order" | "cancel order" | "deposit" | "deposit back" => {
                let open = self.ask(Command::ListOrders)?.orders.unwrap_or_default();
                let Some(order) = open.get((b as usize) % open.len().max(1)).map(|order| order.number) else {
                    return Ok(Some(Command::ListOrders));
                };
                match what {
                    "take order" => Command::TakeOrder { order, lines: Vec::new() },
                    "cancel order" => Command::CancelOrder { order, reason: "nobody came".into() },
                    "deposit" => Command::PayDeposit { basket, order, amount },
                    _ => Command::RefundDeposit { basket, order },
                }
            }
            "deliver" | "count stock" | "put right" | "make" => stocked(what, a, b),
            "pay in" => Command::PayIn(cash(5_000)),
            "pay out" => Command::PayOut(cash(2_000)),
            "float" => Command::AddFloat(cash(5_000)),
            "safe" => Command::DropToSafe(cash(5_000)),
            "drawer" => Command::OpenDrawer { reason: "change".into() },
            "count" => {
                let in_till = self.ledger.accounts.get("till:cash").copied().unwrap_or_default();
                let wrong = if exactly { 0 } else { small(a, 300) - 150 };
                let found = Decimal::new(i64::try_from(in_till)? + wrong, 2).max(Decimal::ZERO);
                let coupons = self.ledger.accounts.get("till:coupon").copied().unwrap_or_default();
                let dollars = self.ledger.accounts.get("till:cash:USD").copied().unwrap_or_default();
                let dollars = Decimal::new(i64::try_from(dollars)? + wrong, 2).max(Decimal::ZERO);
                let count = |tender: Option<&str>, currency: Option<&str>, amount| CountOf {
                    tender: tender.map(str::to_owned),
                    currency: currency.map(str::to_owned),
                    amount: Some(Amount(amount)),
                    pieces: Vec::new(),
                };
                let coupons = Decimal::new(i64::try_from(coupons)?, 2).max(Decimal::ZERO);
                let counts = vec![
                    count(None, None, found),
                    count(Some("coupon"), None, coupons),
                    count(None, Some("USD"), dollars),
                ];
                Command::CountTill { counts }
            }
            "close day" => Command::CloseDay,
            "hand over" => Command::HandOverShift { carry: b % 2 == 0 },
            "take over" => match self.world.inner.handover(a % self.opened.max(1) + 1)? {
                Some(handover) => Command::TakeOverShift { handover },
                None => Command::CloseDay,
            },
            "close shift" => Command::CloseShift { reason: "nobody knows".into(), carry: b % 2 == 0 },
            "copy" => Command::GetReceipt { number: a % last + 1 },
            _ => return Ok(None),
        }))
    }

    /// Minutes, a day, a change of summer time, a year, and now and then backwards.
    fn turn_the_clock(&mut self, step: &Step) {
        let hours = [0, 1, 9, 24, 24 * 27, 24 * 365][(step.a % 6) as usize];
        let back = step.b.is_multiple_of(5);
        let ms = (hours * 3_600_000 + 61_000) * if back { -1 } else { 1 };
        self.world.clock.advance_ms(ms);
    }

    /// Reads the journal on, and holds the books against the reference.
    fn look(&mut self, whole: bool) -> anyhow::Result<()> {
        // Bookkeeping happens with the power on.
        self.world.store.fail_after(u64::MAX);
        while let Some(committed) = self.world.inner.transaction(self.last + 1)? {
            self.last += 1;
            let transaction = &committed.transaction;
            self.shift_is(transaction.shift)?;
            for happened in happened(transaction, self)? {
                self.ledger.take(&happened);
            }
            let kind = transaction.kind;
            if kind.is_retail() && kind != TransactionKind::Cancelled {
                let lines = transaction.lines.iter().filter(|line| !line.voided);
                let (paid, tax) = lines.fold((0, 0), |(paid, tax), line| {
                    // A container deposit is no turnover; its tax is tax.
                    let turnover = if line.kind == LineKind::Deposit { 0 } else { line.paid.minor() };
                    (paid + turnover, tax + line.taxes.iter().map(|tax| tax.amount.minor()).sum::<i64>())
                });
                let sold = matches!(kind, TransactionKind::Sale | TransactionKind::Exchange);
                let figures = self.shifts.entry(transaction.shift).or_default();
                *figures = (figures.0 + u64::from(sold), figures.1 + paid, figures.2 + tax);
            }
            if transaction.shift != self.opened {
                self.wrong.push(format!("number {} is of shift {}, not {}", self.last, transaction.shift, self.opened));
            }
        }
        if self.world.inner.transaction(self.last + 2)?.is_some() {
            self.wrong.push(format!("number {} is missing", self.last + 1));
        }
        if let Some(shift) = self.world.inner.restore()?.shift {
            self.shift_is(shift.shift)?;
        }
        self.close_shifts()?;
        self.compare()?;
        for (number, total) in std::mem::take(&mut self.told) {
            let stored = self.world.inner.transaction(number)?;
            let currency = self.world.shop.currency;
            let stored = stored.map(|committed| currency.to_decimal(committed.transaction.total));
            if stored != Some(total) {
                self.wrong.push(format!("number {number} was told over {total}; on file is {stored:?}"));
            }
        }
        let listed: BTreeSet<BasketId> = self.baskets()?.into_iter().map(|(id, _)| id).collect();
        if let Some(lost) = self.aside.iter().find(|basket| !listed.contains(basket)) {
            self.wrong.push(format!("basket {lost}, put aside, is gone"));
        }
        if whole {
            self.wrong.extend(self.world.inner.verify(Scope::WHOLE)?.problems);
        }
        Ok(())
    }

    /// A shift has begun, if it is a new one: whatever came before it is closed.
    fn shift_is(&mut self, shift: u64) -> anyhow::Result<()> {
        if shift <= self.opened {
            return Ok(());
        }
        self.close_shifts()?;
        self.opened = shift;
        let closed = self.world.inner.closed_shift(shift)?.map(|closed| closed.closed.totals);
        let totals = closed.or(self.world.inner.shift_totals()?).context("a shift is open or closed")?;
        self.ledger.take(&Happened::Opened { float: totals.float.minor().into() });
        let held = totals.carried.iter().map(|(name, amount)| (name.to_string(), amount.minor().into()));
        self.ledger.take(&Happened::TakenOver { held: held.collect() });
        Ok(())
    }

    /// Takes in what was closed of the shifts that have begun, and holds their Z reports against their transactions.
    fn close_shifts(&mut self) -> anyhow::Result<()> {
        while self.closed < self.opened
            && let Some(closed) = self.world.inner.closed_shift(self.closed + 1)?
        {
            self.closed += 1;
            let closed = closed.closed;
            let found = (closed.totals.sales, closed.totals.total.minor(), closed.totals.tax.minor());
            let expected = self.shifts.get(&self.closed).copied().unwrap_or_default();
            if found != expected {
                self.wrong.push(format!("the Z report says {found:?}, its transactions {expected:?}"));
            }
            let name = |one: &TenderResult| one.currency.map_or_else(|| one.tender.code().to_owned(), Foreign::name);
            let counted = closed.tenders.iter().map(|one| (name(one), one.counted.minor().into()));
            self.ledger.take(&match closed.handed_over {
                true => Happened::HandedOver,
                false => Happened::Closed { counted: counted.collect() },
            });
        }
        Ok(())
    }

    fn compare(&mut self) -> anyhow::Result<()> {
        let found = self.world.inner.trial_balance()?;
        let mut accounts = BTreeMap::new();
        // Points are held against their lots by the verification.
        let is_money =
            |account: &&AccountBalance| account.unit.as_deref().is_none_or(|unit| !unit.starts_with("points:"));
        for account in found.accounts.iter().filter(is_money) {
            accounts.insert(account.account.to_string(), i128::from(account.debit.minus(account.credit)?.minor()));
        }
        let mut stock = BTreeMap::new();
        for (item, quantity) in &found.stock {
            stock.insert((item.to_string(), quantity.unit.symbol().to_owned()), millionths(quantity.value)?);
        }
        self.wrong.extend(self.ledger.differences(&accounts, &stock));
        for (item, _) in &found.stock {
            for (unit, level) in self.world.inner.stock_of(item)? {
                if level.on_hand.is_zero() && level.value.is_some_and(|value| !value.is_zero()) {
                    self.wrong.push(format!("no {item} is there ({unit:?}), and it is worth {:?}", level.value));
                }
            }
        }
        let most = 5_000;
        for (account, owed) in accounts.iter().filter(|(account, _)| account.starts_with("receivable:")) {
            if *owed > most {
                self.wrong.push(format!("{account} owes {owed}, and may owe {most}"));
            }
        }
        Ok(())
    }

    /// Everything settles, the last baskets are given up, and the bank is asked.
    fn end(&mut self, outcome: &mut Outcome) -> anyhow::Result<()> {
        // What became of followed payments is part of a shift.
        self.ask(Command::OpenShift { float: None, pieces: Vec::new() })?;
        self.world.settle()?;
        for round in 0..8 {
            for (id, aside) in self.baskets()? {
                let basket = Some(id);
                if aside {
                    self.aside.remove(&id);
                    self.ask(Command::RecallBasket { basket: id })?;
                }
                if round > 0 {
                    self.ask(Command::CheckPayment { basket })?;
                    self.ask(Command::GiveUpPayment { basket })?;
                }
                self.ask(Command::Cancel { basket })?;
            }
        }
        self.world.settle()?;
        self.look(true)?;
        if let Some((id, _)) = self.baskets()?.first() {
            self.wrong.push(format!("basket {id} cannot be brought to an end"));
        }
        let mut ended = BTreeMap::new();
        self.wrong.extend(self.world.bank_against_journal(&mut self.checked, &mut ended)?);
        self.wrong.extend(self.world.bank_against_books()?);
        let mut journal = Vec::new();
        self.world.inner.export_journal(&mut journal)?;
        let problems = pos_verify::verify(journal.as_slice(), &pos_verify::Trust::default())?.problems;
        self.wrong.extend(problems.into_iter().map(|problem| format!("the journal outside: {}", problem.what)));
        outcome.restarts += self.world.restarts;
        outcome.power_failures += self.world.power_failures;
        outcome.transactions += self.last;
        Ok(())
    }
}

/// Goods that move without a sale. Never by weight in pieces: the last article is weighed.
fn stocked(what: &str, a: u64, b: u64) -> Command {
    let small = |dice: u64, most: u64| (dice % most) as i64;
    let item = (a % 4) as usize;
    let places = if item == 3 { 2 } else { 0 };
    let quantity = |most: u64| Decimal::new(small(b, most) + 1, places);
    let line = |item: usize, quantity: Decimal, cost: Option<Decimal>| StockLineAsked {
        item: CODES[item].to_owned(),
        quantity: Amount(quantity),
        cost: cost.map(Amount),
    };
    let (kind, lines) = match what {
        "deliver" => {
            // What comes without a price is worth what is there, or nothing.
            let cost = (!b.is_multiple_of(7)).then(|| Decimal::new(small(a, 4_000), 2));
            (StockActKind::Receipt, vec![line(item, quantity(40), cost)])
        }
        "count stock" => (StockActKind::Count, vec![line(item, quantity(20) - Decimal::new(1, places), None)]),
        "put right" => {
            let off = if b.is_multiple_of(3) { Decimal::ONE } else { -Decimal::ONE };
            (StockActKind::Adjustment, vec![line(item, quantity(5) * off, None)])
        }
        _ => {
            (StockActKind::Production, vec![line((item + 1) % 3, Decimal::from(3), None), line(3, -quantity(50), None)])
        }
    };
    let reason = if kind == StockActKind::Adjustment { "broken" } else { "" };
    Command::MoveStock(MoveStock {
        kind,
        location: String::new(),
        to: None,
        supplier: if kind == StockActKind::Receipt { "Farm".into() } else { String::new() },
        reference: String::new(),
        reason: reason.into(),
        lines,
    })
}

/// What was done to the stock, by its lines.
fn stock_of(act: &StockAct) -> anyhow::Result<Happened> {
    let mut goods = Vec::new();
    for line in &act.lines {
        let unit = line.quantity.unit.symbol().to_owned();
        goods.push((line.item.to_string(), unit, millionths(line.quantity.value)?));
    }
    Ok(match act.kind {
        StockActKind::Receipt => {
            let cost = act.lines.iter().filter_map(|line| line.cost).map(|cost| i128::from(cost.minor())).sum();
            Happened::Delivered { goods, supplier: act.supplier.to_string(), cost }
        }
        StockActKind::Count => Happened::Found { goods },
        _ => Happened::PutRight { goods },
    })
}

fn millionths(value: Decimal) -> anyhow::Result<i128> {
    let scaled = (value * Decimal::from(1_000_000)).normalize();
    Some(scaled.mantissa()).filter(|_| scaled.scale() == 0).context("a quantity has too many places")
}

/// A transaction in the reference's words: its lines, tenders and what was done to the till, never its entries.
fn happened(transaction: &Transaction, lab: &Lab) -> anyhow::Result<Vec<Happened>> {
    let mut all = Vec::new();
    let minor = |amount: Money| i128::from(amount.minor());
    let signed = |direction: Direction, amount: Money| match direction {
        Direction::Charge => minor(amount),
        Direction::Refund => -minor(amount),
    };
    if let Some(act) = &transaction.till {
        let (amount, other) = match transaction.kind {
            TransactionKind::PaidIn => (minor(act.amount), format!("paid-in:{}", act.reason)),
            TransactionKind::PaidOut => (-minor(act.amount), format!("paid-out:{}", act.reason)),
            TransactionKind::TenderLoan => (minor(act.amount), "safe".to_owned()),
            TransactionKind::TenderPickup => (-minor(act.amount), "safe".to_owned()),
            _ => return Ok(all),
        };
        all.push(Happened::Moved { amount, other });
        return Ok(all);
    }
    if let Some(act) = &transaction.stock {
        all.push(stock_of(act)?);
        return Ok(all);
    }
    if transaction.kind == TransactionKind::Payment {
        for payment in &transaction.payments {
            let direction = payment.intent.direction;
            match &payment.state {
                State::Kept(found) => all.push(Happened::Kept { amount: signed(direction, found.taken()?) }),
                // Only what was approved offline is heard of again.
                State::Approved(found) => {
                    all.push(Happened::Forwarded { amount: minor(found.taken()?), promised: true });
                }
                State::Refused { authorisation, .. } => {
                    all.push(Happened::Forwarded { amount: minor(authorisation.taken()?), promised: false });
                }
                _ => {}
            }
        }
        return Ok(all);
    }
    for payment in &transaction.payments {
        if let State::Kept(found) = &payment.state {
            all.push(Happened::Kept { amount: signed(payment.intent.direction, found.taken()?) });
        }
    }
    use TransactionKind::{Cancelled, Order, OrderClosed};
    if matches!(transaction.kind, Cancelled | Order | OrderClosed) {
        return Ok(all);
    }
    let mut lines = Vec::new();
    for line in transaction.lines.iter().filter(|line| !line.voided) {
        lines.push(line_of(line, transaction, lab)?);
    }
    let offline = |number: Option<u32>| {
        let payment = transaction.payments.iter().find(|payment| Some(payment.intent.id.number) == number);
        payment.and_then(|payment| payment.approved()).is_some_and(|found| found.offline)
    };
    let tenders = transaction.tenders.iter().map(|tender| Tender {
        kind: tender.kind.code().to_owned(),
        holder: tender.holder.as_deref().unwrap_or_default().to_owned(),
        amount: minor(tender.amount),
        offline: offline(tender.payment),
        foreign: tender.foreign.map(|notes| (notes.currency.to_string(), minor(notes.amount))),
    });
    all.push(Happened::Traded {
        lines,
        tenders: tenders.collect(),
        change: minor(transaction.change),
        rounding: minor(transaction.rounding),
    });
    Ok(all)
}

fn line_of(line: &TransactionLine, transaction: &Transaction, lab: &Lab) -> anyhow::Result<Line> {
    // What comes back moves stock unless it is thrown away, or what was sold moved none.
    let sold = line.origin.as_ref().and_then(|origin| origin.sold);
    let sold_kind = match sold {
        Some(sold) => {
            let sale = lab.world.inner.transaction(sold.number)?.context("the sale is gone")?;
            let line = sale.transaction.lines.into_iter().find(|known| known.number == sold.line);
            line.context("the sold line is gone")?.kind
        }
        None => LineKind::Sale,
    };
    let wasted = match sold {
        Some(sold) => {
            let refund = transaction.refunds.iter().find(|refund| refund.number == sold.number);
            let back = refund.and_then(|refund| refund.refund.lines.iter().find(|back| back.line == sold.line));
            back.map_or(Decimal::ZERO, |back| back.wasted)
        }
        None if line.origin.as_ref().is_some_and(|origin| origin.wasted) => -line.quantity.value,
        None => Decimal::ZERO,
    };
    Ok(Line {
        department: line.department.to_string(),
        item: line.item.to_string(),
        unit: line.quantity.unit.symbol().to_owned(),
        quantity: millionths(line.quantity.value + wasted)?,
        is_deposit: line.kind == LineKind::Deposit,
        paid: line.paid.minor().into(),
        taxes: line.taxes.iter().map(|tax| (tax.code.to_string(), tax.amount.minor().into())).collect(),
        moves_stock: matches!(line.kind, LineKind::Sale | LineKind::Return) && sold_kind == LineKind::Sale,
    })
}

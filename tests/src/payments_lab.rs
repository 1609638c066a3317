//! Schedules of payments: terminals that lose, delay and repeat, cashiers who lose patience, and power that fails, against a
//! bank that remembers: `lab payments`.
//!
//! After each schedule everything is let settle, and then bank and journal must tell the same story of each payment: what
//! the bank took belongs to exactly one transaction, or is owed back; what it did not take is in none.

use crate::baskets::Random;
use crate::power::PoweredStore;
use crate::scenario::shop_settings;
use crate::shop::{items_of, root};
use anyhow::Context;
use pos_api::port::{Clock, Devices, Ids, Store, TerminalRequest};
use pos_api::view::{BasketState, BasketView};
use pos_api::{Amount, Command, Envelope, Reply};
use pos_devices::terminal::{Fault, SimulatedTerminal, Simulator};
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::payment::{OfflineRules, Payment, PaymentId, PaymentRules, State};
use pos_domain::shop::{Shop, TaxFallback};
use pos_domain::time::Moment;
use pos_domain::transaction::TransactionKind;
use pos_kernel::clock::ManualClock;
use pos_kernel::dispatch::LogOn;
use pos_kernel::{Kernel, Parts, Rules};
use pos_money::{Decimal, Money};
use pos_storage::{SqliteStore, StoreOptions};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Schedules in one shop, before another one opens.
const SCHEDULES_A_SHOP: u64 = 1_000;
/// Steps after which nothing goes wrong any more, so that a schedule ends.
const STEPS_TROUBLED: u32 = 25;
/// Steps after which a schedule hangs.
const STEPS_MAX: u32 = 120;
/// Articles that are sold.
const CODES: [&str; 4] = ["SOAP", "ALE", "NOVEL", "CRIME"];

/// What was done, and what should not have been.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Shops opened.
    pub shops: u64,
    /// Payments the bank heard of.
    pub payments: u64,
    /// Questions that met a fault, by fault.
    pub faults: BTreeMap<String, u64>,
    /// Payments by the state they ended in.
    pub ended: BTreeMap<String, u64>,
    /// Times the power failed in the middle of a write.
    pub power_failures: u64,
    /// Times the program was started anew.
    pub restarts: u64,
    /// Payments baskets went on without.
    pub left: u64,
    /// Sales, returns and voids that were completed.
    pub completed: u64,
    /// What should not have been.
    pub violations: Vec<String>,
}

/// Plays `count` schedules. With `sabotage` the terminal is asked again under another id when it gives no answer.
pub fn run(count: u64, seed: u64, sabotage: bool, progress: impl Fn(u64)) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut done = 0;
    while done < count {
        let here = (count - done).min(SCHEDULES_A_SHOP);
        outcome.shops += 1;
        let folder = tempfile::tempdir()?;
        let mut lab = Lab::open(folder.path(), seed.wrapping_add(outcome.shops), sabotage, outcome)?;
        for _ in 0..here {
            lab.schedule()?;
            done += 1;
            progress(done);
        }
        outcome = lab.close()?;
    }
    Ok(outcome)
}

/// Ids that are the same in every run.
#[derive(Default)]
struct CountedIds(Mutex<u64>);

impl Ids for CountedIds {
    fn basket(&self, _: Moment) -> BasketId {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        let text = format!("00000000-0000-7000-8000-{:012x}", *next);
        // Hexadecimal digits at their places are an id.
        BasketId(text.parse().unwrap_or_default())
    }
}

/// What goes wrong next, and what was seen of it.
struct Plan {
    random: Random,
    healthy: bool,
    seen: BTreeMap<String, u64>,
    wrong: Vec<String>,
}

impl Plan {
    fn next(&mut self, request: &TerminalRequest) -> Fault {
        if self.healthy {
            return Fault::None;
        }
        use Fault::{
            ApprovesPart, ArrivesLate, ArrivesTwice, CannotReverse, Declines, GoesOffline, LosesAnswer, LosesQuestion,
        };
        let late = ArrivesLate(1 + self.random.below(4) as u32);
        let fault = match (request, self.random.below(20)) {
            (TerminalRequest::Pay(_), 0..=2) => LosesAnswer,
            (TerminalRequest::Pay(_), 3..=4) => LosesQuestion,
            (TerminalRequest::Pay(_), 5..=6) => late,
            (TerminalRequest::Pay(_), 7) => Declines,
            (TerminalRequest::Pay(_), 8) => ApprovesPart,
            (TerminalRequest::Pay(_), 9) => Fault::TakesTooMuch,
            (TerminalRequest::Pay(_), 10) => ArrivesTwice,
            (TerminalRequest::Pay(_), 11..=12) => GoesOffline,
            (TerminalRequest::Status(_), 0..=6) => LosesAnswer,
            (TerminalRequest::Status(_), 7..=8) => LosesQuestion,
            (TerminalRequest::Status(_), 9..=10) => Declines,
            (TerminalRequest::Reverse(_), 0..=2) => LosesAnswer,
            (TerminalRequest::Reverse(_), 3..=4) => LosesQuestion,
            (TerminalRequest::Reverse(_), 5) => late,
            (TerminalRequest::Reverse(_), 6) => CannotReverse,
            _ => Fault::None,
        };
        if fault != Fault::None {
            let name = format!("{fault:?}").split('(').next().unwrap_or_default().to_owned();
            *self.seen.entry(name).or_default() += 1;
        }
        fault
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Lab {
    shop: Shop,
    inner: Arc<SqliteStore>,
    store: Arc<PoweredStore>,
    rules: Arc<Rules>,
    clock: Arc<ManualClock>,
    ids: Arc<CountedIds>,
    bank: Simulator,
    plan: Arc<Mutex<Plan>>,
    sabotage: bool,
    /// None only while the program is being started anew.
    kernel: Option<Kernel>,
    random: Random,
    seed: u64,
    schedules: u64,
    commands: u64,
    /// Receipts paid by card of which something may come back, with how often.
    sold: Vec<ReceiptNumber>,
    checked: BTreeSet<PaymentId>,
    outcome: Outcome,
}

impl Lab {
    fn open(folder: &std::path::Path, seed: u64, sabotage: bool, outcome: Outcome) -> anyhow::Result<Lab> {
        let mut shop = shop_settings()?;
        shop.tax_fallback = Some(TaxFallback { code: "VAT".into(), rate: Decimal::new(19, 2) });
        shop.payments = PaymentRules {
            tips: false,
            offline: Some(OfflineRules {
                amount_max: Decimal::from(20),
                count_max: 3,
                sum_max: Decimal::from(40),
                age_hours_max: 24,
            }),
        };
        let inner = Arc::new(SqliteStore::open(&folder.join("pos.db"), StoreOptions::new(shop.currency))?);
        inner.upsert_items(items_of(&root().join("tests/suite/fixture/catalog.csv"), shop.currency)?)?;
        let store = Arc::new(PoweredStore::new(Arc::clone(&inner), seed));
        let clock = Arc::new(ManualClock::new(&shop.zone, "2026-03-02T10:00:00".parse()?)?);
        let random = Random::new(seed);
        let plan =
            Plan { random: Random::new(seed ^ 0x5eed), healthy: false, seen: BTreeMap::new(), wrong: Vec::new() };
        let (plan, bank, ids) = (Arc::new(Mutex::new(plan)), Simulator::default(), Arc::<CountedIds>::default());
        let rules = Rules::fixed(Vec::new());
        let kernel = start(&shop, &store, &rules, &clock, &ids, terminal(&bank, &plan, &store, sabotage))?;
        Ok(Lab {
            shop,
            inner,
            store,
            rules,
            clock,
            ids,
            bank,
            plan,
            sabotage,
            kernel: Some(kernel),
            random,
            seed,
            schedules: 0,
            commands: 0,
            sold: Vec::new(),
            checked: BTreeSet::new(),
            outcome,
        })
    }

    /// The program ends, and starts again.
    fn restart(&mut self) -> anyhow::Result<()> {
        self.outcome.restarts += 1;
        loop {
            // What was asked of the terminal it still carries out; nobody hears of it.
            self.kernel = None;
            let failed = self.store.restore_power();
            self.outcome.power_failures += u64::from(failed);
            let terminal = terminal(&self.bank, &self.plan, &self.store, self.sabotage);
            let mut kernel = start(&self.shop, &self.store, &self.rules, &self.clock, &self.ids, terminal)?;
            kernel.wait_for_terminal();
            self.kernel = Some(kernel);
            if !self.store.is_dead() {
                return Ok(());
            }
        }
    }

    fn call(&mut self, command: Command) -> anyhow::Result<Reply> {
        self.commands += 1;
        self.clock.advance_ms(1_000);
        let command_id = format!("p{}", self.commands);
        let envelope = Envelope { command_id, command };
        // Now and then the program ends before it hears what the terminal says.
        let ends = self.random.below(20) == 0;
        let kernel = self.kernel()?;
        let reply = if ends { kernel.handle(envelope) } else { kernel.handle_and_wait(envelope) };
        if ends || self.store.is_dead() {
            self.restart()?;
        }
        Ok(reply)
    }

    fn kernel(&mut self) -> anyhow::Result<&mut Kernel> {
        self.kernel.as_mut().context("the register is not running")
    }

    fn violation(&mut self, what: String) {
        let told = format!("seed {} schedule {}: {what}", self.seed, self.schedules);
        self.outcome.violations.push(told);
    }

    fn schedule(&mut self) -> anyhow::Result<()> {
        self.schedules += 1;
        lock(&self.plan).healthy = false;
        if self.random.below(3) == 0 {
            self.store.fail_after(self.random.below(8));
        }
        let comes_back = !self.sold.is_empty() && self.random.below(4) == 0;
        let reply = match comes_back {
            true => {
                let place = self.random.below(self.sold.len() as u64) as usize;
                let receipt = self.sold.swap_remove(place);
                match self.random.below(3) {
                    0 => self.call(Command::PostVoid { receipt, reason: "wrong".into() })?,
                    _ => self.call(Command::ReturnItem {
                        basket: None,
                        receipt,
                        line: 1,
                        quantity: None,
                        reason: "returned".into(),
                        waste: false,
                    })?,
                }
            }
            false => {
                let mut reply = self.call(Command::OpenBasket { reference: None })?;
                for _ in 0..=self.random.below(2) {
                    let code = CODES[self.random.below(CODES.len() as u64) as usize];
                    let basket = reply.basket;
                    let command = Command::SellItem { basket, scan: code.to_owned(), quantity: None, given: None };
                    let sold = self.call(command)?;
                    if sold.refused.is_some() {
                        break;
                    }
                    reply = sold;
                }
                reply
            }
        };
        if let Some(basket) = reply.basket {
            self.pay(basket)?;
        }
        self.settle()?;
        self.check()
    }

    /// Pays, gives up, tries again, until the basket is closed.
    fn pay(&mut self, basket: BasketId) -> anyhow::Result<()> {
        let named = Some(basket);
        let mut last = String::new();
        for step in 0..STEPS_MAX {
            if step == STEPS_TROUBLED {
                lock(&self.plan).healthy = true;
                self.store.fail_after(u64::MAX);
            }
            let command_id = format!("look{}-{step}", self.commands);
            let reply = self.kernel()?.handle(Envelope { command_id, command: Command::GetBasket { basket: named } });
            let Some(view) = reply.view else {
                // Lost with the power: nothing of it was on the disk.
                return Ok(());
            };
            match view.state {
                BasketState::Completed => {
                    self.outcome.completed += 1;
                    let by_card = view.payments.iter().any(|payment| payment.approved.is_some());
                    if let (Some(number), true) = (reply.number, by_card && view.payouts.is_empty()) {
                        self.sold.push(number);
                    }
                    return Ok(());
                }
                BasketState::Cancelled => return Ok(()),
                _ => {}
            }
            let command = self.next(&view, named);
            match command {
                Some(command) => {
                    let leaves = matches!(command, Command::LeavePayment { .. });
                    let told = format!("{command:?}");
                    let refused = self.call(command)?.refused;
                    self.outcome.left += u64::from(leaves && refused.is_none());
                    last = refused.map(|refused| format!("{told}: {}", refused.message)).unwrap_or(last);
                }
                None => self.restart()?,
            }
        }
        self.violation(format!("basket {basket} does not come to an end: {last}"));
        Ok(())
    }

    /// What the cashier does next; nothing: the program ends.
    fn next(&mut self, view: &BasketView, basket: Option<BasketId>) -> Option<Command> {
        if view.lines.is_empty() {
            // Its lines were lost with the power.
            return Some(Command::Cancel { basket });
        }
        let healthy = lock(&self.plan).healthy;
        let dice = self.random.below(24);
        if view.payments.iter().any(|payment| payment.awaited) {
            return Some(match dice {
                0..=11 => Command::CheckPayment { basket },
                12..=16 => Command::GiveUpPayment { basket },
                17..=20 if !healthy => Command::LeavePayment { basket },
                21 if !healthy => Command::TenderCard { basket, amount: None },
                22 if !healthy => Command::Complete { basket },
                23 if !healthy => return None,
                _ => Command::CheckPayment { basket },
            });
        }
        let owed = view.payouts.iter().filter(|payout| payout.kind == "card").map(|payout| payout.amount);
        let refunded = view.payments.iter().filter(|payment| payment.direction == "refund");
        let owed = owed.sum::<Decimal>() - refunded.filter_map(|payment| payment.approved).sum::<Decimal>();
        let standing = view.payments.iter().any(|payment| payment.approved.is_some());
        if owed > Decimal::ZERO || view.due > Decimal::ZERO {
            let half = (view.due / Decimal::TWO).round_dp(2);
            let part = (half > Decimal::ZERO && owed.is_zero()).then_some(Amount(half));
            return Some(match dice {
                0..=9 => Command::TenderCard { basket, amount: None },
                10..=13 => Command::TenderCard { basket, amount: part },
                14..=18 if owed.is_zero() => Command::TenderCash { basket, amount: None },
                19 => Command::TenderCash { basket, amount: part },
                20 if standing => Command::GiveUpPayment { basket },
                21 => Command::Cancel { basket },
                22 if !healthy => return None,
                _ => Command::TenderCard { basket, amount: None },
            });
        }
        Some(match dice {
            0..=17 => Command::Complete { basket },
            18..=19 if !healthy => Command::RemoveTender { basket },
            // What somebody else took back meanwhile cannot be completed: give back what was paid for it, and cancel.
            20 => Command::GiveUpPayment { basket },
            21 => Command::Cancel { basket },
            22 if !healthy => return None,
            _ => Command::Complete { basket },
        })
    }

    /// Nothing goes wrong any more: what is on its way arrives, what is open is asked about until it is not.
    fn settle(&mut self) -> anyhow::Result<()> {
        lock(&self.plan).healthy = true;
        self.store.fail_after(u64::MAX);
        if self.store.is_dead() || self.random.below(8) == 0 {
            self.restart()?;
        }
        self.bank.deliver_everything();
        for _ in 0..4 {
            self.kernel()?.ask_about_open_payments().map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
            self.kernel()?.wait_for_terminal();
        }
        Ok(())
    }

    /// The bank's story and the journal's.
    fn check(&mut self) -> anyhow::Result<()> {
        let wrong = std::mem::take(&mut lock(&self.plan).wrong);
        wrong.into_iter().for_each(|what| self.violation(what));
        // Open baskets may still wait, for a cashier who gives up. What was closed is settled.
        let open: BTreeSet<BasketId> = self.kernel()?.open_baskets().into_iter().collect();
        for id in self.bank.payments() {
            if self.checked.contains(&id) || open.contains(&id.basket) {
                continue;
            }
            self.checked.insert(id);
            let recorded = self.inner.payment(id)?;
            let (taken, captures) = self.bank.taken(id);
            let told = recorded.as_ref().map_or("not recorded", Payment::code);
            *self.outcome.ended.entry(told.to_owned()).or_default() += 1;
            if captures > 1 {
                self.violation(format!("payment {id} was taken {captures} times"));
            }
            let expected = match recorded.as_ref().map(|payment| &payment.state) {
                Some(State::Approved(found) | State::Kept(found)) => found.taken()?,
                None | Some(State::Declined { .. } | State::Reversed | State::Refused { .. }) => Money::ZERO,
                Some(State::Asked | State::Unknown { .. } | State::Reversing { .. }) => {
                    self.violation(format!("payment {id} is {told} and stays so"));
                    continue;
                }
            };
            if taken != expected {
                let (taken, expected) = (taken.minor(), expected.minor());
                self.violation(format!("payment {id} is {told} over {expected}; the bank took {taken}"));
            }
        }
        Ok(())
    }

    /// Sums over everything, and what each transaction says.
    fn close(mut self) -> anyhow::Result<Outcome> {
        let open = self.kernel()?.open_baskets();
        for basket in open {
            self.pay(basket)?;
        }
        self.settle()?;
        self.check()?;
        for basket in self.kernel()?.open_baskets() {
            self.violation(format!("basket {basket} is left open"));
        }
        let mut approved: BTreeMap<PaymentId, u32> = BTreeMap::new();
        self.inner.transactions_between(i64::MIN, i64::MAX, &mut |committed| {
            let transaction = &committed.transaction;
            if transaction.kind != TransactionKind::Payment {
                for payment in transaction.payments.iter().filter(|payment| payment.approved().is_some()) {
                    *approved.entry(payment.intent.id).or_default() += 1;
                }
            }
        })?;
        for (id, times) in approved.into_iter().filter(|(_, times)| *times > 1) {
            self.violation(format!("payment {id} pays for {times} transactions"));
        }
        let balances = self.inner.trial_balance()?;
        let balance = |name: &str| {
            let account = balances.accounts.iter().find(|account| &*account.account == name);
            account.map_or(Ok(Money::ZERO), |account| account.debit.minus(account.credit))
        };
        let booked = balance("card:clearing")?.plus(balance("card:offline")?)?;
        if booked != self.bank.total() {
            let (booked, bank) = (booked.minor(), self.bank.total().minor());
            self.violation(format!("the books hold {booked} by card, the bank {bank}"));
        }
        let found = self.inner.verify()?;
        found.problems.into_iter().for_each(|problem| self.violation(problem));
        if !self.inner.open_payments()?.is_empty() {
            self.violation("payments are still followed".to_owned());
        }
        let mut outcome = std::mem::take(&mut self.outcome);
        outcome.payments += self.bank.payments().len() as u64;
        for (fault, count) in std::mem::take(&mut lock(&self.plan).seen) {
            *outcome.faults.entry(fault).or_default() += count;
        }
        Ok(outcome)
    }
}

fn terminal(bank: &Simulator, plan: &Arc<Mutex<Plan>>, store: &Arc<PoweredStore>, sabotage: bool) -> SimulatedTerminal {
    let (plan, store, charged) = (Arc::clone(plan), Arc::clone(store), bank.clone());
    SimulatedTerminal::new(bank.clone(), move |request| {
        let id = request.payment();
        let mut plan = lock(&plan);
        match request {
            TerminalRequest::Pay(_) if !store.knows_asked(id) => {
                plan.wrong.push(format!("the terminal is asked for {id}, which is not on the disk"));
            }
            TerminalRequest::Reverse(_) if !store.knows_given_up(id) => {
                plan.wrong.push(format!("the terminal is to reverse {id}, which stands on the disk"));
            }
            _ => {}
        }
        let fault = plan.next(request);
        if let (TerminalRequest::Pay(intent), Fault::LosesAnswer, true) = (request, fault, sabotage) {
            // The fault built in: no answer, so it is charged again, as if it were another payment.
            let mut again = intent.clone();
            again.id.number += 1_000;
            charged.answer(&TerminalRequest::Pay(again), Fault::None).ok();
        }
        fault
    })
}

fn start(
    shop: &Shop,
    store: &Arc<PoweredStore>,
    rules: &Arc<Rules>,
    clock: &Arc<ManualClock>,
    ids: &Arc<CountedIds>,
    terminal: SimulatedTerminal,
) -> anyhow::Result<Kernel> {
    let parts = Parts {
        shop: shop.clone(),
        store: Arc::clone(store) as Arc<dyn Store>,
        rules: Arc::clone(rules),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        ids: Arc::clone(ids) as Arc<dyn Ids>,
        devices: Devices { terminal: Some(Box::new(terminal)), ..Devices::default() },
        log_on: LogOn::Owner,
        news: Arc::new(|_| {}),
    };
    Kernel::start(parts).map_err(|refusal| anyhow::anyhow!("{refusal}")).context("the register does not start")
}

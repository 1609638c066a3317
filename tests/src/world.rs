//! A register in a world that fails: a terminal that loses, delays and repeats, a bank that remembers, power that goes away.
//! The same seed is the same world.

use crate::baskets::Random;
use crate::power::PoweredStore;
use crate::shop::{items_of, root};
use anyhow::Context;
use pos_api::port::{Clock, Devices, Ids, Store, TerminalRequest};
use pos_api::{Command, Envelope, Reply};
use pos_devices::terminal::{Fault, SimulatedTerminal, Simulator};
use pos_domain::ids::BasketId;
use pos_domain::payment::{Payment, PaymentId, State};
use pos_domain::shop::Shop;
use pos_domain::time::Moment;
use pos_domain::transaction::TransactionKind;
use pos_kernel::clock::ManualClock;
use pos_kernel::dispatch::LogOn;
use pos_kernel::{Kernel, Parts, Rules};
use pos_money::Money;
use pos_storage::{SqliteStore, StoreOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
pub struct Plan {
    random: Random,
    /// Nothing goes wrong.
    pub healthy: bool,
    /// Questions that met a fault, by fault.
    pub seen: BTreeMap<String, u64>,
    /// What the register should not have asked.
    pub wrong: Vec<String>,
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

/// The content, whoever panicked with it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The register and what is around it.
pub struct World {
    /// Its shop.
    pub shop: Shop,
    /// The real storage.
    pub inner: Arc<SqliteStore>,
    /// The storage as the register sees it.
    pub store: Arc<PoweredStore>,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// Terminal and bank.
    pub bank: Simulator,
    /// What goes wrong.
    pub plan: Arc<Mutex<Plan>>,
    rules: Arc<Rules>,
    ids: Arc<CountedIds>,
    sabotage: bool,
    /// None only while the program is being started anew.
    kernel: Option<Kernel>,
    commands: u64,
    /// Times the program was started anew.
    pub restarts: u64,
    /// Times the power failed in the middle of a write.
    pub power_failures: u64,
}

impl World {
    /// Opens a shop with the articles of the suite. With `sabotage` a terminal that gives no answer is charged again.
    pub fn open(folder: &Path, shop: Shop, seed: u64, sabotage: bool) -> anyhow::Result<World> {
        let inner = Arc::new(SqliteStore::open(&folder.join("pos.db"), StoreOptions::new(shop.currency))?);
        for articles in ["catalog.csv", "deposits.csv"] {
            inner.upsert_items(items_of(&root().join("tests/suite/fixture").join(articles), shop.currency)?)?;
        }
        let store = Arc::new(PoweredStore::new(Arc::clone(&inner), seed));
        let clock = Arc::new(ManualClock::new(&shop.zone, "2026-03-02T10:00:00".parse()?)?);
        let plan =
            Plan { random: Random::new(seed ^ 0x5eed), healthy: false, seen: BTreeMap::new(), wrong: Vec::new() };
        let (plan, bank, ids) = (Arc::new(Mutex::new(plan)), Simulator::default(), Arc::<CountedIds>::default());
        let rules = Rules::fixed(Vec::new());
        let mut world = World {
            shop,
            inner,
            store,
            clock,
            bank,
            plan,
            rules,
            ids,
            sabotage,
            kernel: None,
            commands: 0,
            restarts: 0,
            power_failures: 0,
        };
        world.kernel = Some(world.start()?);
        Ok(world)
    }

    fn start(&self) -> anyhow::Result<Kernel> {
        let terminal = terminal(&self.bank, &self.plan, &self.store, self.sabotage);
        let parts = Parts {
            shop: self.shop.clone(),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            rules: Arc::clone(&self.rules),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            ids: Arc::clone(&self.ids) as Arc<dyn Ids>,
            devices: Devices { terminal: Some(Box::new(terminal)), ..Devices::default() },
            log_on: LogOn::Owner,
            news: Arc::new(|_| {}),
        };
        Kernel::start(parts).map_err(|refusal| anyhow::anyhow!("{refusal}")).context("the register does not start")
    }

    /// The program ends, however it is, and starts again.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.restarts += 1;
        loop {
            // What was asked of the terminal it still carries out; nobody hears of it.
            self.kernel = None;
            self.power_failures += u64::from(self.store.restore_power());
            let mut kernel = self.start()?;
            kernel.wait_for_terminal();
            self.kernel = Some(kernel);
            if !self.store.is_dead() {
                return Ok(());
            }
        }
    }

    /// The running register.
    pub fn kernel(&mut self) -> anyhow::Result<&mut Kernel> {
        self.kernel.as_mut().context("the register is not running")
    }

    /// Sends a command under an id of its own. The program may end before it hears what the terminal says.
    pub fn call(&mut self, command: Command, ends: bool) -> anyhow::Result<Reply> {
        self.commands += 1;
        let command_id = format!("w{}", self.commands);
        self.send(Envelope { command_id, command }, ends)
    }

    /// Sends a command, which may have been sent before.
    pub fn send(&mut self, envelope: Envelope, ends: bool) -> anyhow::Result<Reply> {
        self.clock.advance_ms(1_000);
        let kernel = self.kernel()?;
        let reply = if ends { kernel.handle(envelope) } else { kernel.handle_and_wait(envelope) };
        if ends || self.store.is_dead() {
            self.restart()?;
        }
        Ok(reply)
    }

    /// What [`bank_against_journal`] finds, and what the register should not have asked.
    pub fn bank_against_journal(
        &mut self,
        checked: &mut BTreeSet<PaymentId>,
        ended: &mut BTreeMap<String, u64>,
    ) -> anyhow::Result<Vec<String>> {
        let mut told = std::mem::take(&mut lock(&self.plan).wrong);
        let open: BTreeSet<BasketId> = self.kernel()?.open_baskets().into_iter().collect();
        told.extend(bank_against_journal(&self.inner, &self.bank, &open, checked, ended)?);
        Ok(told)
    }

    /// What [`bank_against_books`] finds.
    pub fn bank_against_books(&self) -> anyhow::Result<Vec<String>> {
        bank_against_books(&self.inner, &self.bank)
    }

    /// Nothing goes wrong any more: what is on its way arrives, what is open is asked about until it is not.
    pub fn settle(&mut self) -> anyhow::Result<()> {
        lock(&self.plan).healthy = true;
        self.store.fail_after(u64::MAX);
        if self.store.is_dead() {
            self.restart()?;
        }
        self.bank.deliver_everything();
        for _ in 0..4 {
            self.kernel()?.ask_about_open_payments().map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
            self.kernel()?.wait_for_terminal();
        }
        Ok(())
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

/// The bank's story of each payment and the journal's: what the bank took belongs to exactly one transaction, or is owed
/// back; what it did not take is in none. Baskets that are open may still wait.
pub fn bank_against_journal(
    store: &SqliteStore,
    bank: &Simulator,
    open: &BTreeSet<BasketId>,
    checked: &mut BTreeSet<PaymentId>,
    ended: &mut BTreeMap<String, u64>,
) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    for id in bank.payments() {
        if checked.contains(&id) || open.contains(&id.basket) {
            continue;
        }
        checked.insert(id);
        let recorded = store.payment(id)?;
        let (taken, captures) = bank.taken(id);
        let state = recorded.as_ref().map_or("not recorded", Payment::code);
        *ended.entry(state.to_owned()).or_default() += 1;
        if captures > 1 {
            told.push(format!("payment {id} was taken {captures} times"));
        }
        let expected = match recorded.as_ref().map(|payment| &payment.state) {
            Some(State::Approved(found) | State::Kept(found)) => found.taken()?,
            None | Some(State::Declined { .. } | State::Reversed | State::Refused { .. }) => Money::ZERO,
            Some(State::Asked | State::Unknown { .. } | State::Reversing { .. }) => {
                told.push(format!("payment {id} is {state} and stays so"));
                continue;
            }
        };
        if taken != expected {
            let (taken, expected) = (taken.minor(), expected.minor());
            told.push(format!("payment {id} is {state} over {expected}; the bank took {taken}"));
        }
    }
    Ok(told)
}

/// All that the bank took against the books, and no payment in two transactions. Nothing may be open any more.
pub fn bank_against_books(store: &SqliteStore, bank: &Simulator) -> anyhow::Result<Vec<String>> {
    let mut approved: BTreeMap<PaymentId, u32> = BTreeMap::new();
    store.transactions_between(i64::MIN, i64::MAX, &mut |committed| {
        let transaction = &committed.transaction;
        if transaction.kind != TransactionKind::Payment {
            for payment in transaction.payments.iter().filter(|payment| payment.approved().is_some()) {
                *approved.entry(payment.intent.id).or_default() += 1;
            }
        }
    })?;
    let twice = approved.into_iter().filter(|(_, times)| *times > 1);
    let mut told: Vec<String> =
        twice.map(|(id, times)| format!("payment {id} pays for {times} transactions")).collect();
    let balances = store.trial_balance()?;
    let balance = |name: &str| {
        let account = balances.accounts.iter().find(|account| &*account.account == name);
        account.map_or(Ok(Money::ZERO), |account| account.debit.minus(account.credit))
    };
    let booked = balance("card:clearing")?.plus(balance("card:offline")?)?;
    if booked != bank.total() {
        let (booked, bank) = (booked.minor(), bank.total().minor());
        told.push(format!("the books hold {booked} by card, the bank {bank}"));
    }
    if !store.open_payments()?.is_empty() {
        told.push("payments are still followed".to_owned());
    }
    Ok(told)
}

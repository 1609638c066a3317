//! A small day at a register, at random: what is done in it, and what was answered at which step of the disk.

use super::noting::{Note, locked};
use super::register::{Opening, Printed, Register, State, World, owner, state};
use crate::baskets::Random;
use anyhow::{Context, bail};
use pos_api::command::{CountOf, Discount, MoveCash, SetPerson};
use pos_api::port::Store;
use pos_api::{Amount, Command, Envelope, Reply};
use pos_domain::catalogue::Item;
use pos_domain::ids::BasketId;
use pos_kernel::dispatch::LogOn;
use pos_money::Decimal;
use pos_storage::disk::{Fault, Image, Trace};
use std::sync::{Arc, Mutex};

/// A day that was lived.
pub(super) struct Day {
    /// What the disk was asked for.
    pub(super) trace: Trace,
    /// What was answered, in order; the first is the opening.
    pub(super) notes: Vec<Note>,
    /// Commands as they were sent.
    pub(super) sent: Vec<Envelope>,
    /// What is wrong with the day itself.
    pub(super) problems: Vec<String>,
    /// Steps of the disk that failed.
    pub(super) failed: u64,
    /// Commands that were refused because of it.
    pub(super) refused: u64,
}

/// How a day goes.
pub(super) struct Plan<'a> {
    /// What lies on the disk in the morning.
    pub(super) image: &'a Image,
    /// Whether that is a database of an older format.
    pub(super) is_old: bool,
    /// How much is done.
    pub(super) acts: u64,
    /// What goes wrong.
    pub(super) fault: Option<Fault>,
    /// Whether syncs are promised only.
    pub(super) lies: bool,
}

const ARTICLES: [&str; 7] = ["SOAP", "ALE", "NOVEL", "CRIME", "POEMS", "PENNY", "RICE"];
/// A command that failed is sent again so often before the disk is mended.
const TRIES: u32 = 3;

struct Clerk<'a> {
    world: &'a World,
    register: Option<Register>,
    opening: Opening,
    random: Random,
    has_fault: bool,
    sent: Vec<Envelope>,
    /// Receipts with a line that can come back.
    held: Vec<(u64, u32)>,
    last_sale: Option<u64>,
    aside: Vec<BasketId>,
    has_people: bool,
    problems: Vec<String>,
    refused: u64,
}

/// Lives a day.
pub(super) fn live(world: &World, plan: &Plan<'_>, seed: u64) -> anyhow::Result<Day> {
    let notes = Arc::<Mutex<Vec<Note>>>::default();
    let printed = Arc::<Mutex<Vec<Printed>>>::default();
    world.disk.put(plan.image);
    world.disk.record();
    if let Some(fault) = plan.fault {
        world.disk.fail(fault);
    }
    if plan.lies {
        world.disk.lie();
    }
    let mut clerk = Clerk {
        world,
        register: None,
        opening: Opening {
            notes: Arc::clone(&notes),
            printed: Arc::clone(&printed),
            looks: plan.fault.is_none(),
            log_on: LogOn::Needed,
            baskets_from: 1,
        },
        random: Random::new(seed),
        has_fault: plan.fault.is_some(),
        sent: Vec::new(),
        held: Vec::new(),
        last_sale: None,
        aside: Vec::new(),
        has_people: false,
        problems: Vec::new(),
        refused: 0,
    };
    clerk.open(if plan.is_old { "migration" } else { "opening" }, 0)?;
    clerk.day(plan.acts)?;
    clerk.close()?;
    let Clerk { sent, problems, refused, .. } = clerk;
    let failed = world.disk.failed();
    world.disk.mend();
    let mut notes = std::mem::take(&mut *locked(&notes));
    // What came out of the printer was told then, whatever was answered later.
    for (number, steps) in &*locked(&printed) {
        let of = |note: &&mut Note| note.committed.as_ref().is_some_and(|committed| committed.number == *number);
        if let Some(note) = notes.iter_mut().find(of) {
            note.done = note.done.min(*steps);
        }
    }
    Ok(Day { trace: world.disk.trace(), notes, sent, problems, failed, refused })
}

impl Clerk<'_> {
    /// Opens the register; what was durable before is noted as well.
    fn open(&mut self, what: &'static str, began: u64) -> anyhow::Result<()> {
        let mut tries = 0;
        let register = loop {
            self.opening.baskets_from = 1 + self.sent.len() as u64 * 16;
            match self.world.register(&self.opening) {
                Ok(register) => break register,
                Err(error) if !self.has_fault => return Err(error.context("the register does not open")),
                Err(_) if tries < TRIES => tries += 1,
                Err(_) if tries == TRIES => {
                    self.world.disk.mend();
                    tries += 1;
                }
                Err(error) => bail!("the register does not open on a disk that was mended: {error:#}"),
            }
        };
        let state = if self.opening.looks { Some(state(self.world.disk.path())?) } else { None };
        // Whatever it wrote was durable before the register was there.
        register.store.count_copy(0).err();
        let (done, command) = (self.world.disk.steps(), self.sent.len());
        let note = Note { what, began, done, command, committed: None, anchor: None, state };
        locked(&self.opening.notes).push(note);
        self.register = Some(register);
        Ok(())
    }

    fn close(&mut self) -> anyhow::Result<()> {
        // First the kernel with its devices, then the storage, which writes what is queued.
        if let Some(Register { kernel, store, .. }) = self.register.take() {
            drop(kernel);
            drop(store);
        }
        Ok(())
    }

    fn reopen(&mut self) -> anyhow::Result<()> {
        let began = self.world.disk.steps();
        self.close()?;
        self.open("restart", began)?;
        if self.has_people {
            self.must(Command::LogOn(owner()))?;
        }
        Ok(())
    }

    fn send(&mut self, command: Command) -> anyhow::Result<Reply> {
        let register = self.register.as_mut().context("the register is open")?;
        register.clock.advance_ms(1_000);
        let number = self.sent.len();
        let envelope = Envelope { command_id: format!("d{number}"), command };
        self.sent.push(envelope.clone());
        let mut tries = 0;
        loop {
            let reply = register.send(number, envelope.clone());
            let failed =
                reply.refused.as_ref().filter(|refused| ["storage_failed", "check_failed"].contains(&&*refused.code));
            let Some(failed) = failed else { return Ok(reply) };
            if !self.has_fault || tries > TRIES {
                let told = format!("{:?} was refused for ever: {}", envelope.command, failed.message);
                if !self.has_fault {
                    bail!(told);
                }
                self.problems.push(told);
                return Ok(reply);
            }
            if failed.code == "check_failed" {
                self.problems.push(format!("{:?} failed a check: {}", envelope.command, failed.message));
            }
            self.refused += 1;
            tries += 1;
            if tries == TRIES {
                self.world.disk.mend();
            }
        }
    }

    fn must(&mut self, command: Command) -> anyhow::Result<Reply> {
        let reply = self.send(command)?;
        if let Some(refused) = &reply.refused
            && !self.has_fault
        {
            bail!("{:?} was refused: {}", self.sent.last(), refused.message);
        }
        Ok(reply)
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.random.below(sides)
    }

    fn day(&mut self, acts: u64) -> anyhow::Result<()> {
        self.articles(self.world.items.clone())?;
        let float = Some(Amount(Decimal::from(50 + self.below(100))));
        // An older day may have left its shift open.
        self.send(Command::OpenShift { float, pieces: Vec::new() })?;
        for act in 0..acts {
            self.act()?;
            if act == acts / 2 {
                self.close_shift()?;
                self.reopen()?;
            }
        }
        self.close_shift()
    }

    fn act(&mut self) -> anyhow::Result<()> {
        match self.below(20) {
            0..=6 => self.sell(),
            7 | 8 => self.bring_back(),
            9 => match self.last_sale.take() {
                Some(receipt) => {
                    self.send(Command::PostVoid { receipt, reason: "rung twice".into() })?;
                    self.held.retain(|(held, _)| *held != receipt);
                    Ok(())
                }
                None => self.sell(),
            },
            10 => {
                let moved = self.cash("found");
                self.must(Command::PayIn(moved)).map(drop)
            }
            11 => {
                let moved = self.cash("postage");
                self.must(Command::PayOut(moved)).map(drop)
            }
            12 => {
                let moved = self.cash("too much");
                self.must(Command::DropToSafe(moved)).map(drop)
            }
            13 => self.must(Command::OpenDrawer { reason: "change".into() }).map(drop),
            14 => self.put_aside(),
            15 => match self.aside.pop() {
                Some(basket) => {
                    self.must(Command::RecallBasket { basket })?;
                    self.pay()
                }
                None => self.put_aside(),
            },
            16 => {
                let number = self.held.last().map_or(1, |(receipt, _)| *receipt);
                self.send(Command::GetReceipt { number }).map(drop)
            }
            17 => self.people(),
            18 => {
                let mut item = self.world.items[self.random.below(self.world.items.len() as u64) as usize].clone();
                item.name = format!("{} {}", item.name, self.below(1_000)).into();
                self.articles(vec![item])
            }
            _ => {
                self.sell_some()?;
                if self.below(2) == 0 {
                    self.flush();
                }
                self.must(Command::Cancel { basket: None })?;
                let report = if self.below(2) == 0 { Command::XReport } else { Command::TrialBalance };
                // The balances of a till that was not counted are told to nobody.
                self.send(report).map(drop)
            }
        }
    }

    fn articles(&mut self, items: Vec<Item>) -> anyhow::Result<()> {
        let Some(register) = &self.register else { return Ok(()) };
        for _ in 0..=TRIES {
            if register.noting().upsert_items(items.clone()).is_ok() {
                return Ok(());
            }
            self.refused += 1;
        }
        self.world.disk.mend();
        register.noting().upsert_items(items)?;
        Ok(())
    }

    fn flush(&self) {
        if let Some(register) = &self.register {
            // Where it fails the events are kept for the next time.
            register.noting().flush().err();
        }
    }

    fn cash(&mut self, reason: &str) -> MoveCash {
        let amount = Some(Amount(Decimal::new(i64::try_from(self.below(2_000)).unwrap_or(0) + 1, 2)));
        MoveCash { amount, pieces: Vec::new(), reason: reason.to_owned(), note: String::new() }
    }

    fn sell_some(&mut self) -> anyhow::Result<()> {
        for _ in 0..=self.below(3) {
            let scan = ARTICLES[self.random.below(ARTICLES.len() as u64) as usize].to_owned();
            let quantity = Some(Amount(Decimal::from(self.below(4) + 1)));
            self.must(Command::SellItem { basket: None, scan, quantity, given: None })?;
        }
        Ok(())
    }

    fn sell(&mut self) -> anyhow::Result<()> {
        self.sell_some()?;
        if self.below(3) == 0 {
            let customer = Some(format!("K{}", self.below(2)));
            self.must(Command::SetCustomer { basket: None, customer })?;
            // Where there are no points yet that is refused.
            self.send(Command::RedeemPoints { basket: None, points: None })?;
        }
        match self.below(8) {
            0 => drop(self.send(Command::VoidLine { basket: None, line: 1 })?),
            1 => {
                let discount = Some(Discount::Rate(Amount(Decimal::new(1, 1))));
                drop(self.send(Command::DiscountLine { basket: None, line: 1, discount, reason: "damaged".into() })?);
            }
            2 => self.flush(),
            _ => {}
        }
        self.pay()
    }

    fn pay(&mut self) -> anyhow::Result<()> {
        match self.below(6) {
            0 => drop(self.send(Command::TenderCoupon { basket: None, amount: Amount(Decimal::ONE) })?),
            1 | 2 => drop(self.send(Command::TenderCard { basket: None, amount: None })?),
            _ => {}
        }
        // Where nothing is due that is refused.
        let amount = if self.below(2) == 0 { None } else { Some(Amount(Decimal::from(200))) };
        self.send(Command::TenderCash { basket: None, amount })?;
        // Named: after a restart it is asked for again.
        let basket = self.send(Command::GetBasket { basket: None })?.basket;
        let mut reply = self.send(Command::Complete { basket })?;
        if reply.refused.as_ref().is_some_and(|refused| refused.code == "refund_to_card") {
            self.send(Command::TenderCard { basket, amount: None })?;
            reply = self.send(Command::Complete { basket })?;
        }
        match (reply.number, reply.view) {
            (Some(number), Some(view)) => {
                let line = view.lines.iter().find(|line| !line.voided && line.returned_from.is_none());
                self.held.extend(line.map(|line| (number, line.number)));
                self.last_sale = line.map(|_| number);
            }
            _ => {
                // Where no card was charged that is refused.
                self.send(Command::GiveUpPayment { basket })?;
                self.send(Command::Cancel { basket })?;
            }
        }
        Ok(())
    }

    fn bring_back(&mut self) -> anyhow::Result<()> {
        if self.held.is_empty() {
            return self.sell();
        }
        let one = self.random.below(self.held.len() as u64) as usize;
        let (receipt, line) = self.held.swap_remove(one);
        let (quantity, waste) = (Some(Amount(Decimal::ONE)), false);
        let reason = "changed my mind".to_owned();
        self.send(Command::ReturnItem { basket: None, receipt, line, quantity, reason, waste })?;
        if self.below(3) == 0 {
            self.sell_some()?;
        }
        self.pay()
    }

    fn put_aside(&mut self) -> anyhow::Result<()> {
        self.sell_some()?;
        let reply = self.send(Command::SuspendBasket { basket: None, note: "forgot the purse".into() })?;
        self.aside.extend(reply.basket.filter(|_| reply.refused.is_none()));
        Ok(())
    }

    fn people(&mut self) -> anyhow::Result<()> {
        if self.has_people {
            self.must(Command::LogOff)?;
        } else {
            let person = SetPerson {
                id: "ann".into(),
                name: None,
                role: Some("owner".into()),
                active: None,
                pin: None,
                badge: owner().badge,
            };
            self.has_people = self.must(Command::SetPerson(person))?.refused.is_none();
        }
        self.must(Command::LogOn(owner())).map(drop)
    }

    fn close_shift(&mut self) -> anyhow::Result<()> {
        for _ in 0..2 {
            // Once counted right or twice counted, a third time is refused.
            let counts =
                vec![CountOf { tender: None, currency: None, amount: Some(Amount(Decimal::ONE)), pieces: Vec::new() }];
            self.send(Command::CountTill { counts })?;
        }
        // Where nothing was done since the last one there is none to close.
        self.send(Command::CloseShift { reason: "nobody counted".into(), carry: true })?;
        if self.below(2) == 0 {
            self.send(Command::CloseDay)?;
        }
        Ok(())
    }
}

impl Day {
    /// What the database holds after each note.
    pub(super) fn states(&self) -> Vec<State> {
        self.notes.iter().filter_map(|note| note.state.clone()).collect()
    }
}

//! Schedules of payments: terminals that lose, delay and repeat, cashiers who lose patience, and power that fails, against a
//! bank that remembers: `lab payments`.
//!
//! After each schedule everything is let settle, and then bank and journal must tell the same story of each payment: what
//! the bank took belongs to exactly one transaction, or is owed back; what it did not take is in none.

use crate::baskets::Random;
use crate::scenario::shop_settings;
use crate::world::{World, lock};
use pos_api::port::{Scope, Store};
use pos_api::view::{BasketState, BasketView};
use pos_api::{Amount, Command, Reply};
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::payment::{OfflineRules, PaymentId, PaymentRules};
use pos_domain::shop::TaxFallback;
use pos_money::Decimal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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

struct Lab {
    world: World,
    random: Random,
    seed: u64,
    schedules: u64,
    /// Receipts paid by card of which something may come back.
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
        let world = World::open(folder, shop, seed, sabotage)?;
        let random = Random::new(seed);
        Ok(Lab { world, random, seed, schedules: 0, sold: Vec::new(), checked: BTreeSet::new(), outcome })
    }

    fn call(&mut self, command: Command) -> anyhow::Result<Reply> {
        let ends = self.random.below(20) == 0;
        self.world.call(command, ends)
    }

    fn violation(&mut self, what: String) {
        let told = format!("seed {} schedule {}: {what}", self.seed, self.schedules);
        self.outcome.violations.push(told);
    }

    fn schedule(&mut self) -> anyhow::Result<()> {
        self.schedules += 1;
        lock(&self.world.plan).healthy = false;
        if self.random.below(3) == 0 {
            self.world.store.fail_after(self.random.below(8));
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
                lock(&self.world.plan).healthy = true;
                self.world.store.fail_after(u64::MAX);
            }
            let reply = self.world.call(Command::GetBasket { basket: named }, false)?;
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
                None => self.world.restart()?,
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
        let healthy = lock(&self.world.plan).healthy;
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

    fn settle(&mut self) -> anyhow::Result<()> {
        if self.random.below(8) == 0 {
            self.world.restart()?;
        }
        self.world.settle()
    }

    fn check(&mut self) -> anyhow::Result<()> {
        let wrong = self.world.bank_against_journal(&mut self.checked, &mut self.outcome.ended)?;
        wrong.into_iter().for_each(|what| self.violation(what));
        Ok(())
    }

    /// Sums over everything, and what each transaction says.
    fn close(mut self) -> anyhow::Result<Outcome> {
        let open = self.world.kernel()?.open_baskets();
        for basket in open {
            self.pay(basket)?;
        }
        self.settle()?;
        self.check()?;
        for basket in self.world.kernel()?.open_baskets() {
            self.violation(format!("basket {basket} is left open"));
        }
        let wrong = self.world.bank_against_books()?;
        wrong.into_iter().for_each(|what| self.violation(what));
        let found = self.world.inner.verify(Scope::WHOLE)?;
        found.problems.into_iter().for_each(|problem| self.violation(problem));
        let mut outcome = std::mem::take(&mut self.outcome);
        outcome.restarts += self.world.restarts;
        outcome.power_failures += self.world.power_failures;
        outcome.payments += self.world.bank.payments().len() as u64;
        for (fault, count) in std::mem::take(&mut lock(&self.world.plan).seen) {
            *outcome.faults.entry(fault).or_default() += count;
        }
        Ok(outcome)
    }
}

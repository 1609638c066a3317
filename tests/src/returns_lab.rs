//! A register that sells, takes back and exchanges at random until nothing is left sold: `lab returns`.
//!
//! Everything goes through the kernel's commands on a real storage, with offers, two taxes, points, coupons and cash
//! rounding. In the end every account, tax, point and stock figure must be back at zero.

use crate::baskets::Random;
use crate::scenario::shop_settings;
use crate::shop::{Recipe, TestShop, items_of, root, script, tax_table};
use anyhow::{Context, bail, ensure};
use pos_api::command::{CountOf, Discount};
use pos_api::{Amount, Command, Reply};
use pos_domain::loyalty::{Earning, Programme, Redemption, RewardKind};
use pos_domain::pricing::manual::{ManualCap, ManualRules};
use pos_money::{Decimal, Rounding};
use serde::Serialize;
use std::path::Path;

/// The smallest coin in minor units, and what points are redeemed as: a shop for each.
const SHOPS: [(i64, RewardKind); 3] = [(1, RewardKind::Tender), (5, RewardKind::Tender), (10, RewardKind::Discount)];

/// What was done, and what is not at zero.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Sales rung.
    pub sales: u64,
    /// Baskets that took something back.
    pub returns: u64,
    /// Of them, exchanges.
    pub exchanges: u64,
    /// Accounts and stock levels that are not at zero, and refusals that should not have been.
    pub violations: Vec<String>,
}

/// Something sold that has not come back.
struct Held {
    receipt: u64,
    line: u32,
    left: Decimal,
}

/// Articles to sell: code and whether it is weighed.
const ARTICLES: [(&str, bool); 8] = [
    ("SOAP", false),
    ("ALE", false),
    ("NOVEL", false),
    ("CRIME", false),
    ("POEMS", false),
    ("PENNY", false),
    ("RICE", false),
    ("TOM", true),
];

/// In each of three shops: rings `count` sales, then brings everything back in random parts.
pub fn run(count: u64, seed: u64) -> anyhow::Result<Outcome> {
    let mut all = Outcome::default();
    for (increment, redeem) in SHOPS {
        let Outcome { sales, returns, exchanges, violations } = run_in(recipe(increment, redeem)?, count, seed)?;
        all.sales += sales;
        all.returns += returns;
        all.exchanges += exchanges;
        all.violations.extend(violations.into_iter().map(|told| format!("coins of {increment}: {told}")));
    }
    Ok(all)
}

fn recipe(increment: i64, redeem: RewardKind) -> anyhow::Result<Recipe> {
    let suite = root().join("tests/suite");
    let mut shop = shop_settings()?;
    shop.cash_rounding = Rounding { increment, ..Rounding::HALF_UP };
    shop.manual = ManualRules { roles: [("cashier".into(), ManualCap::default())].into(), ..ManualRules::default() };
    shop.loyalty = Some(Programme {
        id: "club".into(),
        earn: Earning { points: Decimal::from(3), ..Earning::default() },
        redeem: Some(Redemption { kind: redeem, points: 7, value: Decimal::ONE }),
    });
    let vat = std::fs::read_to_string(suite.join("fixture/vat.json"))?;
    let mut extensions = vec![tax_table(Some(&vat))?];
    for name in ["three_for_two", "spend_and_save"] {
        extensions.push(script(&root().join("scripts").join(format!("{name}.rhai")))?);
    }
    let items = items_of(&suite.join("fixture/catalog.csv"), shop.currency)?;
    Ok(Recipe { shop, extensions, now: "2026-03-02T10:00:00".parse()?, items, terminal: None })
}

fn run_in(recipe: Recipe, count: u64, seed: u64) -> anyhow::Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let mut lab = Lab::open(folder.path(), recipe, seed)?;
    lab.trade(count)?;
    lab.look()?;
    Ok(lab.outcome)
}

/// The exported journal of a shop that sold `count` times and took everything back, its shift closed half way and at the end.
pub fn journal(count: u64, seed: u64) -> anyhow::Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let (increment, redeem) = SHOPS[1];
    let mut lab = Lab::open(folder.path(), recipe(increment, redeem)?, seed)?;
    lab.trade(count / 2)?;
    lab.close()?;
    lab.trade(count - count / 2)?;
    lab.close()?;
    let mut journal = Vec::new();
    lab.shop.store.export_journal(&mut journal)?;
    Ok(journal)
}

struct Lab {
    shop: TestShop,
    random: Random,
    held: Vec<Held>,
    outcome: Outcome,
}

impl Lab {
    fn open(folder: &Path, recipe: Recipe, seed: u64) -> anyhow::Result<Lab> {
        let shop = TestShop::open(folder, recipe)?;
        Ok(Lab { shop, random: Random::new(seed), held: Vec::new(), outcome: Outcome::default() })
    }

    /// Counts the till, wrongly and twice, and closes the shift.
    fn close(&mut self) -> anyhow::Result<()> {
        for _ in 0..2 {
            let counts =
                vec![CountOf { tender: None, currency: None, amount: Some(Amount(Decimal::ONE)), pieces: Vec::new() }];
            let reply = self.shop.call(Command::CountTill { counts });
            ensure!(reply.refused.is_none(), "the till cannot be counted: {reply:?}");
        }
        let reply = self.shop.call(Command::CloseShift { reason: "nobody counted".into(), carry: true });
        ensure!(reply.refused.is_none(), "the shift cannot be closed: {reply:?}");
        Ok(())
    }

    fn trade(&mut self, count: u64) -> anyhow::Result<()> {
        for _ in 0..count {
            self.sell()?;
        }
        while !self.held.is_empty() {
            self.bring_back(self.outcome.exchanges < count / 4)?;
        }
        Ok(())
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.random.below(sides)
    }

    /// A command that must not be refused.
    fn must(&mut self, command: Command) -> anyhow::Result<Reply> {
        let told = format!("{command:?}");
        let reply = self.shop.call(command);
        if let Some(refused) = &reply.refused {
            bail!("{told} was refused: {} {}", refused.code, refused.message);
        }
        Ok(reply)
    }

    fn add_goods(&mut self) -> anyhow::Result<()> {
        let (code, weighed) = ARTICLES[self.below(ARTICLES.len() as u64) as usize];
        let quantity = match weighed {
            true => Decimal::new(i64::try_from(self.below(3_000))? + 1, 3),
            false => Decimal::from(self.below(6) + 1),
        };
        let scan = if weighed { "2001" } else { code };
        self.must(Command::SellItem {
            basket: None,
            scan: scan.to_owned(),
            quantity: Some(Amount(quantity)),
            given: None,
        })?;
        Ok(())
    }

    fn sell(&mut self) -> anyhow::Result<()> {
        self.must(Command::OpenBasket { reference: None })?;
        for _ in 0..=self.below(4) {
            self.add_goods()?;
        }
        let customer = match self.below(4) {
            0 => None,
            other => Some(format!("K{other}")),
        };
        self.must(Command::SetCustomer { basket: None, customer: customer.clone() })?;
        if self.below(4) == 0 {
            let discount = Some(Discount::Rate(Amount(Decimal::new(i64::try_from(self.below(20))?, 2))));
            // A rate of nothing, or on a line without a price to lower, is refused: nothing has changed then.
            self.shop.call(Command::DiscountLine { basket: None, line: 1, discount, reason: "damaged".into() });
        }
        if customer.is_some() && self.below(2) == 0 {
            // Where there are no points yet that is refused.
            self.shop.call(Command::RedeemPoints { basket: None, points: None });
        }
        if self.below(3) == 0 {
            let due = self.due()?;
            let amount = (due / Decimal::from(self.below(4) + 1)).round_dp(2).min(due);
            if amount > Decimal::ZERO {
                self.must(Command::TenderCoupon { basket: None, amount: Amount(amount) })?;
            }
        }
        self.pay_and_complete()?;
        self.outcome.sales += 1;
        Ok(())
    }

    fn due(&mut self) -> anyhow::Result<Decimal> {
        Ok(self.must(Command::GetBasket { basket: None })?.view.context("a basket is open")?.due)
    }

    fn pay_and_complete(&mut self) -> anyhow::Result<()> {
        let due = self.due()?;
        if due > Decimal::ZERO {
            let more = Decimal::from(self.below(3) * 20);
            let amount = if more.is_zero() { None } else { Some(Amount(due.ceil() + more)) };
            self.must(Command::TenderCash { basket: None, amount })?;
        }
        let reply = self.must(Command::Complete { basket: None })?;
        let (number, view) = (reply.number.context("a number")?, reply.view.context("a view")?);
        for line in view.lines.iter().filter(|line| !line.voided && line.returned_from.is_none()) {
            self.held.push(Held { receipt: number, line: line.number, left: line.quantity });
        }
        Ok(())
    }

    fn bring_back(&mut self, may_exchange: bool) -> anyhow::Result<()> {
        self.must(Command::OpenBasket { reference: None })?;
        let mut chosen: Vec<usize> = Vec::new();
        for _ in 0..=self.below(3) {
            let one = self.below(self.held.len() as u64) as usize;
            if !chosen.contains(&one) {
                chosen.push(one);
            }
        }
        for one in chosen {
            let Held { receipt, line, left } = self.held[one];
            let parts = Decimal::from(self.below(3) + 1);
            let part = match left.scale() {
                0 => (left / parts).ceil(),
                scale => (left / parts).round_dp(scale).max(Decimal::new(1, scale)),
            };
            let (quantity, waste) = (Some(Amount(part)), false);
            let reason = "changed my mind".to_owned();
            self.must(Command::ReturnItem { basket: None, receipt, line, quantity, reason, waste })?;
            self.held[one].left -= part;
        }
        let is_exchange = may_exchange && self.below(3) == 0;
        if is_exchange {
            self.add_goods()?;
            self.outcome.exchanges += 1;
        }
        self.held.retain(|held| !held.left.is_zero());
        self.outcome.returns += 1;
        self.pay_and_complete()
    }

    fn look(&mut self) -> anyhow::Result<()> {
        let found = self.must(Command::TrialBalance)?.trial_balance.context("balances")?;
        let float = self.shop.kernel.shop().float;
        for account in found.accounts {
            let expected = match account.account.as_str() {
                "till:cash" => float,
                "safe" => -float,
                _ => Decimal::ZERO,
            };
            if account.balance != expected {
                self.outcome.violations.push(format!("{} is at {}", account.account, account.balance));
            }
        }
        for level in found.stock.into_iter().filter(|level| !level.quantity.is_zero()) {
            self.outcome.violations.push(format!("stock of {} is at {}", level.item, level.quantity));
        }
        let found = self.must(Command::Verify)?.verification.context("a verification")?;
        ensure!(found.verified || !found.problems.is_empty());
        self.outcome.violations.extend(found.problems);
        Ok(())
    }
}

impl Outcome {
    /// One line for people.
    pub fn told(&self) -> String {
        let mut text = format!("{} sales, {} returns, {} exchanges", self.sales, self.returns, self.exchanges);
        for violation in &self.violations {
            text.push('\n');
            text.push_str(violation);
        }
        text
    }
}

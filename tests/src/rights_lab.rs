//! People of random roles do what comes to mind, at a register that lets nobody do what they may not: `lab rights`.
//!
//! Two looks at the same thing. Before: whoever has the right and stays within its limit is let. After: the journal is
//! read, and every transaction in it was the right of its cashier or is covered by an approval, given by somebody else, for
//! that amount, not older than a minute. What was sold never comes back twice.

use crate::baskets::Random;
use crate::scenario::shop_settings;
use crate::shop::{Recipe, TestShop, items_of, root, tax_table};
use anyhow::{Context, ensure};
use pos_api::command::{Approve, Credentials, Discount, MoveCash, Secret, SetPerson};
use pos_api::port::{Scope, Store};
use pos_api::{Amount, Command, Reply};
use pos_domain::people::{APPROVAL_MS, Act, Approval, Role, Roles};
use pos_domain::pricing::manual::{ManualCap, ManualRules, SOURCE};
use pos_domain::returns::ReturnRules;
use pos_domain::transaction::{Committed, TransactionKind, TransactionLine};
use pos_money::{Currency, Decimal, Money};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Things tried in one shop, before another one opens.
const TRIES_A_SHOP: u64 = 400;
/// People in a shop.
const PEOPLE: u64 = 4;

/// What was done, and what should not have been.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Shops opened, each with roles of its own.
    pub shops: u64,
    /// Things that were not refused for want of a right.
    pub allowed: u64,
    /// Things that waited for an approval.
    pub refused: u64,
    /// Approvals used.
    pub approvals: u64,
    /// Transactions read back.
    pub transactions: u64,
    /// What should not have been.
    pub violations: Vec<String>,
}

impl Outcome {
    /// In words.
    pub fn told(&self) -> String {
        let Outcome { shops, allowed, refused, approvals, transactions, violations } = self;
        let mut text = format!(
            "{shops} shops, {allowed} acts let, {refused} refused, {approvals} approvals used, {transactions} transactions \
             read back, {} violations",
            violations.len()
        );
        for violation in violations.iter().take(20) {
            text += &format!("\n{violation}");
        }
        text
    }
}

/// Tries `count` things.
pub fn run(count: u64, seed: u64) -> anyhow::Result<Outcome> {
    let mut all = Outcome::default();
    let mut random = Random::new(seed);
    let mut left = count;
    while left > 0 {
        let tries = left.min(TRIES_A_SHOP);
        left -= tries;
        all.shops += 1;
        run_in(&mut random, tries, &mut all)?;
    }
    Ok(all)
}

/// A shop in which everybody is asked for everything.
pub fn shop(folder: &std::path::Path, roles: Roles, caps: BTreeMap<Arc<str>, ManualCap>) -> anyhow::Result<TestShop> {
    let mut settings = shop_settings()?;
    settings.manual = ManualRules { roles: caps, ..ManualRules::default() };
    settings.returns = ReturnRules { no_receipt: Some(Default::default()), ..ReturnRules::default() };
    settings.roles = roles;
    let items = items_of(&root().join("tests/suite/fixture/catalog.csv"), settings.currency)?;
    let vat = std::fs::read_to_string(root().join("tests/suite/fixture/vat.json"))?;
    let now = "2026-03-02T08:00:00".parse()?;
    TestShop::open(
        folder,
        Recipe { shop: settings, extensions: vec![tax_table(Some(&vat))?], now, items, terminal: None },
    )
}

/// Enters somebody with a badge: PINs cost time, and are tested elsewhere.
pub fn enter(shop: &mut TestShop, id: &str, role: &str) -> anyhow::Result<()> {
    let reply = shop.call(Command::SetPerson(SetPerson {
        id: id.to_owned(),
        name: None,
        role: Some(role.to_owned()),
        active: None,
        pin: None,
        badge: Some(Secret::new(badge(id))),
    }));
    ensure!(reply.refused.is_none(), "{id} cannot be entered: {:?}", reply.refused);
    Ok(())
}

fn badge(id: &str) -> String {
    format!("BADGE-{id}-0001")
}

/// Who somebody is.
pub fn credentials(id: &str) -> Credentials {
    Credentials { badge: Some(Secret::new(badge(id))), ..Credentials::default() }
}

fn run_in(random: &mut Random, tries: u64, all: &mut Outcome) -> anyhow::Result<()> {
    let mut roles = BTreeMap::from([("owner".into(), Role { may: Act::ALL.into_iter().collect(), ..Role::default() })]);
    let mut caps: BTreeMap<Arc<str>, ManualCap> = BTreeMap::from([("owner".into(), ManualCap::default())]);
    for number in 0..PEOPLE {
        let name: Arc<str> = format!("role{number}").into();
        let may = Act::ALL.into_iter().filter(|_| random.below(2) == 0).chain([Act::Sell]).collect();
        let mut limit = || (random.below(2) == 0).then(|| Decimal::from(random.below(40)));
        let (refund_max, paid_out_max, amount_max) = (limit(), limit(), limit());
        roles.insert(name.clone(), Role { may, refund_max, paid_out_max });
        if random.below(2) == 0 {
            caps.insert(name, ManualCap { rate_max: None, amount_max });
        }
    }
    let folder = tempfile::tempdir()?;
    let mut shop = shop(folder.path(), Roles(roles.clone()), caps.clone())?;
    enter(&mut shop, "owner", "owner")?;
    shop.call(Command::LogOn(credentials("owner")));
    for number in 0..PEOPLE {
        enter(&mut shop, &format!("p{number}"), &format!("role{number}"))?;
    }
    let mut who = "owner".to_owned();
    for _ in 0..tries {
        // Between baskets others come, so that whoever completes one also rang it.
        let at_hand = shop.call(Command::GetBasket { basket: None });
        if at_hand.basket.is_none() {
            who = format!("p{}", random.below(PEOPLE));
            let reply = shop.call(Command::LogOn(credentials(&who)));
            ensure!(reply.refused.is_none(), "{who} cannot log on: {:?}", reply.refused);
        }
        let command = something(random, &at_hand);
        let refused = shop.call(command.clone()).refused;
        shop.clock.advance_ms(1_000 + i64::try_from(random.below(20_000))?);
        let Some(refused) = refused.filter(|refused| refused.code == "approval_needed") else {
            all.allowed += 1;
            continue;
        };
        all.refused += 1;
        let asked = refused.approval.context("a refusal that says what to approve")?;
        let amount: Decimal = asked.amount.parse()?;
        let role = &roles[&*format!("role{}", &who[1..])];
        let may = match asked.act {
            Act::ChangePrices => {
                let cap = caps.get(&*format!("role{}", &who[1..]));
                cap.is_some_and(|cap| cap.amount_max.is_none_or(|most| amount <= most))
            }
            act => role.may.contains(&act) && limit_of(role, act).is_none_or(|most| amount <= most),
        };
        if may {
            all.violations.push(format!("{who} may {} ({amount}) and was refused", asked.act.verb()));
        }
        // Somebody comes and approves it, or something else, or too late; often enough just that, and it is tried again.
        let approver = match random.below(3) {
            0 => format!("p{}", random.below(PEOPLE)),
            _ => "owner".to_owned(),
        };
        let basket = at_hand.basket.filter(|_| random.below(8) > 0);
        let amount = if random.below(8) == 0 { amount + Decimal::ONE } else { amount };
        let approve = Approve { who: credentials(&approver), act: asked.act, amount: Some(Amount(amount)), basket };
        let given = shop.call(Command::Approve(approve)).refused.is_none();
        if given && approver == who {
            all.violations.push(format!("{who} approved their own {}", asked.act.verb()));
        }
        if random.below(8) == 0 {
            shop.clock.advance_ms(APPROVAL_MS);
        }
        for again in 0..2 {
            let refused = shop.call(command.clone()).refused.is_some_and(|refused| refused.code == "approval_needed");
            all.approvals += u64::from(again == 0 && given && !refused);
        }
    }
    read_back(&shop, &roles, &caps, all)
}

fn limit_of(role: &Role, act: Act) -> Option<Decimal> {
    match act {
        Act::Return | Act::ReturnWithoutReceipt | Act::RefundInCash | Act::PostVoid => role.refund_max,
        Act::PayOut => role.paid_out_max,
        _ => None,
    }
}

/// What somebody at the register might do next.
fn something(random: &mut Random, at_hand: &Reply) -> Command {
    let basket = None;
    let cash = |amount: u64| MoveCash {
        amount: Some(Amount(Decimal::from(1 + amount))),
        pieces: Vec::new(),
        reason: "reason".into(),
        note: String::new(),
    };
    let line = || at_hand.view.as_ref().map_or(1, |view| view.lines.len().try_into().unwrap_or(1));
    match random.below(22) {
        0..4 => Command::SellItem {
            basket,
            scan: ["SOAP", "ALE", "NOVEL", "CRIME"][random.below(4) as usize].into(),
            quantity: Some(Amount(Decimal::from(1 + random.below(5)))),
            given: None,
        },
        4..7 => Command::TenderCash { basket, amount: None },
        7..11 => Command::Complete { basket },
        11 => Command::Cancel { basket },
        12 => Command::VoidLine { basket, line: line() },
        13 => Command::ReturnItem {
            basket,
            receipt: 1 + random.below(40),
            line: 1 + random.below(2) as u32,
            quantity: Some(Amount(Decimal::from(1 + random.below(3)))),
            reason: "returned".into(),
            waste: false,
        },
        14 => Command::ReturnWithoutReceipt {
            basket,
            scan: "SOAP".into(),
            quantity: Some(Amount(Decimal::from(1 + random.below(9)))),
            reason: "returned".into(),
            waste: false,
        },
        15 => Command::DiscountLine {
            basket,
            line: line(),
            discount: Some(Discount::Amount(Amount(Decimal::new(
                100 + i64::try_from(random.below(900)).unwrap_or(0),
                2,
            )))),
            reason: "damaged".into(),
        },
        16 => Command::SetQuantity { basket, line: line(), quantity: Amount(Decimal::from(1 + random.below(4))) },
        17 => Command::Undo { basket },
        18 => Command::OpenDrawer { reason: "reason".into() },
        19 => Command::PayOut(cash(random.below(60))),
        20 => Command::PayIn(cash(random.below(60))),
        _ => Command::DropToSafe(cash(random.below(60))),
    }
}

/// Holds the journal against the roles.
fn read_back(
    shop: &TestShop,
    roles: &BTreeMap<Arc<str>, Role>,
    caps: &BTreeMap<Arc<str>, ManualCap>,
    all: &mut Outcome,
) -> anyhow::Result<()> {
    let mut sold: BTreeMap<(u64, u32), Decimal> = BTreeMap::new();
    let mut used: Vec<Approval> = Vec::new();
    let mut found: Vec<Committed> = Vec::new();
    shop.store.transactions_between(i64::MIN, i64::MAX, &mut |committed| found.push(committed.clone()))?;
    for Committed { number, transaction } in &found {
        all.transactions += 1;
        let cashier = &*transaction.cashier;
        let role_name = if cashier == "owner" { "owner".to_owned() } else { format!("role{}", &cashier[1..]) };
        let role = &roles[&*role_name];
        let currency = transaction.currency;
        let approved = |act: Act, amount: Money| {
            transaction.approvals.iter().any(|approval| approval.act == act && amount <= approval.amount)
        };
        let mut needs = |act: Act, amount: Money| {
            let within =
                role.may.contains(&act) && limit_of(role, act).is_none_or(|most| currency.to_decimal(amount) <= most);
            if !within && !approved(act, amount) {
                all.violations.push(format!("receipt {number}: {cashier} may not {}", act.verb()));
            }
        };
        let till = transaction.till.as_ref().map(|till| till.amount).unwrap_or_default();
        match transaction.kind {
            TransactionKind::NoSale => needs(Act::OpenDrawer, Money::ZERO),
            TransactionKind::PaidOut => needs(Act::PayOut, till),
            TransactionKind::PaidIn => needs(Act::PayIn, Money::ZERO),
            TransactionKind::TenderPickup => needs(Act::DropToSafe, Money::ZERO),
            TransactionKind::Cancelled if !transaction.lines.is_empty() => needs(Act::CancelBasket, Money::ZERO),
            _ => {}
        }
        if transaction.lines.iter().any(|line| line.voided) {
            needs(Act::VoidLine, Money::ZERO);
        }
        for line in transaction.lines.iter().filter(|line| !line.voided) {
            match &line.origin {
                Some(origin) if origin.sold.is_some() => needs(Act::Return, Money::ZERO),
                Some(_) => needs(Act::ReturnWithoutReceipt, Money::ZERO),
                None => {}
            }
        }
        let refund: i64 = transaction.tenders.iter().map(|tender| tender.amount.minor().min(0)).sum();
        if refund < 0 {
            needs(Act::Return, Money::from_minor(-refund));
        }
        let by_hand = |line: &&TransactionLine| !line.voided;
        let off: i64 = transaction.lines.iter().filter(by_hand).map(by_hand_on).sum();
        let most = caps.get(&*role_name).map(|cap| cap.amount_max);
        let too_much = |off: i64| most.is_none_or(|most| most.is_some_and(|most| decimal(currency, off) > most));
        // Each line by itself: caps are for what is given at once.
        let largest = transaction.lines.iter().filter(by_hand).map(by_hand_on).max().unwrap_or(0);
        if largest > 0 && too_much(largest) && !approved(Act::ChangePrices, Money::from_minor(off)) {
            all.violations.push(format!("receipt {number}: {cashier} may not take off {}", decimal(currency, largest)));
        }
        for approval in &transaction.approvals {
            let age = transaction.completed_at.unix_ms - approval.at.unix_ms;
            let own = approval.actor == approval.approver || *approval.actor != *cashier;
            // A till's act is done at once; a basket may be completed long after.
            if own || age < 0 || (transaction.till.is_some() && age >= APPROVAL_MS) || used.contains(approval) {
                all.violations.push(format!("receipt {number}: {approval:?} is not good for it"));
            }
            used.push(approval.clone());
        }
        if transaction.kind == TransactionKind::Cancelled {
            continue;
        }
        for line in transaction.lines.iter().filter(|line| !line.voided) {
            match line.origin.as_ref().and_then(|origin| origin.sold) {
                None if line.origin.is_none() => {
                    sold.insert((*number, line.number), line.quantity.value);
                }
                None => {}
                Some(from) => {
                    let left = sold.entry((from.number, from.line)).or_default();
                    *left += line.quantity.value;
                    if left.is_sign_negative() && !left.is_zero() {
                        all.violations.push(format!("receipt {number}: more of {from:?} came back than was sold"));
                    }
                }
            }
        }
    }
    let verified = shop.store.verify(Scope::WHOLE)?;
    all.violations.extend(verified.problems);
    Ok(())
}

fn by_hand_on(line: &TransactionLine) -> i64 {
    let by_hand = line.modifiers.iter().filter(|modifier| &*modifier.source.extension == SOURCE);
    -by_hand.map(|modifier| modifier.amount.minor()).sum::<i64>()
}

fn decimal(currency: Currency, minor: i64) -> Decimal {
    currency.to_decimal(Money::from_minor(minor))
}

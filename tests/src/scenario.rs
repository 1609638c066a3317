//! Scenario files (`.pos`): what is done at a register, and what the shop sees.
//!
//! ```text
//! # a comment
//! catalog fixture/catalog.csv
//! rules scripts/three_for_two.rhai
//! tax fixture/vat19.json
//! clock 2026-03-02T10:00
//! scan SOAP x3            => line 1 SOAP 3 @ 2.00 = 6.00 ; due 6.00
//! tender cash 10.00       => due 0.00 ; change 4.00
//! complete                => receipt 1 ; ledger Dr till:cash 6.00 | Cr sales:Household 5.04 | Cr tax:VAT 0.96
//! ```
//!
//! Paths are relative to the suite's folder, `scripts/…` to the repository. The right side is written by the runner:
//! with `UPDATE_REF=1` it replaces what stands there, and the difference is the review. The receipts of all completed
//! sales stand beside the scenario, in a file of the same name with `.receipt.txt`.

use crate::shop::{Recipe, TerminalMaker, TestShop, items_of, promotions, root, script, tax_table};
use crate::world::lock;
use anyhow::{Context, bail};
use pos_api::command::{
    Approve, CountOf, Credentials, Discount, MoveCash, MoveStock, OrderLine, PiecesOf, PlaceOrder, Secret, SetPerson,
    StockLineAsked, TimeClock,
};
use pos_api::port::{Store, TerminalRequest};
use pos_api::view::{
    AuditView, BasketView, CashierView, CountedView, GiftView, HoursView, LineView, NamedAmount, OpenBasketView,
    OrderView, PaymentView, PeriodView, PersonView, StockLevelView, TrialBalanceView,
};
use pos_api::{Amount, Command, Reply};
use pos_devices::terminal::{Fault, SimulatedTerminal, Simulator};
use pos_domain::credit::CreditRules;
use pos_domain::loyalty::Programme;
use pos_domain::payment::PaymentRules;
use pos_domain::people::Roles;
use pos_domain::pricing::manual::ManualRules;
use pos_domain::returns::ReturnRules;
use pos_domain::shop::{Shop, TaxFallback};
use pos_domain::stock::StockRules;
use pos_domain::till::TillRules;
use pos_money::{Currency, Decimal, Money, Rounding};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A scenario as it runs now.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario's text with the right sides as they came out.
    pub text: String,
    /// Receipts, one after the other.
    pub receipts: String,
}

/// Runs a scenario file.
pub fn run(path: &Path) -> anyhow::Result<Outcome> {
    let text = std::fs::read_to_string(path)?;
    let base = path.parent().and_then(Path::parent).context("a scenario lies in a folder of the suite")?;
    let folder = tempfile::tempdir()?;
    let mut recipe = Some(Recipe {
        shop: shop_settings()?,
        extensions: Vec::new(),
        now: "2026-03-02T10:00:00".parse()?,
        items: Vec::new(),
        terminal: None,
    });
    let mut register: Option<TestShop> = None;
    let mut receipts = String::new();
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        let place = || format!("{}:{}: {line}", path.display(), number + 1);
        let step = line.split("=>").next().unwrap_or_default().trim();
        let words: Vec<&str> = step.split_whitespace().collect();
        if words.first().is_none_or(|word| word.starts_with('#')) {
            writeln!(out, "{line}")?;
            continue;
        }
        if let Some(recipe) = &mut recipe
            && setting(recipe, &words, base).with_context(place)?
        {
            writeln!(out, "{line}")?;
            continue;
        }
        // The first step opens the register; from then on the scene is set.
        if let Some(recipe) = recipe.take() {
            register = Some(TestShop::open(folder.path(), recipe)?);
        }
        let Some(shop) = &mut register else { bail!("the register did not open") };
        let seen = act(shop, &words, &mut receipts).with_context(place)?;
        writeln!(out, "{step:<23} => {seen}")?;
    }
    Ok(Outcome { text: out, receipts })
}

/// A shop that prices with tax included, with nothing decided but what it needs.
pub fn shop_settings() -> anyhow::Result<Shop> {
    Ok(Shop {
        name: "Test shop".into(),
        address: vec!["1 Main Street".into(), "1000 Sampleton".into()],
        tax_number: "XX 123 456 789".into(),
        currency: Currency::from_code("EUR")?,
        zone: "Europe/Zurich".into(),
        store: "S1".into(),
        register: "R1".into(),
        cashier: "Maya".into(),
        languages: vec!["en".into()],
        prices_include_tax: true,
        cash_rounding: Rounding::HALF_UP,
        quantity_max: Decimal::from(9_999),
        float: Decimal::from(100),
        tax_fallback: None,
        policy: Default::default(),
        manual: Default::default(),
        returns: Default::default(),
        till: Default::default(),
        payments: Default::default(),
        credit: Default::default(),
        stock: Default::default(),
        roles: Default::default(),
        loyalty: None,
        embedded_codes: Vec::new(),
        notes: Vec::new(),
        receipt_footer: vec!["Thank you".into()],
    })
}

/// Tables of `shop.toml` that a scenario may set.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct House {
    manual: Option<ManualRules>,
    returns: Option<ReturnRules>,
    loyalty: Option<Programme>,
    till: Option<TillRules>,
    roles: Option<Roles>,
    payments: Option<PaymentRules>,
    credit: Option<CreditRules>,
    stock: Option<StockRules>,
}

/// A line that sets the scene; false if it is a step.
fn setting(recipe: &mut Recipe, words: &[&str], base: &Path) -> anyhow::Result<bool> {
    let at = |name: &str| if name.starts_with("scripts/") { root().join(name) } else { base.join(name) };
    match words {
        ["catalog", file] => recipe.items = items_of(&at(file), recipe.shop.currency)?,
        ["rules", files @ ..] => {
            for file in files {
                recipe.extensions.push(script(&at(file))?);
            }
        }
        ["tax", "none"] => recipe.shop.tax_fallback = None,
        ["tax", "fallback", rate] => {
            recipe.shop.tax_fallback = Some(TaxFallback { code: "VAT".into(), rate: rate.parse()? });
        }
        ["tax", file] => recipe.extensions.push(tax_table(Some(&std::fs::read_to_string(at(file))?))?),
        ["offers", file] => recipe.extensions.push(promotions(&std::fs::read_to_string(at(file))?)?),
        ["clock", time] => recipe.now = time.parse()?,
        ["shop", "currency", code] => recipe.shop.currency = code.parse()?,
        ["shop", "cash-rounding", increment] => recipe.shop.cash_rounding.increment = increment.parse()?,
        // The rest of the line is a table of `shop.toml`, as its owner writes it: `house loyalty { id = "club" }`.
        ["house", table, rest @ ..] => {
            let text = format!("{table} = {}", rest.join(" "));
            let house: House = toml::from_str(&text)?;
            recipe.shop.manual = house.manual.unwrap_or(std::mem::take(&mut recipe.shop.manual));
            recipe.shop.returns = house.returns.unwrap_or(std::mem::take(&mut recipe.shop.returns));
            recipe.shop.roles = house.roles.unwrap_or(std::mem::take(&mut recipe.shop.roles));
            recipe.shop.stock = house.stock.unwrap_or(std::mem::take(&mut recipe.shop.stock));
            recipe.shop.credit = house.credit.unwrap_or(std::mem::take(&mut recipe.shop.credit));
            recipe.shop.payments = house.payments.unwrap_or(std::mem::take(&mut recipe.shop.payments));
            recipe.shop.till = house.till.unwrap_or(std::mem::take(&mut recipe.shop.till));
            recipe.shop.loyalty = house.loyalty.or(recipe.shop.loyalty.take());
        }
        // Its faults come in the order of the payments and questions: `terminal none loses-answer declines`.
        ["terminal", faults @ ..] => recipe.terminal = Some(terminal(faults)?),
        ["shop", "prices-exclude-tax"] => recipe.shop.prices_include_tax = false,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Carries out a step and says what is seen.
fn act(shop: &mut TestShop, words: &[&str], receipts: &mut String) -> anyhow::Result<String> {
    let basket = None;
    let command = match words {
        ["clock", time] => {
            shop.clock.set(time.parse()?)?;
            return Ok("set".into());
        }
        ["open", reference] => Command::OpenBasket { reference: Some((*reference).to_owned()) },
        ["open"] => Command::OpenBasket { reference: None },
        ["scan", code] => Command::SellItem { basket, scan: (*code).to_owned(), quantity: None, given: None },
        ["scan", code, times] => {
            let quantity = Some(Amount(times.trim_start_matches('x').parse()?));
            Command::SellItem { basket, scan: (*code).to_owned(), quantity, given: None }
        }
        ["set", line, times] => Command::SetQuantity {
            basket,
            line: line.parse()?,
            quantity: Amount(times.trim_start_matches('x').parse()?),
        },
        ["void", line] => Command::VoidLine { basket, line: line.parse()? },
        ["undo"] => Command::Undo { basket },
        ["customer", id] => Command::SetCustomer { basket, customer: Some((*id).to_owned()) },
        ["code", code] => Command::AddCode { basket, code: (*code).to_owned() },
        ["gift", offer, item] => Command::TakeGift { basket, offer: (*offer).to_owned(), item: (*item).to_owned() },
        ["redeem"] => Command::RedeemPoints { basket, points: None },
        ["redeem", points] => Command::RedeemPoints { basket, points: Some(points.parse()?) },
        ["post-void", receipt, reason @ ..] => {
            Command::PostVoid { receipt: receipt.parse()?, reason: reason.join(" ") }
        }
        ["return", "without-receipt", code, times, reason @ ..] => Command::ReturnWithoutReceipt {
            basket,
            scan: (*code).to_owned(),
            quantity: Some(Amount(times.trim_start_matches('x').parse()?)),
            reason: reason.join(" "),
            waste: false,
        },
        ["return", receipt, line, rest @ ..] => {
            let (waste, rest) = match rest {
                [rest @ .., "waste"] => (true, rest),
                rest => (false, rest),
            };
            let quantity = match rest.first() {
                Some(times) => Some(Amount(times.trim_start_matches('x').parse()?)),
                None => None,
            };
            let (receipt, line) = (receipt.parse()?, line.parse()?);
            Command::ReturnItem { basket, receipt, line, quantity, reason: "returned".into(), waste }
        }
        ["discount", "line", line, kind, amount, reason @ ..] => Command::DiscountLine {
            basket,
            line: line.parse()?,
            discount: Some(discount(kind, amount)?),
            reason: reason.join(" "),
        },
        ["discount", "basket", kind, amount, reason @ ..] => {
            Command::DiscountBasket { basket, discount: Some(discount(kind, amount)?), reason: reason.join(" ") }
        }
        ["price", line, amount, reason @ ..] => Command::SetPrice {
            basket,
            line: line.parse()?,
            price: Some(Amount(amount.parse()?)),
            reason: reason.join(" "),
        },
        ["shift", "open"] => Command::OpenShift { float: None, pieces: Vec::new() },
        ["shift", "open", pieces @ ..] if is_pieces(pieces) => {
            Command::OpenShift { float: None, pieces: pieces_of(pieces)? }
        }
        ["shift", "open", float] => Command::OpenShift { float: Some(Amount(float.parse()?)), pieces: Vec::new() },
        ["pay-in", rest @ ..] => Command::PayIn(move_cash(rest)?),
        ["pay-out", rest @ ..] => Command::PayOut(move_cash(rest)?),
        ["float", rest @ ..] => Command::AddFloat(move_cash(rest)?),
        ["safe", rest @ ..] => Command::DropToSafe(move_cash(rest)?),
        ["drawer", reason @ ..] => Command::OpenDrawer { reason: reason.join(" ") },
        ["count", counts @ ..] => Command::CountTill { counts: counts_of(counts)? },
        ["shift", "carry", reason @ ..] => Command::CloseShift { reason: reason.join(" "), carry: true },
        ["shift", "close", reason @ ..] => Command::CloseShift { reason: reason.join(" "), carry: false },
        ["z"] => Command::ZReport { shift: None },
        ["z", shift] => Command::ZReport { shift: Some(shift.parse()?) },
        ["suspend", note @ ..] => Command::SuspendBasket { basket, note: note.join(" ") },
        ["recall", place] => {
            let listed = shop.call(Command::ListBaskets).baskets.unwrap_or_default();
            let found = listed.get(place.parse::<usize>()? - 1).and_then(|view| view.id);
            Command::RecallBasket { basket: found.context("no such basket is listed")? }
        }
        ["baskets"] => Command::ListBaskets,
        ["restart"] => {
            shop.restart()?;
            return Ok("done".into());
        }
        ["person", id, role, pin] => Command::SetPerson(SetPerson {
            id: (*id).to_owned(),
            name: Some(named(id)),
            role: Some((*role).to_owned()),
            active: None,
            pin: Some(Secret::new(*pin)),
            badge: None,
        }),
        ["badge", id, badge] => Command::SetPerson(SetPerson {
            id: (*id).to_owned(),
            name: None,
            role: None,
            active: None,
            pin: None,
            badge: Some(Secret::new(*badge)),
        }),
        ["gone", id] => Command::SetPerson(SetPerson {
            id: (*id).to_owned(),
            name: None,
            role: None,
            active: Some(false),
            pin: None,
            badge: None,
        }),
        ["log", "on", who @ ..] => Command::LogOn(credentials(who)?),
        ["log", "off"] => Command::LogOff,
        ["approve", person, pin, act, rest @ ..] => {
            let (basket, rest) = match rest {
                ["basket", rest @ ..] => (shop.call(Command::GetBasket { basket }).basket, rest),
                rest => (None, rest),
            };
            let amount = rest.first().map(|amount| amount.parse().map(Amount)).transpose()?;
            let act = serde_json::from_value((*act).into()).context("no such act")?;
            Command::Approve(Approve { who: credentials(&[person, pin])?, act, amount, basket })
        }
        ["time", clock, who @ ..] => {
            let clock = serde_json::from_value((*clock).into()).context("in, out, break, resume")?;
            Command::TimeClock(TimeClock { who: credentials(who)?, clock })
        }
        ["people"] => Command::ListPeople,
        ["hours", from, to] => Command::Hours { from: from.parse()?, to: to.parse()? },
        ["exceptions", from, to] => Command::Exceptions { from: from.parse()?, to: to.parse()? },
        ["audit", from, to] => Command::Audit { from: from.parse()?, to: to.parse()? },
        ["balances"] => Command::TrialBalance,
        ["tender", "cash", "exact"] => Command::TenderCash { basket, amount: None },
        ["tender", "cash", amount] => Command::TenderCash { basket, amount: Some(Amount(amount.parse()?)) },
        ["tender", currency, amount] if currency.len() == 3 && currency.chars().all(|one| one.is_ascii_uppercase()) => {
            let (currency, amount) = ((*currency).to_owned(), Amount(amount.parse()?));
            Command::TenderForeign { basket, currency, amount }
        }
        ["tender", "coupon", amount] => Command::TenderCoupon { basket, amount: Amount(amount.parse()?) },
        // By somebody who did not hear that the last basket was completed with it.
        ["tender", "card", "again"] => {
            let last = shop.store.verify(pos_api::port::Scope::WHOLE)?.last_number;
            let last = shop.store.transaction(last)?.context("nothing was completed")?;
            Command::TenderCard { basket: Some(last.transaction.basket), amount: None }
        }
        ["tender", "card"] => Command::TenderCard { basket, amount: None },
        ["tender", "card", amount] => Command::TenderCard { basket, amount: Some(Amount(amount.parse()?)) },
        ["payment", "check"] => Command::CheckPayment { basket },
        ["payment", "give-up"] => Command::GiveUpPayment { basket },
        ["payment", "leave"] => Command::LeavePayment { basket },
        ["gift-card", card, amount] => Command::SellGiftCard {
            basket,
            card: (*card).to_owned(),
            amount: Amount(amount.parse()?),
            single_purpose: false,
        },
        ["order", kind, rest @ ..] => {
            let kind = serde_json::from_value((*kind).into()).context("no such order")?;
            let due = rest.first().map(|due| due.parse()).transpose()?;
            Command::PlaceOrder(PlaceOrder { basket, kind, due, note: String::new() })
        }
        ["orders"] => Command::ListOrders,
        ["goods", kind, rest @ ..] => Command::MoveStock(goods(kind, rest)?),
        ["stock", "low"] => Command::ListStock { items: Vec::new(), low: true },
        ["stock", items @ ..] => {
            Command::ListStock { items: items.iter().map(|item| (*item).to_owned()).collect(), low: false }
        }
        ["refund-in-cash"] => Command::RefundInCash { basket },
        ["credit-to", "nobody"] => Command::RefundToCredit { basket, customer: None },
        ["credit-to", customer] => Command::RefundToCredit { basket, customer: Some((*customer).to_owned()) },
        ["take-order", order] => Command::TakeOrder { order: order.parse()?, lines: Vec::new() },
        ["take-order", order, line, times] => {
            let quantity = Some(Amount(times.trim_start_matches('x').parse()?));
            Command::TakeOrder { order: order.parse()?, lines: vec![OrderLine { line: line.parse()?, quantity }] }
        }
        ["cancel-order", order, reason @ ..] => {
            Command::CancelOrder { order: order.parse()?, reason: reason.join(" ") }
        }
        ["deposit", order, "back"] => Command::RefundDeposit { basket, order: order.parse()? },
        ["deposit", order, amount] => {
            Command::PayDeposit { basket, order: order.parse()?, amount: Amount(amount.parse()?) }
        }
        ["voucher", card, amount] => {
            let (card, amount) = ((*card).to_owned(), Amount(amount.parse()?));
            Command::SellGiftCard { basket, card, amount, single_purpose: true }
        }
        ["redeem-voucher", card, amount] => {
            Command::RedeemVoucher { basket, card: (*card).to_owned(), amount: Amount(amount.parse()?) }
        }
        ["pay-account", customer, amount] => {
            Command::PayAccount { basket, customer: (*customer).to_owned(), amount: Amount(amount.parse()?) }
        }
        ["tender", "credit", kind, holder, rest @ ..] => {
            let credit = serde_json::from_value((*kind).into()).context("no such credit")?;
            let amount = rest.first().map(|amount| amount.parse().map(Amount)).transpose()?;
            Command::TenderCredit { basket, credit, holder: (*holder).to_owned(), amount }
        }
        ["credit", kind, holder] => {
            let credit = serde_json::from_value((*kind).into()).context("no such credit")?;
            Command::GetCredit { credit, holder: (*holder).to_owned() }
        }
        ["payments"] => Command::ListPayments,
        ["remove", "tender"] => Command::RemoveTender { basket },
        ["complete"] => Command::Complete { basket },
        ["cancel"] => Command::Cancel { basket },
        ["why", line] => return why(shop, line.parse()?),
        ["copy", number] => Command::GetReceipt { number: number.parse()? },
        ["hand", "over"] => Command::HandOverShift { carry: false },
        // What this register handed over with a shift: it may take its own till again.
        ["take", "over", shift] => {
            let handover = shop.store.handover(shift.parse()?)?.context("that shift was not handed over")?;
            Command::TakeOverShift { handover }
        }
        ["close", "day"] => Command::CloseDay,
        ["closed", period] => {
            let period = serde_json::from_value((*period).into()).context("no such period")?;
            Command::ListPeriods { period, limit: None }
        }
        ["report"] => Command::XReport,
        ["verify"] => Command::Verify,
        _ => bail!("no such step"),
    };
    let line_before = shop.call(Command::GetBasket { basket }).view.map_or(0, |view| view.lines.len());
    let reply = shop.call(command);
    if let Some(receipt) = &reply.receipt {
        writeln!(receipts, "{}", receipt.text)?;
    }
    let mut answer = describe(shop, &reply, line_before)?;
    for alert in std::mem::take(&mut *lock(&shop.alerts)) {
        answer.push_str(&format!(" ; alert {alert}"));
    }
    Ok(answer)
}

/// A terminal that outlives the register, and what goes wrong with each question to it in turn.
fn terminal(faults: &[&str]) -> anyhow::Result<TerminalMaker> {
    let fault = |name: &&str| {
        Ok(match *name {
            "none" => Fault::None,
            "declines" => Fault::Declines,
            "loses-question" => Fault::LosesQuestion,
            "loses-answer" => Fault::LosesAnswer,
            "arrives-late" => Fault::ArrivesLate(2),
            "approves-part" => Fault::ApprovesPart,
            "takes-too-much" => Fault::TakesTooMuch,
            "arrives-twice" => Fault::ArrivesTwice,
            "cannot-reverse" => Fault::CannotReverse,
            "goes-offline" => Fault::GoesOffline,
            other => bail!("a terminal has no fault \"{other}\""),
        })
    };
    let faults: Vec<Fault> = faults.iter().map(fault).collect::<anyhow::Result<_>>()?;
    let faults = Arc::new(Mutex::new(faults.into_iter()));
    let simulator = Simulator::default();
    Ok(Arc::new(move || {
        let faults = Arc::clone(&faults);
        let next =
            move |_: &TerminalRequest| faults.lock().unwrap_or_else(PoisonError::into_inner).next().unwrap_or_default();
        Box::new(SimulatedTerminal::new(simulator.clone(), next))
    }))
}

/// `maya 1234`, or a badge.
fn credentials(words: &[&str]) -> anyhow::Result<Credentials> {
    Ok(match words {
        [person, pin] => Credentials { person: Some((*person).to_owned()), pin: Some(Secret::new(*pin)), badge: None },
        [badge] => Credentials { badge: Some(Secret::new(*badge)), ..Credentials::default() },
        _ => bail!("a person and a PIN, or a badge"),
    })
}

/// `Maya` for `maya`.
fn named(id: &str) -> String {
    let mut name = id.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

/// `100.00x2`: notes or coins of one value.
fn is_pieces(words: &[&str]) -> bool {
    words.first().is_some_and(|word| word.contains('x'))
}

fn pieces_of(words: &[&str]) -> anyhow::Result<Vec<PiecesOf>> {
    let piece = |word: &&str| {
        let (value, count) = word.split_once('x').context("notes and coins are written 100.00x2")?;
        Ok(PiecesOf { value: Amount(value.parse()?), count: count.parse()? })
    };
    words.iter().map(piece).collect()
}

fn move_cash(words: &[&str]) -> anyhow::Result<MoveCash> {
    let (pieces, reason) = words.split_at(words.iter().take_while(|word| is_pieces(&[word])).count());
    let pieces = pieces_of(pieces)?;
    let (amount, reason) = match (pieces.is_empty(), reason) {
        (true, [amount, reason @ ..]) => (Some(Amount(amount.parse()?)), reason),
        (_, reason) => (None, reason),
    };
    Ok(MoveCash { amount, pieces, reason: reason.join(" "), note: String::new() })
}

/// `150.00`, `100.00x1 50.00x1`, `150.00 coupon 3.00 USD 20.00`.
fn counts_of(words: &[&str]) -> anyhow::Result<Vec<CountOf>> {
    let named = words.iter().position(|word| word.starts_with(char::is_alphabetic)).unwrap_or(words.len());
    let (cash, others) = words.split_at(named);
    let plain = CountOf { tender: None, currency: None, amount: None, pieces: Vec::new() };
    let cash = match cash {
        [] => None,
        pieces if is_pieces(pieces) => Some(CountOf { pieces: pieces_of(pieces)?, ..plain.clone() }),
        [amount, ..] => Some(CountOf { amount: Some(Amount(amount.parse()?)), ..plain.clone() }),
    };
    let other = |words: &[&str]| {
        let [name, amount] = words else { bail!("a means of payment and an amount") };
        let amount = Some(Amount(amount.parse()?));
        Ok(match *name {
            "coupon" => CountOf { tender: Some("coupon".to_owned()), amount, ..plain.clone() },
            currency => CountOf { currency: Some(currency.to_owned()), amount, ..plain.clone() },
        })
    };
    let others = others.chunks(2).map(other).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(cash.into_iter().chain(others).collect())
}

fn counted(tenders: &[CountedView]) -> String {
    let one = |found: &CountedView| {
        format!("{} {} of {} ({})", found.tender, found.counted, found.expected, found.difference)
    };
    tenders.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn discount(kind: &str, amount: &str) -> anyhow::Result<Discount> {
    let amount = Amount(amount.parse()?);
    Ok(match kind {
        "rate" => Discount::Rate(amount),
        "amount" => Discount::Amount(amount),
        "final" => Discount::FinalPrice(amount),
        _ => bail!("a discount is a rate, an amount or final"),
    })
}

/// What is not at zero.
fn balances(found: &TrialBalanceView) -> String {
    let accounts = found.accounts.iter().filter(|account| !account.balance.is_zero());
    let accounts = accounts.map(|account| format!("{} {}", account.account, account.balance));
    let stock = found.stock.iter().filter(|level| !level.quantity.is_zero());
    let stock = stock.map(|level| format!("stock {} {}{}", level.item, level.quantity, level.unit));
    let all: Vec<String> = accounts.chain(stock).collect();
    if all.is_empty() { "all zero".to_owned() } else { all.join(" | ") }
}

fn describe(shop: &TestShop, reply: &Reply, lines_before: usize) -> anyhow::Result<String> {
    if let Some(refused) = &reply.refused {
        let asked = refused.approval.as_ref().map(|asked| {
            let act = serde_json::to_value(asked.act).unwrap_or_default();
            format!(" ; approval {} {}", act.as_str().unwrap_or_default(), asked.amount)
        });
        return Ok(format!("refused {}: {}{}", refused.code, refused.message, asked.unwrap_or_default()));
    }
    let mut parts: Vec<String> = Vec::new();
    if let Some(report) = &reply.report {
        parts.push(format!(
            "sales {} ; lines {} ; voided {} ; cancelled {} ; discount {} ; tax {} ; total {}",
            report.sales,
            report.lines,
            report.voided_lines,
            report.cancelled,
            report.discount,
            report.tax,
            report.total
        ));
        let named = |name: &str, amounts: &Option<Vec<NamedAmount>>| {
            let amounts = amounts.iter().flatten().map(|one| format!("{} {}", one.name, one.amount));
            let amounts = amounts.collect::<Vec<_>>().join(" | ");
            (!amounts.is_empty()).then(|| format!("{name} {amounts}"))
        };
        parts.extend(named("kept", &report.tenders));
        parts.extend(named("moved", &report.moved));
        parts.extend(named("deposits", &Some(report.deposits.clone())));
        if let Some(closing) = &report.closing {
            parts.push(format!("Z {} ; {}", closing.number, counted(&closing.tenders)));
            parts.push(format!("grand total {} of {} sales", closing.grand_total, closing.grand_sales));
        }
    }
    parts.extend(reply.operator.as_ref().map(|operator| format!("{} serves as {}", operator.name, operator.role)));
    if let Some(orders) = &reply.orders {
        let one = |view: &OrderView| {
            let left = view.lines.iter().map(|line| format!("{} of {} {}", line.left, line.quantity, line.item));
            let left = left.collect::<Vec<_>>().join(", ");
            format!("{:?} {} {} paid {}: {left}", view.kind, view.number, view.total, view.deposit)
        };
        parts.push(orders.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    if let Some(periods) = &reply.periods {
        let one = |view: &PeriodView| {
            let PeriodView { period, number, from, to, first_shift, last_shift, total, tax, grand_total, .. } = view;
            let period = period.code();
            format!(
                "{period} {number} {from} to {to} shifts {first_shift} to {last_shift}: {total} tax {tax} of {grand_total}"
            )
        };
        parts.push(periods.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    if let Some(levels) = &reply.stock {
        parts.push(levels.iter().map(stock_text).collect::<Vec<_>>().join(" | "));
    }
    if let Some(found) = &reply.credit {
        parts.push(format!("{} {} {} ; available {}", found.kind, found.holder, found.balance, found.available));
    }
    if let Some(payments) = &reply.payments {
        let one = |view: &PaymentView| format!("{} {} {}", view.direction, view.amount, view.state);
        parts.push(payments.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    for payment in reply.view.iter().flat_map(|view| &view.payments) {
        let awaited = if payment.awaited { " awaited" } else { "" };
        let detail = if payment.detail.is_empty() { String::new() } else { format!(" ({})", payment.detail) };
        let part = payment.approved.filter(|approved| *approved != payment.amount);
        let part = part.map(|approved| format!(" with {approved}")).unwrap_or_default();
        let PaymentView { direction, amount, state, .. } = payment;
        parts.push(format!("payment {direction} {amount} {state}{part}{awaited}{detail}"));
    }
    if let Some(people) = &reply.people {
        let one = |view: &PersonView| {
            let standing = if view.active { view.standing.clone().unwrap_or_default() } else { "gone".to_owned() };
            format!("{} {} {}", view.id, view.role, standing).trim().to_owned()
        };
        parts.push(people.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    if let Some(hours) = &reply.hours {
        let one = |view: &HoursView| {
            let open = if view.open { " until now" } else { "" };
            let (worked, paused) = (view.worked_seconds, view.paused_seconds);
            format!("{} {} {} {worked} s, breaks {paused} s{open}", view.person, view.date, view.week)
        };
        parts.push(hours.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    if let Some(cashiers) = &reply.exceptions {
        let one = |view: &CashierView| {
            let exceptions = view.exceptions.iter().filter(|one| one.count > 0);
            let exceptions =
                exceptions.map(|one| format!("{} {}{}", one.what, one.count, if one.stands_out { "!" } else { "" }));
            let exceptions = exceptions.collect::<Vec<_>>().join(", ");
            format!("{} {} sales {}: {exceptions}", view.cashier, view.sales, view.total)
        };
        parts.push(cashiers.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    if let Some(audit) = &reply.audit {
        let one = |view: &AuditView| format!("{} {}", view.person, view.what);
        parts.push(audit.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    if let Some(baskets) = &reply.baskets {
        let one = |view: &OpenBasketView| {
            let OpenBasketView { state, cashier, age_seconds, note, lines, total, .. } = view;
            format!("{state:?} \"{note}\" of {cashier} {age_seconds} s, {lines} lines {total}")
        };
        parts.push(baskets.iter().map(one).collect::<Vec<_>>().join(" | "));
    }
    if let Some(found) = &reply.trial_balance {
        parts.push(balances(found));
    }
    if let Some(found) = &reply.verification {
        parts.push(format!(
            "verified {} ; records {} ; last number {}",
            found.verified, found.records, found.last_number
        ));
        parts.extend(found.problems.iter().cloned());
    }
    if let Some(number) = reply.number {
        parts.push(format!("receipt {number}"));
        if let Some(receipt) = reply.receipt.as_ref().filter(|receipt| receipt.copy > 0) {
            parts.push(format!("copy {}", receipt.copy));
            return Ok(parts.join(" ; "));
        }
        if let Some(committed) = shop.store.transaction(number)? {
            let currency = committed.transaction.currency;
            let entries: Vec<String> = committed
                .transaction
                .entries
                .iter()
                .map(|entry| {
                    let amount = |amount: Money| match entry.unit.as_deref().map(Currency::from_code) {
                        None => currency.format(amount),
                        Some(Ok(foreign)) => foreign.format(amount),
                        Some(Err(_)) => amount.minor().to_string(),
                    };
                    match entry.debit.is_zero() {
                        true => format!("Cr {} {}", entry.account, amount(entry.credit)),
                        false => format!("Dr {} {}", entry.account, amount(entry.debit)),
                    }
                })
                .collect();
            if !entries.is_empty() {
                parts.push(format!("ledger {}", entries.join(" | ")));
            }
            let moved: Vec<String> = committed
                .transaction
                .movements
                .iter()
                .map(|movement| format!("{} {}", movement.item, movement.quantity))
                .collect();
            if !moved.is_empty() {
                parts.push(format!("stock {}", moved.join(" | ")));
            }
        }
        if let Some(view) = reply.view.as_ref().filter(|view| view.change > Decimal::ZERO) {
            parts.push(format!("change {}", view.change));
        }
    } else if let Some(view) = &reply.view {
        parts.extend(basket_parts(view, lines_before));
    }
    if let Some(count) = &reply.count {
        let found = count.tenders.as_deref().map(counted).unwrap_or_default();
        parts.push(format!("{:?} {found}", count.state).trim_end().to_owned());
    }
    Ok(parts.join(" ; "))
}

fn basket_parts(view: &BasketView, lines_before: usize) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    // A new line is shown whole; what changed on others is shown by their modifiers and the amount due.
    if let Some(line) = view.lines.get(lines_before) {
        let unit = if line.unit.is_empty() { String::new() } else { format!(" {}", line.unit) };
        parts.push(format!(
            "line {} {} {}{unit} @ {} = {}",
            line.number, line.item, line.quantity, line.price, line.gross
        ));
    }
    let modifiers = |line: &LineView| {
        line.modifiers
            .iter()
            .map(|modifier| format!("{} on {} {}", modifier.label, line.number, modifier.amount))
            .collect()
    };
    parts.extend(view.lines.iter().flat_map(modifiers as fn(&LineView) -> Vec<String>));
    parts.extend(view.near_misses.iter().cloned());
    parts.extend(view.notices.iter().map(|notice| format!("{}: {}", notice.severity, notice.text)));
    if !view.unavailable.is_empty() {
        parts.push(format!("unavailable {}", view.unavailable.join(", ")));
    }
    let gift = |gift: &GiftView| format!("gift of {}: {} of {}", gift.offer, gift.quantity, gift.items.join(", "));
    parts.extend(view.gifts.iter().map(gift));
    if let Some(customer) = &view.customer {
        parts.push(format!("customer {} with {} points", customer.id, customer.points));
    }
    parts.push(format!("due {}", view.due));
    parts.extend(view.payouts.iter().map(|payout| format!("pay out {} {}", payout.kind, payout.amount)));
    if view.change > Decimal::ZERO {
        parts.push(format!("change {}", view.change));
    }
    if !view.rounding.is_zero() {
        parts.push(format!("rounding {}", view.rounding));
    }
    parts
}

fn why(shop: &mut TestShop, line: u32) -> anyhow::Result<String> {
    let view = shop.call(Command::GetBasket { basket: None }).view.context("no basket is open")?;
    let line = view.lines.iter().find(|known| known.number == line).context("there is no such line")?;
    let reasons: Vec<String> = line
        .reasons
        .iter()
        .map(|reason| {
            let amount = reason.amount.map(|amount| format!(" {amount}")).unwrap_or_default();
            let detail = if reason.detail.is_empty() { String::new() } else { format!(" ({})", reason.detail) };
            format!("{}{amount}{detail}", reason.title)
        })
        .collect();
    Ok(reasons.join(" ; "))
}

/// `goods receipt from Brewery ref D17 ALE x12 @14.40 SOAP x3`: words about all of it, then articles.
fn goods(kind: &str, words: &[&str]) -> anyhow::Result<MoveStock> {
    let kind = serde_json::from_value(kind.into()).context("no such movement of goods")?;
    let mut moved = MoveStock {
        kind,
        location: String::new(),
        to: None,
        supplier: String::new(),
        reference: String::new(),
        reason: String::new(),
        lines: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut next = || words.next().map(|next| next.replace('_', " ")).context("a word is missing");
        match *word {
            "at" => moved.location = next()?,
            "to" => moved.to = Some(next()?),
            "from" => moved.supplier = next()?,
            "ref" => moved.reference = next()?,
            "why" => moved.reason = next()?,
            cost if cost.starts_with('@') => {
                let line = moved.lines.last_mut().context("a cost is that of an article")?;
                line.cost = Some(Amount(cost[1..].parse()?));
            }
            item => {
                let quantity = Amount(next()?.trim_start_matches('x').parse()?);
                moved.lines.push(StockLineAsked { item: item.to_owned(), quantity, cost: None });
            }
        }
    }
    Ok(moved)
}

fn stock_text(view: &StockLevelView) -> String {
    let StockLevelView {
        item, on_hand, committed, available, locations, average_cost, value, proposal, supplier, ..
    } = view;
    let mut text = format!("{item} {on_hand}");
    if !committed.is_zero() {
        text += &format!(" of which {committed} kept back, {available} available");
    }
    if locations.keys().any(|location| !location.is_empty()) {
        let places: Vec<String> = locations.iter().map(|(place, value)| format!("{place} {value}")).collect();
        text += &format!(" ({})", places.join(", "));
    }
    if let (Some(average), Some(value)) = (average_cost, value) {
        text += &format!(" at {average} worth {value}");
    } else if let Some(value) = value {
        text += &format!(" worth {value}");
    }
    if let Some(proposal) = proposal {
        text += &format!(" ; order {proposal} from {supplier}");
    }
    text
}

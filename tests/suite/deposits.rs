//! Container deposits under anything a cashier may do: what is owed for containers is what was charged less what was paid back.

use pos_api::view::BasketView;
use pos_api::{Amount, Command, Reply};
use pos_domain::ids::ReceiptNumber;
use pos_money::Decimal;
use pos_tests::baskets::Random;
use pos_tests::scenario::shop_settings;
use pos_tests::shop::{Recipe, TestShop, items_of, root, tax_table};

/// No tax anywhere: what is posted is what was paid.
const UNTAXED: &str = r#"{
    "jurisdiction": "XX", "included": true,
    "rounding": { "level": "per-receipt", "mode": "half-up", "increment": 1 },
    "classes": { "standard": [{ "code": "NONE", "rate": "0" }], "reduced": [{ "code": "NONE", "rate": "0" }],
                 "outside": [{ "code": "NONE", "rate": "0" }] }
}"#;

/// What a piece brings in deposits, in cents; what an empty one is worth.
const PIECES: [(&str, i64); 4] = [("COLA", 25), ("BEER", 8), ("CRATE20", 20 * 8 + 150), ("SODA", 5)];
const EMPTIES: [(&str, i64); 3] = [("PFAND", 25), ("BOTTLE", 8), ("CRATE", 150)];

fn opened(folder: &std::path::Path) -> TestShop {
    let mut shop = shop_settings().unwrap();
    shop.returns.cash_beyond_tenders = true;
    let items = items_of(&root().join("tests/suite/fixture/deposits.csv"), shop.currency).unwrap();
    let now = "2026-03-02T08:00:00".parse().unwrap();
    let extensions = vec![tax_table(Some(UNTAXED)).unwrap()];
    TestShop::open(folder, Recipe { shop, extensions, now, items, terminal: None }).unwrap()
}

fn cents(amount: Decimal) -> i64 {
    i64::try_from(amount * Decimal::ONE_HUNDRED).unwrap()
}

/// What is owed for containers, by the books.
fn owed(shop: &mut TestShop) -> i64 {
    let found = shop.call(Command::TrialBalance).trial_balance.unwrap();
    let account = found.accounts.iter().find(|account| account.account == "deposits:containers");
    -account.map_or(0, |account| cents(account.balance))
}

/// What a basket charges for containers, from its articles and their pieces alone.
fn charged(view: &BasketView) -> i64 {
    let lines = view.lines.iter().filter(|line| !line.voided && line.deposit_of.is_none());
    lines
        .map(|line| {
            let each = PIECES.iter().chain(&EMPTIES).find(|(item, _)| *item == line.item).unwrap().1;
            i64::try_from(line.quantity.trunc()).unwrap() * each
        })
        .sum()
}

/// Deposits are level with the articles they are tied to, line by line, and stand right behind them.
fn level(view: &BasketView) -> bool {
    let mut article = None;
    view.lines.iter().all(|line| match line.deposit_of {
        None => {
            article = Some(line);
            true
        }
        Some(to) => {
            let article = article.filter(|article| article.number == to).unwrap();
            let each = if article.item == "CRATE20" && line.item == "BOTTLE" { 20 } else { 1 };
            line.voided == article.voided
                && line.quantity == article.quantity * Decimal::from(each)
                && line.modifiers.is_empty()
        }
    })
}

#[test]
fn the_account_holds_what_was_charged_and_not_paid_back() {
    let (mut completed, mut returned, mut refused) = (0, 0, 0);
    for seed in 1..=12 {
        let folder = tempfile::tempdir().unwrap();
        let mut shop = opened(folder.path());
        let mut random = Random::new(seed);
        let (mut expected, mut receipts): (i64, Vec<ReceiptNumber>) = (0, Vec::new());
        let mut view: Option<BasketView> = None;
        for _ in 0..200 {
            let basket = None;
            let line = u32::try_from(random.below(6)).unwrap() + 1;
            let quantity = i64::try_from(random.below(5)).unwrap() + 1;
            let pick =
                |random: &mut Random, of: &[(&str, i64)]| of[random.below(of.len() as u64) as usize].0.to_owned();
            let command = match random.below(15) {
                0..=2 => {
                    let (scan, quantity) = (pick(&mut random, &PIECES), Some(Amount(Decimal::from(quantity))));
                    Command::SellItem { basket, scan, quantity, given: None }
                }
                3 => {
                    let (scan, quantity) = (pick(&mut random, &EMPTIES), Some(Amount(Decimal::from(-quantity))));
                    Command::SellItem { basket, scan, quantity, given: None }
                }
                4 | 5 => Command::SetQuantity { basket, line, quantity: Amount(Decimal::from(quantity)) },
                6 => Command::VoidLine { basket, line },
                7 | 8 => Command::Undo { basket },
                9..=11 if !receipts.is_empty() => {
                    let receipt = receipts[random.below(receipts.len() as u64) as usize];
                    let quantity = (quantity < 3).then_some(Amount(Decimal::from(quantity)));
                    Command::ReturnItem { basket, receipt, line, quantity, reason: "returned".into(), waste: false }
                }
                12 if quantity == 1 => {
                    shop.restart().unwrap();
                    continue;
                }
                _ => {
                    let paid = shop.call(Command::TenderCash { basket, amount: None });
                    view = paid.view.as_deref().cloned().or(view);
                    Command::Complete { basket }
                }
            };
            let completes = matches!(command, Command::Complete { .. });
            let reply = shop.call(command);
            let Reply { refused: refusal, view: after, number, .. } = &reply;
            if refusal.is_some() {
                refused += 1;
                continue;
            }
            view = after.as_deref().cloned();
            let view = view.as_ref().unwrap();
            assert!(level(view), "seed {seed}: {view:#?}");
            if completes {
                expected += charged(view);
                completed += 1;
                returned += usize::from(view.lines.iter().any(|line| line.returned_from.is_some() && !line.voided));
                receipts.extend(*number);
                assert_eq!(owed(&mut shop), expected, "seed {seed}, receipt {number:?}");
            }
        }
        let found = shop.call(Command::Verify).verification.unwrap();
        assert_eq!(found.problems, Vec::<String>::new(), "seed {seed}");
        let report = shop.call(Command::XReport).report.unwrap();
        let told = |name: &str| report.deposits.iter().find(|one| one.name == name).map_or(0, |one| cents(one.amount));
        assert_eq!(told("charged") - told("paid-back"), expected, "seed {seed}");
        let departments: i64 = report.departments.iter().map(|one| cents(one.amount)).sum();
        assert_eq!(cents(report.total), departments, "seed {seed}: deposits are no turnover");
    }
    // A run in which little happened would prove little.
    assert!(completed > 150 && returned > 20 && refused > 100, "{completed} {returned} {refused}");
}

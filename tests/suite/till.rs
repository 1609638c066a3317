//! A till through restarts: what was done is done once.

use pos_api::command::MoveCash;
use pos_api::view::{CountState, TrialBalanceView};
use pos_api::{Amount, Command, Envelope, Reply};
use pos_money::Decimal;
use pos_tests::scenario::shop_settings;
use pos_tests::shop::{Recipe, TestShop};

fn shop(folder: &tempfile::TempDir) -> TestShop {
    let mut settings = shop_settings().unwrap();
    settings.till.blind = true;
    let now = "2026-03-02T08:00:00".parse().unwrap();
    TestShop::open(
        folder.path(),
        Recipe { shop: settings, extensions: Vec::new(), now, items: Vec::new(), terminal: None },
    )
    .unwrap()
}

fn send(shop: &mut TestShop, command_id: &str, command: Command) -> Reply {
    shop.kernel.handle(Envelope { command_id: command_id.to_owned(), command })
}

fn pay_out(amount: i64) -> Command {
    let amount = Some(Amount(Decimal::from(amount)));
    Command::PayOut(MoveCash { amount, pieces: Vec::new(), reason: "postage".into(), note: String::new() })
}

fn count(amount: i64) -> Command {
    let count = serde_json::json!({ "command": "count_till", "counts": [{ "amount": amount.to_string() }] });
    serde_json::from_value(count).unwrap()
}

fn till(found: &TrialBalanceView) -> Decimal {
    found.accounts.iter().find(|account| account.account == "till:cash").map(|account| account.balance).unwrap()
}

#[test]
fn what_was_done_to_a_till_is_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = shop(&folder);
    assert_eq!(send(&mut shop, "a", pay_out(5)).number, Some(1));
    shop.restart().unwrap();
    // Nobody heard the answer, so it is asked again; another amount, or another command, is another one.
    let again = send(&mut shop, "a", pay_out(5));
    assert_eq!(again.number, Some(1));
    assert!(again.receipt.unwrap().text.contains("PAID OUT"));
    assert_eq!(send(&mut shop, "b", pay_out(5)).number, Some(2));
    shop.restart().unwrap();
    assert_eq!(send(&mut shop, "a", pay_out(6)).number, Some(3));
    // 100.00 of float less 16.00; the first count is wrong, and being told so again is no second count.
    assert_eq!(send(&mut shop, "c", count(80)).count.unwrap().state, CountState::Recount);
    shop.restart().unwrap();
    let again = send(&mut shop, "c", count(80));
    assert_eq!((again.number, again.count.unwrap().state), (Some(4), CountState::Recount));
    assert_eq!(send(&mut shop, "d", Command::TrialBalance).refused.unwrap().code, "till_not_counted");
    assert_eq!(send(&mut shop, "e", count(84)).count.unwrap().state, CountState::Fits);
    shop.restart().unwrap();
    assert_eq!(send(&mut shop, "e", count(84)).number, Some(5));
    assert_eq!(send(&mut shop, "f", count(85)).refused.unwrap().code, "till_counted");
    assert_eq!(till(&send(&mut shop, "g", Command::TrialBalance).trial_balance.unwrap()), Decimal::from(84));
    let close = Command::CloseShift { reason: String::new(), carry: false };
    assert_eq!(send(&mut shop, "h", close).report.unwrap().closing.unwrap().number, 1);
    // Another shift: the same command is meant anew.
    assert_eq!(send(&mut shop, "i", pay_out(5)).number, Some(6));
    assert!(send(&mut shop, "j", Command::Verify).verification.unwrap().verified);
}

//! Rights: every role against every act, and people of random roles.

use pos_api::command::{CountOf, Discount, MoveCash};
use pos_api::{Amount, Command};
use pos_domain::people::{Act, Role, Roles};
use pos_domain::pricing::manual::ManualCap;
use pos_money::Decimal;
use pos_tests::rights_lab::{credentials, enter, run, shop};
use pos_tests::shop::TestShop;
use std::collections::BTreeMap;

fn cash(amount: i64) -> MoveCash {
    let amount = Some(Amount(Decimal::from(amount)));
    MoveCash { amount, pieces: Vec::new(), reason: "reason".into(), note: String::new() }
}

/// A command that needs an act and nothing else; none where an act shows in another way.
fn command_of(act: Act, shop: &mut TestShop) -> Option<Command> {
    let basket = shop.call(Command::GetBasket { basket: None }).basket;
    let day = "2026-03-02".parse().unwrap();
    Some(match act {
        Act::Sell => Command::SellItem { basket, scan: "SOAP".into(), quantity: None, given: None },
        Act::VoidLine => Command::VoidLine { basket, line: 1 },
        Act::CancelBasket => Command::Cancel { basket },
        Act::Return => {
            Command::ReturnItem { basket, receipt: 1, line: 1, quantity: None, reason: "returned".into(), waste: false }
        }
        Act::ReturnWithoutReceipt => Command::ReturnWithoutReceipt {
            basket,
            scan: "SOAP".into(),
            quantity: None,
            reason: "returned".into(),
            waste: false,
        },
        Act::PostVoid => Command::PostVoid { receipt: 1, reason: "wrong".into() },
        Act::LeavePayment => Command::LeavePayment { basket },
        Act::OpenDrawer => Command::OpenDrawer { reason: "reason".into() },
        Act::PayIn => Command::PayIn(cash(1)),
        Act::PayOut => Command::PayOut(cash(1)),
        Act::BringChange => Command::AddFloat(cash(1)),
        Act::DropToSafe => Command::DropToSafe(cash(1)),
        Act::OpenShift => Command::OpenShift { float: None, pieces: Vec::new() },
        Act::MoveStock => goods("receipt"),
        Act::AdjustStock => goods("count"),
        Act::CountTill => {
            let amount = Some(Amount(Decimal::from(1)));
            Command::CountTill { counts: vec![CountOf { tender: None, currency: None, amount, pieces: Vec::new() }] }
        }
        Act::CloseShift => Command::CloseShift { reason: String::new(), carry: true },
        Act::ReadReports => Command::XReport,
        Act::ReadBooks => Command::Verify,
        Act::Reprint => Command::GetReceipt { number: 1 },
        Act::ReadPeople => Command::Audit { from: day, to: day },
        Act::ManagePeople => {
            serde_json::from_value(serde_json::json!({ "command": "set_person", "id": "new", "role": "owner" }))
                .unwrap()
        }
        // Told by the X report, and by what a refund comes to; prices go by their caps.
        Act::SeeExpected | Act::RefundInCash | Act::ChangePrices => return None,
    })
}

fn goods(kind: &str) -> Command {
    let line = serde_json::json!({ "item": "SOAP", "quantity": "3" });
    serde_json::from_value(serde_json::json!({ "command": "move_stock", "kind": kind, "lines": [line] })).unwrap()
}

/// A shop with a sale behind it, a basket open, and somebody at the register who may do only, or all but, one act.
fn scene(folder: &std::path::Path, may: &[Act], caps: bool) -> TestShop {
    let all = Role { may: Act::ALL.into_iter().collect(), ..Role::default() };
    let one = Role { may: may.iter().copied().collect(), ..Role::default() };
    let mut by_hand = BTreeMap::from([("owner".into(), ManualCap::default())]);
    if caps {
        by_hand.insert("one".into(), ManualCap::default());
    }
    let roles = Roles([("owner".into(), all), ("one".into(), one)].into());
    let mut shop = shop(folder, roles, by_hand).unwrap();
    enter(&mut shop, "owner", "owner").unwrap();
    shop.call(Command::LogOn(credentials("owner")));
    enter(&mut shop, "one", "one").unwrap();
    for code in ["SOAP", "ALE"] {
        shop.scan(code);
    }
    shop.call(Command::TenderCash { basket: None, amount: None });
    assert_eq!(shop.call(Command::Complete { basket: None }).number, Some(1));
    shop.scan("SOAP");
    assert!(shop.call(Command::LogOn(credentials("one"))).refused.is_none());
    shop
}

/// The code of a refusal, and the act that could be approved.
fn refusal(shop: &mut TestShop, command: Command) -> Option<(String, Option<Act>)> {
    let refused = shop.call(command).refused?;
    Some((refused.code, refused.approval.map(|approval| approval.act)))
}

#[test]
fn every_role_does_what_it_may_and_nothing_else() {
    let mut cells = 0;
    for may in Act::ALL {
        let folder = tempfile::tempdir().unwrap();
        let mut shop = scene(folder.path(), &[may], false);
        // What it may not, first: nothing of that changes anything.
        for act in Act::ALL.into_iter().filter(|act| *act != may) {
            let Some(command) = command_of(act, &mut shop) else { continue };
            let refused = refusal(&mut shop, command);
            assert_eq!(refused, Some(("approval_needed".into(), Some(act))), "{act:?} with {may:?} alone");
            cells += 1;
        }
        if let Some(command) = command_of(may, &mut shop) {
            let refused = refusal(&mut shop, command);
            let by_right = refused.filter(|(code, _)| code == "approval_needed" || code == "nobody_logged_on");
            assert_eq!(by_right, None, "{may:?} alone");
            cells += 1;
        }
        let folder = tempfile::tempdir().unwrap();
        let others: Vec<Act> = Act::ALL.into_iter().filter(|act| *act != may).collect();
        let mut shop = scene(folder.path(), &others, true);
        if let Some(command) = command_of(may, &mut shop) {
            let refused = refusal(&mut shop, command);
            assert_eq!(refused, Some(("approval_needed".into(), Some(may))), "all but {may:?}");
            cells += 1;
        }
    }
    // 22 commands for each of 25 roles with one right, and each once for the role that lacks only its right.
    assert_eq!(cells, 25 * 22 + 22);
}

#[test]
fn prices_and_what_should_be_in_the_till_have_rights_of_their_own() {
    let discount = || Command::DiscountLine {
        basket: None,
        line: 1,
        discount: Some(Discount::Amount(Amount(Decimal::ONE))),
        reason: "damaged".into(),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut may_not = scene(folder.path(), &[Act::Sell, Act::ReadReports], false);
    assert_eq!(refusal(&mut may_not, discount()), Some(("approval_needed".into(), Some(Act::ChangePrices))));
    assert!(may_not.call(Command::XReport).report.unwrap().tenders.is_none());
    let folder = tempfile::tempdir().unwrap();
    let mut may = scene(folder.path(), &[Act::Sell, Act::ReadReports, Act::SeeExpected], true);
    assert_eq!(refusal(&mut may, discount()), None);
    assert!(may.call(Command::XReport).report.unwrap().tenders.is_some());
}

#[test]
fn people_of_random_roles_do_nothing_they_may_not() {
    let outcome = run(1_200, 1).unwrap();
    assert!(outcome.violations.is_empty(), "{}", outcome.told());
    assert!(outcome.refused > 100 && outcome.approvals > 30 && outcome.transactions > 100, "{}", outcome.told());
}

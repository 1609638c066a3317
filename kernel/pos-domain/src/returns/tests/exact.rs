//! Examples in numbers, records and refusals.

use super::support::{Desk, Ware, cents, commit, take};
use crate::Refusal;
use crate::ledger::{self, Entry};
use crate::pricing::proposal::Stage;
use crate::returns::{
    PointFigure, Policy, Refund, RefundPlan, ReturnPolicy, Returned, Sold, TakeBack, posting, settle,
};
use crate::tender::TenderKind::{Cash, Coupon};
use pos_money::{Decimal, Money, Quantity, Unit};
use std::collections::BTreeMap;

fn soap() -> Ware {
    Ware::pieces("soap", 3, 600).offer("3 for 2", 3, -200).tax("vat19", true, 336, 64)
}

/// Three soaps for the price of two, one by one.
#[test]
fn soap_comes_back_piece_by_piece() {
    let mut desk = Desk::of(&commit(&[soap()], &[(Cash, 500)], 1), 1);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (refund, _) = desk.accept(&[take(1, 1)], Policy::KeepShares);
        let share = &refund.lines[0].share;
        seen.push([refund.total, share.gross, share.modifiers[0].amount, share.taxes[0].base, share.taxes[0].amount]);
    }
    let seen: Vec<Vec<i64>> = seen.iter().map(|row| row.iter().copied().map(Money::minor).collect()).collect();
    assert_eq!(seen, [[133, 200, -67, 112, 21], [134, 200, -66, 112, 22], [133, 200, -67, 112, 21]]);
}

#[test]
fn the_record_of_a_return_mirrors_the_sale() {
    let sale = commit(&[soap()], &[(Cash, 500)], 1);
    let mut desk = Desk::of(&sale, 1);
    let wasted = TakeBack::to_waste(1, Quantity::pieces(3));
    let (refund, plan) = desk.accept(&[wasted], Policy::KeepShares);
    let line = &refund.record_lines(&sale, 7).unwrap()[0];
    assert_eq!((line.number, &line.quantity.to_string()[..]), (7, "-3"));
    assert_eq!((line.gross, line.net, line.paid), (cents(-600), cents(-400), cents(-400)));
    let modifier = &line.modifiers[0];
    assert_eq!((modifier.before, modifier.amount, modifier.after), (cents(-600), cents(200), cents(-400)));
    assert_eq!((line.taxes[0].base, line.taxes[0].amount), (cents(-336), cents(-64)));
    assert_eq!(refund.taxes().unwrap()[0].amount, cents(64));
    // Every entry of the sale with its sides changed.
    let entries = posting::entries(&refund, &plan).unwrap();
    ledger::assert_balanced(&entries).unwrap();
    for entry in &sale.entries {
        let mirror = entries.iter().find(|known| known.account == entry.account).unwrap();
        assert_eq!((mirror.debit, mirror.credit), (entry.credit, entry.debit));
    }
    let moved: Vec<_> = refund.movements().unwrap();
    let moved: Vec<_> = moved.iter().map(|one| (one.reason.code(), one.quantity.to_string())).collect();
    assert_eq!(moved, [("return", "3".to_owned()), ("waste", "-3".to_owned())]);
}

#[test]
fn weighed_goods_come_back_in_any_unit() {
    let mut cheese = Ware::pieces("cheese", 1, 770);
    cheese.quantity = Quantity::new(Decimal::new(1_928, 3), Unit::Kg);
    let mut desk = Desk::of(&commit(&[cheese], &[(Cash, 770)], 1), 1);
    let grams = TakeBack::to_stock(1, Quantity::new(Decimal::from(482), Unit::G));
    let (refund, _) = desk.accept(&[grams], Policy::KeepShares);
    assert_eq!((refund.total, refund.lines[0].share.quantity), (cents(193), Decimal::new(482, 3)));
    let litres = TakeBack::to_stock(1, Quantity::new(Decimal::ONE, Unit::L));
    assert!(desk.sold.refund(&desk.returned, &[litres], Policy::KeepShares).is_err());
    let rest = desk.sold.rest(&desk.returned).unwrap();
    assert_eq!(desk.accept(&rest, Policy::KeepShares).0.total, cents(577));
}

#[test]
fn more_than_was_sold_never_comes_back() {
    let mut desk = Desk::of(&commit(&[soap()], &[(Cash, 400)], 1), 1);
    desk.accept(&[take(1, 1)], Policy::KeepShares);
    let refuse = |asked: &[TakeBack]| desk.sold.refund(&desk.returned, asked, Policy::KeepShares).unwrap_err();
    let number = Decimal::from;
    let exceeds =
        |asked: i64| Refusal::ReturnExceedsSold { line: 1, sold: number(3), returned: number(1), asked: number(asked) };
    assert_eq!(refuse(&[take(1, 3)]), exceeds(3));
    assert_eq!(refuse(&[take(1, 1), take(1, 2)]), exceeds(3), "one line asked for twice is asked for once");
    assert_eq!(refuse(&[take(1, -1)]), exceeds(-1));
    assert_eq!(refuse(&[TakeBack { wasted: number(2), ..take(1, 1) }]), exceeds(1));
    assert_eq!(refuse(&[take(2, 1)]), Refusal::LineNotReturnable { line: 2 });
    assert!(matches!(refuse(&[take(1, 0)]), Refusal::QuantityMustBePositive { .. }));
    assert_eq!(
        refuse(&[take(1, 3)]).to_string(),
        "Line 1 sold 3, of which 1 came back already: 3 more cannot come back."
    );
}

#[test]
fn an_exchange_pays_the_difference_either_way() {
    let settled = |bought: i64, refunded: i64| {
        let exchange = settle(cents(bought), cents(refunded)).unwrap();
        (exchange.due.minor(), exchange.payout.minor(), exchange.exchanged.minor())
    };
    assert_eq!(settled(4500, 3900), (600, 0, 3900));
    assert_eq!(settled(2900, 3900), (0, 1000, 2900));
    assert_eq!(settled(3900, 3900), (0, 0, 3900));
    assert_eq!(settled(0, 3900), (0, 3900, 0));
    assert_eq!(settled(0, -50), (0, -50, 0), "empties taken home again are collected by the plan");
    assert_eq!(settled(-25, 100), (0, 125, -25), "empties brought along with a return");
    assert!(settle(Money::from_minor(i64::MAX), Money::from_minor(-1)).is_err());
    // What paid for other goods is not paid back: the difference lies on the tenders alone.
    let mut desk = Desk::of(&commit(&[Ware::pieces("shirt", 2, 7800)], &[(Cash, 10_000)], 5), 5);
    let refund = desk.sold.refund(&desk.returned, &[take(1, 1)], Policy::KeepShares).unwrap();
    let exchange = settle(cents(2900), refund.total).unwrap();
    let plan = desk.sold.plan(&desk.returned, exchange.payout, None).unwrap();
    desk.returned.add(&refund, &plan).unwrap();
    assert_eq!((plan.steps[0].amount, desk.returned.paid_back), (cents(1000), cents(1000)));
    assert_eq!(desk.accept(&[take(1, 1)], Policy::KeepShares).1.payout, cents(3900));
}

/// What enters the journal reads back as it was, and its names stay.
#[test]
fn returns_are_stable_data() {
    let sale = commit(&[soap()], &[(Cash, 400)], 1);
    let mut desk = Desk::of(&sale, 1);
    let (refund, plan) = desk.accept(&[take(1, 1)], Policy::KeepShares);
    let text = |value: serde_json::Value| value.to_string();
    let refund_text = text(serde_json::to_value(&refund).unwrap());
    let plan_text = text(serde_json::to_value(&plan).unwrap());
    assert_eq!(serde_json::from_str::<Refund>(&refund_text).unwrap(), refund);
    assert_eq!(serde_json::from_str::<RefundPlan>(&plan_text).unwrap(), plan);
    let again: Returned = serde_json::from_value(serde_json::to_value(&desk.returned).unwrap()).unwrap();
    let sold: Sold = serde_json::from_value(serde_json::to_value(&desk.sold).unwrap()).unwrap();
    assert_eq!((again, sold), (desk.returned, desk.sold));
    expect_test::expect![[
        r#"{"payout":133,"rounding":0,"steps":[{"amount":133,"needs_right":false,"origin":0,"points":0,"tender":"cash"}]}"#
    ]]
    .assert_eq(&plan_text);
    assert_eq!(serde_json::to_string(&ReturnPolicy::WholeDeal).unwrap(), "\"whole-deal\"");
}

/// Three lines under an order offer of 10.00, two taxes, points as a tender and coins of 0.05, returned in three parts:
/// every account, tax, point and tender is back at zero.
#[test]
fn a_sale_with_everything_leaves_nothing_after_three_returns() {
    let order = |ware: Ware, amount: i64| {
        let mut ware = ware;
        ware.modifiers.push(("10.00 off", Stage::Order, 1, amount));
        ware
    };
    let wares = [
        order(Ware::pieces("bread", 3, 1_497), -333).tax("vat26", true, 1_134, 30),
        order(Ware::pieces("cheese", 2, 1_998), -445).tax("vat26", true, 1_514, 39),
        order(Ware::pieces("lamp", 1, 999), -222).tax("vat81", true, 719, 58).tax("eco", false, 777, 9),
    ];
    let sale = commit(&wares, &[(Coupon, 1_001), (Cash, 5_000)], 5);
    assert_eq!((sale.total, sale.change, sale.rounding), (cents(3_503), cents(2_500), cents(-2)));
    let mut desk = Desk::of(&sale, 5);
    desk.sold.tenders[0].points = 1_001;
    for line in 1..=3 {
        let points = PointFigure { program: "club".into(), earned: 11, redeemed: 0 };
        desk.give_points(line, points);
    }
    let mut accounts: BTreeMap<String, i64> = BTreeMap::new();
    let mut post = |entries: &[Entry]| {
        for entry in entries {
            *accounts.entry(entry.account.to_string()).or_default() += entry.debit.minor() - entry.credit.minor();
        }
    };
    post(&sale.entries);
    let (mut earned, mut spent) = (33, 1_001);
    for asked in [vec![take(1, 1), take(2, 1)], vec![take(3, 1), take(1, 1)], vec![take(1, 1), take(2, 1)]] {
        let (refund, plan) = desk.accept(&asked, Policy::KeepShares);
        post(&posting::entries(&refund, &plan).unwrap());
        earned -= refund.lines.iter().flat_map(|line| &line.share.points).map(|points| points.earned).sum::<i64>();
        spent -= plan.steps.iter().map(|step| step.points).sum::<i64>();
    }
    assert!(accounts.len() > 6 && accounts.values().all(|balance| *balance == 0), "{accounts:?}");
    assert_eq!((earned, spent), (0, 0));
}

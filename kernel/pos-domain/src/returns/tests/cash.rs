//! Over which tenders, and in which coins.

use super::support::{Desk, Ware, cents, commit, take};
use crate::returns::{Policy, RefundPlan};
use crate::tender::TenderKind::{Card, Cash, Coupon};
use pos_money::{Money, Rounding, RoundingMode};
use pos_reference::cash::CashRefunds;
use pos_reference::generate::Random;
use pos_reference::number::{Rational, whole};
use pos_reference::round::Mode;

fn steps(plan: &RefundPlan) -> Vec<(&'static str, i64, bool)> {
    plan.steps.iter().map(|step| (step.tender.code(), step.amount.minor(), step.needs_right)).collect()
}

/// CHF 10.01 paid with 10.00: three or six parts pay back exactly 10.00, and the rounding account is at zero.
#[test]
fn ten_francs_and_a_centime_come_back_as_ten_francs() {
    for (pieces, expected) in [(3, vec![335, 330, 335]), (6, vec![165, 170, 165, 165, 170, 165])] {
        let sale = commit(&[Ware::pieces("bread", pieces, 1001)], &[(Cash, 1000)], 5);
        assert_eq!((sale.total, sale.rounding), (cents(1001), cents(-1)));
        let mut desk = Desk::of(&sale, 5);
        let plans: Vec<RefundPlan> = (0..pieces).map(|_| desk.accept(&[take(1, 1)], Policy::KeepShares).1).collect();
        let paid: Vec<i64> = plans.iter().flat_map(|plan| &plan.steps).map(|step| step.amount.minor()).collect();
        assert_eq!(paid, expected);
        assert_eq!(Money::sum(plans.iter().map(|plan| plan.rounding)), Ok(sale.rounding));
        assert!(plans.iter().all(|plan| !plan.needs_right()));
    }
}

/// The example of the module: the last tender first, each up to what it settled.
#[test]
fn the_last_tender_is_refunded_first() {
    let wares = [Ware::pieces("apples", 1, 100), Ware::pieces("bread", 1, 101), Ware::pieces("cheese", 1, 800)];
    let sale = commit(&wares, &[(Coupon, 800), (Cash, 200)], 5);
    let mut desk = Desk::of(&sale, 5);
    let paid: Vec<_> = (1..=3).map(|line| steps(&desk.accept(&[take(line, 1)], Policy::KeepShares).1)).collect();
    assert_eq!(paid, [vec![("cash", 100, false)], vec![("cash", 100, false)], vec![("coupon", 800, false)]]);
    // The other way round a refund lies on both.
    let mut desk = Desk::of(&sale, 5);
    let (_, plan) = desk.accept(&[take(3, 1)], Policy::KeepShares);
    assert_eq!(steps(&plan), [("cash", 200, false), ("coupon", 599, false)]);
}

#[test]
fn change_was_never_paid() {
    let sale = commit(&[Ware::pieces("bread", 1, 333)], &[(Cash, 200), (Cash, 5000)], 1);
    let (_, plan) = Desk::of(&sale, 1).accept(&[take(1, 1)], Policy::KeepShares);
    assert_eq!(steps(&plan), [("cash", 333, false)]);
}

#[test]
fn another_means_needs_a_right_and_rounds_on_the_sum_too() {
    let sale = commit(&[Ware::pieces("bread", 3, 1001)], &[(Coupon, 1001)], 5);
    let mut desk = Desk::of(&sale, 5);
    // A card, without the terminal that a record of one has to name.
    desk.sold.tenders[0].kind = Card;
    let mut paid = Vec::new();
    for _ in 0..3 {
        let refund = desk.sold.refund(&desk.returned, &[take(1, 1)], Policy::KeepShares).unwrap();
        let plan = desk.sold.plan(&desk.returned, refund.total, Some(Cash)).unwrap();
        assert!(plan.needs_right());
        desk.returned.add(&refund, &plan).unwrap();
        paid.extend(plan.steps.iter().map(|step| step.amount.minor()));
    }
    assert_eq!(paid, [335, 330, 335], "10.00, as one return of 10.01 would");
}

/// What was given never becomes money, whatever means is asked for.
#[test]
fn a_coupon_stays_a_coupon() {
    let sale = commit(&[Ware::pieces("bread", 1, 1000)], &[(Coupon, 400), (Coupon, 600)], 5);
    let mut desk = Desk::of(&sale, 5);
    desk.sold.tenders[0].kind = Card;
    let refund = desk.sold.refund(&desk.returned, &[take(1, 1)], Policy::KeepShares).unwrap();
    let plan = desk.sold.plan(&desk.returned, refund.total, Some(Cash)).unwrap();
    assert_eq!(steps(&plan), [("coupon", 600, false), ("cash", 400, true)]);
}

/// Two bottles for 4.00 less empties of 0.50: the bottles alone are worth more than was paid.
#[test]
fn what_no_tender_had_paid_needs_a_right() {
    let mut empties = Ware::pieces("empties", -2, -50);
    empties.kind = crate::pricing::proposal::LineKind::Deposit;
    let sale = commit(&[Ware::pieces("bottle", 2, 400), empties], &[(Cash, 350)], 5);
    let mut desk = Desk::of(&sale, 5);
    let (_, plan) = desk.accept(&[take(1, 2)], Policy::KeepShares);
    assert_eq!(steps(&plan), [("cash", 350, false), ("cash", 50, true)]);
    // The customer takes the empties home again and pays for them.
    let (refund, plan) = desk.accept(&[take(2, -2)], Policy::KeepShares);
    assert_eq!((refund.total, steps(&plan)), (cents(-50), vec![("cash", -50, false)]));
    assert!(refund.movements().unwrap().is_empty(), "a deposit is no stock");
}

#[test]
fn points_spent_as_a_tender_come_back_with_it() {
    let sale = commit(&[Ware::pieces("bread", 3, 1000)], &[(Coupon, 400), (Cash, 600)], 5);
    let mut desk = Desk::of(&sale, 5);
    desk.sold.tenders[0].points = 401;
    let mut points = Vec::new();
    for _ in 0..3 {
        let (_, plan) = desk.accept(&[take(1, 1)], Policy::KeepShares);
        points.push(plan.steps.iter().map(|step| step.points).sum::<i64>());
    }
    // 3.33 and 2.67 in cash, then 0.67 and 3.33 in points: 67 / 400 of 401 is 67.
    assert_eq!(points, [0, 67, 334]);
}

/// The independent reading of the same rule, over random sums, coins and modes.
#[test]
fn cash_agrees_with_the_reference() {
    let modes = [
        (Mode::HalfUp, RoundingMode::HalfUp),
        (Mode::HalfEven, RoundingMode::HalfEven),
        (Mode::HalfDown, RoundingMode::HalfDown),
        (Mode::Up, RoundingMode::Up),
        (Mode::Down, RoundingMode::Down),
    ];
    let franc = |minor: i64| -> Rational { whole(minor) / whole(100) };
    for seed in 0..2_000 {
        let mut random = Random::new(seed);
        let (theirs, mode) = modes[random.below(5)];
        let increment = [1, 5, 10, 50, 100][random.below(5)];
        let due = random.between(1, 2_000);
        let coins = Rounding { mode, increment };
        let kept = coins.round_money(cents(due)).unwrap();
        let sale = commit(&[Ware::pieces("bread", due, due)], &[(Cash, due)], 1);
        let mut desk = Desk::of(&sale, 1);
        // As if it had been paid in coins by that mode.
        (desk.sold.coins, desk.sold.tenders[0].kept) = (coins, kept);
        let mut reference = CashRefunds::of(&franc(due), &franc(increment), theirs);
        assert_eq!(*reference.paid(), franc(kept.minor()));
        let mut left = due;
        while left > 0 {
            let part = random.between(1, left);
            left -= part;
            let (_, plan) = desk.accept(&[take(1, part)], Policy::KeepShares);
            let paid = Money::sum(plan.steps.iter().map(|step| step.amount)).unwrap();
            assert_eq!(reference.refund(&franc(part)), franc(paid.minor()), "seed {seed}");
            assert!(!paid.is_negative());
        }
    }
}

/// 10.60 where coins are whole: paid exactly all the same, so exactly that goes back, and never more on the way.
#[test]
fn exact_coins_go_back_exactly() {
    let sale = commit(&[Ware::pieces("bread", 106, 1_060)], &[(Cash, 1_060)], 100);
    assert_eq!(sale.rounding, Money::ZERO);
    let mut desk = Desk::of(&sale, 100);
    let paid: Vec<_> = [50, 55, 1].map(|pieces| steps(&desk.accept(&[take(1, pieces)], Policy::KeepShares).1)).into();
    assert_eq!(paid, [vec![("cash", 500, false)], vec![("cash", 560, false)], vec![]]);
    let mut desk = Desk::of(&sale, 100);
    let paid: Vec<_> = [50, 54, 2].map(|pieces| steps(&desk.accept(&[take(1, pieces)], Policy::KeepShares).1)).into();
    assert_eq!(paid, [vec![("cash", 500, false)], vec![("cash", 500, false)], vec![("cash", 60, false)]]);
}

//! The property everything here is for: sale and full return leave nothing, in any split and order.

use super::support::{Desk, any_sale, between, commit, take};
use crate::ids::LineNumber;
use crate::ledger::Entry;
use crate::pricing::proposal::Stage;
use crate::returns::{Figures, PointFigure, Policy, Refund, RefundPlan, Returned, Sold, TakeBack, posting};
use crate::stock::MovementReason;
use pos_money::{Decimal, Money, Quantity};
use pos_reference::generate::Random;
use std::collections::BTreeMap;

/// Balances of accounts and articles on hand.
#[derive(Default)]
struct Books {
    accounts: BTreeMap<String, i64>,
    on_hand: BTreeMap<String, Decimal>,
    wasted: Decimal,
}

impl Books {
    fn post(&mut self, entries: &[Entry]) {
        for Entry { account, debit, credit, .. } in entries {
            *self.accounts.entry(account.to_string()).or_default() += debit.minor() - credit.minor();
        }
    }

    fn give_back(&mut self, refund: &Refund, plan: &RefundPlan) {
        self.post(&posting::entries(refund, plan).unwrap());
        for movement in refund.movements().unwrap() {
            *self.on_hand.entry(movement.item.to_string()).or_default() += movement.quantity.value;
            if movement.reason == MovementReason::Waste {
                self.wasted += movement.quantity.value;
            }
        }
    }
}

/// The quantities of a line in a few parts that add up to it, with its sign.
fn cut(random: &mut Random, quantity: Decimal) -> Vec<Decimal> {
    let scale = quantity.scale();
    let mut left = i64::try_from(quantity.mantissa().abs()).unwrap();
    let mut parts = Vec::new();
    while left > 0 {
        let part = if random.below(3) == 0 { left } else { between(random, 1, left) };
        left -= part;
        let sign = if quantity.is_sign_negative() { -1 } else { 1 };
        parts.push(Decimal::new(sign * part, scale));
    }
    parts
}

/// All parts of all lines, a few at a time, in no order.
fn any_split(random: &mut Random, sold: &Sold) -> Vec<Vec<TakeBack>> {
    let mut parts = Vec::new();
    for line in &sold.lines {
        for part in cut(random, line.whole.quantity) {
            let wasted = if random.below(3) == 0 { part } else { Decimal::ZERO };
            parts.push(TakeBack { line: line.number, quantity: Quantity::new(part, line.unit), wasted });
        }
    }
    let mut returns = Vec::new();
    while !parts.is_empty() {
        let mut one = Vec::new();
        for _ in 0..between(random, 1, 3).min(i64::try_from(parts.len()).unwrap()) {
            one.push(parts.swap_remove(random.below(parts.len())));
        }
        returns.push(one);
    }
    returns
}

#[test]
fn a_full_return_in_any_split_and_order_leaves_nothing() {
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let (wares, tenders, increment) = any_sale(&mut random);
        let sale = commit(&wares, &tenders, increment);
        let mut desk = Desk::of(&sale, increment);
        for number in desk.sold.lines.iter().map(|line| line.number).collect::<Vec<LineNumber>>() {
            let (earned, redeemed) = (between(&mut random, 0, 500), between(&mut random, 0, 90));
            let points = PointFigure { program: "club".into(), earned, redeemed };
            desk.give_points(number, points);
        }
        let mut books = Books::default();
        books.post(&sale.entries);
        for movement in &sale.movements {
            *books.on_hand.entry(movement.item.to_string()).or_default() += movement.quantity.value;
        }
        for asked in any_split(&mut random, &desk.sold) {
            let (refund, plan) = desk.accept(&asked, Policy::KeepShares);
            books.give_back(&refund, &plan);
            same_as_all_at_once(&desk, seed);
        }
        for line in &desk.sold.lines {
            let left = line.whole.minus(&desk.returned.of_line(line.number)).unwrap();
            assert!(left.is_zero(), "seed {seed}: {left:?}");
        }
        assert_eq!(books.accounts.iter().find(|(_, balance)| **balance != 0), None, "seed {seed}");
        let on_hand: Decimal = books.on_hand.values().sum();
        assert_eq!(on_hand, books.wasted, "seed {seed}: only what was wasted is not on hand");
        assert!(desk.sold.rest(&desk.returned).unwrap().is_empty());
    }
}

/// Nothing is gained or lost by splitting: what went back so far is what one return of as much would have given.
fn same_as_all_at_once(desk: &Desk, seed: u64) {
    let so_far = |line: &crate::returns::SoldLine| {
        let quantity = desk.returned.of_line(line.number).quantity;
        TakeBack::to_stock(line.number, Quantity::new(quantity, line.unit))
    };
    let asked: Vec<TakeBack> = desk.sold.lines.iter().map(so_far).filter(|one| !one.quantity.value.is_zero()).collect();
    let mut at_once = Desk { sold: desk.sold.clone(), returned: Returned::default() };
    at_once.accept(&asked, Policy::KeepShares);
    for line in &desk.sold.lines {
        let (split, whole) = (desk.returned.of_line(line.number), at_once.returned.of_line(line.number));
        assert!(split.minus(&whole).unwrap().is_zero(), "seed {seed}");
    }
    assert_eq!(desk.returned.paid_back, at_once.returned.paid_back);
    for tender in &desk.returned.tenders {
        let whole = at_once.returned.tenders.iter().find(|known| known.origin == tender.origin);
        assert_eq!(tender.amount, whole.map(|known| known.amount).unwrap_or_default(), "seed {seed}");
    }
}

/// A policy may change between two returns of a sale; the end is the same.
#[test]
fn policies_may_change_on_the_way() {
    for seed in 0..1_000 {
        let mut random = Random::new(seed);
        let (wares, tenders, increment) = any_sale(&mut random);
        let sale = commit(&wares, &tenders, increment);
        let mut desk = Desk::of(&sale, increment);
        // What is kept is priced at its list price, without any offer or tax.
        let list_price = |kept: &[crate::returns::Kept]| {
            let mut priced = crate::pricing::PricedBasket::default();
            for one in kept {
                let line = &sale.lines[usize::try_from(one.line).unwrap() - 1];
                let gross = line.gross.share(one.quantity.value, line.quantity.value)?;
                let (modifiers, taxes) = (vec![], vec![]);
                let line = crate::pricing::priced::PricedLine {
                    number: one.line,
                    gross,
                    modifiers,
                    net: gross,
                    taxes,
                    paid: gross,
                };
                priced.lines.push(line);
            }
            Ok(priced)
        };
        let mut back = Vec::new();
        for asked in any_split(&mut random, &desk.sold) {
            let policy = if random.below(2) == 0 { Policy::KeepShares } else { Policy::Rerate(&list_price) };
            if desk.sold.refund(&desk.returned, &asked, policy).is_ok() {
                back.push(desk.accept(&asked, policy).0.total);
            } else {
                back.push(desk.accept(&asked, Policy::KeepShares).0.total);
            }
        }
        assert_eq!(Money::sum(back), Ok(sale.total), "seed {seed}");
        let line_left =
            |line: &crate::returns::SoldLine| line.whole.minus(&desk.returned.of_line(line.number)).unwrap();
        assert!(desk.sold.lines.iter().map(line_left).all(|left| left.is_zero()), "seed {seed}");
    }
}

/// Hostile figures are refused or carried out, and never panic.
#[test]
fn no_figure_panics() {
    for seed in 0..2_000 {
        let mut random = Random::new(seed);
        let (wares, tenders, increment) = any_sale(&mut random);
        let mut desk = Desk::of(&commit(&wares, &tenders, increment), increment);
        let extremes = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
        let mut extreme = || Money::from_minor(extremes[random.below(extremes.len())]);
        for line in &mut desk.sold.lines {
            line.whole.gross = extreme();
            line.whole.beside = extreme();
            line.whole.taxes.iter_mut().for_each(|tax| tax.amount = extreme());
        }
        for tender in &mut desk.sold.tenders {
            (tender.kept, tender.settled, tender.points) = (extreme(), extreme(), extreme().minor());
        }
        desk.returned.paid_back = extreme();
        let payout = extreme();
        let mut asked: Vec<TakeBack> = desk.sold.lines.iter().map(|line| take(line.number, 1)).collect();
        asked[0].quantity.value = [Decimal::MAX, Decimal::MIN, Decimal::ONE][random.below(3)];
        for policy in [Policy::KeepShares, Policy::WholeDeal] {
            if let Ok(refund) = desk.sold.refund(&desk.returned, &asked, policy) {
                assert!(refund.movements().is_ok());
            }
        }
        if let Ok(plan) = desk.sold.plan(&desk.returned, payout, None) {
            let paid = Money::sum(plan.steps.iter().map(|step| step.amount)).unwrap();
            assert_eq!(payout.plus(plan.rounding), Ok(paid), "seed {seed}");
        }
    }
}

/// Half a unit at most from its exact share, whatever was returned before.
#[test]
fn every_share_stays_near_what_it_should_be() {
    for seed in 0..1_000 {
        let mut random = Random::new(seed);
        let (wares, tenders, increment) = any_sale(&mut random);
        let desk = Desk::of(&commit(&wares, &tenders, increment), increment);
        for line in &desk.sold.lines {
            let pieces = line.whole.quantity;
            let Some(part) = cut(&mut random, pieces).first().copied() else { continue };
            let share = line.whole.share(part).unwrap();
            let near = |whole: Money, share: Money| {
                let exact = Decimal::from(whole.minor()) * part / pieces;
                (Decimal::from(share.minor()) - exact).abs() <= Decimal::new(500_001, 6)
            };
            let Figures { gross, modifiers, taxes, beside, .. } = &line.whole;
            assert!(near(*gross, share.gross) && near(*beside, share.beside), "seed {seed}");
            assert!(modifiers.iter().zip(&share.modifiers).all(|(whole, part)| near(whole.amount, part.amount)));
            assert!(taxes.iter().zip(&share.taxes).all(|(whole, part)| near(whole.base, part.base)));
            assert!(share.modifiers.iter().all(|modifier| modifier.stage != Stage::Shop));
        }
    }
}

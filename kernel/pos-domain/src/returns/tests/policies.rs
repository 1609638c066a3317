//! Returns that break an offer.

use super::support::{Desk, Ware, cents, commit, priced, source, take};
use crate::Refusal;
use crate::pricing::PricedBasket;
use crate::pricing::priced::{Decision, DecisionState};
use crate::pricing::proposal::Stage;
use crate::returns::{Kept, Policy, Sold};
use crate::tender::TenderKind::Cash;
use pos_money::{Decimal, Money};

/// Six plates at 50.00, 10 % off from 300.00: 270.00 were paid.
fn plates(count: i64) -> Ware {
    let gross = count * 5_000;
    let mut ware = Ware::pieces("plate", count, gross);
    if gross >= 30_000 {
        ware.modifiers.push(("-10 % from 300", Stage::Order, count, -gross / 10));
    }
    ware
}

/// The stored rule set: the same offer, priced for what is kept.
fn stored_rules(kept: &[Kept]) -> Result<PricedBasket, Refusal> {
    let wares: Vec<Ware> = kept.iter().map(|one| plates(one.quantity.countable_pieces())).collect();
    Ok(priced(&wares))
}

#[test]
fn re_rating_takes_the_lost_offer_off_the_refund() {
    let sale = commit(&[plates(6)], &[(Cash, 27_000)], 1);
    // Keep shares: 45.00 a plate, and the customer keeps the last one for 45.00.
    let mut desk = Desk::of(&sale, 1);
    assert_eq!(desk.accept(&[take(1, 5)], Policy::KeepShares).0.total, cents(22_500));
    // Re-rate: the one that is kept costs 50.00.
    let mut desk = Desk::of(&sale, 1);
    let (refund, _) = desk.accept(&[take(1, 5)], Policy::Rerate(&stored_rules));
    assert_eq!(refund.total, cents(22_000));
    assert_eq!(refund.lines[0].share.modifiers[0].amount, cents(-3_000), "the whole offer is taken back");
    // The last one brings what it cost: nothing is left.
    assert_eq!(desk.accept(&[take(1, 1)], Policy::Rerate(&stored_rules)).0.total, cents(5_000));
}

#[test]
fn a_return_never_makes_the_customer_owe_money() {
    let spoon = Ware::pieces("spoon", 1, 100);
    let mut wares = vec![plates(6), spoon];
    wares[0].modifiers[0].3 = -3_000;
    let sale = commit(&wares, &[(Cash, 27_100)], 1);
    let desk = Desk::of(&sale, 1);
    // Without the spoon the plates lose their offer (as if it were its condition) and cost 30.00 more.
    let strict = |_: &[Kept]| Ok(priced(&[Ware::pieces("plate", 6, 30_000)]));
    let refused = desk.sold.refund(&desk.returned, &[take(2, 1)], Policy::Rerate(&strict)).unwrap_err();
    assert_eq!(refused, Refusal::ReturnOwesMoney { owed: Decimal::new(2_900, 2) });
    assert!(refused.next().starts_with("Take back more"));
    // A line that is kept but not priced is a fault of the caller, not a free plate.
    let silent = |_: &[Kept]| Ok(PricedBasket::default());
    let refused = desk.sold.refund(&desk.returned, &[take(2, 1)], Policy::Rerate(&silent)).unwrap_err();
    assert_eq!(refused.code(), "check_failed");
}

/// Six soaps in two sets of "3 for 2" and one more beside them, and a towel tied to a soap dish.
fn deals() -> Sold {
    let wares = [
        Ware::pieces("soap", 7, 1_400).offer("3 for 2", 6, -400),
        Ware::pieces("towel", 1, 900).offer("bath set", 1, -100),
        Ware::pieces("dish", 1, 300).offer("bath set", 1, -100),
        Ware::pieces("bread", 2, 500),
    ];
    let mut sale = commit(&wares, &[(Cash, 2_500)], 1);
    for (candidate, sets) in [("3 for 2", 2), ("bath set", 1)] {
        sale.decisions.push(Decision {
            source: source(candidate),
            label: candidate.into(),
            sets,
            saving: Money::ZERO,
            state: DecisionState::Applied,
            reason: "".into(),
            lines: vec![],
            used: Vec::new(),
        });
    }
    Desk::of(&sale, 1).sold
}

#[test]
fn pieces_of_a_deal_come_back_together() {
    let sold = deals();
    let allowed = |soaps: i64| {
        let desk = Desk { sold: sold.clone(), returned: Default::default() };
        desk.sold.refund(&desk.returned, &[take(1, soaps)], Policy::WholeDeal).is_ok()
    };
    // The loose one, a set, a set and the loose one, both sets …
    assert_eq!((1..=7).filter(|soaps| allowed(*soaps)).collect::<Vec<_>>(), [1, 3, 4, 6, 7]);
    let mut desk = Desk { sold, returned: Default::default() };
    let refused = desk.sold.refund(&desk.returned, &[take(2, 1)], Policy::WholeDeal).unwrap_err();
    assert_eq!(refused, Refusal::ReturnBreaksDeal { line: 2, offer: "bath set".into(), others: vec![3] });
    assert_eq!(
        refused.to_string(),
        "Line 2 was sold in the offer bath set: its pieces come back together with line 3."
    );
    // What was in no deal may come back as it likes, and so may a whole deal.
    assert_eq!(desk.accept(&[take(4, 1)], Policy::WholeDeal).0.total, cents(250));
    assert_eq!(desk.accept(&[take(3, 1), take(2, 1)], Policy::WholeDeal).0.total, cents(1_000));
    desk.accept(&[take(1, 1)], Policy::WholeDeal);
    assert!(desk.sold.refund(&desk.returned, &[take(1, 1)], Policy::WholeDeal).is_err(), "the loose one is gone");
    desk.accept(&[take(1, 3)], Policy::WholeDeal);
    desk.accept(&[take(1, 3)], Policy::WholeDeal);
}

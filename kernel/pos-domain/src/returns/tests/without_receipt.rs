//! Returns that name no sale.

use super::support::{cents, chf};
use crate::Refusal;
use crate::pricing::proposal::LineKind;
use crate::returns::no_receipt::{NoReceiptLimits, UnreceiptedLine, refund};
use pos_money::{Decimal, Money, Quantity, Rounding, UnitPrice};

fn line(kind: LineKind, count: i64, price: i64) -> UnreceiptedLine {
    UnreceiptedLine { kind, quantity: Quantity::pieces(count), price: UnitPrice::each(Decimal::new(price, 2)) }
}

fn limits() -> NoReceiptLimits {
    NoReceiptLimits {
        amount_max: Some(Decimal::from(50)),
        day_amount_max: Some(Decimal::from(80)),
        pieces_max: Some(3),
        reasons: vec!["defective".into(), "gift".into()],
    }
}

fn ask(lines: &[UnreceiptedLine], reason: &str, today: i64) -> Result<i64, Refusal> {
    let amounts = refund(Some(&limits()), lines, reason, cents(today), chf(), Rounding::HALF_UP)?;
    Ok(Money::sum(amounts)?.minor())
}

#[test]
fn each_limit_is_refused_by_name_in_order() {
    let sale = |count, price| line(LineKind::Sale, count, price);
    assert_eq!(ask(&[sale(2, 1_990)], "gift", 0), Ok(3_980));
    let refused = |lines: &[UnreceiptedLine], reason: &str, today: i64| ask(lines, reason, today).unwrap_err();
    assert_eq!(refused(&[sale(9, 9_999)], "no fun", 0), Refusal::ReturnReasonNotAccepted { reason: "no fun".into() });
    assert_eq!(refused(&[sale(9, 9_999)], "gift", 0), Refusal::ReturnTooManyPieces { pieces: 9, most: 3 });
    let text = refused(&[sale(2, 2_501)], "gift", 0).to_string();
    assert_eq!(text, "Without a receipt at most 50 is refunded at once; this would make 50.02.");
    let text = refused(&[sale(1, 5_000)], "gift", 3_001).to_string();
    assert_eq!(text, "Without a receipt at most 80 is refunded a day; this would make 80.01.");
    assert!(matches!(refused(&[sale(0, 1)], "gift", 0), Refusal::QuantityMustBePositive { .. }));
    let closed = refund(None, &[sale(1, 1)], "gift", Money::ZERO, chf(), Rounding::HALF_UP);
    assert_eq!(closed, Err(Refusal::ReceiptNeeded));
}

/// Empties come back in any number, without a reason, even where nothing else does.
#[test]
fn deposits_are_outside_the_limits() {
    let empties = line(LineKind::Deposit, 400, 25);
    assert_eq!(ask(std::slice::from_ref(&empties), "", 8_000), Ok(10_000));
    let amounts = refund(None, std::slice::from_ref(&empties), "", Money::ZERO, chf(), Rounding::HALF_UP);
    assert_eq!(amounts, Ok(vec![cents(10_000)]));
    assert_eq!(ask(&[empties, line(LineKind::Sale, 1, 5_000)], "gift", 0), Ok(15_000));
}

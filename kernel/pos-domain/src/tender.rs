//! Means of payment and change.

use pos_money::{Money, Rounding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A means of payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TenderKind {
    /// Notes and coins in the shop's currency; gives change.
    Cash,
    /// A third party's coupon (a manufacturer pays); lowers what is due, not the tax base; no change.
    Coupon,
    /// Loyalty points whose programme redeems them as a tender; no change.
    Points,
}

impl TenderKind {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            TenderKind::Cash => "cash",
            TenderKind::Coupon => "coupon",
            TenderKind::Points => "points",
        }
    }

    /// Name on the receipt.
    pub fn label(self) -> &'static str {
        match self {
            TenderKind::Cash => "Cash",
            TenderKind::Coupon => "Coupon",
            TenderKind::Points => "Points",
        }
    }

    /// More than what is due may be tendered.
    pub fn gives_change(self) -> bool {
        matches!(self, TenderKind::Cash)
    }
}

impl fmt::Display for TenderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A tender as taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    /// By what means.
    pub kind: TenderKind,
    /// How much was handed over; negative: paid back.
    pub amount: Money,
    /// Points it was paid with.
    #[serde(default, skip_serializing_if = "is_none")]
    pub points: i64,
}

fn is_none(points: &i64) -> bool {
    *points == 0
}

impl Tender {
    /// Money, without points.
    pub fn new(kind: TenderKind, amount: Money) -> Tender {
        Tender { kind, amount, points: 0 }
    }
}

/// What is still to be paid, what comes back, and what cash rounding took, given the tenders so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Due before any tender (the sale's total).
    pub total: Money,
    /// Sum of the tenders.
    pub tendered: Money,
    /// Still to be paid; never negative.
    pub due: Money,
    /// To be given back.
    pub change: Money,
    /// What rounding gave (positive) or took (negative): `total + rounding = tendered - change` once settled.
    pub rounding: Money,
}

impl Settlement {
    /// Settles `total` against `tenders`. Cash rounding is a rule of the *cash tender*: it applies to what change is
    /// given in coins that do not exist, or to a rest that no coin can pay; coins that pay exactly are accepted as such.
    pub fn of(total: Money, tenders: &[Tender], cash: Rounding) -> Result<Settlement, pos_money::MoneyError> {
        let tendered = Money::sum(tenders.iter().map(|tender| tender.amount))?;
        let open = total.minus(tendered)?;
        let has_cash = tenders.iter().any(|tender| tender.kind == TenderKind::Cash);
        let mut settlement = Settlement { total, tendered, ..Settlement::default() };
        if !has_cash {
            settlement.due = open;
            return Ok(settlement);
        }
        // What stays open (positive) or goes back (negative), to the coins that exist; an exact payment leaves zero.
        let rounded = cash.round_money(open)?;
        settlement.rounding = rounded.minus(open)?;
        if rounded.is_positive() {
            settlement.due = open;
            settlement.rounding = Money::ZERO;
        } else {
            settlement.change = rounded.negated()?;
        }
        Ok(settlement)
    }

    /// Whether nothing is left to pay.
    pub fn is_settled(&self) -> bool {
        !self.due.is_positive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cash(amount: i64) -> Tender {
        Tender::new(TenderKind::Cash, Money::from_minor(amount))
    }

    fn check(total: i64, tenders: &[Tender], increment: i64, expected: (i64, i64, i64)) {
        let rounding = Rounding { increment, ..Rounding::HALF_UP };
        let settlement = Settlement::of(Money::from_minor(total), tenders, rounding).unwrap();
        let Settlement { due, change, rounding, .. } = settlement;
        assert_eq!((due.minor(), change.minor(), rounding.minor()), expected);
        if settlement.is_settled() {
            let paid = settlement.tendered.minus(change).unwrap();
            assert_eq!(settlement.total.plus(rounding).unwrap(), paid, "total + rounding = tendered - change");
        }
    }

    #[test]
    fn change_and_what_is_due() {
        check(3302, &[], 1, (3302, 0, 0));
        check(3302, &[cash(5000)], 1, (0, 1698, 0));
        check(3302, &[cash(1000)], 1, (2302, 0, 0));
        check(3302, &[Tender::new(TenderKind::Coupon, Money::from_minor(302)), cash(3000)], 1, (0, 0, 0));
    }

    #[test]
    fn cash_rounding_is_a_rule_of_the_tender() {
        // CHF 10.01: paid with 10.00 it is settled, with 20.00 the change is 10.00, and exact coins are accepted.
        check(1001, &[cash(1000)], 5, (0, 0, -1));
        check(1001, &[cash(2000)], 5, (0, 1000, -1));
        check(1001, &[cash(1001)], 5, (0, 0, 0));
        check(1003, &[cash(2000)], 5, (0, 995, 2));
        check(1003, &[cash(1000)], 5, (3, 0, 0));
    }
}

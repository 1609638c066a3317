//! Means of payment and change.

use pos_money::{Currency, Decimal, Money, MoneyError, Rounding, RoundingMode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

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
    /// A card or a phone, approved at a terminal; no change.
    Card,
    /// A gift card of the shop's own; no change.
    GiftCard,
    /// What the shop owes a customer; no change.
    StoreCredit,
    /// On a customer's account, to be paid later; no change.
    OnAccount,
    /// What was paid on an order; no change.
    Deposit,
}

impl TenderKind {
    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            TenderKind::Cash => "cash",
            TenderKind::Coupon => "coupon",
            TenderKind::Points => "points",
            TenderKind::Card => "card",
            TenderKind::GiftCard => "gift-card",
            TenderKind::StoreCredit => "store-credit",
            TenderKind::OnAccount => "on-account",
            TenderKind::Deposit => "deposit",
        }
    }

    /// Name on the receipt.
    pub fn label(self) -> &'static str {
        match self {
            TenderKind::Cash => "Cash",
            TenderKind::Coupon => "Coupon",
            TenderKind::Points => "Points",
            TenderKind::Card => "Card",
            TenderKind::GiftCard => "Gift card",
            TenderKind::StoreCredit => "Store credit",
            TenderKind::OnAccount => "On account",
            TenderKind::Deposit => "Deposit",
        }
    }

    /// The account it is kept in: of what is owed to or by somebody, theirs (`gift-card:7001`, `receivable:K1`).
    pub fn account(self, holder: Option<&str>) -> Cow<'static, str> {
        let of = |kind: &str| Cow::Owned(format!("{kind}:{}", holder.unwrap_or_default()));
        match self {
            TenderKind::Cash => "till:cash".into(),
            TenderKind::Coupon => "till:coupon".into(),
            TenderKind::Points => "points-redeemed".into(),
            TenderKind::Card => "card:clearing".into(),
            TenderKind::GiftCard => of("gift-card"),
            TenderKind::StoreCredit => of("store-credit"),
            TenderKind::OnAccount => of("receivable"),
            TenderKind::Deposit => of("deposit"),
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
    /// The payment it was approved by, among those of its basket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<u32>,
    /// Whose it is: a gift card's number, a customer's id, an order's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Arc<str>>,
    /// The notes of another currency that were handed over; the amount is what they are worth here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign>,
}

/// Cash of another currency, at the rate of the moment. Change is given in the shop's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Which.
    pub currency: Currency,
    /// How much of it, in its own minor units.
    pub amount: Money,
    /// What one of it is worth in the shop's money.
    pub rate: Decimal,
}

impl Foreign {
    /// What it is worth in the shop's money: rounded down, so that nobody gains by changing money in small notes.
    pub fn worth(&self, home: Currency) -> Result<Money, MoneyError> {
        let exact = self.currency.to_decimal(self.amount).checked_mul(self.rate).ok_or(MoneyError::Overflow)?;
        home.round(exact, Rounding::to_minor_unit(RoundingMode::Down))
    }

    /// Where it lies: `till:cash:USD`.
    pub fn till(currency: Currency) -> String {
        format!("{}:{currency}", TenderKind::Cash.account(None))
    }

    /// What was taken of it, in itself: `foreign:USD`.
    pub fn taken(currency: Currency) -> String {
        format!("foreign:{currency}")
    }

    /// What was given for it in the shop's money: `exchange:USD`.
    pub fn exchange(currency: Currency) -> String {
        format!("exchange:{currency}")
    }

    /// What it is called among the figures of a shift: `cash:USD`.
    pub fn name(currency: Currency) -> String {
        format!("{}:{currency}", TenderKind::Cash)
    }

    /// The currency of a figure of a shift, if it is one of another currency.
    pub fn of_name(name: &str) -> Option<Currency> {
        let (kind, code) = name.split_once(':')?;
        if kind == TenderKind::Cash.code() { Currency::from_code(code).ok() } else { None }
    }
}

fn is_none(points: &i64) -> bool {
    *points == 0
}

impl Tender {
    /// Money, without points.
    pub fn new(kind: TenderKind, amount: Money) -> Tender {
        Tender { kind, amount, points: 0, payment: None, holder: None, foreign: None }
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
    /// What coins would have to pay of it: rounded to those that exist.
    pub due_in_cash: Money,
    /// To be given back.
    pub change: Money,
    /// What rounding gave (positive) or took (negative): `total + rounding = tendered - change` once settled.
    pub rounding: Money,
}

impl Settlement {
    /// Settles `total` against `tenders`. Cash rounding is a rule of the *cash tender*: coins owe what the other tenders
    /// leave, rounded to coins that exist, and change is what goes beyond that; coins that pay exactly are accepted as such.
    pub fn of(total: Money, tenders: &[Tender], cash: Rounding) -> Result<Settlement, pos_money::MoneyError> {
        let in_cash = |tender: &&Tender| tender.kind == TenderKind::Cash;
        let tendered = Money::sum(tenders.iter().map(|tender| tender.amount))?;
        let coins = Money::sum(tenders.iter().filter(in_cash).map(|tender| tender.amount))?;
        let owed = total.minus(tendered.minus(coins)?)?;
        let payable = cash.round_money(owed)?;
        let mut settlement = Settlement { total, tendered, ..Settlement::default() };
        if !tenders.iter().any(|tender| tender.kind == TenderKind::Cash) {
            (settlement.due, settlement.due_in_cash) = (owed, payable);
            return Ok(settlement);
        }
        if coins == owed {
            return Ok(settlement);
        }
        let missing = payable.minus(coins)?;
        if missing.is_positive() {
            let open = owed.minus(coins)?;
            settlement.due = if open.is_positive() { open } else { missing };
            settlement.due_in_cash = missing;
            return Ok(settlement);
        }
        let over = missing.negated()?;
        settlement.change = if cash.round_money(over)? == over {
            over
        } else {
            // Odd coins: what they are too much for, as near as coins come to it.
            cash.round_money(coins.minus(owed)?)?.max(Money::ZERO)
        };
        settlement.rounding = tendered.minus(settlement.change)?.minus(total)?;
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
    use pos_money::RoundingMode;

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
    fn foreign_notes_are_worth_what_the_rate_says_and_never_more() {
        let (euro, dollar, yen) = (Currency::from_code("EUR"), Currency::from_code("USD"), Currency::from_code("JPY"));
        let (euro, dollar, yen) = (euro.unwrap(), dollar.unwrap(), yen.unwrap());
        let worth = |currency, minor, rate: &str| {
            let rate = rate.parse().unwrap();
            Foreign { currency, amount: Money::from_minor(minor), rate }.worth(euro).unwrap().minor()
        };
        assert_eq!(worth(dollar, 5_000, "0.92"), 4_600);
        assert_eq!(worth(dollar, 1, "0.92"), 0, "a cent buys less than a cent");
        // 10,000 yen have no minor units.
        assert_eq!(worth(yen, 10_000, "0.0061"), 6_100);
        for minor in 1..2_000 {
            assert!(worth(dollar, minor, "0.9237") * 10_000 <= minor * 9_237);
        }
        assert_eq!(Foreign::of_name(&Foreign::name(dollar)), Some(dollar));
        assert_eq!((Foreign::of_name("cash"), Foreign::of_name("card:USD")), (None, None));
    }

    #[test]
    fn cash_rounding_is_a_rule_of_the_tender() {
        // CHF 10.01: paid with 10.00 it is settled, with 20.00 the change is 10.00, and exact coins are accepted.
        check(1001, &[cash(1000)], 5, (0, 0, -1));
        check(1001, &[cash(2000)], 5, (0, 1000, -1));
        check(1001, &[cash(1001)], 5, (0, 0, 0));
        check(1003, &[cash(2000)], 5, (0, 995, 2));
        check(1003, &[cash(1000)], 5, (3, 0, 0));
        // Odd coins where none should be: the change is what coins can give of it.
        check(1001, &[cash(1006)], 5, (0, 5, 0));
        check(1001, &[cash(1003)], 5, (0, 0, 2));
    }

    /// What is asked for in coins settles the sale, whatever was paid otherwise before; and whoever gives more pays the same.
    #[test]
    fn what_coins_owe_is_what_coins_pay() {
        for (increment, mode, total, card) in sums_to_pay() {
            let rounding = Rounding { increment, mode };
            let settle = |coins: Option<Money>| {
                let card = Tender::new(TenderKind::Coupon, Money::from_minor(card));
                let coins = coins.map(|coins| Tender::new(TenderKind::Cash, coins));
                let tenders: Vec<Tender> = [card].into_iter().chain(coins).collect();
                Settlement::of(Money::from_minor(total), &tenders, rounding).unwrap()
            };
            let asked = settle(None);
            let payable = rounding.round_money(asked.due).unwrap();
            assert_eq!(asked.due_in_cash, payable);
            for more in [0, 1, 7, 100] {
                let given = payable.plus(Money::from_minor(more * increment)).unwrap();
                let found = settle(Some(given));
                assert!(found.is_settled(), "{rounding:?} {total}");
                // Coins that pay exactly what is owed are accepted though they may not exist.
                let kept = given.minus(found.change).unwrap();
                assert!(kept == payable || given == asked.due, "{rounding:?} {total} {more}");
                assert_eq!(found.due_in_cash, Money::ZERO);
            }
            if increment < payable.minor() {
                let short = payable.minus(Money::from_minor(increment)).unwrap();
                let found = settle(Some(short));
                assert!(short == asked.due || !found.is_settled(), "{rounding:?} {total}");
                assert!(found.is_settled() || found.due_in_cash.minor() == increment);
            }
        }
    }

    fn sums_to_pay() -> impl Iterator<Item = (i64, RoundingMode, i64, i64)> {
        let modes = [
            RoundingMode::HalfUp,
            RoundingMode::HalfEven,
            RoundingMode::HalfDown,
            RoundingMode::Up,
            RoundingMode::Down,
        ];
        let per_mode = move |increment| modes.map(|mode| (increment, mode));
        [1, 5, 10, 50, 100].into_iter().flat_map(per_mode).flat_map(|(increment, mode)| {
            (900..1_110).flat_map(move |total| [0, 300, 333].map(|card| (increment, mode, total, card)))
        })
    }
}

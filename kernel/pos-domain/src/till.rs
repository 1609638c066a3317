//! Cash that moves, or is counted, without a sale.
//!
//! Paid in, paid out, brought into the till, taken to the safe, counted, and a drawer opened for nothing: each is a
//! transaction of its own with a number, a reason and the name of whoever did it, and posts what it moved. A count moves
//! nothing: what it found is held against the books when the shift closes ([`crate::shift`]).

use crate::ledger::{Entry, Posting};
use crate::people::Act;
use crate::refusal::Refusal;
use crate::tender::{Foreign, TenderKind};
use crate::transaction::TransactionKind;
use pos_money::{Currency, Decimal, Money, MoneyError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most characters of a reason: it names an account.
const REASON_CHARS_MAX: usize = 64;
/// Most characters of a note.
const NOTE_CHARS_MAX: usize = 500;
/// Most different values in one count.
const VALUES_MAX: usize = 100;

/// What the house says about its tills: `[till]` in `shop.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TillRules {
    /// Reasons to pay money in; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paid_in: Vec<Arc<str>>,
    /// Reasons to pay money out; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paid_out: Vec<Arc<str>>,
    /// Most that is paid out at once without an approval, in major units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_out_max: Option<Decimal>,
    /// Reasons to open the drawer for nothing; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_sale: Vec<Arc<str>>,
    /// Values of the notes and coins that may be counted, in major units; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denominations: Vec<Decimal>,
    /// Other currencies whose notes are taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<ForeignCash>,
    /// Nobody sees what should be in the till before they have counted it.
    pub blind: bool,
    /// Counts that may follow one that does not fit.
    pub recounts: u8,
    /// A difference of at most this needs neither a recount nor a reason, in major units.
    pub tolerance: Decimal,
    /// Reasons for a difference; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub over_short: Vec<Arc<str>>,
}

/// Another currency whose notes are taken: `[[till.foreign]]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignCash {
    /// Which.
    pub currency: Currency,
    /// What one of it is worth in the shop's money.
    pub rate: Decimal,
}

impl Default for TillRules {
    fn default() -> TillRules {
        TillRules {
            paid_in: Vec::new(),
            paid_out: Vec::new(),
            paid_out_max: None,
            no_sale: Vec::new(),
            denominations: Vec::new(),
            foreign: Vec::new(),
            blind: false,
            recounts: 1,
            tolerance: Decimal::ZERO,
            over_short: Vec::new(),
        }
    }
}

impl TillRules {
    /// Nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == TillRules::default()
    }

    /// Refuses a reason the shop does not know for `action`, and none at all.
    pub fn check_reason(&self, kind: TransactionKind, reason: &str) -> Result<(), Refusal> {
        let (known, action) = match kind {
            TransactionKind::PaidIn => (&self.paid_in, "pay money in"),
            TransactionKind::PaidOut => (&self.paid_out, "pay money out"),
            TransactionKind::NoSale => (&self.no_sale, "open the drawer"),
            _ => return Ok(()),
        };
        check_reason(known, reason, action)
    }

    /// Refuses a reason the shop does not know for a till that holds more or less than it should.
    pub fn check_difference(&self, reason: &str) -> Result<(), Refusal> {
        check_reason(&self.over_short, reason, "close a till that does not fit")
    }

    /// Refuses to pay out more at once than the house lets anybody.
    pub fn check_paid_out(&self, amount: Money, currency: Currency) -> Result<(), Refusal> {
        match self.paid_out_max.filter(|most| currency.to_decimal(amount) > *most) {
            Some(most) => {
                let (action, limit) = (Act::PayOut.verb().to_owned(), format!("at most {most} at once"));
                Err(Refusal::ApprovalNeeded { action, limit })
            }
            None => Ok(()),
        }
    }

    /// Notes of another currency at the rate of the house.
    pub fn foreign(&self, currency: &str, amount: Decimal) -> Result<Foreign, Refusal> {
        let found = self.foreign.iter().find(|known| known.currency.code() == currency);
        let not_here = || Refusal::NotInThisShop { what: format!("Notes in {currency} are not taken") };
        let ForeignCash { currency, rate } = *found.ok_or_else(not_here)?;
        let malformed = |error: MoneyError| Refusal::Malformed { problem: format!("{error}.") };
        Ok(Foreign { currency, amount: currency.exact(amount).map_err(malformed)?, rate })
    }

    /// Whether a difference is small enough to be let go.
    pub fn tolerates(&self, difference: Money, currency: Currency) -> bool {
        currency.to_decimal(difference).abs() <= self.tolerance
    }

    /// The sum of notes and coins, each of a value that is counted here.
    pub fn sum_of_pieces(&self, pieces: &[Pieces], currency: Currency) -> Result<Money, Refusal> {
        let malformed = |problem: String| Err(Refusal::Malformed { problem });
        if pieces.len() > VALUES_MAX {
            return malformed(format!("A count names at most {VALUES_MAX} values of notes and coins."));
        }
        for (index, Pieces { value, .. }) in pieces.iter().enumerate() {
            let major = currency.to_decimal(*value);
            if !value.is_positive() {
                return malformed(format!("A note or coin is worth more than nothing; {major} is not."));
            }
            if pieces[..index].iter().any(|earlier| earlier.value == *value) {
                return malformed(format!("Notes or coins of {major} are counted twice."));
            }
            if !self.denominations.is_empty() && !self.denominations.contains(&major) {
                return malformed(format!("There are no notes or coins of {major} here."));
            }
        }
        Ok(Pieces::sum(pieces)?)
    }
}

/// Refuses a reason that is no line, or too long a one for a receipt.
pub fn check_reason_text(reason: &str) -> Result<(), Refusal> {
    if reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        let problem = format!("A reason is a line of at most {REASON_CHARS_MAX} characters.");
        return Err(Refusal::Malformed { problem });
    }
    Ok(())
}

fn check_reason(known: &[Arc<str>], reason: &str, action: &str) -> Result<(), Refusal> {
    check_reason_text(reason)?;
    let is_known = known.is_empty() || known.iter().any(|known| &**known == reason);
    if is_known && !reason.trim().is_empty() {
        return Ok(());
    }
    let known = known.iter().map(|known| &**known).collect::<Vec<_>>().join(", ");
    Err(Refusal::ReasonNotAccepted { reason: reason.to_owned(), action: action.to_owned(), known })
}

/// Notes or coins of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces {
    /// What one of them is worth.
    pub value: Money,
    /// How many.
    pub count: u32,
}

impl Pieces {
    /// What they are worth together.
    pub fn sum(pieces: &[Pieces]) -> Result<Money, MoneyError> {
        pieces.iter().try_fold(Money::ZERO, |sum, Pieces { value, count }| {
            let worth = value.minor().checked_mul(i64::from(*count)).ok_or(MoneyError::Overflow)?;
            sum.plus(Money::from_minor(worth))
        })
    }
}

/// What was found of one means of payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderCount {
    /// Which.
    pub tender: TenderKind,
    /// Of which currency, if not the shop's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// How much.
    pub amount: Money,
    /// In notes and coins, where they were counted by value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<Pieces>,
}

/// What a transaction without goods did to the till.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TillAct {
    /// How much moved; of a count, how much there was. Never negative: the transaction's kind says which way it went.
    pub amount: Money,
    /// Why.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub reason: Arc<str>,
    /// Words of whoever did it.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub note: Arc<str>,
    /// Notes and coins that moved, or what was counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<TenderCount>,
}

impl TillAct {
    /// Refuses what this kind of transaction cannot do.
    pub fn check_allowed(&self, kind: TransactionKind, rules: &TillRules, currency: Currency) -> Result<(), Refusal> {
        let malformed = |problem: &str| Err(Refusal::Malformed { problem: problem.to_owned() });
        rules.check_reason(kind, &self.reason)?;
        if self.note.chars().count() > NOTE_CHARS_MAX {
            return malformed("A note has at most 500 characters.");
        }
        let at_home = self.counted.iter().filter(|count| count.currency.is_none());
        let counted = Money::sum(at_home.map(|count| count.amount))?;
        if !self.counted.is_empty() && counted != self.amount {
            return malformed("The notes and coins do not come to the amount.");
        }
        for TenderCount { amount, pieces, .. } in &self.counted {
            if amount.is_negative() {
                return malformed("What is counted is not below zero.");
            }
            if !pieces.is_empty() && rules.sum_of_pieces(pieces, currency)? != *amount {
                return malformed("The notes and coins do not come to the amount.");
            }
        }
        let moves = !matches!(kind, TransactionKind::NoSale | TransactionKind::TillCount);
        if moves && !self.amount.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        Ok(())
    }

    /// What it posts.
    pub fn entries(&self, kind: TransactionKind) -> Result<Vec<Entry>, Refusal> {
        let till = TenderKind::Cash.account(None).into_owned();
        let reason = |side: &str| format!("{side}:{}", self.reason);
        let (debit, credit) = match kind {
            TransactionKind::PaidIn => (till, reason("paid-in")),
            TransactionKind::PaidOut => (reason("paid-out"), till),
            TransactionKind::TenderLoan => (till, "safe".to_owned()),
            TransactionKind::TenderPickup => ("safe".to_owned(), till),
            _ => return Ok(Vec::new()),
        };
        let mut posting = Posting::default();
        posting.debit(&debit, self.amount)?;
        posting.credit(&credit, self.amount)?;
        posting.close()
    }

    /// The name under which a report lists it: `paid-out:Postage`.
    pub fn listed_as(&self, kind: TransactionKind) -> Arc<str> {
        if self.reason.is_empty() { kind.code().into() } else { format!("{}:{}", kind.code(), self.reason).into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::fixture;

    fn act(amount: i64, reason: &str, pieces: &[(i64, u32)]) -> TillAct {
        let pieces: Vec<Pieces> =
            pieces.iter().map(|(value, count)| Pieces { value: Money::from_minor(*value), count: *count }).collect();
        let amount = Money::from_minor(amount);
        let counted = match pieces.is_empty() {
            true => Vec::new(),
            false => vec![TenderCount { tender: TenderKind::Cash, currency: None, amount, pieces }],
        };
        TillAct { amount, reason: reason.into(), note: "".into(), counted }
    }

    #[test]
    fn what_moves_is_posted_to_both_sides() {
        let posted = |kind, act: &TillAct| {
            let entries = act.entries(kind).unwrap();
            entries
                .iter()
                .map(|entry| format!("{} {} {}", entry.account, entry.debit.minor(), entry.credit.minor()))
                .collect::<Vec<_>>()
        };
        let out = act(1250, "Postage", &[]);
        assert_eq!(posted(TransactionKind::PaidOut, &out), ["paid-out:Postage 1250 0", "till:cash 0 1250"]);
        assert_eq!(posted(TransactionKind::PaidIn, &out), ["till:cash 1250 0", "paid-in:Postage 0 1250"]);
        assert_eq!(posted(TransactionKind::TenderLoan, &out), ["till:cash 1250 0", "safe 0 1250"]);
        assert_eq!(posted(TransactionKind::TenderPickup, &out), ["safe 1250 0", "till:cash 0 1250"]);
        assert!(posted(TransactionKind::NoSale, &out).is_empty());
        assert!(posted(TransactionKind::TillCount, &out).is_empty());
        assert_eq!(&*out.listed_as(TransactionKind::PaidOut), "paid-out:Postage");
    }

    #[test]
    fn notes_and_coins_come_to_the_amount() {
        let currency = fixture::shop(1).currency;
        let rules = TillRules { denominations: vec![Decimal::from(10), Decimal::from(20)], ..TillRules::default() };
        let check = |act: TillAct| act.check_allowed(TransactionKind::TenderPickup, &rules, currency);
        assert_eq!(check(act(5000, "", &[(1000, 1), (2000, 2)])), Ok(()));
        for wrong in [
            act(5000, "", &[(1000, 2), (2000, 2)]),
            act(5000, "", &[(5000, 1)]),
            act(2000, "", &[(1000, 1), (1000, 1)]),
            act(0, "", &[(0, 3)]),
            act(i64::MAX, "", &[(2000, u32::MAX)]),
        ] {
            assert!(check(wrong.clone()).is_err(), "{wrong:?}");
        }
        assert_eq!(check(act(0, "", &[])), Err(Refusal::TenderMustBePositive));
        assert_eq!(check(act(-5, "", &[])), Err(Refusal::TenderMustBePositive));
    }

    #[test]
    fn the_house_says_for_what_and_how_much() {
        let currency = fixture::shop(1).currency;
        let rules = TillRules {
            paid_out: vec!["Postage".into()],
            paid_out_max: Some(Decimal::from(20)),
            ..TillRules::default()
        };
        let out =
            |amount, reason: &str| act(amount, reason, &[]).check_allowed(TransactionKind::PaidOut, &rules, currency);
        assert_eq!(out(2001, "Postage"), Ok(()));
        assert_eq!(rules.check_paid_out(Money::from_minor(2000), currency), Ok(()));
        let refused = rules.check_paid_out(Money::from_minor(2001), currency);
        assert!(matches!(refused, Err(Refusal::ApprovalNeeded { .. })));
        assert!(matches!(out(1, "Holidays"), Err(Refusal::ReasonNotAccepted { .. })));
        // Where the house lists none any will do, but one there must be; it names an account.
        let into = |reason: &str| act(1, reason, &[]).check_allowed(TransactionKind::PaidIn, &rules, currency);
        assert_eq!(into("Found on the floor"), Ok(()));
        assert!(into(" ").is_err());
        assert!(into("two\nlines").is_err());
        assert!(into(&"x".repeat(65)).is_err());
    }
}

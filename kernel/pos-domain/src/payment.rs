//! Payments with a terminal: what was asked, what is known of it, and what it does to the books.
//!
//! A payment is on the disk before the terminal hears of it. What the terminal says afterwards, or does not say, moves it
//! from state to state ([`Payment::after`]); silence means [`State::Unknown`], never "no". Money that was taken and is not
//! wanted goes back by a reversal that somebody has to confirm. A basket waits for its payments, unless it was decided to
//! go on without one: that one is followed after the basket is closed, until it is settled.

use crate::ids::BasketId;
use crate::ledger::Posting;
use crate::refusal::Refusal;
use crate::time::Moment;
use pos_money::{Currency, Decimal, Money, MoneyError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Money that the card's issuer owes.
const CLEARING: &str = "card:clearing";
/// Money approved offline that the card's issuer has not promised yet.
pub const OFFLINE: &str = "card:offline";
/// Money approved offline that the card's issuer then refused.
pub const REFUSED: &str = "card:refused";
/// Money that was taken for no sale and could not be given back yet.
pub const IN_DOUBT: &str = "payments-in-doubt";
/// Tips, owed to whoever served.
pub const TIPS: &str = "tips";

/// What a payment is known by, here and at the terminal, for ever: its basket, and its number among the basket's payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId {
    /// The basket.
    pub basket: BasketId,
    /// From 1.
    pub number: u32,
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.basket, self.number)
    }
}

impl FromStr for PaymentId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(basket, number)| Some((basket.parse().ok()?, number.parse().ok()?)));
        let (basket, number) = parts.ok_or_else(|| format!("\"{text}\" is not a payment's id"))?;
        Ok(PaymentId { basket: BasketId(basket), number })
    }
}

impl Serialize for PaymentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PaymentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which way the money goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the customer.
    #[default]
    Charge,
    /// Back to the customer.
    Refund,
}

/// What a terminal is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The payment.
    pub id: PaymentId,
    /// Which way.
    pub direction: Direction,
    /// How much; above zero.
    pub amount: Money,
    /// Of the amount.
    pub currency: Currency,
    /// When.
    pub at: Moment,
    /// Who asked.
    pub cashier: Arc<str>,
    /// The terminal may approve it by itself, without reaching the card's issuer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
    /// The customer may add a tip.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tip: bool,
}

/// That a terminal took the money. The card's number never comes here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorisation {
    /// How much, without a tip. Less than asked: the rest is paid otherwise.
    pub amount: Money,
    /// Added by the customer.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub tip: Money,
    /// `Visa`, `girocard`.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub scheme: Arc<str>,
    /// The card's last four digits.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub last_four: Arc<str>,
    /// The approval's code.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub code: Arc<str>,
    /// What the acquirer knows the card by.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub token: Arc<str>,
    /// The terminal decided by itself; the issuer has yet to be asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
}

impl Authorisation {
    /// Everything the terminal took.
    pub fn taken(&self) -> Result<Money, MoneyError> {
        self.amount.plus(self.tip)
    }
}

fn is_nothing(amount: &Money) -> bool {
    amount.is_zero()
}

/// A card as it may be shown: `Visa ****1234`.
pub fn card_text(found: &Authorisation) -> String {
    let Authorisation { scheme, last_four, .. } = found;
    let number = if last_four.is_empty() { String::new() } else { format!("****{last_four}") };
    [scheme, number.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is known of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The terminal may have been asked.
    Asked,
    /// It was asked and gave no answer.
    Unknown {
        /// What was heard instead.
        problem: Arc<str>,
    },
    /// The money was taken (or, of a refund, paid).
    Approved(Authorisation),
    /// It was not.
    Declined {
        /// What the terminal said.
        reason: Arc<str>,
    },
    /// It is not wanted any more. Whether it was taken or not: the terminal has to confirm that it is not.
    Reversing {
        /// Why.
        reason: Arc<str>,
    },
    /// Nothing was taken, or it was given back.
    Reversed,
    /// It was taken, and the terminal cannot give it back.
    Kept(Authorisation),
    /// Approved offline, and then refused by the card's issuer.
    Refused {
        /// What had been approved.
        authorisation: Authorisation,
        /// What the issuer said.
        reason: Arc<str>,
    },
}

/// What was heard of a payment, or decided about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// The terminal took the money.
    Approved(Authorisation),
    /// It did not.
    Declined {
        /// What it said.
        reason: Arc<str>,
    },
    /// It gave no answer.
    Silent {
        /// What was heard instead.
        problem: Arc<str>,
    },
    /// It is to be given back, if it was taken.
    GivenUp {
        /// Why.
        reason: Arc<str>,
    },
    /// The terminal confirms that nothing was taken, or that it was given back.
    Reversed,
    /// The terminal cannot give it back.
    NotReversible(Authorisation),
    /// The basket goes on without it. If it was taken, it is given back later.
    Left,
    /// The card's issuer has promised what was approved offline.
    Forwarded,
    /// The card's issuer has refused it.
    Refused {
        /// What it said.
        reason: Arc<str>,
    },
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// What was asked.
    pub intent: Intent,
    /// What is known of it.
    pub state: State,
    /// Its basket does not wait for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

impl Payment {
    /// One that is about to be asked for.
    pub fn new(intent: Intent) -> Payment {
        Payment { intent, state: State::Asked, left: false }
    }

    /// What is known after something was heard or decided; none where that changes nothing.
    pub fn after(&self, heard: &Move) -> Option<Payment> {
        let state = match (&self.state, heard) {
            (State::Asked | State::Unknown { .. }, Move::Approved(found)) => match self.unfit(found) {
                None => State::Approved(found.clone()),
                Some(reason) => State::Reversing { reason: reason.into() },
            },
            (State::Asked | State::Unknown { .. } | State::Reversing { .. }, Move::Declined { reason }) => {
                State::Declined { reason: Arc::clone(reason) }
            }
            (State::Asked, Move::Silent { problem }) => State::Unknown { problem: Arc::clone(problem) },
            (State::Asked | State::Unknown { .. } | State::Approved(_), Move::GivenUp { reason }) => {
                State::Reversing { reason: Arc::clone(reason) }
            }
            (State::Unknown { .. } | State::Reversing { .. }, Move::Left) if !self.left => {
                let reason = match &self.state {
                    State::Reversing { reason } => Arc::clone(reason),
                    _ => "the basket went on without it".into(),
                };
                return Some(Payment { state: State::Reversing { reason }, left: true, ..self.clone() });
            }
            (State::Asked | State::Unknown { .. } | State::Reversing { .. }, Move::Reversed) => State::Reversed,
            (State::Reversing { .. }, Move::NotReversible(found)) => State::Kept(found.clone()),
            // An answer that comes after the last word: whatever was taken goes back.
            (State::Declined { .. } | State::Reversed, Move::Approved(_)) => {
                State::Reversing { reason: "it was approved too late".into() }
            }
            (State::Approved(found), Move::Forwarded) if found.offline => {
                State::Approved(Authorisation { offline: false, ..found.clone() })
            }
            (State::Approved(found), Move::Refused { reason }) if found.offline => {
                State::Refused { authorisation: found.clone(), reason: Arc::clone(reason) }
            }
            _ => return None,
        };
        Some(Payment { state, ..self.clone() })
    }

    /// Why what the terminal took is not what it was asked for.
    fn unfit(&self, found: &Authorisation) -> Option<&'static str> {
        let Intent { direction, amount, offline, tip, .. } = &self.intent;
        let whole = *direction == Direction::Refund;
        if !found.amount.is_positive() || found.amount > *amount || (whole && found.amount != *amount) {
            return Some("another amount was approved than asked for");
        }
        if found.tip.is_negative() || (!found.tip.is_zero() && (!tip || whole)) {
            return Some("a tip was added that nobody asked for");
        }
        if found.offline && !offline {
            return Some("it was approved offline, which is not allowed");
        }
        None
    }

    /// Nothing is to be heard of it any more that would matter to its basket.
    pub fn is_settled(&self) -> bool {
        !matches!(self.state, State::Asked | State::Unknown { .. } | State::Reversing { .. })
    }

    /// Its basket has to wait for it.
    pub fn is_awaited(&self) -> bool {
        !self.is_settled() && !self.left
    }

    /// It must be followed after its basket is closed.
    pub fn is_open(&self) -> bool {
        !self.is_settled() || self.approved().is_some_and(|found| found.offline)
    }

    /// What was approved and stands.
    pub fn approved(&self) -> Option<&Authorisation> {
        match &self.state {
            State::Approved(found) => Some(found),
            _ => None,
        }
    }

    /// Stable name of its state.
    pub fn code(&self) -> &'static str {
        match &self.state {
            State::Asked => "asked",
            State::Unknown { .. } => "unknown",
            State::Approved(found) if found.offline => "approved-offline",
            State::Approved(_) => "approved",
            State::Declined { .. } => "declined",
            State::Reversing { .. } => "reversing",
            State::Reversed => "reversed",
            State::Kept(_) => "kept",
            State::Refused { .. } => "refused",
        }
    }

    /// The account in which what was approved is kept.
    pub fn account(&self) -> &'static str {
        match self.approved() {
            Some(Authorisation { offline: true, .. }) => OFFLINE,
            _ => CLEARING,
        }
    }

    /// Posts what is not a tender of the basket: a tip, and money that was taken and could not be given back.
    pub fn post_besides(&self, posting: &mut Posting) -> Result<(), Refusal> {
        match &self.state {
            State::Approved(found) => self.post(posting, self.account(), TIPS, found.tip),
            State::Kept(found) => self.post(posting, self.account(), IN_DOUBT, found.taken()?),
            _ => Ok(()),
        }
    }

    /// Posts what became of it since `before`, after its basket was closed.
    pub fn post_since(&self, before: &Payment, posting: &mut Posting) -> Result<(), Refusal> {
        match (&before.state, &self.state) {
            (State::Approved(_), State::Approved(found)) => {
                self.post(posting, self.account(), before.account(), found.taken()?)
            }
            (State::Approved(_), State::Refused { authorisation, .. }) => {
                self.post(posting, REFUSED, before.account(), authorisation.taken()?)
            }
            (_, State::Kept(_)) => self.post_besides(posting),
            _ => Ok(()),
        }
    }

    /// Dr | Cr of a charge; a refund goes the other way.
    fn post(&self, posting: &mut Posting, debit: &str, credit: &str, amount: Money) -> Result<(), Refusal> {
        let (debit, credit) = match self.intent.direction {
            Direction::Charge => (debit, credit),
            Direction::Refund => (credit, debit),
        };
        posting.debit(debit, amount)?;
        posting.credit(credit, amount)
    }
}

/// What the house says about payments with a terminal: `[payments]` in `shop.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentRules {
    /// Customers may add a tip at the terminal.
    pub tips: bool,
    /// What the terminal may approve by itself while the network is down; without it, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline: Option<OfflineRules>,
}

/// How far a terminal may approve by itself: all limits hold together, over everything not forwarded yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfflineRules {
    /// Most of one payment, in major units.
    pub amount_max: Decimal,
    /// Most payments.
    pub count_max: u32,
    /// Most of all together, in major units.
    pub sum_max: Decimal,
    /// Oldest that may be waiting, in hours; once one is older, nothing more is approved offline.
    pub age_hours_max: u32,
}

impl PaymentRules {
    /// Nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == PaymentRules::default()
    }

    /// Whether the terminal may approve a charge by itself, given those that wait to be forwarded.
    pub fn allows_offline<'a>(
        &self,
        amount: Money,
        waiting: impl IntoIterator<Item = &'a Payment>,
        currency: Currency,
        now: Moment,
    ) -> Result<bool, MoneyError> {
        let Some(OfflineRules { amount_max, count_max, sum_max, age_hours_max }) = self.offline else {
            return Ok(false);
        };
        let (mut count, mut sum) = (1, amount);
        let oldest = now.unix_ms.saturating_sub(i64::from(age_hours_max) * 3_600_000);
        for payment in waiting {
            let Some(found) = payment.approved().filter(|found| found.offline) else { continue };
            if payment.intent.at.unix_ms < oldest {
                return Ok(false);
            }
            count += 1;
            sum = sum.plus(found.taken()?)?;
        }
        let within = |amount: Money, most: Decimal| currency.to_decimal(amount) <= most;
        Ok(count <= count_max && within(amount, amount_max) && within(sum, sum_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::fixture;

    fn money(minor: i64) -> Money {
        Money::from_minor(minor)
    }

    fn payment(direction: Direction, offline: bool) -> Payment {
        let id = PaymentId { basket: fixture::opening().id, number: 1 };
        let at = Moment { unix_ms: 1_000, offset_seconds: 0 };
        let currency = Currency::from_code("EUR").unwrap();
        let intent =
            Intent { id, direction, amount: money(1_000), currency, at, cashier: "Maya".into(), offline, tip: offline };
        Payment::new(intent)
    }

    fn found(minor: i64, offline: bool) -> Authorisation {
        Authorisation { amount: money(minor), offline, ..Authorisation::default() }
    }

    fn moves() -> Vec<Move> {
        let (text, all) = (|| Arc::from("why"), found(1_000, false));
        vec![
            Move::Approved(all.clone()),
            Move::Approved(found(400, false)),
            Move::Approved(found(1_001, false)),
            Move::Approved(found(1_000, true)),
            Move::Approved(Authorisation { tip: money(5), ..all.clone() }),
            Move::Declined { reason: text() },
            Move::Silent { problem: text() },
            Move::GivenUp { reason: text() },
            Move::Reversed,
            Move::NotReversible(all),
            Move::Left,
            Move::Forwarded,
            Move::Refused { reason: text() },
        ]
    }

    /// Every way of six steps through the states: money that was taken is an approved payment, or owed back, or its
    /// reversal is still wanted; it is never forgotten.
    #[test]
    fn money_that_was_taken_is_never_forgotten() {
        let mut looked_at = 0;
        let mut ways = vec![(payment(Direction::Charge, false), false), (payment(Direction::Charge, true), false)];
        for _ in 0..6 {
            let mut next = Vec::new();
            for (before, mut taken) in ways {
                for heard in moves() {
                    let after = before.after(&heard).unwrap_or_else(|| before.clone());
                    match heard {
                        Move::Approved(_) | Move::NotReversible(_) => taken = true,
                        Move::Reversed | Move::Declined { .. } => taken = false,
                        _ => {}
                    }
                    let known = after.approved().is_some()
                        || matches!(after.state, State::Kept(_) | State::Refused { .. } | State::Reversing { .. });
                    // A refusal to reverse that nobody asked for says nothing.
                    let asked_for = matches!(before.state, State::Reversing { .. } | State::Kept(_));
                    if taken && (asked_for || !matches!(heard, Move::NotReversible(_))) {
                        assert!(known, "{before:?} forgets {heard:?}");
                    }
                    if !known {
                        taken = false;
                    }
                    assert!(!after.left || before.left || heard == Move::Left);
                    looked_at += 1;
                    if after != before && !next.contains(&(after.clone(), taken)) {
                        next.push((after, taken));
                    }
                }
            }
            ways = next;
        }
        assert!(looked_at > 300, "{looked_at}");
    }

    #[test]
    fn what_does_not_fit_is_given_back() {
        let check = |direction, offline, found, expected: &str| {
            let after = payment(direction, offline).after(&Move::Approved(found)).unwrap();
            assert_eq!(after.code(), expected);
        };
        use Direction::{Charge, Refund};
        check(Charge, false, found(1_000, false), "approved");
        check(Charge, false, found(400, false), "approved");
        check(Charge, false, found(1_001, false), "reversing");
        check(Charge, false, found(0, false), "reversing");
        check(Charge, false, found(1_000, true), "reversing");
        check(Charge, true, found(1_000, true), "approved-offline");
        check(Refund, false, found(400, false), "reversing");
        check(Charge, false, Authorisation { tip: money(100), ..found(1_000, false) }, "reversing");
        check(Charge, true, Authorisation { tip: money(100), ..found(1_000, false) }, "approved");
    }

    #[test]
    fn offline_limits_hold_together() {
        let rules = |age_hours_max| PaymentRules {
            offline: Some(OfflineRules {
                amount_max: Decimal::from(50),
                count_max: 3,
                sum_max: Decimal::from(60),
                age_hours_max,
            }),
            ..PaymentRules::default()
        };
        let waiting = payment(Direction::Charge, true).after(&Move::Approved(found(1_000, true))).unwrap();
        let online = payment(Direction::Charge, true).after(&Move::Approved(found(1_000, false))).unwrap();
        let check = |rules: &PaymentRules, amount, waiting: &[&Payment], expected| {
            let now = Moment { unix_ms: 1_000 + 3_600_000, offset_seconds: 0 };
            let currency = Currency::from_code("EUR").unwrap();
            let allowed = rules.allows_offline(money(amount), waiting.iter().copied(), currency, now);
            assert_eq!(allowed, Ok(expected), "{amount} {}", waiting.len());
        };
        check(&PaymentRules::default(), 1, &[], false);
        check(&rules(1), 5_000, &[], true);
        check(&rules(1), 5_001, &[], false);
        check(&rules(1), 5_000, &[&waiting], true);
        check(&rules(1), 5_000, &[&waiting, &waiting], false);
        check(&rules(1), 4_000, &[&waiting, &waiting, &online], true);
        check(&rules(1), 1, &[&waiting, &waiting, &waiting], false);
        check(&rules(0), 1, &[&waiting], false);
    }

    #[test]
    fn what_is_posted_balances() {
        let entries = |post: &dyn Fn(&mut Posting) -> Result<(), Refusal>| {
            let mut posting = Posting::default();
            post(&mut posting).unwrap();
            let entries = posting.close().unwrap();
            let told = entries.iter().map(|entry| {
                let (side, amount) = if entry.debit.is_zero() { ("Cr", entry.credit) } else { ("Dr", entry.debit) };
                format!("{side} {} {}", entry.account, amount.minor())
            });
            told.collect::<Vec<_>>().join(" | ")
        };
        let offline = payment(Direction::Charge, true).after(&Move::Approved(found(1_000, true))).unwrap();
        let forwarded = offline.after(&Move::Forwarded).unwrap();
        assert_eq!(
            entries(&|posting| forwarded.post_since(&offline, posting)),
            "Dr card:clearing 1000 | Cr card:offline 1000"
        );
        let refused = offline.after(&Move::Refused { reason: "stolen".into() }).unwrap();
        assert_eq!(
            entries(&|posting| refused.post_since(&offline, posting)),
            "Dr card:refused 1000 | Cr card:offline 1000"
        );
        let given_up = payment(Direction::Refund, false).after(&Move::GivenUp { reason: "no".into() }).unwrap();
        let kept = given_up.after(&Move::NotReversible(found(1_000, false))).unwrap();
        assert_eq!(
            entries(&|posting| kept.post_since(&given_up, posting)),
            "Dr payments-in-doubt 1000 | Cr card:clearing 1000"
        );
        let tip = Authorisation { tip: money(150), ..found(1_000, false) };
        let tipped = payment(Direction::Charge, true).after(&Move::Approved(tip)).unwrap();
        assert_eq!(entries(&|posting| tipped.post_besides(posting)), "Dr card:clearing 150 | Cr tips 150");
    }
}

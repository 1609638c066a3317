//! People at a register: what their role lets them do, what somebody else must approve, and what is kept on record of it.
//!
//! A role may do what `[roles]` in `shop.toml` lists, up to its limits, and nothing else. What it may not do by itself
//! somebody whose role may can approve: once, for one basket, one act and one amount, within a minute, and never for
//! themselves. Acts that leave no transaction behind are [`Audit`] records of the journal.

pub mod attendance;
pub mod exceptions;

use crate::ids::{BasketId, ReceiptNumber};
use crate::refusal::{NOT_AT_ALL, Refusal};
use crate::time::Moment;
use pos_money::{Currency, Decimal, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long an approval waits to be used.
pub const APPROVAL_MS: i64 = 60_000;
/// Wrong PINs in a row after which a person has to wait.
pub const WRONG_PINS_MAX: u32 = 5;
/// How long they wait then, doubled with every wrong PIN that follows.
const LOCKED_MS: i64 = 30_000;
/// The longest wait.
const LOCKED_MS_MAX: i64 = 3_600_000;
/// Most characters of a person's id.
const ID_CHARS_MAX: usize = 32;

/// What a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Ring up and take money.
    Sell,
    /// Take a line back, or part of it.
    VoidLine,
    /// Give a basket with lines up.
    CancelBasket,
    /// Take goods back by their receipt, and pay for them: up to `refund_max`.
    Return,
    /// Take goods back without one.
    ReturnWithoutReceipt,
    /// Pay a refund in cash that was not paid in cash.
    RefundInCash,
    /// Void a receipt of the shift as if it had never been: up to `refund_max`.
    PostVoid,
    /// Discounts and prices by hand: up to the caps of `[manual.roles]`, which also say who may at all.
    ChangePrices,
    /// Go on with a basket although it is not known whether its card was charged.
    LeavePayment,
    /// Open the drawer for nothing.
    OpenDrawer,
    /// Pay money in.
    PayIn,
    /// Pay money out: up to `paid_out_max`.
    PayOut,
    /// Bring change from the safe.
    BringChange,
    /// Take money to the safe.
    DropToSafe,
    /// Book goods delivered, moved and made.
    MoveStock,
    /// Count stock and put it right.
    AdjustStock,
    /// Open a shift.
    OpenShift,
    /// Count the till.
    CountTill,
    /// Close a shift.
    CloseShift,
    /// See what should be in the till before it is counted.
    SeeExpected,
    /// Read X and Z reports.
    ReadReports,
    /// Read the books and verify the journal.
    ReadBooks,
    /// Print receipts again.
    Reprint,
    /// Read hours, exceptions and the audit.
    ReadPeople,
    /// Enter people, give roles and set PINs.
    ManagePeople,
}

impl Act {
    /// Every act.
    pub const ALL: [Act; 25] = [
        Act::Sell,
        Act::VoidLine,
        Act::CancelBasket,
        Act::Return,
        Act::ReturnWithoutReceipt,
        Act::RefundInCash,
        Act::PostVoid,
        Act::ChangePrices,
        Act::LeavePayment,
        Act::OpenDrawer,
        Act::PayIn,
        Act::PayOut,
        Act::BringChange,
        Act::DropToSafe,
        Act::MoveStock,
        Act::AdjustStock,
        Act::OpenShift,
        Act::CountTill,
        Act::CloseShift,
        Act::SeeExpected,
        Act::ReadReports,
        Act::ReadBooks,
        Act::Reprint,
        Act::ReadPeople,
        Act::ManagePeople,
    ];

    /// What somebody with the right does: `take goods back`.
    pub fn verb(self) -> &'static str {
        match self {
            Act::Sell => "sell",
            Act::VoidLine => "take lines back",
            Act::CancelBasket => "cancel baskets",
            Act::Return => "take goods back",
            Act::ReturnWithoutReceipt => "take goods back without a receipt",
            Act::RefundInCash => "pay in cash what was not paid in cash",
            Act::PostVoid => "void receipts",
            Act::ChangePrices => "change prices",
            Act::LeavePayment => "go on without a card payment's outcome",
            Act::OpenDrawer => "open the drawer for nothing",
            Act::PayIn => "pay money in",
            Act::PayOut => "pay money out",
            Act::BringChange => "bring change from the safe",
            Act::DropToSafe => "take money to the safe",
            Act::MoveStock => "book goods",
            Act::AdjustStock => "put stock right",
            Act::OpenShift => "open a shift",
            Act::CountTill => "count the till",
            Act::CloseShift => "close a shift",
            Act::SeeExpected => "see what should be in the till",
            Act::ReadReports => "read reports",
            Act::ReadBooks => "read the books",
            Act::Reprint => "print receipts again",
            Act::ReadPeople => "read about people",
            Act::ManagePeople => "manage people",
        }
    }
}

/// What a role may do, and how far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What it may do at all.
    pub may: BTreeSet<Act>,
    /// Most it pays back at once, in major units; absent: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_max: Option<Decimal>,
    /// Most it pays out at once, in major units; absent: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_out_max: Option<Decimal>,
}

/// The roles of a shop by name: `[roles]` in `shop.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(pub BTreeMap<Arc<str>, Role>);

impl Default for Roles {
    /// Three roles to begin with: who sells, who helps out, and who runs the shop.
    fn default() -> Roles {
        let cashier = [
            Act::Sell,
            Act::VoidLine,
            Act::CancelBasket,
            Act::Return,
            Act::DropToSafe,
            Act::OpenShift,
            Act::CountTill,
            Act::CloseShift,
            Act::ReadReports,
            Act::Reprint,
        ];
        let helps = [
            Act::ReturnWithoutReceipt,
            Act::PostVoid,
            Act::ChangePrices,
            Act::LeavePayment,
            Act::OpenDrawer,
            Act::PayIn,
            Act::PayOut,
            Act::BringChange,
            Act::MoveStock,
        ];
        let role = |acts: &mut dyn Iterator<Item = Act>| Role { may: acts.collect(), ..Role::default() };
        let roles = [
            ("cashier", Role { refund_max: Some(Decimal::ONE_HUNDRED), ..role(&mut cashier.into_iter()) }),
            ("supervisor", role(&mut cashier.into_iter().chain(helps))),
            ("manager", role(&mut Act::ALL.into_iter())),
        ];
        Roles(roles.into_iter().map(|(name, role)| (name.into(), role)).collect())
    }
}

impl Roles {
    /// Nothing was decided: the three to begin with.
    pub fn is_default(&self) -> bool {
        *self == Roles::default()
    }

    /// Refuses what a role may not do by itself. A role that is not named may do nothing.
    pub fn check(&self, role: &str, act: Act, amount: Money, currency: Currency) -> Result<(), Refusal> {
        let refuse = |limit: String| Err(Refusal::ApprovalNeeded { action: act.verb().to_owned(), limit });
        let Some(Role { may: _, refund_max, paid_out_max }) = self.0.get(role).filter(|role| role.may.contains(&act))
        else {
            return refuse(NOT_AT_ALL.to_owned());
        };
        let most = match act {
            Act::Return | Act::ReturnWithoutReceipt | Act::RefundInCash | Act::PostVoid => refund_max,
            Act::PayOut => paid_out_max,
            _ => &None,
        };
        match most {
            Some(most) if currency.to_decimal(amount) > *most => refuse(format!("at most {most} at once")),
            _ => Ok(()),
        }
    }

    /// Whether a role may do something, its limits left aside.
    pub fn may(&self, role: &str, act: Act) -> bool {
        self.0.get(role).is_some_and(|role| role.may.contains(&act))
    }
}

/// A person who works here. PIN and badge are kept as what only they give, never as themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Short, and theirs for ever: `maya`, `17`.
    pub id: Arc<str>,
    /// As printed on receipts: as much of it as they want to be seen there.
    pub name: Arc<str>,
    /// Their role.
    pub role: Arc<str>,
    /// They still work here.
    pub active: bool,
    /// What the PIN gives, as a PHC string.
    pub pin: Option<Arc<str>>,
    /// What the badge gives, hexadecimal.
    pub badge: Option<Arc<str>>,
    /// Wrong PINs since the last right one.
    pub wrong_pins: u32,
    /// No PIN is looked at before this time.
    pub locked_until_ms: i64,
}

impl Person {
    /// Refuses ids and names that could not be told apart or printed.
    pub fn check(&self, roles: &Roles) -> Result<(), Refusal> {
        let malformed = |problem: String| Err(Refusal::Malformed { problem });
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
        if self.id.is_empty() || self.id.len() > ID_CHARS_MAX || !self.id.chars().all(is_plain) {
            return malformed(format!("An id has 1 to {ID_CHARS_MAX} letters, digits, '-', '_' or '.'."));
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 64 || self.name.chars().any(char::is_control) {
            return malformed("A name has 1 to 64 characters on one line.".to_owned());
        }
        if !roles.0.contains_key(&self.role) {
            let known: Vec<&str> = roles.0.keys().map(|name| &**name).collect();
            return malformed(format!("There is no role \"{}\"; there are {}.", self.role, known.join(", ")));
        }
        Ok(())
    }

    /// Counts a wrong PIN; from the fifth on nobody is let in for a while, and longer with every one that follows.
    pub fn count_wrong_pin(&mut self, now: Moment) {
        self.wrong_pins = self.wrong_pins.saturating_add(1);
        if let Some(beyond) = self.wrong_pins.checked_sub(WRONG_PINS_MAX) {
            let wait = LOCKED_MS.saturating_mul(1_i64 << beyond.min(16)).min(LOCKED_MS_MAX);
            self.locked_until_ms = now.unix_ms.saturating_add(wait);
        }
    }

    /// Seconds until a PIN is looked at again; none if it is now. A clock that was set back locks nobody out for long.
    pub fn locked_seconds(&self, now: Moment) -> Option<u64> {
        let left = self.locked_until_ms.saturating_sub(now.unix_ms).min(LOCKED_MS_MAX);
        u64::try_from(left).ok().filter(|left| *left > 0).map(|left| left.div_ceil(1000))
    }
}

/// Refuses a PIN that is none: four to six digits, not all of them the same.
pub fn check_pin(pin: &str) -> Result<(), Refusal> {
    let digits = (4..=6).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    let all_alike = pin.bytes().all(|byte| Some(byte) == pin.bytes().next());
    if digits && !all_alike {
        return Ok(());
    }
    Err(Refusal::Malformed { problem: "A PIN has four to six digits, not all of them the same.".to_owned() })
}

/// Who is at the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Their id; empty where nobody logs on.
    pub id: Arc<str>,
    /// As printed.
    pub name: Arc<str>,
    /// What they may do.
    pub role: Arc<str>,
}

/// What somebody let another do once. Part of the record of what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// What.
    pub act: Act,
    /// How much of it.
    pub amount: Money,
    /// Who asked, by id.
    pub actor: Arc<str>,
    /// Who approved, by id.
    pub approver: Arc<str>,
    /// The role they had.
    pub role: Arc<str>,
    /// When.
    pub at: Moment,
}

/// Something that was done by a person and leaves no transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// When.
    pub at: Moment,
    /// Store.
    pub store: Arc<str>,
    /// Register.
    pub register: Arc<str>,
    /// Who, by id; empty where nobody logs on.
    pub person: Arc<str>,
    /// What.
    pub what: Audited,
    /// Version of this form.
    pub version: u16,
}

/// Version of [`Audit`].
pub const AUDIT_VERSION: u16 = 1;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audited {
    /// They logged on.
    LoggedOn,
    /// They logged off.
    LoggedOff,
    /// A wrong PIN was entered for them, the so many-th in a row.
    WrongPin(u32),
    /// They approved something, used or not.
    Approved {
        /// What.
        approval: Approval,
        /// For which basket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basket: Option<BasketId>,
    },
    /// They entered a person, or changed one.
    PersonSet {
        /// Whom, by id.
        person: Arc<str>,
        /// The role given.
        role: Arc<str>,
        /// Whether they work here.
        active: bool,
        /// A PIN or a badge was set.
        credentials: bool,
    },
    /// They read what should be in the till before it was counted.
    SawExpected,
    /// They came, went, or took a break.
    Clocked(attendance::Clock),
    /// They had the journal salvaged from a damaged disk, and not all of it came back. What comes before stands; the books
    /// go on here.
    Salvaged {
        /// Records known to be missing.
        missing: u64,
        /// Records that were read and do not continue what was: kept in a file beside the journal.
        beside: u64,
        /// Receipts go on after this number: those before it may have been handed out.
        numbers_through: ReceiptNumber,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::fixture;

    fn euro(minor: i64) -> Money {
        Money::from_minor(minor)
    }

    #[test]
    fn a_role_may_what_is_listed_up_to_its_limits_and_nothing_else() {
        let currency = fixture::shop(1).currency;
        let roles = Roles::default();
        let check = |role: &str, act, amount| roles.check(role, act, euro(amount), currency);
        assert_eq!(check("cashier", Act::Return, 10_000), Ok(()));
        let refused = check("cashier", Act::Return, 10_001).unwrap_err();
        assert_eq!(refused.to_string(), "Your role may take goods back at most 100 at once.");
        let refused = check("cashier", Act::OpenDrawer, 0).unwrap_err();
        assert_eq!(refused.to_string(), "Your role may not open the drawer for nothing.");
        assert!(check("nobody", Act::Sell, 0).is_err());
        assert!(Act::ALL.into_iter().all(|act| check("manager", act, i64::MAX).is_ok()));
    }

    #[test]
    fn limits_are_for_what_they_are_named_after() {
        let currency = fixture::shop(1).currency;
        let all = Act::ALL.into_iter().collect();
        let role = Role { may: all, refund_max: Some(Decimal::TEN), paid_out_max: Some(Decimal::ONE) };
        let roles = Roles(BTreeMap::from([("x".into(), role)]));
        for act in Act::ALL {
            let most = match act {
                Act::Return | Act::ReturnWithoutReceipt | Act::RefundInCash | Act::PostVoid => 1_000,
                Act::PayOut => 100,
                _ => i64::MAX - 1,
            };
            assert_eq!(roles.check("x", act, euro(most), currency), Ok(()), "{act:?}");
            assert_eq!(roles.check("x", act, euro(most + 1), currency).is_err(), most < 10_000, "{act:?}");
        }
    }

    #[test]
    fn acts_are_named_once() {
        let names: BTreeSet<Act> = Act::ALL.into_iter().collect();
        assert_eq!(names.len(), Act::ALL.len());
        let verbs: BTreeSet<&str> = Act::ALL.into_iter().map(Act::verb).collect();
        assert_eq!(verbs.len(), Act::ALL.len());
    }

    #[test]
    fn wrong_pins_lock_for_longer_and_longer() {
        let now = Moment { unix_ms: 1_000_000, offset_seconds: 0 };
        let mut person = Person::default();
        let waits: Vec<Option<u64>> = (0..14)
            .map(|_| {
                person.count_wrong_pin(now);
                person.locked_seconds(now)
            })
            .collect();
        assert_eq!(waits[..4], [None; 4]);
        assert_eq!(waits[4..8], [Some(30), Some(60), Some(120), Some(240)]);
        assert_eq!(waits[13], Some(3_600));
        person.wrong_pins = u32::MAX;
        person.count_wrong_pin(now);
        assert_eq!(person.locked_seconds(now), Some(3_600));
        // A clock set back by a year.
        assert_eq!(person.locked_seconds(Moment { unix_ms: -31_536_000_000, ..now }), Some(3_600));
        assert_eq!(person.locked_seconds(Moment { unix_ms: now.unix_ms + 3_600_000, ..now }), None);
    }

    #[test]
    fn pins_are_digits_and_people_can_be_told_apart() {
        assert!(["1234", "12345", "123456"].into_iter().all(|pin| check_pin(pin).is_ok()));
        assert!(
            ["", "123", "1234567", "12a4", "0000", "１２３４", "12 4"].into_iter().all(|pin| check_pin(pin).is_err())
        );
        let person = Person { id: "maya".into(), name: "Maya".into(), role: "cashier".into(), ..Person::default() };
        assert_eq!(person.check(&Roles::default()), Ok(()));
        for wrong in [
            Person { id: "".into(), ..person.clone() },
            Person { id: "ma ya".into(), ..person.clone() },
            Person { name: " ".into(), ..person.clone() },
            Person { name: "a\nb".into(), ..person.clone() },
            Person { role: "king".into(), ..person.clone() },
        ] {
            assert!(wrong.check(&Roles::default()).is_err(), "{wrong:?}");
        }
    }
}

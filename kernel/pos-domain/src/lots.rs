//! Points in lots: each sale's points have a first and a last day, and the ones that end soonest are spent first.
//!
//! A customer's points are the sum of their lots, as a balance is the sum of its entries. What moves them says which lots:
//! 80 points spent of lots of 50 (until June) and 100 (until December) take 50 of the first and 30 of the second, and a return
//! puts back what it gives back where it came from, the longest lasting first. What ran out is taken off with the customer's
//! next purchase. Points that were spent already when the goods that earned them come back are owed: [`NO_LOT`] goes below
//! zero, and what is earned next settles that first.

use crate::ids::ReceiptNumber;
use crate::loyalty::Earning;
use crate::period::Period;
use crate::refusal::Refusal;
use jiff::ToSpan;
use jiff::civil::Date;
use pos_money::MoneyError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Points of no lot: those from before there were lots, which never run out; below zero, points that are owed.
pub const NO_LOT: ReceiptNumber = 0;
/// Points that come back after their last day are good for so long.
const GRACE_DAYS: i32 = 30;

/// How long points last: `[loyalty.earn.expiry]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// So many months after they were earned …
    pub months: u16,
    /// … and from there to the end of the month or of the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_of: Option<Period>,
}

impl Expiry {
    /// The last day of points that were earned on a day.
    pub fn until(self, earned: Date) -> Date {
        let last = earned.saturating_add(i32::from(self.months).months());
        match self.end_of {
            Some(Period::Month) => last.last_of_month(),
            Some(Period::Year) => last.last_of_year(),
            Some(Period::Day) | None => last,
        }
    }
}

/// What is left of points that were earned together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The transaction that they came with; [`NO_LOT`]: none.
    pub number: ReceiptNumber,
    /// First day on which they can be spent, if that was not at once.
    pub from: Option<Date>,
    /// Last day on which they can be spent; none: for ever.
    pub until: Option<Date>,
    /// How many are left.
    pub points: i64,
}

impl Lot {
    fn ran_out(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }

    fn is_good(&self, today: Date) -> bool {
        self.points > 0 && !self.ran_out(today) && self.from.is_none_or(|from| from <= today)
    }
}

/// Why points of a lot moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LotReason {
    /// They were earned.
    Earned,
    /// They were spent.
    Spent,
    /// Their last day is over.
    Expired,
    /// What had earned them came back.
    TakenBack,
    /// What they had paid for came back.
    GivenBack {
        /// The sale they had paid for.
        sale: ReceiptNumber,
    },
}

/// Points that move into a lot (above zero) or out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotMove {
    /// The customer's account: `points:club:customer:K1`.
    pub account: Arc<str>,
    /// The lot; none: a new one of this transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<ReceiptNumber>,
    /// First day of the lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day of the lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// How many.
    pub points: i64,
    /// Why.
    pub why: LotReason,
}

/// Points of customers as they are before a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotBook {
    /// By account.
    pub lots: BTreeMap<Arc<str>, Vec<Lot>>,
    /// What was spent in the sales of which something comes back, less what was given back of it before.
    pub spent: BTreeMap<ReceiptNumber, Vec<LotMove>>,
}

impl LotBook {
    /// What a sale spent of lots that later transactions have not given back.
    pub fn still_spent<'a>(
        sale: ReceiptNumber,
        of_sale: &[LotMove],
        later: impl IntoIterator<Item = &'a LotMove>,
    ) -> Vec<LotMove> {
        let mut spent: Vec<LotMove> = of_sale.iter().filter(|moved| moved.why == LotReason::Spent).cloned().collect();
        let back = later.into_iter().filter(|moved| moved.why == LotReason::GivenBack { sale });
        for LotMove { account, lot, until, points, .. } in back {
            let mut points = *points;
            let mut same: Vec<&mut LotMove> = spent.iter_mut().filter(|moved| moved.account == *account).collect();
            // Where they came back as a lot of their own, the lot they came from had run out: those ran out first.
            same.sort_by_key(|moved| (moved.lot != *lot || moved.until != *until, moved.until.unwrap_or(Date::MAX)));
            for moved in same {
                let some = points.min(-moved.points).max(0);
                (moved.points, points) = (moved.points + some, points - some);
            }
        }
        spent.retain(|moved| moved.points != 0);
        spent
    }

    /// Points that can be spent now.
    pub fn spendable(lots: &[Lot], today: Date) -> i64 {
        let good = lots.iter().filter(|lot| lot.is_good(today)).map(|lot| lot.points).fold(0, i64::saturating_add);
        let owed = lots.iter().map(|lot| lot.points.min(0)).fold(0, i64::saturating_add);
        good.saturating_add(owed).max(0)
    }
}

/// What a transaction does to the lots of one account.
pub(crate) struct Moving<'a> {
    account: Arc<str>,
    today: Date,
    lots: Vec<Lot>,
    spent: &'a BTreeMap<ReceiptNumber, Vec<LotMove>>,
    moves: Vec<LotMove>,
}

impl<'a> Moving<'a> {
    pub(crate) fn new(book: &'a LotBook, account: &Arc<str>, today: Date) -> Moving<'a> {
        let mut lots = book.lots.get(account).cloned().unwrap_or_default();
        lots.sort_by_key(|lot| (lot.until.unwrap_or(Date::MAX), lot.number));
        Moving { account: account.clone(), today, lots, spent: &book.spent, moves: Vec::new() }
    }

    /// What moved, to be kept with the record.
    pub(crate) fn done(self) -> Vec<LotMove> {
        self.moves
    }

    fn note(&mut self, lot: Option<ReceiptNumber>, days: (Option<Date>, Option<Date>), points: i64, why: LotReason) {
        if points != 0 {
            let (from, until) = days;
            self.moves.push(LotMove { account: self.account.clone(), lot, from, until, points, why });
        }
    }

    /// Takes so many from the lots that may give them, soonest first; answers how many are missing.
    fn take(&mut self, mut points: i64, why: LotReason, may: impl Fn(&Lot) -> bool) -> i64 {
        for place in 0..self.lots.len() {
            let lot = &mut self.lots[place];
            let some = points.min(lot.points);
            if some <= 0 || !may(lot) {
                continue;
            }
            lot.points -= some;
            points -= some;
            let (number, days) = (lot.number, (lot.from, lot.until));
            self.note(Some(number), days, -some, why);
        }
        points
    }

    /// Takes off what has run out; answers how much.
    pub(crate) fn expire(&mut self) -> i64 {
        let today = self.today;
        let gone = self.lots.iter().filter(|lot| lot.ran_out(today)).map(|lot| lot.points.max(0)).sum();
        self.take(gone, LotReason::Expired, |lot| lot.ran_out(today));
        gone
    }

    /// Spends points, those first that end soonest.
    pub(crate) fn spend(&mut self, points: i64) -> Result<(), Refusal> {
        let today = self.today;
        let available = LotBook::spendable(&self.lots, today);
        if points > available {
            return Err(Refusal::PointsMissing { asked: points, points: available });
        }
        self.take(points, LotReason::Spent, |lot| lot.is_good(today));
        Ok(())
    }

    /// Gives back points that a sale had spent: to the lots they came from, the longest lasting first.
    pub(crate) fn give_back(&mut self, sale: ReceiptNumber, mut points: i64) {
        let why = LotReason::GivenBack { sale };
        let spent = self.spent.get(&sale).map(Vec::as_slice).unwrap_or_default();
        let mut from: Vec<&LotMove> = spent.iter().filter(|moved| moved.account == self.account).collect();
        from.sort_by_key(|moved| std::cmp::Reverse(moved.until.unwrap_or(Date::MAX)));
        for LotMove { lot, from, until, points: taken, .. } in from {
            let some = points.min(-taken).max(0);
            points -= some;
            if until.is_some_and(|until| until < self.today) {
                let grace = self.today.saturating_add(GRACE_DAYS.days());
                self.note(None, (None, Some(grace)), some, why);
                continue;
            }
            let number = lot.unwrap_or(NO_LOT);
            match self.lots.iter_mut().find(|known| known.number == number && known.until == *until) {
                Some(known) => known.points += some,
                None => self.lots.push(Lot { number, from: *from, until: *until, points: some }),
            }
            self.note(Some(number), (*from, *until), some, why);
        }
        // Spent before there were lots.
        self.without_lot(points, why);
    }

    /// Takes back points that a sale had earned: what is left of its own, then others, and what is missing is owed.
    pub(crate) fn take_back(&mut self, sale: ReceiptNumber, points: i64) {
        let why = LotReason::TakenBack;
        let left = self.take(points, why, |lot| lot.number == sale);
        let owed = self.take(left, why, |lot| lot.number != sale);
        self.without_lot(-owed, why);
    }

    /// Adds what was earned, as a lot of its own; what is owed is settled first.
    pub(crate) fn earn(&mut self, points: i64, earning: &Earning) {
        let owed: i64 = self.lots.iter().map(|lot| lot.points.min(0)).sum();
        let settles = points.min(-owed).max(0);
        self.without_lot(settles, LotReason::Earned);
        let from = match earning.pending_days {
            0 => None,
            days => Some(self.today.saturating_add(i32::from(days).days())),
        };
        let until = earning.expiry.map(|expiry| expiry.until(self.today));
        self.note(None, (from, until), points - settles, LotReason::Earned);
    }

    fn without_lot(&mut self, points: i64, why: LotReason) {
        match self.lots.iter_mut().find(|lot| lot.number == NO_LOT) {
            Some(lot) => lot.points += points,
            None => self.lots.push(Lot { number: NO_LOT, from: None, until: None, points }),
        }
        self.note(Some(NO_LOT), (None, None), points, why);
    }
}

/// What moved in each account, all together.
pub(crate) fn sums(moves: &[LotMove]) -> Result<BTreeMap<&str, i64>, MoneyError> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for LotMove { account, points, .. } in moves {
        let sum = sums.entry(account).or_default();
        *sum = sum.checked_add(*points).ok_or(MoneyError::Overflow)?;
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    /// Customers' lots as the storage keeps them, and what each transaction moved.
    #[derive(Default)]
    struct Shop {
        lots: BTreeMap<(ReceiptNumber, Option<Date>), Lot>,
        transactions: Vec<Vec<LotMove>>,
    }

    impl Shop {
        fn book(&self, sale: ReceiptNumber) -> LotBook {
            let lots = [("K1".into(), self.lots.values().cloned().collect())].into();
            let of_sale = self.transactions.get((sale as usize).wrapping_sub(1)).map(Vec::as_slice).unwrap_or_default();
            let spent = LotBook::still_spent(sale, of_sale, self.transactions.iter().flatten());
            LotBook { lots, spent: [(sale, spent)].into() }
        }

        /// One transaction; answers what was done, or why not.
        fn act(
            &mut self,
            today: Date,
            sale: ReceiptNumber,
            does: impl FnOnce(&mut Moving<'_>) -> Result<(), Refusal>,
        ) -> Result<(), Refusal> {
            let book = self.book(sale);
            let mut moving = Moving::new(&book, &"K1".into(), today);
            moving.expire();
            does(&mut moving)?;
            let number = self.transactions.len() as ReceiptNumber + 1;
            let moves = moving.done();
            for LotMove { lot, from, until, points, .. } in &moves {
                let number = lot.unwrap_or(number);
                let empty = Lot { number, from: *from, until: *until, points: 0 };
                let known = self.lots.entry((number, *until)).or_insert(empty);
                known.points += points;
                assert!(known.points >= 0 || number == NO_LOT, "{known:?}");
            }
            self.lots.retain(|_, lot| lot.points != 0);
            self.transactions.push(moves);
            Ok(())
        }

        fn moves(&mut self, today: Date, sale: ReceiptNumber, does: impl FnOnce(&mut Moving<'_>)) {
            let done = self.act(today, sale, |moving| {
                does(moving);
                Ok(())
            });
            done.unwrap();
        }

        fn spendable(&self, today: Date) -> i64 {
            LotBook::spendable(&self.book(0).lots["K1"], today)
        }

        /// `1 until 2026-06-30: 50`, soonest first.
        fn told(&self) -> Vec<String> {
            let mut lots: Vec<&Lot> = self.lots.values().collect();
            lots.sort_by_key(|lot| (lot.until.unwrap_or(Date::MAX), lot.number));
            let until = |lot: &Lot| lot.until.map_or("for ever".to_owned(), |until| format!("until {until}"));
            lots.iter().map(|lot| format!("{} {}: {}", lot.number, until(lot), lot.points)).collect()
        }
    }

    fn earning(months: u16) -> Earning {
        Earning { expiry: Some(Expiry { months, end_of: None }), ..Earning::default() }
    }

    #[test]
    fn points_end_when_the_house_says() {
        let earned = date(2026, 1, 31);
        let until = |months, end_of| Expiry { months, end_of }.until(earned).to_string();
        assert_eq!(until(1, None), "2026-02-28");
        assert_eq!(until(1, Some(Period::Month)), "2026-02-28");
        assert_eq!(until(25, Some(Period::Month)), "2028-02-29");
        assert_eq!(until(12, Some(Period::Year)), "2027-12-31");
        assert_eq!(until(0, None), "2026-01-31");
    }

    #[test]
    fn those_that_end_soonest_are_spent_first_and_come_back_where_they_came_from() {
        let mut shop = Shop::default();
        let day = date(2026, 1, 10);
        shop.moves(day, 0, |moving| moving.earn(100, &earning(12)));
        shop.moves(day, 0, |moving| moving.earn(50, &earning(3)));
        assert_eq!(shop.told(), ["2 until 2026-04-10: 50", "1 until 2027-01-10: 100"]);
        shop.act(day, 0, |moving| moving.spend(80)).unwrap();
        assert_eq!(shop.told(), ["1 until 2027-01-10: 70"]);
        // Half of it comes back, twice: the longest lasting first, each lot no more than it gave.
        shop.moves(day, 3, |moving| moving.give_back(3, 40));
        assert_eq!(shop.told(), ["2 until 2026-04-10: 10", "1 until 2027-01-10: 100"]);
        // The first lot's day is over when the rest comes back: it gets a month.
        let june = date(2026, 6, 1);
        shop.moves(june, 3, |moving| moving.give_back(3, 40));
        assert_eq!(shop.told(), ["5 until 2026-07-01: 40", "1 until 2027-01-10: 100"]);
        assert_eq!(shop.spendable(june), 140);
        assert_eq!(shop.spendable(date(2026, 7, 2)), 100);
        let refused = shop.act(date(2026, 7, 2), 0, |moving| moving.spend(101));
        assert_eq!(refused, Err(Refusal::PointsMissing { asked: 101, points: 100 }));
        assert!(shop.act(date(2027, 2, 1), 0, |_| Ok(())).is_ok());
        assert!(shop.told().is_empty(), "all of it has run out: {:?}", shop.told());
    }

    #[test]
    fn what_is_owed_is_settled_by_what_is_earned_next() {
        let mut shop = Shop::default();
        let day = date(2026, 1, 10);
        shop.moves(day, 0, |moving| moving.earn(100, &earning(12)));
        shop.act(day, 0, |moving| moving.spend(90)).unwrap();
        // The goods that had earned them come back: 90 are spent already.
        shop.moves(day, 1, |moving| moving.take_back(1, 100));
        assert_eq!((shop.told(), shop.spendable(day)), (vec!["0 for ever: -90".to_owned()], 0));
        shop.moves(day, 0, |moving| moving.earn(100, &earning(12)));
        assert_eq!((shop.told(), shop.spendable(day)), (vec!["4 until 2027-01-10: 10".to_owned()], 10));
        // Points that wait are there, and cannot be spent yet.
        let waits = Earning { pending_days: 14, ..earning(12) };
        shop.moves(day, 0, |moving| moving.earn(7, &waits));
        assert_eq!((shop.spendable(day), shop.spendable(date(2026, 1, 24))), (10, 17));
    }

    /// What a customer does: how many days later, which of four acts, how many points, and which earlier transaction.
    fn life() -> impl Strategy<Value = Vec<(u8, u8, i64, usize)>> {
        prop::collection::vec((0_u8..90, 0_u8..4, 1_i64..60, any::<usize>()), 1..40)
    }

    proptest! {
        /// Each point by itself, in a queue: whoever ends soonest stands first. No lots, no sums.
        #[test]
        fn lots_are_what_single_points_come_to(life in life()) {
            let mut shop = Shop::default();
            // (last day, lot) of each point; and what each transaction took.
            let mut queue: Vec<(Date, ReceiptNumber)> = Vec::new();
            let mut spent: BTreeMap<ReceiptNumber, Vec<(Date, ReceiptNumber)>> = BTreeMap::new();
            let mut earned: BTreeMap<ReceiptNumber, i64> = BTreeMap::new();
            let mut owed = 0_i64;
            let mut today = date(2026, 1, 1);
            for (days, act, points, which) in life {
                today = today.saturating_add(i32::from(days).days());
                let number = shop.transactions.len() as ReceiptNumber + 1;
                let good = queue.iter().filter(|(until, _)| *until >= today).count() as i64;
                match act {
                    0 => {
                        let earning = earning(u16::from(days % 5) + 1);
                        shop.moves(today, 0, |moving| moving.earn(points, &earning));
                        queue.retain(|(until, _)| *until >= today);
                        let until = earning.expiry.unwrap().until(today);
                        let settled = points.min(owed);
                        owed -= settled;
                        queue.extend((settled..points).map(|_| (until, number)));
                        earned.insert(number, points);
                    }
                    1 => {
                        let done = shop.act(today, 0, |moving| moving.spend(points));
                        prop_assert_eq!(done.is_ok(), points <= good - owed);
                        if done.is_ok() {
                            queue.retain(|(until, _)| *until >= today);
                            queue.sort_unstable();
                            spent.insert(number, queue.drain(..points as usize).collect());
                        }
                    }
                    2 => {
                        let Some((sale, left)) = earned.iter_mut().nth(which % 8) else { continue };
                        let (sale, back) = (*sale, points.min(*left));
                        *left -= back;
                        shop.moves(today, sale, |moving| moving.take_back(sale, back));
                        queue.retain(|(until, _)| *until >= today);
                        queue.sort_unstable_by_key(|(until, lot)| (*lot != sale, *until, *lot));
                        let there = back.min(queue.len() as i64);
                        queue.drain(..there as usize);
                        owed += back - there;
                    }
                    _ => {
                        let Some((sale, taken)) = spent.iter_mut().nth(which % 8) else { continue };
                        let (sale, back) = (*sale, (points as usize).min(taken.len()));
                        shop.moves(today, sale, |moving| moving.give_back(sale, back as i64));
                        queue.retain(|(until, _)| *until >= today);
                        taken.sort_unstable();
                        let grace = today.saturating_add(GRACE_DAYS.days());
                        let comes = taken.split_off(taken.len() - back).into_iter();
                        queue.extend(comes.map(|(until, lot)| if until < today { (grace, number) } else { (until, lot) }));
                    }
                }
                // Both are the same points, day by day.
                let mut sums: BTreeMap<(ReceiptNumber, Option<Date>), i64> = BTreeMap::new();
                queue.iter().for_each(|(until, lot)| *sums.entry((*lot, Some(*until))).or_default() += 1);
                if owed > 0 {
                    sums.insert((NO_LOT, None), -owed);
                }
                let expired = |lot: &&Lot| lot.until.is_none_or(|until| until >= today);
                let of_shop = shop.lots.values().filter(expired);
                let of_shop: BTreeMap<_, _> = of_shop.map(|lot| ((lot.number, lot.until), lot.points)).collect();
                sums.retain(|(_, until), _| until.is_none_or(|until| until >= today));
                prop_assert_eq!(&of_shop, &sums);
                prop_assert_eq!(shop.spendable(today), sums.values().sum::<i64>().max(0));
            }
        }
    }
}
